//! `qd runs`: what was done with qd, from the store on this machine.

use clap::Args;
use jiff::Timestamp;

use super::choose::complain;
use super::{Exit, output};
use crate::domain::run::RunState;
use crate::domain::{EnvName, Run, SiteName};
use crate::engine::store::{RunsWish, Sqlite, Store, StoreError, settle};
use crate::port::act::StoreState;
use crate::state::run_report::{Listed, in_full, list};

/// What may be said.
#[derive(Debug, Args)]
pub struct Runs {
    /// Only runs of this site, by its name; all sites if left out.
    pub site: Option<String>,
    /// Only runs of this environment.
    #[arg(short, long, value_name = "ENV")]
    pub environment: Option<String>,
    /// Print JSON, with all steps.
    #[arg(long)]
    pub json: bool,
    /// How many at most, the newest first.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// One run in full: its name, or enough of its end to know it. Ends as it ended: 0 succeeded, 1 stopped or
    /// running, 2 failed, 3 unknown.
    #[arg(long, value_name = "ID", conflicts_with_all = ["site", "environment", "limit"])]
    pub id: Option<String>,
}

/// Prints them.
pub fn run(runs: &Runs) -> Exit {
    match look(runs) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn look(runs: &Runs) -> Result<Exit, Exit> {
    output::begin_log();
    let named =
        |what: &str, why: &dyn std::fmt::Display| complain(Exit::Usage, &format!("no {what} has that name: {why}"));
    let site = runs.site.as_deref().map(SiteName::new).transpose().map_err(|why| named("site", &why))?;
    let environment =
        runs.environment.as_deref().map(EnvName::new).transpose().map_err(|why| named("environment", &why))?;
    let folder = output::here()?.data;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| complain(Exit::Software, &format!("could not start: {error}")))?;
    runtime.block_on(async {
        let store = Sqlite::open(&folder);
        let unavailable = |error: StoreError| complain(Exit::Unavailable, &error.to_string());
        settle_first(&store).await;
        match &runs.id {
            Some(word) => one(runs, store.find(word.to_lowercase()).await.map_err(unavailable)?, word),
            None => {
                let wish = RunsWish { site, environment, words: None, most: runs.limit };
                let found = store.runs(wish).await.map_err(unavailable)?;
                output::print(&if runs.json { json(&found)? } else { text(&found) })?;
                Ok(Exit::Ok)
            }
        }
    })
}

/// Settles what dead programs left, so that nothing is shown as running that does not; and tells what the store tells.
async fn settle_first(store: &Sqlite) {
    let mut state = store.state();
    // The first change says that it was opened, or why not.
    if state.changed().await.is_err() {
        return;
    }
    let now = state.borrow_and_update().clone();
    match now {
        StoreState::Writable => match store.abandoned(Timestamp::now()).await {
            Ok(settled) => settled.iter().for_each(|run| output::complain(&settle::sentence(run))),
            Err(error) => output::complain(&error.to_string()),
        },
        StoreState::ReadOnly(why) => output::complain(&why),
    }
    store.told().borrow().iter().for_each(|sentence| output::complain(sentence));
}

fn text(found: &[Run]) -> String {
    if found.is_empty() { "Nothing was done with qd yet.\n".to_owned() } else { list(found) }
}

/// Runs as JSON.
pub fn json(found: &[Run]) -> Result<String, Exit> {
    let text = serde_json::to_string_pretty(&Listed::of(found));
    text.map(|text| format!("{text}\n")).map_err(|error| complain(Exit::Software, &error.to_string()))
}

fn one(runs: &Runs, found: Vec<Run>, word: &str) -> Result<Exit, Exit> {
    let shown = crate::text::Foreign::from(word).plain();
    let run = match found.as_slice() {
        [] => {
            return Err(complain(Exit::Usage, &format!("no run has a name that ends in {shown}; qd runs lists them.")));
        }
        [run] => run,
        several => {
            let names: Vec<&str> = several.iter().map(|run| run.id.as_str()).collect();
            let text = format!("{} runs have names that end in {shown}: {}.", several.len(), names.join(", "));
            return Err(complain(Exit::Usage, &text));
        }
    };
    output::print(&if runs.json { json(&found)? } else { in_full(run) })?;
    Ok(match run.state {
        RunState::Succeeded => Exit::Ok,
        RunState::Stopped | RunState::Running => Exit::Degraded,
        RunState::Failed => Exit::Down,
        RunState::Unknown => Exit::Unknown,
    })
}
