//! Draws the logs of a site to choose from.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::text::{Foreign, width};
use crate::ui::{Pen, Words, finder};

/// Draws them in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let title = Words::of(Role::Strong, "Logs of the site");
    let widest = |widths: &mut dyn Iterator<Item = usize>| u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
    let names = widest(&mut state.list.rows().iter().map(|choice| width(choice.name())));
    let titles = widest(&mut state.list.rows().iter().map(|choice| width(&choice.title.plain())));
    finder::view(&state.list, pen, area, &title, "No log is called that.", |pen, line, choice| {
        let names = names.min(line.width / 3);
        let titles = titles.min(line.width.saturating_sub(names) / 2);
        pen.text(line.x, line.y, names, Role::Text, choice.name());
        let at = names + 2;
        pen.text(line.x + at, line.y, titles.min(line.width.saturating_sub(at)), Role::Text, &choice.title.plain());
        let at = if titles == 0 { at } else { at + titles + 2 };
        let what = Foreign::from(choice.what.as_str()).plain();
        pen.text(line.x + at, line.y, line.width.saturating_sub(at), Role::Quiet, &what);
    });
}
