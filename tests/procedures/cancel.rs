//! E14: a run is cancelled before, during and after a step, ended during one, and left by a terminal that goes away.

use std::time::{Duration, Instant};

use quarterdeck::domain::run::{Reason, RunState, StepState};

use crate::bare::Bare;
use crate::lab::{Lab, repetitions, report};
use crate::person;
use crate::pty::Pty;
use crate::team::{HOSTS, LOGINS, Login, Team};

/// The host on which it is done.
const HOST: &str = HOSTS[1];

/// Two steps behind an item; the first one has company, which may not listen, and waits until it may go on.
fn document(team: &Team, deaf: bool) -> String {
    let (truth, flag) = (&team.truth, team.login.flag);
    let deaf = if deaf { "trap '' TERM; " } else { "" };
    format!(
        "# Two\n\n- [ ] ready {{#ready}}\n\n### One\n\n```sh {{#one host={HOST} danger=change{flag}}}\n\
         ({deaf}exec setsid sleep 3141) &\nsleep 3141 &\necho one >> {truth}\n\
         until [ -e {truth}-go ]; do sleep 0.1; done\nkill -9 $!; pkill -9 -fx 'sleep 3141'; echo over >> {truth}\n```\n\n\
         ### Two\n\n```sh {{#two host={HOST} danger=change{flag}}}\necho two >> {truth}\n```\n"
    )
}

/// A person at a run of this document, with the console open.
struct Round<'lab> {
    team: Team<'lab>,
    pty: Pty,
}

impl<'lab> Round<'lab> {
    fn new(lab: &'lab Lab, login: Login, bare: &Bare, what: &str) -> Self {
        let team = Team::new(lab, login, &bare.config, &format!("e14-{what}"), false);
        team.publish("two.md", &document(&team, what == "during"));
        let mut round = Self { pty: console(&team), team };
        person::opens(&mut round.pty, "Two");
        person::runs_all(&mut round.pty);
        person::wait(&mut round.pty, &["needs you"]);
        round
    }

    /// The first step is under way.
    fn goes_on(&mut self) {
        self.pty.keys("space");
        self.wait_truth("one\n");
    }

    fn truth(&self) -> String {
        self.team.lab.on(HOST, &["sh", "-c", &format!("cat {} 2>/dev/null; true", self.team.truth)])
    }

    fn wait_truth(&mut self, wanted: &str) {
        let begun = Instant::now();
        while self.truth() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}: {:?}", self.truth(), self.pty);
            self.pty.read_during(Duration::from_millis(100));
        }
    }

    /// Whether anything of the first step is alive on its host.
    fn lives(&self) -> bool {
        self.team.lab.try_on(HOST, &["pgrep", "-fx", "sleep 3141"]).status.success()
    }

    fn may_go_on(&self) {
        self.team.lab.on(HOST, &["touch", &format!("{}-go", self.team.truth)]);
    }

    /// The newest run, as the store has it.
    fn find_run(&mut self) {
        let output = self.team.command(&["runs", "--json"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let at = text.find("\"id\"").unwrap_or_else(|| panic!("no run in {text}"));
        self.team.run = text[at..].split('"').nth(3).map(str::to_owned);
    }

    fn wait_end(&mut self) {
        let begun = Instant::now();
        while self.stands().0 == RunState::Running {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not end: {:?}", self.pty);
            self.pty.read_during(Duration::from_millis(300));
        }
    }

    /// The end of the run, and the states of its three parts.
    fn stands(&mut self) -> (RunState, Vec<StepState>) {
        self.find_run();
        let (run, _) = self.team.now();
        (run.state, run.steps.iter().map(|step| step.state).collect())
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        self.team.lab.try_on(HOST, &["pkill", "-9", "-fx", "sleep 3141"]);
        self.team.lab.try_on(HOST, &["rm", "-f", &format!("{}-go", self.team.truth)]);
    }
}

fn console(team: &Team) -> Pty {
    person::opened(&["shop", "-e", team.login.environment], &team.path(team.at, ""), &team.variables())
}

/// What is done to it, by name.
type Kind = (&'static str, fn(Round));

/// Before: what was not begun never is.
fn before(mut round: Round) {
    person::ends(&mut round.pty, "not tonight");
    round.wait_end();
    let skipped = vec![StepState::Skipped; 3];
    assert_eq!(round.stands(), (RunState::Stopped, skipped), "{:?}", round.pty);
    assert_eq!((round.truth().as_str(), round.lives()), ("", false));
}

/// During: everything of the step is gone, and that is said; a person decides what becomes of the rest. After: what has
/// ended stays as it is.
fn during_and_after(mut round: Round) {
    round.goes_on();
    person::cancels(&mut round.pty);
    person::wait(&mut round.pty, &["cancelled: everything of it was ended"]);
    assert_eq!((round.truth().as_str(), round.lives()), ("one\n", false), "{:?}", round.pty);
    let (state, steps) = round.stands();
    assert_eq!((state, steps), (RunState::Running, vec![StepState::Verified, StepState::Failed, StepState::Planned]));
    assert_eq!(round.team.now().0.steps[1].reason, Some(Reason::Cancelled));
    round.pty.keys("X");
    person::wait(&mut round.pty, &["no step goes on"]);
    person::marks_done(&mut round.pty, "by hand");
    round.wait_truth("one\ntwo\n");
    round.wait_end();
    round.pty.keys("X");
    round.pty.read_during(Duration::from_millis(300));
    let (state, steps) = round.stands();
    assert_eq!((state, steps), (RunState::Succeeded, vec![StepState::Verified; 3]), "{:?}", round.pty);
    assert_eq!(round.truth(), "one\ntwo\n");
}

/// Ended during a step: the same, and nothing further begins.
fn ended(mut round: Round) {
    round.goes_on();
    person::ends(&mut round.pty, "enough");
    round.wait_end();
    let (state, steps) = round.stands();
    // The step did not come to its end, so the run did not end well either.
    assert_eq!((state, steps), (RunState::Failed, vec![StepState::Verified, StepState::Failed, StepState::Skipped]));
    assert_eq!(round.team.now().0.steps[1].reason, Some(Reason::Cancelled));
    assert_eq!((round.truth().as_str(), round.lives()), ("one\n", false), "{:?}", round.pty);
    assert_eq!(round.team.left(HOST), "");
}

/// The terminal goes away: the step does not notice, and whoever comes back finds its end.
fn hung_up(mut round: Round) {
    round.goes_on();
    round.pty.hang_up().wait_exit(Duration::from_secs(10));
    assert!(round.lives(), "closing is no cancelling");
    round.may_go_on();
    let begun = Instant::now();
    while round.truth() != "one\nover\n" {
        assert!(begun.elapsed() < Duration::from_secs(30), "the step ends with nobody there: {}", round.truth());
        std::thread::sleep(Duration::from_millis(100));
    }
    let (state, steps) = round.stands();
    assert_eq!((state, steps[2]), (RunState::Running, StepState::Planned), "nothing begins with nobody there");
    round.pty = console(&round.team);
    person::takes_up(&mut round.pty);
    round.wait_truth("one\nover\ntwo\n");
    round.wait_end();
    let (state, steps) = round.stands();
    assert_eq!((state, steps), (RunState::Succeeded, vec![StepState::Verified; 3]), "{:?}", round.pty);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e14_a_run_is_cancelled_before_during_and_after_a_step_ended_in_one_and_left_by_a_hang_up() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bare = Bare::start(&lab, &[HOST]);
    let kinds: [Kind; 4] = [("before", before), ("during", during_and_after), ("ended", ended), ("hung-up", hung_up)];
    let mut times = 0;
    // In an ordinary run each is done as somebody else.
    for round in 0..repetitions(1, LOGINS.len()) {
        for (number, (what, kind)) in kinds.iter().enumerate() {
            let login = LOGINS[(round + number) % LOGINS.len()];
            println!("{what}, {}", login.environment);
            kind(Round::new(&lab, login, &bare, what));
            times += 1;
        }
    }
    report(
        "E14",
        times,
        times,
        "a run at the console: cancelled before, during and after a step, ended in one, hung up",
    );
}
