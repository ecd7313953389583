//! Procedures on real hosts, broken at random moments: every step happens once, every line is kept once, every run ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::domain::{Run, RunId};
use quarterdeck::engine::store::{Outputs, Sqlite, Store};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::hosts::{Lab, repetitions, report};

const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];
const STEPS: usize = 20;
const LINES: usize = 1000;
/// Of the step on the hosts, the last moment at which something is broken: the rest is for its end.
const LAST_BREAK: usize = 52;
/// However often a run is broken, it ends within this.
const WITHIN: Duration = Duration::from_secs(240);

/// What is done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// `kill -9` of the console, which is then resumed.
    Console,
    /// `kill -9` of the ssh masters of the console.
    Master,
    /// `kill -9` of every sshd that serves a connection of one host.
    Sshd,
    /// One host's link drops everything for a while, half-open.
    Cut,
}

const BREAKS: [Break; 4] = [Break::Console, Break::Master, Break::Sshd, Break::Cut];

/// How the hosts are entered: as root, as a user with sudo, as one without.
#[derive(Debug, Clone, Copy)]
struct Login {
    environment: &'static str,
    suffix: &'static str,
    become_root: &'static str,
    /// What the steps carry besides.
    flag: &'static str,
}

const LOGINS: [Login; 3] = [
    Login { environment: "root", suffix: "", become_root: "root", flag: "" },
    Login { environment: "sudo", suffix: "-ops", become_root: "sudo", flag: " root" },
    Login { environment: "plain", suffix: "-plain", become_root: "never", flag: "" },
];

/// A person's folders and a site of the lab's hosts.
struct Desk<'lab> {
    lab: &'lab Lab,
    login: Login,
    folder: TempDir,
    /// A file on each host to which every step appends its name.
    truth: String,
}

impl<'lab> Desk<'lab> {
    fn new(lab: &'lab Lab, login: Login, name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("qdp").tempdir_in("/tmp").unwrap();
        let truth = format!("/tmp/qdt-truth-{name}-{}", login.environment);
        let desk = Self { lab, login, folder, truth };
        let site = desk.path("config/quarterdeck/sites/shop");
        fs::create_dir_all(&site).unwrap();
        fs::create_dir_all(desk.path("runtime")).unwrap();
        let environment = login.environment;
        let mut text = format!("title = \"shop\"\n[environments.{environment}]\n[environments.{environment}.hosts]\n");
        for host in HOSTS {
            text.push_str(&format!(
                "{host} = {{ ssh = \"{host}{}\", become = \"{}\" }}\n",
                login.suffix, login.become_root
            ));
        }
        fs::write(site.join("site.toml"), text).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Twenty steps on every host, each with a line in the truth and a thousand on its output.
    fn write_twenty(&self) {
        let (truth, flag) = (&self.truth, self.login.flag);
        let mut text = String::from("# Twenty\n");
        for step in 1..=STEPS {
            // A host that is away when a step is to begin is tried again: nothing was sent to it.
            text.push_str(&format!(
                "\n### Step {step}\n\n```sh {{#{name} host=all danger=change at_once=3 retries=20 every=2s{flag}}}\n\
                 echo {name} >> {truth}\nn=0\nwhile [ $n -lt {LINES} ]; do n=$((n+1)); echo \"{name} line $n\"\n\
                 [ $((n % 250)) != 0 ] || sleep 0.05; done\n```\n",
                name = name(step),
            ));
        }
        fs::write(self.path("run.md"), text).unwrap();
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args([
            "run",
            "./run.md",
            "shop",
            "-e",
            self.login.environment,
        ]);
        command.args(more).current_dir(self.folder.path());
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ] {
            command.env(name, self.path(folder));
        }
        command.env("QD_SSH_CONFIG", self.lab.ssh_config()).env_remove("QD_FAULT_JOBS").stdin(Stdio::null());
        command
    }

    fn open(&self, name: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap()
    }

    /// A console whose words go on behind those of the ones before.
    fn console(&self, more: &[&str]) -> Console {
        let mut command = self.command(more);
        command.arg("--json").stdout(self.open("told")).stderr(self.open("complained"));
        // A child that leads no group becomes the program itself, so its number is the program's.
        Console { child: command.spawn().unwrap() }
    }

    /// Everything that the consoles have told, one event on each line; a killed one may have left half a line.
    fn told(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("told")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// How many steps ended well, as far as it was told.
    fn verified(&self) -> usize {
        let text = fs::read_to_string(self.path("told")).unwrap_or_default();
        let steps =
            text.lines().filter(|line| line.contains("\"event\":\"step\"") && line.contains("\"state\":\"verified\""));
        steps.count()
    }

    fn run_id(&self) -> Option<String> {
        let begun = self.told().into_iter().find(|event| event["event"] == "begun")?;
        Some(begun["run"].as_str()?.to_owned())
    }

    fn resume(&self, more: &[&str]) -> Console {
        let id = self.run_id().expect("a run has begun");
        self.console(&[&["--resume", &id], more].concat())
    }

    fn kill_masters(&self) {
        let sockets = self.path("runtime").display().to_string();
        for (pid, line) in processes() {
            if line.contains(&sockets) && line.contains("ssh") {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// The run and everything that it printed, from the store.
    fn recorded(&self) -> (Run, Outputs) {
        let id = self.run_id().expect("a run has begun");
        let store = Sqlite::open(&self.path("data/quarterdeck"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            store.state().changed().await.unwrap();
            let run = store.find(id.clone()).await.unwrap().remove(0);
            (run, store.outputs(RunId::new(&id).unwrap(), 64 << 20).await.unwrap())
        })
    }

    /// How often each step really happened on a host; the file is removed.
    fn happened(&self, host: &str) -> BTreeMap<String, usize> {
        let truth = &self.truth;
        let text = self.lab.on(host, &["sh", "-c", &format!("cat {truth} 2>/dev/null; rm -f {truth}")]);
        let mut happened = BTreeMap::new();
        for line in text.lines() {
            *happened.entry(line.to_owned()).or_default() += 1;
        }
        happened
    }

    fn complained(&self) -> String {
        let told = fs::read_to_string(self.path("told")).unwrap_or_default();
        let steps = told.lines().filter(|line| !line.contains("\"event\":\"output\""));
        let last: Vec<&str> = steps.collect::<Vec<_>>().into_iter().rev().take(12).collect();
        format!(
            "{}\n{}",
            fs::read_to_string(self.path("complained")).unwrap_or_default(),
            last.into_iter().rev().collect::<Vec<_>>().join("\n")
        )
    }
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        for host in HOSTS {
            self.lab.try_on(host, &["rm", "-f", &self.truth]);
        }
    }
}

struct Console {
    child: Child,
}

impl Console {
    fn kill(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::KILL).unwrap();
        self.child.wait().unwrap();
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.kill();
        }
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

fn name(step: usize) -> String {
    format!("step-{step:02}")
}

/// What one run came to.
#[derive(Debug, Default)]
struct Broken {
    made: Vec<Break>,
    unknown: usize,
    took: Duration,
}

/// One run that is broken once in each way, at moments and in an order that the seed gives.
fn broken_run(lab: &Lab, login: Login, seed: u64, hosts: &Mutex<()>) -> Broken {
    let begun = Instant::now();
    let mut rng = Rng::with_seed(seed);
    let desk = Desk::new(lab, login, &format!("{seed:016x}"));
    desk.write_twenty();
    let mut breaks = BREAKS;
    rng.shuffle(&mut breaks);
    let mut moments: Vec<usize> = breaks.iter().map(|_| rng.usize(0..LAST_BREAK)).collect();
    moments.sort_unstable();
    let mut waiting = moments.into_iter().zip(breaks).peekable();
    let mut made = Vec::new();
    let mut console = desk.console(&["--yes"]);
    let said = |desk: &Desk| format!("{login:?}, seed {seed}\n{}", desk.complained());
    loop {
        assert!(begun.elapsed() < WITHIN, "it does not end: {}", said(&desk));
        if let Some(status) = console.ended() {
            match status.code() {
                Some(0) => break,
                // Whether a step happened is not known: that is shown, and a person decides.
                Some(3) => console = desk.resume(&["--on-failure", "skip"]),
                _ => panic!("it ended with {status}: {}", said(&desk)),
            }
            continue;
        }
        sleep(Duration::from_millis(20));
        let Some((_, kind)) = waiting.next_if(|(at, _)| desk.run_id().is_some() && desk.verified() >= *at) else {
            continue;
        };
        sleep(Duration::from_millis(rng.u64(0..400)));
        made.push(kind);
        let host = HOSTS[rng.usize(0..HOSTS.len())];
        println!("{}: {kind:?} of {host} after {:.1} s", login.environment, begun.elapsed().as_secs_f64());
        match kind {
            Break::Console => {
                console.kill();
                console = desk.resume(&[]);
            }
            Break::Master => desk.kill_masters(),
            Break::Sshd => {
                let _one = hosts.lock().unwrap();
                lab.fault(host, "kill-sshd-children");
            }
            Break::Cut => {
                let _one = hosts.lock().unwrap();
                lab.fault(host, "cut");
                sleep(Duration::from_millis(rng.u64(500..12_000)));
                lab.fault(host, "heal");
            }
        }
    }
    println!("{}: ended after {:.1} s", login.environment, begun.elapsed().as_secs_f64());
    let unknown = judge(&desk, &said(&desk));
    assert_eq!(made.len(), BREAKS.len(), "every break was made before the end: {}", said(&desk));
    Broken { made, unknown, took: begun.elapsed() }
}

/// Holds the record against what happened on the hosts: how many steps are unknown.
fn judge(desk: &Desk, said: &str) -> usize {
    let (run, outputs) = desk.recorded();
    assert_eq!(run.steps.len(), STEPS * HOSTS.len(), "{said}");
    let unknown: BTreeSet<u64> = desk
        .told()
        .into_iter()
        .filter(|event| event["event"] == "step" && event["step"]["state"] == "unknown")
        .filter_map(|event| event["step"]["number"].as_u64())
        .collect();
    // What is unknown was skipped, with that as its reason, so that the run could end.
    assert_eq!(run.state, RunState::Succeeded, "{said}");
    let happened: BTreeMap<&str, BTreeMap<String, usize>> =
        HOSTS.iter().map(|host| (*host, desk.happened(host))).collect();
    for (number, step) in run.steps.iter().enumerate() {
        let part = step.part.as_ref().unwrap().to_string();
        let times = happened[step.host.as_str()].get(&part).copied().unwrap_or_default();
        let is_unknown = unknown.contains(&(number as u64));
        let place = format!("{part} on {}: {said}", step.host);
        if is_unknown {
            assert!(times <= 1, "{times} times {place}");
            continue;
        }
        assert_eq!((step.state, times), (StepState::Verified, 1), "{place}");
        let own = outputs.pieces.iter().filter(|piece| piece.step == number);
        let mut kept = Vec::new();
        for piece in own {
            assert!(!piece.error, "nothing goes wrong in {place}");
            assert_eq!(piece.offset, kept.len() as u64, "each byte once and in its order: {place}");
            kept.extend_from_slice(piece.bytes.raw());
        }
        let wanted: String = (1..=LINES).map(|line| format!("{part} line {line}\n")).collect();
        assert!(kept == wanted.as_bytes(), "{} bytes of {} are kept: {place}", kept.len(), wanted.len());
    }
    unknown.len()
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_run_of_twenty_steps_on_three_hosts_is_broken_in_every_way() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    // One break of each kind in each run, one run for each login in each round.
    let rounds = repetitions(1, 50_usize.div_ceil(LOGINS.len()));
    let first = std::env::var("QD_SEED").ok().map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut seeds = Rng::with_seed(first);
    println!("QD_SEED={first}");
    let (mut results, hosts) = (Vec::new(), Mutex::new(()));
    for round in 0..rounds {
        let mine: Vec<(Login, u64)> = LOGINS.iter().map(|login| (*login, seeds.u64(..))).collect();
        println!("round {round}: {mine:?}");
        std::thread::scope(|scope| {
            let runs: Vec<_> =
                mine.iter().map(|(login, seed)| scope.spawn(|| broken_run(&lab, *login, *seed, &hosts))).collect();
            for run in runs {
                results.push(run.join().unwrap_or_else(|why| std::panic::resume_unwind(why)));
            }
        });
    }
    let unknown: usize = results.iter().map(|result| result.unknown).sum();
    let slowest = results.iter().map(|result| result.took).max().unwrap_or_default();
    for kind in BREAKS {
        let times = results.iter().flat_map(|result| &result.made).filter(|made| **made == kind).count();
        let note = format!(
            "{kind:?} in runs of {STEPS} steps on {} hosts with {LINES} lines each: each once, {unknown} of {} steps unknown, \
             slowest run {:.0} s, QD_SEED={first}",
            HOSTS.len(),
            results.len() * STEPS * HOSTS.len(),
            slowest.as_secs_f64()
        );
        println!("{times} {note}");
        report("procedure broken", times, times, &note);
    }
}

impl Desk<'_> {
    /// Waits until a console has told something that holds these words.
    fn wait_told(&self, words: &[&str]) {
        let begun = Instant::now();
        loop {
            let text = fs::read_to_string(self.path("told")).unwrap_or_default();
            if text.lines().any(|line| words.iter().all(|word| line.contains(word))) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{words:?} was never told: {}", self.complained());
            sleep(Duration::from_millis(50));
        }
    }

    fn wait_ended(&self, console: &mut Console) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = console.ended() {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "it does not end: {}", self.complained());
            sleep(Duration::from_millis(50));
        }
    }
}

/// E4: the link is cut during a step, for longer than the step takes: the host finishes it, the run shows it as running
/// with its link lost, and takes its end when the link is back. Half of the times the console is killed meanwhile.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn e4_a_step_whose_link_is_cut_finishes_on_its_host_and_is_adopted() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let times = repetitions(1, 20);
    for round in 0..times {
        for kill in [false, true] {
            let desk = Desk::new(&lab, LOGINS[(round + usize::from(kill)) % LOGINS.len()], &format!("e4-{round}"));
            let document = format!(
                "# Long\n```sh {{#long host=db-1 danger=change}}\necho long >> {truth}; echo begun\nsleep 6; echo over; echo \
                 long-over >> {truth}\n```\n",
                truth = desk.truth
            );
            fs::write(desk.path("run.md"), document).unwrap();
            let mut console = desk.console(&["--yes"]);
            desk.wait_told(&["\"event\":\"output\"", "begun"]);
            lab.fault("db-1", "cut");
            desk.wait_told(&["link lost", "\"state\":\"started\""]);
            if kill {
                console.kill();
                console = desk.resume(&[]);
            }
            let finished = Instant::now();
            while !lab.on("db-1", &["cat", &desk.truth]).contains("long-over") {
                assert!(finished.elapsed() < Duration::from_secs(20), "the host finishes what it was given");
                sleep(Duration::from_millis(200));
            }
            assert!(console.ended().is_none(), "nothing is made of it while its host is away: {}", desk.complained());
            lab.fault("db-1", "heal");
            let status = desk.wait_ended(&mut console);
            assert!(status.success(), "{status}: {}", desk.complained());
            let (run, outputs) = desk.recorded();
            let kept: Vec<u8> = outputs.pieces.iter().flat_map(|piece| piece.bytes.raw().to_vec()).collect();
            assert_eq!(String::from_utf8_lossy(&kept), "begun\nover\n");
            assert_eq!(
                (run.state, run.steps[0].state, run.steps[0].attempt),
                (RunState::Succeeded, StepState::Verified, 1)
            );
            let happened = desk.happened("db-1");
            assert_eq!(happened.values().copied().collect::<Vec<_>>(), [1, 1], "{happened:?}");
        }
    }
    report("E4", times * 2, times * 2, "qd run: cut until after the step's end, the console killed half of the times");
}

/// E5: the host is booted during the step: it is unknown, never begun again by itself, and a person decides.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn e5_a_step_whose_host_was_booted_is_unknown_until_a_person_decides() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let times = repetitions(1, 10);
    for round in 0..times {
        let desk = Desk::new(&lab, LOGINS[round % LOGINS.len()], &format!("e5-{round}"));
        // What is in /tmp is gone after a boot.
        let truth = format!(
            "{}/truth-{round}",
            lab.on("db-1", &["sh", "-c", "mkdir -pm 1777 /var/qdt && echo /var/qdt"]).trim()
        );
        let document = format!(
            "# Booted\n```sh {{#long host=db-1 danger=change retries=3 every=1s}}\necho long >> {truth}; echo begun; sleep 300\n```\n\
             ```sh {{#next host=db-1 danger=change}}\necho next >> {truth}\n```\n"
        );
        fs::write(desk.path("run.md"), document).unwrap();
        let mut console = desk.console(&["--yes"]);
        desk.wait_told(&["\"event\":\"output\"", "begun"]);
        lab.fault("db-1", if round % 2 == 0 { "hard-reset --wait" } else { "reboot --wait" });
        let status = desk.wait_ended(&mut console);
        assert_eq!(status.code(), Some(3), "{}", desk.complained());
        assert_eq!(desk.recorded().0.steps[0].state, StepState::Unknown, "{}", desk.complained());
        // Going on with it changes nothing of that.
        let mut console = desk.resume(&[]);
        assert_eq!(desk.wait_ended(&mut console).code(), Some(3), "{}", desk.complained());
        assert_eq!(lab.on("db-1", &["cat", &truth]), "long\n", "it is never begun again by itself");
        let mut console = desk.resume(&["--on-failure", "skip"]);
        let status = desk.wait_ended(&mut console);
        assert!(status.success(), "{status}: {}", desk.complained());
        assert_eq!(lab.on("db-1", &["cat", &truth]), "long\nnext\n");
        let (run, _) = desk.recorded();
        assert_eq!((run.steps[0].state, run.steps[1].state), (StepState::Skipped, StepState::Verified));
        lab.on("db-1", &["rm", "-rf", "/var/qdt"]);
    }
    report("E5", times, times, "qd run: host booted in a step: unknown, skipped by a person, the next step done");
}
