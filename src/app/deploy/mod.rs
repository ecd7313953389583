//! A deploy between the model and its screen: which one it is, where its run stands, what a key does on each page. What is
//! done is done by the run of its procedure.

pub mod examining;
pub mod following;
mod moves;
mod next;
mod settle;
pub mod waiting;

pub use moves::{go, point};
pub use next::{not_next, only_looks, opens, proceed};
pub use settle::{Seen, settle};

use std::sync::Arc;

use super::act::show;
use super::hints::key_on_screen;
use super::layout::layout;
use super::model::{Model, Screen};
use super::procedures::{self, begin, decide};
use crate::domain::procedure::{Kind, Procedure, Role};
use crate::domain::{Now, ProcedureName};
use crate::input::Action;
use crate::port::Effect;
use crate::screens::deploy::{Areas, Output, Planned, Sight, areas};
use crate::screens::{plan, procedure};
use crate::state::deploy::what::{Pick, Row, goes_back, procedures as choosable};
use crate::state::deploy::{Page, Wizard, is_one};
use crate::state::procedures::Chosen;
use crate::state::releases::{targets, trouble};
use crate::ui::Clock;

/// The deploy that lies on the desk, with its run.
pub fn wizard(model: &Model) -> Option<Wizard<'_>> {
    if model.screen != Screen::Deploy {
        return None;
    }
    let procedure = model.procedure.procedure.as_ref()?;
    let conduct = decide::conduct(model);
    let sheet = crate::state::procedures::Sheet { procedure, run: conduct.map(|conduct| &conduct.run) };
    Some(Wizard { environment: model.environment()?, sheet, conduct, told: &model.procedure.told })
}

/// Does something with everything from which the pages are drawn.
pub fn with_sight<T>(model: &Model, clock: Clock, does: impl FnOnce(&Sight<'_>, Option<Areas>) -> T) -> Option<T> {
    let environment = model.environment()?;
    let areas = layout(model.size).map(|layout| areas(layout.content, &model.deploy));
    let wizard = wizard(model);
    let key = |action: Action| key_on_screen(model, action);
    let columns = areas.map_or(80, |areas| areas.detail_size().0);
    let desk = procedures::desk(model, clock);
    let printed = match (&desk, model.procedure.cursor) {
        (Some(desk), Some(part)) if model.deploy.page == Page::Run => Some(procedure::Output::new(desk, part, columns)),
        (Some(_) | None, Some(_) | None) => None,
    };
    let line = |place: usize| printed.as_ref().map(|printed| printed.line(place)).unwrap_or_default();
    let output =
        printed.as_ref().map(|printed| Output { count: printed.count(), line: &line, top: model.procedure.output });
    let on_plan = model.deploy.page == Page::Plan;
    let made = model.deploy_plan.as_ref().filter(|_| on_plan);
    let known = made.and_then(|made| made.known.as_deref()).unwrap_or(&model.releases);
    let seen = made.map(|made| &made.plan);
    let lines = match (seen, model.procedure.procedure.as_ref()) {
        (Some(Ok(made)), Some(procedure)) => {
            let beside = begin::beside((&model.conducted, Some(environment)), known, made, procedure);
            let offered = model.deploy_plan.as_ref().and_then(|seen| seen.offered.as_deref());
            let beside = plan::Beside { offered, ..beside };
            Some(plan::lines(made, procedure, &beside, columns, clock, model.styles.glyphs))
        }
        (Some(Err(_)) | None, _) | (Some(Ok(_)), None) => None,
    };
    let plan = match (seen, &lines) {
        (Some(Ok(_)), Some(lines)) => Some(Planned::Lines(lines)),
        (Some(Err(missing)), _) => Some(Planned::Missing(missing)),
        (Some(Ok(_)), None) | (None, _) => None,
    };
    let sight = Sight {
        environment,
        wizard,
        known,
        conducted: &model.conducted,
        runs: model.runs.all(),
        person: &model.setup.person,
        looking: model.looking.asked(),
        begins: model.reading_releases.holds(),
        no_way_back: no_way_back(model),
        output,
        plan,
        key: &key,
        clock,
        glyphs: model.styles.glyphs,
    };
    Some(does(&sight, areas))
}

/// Whether the page is shown on which versions and releases are chosen.
pub fn is_choosing(model: &Model) -> bool {
    model.screen == Screen::Deploy && model.deploy.page == Page::What
}

/// Chooses a deploy or a rollback, and lays it on the desk.
fn choose(model: &mut Model, name: &ProcedureName) {
    let Some(procedure) = model.environment().and_then(|here| here.procedure(name)).cloned() else { return };
    let same = model.procedure.procedure.as_ref().is_some_and(|known| Arc::ptr_eq(known, &procedure));
    if !same {
        model.procedure.open(procedure, None);
        model.deploy_plan = None;
    }
    model.deploy.choose(name.clone());
}

/// Puts a run that was taken up in front of whoever took it up here.
pub fn taken_up(model: &mut Model, name: &ProcedureName) -> bool {
    let of_one = model.environment().and_then(|here| here.procedure(name)).is_some_and(|one| is_one(one));
    if model.screen != Screen::Deploy || !of_one {
        return false;
    }
    choose(model, name);
    (model.deploy.along, model.deploy.held) = (true, false);
    true
}

/// The deploy or rollback whose run goes on here, the newest first.
fn going(model: &Model) -> Option<ProcedureName> {
    let environment = model.environment()?;
    let of_one = |name: &&ProcedureName| environment.procedure(name).is_some_and(|procedure| is_one(procedure));
    let all = model.conducted.all().iter().rev();
    let mut here = all.filter(|conduct| model.conducted.is_done_here(&conduct.run.id));
    here.find_map(|conduct| conduct.procedure().filter(of_one)).cloned()
}

/// Shows the deploy: the one whose run goes on here, else the one that was shown before.
pub fn open(model: &mut Model) {
    show(model, Screen::Deploy);
    if let Some(name) = going(model).filter(|name| model.deploy.name.as_ref() != Some(name)) {
        choose(model, &name);
        (model.deploy.along, model.deploy.held) = (true, false);
    }
}

/// Goes back to a release that was good: the run that goes on goes back by its own way, where it has one; else the
/// rollback is opened with the releases that can be chosen.
pub fn go_back(model: &mut Model, now: Now) -> Vec<Effect> {
    open(model);
    let goes = wizard(model).is_some_and(|wizard| wizard.goes_on() && wizard.has_begun() && wizard.has_way_back());
    if goes {
        let page = wizard(model).map_or(Page::Run, |wizard| wizard.current());
        model.deploy.turn(page, page);
        return match procedures::why::not(model, Action::RollBack) {
            None => begin::other(model, Chosen::Rollback, now),
            Some(why) => {
                model.say(why, now);
                Vec::new()
            }
        };
    }
    let named = model.procedure.procedure.as_ref().and_then(|procedure| procedure.header.rollback.clone());
    let Some(name) = rollback(model, named) else { return Vec::new() };
    choose(model, &name);
    model.procedure.followed = None;
    let current = wizard(model).map_or(Page::What, |wizard| wizard.current());
    model.deploy.turn(Page::What, current);
    model.deploy.pick = Some(Pick::Procedure(name));
    to_first_choice(model);
    Vec::new()
}

/// The rollback that is meant: the one that the deploy names, else the first that goes back to a recorded release.
fn rollback(model: &Model, named: Option<ProcedureName>) -> Option<ProcedureName> {
    let environment = model.environment()?;
    let is_back = |procedure: &&Procedure| procedure.header.kind == Kind::Rollback;
    let all: Vec<&Procedure> = choosable(environment).into_iter().filter(is_back).collect();
    let named = named.filter(|name| all.iter().any(|one| one.name == *name));
    let first = || all.iter().find(|one| goes_back(one)).or_else(|| all.first()).map(|one| one.name.clone());
    named.or_else(first)
}

/// Whether the run that is shown has left anything from which one can still go back.
pub fn may_go_back(model: &Model) -> bool {
    wizard(model).is_none_or(|wizard| wizard.run().is_none() || wizard.may_go_back())
}

/// Why there is nothing to go back by.
pub fn no_way_back(model: &Model) -> Option<&'static str> {
    if model.fleet.is_none() {
        return Some("nothing is open");
    }
    let environment = model.environment()?;
    let own = going(model).and_then(|name| environment.procedure(&name));
    let own = own.is_some_and(|one| one.sections.iter().any(|section| section.role == Role::Rollback));
    if own {
        return None;
    }
    let Some(procedure) = rollback(model, None).and_then(|name| environment.procedure(&name)) else {
        return Some("no procedure here is a rollback");
    };
    let known = model.releases.releases.as_ref().filter(|_| goes_back(procedure))?;
    targets(&known.history, procedure).is_empty().then_some("no good release before this one is recorded")
}

/// Puts the cursor on the first version or release that can be chosen; says whether there is one.
fn to_first_choice(model: &mut Model) -> bool {
    let first = with_sight(model, STILL, |sight, _| {
        let can = |row: &&Row<'_>| matches!(row, Row::Version(_) | Row::Release(_, Ok(_)));
        let rows = sight.choices();
        // What is held back until somebody has looked comes after what is not.
        let held = |row: &Row<'_>| match (row, sight.wizard, &sight.known.releases) {
            (Row::Version(version), Some(wizard), Some(known)) => {
                let name = version.name.plain();
                trouble(&known.history, wizard.sheet.procedure, &name, Some(&version.commit.id)).is_some()
            }
            (_, _, _) => false,
        };
        let first = rows.iter().filter(can).find(|row| !held(row)).or_else(|| rows.iter().find(can));
        first.and_then(Row::pick)
    });
    match first.flatten() {
        Some(pick) => {
            model.deploy.pick = Some(pick);
            true
        }
        None => false,
    }
}

const STILL: Clock = Clock { now: Now::START, running: false };

/// Shows the next page, or the one before.
pub fn turn(model: &mut Model, by: isize) {
    let current = wizard(model).map_or(Page::What, |wizard| wizard.current());
    model.deploy.turn(model.deploy.page.moved(by), current);
}

/// Goes along with the run again.
pub fn follow(model: &mut Model) {
    (model.deploy.along, model.deploy.held, model.procedure.output) = (true, false, None);
}

/// One page back; says whether there was one.
pub fn back(model: &mut Model) -> bool {
    let first = model.deploy.page == Page::What;
    if !first {
        turn(model, -1);
    }
    !first
}
