//! What is new since a moment: a pane below the lines, the most frequent first.

use ratatui::layout::Rect;

use super::sight::Sight;
use super::state::State;
use crate::state::logs::Pattern;
use crate::style::Role;
use crate::text::{truncate, width};
use crate::ui::list::{Step, Window};
use crate::ui::{Pen, Words, figure, pane};

/// Below this height of the screen the pane takes less.
const ROOMY: u16 = 34;

/// The moment since which something is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When, in microseconds by our clock.
    pub at: i64,
    /// How it is called: `deploy v2.31.0`.
    pub name: String,
}

/// The pane.
#[derive(Debug, Clone, Default)]
pub struct Pane {
    /// Since when.
    pub since: Option<Moment>,
    /// Whether it has the keys.
    pub focus: bool,
    /// The place of the cursor.
    pub cursor: usize,
    window: Window,
}

impl Pane {
    /// A pane that has just been opened.
    pub fn since(moment: Moment) -> Self {
        Self { since: Some(moment), focus: true, ..Self::default() }
    }

    /// Moves the cursor.
    pub fn go(&mut self, step: Step, count: usize) {
        let last = count.saturating_sub(1);
        self.cursor = match step {
            Step::First => 0,
            Step::Last => last,
            Step::By(_) | Step::HalfPage(_) | Step::Page(_) => {
                self.cursor.saturating_add_signed(step.rows(self.window.height).unwrap_or(0)).min(last)
            }
        };
    }

    /// After every event.
    pub fn settle(&mut self, count: usize, height: u16) {
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.window.keep(Some(self.cursor), count, usize::from(height.saturating_sub(2)));
    }
}

/// How high the pane is on a screen of this height; 0 where it is not open.
pub fn height(state: &State, height: u16) -> u16 {
    match &state.patterns {
        None => 0,
        Some(_) if height < ROOMY => (height / 3).max(5),
        Some(_) => height / 4 + 1,
    }
}

/// The patterns that are new, the most frequent first.
pub fn list<'a>(sight: &Sight<'a>) -> Vec<&'a Pattern> {
    sight.reading.store.novel().map(|novel| novel.list()).unwrap_or_default()
}

/// Draws the pane.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let Some(shown) = &state.patterns else { return };
    let list = list(sight);
    let title = Words::of(Role::Strong, "New since ");
    let title = match &shown.since {
        Some(since) => title.text(Role::Strong, since.name.as_str()),
        None => title.text(Role::Quiet, "no moment yet"),
    };
    let novel = sight.reading.store.novel();
    let remark = match novel {
        Some(novel) if !novel.is_done() => Words::of(Role::Info, "looking"),
        Some(_) => Words::of(Role::Quiet, figure::count(list.len(), "pattern")),
        None => Words::new(),
    };
    let inside = pane::frame(pen, area, &title, &remark, shown.focus);
    let (alone, all) = novel.map_or((0, 0), |novel| novel.uncompared());
    let done = novel.is_some_and(|novel| novel.is_done());
    let sentence = match list.is_empty() {
        true if done && all == 0 => Some("Nothing was written since then."),
        true if done => Some("Everything that was said since then had been said before."),
        _ => None,
    };
    if let Some(sentence) = sentence {
        pen.words(inside.x + 1, inside.y, inside.width.saturating_sub(2), &Words::of(Role::Quiet, sentence));
    }
    let mut y = inside.y;
    if done && alone > 0 && !list.is_empty() {
        let words = if alone == all {
            "All lines that are held came after that moment, so everything counts as new.".to_owned()
        } else {
            let programs = figure::count(all, "program");
            format!(
                "Nothing from before that moment is held of {alone} of {programs}: all that they say counts as new."
            )
        };
        pen.words(inside.x + 1, y, inside.width.saturating_sub(2), &Words::of(Role::Warn, words));
        y += 1;
    }
    let rows = usize::from(inside.bottom().saturating_sub(y));
    let top = shown.window.top.max((shown.cursor + 1).saturating_sub(rows)).min(list.len());
    let counts = list.iter().map(|one| width(&figure::grouped(one.count))).max().unwrap_or(1).max(5);
    for (place, one) in list.iter().enumerate().skip(top).take(rows) {
        let words = told(sight, one, counts, inside.width.saturating_sub(2));
        pen.words(inside.x + 1, y, inside.width.saturating_sub(2), &words);
        if shown.focus && place == shown.cursor {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
        y += 1;
    }
    pane::more_below(pen, area, list.len().saturating_sub(top + rows), 0);
}

/// A moment as it is told now: with its day, where that is another one.
pub fn moment(now: jiff::Timestamp, at: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(at).unwrap_or_default();
    let [day, today] = [at, now].map(|stamp| stamp.strftime("%Y-%m-%d").to_string());
    at.strftime(if day == today { "%H:%M:%S" } else { "%m-%d %H:%M" }).to_string()
}

fn told(sight: &Sight<'_>, one: &Pattern, counts: usize, columns: u16) -> Words {
    let count = figure::grouped(one.count);
    let first = moment(sight.clock.now.wall, one.first.key());
    let who = match (sight.reading.store.host(one.last), sight.reading.store.row(one.last)) {
        (Some(host), Some(crate::port::log_block::Row::Line(line))) => super::line::speaker(sight, host, &line),
        (_, _) => String::new(),
    };
    let who = crate::text::fit(&who, usize::from(sight.shape.service.max(8)));
    let role = if one.worst <= 4 { Role::level(one.worst) } else { Role::Text };
    let since = format!("  since {first}");
    let before = counts + 2 + width(&who) + 2;
    let room = usize::from(columns).saturating_sub(before + width(&since));
    let text = crate::text::pad(&truncate(&one.text.plain(), room), room);
    Words::new()
        .gap(counts - width(&count))
        .text(role, count)
        .gap(2)
        .text(Role::Quiet, who)
        .gap(2)
        .text(Role::Text, text)
        .text(Role::Faint, since)
}
