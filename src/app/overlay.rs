//! Dialogs that stand over the screens and have the keyboard while they do.

use super::model::Model;
use super::procedures::forms::Purpose;
use crate::input::Action;
use crate::screens::{
    ask, bookmarks, choose, columns, command, confirm, edit, filters, form, help, leave, links, log_choice, menu,
    needs, palette, picker, plan, running,
};

use crate::ui::Seen;
use crate::ui::seen::TYPED_BEFORE;

/// A dialog that the person opened. Questions stand over it; they have a queue of their own.
#[derive(Debug)]
pub enum Overlay {
    /// The help.
    Help(help::State),
    /// The palette.
    Palette(palette::State),
    /// The command line.
    Command(command::State),
    /// The picker of sites and environments.
    Picker(picker::State),
    /// The links of a service.
    Links(links::State),
    /// Filters of logs.
    Filters(filters::State),
    /// Logs of the site.
    Logs(log_choice::State),
    /// Bookmarks in logs.
    Bookmarks(bookmarks::State),
    /// Columns of the logs.
    Columns(columns::State),
    /// A line that is asked for.
    Ask(ask::State),
    /// What a service needs and what needs it.
    Needs(needs::State),
    /// What can be done to the row or the marked rows.
    Menu(menu::State),
    /// What would happen, to be confirmed.
    Confirm(Box<confirm::State>),
    /// Every command of a procedure, to be confirmed.
    Plan(Box<plan::State>),
    /// One of several ways is chosen.
    Choose(choose::State),
    /// What a procedure wants to know.
    Form(Box<form::State>, Purpose),
    /// A command that is edited for once.
    Edit(Box<edit::State>),
    /// The change that goes on, or the newest that ended.
    Running(running::State),
    /// Whether to leave while a change goes on.
    Leave(leave::State),
}

/// Whether the dialog that confirms something was on screen; nothing where there is no such dialog.
pub(super) fn seen(model: &mut Model) -> Option<&mut Seen> {
    match &mut model.overlay {
        Some(Overlay::Confirm(state)) => Some(&mut state.seen),
        Some(Overlay::Plan(state)) => Some(&mut state.seen),
        Some(Overlay::Choose(state)) => Some(&mut state.seen),
        Some(Overlay::Leave(state)) => Some(&mut state.seen),
        Some(
            Overlay::Help(_)
            | Overlay::Palette(_)
            | Overlay::Command(_)
            | Overlay::Picker(_)
            | Overlay::Links(_)
            | Overlay::Filters(_)
            | Overlay::Logs(_)
            | Overlay::Bookmarks(_)
            | Overlay::Columns(_)
            | Overlay::Ask(_)
            | Overlay::Needs(_)
            | Overlay::Menu(_)
            | Overlay::Form(..)
            | Overlay::Edit(_)
            | Overlay::Running(_),
        )
        | None => None,
    }
}

/// After every event: a dialog that is new has a number of its own.
pub(super) fn number(model: &mut Model) {
    let mut count = model.dialogs;
    if let Some(seen) = seen(model) {
        seen.number(&mut count);
    }
    model.dialogs = count;
}

/// Whether a key can't be meant for the dialog that has the keyboard, because no frame has shown it: it was typed ahead,
/// for whatever stood there before. Then it is said so, and the key does nothing. Leaving the dialog is always meant.
pub(super) fn comes_too_early(model: &mut Model, action: Option<Action>) -> bool {
    let answers = match action {
        None => true,
        Some(action) => action == Action::Accept,
    };
    if !answers || !model.questions.is_empty() || seen(model).is_none_or(|seen| seen.waits().is_none()) {
        return false;
    }
    match &mut model.overlay {
        Some(Overlay::Confirm(state)) => state.remark = Some(TYPED_BEFORE.to_owned()),
        Some(Overlay::Plan(state)) => state.remark = Some(TYPED_BEFORE.to_owned()),
        Some(Overlay::Choose(state)) => state.remark = Some(TYPED_BEFORE.to_owned()),
        Some(Overlay::Leave(state)) => state.remark = Some(TYPED_BEFORE),
        Some(_) | None => {}
    }
    true
}
