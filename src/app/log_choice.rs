//! Reads a log that the site has a name for, or everything again.

use super::logs;
use super::model::Model;
use super::overlay::Overlay;
use crate::domain::site_log::SiteLog;
use crate::port::Effect;
use crate::port::log::Since;
use crate::screens::log_choice::{Choice, State};
use crate::state::logs::{NEWEST, Scope, what_is_read};
use crate::text::Foreign;

/// Why there is nothing to choose from.
pub fn none(model: &Model) -> Option<&'static str> {
    let has_logs = model.environment().is_some_and(|environment| !environment.logs.is_empty());
    (!has_logs).then_some("the site names no logs in [logs]")
}

/// Shows them.
pub fn show(model: &mut Model) {
    let Some(environment) = model.environment() else { return };
    let all = Choice { log: None, title: Foreign::default(), what: "their journals, containers and logs".to_owned() };
    let of = |log: &SiteLog| Choice { log: Some(log.name.clone()), title: log.title.clone(), what: what_is_read(log) };
    let choices = std::iter::once(all).chain(environment.logs.iter().map(of)).collect();
    model.overlay = Some(Overlay::Logs(State::new(choices)));
}

/// Reads the one under the cursor.
pub fn take(model: &mut Model, state: &State) -> Vec<Effect> {
    let Some(choice) = state.list.chosen() else { return Vec::new() };
    let scope = choice.log.clone().map_or(Scope::Everything, |name| Scope::Logs(vec![name]));
    if model.reading.as_ref().is_some_and(|reading| reading.scope == scope) {
        return Vec::new();
    }
    logs::read(model, scope, Since::Newest(NEWEST))
}
