//! All probes of some services, each asked once and named.

use std::time::Duration;

use futures_util::StreamExt;

use super::{Came, detail};
use crate::domain::probe::{Found, Vantage};
use crate::domain::procedure::{HERE, here};
use crate::domain::{HostName, Probe, ProbeReport, ServiceName};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::probe::Origin;

/// Askings at once.
const AT_ONCE: usize = 8;
/// A host that is not connected gets this long.
const CONNECTS: Duration = Duration::from_secs(5);

pub(super) async fn ask(place: &Place, tier: Option<&str>, services: &[ServiceName]) -> Came {
    let environment = &place.environment;
    if let Some(missing) = services.iter().find(|name| environment.service(name).is_none()) {
        return Came::error(format!("{} has no service {missing}", environment.name));
    }
    let meant = |service: &&crate::domain::Service| {
        tier.is_none_or(|tier| service.tier.name == tier) && (services.is_empty() || services.contains(&service.name))
    };
    let mut wanted: Vec<(String, HostName, Probe)> = Vec::new();
    let mut without: Vec<&str> = Vec::new();
    for service in environment.services.iter().filter(meant) {
        if service.probes.is_empty() {
            without.push(service.name.as_str());
        }
        for probe in &service.probes {
            let hosts = match probe.from {
                Vantage::Here => vec![here()],
                Vantage::Host => service.hosts.clone(),
            };
            for host in hosts {
                let at = if host.as_str() == HERE { String::new() } else { format!(" on {host}") };
                wanted.push((format!("{}/{}{at}", service.name, probe.name), host, probe.clone()));
            }
        }
    }
    let none = without.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    if wanted.is_empty() {
        let whose = match tier {
            Some(tier) => format!("the services of the tier {}", crate::text::Foreign::from(tier).plain()),
            None => "these services".to_owned(),
        };
        return Came::nothing(format!("{whose} have no probe that could be asked"));
    }
    if let Some(silent) = services.iter().find(|name| without.contains(&name.as_str())) {
        return Came::nothing(format!("{silent} has no probe, so nothing is known of it"));
    }
    let asking = wanted.into_iter().map(|(name, host, probe)| async move {
        let report = one(place, &host, &probe).await;
        (name, report)
    });
    let came: Vec<(String, Result<ProbeReport, String>)> =
        futures_util::stream::iter(asking).buffered(AT_ONCE).collect().await;
    judged(came, &none)
}

async fn one(place: &Place, host: &HostName, probe: &Probe) -> Result<ProbeReport, String> {
    let environment = &place.environment;
    let origin = if host.as_str() == HERE {
        Origin::Here
    } else {
        let until = place.clock.now().mono.after(CONNECTS);
        Origin::Host(place.connected(host, until).await.ok_or_else(|| place.not_answering(host))?)
    };
    Ok(place.prober.ask(&environment.site, environment.trusted, probe, origin).await)
}

fn judged(came: Vec<(String, Result<ProbeReport, String>)>, without: &str) -> Came {
    let all = came.len();
    let mut worst = Found::Pass;
    let (mut details, mut wrong) = (Vec::new(), Vec::new());
    for (name, report) in came {
        let (found, told) = match report {
            Ok(report) => (report.found, report.summary),
            Err(why) => (Found::Error, why.into()),
        };
        if found != Found::Pass {
            wrong.push(name.clone());
            // A failure is told before what could not be asked.
            if worst == Found::Pass || found == Found::Fail {
                worst = found;
            }
        }
        let mut line = detail(name, "", found == Found::Pass);
        line.found = told;
        details.push(line);
    }
    let without = if without.is_empty() { String::new() } else { format!("; without a probe: {without}") };
    let summary = match wrong.len() {
        0 if all == 1 => format!("the one probe passes{without}"),
        0 => format!("all {all} probes pass{without}"),
        some => format!(
            "{some} of {all} probes do not pass: {}{without}",
            wrong.iter().take(8).cloned().collect::<Vec<_>>().join(", ")
        ),
    };
    Came::new(worst, summary, details)
}
