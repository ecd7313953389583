//! A guard at work: asks its probes and figures when they are due, each on each of its hosts, and hands the answers to the
//! pure judge (`domain::course`).

use std::time::Duration;

use futures_util::future::join_all;

use super::figures::{self, Past};
use crate::domain::course::{Judgement, Reading, Series, Watching, worst};
use crate::domain::metric::figure;
use crate::domain::probe::{Found, Vantage};
use crate::domain::procedure::{Guard, HERE, here};
use crate::domain::run::{Check, Finding, Reason};
use crate::domain::{HostName, Metric, Moment, Probe, ProbeReport, Service};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::probe::Origin;
use crate::text::Foreign;

/// A host that is not connected gets this long before an asking counts as an error.
const CONNECTS: Duration = Duration::from_secs(5);

/// What is asked.
enum What {
    Probe(Box<Probe>),
    Metric(Box<Service>, Box<Metric>),
}

/// One series.
struct Watched {
    name: String,
    host: HostName,
    what: What,
    series: Series,
    past: Past,
    /// What was said last.
    told: Foreign,
    /// When what the next reading is compared with was read.
    compared: Option<Moment>,
}

/// A guard and what it has seen.
pub(super) struct Guarded<'a> {
    place: &'a Place,
    guard: &'a Guard,
    begun: Moment,
    all: Vec<Watched>,
}

impl<'a> Guarded<'a> {
    /// One that begins now, for a step on `own`.
    ///
    /// # Errors
    /// Why it can't judge at all.
    pub(super) fn begin(place: &'a Place, guard: &'a Guard, own: &HostName) -> Result<Self, (Reason, String)> {
        let mut all = Vec::new();
        for (of, name) in &guard.probes {
            let service = place.environment.service(of);
            let probe = service.and_then(|service| service.probes.iter().find(|probe| probe.name == *name));
            let metric = service.and_then(|service| service.metrics.iter().find(|metric| metric.name == *name));
            let (Some(service), from) = (service, probe.map(|probe| probe.from).or(metric.map(|metric| metric.from)))
            else {
                let why = format!("{} has no probe or metric {of}/{name}", place.environment.name);
                return Err((Reason::Refused, why));
            };
            let Some(from) = from else {
                let why = format!("{} has no probe or metric {of}/{name}", place.environment.name);
                return Err((Reason::Refused, why));
            };
            let on_hosts = || match own.as_str() {
                HERE => service.hosts.clone(),
                _ if service.hosts.contains(own) => vec![own.clone()],
                _ => service.hosts.clone(),
            };
            let hosts = if from == Vantage::Here { vec![here()] } else { on_hosts() };
            for host in hosts {
                let what = match (probe, metric) {
                    (Some(probe), _) => What::Probe(Box::new(probe.clone())),
                    (None, Some(metric)) => What::Metric(Box::new(service.clone()), Box::new(metric.clone())),
                    (None, None) => continue,
                };
                let name =
                    if host.as_str() == HERE { format!("{of}/{name}") } else { format!("{of}/{name} on {host}") };
                let (series, past) = (Series::default(), Past::default());
                all.push(Watched { name, host, what, series, past, told: Foreign::default(), compared: None });
            }
        }
        Ok(Self { place, guard, begun: place.clock.now().mono, all })
    }

    /// Asks everything that is due, all at once.
    pub(super) async fn ask(&mut self) {
        let (place, guard, begun) = (self.place, self.guard, self.begun);
        let now = place.clock.now().mono;
        let due = self.all.iter_mut().filter(|one| one.due(guard, begun).is_some_and(|at| at <= now));
        join_all(due.map(|one| one.ask(place))).await;
    }

    /// When something is due next.
    pub(super) fn due(&self) -> Option<Moment> {
        self.all.iter().filter_map(|one| one.due(self.guard, self.begun)).min()
    }

    /// What it has come to.
    pub(super) fn judge(&self) -> Judgement {
        self.with_last(worst(self.all.iter().map(|one| (one.name.as_str(), one.series.judge(self.guard)))))
    }

    /// What it comes to when the time is over.
    pub(super) fn end(&self) -> Judgement {
        self.with_last(worst(self.all.iter().map(|one| (one.name.as_str(), one.series.end(self.guard)))))
    }

    /// The reason with what was said last by whoever it is about.
    fn with_last(&self, judgement: Judgement) -> Judgement {
        let Judgement::Ends(reason, why) = judgement else { return judgement };
        let about = self.all.iter().filter(|one| why.starts_with(&format!("{}: ", one.name)));
        let last = about.max_by_key(|one| one.name.len()).map(|one| one.told.plain()).unwrap_or_default();
        Judgement::Ends(reason, if last.is_empty() { why } else { format!("{why}; {last}") })
    }

    /// What it has seen, for whoever looks on.
    pub(super) fn watching(&self, until: Moment) -> Watching {
        let one = |one: &Watched| {
            let (limits, unit) = match &one.what {
                What::Probe(_) => (String::new(), ""),
                What::Metric(_, metric) => (metric.limits(), metric.unit.as_str()),
            };
            one.series.measured(self.guard, &one.name, &limits, unit, one.told.clone())
        };
        Watching { until, series: self.all.iter().map(one).collect() }
    }

    /// Each with its newest answer and its limit, for whoever looks on.
    pub(super) fn words(&self) -> String {
        let each = self.all.iter().map(|one| match one.told.plain() {
            told if told.is_empty() => format!("{}: {}", one.name, one.series.words()),
            told => format!("{}: {told}, {}", one.name, one.series.words()),
        });
        each.collect::<Vec<_>>().join("; ")
    }

    /// The counts alone.
    pub(super) fn counts(&self) -> String {
        match self.all.as_slice() {
            [only] => only.series.words(),
            all => all.iter().map(|one| format!("{}: {}", one.name, one.series.words())).collect::<Vec<_>>().join("; "),
        }
    }

    /// What it has seen, as the record keeps it: each with its counts and its last figures.
    pub(super) fn checks(&self) -> Vec<Check> {
        let check = |one: &Watched| {
            let finding = match one.series.end(self.guard) {
                Judgement::Holds | Judgement::Passed => Finding::Good,
                Judgement::Ends(Reason::GuardFailed, _) => Finding::Bad,
                Judgement::Ends(..) => Finding::Unknown,
            };
            Check { name: one.name.clone(), finding, told: one.history().into() }
        };
        self.all.iter().map(check).collect()
    }
}

impl Watched {
    fn due(&self, guard: &Guard, begun: Moment) -> Option<Moment> {
        let due = self.series.due(guard, begun)?;
        Some(self.compared.map_or(due, |at| due.max(at.after(guard.interval))))
    }

    async fn ask(&mut self, place: &Place) {
        let asked = place.clock.now().mono;
        let reading = match &self.what {
            What::Probe(probe) => {
                let report = probed(place, probe, &self.host).await;
                self.told = report.summary.clone();
                Reading { found: report.found, value: None }
            }
            What::Metric(service, metric) => {
                match figures::read(place, service, metric, &self.host, &mut self.past).await {
                    Some(figure) => {
                        self.told = figure.told;
                        Reading { found: figure.found, value: figure.value }
                    }
                    None => {
                        self.told = "read once, and compared with what comes".into();
                        self.compared = Some(asked);
                        return;
                    }
                }
            }
        };
        self.compared = None;
        self.series.take(reading, asked);
    }

    /// The newest answer, the counts, and the last figures, the newest at the end.
    fn history(&self) -> String {
        let word = |reading: &Reading| match (reading.value, reading.found) {
            (Some(value), Found::Fail) => format!("{}!", figure(value)),
            (Some(value), Found::Inconclusive) => format!("{}?", figure(value)),
            (Some(value), _) => figure(value),
            (None, Found::Pass) => "pass".to_owned(),
            (None, Found::Fail) => "fail".to_owned(),
            (None, Found::Inconclusive) => "none".to_owned(),
            (None, Found::Error) => "error".to_owned(),
        };
        let last: Vec<String> = self.series.last().map(word).collect();
        format!("{}; {}; last: {}", self.told.plain(), self.series.words(), last.join(" "))
    }
}

/// One asking of a probe.
pub(super) async fn probed(place: &Place, probe: &Probe, host: &HostName) -> ProbeReport {
    let environment = &place.environment;
    let origin = if host.as_str() == HERE {
        Origin::Here
    } else {
        match place.connected(host, place.clock.now().mono.after(CONNECTS)).await {
            Some(connection) => Origin::Host(connection),
            None => return unasked(place, place.not_answering(host)),
        }
    };
    place.prober.ask(&environment.site, environment.trusted, probe, origin).await
}

fn unasked(place: &Place, why: String) -> ProbeReport {
    let now = place.clock.now();
    ProbeReport {
        found: Found::Error,
        summary: why.into(),
        details: Vec::new(),
        latency: None,
        certificate_days: None,
        at: now.wall,
        asked: now.mono,
    }
}
