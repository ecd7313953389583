//! Dialogs that stand over the screens and have the keyboard while they do.

use super::procedures::forms::Purpose;
use crate::screens::{
    choose, command, confirm, edit, form, help, leave, links, menu, needs, palette, picker, plan, running,
};

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
