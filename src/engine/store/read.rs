//! What is read. The order is the one in which runs were recorded: clocks jump, places do not.

use rusqlite::{Connection, Row, params};

use super::RunsWish;
use super::error::Why;
use super::form::{RunForm, StepForm};
use crate::domain::Run;

const COLUMNS: &str = "id, site, environment, person, workstation, kind, title, confirmed, begun, ended, state";

/// The name of the store, and the place of the newest record in it.
pub(super) fn head(from: &Connection) -> Result<(String, i64), Why> {
    let id = from.query_row("SELECT id FROM head", [], |row| row.get(0))?;
    let newest = from.query_row("SELECT coalesce(max(place), 0) FROM records", [], |row| row.get(0))?;
    Ok((id, newest))
}

/// The names of the runs that go on, with their sessions.
pub(super) fn running(from: &Connection) -> Result<Vec<(String, String)>, Why> {
    let mut query = from.prepare_cached("SELECT id, session FROM runs WHERE state = 'running' ORDER BY place")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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
    collect(from, &sql, params![site, environment, wish.most])
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
    for mut form in forms {
        form.steps = steps(from, &form.id)?;
        let id = form.id.clone();
        match form.run() {
            Some(run) => runs.push(run),
            // One that somebody has changed by hand hides no other.
            None => tracing::warn!(run = crate::text::Foreign::from(id).plain(), "a run in the store can't be read"),
        }
    }
    Ok(runs)
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
        document: None,
        steps: Vec::new(),
    })
}

fn steps(from: &Connection, run: &str) -> Result<Vec<StepForm>, Why> {
    let mut query = from.prepare_cached("SELECT step FROM steps WHERE run = ? ORDER BY number")?;
    let texts: Vec<String> = query.query_map([run], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    texts.iter().map(|text| serde_json::from_str(text).map_err(|error| Why::Damaged(error.to_string()))).collect()
}
