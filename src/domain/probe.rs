//! A probe: a check of health, what it asks, and how its answers become a verdict.

use std::time::Duration;

use jiff::Timestamp;

use super::name::ProbeName;
use super::time::Moment;
use crate::text::Foreign;

/// A check of health of one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Its name, unique within the service.
    pub name: ProbeName,
    /// What it asks.
    pub ask: Ask,
    /// Where it is asked from.
    pub from: Vantage,
    /// Time between the starts of two askings.
    pub interval: Duration,
    /// Total deadline of one asking.
    pub timeout: Duration,
    /// Passes in a row that make it pass after a failure.
    pub rise: u32,
    /// Failures in a row that make it fail after a pass.
    pub fall: u32,
}

/// Where a probe is asked from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vantage {
    /// From this machine.
    Here,
    /// From the instance's host: `localhost` is the host's own, reached through its connection.
    Host,
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// An HTTP request.
    Http(HttpAsk),
    /// Whether a TCP connection can be made.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// Whether a command leaves with one of these statuses.
    Command {
        /// Program and arguments.
        argv: Vec<String>,
        /// Statuses that pass; `[0]` if the site says nothing.
        exits: Vec<i32>,
    },
}

/// An HTTP request and what its answer must be. Redirects are not followed; a body is read to 64 KiB.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAsk {
    /// `GET` or `HEAD`.
    pub method: Method,
    /// Absolute URL, `http` or `https`, without credentials.
    pub url: String,
    /// Statuses that pass, as inclusive ranges; `200-299` if the site says nothing.
    pub status: Vec<(u16, u16)>,
    /// What fields of a JSON body must be.
    pub fields: Vec<FieldRule>,
    /// Slower than this fails the probe.
    pub slower: Option<Duration>,
    /// Fewer days of certificate life than this fail the probe.
    pub certificate_days: Option<u32>,
    /// Whether any certificate is taken; always shown on screen.
    pub insecure: bool,
}

/// HTTP method of a probe: only those that change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Ask for the body too.
    #[default]
    Get,
    /// Ask for the head only.
    Head,
}

/// One assertion on a JSON body.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRule {
    /// Keys from the root, dots between them: `dependencies.redis`; array places by number.
    pub path: String,
    /// What must hold there.
    pub must: Must,
}

/// What must hold of a JSON field.
#[derive(Debug, Clone, PartialEq)]
pub enum Must {
    /// It equals this scalar.
    Equal(Scalar),
    /// It is one of these scalars.
    OneOf(Vec<Scalar>),
    /// It is a number not above this.
    AtMost(f64),
    /// It is a number not below this.
    AtLeast(f64),
    /// It is there.
    Exist,
}

/// A JSON scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Bool(bool),
}

/// One answer, before rise and fall.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeReport {
    /// What was found.
    pub found: Found,
    /// One sentence: `GET :3005/health/ready → 503`.
    pub summary: Foreign,
    /// Each thing that was looked at, in the order of the site file.
    pub details: Vec<Detail>,
    /// Time to the verdict.
    pub latency: Option<Duration>,
    /// Days the server's certificate is still good for; negative once expired.
    pub certificate_days: Option<i64>,
    /// When it was asked, by our clock.
    pub at: Timestamp,
    /// When it was asked.
    pub asked: Moment,
}

/// What one asking found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Found {
    /// Everything holds.
    Pass,
    /// An answer came and something does not hold.
    Fail,
    /// It could not be asked: no link, no program, no permission. Says nothing about the service.
    Error,
    /// It answered in a way that proves nothing.
    Inconclusive,
}

/// One line of evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// What was looked at: `status`, `dependencies.redis`, `latency`, `certificate`.
    pub what: Foreign,
    /// What was found there.
    pub found: Foreign,
    /// Whether it holds.
    pub holds: bool,
}

/// What a probe says after rise, fall and age are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProbeVerdict {
    /// Passed `rise` times in a row.
    Pass,
    /// Failed `fall` times in a row.
    Fail,
    /// Could not be asked.
    Error,
    /// Proves nothing, or too few answers yet.
    #[default]
    Inconclusive,
    /// The last answer is older than two intervals and a timeout.
    Stale,
}

impl ProbeVerdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            ProbeVerdict::Pass => "pass",
            ProbeVerdict::Fail => "fail",
            ProbeVerdict::Error => "error",
            ProbeVerdict::Inconclusive => "inconclusive",
            ProbeVerdict::Stale => "stale",
        }
    }
}

/// The history of one probe of one instance, which turns single answers into a verdict.
#[derive(Debug, Clone, Default)]
pub struct ProbeState {
    settled: ProbeVerdict,
    passes: u32,
    failures: u32,
    errors: u32,
    recent: std::collections::VecDeque<bool>,
    flapping: bool,
    /// The newest answer.
    pub last: Option<ProbeReport>,
    /// Latencies of the newest answers, oldest first, at most [`LATENCIES`].
    pub latencies: std::collections::VecDeque<Option<Duration>>,
}

/// How many latencies are kept for the little graph.
pub const LATENCIES: usize = 24;
/// Over how many answers flapping is judged (the figure of Nagios).
const FLAP_WINDOW: usize = 21;

impl ProbeState {
    /// Takes one answer in.
    pub fn observe(&mut self, probe: &Probe, report: ProbeReport) {
        let first = self.last.is_none();
        match report.found {
            Found::Pass => {
                self.passes += 1;
                (self.failures, self.errors) = (0, 0);
            }
            Found::Fail => {
                self.failures += 1;
                (self.passes, self.errors) = (0, 0);
            }
            Found::Error | Found::Inconclusive => {
                self.errors += 1;
                (self.passes, self.failures) = (0, 0);
            }
        }
        if self.passes >= probe.rise || (first && self.passes > 0) {
            self.settled = ProbeVerdict::Pass;
        } else if self.failures >= probe.fall || (first && self.failures > 0) {
            self.settled = ProbeVerdict::Fail;
        } else if self.errors >= probe.fall || (first && self.errors > 0) {
            self.settled = if report.found == Found::Error { ProbeVerdict::Error } else { ProbeVerdict::Inconclusive };
        }
        if matches!(report.found, Found::Pass | Found::Fail) {
            push_bounded(&mut self.recent, report.found == Found::Pass, FLAP_WINDOW);
            self.judge_flapping();
        }
        push_bounded(&mut self.latencies, report.latency, LATENCIES);
        self.last = Some(report);
    }

    /// The verdict at `now`: an answer that is too old counts for nothing.
    pub fn verdict(&self, probe: &Probe, now: Moment) -> ProbeVerdict {
        let Some(last) = &self.last else { return ProbeVerdict::Inconclusive };
        if now >= self.stale_at(probe, last) { ProbeVerdict::Stale } else { self.settled }
    }

    /// When the verdict will turn stale if nothing more is heard.
    pub fn turns_stale(&self, probe: &Probe) -> Option<Moment> {
        self.last.as_ref().map(|last| self.stale_at(probe, last))
    }

    /// Whether it changes its mind more often than half the time (until less than a quarter).
    pub fn is_flapping(&self) -> bool {
        self.flapping
    }

    fn stale_at(&self, probe: &Probe, last: &ProbeReport) -> Moment {
        last.asked.after(probe.interval * 2 + probe.timeout)
    }

    fn judge_flapping(&mut self) {
        let changes = self.recent.iter().zip(self.recent.iter().skip(1)).filter(|(a, b)| a != b).count();
        let (changes, all) = (changes * 100, FLAP_WINDOW - 1);
        self.flapping = if self.flapping { changes >= 25 * all } else { changes > 50 * all };
    }
}

fn push_bounded<T>(queue: &mut std::collections::VecDeque<T>, item: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn probe() -> Probe {
        Probe {
            name: ProbeName::new("ready").unwrap(),
            ask: Ask::Tcp { host: "localhost".into(), port: 80 },
            from: Vantage::Host,
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            rise: 2,
            fall: 3,
        }
    }

    fn report(found: Found, second: u64) -> ProbeReport {
        ProbeReport {
            found,
            summary: Foreign::default(),
            details: Vec::new(),
            latency: None,
            certificate_days: None,
            at: Timestamp::UNIX_EPOCH,
            asked: Moment(Duration::from_secs(second)),
        }
    }

    fn after(founds: &[Found]) -> ProbeState {
        let mut state = ProbeState::default();
        for (n, found) in founds.iter().enumerate() {
            state.observe(&probe(), report(*found, n as u64 * 10));
        }
        state
    }

    #[test]
    fn the_first_answer_counts_at_once_and_later_ones_need_rise_and_fall() {
        let at =
            |founds: &[Found]| after(founds).verdict(&probe(), Moment(Duration::from_secs(founds.len() as u64 * 10)));
        use Found::{Error, Fail, Pass};
        assert_eq!(at(&[]), ProbeVerdict::Inconclusive);
        assert_eq!(at(&[Pass]), ProbeVerdict::Pass);
        assert_eq!(at(&[Fail]), ProbeVerdict::Fail);
        assert_eq!(at(&[Pass, Fail, Fail]), ProbeVerdict::Pass);
        assert_eq!(at(&[Pass, Fail, Fail, Fail]), ProbeVerdict::Fail);
        assert_eq!(at(&[Fail, Pass]), ProbeVerdict::Fail);
        assert_eq!(at(&[Fail, Pass, Pass]), ProbeVerdict::Pass);
        assert_eq!(at(&[Pass, Error, Error, Error]), ProbeVerdict::Error);
    }

    #[test]
    fn silence_turns_a_pass_stale() {
        let state = after(&[Found::Pass]);
        assert_eq!(state.verdict(&probe(), Moment(Duration::from_secs(24))), ProbeVerdict::Pass);
        assert_eq!(state.verdict(&probe(), Moment(Duration::from_secs(25))), ProbeVerdict::Stale);
        assert_eq!(state.turns_stale(&probe()), Some(Moment(Duration::from_secs(25))));
    }

    #[test]
    fn alternating_answers_flap_and_calm_ends_it() {
        let mut founds = Vec::new();
        for n in 0..21 {
            founds.push(if n % 2 == 0 { Found::Pass } else { Found::Fail });
        }
        assert!(after(&founds).is_flapping());
        founds.extend([Found::Pass; 18]);
        assert!(!after(&founds).is_flapping());
    }
}
