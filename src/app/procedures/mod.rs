//! Procedures between the model and their screens: what the screens are drawn from, how a document is opened, what is
//! heard of runs.

mod attest;
pub mod begin;
pub(in crate::app) mod cancel;
pub mod decide;
pub mod forms;
pub mod gate;
mod link;
pub mod past;
pub mod subject;
pub mod take_up;
mod told;
pub mod why;

pub use cancel::cancel;
pub use link::{follow_link, links};

use std::sync::Arc;

use super::act::show;
use super::hints::{key_of, key_on_screen};
use super::layout::layout;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::procedure::Doing;
use crate::domain::run::{RunStep, StepState};
use crate::domain::{Environment, HostName, Now, PartId, Procedure, ProcedureName, RunId};
use crate::input::Action;
use crate::port::Effect;
use crate::port::procedure::{Decision, Need, OpenRun, ProcedureNews};
use crate::screens::choose;
use crate::screens::procedure::{Desk, Focus, Grades, State, StepRow, areas, output_lines, step_rows};
use crate::state::deploy::is_one;
use crate::state::procedures::shelf::{Key, Shelf};
use crate::state::procedures::{Conduct, Conducted, Sheet, Subject, commanded};
use crate::state::procedures::{inner_title, sheet};
use crate::text::Foreign;
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

/// The run that lies beside a document: the one that was opened, else the one that goes on here, else the one that
/// ended before the eyes of whoever has it open.
fn conduct<'a>(state: &State, conducted: &'a Conducted, procedure: &Procedure) -> Option<&'a Conduct> {
    match &state.run {
        Some(id) => conducted.get(id),
        None => {
            let ended = || state.followed.as_ref().and_then(|id| conducted.get(id)).filter(|one| !one.goes_on());
            conducted.of(&procedure.name).or_else(ended)
        }
    }
}

/// What the screen of a procedure is drawn from.
pub fn desk(model: &Model, clock: Clock) -> Option<Desk<'_>> {
    let procedure = model.procedure.procedure.as_ref()?;
    desk_of(model, &model.procedure, (procedure, &model.procedure.grades), clock)
}

fn desk_of<'a>(
    model: &'a Model,
    state: &State,
    (procedure, grades): (&'a Arc<Procedure>, &'a Grades),
    clock: Clock,
) -> Option<Desk<'a>> {
    let fleet = model.fleet.as_ref()?;
    let conduct = conduct(state, &model.conducted, procedure);
    Some(Desk {
        environment: &fleet.environment,
        sheet: Sheet { procedure, run: conduct.map(|conduct| &conduct.run) },
        conduct,
        grades,
        past: state.run.is_some(),
        runs: model.runs.all(),
        person: &model.setup.person,
        clock,
        glyphs: model.styles.glyphs,
    })
}

/// Lets the state of the screen do something with what it is drawn from.
pub fn with<T>(model: &mut Model, does: impl FnOnce(&mut State, &Desk<'_>) -> T) -> Option<T> {
    let mut state = std::mem::take(&mut model.procedure);
    let (procedure, grades) = (state.procedure.clone(), Arc::clone(&state.grades));
    let done = procedure.as_ref().and_then(|procedure| {
        let desk = desk_of(model, &state, (procedure, &grades), STILL)?;
        Some(does(&mut state, &desk))
    });
    model.procedure = state;
    done
}

/// Shows the procedures that fit what is under the cursor.
pub fn come_from(model: &mut Model) {
    let subject = subject::of(model);
    let all = model.environment().map(|here| here.procedures.clone()).unwrap_or_default();
    model.runbooks.come_from(subject, &all);
    show(model, Screen::Runbooks);
}

/// Shows the list, or the document that was open when it was left.
pub fn list(model: &mut Model) {
    leave_deploy(model);
    let past = past::put_back(model);
    let open = model.procedure.procedure.is_some();
    let here = model.screen == Screen::Procedure && !past;
    let to = if open && !here && model.in_procedure { Screen::Procedure } else { Screen::Runbooks };
    model.in_procedure = to == Screen::Procedure;
    show(model, to);
}

/// Lays the desk of the procedures before whoever looks at a deploy, which has its own.
fn leave_deploy(model: &mut Model) {
    if model.screen == Screen::Deploy {
        show(model, Screen::Runbooks);
    }
}

/// Opens what is under the cursor of the list.
pub fn open_chosen(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(key) = shelf(model).and_then(|shelf| model.runbooks.chosen(shelf)).and_then(|row| row.key()) else {
        return Vec::new();
    };
    match key {
        Key::Procedure(name) => open(model, &name),
        Key::Run(id) => {
            let name = model.conducted.get(&id).and_then(|conduct| conduct.procedure().cloned());
            match name {
                Some(name) => open(model, &name),
                None => {
                    take_up::offer(model, &id, now);
                    Vec::new()
                }
            }
        }
    }
}

/// Opens a procedure by its name. One that is open already stays where it is.
pub fn open(model: &mut Model, name: &ProcedureName) -> Vec<Effect> {
    leave_deploy(model);
    past::put_back(model);
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
    model.runbooks.fits.get(&procedure.name)?;
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

/// Whether the step under the cursor has a command, or ran one.
pub fn has_command(model: &Model) -> bool {
    let Some((desk, place)) = desk(model, STILL).zip(model.procedure.cursor) else { return false };
    let ran = desk.steps(place).iter().any(|(_, step)| !step.command.is_empty());
    ran || desk.sheet.procedure.parts.get(place).is_some_and(|part| commanded(part).is_some())
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

/// Takes the key that runs the step under the cursor: answers what waits at it, ticks an item, else plans its command.
pub fn run_step(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(part) =
        model.procedure.cursor.and_then(|place| model.procedure.procedure.as_ref()?.parts.get(place)).cloned()
    else {
        return Vec::new();
    };
    if let Some((_, need)) = decide::need(model)
        && decide::conduct(model).is_some_and(|conduct| decide::is_at(conduct, &need, &part))
    {
        return decide::open_at(model, now);
    }
    if !sheet::is_automated(&part) && !matches!(part.doing, Doing::Decide(_) | Doing::Prompt(_)) {
        // A slip of the key that does things must not undo what somebody has attested.
        if let Some(key) = decide::is_ticked(model).then(|| key_of(model, Action::Tick)) {
            model.say(format!("It is ticked; {key} takes that back."), now);
            return Vec::new();
        }
        return decide::toggle(model, now);
    }
    if matches!(part.doing, Doing::Decide(_)) {
        // It is asked as soon as the run that begins for it waits for the answer.
        model.procedure.answer = Some((part.id.clone(), None));
    }
    begin::parts(model, vec![part.id], Vec::new(), now)
}

/// Whether a person paused the run beside the open document.
pub fn is_paused(model: &Model) -> bool {
    decide::conduct(model).is_some_and(|conduct| conduct.needs.contains(&Need::Paused))
}

/// Begins no further step, or goes on.
pub fn pause(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(conduct) = decide::conduct(model) else { return Vec::new() };
    let (id, paused) = (conduct.run.id.clone(), conduct.needs.contains(&Need::Paused));
    let said = if paused { "The run goes on." } else { "No further step begins; what goes on comes to its end." };
    model.say(said, now);
    vec![Effect::Decide(id, if paused { Decision::Continue } else { Decision::Pause })]
}

/// Asks for the reason with which the run ends.
pub fn end(model: &mut Model) {
    let Some(conduct) = decide::conduct(model) else { return };
    let id = conduct.run.id.clone();
    let choices = vec![choose::Choice {
        does: choose::Does::Abort,
        label: "end the run".to_owned(),
        about: "what goes on is ended, what was not begun is skipped".to_owned(),
        why_not: None,
        reason: true,
    }];
    let title =
        format!("End the run of {}?", conduct.run.title.chars().filter(|c| !c.is_control()).collect::<String>());
    let mut asking = choose::State::new(choose::What::End(id), title, Vec::new(), choices);
    // There is one way only: what is asked for is the reason.
    let _ = asking.accept();
    model.overlay = Some(Overlay::Choose(asking));
}

/// Who has the lock that something would need, as a clause; nothing where it needs none, or nobody else has it.
pub fn locked(model: &Model, wants: bool) -> Option<String> {
    let lock = model.conducted.locked().filter(|_| wants)?;
    Some(match model.conducted.is_locked_by_left() {
        true => "a run that you left has the lock".to_owned(),
        false => format!("{} has the lock", Foreign::from(lock.holder.person.as_str()).plain()),
    })
}

/// What a run waits for, in a few words.
pub fn need_told(model: &Model, conduct: &Conduct, environment: &Environment) -> String {
    let procedure = conduct.procedure().and_then(|name| environment.procedure(name));
    let title = |part: &PartId| procedure.map_or_else(|| part.to_string(), |one| inner_title(one, environment, part));
    let step = |number: usize, does: &str| {
        let step = conduct.run.steps.get(number);
        let part = step.and_then(|step| step.part.as_ref()).map(&title).unwrap_or_default();
        // What is cut where there is no room is the title.
        format!("{does}{}: {part}", step.map(RunStep::placed).unwrap_or_default())
    };
    match conduct.needs.first() {
        Some(Need::Tick(part)) => format!("tick {}", title(part)),
        Some(Need::Choose(part)) => format!("decide: {}", title(part)),
        Some(Need::Tell(names)) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!("it wants to know {}", names.join(", "))
        }
        Some(Need::Failure(number, _)) => step(*number, "failed"),
        Some(Need::Unknown(number, _)) => step(*number, "unknown"),
        Some(Need::Terminal(number)) => step(*number, "the terminal is wanted"),
        Some(Need::Go) => match locked(model, procedure.is_some_and(|one| one.header.lock)) {
            Some(why) => format!("the go waits: {why}"),
            None if model.reading_releases.holds() => "confirmed: it begins".to_owned(),
            None => "the gate is passed: go".to_owned(),
        },
        Some(Need::Window(opening, _)) if opening.is_open() => "the window is open again: go on".to_owned(),
        Some(Need::Window(..)) => "the window is closed".to_owned(),
        Some(Need::Paused) => "it is paused".to_owned(),
        None => String::new(),
    }
}

/// The run that goes on by itself when the console is left: one of the whole, or one of which something moves.
pub fn goes_on(model: &Model) -> Option<&Conduct> {
    let whole = |conduct: &Conduct| conduct.run.document.as_ref().is_some_and(|document| document.whole);
    let left = |conduct: &&Conduct| conduct.moves() || (conduct.goes_on() && whole(conduct));
    let mine = |conduct: &&Conduct| !model.conducted.is_open(&conduct.run.id);
    model.conducted.all().iter().rev().filter(mine).find(left)
}

/// The action that shows a run: a deploy or a rollback has a screen of its own.
pub fn shown_by(conduct: &Conduct, environment: &Environment) -> Action {
    shown_with(conduct.procedure(), environment)
}

fn shown_with(name: Option<&ProcedureName>, environment: &Environment) -> Action {
    let deploys = name.and_then(|name| environment.procedure(name)).is_some_and(|one| is_one(one));
    if deploys { Action::ShowDeploy } else { Action::ShowRunbooks }
}

/// Whether a run lies on the screen just now.
pub fn is_on_screen(model: &Model, id: &RunId) -> bool {
    model.at_procedure() && decide::conduct(model).is_some_and(|conduct| conduct.run.id == *id)
}

/// Stays with the run and with the end of its output.
pub fn follow(model: &mut Model) {
    model.procedure.output = None;
    model.procedure.along = true;
}

/// What is heard of runs beside their record.
pub fn news(model: &mut Model, news: ProcedureNews, now: Now) -> Vec<Effect> {
    told::heard(model, &news, now);
    let read = match &news {
        ProcedureNews::Document(id, _) => Some(id.clone()),
        ProcedureNews::Output(..)
        | ProcedureNews::Needs(..)
        | ProcedureNews::Preview(..)
        | ProcedureNews::Open(_)
        | ProcedureNews::Past(..)
        | ProcedureNews::Notice(..)
        | ProcedureNews::Trouble(..)
        | ProcedureNews::Denied(..)
        | ProcedureNews::Over(..)
        | ProcedureNews::Guarded(..)
        | ProcedureNews::Lock(_)
        | ProcedureNews::Awaited(_)
        | ProcedureNews::Changed(..)
        | ProcedureNews::NotTaken(..) => None,
    };
    let waited = decide::waits_for_go(model);
    model.conducted.hear(news, now);
    if let Some(id) = read {
        past::came(model, &id);
    }
    let anew = crate::app::deploy::waiting::settle(model, now);
    if !anew.is_empty() {
        return anew;
    }
    // Whoever is at it and does nothing else sees at once what the go would do.
    let is_free = model.overlay.is_none() && model.screen == crate::app::model::Screen::Procedure;
    if is_free && !waited && decide::waits_for_go(model) && why::lock_in_the_way(model).is_none() {
        return begin::rest(model, now);
    }
    decide::answers(model)
}

/// Runs that nobody is at, as they are said until they are taken up or somebody hides that: one may keep the
/// environment's lock. The sentence, the key that shows them, and what that does.
pub fn left(model: &Model) -> Option<(String, String, &'static str)> {
    let open = model.conducted.open.iter();
    let open: Vec<&OpenRun> = open.filter(|one| !model.left_hidden.contains(&one.run.id)).collect();
    let titles: Vec<String> = open.iter().map(|one| Foreign::from(one.run.title.as_str()).plain()).collect();
    // Of several that stand in different places all are in the list of runbooks.
    let shown = |one: &OpenRun| {
        let name = one.run.document.as_ref().map(|document| &document.name);
        model.environment().map(|here| shown_with(name, here))
    };
    let mut actions = open.iter().copied().map(shown);
    let first = actions.next().flatten().unwrap_or(Action::ShowRunbooks);
    let action = if actions.all(|other| other == Some(first)) { first } else { Action::ShowRunbooks };
    let key = key_on_screen(model, action);
    match titles.as_slice() {
        [] => None,
        [title] => Some((format!("A run was left, nobody is at it: {title}"), key, " shows it")),
        all => Some((format!("{} runs were left, nobody is at them", all.len()), key, " shows them")),
    }
}

/// Says no more of the runs that nobody is at; says whether anything was said of them.
pub fn hide_left(model: &mut Model) -> bool {
    let said = left(model).is_some();
    model.left_hidden = model.conducted.open.iter().map(|one| one.run.id.clone()).collect();
    said
}

/// After every event, while the document is on screen.
pub fn settle(model: &mut Model) {
    let Some(layout) = layout(model.size) else { return };
    with(model, |state, desk| {
        state.rows = step_rows(state, desk).len();
        let areas = areas(layout.content, state);
        let (columns, rows) = areas.output_size();
        let output = (output_lines(state, desk, columns), rows);
        let steps = (state.rows, areas.steps_rows());
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
            if let Some(part) = step_rows(state, desk).get(row).and_then(StepRow::part) {
                state.focus = Focus::Steps;
                state.stand_on(Some(part));
            }
        } else if inside(areas.output).is_some() {
            state.focus = Focus::Output;
        }
    });
}

/// Why there is no step at all.
pub fn no_parts(model: &Model) -> Option<&'static str> {
    let parts = model.procedure.procedure.as_ref().map_or(0, |procedure| procedure.parts.len());
    (parts == 0).then_some("nothing in this document can be done")
}

/// Why there is no step under the cursor.
pub fn no_part(model: &Model) -> Option<&'static str> {
    let none = || model.procedure.cursor.is_none().then_some("no step is under the cursor");
    no_parts(model).or_else(none)
}
