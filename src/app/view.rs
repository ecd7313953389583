//! Draws the model. Changes nothing; says when it will next look different by itself.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::layout::{LEAST_COLUMNS, LEAST_ROWS, layout};
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::{band, chord, hints, procedures, strip};
use crate::domain::{Moment, Now};
use crate::input::{Action, Context, Lookup, key_name};
use crate::screens::{
    ask, bookmarks, changes, choose, columns, command, confirm, deploy, edit, filters, form, help, history, hosts,
    leave, links, log_choice, logs, menu, needs, overview, palette, picker, plan, procedure, question, runbooks,
    running,
};
use crate::style::Role;
use crate::ui::{Pen, Words};

/// The screens in the order of their tabs.
const TABS: [(Screen, Action, &str); 7] = [
    (Screen::Overview, Action::ShowOverview, "Overview"),
    (Screen::Logs, Action::ShowLogs, "Logs"),
    (Screen::Hosts, Action::ShowHosts, "Hosts"),
    (Screen::Runbooks, Action::ShowRunbooks, "Runbooks"),
    (Screen::Changes, Action::ShowChanges, "Changes"),
    (Screen::History, Action::ShowHistory, "History"),
    (Screen::Deploy, Action::ShowDeploy, "Deploy"),
];

/// What is further away than this may come with the next beat of the clock.
const A_SECOND: Duration = Duration::from_secs(1);

/// Draws one frame and returns the moment at which the same model would first look different, if ever.
pub fn view(model: &Model, frame: &mut Frame<'_>, now: Now) -> Option<Moment> {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), &model.styles, model.told_by(now));
    pen.clear(area, Role::Text);
    match layout((area.width, area.height)) {
        None => too_small(model, &mut pen, area),
        Some(layout) => {
            band::view(model, &mut pen, layout.band);
            let end = tabs(model, &mut pen, layout.tabs);
            let behind = Rect { x: end, width: layout.tabs.right().saturating_sub(end), ..layout.tabs };
            strip::view(model, &mut pen, if layout.is_low() { behind } else { layout.strip });
            content(model, &mut pen, layout.content);
            chord::view(model, &mut pen, layout.content);
            hints::view(model, &mut pen, layout.hints);
        }
    }
    let (drawn, cursor) = (pen.next(), pen.cursor());
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    let first = [drawn, model.wakes_at(now.mono)].into_iter().flatten().min();
    // Ages move with the clock and not each at a moment of its own; only what a person waits for is not kept.
    first.map(|at| if drawn == Some(at) || now.mono.age(at) >= A_SECOND { now.beat(at) } else { at })
}

fn too_small(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    band::view(model, pen, Rect { height: 1, ..area });
    let size = format!("This window has {} by {} characters.", area.width, area.height);
    let wants = format!("Quarterdeck needs {LEAST_COLUMNS} by {LEAST_ROWS}.");
    let short = format!("needs {LEAST_COLUMNS}x{LEAST_ROWS}");
    let wraps = |texts: &[&str]| -> Vec<Words> {
        let wrap = |text: &&str| Words::new().prose(Role::Text, text).wrapped(usize::from(area.width), pen.clock);
        texts.iter().flat_map(wrap).collect()
    };
    let below = usize::from(area.height).saturating_sub(1);
    // The sentences broken into lines, or what matters of it where there is no room for that.
    let fits = |lines: &[Words]| {
        lines.len() <= below && lines.iter().all(|line| line.width(pen.clock) <= usize::from(area.width))
    };
    let lines = [wraps(&[&size, &wants]), wraps(&[&wants]), wraps(&[&short])]
        .into_iter()
        .find(|lines| fits(lines))
        .unwrap_or_default();
    let top = 1 + u16::try_from((below - lines.len()) / 2).unwrap_or(0);
    for (words, y) in lines.iter().zip(top..area.height) {
        let wide = u16::try_from(words.width(pen.clock)).unwrap_or(0);
        pen.words(area.width.saturating_sub(wide) / 2, y, area.width, words);
    }
}

/// Where each tab begins and how wide it is.
fn tab_places(model: &Model) -> Vec<(Screen, u16, u16, Words)> {
    // Where the strip has something to say in the same row, or not all names have room, only the open screen keeps its own.
    let speaks = layout(model.size).is_some_and(|layout| layout.is_low()) && strip::speaks(model);
    let named = tabs_named(model, speaks);
    let fits = named.last().is_none_or(|(_, at, wide, _)| at + wide <= model.size.0);
    if fits { named } else { tabs_named(model, true) }
}

/// The same with all names, or only with that of the open screen.
fn tabs_named(model: &Model, squeezed: bool) -> Vec<(Screen, u16, u16, Words)> {
    let mut at = 1;
    let mut places = Vec::new();
    for (screen, action, name) in TABS {
        let keys = model.keymap.keys_of(&[Context::Global], action);
        let key = keys.first().map(|keys| key_name::sequence_name(keys)).unwrap_or_default();
        // Where the key means something else it is not shown; its place stays, so that nothing moves.
        let contexts = super::keys::screen_contexts(model);
        let works = keys.first().is_some_and(|keys| match keys {
            [one] => model.keymap.lookup(&contexts, &[], *one) == Lookup::Action(action),
            _ => true,
        });
        let key = if works { key } else { " ".repeat(key.len()) };
        let open = screen == tab_of(model);
        let role = if open { Role::Strong } else { Role::Quiet };
        let key_role = if open { Role::Key } else { Role::Quiet };
        let name = if squeezed && !open { String::new() } else { format!("{name} ") };
        let wide = u16::try_from(key.len() + name.len() + 2).unwrap_or(0);
        let words = Words::of(key_role, format!(" {key} ")).text(role, name);
        places.push((screen, at, wide, words));
        // What the strip has to say needs the room.
        at += wide + u16::from(!squeezed);
    }
    places
}

/// The screen under whose tab another one stands.
fn tab_of(model: &Model) -> Screen {
    match model.screen {
        // A run as it was is a part of the history.
        Screen::Procedure if procedures::past::is_open(model) => Screen::History,
        Screen::Procedure => Screen::Runbooks,
        other => other,
    }
}

/// The screen whose tab stands at a column.
pub fn tab_at(model: &Model, x: u16) -> Option<Screen> {
    let places = tab_places(model);
    places.iter().find(|(_, at, wide, _)| (*at..at + wide).contains(&x)).map(|(screen, ..)| *screen)
}

/// Draws the tabs and says where they end.
fn tabs(model: &Model, pen: &mut Pen<'_>, area: Rect) -> u16 {
    let mut end = area.x;
    for (screen, at, wide, words) in tab_places(model) {
        let place = Rect { x: area.x + at, width: wide.min(area.width.saturating_sub(at)), ..area };
        pen.words(place.x, place.y, place.width, &words);
        if screen == tab_of(model) {
            pen.tint(place, Role::Selected);
        }
        end = place.right();
    }
    end
}

fn content(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    match (&model.fleet, model.screen) {
        (None, _) => nothing_open(model, pen, area),
        (Some(fleet), Screen::Overview) => overview::view(&model.overview, fleet, pen, area),
        (Some(_), Screen::Logs) => {
            let older_key = super::logs::older_key(model);
            if let Some(sight) = super::logs::sight(model, pen.clock, &older_key) {
                logs::view(&model.logs, &sight, pen, area, &|action| hints::key_on_screen(model, action));
            }
        }
        (Some(fleet), Screen::Hosts) => hosts::view(&model.hosts, fleet, pen, area),
        (Some(_), Screen::Runbooks) => {
            if let Some(shelf) = procedures::shelf(model) {
                runbooks::view(&model.runbooks, shelf, &procedures::folder(model), pen, area);
            }
        }
        (Some(_), Screen::Procedure) => {
            if let Some(desk) = procedures::desk(model, pen.clock) {
                procedure::view(&model.procedure, &desk, pen, area);
            }
        }
        (Some(_), Screen::Deploy) => {
            let clock = pen.clock;
            super::deploy::with_sight(model, clock, |sight, _| deploy::view(&model.deploy, sight, pen, area));
        }
        (Some(fleet), Screen::Changes) => changes::view(&model.changes, fleet, &model.runs, pen, area),
        (Some(_), Screen::History) => history::view(&model.history, &model.runs, pen, area),
    }
    match &model.overlay {
        Some(Overlay::Help(state)) => help::view(state, pen, area),
        Some(Overlay::Palette(state)) => palette::view(state, model.fleet.as_ref(), pen, area),
        Some(Overlay::Command(state)) => command::view(state, pen, area),
        Some(Overlay::Picker(state)) => picker::view(state, pen, area),
        Some(Overlay::Links(state)) => links::view(state, pen, area),
        Some(Overlay::Filters(state)) => filters::view(state, pen, area),
        Some(Overlay::Logs(state)) => log_choice::view(state, pen, area),
        Some(Overlay::Columns(state)) => columns::view(state, pen, area),
        Some(Overlay::Bookmarks(state)) => bookmarks::view(state, pen, area),
        Some(Overlay::Ask(state)) => ask::view(state, pen, area),
        Some(Overlay::Needs(state)) => {
            if let Some(fleet) = &model.fleet {
                needs::view(state, fleet, pen, area);
            }
        }
        Some(Overlay::Menu(state)) => menu::view(state, pen, area),
        Some(Overlay::Confirm(state)) => {
            let band = model.environment().map_or(Role::BandGrey, |environment| Role::band(environment.colour));
            let key = |action: Action| hints::key_of(model, action);
            confirm::view(state, pen, area, band, &key(Action::Accept), &key(Action::LookAgain));
        }
        Some(Overlay::Plan(state)) => {
            let band = model.environment().map_or(Role::BandGrey, |environment| Role::band(environment.colour));
            let accept = hints::key_of(model, Action::Accept);
            let beside = super::procedures::begin::beside(
                (&model.conducted, model.environment().map(|here| &**here)),
                &model.releases,
                state.plan(),
                &state.procedure,
            );
            plan::view(state, &beside, pen, area, band, &accept);
        }
        Some(Overlay::Choose(state)) => {
            let key = |action: Action| hints::key_of(model, action);
            choose::view(state, pen, area, &key(Action::Accept), &key(Action::Cancel));
        }
        Some(Overlay::Form(state, _)) => {
            let key = |action: Action| hints::key_of(model, action);
            form::view(state, pen, area, &key(Action::Accept), &key(Action::NextField));
        }
        Some(Overlay::Edit(state)) => {
            let key = |action: Action| hints::key_of(model, action);
            edit::view(state, pen, area, &key(Action::Accept), &key(Action::BreakLine));
        }
        Some(Overlay::Running(state)) => running::view(state, &model.under_way, pen, area),
        Some(Overlay::Leave(state)) => {
            let stay = hints::key_of(model, Action::Cancel);
            let conduct = procedures::goes_on(model);
            leave::view(state, &model.under_way, conduct, model.environment().map(|here| &**here), pen, area, &stay);
        }
        None => {}
    }
    if let Some(state) = model.questions.front() {
        let key = |action: Action| hints::key_of(model, action);
        let waiting = model.questions.len() - 1;
        question::view(state, pen, area, &key(Action::Accept), &key(Action::Cancel), waiting);
    }
}

fn nothing_open(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if model.overlay.is_some() {
        return;
    }
    let words = if model.setup.sites.is_empty() {
        Words::of(Role::Quiet, "No site was found: give its folder, as in ").text(Role::Strong, "qd ./sites/pakashop")
    } else {
        Words::of(Role::Quiet, "Nothing is open. Press ")
            .text(Role::Key, hints::key_of(model, Action::SwitchEnvironment))
            .text(Role::Quiet, " to choose a site and its environment.")
    };
    let wide = u16::try_from(words.width(pen.clock)).unwrap_or(0).min(area.width);
    pen.words(area.x + (area.width - wide) / 2, area.y + area.height / 2, wide, &words);
}
