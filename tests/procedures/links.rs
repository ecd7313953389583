//! E4: the link is cut during a step.

use std::thread::sleep;
use std::time::{Duration, Instant};

use quarterdeck::domain::run::{RunState, StepState};

use crate::lab::{Lab, repetitions, report};
use crate::team::{LOGINS, Team};

/// For longer than the step takes: the host finishes it, the run shows it as running with its link lost, and takes its
/// end when the link is back. Half of the times the console is killed meanwhile.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn e4_a_step_whose_link_is_cut_finishes_on_its_host_and_is_adopted() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let times = repetitions(2, 40);
    for round in 0..times {
        let kill = round % 2 == 1;
        let login = LOGINS[round % 3];
        let mut team = Team::new(&lab, login, &lab.ssh_config(), &format!("e4-{round}"), false);
        team.write(&format!(
            "# Long\n```sh {{#long host=db-1 danger=change{flag}}}\necho long >> {truth}; echo begun\nsleep 6; echo over; echo \
             long-over >> {truth}\n```\n",
            truth = team.truth,
            flag = login.flag
        ));
        let mut console = team.console(&["--yes"]);
        console.wait_told(&["\"event\":\"output\"", "begun"]);
        team.run = console.lines.iter().find_map(|line| crate::console::run_of(line));
        lab.fault("db-1", "cut");
        console.wait_told(&["link lost", "\"state\":\"started\""]);
        if kill {
            console.kill();
            console = team.resume(&[]);
        }
        let finished = Instant::now();
        while !lab.on("db-1", &["cat", &team.truth]).contains("long-over") {
            assert!(finished.elapsed() < Duration::from_secs(20), "the host finishes what it was given");
            sleep(Duration::from_millis(200));
        }
        assert!(console.ended().is_none(), "nothing is made of it while its host is away: {}", console.complaint());
        lab.fault("db-1", "heal");
        let status = console.wait_ended();
        assert!(status.success(), "{status}: {}", console.complaint());
        let (run, outputs) = team.now();
        let kept: Vec<u8> = outputs.pieces.iter().flat_map(|piece| piece.bytes.raw().to_vec()).collect();
        assert_eq!(String::from_utf8_lossy(&kept), "begun\nover\n");
        assert_eq!(
            (run.state, run.steps[0].state, run.steps[0].attempt),
            (RunState::Succeeded, StepState::Verified, 1)
        );
        let happened = team.happened("db-1");
        assert_eq!(happened.values().copied().collect::<Vec<_>>(), [1, 1], "{happened:?}");
    }
    report("E4", times, times, "qd run: cut until after the step's end, the console killed half of the times");
}
