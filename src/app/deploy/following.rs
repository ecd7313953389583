//! What follows a release: a person says how an item is, or has the console look; until it is due the console looks by
//! itself.

use std::time::Duration;

use super::{STILL, with_sight, wizard};
use crate::app::model::{Model, Screen};
use crate::app::overlay::Overlay;
use crate::domain::lock::Stands;
use crate::domain::release::{FollowItem, Followed, Said, SeenBy, TOGETHER, newest};
use crate::domain::{Moment, Now, PartId, RunId};
use crate::input::Action;
use crate::port::act::StoreState;
use crate::port::release::{FollowWish, Looked};
use crate::port::{Effect, ReleaseNews};
use crate::screens::choose::{About, Choice, Does, State, What};
use crate::state::deploy::Page;
use crate::state::releases::{behind_told, looks};
use crate::text::Foreign;

/// A look that was not answered for so long may be made again; it is ended before.
const GIVEN_UP: Duration = Duration::from_secs(20 * 60);
/// Between two looks that nobody has asked for there is so much time at least, whatever came of the first.
const PAUSE: Duration = Duration::from_secs(60);
/// What could not be kept, and what is not well any more, is told for so long.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// What the console looks at.
#[derive(Debug, Default)]
pub struct Looking {
    sent: Option<Sent>,
    /// Nothing is looked at by itself before.
    not_before: Option<Moment>,
    /// When something is to be looked at, if that was found out since the last news.
    next: Option<Option<Moment>>,
}

/// A look that is on its way.
#[derive(Debug)]
struct Sent {
    at: Moment,
    by_itself: bool,
    run: RunId,
    parts: Vec<PartId>,
}

impl Looking {
    /// When something is to be looked at by itself, or a look is given up.
    pub fn wakes_at(&self) -> Option<Moment> {
        match &self.sent {
            Some(sent) => Some(sent.at.after(GIVEN_UP)),
            None => self.next.flatten(),
        }
    }

    /// What a person wants to be looked at, and is being looked at.
    pub fn asked(&self) -> Option<(&RunId, &[PartId])> {
        let sent = self.sent.as_ref().filter(|sent| !sent.by_itself)?;
        Some((&sent.run, &sent.parts))
    }
}

/// After every event: what is to be looked at by itself is looked at, one asking at a time. Not while somebody changes
/// something, when it would be no wonder if it were not well.
pub fn settle(model: &mut Model, now: Now) -> Option<Effect> {
    if model.looking.sent.as_ref().is_some_and(|sent| sent.at.age(now.mono) >= GIVEN_UP) {
        (model.looking.sent, model.looking.next) = (None, None);
    }
    if model.looking.sent.is_some() {
        return None;
    }
    let lock = model.conducted.lock.as_ref();
    let is_locked = lock.is_some_and(|lock| matches!(lock.stands, Stands::Held | Stands::Reserved));
    let may = model.fleet.is_some() && !model.setup.read_only && model.store == Some(StoreState::Writable);
    if !may || is_locked || model.conducted.is_busy() {
        model.looking.next = None;
        return None;
    }
    if model.looking.next.is_some_and(|next| next.is_none_or(|next| next > now.mono)) {
        return None;
    }
    let known = model.releases.releases.as_ref()?;
    let mut all: Vec<_> = looks(known).collect();
    all.sort_by_key(|(.., from)| *from);
    let Some((run, from)) = all.first().map(|(release, _, from)| (release.run.clone(), *from)) else {
        model.looking.next = Some(None);
        return None;
    };
    let wait = Duration::try_from(from.duration_since(now.wall)).unwrap_or_default();
    let next = now.mono.after(wait).max(model.looking.not_before.unwrap_or(now.mono));
    if next > now.mono {
        model.looking.next = Some(Some(next));
        return None;
    }
    let until = now.wall.saturating_add(TOGETHER).unwrap_or(now.wall);
    let parts = all.iter().filter(|(release, _, from)| release.run == run && *from <= until);
    let parts: Vec<PartId> = parts.map(|(_, item, _)| item.part.clone()).collect();
    Some(send(model, run, parts, true, now))
}

fn send(model: &mut Model, run: RunId, parts: Vec<PartId>, by_itself: bool, now: Now) -> Effect {
    model.looking.sent = Some(Sent { at: now.mono, by_itself, run: run.clone(), parts: parts.clone() });
    (model.looking.next, model.looking.not_before) = (None, Some(now.mono.after(PAUSE)));
    Effect::Follow(FollowWish::Look { run, parts, by_itself })
}

/// After news of releases: what is to be looked at is found out anew, and what is overdue is told once, when the
/// environment was opened.
pub fn heard(model: &mut Model, is_first: bool, now: Now) {
    model.looking.next = None;
    let known = model.releases.releases.as_ref().filter(|_| is_first);
    if let Some(told) = known.and_then(|known| behind_told(known, now.wall)) {
        model.say(format!("{told}: page 6 of its deploy."), now);
    }
}

/// Says what became of a wish.
pub fn tell(model: &mut Model, news: &ReleaseNews, now: Now) {
    match news {
        ReleaseNews::Followed(_, Err(why)) => model.say_for(why.clone(), LONG, now),
        ReleaseNews::Followed(_, Ok(said)) => {
            for one in said {
                model.say(format!("{} is {}: kept with your name.", one.part, one.said.word()), now);
            }
        }
        ReleaseNews::Looked(run, looked) => {
            let sent = model.looking.sent.take_if(|sent| sent.run == *run);
            let by_itself = sent.is_none_or(|sent| sent.by_itself);
            match looked {
                Err(why) if !by_itself => model.say_for(why.clone(), LONG, now),
                // It is tried again.
                Err(_) => {}
                Ok(looked) if by_itself => tell_worse(model, looked, now),
                Ok(looked) => {
                    let all: Vec<&Followed> = looked.kept.iter().chain(&looked.seen).collect();
                    let well = all.iter().filter(|one| one.said == Said::Well).count();
                    let told = match all.as_slice() {
                        [one] => format!("{} is {}.", one.part, one.said.word()),
                        several => format!("{} items were looked at, {well} are well.", several.len()),
                    };
                    model.say(told, now);
                }
            }
        }
        ReleaseNews::Releases(_) | ReleaseNews::Versions(_) | ReleaseNews::Facts(..) | ReleaseNews::Examined(..) => {}
    }
}

/// Nobody has asked, so only what became worse is told.
fn tell_worse(model: &mut Model, looked: &Looked, now: Now) {
    let known = model.releases.releases.as_ref();
    let before = |one: &Followed| newest(&one.run, &one.part, &known?.followed).map(|last| last.said);
    let worse = looked.kept.iter().chain(&looked.seen);
    let mut worse = worse.filter(|one| one.said == Said::Bad && before(one) != Some(Said::Bad));
    let Some(first) = worse.next() else { return };
    let more = match worse.count() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let told = format!("Of what follows the release {} is not well{more}: {}", first.part, first.note.plain());
    model.say_for(told, LONG, now);
}

/// Whether the page that is shown has checklists.
pub fn is_shown(model: &Model) -> bool {
    model.screen == Screen::Deploy && model.deploy.page == Page::Verdict && model.deploy.follows > 0
}

/// The item under the cursor, with the run of its release and what was said of it last.
fn under_cursor(model: &Model) -> Option<(RunId, FollowItem, String)> {
    let found = with_sight(model, STILL, |sight, _| {
        let wizard = sight.wizard?;
        let known = sight.known.releases.as_ref();
        let all = wizard.following(known, STILL.now.wall);
        let one = all.into_iter().find(|one| Some(one.place) == model.deploy.cursor())?;
        let said = wizard.said(known, one.item).first().map(|said| {
            let note = said.note.plain();
            let who = Foreign::from(said.person.as_str()).plain();
            if note.is_empty() { format!("{} said: {}", who, said.said.word()) } else { format!("{who} saw: {note}") }
        });
        Some((wizard.release(known)?.run.clone(), one.item.clone(), said.unwrap_or_default()))
    });
    found.flatten()
}

/// What the console can look at by itself of the release on the page: the item under the cursor, else all of it.
fn looked_at(model: &Model) -> Option<(RunId, Vec<PartId>)> {
    let known = model.releases.releases.as_ref();
    let wizard = wizard(model)?;
    let run = wizard.release(known)?.run.clone();
    let all = wizard.following(known, STILL.now.wall);
    let can: Vec<_> = all.iter().filter(|one| one.item.by == SeenBy::Console).collect();
    let here = can.iter().find(|one| Some(one.place) == model.deploy.cursor());
    let parts: Vec<PartId> = match here {
        Some(one) => vec![one.item.part.clone()],
        None => can.iter().map(|one| one.item.part.clone()).collect(),
    };
    Some((run, parts))
}

/// Why a key about checklists does nothing.
pub fn not(model: &Model, action: Action) -> Option<String> {
    if model.setup.read_only {
        return Some("the console is read-only".to_owned());
    }
    if model.store.as_ref().is_some_and(|store| *store != StoreState::Writable) {
        return Some("it could not be recorded".to_owned());
    }
    if action != Action::CheckAgain {
        return None;
    }
    if model.looking.asked().is_some() {
        return Some("the console is looking".to_owned());
    }
    let looks = looked_at(model).is_some_and(|(_, parts)| !parts.is_empty());
    (!looks).then(|| "a person sees to all of it".to_owned())
}

/// Asks how the item under the cursor is.
pub fn ask(model: &mut Model) {
    let Some((run, item, said)) = under_cursor(model) else { return };
    let choice = |does: Does, label: &str, about: &str, reason: bool| Choice {
        does,
        label: label.to_owned(),
        about: about.to_owned(),
        why_not: None,
        reason,
    };
    let mut choices = Vec::new();
    if item.by == SeenBy::Person {
        choices.push(choice(Does::Well, "it is well", "it is kept with your name", false));
    }
    choices.push(choice(Does::Well, "it is well, with a note", "what you saw is kept with your name", true));
    choices.push(choice(Does::NotWell, "it is not well", "what you saw is kept with your name", true));
    let about = About { heading: String::new(), text: Foreign::from(said.as_str()), difference: false };
    let about = if said.is_empty() { Vec::new() } else { vec![about] };
    let state = State::new(What::Follow(run, item.part), item.title.plain(), about, choices);
    model.overlay = Some(Overlay::Choose(state));
}

/// What a person said of an item is kept.
pub fn said(run: RunId, part: PartId, does: &Does, note: String) -> Vec<Effect> {
    let said = match does {
        Does::Well => Said::Well,
        Does::NotWell => Said::Bad,
        _ => return Vec::new(),
    };
    vec![Effect::Follow(FollowWish::Say { run, part, said, note })]
}

/// Has the console look.
pub fn look(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some((run, parts)) = looked_at(model).filter(|(_, parts)| !parts.is_empty()) else { return Vec::new() };
    let what = if parts.len() == 1 { "one item" } else { "all items that it can" };
    model.say(format!("The console looks at {what}; what is new of it is kept."), now);
    vec![send(model, run, parts, false, now)]
}
