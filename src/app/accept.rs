//! What becomes of what was typed or chosen: it is taken, or it is left.

use std::sync::Arc;

use super::act::{act, go_to_service};
use super::keys::filter;
use super::links;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::{ask, bookmarks, changing, columns, command, filters, log_choice, palette, procedures};
use crate::domain::Now;
use crate::port::Effect;

/// Takes what was typed or chosen.
pub(super) fn accept(model: &mut Model, now: Now) -> Vec<Effect> {
    if let Some(question) = model.questions.front_mut() {
        let Some(answer) = question.accept() else { return Vec::new() };
        let id = question.question.id;
        model.questions.pop_front();
        return vec![Effect::Answer(id, Some(answer))];
    }
    match model.overlay.take() {
        Some(Overlay::Help(help)) => match help.chosen() {
            Some((action, None)) => return act(model, action, now),
            Some((action, Some(why))) => {
                let said = format!("{}: {why}", action.row().hint);
                model.say(said, now);
                model.overlay = Some(Overlay::Help(help));
            }
            None => model.overlay = Some(Overlay::Help(help)),
        },
        Some(Overlay::Palette(state)) => return palette::accept(model, state, now),
        Some(Overlay::Command(state)) => return command::accept(model, state, now),
        Some(Overlay::Picker(picker)) => {
            let chosen = picker.chosen().and_then(|choice| choice.environment());
            match chosen {
                Some(environment) => return vec![Effect::Watch(Arc::new(environment.clone()))],
                None => model.overlay = Some(Overlay::Picker(picker)),
            }
        }
        Some(Overlay::Links(state)) => return links::open(model, state),
        Some(Overlay::Filters(state)) => filters::take(model, &state),
        Some(Overlay::Logs(state)) => return log_choice::take(model, &state),
        Some(Overlay::Bookmarks(state)) => match state.list.chosen().cloned() {
            Some(bookmark) => return bookmarks::take(model, bookmark, now),
            None => model.overlay = Some(Overlay::Bookmarks(state)),
        },
        Some(Overlay::Columns(state)) => return columns::toggle(model, state, now),
        Some(Overlay::Ask(state)) => return ask::accept(model, state, now),
        Some(Overlay::Needs(state)) => match state.list.chosen().map(|need| need.service.clone()) {
            Some(service) => go_to_service(model, service),
            None => model.overlay = Some(Overlay::Needs(state)),
        },
        Some(Overlay::Menu(menu)) => changing::choose(model, menu, now),
        Some(Overlay::Confirm(mut state)) => {
            if state.accept() {
                return changing::answer(model, state, now);
            }
            model.overlay = Some(Overlay::Confirm(state));
        }
        Some(Overlay::Plan(mut state)) => {
            if state.accept() {
                return procedures::begin::answer(model, state, now);
            }
            model.overlay = Some(Overlay::Plan(state));
        }
        Some(Overlay::Choose(state)) => return procedures::decide::take(model, state, now),
        Some(Overlay::Form(state, purpose)) => return procedures::forms::accept(model, state, purpose, now),
        Some(Overlay::Edit(state)) => return procedures::begin::take_edit(model, *state, now),
        Some(Overlay::Leave(mut state)) => {
            state.remark = Some("Only y leaves.");
            model.overlay = Some(Overlay::Leave(state));
        }
        Some(Overlay::Running(state)) => model.overlay = Some(Overlay::Running(state)),
        None if model.screen == Screen::Logs => {
            model.logs.keep_filter();
            return filters::remember(model);
        }
        None => *filter(model).1 = false,
    }
    Vec::new()
}

/// Leaves it.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    if let Some(question) = model.questions.pop_front() {
        return vec![Effect::Answer(question.question.id, None)];
    }
    if let Some(Overlay::Menu(menu)) = &mut model.overlay
        && menu.back()
    {
        return Vec::new();
    }
    if let Some(Overlay::Choose(state)) = &mut model.overlay
        && state.back()
    {
        return Vec::new();
    }
    if model.overlay.take().is_none() {
        if model.screen == Screen::Logs {
            model.logs.drop_filter();
            return Vec::new();
        }
        let (field, typing) = filter(model);
        field.clear();
        *typing = false;
    }
    Vec::new()
}
