//! What follows from every event: cursors stand on rows that are there, and the engine reads what is on screen.

use super::changing;
use super::layout::layout;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::Now;
use crate::port::Effect;
use crate::screens::{
    changes, choose, command, confirm, edit, help, history, hosts, menu, overview, palette, picker, plan, runbooks,
    running,
};
use crate::state::procedures::Shelf;
use crate::ui::finder;

/// Settles everything after an event.
pub fn settle(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(layout) = layout(model.size) else { return Vec::new() };
    let area = layout.content;
    let (clock, glyphs) = (model.told_by(now), model.styles.glyphs);
    changing::watch(model);
    super::troubles::settle(model);
    super::procedures::cancel::settle(model, now);
    let busy = model.under_way.is_busy() || super::procedures::goes_on(model).is_some();
    match &mut model.overlay {
        Some(Overlay::Help(state)) => state.settle(help::height(area)),
        Some(Overlay::Palette(state)) => state.settle(usize::from(palette::list(area).height)),
        Some(Overlay::Command(state)) => state.settle(command::height(area)),
        Some(Overlay::Picker(state)) => {
            let count = state.count();
            state.settle(picker::height(area, count));
        }
        Some(Overlay::Links(state)) => {
            let height = finder::list(area, state.list.count()).height;
            state.list.settle(usize::from(height));
        }
        Some(Overlay::Filters(state)) => {
            let height = finder::list(area, state.list.count()).height;
            state.list.settle(usize::from(height));
        }
        Some(Overlay::Logs(state)) => {
            let height = finder::list(area, state.list.count()).height;
            state.list.settle(usize::from(height));
        }
        Some(Overlay::Columns(state)) => {
            let height = finder::list(area, state.list.count()).height;
            state.list.settle(usize::from(height));
        }
        Some(Overlay::Bookmarks(state)) => {
            let height = finder::list(area, state.list.count()).height;
            state.list.settle(usize::from(height));
        }
        Some(Overlay::Ask(_)) => {}
        Some(Overlay::Needs(state)) => {
            let height = finder::list(area, state.list.count()).height;
            state.list.settle(usize::from(height));
        }
        Some(Overlay::Menu(state)) => state.settle(menu::height(area)),
        Some(Overlay::Confirm(state)) => {
            let lines = confirm::lines(state.plan(), confirm::columns(area), clock, glyphs).all().len();
            state.settle(lines, confirm::height(area, lines));
        }
        Some(Overlay::Plan(state)) => {
            let beside = super::procedures::begin::beside(
                (&model.conducted, model.fleet.as_ref().map(|fleet| &*fleet.environment)),
                &model.releases,
                state.plan(),
                &state.procedure,
            );
            let columns = plan::columns(area);
            let lines = plan::lines(state.plan(), &state.procedure, &beside, columns, clock, glyphs).all().len();
            let height = plan::height(area, state, lines);
            state.settle(lines, height);
        }
        Some(Overlay::Choose(state)) => {
            let lines = choose::lines(&state.about, choose::columns(area), clock, glyphs).all().len();
            let height = choose::height(area, state, lines);
            state.settle(lines, height);
        }
        Some(Overlay::Form(..)) => {}
        Some(Overlay::Edit(state)) => {
            let height = edit::height(area, state.lines.len());
            state.settle(height);
        }
        Some(Overlay::Running(state)) => {
            model.under_way.look();
            let (lines, doing) = running::lines(&model.under_way, running::columns(area), clock, glyphs);
            state.settle(lines.all().len(), running::height(area, &model.under_way), doing);
        }
        Some(Overlay::Leave(_)) if !busy => model.overlay = None,
        Some(Overlay::Leave(_)) => {}
        None => {}
    }
    let Some(fleet) = &model.fleet else { return Vec::new() };
    model.overview.doing = model.under_way.doing(&fleet.environment);
    let mut effects = super::logs::settle(model, now);
    let Some(fleet) = &model.fleet else { return effects };
    match model.screen {
        Screen::Overview => {
            let areas = overview::areas(area, &model.overview);
            let columns = areas.upper.detail_columns();
            let scrolled = model.overview.detail_top > 0;
            let lines = if scrolled {
                let with_log = areas.log.is_none();
                overview::detail_lines(&model.overview, fleet, columns, clock, glyphs, with_log).all().len()
            } else {
                0
            };
            model.overview.settle(fleet, areas.upper.list_rows(), areas.upper.detail_rows(), lines, now.mono);
        }
        Screen::Hosts => {
            let areas = hosts::areas(area, &model.hosts);
            let lines = hosts::detail_lines(&model.hosts, fleet, areas.detail_columns(), clock, glyphs).all().len();
            model.hosts.settle(fleet, areas.list_rows(), areas.detail_rows(), lines);
        }
        Screen::Logs => {}
        Screen::Runbooks => {
            let shelf = Shelf { environment: &fleet.environment, runs: &model.runs, conducted: &model.conducted };
            let areas = runbooks::areas(area, &model.runbooks);
            let columns = areas.detail_columns();
            let lines = runbooks::detail_lines(&model.runbooks, shelf, columns, clock, glyphs).all().len();
            model.runbooks.settle(shelf, areas.list_rows(), areas.detail_rows(), lines);
        }
        Screen::Procedure => {
            super::procedures::settle(model);
            return effects;
        }
        Screen::Deploy => {
            effects.extend(super::deploy::settle(model, clock));
            return effects;
        }
        Screen::Changes => model.changes.settle(fleet, changes::list_rows(area)),
        Screen::History => {
            let areas = history::areas(area, &model.history);
            let columns = areas.detail_columns();
            let lines = history::detail_lines(&model.history, &model.runs, columns, clock, glyphs).all().len();
            model.history.settle(&model.runs, areas.list_rows(), areas.detail_rows(), lines);
        }
    }
    let visible = match model.screen {
        Screen::Overview => model.overview.visible_units(fleet),
        Screen::Logs
        | Screen::Hosts
        | Screen::Runbooks
        | Screen::Procedure
        | Screen::Deploy
        | Screen::Changes
        | Screen::History => Vec::new(),
    };
    if visible != model.usage_asked {
        model.usage_asked.clone_from(&visible);
        effects.push(Effect::ReadUsage(visible));
    }
    if model.shows_detail()
        && let Some(fleet) = &model.fleet
        && let Some((host, unit)) = model.overview.wants_detail(fleet, now.mono)
    {
        effects.push(Effect::ReadDetail(host, unit));
    }
    effects
}

impl Model {
    /// Whether the details of the unit under the cursor are on screen, so that they are worth reading.
    pub(super) fn shows_detail(&self) -> bool {
        if self.screen != Screen::Overview {
            return false;
        }
        layout(self.size).is_some_and(|layout| {
            let areas = overview::areas(layout.content, &self.overview);
            areas.upper.detail.is_some() || areas.log.is_some()
        })
    }
}
