//! The commands of a shift: each weight on each balancer, and of a guarded one those that send traffic back. They are
//! planned, shown and permitted beforehand, and begun only when what was judged did not pass.

use super::expand::Item;
use super::plan::on_hosts;
use super::scope::Scope;
use crate::domain::procedure::{Job, Script, Shifts};
use crate::domain::{HostName, InputName};

/// All of them, in their order; those that send back stand behind the others.
pub(super) fn jobs(
    item: &Item<'_>,
    hosts: &[HostName],
    script: &Script,
    weights: &[u32],
    scope: &mut Scope<'_>,
) -> Vec<Job> {
    let guarded = item.options.guarded.as_deref();
    let mut jobs = Vec::new();
    let mut backs: Vec<(u32, Vec<usize>)> = Vec::new();
    for (place, weight) in weights.iter().enumerate() {
        let first = jobs.len();
        jobs.extend(on_hosts(item, hosts, &weighted(script, *weight), scope));
        let Some(guarded) = guarded else { continue };
        let to = guarded.back_from(weights, place);
        // Judged is what all balancers do together.
        if let Some(last) = jobs.last_mut() {
            last.script.shifts = Some(Shifts::Judged(to));
        }
        match backs.iter_mut().find(|(known, _)| *known == to) {
            Some((_, of)) => of.extend(first..jobs.len()),
            None => backs.push((to, (first..jobs.len()).collect())),
        }
    }
    for (to, of) in backs {
        let mut script = weighted(script, to);
        script.shifts = Some(Shifts::Back(to, of));
        jobs.extend(on_hosts(item, hosts, &script, scope));
    }
    if guarded.is_some_and(|guarded| guarded.deadman.is_some()) && hosts.len() > 1 {
        let why = "a dead-man timer watches one balancer, and this shift has several: make a shift of each";
        scope.wrong(&item.id, item.part.line, why.to_owned());
    }
    jobs
}

fn weighted(script: &Script, weight: u32) -> Script {
    let mut script = script.clone();
    if let Ok(name) = InputName::new("weight") {
        script.variables.retain(|(known, _)| *known != name);
        script.variables.push((name, weight.to_string()));
    }
    script
}
