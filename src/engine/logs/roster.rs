//! The units of each host, as far as they are known: those that it has, and those that ended and that its journal names.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{HostName, UnitName};

/// The units of all hosts.
#[derive(Debug, Default)]
pub struct Roster(BTreeMap<HostName, Known>);

#[derive(Debug, Default)]
struct Known {
    /// Those that it has now; none before it told them.
    here: Option<BTreeSet<UnitName>>,
    /// Those that were seen, and those that the journal names, whether the host has them now or not.
    seen: BTreeSet<UnitName>,
    /// Whether the journal was asked for its units, and why they are not known.
    journal: Option<Result<(), String>>,
}

impl Roster {
    /// A host has these. Those that it had before were there: what they wrote last may still be on its way.
    pub fn list(&mut self, host: &HostName, units: BTreeSet<UnitName>) {
        let known = self.0.entry(host.clone()).or_default();
        known.seen.extend(units.iter().cloned());
        known.here = Some(units);
    }

    /// The journal of a host names these, of those that match a pattern; or a clause why they are not known.
    pub fn name(&mut self, host: &HostName, units: Result<Vec<UnitName>, String>) {
        let known = self.0.entry(host.clone()).or_default();
        match units {
            Ok(units) => {
                known.seen.extend(units);
                known.journal = Some(Ok(()));
            }
            // What was known over an earlier link stays.
            Err(why) if known.journal != Some(Ok(())) => known.journal = Some(Err(why)),
            Err(_) => {}
        }
    }

    /// Whether the host told which units it has.
    pub fn is_listed(&self, host: &HostName) -> bool {
        self.0.get(host).is_some_and(|known| known.here.is_some())
    }

    /// Whether its journal was asked, with whatever result.
    pub fn is_asked(&self, host: &HostName) -> bool {
        self.0.get(host).is_some_and(|known| known.journal.is_some())
    }

    /// Whether all its units are known, those that ended as well.
    pub fn is_whole(&self, host: &HostName) -> bool {
        self.is_listed(host) && self.0.get(host).is_some_and(|known| known.journal == Some(Ok(())))
    }

    /// Why the journal's units are not known, where the host said so.
    pub fn why(&self, host: &HostName) -> Option<&str> {
        self.0.get(host)?.journal.as_ref()?.as_ref().err().map(String::as_str)
    }

    /// The units that the host has now.
    pub fn here(&self, host: &HostName) -> impl Iterator<Item = &UnitName> {
        self.0.get(host).and_then(|known| known.here.as_ref()).into_iter().flatten()
    }

    /// Those that it has and those that ended.
    pub fn all(&self, host: &HostName) -> impl Iterator<Item = &UnitName> {
        self.0.get(host).into_iter().flat_map(|known| &known.seen)
    }

    /// Hosts of which something is known.
    pub fn hosts(&self) -> impl Iterator<Item = &HostName> {
        self.0.keys()
    }
}
