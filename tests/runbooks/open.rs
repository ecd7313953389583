//! What lies on the desk: where a document is opened, what it is told, what stays beside it, which keys are named.

use quarterdeck::domain::procedure::{Danger, Kind};
use quarterdeck::port::Event;
use quarterdeck::port::procedure::{Decision, Need, ProcedureNews};

use super::{SIZES, decided, permitted, shop};
use crate::console::Console;
use crate::procedures::{self, Doc, Told};

#[test]
fn a_site_of_one_host_is_not_asked_where_and_a_long_value_reaches_the_command() {
    let mut one = procedures::production(procedures::library());
    one.hosts.truncate(1);
    let host = one.hosts[0].name.clone();
    let mut console = Console::in_trouble_of((120, 40), one);
    console.keys("4").types("/full").keys("enter enter enter");
    assert_eq!(permitted(&mut console).hosts(), [&host]);

    let mut doc = Doc::new("tell", "Tell", Kind::Guide);
    doc.run("Say it", "printf %s \"$words\"", &["app-1"], Danger::Read);
    doc.0.header.inputs.push(quarterdeck::domain::procedure::Input {
        name: quarterdeck::domain::InputName::new("words").unwrap(),
        about: "What is said".into(),
        kind: quarterdeck::domain::procedure::InputKind::Text,
        default: None,
        origin: quarterdeck::domain::procedure::Origin::Asked,
        secret: false,
        optional: false,
        backups: None,
        line: 1,
    });
    let mut console = Console::in_trouble_of((80, 24), procedures::production(vec![doc.done()]));
    console.keys("4 enter enter");
    let words = format!("begins {} ends", "x".repeat(100_000));
    console.pastes(&words);
    let screen = console.screen();
    assert!(screen.contains("… ") && screen.contains("xxx ends"), "{screen}");
    console.keys("enter");
    let plan = permitted(&mut console);
    let given: Vec<&str> = plan.given.iter().filter_map(|given| given.value.as_deref()).collect();
    assert_eq!(given, [words.as_str()]);
}

#[test]
fn a_procedure_is_opened_by_its_name_or_a_few_letters_of_it() {
    for typed in ["runbooks redis-memory", "runbooks redis"] {
        let mut console = shop((120, 40));
        console.keys(":").types(typed).keys("enter");
        assert!(console.screen().contains("redis-cli info memory"), "{typed}\n{}", console.screen());
    }
    let mut console = shop((120, 40));
    console.keys(":").types("runbooks zzzzqqq").keys("enter");
    assert!(console.screen().contains("there is no procedure `zzzzqqq`"), "{}", console.screen());
}

#[test]
fn a_long_document_is_opened_at_its_top_and_what_is_not_in_sight_is_not_meant() {
    let mut doc = Doc::new("long", "A long one", Kind::Guide);
    for number in 0..100 {
        doc.text(&format!("Paragraph {number} that has to be read."));
    }
    doc.run("Last", "false", &["app-1"], Danger::Read);
    for size in SIZES {
        let mut console = Console::in_trouble_of(size, procedures::production(vec![doc.done()]));
        console.keys("4 enter");
        assert!(console.screen().contains("Paragraph 0 "), "{}", console.screen());
        console.asked();
        console.keys("enter");
        assert_eq!(console.asked(), [], "{}", console.screen());
    }
}

#[test]
fn a_run_that_has_ended_stays_beside_the_document_until_another_begins() {
    let mut console = shop((120, 40));
    let payments = procedures::payments();
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    told.done(&mut console, 2, 1200);
    let id = told.run.id.clone();
    console.say(Event::Run(quarterdeck::port::act::RunNews::Ended(id, quarterdeck::domain::run::RunState::Stopped)));
    let screen = console.screen();
    assert!(screen.contains("stopped") && screen.contains("1.2s"), "{screen}");
    let again = Told::begin(&mut console, procedures::run_of(&payments, 2, "02:15:00"));
    assert!(!console.screen().contains("✓ 1.2s"), "{}\n{}", again.run.id, console.screen());
}

#[test]
fn the_strip_names_the_key_that_answers_whatever_stands_over_it() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        told.failed(&mut console, 3, 4, "the command ended with 4");
        let need = Need::Failure(3, Box::default());
        console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), vec![need])));
        assert!(console.screen().contains("d answers"), "{}", console.screen());
        console.keys("d");
        assert!(console.screen().contains("d answers"), "{}", console.screen());
    }
}

#[test]
fn a_command_that_runs_can_be_ended_by_a_key_that_is_in_sight() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        told.started(&mut console, 2);
        assert!(console.screen().contains("X cancel"), "{}", console.screen());
        console.asked();
        console.keys("X");
        assert!(console.screen().contains("End the command on app-1?"), "{}", console.screen());
        console.keys("enter");
        assert_eq!(decided(&mut console), [], "a slip of the hand ends nothing");
        console.keys("X down enter");
        assert_eq!(decided(&mut console), [Decision::Cancel(2)]);
    }
}
