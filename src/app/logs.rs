//! What the keys of the logs mean: what is read, what passes, where the person is, what goes into a file.

use std::time::Duration;

use jiff::Timestamp;

use super::layout::layout;
use super::model::{Model, Screen};
use super::{bookmarks, keepsakes, log_frame, novelty};
use crate::domain::fact::size_told;
use crate::domain::{Now, UnitName};
use crate::input::Action;
use crate::port::Effect;
use crate::port::log::{LogBatch, LogFields, Since};
use crate::port::log_block::Row;
use crate::port::log_page::LogPage;
use crate::screens::logs::{MOST_COLUMNS, Place, Shape, Sight, State, TimeFormat, Told, areas, bars};
use crate::state::logs::{Chosen, Filter, NEWEST, NoPage, Reading, Ref, Scope};
use crate::ui::list::Step;
use crate::ui::{Clock, figure};

/// Twice within this span reads everything.
const TWICE: Duration = Duration::from_secs(10);

/// Where heights are counted time does not matter.
pub(super) const STILL: Clock = Clock { now: Now::START, running: false };

/// What the screen is drawn from, while something is read; `older_key` is the key that fetches older lines.
pub fn sight<'a>(model: &'a Model, clock: Clock, older_key: &'a str) -> Option<Sight<'a>> {
    let (reading, fleet) = (model.reading.as_ref()?, model.fleet.as_ref()?);
    let shape = Shape::new(&model.logs, reading, fleet, model.size.0);
    let (zone, glyphs, local) = (model.setup.zone.as_ref(), model.styles.glyphs, model.logs.time == TimeFormat::Local);
    let kept = &model.keepsakes;
    let highlights = [model.setup.highlights.as_slice(), &fleet.environment.highlights];
    Some(Sight {
        reading,
        fleet,
        shape,
        clock,
        zone,
        local,
        highlights,
        kept,
        deploy: novelty::deploy(model),
        glyphs,
        older_key,
    })
}

/// The key that fetches older lines.
pub fn older_key(model: &Model) -> String {
    super::hints::key_on_screen(model, Action::OlderLines)
}

/// Lets the state of the screen do something with what it is drawn from.
pub(super) fn with<T>(model: &mut Model, does: impl FnOnce(&mut State, &Sight<'_>) -> T) -> Option<T> {
    let (deploy, older_key) = (novelty::deploy(model), older_key(model));
    let mut state = std::mem::take(&mut model.logs);
    let done = {
        let (Some(reading), Some(fleet)) = (model.reading.as_ref(), model.fleet.as_ref()) else {
            model.logs = state;
            return None;
        };
        let shape = Shape::new(&state, reading, fleet, model.size.0);
        let (zone, glyphs, local) = (model.setup.zone.as_ref(), model.styles.glyphs, state.time == TimeFormat::Local);
        let older_key = older_key.as_str();
        let highlights = [model.setup.highlights.as_slice(), &fleet.environment.highlights];
        does(
            &mut state,
            &Sight {
                reading,
                fleet,
                shape,
                clock: STILL,
                zone,
                local,
                highlights,
                kept: &model.keepsakes,
                deploy,
                glyphs,
                older_key,
            },
        )
    };
    model.logs = state;
    Some(done)
}

/// Reads the logs of everything, or goes on with them when they are being read.
pub fn everything(model: &mut Model) -> Vec<Effect> {
    if reads_everything(model) { Vec::new() } else { begin(model, Scope::Everything, Since::Newest(NEWEST)) }
}

/// Whether the logs of everything are being read.
pub fn reads_everything(model: &Model) -> bool {
    model.reading.as_ref().is_some_and(|reading| reading.scope == Scope::Everything)
}

/// Reads the log of what is under the cursor, or goes on with it when it is being read.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(scope) = meant(model) else { return Vec::new() };
    if model.reading.as_ref().is_some_and(|reading| reading.scope == scope) {
        return Vec::new();
    }
    read(model, scope, Since::Newest(NEWEST))
}

/// Reads something else; how lines look stays.
pub fn read(model: &mut Model, scope: Scope, since: Since) -> Vec<Effect> {
    let before = std::mem::take(&mut model.logs);
    (model.logs.wrap, model.logs.time) = (before.wrap, before.time);
    (model.logs.columns, model.logs.without) = (before.columns, before.without);
    begin(model, scope, since)
}

/// What a person means on the screen that is open.
fn meant(model: &Model) -> Option<Scope> {
    let fleet = model.fleet.as_ref()?;
    match model.screen {
        Screen::Overview => {
            let marked = model.overview.marked(fleet);
            let keys = if marked.is_empty() { vec![model.overview.cursor.clone()?] } else { Vec::from_iter(marked) };
            let chosen = |key: crate::screens::overview::RowKey| {
                let (host, unit) = key.instance.unwrap_or_default();
                Chosen { service: key.service, host, unit }
            };
            Some(Scope::Rows(keys.into_iter().map(chosen).collect()))
        }
        Screen::Hosts => Some(Scope::Host(model.hosts.chosen(fleet)?.host.name.clone())),
        Screen::Changes => match model.changes.subject(fleet)? {
            (Some(service), host) => Some(Scope::Rows(vec![Chosen { service, host, unit: None }])),
            (None, host) => Some(Scope::Host(host?)),
        },
        Screen::Logs => Some(Scope::Everything),
        Screen::Runbooks | Screen::Procedure | Screen::Deploy => None,
        // A run has its own record of what was said.
        Screen::History => None,
    }
}

fn begin(model: &mut Model, scope: Scope, since: Since) -> Vec<Effect> {
    begin_span(model, scope, since, None)
}

/// Begins to read from one moment to another.
pub(super) fn begin_span(model: &mut Model, scope: Scope, since: Since, until: Option<Timestamp>) -> Vec<Effect> {
    let Some(fleet) = &model.fleet else { return Vec::new() };
    model.tails += 1;
    let mut reading = Reading::begin(model.tails, scope, since, fleet).up_to(until);
    if let Some(memory) = model.setup.log_memory {
        reading = reading.within(memory);
    }
    let wish = reading.wish();
    model.reading = Some(reading);
    model.logs.renew();
    model.logs.wanted = None;
    vec![if wish.sources.is_empty() { Effect::EndTail } else { Effect::Tail(wish) }]
}

/// Whether what is read has an end, so that nothing new comes.
pub fn has_end(model: &Model) -> bool {
    model.reading.as_ref().is_some_and(|reading| reading.until.is_some())
}

/// Stays at the line under the cursor.
pub(super) fn hold(model: &mut Model) {
    with(model, |state, sight| state.hold(sight.reading));
}

/// Reads the same since another time.
pub fn since(model: &mut Model, since: Since) -> Vec<Effect> {
    read_span(model, since, None)
}

/// Reads the same from one moment to another.
pub(super) fn read_span(model: &mut Model, since: Since, until: Option<Timestamp>) -> Vec<Effect> {
    let scope = model.reading.as_ref().map_or(Scope::Everything, |reading| reading.scope.clone());
    begin_span(model, scope, since, until)
}

/// Reads all there is when it is asked for twice: nobody knows how much that is before it has come.
pub fn since_head(model: &mut Model, now: Now) -> Vec<Effect> {
    let asked = model.logs.head_asked.take();
    if asked.is_some_and(|at| at.age(now.mono) < TWICE) {
        return since(model, Since::Head);
    }
    model.logs.head_asked = Some(now.mono);
    let hosts = model.reading.as_ref().map_or(0, |reading| reading.sources().len());
    let (hosts, key) = (figure::count(hosts, "host"), super::hints::key_of(model, Action::SinceHead));
    let text = format!("{key} again reads all of the journals of {hosts}, however much it is.");
    model.say_for(text, TWICE, now);
    Vec::new()
}

/// Reads the same of so many minutes.
pub fn minutes(model: &mut Model, minutes: u64) -> Vec<Effect> {
    since(model, Since::Ago(Duration::from_secs(60 * minutes)))
}

/// Where units came or went, the tail goes on with those there are now.
pub fn units_moved(model: &mut Model) -> Vec<Effect> {
    let (Some(reading), Some(fleet)) = (&mut model.reading, &model.fleet) else { return Vec::new() };
    let Some(wish) = reading.renewed(model.tails + 1, fleet) else { return Vec::new() };
    model.tails += 1;
    vec![Effect::Tail(wish)]
}

/// Takes rows in.
pub fn take(model: &mut Model, batch: &LogBatch) {
    if let Some(reading) = &mut model.reading {
        reading.take(batch);
    }
    log_frame::search(model);
    model.log_frame.rows_came();
}

/// Takes fields in.
pub fn take_fields(model: &mut Model, fields: LogFields) {
    with(model, |state, sight| state.take_fields(fields, sight.reading));
}

/// Moves the cursor; above the first line older ones are fetched when all that follows from the key is settled.
pub fn go(model: &mut Model, step: Step) {
    if novelty::go(model, step) {
        return;
    }
    let up = match step {
        Step::First => true,
        Step::Last => false,
        Step::By(rows) | Step::HalfPage(rows) | Step::Page(rows) => rows < 0,
    };
    let above = with(model, |state, sight| {
        if state.span.is_some() {
            state.move_span(step, sight);
            return false;
        }
        let was_at_top = state.is_at_top(sight.reading);
        state.go(step, sight);
        up && (was_at_top || step == Step::First) && state.is_at_top(sight.reading)
    });
    // What is looked for may stand further up in what is held.
    let is_working = model.reading.as_ref().is_some_and(|reading| reading.store.is_working());
    model.logs.above = above == Some(true) && !is_working;
}

/// Fetches a page of older lines of each host, and says so where there is nothing to fetch.
pub fn older(model: &mut Model, now: Now) -> Vec<Effect> {
    match fetch(model, true) {
        Ok(effects) => effects,
        Err(why) => {
            let cap = model.reading.as_ref().map_or(0, |reading| reading.store.cap());
            match why {
                NoPage::Fetching => model.say("Older lines are on their way.", now),
                NoPage::Failed => {}
                NoPage::Beginning => model.say("There are no older lines: the journals begin here.", now),
                NoPage::Early => model.say("Which lines there are is still being read.", now),
                NoPage::Full => {
                    let cap = size_told(cap as u64);
                    let more = "memory in [logs] of config.toml gives them more";
                    model.say(format!("Older lines have no room: all lines have {cap} of memory; {more}."), now);
                }
            }
            Vec::new()
        }
    }
}

fn fetch(model: &mut Model, again: bool) -> Result<Vec<Effect>, NoPage> {
    let reading = model.reading.as_mut().ok_or(NoPage::Early)?;
    let filter = Filter { query: model.logs.query.clone(), ..model.logs.base.clone() };
    Ok(reading.older(&filter, again)?.into_iter().map(Effect::ReadPage).collect())
}

/// Takes older lines in.
pub fn take_page(model: &mut Model, page: LogPage) {
    if let Some(reading) = &mut model.reading {
        reading.take_page(page);
    }
}

/// Reads the same since the newest release began.
pub fn since_deploy(model: &mut Model) -> Vec<Effect> {
    let Some(began) = novelty::deploy(model).and_then(|deploy| Timestamp::from_microsecond(deploy.at).ok()) else {
        return Vec::new();
    };
    since(model, Since::At(began))
}

/// Puts the cursor on the line at this row of the terminal.
pub fn point(model: &mut Model, y: u16) {
    let Some(layout) = layout(model.size) else { return };
    with(model, |state, sight| {
        let list = areas(layout.content, state, sight).list;
        if let Some(line) = y.checked_sub(list.y).filter(|line| *line < list.height) {
            state.point(usize::from(line), sight);
        }
    });
}

/// Stops at the end, or goes on with it.
pub fn pause(model: &mut Model) {
    with(model, |state, sight| match state.place {
        Place::Following => state.hold(sight.reading),
        Place::Held { .. } => state.follow(),
    });
}

/// To the next error, or the one before.
pub fn error(model: &mut Model, down: bool, now: Now) {
    // At the end nothing stands below: the newest error is the next.
    let down = down && model.logs.place != Place::Following;
    let found = with(model, |state, sight| {
        let order = state.shown(sight.reading);
        state.find(down, order, Ref::is_error, sight)
    });
    if found == Some(false) {
        let other = if down { Action::PreviousError } else { Action::NextError };
        let (side, way) = if down { ("below", "above") } else { ("above", "below") };
        let key = super::hints::key_of(model, other);
        model.say(format!("There is no error {side}; {key} looks {way}."), now);
    }
}

/// To the next line in which it was found, or the one before.
pub fn hit(model: &mut Model, down: bool, now: Now) {
    let found = with(model, |state, sight| match sight.reading.store.hits() {
        Some(hits) => state.find(down, hits, |row| !row.is_loss(), sight),
        None => false,
    });
    if found == Some(false) {
        model.say(if down { "It is not found below." } else { "It is not found above." }, now);
    }
}

/// Only lines of the host, or of the unit, of the line under the cursor; or all again.
pub fn only(model: &mut Model, host: bool) {
    with(model, |state, sight| {
        let (was, row) = (state.base.clone(), state.chosen(sight.reading));
        (state.base.host, state.base.unit) = (None, None);
        if host && was.host.is_none() {
            let of = row.and_then(|row| sight.reading.store.host(row));
            (state.base.host, state.base.unit) = (of.map(|host| host.name.clone()), was.unit);
        } else if !host && was.unit.is_none() {
            (state.base.host, state.base.unit) = (was.host, row.and_then(|row| unit_of(sight.reading, row)));
        } else if host {
            state.base.unit = was.unit;
        } else {
            state.base.host = was.host;
        }
    });
}

fn unit_of(reading: &Reading, row: Ref) -> Option<UnitName> {
    match reading.store.row(row)? {
        Row::Line(line) => line.unit().cloned(),
        Row::Loss(_) => None,
    }
}

/// Unfolds the line under the cursor, or folds it.
pub fn toggle_fields(model: &mut Model) -> Vec<Effect> {
    let wanted = with(model, |state, sight| state.toggle_fields(sight.reading)).flatten();
    wanted.map(|(host, cursor)| Effect::ReadFields(host, cursor)).into_iter().collect()
}

/// Shows the lines over time, or puts that away.
pub fn histogram(model: &mut Model) {
    let Some(layout) = layout(model.size) else { return };
    let shown = bars(&model.logs, layout.content.height) > 0;
    model.logs.toggle_histogram(shown);
}

/// Begins to choose a span of time.
pub fn select_span(model: &mut Model) {
    with(model, State::begin_span);
}

/// Shows only lines of the span that was chosen.
pub fn take_span(model: &mut Model) {
    with(model, State::take_span);
}

/// The field that has the keys.
pub fn field(model: &Model) -> Option<Told> {
    if model.screen != Screen::Logs || model.overlay.is_some() {
        return None;
    }
    sight(model, STILL, "").and_then(|sight| sight.chosen_field(&model.logs))
}

/// Gives the keys to the fields of the line under the cursor, or takes them back.
pub fn toggle_in_fields(model: &mut Model) {
    with(model, |state, sight| state.toggle_in_fields(sight.reading));
}

/// Why the fields of the line under the cursor can't have the keys.
pub fn no_fields(model: &Model) -> Option<&'static str> {
    let unfolded = model.reading.as_ref().and_then(|reading| model.logs.chosen_unfolded(reading));
    unfolded.is_none().then_some("the line is not unfolded")
}

/// Why lines with the value of a field can't be looked for.
pub fn no_value(model: &Model) -> Option<String> {
    match field(model) {
        None => Some(no_fields(model).unwrap_or("no field is chosen").to_owned()),
        Some(told) if told.query.is_none() => Some(format!("a query can't ask for {}", told.name)),
        Some(_) => None,
    }
}

/// Why no field can be put into a column.
pub fn no_column(model: &Model) -> Option<String> {
    match field(model) {
        None if !model.logs.columns.is_empty() => None,
        None => Some(no_fields(model).unwrap_or("no field is chosen").to_owned()),
        Some(told) => match told.column {
            None => Some(format!("{} can't stand in a column", told.name)),
            Some(name) => {
                let columns = &model.logs.columns;
                (columns.len() >= MOST_COLUMNS && !columns.contains(&name)).then(super::columns::full)
            }
        },
    }
}

/// Puts the field that has the keys into a column, or takes it out; without one all columns that were chosen go.
pub fn toggle_column(model: &mut Model) -> Vec<Effect> {
    match field(model) {
        // That there is room for it was asked before.
        Some(told) => {
            let _ = told.column.is_some_and(|name| model.logs.toggle_column(&name));
        }
        None => model.logs.columns.clear(),
    }
    super::columns::keep(model)
}

/// Looks for lines in which the field that has the keys has the same value, besides what is looked for already.
pub fn only_value(model: &mut Model) {
    let Some(query) = field(model).and_then(|told| told.query) else { return };
    let before = model.logs.filter.text().trim().to_owned();
    let typed = if before.is_empty() { query } else { format!("({before}) {query}") };
    model.logs.filter.clear();
    model.logs.filter.paste(&typed);
    model.logs.field = None;
}

/// Looks for what was typed, when that is something else than before.
pub(super) fn apply_filter(model: &mut Model) {
    if let Some(reading) = &mut model.reading
        && let Some(filter) = model.logs.changed_filter(reading)
    {
        reading.store.set_filter(&filter);
        log_frame::search(model);
    }
}

/// What follows from every event while the logs are on screen.
pub fn settle(model: &mut Model, now: Now) -> Vec<Effect> {
    if model.screen != Screen::Logs || model.fleet.is_none() {
        return Vec::new();
    }
    let mut effects =
        if model.reading.is_none() { begin(model, Scope::Everything, Since::Newest(NEWEST)) } else { Vec::new() };
    effects.extend(keepsakes::ask(model));
    apply_filter(model);
    bookmarks::settle(model, now);
    if std::mem::take(&mut model.logs.above) {
        effects.extend(fetch(model, false).unwrap_or_default());
    }
    let (folded, since) = (model.logs.folded(), novelty::moment(model));
    if let Some(reading) = &mut model.reading {
        reading.store.fold(folded);
        reading.store.look_for_new(since);
    }
    let is_looking = model.reading.as_ref().is_some_and(|reading| reading.store.is_looking());
    if !is_looking {
        log_frame::search(model);
    }
    log_frame::settle(model);
    effects
}
