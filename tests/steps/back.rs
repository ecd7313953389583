//! The way back while one of its hosts is away or refuses it, and a step that only another login can look at: nothing is given
//! up, nothing waits for ever.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use quarterdeck::domain::run::{RunState, StepState};

use super::sshd::Sshd;
use super::{Desk, kill, told};

/// Two hosts are switched, and then something fails.
const DOCUMENT: &str = "+++\nlock = true\n+++\n# P\n\n## Phase 1\n\n```sh {#switch host=\"box me\" danger=change}\necho new >>ROOM/truth\n```\n\n\
     ## Phase 2\n\n```sh {#fails host=me danger=change}\ntouch ROOM/second; until [ -e ROOM/gone ]; do sleep 0.1; done; exit 7\n```\n\n\
     ## Rollback\n\n```sh {#back host=\"box me\" danger=change}\necho old >>ROOM/truth\n```\n";

const BACK_BY_RULE: [&str; 3] = ["--yes", "--on-failure", "rollback"];

struct Shop {
    desk: Desk,
    sshd: Sshd,
}

impl Shop {
    fn new() -> Self {
        Self::locked_at("me")
    }

    /// The environment's lock lies on this host.
    fn locked_at(host: &str) -> Self {
        let sshd = Sshd::start("");
        let mut desk = Desk::new("", "");
        let site = format!(
            "title = \"shop\"\n[environments.lab]\nlock_host = \"{host}\"\nstate_directory = \"{}\"\n[environments.lab.hosts]\n\
             box = {{ ssh = \"box\" }}\nme = {{ local = true }}\n",
            desk.path("state-of-jobs").display()
        );
        desk.write("config/quarterdeck/sites/shop/site.toml", &site);
        desk.document(DOCUMENT);
        desk.ssh_config = Some(sshd.path("config"));
        Self { desk, sshd }
    }

    /// Runs it, and takes `box` away before the step that fails does; `meanwhile` is what goes on then.
    fn run(&mut self, fault: Option<&str>, meanwhile: impl FnOnce(&Desk, &mut Sshd)) -> Output {
        let (desk, sshd) = (&self.desk, &mut self.sshd);
        std::thread::scope(|scope| {
            let running = scope.spawn(|| desk.qd(&BACK_BY_RULE, fault));
            desk.wait_for("second");
            let serving = sshd.connections();
            sshd.stop();
            for process in serving {
                let _ = Command::new("kill").arg("-9").arg(process.to_string()).status();
            }
            desk.write("gone", "");
            meanwhile(desk, sshd);
            running.join().unwrap()
        })
    }

    fn lock(&self) -> String {
        let status = self.desk.command(env!("CARGO_BIN_EXE_qd"), &["lock", "status", "shop", "-e", "lab"]).output();
        told(&status.unwrap())
    }
}

fn wait_until(what: &str, is: impl Fn() -> bool) {
    super::sshd::until(what, std::time::Duration::from_secs(60), is);
}

#[test]
fn the_other_hosts_go_back_while_one_is_away_and_it_follows_when_it_is_there_again() {
    let mut shop = Shop::new();
    let ended = shop.run(None, |desk, sshd| {
        wait_until("the other host went back", || desk.text("truth") == "new\nnew\nold\n");
        sshd.serve("");
    });
    let said = told(&ended);
    assert_eq!(shop.desk.text("truth"), "new\nnew\nold\nold\n", "{said}");
    assert!(ended.status.code() == Some(2) && said.contains("rolled back"), "{said}");
    assert!(!said.contains("not rolled back") && said.contains("back on box waits for box"), "{said}");
    assert!(!said.contains("at try"), "it was sent once, however often its host was looked for\n{said}");
    assert!(shop.lock().contains("free"), "{}", shop.lock());
}

#[test]
fn a_way_back_whose_host_stays_away_is_left_open_and_finished_by_whoever_takes_it_up() {
    let mut shop = Shop::new();
    let left = shop.run(Some("impatient"), |_, _| {});
    let said = told(&left);
    assert_eq!(shop.desk.text("truth"), "new\nnew\nold\n", "{said}");
    assert_eq!(left.status.code(), Some(75), "{said}");
    assert!(said.contains("left open, half-way back") && said.contains("qd run --resume"), "{said}");
    assert!(!said.contains("ended by"), "{said}");
    assert_eq!(shop.desk.recorded().0.state, RunState::Running);
    assert!(!shop.lock().contains("free"), "{}", shop.lock());
    shop.sshd.serve("");
    let ended = shop.desk.resume(&BACK_BY_RULE);
    let said = told(&ended);
    assert_eq!(shop.desk.text("truth"), "new\nnew\nold\nold\n", "{said}");
    assert!(ended.status.code() == Some(2) && !said.contains("not rolled back"), "{said}");
    assert!(shop.lock().contains("free"), "{}", shop.lock());
}

#[test]
fn a_way_back_that_is_refused_before_it_began_is_left_open_and_finished_by_whoever_takes_it_up() {
    let desk = Desk::here("");
    // The step that fails puts something in the way of the next: both hosts refuse it, as a full disk would make them.
    let places = ["state-of-jobs/runs", "home/.local/state/quarterdeck/runs"];
    let tokens = places.map(|place| format!("ROOM/{place}/*/token-1")).join(" ");
    desk.document(&format!(
        "# P\n\n## Phase 1\n\n```sh {{#switch host=\"me too\" danger=change}}\necho new >>ROOM/truth\n```\n\n\
         ## Phase 2\n\n```sh {{#fails host=me danger=change}}\nfor token in {tokens}; do\n  if [ -f \"$token\" ]; then rm \"$token\" && \
         mkdir \"$token\"; fi\ndone\nexit 7\n```\n\n\
         ## Rollback\n\n```sh {{#back host=\"me too\" danger=change}}\necho old >>ROOM/truth\n```\n"
    ));
    let left = desk.qd(&BACK_BY_RULE, None);
    let said = told(&left);
    assert_eq!(desk.text("truth"), "new\nnew\n", "{said}");
    assert_eq!(left.status.code(), Some(75), "{said}");
    assert!(said.contains("is the disk full?: nothing was done."), "{said}");
    assert!(said.contains("nothing was done there. The run is left open, half-way back"), "{said}");
    assert!(said.contains("qd run --resume") && !said.contains("ended by rule"), "{said}");
    let run = desk.recorded().0;
    assert_eq!(run.state, RunState::Running);
    for place in places {
        let _ = fs::remove_dir(desk.path(&format!("{place}/{}/token-1", run.id)));
    }
    let ended = desk.resume(&BACK_BY_RULE);
    let said = told(&ended);
    assert_eq!(desk.text("truth"), "new\nnew\nold\nold\n", "{said}");
    assert!(ended.status.code() == Some(2) && said.contains("rolled back"), "{said}");
    assert!(!said.contains("not rolled back"), "{said}");
}

#[test]
fn a_lock_host_that_cannot_be_asked_leaves_a_run_open_of_which_nothing_was_begun() {
    let mut shop = Shop::locked_at("box");
    shop.desk
        .document("+++\nlock = true\n+++\n# P\n\n```sh {#put host=me danger=change}\necho new >>ROOM/truth\n```\n");
    let begun = Instant::now();
    while !shop.sshd.connections().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "somebody is connected before anything began");
        std::thread::sleep(Duration::from_millis(20));
    }
    shop.sshd.stop();
    let left = shop.desk.qd(&["--yes"], None);
    let said = told(&left);
    assert_eq!(left.status.code(), Some(75), "{said}");
    assert!(said.contains("the lock host box can't be asked") && !said.contains("is locked"), "{said}");
    assert_eq!(shop.desk.text("truth"), "", "{said}");
    shop.sshd.serve("");
    let ended = shop.desk.resume(&["--yes", "--on-failure", "retry"]);
    assert!(ended.status.success(), "{}", told(&ended));
    assert_eq!(shop.desk.text("truth"), "new\n");
}

#[test]
fn a_way_back_that_fails_with_something_sent_is_ended_by_rule_and_not_by_a_person() {
    let desk = Desk::here("");
    desk.document(
        "# P\n\n```sh {#first host=me danger=change}\nexit 7\n```\n\n## Rollback\n\n```sh {#back host=\"me too\" danger=change}\nexit 8\n```\n",
    );
    let ended = desk.qd(&BACK_BY_RULE, None);
    assert_eq!(ended.status.code(), Some(2), "{}", told(&ended));
    assert!(told(&ended).contains("not begun: the run was ended by rule: back on me failed"), "{}", told(&ended));
}

#[test]
fn a_way_back_by_itself_says_which_step_did_not_run() {
    let desk = Desk::here("");
    let document = |when: &str| {
        format!(
            "+++\nback = \"auto\"\n+++\n# P\n\n## Phase 1\n\n```sh {{#place host=me danger=change}}\nexit 7\n```\n\n\
             ## Phase 2\n\n```sh {{#before host=me danger=read capture=before}}\necho v1\n```\n\n\
             ## Rollback\n\n```sh {{#back host=me{when}}}\ntest -n \"$before\"\n```\n"
        )
    };
    desk.document(&document(""));
    let failed = told(&desk.qd(&["--yes"], None));
    assert!(
        failed.contains("before is not known on me: the step before, which gives it, did not run there"),
        "{failed}"
    );
    desk.end();
    desk.document(&document(" when=before"));
    let back = told(&desk.qd(&["--yes"], None));
    assert!(back.contains("its condition does not hold: when=\"before\""), "{back}");
    assert!(back.contains("rolled back, nothing to take back"), "what gives it was never begun\n{back}");
    assert_eq!(desk.recorded().0.state, RunState::Failed, "it has ended: nothing is left for a person\n{back}");
}

#[test]
fn a_step_that_only_another_login_can_look_at_is_told_and_stays_as_it_is() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let desk = Desk::here("");
    desk.document(
        "# P\n```sh {#place host=me danger=change}\ntouch ROOM/begun; until [ -e ROOM/go ]; do sleep 0.1; done\n```\n",
    );
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &trusted, "--yes"];
    let begun = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("begun");
    kill(begun);
    // It ended as soon as the step was under way: that may be before its word that it is.
    let before = desk.recorded().0;
    assert!(matches!(before.steps[0].state, StepState::Intent | StepState::Started), "{before:?}");
    let run = before.id.clone();
    // What it left is in a folder of another login's, and its claim says whose.
    let (own, theirs) = (desk.path(&format!("state-of-jobs/runs/{run}")), desk.path("theirs"));
    fs::rename(&own, &theirs).unwrap();
    let claims = Path::new("/var/tmp/quarterdeck-jobs");
    let were_there = claims.exists();
    let claim = claims.join(format!("claim-{run}-0-1"));
    fs::create_dir_all(&claim).unwrap();
    std::os::unix::fs::chown(&claim, Some(65534), None).unwrap();
    let left = desk.resume(&[]);
    let said = told(&left);
    assert_eq!(left.status.code(), Some(75), "{said}");
    assert!(said.contains("How place on me stands can't be seen from here"), "{said}");
    assert!(
        said.contains(&format!("goes on with the run, once nobody was heard here for 45s: qd run --resume {run}")),
        "{said}"
    );
    let (kept, _) = desk.recorded();
    assert_eq!((kept.state, &kept.steps), (RunState::Running, &before.steps), "{kept:?}");
    // It is that login's to go on with.
    fs::remove_dir(&claim).unwrap();
    fs::rename(&theirs, &own).unwrap();
    desk.write("go", "");
    let ended = desk.resume(&[]);
    assert!(ended.status.success(), "{}", told(&ended));
    // What the run showed there goes, and the folder where it was made for this.
    for entry in fs::read_dir(claims).unwrap().flatten() {
        if entry.file_name().to_string_lossy().contains(run.as_str()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    if !were_there {
        let _ = fs::remove_dir(claims);
    }
}
