//! Draws the menu of actions.

use ratatui::layout::Rect;

use super::state::{Choice, State};
use crate::domain::Verb;
use crate::style::Role;
use crate::ui::{Pen, Words, pane};

/// Columns of the names.
const NAMES: u16 = 16;
/// Lines with every verb and the line of the signals.
const MOST: u16 = 9;

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
    let heading = if state.signals { "Send a signal to" } else { "Actions for" };
    let title = Words::of(Role::Quiet, heading).text(Role::Strong, format!(" {}", state.subject));
    let inside = pane::dialog(pen, area, &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, "find ");
    state.filter.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    let list = Rect { y: room.y + 2, height: room.height.saturating_sub(4), ..room };
    let entries = state.entries();
    if entries.is_empty() {
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
        let more = if entry.choice == Choice::Signals { format!(" {}", pen.styles.glyphs.more) } else { String::new() };
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
