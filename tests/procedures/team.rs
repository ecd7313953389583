//! Two people with a workstation each, who have the same site of the lab's hosts and the same document.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quarterdeck::domain::{Run, RunId};
use quarterdeck::engine::store::{Outputs, Sqlite, Store};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::console::{Console, run_of};
use crate::lab::Lab;

/// The hosts that are used; the first one is the lock host.
pub const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];
/// Where root's part of a run is kept on the hosts of these tests.
pub const STATE: &str = "/var/lib/qdt-runs";

/// How the hosts are entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    pub environment: &'static str,
    pub prefix: &'static str,
    pub suffix: &'static str,
    become_root: &'static str,
    /// What the steps carry besides.
    pub flag: &'static str,
}

/// As root, as a user with sudo, as one without, as root and as a user where there is no systemd.
pub const LOGINS: [Login; 5] = [
    Login { environment: "root", prefix: "", suffix: "", become_root: "root", flag: "" },
    Login { environment: "sudo", prefix: "", suffix: "-ops", become_root: "sudo", flag: " root" },
    Login { environment: "plain", prefix: "", suffix: "-plain", become_root: "never", flag: "" },
    Login { environment: "nosystemd", prefix: "bare-", suffix: "", become_root: "root", flag: "" },
    Login { environment: "nosystemdplain", prefix: "bare-", suffix: "-plain", become_root: "never", flag: "" },
];

/// A run that these two have to do with, and everything on the hosts that comes of it.
pub struct Team<'lab> {
    pub lab: &'lab Lab,
    pub login: Login,
    config: PathBuf,
    seats: Vec<TempDir>,
    /// Who was at the run last.
    pub at: usize,
    pub run: Option<String>,
    /// A file on each host to which every step appends its name.
    pub truth: String,
}

impl<'lab> Team<'lab> {
    /// `config` is what ssh is told; without a lock host nobody else can go on with a run.
    pub fn new(lab: &'lab Lab, login: Login, config: &Path, name: &str, lock_host: bool) -> Self {
        let seats = (0..2).map(|_| tempfile::Builder::new().prefix("qdp").tempdir_in("/tmp").unwrap()).collect();
        let truth = format!("/tmp/qdt-truth-{name}-{}", login.environment);
        let team = Self { lab, login, config: config.to_owned(), seats, at: 0, run: None, truth };
        let lock = if lock_host { format!("lock_host = \"{}\"\n", HOSTS[0]) } else { String::new() };
        let environment = login.environment;
        let mut text = format!(
            "title = \"shop\"\n[environments.{environment}]\nstate_directory = \"{STATE}\"\n{lock}\
             [environments.{environment}.hosts]\n"
        );
        for host in HOSTS {
            text.push_str(&format!(
                "{host} = {{ ssh = \"{}{host}{}\", become = \"{}\" }}\n",
                login.prefix, login.suffix, login.become_root
            ));
        }
        for (seat, person) in ["ada", "bea"].into_iter().enumerate() {
            let site = team.path(seat, "config/quarterdeck/sites/shop");
            fs::create_dir_all(&site).unwrap();
            fs::create_dir_all(team.path(seat, "runtime")).unwrap();
            fs::write(site.join("site.toml"), &text).unwrap();
            let own = team.path(seat, "config/quarterdeck/config.toml");
            fs::write(own, format!("name = \"{person}\"\n")).unwrap();
        }
        team
    }

    pub fn path(&self, seat: usize, name: &str) -> PathBuf {
        self.seats[seat].path().join(name)
    }

    pub fn write(&self, document: &str) {
        for seat in 0..self.seats.len() {
            fs::write(self.path(seat, "run.md"), document).unwrap();
            let mut trust = Command::new(env!("CARGO_BIN_EXE_qd"));
            trust.args(["trust", "./run.md", "--yes"]).current_dir(self.seats[seat].path());
            trust.envs(self.variables_of(seat)).stdout(Stdio::null());
            assert!(trust.status().unwrap().success(), "the document is not trusted");
        }
    }

    /// The same as one of the site's procedures.
    pub fn publish(&self, name: &str, document: &str) {
        for seat in 0..self.seats.len() {
            let folder = self.path(seat, "config/quarterdeck/sites/shop/procedures");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), document).unwrap();
        }
    }

    /// The program as the one who is at it calls it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args(arguments).current_dir(self.seats[self.at].path());
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.env_remove("QD_FAULT_JOBS").stdin(Stdio::null());
        command
    }

    /// What it is told in its environment.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        self.variables_of(self.at)
    }

    fn variables_of(&self, seat: usize) -> Vec<(&'static str, PathBuf)> {
        let own = [
            ("HOME", "home"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ];
        let own = own.into_iter().map(|(name, folder)| (name, self.path(seat, folder)));
        own.chain([("QD_SSH_CONFIG", self.config.clone())]).collect()
    }

    /// What is to be done with the document.
    pub fn arguments<'a>(&self, more: &[&'a str]) -> Vec<&'a str> {
        [&["run", "./run.md", "shop", "-e", self.login.environment], more].concat()
    }

    pub fn console(&self, more: &[&str]) -> Console {
        let number = fs::read_dir(self.seats[self.at].path()).unwrap().count();
        let (told, complained) = (format!("told-{number}"), format!("complained-{number}"));
        let open = |name: &str| {
            let path = self.path(self.at, name);
            OpenOptions::new().create(true).append(true).open(path).unwrap()
        };
        let mut command = self.command(&self.arguments(more));
        command.arg("--json").stdout(open(&told)).stderr(open(&complained));
        let child = command.spawn().unwrap();
        let told = File::open(self.path(self.at, &told)).unwrap();
        Console::new(child, told, self.path(self.at, &complained))
    }

    /// Goes on with the run.
    pub fn resume(&self, more: &[&str]) -> Console {
        let id = self.run.clone().expect("a run has begun");
        self.console(&[&["--resume", id.as_str()], more].concat())
    }

    /// Takes in what a console has told: its new lines.
    pub fn listen(&mut self, console: &mut Console) -> Vec<String> {
        let lines = console.more().to_vec();
        if self.run.is_none() {
            self.run = lines.iter().find_map(|line| run_of(line));
        }
        lines
    }

    /// Lets so much time go by on the lock host that nobody counts as being at the run any more.
    pub fn age(&self) {
        let run = self.run.clone().unwrap_or_default();
        let script = format!(
            "find {STATE}/mirror /var/tmp -path '*{run}*' -name alive 2>/dev/null | while read -r at; do \
             echo \"1 $(cat /proc/sys/kernel/random/boot_id)\" >\"$at\"; done"
        );
        self.lab.on(HOSTS[0], &["sh", "-c", &script]);
    }

    /// `kill -9` of every ssh of both workstations.
    pub fn kill_masters(&self) {
        for seat in &self.seats {
            let sockets = seat.path().join("runtime").display().to_string();
            for (pid, line) in processes() {
                if line.contains(&sockets) && line.contains("ssh") {
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
        }
    }

    /// The run and everything that it printed, as one of the two has it; nothing if that one has it not.
    pub fn recorded(&self, seat: usize) -> Option<(Run, Outputs)> {
        let id = self.run.clone().expect("a run has begun");
        let store = Sqlite::open(&self.path(seat, "data/quarterdeck"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            store.state().changed().await.unwrap();
            let run = store.find(id.clone()).await.unwrap().into_iter().next()?;
            Some((run, store.outputs(RunId::new(&id).unwrap(), 64 << 20).await.unwrap()))
        })
    }

    /// The run as whoever is at it has it.
    pub fn now(&self) -> (Run, Outputs) {
        self.recorded(self.at).expect("whoever is at a run has it in the store")
    }

    /// How often each step really happened on a host.
    pub fn happened(&self, host: &str) -> BTreeMap<String, usize> {
        let text = self.lab.on(host, &["sh", "-c", &format!("cat {} 2>/dev/null; true", self.truth)]);
        let mut happened = BTreeMap::new();
        for line in text.lines() {
            *happened.entry(line.to_owned()).or_default() += 1;
        }
        happened
    }

    /// What of the run is left on a host when it has ended, but for what keeps those off who were overtaken.
    pub fn left(&self, host: &str) -> String {
        let run = self.run.clone().unwrap_or_default();
        let script = format!(
            "find {STATE}/runs /home/*/.local/state/quarterdeck /var/tmp/quarterdeck-jobs -path '*{run}*' ! -name '*token-*' \
             2>/dev/null; systemctl list-units --all --plain --no-legend 'qd-{run}*'"
        );
        String::from_utf8_lossy(&self.lab.try_on(host, &["sh", "-c", &script]).stdout).trim().to_owned()
    }
}

impl Drop for Team<'_> {
    fn drop(&mut self) {
        let run = self.run.clone().unwrap_or_else(|| "none".to_owned());
        let script = format!(
            "rm -f {truth}; for at in {STATE}/mirror {STATE}/runs /var/tmp /var/tmp/quarterdeck-jobs \
             /home/*/.local/state/quarterdeck/runs; do rm -rf $at/*{run}* $at/.*{run}*; done; rmdir /var/tmp/quarterdeck-jobs \
             {STATE}/* {STATE} 2>/dev/null; true",
            truth = self.truth
        );
        HOSTS.iter().for_each(|host| drop(self.lab.try_on(host, &["sh", "-c", &script])));
    }
}

fn processes() -> Vec<(Pid, String)> {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let lines = numbers.filter_map(|number| {
        let line = fs::read(Path::new("/proc").join(number.to_string()).join("cmdline")).ok()?;
        Some((Pid::from_raw(number)?, String::from_utf8_lossy(&line).replace('\0', " ")))
    });
    lines.collect()
}
