//! What is on its way to the core, one of each kind: while the core is busy newer news replace older ones.
//!
//! So a burst on a host costs as many events as it has units, whatever the number of changes.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::link::Means;
use crate::domain::unit::{UnitFacts, Usage};
use crate::domain::{HostFacts, HostName, ServiceName, UnitName};
use crate::port::Event;
use crate::port::event::{HostEvent, LogLine, UnitDetail};
use crate::text::Foreign;

/// Details that wait; when there are more the oldest is dropped, for the person has moved on.
const DETAILS: usize = 8;

/// Everything that waits for the core.
#[derive(Debug)]
pub struct Outbox {
    host: HostName,
    means: Option<Means>,
    all: Option<Vec<(UnitName, UnitFacts)>>,
    in_journal: Option<Result<Vec<UnitName>, String>>,
    units: BTreeMap<UnitName, Box<UnitFacts>>,
    errors: BTreeMap<UnitName, Option<LogLine>>,
    details: VecDeque<(UnitName, Box<UnitDetail>)>,
    facts: Option<Box<HostFacts>>,
    usage: Option<Vec<(UnitName, Usage)>>,
    versions: BTreeMap<ServiceName, Foreign>,
}

impl Outbox {
    /// An empty one.
    pub fn new(host: HostName) -> Self {
        Self {
            host,
            means: None,
            all: None,
            in_journal: None,
            units: BTreeMap::new(),
            errors: BTreeMap::new(),
            details: VecDeque::new(),
            facts: None,
            usage: None,
            versions: BTreeMap::new(),
        }
    }

    /// How unit state arrives.
    pub fn means(&mut self, means: Means) {
        self.means = Some(means);
    }

    /// A full list: it holds everything that single units had to say before it.
    pub fn all(&mut self, all: Vec<(UnitName, UnitFacts)>) {
        self.units.clear();
        self.all = Some(all);
    }

    /// The units that the journal names.
    pub fn in_journal(&mut self, units: Result<Vec<UnitName>, String>) {
        self.in_journal = Some(units);
    }

    /// One unit.
    pub fn unit(&mut self, name: UnitName, facts: Box<UnitFacts>) {
        self.units.insert(name, facts);
    }

    /// Why a unit failed.
    pub fn error(&mut self, name: UnitName, line: Option<LogLine>) {
        self.errors.insert(name, line);
    }

    /// The detail of a unit.
    pub fn detail(&mut self, name: UnitName, detail: UnitDetail) {
        self.details.retain(|(other, _)| *other != name);
        if self.details.len() >= DETAILS {
            self.details.pop_front();
        }
        self.details.push_back((name, Box::new(detail)));
    }

    /// What the host says of itself.
    pub fn facts(&mut self, facts: Box<HostFacts>) {
        self.facts = Some(facts);
    }

    /// What units use.
    pub fn usage(&mut self, usage: Vec<(UnitName, Usage)>) {
        self.usage = Some(usage);
    }

    /// The version of a service.
    pub fn version(&mut self, service: ServiceName, version: Foreign) {
        self.versions.insert(service, version);
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.means.is_none()
            && self.all.is_none()
            && self.in_journal.is_none()
            && self.units.is_empty()
            && self.errors.is_empty()
            && self.details.is_empty()
            && self.facts.is_none()
            && self.usage.is_none()
            && self.versions.is_empty()
    }

    /// The next event, state before everything else.
    pub fn next(&mut self) -> Option<Event> {
        let event = if let Some(means) = self.means.take() {
            HostEvent::Means(means)
        } else if let Some(all) = self.all.take() {
            HostEvent::Units(all)
        } else if let Some(units) = self.in_journal.take() {
            HostEvent::InJournal(units)
        } else if let Some((name, facts)) = self.units.pop_first() {
            HostEvent::Unit(name, facts)
        } else if let Some((name, line)) = self.errors.pop_first() {
            HostEvent::LastError(name, line)
        } else if let Some((name, detail)) = self.details.pop_front() {
            return Some(Event::Detail(self.host.clone(), name, detail));
        } else if let Some(facts) = self.facts.take() {
            HostEvent::Facts(facts)
        } else if let Some(usage) = self.usage.take() {
            HostEvent::Usage(usage)
        } else {
            let (service, version) = self.versions.pop_first()?;
            HostEvent::Version(service, version)
        };
        Some(Event::Host(self.host.clone(), event))
    }
}
