//! The units of one manager as the bus tells of them: which are kept, which must be read again, what changed.
//!
//! No input or output here. A signal's own content is applied at once; then the unit is read whole, at most
//! once a second, so that a storm of signals is one read in flight and one waiting. The order in which the bus
//! sent things decides which of two words about a unit stands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use zbus::message::Sequence;

use super::bus::Listed;
use super::wanted::Selection;
use crate::domain::UnitName;
use crate::domain::unit::{Active, Load, UnitFacts};
use crate::runtimes::systemd_list::is_template;
use crate::runtimes::systemd_props::Properties;

/// Shortest time between two reads of one unit.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Most units that are kept of one manager; what the site names comes first.
const MOST: usize = 1000;

/// Why a unit is kept; the more wanted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Named,
    Matched,
    Failed,
}

#[derive(Debug)]
struct Tracked {
    why: Why,
    /// Since when it is kept: a listing that was asked for earlier can't know it.
    since: Instant,
    properties: Properties,
    read_before: bool,
    dirty: bool,
    reading: bool,
    last_read: Option<Instant>,
    read_at: Sequence,
    signal_at: Sequence,
    told: Option<UnitFacts>,
}

impl Tracked {
    fn new(why: Why) -> Self {
        Self {
            why,
            since: Instant::now(),
            properties: Properties::default(),
            read_before: false,
            dirty: true,
            reading: false,
            last_read: None,
            read_at: Sequence::default(),
            signal_at: Sequence::default(),
            told: None,
        }
    }

    fn due(&self) -> Option<Option<Instant>> {
        (self.dirty && !self.reading).then(|| self.last_read.map(|at| at + READ_EVERY))
    }
}

/// What one listing found.
#[derive(Debug)]
pub struct Listing {
    /// When it was asked for.
    pub asked: Instant,
    /// Loaded units that match a pattern.
    pub matching: Vec<Listed>,
    /// Unit files that match a pattern, with their state.
    pub files: Vec<(UnitName, String)>,
    /// Units that failed.
    pub failed: Vec<Listed>,
    /// The units asked for by name, each with its row.
    pub known: Vec<(UnitName, Listed)>,
}

/// The units of one manager.
#[derive(Debug)]
pub struct Units {
    selection: Selection,
    tracked: BTreeMap<UnitName, Tracked>,
    /// Other names of kept units: what systemd calls it, and what we call it.
    also: BTreeMap<UnitName, UnitName>,
    /// Names found by a pattern that turned out to be other names of kept units.
    aliases: BTreeSet<UnitName>,
    touched: BTreeSet<UnitName>,
}

impl Units {
    /// Begins with the units that are named.
    pub fn new(selection: Selection) -> Self {
        let named = selection.exact().iter().map(|name| (name.clone(), Tracked::new(Why::Named))).collect();
        Self { selection, tracked: named, also: BTreeMap::new(), aliases: BTreeSet::new(), touched: BTreeSet::new() }
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The names of all kept units.
    pub fn names(&self) -> Vec<UnitName> {
        self.tracked.keys().cloned().collect()
    }

    /// The name under which a unit is kept.
    pub fn kept(&self, name: &UnitName) -> Option<UnitName> {
        if self.tracked.contains_key(name) { Some(name.clone()) } else { self.also.get(name).cloned() }
    }

    /// Takes a signal about `name`. Returns whether the list of units should be read soon.
    pub fn signal(&mut self, name: &UnitName, content: Properties, at: Sequence) -> bool {
        let Some(kept) = self.kept(name) else {
            let why = if self.selection.matches(name) && !self.aliases.contains(name) {
                Why::Matched
            } else if content.facts(name).active == Active::Failed {
                Why::Failed
            } else {
                return false;
            };
            if self.tracked.len() < MOST {
                self.tracked.insert(name.clone(), Tracked::new(why));
            }
            return false;
        };
        let Some(tracked) = self.tracked.get_mut(&kept) else { return false };
        tracked.dirty = true;
        // Without a first read there is nothing to add to; and a read that came later knows better.
        if !tracked.read_before || at < tracked.read_at {
            return false;
        }
        tracked.signal_at = at;
        tracked.properties.merge(content);
        self.touched.insert(kept.clone());
        tracked.why == Why::Failed && tracked.properties.facts(&kept).active != Active::Failed
    }

    /// Marks one unit to be read again, if it is kept.
    pub fn mark(&mut self, name: &UnitName) {
        if let Some(tracked) = self.kept(name).and_then(|kept| self.tracked.get_mut(&kept)) {
            tracked.dirty = true;
        }
    }

    /// Marks every unit to be read again, each in its turn.
    pub fn mark_all(&mut self) {
        self.tracked.values_mut().for_each(|tracked| tracked.dirty = true);
    }

    /// Marks every unit to be read again now, however lately it was read.
    pub fn mark_all_now(&mut self) {
        for tracked in self.tracked.values_mut() {
            tracked.dirty = true;
            tracked.last_read = None;
        }
    }

    /// Whether a unit that was told to be running was kept under this name.
    pub fn is_running(&self, name: &UnitName) -> bool {
        let facts = self.kept(name).and_then(|kept| self.tracked.get(&kept)?.told.clone());
        facts.is_some_and(|facts| !matches!(facts.active, Active::Inactive | Active::Failed | Active::Unknown))
    }

    /// Takes a listing: units come and go, and those whose rows differ from what we know are read at once.
    pub fn list(&mut self, listing: &Listing) {
        let mut wanted: BTreeMap<UnitName, Why> = BTreeMap::new();
        let mut want = |name: &UnitName, why: Why| {
            if wanted.len() < MOST && !is_template(name) {
                let entry = wanted.entry(name.clone()).or_insert(why);
                *entry = why.min(*entry);
            }
        };
        self.selection.exact().iter().for_each(|name| want(name, Why::Named));
        let loaded = listing.matching.iter().filter(|row| row.load != "not-found").map(|row| &row.name);
        let files = listing.files.iter().filter(|(_, state)| state != "alias").map(|(name, _)| name);
        loaded.chain(files).filter(|name| !self.aliases.contains(*name)).for_each(|name| want(name, Why::Matched));
        let foreign = listing.failed.iter().map(|row| &row.name).filter(|name| !self.also.contains_key(*name));
        foreign.for_each(|name| want(name, Why::Failed));

        self.tracked.retain(|name, tracked| wanted.contains_key(name) || tracked.since > listing.asked);
        let tracked = &self.tracked;
        self.also.retain(|_, kept| tracked.contains_key(kept));
        for (name, why) in wanted {
            self.tracked.entry(name).and_modify(|tracked| tracked.why = why).or_insert_with(|| Tracked::new(why));
        }
        for (name, row) in &listing.known {
            // One that is being read, or was never, needs no comparison to be read.
            if let Some(tracked) = self.tracked.get_mut(name).filter(|tracked| tracked.read_before && !tracked.reading)
            {
                let differs = !tracked.properties.says("ActiveState", &row.active)
                    || !tracked.properties.says("SubState", &row.sub)
                    || !tracked.properties.says("LoadState", &row.load);
                if differs {
                    tracked.dirty = true;
                    tracked.last_read = None;
                }
            }
        }
    }

    /// Up to `most` units that are to be read now; they count as being read from here on.
    pub fn begin_reads(&mut self, now: Instant, most: usize) -> Vec<UnitName> {
        let due = |tracked: &Tracked| tracked.due().is_some_and(|at| at.is_none_or(|at| at <= now));
        let mut names: Vec<(Why, UnitName)> =
            self.tracked.iter().filter(|(_, t)| due(t)).map(|(name, t)| (t.why, name.clone())).collect();
        names.sort();
        names.truncate(most);
        for (_, name) in &names {
            if let Some(tracked) = self.tracked.get_mut(name) {
                tracked.reading = true;
                tracked.dirty = false;
            }
        }
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// When the next unit that waits may be read.
    pub fn next_read(&self) -> Option<Instant> {
        self.tracked.values().filter_map(|tracked| tracked.due().flatten()).min()
    }

    /// Whether nothing is being read or waits to be.
    pub fn is_settled(&self) -> bool {
        self.tracked.values().all(|tracked| !tracked.dirty && !tracked.reading)
    }

    /// Takes the end of a read. Returns whether the list of units should be read soon.
    pub fn end_read(&mut self, name: &UnitName, read: Option<(Properties, Sequence)>, now: Instant) -> bool {
        let Some(tracked) = self.tracked.get_mut(name) else { return false };
        tracked.reading = false;
        tracked.last_read = Some(now);
        let Some((properties, at)) = read else { return false };
        let id = properties.id().filter(|id| id != name);
        if at < tracked.signal_at {
            // A signal overtook the answer: what the signal said stands until the next read.
            tracked.dirty = true;
            return false;
        }
        tracked.read_at = at;
        tracked.read_before = true;
        tracked.properties = properties;
        let facts = tracked.properties.facts(name);
        let is_there = facts.load != Load::NotFound || facts.active == Active::Failed || facts.active.runs();
        let gone = tracked.why == Why::Matched && !is_there;
        let alias = tracked.why == Why::Matched && id.is_some();
        if gone || alias {
            self.tracked.remove(name);
            self.touched.remove(name);
            if alias {
                self.aliases.insert(name.clone());
            }
            return false;
        }
        let forgiven = tracked.why == Why::Failed && facts.active != Active::Failed;
        if let Some(id) = id {
            self.also.insert(id, name.clone());
        }
        self.touched.insert(name.clone());
        forgiven
    }

    /// What is new since the last call, unit by unit.
    pub fn changes(&mut self) -> Vec<(UnitName, UnitFacts)> {
        let mut changes = Vec::new();
        for name in std::mem::take(&mut self.touched) {
            if let Some(tracked) = self.tracked.get_mut(&name) {
                let facts = tracked.properties.facts(&name);
                if tracked.told.as_ref() != Some(&facts) {
                    tracked.told = Some(facts.clone());
                    changes.push((name, facts));
                }
            }
        }
        changes
    }

    /// All that was read, each unit with its facts; nothing is new after it.
    pub fn all(&mut self) -> Vec<(UnitName, UnitFacts)> {
        self.touched.clear();
        let read = self.tracked.iter_mut().filter(|(_, tracked)| tracked.read_before);
        read.map(|(name, tracked)| {
            let facts = tracked.properties.facts(name);
            tracked.told = Some(facts.clone());
            (name.clone(), facts)
        })
        .collect()
    }
}
