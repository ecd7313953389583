//! The fleet as a report: what `qd status` prints, for people and for programs.

use serde::Serialize;

use super::fleet::Fleet;
use crate::domain::{Link, Now, State};

/// A whole environment at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the site.
    pub site: String,
    /// Name of the environment.
    pub environment: String,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// The worst word of all services.
    pub state: &'static str,
    /// The services, in the order of the site.
    pub services: Vec<ServiceReport>,
    /// The hosts, in the order of the site.
    pub hosts: Vec<HostReport>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceReport {
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// Its word.
    pub state: &'static str,
    /// Why; empty when there is nothing to say.
    pub why: String,
    /// Its instances.
    pub instances: Vec<InstanceReport>,
    /// Its probes, each where it was asked.
    pub probes: Vec<ProbeLine>,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstanceReport {
    /// Its host; none for a service without hosts.
    pub host: Option<String>,
    /// Its unit; none for a runtime without units.
    pub unit: Option<String>,
    /// Its word.
    pub state: &'static str,
    /// Why; empty when there is nothing to say.
    pub why: String,
    /// Since when, RFC 3339 in UTC, by the host's clock.
    pub since: Option<String>,
    /// Automatic restarts since the last start by hand.
    pub restarts: Option<u32>,
}

/// One probe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbeLine {
    /// Its name.
    pub name: String,
    /// The host it was asked from; none when asked from here.
    pub host: Option<String>,
    /// `pass`, `fail`, `error`, `inconclusive` or `stale`.
    pub verdict: &'static str,
    /// The summary of the last answer.
    pub summary: String,
    /// Time to the last answer in milliseconds.
    pub latency_ms: Option<f64>,
    /// Days the certificate is still good for.
    pub certificate_days: Option<i64>,
}

/// One host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostReport {
    /// Its name.
    pub name: String,
    /// Whether its link is up.
    pub connected: bool,
    /// Why not; empty when it is.
    pub why: String,
    /// Seconds since the host was last heard.
    pub heard_seconds_ago: Option<f64>,
    /// Failed units that the site does not name.
    pub failed_units: Vec<String>,
}

impl Report {
    /// The fleet as it is at `now`.
    pub fn of(fleet: &Fleet, now: Now) -> Self {
        let services = fleet.services.iter().map(|row| service(fleet, row, now)).collect();
        let hosts = fleet.hosts.iter().map(|row| host(fleet, row, now)).collect();
        Self {
            site: fleet.environment.site.to_string(),
            environment: fleet.environment.name.to_string(),
            at: now.wall.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            state: worst(fleet).word(),
            services,
            hosts,
        }
    }

    /// The report for a person: one line a service, its instances below it where they differ.
    pub fn text(&self) -> String {
        let wide = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let differ = |service: &ServiceReport| service.instances.iter().any(|one| one.state != service.state);
        let places = self.services.iter().filter(|service| differ(service)).flat_map(|service| &service.instances);
        let mut places = places.map(|one| one.host.as_deref().unwrap_or("here").len() + 2);
        let name = wide(&mut self.services.iter().map(|service| service.name.len())).max(wide(&mut places));
        let state = wide(&mut self.services.iter().map(|service| service.state.len()));
        let mut lines = vec![format!("{} {}: {}   {}", self.site, self.environment, self.state, self.at)];
        for service in &self.services {
            let line = format!("  {:name$}  {:state$}  {}", service.name, service.state, service.why);
            lines.push(line.trim_end().to_owned());
            for instance in service.instances.iter().filter(|_| differ(service)) {
                let place = instance.host.as_deref().unwrap_or("here");
                let line = format!("    {place:name$}{:state$}  {}", instance.state, instance.why);
                lines.push(line.trim_end().to_owned());
            }
        }
        for host in &self.hosts {
            if !host.connected {
                lines.push(format!("  host {}: {}", host.name, host.why));
            }
            if !host.failed_units.is_empty() {
                lines.push(format!("  host {}: failed: {}", host.name, host.failed_units.join(", ")));
            }
        }
        lines.join("\n")
    }
}

/// The worst word of all services; up when there are none.
pub fn worst(fleet: &Fleet) -> State {
    fleet.services.iter().map(|row| row.verdict.state).max().unwrap_or(State::Up)
}

fn service(fleet: &Fleet, row: &super::ServiceRow, now: Now) -> ServiceReport {
    let instances = row.instances.iter().map(|instance| InstanceReport {
        host: instance.host.as_ref().map(ToString::to_string),
        unit: instance.unit.as_ref().map(ToString::to_string),
        state: instance.verdict.state.word(),
        why: instance.verdict.why.clone(),
        since: instance.verdict.since.map(|since| since.to_string()),
        restarts: fleet.unit_of(instance).map(|unit| unit.facts.restarts),
    });
    let line = |host: Option<&crate::domain::HostName>,
                name: &crate::domain::ProbeName,
                state: &crate::domain::probe::ProbeState| {
        let rule = row.service.probes.iter().find(|probe| probe.name == *name)?;
        let last = state.last.as_ref();
        Some(ProbeLine {
            name: name.to_string(),
            host: host.map(ToString::to_string),
            verdict: state.verdict(rule, now.mono).word(),
            summary: last.map(|report| report.summary.plain()).unwrap_or_default(),
            latency_ms: last.and_then(|report| report.latency).map(|span| span.as_secs_f64() * 1e3),
            certificate_days: last.and_then(|report| report.certificate_days),
        })
    };
    let here = row.probes.iter().filter_map(|(name, state)| line(None, name, state));
    let there = row.host_probes.iter().filter_map(|((host, name), state)| line(Some(host), name, state));
    ServiceReport {
        name: row.service.name.to_string(),
        tier: row.service.tier.name.clone(),
        state: row.verdict.state.word(),
        why: row.verdict.why.clone(),
        instances: instances.collect(),
        probes: here.chain(there).collect(),
    }
}

fn host(fleet: &Fleet, row: &super::HostRow, now: Now) -> HostReport {
    HostReport {
        name: row.host.name.to_string(),
        connected: row.link.is_up(),
        why: match &row.link {
            Link::Waiting { why, .. } | Link::Stopped { why, .. } => why.to_string(),
            link @ (Link::Connecting { .. } | Link::Asking { .. } | Link::Up { .. }) => {
                crate::domain::judge::link_reason(link)
            }
        },
        heard_seconds_ago: row.heard().map(|at| at.age(now.mono).as_secs_f64()),
        failed_units: fleet.unnamed_failures(row).map(|(unit, _)| unit.to_string()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_the_text_hold_with_hosts_longer_than_any_service() {
        let instance = |host: &str, state| InstanceReport {
            host: Some(host.to_owned()),
            unit: None,
            state,
            why: if state == "up" { String::new() } else { "stopped".to_owned() },
            since: None,
            restarts: None,
        };
        let instances = vec![instance("a-long-host-name", "down"), instance("db", "up")];
        let (name, tier, why) = ("web".to_owned(), "Core".to_owned(), "stopped".to_owned());
        let services = vec![ServiceReport { name, tier, state: "down", why, instances, probes: Vec::new() }];
        let (site, environment, at) = ("shop".to_owned(), "staging".to_owned(), "2026-11-21T06:47:31Z".to_owned());
        let report = Report { site, environment, at, state: "down", services, hosts: Vec::new() };
        let expected = "shop staging: down   2026-11-21T06:47:31Z\n  \
                        web                 down  stopped\n    \
                        a-long-host-name  down  stopped\n    \
                        db                up";
        assert_eq!(report.text(), expected);
    }
}
