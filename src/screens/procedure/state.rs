//! What a person has done in a document: the part they stand on, what is in sight, what is unfolded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::desk::Desk;
use super::lines::lines;
use super::outline::Outline;
use crate::domain::procedure::{Block, Danger};
use crate::domain::{HostName, PartId, Procedure, RunId};
use crate::state::procedures::seen_grade;
use crate::ui::highlight::Highlighter;
use crate::ui::list::Step;
use crate::ui::paper::{Paper, Place};

/// Rows that a document is moved by when the next part is far away or there is none.
const AHEAD: usize = 2;

/// What has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The document.
    #[default]
    Document,
    /// The list of its parts.
    Steps,
    /// What a part has printed.
    Output,
}

/// How dangerous the parts of a document are, in their order; nothing where that is known only when it is planned.
pub type Grades = Arc<[Option<Danger>]>;

/// The state of the screen.
#[derive(Debug, Default)]
pub struct State {
    /// The document that is open.
    pub procedure: Option<Arc<Procedure>>,
    /// The run that is shown beside it; `None` shows the one that goes on here, if there is one.
    pub run: Option<RunId>,
    /// The run that went on while the document was open: it stays beside it when it has ended.
    pub followed: Option<RunId>,
    /// The document, cut into pieces.
    pub paper: Paper,
    /// Where its parts stand.
    pub outline: Outline,
    /// Its code, coloured as far as it was looked at.
    pub painted: Highlighter,
    /// How dangerous its parts are, as far as their commands show.
    pub grades: Grades,
    /// Whether code in sight is not coloured yet.
    pub unpainted: bool,
    /// The part under the cursor.
    pub cursor: Option<usize>,
    /// The first row in sight.
    pub top: Place,
    /// What has the keyboard.
    pub focus: Focus,
    /// Whether that has the whole screen.
    pub zoomed: bool,
    /// The parts whose output is unfolded.
    pub unfolded: BTreeSet<PartId>,
    /// Where parts are done that name no place.
    pub hosts: Vec<HostName>,
    /// Where a person has just said that they are; it counts from when something begins there.
    pub meant: Option<Vec<HostName>>,
    /// What was told for this document, by the key of what was asked.
    pub told: BTreeMap<String, String>,
    /// Keys of variables that are left to the host.
    pub left: BTreeSet<String>,
    /// What a person has decided of a run that is about to begin: a tick, with its note; without one it is asked for
    /// when the run waits for it.
    pub answer: Option<(PartId, Option<String>)>,
    /// First line of the output in sight; `None` stays at the end.
    pub output: Option<usize>,
    /// Whether the cursor goes along with the run.
    pub along: bool,
    /// Rows of the list of parts, headings and what calls consist of among them.
    pub rows: usize,
    /// First row of the list of parts in sight.
    pub steps_top: usize,
    /// The cursor moved: it must be brought into sight.
    reveal: bool,
    /// It was laid out once.
    laid: bool,
    size: (usize, usize),
    output_size: (usize, usize),
}

impl State {
    /// Opens a document, with the host of the row from which a person came.
    pub fn open(&mut self, procedure: Arc<Procedure>, host: Option<HostName>) {
        *self = Self {
            paper: Paper::new(&procedure.blocks),
            outline: Outline::new(&procedure),
            grades: procedure.parts.iter().map(seen_grade).collect(),
            procedure: Some(procedure),
            hosts: host.into_iter().collect(),
            ..Self::default()
        };
    }

    /// Puts the cursor on a part.
    pub fn stand_on(&mut self, part: Option<usize>) {
        if self.cursor != part {
            (self.cursor, self.output) = (part, None);
        }
        self.reveal = true;
    }

    /// Moves what has the keyboard.
    pub fn go(&mut self, to: Step, desk: &Desk<'_>) {
        match self.focus {
            Focus::Document => self.go_in_document(to, desk),
            Focus::Steps => {
                let last = desk.sheet.procedure.parts.len().saturating_sub(1);
                let at = self.cursor.unwrap_or(0);
                let next = match (to.rows(self.size.1), to) {
                    (Some(rows), _) => at.saturating_add_signed(rows).min(last),
                    (None, Step::Last) => last,
                    (None, _) => 0,
                };
                self.along = false;
                self.stand_on((!desk.sheet.procedure.parts.is_empty()).then_some(next));
            }
            Focus::Output => {
                let (lines, height) = self.output_size;
                let most = lines.saturating_sub(height);
                let top = to.scrolled(self.output.unwrap_or(most), height);
                self.output = (top < most).then_some(top);
            }
        }
    }

    fn go_in_document(&mut self, to: Step, desk: &Desk<'_>) {
        self.along = false;
        let (columns, rows) = self.size;
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        let count = self.paper.atoms.len();
        let moved = match to {
            Step::By(1) => return self.step_to_part(true, desk),
            Step::By(-1) => return self.step_to_part(false, desk),
            Step::First => Place::default(),
            Step::Last => Place::last_page(rows, count, height),
            Step::By(_) | Step::HalfPage(_) | Step::Page(_) => self.scrolled(to.rows(rows).unwrap_or(0), desk),
        };
        self.top = moved;
        self.catch_up(to, desk);
    }

    fn scrolled(&self, by: isize, desk: &Desk<'_>) -> Place {
        let (columns, rows) = self.size;
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        let count = self.paper.atoms.len();
        if by < 0 {
            return self.top.up(by.unsigned_abs(), height);
        }
        self.top.down(by.unsigned_abs(), count, height).min(Place::last_page(rows, count, height))
    }

    /// The row with the mark of a part.
    fn title(&self, part: usize, desk: &Desk<'_>) -> Option<Place> {
        let atom = self.paper.first(self.outline.mark(part)?)?;
        let row = lines(self, desk, atom, self.size.0).iter().position(|line| line.title == Some(part));
        Some(Place { atom, row: row.unwrap_or(0) })
    }

    /// The last row of a part.
    fn end(&self, part: usize, desk: &Desk<'_>) -> Option<Place> {
        let atom = self.paper.last(self.outline.end(part)?)?;
        Some(Place { atom, row: lines(self, desk, atom, self.size.0).len().saturating_sub(1) })
    }

    /// Whether the title of a part is in sight.
    pub fn sees(&self, part: usize, desk: &Desk<'_>) -> bool {
        let (columns, rows) = self.size;
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        self.title(part, desk).is_some_and(|title| self.top.rows_to(title, rows, height).is_some())
    }

    /// To the next part or the one before; a long way there is gone in pages, so that nothing is passed unread.
    fn step_to_part(&mut self, down: bool, desk: &Desk<'_>) {
        let parts = desk.sheet.procedure.parts.len();
        let (columns, rows) = self.size;
        let next = match self.cursor {
            Some(at) if down => Some(at + 1).filter(|next| *next < parts),
            Some(at) => at.checked_sub(1),
            None => {
                let height = |atom: usize| lines(self, desk, atom, columns).len();
                let titles = (0..parts).filter_map(|part| Some((part, self.title(part, desk)?)));
                let bottom = self.top.down(rows.saturating_sub(1), self.paper.atoms.len(), height);
                let (below, above): (Vec<_>, Vec<_>) = titles.partition(|(_, title)| *title >= self.top);
                let in_sight = below.iter().find(|(_, title)| *title <= bottom).map(|(part, _)| *part);
                if down {
                    in_sight.or_else(|| below.first().map(|(part, _)| *part))
                } else {
                    in_sight.or_else(|| above.last().map(|(part, _)| *part))
                }
            }
        };
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        let near = next.and_then(|next| self.title(next, desk)).is_some_and(|title| {
            if down {
                self.top.rows_to(title, rows * 2 - rows / 4, height).is_some() || title < self.top
            } else {
                title >= self.top || title.rows_to(self.top, rows, height).is_some()
            }
        });
        if near {
            return self.stand_on(next);
        }
        let page = isize::try_from(rows.saturating_sub(AHEAD).max(1)).unwrap_or(1);
        let step = if next.is_some() { page } else { page / 2 };
        self.top = self.scrolled(if down { step } else { -step }, desk);
        self.catch_up(Step::Page(1), desk);
    }

    /// After the text was moved: the cursor stands on a part that is in sight, or on none.
    fn catch_up(&mut self, to: Step, desk: &Desk<'_>) {
        let parts = desk.sheet.procedure.parts.len();
        self.reveal = false;
        if self.cursor.is_some_and(|part| self.sees(part, desk)) && !matches!(to, Step::First | Step::Last) {
            return;
        }
        let mut seen = (0..parts).filter(|part| self.sees(*part, desk));
        let next = if to == Step::Last { seen.next_back() } else { seen.next() };
        if self.cursor != next {
            (self.cursor, self.output) = (next, None);
        }
    }

    /// The part at a row of the pane.
    pub fn point(&mut self, row: usize, desk: &Desk<'_>) {
        let columns = self.size.0;
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        let place = self.top.down(row, self.paper.atoms.len(), height);
        let part = lines(self, desk, place.atom, columns).get(place.row).and_then(|line| line.part);
        let owner = self.paper.atoms.get(place.atom).and_then(|atom| self.outline.owner(atom.block));
        self.focus = Focus::Document;
        if let Some(part) = part.or(owner) {
            self.along = false;
            self.stand_on(Some(part));
        }
    }

    /// Gives the keyboard to the next pane.
    pub fn next_pane(&mut self) {
        self.focus = match self.focus {
            Focus::Document => Focus::Steps,
            Focus::Steps => Focus::Output,
            Focus::Output => Focus::Document,
        };
    }

    /// Unfolds what the part under the cursor has printed, or folds it.
    pub fn toggle_output(&mut self, desk: &Desk<'_>) {
        let Some(part) = self.cursor.and_then(|part| desk.sheet.procedure.parts.get(part)) else { return };
        if !self.unfolded.remove(&part.id) {
            self.unfolded.insert(part.id.clone());
        }
        self.reveal = true;
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.zoomed || self.focus != Focus::Document {
            (self.zoomed, self.focus) = (false, Focus::Document);
            return true;
        }
        false
    }

    /// After every event: what is in sight is there, and so is the part under the cursor if it moved.
    pub fn settle(&mut self, desk: &Desk<'_>, size: (usize, usize), output: (usize, usize), steps: (usize, usize)) {
        let opened = !self.laid && size.1 > 0;
        let resized = self.size != size && !opened;
        self.laid |= opened;
        (self.size, self.output_size) = (size, output);
        if let Some(conduct) = desk.conduct.filter(|conduct| conduct.goes_on() && !desk.past) {
            self.followed = Some(conduct.run.id.clone());
        }
        // Whoever opens a document begins to read at its top: what is not in sight is not meant.
        if opened && !self.reveal && !self.along && self.cursor.is_some_and(|part| !self.sees(part, desk)) {
            self.cursor = None;
        }
        if self.along
            && let Some(current) = desk.sheet.current().filter(|current| Some(*current) != self.cursor)
        {
            self.stand_on(Some(current));
        }
        let (columns, rows) = size;
        if rows > 0 && (self.reveal || (resized && self.cursor.is_some())) {
            self.bring_into_sight(desk);
        }
        self.reveal = false;
        let count = self.paper.atoms.len();
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        if rows > 0 {
            let top = self.top.min(Place::last_page(rows, count, height));
            let top = Place { row: top.row.min(height(top.atom).saturating_sub(1)), ..top };
            self.top = top;
        }
        if let Some(top) = self.output {
            self.output = (top < output.0.saturating_sub(output.1)).then_some(top);
        }
        let mut window = crate::ui::Window { top: self.steps_top, height: steps.1 };
        window.keep(super::steps::place(self, desk), steps.0, steps.1);
        self.steps_top = window.top;
        self.paint(desk);
    }

    fn bring_into_sight(&mut self, desk: &Desk<'_>) {
        let (columns, rows) = self.size;
        let Some((title, end)) = self.cursor.and_then(|part| Some((self.title(part, desk)?, self.end(part, desk)?)))
        else {
            return;
        };
        let height = |atom: usize| lines(self, desk, atom, columns).len();
        let count = self.paper.atoms.len();
        let mut top = self.top;
        // A row of what stands around it is seen as well.
        let first = title.up(AHEAD, height);
        let last = end.down(AHEAD, count, height);
        if top.rows_to(last, rows, height).is_none() && last > top {
            top = last.up(rows.saturating_sub(1), height);
        }
        if first < top {
            top = first;
        }
        self.top = top;
    }

    /// Colours some more of the code in sight.
    fn paint(&mut self, desk: &Desk<'_>) {
        let (columns, rows) = self.size;
        let (mut atom, mut seen) = (self.top.atom, 0);
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        while seen < rows + self.top.row && atom < self.paper.atoms.len() {
            let Some(piece) = self.paper.atoms.get(atom) else { break };
            if matches!(desk.sheet.procedure.blocks.get(piece.block).map(|placed| &placed.block), Some(Block::Code(..)))
            {
                match wanted.last_mut().filter(|(block, _)| *block == piece.block) {
                    Some((_, until)) => *until = piece.line + 1,
                    None => wanted.push((piece.block, piece.line + 1)),
                }
            }
            seen += lines(self, desk, atom, columns).len().max(1);
            atom += 1;
        }
        self.unpainted = false;
        for (block, until) in wanted {
            let Some(Block::Code(language, text)) = desk.sheet.procedure.blocks.get(block).map(|placed| &placed.block)
            else {
                continue;
            };
            let from = self.painted.read_so_far(block);
            if from >= until {
                continue;
            }
            let first = self.paper.first(block).unwrap_or(0);
            let lines: Vec<String> = (from..until)
                .filter_map(|line| self.paper.atoms.get(first + line))
                .map(|piece| {
                    crate::text::Foreign::from(text.raw().get(piece.bytes.clone()).unwrap_or_default()).plain()
                })
                .take(crate::ui::highlight::AT_ONCE)
                .collect();
            if self.painted.read(block, language, &lines, until) {
                self.unpainted = true;
                return;
            }
        }
    }
}
