//! What a run waits for: answered by flags, by whoever sits at the terminal, or by nobody, in which case it is left open.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::follow::{Decided, Session};
use super::told;
use crate::cli::{Exit, output};
use crate::domain::Run;
use crate::domain::procedure::{Danger, Doing, Part};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::port::Effect;
use crate::port::procedure::{Decision, Need};
use crate::state::deploy::{Spent, Wizard};
use crate::state::procedures::Sheet;
use crate::state::procedures::sheet::is_automated;

/// That a run of chosen parts is ended, among what was answered.
const END: &str = "end";

/// The step that failed, or of which is not known whether it happened, if that is what is waited for.
fn stuck(need: &Need) -> Option<usize> {
    match need {
        Need::Failure(number, _) | Need::Unknown(number, _) => Some(*number),
        Need::Tick(_)
        | Need::Choose(_)
        | Need::Tell(_)
        | Need::Terminal(_)
        | Need::Go
        | Need::Window(..)
        | Need::Paused => None,
    }
}

/// What a run that is paused waits for, where a step of it says so: its host is away.
fn waited_for(run: &Run) -> Option<String> {
    let waits = |step: &&RunStep| step.state == StepState::Planned && !step.note.is_empty();
    let step = run.steps.iter().find(waits)?;
    let part = step.part.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(format!(
        "the run is paused, and {part} on {} was not begun: {}",
        step.host,
        step.note.plain().trim_end_matches('.')
    ))
}

impl Session<'_> {
    /// What is waited for no more, and then again, wants an answer of its own.
    pub(super) fn forget(&mut self) {
        let Some(run) = &self.run else { return };
        let open: BTreeSet<String> = self.needs.iter().map(|need| self.key(run, need)).collect();
        self.answered.retain(|answered| answered == END || open.contains(answered));
        self.pending = self.pending.take().filter(|pending| open.contains(pending));
    }

    /// By what one need is told from another, and one try of a step from the next.
    fn key(&self, run: &Run, need: &Need) -> String {
        let tries = stuck(need).and_then(|number| run.steps.get(number)).map_or(0, |step| step.attempt);
        // How long it is until a window opens is no part of the question.
        if let Need::Window(opening, _) = need {
            return format!("window {}", opening.is_open());
        }
        format!("{} {tries}", self.need_told(run, need).0)
    }

    /// Answers what can be answered; `Some` when nobody can.
    pub(super) async fn waits(&mut self) -> Result<Option<Exit>, Exit> {
        let Some(run) = self.run.clone() else { return Ok(None) };
        let under_way = |step: &RunStep| matches!(step.state, StepState::Intent | StepState::Started | StepState::Done);
        if self.stopping && self.needs.contains(&Need::Paused) && !run.steps.iter().any(under_way) {
            return Ok(Some(self.stopped(&run)));
        }
        let whole = run.document.as_ref().is_some_and(|document| document.whole);
        let done = run.steps.iter().all(|step| step.state.lets_go_on());
        if !whole && done && self.needs.is_empty() && self.answered.insert(END.to_owned()) {
            self.send(Effect::Decide(run.id, Decision::Abort(String::new()))).await;
            return Ok(None);
        }
        self.end_meanwhile(&run);
        if self.stopping || self.lent {
            return Ok(None);
        }
        // All of a gate is looked at before anybody is asked about what failed, and of a gate that is judged alone before
        // it is said how it stands.
        // One answer at a time, so that a refusal is known to be that one's.
        if self.is_looking(&run) || self.pending.is_some() {
            return Ok(None);
        }
        let mut nobody = Vec::new();
        for need in self.needs.clone() {
            let (words, flag) = self.need_told(&run, &need);
            let key = self.key(&run, &need);
            if self.answered.contains(&key) || !self.is_due(&run, &need) {
                continue;
            }
            let refused = self.refused.contains(&key);
            let effect = match self.decision(&run, &need, &words, refused).await? {
                Decided::Send(effect) => {
                    self.answered.insert(key.clone());
                    effect
                }
                Decided::More(effect, parts) => {
                    self.meanwhile = Some((parts, false));
                    effect
                }
                Decided::Shell(host) => {
                    self.lent = true;
                    Effect::Shell(host)
                }
                Decided::Nobody => {
                    nobody.push((need, words, flag));
                    // Without anybody there, a flag may still answer what else is wanted.
                    if self.attended && !self.args.json {
                        break;
                    }
                    continue;
                }
            };
            self.pending = (!self.lent).then_some(key);
            self.send(effect).await;
            return Ok(None);
        }
        if nobody.is_empty() {
            return Ok(None);
        }
        let exit = self.nobody(&run, &nobody)?;
        self.tell_standing().await?;
        Ok(Some(exit))
    }

    fn is_looking(&self, run: &Run) -> bool {
        let moves = |step: &RunStep| matches!(step.state, StepState::Intent | StepState::Started);
        let failed = |need: &Need| {
            let part = stuck(need).and_then(|number| run.steps.get(number)?.part.as_ref());
            part.is_some_and(|part| self.is_gate(part).is_some())
        };
        let looks = run.steps.iter().any(moves) && (self.args.gate || self.needs.iter().any(failed));
        looks || self.args.gate && !self.needs.contains(&Need::Paused) && self.is_to_look(run)
    }

    /// Whether something of the gate that only looks is still to be begun: whatever else waits, all of that is looked at.
    fn is_to_look(&self, run: &Run) -> bool {
        for (number, step) in run.steps.iter().enumerate() {
            let Some(part) = step.part.as_ref().filter(|part| self.is_gate(part).is_some()) else { continue };
            // Where it failed on one host, nobody looks at the next.
            let failed = |other: &RunStep| matches!(other.state, StepState::Failed | StepState::Unknown);
            let failing = run.steps.iter().any(|other| other.part.as_ref() == Some(part) && failed(other));
            let told = |need: &Need| stuck(need) == Some(number);
            if failed(step) && !self.needs.iter().any(told) {
                // What becomes of it is asked in a moment.
                return true;
            }
            if step.state != StepState::Planned || failing || !self.is(part, is_automated) {
                continue;
            }
            // What comes behind one that may change something may wait for it.
            return self.is(part, |part| {
                let looks = matches!(part.doing, Doing::Check(..) | Doing::Fact(_) | Doing::Approve(_));
                (looks || part.options.danger == Some(Danger::Read)) && part.options.when.0.is_empty()
            });
        }
        false
    }

    /// Whether what is new of a step is said: how one that only waits is getting on is said now and then.
    pub(super) fn says(&mut self, number: usize, step: &RunStep, goes_on: bool) -> bool {
        let waits = |part: &Part| matches!(part.doing, Doing::Hold(..) | Doing::Shift(..));
        let held = goes_on && !step.state.is_final() && step.part.as_ref().is_some_and(|part| self.is(part, waits));
        !held || self.watch.says(number)
    }

    /// What was to be done before a question is asked again is over.
    fn end_meanwhile(&mut self, run: &Run) {
        let Some((parts, begun)) = &self.meanwhile else { return };
        let of_it = |step: &&RunStep| step.part.as_ref().is_some_and(|part| parts.contains(part));
        if *begun && run.steps.iter().filter(of_it).all(|step| step.state.is_final()) {
            self.meanwhile = None;
        }
    }

    /// Whether a question is asked now: while something else is done before it, only what that itself wants is, so that a way
    /// back that fails is not waited for.
    fn is_due(&self, run: &Run, need: &Need) -> bool {
        let Some((parts, begun)) = &self.meanwhile else { return true };
        let step = |number: &usize| {
            run.steps.get(*number).filter(|step| step.part.as_ref().is_some_and(|part| parts.contains(part)))
        };
        match need {
            // What was known of a step that is tried again is old.
            Need::Failure(number, _) | Need::Unknown(number, _) => {
                *begun && step(number).is_some_and(|step| matches!(step.state, StepState::Failed | StepState::Unknown))
            }
            Need::Terminal(number) => step(number).is_some(),
            Need::Tick(part) | Need::Choose(part) => parts.contains(part),
            Need::Tell(_) | Need::Window(..) => true,
            Need::Paused => *begun,
            Need::Go => false,
        }
    }

    /// What was answered last was not taken: it is asked again, and no flag answers it.
    pub(super) async fn not_taken(&mut self) -> Result<Option<Exit>, Exit> {
        let Some(key) = self.pending.take() else { return Ok(None) };
        self.answered.remove(&key);
        self.refused.insert(key);
        self.waits().await
    }

    /// Nothing of it is under way any more, as was wished: it stays as it stands, for whoever goes on with it.
    fn stopped(&self, run: &Run) -> Exit {
        let resumption = self.resumption(&run.id);
        output::complain(&format!("nothing is under way, and the run is left open. Go on with: {resumption}"));
        Exit::Signal(2)
    }

    /// Leaves the run open, and says how it is gone on with: all that is waited for is told, and what did not end well is
    /// what it ends with.
    fn nobody(&self, run: &Run, all: &[(Need, String, String)]) -> Result<Exit, Exit> {
        for (_, words, flag) in all {
            output::print(&self.teller.need(&run.id, words, flag))?;
        }
        let is_not_taken_back =
            |need: &Need| matches!(need, Need::Failure(number, _) if self.is_not_taken_back(run, *number));
        // A gate that is judged alone waits for whoever is to approve it.
        let is_unapproved = |need: &Need| {
            self.args.gate && matches!(need, Need::Failure(number, _) if self.wants_approvals(run, *number))
        };
        let worst = |(need, ..): &&(Need, String, String)| match need {
            Need::Failure(..) if is_not_taken_back(need) || is_unapproved(need) => 2,
            Need::Failure(..) => 0,
            Need::Unknown(..) => 1,
            Need::Tick(_) | Need::Choose(_) | Need::Tell(_) | Need::Terminal(_) => 2,
            Need::Go | Need::Window(..) | Need::Paused => 2,
        };
        let Some((need, words, flag)) = all.iter().min_by_key(worst) else { return Ok(Exit::Waits) };
        if let Need::Failure(_, evidence) | Need::Unknown(_, evidence) = need
            && !self.args.json
            && !self.attended
        {
            output::print(&told::evidence(evidence))?;
        }
        let resumption = self.resumption(&run.id);
        if is_not_taken_back(need) && (self.args.json || !self.attended) {
            let is_away = stuck(need).and_then(|number| run.steps.get(number)?.reason) == Some(Reason::Unreachable);
            let (done, until) = match is_away {
                true => ("sent there", "when that host is there again"),
                false => ("done there", "when what refused it is mended"),
            };
            output::complain(&format!(
                "{words}, on the way back: nothing was {done}. The run is left open, half-way back; {until}, go on with: \
                 {resumption}"
            ));
            return Ok(Exit::Waits);
        }
        if matches!(need, Need::Terminal(_)) {
            output::complain(&format!(
                "{words}, and there is none here: nothing of it was begun. Go on with it at a terminal: {resumption}"
            ));
            return Ok(Exit::Waits);
        }
        if matches!(need, Need::Paused) && (self.args.json || !self.attended) {
            let waits = waited_for(run).unwrap_or_else(|| words.clone());
            output::complain(&format!("{waits}. The run is left open; go on with: {resumption}"));
            return Ok(Exit::Waits);
        }
        if let (Need::Go, true) = (need, self.args.gate) {
            output::complain(&format!("{words}. Go on with: {resumption}"));
            return Ok(Exit::Ok);
        }
        output::complain(&if self.attended && !self.args.json {
            format!("the run is left open. Go on with: {resumption}")
        } else {
            format!(
                "{words}, and nobody is there to say what becomes of it: {flag}. The run is left open; go on with: \
                 {resumption}"
            )
        });
        Ok(match need {
            Need::Unknown(..) if self.args.gate => Exit::Failed,
            Need::Failure(..) if is_not_taken_back(need) || is_unapproved(need) => Exit::Waits,
            Need::Failure(number, _) if self.is_unasked(run, *number) => Exit::Waits,
            Need::Failure(..) => Exit::Failed,
            Need::Unknown(..) => Exit::Unknown,
            Need::Tick(_)
            | Need::Choose(_)
            | Need::Tell(_)
            | Need::Terminal(_)
            | Need::Go
            | Need::Window(..)
            | Need::Paused => Exit::Waits,
        })
    }

    /// Tells what takes longer than it should.
    pub(super) fn late(&mut self) -> Result<(), Exit> {
        let Some(run) = &self.run else { return Ok(()) };
        let budget = self.budget(run);
        let late = self.watch.late(run, &self.prepared.times, budget);
        late.iter().try_for_each(|late| output::print(&self.teller.late(run, late)))
    }

    /// How long a run has taken, from its begin to its end as they are recorded: as everything that lists runs says it.
    pub(super) fn took(&self, run: &Run) -> Duration {
        Duration::try_from(self.until().duration_since(run.begun)).unwrap_or_default()
    }

    /// When it has ended, or now.
    fn until(&self) -> jiff::Timestamp {
        self.over.unwrap_or_else(jiff::Timestamp::now)
    }

    /// How long the whole run may take, and how long it has taken from its go.
    pub(super) fn budget(&self, run: &Run) -> Option<(Duration, Spent)> {
        let document = run.document.as_ref().filter(|document| document.whole)?;
        let environment = &self.prepared.environment;
        let procedure = environment.procedure(&document.name)?;
        let (sheet, told) = (Sheet { procedure, run: Some(run) }, BTreeMap::new());
        let wizard = Wizard { environment, sheet, conduct: None, told: &told };
        Some((procedure.header.budget?, wizard.spent(self.until())?))
    }
}
