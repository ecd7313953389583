//! Runs of procedures as they were, opened from the history.

use std::sync::Arc;

use quarterdeck::domain::procedure::{Danger, Kind};
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::domain::{Procedure, Run};
use quarterdeck::port::procedure::{Decision, OpenRun, Piece, ProcedureNews};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

use super::{SIZES, shop};
use crate::console::Console;
use crate::procedures::{self, Doc};
use crate::scene;

/// What became of it the night before: two ticks, a look at both hosts, then a failure on the second.
fn ended(procedure: &Procedure) -> Run {
    let mut run = procedures::run_of(procedure, 7, "01:02:00");
    (run.state, run.ended) = (RunState::Failed, Some(scene::at("01:09:30")));
    for (number, step) in run.steps.iter_mut().enumerate() {
        let at = scene::at(&format!("01:0{}:10", number.min(8)));
        (step.at, step.attempt) = (Some(at), 1);
        step.state = match number {
            0 | 1 => {
                step.by = Some("grace".into());
                StepState::Verified
            }
            2 => StepState::Verified,
            3 => {
                (step.exit, step.note) = (Some(4), Foreign::from("its command left with status 4"));
                StepState::Failed
            }
            _ => StepState::Planned,
        };
        step.exit = step.exit.or((step.state == StepState::Verified && number > 1).then_some(0));
    }
    run
}

fn in_history(size: (u16, u16), run: &Run) -> Console {
    let mut console = shop(size);
    console.say(Event::History(vec![run.clone()]));
    console.keys("6");
    console.asked();
    console
}

fn printed(run: &Run, step: usize, text: &str) -> Event {
    let piece = Piece { step, attempt: 1, error: false, offset: 0, bytes: Foreign::from(text) };
    Event::Procedure(ProcedureNews::Output(run.id.clone(), piece))
}

#[test]
fn a_past_run_is_opened_as_it_was_and_nothing_in_it_can_be_changed() {
    for size in SIZES {
        let run = ended(&procedures::payments());
        let mut console = in_history(size, &run);
        console.keys("enter");
        assert_eq!(console.asked(), [Effect::ReadRun(run.id.clone())]);
        console.say(printed(&run, 3, "journalctl: no such unit\n"));
        let screen = console.screen();
        for text in ["as it was", "grace", "exit 4", "6 History"] {
            assert!(screen.contains(text), "{text}\n{screen}");
        }
        // It stands at what went wrong, with its output.
        if size.0 < 100 {
            console.keys("tab");
        }
        assert!(console.screen().contains("no such unit"), "{}", console.screen());
        for key in ["enter", "space", "e", "R", "d", "P", "X", "Q", "h"] {
            console.keys(key);
            assert!(console.screen().contains("this run is shown as it was"), "{key}\n{}", console.screen());
        }
        assert_eq!(console.asked(), []);
        console.keys("y");
        let copied = console.0.shown().copied.unwrap_or_else(|| panic!("nothing is copied\n{}", console.screen()));
        assert!(copied.starts_with("journalctl -u pakashop-backend"), "{copied}");
        console.keys("esc esc");
        assert!(console.screen().contains("1 run"), "{}", console.screen());
    }
}

#[test]
fn a_document_that_was_changed_since_is_shown_as_it_was_and_one_that_is_lost_leaves_its_steps() {
    let run = ended(&procedures::payments());
    let then = {
        let mut doc = Doc::new("payments-failing", "Payments failing", Kind::Runbook);
        doc.text("This sentence stood there that night.");
        doc.run("An older step", "true", &["app-1"], Danger::Read);
        Procedure { digest: "5".repeat(64), ..(*doc.done()).clone() }
    };
    let run = Run {
        document: run
            .document
            .map(|document| quarterdeck::domain::run::RunDocument { digest: then.digest.clone(), ..document }),
        ..run
    };
    let mut console = in_history((120, 40), &run);
    console.keys("enter");
    assert!(console.screen().contains("is being read"), "{}", console.screen());
    let read = Ok(Arc::new(then));
    console.say(Event::Procedure(ProcedureNews::Document(run.id.clone(), read)));
    assert!(console.screen().contains("stood there that night"), "{}", console.screen());

    let mut console = in_history((120, 40), &run);
    console.keys("enter");
    let lost = Err("The document of that run is not kept here.".to_owned());
    console.say(Event::Procedure(ProcedureNews::Document(run.id.clone(), lost)));
    let screen = console.screen();
    assert!(screen.contains("is not kept here") && screen.contains("jq -r"), "{screen}");

    // Whoever has gone elsewhere meanwhile is not fetched back.
    let mut console = in_history((120, 40), &run);
    console.keys("enter 1");
    console.say(Event::Procedure(ProcedureNews::Document(run.id.clone(), Err("gone".into()))));
    assert!(!console.screen().contains("as it was"), "{}", console.screen());
}

#[test]
fn a_run_that_nobody_is_at_is_taken_up_from_where_it_is_looked_at() {
    for size in SIZES {
        let payments = procedures::payments();
        let mut run = ended(&payments);
        (run.state, run.ended) = (RunState::Running, None);
        let mut console = in_history(size, &run);
        let open = OpenRun { run: run.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        console.keys("enter");
        console.asked();
        assert!(console.screen().contains("take it up"), "{}", console.screen());
        console.keys("r enter");
        assert_eq!(console.asked(), [Effect::Resume(run.id.clone())]);
        console.say(Event::Run(quarterdeck::port::act::RunNews::Begun(Box::new(run.clone()))));
        assert!(!console.screen().contains("as it was"), "{}", console.screen());
        // From here on it is done and not looked at.
        console.keys("P");
        assert_eq!(super::decided(&mut console), [Decision::Pause]);
    }
}

#[test]
fn what_lay_open_is_there_again_after_a_past_run_was_looked_at() {
    let run = ended(&procedures::payments());
    let mut console = shop((120, 40));
    console.say(Event::History(vec![run]));
    console.keys("4").types("/redis").keys("enter enter 6 enter");
    assert!(console.screen().contains("as it was"), "{}", console.screen());
    console.keys("4");
    let screen = console.screen();
    assert!(screen.contains("redis-cli info memory") && !screen.contains("as it was"), "{screen}");
}

#[test]
fn runs_of_one_procedure_are_told_apart_by_what_they_were_given() {
    let payments = procedures::payments();
    let given = |name: &str, value: Option<&str>| quarterdeck::domain::procedure::Given {
        name: quarterdeck::domain::InputName::new(name).unwrap(),
        value: value.map(str::to_owned),
    };
    for size in SIZES {
        let (mut first, mut second) = (ended(&payments), ended(&payments));
        second.id = procedures::run_id(8);
        first.document.as_mut().unwrap().given = vec![given("version", Some("v1.2.3")), given("token", None)];
        second.document.as_mut().unwrap().given = vec![given("version", Some("v1.2.4\u{1b}[31m"))];
        let mut console = shop(size);
        console.say(Event::History(vec![first, second]));
        console.keys("6");
        let screen = console.screen();
        // On a narrower screen the title has the room, and the detail says it.
        let told = screen.contains("version=v1.2.3") && screen.contains("version=v1.2.4");
        assert!(told || size.0 < 200, "{screen}");
        assert!(!screen.contains("token="), "{screen}");
    }
}
