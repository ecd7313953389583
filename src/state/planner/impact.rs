//! What a plan does beside what it says: who needs the targets, what goes down with them, who is left without an
//! instance, and what is worth a thought.

use std::collections::BTreeSet;

use super::order::serves;
use super::{Meant, scaling, told};
use crate::domain::plan::Impact;
use crate::domain::service::Expected;
use crate::domain::unit::Active;
use crate::domain::{HostName, ServiceName, State, UnitName, Verb};
use crate::state::{Fleet, ServiceRow};
use crate::text::Foreign;

/// Sentences of one kind beyond which only their number is told.
const MOST_ALIKE: usize = 4;

/// Everything but what is left out.
pub fn impact(fleet: &Fleet, verb: Verb, chosen: &[Meant]) -> Impact {
    let fewer = chosen.iter().any(|one| scaling::takes_away(fleet, verb, *one));
    let disturbs = verb.interrupts() || verb == Verb::Reload || fewer;
    let also = if takes_down_with_it(verb) { also(fleet, chosen) } else { Vec::new() };
    Impact {
        needed_by: if disturbs { needed_by(fleet, chosen) } else { Vec::new() },
        interrupted: if verb.interrupts() { interrupted(fleet, verb, chosen, &also) } else { Vec::new() },
        also,
        left_out: Vec::new(),
        locked: None,
        warnings: warnings(fleet, verb, chosen),
    }
}

/// Whether systemd does the same to what is bound to the unit. It does not for a process that a signal ends.
fn takes_down_with_it(verb: Verb) -> bool {
    matches!(verb, Verb::Stop | Verb::Restart)
}

/// The services that need a target, the nearest first, without the targets.
fn needed_by(fleet: &Fleet, chosen: &[Meant]) -> Vec<ServiceName> {
    let targets: BTreeSet<&ServiceName> = chosen.iter().map(|one| &one.row(fleet).service.name).collect();
    let mut found: Vec<ServiceName> = Vec::new();
    let mut seen: BTreeSet<ServiceName> = targets.iter().map(|name| (*name).clone()).collect();
    let mut ring: Vec<ServiceName> = seen.iter().cloned().collect();
    while !ring.is_empty() {
        let mut next = Vec::new();
        for row in &fleet.services {
            let name = &row.service.name;
            if row.service.depends_on.iter().any(|need| ring.contains(need)) && seen.insert(name.clone()) {
                next.push(name.clone());
            }
        }
        found.extend(next.iter().cloned());
        ring = next;
    }
    found
}

/// The units that go with the targets on their hosts, and what goes with those; without the targets, and without what
/// is known not to run.
fn also(fleet: &Fleet, chosen: &[Meant]) -> Vec<(HostName, Foreign)> {
    let mut all = Vec::new();
    let targets: BTreeSet<(&HostName, &UnitName)> = chosen
        .iter()
        .filter_map(|one| one.instance(fleet).host.as_ref().zip(one.instance(fleet).unit.as_ref()))
        .collect();
    let mut open: Vec<(HostName, UnitName)> =
        targets.iter().map(|(host, unit)| ((*host).clone(), (*unit).clone())).collect();
    open.reverse();
    while let Some((host, unit)) = open.pop() {
        let Some(row) = fleet.host(&host) else { continue };
        let Some(facts) = row.units.get(&unit).map(|unit| &unit.facts) else { continue };
        for with in &facts.goes_with {
            let name = UnitName::new(&with.plain());
            let rests = name
                .as_ref()
                .and_then(|name| row.units.get(name))
                .is_some_and(|unit| matches!(unit.facts.active, Active::Inactive | Active::Failed));
            let target = name.as_ref().is_some_and(|name| targets.contains(&(&host, name)));
            let entry = (host.clone(), with.clone());
            if rests || target || all.contains(&entry) {
                continue;
            }
            all.push(entry);
            open.extend(name.map(|name| (host.clone(), name)));
        }
    }
    all.sort();
    all
}

/// The services of which no instance would be left for a while.
fn interrupted(fleet: &Fleet, verb: Verb, chosen: &[Meant], also: &[(HostName, Foreign)]) -> Vec<ServiceName> {
    let hit = |row: &ServiceRow, place: usize, number: usize| {
        if chosen.iter().any(|one| (one.service, one.instance) == (place, number)) {
            return true;
        }
        let instance = &row.instances[number];
        let named = |(host, unit): &(HostName, Foreign)| {
            instance.host.as_ref() == Some(host)
                && instance.unit.as_ref().is_some_and(|u| unit.raw() == u.as_str().as_bytes())
        };
        also.iter().any(named)
    };
    let mut all = Vec::new();
    for (place, row) in fleet.services.iter().enumerate() {
        let serving: Vec<usize> =
            (0..row.instances.len()).filter(|number| serves(row.instances[*number].verdict.state)).collect();
        let taken = serving.iter().filter(|number| hit(row, place, **number)).count();
        let allowed = usize::try_from(row.service.max_unavailable).unwrap_or(1).max(1);
        let at_once = if verb.goes_down() { taken } else { taken.min(allowed) };
        if at_once > 0 && at_once >= serving.len() {
            all.push(row.service.name.clone());
        }
    }
    all
}

fn warnings(fleet: &Fleet, verb: Verb, chosen: &[Meant]) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(short_of_instances(fleet, verb, chosen));
    all.extend(needs(fleet, verb, chosen));
    let each = |of: &dyn Fn(Meant) -> Option<String>| {
        let mut told: Vec<String> = chosen.iter().filter_map(|one| of(*one)).collect();
        let more = told.len().saturating_sub(MOST_ALIKE);
        if more > 0 {
            told.truncate(MOST_ALIKE);
            told.push(format!("The same holds for {more} more."));
        }
        told
    };
    all.extend(each(&|one| state(fleet, verb, one)));
    all.extend(each(&|one| expectation(fleet, verb, one)));
    all.extend(each(&|one| stale_file(fleet, verb, one)));
    all.extend(each(&|one| comes_back(fleet, verb, one)));
    for tell in scaling::WARNINGS {
        all.extend(each(&|one| tell(fleet, verb, one)));
    }
    all
}

/// Fewer instances serve than the service has, and one more is about to be taken away.
fn short_of_instances(fleet: &Fleet, verb: Verb, chosen: &[Meant]) -> Vec<String> {
    let interrupts = |one: &&Meant| verb.interrupts() || scaling::takes_away(fleet, verb, **one);
    let services: BTreeSet<usize> = chosen.iter().filter(interrupts).map(|one| one.service).collect();
    let mut all = Vec::new();
    for place in services {
        let row = &fleet.services[place];
        let (have, serving) = (row.instances.len(), row.instances.iter().filter(|i| serves(i.verdict.state)).count());
        if have > 1 && serving > 0 && serving < have {
            all.push(format!("Only {serving} of {have} instances of {} serve now.", row.service.name));
        }
    }
    all
}

/// What the targets need and is not up, unless it is brought up by the same plan.
fn needs(fleet: &Fleet, verb: Verb, chosen: &[Meant]) -> Vec<String> {
    if !verb.leaves_running() {
        return Vec::new();
    }
    let services: BTreeSet<usize> = chosen.iter().map(|one| one.service).collect();
    let mut all: Vec<String> = Vec::new();
    for place in &services {
        let service = &fleet.services[*place].service;
        for need in &service.depends_on {
            let Some(at) = fleet.services.iter().position(|row| row.service.name == *need) else { continue };
            let state = fleet.services[at].verdict.state;
            let bad = matches!(state, State::Down | State::CrashLooping | State::Unknown | State::Starting);
            if bad && !services.contains(&at) {
                all.push(format!("{} needs {need}, which is {}.", service.name, state.word()));
            }
        }
    }
    all
}

/// It is not in the state that one would think.
fn state(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let (row, instance) = (one.row(fleet), one.instance(fleet));
    let facts = &fleet.unit_of(instance)?.facts;
    let what = told(row, instance);
    let limited = facts.active == Active::Failed && facts.result.raw() == b"start-limit-hit";
    match verb {
        Verb::Start | Verb::Restart if limited => {
            Some(format!("{what} has hit its start limit: systemd may refuse to start it before a reset-failed."))
        }
        Verb::Restart if matches!(facts.active, Active::Inactive | Active::Failed) => {
            Some(format!("{what} does not run: this starts it."))
        }
        Verb::Enable if !facts.active.runs() => Some(format!("{what} does not run; enabling does not start it.")),
        Verb::Disable if facts.active.runs() => Some(format!("{what} goes on running; disabling does not stop it.")),
        Verb::Start
        | Verb::Stop
        | Verb::Restart
        | Verb::Reload
        | Verb::Enable
        | Verb::Disable
        | Verb::ResetFailed
        | Verb::DaemonReload
        | Verb::Kill(_)
        | Verb::Scale(_) => None,
    }
}

/// The site wants it otherwise.
fn expectation(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let row = one.row(fleet);
    let what = told(row, one.instance(fleet));
    let starts = matches!(verb, Verb::Start | Verb::Restart | Verb::Scale(_));
    let ends = matches!(verb, Verb::Stop | Verb::Kill(_));
    match row.service.expected {
        Expected::Stopped => starts.then(|| format!("{what} is not expected to run.")),
        Expected::Running => (verb == Verb::Stop).then(|| format!("{what} is expected to run: it will count as down.")),
        Expected::Oneshot => ends.then(|| format!("{what} is cut off in the middle of its work.")),
    }
}

/// Its file is newer than what systemd has read of it.
fn stale_file(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let (row, instance) = (one.row(fleet), one.instance(fleet));
    let stale = fleet.unit_of(instance)?.facts.needs_reload;
    let uses = matches!(verb, Verb::Start | Verb::Restart | Verb::Reload);
    (stale && uses).then(|| {
        let what = told(row, instance);
        format!("The unit file of {what} has changed; the old one is used until a daemon-reload.")
    })
}

/// Something starts it again.
fn comes_back(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let (row, instance) = (one.row(fleet), one.instance(fleet));
    let facts = &fleet.unit_of(instance)?.facts;
    let by = facts.triggered_by.first()?;
    (verb == Verb::Stop).then(|| format!("{} can start {} again.", by.ident(), told(row, instance)))
}
