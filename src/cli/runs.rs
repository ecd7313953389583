//! `qd runs`: what was done with qd, from the store on this machine.

mod elsewhere;

use clap::Args;
use jiff::Timestamp;

use super::choose::complain;
use super::moment::{FORMS, When};
use super::{Exit, Reaching, asked, output};
use crate::domain::place::NO_SITE;
use crate::domain::run::RunState;
use crate::domain::{EnvName, ProcedureName, Run, RunId, SiteName};
use crate::engine::store::{FIRST_TOKEN, Recorded, RunsWish, Sqlite, Store, StoreError, Taker, settle};
use crate::port::act::StoreState;
use crate::port::procedure::Piece;
use crate::site::find;
use crate::site::procedure::{Known, load};
use crate::state::run_report::{Beside, Listed, Open, Printed, in_full, list};
use crate::text::Foreign;

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
    #[arg(long, value_name = "ID", conflicts_with_all = ["site", "environment", "limit", "words", "procedure", "since"])]
    pub id: Option<String>,
    /// Only runs that hold each of these words, in any case: in their title, procedure, person, or a host.
    #[arg(long = "match", visible_alias = "grep", value_name = "WORDS")]
    pub words: Option<String>,
    /// Only runs of this procedure.
    #[arg(long, value_name = "NAME")]
    pub procedure: Option<String>,
    /// Only runs that were begun then or later: 2d, "2026-11-21 03:00", today.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// With the end of what each step printed.
    #[arg(long, requires = "id")]
    pub output: bool,
    /// Do not ask lock hosts how runs that go on stand elsewhere: only what was recorded on this machine.
    #[arg(long)]
    pub here: bool,
}

/// How much of what a step printed is read, in bytes.
const TAIL: usize = 16 << 10;

/// Prints them.
pub fn run(runs: &Runs, reach: &Reaching) -> Exit {
    match look(runs, reach) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn look(runs: &Runs, reach: &Reaching) -> Result<Exit, Exit> {
    let folder = output::here()?.data;
    let is_there = Sqlite::is_there(&folder);
    if is_there {
        // Who only looks where nothing is leaves nothing there.
        output::begin_log();
    }
    let named =
        |what: &str, why: &dyn std::fmt::Display| complain(Exit::Usage, &format!("no {what} has that name: {why}"));
    // A site that lies at a path has the name of its folder.
    let places = output::here()?;
    let found = runs.site.as_deref().filter(|word| word.contains('/')).and_then(|word| find(&places, word).ok());
    let site = found
        .as_ref()
        .map(|found| found.name.as_str())
        .or(runs.site.as_deref())
        .map(SiteName::new)
        .transpose()
        .map_err(|why| named("site", &why))?;
    let environment =
        runs.environment.as_deref().map(EnvName::new).transpose().map_err(|why| named("environment", &why))?;
    let procedure =
        runs.procedure.as_deref().map(ProcedureName::new).transpose().map_err(|why| named("procedure", &why))?;
    let since = runs.since.as_deref().map(since).transpose()?;
    if !is_there {
        return match &runs.id {
            Some(word) => Err(no_run(word)),
            None => {
                let (none, now) = (Open::default(), Timestamp::now());
                output::print(&if runs.json { json(&Listed::of(&[], &none))? } else { text(&[], &none, runs, now) })
                    .map(|()| Exit::Ok)
            }
        };
    }
    asked::until_done(async {
        let store = Sqlite::open(&folder);
        let unavailable = |error: StoreError| complain(Exit::Unavailable, &error.to_string());
        settle_first(&store).await;
        let asking = elsewhere::Asking { places: &places, named: found.as_ref(), reach, here: runs.here };
        match &runs.id {
            Some(word) => {
                let known = the_one(store.find(word.to_lowercase()).await.map_err(unavailable)?, word)?;
                let answers = elsewhere::ask(&store, std::slice::from_ref(&known), &asking).await;
                let run = store.find(known.id.to_string()).await.map_err(unavailable)?.pop().unwrap_or(known);
                let run = answers.newest(run);
                let beside = beside(&store, &run, answers, runs.output).await.map_err(unavailable)?;
                let told = if runs.json { json(&Listed::of_one(&run, &beside))? } else { in_full(&run, &beside) };
                output::print(&told)?;
                Ok(ended(run.state))
            }
            None => {
                let words = runs.words.clone();
                let wish = RunsWish { site, environment, words, procedure, since, most: runs.limit };
                let known = store.runs(wish.clone()).await.map_err(unavailable)?;
                let answers = elsewhere::ask(&store, &known, &asking).await;
                let known = store.runs(wish).await.map_err(unavailable)?;
                let found: Vec<Run> = known.into_iter().map(|run| answers.newest(run)).collect();
                let left = left(&store, found.iter().any(goes_on)).await.map_err(unavailable)?;
                if !runs.json {
                    answers.troubles.iter().for_each(|sentence| output::complain(sentence));
                }
                let (open, now) = (Open { left, elsewhere: answers.elsewhere }, Timestamp::now());
                output::print(&if runs.json {
                    json(&Listed::of(&found, &open))?
                } else {
                    text(&found, &open, runs, now)
                })?;
                Ok(Exit::Ok)
            }
        }
    })
}

/// A moment that a person typed.
fn since(word: &str) -> Result<Timestamp, Exit> {
    let now = jiff::Zoned::now();
    match When::read(word, &now) {
        Some(When::At(at)) => Ok(at),
        Some(When::Ago(ago)) => {
            let ago = jiff::SignedDuration::try_from(ago).unwrap_or(jiff::SignedDuration::MAX);
            Ok(now.timestamp().checked_sub(ago).unwrap_or(Timestamp::MIN))
        }
        None => Err(complain(Exit::Usage, &format!("--since {} is no moment: {FORMS}.", Foreign::from(word).plain()))),
    }
}

fn goes_on(run: &Run) -> bool {
    run.state == RunState::Running && run.document.is_some()
}

/// The runs that go on while no console here is at them.
async fn left(store: &Sqlite, any: bool) -> Result<Vec<RunId>, StoreError> {
    if !any {
        return Ok(Vec::new());
    }
    let open = store.resumable(RunsWish { most: u32::MAX, ..RunsWish::default() }).await?;
    Ok(open.into_iter().map(|run| run.id).collect())
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

fn text(found: &[Run], open: &Open, asked: &Runs, now: Timestamp) -> String {
    let words = [&asked.site, &asked.environment, &asked.words, &asked.procedure, &asked.since];
    let narrowed = words.iter().any(|word| word.is_some());
    match (found, narrowed) {
        ([], false) => "Nothing was done with qd from this machine yet.\n".to_owned(),
        ([], true) => "No run is as asked for.\n".to_owned(),
        (found, _) => list(found, open, now),
    }
}

/// Runs as JSON.
pub fn json(listed: &Listed) -> Result<String, Exit> {
    let text = serde_json::to_string_pretty(listed);
    text.map(|text| format!("{text}\n")).map_err(|error| complain(Exit::Software, &error.to_string()))
}

fn no_run(word: &str) -> Exit {
    let shown = Foreign::from(word).plain();
    complain(Exit::Usage, &format!("no run has a name that ends in {shown}; qd runs lists them."))
}

fn the_one(mut found: Vec<Run>, word: &str) -> Result<Run, Exit> {
    let Some(run) = found.pop() else { return Err(no_run(word)) };
    if found.is_empty() {
        return Ok(run);
    }
    found.push(run);
    let names: Vec<&str> = found.iter().map(|run| run.id.as_str()).collect();
    let shown = Foreign::from(word).plain();
    let text = format!("{} runs have names that end in {shown}: {}.", found.len(), names.join(", "));
    Err(complain(Exit::Usage, &text))
}

/// What is known of a run beside it.
async fn beside(
    store: &Sqlite,
    run: &Run,
    answers: elsewhere::Answers,
    with_output: bool,
) -> Result<Beside, StoreError> {
    let mut beside = Beside::default();
    let mut last = run.begun;
    let mut takers: Vec<Taker> = Vec::new();
    for record in store.records(run.id.clone()).await? {
        last = last.max(record.at);
        match record.what {
            // Whoever began it did not take it, and each taking counts once.
            Recorded::Taken(token) if token > FIRST_TOKEN && !takers.iter().any(|known| known.token == token) => {
                takers.push(Taker { token, who: record.who, at: record.at });
            }
            Recorded::Taken(_) => {}
            Recorded::LetGo(token) => takers.retain(|known| known.token != token),
            Recorded::Notice(told) => beside.notices.push(told),
            Recorded::Step(number, step) if run.steps.get(number).is_some_and(|now| step.attempt < now.attempt) => {
                // The newest word on each try that is over.
                beside.tries.retain(|(of, before)| *of != number || before.attempt != step.attempt);
                if step.attempt > 0 {
                    beside.tries.push((number, *step));
                }
            }
            Recorded::Step(..)
            | Recorded::Whole(_)
            | Recorded::Given(_)
            | Recorded::Decided(_)
            | Recorded::Ended(_) => {}
        }
    }
    // What the lock host says is the same at every workstation.
    let there = answers.takers.into_iter().find(|(id, _)| *id == run.id).map(|(_, takers)| takers);
    let mut takers = there.unwrap_or(takers);
    takers.sort_by_key(|taker| taker.token);
    beside.takeovers = takers.into_iter().map(|taker| (taker.at, taker.who.person, taker.who.workstation)).collect();
    beside.elsewhere = answers.elsewhere.into_iter().find(|(id, _)| *id == run.id).map(|(_, elsewhere)| elsewhere);
    if left(store, goes_on(run)).await?.contains(&run.id) {
        beside.nobody = Some(last);
        let places = output::here().ok();
        let is_found = |name: &str| places.as_ref().is_none_or(|places| find(places, name).is_ok());
        beside.without_site = run.site.as_str() != NO_SITE && !is_found(run.site.as_str());
    }
    if let Some(document) = &run.document
        && let Some(kept) = store.document(document.digest.clone()).await?
    {
        let file = std::path::PathBuf::from(format!("{}.md", document.name));
        let (procedure, _) = load(&file, kept.text.as_bytes(), &Known::default());
        beside.titles = procedure.parts.iter().map(|part| (part.id.clone(), part.title.plain())).collect();
    }
    if with_output {
        let outputs = store.outputs(run.id.clone(), TAIL).await?;
        for one in &outputs.tries {
            let of_it = |piece: &&Piece| (piece.step, piece.attempt, piece.error) == (one.step, one.attempt, one.error);
            let pieces: Vec<&Piece> = outputs.pieces.iter().filter(of_it).collect();
            let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.raw()).copied().collect();
            beside.output.push(Printed {
                step: one.step,
                attempt: one.attempt,
                error: one.error,
                offset: pieces.first().map_or(0, |piece| piece.offset),
                cut: one.cut,
                bytes: bytes.into(),
            });
        }
    }
    Ok(beside)
}

fn ended(state: RunState) -> Exit {
    match state {
        RunState::Succeeded => Exit::Ok,
        RunState::Stopped | RunState::Running => Exit::Degraded,
        RunState::Failed => Exit::Down,
        RunState::Unknown => Exit::Unknown,
    }
}
