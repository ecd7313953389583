//! Two workstations and one lock host, which is this machine.

use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::procedure::Given;
use quarterdeck::domain::run::{Decided, RunState, StepState};
use quarterdeck::domain::{InputName, Run};
use quarterdeck::engine::mirror::{MirrorError, TrailState};
use quarterdeck::engine::store::{Recorded, Sqlite, Store, Who, Why};
use quarterdeck::port::act::StoreState;

use super::kit::{Place, machine, stands, who};
use super::lab::{repetitions, report};

fn step(run: &mut Run, number: usize, state: StepState, note: &[u8]) -> Recorded {
    run.steps[number] = stands(&run.steps[number], state, note);
    Recorded::Step(number, Box::new(run.steps[number].clone()))
}

#[tokio::test]
async fn a_run_is_seen_elsewhere_as_it_stands_with_every_byte() {
    let place = Place::new();
    let ((here, _here), (there, _there)) = (place.mirror().await, place.mirror().await);
    let mut run = place.run(3);
    assert_eq!(there.list().await.unwrap(), Default::default(), "nothing is there, not even a folder");
    assert!(matches!(there.read(&run.id).await, Err(MirrorError::Gone { .. })));

    let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    let event = step(&mut run, 0, StepState::Verified, b"red \xff\x1b[31m\nlines");
    trail.append(event, Timestamp::now()).await.unwrap();
    let event = step(&mut run, 1, StepState::Intent, b"");
    trail.append(event, Timestamp::now()).await.unwrap();
    let given = Given { name: InputName::new("stamp").unwrap(), value: Some("it's $(now)\n".into()) };
    trail.append(Recorded::Given(vec![given.clone()]), Timestamp::now()).await.unwrap();
    run.document.as_mut().unwrap().given.push(given);
    run.steps[2].edited = Some("echo 'as edited'".to_owned());
    let event = step(&mut run, 2, StepState::Planned, b"");
    // Whoever leaves waits for what was only handed over.
    drop(trail.append(event, Timestamp::now()));
    let decided = Decided { left_out: vec![run.steps[0].host.clone()], rolls_back: true, ..Decided::default() };
    drop(trail.append(Recorded::Decided(decided.clone()), Timestamp::now()));
    run.document.as_mut().unwrap().decided = decided;
    trail.flushed(Timestamp::now()).await.unwrap();

    let seen = there.list().await.unwrap();
    assert_eq!((seen.runs.len(), seen.unreadable.len(), seen.more), (1, 0, false));
    let found = &seen.runs[0];
    assert_eq!((&found.run, found.token, &found.who), (&run, 1, &Some(who("ada"))));
    assert!(found.silent.is_some_and(|silent| silent < Duration::from_secs(20)) && !found.doubtful);
    // Read again it is the same, but for a second that may have passed.
    let again = there.read(&run.id).await.unwrap();
    assert!(again.silent.is_some_and(|silent| silent < Duration::from_secs(20)));
    assert_eq!(quarterdeck::engine::mirror::Mirrored { silent: found.silent, ..again }, *found);

    let ended = Timestamp::now();
    trail.append(Recorded::Ended(RunState::Failed), ended).await.unwrap();
    assert!(there.list().await.unwrap().runs.is_empty(), "what has ended is offered to nobody");
    let last = there.read(&run.id).await.unwrap().run;
    assert_eq!((last.state, last.ended), (RunState::Failed, Some(ended)));
}

/// The store of a workstation.
async fn store(folder: &std::path::Path) -> Sqlite {
    let store = Sqlite::open(folder);
    store.state().wait_for(|state| *state == StoreState::Writable).await.unwrap();
    store
}

#[tokio::test]
async fn e6_a_begins_and_dies_b_takes_over_once_and_a_is_refused_when_it_comes_back() {
    let all = repetitions(2, 50);
    for _ in 0..all {
        let place = Place::new();
        let (here, _here) = place.mirror().await;
        let mut run = place.run(3);
        let a = store(&place.path().join("a")).await;
        a.begin(run.clone()).await.unwrap();
        let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
        sent.await.unwrap();
        for (number, state) in [(0, StepState::Verified), (1, StepState::Started)] {
            let event = step(&mut run, number, state, b"");
            a.step(run.id.clone(), number, run.steps[number].clone()).await.unwrap();
            trail.append(event, Timestamp::now()).await.unwrap();
        }

        // Eight other workstations see it and race for it.
        let mut others = Vec::new();
        for _ in 0..8 {
            let (mirror, link) = place.mirror().await;
            let seen = mirror.list().await.unwrap().runs.remove(0);
            assert_eq!((&seen.run.id, seen.token), (&run.id, 1));
            others.push((mirror, link));
        }
        let racers = others.iter().map(|(mirror, _)| mirror.adopt(&run.id, 1, 1));
        let ends: Vec<_> = futures_util::future::join_all(racers).await;
        let won: Vec<_> = ends.iter().filter_map(|end| end.as_ref().ok()).collect();
        let lost = ends.iter().filter(|end| matches!(end, Err(MirrorError::Taken { token: 2, .. }))).count();
        assert_eq!((won.len(), lost), (1, 7), "{ends:?}");
        let taken = won[0];
        assert_eq!((&taken.run, taken.token), (&run, 2), "exactly where it stood");

        // B goes on with it in a store of its own.
        let (there, _there) = place.mirror().await;
        let b = store(&place.path().join("b")).await;
        let adopted = quarterdeck::engine::store::Adopted::from(taken);
        b.take_in(adopted, who("bob"), true, Timestamp::now()).await.unwrap();
        let mut theirs = taken.run.clone();
        let (on, sent) = there.begin(&theirs, taken.token, who("bob"), Timestamp::now());
        sent.await.unwrap();
        let event = step(&mut theirs, 1, StepState::Verified, b"looked at");
        b.step(run.id.clone(), 1, theirs.steps[1].clone()).await.unwrap();
        on.append(event, Timestamp::now()).await.unwrap();

        // A was only cut off: its next record is refused, and stays refused.
        for _ in 0..2 {
            let event = step(&mut run, 2, StepState::Intent, b"");
            let refused = trail.append(event, Timestamp::now()).await.unwrap_err();
            assert!(matches!(refused, MirrorError::Taken { token: 2, .. }), "{refused}");
        }
        assert!(matches!(&*trail.state().borrow(), TrailState::Taken(_)));
        // It learns by whom, and records nothing more of it.
        let now = here.read(&run.id).await.unwrap();
        assert_eq!((&now.run, &now.who), (&theirs, &Some(who("bob"))));
        let others = quarterdeck::engine::store::Adopted::from(&now);
        a.take_in(others, now.who.unwrap(), false, Timestamp::now()).await.unwrap();
        let late = a.step(run.id.clone(), 2, run.steps[2].clone()).await.unwrap_err();
        assert!(matches!(late.why, Why::Taken(by) if by == "bob from bob@desk"));
        assert_eq!(a.runs(Default::default()).await.unwrap().len(), 0);
        assert_eq!(a.find(run.id.as_str().to_owned()).await.unwrap()[0].steps[1].state, StepState::Verified);
    }
    report("E6", all, all, "8 workstations race for a run on the lock host: 1 wins, the old one is refused by token");
}

#[tokio::test]
async fn a_lost_link_is_caught_up_in_order_each_event_once() {
    let place = Place::new();
    let (here, link) = place.mirror().await;
    let (there, _there) = place.mirror().await;
    let mut run = place.run(40);
    let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    link.send_replace(None);
    let mut waits = Vec::new();
    for number in 0..40 {
        let event = step(&mut run, number, StepState::Intent, b"");
        waits.push(trail.append(event, Timestamp::now()));
        let event = step(&mut run, number, StepState::Verified, format!("number {number}").as_bytes());
        waits.push(trail.append(event, Timestamp::now()));
    }
    let begun = std::time::Instant::now();
    for sent in waits {
        let why = sent.await.unwrap_err();
        assert!(why.to_string().contains("lock host app-1 can't be asked"), "{why}");
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "whoever must not begin is told soon");
    let mut state = trail.state();
    state.wait_for(|state| matches!(state, TrailState::Behind(80, _))).await.unwrap();
    assert!(there.read(&run.id).await.unwrap().run.steps.iter().all(|step| step.state == StepState::Planned));

    link.send_replace(Some(machine().await));
    state.wait_for(|state| *state == TrailState::Whole).await.unwrap();
    assert_eq!(there.read(&run.id).await.unwrap().run, run);
    let mut events: Vec<_> = std::fs::read_dir(place.of(&run).join("owner-1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.len() == 6)
        .collect();
    events.sort();
    assert_eq!((events.len(), events[80].as_str()), (81, "000081"), "the run, and each of 80 events once");
}

#[tokio::test]
async fn whoever_is_only_waiting_notices_that_somebody_took_over() {
    let place = Place::new();
    let ((here, _here), (there, _there)) = (place.mirror().await, place.mirror().await);
    let run = place.run(1);
    let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    there.adopt(&run.id, 1, 7).await.map(|taken| assert_eq!(taken.token, 7)).unwrap();
    let mut state = trail.state();
    let noticed = tokio::time::timeout(Duration::from_secs(45), state.wait_for(|s| matches!(s, TrailState::Taken(_))));
    noticed.await.unwrap().unwrap();
    let again = there.adopt(&run.id, 1, 1).await.unwrap_err();
    assert!(matches!(again, MirrorError::Taken { token: 7, .. }), "what was seen is no longer so: {again}");
    let next = there.adopt(&run.id, 7, 1).await.unwrap();
    let silent: Vec<(u64, Option<Who>)> = vec![(1, Some(who("ada"))), (7, None), (8, None)];
    assert_eq!((next.token, next.owners, next.run), (8, silent, run));
}
