//! Draws the command line at the foot of the screen, with the ways to go on above it.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::ui::{Pen, Words, pane};

/// Lines for the ways to go on; always as many, so that nothing jumps.
const LINES: u16 = 8;
/// Columns of their names.
const NAMES: u16 = 24;

fn place(area: Rect) -> Rect {
    let height = (LINES + 4).min(area.height);
    Rect { y: area.bottom() - height, height, ..area }
}

/// Where the ways to go on stand.
pub fn list(area: Rect) -> Rect {
    let area = place(area);
    Rect::new(area.x + 2, area.y + 1, area.width.saturating_sub(4), area.height.saturating_sub(4))
}

/// How many of them fit.
pub fn height(area: Rect) -> usize {
    usize::from(list(area).height)
}

/// Draws it.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let whole = place(area);
    let title = Words::of(Role::Strong, "Command");
    let candidates = state.candidates();
    let remark = match candidates.len() {
        0 => Words::new(),
        count => Words::of(Role::Quiet, format!("{count} fit")),
    };
    let inside = pane::dialog(pen, whole, &title, &remark);
    let list = list(area);
    for (number, y) in state.window.range(candidates.len()).zip(list.y..list.bottom()) {
        let Some(candidate) = candidates.get(number) else { break };
        let role = if candidate.why.is_some() { Role::Stale } else { Role::Strong };
        pen.text(list.x, y, NAMES.min(list.width), role, &candidate.word);
        let about = match &candidate.why {
            Some(why) => Words::of(Role::Faint, why.as_str()),
            None => Words::of(Role::Quiet, candidate.doc.as_str()),
        };
        pen.words(list.x + NAMES, y, list.width.saturating_sub(NAMES), &about);
        if state.cursor == Some(number) {
            pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
        }
    }
    let line = Rect { y: list.bottom() + 1, height: 1, ..list };
    if let Some(why) = &state.complaint {
        pen.text(list.x, list.bottom(), list.width, Role::Warn, why);
    }
    let colon = pen.text(line.x, line.y, line.width, Role::Key, ":");
    state.line.draw(pen, Rect { x: line.x + colon, width: line.width - colon, ..line }, Role::Text);
}
