//! A tail as it was wished for, and everything it has brought.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::scope::{Scope, Sources};
use super::store::LogStore;
use crate::domain::time::short;
use crate::domain::{HostName, Lane};
use crate::port::log::{LogBatch, Since, TailState, TailWish};
use crate::state::Fleet;

/// Lines of each host with which a tail begins unless something else is wished for.
pub const NEWEST: u32 = 500;

/// Lines of each host that are there already and are read at most, when a span of time is wished for.
const MOST: u32 = 100_000;

/// What is being read.
#[derive(Debug)]
pub struct Reading {
    /// What is meant.
    pub scope: Scope,
    /// Since when.
    pub since: Since,
    /// Until when; it goes on with what comes where that is nothing.
    pub until: Option<Timestamp>,
    /// Everything that came.
    pub store: LogStore,
    id: u64,
    sources: Sources,
}

impl Reading {
    /// Begins to read; the numbers of wishes never come again.
    pub fn begin(id: u64, scope: Scope, since: Since, fleet: &Fleet) -> Self {
        let mut reading =
            Self { sources: scope.sources(fleet), scope, since, until: None, store: LogStore::default(), id };
        // In the order of the site, so that a host keeps its colour whoever speaks first.
        for row in fleet.hosts.iter().filter(|row| reading.sources.contains_key(&row.host.name)) {
            for source in reading.sources.get(&row.host.name).into_iter().flatten() {
                reading.store.expect(&row.host.name, &source.lane());
            }
        }
        reading.measure(fleet);
        reading
    }

    /// Lets lines take so many bytes.
    #[must_use]
    pub fn within(mut self, memory: usize) -> Self {
        self.store.set_cap(memory);
        self
    }

    /// Reads up to a moment, and then no further.
    #[must_use]
    pub fn up_to(mut self, until: Option<Timestamp>) -> Self {
        self.until = until;
        self
    }

    /// The number of the wish.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What is read on which hosts.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The wish as the engine takes it.
    pub fn wish(&self) -> TailWish {
        TailWish {
            id: self.id,
            sources: self.sources.clone(),
            since: self.since,
            bound: Some(MOST),
            until: self.until,
            // Levels are chosen here, at once and without asking anybody again.
            least: 7,
            follow: self.until.is_none(),
            whole_lines: false,
            resume: BTreeMap::new(),
        }
    }

    /// Where units came or went, the wish that goes on behind the last line of each host; `None` when nothing changed.
    pub fn renewed(&mut self, id: u64, fleet: &Fleet) -> Option<TailWish> {
        let sources = self.scope.sources(fleet);
        if sources == self.sources || sources.is_empty() {
            return None;
        }
        self.fetch_no_more();
        (self.sources, self.id) = (sources, id);
        Some(TailWish { resume: self.store.ends(), ..self.wish() })
    }

    /// Takes rows in. Those of an older wish are no longer meant.
    pub fn take(&mut self, batch: &LogBatch) {
        if batch.tail == self.id {
            self.store.take(batch);
        }
    }

    /// Takes in how a lane of a host stands.
    pub fn stands(&mut self, id: u64, host: &HostName, lane: &Lane, state: TailState) {
        if id == self.id {
            self.store.stands(host, lane, state);
        }
    }

    /// Takes in how far the clocks are apart.
    pub fn measure(&mut self, fleet: &Fleet) {
        for row in fleet.hosts.iter().filter(|row| self.sources.contains_key(&row.host.name)) {
            if let Some(offset) = row.facts.as_ref().and_then(|(facts, _)| facts.clock) {
                self.store.measure(&row.host.name, offset);
            }
        }
    }

    /// Since when, in words that follow `nothing`.
    pub fn since_words(&self) -> String {
        let stamp = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let since = match self.since {
            Since::Newest(lines) => format!("the newest {lines} lines of each host"),
            Since::Head => "from the beginning".to_owned(),
            Since::Boot => "since each host booted".to_owned(),
            Since::At(at) => format!("since {}", stamp(at)),
            Since::Ago(span) if span.as_secs() == 3600 => "the last hour".to_owned(),
            Since::Ago(span) if span.as_secs() == 60 => "the last minute".to_owned(),
            Since::Ago(span) if span.as_secs() % 60 == 0 && span.as_secs() <= 3600 => {
                format!("the last {} minutes", span.as_secs() / 60)
            }
            Since::Ago(span) => format!("the last {}", short(span)),
        };
        self.until.map_or(since.clone(), |until| format!("{since} until {}", stamp(until)))
    }
}
