//! Dialogs that stand over the screens and have the keyboard while they do.

use crate::screens::{command, help, palette, picker};

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
}
