//! Dialogs that stand over the screens and have the keyboard while they do.

use crate::screens::{help, picker};

/// A dialog that the person opened. Questions stand over it; they have a queue of their own.
#[derive(Debug)]
pub enum Overlay {
    /// The help.
    Help(help::State),
    /// The picker of sites and environments.
    Picker(picker::State),
}
