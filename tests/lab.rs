//! The lab itself: its hosts are whole, and each fault does what it says and can be
//! undone. What these tests show, every other lab test relies on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "each test file uses a part of the lab's module")]

#[path = "common/lab.rs"]
mod lab;

use std::time::{Duration, Instant};

use lab::Lab;

/// Whether ssh gives a working shell on the host.
fn ssh_works(lab: &Lab, alias: &str) -> bool {
    let output = lab.ssh(alias, "echo alive");
    output.status.success() && output.stdout == b"alive\n"
}

/// What ssh says when it fails.
fn ssh_error(lab: &Lab, alias: &str) -> String {
    let output = lab.ssh(alias, "echo alive");
    assert!(!output.status.success(), "ssh to {alias} works");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How ssh ends within two seconds; 124 when it hangs.
fn ssh_status(lab: &Lab, alias: &str) -> Option<i32> {
    let status = std::process::Command::new("timeout")
        .args(["-k", "1", "2", "ssh", "-o", "BatchMode=yes", "-F"])
        .arg(lab.ssh_config())
        .args([alias, "true"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    status.code()
}

/// Whether ssh hangs: neither an answer nor an error.
fn ssh_hangs(lab: &Lab, alias: &str) -> bool {
    ssh_status(lab, alias) == Some(124)
}

fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn every_host_runs_systemd_and_the_site_has_its_23_services() {
    let lab = Lab::get();
    let hosts = lab.hosts();
    assert_eq!(hosts, ["app-1", "app-2", "db-1"]);
    let _shared = lab.share(&["app-1", "app-2", "db-1"]);
    let mut services = std::collections::BTreeSet::new();
    for host in &hosts {
        let state =
            lab.try_on(host, &["sh", "-c", "systemctl is-system-running; systemctl --failed --plain --no-legend"]);
        assert_eq!(String::from_utf8_lossy(&state.stdout).trim(), "running", "{host}");
        assert_eq!(lab.on(host, &["hostname"]).trim(), host);
        assert!(ssh_works(&lab, host), "ssh to {host}");
        let units = lab.on(host, &["sh", "-c", "cd /etc/systemd/system/multi-user.target.wants && ls"]);
        for unit in units.lines().filter(|unit| unit.starts_with("pakashop-") || DATA.contains(unit)) {
            assert_eq!(lab.property(host, unit, "ActiveState"), "active", "{unit} on {host}");
            assert!(lab.property(host, unit, "MemoryCurrent").parse::<u64>().is_ok(), "{unit} on {host}");
            assert!(lab.property(host, unit, "CPUUsageNSec").parse::<u64>().is_ok(), "{unit} on {host}");
            services.insert(unit.to_owned());
        }
    }
    assert_eq!(services.len(), 23, "{services:?}");
}

const DATA: [&str; 4] = ["postgresql.service", "redis.service", "meilisearch.service", "nginx.service"];

#[test]
#[ignore = "needs the lab: run tests/run"]
fn the_site_of_the_lab_has_no_mistake() {
    let lab = Lab::get();
    let file = lab.site().join("site.toml");
    let parsed = quarterdeck::site::parse(&file, "pakashop", &std::fs::read(&file).unwrap());
    assert!(parsed.mistakes.is_empty(), "{:#?}", parsed.mistakes);
    let environments = parsed.value.expect("without a mistake there is a site").environments;
    assert_eq!(environments.len(), 5);
    for environment in environments {
        assert_eq!(environment.hosts.len(), 3);
        assert_eq!(environment.services.len(), 23);
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn users_have_the_rights_and_shells_they_are_named_for() {
    let lab = Lab::get();
    let _shared = lab.share(&["app-1", "app-2"]);
    let says = |alias: &str, command: &str| String::from_utf8_lossy(&lab.ssh(alias, command).stdout).trim().to_owned();
    assert_eq!(says("app-1-ops", "sudo -n id -un"), "root");
    assert_eq!(says("app-1-oper", "sudo -n id -un"), "");
    assert_eq!(says("app-1-oper", "echo quarterdeck | sudo -S -p '' id -un"), "root");
    assert_eq!(says("app-1-plain", "echo quarterdeck | sudo -S -p '' id -un"), "");
    for shell in ["bash", "dash", "rbash"] {
        assert_eq!(says(&format!("app-1-u-{shell}"), "echo $0"), shell);
    }
    assert_eq!(says("app-1-u-csh", "echo $version | cut -c1-4"), "tcsh");
    assert_eq!(says("app-1-u-fish", "string length abc"), "3");
    assert!(says("app-1-u-noisy", "echo done").starts_with("welcome"));
    assert!(says("app-1-u-nologin", "true").contains("not available"));
    assert_eq!(says("via-app-2", "hostname"), "app-2");
    assert!(ssh_error(&lab, "app-1-pass").contains("Permission denied"));
    assert!(ssh_error(&lab, "app-1-both").contains("Permission denied"));
    assert!(ssh_error(&lab, "app-1-locked").contains("Permission denied"));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn services_obey() {
    let lab = Lab::get();
    let held = lab.hold(&["app-1"]);
    let unit = "pakashop-search";
    let get = |path: &str| {
        let url = format!("localhost:3110{path}");
        lab.on("app-1", &["curl", "-s", "-m", "1", "-w", " %{http_code}", &url])
    };
    assert!(get("/health").contains(r#""status":"ok","service":"pakashop-search""#));
    assert!(get("/health/ready").contains(r#""meilisearch":"ok""#));
    assert!(get("/health/metrics").contains("process_start_time_seconds"));

    lab.ctl("app-1", unit, "dep meilisearch bad refused");
    let ready = get("/health/ready");
    assert!(ready.contains(r#""meilisearch":"refused""#) && ready.ends_with("503"), "{ready}");
    lab.ctl("app-1", unit, "dep meilisearch ok");
    lab.ctl("app-1", unit, "health 500 on fire");
    assert!(get("/health").ends_with("500"));
    lab.ctl("app-1", unit, "reset");

    let started = Instant::now();
    lab.ctl("app-1", unit, "slow 400");
    get("/health");
    assert!(started.elapsed() >= Duration::from_millis(400));
    lab.ctl("app-1", unit, "reset");
    lab.ctl("app-1", unit, "hang");
    let hung = lab.try_on("app-1", &["curl", "-s", "-m", "1", "localhost:3110/health"]);
    assert_eq!(hung.status.code(), Some(28), "curl gives up");
    lab.ctl("app-1", unit, "resume");
    assert!(get("/health").ends_with("200"));

    lab.ctl("app-1", unit, "log warn 5000 counted");
    within(Duration::from_secs(10), "5000 lines in the journal", || {
        let lines = lab.on(
            "app-1",
            &["sh", "-c", "journalctl -q -u pakashop-search -p 4..4 -o cat | grep -c '^counted ' || true"],
        );
        lines.trim() == "5000"
    });
    lab.ctl("app-1", unit, "raw err 1b5d32090a00ff");
    within(Duration::from_secs(5), "the raw bytes in the journal", || {
        let entry = lab.on("app-1", &["journalctl", "-q", "-u", unit, "-p", "3..3", "-o", "json", "-n", "1"]);
        entry.contains("[27,93,50,9,10,0,255]")
    });
    lab.ctl("app-1", unit, "status-text 6465657020746f706963");
    within(Duration::from_secs(5), "the status text", || lab.property("app-1", unit, "StatusText") == "deep topic");

    lab.ctl("app-1", unit, "crash 3");
    within(Duration::from_secs(5), "the crash is seen", || lab.property("app-1", unit, "ExecMainStatus") == "3");
    within(Duration::from_secs(10), "it runs again", || lab.property("app-1", unit, "SubState") == "running");
    assert!(lab.property("app-1", unit, "NRestarts").parse::<u32>().unwrap() >= 1);

    lab.ctl("app-1", unit, "crash-loop on 4");
    lab.ctl("app-1", unit, "crash 4");
    within(Duration::from_secs(20), "the start limit is hit", || {
        lab.property("app-1", unit, "ActiveState") == "failed"
    });
    lab.ctl("app-1", unit, "reset");
    lab.ctl("app-1", unit, "start-slow 1000");
    lab.on("app-1", &["systemctl", "reset-failed", unit]);
    let started = Instant::now();
    lab.on("app-1", &["systemctl", "start", unit]);
    assert!(started.elapsed() >= Duration::from_millis(1000));
    lab.ctl("app-1", unit, "reset");
    drop(held);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn faults_of_the_network_break_and_heal() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    for (fault, undo) in [
        ("cut", "heal"),
        ("cut all", "heal"),
        ("loss 100", "heal"),
        ("link-down", "link-up"),
        ("freeze", "thaw"),
        ("slow-banner", "start-sshd"),
        ("silent", "start-sshd"),
    ] {
        lab.fault("db-1", fault);
        assert!(ssh_hangs(&lab, "db-1"), "{fault}");
        if fault != "freeze" {
            assert_eq!(lab.on("db-1", &["hostname"]).trim(), "db-1", "out of band during {fault}");
        }
        lab.fault("db-1", undo);
        assert!(ssh_works(&lab, "db-1"), "{undo} after {fault}");
    }
    lab.fault("db-1", "rate 256");
    assert!(ssh_works(&lab, "db-1"));
    let started = Instant::now();
    assert!(lab.ssh("db-1", "head -c 60000 /dev/urandom").status.success());
    assert!(started.elapsed() > Duration::from_secs(1), "60 kB at 256 kbit/s");
    lab.fault("db-1", "heal");
}

/// A shell on the host that stays open; `Some` when it has ended.
fn open_shell(lab: &Lab, alias: &str) -> std::process::Child {
    use std::io::Read as _;
    let mut child = std::process::Command::new("ssh")
        .arg("-F")
        .arg(lab.ssh_config())
        .args(["-o", "BatchMode=yes", alias, "echo; exec sleep 60"])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut byte = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
    child
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn open_connections_can_be_killed_reset_and_silenced() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    for fault in ["kill-sshd-children", "reset", "hard-reset"] {
        let mut shell = open_shell(&lab, "db-1");
        lab.fault("db-1", fault);
        if fault == "hard-reset" {
            // Nobody says goodbye: the connection just hangs.
            assert!(shell.try_wait().unwrap().is_none());
            shell.kill().unwrap();
            shell.wait().unwrap();
        } else {
            within(Duration::from_secs(5), fault, || shell.try_wait().unwrap().is_some());
        }
        lab.fault("db-1", "wait");
        assert!(ssh_works(&lab, "db-1"), "after {fault}");
    }
    let mut shell = open_shell(&lab, "db-1");
    lab.fault("db-1", "cut now");
    assert!(ssh_works(&lab, "db-1"), "a new connection passes");
    assert!(shell.try_wait().unwrap().is_none(), "the old one hangs");
    shell.kill().unwrap();
    shell.wait().unwrap();
    lab.fault("db-1", "heal");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn faults_of_sshd_break_and_mend() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    lab.fault("app-2", "stop-sshd");
    assert!(ssh_error(&lab, "app-2").contains("refused"));
    lab.fault("app-2", "start-sshd");
    assert!(ssh_works(&lab, "app-2"));

    let main = lab.property("app-2", "ssh.service", "MainPID");
    lab.fault("app-2", "kill-sshd");
    within(Duration::from_secs(10), "sshd is back", || ssh_works(&lab, "app-2"));
    assert_ne!(lab.property("app-2", "ssh.service", "MainPID"), main);

    lab.fault("app-2", "new-host-key");
    assert!(ssh_error(&lab, "app-2").contains("REMOTE HOST IDENTIFICATION HAS CHANGED"));
    lab.fault("app-2", "old-host-key");
    assert!(ssh_works(&lab, "app-2"));

    lab.fault("app-2", "max-sessions 0");
    assert!(!ssh_works(&lab, "app-2"));
    lab.fault("app-2", "sshd-default");
    lab.fault("app-2", "sshd AllowUsers nobody");
    assert!(ssh_error(&lab, "app-2").contains("Permission denied"));
    lab.fault("app-2", "sshd-default");
    lab.fault("app-2", "garbage");
    assert!(!ssh_works(&lab, "app-2"));
    lab.fault("app-2", "start-sshd");

    lab.fault("app-2", "slow-login 3");
    let started = Instant::now();
    assert!(ssh_works(&lab, "app-2"));
    assert!(started.elapsed() >= Duration::from_secs(3));
    lab.fault("app-2", "slow-login 0");
    lab.fault("app-2", "banner 100000");
    assert!(lab.ssh("app-2", "true").stderr.len() >= 100_000);
    lab.fault("app-2", "banner 0");
    assert!(lab.ssh("app-2", "true").stderr.is_empty());
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn faults_of_the_host_break_and_mend() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let boot = |lab: &Lab| lab.on("db-1", &["cat", "/proc/sys/kernel/random/boot_id"]);

    let before = boot(&lab);
    lab.on("db-1", &["touch", "/var/tmp/marker"]);
    lab.fault("db-1", "reboot --wait");
    assert_ne!(boot(&lab), before, "a new boot");
    lab.on("db-1", &["test", "-e", "/var/tmp/marker"]);
    assert!(lab.on("db-1", &["journalctl", "-q", "--list-boots"]).lines().count() >= 2);
    assert!(ssh_works(&lab, "db-1"), "the same host key");

    lab.fault("db-1", "power-cut");
    assert_ne!(ssh_status(&lab, "db-1"), Some(0));
    lab.fault("db-1", "power-on --wait");
    assert!(ssh_works(&lab, "db-1"));

    lab.fault("db-1", "fill");
    assert!(!lab.try_on("db-1", &["sh", "-c", "echo more >/srv/small/file"]).status.success());
    lab.fault("db-1", "unfill");
    lab.on("db-1", &["sh", "-c", "echo more >/srv/small/file"]);
    lab.fault("db-1", "fill-inodes");
    assert!(!lab.try_on("db-1", &["touch", "/srv/small/another"]).status.success());
    lab.fault("db-1", "unfill");
    lab.on("db-1", &["touch", "/srv/small/another"]);

    lab.fault("db-1", "freeze redis.service");
    let frozen = lab.try_on("db-1", &["curl", "-s", "-m", "1", "localhost:6379/health"]);
    assert_eq!(frozen.status.code(), Some(28), "curl gives up");
    lab.fault("db-1", "thaw redis.service");
    lab.on("db-1", &["curl", "-sf", "-m", "1", "localhost:6379/health"]);

    lab.fault("db-1", "load 2");
    let busy = |lab: &Lab| lab.processes("db-1").iter().filter(|line| line.contains("while :")).count();
    assert_eq!(busy(&lab), 2);
    lab.fault("db-1", "idle");
    assert_eq!(busy(&lab), 0);

    lab.fault("db-1", "oom");
    within(Duration::from_secs(10), "the kernel kills it", || {
        lab.property("db-1", "lab-oom.service", "ExecMainStatus") == "9"
    });
    lab.on("db-1", &["systemctl", "reset-failed", "lab-oom.service"]);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn mend_undoes_everything_at_once() {
    let lab = Lab::get();
    let held = lab.hold(&["app-2"]);
    for faults in [
        &["fill", "new-host-key", "max-sessions 0", "slow-login 60", "load 1", "cut all"][..],
        &["link-down", "stop-sshd", "freeze"],
        &["silent", "banner 5000", "fill-inodes", "power-cut"],
    ] {
        for fault in faults {
            lab.fault("app-2", fault);
        }
        assert_ne!(ssh_status(&lab, "app-2"), Some(0), "{faults:?}");
        held.mend();
        assert!(ssh_works(&lab, "app-2"), "mended after {faults:?}");
        assert!(lab.ssh("app-2", "true").stderr.is_empty());
        assert_eq!(lab.on("app-2", &["systemctl", "is-system-running"]).trim(), "running");
        lab.on("app-2", &["touch", "/srv/small/room"]);
    }
}

/// A command of the lab that needs no lab of its own.
fn lab_command(name: &str, arguments: &[&str]) -> std::process::Output {
    std::process::Command::new("timeout")
        .args(["-k", "1", "120"])
        .arg(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(name))
        .args(arguments)
        .env_remove("QD_LAB")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

fn boot_another(name: &str, owner: u32) {
    let dir = format!("{}/target/lab/{name}", env!("CARGO_MANIFEST_DIR"));
    let output = lab_command("up", &["--hosts", "1", "--name", name, "--dir", &dir, "--owner", &owner.to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_listed(name: &str) -> bool {
    String::from_utf8_lossy(&lab_command("list", &[]).stdout).lines().any(|line| line.starts_with(name))
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_lab_whose_parts_were_killed_is_taken_away_whole() {
    let _needed = Lab::get();
    let name = format!("crash-{}", std::process::id());
    boot_another(&name, std::process::id());
    let run = format!("/run/quarterdeck-lab/{name}");
    let nspawn = std::fs::read_to_string(format!("{run}/hosts/host-1/nspawn.pid")).unwrap();
    let bridge = std::fs::read_to_string(format!("{run}/bridge")).unwrap();
    let keeper = format!("host.sh {run} host-1");
    std::process::Command::new("pkill").args(["-KILL", "-f", &keeper]).status().unwrap();
    std::process::Command::new("kill").args(["-KILL", nspawn.trim()]).status().unwrap();
    // The second time there is nothing left to take away, and that is no mistake.
    for _ in 0..2 {
        let down = lab_command("down", &["--name", &name]);
        assert!(down.status.success(), "{}", String::from_utf8_lossy(&down.stderr));
    }
    assert!(!is_listed(&name));
    assert!(!std::path::Path::new(&run).exists());
    let links = std::process::Command::new("ip").args(["-o", "link"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&links.stdout).contains(&format!(" {}:", bridge.trim())));
    let left = std::process::Command::new("pgrep").args(["-f", &format!("{run}/")]).output().unwrap();
    assert!(left.stdout.is_empty(), "{}", String::from_utf8_lossy(&left.stdout));
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    assert!(!mounts.contains(&run));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_lab_goes_with_its_owner() {
    let _needed = Lab::get();
    let name = format!("owned-{}", std::process::id());
    let mut owner = std::process::Command::new("sleep").arg("300").spawn().unwrap();
    boot_another(&name, owner.id());
    assert!(is_listed(&name));
    owner.kill().unwrap();
    owner.wait().unwrap();
    within(Duration::from_secs(20), "the lab is gone", || !is_listed(&name));
}
