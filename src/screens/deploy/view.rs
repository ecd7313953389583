//! Draws the screen: what is brought where, the six pages with how each stands, the page that is shown, and in one
//! sentence what is next.

use ratatui::layout::Rect;

use super::sight::{Planned, Sight};
use super::state::State;
use super::{detail, foot, guard, head, list};
use crate::state::deploy::Page;
use crate::style::Role;
use crate::ui::{Pen, Words, figure, pane};

/// Below this width list and details have no room beside each other.
const SIDE_BY_SIDE: u16 = 100;
/// Up to this height every row is needed.
const LOW: u16 = 26;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// What is brought where.
    pub title: Rect,
    /// The pages.
    pub pages: Rect,
    /// How far it is, by its time.
    pub bar: Option<Rect>,
    /// What was waived, and by whom, on the pages behind the gate.
    pub waived: Option<Rect>,
    /// The list, with its frame.
    pub list: Option<Rect>,
    /// The details, with their frame.
    pub detail: Option<Rect>,
    /// What stands in the way, or what is next.
    pub foot: Rect,
}

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Areas {
    let row = |y: u16| Rect { y: area.y + y.min(area.height.saturating_sub(1)), height: 1, ..area };
    let roomy = area.height > LOW;
    let waived = state.waived && !matches!(state.page, Page::What | Page::Gate);
    let under_pages = if roomy { 3 } else { 2 };
    let top = under_pages + u16::from(waived);
    let low = if roomy { 2 } else { 1 };
    let body = Rect { y: area.y + top, height: area.height.saturating_sub(top + low), ..area };
    let (list, detail) = body_areas(body, state);
    Areas {
        title: row(0),
        pages: row(1),
        bar: roomy.then(|| row(2)),
        waived: waived.then(|| row(under_pages)),
        list,
        detail,
        foot: Rect { y: body.bottom() + u16::from(roomy), height: 1, ..area },
    }
}

fn body_areas(body: Rect, state: &State) -> (Option<Rect>, Option<Rect>) {
    if state.zoomed {
        return if state.in_detail { (None, Some(body)) } else { (Some(body), None) };
    }
    if state.page == Page::Plan || state.page == Page::Verdict && state.follows == 0 {
        // What is read there is text; beside it stands what is short.
        if body.width < SIDE_BY_SIDE {
            // What is short about the verdict is read whole, as far as what was recorded keeps a few lines.
            let wants = u16::try_from(state.short + 2).unwrap_or(0).min(body.height.saturating_sub(5));
            let wants = if state.page == Page::Verdict { wants } else { 0 };
            let list = Rect { height: (body.height * 2 / 5).max(7).max(wants).min(body.height), ..body };
            let detail = Rect { y: list.bottom(), height: body.height - list.height, ..body };
            return (Some(list), Some(detail));
        }
        let list = Rect { width: (body.width * 2 / 5).min(70), ..body };
        let detail = Rect { x: list.right(), width: body.width - list.width, ..body };
        return (Some(list), Some(detail));
    }
    if body.width < SIDE_BY_SIDE {
        let list = Rect { height: (body.height * 11 / 20).max(6).min(body.height), ..body };
        let detail = Rect { y: list.bottom(), height: body.height - list.height, ..body };
        return (Some(list), Some(detail));
    }
    let list = Rect { width: (body.width * 56 / 100).min(110), ..body };
    let detail = Rect { x: list.right(), width: body.width - list.width, ..body };
    (Some(list), Some(detail))
}

impl Areas {
    /// Rows of the list.
    pub fn list_rows(&self) -> usize {
        self.list.map_or(0, |area| usize::from(area.height.saturating_sub(2)))
    }

    /// Columns and rows of the details.
    pub fn detail_size(&self) -> (usize, usize) {
        self.detail.map_or((0, 0), |area| {
            (usize::from(area.width.saturating_sub(4)), usize::from(area.height.saturating_sub(2)))
        })
    }

    /// Columns of the list.
    pub fn list_columns(&self) -> usize {
        self.list.map_or(0, |area| usize::from(area.width.saturating_sub(4)))
    }
}

/// Draws it.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let areas = areas(area, state);
    head::title(sight, pen, areas.title);
    head::pages(state, sight, pen, areas.pages);
    if let Some(area) = areas.bar {
        head::bar(sight, pen, area);
    }
    if let Some(area) = areas.waived {
        head::waived(sight, pen, area);
    }
    if let Some(area) = areas.list {
        list::view(state, sight, pen, area);
    }
    if let Some(area) = areas.detail {
        details(state, sight, pen, area);
    }
    foot::view(state, sight, pen, areas.foot);
}

fn details(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let (title, remark) = detail::title(state, sight);
    let inside = pane::frame(pen, area, &title, &remark, state.in_detail);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let guard = guard::lines(state, sight, usize::from(room.width));
    let under = if guard.is_empty() { 0 } else { u16::try_from(guard.len() + 1).unwrap_or(0).min(room.height / 2) };
    for (words, y) in guard.iter().zip((room.bottom() - under + 1)..room.bottom()) {
        pen.words(room.x, y, room.width, words);
    }
    let room = Rect { height: room.height - under, ..room };
    let height = usize::from(room.height);
    let below = match (state.page, &sight.plan, &sight.output) {
        (Page::Plan, Some(Planned::Lines(lines)), _) => lines.draw(pen, room, state.detail_top),
        (Page::Run, _, Some(output)) => {
            let top = output.top.unwrap_or_else(|| output.count.saturating_sub(height)).min(output.count);
            for (place, y) in (top..output.count).zip(room.y..room.bottom()) {
                pen.words(room.x, y, room.width, &(output.line)(place));
            }
            output.count.saturating_sub(top + height)
        }
        _ => detail::lines(state, sight, usize::from(room.width)).draw(pen, room, state.detail_top),
    };
    if below > 0 {
        let words = Words::of(Role::Quiet, format!(" {} below ", figure::count(below, "line")));
        pen.words_right(area.x + 2, area.bottom().saturating_sub(1), area.width.saturating_sub(4), &words);
    }
}
