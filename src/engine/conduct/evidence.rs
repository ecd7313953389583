//! What is looked at after a step did not end well: the units that its command names, and the last lines of their logs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::check::fields;
use crate::domain::probe::Vantage;
use crate::domain::procedure::{Doing, HERE, Job, PlannedPart};
use crate::domain::service::UnitPattern;
use crate::domain::{Compose, HostName, Moment, Probe, Service, ServiceName, UnitName};
use crate::engine::act::{Place, scope};
use crate::engine::clock::Clock;
use crate::engine::probe::Origin;
use crate::port::{End, RemoteCommand};
use crate::runtimes::systemd::{Scope, command};
use crate::text::Foreign;

/// How long all of it may take: whoever is to decide waits for it.
const WITHIN: Duration = Duration::from_secs(4);
/// So many units at most.
const UNITS: usize = 3;
/// And so many probes.
const PROBES: usize = 4;
/// Words of systemctl behind which units stand.
const VERBS: [&str; 12] = [
    "start",
    "stop",
    "restart",
    "reload",
    "try-restart",
    "reload-or-restart",
    "status",
    "is-active",
    "enable",
    "disable",
    "kill",
    "reset-failed",
];

/// What a step that did not end well was about.
pub(super) struct About {
    place: Place,
    units: Vec<(HostName, UnitName, Scope)>,
    /// Probes that were not asked by the step itself.
    probes: Vec<(ServiceName, Probe, Option<HostName>)>,
}

impl About {
    /// The units that the step changes, that its command names, or whose service it asks; with the probes of those
    /// services, unless the step asked them itself. Nothing where there is nothing to look at.
    pub(super) fn of(place: &Place, part: &PlannedPart, job: &Job) -> Option<Self> {
        let mut about = Self { place: place.clone(), units: Vec::new(), probes: Vec::new() };
        match (&part.doing, &job.change) {
            (Doing::Check(service, _), _) => about.add_service(service),
            (Doing::Hold(_, Some(guard)), _) => guard.probes.iter().for_each(|(service, _)| about.add_service(service)),
            (_, Some(change)) => {
                about.units.extend(change.unit.clone().map(|unit| (job.host.clone(), unit, scope(change))));
            }
            (_, None) if job.host.as_str() != HERE => {
                for unit in units(&job.script.text) {
                    about.add_probes(&job.host, &unit);
                    about.units.push((job.host.clone(), unit, Scope::System));
                }
            }
            (_, None) => {}
        }
        about.units.truncate(UNITS);
        about.probes.truncate(PROBES);
        (!about.units.is_empty() || !about.probes.is_empty()).then_some(about)
    }

    fn add_service(&mut self, name: &ServiceName) {
        let environment = Arc::clone(&self.place.environment);
        let Some(service) = environment.service(name) else { return };
        let user = if service.user { Scope::User } else { Scope::System };
        for host in &service.hosts {
            let units = service.units.iter().filter_map(UnitPattern::exact);
            // Containers have no unit of systemd to ask for its status.
            let named = units.filter(|unit| !Compose::is_unit(unit));
            self.units.extend(named.map(|unit| (host.clone(), unit.clone(), user)));
        }
    }

    fn add_probes(&mut self, host: &HostName, unit: &UnitName) {
        let environment = Arc::clone(&self.place.environment);
        let of_it = |service: &&Service| {
            service.hosts.contains(host) && service.units.iter().any(|pattern| pattern.exact() == Some(unit))
        };
        for service in environment.services.iter().filter(of_it) {
            for probe in &service.probes {
                let there = (probe.from == Vantage::Host).then(|| host.clone());
                self.probes.push((service.name.clone(), probe.clone(), there));
            }
        }
    }

    /// Looks at all of it at once, for a few seconds at most.
    pub(super) async fn look(self) -> Vec<(String, Foreign)> {
        let until = self.place.clock.now().mono.after(WITHIN);
        let place = &self.place;
        let unit = |(host, unit, scope): &(HostName, UnitName, Scope)| {
            let (host, name, scope) = (host.clone(), unit.as_str().to_owned(), *scope);
            async move {
                let status = ["status", "--no-pager", "--full", "--lines=0", "--", &name];
                let status = command(scope, "systemctl", status);
                let log = ["--no-pager", "-q", "-o", "short-iso", "-n", "10", "-u", &name];
                let log = command(scope, "journalctl", log);
                let (status, log) = tokio::join!(
                    ask(place, &host, until, format!("systemctl status {name}"), status),
                    ask(place, &host, until, format!("last lines of {name}"), log),
                );
                [status, log].into_iter().flatten().collect::<Vec<_>>()
            }
        };
        let probe = |(service, probe, host): &(ServiceName, Probe, Option<HostName>)| {
            let (service, probe, host) = (service.clone(), probe.clone(), host.clone());
            async move {
                let title = match &host {
                    Some(host) => format!("{service}/{} on {host}", probe.name),
                    None => format!("{service}/{}", probe.name),
                };
                let origin = match &host {
                    Some(host) => Origin::Host(place.connected(host, until).await?),
                    None => Origin::Here,
                };
                let environment = &place.environment;
                let asking = place.prober.ask(&environment.site, environment.trusted, &probe, origin);
                let report = tokio::time::timeout(WITHIN, asking).await.ok()?;
                Some((title, fields(&report)))
            }
        };
        let (units, probes) =
            tokio::join!(join_all(self.units.iter().map(unit)), join_all(self.probes.iter().map(probe)),);
        units.into_iter().flatten().chain(probes.into_iter().flatten()).collect()
    }
}

async fn ask(
    place: &Place,
    host: &HostName,
    until: Moment,
    title: String,
    command: RemoteCommand,
) -> Option<(String, Foreign)> {
    let command = command.within(WITHIN);
    let output = place.ask(host, command, until).await.ok()?;
    let told = match output.end {
        // systemctl status leaves with 3 for a unit that does not run.
        End::Exited(_) if !output.stdout.is_empty() => output.stdout,
        _ => return None,
    };
    Some((format!("{title} on {host}"), told.into()))
}

/// The units behind `systemctl VERB` and `-u`, as far as they stand there as words.
fn units(text: &str) -> Vec<UnitName> {
    let mut found: Vec<UnitName> = Vec::new();
    let mut add = |word: &str| {
        let word = word.trim_matches(['"', '\'']);
        let word = if word.contains('.') { word.to_owned() } else { format!("{word}.service") };
        if let Some(unit) = UnitName::new(&word)
            && !found.contains(&unit)
        {
            found.push(unit);
        }
    };
    for command in text.split(['\n', ';', '|', '&']) {
        let words: Vec<&str> = command.split_whitespace().collect();
        if let Some(at) = words.iter().position(|word| *word == "systemctl") {
            let mut rest = words.iter().skip(at + 1).filter(|word| !word.starts_with('-'));
            if rest.next().is_some_and(|verb| VERBS.contains(verb)) {
                rest.for_each(|word| add(word));
            }
        }
        if words.contains(&"journalctl") {
            for pair in words.windows(2) {
                if let ["-u" | "--unit", unit] = pair {
                    add(unit);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_where_a_command_names_them() {
        let names = |text: &str| -> Vec<String> { units(text).iter().map(|unit| unit.as_str().to_owned()).collect() };
        assert_eq!(
            names("sudo systemctl restart --no-block pricing 'mail.timer' && journalctl -u api -n 5"),
            ["pricing.service", "mail.timer", "api.service"]
        );
        assert!(names("systemctl daemon-reload; echo systemctl; systemctl restart \"$UNIT\"").is_empty());
    }
}
