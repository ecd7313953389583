//! Files of a host, read line by line through rotation, truncation and links that are cut.

use std::time::Duration;

use crate::lab::Lab;
use crate::logs::{Bench, HOST, assert_whole, within};

/// Fault B16: the file is rotated while it is read, while nobody reads, and while the link is away.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn b16_a_file_that_is_rotated_loses_no_line() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let mut bench = Bench::new(&lab, "qdt-file");
    bench.more = vec!["--file", "/var/log/qdt-file.log", "-n", "100000"];
    let write = |first: u64, last: u64, rotate: bool| {
        let moved = if rotate { "mv $f.1 $f.2 2>/dev/null; mv $f $f.1" } else { ":" };
        let text = format!("f=/var/log/qdt-file.log; seq {first} {last} | sed 's/^/line /' >>$f; {moved}");
        lab.on(HOST, &["sh", "-c", &text]);
    };
    lab.on(HOST, &["sh", "-c", "rm -f /var/log/qdt-file.log*"]);
    write(1, 1000, false);
    let running = bench.follow();
    bench.until(1000, Duration::from_secs(30));
    write(1001, 2000, true);
    write(2001, 3000, false);
    bench.until(3000, Duration::from_secs(30));
    // Whoever writes goes on for a moment in the file that was moved away.
    write(3001, 3500, true);
    lab.on(HOST, &["sh", "-c", "seq 3501 4000 | sed 's/^/line /' >>/var/log/qdt-file.log.1"]);
    write(4001, 4500, false);
    bench.until(4500, Duration::from_secs(30));
    // And after a while: nobody has told it to open the new one.
    std::thread::sleep(Duration::from_secs(4));
    lab.on(HOST, &["sh", "-c", "seq 4501 5000 | sed 's/^/line /' >>/var/log/qdt-file.log.1"]);
    bench.until(5000, Duration::from_secs(30));
    running.kill();
    // Rotated while nobody reads: the rest of what lies beside it comes first.
    write(5001, 6000, true);
    write(6001, 7000, false);
    assert!(bench.read_once(), "{}", bench.said());
    assert_whole(&bench.numbers(), 1, 7000);
    let rotated = bench.losses().iter().filter(|(words, lost)| words.contains("rotated") && *lost == Some(0)).count();
    assert_eq!((rotated, bench.losses().len()), (3, 3), "{:?}", bench.losses());

    let running = bench.follow();
    within(Duration::from_secs(20), "it reads", || {
        lab.processes(HOST).iter().any(|line| line.contains("qd-file") && line.contains("qdt-file.log"))
    });
    lab.on(HOST, &["sh", "-c", ": >/var/log/qdt-file.log"]);
    within(Duration::from_secs(20), "it says so", || {
        bench.losses().iter().any(|(words, _)| words.contains("truncated"))
    });
    write(7001, 7100, false);
    bench.until(7100, Duration::from_secs(30));
    running.kill();
    assert_whole(&bench.numbers(), 1, 7100);
}

/// What is on no host ends with 3 and one sentence; what is beside something that is there, with the sentence alone.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn what_no_host_has_is_told_once_and_ends_with_3() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let read = |more: &[&'static str]| {
        let mut bench = Bench::new(&lab, "qdt-none");
        bench.more = more.to_vec();
        (bench.command().status().unwrap().code(), bench.said())
    };
    for (more, sentence) in [
        (&["--file", "/var/log/qdt-none.log"][..], "app-1: there is no file /var/log/qdt-none.log"),
        (&["--boot", "-99", "--whole"][..], "app-1: the journal holds no boot -99"),
        (&["--unit", "qdt-none-*"][..], "app-1: no unit is called qdt-none-*"),
        (&["--unit", "qdt-none"][..], "app-1: no unit is called qdt-none.service"),
    ] {
        let (code, said) = read(more);
        assert_eq!((code, said.matches(sentence).count()), (Some(3), 1), "{said}");
    }
    let (code, said) = read(&["--file", "/var/log/qdt-none.log", "--file", "/etc/hostname"]);
    assert_eq!((code, said.matches("there is no file").count()), (Some(0), 1), "{said}");
}
