//! What the keys of the pane of new patterns mean, and the moment since which something is new.

use std::time::Duration;

use super::logs::{STILL, sight, with};
use super::model::{Model, Screen};
use crate::domain::procedure::Kind;
use crate::screens::logs::{Moment, Pane, moment as told, new_patterns};
use crate::state::logs::Ref;
use crate::ui::list::Step;

/// So long before the newest line is the moment where no deploy is recorded.
const AGO: Duration = Duration::from_secs(300);

/// The newest deploy or rollback: when it began, and how it is called.
pub fn deploy(model: &Model) -> Option<Moment> {
    let releases = model.releases.releases.as_ref()?.history.releases();
    let newest = releases.iter().max_by_key(|release| release.at)?;
    let took = i64::try_from(newest.took.as_micros()).unwrap_or(0);
    let word = if newest.kind == Kind::Rollback { "rollback" } else { "deploy" };
    let version = newest.version.plain();
    let name = if version.is_empty() { word.to_owned() } else { format!("{word} {version}") };
    Some(Moment { at: newest.at.as_microsecond().saturating_sub(took), name })
}

/// The moment since which what is new is shown, in microseconds.
pub fn moment(model: &Model) -> Option<i64> {
    model.logs.patterns.as_ref()?.since.as_ref().map(|since| since.at)
}

/// Opens the pane, or closes it.
pub fn toggle(model: &mut Model) {
    if model.logs.patterns.take().is_some() {
        return;
    }
    let newest = model.reading.as_ref().and_then(|reading| reading.store.all().last()).map_or(0, Ref::key);
    let ago = || {
        let at = newest.saturating_sub(i64::try_from(AGO.as_micros()).unwrap_or(0));
        Moment { at, name: format!("{}, 5 minutes before the newest line", clock(model.logs.now, at)) }
    };
    let since = deploy(model).unwrap_or_else(ago);
    model.logs.patterns = Some(Pane::since(since));
    model.logs.field = None;
}

fn clock(now: i64, at: i64) -> String {
    told(jiff::Timestamp::from_microsecond(now).unwrap_or_default(), at)
}

/// Gives the keys to the next pane: what is new or the lines, else the fields of the line under the cursor.
pub fn next_pane(model: &mut Model) {
    match &mut model.logs.patterns {
        Some(pane) => pane.focus = !pane.focus,
        None => super::logs::toggle_in_fields(model),
    }
}

/// Why there is no other pane.
pub fn no_pane(model: &Model) -> Option<&'static str> {
    if model.logs.patterns.is_some() { None } else { super::logs::no_fields(model) }
}

/// Moves the cursor of the pane; says whether it has the keys.
pub fn go(model: &mut Model, step: Step) -> bool {
    if model.screen != Screen::Logs || !model.logs.patterns.as_ref().is_some_and(|pane| pane.focus) {
        return false;
    }
    let count = sight(model, STILL, "").map_or(0, |sight| new_patterns(&sight).len());
    if let Some(pane) = &mut model.logs.patterns {
        pane.go(step, count);
    }
    true
}

/// What is new since the line under the cursor.
pub fn since_here(model: &mut Model) {
    let row = with(model, |state, sight| state.chosen(sight.reading)).flatten();
    let Some(row) = row else { return };
    let since =
        Moment { at: row.key(), name: format!("{}, the line under the cursor", clock(model.logs.now, row.key())) };
    renew(model, since);
}

/// What is new since the last deploy.
pub fn since_deploy(model: &mut Model) {
    if let Some(deploy) = deploy(model) {
        renew(model, deploy);
    }
}

fn renew(model: &mut Model, since: Moment) {
    if let Some(pane) = &mut model.logs.patterns {
        (pane.since, pane.cursor) = (Some(since), 0);
    }
}

fn chosen(model: &Model) -> Option<Option<String>> {
    let place = model.logs.patterns.as_ref()?.cursor;
    let sight = sight(model, STILL, "")?;
    new_patterns(&sight).get(place).map(|pattern| pattern.query.clone())
}

/// Why lines of the pattern under the cursor can't be looked for.
pub fn no_pattern(model: &Model) -> Option<String> {
    match chosen(model) {
        None => Some("there is no pattern".to_owned()),
        Some(None) => Some("its lines have no word in common".to_owned()),
        Some(Some(_)) => None,
    }
}

/// Looks for lines of the pattern under the cursor.
pub fn only(model: &mut Model) {
    let Some(query) = chosen(model).flatten() else { return };
    model.logs.filter.clear();
    model.logs.filter.paste(&query);
    if let Some(pane) = &mut model.logs.patterns {
        pane.focus = false;
    }
}
