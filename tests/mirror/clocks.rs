//! E10: clocks are set, and boots come and go, while a lock is held and a run is under way. The hosts of the lab share the
//! clock of this machine, so nobody sets it: the scripts themselves run here with a `date` that is days off, which is the
//! one way in which they learn the time of day; what the workstation's clock says is a clock that a test holds.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::domain::Run;
use quarterdeck::domain::lock::{Heard, Stands};
use quarterdeck::engine::clock::{AnyClock, Clock, HeldClock, RealClock};
use quarterdeck::port::RemoteCommand;
use quarterdeck::port::command::Stdin;
use quarterdeck::runtimes::lock::{self, Answer, Refused, Seen, Taking};
use quarterdeck::runtimes::mirror::{self, Name, Owner};

use super::kit::Place;
use super::lock::{holder, lock as lock_of, seen};

const DAY: i64 = 86_400;

/// The lock host of a place, whose clock is so many seconds off.
struct LockHost<'a> {
    place: &'a Place,
    shim: PathBuf,
}

impl<'a> LockHost<'a> {
    fn new(place: &'a Place) -> Self {
        let shim = place.path().join("bin");
        fs::create_dir_all(&shim).unwrap();
        Self { place, shim }
    }

    fn name(&self) -> Name {
        Name::of(&self.place.environment())
    }

    fn ask(&self, off: i64, command: RemoteCommand) -> Vec<u8> {
        let now = Timestamp::now().as_second() + off;
        let date = self.shim.join("date");
        fs::write(&date, format!("#!/bin/sh\nexec /bin/date -d @{now} \"$@\"\n")).unwrap();
        fs::set_permissions(&date, fs::Permissions::from_mode(0o755)).unwrap();
        let (program, arguments) = command.argv.split_first().unwrap();
        let path = format!("{}:{}", self.shim.display(), std::env::var("PATH").unwrap());
        let mut asked = Command::new(program);
        asked.args(arguments).env("PATH", path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = asked.spawn().unwrap();
        if let Stdin::Bytes(bytes) = &command.stdin {
            child.stdin.as_mut().unwrap().write_all(bytes).unwrap();
        }
        drop(child.stdin.take());
        child.wait_with_output().unwrap().stdout
    }

    fn lock(&self, off: i64, command: impl Fn(&Name) -> RemoteCommand) -> Answer {
        lock::read(&self.ask(off, command(&self.name())), "w0rd")
    }

    fn seen(&self, off: i64) -> Seen {
        let Answer::Done(Some(seen)) = self.lock(off, |name| lock::look(name, "w0rd")) else { panic!("nobody has it") };
        seen
    }

    fn owner(&self, off: i64, run: &Run) -> Owner {
        let told = self.ask(off, mirror::read_run(&self.name(), "w0rd", &run.id));
        let mirror::Answer::Done(mut listed) = mirror::read(&told, "w0rd") else { panic!("{told:?}") };
        listed.remove(0).owners.remove(0)
    }
}

fn take<'a>(run: &'a Run, nonce: &'a str) -> Taking<'a> {
    Taking { run: Some(&run.id), nonce, least: 0 }
}

#[test]
fn e10_a_lease_does_not_care_what_the_clock_of_the_lock_host_says() {
    for off in [DAY, -DAY, 400 * DAY, -20_000 * DAY] {
        let place = Place::new();
        let host = LockHost::new(&place);
        let (one, two) = (place.run(1), place.run(1));
        let taken = host.lock(0, |name| lock::take(name, "w0rd", take(&one, "n1"), b"{}".to_vec()));
        let Answer::Done(Some(taken)) = taken else { panic!("{taken:?}") };
        // The clock is set, and set back.
        for off in [off, 0, off] {
            let seen = host.seen(off);
            assert_eq!((seen.token, seen.stands), (taken.token, Stands::Held), "{off}");
            assert!(matches!(seen.heard, Heard::Ago(ago) if ago < Duration::from_secs(20)), "{off}: {:?}", seen.heard);
            let second = host.lock(off, |name| lock::take(name, "w0rd", take(&two, "n2"), b"{}".to_vec()));
            assert!(matches!(second, Answer::Refused(Refused::Held(Some(_)))), "{off}: {second:?}");
            let renewed = host.lock(off, |name| lock::renew(name, "w0rd", taken.token, "n1"));
            assert_eq!(renewed, Answer::Done(None), "{off}");
        }
        // Whatever it says, the next token is higher than the last.
        assert_eq!(host.lock(off, |name| lock::release(name, "w0rd", taken.token, "n1")), Answer::Done(None));
        let next = host.lock(off, |name| lock::take(name, "w0rd", take(&two, "n2"), b"{}".to_vec()));
        let Answer::Done(Some(next)) = next else { panic!("{off}: {next:?}") };
        assert!(next.token > taken.token, "{off}");
    }
    crate::lab::report("E10", 4, 4, "the lock host's clock set by days and back: lease, renewal and tokens as before");
}

#[test]
fn e10_who_is_at_a_run_stays_at_it_whatever_the_clock_of_the_lock_host_says() {
    let place = Place::new();
    let host = LockHost::new(&place);
    let run = place.run(1);
    let begun = mirror::append(&host.name(), "w0rd", &run.id, 1, 1, b"{}\n".to_vec(), false);
    assert!(matches!(mirror::read(&host.ask(0, begun), "w0rd"), mirror::Answer::Done(_)));
    for off in [0, DAY, -DAY, 0] {
        let silent = host.owner(off, &run).silent.unwrap();
        assert!(silent < Duration::from_secs(20), "{off}: {silent:?}");
        let beat = mirror::beat(&host.name(), "w0rd", &run.id, 1);
        assert!(matches!(mirror::read(&host.ask(off, beat), "w0rd"), mirror::Answer::Done(_)), "{off}");
    }
    crate::lab::report("E10", 4, 4, "who is at a run stays at it whatever the lock host's clock says");
}

#[test]
fn a_run_whose_console_died_before_its_first_sign_of_life_is_free_after_the_lease() {
    let place = Place::new();
    let host = LockHost::new(&place);
    let run = place.run(1);
    let begun = mirror::append(&host.name(), "w0rd", &run.id, 1, 1, b"{}\n".to_vec(), false);
    host.ask(0, begun);
    let alive = place.of(&run).join("owner-1/alive");
    let heard = fs::read_to_string(&alive).unwrap();
    fs::remove_file(&alive).unwrap();
    // Its place was changed just now: somebody may still be on the way.
    assert!(host.owner(0, &run).silent.unwrap() < Duration::from_secs(20));
    // A minute later nobody is.
    let later = host.owner(61, &run).silent.unwrap();
    assert!(later >= Duration::from_secs(60) && later < Duration::from_secs(90), "{later:?}");
    // A clock that was set back since tells nothing of when; that it is free then harms nobody, as nothing was begun.
    assert!(host.owner(-DAY, &run).silent.unwrap() > Duration::from_secs(45));
    // Nonsense in its place is no sign of life, and neither is one of an earlier boot.
    for sign in ["", "x", "08 boot", "999999999999999999999 x", "1 0-another-boot", "$(id) *"] {
        fs::write(&alive, sign).unwrap();
        let silent = host.owner(61, &run).silent.unwrap();
        assert!(silent >= Duration::from_secs(45), "{sign:?}: {silent:?}");
    }
    fs::write(&alive, heard).unwrap();
    assert!(host.owner(61, &run).silent.unwrap() < Duration::from_secs(20));
}

#[tokio::test]
async fn e10_a_lease_does_not_care_what_the_clock_of_the_workstation_says() {
    for days in [1, -1] {
        let place = Place::new();
        let (lock, _link) = lock_of(&place).await;
        let run = place.run(1);
        let now = RealClock.now();
        let clock = HeldClock::at(now);
        let held = lock.take(holder("ada", Some(&run)), 0, AnyClock::Held(clock.clone())).await.unwrap();
        held.reserve().await.unwrap();
        // Its clock is set; what it counts by goes on.
        clock.set(now.wall + SignedDuration::from_hours(24 * days));
        clock.advance(Duration::from_secs(3));
        assert_eq!((held.may_begin(), held.confirm().await), (Ok(()), Ok(())), "{days}");
        assert_eq!(seen(&lock).await.stands, Stands::Held, "{days}");
        let other = lock.take(holder("bob", Some(&place.run(1))), 0, AnyClock::Held(clock.clone())).await;
        assert!(other.unwrap_err().to_string().contains("ada (ada@desk) holds it"), "{days}");
        held.release().await.unwrap();
        let again = lock.take(holder("bob", Some(&place.run(1))), 0, AnyClock::Held(clock)).await.unwrap();
        again.release().await.unwrap();
    }
    crate::lab::report("E10", 2, 2, "the workstation's clock a day off: its lease holds");
}
