//! The part of an environment that the words of a `qd logs` mean.

use crate::domain::service::UnitPattern;
use crate::domain::site_log::SiteLog;
use crate::domain::{Environment, HostName, LogSource, RuntimeKind, Service, ServiceName};
use crate::site::mistake::did_you_mean;
use crate::text::Foreign;

/// What is named on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Services.
    pub words: &'a [String],
    /// Units.
    pub units: &'a [UnitPattern],
    /// Hosts; all where none is named.
    pub hosts: &'a [String],
    /// What is read of every host.
    pub more: &'a [LogSource],
    /// Logs of the site.
    pub sources: &'a [SiteLog],
}

impl Named<'_> {
    /// Whether nothing is named that is read.
    pub fn is_nothing(&self) -> bool {
        self.words.is_empty() && self.units.is_empty() && self.more.is_empty() && self.sources.is_empty()
    }

    /// Whether services and logs alone say on which hosts something is read.
    fn has_places(&self) -> bool {
        let everywhere = !self.units.is_empty() || !self.more.is_empty();
        !self.words.is_empty() || (!self.sources.is_empty() && !everywhere)
    }
}

/// The logs of the site that are called so.
///
/// # Errors
/// Which of them there is not, as a sentence.
pub fn named(environment: &Environment, words: &[String]) -> Result<Vec<SiteLog>, String> {
    let mut logs: Vec<SiteLog> = Vec::new();
    for word in words {
        let Some(log) = environment.logs.iter().find(|log| log.name.as_str() == word) else {
            let known: Vec<&str> = environment.logs.iter().map(|log| log.name.as_str()).collect();
            let near = did_you_mean(word, known.iter().copied());
            let hint = near
                .unwrap_or_else(|| if known.is_empty() { "its site names none" } else { "qd logs --help" }.to_owned());
            return Err(format!("{} has no log {}; {hint}", environment.name, Foreign::from(word).ident()));
        };
        if !logs.contains(log) {
            logs.push(log.clone());
        }
    }
    Ok(logs)
}

/// The environment with nothing in it but what is read: no probe is asked and no other host entered.
///
/// # Errors
/// What there is not, as a sentence.
pub fn narrowed(environment: &Environment, asked: &Named<'_>) -> Result<Environment, String> {
    let known = |names: Vec<&str>| names.join(", ");
    let mut narrow = environment.clone();
    for word in asked.hosts {
        if !environment.hosts.iter().any(|host| host.name.as_str() == word) {
            let names = known(environment.hosts.iter().map(|host| host.name.as_str()).collect());
            return Err(format!("{} has no host {}; it has {names}.", environment.name, Foreign::from(word).ident()));
        }
    }
    for word in asked.words {
        let service = environment.services.iter().find(|service| service.name.as_str() == word);
        let Some(service) = service else {
            let names = known(environment.services.iter().map(|service| service.name.as_str()).collect());
            let word = Foreign::from(word).ident();
            return Err(format!(
                "{} has no service {word} (and no site is called so); it has {names}.",
                environment.name
            ));
        };
        match service.runtime {
            RuntimeKind::Systemd | RuntimeKind::Compose => {}
            RuntimeKind::Http if environment.logs_of(service).next().is_some() => {}
            RuntimeKind::Http => {
                return Err(format!(
                    "{} runs elsewhere: it is known by its probes only, and its logs are not here.",
                    service.name
                ));
            }
        }
    }
    if !asked.is_nothing() {
        narrow.services.retain(|service| asked.words.iter().any(|word| service.name.as_str() == word));
    }
    for service in &mut narrow.services {
        service.probes.clear();
        service.version = None;
    }
    let hosts: Vec<HostName> = narrow.hosts.iter().map(|host| host.name.clone()).collect();
    narrow.services.extend(of_units(asked.units, &hosts));
    let named = |host: &HostName| asked.hosts.is_empty() || asked.hosts.iter().any(|word| host.as_str() == word);
    let needed = |host: &HostName| {
        let of_services = narrow.services.iter().any(|service| {
            service.hosts.contains(host) || narrow.logs_of(service).any(|(_, hosts)| hosts.contains(host))
        });
        !asked.has_places() || of_services || asked.sources.iter().any(|log| log.hosts.contains(host))
    };
    let kept: Vec<_> = narrow.hosts.iter().filter(|host| named(&host.name) && needed(&host.name)).cloned().collect();
    if kept.is_empty() {
        let services = narrow.services.iter().map(|service| ServiceName::as_str(&service.name));
        let all: Vec<&str> = services.chain(asked.sources.iter().map(|log| log.name.as_str())).collect();
        return Err(format!("{} is on none of these hosts.", all.join(", ")));
    }
    narrow.hosts = kept;
    Ok(narrow)
}

/// A service of these units, wherever they are; it has no place on any screen.
fn of_units(units: &[UnitPattern], hosts: &[HostName]) -> Option<Service> {
    let name = ServiceName::new("units").ok().filter(|_| !units.is_empty())?;
    Some(Service::of_units(name, units, hosts))
}
