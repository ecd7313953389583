//! Draws the menu of actions.

use ratatui::layout::Rect;

use super::state::{Choice, Level, State};
use crate::domain::Verb;
use crate::style::Role;
use crate::ui::{Pen, Words, figure, pane};

/// Columns of the names.
const NAMES: u16 = 16;
/// Lines with every verb, and those of the scale and the signals.
const MOST: u16 = 10;

fn place(area: Rect) -> Rect {
    let lines = MOST.min(area.height.saturating_sub(7));
    pane::middle(area, area.width.saturating_sub(4).min(84), lines + 6)
}

/// Lines of the list in an area.
pub fn height(area: Rect) -> usize {
    usize::from(list(area).height)
}

/// Where its list stands.
pub fn list(area: Rect) -> Rect {
    let whole = place(area);
    let height = whole.height.saturating_sub(6);
    Rect { x: whole.x + 1, y: whole.y + 3, width: whole.width.saturating_sub(2), height }
}

/// Draws it in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let area = place(area);
    let (heading, label) = match state.level {
        Level::Actions => ("Actions for", "find "),
        Level::Signals => ("Send a signal to", "find "),
        Level::Count => ("Scale", "how many containers shall run on each host "),
    };
    let title = Words::of(Role::Quiet, heading).text(Role::Strong, format!(" {}", state.subject));
    let inside = pane::dialog(pen, area, &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, label);
    state.filter.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    let list = Rect { y: room.y + 2, height: room.height.saturating_sub(4), ..room };
    let entries = state.entries();
    if state.level == Level::Count {
        now(state, pen, list);
    } else if entries.is_empty() {
        pen.text(list.x, list.y, list.width, Role::Quiet, "No action is called that.");
    }
    let cursor = state.place(&entries);
    for (number, y) in state.window.range(entries.len()).zip(list.y..list.bottom()) {
        let Some(entry) = entries.get(number) else { break };
        let able = entry.why_not.is_none();
        let deadly = matches!(entry.choice, Choice::Verb(verb) if verb == Verb::Stop || verb.interrupts());
        let name = match (able, deadly) {
            (false, _) => Role::Stale,
            (true, true) => Role::Warn,
            (true, false) => Role::Strong,
        };
        let deeper = matches!(entry.choice, Choice::Signals | Choice::Scale);
        let more = if deeper { format!(" {}", pen.styles.glyphs.more) } else { String::new() };
        pen.text(list.x + 1, y, NAMES - 1, name, &format!("{}{more}", entry.name()));
        let words = match &entry.why_not {
            Some(why) => Words::of(Role::Stale, why.clone()),
            None => Words::of(Role::Text, entry.doc()),
        };
        pen.words(list.x + NAMES, y, list.width.saturating_sub(NAMES), &words);
        if cursor == Some(number) {
            pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
        }
    }
    let below = Rect { y: room.bottom().saturating_sub(1), ..room };
    match &state.remark {
        Some(remark) => pen.text(below.x, below.y, below.width, Role::Warn, remark),
        None => {
            let words = Words::of(Role::Quiet, "Nothing is done before you have seen what would happen.");
            pen.words(below.x, below.y, below.width, &words)
        }
    };
}

/// How many run where now, and how many the site expects there.
fn now(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let room = usize::from(area.height);
    let all = state.scaled.len();
    let shown = if all > room { room.saturating_sub(1) } else { all };
    for (one, y) in state.scaled.iter().take(shown).zip(area.y..) {
        let words = Words::of(Role::Strong, one.what.clone()).text(Role::Text, format!("  {} run now", one.running));
        let words = match one.expected {
            Some(expected) => words.text(Role::Quiet, format!(", the site expects {expected}")),
            None => words.text(Role::Quiet, ", the site names no number"),
        };
        pen.words(area.x + 1, y, area.width.saturating_sub(1), &words);
    }
    if all > shown && room > 0 {
        let rest = format!("and {}", figure::count(all - shown, "more instance"));
        pen.text(area.x + 1, area.bottom().saturating_sub(1), area.width.saturating_sub(1), Role::Quiet, &rest);
    }
}
