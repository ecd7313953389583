//! What a person is asked, and what they are told before it: values of a form, ways of a decision, ticks, secrets.

use quarterdeck::domain::procedure::{Block, Choices, Danger, Input, InputKind, Kind, Marker, Origin};
use quarterdeck::domain::run::StepState;
use quarterdeck::domain::{InputName, Procedure};
use quarterdeck::port::event::{Question, QuestionKind};
use quarterdeck::port::procedure::{Decision, Need, ProcedureNews};
use quarterdeck::port::{Effect, Event};

use super::{SIZES, decided, permitted, shop};
use crate::console::Console;
use crate::procedures::{self, Doc, Told};

fn needs(console: &mut Console, told: &Told, needs: Vec<Need>) {
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), needs)));
}

fn input(name: &str, kind: InputKind, default: Option<&str>) -> Input {
    Input {
        name: InputName::new(name).unwrap(),
        about: format!("What {name} is").as_str().into(),
        kind,
        default: default.map(str::to_owned),
        origin: Origin::Asked,
        secret: false,
        optional: false,
        backups: None,
        line: 1,
    }
}

/// A document with a value of each kind.
fn values() -> Doc {
    let mut doc = Doc::new("values", "With values", Kind::Guide);
    doc.run("Say it", "echo \"$version $where $colour $sure\"", &["app-1"], Danger::Read);
    let colours = ["green", "blue"].map(str::to_owned).to_vec();
    doc.0.header.inputs = vec![
        input("version", InputKind::Pattern("v[0-9]+".into()), None),
        input("where", InputKind::Host, Some("app-1")),
        input("colour", InputKind::Choice(Choices::Fixed(colours)), None),
        input("sure", InputKind::Switch, Some("no")),
    ];
    doc
}

fn console_of(doc: &Procedure, size: (u16, u16)) -> Console {
    let mut console = Console::in_trouble_of(size, procedures::production(vec![std::sync::Arc::new(doc.clone())]));
    console.keys("4 enter");
    console.asked();
    console
}

/// Where a text stands.
fn row_of(console: &Console, text: &str) -> usize {
    let screen = console.screen();
    screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{screen}"))
}

#[test]
fn the_whole_shows_what_it_takes_with_what_stands_there_already_and_nothing_of_it_moves() {
    for size in SIZES {
        let mut console = console_of(&values().0, size);
        console.keys("R");
        let screen = console.screen();
        for told in ["What version is (matching v[0-9]+)", "What where is", "app-1", "What sure is (yes or no)"] {
            assert!(screen.contains(told), "{told}\n{screen}");
        }
        // A bad value is marked when its field is left, with what it must be.
        let place = ["With values wants to know", "What where is", "What sure is"].map(|text| row_of(&console, text));
        console.types("bad").keys("tab");
        assert!(console.screen().contains("it does not match the input's pattern v[0-9]+"), "{}", console.screen());
        console.keys("tab");
        console.types("oh");
        assert!(console.screen().contains("nothing to choose is called that"), "{}", console.screen());
        let after = ["With values wants to know", "What where is", "What sure is"].map(|text| row_of(&console, text));
        assert_eq!(place, after, "{}", console.screen());
        console
            .keys("ctrl-u")
            .types("blue")
            .keys("tab ctrl-u")
            .types("yes")
            .keys("tab ctrl-u")
            .types("v7")
            .keys("enter");
        // What a person made of it is what is planned.
        console.keys("enter");
        let plan = permitted(&mut console);
        let given: Vec<_> = plan.given.iter().map(|given| (given.name.as_str(), given.value.as_deref())).collect();
        let wanted = [("version", "v7"), ("where", "app-1"), ("colour", "blue"), ("sure", "yes")];
        assert_eq!(given, wanted.map(|(name, value)| (name, Some(value))));
    }
}

#[test]
fn where_it_runs_is_remembered_when_something_begins_there_and_not_before() {
    let mut doc = Doc::new("loose", "Loose", Kind::Guide);
    doc.run("Look", "uptime", &[], Danger::Read).run("Change", "touch /tmp/x", &[], Danger::Change);
    for size in SIZES {
        let mut console = console_of(&doc.0, size);
        console.keys("j j enter");
        let screen = console.screen();
        assert!(screen.contains("Where \"Change\" runs") && screen.contains("every step here"), "{screen}");
        console.types("app-1").keys("enter");
        assert!(console.screen().contains("touch /tmp/x"), "{}", console.screen());
        console.keys("esc");
        // Nothing began there: the next step asks again.
        console.keys("k enter");
        assert!(console.screen().contains("Where \"Look\" runs"), "{}", console.screen());
        assert!(!console.asked().iter().any(|effect| matches!(effect, Effect::Conduct(_))));
        console.types("app-2").keys("enter");
        assert_eq!(permitted(&mut console).hosts().first().map(|host| host.as_str()), Some("app-2"));
        assert!(size.0 < 100 || console.screen().contains("on app-2"), "{}", console.screen());
    }
}

#[test]
fn an_item_that_is_ticked_in_the_file_is_shown_as_that() {
    let mut doc = Doc::new("told", "Told", Kind::Runbook);
    doc.ask("Told #incidents").ask("Another");
    let first = doc.0.parts[0].block;
    if let Block::Item(marker, _) = &mut doc.0.blocks[first].block {
        *marker = Marker::Task(true);
    }
    for size in SIZES {
        let mut console = console_of(&doc.0, size);
        console.keys("j");
        let row = console.row_with("ticked in the file");
        assert!(row.contains("✓ Told #incidents"), "{}", console.screen());
        assert!(!console.screen().contains("✓ Another"), "{}", console.screen());
    }
}

#[test]
fn what_can_be_decided_is_seen_before_it_is_asked_and_answered_where_it_is() {
    let payments = procedures::payments();
    for size in SIZES {
        let mut console = shop(size);
        console.keys("4").types("/payments").keys("enter enter G k k");
        let screen = console.screen();
        assert!(screen.contains("go on with Resolve") && screen.contains("roll back the last release"), "{screen}");
    }
    // Alone it begins a run, which asks at once.
    let mut doc = Doc::new("choose", "Choose", Kind::Runbook);
    doc.decide("Again?", &[("yes", "go on with it"), ("no", "go back")]);
    for size in SIZES {
        let mut console = console_of(&doc.0, size);
        console.keys("j y");
        assert!(console.screen().contains("It has no command"), "{}", console.screen());
        console.keys("enter");
        let plan = permitted(&mut console);
        assert_eq!(plan.parts.len(), 1);
        let told = Told::begin(&mut console, procedures::run_of(&doc.0, 1, "02:14:00"));
        needs(&mut console, &told, vec![Need::Choose(doc.0.parts[0].id.clone())]);
        let screen = console.screen();
        assert!(screen.contains("go on with it") && screen.contains("takes it"), "{screen}");
        console.keys("enter");
        assert_eq!(decided(&mut console), [Decision::Choose(doc.0.parts[0].id.clone(), "yes".into())]);
    }
    // What is asked just now is not said to lie ahead.
    let mut console = shop((120, 40));
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    needs(&mut console, &told, vec![Need::Tick(payments.parts[0].id.clone())]);
    let screen = console.screen();
    assert!(screen.contains("The run waits for this now") && !screen.contains("not come to it yet"), "{screen}");
    // And what was ticked says by whom, when and what was noted.
    told.step(&mut console, 0, |step| {
        (step.state, step.by, step.note) = (StepState::Verified, Some("ada".into()), "said it at 02:13".into());
    });
    needs(&mut console, &told, Vec::new());
    let screen = console.screen();
    assert!(screen.contains("Ticked by ada, 02:14:09.") && screen.contains("said it at 02:13"), "{screen}");
}

#[test]
fn a_run_that_is_taken_up_shows_what_it_printed_before() {
    let payments = procedures::payments();
    let mut console = shop((120, 40));
    console.keys("4").types("/payments").keys("enter enter");
    console.asked();
    let mut run = procedures::run_of(&payments, 1, "02:14:00");
    (run.steps[2].state, run.steps[2].attempt, run.steps[2].exit) = (StepState::Verified, 1, Some(0));
    let mut told = Told::begin(&mut console, run.clone());
    let reads =
        |console: &mut Console| console.asked().into_iter().filter(|one| matches!(one, Effect::ReadRun(_))).count();
    assert_eq!(reads(&mut console), 1);
    told.says(&mut console, 2, "    611 webhook_signature\n");
    console.say(Event::Run(quarterdeck::port::act::RunNews::Begun(Box::new(run))));
    assert_eq!(reads(&mut console), 0, "it is read once");
    console.keys("j j");
    assert!(console.screen().contains("611 webhook_signature"), "{}", console.screen());
}

#[test]
fn a_run_that_a_person_paused_says_so_and_how_it_goes_on() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        needs(&mut console, &told, vec![Need::Paused]);
        let screen = console.screen();
        assert!(screen.contains("paused, no further step begins  P goes on"), "{screen}");
        assert!(!screen.contains("needs you") && !screen.contains("P pause"), "{screen}");
        console.asked();
        console.keys("d");
        assert!(console.screen().contains("it is paused: P goes on"), "{}", console.screen());
        assert_eq!(decided(&mut console), []);
        console.keys("P");
        assert_eq!(decided(&mut console), [Decision::Continue]);
    }
}

#[test]
fn a_step_that_was_edited_says_so() {
    let mut console = shop((120, 40));
    let payments = procedures::payments();
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    told.step(&mut console, 2, |step| {
        (step.state, step.edited, step.exit) = (StepState::Verified, Some("true".into()), Some(0));
        step.command = "true".into();
    });
    console.keys("j j");
    let screen = console.screen();
    assert!(screen.contains("its command was edited for this run"), "{screen}");
    assert!(screen.contains("edited for once: the document"), "{screen}");
}

#[test]
fn a_secret_of_a_run_is_asked_for_in_its_own_words_and_a_slip_of_a_key_is_none() {
    for size in SIZES {
        let mut console = shop(size);
        let prompt = "The secret token (why it is needed):".into();
        let host = quarterdeck::domain::procedure::here();
        console.say(Event::Asked(Question { id: 7, host, kind: QuestionKind::Input, prompt }));
        let screen = console.screen();
        assert!(screen.contains("A step of the run needs a secret"), "{screen}");
        assert!(screen.contains("give none: the step fails") && !screen.contains("connect"), "{screen}");
        console.asked();
        console.keys("d enter");
        assert!(console.screen().contains("A secret has at least four characters."), "{}", console.screen());
        assert!(!console.asked().iter().any(|effect| matches!(effect, Effect::Answer(..))));
    }
}

#[test]
fn how_dangerous_a_step_is_stands_in_the_document_also_where_nothing_declares_it() {
    let mut doc = Doc::new("grades", "Grades", Kind::Guide);
    let hosts = &["app-1"];
    doc.run("Look", "uptime", hosts, Danger::Read).run("Touch", "touch /srv/x", hosts, Danger::Read);
    doc.run("Open", "touch /srv/<name>", hosts, Danger::Read);
    doc.0.parts.iter_mut().for_each(|part| part.options.danger = None);
    for size in SIZES {
        let console = console_of(&doc.0, size);
        let screen = console.screen();
        let told: Vec<&str> = screen.lines().filter(|line| line.contains("on app-1")).collect();
        assert!(told[0].contains("on app-1  reads only"), "{screen}");
        assert!(told[1].contains("on app-1  changes"), "{screen}");
        // A value is still to be put into it: the plan says.
        assert!(!told[2].contains("changes") && !told[2].contains("reads only"), "{screen}");
    }
}

#[test]
fn a_step_alone_says_that_the_gate_before_it_is_not_passed_and_whole_runs_name_what_ends_one() {
    for size in SIZES {
        let mut console = Console::in_trouble_of(size, procedures::gated_production(true));
        console.keys("4 enter j j j");
        console.asked();
        console.keys("enter");
        let screen = console.screen();
        assert!(screen.contains("git -C /opt/pakashop pull"), "{screen}");
        assert!(screen.contains("not passed: Disks have room for two releases"), "{screen}");
        console.keys("esc");
        let _told = Told::begin(&mut console, procedures::run_of(&procedures::gated(), 1, "02:14:00"));
        console.keys("R");
        assert!(console.screen().contains("a run of it goes on, which Q ends"), "{}", console.screen());
    }
}

#[test]
fn whoever_comes_from_a_row_reads_why_a_procedure_fits() {
    let mut doc = Doc::new("any", "Any trouble", Kind::Runbook);
    doc.services(&["backend"]).symptoms(&["."]).ask("Looked");
    for size in SIZES {
        let mut console = Console::in_trouble_of(size, procedures::production(vec![doc.done()]));
        console.keys("S g j b");
        let row = console.row_with("│ ▸ ");
        assert!(row.contains("Any trouble"), "{}", console.screen());
        let list = row.split('│').nth(1).unwrap_or_default();
        let why = list.split("Any trouble").nth(1).unwrap_or_default().trim();
        assert!(why.chars().count() >= 24, "{why:?}\n{}", console.screen());
    }
}

#[test]
fn a_sentence_about_trouble_leaves_room_for_the_key_that_lets_it_go() {
    for size in SIZES {
        let mut console = shop(size);
        console.say(Event::Trouble(
            "The channel pakashop-incidents was not told of `failed`: hooks.slack.com did not answer within ten seconds, \
             and was tried five times."
                .into(),
        ));
        let screen = console.screen();
        assert!(screen.contains("esc hides this") && screen.contains("The channel pakashop"), "{screen}");
    }
}

/// A document with a value that a program lists, and a step that uses it.
fn listed(default: Option<&str>) -> Doc {
    let mut doc = Doc::new("listed", "With a list", Kind::Guide);
    doc.run("Say it", "echo \"$colour\"", &["app-1"], Danger::Read);
    let program = ["colours", "--all"].map(str::to_owned).to_vec();
    doc.0.header.inputs = vec![
        input("colour", InputKind::Choice(Choices::Listed(program)), default),
        input("sure", InputKind::Switch, Some("no")),
    ];
    doc
}

fn program() -> Vec<String> {
    ["colours", "--all"].map(str::to_owned).to_vec()
}

fn lists(console: &mut Console) -> usize {
    let all = console.asked();
    all.iter().filter(|effect| **effect == Effect::ListChoices(program())).count()
}

fn came(console: &mut Console, told: Result<&[&str], &str>) {
    let told = told.map(|all| all.iter().map(|one| (*one).to_owned()).collect()).map_err(str::to_owned);
    console.say(Event::Choices(program(), told));
}

#[test]
fn choices_that_a_program_lists_are_asked_for_when_the_form_opens_and_nothing_else_is_taken() {
    for size in SIZES {
        let mut console = console_of(&listed(None).0, size);
        console.keys("R");
        assert_eq!(lists(&mut console), 1);
        assert!(console.screen().contains("its choices are being listed"), "{}", console.screen());
        let places =
            |console: &Console| ["With a list wants to know", "What sure is"].map(|text| row_of(console, text));
        let before = places(&console);
        // The console goes on meanwhile, and takes nothing that nobody can judge.
        console.types("grey").keys("enter");
        assert!(console.screen().contains("being listed; a moment"), "{}", console.screen());
        came(&mut console, Ok(&["green", "blue", "bad\u{1b}]0;x\u{7}"]));
        let screen = console.screen();
        assert!(!screen.contains("a moment") && screen.contains("it is one of green, blue, bad"), "{screen}");
        assert_eq!(places(&console), before, "{screen}");
        console.keys("ctrl-u");
        assert!(console.screen().contains("green") && console.screen().contains("blue"), "{}", console.screen());
        console.keys("down down enter");
        console.keys("enter");
        let plan = permitted(&mut console);
        assert_eq!(plan.given[0].value.as_deref(), Some("blue"));
    }
}

#[test]
fn a_program_that_lists_nothing_is_told_and_asked_again() {
    let mut console = console_of(&listed(None).0, SIZES[0]);
    console.keys("R").types("blue");
    assert_eq!(lists(&mut console), 1);
    came(&mut console, Err("colours left with status 1"));
    assert!(console.screen().contains("its choices are not known: colours left with status 1"), "{}", console.screen());
    console.keys("enter");
    assert!(console.screen().contains("not listed, asked once more: colours left"), "{}", console.screen());
    assert_eq!(lists(&mut console), 1);
    // Another form over the same program does not start it twice; what nobody asked for is not taken.
    console.keys("esc R");
    assert_eq!(lists(&mut console), 0);
    came(&mut console, Ok(&["blue"]));
    came(&mut console, Ok(&["red"]));
    assert!(!console.screen().contains("red"), "{}", console.screen());
}

#[test]
fn a_step_alone_takes_no_value_that_no_list_has_judged() {
    let mut console = console_of(&listed(Some("grey")).0, SIZES[1]);
    console.keys("j enter");
    assert_eq!(lists(&mut console), 1, "{}", console.screen());
    came(&mut console, Ok(&["green", "blue"]));
    console.keys("enter");
    assert!(console.screen().contains("it is one of green, blue"), "{}", console.screen());
    console.keys("ctrl-u").types("green").keys("enter");
    let plan = permitted(&mut console);
    assert!(plan.parts[0].jobs[0].script.variables.iter().any(|(_, value)| value == "green"), "{plan:?}");
    // It is known now.
    console.keys("enter");
    assert_eq!(lists(&mut console), 0);
}

#[test]
fn nothing_is_listed_in_a_drill_or_before_the_site_is_trusted() {
    for (trusted, drill) in [(false, false), (true, true)] {
        let mut environment = procedures::production(vec![std::sync::Arc::new(listed(None).0)]);
        environment.trusted = trusted;
        std::sync::Arc::make_mut(&mut environment.channels).drill = drill;
        let mut console = Console::in_trouble_of(SIZES[1], environment);
        console.keys("4 enter");
        console.asked();
        console.keys("R").types("grey");
        assert_eq!(lists(&mut console), 0);
        assert!(!console.screen().contains("being listed"), "{}", console.screen());
    }
}
