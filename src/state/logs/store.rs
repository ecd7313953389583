//! The store of one tail: the logs of all its hosts, their common order, what passes the filter, and exact counts of
//! what came, what was lost on the way, and what was let go to stay within bounds.

use std::collections::BTreeMap;

use super::filter::Filter;
use super::host::{Gone, HostLog, Older};
use super::order::{Order, Ref};
use super::sieve::Sieve;
use crate::domain::host::ClockOffset;
use crate::domain::{HostName, Query};
use crate::port::log::{Cursor, LogBatch, LogRow, TailState};
use crate::port::log_block::Row;

/// Bytes that lines may take unless a person says otherwise; beyond that the oldest blocks are let go, and how many lines
/// was exactly counted.
pub const CAP: usize = 256 << 20;
/// What comes with a stamp so much older than the newest is marked as late, in microseconds.
const LATE: i64 = 2_000_000;

/// What is missing in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// Lines that are known to be lost.
    pub lines: u64,
    /// Gaps of which nobody can tell how many lines they hold.
    pub unsure: u64,
}

/// The store.
#[derive(Debug)]
pub struct LogStore {
    cap: usize,
    hosts: Vec<HostLog>,
    places: BTreeMap<HostName, u16>,
    all: Order,
    /// What passes level, host and unit; `None` when all does.
    base: Option<Sieve>,
    /// What passes all of the filter; `None` when nothing is looked for.
    hits: Option<Sieve>,
    received: u64,
    late: u64,
    loss: Loss,
}

impl Default for LogStore {
    fn default() -> Self {
        Self::new(CAP)
    }
}

impl LogStore {
    /// Nothing yet, and room for so many bytes.
    pub fn new(cap: usize) -> Self {
        Self {
            cap,
            hosts: Vec::new(),
            places: BTreeMap::new(),
            all: Order::default(),
            base: None,
            hits: None,
            received: 0,
            late: 0,
            loss: Loss::default(),
        }
    }

    /// Bytes that lines may take.
    pub fn cap(&self) -> usize {
        self.cap
    }

    /// Lets lines take so many bytes from now on.
    pub fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
        self.make_room();
    }

    /// The hosts of which something was heard.
    pub fn hosts(&self) -> &[HostLog] {
        &self.hosts
    }

    /// The host of a row.
    pub fn host(&self, row: Ref) -> Option<&HostLog> {
        self.hosts.get(usize::from(row.host()))
    }

    /// A row, unless it was let go.
    pub fn row(&self, row: Ref) -> Option<Row<'_>> {
        self.host(row)?.row(row.number())
    }

    /// The host of this name, made when it is new. A number beyond that of all hosts there can be is none.
    fn host_mut(&mut self, name: &HostName) -> Option<&mut HostLog> {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                let place = u16::try_from(self.hosts.len()).ok()?;
                self.places.insert(name.clone(), place);
                self.hosts.push(HostLog::new(name.clone(), place));
                place
            }
        };
        self.hosts.get_mut(usize::from(place))
    }

    /// Makes room for a host, in the order in which hosts shall stand.
    pub fn expect(&mut self, name: &HostName) {
        self.host_mut(name);
    }

    /// Takes rows of one host in.
    pub fn take(&mut self, batch: &LogBatch) {
        let mut newest = self.all.last().map_or(i64::MIN, Ref::key);
        let Some(place) = self.host_mut(&batch.host).map(|host| usize::from(host.place)) else { return };
        for row in &batch.rows {
            let Some(host) = self.hosts.get_mut(place) else { return };
            let made = host.add(row, newest, newest.saturating_sub(LATE));
            newest = newest.max(made.key());
            self.all.insert(made);
            self.late += u64::from(made.is_late());
            self.count(row);
            self.admit(made);
        }
        self.make_room();
    }

    /// Takes older rows of one host in, in front of those that are there.
    pub fn take_older(&mut self, name: &HostName, rows: &[LogRow]) {
        let Some(made) = self.host_mut(name).map(|host| host.add_older(rows)) else { return };
        self.all.put_in_front(&made);
        for (row, made) in rows.iter().zip(made) {
            self.count(row);
            self.admit(made);
        }
        self.make_room();
    }

    fn count(&mut self, row: &LogRow) {
        match row {
            LogRow::Entry(_) => self.received += 1,
            LogRow::Loss(loss) => {
                self.loss.lines += loss.lost.unwrap_or(0);
                self.loss.unsure += u64::from(loss.lost.is_none() && loss.kind.may_lose());
            }
        }
    }

    /// Lets what passes of a new row into what was chosen already.
    fn admit(&mut self, made: Ref) {
        if let Some(base) = &mut self.base {
            base.admit(made, &self.all, &self.hosts);
        }
        if let Some(hits) = &mut self.hits {
            let base = self.base.as_ref().map_or(&self.all, Sieve::order);
            if base.contains(made) {
                hits.admit(made, base, &self.hosts);
            }
        }
    }

    /// Lets the rows go that a host has chosen itself: they are not all there are. They count as if they had never come.
    pub fn forget_picked(&mut self, name: &HostName) {
        let Some(place) = self.places.get(name).copied() else { return };
        while let Some(host) = self.hosts.get_mut(usize::from(place)) {
            let Some(picked) = &host.picked else { return };
            if host.first() >= picked.before {
                (host.picked, host.older) = (None, Older::There);
                return;
            }
            let Some(gone) = host.evict() else { return };
            self.received = self.received.saturating_sub(gone.lines);
            self.forget(gone);
        }
    }

    fn forget(&mut self, gone: Gone) {
        let is_gone = |row: Ref| row.host() == gone.host && row.number() < gone.before;
        self.all.forget(gone.until, is_gone);
        for sieve in [&mut self.base, &mut self.hits].into_iter().flatten() {
            sieve.forget(gone.until, is_gone);
        }
    }

    /// The host of this name, to say how far back it can be read.
    pub fn log_mut(&mut self, name: &HostName) -> Option<&mut HostLog> {
        let place = self.places.get(name)?;
        self.hosts.get_mut(usize::from(*place))
    }

    /// Takes in how a host's part of the tail stands.
    pub fn stands(&mut self, host: &HostName, state: TailState) {
        if let Some(host) = self.host_mut(host) {
            host.live |= state == TailState::Following;
            host.state = Some(state);
        }
    }

    /// Takes in how far a host's clock is from ours.
    pub fn measure(&mut self, host: &HostName, offset: ClockOffset) {
        if let Some(host) = self.host_mut(host) {
            host.clock.measure(offset);
        }
    }

    fn make_room(&mut self) {
        while self.bytes() > self.cap {
            let oldest = self.hosts.iter().filter_map(|host| Some((host.oldest_block()?, host.place))).min();
            let Some((_, place)) = oldest else { return };
            let Some(host) = self.hosts.get_mut(usize::from(place)) else { return };
            let Some(gone) = host.evict() else { return };
            host.evicted += gone.lines;
            self.forget(gone);
        }
    }

    /// Lets another filter choose. The first slice is looked at by the next [`work`](Self::work).
    pub fn set_filter(&mut self, filter: &Filter) {
        let base = filter.base();
        if self.base.as_ref().map(Sieve::filter) != (!base.is_open()).then_some(&base) {
            self.base = (!base.is_open()).then(|| Sieve::new(base));
        }
        if self.hits.as_ref().map(Sieve::filter) != filter.query.is_some().then_some(filter) {
            self.hits = filter.query.is_some().then(|| Sieve::new(filter.clone()));
        }
    }

    /// Looks at one more slice of what was not looked at yet: first at what passes without a query, which is quick and
    /// what a query chooses from.
    pub fn work(&mut self) {
        if let Some(base) = &mut self.base
            && !base.is_done()
        {
            return base.work(&self.all, &self.hosts);
        }
        if let Some(hits) = &mut self.hits {
            hits.work(self.base.as_ref().map_or(&self.all, Sieve::order), &self.hosts);
        }
    }

    /// Whether [`work`](Self::work) has something left to do.
    pub fn is_working(&self) -> bool {
        [&self.hits, &self.base].into_iter().flatten().any(|sieve| !sieve.is_done())
    }

    /// All rows.
    pub fn all(&self) -> &Order {
        &self.all
    }

    /// The rows that pass level, host and unit.
    pub fn base(&self) -> &Order {
        self.base.as_ref().map_or(&self.all, Sieve::order)
    }

    /// The rows that pass all of the filter; `None` when nothing is looked for.
    pub fn hits(&self) -> Option<&Order> {
        self.hits.as_ref().map(Sieve::order)
    }

    /// The rows that pass all of the filter with those around them.
    pub fn around(&self) -> Option<&Order> {
        self.hits.as_ref().map(Sieve::around)
    }

    /// What is looked for.
    pub fn query(&self) -> Option<&Query> {
        self.hits.as_ref().and_then(|sieve| sieve.filter().query.as_ref())
    }

    /// Lines that came in all.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Lines that came late.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// What is missing in all.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// Rows that are kept and say that something is missing.
    pub fn loss_rows(&self) -> usize {
        self.hosts.iter().map(|host| host.loss_rows).sum()
    }

    /// Lines that were let go to stay within bounds.
    pub fn evicted(&self) -> u64 {
        self.hosts.iter().map(|host| host.evicted).sum()
    }

    /// Bytes that are taken.
    pub fn bytes(&self) -> usize {
        let sieves: usize = [&self.base, &self.hits].into_iter().flatten().map(Sieve::bytes).sum();
        self.hosts.iter().map(HostLog::bytes).sum::<usize>() + self.all.bytes() + sieves
    }

    /// The last line of each host.
    pub fn ends(&self) -> BTreeMap<HostName, Cursor> {
        let end = |host: &HostLog| Some((host.name.clone(), host.last.clone()?));
        self.hosts.iter().filter_map(end).collect()
    }
}
