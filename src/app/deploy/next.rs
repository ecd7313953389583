//! The key that goes on: what it does on each page, and why it does nothing.

use super::{STILL, choose, to_first_choice, with_sight, wizard};
use crate::app::model::{Model, Screen};
use crate::app::procedures::{self, begin, decide, take_up};
use crate::domain::procedure::Danger;
use crate::domain::{Now, ProcedureName, RunId};
use crate::port::Effect;
use crate::port::procedure::Need;
use crate::state::deploy::what::{Pick, Row, goes_back};
use crate::state::deploy::{Page, Wizard, names_version};

/// What the key that goes on does on the page that is shown.
enum Next {
    Choose(ProcedureName),
    ToVersions,
    Bring(String),
    TakeUp(RunId),
    Begin,
    Answer,
    Open,
    ToPlan,
    Rest,
    Anew,
}

fn next(model: &Model) -> Result<Next, String> {
    let no = |why: &str| Err(why.to_owned());
    let wizard = wizard(model);
    let goes_on = wizard.is_some_and(|wizard| wizard.goes_on());
    let begins = |next: Next| match wizard {
        Some(_) if goes_on => no("a run of it goes on"),
        Some(_) | None => Ok(next),
    };
    match model.deploy.page {
        Page::What => {
            let here = with_sight(model, STILL, |sight, _| {
                let pick = model.deploy.pick.as_ref()?;
                let row = sight.choices().into_iter().find(|row| row.pick().as_ref() == Some(pick))?;
                Some(match row {
                    Row::Procedure(one) if model.deploy.name.as_ref() != Some(&one.name) => {
                        Ok(Next::Choose(one.name.clone()))
                    }
                    Row::Procedure(one) => {
                        let open =
                            names_version(one).is_some_and(|name| !model.procedure.told.contains_key(name.as_str()));
                        let can = |row: &Row<'_>| matches!(row, Row::Version(_) | Row::Release(_, Ok(_)));
                        if open && sight.choices().iter().any(can) { Ok(Next::ToVersions) } else { begins(Next::Begin) }
                    }
                    Row::Unfinished(open) => Ok(Next::TakeUp(open.run.id.clone())),
                    Row::Version(version) => begins(Next::Bring(version.name.plain())),
                    Row::Release(_, Ok(word)) => begins(Next::Bring(word)),
                    Row::Release(_, Err(why)) => {
                        let back = sight.wizard.is_some_and(|wizard| goes_back(wizard.sheet.procedure));
                        no(if back { why } else { "a release is gone back to by a rollback" })
                    }
                    Row::Heading(_) | Row::Said(_) => return None,
                })
            });
            here.flatten().unwrap_or_else(|| no("there is no row"))
        }
        _ if wizard.is_none() => no("nothing is chosen yet"),
        Page::Gate | Page::Run | Page::Verify => match wizard {
            Some(wizard) if wizard.waits_for_go() => Ok(Next::ToPlan),
            // What a person attests is read first: the same key asks for it only where it is read.
            Some(_) if !model.deploy.in_detail && matches!(decide::need(model), Some((_, Need::Tick(_)))) => {
                Ok(Next::Open)
            }
            Some(_) if decide::need(model).is_some() => match decide::unanswerable(model) {
                Some(why) => Err(why),
                None => Ok(Next::Answer),
            },
            Some(wizard) if wizard.run().is_none() => Ok(Next::Begin),
            Some(wizard) if wizard.goes_on() => no("nothing waits for you"),
            Some(_) | None => no("its run has ended"),
        },
        Page::Plan => match wizard {
            Some(wizard) if wizard.waits_for_go() => match locked(model, wizard) {
                Some(why) => Err(why),
                None => Ok(Next::Rest),
            },
            Some(wizard) if wizard.run().is_none() => Ok(Next::Begin),
            Some(wizard) if wizard.current() == Page::Gate => no("the gate is not passed"),
            Some(_) | None => no("it was confirmed already"),
        },
        Page::Verdict => match wizard {
            Some(wizard) if wizard.goes_on() => no("it goes on"),
            Some(_) | None => Ok(Next::Anew),
        },
    }
}

/// Who has the lock that the rest of the run would need.
fn locked(model: &Model, wizard: Wizard<'_>) -> Option<String> {
    procedures::locked(model, wizard.sheet.procedure.header.lock)
}

/// Why the key that goes on does nothing now.
pub fn not_next(model: &Model) -> Option<String> {
    match next(model) {
        Err(why) => Some(why),
        Ok(Next::Begin | Next::Bring(_)) => begin::refused(model, Danger::Read),
        Ok(
            Next::Choose(_)
            | Next::ToVersions
            | Next::TakeUp(_)
            | Next::Answer
            | Next::Open
            | Next::ToPlan
            | Next::Rest
            | Next::Anew,
        ) => None,
    }
}

/// Whether that key opens the item that is waited for.
pub fn opens(model: &Model) -> bool {
    matches!(next(model), Ok(Next::Open))
}

/// Whether that key only looks, as far as it is known before it is planned.
pub fn only_looks(model: &Model) -> bool {
    model.screen == Screen::Deploy && model.deploy.page != Page::Plan
}

/// Does what is next on the page that is shown.
pub fn proceed(model: &mut Model, now: Now) -> Vec<Effect> {
    let Ok(next) = next(model) else { return Vec::new() };
    match next {
        Next::Choose(name) => {
            choose(model, &name);
            model.procedure.followed = None;
            to_first_choice(model);
        }
        Next::ToVersions => drop(to_first_choice(model)),
        Next::Bring(word) => {
            let name = model.procedure.procedure.as_ref().and_then(|procedure| names_version(procedure).cloned());
            if let Some(name) = name {
                model.procedure.told.insert(name.to_string(), word);
            }
            return self::begin(model, now);
        }
        Next::Begin => return self::begin(model, now),
        Next::TakeUp(id) => take_up::offer(model, &id, now),
        Next::Answer => return decide::open(model, now),
        Next::Open => open(model),
        Next::ToPlan => model.deploy.turn(Page::Plan, Page::Plan),
        Next::Rest => return begin::rest(model, now),
        Next::Anew => {
            model.procedure.followed = None;
            model.procedure.told.clear();
            // What has just failed is not the next choice.
            model.deploy.pick = model.deploy.name.clone().map(Pick::Procedure);
            (model.deploy.along, model.deploy.held) = (true, false);
        }
    }
    Vec::new()
}

/// Puts the cursor on the item that is waited for, and gives the keyboard to what is known of it.
fn open(model: &mut Model) {
    if let Some((_, Need::Tick(id))) = decide::need(model) {
        let place = model.procedure.procedure.as_ref().and_then(|one| one.parts.iter().position(|part| part.id == id));
        if let Some(place) = place {
            model.deploy.stand_on(place);
        }
    }
    model.deploy.in_detail = true;
}

/// Begins: with the gate where there is one, else with the plan of the whole.
fn begin(model: &mut Model, now: Now) -> Vec<Effect> {
    model.procedure.followed = None;
    (model.deploy.along, model.deploy.held) = (true, false);
    begin::all(model, now)
}
