//! Somebody who releases: their folders, their clone, Saleor's own site with the lab as one more environment, and `qd`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::console::Console;
use crate::github;
use crate::lab::Lab;
use crate::shop::Shop;

/// A person's folders. They go with it.
pub struct Desk<'lab> {
    lab: &'lab Lab,
    home: tempfile::TempDir,
    chat: String,
}

/// A release that is to come.
pub struct Release {
    /// Its commit.
    pub commit: String,
    /// What its deploy will call it.
    pub tag: String,
}

/// How a call of `qd` ended.
pub struct Ended {
    pub code: i32,
    out: String,
    err: String,
}

impl Ended {
    pub fn told(&self) -> String {
        format!("{}\n{}\n{}", self.code, self.out, self.err)
    }
}

/// What of the document takes longer than a test may; the rest stands as it is.
const SHORTER: &[(&str, &str)] = &[
    (
        "hold=2m guard=\"haproxy/errors haproxy/p95 public/health\"",
        "hold=6s guard=\"haproxy/errors haproxy/p95 public/health\"",
    ),
    ("hold=60s", "hold=1s"),
    ("hold=30m", "hold=3s"),
    ("hold=2m", "hold=3s"),
    ("interval=30s", "interval=1s"),
    ("interval=10s", "interval=1s"),
    ("delay=30s", "delay=500ms"),
    ("delay=10s", "delay=500ms"),
    ("every=30s", "every=1s"),
    ("every=5s", "every=1s"),
];

/// What nobody here can have: a certificate that the whole world trusts.
const WITHOUT: &[&str] = &["{#tls "];

/// Who approves the plan of whoever releases.
const SENIOR: &str = "senior-one";

/// What a person says who has looked.
const TICKS: &[&str] = &[
    "load",
    "rollback",
    "told",
    "on-call",
    "dashboards",
    "incident-plan",
    "fits",
    "users",
    "gathered",
    "register",
    "login",
    "browse",
    "cart",
    "checkout",
    "pay",
    "confirmation",
];

impl<'lab> Desk<'lab> {
    pub fn new(lab: &'lab Lab, shop: &Shop<'_>) -> Self {
        let home = tempfile::Builder::new().prefix("qdb").tempdir_in("/tmp").unwrap();
        let desk = Self { lab, home, chat: github::serve() };
        let folder = desk.at("config/quarterdeck/sites/saleor");
        fs::create_dir_all(folder.join("procedures")).unwrap();
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sites/saleor");
        let text = fs::read_to_string(own.join("site.toml")).unwrap();
        let text = text.replace("[github]\n", &format!("[github]\napi = \"{}\"\n", desk.chat));
        fs::write(folder.join("site.toml"), text + &environment(&shop.address, &desk.chat)).unwrap();
        for entry in fs::read_dir(own.join("procedures")).unwrap() {
            let entry = entry.unwrap();
            let mut text = fs::read_to_string(entry.path()).unwrap();
            if entry.file_name() == "deploy.md" {
                for (long, short) in SHORTER {
                    assert!(text.contains(long), "deploy.md has no {long} any more");
                    text = text.replace(long, short);
                }
                for part in WITHOUT {
                    assert!(text.contains(part), "deploy.md has no {part} any more");
                }
                let kept: Vec<&str> =
                    text.lines().filter(|line| !WITHOUT.iter().any(|part| line.contains(part))).collect();
                text = kept.join("\n") + "\n";
            }
            fs::write(folder.join("procedures").join(entry.file_name()), text).unwrap();
        }
        let key = desk.at("key");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        assert!(made.unwrap().success());
        let public = fs::read_to_string(key.with_extension("pub")).unwrap();
        fs::write(folder.join("allowed_signers"), format!("{SENIOR} {public}")).unwrap();
        // Somebody else's workstation has the same site.
        fs::create_dir_all(desk.at("senior")).unwrap();
        let copied = Command::new("cp").arg("-r").args([desk.at("config"), desk.at("senior/config")]).status();
        assert!(copied.unwrap().success());
        fs::write(desk.at("config/quarterdeck/config.toml"), "name = \"devops-lead\"\n").unwrap();
        fs::write(desk.at("senior/config/quarterdeck/config.toml"), format!("name = \"{SENIOR}\"\n")).unwrap();
        fs::create_dir_all(desk.at("home/src/saleor")).unwrap();
        desk.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../origin.git"]);
        desk.git(&["init", "--quiet", "--initial-branch=main", "."]);
        desk.git(&["config", "user.name", "devops-lead"]);
        desk.git(&["config", "user.email", "devops-lead@shop.example"]);
        desk.git(&["remote", "add", "origin", "../origin.git"]);
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn git(&self, words: &[&str]) -> String {
        let mut command = Command::new("git");
        let done =
            command.current_dir(self.at("home/src/saleor")).args(words).env("HOME", self.at("home")).output().unwrap();
        assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// A commit, and the image that the pipeline will have made of it.
    pub fn release(&self, name: &str, told: &[&str]) -> Release {
        self.git(&["commit", "--quiet", "--allow-empty", "--message", name]);
        self.git(&["push", "--quiet", "origin", "main"]);
        let day = format!("v{}", jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).strftime("%Y%m%d"));
        let taken = self.git(&["tag", "--list", &format!("{day}*")]).lines().count();
        let tag = if taken == 0 { day } else { format!("{day}.{}", taken + 1) };
        let image = format!("lab/saleor:staging-{}", tag.trim_start_matches('v'));
        self.lab.containers(&[&["app", image.as_str()][..], told].concat());
        Release { commit: self.git(&["rev-parse", "HEAD"]), tag }
    }

    fn qd(&self, words: &[&str]) -> Command {
        self.seated("", words)
    }

    /// The program as somebody calls it whose folders lie here.
    fn seated(&self, seat: &str, words: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg("--wait")
            .arg(env!("CARGO_BIN_EXE_qd"))
            .args(words)
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        for (name, folder) in
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(name, self.at(seat).join(folder));
        }
        // Whoever sits where a run was begun approves nothing of it.
        if !seat.is_empty() {
            command.env("USER", seat);
        }
        command.env("QD_SSH_CONFIG", self.lab.ssh_config());
        command.env("SALEOR_GITHUB_TOKEN", "ghp_none").env("SALEOR_TEAM_URL", format!("{}/hook", self.chat));
        command
    }

    fn answers(&self) -> Vec<String> {
        // What was not approved yet is asked once more; a shift that its guard has ended is not.
        let mut words: Vec<String> = vec!["--yes".into(), "--on-failure".into(), "retry".into()];
        words.extend(self.seen());
        words
    }

    /// What a person says in the gate and behind it.
    fn seen(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        words.extend(["--waive".into(), "certificate=there is none in a lab".into()]);
        for part in TICKS {
            words.extend(["--tick".into(), format!("{part}=seen")]);
        }
        words
    }

    fn ended(&self, words: &[&str]) -> Ended {
        Self::end(self.qd(words))
    }

    fn end(mut command: Command) -> Ended {
        let output = command.output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Has the gate of a release judged, and its plan approved by somebody else with their key: the run that waits for a go.
    fn approved(&self, release: &Release, more: &[&str]) -> String {
        let (input, seen) = (format!("version={}", release.commit), self.seen());
        let mut words = vec!["run", "deploy", "saleor", "-e", "lab", "--gate", "--input", &input];
        words.extend(seen.iter().map(String::as_str));
        let judged = self.ended(&[&words[..], more].concat());
        assert!(judged.told().contains("1 of 1 approvals by senior missing"), "{}", judged.told());
        let run = self.newest_run();
        let approve = ["approve", run.as_str(), "saleor", "-e", "lab"];
        let shown = Self::end(self.seated("senior", &[&approve[..], &["--show"]].concat()));
        let digest = shown.out.split("sha256 ").nth(1).unwrap_or_else(|| panic!("{}", shown.told()));
        let digest = digest.split_whitespace().next().unwrap();
        let key = self.at("key").display().to_string();
        let signs = ["--digest", digest, "--key", &key];
        let approved = Self::end(self.seated("senior", &[&approve[..], &signs].concat()));
        assert_eq!(approved.code, 0, "{}", approved.told());
        run
    }

    /// Any other procedure, with nobody at it.
    pub fn run(&self, name: &str, more: &[&str]) -> Ended {
        self.ended(&[&["run", name, "saleor", "-e", "lab", "--yes", "--on-failure", "abort"][..], more].concat())
    }

    /// As on a workstation that has no clone.
    pub fn without_clone(&self, what: impl FnOnce()) {
        let (here, away) = (self.at("home/src"), self.at("home/src.away"));
        fs::rename(&here, &away).unwrap();
        what();
        fs::rename(&away, &here).unwrap();
    }

    /// Brings a release out, to the end.
    pub fn deploy(&self, release: &Release, more: &[&str]) -> Ended {
        let run = self.approved(release, more);
        let answers = self.answers();
        let mut words = vec!["run", "deploy", "saleor", "-e", "lab", "--resume", run.as_str()];
        words.extend(answers.iter().map(String::as_str));
        self.ended(&[&words[..], more].concat())
    }

    /// Begins to.
    pub fn begin(&self, release: &Release, more: &[&str]) -> Console {
        let run = self.approved(release, more);
        let answers = self.answers();
        let mut words = vec!["run", "deploy", "saleor", "-e", "lab", "--json", "--resume", run.as_str()];
        words.extend(answers.iter().map(String::as_str));
        words.extend(more);
        let (told, complained) = (self.at("told"), self.at("complained"));
        let mut command = self.qd(&words);
        command.stdout(File::create(&told).unwrap()).stderr(File::create(&complained).unwrap());
        Console::new(command.spawn().unwrap(), File::open(&told).unwrap(), complained)
    }

    fn newest_run(&self) -> String {
        let runs = self.ended(&["runs", "--json"]);
        let at = runs.out.find("\"id\"").unwrap_or_else(|| panic!("no run in {}", runs.told()));
        runs.out[at..].split('"').nth(3).unwrap().to_owned()
    }

    /// Goes on with the newest run.
    pub fn resume(&self) -> Ended {
        let run = self.newest_run();
        let answers = self.answers();
        let mut words = vec!["run", "deploy", "saleor", "-e", "lab", "--resume", run.as_str()];
        words.extend(answers.iter().map(String::as_str));
        self.ended(&words)
    }

    fn releases(&self) -> Vec<Value> {
        let listed = self.ended(&["release", "list", "saleor", "-e", "lab", "--json"]);
        let json: Value =
            serde_json::from_str(&listed.out).unwrap_or_else(|error| panic!("{error}: {}", listed.told()));
        json["releases"].as_array().unwrap().clone()
    }

    /// The release that was recorded last.
    pub fn newest_release(&self) -> Value {
        self.releases().first().cloned().expect("nothing is recorded")
    }

    /// What runs, by what is recorded.
    pub fn runs_now(&self) -> String {
        let releases = self.releases();
        let runs = releases.iter().find(|release| release["runs_now"] == Value::Bool(true));
        runs.map(|release| release["version"].as_str().unwrap().to_owned()).unwrap_or_default()
    }
}

/// The lab as an environment of the site: one host that is everything, and pages that answer over plain HTTP.
fn environment(address: &str, pages: &str) -> String {
    format!(
        r#"
[environments.lab]
colour = "green"
lock_host = "app-1"
state_directory = "/var/lib/quarterdeck-bluegreen"
[environments.lab.variables]
domain = "shop.example"
shop = "http://{address}:8080"
api = "http://{address}:8080"
watching = "shop.example"
hub = "lab"
source = "src/saleor"
root = "/opt/saleor"
network = "host"
database = "saleor_lab"
secret = "saleor/lab/config"
env_file = ".env.production"
payments = "sandbox"
balancer = "saleor"
balancer_socket = "/run/haproxy/admin.sock"
stage = "staging"
[environments.lab.hosts]
app-1 = {{ become = "root", tags = ["app", "migrates", "data", "cache", "balancer"] }}
[environments.lab.services.redis.probes.port]
tcp = "localhost:22"
[environments.lab.services.haproxy.probes.port]
tcp = "localhost:8080"
[environments.lab.services.monitoring.probes.errors]
http = "{pages}/"
from = "here"
[environments.lab.services.monitoring.probes.figures]
http = "{pages}/"
from = "here"
[environments.lab.services.docker.metrics.cpu]
pass = "<= 100 %"
fail = "> 100 %"
[environments.lab.services.public.probes.health]
http = "http://{address}:8080/health/"
[environments.lab.services.public.probes.graphql]
http = "http://{address}:8080/graphql/"
"#
    )
}
