//! What the wheel and clicks do.

use ratatui::layout::Rect;

use super::act::act;
use super::keys::go;
use super::layout::layout;
use super::logs;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::Now;
use crate::input::Action;
use crate::port::Effect;
use crate::screens::{command, help, menu, palette, picker};
use crate::state::procedures::Shelf;
use crate::ui::finder;
use crate::ui::list::Step;

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

/// Takes a turn of the wheel.
pub fn wheel(model: &mut Model, up: bool) {
    go(model, Step::By(if up { -NOTCH } else { NOTCH }));
}

/// Takes a click: on a tab, on a row of the list, or on a row of a dialog that is a list. Whatever asks something is
/// worked by keys only, so that no stray click confirms.
pub fn click(model: &mut Model, x: u16, y: u16, now: Now) -> Vec<Effect> {
    if !model.questions.is_empty() {
        return Vec::new();
    }
    let Some(layout) = layout(model.size) else { return Vec::new() };
    if model.overlay.is_some() {
        return click_in_dialog(model, layout.content, x, y, now);
    }
    if layout.tabs.contains((x, y).into()) {
        return match super::view::tab_at(model, x - layout.tabs.x) {
            Some(Screen::Overview) => act(model, Action::ShowOverview, now),
            Some(Screen::Logs) => act(model, Action::ShowLogs, now),
            Some(Screen::Hosts) => act(model, Action::ShowHosts, now),
            Some(Screen::Runbooks | Screen::Procedure) => act(model, Action::ShowRunbooks, now),
            Some(Screen::Changes) => act(model, Action::ShowChanges, now),
            Some(Screen::Deploy) => act(model, Action::ShowDeploy, now),
            Some(Screen::History) => act(model, Action::ShowHistory, now),
            None => Vec::new(),
        };
    }
    if model.screen == Screen::Logs {
        logs::point(model, y);
        return Vec::new();
    }
    if model.screen == Screen::Procedure {
        super::procedures::point(model, x, y);
        return Vec::new();
    }
    if model.screen == Screen::Deploy {
        super::deploy::point(model, x, y);
        return Vec::new();
    }
    let Some(fleet) = &model.fleet else { return Vec::new() };
    let list = match model.screen {
        Screen::Overview => crate::screens::overview::areas(layout.content, &model.overview).upper.list,
        Screen::Hosts => crate::screens::hosts::areas(layout.content, &model.hosts).list,
        Screen::History => crate::screens::history::areas(layout.content, &model.history).list,
        Screen::Runbooks => crate::screens::runbooks::areas(layout.content, &model.runbooks).list,
        Screen::Logs | Screen::Procedure | Screen::Deploy | Screen::Changes => Some(layout.content),
    };
    let Some(list) = list.filter(|list| list.contains((x, y).into())) else { return Vec::new() };
    let Some(line) = y.checked_sub(list.y + 2).map(usize::from).filter(|_| y + 1 < list.bottom()) else {
        return Vec::new();
    };
    match model.screen {
        Screen::Overview => model.overview.point(line, fleet),
        Screen::Logs | Screen::Procedure | Screen::Deploy => {}
        Screen::Runbooks => {
            let shelf = Shelf { environment: &fleet.environment, runs: &model.runs, conducted: &model.conducted };
            model.runbooks.point(line, shelf);
        }
        Screen::Hosts => model.hosts.point(line, fleet),
        Screen::Changes => model.changes.point(line, fleet),
        Screen::History => model.history.point(line, &model.runs),
    }
    Vec::new()
}

/// A click puts the cursor on a row; one on the row under the cursor does what it says.
fn click_in_dialog(model: &mut Model, area: Rect, x: u16, y: u16, now: Now) -> Vec<Effect> {
    let line = |list: Rect| list.contains((x, y).into()).then(|| usize::from(y - list.y));
    let again = match &mut model.overlay {
        Some(Overlay::Help(state)) => line(help::list(area)).is_some_and(|line| state.point(line)),
        Some(Overlay::Palette(state)) => line(palette::list(area)).is_some_and(|line| state.point(line)),
        Some(Overlay::Command(state)) => line(command::list(area)).is_some_and(|line| state.point(line)),
        Some(Overlay::Picker(state)) => line(picker::list(area, state.count())).is_some_and(|line| state.point(line)),
        Some(Overlay::Links(state)) => {
            line(finder::list(area, state.list.count())).is_some_and(|line| state.list.point(line))
        }
        Some(Overlay::Filters(state)) => {
            line(finder::list(area, state.list.count())).is_some_and(|line| state.list.point(line))
        }
        Some(Overlay::Logs(state)) => {
            line(finder::list(area, state.list.count())).is_some_and(|line| state.list.point(line))
        }
        Some(Overlay::Columns(state)) => {
            line(finder::list(area, state.list.count())).is_some_and(|line| state.list.point(line))
        }
        Some(Overlay::Bookmarks(state)) => {
            line(finder::list(area, state.list.count())).is_some_and(|line| state.list.point(line))
        }
        Some(Overlay::Needs(state)) => {
            line(finder::list(area, state.list.count())).is_some_and(|line| state.list.point(line))
        }
        Some(Overlay::Menu(state)) => line(menu::list(area)).is_some_and(|line| state.point(line)),
        Some(
            Overlay::Ask(_)
            | Overlay::Confirm(_)
            | Overlay::Plan(_)
            | Overlay::Choose(_)
            | Overlay::Form(..)
            | Overlay::Edit(_)
            | Overlay::Running(_)
            | Overlay::Leave(_),
        )
        | None => false,
    };
    if again { act(model, Action::Accept, now) } else { Vec::new() }
}
