//! Units that ended and are not loaded any more: a pattern finds what they said, all of it, or says that it can't.

use std::time::Duration;

use crate::lab::Lab;
use crate::logs::{Bench, HOST, assert_whole, within};

/// A journalctl in front of the host's own that never tells the values of a field; gone when dropped.
struct Silent<'lab>(&'lab Lab);

const WRAPPER: &str = "/usr/local/bin/journalctl";

impl<'lab> Silent<'lab> {
    fn new(lab: &'lab Lab) -> Self {
        let text = format!(
            "printf '%s\\n' '#!/bin/sh' 'case \"$*\" in *--field=*) exec sleep 120 ;; esac' \
             'exec /usr/bin/journalctl \"$@\"' >{WRAPPER}; chmod 755 {WRAPPER}"
        );
        lab.on(HOST, &["/bin/sh", "-c", &text]);
        Self(lab)
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = self.0.try_on(HOST, &["rm", "-f", WRAPPER]);
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_unit_that_ended_is_found_by_a_pattern_with_all_its_lines() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let name = format!("qdt-ended-{}", std::process::id());
    let pattern: &'static str = format!("{name}-*").leak();
    let mut bench = Bench::new(&lab, &name);
    bench.trusts(&format!("[services.ended]\nunits = \"{pattern}.service\"\nhosts = [\"{HOST}\"]\n"));
    for (part, first, last) in [("one", 1, 1500), ("two", 1501, 3000)] {
        bench.unit = format!("{name}-{part}.service");
        bench.emit(first, last, 0);
        within(Duration::from_secs(60), "it has ended and is not loaded any more", || {
            lab.property(HOST, &bench.unit, "LoadState") == "not-found"
        });
    }
    bench.sync();
    let asked = format!("--unit={pattern}");
    let truth =
        lab.on(HOST, &["journalctl", "-q", "--no-pager", "-o", "export", "--output-fields=_BOOT_ID", asked.as_str()]);
    let truth: Vec<&str> = truth.lines().filter_map(|line| line.strip_prefix("__CURSOR=")).collect();
    assert!(truth.len() >= 3000, "{}", truth.len());
    // By a pattern of one's own, and by that of a service.
    for more in [["--since", "yesterday", "--unit", pattern].as_slice(), &["ended", "--since", "yesterday"]] {
        let _ = std::fs::remove_file(bench.file());
        bench.more = more.to_vec();
        assert!(bench.read_once(), "{}", bench.said());
        assert_whole(&bench.numbers(), 1, 3000);
        assert_eq!(bench.cursors(), truth, "{more:?}");
        assert!(!bench.said().contains("no unit is called"), "{}", bench.said());
    }
    // One that is named by its name is there as well, also where no line of it passes.
    let one: &'static str = format!("{name}-one.service").leak();
    for more in [["-n", "0"], ["--level", "emerg"], ["--grep", "nobody says this"], ["--until", "2001-01-01"]] {
        let _ = std::fs::remove_file(bench.file());
        bench.more = [&["--unit", one], &more[..]].concat();
        assert_eq!(bench.command().status().unwrap().code(), Some(0), "{more:?}: {}", bench.said());
        assert!(!bench.said().contains("no unit is called"), "{}", bench.said());
    }
    // Whoever follows gets them too, and what comes of another one behind them.
    let _ = std::fs::remove_file(bench.file());
    bench.more = vec!["--since", "yesterday", "--unit", pattern];
    let _running = bench.follow();
    bench.until(3000, Duration::from_secs(60));
    assert_whole(&bench.numbers(), 1, 3000);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_journal_that_does_not_name_its_units_in_time_is_told() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let _silent = Silent::new(&lab);
    let mut bench = Bench::new(&lab, "qdt-unnamed");
    bench.more = vec!["--unit", "qdt-unnamed-*"];
    let code = bench.command().status().unwrap().code();
    let sentence = format!("{HOST}: units that match and ended are not read, they are not known: journalctl");
    assert_eq!((code, bench.said().matches(&sentence).count()), (Some(3), 1), "{}", bench.said());
    assert!(!bench.said().contains("no unit is called"), "{}", bench.said());
    // Names need no such answer.
    let mut exact = Bench::new(&lab, "qdt-unnamed");
    exact.more = vec!["--unit", "systemd-journald.service"];
    assert_eq!(exact.command().status().unwrap().code(), Some(0), "{}", exact.said());
}
