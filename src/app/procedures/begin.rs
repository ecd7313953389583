//! From a key to a permit: what is to be run is planned, what is missing is asked for, what changes anything is
//! confirmed, what only reads begins at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::forms;
use crate::app::changing::READ_ONLY;
use crate::app::model::{Model, Screen};
use crate::app::overlay::Overlay;
use crate::app::releases;
use crate::domain::permit::{Confirm, Confirmable, Demand};
use crate::domain::procedure::{Danger, ProcedurePlan, Purpose};
use crate::domain::run::{RunStep, StepState};
use crate::domain::{Environment, HostName, InputName, Now, PartId, Permit, Procedure, Run, RunId};
use crate::port::Effect;
use crate::port::act::StoreState;
use crate::port::procedure::Need;
use crate::screens::choose::{self, About};
use crate::screens::{edit, plan};
use crate::state::deploy::{Wizard, names_version};
use crate::state::procedures::conducted::Sent;
use crate::state::procedures::{
    Answers, Choice, Chosen, Conducted, Edited, Missing, Sheet, again, commanded, done_before_word, has_gate, is_of,
    offered, plan_seen, unlisted,
};
use crate::state::releases::Known;
use crate::text::Foreign;

/// What a person wants to be run, with everything that was said so far.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The document.
    pub procedure: Arc<Procedure>,
    /// What of it, where.
    pub choice: Choice,
    /// What is known.
    pub answers: Answers,
    /// Whether the inputs were shown that have a value already.
    pub reviewed: bool,
}

/// The run that chosen parts are added to: the one that goes on here.
pub fn run(model: &Model, procedure: &Procedure) -> Option<RunId> {
    model.conducted.of(&procedure.name).map(|conduct| conduct.run.id.clone())
}

/// A wish for parts of the open document.
pub fn wish(model: &Model, what: Chosen, only: Vec<HostName>, now: Now) -> Option<Wish> {
    let procedure = model.procedure.procedure.as_ref()?;
    let run = if matches!(what, Chosen::Whole | Chosen::Gate) { None } else { run(model, procedure) };
    let hosts = model.procedure.hosts.clone();
    wished(model, Choice { what, hosts, only, run }, now)
}

/// A wish for this choice of the open document.
pub fn wished(model: &Model, choice: Choice, now: Now) -> Option<Wish> {
    let procedure = Arc::clone(model.procedure.procedure.as_ref()?);
    let answers = known(model, &procedure, now);
    Some(Wish { procedure, choice, answers, reviewed: false })
}

/// What is known beside the document: what was told before, what earlier parts gave, what was decided.
fn known(model: &Model, procedure: &Procedure, now: Now) -> Answers {
    let mut answers = Answers::default();
    if let (Some(conduct), Some(environment)) = (model.conducted.of(&procedure.name), model.environment()) {
        answers = again(&conduct.run, procedure, environment);
    }
    answers.values.extend(model.procedure.told.clone());
    answers.left.extend(model.procedure.left.iter().cloned());
    answers.listed.extend(model.releases.listed(procedure));
    answers.listed.extend(model.choices.listed(procedure));
    answers.offer(model.releases.backups(procedure, &answers.values, now.wall));
    let zone = model.setup.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    answers.now = Some(now.wall.to_zoned(zone).datetime());
    answers
}

/// Why nothing is begun at all.
pub fn refused(model: &Model, danger: Danger) -> Option<String> {
    if let Some(environment) = model.environment().filter(|environment| !environment.trusted) {
        let word = crate::app::strip::word_for(model, &environment.site);
        return Some(format!("the site is untrusted, so it runs no command of its own: qd trust {word}"));
    }
    if let Some(StoreState::ReadOnly(_)) = &model.store {
        return Some("it could not be recorded".to_owned());
    }
    if danger > Danger::Read && model.setup.read_only {
        return Some(READ_ONLY.to_owned());
    }
    if model.reading_releases.holds() {
        return Some("what was confirmed begins when what was released meanwhile is read".to_owned());
    }
    if model.conducted.sent.is_some() {
        return Some("another run is about to begin".to_owned());
    }
    (danger > Danger::Read && model.under_way.is_busy()).then(|| "a change is under way".to_owned())
}

/// Plans a wish: what is missing is asked for, what changes something is shown, what only reads begins.
pub fn plan_it(model: &mut Model, wish: Wish, now: Now) -> Vec<Effect> {
    let Some(fleet) = &model.fleet else { return Vec::new() };
    // Whoever begins the whole sees what it takes, and may change it.
    let begins = matches!(wish.choice.what, Chosen::Whole | Chosen::Gate) && wish.choice.run.is_none();
    // What was chosen on a deploy's page of what is asked for no more.
    let picked = if model.screen == Screen::Deploy { names_version(&wish.procedure) } else { None };
    let picked = picked.filter(|name| wish.answers.values.contains_key(name.as_str()));
    let offered = if begins && !wish.reviewed {
        offered(&wish.procedure, &fleet.environment, &wish.answers, picked)
    } else {
        Vec::new()
    };
    let planned = plan_seen(&wish.procedure, &fleet.environment, Some(fleet), &wish.answers, &wish.choice);
    let planned = match planned {
        Ok(_) if !offered.is_empty() => Err(Missing { asked: offered, wrong: Vec::new() }),
        // What goes on was judged when it began.
        Ok(plan) if wish.choice.run.is_none() && forms::lists(&fleet.environment) => {
            let unjudged = unlisted(&wish.procedure, &fleet.environment, &wish.answers, &plan);
            if unjudged.is_empty() { Ok(plan) } else { Err(Missing { asked: unjudged, wrong: Vec::new() }) }
        }
        Err(mut missing) => {
            missing.merge(Missing { asked: offered, wrong: Vec::new() });
            missing.asked.sort_by_key(|asked| forms::order(&wish.procedure, asked));
            Err(missing)
        }
        Ok(plan) => Ok(plan),
    };
    match planned {
        Ok(plan) => offer(model, wish.procedure, plan, now),
        Err(missing) if missing.wrong.is_empty() => {
            let form = forms::missing(model, &missing, &wish);
            forms::open(model, form, forms::Purpose::Plan(Box::new(wish), missing))
        }
        Err(missing) => {
            let text: Vec<String> = missing.wrong.iter().map(|wrong| format!("{wrong}.")).collect();
            tell(model, "This can't be run as it is written", &text.join("\n"));
            Vec::new()
        }
    }
}

/// Says why something is not begun.
pub(in crate::app) fn tell(model: &mut Model, title: &str, text: &str) {
    let about = About { heading: String::new(), text: Foreign::from(text), difference: false };
    model.overlay = Some(Overlay::Choose(choose::State::new(choose::What::Told, title, vec![about], Vec::new())));
}

/// Shows a plan, or begins it where it needs nobody's word.
fn offer(model: &mut Model, procedure: Arc<Procedure>, plan: ProcedurePlan, now: Now) -> Vec<Effect> {
    if let Some(why) = refused(model, plan.danger()) {
        model.overlay = None;
        model.say(format!("Not begun: {why}."), now);
        return Vec::new();
    }
    if let Some(why) = releases::too_late(model, &procedure, &plan) {
        tell(model, "That backup was made too late", &format!("{why}."));
        return Vec::new();
    }
    if let Some(why) = releases::unexamined(model, &procedure, &plan) {
        tell(model, "This version did not go well before", &releases::held_back(model, &why));
        return Vec::new();
    }
    // What only looks whether it may begin needs nobody's word either.
    let looks = !plan.whole || plan.purpose == Purpose::Judge;
    // What others are told can't be taken back: it is shown before.
    let tells = plan.parts.iter().any(|part| part.kind == "notify");
    if !plan.changes() && looks && !tells && plan.disguised().is_none() {
        return match Confirm::new(plan).answer("") {
            Ok(permit) => conduct(model, permit, now),
            Err(_) => Vec::new(),
        };
    }
    model.conducted.previews.clear();
    // What is not what it looks like is not run to be looked at either.
    let previews = plan.disguised().is_none() && plan.parts.iter().any(|part| !part.previews.is_empty());
    let effects = if previews { vec![Effect::Preview(Box::new(plan.clone()))] } else { Vec::new() };
    model.overlay = Some(Overlay::Plan(Box::new(plan::State::new(procedure, plan))));
    effects
}

/// Takes the answer of the page.
pub fn answer(model: &mut Model, state: Box<plan::State>, now: Now) -> Vec<Effect> {
    if let Some(why) = refused(model, state.plan().danger()) {
        model.say(format!("Not begun: {why}."), now);
        model.overlay = Some(Overlay::Plan(state));
        return Vec::new();
    }
    match state.answer() {
        // What was released since the plan was made decides about it too.
        Ok(permit) => match releases::hold(model, permit, now) {
            Ok(permit) => conduct(model, permit, now),
            Err(effects) => effects,
        },
        Err(state) => {
            model.overlay = Some(Overlay::Plan(state));
            Vec::new()
        }
    }
}

/// From here on the engine does it.
pub(in crate::app) fn conduct(model: &mut Model, permit: Permit<ProcedurePlan>, now: Now) -> Vec<Effect> {
    let plan = permit.plan();
    if plan.run.is_none() {
        let (procedure, title) = (plan.procedure.clone(), plan.title.clone());
        model.conducted.sent = Some(Sent { procedure, title, at: now.mono });
        model.procedure.run = None;
    }
    model.procedure.along = plan.whole;
    for given in &plan.given {
        if let Some(value) = &given.value {
            model.procedure.told.insert(given.name.to_string(), value.clone());
        }
    }
    if let Some(hosts) = model.procedure.meant.take() {
        model.procedure.hosts = hosts;
    }
    model.overlay = None;
    vec![Effect::Conduct(Box::new(permit))]
}

/// What is known beside a plan.
pub fn beside<'a>(
    (conducted, environment): (&'a Conducted, Option<&'a Environment>),
    known: &Known,
    plan: &ProcedurePlan,
    procedure: &'a Procedure,
) -> plan::Beside<'a> {
    let overridden = |run: &Run| run.document.as_ref().is_some_and(|document| document.decided.overridden.is_some());
    // A run that has it already goes on.
    let locked = conducted.locked().filter(|lock| lock.holder.run.is_none() || lock.holder.run != plan.run);
    let of_plan = || plan.run.as_ref().and_then(|id| conducted.get(id));
    let run = conducted.of(&plan.procedure).or_else(of_plan).map(|conduct| &conduct.run);
    let asks_go = |run: &Run| conducted.get(&run.id).is_some_and(|one| one.needs.contains(&Need::Go));
    // What has ended is held up by nothing any more.
    let over = run.is_some_and(|run| run.ended.is_some());
    let chosen = |id: &PartId| plan.parts.iter().any(|part| part.part == *id || is_of(&part.part, id));
    // Parts that were chosen alone wait for no gate: whoever begins them is told of it.
    let alone = !plan.whole && plan.purpose == Purpose::Forward;
    let gate = if alone { Sheet { procedure, run }.open_gate(chosen) } else { None };
    let database = known.database_of(procedure, plan);
    let told = BTreeMap::new();
    let back = environment.and_then(|environment| {
        let conduct = run.and_then(|run| conducted.get(&run.id));
        let wizard = Wizard { environment, sheet: Sheet { procedure, run }, conduct, told: &told };
        wizard.going_back(plan, known, database.clone())
    });
    plan::Beside {
        back,
        previews: &conducted.previews,
        past: conducted.past.get(&plan.procedure),
        gate,
        locked: locked.filter(|_| !over),
        windows: environment.map(|here| &here.windows).filter(|_| !over && !run.is_some_and(overridden)),
        done: run
            .filter(|_| plan.whole && plan.purpose == Purpose::Forward)
            .filter(|run| asks_go(run))
            .map(done_before_word)
            .unwrap_or_default(),
        decided: run.zip(environment).map(|(run, here)| again(run, procedure, here).decided).unwrap_or_default(),
        database,
        found: run.map(|run| found(run, procedure)).unwrap_or_default(),
        offered: None,
    }
}

/// What the parts of a document have captured in a run of it.
fn found(run: &Run, procedure: &Procedure) -> BTreeMap<InputName, String> {
    let of = |step: &RunStep| {
        let part = step.part.as_ref().and_then(|id| procedure.part(id))?;
        Some((part.options.capture.clone()?, step.value.clone()?))
    };
    run.steps.iter().filter(|step| step.state == StepState::Verified).filter_map(of).collect()
}

/// Whether the page or the box asks for a single `y`.
pub fn wants_y(state: &plan::State) -> bool {
    matches!(state.demand(), Demand::Yes)
}

/// Opens the editor on the command of a part: on `last`, where it was edited before.
pub fn edit(model: &mut Model, part: usize, last: Option<String>, only: Vec<HostName>) {
    let Some(one) = model.procedure.procedure.as_ref().and_then(|procedure| procedure.parts.get(part)) else { return };
    let Some(text) = commanded(one) else { return };
    let state = edit::State::new(one.id.clone(), one.title.plain(), text, last.as_deref(), only);
    model.overlay = Some(Overlay::Edit(Box::new(state)));
}

/// Takes the edited command: it is planned like any other.
pub fn take_edit(model: &mut Model, state: edit::State, now: Now) -> Vec<Effect> {
    let command = state.is_changed().then(|| state.text());
    let what = Chosen::Parts(vec![Edited { part: state.part.clone(), command }]);
    match wish(model, what, state.only, now) {
        Some(wish) => plan_it(model, wish, now),
        None => Vec::new(),
    }
}

/// Plans some parts.
pub fn parts(model: &mut Model, parts: Vec<PartId>, only: Vec<HostName>, now: Now) -> Vec<Effect> {
    let what = Chosen::Parts(parts.into_iter().map(Edited::from).collect());
    match wish(model, what, only, now) {
        Some(wish) => plan_it(model, wish, now),
        None => Vec::new(),
    }
}

/// Plans the whole document: where it has a gate, that is judged first.
pub fn all(model: &mut Model, now: Now) -> Vec<Effect> {
    let gate = model.procedure.procedure.as_ref().zip(model.environment());
    let gate = gate.is_some_and(|(procedure, environment)| has_gate(procedure, environment));
    other(model, if gate { Chosen::Gate } else { Chosen::Whole }, now)
}

/// Plans what stands behind the gate of the run that goes on.
pub fn rest(model: &mut Model, now: Now) -> Vec<Effect> {
    other(model, Chosen::Rest, now)
}

/// Plans the whole document, its rollback, or what undoes a part.
pub fn other(model: &mut Model, what: Chosen, now: Now) -> Vec<Effect> {
    debug_assert!(model.at_procedure());
    match wish(model, what, Vec::new(), now) {
        Some(wish) => plan_it(model, wish, now),
        None => Vec::new(),
    }
}
