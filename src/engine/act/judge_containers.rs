//! What a look at the containers of a service says of a change that was sent: their ids and when each began tell one run
//! from the next. Pure.

use super::judge::Judged;
use super::judge_scale;
use crate::domain::container::{Container, ContainerState, Containers, Health};
use crate::domain::unit::UnitFacts;
use crate::domain::verb::Verb;

/// Whether the containers stand as the change wants them; `before` is how they stood when it was sent.
pub(super) fn judge(verb: Verb, before: &UnitFacts, facts: &UnitFacts, now: &Containers) -> Judged {
    if let Some(why) = &now.unseen {
        return Judged::Wrong(why.clone());
    }
    match verb {
        Verb::Start | Verb::Restart => up(verb, before, facts, now),
        Verb::Stop if now.running() > 0 => Judged::Wrong(format!("{} of them still run", now.running())),
        Verb::Stop if now.restarting() => Judged::Wrong("docker is about to start it again".to_owned()),
        Verb::Stop => Judged::There(told(now)),
        Verb::Kill(_) => Judged::There(told(now)),
        Verb::Reload | Verb::Enable | Verb::Disable | Verb::ResetFailed | Verb::DaemonReload => {
            Judged::Wrong(format!("a container can't be told to {verb}"))
        }
        Verb::Scale(count) => judge_scale::judge(count, before, now),
    }
}

fn up(verb: Verb, before: &UnitFacts, facts: &UnitFacts, now: &Containers) -> Judged {
    if now.all.is_empty() {
        return Judged::Wrong("there is no container any more".to_owned());
    }
    // Docker counts anew from a start by hand.
    if facts.restarts > before.restarts || now.restarting() {
        let why = now.all.iter().map(Container::cause).find(|cause| !cause.is_empty()).unwrap_or_default();
        return Judged::Wrong(format!("it ended at once{} and docker starts it again", behind(&why)));
    }
    if let Some(one) = now.all.iter().find(|one| !one.runs()) {
        return Judged::Wrong(format!("{} does not run: {}{}", one.name, one.state.word(), behind(&one.cause())));
    }
    if let Some(same) = now.all.iter().find(|one| verb == Verb::Restart && was(before, one)) {
        return Judged::Wrong(format!("{} still is the same run as before", same.name));
    }
    if verb == Verb::Restart && !before.invocation.is_empty() && facts.invocation == before.invocation {
        return Judged::Wrong("it still is the same run as before".to_owned());
    }
    if let Some(one) = now.all.iter().find(|one| one.health == Health::Unhealthy) {
        return Judged::Wrong(format!("{} is unhealthy{}", one.name, behind(&one.health_said.plain())));
    }
    if now.all.iter().any(|one| one.health == Health::Starting) {
        return Judged::NotYet;
    }
    Judged::There(told(now))
}

/// Whether this very run of a container was there before.
pub(super) fn was(before: &UnitFacts, one: &Container) -> bool {
    let known = before.containers.iter().flat_map(|known| &known.all);
    known.filter(|old| old.runs()).any(|old| old.run() == one.run())
}

/// Whether a change is proven by the containers alone, without the end of the command.
pub(super) fn is_proven(verb: Verb, before: &UnitFacts, facts: &UnitFacts, now: &Containers) -> bool {
    let ran = before.containers.as_deref().map_or(0, Containers::running);
    let all_run = !now.all.is_empty() && now.all.iter().all(Container::runs);
    match verb {
        // Docker counts what it starts again by itself.
        Verb::Restart => all_run && facts.restarts <= before.restarts && !now.all.iter().any(|one| was(before, one)),
        Verb::Start => ran == 0 && all_run && facts.restarts <= before.restarts,
        Verb::Stop => ran > 0 && now.unseen.is_none() && now.running() == 0 && !now.restarting(),
        Verb::Scale(count) => judge_scale::is_proven(count, before, now),
        Verb::Kill(_) | Verb::Reload | Verb::Enable | Verb::Disable | Verb::ResetFailed | Verb::DaemonReload => false,
    }
}

/// Whether containers that stood as they should still do.
pub(super) fn still(arrived: &UnitFacts, facts: &UnitFacts, now: &Containers) -> Result<(), String> {
    if let Some(why) = &now.unseen {
        return Err(why.clone());
    }
    let ended = now.all.iter().filter(|one| !one.runs() || one.restarts > 0).map(Container::cause);
    let why = ended.into_iter().find(|cause| !cause.is_empty()).unwrap_or_default();
    if facts.restarts > arrived.restarts || now.restarting() {
        return Err(format!("it ended{} and docker started it again", behind(&why)));
    }
    if let Some(one) = now.all.iter().find(|one| one.health == Health::Unhealthy) {
        return Err(format!("{} is unhealthy{}", one.name, behind(&one.health_said.plain())));
    }
    let fewer = arrived.containers.as_deref().is_some_and(|before| before.running() > now.running());
    if fewer {
        return Err(format!("it ended{}", behind(&why)));
    }
    if facts.invocation != arrived.invocation {
        return Err(
            "it was started anew once more, and not by docker itself: somebody else acts on it at the same time"
                .to_owned(),
        );
    }
    Ok(())
}

/// `2 of 2 run, healthy`.
pub(super) fn told(now: &Containers) -> String {
    let (running, all) = (now.running(), now.all.len());
    let checked = now.all.iter().filter(|one| one.health != Health::None).count();
    let healthy = now.all.iter().filter(|one| one.health == Health::Healthy).count();
    let health = if checked > 0 && healthy == checked { ", healthy" } else { "" };
    match (running, all) {
        (1, 1) => format!("running{health}"),
        (0, 1) => now.all.first().map_or(ContainerState::Unknown, |one| one.state).word().to_owned(),
        _ => format!("{running} of {all} run{health}"),
    }
}

pub(super) fn behind(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(" ({why})") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::runtimes::compose::facts;

    fn one(id: &str, state: ContainerState, began: i64, restarts: u32) -> Container {
        let started = jiff::Timestamp::from_second(began).ok();
        Container { id: id.into(), name: format!("shop-{id}"), state, started, restarts, ..Container::default() }
    }

    fn of(all: Vec<Container>) -> UnitFacts {
        facts(Containers { all, ..Containers::default() })
    }

    fn judged(verb: Verb, before: &UnitFacts, now: &UnitFacts) -> Judged {
        judge(verb, before, now, now.containers.as_deref().unwrap())
    }

    fn proven(verb: Verb, before: &UnitFacts, now: &UnitFacts) -> bool {
        is_proven(verb, before, now, now.containers.as_deref().unwrap())
    }

    const RUNS: ContainerState = ContainerState::Running;

    #[test]
    fn a_restart_is_one_only_when_every_container_runs_anew() {
        let before = of(vec![one("a", RUNS, 1, 0), one("b", RUNS, 1, 0)]);
        let half = of(vec![one("a", RUNS, 9, 0), one("b", RUNS, 1, 0)]);
        assert_eq!(
            judged(Verb::Restart, &before, &half),
            Judged::Wrong("shop-b still is the same run as before".into())
        );
        assert!(!proven(Verb::Restart, &before, &half));
        let whole = of(vec![one("a", RUNS, 9, 0), one("b", RUNS, 10, 0)]);
        assert_eq!(judged(Verb::Restart, &before, &whole), Judged::There("2 of 2 run".into()));
        assert!(proven(Verb::Restart, &before, &whole));
        let anew = of(vec![one("c", RUNS, 9, 0), one("d", RUNS, 9, 0)]);
        assert!(proven(Verb::Restart, &before, &anew), "also when they were made anew");
        // What docker starts again by itself is no restart of ours.
        let itself = of(vec![one("a", RUNS, 9, 1), one("b", RUNS, 10, 0)]);
        assert!(!proven(Verb::Restart, &before, &itself));
        assert!(matches!(judged(Verb::Restart, &before, &itself), Judged::Wrong(_)));
    }

    #[test]
    fn health_is_waited_for_and_counts() {
        let before = of(vec![one("a", ContainerState::Exited, 1, 0)]);
        let with = |health| of(vec![Container { health, ..one("a", RUNS, 9, 0) }]);
        assert_eq!(judged(Verb::Start, &before, &with(Health::Starting)), Judged::NotYet);
        assert_eq!(judged(Verb::Start, &before, &with(Health::Healthy)), Judged::There("running, healthy".into()));
        assert!(matches!(judged(Verb::Start, &before, &with(Health::Unhealthy)), Judged::Wrong(_)));
    }

    #[test]
    fn a_stop_is_one_when_nothing_runs_and_nothing_comes_back() {
        let before = of(vec![one("a", RUNS, 1, 0)]);
        let stopped = of(vec![one("a", ContainerState::Exited, 1, 0)]);
        assert_eq!(judged(Verb::Stop, &before, &stopped), Judged::There("exited".into()));
        assert!(proven(Verb::Stop, &before, &stopped));
        for still in [RUNS, ContainerState::Restarting] {
            let still = of(vec![one("a", still, 1, 0)]);
            assert!(
                matches!(judged(Verb::Stop, &before, &still), Judged::Wrong(_)) && !proven(Verb::Stop, &before, &still)
            );
        }
        let unseen = facts(Containers::unseen("docker does not run"));
        assert!(
            !proven(Verb::Stop, &before, &unseen) && matches!(judged(Verb::Stop, &before, &unseen), Judged::Wrong(_))
        );
    }

    #[test]
    fn what_does_not_stay_is_told() {
        let arrived = of(vec![one("a", RUNS, 9, 0)]);
        let told = |now: &UnitFacts| still(&arrived, now, now.containers.as_deref().unwrap());
        assert_eq!(told(&arrived), Ok(()));
        assert!(told(&of(vec![one("a", RUNS, 12, 1)])).unwrap_err().contains("docker started it again"));
        assert!(told(&of(vec![one("a", RUNS, 12, 0)])).unwrap_err().contains("somebody else"));
        let gone = Container { exit_code: 3, ..one("a", ContainerState::Exited, 9, 0) };
        assert_eq!(told(&of(vec![gone])), Err("it ended (exit 3)".to_owned()));
    }
}
