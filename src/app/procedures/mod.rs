//! Procedures between the model and their screens: what the screens are drawn from, how a document is opened, what is
//! heard of runs.

pub mod subject;

use std::sync::Arc;

use super::act::show;
use super::hints::key_of;
use super::layout::layout;
use super::model::{Model, Screen};
use crate::domain::run::StepState;
use crate::domain::{HostName, Now, Procedure, ProcedureName};
use crate::input::Action;
use crate::port::Effect;
use crate::port::procedure::ProcedureNews;
use crate::screens::procedure::{Desk, Focus, State, areas, output_lines, step_rows};
use crate::state::procedures::shelf::{Key, Shelf};
use crate::state::procedures::{Conduct, Conducted, Sheet, Subject};
use crate::ui::Clock;
use crate::ui::list::Step;

/// Where heights are counted time does not matter.
const STILL: Clock = Clock { now: Now::START, running: false };

/// What the list is made from.
pub fn shelf(model: &Model) -> Option<Shelf<'_>> {
    let fleet = model.fleet.as_ref()?;
    Some(Shelf { environment: &fleet.environment, runs: &model.runs, conducted: &model.conducted })
}

/// Where a person puts procedures of their own.
pub fn folder(model: &Model) -> String {
    let site = model.environment().and_then(|open| model.setup.sites.iter().find(|site| site.name == open.site));
    match site.and_then(|site| site.folder.as_ref()) {
        Some(folder) => {
            let folder = folder.join("procedures");
            crate::text::Foreign::from(folder.as_os_str().as_encoded_bytes()).plain()
        }
        None => "the folder `procedures` of a site of your own (`qd init` makes one)".to_owned(),
    }
}

/// The run that lies beside a document: the one that was opened, else the one that goes on here.
fn conduct<'a>(state: &State, conducted: &'a Conducted, procedure: &Procedure) -> Option<&'a Conduct> {
    match &state.run {
        Some(id) => conducted.get(id),
        None => conducted.of(&procedure.name),
    }
}

/// What the screen of a procedure is drawn from.
pub fn desk(model: &Model, clock: Clock) -> Option<Desk<'_>> {
    let procedure = model.procedure.procedure.as_ref()?;
    desk_of(model, &model.procedure, procedure, clock)
}

fn desk_of<'a>(model: &'a Model, state: &State, procedure: &'a Arc<Procedure>, clock: Clock) -> Option<Desk<'a>> {
    let fleet = model.fleet.as_ref()?;
    let conduct = conduct(state, &model.conducted, procedure);
    Some(Desk {
        environment: &fleet.environment,
        sheet: Sheet { procedure, run: conduct.map(|conduct| &conduct.run) },
        conduct,
        runs: model.runs.all(),
        person: &model.setup.person,
        clock,
        glyphs: model.styles.glyphs,
    })
}

/// Lets the state of the screen do something with what it is drawn from.
pub fn with<T>(model: &mut Model, does: impl FnOnce(&mut State, &Desk<'_>) -> T) -> Option<T> {
    let mut state = std::mem::take(&mut model.procedure);
    let procedure = state.procedure.clone();
    let done = procedure.as_ref().and_then(|procedure| {
        let desk = desk_of(model, &state, procedure, STILL)?;
        Some(does(&mut state, &desk))
    });
    model.procedure = state;
    done
}

/// Shows the procedures that fit what is under the cursor.
pub fn come_from(model: &mut Model) {
    let subject = subject::of(model);
    model.runbooks.come_from(subject);
    show(model, Screen::Runbooks);
}

/// Shows the list, or the document that was open when it was left.
pub fn list(model: &mut Model) {
    let open = model.procedure.procedure.is_some();
    let to = if open && model.screen != Screen::Procedure && model.in_procedure {
        Screen::Procedure
    } else {
        Screen::Runbooks
    };
    model.in_procedure = to == Screen::Procedure;
    show(model, to);
}

/// Opens what is under the cursor of the list.
pub fn open_chosen(model: &mut Model) -> Vec<Effect> {
    let Some(key) = shelf(model).and_then(|shelf| model.runbooks.chosen(shelf)).and_then(|row| row.key()) else {
        return Vec::new();
    };
    match key {
        Key::Procedure(name) => open(model, &name),
        Key::Run(id) => {
            let name = model.conducted.get(&id).and_then(|conduct| conduct.procedure().cloned());
            match name {
                Some(name) => open(model, &name),
                None => Vec::new(),
            }
        }
    }
}

/// Opens a procedure by its name. One that is open already stays where it is.
pub fn open(model: &mut Model, name: &ProcedureName) -> Vec<Effect> {
    let Some(procedure) = model.environment().and_then(|environment| environment.procedure(name)).cloned() else {
        return Vec::new();
    };
    let known = model.procedure.procedure.as_ref();
    let same = known.is_some_and(|known| Arc::ptr_eq(known, &procedure)) && model.procedure.run.is_none();
    if !same {
        let host = meant(model, &procedure);
        model.procedure.open(procedure, host);
        let going = with(model, |state, desk| {
            state.along = desk.conduct.is_some_and(Conduct::moves);
            let next = desk.sheet.current().or_else(|| desk.sheet.next_open(None, true));
            // Whoever opens it begins to read at the top; a run is shown where it stands.
            (desk.conduct.is_some(), next)
        });
        if let Some((going, next)) = going {
            model.procedure.cursor = next;
            if going {
                model.procedure.stand_on(next);
            }
        }
    }
    model.in_procedure = true;
    show(model, Screen::Procedure);
    Vec::new()
}

/// The host of the row a person came from, where the procedure fits it.
fn meant(model: &Model, procedure: &Procedure) -> Option<HostName> {
    let subject: &Subject = model.runbooks.subject.as_ref()?;
    crate::state::procedures::matching::fit(procedure, subject)?;
    subject.host.clone()
}

/// The host of the step under the cursor: where it runs or ran, else the one that was chosen.
pub fn host(model: &Model) -> Option<HostName> {
    let desk = desk(model, STILL)?;
    let part = model.procedure.cursor?;
    let steps = desk.steps(part);
    let on =
        |wanted: &[StepState]| steps.iter().find(|(_, step)| wanted.contains(&step.state)).map(|(_, step)| &step.host);
    let trouble = on(&[StepState::Failed, StepState::Unknown, StepState::Started]);
    let names = crate::state::procedures::sheet::places(
        desk.sheet.procedure.parts.get(part)?,
        desk.environment,
        &model.procedure.hosts,
    );
    let named = names.iter().find_map(|name| desk.environment.hosts.iter().find(|host| host.name.as_str() == name));
    trouble.or_else(|| steps.first().map(|(_, step)| &step.host)).or(named.map(|host| &host.name)).cloned()
}

/// Moves the cursor.
pub fn go(model: &mut Model, step: Step) {
    with(model, |state, desk| state.go(step, desk));
}

/// To the nearest step of which something is left to be done.
pub fn next_step(model: &mut Model, forward: bool, now: Now) {
    let found = with(model, |state, desk| {
        let next = desk.sheet.next_open(state.cursor, forward);
        if next.is_some() {
            state.along = false;
            state.stand_on(next);
        }
        next.is_some()
    });
    if found == Some(false) {
        let other = key_of(model, if forward { Action::PreviousStep } else { Action::NextStep });
        let (side, way) = if forward { ("below", "above") } else { ("above", "below") };
        model.say(format!("Nothing is left to be done {side}; {other} looks {way}."), now);
    }
}

/// Stays with the run and with the end of its output.
pub fn follow(model: &mut Model) {
    model.procedure.output = None;
    model.procedure.along = true;
}

/// What is heard of runs beside their record.
pub fn news(model: &mut Model, news: ProcedureNews, now: Now) -> Vec<Effect> {
    model.conducted.hear(news, now);
    Vec::new()
}

/// After every event, while the document is on screen.
pub fn settle(model: &mut Model) {
    let Some(layout) = layout(model.size) else { return };
    with(model, |state, desk| {
        let areas = areas(layout.content, state);
        let (columns, rows) = areas.output_size();
        let output = (output_lines(state, desk, columns), rows);
        let steps = (step_rows(desk).len(), areas.steps_rows());
        state.settle(desk, areas.page(), output, steps);
    });
}

/// Puts the cursor on what was clicked.
pub fn point(model: &mut Model, x: u16, y: u16) {
    let Some(layout) = layout(model.size) else { return };
    with(model, |state, desk| {
        let areas = areas(layout.content, state);
        let inside =
            |area: Option<ratatui::layout::Rect>| area.filter(|area| area.contains((x, y).into()) && y > area.y);
        if let Some(area) = inside(areas.document) {
            state.point(usize::from(y - area.y - 1), desk);
        } else if let Some(area) = inside(areas.steps) {
            let row = state.steps_top + usize::from(y - area.y - 1);
            if let Some((_, Some(part))) = step_rows(desk).get(row) {
                state.focus = Focus::Steps;
                state.stand_on(Some(*part));
            }
        } else if inside(areas.output).is_some() {
            state.focus = Focus::Output;
        }
    });
}

/// Why there is no step under the cursor.
pub fn no_part(model: &Model) -> Option<&'static str> {
    let state = &model.procedure;
    let parts = state.procedure.as_ref().map_or(0, |procedure| procedure.parts.len());
    match (parts, state.cursor) {
        (0, _) => Some("nothing in this document can be done"),
        (_, None) => Some("no step is under the cursor"),
        (_, Some(_)) => None,
    }
}
