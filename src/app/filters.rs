//! Filters of logs that have a name, in the person's file or the site's, and those that were looked for last.

use super::model::Model;
use super::overlay::Overlay;
use crate::domain::highlight::SavedFilter;
use crate::screens::filters::{Filter, State, Whose};

/// Filters that are remembered while the console is open.
const USED: usize = 20;

/// Remembers what is looked for, when a person has kept it.
pub fn remember(model: &mut Model) {
    let Some(query) = model.logs.query.as_ref().map(|query| query.text().trim().to_owned()) else { return };
    model.filters.retain(|one| *one != query);
    model.filters.insert(0, query);
    model.filters.truncate(USED);
}

fn all(model: &Model) -> Vec<Filter> {
    let named = |filters: &[SavedFilter], whose: Whose| -> Vec<Filter> {
        filters.iter().map(|one| Filter { name: one.name.clone(), query: one.query.clone(), whose }).collect()
    };
    let mut all = named(&model.setup.filters, Whose::Own);
    all.extend(model.environment().map(|environment| named(&environment.filters, Whose::Site)).unwrap_or_default());
    let used = model.filters.iter().filter(|query| !all.iter().any(|one| one.query == **query));
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
