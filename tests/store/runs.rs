//! Runs come back as they were written, in the order in which they were.

use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::run::{Check, Finding, RunState, StepState, StepVerdict};
use quarterdeck::engine::store::{RunsWish, Sqlite, Store, Why};
use quarterdeck::port::act::StoreState;

use super::common::{ALL, close, file, fill, found, open, run, stands, told, wait};

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

#[tokio::test]
async fn f10_nobody_else_can_read_it_and_what_belongs_to_somebody_else_is_not_used() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("quarterdeck");
    let store = open(&folder).await;
    fill(&store, 2).await;
    let going = run("restart that goes on", 1);
    store.begin(going).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("sessions")), 0o700);
    let files = [found(&folder, "store."), found(&folder.join("sessions"), "")].concat();
    assert!(files.iter().any(|path| path.to_string_lossy().ends_with("-wal")) && files.len() >= 5, "{files:?}");
    for path in files {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(store);
    close(&folder);

    std::fs::set_permissions(file(&folder), PermissionsExt::from_mode(0o644)).unwrap();
    let store = open(&folder).await;
    told(&store, "Others could read").await;
    assert_eq!(mode(&file(&folder)), 0o600);
    drop(store);
    close(&folder);

    let elsewhere = home.path().join("elsewhere");
    std::fs::rename(file(&folder), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, file(&folder)).unwrap();
    let store = Sqlite::open(&folder);
    wait(&store, |state| matches!(state, StoreState::ReadOnly(why) if why.contains("symbolic link"))).await;
    assert!(store.begin(run("restart", 1)).await.is_err() && store.runs(ALL).await.is_err());
    drop(store);

    if rustix::process::getuid().is_root() {
        std::fs::remove_file(file(&folder)).unwrap();
        std::fs::rename(&elsewhere, file(&folder)).unwrap();
        std::os::unix::fs::chown(file(&folder), Some(12_345), None).unwrap();
        let store = Sqlite::open(&folder);
        wait(&store, |state| matches!(state, StoreState::ReadOnly(why) if why.contains("belongs to user 12345"))).await;
        assert!(store.begin(run("restart", 1)).await.is_err());
    }
}
