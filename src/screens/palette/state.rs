//! What stands in the palette, what of it fits what was typed, and where its cursor is.

use crate::domain::{EnvColour, EnvName, HostName, ProcedureName, ServiceName, SiteName};
use crate::input::Action;
use crate::ui::list::{Step, step};
use crate::ui::{Field, Window, fuzzy};

/// What choosing an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// This action.
    Action(Action),
    /// Puts the cursor of the overview on this service.
    Service(ServiceName),
    /// Puts the cursor of the hosts on this host.
    Host(HostName),
    /// Opens this procedure.
    Procedure(ProcedureName),
    /// Opens this environment.
    Environment(SiteName, EnvName),
}

/// One thing that can be done or gone to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it does.
    pub does: Does,
    /// Its name: letters are looked for in it first.
    pub name: String,
    /// What it is, in a few words: whole words are looked for in it.
    pub doc: String,
    /// Its key; empty when it has none.
    pub key: String,
    /// Why it can't be done now.
    pub why: Option<String>,
    /// The colour of an environment.
    pub colour: Option<EnvColour>,
}

/// One line on screen: an entry and the places in its name that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The place of the entry among all.
    pub entry: usize,
    /// Bytes of its name that were found.
    pub marks: Vec<usize>,
}

/// The state of the palette.
#[derive(Debug, Default)]
pub struct State {
    /// What was typed.
    pub field: Field,
    /// The line under the cursor.
    pub cursor: usize,
    /// The lines on screen.
    pub window: Window,
    all: Vec<Entry>,
    rows: Vec<Row>,
    looked_for: String,
}

impl State {
    /// A palette of these, in the order in which they stand while nothing is typed. `recent` come first, the newest
    /// of them on top; what can't be done comes last.
    pub fn new(mut all: Vec<Entry>, recent: &[Does]) -> Self {
        let newness = |entry: &Entry| recent.iter().rev().position(|does| *does == entry.does).unwrap_or(usize::MAX);
        all.sort_by_key(|entry| (entry.why.is_some(), newness(entry)));
        let mut state = Self { all, ..Self::default() };
        state.look();
        state
    }

    /// The lines.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&Row, Option<&Entry>)> {
        self.rows.iter().map(|row| (row, self.all.get(row.entry)))
    }

    /// How many entries there are, whatever was typed.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step) {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        self.cursor = step(Some(self.cursor), &all, to, self.window.height).unwrap_or(0);
    }

    /// Puts the cursor on a line on screen; says whether it was there already.
    pub fn point(&mut self, line: usize) -> bool {
        let place = self.window.top + line;
        if place >= self.rows.len() {
            return false;
        }
        std::mem::replace(&mut self.cursor, place) == place
    }

    /// After every event: what was typed is looked for, and the window stands around the cursor.
    pub fn settle(&mut self, height: usize) {
        if self.field.text() != self.looked_for {
            self.look();
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.window.keep((!self.rows.is_empty()).then_some(self.cursor), self.rows.len(), height);
    }

    /// The entry under the cursor.
    pub fn chosen(&self) -> Option<&Entry> {
        self.all.get(self.rows.get(self.cursor)?.entry)
    }

    /// Names that have the letters come first, the best of them on top, and before equals what was used newly, because
    /// it stands earlier. Behind them come those whose description has all the words.
    fn look(&mut self) {
        let typed = self.field.text().to_owned();
        (self.cursor, self.window.top) = (0, 0);
        if typed.trim().is_empty() {
            self.rows = (0..self.all.len()).map(|entry| Row { entry, marks: Vec::new() }).collect();
        } else {
            let names: Vec<&str> = self.all.iter().map(|entry| entry.name.as_str()).collect();
            let by_name = fuzzy::find(&typed, &names);
            self.rows = by_name.into_iter().map(|hit| Row { entry: hit.place, marks: hit.marks }).collect();
            let by_words = (0..self.all.len()).filter(|entry| {
                let found = self.all.get(*entry).is_some_and(|entry| has_words(&entry.doc, &typed));
                found && !self.rows.iter().any(|row| row.entry == *entry)
            });
            let by_words: Vec<usize> = by_words.collect();
            self.rows.extend(by_words.into_iter().map(|entry| Row { entry, marks: Vec::new() }));
        }
        self.looked_for = typed;
    }
}

/// Whether each word that was typed begins a word of the description.
fn has_words(doc: &str, typed: &str) -> bool {
    let doc = doc.to_lowercase();
    let begins = |wanted: &str| doc.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(wanted));
    typed.to_lowercase().split_whitespace().all(begins)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry(action: Action, why: Option<&str>) -> Entry {
        let row = action.row();
        Entry {
            does: Does::Action(action),
            name: row.name.to_owned(),
            doc: row.doc.to_owned(),
            key: String::new(),
            why: why.map(str::to_owned),
            colour: None,
        }
    }

    fn names(state: &State) -> Vec<&str> {
        state.rows().filter_map(|(_, entry)| entry).map(|entry| entry.name.as_str()).collect()
    }

    fn typed(state: &mut State, text: &str) {
        state.field.clear();
        state.field.paste(text);
        state.settle(10);
    }

    #[test]
    fn what_was_used_newly_comes_first_and_what_can_t_be_done_last() {
        let all = [Action::Quit, Action::RetryNow, Action::Sort, Action::Zoom];
        let all = all.map(|action| entry(action, (action == Action::RetryNow).then_some("no link is lost")));
        let mut state = State::new(all.to_vec(), &[Does::Action(Action::Sort), Does::Action(Action::Zoom)]);
        state.settle(10);
        assert_eq!(names(&state), ["zoom", "sort", "quit", "retry-now"]);
        typed(&mut state, "rn");
        assert_eq!(names(&state), ["retry-now"], "but it is found, to be told why");
        typed(&mut state, "worst");
        assert_eq!(names(&state), ["sort"], "by a word of its description");
        typed(&mut state, "nonesuch");
        assert_eq!(state.chosen(), None);
        typed(&mut state, "");
        state.go(Step::Last);
        state.settle(10);
        assert_eq!(state.chosen().unwrap().name, "retry-now");
        assert!(state.chosen().unwrap().why.is_some());
    }
}
