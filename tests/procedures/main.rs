//! Procedures run by the program itself on this machine: killed, resumed, decided, cancelled, and asked to keep secrets.
//! The commands are real, and a file beside them knows how often each was run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quarterdeck::domain::RunId;
use quarterdeck::engine::store::{Sqlite, Store};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use digest::digest;

mod approvals;
#[path = "../common/bare.rs"]
mod bare;
mod broken;
mod cancel;
mod checklist;
mod console;
#[path = "../common/digest.rs"]
mod digest;
mod elsewhere;
mod facts;
mod flags;
mod judge;
#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod lab;
mod links;
mod locked;
mod notices;
mod over_ssh;
mod person;
#[path = "../common/pty.rs"]
#[allow(unused_imports, reason = "this file uses a part of the modules it shares")]
mod pty;
mod releases;
mod team;
mod typed;
mod unknown;
mod windows;

/// A person's folders, a site of this machine alone, and a document.
struct Desk {
    folder: TempDir,
    ssh_config: Option<PathBuf>,
}

impl Desk {
    fn new(document: &str) -> Self {
        let desk = Self { folder: TempDir::new().unwrap(), ssh_config: None };
        let site = desk.path("config/quarterdeck/sites/shop");
        fs::create_dir_all(&site).unwrap();
        let state = desk.path("state-of-jobs");
        let text = format!(
            "title = \"shop\"\n[environments.lab]\nstate_directory = \"{}\"\n[environments.lab.hosts]\nme = {{ local = true }}\n",
            state.display()
        );
        fs::write(site.join("site.toml"), text).unwrap();
        desk.write("run.md", document);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn qd(&self, arguments: &[&str], fault: Option<&str>) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args(arguments).current_dir(self.folder.path());
        for (name, folder) in
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(name, self.path(folder));
        }
        command.envs(self.ssh_config.as_ref().map(|file| ("QD_SSH_CONFIG", file)));
        if arguments.contains(&"./run.md") {
            command.arg("--trust").arg(digest(&self.path("run.md")));
        }
        command.env_remove("QD_FAULT_JOBS").envs(fault.map(|fault| ("QD_FAULT_JOBS", fault)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, more: &[&str], fault: Option<&str>) -> Output {
        let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--yes"], more].concat();
        self.qd(&arguments, fault).output().unwrap()
    }

    /// Looks at the gate alone.
    fn judge(&self, more: &[&str]) -> Output {
        let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--gate"], more].concat();
        self.qd(&arguments, None).output().unwrap()
    }

    fn begin(&self, more: &[&str]) -> Child {
        let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--yes"], more].concat();
        self.qd(&arguments, None).spawn().unwrap()
    }

    /// The name of the newest run.
    fn newest(&self) -> String {
        let output = self.qd(&["runs", "--json"], None).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let at = text.find("\"id\"").unwrap_or_else(|| panic!("no run in {text}"));
        text[at..].split('"').nth(3).unwrap().to_owned()
    }

    fn resume(&self, more: &[&str]) -> Output {
        self.resume_this(&self.newest(), more)
    }

    fn resume_this(&self, run: &str, more: &[&str]) -> Output {
        let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--resume", run], more].concat();
        self.qd(&arguments, None).output().unwrap()
    }

    /// How often something was really done.
    fn times(&self) -> usize {
        fs::read_to_string(self.path("truth")).unwrap_or_default().lines().count()
    }

    fn wait_for(&self, name: &str) {
        let begun = Instant::now();
        while !self.path(name).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{name} never came");
            std::thread::sleep(Duration::from_millis(20));
        }
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
fn kill(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

const ONE: &str = "# One\n```sh {#one host=here danger=change}\necho done >> truth; echo printed\n```\n";

/// The folder of the document is not that of its commands.
fn one(desk: &Desk) {
    desk.write("run.md", &ONE.replace("truth", &desk.path("truth").display().to_string()));
}

#[test]
fn e1_e2_e3_a_console_that_is_killed_at_any_arrow_runs_nothing_twice() {
    for fault in ["abort-before", "abort-sent", "abort-result"] {
        let desk = Desk::new("");
        one(&desk);
        let broken = desk.run(&[], Some(fault));
        if broken.status.success() {
            panic!("{fault} did not strike: {}", told(&broken));
        }
        let resumed = desk.resume(&[]);
        assert!(resumed.status.success(), "{fault}: {}{}", told(&broken), told(&resumed));
        assert_eq!(desk.times(), 1, "{fault}: {}", told(&resumed));
    }
}

#[test]
fn a_console_that_is_killed_in_the_middle_loses_no_line_and_doubles_none() {
    let desk = Desk::new("");
    let (truth, there) = (desk.path("truth").display().to_string(), desk.path("there").display().to_string());
    desk.write(
        "run.md",
        &format!(
            "# Long\n```sh {{#long host=here danger=change}}\necho done >> {truth}\nfor i in $(seq 1 1000); do echo \"line $i\"; \
             [ $i = 400 ] && touch {there} && sleep 1; done; true\n```\n```sh {{#next host=here}}\necho next\n```\n"
        ),
    );
    let mut child = desk.begin(&["--json"]);
    desk.wait_for("there");
    kill(&child, Signal::KILL);
    let mut first = String::new();
    child.stdout.take().unwrap().read_to_string(&mut first).unwrap();
    let _ = child.wait();
    let second = desk.resume(&["--json"]);
    assert!(second.status.success(), "{}", told(&second));
    assert_eq!(desk.times(), 1);
    // What was printed here before the kill may not have been told; what is kept is all of it, once.
    let run = RunId::new(&desk.newest()).unwrap();
    let store = Sqlite::open(&desk.path("data/quarterdeck"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outputs = runtime.block_on(async {
        store.state().changed().await.unwrap();
        store.outputs(run, 1 << 20).await.unwrap()
    });
    let long = outputs.pieces.iter().filter(|piece| piece.step == 0);
    let kept = long.map(|piece| String::from_utf8_lossy(piece.bytes.raw()).into_owned()).collect::<String>();
    let wanted: String = (1..=1000).map(|number| format!("line {number}\n")).collect();
    assert!(kept == wanted, "{} bytes of {}", kept.len(), wanted.len());
}

#[test]
fn e6_of_two_consoles_one_takes_the_run_over() {
    let desk = Desk::new("");
    one(&desk);
    assert!(!desk.run(&[], Some("abort-before")).status.success());
    let run = desk.newest();
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--resume", &run];
    let consoles: Vec<Child> = (0..2).map(|_| desk.qd(&arguments, None).spawn().unwrap()).collect();
    let ends: Vec<Output> = consoles.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let well = ends.iter().filter(|output| output.status.success()).count();
    assert_eq!((well, desk.times()), (1, 1), "{}{}", told(&ends[0]), told(&ends[1]));
}

#[test]
fn e14_a_first_interrupt_leaves_the_run_open_and_a_hang_up_leaves_the_step_alone() {
    let document = |desk: &Desk| {
        let (truth, there) = (desk.path("truth").display().to_string(), desk.path("there").display().to_string());
        format!(
            "# Two\n```sh {{#one host=here danger=change}}\ntouch {there}; sleep 2; echo one >> {truth}\n```\n\
             ```sh {{#two host=here danger=change}}\necho two >> {truth}\n```\n"
        )
    };
    let desk = Desk::new("");
    desk.write("run.md", &document(&desk));
    let child = desk.begin(&[]);
    desk.wait_for("there");
    kill(&child, Signal::INT);
    let stopped = child.wait_with_output().unwrap();
    let left = stopped.status.code() == Some(130) || stopped.status.signal() == Some(2);
    assert!(left && told(&stopped).contains("--resume"), "{}", told(&stopped));
    assert_eq!(desk.times(), 1, "what was under way came to its end, and nothing more began");
    let resumed = desk.resume(&[]);
    assert!(resumed.status.success() && desk.times() == 2, "a signal ends no run: {}", told(&resumed));

    let desk = Desk::new("");
    desk.write("run.md", &document(&desk));
    let child = desk.begin(&[]);
    desk.wait_for("there");
    kill(&child, Signal::HUP);
    let left = child.wait_with_output().unwrap();
    assert!(left.status.code() == Some(129) || left.status.signal() == Some(1), "{}", told(&left));
    let resumed = desk.resume(&[]);
    assert!(resumed.status.success(), "{}", told(&resumed));
    assert_eq!(desk.times(), 2);
}

#[test]
fn e19_an_answer_is_kept_with_its_person_and_a_question_without_a_terminal_names_its_flag() {
    let desk = Desk::new("# Items\n- [ ] first {#first}\n- [ ] second {#second}\n");
    let nothing = desk.run(&["--tick", "frist=seen by eye"], None);
    assert_eq!(nothing.status.code(), Some(64), "{}", told(&nothing));
    assert!(told(&nothing).contains("has no part frist"), "{}", told(&nothing));
    let waits = desk.run(&["--tick", "first=seen by eye"], None);
    assert_eq!(waits.status.code(), Some(75), "{}", told(&waits));
    assert!(told(&waits).contains("--tick second=NOTE"), "{}", told(&waits));
    let resumed = desk.resume(&["--tick", "second="]);
    assert!(resumed.status.success(), "{}", told(&resumed));
    let kept = desk.qd(&["runs", "--id", &desk.newest()], None).output().unwrap();
    assert!(told(&kept).contains("seen by eye"), "{}", told(&kept));
}

#[test]
fn a18_a_background_process_that_holds_the_output_does_not_hold_the_step() {
    let desk = Desk::new("# Daemon\n```sh {#one host=here}\nsleep 20 &\necho away\n```\n");
    let begun = Instant::now();
    let output = desk.run(&[], None);
    assert!(output.status.success(), "{}", told(&output));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}: {}", begun.elapsed(), told(&output));
}

#[test]
fn f1_a_secret_reaches_the_command_and_no_sink() {
    let canary = "kanarie-7Hf/9+x\"Q";
    let desk = Desk::new(
        "+++\ntitle = \"Secret\"\n[[inputs]]\nname = \"word\"\nsecret = true\n+++\n# Secret\n\
         ```sh {#one host=here danger=change}\nprintf '%s\\n' \"$word\"; printf '%s' \"$word\" | base64; \
         printf '%s' \"user:$word\" | base64\nprintf '%s' \"$word\" | od -An -tx1 | tr -d ' \\n'; echo\n\
         test ${#word} = 17\n```\n",
    );
    desk.write("word", canary);
    fs::set_permissions(desk.path("word"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = desk.run(&["--input-file", "word=word"], None);
    assert!(output.status.success(), "the command has it: {}", told(&output));
    fs::remove_file(desk.path("word")).unwrap();
    let forms =
        [canary.to_owned(), STANDARD.encode(canary), canary.bytes().map(|byte| format!("{byte:02x}")).collect()];
    for form in &forms {
        let middle = &form[form.len() / 4..form.len() * 3 / 4];
        assert!(!told(&output).contains(middle), "{middle} in {}", told(&output));
        let found = Command::new("grep").args(["-rlF", "--", middle]).arg(desk.folder.path()).output().unwrap();
        assert!(found.stdout.is_empty(), "{middle} in {}", String::from_utf8_lossy(&found.stdout));
    }
}

#[test]
fn a_document_that_has_changed_is_refused_with_the_difference() {
    let desk = Desk::new("");
    one(&desk);
    assert!(!desk.run(&[], Some("abort-before")).status.success());
    let text = fs::read_to_string(desk.path("run.md")).unwrap();
    desk.write("run.md", &text.replace("printed", "something else"));
    let refused = desk.resume(&[]);
    assert_eq!(refused.status.code(), Some(77), "{}", told(&refused));
    assert!(told(&refused).contains("something else"), "{}", told(&refused));
    assert_eq!(desk.times(), 0);
}
