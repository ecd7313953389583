//! Hosts of which one breaks: what becomes of it is told apart, and the others are not begun.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::lab::{Lab, report};
use crate::shop::{HOSTS, Ran, Shop};

/// The state, the reason and the note of each part on each host.
type Matrix = BTreeMap<(String, String), (String, String, String)>;

/// Five hosts, of which the third is broken; two of them are entered a second time, as another user.
const FIVE: [(&str, &str, &str); 5] = [
    ("h1", "app-1", "root"),
    ("h2", "app-2", "root"),
    ("h3", "db-1", "root"),
    ("h4", "app-1-ops", "sudo"),
    ("h5", "app-2-ops", "sudo"),
];
const UNIT: &str = "qdt-five.service";
const PORT: u16 = 8115;

const DOCUMENT: &str = r#"+++
title = "Five"
kind = "deploy"
services = ["five"]

[release]
version = "version"

[inputs.version]
+++

# Five

## Phase 1: Put

```sh {#put host=all at_once=1 root danger=change timeout=20s}
test ! -e /run/qdt-five-fails
echo "$version" >> /run/qdt-five
```

## Phase 2: Restart

- One after the other. <!-- {#web restart=five parallel=1} -->

## Verify

```sh {#well host=all danger=read}
true
```
"#;

struct Five<'lab> {
    lab: &'lab Lab,
    home: tempfile::TempDir,
}

impl<'lab> Five<'lab> {
    fn new(lab: &'lab Lab) -> Self {
        let home = tempfile::Builder::new().prefix("qdd").tempdir_in("/tmp").unwrap();
        let unit = format!(
            "[Service]\nType=notify\nExecStart=/usr/lib/lab/svc qdt-five --port {PORT}\nTimeoutStopSec=2s\nSendSIGKILL=yes\n"
        );
        for host in HOSTS {
            let script = format!(
                "rm -f /run/qdt-five* /var/lib/lab/qdt-five; printf '%s' '{unit}' >/run/systemd/system/{UNIT} && \
                 systemctl daemon-reload && systemctl restart {UNIT}"
            );
            lab.on(host, &["sh", "-c", &script]);
        }
        let mut text = String::from(
            "title = \"five\"\n[defaults.probe]\ninterval = \"2s\"\ntimeout = \"1s\"\nrise = 1\nfall = 2\n[environments.lab]\n\
             state_directory = \"/var/lib/qdt-five\"\n[environments.lab.hosts]\n",
        );
        for (name, ssh, root) in FIVE {
            text.push_str(&format!("{name} = {{ ssh = \"{ssh}\", become = \"{root}\" }}\n"));
        }
        text.push_str(&format!(
            "[services.five]\nunits = \"{UNIT}\"\nhosts = \"all\"\nsettle = \"0s\"\nready_within = \"4s\"\n\
             probes.ready = {{ http = \"http://localhost:{PORT}/health\", status = 200 }}\n"
        ));
        let five = Self { lab, home };
        let site = five.home.path().join("five");
        fs::create_dir_all(site.join("procedures")).unwrap();
        fs::write(site.join("site.toml"), text).unwrap();
        fs::write(site.join("procedures/five.md"), DOCUMENT).unwrap();
        let trusted = five.qd(&["trust", "--yes", &site.display().to_string()]);
        assert_eq!(trusted.code, Some(0), "{}", trusted.told);
        five
    }

    fn qd(&self, words: &[&str]) -> Ran {
        let mut command = std::process::Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args(words).stdin(std::process::Stdio::null());
        for (name, folder) in
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(name, self.home.path().join(folder));
        }
        Ran::of(command.env("QD_SSH_CONFIG", self.lab.ssh_config()).output().unwrap())
    }

    /// A run of it: how it ended, and what became of each part on each host.
    fn run(&self, version: &str) -> (Ran, Matrix) {
        let site = self.home.path().join("five").display().to_string();
        let given = format!("version={version}");
        let ran = self.qd(&[
            "run",
            "five",
            &site,
            "-e",
            "lab",
            "--yes",
            "--json",
            "--input",
            &given,
            "--on-failure",
            "abort",
        ]);
        let mut matrix = BTreeMap::new();
        for event in ran.told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let word = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
            let steps = match event["event"].as_str() {
                Some("begun" | "ended") => event["steps"].as_array().cloned().unwrap_or_default(),
                Some("step") => vec![event["step"].clone()],
                _ => Vec::new(),
            };
            for step in steps {
                let told = (word(&step, "state"), word(&step, "reason"), word(&step, "note"));
                matrix.insert((word(&step, "part"), word(&step, "host")), told);
            }
        }
        (ran, matrix)
    }

    /// How often it was put on each host, and how often the service was started there, by their own records.
    fn truth(&self) -> Vec<(usize, usize)> {
        let script = format!(
            "cat /run/qdt-five 2>/dev/null | wc -l; journalctl -q -b -u {UNIT} -o cat | grep -c '^Started ' || true"
        );
        let of = |host: &&str| {
            let said = self.lab.on(host, &["sh", "-c", &script]);
            let figures: Vec<usize> = said.lines().map(|line| line.trim().parse().unwrap()).collect();
            (figures[0], figures[1])
        };
        HOSTS.iter().map(of).collect()
    }
}

impl Drop for Five<'_> {
    fn drop(&mut self) {
        for host in HOSTS {
            let script = format!(
                "systemctl kill -s KILL {UNIT}; systemctl stop {UNIT}; systemctl reset-failed {UNIT}; \
                 rm -rf /run/systemd/system/{UNIT} /run/qdt-five* /var/lib/lab/qdt-five /var/lib/qdt-five; systemctl daemon-reload"
            );
            self.lab.try_on(host, &["sh", "-c", &script]);
        }
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e11_the_third_of_five_hosts_breaks_in_four_ways_which_are_told_apart_and_the_rest_is_not_begun() {
    let lab = Lab::get();
    let held = lab.hold(&HOSTS);
    let five = Five::new(&lab);
    let mut seen = Vec::new();
    for (version, part, breaks) in [
        ("v1", "put", "connect"),
        ("v2", "put", "command"),
        ("v3", "web", "verification fails"),
        ("v4", "web", "verification times out"),
    ] {
        match breaks {
            "connect" => lab.fault("db-1", "cut"),
            "command" => drop(lab.on("db-1", &["touch", "/run/qdt-five-fails"])),
            "verification fails" => drop(lab.ctl("db-1", "qdt-five", "health 503 failing")),
            _ => drop(lab.ctl("db-1", "qdt-five", "slow 20000")),
        }
        let before = five.truth();
        let (ran, matrix) = five.run(version);
        held.mend();
        lab.on("db-1", &["rm", "-f", "/run/qdt-five-fails"]);
        lab.ctl("db-1", "qdt-five", "reset");
        assert_ne!(ran.code, Some(0), "{breaks}: {}", ran.told);
        let state =
            |part: &str, host: &str| matrix.get(&(part.to_owned(), host.to_owned())).cloned().unwrap_or_default();
        let begun: Vec<String> = FIVE.iter().map(|(host, ..)| state(part, host).0).collect();
        assert_eq!(begun[..2], ["verified", "verified"], "{breaks}: {matrix:#?}");
        assert_eq!(begun[3..], ["skipped", "skipped"], "{breaks}: the rest of the batch is not begun: {matrix:#?}");
        seen.push(state(part, "h3"));
        // The hosts say the same: what was not begun did not happen.
        let now = five.truth();
        let more = |host: usize| (now[host].0 - before[host].0, now[host].1 - before[host].1);
        let wanted = match part {
            "put" => [(1, 0), (1, 0), (0, 0)],
            // Everything was put everywhere, on two of them by both of their names; each was started once at most.
            _ => [(2, 1), (2, 1), (1, 1)],
        };
        assert_eq!([more(0), more(1), more(2)], wanted, "{breaks}: {matrix:#?}");
    }
    let outcomes: Vec<(&str, &str)> = seen.iter().map(|(state, reason, _)| (state.as_str(), reason.as_str())).collect();
    let wanted = ["unreachable", "non-zero-exit", "guard-failed", "guard-failed"].map(|reason| ("failed", reason));
    assert_eq!(outcomes, wanted, "{seen:?}");
    // What is ill and what does not answer are told apart.
    assert!(seen[2].2.contains("503") && seen[3].2.contains("no answer"), "{seen:?}");
    report(
        "E11",
        4,
        4,
        "host 3 of 5: connect, command, verification fails, verification times out; 4 outcomes, the rest is not begun",
    );
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e12_a_way_back_that_fails_on_one_host_stops_and_says_what_is_where() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let shop = Shop::new(&lab);
    let first = shop.commit();
    shop.change("The next one", &[("services/reports/note", Some("new\n"))]);
    // Whatever changes the checkout of app-2 is refused, there and back: another git is at it, and never ends.
    lab.on("app-2", &["touch", "/opt/pakashop/.git/index.lock"]);
    let ran = shop.deploy(&["--on-failure", "abort", "--json", "--waive", "way-back=the first release"]);
    lab.on("app-2", &["rm", "-f", "/opt/pakashop/.git/index.lock"]);
    assert_ne!(ran.code, Some(0), "{}", ran.told);
    let mut times: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
    for event in ran.told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let step = &event["step"];
        let (Some(part), Some(host)) = (step["part"].as_str(), step["host"].as_str()) else { continue };
        let state = step["state"].as_str().unwrap_or_default().to_owned();
        times.insert((part.to_owned(), host.to_owned()), (step["attempt"].as_u64().unwrap_or_default(), state));
    }
    let of = |part: &str, host: &str| times.get(&(part.to_owned(), host.to_owned())).cloned();
    let told = &ran.told;
    assert_eq!(of("put", "app-2"), Some((1, "failed".to_owned())), "{told}");
    assert_eq!(of("put-back", "app-1"), Some((1, "verified".to_owned())), "{told}");
    assert_eq!(of("put-back", "app-2"), Some((1, "failed".to_owned())), "once, and not again by itself: {told}");
    // Nothing of the way back goes on behind it.
    for (part, host) in [("build-back", "app-1"), ("build-back", "app-2"), ("services-back", "app-1")] {
        assert!(of(part, host).is_none_or(|(attempt, _)| attempt == 0), "{part} on {host}: {told}");
    }
    // No service was started anew, and each host is told of with its command.
    assert_eq!(shop.others_than(&first), [""; 0]);
    let event = |name: &str| {
        let events = ran.told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.into_iter().find(|event| event["event"] == name).unwrap_or_else(|| panic!("no {name}: {told}"))
    };
    let kept = shop.kept(event("begun")["run"].as_str().unwrap());
    assert!(kept.contains("put-back") && kept.contains("app-2") && kept.contains("index.lock"), "{kept}");
    // Every service is told as it is.
    let stands = event("stands")["services"].as_array().cloned().unwrap();
    assert!(stands.len() == 21 && stands.iter().all(|one| one["code"] == "old" && one["state"] == "up"), "{stands:?}");
    assert_eq!(shop.releases()[0]["verdict"].as_str(), Some("failed"), "{kept}");
    report(
        "E12",
        1,
        1,
        "the way back fails on one of two hosts: it stops there, is not tried again, what is where is told",
    );
}
