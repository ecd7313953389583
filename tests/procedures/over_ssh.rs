//! What is proven over ssh on real hosts: a dead-man timer that acts where no console is, and approvals that two people with
//! keys of their own give on a lock host.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use quarterdeck::domain::run::{Reason, RunStep, StepState};

use super::console::Console;
use super::lab::Lab;
use super::team::{HOSTS, LOGINS, Login, STATE, Team};
use super::told;

/// The balancer of these tests: a file, whose last line is the weight.
const BALANCER: &str = "app-2";
const WEIGHTS: &str = "/var/lib/qdt-weights";

/// Two people whose site has a figure that is always good, and a shift that it guards.
struct Shift<'lab> {
    team: Team<'lab>,
    weights: String,
}

impl<'lab> Shift<'lab> {
    fn new(lab: &'lab Lab, login: Login, name: &str, hold: &str) -> Self {
        let team = Team::new(lab, login, &lab.ssh_config(), name, true);
        let weights = format!("{WEIGHTS}-{}", login.environment);
        let site = team.path(0, "config/quarterdeck/sites/shop/site.toml");
        let text = fs::read_to_string(&site).unwrap()
            + "[services.web]\nhosts = [\"app-1\"]\nunits = [\"qd-no-such.service\"]\n[services.web.metrics.fine]\n\
               command = [\"echo\", \"1\"]\npass = \"< 5\"\n";
        fs::write(&site, text).unwrap();
        let flag = login.flag;
        team.write(&format!(
            "# Move\n- Move it. <!-- {{#move host={BALANCER}{flag} shift=\"10 50\" hold={hold} guard=\"web/fine\" interval=1s \
             errors=100 back=0 deadman=5s set=\"echo $weight >>{weights}\" get=\"tail -n 1 {weights}\"}} -->\n"
        ));
        lab.on(BALANCER, &["sh", "-c", &format!("install -m 666 /dev/null {weights}")]);
        Self { team, weights }
    }

    fn weights(&self) -> String {
        self.team.lab.on(BALANCER, &["cat", &self.weights]).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn wait_for(&self, weights: &str, within: u64) {
        let begun = Instant::now();
        while self.weights() != weights {
            assert!(begun.elapsed() < Duration::from_secs(within), "not {weights}, but {}", self.weights());
            sleep(Duration::from_millis(200));
        }
    }

    /// Begins, and comes back when the first weight is set and held.
    fn begin(&mut self, more: &[&str]) -> Console {
        let mut console = self.team.console(&[&["--yes"], more].concat());
        self.wait_for("10", 60);
        sleep(Duration::from_millis(1500));
        self.team.listen(&mut console);
        console
    }

    fn steps(&self) -> Vec<RunStep> {
        self.team.now().0.steps
    }
}

impl Drop for Shift<'_> {
    fn drop(&mut self) {
        self.team.lab.try_on(BALANCER, &["rm", "-f", &self.weights]);
    }
}

/// As root by a unit of systemd, and as a user who has none.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_dead_man_timer_on_a_host_sends_traffic_back_when_the_console_is_killed() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    for login in [LOGINS[0], LOGINS[2]] {
        let mut shift = Shift::new(&lab, login, "killed", "60s");
        let mut console = shift.begin(&[]);
        console.kill();
        let units = lab.on(BALANCER, &["systemctl", "list-units", "--all", "--plain", "--no-legend", "qd-*"]);
        let run = shift.team.run.clone().expect("the run has begun");
        assert_eq!(units.contains(&run), login.environment == "root", "{}: {units}", login.environment);
        let begun = Instant::now();
        shift.wait_for("10 0", 30);
        assert!(begun.elapsed() > Duration::from_secs(1), "not before its time");
        let mut resumed = shift.team.resume(&["--yes", "--on-failure", "abort"]);
        let ended = resumed.wait_ended();
        assert!(!ended.success(), "{}", resumed.complaint());
        let steps = shift.steps();
        assert_eq!((steps[0].state, steps[0].reason), (StepState::Failed, Some(Reason::GuardFailed)), "{:?}", steps[0]);
        let note = steps[0].note.plain();
        assert!(note.contains("dead-man timer on app-2 heard nothing of a console for 5s"), "{note}");
        assert_eq!(shift.weights(), "10 0", "never twice");
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_dead_man_timer_acts_when_the_link_is_cut_and_is_unknown_after_a_boot() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    // The console lives, and its host can't hear it.
    let mut shift = Shift::new(&lab, LOGINS[0], "cut", "10s");
    let mut console = shift.begin(&["--on-failure", "abort"]);
    lab.fault(BALANCER, "cut");
    shift.wait_for("10 0", 40);
    lab.fault(BALANCER, "heal");
    let ended = console.wait_ended();
    assert!(!ended.success(), "{}", console.complaint());
    assert_eq!(shift.weights(), "10 0", "{}", console.complaint());
    let step = shift.steps().remove(0);
    assert_eq!((step.state, step.reason), (StepState::Failed, Some(Reason::GuardFailed)), "{step:?}");
    drop(shift);

    // The host is booted: the timer is gone with it, nobody has sent anything back, and that is said.
    let mut shift = Shift::new(&lab, LOGINS[0], "boot", "10s");
    let mut console = shift.begin(&[]);
    lab.fault(BALANCER, "hard-reset --wait");
    let ended = console.wait_ended();
    assert_eq!(ended.code(), Some(3), "{}", console.complaint());
    assert_eq!(shift.weights(), "10", "{}", console.complaint());
    let step = shift.steps().remove(0);
    assert_eq!(step.state, StepState::Unknown, "{step:?}");
    assert!(step.note.plain().contains("whether the dead-man timer on app-2 has acted is not known"), "{step:?}");
}

const SHIP: &str = "+++\ntitle = \"Ship\"\nkind = \"deploy\"\n\n[release]\nversion = \"version\"\ncommit = \"commit\"\n\n\
    [[inputs]]\nname = \"version\"\n+++\n\n# Ship\n\n## Gate\n\n\
    ```sh {#find host=app-2 danger=read capture=commit expires=1s}\ncat /tmp/qdt-commit\n```\n\n\
    - Somebody else has looked. {#two approve=\"1 of lead\" not_self expires=1h}\n\n\
    ## Phase 1\n\n```sh {#place host=app-2 danger=change}\nprintf '%s\\n' \"$version\" >> /tmp/qdt-truth-ship-root\n```\n\n\
    ## Verify\n\n```sh {#see host=app-2 danger=read}\ntrue\n```\n\n## Rollback\n\n```sh {#back host=app-2}\ntrue\n```\n";

/// ada ships, bea approves; each with a key, and bea with a second one that nobody was told of.
struct People<'lab>(Team<'lab>);

impl<'lab> People<'lab> {
    fn new(lab: &'lab Lab) -> Self {
        let people = Self(Team::new(lab, LOGINS[0], &lab.ssh_config(), "ship", true));
        let mut signers = String::new();
        for (name, person) in [("ada", "ada"), ("bea", "bea"), ("rogue", "cy")] {
            let key = people.key(name);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
            assert!(made.unwrap().success());
            let line = format!("{person} {}", fs::read_to_string(key.with_extension("pub")).unwrap());
            // Only the site as bea has it names the key of the third one.
            fs::write(people.of(1, "allowed_signers"), signers.clone() + &line).unwrap();
            if name != "rogue" {
                signers += &line;
            }
        }
        fs::write(people.of(0, "allowed_signers"), &signers).unwrap();
        for seat in 0..2 {
            let site = people.of(seat, "site.toml");
            let text = fs::read_to_string(&site).unwrap().replace(
                "title = \"shop\"\n",
                "title = \"shop\"\n[roles]\nlead = [\"ada\", \"bea\", \"cy\"]\n[approvals]\nallowed_signers = \"allowed_signers\"\n",
            );
            fs::write(site, text).unwrap();
        }
        people.0.publish("ship.md", SHIP);
        people
    }

    fn of(&self, seat: usize, name: &str) -> PathBuf {
        self.0.path(seat, &format!("config/quarterdeck/sites/shop/{name}"))
    }

    fn key(&self, name: &str) -> PathBuf {
        self.0.path(0, &format!("key-{name}"))
    }

    fn commit(&self, commit: &str) {
        self.0.lab.on("app-2", &["sh", "-c", &format!("echo {commit} >/tmp/qdt-commit")]);
    }

    fn qd(&mut self, seat: usize, arguments: &[&str]) -> Output {
        self.0.at = seat;
        // Whoever sits where a run was begun approves nothing of it.
        self.0.command(arguments).env("USER", format!("desk-{seat}")).output().unwrap()
    }

    fn approve(&mut self, person: &str, key: &str) -> Output {
        let run = self.0.run.clone().unwrap();
        fs::write(self.0.path(1, "config/quarterdeck/config.toml"), format!("name = \"{person}\"\n")).unwrap();
        let shown = told(&self.qd(1, &["approve", &run, "shop", "-e", "root", "--show"]));
        let digest = shown.split("sha256 ").nth(1).unwrap_or_else(|| panic!("{shown}"));
        let digest = digest.split_whitespace().next().unwrap().to_owned();
        let key = self.key(key).display().to_string();
        self.qd(1, &["approve", &run, "shop", "-e", "root", "--digest", &digest, "--key", &key])
    }

    fn go(&mut self) -> Output {
        let run = self.0.run.clone().unwrap();
        sleep(Duration::from_millis(1100));
        self.qd(0, &["run", "shop", "-e", "root", "--resume", &run, "--yes", "--on-failure", "retry"])
    }

    fn truth(&self) -> String {
        self.0.lab.on("app-2", &["sh", "-c", &format!("cat {} 2>/dev/null; true", self.0.truth)])
    }
}

impl Drop for People<'_> {
    fn drop(&mut self) {
        self.0.lab.try_on("app-2", &["rm", "-f", "/tmp/qdt-commit"]);
        let run = self.0.run.clone().unwrap_or_default();
        let script = format!("find {STATE} /var/tmp -path '*{run}*' -delete 2>/dev/null; true");
        self.0.lab.try_on(HOSTS[0], &["sh", "-c", &script]);
    }
}

/// E18, over ssh: what lies on the lock host counts when one signed it whom the site has, and only for what was looked at.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn e18_two_people_with_keys_of_their_own_approve_over_the_lock_host() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let mut people = People::new(&lab);
    people.commit("1111111aaaa");
    let begun = people.qd(0, &["run", "ship", "shop", "-e", "root", "--gate", "--input", "version=v2"]);
    assert!(told(&begun).contains("1 of 1 approvals by lead missing"), "{}", told(&begun));
    let listed = told(&people.qd(0, &["runs", "--json"]));
    let at = listed.find("\"id\"").unwrap_or_else(|| panic!("{listed}"));
    people.0.run = Some(listed[at..].split('"').nth(3).unwrap().to_owned());

    // Signed, and with a key that ada's site does not have: it is there to be seen, and counts nothing.
    let rogue = people.approve("cy", "rogue");
    assert!(rogue.status.success(), "{}", told(&rogue));
    let gone = people.go();
    assert!(!gone.status.success() && people.truth().is_empty(), "{}", told(&gone));
    for words in ["approved by cy: not proven", "does not count", "not of a key that allowed_signers has for cy"] {
        assert!(told(&gone).contains(words), "{words}: {}", told(&gone));
    }

    // Signed as it should be; then what goes out is another commit.
    let approved = people.approve("bea", "bea");
    assert!(approved.status.success(), "{}", told(&approved));
    people.commit("2222222bbbb");
    let gone = people.go();
    assert!(!gone.status.success() && people.truth().is_empty(), "{}", told(&gone));
    assert!(told(&gone).contains("another version, commit or image now"), "{}", told(&gone));
    crate::lab::report("E18", 1, 1, "approvals: two people with keys of their own, over the lock host");
}
