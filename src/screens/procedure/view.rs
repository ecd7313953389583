//! Draws a procedure: the document at the left, its parts and what they print at the right; one behind the other where
//! there is no room.

use ratatui::layout::Rect;

use super::desk::Desk;
use super::lines::{GUTTER, Line, lines};
use super::meta;
use super::output::Output;
use super::state::{Focus, State};
use super::steps;
use crate::domain::Run;
use crate::domain::run::RunState;
use crate::domain::time::short;
use crate::port::procedure::Need;
use crate::state::procedures::Conduct;
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::paper::Ground;
use crate::ui::words::Piece;
use crate::ui::{Pen, Words, figure, pane, runs};

/// Below this width document and steps have no room beside each other.
const SIDE_BY_SIDE: u16 = 100;
/// The widest lines of prose that are read with ease.
const MEASURE: u16 = 108;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// The document, with its frame.
    pub document: Option<Rect>,
    /// The list of its parts, with its frame.
    pub steps: Option<Rect>,
    /// What a part printed, with its frame.
    pub output: Option<Rect>,
}

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Areas {
    let parts = state.procedure.as_ref().map_or(0, |procedure| procedure.parts.len());
    if state.zoomed {
        return match state.focus {
            Focus::Document => Areas { document: Some(area), ..Areas::default() },
            Focus::Steps => Areas { steps: Some(area), ..Areas::default() },
            Focus::Output => Areas { output: Some(area), ..Areas::default() },
        };
    }
    if parts == 0 {
        return Areas { document: Some(area), ..Areas::default() };
    }
    let split = |area: Rect| {
        // Headings stand among the parts.
        let sections = state.procedure.as_ref().map_or(0, |procedure| procedure.sections.len().min(parts));
        let wanted = u16::try_from(state.rows.max(parts + sections) + 2).unwrap_or(u16::MAX);
        let steps = Rect { height: wanted.clamp(5, (area.height / 2).max(5)).min(area.height), ..area };
        let output = Rect { y: steps.bottom(), height: area.height - steps.height, ..area };
        (Some(steps), Some(output))
    };
    if area.width < SIDE_BY_SIDE {
        if state.focus == Focus::Document {
            return Areas { document: Some(area), ..Areas::default() };
        }
        let (steps, output) = split(area);
        return Areas { document: None, steps, output };
    }
    let left = (area.width * 57 / 100).min(MEASURE + 6);
    let document = Rect { width: left, ..area };
    let (steps, output) = split(Rect { x: document.right(), width: area.width - left, ..area });
    Areas { document: Some(document), steps, output }
}

impl Areas {
    /// Columns and rows of the document inside its frame and margin.
    pub fn page(&self) -> (usize, usize) {
        self.document.map_or((0, 0), |area| {
            (usize::from(area.width.saturating_sub(4).min(MEASURE)), usize::from(area.height.saturating_sub(2)))
        })
    }

    /// Rows of the list of parts.
    pub fn steps_rows(&self) -> usize {
        self.steps.map_or(0, |area| usize::from(area.height.saturating_sub(2)))
    }

    /// Columns and rows of the output.
    pub fn output_size(&self) -> (usize, usize) {
        self.output.map_or((0, 0), |area| {
            (usize::from(area.width.saturating_sub(4)), usize::from(area.height.saturating_sub(2)))
        })
    }
}

/// How many lines the output of the part under the cursor has.
pub fn output_lines(state: &State, desk: &Desk<'_>, columns: usize) -> usize {
    state.cursor.map_or(0, |part| Output::new(desk, part, columns).count())
}

/// Draws the screen.
pub fn view(state: &State, desk: &Desk<'_>, pen: &mut Pen<'_>, area: Rect) {
    let areas = areas(area, state);
    if let Some(area) = areas.document {
        document(state, desk, pen, area, areas.page());
    }
    if let Some(area) = areas.steps {
        list(state, desk, pen, area);
    }
    if let Some(area) = areas.output {
        output(state, desk, pen, area, areas.output_size().0);
    }
}

fn document(state: &State, desk: &Desk<'_>, pen: &mut Pen<'_>, area: Rect, (columns, rows): (usize, usize)) {
    let procedure = desk.sheet.procedure;
    let title = Words::of(Role::Strong, procedure.header.title.plain());
    let title = match desk.sheet.run.filter(|_| desk.past) {
        Some(run) => title.gap(2).text(Role::Info, "as it was").text(Role::Quiet, as_it_was(run, desk)),
        None => title.text(Role::Quiet, format!(" {}", Foreign::from(procedure.file.as_str()).plain())),
    };
    let inside = pane::frame(pen, area, &title, &progress(desk), state.focus == Focus::Document);
    let x = inside.x + 1;
    let width = u16::try_from(columns).unwrap_or(inside.width);
    let count = state.paper.atoms.len();
    let (mut atom, mut skip, mut y) = (state.top.atom, state.top.row, inside.y);
    while atom < count && usize::from(y - inside.y) < rows {
        for line in lines(state, desk, atom, columns).into_iter().skip(skip) {
            if y >= inside.bottom() {
                break;
            }
            row(state, pen, &line, Rect { x, y, width, height: 1 });
            y += 1;
        }
        (atom, skip) = (atom + 1, 0);
    }
    below(state, pen, area, atom);
}

/// Which run is looked at.
fn as_it_was(run: &Run, desk: &Desk<'_>) -> String {
    let person = Foreign::from(run.person.as_str()).plain();
    format!(" in the run of {}, {person}", runs::when(run.begun, desk.clock))
}

/// Says on the lower line of the frame how far down this is, where something lies below.
fn below(state: &State, pen: &mut Pen<'_>, area: Rect, last: usize) {
    let count = state.paper.atoms.len();
    if last >= count || count == 0 {
        return;
    }
    let words = Words::of(Role::Quiet, format!(" {}% ", (last * 100 / count).min(99)));
    pen.words_right(area.x + 2, area.bottom().saturating_sub(1), area.width.saturating_sub(4), &words);
}

fn row(state: &State, pen: &mut Pen<'_>, line: &Line, area: Rect) {
    let gutter = u16::try_from(GUTTER).unwrap_or(2);
    let indent = u16::try_from(line.indent).unwrap_or(0).min(area.width.saturating_sub(gutter));
    let x = area.x + gutter + indent;
    let room = area.right().saturating_sub(x);
    if line.ground == Ground::Code {
        let lead = indent.min(1);
        pen.ground(Rect { x: x - lead, width: room + lead, ..area }, Role::Code);
    }
    let here = line.title.is_some() && line.title == state.cursor;
    let words = if here { strong(&line.words) } else { line.words.clone() };
    pen.words(x, area.y, room, &words);
    if let Some((glyph, role)) = line.mark {
        pen.text(x.saturating_sub(gutter), area.y, 1, role, glyph);
    }
    if here {
        pen.tint(Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area }, Role::Selected);
    }
}

/// The title under the cursor stands out.
fn strong(words: &Words) -> Words {
    words.clone().with_role(Role::Text, Role::Strong)
}

fn progress(desk: &Desk<'_>) -> Words {
    let (done, all) = desk.sheet.progress();
    if all == 0 { Words::of(Role::Quiet, "to read") } else { Words::of(Role::Quiet, format!("{done} of {all}")) }
}

/// How the run stands, and how long it has.
fn standing(desk: &Desk<'_>, pen: &Pen<'_>) -> Words {
    let Some(run) = desk.sheet.run else { return Words::of(Role::Quiet, "not begun") };
    let dot = format!(" {} ", pen.styles.glyphs.dot);
    let needs = desk.conduct.filter(|conduct| !conduct.needs.is_empty());
    match (run.state, run.ended) {
        (RunState::Running, _) if desk.past => Words::of(Role::Warn, "nobody is at it"),
        (RunState::Running, _) => {
            let paused = needs.is_some_and(|conduct| conduct.needs.contains(&Need::Paused));
            let words = match needs {
                Some(_) if paused => Words::of(Role::Info, "paused"),
                Some(_) => Words::of(Role::Warn, "needs you"),
                None if desk.conduct.is_some_and(Conduct::moves) => Words::of(Role::RunGoing, "running"),
                None => Words::of(Role::Text, "begun"),
            };
            let spent = desk.spent();
            let from = spent.map_or(run.begun, |spent| spent.from);
            let words = words.text(Role::Quiet, dot).piece(Role::Quiet, Piece::Since(from));
            match (desk.sheet.procedure.header.budget.filter(|_| spent.is_some()), spent.and_then(|spent| spent.over)) {
                (Some(budget), Some(over)) => {
                    let words = words.text(Role::Warn, format!(" of {}", short(budget)));
                    words.text(Role::Warn, format!(", over by {}", short(over)))
                }
                (Some(budget), None) => words.text(Role::Quiet, format!(" of {}", short(budget))),
                (None, _) => words,
            }
        }
        (state, Some(ended)) => {
            let took = std::time::Duration::try_from(ended.duration_since(run.begun)).unwrap_or_default();
            Words::of(Role::run(state), state.word()).text(Role::Quiet, format!("{dot}{}", short(took)))
        }
        (state, None) => Words::of(Role::run(state), state.word()),
    }
}

fn list(state: &State, desk: &Desk<'_>, pen: &mut Pen<'_>, area: Rect) {
    let (done, all) = desk.sheet.progress();
    let title = Words::of(Role::Strong, "Steps").text(Role::Quiet, format!(" {done} of {all}"));
    let standing = standing(desk, pen);
    let inside = pane::frame(pen, area, &title, &standing, state.focus == Focus::Steps);
    let rows = steps::rows(state, desk);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    for (one, y) in rows.iter().skip(state.steps_top).zip(room.y..room.bottom()) {
        let row = steps::told(state, desk, one);
        let wide = u16::try_from(row.right.width(pen.clock)).unwrap_or(room.width).min(room.width);
        pen.words(room.x, y, room.width.saturating_sub(wide + 1), &row.left);
        pen.words_right(room.x, y, room.width, &row.right);
        if state.cursor.is_some_and(|cursor| *one == steps::Row::Part(cursor)) {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
    pane::more_below(pen, area, rows.len().saturating_sub(state.steps_top + usize::from(room.height)), 0);
}

fn output(state: &State, desk: &Desk<'_>, pen: &mut Pen<'_>, area: Rect, columns: usize) {
    let part = state.cursor.and_then(|place| desk.sheet.procedure.parts.get(place).map(|part| (place, part)));
    let Some((place, part)) = part else {
        let inside =
            pane::frame(pen, area, &Words::of(Role::Strong, "Output"), &Words::new(), state.focus == Focus::Output);
        pen.text(inside.x + 1, inside.y, inside.width.saturating_sub(2), Role::Quiet, "No step is under the cursor.");
        return;
    };
    let words = Output::new(desk, place, columns);
    let (count, height) = (words.count(), usize::from(area.height.saturating_sub(2)));
    let top = state.output.unwrap_or_else(|| count.saturating_sub(height));
    let title = Words::of(Role::Strong, "Output").text(Role::Quiet, format!(" {}", part.title.plain()));
    let standing = desk.sheet.standing(&part.id);
    let remark = match (state.output, meta::word(standing)) {
        (Some(_), _) => Words::of(Role::Warn, "held"),
        (None, "running") => Words::of(Role::RunGoing, "live"),
        (None, "open") => Words::new(),
        (None, word) => Words::of(runs::standing_mark(standing, desk.glyphs).1, word),
    };
    let inside = pane::frame(pen, area, &title, &remark, state.focus == Focus::Output);
    for (place, y) in (top..count).zip(inside.y..inside.bottom()) {
        pen.words(inside.x + 1, y, inside.width.saturating_sub(2), &words.line(place));
    }
    let below = count.saturating_sub(top + height);
    if below > 0 {
        let words = Words::of(Role::Quiet, format!(" {} below ", figure::count(below, "line")));
        pen.words_right(area.x + 2, area.bottom().saturating_sub(1), area.width.saturating_sub(4), &words);
    }
}
