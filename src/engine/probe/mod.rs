//! Probes: asks what a site wants to know of its services, on time, bounded, and reports what was found.
//!
//! One HTTP client serves both vantages. It speaks over any byte stream, whether this machine dialled it or a
//! host's connection did, so a probe means the same from here and from the host. It stands on hyper rather than
//! on reqwest for three reasons: reqwest can't be given a stream; it lets a head grow to 400 KiB where an answer
//! here ends at 64 KiB, head and body together; and it hides the certificate when a handshake fails, which is
//! when a person wants to see it. There is no proxy, no redirect, no cookie, no unpacking and no pool in it to
//! be switched off.

pub mod certificate;
mod command;
mod handshake;
mod http;
mod json;
mod page;
mod post;
mod reply;
mod schedule;
mod tcp;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub(in crate::engine) use command::{Group, find, guarded};
pub(crate) use command::{printed, program};
pub use handshake::Server;
pub(crate) use http::fetch;
pub(crate) use post::{Posted, Unposted};

use crate::domain::probe::{Ask, Detail, Found};
use crate::domain::{Environment, HostName, Now, Probe, ProbeReport, SiteName};
use crate::engine::clock::Clock;
use crate::engine::transport::Connection;
use crate::port::Event;

/// The newest connection to each host; `None` while its link is not up.
pub type Connections = BTreeMap<HostName, watch::Receiver<Option<Arc<dyn Connection>>>>;

/// Reads both clocks.
pub type ReadClock = Arc<dyn Fn() -> Now + Send + Sync>;

/// How much later than its own deadline an asking is given up by force. The phases keep the deadline themselves;
/// this is the net under them.
const GRACE: Duration = Duration::from_millis(50);

/// Asks every probe of an environment, on time, until it is dropped or nobody reads the events any more.
///
/// A full event channel makes it wait: a core that does not listen pauses the probes, and what it knows turns
/// stale by age, as it should.
pub async fn probe_all(
    environment: Arc<Environment>,
    connections: Connections,
    events: mpsc::Sender<Event>,
    clock: impl Clock + Send + Sync + 'static,
) {
    let prober = Prober::new(Arc::new(move || clock.now()));
    schedule::run(Arc::new(prober), environment, connections, events).await;
}

/// Asks one probe once. Holds only what askings share: the trusted certificates and the places for name lookups.
pub struct Prober {
    clock: ReadClock,
    trust: certificate::Trust,
    names: tcp::Names,
}

impl fmt::Debug for Prober {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prober")
    }
}

/// From where one asking is done.
#[derive(Clone)]
pub enum Origin {
    /// From this machine.
    Here,
    /// From the host at the other end of this connection.
    Host(Arc<dyn Connection>),
}

impl Prober {
    /// One that trusts the certificates this machine trusts, read when first needed.
    pub fn new(clock: ReadClock) -> Self {
        Self::trusting(clock, certificate::Trust::of_this_machine())
    }

    /// One that trusts what it is told to trust.
    pub fn trusting(clock: ReadClock, trust: certificate::Trust) -> Self {
        Self { clock, trust, names: tcp::Names::new() }
    }

    /// The certificates that are trusted.
    pub fn trust(&self) -> &certificate::Trust {
        &self.trust
    }

    /// Asks once. Always comes back, at the latest 50 ms after the probe's own deadline.
    ///
    /// `trusted` says whether commands of the site may run.
    pub async fn ask(&self, site: &SiteName, trusted: bool, probe: &Probe, from: Origin) -> ProbeReport {
        let begun = (self.clock)();
        let deadline = Deadline::new(probe.timeout);
        let asking = self.answer(site, trusted, &probe.ask, &from, &deadline, begun);
        let answer = match tokio::time::timeout(probe.timeout + GRACE, asking).await {
            Ok(answer) => answer,
            Err(_) => Answer::missed(&subject(&probe.ask), deadline.missed("verdict", "no verdict")),
        };
        ProbeReport {
            found: answer.found,
            summary: answer.summary.into(),
            details: answer.details,
            latency: (answer.timed && answer.found != Found::Error).then(|| deadline.begun.elapsed()),
            certificate_days: answer.certificate_days,
            at: begun.wall,
            asked: begun.mono,
        }
    }

    async fn answer(
        &self,
        site: &SiteName,
        trusted: bool,
        ask: &Ask,
        from: &Origin,
        deadline: &Deadline,
        now: Now,
    ) -> Answer {
        let road = tcp::Road { from, names: &self.names };
        match ask {
            Ask::Http(http) => http::ask(http, &road, &self.trust, deadline, now.wall).await,
            Ask::Tcp { host, port } => tcp::ask(host, *port, &road, deadline).await,
            Ask::Command { argv, exits } if trusted => command::ask(argv, exits, from, deadline).await,
            Ask::Command { .. } => Answer::unasked(
                "trust",
                format!("site {site} is not trusted to run commands: read it, then `qd trust` it"),
            ),
        }
    }

    /// The report of an asking that could not take place.
    fn error(&self, why: &str) -> ProbeReport {
        let now = (self.clock)();
        let answer = Answer::unasked("asking", why.to_owned());
        ProbeReport {
            found: answer.found,
            summary: answer.summary.into(),
            details: answer.details,
            latency: None,
            certificate_days: None,
            at: now.wall,
            asked: now.mono,
        }
    }
}

/// What one asking is about, in few words: the left half of its summary.
fn subject(ask: &Ask) -> String {
    match ask {
        Ask::Http(ask) => http::subject(ask),
        Ask::Tcp { host, port } => tcp::subject(host, *port),
        Ask::Command { argv, .. } => command::subject(argv),
    }
}

/// What one asking came to.
#[derive(Debug)]
struct Answer {
    found: Found,
    summary: String,
    details: Vec<Detail>,
    certificate_days: Option<i64>,
    /// Whether the time it took says anything of the service.
    timed: bool,
}

impl Answer {
    /// It could not be asked at all.
    fn unasked(what: &str, why: String) -> Self {
        let details = vec![detail(what, &why, false)];
        Self { found: Found::Error, summary: why, details, certificate_days: None, timed: true }
    }

    /// It was asked and nothing came that could be judged.
    fn missed(subject: &str, miss: Miss) -> Self {
        let details = vec![detail(miss.what, &miss.why, false)];
        let summary = format!("{subject} → {}", miss.why);
        Self { found: miss.found, summary, details, certificate_days: None, timed: miss.waited }
    }
}

/// Why there is nothing to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Miss {
    found: Found,
    /// The phase: `lookup`, `connection`, `certificate`, `answer`.
    what: &'static str,
    why: String,
    /// Whether the deadline was waited for: a time that says something, unlike that of a refusal.
    waited: bool,
}

impl Miss {
    fn fail(what: &'static str, why: impl Into<String>) -> Self {
        Self { found: Found::Fail, what, why: why.into(), waited: false }
    }

    fn error(what: &'static str, why: impl Into<String>) -> Self {
        Self { found: Found::Error, what, why: why.into(), waited: false }
    }
}

/// The one deadline of an asking, shared by all its phases.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    begun: Instant,
    span: Duration,
}

impl Deadline {
    fn new(span: Duration) -> Self {
        Self { begun: Instant::now(), span }
    }

    /// Does `work` unless the deadline comes first.
    async fn bound<F: Future>(&self, work: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.begun + self.span, work).await.ok()
    }

    /// The miss of a phase that the deadline ended.
    fn missed(&self, what: &'static str, lacking: &str) -> Miss {
        Miss { waited: true, ..Miss::fail(what, format!("{lacking} within {}", span(self.span))) }
    }
}

/// A short time as people write it: `5 s`, `750 ms`.
fn span(span: Duration) -> String {
    let millis = span.as_millis();
    if millis.is_multiple_of(1000) { format!("{} s", millis / 1000) } else { format!("{millis} ms") }
}

fn detail(what: &str, found: &str, holds: bool) -> Detail {
    Detail { what: what.into(), found: found.into(), holds }
}
