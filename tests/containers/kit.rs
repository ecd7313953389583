//! A project of containers on the lab's own Docker, the site that describes it, and a console on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::lab::Lab;
use crate::pty::{Launch, Pty, patient};

/// The project; it goes when this is dropped.
pub struct Project<'lab> {
    lab: &'lab Lab,
    name: String,
    home: tempfile::TempDir,
}

/// How a call of `qd` ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

const FILE: &str = r#"version: "2.4"
services:
  web:
    image: "lab/web:1.4.2"
    network_mode: none
    restart: always
    stop_grace_period: 1s
    scale: 2
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
  sick:
    image: "lab/web:1.4.2"
    network_mode: none
    restart: always
    stop_grace_period: 1s
    command: ["sh", "-c", "touch /tmp/well; while :; do sleep 1; done"]
    healthcheck: { test: ["CMD", "sh", "-c", "test -e /tmp/well || { echo not well; exit 1; }"], interval: 500ms, timeout: 2s, retries: 2 }
  job:
    image: "lab/web:1.4.2"
    network_mode: none
    command: ["true"]
  oom:
    image: "lab/web:1.4.2"
    network_mode: none
    mem_limit: 8m
    memswap_limit: 8m
    command: ["sh", "-c", "head -c 100000000 /dev/zero | tail"]
  loop:
    image: "lab/web:1.4.2"
    network_mode: none
    restart: always
    command: ["sh", "-c", "sleep 0.2; exit 3"]
"#;

impl<'lab> Project<'lab> {
    /// A site of these services of a project, which somebody else brings up.
    pub fn bare(lab: &'lab Lab, name: &str, services: &[(&str, &str)]) -> Self {
        let home = tempfile::Builder::new().prefix("qdc").tempdir_in("/tmp").unwrap();
        let project = Self { lab, name: name.to_owned(), home };
        std::fs::create_dir_all(project.at("shop")).unwrap();
        std::fs::write(project.at("shop/site.toml"), site(name, services)).unwrap();
        project
    }

    /// Brings it up, without those that fail.
    pub fn new(lab: &'lab Lab, name: &str) -> Self {
        let project = Self::bare(lab, name, &SERVICES);
        std::fs::write(project.at("compose.yml"), FILE).unwrap();
        project.compose(&["up", "-d", "web", "sick", "job"]);
        project
    }

    /// A file in the folder of this test.
    pub fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// `docker compose` for this project.
    pub fn compose(&self, arguments: &[&str]) {
        let file = self.at("compose.yml");
        let before = ["compose", "-p", &self.name, "-f", file.to_str().unwrap()];
        self.lab.containers(&[&before[..], arguments].concat());
    }

    /// `docker` past the console.
    pub fn docker(&self, arguments: &[&str]) -> String {
        self.lab.containers(&[&["docker"][..], arguments].concat())
    }

    /// The name of a container, whichever Compose made it.
    pub fn container(&self, service: &str, number: u32) -> String {
        let labels = [
            format!("label=com.docker.compose.project={}", self.name),
            format!("label=com.docker.compose.service={service}"),
            format!("label=com.docker.compose.container-number={number}"),
        ];
        let filters: Vec<&str> = labels.iter().flat_map(|label| ["--filter", label]).collect();
        let told = self.docker(&[&["ps", "-a", "--format", "{{.Names}}"][..], &filters].concat());
        told.trim().to_owned()
    }

    /// The runs of a service's containers: id and when it began.
    pub fn runs(&self, service: &str) -> Vec<String> {
        let project = format!("label=com.docker.compose.project={}", self.name);
        let of = format!("label=com.docker.compose.service={service}");
        let ids = self.docker(&["ps", "-q", "--no-trunc", "--filter", &project, "--filter", &of]);
        let ids: Vec<&str> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let told = self.docker(&[&["inspect", "--format", "{{.Id}} {{.State.StartedAt}}"][..], &ids].concat());
        told.lines().map(str::to_owned).collect()
    }

    /// What `qd` finds its folders by.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("HOME", self.at("home")),
            ("XDG_CONFIG_HOME", self.at("config")),
            ("XDG_DATA_HOME", self.at("data")),
            ("XDG_STATE_HOME", self.at("state")),
            ("QD_SSH_CONFIG", self.lab.ssh_config()),
        ]
    }

    /// `qd VERB …` on the site of the project, without a terminal.
    pub fn qd(&self, verb: &str, environment: &str, more: &[&str]) -> Ran {
        let mut command = Command::new("setsid");
        command.args(["-w", env!("CARGO_BIN_EXE_qd"), verb, "-S"]).arg(self.at("shop")).args(["-e", environment]);
        command.args(more);
        self.ran(command)
    }

    /// `qd` with these words alone.
    pub fn qd_alone(&self, words: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(words);
        self.ran(command)
    }

    /// `qd status --json`.
    pub fn status(&self, environment: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.arg("status").arg(self.at("shop")).args(["-e", environment, "--json"]);
        self.ran(command)
    }

    fn ran(&self, mut command: Command) -> Ran {
        let output = command.envs(self.variables()).stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The console on it.
    pub fn console(&self, environment: &str) -> Screen {
        let site = self.at("shop");
        let mut launch = Launch::qd(&[site.to_str().unwrap(), "-e", environment]).size(160, 45);
        for (name, value) in self.variables() {
            launch = launch.variable(name, value);
        }
        Screen { pty: launch.start() }
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        let file = self.at("compose.yml");
        let file = file.to_str().unwrap();
        self.lab.try_containers(&["start"]);
        self.lab.try_containers(&["compose", "-p", &self.name, "-f", file, "down", "-t", "1"]);
    }
}

const SERVICES: [(&str, &str); 6] = [
    ("web", "scale = 2\nsettle = \"1s\"\n"),
    ("sick", ""),
    ("job", "expected = \"oneshot\"\n"),
    ("oom", ""),
    ("loop", "settle = \"2s\"\n"),
    ("absent", ""),
];

fn site(project: &str, services: &[(&str, &str)]) -> String {
    let mut text = "title = \"The lab's containers\"\n".to_owned();
    for (name, user, become_root) in
        [("lab", "", "root"), ("ops", "-ops", "sudo"), ("oper", "-oper", "sudo"), ("plain", "-plain", "never")]
    {
        text += &format!(
            "[environments.{name}]\ncolour = \"green\"\n[environments.{name}.hosts]\napp-1 = {{ ssh = \"app-1{user}\", become = \"{become_root}\" }}\n"
        );
    }
    for (service, more) in services {
        text +=
            &format!("[services.{service}]\nruntime = \"compose\"\nhosts = \"app-1\"\nproject = \"{project}\"\n{more}");
    }
    text
}

/// A console in a terminal.
pub struct Screen {
    pty: Pty,
}

impl Screen {
    /// Waits until the row of a service says this.
    pub fn shows(&mut self, service: &str, word: &str, why: &str, within: Duration) {
        let what = format!("{service} is {word} {why}");
        self.pty.wait_until(within, &what, |pty| {
            pty.screen().lines().any(|line| {
                let mut words = line.split_whitespace();
                words.any(|one| one == service) && line.contains(word) && line.contains(why)
            })
        });
    }

    /// Waits until this stands anywhere.
    pub fn says(&mut self, text: &str) {
        self.pty.wait_until(patient(Duration::from_secs(10)), text, |pty| pty.screen().contains(text));
    }

    /// Puts the cursor on a service.
    pub fn chooses(&mut self, service: &str) {
        self.pty.send(format!("/{service}"));
        self.pty.keys("enter esc");
    }

    /// Presses keys.
    pub fn keys(&mut self, names: &str) {
        self.pty.keys(names);
    }

    /// Leaves.
    pub fn quits(mut self) {
        self.pty.keys("ctrl-c ctrl-c");
        self.pty.wait_exit(patient(Duration::from_secs(5)));
    }
}
