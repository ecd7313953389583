//! Whether a verb makes sense for an instance just now, and why not: only what applies is offered.

use super::{Meant, Rules, Target, meant};
use crate::domain::container::Containers;
use crate::domain::host::BecomeRoot;
use crate::domain::service::{Expected, RuntimeKind};
use crate::domain::unit::{Active, Load, UnitFacts};
use crate::domain::{Compose, HostName, Link, Service, Verb};
use crate::state::Fleet;

/// Whether a verb does something for at least one instance of the targets.
///
/// # Errors
/// Why it does nothing, as a clause without a full stop.
pub fn applicable(fleet: &Fleet, verb: Verb, targets: &[Target], rules: &Rules) -> Result<(), String> {
    rules.allow().map_err(|refusal| refusal.to_string())?;
    let mut whys: Vec<String> = Vec::new();
    for one in meant(fleet, targets) {
        match to_instance(fleet, one, verb) {
            Ok(()) => return Ok(()),
            Err(why) => whys.push(why),
        }
    }
    for target in targets {
        let Target::Host(host) = target else { continue };
        if verb != Verb::DaemonReload {
            whys.push("it is meant for units, not for a host".to_owned());
            continue;
        }
        match to_host(fleet, host, false) {
            Ok(()) => return Ok(()),
            Err(why) => whys.push(why),
        }
    }
    let same = |why: &String| whys.iter().filter(|other| *other == why).count();
    // The first of the most frequent.
    let Some(why) = whys.iter().rev().max_by_key(|why| same(why)) else { return Err("nothing is chosen".to_owned()) };
    let (count, all) = (same(why), whys.len());
    Err(if count == all { why.clone() } else { format!("{count} of {all}: {why}") })
}

/// Whether a verb makes sense for one instance.
pub(super) fn to_instance(fleet: &Fleet, one: Meant, verb: Verb) -> Result<(), String> {
    let (row, instance) = (one.row(fleet), one.instance(fleet));
    match row.service.runtime {
        RuntimeKind::Http => return Err("only its probes are known: it has no unit".to_owned()),
        RuntimeKind::Compose | RuntimeKind::Systemd => {}
    }
    let (Some(host), Some(unit)) = (&instance.host, &instance.unit) else {
        return Err("no unit of it was found".to_owned());
    };
    to_host(fleet, host, row.service.user)?;
    let Some(facts) = fleet.unit_of(instance).map(|unit| &unit.facts) else {
        return Err(format!("{unit} was not read yet"));
    };
    if !one.named {
        meant_by_a_group(&row.service, verb)?;
    }
    match &facts.containers {
        Some(containers) => to_containers(verb, row.service.compose.as_ref(), containers),
        None => to_unit(verb, unit.suffix(), facts),
    }
}

/// Whether a verb makes sense for the containers of a service.
fn to_containers(verb: Verb, of: Option<&Compose>, containers: &Containers) -> Result<(), String> {
    let (running, all) = (containers.running(), containers.all.len());
    if let Some(why) = &containers.unseen {
        return Err(why.clone());
    }
    let why = match verb {
        Verb::Start if all > 0 && running == all => "it runs already",
        Verb::Stop | Verb::Kill(_) if all > 0 && running == 0 && !containers.restarting() => "it does not run",
        Verb::Scale(_) if all > 0 && running == 0 => "it does not run: start it first",
        Verb::Scale(count) if running == count.get() && all == running => return Err(format!("{count} run already")),
        Verb::Start
        | Verb::Stop
        | Verb::Restart
        | Verb::Kill(_)
        | Verb::Reload
        | Verb::Enable
        | Verb::Disable
        | Verb::ResetFailed
        | Verb::DaemonReload
        | Verb::Scale(_) => {
            return crate::runtimes::compose::change(verb, of, containers).map(|_| ()).map_err(|why| why.to_string());
        }
    };
    Err(why.to_owned())
}

/// Whether anything can be changed on a host.
pub(super) fn to_host(fleet: &Fleet, host: &HostName, user: bool) -> Result<(), String> {
    let Some(row) = fleet.host(host) else { return Err(format!("there is no host {host}")) };
    match &row.link {
        Link::Up { .. } => {}
        Link::Connecting { .. } => return Err(format!("{host} is still connecting")),
        Link::Asking { .. } => return Err(format!("{host} waits for your answer")),
        Link::Waiting { why, .. } | Link::Stopped { why, .. } => {
            return Err(format!("{host} is not reached ({})", why.short()));
        }
    }
    if !row.current {
        return Err(format!("the units of {host} were not read yet"));
    }
    if row.host.become_root == BecomeRoot::Never && !user {
        return Err(format!("{host} is only looked at (become_root = \"never\")"));
    }
    Ok(())
}

/// What nobody means who speaks of a whole tier: to run its jobs, or to start what should rest.
fn meant_by_a_group(service: &Service, verb: Verb) -> Result<(), String> {
    let starts = matches!(verb, Verb::Start | Verb::Restart | Verb::Scale(_));
    match service.expected {
        Expected::Stopped if starts => Err("it is not expected to run: choose it by itself to start it".to_owned()),
        Expected::Oneshot if starts || verb.interrupts() => {
            Err("it runs to its end now and then: choose it by itself".to_owned())
        }
        Expected::Running | Expected::Stopped | Expected::Oneshot => Ok(()),
    }
}

fn to_unit(verb: Verb, suffix: &str, facts: &UnitFacts) -> Result<(), String> {
    let runs = facts.active.runs();
    let moves = matches!(facts.active, Active::Activating | Active::Deactivating | Active::Maintenance);
    let known = facts.active != Active::Unknown;
    match verb {
        Verb::Start | Verb::Restart | Verb::Reload => loaded(facts)?,
        Verb::Enable => installed(facts)?,
        Verb::Disable | Verb::Stop | Verb::ResetFailed | Verb::DaemonReload | Verb::Kill(_) | Verb::Scale(_) => {}
    }
    let why = match verb {
        Verb::Start if facts.can_start == Some(false) => "its unit file lets nobody start it by hand",
        Verb::Start if runs => "it runs already",
        Verb::Start if facts.active == Active::Activating && !waits_for_restart(facts) => "it is starting already",
        Verb::Stop if facts.can_stop == Some(false) => "its unit file lets nobody stop it by hand",
        Verb::Stop if known && !runs && !moves => "it does not run",
        Verb::Restart if facts.can_start == Some(false) || facts.can_stop == Some(false) => {
            "its unit file lets nobody restart it by hand"
        }
        Verb::Restart if facts.oneshot && !runs => "it runs to its end and is done: start runs it again",
        Verb::Reload if facts.can_reload == Some(false) => "it can't reload: its unit file has no ExecReload",
        Verb::Reload if known && !runs => "it does not run",
        Verb::Disable => return enabled(facts),
        Verb::ResetFailed if facts.active != Active::Failed && facts.restarts == 0 => "it has not failed",
        Verb::Kill(_) if !matches!(suffix, "service" | "scope") => "it has no processes of its own",
        Verb::Kill(_) if facts.main_pid == 0 && !runs && !moves => "no process of it runs",
        Verb::Scale(_) => "only containers of a Compose project are scaled",
        Verb::Start
        | Verb::Stop
        | Verb::Restart
        | Verb::Reload
        | Verb::Enable
        | Verb::ResetFailed
        | Verb::DaemonReload
        | Verb::Kill(_) => return Ok(()),
    };
    Err(why.to_owned())
}

fn waits_for_restart(facts: &UnitFacts) -> bool {
    facts.sub.raw().starts_with(b"auto-restart")
}

/// Whether systemd could start it.
fn loaded(facts: &UnitFacts) -> Result<(), String> {
    let why = match facts.load {
        Load::NotFound => "there is no such unit",
        Load::Masked => "it is masked",
        Load::BadSetting => "its unit file has a bad setting",
        Load::Error => "its unit file can't be read",
        Load::Loaded | Load::Merged | Load::Unknown => return Ok(()),
    };
    Err(why.to_owned())
}

/// Whether it can be enabled.
fn installed(facts: &UnitFacts) -> Result<(), String> {
    loaded(facts)?;
    at_boot(facts, b"enabled", "it is enabled already")
}

/// Whether it can be disabled.
fn enabled(facts: &UnitFacts) -> Result<(), String> {
    at_boot(facts, b"disabled", "it is disabled already")
}

/// Whether it can be changed what happens at boot; `already` is the state that is wanted, `so` says that it is there.
fn at_boot(facts: &UnitFacts, already: &[u8], so: &str) -> Result<(), String> {
    let why = match facts.file_state.raw() {
        state if state == already => so,
        b"static" | b"indirect" => "its unit file does not say for what: it has no [Install]",
        b"masked" | b"masked-runtime" => "it is masked",
        b"generated" | b"transient" => "its unit file is made by a program",
        b"alias" => "it is another name of a unit",
        b"" => "it has no unit file",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}
