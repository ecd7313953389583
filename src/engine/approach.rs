//! How an environment is entered: over ssh as it is, or as a drill that begins then.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::clock::{AnyClock, Clock};
use super::drill::fleet::Pace;
use super::drill::{Drill, Hearsay, Scenario, hearsay};
use super::store::Store;
use super::transport::{RealTransport, Transport};
use crate::domain::Environment;

/// What is to be watched, and the way to it.
pub type Entered = (Arc<Environment>, Arc<dyn Transport>);

/// A way into environments.
pub trait Approach: Send + 'static {
    /// Enters one. Whatever was entered before is left.
    fn enter(&mut self, environment: Arc<Environment>) -> BoxFuture<'_, Result<Entered, String>>;
}

/// Real hosts over ssh, and this machine.
#[derive(Default)]
pub struct Direct {
    config: Option<PathBuf>,
    transport: Option<Arc<dyn Transport>>,
}

impl Direct {
    /// By the user's own ssh configuration, or by the one given.
    pub fn new(config: Option<PathBuf>) -> Self {
        Self { config, transport: None }
    }

    fn transport(&mut self) -> Result<Arc<dyn Transport>, String> {
        if let Some(transport) = &self.transport {
            return Ok(Arc::clone(transport));
        }
        let transport = RealTransport::start(self.config.clone())
            .map_err(|error| format!("the thread that starts ssh could not start: {error}"))?;
        let transport: Arc<dyn Transport> = Arc::new(transport);
        Ok(Arc::clone(self.transport.insert(transport)))
    }
}

impl Approach for Direct {
    fn enter(&mut self, environment: Arc<Environment>) -> BoxFuture<'_, Result<Entered, String>> {
        let transport = self.transport();
        async move { Ok((environment, transport?)) }.boxed()
    }
}

/// A drill, begun anew for each environment that is entered.
pub struct Rehearsal {
    scenario: Scenario,
    pace: Pace,
    clock: AnyClock,
    drill: Option<Drill>,
    hearsay: Arc<Hearsay>,
    /// Where what was before is still to be recorded.
    past: Option<Arc<dyn Store>>,
}

impl Rehearsal {
    /// Drills this scenario.
    pub fn new(scenario: Scenario, pace: Pace, clock: AnyClock) -> Self {
        Self { scenario, pace, clock, drill: None, hearsay: Arc::default(), past: None }
    }

    /// The same with something to say of what is not simulated. What it says of the days before is recorded in this
    /// store, when an environment is entered first.
    #[must_use]
    pub fn knowing(mut self, hearsay: Arc<Hearsay>, store: Arc<dyn Store>) -> Self {
        (self.hearsay, self.past) = (hearsay, Some(store));
        self
    }
}

impl Approach for Rehearsal {
    fn enter(&mut self, environment: Arc<Environment>) -> BoxFuture<'_, Result<Entered, String>> {
        async move {
            self.drill = None;
            if let Some(store) = self.past.take() {
                let told = hearsay::remember(&self.hearsay, &environment.site, store, self.clock.now().wall).await;
                told.map_err(|error| format!("what the drill says was before could not be recorded: {error}"))?;
            }
            let begun =
                Drill::begin(&environment, self.scenario.clone(), &self.hearsay, self.pace.clone(), self.clock.now());
            let begun = begun.await;
            let drill = begun.map_err(|error| format!("the drill could not listen on loopback: {error}"))?;
            let watched = Arc::new(drill.environment.clone());
            let transport: Arc<dyn Transport> = Arc::new(drill.transport.clone());
            self.drill = Some(drill);
            Ok((watched, transport))
        }
        .boxed()
    }
}
