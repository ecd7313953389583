//! What a person keeps of a site: asked for when its logs are first looked at, taken in when the store has said it, and
//! taken away from the lists that show it.

use std::time::Duration;

use super::model::Model;
use super::overlay::Overlay;
use super::{bookmarks, columns, filters};
use crate::domain::Now;
use crate::port::Effect;
use crate::port::keepsake::{Keepsake, KeepsakeName, KeepsakeNews, KeepsakeWish};
use crate::screens::filters::Whose;
use crate::text::Foreign;

/// How long a sentence about what could not be kept stays.
const SAID: Duration = Duration::from_secs(30);

/// What is to be done about something that is kept of the site that is watched.
pub(super) fn wish(model: &Model, wish: KeepsakeWish) -> Vec<Effect> {
    model.environment().map(|here| Effect::Keepsake(here.site.clone(), wish)).into_iter().collect()
}

/// Asks for what is kept, once for each site.
pub fn ask(model: &mut Model) -> Option<Effect> {
    let site = model.environment()?.site.clone();
    if !model.keepsakes.asks(&site) {
        return None;
    }
    model.filters.clear();
    Some(Effect::Keepsake(site, KeepsakeWish::Read))
}

/// Takes in what became of a wish.
pub fn news(model: &mut Model, news: &KeepsakeNews, now: Now) -> Vec<Effect> {
    model.keepsakes.take(news);
    let mut effects = Vec::new();
    match news {
        KeepsakeNews::Read(..) => {
            let kept = model.keepsakes.looked().to_vec();
            let before = model.filters.clone();
            model.filters.put_before(&kept);
            // What was looked for while they were read stands in their place by now.
            if !before.newest_first().is_empty() && before != model.filters {
                effects.extend(filters::looked(model));
            }
            if let Some(kept) = model.keepsakes.columns().map(<[String]>::to_vec) {
                columns::apply(model, &kept);
            }
        }
        KeepsakeNews::Kept(Keepsake::Bookmark(bookmark)) => {
            let what =
                if bookmark.note.is_empty() { "The bookmark is kept" } else { "The bookmark is kept with its note" };
            model.say(format!("{what}{}", for_how_long(model)), now);
        }
        KeepsakeNews::Kept(Keepsake::Filter { name, .. }) => {
            let name = Foreign::from(name.as_str()).plain();
            model.say(format!("The filter {name} is kept{}", for_how_long(model)), now);
        }
        KeepsakeNews::Kept(Keepsake::Looked(_) | Keepsake::Columns(_)) => {}
        KeepsakeNews::Removed(KeepsakeName::Bookmark(_)) => model.say("The bookmark is taken away.", now),
        KeepsakeNews::Removed(KeepsakeName::Filter(_)) => model.say("The filter is taken away.", now),
        KeepsakeNews::Removed(KeepsakeName::Looked | KeepsakeName::Columns) => {}
        KeepsakeNews::Failed(_, sentence) => model.say_for(sentence.clone(), SAID, now),
    }
    match &model.overlay {
        Some(Overlay::Bookmarks(_)) => {
            let all = bookmarks::all(model);
            if let Some(Overlay::Bookmarks(state)) = &mut model.overlay {
                state.list.replace(all);
            }
        }
        Some(Overlay::Filters(_)) => {
            let all = filters::all(model);
            if let Some(Overlay::Filters(state)) = &mut model.overlay {
                state.list.replace(all);
            }
        }
        Some(_) | None => {}
    }
    effects
}

/// The end of a sentence about what is kept: a drill forgets it all.
fn for_how_long(model: &Model) -> &'static str {
    if model.setup.drill.is_some() { " until this drill ends." } else { "." }
}

/// The keepsake under the cursor of a list.
fn listed(model: &Model) -> Option<KeepsakeName> {
    match &model.overlay {
        Some(Overlay::Bookmarks(state)) => state.list.chosen().map(|one| KeepsakeName::Bookmark(one.place.clone())),
        Some(Overlay::Filters(state)) => {
            let filter = state.list.chosen().filter(|filter| filter.whose == Whose::Kept)?;
            Some(KeepsakeName::Filter(filter.name.clone()))
        }
        Some(_) | None => None,
    }
}

/// Why nothing can be taken away.
pub fn not_listed(model: &Model) -> Option<&'static str> {
    listed(model).is_none().then_some("only a bookmark or a filter that was kept here can be taken away")
}

/// Takes the one under the cursor of a list away.
pub fn remove(model: &Model) -> Vec<Effect> {
    listed(model).map(|name| wish(model, KeepsakeWish::Remove(name))).unwrap_or_default()
}
