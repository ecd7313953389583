//! What stands in the menu and where its cursor is.

use crate::domain::{Count, Verb};
use crate::state::Fleet;
use crate::state::planner::{Rules, Scaled, Target, applicable, scalable, scaled};
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// What a line of the menu leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A verb.
    Verb(Verb),
    /// The signals, which stand one level below.
    Signals,
    /// To scale, for which a number is typed one level below.
    Scale,
}

/// What the menu shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// What can be done.
    #[default]
    Actions,
    /// The signals.
    Signals,
    /// How many containers shall run.
    Count,
}

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it leads to.
    pub choice: Choice,
    /// Why it can't be done just now.
    pub why_not: Option<String>,
}

impl Entry {
    /// What it is called.
    pub fn name(&self) -> String {
        match self.choice {
            Choice::Verb(Verb::Kill(signal)) => signal.name().to_owned(),
            Choice::Verb(verb) => verb.name().to_owned(),
            Choice::Signals => "signal".to_owned(),
            Choice::Scale => "scale".to_owned(),
        }
    }

    /// What it does.
    pub fn doc(&self) -> &'static str {
        match self.choice {
            Choice::Verb(verb) => verb.doc(),
            Choice::Signals => "Send a signal to its processes",
            Choice::Scale => "Let more or fewer of its containers run",
        }
    }
}

/// The state of the menu.
#[derive(Debug, Default)]
pub struct State {
    /// What it is about, in a few words.
    pub subject: String,
    /// What an action is meant for.
    pub targets: Vec<Target>,
    /// What was typed to find an action, or the number of containers.
    pub filter: Field,
    /// The line under the cursor.
    pub cursor: Option<Choice>,
    /// The lines on screen.
    pub window: Window,
    /// What is shown.
    pub level: Level,
    /// How many containers run and are expected now, for each instance that is meant.
    pub scaled: Vec<Scaled>,
    /// What to say about the last key.
    pub remark: Option<String>,
    all: Vec<Entry>,
    /// What was typed when the cursor was last put on the first line.
    found_for: String,
}

impl State {
    /// The menu for these targets.
    pub fn new(subject: String, targets: Vec<Target>, fleet: &Fleet, rules: &Rules) -> Self {
        let mut state = Self { subject, targets, ..Self::default() };
        state.judge(fleet, rules);
        let first = state.entries().iter().find(|entry| entry.why_not.is_none()).map(|entry| entry.choice);
        state.cursor = first;
        state.settle(1);
        state
    }

    /// Judges again what can be done: hosts come and go while a person reads.
    pub fn judge(&mut self, fleet: &Fleet, rules: &Rules) {
        let entry = |verb: Verb| Entry {
            choice: Choice::Verb(verb),
            why_not: applicable(fleet, verb, &self.targets, rules).err(),
        };
        self.all = Verb::ALL.into_iter().map(entry).collect();
        let scale = Entry { choice: Choice::Scale, why_not: scalable(fleet, &self.targets, rules).err() };
        let behind = self.all.iter().position(|entry| entry.choice == Choice::Verb(Verb::Stop)).map_or(0, |at| at + 1);
        self.all.insert(behind, scale);
        self.scaled = scaled(fleet, &self.targets);
    }

    /// The lines that pass what was typed. Without a word the signals are one line, or stand alone when they were
    /// chosen; a word finds all.
    pub fn entries(&self) -> Vec<Entry> {
        let is_signal = |entry: &Entry| matches!(entry.choice, Choice::Verb(Verb::Kill(_)));
        let signals = match self.level {
            Level::Actions => false,
            Level::Signals => true,
            Level::Count => return Vec::new(),
        };
        let filter = Filter::parse(self.filter.text());
        if !filter.is_empty() {
            let kind = |entry: &Entry| if is_signal(entry) { "signal" } else { "" };
            let passes = |entry: &&Entry| filter.passes(&format!("{} {} {}", entry.name(), entry.doc(), kind(entry)));
            let all = self.all.iter().filter(|entry| !signals || is_signal(entry)).filter(passes);
            let mut found: Vec<Entry> = all.cloned().collect();
            // Who types `stop` means stop, and not the restart that speaks of stopping.
            let typed = self.filter.text().trim().to_lowercase();
            let name = |entry: &Entry| entry.name().to_lowercase();
            found.sort_by_key(|entry| (!name(entry).starts_with(&typed), !name(entry).contains(&typed)));
            return found;
        }
        if signals {
            return self.all.iter().filter(|entry| is_signal(entry)).cloned().collect();
        }
        let mut entries: Vec<Entry> = self.all.iter().filter(|entry| !is_signal(entry)).cloned().collect();
        let whys: Vec<&Option<String>> = self.all.iter().filter(|e| is_signal(e)).map(|e| &e.why_not).collect();
        let why_not = whys.iter().all(|why| why.is_some()).then(|| whys.first().cloned().cloned().flatten()).flatten();
        entries.push(Entry { choice: Choice::Signals, why_not });
        entries
    }

    /// The place of the cursor among the lines.
    pub fn place(&self, entries: &[Entry]) -> Option<usize> {
        entries.iter().position(|entry| Some(entry.choice) == self.cursor)
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step) {
        self.remark = None;
        let entries = self.entries();
        let all: Vec<usize> = (0..entries.len()).collect();
        let next = step(self.place(&entries), &all, to, self.window.height);
        if let Some(entry) = next.and_then(|place| entries.get(place)) {
            self.cursor = Some(entry.choice);
        }
    }

    /// Puts the cursor on a line on screen; says whether it stood there already.
    pub fn point(&mut self, line: usize) -> bool {
        let entries = self.entries();
        let place = self.window.top + line;
        let again = self.place(&entries) == Some(place);
        if let Some(entry) = entries.get(place) {
            self.cursor = Some(entry.choice);
        }
        again
    }

    /// After every event: the cursor stands on a line that passes; on the first one when another word was typed.
    pub fn settle(&mut self, height: usize) {
        if self.level == Level::Count {
            if self.found_for != self.filter.text() {
                self.filter.text().clone_into(&mut self.found_for);
                self.remark = None;
            }
            return;
        }
        let entries = self.entries();
        if self.found_for != self.filter.text() {
            self.filter.text().clone_into(&mut self.found_for);
            self.cursor = None;
            self.remark = None;
        }
        let place = self.place(&entries).or((!entries.is_empty()).then_some(0));
        self.cursor = place.and_then(|place| entries.get(place)).map(|entry| entry.choice);
        self.window.keep(place, entries.len(), height);
    }

    /// The verb to plan; opens the level below, or says why nothing can be done, and then there is none.
    pub fn choose(&mut self) -> Option<Verb> {
        if self.level == Level::Count {
            return match Count::read(self.filter.text().trim()) {
                Ok(count) => Some(Verb::Scale(count)),
                Err(why) => {
                    self.remark = Some(format!("scale: {why}"));
                    None
                }
            };
        }
        let entries = self.entries();
        let entry = entries.get(self.place(&entries)?)?;
        if let Some(why) = &entry.why_not {
            self.remark = Some(format!("{}: {why}", entry.name()));
            return None;
        }
        match entry.choice {
            Choice::Verb(verb) => Some(verb),
            Choice::Signals => {
                self.level = Level::Signals;
                self.filter.clear();
                self.cursor = None;
                None
            }
            Choice::Scale => {
                self.level = Level::Count;
                self.filter.clear();
                self.filter.paste(&self.expected().map(|count| count.to_string()).unwrap_or_default());
                self.filter.text().clone_into(&mut self.found_for);
                None
            }
        }
    }

    /// How many containers the site expects, or else how many run, where that is the same number everywhere.
    fn expected(&self) -> Option<usize> {
        let number = |one: &Scaled| one.expected.unwrap_or(one.running);
        let first = number(self.scaled.first()?);
        self.scaled.iter().all(|one| number(one) == first).then_some(first)
    }

    /// One level up; says whether there was one.
    pub fn back(&mut self) -> bool {
        let from = match std::mem::take(&mut self.level) {
            Level::Actions => None,
            Level::Signals => Some(Choice::Signals),
            Level::Count => Some(Choice::Scale),
        };
        if from.is_some() {
            self.filter.clear();
            self.found_for.clear();
            self.cursor = from;
        }
        self.remark = None;
        from.is_some()
    }
}
