//! Draws the question whether to leave.

use ratatui::layout::Rect;

use super::state::State;
use crate::state::UnderWay;
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::{Lines, Pen, Words, pane};

/// Draws it in the middle of an area; `stay` is the key for that.
pub fn view(state: &State, under_way: &UnderWay, pen: &mut Pen<'_>, area: Rect, stay: &str) {
    let width = area.width.saturating_sub(4).min(70);
    let mut lines = Lines::new(usize::from(width.saturating_sub(6)), pen.clock);
    let title = match (under_way.sent(), under_way.shown()) {
        (Some(sent), _) => format!("{} is about to begin.", sent.title),
        (None, Some(shown)) => {
            let (done, all) = shown.progress();
            format!("{}: {done} of {all} steps are done.", shown.run.title)
        }
        (None, None) => String::new(),
    };
    lines.text(Role::Strong, &Foreign::from(title).plain());
    lines.space();
    lines.text(
        Role::Text,
        "What was sent to a host goes on there by itself. No further step begins, and what is not verified by then \
         is recorded as unknown.",
    );
    let height = u16::try_from(lines.all().len()).unwrap_or(8) + 5;
    let title = Words::of(Role::Strong, "A change is under way");
    let inside = pane::dialog(pen, pane::middle(area, width, height), &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    lines.draw(pen, Rect { height: room.height.saturating_sub(3), ..room }, 0);
    let y = inside.bottom().saturating_sub(1);
    let keys = Words::of(Role::Key, "y").text(Role::Quiet, " leave all the same   ");
    pen.words(room.x, y, room.width, &keys.text(Role::Key, stay).text(Role::Quiet, " stay"));
    if let Some(remark) = state.remark {
        pen.words_right(room.x, y, room.width, &Words::of(Role::Warn, remark));
    }
}
