//! Runs come back as they were written, in the order in which they were.

use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::run::{Check, Finding, RunState, StepState, StepVerdict};
use quarterdeck::engine::store::{RunsWish, Store, Why};

use super::common::{ALL, open, run, stands};

#[tokio::test]
async fn a_run_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = run("restart pricing on 2 hosts", 2);
    {
        let store = open(folder.path()).await;
        store.begin(written.clone()).await.unwrap();
        let mut step = stands(&written.steps[0], StepState::Verified, b"\xff\x1b[31mred\n");
        step.invocation = "2".repeat(32);
        step.verdict = Some(StepVerdict {
            took: Duration::from_millis(5_412),
            checks: vec![Check { name: "active".into(), finding: Finding::Good, told: b"\xfe running".into() }],
        });
        store.step(written.id.clone(), 0, step.clone()).await.unwrap();
        written.steps[0] = step;
        written.steps[1] = stands(&written.steps[1], StepState::Failed, b"no");
        store.step(written.id.clone(), 1, written.steps[1].clone()).await.unwrap();
        let ended = Timestamp::now();
        store.end(written.id.clone(), RunState::Failed, ended).await.unwrap();
        (written.state, written.ended) = (RunState::Failed, Some(ended));
    }
    let store = open(folder.path()).await;
    assert_eq!(store.runs(ALL).await.unwrap(), [written.clone()]);
    assert_eq!(store.find(written.id.short().to_owned()).await.unwrap(), [written.clone()]);
    assert!(store.find("nothing".to_owned()).await.unwrap().is_empty());
    let elsewhere = RunsWish { site: Some(quarterdeck::domain::SiteName::new("other").unwrap()), ..ALL };
    assert!(store.runs(elsewhere).await.unwrap().is_empty());

    let late = stands(&written.steps[0], StepState::Intent, b"");
    let refused = store.step(written.id.clone(), 0, late).await.unwrap_err();
    assert_eq!(refused.why, Why::Ended);
    let unknown = store.step(written.id.clone(), 7, written.steps[0].clone()).await.unwrap_err();
    assert!(matches!(unknown.why, Why::Missing(_)), "{unknown}");
}

#[tokio::test]
async fn g11_the_order_is_the_one_of_recording_whatever_clocks_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut names = Vec::new();
    // The clock jumps back, forward, and stands still.
    for second in [5_000, 10, 9_000_000, 10, 10] {
        let mut next = run("r", 0);
        next.begun = Timestamp::from_second(second).unwrap();
        next.id = quarterdeck::engine::store::fresh_run_id(next.begun);
        names.push(next.id.clone());
        store.begin(next).await.unwrap();
    }
    let told: Vec<_> = store.runs(ALL).await.unwrap().into_iter().rev().map(|run| run.id).collect();
    assert_eq!(told, names);
    let newest = store.runs(RunsWish { most: 2, ..ALL }).await.unwrap();
    assert_eq!(newest.iter().map(|run| &run.id).collect::<Vec<_>>(), [&names[4], &names[3]]);
}
