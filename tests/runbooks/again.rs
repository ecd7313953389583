//! A step once more, a tick that wants a note, and a plan that says the same here and on the command line.

use std::time::Duration;

use quarterdeck::domain::Lock;
use quarterdeck::domain::lock::{Heard, Holder, Stands};
use quarterdeck::domain::procedure::{Danger, Kind, LockWanted};
use quarterdeck::domain::run::{Reason, StepState};
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::{Decision, Left, Need, OpenRun, ProcedureNews};
use quarterdeck::port::{Effect, Event};
use quarterdeck::state::procedures::{Answers, Choice, plan, plan_told, wording};

use super::console::Console;
use super::procedures::{self, Doc, Told};
use super::{SIZES, decided, permitted, shop};

fn needs(console: &mut Console, told: &Told, needs: Vec<Need>) {
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), needs)));
}

#[test]
fn a_retry_sends_the_command_that_was_edited_and_editing_goes_on_from_it() {
    let mut console = shop((120, 40));
    let payments = procedures::payments();
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    told.step(&mut console, 3, |step| {
        (step.state, step.exit, step.reason) = (StepState::Failed, Some(4), Some(Reason::NonZeroExit));
        step.edited = Some("journalctl -u pakashop-backend -S -5m".into());
    });
    needs(&mut console, &told, vec![Need::Failure(3, Box::default())]);
    console.asked();
    console.keys("d");
    assert!(console.screen().contains("as it was edited"), "{}", console.screen());
    console.keys("enter");
    // What a person wrote is graded by what it looks like: its document declares nothing of it.
    assert!(console.screen().contains("edited for this run"), "{}", console.screen());
    console.types("production").keys("enter");
    let plan = permitted(&mut console);
    let job = &plan.parts[0].jobs[0];
    assert_eq!((plan.run.as_ref(), plan.parts.len(), plan.parts[0].jobs.len()), (Some(&told.run.id), 1, 1));
    assert_eq!((job.host.as_str(), job.script.text.trim()), ("app-2", "journalctl -u pakashop-backend -S -5m"));
    // The editor begins with what ran last; without a further change that is what runs.
    console.keys("d down enter");
    assert!(console.screen().contains("-S -5m"), "{}", console.screen());
    console.keys("enter");
    console.types("production").keys("enter");
    assert_eq!(permitted(&mut console).parts[0].edited.as_deref(), Some("journalctl -u pakashop-backend -S -5m"));
}

/// A run of one item that wants to be told what was seen.
fn seen() -> (Console, std::sync::Arc<quarterdeck::domain::Procedure>) {
    let mut doc = Doc::new("seen", "What is seen", Kind::Runbook);
    doc.ask("The page says resolved").ask("Another");
    doc.0.parts[0].options.evidence = true;
    let doc = doc.done();
    let mut console = Console::in_trouble_of((80, 24), procedures::production(vec![doc.clone()]));
    console.keys("4 enter");
    console.asked();
    (console, doc)
}

#[test]
fn a_note_is_asked_for_when_the_run_waits_for_it_and_not_before() {
    let (mut console, doc) = seen();
    let part = doc.parts[0].id.clone();
    console.keys("space");
    assert!(!console.screen().contains("Evidence"), "its condition is not known yet\n{}", console.screen());
    assert_eq!(permitted(&mut console).parts[0].part, part);
    let told = Told::begin(&mut console, procedures::run_of(&doc, 1, "02:14:00"));
    needs(&mut console, &told, vec![Need::Tick(part.clone())]);
    assert!(console.screen().contains("Evidence"), "{}", console.screen());
    console.types("resolved at 02:15").keys("enter");
    assert_eq!(decided(&mut console), [Decision::Tick(part, "resolved at 02:15".into())]);
}

#[test]
fn a_part_that_is_skipped_wants_no_note_and_nobody_is_asked_in_the_middle_of_something_else() {
    let (mut console, doc) = seen();
    console.keys("space");
    let mut told = Told::begin(&mut console, procedures::run_of(&doc, 1, "02:14:00"));
    told.step(&mut console, 0, |step| (step.state, step.note) = (StepState::Skipped, "only when a".into()));
    needs(&mut console, &told, Vec::new());
    assert!(!console.screen().contains("Evidence"), "{}", console.screen());
    // Whoever stands somewhere else by then finds that it waits.
    let (mut console, doc) = seen();
    console.keys("space j");
    let told = Told::begin(&mut console, procedures::run_of(&doc, 1, "02:14:00"));
    needs(&mut console, &told, vec![Need::Tick(doc.parts[0].id.clone())]);
    let screen = console.screen();
    assert!(!screen.contains("Evidence") && screen.contains("needs you"), "{screen}");
    assert!(!console.asked().iter().any(|effect| matches!(effect, Effect::Decide(..))));
}

#[test]
fn the_page_of_a_plan_and_the_command_line_say_the_same() {
    let mut doc = Doc::new("move", "Move the shop", Kind::Maintenance);
    doc.run_with("Move it", "mv a b", &["app-1", "app-2"], Danger::Change, |options| {
        options.retries = 3;
        options.terminal = true;
        options.folder = Some("/srv/shop".into());
        options.undo = Some(quarterdeck::domain::PartId::new("back").unwrap());
    });
    doc.run("Back", "mv b a", &["app-1", "app-2"], Danger::Change).ask("Announced");
    doc.0.header.lock = true;
    let doc = doc.done();
    let mut environment = procedures::production(vec![doc.clone()]);
    environment.lock_host = None;
    let made = plan(&doc, &environment, &Answers::default(), &Choice::default()).unwrap();
    assert_eq!(made.lock, LockWanted::Nowhere);
    let printed = plan_told(&made, Some(&doc), |_| None).join("\n");
    let mut all: Vec<String> = wording::totals(&made).into_iter().map(|(_, told)| told).collect();
    all.extend(wording::lock(&made).map(|told| told.unwrap_or_else(|why| why)));
    all.extend(wording::way_back(&made, &doc).map(|told| told.unwrap_or_else(str::to_owned)));
    for part in &made.parts {
        all.push(wording::Grade::of(part).told().to_owned());
        all.extend(wording::notes(part, Some(&doc), None));
    }
    assert!(all.iter().any(|told| told.contains("undone by back (Back)")), "{all:?}");
    assert!(all.iter().any(|told| told.contains("no lock_host")), "{all:?}");
    for size in SIZES {
        let mut console = Console::in_trouble_of(size, environment.clone());
        console.keys("4 enter R");
        let mut page = String::new();
        for _ in 0..6 {
            page += &console.screen();
            console.keys("pgdn");
        }
        let page = page.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        for told in &all {
            assert!(page.contains(told) || size.0 == 80, "{told}\n{}", console.screen());
            assert!(printed.contains(told), "{told}\n{printed}");
        }
        assert!(page.contains("cd '/srv/shop'") && printed.contains("cd '/srv/shop'"), "{page}");
    }
}

#[test]
fn the_key_that_does_things_takes_no_tick_back() {
    let mut console = shop((80, 24));
    let payments = procedures::payments();
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
    told.ticked(&mut console, 0, "ada");
    console.keys("g g enter");
    assert_eq!(decided(&mut console), [], "{}", console.screen());
    assert!(console.screen().contains("space takes that back"), "{}", console.screen());
    console.keys("space");
    assert_eq!(decided(&mut console), [Decision::Untick(payments.parts[0].id.clone())]);
}

#[test]
fn a_run_that_is_taken_up_from_the_list_is_in_front_and_can_be_answered() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        let run = procedures::run_of(&payments, 1, "02:10:00");
        let open = OpenRun { run: run.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        assert!(console.screen().contains("was left"), "whoever begins is told\n{}", console.screen());
        console.keys("4 enter enter");
        assert!(console.asked().iter().any(|effect| matches!(effect, Effect::Resume(_))), "{}", console.screen());
        let mut told = Told::begin(&mut console, run);
        told.failed(&mut console, 3, 4, "the command ended with 4");
        needs(&mut console, &told, vec![Need::Failure(3, Box::default())]);
        console.keys("d");
        assert!(console.screen().contains("Failed on app-2"), "{}", console.screen());
    }
}

#[test]
fn e7_a_run_that_a_dead_console_left_is_offered_with_who_from_where_and_for_how_long() {
    for size in SIZES {
        let mut console = shop(size);
        let run = procedures::run_of(&procedures::payments(), 1, "02:10:00");
        let left = Left {
            by: "ada from ada@desk".into(),
            silent: Duration::from_secs(120),
            host: super::scene::host_name("app-1"),
        };
        console.say(Event::Procedure(ProcedureNews::Open(vec![OpenRun { run, elsewhere: true, left: Some(left) }])));
        console.keys("4 enter");
        let words = console.screen().replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "ada from ada@desk was at it last and was not heard on the lock host app-1 for 2m";
        assert!(words.contains(told), "{}", console.screen());
        console.keys("enter");
        assert!(console.asked().iter().any(|effect| matches!(effect, Effect::Resume(_))), "{}", console.screen());
    }
}

#[test]
fn who_has_the_lock_is_seen_everywhere_and_where_it_is_wanted() {
    let holder = Holder {
        person: "bob".into(),
        workstation: "bob@far".into(),
        run: Some(procedures::run_id(7)),
        message: "Move the shop".into(),
        since: None,
    };
    let lock = Lock {
        token: 7,
        holder,
        login: "root".into(),
        by_hand: false,
        reserved: true,
        stands: Stands::Held,
        heard: Heard::Unknown,
        broken: None,
        beside: Vec::new(),
    };
    let say = |console: &mut Console, lock: &Lock| {
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(lock.clone())))));
    };
    let mut doc = Doc::new("move", "Move the shop", Kind::Maintenance);
    doc.run("Move it", "mv a b", &["app-1"], Danger::Change);
    doc.0.header.lock = true;
    let doc = doc.done();
    let mut environment = procedures::production(vec![doc.clone()]);
    environment.lock_host = Some(super::scene::host_name("app-1"));
    for size in SIZES {
        let mut console = Console::in_trouble_of(size, environment.clone());
        assert!(!console.screen().contains("locked by"), "{}", console.screen());
        say(&mut console, &lock);
        assert!(console.screen().contains("locked by bob"), "{}", console.screen());
        console.keys("4 enter R");
        let screen = console.screen();
        assert!(screen.contains("bob (bob@far) holds it"), "{screen}");
        assert!(!screen.contains("booted"), "that nothing is said of when is no word about it\n{screen}");
        // Whoever goes all the same is refused in the same words.
        let told = lock.told(console.now().wall);
        console.types("production").keys("enter");
        let refused = format!("The environment is locked, so nothing was begun: {told}. Wait for it, or ask them.");
        console.say(Event::Run(RunNews::Refused(refused)));
        let words = console.screen().replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("nothing was begun") || size.0 == 80, "{}", console.screen());
        console.keys("esc");
        say(&mut console, &Lock { stands: Stands::Reserved, ..lock.clone() });
        assert!(console.screen().contains("locked by bob, gone"), "{}", console.screen());
        say(&mut console, &Lock { stands: Stands::Free, ..lock.clone() });
        assert!(!console.screen().contains("locked by"), "{}", console.screen());
        // One's own keeps nobody away from here.
        say(&mut console, &lock);
        Told::begin(&mut console, procedures::run_of(&doc, 7, "02:14:00"));
        assert!(!console.screen().contains("locked by"), "{}", console.screen());
    }
}

#[test]
fn the_clock_of_a_run_that_is_taken_up_counts_the_time_when_nobody_was_at_it() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        // Begun four minutes ago, left after one of them.
        let mut run = procedures::run_of(&payments, 1, "02:10:09");
        (run.steps[0].state, run.steps[0].attempt) = (StepState::Verified, 1);
        run.steps[0].at = Some(super::scene::at("02:11:09"));
        let open = OpenRun { run: run.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        console.keys("4").types("/payments").keys("enter enter");
        let told = Told::begin(&mut console, run);
        // Told once more, as it is when parts are added to it: that is no further time without anybody.
        console.say(Event::Run(RunNews::Begun(Box::new(told.run.clone()))));
        needs(&mut console, &told, vec![Need::Tick(payments.parts[1].id.clone())]);
        console.pass(Duration::from_secs(65));
        if size.0 < 100 {
            console.keys("tab");
        }
        let screen = console.screen();
        assert!(screen.contains("· 5m") && !screen.contains("· 2m"), "{screen}");
    }
}

#[test]
fn leaving_a_host_out_says_what_is_lost_and_asks_once_more() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        told.failed(&mut console, 3, 4, "the command ended with 4");
        needs(&mut console, &told, vec![Need::Failure(3, Box::default())]);
        console.asked();
        let choose = |console: &mut Console| {
            console.keys("d");
            while !console.screen().contains("▸  leave host out") {
                let before = console.screen();
                console.keys("down");
                assert_ne!(before, console.screen(), "it is not there\n{before}");
            }
            console.keys("enter");
        };
        choose(&mut console);
        let screen = console.screen();
        for text in ["Leave app-2 out of the run?", "Compare the webhook secret", "keep it", "leave it out"] {
            assert!(screen.contains(text), "{text}\n{screen}");
        }
        assert_eq!(decided(&mut console), []);
        // The first answer keeps it.
        console.keys("enter");
        assert_eq!(decided(&mut console), []);
        choose(&mut console);
        console.keys("down enter");
        assert_eq!(decided(&mut console), [Decision::LeaveOut(super::scene::host_name("app-2"))]);
    }
}
