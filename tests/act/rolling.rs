//! One host after the other, in order, and no further than the first that does not come back well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{Bench, HOSTS, UNIT, serves};
use crate::lab::{Lab, repetitions, report};

/// What was seen of a service while it was restarted.
struct Load {
    end: Arc<AtomicBool>,
    hosts: Vec<thread::JoinHandle<Vec<(Instant, Instant)>>>,
    balancer: thread::JoinHandle<(usize, usize)>,
}

impl Load {
    /// Asks each host all the time, and beside that as a balancer does: the next host when one does not answer.
    fn begin(bench: &Bench<'_>) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let addresses: Vec<_> = HOSTS.iter().map(|host| bench.address(host)).collect();
        let hosts = addresses.iter().map(|address| {
            let (end, address) = (Arc::clone(&end), *address);
            thread::spawn(move || {
                let (mut away, mut since) = (Vec::new(), None);
                while !end.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    match (serves(address), since) {
                        (true, Some(from)) => {
                            away.push((from, asked));
                            since = None;
                        }
                        (false, None) => since = Some(asked),
                        (true, None) | (false, Some(_)) => {}
                    }
                    thread::sleep(Duration::from_millis(10));
                }
                away.extend(since.map(|from| (from, Instant::now())));
                away
            })
        });
        let hosts = hosts.collect();
        let told = Arc::clone(&end);
        let balancer = thread::spawn(move || {
            let (mut asked, mut failed) = (0, 0);
            while !told.load(Ordering::Relaxed) {
                let turn = addresses.iter().cycle().skip(asked % 3).take(3);
                failed += usize::from(!turn.into_iter().any(|address| serves(*address)));
                asked += 1;
                thread::sleep(Duration::from_millis(5));
            }
            (asked, failed)
        });
        Self { end, hosts, balancer }
    }

    /// When each host was away; how often the balancer asked, and how often nobody answered it.
    fn end(self) -> (Vec<Vec<(Instant, Instant)>>, usize, usize) {
        self.end.store(true, Ordering::Relaxed);
        let away = self.hosts.into_iter().map(|host| host.join().unwrap()).collect();
        let (asked, failed) = self.balancer.join().unwrap();
        (away, asked, failed)
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_restart_of_three_keeps_two_serving_throughout() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let bench = Bench::new(&lab);
    // It takes a while to come up, so that one that is not waited for would be seen.
    for host in HOSTS {
        lab.ctl(host, "qdt-web", "start-slow 600");
    }
    let rounds = repetitions(1, 10);
    for round in 0..rounds {
        let before = bench.invocations();
        let load = Load::begin(&bench);
        let ran = bench.qd("restart", "lab", &["web", "--yes"]);
        let (away, asked, failed) = load.end();
        assert_eq!(ran.code, 0, "round {round}: {ran:?}");
        assert!(asked > 100, "the load went on: {asked}");
        assert_eq!(failed, 0, "of {asked} requests: {ran:?}");
        assert!(away.iter().all(|host| !host.is_empty()), "each host was away for a moment: {away:?}");
        for (number, one) in away.iter().enumerate() {
            for other in away.iter().skip(number + 1) {
                let both = one.iter().any(|(from, to)| other.iter().any(|(begin, end)| from < end && begin < to));
                assert!(!both, "two were away at once: {away:?}");
            }
        }
        for (before, after) in before.iter().zip(bench.invocations()) {
            assert_ne!(*before, after, "every host was restarted");
        }
        assert!(ran.out.contains("done and verified: web on app-1, web on app-2, web on db-1"), "{ran:?}");
    }
    report("restart of 3", rounds, rounds, "two of three served throughout, no request failed");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_restart_that_fails_stops_at_the_first_host_and_says_what_runs_as_before() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let bench = Bench::new(&lab);
    let slow = if std::env::var_os("QD_LONG").is_some() {
        &["health 503 broken", "crash-loop on 3"][..]
    } else {
        &["crash-loop on 3"]
    };
    for fault in slow {
        let before = bench.invocations();
        lab.ctl("app-1", "qdt-web", fault);
        let begun = Instant::now();
        let ran = bench.qd("restart", "lab", &["web", "--yes"]);
        let took = begun.elapsed();
        lab.on(
            "app-1",
            &["sh", "-c", "rm -rf /var/lib/lab/qdt-web; systemctl reset-failed qdt-web; systemctl restart qdt-web"],
        );
        assert_eq!(ran.code, 2, "{fault}: {ran:?}");
        assert_eq!(bench.invocations()[1..], before[1..], "{fault}: the others were left alone");
        assert!(ran.out.contains("failed: web on app-1"), "{fault}: {ran:?}");
        assert!(ran.out.contains("not begun, as before: web on app-2, web on db-1"), "{fault}: {ran:?}");
        if fault.starts_with("crash") {
            assert!(ran.out.contains("systemd starts it again") || ran.out.contains("start limit"), "{ran:?}");
            assert!(took < Duration::from_secs(3 * 8), "a crash loop is not waited out: {took:?}");
        } else {
            assert!(ran.out.contains("probe ready is not green"), "{ran:?}");
        }
    }
}

/// When the unit's newest start began and ended, by the journal of its host: microseconds.
pub fn start(lab: &Lab, host: &str, unit: &str) -> (u64, u64) {
    let at = |message: &str| {
        let id = format!("MESSAGE_ID={message}");
        let of = format!("UNIT={unit}");
        let text = lab.on(host, &["journalctl", "-q", "-n", "1", "-o", "export", &id, &of]);
        let line =
            text.lines().find_map(|line| line.strip_prefix("__REALTIME_TIMESTAMP=")).expect("a start in the journal");
        line.parse::<u64>().unwrap()
    };
    // "Starting" and "Started" of systemd.
    (at("7d4958e842da4a758f6c1cdc7b36dcc5"), at("39f53479d3a045ac8e11786248231fbf"))
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn nineteen_services_start_in_the_order_of_what_they_need_as_the_journals_prove() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let bench = Bench::new(&lab);
    // The lab's own site, with a shorter settling than people want.
    let text = std::fs::read_to_string(lab.site().join("site.toml")).unwrap();
    let text = text.replace("\ntier = ", "\nsettle = \"1s\"\ntier = ");
    std::fs::write(bench.site().join("site.toml"), &text).unwrap();
    let parsed: toml::Table = text.parse().unwrap();
    let services = parsed["services"].as_table().unwrap();
    let words = |value: Option<&toml::Value>| -> Vec<String> {
        let list = value.and_then(|value| value.as_array()).into_iter().flatten();
        list.filter_map(|word| word.as_str()).map(str::to_owned).collect()
    };
    let nineteen: Vec<&String> = services
        .iter()
        .filter(|(_, service)| service["units"].as_str().unwrap().starts_with("pakashop-"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(nineteen.len(), 19);
    let mut arguments: Vec<&str> = nineteen.iter().map(|name| name.as_str()).collect();
    arguments.push("--yes");
    let ran = bench.qd("restart", "lab", &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut starts: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for name in &nineteen {
        let service = &services[name.as_str()];
        let unit = service["units"].as_str().unwrap();
        let hosts = words(service.get("hosts"));
        starts.insert(name.as_str(), hosts.iter().map(|host| start(&lab, host, unit)).collect());
    }
    let mut compared = 0;
    for name in &nineteen {
        for need in words(services[name.as_str()].get("depends_on")) {
            let Some(needed) = starts.get(need.as_str()) else { continue };
            let up = needed.iter().map(|(_, ended)| *ended).max().unwrap();
            let begun = starts[name.as_str()].iter().map(|(begun, _)| *begun).min().unwrap();
            // It was started only after what it needs had been up, and settled, on every host.
            assert!(
                begun >= up + 1_000_000,
                "{name} began {} µs after {need} was up: {ran:?}",
                begun as i64 - up as i64
            );
            compared += 1;
        }
    }
    assert!(compared >= 18, "{compared}");
    // Of a service with two hosts, the second follows the first.
    for pair in ["gateway", "backend"] {
        let mut hosts = starts[pair].clone();
        hosts.sort_unstable();
        assert!(hosts[1].0 >= hosts[0].1 + 1_000_000, "{pair}: {hosts:?}");
    }
    report("ordered restart of 19", 1, 1, "each began after what it needs was up and settled, by the hosts' journals");
    let _ = UNIT;
}
