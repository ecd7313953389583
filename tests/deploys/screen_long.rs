//! A deploy that breaks in front of a person: the wizard on a terminal says that it went back, or that it stopped, and how
//! every service stands.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::lab::{Lab, report};
use crate::person;
use crate::pty::Pty;

const HOSTS: [&str; 2] = ["app-1", "app-2"];
/// Each service with its hosts and its port; the second needs the first.
const SERVICES: [(&str, &[&str], u16); 2] = [("web", &HOSTS, 8116), ("worker", &["app-2"], 8117)];

const DOCUMENT: &str = r#"+++
title = "Ship"
kind = "deploy"
lock = true
back = "auto"
services = ["web", "worker"]

[release]
version = "version"

[inputs.version]
default = "v2"
+++

# Ship

## Gate

```sh {#running host=app-1 danger=read capture=running}
cat /run/qdt-ship/version
```

- [ ] The team knows. <!-- {#known} -->

## Phase 1: Put

```sh {#put host=all root danger=change timeout=20s}
echo "$version" >/run/qdt-ship/version
```

## Phase 2: Restart

- In order. <!-- {#anew restart="web worker"} -->

## Verify

- It goes on so. <!-- {#watch hold=60s guard="web/ready" interval=1s failures=1} -->

## Rollback

```sh {#put-back host=all root danger=change timeout=20s}
test ! -e /run/qdt-ship/stuck
echo "$running" >/run/qdt-ship/version
```

- In order again. <!-- {#anew-back restart="web worker"} -->
- Everything answers. <!-- {#answers fact="probes" retries=5 every=1s} -->
"#;

struct Ship<'lab> {
    lab: &'lab Lab,
    home: tempfile::TempDir,
}

impl<'lab> Ship<'lab> {
    fn new(lab: &'lab Lab) -> Self {
        let home = tempfile::Builder::new().prefix("qdd").tempdir_in("/tmp").unwrap();
        for host in HOSTS {
            let mut script =
                String::from("rm -rf /run/qdt-ship; mkdir /run/qdt-ship; echo v1 >/run/qdt-ship/version\n");
            for (name, _, port) in of(host) {
                // What is ill is so from its next start on, and well again from the one after that.
                script.push_str(&format!(
                    "cat >/run/systemd/system/qdt-{name}.service <<'END'\n[Service]\nType=notify\nTimeoutStopSec=2s\n\
                     ExecStartPre=/bin/sh -c 'rm -f /var/lib/lab/qdt-{name}; mkdir -p /var/lib/lab; if [ -e /run/qdt-ship/{name}-ill ]; then echo \"health 503 failing\" >/var/lib/lab/qdt-{name}; fi'\n\
                     ExecStart=/bin/sh -c 'exec /usr/lib/lab/svc qdt-{name} --port {port} --version $$(cat /run/qdt-ship/version)'\nEND\n"
                ));
            }
            script.push_str("systemctl daemon-reload");
            of(host).for_each(|(name, ..)| script.push_str(&format!(" && systemctl restart qdt-{name}")));
            lab.on(host, &["sh", "-c", &script]);
        }
        let mut site = String::from(
            "title = \"ship\"\n[defaults.probe]\ninterval = \"2s\"\ntimeout = \"1s\"\nrise = 1\nfall = 2\n[environments.lab]\n\
             lock_host = \"app-1\"\nstate_directory = \"/var/lib/qdt-ship\"\n[environments.lab.hosts]\n",
        );
        HOSTS.iter().for_each(|host| site.push_str(&format!("{host} = {{ become = \"root\" }}\n")));
        for (name, hosts, port) in SERVICES {
            let needs = if name == "worker" { "depends_on = [\"web\"]\n" } else { "" };
            site.push_str(&format!(
                "[services.{name}]\nunits = \"qdt-{name}.service\"\nhosts = {hosts:?}\nsettle = \"0s\"\nready_within = \"4s\"\n{needs}\
                 probes.ready = {{ http = \"http://localhost:{port}/health/ready\", status = 200 }}\n"
            ));
        }
        let ship = Self { lab, home };
        fs::create_dir_all(ship.at("ship/procedures")).unwrap();
        fs::write(ship.at("ship/site.toml"), site).unwrap();
        fs::write(ship.at("ship/procedures/ship.md"), DOCUMENT).unwrap();
        let mut trust = std::process::Command::new(env!("CARGO_BIN_EXE_qd"));
        trust.args(["trust", "--yes"]).arg(ship.at("ship")).envs(ship.variables());
        let trusted = trust.output().unwrap();
        assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
        ship
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let folders =
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")];
        let own = folders.into_iter().map(|(name, folder)| (name, self.at(folder)));
        own.chain([("QD_SSH_CONFIG", self.lab.ssh_config())]).collect()
    }

    fn make(&self, host: &str, what: &str) {
        self.lab.on(host, &["touch", &format!("/run/qdt-ship/{what}")]);
    }

    /// What each service says itself: the version that it runs, and whether it is ready.
    fn truth(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, hosts, port) in SERVICES {
            for host in hosts {
                let said = self.lab.on(host, &["curl", "-s", "-m", "3", &format!("localhost:{port}/health/ready")]);
                let json: Value = serde_json::from_str(&said).unwrap_or_default();
                let ready = if json["status"] == "ready" { "ready" } else { "ill" };
                all.push(format!("{name} on {host}: {} {ready}", json["version"].as_str().unwrap_or("nothing")));
            }
        }
        all
    }

    /// A person who gives the go to this version in the wizard.
    fn goes(&self, version: &str) -> Pty {
        let site = self.at("ship").display().to_string();
        let mut pty = person::opened(&[&site, "-e", "lab"], self.home.path(), &self.variables());
        person::wait(&mut pty, &["● app-1", "● app-2"]);
        pty.keys("7");
        person::wait(&mut pty, &["1 What choose", "◆ Ship"]);
        pty.keys("enter");
        person::wait(&mut pty, &["version", "enter goes on"]);
        pty.keys("ctrl-u").send(version).keys("enter");
        person::wait(&mut pty, &["space attest"]);
        pty.keys("space");
        person::wait(&mut pty, &["3 Plan go?", "enter confirm"]);
        pty.keys("enter");
        person::wait(&mut pty, &["Press y to do it"]);
        pty.keys("y");
        person::wait(&mut pty, &["4 Run running"]);
        pty
    }
}

impl Drop for Ship<'_> {
    fn drop(&mut self) {
        for host in HOSTS {
            let units: Vec<String> = of(host).map(|(name, ..)| format!("qdt-{name}.service")).collect();
            let units = units.join(" ");
            let script = format!(
                "systemctl kill -s KILL {units}; systemctl stop {units}; systemctl reset-failed {units}; \
                 cd /run/systemd/system && rm -f {units}; rm -rf /run/qdt-ship /var/lib/lab/qdt-w* /var/lib/qdt-ship; systemctl daemon-reload"
            );
            self.lab.try_on(host, &["sh", "-c", &script]);
        }
    }
}

/// The services of a host.
fn of(host: &str) -> impl Iterator<Item = (&'static str, &'static [&'static str], u16)> {
    SERVICES.into_iter().filter(move |(_, hosts, _)| hosts.contains(&host))
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_deploy_that_breaks_before_a_person_says_that_it_went_back_or_stopped_and_how_every_service_stands() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let ship = Ship::new(&lab);
    let old = ["web on app-1: v1 ready", "web on app-2: v1 ready", "worker on app-2: v1 ready"];
    assert_eq!(ship.truth(), old);

    // Its guard trips on one host: all of it goes back, and that is on the screen.
    let mut pty = ship.goes("v2");
    person::wait(&mut pty, &["5 Verify 0 of 1", "web/ready"]);
    lab.ctl("app-2", "qdt-web", "health 503 failing");
    person::wait(&mut pty, &["6 Verdict rolled back", "took back  v2", "code", "what ran before: web, worker"]);
    assert!(!pty.screen().contains("still v2") && !pty.screen().contains("between:"), "{pty:?}");
    assert_eq!(ship.truth(), old, "{pty:?}");
    pty.hang_up();
    drop(pty);

    // One service never gets well on one host, and its way back fails there: it stops, and says what runs what.
    ship.make("app-2", "web-ill");
    ship.make("app-2", "stuck");
    let mut pty = ship.goes("v3");
    let stands = "still v3: web on app-1; between: web on app-2; what ran before:";
    person::wait(
        &mut pty,
        &["4 Run failed", "Failed: “Rollback” on app-2", "app-2 ✗ exit 1", "What code runs", stands],
    );
    assert_eq!(
        ship.truth(),
        ["web on app-1: v3 ready", "web on app-2: v3 ill", "worker on app-2: v1 ready"],
        "{pty:?}"
    );
    pty.keys("d");
    person::wait(&mut pty, &["retry edited", "end the run"]);
    assert!(!pty.screen().contains("roll back"), "it goes back already: {pty:?}");
    pty.keys("esc");
    person::ends(&mut pty, "mended by hand");
    let wrapped = ["still v3: web on app-1; between:", "web on app-2; what ran before:"];
    person::wait(&mut pty, &["6 Verdict failed, not rolled back", wrapped[0], wrapped[1]]);
    // And what systemd and the probes say of each is one key away.
    pty.keys("1");
    person::wait(&mut pty, &["degraded"]);
    assert_eq!(
        ship.truth(),
        ["web on app-1: v3 ready", "web on app-2: v3 ill", "worker on app-2: v1 ready"],
        "{pty:?}"
    );
    report(
        "deploy that breaks on a screen",
        2,
        2,
        "guard trips: rolled back; never green and no way back: stopped; each service told as it is",
    );
}
