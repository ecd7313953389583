//! An item that is attested only after a question: because the key that asks for it does other things too, or because it
//! is the last, and with it the run has its verdict.

use super::decide::{choice, conduct, found};
use super::gate;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::{PartId, RunId};
use crate::port::Effect;
use crate::port::procedure::Decision;
use crate::screens::choose::{About, Does, State, What};
use crate::state::deploy::is_one;
use crate::text::Foreign;

/// Whether the run beside the open document ends with this item, and has its verdict then, which nothing takes back.
pub(super) fn ends_with(model: &Model, part: &PartId) -> bool {
    let released = model.procedure.procedure.as_ref().is_some_and(|procedure| is_one(procedure));
    let Some(conduct) = conduct(model).filter(|conduct| released && conduct.goes_on()) else { return false };
    let of_it = |id: Option<&PartId>| id == Some(part);
    let mut others = conduct.run.steps.iter().filter(|step| !of_it(step.part.as_ref()));
    !gate::is_gate(model, Some(part)) && others.all(|step| step.state.lets_go_on())
}

/// Asks whether it is attested. The way that does nothing comes first: a word that was typed elsewhere attests nothing.
pub(super) fn ask(model: &mut Model, run: RunId, part: &PartId) {
    let Some(one) = found(model, part) else { return };
    let about = match ends_with(model, part) {
        true => {
            "It is the last item: with it the run ends well and is recorded as a release.\nNothing takes that back."
        }
        false => "It is kept with your name.",
    };
    let about = About { heading: String::new(), text: Foreign::from(about), difference: false };
    let choices = vec![
        choice(Does::Nothing, "not yet", "it goes on waiting for you"),
        choice(Does::Attest, "attest it", "it is so, and you say it"),
    ];
    let title = format!("Attest: {}", one.title.plain());
    model.overlay = Some(Overlay::Choose(State::new(What::Attest(run, part.clone()), title, vec![about], choices)));
}

/// Takes the answer.
pub(super) fn take(run: RunId, part: PartId, does: &Does) -> Vec<Effect> {
    if *does != Does::Attest {
        return Vec::new();
    }
    vec![Effect::Decide(run, Decision::Tick(part, String::new()))]
}
