//! One step from its look before to its verdict.
//!
//! Nothing is sent before the intent is recorded; from then on what is not known for certain is unknown.

use std::time::Duration;

use super::judge::{Course, Judged};
use super::ledger::Ledger;
use super::place::Place;
use super::send::{Sent, send};
use super::verify::{AWAY, Came, Seen, Subject};
use super::waits::Waits;
use crate::domain::plan::PlannedStep;
use crate::domain::run::{Check, Finding, RunStep, StepState, StepVerdict};
use crate::domain::unit::Load;
use crate::domain::{Compose, Moment, Verb};
use crate::engine::clock::Clock;
use crate::port::End;
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::{Look, clock, clock_of};

/// After the link is back, the host has this long to show what happened to a command whose end was not heard.
const PROVEN_WITHIN: Duration = Duration::from_secs(10);

/// One step on its way.
pub(super) struct Step {
    pub(super) place: Place,
    pub(super) ledger: Ledger,
    pub(super) verb: Verb,
    pub(super) number: usize,
    pub(super) planned: PlannedStep,
    pub(super) record: RunStep,
}

/// How a step ended, and whether the store still takes records.
pub(super) struct Done {
    pub(super) state: StepState,
    pub(super) recording: Result<(), String>,
}

impl Step {
    /// Does it.
    pub(super) async fn run(mut self) -> Done {
        let scope = if self.planned.user { Scope::User } else { Scope::System };
        let unit = self.planned.unit.clone();
        let before = self.place.look_before(&self.planned.host, unit.as_ref().map(|unit| (unit, scope))).await;
        let before = match before {
            Ok(look) => look,
            Err(why) => return self.end(StepState::Failed, format!("{why}: nothing was sent")).await,
        };
        if before.as_ref().is_some_and(|look| look.facts.load == Load::NotFound) {
            let containers = unit.as_ref().is_some_and(Compose::is_unit);
            let what = if containers { "container of it" } else { "such unit" };
            let why = format!("{} has no {what}: nothing was sent", self.planned.host);
            return self.end(StepState::Failed, why).await;
        }
        let begun = self.place.clock.now().mono;
        // What goes on in the same run of the unit is told apart by the host's clock.
        let since = if self.verb == Verb::Reload { self.host_clock(begun).await } else { None };
        self.record.invocation_before = before.as_ref().map(|look| look.facts.invocation.clone()).unwrap_or_default();
        self.record.note = "".into();
        if let Err(error) = self.ledger.intend(self.number, &mut self.record).await {
            return self.unrecorded(error.to_string()).await;
        }
        let until = begun.after(super::place::ANSWERS_WITHIN);
        let Some(connection) = self.place.connected(&self.planned.host, until).await else {
            let why = format!("{}: nothing was sent", self.place.not_answering(&self.planned.host));
            return self.end(StepState::Failed, why).await;
        };
        let sent = send(&self.place, &self.ledger.run, &self.planned, connection.as_ref()).await;
        drop(connection);
        let mut course = before.map(|before| Course::new(self.verb, before));
        match sent {
            Sent::Taken => {}
            Sent::Refused(why) => return self.end(StepState::Failed, why).await,
            Sent::Unheard(why) => {
                if let Some(unknown) = self.find_out(scope, course.as_ref(), &why).await {
                    return self.end(StepState::Unknown, unknown).await;
                }
                self.record.note = format!("{why}; the host shows that it happened").into();
            }
        }
        let taken = self.place.clock.now().mono;
        let mut recorded = Ok(());
        if self.waits_for_a_job() {
            recorded = self.ledger.commit(self.number, &mut self.record, StepState::Started).await;
        }
        let waits = Waits::new();
        let (came, seen) = match (&unit, &mut course) {
            (Some(unit), Some(course)) => {
                let subject = Subject {
                    place: &self.place,
                    step: &self.planned,
                    unit,
                    scope,
                    service: self.planned.service.as_ref().and_then(|name| self.place.environment.service(name)),
                    since,
                    waits: &waits,
                };
                let mut seen = Seen::default();
                let arriving = subject.arrive(course, &mut seen);
                let arrived = waits.told(&self.ledger, self.number, &self.record, arriving).await;
                waits.unit("");
                if let Some(look) = &seen.last {
                    self.record.invocation = look.facts.invocation.clone();
                }
                if arrived == Came::Well {
                    let done = self.ledger.commit(self.number, &mut self.record, StepState::Done).await;
                    recorded = recorded.and(done);
                }
                let following = after(self.verb, &subject, arrived, &mut seen);
                let came = waits.told(&self.ledger, self.number, &self.record, following).await;
                (came, seen)
            }
            (Some(_) | None, Some(_) | None) => {
                let done = self.ledger.commit(self.number, &mut self.record, StepState::Done).await;
                recorded = recorded.and(done);
                let check = Check { name: "command".into(), finding: Finding::Good, told: "ended with success".into() };
                (Came::Well, Seen { checks: vec![check], ..Seen::default() })
            }
        };
        if let Some(look) = &seen.last {
            self.record.invocation = look.facts.invocation.clone();
        }
        let took = taken.age(self.place.clock.now().mono);
        self.record.verdict = Some(StepVerdict { took, checks: seen.checks });
        let mut done = match came {
            Came::Well => {
                let note = std::mem::take(&mut self.record.note);
                self.end_with(StepState::Verified, note).await
            }
            Came::Badly(why) => self.end(StepState::Failed, why).await,
            Came::Unseen(why) => {
                self.end(StepState::Unknown, format!("it was sent and taken, but can't be verified: {why}")).await
            }
        };
        if let Err(error) = recorded {
            done.recording = Err(error.to_string());
        }
        done
    }

    fn waits_for_a_job(&self) -> bool {
        match self.verb {
            Verb::Start | Verb::Stop | Verb::Restart | Verb::Reload | Verb::Scale(_) => true,
            Verb::Enable | Verb::Disable | Verb::ResetFailed | Verb::DaemonReload | Verb::Kill(_) => false,
        }
    }

    async fn host_clock(&self, begun: Moment) -> Option<jiff::Timestamp> {
        let output =
            self.place.ask(&self.planned.host, clock(), begun.after(super::place::ANSWERS_WITHIN)).await.ok()?;
        if output.end == End::Exited(0) { clock_of(&output.stdout) } else { None }
    }

    /// Finds out whether a command happened whose end was not heard: `None` when the host proves it, else what is
    /// known. Never sends it again.
    async fn find_out(&self, scope: Scope, course: Option<&Course>, why: &str) -> Option<String> {
        let unknown = format!("{why}. Whether it happened is not known: look before you repeat it");
        let (Some(unit), Some(course)) = (&self.planned.unit, course) else { return Some(unknown) };
        let host = &self.planned.host;
        let away_until = self.place.clock.now().mono.after(AWAY);
        let mut until = None;
        loop {
            let look = match self.place.look(host, unit, scope, away_until).await {
                Ok(look) => look,
                Err(again) => return Some(format!("{unknown} ({})", again.why())),
            };
            if course.is_proven(&look) {
                return None;
            }
            let now = self.place.clock.now().mono;
            let until = *until.get_or_insert(now.after(PROVEN_WITHIN));
            // A job that was not there before is ours, or somebody's: its end will show.
            if now >= until && !(look.busy && now < until.after(self.planned.deadline)) {
                return Some(format!("{unknown}. {}", so_far(course, &look)));
            }
            self.place.pause(Duration::from_secs(1)).await;
        }
    }

    async fn end(&mut self, state: StepState, note: String) -> Done {
        self.end_with(state, note.into()).await
    }

    async fn end_with(&mut self, state: StepState, note: crate::text::Foreign) -> Done {
        self.record.note = note;
        let recording = self.ledger.commit(self.number, &mut self.record, state).await;
        Done { state, recording: recording.map_err(|error| error.to_string()) }
    }

    /// The intent could not be recorded, so nothing is sent.
    async fn unrecorded(&mut self, why: String) -> Done {
        let mut done = self.end(StepState::Skipped, "it was not sent: it could not be recorded".into()).await;
        done.recording = Err(why);
        done
    }
}

/// What follows when the unit has arrived, or has not.
pub(super) async fn after(verb: Verb, subject: &Subject<'_>, arrived: Came, seen: &mut Seen) -> Came {
    let failed = matches!(arrived, Came::Badly(_));
    if failed && verb.leaves_running() {
        // The reason is most often the last thing it wrote.
        subject.quiet(seen).await;
    }
    let Some(look) = seen.last.clone().filter(|_| arrived == Came::Well && verb.leaves_running()) else {
        return arrived;
    };
    if !look.facts.active.runs() {
        // It ran to its end.
        return subject.quiet(seen).await;
    }
    let stays = subject.stay(&look, seen).await;
    let quiet = if matches!(stays, Came::Unseen(_)) { Came::Well } else { subject.quiet(seen).await };
    match stays {
        Came::Well => quiet,
        Came::Badly(_) | Came::Unseen(_) => stays,
    }
}

/// What a look says about a change of which the end was not heard.
pub(super) fn so_far(course: &Course, look: &Look) -> String {
    let mut again = course.clone();
    let state = super::judge::words(look);
    let started =
        look.facts.active_enter.map(|at| format!(" since {}", at.strftime("%H:%M:%S UTC"))).unwrap_or_default();
    // Another number of containers is another run of the service, whoever made it so.
    if course.is_new(look) && !matches!(course.verb, Verb::Scale(_)) {
        return format!("It was started anew since: {state}{started}");
    }
    match (course.verb, again.judge(look)) {
        (Verb::Restart | Verb::Start, _) => format!("Up to now it still is the same run as before: {state}{started}"),
        (_, Judged::There(how)) => format!("It is {how} now"),
        (_, Judged::NotYet | Judged::Wrong(_)) => format!("It is {state} now"),
    }
}
