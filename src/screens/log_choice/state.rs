//! The logs to choose from.

use crate::domain::LogName;
use crate::text::Foreign;
use crate::ui::finder::Finder;

/// Something that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The log of the site; `None` stands for all services.
    pub log: Option<LogName>,
    /// One line about it.
    pub title: Foreign,
    /// What is read, and where.
    pub what: String,
}

impl Choice {
    /// How it is called.
    pub fn name(&self) -> &str {
        self.log.as_ref().map_or("all services", LogName::as_str)
    }
}

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// The choices.
    pub list: Finder<Choice>,
}

impl State {
    /// All of them, with the cursor on the first.
    pub fn new(choices: Vec<Choice>) -> Self {
        let searched = |choice: &Choice| format!("{} {} {}", choice.name(), choice.title.plain(), choice.what);
        Self { list: Finder::new(choices, searched) }
    }
}
