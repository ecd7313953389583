//! The end of a job because somebody wants it.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::asking::{Asked, Hosts, Rights};
use super::host::in_words;
use super::{Cancelled, Ended, JobKey, Seen};
use crate::domain::HostName;
use crate::runtimes::job::{self, Told};

/// What keeps a job gives it ten seconds between TERM and KILL, and three more.
const ENDED_WITHIN: Duration = Duration::from_secs(17);
/// A job that is killed from outside of what keeps it has this long.
const KILLED_WITHIN: Duration = Duration::from_secs(5);
/// A host that can't be asked is asked for so long.
const ASKED_WITHIN: Duration = Duration::from_secs(45);
/// One question.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

pub(super) async fn cancel(hosts: &Hosts, host: &HostName, key: &JobKey) -> Cancelled {
    let mut rights = Rights::Login;
    let begun = Instant::now();
    // First what keeps the job is asked to end it.
    let first = loop {
        match order(hosts, host, key, rights, false).await {
            Ok(Some(seen)) => break seen,
            Ok(None) if rights == Rights::Login && hosts.becomes_root(host) => rights = Rights::Sudo,
            Ok(None) => return Cancelled::Unknown(format!("the step on {host} may not be ended by this login.")),
            Err(why) if begun.elapsed() >= ASKED_WITHIN => return Cancelled::Unknown(format!("{why}.")),
            Err(_) => sleep(LOOK_AGAIN).await,
        }
    };
    match first {
        Told::Running => {}
        Told::Ended(ended) => return Cancelled::Before(in_words(&ended)),
        other => return done(hosts, host, key, other, false),
    }
    if let Some(cancelled) = watch(hosts, host, key, ENDED_WITHIN, false).await {
        return cancelled;
    }
    // It did not: from outside then.
    for rights in [rights, Rights::Sudo] {
        if rights == Rights::Sudo && !hosts.becomes_root(host) {
            continue;
        }
        let _ = order(hosts, host, key, rights, true).await;
        if let Some(cancelled) = watch(hosts, host, key, KILLED_WITHIN, true).await {
            return cancelled;
        }
    }
    Cancelled::Remains(format!("something of the step still runs on {host}, and can't be ended from here."))
}

/// Sends the order; `None` when this login may not give it.
async fn order(
    hosts: &Hosts,
    host: &HostName,
    key: &JobKey,
    rights: Rights,
    hard: bool,
) -> Result<Option<Told>, String> {
    let script = job::cancel(&hosts.named(key), hosts.token(&key.run).unwrap_or(u64::from(u32::MAX)), hard);
    match hosts.ask(host, &key.run, &script, rights, ANSWERED_WITHIN, "end a step").await {
        Asked::Answered(output) if output.stdout.starts_with(b"denied") => Ok(None),
        Asked::Answered(output) => match job::told(&output.stdout) {
            Some((_, Told::Hidden)) => Ok(None),
            Some((_, told)) => Ok(Some(told)),
            None => Err(format!("what {host} answered makes no sense")),
        },
        Asked::Unasked(why) => Err(why),
    }
}

/// Looks until it has ended.
async fn watch(hosts: &Hosts, host: &HostName, key: &JobKey, within: Duration, hard: bool) -> Option<Cancelled> {
    let script = job::look(&hosts.named(key));
    let begun = Instant::now();
    while begun.elapsed() < within {
        sleep(LOOK_AGAIN).await;
        let mut rights = Rights::Login;
        let told = loop {
            let asked = hosts.ask(host, &key.run, &script, rights, ANSWERED_WITHIN, "look at a step").await;
            match asked {
                Asked::Answered(output) => match job::told(&output.stdout) {
                    Some((_, Told::Hidden)) if rights == Rights::Login && hosts.becomes_root(host) => {
                        rights = Rights::Sudo;
                    }
                    told => break told,
                },
                Asked::Unasked(_) => break None,
            }
        };
        match told {
            None | Some((_, Told::Running)) => {}
            Some((_, told)) => return Some(done(hosts, host, key, told, hard)),
        }
    }
    None
}

fn done(hosts: &Hosts, host: &HostName, key: &JobKey, told: Told, hard: bool) -> Cancelled {
    match told {
        Told::Ended(ended) if !ended.remains.is_empty() => {
            let pids: Vec<String> = ended.remains.iter().map(u32::to_string).collect();
            Cancelled::Remains(format!(
                "the step has ended on {host}, but these processes of it could not be ended: {}.",
                pids.join(", ")
            ))
        }
        Told::Ended(ended) => Cancelled::Gone(in_words(&ended)),
        Told::Never => Cancelled::Gone(Ended { cancelled: true, ..Ended::default() }),
        Told::Vanished(_) if hard => Cancelled::Gone(Ended { signal: Some(9), cancelled: true, ..Ended::default() }),
        told => match hosts.seen(host, key, 0, told) {
            Seen::Vanished(why) | Seen::Unasked(why) | Seen::Theirs { why, .. } => {
                Cancelled::Unknown(format!("{why}."))
            }
            Seen::Running | Seen::Ended(_) | Seen::Never | Seen::Superseded(_) => {
                Cancelled::Unknown(format!("how the step stands on {host} can't be said."))
            }
        },
    }
}
