//! A person at the console: what keys do, what the screens say, and what is asked of the engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/console.rs"]
mod console;
#[path = "common/past.rs"]
mod past;
#[path = "screens/questions.rs"]
mod questions;
#[path = "screens/quiet.rs"]
mod quiet;
#[path = "common/scene.rs"]
mod scene;
#[path = "screens/sight.rs"]
mod sight;

use std::time::Duration;

use console::Console;
use quarterdeck::app::Setup;
use quarterdeck::domain::{EnvColour, EnvName};
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::{Effect, Event};

const MIDDLE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (80, 24);

#[test]
fn the_cursor_stays_on_its_service_when_rows_reorder() {
    let mut console = Console::well(MIDDLE);
    console.types("/pricing").keys("enter esc S");
    assert!(console.row_with("│ ● pricing").contains("up"));
    assert!(console.row_with("─ Log").contains("pakashop-pricing"));
    for (_, events) in scene::trouble() {
        events.into_iter().for_each(|event| console.say(event));
    }
    assert!(console.row(5).contains("settlement") || console.row(5).contains("backend"), "{}", console.screen());
    assert!(console.row_with("─ Log").contains("pakashop-pricing"));
}

#[test]
fn a_filter_narrows_as_it_is_typed_and_an_exclamation_mark_inverts() {
    let mut console = Console::well(MIDDLE);
    console.types("/gate");
    assert!(console.screen().contains("gateway 2/2"));
    assert!(!console.row_with("│ ● gateway").is_empty());
    assert!(console.screen().contains("1 of 23"), "{}", console.screen());
    console.keys("ctrl-u");
    console.types("!app-1");
    assert!(!console.screen().contains("│ ● config"), "{}", console.screen());
    assert!(console.screen().contains("moderation"));
    console.keys("esc");
    assert!(!console.screen().contains("of 23"), "{}", console.screen());
    console.types("/nothing-like-this");
    assert!(console.screen().contains("No service passes the filter."));
    // Every unit ends in it: it would find nearly everything.
    console.keys("ctrl-u").types(".service");
    assert!(console.screen().contains("No service passes the filter."), "{}", console.screen());
}

#[test]
fn a_list_says_what_lies_below_it_and_what_of_that_is_in_trouble() {
    let mut console = Console::in_trouble(SMALL);
    let below = console.row_with("more below");
    assert!(below.contains("in trouble"), "{}", console.screen());
    console.keys("S");
    let below = console.row_with("more below");
    assert!(!below.contains("in trouble"), "the worst is above now: {}", console.screen());
    console.keys("G");
    assert!(!console.screen().contains("more below"), "{}", console.screen());
}

#[test]
fn the_name_and_the_reason_go_before_figures_that_matter_less() {
    let mut environment = scene::production();
    let renamed = environment.services.iter_mut().find(|service| service.name.as_str() == "moderation").unwrap();
    renamed.name = scene::service_name("picture-moderation-queue");
    let mut console = Console::watching("02:12:05", SMALL, environment);
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    console.types("/picture").keys("enter");
    assert!(console.row_with("picture-moderation-queue").contains("up") || !console.screen().is_empty());
    assert!(console.row_with("SERVICE").contains("STATE") && !console.row_with("SERVICE").contains("LATENCY"));
    // In a row that is in trouble the reason takes the place of the graph.
    let mut console = Console::in_trouble(SMALL);
    console.keys("S");
    assert!(console.row_with("↻ backend").contains("start limit hit"), "{}", console.screen());
    let slow = console.row_with("◐ gateway");
    assert!(slow.contains("411 ms, limit") && slow.contains(" 411ms "), "{slow}");
    assert!(console.row_with("● config").contains("▁"), "{}", console.screen());
}

#[test]
fn a_list_that_is_filtered_says_so_in_its_title() {
    let mut console = Console::in_trouble(MIDDLE);
    for (screen, name) in [("1", "Services"), ("3", "Hosts"), ("4", "Runbooks"), ("5", "Changes"), ("6", "History")] {
        console.keys(screen).types("/app");
        assert!(console.screen().contains(&format!("─ {name} filtered by app")), "{}", console.screen());
        console.keys("enter");
        assert!(console.screen().contains(&format!("─ {name} filtered by app ")), "{}", console.screen());
        console.keys("esc");
        assert!(!console.screen().contains("filtered"), "{}", console.screen());
    }
}

#[test]
fn an_error_line_has_an_age_and_goes_when_the_unit_is_well_again() {
    let (host, unit) = (scene::host_name("app-1"), scene::unit_of("pricing"));
    let mut console = Console::well(MIDDLE);
    let line = |time: &str| HostEvent::LastError(unit.clone(), Some(scene::line(time, 3, "no rates from the bank")));
    console.types("/pricing").keys("enter");
    let began = console.now().wall - Duration::from_secs(5);
    console.say(Event::Host(host.clone(), line("02:13:25")));
    console.pass(Duration::from_secs(4));
    assert!(console.row_with("last error").contains("4s ago") || console.screen().contains("s ago:"));
    console.say(Event::Host(host.clone(), HostEvent::Unit(unit.clone(), Box::new(scene::running("pricing", began)))));
    console.say(Event::Host(host, line("02:13:10")));
    assert!(!console.screen().contains("no rates from the bank"), "it is older than the start: {}", console.screen());
}

#[test]
fn who_was_killed_for_want_of_memory_is_told_with_when() {
    let mut console = Console::watching("02:12:05", (200, 60), scene::production());
    let mut facts = scene::facts(0.3, 4 << 30, 9 << 30);
    facts.oom_kills = Some(2);
    let say = |console: &mut Console, facts: &quarterdeck::domain::HostFacts| {
        console.say(Event::Host(scene::host_name("db-1"), HostEvent::Facts(Box::new(facts.clone()))));
    };
    say(&mut console, &facts);
    // It had happened before the console was opened: when is not known.
    console.keys("3 G");
    assert!(console.row_with("│ ◌ db-1").contains("2 OOM since boot"), "{}", console.screen());
    facts.oom_kills = Some(3);
    say(&mut console, &facts);
    console.pass(Duration::from_secs(61));
    assert!(console.row_with("│ ◌ db-1").contains("3 OOM, 1m ago"), "{}", console.screen());
    assert!(console.screen().contains("3 since boot, the last 1m ago"), "{}", console.screen());
}

#[test]
fn only_trouble_shows_what_a_person_should_look_at() {
    let mut console = Console::in_trouble(MIDDLE);
    console.keys("!");
    let screen = console.screen();
    assert!(screen.contains("backend") && screen.contains("only trouble"), "{screen}");
    assert!(!screen.contains("│ ● config"), "{screen}");
    assert!(screen.contains("? postgresql"), "unknown is trouble, never green: {screen}");
    console.keys("esc");
    assert!(console.screen().contains("│ ● config"));
}

#[test]
fn instances_fold_and_unfold() {
    let mut console = Console::well(MIDDLE);
    console.types("/gateway").keys("enter z a");
    assert!(console.screen().contains("├ app-1") && console.screen().contains("└ app-2"), "{}", console.screen());
    console.keys("j");
    assert!(console.row_with("─ Log").contains("app-1"));
    console.keys("j");
    assert!(console.row_with("─ Log").contains("app-2"));
    console.keys("left");
    assert!(!console.screen().contains("├ app-1"));
    console.keys("z");
    assert!(console.screen().contains("Show the instances of all services"), "{}", console.screen());
    console.keys("R");
    assert!(console.screen().contains("└ app-2"));
}

#[test]
fn a_lost_host_counts_down_keeps_what_was_known_and_is_tried_again_on_a_key() {
    let mut console = Console::in_trouble(MIDDLE);
    assert!(console.row(0).contains("db-1 lost 8s, again in 4s"), "{}", console.row(0));
    assert!(console.row_with("? redis").contains("host lost 8s"));
    assert!(console.row_with("? redis").contains("192M"), "its last figures stay");
    console.pass(Duration::from_secs(1));
    assert!(console.row(0).contains("db-1 lost 9s, again in 3s"), "{}", console.row(0));
    console.asked();
    console.keys("R");
    assert!(console.asked().contains(&Effect::RetryNow(scene::host_name("db-1"))));
}

#[test]
fn retry_now_says_why_it_does_nothing_when_every_link_is_up() {
    let mut console = Console::well(MIDDLE);
    console.asked();
    console.keys("R");
    assert!(console.row(39).contains("no link is lost"), "{}", console.row(39));
    assert_eq!(console.asked(), []);
    console.pass(Duration::from_secs(3));
    assert!(console.row(39).contains("move"), "the word goes again: {}", console.row(39));
}

#[test]
fn the_help_finds_an_action_and_runs_it() {
    let mut console = Console::well(MIDDLE);
    console.keys("?").types("sort");
    assert!(console.screen().contains("Sort: the worst first"));
    assert!(!console.screen().contains("Move down"));
    console.keys("enter");
    assert!(console.screen().contains("worst first") && !console.screen().contains("Help"), "{}", console.screen());
    console.keys("?").types("zzz");
    assert!(console.screen().contains("No action is called that."));
    console.keys("esc");
    assert!(!console.screen().contains("No action"));
}

#[test]
fn production_is_never_the_silent_default() {
    let setup = Setup { sites: vec![scene::site()], ..Setup::default() };
    let mut console = Console::begin("02:00:00", MIDDLE, setup);
    assert!(console.screen().contains("STAGING") && console.screen().contains("PRODUCTION"));
    console.keys("enter");
    let asked = console.asked();
    let [Effect::Watch(environment)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(environment.name.as_str(), "staging");
    console.keys("E").types("prod").keys("enter");
    let asked = console.asked();
    let [Effect::Watch(environment)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(environment.name.as_str(), "production");
}

#[test]
fn a_named_environment_is_opened_without_asking() {
    let begin = Some((scene::site().name.clone(), Some(EnvName::new("production").unwrap())));
    let console = Console::begin("02:00:00", MIDDLE, Setup { sites: vec![scene::site()], begin, ..Setup::default() });
    assert!(console.row(0).contains("pakashop ▸ PRODUCTION"), "{}", console.row(0));
}

#[test]
fn marks_of_drill_read_only_and_distrust_stand_on_every_screen() {
    let mut environment = scene::environment("staging", EnvColour::Yellow, false);
    environment.trusted = false;
    let drill = Some("payments fail".to_owned());
    // What it says must work where the console was opened by a path, so it is the path.
    let mut site = scene::site().as_ref().clone();
    site.folder = Some("/srv/our sites/pakashop".into());
    let setup = Setup { sites: vec![site.into()], drill, read_only: true, ..Setup::default() };
    for size in [SMALL, MIDDLE] {
        let mut console = Console::begin("02:00:00", size, setup.clone());
        console.keys("esc");
        console.say(Event::Opened(std::sync::Arc::new(environment.clone())));
        for keys in ["alt-1", "alt-2", "alt-3", "alt-4", "?", "esc E"] {
            console.keys(keys);
            assert!(console.row(0).contains("DRILL") && console.row(0).contains("READ ONLY"), "{}", console.row(0));
            assert!(console.row(1).contains("untrusted site"), "{}", console.row(1));
            let strip = console.row(1);
            assert!(size == SMALL || strip.contains("qd trust '/srv/our sites/pakashop'"), "{strip}");
            console.keys("esc");
        }
    }
}

#[test]
fn a_small_window_says_so_politely() {
    let mut console = Console::well(MIDDLE);
    for size in [(59, 40), (120, 15), (20, 5), (1, 1)] {
        console.0.resize(size.0, size.1);
        assert!(!console.screen().contains("SERVICE"), "{size:?}");
    }
    console.0.resize(50, 12);
    assert!(console.screen().contains("Quarterdeck needs 60 by 16."));
    assert!(console.row(0).contains("PRODUCTION"));
    for (columns, rows) in [(20, 8), (30, 3), (14, 2)] {
        console.0.resize(columns, rows);
        let screen = console.screen();
        let said = screen.lines().skip(1).collect::<Vec<_>>().join(" ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let whole = said.ends_with("Quarterdeck needs 60 by 16.") || said == "needs 60x16";
        assert!(whole, "{columns}x{rows}: nothing of it is cut: {screen}");
    }
    // What is not shown is not done: neither the menu nor its answer.
    console.keys("r enter y");
    console.0.resize(60, 16);
    assert!(console.screen().contains("SERVICE"), "{}", console.screen());
    console.keys("r");
    let asked = console.screen();
    assert!(asked.contains("restart"), "{asked}");
    console.0.resize(20, 5);
    console.keys("y enter esc");
    console.0.resize(60, 16);
    assert_eq!(console.screen(), asked, "a question that went out of sight is still open, and not answered");
}

#[test]
fn every_size_draws_whole_frames_on_every_screen() {
    let mut console = Console::in_trouble(MIDDLE);
    for (columns, rows) in [(60, 16), (79, 24), (80, 24), (99, 29), (100, 30), (132, 43), (200, 60), (250, 20)] {
        console.0.resize(columns, rows);
        for keys in ["alt-1", "alt-2", "alt-3", "alt-4"] {
            console.keys(keys);
            let screen = console.screen();
            let wide = screen.lines().map(quarterdeck::text::width).max().unwrap();
            assert!(wide <= usize::from(columns), "{columns}x{rows}");
            let corners = screen.matches('╭').count();
            assert_eq!(corners, screen.matches('╯').count(), "{columns}x{rows}:\n{screen}");
            // The logs have no frame: lines have all the room, and can be selected with the mouse.
            assert!(corners >= 1 || keys == "alt-2");
            assert!(screen.lines().last().unwrap().contains("help"), "{columns}x{rows}:\n{screen}");
        }
    }
}

#[test]
fn rows_and_panes_are_copied_as_markdown() {
    let mut console = Console::in_trouble(MIDDLE);
    console.keys("S g j y");
    let copied = console.0.shown().copied.unwrap();
    assert!(copied.starts_with("| Service | State |"), "{copied}");
    assert!(copied.contains("| backend | crash-looping | start limit hit"), "{copied}");
    assert_eq!(copied.lines().count(), 3);
    console.keys("Y");
    assert_eq!(console.0.shown().copied.unwrap().lines().count(), 2 + 23);
    console.keys("enter y");
    assert!(console.0.shown().copied.unwrap().contains("### ↻ pakashop-backend app-1"));
    console.keys("esc 3 y");
    assert!(console.0.shown().copied.unwrap().contains("| app-1 | 12ms | 0.84/4 |"));
    console.keys("5 Y");
    assert!(console.0.shown().copied.unwrap().contains("host db-1 | link lost |"));
}

#[test]
fn a_change_leads_to_what_it_is_about() {
    let mut console = Console::in_trouble(MIDDLE);
    console.keys("5 enter");
    assert!(console.row_with("╭─ Hosts").contains("db-1"), "{}", console.screen());
    console.keys("5 j enter");
    assert!(console.row_with("─ Log").contains("pakashop-gateway"), "{}", console.screen());
}

#[test]
fn a_change_names_the_run_and_the_person_behind_it() {
    use quarterdeck::domain::run::{RunState, StepState};
    use quarterdeck::port::act::RunNews;
    let mut console = Console::well((160, 40));
    let restart = |state, steps| past::run(6, "restart pricing", "02:13:25", "", state, steps);
    let step = past::step("pricing", "app-1", StepState::Started, "02:13:25", "");
    console.say(Event::Run(RunNews::Begun(Box::new(restart(RunState::Running, vec![step])))));
    console.pass(Duration::from_secs(2));
    let again = |service: &str, console: &Console| {
        let mut facts = scene::running(service, console.now().wall);
        facts.invocation = "8c1d0f3a5e6b4c7d9a0b1c2d3e4f5061".to_owned();
        Event::Host(scene::host_name("app-1"), HostEvent::Unit(scene::unit_of(service), Box::new(facts)))
    };
    for service in ["pricing", "coupon"] {
        let event = again(service, &console);
        console.say(event);
    }
    console.keys("5");
    assert!(console.row_with("pricing app-1").contains("restart by ada, run 45670006"), "{}", console.screen());
    assert!(!console.row_with("coupon app-1").contains("by ada"), "nobody did that here: {}", console.screen());
}

#[test]
fn hits_of_a_filter_are_gone_through_and_a_shell_comes_back() {
    let mut console = Console::well(MIDDLE);
    console.keys("n");
    assert!(console.row(39).contains("nothing is looked for"), "{}", console.row(39));
    console.types("/gateway").keys("enter z a n");
    assert!(console.row(39).contains("not found below"), "instances are no hits: {}", console.row(39));
    console.keys("esc").types("/app-1").keys("enter g n n N");
    assert!(console.row_with("─ Log").contains("app-1"), "{}", console.screen());
    console.keys("esc g");
    let before = console.row_with("─ Log");
    console.asked();
    console.keys(":").types("shell db-1").keys("enter");
    assert!(console.asked().contains(&Effect::Shell(scene::host_name("db-1"))));
    console.say(Event::Shell(quarterdeck::port::ShellNews::Refused("No shell there.".to_owned())));
    assert!(console.screen().contains("SERVICE"), "the overview is still there: {}", console.screen());
    assert_eq!(console.row_with("─ Log"), before);
}

#[test]
fn the_unit_file_stands_in_the_details_on_a_key() {
    let mut console = Console::in_trouble(MIDDLE);
    console.keys("S g j");
    let detail = Box::new(scene::backend_detail());
    console.say(Event::Detail(scene::host_name("app-1"), scene::unit_of("backend"), detail));
    console.keys("u");
    assert!(console.screen().contains("┊ ExecStart=/usr/bin/node"), "{}", console.screen());
    assert!(console.screen().contains("┊ MemoryMax=512M"));
    console.keys("esc");
    assert!(console.screen().contains("last exit"));
}

#[test]
fn ctrl_c_cancels_and_twice_leaves() {
    let mut console = Console::well(MIDDLE);
    console.keys("? ctrl-c");
    assert!(!console.screen().contains("Help"));
    assert!(console.row(39).contains("ctrl-c again leaves"), "{}", console.row(39));
    console.pass(Duration::from_secs(5)).keys("ctrl-c");
    assert!(console.0.ended().is_none());
    console.keys("ctrl-c");
    assert!(console.0.ended().is_some());
}

#[test]
fn a_host_that_needs_a_person_and_our_own_trouble_stand_in_the_strip() {
    let mut console = Console::well(MIDDLE);
    assert_eq!(console.row(1), "");
    console.say(Event::Host(scene::host_name("db-1"), HostEvent::Link(scene::stopped())));
    assert!(console.row(1).contains("db-1: not let in, R tries again"), "{}", console.row(1));
    console.say(Event::Host(scene::host_name("db-1"), HostEvent::Link(scene::up(scene::now("02:13:25"), 9))));
    console.say(Event::Trouble("The log file can't be written: disk full.".to_owned()));
    assert!(console.row(1).contains("disk full"), "{}", console.row(1));
    console.keys("esc");
    assert_eq!(console.row(1), "");
}

#[test]
fn who_wants_the_worst_first_has_it_from_the_beginning() {
    let setup = Setup { worst_first: true, ..Setup::default() };
    let mut console = Console::begin("02:12:05", (120, 40), setup);
    console.keys("esc");
    console.say(Event::Opened(std::sync::Arc::new(scene::production())));
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    for (_, events) in scene::trouble() {
        events.into_iter().for_each(|event| console.say(event));
    }
    let first = console.screen().lines().position(|line| line.contains("settlement")).unwrap();
    let well = console.screen().lines().position(|line| line.contains("config ")).unwrap();
    assert!(first < well, "{}", console.screen());
    assert!(!console.screen().contains("Infrastructure"), "tiers have no headings then");
}

#[test]
fn the_history_shows_runs_with_their_steps_and_goes_on_with_them() {
    use quarterdeck::domain::run::{RunState, StepState};
    use quarterdeck::port::act::RunNews;
    let mut console = Console::well(MIDDLE);
    assert!(console.asked().iter().any(|effect| matches!(effect, Effect::ReadHistory(_))), "read when it is opened");
    console.keys("6");
    assert!(console.asked().contains(&Effect::ReadHistory(500)), "and again when a person looks");
    assert!(console.screen().contains("The store has not been read yet."), "{}", console.screen());
    console.say(Event::History(Vec::new()));
    assert!(console.screen().contains("Nothing was changed in this environment from this machine yet."));
    let night = past::night();
    let id = night[0].id.clone();
    console.say(Event::History(night));
    assert!(console.row_with(" 02:13:58     ").contains("running 0/2"), "{}", console.screen());
    assert!(console.screen().contains("1 not sent yet, 1 started"), "{}", console.screen());

    console.say(Event::Run(RunNews::Step(
        id.clone(),
        0,
        Box::new(past::step("gateway", "app-1", StepState::Verified, "02:14:05", "")),
    )));
    assert!(console.row_with(" 02:13:58     ").contains("running 1/2"), "{}", console.screen());
    console.say(Event::Run(RunNews::Step(
        id.clone(),
        1,
        Box::new(past::step("gateway", "app-2", StepState::Failed, "02:14:35", "its probe never passed")),
    )));
    console.say(Event::Run(RunNews::Ended(id, RunState::Failed)));
    assert!(console.row_with(" 02:13:58     ").contains("failed 1/2"), "{}", console.screen());
    assert!(console.screen().contains("its probe never passed") && console.screen().contains("503: redis"));

    console.keys("j j enter");
    assert!(console.screen().contains("restart search on 2 hosts"), "{}", console.screen());
    console.keys("y");
    let text = console.0.shown().copied.unwrap();
    assert!(text.starts_with("### restart search on 2 hosts") && text.contains("systemctl"), "{text}");
    console.keys("esc").types("/scheduler").keys("enter");
    assert!(
        console.screen().contains("1 of 5") && !console.screen().contains("restart backend"),
        "{}",
        console.screen()
    );
    console.keys("Y");
    let text = console.0.shown().copied.unwrap();
    assert!(text.contains("| 2026-03-14 01:12:44 UTC | stop scheduler | stopped | app-2 | ada | 2.0s |"), "{text}");
}

#[test]
fn a_store_that_takes_no_records_is_told_until_it_does_again() {
    use quarterdeck::port::act::StoreState;
    for size in [MIDDLE, SMALL] {
        let mut console = Console::well(size);
        console.say(Event::Store(StoreState::ReadOnly("there is no space left on its file system".into())));
        assert!(console.screen().contains("no change can be recorded, so none is made"), "{}", console.screen());
        assert!(console.screen().contains("1 Overview"), "{}", console.screen());
        console.keys("esc esc");
        assert!(console.screen().contains("no change can be recorded"), "it can't be waved away");
        console.say(Event::Store(StoreState::Writable));
        assert!(!console.screen().contains("no change can be recorded"), "{}", console.screen());
        assert!(console.screen().contains("6 History"), "{}", console.screen());
    }
}
