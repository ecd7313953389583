//! What a person has done on the overview: cursor, folds, filter, what the detail pane shows.

use std::collections::BTreeSet;
use std::time::Duration;

use super::rows::{Order, Row, RowKey, rows, speaker};
use crate::domain::{HostName, Moment, ServiceName, UnitName};
use crate::port::event::UnitDetail;
use crate::state::{Fleet, Instance, ServiceRow};
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// How long the cursor stays on a row before its details are read: not for every row that it passes.
const RESTS: Duration = Duration::from_millis(150);
/// After this long the details under the cursor are read anew.
const REREAD: Duration = Duration::from_secs(60);
/// Details are never read more often than this.
const STORM: Duration = Duration::from_secs(2);

/// Details of a unit as they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The host.
    pub host: HostName,
    /// The unit.
    pub unit: UnitName,
    /// What was read.
    pub detail: UnitDetail,
    /// When.
    pub at: Moment,
}

/// The state of the overview.
#[derive(Debug, Default)]
pub struct State {
    /// The row under the cursor.
    pub cursor: Option<RowKey>,
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
    /// Whether the unit file stands in the detail pane.
    pub unit_file: bool,
    /// The details that were read last.
    pub detail: Option<Detail>,
    /// The units to which something is being done just now, with a word for that.
    pub doing: Vec<(HostName, UnitName, &'static str)>,
    marks: BTreeSet<RowKey>,
    range: Option<RowKey>,
    unfolded: BTreeSet<ServiceName>,
    place: usize,
    rests_on: Option<(HostName, UnitName)>,
    rests_since: Option<Moment>,
    asked: Option<Asked>,
}

/// The details that were asked for last.
#[derive(Debug)]
struct Asked {
    host: HostName,
    unit: UnitName,
    at: Moment,
    /// When they are asked for again.
    due: Moment,
}

impl State {
    /// As it begins: in the order of the site, or with the worst first.
    pub fn sorted(worst_first: bool) -> Self {
        Self { worst_first, ..Self::default() }
    }

    /// The rows as they stand now.
    pub fn rows(&self, fleet: &Fleet) -> Vec<Row> {
        let filter = Filter::parse(self.filter.text());
        let order = Order {
            filter: &filter,
            only_trouble: self.only_trouble,
            worst_first: self.worst_first,
            unfolded: &self.unfolded,
        };
        rows(fleet, order)
    }

    /// The place of the cursor among the rows.
    pub fn place(&self, rows: &[Row], fleet: &Fleet) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        rows.iter().position(|row| row.key(fleet).as_ref() == Some(cursor))
    }

    /// The service under the cursor and the instance that is meant: the one of the row, or the one that speaks
    /// for the service.
    pub fn chosen<'a>(&self, fleet: &'a Fleet) -> Option<(&'a ServiceRow, Option<&'a Instance>)> {
        let cursor = self.cursor.as_ref()?;
        let row = fleet.service(&cursor.service)?;
        let instance = match &cursor.instance {
            Some((host, unit)) => row.instances.iter().find(|one| one.host == *host && one.unit == *unit),
            None => speaker(row),
        };
        Some((row, instance))
    }

    /// The unit whose details are meant.
    pub fn unit(&self, fleet: &Fleet) -> Option<(HostName, UnitName)> {
        let (_, instance) = self.chosen(fleet)?;
        let instance = instance?;
        Some((instance.host.clone()?, instance.unit.clone()?))
    }

    /// The details that were read of the unit under the cursor.
    pub fn detail_of(&self, fleet: &Fleet) -> Option<&Detail> {
        let (host, unit) = self.unit(fleet)?;
        self.detail.as_ref().filter(|detail| detail.host == host && detail.unit == unit)
    }

    /// Moves the cursor, or the text of the details when these have the keyboard.
    pub fn go(&mut self, to: Step, fleet: &Fleet) {
        if self.in_detail {
            self.detail_top = to.scrolled(self.detail_top, self.window.height);
            return;
        }
        let rows = self.rows(fleet);
        let next = step(self.place(&rows, fleet), &choosable(&rows), to, self.window.height);
        if let Some(row) = next.and_then(|n| rows.get(n)) {
            self.cursor = row.key(fleet);
        }
    }

    /// To the next service that passes the filter, or the one before, over the instances between; says whether there was
    /// one.
    pub fn hit(&mut self, down: bool, fleet: &Fleet) -> bool {
        let rows = self.rows(fleet);
        let here = self.place(&rows, fleet).unwrap_or(0);
        let service = |n: &usize| matches!(rows.get(*n), Some(Row::Service { .. }));
        let found = if down { (here + 1..rows.len()).find(service) } else { (0..here).rev().find(service) };
        let key = found.and_then(|n| rows.get(n)).and_then(|row| row.key(fleet));
        let moved = key.is_some();
        self.cursor = key.or(self.cursor.take());
        moved
    }

    /// Puts the cursor on a service, whatever hid it.
    pub fn reveal(&mut self, service: ServiceName) {
        self.filter.clear();
        (self.only_trouble, self.in_detail, self.zoomed, self.unit_file) = (false, false, false, false);
        self.cursor = Some(RowKey { service, instance: None });
    }

    /// Puts the cursor on the instance of a service on a host.
    pub fn reveal_instance(&mut self, service: &ServiceName, host: &HostName, fleet: &Fleet) {
        let row = fleet.service(service);
        let on = |instance: &&Instance| instance.host.as_ref() == Some(host);
        let Some((row, instance)) = row.and_then(|row| Some((row, row.instances.iter().find(on)?))) else { return };
        if row.instances.len() > 1 {
            self.unfolded.insert(service.clone());
            let instance = Some((instance.host.clone(), instance.unit.clone()));
            self.cursor = Some(RowKey { service: service.clone(), instance });
        }
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

    /// Shows the unit file in the details, or the details again.
    pub fn toggle_unit_file(&mut self) {
        self.unit_file = !self.unit_file;
        self.detail_top = 0;
        self.in_detail |= self.unit_file;
    }

    /// Shows the instances of the service under the cursor, or hides them; `None` does the other of the two.
    pub fn fold(&mut self, open: Option<bool>) {
        let Some(cursor) = &self.cursor else { return };
        let name = cursor.service.clone();
        if open.unwrap_or_else(|| !self.unfolded.contains(&name)) {
            self.unfolded.insert(name);
        } else {
            self.unfolded.remove(&name);
            self.go_to_service();
        }
    }

    /// Whether the instances of a service are shown.
    pub fn is_unfolded(&self, service: &ServiceName) -> bool {
        self.unfolded.contains(service)
    }

    /// How many services have their instances shown.
    pub fn unfolded(&self) -> usize {
        self.unfolded.len()
    }

    /// Shows all instances.
    pub fn unfold_all(&mut self, fleet: &Fleet) {
        self.unfolded = fleet.services.iter().map(|row| row.service.name.clone()).collect();
    }

    /// Hides all instances.
    pub fn fold_all(&mut self) {
        self.unfolded.clear();
        self.go_to_service();
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.unit_file {
            self.unit_file = false;
        } else if self.in_detail || self.zoomed {
            (self.in_detail, self.zoomed) = (false, false);
        } else if self.range.take().is_some() {
        } else if !self.marks.is_empty() {
            self.marks.clear();
        } else if !self.filter.text().is_empty() {
            self.filter.clear();
        } else if self.only_trouble {
            self.only_trouble = false;
        } else {
            return false;
        }
        self.detail_top = 0;
        true
    }

    /// Puts the cursor on the row at this place on screen.
    pub fn point(&mut self, line: usize, fleet: &Fleet) {
        let rows = self.rows(fleet);
        if let Some(key) = rows.get(self.window.top + line).and_then(|row| row.key(fleet)) {
            self.cursor = Some(key);
            self.in_detail = false;
        }
    }

    /// The marks as they were set.
    pub(super) fn marks(&self) -> &BTreeSet<RowKey> {
        &self.marks
    }

    pub(super) fn marks_mut(&mut self) -> &mut BTreeSet<RowKey> {
        &mut self.marks
    }

    /// Lets all marks go.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.range = None;
    }

    /// Where a range of marks was begun.
    pub fn range(&self) -> Option<&RowKey> {
        self.range.as_ref()
    }

    pub(super) fn set_range(&mut self, from: Option<RowKey>) {
        self.range = from;
    }

    fn go_to_service(&mut self) {
        if let Some(cursor) = &mut self.cursor {
            cursor.instance = None;
        }
    }

    /// After every event: the cursor stands on a row that is there, and the window around it.
    pub fn settle(&mut self, fleet: &Fleet, list: usize, detail: usize, detail_lines: usize, now: Moment) {
        let rows = self.rows(fleet);
        let place = self.place(&rows, fleet).or_else(|| {
            let choosable = choosable(&rows);
            let near = choosable.iter().copied().find(|n| *n >= self.place);
            let found = near.or(choosable.last().copied())?;
            self.cursor = rows.get(found).and_then(|row| row.key(fleet));
            Some(found)
        });
        if let Some(place) = place {
            self.place = place;
        }
        self.window.keep(place, rows.len(), list);
        self.detail_top = self.detail_top.min(detail_lines.saturating_sub(detail));
        let unit = self.unit(fleet);
        if unit != self.rests_on {
            self.rests_since = Some(now);
            self.rests_on = unit;
            self.detail_top = 0;
        }
    }

    /// The units on screen, to read what they use.
    pub fn visible_units(&self, fleet: &Fleet) -> Vec<(HostName, UnitName)> {
        let rows = self.rows(fleet);
        let mut units = Vec::new();
        let mut add = |instance: &Instance| {
            if let (Some(host), Some(unit)) = (&instance.host, &instance.unit) {
                units.push((host.clone(), unit.clone()));
            }
        };
        for row in rows.get(self.window.range(rows.len())).unwrap_or_default() {
            match row {
                Row::Service { service, .. } => {
                    fleet.services.get(*service).into_iter().flat_map(|row| &row.instances).for_each(&mut add);
                }
                Row::Tier { .. } | Row::Instance { .. } => {}
            }
        }
        if let Some((_, Some(instance))) = self.chosen(fleet) {
            add(instance);
        }
        units.sort();
        units.dedup();
        units
    }

    /// The unit whose details shall be read now, if the cursor has rested long enough.
    pub fn wants_detail(&mut self, fleet: &Fleet, now: Moment) -> Option<(HostName, UnitName)> {
        let (host, unit) = self.unit(fleet)?;
        fleet.host(&host).filter(|row| row.link.is_up())?;
        if self.detail_due(&host, &unit)? > now {
            return None;
        }
        self.asked = Some(Asked { host: host.clone(), unit: unit.clone(), at: now, due: now.after(REREAD) });
        Some((host, unit))
    }

    /// When the details under the cursor shall be read.
    pub fn next_detail(&self, fleet: &Fleet) -> Option<Moment> {
        let (host, unit) = self.unit(fleet)?;
        fleet.host(&host).filter(|row| row.link.is_up())?;
        self.detail_due(&host, &unit)
    }

    fn detail_due(&self, host: &HostName, unit: &UnitName) -> Option<Moment> {
        match &self.asked {
            Some(asked) if asked.host == *host && asked.unit == *unit => Some(asked.due),
            Some(_) | None => self.rests_since.map(|since| since.after(RESTS)),
        }
    }

    /// The unit under the cursor changed: its details are read anew soon, but not at every change of a storm.
    pub fn stir(&mut self, now: Moment) {
        if let Some(asked) = &mut self.asked {
            asked.due = asked.due.min(now.after(RESTS).max(asked.at.after(STORM)));
        }
    }
}

fn choosable(rows: &[Row]) -> Vec<usize> {
    (0..rows.len()).filter(|n| !matches!(rows[*n], Row::Tier { .. })).collect()
}
