//! Who has the keyboard, and what a key means there.

use super::act::act;
use super::changing;
use super::layout::layout;
use super::logs;
use super::model::{Model, Screen};
use super::overlay::{self, Overlay};
use crate::domain::Now;
use crate::input::{Action, Context, Lookup, key_name};
use crate::port::{Effect, Key, KeyCode};
use crate::state::procedures::Shelf;
use crate::text::Foreign;
use crate::ui::Field;
use crate::ui::list::Step;

/// The contexts of whoever has the keyboard, the nearest first.
pub fn contexts(model: &Model) -> Vec<Context> {
    if !model.questions.is_empty() {
        return Context::Question.stack();
    }
    match &model.overlay {
        Some(Overlay::Help(_)) => Context::Help.stack(),
        Some(Overlay::Palette(_)) => Context::Palette.stack(),
        Some(Overlay::Command(_)) => Context::Command.stack(),
        Some(Overlay::Filters(_) | Overlay::Bookmarks(_)) => Context::Kept.stack(),
        Some(Overlay::Picker(_) | Overlay::Links(_) | Overlay::Logs(_) | Overlay::Needs(_) | Overlay::Columns(_)) => {
            Context::Picker.stack()
        }
        Some(Overlay::Ask(_)) => Context::Ask.stack(),
        Some(Overlay::Menu(_)) => Context::Menu.stack(),
        Some(Overlay::Confirm(_)) => Context::Confirm.stack(),
        Some(Overlay::Plan(_)) => Context::Plan.stack(),
        Some(Overlay::Choose(_)) => Context::Choice.stack(),
        Some(Overlay::Form(..)) => Context::Form.stack(),
        Some(Overlay::Edit(_)) => Context::Edit.stack(),
        Some(Overlay::Leave(_)) => Context::Leave.stack(),
        // It scrolls like a list, and nothing of the screen below it can be reached.
        Some(Overlay::Running(_)) => vec![Context::Run, Context::List, Context::Always],
        None if is_typing(model) => Context::Filter.stack(),
        None => screen_contexts(model),
    }
}

/// The contexts of the screen, whatever stands over it.
pub fn screen_contexts(model: &Model) -> Vec<Context> {
    let near = match model.screen {
        Screen::Overview if model.overview.in_detail => Context::Detail,
        Screen::Overview => Context::Overview,
        Screen::Logs if model.logs.span.is_some() => Context::Span,
        Screen::Logs if model.logs.patterns.as_ref().is_some_and(|pane| pane.focus) => Context::Patterns,
        Screen::Logs => Context::Logs,
        Screen::Hosts => Context::Hosts,
        Screen::Runbooks => Context::Runbooks,
        Screen::Procedure => Context::Procedure,
        Screen::Deploy => Context::Deploy,
        Screen::Changes => Context::Changes,
        Screen::History => Context::History,
    };
    near.stack()
}

/// Whether a filter takes the keys.
pub fn is_typing(model: &Model) -> bool {
    match model.screen {
        Screen::Overview => model.overview.typing,
        Screen::Logs => model.logs.typing,
        Screen::Hosts => model.hosts.typing,
        Screen::Runbooks => model.runbooks.typing,
        // A document is read and not filtered.
        Screen::Procedure | Screen::Deploy => false,
        Screen::Changes => model.changes.typing,
        Screen::History => model.history.typing,
    }
}

/// The filter of the screen, and whether it takes the keys.
pub fn filter(model: &mut Model) -> (&mut Field, &mut bool) {
    match model.screen {
        Screen::Overview => (&mut model.overview.filter, &mut model.overview.typing),
        Screen::Logs => (&mut model.logs.filter, &mut model.logs.typing),
        Screen::Hosts => (&mut model.hosts.filter, &mut model.hosts.typing),
        Screen::Runbooks | Screen::Procedure | Screen::Deploy => {
            (&mut model.runbooks.filter, &mut model.runbooks.typing)
        }
        Screen::Changes => (&mut model.changes.filter, &mut model.changes.typing),
        Screen::History => (&mut model.history.filter, &mut model.history.typing),
    }
}

/// Takes a key.
pub fn key(model: &mut Model, key: Key, now: Now) -> Vec<Effect> {
    model.stroke.press(key, now.mono);
    let contexts = contexts(model);
    let pending = std::mem::take(&mut model.pending);
    // What is not seen is not answered: of a window that is too small nothing is shown but that it is.
    let found = model.keymap.lookup(&contexts, &pending, key);
    if is_unseen(model) && found != Lookup::Action(Action::Quit) {
        return Vec::new();
    }
    match found {
        Lookup::Action(action) if overlay::comes_too_early(model, Some(action)) => Vec::new(),
        Lookup::Action(action) => act(model, action, now),
        Lookup::Pending => {
            model.pending = pending;
            model.pending.push(key);
            Vec::new()
        }
        Lookup::Nothing => {
            let plain = !key.modifiers.control && !key.modifiers.alt;
            if !pending.is_empty() {
                // What was begun is dropped with a word, unless it was dropped on purpose.
                if key.code != KeyCode::Esc {
                    let pressed = key_name::sequence_name(&[pending.as_slice(), &[key]].concat());
                    // A keyboard makes any character, and a terminal that is not well sends any.
                    let pressed = Foreign::from(pressed.as_str()).plain();
                    model.say(format!("{pressed} means nothing here."), now);
                }
                return Vec::new();
            }
            if let (KeyCode::Char(c), true, true) = (key.code, plain, contexts.contains(&Context::Text)) {
                let early = overlay::comes_too_early(model, None);
                return if early { Vec::new() } else { type_character(model, c, now) };
            }
            Vec::new()
        }
    }
}

/// Whether the window shows nothing of what keys would be about.
fn is_unseen(model: &Model) -> bool {
    model.size != (0, 0) && layout(model.size).is_none()
}

fn type_character(model: &mut Model, c: char, now: Now) -> Vec<Effect> {
    if let Some(question) = model.questions.front_mut() {
        question.push(c);
        return Vec::new();
    }
    match model.overlay.take() {
        Some(Overlay::Confirm(mut state)) => {
            if state.push(c) {
                return changing::answer(model, state, now);
            }
            model.overlay = Some(Overlay::Confirm(state));
            return Vec::new();
        }
        Some(Overlay::Leave(mut state)) => {
            let leaves = state.push(c);
            model.overlay = Some(Overlay::Leave(state));
            return if leaves { act(model, Action::Quit, now) } else { Vec::new() };
        }
        Some(Overlay::Plan(mut state)) => {
            if state.push(c) {
                return super::procedures::begin::answer(model, state, now);
            }
            model.overlay = Some(Overlay::Plan(state));
            return Vec::new();
        }
        Some(Overlay::Edit(mut state)) => {
            state.push(c);
            model.overlay = Some(Overlay::Edit(state));
            return Vec::new();
        }
        other => model.overlay = other,
    }
    if let Some(field) = field(model) {
        field.push(c);
    }
    Vec::new()
}

/// The field that takes the keys, unless it is that of a question.
pub fn field(model: &mut Model) -> Option<&mut Field> {
    if model.overlay.is_none() {
        let (field, typing) = filter(model);
        return typing.then_some(field);
    }
    match &mut model.overlay {
        Some(Overlay::Help(help)) => Some(&mut help.filter),
        Some(Overlay::Palette(palette)) => Some(&mut palette.field),
        Some(Overlay::Command(command)) => Some(&mut command.line),
        Some(Overlay::Picker(picker)) => Some(&mut picker.filter),
        Some(Overlay::Links(links)) => Some(&mut links.list.filter),
        Some(Overlay::Filters(filters)) => Some(&mut filters.list.filter),
        Some(Overlay::Logs(logs)) => Some(&mut logs.list.filter),
        Some(Overlay::Columns(columns)) => Some(&mut columns.list.filter),
        Some(Overlay::Bookmarks(bookmarks)) => Some(&mut bookmarks.list.filter),
        Some(Overlay::Ask(ask)) => Some(&mut ask.field),
        Some(Overlay::Needs(needs)) => Some(&mut needs.list.filter),
        Some(Overlay::Menu(menu)) => Some(&mut menu.filter),
        Some(Overlay::Confirm(state)) => Some(&mut state.typed),
        Some(Overlay::Plan(state)) => Some(&mut state.typed),
        Some(Overlay::Choose(state)) => state.reason.as_mut(),
        Some(Overlay::Form(state, _)) => state.field(),
        Some(Overlay::Running(_) | Overlay::Edit(_) | Overlay::Leave(_)) | None => None,
    }
}

/// Takes a paste: into a field or nowhere. It is never taken for keys.
pub fn paste(model: &mut Model, text: &str) {
    if is_unseen(model) {
        return;
    }
    if let Some(question) = model.questions.front_mut() {
        question.paste(text);
    } else if let Some(Overlay::Confirm(state)) = &mut model.overlay {
        state.paste();
    } else if let Some(Overlay::Plan(state)) = &mut model.overlay {
        state.paste();
    } else if let Some(Overlay::Edit(state)) = &mut model.overlay {
        state.paste(text);
    } else if let Some(Overlay::Leave(state)) = &mut model.overlay {
        state.paste();
    } else if let Some(field) = field(model) {
        field.paste(text);
    }
}

/// Moves the cursor of whoever has the keyboard.
pub fn go(model: &mut Model, step: Step) {
    if !model.questions.is_empty() {
        return;
    }
    match &mut model.overlay {
        Some(Overlay::Help(help)) => return help.go(step),
        Some(Overlay::Palette(palette)) => return palette.go(step),
        Some(Overlay::Command(command)) => return command.complete(matches!(step, Step::By(rows) if rows > 0)),
        Some(Overlay::Picker(picker)) => return picker.go(step),
        Some(Overlay::Links(links)) => return links.list.go(step),
        Some(Overlay::Filters(filters)) => return filters.list.go(step),
        Some(Overlay::Logs(logs)) => return logs.list.go(step),
        Some(Overlay::Columns(columns)) => return columns.list.go(step),
        Some(Overlay::Bookmarks(bookmarks)) => return bookmarks.list.go(step),
        Some(Overlay::Ask(_)) => return,
        Some(Overlay::Needs(needs)) => return needs.list.go(step),
        Some(Overlay::Menu(menu)) => return menu.go(step),
        Some(Overlay::Confirm(state)) => return state.go(step),
        Some(Overlay::Running(state)) => return state.go(step),
        Some(Overlay::Plan(state)) => return state.go(step),
        Some(Overlay::Choose(state)) => return state.go(step, 10),
        Some(Overlay::Form(state, _)) => return state.go(step),
        Some(Overlay::Edit(state)) => {
            if let Some(rows) = step.rows(10) {
                state.go(rows);
            }
            return;
        }
        Some(Overlay::Leave(_)) => return,
        None => {}
    }
    if model.screen == Screen::Logs {
        return logs::go(model, step);
    }
    if model.screen == Screen::Procedure {
        return super::procedures::go(model, step);
    }
    if model.screen == Screen::Deploy {
        return super::deploy::go(model, step);
    }
    let Some(fleet) = &model.fleet else { return };
    match model.screen {
        Screen::Overview => model.overview.go(step, fleet),
        Screen::Runbooks => {
            let shelf = Shelf { environment: &fleet.environment, runs: &model.runs, conducted: &model.conducted };
            model.runbooks.go(step, shelf);
        }
        Screen::Logs | Screen::Procedure | Screen::Deploy => {}
        Screen::Hosts => model.hosts.go(step, fleet),
        Screen::Changes => model.changes.go(step, fleet),
        Screen::History => model.history.go(step, &model.runs),
    }
}
