//! Draws the pane of a run.

use ratatui::layout::Rect;

use super::lines::lines;
use super::state::State;
use crate::domain::run::RunState;
use crate::domain::time::short;
use crate::state::UnderWay;
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Pen, Words, pane};

/// As high as its steps may need, so that it does not grow while they go on.
fn place(area: Rect, under_way: &UnderWay) -> Rect {
    let margin = if area.height > 30 { 4 } else { 0 };
    let steps =
        under_way.shown().map_or_else(|| under_way.sent().map_or(0, |sent| sent.steps), |shown| shown.run.steps.len());
    let wanted = u16::try_from(steps.saturating_mul(3)).unwrap_or(u16::MAX).saturating_add(12);
    pane::middle(area, area.width.saturating_sub(4).min(116), area.height.saturating_sub(margin).min(wanted))
}

/// Columns of the text in an area.
pub fn columns(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(4).min(116).saturating_sub(6))
}

/// Rows of the text in an area.
pub fn height(area: Rect, under_way: &UnderWay) -> usize {
    usize::from(place(area, under_way).height.saturating_sub(3))
}

/// Draws it in the middle of an area.
pub fn view(state: &State, under_way: &UnderWay, pen: &mut Pen<'_>, area: Rect) {
    let area = place(area, under_way);
    let (title, remark) = heading(under_way, pen);
    let inside = pane::dialog(pen, area, &title, &remark);
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    let room = Rect { height: inside.height.saturating_sub(1), ..room };
    let (text, _) = lines(under_way, usize::from(room.width), pen.clock, pen.styles.glyphs);
    let below = text.draw(pen, room, state.top);
    pane::more_below(pen, area, below, 0);
}

fn heading(under_way: &UnderWay, pen: &Pen<'_>) -> (Words, Words) {
    if let Some(sent) = under_way.sent() {
        return (Words::of(Role::Strong, sent.title.clone()), Words::of(Role::RunGoing, "is being recorded"));
    }
    let Some(shown) = under_way.shown() else {
        return (Words::of(Role::Strong, "Nothing was changed"), Words::new());
    };
    let run = &shown.run;
    let (done, all) = shown.progress();
    let word = match run.state {
        RunState::Running => "goes on",
        RunState::Succeeded => "succeeded",
        RunState::Failed => "FAILED",
        RunState::Stopped => "stopped",
        RunState::Unknown => "UNKNOWN",
    };
    let role = Role::run(run.state);
    let mut remark = Words::of(role, word).text(Role::Quiet, format!(" {done}/{all}"));
    let dot = format!(" {} ", pen.styles.glyphs.dot);
    remark = match shown.ended {
        None => remark.text(Role::Quiet, dot).piece(Role::Quiet, Piece::Age(shown.at)),
        // Of a single step its own line says how long it took.
        Some(ended) if ended > shown.at && all > 1 => {
            remark.text(Role::Quiet, format!("{dot}{}", short(shown.at.age(ended))))
        }
        // It was over before this console heard of it.
        Some(_) => remark,
    };
    (Words::of(Role::Strong, Foreign::from(run.title.as_str()).plain()), remark)
}
