//! The lines over time, above the list: how many lie in each stretch, in the colour of the most important of them, and a
//! span of it that is being chosen.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::axis::Axis;
use super::sight::Sight;
use super::state::{Place, State};
use crate::state::logs::{Columns, Counts};
use crate::style::Role;
use crate::text::width;
use crate::ui::list::Step;
use crate::ui::{Pen, Words, figure};

/// From this height of the screen on it is shown unless it is put away, and from these on it is two and three rows high.
const ROOMY: u16 = 28;
const TWO: u16 = 34;
const THREE: u16 = 48;
/// Columns that a page moves.
const PAGE: isize = 10;
/// Columns that each label of time has.
const LABEL: u16 = 22;

/// A span that is being chosen: two moments, in microseconds, each the beginning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it was begun.
    pub anchor: i64,
    /// Where it is now.
    pub head: i64,
    /// What the clock said when it was begun: nothing moves while it is chosen.
    pub now: i64,
    /// Whether all that is held is shown, because the person went beyond the beginning.
    pub whole: bool,
}

impl Span {
    /// From the beginning of its first column to the end of its last, or of what there is.
    pub fn range(self, step: i64, until: i64) -> (i64, i64) {
        let from = self.anchor.min(self.head);
        (from, self.anchor.max(self.head).saturating_add(step).min(until).max(from + 1))
    }
}

/// How many rows the bars have on a screen of this height, without the row of times; 0 where it is not shown.
pub fn bars(state: &State, height: u16) -> u16 {
    let shown = state.histogram.unwrap_or(height >= ROOMY) || state.span.is_some() || state.base.span.is_some();
    match height {
        _ if !shown => 0,
        ..TWO => 1,
        TWO..THREE => 2,
        THREE.. => 3,
    }
}

impl State {
    /// Shows the histogram, or puts it away; `shown` says which it is now.
    pub fn toggle_histogram(&mut self, shown: bool) {
        (self.histogram, self.span) = (Some(!shown), None);
    }

    /// Begins to choose a span, at the line under the cursor.
    pub fn begin_span(&mut self, sight: &Sight<'_>) {
        let Some(axis) = Axis::new(self, sight.reading, self.now) else { return };
        let columns = axis.columns(sight.reading, sight.shape.columns);
        let at = match self.place {
            Place::Held { cursor, .. } => columns.at(cursor.key()),
            Place::Following => columns.counts.len().saturating_sub(1),
        };
        let begin = columns.begin(at);
        self.span = Some(Span { anchor: begin, head: begin, now: self.now, whole: false });
        self.field = None;
    }

    /// Moves the end of the span that is being chosen.
    pub fn move_span(&mut self, step: Step, sight: &Sight<'_>) {
        let (Some(span), Some(axis)) = (self.span, Axis::new(self, sight.reading, self.now)) else { return };
        let columns = axis.columns(sight.reading, sight.shape.columns);
        let last = columns.counts.len().saturating_sub(1);
        let by = |columns: isize| match step {
            Step::By(times) => times.saturating_mul(columns),
            Step::HalfPage(times) | Step::Page(times) => times.saturating_mul(PAGE),
            Step::First | Step::Last => 0,
        };
        let at = columns.at(span.head);
        // Beyond the beginning stands what is older than most.
        let beyond = step == Step::First || (at == 0 && by(1) < 0);
        if beyond && !span.whole && axis.before > 0 {
            self.span = Some(Span { whole: true, ..span });
            if step == Step::First {
                self.move_span(step, sight);
            }
            return;
        }
        let column = match step {
            Step::First => 0,
            Step::Last => last,
            Step::By(_) | Step::HalfPage(_) | Step::Page(_) => at.saturating_add_signed(by(1)).min(last),
        };
        self.span = Some(Span { head: columns.begin(column), ..span });
    }

    /// Shows only the span that was chosen.
    pub fn take_span(&mut self, sight: &Sight<'_>) {
        let axis = Axis::new(self, sight.reading, self.now);
        if let (Some(span), Some(axis)) = (self.span.take(), axis) {
            let columns = axis.columns(sight.reading, sight.shape.columns);
            self.base.span = Some(span.range(columns.step, axis.until));
            self.follow();
        }
    }
}

/// Draws it: bars, and below them a row of times.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let clock = pen.clock.now;
    let now = clock.wall.as_microsecond();
    let Some(axis) = Axis::new(state, sight.reading, now).filter(|_| area.height >= 2) else { return };
    let columns = axis.columns(sight.reading, area.width);
    if axis.live && state.span.is_none() {
        let left = columns.step - now.rem_euclid(columns.step);
        pen.changes_at(clock.mono.after(Duration::from_micros(left.unsigned_abs())));
    }
    let bars = area.height - 1;
    let long = u16::try_from(columns.counts.len()).unwrap_or(area.width);
    // The newest stands at the right edge.
    let left = area.x + 1 + area.width.saturating_sub(2).saturating_sub(long);
    let most = columns.counts.iter().map(|counts| counts.all()).max().unwrap_or(1).max(1);
    for ((x, counts), column) in (left..area.right()).zip(&columns.counts).zip(0..) {
        let known = columns.begin(column) < axis.known;
        draw(pen, (x, area.y, bars), *counts, most, known);
    }
    if let Some(span) = state.span {
        let (from, until) = span.range(columns.step, axis.until);
        let first = u16::try_from(columns.at(from)).unwrap_or(0);
        let last = u16::try_from(columns.at(until - 1)).unwrap_or(0);
        pen.ground(Rect { x: left + first, y: area.y, width: last - first + 1, height: bars }, Role::Selected);
    }
    let below = Rect { x: area.x + 1, y: area.y + bars, width: area.width.saturating_sub(2), height: 1 };
    match state.span {
        Some(span) => {
            let (from, until) = span.range(columns.step, axis.until);
            let counts = sight.reading.store.tally().between((from, until));
            let words =
                Words::of(Role::Key, format!("{} to {}", time(sight, from, &columns), time(sight, until, &columns)));
            pen.words(below.x, below.y, below.width, &words.text(Role::Text, format!("   {}", counted(counts))));
        }
        None => times(sight, pen, (&axis, &columns), left, below),
    }
}

/// How many lines, and how many of them are errors and warnings.
fn counted(counts: Counts) -> String {
    let lines = figure::count(usize::try_from(counts.all()).unwrap_or(usize::MAX), "line");
    let part = |count: u32, word: &str| (count > 0).then(|| format!(", {}", figure::count(count as usize, word)));
    [Some(lines), part(counts.errors, "error"), part(counts.warnings, "warning")].into_iter().flatten().collect()
}

fn draw(pen: &mut Pen<'_>, (x, y, bars): (u16, u16, u16), counts: Counts, most: u64, known: bool) {
    let role = match counts {
        Counts { errors: 1.., .. } => Role::LevelError,
        Counts { warnings: 1.., .. } => Role::LevelWarn,
        Counts { .. } => Role::Graph,
    };
    let glyphs = pen.styles.glyphs;
    let steps = u64::from(bars) * 8;
    let high = if counts.all() == 0 { 0 } else { (counts.all() * steps).div_ceil(most).clamp(1, steps) };
    for row in 0..bars {
        let left = high.saturating_sub(u64::from(row) * 8).min(8);
        let y = y + bars - 1 - row;
        match usize::try_from(left).ok().and_then(|left| left.checked_sub(1)).and_then(|left| glyphs.bars.get(left)) {
            Some(bar) => drop(pen.text(x, y, 1, role, bar)),
            // Nothing was written then, and that is known.
            None if row == 0 && known => drop(pen.text(x, y, 1, Role::Line, glyphs.ground)),
            None => {}
        }
    }
}

fn times(sight: &Sight<'_>, pen: &mut Pen<'_>, (axis, columns): (&Axis, &Columns), left: u16, below: Rect) {
    let long = u16::try_from(columns.counts.len()).unwrap_or(0);
    let columns_of = |text: &str| u16::try_from(width(text)).unwrap_or(0);
    let end = if axis.live { "now".to_owned() } else { time(sight, axis.until, columns) };
    let end_at = below.right().saturating_sub(columns_of(&end) + 2);
    pen.words_right(below.x, below.y, below.width, &Words::of(Role::Faint, end));
    // Where something stands already nothing else is written.
    let mut taken: Vec<(u16, u16)> = Vec::new();
    let over = columns.from..columns.begin(columns.counts.len());
    if let Some(deploy) = sight.deploy.as_ref().filter(|deploy| over.contains(&deploy.at)) {
        let name = format!("{} {}", sight.glyphs.late, deploy.name);
        let column = u16::try_from(columns.at(deploy.at)).unwrap_or(0);
        let x = (left + column).min(end_at.saturating_sub(columns_of(&name)));
        pen.words(x, below.y, end_at.saturating_sub(x), &Words::of(Role::Info, name.as_str()));
        taken.push((x.saturating_sub(2), x + columns_of(&name) + 2));
    }
    let mut at = 0;
    while at < long {
        let mut label = time(sight, columns.begin(usize::from(at)), columns);
        if at == 0 && axis.before > 0 {
            label = format!(
                "{label}, {} before",
                figure::count(usize::try_from(axis.before).unwrap_or(usize::MAX), "line")
            );
        }
        let (from, to) = (left + at, left + at + columns_of(&label));
        if to <= end_at && taken.iter().all(|(begin, end)| to <= *begin || from >= *end) {
            pen.words(from, below.y, to - from, &Words::of(Role::Faint, label));
            taken.push((from, to + 2));
        }
        at += LABEL;
    }
}

/// A moment as the columns are fine.
fn time(sight: &Sight<'_>, moment: i64, columns: &Columns) -> String {
    let zone = sight.zone.filter(|_| sight.local).cloned().unwrap_or(TimeZone::UTC);
    let stamp = |at: Timestamp| at.to_zoned(zone.clone());
    let (at, now) = (stamp(Timestamp::from_microsecond(moment).unwrap_or_default()), stamp(sight.clock.now.wall));
    let format = match columns.step {
        _ if at.date() != now.date() => "%m-%d %H:%M",
        ..1_000_000 => "%H:%M:%S%.1f",
        1_000_000..60_000_000 => "%H:%M:%S",
        60_000_000.. => "%H:%M",
    };
    at.strftime(format).to_string()
}
