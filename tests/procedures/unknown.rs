//! Steps of which nobody knows whether they happened, and each thing that a person may then decide.

use std::time::{Duration, Instant};

use quarterdeck::domain::run::{RunState, StepState};

use crate::bare::Bare;
use crate::lab::{Lab, repetitions, report};
use crate::person;
use crate::pty::{Launch, Pty};
use crate::team::{HOSTS, LOGINS, Login, Team};

const HOST: &str = HOSTS[2];

/// A person's choices at the terminal, and what must come of them: how often the step happened, how it stands, and how
/// the run ends.
const CHOICES: [(&str, usize, StepState, RunState); 5] = [
    ("s it was not needed", 1, StepState::Skipped, RunState::Succeeded),
    ("m seen in the log", 1, StepState::Verified, RunState::Succeeded),
    ("r", 2, StepState::Verified, RunState::Succeeded),
    ("a", 1, StepState::Unknown, RunState::Unknown),
    ("l", 1, StepState::Skipped, RunState::Succeeded),
];

/// A step that would wait for ever at its first time, and would be tried again if it failed; the next one is elsewhere.
fn document(team: &Team) -> String {
    let (truth, flag) = (&team.truth, team.login.flag);
    format!(
        "# Lost\n```sh {{#long host={HOST} danger=change retries=3 every=1s{flag}}}\necho long >> {truth}; echo begun\n\
         [ \"$(grep -c long {truth})\" != 1 ] || sleep 3142\n```\n\
         ```sh {{#next host=app-1 danger=change{flag}}}\necho next >> {truth}\n```\n"
    )
}

/// Kills everything of a run on a host, also what would tell its end, as the kernel does when memory runs out.
fn kill_all_of_it(team: &Team) {
    // The name of the run must not stand in the command line of what looks for it.
    let run = team.run.clone().unwrap();
    let (head, tail) = run.split_at(20);
    let script = format!(
        "r=$(printf %s%s {head} {tail})
         for round in 1 2 3; do for p in /proc/[0-9]*; do
           if grep -qsF \"$r\" $p/cmdline || grep -qsF \"QD_JOB=$r\" $p/environ; then kill -9 ${{p#/proc/}}; fi
         done; done 2>/dev/null; true"
    );
    team.lab.on(HOST, &["sh", "-c", &script]);
}

/// A person who goes on with the run at a terminal.
fn resumed(team: &Team) -> Pty {
    let run = team.run.clone().unwrap();
    let arguments = team.arguments(&["--resume", &run]);
    let mut launch = Launch::qd(&arguments).size(120, 40).folder(team.path(team.at, "")).without("QD_FAULT_JOBS");
    for (name, value) in team.variables() {
        launch = launch.variable(name, value);
    }
    let mut pty = launch.start();
    person::wait(&mut pty, &["is not known", "[r]etry, [c]heck again"]);
    pty
}

fn one(lab: &Lab, login: Login, bare: &Bare, choice: (&str, usize, StepState, RunState)) {
    let (typed, times, state, end) = choice;
    let mut team = Team::new(lab, login, &bare.config, &format!("unknown-{}", &typed[..1]), false);
    team.write(&document(&team));
    let mut console = team.console(&["--yes"]);
    console.wait_told(&["\"event\":\"output\"", "begun"]);
    team.run = console.lines.iter().find_map(|line| crate::console::run_of(line));
    kill_all_of_it(&team);
    let status = console.wait_ended();
    assert_eq!(status.code(), Some(3), "{}", console.complaint());
    assert_eq!(team.now().0.steps[0].state, StepState::Unknown, "{}", console.complaint());

    let mut pty = resumed(&team);
    // Looking again changes nothing of it.
    let asked = pty.count(b"[c]heck again");
    // Nobody reads a question sooner: an answer that comes with it is refused.
    std::thread::sleep(Duration::from_millis(400));
    pty.send("c\n");
    pty.wait_until(Duration::from_secs(30), "it is asked again", |pty| pty.count(b"[c]heck again") > asked);
    assert_eq!(team.happened(HOST)["long"], 1, "{pty:?}");
    std::thread::sleep(Duration::from_millis(400));
    pty.send(format!("{typed}\n"));
    if typed == "r" {
        person::wait(&mut pty, &["Type y to do it"]);
        std::thread::sleep(Duration::from_millis(400));
        pty.send("y\n");
    }
    let exit = pty.wait_exit(Duration::from_secs(60)).code();
    let (run, _) = team.now();
    let said = format!("{typed} as {}: exit {exit}, {run:?}, {pty:?}", login.environment);
    assert_eq!((run.steps[0].state, run.state), (state, end), "{said}");
    assert_eq!(team.happened(HOST).get("long"), Some(&times), "{said}");
    let next = usize::from(end == RunState::Succeeded);
    assert_eq!(team.happened("app-1").get("next").copied().unwrap_or_default(), next, "{said}");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_step_that_was_killed_with_all_that_knew_of_it_is_unknown_and_a_person_decides() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1", HOST]);
    let bare = Bare::start(&lab, &HOSTS);
    let mut times = 0;
    // In an ordinary run each choice is made by somebody else.
    for round in 0..repetitions(1, CHOICES.len()) {
        for (number, choice) in CHOICES.into_iter().enumerate() {
            let login = LOGINS[(number + round) % LOGINS.len()];
            println!("{} as {}", choice.0, login.environment);
            one(&lab, login, &bare, choice);
            times += 1;
        }
    }
    let note = "a step killed with all that knew of it: unknown, looked at again, then skipped, marked, retried, ended, left out";
    report("unknown", times, times, note);
}

/// E5: the host is booted during the step: it is unknown, never begun again by itself, and a person decides.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn e5_a_step_whose_host_was_booted_is_unknown_until_a_person_decides() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let times = repetitions(1, 10);
    for round in 0..times {
        let login = LOGINS[round % 3];
        let mut team = Team::new(&lab, login, &lab.ssh_config(), &format!("e5-{round}"), false);
        // What is in /tmp is gone after a boot.
        lab.on(HOST, &["mkdir", "-pm", "1777", "/var/qdt"]);
        team.truth = format!("/var/qdt/truth-{round}");
        let (truth, flag) = (team.truth.clone(), login.flag);
        let deaf = if round % 4 < 2 { "trap '' TERM; " } else { "" };
        team.write(&format!(
            "# Booted\n```sh {{#long host={HOST} danger=change retries=3 every=1s{flag}}}\necho long >> {truth}; echo begun\n\
             {deaf}sleep 3143\n```\n```sh {{#next host={HOST} danger=change{flag}}}\necho next >> {truth}\n```\n"
        ));
        let mut console = team.console(&["--yes"]);
        console.wait_told(&["\"event\":\"output\"", "begun"]);
        let begun = Instant::now();
        lab.fault(HOST, if round % 2 == 0 { "hard-reset --wait" } else { "reboot --wait" });
        let status = console.wait_ended();
        println!("{}: known after {:.1} s", login.environment, begun.elapsed().as_secs_f64());
        team.listen(&mut console);
        team.run = console.lines.iter().find_map(|line| crate::console::run_of(line));
        let state = team.now().0.steps[0].state;
        // A boot in good order ends the step with a signal first: then that is known, and it is tried no further either.
        assert!(
            state == StepState::Unknown || (round % 2 == 1 && state == StepState::Failed),
            "{}",
            console.complaint()
        );
        let code = if state == StepState::Unknown { 3 } else { 2 };
        assert_eq!(status.code(), Some(code), "{}", console.complaint());
        // Going on with it changes nothing of that.
        let mut console = team.resume(&[]);
        assert_eq!(console.wait_ended().code(), Some(code), "{}", console.complaint());
        assert_eq!(lab.on(HOST, &["cat", &truth]), "long\n", "it is never begun again by itself");
        let mut console = team.resume(&["--on-failure", "skip"]);
        let status = console.wait_ended();
        assert!(status.success(), "{status}: {}", console.complaint());
        assert_eq!(lab.on(HOST, &["cat", &truth]), "long\nnext\n");
        let (run, _) = team.now();
        assert_eq!((run.steps[0].state, run.steps[1].state), (StepState::Skipped, StepState::Verified));
        lab.on(HOST, &["rm", "-rf", "/var/qdt"]);
    }
    report("E5", times, times, "qd run: host booted in a step: unknown, skipped by a person, the next step done");
}
