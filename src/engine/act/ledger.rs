//! What is recorded of a run and told about it: the record always comes first.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Run, RunId};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::store::{Store, StoreError};
use crate::port::Event;
use crate::port::act::RunNews;

/// One run on its way into the store and to the core.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) run: RunId,
    pub(super) store: Arc<dyn Store>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) clock: AnyClock,
}

impl Ledger {
    /// Records the run with all its steps, then tells it.
    pub(super) async fn begin(&self, run: &Run) -> Result<(), StoreError> {
        self.store.begin(run.clone()).await?;
        tracing::info!(run = %run.id, title = run.title, "a run begins");
        let _ = self.events.send(Event::Run(RunNews::Begun(Box::new(run.clone())))).await;
        Ok(())
    }

    /// Records that a step stands so from now on, then tells it. What can't be recorded is told all the same: it
    /// happened.
    pub(super) async fn commit(&self, number: usize, step: &mut RunStep, state: StepState) -> Result<(), StoreError> {
        step.state = state;
        step.at = Some(self.clock.now().wall);
        let recorded = self.store.step(self.run.clone(), number, step.clone()).await;
        if let Err(error) = &recorded {
            tracing::error!(run = %self.run, number, state = state.word(), %error, "a step could not be recorded");
        }
        // The core may be gone; what counts is recorded.
        let _ = self.events.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(step.clone())))).await;
        recorded
    }

    /// The same for an intent: when it can't be recorded it is not told either, because nothing comes of it.
    pub(super) async fn intend(&self, number: usize, step: &mut RunStep) -> Result<(), StoreError> {
        let mut intended = step.clone();
        intended.state = StepState::Intent;
        intended.at = Some(self.clock.now().wall);
        self.store.step(self.run.clone(), number, intended.clone()).await?;
        *step = intended;
        let _ = self.events.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(step.clone())))).await;
        Ok(())
    }

    /// Tells how a step goes on, where nothing of it is a state that would be recorded.
    pub(super) async fn tell(&self, number: usize, step: RunStep) {
        let _ = self.events.send(Event::Run(RunNews::Step(self.run.clone(), number, Box::new(step)))).await;
    }

    /// Records the end, then tells it.
    pub(super) async fn end(&self, state: RunState) {
        let ended = self.store.end(self.run.clone(), state, self.clock.now().wall).await;
        if let Err(error) = ended {
            self.trouble(format!("The end of the run could not be recorded: {error}.")).await;
        }
        let _ = self.events.send(Event::Run(RunNews::Ended(self.run.clone(), state))).await;
    }

    /// Tells a person that something of our own went wrong.
    pub(super) async fn trouble(&self, sentence: String) {
        let _ = self.events.send(Event::Trouble(sentence)).await;
    }
}
