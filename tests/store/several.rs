//! Several programs on one store.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use quarterdeck::engine::store::Store;

use super::common::{ALL, as_child, beside, child, file, fill, integrity, open};
use super::lab::{repetitions, report};

const PROGRAMS: usize = 4;

/// Writes its share, and says how many were refused.
#[tokio::test]
async fn writes_its_share() {
    let Some(folder) = as_child() else { return };
    let store = open(&folder).await;
    // Three records each, and a read of it all between them.
    for _ in 0..share() / 3 {
        fill(&store, 1).await;
        store.runs(quarterdeck::engine::store::RunsWish { most: 5, ..ALL }).await.unwrap();
    }
    println!("done");
}

fn share() -> usize {
    repetitions(150, 10_000)
}

fn four(folder: &std::path::Path) {
    let children: Vec<_> = (0..PROGRAMS).map(|_| child("several::writes_its_share", folder)).collect();
    for mut child in children {
        let done = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let done = done.filter(|line| line.contains("done")).count();
        assert!(child.wait().unwrap().success() && done == 1, "a program was refused");
    }
}

#[tokio::test]
async fn g4_four_programs_write_at_once_and_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await;
    four(folder.path());
    let store = open(folder.path()).await;
    let runs = PROGRAMS * (share() / 3);
    assert_eq!(store.runs(ALL).await.unwrap().len(), runs);
    assert_eq!(integrity(&file(folder.path())), "ok");
    report("G4", PROGRAMS * share(), PROGRAMS * share(), "rows of 4 programs at once: 0 lost, 0 refused");
}

#[tokio::test]
async fn g3_a_writer_that_takes_ten_seconds_refuses_nobody_and_nobody_waits_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    fill(&store, 1).await;
    let mut other = rusqlite::Connection::open(file(folder.path())).unwrap();
    let held = Duration::from_secs(if std::env::var_os("QD_LONG").is_some() { 10 } else { 3 });
    let (locked, is_locked) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        let transaction = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        transaction.execute("UPDATE head SET commits = commits + 1", []).unwrap();
        locked.send(()).unwrap();
        std::thread::sleep(held);
        transaction.commit().unwrap();
    });
    is_locked.recv().unwrap();
    let begun = Instant::now();
    let stores = [open(folder.path()).await, open(folder.path()).await, open(folder.path()).await];
    let writes = async {
        let (a, b, c, d) = tokio::join!(fill(&store, 2), fill(&stores[0], 2), fill(&stores[1], 2), fill(&stores[2], 2));
        a.len() + b.len() + c.len() + d.len()
    };
    let mut slowest = Duration::ZERO;
    let reads = async {
        while begun.elapsed() < held - Duration::from_millis(500) {
            let asked = Instant::now();
            assert_eq!(store.runs(ALL).await.unwrap().len(), 1);
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (written, ()) = tokio::join!(writes, reads);
    holder.join().unwrap();
    assert!(begun.elapsed() >= held, "it was in the way");
    assert_eq!((written, store.runs(ALL).await.unwrap().len()), (8, 9));
    // Three times what one attempt to write may take.
    assert!(slowest < Duration::from_millis(450), "a reader waited for {slowest:?}");
    report("G3", 8, written, &format!("writes past a lock of {} s; slowest read {slowest:?}", held.as_secs()));
}

/// Whoever waits until nobody has the store open takes over what was left there: it is nobody's by then.
#[tokio::test]
async fn a_store_that_is_closed_has_let_go_of_its_runs() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        store.begin(super::procedures::procedure("sweep", 1)).await.unwrap();
        let lives = || std::fs::read_dir(folder.path().join("sessions")).unwrap().count();
        assert_eq!(lives(), 1);
        drop(store);
        let begun = Instant::now();
        // Without a pause: what comes next must hold in the first moment.
        while beside(folder.path(), "-wal").exists() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it is not closed");
        }
        assert_eq!(lives(), 0);
    }
}
