//! A gate from its first look to the go: judged alone, left and gone on with, waived by whoever may, and checked once more
//! before anything begins. And a way back that begins by itself.

use std::fs;

use quarterdeck::domain::run::{Go, RunState, StepState};

use super::pty::SOON;
use super::terminal::at_a_terminal;
use super::{Desk, told};

const GATE: &str = "# Deploy\n\n## Gate\n\n```sh {#ci host=me danger=read waiver=lead}\ntest -e ROOM/green\n```\n\n\
    ```sh {#graph host=me danger=read evidence}\necho \"3 errors\"\n```\n\n- [ ] Signed off {#signed}\n\n\
    ## Phase 1\n\n```sh {#change host=me danger=change}\necho changed >>ROOM/truth\n```\n";

fn desk(document: &str) -> Desk {
    let desk = Desk::here("");
    let site = desk.text("config/quarterdeck/sites/shop/site.toml");
    desk.write("config/quarterdeck/config.toml", "name = \"ada\"\n");
    desk.write("config/quarterdeck/sites/shop/site.toml", &format!("{site}[roles]\nlead = [\"ada\"]\n"));
    desk.document(document);
    desk
}

fn state(desk: &Desk, part: &str) -> StepState {
    let (run, _) = desk.recorded();
    let of_it = run.steps.iter().find(|step| step.part.as_ref().is_some_and(|id| id.as_str() == part));
    of_it.map(|step| step.state).unwrap_or_else(|| panic!("no step of {part}: {run:?}"))
}

#[test]
fn a_gate_is_judged_alone_left_open_and_gone_on_with() {
    let desk = desk(GATE);
    // All of it is looked at, and what failed is said.
    let judged = desk.qd(&["--gate"], None);
    assert_eq!(judged.status.code(), Some(2), "{}", told(&judged));
    assert_eq!((state(&desk, "ci"), state(&desk, "graph")), (StepState::Failed, StepState::Done));
    assert!(told(&judged).contains("3 errors"), "{}", told(&judged));
    let (run, _) = desk.recorded();
    assert_eq!((run.state, run.confirmed.as_str()), (RunState::Running, "unasked"));
    assert_eq!(run.document.unwrap().decided.go, Go::Waits);
    assert_eq!(run.steps.len(), 3, "nothing behind the gate is planned");
    // What is fetched stays fetched (E19): nobody fetches it again, and the tick is kept with its person.
    fs::write(desk.path("green"), "").unwrap();
    let again = desk.resume(&["--gate", "--on-failure", "retry", "--tick", "graph=as every day"]);
    assert_eq!(again.status.code(), Some(75), "{}", told(&again));
    let (run, _) = desk.recorded();
    assert_eq!((run.steps[1].attempt, run.steps[1].by.as_deref()), (1, Some("ada")), "{run:?}");
    assert_eq!(run.steps[1].note.plain(), "as every day");
    let passed = desk.resume(&["--gate", "--tick", "signed="]);
    assert_eq!(passed.status.code(), Some(0), "{}", told(&passed));
    assert_eq!(desk.recorded().0.state, RunState::Running);
    assert_eq!(desk.text("truth"), "", "without a go nothing begins");
    // Without a confirmation nothing either; the run stays open.
    let refused = desk.resume(&[]);
    assert!(!refused.status.success() && desk.text("truth").is_empty(), "{}", told(&refused));
    let went = desk.resume(&["--yes"]);
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!(desk.text("truth"), "changed\n", "{}", told(&went));
    // What is confirmed is shown once.
    assert_eq!(told(&went).matches("runbook run:").count(), 1, "{}", told(&went));
    let (run, _) = desk.recorded();
    let decided = &run.document.as_ref().unwrap().decided;
    assert_eq!((run.state, decided.go), (RunState::Succeeded, Go::Given));
    // When the go was given is kept: the time from then on counts, whoever finds which step at its end.
    let (gone, ended) = (decided.gone.unwrap(), run.ended.unwrap());
    assert!(run.begun < gone && gone <= ended && run.steps[2].at.is_some_and(|at| at <= gone), "{run:?}");
    let shown = desk.command(env!("CARGO_BIN_EXE_qd"), &["runs", "--id", run.id.as_str()]).output().unwrap();
    let shown = told(&shown);
    assert!(shown.contains("from the go\n") && shown.contains("\ngo        "), "{shown}");
}

#[test]
fn an_item_is_waived_by_the_role_with_a_reason_and_that_is_told_at_the_end() {
    let desk = desk(GATE);
    let went = desk.qd(&["--yes", "--waive", "ci=the runner is down", "--tick", "graph=", "--tick", "signed="], None);
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!(desk.text("truth"), "changed\n");
    let (run, _) = desk.recorded();
    let step = &run.steps[0];
    assert_eq!((step.state, step.by.as_deref()), (StepState::Waived, Some("ada")));
    assert!(step.reason.is_some() && step.note.plain().starts_with("the runner is down (found: "), "{step:?}");
    assert!(told(&went).contains("waived") && told(&went).contains("the runner is down"), "{}", told(&went));
}

#[test]
fn whoever_has_not_the_role_waives_nothing() {
    let desk = desk(GATE);
    desk.write("config/quarterdeck/config.toml", "name = \"eve\"\n");
    let flags = ["--yes", "--waive", "ci=please", "--tick", "graph=", "--tick", "signed=", "--on-failure", "skip"];
    let refused = desk.qd(&flags, None);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("by the role lead only"), "{}", told(&refused));
    assert_eq!((state(&desk, "ci"), desk.text("truth").as_str()), (StepState::Failed, ""));
    let ended = desk.resume(&["--on-failure", "abort", "--tick", "graph=", "--tick", "signed="]);
    assert!(told(&ended).contains("failed"), "{}", told(&ended));
}

#[test]
fn at_go_it_is_checked_once_more_and_what_fails_then_blocks() {
    let desk = desk(
        "# Deploy\n\n## Gate\n\n```sh {#ci host=me danger=read expires=1s}\necho x >>ROOM/looked\ntest ! -e ROOM/red\n```\n\n\
         ## Phase 1\n\n```sh {#change host=me danger=change}\necho changed >>ROOM/truth\n```\n",
    );
    let passed = desk.qd(&["--gate"], None);
    assert_eq!(passed.status.code(), Some(0), "{}", told(&passed));
    fs::write(desk.path("red"), "").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let blocked = desk.resume(&["--yes"]);
    assert_eq!(blocked.status.code(), Some(2), "{}", told(&blocked));
    assert_eq!((desk.text("looked").as_str(), desk.text("truth").as_str()), ("x\nx\n", ""), "{}", told(&blocked));
    fs::remove_file(desk.path("red")).unwrap();
    let went = desk.resume(&["--yes", "--on-failure", "retry"]);
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!(desk.text("truth"), "changed\n");
}

/// What a part of the gate gives is not there for itself when it is looked at anew, and is there for those behind it.
#[test]
fn what_a_gate_gives_is_found_out_anew_when_its_run_is_taken_up_later() {
    let desk = desk(
        "+++\nback = \"auto\"\n+++\n# Deploy\n\n## Gate\n\n\
         ```sh {#of host=me capture=commit danger=read expires=1s}\n# of version^{commit}\necho b371577\n```\n\n\
         ```sh {#new host=me danger=read expires=1s}\necho \"new since $commit\" >>ROOM/looked\n```\n\n\
         ## Phase 1\n\n```sh {#change host=me danger=change}\necho \"$commit\" >>ROOM/truth\n```\n\n\
         ## Rollback\n\n```sh {#back host=me danger=change}\necho \"back from $commit\" >>ROOM/truth\n```\n",
    );
    assert_eq!(desk.qd(&["--gate"], None).status.code(), Some(0));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let went = desk.resume(&["--yes"]);
    assert!(went.status.success(), "{}", told(&went));
    assert_eq!(desk.text("looked"), "new since b371577\n".repeat(2));
    assert_eq!(desk.text("truth"), "b371577\n");
}

/// Somebody else releases between what a person was shown and their go.
#[test]
fn a_go_that_another_release_has_overtaken_is_asked_for_once_more() {
    let desk = desk(
        "+++\nkind = \"deploy\"\n[inputs.version]\ndefault = \"v1\"\n[release]\nversion = \"version\"\n+++\n# Deploy\n\n## Gate\n\n\
         ```sh {#ci host=me danger=read}\ntrue\n```\n\n\
         ## Phase 1\n\n```sh {#change host=me danger=change}\necho \"$version\" >>ROOM/truth\n```\n",
    );
    assert_eq!(desk.qd(&["--gate"], None).status.code(), Some(0));
    let (run, _) = desk.recorded();
    let mut pty = at_a_terminal(&desk, &["run", "--resume", run.id.as_str(), "./run.md", "shop", "-e", "lab"]);
    pty.wait_until(SOON * 3, "the question", |pty| pty.count(b"Type y to do it:") == 1);
    let other = desk.qd(&["--yes", "--input", "version=v2"], None);
    assert!(other.status.success(), "{}", told(&other));
    pty.read_during(std::time::Duration::from_millis(600));
    pty.send("y\n").wait_until(SOON * 3, "that it was overtaken", |pty| pty.screen().contains("v2 is good since"));
    assert_eq!(desk.text("truth"), "v2\n");
    assert_eq!(pty.wait_exit(SOON * 3).code(), 75, "it is left open: {pty:?}");
    let went = desk.qd(&["--resume", run.id.as_str(), "--yes"], None);
    assert!(went.status.success(), "whoever takes it up now sees what runs now: {}", told(&went));
    assert_eq!(desk.text("truth"), "v2\nv1\n");
}

#[test]
fn a_run_that_waits_for_its_go_is_ended_with_nothing_changed() {
    let desk = desk(
        "# Deploy\n\n## Gate\n\n```sh {#ci host=me danger=read}\ntrue\n```\n\n## Phase 1\n\n\
         ```sh {#change host=me danger=change}\necho changed >>ROOM/truth\n```\n\n- [ ] Seen {#seen}\n",
    );
    assert_eq!(desk.qd(&["--gate"], None).status.code(), Some(0));
    // Who edits the document meanwhile is told, and nothing begins.
    desk.document(&desk.text("run.md").replace("echo changed", "echo other"));
    let changed = desk.resume(&["--yes"]);
    assert!(!changed.status.success() && desk.text("truth").is_empty(), "{}", told(&changed));
}

#[test]
fn the_way_back_begins_by_itself_once_and_what_fails_on_it_is_for_a_person() {
    let document = |back: &str| {
        format!(
            "+++\nback = \"auto\"\n+++\n# Deploy\n\n## Phase 1\n\n```sh {{#change host=me danger=change}}\necho changed \
             >>ROOM/truth\n```\n\n## Verify\n\n```sh {{#look host=me danger=read}}\nfalse\n```\n\n## Rollback\n\n\
             ```sh {{#back host=me danger=change}}\n{back}\n```\n"
        )
    };
    let desk = desk(&document("echo back >>ROOM/truth"));
    let shown = desk.qd(&["--plan"], None);
    assert!(
        told(&shown).contains("by rule, once, when something fails") && told(&shown).contains("echo back"),
        "{}",
        told(&shown)
    );
    let went = desk.qd(&["--yes"], None);
    assert_eq!(went.status.code(), Some(2), "{}", told(&went));
    assert_eq!(desk.text("truth"), "changed\nback\n", "{}", told(&went));
    assert_eq!((desk.recorded().0.state, state(&desk, "back")), (RunState::Failed, StepState::Verified));
    let desk = self::desk(&document("echo tried >>ROOM/truth; false"));
    let stopped = desk.qd(&["--yes"], None);
    assert_eq!(stopped.status.code(), Some(2), "{}", told(&stopped));
    assert_eq!(desk.text("truth"), "changed\ntried\n", "no second try: {}", told(&stopped));
    assert_eq!((desk.recorded().0.state, state(&desk, "back")), (RunState::Running, StepState::Failed));
    desk.end();
}
