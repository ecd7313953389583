//! What a person has done on the logs: where they are in them, what passes, how lines are told.

use std::collections::BTreeMap;

use super::histogram::Span;
use super::patterns::Pane;
use super::sight::Sight;
use super::unfolded::Unfolded;
use crate::domain::query::Mistake;
use crate::domain::{Moment, Query};
use crate::port::keepsake::Bookmark;
use crate::port::log::TailState;
use crate::state::logs::{Filter, Order, Reading, Ref};
use crate::ui::Field;
use crate::ui::list::Step;

/// The least important priorities through which the level goes round.
const LEVELS: [u8; 3] = [7, 4, 3];

/// How many lines around those that pass a query are shown, one after the other.
const AROUND: [usize; 3] = [1, 3, 10];

/// What is shown while something is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shows {
    /// The lines that pass.
    #[default]
    Found,
    /// So many lines before and behind each of them as well.
    Around(usize),
    /// All lines.
    All,
}

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// At the end, which moves on.
    #[default]
    Following,
    /// On a line, that stays where it is on the screen.
    Held {
        /// The line under the cursor.
        cursor: Ref,
        /// Its place on screen; above the top when it is higher than the screen.
        y: isize,
        /// The last line that there was or that was in sight; what is behind it is new.
        end: Ref,
    },
}

/// How the time of a line is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// Coordinated Universal Time, corrected for the host's clock.
    #[default]
    Utc,
    /// The person's own time zone, likewise.
    Local,
    /// How long ago, likewise.
    Age,
    /// What the host's clock said, in Coordinated Universal Time.
    HostClock,
}

/// The state of the screen of logs.
#[derive(Debug, Default)]
pub struct State {
    /// What is looked for, as typed.
    pub filter: Field,
    /// Whether that takes the keys.
    pub typing: bool,
    /// Where the person is.
    pub place: Place,
    /// What is shown while something is looked for.
    pub shows: Shows,
    /// What is looked for: what was typed, as far as it could be read last.
    pub query: Option<Query>,
    /// Why what was typed can't be read.
    pub mistake: Option<Mistake>,
    /// The filter without what is looked for.
    pub base: Filter,
    /// Whether long lines are broken instead of cut.
    pub wrap: bool,
    /// How time is told.
    pub time: TimeFormat,
    /// Whether messages are shown as they were written.
    pub raw: bool,
    /// Lines with all their fields.
    pub unfolded: Vec<Unfolded>,
    /// Which field of the line under the cursor has the keys.
    pub field: Option<usize>,
    /// Fields of messages that stand in columns of their own, by the names that queries take.
    pub columns: Vec<String>,
    /// How wide what stands in them was at most.
    pub(super) widths: BTreeMap<String, u16>,
    /// Which of the line's own columns are left out.
    pub without: Vec<String>,
    /// Whether the histogram is shown, when a person has said so.
    pub histogram: Option<bool>,
    /// The span of it that is being chosen.
    pub span: Option<Span>,
    /// What is new since a moment, when that is shown.
    pub patterns: Option<Pane>,
    /// Whether each line of a run is shown.
    pub flat: bool,
    /// Rows whose runs are unfolded.
    pub(super) opened: Vec<Ref>,
    /// Whether the person went to the first line and has stayed there.
    at_first: bool,
    /// What the clock says, in microseconds.
    pub now: i64,
    /// When a person asked for all there is.
    pub head_asked: Option<Moment>,
    /// The line of a bookmark that is being fetched.
    pub wanted: Option<Box<Bookmark>>,
    /// Whether the person went above the first line just now.
    pub above: bool,
    /// Where the person was before a filter was typed.
    before: Option<Place>,
    /// Tail and filter that the store was given last.
    applied: Option<(u64, Filter)>,
    /// The text that was read last, so that it is read once.
    read: Option<String>,
    /// Lines of the list on screen.
    pub(super) height: usize,
}

impl State {
    /// The order that is shown: what is looked for, or everything around it as well.
    pub fn shown<'a>(&self, reading: &'a Reading) -> &'a Order {
        match reading.store.hits() {
            Some(hits) => match self.shows {
                Shows::Found => hits,
                Shows::Around(_) => reading.store.around().unwrap_or(hits),
                Shows::All => reading.store.base(),
            },
            None => reading.store.base(),
        }
    }

    /// Whether a line passes the query, where lines are shown that don't.
    pub fn is_beside(&self, row: Ref, reading: &Reading) -> bool {
        self.shows != Shows::Found && reading.store.hits().is_some_and(|hits| !hits.contains(row))
    }

    /// More lines around those that pass, then all, then these alone again.
    pub fn next_shows(&mut self) {
        self.shows = match self.shows {
            Shows::Found => Shows::Around(AROUND[0]),
            Shows::Around(lines) => AROUND.into_iter().find(|more| *more > lines).map_or(Shows::All, Shows::Around),
            Shows::All => Shows::Found,
        };
    }

    /// The whole filter, when it is another than the one that was taken from here last for this tail.
    pub fn changed_filter(&mut self, reading: &Reading) -> Option<Filter> {
        if self.read.as_deref() != Some(self.filter.text()) {
            match Query::parse(self.filter.text()) {
                Ok(query) => (self.query, self.mistake) = (query, None),
                // What was looked for before goes on being looked for.
                Err(mistake) => self.mistake = Some(mistake),
            }
            self.read = Some(self.filter.text().to_owned());
        }
        let around = if let Shows::Around(lines) = self.shows { lines } else { 0 };
        let around = if self.query.is_some() { around } else { 0 };
        let filter = Filter { query: self.query.clone(), around, ..self.base.clone() };
        if self.applied.as_ref().is_some_and(|(id, applied)| *id == reading.id() && *applied == filter) {
            return None;
        }
        self.applied = Some((reading.id(), filter.clone()));
        Some(filter)
    }

    /// The line under the cursor: at the end there is one when nothing is held, too.
    pub fn chosen(&self, reading: &Reading) -> Option<Ref> {
        match self.place {
            Place::Following => self.shown(reading).last().map(|row| self.drawn(reading, row)),
            Place::Held { cursor, .. } => self.shown(reading).contains(cursor).then_some(cursor),
        }
    }

    /// Lines that came since the person stopped following and were not in sight yet.
    pub fn fresh(&self, reading: &Reading) -> usize {
        match self.place {
            Place::Following => 0,
            Place::Held { end, .. } => self.shown(reading).behind(end),
        }
    }

    /// Stays where it is.
    pub fn hold(&mut self, reading: &Reading) {
        if self.place != Place::Following {
            return;
        }
        let Some(cursor) = self.chosen(reading) else { return };
        let end = reading.store.all().last().unwrap_or(cursor);
        // The end of the list is at its lower edge; what is too far is mended when it settles.
        self.place = Place::Held { cursor, y: isize::try_from(self.height).unwrap_or(0), end };
    }

    /// Goes to the end of what is shown.
    pub fn follow(&mut self) {
        self.at_first = false;
        self.place = Place::Following;
    }

    /// Goes to the end and stays with it, where new lines come: not in a span that has one.
    pub fn follow_new(&mut self) {
        self.base.span = None;
        self.follow();
    }

    /// Whether new lines are shown as they come.
    pub fn follows(&self) -> bool {
        self.place == Place::Following && self.base.span.is_none()
    }

    /// Puts the cursor on a line: where it stands on screen, or near the middle.
    pub fn jump(&mut self, to: Ref, sight: &Sight<'_>) {
        let placed = sight.placed(self, self.height);
        let y = placed.iter().find(|one| one.row == Some(to)).map(|one| one.y);
        let middle = isize::try_from(self.height / 2).unwrap_or(0);
        let end = self.end(sight.reading).unwrap_or(to);
        self.at_first = false;
        self.place = Place::Held { cursor: to, y: y.unwrap_or(middle), end };
    }

    fn end(&self, reading: &Reading) -> Option<Ref> {
        match self.place {
            Place::Held { end, .. } => Some(end),
            Place::Following => reading.store.all().last(),
        }
    }

    /// Whether nothing of what is shown stands above the cursor.
    pub fn is_at_top(&self, reading: &Reading) -> bool {
        let chosen = self.chosen(reading);
        chosen.is_none() || chosen == self.shown(reading).first()
    }

    /// Moves the cursor; up stops following, the last line follows again.
    pub fn go(&mut self, step: Step, sight: &Sight<'_>) {
        if self.go_in_fields(step, sight) {
            return;
        }
        let order = self.shown(sight.reading);
        self.at_first = step == Step::First;
        match step {
            Step::Last => return self.follow(),
            Step::First => {
                if let Some(first) = order.first() {
                    self.hold(sight.reading);
                    let end = self.end(sight.reading).unwrap_or(first);
                    // What stands above it is seen as well.
                    let y = isize::try_from(self.height).unwrap_or(0);
                    self.place = Place::Held { cursor: first, y, end };
                }
                return;
            }
            Step::By(_) | Step::HalfPage(_) | Step::Page(_) => {}
        }
        let Some(rows) = step.rows(self.height) else { return };
        if rows > 0 && self.place == Place::Following {
            return;
        }
        self.hold(sight.reading);
        self.settle(sight, self.height);
        let Place::Held { cursor, y, end } = self.place else { return };
        let (mut cursor, mut y, down) = (cursor, y, rows > 0);
        self.before = None;
        let bottom = isize::try_from(self.height).unwrap_or(isize::MAX);
        let shown = &*self;
        let next_to = |cursor: Ref| {
            if down { shown.next(sight.reading, cursor) } else { shown.previous(sight.reading, cursor) }
        };
        if !matches!(step, Step::By(_)) {
            // The text moves by so many lines below a cursor that stays.
            let mut left = rows.abs();
            while let Some(next) = next_to(cursor).filter(|_| left > 0) {
                left -= sight.height(self, if down { cursor } else { next }).max(1);
                cursor = next;
            }
            self.place = Place::Held { cursor, y, end };
            return;
        }
        for _ in 0..rows.abs() {
            let tall = sight.height(self, cursor);
            // A line higher than the screen is read to its end first.
            if tall > bottom && (if down { y + tall > bottom } else { y < 0 }) {
                y += if down { -1 } else { 1 };
                continue;
            }
            let Some(next) = next_to(cursor) else {
                // What is said above the first line comes into sight.
                y += isize::from(!down);
                break;
            };
            let other = sight.height(self, next);
            y += if down { tall } else { -other };
            y = match (other <= bottom, down) {
                (true, _) => y.clamp(0, bottom - other),
                (false, true) => y.clamp(0, bottom - 1),
                (false, false) => bottom - other,
            };
            cursor = next;
        }
        self.place = Place::Held { cursor, y, end };
    }

    /// The next line in this order that is wanted, from the cursor.
    pub fn find(&mut self, down: bool, order: &Order, wanted: impl Fn(Ref) -> bool, sight: &Sight<'_>) -> bool {
        let from = match self.place {
            Place::Following => Ref::LAST,
            Place::Held { cursor, .. } => cursor,
        };
        // Of a run that is folded its first line stands for the others that are wanted as well.
        let reading = sight.reading;
        let wanted = |row: &Ref| wanted(*row) && (self.is_drawn(reading, *row) || !wanted(self.drawn(reading, *row)));
        let found = if down {
            order.forward(from).find(|row| *row != from && wanted(row))
        } else {
            order.backward(from).find(wanted)
        };
        if let Some(found) = found {
            if self.fold(reading, found).is_some_and(|fold| fold.first != found) {
                self.open_run(found);
            }
            let found = self.drawn(reading, found);
            self.jump(found, sight);
        }
        found.is_some()
    }

    /// Puts the cursor on the line at this place on screen.
    pub fn point(&mut self, line: usize, sight: &Sight<'_>) {
        let line = isize::try_from(line).unwrap_or(isize::MAX);
        let placed = sight.placed(self, self.height);
        let hit = placed.iter().rev().find(|one| one.y <= line).filter(|one| line < one.y + one.height());
        let Some((row, y)) = hit.and_then(|one| Some((one.row?, one.y))) else { return };
        let end = self.end(sight.reading).unwrap_or(row);
        self.at_first = false;
        self.place = Place::Held { cursor: row, y, end };
    }

    /// The next level, round and round.
    pub fn next_level(&mut self) {
        let place = LEVELS.iter().position(|level| *level == self.base.least).unwrap_or(0);
        self.base.least = LEVELS.get(place + 1).or(LEVELS.first()).copied().unwrap_or(7);
    }

    /// The next way in which time is told.
    pub fn next_time(&mut self, local: bool) {
        self.time = match self.time {
            TimeFormat::Utc if local => TimeFormat::Local,
            TimeFormat::Utc | TimeFormat::Local => TimeFormat::Age,
            TimeFormat::Age => TimeFormat::HostClock,
            TimeFormat::HostClock => TimeFormat::Utc,
        };
    }

    /// Begins to type what is looked for.
    pub fn type_filter(&mut self) {
        (self.typing, self.before) = (true, Some(self.place));
    }

    /// What was typed is kept; what can't be read is pointed at until it can.
    pub fn keep_filter(&mut self) {
        match &mut self.mistake {
            Some(mistake) => mistake.unfinished = false,
            None => (self.typing, self.before) = (false, None),
        }
    }

    /// What was typed is dropped: back to where the person was.
    pub fn drop_filter(&mut self) {
        self.filter.clear();
        self.typing = false;
        if let Some(before) = self.before.take() {
            self.place = before;
        }
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.field.take().is_some() || self.span.take().is_some() || self.patterns.take().is_some() {
            return true;
        }
        if !self.filter.text().is_empty() {
            self.filter.clear();
            self.shows = Shows::Found;
        } else if !self.base.is_open() {
            self.base = Filter::default();
        } else if !self.unfolded.is_empty() || !self.opened.is_empty() {
            self.unfolded.clear();
            self.opened.clear();
        } else {
            return false;
        }
        true
    }

    /// Another tail: nothing of the lines before stays, but how they are looked at does.
    pub fn renew(&mut self) {
        self.place = Place::Following;
        self.unfolded.clear();
        self.opened.clear();
        (self.field, self.span, self.base.span) = (None, None, None);
        self.before = None;
    }

    /// After every event: the cursor stands on a line that is shown, and no place is left empty above or below.
    pub fn settle(&mut self, sight: &Sight<'_>, height: usize) {
        self.height = height;
        let reading = sight.reading;
        self.unfolded.retain(|one| reading.store.row(one.row).is_some());
        if let (true, Some(before)) = (self.typing, self.before) {
            // Each letter begins anew from where the person was.
            self.place = before;
        }
        let Place::Held { cursor, y, end } = self.place else { return };
        // While hosts are still being read the first line is not yet the one that it will be.
        let first = self.shown(reading).first().filter(|_| self.at_first && is_begun(reading));
        let cursor = first.unwrap_or(cursor);
        let Some(near) = nearest(self.shown(reading), cursor) else {
            if reading.store.all().is_empty() {
                self.place = Place::Following;
            }
            return;
        };
        // While not everything was looked at, the line itself may still be found.
        if !reading.store.is_looking() {
            let near = self.drawn(reading, near);
            self.place = Place::Held { cursor: near, y, end };
        }
        let within = |y: isize, tall: isize| {
            let bottom = isize::try_from(height).unwrap_or(isize::MAX);
            if tall <= bottom { y.clamp(0, bottom - tall) } else { y.clamp(bottom - tall, 0) }
        };
        let cursor = self.chosen(reading).unwrap_or(cursor);
        let tall = sight.height(self, cursor);
        self.place = Place::Held { cursor, y: within(y, tall), end };
        // What is empty below is filled first, then what is empty above: a list that is short stands at the top.
        for below in [true, false] {
            let placed = sight.placed(self, height);
            let (Some(first), Some(last)) = (placed.first(), placed.last()) else { return };
            let under = isize::try_from(height).unwrap_or(isize::MAX) - (last.y + last.height());
            let shift = if below { under.max(0) } else { -first.y.max(0) };
            let Place::Held { cursor, y, end } = self.place else { return };
            self.place = Place::Held { cursor, y: within(y + shift, tall), end };
        }
        self.show_field(sight, height);
        self.see(sight, height);
    }

    /// What has come into sight is new no longer.
    fn see(&mut self, sight: &Sight<'_>, height: usize) {
        let Place::Held { cursor, y, end } = self.place else { return };
        if self.shown(sight.reading).behind(end) == 0 {
            return;
        }
        let bottom = isize::try_from(height).unwrap_or(isize::MAX);
        let seen = sight.placed(self, height).iter().rev().find(|one| one.y < bottom).and_then(|one| one.row);
        self.place = Place::Held { cursor, y, end: seen.map_or(end, |seen| seen.max(end)) };
    }
}

/// Whether some host has not told yet which lines there are.
fn is_begun(reading: &Reading) -> bool {
    reading.store.hosts().iter().any(|host| matches!(host.state, None | Some(TailState::Reading)))
}

/// The line that stands for this one: itself, else the one before it, else the one behind it.
pub fn nearest(order: &Order, row: Ref) -> Option<Ref> {
    if order.contains(row) {
        return Some(row);
    }
    order.backward(row).next().or_else(|| order.forward(row).next())
}
