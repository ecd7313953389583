//! Taking over a run that nobody is at: exactly where it stood, by one console only, and never with another document.

use similar::TextDiff;

use super::{Conductor, Stage};
use crate::domain::course::Course;
use crate::domain::procedure::{Procedure, ProcedurePlan};
use crate::domain::run::{RunDocument, RunState};
use crate::domain::{EnvName, Run, RunId, SiteName};
use crate::engine::act::one_change;
use crate::engine::clock::Clock;
use crate::engine::store::{RunsWish, Who};
use crate::port::Event;
use crate::port::act::RunNews;
use crate::port::procedure::{OpenRun, ProcedureNews};
use crate::state::procedures::{Answers, Choice, Chosen, plan};

/// How many runs are offered at most.
const OFFERED: u32 = 50;

impl Conductor {
    /// Says which runs of an environment can be taken over.
    pub async fn offer(&self, site: &SiteName, environment: &EnvName) {
        let Some(book) = &self.book else { return };
        let wish = RunsWish {
            site: Some(site.clone()),
            environment: Some(environment.clone()),
            most: OFFERED,
            ..RunsWish::default()
        };
        let event = match book.store.resumable(wish).await {
            Ok(runs) => {
                let runs = runs.into_iter().filter(|run| !self.runs.contains_key(&run.id));
                Event::Procedure(ProcedureNews::Open(runs.map(|run| OpenRun { run, elsewhere: false }).collect()))
            }
            Err(error) => Event::Trouble(error.to_string()),
        };
        let _ = self.events.send(event).await;
    }

    /// Takes a run over and goes on with it.
    pub async fn resume(&mut self, id: RunId, stage: Option<Stage>, other: Option<&str>) {
        let busy = other.or(self.busy()).map(one_change);
        let taken = match busy {
            Some(sentence) => Err(sentence),
            None => self.take_over(id, stage).await,
        };
        if let Err(sentence) = taken {
            let _ = self.events.send(Event::Run(RunNews::Refused(sentence))).await;
        }
    }

    async fn take_over(&mut self, id: RunId, stage: Option<Stage>) -> Result<(), String> {
        let stage = stage.ok_or("No environment is open, so nothing was taken over.")?;
        let book = self.writable()?;
        if self.runs.get(&id).is_some_and(|run| run.lives()) {
            return Err("That run goes on here already.".to_owned());
        }
        let run = self.recorded_run(&id).await?;
        fits(&run, &stage)?;
        let document = run.document.clone().ok_or("That run is of no procedure, so it can't be gone on with.")?;
        let now = stage.place.environment.procedure(&document.name).cloned();
        let same = now.as_ref().filter(|now| now.digest == document.digest);
        let Some(procedure) = same.cloned() else {
            return Err(self.changed(&run, &document, now.as_deref()).await);
        };
        // What is missing is said before the run is anybody's.
        let plan = planned(&run, &document, &procedure, &stage)?;
        let who = Who { person: book.person.clone(), workstation: book.workstation.clone() };
        let adopted = book.store.adopt(id, who, self.clock.now().wall).await.map_err(|error| format!("{error}."))?;
        let mut course = Course::new(document.whole, document.given.clone(), adopted.run.steps.clone());
        course.learn(&plan);
        let _ = self.events.send(Event::Run(RunNews::Begun(Box::new(adopted.run.clone())))).await;
        self.spawn(stage, book, adopted.run, course, adopted.token, Some(plan), None);
        Ok(())
    }

    pub(super) async fn recorded_run(&self, id: &RunId) -> Result<Run, String> {
        let book = self.book.as_ref().ok_or("Nothing is recorded here.")?;
        let found = book.store.find(id.to_string()).await.map_err(|error| format!("{error}."))?;
        found.into_iter().next().ok_or_else(|| format!("There is no run {id} on this machine."))
    }

    /// The document is another one now: the difference is shown, and nothing is taken over.
    async fn changed(&self, run: &Run, document: &RunDocument, now: Option<&Procedure>) -> String {
        let kept = match &self.book {
            Some(book) => book.store.document(document.digest.clone()).await.ok().flatten(),
            None => None,
        };
        let Some(now) = now else {
            return format!(
                "{} is no procedure of this environment any more: the run can only be ended.",
                document.name
            );
        };
        if let Some(kept) = kept {
            let lines = difference(&kept.text, &now.text, &now.file);
            let _ = self.events.send(Event::Procedure(ProcedureNews::Changed(run.id.clone(), lines))).await;
        }
        format!(
            "{} has changed since this run began, so it can't be gone on with: bring the document back as it was, or end \
             the run and begin a new one.",
            now.file
        )
    }

    /// Ends a run that nobody is at: what was begun is looked at once more, nothing new begins.
    pub(super) async fn end_left(&mut self, id: RunId, why: String, stage: Stage) {
        let ended = async {
            let book = self.writable()?;
            let run = self.recorded_run(&id).await?;
            fits(&run, &stage)?;
            let who = Who { person: book.person.clone(), workstation: book.workstation.clone() };
            let adopted =
                book.store.adopt(id, who, self.clock.now().wall).await.map_err(|error| format!("{error}."))?;
            let given = adopted.run.document.as_ref().map(|document| document.given.clone()).unwrap_or_default();
            let mut course = Course::new(true, given, adopted.run.steps.clone());
            course.halt(format!("the run was ended by {}: {why}", book.person));
            let _ = self.events.send(Event::Run(RunNews::Begun(Box::new(adopted.run.clone())))).await;
            self.spawn(stage, book, adopted.run, course, adopted.token, None, None);
            Ok::<(), String>(())
        };
        if let Err(sentence) = ended.await {
            let _ = self.events.send(Event::Run(RunNews::Refused(sentence))).await;
        }
    }
}

fn fits(run: &Run, stage: &Stage) -> Result<(), String> {
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

/// The plan of a run, made anew of its record: the same parts on the same hosts with the same inputs.
fn planned(run: &Run, document: &RunDocument, procedure: &Procedure, stage: &Stage) -> Result<ProcedurePlan, String> {
    let mut answers = Answers::default();
    for given in &document.given {
        if let Some(value) = &given.value {
            answers.values.insert(given.name.to_string(), value.clone());
        }
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
    let what = if document.whole { Chosen::Whole } else { Chosen::Parts(parts.into_iter().map(Into::into).collect()) };
    let choice = Choice { what, hosts, only: Vec::new(), run: Some(run.id.clone()) };
    plan(procedure, &stage.place.environment, &answers, &choice)
        .map_err(|missing| format!("The run can't be planned as it was: {}.", missing.sentences().join("; ")))
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
