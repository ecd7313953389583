//! A full disk and a file system that takes no writing: everything stays readable, it is told, and it mends itself.
//! Mounts file systems of its own, for which it must be root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::engine::store::{Sqlite, Store, Why};
use quarterdeck::port::act::StoreState;

use super::common::{ALL, file, fill, integrity, open, run, stands, wait};
use super::lab::report;

/// A mount that goes with the test.
struct Mount {
    place: tempfile::TempDir,
    image: Option<PathBuf>,
}

impl Mount {
    fn tmpfs(size: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        does(
            "mount",
            &["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs", &place.path().to_string_lossy()],
        );
        Self { place, image: None }
    }

    /// An ext4 that becomes read-only at its first error, as those of most machines do.
    fn ext4() -> Self {
        let place = tempfile::tempdir().unwrap();
        let name = place.path().file_name().unwrap().to_string_lossy().into_owned();
        let image = std::env::temp_dir().join(format!("qd-store-{name}.ext4"));
        fs::File::create(&image).unwrap().set_len(24 << 20).unwrap();
        let path = image.to_string_lossy().into_owned();
        does("mkfs.ext4", &["-q", "-F", &path]);
        does("mount", &["-o", "loop,errors=remount-ro", &path, &place.path().to_string_lossy()]);
        Self { place, image: Some(image) }
    }

    fn path(&self) -> &Path {
        self.place.path()
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        use std::io::Write;
        let mut ballast = fs::File::create(self.path().join("ballast")).unwrap();
        for size in [64 << 10, 4096, 1] {
            let block = vec![7u8; size];
            while ballast.write_all(&block).is_ok() {}
        }
    }

    fn remount(&self, way: &str) {
        does("mount", &["-o", &format!("remount,{way}"), &self.path().to_string_lossy()]);
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let path = self.path().to_string_lossy().into_owned();
        // The thread of the store may need a moment to let go of its files.
        for _ in 0..100 {
            if Command::new("umount").arg(&path).stderr(std::process::Stdio::null()).status().unwrap().success() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if let Some(image) = &self.image {
            fs::remove_file(image).unwrap();
        }
    }
}

fn does(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn read_only(state: &StoreState) -> bool {
    matches!(state, StoreState::ReadOnly(why) if !why.contains("being opened"))
}

#[tokio::test]
#[ignore = "needs the lab: run tests/run"]
async fn g5_a_full_disk_is_told_within_two_seconds_and_everything_stays_readable() {
    let mount = Mount::tmpfs("6m");
    let store = open(mount.path()).await;
    fill(&store, 10).await;
    let going = run("restart that goes on", 2);
    store.begin(going.clone()).await.unwrap();
    store.step(going.id.clone(), 0, stands(&going.steps[0], StepState::Intent, b"")).await.unwrap();

    let full = Instant::now();
    mount.fill();
    let (state, _) = wait(&store, read_only).await;
    let noticed = full.elapsed();
    assert!(noticed < Duration::from_secs(2), "told after {noticed:?}");
    let StoreState::ReadOnly(sentence) = state else { panic!() };
    assert!(sentence.contains("no space left") && sentence.contains("store.sqlite"), "{sentence}");
    assert_eq!(store.runs(ALL).await.unwrap().len(), 11, "the history is there");
    let refused = store.begin(run("restart one more", 1)).await.unwrap_err();
    assert_eq!(refused.why, Why::Full, "{refused}");
    let intent = stands(&going.steps[1], StepState::Intent, b"");
    assert_eq!(
        store.step(going.id.clone(), 1, intent.clone()).await.unwrap_err().why,
        Why::Full,
        "nothing more begins"
    );
    // What has happened is recorded as long as there is any room, and is an error when there is none.
    let mut until_full = 0;
    let refused = loop {
        let done = stands(&going.steps[0], StepState::Done, &[b'x'; 3000]);
        match store.step(going.id.clone(), 0, done).await {
            Ok(()) => until_full += 1,
            Err(error) => break error,
        }
        assert!(until_full < 10_000);
    };
    assert!(matches!(refused.why, Why::Full | Why::Io(_)), "{refused}");
    assert_eq!(store.runs(ALL).await.unwrap().len(), 11, "and still");

    // One that is opened now can read as well.
    let late = Sqlite::open(mount.path());
    wait(&late, read_only).await;
    assert_eq!(late.runs(ALL).await.unwrap().len(), 11, "also for who comes later");

    fs::remove_file(mount.path().join("ballast")).unwrap();
    let free = Instant::now();
    wait(&store, |state| *state == StoreState::Writable).await;
    wait(&late, |state| *state == StoreState::Writable).await;
    let back = free.elapsed();
    store.step(going.id.clone(), 1, intent).await.unwrap();
    store.end(going.id.clone(), RunState::Failed, Timestamp::now()).await.unwrap();
    late.begin(run("restart one more", 1)).await.unwrap();
    assert_eq!(store.runs(ALL).await.unwrap().len(), 12);
    assert_eq!(integrity(&file(mount.path())), "ok");
    drop((store, late));
    report("G5", 1, 1, &format!("told after {} ms, back after {} ms", noticed.as_millis(), back.as_millis()));
}

#[tokio::test]
#[ignore = "needs the lab: run tests/run"]
async fn g6_a_file_system_that_is_read_only_from_the_start_can_be_read() {
    let mount = Mount::tmpfs("6m");
    let folder = mount.path().join("data");
    {
        let store = open(&folder).await;
        fill(&store, 3).await;
    }
    // The thread of the store lets go a moment later.
    for _ in 0..100 {
        if Command::new("mount").args(["-o", "remount,ro"]).arg(mount.path()).output().unwrap().status.success() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let store = Sqlite::open(&folder);
    let (state, _) = wait(&store, read_only).await;
    let StoreState::ReadOnly(sentence) = state else { panic!() };
    assert!(sentence.contains("read-only"), "{sentence}");
    assert_eq!(store.runs(ALL).await.unwrap().len(), 3);
    assert_eq!(store.begin(run("restart", 1)).await.unwrap_err().why, Why::ReadOnly);
    mount.remount("rw");
    let (_, back) = wait(&store, |state| *state == StoreState::Writable).await;
    store.begin(run("restart", 1)).await.unwrap();
    drop(store);
    report("G6", 1, 1, &format!("read-only from the start: readable, writable again after {} ms", back.as_millis()));
}

#[tokio::test]
#[ignore = "needs the lab: run tests/run"]
async fn g6_a_file_system_that_becomes_read_only_by_an_error_is_told_within_two_seconds() {
    let mount = Mount::ext4();
    let folder = mount.path().join("data");
    let store = open(&folder).await;
    fill(&store, 3).await;
    let device = {
        let output = Command::new("findmnt").args(["-n", "-o", "SOURCE"]).arg(mount.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().trim_start_matches("/dev/").to_owned()
    };
    fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "as on a bad disk").unwrap();
    let failed = Instant::now();
    let (state, _) = wait(&store, read_only).await;
    let noticed = failed.elapsed();
    assert!(noticed < Duration::from_secs(2), "told after {noticed:?}: {state:?}");
    assert_eq!(store.runs(ALL).await.unwrap().len(), 3, "the history is there");
    let refused = store.begin(run("restart", 1)).await.unwrap_err();
    assert!(matches!(refused.why, Why::ReadOnly | Why::Io(_)), "{refused}");
    let late = Sqlite::open(&folder);
    wait(&late, read_only).await;
    assert_eq!(late.runs(ALL).await.unwrap().len(), 3, "also for who comes later");
    drop((store, late));
    report("G6", 1, 1, &format!("read-only by an error of the file system: told after {} ms", noticed.as_millis()));
}

#[tokio::test]
#[ignore = "needs the lab: run tests/run"]
async fn g6_a_file_that_is_marked_immutable_is_told_as_what_it_is() {
    let mount = Mount::ext4();
    let folder = mount.path().join("data");
    {
        let store = open(&folder).await;
        fill(&store, 3).await;
    }
    let marked = file(&folder).to_string_lossy().into_owned();
    does("chattr", &["+i", &marked]);
    let store = Sqlite::open(&folder);
    let (state, _) = wait(&store, read_only).await;
    does("chattr", &["-i", &marked]);
    let StoreState::ReadOnly(sentence) = state else { panic!() };
    assert!(sentence.contains("marked as immutable") && !sentence.contains("file system"), "{sentence}");
    wait(&store, |state| *state == StoreState::Writable).await;
    store.begin(run("restart", 1)).await.unwrap();
    drop(store);
    report("G6", 1, 1, "an immutable store is told as one, and mends itself");
}
