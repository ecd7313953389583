//! What a line says, in lines of the screen: its message, with the lines of its trace that came as entries of their own.

use super::fields;
use super::line::{cut, highlighted, marked, styled};
use super::marks::mark;
use super::readable;
use super::sight::Sight;
use super::state::State;
use crate::domain::Query;
use crate::port::log_block::{Line, Row};
use crate::state::logs::{HostLog, Ref, group};
use crate::style::Role;
use crate::text::{Budget, Row as Text, width, wrap};
use crate::ui::{Words, figure};

/// Lines of a message that are shown below its first one, folded.
const BELOW: usize = 2;
/// Bytes of a message that are looked at for a line that is cut, and for one that is broken.
const LOOKED_AT: usize = 4 << 10;
const LOOKED_AT_WRAPPED: usize = 16 << 10;
/// Lines of the screen that a broken message takes at most.
const WRAPPED: usize = 30;

/// The lines of a message, without what stands before them; at least one.
pub fn bodies(sight: &Sight<'_>, state: &State, row: Ref, host: &HostLog, line: &Line<'_>) -> Vec<Words> {
    // Lines that are only beside what was looked for step back.
    let beside = state.is_beside(row, sight.reading);
    let role = match mark(sight, &host.name, line) {
        _ if beside => Role::Quiet,
        Some((_, role)) => role,
        None if line.priority() > 5 => Role::Quiet,
        None => Role::Text,
    };
    let query = sight.reading.store.query().filter(|_| !beside);
    let looked_at = if state.wrap { LOOKED_AT_WRAPPED } else { LOOKED_AT };
    let budget = Budget { input: looked_at, shown: looked_at, ..Budget::log() }.with_ascii(sight.glyphs.is_ascii());
    let together = together(host, row, line);
    let (rows, beyond) = match together.as_slice() {
        [one] => of_one(state, one, role, budget, query),
        lines => {
            let rows = lines.iter().flat_map(|line| line.clean(budget).rows);
            let words = |(number, row): (usize, Text)| {
                as_words(state, if number > 0 { Role::Quiet } else { role }, &row, query)
            };
            (rows.enumerate().map(words).collect(), 0)
        }
    };
    // What is told below an unfolded line is not told twice.
    let below = state.unfolded.iter().any(|one| one.row == row) && fields::tells_lines(host, row, line);
    let (rows, beyond) = if below { (rows.into_iter().take(1).collect(), 0) } else { (rows, beyond) };
    let mut bodies = if state.wrap { wrapped(sight, rows, beyond) } else { folded(sight, rows, beyond) };
    if line.cut() > 0 {
        let more = format!("{} more on the host", figure::bytes(u64::from(line.cut())));
        bodies.push(marked(sight, true, Words::of(Role::Faint, more)));
    }
    bodies
}

/// The line with those that its program said with it, as entries of their own.
fn together<'a>(host: &'a HostLog, row: Ref, line: &Line<'a>) -> Vec<Line<'a>> {
    let leader = group::leader(host, row.number());
    let members = group::members(host, leader);
    if members.is_empty() {
        return vec![*line];
    }
    let said = std::iter::once(leader).chain(members).filter_map(|number| match host.row(number)? {
        Row::Line(line) => Some(line),
        Row::Loss(_) => None,
    });
    said.collect()
}

/// The rows of one message and how many lines of it were not looked at.
fn of_one(state: &State, line: &Line<'_>, role: Role, budget: Budget, query: Option<&Query>) -> (Vec<Words>, usize) {
    let raw = line.raw();
    let readable = if state.raw { None } else { readable::rows(raw, role, budget, query, state) };
    if let Some(rows) = readable {
        return (rows, 0);
    }
    let clean = line.clean(budget);
    let all = raw.iter().filter(|byte| **byte == b'\n').count() + 1;
    let beyond = all.saturating_sub(clean.rows.len() + usize::from(raw.ends_with(b"\n")));
    let words =
        |(number, row): (usize, &Text)| as_words(state, if number > 0 { Role::Quiet } else { role }, row, query);
    (clean.rows.iter().enumerate().map(words).collect(), beyond)
}

fn as_words(state: &State, role: Role, row: &Text, query: Option<&Query>) -> Words {
    match (state.wrap, state.raw) {
        (true, _) => highlighted(role, &row.text(), query),
        (false, true) => styled(role, row, query),
        (false, false) => readable::paired(role, row, query),
    }
}

/// The first rows, or of a message in which something is found further below that place.
fn folded(sight: &Sight<'_>, rows: Vec<Words>, beyond: usize) -> Vec<Words> {
    let all = rows.len();
    let hit = rows.iter().position(|words| words.has(Role::Match)).filter(|place| *place > BELOW);
    let shown = |place: usize| match hit {
        Some(hit) => place == 0 || (hit..hit + BELOW).contains(&place),
        None => place <= BELOW,
    };
    let mut bodies: Vec<Words> = Vec::new();
    for (number, words) in rows.into_iter().enumerate().filter(|(number, _)| shown(*number)) {
        bodies.push(marked(sight, number > 0, words));
    }
    let hidden = beyond + all - bodies.len();
    said_more(sight, &mut bodies, hidden);
    bodies
}

fn wrapped(sight: &Sight<'_>, rows: Vec<Words>, beyond: usize) -> Vec<Words> {
    let (mut bodies, mut hidden) = (Vec::new(), beyond);
    for (number, words) in rows.into_iter().enumerate() {
        let gutter = number > 0;
        let room = sight.shape.message().saturating_sub(if gutter { 2 } else { 0 });
        for part in broken(words, room, sight) {
            if bodies.len() >= WRAPPED {
                hidden += 1;
                continue;
            }
            bodies.push(marked(sight, gutter, part));
        }
    }
    said_more(sight, &mut bodies, hidden);
    bodies
}

/// Words broken into lines, also within a piece that is longer than a line.
fn broken(words: Words, room: usize, sight: &Sight<'_>) -> Vec<Words> {
    let mut parts = Words::new();
    for (text, role, _) in words.told(sight.clock) {
        // Where a line may end: behind each word.
        for word in text.split_inclusive(' ') {
            for piece in if width(word) > room { wrap(word, room.max(1)) } else { vec![word.to_owned()] } {
                parts = parts.text(role, piece);
            }
        }
    }
    parts.wrapped(room, sight.clock)
}

fn said_more(sight: &Sight<'_>, bodies: &mut Vec<Words>, hidden: usize) {
    if hidden == 0 {
        return;
    }
    let more = format!("   +{}", figure::count(hidden, "line"));
    // The last line gives way for it, so that it is never out of sight.
    if let Some(last) = bodies.pop() {
        let room = sight.shape.message().saturating_sub(width(&more));
        bodies.push(cut(last, room, sight).text(Role::Faint, more));
    }
}
