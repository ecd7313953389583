//! A person at the procedures: keys and what is on the screen then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "runbooks/again.rs"]
mod again;
#[path = "runbooks/asked.rs"]
mod asked;
#[path = "runbooks/attested.rs"]
mod attested;
#[path = "runbooks/back.rs"]
mod back;
#[path = "runbooks/called.rs"]
mod called;
#[path = "runbooks/confirmed.rs"]
mod confirmed;
#[path = "common/console.rs"]
mod console;
#[path = "runbooks/deploy.rs"]
mod deploy;
#[path = "common/deploys.rs"]
mod deploys;
#[path = "runbooks/desk.rs"]
mod desk;
#[path = "runbooks/examined.rs"]
mod examined;
#[path = "runbooks/following.rs"]
mod following;
#[path = "runbooks/fresh.rs"]
mod fresh;
#[path = "runbooks/guarded.rs"]
mod guarded;
#[path = "runbooks/kept.rs"]
mod kept;
#[path = "runbooks/left.rs"]
mod left;
#[path = "runbooks/notice.rs"]
mod notice;
#[path = "runbooks/open.rs"]
mod open;
#[path = "runbooks/past.rs"]
mod past;
#[path = "runbooks/paused.rs"]
mod paused;
#[path = "common/procedures.rs"]
mod procedures;
#[path = "common/scene.rs"]
mod scene;
#[path = "runbooks/smaller.rs"]
mod smaller;
#[path = "runbooks/times.rs"]
mod times;
#[path = "runbooks/waiting.rs"]
mod waiting;
#[path = "runbooks/windows.rs"]
mod windows;

use console::Console;
use procedures::{Doc, Told};

use quarterdeck::domain::procedure::{Danger, Kind};
use quarterdeck::port::procedure::{Decision, Evidence, Need, ProcedureNews};
use quarterdeck::port::{Effect, Event};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The night in question with the shop's procedures.
fn shop(size: (u16, u16)) -> Console {
    Console::in_trouble_of(size, procedures::production(procedures::library()))
}

/// All of this is on screen.
fn says(console: &Console, all: &[&str]) {
    let screen = console.screen();
    for text in all {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
}

/// The row of the pages.
fn pages(console: &Console) -> String {
    console.row_with("1 What")
}

#[test]
fn the_list_shows_every_procedure_and_finds_one_by_a_few_letters() {
    for size in SIZES {
        let mut console = shop(size);
        console.keys("4");
        for title in
            ["Payments failing", "Redis runs out", "Restore the database", "Deploy the shop", "Rotating secrets"]
        {
            assert!(console.screen().contains(title), "{title}\n{}", console.screen());
        }
        console.types("/rdsk").keys("enter");
        assert!(!console.screen().contains("Rotating secrets"), "{}", console.screen());
        console.keys("esc");
        console.types("/restore").keys("enter");
        assert!(
            console.screen().contains("Restore the database") && !console.screen().contains("Deploy the"),
            "{}",
            console.screen()
        );
        console.keys("enter");
        assert!(console.screen().contains("pg_restore --clean"), "{}", console.screen());
    }
}

#[test]
fn from_a_row_in_trouble_its_runbooks_come_first_with_the_reason() {
    for size in SIZES {
        let mut console = shop(size);
        console.keys("S g j b");
        let screen = console.screen();
        assert!(screen.contains("Fits backend"), "{screen}");
        let place = |text: &str| {
            screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{screen}"))
        };
        assert!(place("Payments failing") < place("All others"), "{screen}");
        assert!(place("All others") < place("Redis runs out"), "{screen}");
        // Back to the row from which it was opened.
        console.keys("esc");
        assert!(
            console.screen().contains("1 Overview") && !console.screen().contains("Fits backend"),
            "{}",
            console.screen()
        );
    }
}

#[test]
fn a_document_is_rendered_with_everything_in_it() {
    for size in SIZES {
        let mut console = shop(size);
        console.keys("4").types("/payments").keys("enter enter");
        let mut seen = console.screen();
        for _ in 0..6 {
            console.keys("pgdn");
            seen += &console.screen();
        }
        for text in [
            "Orders reach checkout",
            "Assess",
            "Acknowledged in #incidents",
            "jq -r",
            "reads only",
            "changes",
            "on app-1, app-2",
            "Metric",
            "under 1 % for 10 minutes",
            "Customers read the status page",
        ] {
            assert!(seen.contains(text), "{text}\n{seen}");
        }
        assert!(!seen.contains("**"), "{seen}");
    }
}

#[test]
fn j_and_k_go_from_step_to_step_and_nothing_is_passed_unread() {
    let mut doc = Doc::new("long", "A long one", Kind::Guide);
    doc.run("First", "true", &["app-1"], Danger::Read);
    for number in 0..100 {
        doc.text(&format!("Paragraph {number} that has to be read."));
    }
    doc.run("Last", "false", &["app-1"], Danger::Read);
    let mut console = Console::in_trouble_of((120, 40), procedures::production(vec![doc.done()]));
    console.keys("4 enter");
    let mut seen = String::new();
    for _ in 0..12 {
        seen += &console.screen();
        console.keys("j");
    }
    seen += &console.screen();
    for number in 0..100 {
        assert!(seen.contains(&format!("Paragraph {number} ")), "{number}");
    }
    assert!(console.screen().contains("false"), "{}", console.screen());
    for _ in 0..12 {
        console.keys("k");
    }
    assert!(console.screen().contains("A long one") && console.screen().contains("First"), "{}", console.screen());
}

#[test]
fn ten_thousand_lines_scroll_and_only_those_in_sight_are_laid_out() {
    let mut doc = Doc::new("huge", "A huge one", Kind::Guide);
    for number in 0..2500 {
        doc.text(&format!("Paragraph {number}")).code("sh", &format!("echo {number}\necho again\n"));
    }
    doc.run("End", "true", &["app-1"], Danger::Read);
    let mut console = Console::in_trouble_of((120, 40), procedures::production(vec![doc.done()]));
    console.keys("4 enter");
    let begun = std::time::Instant::now();
    for _ in 0..100 {
        console.keys("ctrl-d");
    }
    console.keys("G");
    assert!(console.screen().contains("Paragraph 2499"), "{}", console.screen());
    console.keys("g");
    assert!(console.screen().contains("Paragraph 0"), "{}", console.screen());
    // A debug build on a busy machine: three times what it takes there.
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn a_run_that_goes_on_is_shown_with_its_output_as_it_comes() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        told.ticked(&mut console, 0, "ada").ticked(&mut console, 1, "ada").started(&mut console, 2);
        told.says(&mut console, 2, "     17 insufficient_funds\n    611 webhook_signature\n");
        console.keys("f");
        if size.0 < 100 {
            console.keys("tab");
        }
        let screen = console.screen();
        assert!(screen.contains("611 webhook_signature") && screen.contains("live"), "{screen}");
        told.done(&mut console, 2, 1200).started(&mut console, 3);
        told.says(&mut console, 3, "    593 webhook_signature\n").done(&mut console, 3, 900);
        let screen = console.screen();
        assert!(screen.contains("593 webhook_signature") && screen.contains("exit 0, 1.2s"), "{screen}");
    }
}

#[test]
fn output_is_held_where_a_person_reads_and_followed_again() {
    let mut console = shop((120, 40));
    let payments = procedures::payments();
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    told.started(&mut console, 2);
    for number in 0..200 {
        told.says(&mut console, 2, &format!("line {number}\n"));
    }
    console.keys("f tab tab pgup");
    let before = console.screen();
    assert!(before.contains("held"), "{before}");
    told.says(&mut console, 2, "line 200\n");
    let lines =
        |screen: &str| screen.lines().filter(|line| line.contains("line 1")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&before), lines(&console.screen()), "what is read stays where it is");
    console.keys("f");
    assert!(console.screen().contains("line 200"), "{}", console.screen());
}

#[test]
fn the_command_of_a_step_is_copied_as_it_stands() {
    let mut console = shop((120, 40));
    console.keys("4").types("/payments").keys("enter enter n n");
    console.keys("y");
    let copied = console.0.shown().copied.expect("something is copied");
    assert!(copied.starts_with("journalctl -u pakashop-backend") && copied.ends_with("sort | uniq -c"), "{copied}");
}

#[test]
fn without_procedures_it_says_where_files_go() {
    for size in SIZES {
        let mut console = Console::in_trouble(size);
        console.keys("4");
        assert!(console.screen().contains("no procedures here yet"), "{}", console.screen());
        assert!(console.screen().contains("Markdown"), "{}", console.screen());
    }
}

/// The permit that was given since the last call.
fn permitted(console: &mut Console) -> quarterdeck::domain::ProcedurePlan {
    let permit = console.asked().into_iter().find_map(|effect| match effect {
        Effect::Conduct(permit) => Some(permit),
        _ => None,
    });
    permit.unwrap_or_else(|| panic!("nothing was permitted:\n{}", console.screen())).plan().clone()
}

fn decided(console: &mut Console) -> Vec<Decision> {
    let of = |effect| match effect {
        Effect::Decide(_, decision) => Some(decision),
        _ => None,
    };
    console.asked().into_iter().filter_map(of).collect()
}

#[test]
fn a_step_that_only_reads_runs_at_once_and_one_that_changes_asks_for_the_name() {
    for size in SIZES {
        let mut console = shop(size);
        console.keys("4").types("/redis").keys("enter enter");
        console.asked();
        console.keys("enter");
        let plan = permitted(&mut console);
        assert_eq!(plan.parts.len(), 1);
        assert_eq!(plan.parts[0].jobs[0].script.text.trim(), "redis-cli info memory");
        let mut console = shop(size);
        console.keys("4").types("/deploy").keys("enter enter j");
        console.asked();
        console.keys("enter");
        let screen = console.screen();
        assert!(
            screen.contains("git -C /opt/pakashop pull --ff-only") && screen.contains("type production"),
            "{screen}"
        );
        assert!(screen.contains("app-1, app-2") && screen.contains("one host after the other"), "{screen}");
        console.keys("enter");
        assert!(console.screen().contains("Nothing was typed yet") && decided(&mut console).is_empty());
        console.types("production").keys("enter");
        assert_eq!(permitted(&mut console).danger(), Danger::Change);
    }
}

#[test]
fn a_tick_begins_a_run_and_is_told_to_it_as_soon_as_it_waits() {
    let mut console = shop((120, 40));
    let payments = procedures::payments();
    console.keys("4").types("/payments").keys("enter enter");
    console.asked();
    console.keys("space");
    let plan = permitted(&mut console);
    assert!(plan.run.is_none() && plan.parts[0].kind == "ask");
    let told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    let part = payments.parts[0].id.clone();
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), vec![Need::Tick(part.clone())])));
    assert_eq!(decided(&mut console), [Decision::Tick(part, String::new())]);
}
#[test]
fn a_failure_is_a_menu_with_its_evidence() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        told.failed(&mut console, 3, 4, "the command ended with 4");
        let evidence = Evidence {
            reason: Some(quarterdeck::domain::run::Reason::NonZeroExit),
            output: "journalctl: no such unit\n".into(),
            looked: vec![("pakashop-backend on app-2".to_owned(), "failed (Result: exit-code)".into())],
        };
        console.say(Event::Procedure(ProcedureNews::Needs(
            told.run.id.clone(),
            vec![Need::Failure(3, Box::new(evidence))],
        )));
        assert!(console.screen().contains("needs you"), "{}", console.screen());
        console.asked();
        console.keys("d");
        let screen = console.screen();
        for text in ["Failed on app-2", "retry", "retry edited", "skip", "mark done", "end the run", "no such unit"] {
            assert!(screen.contains(text), "{text}\n{screen}");
        }
        // A reason is needed for what is skipped.
        console.keys("down down enter enter");
        assert!(console.screen().contains("A reason is needed"), "{}", console.screen());
        console.types("known and harmless").keys("enter");
        assert_eq!(decided(&mut console), [Decision::Skip(3, "known and harmless".into())]);
    }
}

#[test]
fn where_a_step_names_no_host_it_is_asked_and_a_command_is_edited_for_once() {
    let mut console = shop((120, 40));
    console.keys("4").types("/full").keys("enter enter enter");
    assert!(console.screen().contains("on host"), "{}", console.screen());
    console.types("app-2").keys("enter");
    let plan = permitted(&mut console);
    assert_eq!(plan.hosts(), [&scene::host_name("app-2")]);
    // Edited before its host is known: that is asked, and the plan is of the edited command.
    let mut console = shop((120, 40));
    console.keys("4").types("/full").keys("enter enter");
    console.asked();
    console.keys("e end").types("; rm -rf /tmp/x").keys("enter");
    assert!(console.screen().contains("on host"), "{}", console.screen());
    console.types("app-2").keys("enter");
    let screen = console.screen();
    assert!(
        screen.contains("rm -rf /tmp/x") && screen.contains("destroys") && screen.contains("type production"),
        "{screen}"
    );
    console.keys("esc");
    assert!(!console.asked().iter().any(|effect| matches!(effect, Effect::Conduct(_))));
}

/// A run of the payments procedure that needs somebody from now on.
fn needs(console: &mut Console, told: &Told) {
    let part = procedures::payments().parts[0].id.clone();
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), vec![Need::Tick(part)])));
}

#[test]
fn a_person_who_does_not_look_at_a_run_is_called_once_for_what_it_needs_and_for_its_end() {
    use quarterdeck::domain::run::RunState;
    use quarterdeck::port::Input;
    use quarterdeck::port::act::RunNews;
    use quarterdeck::port::calling::Why;
    let calls =
        |console: &Console| console.0.shown().calls.iter().map(|call| (call.why, call.bell)).collect::<Vec<_>>();
    let waiting = |console: &Console| console.0.shown().title.map(|title| title.words()).unwrap_or_default();
    let payments = procedures::payments();
    let mut console = shop((120, 40));
    console.keys("4").types("/payments").keys("enter enter");
    let told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    assert_eq!(waiting(&console), "qd · pakashop production");
    // The run is in front: what it needs is seen.
    needs(&mut console, &told);
    assert_eq!((calls(&console), waiting(&console).as_str()), (vec![], "qd · pakashop production · 1 run waits"));
    // In front, but of nobody.
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), Vec::new())));
    console.0.input(Input::Focus(false));
    needs(&mut console, &told);
    assert_eq!(calls(&console), [(Why::Needed, true)]);
    // The same need is told again with more evidence: nobody is called twice.
    needs(&mut console, &told);
    assert_eq!(calls(&console).len(), 1);
    // Somebody is there again, at another screen, and is told that the run goes on.
    console.keys("1");
    assert!(console.screen().contains("goes on; 4 shows it."), "{}", console.screen());
    console.pass(std::time::Duration::from_secs(10));
    console.say(Event::Run(RunNews::Ended(told.run.id.clone(), RunState::Failed)));
    assert_eq!(calls(&console), [(Why::Needed, true), (Why::Ended(RunState::Failed), true)]);
    console.say(Event::Run(RunNews::Ended(told.run.id.clone(), RunState::Failed)));
    assert_eq!((calls(&console).len(), waiting(&console).as_str()), (2, "qd · pakashop production"));
    // A good end rings nothing unless that was asked for, and a run that had ended before calls nobody.
    let other = Told::begin(&mut console, procedures::run_of(&payments, 2, "02:14:00"));
    console.pass(std::time::Duration::from_secs(10));
    console.say(Event::Run(RunNews::Ended(other.run.id.clone(), RunState::Succeeded)));
    assert_eq!(calls(&console)[2..], [(Why::Ended(RunState::Succeeded), false)]);
    let mut old = procedures::run_of(&payments, 3, "02:10:00");
    old.state = RunState::Failed;
    console.say(Event::Run(RunNews::Begun(Box::new(old))));
    assert_eq!(calls(&console).len(), 3);
}
