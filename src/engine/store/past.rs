//! What is known from earlier runs of a procedure: what was typed for its inputs, and how long its parts took.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::Why;
use super::fresh_run_id;
use super::kept::PastWish;
use super::read;
use crate::domain::procedure::Given;
use crate::domain::run::StepState;
use crate::domain::{HostName, InputName, PartId, Run};
use crate::port::procedure::Past;

/// Values that are remembered of an input.
const VALUES: usize = 20;
/// A longer value is not typed again.
const LONGEST: usize = 4096;
/// Runs that are looked at for how long something takes.
const RUNS: u32 = 20;
/// What seems to have taken longer is a clock that was set.
const LONGEST_TAKEN: Duration = Duration::from_secs(7 * 24 * 3600);

/// Remembers what was typed; what a secret was is not in it.
pub(super) fn remember(to: &Transaction<'_>, run: &Run, given: &[Given], now: Timestamp) -> Result<(), Why> {
    let Some(document) = &run.document else { return Ok(()) };
    let (site, procedure) = (run.site.as_str(), document.name.as_str());
    for given in given {
        let Some(value) = given.value.as_deref().filter(|value| !value.is_empty() && value.len() <= LONGEST) else {
            continue;
        };
        let newest: Option<String> = to
            .prepare_cached(
                "SELECT value FROM inputs WHERE site = ? AND procedure = ? AND name = ? ORDER BY place DESC LIMIT 1",
            )?
            .query_row(params![site, procedure, given.name.as_str()], |row| row.get(0))
            .optional()?;
        if newest.as_deref() == Some(value) {
            continue;
        }
        to.prepare_cached(
            "INSERT INTO inputs (id, site, environment, person, procedure, name, value, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            fresh_run_id(now).as_str(),
            site,
            run.environment.as_str(),
            run.person,
            procedure,
            given.name.as_str(),
            value,
            now.to_string()
        ])?;
    }
    Ok(())
}

/// What is known from before.
pub(super) fn read(from: &Connection, wish: &PastWish) -> Result<Past, Why> {
    Ok(Past { inputs: inputs(from, wish)?, took: took(from, wish)? })
}

fn inputs(from: &Connection, wish: &PastWish) -> Result<Vec<(InputName, Vec<String>)>, Why> {
    let mut query = from.prepare_cached(
        "SELECT name, value FROM inputs WHERE site = ? AND procedure = ? GROUP BY name, value ORDER BY max(place) DESC",
    )?;
    let rows = query.query_map(params![wish.site.as_str(), wish.procedure.as_str()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut typed: BTreeMap<InputName, Vec<String>> = BTreeMap::new();
    for row in rows {
        let (name, value) = row?;
        let Ok(name) = InputName::new(&name) else { continue };
        let values = typed.entry(name).or_default();
        if values.len() < VALUES {
            values.push(value);
        }
    }
    Ok(typed.into_iter().collect())
}

fn took(from: &Connection, wish: &PastWish) -> Result<Vec<(PartId, HostName, Duration)>, Why> {
    let mut query =
        from.prepare_cached("SELECT id FROM runs WHERE site = ? AND procedure = ? ORDER BY place DESC LIMIT ?")?;
    let ids = query.query_map(params![wish.site.as_str(), wish.procedure.as_str(), RUNS], |row| row.get(0))?;
    let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
    let mut all = Vec::new();
    for id in ids {
        let Some(run) = read::run(from, &id)? else { continue };
        all.extend(took_of(from, &run)?);
    }
    Ok(all)
}

/// From the start of the try that ended well to its end, by the same clock.
fn took_of(from: &Connection, run: &Run) -> Result<Vec<(PartId, HostName, Duration)>, Why> {
    let mut query = from
        .prepare_cached("SELECT number, state, at FROM records WHERE run = ? AND number IS NOT NULL ORDER BY place")?;
    let rows = query.query_map([run.id.as_str()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut begun: BTreeMap<i64, Timestamp> = BTreeMap::new();
    let mut all = Vec::new();
    for row in rows {
        let (number, state, at) = row?;
        let (Some(state), Ok(at)) = (StepState::of_word(&state), at.parse::<Timestamp>()) else { continue };
        match state {
            StepState::Started => {
                begun.entry(number).or_insert(at);
            }
            // What it did is still looked at.
            StepState::Done => {}
            StepState::Verified => {
                let step = usize::try_from(number).ok().and_then(|number| run.steps.get(number));
                let span = begun.remove(&number).and_then(|from| Duration::try_from(at.duration_since(from)).ok());
                // Of what ended while nobody was at it only when that was found is recorded.
                let step = step.filter(|step| !step.has_ended_unseen());
                if let (Some(step), Some(span)) = (step, span.filter(|span| *span <= LONGEST_TAKEN))
                    && let Some(part) = &step.part
                {
                    all.push((part.clone(), step.host.clone(), span));
                }
            }
            StepState::Planned
            | StepState::Intent
            | StepState::Failed
            | StepState::Skipped
            | StepState::Waived
            | StepState::Unknown => {
                begun.remove(&number);
            }
        }
    }
    Ok(all)
}
