//! A deploy that waits for the lock of its environment: what was judged and confirmed before the wait counts no more.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Output};
use std::time::Duration;

use quarterdeck::domain::run::RunState;

use super::pty::{Pty, SOON};
use super::terminal::at_a_terminal;
use super::windows::DEPLOY;
use super::{Desk, told};

/// A deploy that wants the lock of an environment whose lock host is this machine.
fn locking() -> Desk {
    let desk = Desk::here("");
    let site = desk.site_here().replace("[environments.lab.hosts]", "lock_host = \"me\"\n[environments.lab.hosts]");
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    desk.document(&DEPLOY.replace("kind = \"deploy\"", "kind = \"deploy\"\nlock = true"));
    desk.write("there", "");
    let taken = lock(&desk, &["take", "-m", "moving"]);
    assert!(taken.status.success(), "{}", told(&taken));
    desk
}

fn lock(desk: &Desk, words: &[&str]) -> Output {
    let (first, more) = words.split_first().unwrap();
    let arguments = [&["lock", first, "shop", "-e", "lab"], more].concat();
    desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).output().unwrap()
}

#[test]
fn who_waits_for_the_lock_is_told_who_has_it_and_begins_when_it_is_free() {
    let desk = locking();
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted, "--yes", "--wait-lock", "10m"];
    let mut waiting = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(waiting.stderr.take().unwrap()));
    let said = lines.by_ref().map(Result::unwrap).find(|line| line.contains("The environment is locked")).unwrap();
    assert!(said.contains("by hand for \"moving\"") && said.contains("It is waited for"), "{said}");
    assert_eq!(desk.text("truth"), "");
    let released = lock(&desk, &["release"]);
    assert!(released.status.success(), "{}", told(&released));
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let went = waiting.wait_with_output().unwrap();
    assert!(went.status.success(), "{}{rest:?}", told(&went));
    assert_eq!(desk.text("truth"), "one\none\n");
}

/// A lock host that answers late: the lock is free when the run is over for whoever began it.
#[test]
fn a_run_that_has_ended_has_given_its_lock_back_however_slowly() {
    let desk = locking();
    assert!(lock(&desk, &["release"]).status.success());
    let shim = desk.path("shim");
    fs::create_dir_all(&shim).unwrap();
    fs::write(shim.join("flock"), "#!/bin/sh\nsleep 1\nexec /usr/bin/flock \"$@\"\n").unwrap();
    fs::set_permissions(shim.join("flock"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", shim.display(), std::env::var("PATH").unwrap());
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted, "--yes"];
    let went = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).env("PATH", path).output().unwrap();
    assert!(went.status.success(), "{}", told(&went));
    let stands = lock(&desk, &["status"]);
    assert!(told(&stands).contains("free"), "{}", told(&stands));
    let again = desk.qd(&["--yes"], None);
    assert!(again.status.success(), "{}", told(&again));
}

/// Somebody breaks the lock while the run is verified and deploys on their own: the run can't say any more what runs.
#[test]
fn a_run_whose_lock_was_taken_away_before_its_verdict_does_not_end_well() {
    let desk = locking();
    assert!(lock(&desk, &["release"]).status.success());
    desk.document(
        "+++\nkind = \"deploy\"\nlock = true\n[inputs.version]\ndefault = \"v1\"\n[release]\nversion = \"version\"\n+++\n# P\n\n\
         ## Phase 1\n\n```sh {#one host=me danger=change}\necho one >>ROOM/truth\n```\n\n## Verify\n\n\
         ```sh {#seen host=me danger=read}\ntouch ROOM/reads; until [ -e ROOM/go ]; do sleep 0.1; done\n```\n",
    );
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted, "--yes"];
    let going = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("reads");
    let status = lock(&desk, &["status", "--json"]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    let token = serde_json::from_str::<serde_json::Value>(&text).unwrap()["token"].to_string();
    let breaking = ["lock", "break", &token, "shop", "-e", "lab", "--reason", "mine-is-urgent"];
    let broken = desk.command(env!("CARGO_BIN_EXE_qd"), &breaking).output().unwrap();
    assert!(broken.status.success(), "{}", told(&broken));
    assert!(lock(&desk, &["take", "-m", "urgent"]).status.success());
    // Whoever was heard within two seconds is not asked again.
    std::thread::sleep(Duration::from_millis(2500));
    desk.write("go", "");
    let went = going.wait_with_output().unwrap();
    assert!(!went.status.success(), "{}", told(&went));
    assert!(told(&went).contains("The lock was taken away from this run"), "{}", told(&went));
    assert!(told(&went).contains("by hand for \"urgent\""), "{}", told(&went));
    assert_eq!(desk.recorded().0.state, RunState::Unknown);
    // It gives nothing back that is somebody else's.
    assert!(told(&lock(&desk, &["status"])).contains("urgent"));
}

#[test]
fn who_waited_for_the_lock_in_vain_begins_nothing() {
    let desk = locking();
    let kept = desk.qd(&["--yes", "--wait-lock", "2s"], None);
    assert_eq!(kept.status.code(), Some(77), "{}", told(&kept));
    assert!(told(&kept).contains("The environment is locked, so nothing was begun"), "{}", told(&kept));
    // As long as was said, and not a second less.
    assert!(told(&kept).contains("It is waited for, 2s at most"), "{}", told(&kept));
    let kept = desk.qd(&["--yes", "--wait-lock", "2s", "--json"], None);
    assert_eq!(kept.status.code(), Some(77), "{}", told(&kept));
    let printed = String::from_utf8_lossy(&kept.stdout).into_owned();
    let event = printed.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let event = event.into_iter().find(|event| event["event"] == "awaits_lock").unwrap();
    assert!(event["left_ms"].as_u64().is_some_and(|left| left <= 2000) && event["token"].is_u64(), "{event}");
    assert!(event["told"].as_str().is_some_and(|told| told.contains("moving")), "{event}");
    for wrong in ["0s", "soon", "48h"] {
        let refused = desk.qd(&["--yes", "--wait-lock", wrong], None);
        assert!(!refused.status.success() && told(&refused).contains("such as 10m"), "{}", told(&refused));
    }
    assert_eq!(desk.text("truth"), "");
}

/// Nobody is at it, and nobody but this workstation can end it: to wait for it would have no end.
#[test]
fn a_run_that_was_left_here_is_not_waited_for_and_is_told_as_ones_own() {
    let desk = locking();
    assert!(lock(&desk, &["release"]).status.success());
    desk.document(
        "+++\nkind = \"deploy\"\nlock = true\n+++\n# P\n\n## Phase 1\n\n```sh {#one host=me danger=change}\n\
         touch ROOM/reads; until [ -e ROOM/go ] || ! [ -e ROOM/reads ]; do sleep 0.1; done\n```\n",
    );
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted, "--yes"];
    let mut left = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("reads");
    left.kill().unwrap();
    left.wait().unwrap();
    for more in [&[][..], &["--wait-lock", "10m"]] {
        let began = std::time::Instant::now();
        let refused = desk.qd(&[&["--yes"], more].concat(), None);
        let said = told(&refused);
        assert_eq!(refused.status.code(), Some(77), "{said}");
        assert!(said.contains("A run that you left has the lock") && said.contains("qd run --resume"), "{said}");
        assert!(!said.contains("It is waited for"), "{said}");
        assert!(began.elapsed() < Duration::from_secs(300), "{said}");
    }
    desk.write("go", "");
}

const WAITS: [&str; 7] = ["run", "./run.md", "shop", "-e", "lab", "--wait-lock", "10m"];

/// The same whose gate keeps how often it was looked at, and whose first phase only reads until somebody lets it go on.
fn looking(desk: &Desk) {
    desk.document(
        "+++\nkind = \"deploy\"\nlock = true\n+++\n# P\n\n## Gate\n\n```sh {#look host=me danger=read}\n\
         echo look >>ROOM/looks; cat ROOM/there\n```\n\n\
         ## Phase 1\n\n```sh {#before host=me danger=read}\ntouch ROOM/reads; until [ -e ROOM/go ]; do sleep 0.1; done\n```\n\n\
         ## Phase 2\n\n```sh {#one host=\"me too\" danger=change}\necho one >>ROOM/truth\n```\n",
    );
}

/// A run that is about to change something when somebody takes the lock.
fn overtaken(desk: &Desk) -> Child {
    looking(desk);
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = [&WAITS[..], &["--trust", &trusted, "--yes"]].concat();
    let going = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("reads");
    let taken = lock(desk, &["take", "-m", "moving"]);
    assert!(taken.status.success(), "{}", told(&taken));
    desk.write("go", "");
    going
}

/// Reads what a run says of what is in its way, until it says this.
fn wait_until_told(going: &mut Child, words: &str) -> impl Iterator<Item = String> + use<> {
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(going.stderr.take().unwrap())).map(Result::unwrap);
    let found = lines.by_ref().find(|line| line.contains(words));
    assert!(found.is_some(), "never told: {words}");
    lines
}

#[test]
fn what_the_gate_has_checked_is_checked_anew_once_the_lock_is_there() {
    let desk = locking();
    let released = lock(&desk, &["release"]);
    assert!(released.status.success(), "{}", told(&released));
    let mut going = overtaken(&desk);
    let rest = wait_until_told(&mut going, "It is waited for");
    assert_eq!((desk.text("truth"), desk.text("looks")), (String::new(), "look\n".to_owned()));
    assert!(lock(&desk, &["release"]).status.success());
    let rest: Vec<String> = rest.collect();
    let went = going.wait_with_output().unwrap();
    assert!(went.status.success(), "{}{rest:?}", told(&went));
    assert_eq!((desk.text("truth"), desk.text("looks")), ("one\none\n".to_owned(), "look\nlook\n".to_owned()));
}

#[test]
fn a_gate_that_does_not_pass_any_more_after_the_wait_keeps_the_run_from_changing_anything() {
    let desk = locking();
    assert!(lock(&desk, &["release"]).status.success());
    let mut going = overtaken(&desk);
    let rest = wait_until_told(&mut going, "It is waited for");
    std::fs::remove_file(desk.path("there")).unwrap();
    assert!(lock(&desk, &["release"]).status.success());
    let rest: Vec<String> = rest.collect();
    let went = going.wait_with_output().unwrap();
    assert_eq!(went.status.code(), Some(2), "{}{rest:?}", told(&went));
    assert_eq!(desk.text("truth"), "");
    // Nobody is kept out by a run that has changed nothing.
    let status = lock(&desk, &["status"]);
    assert_eq!(status.status.code(), Some(0), "{}", told(&status));
}

#[test]
fn whoever_confirmed_it_before_the_wait_is_asked_once_more() {
    let desk = locking();
    let mut pty = at_a_terminal(&desk, &WAITS);
    let asked = |pty: &mut Pty| pty.count(b"Type y to do it:");
    pty.wait_until(SOON * 3, "the question", |pty| asked(pty) == 1);
    // What comes before a person can have read the question is no answer.
    pty.read_during(Duration::from_millis(600));
    pty.send("y\n").wait_until(SOON * 3, "that it waits", |pty| pty.screen().contains("It is waited for"));
    assert!(lock(&desk, &["release"]).status.success());
    pty.wait_until(SOON * 5, "the second question", |pty| asked(pty) == 2);
    assert_eq!(desk.text("truth"), "");
    pty.read_during(Duration::from_millis(600));
    pty.send("y\n");
    assert_eq!(pty.wait_exit(SOON * 3).code(), 0, "{pty:?}");
    assert_eq!(desk.text("truth"), "one\none\n");
}
