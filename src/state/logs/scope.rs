//! What is read: which sources on which hosts a person means, and how that is called.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::log_source::{ContainerLog, JournalMatch};
use crate::domain::service::{RuntimeKind, UnitPattern};
use crate::domain::site_log::add_source;
use crate::domain::{Compose, HostName, LogName, LogSource, ServiceName, UnitName};
use crate::state::{Fleet, Instance, ServiceRow};

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All services of the environment.
    Everything,
    /// A whole host, whatever writes there.
    Host(HostName),
    /// The services of a tier.
    Tier(String),
    /// Services and instances that were chosen one by one.
    Rows(Vec<Chosen>),
    /// Logs that the site has names for.
    Logs(Vec<LogName>),
}

/// A service, or one instance of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chosen {
    /// The service.
    pub service: ServiceName,
    /// Only on this host.
    pub host: Option<HostName>,
    /// Only this unit.
    pub unit: Option<UnitName>,
}

/// What is read on which hosts.
pub type Sources = BTreeMap<HostName, Vec<LogSource>>;

/// What is meant of one host, while it is being found out.
#[derive(Default)]
struct Meant {
    units: BTreeSet<UnitName>,
    containers: BTreeMap<UnitName, Compose>,
    /// Logs of the site.
    more: Vec<LogSource>,
}

impl Meant {
    fn add(&mut self, unit: &UnitName, compose: Option<&Compose>) {
        // The log of containers is not in the journal.
        match compose.filter(|_| Compose::is_unit(unit)) {
            Some(compose) => drop(self.containers.insert(unit.clone(), compose.clone())),
            None if Compose::is_unit(unit) => {}
            None => drop(self.units.insert(unit.clone())),
        }
    }

    fn sources(self) -> Vec<LogSource> {
        let journal = (!self.units.is_empty()).then(|| LogSource::Journal(JournalMatch::units(self.units)));
        let containers = self.containers.into_values().map(|compose| LogSource::Container(ContainerLog::Of(compose)));
        let mut sources: Vec<LogSource> = journal.into_iter().chain(containers).collect();
        self.more.iter().for_each(|source| add_source(&mut sources, source));
        sources
    }
}

impl Scope {
    /// What is read on which hosts, as it is now.
    pub fn sources(&self, fleet: &Fleet) -> Sources {
        let mut meant: BTreeMap<HostName, Meant> = BTreeMap::new();
        let mut add = |row: &ServiceRow, means: &dyn Fn(&Instance) -> bool, on: Option<&HostName>| {
            for instance in row.instances.iter().filter(|one| means(one)) {
                if let (Some(host), Some(unit)) = (&instance.host, &instance.unit) {
                    meant.entry(host.clone()).or_default().add(unit, row.service.compose.as_ref());
                }
            }
            for (log, hosts) in fleet.environment.logs_of(&row.service) {
                for host in hosts.iter().filter(|host| on.is_none_or(|on| on == *host)) {
                    meant.entry(host.clone()).or_default().more.push(log.source.clone());
                }
            }
        };
        match self {
            Scope::Host(host) => return Sources::from([(host.clone(), vec![LogSource::whole()])]),
            Scope::Everything => fleet.services.iter().for_each(|row| add(row, &|_| true, None)),
            Scope::Tier(name) => {
                let members = fleet.services.iter().filter(|row| row.service.tier.name == *name);
                members.for_each(|row| add(row, &|_| true, None));
            }
            Scope::Rows(rows) => {
                for chosen in rows {
                    let Some(row) = fleet.service(&chosen.service) else { continue };
                    add(row, &|one| chosen.means(one), chosen.host.as_ref());
                }
            }
            Scope::Logs(names) => {
                for log in names.iter().filter_map(|name| fleet.environment.log(name)) {
                    for host in &log.hosts {
                        meant.entry(host.clone()).or_default().more.push(log.source.clone());
                    }
                }
            }
        }
        let sources = meant.into_iter().map(|(host, meant)| (host, meant.sources()));
        sources.filter(|(_, sources)| !sources.is_empty()).collect()
    }

    /// How it is called: what, and where.
    pub fn title(&self, fleet: &Fleet) -> (String, String) {
        let sources = self.sources(fleet);
        let hosts: Vec<&str> = fleet.hosts.iter().map(|row| row.host.name.as_str()).collect();
        let hosts: Vec<&str> =
            hosts.into_iter().filter(|host| sources.keys().any(|name| name.as_str() == *host)).collect();
        let place = match hosts.as_slice() {
            [] => String::new(),
            [one] => format!("on {one}"),
            [one, two] => format!("on {one}, {two}"),
            more => format!("on {} hosts", more.len()),
        };
        let what = match self {
            Scope::Everything => "all services".to_owned(),
            Scope::Host(_) => "everything".to_owned(),
            Scope::Tier(name) => format!("tier {name}"),
            Scope::Rows(rows) => {
                let mut services: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
                services.dedup();
                match services.as_slice() {
                    names @ ([_] | [_, _] | [_, _, _]) => names.join(", "),
                    names => format!("{} services", names.len()),
                }
            }
            Scope::Logs(names) => {
                let names: Vec<&str> = names.iter().map(LogName::as_str).collect();
                format!("log {}", names.join(", "))
            }
        };
        (what, place)
    }

    /// Why there is nothing to read, as a sentence; `None` when there is something.
    pub fn nothing(&self, fleet: &Fleet) -> Option<String> {
        if !self.sources(fleet).is_empty() {
            return None;
        }
        let of_service = |row: &ServiceRow| {
            let name = &row.service.name;
            match row.service.runtime {
                RuntimeKind::Http => {
                    format!("{name} is known by its probes only: it has no unit here, so there is no log to read.")
                }
                RuntimeKind::Compose => format!("{name} has no host, so there is no log to read."),
                RuntimeKind::Systemd if row.service.hosts.is_empty() => {
                    format!("{name} has no host, so there is no log to read.")
                }
                RuntimeKind::Systemd => match row.service.units.first() {
                    Some(UnitPattern::Glob(glob)) => format!("No unit matches {glob} yet, so {name} has no log."),
                    Some(UnitPattern::Exact(_)) | None => {
                        format!("{name} has no unit of systemd, so there is no log to read.")
                    }
                },
            }
        };
        Some(match self {
            Scope::Rows(rows) if rows.len() == 1 => {
                let row = rows.first().and_then(|chosen| fleet.service(&chosen.service));
                row.map_or_else(|| "This service is not in the site.".to_owned(), of_service)
            }
            Scope::Rows(_) | Scope::Tier(_) => {
                "None of these services has a unit, so there is no log to read.".to_owned()
            }
            Scope::Everything => "No service of this environment has a unit, so there is no log to read.".to_owned(),
            Scope::Host(host) => format!("{host} is not in this environment."),
            Scope::Logs(_) => "This log is not in the site any more.".to_owned(),
        })
    }
}

impl Chosen {
    fn means(&self, instance: &Instance) -> bool {
        self.host.as_ref().is_none_or(|host| instance.host.as_ref() == Some(host))
            && self.unit.as_ref().is_none_or(|unit| instance.unit.as_ref() == Some(unit))
    }
}
