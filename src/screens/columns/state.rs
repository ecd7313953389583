//! Which columns there are, and which are shown.

use crate::ui::finder::Finder;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name as it is kept: `host`, or a field with a dot before it.
    pub name: String,
    /// What it is, for a person.
    pub told: String,
    /// Whether it is shown.
    pub on: bool,
}

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// The columns: the line's own, then fields.
    pub list: Finder<Column>,
    /// Fields that are shown at most.
    pub most: usize,
}

impl State {
    /// All of them, with the cursor on the first.
    pub fn new(columns: Vec<Column>, most: usize) -> Self {
        Self { list: Finder::new(columns, |column| format!("{} {}", column.name, column.told)), most }
    }
}
