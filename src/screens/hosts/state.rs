//! What a person has done on the hosts: cursor, filter, order.

use crate::domain::HostName;
use crate::domain::link::Link;
use crate::state::{Fleet, HostRow};
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// The state of the hosts screen.
#[derive(Debug, Default)]
pub struct State {
    /// The host under the cursor.
    pub cursor: Option<HostName>,
    /// The rows on screen.
    pub window: Window,
    /// The filter as typed.
    pub filter: Field,
    /// Whether the filter takes the keys.
    pub typing: bool,
    /// Only what is in trouble.
    pub only_trouble: bool,
    /// The worst first.
    pub worst_first: bool,
    /// Whether the details have the whole screen.
    pub zoomed: bool,
    /// Whether the details have the keyboard.
    pub in_detail: bool,
    /// First line of the details on screen.
    pub detail_top: usize,
    place: usize,
}

/// How bad a host is, from 0 for well.
pub fn badness(fleet: &Fleet, row: &HostRow) -> u8 {
    match &row.link {
        Link::Stopped { .. } => 4,
        Link::Waiting { .. } | Link::Asking { .. } => 3,
        Link::Connecting { .. } => 2,
        Link::Up { .. } => u8::from(fleet.unnamed_failures(row).next().is_some() || wants_reboot(row)),
    }
}

fn wants_reboot(row: &HostRow) -> bool {
    row.facts.as_ref().is_some_and(|(facts, _)| facts.reboot.is_some())
}

impl State {
    /// As it begins: in the order of the site, or with the worst first.
    pub fn sorted(worst_first: bool) -> Self {
        Self { worst_first, ..Self::default() }
    }

    /// The hosts as they stand now.
    pub fn rows<'a>(&self, fleet: &'a Fleet) -> Vec<&'a HostRow> {
        let filter = Filter::parse(self.filter.text());
        let passes = |row: &&HostRow| {
            let tags = row.host.tags.join(" ");
            let text = format!("{} {tags}", row.host.name);
            (!self.only_trouble || badness(fleet, row) > 0) && filter.passes(&text)
        };
        let mut rows: Vec<&HostRow> = fleet.hosts.iter().filter(passes).collect();
        if self.worst_first {
            rows.sort_by_key(|row| std::cmp::Reverse(badness(fleet, row)));
        }
        rows
    }

    /// The place of the cursor among the rows.
    pub fn place(&self, rows: &[&HostRow]) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        rows.iter().position(|row| row.host.name == *cursor)
    }

    /// The host under the cursor.
    pub fn chosen<'a>(&self, fleet: &'a Fleet) -> Option<&'a HostRow> {
        fleet.host(self.cursor.as_ref()?)
    }

    /// Moves the cursor, or the text of the details when these have the keyboard.
    pub fn go(&mut self, to: Step, fleet: &Fleet) {
        if self.in_detail {
            self.detail_top = to.scrolled(self.detail_top, self.window.height);
            return;
        }
        let rows = self.rows(fleet);
        let all: Vec<usize> = (0..rows.len()).collect();
        let next = step(self.place(&rows), &all, to, self.window.height);
        if let Some(row) = next.and_then(|n| rows.get(n)) {
            self.cursor = Some(row.host.name.clone());
            self.detail_top = 0;
        }
    }

    /// Puts the cursor on the row at this place on screen.
    pub fn point(&mut self, line: usize, fleet: &Fleet) {
        if let Some(row) = self.rows(fleet).get(self.window.top + line) {
            self.cursor = Some(row.host.name.clone());
            self.in_detail = false;
        }
    }

    /// Puts the cursor on a host, whatever hid it.
    pub fn reveal(&mut self, host: HostName) {
        self.filter.clear();
        (self.only_trouble, self.in_detail, self.zoomed, self.detail_top) = (false, false, false, 0);
        self.cursor = Some(host);
    }

    /// Gives the keyboard to the details.
    pub fn open(&mut self) {
        self.in_detail = true;
        self.detail_top = 0;
    }

    /// Gives the whole screen to the details, or takes it back.
    pub fn zoom(&mut self) {
        self.zoomed = !self.zoomed;
        self.in_detail = self.zoomed;
    }

    /// Begins to type a filter.
    pub fn type_filter(&mut self) {
        (self.typing, self.in_detail, self.zoomed) = (true, false, false);
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.in_detail || self.zoomed {
            (self.in_detail, self.zoomed, self.detail_top) = (false, false, 0);
        } else if !self.filter.text().is_empty() {
            self.filter.clear();
        } else if self.only_trouble {
            self.only_trouble = false;
        } else {
            return false;
        }
        true
    }

    /// After every event: the cursor stands on a row that is there, and the window around it.
    pub fn settle(&mut self, fleet: &Fleet, list: usize, detail: usize, detail_lines: usize) {
        let rows = self.rows(fleet);
        let place = self.place(&rows).or_else(|| {
            let found = self.place.min(rows.len().checked_sub(1)?);
            self.cursor = rows.get(found).map(|row| row.host.name.clone());
            Some(found)
        });
        self.place = place.unwrap_or(self.place);
        self.window.keep(place, rows.len(), list);
        self.detail_top = self.detail_top.min(detail_lines.saturating_sub(detail));
    }
}
