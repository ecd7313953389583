//! Every action of the table, wherever it means something: it does something, or it says why not. Walks the table, so
//! a new action is held to it by being there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/scene.rs"]
mod scene;

use std::time::Duration;

use quarterdeck::app::stroke::Stroke;
use quarterdeck::app::{Model, Overlay, Setup, contexts, update, why_not};
use quarterdeck::domain::Now;
use quarterdeck::input::action::{TABLE, Weight};
use quarterdeck::input::command::is_command;
use quarterdeck::input::{Action, Lookup, key_name};
use quarterdeck::port::{Event, Input, Key};
use quarterdeck::screens::palette::Does;

/// What moves a cursor or edits a line does nothing at an end, and needs no word for it; `back` at the root neither.
const QUIET: &[Action] = &[
    Action::Down,
    Action::Up,
    // Behind the last hit it says so.
    Action::NextHit,
    Action::PreviousHit,
    Action::Top,
    Action::Bottom,
    Action::HalfPageDown,
    Action::HalfPageUp,
    Action::PageDown,
    Action::PageUp,
    Action::Back,
    Action::Accept,
    Action::Cancel,
    Action::Erase,
    Action::EraseWord,
    Action::EraseLine,
];

struct Person {
    model: Model,
    now: Now,
}

impl Person {
    fn new(setup: Setup, heard: bool) -> Self {
        let now = scene::now("02:12:05");
        let mut person = Self { model: Model::begin(setup, now).0, now };
        person.event(Event::Input(Input::Resize(120, 40)));
        if heard {
            person.keys("esc");
            person.event(Event::Opened(std::sync::Arc::new(scene::production())));
            scene::first_second(now).into_iter().for_each(|event| person.event(event));
            for (_, events) in scene::trouble() {
                events.into_iter().for_each(|event| person.event(event));
            }
        }
        // What follows from time alone has happened.
        person.now = now.after(Duration::from_secs(300));
        person.event(Event::Woke);
        person.event(Event::Woke);
        person
    }

    fn event(&mut self, event: Event) {
        update(&mut self.model, event, self.now);
    }

    fn press(&mut self, keys: &[Key]) -> usize {
        keys.iter().map(|key| update(&mut self.model, Event::Input(Input::Key(*key)), self.now).len()).sum()
    }

    fn keys(&mut self, names: &str) {
        let keys = key_name::parse_sequence(names).unwrap();
        self.press(&keys);
    }

    /// Everything that is known, without the word about the last key.
    fn known(&mut self) -> String {
        let notice = self.model.notice.take();
        self.model.stroke = Stroke::default();
        let known = format!("{:?}", self.model);
        self.model.notice = notice;
        known
    }
}

/// The places at which a person may be, by how they get there.
const PLACES: &[(&str, &str)] = &[
    ("the overview", ""),
    ("a row of several instances", "/ g a t e enter"),
    ("all unfolded", "z R"),
    ("the details", "enter"),
    ("the details, zoomed", "+"),
    ("a filter", "/ b a c k"),
    ("a filter that finds nothing", "/ n o n e enter"),
    ("the logs", "2"),
    ("the hosts", "3"),
    ("the details of a host", "3 enter"),
    ("a filter of hosts that finds nothing", "3 / n o n e enter"),
    ("the procedures", "4"),
    ("the changes", "5"),
    ("the deploy", "7"),
    ("the changes, filtered", "5 / n o n e enter"),
    ("the help", "?"),
];

fn at(place: &str) -> Person {
    let setup = Setup { sites: vec![scene::site()], ..Setup::default() };
    let mut person = match place {
        "nothing open" => Person::new(Setup::default(), false),
        "the picker" => Person::new(setup, false),
        "read-only" => Person::new(Setup { read_only: true, ..setup }, true),
        _ => Person::new(setup, true),
    };
    match PLACES.iter().find(|(name, _)| *name == place) {
        Some((_, keys)) if !keys.is_empty() => person.keys(keys),
        None if place == "nothing open" => person.keys("esc"),
        Some(_) | None => {}
    }
    // Whoever presses a key has a frame before them.
    person.event(Event::Frame);
    person
}

fn places() -> impl Iterator<Item = &'static str> {
    ["nothing open", "the picker", "read-only"].into_iter().chain(PLACES.iter().map(|(name, _)| *name))
}

#[test]
fn every_key_does_something_or_says_why_not() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for place in places() {
        for row in TABLE {
            let mut person = at(place);
            let here = contexts(&person.model);
            let all = here.iter().flat_map(|context| person.model.keymap.keys_in(*context, row.action));
            let means = |keys: &&[Key]| {
                let (last, before) = keys.split_last().unwrap();
                person.model.keymap.lookup(&here, before, *last) == Lookup::Action(row.action)
            };
            let Some(keys) = all.into_iter().find(means).map(<[Key]>::to_vec) else { continue };
            let why = why_not(&person.model, row.action);
            let before = person.known();
            let effects = person.press(&keys);
            let after = person.known();
            let name = row.name;
            match why {
                Some(why) => {
                    let said = person.model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
                    if !said.ends_with(&why) {
                        wrong.push(format!("{name} at {place} says {said:?} instead of {why:?}"));
                    }
                    if effects > 0 || before != after {
                        wrong.push(format!("{name} at {place} does something although {why}"));
                    }
                }
                None if QUIET.contains(&row.action) => {}
                None if effects > 0 || before != after => {}
                None => wrong.push(format!("{name} does nothing at {place}, and does not say why")),
            }
            tried += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 300, "{tried}");
}

#[test]
fn the_palette_has_every_action_that_means_something_here() {
    for place in ["the overview", "the logs", "the hosts", "the changes", "nothing open"] {
        let mut person = at(place);
        let here = contexts(&person.model);
        let whys: Vec<_> = TABLE.iter().map(|row| why_not(&person.model, row.action)).collect();
        person.keys("ctrl-p");
        let Some(Overlay::Palette(palette)) = &person.model.overlay else { panic!("no palette at {place}") };
        for (row, why) in TABLE.iter().zip(whys) {
            let found = palette.rows().filter_map(|(_, entry)| entry).find(|it| it.does == Does::Action(row.action));
            let means = row.contexts.iter().any(|context| here.contains(context)) && row.action != Action::Palette;
            assert_eq!(found.is_some(), means, "{} at {place}", row.name);
            assert_eq!(found.and_then(|found| found.why.clone()), why.filter(|_| means), "{} at {place}", row.name);
        }
    }
}

#[test]
fn every_action_is_a_command_that_acts_or_says_why_not() {
    for place in ["the overview", "the changes", "nothing open"] {
        for row in TABLE.iter().filter(|row| is_command(row)) {
            let mut person = at(place);
            let why = why_not(&person.model, row.action);
            person.keys(":");
            person.press(&row.name.chars().map(Key::char).collect::<Vec<_>>());
            person.keys("enter");
            assert!(!matches!(person.model.overlay, Some(Overlay::Command(_))) || row.action == Action::CommandLine);
            if let Some(why) = why {
                let said = person.model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
                assert!(said.ends_with(&why), ":{} at {place} says {said:?} instead of {why:?}", row.name);
            }
        }
    }
}

#[test]
fn reasons_are_short_and_fit_into_a_sentence() {
    for place in places() {
        let person = at(place);
        for row in TABLE {
            let Some(why) = why_not(&person.model, row.action) else { continue };
            let small = why.chars().next().is_some_and(|c| !c.is_uppercase());
            assert!(small && !why.ends_with('.') && why.len() <= 72, "{} at {place}: {why:?}", row.name);
        }
    }
}

#[test]
fn nothing_that_leads_to_a_change_can_be_done_read_only() {
    let person = at("read-only");
    for row in TABLE.iter().filter(|row| row.weight == Weight::Change) {
        assert!(why_not(&person.model, row.action).is_some(), "{}", row.name);
    }
}
