//! Where a person is in a deploy: the page, what stands under the cursor of each, whether they go along with the run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{ProcedureName, RunId};
use crate::state::deploy::Page;
use crate::state::deploy::what::Pick;
use crate::ui::Window;
use crate::ui::list::Step;

/// The lock is waited for, which somebody else has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Since when.
    pub since: Timestamp,
    /// The run for which; none where it is still to begin.
    pub run: Option<RunId>,
}

/// The state of the screen.
#[derive(Debug)]
pub struct State {
    /// The procedure that was chosen.
    pub name: Option<ProcedureName>,
    /// The page that is shown.
    pub page: Page,
    /// Whether the page goes along with the run.
    pub along: bool,
    /// Whether the cursor stays where it was put, instead of going along with what happens on the page.
    pub held: bool,
    /// What stands under the cursor of the first page.
    pub pick: Option<Pick>,
    /// The parts under the cursors of the other pages.
    pub cursors: BTreeMap<Page, usize>,
    /// Whether the details have the keyboard.
    pub in_detail: bool,
    /// Whether the pane that has the keyboard has all the room.
    pub zoomed: bool,
    /// The rows of the list that are in sight.
    pub window: Window,
    /// The first line of the details in sight.
    pub detail_top: usize,
    /// Versions about which git was asked, each with the commit from which something is new in it.
    pub asked: Vec<(String, Option<String>)>,
    /// How many items follow the release that the last page is about.
    pub follows: usize,
    /// Whether something of the run's gate was waived, or its window was overridden.
    pub waived: bool,
    /// Lines of what is short about the verdict.
    pub short: usize,
    /// The run whose releases were read after its end.
    pub read: Option<RunId>,
    /// Whether the lock is waited for.
    pub waiting: Option<Waiting>,
    /// Whether the cursor was put on the run that was left and has the lock: once, as long as it has it.
    pub led_to_left: bool,
    detail_lines: usize,
    detail_height: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            name: None,
            page: Page::What,
            along: true,
            held: false,
            pick: None,
            cursors: BTreeMap::new(),
            in_detail: false,
            zoomed: false,
            window: Window::default(),
            detail_top: 0,
            asked: Vec::new(),
            follows: 0,
            waived: false,
            short: 0,
            read: None,
            waiting: None,
            led_to_left: false,
            detail_lines: 0,
            detail_height: 1,
        }
    }
}

impl State {
    /// Chooses a procedure.
    pub fn choose(&mut self, name: ProcedureName) {
        if self.name.as_ref() != Some(&name) {
            self.cursors.clear();
            (self.held, self.detail_top) = (false, 0);
        }
        self.name = Some(name);
    }

    /// Shows a page because a person wants to see it; `current` is the one at which the run stands.
    pub fn turn(&mut self, page: Page, current: Page) {
        self.along = page == current;
        self.show(page);
    }

    /// Shows a page.
    pub fn show(&mut self, page: Page) {
        if page != self.page {
            (self.page, self.held, self.in_detail, self.detail_top) = (page, false, false, 0);
            self.window.top = 0;
        }
    }

    /// The part under the cursor.
    pub fn cursor(&self) -> Option<usize> {
        self.cursors.get(&self.page).copied()
    }

    /// Puts the cursor on a part because a person wants it there.
    pub fn stand_on(&mut self, part: usize) {
        self.held = true;
        self.put(Some(part));
    }

    /// Puts the cursor on a part.
    pub fn put(&mut self, part: Option<usize>) {
        if self.cursor() != part {
            self.detail_top = 0;
        }
        match part {
            Some(part) => drop(self.cursors.insert(self.page, part)),
            None => drop(self.cursors.remove(&self.page)),
        }
    }

    /// Scrolls the details.
    pub fn scroll(&mut self, to: Step) {
        self.detail_top = to.scrolled(self.detail_top, self.detail_height).min(self.most());
    }

    fn most(&self) -> usize {
        self.detail_lines.saturating_sub(self.detail_height)
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.zoomed || self.in_detail {
            (self.zoomed, self.in_detail) = (false, false);
            return true;
        }
        false
    }

    /// After every event: the cursor is in sight, and the details stay within their pane.
    pub fn settle(&mut self, row: Option<(usize, usize)>, rows: usize, height: usize, detail: (usize, usize)) {
        // All of what unfolds is in sight, where it has room; its first line in any case.
        self.window.keep(row.map(|(_, last)| last), rows, height);
        self.window.keep(row.map(|(first, _)| first), rows, height);
        (self.detail_lines, self.detail_height) = (detail.0, detail.1.max(1));
        self.detail_top = self.detail_top.min(self.most());
    }
}
