//! The links to choose from.

use crate::domain::service::Link;
use crate::ui::finder::Finder;

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// Whose links these are.
    pub of: String,
    /// The links.
    pub list: Finder<Link>,
}

impl State {
    /// All links of something, with the cursor on the first.
    pub fn new(of: String, links: Vec<Link>) -> Self {
        let searched = |link: &Link| format!("{} {}", link.title.plain(), link.url.plain());
        Self { of, list: Finder::new(links, searched) }
    }
}
