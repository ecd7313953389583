//! Filters of logs that have a name, in the person's file, in the site's, or kept from the filter line, and those that were
//! looked for last.

use super::keepsakes;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::highlight::SavedFilter;
use crate::domain::query::Mistake;
use crate::port::Effect;
use crate::port::keepsake::{Keepsake, KeepsakeWish};
use crate::screens::ask;
use crate::screens::filters::{Filter, State, Whose};
use crate::text::Foreign;

/// Filters that are remembered of each site.
pub(super) const USED: usize = 20;

/// Remembers what is looked for, when a person has kept it.
pub fn remember(model: &mut Model) -> Vec<Effect> {
    let Some(query) = model.logs.query.as_ref().map(|query| query.text().trim().to_owned()) else { return Vec::new() };
    model.filters.put(query);
    looked(model)
}

/// Keeps what was looked for lately.
pub(super) fn looked(model: &Model) -> Vec<Effect> {
    let words = model.filters.newest_first().to_vec();
    keepsakes::wish(model, KeepsakeWish::Keep(Keepsake::Looked(words)))
}

fn named(filters: &[SavedFilter], whose: Whose) -> Vec<Filter> {
    filters.iter().map(|one| Filter { name: one.name.clone(), query: one.query.clone(), whose }).collect()
}

/// Those that have a name in a file.
fn in_files(model: &Model) -> Vec<Filter> {
    let mut all = named(&model.setup.filters, Whose::Own);
    all.extend(model.environment().map(|environment| named(&environment.filters, Whose::Site)).unwrap_or_default());
    all
}

pub(super) fn all(model: &Model) -> Vec<Filter> {
    let mut all = in_files(model);
    let kept = model.keepsakes.filters().iter();
    // What a file says counts.
    let kept: Vec<Filter> = kept
        .filter(|(name, _)| !all.iter().any(|one| one.name == *name))
        .map(|(name, query)| Filter { name: name.clone(), query: query.clone(), whose: Whose::Kept })
        .collect();
    all.extend(kept);
    let used = model.filters.newest_first().iter().filter(|query| !all.iter().any(|one| one.query == **query));
    let used: Vec<Filter> =
        used.map(|query| Filter { name: String::new(), query: query.clone(), whose: Whose::Used }).collect();
    all.extend(used);
    all
}

/// Why there is nothing to choose from.
pub fn none(model: &Model) -> Option<&'static str> {
    all(model).is_empty().then_some("nothing was looked for yet, and neither you nor the site has [filters]")
}

/// Shows them.
pub fn show(model: &mut Model) {
    model.overlay = Some(Overlay::Filters(State::new(all(model))));
}

/// Looks for what the one under the cursor says.
pub fn take(model: &mut Model, state: &State) {
    let Some(filter) = state.list.chosen() else { return };
    model.logs.filter.clear();
    model.logs.filter.paste(&filter.query);
    model.logs.typing = false;
}

/// Why what stands in the filter line can't be kept.
pub fn not_kept(model: &Model) -> Option<&'static str> {
    if model.screen != Screen::Logs {
        return Some("only filters of logs are kept");
    }
    match (&model.logs.mistake, &model.logs.query) {
        (Some(_), _) => Some("what is typed can't be read"),
        (None, None) => Some("nothing is looked for"),
        (None, Some(_)) => None,
    }
}

/// Asks for the name under which what stands in the filter line is kept.
pub fn ask_name(model: &mut Model) -> Vec<Effect> {
    let Some(query) = model.logs.query.as_ref().map(|query| query.text().trim().to_owned()) else { return Vec::new() };
    model.logs.keep_filter();
    model.overlay = Some(Overlay::Ask(ask::State::new(ask::What::FilterName(query), "")));
    remember(model)
}

/// Keeps a filter under a name, which no file has.
///
/// # Errors
/// What is wrong with the name.
pub fn keep(model: &Model, name: &str, query: String) -> Result<Vec<Effect>, Mistake> {
    let wrong = |what: String| Err(Mistake { at: 0, what, unfinished: false });
    if name.is_empty() {
        return wrong("a name must stand here".to_owned());
    }
    let taken = in_files(model).into_iter().find(|one| one.name == name);
    if let Some(taken) = taken {
        let whose = if taken.whose == Whose::Site { "the site" } else { "your config.toml" };
        let name = Foreign::from(name).plain();
        return wrong(format!("{whose} has a filter {name}, and that one counts: choose another name"));
    }
    let keepsake = Keepsake::Filter { name: name.to_owned(), query };
    Ok(keepsakes::wish(model, KeepsakeWish::Keep(keepsake)))
}
