//! Draws the page of a plan.

use ratatui::layout::Rect;

use super::lines::{Beside, lines};
use super::state::State;
use crate::domain::permit::{Confirmable, Demand};
use crate::style::Role;
use crate::ui::{Pen, Words, pane};

/// Lines below the text: how much is left of it, the question, the field where a name is typed, the remark.
fn foot(state: &State) -> u16 {
    if matches!(state.demand(), Demand::Name(_)) { 4 } else { 3 }
}

/// An empty line above the text, where there is room for it.
fn above(area: Rect) -> u16 {
    u16::from(area.height > LOW)
}

/// Up to this height every row is needed.
const LOW: u16 = 24;

fn place(area: Rect, wanted: usize) -> Rect {
    let wanted = u16::try_from(wanted).unwrap_or(u16::MAX);
    let most = area.height.saturating_sub(if area.height > 30 { 2 } else { 0 });
    pane::middle(area, area.width.saturating_sub(4).min(120), wanted.min(most))
}

/// Rows of the dialog beside those of its text: the frame, what is above, what is below.
fn around(area: Rect, state: &State) -> u16 {
    2 + above(area) + foot(state)
}

/// Columns of the text in an area.
pub fn columns(area: Rect) -> usize {
    usize::from(place(area, 0).width.saturating_sub(6))
}

/// Rows of the text in an area, when it has so many lines.
pub fn height(area: Rect, state: &State, lines: usize) -> usize {
    let around = around(area, state);
    usize::from(place(area, lines + usize::from(around)).height.saturating_sub(around))
}

/// Draws it in the middle of an area; `band` is the colour of the environment, `accept` the key for that.
pub fn view(state: &State, beside: &Beside<'_>, pen: &mut Pen<'_>, area: Rect, band: Role, accept: &str) {
    let plan = state.plan();
    let text = lines(plan, &state.procedure, beside, columns(area), pen.clock, pen.styles.glyphs);
    let (space, foot_rows) = (above(area), foot(state));
    let area = place(area, text.all().len() + usize::from(around(area, state)));
    let title = Words::of(Role::Strong, plan.title.clone());
    let title = match (plan.whole, plan.parts.as_slice()) {
        (false, [only]) => Words::of(Role::Strong, only.title.plain()).text(Role::Quiet, format!(" of {}", plan.title)),
        (true | false, _) => title,
    };
    // A way back must not be taken for the deploy whose document it stands in.
    let title = match &beside.back {
        Some(back) => Words::of(Role::Strong, format!("Roll back: {}", back.way(pen.styles.glyphs.then))),
        None => title,
    };
    let remark = Words::of(band, format!(" {} ", plan.environment.as_str().to_uppercase()));
    let changes = !matches!(state.demand(), Demand::Nothing);
    let line = if plan.protected && changes { Role::LineDanger } else { Role::LineFocus };
    let inside = pane::dialog_in(pen, area, &title, &remark, line);
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + space, ..inside };
    let shown = Rect { height: inside.height.saturating_sub(foot_rows + space), ..room };
    let below = text.draw(pen, shown, state.top);
    let foot = Rect { y: shown.bottom(), height: foot_rows, ..room };
    if below > 0 || state.top > 0 {
        let more = if below == 0 { "the end".to_owned() } else { format!("{below} more lines below") };
        pen.words_right(foot.x, foot.y, foot.width, &Words::of(Role::Info, more));
    }
    question(state, pen, foot, accept);
}

fn question(state: &State, pen: &mut Pen<'_>, foot: Rect, accept: &str) {
    let (ask, answer, said) = (foot.y + 1, foot.y + 2, foot.bottom().saturating_sub(1));
    match state.demand() {
        Demand::Nothing => {
            let words =
                Words::of(Role::Text, "It only reads. Press ").text(Role::Key, accept).text(Role::Text, " to begin.");
            pen.words(foot.x, ask, foot.width, &words);
        }
        Demand::Yes => {
            let words = Words::of(Role::Text, "Press ").text(Role::Key, "y").text(Role::Text, " to do it.");
            pen.words(foot.x, ask, foot.width, &words);
        }
        Demand::Name(name) => {
            let why = match state.plan().disguised() {
                Some(_) => Words::of(Role::Bad, "A command is not what it looks like").text(Role::Text, ": type "),
                None => Words::of(Role::Text, "Protected: type "),
            };
            let words = why
                .text(Role::Strong, name.clone())
                .text(Role::Text, " and press ")
                .text(Role::Key, accept)
                .text(Role::Text, " to do it.");
            pen.words(foot.x, ask, foot.width, &words);
            state.typed.draw(pen, Rect { y: answer, height: 1, width: foot.width.min(44), ..foot }, Role::Field);
        }
    }
    if let Some(remark) = &state.remark {
        pen.text(foot.x, said, foot.width, Role::Warn, remark);
    }
}
