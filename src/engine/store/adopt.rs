//! Runs of procedures whose program died: they are not settled but taken over, each by exactly one console.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::error::Why;
use super::form::{DecidedForm, DocumentForm, NoteForm, RunForm};
use super::kept::{Adopted, FIRST_TOKEN, Recorded, Taker, Who};
use super::write::{json, put_step, record};
use super::{fresh_run_id, past, read};
use crate::domain::procedure::Given;
use crate::domain::run::{Decided, RunState};
use crate::domain::{Run, RunId};

/// The session of a run that goes on at another workstation.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// The session of a run that was let go of: no program's name, so none of this name lives.
const NOBODY: &str = "nobody";

/// Who is at a run.
struct Held {
    session: String,
    state: String,
    is_procedure: bool,
    token: i64,
    owner: String,
}

fn held(to: &Transaction<'_>, run: &RunId) -> Result<Option<Held>, Why> {
    let mut query = to.prepare_cached(
        "SELECT session, state, document IS NOT NULL, token, coalesce(owner || ' from ' || owner_at,
         person || ' from ' || workstation) FROM runs WHERE id = ?",
    )?;
    let held = query.query_row([run.as_str()], |row| {
        Ok(Held {
            session: row.get(0)?,
            state: row.get(1)?,
            is_procedure: row.get(2)?,
            token: row.get(3)?,
            owner: row.get(4)?,
        })
    });
    Ok(held.optional()?)
}

/// Refuses what a console says of a run that somebody else has taken over.
pub(super) fn fence(to: &Transaction<'_>, run: &RunId, own: &str) -> Result<(), Why> {
    match held(to, run)? {
        Some(held) if held.is_procedure && held.state == RunState::Running.word() && held.session != own => {
            Err(Why::Taken(crate::text::Foreign::from(held.owner).plain()))
        }
        Some(_) | None => Ok(()),
    }
}

/// Takes a run over whose program is dead. One transaction looks and writes: one of several consoles wins.
pub(super) fn adopt(
    to: &Transaction<'_>,
    own: &str,
    run: &RunId,
    who: &Who,
    now: Timestamp,
    is_alive: impl Fn(&str) -> bool,
) -> Result<Adopted, Why> {
    let missing = || Why::Missing(format!("run {run} of a procedure"));
    let held = held(to, run)?.filter(|held| held.is_procedure).ok_or_else(missing)?;
    if held.state != RunState::Running.word() {
        return Err(Why::Ended);
    }
    if held.session == own || held.session == ELSEWHERE {
        return Err(Why::Taken(crate::text::Foreign::from(held.owner).plain()));
    }
    if is_alive(&held.session) {
        return Err(Why::Lives);
    }
    let token = held.token.saturating_add(1);
    owned(to, run, own, who, token)?;
    let said = json(&NoteForm { taken: u64::try_from(token).ok(), ..NoteForm::default() })?;
    record(to, run, None, now, RunState::Running.word(), &said)?;
    let run = read::run(to, run.as_str())?.ok_or_else(missing)?;
    Ok(Adopted { run, token: u64::try_from(token).unwrap_or_default(), takers: Vec::new() })
}

/// Lets go of a run that is this session's: nobody is at it then, and whoever took it over here did not.
pub(super) fn let_go(to: &Transaction<'_>, own: &str, run: &RunId) -> Result<(), Why> {
    let sql = "UPDATE runs SET session = ? WHERE id = ? AND session = ? AND document IS NOT NULL AND state = ?";
    let changed = to.prepare_cached(sql)?.execute(params![NOBODY, run.as_str(), own, RunState::Running.word()])?;
    let Some(held) = held(to, run)?.filter(|_| changed > 0) else { return Ok(()) };
    let said = json(&NoteForm { let_go: u64::try_from(held.token).ok(), ..NoteForm::default() })?;
    record(to, run, None, Timestamp::now(), RunState::Running.word(), &said)
}

fn owned(to: &Transaction<'_>, run: &RunId, session: &str, who: &Who, token: i64) -> Result<(), Why> {
    to.prepare_cached("UPDATE runs SET session = ?, owner = ?, owner_at = ?, token = ? WHERE id = ?")?
        .execute(params![session, who.person, who.workstation, token, run.as_str()])?;
    Ok(())
}

/// Puts a run as the lock host knows it into this store: because it was taken over from there, or because somebody
/// else has taken it over there.
pub(super) fn take_in(
    to: &Transaction<'_>,
    own: &str,
    adopted: &Adopted,
    who: &Who,
    ours: bool,
    now: Timestamp,
    is_alive: impl Fn(&str) -> bool,
) -> Result<(), Why> {
    let (run, session) = (&adopted.run, if ours { own } else { ELSEWHERE });
    let token = i64::try_from(adopted.token).unwrap_or(i64::MAX);
    match held(to, &run.id)? {
        None => super::write::insert(to, session, run)?,
        Some(held) if !held.is_procedure || held.state != RunState::Running.word() => return Err(Why::Ended),
        Some(held) if held.session != own && is_alive(&held.session) => return Err(Why::Lives),
        Some(held) if held.token > token || (ours && held.token == token && held.session != own) => {
            return Err(Why::Taken(crate::text::Foreign::from(held.owner).plain()));
        }
        // What lies there was told from here.
        Some(held) if !ours && held.token == token && held.session != ELSEWHERE => return Ok(()),
        Some(held) if held.token == token && held.session == session && is_known(to, run)? => {
            return takings(to, run, &adopted.takers);
        }
        Some(_) => {
            let form = RunForm::from(run);
            let document = form.document.as_ref().map(json).transpose()?;
            to.execute(
                "UPDATE runs SET state = ?, ended = ?, document = ? WHERE id = ?",
                params![form.state, form.ended, document, form.id],
            )?;
            for (number, step) in form.steps.iter().enumerate() {
                put_step(to, &form, number, step)?;
            }
        }
    }
    owned(to, &run.id, session, who, token)?;
    record(to, &run.id, None, now, run.state.word(), &json(&RunForm::from(run))?)?;
    let mut takers = adopted.takers.clone();
    if !takers.iter().any(|taker| taker.token >= adopted.token) {
        takers.push(Taker { token: adopted.token, who: who.clone(), at: now });
    }
    takings(to, run, &takers)
}

/// Whether a run stands here as it stands there.
fn is_known(from: &Transaction<'_>, run: &Run) -> Result<bool, Why> {
    let known = read::run(from, run.id.as_str())?;
    Ok(known.is_some_and(|known| {
        (known.state, known.ended) == (run.state, run.ended)
            && known.document == run.document
            && known.steps == run.steps
    }))
}

/// Records who took a run over, each once: to look at it, or to be refused it, is no taking.
fn takings(to: &Transaction<'_>, run: &Run, takers: &[Taker]) -> Result<(), Why> {
    let known = read::records(to, &run.id)?;
    for taker in takers.iter().filter(|taker| taker.token > FIRST_TOKEN) {
        if known.iter().any(|record| record.what == Recorded::Taken(taker.token)) {
            continue;
        }
        let said = json(&NoteForm { taken: Some(taker.token), ..NoteForm::default() })?;
        to.prepare_cached(
            "INSERT INTO records (id, run, number, site, environment, person, workstation, at, state, said)
             SELECT ?, id, NULL, site, environment, ?, ?, ?, ?, ? FROM runs WHERE id = ?",
        )?
        .execute(params![
            fresh_run_id(taker.at).as_str(),
            taker.who.person,
            taker.who.workstation,
            taker.at.to_string(),
            run.state.word(),
            said,
            run.id.as_str()
        ])?;
    }
    Ok(())
}

/// Inputs that were told while a run goes on; an input that was told before is told anew.
pub(super) fn give(to: &Transaction<'_>, run: &RunId, given: &[Given], now: Timestamp) -> Result<(), Why> {
    let missing = || Why::Missing(format!("run {run} of a procedure"));
    let mut known: Run = read::run(to, run.as_str())?.ok_or_else(missing)?;
    let document = known.document.as_mut().ok_or_else(missing)?;
    merge(&mut document.given, given);
    let text = json(&DocumentForm::from(&*document))?;
    to.execute("UPDATE runs SET document = ? WHERE id = ?", params![text, run.as_str()])?;
    past::remember(to, &known, given, now)?;
    let said = json(&NoteForm { given: Some(NoteForm::words(given)), ..NoteForm::default() })?;
    record(to, run, None, now, known.state.word(), &said)
}

/// Something was decided of a run as a whole.
pub(super) fn decide(to: &Transaction<'_>, run: &RunId, decided: &Decided, now: Timestamp) -> Result<(), Why> {
    let missing = || Why::Missing(format!("run {run} of a procedure"));
    let mut known: Run = read::run(to, run.as_str())?.ok_or_else(missing)?;
    let document = known.document.as_mut().ok_or_else(missing)?;
    document.decided.merge(decided);
    let text = json(&DocumentForm::from(&*document))?;
    to.execute("UPDATE runs SET document = ? WHERE id = ?", params![text, run.as_str()])?;
    let said = json(&NoteForm { decided: Some(DecidedForm::from(decided)), ..NoteForm::default() })?;
    record(to, run, None, now, known.state.word(), &said)
}

/// Puts newer values in the place of older ones.
pub(in crate::engine) fn merge(known: &mut Vec<Given>, newer: &[Given]) {
    for given in newer {
        match known.iter_mut().find(|known| known.name == given.name) {
            Some(known) => *known = given.clone(),
            None => known.push(given.clone()),
        }
    }
}
