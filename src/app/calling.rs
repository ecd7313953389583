//! Calls the person when a run needs somebody, or ends, while they are not looking at it; says that a run goes on when
//! its screen is left; keeps the title of the window.

use std::collections::BTreeSet;
use std::time::Duration;

use super::hints::key_on_screen;
use super::model::Model;
use super::overlay::Overlay;
use super::procedures;
use crate::domain::notices::Bell;
use crate::domain::run::RunState;
use crate::domain::{Moment, Now, Run, RunId};
use crate::input::Action;
use crate::port::Effect;
use crate::port::calling::{Call, Title, Why};
use crate::state::procedures::Conduct;
use crate::text::Foreign;

/// The bell rings once in so long: what comes together is one call.
const RINGS: Duration = Duration::from_secs(2);
/// How long it is said that a run goes on whose screen was left.
const SAID: Duration = Duration::from_secs(5);

/// Whom the person was called for, and what the window says.
#[derive(Debug, Default)]
pub struct State {
    /// What the window says.
    title: Option<Title>,
    /// Runs that go on: their ends are told.
    going: BTreeSet<RunId>,
    /// Questions that were seen or called for.
    questions: BTreeSet<u64>,
    /// When the bell rang last.
    rang: Option<Moment>,
    /// The run whose screen was in front after the last event.
    front: Option<RunId>,
}

/// After every event.
pub fn settle(model: &mut Model, now: Now) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (run, why) in due(model) {
        let trouble = why != Why::Ended(RunState::Succeeded);
        let bell = match model.setup.calls.bell {
            Bell::Never => false,
            Bell::Trouble => trouble,
            Bell::Always => true,
        };
        let bell = bell && model.calling.rang.is_none_or(|rang| rang.age(now.mono) >= RINGS);
        if bell {
            model.calling.rang = Some(now.mono);
        }
        let Run { id, site, environment, .. } = run;
        effects.push(Effect::Call(Call { site, environment, run: id, why, bell }));
    }
    left(model, now);
    let title = title(model);
    if model.calling.title.as_ref() != Some(&title) {
        model.calling.title = Some(title.clone());
        effects.push(Effect::Title(title));
    }
    effects
}

/// The run that is in front of the person: its procedure, or what is said of a change.
fn front(model: &Model) -> Option<RunId> {
    if matches!(model.overlay, Some(Overlay::Running(_))) {
        return model.under_way.shown().map(|shown| shown.run.id.clone());
    }
    let all = model.conducted.all().iter();
    all.map(|conduct| &conduct.run.id).find(|id| procedures::is_on_screen(model, id)).cloned()
}

/// For what the person is to be called now; from now on they were.
fn due(model: &mut Model) -> Vec<(Run, Why)> {
    let front = front(model);
    let looks = |model: &Model, id: &RunId| model.focused && front.as_ref() == Some(id);
    let mut due = Vec::new();
    let mut called = Vec::new();
    for conduct in model.conducted.all() {
        let id = &conduct.run.id;
        if model.conducted.is_open(id) {
            continue;
        }
        if conduct.goes_on() && !conduct.needs.is_empty() && !conduct.called {
            called.push(id.clone());
            if !looks(model, id) {
                due.push((conduct.run.clone(), Why::Needed));
            }
        }
    }
    for id in called {
        if let Some(conduct) = model.conducted.get_mut(&id) {
            conduct.called = true;
        }
    }
    let changes = model.under_way.shown().map(|shown| &shown.run);
    let known: Vec<&Run> = model.conducted.all().iter().map(|conduct| &conduct.run).chain(changes).collect();
    for run in &known {
        let ended = run.state != RunState::Running && model.calling.going.contains(&run.id);
        if ended && !looks(model, &run.id) {
            due.push(((*run).clone(), Why::Ended(run.state)));
        }
    }
    let going = known.iter().filter(|run| run.state == RunState::Running).map(|run| run.id.clone()).collect();
    // A password for a change, or a secret of a procedure: it stands over everything, for whoever looks.
    let asked: BTreeSet<u64> = model.questions.iter().map(|open| open.question.id).collect();
    let is_new = asked.iter().any(|id| !model.calling.questions.contains(id));
    let asks = known.iter().find(|run| run.state == RunState::Running).filter(|_| is_new && !model.focused);
    due.extend(asks.map(|run| ((*run).clone(), Why::Needed)));
    model.calling.going = going;
    model.calling.questions = asked;
    due
}

/// Whoever leaves the screen of a run that goes on is told so.
fn left(model: &mut Model, now: Now) {
    let front = front(model);
    let before = std::mem::replace(&mut model.calling.front, front.clone());
    let Some(id) = before.filter(|id| front.as_ref() != Some(id) && !model.ending) else { return };
    let conduct = model.conducted.get(&id).filter(|conduct| conduct.goes_on() && !model.conducted.is_open(&id));
    let whole = |conduct: &&Conduct| conduct.run.document.as_ref().is_some_and(|document| document.whole);
    let (title, action) = if let Some(conduct) = conduct.filter(|conduct| conduct.moves() || whole(conduct)) {
        let action = model.environment().map(|here| procedures::shown_by(conduct, here));
        (&conduct.run.title, action.unwrap_or(Action::ShowRunbooks))
    } else if let Some(shown) = model.under_way.shown().filter(|shown| shown.run.id == id && shown.goes_on()) {
        (&shown.run.title, Action::ShowRun)
    } else {
        return;
    };
    let title = Foreign::from(title.as_str()).plain();
    let key = key_on_screen(model, action);
    model.say_for(format!("{title} goes on; {key} shows it."), SAID, now);
}

fn title(model: &Model) -> Title {
    let asked = !model.questions.is_empty() && model.under_way.is_busy();
    Title {
        open: model.environment().map(|open| (open.site.clone(), open.name.clone())),
        drill: model.setup.drill.is_some(),
        waiting: model.conducted.waiting().filter(|conduct| !model.conducted.is_open(&conduct.run.id)).count()
            + usize::from(asked),
        ascii: model.setup.ascii,
    }
}
