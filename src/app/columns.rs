//! Columns of the logs by choice: the line's own, and any field of the lines that came last; kept for each site.

use std::collections::BTreeMap;

use super::keepsakes;
use super::model::Model;
use super::overlay::Overlay;
use crate::domain::Now;
use crate::port::Effect;
use crate::port::keepsake::{Keepsake, KeepsakeWish};
use crate::port::log_block::Row;
use crate::screens::columns::{Column, State};
use crate::screens::logs::{MOST_COLUMNS, OWN_COLUMNS, field_name, fields_of, is_process};
use crate::state::logs::Ref;
use crate::ui::figure;

/// Lines of which the fields are offered, the newest.
const LOOKED_AT: usize = 1000;

/// Shows them.
pub fn show(model: &mut Model) {
    model.overlay = Some(Overlay::Columns(State::new(all(model), MOST_COLUMNS)));
}

/// The line's own, those that are shown, and those that were seen, the most frequent first.
fn all(model: &Model) -> Vec<Column> {
    let own = OWN_COLUMNS.iter().map(|(name, told)| Column {
        name: (*name).to_owned(),
        told: (*told).to_owned(),
        on: !model.logs.without.iter().any(|one| one == name),
    });
    let mut all: Vec<Column> = own.collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    if let Some(reading) = &model.reading {
        for row in model.logs.shown(reading).backward(Ref::LAST).take(LOOKED_AT) {
            if let Some(Row::Line(line)) = reading.store.row(row) {
                fields_of(&line).into_iter().for_each(|name| *seen.entry(name).or_default() += 1);
            }
        }
    }
    let is_shown = |name: &str| model.logs.columns.iter().any(|one| one == name);
    for name in ["id", "pid"] {
        let told = if name == "id" { "the program" } else { "the process" };
        all.push(Column { name: kept(name), told: told.to_owned(), on: is_shown(name) });
    }
    let told = |count: usize| match count {
        0 => "a field".to_owned(),
        count => {
            format!("a field of {} of the newest {}", figure::count(count, "line"), figure::grouped(LOOKED_AT as u64))
        }
    };
    for name in model.logs.columns.iter().filter(|name| !seen.contains_key(*name) && !is_process(name)) {
        all.push(Column { name: kept(name), told: told(0), on: true });
    }
    let mut seen: Vec<(String, usize)> = seen.into_iter().collect();
    seen.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    all.extend(seen.into_iter().map(|(name, count)| Column {
        on: is_shown(&name),
        name: kept(&name),
        told: told(count),
    }));
    all
}

/// The name of a field as it is kept, so that it is none of the line's own.
fn kept(name: &str) -> String {
    if is_process(field_name(name)) { name.to_owned() } else { format!(".{name}") }
}

/// What was meant by that.
fn meant(kept: &str) -> Option<&str> {
    if is_process(field_name(kept)) { Some(kept) } else { kept.strip_prefix('.') }
}

/// Shows the one under the cursor, or leaves it out; the list stays.
pub fn toggle(model: &mut Model, mut state: State, now: Now) -> Vec<Effect> {
    let Some(name) = state.list.chosen().map(|column| column.name.clone()) else {
        model.overlay = Some(Overlay::Columns(state));
        return Vec::new();
    };
    let without = &mut model.logs.without;
    match (OWN_COLUMNS.iter().any(|(own, _)| *own == name), without.iter().position(|one| *one == name)) {
        (true, Some(place)) => drop(without.remove(place)),
        (true, None) => without.push(name),
        (false, _) => {
            if !model.logs.toggle_column(meant(&name).unwrap_or(&name)) {
                model.say(full(), now);
            }
        }
    }
    state.list.replace(all(model));
    model.overlay = Some(Overlay::Columns(state));
    keep(model)
}

/// Why one more field can't be shown.
pub fn full() -> String {
    format!("{MOST_COLUMNS} fields stand in columns already: one must be left out first")
}

/// Keeps those that are shown.
pub fn keep(model: &Model) -> Vec<Effect> {
    let own = OWN_COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    let own = own.filter(|name| !model.logs.without.contains(name));
    let columns = own.chain(model.logs.columns.iter().map(|name| kept(name))).collect();
    keepsakes::wish(model, KeepsakeWish::Keep(Keepsake::Columns(columns)))
}

/// Shows those that were kept.
pub fn apply(model: &mut Model, columns: &[String]) {
    let own = OWN_COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    model.logs.without = own.filter(|name| !columns.contains(name)).collect();
    model.logs.columns.clear();
    for name in columns.iter().filter_map(|name| meant(name)) {
        // One more than there can be is left out.
        let _ = model.logs.toggle_column(name);
    }
}
