//! What steps of procedures do beyond a command on a host: decisions that outlive the console, units that must stand as
//! they should afterwards, weights that are read back, programs that get the terminal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use quarterdeck::domain::run::RunStep;
use quarterdeck::domain::{Run, RunId};
use quarterdeck::engine::store::{Recorded, Sqlite, Store};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use digest::digest;

mod back;
mod decided;
#[path = "../common/digest.rs"]
mod digest;
mod elsewhere;
mod follow;
mod gate;
mod guarded;
#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod hosts;
mod left;
mod locked;
#[path = "../common/pty.rs"]
#[allow(unused_imports, reason = "this file uses a part of the modules it shares")]
mod pty;
mod restarts;
mod shifts;
#[path = "../common/sshd.rs"]
mod sshd;
mod terminal;
mod windows;

/// The folders of a person, with a site.
const FOLDERS: [(&str, &str); 5] = [
    ("HOME", "home"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// A person, a site of these hosts, and a document.
struct Desk {
    folder: TempDir,
    ssh_config: Option<PathBuf>,
}

impl Desk {
    fn new(site: &str, document: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("qds").tempdir_in("/tmp").unwrap();
        let desk = Self { folder, ssh_config: None };
        for (_, name) in FOLDERS {
            fs::create_dir_all(desk.path(name)).unwrap();
        }
        fs::create_dir_all(desk.path("config/quarterdeck/sites/shop")).unwrap();
        desk.write("config/quarterdeck/sites/shop/site.toml", site);
        desk.write("run.md", document);
        desk
    }

    /// Two hosts that are both this machine, told apart by name only.
    fn here(document: &str) -> Self {
        let desk = Self::new("", document);
        desk.write("config/quarterdeck/sites/shop/site.toml", &desk.site_here());
        desk
    }

    fn site_here(&self) -> String {
        format!(
            "title = \"shop\"\n[environments.lab]\nstate_directory = \"{}\"\n[environments.lab.hosts]\n\
             me = {{ local = true }}\ntoo = {{ local = true }}\n",
            self.path("state-of-jobs").display()
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// With `ROOM` in it standing for this person's folder.
    fn document(&self, text: &str) {
        self.write("run.md", &text.replace("ROOM", &self.folder.path().display().to_string()));
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program).args(arguments).current_dir(self.folder.path());
        command.envs(FOLDERS.map(|(name, folder)| (name, self.path(folder))));
        command.envs(self.ssh_config.as_ref().map(|file| ("QD_SSH_CONFIG", file)));
        command.env_remove("QD_FAULT_JOBS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn qd(&self, more: &[&str], fault: Option<&str>) -> Output {
        let trusted = digest(&self.path("run.md"));
        let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted], more].concat();
        let mut command = self.command(env!("CARGO_BIN_EXE_qd"), &arguments);
        command.envs(fault.map(|fault| ("QD_FAULT_JOBS", fault))).output().unwrap()
    }

    fn resume(&self, more: &[&str]) -> Output {
        let run = self.recorded().0.id.to_string();
        self.qd(&[&["--resume", &run], more].concat(), None)
    }

    /// Ends a run that waits for a person, so that nothing of it stays on its hosts.
    fn end(&self) {
        let ended = self.resume(&["--on-failure", "abort"]);
        assert!(told(&ended).contains("failed"), "{}", told(&ended));
    }

    fn wait_for(&self, name: &str) {
        let begun = Instant::now();
        while !self.path(name).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{name} never came");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The newest run, and every record of its steps.
    fn recorded(&self) -> (Run, Vec<(usize, RunStep)>) {
        let store = Sqlite::open(&self.path("data/quarterdeck"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            store.state().changed().await.unwrap();
            let wish = quarterdeck::engine::store::RunsWish { most: 1, ..Default::default() };
            let run = store.runs(wish).await.unwrap().remove(0);
            let records = store.records(RunId::new(run.id.as_str()).unwrap()).await.unwrap();
            let steps = records.into_iter().filter_map(|record| match record.what {
                Recorded::Step(number, step) => Some((number, *step)),
                _ => None,
            });
            (run, steps.collect())
        })
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A child that leads no group becomes the program itself, so its number is the program's.
fn kill(mut child: Child) {
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
}
