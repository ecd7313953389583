//! Marks: the rows that the next action is meant for.

use std::collections::BTreeSet;

use super::rows::{Row, RowKey};
use super::state::State;
use crate::domain::service::Tier;
use crate::state::planner::Target;
use crate::state::{Fleet, ServiceRow};

impl State {
    /// Marks the row under the cursor, or unmarks it; ends a range.
    pub fn mark(&mut self, fleet: &Fleet) {
        if self.range().is_some() {
            return self.mark_range(fleet);
        }
        let Some(key) = self.cursor.clone() else { return };
        self.toggle(vec![key]);
    }

    /// Begins a range at the cursor, or ends it there.
    pub fn mark_range(&mut self, fleet: &Fleet) {
        if self.range().is_some() {
            let rows = self.in_range(fleet);
            self.set_range(None);
            self.marks_mut().extend(rows);
        } else {
            self.set_range(self.cursor.clone());
        }
    }

    /// Marks the services of the cursor's tier that are shown, or unmarks them.
    pub fn mark_tier(&mut self, fleet: &Fleet) {
        let tier = self.chosen(fleet).map(|(row, _)| row.service.tier.clone());
        let keys = self.shown_services(fleet, |row| Some(&row.service.tier) == tier.as_ref());
        self.toggle(keys);
    }

    /// Marks every service that is shown, or unmarks them.
    pub fn mark_all(&mut self, fleet: &Fleet) {
        let keys = self.shown_services(fleet, |_| true);
        self.toggle(keys);
    }

    /// Every row that is marked and still there, those of an open range included.
    pub fn marked(&self, fleet: &Fleet) -> BTreeSet<RowKey> {
        let there = |key: &&RowKey| {
            let Some(row) = fleet.service(&key.service) else { return false };
            let is = |host: &_, unit: &_| row.instances.iter().any(|one| one.host == *host && one.unit == *unit);
            key.instance.as_ref().is_none_or(|(host, unit)| is(host, unit))
        };
        let mut all: BTreeSet<RowKey> = self.marks().iter().filter(there).cloned().collect();
        all.extend(self.in_range(fleet));
        all
    }

    /// What the marks mean: a tier or everything where all of it is marked, else services and instances by name.
    pub fn marked_targets(&self, fleet: &Fleet) -> Vec<Target> {
        let marked = self.marked(fleet);
        let whole = |row: &ServiceRow| marked.contains(&RowKey { service: row.service.name.clone(), instance: None });
        if fleet.services.len() > 1 && fleet.services.iter().all(whole) {
            return vec![Target::Everything];
        }
        let mut tiers: Vec<&Tier> = Vec::new();
        for row in &fleet.services {
            let tier = &row.service.tier;
            let members: Vec<&ServiceRow> = fleet.services.iter().filter(|row| row.service.tier == *tier).collect();
            if !tiers.contains(&tier) && members.len() > 1 && members.iter().all(|row| whole(row)) {
                tiers.push(tier);
            }
        }
        let of_tier = |key: &RowKey| fleet.service(&key.service).is_some_and(|row| tiers.contains(&&row.service.tier));
        let single = marked.iter().filter(|key| key.instance.is_some() || !of_tier(key)).map(target);
        let single: Vec<Target> = single.collect();
        tiers.into_iter().cloned().map(Target::Tier).chain(single).collect()
    }

    /// Marks all of these, or unmarks them where all are marked already.
    fn toggle(&mut self, keys: Vec<RowKey>) {
        if keys.iter().all(|key| self.marks().contains(key)) {
            self.marks_mut().retain(|key| !keys.contains(key));
        } else {
            self.marks_mut().extend(keys);
        }
    }

    fn shown_services(&self, fleet: &Fleet, of: impl Fn(&ServiceRow) -> bool) -> Vec<RowKey> {
        let rows = self.rows(fleet);
        let service = |row: &Row| match row {
            Row::Service { service, .. } => fleet.services.get(*service).filter(|row| of(row)),
            Row::Tier { .. } | Row::Instance { .. } => None,
        };
        let key = |row: &ServiceRow| RowKey { service: row.service.name.clone(), instance: None };
        rows.iter().filter_map(service).map(key).collect()
    }

    /// The rows from where a range was begun to the cursor.
    fn in_range(&self, fleet: &Fleet) -> Vec<RowKey> {
        let Some(from) = self.range() else { return Vec::new() };
        let rows = self.rows(fleet);
        let start = rows.iter().position(|row| row.key(fleet).as_ref() == Some(from));
        let (Some(start), Some(end)) = (start, self.place(&rows, fleet)) else { return Vec::new() };
        let range = start.min(end)..=start.max(end);
        rows.get(range).unwrap_or_default().iter().filter_map(|row| row.key(fleet)).collect()
    }
}

/// What a row means when an action is meant for it.
pub fn target(key: &RowKey) -> Target {
    match &key.instance {
        None => Target::Service(key.service.clone()),
        Some((host, unit)) => Target::Instance(key.service.clone(), host.clone(), unit.clone()),
    }
}
