//! What is written, each in one transaction that takes the right to write first.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::Why;
use super::form::{NoteForm, NoticeForm, RunForm, StepForm};
use super::settle::settled;
use super::{fresh_run_id, past, read};
use crate::domain::channel::Told;
use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Run, RunId};

/// Runs `work` as one transaction; when it returns well, everything is on the disk.
pub(super) fn writing<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, Why>,
) -> Result<T, Why> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    // So every -wal holds this row, and tells to which store it belongs.
    transaction.execute("UPDATE head SET commits = commits + 1", [])?;
    transaction.commit()?;
    Ok(done)
}

/// A run with all its steps.
pub(super) fn begin(to: &Transaction<'_>, session: &str, run: &Run) -> Result<(), Why> {
    insert(to, session, run)?;
    if let Some(document) = &run.document {
        past::remember(to, run, &document.given, run.begun)?;
    }
    let form = RunForm::from(run);
    record(to, &run.id, None, run.begun, &form.state, &json(&form)?)
}

/// The rows of a run, without a record of them.
pub(super) fn insert(to: &Transaction<'_>, session: &str, run: &Run) -> Result<(), Why> {
    let form = RunForm::from(run);
    let procedure = run.document.as_ref().map(|document| document.name.as_str());
    to.prepare_cached(
        "INSERT INTO runs (id, site, environment, person, workstation, session, kind, title, confirmed, begun, ended,
         state, document, procedure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        form.id,
        form.site,
        form.environment,
        form.person,
        form.workstation,
        session,
        form.kind,
        form.title,
        form.confirmed,
        form.begun,
        form.ended,
        form.state,
        form.document.as_ref().map(json).transpose()?,
        procedure
    ])?;
    form.steps.iter().enumerate().try_for_each(|(number, step)| put_step(to, &form, number, step))
}

/// The row of a step, new or in the place of what it was.
pub(super) fn put_step(to: &Connection, form: &RunForm, number: usize, step: &StepForm) -> Result<(), Why> {
    to.prepare_cached(
        "INSERT INTO steps (run, number, site, environment, person, host, service, unit, state, step)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run, number) DO UPDATE SET host = excluded.host, service = excluded.service,
         unit = excluded.unit, state = excluded.state, step = excluded.step",
    )?
    .execute(params![
        form.id,
        place(number),
        form.site,
        form.environment,
        form.person,
        step.host,
        step.service,
        step.unit,
        step.state,
        json(step)?
    ])?;
    Ok(())
}

/// How a step stands now.
pub(super) fn step(to: &Transaction<'_>, run: &RunId, number: usize, step: &RunStep) -> Result<(), Why> {
    let state: Option<String> =
        to.query_row("SELECT state FROM runs WHERE id = ?", [run.as_str()], |row| row.get(0)).optional()?;
    match state {
        None => return Err(Why::Missing(format!("run {run}"))),
        Some(state) if state != RunState::Running.word() && step.state == StepState::Intent => return Err(Why::Ended),
        Some(_) => {}
    }
    let form = StepForm::from(step);
    let said = json(&form)?;
    let changed = to
        .prepare_cached(
            "UPDATE steps SET host = ?, service = ?, unit = ?, state = ?, step = ? WHERE run = ? AND number = ?",
        )?
        .execute(params![form.host, form.service, form.unit, form.state, said, run.as_str(), place(number)])?;
    if changed == 0 {
        append(to, run, number, &form, &said)?;
    }
    record(to, run, Some(number), step.at.unwrap_or_else(Timestamp::now), &form.state, &said)
}

/// The row of a step that comes next in a procedure's run: a person goes on with parts that were not chosen before.
fn append(to: &Transaction<'_>, run: &RunId, number: usize, form: &StepForm, said: &str) -> Result<(), Why> {
    let added = to
        .prepare_cached(
            "INSERT INTO steps (run, number, site, environment, person, host, service, unit, state, step)
             SELECT id, ?2, site, environment, person, ?3, ?4, ?5, ?6, ?7 FROM runs
             WHERE id = ?1 AND procedure IS NOT NULL AND ?2 = (SELECT count(*) FROM steps WHERE run = ?1)",
        )?
        .execute(params![run.as_str(), place(number), form.host, form.service, form.unit, form.state, said])?;
    if added == 0 {
        return Err(Why::Missing(format!("step {number} of run {run}")));
    }
    Ok(())
}

/// That a run has ended.
pub(super) fn end(to: &Transaction<'_>, run: &RunId, state: RunState, at: Timestamp) -> Result<(), Why> {
    let changed = to.prepare_cached("UPDATE runs SET state = ?, ended = ? WHERE id = ?")?.execute(params![
        state.word(),
        at.to_string(),
        run.as_str()
    ])?;
    if changed == 0 {
        return Err(Why::Missing(format!("run {run}")));
    }
    record(to, run, None, at, state.word(), "{}")
}

/// What became of a notice of a run, which may have ended before.
pub(super) fn notice(to: &Transaction<'_>, run: &RunId, told: &Told) -> Result<(), Why> {
    let state: Option<String> =
        to.query_row("SELECT state FROM runs WHERE id = ?", [run.as_str()], |row| row.get(0)).optional()?;
    let state = state.ok_or_else(|| Why::Missing(format!("run {run}")))?;
    let said = json(&NoteForm { notice: Some(NoticeForm::from(told)), ..NoteForm::default() })?;
    record(to, run, None, told.at, &state, &said)
}

/// Settles every run of a verb whose program is dead; one of a procedure stays as it is, to be taken over. One
/// transaction looks and writes, so nobody else settles it too.
pub(super) fn abandoned(
    to: &Transaction<'_>,
    now: Timestamp,
    is_alive: impl Fn(&str) -> bool,
) -> Result<Vec<Run>, Why> {
    let mut done = Vec::new();
    let dead = |running: &read::Running| !running.is_procedure && !is_alive(&running.session);
    for running in read::running(to)?.into_iter().filter(dead) {
        let Some(run) = read::run(to, &running.id)? else { continue };
        let (run, moved) = settled(run, now);
        for number in moved {
            if let Some(moved) = run.steps.get(number) {
                step(to, &run.id, number, moved)?;
            }
        }
        end(to, &run.id, run.state, now)?;
        done.push(run);
    }
    Ok(done)
}

/// What happened, behind everything before it.
pub(super) fn record(
    to: &Transaction<'_>,
    run: &RunId,
    number: Option<usize>,
    at: Timestamp,
    state: &str,
    said: &str,
) -> Result<(), Why> {
    to.prepare_cached(
        "INSERT INTO records (id, run, number, site, environment, person, workstation, at, state, said)
         SELECT ?, id, ?, site, environment, coalesce(owner, person), coalesce(owner_at, workstation), ?, ?, ?
         FROM runs WHERE id = ?",
    )?
    .execute(params![fresh_run_id(at).as_str(), number.map(place), at.to_string(), state, said, run.as_str()])?;
    Ok(())
}

fn place(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn json(form: &impl serde::Serialize) -> Result<String, Why> {
    serde_json::to_string(form).map_err(|error| Why::Io(error.to_string()))
}
