//! The commands that restart services in the order of what they need.

use std::sync::Arc;

use super::expand::Item;
use super::scope::Scope;
use crate::domain::host::BecomeRoot;
use crate::domain::procedure::{Job, Language, Script};
use crate::domain::{Environment, HostName, Now, ServiceName, Verb};
use crate::runtimes::shell::shown;
use crate::state::Fleet;
use crate::state::planner::{Target, commands};

/// One job for each instance. `fleet` knows the units that a pattern means; without it only units that are named exactly
/// are known. `on`: only there; `None` everywhere.
pub(super) fn jobs(
    scope: &mut Scope<'_>,
    item: &Item<'_>,
    services: &[ServiceName],
    fleet: Option<&Fleet>,
    on: Option<&[HostName]>,
) -> Vec<Job> {
    let environment: &Environment = scope.environment;
    let services = if services.is_empty() { &item.frame.procedure.header.services } else { services };
    if services.is_empty() {
        scope.wrong(&item.id, item.part.line, "it names no service, and neither does the procedure".to_owned());
        return Vec::new();
    }
    let mut targets = Vec::new();
    for name in services {
        match (environment.service(name), on) {
            (None, _) => {
                let why = format!("{} has no service {name}", environment.name);
                scope.wrong(&item.id, item.part.line, why);
            }
            (Some(_), None) => targets.push(Target::Service(name.clone())),
            (Some(_), Some(hosts)) => {
                targets.extend(hosts.iter().map(|host| Target::On(name.clone(), host.clone())));
            }
        }
    }
    let unseen;
    let fleet = match fleet {
        Some(fleet) => fleet,
        None => {
            unseen = Fleet::new(Arc::new(environment.clone()), Now::START);
            &unseen
        }
    };
    let (steps, left_out) = commands(fleet, Verb::Restart, &targets);
    for left in left_out {
        scope.wrong(&item.id, item.part.line, format!("{} can't be restarted: {}", left.what, left.why));
    }
    let job = |step: crate::domain::plan::PlannedStep| Job {
        become_root: (step.become_root != BecomeRoot::Polkit).then_some(step.become_root),
        script: Script { language: Language::Sh, text: shown(&step.command), ..Script::default() },
        timeout: step.deadline,
        host: step.host.clone(),
        change: Some(Box::new(step)),
    };
    steps.into_iter().map(job).collect()
}
