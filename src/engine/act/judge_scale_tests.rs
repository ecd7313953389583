//! What is taken for a scale that went well, and what is not.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::domain::container::Made;
use crate::runtimes::compose::facts;

const RUNS: ContainerState = ContainerState::Running;

fn one(id: &str, state: ContainerState, began: i64) -> Container {
    Container {
        id: id.into(),
        name: format!("shop-web-{id}"),
        state,
        started: jiff::Timestamp::from_second(began).ok(),
        image: "shop/web:1.4.2".into(),
        image_id: "1".repeat(64),
        made: Made { configuration: "same".into(), by: "2.24.5".into(), ..Made::default() },
        ..Container::default()
    }
}

/// It alone.
fn only(one: &Container) -> Vec<Container> {
    vec![one.clone()]
}

fn of(all: &[Container]) -> UnitFacts {
    facts(Containers { all: all.to_vec(), ..Containers::default() })
}

fn to(number: u32, before: &[Container], now: &[Container]) -> Judged {
    let now = of(now);
    judge(Count::new(number).unwrap(), &of(before), now.containers.as_deref().unwrap())
}

fn proven(number: u32, before: &[Container], now: &[Container]) -> bool {
    let now = of(now);
    is_proven(Count::new(number).unwrap(), &of(before), now.containers.as_deref().unwrap())
}

fn why(judged: Judged) -> String {
    match judged {
        Judged::Wrong(why) => why,
        Judged::There(_) | Judged::NotYet => format!("not wrong: {judged:?}"),
    }
}

#[test]
fn so_many_run_and_nothing_else_was_touched() {
    let (a, b, c) = (one("a", RUNS, 1), one("b", RUNS, 1), one("c", RUNS, 9));
    let two = [a.clone(), b.clone()];
    let three = [a.clone(), b.clone(), c.clone()];
    assert_eq!(to(3, &two, &three), Judged::There("3 of 3 run".into()));
    assert_eq!(to(1, &two, &only(&a)), Judged::There("running".into()));
    assert!(proven(3, &two, &three) && proven(1, &two, &only(&a)));
    assert!(!proven(2, &two, &two), "nothing shows that it was done");
    assert_eq!(why(to(3, &two, &two)), "2 run, 3 should");
    assert_eq!(why(to(1, &two, &two)), "2 run, 1 should");
    assert!(!proven(3, &two, &two));
    // One that goes away does so in steps; one that is new and does not run never will.
    let going = one("b", ContainerState::Exited, 1);
    assert_eq!(to(1, &two, &[a.clone(), going.clone()]), Judged::NotYet);
    let ended = Container { exit_code: 3, ..one("c", ContainerState::Exited, 9) };
    assert_eq!(why(to(3, &two, &[a.clone(), b.clone(), ended])), "shop-web-c does not run: exited (exit 3)");
    // Others were made or started anew by the way.
    assert!(why(to(3, &two, &[one("d", RUNS, 9), b.clone(), c.clone()])).starts_with("only 1 of the 2"));
    assert!(why(to(3, &two, &[one("a", RUNS, 8), b, c])).starts_with("only 1 of the 2"));
    let unseen = facts(Containers::unseen("docker does not run"));
    let judged = judge(Count::new(1).unwrap(), &of(&two), unseen.containers.as_deref().unwrap());
    assert_eq!(why(judged), "docker does not run");
}

#[test]
fn a_new_one_of_another_image_or_configuration_is_never_good() {
    let a = one("a", RUNS, 1);
    let image = Container { image: "shop/web:2.0.0".into(), image_id: "2".repeat(64), ..one("b", RUNS, 9) };
    let told = why(to(2, &only(&a), &[a.clone(), image.clone()]));
    assert!(told.contains("another image") && told.contains("shop/web:2.0.0") && told.contains("not shop/web:1.4.2"));
    assert!(!proven(2, &only(&a), &[a.clone(), image.clone()]));
    // Also when it does not run, because that says more than that it does not.
    let ended = Container { state: ContainerState::Exited, ..image };
    assert!(why(to(2, &only(&a), &[a.clone(), ended])).contains("another image"));
    let changed = Made { configuration: "other".into(), ..a.made.clone() };
    let changed = Container { made: changed, ..one("b", RUNS, 9) };
    assert!(why(to(2, &only(&a), &[a.clone(), changed.clone()])).contains("another configuration"));
    // Two of Compose reckon by different rules: that is said, and not taken for a change.
    let by = Made { by: "2.30.0".into(), ..changed.made.clone() };
    let other = Container { made: by, ..changed };
    let Judged::There(told) = to(2, &only(&a), &[a, other]) else { unreachable!("it is as it should be") };
    assert!(told.contains("can't be compared"), "{told}");
}

#[test]
fn health_is_waited_for_and_an_end_is_an_end() {
    let a = one("a", RUNS, 1);
    let with = |health| Container { health, ..one("b", RUNS, 9) };
    assert_eq!(to(2, &only(&a), &[a.clone(), with(Health::Starting)]), Judged::NotYet);
    assert!(matches!(to(2, &only(&a), &[a.clone(), with(Health::Healthy)]), Judged::There(_)));
    assert!(why(to(2, &only(&a), &[a.clone(), with(Health::Unhealthy)])).contains("unhealthy"));
    let again = Container { exit_code: 3, ..one("b", ContainerState::Restarting, 9) };
    assert!(why(to(2, &only(&a), &[a.clone(), again])).contains("docker starts it again"));
    let twice = Container { restarts: 1, ..one("b", RUNS, 9) };
    assert!(why(to(2, &only(&a), &[a.clone(), twice])).contains("docker starts it again"));
    // What it had before does not count.
    let old = Container { restarts: 7, ..a };
    assert!(matches!(to(2, &only(&old), &[old, one("b", RUNS, 9)]), Judged::There(_)));
    let paused = one("b", ContainerState::Paused, 9);
    let a = one("a", RUNS, 1);
    assert!(why(to(2, &only(&a), &[a, paused])).contains("paused"));
}
