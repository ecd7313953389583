//! The only mutation: one event in, the effects it asks for out. No I/O, no clock.

use super::model::Model;
use crate::domain::Now;
use crate::port::{Effect, Event, Input, Key};

/// Takes one event in.
pub fn update(model: &mut Model, event: Event, _now: Now) -> Vec<Effect> {
    match event {
        Event::Input(Input::Resize(columns, rows)) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Event::Input(Input::Key(key)) if key == Key::char('q') => end(model),
        Event::Input(Input::Key(key)) if key == Key::ctrl('z') => vec![Effect::Suspend],
        Event::Input(Input::Key(key)) if key == Key::ctrl('l') => vec![Effect::Redraw],
        Event::Stop => end(model),
        Event::Resumed => vec![Effect::Redraw],
        Event::Opened(environment) => {
            model.environment = Some(environment);
            Vec::new()
        }
        Event::Input(_)
        | Event::Woke
        | Event::Host(..)
        | Event::Probe { .. }
        | Event::Asked(_)
        | Event::Settled(_)
        | Event::Detail(..)
        | Event::Trouble(_) => Vec::new(),
    }
}

fn end(model: &mut Model) -> Vec<Effect> {
    model.ending = true;
    vec![Effect::Quit]
}
