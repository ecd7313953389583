//! The first five minutes: `qd init` on real hosts, on hosts that mean harm, and `qd` where there is no site at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unused_imports, reason = "this file uses a part of the lab's and the terminal's modules")]

#[path = "common/lab.rs"]
mod lab;
#[path = "init/live.rs"]
mod live;
#[path = "common/pty.rs"]
mod pty;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lab::Lab;
use pty::{Launch, SOON};

/// A home of its own.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn site(&self, name: &str) -> PathBuf {
        self.path().join("config/quarterdeck/sites").join(name).join("site.toml")
    }

    fn variables(&self) -> [(&'static str, PathBuf); 4] {
        let at = |name: &str| self.path().join(name);
        [
            ("HOME", at("")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_STATE_HOME", at("state")),
            ("XDG_DATA_HOME", at("data")),
        ]
    }

    /// Runs `qd` without a terminal.
    fn qd(&self, arguments: &[&str]) -> (i32, String) {
        self.qd_with(arguments, &[])
    }

    fn qd_with(&self, arguments: &[&str], variables: &[(&str, &Path)]) -> (i32, String) {
        let mut command = Command::new("setsid");
        command
            .arg("--wait")
            .arg(env!("CARGO_BIN_EXE_qd"))
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null());
        let output = command.envs(self.variables()).envs(variables.iter().copied()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().expect("no signal"), String::from_utf8(text).unwrap())
    }
}

fn config(lab: &Lab) -> String {
    lab.ssh_config().display().to_string()
}

#[test]
fn what_is_wrong_with_the_words_is_told_before_anybody_is_asked() {
    let home = Home::new();
    for (words, wants) in [
        (vec!["init"], "HOST"),
        (vec!["init", "-V"], "unexpected argument"),
        (vec!["init", "a b"], "can't be a host"),
        (vec!["init", "web-1:22"], "~/.ssh/config"),
        (vec!["init", "web-1", "web-1"], "twice"),
        (vec!["init", "web-1", "--name", "a/b"], "the name of a site"),
        (vec!["init", "web-1", "-e", ""], "the name of an environment"),
        (vec!["init", "web-1", "--ssh-config", "/no/such/file"], "the ssh configuration /no/such/file"),
        (vec!["--ssh-config", "/no/such/file", "status"], "the ssh configuration /no/such/file"),
        (vec!["--ssh-config", "/no/such/file"], "the ssh configuration /no/such/file"),
        (vec!["-e", "production", "init", "web-1"], "behind the command"),
    ] {
        let (code, text) = home.qd(&words);
        assert_eq!(code, 64, "{words:?}: {text}");
        assert!(text.contains(wants), "{words:?}: {text}");
    }
    let file = home.site("web-1");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "mine").unwrap();
    let (code, text) = home.qd(&["init", "web-1"]);
    assert_eq!(code, 64, "{text}");
    assert!(text.contains("never written over"), "{text}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_host_that_is_not_there_leaves_nothing_behind() {
    let home = Home::new();
    let (code, text) = home.qd(&["init", "nowhere.invalid"]);
    assert_eq!(code, 69, "{text}");
    assert!(text.contains("nowhere.invalid: ") && text.contains("nothing was written"), "{text}");
    assert!(!home.path().join("config/quarterdeck/sites").exists(), "{text}");
}

#[test]
fn a_drill_without_a_terminal_does_not_point_at_another_command() {
    let (code, text) = Home::new().qd(&["drill"]);
    assert_eq!(code, 69, "{text}");
    assert!(text.contains("A drill is only a screen") && !text.contains("qd status"), "{text}");
}

#[test]
fn without_a_site_and_without_systemd_it_says_what_to_do() {
    let home = Home::new();
    let (code, text) = home.qd(&["status"]);
    if Path::new("/run/systemd/system").exists() {
        assert!(text.contains("this-machine"), "{text}");
    } else {
        assert_eq!(code, 78, "{text}");
        for words in ["systemd does not run this machine", "qd init HOST", "qd drill"] {
            assert!(text.contains(words), "{text}");
        }
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_first_site_of_three_hosts_is_good_and_says_how_they_are() {
    let lab = Lab::get();
    let _held = lab.share(&["app-1", "app-2", "db-1"]);
    let home = Home::new();
    let ssh = config(&lab);
    let ssh = ssh.as_str();
    let init = ["init", "app-1", "app-2", "db-1", "--name", "shop", "-e", "lab", "--ssh-config", ssh];
    let (code, text) = home.qd(&init);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("qd --ssh-config {ssh} shop -e lab")), "{text}");
    let site = fs::read_to_string(home.site("shop")).unwrap();
    for line in [
        "app-1 = { become = \"root\" }",
        "[services.pakashop-backend]",
        "hosts = [\"app-1\", \"app-2\"]",
        "probes.ready = { http = \"http://localhost:3005/health/ready\" }  # answered 200",
        "probes.port = { tcp = \"localhost:5432\" }  # was open",
        "units = [\"lab-tick.service\", \"lab-tick.timer\"]",
        "expected = \"oneshot\"",
    ] {
        assert!(site.contains(line), "{line}\n{site}");
    }
    assert!(!site.contains("[services.ssh]") && !site.contains("[services.systemd"), "{site}");
    let (code, text) = home.qd(&["check", "shop"]);
    assert_eq!((code, text.contains("good;")), (0, true), "{text}");
    let (code, text) = home.qd(&["status", "shop", "-e", "lab", "--ssh-config", ssh]);
    assert!(code <= 2 && text.contains("pakashop-backend"), "{code}: {text}");
    assert!(!text.contains("unknown"), "{text}");
    let (code, text) = home.qd(&init);
    assert_eq!(code, 64, "{text}");
    assert_eq!(fs::read_to_string(home.site("shop")).unwrap(), site);
    let processes = lab.processes("app-1");
    assert!(!processes.iter().any(|line| line.contains("qd-look")), "{processes:?}");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn an_ordinary_login_sees_whose_ports_they_are_and_one_lost_host_is_told() {
    let lab = Lab::get();
    let _held = lab.share(&["app-1"]);
    let home = Home::new();
    let ssh = config(&lab);
    let (code, text) = home.qd(&["init", "app-1-oper", "nowhere.invalid", "--to", "here", "--ssh-config", &ssh]);
    assert_eq!(code, 1, "{text}");
    let site = fs::read_to_string(home.path().join("here/site.toml")).unwrap();
    for line in ["[services.pakashop-backend]", "localhost:3005/health", "# EDIT: it could not be looked at: ", "sudo"]
    {
        assert!(site.contains(line), "{line}\n{site}");
    }
    assert!(text.contains("qd check ./here"), "{text}");
    assert_eq!(home.qd(&["check", "./here"]).0, 0);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn what_ssh_asks_is_asked_on_the_terminal_and_a_password_is_not_shown() {
    let lab = Lab::get();
    let _held = lab.share(&["app-1"]);
    let home = Home::new();
    let own = home.path().join("ssh_config");
    fs::write(&own, format!("UserKnownHostsFile {}/known\nInclude {}\n", home.path().display(), config(&lab))).unwrap();
    let mut launch = Launch::qd(&["init", "app-1-pass", "--ssh-config", own.to_str().unwrap()]).size(120, 40);
    for (name, value) in home.variables() {
        launch = launch.variable(name, value);
    }
    let mut pty = launch.folder(home.path()).start();
    pty.wait_for("SHA256:").wait_for("type yes to go on:");
    // What comes before a person can have read the question is no answer.
    std::thread::sleep(Duration::from_millis(500));
    pty.send("yes\r");
    pty.wait_for("answer (unseen").send("quarterdeck\r");
    pty.wait_for("wrote ");
    let exit = pty.wait_exit(SOON);
    assert_eq!(exit.code(), 0, "{}", pty.screen());
    assert_eq!(pty.count(b"quarterdeck\r"), 0, "the password was echoed");
    assert!(home.site("app-1-pass").exists());
    assert!(fs::read_to_string(home.path().join("known")).unwrap().contains("ssh-ed25519"));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn the_first_five_minutes_are_as_the_guide_says() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1", "app-2"]);
    let home = Home::new();
    // The guide's hosts are the lab's under other names.
    let ssh = |alias: &str, key: &str| {
        let output = Command::new("ssh").args(["-G", "-F", &config(&lab), alias]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim().to_owned()
    };
    let mut own = String::new();
    for (name, host) in [("web-1", "app-1"), ("web-2", "app-2")] {
        own += &format!("Host {name}\n HostName {}\n", ssh(host, "hostname "));
    }
    own += &format!("Match all\nInclude {}\n", config(&lab));
    fs::write(home.path().join("ssh_config"), own).unwrap();
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/getting-started.md")).unwrap();
    let mut done = Vec::new();
    for line in guide.lines().filter(|line| line.starts_with("qd ") && *line != "qd drill") {
        let line = line.split(" #").next().unwrap().trim();
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let config = home.path().join("ssh_config");
        if words[0] == "shop" {
            let mut launch = Launch::qd(&words).size(120, 40).variable("QD_SSH_CONFIG", &config);
            for (name, value) in home.variables() {
                launch = launch.variable(name, value);
            }
            let mut pty = launch.folder(home.path()).start();
            pty.wait_for("PRODUCTION").wait_for("nginx");
            pty.wait_until(SOON, "services are up", |pty| pty.screen().matches(" up").count() > 10);
            pty.send("q");
            assert_eq!(pty.wait_exit(SOON).code(), 0, "{line}\n{}", pty.screen());
        } else {
            let (code, text) = home.qd_with(&words, &[("QD_SSH_CONFIG", &config)]);
            assert_eq!(code, 0, "{line}\n{text}");
        }
        done.push(line);
    }
    assert!(done.len() >= 7, "{done:?}");
    let history = home.path().join("data/quarterdeck");
    assert!(history.is_dir() && fs::read_dir(history).unwrap().count() > 0, "the restart is kept");
}

/// Words that end a line, a string, a comment and a table, and clear the screen.
const EVIL: &str = "x\"\n\nId=nginx.service\nDescription=\"\"\"\n[services.evil]\nversion = [\"id\"]\x1b[2J";

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_host_that_means_harm_writes_nothing_of_its_own_into_the_site() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let units = [
        ("evil-a.service", "Requires=evil-b.service\nAfter=evil-b.service", "sleep 300"),
        ("evil-b.service", "Wants=evil-a.service", "sleep 300"),
        ("evil\\x2dc@1.service", "", "sleep 300"),
        ("Evil-A.service", "", "false"),
    ];
    let mut script = String::new();
    for (name, lines, command) in units {
        script += &format!(
            "printf '%s\\n' '[Unit]' 'Description=\"[services.x] ${{site}} # ' '{lines}' '[Service]' 'ExecStart=/bin/{command}' >'/etc/systemd/system/{name}'\n"
        );
    }
    script += "cp /usr/bin/python3 \"/run/a\n[x]\"\nsystemctl daemon-reload\n\
        systemctl start evil-a.service 'evil\\x2dc@1.service' Evil-A.service || true\n";
    lab.on("app-2", &["/bin/sh", "-c", &script]);
    let listen = "import socket,time\ns=socket.socket()\ns.bind(('',4444))\ns.listen()\ntime.sleep(300)";
    lab.on(
        "app-2",
        &["systemd-run", "-q", "--unit=evil-d", &format!("--description={EVIL}"), "/run/a\n[x]", "-c", listen],
    );
    let home = Home::new();
    let ssh = config(&lab);
    let (code, text) = home.qd(&["init", "app-2", "--ssh-config", &ssh]);
    let undo = "systemctl stop evil-a evil-b evil-d 'evil\\x2dc@1.service'; rm -f /etc/systemd/system/[eE]vil* /run/a*\n\
        systemctl daemon-reload; systemctl reset-failed";
    lab.on("app-2", &["/bin/sh", "-c", undo]);
    assert_eq!(code, 0, "{text}");
    let site = fs::read_to_string(home.site("app-2")).unwrap();
    assert!(!site.contains('\x1b') && !text.contains('\x1b'), "{site:?}");
    let lines: Vec<&str> = site.lines().map(str::trim_start).collect();
    assert!(!lines.iter().any(|line| line.starts_with("[services.evil]") || line.starts_with("version")), "{site}");
    assert!(!lines.iter().any(|line| line.starts_with("[x]")), "{site}");
    for line in ["[services.Evil-A]", "[services.evil-a-2]", "depends_on = \"evil-b\"", "close a circle", "4444"] {
        assert!(site.contains(line), "{line}\n{site}");
    }
    let (code, text) = home.qd(&["check", "app-2"]);
    assert_eq!((code, text.contains("good;")), (0, true), "{text}");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn without_a_site_the_machine_itself_opens_and_says_so() {
    const PROGRAM: &str = "/var/tmp/qd-first";
    // What a console keeps is not for whoever uses the host next.
    const HOME: &str = "/var/tmp/qd-first-home";
    const CALL: &str = "env HOME=/var/tmp/qd-first-home /var/tmp/qd-first";
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let home = Home::new();
    let small = home.path().join("qd");
    let stripped = Command::new("strip").arg("-o").arg(&small).arg(env!("CARGO_BIN_EXE_qd")).status();
    if !stripped.is_ok_and(|status| status.success()) {
        fs::copy(env!("CARGO_BIN_EXE_qd"), &small).unwrap();
    }
    let mut copy = Command::new("ssh");
    copy.args(["-F", &config(&lab), "db-1", &format!("cat >{PROGRAM} && chmod 755 {PROGRAM}")]);
    assert!(copy.stdin(fs::File::open(&small).unwrap()).status().unwrap().success());

    let output = lab.ssh("db-1", &format!("{CALL} status"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("this-machine db-1: up"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("postgresql"), "{text}");

    let launch = Launch::program("ssh", &["-tt", "-F", &config(&lab), "db-1", CALL]).size(120, 40);
    let mut pty = launch.start();
    pty.wait_for("this-machine").wait_for("DB-1").wait_for("meilisearch");
    pty.wait_until(SOON, "all services are up", |pty| pty.screen().matches(" up").count() > 3);
    pty.send("q");
    let exit = pty.wait_exit(Duration::from_secs(10));
    lab.on("db-1", &["rm", "-rf", PROGRAM, HOME]);
    assert_eq!(exit.code(), 0, "{}", pty.screen());
}
