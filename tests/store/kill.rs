//! A program is killed while it writes: nothing that was acknowledged is lost, and what it left is settled once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::Run;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::engine::store::Store;

use super::common::{ALL, as_child, child, file, integrity, open, run, stands};
use super::lab::{repetitions, report};

/// Writes runs until it is killed, and says of each record that it was acknowledged.
#[tokio::test]
async fn writes_until_it_is_killed() {
    let Some(folder) = as_child() else { return };
    let store = open(&folder).await;
    let mut out = std::io::stdout();
    let mut say = |line: String| {
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
    };
    loop {
        let run = run("restart pricing on 2 hosts", 2);
        let id = run.id.clone();
        store.begin(run.clone()).await.unwrap();
        say(format!("ack {id} begun"));
        for (number, step) in run.steps.iter().enumerate() {
            for state in [StepState::Intent, StepState::Started, StepState::Verified] {
                store.step(id.clone(), number, stands(step, state, b"")).await.unwrap();
                say(format!("ack {id} {number} {}", state.word()));
            }
        }
        store.end(id.clone(), RunState::Succeeded, Timestamp::now()).await.unwrap();
        say(format!("ack {id} ended"));
    }
}

fn is_kept(run: &Run, what: &str) -> bool {
    let at_least = |number: usize, state: &str| run.steps[number].state >= StepState::of_word(state).unwrap();
    match what.split(' ').collect::<Vec<_>>().as_slice() {
        ["begun"] => true,
        ["ended"] => run.state == RunState::Succeeded,
        [number, state] => at_least(number.parse().unwrap(), state),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn g1_a_kill_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let all = repetitions(6, 100);
    let (mut acknowledged, mut passed) = (BTreeMap::<String, Vec<String>>::new(), 0);
    let mut count = 0;
    for round in 0..all {
        let mut child = child("kill::writes_until_it_is_killed", folder.path());
        let out = BufReader::new(child.stdout.take().unwrap());
        let pid = child.id();
        let (begun, wait) = std::sync::mpsc::channel();
        let killer = std::thread::spawn(move || {
            // From its first word on: how long it takes to start is another matter.
            let _ = wait.recv_timeout(Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(60 + (round as u64 * 37) % 240));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        for line in out.lines().map_while(Result::ok) {
            let Some((_, rest)) = line.split_once("ack ") else { continue };
            let _ = begun.send(());
            // The last line may be cut off.
            let Some((id, what)) = rest.split_once(' ').filter(|(id, _)| id.len() == 36) else { continue };
            if ["begun", "ended", "intent", "started", "verified"].iter().any(|end| what.ends_with(end)) {
                acknowledged.entry(id.to_owned()).or_default().push(what.to_owned());
                count += 1;
            }
        }
        killer.join().unwrap();
        assert_eq!(integrity(&file(folder.path())), "ok", "round {round}, process {pid}");
        passed += 1;
    }
    let store = open(folder.path()).await;
    let kept: BTreeMap<String, Run> =
        store.runs(ALL).await.unwrap().into_iter().map(|run| (run.id.to_string(), run)).collect();
    for (id, whats) in &acknowledged {
        let run = kept.get(id).unwrap_or_else(|| panic!("run {id} was acknowledged and is lost"));
        for what in whats {
            assert!(is_kept(run, what), "{what} of run {id} was acknowledged and is lost: {run:?}");
        }
    }
    assert!(count > all * 5, "only {count} records in {all} rounds");
    report("G1", all, passed, &format!("{count} acknowledged records, 0 lost"));
}

/// Begins a run, says so, and waits to be killed.
#[tokio::test]
async fn stops_in_the_middle() {
    let Some(folder) = as_child() else { return };
    let store = open(&folder).await;
    let run = run("restart pricing on 4 hosts", 4);
    store.begin(run.clone()).await.unwrap();
    let states = [StepState::Verified, StepState::Done, StepState::Intent];
    for (number, state) in states.into_iter().enumerate() {
        store.step(run.id.clone(), number, stands(&run.steps[number], state, b"")).await.unwrap();
    }
    println!("ack {}", run.id);
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_run_of_a_killed_program_is_settled_once_and_one_of_a_living_one_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = child("kill::stops_in_the_middle", folder.path());
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = out.find(|line| line.contains("ack ")).unwrap();
    let id = line.split_once("ack ").unwrap().1.to_owned();
    let (one, two) = (open(folder.path()).await, open(folder.path()).await);
    let now = Timestamp::now();
    assert!(one.abandoned(now).await.unwrap().is_empty(), "its program lives");
    assert_eq!(one.find(id.clone()).await.unwrap()[0].state, RunState::Running);

    child.kill().unwrap();
    child.wait().unwrap();
    let (first, second) = tokio::join!(one.abandoned(now), two.abandoned(now));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.len() + second.len(), 1, "settled by one of two");
    let settled = first.into_iter().chain(second).next().unwrap();
    let states: Vec<StepState> = settled.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Verified, StepState::Unknown, StepState::Unknown, StepState::Skipped]);
    assert_eq!((settled.state, settled.ended), (RunState::Unknown, Some(now)));
    assert!(settled.steps[2].note.plain().contains("may or may not have happened"));
    assert_eq!(two.find(id).await.unwrap(), [settled]);
    assert!(one.abandoned(now).await.unwrap().is_empty());
    let left = super::common::found(&folder.path().join("sessions"), "");
    assert!(left.is_empty(), "{left:?}");
}
