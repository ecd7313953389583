//! A person attests items of a deploy: by which keys, and where that is asked once more.

use std::time::Duration;

use quarterdeck::port::procedure::Need;

use super::console::Console;
use super::deploys::{self, decided, needs, running};
use super::{SIZES, says};

/// A gate of three items that a person attests, all of which wait.
fn attesting(size: (u16, u16)) -> (Console, deploys::Told, Vec<quarterdeck::domain::PartId>) {
    use quarterdeck::domain::procedure::Kind;
    let mut doc = super::procedures::Doc::new("ship", "Ship it", Kind::Deploy);
    doc.heading(2, "Gate");
    doc.ask("The shop is quiet").ask("Support is told").ask("Whoever is on call knows");
    doc.heading(2, "Phase 1");
    doc.ask("It is done");
    let doc = doc.done();
    let parts = doc.parts.iter().take(3).map(|part| part.id.clone()).collect::<Vec<_>>();
    let environment = super::procedures::production(vec![doc.clone()]);
    let mut console = Console::well_in(size, quarterdeck::domain::Environment { trusted: true, ..environment });
    console.keys("7 enter");
    let mut run = super::procedures::run_of(&doc, 41, "02:13:20");
    run.steps.truncate(3);
    run.document.as_mut().unwrap().decided.go = quarterdeck::domain::run::Go::Waits;
    let told = deploys::Told::begin(&mut console, run);
    needs(&mut console, &told, parts.iter().cloned().map(Need::Tick).collect());
    console.pass(Duration::from_secs(2));
    console.asked();
    (console, told, parts)
}

#[test]
fn a_key_that_is_held_or_bounces_attests_one_item_and_no_other() {
    for size in SIZES {
        let key = "space";
        {
            let (mut console, mut told, parts) = attesting(size);
            console.keys(key);
            assert_eq!(decided(&mut console).len(), 1, "{key}: {}", console.screen());
            told.ticked(&mut console, 0, "ada");
            needs(&mut console, &told, parts[1..].iter().cloned().map(Need::Tick).collect());
            // A terminal repeats a held key after half a second at first, and then many times a second.
            console.pass(Duration::from_millis(600));
            for _ in 0..90 {
                console.keys(key);
                console.pass(Duration::from_millis(33));
            }
            assert!(decided(&mut console).is_empty(), "{key}: {}", console.screen());
            says(&console, &["within a second"]);
            // Whoever has read the next one says so, by the same key or after another.
            console.pass(Duration::from_millis(1100));
            console.keys(key);
            assert_eq!(decided(&mut console).len(), 1, "{key}: {}", console.screen());
            told.ticked(&mut console, 1, "ada");
            needs(&mut console, &told, vec![Need::Tick(parts[2].clone())]);
            console.keys("k j").keys(key);
            assert_eq!(decided(&mut console).len(), 1, "{key}: {}", console.screen());
        }
    }
}

#[test]
fn the_key_that_answers_asks_before_an_item_is_attested() {
    for size in SIZES {
        let (mut console, ..) = attesting(size);
        // Somebody believes that a name is asked for.
        console.types("closed").keys("enter");
        assert_eq!(decided(&mut console).iter().filter(|one| one.starts_with("Tick")).count(), 0);
        let (mut console, _told, parts) = attesting(size);
        console.keys("d");
        says(&console, &["Attest: The shop is quiet", "not yet", "attest it"]);
        console.keys("down enter");
        let all = decided(&mut console);
        assert!(all.len() == 1 && all[0].contains(parts[0].as_str()), "{all:?}");
    }
}

/// The last item of the verification waits.
fn at_the_last(size: (u16, u16)) -> Console {
    let (mut console, mut told) = running(size);
    for number in 7..11 {
        told.done(&mut console, number, 2_000);
    }
    needs(&mut console, &told, vec![Need::Tick(deploys::part(9))]);
    console.asked();
    console
}

#[test]
fn the_item_that_gives_the_run_its_verdict_asks_whichever_key_attests_it() {
    for size in SIZES {
        for key in ["space", "d"] {
            let mut console = at_the_last(size);
            console.keys(key);
            says(&console, &["Attest: A test order goes through", "the last item", "Nothing takes that back"]);
            assert_eq!(decided(&mut console), Vec::<String>::new());
            // A key too many leaves it as it is.
            console.keys("enter");
            assert_eq!(decided(&mut console), Vec::<String>::new());
            console.keys(key).keys("down enter");
            assert!(decided(&mut console)[0].starts_with("Tick(\"a-test-order"), "{}", console.screen());
        }
    }
}

#[test]
fn what_was_typed_before_the_question_was_on_screen_attests_nothing() {
    let mut console = at_the_last((120, 40));
    console.0.burst(quarterdeck::input::key_name::parse_sequence("d down enter").unwrap());
    assert_eq!(decided(&mut console), Vec::<String>::new());
    says(&console, &["Attest: A test order goes through", "typed before this was on screen"]);
}

#[test]
fn a_decision_names_its_ways_and_the_key_that_chooses() {
    use quarterdeck::domain::procedure::Kind;
    for size in SIZES {
        let mut doc = super::procedures::Doc::new("ship", "Ship it", Kind::Deploy);
        doc.heading(2, "Gate");
        let ways = [("code", "the old code can live with them"), ("both", "the database goes back too")];
        doc.decide("Can the old code live with the new tables?", &ways);
        doc.heading(2, "Phase 1").ask("It is done");
        let doc = doc.done();
        let environment = super::procedures::production(vec![doc.clone()]);
        let mut console = Console::well_in(size, quarterdeck::domain::Environment { trusted: true, ..environment });
        console.keys("7 enter");
        let mut run = super::procedures::run_of(&doc, 41, "02:13:20");
        run.steps.truncate(1);
        run.document.as_mut().unwrap().decided.go = quarterdeck::domain::run::Go::Waits;
        let told = deploys::Told::begin(&mut console, run);
        needs(&mut console, &told, vec![Need::Choose(doc.parts[0].id.clone())]);
        says(&console, &["decision", "code  the old code can live with them", "enter"]);
        assert!(!console.screen().contains("attests it with your name"), "{}", console.screen());
        console.asked();
        console.keys("space");
        says(&console, &["it is a decision: enter answers it"]);
        console.pass(Duration::from_secs(20)).keys("enter down enter");
        let all = decided(&mut console);
        assert!(all.len() == 1 && all[0].contains("both"), "{all:?}");
    }
}

#[test]
fn the_plan_of_a_way_back_follows_what_was_chosen_for_the_database() {
    use quarterdeck::domain::procedure::{Danger, Term, Terms};
    for (word, lost) in [("code", false), ("both", true)] {
        let mut back = deploys::rollback();
        let header = back.header.clone();
        let mut doc = super::procedures::Doc::new("rollback-shop", "Go back to an earlier release", header.kind);
        doc.0.header = header;
        doc.heading(2, "Gate").decide("database", &[("code", "it can live with them"), ("both", "a backup")]);
        doc.heading(2, "Phase 1").ask("The database goes back to a backup");
        doc.but(|part| part.options.when = Terms(vec![Term::Equals("database".into(), "both".into())]));
        doc.run("Put it back", "git checkout \"$release\"", &["app-1", "app-2"], Danger::Change);
        back = doc.done();
        let mut environment = deploys::production();
        let known = environment.procedures.iter_mut().find(|one| one.name == back.name).unwrap();
        *known = back.clone();
        let mut console = deploys::opened_in((120, 40), environment);
        let mut all = deploys::before();
        all[2].migrations = vec![quarterdeck::domain::release::Migration {
            name: "0031_drop".into(),
            reversible: quarterdeck::domain::release::Reversible::No,
        }];
        deploys::reads(&mut console, all);
        console.keys("B enter");
        let mut run = super::procedures::run_of(&back, 43, "02:13:20");
        run.steps.truncate(1);
        let document = run.document.as_mut().unwrap();
        document.decided.go = quarterdeck::domain::run::Go::Waits;
        document.given = vec![quarterdeck::domain::procedure::Given {
            name: quarterdeck::domain::InputName::new("release").unwrap(),
            value: Some("v2.30.2".to_owned()),
        }];
        (run.steps[0].state, run.steps[0].value) =
            (quarterdeck::domain::run::StepState::Verified, Some(word.to_owned()));
        let told = deploys::Told::begin(&mut console, run);
        needs(&mut console, &told, vec![Need::Go]);
        console.keys("enter");
        says(&console, &["type production", &format!("database = {word}"), "The database goes back to a backup"]);
        let says_so = console.screen().contains("will be skipped: database is code");
        assert_eq!(says_so, !lost, "{}", console.screen());
        assert_eq!(console.screen().contains("stays as it is: code was chosen"), !lost, "{}", console.screen());
        assert_eq!(console.screen().contains("what can't be taken back"), lost, "{}", console.screen());
    }
}
