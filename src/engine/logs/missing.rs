//! What was asked for and is not there, and on which hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::Roster;
use crate::domain::service::UnitPattern;
use crate::domain::{HostName, Lane, LogSource, UnitName};
use crate::engine::watch::Selection;
use crate::port::log::{LogEntry, Origin};

/// Lanes that are read, and what is not there of what was asked for.
#[derive(Debug, Default)]
pub struct Missing {
    /// Which hosts have it not, by the sentence that says so.
    told: BTreeMap<String, BTreeSet<HostName>>,
    wished: BTreeSet<Origin>,
    absent: BTreeSet<Origin>,
    /// The units that are read of each journal; none where all of it is.
    units: BTreeMap<HostName, BTreeSet<UnitName>>,
    /// Journals of which a line came, and the units that said one.
    spoke: BTreeSet<HostName>,
    said: BTreeSet<(HostName, UnitName)>,
}

impl Missing {
    /// This is read.
    pub fn wish(&mut self, origin: &Origin, source: &LogSource) {
        self.wished.insert(origin.clone());
        if origin.lane == Lane::Journal {
            self.units.insert(origin.host.clone(), source.units().iter().cloned().collect());
        }
    }

    /// A line came.
    pub fn spoke(&mut self, from: &Origin, entry: &LogEntry) {
        if from.lane != Lane::Journal {
            return;
        }
        if !self.spoke.contains(&from.host) {
            self.spoke.insert(from.host.clone());
        }
        // Only of units that were asked for one by one: there are few of them.
        let unit = entry.unit.as_ref().filter(|unit| self.units.get(&from.host).is_some_and(|all| all.contains(unit)));
        if let Some(unit) = unit
            && !self.said.contains(&(from.host.clone(), unit.clone()))
        {
            self.said.insert((from.host.clone(), unit.clone()));
        }
    }

    /// A lane of which there is nothing, with the sentence that says so.
    pub fn absent(&mut self, origin: &Origin, why: String) {
        self.absent.insert(origin.clone());
        self.told.entry(why).or_default().insert(origin.host.clone());
    }

    /// Looks which of these are units of no host, as far as the units of hosts are known: they are not loaded there, and said
    /// nothing.
    pub fn no_unit(&mut self, wanted: &[UnitPattern], units: &Roster) {
        for pattern in wanted {
            let selection = Selection::new([pattern]);
            let exact = pattern.exact();
            // That no unit matches is known only where those that ended are known too.
            let known = |host: &&HostName| if exact.is_some() { units.is_listed(host) } else { units.is_whole(host) };
            for host in units.hosts().filter(known) {
                let spoke = exact.is_some_and(|unit| self.said.contains(&(host.clone(), unit.clone())));
                let is_there = units.all(host).any(|unit| selection.wants(unit));
                if !is_there && !spoke {
                    let word = match pattern {
                        UnitPattern::Exact(unit) => unit.as_str(),
                        UnitPattern::Glob(word) => word,
                    };
                    self.told.entry(format!("no unit is called {word}")).or_default().insert(host.clone());
                }
            }
        }
        let is_empty = |host: &HostName| {
            let read = self.units.get(host).filter(|_| units.is_listed(host))?;
            Some(!read.is_empty() && !self.spoke.contains(host) && !units.all(host).any(|unit| read.contains(unit)))
        };
        let silent = self.wished.iter().filter(|lane| lane.lane == Lane::Journal);
        let silent: Vec<Origin> = silent.filter(|lane| is_empty(&lane.host) == Some(true)).cloned().collect();
        self.absent.extend(silent);
    }

    /// All sentences.
    pub fn sentences(&self) -> Vec<String> {
        let told = self.told.iter().map(|(why, hosts)| {
            let hosts: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
            format!("{}: {why}", hosts.join(", "))
        });
        told.collect()
    }

    /// Whether nothing of what was asked for is anywhere.
    pub fn is_everything(&self) -> bool {
        !self.told.is_empty() && self.wished.iter().all(|lane| self.absent.contains(lane))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::log_source::JournalMatch;
    use crate::domain::unit::known as unit;

    #[test]
    fn a_unit_that_no_host_has_and_that_said_nothing_is_nowhere() {
        let (a, b) = (HostName::new("a").unwrap(), HostName::new("b").unwrap());
        let wanted = [UnitPattern::Exact(unit("old.service"))];
        let source = LogSource::Journal(JournalMatch::units([unit("old.service")]));
        let wish = || {
            let mut missing = Missing::default();
            [&a, &b].iter().for_each(|host| missing.wish(&Origin::journal((*host).clone()), &source));
            missing
        };
        let mut units = Roster::default();
        units.list(&a, BTreeSet::from([unit("new.service")]));
        units.list(&b, BTreeSet::new());
        let mut missing = wish();
        missing.no_unit(&wanted, &units);
        assert_eq!(missing.sentences(), ["a, b: no unit is called old.service"]);
        assert!(missing.is_everything());
        units.list(&b, BTreeSet::from([unit("old.service")]));
        let mut missing = wish();
        missing.no_unit(&wanted, &units);
        assert_eq!(missing.sentences(), ["a: no unit is called old.service"]);
        assert!(!missing.is_everything(), "b has it");
        // Of a host whose units nobody knows nothing is said.
        let mut missing = wish();
        missing.no_unit(&wanted, &Roster::default());
        assert!(missing.sentences().is_empty() && !missing.is_everything());
    }

    #[test]
    fn a_pattern_matches_nothing_only_where_the_journal_told_what_ended() {
        let hosts = ["named", "refused", "silent", "nothing"].map(|name| HostName::new(name).unwrap());
        let [named, refused, _, nothing] = &hosts;
        let mut units = Roster::default();
        hosts.iter().for_each(|host| units.list(host, BTreeSet::from([unit("web.service")])));
        units.name(named, Ok(vec![unit("gen2.service")]));
        units.name(refused, Err("journalctl: left with status 1".to_owned()));
        units.name(nothing, Ok(Vec::new()));
        let mut missing = Missing::default();
        missing.no_unit(&[UnitPattern::Glob("gen*".into())], &units);
        assert_eq!(missing.sentences(), ["nothing: no unit is called gen*"]);
    }
}
