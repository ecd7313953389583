//! `qd release`: what runs since when, by whom, and whether it was good; and what a version would bring.

mod follow;
mod known;
mod look;

use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{Exit, Reaching, Where, asked, choose, output};
use crate::domain::release::{Examined, Verdict};
use crate::domain::run::{REASON, is_reason};
use crate::domain::{Environment, Release, ServiceName};
use crate::engine::releases::git;
use crate::engine::store::Who;
use crate::state::releases::{Listed, What as Told, WhatJson, behind_told, in_full, list, lists, trouble_of, what};
use crate::text::Foreign;

pub use known::{Asked, ask};

/// What may be said.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What is done.
#[derive(Debug, Subcommand)]
pub enum What {
    /// List what was released, the newest first; > stands before what runs.
    List(List),
    /// One release in full, with what going back to it would mean. Ends as it stands: 0 good, 1 rolled back, 2 failed,
    /// 3 unknown.
    Show(Show),
    /// Say that you have looked at a release that was not good: its version may be deployed again.
    Examine(Examine),
    /// What has to be seen to after a release, until when, and what was said of it. Ends with 0 when all of what runs is in
    /// time and well, 1 when something is overdue, 2 when something is not well or nobody knows.
    Follow(follow::Follow),
    /// What a version would bring: what it replaces, its commits and migrations, and what runs on each host now.
    What(WhatOf),
}

/// Where, and how it is asked.
#[derive(Debug, Args)]
pub struct Place {
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// Do not ask the lock host: only what was recorded on this machine.
    #[arg(long)]
    pub here: bool,
}

/// `qd release list`.
#[derive(Debug, Args)]
pub struct List {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `qd release show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The run of the release, or enough of its end to know it.
    pub run: String,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `qd release examine`.
#[derive(Debug, Args)]
pub struct Examine {
    /// The run of the release, or enough of its end to know it.
    pub run: String,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What you found: it is kept with the release.
    #[arg(long, value_name = "TEXT", required = true)]
    pub reason: String,
}

/// `qd release what`.
#[derive(Debug, Args)]
pub struct WhatOf {
    /// The version: a tag, a branch or a commit.
    pub version: String,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Of this service alone.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl What {
    /// Whether something is to be kept.
    fn keeps(&self) -> bool {
        match self {
            What::Examine(_) => true,
            What::Follow(follow) => follow.says(),
            What::List(_) | What::Show(_) | What::What(_) => false,
        }
    }

    fn place(&self) -> &Place {
        match self {
            What::List(list) => &list.place,
            What::Show(show) => &show.place,
            What::Examine(examine) => &examine.place,
            What::Follow(follow) => &follow.place,
            What::What(what) => &what.place,
        }
    }
}

/// Looks, or says that somebody has looked.
pub fn run(arguments: &ReleaseArgs, reach: &Reaching) -> Exit {
    output::begin_log();
    match asked::prepared(&arguments.what.place().place).and_then(|place| act(&arguments.what, place, reach)) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn act(what: &What, (environment, who): (Arc<Environment>, Who), reach: &Reaching) -> Result<Exit, Exit> {
    if reach.read_only && what.keeps() {
        return Err(choose::complain(
            Exit::Refused,
            "--read-only refuses every change, also of what was examined or seen to.",
        ));
    }
    asked::until_done(done(what, &environment, who, reach))
}

async fn done(what: &What, environment: &Arc<Environment>, who: Who, reach: &Reaching) -> Result<Exit, Exit> {
    let asked = ask(environment, reach, what.place().here, what.keeps()).await?;
    let history = &asked.known.history;
    match what {
        What::List(wanted) => {
            let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
            let text = match (wanted.json, history.releases().is_empty()) {
                (true, _) => json(&Listed::of(history, &asked.known.told, most))?,
                (false, true) => format!("Nothing was released to {} of {} yet.\n", environment.name, environment.site),
                (false, false) => {
                    let behind = behind_told(&asked.known, Timestamp::now());
                    let behind = behind.map(|told| format!("{told}: qd release follow now\n")).unwrap_or_default();
                    format!("{}{behind}", list(history, most))
                }
            };
            asked.complain(wanted.json);
            output::print(&text).map(|()| Exit::Ok)
        }
        What::Show(wanted) => {
            let release = one(&asked, &wanted.run)?;
            let text = match wanted.json {
                true => json(&Listed::of_one(history, release, &asked.known.told))?,
                false => {
                    let lists = lists(&asked.known, release, Timestamp::now());
                    let lists: String = lists.into_iter().map(|line| format!("{line}\n")).collect();
                    format!("{}{lists}", in_full(history, release))
                }
            };
            asked.complain(wanted.json);
            output::print(&text)?;
            Ok(match history.stands(release) {
                Verdict::Good => Exit::Ok,
                Verdict::RolledBack => Exit::Degraded,
                Verdict::Failed => Exit::Down,
                Verdict::Unknown => Exit::Unknown,
            })
        }
        What::Examine(wanted) => {
            let release = one(&asked, &wanted.run)?;
            let reason = wanted.reason.trim();
            if !is_reason(reason) {
                let text = format!("--reason: say what you found, {REASON}; others read it.");
                return Err(choose::complain(Exit::Usage, &text));
            }
            if history.stands(release) == Verdict::Good {
                let text = format!("run {} was good: there is nothing to examine.", release.run.short());
                return Err(choose::complain(Exit::Refused, &text));
            }
            let (at, reason) = (Timestamp::now(), Foreign::from(reason));
            let examined = Examined { by: who.person, workstation: who.workstation, at, reason };
            match asked.releases.examine(&release.run, examined).await {
                Ok(behind) => {
                    asked.complain(false);
                    behind.iter().for_each(|sentence| output::complain(sentence));
                    let version = release.version.plain();
                    output::print(&format!(
                        "{version} may be deployed again: run {} was examined.\n",
                        release.run.short()
                    ))?;
                    Ok(Exit::Ok)
                }
                Err(why) => Err(choose::complain(Exit::Unavailable, &why)),
            }
        }
        What::Follow(wanted) => follow::run(wanted, environment, asked, who, reach).await,
        What::What(wanted) => version(wanted, environment, &asked).await,
    }
}

async fn version(wanted: &WhatOf, environment: &Environment, asked: &Asked) -> Result<Exit, Exit> {
    let history = &asked.known.history;
    let service = match &wanted.service {
        None => None,
        Some(word) => {
            let known = environment.services.iter().find(|service| service.name.as_str() == word);
            let known: &ServiceName = known.map(|service| &service.name).ok_or_else(|| {
                choose::complain(Exit::Usage, &format!("{} has no service {word:?}.", environment.name))
            })?;
            Some(known)
        }
    };
    // What was recorded of it, and not what its name means by now.
    let since = history.current(service, None).good();
    let since = since.map(|release| release.commit.as_ref().unwrap_or(&release.version));
    let since = since.and_then(|word| String::from_utf8(word.raw().to_vec()).ok());
    let git = git(environment);
    let facts = match &git {
        Ok(git) => git.facts(&wanted.version, since.as_deref()).await,
        Err(why) => Err(why.clone()),
    };
    let commit = facts.as_ref().ok().map(|facts| facts.commit.id.as_str());
    let trouble = trouble_of(history, service, &wanted.version, commit);
    let told = Told {
        environment,
        service,
        history,
        facts: facts.as_ref().map_err(String::as_str),
        version: &wanted.version,
        trouble: trouble.as_deref(),
        now: Timestamp::now(),
    };
    let text = if wanted.json { json(&WhatJson::of(&told, &asked.known.told))? } else { what(&told) };
    asked.complain(wanted.json);
    output::print(&text)?;
    Ok(match (&facts, &trouble) {
        (Err(_), _) => Exit::Unknown,
        (Ok(_), Some(_)) => Exit::Degraded,
        (Ok(_), None) => Exit::Ok,
    })
}

/// The one release whose run ends so.
fn one<'a>(asked: &'a Asked, word: &str) -> Result<&'a Release, Exit> {
    let word = word.to_lowercase();
    let all = asked.known.history.releases().iter();
    let found: Vec<&Release> = all.filter(|release| release.run.as_str().ends_with(&word)).collect();
    let shown = Foreign::from(word.as_str()).plain();
    match found.as_slice() {
        [one] if !word.is_empty() => Ok(one),
        [] | [_] => {
            asked.complain(false);
            let text = format!("no release is of a run that ends in {shown}; qd release list lists them.");
            Err(choose::complain(Exit::Usage, &text))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|release| release.run.as_str()).collect();
            let text = format!("{} releases are of runs that end in {shown}: {}.", names.len(), names.join(", "));
            Err(choose::complain(Exit::Usage, &text))
        }
    }
}

fn json(printed: &impl serde::Serialize) -> Result<String, Exit> {
    let text = serde_json::to_string_pretty(printed);
    text.map(|text| format!("{text}\n")).map_err(|error| choose::complain(Exit::Software, &error.to_string()))
}
