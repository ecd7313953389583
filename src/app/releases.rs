//! Releases and versions: asked for where a procedure of the environment wants to know of them, again and again while
//! somebody looks at them, and once more right before what they decide about begins.

use std::sync::Arc;
use std::time::Duration;

use super::deploy::{examining, following};
use super::hints::key_on_screen;
use super::model::{Model, Screen};
use super::procedures::begin;
use crate::domain::lock::Stands;
use crate::domain::procedure::{InputKind, Kind, Purpose};
use crate::domain::release::same_commit;
use crate::domain::source::Version;
use crate::domain::{Moment, Now, Permit, Procedure, ProcedureName, ProcedurePlan, RunId};
use crate::input::Action;
use crate::port::release::ReleaseWish;
use crate::port::{Effect, ReleaseNews};
use crate::state::releases::{plan_too_late, targets, trouble, wants};
use crate::text::Foreign;

/// What is on screen is read anew when it is so old.
const EVERY: Duration = Duration::from_secs(30);
/// A wish that was not answered for so long may be made again.
const GIVEN_UP: Duration = Duration::from_secs(60);
/// What was confirmed waits no longer than this for what was released meanwhile; whoever is asked gives up before.
const HELD: Duration = Duration::from_secs(40);

/// What is being read, and what waits for it.
#[derive(Debug, Default)]
pub struct Reading {
    releases: Asked,
    versions: Asked,
    /// The procedure that lay on the screen of deploys after the last event, while that was shown.
    shown: Option<Option<ProcedureName>>,
    /// The run that had the lock after the last event.
    locked: Option<RunId>,
    held: Option<Held>,
}

/// One question: at most one of its kind is on its way.
#[derive(Debug, Default)]
struct Asked {
    sent: Option<Moment>,
    /// Something has happened since it was sent: what comes back may be older than that.
    again: bool,
    /// When it came back the last time.
    came: Option<Moment>,
}

/// What was confirmed and begins when everything is read.
#[derive(Debug)]
struct Held {
    permit: Permit<ProcedurePlan>,
    since: Moment,
    versions: bool,
}

/// Which of the two questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Releases,
    Versions,
}

impl Asked {
    fn is_on_its_way(&self, now: Moment) -> bool {
        self.sent.is_some_and(|sent| sent.age(now) < GIVEN_UP)
    }

    fn is_due(&self, now: Moment) -> bool {
        !self.is_on_its_way(now) && self.came.is_none_or(|came| came.age(now) >= EVERY)
    }

    /// When it is to be asked again while it is shown.
    fn next(&self) -> Option<Moment> {
        let given_up = self.sent.map(|sent| sent.after(GIVEN_UP));
        given_up.or_else(|| self.came.map(|came| came.after(EVERY)))
    }
}

impl Reading {
    fn of(&mut self, which: Which) -> &mut Asked {
        match which {
            Which::Releases => &mut self.releases,
            Which::Versions => &mut self.versions,
        }
    }

    /// Whether what was confirmed waits for what is read.
    pub fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// When something is to be read anew, or is waited for no longer.
    pub fn wakes_at(&self, wanted: (bool, bool)) -> Option<Moment> {
        let held = self.held.as_ref().map(|held| held.since.after(HELD));
        let releases = self.releases.next().filter(|_| wanted.0 && self.shown.is_some());
        let versions = self.versions.next().filter(|_| wanted.1 && self.shown.is_some());
        [held, releases, versions].into_iter().flatten().min()
    }
}

/// What the procedures of the environment want to know: of releases first, of versions second.
pub fn wanted(model: &Model) -> (bool, bool) {
    let Some(environment) = model.environment() else { return (false, false) };
    let each = environment.procedures.iter().map(|procedure| wants(procedure));
    each.fold((false, false), |all, one| (all.0 || one.0, all.1 || one.1))
}

/// Asks, where it is wanted. While the same is on its way nothing is asked; with `anew` it is then asked once more.
fn ask(model: &mut Model, which: Which, anew: bool, now: Now) -> Option<Effect> {
    let (releases, versions) = wanted(model);
    let (wanted, wish) = match which {
        Which::Releases => (releases, ReleaseWish::Releases),
        Which::Versions => (versions, ReleaseWish::Versions),
    };
    let asked = model.reading_releases.of(which);
    if !wanted {
        return None;
    }
    if asked.is_on_its_way(now.mono) {
        asked.again |= anew;
        return None;
    }
    (asked.sent, asked.again) = (Some(now.mono), false);
    Some(Effect::ReadReleases(wish))
}

/// Asks for both.
fn both(model: &mut Model, anew: bool, now: Now) -> Vec<Effect> {
    let which = [Which::Releases, Which::Versions];
    which.into_iter().filter_map(|which| ask(model, which, anew, now)).collect()
}

/// What is to be asked when an environment is opened: nothing where nothing in it is about releases.
pub fn opened(model: &mut Model, now: Now) -> Vec<Effect> {
    model.reading_releases = Reading::default();
    both(model, true, now)
}

/// What is to be asked when a run has ended, which may have been a release.
pub fn ended(model: &mut Model, now: Now) -> Vec<Effect> {
    ask(model, Which::Releases, true, now).into_iter().collect()
}

/// What is to be asked when a person wants everything to be read anew.
pub fn refresh(model: &mut Model, now: Now) -> Vec<Effect> {
    both(model, true, now)
}

/// Why there is nothing to read anew now; nothing when there is.
pub fn not_anew(model: &Model) -> Option<&'static str> {
    let (releases, versions) = wanted(model);
    let reading = &model.reading_releases;
    if !releases && !versions {
        Some("no procedure here asks for releases or versions")
    } else if (!releases || reading.releases.sent.is_some()) && (!versions || reading.versions.sent.is_some()) {
        Some("releases and versions are being read")
    } else {
        None
    }
}

/// Takes news in; what was confirmed and waits for them begins, or does not.
pub fn take(model: &mut Model, news: ReleaseNews, now: Now) -> Vec<Effect> {
    let which = match &news {
        ReleaseNews::Releases(_) => Some(Which::Releases),
        ReleaseNews::Versions(versions) => {
            let moved = moved(model, versions.as_deref().unwrap_or_default());
            // What git said of such a name was of another commit.
            model.deploy.asked.retain(|asked| !moved.iter().any(|name| name.raw() == asked.0.as_bytes()));
            moved.iter().for_each(|name| model.releases.forget(name));
            Some(Which::Versions)
        }
        ReleaseNews::Examined(run, kept) => return examining::came(model, run, kept.clone(), now),
        ReleaseNews::Facts(..) | ReleaseNews::Followed(..) | ReleaseNews::Looked(..) => None,
    };
    let is_about_follow_ups = matches!(news, ReleaseNews::Followed(..) | ReleaseNews::Looked(..));
    let is_first = model.releases.releases.is_none();
    following::tell(model, &news, now);
    model.releases.take(news);
    following::heard(model, is_first, now);
    if is_about_follow_ups {
        // What others have said meanwhile.
        return ask(model, Which::Releases, true, now).into_iter().collect();
    }
    let Some(which) = which else { return Vec::new() };
    match which {
        Which::Releases => model.releases.releases_at = Some(now.wall),
        Which::Versions => model.releases.versions_at = Some(now.wall),
    }
    let asked = model.reading_releases.of(which);
    let again = asked.again;
    (asked.sent, asked.again, asked.came) = (None, false, Some(now.mono));
    let mut effects: Vec<Effect> = Vec::new();
    if again {
        effects.extend(ask(model, which, true, now));
    }
    effects.extend(begin_held(model, now));
    effects
}

/// Names that mean another commit than they did.
fn moved(model: &Model, versions: &[Version]) -> Vec<Foreign> {
    let Some(Ok(known)) = &model.releases.versions else { return Vec::new() };
    let is_other = |one: &&Version| versions.iter().any(|new| new.name == one.name && new.commit.id != one.commit.id);
    known.iter().filter(is_other).map(|one| one.name.clone()).collect()
}

/// After every event: what is on screen is read anew when the screen is opened, when another procedure lies on it, when
/// somebody's run has given the lock back, and when it is old.
pub fn settle(model: &mut Model, now: Now) -> Vec<Effect> {
    let mut effects = Vec::new();
    let is_open = model.screen == Screen::Deploy && model.fleet.is_some();
    let shown = is_open.then(|| model.procedure.procedure.as_ref().map(|procedure| procedure.name.clone()));
    let before = std::mem::replace(&mut model.reading_releases.shown, shown.clone());
    if shown.is_some() && shown != before {
        effects.extend(both(model, false, now));
    }
    for which in [Which::Releases, Which::Versions] {
        if shown.is_some() && model.reading_releases.of(which).is_due(now.mono) {
            effects.extend(ask(model, which, false, now));
        }
    }
    // A run that has the lock no more has ended, wherever it was done.
    let lock = model.conducted.lock.as_ref().filter(|lock| matches!(lock.stands, Stands::Held | Stands::Reserved));
    let locked = lock.and_then(|lock| lock.holder.run.clone());
    let before = std::mem::replace(&mut model.reading_releases.locked, locked.clone());
    if before.is_some() && before != locked {
        effects.extend(ended(model, now));
    }
    if model.reading_releases.held.as_ref().is_some_and(|held| held.since.age(now.mono) >= HELD) {
        model.reading_releases.held = None;
        let why = "What was released meanwhile could not be read, so nothing was begun. Look whether the lock host and \
                   git answer, and confirm it again.";
        begin::tell(model, "Not begun", why);
    }
    effects
}

/// What was confirmed goes through where it asks nothing of releases; else it is held until they were read anew.
///
/// # Errors
/// What is to be asked before it begins.
pub fn hold(model: &mut Model, permit: Permit<ProcedurePlan>, now: Now) -> Result<Permit<ProcedurePlan>, Vec<Effect>> {
    let plan = permit.plan();
    let procedure = model.environment().and_then(|here| here.procedure(&plan.procedure)).cloned();
    let Some(procedure) = procedure.filter(|procedure| depends(procedure, plan)) else { return Ok(permit) };
    let effects = both(model, true, now);
    let versions = wants(&procedure).1;
    model.reading_releases.held = Some(Held { permit, since: now.mono, versions });
    model.overlay = None;
    model.say_for("What was released meanwhile is read; then it begins.", HELD, now);
    Err(effects)
}

/// Whether what was released decides about a plan that changes something.
fn depends(procedure: &Procedure, plan: &ProcedurePlan) -> bool {
    let goes = plan.whole && plan.purpose == Purpose::Forward;
    let brings = procedure.header.kind == Kind::Deploy && version(procedure, plan).is_some();
    goes && (brings || back_to(procedure, plan).is_some())
}

/// Begins what was held, when everything that it waits for has come.
fn begin_held(model: &mut Model, now: Now) -> Vec<Effect> {
    let reading = &model.reading_releases;
    let Some(held) = &reading.held else { return Vec::new() };
    if reading.releases.sent.is_some() || (held.versions && reading.versions.sent.is_some()) {
        return Vec::new();
    }
    let Some(Held { permit, .. }) = model.reading_releases.held.take() else { return Vec::new() };
    model.notice = None;
    let plan = permit.plan();
    let procedure = model.environment().and_then(|here| here.procedure(&plan.procedure)).cloned();
    let Some(procedure) = procedure else { return Vec::new() };
    if let Some(why) = unexamined(model, &procedure, plan) {
        begin::tell(model, "This version did not go well before", &held_back(model, &why));
        return Vec::new();
    }
    if let Some(why) = not_back(model, &procedure, plan) {
        begin::tell(model, "There is no way back to it any more", &format!("{why}."));
        return Vec::new();
    }
    begin::conduct(model, permit, now)
}

/// What is brought, as it was said.
fn version<'a>(procedure: &Procedure, plan: &'a ProcedurePlan) -> Option<&'a str> {
    let name = procedure.header.release.as_ref()?.version.as_ref()?;
    plan.given.iter().find(|given| given.name == *name)?.value.as_deref()
}

/// What is gone back to, as it was said.
fn back_to<'a>(procedure: &Procedure, plan: &'a ProcedurePlan) -> Option<&'a str> {
    let name =
        procedure.header.inputs.iter().find(|input| input.kind == InputKind::Release).map(|input| &input.name)?;
    plan.given.iter().find(|given| given.name == *name)?.value.as_deref()
}

/// Why a deploy is not begun, as far as it is known: its version did not go well before, and nobody has looked.
pub fn unexamined(model: &Model, procedure: &Arc<Procedure>, plan: &ProcedurePlan) -> Option<String> {
    if !plan.whole {
        return None;
    }
    let value = version(procedure, plan)?;
    let known = model.releases.releases.as_ref()?;
    trouble(&known.history, procedure, value, model.releases.commit(value))
}

/// Why a version is held back, with what can be done about it here.
pub fn held_back(model: &Model, why: &str) -> String {
    let key = key_on_screen(model, Action::ExamineRelease);
    format!("{why}.\n\nHere: {key} on its row of page 1 asks what you found, and keeps it in the same way.")
}

/// Why a plan is not begun, as far as it is known: a backup that it brings back was made too late.
pub fn too_late(model: &Model, procedure: &Procedure, plan: &ProcedurePlan) -> Option<String> {
    plan_too_late(&model.releases.releases.as_ref()?.history, procedure, plan)
}

/// Why a release can't be gone back to any more. One that is not in the record at all was known from somewhere else: that
/// does not take the way back away.
fn not_back(model: &Model, procedure: &Procedure, plan: &ProcedurePlan) -> Option<String> {
    let word = back_to(procedure, plan)?;
    let history = &model.releases.releases.as_ref()?.history;
    let is_recorded = history.releases().iter().any(|release| release.is_called(word.as_bytes()));
    let is_it = |target: &String| target == word || same_commit(target.as_bytes(), word.as_bytes());
    let told = Foreign::from(word).plain();
    (is_recorded && !targets(history, procedure).iter().any(is_it))
        .then(|| format!("{told} runs now, or did not go well since: choose again on page 1"))
}
