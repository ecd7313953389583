//! Draws the bookmarks.

use ratatui::layout::Rect;

use super::state::State;
use crate::port::keepsake::Bookmark;
use crate::style::Role;
use crate::text::{Foreign, width};
use crate::ui::{Pen, Words, finder};

/// Draws them in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let title = Words::of(Role::Strong, "Bookmarks");
    let rows = state.list.rows();
    let hosts = rows.iter().map(|one| width(one.place.origin.host.as_str())).max().unwrap_or(0);
    let hosts = u16::try_from(hosts).unwrap_or(u16::MAX).min(area.width / 6);
    finder::view(&state.list, pen, area, &title, "No bookmark holds that.", |pen, line, one| {
        let time = one.moment.strftime("%m-%d %H:%M:%S").to_string();
        let mut x = line.x;
        let end = line.right();
        let mut put = |pen: &mut Pen<'_>, wide: u16, role: Role, text: &str| {
            let room = wide.min(end.saturating_sub(x));
            pen.text(x, line.y, room, role, text);
            x = x.saturating_add(room).saturating_add(2).min(end);
        };
        put(pen, 14, Role::Quiet, &time);
        put(pen, hosts, Role::Text, one.place.origin.host.as_str());
        let note = Foreign::from(one.note.as_str()).plain();
        if !note.is_empty() {
            put(pen, u16::try_from(width(&note)).unwrap_or(u16::MAX).min(line.width / 2), Role::Key, &note);
        }
        put(pen, end, Role::level(one.priority), &said(one));
    });
}

/// Who said what.
fn said(one: &Bookmark) -> String {
    // It lay in a file of the person meanwhile.
    let plain = |text: &str| Foreign::from(text).plain();
    format!("{}  {}", plain(&one.speaker), plain(&one.text))
}
