//! Draws the filters.

use ratatui::layout::Rect;

use super::state::{Filter, State, Whose};
use crate::style::Role;
use crate::text::{Foreign, width};
use crate::ui::{Pen, Words, finder};

/// Draws them in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let title = Words::of(Role::Strong, "Filters");
    let widest = state.list.rows().iter().map(|filter| width(&called(filter))).max().unwrap_or(0);
    let widest = u16::try_from(widest).unwrap_or(u16::MAX);
    finder::view(&state.list, pen, area, &title, "No filter is called that.", |pen, line, filter| {
        let names = widest.min(line.width / 3);
        let role = if filter.whose == Whose::Used { Role::Quiet } else { Role::Text };
        pen.text(line.x, line.y, names, role, &called(filter));
        let from = names + 2;
        let query = Foreign::from(filter.query.as_str()).plain();
        pen.text(line.x + from, line.y, line.width.saturating_sub(from), Role::Key, &query);
    });
}

/// Its name, and whose it is.
fn called(filter: &Filter) -> String {
    let name = Foreign::from(filter.name.as_str()).plain();
    match filter.whose {
        Whose::Own | Whose::Kept => name,
        Whose::Site => format!("{name} (site)"),
        Whose::Used => "looked for before".to_owned(),
    }
}
