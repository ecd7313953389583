//! What is recorded of a procedure's run and told about it: the record always comes first, and holds no secret.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::mask::Masks;
use super::mirroring::Mirroring;
use crate::domain::course::{Judgement, Watching};
use crate::domain::procedure::Given;
use crate::domain::release::Release;
use crate::domain::run::{Decided, RunState, RunStep, StepState};
use crate::domain::{Run, RunId};
use crate::engine::channels::{Herald, Report};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::store::{PastWish, Recorded, Store, StoreError, Why};
use crate::port::Event;
use crate::port::act::RunNews;
use crate::port::procedure::{Need, ProcedureNews};

/// Why a record was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lost {
    /// Somebody else has taken the run over.
    Taken(String),
    /// It can't be recorded.
    Unrecorded(String),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        match &error.why {
            Why::Taken(by) => Lost::Taken(by.clone()),
            _ => Lost::Unrecorded(error.to_string()),
        }
    }
}

/// One run on its way into the store and to the core.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) run: RunId,
    pub(super) store: Arc<dyn Store>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) clock: AnyClock,
    pub(super) masks: watch::Receiver<Arc<Masks>>,
    /// The lock host's copy; nothing where the environment has no lock host.
    pub(super) mirror: Option<Mirroring>,
    /// What tells channels of it; nothing for a run whose parts are chosen.
    pub(super) herald: Option<Herald>,
}

impl Ledger {
    /// Records the run with all its steps, then tells it.
    pub(super) async fn begin(&self, run: &Run) -> Result<(), Lost> {
        self.store.begin(run.clone()).await?;
        tracing::info!(run = %run.id, title = run.title, "a run begins");
        self.send(Event::Run(RunNews::Begun(Box::new(run.clone())))).await;
        Ok(())
    }

    /// Records that a step stands so from now on, then tells it. What can't be recorded is told all the same: it
    /// happened.
    pub(super) async fn commit(&self, number: usize, step: &mut RunStep, state: StepState) -> Result<(), Lost> {
        let masked = self.masked(step, state);
        let mut recorded = self.store.step(self.run.clone(), number, masked.clone()).await.map_err(Lost::from);
        match &recorded {
            Ok(()) => recorded = self.mirrored(Recorded::Step(number, Box::new(masked.clone()))).await,
            Err(error) => tracing::error!(run = %self.run, number, state = state.word(), ?error, "not recorded"),
        }
        self.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(masked)))).await;
        recorded
    }

    /// The same for an intent: when it can't be recorded, here and on the lock host, nothing comes of it.
    /// It is under way `since` then.
    pub(super) async fn intend(
        &self,
        number: usize,
        step: &mut RunStep,
        since: Timestamp,
        changes: bool,
    ) -> Result<(), Lost> {
        let before = step.clone();
        step.begun = step.begun.or(Some(since));
        let masked = RunStep { at: Some(since), ..self.masked(step, StepState::Intent) };
        step.at = Some(since);
        if let Err(error) = self.store.step(self.run.clone(), number, masked.clone()).await {
            *step = before;
            return Err(error.into());
        }
        let event = Recorded::Step(number, Box::new(masked.clone()));
        let mirrored = match &self.mirror {
            Some(mirror) if changes => mirror.must(event, self.clock.now().wall).await.map_err(Lost::from),
            Some(_) | None => self.mirrored(event).await,
        };
        if let Err(lost) = mirrored {
            *step = before;
            // Nothing was sent, and the record must say so, also the one that is sent later.
            let back = self.masked(&mut step.clone(), step.state);
            let _ = self.store.step(self.run.clone(), number, back.clone()).await;
            let _ = self.mirrored(Recorded::Step(number, Box::new(back))).await;
            return Err(lost);
        }
        self.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(masked)))).await;
        Ok(())
    }

    /// Records what is to be known of a step that has ended: it stands as it stood, since when it stood so.
    pub(super) async fn remark(&self, number: usize, step: &RunStep) {
        let masked = RunStep { at: step.at, ..self.masked(&mut step.clone(), step.state) };
        if let Err(error) = self.store.step(self.run.clone(), number, masked.clone()).await {
            tracing::error!(run = %self.run, number, ?error, "not recorded");
        }
        // Whoever has the run now records it.
        let _ = self.mirrored(Recorded::Step(number, Box::new(masked.clone()))).await;
        self.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(masked)))).await;
    }

    /// Tells the lock host what is recorded here and changes nothing: `Err` only when somebody else has the run.
    pub(super) async fn mirrored(&self, what: Recorded) -> Result<(), Lost> {
        match &self.mirror {
            Some(mirror) => mirror.tell(what, self.clock.now().wall).await.map_err(Lost::from),
            None => Ok(()),
        }
    }

    /// Records what was decided of the run as a whole, here and on the lock host, then tells it.
    pub(super) async fn decide(&self, decided: Decided) -> Result<(), Lost> {
        self.store.decide(self.run.clone(), decided.clone(), self.clock.now().wall).await?;
        let mirrored = self.mirrored(Recorded::Decided(decided.clone())).await;
        self.send(Event::Run(RunNews::Decided(self.run.clone(), Box::new(decided)))).await;
        mirrored
    }

    /// Records inputs that were told, here and on the lock host; of secrets only their names.
    pub(super) async fn give(&self, given: Vec<Given>) -> Result<(), Lost> {
        self.store.give(self.run.clone(), given.clone(), self.clock.now().wall).await?;
        self.mirrored(Recorded::Given(given)).await
    }

    /// Comes back once the lock host says that somebody else has the run.
    pub(super) async fn taken(&self) {
        match &self.mirror {
            Some(mirror) => mirror.taken().await,
            None => std::future::pending().await,
        }
    }

    /// Who has the run now, as far as the lock host knows; from then on nothing of it is recorded here.
    pub(super) async fn owner(&self) -> Option<String> {
        self.mirror.as_ref()?.owner(&*self.store, self.clock.now().wall).await
    }

    /// Tells how a step goes on, where nothing of it is a state that would be recorded.
    pub(super) async fn tell(&self, number: usize, step: &RunStep) {
        let masked = self.masked(&mut step.clone(), step.state);
        self.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(masked)))).await;
    }

    /// Tells what the guard of a step has seen by now.
    pub(super) async fn guarded(&self, number: usize, mut seen: Watching) {
        for one in &mut seen.series {
            let masks = self.masks.borrow();
            one.told = masks.mask(one.told.raw()).into();
            if let Judgement::Ends(_, why) = &mut one.judgement {
                *why = masks.text(why);
            }
        }
        self.send(Event::Procedure(ProcedureNews::Guarded(self.run.clone(), number, Box::new(seen)))).await;
    }

    /// Records the end and the release that it has come to. It is told by [`Ledger::ended`] when all else is done.
    pub(super) async fn end(&self, state: RunState, release: Option<Release>) {
        let at = self.clock.now().wall;
        let recorded = match &release {
            Some(release) => self.store.conclude(self.run.clone(), state, at, release.clone()),
            None => self.store.end(self.run.clone(), state, at),
        };
        if let Err(error) = recorded.await {
            self.trouble(format!("The end of the run could not be recorded: {error}.")).await;
        }
        self.send(Event::Procedure(ProcedureNews::Over(self.run.clone(), at))).await;
        if let Some(mirror) = &self.mirror
            && let Some(sentence) = mirror.end(Recorded::Ended(state), at).await
        {
            self.trouble(sentence).await;
        }
        if let (Some(mirror), Some(release)) = (&self.mirror, &release)
            && let Err(why) = mirror.releases().release(release).await
        {
            let what = "they see it once the releases are looked at from here again";
            self.trouble(format!("Others can't see what was released yet: {why}; {what}.")).await;
        }
    }

    /// Tells the end. Whoever hears it may leave at once, and with them whatever is not done yet.
    pub(super) async fn ended(&self, state: RunState) {
        self.send(Event::Run(RunNews::Ended(self.run.clone(), state))).await;
    }

    /// The console is left: waits a little until the lock host knows everything, and says so if it does not.
    pub(super) async fn flushed(&self, within: Duration) {
        let Some(mirror) = &self.mirror else { return };
        if let Some(sentence) = mirror.flushed(self.clock.now().wall, within).await {
            tracing::warn!(run = %self.run, sentence, "the lock host is behind");
            // Whoever still listens tells it; a core that is gone does not hold up the end.
            let _ = self.events.try_send(self.of_run(sentence));
        }
    }

    /// Tells how long its steps took before, and what was typed for it.
    pub(super) async fn tell_past(&self, run: &Run) {
        let Some(document) = &run.document else { return };
        let wish = PastWish { site: run.site.clone(), procedure: document.name.clone() };
        match self.store.past(wish).await {
            Ok(past) => self.send(Event::Procedure(ProcedureNews::Past(document.name.clone(), past))).await,
            Err(error) => tracing::info!(%error, "what was done before is not known"),
        }
    }

    /// Where what becomes of notices of it is recorded.
    pub(super) fn report(&self) -> Report {
        let (run, store) = (self.run.clone(), Arc::clone(&self.store));
        Report { run, store, events: self.events.clone(), clock: self.clock.clone() }
    }

    /// Tells what the run waits for.
    pub(super) async fn needs(&self, needs: Vec<Need>) {
        self.send(Event::Procedure(ProcedureNews::Needs(self.run.clone(), needs))).await;
    }

    /// Tells a person that something of our own went wrong, or was not done.
    pub(super) async fn trouble(&self, sentence: String) {
        let sentence = self.masks.borrow().text(&sentence);
        self.send(self.of_run(sentence)).await;
    }

    /// Tells whoever decided something of the run why that can't be.
    pub(super) async fn denied(&self, sentence: String) {
        let sentence = self.masks.borrow().text(&sentence);
        self.send(Event::Procedure(ProcedureNews::Denied(self.run.clone(), sentence))).await;
    }

    fn of_run(&self, sentence: String) -> Event {
        Event::Procedure(ProcedureNews::Trouble(self.run.clone(), sentence))
    }

    /// The core may be gone; what counts is recorded.
    pub(super) async fn send(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// The step in this state, and what of it may be recorded and shown.
    fn masked(&self, step: &mut RunStep, state: StepState) -> RunStep {
        step.stand(state, self.clock.now().wall);
        let masks = self.masks.borrow();
        let mut masked = step.clone();
        masked.command = masks.text(&step.command);
        masked.note = masks.mask(step.note.raw()).into();
        if let Some(verdict) = &mut masked.verdict {
            for check in &mut verdict.checks {
                check.told = masks.mask(check.told.raw()).into();
            }
        }
        masked.edited = step.edited.clone().filter(|edited| !masks.touches(edited));
        // Half a value would be taken for a whole one.
        masked.value = step.value.clone().filter(|value| !masks.touches(value));
        masked
    }
}
