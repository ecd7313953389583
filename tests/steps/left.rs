//! What a run leaves on a host that is away at its end.

use std::fs;
use std::process::Command;

use quarterdeck::domain::run::{RunState, StepState};

use super::sshd::Sshd;
use super::{Desk, told};

const DOCUMENT: &str = "# P\n```sh {#first host=box danger=change}\necho first\n```\n\
     ```sh {#second host=me danger=change}\ntouch ROOM/second; until [ -e ROOM/gone ]; do sleep 0.1; done\n```\n";

#[test]
fn what_stays_on_a_host_that_is_away_at_the_end_is_told_kept_and_shown_with_what_to_do() {
    let mut sshd = Sshd::start("");
    let mut desk = Desk::new("", "");
    let state = desk.path("state-of-jobs").display().to_string();
    let site = format!(
        "title = \"shop\"\n[environments.lab]\nstate_directory = \"{state}\"\n[environments.lab.hosts]\n\
         box = {{ ssh = \"box\" }}\nme = {{ local = true }}\n"
    );
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    desk.document(DOCUMENT);
    desk.ssh_config = Some(sshd.path("config"));
    let ended = std::thread::scope(|scope| {
        let running = scope.spawn(|| desk.qd(&["--yes"], None));
        desk.wait_for("second");
        let serving = sshd.connections();
        sshd.stop();
        for process in serving {
            let _ = Command::new("kill").arg("-9").arg(process.to_string()).status();
        }
        fs::write(desk.path("gone"), "").unwrap();
        running.join().unwrap()
    });
    let said = told(&ended);
    let (run, _) = desk.recorded();
    let sentence = format!("delete {state}/runs/{}", run.id);
    assert!(ended.status.success() && run.state == RunState::Succeeded, "{said}");
    assert!(said.contains("still on box") && said.contains(&sentence), "{said}");
    // It stands where it stood, since when it stood so.
    let (first, second) = (&run.steps[0], &run.steps[1]);
    assert_eq!(first.state, StepState::Verified);
    assert!(first.at < second.at, "{first:?}\n{second:?}");
    assert!(first.note.plain().contains("still on box") && !second.note.plain().contains("still on"), "{run:?}");
    let shown = desk.command(env!("CARGO_BIN_EXE_qd"), &["runs", "--id", run.id.as_str()]).output().unwrap();
    let shown = told(&shown).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("still on box") && shown.contains(&sentence), "{shown}");
}
