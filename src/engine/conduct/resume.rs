//! Taking over a run that nobody is at: exactly where it stood, by one console only, and never with another document.

use std::sync::Arc;
use std::time::Duration;

use similar::TextDiff;

use super::claim::SILENT;
use super::{Conductor, Source, Stage};
use crate::domain::procedure::{Procedure, ProcedurePlan};
use crate::domain::run::{Go, RunDocument, RunState, StepState};
use crate::domain::{HostName, PartId, Run, RunId};
use crate::engine::act::one_change;
use crate::engine::mirror::{Mirror, Mirrored};
use crate::engine::store::RunsWish;
use crate::port::Event;
use crate::port::act::RunNews;
use crate::port::procedure::{Left, OpenRun, ProcedureNews};
use crate::state::procedures::{Choice, Chosen, Edited, again, found_out, plan};
use crate::text::Foreign;

/// How many runs are offered at most.
const OFFERED: u32 = 50;
/// How often the lock host is asked for runs that nobody is at.
const LOOKED: Duration = Duration::from_secs(30);

/// A run of another workstation, if nobody is at it any more. How long that is so is told such that it does not change
/// with every look.
fn left(found: Mirrored, mirror: &Mirror) -> Option<OpenRun> {
    let silent = found.silent.filter(|silent| *silent >= SILENT)?;
    let (by, host) = (Foreign::from(found.by(mirror.host())), mirror.host().clone());
    let silent = Duration::from_secs(silent.as_secs() / 60 * 60).max(SILENT);
    Some(OpenRun { run: found.run, elsewhere: true, left: Some(Left { by, silent, host }) })
}

impl Conductor {
    /// Says which runs of an environment nobody is at, and again whenever those change, for as long as it is polled.
    pub fn offering(&self, stage: &Stage) -> impl Future<Output = ()> + Send + use<> {
        let (book, events, mirror) = (self.book.clone(), self.events.clone(), stage.mirror.clone());
        let environment = Arc::clone(&stage.place.environment);
        async move {
            let Some(book) = book else { return };
            let wish = RunsWish {
                site: Some(environment.site.clone()),
                environment: Some(environment.name.clone()),
                most: OFFERED,
                ..RunsWish::default()
            };
            let mut told: Option<Vec<OpenRun>> = None;
            let mut from_there = Vec::new();
            loop {
                let here = match book.store.resumable(wish.clone()).await {
                    Ok(runs) => runs,
                    Err(error) if told.is_none() => return drop(events.send(Event::Trouble(error.to_string())).await),
                    Err(_) => Vec::new(),
                };
                let mut open: Vec<OpenRun> =
                    here.into_iter().map(|run| OpenRun { run, elsewhere: false, left: None }).collect();
                for one in &from_there {
                    let one: &OpenRun = one;
                    if !open.iter().any(|known| known.run.id == one.run.id) {
                        open.push(one.clone());
                    }
                }
                let is_first = told.is_none();
                if told.as_ref() != Some(&open) {
                    told = Some(open.clone());
                    if events.send(Event::Procedure(ProcedureNews::Open(open))).await.is_err() {
                        return;
                    }
                }
                let Some(mirror) = &mirror else { return };
                if !is_first {
                    tokio::time::sleep(LOOKED).await;
                }
                match mirror.list().await {
                    Ok(listing) => {
                        from_there = listing.runs.into_iter().filter_map(|found| left(found, mirror)).collect();
                        for why in listing.unreadable {
                            tracing::warn!(%why, "a run on the lock host is not offered");
                        }
                    }
                    // The header says that the host is away; what was known stays.
                    Err(why) => tracing::info!(%why, "the lock host was not asked for runs"),
                }
            }
        }
    }

    /// Takes a run over and goes on with it.
    pub async fn resume(&mut self, id: RunId, stage: Option<Stage>, other: Option<&str>) {
        let busy = other.or(self.busy()).map(one_change);
        let taken = match busy {
            Some(sentence) => Err(sentence),
            None => self.take_over(id, stage, None).await,
        };
        if let Err(sentence) = taken {
            let _ = self.events.send(Event::Run(RunNews::Refused(sentence))).await;
        }
    }

    /// Ends a run that nobody is at: what was begun is looked at once more, nothing new begins.
    pub(super) async fn end_left(&mut self, id: RunId, why: String, stage: Stage) {
        if let Err(sentence) = self.take_over(id, Some(stage), Some(why)).await {
            let _ = self.events.send(Event::Run(RunNews::Refused(sentence))).await;
        }
    }

    async fn take_over(&mut self, id: RunId, stage: Option<Stage>, ends: Option<String>) -> Result<(), String> {
        let stage = stage.ok_or("No environment is open, so nothing was taken over.")?;
        let book = self.writable()?;
        if self.runs.get(&id).is_some_and(|run| run.lives()) {
            return Err("That run goes on here already.".to_owned());
        }
        let title = match self.recorded_run(&id).await {
            Ok(run) => run.title,
            Err(_) => format!("run {}", id.short()),
        };
        // Beside the loop: the lock host is asked.
        self.spawn(stage, book, id, title, Source::Left(ends));
        Ok(())
    }

    pub(super) async fn recorded_run(&self, id: &RunId) -> Result<Run, String> {
        let book = self.book.as_ref().ok_or("Nothing is recorded here.")?;
        let found = book.store.find(id.to_string()).await.map_err(|error| format!("{error}."))?;
        found.into_iter().next().ok_or_else(|| format!("There is no run {id} on this machine."))
    }
}

pub(super) fn fits(run: &Run, stage: &Stage) -> Result<(), String> {
    let environment = &stage.place.environment;
    if run.site != environment.site || run.environment != environment.name {
        return Err(format!(
            "That run is of {} of {}, but {} of {} is open now.",
            run.environment, run.site, environment.name, environment.site
        ));
    }
    match run.state {
        RunState::Running if !environment.trusted => {
            Err(format!("{} is not trusted to run commands: read it, then `qd trust` it.", environment.site))
        }
        RunState::Running => Ok(()),
        RunState::Succeeded | RunState::Failed | RunState::Stopped | RunState::Unknown => {
            Err(format!("That run has ended: {}.", run.state.word()))
        }
    }
}

/// The plans of a run, made anew of its record: the same parts on the same hosts with the same inputs, what was chosen
/// beside the order of the whole, and commands that were edited here. What was edited elsewhere is only a claim of the
/// lock host's: a person sees it before it is sent.
pub(super) fn planned(
    run: &Run,
    document: &RunDocument,
    procedure: &Procedure,
    stage: &Stage,
    is_own: bool,
) -> Result<Vec<ProcedurePlan>, String> {
    let environment = &stage.place.environment;
    let mut answers = again(run, procedure, environment);
    if document.decided.rolls_back {
        answers = found_out(&answers, procedure.parts.iter().map(|part| &part.options));
    }
    let mut hosts = Vec::new();
    let mut parts = Vec::new();
    for step in &run.steps {
        if step.host.as_str() != crate::domain::procedure::HERE && !hosts.contains(&step.host) {
            hosts.push(step.host.clone());
        }
        let part = step.part.clone().filter(|part| !parts.contains(part));
        parts.extend(part);
    }
    let make = |what: Chosen, hosts: &[HostName], only: Vec<HostName>| {
        let choice = Choice { what, hosts: hosts.to_vec(), only, run: Some(run.id.clone()) };
        plan(procedure, environment, &answers, &choice)
            .map_err(|missing| format!("The run can't be planned as it was: {}.", missing.sentences().join("; ")))
    };
    let mut plans = Vec::new();
    if document.whole {
        let what = if document.decided.go == Go::Waits { Chosen::Gate } else { Chosen::Whole };
        plans.push(make(what, &hosts, Vec::new())?);
    }
    let is_planned = |part: &PartId| plans.iter().any(|plan| plan.parts.iter().any(|known| known.part == *part));
    // What was recorded of the rest before the go was is no part of the run yet.
    let waits = |part: &PartId| {
        let steps = run.steps.iter().filter(|step| step.part.as_ref() == Some(part));
        document.decided.go == Go::Waits && steps.into_iter().all(|step| step.state == StepState::Planned)
    };
    let beside = parts.iter().filter(|part| !is_planned(part) && !waits(part));
    let beside: Vec<PartId> = beside.cloned().collect();
    // A way back that was begun alone is one, and ends as one.
    let back = if document.whole { None } else { make(Chosen::Rollback, &hosts, Vec::new()).ok() };
    if let Some(back) = back.filter(|back| back.parts.iter().map(|part| &part.part).eq(&beside)) {
        plans.push(back);
    } else if !beside.is_empty() {
        let beside = beside.into_iter().map(Into::into).collect();
        plans.push(make(Chosen::Parts(beside), &hosts, Vec::new())?);
    }
    for step in run.steps.iter().filter(|_| is_own) {
        let (Some(part), Some(text)) = (&step.part, &step.edited) else { continue };
        let edited = Edited { part: part.clone(), command: Some(text.clone()) };
        let here = step.host.as_str() == crate::domain::procedure::HERE;
        let only = if here { Vec::new() } else { vec![step.host.clone()] };
        plans.push(make(Chosen::Parts(vec![edited]), std::slice::from_ref(&step.host), only)?);
    }
    Ok(plans)
}

/// What changed, as lines of a unified diff.
pub(super) fn difference(before: &str, now: &str, file: &str) -> Vec<String> {
    let text = TextDiff::from_lines(before, now)
        .unified_diff()
        .context_radius(3)
        .header(&format!("{file} as it was run"), &format!("{file} now"))
        .to_string();
    text.lines().map(str::to_owned).collect()
}
