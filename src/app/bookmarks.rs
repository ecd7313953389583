//! Bookmarks in logs: set on the line under the cursor, given a note, gone to, and found again when the line is held no
//! more. Nothing is shown as kept before the store has said that it is.

use std::time::Duration;

use jiff::Timestamp;

use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::{keepsakes, logs};
use crate::domain::log_source::{ContainerLog, Lane, LogSource};
use crate::domain::time::short;
use crate::domain::{Now, UnitName};
use crate::input::Action;
use crate::port::Effect;
use crate::port::keepsake::{Bookmark, BookmarkPlace, Keepsake, KeepsakeName, KeepsakeWish};
use crate::port::log::{Origin, Since, TailState};
use crate::port::log_block::{Line, Row};
use crate::screens::logs::Place;
use crate::screens::{ask, bookmarks};
use crate::state::ServiceRow;
use crate::state::logs::{Chosen, HostLog, Ref, Scope, held};
use crate::text::{Budget, Foreign, SecretCover, truncate};

/// Columns of a message that are kept.
const KEPT: usize = 400;
/// Around a line that is held no more so much is read, on each side.
const AROUND: Duration = Duration::from_secs(60);

/// The line under the cursor with its lane, and the row that it is.
fn line_under_cursor(model: &Model) -> Result<(Ref, &HostLog, Line<'_>), &'static str> {
    let nothing = "there is no line";
    let reading = model.reading.as_ref().ok_or(nothing)?;
    let row = model.logs.chosen(reading).ok_or(nothing)?;
    let log = reading.store.host(row).ok_or(nothing)?;
    match reading.store.row(row).ok_or(nothing)? {
        Row::Loss(_) => Err("only lines of logs have bookmarks, and this row is none"),
        Row::Line(line) if line.cursor().is_none() => Err("this line has no place of its own in its log"),
        Row::Line(line) => Ok((row, log, line)),
    }
}

/// Why the line under the cursor can have none.
pub fn none_here(model: &Model) -> Option<&'static str> {
    line_under_cursor(model).err()
}

/// The line under the cursor as a bookmark: the one it has, or a new one.
fn under_cursor(model: &Model) -> Option<Bookmark> {
    let environment = &model.environment()?.name;
    let (row, log, line) = line_under_cursor(model).ok()?;
    if let Some(known) = model.keepsakes.bookmark(environment, (log.name.as_str(), &log.lane), &line) {
        return Some(known.clone());
    }
    let unit = line.unit().map(|unit| unit.stem().to_owned());
    let identifier = || line.identifier().map(Foreign::ident);
    let text = line.clean(Budget::line()).rows.first().map(crate::text::Row::text).unwrap_or_default();
    let text = String::from_utf8_lossy(&SecretCover::default().covered((), text.as_bytes())).into_owned();
    Some(Bookmark {
        place: BookmarkPlace {
            environment: environment.clone(),
            origin: Origin { host: log.name.clone(), lane: log.lane.clone() },
            cursor: line.cursor()?,
        },
        at: line.at(),
        moment: Timestamp::from_microsecond(row.key()).unwrap_or_default(),
        speaker: unit.or_else(identifier).unwrap_or_else(|| log.lane.speaker().to_owned()),
        priority: line.priority(),
        text: truncate(&text, KEPT),
        note: String::new(),
    })
}

/// Why there is none to go to.
pub fn none(model: &Model) -> Option<&'static str> {
    let any = model.environment().is_some_and(|here| model.keepsakes.bookmarks(&here.name).next().is_some());
    (!any).then_some("there is no bookmark")
}

fn is_kept(model: &Model, bookmark: &Bookmark) -> bool {
    model.keepsakes.bookmarks(&bookmark.place.environment).any(|one| one.place == bookmark.place)
}

/// Sets one on the line under the cursor, or takes it away.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    let Some(bookmark) = under_cursor(model) else { return Vec::new() };
    // The cursor stays on what is meant.
    logs::hold(model);
    let wish = if is_kept(model, &bookmark) {
        model.removed_bookmark = Some(bookmark.clone());
        KeepsakeWish::Remove(KeepsakeName::Bookmark(bookmark.place))
    } else {
        // One that was taken away by mistake comes back with its note.
        let before = model.removed_bookmark.take().filter(|before| before.place == bookmark.place);
        KeepsakeWish::Keep(Keepsake::Bookmark(Box::new(before.unwrap_or(bookmark))))
    };
    keepsakes::wish(model, wish)
}

/// Asks for a note.
pub fn note(model: &mut Model) {
    let Some(bookmark) = under_cursor(model) else { return };
    logs::hold(model);
    let before = bookmark.note.clone();
    model.overlay = Some(Overlay::Ask(ask::State::new(ask::What::Note(Box::new(bookmark)), &before)));
}

/// Keeps one with what was typed.
pub fn keep(model: &Model, bookmark: Bookmark, note: &str) -> Vec<Effect> {
    let note = note.trim().to_owned();
    let bookmark = Box::new(Bookmark { note, ..bookmark });
    keepsakes::wish(model, KeepsakeWish::Keep(Keepsake::Bookmark(bookmark)))
}

/// Shows them.
pub fn show(model: &mut Model) {
    model.overlay = Some(Overlay::Bookmarks(bookmarks::State::new(all(model))));
}

/// All, the newest line first.
pub fn all(model: &Model) -> Vec<Bookmark> {
    let here = model.environment().map(|here| here.name.clone());
    here.iter().flat_map(|here| model.keepsakes.bookmarks(here).rev()).cloned().collect()
}

/// To the next one that is shown, or the one before.
pub fn next(model: &mut Model, down: bool, now: Now) {
    let found = {
        let (Some(reading), Some(here)) = (&model.reading, model.environment()) else { return };
        let from = match model.logs.place {
            Place::Following => Ref::LAST,
            Place::Held { cursor, .. } => cursor,
        };
        let shown = model.logs.shown(reading);
        let there = |one: &&Bookmark| {
            let moment = one.moment.as_microsecond();
            if down { moment >= from.key() } else { moment <= from.key() }
        };
        let wanted = |one: &Bookmark| {
            let row = held(reading, one)?;
            let beyond = if down { row > from } else { row < from };
            (beyond && shown.contains(row)).then_some(row)
        };
        let mut all = model.keepsakes.bookmarks(&here.name).filter(there);
        if down { all.find_map(wanted) } else { all.rev().find_map(wanted) }
    };
    match found {
        Some(row) => go_to(model, row),
        None => {
            let side = if down { "below" } else { "above" };
            let key = super::hints::key_of(model, Action::Bookmarks);
            model.say(format!("No line {side} has a bookmark, of those that are shown; {key} lists them all."), now);
        }
    }
}

fn go_to(model: &mut Model, row: Ref) {
    logs::with(model, |state, sight| {
        let order = state.shown(sight.reading);
        let cursor = match state.place {
            Place::Following => Ref::LAST,
            Place::Held { cursor, .. } => cursor,
        };
        if cursor != row {
            state.find(row > cursor, order, |one| one == row, sight);
        }
    });
}

/// Goes to the one that was chosen: its line, or what stands around it on its host.
pub fn take(model: &mut Model, bookmark: Bookmark, now: Now) -> Vec<Effect> {
    if model.screen != Screen::Logs {
        return Vec::new();
    }
    if let Some(row) = model.reading.as_ref().and_then(|reading| held(reading, &bookmark)) {
        reveal(model, row);
        go_to(model, row);
        return Vec::new();
    }
    let scope = match where_it_lies(model, &bookmark) {
        Ok(scope) => scope,
        Err(why) => {
            model.say_for(why, Duration::from_secs(10), now);
            return Vec::new();
        }
    };
    let (from, until) = (before(bookmark.at), bookmark.at.checked_add(AROUND).unwrap_or(bookmark.at));
    model.logs.filter.clear();
    model.logs.base = crate::state::logs::Filter::default();
    let what = model.fleet.as_ref().map(|fleet| scope.title(fleet).0).unwrap_or_default();
    let effects = logs::begin_span(model, scope, Since::At(from), Some(until));
    let text = format!("The line is not held any more: {} around it is read of {what}.", short(AROUND));
    model.say_for(text, Duration::from_secs(10), now);
    model.logs.wanted = Some(Box::new(bookmark));
    effects
}

/// What is to be read so that the line of a bookmark comes: what is read already, where that holds its log, else its log.
fn where_it_lies(model: &Model, bookmark: &Bookmark) -> Result<Scope, String> {
    let Origin { host, lane } = &bookmark.place.origin;
    let Some(fleet) = model.fleet.as_ref().filter(|fleet| fleet.host(host).is_some()) else {
        return Err(format!("{host} is not of this environment any more: the list has all that is kept."));
    };
    let now = model.reading.as_ref().map(|reading| &reading.scope);
    let reads = |scope: &&Scope| {
        let sources = scope.sources(fleet);
        sources.get(host).is_some_and(|sources| sources.iter().any(|source| may_hold(source, bookmark)))
    };
    let alone = || fleet.environment.logs.iter().map(|log| Scope::Logs(vec![log.name.clone()]));
    let of_service =
        |row: &ServiceRow| Scope::Rows(vec![Chosen { service: row.service.name.clone(), host: None, unit: None }]);
    if let Lane::Command(name) = lane {
        let name = Foreign::from(&**name).ident();
        return Err(format!("It was printed by the command {name}, and nothing of that can be had again."));
    }
    if let Some(scope) = now.filter(reads) {
        return Ok(scope.clone());
    }
    if *lane == Lane::Journal {
        return Ok(Scope::Host(host.clone()));
    }
    let mut others = alone().chain(fleet.services.iter().map(of_service));
    // Containers may have names in which nothing of their service stands.
    let any = || matches!(lane, Lane::Container(_)).then_some(Scope::Everything);
    others.find(|scope| reads(&scope)).or_else(any).ok_or_else(|| {
        let lane = Foreign::from(lane.to_string().as_str()).ident();
        format!("Nothing of this site reads {lane} on {host} any more.")
    })
}

/// Whether the line of a bookmark can come from a source. Of a journal from which units are read it can when one of them has
/// the name of who spoke; of a service in containers all are read, by whatever names.
fn may_hold(source: &LogSource, bookmark: &Bookmark) -> bool {
    let lane = &bookmark.place.origin.lane;
    match source {
        LogSource::Journal(wanted) => {
            let spoke = |unit: &UnitName| unit.stem() == bookmark.speaker;
            *lane == Lane::Journal && (wanted.units.is_empty() || wanted.units.iter().any(spoke))
        }
        LogSource::Container(ContainerLog::Of(compose)) => match lane {
            Lane::Container(name) => name.contains(compose.service.as_str()),
            Lane::Journal | Lane::File(_) | Lane::Command(_) => false,
        },
        LogSource::Container(ContainerLog::Named(_)) | LogSource::File(_) | LogSource::Command(_) => {
            source.lane() == *lane
        }
    }
}

fn before(at: Timestamp) -> Timestamp {
    at.checked_sub(AROUND).unwrap_or(at)
}

/// What hides a line is taken away.
fn reveal(model: &mut Model, row: Ref) {
    let hidden = model.reading.as_ref().is_some_and(|reading| !model.logs.shown(reading).contains(row));
    if hidden {
        model.logs.filter.clear();
        model.logs.base = crate::state::logs::Filter::default();
        logs::apply_filter(model);
    }
}

/// After every event: the line that was looked for has come, or will not.
pub(super) fn settle(model: &mut Model, now: Now) {
    let Some(bookmark) = model.logs.wanted.take() else { return };
    let Some(reading) = &model.reading else { return };
    if let Some(row) = held(reading, &bookmark) {
        return go_to(model, row);
    }
    let Origin { host, lane } = &bookmark.place.origin;
    let of_host = || reading.store.hosts().iter().filter(|log| log.name == *host);
    let log = of_host().find(|log| log.lane == *lane);
    // A lane of which nothing came is none.
    let ended = log.map_or_else(|| of_host().all(|log| log.ended), |log| log.ended);
    if ended {
        let text = match log.and_then(|log| log.state.as_ref()) {
            Some(TailState::Refused(_)) => "The log of the bookmark can't be read: why stands above.".to_owned(),
            Some(_) | None => format!("The line of the bookmark is not in the log of {host} any more."),
        };
        return model.say_for(text, Duration::from_secs(10), now);
    }
    model.logs.wanted = Some(bookmark);
}
