//! The containers of a service in the words in which everything else is told of a unit.

use sha2::{Digest, Sha256};

use crate::domain::UnitFacts;
use crate::domain::container::{Container, ContainerState, Containers};
use crate::domain::unit::{Active, Exit, Load};

/// The facts of the unit that stands for a service.
pub fn facts(containers: Containers) -> UnitFacts {
    let all = &containers.all;
    let running = containers.running();
    let ended = worst(all);
    let active = if containers.unseen.is_some() {
        Active::Unknown
    } else if running > 0 {
        Active::Active
    } else if containers.restarting() {
        Active::Activating
    } else if ended.is_some_and(|one| !one.cause().is_empty()) {
        Active::Failed
    } else {
        Active::Inactive
    };
    let newest = |time: fn(&Container) -> Option<jiff::Timestamp>| all.iter().filter_map(time).max();
    let sub = match (all.len(), running) {
        _ if containers.unseen.is_some() => String::new(),
        _ if active == Active::Activating => "auto-restart".to_owned(),
        (0, _) => "no container".to_owned(),
        (1, _) => all.first().map(|one| one.state.word().to_owned()).unwrap_or_default(),
        (count, running) => format!("{running} of {count} running"),
    };
    UnitFacts {
        load: match (&containers.unseen, all.is_empty()) {
            (Some(_), _) => Load::Unknown,
            (None, true) => Load::NotFound,
            (None, false) => Load::Loaded,
        },
        active,
        sub: sub.into(),
        result: ended.map(result).unwrap_or_default().into(),
        exit: ended.map_or(Exit::None, exit),
        restarts: all.iter().fold(0u32, |sum, one| sum.saturating_add(one.restarts)),
        active_enter: newest(|one| one.started.filter(|_| one.runs())),
        inactive_enter: newest(|one| one.finished.filter(|_| !one.runs())),
        exited_at: newest(|one| one.finished),
        invocation: invocation(all),
        containers: Some(Box::new(containers)),
        ..UnitFacts::default()
    }
}

/// The one that ended worst.
fn worst(all: &[Container]) -> Option<&Container> {
    let ended = all
        .iter()
        .filter(|one| matches!(one.state, ContainerState::Exited | ContainerState::Dead | ContainerState::Restarting));
    ended.max_by_key(|one| (!one.cause().is_empty(), one.finished))
}

fn result(one: &Container) -> &'static str {
    match one.exit_code {
        _ if one.out_of_memory => "oom-kill",
        0 => "success",
        129..=159 => "signal",
        _ => "exit-code",
    }
}

fn exit(one: &Container) -> Exit {
    match one.exit_code {
        code @ 129..=159 => Exit::Killed(code - 128),
        code => Exit::Exited(code),
    }
}

/// A word for this very run of all that run: the same containers, each since the same moment.
fn invocation(all: &[Container]) -> String {
    let mut runs: Vec<String> = all
        .iter()
        .filter(|one| one.runs())
        .map(|one| format!("{} {}", one.id, one.started.map(|at| at.as_nanosecond()).unwrap_or_default()))
        .collect();
    if runs.is_empty() {
        return String::new();
    }
    runs.sort();
    let digest = Sha256::digest(runs.join("\n").as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
