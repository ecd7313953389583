//! Ten thousand lines a second, and everything that breaks a tail while they come: both sides count the same.

use std::time::{Duration, Instant};

use crate::lab::{Lab, repetitions, report};
use crate::logs::{Bench, HOST};

/// Lines a second that are written.
const RATE: u64 = 10_000;

/// What is done to link, server, journald and journal, one after the other while lines come.
fn break_each(lab: &Lab, span: Duration) {
    let begin = Instant::now();
    let journald = || drop(lab.on(HOST, &["systemctl", "restart", "systemd-journald.service"]));
    // So much holds all that is written here, and little more.
    let rotated = || drop(lab.on(HOST, &["journalctl", "-q", "--rotate", "--vacuum-size=250M"]));
    let breaks: [&dyn Fn(); 5] =
        [&|| lab.fault(HOST, "reset"), &|| lab.fault(HOST, "kill-sshd-children"), &journald, &rotated, &|| {
            lab.fault(HOST, "cut now")
        }];
    for (number, make) in (1..).zip(breaks) {
        std::thread::sleep((begin + span * number / 6).saturating_duration_since(Instant::now()));
        make();
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn both_sides_count_the_same_at_ten_thousand_lines_a_second_through_every_break() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, &format!("lab-flood-{}", std::process::id()));
    let lines = repetitions(30_000, 200_000) as u64;
    let running = bench.follow_up();
    let begin = Instant::now();
    bench.emit(1, lines, RATE);
    break_each(&lab, Duration::from_secs(lines / RATE));
    bench.emitted(Duration::from_secs(60 + lines / 1000));
    let wrote = begin.elapsed();
    // A half-open link is noticed by its silence, and what came meanwhile is read behind it.
    bench.until(lines, Duration::from_secs(120));
    bench.emit(lines + 1, 2 * lines, RATE);
    std::thread::sleep(Duration::from_secs(lines / RATE) / 2);
    lab.fault(HOST, "reboot --wait");
    bench.emit(2 * lines + 1, 2 * lines + 1000, RATE);
    bench.until(2 * lines + 1000, Duration::from_secs(120));
    assert_eq!(running.interrupt(), Some(0), "{}", bench.said());
    let (came, there) = (bench.cursors(), bench.truth());
    let at = came.iter().zip(&there).position(|(came, there)| came != there);
    assert!(
        came == there,
        "{} came, {} are there, the first apart is {at:?}: {:?}",
        came.len(),
        there.len(),
        bench.losses()
    );
    assert!(bench.losses().iter().all(|(_, lost)| lost.unwrap_or(0) == 0), "{:?}", bench.losses());
    let note = format!(
        "{} lines, the first {lines} written in {wrote:.0?}: reset, sshd killed, journald restarted, rotated and vacuumed, \
         half-open, host booted: counted alike on both sides",
        there.len()
    );
    report("10,000 lines/s", 1, 1, &note);
}
