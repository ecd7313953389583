//! What was asked for and is not there, and on which hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::Roster;
use crate::domain::service::UnitPattern;
use crate::domain::{HostName, Lane, LogSource, UnitName};
use crate::engine::watch::Selection;
use crate::port::log::{LogEntry, Origin};
use crate::runtimes::systemd_list::is_template;

/// Lanes that are read, and what is not there of what was asked for.
#[derive(Debug, Default)]
pub struct Missing {
    /// Which hosts have it not, by the sentence that says so.
    told: BTreeMap<String, BTreeSet<HostName>>,
    /// The same of what may be there or not.
    unsure: BTreeMap<String, BTreeSet<HostName>>,
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

    /// Looks which of these are units of no host, as far as the units of hosts are known: they are not loaded there, their journals
    /// do not name them, and they said nothing.
    pub fn no_unit(&mut self, wanted: &[UnitPattern], units: &Roster) {
        for pattern in wanted {
            let (selection, exact) = (Selection::new([pattern]), pattern.exact());
            let word = match pattern {
                UnitPattern::Exact(unit) => unit.as_str(),
                UnitPattern::Glob(word) => word,
            };
            for host in units.hosts() {
                let spoke = exact.is_some_and(|unit| self.said.contains(&(host.clone(), unit.clone())));
                if spoke || units.all(host).any(|unit| selection.wants(unit)) {
                    continue;
                }
                // A template is never a unit.
                let is_sure = units.is_whole(host) || exact.is_some_and(is_template);
                if is_sure && units.is_listed(host) {
                    self.told.entry(format!("no unit is called {word}")).or_default().insert(host.clone());
                } else if exact.is_some() && units.is_listed(host) {
                    // One that ended may be in the journal all the same. Of patterns that was said before they were read.
                    let why = units.why(host).unwrap_or("no answer in time");
                    let sentence = format!("whether there was a unit {word} is not known: {why}");
                    self.unsure.entry(sentence).or_default().insert(host.clone());
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

    /// All sentences about what is not there.
    pub fn sentences(&self) -> Vec<String> {
        told(&self.told)
    }

    /// All sentences about what nobody can say it of.
    pub fn unsure(&self) -> Vec<String> {
        told(&self.unsure)
    }

    /// Whether nothing of what was asked for is anywhere.
    pub fn is_everything(&self) -> bool {
        !self.told.is_empty() && self.wished.iter().all(|lane| self.absent.contains(lane))
    }
}

fn told(sentences: &BTreeMap<String, BTreeSet<HostName>>) -> Vec<String> {
    let told = sentences.iter().map(|(why, hosts)| {
        let hosts: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
        format!("{}: {why}", hosts.join(", "))
    });
    told.collect()
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
        [&a, &b].iter().for_each(|host| units.name(host, Ok(Vec::new())));
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
        assert!(missing.sentences().is_empty() && missing.unsure().is_empty() && !missing.is_everything());
    }

    #[test]
    fn a_unit_that_ended_is_there_though_no_line_of_it_passes() {
        let hosts = ["named", "refused", "nothing"].map(|name| HostName::new(name).unwrap());
        let [named, refused, nothing] = &hosts;
        let wanted = [UnitPattern::Exact(unit("gen2.service"))];
        let source = LogSource::Journal(JournalMatch::units([unit("gen2.service")]));
        let (mut missing, mut units) = (Missing::default(), Roster::default());
        for host in &hosts {
            missing.wish(&Origin::journal(host.clone()), &source);
            units.list(host, BTreeSet::from([unit("web.service")]));
        }
        units.name(named, Ok(vec![unit("gen2.service")]));
        units.name(refused, Err("this login may read only its own lines of the journal".to_owned()));
        units.name(nothing, Ok(Vec::new()));
        missing.no_unit(&wanted, &units);
        assert_eq!(missing.sentences(), ["nothing: no unit is called gen2.service"]);
        let unsure = "refused: whether there was a unit gen2.service is not known: this login may read only its own lines of \
                      the journal";
        assert_eq!(missing.unsure(), [unsure]);
        assert!(!missing.is_everything());
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
