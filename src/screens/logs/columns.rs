//! The fields that stand in columns of their own: what stands in them, how wide they are, and what stands above them.

use super::line::{cut, fitted};
use super::shape::OWN;
use super::sight::Sight;
use super::state::State;
use crate::domain::structure::{self, Value};
use crate::port::log_block::{Line, Row};
use crate::state::logs::Ref;
use crate::style::Role;
use crate::text::{Budget, Foreign, width};
use crate::ui::Words;

/// Fields in columns at most.
pub const MOST: usize = 6;
/// Lines that are looked at for what stands in a column when it comes, the newest.
const LOOKED_AT: usize = 500;
/// The widest column.
const WIDEST: u16 = 32;
/// So much of a name above narrow values widens their column.
const HEADING: u16 = 8;
/// Where there is no room for all, none gets narrower than this: the last of them give way.
const NARROW: u16 = 8;

/// How wide each column is, in their order, where all have so much room; 0 for one in which nothing stands, or that has none.
pub fn widths(state: &State, room: u16, gap: u16) -> [u16; MOST] {
    let mut wide = [0; MOST];
    for (wide, name) in wide.iter_mut().zip(&state.columns) {
        *wide = match state.widest(name) {
            0 => 0,
            content => content.max(columns_of(name).min(HEADING)).min(WIDEST),
        };
    }
    loop {
        let takes: u16 = wide.iter().filter(|wide| **wide > 0).map(|wide| wide + gap).sum();
        if takes <= room {
            return wide;
        }
        match wide.iter_mut().max() {
            Some(widest) if *widest > NARROW => *widest -= 1,
            Some(_) | None => wide.iter_mut().rev().find(|wide| **wide > 0).into_iter().for_each(|last| *last = 0),
        }
    }
}

fn columns_of(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(u16::MAX)
}

impl State {
    /// Puts a field into a column of its own, or takes it out again; says whether there was room for it.
    pub fn toggle_column(&mut self, name: &str) -> bool {
        match self.columns.iter().position(|one| one == name) {
            Some(place) => drop(self.columns.remove(place)),
            None if self.columns.len() >= MOST => return false,
            None => self.columns.push(name.to_owned()),
        }
        true
    }

    /// How wide the widest value is that was seen in a column; 0 where there was none.
    fn widest(&self, name: &str) -> u16 {
        self.widths.get(name).copied().unwrap_or(0)
    }

    /// Finds out how wide columns must be: by the newest lines when one is new, from then on by those on screen. They never get
    /// narrower, so that nothing jumps.
    pub fn measure_columns(&mut self, sight: &Sight<'_>) {
        if self.columns.is_empty() {
            return;
        }
        let order = self.shown(sight.reading);
        let is_new = self.columns.iter().any(|name| !self.widths.contains_key(name)) && !order.is_empty();
        let rows: Vec<Ref> = if is_new {
            order.backward(Ref::LAST).take(LOOKED_AT).collect()
        } else {
            sight.placed(self, self.height).into_iter().filter_map(|placed| placed.row).collect()
        };
        for row in rows {
            let Some(Row::Line(line)) = sight.reading.store.row(row) else { continue };
            for (name, value) in self.columns.iter().zip(values(&self.columns, &line, sight.glyphs.is_ascii())) {
                let widest = self.widths.entry(name.clone()).or_default();
                *widest = columns_of(&value).clamp(*widest, WIDEST);
            }
        }
    }
}

/// What stands in the columns of these names on a line; nothing where the line has none of it.
pub fn values(names: &[String], line: &Line<'_>, ascii: bool) -> Vec<String> {
    let budget = Budget { input: 256, ..Budget::line() }.with_ascii(ascii);
    let fields = structure::fields(line.raw());
    let of = |name: &String| match name.as_str() {
        "pid" if line.pid() != 0 => line.pid().to_string(),
        "pid" => String::new(),
        "id" => line.identifier().map(|name| name.clean(budget).text()).unwrap_or_default(),
        name => {
            let name = field_name(name);
            let field = fields.iter().find(|field| Foreign::from(&field.name).plain() == name);
            field.map(|field| Foreign::from(&field.value).clean(budget).text()).unwrap_or_default()
        }
    };
    names.iter().map(of).collect()
}

/// The columns in which fields of a line can stand.
pub fn of_line(line: &Line<'_>) -> Vec<String> {
    let can = |field: &structure::Field<'_>| field.kind != Value::Nested && !field.name.is_empty();
    let fields = structure::fields(line.raw()).into_iter().filter(can);
    fields.map(|field| column_name(&Foreign::from(&field.name).plain())).collect()
}

/// The column of a field: one that is called as what tells who wrote a line has a dot before its name, as in a query.
pub fn column_name(field: &str) -> String {
    if is_process(field) { format!(".{field}") } else { field.to_owned() }
}

/// The field that stands in a column.
pub fn field_name(column: &str) -> &str {
    column.strip_prefix('.').filter(|name| is_process(name)).unwrap_or(column)
}

/// Names that mean who wrote a line, and no field of its message.
pub fn is_process(name: &str) -> bool {
    ["id", "pid"].contains(&name)
}

/// What stands above the columns.
pub fn heading(state: &State, sight: &Sight<'_>) -> Words {
    let shape = sight.shape;
    let [time, host, service, level] = [shape.time, shape.host, shape.service, shape.level];
    let own = OWN.iter().map(|(name, _)| *name).zip([time, host, service, level]);
    let all = own.chain(state.columns.iter().map(|name| field_name(name)).zip(shape.fields));
    let words = all.filter(|(_, wide)| *wide > 0).fold(Words::new().gap(1), |words, (name, wide)| {
        // Of a name that is too long the end is told, as of other names: `…status`.
        let name = super::line::ending(&Foreign::from(name).plain(), wide);
        words.then(fitted(Words::of(Role::Heading, name), wide, sight)).gap(usize::from(shape.gap))
    });
    cut(words.text(Role::Heading, "message"), usize::from(shape.columns.saturating_sub(1)), sight)
}

/// Columns that are not shown: those for which there is no room, and those in which nothing stands.
pub fn left_out(state: &State, sight: &Sight<'_>) -> Vec<String> {
    let hidden = || state.columns.iter().zip(sight.shape.fields).filter(|(_, wide)| *wide == 0).map(|(name, _)| name);
    let told = |what: &str, empty: bool| {
        let names: Vec<String> = hidden()
            .filter(|name| (state.widest(name) == 0) == empty)
            .map(|name| Foreign::from(name.as_str()).plain())
            .collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(" ")))
    };
    let all = [told("no room for", false), told("no line with", true).filter(|_| !state.widths.is_empty())];
    all.into_iter().flatten().collect()
}
