//! One step that is a probe, or a wait with a guard: asked from here or from the host, and never passed by an error, by
//! an answer that proves nothing, or by silence.

use std::sync::Arc;
use std::time::Duration;

use super::approve::Approving;
use super::guard::{Guarded, probed};
use super::job::{Done, Orders};
use super::kit::Kit;
use super::ledger::Lost;
use crate::domain::course::{Judgement, Rule};
use crate::domain::probe::{Found, Vantage};
use crate::domain::procedure::{Doing, Guard, HERE, PlannedPart};
use crate::domain::run::{Check, Finding, Reason, RunStep, StepState, StepVerdict};
use crate::domain::time::short;
use crate::domain::{HostName, InputName, Moment, Probe, ProbeName, ProbeReport, ServiceName};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::facts::Learnt;
use crate::port::procedure::Evidence;
use crate::text::Foreign;

/// The shortest pause between two looks at what is due.
const SOON: Duration = Duration::from_millis(20);
/// How often the time that is left of a wait is told.
const TOLD: Duration = Duration::from_secs(1);

/// A check or a hold on its way.
pub(super) struct Watch {
    pub(super) kit: Kit,
    pub(super) number: usize,
    pub(super) part: Arc<PlannedPart>,
    pub(super) rule: Rule,
    pub(super) record: RunStep,
    pub(super) orders: Orders,
    /// What earlier parts gave.
    pub(super) captured: Vec<(InputName, String)>,
    /// The run, where approvals of it are counted.
    pub(super) approving: Option<Approving>,
}

/// How it came out: well, or why not.
pub(super) type Came = Result<String, (Reason, String)>;

impl Watch {
    /// Does it; `adopt` says that it was begun before and goes on.
    pub(super) async fn run(mut self, adopt: bool) -> Done {
        let begun = self.kit.place.clock.now();
        let since = self.record.at.filter(|_| adopt);
        let before = since.map(|since| begun.since(since)).unwrap_or_default();
        if !adopt {
            let before = self.record.clone();
            self.record.attempt += 1;
            (self.record.reason, self.record.by, self.record.verdict) = (None, None, None);
            self.record.note = Foreign::default();
            if let Err(lost) = self.kit.ledger.intend(self.number, &mut self.record, begun.wall, false).await {
                self.record = before;
                return self.done(Some(lost), Vec::new());
            }
            if let Err(lost @ Lost::Taken(_)) =
                self.kit.ledger.commit(self.number, &mut self.record, StepState::Started).await
            {
                return self.done(Some(lost), Vec::new());
            }
        }
        let (mut seen, mut learnt, mut judged) = (Vec::new(), None::<Learnt>, Vec::new());
        let orders = self.orders.clone();
        let doing = self.part.doing.clone();
        let came = {
            let work = async {
                match &doing {
                    Doing::Check(service, probe) => self.check(service, probe, &mut seen).await,
                    Doing::Hold(span, guard) => self.hold(*span, guard.as_ref(), since, &mut judged).await,
                    Doing::Fact(fact) => self.fact(fact, &mut learnt).await,
                    Doing::Approve(quorum) => self.approve(quorum, &mut learnt).await,
                    _ => Err((Reason::Refused, "this is nothing that the console does by itself".to_owned())),
                }
            };
            tokio::select! {
                came = work => came,
                () = orders.cancel.cancelled() => Err((Reason::Cancelled, "cancelled".to_owned())),
            }
        };
        let mut checks: Vec<Check> = seen.iter().map(check).chain(judged.iter().cloned()).collect();
        checks.extend(learnt.iter().flat_map(|learnt| super::fact::checks(learnt, self.kit.place.clock.now().wall)));
        let state = match came {
            Ok(note) => {
                self.record.note = note.into();
                // A person judges what was fetched.
                if self.rule.judged { StepState::Done } else { StepState::Verified }
            }
            Err((reason, why)) => {
                (self.record.reason, self.record.note) = (Some(reason), why.into());
                StepState::Failed
            }
        };
        if checks.is_empty() {
            let finding = if state == StepState::Failed { Finding::Bad } else { Finding::Good };
            checks.push(Check { name: self.part.kind.into(), finding, told: self.record.note.clone() });
        }
        self.record.verdict = Some(StepVerdict { took: before + begun.mono.age(self.now()), checks });
        let lost = self.kit.ledger.commit(self.number, &mut self.record, state).await.err();
        let looked = seen.iter().map(|(name, report)| (name.clone(), fields(report)));
        let found = learnt.iter().map(|learnt| ("what was found".to_owned(), fields(&learnt.report)));
        let judged = judged.iter().map(|check: &Check| (check.name.clone(), check.told.clone()));
        let looked = looked.chain(found).chain(judged).collect();
        self.done(lost, looked)
    }

    fn now(&self) -> Moment {
        self.kit.place.clock.now().mono
    }

    fn done(self, lost: Option<Lost>, looked: Vec<(String, Foreign)>) -> Done {
        let evidence = Evidence { reason: self.record.reason, output: Foreign::default(), looked };
        Done { record: self.record, lost, evidence, put_off: None }
    }

    /// Asks until it passes, so often as the document says.
    async fn check(&self, service: &ServiceName, probe: &ProbeName, seen: &mut Vec<(String, ProbeReport)>) -> Came {
        let targets = targets(&self.kit.place, &self.record.host, service, probe)?;
        let mut tried = 0;
        loop {
            seen.clear();
            for (host, probe) in &targets {
                seen.push((name(service, probe, host), probed(&self.kit.place, probe, host).await));
            }
            let worst = seen.iter().map(|(_, report)| report.found).find(|found| *found != Found::Pass);
            let Some(worst) = worst else {
                return Ok(seen.last().map(|(_, report)| report.summary.plain()).unwrap_or_default());
            };
            tried += 1;
            let said = seen.iter().filter(|(_, report)| report.found != Found::Pass);
            let said: Vec<String> = said.map(|(name, report)| format!("{name}: {}", report.summary.plain())).collect();
            if tried > self.rule.retries || self.orders.enough.is_cancelled() {
                let reason = if worst == Found::Fail { Reason::NonZeroExit } else { Reason::Inconclusive };
                return Err((reason, format!("it did not pass in {tried} tries: {}", said.join("; "))));
            }
            self.tell(format!("try {tried} of {}: {}", self.rule.retries + 1, said.join("; "))).await;
            tokio::select! {
                () = self.kit.place.pause(self.part.options.every) => {}
                () = self.orders.enough.cancelled() => {}
            }
        }
    }

    /// Waits, and judges its guard meanwhile. Whoever takes it up waits for what is left; with a guard all of it anew, since
    /// nobody judged meanwhile.
    async fn hold(
        &self,
        span: Duration,
        guard: Option<&Guard>,
        since: Option<jiff::Timestamp>,
        judged: &mut Vec<Check>,
    ) -> Came {
        let since = since.filter(|_| guard.is_none());
        let gone = since.map(|since| self.kit.place.clock.now().since(since)).unwrap_or_default();
        let until = self.now().after(span.saturating_sub(gone));
        held(&self.kit, self.number, &self.record, (span, until), guard, judged).await
    }

    pub(super) async fn tell(&self, note: String) {
        let mut told = self.record.clone();
        told.note = note.into();
        self.kit.ledger.tell(self.number, &told).await;
    }
}

/// Where a probe is asked: once for what is asked from here, else on the step's own host or on each of the service's.
pub(super) fn targets(
    place: &Place,
    own: &HostName,
    service: &ServiceName,
    probe: &ProbeName,
) -> Result<Vec<(HostName, Probe)>, (Reason, String)> {
    let environment = &place.environment;
    let found = environment
        .service(service)
        .and_then(|found| Some((found, found.probes.iter().find(|known| known.name == *probe)?.clone())));
    let Some((found, probe)) = found else {
        return Err((Reason::Refused, format!("{} has no probe {service}/{probe}", environment.name)));
    };
    Ok(match probe.from {
        Vantage::Here => vec![(crate::domain::procedure::here(), probe)],
        Vantage::Host if own.as_str() != HERE => vec![(own.clone(), probe)],
        Vantage::Host => found.hosts.iter().map(|host| (host.clone(), probe.clone())).collect(),
    })
}

/// Waits until then, which is the end of a span, and judges a guard meanwhile. What it has seen is left in `judged`, however
/// it ends.
pub(super) async fn held(
    kit: &Kit,
    number: usize,
    record: &RunStep,
    (span, until): (Duration, Moment),
    guard: Option<&Guard>,
    judged: &mut Vec<Check>,
) -> Came {
    let place = &kit.place;
    let left = || place.clock.now().mono.age(until);
    let told = |left: Duration| short(left + Duration::from_millis(999));
    let tell = |note: String| {
        let told = RunStep { note: note.into(), ..record.clone() };
        async move { kit.ledger.tell(number, &told).await }
    };
    let Some(guard) = guard else {
        while !left().is_zero() {
            tell(format!("{} left", told(left()))).await;
            place.pause(left().min(TOLD)).await;
        }
        return Ok(format!("held for {}", short(span)));
    };
    let mut guarded = Guarded::begin(place, guard, &record.host)?;
    loop {
        guarded.ask().await;
        *judged = guarded.checks();
        kit.ledger.guarded(number, guarded.watching(until)).await;
        let over = left().is_zero();
        match if over { guarded.end() } else { guarded.judge() } {
            Judgement::Ends(Reason::GuardFailed, why) => {
                return Err((Reason::GuardFailed, format!("guard failed: {why}")));
            }
            Judgement::Ends(reason, why) => return Err((reason, why)),
            Judgement::Passed if over => return Ok(format!("held for {}: {}", short(span), guarded.counts())),
            Judgement::Holds | Judgement::Passed => {}
        }
        tell(format!("{} left; {}", told(left()), guarded.words())).await;
        let next = guarded.due().map_or(TOLD, |due| place.clock.now().mono.age(due).min(TOLD));
        place.pause(left().min(next).max(SOON.min(left()))).await;
    }
}

fn name(service: &ServiceName, probe: &Probe, host: &HostName) -> String {
    if host.as_str() == HERE {
        format!("{service}/{}", probe.name)
    } else {
        format!("{service}/{} on {host}", probe.name)
    }
}

fn check((name, report): &(String, ProbeReport)) -> Check {
    let finding = match report.found {
        Found::Pass => Finding::Good,
        Found::Fail => Finding::Bad,
        Found::Error | Found::Inconclusive => Finding::Unknown,
    };
    Check { name: name.clone(), finding, told: report.summary.clone() }
}

/// A probe's answer, field by field.
pub(super) fn fields(report: &ProbeReport) -> Foreign {
    let mut text = report.summary.raw().to_vec();
    for detail in &report.details {
        let mark: &[u8] = if detail.holds { b"\n  ok  " } else { b"\n  no  " };
        text = [&text, mark, detail.what.raw(), b": ", detail.found.raw()].concat();
    }
    text.into()
}
