//! The probes of a service after a change: asked until each is green, or has had its chance.

use std::time::Duration;

use super::verify::Subject;
use crate::domain::probe::{Found, Vantage};
use crate::domain::run::Finding;
use crate::domain::{Probe, ProbeReport};
use crate::engine::clock::Clock;
use crate::engine::probe::Origin;
use crate::text::Foreign;

/// A probe gets at least this long to become green after its unit stands, where the site does not say how long.
const CHANCE: Duration = Duration::from_secs(30);
/// The first pause after an answer that is not green yet; each is twice the one before.
const SOON: Duration = Duration::from_millis(100);
/// The longest pause between two askings.
const SELDOM: Duration = Duration::from_secs(1);

/// Asks a probe until it has passed as often in a row as it must, or for as long as the site says, or else as it takes the
/// site itself to call the service down.
pub(super) async fn until_green(subject: &Subject<'_>, probe: &Probe) -> (Finding, Foreign, Option<ProbeReport>) {
    let place = subject.place;
    let chance = match subject.service.and_then(|service| service.ready_within) {
        Some(within) => within.max(subject.step.settle),
        None => {
            let own = CHANCE.max(probe.interval * probe.fall + probe.timeout).max(subject.step.settle);
            own.min(subject.step.deadline.max(CHANCE))
        }
    };
    let until = place.clock.now().mono.after(chance);
    let (mut passes, mut errors) = (0, 0);
    let (seldom, mut soon) = (probe.interval.min(SELDOM), SOON);
    loop {
        let origin = match probe.from {
            Vantage::Here => Origin::Here,
            Vantage::Host => match place.connected(&subject.step.host, until).await {
                Some(connection) => Origin::Host(connection),
                None => return (Finding::Unknown, place.not_answering(&subject.step.host).into(), None),
            },
        };
        let environment = &place.environment;
        let report = place.prober.ask(&environment.site, environment.trusted, probe, origin).await;
        match report.found {
            Found::Pass => (passes, errors) = (passes + 1, 0),
            Found::Fail | Found::Inconclusive => (passes, errors) = (0, 0),
            Found::Error => (passes, errors) = (0, errors + 1),
        }
        if passes >= probe.rise.max(1) {
            subject.waits.probe(&probe.name, None);
            return (Finding::Good, report.summary.clone(), Some(report));
        }
        // What can't be asked says nothing, however often.
        if errors > probe.fall.max(2) {
            return (Finding::Unknown, report.summary.clone(), Some(report));
        }
        if place.clock.now().mono >= until {
            let finding = if report.found == Found::Fail { Finding::Bad } else { Finding::Unknown };
            return (finding, report.summary.clone(), Some(report));
        }
        if report.found != Found::Pass {
            subject.waits.probe(&probe.name, Some(report.summary.plain()));
        }
        // What has just come up is often green within a moment. Passes in a row, and errors, are counted at their own pace.
        let pause = if matches!(report.found, Found::Fail | Found::Inconclusive) { soon.min(seldom) } else { seldom };
        soon = soon.saturating_mul(2).min(SELDOM);
        place.pause(pause).await;
    }
}
