//! A person at the console: the real loop on a screen in memory, keys by their names, time in the hand.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::app::{Model, Setup};
use quarterdeck::domain::{Environment, Now};
use quarterdeck::engine::headless::Stage;
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::{Effect, Event, Input, Key};

use super::scene;

/// A console with what it was opened on.
pub struct Console(pub Stage);

impl Console {
    /// A console that has just been started, with the shop to choose from.
    pub fn begin(time: &str, size: (u16, u16), setup: Setup) -> Self {
        let (model, effects) = Model::begin(setup, scene::now(time));
        let mut console = Self(Stage::at(scene::now(time), model, size));
        for effect in effects {
            if let Effect::Watch(environment) = effect {
                console.say(Event::Opened(environment));
            }
        }
        console
    }

    /// A console that watches this environment; nothing was heard of its hosts yet.
    pub fn watching(time: &str, size: (u16, u16), environment: Environment) -> Self {
        let setup = Setup { sites: vec![scene::site()], ..Setup::default() };
        let mut console = Self(Stage::at(scene::now(time), Model::begin(setup, scene::now(time)).0, size));
        console.keys("esc");
        console.say(Event::Opened(Arc::new(environment)));
        console
    }

    /// Production of the shop at 02:13:25, everything well and known for more than a minute.
    pub fn well(size: (u16, u16)) -> Self {
        Self::well_in(size, scene::production())
    }

    /// The same of this environment.
    pub fn well_in(size: (u16, u16), environment: Environment) -> Self {
        let mut console = Self::watching("02:12:05", size, environment);
        let now = console.0.now();
        scene::first_second(now).into_iter().for_each(|event| console.say(event));
        for round in 4..12 {
            let now = console.0.now();
            scene::probes(now, round, &[]).into_iter().for_each(|event| console.say(event));
            console.pass(Duration::from_secs(10));
        }
        console
    }

    /// Production of the shop at 02:14:09 of the night in question.
    pub fn in_trouble(size: (u16, u16)) -> Self {
        Self::in_trouble_of(size, scene::production())
    }

    /// The same of this environment.
    pub fn in_trouble_of(size: (u16, u16), environment: Environment) -> Self {
        let mut console = Self::well_in(size, environment);
        for (time, events) in scene::trouble() {
            console.until(time);
            events.into_iter().for_each(|event| console.say(event));
            if time == "02:13:33" {
                let now = console.0.now();
                scene::probes(now, 10, &["backend"]).into_iter().for_each(|event| console.say(event));
                console.until("02:13:53");
                let now = console.0.now();
                scene::probes(now, 11, &["backend"]).into_iter().for_each(|event| console.say(event));
            }
        }
        for host in ["app-1", "app-2"] {
            console.say(Event::Host(scene::host_name(host), HostEvent::Heard(None)));
        }
        console.until("02:14:09");
        console
    }

    /// Presses keys by their names.
    pub fn keys(&mut self, names: &str) -> &mut Self {
        self.0.keys(names).unwrap();
        self
    }

    /// Types a text, character by character.
    pub fn types(&mut self, text: &str) -> &mut Self {
        self.0.press(text.chars().map(Key::char));
        self
    }

    /// Pastes a text.
    pub fn pastes(&mut self, text: &str) -> &mut Self {
        self.0.input(Input::Paste(text.to_owned()));
        self
    }

    /// The world says something.
    pub fn say(&mut self, event: Event) {
        self.0.event(event);
    }

    /// Time passes, waking the console as it asked.
    pub fn pass(&mut self, span: Duration) -> &mut Self {
        self.0.advance(span);
        self
    }

    /// Time passes until a time of the night.
    pub fn until(&mut self, time: &str) -> &mut Self {
        let left = self.0.now().mono.age(scene::now(time).mono);
        self.pass(left)
    }

    /// The clock.
    pub fn now(&self) -> Now {
        self.0.now()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.0.text()
    }

    /// One row of the screen.
    pub fn row(&self, y: usize) -> String {
        self.screen().lines().nth(y).unwrap_or_default().to_owned()
    }

    /// The row in which a text stands.
    pub fn row_with(&self, text: &str) -> String {
        let screen = self.screen();
        let found = screen.lines().find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{screen}")).to_owned()
    }

    /// What the core asked the engine for since the last call.
    pub fn asked(&mut self) -> Vec<Effect> {
        self.0.asked()
    }
}
