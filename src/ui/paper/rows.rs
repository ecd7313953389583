//! The rows of one piece of a document, for a pane of a given width.

use super::inline::{line as one_line, words};
use super::{Atom, Paper};
use crate::domain::procedure::{Block, Inline, Marker, Placed};
use crate::style::{Glyphs, Role};
use crate::text::{Foreign, width};
use crate::ui::highlight::{Highlighter, Span};
use crate::ui::{Clock, Words};

/// Columns by which a list stands in its list.
const STEP: usize = 2;
/// The deepest list that is still moved to the right.
const DEEPEST: usize = 6;
/// Columns between two columns of a table.
const GAP: usize = 2;

/// On what a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The page.
    Page,
    /// Code.
    Code,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Columns before its words.
    pub indent: usize,
    /// Its words.
    pub words: Words,
    /// On what it stands.
    pub ground: Ground,
    /// Whether it is the first row of its piece with words: where a mark of the piece stands.
    pub first: bool,
}

impl Row {
    fn page(indent: usize, words: Words) -> Self {
        Self { indent, words, ground: Ground::Page, first: false }
    }

    fn empty() -> Self {
        Self::page(0, Words::new())
    }
}

/// The rows of a piece, the empty ones above it included. `marked` says that the caller puts a mark of its own before
/// it, in the place of the bullet.
pub fn rows(
    paper: &Paper,
    blocks: &[Placed],
    atom: &Atom,
    columns: usize,
    marked: bool,
    painted: &Highlighter,
    (clock, glyphs): (Clock, &Glyphs),
) -> Vec<Row> {
    let Some(placed) = blocks.get(atom.block) else { return Vec::new() };
    let above = if atom.line == 0 { space(atom.block.checked_sub(1).and_then(|at| blocks.get(at)), placed) } else { 0 };
    let quotes = usize::from(placed.quoted.min(4));
    let lists = usize::from(placed.depth).min(DEEPEST);
    let bar = quotes * (width(glyphs.quote) + 1);
    let indent = match &placed.block {
        Block::Item(..) => lists.saturating_sub(1) * STEP,
        Block::Heading(..)
        | Block::Paragraph(_)
        | Block::Code(..)
        | Block::Table(..)
        | Block::Rule
        | Block::Html(_) => lists * STEP,
    };
    let room = columns.saturating_sub(indent + bar).max(8);
    let mut rows = match &placed.block {
        Block::Heading(level, inlines, _) => {
            let base = if *level <= 1 { Role::Strong } else { Role::Heading };
            flow(&|columns| vec![one_line(inlines, base, columns)], Words::new(), room, clock)
        }
        Block::Paragraph(inlines) => flow(&|columns| words(inlines, base(placed), columns), Words::new(), room, clock),
        Block::Item(marker, inlines) => {
            let words = |columns| vec![one_line(inlines, base(placed), columns)];
            flow(&words, mark(*marker, marked, glyphs), room, clock)
        }
        Block::Code(_, text) => {
            let line = Foreign::from(text.raw().get(atom.bytes.clone()).unwrap_or_default()).plain();
            code_rows(&line, painted.spans(atom.block, atom.line), room)
        }
        Block::Html(text) => {
            let line = Foreign::from(text.raw().get(atom.bytes.clone()).unwrap_or_default()).plain();
            let broken = crate::text::wrap(&line, room);
            broken.into_iter().map(|line| Row::page(0, Words::of(Role::Faint, line))).collect()
        }
        Block::Table(head, body) => table(head, body, paper.widths(atom.block), atom.line, room, clock, glyphs),
        Block::Rule => vec![Row::page(0, Words::of(Role::Line, glyphs.frame[4].repeat(room)))],
    };
    if let Some(first) = rows.first_mut() {
        first.first = atom.line == 0;
    }
    for row in &mut rows {
        row.indent += indent;
        if quotes > 0 {
            let bars = format!("{} ", glyphs.quote).repeat(quotes);
            row.words = Words::of(Role::Line, bars).then(std::mem::take(&mut row.words));
        }
    }
    rows.splice(0..0, std::iter::repeat_n(Row::empty(), above));
    rows
}

fn base(placed: &Placed) -> Role {
    if placed.quoted > 0 { Role::Quiet } else { Role::Text }
}

/// Empty rows above a block.
fn space(before: Option<&Placed>, placed: &Placed) -> usize {
    let Some(before) = before else { return 0 };
    match (&before.block, &placed.block) {
        (Block::Heading(level, ..), Block::Heading(..)) => usize::from(*level <= 1),
        (_, Block::Heading(..)) => 1,
        (Block::Heading(level, ..), _) => usize::from(*level <= 1),
        (Block::Code(..) | Block::Table(..), Block::Item(..)) => 1,
        (_, Block::Item(..)) => usize::from(before.depth == 0 && !matches!(before.block, Block::Item(..))),
        (Block::Item(..) | Block::Paragraph(_), Block::Code(..)) if placed.depth > 0 => 0,
        (Block::Paragraph(_), Block::Code(..)) => 0,
        (_, Block::Paragraph(_) | Block::Code(..) | Block::Table(..) | Block::Rule | Block::Html(_)) => 1,
    }
}

/// What stands before an item, and the same columns before its further lines.
fn mark(marker: Marker, marked: bool, glyphs: &Glyphs) -> Words {
    match marker {
        Marker::Number(number) => Words::of(Role::Quiet, format!("{number}. ")),
        Marker::Bullet | Marker::Task(_) if marked => Words::new(),
        Marker::Bullet => Words::of(Role::Quiet, format!("{} ", glyphs.dot)),
        Marker::Task(true) => Words::of(Role::Quiet, format!("{} ", glyphs.yes)),
        Marker::Task(false) => Words::of(Role::Quiet, format!("{} ", glyphs.states[1])),
    }
}

fn flow(words: &dyn Fn(usize) -> Vec<Words>, mark: Words, room: usize, clock: Clock) -> Vec<Row> {
    let lead = mark.width(clock);
    let room = room.saturating_sub(lead).max(4);
    let lines = words(room).into_iter().flat_map(|line| line.wrapped(room, clock));
    let mut mark = Some(mark);
    lines
        .map(|line| match mark.take() {
            Some(mark) => Row::page(0, mark.then(line)),
            None => Row::page(lead, line),
        })
        .collect()
}

/// A line of code, broken where it is too long. What is broken off stands two columns further right.
pub fn code_rows(line: &str, spans: &[Span], room: usize) -> Vec<Row> {
    let inner = room.saturating_sub(2).max(4);
    let mut rows = Vec::new();
    let mut from = 0;
    for (number, part) in crate::text::wrap(line, inner.saturating_sub(2).max(2)).into_iter().enumerate() {
        // Spaces at a break were dropped: the piece is found again behind them.
        let at = line.get(from..).and_then(|rest| rest.find(part.as_str())).map_or(from, |found| from + found);
        let end = (at + part.len()).min(line.len());
        let words = painted(line, at..end, spans);
        from = end;
        // The ground of code has a straight edge: what is moved are the words on it.
        let words = Words::new().gap(if number == 0 { 0 } else { 2 }).then(words);
        rows.push(Row { indent: 1, words, ground: Ground::Code, first: false });
    }
    rows
}

fn painted(line: &str, range: std::ops::Range<usize>, spans: &[Span]) -> Words {
    let mut words = Words::new();
    let mut at = range.start;
    for (span, role) in spans {
        let (from, to) = (span.start.max(at), span.end.min(range.end));
        if from >= to {
            continue;
        }
        words = words.text(Role::Code, line.get(at..from).unwrap_or_default());
        words = words.text(*role, line.get(from..to).unwrap_or_default());
        at = to;
    }
    words.text(Role::Code, line.get(at..range.end).unwrap_or_default())
}

/// Widths that fit into the room: the widest give way first.
fn fitted(wanted: &[usize], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = wanted.iter().map(|wide| (*wide).max(1)).collect();
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        if *widest <= 4 {
            break;
        }
        let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
        let Some(widest) = widths.iter_mut().max() else { break };
        *widest -= over.min((*widest / 4).max(1));
    }
    widths
}

fn table(
    head: &[Vec<Inline>],
    body: &[Vec<Vec<Inline>>],
    wanted: &[usize],
    line: usize,
    room: usize,
    clock: Clock,
    glyphs: &Glyphs,
) -> Vec<Row> {
    let widths = fitted(wanted, room);
    if line == 1 {
        let rules: Vec<String> = widths.iter().map(|wide| glyphs.frame[4].repeat(*wide)).collect();
        return vec![Row::page(0, Words::of(Role::Line, rules.join(&" ".repeat(GAP))))];
    }
    let (cells, role) = match line.checked_sub(2) {
        None => (Some(head), Role::Strong),
        Some(row) => (body.get(row).map(Vec::as_slice), Role::Text),
    };
    let broken: Vec<Vec<Words>> = cells
        .unwrap_or_default()
        .iter()
        .zip(&widths)
        .map(|(cell, wide)| one_line(cell, role, *wide).wrapped(*wide, clock))
        .collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(0).max(1);
    (0..height)
        .map(|row| {
            let mut words = Words::new();
            let mut missing = 0;
            for (cell, wide) in broken.iter().zip(&widths) {
                words = words.gap(missing);
                let part = cell.get(row).cloned().unwrap_or_default();
                missing = wide.saturating_sub(part.width(clock)) + GAP;
                words = words.then(part);
            }
            Row::page(0, words)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Now;
    use crate::style::GlyphSet;

    fn inline(text: &str) -> Vec<Inline> {
        vec![Inline { text: Foreign::from(text), ..Inline::default() }]
    }

    fn drawn(blocks: &[Block], columns: usize) -> Vec<String> {
        let blocks: Vec<Placed> = blocks
            .iter()
            .map(|block| Placed { line: 1, depth: 0, quoted: 0, part: None, block: block.clone() })
            .collect();
        let paper = Paper::new(&blocks);
        let clock = Clock { now: Now::START, running: true };
        let look = (clock, GlyphSet::Unicode.glyphs());
        let all = paper
            .atoms
            .iter()
            .flat_map(|atom| rows(&paper, &blocks, atom, columns, false, &Highlighter::default(), look));
        all.map(|row| format!("{}{}", " ".repeat(row.indent), row.words.plain(clock)).trim_end().to_owned()).collect()
    }

    #[test]
    fn tables_fit_their_pane_and_cells_break() {
        let table = Block::Table(
            vec![inline("Check"), inline("What it means")],
            vec![vec![inline("ready"), inline("the service answers within its time")]],
        );
        assert_eq!(
            drawn(std::slice::from_ref(&table), 60),
            [
                "Check  What it means",
                "─────  ───────────────────────────────────",
                "ready  the service answers within its time"
            ]
        );
        assert!(drawn(&[table], 24).iter().all(|row| width(row) <= 24));
    }

    #[test]
    fn long_lines_of_code_break_and_lose_nothing() {
        let code =
            Block::Code("sh".into(), Foreign::from("curl --silent --fail https://example.org/a/long/path\nls\n"));
        let rows = drawn(&[code], 24);
        assert!(rows.iter().all(|row| width(row) <= 24), "{rows:?}");
        let joined: String = rows.iter().flat_map(|row| row.chars().filter(|c| *c != ' ')).collect();
        assert_eq!(joined, "curl--silent--failhttps://example.org/a/long/pathls");
    }
}
