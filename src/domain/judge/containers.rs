//! The rows of the table for the containers of a service.

use super::{Evidence, LOOP_RESTARTS, judge_probes, link_reason, since};
use crate::domain::container::{Container, ContainerState, Containers, Health};
use crate::domain::service::Expected;
use crate::domain::state::{State, Verdict};
use crate::domain::unit::UnitFacts;

/// Judges one instance: all containers of a service on a host.
pub(super) fn judge_containers(evidence: &Evidence<'_>) -> Verdict {
    if !evidence.link.is_up() {
        return Verdict::new(State::Unknown, link_reason(evidence.link));
    }
    let known = evidence.unit.filter(|_| evidence.current);
    let Some((unit, containers)) = known.and_then(|unit| Some((unit, unit.containers.as_deref()?))) else {
        return Verdict::new(State::Unknown, "not read yet");
    };
    if let Some(why) = &containers.unseen {
        return Verdict::new(State::Unknown, why);
    }
    let mut verdict = judge(evidence, unit, containers);
    verdict.since = match verdict.state {
        State::Up | State::Stopped | State::Down | State::Starting => since(unit),
        State::CrashLooping | State::Degraded | State::Unknown => None,
    };
    verdict
}

fn judge(evidence: &Evidence<'_>, unit: &UnitFacts, containers: &Containers) -> Verdict {
    let recent = evidence.recent_restarts;
    if recent >= LOOP_RESTARTS || (containers.restarting() && recent > 1) {
        let one = containers.all.iter().max_by_key(|one| (one.state == ContainerState::Restarting, one.restarts));
        return Verdict::new(State::CrashLooping, with_restarts(&one.map(ended).unwrap_or_default(), recent));
    }
    let running = containers.running();
    match evidence.expected {
        Expected::Stopped if running > 0 => Verdict::new(State::Degraded, "runs, but is expected to be stopped"),
        Expected::Stopped => Verdict::new(State::Stopped, ""),
        Expected::Oneshot if running > 0 => Verdict::new(State::Up, "running"),
        Expected::Oneshot => match containers.all.iter().find(|one| !one.cause().is_empty()) {
            Some(bad) => Verdict::new(State::Down, ended(bad)),
            None => Verdict::new(State::Up, if containers.all.is_empty() { "waits for its turn" } else { "done" }),
        },
        Expected::Running if running == 0 => resting(containers),
        Expected::Running => serving(evidence, unit, containers, running),
    }
}

/// None of them runs, and they are meant to.
fn resting(containers: &Containers) -> Verdict {
    if containers.all.is_empty() {
        return Verdict::new(State::Down, "no container");
    }
    if let Some(one) = containers.all.iter().find(|one| one.state == ContainerState::Restarting) {
        return Verdict::new(State::Starting, format!("{}, restarts by itself", ended(one)));
    }
    if containers.all.iter().all(|one| one.state == ContainerState::Unknown) {
        return Verdict::new(State::Unknown, "docker gave no state");
    }
    let worst = containers.all.iter().max_by_key(|one| (!one.cause().is_empty(), one.finished));
    Verdict::new(State::Down, worst.map(ended).unwrap_or_default())
}

/// Some of them run.
fn serving(evidence: &Evidence<'_>, unit: &UnitFacts, containers: &Containers, running: usize) -> Verdict {
    if containers.all.iter().any(|one| one.state == ContainerState::Paused) {
        return Verdict::new(State::Degraded, "paused");
    }
    let wanted = evidence.scale.map_or(containers.all.len(), |scale| usize::try_from(scale).unwrap_or(usize::MAX));
    if running < wanted {
        let missing = containers.all.iter().filter(|one| !one.runs()).max_by_key(|one| one.finished).map(ended);
        let why = missing.map(|why| format!(": {why}")).unwrap_or_default();
        return Verdict::new(State::Degraded, format!("{running} of {wanted} run{why}"));
    }
    let health = |health: Health| containers.all.iter().filter(move |one| one.runs() && one.health == health);
    if let Some(one) = health(Health::Unhealthy).next() {
        let count = health(Health::Unhealthy).count();
        let some = if running == 1 { "unhealthy".to_owned() } else { format!("{count} of {running} unhealthy") };
        let said = one.health_said.plain();
        return Verdict::new(State::Degraded, if said.is_empty() { some } else { format!("{some}: {said}") });
    }
    if health(Health::Starting).next().is_some() {
        return Verdict::new(State::Starting, "its health is not known yet");
    }
    let verdict = judge_probes(evidence, Some(unit));
    if verdict.state == State::Up && verdict.why.is_empty() && running > wanted {
        return Verdict::new(State::Up, format!("{running} run, {wanted} expected"));
    }
    verdict
}

/// How one that does not run has ended.
fn ended(one: &Container) -> String {
    let cause = one.cause();
    match one.state {
        ContainerState::Created if cause.is_empty() => "made and never started".to_owned(),
        ContainerState::Removing => "is being removed".to_owned(),
        ContainerState::Dead => "dead: docker could not remove it".to_owned(),
        ContainerState::Created
        | ContainerState::Running
        | ContainerState::Paused
        | ContainerState::Restarting
        | ContainerState::Exited
        | ContainerState::Unknown
            if cause.is_empty() =>
        {
            "exited".to_owned()
        }
        ContainerState::Created
        | ContainerState::Running
        | ContainerState::Paused
        | ContainerState::Restarting
        | ContainerState::Exited
        | ContainerState::Unknown => cause,
    }
}

fn with_restarts(cause: &str, recent: u32) -> String {
    match recent {
        0 => cause.to_owned(),
        1 => format!("{cause}, 1 restart in 5m"),
        count => format!("{cause}, {count} restarts in 5m"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::{Link, LinkFailure, Moment, RuntimeKind, judge};

    const UP: Link = Link::Up {
        since: Moment(std::time::Duration::ZERO),
        round_trip: None,
        heard: Moment(std::time::Duration::ZERO),
        means: None,
    };

    fn one(state: ContainerState, exit_code: i32, health: Health) -> Container {
        Container { state, exit_code, health, health_said: "no file".into(), ..Container::default() }
    }

    fn runs() -> Container {
        one(ContainerState::Running, 0, Health::None)
    }

    fn exited(code: i32) -> Container {
        one(ContainerState::Exited, code, Health::None)
    }

    fn told(all: Vec<Container>, with: impl FnOnce(&mut Evidence<'_>)) -> (State, String) {
        read(Containers { all, ..Containers::default() }, with)
    }

    fn read(containers: Containers, with: impl FnOnce(&mut Evidence<'_>)) -> (State, String) {
        let unit = UnitFacts { containers: Some(Box::new(containers)), ..UnitFacts::default() };
        let mut evidence = Evidence {
            runtime: RuntimeKind::Compose,
            expected: Expected::Running,
            scale: None,
            link: &UP,
            no_systemd: false,
            unit: Some(&unit),
            current: true,
            recent_restarts: 0,
            probes: Vec::new(),
            flapping: Vec::new(),
            needs: Vec::new(),
        };
        with(&mut evidence);
        let verdict = judge(&evidence);
        (verdict.state, verdict.why)
    }

    #[test]
    fn what_is_not_known_is_never_green() {
        static SILENT: Link = Link::Stopped { heard: None, why: LinkFailure::Silent };
        let running = || vec![runs()];
        assert_eq!(told(running(), |evidence| evidence.link = &SILENT).0, State::Unknown);
        assert_eq!(told(running(), |evidence| evidence.current = false).0, State::Unknown);
        assert_eq!(told(running(), |evidence| evidence.unit = None).0, State::Unknown);
        let unseen = Containers { all: running(), ..Containers::unseen("docker does not run") };
        assert_eq!(read(unseen, |_| ()), (State::Unknown, "docker does not run".to_owned()));
        assert_eq!(told(vec![one(ContainerState::Unknown, 0, Health::None)], |_| ()).0, State::Unknown);
    }

    #[test]
    fn the_number_that_runs_counts_against_the_number_that_is_expected() {
        assert_eq!(told(vec![runs(), runs()], |_| ()), (State::Up, String::new()));
        let one_gone = || vec![runs(), exited(137)];
        assert_eq!(told(one_gone(), |_| ()), (State::Degraded, "1 of 2 run: SIGKILL".to_owned()));
        assert_eq!(told(vec![runs()], |evidence| evidence.scale = Some(3)).1, "1 of 3 run");
        let more = told(vec![runs(), runs()], |evidence| evidence.scale = Some(1));
        assert_eq!(more, (State::Up, "2 run, 1 expected".to_owned()));
        assert_eq!(told(Vec::new(), |_| ()), (State::Down, "no container".to_owned()));
    }

    #[test]
    fn health_decides_over_what_runs() {
        let with = |health| told(vec![one(ContainerState::Running, 0, health)], |_| ());
        assert_eq!(with(Health::Healthy), (State::Up, String::new()));
        assert_eq!(with(Health::Unhealthy), (State::Degraded, "unhealthy: no file".to_owned()));
        assert_eq!(with(Health::Starting).0, State::Starting);
        let two = vec![runs(), one(ContainerState::Running, 0, Health::Unhealthy)];
        assert_eq!(told(two, |_| ()).1, "1 of 2 unhealthy: no file");
        assert_eq!(told(vec![one(ContainerState::Paused, 0, Health::None)], |_| ()).0, State::Degraded);
    }

    #[test]
    fn what_ended_says_how() {
        assert_eq!(told(vec![exited(3)], |_| ()), (State::Down, "exit 3".to_owned()));
        assert_eq!(told(vec![exited(0)], |_| ()), (State::Down, "exited".to_owned()));
        let oom = Container { out_of_memory: true, ..exited(137) };
        assert_eq!(told(vec![oom], |_| ()), (State::Down, "out of memory".to_owned()));
        let again = || vec![one(ContainerState::Restarting, 3, Health::None)];
        assert_eq!(told(again(), |_| ()), (State::Starting, "exit 3, restarts by itself".to_owned()));
        let looping = told(again(), |evidence| evidence.recent_restarts = 4);
        assert_eq!(looping, (State::CrashLooping, "exit 3, 4 restarts in 5m".to_owned()));
        assert_eq!(told(vec![runs()], |evidence| evidence.recent_restarts = 3).0, State::CrashLooping);
    }

    #[test]
    fn what_should_rest_or_run_to_its_end_is_judged_by_that() {
        assert_eq!(told(vec![runs()], |evidence| evidence.expected = Expected::Stopped).0, State::Degraded);
        assert_eq!(told(vec![exited(0)], |evidence| evidence.expected = Expected::Stopped).0, State::Stopped);
        assert_eq!(told(vec![exited(0)], |evidence| evidence.expected = Expected::Oneshot).0, State::Up);
        assert_eq!(told(vec![exited(1)], |evidence| evidence.expected = Expected::Oneshot).0, State::Down);
    }
}
