//! Continuity: rotation, cuts of the link, kills of the program. Faults B1 and B2, and the figures of R8.

use std::time::{Duration, Instant};

use crate::lab::{Lab, repetitions, report};
use crate::logs::{Bench, HOST, assert_whole};

/// Rotates again and again until it is dropped, and removes all but two files if it is to.
struct Rotating<'lab>(&'lab Lab);

impl<'lab> Rotating<'lab> {
    fn begin(lab: &'lab Lab, vacuum: bool, pause: &str) -> Self {
        let more = if vacuum { "--vacuum-files=2" } else { "" };
        let script = format!("while :; do journalctl -q --rotate {more}; sleep {pause}; done");
        lab.on(HOST, &["systemd-run", "-q", "--collect", "--unit", "lab-rotate", "/bin/sh", "-c", &script]);
        Self(lab)
    }
}

impl Drop for Rotating<'_> {
    fn drop(&mut self) {
        drop(self.0.try_on(HOST, &["systemctl", "stop", "lab-rotate"]));
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b1_rotation_and_vacuum_lose_nothing_that_is_followed() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let lines = repetitions(2_000, 10_000) as u64;
    let bench = Bench::new(&lab, "lab-b1");
    let running = bench.follow_up();
    let rotating = Rotating::begin(&lab, true, "0.15");
    bench.emit(1, lines, 1000);
    bench.until(lines, Duration::from_secs(30 + lines / 500));
    drop(rotating);
    assert_eq!(running.interrupt(), Some(0), "{}", bench.said());
    assert_whole(&bench.numbers(), 1, lines);
    let missing: Vec<_> = bench.losses().into_iter().filter(|(_, lost)| *lost != Some(0)).collect();
    assert_eq!(missing, [], "nothing is missing, so nothing is told to be");
    assert!(bench.said().contains(" 0 lost"), "{}", bench.said());
    report("B1", 1, 1, &format!("{lines} lines at 1 kHz, rotated each 150 ms and vacuumed to 2 files: 0 lost"));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b2_a_unit_that_has_never_logged_is_followed_from_its_first_line() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let times = repetitions(2, 10);
    for time in 0..times {
        let mut bench = Bench::new(&lab, &format!("lab-b2-{time}"));
        bench.more = vec!["-n", "10"];
        let _running = bench.follow_up();
        bench.emit(1, 1500, 1000);
        bench.until(1500, Duration::from_secs(20));
        assert_whole(&bench.numbers(), 1, 1500);
        assert_eq!(bench.losses(), []);
    }
    report("B2", times, times, "1500 lines at 1 kHz of a unit without any before: 0 lost");
}

/// Cuts the link now and then, kills the program now and then, until the last line was written.
fn storm(bench: &Bench<'_>, lines: u64, rate: u64, cuts: u32, kills: u32) -> Duration {
    let lab = bench.lab;
    let mut running = bench.follow_up();
    let span = Duration::from_millis(lines * 1000 / rate);
    let (begin, faults) = (Instant::now(), cuts + kills);
    bench.emit(1, lines, rate);
    // Whoever is killed before it wrote anything leaves no place to go on from, and begins anew with the newest lines.
    bench.until(1, Duration::from_secs(30));
    let mut killed = 0;
    for fault in 0..faults {
        let due = begin + span * (fault + 1) / (faults + 1);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if killed * faults < kills * (fault + 1) {
            running.kill();
            killed += 1;
            std::thread::sleep(Duration::from_millis(300));
            running = bench.follow();
        } else {
            // Each kind of cut in its turn: by a reset, by the server's end, and by silence.
            match fault % 3 {
                0 => lab.fault(HOST, "kill-sshd-children"),
                1 => lab.fault(HOST, "reset"),
                _ => lab.fault(HOST, "cut now"),
            }
        }
    }
    bench.until(lines, Duration::from_secs(90) + span);
    let took = begin.elapsed();
    assert_eq!(running.interrupt(), Some(0), "{}", bench.said());
    took
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn lines_arrive_exactly_once_over_cuts_and_kills() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, &format!("lab-storm-{}", std::process::id()));
    let lines = repetitions(2_000, 10_000) as u64;
    let (cuts, kills) = (repetitions(2, 5) as u32, repetitions(1, 2) as u32);
    storm(&bench, lines, 1000, cuts, kills);
    assert_whole(&bench.numbers(), 1, lines);
    assert_eq!(bench.cursors(), bench.truth(), "as the journal of the host has them");
    let missing: Vec<_> = bench.losses().into_iter().filter(|(_, lost)| *lost != Some(0)).collect();
    assert_eq!(missing, []);
    let note = format!("{lines} lines at 1 kHz, {cuts} cuts, {kills} kill -9 of qd: each exactly once, in order");
    report("B-once", 1, 1, &note);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn r8_a_long_tail_over_cuts_and_rotation_loses_nothing() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-r8");
    let lines = repetitions(4_000, 100_000) as u64;
    let cuts = repetitions(2, 20) as u32;
    // A file takes 8 MiB however little is in it, and journald keeps 400 MiB in the lab: in the long run rotation each
    // 150 ms would make it remove what a cut link has not brought yet.
    let pause = if lines > 10_000 { "2.5" } else { "0.15" };
    let rotating = Rotating::begin(&lab, false, pause);
    storm(&bench, lines, 2000, cuts, 0);
    drop(rotating);
    assert_whole(&bench.numbers(), 1, lines);
    assert_eq!(bench.cursors(), bench.truth());
    let missing: Vec<_> = bench.losses().into_iter().filter(|(_, lost)| *lost != Some(0)).collect();
    assert_eq!(missing, []);
    report("R8", 1, 1, &format!("{lines} lines, {cuts} cuts, rotated each {pause} s: 0 lost, 0 doubled, 0 reordered"));
}
