//! Which entries were told already: the newest thousand, by cursor, and where a place had to be found again by time
//! also by content, since one entry can have several cursors.

use std::collections::{HashMap, HashSet, VecDeque};

use super::cursor::Parts;
use crate::port::log::Cursor;

/// Entries that are remembered.
const REMEMBERED: usize = 1000;

type Content = (u128, u64, u64, u64);

/// The newest entries that were told.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    newest: VecDeque<(Cursor, Option<Content>)>,
    cursors: HashSet<Cursor>,
    /// How often each content is still expected to come again.
    again: HashMap<Content, u32>,
}

impl Seen {
    /// Notes that this was told.
    pub fn note(&mut self, cursor: &Cursor, parts: &Parts) {
        if self.newest.len() == REMEMBERED
            && let Some((oldest, _)) = self.newest.pop_front()
        {
            self.cursors.remove(&oldest);
        }
        if self.cursors.insert(cursor.clone()) {
            self.newest.push_back((cursor.clone(), parts.content()));
        }
    }

    /// What was told may come again from here on, under other cursors: reading went back in time.
    pub fn expect_again(&mut self) {
        self.again.clear();
        for (_, content) in &self.newest {
            if let Some(content) = content {
                *self.again.entry(*content).or_default() += 1;
            }
        }
    }

    /// Whether this was told already. The same words at the same instant are one entry only as often as they were
    /// told: a program may well say a thing twice.
    pub fn is_known(&mut self, cursor: &Cursor, parts: &Parts) -> bool {
        let told = parts.content().is_some_and(|content| match self.again.get_mut(&content) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        });
        told || self.cursors.contains(cursor)
    }
}
