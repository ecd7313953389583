//! What commands of the site print on a host, over links that are cut, and what is left of them there.

use std::time::Duration;

use crate::lab::Lab;
use crate::logs::{Bench, HOST, within};

/// The reader ends with its link, by whatever that is cut; it is begun again on the next one, and what it printed meanwhile
/// is called not known.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_command_ends_with_its_link_and_nothing_of_it_is_called_nothing() {
    let lab = Lab::get();
    let held = lab.hold(&[HOST]);
    let mut bench = Bench::new(&lab, "qdt-command");
    bench.more = vec!["--source", "ticks"];
    bench.trusts(&format!(
        "[logs.ticks]\ncommand = [\"sh\", \"-c\", \"while sleep 0.2; do echo tick; done # qdt-ticks\"]\nhosts = \"{HOST}\"\n"
    ));
    // By process: what is begun again has the same words.
    let runs = || {
        let find = "grep -l 'qdt-tick[s]' /proc/[0-9]*/cmdline 2>/dev/null || true";
        lab.on(HOST, &["sh", "-c", find]).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let gaps = || bench.losses().into_iter().filter(|(words, _)| words.contains("without link")).collect::<Vec<_>>();
    let running = bench.follow();
    for cut in ["kill-sshd-children", "reset", "cut now"] {
        let (entries, before_it) = (bench.entries().len(), gaps().len());
        within(Duration::from_secs(90), "it ticks", || bench.entries().len() > entries + 5);
        let before = runs();
        assert!(!before.is_empty());
        lab.fault(HOST, cut);
        within(Duration::from_secs(120), "what ran before has ended", || {
            let now = runs();
            before.iter().all(|process| !now.contains(process))
        });
        held.mend();
        within(Duration::from_secs(120), "it says so", || gaps().len() > before_it);
        let (words, lost) = gaps().pop().unwrap();
        assert!(words.contains("s without link; what it printed is not known"), "{cut}: {words}");
        assert_eq!(lost, None, "{cut}");
    }
    assert_eq!(running.interrupt(), Some(0), "{}", bench.said());
    within(Duration::from_secs(30), "nothing is left behind", || runs().is_empty());
}
