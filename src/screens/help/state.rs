//! What stands in the help and where its cursor is. Made from the live keymap and the table of actions, nothing else.

use crate::input::action::TABLE;
use crate::input::{Action, Context, Keymap, key_name};
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Where the actions below mean something.
    Heading(&'static str),
    /// An action.
    Action {
        /// The action.
        action: Action,
        /// Its keys, the one of the hints first; empty when it has none.
        keys: Vec<String>,
        /// Why it does nothing just now.
        blocked: Option<String>,
    },
}

/// The state of the help.
#[derive(Debug, Default)]
pub struct State {
    /// What was typed to find an action.
    pub filter: Field,
    /// The action under the cursor.
    pub cursor: Option<Action>,
    /// The lines on screen.
    pub window: Window,
    place: &'static str,
    all: Vec<Entry>,
}

impl State {
    /// The help of a place: `contexts` from the nearest to the widest; `blocked` says why an action does nothing now.
    pub fn new(keymap: &Keymap, contexts: &[Context], blocked: impl Fn(Action) -> Option<String>) -> Self {
        let mut all = Vec::new();
        for (number, context) in contexts.iter().enumerate() {
            all.push(Entry::Heading(context.heading()));
            for row in TABLE.iter().filter(|row| row.contexts.contains(context)) {
                let nearer = contexts.iter().take(number).any(|context| row.contexts.contains(context));
                if !nearer {
                    let keys = keymap.keys_in(*context, row.action);
                    let keys = keys.into_iter().map(key_name::sequence_name).collect();
                    all.push(Entry::Action { action: row.action, keys, blocked: blocked(row.action) });
                }
            }
        }
        let place = contexts.first().map_or("", |context| context.heading());
        let mut state = Self { all, place, ..Self::default() };
        state.settle(1);
        state
    }

    /// Where its actions mean something, as a heading says it.
    pub fn where_it_is(&self) -> &'static str {
        self.place
    }

    /// The lines that pass what was typed; headings only with something below them.
    pub fn entries(&self) -> Vec<&Entry> {
        let filter = Filter::parse(self.filter.text());
        let passes = |entry: &&Entry| match entry {
            Entry::Heading(_) => true,
            Entry::Action { action, keys, .. } => {
                let row = action.row();
                filter.passes(&format!("{} {} {} {}", row.doc, row.name, row.hint, keys.join(" ")))
            }
        };
        let passing: Vec<&Entry> = self.all.iter().filter(passes).collect();
        let is_heading = |entry: Option<&&Entry>| matches!(entry, None | Some(Entry::Heading(_)));
        (0..passing.len())
            .filter(|n| !is_heading(passing.get(*n)) || !is_heading(passing.get(n + 1)))
            .filter_map(|n| passing.get(n).copied())
            .collect()
    }

    /// The place of the cursor among the lines.
    pub fn place(&self, entries: &[&Entry]) -> Option<usize> {
        entries.iter().position(|entry| match entry {
            Entry::Heading(_) => false,
            Entry::Action { action, .. } => Some(*action) == self.cursor,
        })
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step) {
        let entries = self.entries();
        let choosable = choosable(&entries);
        let next = step(self.place(&entries), &choosable, to, self.window.height);
        if let Some(Entry::Action { action, .. }) = next.and_then(|place| entries.get(place)) {
            self.cursor = Some(*action);
        }
    }

    /// Puts the cursor on the action at a line on screen; says whether it was there already.
    pub fn point(&mut self, line: usize) -> bool {
        let entries = self.entries();
        match entries.get(self.window.top + line) {
            Some(Entry::Action { action, .. }) => {
                let action = Some(*action);
                std::mem::replace(&mut self.cursor, action) == action
            }
            Some(Entry::Heading(_)) | None => false,
        }
    }

    /// After every event: the cursor stands on an action that passes.
    pub fn settle(&mut self, height: usize) {
        let entries = self.entries();
        let place = self.place(&entries).or_else(|| choosable(&entries).first().copied());
        let cursor = place.and_then(|place| entries.get(place)).and_then(|entry| match entry {
            Entry::Heading(_) => None,
            Entry::Action { action, .. } => Some(*action),
        });
        let count = entries.len();
        self.cursor = cursor;
        self.window.keep(place, count, height);
    }

    /// The action to run, and why it can't be done just now.
    pub fn chosen(&self) -> Option<(Action, Option<&str>)> {
        let entries = self.entries();
        match entries.get(self.place(&entries)?)? {
            Entry::Action { action, blocked, .. } => Some((*action, blocked.as_deref())),
            Entry::Heading(_) => None,
        }
    }
}

fn choosable(entries: &[&Entry]) -> Vec<usize> {
    (0..entries.len()).filter(|n| matches!(entries[*n], Entry::Action { .. })).collect()
}
