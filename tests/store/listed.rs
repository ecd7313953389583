//! `qd runs`: the same runs on the command line.

use std::path::Path;
use std::process::{Command, Output};

use jiff::Timestamp;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::engine::store::Store;

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
    assert_eq!((code, out.as_str()), (0, "Nothing was done with qd yet.\n"));

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
        "by        ada",
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
    assert!(told["runs"][1].get("place").is_none() && told["runs"][1].get("rowid").is_none());
}
