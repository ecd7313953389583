//! What follows from every event while a deploy is on screen: the page goes along with the run, the cursor stands on what
//! is there, and what is not known yet of what it stands on is asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{STILL, choose, going, with_sight, wizard};
use crate::app::model::{Model, Screen};
use crate::app::procedures::{begin, decide};
use crate::domain::procedure::{Kind, Procedure};
use crate::domain::run::RunStep;
use crate::domain::{Now, ProcedurePlan, Run, RunId};
use crate::port::Effect;
use crate::port::release::ReleaseWish;
use crate::screens::deploy::{Planned, below, count, detail_lines, row_of, short_lines};
use crate::state::deploy::what::{Pick, Row, procedures as choosable};
use crate::state::deploy::{Page, first_following};
use crate::state::procedures::{Chosen, Missing, again, has_gate, offered_back, plan_seen};
use crate::state::releases::{Known, service};
use crate::text::Foreign;
use crate::ui::Clock;

/// Versions about which git was asked that are remembered.
const ASKED: usize = 50;

/// The plan of what stands behind the gate, as it was last made.
#[derive(Debug)]
pub struct Seen {
    key: Key,
    /// It; what is still to be said where it can't be made.
    pub(super) plan: Result<Box<ProcedurePlan>, Vec<String>>,
    /// The way back that somebody may choose when it fails.
    pub(super) offered: Option<Box<ProcedurePlan>>,
    /// What was known of releases when it was confirmed; nothing while it is not.
    pub(super) known: Option<Box<Known>>,
}

/// What the plan was made of: while this is the same, so is the plan.
#[derive(Debug, PartialEq)]
struct Key {
    digest: String,
    run: Option<RunId>,
    ended: usize,
    confirmed: bool,
    releases: usize,
    told: BTreeMap<String, String>,
}

/// After every event while it is on screen: the page goes along with the run, the cursor stands on what is there, and
/// what is not known yet of what it stands on is asked for.
pub fn settle(model: &mut Model, clock: Clock) -> Option<Effect> {
    if model.screen != Screen::Deploy || model.fleet.is_none() {
        return None;
    }
    if model.procedure.procedure.is_none() {
        let all = model.environment().map(|here| choosable(here)).unwrap_or_default();
        let deploys: Vec<&&Procedure> = all.iter().filter(|one| one.header.kind == Kind::Deploy).collect();
        let only = match deploys.as_slice() {
            [only] => Some(only.name.clone()),
            _ => None,
        };
        if let Some(name) = going(model).or(only) {
            choose(model, &name);
        }
    }
    let running = decide::conduct(model).filter(|conduct| conduct.goes_on()).map(|conduct| conduct.run.id.clone());
    if running.is_some() {
        model.procedure.followed = running;
    }
    let current = wizard(model).map_or(Page::What, |wizard| wizard.current());
    // Nothing moves behind what a person is being asked.
    if model.deploy.along && model.overlay.is_none() {
        model.deploy.show(current);
    }
    stand(model, clock.now.wall);
    see_plan(model, clock.now);
    model.deploy.waived = wizard(model).is_some_and(|wizard| !wizard.let_pass().is_empty());
    let short = with_sight(model, clock, |sight, areas| {
        let wizard = sight.wizard.filter(|_| model.deploy.page == Page::Verdict)?;
        let columns = usize::from(areas?.foot.width.saturating_sub(4));
        Some(short_lines(wizard, sight, columns))
    });
    model.deploy.short = short.flatten().unwrap_or(0);
    let sizes = with_sight(model, clock, |sight, areas| {
        let areas = areas?;
        let state = &model.deploy;
        let columns = areas.list_columns();
        let (wide, high) = areas.detail_size();
        let lines = match &sight.plan {
            Some(Planned::Lines(lines)) => lines.all().len(),
            Some(Planned::Missing(_)) | None => detail_lines(state, sight, wide).all().len(),
        };
        let row = row_of(state, sight, columns);
        let rows = areas.list_rows().saturating_sub(below(state.page, sight, areas.list_rows(), columns));
        Some((row, count(state, sight, columns), rows, (lines, high)))
    });
    if let Some((row, rows, height, detail)) = sizes.flatten() {
        model.deploy.settle(row, rows, height, detail);
    }
    ask(model)
}

/// The cursor of the page stands on something that is there; keys that are about a part mean that one.
fn stand(model: &mut Model, now: Timestamp) {
    let page = model.deploy.page;
    let mut follows = 0;
    let part = match wizard(model) {
        _ if page == Page::What => None,
        None => None,
        Some(wizard) if page == Page::Verdict => {
            let all = wizard.following(model.releases.releases.as_ref(), now);
            follows = all.len();
            let kept = model.deploy.cursor().filter(|place| model.deploy.held && *place < all.len());
            kept.or_else(|| first_following(&all))
        }
        Some(wizard) => {
            let parts = wizard.parts(page);
            let kept = model.deploy.cursor().filter(|part| model.deploy.held && parts.contains(part));
            kept.or_else(|| wizard.at(page))
        }
    };
    model.deploy.follows = follows;
    model.deploy.put(part);
    // What follows a release is no part of its run.
    let part = part.filter(|_| page != Page::Verdict);
    if model.procedure.cursor != part {
        (model.procedure.cursor, model.procedure.output) = (part, None);
    }
    if page != Page::What {
        return;
    }
    let found = with_sight(model, STILL, |sight, _| {
        let rows = sight.choices();
        let there = |pick: &Pick| rows.iter().any(|row| row.pick().as_ref() == Some(pick));
        let kept = model.deploy.pick.clone().filter(|pick| there(pick));
        let chosen = || model.deploy.name.clone().map(Pick::Procedure).filter(|pick| there(pick));
        // Nothing else can begin before a run is taken up that keeps the lock: whoever has not moved yet stands on it.
        let left = || sight.conducted.locking_left().cloned().map(Pick::Unfinished).filter(|pick| there(pick));
        let moved = matches!(kept, Some(Pick::Version(_) | Pick::Release(_)));
        let stays = moved || model.deploy.led_to_left || model.overlay.is_some();
        let left = if stays { None } else { left() };
        let is_led = left.is_some();
        Some((left.or(kept).or_else(chosen).or_else(|| rows.iter().find_map(Row::pick)), is_led))
    });
    let (pick, is_led) = found.flatten().unwrap_or_default();
    let was_led = model.deploy.led_to_left && model.conducted.is_locked_by_left();
    (model.deploy.pick, model.deploy.led_to_left) = (pick, is_led || was_led);
}

/// Makes the plan of what stands behind the gate anew, where something of what it is made of has changed. What was
/// confirmed stays as it was: what is found out later, and what is recorded later, changes nothing of it.
fn see_plan(model: &mut Model, now: Now) {
    if model.deploy.page != Page::Plan {
        return;
    }
    let Some(procedure) = model.procedure.procedure.clone() else { return };
    let conduct = decide::conduct(model);
    let confirmed = wizard(model).is_some_and(|wizard| wizard.run().is_some() && wizard.is_let_go());
    let key = Key {
        digest: procedure.digest.clone(),
        run: conduct.map(|conduct| conduct.run.id.clone()),
        ended: conduct.map_or(0, |one| one.run.steps.iter().filter(|step| step.state.is_final()).count()),
        confirmed,
        releases: model.releases.releases.as_ref().map_or(0, |known| known.history.releases().len()),
        told: model.procedure.told.clone(),
    };
    if model.deploy_plan.as_ref().is_some_and(|seen| seen.key == key) {
        return;
    }
    let gate = model.environment().is_some_and(|here| has_gate(&procedure, here));
    let what = if gate { Chosen::Rest } else { Chosen::Whole };
    let Some(mut wish) = begin::wish(model, what, Vec::new(), now) else { return };
    let known = wizard(model).and_then(|wizard| {
        let run = wizard.run().filter(|run| confirmed || run.ended.is_some())?;
        wish.choice.run = Some(run.id.clone());
        let at_gate = |step: &RunStep| {
            let place = step.part.as_ref().and_then(|id| wizard.sheet.part_of(id));
            place.is_some_and(|place| wizard.page_of(place) == Some(Page::Gate))
        };
        let steps = run.steps.iter().filter(|step| at_gate(step)).cloned().collect();
        let found = again(&Run { steps, ..run.clone() }, &procedure, wizard.environment);
        wish.answers.values.extend(found.values);
        wish.answers.captured = found.captured;
        // What can be chosen by now says nothing of what could be chosen then.
        (wish.answers.listed, wish.answers.notes) = (BTreeMap::new(), BTreeMap::new());
        (wish.answers.decided, wish.answers.of_whole) = (found.decided, found.of_whole);
        confirmed.then(|| Box::new(model.releases.before(&run.id, wizard.begun_at().unwrap_or(run.begun))))
    });
    let Some(fleet) = &model.fleet else { return };
    let made = plan_seen(&procedure, &fleet.environment, Some(fleet), &wish.answers, &wish.choice);
    let offered = offered_back(&procedure, &fleet.environment, Some(fleet), &wish.answers, &wish.choice);
    let offered = offered.and_then(Result::ok).map(Box::new);
    model.deploy_plan =
        Some(Seen { key, offered, plan: made.map(Box::new).map_err(|missing| unsaid(&missing)), known });
}

/// What must be said before it can be planned.
fn unsaid(missing: &Missing) -> Vec<String> {
    let wrong = missing.wrong.iter().map(|wrong| Foreign::from(wrong.to_string()).plain());
    let asked = missing.asked.iter().map(|asked| Foreign::from(asked.key()).plain());
    wrong.chain(asked).collect()
}

/// What is to be asked of git about the version that is chosen or under the cursor.
fn ask(model: &mut Model) -> Option<Effect> {
    let wizard = wizard(model)?;
    let known = model.releases.releases.as_ref()?;
    if wizard.sheet.procedure.header.kind != Kind::Deploy {
        return None;
    }
    let version = match (model.deploy.page, &model.deploy.pick) {
        (Page::What, Some(Pick::Version(name))) => name.plain(),
        (Page::What, _) => return None,
        (Page::Gate | Page::Plan | Page::Run | Page::Verify | Page::Verdict, _) => wizard.version()?,
    };
    let service = service(wizard.sheet.procedure);
    let since = known.history.current(service.as_ref(), None).good();
    let since = since.map(|release| release.commit.as_ref().unwrap_or(&release.version).plain());
    // Behind the gate what runs is the version itself: what was new in it is not asked anew.
    let told = model.releases.facts(&version).is_some() && model.deploy.page != Page::What;
    let wish = (version.clone(), since.clone());
    if told || model.deploy.asked.contains(&wish) {
        return None;
    }
    model.deploy.asked.push(wish);
    let more = model.deploy.asked.len().saturating_sub(ASKED);
    model.deploy.asked.drain(..more);
    Some(Effect::ReadReleases(ReleaseWish::Facts { version, since }))
}
