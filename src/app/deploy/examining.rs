//! A release that did not go well: somebody looks at it and says what they found, so that its version may be tried again.

use super::{STILL, with_sight, wizard};
use crate::app::model::{Model, Screen};
use crate::app::overlay::Overlay;
use crate::app::releases;
use crate::domain::release::{History, Verdict};
use crate::domain::{Now, Release, RunId};
use crate::port::Effect;
use crate::port::act::StoreState;
use crate::port::release::FollowWish;
use crate::screens::choose::{About, Choice, Does, State, What};
use crate::state::deploy::Page;
use crate::state::deploy::what::Row;
use crate::state::releases::{in_full, service};
use crate::text::Foreign;

/// The release that is meant: on the first page the one under the cursor, or the one for which the version there is held
/// back; on the last page the one of the run; that of what was chosen elsewhere.
fn meant(model: &Model) -> Option<Release> {
    let history = &model.releases.releases.as_ref()?.history;
    if model.deploy.page != Page::What {
        return history.of_run(&wizard(model)?.run()?.id).cloned();
    }
    let found = with_sight(model, STILL, |sight, _| {
        let pick = model.deploy.pick.as_ref()?;
        match sight.choices().into_iter().find(|row| row.pick().as_ref() == Some(pick))? {
            Row::Release(release, _) => Some(release.clone()),
            Row::Version(version) => {
                let service = service(sight.wizard?.sheet.procedure);
                let is_it = |release: &&Release| release.is_called(version.commit.id.as_bytes());
                let code = history.releases().iter().rev().find(is_it)?;
                history.trouble(code, service.as_ref()).cloned()
            }
            Row::Heading(_) | Row::Procedure(_) | Row::Unfinished(_) | Row::Said(_) => None,
        }
    });
    found.flatten()
}

/// Why nothing is examined here.
pub fn not(model: &Model) -> Option<String> {
    let told = |why: &str| Some(why.to_owned());
    if model.screen != Screen::Deploy {
        return told("only deploy");
    }
    if model.setup.read_only {
        return told("the console is read-only");
    }
    if model.store.as_ref().is_some_and(|store| *store != StoreState::Writable) {
        return told("it could not be recorded");
    }
    let Some(known) = &model.releases.releases else { return told("the record of releases is being read") };
    match meant(model) {
        None => told("no release that did not go well is under the cursor"),
        Some(release) => not_of(&known.history, &release).map(str::to_owned),
    }
}

fn not_of(history: &History, release: &Release) -> Option<&'static str> {
    if release.examined.is_some() {
        return Some("that was done already");
    }
    (history.stands(release) == Verdict::Good).then_some("it was good")
}

/// Asks what was found.
pub fn ask(model: &mut Model) {
    let Some(release) = meant(model) else { return };
    let Some(known) = &model.releases.releases else { return };
    let text = Foreign::from(in_full(&known.history, &release).as_str());
    let about = vec![About { heading: String::new(), text, difference: false }];
    let choice = |does: Does, label: &str, about: &str, reason: bool| Choice {
        does,
        label: label.to_owned(),
        about: about.to_owned(),
        why_not: None,
        reason,
    };
    let told = "it may be deployed again; what you found is kept with your name, for everybody";
    let choices = vec![
        choice(Does::Nothing, "not yet", "it stays held back", false),
        choice(Does::Examined, "it was examined", told, true),
    ];
    let title = format!("Examined: {}", name(&release));
    model.overlay = Some(Overlay::Choose(State::new(What::Examine(release.run), title, about, choices)));
}

fn name(release: &Release) -> String {
    if release.version.is_empty() { release.run.short().to_owned() } else { release.version.plain() }
}

/// What was found is kept.
pub fn said(run: RunId, does: &Does, reason: String) -> Vec<Effect> {
    match does {
        Does::Examined => vec![Effect::Follow(FollowWish::Examine { run, reason })],
        _ => Vec::new(),
    }
}

/// That it is kept, or why it is not.
pub fn came(model: &mut Model, run: &RunId, kept: Result<(), String>, now: Now) -> Vec<Effect> {
    let release = model.releases.releases.as_ref().and_then(|known| known.history.of_run(run)).map(name);
    match kept {
        Ok(()) => {
            let version = release.unwrap_or_else(|| run.short().to_owned());
            model.say(format!("{version} may be deployed again: run {} was examined.", run.short()), now);
            releases::refresh(model, now)
        }
        Err(why) => {
            model.say_for(why, super::following::LONG, now);
            Vec::new()
        }
    }
}
