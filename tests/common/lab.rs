//! The lab of real hosts (tests/lab) as tests see it: commands inside a host past the
//! network, faults and their undo, and locks so that tests do not disturb each other.
//!
//! A test that needs it is marked `#[ignore = "needs the lab: run tests/run"]`, begins
//! with `Lab::get()` and then either shares hosts (looks only) or holds them (disturbs).

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The lab that `tests/run` has booted, or a shell that sourced a lab's `env`.
pub struct Lab {
    dir: PathBuf,
    name: String,
}

/// Hosts that nobody else disturbs while this lives. Hosts that were held are mended
/// when it goes, whatever the test did to them.
pub struct Held<'lab> {
    lab: &'lab Lab,
    hosts: Vec<String>,
    exclusive: bool,
    _locks: Vec<File>,
}

impl Lab {
    /// The lab named by `$QD_LAB`. Without one the test fails: a lab test that did not
    /// run must never look passed.
    pub fn get() -> Self {
        let dir = PathBuf::from(std::env::var_os("QD_LAB").expect("this test needs the lab: run it through tests/run"));
        let name = fs::read_to_string(dir.join("name")).expect("$QD_LAB is not the folder of a lab");
        Self { dir, name: name.trim().to_owned() }
    }

    /// The lab's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The ssh configuration with an alias for each host and user.
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config")
    }

    /// The site file that describes the lab to `qd`, where its flavour has one.
    pub fn site(&self) -> PathBuf {
        self.dir.join("site/pakashop")
    }

    /// The names of all hosts.
    pub fn hosts(&self) -> Vec<String> {
        let hosts = fs::read_to_string(self.dir.join("hosts")).expect("the lab lists its hosts");
        hosts.lines().map(str::to_owned).collect()
    }

    /// Waits until nobody disturbs these hosts and keeps it so: for tests that only look.
    pub fn share(&self, hosts: &[&str]) -> Held<'_> {
        self.lock(hosts, false)
    }

    /// Waits until nobody else uses these hosts and keeps it so: for tests that disturb.
    pub fn hold(&self, hosts: &[&str]) -> Held<'_> {
        self.lock(hosts, true)
    }

    fn lock(&self, hosts: &[&str], exclusive: bool) -> Held<'_> {
        // Always in the same order, so that two tests never wait for each other.
        let mut hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        hosts.sort();
        hosts.dedup();
        let locks = hosts
            .iter()
            .map(|host| {
                let path = self.dir.join("locks").join(host);
                let file = OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(&path)
                    .unwrap_or_else(|error| panic!("cannot open the lock {}: {error}", path.display()));
                let locked = if exclusive { file.lock() } else { file.lock_shared() };
                locked.unwrap_or_else(|error| panic!("cannot lock {}: {error}", path.display()));
                file
            })
            .collect();
        Held { lab: self, hosts, exclusive, _locks: locks }
    }

    /// Runs a command inside a host, past network and sshd, and returns what it printed;
    /// the test fails when the command does.
    pub fn on(&self, host: &str, argv: &[&str]) -> String {
        succeeded(&self.try_on(host, argv), &format!("{argv:?} on {host}"))
    }

    /// As `on`, with the exit status to look at.
    pub fn try_on(&self, host: &str, argv: &[&str]) -> Output {
        self.tool("on", 60).arg(host).args(argv).output().expect("tests/lab/on starts")
    }

    /// The same, not started yet: for what goes on beside a test, two minutes at most.
    pub fn command_on(&self, host: &str, argv: &[&str]) -> Command {
        let mut command = self.tool("on", 120);
        command.arg(host).args(argv);
        command
    }

    /// Makes or undoes a fault: `lab.fault("app-1", "cut all")`.
    pub fn fault(&self, host: &str, what: &str) {
        let output =
            self.tool("fault", 120).arg(host).args(what.split_whitespace()).output().expect("tests/lab/fault starts");
        succeeded(&output, &format!("the fault `{what}` on {host}"));
    }

    /// Tells a test service what to do: `lab.ctl("app-1", "nginx", "crash 3")`.
    pub fn ctl(&self, host: &str, service: &str, command: &str) -> String {
        let output = self
            .tool("ctl", 30)
            .args([host, service])
            .args(command.split_whitespace())
            .output()
            .expect("tests/lab/ctl starts");
        succeeded(&output, &format!("`{command}` to {service} on {host}"))
    }

    /// Runs a command over plain ssh, without any prompt, for at most ten seconds.
    pub fn ssh(&self, alias: &str, command: &str) -> Output {
        Command::new("timeout")
            .args(["-k", "1", "10", "ssh", "-o", "BatchMode=yes", "-F"])
            .arg(self.ssh_config())
            .args([alias, command])
            .stdin(Stdio::null())
            .output()
            .expect("ssh starts")
    }

    /// One property of a unit, as systemd on the host has it.
    pub fn property(&self, host: &str, unit: &str, property: &str) -> String {
        self.on(host, &["systemctl", "show", "--value", "-p", property, unit]).trim().to_owned()
    }

    /// The command lines of all processes of a host.
    pub fn processes(&self, host: &str) -> Vec<String> {
        const LIST: &str = "
import os
for pid in os.listdir('/proc'):
    if pid.isdigit():
        try:
            line = open('/proc/' + pid + '/cmdline', 'rb').read()
        except OSError:
            continue
        if line:
            print(line.rstrip(b'\\0').replace(b'\\0', b' ').decode('utf-8', 'replace').replace('\\n', ' '))
";
        self.on(host, &["/usr/bin/python3", "-ISc", LIST]).lines().map(str::to_owned).collect()
    }

    /// Does something with the lab's Docker: `lab.containers(&["docker", "ps"])`.
    pub fn containers(&self, arguments: &[&str]) -> String {
        succeeded(&self.try_containers(arguments), &format!("tests/lab/containers {arguments:?}"))
    }

    /// As `containers`, with the exit status to look at.
    pub fn try_containers(&self, arguments: &[&str]) -> Output {
        self.tool("containers", 120).args(arguments).output().expect("tests/lab/containers starts")
    }

    fn tool(&self, name: &str, seconds: u32) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["-k", "1", &seconds.to_string()])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(name))
            .args(["--name", &self.name])
            .stdin(Stdio::null());
        command
    }
}

impl Held<'_> {
    /// Undoes every fault of the held hosts now, and waits until they answer.
    pub fn mend(&self) {
        for host in &self.hosts {
            self.lab.fault(host, "mend");
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.exclusive {
            return;
        }
        for host in &self.hosts {
            let mended = self.lab.tool("fault", 120).args([host, "mend"]).status();
            if !mended.is_ok_and(|status| status.success()) {
                eprintln!("the host {host} could not be mended after this test");
            }
        }
    }
}

/// How often to repeat a fault: a sample in an ordinary run, all with `tests/run --long`.
pub fn repetitions(sample: usize, all: usize) -> usize {
    if std::env::var_os("QD_LONG").is_some() { all } else { sample }
}

/// Adds one line to the table of docs/reliability.md (kept by `tests/run --long` only).
pub fn report(fault: &str, repetitions: usize, passed: usize, note: &str) {
    let Some(results) = std::env::var_os("QD_RESULTS") else { return };
    let note = note.replace(['\t', '\n'], " ");
    let tests = env!("CARGO_CRATE_NAME");
    let line = format!("{tests}\t{fault}\t{repetitions}\t{passed}\t{note}\n");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(results)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .expect("$QD_RESULTS can be written");
}

fn succeeded(output: &Output, what: &str) -> String {
    assert!(
        output.status.success(),
        "{what} failed with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
