//! A damaged store: put aside, what can be read is kept, and nobody is left without a word.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use quarterdeck::engine::store::Store;

use super::common::{ALL, beside, close, file, fill, found, integrity, open, run, told};
use super::lab::report;

const RUNS: usize = 60;

/// A store with runs, closed well: everything is in its file.
async fn filled(folder: &Path) -> BTreeSet<String> {
    let store = open(folder).await;
    let names = fill(&store, RUNS).await;
    drop(store);
    close(folder);
    names.iter().map(ToString::to_string).collect()
}

async fn names(store: &dyn Store) -> BTreeSet<String> {
    store.runs(ALL).await.unwrap().into_iter().map(|run| run.id.to_string()).collect()
}

fn overwrite(path: &Path, at: u64, length: usize) {
    let garbage: Vec<u8> = (0..length).map(|number| (number * 151 + 13) as u8).collect();
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all_at(&garbage, at).unwrap();
}

/// Damages a store, opens it, and looks what is kept of it: at least `least` runs.
async fn damaged(what: &str, least: usize, damage: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let written = filled(folder.path()).await;
    damage(&file(folder.path()));
    let bad = fs::read(file(folder.path())).unwrap();
    let store = open(folder.path()).await;
    let sentence = told(&store, "was damaged").await;
    let aside = found(folder.path(), ".damaged-");
    assert_eq!(aside.len(), 1, "{what}: {aside:?}");
    assert!(sentence.contains(&aside[0].display().to_string()), "{what}: {sentence}");
    assert_eq!(fs::read(&aside[0]).unwrap(), bad, "{what}: what was put aside is what lay there");
    let kept = names(&store).await;
    assert!(kept.is_subset(&written), "{what}: only what was written");
    assert!(kept.len() >= least, "{what}: {} of {RUNS} runs are kept: {sentence}", kept.len());
    assert!(sentence.contains(&format!("{} runs", kept.len())), "{what}: {sentence}");
    store.begin(run("restart after all", 1)).await.unwrap();
    assert_eq!(integrity(&file(folder.path())), "ok", "{what}");
    drop(store);
    let again = open(folder.path()).await;
    assert_eq!(names(&again).await.len(), kept.len() + 1, "{what}");
    assert!(again.told().borrow().is_empty(), "{what}: told once: {:?}", again.told().borrow().clone());
    report("G7", 1, 1, &format!("{what}: {} of {RUNS} runs kept, put aside and told", kept.len()));
}

#[tokio::test]
async fn g7_a_header_of_garbage() {
    damaged("header of garbage", RUNS, |file| overwrite(file, 0, 100)).await;
    damaged("first page of garbage", RUNS, |file| overwrite(file, 0, 4096)).await;
}

#[tokio::test]
async fn g7_a_truncated_file() {
    damaged("cut to two thirds", RUNS / 3, |path| {
        let length = fs::metadata(path).unwrap().len();
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length * 2 / 3 + 100).unwrap();
    })
    .await;
}

#[tokio::test]
async fn g7_zero_bytes_are_not_silently_taken_for_a_new_store() {
    damaged("emptied", 0, |path| fs::write(path, b"").unwrap()).await;
}

#[tokio::test]
async fn g7_one_bad_page_whichever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let pages = fs::metadata(file(folder.path())).unwrap().len() / 4096;
    // Those that hold nothing yet, or nothing but an index, need not be noticed by what is lost.
    for page in [1, 2, pages / 3, pages / 2, pages - 3] {
        damaged(&format!("page {page} of {pages} bad"), RUNS * 3 / 4, |file| overwrite(file, page * 4096, 4096)).await;
    }
}

#[tokio::test]
async fn g7_a_store_that_was_removed_is_begun_anew_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    fs::remove_file(file(folder.path())).unwrap();
    let store = open(folder.path()).await;
    let sentence = told(&store, "The store is gone").await;
    assert!(sentence.contains(&format!("held {} records", RUNS * 3)), "{sentence}");
    assert!(names(&store).await.is_empty());
    report("G7", 1, 1, "removed: a new one was begun and that was told");
}

#[tokio::test]
async fn g7_a_store_that_is_removed_while_it_is_open_takes_nothing_into_the_void() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    fill(&store, 3).await;
    fs::remove_file(file(folder.path())).unwrap();
    let id = fill(&store, 1).await.remove(0);
    told(&store, "was moved or removed").await;
    drop(store);
    close(folder.path());
    assert!(names(&open(folder.path()).await).await.contains(id.as_str()), "it was acknowledged");
}

/// A store that was killed: its newest records are in its -wal only.
async fn killed(from: &Path, to: &Path) -> BTreeSet<String> {
    let store = open(from).await;
    let names = fill(&store, 5).await;
    fs::create_dir_all(to).unwrap();
    for end in ["", "-wal", "-shm", ".seen"] {
        fs::copy(beside(from, end), beside(to, end)).unwrap();
    }
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn g8_a_wal_that_was_removed_is_noticed() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = copy.path().join("whole");
    let written = killed(folder.path(), &whole).await;
    assert_eq!(names(&open(&whole).await).await, written, "with its -wal everything is there");
    let without = copy.path().join("without");
    killed(folder.path(), &without).await;
    fs::remove_file(beside(&without, "-wal")).unwrap();
    let store = open(&without).await;
    let sentence = told(&store, "missing").await;
    assert!(sentence.contains("-wal") || sentence.contains("damaged"), "{sentence}");
    store.begin(run("restart", 1)).await.unwrap();
    report("G8", 1, 1, "a -wal that was removed is noticed by what was acknowledged");
}

#[tokio::test]
async fn g8_a_wal_of_another_store_is_put_aside_and_nothing_of_it_is_believed() {
    let (one, two, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let written = filled(one.path()).await;
    killed(two.path(), copy.path()).await;
    fs::copy(beside(copy.path(), "-wal"), beside(one.path(), "-wal")).unwrap();
    let store = open(one.path()).await;
    told(&store, "was damaged").await;
    assert_eq!(names(&store).await, written, "all of this one, nothing of the other");
    report("G8", 1, 1, "a -wal of another store: put aside, all runs kept");
}

#[tokio::test]
async fn g8_an_older_copy_in_its_place_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let old = fs::read(file(folder.path())).unwrap();
    fill(&open(folder.path()).await, 4).await;
    close(folder.path());
    fs::write(file(folder.path()), old).unwrap();
    let store = open(folder.path()).await;
    let sentence = told(&store, "records are missing").await;
    assert!(sentence.contains("12 records are missing"), "{sentence}");
}

/// Overwrites the first page of each of these tables of a store that is closed.
pub fn spoil_tables(folder: &Path, tables: &[&str]) {
    let connection = rusqlite::Connection::open(file(folder)).unwrap();
    let roots: Vec<u64> = tables
        .iter()
        .map(|table| {
            let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
            connection.query_row(sql, [table], |row| row.get::<_, i64>(0)).unwrap() as u64
        })
        .collect();
    drop(connection);
    roots.iter().for_each(|root| overwrite(&file(folder), (root - 1) * 4096, 4096));
}
