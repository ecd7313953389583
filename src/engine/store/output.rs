//! What steps printed: every byte once, however often and in whatever pieces it is handed over.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::Why;
use super::kept::{Outputs, Try};
use crate::domain::RunId;
use crate::port::procedure::Piece;
use crate::text::Foreign;

/// How much is kept of one try of a step, in bytes; what it prints behind that is counted and left out.
pub const KEPT: u64 = 8 << 20;
/// The largest row.
const ROW: usize = 256 << 10;

/// Keeps pieces of output. What is there already is not written again.
pub(super) fn keep(to: &Transaction<'_>, run: &RunId, pieces: &[Piece]) -> Result<(), Why> {
    let is_there = to.prepare_cached("SELECT 1 FROM runs WHERE id = ?")?.exists([run.as_str()])?;
    if !is_there {
        return Err(Why::Missing(format!("run {run}")));
    }
    joined(pieces).iter().try_for_each(|piece| one(to, run, piece))
}

/// Pieces that follow each other as one, so that many small ones make few rows.
fn joined(pieces: &[Piece]) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.bytes.is_empty()) {
        match joined.last_mut() {
            Some(last) if follows(last, piece) => {
                last.bytes = [last.bytes.raw(), piece.bytes.raw()].concat().into();
            }
            Some(_) | None => joined.push(piece.clone()),
        }
    }
    joined
}

fn follows(last: &Piece, next: &Piece) -> bool {
    (last.step, last.attempt, last.error) == (next.step, next.attempt, next.error)
        && last.offset.checked_add(length(last)) == Some(next.offset)
        && last.bytes.raw().len() + next.bytes.raw().len() <= ROW
}

fn length(piece: &Piece) -> u64 {
    piece.bytes.raw().len() as u64
}

fn one(to: &Transaction<'_>, run: &RunId, piece: &Piece) -> Result<(), Why> {
    let (step, from) = (number(piece.step), place(piece.offset)?);
    let end = place(piece.offset.saturating_add(length(piece)))?;
    let kept_of_try: i64 = to
        .prepare_cached("SELECT coalesce(sum(kept), 0) FROM printed WHERE run = ? AND number = ? AND attempt = ?")?
        .query_row(params![run.as_str(), step, piece.attempt], |row| row.get(0))?;
    let mut room = (KEPT as i64).saturating_sub(kept_of_try).max(0);
    let mut added = 0;
    for (begin, until) in missing(to, run, piece, from, end)? {
        let until = until.min(begin.saturating_add(room));
        if until <= begin {
            break;
        }
        let part = |at: i64| usize::try_from(at - from).unwrap_or(usize::MAX);
        let bytes = piece.bytes.raw().get(part(begin)..part(until)).unwrap_or_default();
        to.prepare_cached(
            "INSERT INTO outputs (run, number, attempt, error, at, site, environment, person, bytes)
             SELECT id, ?, ?, ?, ?, site, environment, coalesce(owner, person), ? FROM runs WHERE id = ?",
        )?
        .execute(params![step, piece.attempt, piece.error, begin, bytes, run.as_str()])?;
        (room, added) = (room - (until - begin), added + (until - begin));
    }
    to.prepare_cached(
        "INSERT INTO printed (run, number, attempt, error, kept, reached) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (run, number, attempt, error)
         DO UPDATE SET kept = kept + excluded.kept, reached = max(reached, excluded.reached)",
    )?
    .execute(params![run.as_str(), step, piece.attempt, piece.error, added, end])?;
    Ok(())
}

/// What of `from..end` is not there yet.
fn missing(to: &Transaction<'_>, run: &RunId, piece: &Piece, from: i64, end: i64) -> Result<Vec<(i64, i64)>, Why> {
    let key = params![run.as_str(), number(piece.step), piece.attempt, piece.error, from, end];
    let before: Option<i64> = to
        .prepare_cached(
            "SELECT at FROM outputs WHERE run = ?1 AND number = ?2 AND attempt = ?3 AND error = ?4 AND at <= ?5
             AND ?6 >= 0 ORDER BY at DESC LIMIT 1",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let mut query = to.prepare_cached(
        "SELECT at, length(bytes) FROM outputs WHERE run = ?1 AND number = ?2 AND attempt = ?3 AND error = ?4
         AND at >= ?5 AND at < ?6 ORDER BY at",
    )?;
    let first = before.unwrap_or(from);
    let rows = query
        .query_map(params![run.as_str(), number(piece.step), piece.attempt, piece.error, first, end], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
    let (mut gaps, mut at) = (Vec::new(), from);
    for row in rows {
        let (begin, length) = row?;
        if begin > at {
            gaps.push((at, begin));
        }
        at = at.max(begin.saturating_add(length));
    }
    if at < end {
        gaps.push((at, end));
    }
    Ok(gaps)
}

/// What is kept of a run's output: of each stream of each try the last `most` bytes.
pub(super) fn read(from: &Connection, run: &RunId, most: usize) -> Result<Outputs, Why> {
    let mut query = from.prepare_cached(
        "SELECT number, attempt, error, kept, reached FROM printed WHERE run = ? ORDER BY number, attempt, error",
    )?;
    let rows = query.query_map([run.as_str()], |row| {
        let (kept, reached): (i64, i64) = (row.get(3)?, row.get(4)?);
        let natural = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Try {
            step: usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX),
            attempt: row.get(1)?,
            error: row.get(2)?,
            reached: natural(reached),
            cut: natural(reached.saturating_sub(kept)),
        })
    })?;
    let tries: Vec<Try> = rows.collect::<rusqlite::Result<_>>()?;
    let mut pieces = Vec::new();
    for one in &tries {
        pieces.extend(tail(from, run, one, most)?);
    }
    Ok(Outputs { pieces, tries })
}

fn tail(from: &Connection, run: &RunId, one: &Try, most: usize) -> Result<Vec<Piece>, Why> {
    let mut query = from.prepare_cached(
        "SELECT at, bytes FROM outputs WHERE run = ? AND number = ? AND attempt = ? AND error = ? ORDER BY at DESC",
    )?;
    let mut rows = query.query(params![run.as_str(), number(one.step), one.attempt, one.error])?;
    let (mut pieces, mut left) = (Vec::new(), most);
    while left > 0
        && let Some(row) = rows.next()?
    {
        let (at, mut bytes): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let skipped = bytes.len().saturating_sub(left);
        let bytes = bytes.split_off(skipped);
        left -= bytes.len();
        pieces.push(Piece {
            step: one.step,
            attempt: one.attempt,
            error: one.error,
            offset: u64::try_from(at).unwrap_or_default().saturating_add(skipped as u64),
            bytes: Foreign::from(bytes),
        });
    }
    pieces.reverse();
    Ok(pieces)
}

fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn place(offset: u64) -> Result<i64, Why> {
    i64::try_from(offset).map_err(|_| Why::Missing(format!("place {offset} in any output")))
}
