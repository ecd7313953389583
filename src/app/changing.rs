//! From a key to a permit: what an action is meant for, the menu, the confirmation, and the run that follows.

use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::{Now, Verb};
use crate::port::Effect;
use crate::port::act::StoreState;
use crate::screens::overview::target;
use crate::screens::{confirm, menu, plan as plan_page, running};
use crate::state::planner::{Rules, Target, applicable, plan};
use crate::ui::figure;

/// Why a console that was told to only look refuses.
pub const READ_ONLY: &str = "the console is read-only";

/// Whether anything may be changed at all.
pub fn rules(model: &Model) -> Rules {
    Rules {
        read_only: model.setup.read_only.then_some(READ_ONLY),
        store: model.store.clone().unwrap_or(StoreState::Writable),
        locked: model.conducted.locked().map(|lock| Box::new(lock.clone())),
    }
}

/// What an action is meant for now, and in a few words what that is: the marked rows, else the one under the cursor.
pub fn meant(model: &Model) -> Option<(Vec<Target>, String)> {
    let fleet = model.fleet.as_ref()?;
    match model.screen {
        Screen::Overview => {
            let marked = model.overview.marked(fleet).len();
            // The details speak of one row only.
            if marked > 0 && !model.overview.in_detail {
                return Some((model.overview.marked_targets(fleet), figure::count(marked, "marked row")));
            }
            let key = model.overview.cursor.as_ref()?;
            model.overview.chosen(fleet)?;
            let host = key.instance.as_ref().and_then(|(host, _)| host.as_ref());
            let subject = host.map_or_else(|| key.service.to_string(), |host| format!("{} on {host}", key.service));
            Some((vec![target(key)], subject))
        }
        Screen::Hosts => {
            let host = &model.hosts.chosen(fleet)?.host.name;
            Some((vec![Target::Host(host.clone())], format!("host {host}")))
        }
        Screen::Logs | Screen::Runbooks | Screen::Procedure | Screen::Deploy | Screen::Changes | Screen::History => {
            None
        }
    }
}

/// Why a verb can't be done to what is meant now.
pub fn why_not(model: &Model, verb: Verb) -> Option<String> {
    let (Some(fleet), Some((targets, _))) = (&model.fleet, meant(model)) else { return Some("there is no row".into()) };
    applicable(fleet, verb, &targets, &rules(model)).err().or_else(|| busy(model))
}

/// Why nothing else can be begun: one change at a time.
fn busy(model: &Model) -> Option<String> {
    model.under_way.is_busy().then(|| "a change is under way".to_owned())
}

/// Opens the menu.
pub fn open_menu(model: &mut Model) {
    let (Some((targets, subject)), rules) = (meant(model), rules(model)) else { return };
    let Some(fleet) = &model.fleet else { return };
    model.overlay = Some(Overlay::Menu(menu::State::new(subject, targets, fleet, &rules)));
}

/// Takes what is chosen in the menu.
pub fn choose(model: &mut Model, mut menu: menu::State, now: Now) {
    match menu.choose() {
        Some(verb) if busy(model).is_some() => {
            menu.remark = busy(model).map(|why| format!("{verb}: {why}"));
            model.overlay = Some(Overlay::Menu(menu));
        }
        Some(verb) => ask(model, verb, menu.targets, now),
        None => model.overlay = Some(Overlay::Menu(menu)),
    }
}

/// Plans a verb for what is meant now, and asks.
pub fn begin(model: &mut Model, verb: Verb, now: Now) {
    if let Some((targets, _)) = meant(model) {
        ask(model, verb, targets, now);
    }
}

fn ask(model: &mut Model, verb: Verb, targets: Vec<Target>, now: Now) {
    let Some(fleet) = &model.fleet else { return };
    match plan(fleet, verb, &targets, &rules(model)) {
        Ok(plan) => {
            let state = confirm::State::new(verb, targets, plan, fleet);
            model.overlay = Some(Overlay::Confirm(Box::new(state)));
        }
        Err(refusal) => {
            model.overlay = None;
            model.say(format!("{verb}: {refusal}."), now);
        }
    }
}

/// Takes the answer: from here on the engine does it.
pub fn answer(model: &mut Model, state: Box<confirm::State>, now: Now) -> Vec<Effect> {
    let mut state = state;
    // Between the last event and this key the world may have moved.
    if let Some(fleet) = &model.fleet {
        state.watch(fleet, &rules(model));
    }
    match state.answer() {
        Ok(permit) => {
            model.under_way.send(permit.plan().title(), permit.plan().steps.len(), now.mono);
            model.overview.clear_marks();
            model.overlay = Some(Overlay::Running(running::State::default()));
            vec![Effect::Execute(Box::new(permit))]
        }
        Err(state) => {
            model.overlay = Some(Overlay::Confirm(state));
            Vec::new()
        }
    }
}

/// Plans anew what the box asks about, from how things are now.
pub fn look_again(model: &mut Model, now: Now) {
    match model.overlay.take() {
        Some(Overlay::Confirm(state)) => {
            let (verb, top) = (state.verb, state.top);
            ask(model, verb, state.targets, now);
            if let Some(Overlay::Confirm(fresh)) = &mut model.overlay {
                fresh.top = top;
                fresh.remark = Some("This is what would happen now.".to_owned());
            }
        }
        other => model.overlay = other,
    }
}

/// Copies the commands of the box.
pub fn copy_commands(model: &mut Model) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Confirm(state)) => {
            let text = confirm::commands(state.plan());
            state.remark = Some("Copied the commands.".to_owned());
            vec![Effect::Copy(super::copy::bounded(text).0)]
        }
        Some(Overlay::Plan(state)) => {
            let text = plan_page::commands(state.plan());
            state.remark = Some("Copied the commands.".to_owned());
            vec![Effect::Copy(super::copy::bounded(text).0)]
        }
        Some(_) | None => Vec::new(),
    }
}

/// Shows the run, or takes it away.
pub fn show_run(model: &mut Model) {
    model.overlay = Some(Overlay::Running(running::State::default()));
}

/// No further step shall begin.
pub fn stop(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(id) = model.under_way.stoppable().cloned() else { return Vec::new() };
    model.under_way.stop();
    model.say("No further step begins; what was begun comes to its end.", now);
    vec![Effect::StopRun(id)]
}

/// Whether what the open box rests on is still so.
pub fn watch(model: &mut Model) {
    let rules = rules(model);
    let Some(fleet) = &model.fleet else { return };
    match &mut model.overlay {
        Some(Overlay::Confirm(state)) => state.watch(fleet, &rules),
        Some(Overlay::Menu(state)) => state.judge(fleet, &rules),
        Some(
            Overlay::Help(_)
            | Overlay::Palette(_)
            | Overlay::Command(_)
            | Overlay::Picker(_)
            | Overlay::Links(_)
            | Overlay::Filters(_)
            | Overlay::Logs(_)
            | Overlay::Bookmarks(_)
            | Overlay::Columns(_)
            | Overlay::Ask(_)
            | Overlay::Needs(_)
            | Overlay::Plan(_)
            | Overlay::Choose(_)
            | Overlay::Form(..)
            | Overlay::Edit(_)
            | Overlay::Running(_)
            | Overlay::Leave(_),
        )
        | None => {}
    }
}
