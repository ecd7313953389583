//! What becomes of a line that was asked for.

use jiff::tz::TimeZone;

use super::model::Model;
use super::overlay::Overlay;
use super::{bookmarks, filters, logs};
use crate::domain::Now;
use crate::domain::when::TimeSpan;
use crate::port::Effect;
use crate::port::log::Since;
use crate::screens::ask::{State, What};
use crate::screens::logs::TimeFormat;

/// Asks from when to when logs shall be read.
pub fn span(model: &mut Model) {
    let zone = if in_zone(model).is_some() { "those of your own zone" } else { "UTC" };
    model.overlay = Some(Overlay::Ask(State::new(What::Span(zone.to_owned()), "")));
}

/// The person's own zone, while lines show times in it.
fn in_zone(model: &Model) -> Option<TimeZone> {
    model.setup.zone.clone().filter(|_| model.logs.time == TimeFormat::Local)
}

/// Takes what was typed, or says what is wrong with it.
pub fn accept(model: &mut Model, mut state: State, now: Now) -> Vec<Effect> {
    let typed = state.field.text().to_owned();
    let done = match state.what.clone() {
        What::Span(_) => {
            let here = now.wall.to_zoned(in_zone(model).unwrap_or(TimeZone::UTC));
            TimeSpan::read(&typed, &here).map(|span| {
                // With an end the span stands still.
                let since = if span.until.is_some() { Since::At(span.from.at(&here)) } else { span.from.into() };
                logs::read_span(model, since, span.until)
            })
        }
        What::Note(bookmark) => Ok(bookmarks::keep(model, *bookmark, &typed)),
        What::FilterName(query) => filters::keep(model, typed.trim(), query),
    };
    match done {
        Ok(effects) => effects,
        Err(mistake) => {
            state.refuse(mistake);
            model.overlay = Some(Overlay::Ask(state));
            Vec::new()
        }
    }
}
