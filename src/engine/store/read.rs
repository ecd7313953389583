//! What is read. The order is the one in which runs were recorded: clocks jump, places do not.

use rusqlite::{Connection, Row, params};

use super::RunsWish;
use super::adopt::ELSEWHERE;
use super::error::Why;
use super::form::{DecidedForm, NoteForm, NoticeForm, RunForm, StepForm};
use super::kept::{Record, Recorded, Who};
use crate::domain::run::RunState;
use crate::domain::{Run, RunId};

const COLUMNS: &str = "id, site, environment, person, workstation, kind, title, confirmed, begun, ended, state, \
     document";

/// The name of the store, and the place of the newest record in it.
pub(super) fn head(from: &Connection) -> Result<(String, i64), Why> {
    let id = from.query_row("SELECT id FROM head", [], |row| row.get(0))?;
    let newest = from.query_row("SELECT coalesce(max(place), 0) FROM records", [], |row| row.get(0))?;
    Ok((id, newest))
}

/// A run that goes on.
pub(super) struct Running {
    pub id: String,
    pub session: String,
    pub is_procedure: bool,
}

/// The runs that go on, with their sessions.
pub(super) fn running(from: &Connection) -> Result<Vec<Running>, Why> {
    let mut query = from
        .prepare_cached("SELECT id, session, document IS NOT NULL FROM runs WHERE state = 'running' ORDER BY place")?;
    let rows =
        query.query_map([], |row| Ok(Running { id: row.get(0)?, session: row.get(1)?, is_procedure: row.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The runs of procedures that nobody is at, the newest first.
pub(super) fn resumable(from: &Connection, wish: &RunsWish, is_alive: impl Fn(&str) -> bool) -> Result<Vec<Run>, Why> {
    let mut found = Vec::new();
    for running in running(from)?.into_iter().rev().filter(|running| running.is_procedure) {
        if running.session == ELSEWHERE || is_alive(&running.session) {
            continue;
        }
        if let Some(run) = run(from, &running.id)?
            && wish.takes(&run)
            && found.len() < wish.most as usize
        {
            found.push(run);
        }
    }
    Ok(found)
}

/// One run; `None` when there is none, or none that can be read.
pub(super) fn run(from: &Connection, id: &str) -> Result<Option<Run>, Why> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = ?");
    Ok(collect(from, &sql, params![id])?.pop())
}

/// Runs, the newest first.
pub(super) fn runs(from: &Connection, wish: &RunsWish) -> Result<Vec<Run>, Why> {
    let sql = format!(
        "SELECT {COLUMNS} FROM runs WHERE (?1 IS NULL OR site = ?1) AND (?2 IS NULL OR environment = ?2)
         ORDER BY place DESC LIMIT ?3"
    );
    let site = wish.site.as_ref().map(|name| name.as_str());
    let environment = wish.environment.as_ref().map(|name| name.as_str());
    // The rest is compared here: SQLite knows upper and lower case of ASCII only.
    let narrowed = wish.words.is_some() || wish.procedure.is_some() || wish.since.is_some();
    let most = if narrowed { -1 } else { i64::from(wish.most) };
    let mut query = from.prepare_cached(&sql)?;
    let mut rows = query.query(params![site, environment, most])?;
    let mut found = Vec::new();
    while found.len() < wish.most as usize
        && let Some(row) = rows.next()?
    {
        found.extend(whole(from, form(row)?)?.filter(|run| wish.takes(run)));
    }
    Ok(found)
}

/// The runs whose name ends in this word, the newest first.
pub(super) fn find(from: &Connection, word: &str) -> Result<Vec<Run>, Why> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE substr(id, -length(?1)) = ?1 ORDER BY place DESC LIMIT 32");
    collect(from, &sql, params![word])
}

fn collect(from: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Run>, Why> {
    let mut query = from.prepare_cached(sql)?;
    let forms: Vec<RunForm> = query.query_map(values, form)?.collect::<rusqlite::Result<_>>()?;
    let mut runs = Vec::new();
    for form in forms {
        runs.extend(whole(from, form)?);
    }
    Ok(runs)
}

/// A run with its steps. One that somebody has changed by hand, or that is torn, hides no other.
fn whole(from: &Connection, mut form: RunForm) -> Result<Option<Run>, Why> {
    let id = form.id.clone();
    let run = match steps(from, &form.id) {
        Ok(steps) => {
            form.steps = steps;
            form.run()
        }
        Err(Why::Damaged(_)) => None,
        Err(why) => return Err(why),
    };
    if run.is_none() {
        tracing::warn!(run = crate::text::Foreign::from(id).plain(), "a run in the store can't be read");
    }
    Ok(run)
}

fn form(row: &Row<'_>) -> rusqlite::Result<RunForm> {
    Ok(RunForm {
        id: row.get(0)?,
        site: row.get(1)?,
        environment: row.get(2)?,
        person: row.get(3)?,
        workstation: row.get(4)?,
        kind: row.get(5)?,
        title: row.get(6)?,
        confirmed: row.get(7)?,
        begun: row.get(8)?,
        ended: row.get(9)?,
        state: row.get(10)?,
        // What can't be read makes a form of no document, which is no run.
        document: row.get::<_, Option<String>>(11)?.map(|text| serde_json::from_str(&text).unwrap_or_default()),
        steps: Vec::new(),
    })
}

fn steps(from: &Connection, run: &str) -> Result<Vec<StepForm>, Why> {
    let mut query = from.prepare_cached("SELECT step FROM steps WHERE run = ? ORDER BY number")?;
    let texts: Vec<String> = query.query_map([run], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    texts.iter().map(|text| serde_json::from_str(text).map_err(|error| Why::Damaged(error.to_string()))).collect()
}

/// Everything that was recorded of a run, in its order. What can't be read is left out.
pub(super) fn records(from: &Connection, run: &RunId) -> Result<Vec<Record>, Why> {
    let mut query = from.prepare_cached(
        "SELECT number, person, workstation, at, state, said FROM records WHERE run = ? ORDER BY place",
    )?;
    let mut rows = query.query([run.as_str()])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let (at, state, said): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let who = Who { person: row.get(1)?, workstation: row.get(2)? };
        let what = recorded(row.get(0)?, &state, &said);
        if let (Ok(at), Some(what)) = (at.parse(), what) {
            records.push(Record { at, who, what });
        }
    }
    Ok(records)
}

fn recorded(number: Option<i64>, state: &str, said: &str) -> Option<Recorded> {
    if let Some(number) = number {
        let step = serde_json::from_str::<StepForm>(said).ok()?.step()?;
        return Some(Recorded::Step(usize::try_from(number).ok()?, Box::new(step)));
    }
    if said == "{}" {
        return RunState::of_word(state).map(Recorded::Ended);
    }
    if let Ok(note) = serde_json::from_str::<NoteForm>(said) {
        let given = note.given.and_then(NoteForm::given).map(Recorded::Given);
        let decided = note.decided.and_then(DecidedForm::decided).map(Recorded::Decided);
        let told = note.notice.and_then(NoticeForm::told).map(Recorded::Notice);
        let let_go = note.let_go.map(Recorded::LetGo);
        return note.taken.map(Recorded::Taken).or(let_go).or(given).or(decided).or(told);
    }
    serde_json::from_str::<RunForm>(said).ok()?.run().map(|run| Recorded::Whole(Box::new(run)))
}
