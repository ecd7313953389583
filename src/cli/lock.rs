//! `qd lock`: who may change an environment now; taken by hand it keeps everybody's runs away.

use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::{Exit, Reaching, Where, asked, choose};
use crate::domain::lock::{Beside, Heard, Holder, RELEASED, Stands};
use crate::domain::run::{REASON, is_reason};
use crate::domain::{Environment, HostName, Lock};
use crate::engine::clock::{AnyClock, RealClock};
use crate::engine::lock::{EnvironmentLock, LockError};
use crate::engine::store::Who;

/// What may be said.
#[derive(Debug, Args)]
pub struct LockArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub what: What,
}

/// What is done.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Say who has it. Ends with 0 when it is free, 1 when somebody has it, 3 when that is not known.
    Status(Status),
    /// Take it by hand: no run that wants it begins until you release it.
    Take(Take),
    /// Release what was taken by hand.
    Release(Release),
    /// Take it from whoever has it, for a reason that everybody sees.
    Break(Break),
}

/// `qd lock status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `qd lock take`.
#[derive(Debug, Args)]
pub struct Take {
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// What for: whoever is kept away reads it.
    #[arg(short, long, value_name = "TEXT", required = true)]
    pub message: String,
}

/// `qd lock release`.
#[derive(Debug, Args)]
pub struct Release {
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
}

/// `qd lock break`.
#[derive(Debug, Args)]
pub struct Break {
    /// The token of the lock, as `qd lock status` tells it.
    pub token: u64,
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// Why: it is kept with the lock.
    #[arg(long, value_name = "TEXT", required = true)]
    pub reason: String,
}

impl What {
    fn place(&self) -> &Where {
        match self {
            What::Status(status) => &status.place,
            What::Take(take) => &take.place,
            What::Release(release) => &release.place,
            What::Break(break_) => &break_.place,
        }
    }
}

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Printed {
    lock_host: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workstation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_seconds: Option<u64>,
    by_hand: bool,
    /// What others have put over it: it counts once this is over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<PutOver>,
}

/// A token that somebody put over the lock.
#[derive(Debug, Serialize)]
struct PutOver {
    token: u64,
    login: String,
}

/// Looks, takes, releases or breaks.
pub fn run(arguments: &LockArgs, reach: &Reaching) -> Exit {
    super::output::begin_log();
    match asked::prepared(arguments.what.place()).and_then(|prepared| act(&arguments.what, prepared, reach)) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn act(what: &What, (environment, who): (Arc<Environment>, Who), reach: &Reaching) -> Result<Exit, Exit> {
    let looks = matches!(what, What::Status(_));
    if reach.read_only && !looks {
        return Err(choose::complain(Exit::Refused, "--read-only refuses every change, also of the lock."));
    }
    asked::has_lock_host(&environment, "so it has no lock")?;
    asked::until_done(async {
        let line = asked::line(&environment, reach, Exit::Unknown).await?;
        let lock = EnvironmentLock::of(&environment, line.subscribe());
        let lock = lock.ok_or_else(|| choose::complain(Exit::Software, "the lock host is gone."))?;
        done(what, &lock, &who).await
    })
}

async fn done(what: &What, lock: &EnvironmentLock, who: &Who) -> Result<Exit, Exit> {
    let now = Timestamp::now();
    let host = lock.host();
    let seen = match what {
        What::Status(status) => {
            let seen = lock.look(now).await.map_err(|why| complain(Exit::Unknown, &why))?;
            let is_free = seen.as_ref().is_none_or(|lock| lock.may_be_taken(None));
            let text = if status.json { json(host, seen.as_ref())? } else { text(lock, seen.as_ref(), now) };
            super::output::print(&text)?;
            return Ok(if is_free { Exit::Ok } else { Exit::Degraded });
        }
        What::Take(take) => {
            let holder = Holder {
                person: who.person.clone(),
                workstation: who.workstation.clone(),
                run: None,
                message: take.message.clone(),
                since: Some(now),
            };
            Some(lock.take_by_hand(holder, &AnyClock::Real(RealClock)).await.map_err(|why| refused(&why))?)
        }
        What::Release(_) => {
            let seen = lock.look(now).await.map_err(|why| refused(&why))?;
            let ours = seen.filter(|seen| seen.stands == Stands::Held && seen.by_hand);
            let Some(ours) = ours else {
                return Err(choose::complain(
                    Exit::Refused,
                    "the lock was not taken by hand, so there is nothing to release.",
                ));
            };
            if ours.holder.person != who.person || ours.holder.workstation != who.workstation {
                let text = format!("it is not yours: {}. {}", ours.told(now), lock.way_out(&ours));
                return Err(choose::complain(Exit::Refused, &text));
            }
            lock.give_up(ours.token, who, RELEASED, now).await.map_err(|why| refused(&why))?
        }
        What::Break(break_) => {
            if !is_reason(&break_.reason) {
                let text = format!("--reason: say why, {REASON}; whoever had the lock reads it.");
                return Err(choose::complain(Exit::Usage, &text));
            }
            lock.give_up(break_.token, who, break_.reason.trim(), now).await.map_err(|why| refused(&why))?
        }
    };
    // What was ended is one thing, who has the lock now may be another.
    let lead = match what {
        What::Break(break_) => format!("Token {} is broken. ", break_.token),
        What::Status(_) | What::Take(_) | What::Release(_) => String::new(),
    };
    let told = match (what, &seen) {
        (What::Take(_), Some(own)) => {
            format!("You have the lock on {host} (token {}), until `qd lock release` gives it back.\n", own.token)
        }
        (What::Status(_) | What::Take(_) | What::Release(_) | What::Break(_), _) => text(lock, seen.as_ref(), now),
    };
    super::output::print(&format!("{lead}{told}"))?;
    Ok(Exit::Ok)
}

fn refused(why: &LockError) -> Exit {
    let exit = match why {
        LockError::Held { .. } | LockError::Lost { .. } | LockError::Other { .. } | LockError::Unwritable { .. } => {
            Exit::Refused
        }
        LockError::Gone(_) | LockError::Unreachable { .. } | LockError::Odd(_) => Exit::Unknown,
    };
    complain(exit, why)
}

fn complain(exit: Exit, why: &LockError) -> Exit {
    choose::complain(exit, &format!("{}.", why.to_string().trim_end_matches('.')))
}

fn text(of: &EnvironmentLock, lock: Option<&Lock>, now: Timestamp) -> String {
    let host = of.host();
    match lock {
        None => format!("The lock on {host} is free; nobody ever took it.\n"),
        Some(lock) if lock.may_be_taken(None) => format!("The lock on {host} is free: {}.\n", lock.told(now)),
        Some(lock) => {
            format!("The lock on {host} is held (token {}): {}.\n{}\n", lock.token, lock.told(now), of.way_out(lock))
        }
    }
}

fn json(host: &HostName, lock: Option<&Lock>) -> Result<String, Exit> {
    let state = match lock.map(|lock| lock.stands) {
        None | Some(Stands::Free) => "free",
        Some(Stands::Held) => "held",
        Some(Stands::Lapsed) => "lapsed",
        Some(Stands::Reserved) => "reserved",
    };
    let of = |read: fn(&Lock) -> String| lock.map(read).filter(|word| !word.is_empty());
    let printed = Printed {
        lock_host: host.to_string(),
        state,
        token: lock.map(|lock| lock.token),
        person: of(|lock| lock.holder.person.clone()),
        workstation: of(|lock| lock.holder.workstation.clone()),
        login: of(|lock| lock.login.plain()),
        run: lock.and_then(|lock| lock.holder.run.as_ref()).map(ToString::to_string),
        message: of(|lock| lock.holder.message.clone()),
        since: lock.and_then(|lock| lock.holder.since).map(|since| since.to_string()),
        silent_seconds: lock.and_then(|lock| match lock.heard {
            Heard::Ago(silent) => Some(silent.as_secs()),
            Heard::BeforeBoot | Heard::Unknown => None,
        }),
        by_hand: lock.is_some_and(|lock| lock.by_hand),
        beside: lock.map_or_else(Vec::new, |lock| lock.beside.iter().map(put_over).collect()),
    };
    let text = serde_json::to_string_pretty(&printed);
    text.map(|text| format!("{text}\n")).map_err(|error| choose::complain(Exit::Software, &error.to_string()))
}

fn put_over(beside: &Beside) -> PutOver {
    PutOver { token: beside.token, login: beside.login.plain() }
}
