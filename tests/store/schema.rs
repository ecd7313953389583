//! Schemas of other versions.

use std::fs;

use jiff::Timestamp;
use quarterdeck::domain::run::{Finding, RunState, StepState};
use quarterdeck::engine::store::{Sqlite, Store, Why};
use quarterdeck::port::act::StoreState;

use super::common::{ALL, beside, close, file, fill, found, integrity, open, run, told, wait};
use super::lab::report;

#[tokio::test]
async fn g10_a_newer_schema_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fill(&open(folder.path()).await, 2).await;
    close(folder.path());
    let connection = rusqlite::Connection::open(file(folder.path())).unwrap();
    connection.pragma_update(None, "journal_mode", "delete").unwrap();
    connection.execute_batch("PRAGMA user_version = 999; CREATE TABLE news (x)").unwrap();
    drop(connection);
    let before = fs::read(file(folder.path())).unwrap();

    let store = Sqlite::open(folder.path());
    let (state, _) = wait(&store, |state| matches!(state, StoreState::ReadOnly(why) if why.contains("newer"))).await;
    let StoreState::ReadOnly(sentence) = state else { panic!() };
    assert!(sentence.contains("schema is 999") && sentence.contains("use the newer qd"), "{sentence}");
    let refused = store.begin(run("restart", 1)).await.unwrap_err();
    assert_eq!(refused.why, Why::Newer { found: 999, known: 5 });
    assert_eq!(store.runs(ALL).await.unwrap_err().why, refused.why);
    drop(store);
    assert_eq!(fs::read(file(folder.path())).unwrap(), before, "not a byte was changed");
    assert!(found(folder.path(), "damaged").is_empty());
    report("G10", 1, 1, "a newer schema is refused; half a migration is in src/engine/store/schema.rs");
}

/// A store of schema 1 as qd wrote it then: three runs that ended, and one whose program died in its middle.
fn old(folder: &std::path::Path) {
    fs::write(file(folder), include_bytes!("schema-1.sqlite")).unwrap();
    fs::write(beside(folder, ".seen"), include_bytes!("schema-1.seen")).unwrap();
}

#[tokio::test]
async fn a_store_of_schema_1_is_brought_forward_with_all_that_is_in_it() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    old(folder.path());
    let store = open(folder.path()).await;
    let sentence = told(&store, "from schema 1 to 5").await;
    assert!(!sentence.contains("missing") && !sentence.contains("damaged"), "{sentence}");
    let backup = found(folder.path(), ".before-5-").remove(0);
    assert!(sentence.contains(&backup.display().to_string()), "{sentence}");
    assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
    assert_eq!(integrity(&backup), "ok");

    let runs = store.runs(ALL).await.unwrap();
    let title = |number: usize| runs[number].title.as_str();
    assert_eq!((runs.len(), title(0), title(3)), (4, "stop pricing on 3 hosts", "restart pricing on 1 hosts"));
    assert_eq!((runs[1].state, runs[2].state), (RunState::Succeeded, RunState::Failed));
    let step = &runs[2].steps[1];
    assert_eq!((step.state, step.note.raw()), (StepState::Failed, &b"\xff\x1b[31mred"[..]));
    let check = &step.verdict.as_ref().unwrap().checks[0];
    assert_eq!((check.finding, check.told.raw()), (Finding::Good, &b"\xfe running"[..]));
    assert_eq!((step.attempt, &step.part, &runs[2].document), (0, &None, &None));

    let settled = store.abandoned(Timestamp::now()).await.unwrap();
    let states: Vec<StepState> = settled[0].steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Verified, StepState::Unknown, StepState::Skipped], "a verb's run is settled");
    let new = super::procedures::procedure("sweep", 2);
    store.begin(new.clone()).await.unwrap();
    drop(store);
    close(folder.path());
    let again = open(folder.path()).await;
    assert!(again.told().borrow().is_empty(), "told once");
    assert_eq!(again.runs(ALL).await.unwrap()[0], new);
    assert_eq!(again.resumable(ALL).await.unwrap(), [new]);
    report("G10", 1, 1, "a store of schema 1 with runs is brought to schema 4, with a backup");
}

#[tokio::test]
async fn g7_a_damaged_store_of_schema_1_is_salvaged_into_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    old(folder.path());
    super::damage::spoil_tables(folder.path(), &["steps"]);
    let store = open(folder.path()).await;
    told(&store, "was damaged").await;
    let runs = store.runs(ALL).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.steps.len()).collect::<Vec<_>>(), [3, 3, 2, 1], "made anew of the records");
    assert_eq!(runs[2].steps[1].state, StepState::Failed);
}
