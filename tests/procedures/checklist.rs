//! E19: what a person answered is still answered when the console was killed and is opened again, as long as it counts.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use quarterdeck::domain::Run;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::engine::store::{Sqlite, Store};
use rustix::process::Signal;

use crate::Desk;
use crate::lab::report;
use crate::person;
use crate::pty::Pty;

/// How long the second answer counts.
const COUNTS: Duration = Duration::from_secs(10);

fn console(desk: &Desk) -> Pty {
    let own: [(&'static str, PathBuf); 5] = [
        ("HOME", desk.path("home")),
        ("XDG_DATA_HOME", desk.path("data")),
        ("XDG_STATE_HOME", desk.path("state")),
        ("XDG_CONFIG_HOME", desk.path("config")),
        ("XDG_RUNTIME_DIR", desk.path("runtime")),
    ];
    fs::create_dir_all(desk.path("runtime")).unwrap();
    person::opened(&["shop", "-e", "lab"], &desk.path(""), &own)
}

fn recorded(desk: &Desk) -> Run {
    let store = Sqlite::open(&desk.path("data/quarterdeck"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        store.state().changed().await.unwrap();
        store.find(desk.newest()).await.unwrap().remove(0)
    })
}

#[test]
fn e19_an_answer_outlives_the_console_with_its_time_and_person_and_an_expired_one_is_asked_again() {
    let desk = Desk::new("");
    desk.write("config/quarterdeck/config.toml", "name = \"ada\"\n");
    let site = desk.path("config/quarterdeck/sites/shop/procedures");
    fs::create_dir_all(&site).unwrap();
    let document = format!(
        "# Items\n\n## Gate\n\n- [ ] first thing {{#first}}\n- [ ] second thing {{#second expires={}s}}\n\
         - [ ] third thing {{#third}}\n\n## Phase one\n\n```sh {{#one host=here danger=change}}\necho done >> {}\n```\n",
        COUNTS.as_secs(),
        desk.path("truth").display()
    );
    fs::write(site.join("items.md"), document).unwrap();

    let mut pty = console(&desk);
    person::opens(&mut pty, "Items");
    // Its gate only asks, so it is judged without a word; the rest is confirmed behind it.
    pty.keys("R");
    person::wait(&mut pty, &["needs you"]);
    pty.keys("space");
    person::wait(&mut pty, &["✓ first thing  you"]);
    pty.keys("n space");
    person::wait(&mut pty, &["✓ second thing  you"]);
    let answered = std::time::Instant::now();
    pty.signal(Signal::KILL).wait_exit(Duration::from_secs(5));
    let before = recorded(&desk);
    let states = |run: &Run| run.steps.iter().map(|step| step.state).collect::<Vec<_>>();
    assert_eq!(states(&before)[..3], [StepState::Verified, StepState::Verified, StepState::Planned]);

    // At once: both still count. Later the second one does not.
    let mut pty = console(&desk);
    person::takes_up(&mut pty);
    if answered.elapsed() < COUNTS / 2 {
        person::wait(&mut pty, &["✓ first thing  you", "✓ second thing  you", "○ third thing"]);
    }
    pty.signal(Signal::KILL).wait_exit(Duration::from_secs(5));
    std::thread::sleep(COUNTS.saturating_sub(answered.elapsed()) + Duration::from_millis(200));
    let mut pty = console(&desk);
    person::takes_up(&mut pty);
    person::wait(&mut pty, &["✓ first thing  you", "the answer of ada counted for its time only", "○ third thing"]);
    let after = recorded(&desk);
    assert_eq!(states(&after)[..3], [StepState::Verified, StepState::Planned, StepState::Planned]);
    assert_eq!(after.steps[0].by.as_deref(), Some("ada"));
    assert_eq!(after.steps[0], before.steps[0], "with its time, as it was");
    assert_eq!(desk.times(), 0, "a gate with an open answer lets nothing pass");

    pty.keys("g n space");
    person::wait(&mut pty, &["✓ second thing  you"]);
    pty.keys("n space");
    person::wait(&mut pty, &["echo done", "Press y to do it"]);
    assert_eq!(desk.times(), 0, "the go is a person's");
    pty.keys("y");
    pty.wait_until(Duration::from_secs(60), "the step behind the gate", |_| desk.times() == 1);
    pty.wait_until(Duration::from_secs(20), "the end of the run", |_| recorded(&desk).state != RunState::Running);
    let end = recorded(&desk);
    assert_eq!((end.state, desk.times()), (RunState::Succeeded, 1));
    assert!(end.steps[1].at > before.steps[1].at, "the second answer is a new one");
    report(
        "E19",
        1,
        1,
        "items ticked at the console, killed twice: kept with time and person, the expired one asked again",
    );
}
