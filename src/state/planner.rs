//! What would be done: from a verb and what it is meant for to a plan with every command, in order, and with all that
//! it does beside what it says. Pure: it looks at the fleet and changes nothing.

mod applicable;
mod impact;
mod order;
mod scaling;
mod witness;

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Fleet, Instance, ServiceRow};
use crate::domain::container::Containers;
use crate::domain::host::BecomeRoot;
use crate::domain::lock::Heard;
use crate::domain::permit::Refusal;
use crate::domain::plan::{LeftOut, Plan, PlannedStep};
use crate::domain::service::{RuntimeKind, Tier};
use crate::domain::{HostName, Lock, ServiceName, UnitName, Verb};
use crate::port::act::StoreState;
use crate::runtimes::compose;
use crate::runtimes::shell::shown;
use crate::runtimes::systemd_change::{as_root, change};

pub use applicable::applicable;
pub use scaling::{Scaled, scalable, scaled};
pub use witness::Witness;

/// Steps that run at once at most where nothing else is said, whatever the order allows: as many as the widest of the systems
/// that we know of starts together (docs/performance.md). What is needed is waited for in any case.
pub const AT_ONCE: usize = 16;
/// What systemd allows a unit where it says nothing else.
const USUAL_LIMIT: Duration = Duration::from_secs(90);
/// For the way to the host and back, and for becoming root there.
const SLACK: Duration = Duration::from_secs(15);
/// For changes of files and of the manager's memory.
const FOR_FILES: Duration = Duration::from_secs(60);
/// Longer than this nothing is waited for, whatever a unit allows itself.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// What a change is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One instance.
    Instance(ServiceName, Option<HostName>, Option<UnitName>),
    /// Every instance of a service on one host.
    On(ServiceName, HostName),
    /// Every instance of a service.
    Service(ServiceName),
    /// Every service of a tier.
    Tier(Tier),
    /// Every service of the environment.
    Everything,
    /// The manager of a host.
    Host(HostName),
}

impl Target {
    /// Whether it means many services by one word, so that those for which the verb makes no sense are left out
    /// quietly: nobody who restarts a tier means its nightly jobs.
    fn is_sweeping(&self) -> bool {
        matches!(self, Target::Tier(_) | Target::Everything)
    }
}

/// Whether anything may be changed at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Why every change is refused, if it is.
    pub read_only: Option<&'static str>,
    /// Whether a change can be recorded.
    pub store: StoreState,
    /// Who else has the environment's lock.
    pub locked: Option<Box<Lock>>,
}

impl Rules {
    /// Whether a change may be planned.
    ///
    /// # Errors
    /// Why none may.
    pub fn allow(&self) -> Result<(), Refusal> {
        match (self.read_only, &self.store) {
            (Some(why), _) => Err(Refusal::ReadOnly(why)),
            (None, StoreState::ReadOnly(why)) => Err(Refusal::NoRecord(why.clone())),
            (None, StoreState::Writable) => Ok(()),
        }
    }
}

/// One instance that is meant, by its places in the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meant {
    service: usize,
    instance: usize,
    /// Whether its service, or itself, was named, and not only the group it is in.
    named: bool,
}

impl Meant {
    fn row(self, fleet: &Fleet) -> &ServiceRow {
        &fleet.services[self.service]
    }

    fn instance(self, fleet: &Fleet) -> &Instance {
        &fleet.services[self.service].instances[self.instance]
    }
}

/// Plans a change.
///
/// # Errors
/// Why nothing may be changed, or why there is nothing to do.
pub fn plan(fleet: &Fleet, verb: Verb, targets: &[Target], rules: &Rules) -> Result<Plan, Refusal> {
    rules.allow()?;
    let mut left_out: Vec<LeftOut> = Vec::new();
    let mut chosen: Vec<Meant> = Vec::new();
    for one in meant(fleet, targets) {
        match applicable::to_instance(fleet, one, verb) {
            Ok(()) => chosen.push(one),
            Err(why) => left_out.push(LeftOut { what: told(one.row(fleet), one.instance(fleet)), why }),
        }
    }
    let steps = if verb == Verb::DaemonReload {
        managers(fleet, targets, &chosen, &mut left_out)
    } else {
        units(fleet, verb, &chosen, &mut left_out)
    };
    if steps.is_empty() {
        return Err(Refusal::Nothing(nothing(&left_out)));
    }
    let environment = &fleet.environment;
    let services: BTreeSet<usize> = chosen.iter().map(|one| one.service).collect();
    let single = match services.first() {
        Some(only) if services.len() == 1 && verb != Verb::DaemonReload => Some(&fleet.services[*only]),
        Some(_) | None => None,
    };
    let mut plan = Plan {
        site: environment.site.clone(),
        environment: environment.name.clone(),
        protected: environment.protected,
        verb,
        subject: String::new(),
        name: single.map_or_else(|| environment.name.to_string(), |row| row.service.name.to_string()),
        at_once: AT_ONCE,
        impact: impact::impact(fleet, verb, &chosen),
        steps,
    };
    plan.impact.left_out = left_out;
    // That its holder was heard again changes nothing of the plan.
    plan.impact.locked = rules.locked.clone().map(|lock| Box::new(Lock { heard: Heard::Unknown, ..*lock }));
    plan.subject = subject(&plan, single, services.len());
    Ok(plan)
}

/// The commands of a change in their order, whether each makes sense just now or not: for a plan that is made long
/// before it runs. Also what has no command, and why.
pub fn commands(fleet: &Fleet, verb: Verb, targets: &[Target]) -> (Vec<PlannedStep>, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let mut chosen = meant(fleet, targets);
    chosen.retain(|one| {
        let (row, instance) = (one.row(fleet), one.instance(fleet));
        let known = instance.host.is_some() && instance.unit.is_some();
        if !known {
            left_out.push(LeftOut { what: told(row, instance), why: "no unit of it is known".to_owned() });
        }
        known
    });
    (units(fleet, verb, &chosen, &mut left_out), left_out)
}

/// The instances that are meant, each once, in the order of the site. What is named counts as named also when a group
/// contains it.
fn meant(fleet: &Fleet, targets: &[Target]) -> Vec<Meant> {
    let mut all = Vec::new();
    for (service, row) in fleet.services.iter().enumerate() {
        for (number, instance) in row.instances.iter().enumerate() {
            let name = &row.service.name;
            let means = |target: &&Target| match target {
                Target::Instance(one, host, unit) => one == name && *host == instance.host && *unit == instance.unit,
                Target::On(one, host) => one == name && instance.host.as_ref() == Some(host),
                Target::Service(one) => one == name,
                Target::Tier(tier) => *tier == row.service.tier,
                Target::Everything => true,
                Target::Host(_) => false,
            };
            let mut found = targets.iter().filter(means).peekable();
            if found.peek().is_some() {
                let named = found.any(|target| !target.is_sweeping());
                all.push(Meant { service, instance: number, named });
            }
        }
    }
    all
}

/// One step for every instance, those of one service one after the other, services in the order of what they need.
fn units(fleet: &Fleet, verb: Verb, chosen: &[Meant], left_out: &mut Vec<LeftOut>) -> Vec<PlannedStep> {
    let mut ready = Vec::new();
    for one in chosen {
        let (row, instance) = (one.row(fleet), one.instance(fleet));
        match command(fleet, verb, row, instance) {
            Ok(command) => ready.push((*one, command)),
            Err(why) => left_out.push(LeftOut { what: told(row, instance), why }),
        }
    }
    let places: Vec<Meant> = ready.iter().map(|(one, _)| *one).collect();
    let ordered = order::order(fleet, verb, &places);
    let step = |placed: order::Placed| {
        let (one, command) = ready.get(placed.item)?;
        let (row, instance) = (one.row(fleet), one.instance(fleet));
        let host = instance.host.clone()?;
        let named = fleet.host(&host)?;
        // A login's own manager obeys the login; root would only find another one.
        let become_root = match named.host.become_root {
            _ if row.service.user => BecomeRoot::Polkit,
            // A login that may use Docker needs no root for it.
            BecomeRoot::Sudo if containers(fleet, instance).is_some_and(|known| !known.by_sudo) => BecomeRoot::Polkit,
            become_root => become_root,
        };
        Some(PlannedStep {
            become_root,
            service: Some(row.service.name.clone()),
            unit: instance.unit.clone(),
            user: row.service.user,
            command: command.clone(),
            after: placed.after,
            settle: row.service.settle,
            deadline: deadline(fleet, verb, instance),
            host,
        })
    };
    ordered.into_iter().filter_map(step).collect()
}

/// The command for one instance, of the runtime of its service.
fn command(fleet: &Fleet, verb: Verb, row: &ServiceRow, instance: &Instance) -> Result<Vec<String>, String> {
    match row.service.runtime {
        RuntimeKind::Systemd | RuntimeKind::Http => {
            change(verb, instance.unit.as_ref(), row.service.user).map_err(|why| why.to_string())
        }
        RuntimeKind::Compose => {
            let known = containers(fleet, instance).ok_or("its containers were not read yet")?;
            compose::change(verb, row.service.compose.as_ref(), known).map_err(|why| why.to_string())
        }
    }
}

/// What is known of the containers of an instance.
fn containers<'a>(fleet: &'a Fleet, instance: &Instance) -> Option<&'a Containers> {
    fleet.unit_of(instance)?.facts.containers.as_deref()
}

/// One step for every manager: the host's, and the login's own where a service of the targets lives there.
fn managers(fleet: &Fleet, targets: &[Target], chosen: &[Meant], left_out: &mut Vec<LeftOut>) -> Vec<PlannedStep> {
    let mut wanted: Vec<(HostName, bool)> = Vec::new();
    let mut add = |host: &HostName, user: bool| {
        if !wanted.iter().any(|(known, whose)| known == host && *whose == user) {
            wanted.push((host.clone(), user));
        }
    };
    for one in chosen {
        if let Some(host) = &one.instance(fleet).host {
            add(host, one.row(fleet).service.user);
        }
    }
    for target in targets {
        let Target::Host(host) = target else { continue };
        match applicable::to_host(fleet, host, false) {
            Ok(()) => add(host, false),
            Err(why) => left_out.push(LeftOut { what: host.to_string(), why }),
        }
    }
    let step = |(host, user): (HostName, bool)| {
        let named = fleet.host(&host)?;
        Some(PlannedStep {
            service: None,
            unit: None,
            user,
            command: change(Verb::DaemonReload, None, user).ok()?,
            become_root: if user { BecomeRoot::Polkit } else { named.host.become_root },
            after: Vec::new(),
            settle: Duration::ZERO,
            deadline: FOR_FILES,
            host,
        })
    };
    wanted.into_iter().filter_map(step).collect()
}

/// How long a change may take until it stands: what the unit allows itself, with room for the way there.
fn deadline(fleet: &Fleet, verb: Verb, instance: &Instance) -> Duration {
    let facts = fleet.unit_of(instance).map(|unit| &unit.facts);
    let start = facts.and_then(|facts| facts.start_limit).unwrap_or(USUAL_LIMIT);
    // Once to end by itself, and once more after it is killed.
    let stop = facts.and_then(|facts| facts.stop_limit).unwrap_or(USUAL_LIMIT).saturating_mul(2);
    let own = match verb {
        Verb::Start | Verb::Reload => start,
        Verb::Stop => stop,
        Verb::Restart | Verb::Scale(_) => start.saturating_add(stop),
        Verb::Kill(_) | Verb::ResetFailed => Duration::ZERO,
        Verb::Enable | Verb::Disable | Verb::DaemonReload => FOR_FILES,
    };
    own.saturating_add(SLACK).min(LONGEST)
}

/// The command of a step as a person would type it on its host.
pub fn as_typed(step: &PlannedStep) -> String {
    shown(&as_root(step.become_root, &step.command))
}

/// An instance in a few words: `pricing on app-1`, with its unit where the service has several there.
fn told(row: &ServiceRow, instance: &Instance) -> String {
    let name = &row.service.name;
    let Some(host) = &instance.host else { return name.to_string() };
    let beside = row.instances.iter().filter(|other| other.host == instance.host).count();
    match &instance.unit {
        Some(unit) if beside > 1 => format!("{unit} on {host}"),
        Some(_) | None => format!("{name} on {host}"),
    }
}

fn subject(plan: &Plan, single: Option<&ServiceRow>, services: usize) -> String {
    let hosts = plan.hosts();
    let on = match hosts.as_slice() {
        [host] => host.to_string(),
        _ => format!("{} hosts", hosts.len()),
    };
    match (single, plan.steps.as_slice()) {
        (Some(row), [step]) => {
            let this = |instance: &&Instance| instance.host.as_ref() == Some(&step.host) && instance.unit == step.unit;
            row.instances.iter().find(this).map_or_else(|| row.service.name.to_string(), |one| told(row, one))
        }
        (Some(row), _) => format!("{} on {on}", row.service.name),
        (None, _) if plan.verb == Verb::DaemonReload => format!("on {on}"),
        (None, _) => format!("{services} services on {on}"),
    }
}

/// Why there is nothing to do, from what was left out.
fn nothing(left_out: &[LeftOut]) -> String {
    match left_out {
        [] => "nothing that was named is there".to_owned(),
        [one] => format!("{}: {}", one.what, one.why),
        [first, rest @ ..] if rest.iter().all(|other| other.why == first.why) => {
            format!("all {} instances: {}", left_out.len(), first.why)
        }
        [first, rest @ ..] => format!("{}: {}; {} more can't be changed either", first.what, first.why, rest.len()),
    }
}

#[cfg(test)]
mod tests;
