//! The verdict on one step: it is followed until it stands, it has stood for a while, its probes are green and its log
//! is quiet; or until it is plain that it will not.

use std::time::Duration;

use futures_util::future::join_all;

use super::judge::{self, Course, Judged};
use super::place::{Place, Unasked};
use super::waits::Waits;
use super::{log, probes};
use crate::domain::plan::PlannedStep;
use crate::domain::run::{Check, Finding};
use crate::domain::unit::UnitName;
use crate::domain::{Moment, ProbeReport, Service};
use crate::engine::clock::Clock;
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::Look;
use crate::text::Foreign;

/// The shortest pause between two looks; they grow with the time that has passed, up to [`SELDOM`].
const OFTEN: Duration = Duration::from_millis(200);
/// The longest pause between two looks.
const SELDOM: Duration = Duration::from_secs(1);
/// After the deadline of a step, a host that is away may come back for so long.
pub(super) const AWAY: Duration = Duration::from_secs(60);

/// What is to be verified.
pub(super) struct Subject<'a> {
    pub(super) place: &'a Place,
    pub(super) step: &'a PlannedStep,
    pub(super) unit: &'a UnitName,
    pub(super) scope: Scope,
    /// The service, where the unit is one of a service.
    pub(super) service: Option<&'a Service>,
    /// When the command was sent, by the host's clock; only for what goes on in the same run of the unit.
    pub(super) since: Option<jiff::Timestamp>,
    /// Where it says what it waits for.
    pub(super) waits: &'a Waits,
}

/// How a step came out.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum Came {
    /// As it should.
    Well,
    /// Not as it should: why.
    Badly(String),
    /// It can't be seen: why.
    Unseen(String),
}

/// What was looked at so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) checks: Vec<Check>,
    pub(super) last: Option<Look>,
    /// What probes said last.
    pub(super) answers: Vec<(String, ProbeReport)>,
    /// What its log was seen to say when it had settled.
    pub(super) log: Option<(Finding, Foreign)>,
}

impl Seen {
    pub(super) fn note(&mut self, name: impl Into<String>, finding: Finding, told: impl Into<Foreign>) {
        self.checks.push(Check { name: name.into(), finding, told: told.into() });
    }
}

impl Subject<'_> {
    fn now(&self) -> Moment {
        self.place.clock.now().mono
    }

    /// Follows the job until the unit stands as it should, or will not.
    pub(super) async fn arrive(&self, course: &mut Course, seen: &mut Seen) -> Came {
        let until = self.now().after(self.step.deadline);
        let begun = self.now();
        loop {
            let stirred = self.place.stirs(&self.step.host);
            // A host that is away is waited for a little longer than the unit.
            let look = match self.place.look(&self.step.host, self.unit, self.scope, until.after(AWAY)).await {
                Ok(look) => look,
                Err(Unasked::Silent(why) | Unasked::Odd(why)) => {
                    seen.note(name_of(course), Finding::Unknown, why.as_str());
                    return Came::Unseen(why);
                }
            };
            let judged = course.judge(&look);
            let words = judge::words(&look);
            seen.last = Some(look);
            match judged {
                Judged::There(how) => {
                    seen.note(name_of(course), Finding::Good, how);
                    return Came::Well;
                }
                Judged::Wrong(why) => {
                    seen.note(name_of(course), Finding::Bad, why.as_str());
                    return Came::Badly(why);
                }
                Judged::NotYet if self.now() >= until => {
                    let why = format!("after {} s it still is {words}", self.step.deadline.as_secs());
                    seen.note(name_of(course), Finding::Bad, why.as_str());
                    return Came::Badly(why);
                }
                Judged::NotYet => self.waits.unit(format!("{}, which is {words}", self.unit)),
            }
            // What takes its time is seen as soon as the host tells of it; where it tells nothing, at most a quarter late.
            self.place.pause_unless(stirred, (begun.age(self.now()) / 4).clamp(OFTEN, SELDOM)).await;
        }
    }

    /// Looks whether what has arrived stays: for the time it must settle, and until every probe is green.
    pub(super) async fn stay(&self, arrived: &Look, seen: &mut Seen) -> Came {
        let service_probes = self.service.map(|service| service.probes.as_slice()).unwrap_or_default();
        let asking = join_all(service_probes.iter().map(|probe| probes::until_green(self, probe)));
        if !self.step.settle.is_zero() {
            self.waits.unit(format!("{} s in which it stays as it is", self.step.settle.as_secs()));
        }
        let settling = async {
            self.place.pause(self.step.settle).await;
            self.waits.unit("");
        };
        let waiting = async { tokio::join!(asking, settling) };
        tokio::pin!(waiting);
        let watching = self.watch(arrived);
        tokio::pin!(watching);
        let settled = format!("same run for {} s", self.step.settle.as_secs());
        let answers = tokio::select! {
            broken = &mut watching => {
                let finding = if matches!(broken, Came::Unseen(_)) { Finding::Unknown } else { Finding::Bad };
                if let Came::Badly(why) | Came::Unseen(why) = &broken {
                    seen.note(settled, finding, why.as_str());
                }
                return broken;
            }
            (answers, ()) = &mut waiting => answers,
        };
        // Once more at the end, so that the last word is about now.
        let (last, log) = tokio::join!(
            self.place.look(&self.step.host, self.unit, self.scope, self.now().after(AWAY)),
            log::errors(self, &arrived.facts.invocation)
        );
        seen.log = Some(log);
        let stays = last.map_err(Unasked::why).map(|look| (judge::still(arrived, &look), look));
        let came = match stays {
            Ok((Ok(()), look)) => {
                let id: String = look.facts.invocation.chars().take(8).collect();
                let told = if id.is_empty() { judge::words(&look) } else { format!("invocation {id}") };
                seen.note(settled, Finding::Good, told);
                seen.last = Some(look);
                Came::Well
            }
            Ok((Err(why), look)) => {
                seen.note(settled, Finding::Bad, why.as_str());
                seen.last = Some(look);
                return Came::Badly(why);
            }
            Err(why) => {
                seen.note(settled, Finding::Unknown, why.as_str());
                return Came::Unseen(why);
            }
        };
        let mut bad = None;
        for (probe, (finding, told, report)) in service_probes.iter().zip(answers) {
            let title = || format!("probe {} for {}", probe.name, self.step.host);
            seen.answers.extend(report.map(|report| (title(), report)));
            if finding != Finding::Good && bad.is_none() {
                bad = Some(format!("probe {} is not green: {}", probe.name, told.plain()));
            }
            seen.note(format!("probe {}", probe.name), finding, told);
        }
        bad.map_or(came, Came::Badly)
    }

    /// Comes back when the unit does not stay as it arrived.
    async fn watch(&self, arrived: &Look) -> Came {
        loop {
            self.place.pause(SELDOM).await;
            match self.place.look(&self.step.host, self.unit, self.scope, self.now().after(AWAY)).await {
                Ok(look) => {
                    if let Err(why) = judge::still(arrived, &look) {
                        return Came::Badly(why);
                    }
                }
                Err(why) => return Came::Unseen(why.why()),
            }
        }
    }

    /// Looks for errors in the log of this run of the unit.
    pub(super) async fn quiet(&self, seen: &mut Seen) -> Came {
        let invocation = seen.last.as_ref().map(|look| look.facts.invocation.clone()).unwrap_or_default();
        let (finding, told) = match seen.log.take() {
            Some(read) => read,
            None => log::errors(self, &invocation).await,
        };
        let came = match finding {
            Finding::Bad => Came::Badly(format!("its log has a new error: {}", told.plain())),
            // A login that may not read the log can still restart a service; the check says that it was not made.
            Finding::Good | Finding::Unknown => Came::Well,
        };
        seen.note("errors in its log", finding, told);
        came
    }
}

fn name_of(course: &Course) -> &'static str {
    use crate::domain::Verb;
    match course.verb {
        Verb::Start | Verb::Restart => "active",
        Verb::Stop => "stopped",
        Verb::Reload => "reloaded",
        Verb::Enable => "enabled",
        Verb::Disable => "disabled",
        Verb::ResetFailed => "failure forgotten",
        Verb::DaemonReload => "unit files read",
        Verb::Kill(_) => "state",
        Verb::Scale(_) => "containers",
    }
}
