//! Everything the program knows, in one place with one owner.

use std::sync::Arc;

use super::setup::Setup;
use crate::domain::{Environment, Now};
use crate::port::Effect;

/// The state of the whole program.
#[derive(Debug, Default)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What is watched.
    pub environment: Option<Arc<Environment>>,
    /// Whether the end was asked for.
    pub ending: bool,
    /// What it was started with.
    pub setup: Setup,
}

impl Model {
    /// The state at the beginning, and what is to be done first: watch the environment that was named, or
    /// nothing while a picker asks.
    pub fn begin(setup: Setup, _now: Now) -> (Self, Vec<Effect>) {
        let named = setup.begin.as_ref().and_then(|(site, environment)| {
            let site = setup.sites.iter().find(|known| known.name == *site)?;
            let environment = site.environments.iter().find(|known| Some(&known.name) == environment.as_ref())?;
            Some(Effect::Watch(Arc::new(environment.clone())))
        });
        (Self { setup, ..Self::default() }, named.into_iter().collect())
    }
}
