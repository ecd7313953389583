//! A run that was begun at another workstation: its environment is found out by asking the lock host of each, and every
//! workstation tells alike how it stands and who took it over.

use std::fs;
use std::path::PathBuf;
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
    command.env("XDG_DATA_HOME", desk.path("elsewhere")).env("USER", "bo").output().unwrap()
}

/// What `qd runs` says at the workstation of this folder.
fn runs(desk: &Desk, data: &str, more: &[&str]) -> String {
    let mut command = desk.command(env!("CARGO_BIN_EXE_qd"), &[&["runs"], more].concat());
    if data == "elsewhere" {
        command.env("USER", "bo");
    }
    let output = command.env("XDG_DATA_HOME", desk.path(data)).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Who took a run over, as the workstation of this folder tells it.
fn taken(desk: &Desk, data: &str, run: &str, more: &[&str]) -> Vec<String> {
    let told = runs(desk, data, &[&["--id", run], more].concat());
    told.lines().filter(|line| line.starts_with("taken ")).map(str::to_owned).collect()
}

/// Makes the lock host believe that whoever began a run was not heard for long.
fn forget(desk: &Desk, run: &str) {
    let places = [desk.path("state-of-jobs/mirror"), PathBuf::from("/var/tmp")];
    let signs = places.map(|place| place.join(format!("quarterdeck-shop-prod.{run}/owner-1/alive")));
    let sign = signs.iter().find(|sign| sign.exists()).unwrap();
    let said = fs::read_to_string(sign).unwrap();
    let (up, boot) = said.trim_end().split_once(' ').unwrap();
    let long_ago = up.parse::<u64>().unwrap().saturating_sub(1000);
    fs::write(sign, format!("{long_ago:<12}{}\n", boot.trim_start())).unwrap();
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

#[test]
fn every_workstation_tells_alike_how_a_run_stands_and_who_took_it_over() {
    let (desk, run) = left_in_prod();
    // To be refused a run is no taking, and nobody claims to know more than the lock host does.
    for _ in 0..2 {
        assert_eq!(elsewhere(&desk, &run).status.code(), Some(77));
    }
    assert_eq!(taken(&desk, "elsewhere", &run, &["--here"]), Vec::<String>::new());
    let listed = runs(&desk, "elsewhere", &["shop"]);
    assert!(listed.contains(" with ") && !listed.contains("goes on") && !listed.contains("left open"), "{listed}");
    assert!(runs(&desk, "data", &["shop"]).contains("left open"), "{}", runs(&desk, "data", &["shop"]));
    let unasked = runs(&desk, "data", &["shop", "--here"]);
    assert!(unasked.contains("left open") && unasked.contains("as known here, "), "{unasked}");
    let full = runs(&desk, "data", &["--id", &run, "--here"]);
    assert!(full.contains("how it stands elsewhere is not known: the lock host me was not asked."), "{full}");

    forget(&desk, &run);
    let ended = elsewhere(&desk, &run);
    assert!(ended.status.success(), "{}", told(&ended));
    let listed = runs(&desk, "data", &["shop"]);
    assert!(listed.contains("succeeded") && !listed.contains("left open"), "{listed}");
    let chain = taken(&desk, "data", &run, &[]);
    assert!(matches!(&chain[..], [one] if one.starts_with("taken     by bo from bo@")), "{chain:?}");
    assert_eq!(chain, taken(&desk, "elsewhere", &run, &[]));
    assert_eq!(runs(&desk, "data", &["shop"]), listed, "what was brought up to date stays so");
    assert_eq!(taken(&desk, "data", &run, &["--here"]), chain);
}
