//! The bookmarks to choose from.

use crate::port::keepsake::Bookmark;
use crate::ui::finder::Finder;

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// The bookmarks, the newest line first.
    pub list: Finder<Bookmark>,
}

impl State {
    /// All of them, with the cursor on the first.
    pub fn new(bookmarks: Vec<Bookmark>) -> Self {
        let searched = |one: &Bookmark| format!("{} {} {} {}", one.note, one.place.origin.host, one.speaker, one.text);
        Self { list: Finder::new(bookmarks, searched) }
    }
}
