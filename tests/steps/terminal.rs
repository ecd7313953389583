//! Steps that need a terminal get a real one: on a host over its own sshd, and here.

use std::process::Output;
use std::time::Duration;

use quarterdeck::domain::run::StepState;
use rustix::process::{Pid, Signal, kill_process};

use super::pty::{Launch, Modes, Pty, SOON};
use super::sshd::Sshd;
use super::{Desk, FOLDERS, digest, told};

fn desk(sshd: &Sshd, document: &str) -> Desk {
    let mut desk = Desk::new("", "");
    let state = desk.path("state-of-jobs").display().to_string();
    let site = format!(
        "title = \"shop\"\n[environments.lab]\nstate_directory = \"{state}\"\n[environments.lab.hosts]\nbox = {{ ssh = \"box\" }}\n"
    );
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    desk.document(document);
    desk.ssh_config = Some(sshd.path("config"));
    desk
}

pub(super) fn at_a_terminal(desk: &Desk, arguments: &[&str]) -> Pty {
    let trusted = digest(&desk.path("run.md"));
    let arguments = [arguments, &["--trust", &trusted]].concat();
    let mut launch = Launch::qd(&arguments).folder(desk.folder.path()).size(100, 30);
    for (name, folder) in FOLDERS {
        launch = launch.variable(name, desk.path(folder));
    }
    if let Some(config) = &desk.ssh_config {
        launch = launch.variable("QD_SSH_CONFIG", config);
    }
    launch.start()
}

const RUN: [&str; 6] = ["run", "./run.md", "shop", "-e", "lab", "--yes"];

const ASKS: &str = "# P\n```sh {#ask host=box terminal}\ntty; stty size\nstty -echo; printf 'Vault %s: ' word; read -r word; stty echo\n\
     echo; echo \"length ${#word}\"\n```\n```sh {#next host=box danger=change}\necho next >>ROOM/truth\n```\n";

#[test]
fn a_step_with_a_terminal_asks_and_goes_on_and_nothing_of_it_is_kept() {
    let sshd = Sshd::start("");
    let desk = desk(&sshd, ASKS);
    let mut pty = at_a_terminal(&desk, &RUN);
    pty.wait_until(SOON * 3, "its question", |pty| pty.screen().contains("Vault word:"));
    assert!(pty.screen().contains("/dev/pts/") && pty.screen().contains("30 100"), "{}", pty.screen());
    pty.send("kanarie-1\n").wait_for("length 9");
    let exit = pty.wait_exit(SOON * 3);
    assert_eq!(exit.code(), 0, "{pty:?}");
    assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
    assert!(!pty.screen().contains("kanarie"), "{}", pty.screen());
    assert_eq!(desk.text("truth"), "next\n");
    let (run, _) = desk.recorded();
    assert_eq!((run.steps[0].state, run.steps[0].exit), (StepState::Verified, Some(0)), "{run:?}");
    for word in ["kanarie", "length 9"] {
        let found = std::process::Command::new("grep").args(["-rl", word]).arg(desk.path("data")).output().unwrap();
        assert!(found.stdout.is_empty(), "{word}: {}", String::from_utf8_lossy(&found.stdout));
    }
}

#[test]
fn ctrl_c_is_the_programs_and_its_status_is_told() {
    let sshd = Sshd::start("");
    let document = "# P\n```sh {#edit host=box terminal}\ntrap 'echo asked$((1 + 1)); exit 7' INT\necho waits$((1 + 1))\nwhile :; do sleep 1; done\n```\n";
    let desk = desk(&sshd, document);
    let mut pty = at_a_terminal(&desk, &RUN);
    pty.wait_until(SOON * 3, "it waits", |pty| pty.screen().contains("waits2"));
    pty.read_during(Duration::from_millis(300));
    pty.send("\x03").wait_for("asked2");
    pty.wait_until(SOON, "the menu", |pty| pty.screen().contains("[a]bort"));
    assert!(pty.screen().contains("status 7"), "{}", pty.screen());
    assert!(!pty.screen().contains("no further step begins"), "the run was not stopped: {}", pty.screen());
    // What comes before a person can have read the question is no answer.
    std::thread::sleep(Duration::from_millis(500));
    pty.send("a enough\n");
    assert_eq!(pty.wait_exit(SOON).code(), 2, "{pty:?}");
    assert_eq!(desk.recorded().0.steps[0].exit, Some(7));
}

#[test]
fn a_link_that_is_lost_under_a_program_with_the_terminal_leaves_its_end_unknown() {
    let sshd = Sshd::start("");
    let desk = desk(&sshd, "# P\n```sh {#edit host=box terminal}\nprintf 'server%s\\n' \"=$PPID=\"; sleep 60\n```\n");
    let mut pty = at_a_terminal(&desk, &RUN);
    pty.wait_until(SOON * 3, "its server", |pty| {
        pty.screen().contains("server=") && pty.screen().matches('=').count() > 3
    });
    let server: i32 = pty.screen().split("server=").nth(1).unwrap().split('=').next().unwrap().parse().unwrap();
    // Behind a shell of the login stands the server of the connection.
    let server = parent_named(server, "sshd");
    kill_process(Pid::from_raw(server).unwrap(), Signal::KILL).unwrap();
    pty.wait_until(SOON * 3, "the menu", |pty| pty.screen().contains("[a]bort"));
    assert!(pty.screen().contains("link was lost"), "{}", pty.screen());
    // What comes before a person can have read the question is no answer.
    std::thread::sleep(Duration::from_millis(500));
    pty.send("a enough\n");
    assert_eq!(pty.wait_exit(SOON * 2).code(), 3, "{pty:?}");
    let step = desk.recorded().0.steps.remove(0);
    assert_eq!((step.state, step.exit), (StepState::Unknown, None), "{step:?}");
}

/// The process itself or the first above it that has this name.
fn parent_named(mut pid: i32, name: &str) -> i32 {
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        if stat.contains(&format!("({name}")) {
            return pid;
        }
        pid = stat.rsplit(") ").next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    }
}

#[test]
fn its_own_status_of_255_is_no_lost_link() {
    let sshd = Sshd::start("");
    let desk = desk(&sshd, "# P\n```sh {#edit host=box terminal}\necho now; exit 255\n```\n");
    let mut pty = at_a_terminal(&desk, &[RUN.as_slice(), &["--on-failure", "abort"]].concat());
    assert_eq!(pty.wait_exit(SOON * 4).code(), 2, "{pty:?}");
    assert_eq!(desk.recorded().0.steps[0].exit, Some(255), "{pty:?}");
}

#[test]
fn without_a_terminal_it_is_said_where_to_go_on() {
    let desk = Desk::here("# P\n```sh {#edit host=here terminal}\necho done$((1 + 1))\n```\n");
    let refused: Output = desk.qd(&["--yes"], None);
    assert_eq!(refused.status.code(), Some(75), "{}", told(&refused));
    let text = told(&refused);
    assert!(
        text.contains("needs a terminal") && text.contains("at a terminal: qd run") && !text.contains("done2"),
        "{text}"
    );
    let mut pty =
        at_a_terminal(&desk, &["run", "./run.md", "shop", "-e", "lab", "--resume", desk.recorded().0.id.as_str()]);
    assert_eq!(pty.wait_exit(SOON * 3).code(), 0, "{pty:?}");
    assert!(pty.screen().contains("done2"), "{}", pty.screen());
}
