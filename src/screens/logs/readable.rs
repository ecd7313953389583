//! What a message says in a form for people: its words first, its fields behind them, quieter.

use super::columns::column_name;
use super::line::{highlighted, styled};
use super::state::State;
use crate::domain::Query;
use crate::domain::structure::{Field, Kind, Structure, pairs};
use crate::style::Role;
use crate::text::{Budget, Foreign, Row as Text, truncate};
use crate::ui::Words;

/// Columns of a value in a line.
const VALUE: usize = 48;
/// Fields that are told in a line.
const FIELDS: usize = 40;

/// The rows of a message that is an object or pairs alone; `None` where it is shown as it stands.
pub fn rows(message: &[u8], role: Role, budget: Budget, query: Option<&Query>, state: &State) -> Option<Vec<Words>> {
    let structure = Structure::read(message);
    match structure.kind {
        Kind::Json | Kind::Logfmt => {}
        Kind::Perf | Kind::Plain => return None,
    }
    if structure.says.trim_ascii().is_empty() && structure.fields.is_empty() {
        // An empty row would tell less than `{}` does.
        return None;
    }
    let clean = Foreign::from(&structure.says).clean(budget);
    let mut rows: Vec<Words> = if structure.says.is_empty() {
        vec![Words::new()]
    } else {
        clean.rows.iter().map(|row| styled(role, row, query)).collect()
    };
    if let Some(first) = rows.first_mut() {
        // What has a column of its own is not told twice.
        let apart = |field: &&Field<'_>| {
            !state.columns.iter().any(|name| *name == column_name(&Foreign::from(&field.name).plain()))
        };
        let fields = structure.fields.iter().filter(apart).take(FIELDS);
        *first = fields.fold(std::mem::take(first), |words, field| told(words, field, role, budget, query, state.wrap));
    }
    Some(rows)
}

/// Two roles for fields behind words of this one: of the name and of the value.
fn beside(role: Role) -> (Role, Role) {
    if role == Role::Quiet { (Role::Faint, Role::Faint) } else { (Role::Faint, Role::Quiet) }
}

fn told(words: Words, field: &Field<'_>, role: Role, budget: Budget, query: Option<&Query>, whole: bool) -> Words {
    let (of_name, of_value) = beside(role);
    let gap = if words.is_empty() { "" } else { "  " };
    let line = Budget { one_line: true, colours: false, ..budget };
    let name = Foreign::from(&field.name).clean(line).text();
    let value = Foreign::from(&field.value).clean(line).text();
    let value = if whole { value } else { truncate(&value, VALUE) };
    let pair = format!("{name}={value}");
    let places = query.map(|query| query.places(&pair)).unwrap_or_default();
    if places.is_empty() {
        return words.text(of_name, format!("{gap}{name}=")).tail(of_value, value);
    }
    words.text(of_name, gap).then(highlighted(of_value, &pair, query))
}

/// A clean text in which pairs may stand: their names step back.
pub fn paired(role: Role, row: &Text, query: Option<&Query>) -> Words {
    let (of_name, _) = beside(role);
    row.runs.iter().fold(Words::new(), |mut words, run| {
        if run.token {
            return words.text(Role::Faint, run.text.clone());
        }
        let text = run.text.as_str();
        let mut quiet: Vec<std::ops::Range<usize>> =
            pairs(text.as_bytes()).into_iter().map(|pair| pair.name.start..pair.name.end + 1).collect();
        if text.starts_with("[PERF] ") {
            quiet.insert(0, 0..6);
        }
        let found = query.map(|query| query.places(text)).unwrap_or_default();
        let mut edges: Vec<usize> =
            quiet.iter().chain(&found).flat_map(|place| [place.start, place.end]).chain([0, text.len()]).collect();
        edges.sort_unstable();
        edges.dedup();
        for two in edges.windows(2) {
            let &[from, to] = two else { continue };
            let is_in = |places: &[std::ops::Range<usize>]| places.iter().any(|place| place.contains(&from));
            let role = match (is_in(&found), is_in(&quiet)) {
                (true, _) => Role::Match,
                (false, true) => of_name,
                (false, false) => role,
            };
            words = words.text(role, text.get(from..to).unwrap_or_default());
        }
        words
    })
}
