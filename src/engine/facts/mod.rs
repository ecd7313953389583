//! Facts: finds out what a gate wants to know, and tells it with its evidence and the age of that. An error and what
//! proves nothing are never a pass.

mod github;
mod hosts;
mod probes;
mod releases;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::act::Place;
use super::clock::Clock;
use super::github::Client;
use super::probe::{Origin, Server};
use super::releases::Shared;
use super::store::Store;
use crate::domain::fact::Question;
use crate::domain::name::RoleName;
use crate::domain::probe::{Detail, Found};
use crate::domain::procedure::HERE;
use crate::domain::{Environment, HostName, ProbeReport};

/// A host that is not connected gets this long.
const CONNECTS: Duration = Duration::from_secs(5);
/// A handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(15);
/// Most lines of evidence that are kept of one asking.
const MOST: usize = 60;

/// What was found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// What was found, and the lines of evidence.
    pub report: ProbeReport,
    /// Where a person can look at it.
    pub link: Option<String>,
    /// When what was found was so, where that is not the moment of asking.
    pub as_of: Option<Timestamp>,
}

/// What one asking came to, before it has its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Came {
    /// What was found.
    pub found: Found,
    /// The same in one line.
    pub summary: String,
    /// Lines of evidence.
    pub details: Vec<Detail>,
    /// Where a person can look at it.
    pub link: Option<String>,
    /// When it was so, where that is not the moment of asking.
    pub as_of: Option<Timestamp>,
}

impl Came {
    pub(in crate::engine) fn new(found: Found, summary: impl Into<String>, details: Vec<Detail>) -> Self {
        Self { found, summary: summary.into(), details, link: None, as_of: None }
    }

    /// It could not be asked.
    pub(in crate::engine) fn error(why: impl Into<String>) -> Self {
        Self::new(Found::Error, why, Vec::new())
    }

    /// It was asked, and proves nothing.
    pub(in crate::engine) fn nothing(why: impl Into<String>) -> Self {
        Self::new(Found::Inconclusive, why, Vec::new())
    }
}

/// Where releases are recorded.
pub struct Records {
    /// The store of this machine.
    pub store: Arc<dyn Store>,
    /// What lies on the environment's lock host, where that can be asked.
    pub shared: Option<Shared>,
}

/// Finds it out once, for what is on a host there. Comes back within `within`, whatever becomes of whom it asks.
pub async fn ask(place: &Place, question: &Question, host: &HostName, within: Duration, records: &Records) -> Learnt {
    let begun = place.clock.now();
    let asking = answer(place, question, host, within, records);
    let came = match tokio::time::timeout(within, asking).await {
        Ok(came) => came,
        Err(_) => Came::error(format!("there was no answer within {} s", within.as_secs())),
    };
    let Came { found, summary, mut details, link, as_of } = came;
    if let Some(more) = details.len().checked_sub(MOST).filter(|more| *more > 0) {
        // What does not hold is what a person looks for.
        details.sort_by_key(|detail| detail.holds);
        details.truncate(MOST);
        details.push(detail("more", format!("{more} lines that are not shown"), found == Found::Pass));
    }
    let report = ProbeReport {
        found,
        summary: summary.into(),
        details,
        latency: None,
        certificate_days: None,
        at: begun.wall,
        asked: begun.mono,
    };
    Learnt { report, link, as_of }
}

async fn answer(place: &Place, question: &Question, host: &HostName, within: Duration, records: &Records) -> Came {
    let environment = &place.environment;
    match question {
        Question::Probes { tier, services } => probes::ask(place, tier.as_deref(), services).await,
        Question::Backup(wanted) => hosts::backup(place, host, wanted, within).await,
        Question::Disk { path, free } => hosts::disk(place, host, path, *free, within).await,
        Question::Memory(free) => hosts::memory(place, host, *free, within).await,
        Question::Certificate { host: to, port, days, name } => {
            let server = Server { host: to, port: *port, name, days: *days };
            certificate(place, server, host, within).await
        }
        Question::Ci { .. } | Question::Workflow(_) | Question::Reviews { .. } | Question::Protection { .. } => {
            if let Some(outside) = &place.outside {
                return outside.github(question.clone()).await;
            }
            match github::open(environment, &place.prober).await {
                Ok(client) => at_github(place, &client, question).await,
                Err(came) => came,
            }
        }
        Question::Same { .. } | Question::Release { .. } | Question::Rollback { .. } => {
            releases::ask(place, question, (host, within), records).await
        }
    }
}

async fn at_github(place: &Place, client: &Client, question: &Question) -> Came {
    match question {
        Question::Ci { commit, workflow } => github::ci(client, commit, workflow.as_deref()).await,
        Question::Workflow(wanted) => github::workflow(client, wanted, place.clock.now().wall).await,
        Question::Reviews { commit, count, role: None } => github::reviews(client, commit, *count, None).await,
        Question::Reviews { commit, count, role: Some(role) } => match role_of(&place.environment, role) {
            Some(names) => github::reviews(client, commit, *count, Some((role, names))).await,
            None => Came::error(format!("the site has no role {role}: name its people under [roles] in site.toml")),
        },
        Question::Protection { commit, environment } => github::protection(client, commit, environment).await,
        Question::Same { .. }
        | Question::Probes { .. }
        | Question::Backup(_)
        | Question::Certificate { .. }
        | Question::Disk { .. }
        | Question::Memory(_)
        | Question::Release { .. }
        | Question::Rollback { .. } => Came::nothing("GitHub knows nothing of this"),
    }
}

/// Who has a role.
fn role_of<'e>(environment: &'e Environment, role: &str) -> Option<&'e [String]> {
    environment.roles.people(&RoleName::new(role).ok()?)
}

async fn certificate(place: &Place, server: Server<'_>, host: &HostName, within: Duration) -> Came {
    let origin = if host.as_str() == HERE {
        Origin::Here
    } else {
        match place.connected(host, place.clock.now().mono.after(CONNECTS)).await {
            Some(connection) => Origin::Host(connection),
            None => return Came::error(place.not_answering(host)),
        }
    };
    let report = place.prober.certificate(server, within.min(HANDSHAKE), origin).await;
    Came::new(report.found, report.summary.plain(), report.details)
}

/// One line of evidence.
pub(in crate::engine) fn detail(what: impl Into<String>, found: impl Into<String>, holds: bool) -> Detail {
    Detail { what: what.into().into(), found: found.into().into(), holds }
}
