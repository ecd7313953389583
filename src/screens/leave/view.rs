//! Draws the question whether to leave.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::state::State;
use crate::domain::{Environment, Run};
use crate::state::UnderWay;
use crate::state::deploy::{Wizard, is_one};
use crate::state::procedures::{Conduct, Sheet};
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::{Lines, Pen, Words, pane};

/// Draws it in the middle of an area; `stay` is the key for that.
pub fn view(
    state: &State,
    under_way: &UnderWay,
    conduct: Option<&Conduct>,
    environment: Option<&Environment>,
    pen: &mut Pen<'_>,
    area: Rect,
    stay: &str,
) {
    let width = area.width.saturating_sub(4).min(70);
    let mut lines = Lines::new(usize::from(width.saturating_sub(6)), pen.clock);
    let untold = BTreeMap::new();
    let deploy = conduct.zip(environment).and_then(|(conduct, here)| deploy(conduct, here, &untold));
    let drill = environment.is_some_and(|environment| environment.channels.drill);
    let steps = |run: &Run| {
        let done = run.steps.iter().filter(|step| step.state.is_final()).count();
        let steps = || format!("{done} of {} steps are done", run.steps.len());
        format!("{}: {}.", run.title, deploy.map_or_else(steps, |deploy| deploy.progress_told()))
    };
    let title = match (under_way.sent(), under_way.shown()) {
        _ if conduct.is_some() => conduct.map(|conduct| steps(&conduct.run)).unwrap_or_default(),
        (Some(sent), _) => format!("{} is about to begin.", sent.title),
        (None, Some(shown)) => {
            let (done, all) = shown.progress();
            format!("{}: {done} of {all} steps are done.", shown.run.title)
        }
        (None, None) => String::new(),
    };
    lines.text(Role::Strong, &Foreign::from(title).plain());
    lines.space();
    if drill {
        lines.text(
            Role::Text,
            "A drill forgets: its hosts, this change and all that was recorded of it are gone when it is left. The next \
             drill begins anew, and offers nothing of it again.",
        );
    } else if deploy.is_some_and(|deploy| !deploy.has_begun()) {
        lines.text(
            Role::Text,
            "What is being looked at ends by itself, and nothing else of it goes on. It is offered again at the next start, \
             exactly where it stands then; what is too old by then is checked once more.",
        );
    } else if conduct.is_some() {
        lines.text(
            Role::Text,
            "What was begun on a host comes to its end there by itself, whatever becomes of this console, and no \
             further step of the run begins. It is offered again at the next start, exactly where it stands then.",
        );
    } else {
        lines.text(
            Role::Text,
            "What was sent to a host goes on there by itself. No further step begins, and what is not verified by then \
         is recorded as unknown.",
        );
    }
    let height = u16::try_from(lines.all().len()).unwrap_or(8) + 5;
    let title = Words::of(
        Role::Strong,
        if conduct.is_some() { "Leave in the middle of a run?" } else { "Leave while a change is under way?" },
    );
    let inside = pane::dialog(pen, pane::middle(area, width, height), &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    lines.draw(pen, Rect { height: room.height.saturating_sub(3), ..room }, 0);
    let y = inside.bottom().saturating_sub(1);
    let keys = Words::of(Role::Key, "y").text(Role::Quiet, " leave all the same   ");
    pen.words(room.x, y, room.width, &keys.text(Role::Key, stay).text(Role::Quiet, " stay"));
    if let Some(remark) = state.remark {
        pen.words_right(room.x, y, room.width, &Words::of(Role::Warn, remark));
    }
}

/// The run as its pages show it; nothing of one that has none.
fn deploy<'a>(
    conduct: &'a Conduct,
    environment: &'a Environment,
    told: &'a BTreeMap<String, String>,
) -> Option<Wizard<'a>> {
    let procedure = environment.procedure(conduct.procedure()?).filter(|procedure| is_one(procedure))?;
    let sheet = Sheet { procedure, run: Some(&conduct.run) };
    Some(Wizard { environment, sheet, conduct: Some(conduct), told })
}
