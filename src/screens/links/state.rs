//! The links to choose from.

use crate::domain::ServiceName;
use crate::domain::service::Link;
use crate::ui::finder::Finder;

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// Whose links these are.
    pub service: ServiceName,
    /// The links.
    pub list: Finder<Link>,
}

impl State {
    /// All links of a service, with the cursor on the first.
    pub fn new(service: ServiceName, links: Vec<Link>) -> Self {
        let searched = |link: &Link| format!("{} {}", link.title.plain(), link.url.plain());
        Self { service, list: Finder::new(links, searched) }
    }
}
