//! A run that was begun at another workstation: its environment is found out by asking the lock host of each.

use std::fs;
use std::process::Output;

use super::{Desk, told};

/// Two environments with a lock host each, and a run of the second that waits for a person.
fn left_in_prod() -> (Desk, String) {
    let desk = Desk::here("");
    let lab = desk.site_here().replace("[environments.lab.hosts]", "lock_host = \"me\"\n[environments.lab.hosts]");
    let prod = lab.replace("title = \"shop\"\n", "").replace("environments.lab", "environments.prod");
    desk.write("config/quarterdeck/sites/shop/site.toml", &format!("{lab}{prod}"));
    desk.document("# P\n\n- [ ] Look {#look}\n\n```sh {#put host=me danger=change}\necho new >>ROOM/truth\n```\n");
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "prod", "--trust", &trusted, "--yes"];
    let left = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).output().unwrap();
    assert_eq!(left.status.code(), Some(75), "{}", told(&left));
    let run = desk.recorded().0.id.to_string();
    (desk, run)
}

/// Goes on with a run at a workstation that knows nothing of it.
fn elsewhere(desk: &Desk, run: &str) -> Output {
    fs::create_dir_all(desk.path("elsewhere")).unwrap();
    let trusted = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "--trust", &trusted, "--resume", run, "--yes", "--tick", "look="];
    let mut command = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments);
    command.env("XDG_DATA_HOME", desk.path("elsewhere")).output().unwrap()
}

#[test]
fn the_environment_of_a_run_of_another_workstation_need_not_be_said() {
    let (desk, run) = left_in_prod();
    let unknown = run.chars().rev().collect::<String>().replace('-', "");
    let unknown = format!("{}-{}", &run[..23], &unknown[..12]);
    let nobody = elsewhere(&desk, &unknown);
    let said = told(&nobody);
    assert_eq!(nobody.status.code(), Some(64), "{said}");
    assert!(said.contains("no lock host of its site knows it") && said.contains("lab or prod"), "{said}");
    assert!(said.contains(&format!("qd run --resume {unknown} shop -e ENV")), "{said}");
    let ended = elsewhere(&desk, &run);
    let said = told(&ended);
    assert!(!said.contains("-e ENV") && !said.contains("which environment"), "{said}");
    // It was left a moment ago, so nobody else may have it yet: who has it is what the lock host of its environment says.
    assert_eq!(ended.status.code(), Some(77), "{said}");
    assert!(said.contains("has this run (heard"), "{said}");
}
