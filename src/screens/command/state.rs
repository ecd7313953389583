//! What was typed behind the colon, what could stand there, and the commands that were given before.

use crate::input::Action;
use crate::input::command::{self, Takes};
use crate::ui::{Field, Window, fuzzy};

/// The names that may stand behind a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The services of the open environment, each with its hosts.
    pub services: Vec<(String, Vec<String>)>,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// The environments of all sites, as they may be typed, with what they are.
    pub environments: Vec<(String, String)>,
    /// The procedures of the open environment, with their titles.
    pub procedures: Vec<(String, String)>,
}

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole line, if it is taken.
    pub line: String,
    /// The word that it adds.
    pub word: String,
    /// What it is.
    pub doc: String,
    /// Why it can't be done now.
    pub why: Option<String>,
    /// Whether something may stand behind it.
    pub goes_on: bool,
}

/// The state of the command line.
#[derive(Debug, Default)]
pub struct State {
    /// The line.
    pub line: Field,
    /// Why the line was not taken.
    pub complaint: Option<String>,
    /// The candidates on screen.
    pub window: Window,
    /// The candidate that was written out last.
    pub cursor: Option<usize>,
    known: Known,
    words: Vec<Candidate>,
    candidates: Vec<Candidate>,
    /// The line as it was when the candidates were looked for.
    typed: String,
    /// The line as it was written by us, so that typing on is noticed.
    written: String,
    history: Vec<String>,
    /// How many commands before the newest one stands in the line, counted from 1; 0 for what was typed.
    before: usize,
}

impl State {
    /// An empty line. `why_not` says why an action can't be done now; `history` has the commands before, oldest first.
    pub fn new(known: Known, history: Vec<String>, why_not: impl Fn(Action) -> Option<String>) -> Self {
        let mut words: Vec<Candidate> = Vec::new();
        for (word, action) in command::words() {
            // The shortest word of an action speaks for it; the others are found when they are typed.
            let doc = action.row().doc.to_owned();
            let goes_on = command::takes(action) != Takes::Nothing;
            // With a name behind it, it is done to that, and whether it can be is another question.
            let why = why_not(action).filter(|_| !goes_on);
            words.push(Candidate { line: word.to_owned(), word: word.to_owned(), doc, why, goes_on });
        }
        words.sort_by_key(|candidate| candidate.why.is_some());
        let mut state = Self { known, words, history, ..Self::default() };
        state.look();
        state
    }

    /// The ways to go on.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Writes the next way to go on into the line, or the one before it. The only one is taken at once.
    pub fn complete(&mut self, forward: bool) {
        let Some(last) = self.candidates.len().checked_sub(1) else { return };
        let next = match (self.cursor, forward) {
            (None, true) => 0,
            (None, false) => last,
            (Some(at), true) => {
                if at >= last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
        };
        self.take(next);
    }

    /// Writes the candidate at a line on screen; says whether it stood there already.
    pub fn point(&mut self, line: usize) -> bool {
        let place = self.window.top + line;
        if place >= self.candidates.len() {
            return false;
        }
        let again = self.cursor == Some(place) || self.candidates.get(place).is_some_and(|it| it.line == self.typed);
        self.take(place);
        again
    }

    fn take(&mut self, place: usize) {
        let Some(candidate) = self.candidates.get(place) else { return };
        let only = self.candidates.len() == 1 && candidate.goes_on;
        let line = if only { format!("{} ", candidate.line) } else { candidate.line.clone() };
        self.write(&line);
        self.cursor = Some(place);
        if only {
            self.look();
        }
    }

    /// Brings back an earlier command, or a later one.
    pub fn recall(&mut self, earlier: bool) {
        let before = if earlier { (self.before + 1).min(self.history.len()) } else { self.before.saturating_sub(1) };
        if before == self.before {
            return;
        }
        let draft = if self.before == 0 { self.line.text().to_owned() } else { self.typed.clone() };
        let line = self.history.len().checked_sub(before).and_then(|place| self.history.get(place)).cloned();
        let line = if before == 0 { draft.clone() } else { line.unwrap_or_default() };
        self.write(&line);
        // What was typed waits, so that going back to it finds it.
        (self.before, self.typed, self.cursor) = (before, draft, None);
    }

    /// Says why the line was not taken.
    pub fn complain(&mut self, why: String) {
        self.complaint = Some(why);
    }

    /// After every event: candidates follow what is typed, and the window stands around the one that was written out.
    pub fn settle(&mut self, height: usize) {
        if self.line.text() != self.written {
            self.written = self.line.text().to_owned();
            self.before = 0;
            self.complaint = None;
            self.look();
        }
        self.window.keep(self.cursor.or(Some(0)), self.candidates.len(), height);
    }

    fn write(&mut self, line: &str) {
        self.line.clear();
        self.line.paste(line);
        self.written = self.line.text().to_owned();
        self.complaint = None;
    }

    fn look(&mut self) {
        self.typed = self.line.text().to_owned();
        (self.cursor, self.window.top) = (None, 0);
        let typed = self.typed.trim_start();
        self.candidates = match typed.split_once(char::is_whitespace) {
            None => one_word_each(best(typed, &self.words)),
            Some((word, rest)) => behind(word, rest, &self.known),
        };
    }
}

/// Of the words of one action only the first: they say the same.
fn one_word_each(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut seen: Vec<String> = Vec::new();
    candidates.retain(|candidate| {
        let new = !seen.contains(&candidate.doc);
        seen.push(candidate.doc.clone());
        new
    });
    candidates
}

/// What may stand behind a command.
fn behind(word: &str, rest: &str, known: &Known) -> Vec<Candidate> {
    let Ok(command) = command::parse(word) else { return Vec::new() };
    let rest = rest.trim_start();
    let candidate = |before: &str, name: &str, doc: &str, goes_on: bool| Candidate {
        line: format!("{before} {name}"),
        word: name.to_owned(),
        doc: doc.to_owned(),
        why: None,
        goes_on,
    };
    let services = || {
        known.services.iter().map(|(name, hosts)| {
            let doc = if hosts.is_empty() { "service".to_owned() } else { format!("service on {}", hosts.join(", ")) };
            candidate(word, name, &doc, hosts.len() > 1)
        })
    };
    let hosts = || known.hosts.iter().map(|name| candidate(word, name, "host", false));
    let takes = command::takes(command.action);
    if let (Takes::Service | Takes::Row, Some((service, rest))) = (takes, rest.split_once(char::is_whitespace)) {
        let of = known.services.iter().find(|(name, _)| name == service);
        let before = format!("{word} {service}");
        let hosts = of.map(|(_, hosts)| hosts.as_slice()).unwrap_or_default();
        let all: Vec<Candidate> =
            hosts.iter().map(|host| candidate(&before, host, "only the instance on this host", false)).collect();
        return best(rest.trim_start(), &all);
    }
    let all: Vec<Candidate> = match takes {
        Takes::Nothing | Takes::Words => Vec::new(),
        Takes::Service => services().collect(),
        Takes::Host => hosts().collect(),
        Takes::Row => services().chain(hosts()).collect(),
        Takes::Procedure => known.procedures.iter().map(|(name, doc)| candidate(word, name, doc, false)).collect(),
        Takes::Environment => known.environments.iter().map(|(name, doc)| candidate(word, name, doc, false)).collect(),
    };
    best(rest, &all)
}

/// Those that begin with what was typed, then those that have its letters.
fn best(typed: &str, all: &[Candidate]) -> Vec<Candidate> {
    if typed.is_empty() {
        return all.to_vec();
    }
    let mut places: Vec<usize> = (0..all.len()).filter(|place| all[*place].word.starts_with(typed)).collect();
    places.sort_by_key(|place| all[*place].word.len());
    let words: Vec<&str> = all.iter().map(|candidate| candidate.word.as_str()).collect();
    for hit in fuzzy::find(typed, &words) {
        if !places.contains(&hit.place) {
            places.push(hit.place);
        }
    }
    places.into_iter().filter_map(|place| all.get(place).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let hosts = ["app-1", "app-2"].map(str::to_owned).to_vec();
        let services = vec![("gateway".to_owned(), hosts.clone()), ("redis".to_owned(), vec!["db-1".to_owned()])];
        let environments = vec![("staging".to_owned(), "of pakashop".to_owned())];
        let known = Known { services, hosts, environments, procedures: Vec::new() };
        State::new(known, vec!["refresh".to_owned(), "sort".to_owned()], |_| None)
    }

    fn typed(state: &mut State, text: &str) {
        text.chars().for_each(|c| {
            state.line.push(c);
        });
        state.settle(8);
    }

    fn words(state: &State) -> Vec<&str> {
        state.candidates().iter().map(|candidate| candidate.word.as_str()).collect()
    }

    #[test]
    fn tab_goes_through_what_fits_and_takes_the_only_one() {
        let mut state = state();
        typed(&mut state, "re");
        assert_eq!(words(&state)[..2], ["redraw", "refresh"]);
        state.complete(true);
        state.settle(8);
        assert_eq!(state.line.text(), "redraw");
        state.complete(true);
        assert_eq!(state.line.text(), "refresh");
        state.complete(false);
        state.complete(false);
        assert_eq!(state.line.text(), *words(&state).last().unwrap_or(&""), "it goes round");
        state.line.clear();
        typed(&mut state, "envi");
        state.line.clear();
        typed(&mut state, "host ");
        assert_eq!(words(&state), ["app-1", "app-2"]);
        typed(&mut state, "app-2");
        assert_eq!(words(&state)[0], "app-2");
        state.line.clear();
        typed(&mut state, "open g");
        state.complete(true);
        state.settle(8);
        assert_eq!((state.line.text(), words(&state)), ("open gateway ", vec!["app-1", "app-2"]));
        state.complete(true);
        assert_eq!(state.line.text(), "open gateway app-1");
    }

    #[test]
    fn earlier_commands_come_back_and_what_was_typed_is_kept() {
        let mut state = state();
        typed(&mut state, "op");
        for expected in ["sort", "refresh", "refresh"] {
            state.recall(true);
            state.settle(8);
            assert_eq!(state.line.text(), expected);
        }
        state.recall(false);
        state.recall(false);
        state.settle(8);
        assert_eq!(state.line.text(), "op");
        state.recall(false);
        assert_eq!(state.line.text(), "op");
    }
}
