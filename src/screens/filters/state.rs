//! The filters to choose from.

use crate::ui::finder::Finder;

/// Where a filter is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The person's own file.
    Own,
    /// The site.
    Site,
    /// It was kept from the filter line.
    Kept,
    /// It was looked for before.
    Used,
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its name, where it has one.
    pub name: String,
    /// The query.
    pub query: String,
    /// Where it is from.
    pub whose: Whose,
}

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// The filters.
    pub list: Finder<Filter>,
}

impl State {
    /// All of them, with the cursor on the first.
    pub fn new(filters: Vec<Filter>) -> Self {
        Self { list: Finder::new(filters, |filter| format!("{} {}", filter.name, filter.query)) }
    }
}
