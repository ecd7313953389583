//! Steps of procedures that are called by others: gathered under their caller, folded and unfolded.

use quarterdeck::domain::procedure::{Danger, Doing, Kind};
use quarterdeck::domain::run::RunStep;
use quarterdeck::domain::{PartId, ProcedureName, Run};
use quarterdeck::port::Event;
use quarterdeck::port::procedure::{Decision, Need, ProcedureNews};

use super::{SIZES, decided};
use crate::console::Console;
use crate::procedures::{self, Doc, Told};

/// A procedure that calls the sweep, and the sweep.
fn pair() -> (Console, Run) {
    console((120, 40))
}

fn console(size: (u16, u16)) -> (Console, Run) {
    let mut sweep = Doc::new("sweep", "The sweep", Kind::Runbook);
    sweep.run("Units run", "systemctl is-active nginx", &["app-1"], Danger::Read);
    sweep.ask("Somebody has looked at the page");
    let mut restore = Doc::new("restore", "Bring it back", Kind::Restore);
    restore.run("Stop it", "systemctl stop backend", &["app-1"], Danger::Change);
    restore.ask("Everything answers");
    restore.0.parts[1].doing = Doing::Call(ProcedureName::new("sweep").unwrap(), Vec::new());
    restore.ask("The team knows");
    let (restore, sweep) = (restore.done(), sweep.done());
    let mut run = procedures::run_of(&restore, 3, "02:14:00");
    let call = run.steps[1].part.clone().unwrap();
    let inner = |name: &str, host: &str| RunStep {
        part: PartId::new(&format!("{call}.{name}")).ok(),
        host: quarterdeck::domain::HostName::new(host).unwrap(),
        ..RunStep::default()
    };
    run.steps.splice(1..2, [inner("units-run", "app-1"), inner("somebody-has-looked-at-the-page", "here")]);
    (Console::in_trouble_of(size, procedures::production(vec![restore, sweep])), run)
}

#[test]
fn steps_of_a_called_procedure_stand_under_their_caller_while_they_go_on() {
    let (mut console, run) = pair();
    console.keys("4").types("/bring").keys("enter enter");
    assert!(!console.screen().contains("Units run"), "{}", console.screen());
    let mut told = Told::begin(&mut console, run);
    told.done(&mut console, 0, 400).started(&mut console, 1);
    told.says(&mut console, 1, "active\n");
    console.keys("j");
    let screen = console.screen();
    assert!(screen.contains("Everything answers") && screen.contains("0 of 2 steps"), "{screen}");
    assert!(screen.contains("● Units run") && screen.contains("active"), "{screen}");
    told.done(&mut console, 1, 300);
    told.ticked(&mut console, 2, "ada");
    assert!(!console.screen().contains("   ✓ Units run"), "folded again when all is done\n{}", console.screen());
}

#[test]
fn what_a_call_consists_of_is_unfolded_before_it_runs() {
    for size in SIZES {
        let (mut console, _) = console(size);
        console.keys("4").types("/bring").keys("enter enter j o");
        let screen = console.screen();
        assert!(screen.contains("Units run") && screen.contains("Somebody has looked"), "{screen}");
        console.keys("o tab tab tab");
    }
}

#[test]
fn what_a_called_procedure_waits_for_is_answered_at_its_caller() {
    let (mut console, run) = pair();
    console.keys("4").types("/bring").keys("enter enter");
    let mut told = Told::begin(&mut console, run);
    told.done(&mut console, 0, 400).done(&mut console, 1, 300);
    let part = told.run.steps[2].part.clone().unwrap();
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), vec![Need::Tick(part.clone())])));
    assert!(console.screen().contains("tick Somebody has looked at the page"), "{}", console.screen());
    console.asked();
    console.keys("d down enter");
    assert_eq!(decided(&mut console), [Decision::Tick(part, String::new())]);
}
