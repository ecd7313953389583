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
use crate::domain::run::{RunStep, StepState};
use crate::domain::{HostName, InputName, PartId, Run};
use crate::port::procedure::Past;
use crate::state::procedures::sheet::spent;

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
    let (took, whole) = took(from, wish)?;
    Ok(Past { inputs: inputs(from, wish)?, took, whole })
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

/// How long parts took on their hosts, and as a whole, in the newest runs.
fn took(from: &Connection, wish: &PastWish) -> Result<Took, Why> {
    let mut query =
        from.prepare_cached("SELECT id FROM runs WHERE site = ? AND procedure = ? ORDER BY place DESC LIMIT ?")?;
    let ids = query.query_map(params![wish.site.as_str(), wish.procedure.as_str(), RUNS], |row| row.get(0))?;
    let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
    let (mut each, mut whole) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(run) = read::run(from, &id)? else { continue };
        each.extend(run.steps.iter().filter_map(took_of));
        let mut parts: Vec<&PartId> = run.steps.iter().filter_map(|step| step.part.as_ref()).collect();
        parts.sort_unstable();
        parts.dedup();
        let spans = parts.into_iter().filter_map(|part| Some((part.clone(), spent(part, &run)?)));
        whole.extend(spans.filter(|(_, span)| *span <= LONGEST_TAKEN));
    }
    Ok((each, whole))
}

type Took = (Vec<(PartId, HostName, Duration)>, Vec<(PartId, Duration)>);

/// What a person waited for a step that ended well: what is told of it everywhere. Of what ended while nobody was at it only
/// when that was found is recorded.
fn took_of(step: &RunStep) -> Option<(PartId, HostName, Duration)> {
    let took = step.verdict.as_ref()?.took;
    let well = step.state == StepState::Verified && !step.has_ended_unseen() && took <= LONGEST_TAKEN;
    well.then(|| Some((step.part.clone()?, step.host.clone(), took))).flatten()
}
