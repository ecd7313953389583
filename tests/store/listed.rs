//! `qd runs`: the same runs on the command line.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::HostName;
use quarterdeck::domain::run::{Reason, RunState, StepState};
use quarterdeck::engine::store::Store;
use quarterdeck::port::procedure::Piece;
use quarterdeck::state::run_report::{Elsewhere, Open, list};

use super::common::{close, fill, open, run, stands};

fn qd(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_qd"))
        .arg("runs")
        .args(arguments)
        .env("XDG_DATA_HOME", home)
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .current_dir(home)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[tokio::test]
async fn runs_are_listed_told_in_full_and_given_to_scripts() {
    let home = tempfile::tempdir().unwrap();
    let (code, out, _) = qd(home.path(), &[]);
    assert_eq!((code, out.as_str()), (0, "Nothing was done with qd from this machine yet.\n"));
    assert_eq!(qd(home.path(), &["--id", "zzzz"]).0, 64);
    let (code, out, _) = qd(home.path(), &["--json", "--grep", "x"]);
    assert!(code == 0 && out.contains("\"runs\": []"), "{out}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "whoever only looks leaves nothing behind");

    let folder = home.path().join("quarterdeck");
    let store = open(&folder).await;
    let written = fill(&store, 18).await;
    let mut failed = run("restart \u{1b}[2Jpricing", 1);
    failed.environment = quarterdeck::domain::EnvName::new("production").unwrap();
    store.begin(failed.clone()).await.unwrap();
    let step = stands(&failed.steps[0], StepState::Failed, b"its probe\x1b[31m never passed");
    store.step(failed.id.clone(), 0, step).await.unwrap();
    store.end(failed.id.clone(), RunState::Failed, Timestamp::now()).await.unwrap();
    let cut_off = run("stop pricing", 2);
    store.begin(cut_off.clone()).await.unwrap();
    let (_, out, _) = qd(home.path(), &[]);
    assert!(out.contains("running"), "its program lives: {out}");
    drop(store);
    close(&folder);

    let (code, out, said) = qd(home.path(), &[]);
    assert_eq!(code, 0);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 21, "{out}");
    assert!(lines[0].starts_with("RUN ") && lines[0].ends_with("WHAT"), "{out}");
    assert!(lines[1].starts_with(cut_off.id.short()) && lines[1].contains("stopped"), "{out}");
    assert!(said.contains("qd ended in the middle of \"stop pricing\"") && said.contains("2 not sent"), "{said}");
    assert!(lines[2].contains("failed") && lines[2].contains("shop/production"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out:?}");
    let (_, out, said) = qd(home.path(), &["--limit", "2"]);
    assert_eq!((out.lines().count(), said.as_str()), (3, ""), "it is told once");
    let (_, out, _) = qd(home.path(), &["shop", "-e", "production"]);
    assert_eq!(out.lines().count(), 2, "{out}");

    let (code, out, _) = qd(home.path(), &["--id", failed.id.short()]);
    assert_eq!(code, 2, "as it ended");
    for part in [
        "failed after",
        failed.id.as_str(),
        "systemctl --no-ask-password restart pricing",
        "its probe",
        "by        ada from ada@desk, confirmed by typing the name",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains('\u{1b}'), "{out:?}");
    assert_eq!(qd(home.path(), &["--id", written[0].as_str()]).0, 0);
    assert_eq!(qd(home.path(), &["--id", "zzzz"]).0, 64);
    assert_eq!(qd(home.path(), &["--id", ""]).0, 64);
    // Of eighteen names two end in the same of sixteen digits.
    let ends: Vec<&str> = written.iter().map(|id| &id.as_str()[35..]).collect();
    let twice = ends.iter().find(|end| ends.iter().filter(|other| other == end).count() > 1).unwrap();
    let (code, _, said) = qd(home.path(), &["--id", twice]);
    assert!(code == 64 && said.contains(" runs have names that end in"), "{said}");
    assert_eq!(qd(home.path(), &["no/name"]).0, 64);

    let (code, out, _) = qd(home.path(), &["--json", "shop"]);
    assert_eq!(code, 0);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["version"], 1);
    assert_eq!(told["runs"].as_array().unwrap().len(), 20);
    assert_eq!(told["runs"][1]["steps"][0]["state"], "failed");
    assert_eq!(told["runs"][1]["id"], failed.id.as_str());
    assert_eq!(told["runs"][1]["confirmed"], "typed", "scripts get the word");
    assert!(told["runs"][1].get("place").is_none() && told["runs"][1].get("rowid").is_none());
}

/// Prints something to look at.
fn printed(step: usize, attempt: u32, error: bool, text: &[u8]) -> Piece {
    Piece { step, attempt, error, offset: 0, bytes: text.into() }
}

#[tokio::test]
async fn a_procedures_run_is_told_with_its_tries_who_ticked_what_and_what_it_printed() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("quarterdeck");
    let mut run = super::procedures::procedure("sweep", 3);
    run.steps[0].command = "cd /srv\npg_dump shop".into();
    {
        let store = open(&folder).await;
        store.begin(run.clone()).await.unwrap();
        for (attempt, state) in [(1, StepState::Started), (1, StepState::Failed), (2, StepState::Verified)] {
            let mut step = stands(&run.steps[0], state, b"");
            (step.attempt, step.exit) = (attempt, Some(if attempt == 1 { 3 } else { 0 }));
            step.reason = (state == StepState::Failed).then_some(Reason::NonZeroExit);
            store.step(run.id.clone(), 0, step).await.unwrap();
        }
        let lines: String = (1..=40).map(|line| format!("row {line}\n")).collect();
        let pieces = vec![printed(0, 1, false, b"no such table\x1b[2J\n"), printed(0, 2, true, lines.as_bytes())];
        store.output(run.id.clone(), pieces).await.unwrap();
    }
    close(&folder);
    {
        let store = open(&folder).await;
        store.adopt(run.id.clone(), super::procedures::who("bob"), Timestamp::now()).await.unwrap();
        let mut step = stands(&run.steps[1], StepState::Verified, b"the page is up");
        step.by = Some("Grace".into());
        store.step(run.id.clone(), 1, step).await.unwrap();
        let mut step = stands(&run.steps[2], StepState::Failed, b"");
        (step.attempt, step.reason) = (1, Some(Reason::Timeout));
        store.step(run.id.clone(), 2, step).await.unwrap();
    }
    close(&folder);

    let (code, out, said) = qd(home.path(), &["--id", run.id.short(), "--output"]);
    assert_eq!((code, said.as_str()), (1, ""), "it goes on: {out}");
    for part in [
        "procedure sweep as a whole, its text a1a1a1a1a1a1\n",
        "input     version = 1.2.3\ninput     password (secret)\n",
        "taken     by bob from bob@desk at ",
        "No console on this machine is at it, since ",
        "part-0 on app-1: done at ",
        ", try 2\n  $ cd /srv\n    pg_dump shop\n",
        "  before that try 1 failed at ",
        ": its command left with status 3\n",
        "  printed in try 1:\n  | no such table",
        "  printed to standard error:\n  | row 1\n",
        "  | row 40\n",
        "part-1 on app-2: attested by Grace at ",
        "  the page is up\n",
        "part-2 on app-3: failed at ",
        "  it took longer than it may\n",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains('\u{1b}'), "{out:?}");
    assert!(!qd(home.path(), &["--id", run.id.short()]).1.contains("row 40"), "only when it is asked for");

    let (_, out, _) = qd(home.path(), &["--id", run.id.short(), "--output", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    let told = &told["runs"][0];
    assert_eq!(told["document"]["procedure"], "sweep");
    assert!(told["document"]["given"][1][1].is_null(), "of a secret only the name");
    assert_eq!((&told["nobody"], &told["taken_over"][0]["person"]), (&true.into(), &"bob".into()));
    let step = &told["steps"][0];
    assert_eq!((&step["attempt"], &step["tries"][0]["reason"]), (&2.into(), &"non-zero-exit".into()));
    assert!(step["output"][0]["text"].as_str().unwrap().starts_with("no such table"));
    assert_eq!(step["output"][1]["error"], true);
    assert_eq!((&told["steps"][1]["by"], &told["steps"][1]["state"]), (&"Grace".into(), &"verified".into()));

    for (words, lines) in [("SWEEP app-3", 2), ("grace", 2), ("nobody", 1)] {
        let (_, out, _) = qd(home.path(), &["--grep", words]);
        assert_eq!(out.lines().count(), lines, "{words}: {out}");
    }
    assert_eq!(qd(home.path(), &["--grep", "nobody"]).1, "No run is as asked for.\n");
    assert_eq!(qd(home.path(), &["--output"]).0, 64);
}

#[test]
fn who_has_a_run_now_or_how_old_what_is_known_of_it_is_stands_in_its_row() {
    let now = Timestamp::now();
    let with = |left, silent| Elsewhere::With {
        person: "bo".to_owned(),
        workstation: "bo@desk\u{1b}[2J".to_owned(),
        host: HostName::new("db-1").unwrap(),
        silent: Some(Duration::from_secs(silent)),
        left,
    };
    let since = now.checked_sub(Duration::from_secs(180)).unwrap();
    let unasked = Elsewhere::Unasked { since, why: "the lock host db-1 was not asked".to_owned() };
    let runs = ["a", "b", "c"].map(|name| super::procedures::procedure(name, 1));
    let all = [with(false, 3), with(true, 90), unasked];
    let elsewhere = runs.iter().zip(all).map(|(run, one)| (run.id.clone(), one)).collect();
    let told = list(&runs, &Open { left: Vec::new(), elsewhere }, now);
    let rows: Vec<&str> = told.lines().skip(1).collect();
    for (row, words) in rows.iter().zip([
        ["running  ", "with bo from bo@desk"],
        ["left open  ", "by bo from bo@desk"],
        ["running  ", "as known here, 3m ago"],
    ]) {
        assert!(words.iter().all(|word| row.contains(word)), "{words:?}\n{told}");
    }
    assert!(!told.contains('\u{1b}') && !told.contains("goes on"), "{told}");
}
