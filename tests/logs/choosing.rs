//! A person who chooses what is read, since when, and what passes.

use std::time::Duration;

use quarterdeck::domain::highlight::SavedFilter;
use quarterdeck::domain::log_source::{LogCommand, LogPath};
use quarterdeck::domain::site_log::SiteLog;
use quarterdeck::domain::{LogName, LogSource};
use quarterdeck::port::Effect;
use quarterdeck::port::log::Since;
use quarterdeck::text::Foreign;

use super::console::Console;
use super::log_scene::{batch, opened, wish};
use super::{MIDDLE, SMALL, lines, reading, scene};

#[test]
fn the_second_tab_reads_everything_and_a_row_its_own_log() {
    let mut console = Console::well(MIDDLE);
    console.asked();
    console.keys("2");
    let all = wish(console.asked()).unwrap();
    assert_eq!((all.since, all.follow, all.least), (Since::Newest(500), true, 7));
    assert_eq!(all.sources.keys().map(|host| host.as_str()).collect::<Vec<_>>(), ["app-1", "app-2", "db-1"]);
    assert!(console.screen().contains("all services on 3 hosts"), "{}", console.screen());
    assert!(console.screen().contains("Reading the newest 500 lines of each host …"));
    // Back to where one came from; the log goes on being read.
    console.keys("esc");
    assert!(console.screen().contains("SERVICE"));
    console.keys("2");
    assert_eq!(wish(console.asked()), None, "it is read already");
    console.keys("esc").types("/backend").keys("enter l");
    let own = wish(console.asked()).unwrap();
    assert!(own.id > all.id);
    let units: Vec<&str> =
        own.sources.values().flatten().flat_map(LogSource::units).map(|unit| unit.as_str()).collect();
    assert_eq!(units, ["pakashop-backend.service"]);
    assert!(console.screen().contains("backend on app-1"), "{}", console.screen());
    // What is marked is meant, when something is.
    console
        .keys("esc")
        .types("/")
        .keys("ctrl-u")
        .types("gateway")
        .keys("enter space")
        .types("/")
        .keys("ctrl-u")
        .types("redis")
        .keys("enter space l");
    let marked = wish(console.asked()).unwrap();
    let units: std::collections::BTreeSet<&str> =
        marked.sources.values().flatten().flat_map(LogSource::units).map(|unit| unit.stem()).collect();
    assert!(units.contains("pakashop-gateway") && units.len() == 2, "{units:?}");
    // On the hosts the whole host is meant.
    console.keys("esc alt-3 g j l");
    let host = wish(console.asked()).unwrap();
    assert_eq!(
        host.sources.into_iter().map(|(host, units)| (host.to_string(), units)).collect::<Vec<_>>(),
        [("app-2".to_owned(), vec![LogSource::whole()])]
    );
    assert!(console.screen().contains("everything on app-2"));
}

#[test]
fn levels_filters_and_hits() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.keys("L");
    assert!(
        console.screen().contains("level ≥ warn") && console.screen().contains("11 of 17 lines"),
        "{}",
        console.screen()
    );
    assert!(!console.screen().contains("GET / 200"));
    assert!(console.screen().contains("14 s without link, 0 lost"), "what is missing is always shown");
    console.keys("esc").types("/Webhook");
    assert!(console.screen().contains("1 of 17 lines"), "a capital counts: {}", console.screen());
    console.keys("ctrl-u").types("!/webhook|upstream/");
    assert!(console.screen().contains("7 of 17 lines"), "{}", console.screen());
    console.keys("ctrl-u").types("status=5(");
    assert!(console.screen().contains("0 of 17 lines"), "{}", console.screen());
    console.keys("esc").types("/order=881*").keys("enter");
    assert!(
        console.screen().contains("6 of 17 lines") && console.screen().contains("query order=881*"),
        "{}",
        console.screen()
    );
    assert!(!console.screen().contains("score service slow"), "{}", console.screen());
    console.keys("x");
    assert!(console.screen().contains("6 of 17 lines, 6 errors, 1 line around"), "{}", console.screen());
    assert!(console.screen().contains("score service slow") && !console.screen().contains("GET / 200"));
    console.keys("x x x");
    assert!(console.screen().contains("GET / 200") && console.screen().contains("with all others"));
    console.keys("N N N");
    assert!(console.screen().contains("paused"));
    console.keys("y");
    assert!(console.0.shown().copied.unwrap().contains("order=88127"), "{:?}", console.0.shown().copied);
    console.keys("N y");
    assert!(console.0.shown().copied.unwrap().contains("order=88124"));
    console.keys("n y");
    assert!(console.0.shown().copied.unwrap().contains("order=88127"));
    console.keys("esc g E");
    assert!(console.row(39).contains("There is no error above; e looks below."), "{}", console.row(39));
    console.keys("e y");
    assert!(console.0.shown().copied.unwrap().contains("order=88121"));
    console.keys("e y");
    assert!(console.0.shown().copied.unwrap().contains("order=88123"));
    // Only this host, only this unit, all again.
    console.keys("H");
    assert!(
        console.screen().contains("only app-2") && !console.screen().contains("order=88121"),
        "{}",
        console.screen()
    );
    console.keys("S");
    assert!(console.screen().contains("only pakashop-backend") && !console.screen().contains("score service"));
    console.keys("H S");
    assert!(console.screen().contains("17 lines"), "{}", console.screen());
}

#[test]
fn a_digit_is_a_screen_everywhere_and_spans_of_time_stand_behind_a_key_of_their_own() {
    for size in [SMALL, MIDDLE] {
        let (mut console, tail) = reading(size);
        console.say(batch(tail, "app-1", lines(0, 30)));
        for (begin, end) in [("p", "p"), ("P", "P"), ("v", "esc")] {
            console.keys(begin);
            assert!(console.screen().contains(" 1 Overview"), "{}", console.screen());
            console.keys("1");
            assert!(console.screen().contains("SERVICE"), "{begin}: {}", console.screen());
            assert_eq!(wish(console.asked()), None, "a slip reads nothing");
            console.keys("2").keys(end);
        }
        console.keys("t");
        let box_shown = console.screen();
        for words in ["2  Read the last minute", "7  Read since the newest release"] {
            assert!(box_shown.contains(words), "{box_shown}");
        }
        console.keys("2");
        assert_eq!(wish(console.asked()).unwrap().since, Since::Ago(Duration::from_secs(60)));
        // Nobody knows how much everything is.
        console.keys("t a");
        assert_eq!(wish(console.asked()), None);
        assert!(
            console.screen().contains("t a again reads all of the journals of 3 hosts, however much it is."),
            "{}",
            console.screen()
        );
        console.pass(Duration::from_secs(11)).keys("t a");
        assert_eq!(wish(console.asked()), None, "what was asked long ago is not answered");
        console.keys("t a");
        assert_eq!(wish(console.asked()).unwrap().since, Since::Head);
    }
}

#[test]
fn a_filter_is_chosen_from_those_with_a_name_and_those_that_were_looked_for() {
    let mut environment = scene::production();
    let saved = SavedFilter { name: "payments".to_owned(), query: "order=881*".to_owned() };
    environment.filters = [saved].into();
    let mut console = Console::in_trouble_of(MIDDLE, environment);
    opened(&mut console);
    console.types("/upstream").keys("enter esc").types("F");
    let screen = console.screen();
    assert!(screen.contains("payments (site)") && screen.contains("order=881*"), "{screen}");
    assert!(screen.contains("looked for before") && screen.contains("upstream"), "{screen}");
    console.keys("enter");
    assert!(console.screen().contains("6 of 17 lines"), "{}", console.screen());
    console.keys("esc").types("F").keys("down enter");
    assert!(console.screen().contains("query upstream"), "{}", console.screen());
}

#[test]
fn the_command_line_that_prints_what_is_shown_is_copied() {
    let mut console = Console::in_trouble((200, 60));
    opened(&mut console);
    let copied = |console: &mut Console| {
        console.keys("$");
        let told = console.row(59);
        told.split_once(": ").map(|(_, line)| line.trim().split("   ").next().unwrap().to_owned()).unwrap()
    };
    assert_eq!(copied(&mut console), "qd logs pakashop -e production -n 500 -f");
    console.keys("L").types("/order=881* webhook").keys("enter");
    assert_eq!(
        copied(&mut console),
        "qd logs pakashop -e production -n 500 --query 'level>=warning (order=881* webhook)' -f"
    );
    console.keys("esc esc t 4 k");
    assert_eq!(copied(&mut console), "qd logs pakashop -e production --since 900s -f");
    console.keys("alt-3 g j l");
    assert_eq!(copied(&mut console), "qd logs pakashop -e production --host app-2 --whole -n 500 -f");
}

#[test]
fn a_service_without_units_says_why_there_is_no_log() {
    use quarterdeck::domain::service::RuntimeKind;
    let mut environment = scene::production();
    for service in &mut environment.services {
        if service.name.as_str() == "backend" {
            (service.runtime, service.units) = (RuntimeKind::Http, Vec::new());
        }
    }
    let mut console = Console::watching("02:12:05", MIDDLE, environment);
    console.types("/backend").keys("enter l");
    assert!(console.screen().contains("backend is known by its probes only"), "{}", console.screen());
    assert!(console.asked().contains(&Effect::EndTail));
}

#[test]
fn a_log_of_the_site_is_read_alone_or_with_the_service_that_names_it() {
    let log = |name: &str, title: &str, source: LogSource, host: &str| SiteLog {
        name: LogName::new(name).unwrap(),
        title: Foreign::from(title),
        source,
        hosts: vec![scene::host_name(host)],
        is_placed: true,
    };
    let argv = ["tail", "-F", "/var/log/slow.log"].map(str::to_owned).to_vec();
    let slow = LogSource::Command(LogCommand { name: "slow".to_owned(), argv });
    let access = LogSource::File(LogPath::new("/var/log/nginx/access.log").unwrap());
    let mut environment = scene::production();
    environment.logs = vec![
        log("access", "Every request", access.clone(), "app-2"),
        log("slow", "\u{1b}[2JSlow", slow.clone(), "db-1"),
    ];
    let mut backend = environment.services.iter_mut().filter(|service| service.name.as_str() == "backend");
    backend.next().unwrap().logs = vec![LogName::new("access").unwrap()];
    for size in [SMALL, MIDDLE, (200, 60)] {
        let mut console = Console::in_trouble_of(size, environment.clone());
        opened(&mut console);
        console.asked();
        console.keys("O");
        let screen = console.screen();
        assert!(screen.contains("Logs of the site") && screen.contains("all services"), "{screen}");
        assert!(screen.contains("Every request") && screen.contains("‹csi J›Slow"), "{screen}");
        console.keys("down down enter");
        let own = wish(console.asked()).unwrap();
        let sources: Vec<_> = own.sources.into_iter().map(|(host, all)| (host.to_string(), all)).collect();
        assert_eq!(sources, [("db-1".to_owned(), vec![slow.clone()])]);
        assert!(console.screen().contains("log slow"), "{}", console.screen());
        console.keys("$");
        assert!(console.screen().contains("qd logs pakashop -e production --source slow"), "{}", console.screen());
        // And everything again, with the logs that services name.
        console.keys("O enter");
        let all = wish(console.asked()).unwrap();
        let read = |host: &str| all.sources.get(&scene::host_name(host)).cloned().unwrap_or_default();
        assert!(read("app-2").contains(&access) && !read("db-1").contains(&slow));
    }
    let mut console = Console::in_trouble_of(MIDDLE, environment);
    console.types("/backend").keys("enter l");
    let own = wish(console.asked()).unwrap();
    assert!(own.sources.values().flatten().any(|source| *source == access), "{:?}", own.sources);
    // A site without logs says so.
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.keys("O");
    assert!(console.screen().contains("the site names no logs"), "{}", console.screen());
}
