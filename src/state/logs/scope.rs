//! What is read: which units on which hosts a person means, and how that is called.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::service::{RuntimeKind, UnitPattern};
use crate::domain::{Compose, HostName, ServiceName, UnitName};
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

/// Which units on which hosts; a host without units is read whole.
pub type Sources = BTreeMap<HostName, Vec<UnitName>>;

impl Scope {
    /// Which units on which hosts that is now.
    pub fn sources(&self, fleet: &Fleet) -> Sources {
        let mut sources: BTreeMap<HostName, BTreeSet<UnitName>> = BTreeMap::new();
        let mut add = |instance: &Instance| {
            // The log of containers is not in the journal.
            let unit = instance.unit.as_ref().filter(|unit| !Compose::is_unit(unit));
            if let (Some(host), Some(unit)) = (&instance.host, unit) {
                sources.entry(host.clone()).or_default().insert(unit.clone());
            }
        };
        match self {
            Scope::Host(host) => return Sources::from([(host.clone(), Vec::new())]),
            Scope::Everything => fleet.services.iter().flat_map(|row| &row.instances).for_each(&mut add),
            Scope::Tier(name) => {
                let members = fleet.services.iter().filter(|row| row.service.tier.name == *name);
                members.flat_map(|row| &row.instances).for_each(&mut add);
            }
            Scope::Rows(rows) => {
                for chosen in rows {
                    let instances = fleet.service(&chosen.service).map(|row| row.instances.as_slice());
                    instances.unwrap_or_default().iter().filter(|one| chosen.means(one)).for_each(&mut add);
                }
            }
        }
        sources.into_iter().map(|(host, units)| (host, units.into_iter().collect())).collect()
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
                RuntimeKind::Compose => format!(
                    "{name} is containers: their newest lines are in the detail of its row, all of them are not followed here yet."
                ),
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
        })
    }
}

impl Chosen {
    fn means(&self, instance: &Instance) -> bool {
        self.host.as_ref().is_none_or(|host| instance.host.as_ref() == Some(host))
            && self.unit.as_ref().is_none_or(|unit| instance.unit.as_ref() == Some(unit))
    }
}
