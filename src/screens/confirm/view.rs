//! Draws the confirm box.

use ratatui::layout::Rect;

use super::lines::lines;
use super::state::State;
use crate::domain::permit::Demand;
use crate::style::Role;
use crate::ui::{Pen, Words, pane};

/// Lines below the text: a rule's room, the question, the field, the remark.
const FOOT: u16 = 4;

fn place(area: Rect, lines: usize) -> Rect {
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(FOOT + 4);
    let most = area.height.saturating_sub(if area.height > 30 { 4 } else { 0 });
    pane::middle(area, area.width.saturating_sub(4).min(104), wanted.min(most))
}

/// Columns of the text in an area.
pub fn columns(area: Rect) -> usize {
    usize::from(place(area, 0).width.saturating_sub(6))
}

/// Rows of the text in an area, when it has so many lines.
pub fn height(area: Rect, lines: usize) -> usize {
    usize::from(place(area, lines).height.saturating_sub(FOOT + 3))
}

/// Draws it in the middle of an area; `band` is the colour of the environment, `again` and `accept` the keys for that.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect, band: Role, accept: &str, again: &str) {
    let plan = state.plan();
    let text = lines(plan, columns(area), pen.clock, pen.styles.glyphs);
    let area = place(area, text.all().len());
    let title = Words::of(Role::Strong, plan.title());
    let remark = Words::of(band, format!(" {} ", plan.environment.as_str().to_uppercase()));
    let line = if plan.protected { Role::LineDanger } else { Role::LineFocus };
    let inside = pane::dialog_in(pen, area, &title, &remark, line);
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    let shown = Rect { height: inside.height.saturating_sub(FOOT + 1), ..room };
    let below = text.draw(pen, shown, state.top);
    let foot = Rect { y: shown.bottom(), height: FOOT, ..room };
    if below > 0 || state.top > 0 {
        let more = if below == 0 { "the end".to_owned() } else { format!("{below} more lines below") };
        pen.words_right(foot.x, foot.y, foot.width, &Words::of(Role::Info, more));
    }
    question(state, pen, foot, accept, again);
}

fn plan_is_locked(state: &State) -> bool {
    state.plan().impact.locked.is_some()
}

fn question(state: &State, pen: &mut Pen<'_>, foot: Rect, accept: &str, again: &str) {
    let (ask, answer, said) = (foot.y + 1, foot.y + 2, foot.y + 3);
    if let Some(changed) = &state.changed {
        let alarm = pen.styles.glyphs.alarm;
        pen.text(foot.x, ask, foot.width, Role::Bad, &format!("{alarm} {changed}"));
        let words = Words::of(Role::Quiet, "What stands above is no longer what would happen: ");
        pen.words(foot.x, answer, foot.width, &words.text(Role::Key, again).text(Role::Quiet, " looks again"));
    } else {
        match state.demand() {
            Demand::Nothing | Demand::Yes => {
                let words = Words::of(Role::Text, "Press ").text(Role::Key, "y").text(Role::Text, " to do it.");
                pen.words(foot.x, ask, foot.width, &words);
            }
            Demand::Name(name) => {
                let (role, why) = match plan_is_locked(state) {
                    true => (Role::Bad, "Locked: to do it all the same type "),
                    false => (Role::Text, "Protected: type "),
                };
                let words = Words::of(role, why)
                    .text(Role::Strong, name.clone())
                    .text(Role::Text, " and press ")
                    .text(Role::Key, accept)
                    .text(Role::Text, if role == Role::Bad { "." } else { " to do it." });
                pen.words(foot.x, ask, foot.width, &words);
                let field = Rect { y: answer, height: 1, width: foot.width.min(44), ..foot };
                state.typed.draw(pen, field, Role::Field);
            }
        }
    }
    if let Some(remark) = &state.remark {
        pen.text(foot.x, said, foot.width, Role::Warn, remark);
    }
}
