//! Places where reading had ended that are gone, wrong, or somewhere else. Faults B3 to B6.

use std::time::{Duration, Instant};

use crate::lab::{Lab, report};
use crate::logs::{Bench, HOST, assert_whole};

/// Part of a cursor by its letter.
fn part<'a>(cursor: &'a str, letter: &str) -> &'a str {
    cursor.split(';').find_map(|part| part.strip_prefix(letter)).unwrap()
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b3_a_place_of_another_unit_hides_nothing() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let (other, bench) = (Bench::new(&lab, "lab-b3-other"), Bench::new(&lab, "lab-b3"));
    other.emit(1, 3, 0);
    other.emitted(Duration::from_secs(10));
    let place = other.truth().last().unwrap().clone();
    bench.emit(1, 50, 0);
    bench.emitted(Duration::from_secs(10));
    bench.begin_at(&place);
    assert!(bench.read_once(), "{}", bench.said());
    assert_whole(&bench.numbers(), 1, 50);
    assert_eq!(bench.losses(), []);
    report("B3", 1, 1, "the first matching line behind another unit's cursor is there");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b4_what_was_vacuumed_away_is_told_and_the_rest_is_whole() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b4");
    bench.emit(1, 50, 0);
    bench.emitted(Duration::from_secs(10));
    bench.sync();
    let place = bench.truth()[20].clone();
    lab.on(HOST, &["journalctl", "-q", "--rotate"]);
    bench.emit(100, 104, 0);
    bench.emitted(Duration::from_secs(10));
    bench.sync();
    lab.on(HOST, &["journalctl", "-q", "--vacuum-files=1"]);
    bench.begin_at(&place);
    assert!(bench.read_once(), "{}", bench.said());
    let numbers = bench.numbers();
    assert_eq!(numbers.iter().filter(|number| **number < 100).count(), 0, "they are gone from the host");
    assert_whole(&numbers, 100, 104);
    let losses = bench.losses();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].0.starts_with("older lines were removed on the host") && losses[0].1.is_none(), "{losses:?}");
    report("B4", 1, 1, "one row for what was removed, then 100 to 104");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b5_a_place_in_the_future_is_noticed() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b5");
    bench.emit(1, 20, 0);
    bench.emitted(Duration::from_secs(10));
    // As if the journal had been wiped and the clock set back: another series, another boot, a month ahead.
    let real = bench.truth().last().unwrap().clone();
    let ahead = u64::from_str_radix(part(&real, "t="), 16).unwrap() + 30 * 86_400_000_000;
    bench.begin_at(&format!("s={0:032x};i=ff;b={1:032x};m=ffffffffff;t={ahead:x};x=1", 7, 8));
    let begin = Instant::now();
    let _running = bench.follow();
    bench.until(20, Duration::from_secs(10));
    let took = begin.elapsed();
    bench.emit(21, 40, 0);
    bench.until(40, Duration::from_secs(10));
    assert_whole(&bench.numbers(), 1, 40);
    let losses = bench.losses();
    // A journald that another test has restarted may come up again just now: that is told beside it.
    let own: Vec<_> = losses.iter().filter(|(told, _)| !told.starts_with("journald restarted")).collect();
    assert!(own.len() == 1 && own[0].0.starts_with("reading went on by time"), "{losses:?}");
    report("B5", 1, 1, &format!("noticed and read on after {:.1} s", took.as_secs_f32()));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b6_a_place_that_is_nonsense_is_found_again_by_time() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b6");
    bench.emit(1, 20, 0);
    bench.emitted(Duration::from_secs(10));
    let real = bench.truth().last().unwrap().clone();
    bench.begin_at(&format!("s=nonsense;t={}", part(&real, "t=")));
    assert!(bench.read_once(), "{}", bench.said());
    assert_whole(&bench.numbers(), 1, 20);
    let losses = bench.losses();
    assert!(losses.len() == 1 && losses[0].0.contains("does not know the place"), "{losses:?}");
    assert!(bench.said().contains("at one place more may be lost"), "{}", bench.said());
    // Once more: now the place is a real one, and nothing comes twice.
    assert!(bench.read_once(), "{}", bench.said());
    assert_whole(&bench.numbers(), 1, 20);
    report("B6", 1, 1, "one row, then everything from a minute before on");
}
