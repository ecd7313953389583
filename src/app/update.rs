//! The only mutation: one event in, the effects it asks for out. No I/O, no clock.

use std::sync::Arc;
use std::time::Duration;

use super::act::READ;
use super::deploy::following as deploy_following;
use super::model::{Model, Notice, Screen};
use super::overlay::Overlay;
use super::stroke::Stroke;
use super::{
    calling, keepsakes, keys, links, log_frame, mouse, overlay, procedures, releases, settle, shell, troubles, writing,
};
use crate::domain::{HostName, Link, Now};
use crate::port::act::RunNews;
use crate::port::event::HostEvent;
use crate::port::{Effect, Event, Input};
use crate::screens::overview::Detail;
use crate::screens::question;
use crate::screens::{changes, deploy, history, hosts, logs, overview, procedure, runbooks};
use crate::state::releases::Known;
use crate::state::{Fleet, Runs, choices};
use crate::ui::figure;

/// How long it is said where a file was written.
const PATH_STAYS: Duration = Duration::from_secs(60);

/// Takes one event in.
pub fn update(model: &mut Model, event: Event, now: Now) -> Vec<Effect> {
    model.logs.now = now.wall.as_microsecond();
    model.log_frame.begins();
    if log_frame::is_due(model) && !matches!(event, Event::Log(_) | Event::Frame) {
        // Whatever comes now means the lines as they stand.
        log_frame::lay_out(model);
    }
    let mut effects = take(model, event, now);
    if model.notice.as_ref().is_some_and(|notice| notice.until <= now.mono) {
        model.notice = None;
    }
    overlay::number(model);
    effects.extend(settle::settle(model, now));
    effects.extend(releases::settle(model, now));
    effects.extend(deploy_following::settle(model, now));
    effects.extend(calling::settle(model, now));
    effects.extend(writing::settle(model, now));
    effects
}

fn take(model: &mut Model, event: Event, now: Now) -> Vec<Effect> {
    match event {
        Event::Input(input) => return person(model, input, now),
        Event::Woke => {
            if let Some(fleet) = &mut model.fleet {
                fleet.wake(now);
            }
            log_frame::search(model);
        }
        // What is laid out follows from it as from every event.
        Event::Frame => {}
        Event::Shown(number) => {
            if let Some(seen) = overlay::seen(model) {
                seen.shown(number);
            }
        }
        Event::Resumed => return vec![Effect::Redraw],
        Event::Stop => {
            model.ending = true;
            return vec![Effect::Quit];
        }
        // It is on screen since the first frame, and the person may have moved in it.
        Event::Opened(environment) if model.environment().is_some_and(|known| Arc::ptr_eq(known, &environment)) => {
            return releases::opened(model, now).into_iter().chain([Effect::ReadHistory(READ)]).collect();
        }
        Event::Opened(environment) => {
            model.fleet = Some(Fleet::new(environment, now));
            model.overview = overview::State::sorted(model.setup.worst_first);
            model.logs = logs::State::default();
            model.reading = None;
            model.hosts = hosts::State::sorted(model.setup.worst_first);
            model.changes = changes::State::default();
            model.runbooks = runbooks::State::default();
            model.procedure = procedure::State::default();
            model.other_desk = procedure::State::default();
            (model.deploy, model.deploy_plan) = (deploy::State::default(), None);
            model.conducted.clear();
            model.troubles.retain(|one| one.run.is_none());
            (model.put_aside, model.past_wanted) = (None, None);
            if model.screen == Screen::Procedure {
                model.screen = Screen::Runbooks;
            }
            model.round_trips.clear();
            model.usage_asked.clear();
            model.questions.clear();
            model.history = history::State::default();
            model.runs = Runs::default();
            // What was about the environment before is about nothing now.
            if let Some(
                Overlay::Menu(_)
                | Overlay::Confirm(_)
                | Overlay::Plan(_)
                | Overlay::Choose(_)
                | Overlay::Form(..)
                | Overlay::Edit(_)
                | Overlay::Bookmarks(_)
                | Overlay::Ask(_),
            ) = &model.overlay
            {
                model.overlay = None;
            }
            model.releases = Known::default();
            model.looking = deploy_following::Looking::default();
            model.choices = choices::Known::default();
            return releases::opened(model, now).into_iter().chain([Effect::ReadHistory(READ)]).collect();
        }
        Event::Host(host, news) => return host_news(model, &host, news, now),
        Event::Probe { service, host, probe, report } => {
            if let Some(fleet) = &mut model.fleet {
                fleet.observe_probe(&service, host.as_ref(), &probe, report, now);
            }
        }
        Event::Procedure(news) => return procedures::news(model, news, now),
        Event::Asked(question) => {
            let known = model.questions.iter().any(|open| open.question.id == question.id);
            if !known {
                model.pending.clear();
                model.questions.push_back(question::State::new(question));
            }
        }
        Event::Settled(id) => model.questions.retain(|open| open.question.id != id),
        Event::Detail(host, unit, detail) => {
            model.overview.detail = Some(Detail { host, unit, detail: *detail, at: now.mono });
        }
        Event::Log(batch) => super::logs::take(model, &batch),
        Event::Tail(id, host, lane, state) => {
            if let Some(reading) = &mut model.reading {
                reading.stands(id, &host, &lane, state);
            }
        }
        Event::LogFields(fields) => super::logs::take_fields(model, *fields),
        Event::LogPage(page) => super::logs::take_page(model, *page),
        Event::Exported(Ok(file)) => {
            model.writing.end();
            let lines = figure::count(usize::try_from(file.lines).unwrap_or(usize::MAX), "line");
            // Long enough to be copied by hand; the next key lets it go.
            let until = now.mono.after(PATH_STAYS);
            let hidden = super::copy::hidden(file.hidden);
            model.notice = Some(Notice { text: format!("{lines} in {}{hidden}", file.path.plain()), until });
        }
        Event::Exported(Err(sentence)) => {
            model.writing.end();
            // Whoever leaves would not see that there is no file.
            model.writing.stay();
            return take(model, Event::Trouble(sentence), now);
        }
        Event::Link(news) => return links::news(model, news, now),
        Event::Keepsakes(news) => return keepsakes::news(model, &news, now),
        Event::Shell(news) => shell::news(model, news, now),
        Event::Trouble(sentence) => troubles::tell(model, sentence),
        // What was asked for here is told where it was asked for.
        Event::Run(news) if model.conducted.concerns(&news) => {
            model.conducted.observe(&news, now);
            let asked = match &news {
                RunNews::Ended(..) => releases::ended(model, now),
                // What it printed before it was taken up is in the store.
                RunNews::Begun(run) if model.conducted.is_without_output(&run.id) => {
                    vec![Effect::ReadRun(run.id.clone())]
                }
                RunNews::Begun(_) | RunNews::Step(..) | RunNews::Decided(..) | RunNews::Refused(_) => Vec::new(),
            };
            if let RunNews::Refused(sentence) = &news {
                troubles::tell(model, sentence.clone());
            }
            if let Some(fleet) = &model.fleet {
                model.runs.observe(news, &fleet.environment);
            }
            return asked;
        }
        Event::Run(RunNews::Refused(sentence)) if model.under_way.sent().is_none() => troubles::tell(model, sentence),
        Event::Run(news) => {
            model.under_way.observe(&news, now);
            if let Some(fleet) = &model.fleet {
                model.runs.observe(news, &fleet.environment);
            }
        }
        Event::Choices(argv, listed) => procedures::forms::listed(model, &argv, listed),
        Event::History(runs) => {
            if let Some(fleet) = &model.fleet {
                model.runs.replace(runs, &fleet.environment, now.mono);
            }
        }
        Event::Release(news) => return releases::take(model, news, now),
        Event::Store(state) => model.store = Some(state),
    }
    Vec::new()
}

fn person(model: &mut Model, input: Input, now: Now) -> Vec<Effect> {
    match input {
        // Whoever types is there, whatever the terminal has said.
        Input::Key(key) => {
            model.focused = true;
            return keys::key(model, key, now);
        }
        Input::Paste(text) => keys::paste(model, &text),
        Input::Resize(columns, rows) => model.size = (columns, rows),
        Input::Focus(focused) => model.focused = focused,
        Input::Click(x, y) => {
            model.stroke = Stroke::default();
            return mouse::click(model, x, y, now);
        }
        Input::Wheel(_, _, up) => mouse::wheel(model, up),
    }
    Vec::new()
}

fn host_news(model: &mut Model, host: &HostName, news: HostEvent, now: Now) -> Vec<Effect> {
    let Some(fleet) = &mut model.fleet else { return Vec::new() };
    let (units, clock) =
        (matches!(news, HostEvent::Units(_) | HostEvent::Unit(..)), matches!(news, HostEvent::Facts(_)));
    let stirred = match &news {
        HostEvent::Unit(unit, _) => model.overview.unit(fleet).is_some_and(|(h, u)| h == *host && u == *unit),
        HostEvent::Link(_)
        | HostEvent::Heard(_)
        | HostEvent::Means(_)
        | HostEvent::Units(_)
        | HostEvent::InJournal(_)
        | HostEvent::Usage(_)
        | HostEvent::LastError(..)
        | HostEvent::Facts(_)
        | HostEvent::Version(..) => false,
    };
    fleet.observe_host(host, news, now);
    if stirred {
        model.overview.stir(now.mono);
    }
    match fleet.host(host).map(|row| &row.link) {
        Some(Link::Up { round_trip: Some(measured), .. }) => {
            let shown = model.round_trips.get(host);
            if shown.is_none_or(|shown| has_moved(*shown, *measured)) {
                model.round_trips.insert(host.clone(), *measured);
            }
        }
        Some(Link::Up { round_trip: None, .. }) => {}
        Some(Link::Connecting { .. } | Link::Asking { .. } | Link::Waiting { .. } | Link::Stopped { .. }) | None => {
            model.round_trips.remove(host);
        }
    }
    if let (true, Some(reading), Some(fleet)) = (clock, &mut model.reading, &model.fleet) {
        reading.measure(fleet);
    }
    if units { super::logs::units_moved(model) } else { Vec::new() }
}

/// Whether a round trip is so different that the figure in the header should change: jitter should not.
fn has_moved(shown: Duration, measured: Duration) -> bool {
    let least = Duration::from_millis(10).max(shown / 2);
    shown.abs_diff(measured) > least
}
