//! Offers to take up a run that nobody is at.

use std::collections::BTreeMap;

use super::decide::choice;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::time::short;
use crate::domain::{Now, RunId};
use crate::screens::choose::{About, Choice, Does, State, What};
use crate::state::deploy::Wizard;
use crate::state::procedures::Sheet;
use crate::text::Foreign;

/// Offers to take up a run that nobody is at; with the difference where its document has changed since.
pub fn offer(model: &mut Model, id: &RunId, at: Now) {
    let Some(open) = model.conducted.open.iter().find(|open| open.run.id == *id) else { return };
    let plain = |text: &str| Foreign::from(text).plain();
    let document = open.run.document.as_ref();
    let now = document.and_then(|document| model.environment()?.procedure(&document.name));
    let changed = match (document, now) {
        (Some(document), Some(now)) => document.digest != now.digest,
        (_, None) | (None, _) => false,
    };
    let mut about = Vec::new();
    let text = |text: String| About { heading: String::new(), text: Foreign::from(text), difference: false };
    let who = format!("Begun by {} from {}.", plain(&open.run.person), plain(&open.run.workstation));
    about.push(text(who));
    if let Some(why) = model.conducted.not_taken.get(id) {
        about.push(About {
            heading: "It was not taken up".to_owned(),
            text: Foreign::from(why.as_str()),
            difference: false,
        });
    }
    if let Some(left) = &open.left {
        let (by, silent) = (left.by.plain(), crate::domain::time::short(left.silent));
        about.push(text(format!(
            "{by} was at it last and was not heard on the lock host {} for {silent}: nobody is at it any more.",
            left.host
        )));
    }
    if let (Some(procedure), Some(environment)) = (now, model.environment()) {
        let told = BTreeMap::new();
        let sheet = Sheet { procedure, run: Some(&open.run) };
        let wizard = Wizard { environment, sheet, conduct: None, told: &told };
        if let Some(over) = wizard.spent(at.wall).and_then(|spent| spent.over) {
            about.push(text(format!(
                "It is over its budget by {}: that counts from the go, also while nobody is at it.",
                short(over)
            )));
        }
    }
    let steps: Vec<String> = open
        .run
        .steps
        .iter()
        .map(|step| {
            let part = step.part.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{:<9} {part} on {}", crate::ui::runs::part_word(step.state), step.host)
        })
        .collect();
    about.push(About { heading: "How it stands".to_owned(), text: Foreign::from(steps.join("\n")), difference: false });
    let told = if open.elsewhere {
        "it is taken over from the other workstation, which can send nothing more"
    } else {
        "exactly where it stood; nothing that was done is done again"
    };
    let why_not = if now.is_none() {
        Some("its document is not here any more".to_owned())
    } else {
        changed.then(|| "its document has changed since".to_owned())
    };
    let lines = model.conducted.changed.get(id);
    if let Some(lines) = lines {
        about.push(About {
            heading: "What changed in the document".to_owned(),
            text: Foreign::from(lines.join("\n")),
            difference: true,
        });
    } else if changed {
        about.push(text(
            "The document has changed since: a run is bound to the document that was confirmed.".to_owned(),
        ));
    }
    let choices = vec![
        Choice { why_not, ..choice(Does::Resume, "take it up", told) },
        choice(Does::Nothing, "leave it", "it stays on the list"),
    ];
    let title = format!("Unfinished: {}", plain(&open.run.title));
    model.overlay = Some(Overlay::Choose(State::new(What::Resume(id.clone()), title, about, choices)));
}
