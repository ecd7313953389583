//! Logs that a site has names for: what is read, and where.

use super::log_source::LogSource;
use super::name::{HostName, LogName};
use super::service::Service;
use super::site::Environment;
use crate::text::Foreign;

/// A log of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteLog {
    /// Its name.
    pub name: LogName,
    /// One line about it.
    pub title: Foreign,
    /// What is read.
    pub source: LogSource,
    /// On which hosts, in the order of the environment.
    pub hosts: Vec<HostName>,
    /// Whether the site says itself on which hosts; else it is read for a service on the hosts of that service.
    pub is_placed: bool,
}

impl SiteLog {
    /// Where it is read for a service.
    pub fn hosts_for<'a>(&'a self, service: &'a Service) -> &'a [HostName] {
        if self.is_placed { &self.hosts } else { &service.hosts }
    }
}

impl Environment {
    /// The log of this name.
    pub fn log(&self, name: &LogName) -> Option<&SiteLog> {
        self.logs.iter().find(|log| log.name == *name)
    }

    /// What is read for a service beside its units and containers, with the hosts where that is done.
    pub fn logs_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = (&'a SiteLog, &'a [HostName])> {
        service.logs.iter().filter_map(|name| self.log(name)).map(|log| (log, log.hosts_for(service)))
    }
}

/// Puts one more source among those of a host: of each lane there is one, so units of its journal become one source.
pub fn add_source(sources: &mut Vec<LogSource>, source: &LogSource) {
    let same = sources.iter_mut().find(|other| other.lane() == source.lane());
    match (same, source) {
        (None, source) => sources.push(source.clone()),
        // The whole journal holds them already.
        (Some(LogSource::Journal(all)), LogSource::Journal(_)) if all.units.is_empty() => {}
        (Some(LogSource::Journal(some)), LogSource::Journal(more)) => {
            some.units.extend(more.units.iter().filter(|unit| !some.units.contains(unit)).cloned().collect::<Vec<_>>());
        }
        (Some(_), _) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::log_source::{JournalMatch, LogPath};
    use super::super::unit::UnitName;
    use super::*;

    #[test]
    fn of_each_lane_of_a_host_there_is_one_source() {
        let journal = |units: &[&str]| {
            LogSource::Journal(JournalMatch::units(units.iter().map(|unit| UnitName::new(unit).unwrap())))
        };
        let file = LogSource::File(LogPath::new("/var/log/x").unwrap());
        let mut sources = Vec::new();
        for source in [journal(&["a.service"]), file.clone(), journal(&["b.service", "a.service"]), file.clone()] {
            add_source(&mut sources, &source);
        }
        assert_eq!(sources, [journal(&["a.service", "b.service"]), file]);
        let mut whole = vec![LogSource::whole()];
        add_source(&mut whole, &journal(&["a.service"]));
        assert_eq!(whole, [LogSource::whole()]);
    }
}
