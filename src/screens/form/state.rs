//! The fields, the one under the cursor, and what is wrong with what was typed.

use zeroize::Zeroize;

use crate::port::Secret;
use crate::text::{Foreign, few};
use crate::ui::list::Step;
use crate::ui::{Field, fuzzy};

/// Values that are offered at a field.
const OFFERED: usize = 6;

/// The program that lists the choices of a field.
#[derive(Debug)]
pub struct Listing {
    /// With its arguments.
    pub argv: Vec<String>,
    /// What came of it; nothing while it runs.
    pub came: Option<Result<(), String>>,
}

impl Listing {
    /// It was asked just now.
    pub fn of(argv: Vec<String>) -> Self {
        Self { argv, came: None }
    }
}

/// One field.
#[derive(Debug, Default)]
pub struct Entry {
    /// The key of its answer.
    pub key: String,
    /// Its name as a person knows it.
    pub label: String,
    /// What it is, and where it is used.
    pub about: Foreign,
    /// Values of which one is chosen; empty: anything.
    pub among: Vec<String>,
    /// What is known of each of them, in the same order; empty where that is nothing.
    pub notes: Vec<String>,
    /// Whether only those count.
    pub only: bool,
    /// What lists them, where a program does.
    pub listing: Option<Listing>,
    /// Values that were given before, the newest first.
    pub earlier: Vec<String>,
    /// Whether nobody may see it.
    pub secret: bool,
    /// Whether it may be empty.
    pub optional: bool,
    /// What was typed.
    pub typed: Field,
    /// What is wrong with it, as a sentence without a full stop.
    pub refused: Option<String>,
    /// The place among what is offered that stands in the field now.
    pub at: Option<usize>,
}

impl Entry {
    /// What is offered at this field: what fits what was typed.
    pub fn offered(&self) -> Vec<String> {
        let mut all: Vec<String> = self.among.clone();
        all.extend(self.earlier().cloned());
        if self.secret {
            return Vec::new();
        }
        let typed = self.typed.text();
        if typed.is_empty() || self.at.is_some() {
            return all.into_iter().take(40).collect();
        }
        let found: Vec<String> =
            fuzzy::find(typed, &all).into_iter().filter_map(|hit| all.get(hit.place).cloned()).collect();
        found.into_iter().take(40).collect()
    }

    /// Rows that what is offered takes at most.
    pub fn rows(&self) -> usize {
        if self.secret {
            return 0;
        }
        // What is still to come has its room already.
        if self.listing.is_some() {
            return OFFERED;
        }
        (self.among.len() + self.earlier().count()).min(OFFERED)
    }

    /// What is known of a value that is offered.
    pub fn note(&self, value: &str) -> Option<&str> {
        let place = self.among.iter().position(|one| one == value)?;
        self.notes.get(place).map(String::as_str).filter(|note| !note.is_empty())
    }

    /// What was given before and may be given again.
    fn earlier(&self) -> impl Iterator<Item = &String> {
        let among = |one: &&String| !self.among.contains(one);
        self.earlier.iter().filter(|_| self.listing.is_none()).filter(among)
    }

    /// Takes what its program lists: whether it is this field's.
    pub fn takes(&mut self, argv: &[String], told: &Result<Vec<String>, String>) -> bool {
        let Some(listing) = self.listing.as_mut().filter(|listing| listing.argv == argv) else { return false };
        listing.came = Some(told.as_ref().map(drop).map_err(Clone::clone));
        if let Ok(all) = told {
            self.among.clone_from(all);
            (self.only, self.at) = (true, None);
            // It was refused because they were not known.
            self.refused = self.refused.take().and_then(|_| self.missing());
        }
        true
    }

    /// What is wrong with what was typed, as far as that is known.
    pub fn refusal(&self) -> Option<String> {
        let known = self.listing.as_ref().is_none_or(|listing| matches!(listing.came, Some(Ok(()))));
        if known && !self.typed.text().trim().is_empty() { self.missing() } else { None }
    }

    /// The rows of what is offered that are shown.
    pub fn shown(&self) -> (Vec<String>, Option<usize>) {
        let all = self.offered();
        let from = self.at.map_or(0, |at| (at + 1).saturating_sub(OFFERED));
        (all.into_iter().skip(from).take(OFFERED).collect(), self.at.map(|at| at - from))
    }

    fn missing(&self) -> Option<String> {
        let text = self.typed.text().trim();
        if text.is_empty() {
            return (!self.optional).then(|| "it is needed".to_owned());
        }
        match self.listing.as_ref().map(|listing| &listing.came) {
            Some(None) => return Some("its choices are being listed; a moment".to_owned()),
            Some(Some(Err(why))) => return Some(format!("not listed, asked once more: {why}")),
            Some(Some(Ok(()))) | None => {}
        }
        (self.only && !self.among.iter().any(|one| one == text)).then(|| format!("it is one of {}", few(&self.among)))
    }
}

/// The state of the form.
#[derive(Debug)]
pub struct State {
    /// The heading.
    pub title: String,
    /// The fields.
    pub entries: Vec<Entry>,
    /// The one under the cursor.
    pub cursor: usize,
}

impl State {
    /// An empty form.
    pub fn new(title: impl Into<String>, entries: Vec<Entry>) -> Self {
        let cursor = entries.iter().position(|entry| entry.refused.is_some()).unwrap_or(0);
        Self { title: title.into(), entries, cursor }
    }

    /// The field that takes the keys.
    pub fn field(&mut self) -> Option<&mut Field> {
        let entry = self.entries.get_mut(self.cursor)?;
        (entry.refused, entry.at) = (None, None);
        Some(&mut entry.typed)
    }

    /// To the next field or the one before.
    pub fn next(&mut self, forward: bool) {
        let count = self.entries.len().max(1);
        self.cursor = if forward { (self.cursor + 1) % count } else { (self.cursor + count - 1) % count };
    }

    /// Brings the next of what is offered into the field.
    pub fn go(&mut self, to: Step) {
        let Some(rows) = to.rows(OFFERED) else { return };
        let Some(entry) = self.entries.get_mut(self.cursor) else { return };
        let offered = entry.offered();
        let Some(last) = offered.len().checked_sub(1) else { return };
        let at = match entry.at {
            None if rows > 0 => 0,
            None => last,
            Some(at) => at.saturating_add_signed(rows).min(last),
        };
        if let Some(value) = offered.get(at) {
            // What is offered is fixed while a person goes through it.
            entry.typed.clear();
            entry.typed.paste(value);
            (entry.at, entry.refused) = (Some(at), None);
        }
    }

    /// Takes the form: to the first field that is not as it must be, else everything is there.
    pub fn accept(&mut self) -> bool {
        for entry in &mut self.entries {
            entry.refused = entry.missing();
        }
        if let Some(wrong) = self.entries.iter().position(|entry| entry.refused.is_some()) {
            // What lies behind the cursor was not looked at yet: one field after the other.
            if wrong > self.cursor {
                for entry in self.entries.iter_mut().skip(self.cursor + 1) {
                    entry.refused = None;
                }
                self.cursor += 1;
                return false;
            }
            self.cursor = wrong;
            return false;
        }
        true
    }

    /// The programs that could not list their choices, which are asked again from now on.
    pub fn failed(&mut self) -> Vec<Vec<String>> {
        let listings = self.entries.iter_mut().filter_map(|entry| entry.listing.as_mut());
        let failed = listings.filter(|listing| matches!(listing.came, Some(Err(_))));
        let again = |listing: &mut Listing| {
            listing.came = None;
            listing.argv.clone()
        };
        failed.map(again).collect()
    }

    /// The answers by their keys; secrets apart.
    pub fn answers(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries.iter().map(|entry| (entry, entry.typed.text().trim()))
    }

    /// The secret of a field.
    pub fn secret(entry: &Entry) -> Secret {
        Secret::new(entry.typed.text().as_bytes().to_vec())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.secret) {
            std::mem::take(&mut entry.typed).into_text().zeroize();
        }
    }
}
