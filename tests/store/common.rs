//! Runs to write and stores to write them to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::run::{RunState, RunStep, StepState};
use quarterdeck::domain::{EnvName, HostName, Run, RunId, ServiceName, SiteName, UnitName};
use quarterdeck::engine::store::{RunsWish, Sqlite, Store, fresh_run_id};
use quarterdeck::port::act::StoreState;
use quarterdeck::text::Foreign;

/// All that matters.
pub const ALL: RunsWish =
    RunsWish { site: None, environment: None, words: None, procedure: None, since: None, most: 100_000 };

/// A run of so many steps, of which none was begun.
pub fn run(title: &str, steps: usize) -> Run {
    let step = |number: usize| RunStep {
        host: HostName::new(&format!("app-{}", number + 1)).unwrap(),
        service: Some(ServiceName::new("pricing").unwrap()),
        unit: UnitName::new("pricing.service"),
        command: "sudo -n systemctl --no-ask-password restart pricing.service".into(),
        state: StepState::Planned,
        at: None,
        invocation_before: "11111111111111111111111111111111".into(),
        invocation: String::new(),
        note: Foreign::default(),
        verdict: None,
        ..RunStep::default()
    };
    Run {
        id: fresh_run_id(Timestamp::now()),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("lab").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "restart".into(),
        title: title.into(),
        confirmed: "typed".into(),
        begun: Timestamp::now(),
        ended: None,
        state: RunState::Running,
        document: None,
        steps: (0..steps).map(step).collect(),
    }
}

/// The same step as it stands later.
pub fn stands(step: &RunStep, state: StepState, note: &[u8]) -> RunStep {
    RunStep { state, at: Some(Timestamp::now()), note: note.into(), ..step.clone() }
}

/// A store, once it is open.
pub async fn open(folder: &Path) -> Sqlite {
    let store = Sqlite::open(folder);
    wait(&store, |state| *state == StoreState::Writable).await;
    store
}

/// Waits until the state of the store is as `wanted`, ten seconds at most, and says how long it took.
pub async fn wait(store: &dyn Store, wanted: impl Fn(&StoreState) -> bool) -> (StoreState, Duration) {
    let begun = std::time::Instant::now();
    let mut state = store.state();
    let found = tokio::time::timeout(Duration::from_secs(10), state.wait_for(|state| wanted(state))).await;
    match found {
        Ok(found) => (found.unwrap().clone(), begun.elapsed()),
        Err(_) => panic!("the store is still {:?}", store.state().borrow().clone()),
    }
}

/// The file of a store.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("store.sqlite")
}

/// The same with something behind its name.
pub fn beside(folder: &Path, end: &str) -> PathBuf {
    folder.join(format!("store.sqlite{end}"))
}

/// Files of the folder whose names hold this.
pub fn found(folder: &Path, part: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().contains(part)).collect();
    found.sort();
    found
}

/// What SQLite itself says about a file.
pub fn integrity(file: &Path) -> String {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

/// Records this many runs, each with a verified step, and gives their names.
pub async fn fill(store: &dyn Store, count: usize) -> Vec<RunId> {
    let mut names = Vec::new();
    for number in 0..count {
        let run = run(&format!("restart number {number}"), 1);
        names.push(run.id.clone());
        store.begin(run.clone()).await.unwrap();
        store.step(run.id.clone(), 0, stands(&run.steps[0], StepState::Verified, b"well")).await.unwrap();
        store.end(run.id, RunState::Succeeded, Timestamp::now()).await.unwrap();
    }
    names
}

/// What the store tells a person, once it has told anything that holds `part`.
pub async fn told(store: &dyn Store, part: &str) -> String {
    let mut told = store.told();
    let waited = tokio::time::timeout(Duration::from_secs(10), told.wait_for(|told| told.join(" ").contains(part)));
    match waited.await {
        Ok(told) => told.unwrap().join(" "),
        Err(_) => panic!("{part:?} is not told: {:?}", store.told().borrow().clone()),
    }
}

/// This very program again, doing what `role` says in the folder of a store.
pub fn child(role: &str, folder: &Path) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", role, "--nocapture", "--test-threads=1"])
        .env("QD_STORE_CHILD", folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

/// The folder, when this is such a child.
pub fn as_child() -> Option<PathBuf> {
    std::env::var_os("QD_STORE_CHILD").map(PathBuf::from)
}

/// Waits until nobody has it open, so that its -wal went into it.
pub fn close(folder: &Path) {
    for _ in 0..200 {
        if !beside(folder, "-wal").exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let connection = rusqlite::Connection::open(file(folder)).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}
