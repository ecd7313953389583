//! What `qd logs` reads: the sources of each host, as far as its units are known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::roster::Roster;
use crate::domain::log_source::{ContainerLog, JournalMatch};
use crate::domain::service::UnitPattern;
use crate::domain::site_log::{SiteLog, add_source};
use crate::domain::{Environment, HostName, LogSource, RuntimeKind, UnitName};
use crate::engine::watch::{Selection, Wanted as WantedUnits};
use crate::port::log::{Cursor, Origin, Since};
use crate::runtimes::systemd_list::is_template;

/// Bytes that the units of one host may take on the command line of its journalctl, which a shell takes as one word of at most
/// 128 KiB.
const MOST: usize = 96 << 10;

/// The units that are read of one journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// They.
    pub units: BTreeSet<UnitName>,
    /// How many match and have no room.
    pub left_out: usize,
}

/// What to read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The environment, with the hosts and services that are read, and no others.
    pub environment: Arc<Environment>,
    /// The environment as the site has it, by which lines are told whose they are.
    pub known: Arc<Environment>,
    /// Whether the hosts are read whole.
    pub whole: bool,
    /// What else must hold of what is read of journals; its units are left out.
    pub narrow: JournalMatch,
    /// What is read of every host beside its journal and what belongs to services.
    pub more: Vec<LogSource>,
    /// Logs of the site that were asked for by name.
    pub logs: Vec<SiteLog>,
    /// Units that were asked for by these words.
    pub units: Vec<UnitPattern>,
    /// Where to begin.
    pub since: Since,
    /// How many of the newest lines of a span are read.
    pub bound: Option<u32>,
    /// Where to end.
    pub until: Option<jiff::Timestamp>,
    /// The least important priority.
    pub least: u8,
    /// Whether to go on.
    pub follow: bool,
    /// Whether a last line without its line feed waits for the rest of it.
    pub whole_lines: bool,
    /// Where earlier reading has ended.
    pub resume: BTreeMap<Origin, Cursor>,
    /// How long a host may take to be reached.
    pub patience: Duration,
}

impl Wanted {
    /// Whether what is read of a host follows from the units that it has, or whether there is anything to be read.
    pub fn asks_for_units(&self, host: &HostName) -> bool {
        !self.whole && (self.has_patterns(host) || !self.units.is_empty())
    }

    /// Whether units of a host are named by a pattern.
    pub fn has_patterns(&self, host: &HostName) -> bool {
        let wanted = WantedUnits::of(&self.environment, host);
        !self.whole && (!wanted.system.globs().is_empty() || !wanted.user.globs().is_empty())
    }

    /// The units that were asked for by name and of which must be known whether they are there: who follows waits for them.
    pub fn names(&self) -> Vec<UnitName> {
        let names = self.units.iter().filter(|_| !self.follow).filter_map(UnitPattern::exact);
        names.filter(|unit| !is_template(unit)).cloned().collect()
    }

    /// Whether the journal of a host is asked which units it names.
    pub fn looks_back(&self, host: &HostName) -> bool {
        self.has_patterns(host) || (!self.whole && !self.names().is_empty())
    }

    /// Whether as much is known of a host's units as there is to know: its journal has to say only which of those ended that
    /// are not loaded.
    pub fn is_known(&self, host: &HostName, units: &Roster) -> bool {
        let is_there = |name: &UnitName| units.here(host).any(|unit| unit == name);
        let is_enough = || !self.has_patterns(host) && (self.whole || self.names().iter().all(is_there));
        units.is_listed(host) && (units.is_asked(host) || is_enough())
    }

    /// What is read on which hosts.
    pub fn sources(&self, units: &Roster) -> BTreeMap<HostName, Vec<LogSource>> {
        let hosts = self.environment.hosts.iter().map(|host| &host.name);
        hosts.map(|host| (host.clone(), self.of_host(host, units))).filter(|(_, all)| !all.is_empty()).collect()
    }

    fn of_host(&self, host: &HostName, units: &Roster) -> Vec<LogSource> {
        let own = if self.whole { BTreeSet::new() } else { self.units_of(host, units).units };
        let journal = JournalMatch { units: own.into_iter().collect(), ..self.narrow.clone() };
        let wanted = self.whole || !journal.units.is_empty();
        let mut all: Vec<LogSource> = wanted.then_some(LogSource::Journal(journal)).into_iter().collect();
        let services = self.environment.services.iter().filter(|_| !self.whole);
        for service in services {
            let compose = service.compose.clone().filter(|_| service.hosts.contains(host));
            all.extend(compose.map(|compose| LogSource::Container(ContainerLog::Of(compose))));
            let logs = self.environment.logs_of(service).filter(|(_, hosts)| hosts.contains(host));
            logs.for_each(|(log, _)| add_source(&mut all, &log.source));
        }
        let named = self.logs.iter().filter(|log| log.hosts.contains(host)).map(|log| &log.source);
        named.chain(&self.more).for_each(|source| add_source(&mut all, source));
        all
    }

    /// The units of a host that are read: those that are named, those that it has, and of those that ended as many as there is
    /// room for.
    pub fn units_of(&self, host: &HostName, units: &Roster) -> Chosen {
        let here = self.environment.services.iter().filter(|service| service.hosts.contains(host));
        let patterns =
            here.filter(|service| service.runtime == RuntimeKind::Systemd).flat_map(|service| &service.units);
        let selection = Selection::new(patterns);
        let matches = |unit: &&UnitName| selection.matches(unit) && !is_template(unit);
        let has = units.here(host).filter(matches);
        let mut chosen = Chosen { units: selection.exact().iter().chain(has).cloned().collect(), left_out: 0 };
        let mut taken: usize = chosen.units.iter().map(length).sum();
        for unit in units.all(host).filter(matches) {
            if chosen.units.contains(unit) {
                continue;
            }
            taken += length(unit);
            if taken > MOST {
                chosen.left_out += 1;
            } else {
                chosen.units.insert(unit.clone());
            }
        }
        chosen
    }
}

/// Bytes that a unit takes at most: it stands in five matches, each with the name of its field, and quoted; each of its
/// backslashes is quoted once more.
fn length(unit: &UnitName) -> usize {
    let backslashes = unit.as_str().bytes().filter(|byte| *byte == b'\\').count();
    5 * (unit.as_str().len() + 34 + 4 * backslashes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::unit::known as unit;
    use crate::domain::{EnvColour, EnvName, Service, ServiceName, SiteName};
    use crate::runtimes::systemd::Scope;
    use crate::runtimes::tail::Filter;
    use crate::runtimes::tail::command::Begin;

    /// Everything of the units of these patterns on the host.
    fn wanted(host: &HostName, units: &[UnitPattern]) -> Wanted {
        let service = Service::of_units(ServiceName::new("units").unwrap(), units, std::slice::from_ref(host));
        let environment = Environment {
            colour: EnvColour::Grey,
            services: vec![service],
            ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap())
        };
        let environment = Arc::new(environment);
        Wanted {
            known: Arc::clone(&environment),
            environment,
            whole: false,
            narrow: JournalMatch::default(),
            more: Vec::new(),
            logs: Vec::new(),
            units: units.to_vec(),
            since: Since::Head,
            bound: None,
            until: None,
            least: 7,
            follow: false,
            whole_lines: false,
            resume: BTreeMap::new(),
            patience: Duration::from_secs(20),
        }
    }

    #[test]
    fn units_that_ended_are_read_as_well() {
        let host = HostName::new("app-1").unwrap();
        let wanted = wanted(&host, &[UnitPattern::Glob("gen*".into()), UnitPattern::Exact(unit("web.service"))]);
        assert!(wanted.has_patterns(&host) && wanted.asks_for_units(&host));
        let mut roster = Roster::default();
        roster.list(&host, BTreeSet::from([unit("gen3.service"), unit("other.service")]));
        roster.name(&host, Ok(vec![unit("gen1.service"), unit("gen2.service")]));
        // One that ended since it was seen stays.
        roster.list(&host, BTreeSet::from([unit("gen4.service")]));
        let chosen = wanted.units_of(&host, &roster);
        let names: Vec<&str> = chosen.units.iter().map(UnitName::as_str).collect();
        assert_eq!(names, ["gen1.service", "gen2.service", "gen3.service", "gen4.service", "web.service"]);
        assert_eq!(chosen.left_out, 0);
    }

    #[test]
    fn those_that_have_no_room_on_a_command_line_are_counted() {
        let host = HostName::new("app-1").unwrap();
        let wanted = wanted(&host, &[UnitPattern::Glob("run-*".into())]);
        let mut roster = Roster::default();
        roster.list(&host, BTreeSet::from([unit("run-now.service")]));
        roster.name(&host, Ok((0..5000).map(|number| unit(&format!("run-r{number:032x}.service"))).collect()));
        let chosen = wanted.units_of(&host, &roster);
        assert_eq!(chosen.units.len() + chosen.left_out, 5001);
        assert!(chosen.units.contains(&unit("run-now.service")) && chosen.left_out > 0);
        let units: Vec<(Scope, UnitName)> = chosen.units.into_iter().map(|unit| (Scope::System, unit)).collect();
        let filter = Filter { units, least: 3, ..Filter::default() };
        let words = filter.read(&Begin::Head, None, true).argv.iter().map(|word| word.len() + 11).sum::<usize>();
        assert!((60 << 10..120 << 10).contains(&words), "{words}");
    }
}
