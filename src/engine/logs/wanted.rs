//! What `qd logs` reads: the sources of each host, as far as its units are known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::log_source::{ContainerLog, JournalMatch};
use crate::domain::service::UnitPattern;
use crate::domain::site_log::{SiteLog, add_source};
use crate::domain::{Environment, HostName, LogSource, RuntimeKind, UnitName};
use crate::engine::watch::{Selection, Wanted as WantedUnits};
use crate::port::log::{Cursor, Origin, Since};
use crate::runtimes::systemd_list::is_template;

/// The units of each host, as far as they are known.
pub type Units = BTreeMap<HostName, BTreeSet<UnitName>>;

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
        let wanted = WantedUnits::of(&self.environment, host);
        let has_patterns = !wanted.system.globs().is_empty() || !wanted.user.globs().is_empty();
        !self.whole && (has_patterns || !self.units.is_empty())
    }

    /// What is read on which hosts.
    pub fn sources(&self, units: &Units) -> BTreeMap<HostName, Vec<LogSource>> {
        let hosts = self.environment.hosts.iter().map(|host| &host.name);
        hosts.map(|host| (host.clone(), self.of_host(host, units))).filter(|(_, all)| !all.is_empty()).collect()
    }

    fn of_host(&self, host: &HostName, units: &Units) -> Vec<LogSource> {
        let own = if self.whole { BTreeSet::new() } else { self.units_of(host, units) };
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

    /// The units of a host that are read.
    pub fn units_of(&self, host: &HostName, units: &Units) -> BTreeSet<UnitName> {
        let here = self.environment.services.iter().filter(|service| service.hosts.contains(host));
        let patterns =
            here.filter(|service| service.runtime == RuntimeKind::Systemd).flat_map(|service| &service.units);
        let selection = Selection::new(patterns);
        let seen = units.get(host).into_iter().flatten();
        let matched = seen.filter(|unit| selection.matches(unit) && !is_template(unit));
        selection.exact().iter().chain(matched).cloned().collect()
    }
}
