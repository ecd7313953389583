//! A screen on which nothing happens is not drawn, and only what is on it is read.

use std::time::Duration;

use quarterdeck::port::event::HostEvent;
use quarterdeck::port::{Effect, Event};

use super::console::Console;
use super::{MIDDLE, SMALL, scene};

#[test]
fn an_idle_minute_without_the_clock_draws_nothing() {
    let mut console = Console::watching("02:11:25", MIDDLE, scene::production());
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    let read = |console: &mut Console| {
        let (host, unit) = (scene::host_name("db-1"), scene::unit_of("postgresql"));
        console.say(Event::Detail(host.clone(), unit.clone(), Box::new(scene::backend_detail())));
        console.say(Event::Host(host, HostEvent::Usage(vec![(unit.clone(), scene::usage(&unit))])));
    };
    console.keys("C").pass(Duration::from_secs(5));
    read(&mut console);
    console.pass(Duration::from_secs(5));
    read(&mut console);
    let shown = console.0.shown();
    console.asked();
    for _ in 0..120 {
        console.pass(Duration::from_millis(500));
        // The hosts are heard, with the jitter that round trips have.
        let heard = HostEvent::Heard(Some(Duration::from_millis(11)));
        console.say(Event::Host(scene::host_name("app-1"), heard));
        read(&mut console);
    }
    assert_eq!(console.0.shown().buffer, shown.buffer);
}

#[test]
fn with_the_clock_the_screen_changes_once_a_second() {
    let mut console = Console::well(MIDDLE);
    let before = console.0.shown().frames;
    for _ in 0..100 {
        console.pass(Duration::from_millis(100));
    }
    let frames = console.0.shown().frames - before;
    assert!((10..=14).contains(&frames), "{frames} frames in ten seconds");
}

#[test]
fn what_is_on_screen_is_what_is_read() {
    let mut console = Console::well(SMALL);
    let usage = |effects: Vec<Effect>| {
        effects.into_iter().rev().find_map(|effect| match effect {
            Effect::ReadUsage(units) => Some(units.into_iter().map(|(_, unit)| unit.to_string()).collect::<Vec<_>>()),
            _ => None,
        })
    };
    let first = usage(console.asked()).unwrap();
    assert!(first.contains(&"postgresql.service".to_owned()) && !first.iter().any(|unit| unit.contains("whatsapp")));
    console.keys("G");
    let last = usage(console.asked()).unwrap();
    assert!(last.iter().any(|unit| unit.contains("whatsapp")), "{last:?}");
    console.keys("3");
    assert_eq!(usage(console.asked()), Some(Vec::new()));
}

#[test]
fn details_are_read_when_the_cursor_rests_not_while_it_passes() {
    let mut console = Console::well(MIDDLE);
    console.pass(Duration::from_secs(1));
    let details = |effects: Vec<Effect>| -> Vec<String> {
        let unit = |effect| match effect {
            Effect::ReadDetail(_, unit) => Some(unit.to_string()),
            _ => None,
        };
        effects.into_iter().filter_map(unit).collect()
    };
    details(console.asked());
    console.keys("j j j j");
    assert!(details(console.asked()).is_empty());
    console.pass(Duration::from_millis(150));
    assert_eq!(details(console.asked()), ["pakashop-config.service"]);
    console.pass(Duration::from_secs(10));
    assert!(details(console.asked()).is_empty());
}
