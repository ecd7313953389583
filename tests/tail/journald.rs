//! What journald itself does: it is killed, it throws lines away, the host boots. Faults B7, B8 and B12.

use std::time::Duration;

use crate::lab::{Lab, report};
use crate::logs::{Bench, HOST, within};

/// In order, none twice.
fn assert_rising(numbers: &[u64]) {
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "doubled or out of order");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b7_a_killed_journald_is_told_once_and_the_stream_goes_on() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b7");
    let _running = bench.follow_up();
    bench.emit(1, 2000, 1000);
    bench.until(500, Duration::from_secs(20));
    lab.on(HOST, &["systemctl", "kill", "-s", "KILL", "systemd-journald.service"]);
    bench.until(2000, Duration::from_secs(40));
    let numbers = bench.numbers();
    assert_rising(&numbers);
    assert_eq!(numbers.last(), Some(&2000));
    let losses = bench.losses();
    let restarts = losses.iter().filter(|(words, _)| words.starts_with("journald restarted")).count();
    assert_eq!((restarts, losses.iter().filter(|(_, lost)| *lost != Some(0)).count()), (1, 1), "{losses:?}");
    report("B7", 1, 1, &format!("{} lines really gone, one row that says so", 2000 - numbers.len()));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b8_what_journald_throws_away_is_counted() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b8");
    let _running = bench.follow_up();
    const LINES: &str = "
import sys, time
for n in range(1, 5001):
    sys.stdout.write('line %d\\n' % n)
sys.stdout.flush()
time.sleep(3.5)
print('line 5001', flush=True)
";
    let mut argv = vec!["systemd-run", "-q", "--collect", "--no-block", "--unit", &bench.unit];
    argv.extend(["-p", "LogRateLimitIntervalSec=3s", "-p", "LogRateLimitBurst=100"]);
    argv.extend(["/usr/bin/python3", "-ISc", LINES]);
    lab.on(HOST, &argv);
    bench.until(5001, Duration::from_secs(30));
    let kept = bench.numbers().len() as u64;
    let losses = bench.losses();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert_eq!(losses[0].1, Some(5001 - kept), "what came and what was thrown away is all there was");
    assert!(losses[0].0.contains("lab-b8.service"), "{losses:?}");
    assert!(kept < 1000, "the limit held: {kept} came");
    report("B8", 1, 1, &format!("5001 lines against a burst of 100: {kept} kept, one row says {}", 5001 - kept));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b12_a_reboot_in_mid_tail_is_a_row_between_two_boots() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b12");
    let _running = bench.follow_up();
    bench.emit(1, 1000, 1000);
    bench.until(1000, Duration::from_secs(20));
    bench.sync();
    lab.fault(HOST, "reboot --wait");
    bench.emit(1001, 1200, 1000);
    bench.until(1200, Duration::from_secs(90));
    within(Duration::from_secs(5), "all of it is there", || bench.numbers().len() == 1200);
    assert_rising(&bench.numbers());
    assert_eq!(bench.cursors(), bench.truth(), "each entry of both boots once, in order");
    let rows = bench.rows();
    let place = |word: &str| {
        rows.iter().position(|row| row["message"] == word || row["loss"].as_str().is_some_and(|loss| loss == word))
    };
    let booted = place("the host booted").expect("a row says that the host booted");
    assert!(place("line 1000").unwrap() < booted && booted < place("line 1001").unwrap());
    assert_eq!(bench.losses().iter().filter(|(words, _)| words.contains("boot")).count(), 1);
    assert_eq!(bench.losses().iter().filter(|(words, _)| words.contains("journald")).count(), 0);
    report("B12", 1, 1, "the boot before complete, one row, then the new boot; none twice");
}
