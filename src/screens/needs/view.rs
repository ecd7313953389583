//! Draws what a service needs and what needs it.

use ratatui::layout::Rect;

use super::state::{Need, State};
use crate::state::Fleet;
use crate::style::Role;
use crate::text::width;
use crate::ui::{Pen, Words, finder, told};

/// Columns of the word for the side.
const WAY: u16 = 11;

/// Draws it in the middle of an area.
pub fn view(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let title = Words::of(Role::Strong, "Dependencies").text(Role::Quiet, format!(" of {}", state.service));
    let widest = state.list.rows().iter().map(|need| width(need.service.as_str())).max().unwrap_or(0);
    let names = u16::try_from(widest).unwrap_or(u16::MAX).saturating_add(4);
    finder::view(&state.list, pen, area, &title, "No service is called that.", |pen, line, need| {
        pen.text(line.x, line.y, WAY, Role::Quiet, need.way.word());
        let (name, about) = words(need, fleet, pen);
        let names = names.min(line.width.saturating_sub(WAY) / 2);
        pen.words(line.x + WAY, line.y, names, &name);
        let from = WAY + names;
        pen.words(line.x + from, line.y, line.width.saturating_sub(from), &about);
    });
}

fn words(need: &Need, fleet: &Fleet, pen: &Pen<'_>) -> (Words, Words) {
    let Some(row) = fleet.service(&need.service) else { return (Words::new(), Words::new()) };
    let name = told::named(row.service.name.as_str(), row.verdict.state, pen.styles.glyphs);
    let about = told::verdict(&row.verdict);
    let about = match &need.through {
        Some(through) => about.text(Role::Quiet, format!(", through {through}")),
        None => about,
    };
    (name, about)
}
