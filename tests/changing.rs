//! A person changes something: the menu, the marks, the confirmation, the run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/changing.rs"]
mod changing;
#[path = "common/console.rs"]
mod console;
#[path = "common/scene.rs"]
mod scene;

use std::time::Duration;

use changing::Running;
use console::Console;
use quarterdeck::app::Setup;
use quarterdeck::domain::lock::{Heard, Holder, Stands};
use quarterdeck::domain::permit::How;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::domain::{EnvColour, Lock, Permit, RunId};
use quarterdeck::port::act::{RunNews, StoreState};
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::procedure::ProcedureNews;
use quarterdeck::port::{Effect, Event};

const MIDDLE: (u16, u16) = (120, 40);
const SIZES: [(u16, u16); 3] = [(80, 24), MIDDLE, (200, 60)];

fn permits(console: &mut Console) -> Vec<Permit> {
    let permit = |effect| match effect {
        Effect::Execute(permit) => Some(*permit),
        _ => None,
    };
    console.asked().into_iter().filter_map(permit).collect()
}

/// A console whose cursor stands on a service of production.
fn on(service: &str, size: (u16, u16)) -> Console {
    let mut console = Console::well(size);
    console.types(&format!("/{service}")).keys("enter esc");
    console.asked();
    console
}

/// The same of staging, which is not protected.
fn staging(service: &str) -> Console {
    let mut console = Console::watching("02:12:05", MIDDLE, scene::environment("staging", EnvColour::Yellow, false));
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    console.types(&format!("/{service}")).keys("enter esc");
    console.asked();
    console
}

fn lose(console: &mut Console, host: &str) {
    use quarterdeck::domain::{Link, LinkFailure};
    let retry_at = console.now().mono.after(Duration::from_secs(4));
    let link = Link::Waiting { heard: None, retry_at, attempt: 1, why: LinkFailure::Silent };
    console.say(Event::Host(scene::host_name(host), HostEvent::Link(link)));
}

#[test]
fn restarting_a_service_shows_everything_first_and_wants_the_name_in_production() {
    for size in SIZES {
        let mut console = on("search app-2", size);
        console.keys("r");
        let screen = console.screen();
        for text in [
            "restart search on 2 hosts",
            "PRODUCTION",
            "root by sudo",
            "one instance at a time, each verified before the next",
            "recommendations",
            "app-1 → app-2",
            "--no-block restart --",
            "pakashop-search.service",
            "type search",
        ] {
            assert!(screen.contains(text), "{size:?} lacks {text:?}\n{screen}");
        }
        console.keys("enter y enter");
        assert!(console.screen().contains("That is not the name: type search."), "{}", console.screen());
        console.keys("ctrl-u");
        console.pastes("search").keys("enter");
        assert!(console.screen().contains("Nothing was typed yet"), "{}", console.screen());
        assert!(permits(&mut console).is_empty());
        console.pastes("search");
        assert!(console.screen().contains("A paste confirms nothing"), "{}", console.screen());
        console.types("search").keys("enter");
        let [permit] = permits(&mut console).try_into().unwrap();
        assert_eq!((permit.how(), permit.plan().steps.len()), (How::Typed, 2));
        assert!(console.screen().contains("is being recorded"), "{}", console.screen());
    }
}

#[test]
fn elsewhere_y_does_it_and_neither_enter_nor_a_paste_nor_another_key() {
    let mut console = staging("search app-2");
    console.keys("r enter space n Y");
    assert!(console.screen().contains("Only y does it."), "{}", console.screen());
    console.pastes("y");
    console.pastes("y\n");
    assert!(console.screen().contains("A paste confirms nothing"), "{}", console.screen());
    assert!(permits(&mut console).is_empty());
    console.keys("y");
    let [permit] = permits(&mut console).try_into().unwrap();
    assert_eq!(permit.how(), How::Yes);
    console.keys("y y");
    assert!(permits(&mut console).is_empty(), "once");
}

/// What was typed ahead of the box is no answer to it (fault A14): it was typed for whatever stood there before.
#[test]
fn keys_that_came_before_the_box_was_on_screen_confirm_nothing() {
    let mut console = staging("search app-2");
    let keys = |names: &str| quarterdeck::input::key_name::parse_sequence(names).unwrap();
    console.0.burst(keys("r y"));
    assert!(permits(&mut console).is_empty());
    let screen = console.screen();
    assert!(
        screen.contains("restart search") && screen.contains("That was typed before this was on screen"),
        "{screen}"
    );
    // A name that was typed ahead is not even half a confirmation.
    let mut named = on("search app-2", MIDDLE);
    named.0.burst(keys("r s e a r c h enter"));
    assert!(permits(&mut named).is_empty() && !named.screen().contains("That is not the name"), "{}", named.screen());
    named.keys("enter");
    assert!(named.screen().contains("Nothing was typed yet"), "{}", named.screen());
    // What was begun and not answered is left by the same burst: leaving is always meant.
    let mut left = staging("search app-2");
    left.0.burst(keys("r esc"));
    assert!(!left.screen().contains("restart search"), "{}", left.screen());
    console.keys("y");
    assert_eq!(permits(&mut console).len(), 1);
}

#[test]
fn esc_does_nothing_at_all_and_the_commands_can_be_copied() {
    let mut console = on("search app-2", MIDDLE);
    console.keys("r ctrl-y");
    let copied = console.0.shown().copied.unwrap();
    let line = "sudo -- systemctl --no-ask-password --no-block restart -- pakashop-search.service";
    let want = format!("# restart search on 2 hosts (pakashop, production)\n# app-1\n{line}\n# app-2\n{line}\n");
    assert_eq!(copied, want);
    console.types("search").keys("esc enter y");
    assert!(permits(&mut console).is_empty());
    assert!(!console.screen().contains("restart search"), "{}", console.screen());
}

#[test]
fn a_world_that_moved_on_wants_a_fresh_look() {
    let mut console = on("search app-2", MIDDLE);
    console.keys("r").types("sear");
    lose(&mut console, "app-2");
    assert!(console.screen().contains("app-2 is not reached any more."), "{}", console.screen());
    console.types("ch").keys("enter");
    assert!(permits(&mut console).is_empty());
    assert!(console.screen().contains("Look again first."), "{}", console.screen());
    console.keys("ctrl-r");
    let screen = console.screen();
    assert!(screen.contains("restart search on app-1"), "{screen}");
    assert!(screen.contains("left out") && screen.contains("app-2 is not reached (silent)"), "{screen}");
    console.types("search").keys("enter");
    let [permit] = permits(&mut console).try_into().unwrap();
    assert_eq!(permit.plan().hosts(), [&scene::host_name("app-1")]);
}

#[test]
fn a_start_by_somebody_else_in_between_is_noticed_on_the_very_key_that_confirms() {
    let mut console = staging("search app-2");
    console.keys("r");
    let facts = quarterdeck::domain::UnitFacts {
        invocation: "c".repeat(32),
        ..scene::running("search", scene::at("02:12:00"))
    };
    console.say(Event::Host(scene::host_name("app-2"), HostEvent::Unit(scene::unit_of("search"), Box::new(facts))));
    console.keys("y");
    assert!(permits(&mut console).is_empty());
    assert!(console.screen().contains("on app-2 was started anew meanwhile."), "{}", console.screen());
}

#[test]
fn the_menu_offers_what_applies_and_says_why_the_rest_does_not() {
    for size in SIZES {
        let mut console = on("search app-2", size);
        console.keys("a");
        let screen = console.screen();
        assert!(console.row_with("  start ").contains("it runs already"), "{screen}");
        assert!(console.row_with("enable ").contains("it is enabled already"), "{screen}");
        assert!(console.row_with("restart ").contains("Stop it and start it again"), "{screen}");
        assert!(console.row_with("signal").contains("Send a signal"), "{screen}");
        assert!(!screen.contains("SIGHUP"), "{screen}");
        console.types("hup").keys("enter");
        assert!(console.screen().contains("send SIGHUP to search on 2 hosts"), "{}", console.screen());
        console.keys("esc a").types("enable").keys("enter");
        assert!(console.screen().contains("enable: it is enabled already"), "{}", console.screen());
        console.keys("ctrl-u").types("signal");
        assert!(console.screen().contains("SIGKILL"), "{}", console.screen());
        console.keys("ctrl-u down down down down down down down down down enter");
        assert!(console.screen().contains("SIGKILL"), "{}", console.screen());
        console.keys("esc");
        assert!(console.row_with("signal").contains("Send a signal"), "one level up: {}", console.screen());
        console.keys("esc");
        assert!(!console.screen().contains("Send a signal"), "{}", console.screen());
        assert!(permits(&mut console).is_empty());
    }
}

#[test]
fn marks_mean_rows_a_tier_or_everything_and_esc_lets_them_go() {
    let mut console = on("pricing", MIDDLE);
    console.keys("space j space");
    assert!(console.row_with("Services").contains("2 marked"), "{}", console.screen());
    assert!(console.row_with("pricing").contains('◆'), "{}", console.screen());
    console.keys("a");
    assert!(console.screen().contains("Actions for 2 marked rows"), "{}", console.screen());
    console.types("restart").keys("enter");
    let screen = console.screen();
    assert!(screen.contains("restart 2 services on app-1") && screen.contains("type production"), "{screen}");
    console.keys("esc esc");
    assert!(!console.screen().contains("marked"), "{}", console.screen());
    console.keys("v j j v");
    assert!(console.row_with("Services").contains("3 marked"), "{}", console.screen());
    console.keys("esc T r");
    let screen = console.screen();
    assert!(screen.contains("restart 6 services on app-1"), "the whole tier: {screen}");
    console.keys("esc V r");
    let screen = console.screen();
    assert!(screen.contains("restart 21 services on 3 hosts"), "nobody who means everything means the jobs: {screen}");
    console.keys("G");
    assert!(console.screen().contains("choose it by itself"), "{}", console.screen());
}

#[test]
fn who_names_a_service_means_it_whatever_is_marked() {
    let mut console = on("pricing", MIDDLE);
    console.keys("space j space").types(":restart search app-2").keys("enter");
    let screen = console.screen();
    assert!(screen.contains("restart search on app-2") && screen.contains("type search"), "{screen}");
    console.keys("esc");
    assert!(!console.screen().contains("marked"), "{}", console.screen());
}

#[test]
fn one_instance_is_meant_by_its_row() {
    let mut console = on("search app-2", MIDDLE);
    console.keys("z a j j a");
    assert!(console.screen().contains("Actions for search on app-2"), "{}", console.screen());
    console.types("stop").keys("enter");
    let screen = console.screen();
    assert!(screen.contains("stop search on app-2"), "{screen}");
    assert!(screen.contains("no service loses its last instance"), "{screen}");
    assert!(screen.contains("is expected to run: it will count as down"), "{screen}");
}

#[test]
fn a_run_is_shown_step_by_step_can_be_left_and_is_found_again() {
    let mut console = staging("search app-2");
    console.keys("r y");
    let mut running = Running::begin(&mut console, "02:12:06");
    assert!(console.row_with("app-1  ").contains("waits"), "{}", console.screen());
    running.step(&mut console, 0, StepState::Started);
    console.pass(Duration::from_secs(3));
    assert!(console.row_with("app-1  ").contains("started    3s"), "{}", console.screen());
    console.keys("esc");
    assert!(console.row_with("? search ").contains("restarting"), "{}", console.screen());
    assert!(console.row(1).contains("restart search on 2 hosts 0/2 · 3s  w shows it"), "{}", console.screen());
    running.step(&mut console, 0, StepState::Verified);
    running.step(&mut console, 1, StepState::Done);
    assert!(console.row_with("? search ").contains("verifying"), "{}", console.screen());
    console.keys("w");
    assert!(console.row_with("app-1  ").contains("verified   in 7.4s"), "{}", console.screen());
    assert!(console.row_with("✓ active").contains("✓ probe ready"), "{}", console.screen());
    console.keys("esc");
    running.step(&mut console, 1, StepState::Verified);
    running.end(&mut console, RunState::Succeeded);
    assert!(console.row(1).contains("✓ restart search on 2 hosts succeeded 2/2"), "{}", console.screen());
    console.keys("w esc");
    assert!(!console.row(1).contains("succeeded"), "who has seen it is not told again: {}", console.screen());
    console.keys("w");
    assert!(console.screen().contains("succeeded 2/2 · 3s"), "{}", console.screen());
}

#[test]
fn a_failure_says_what_runs_new_and_what_runs_old() {
    for size in SIZES {
        let mut console = on("search app-2", size);
        console.keys("r").types("search").keys("enter");
        let mut running = Running::begin(&mut console, "02:13:25");
        running.step(&mut console, 0, StepState::Started);
        running.step(&mut console, 0, StepState::Failed);
        running.step(&mut console, 1, StepState::Skipped);
        running.end(&mut console, RunState::Failed);
        let screen = console.screen();
        assert!(screen.contains("FAILED 2/2"), "{screen}");
        assert!(screen.contains("the probe ready failed 3 times in a row"), "{screen}");
        assert!(screen.contains("✗ probe ready: GET :3110/health/ready → 503, expected 200"), "{screen}");
        assert!(screen.contains("? errors in its log: the journal could not be read"), "{screen}");
        assert!(screen.contains("not begun"), "{screen}");
        console.keys("G");
        assert!(console.row_with("failed     search on app-1").len() > 10, "{}", console.screen());
        assert!(console.row_with("runs old   search on app-2").len() > 10, "{}", console.screen());
    }
}

#[test]
fn a_run_is_stopped_at_once_and_without_a_question() {
    for key in ["x", "ctrl-c"] {
        let mut console = staging("search app-2");
        console.keys("r y");
        let mut running = Running::begin(&mut console, "02:12:06");
        running.step(&mut console, 0, StepState::Started);
        console.asked();
        console.keys(key);
        assert_eq!(console.asked(), [Effect::StopRun(changing::id())], "{key}");
        assert!(console.screen().contains("no further step begins"), "{}", console.screen());
        console.keys("x");
        assert!(console.asked().is_empty(), "once is enough");
        running.step(&mut console, 0, StepState::Verified);
        running.step(&mut console, 1, StepState::Skipped);
        running.end(&mut console, RunState::Stopped);
        assert!(console.row_with("runs old").contains("search on app-2"), "{}", console.screen());
    }
}

#[test]
fn one_change_at_a_time_and_leaving_is_asked_once() {
    let mut console = staging("search app-2");
    console.keys("r y");
    Running::begin(&mut console, "02:12:06");
    console.keys("esc r");
    assert!(console.row(39).contains("a change is under way"), "{}", console.screen());
    console.keys("E");
    assert!(console.row(39).contains("a change is under way"), "{}", console.screen());
    console.asked();
    console.keys("q");
    assert!(console.screen().contains("What was sent to a host goes on there by itself."), "{}", console.screen());
    console.pastes("y").keys("enter");
    assert!(console.0.ended().is_none());
    console.keys("esc");
    assert!(!console.screen().contains("A change is under way"), "{}", console.screen());
    console.keys("q y");
    assert!(console.0.ended().is_some());
    let mut console = staging("search app-2");
    console.keys("r y");
    let mut running = Running::begin(&mut console, "02:12:06");
    console.keys("esc q");
    running.end(&mut console, RunState::Succeeded);
    assert!(!console.screen().contains("A change is under way"), "there is nothing left to ask: {}", console.screen());
    console.keys("q");
    assert!(console.0.ended().is_some());
}

#[test]
fn nothing_is_begun_that_may_not_be_or_could_not_be_recorded() {
    let setup = Setup { read_only: true, sites: vec![scene::site()], ..Setup::default() };
    let mut console = Console::begin("02:12:05", MIDDLE, setup);
    console.keys("esc");
    console.say(Event::Opened(std::sync::Arc::new(scene::production())));
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    console.keys("r");
    assert!(console.row(39).contains("the console is read-only"), "{}", console.screen());
    console.keys("a enter");
    assert!(console.screen().contains("read-only: the console is read-only"), "{}", console.screen());
    assert!(permits(&mut console).is_empty());
    let mut console = on("search app-2", MIDDLE);
    let full = "The disk that holds the store is full. Make room and try again.";
    console.say(Event::Store(StoreState::ReadOnly(full.into())));
    console.keys("r");
    assert!(console.row(39).contains("it could not be recorded"), "{}", console.screen());
    console.say(Event::Store(StoreState::Writable));
    console.keys("r");
    console.say(Event::Store(StoreState::ReadOnly(full.into())));
    console.types("search").keys("enter");
    assert!(permits(&mut console).is_empty(), "{}", console.screen());
    assert!(console.screen().contains("It can't be done any more"), "{}", console.screen());
}

#[test]
fn a_change_that_the_engine_refuses_says_so() {
    let mut console = staging("search app-2");
    console.keys("r y");
    console.say(Event::Run(RunNews::Refused("The record could not be written: the disk is full.".into())));
    assert!(console.screen().contains("It was not begun."), "{}", console.screen());
    assert!(console.screen().contains("the disk is full"), "{}", console.screen());
    console.keys("esc");
    assert!(console.row(1).contains("a change was not begun"), "{}", console.screen());
    console.keys("esc");
    assert!(!console.row(1).contains("not begun"), "{}", console.screen());
}

fn lock(stands: Stands) -> Event {
    let holder = Holder {
        person: "ada".into(),
        workstation: "ada@desk".into(),
        run: RunId::new("01939a2e-77aa-7c11-8f3e-012389abcdef"),
        message: "Deploy the shop".into(),
        since: None,
    };
    let (login, heard, broken) = ("root".into(), Heard::Unknown, None);
    let lock =
        Lock { token: 7, holder, login, by_hand: false, reserved: true, stands, heard, broken, beside: Vec::new() };
    Event::Procedure(ProcedureNews::Lock(Some(Box::new(lock))))
}

#[test]
fn while_somebody_deploys_a_restart_shows_who_and_is_done_only_for_the_name_of_the_environment() {
    for size in SIZES {
        let mut console = on("search app-2", size);
        console.say(lock(Stands::Held));
        console.keys("r");
        let screen = console.screen();
        let words = screen.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "ada (ada@desk) holds it for \"Deploy the shop\" (run 89abcdef)";
        assert!(words.contains(told) && words.contains("Locked: to do it all the same type production"), "{screen}");
        console.types("search").keys("enter");
        assert!(console.screen().contains("That is not the name: type production."), "{}", console.screen());
        console.keys("ctrl-u").types("production").keys("enter");
        let permit = permits(&mut console).remove(0);
        assert_eq!(permit.how(), How::Typed);
        assert_eq!(permit.plan().impact.locked.as_ref().map(|lock| lock.token), Some(7));
    }
    // What is not protected asks for more than a key as well.
    let mut console = staging("search app-2");
    console.say(lock(Stands::Reserved));
    console.keys("r y");
    assert_eq!(permits(&mut console).len(), 0, "{}", console.screen());
    console.keys("ctrl-u").types("staging").keys("enter");
    assert_eq!(permits(&mut console).len(), 1, "{}", console.screen());
}

#[test]
fn a_lock_that_is_taken_while_the_box_is_open_must_be_looked_at_first() {
    let mut console = on("search app-2", MIDDLE);
    console.keys("r");
    console.say(lock(Stands::Held));
    console.types("search").keys("enter");
    assert_eq!(permits(&mut console).len(), 0, "{}", console.screen());
    assert!(console.screen().contains("locked now by ada"), "{}", console.screen());
    console.keys("ctrl-r");
    assert!(console.screen().contains("type production"), "{}", console.screen());
    // Given back meanwhile, the usual word is enough again.
    console.say(lock(Stands::Free));
    console.keys("ctrl-r").types("search").keys("enter");
    assert_eq!(permits(&mut console).len(), 1, "{}", console.screen());
}
