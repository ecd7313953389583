//! The store of one tail: the logs of all its hosts, their common order, what passes the filter, and exact counts of
//! what came, what was lost on the way, and what was let go to stay within bounds.

use std::collections::BTreeMap;

use super::filter::Filter;
use super::folds::{Fold, Folds};
use super::host::{Gone, HostLog, Older};
use super::novel::Novel;
use super::order::{Order, Ref};
use super::sieve::Sieve;
use super::tally::Tally;
use crate::domain::host::ClockOffset;
use crate::domain::{HostName, Lane, Query};
use crate::port::log::{Cursor, LogBatch, LogRow, Origin, TailState};
use crate::port::log_block::Row;

/// Bytes that lines may take unless a person says otherwise; beyond that the oldest blocks are let go, and how many lines
/// was exactly counted.
pub const CAP: usize = 256 << 20;
/// What comes with a stamp so much older than the newest is marked as late, in microseconds.
const LATE: i64 = 2_000_000;

/// From so many percent of a slice on nothing else is begun in the same turn.
const LITTLE: usize = 50;

/// What is missing in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// Lines that are known to be lost.
    pub lines: u64,
    /// Gaps of which nobody can tell how many lines they hold.
    pub unsure: u64,
}

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// What passes level, host and unit.
    Base,
    /// What passes all of the filter.
    Hits,
}

/// The store.
#[derive(Debug)]
pub struct LogStore {
    cap: usize,
    hosts: Vec<HostLog>,
    offsets: BTreeMap<HostName, ClockOffset>,
    places: BTreeMap<Origin, u16>,
    all: Order,
    /// What passes level, host and unit; `None` when all does.
    base: Option<Sieve>,
    /// What passes all of the filter; `None` when nothing is looked for.
    hits: Option<Sieve>,
    /// Runs of lines that say the same, and the order they are of.
    folds: Option<(Layer, Folds)>,
    /// What lines say since a moment and did not say before.
    novel: Option<Novel>,
    tally: Tally,
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
            offsets: BTreeMap::new(),
            all: Order::default(),
            base: None,
            hits: None,
            folds: None,
            novel: None,
            tally: Tally::default(),
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

    /// The lane of this host, made when it is new. A number beyond that of all lanes there can be is none.
    fn host_mut(&mut self, name: &HostName, lane: &Lane) -> Option<&mut HostLog> {
        let origin = Origin { host: name.clone(), lane: lane.clone() };
        let place = match self.places.get(&origin) {
            Some(place) => *place,
            None => {
                let place = u16::try_from(self.hosts.len()).ok()?;
                // The lanes of a host have one colour and one clock.
                let other = self.hosts.iter().find(|host| host.name == *name);
                let next = || self.hosts.iter().map(|host| host.hue + 1).max().unwrap_or(0);
                let mut log = HostLog::new(name.clone(), lane.clone(), place, other.map_or_else(next, |host| host.hue));
                if let Some(offset) = self.offsets.get(name) {
                    log.clock.measure(*offset);
                }
                self.places.insert(origin, place);
                self.hosts.push(log);
                place
            }
        };
        self.hosts.get_mut(usize::from(place))
    }

    /// Makes room for a lane of a host, in the order in which hosts shall stand.
    pub fn expect(&mut self, name: &HostName, lane: &Lane) {
        self.host_mut(name, lane);
    }

    /// Takes rows of one lane in.
    pub fn take(&mut self, batch: &LogBatch) {
        let mut newest = self.all.last().map_or(i64::MIN, Ref::key);
        let Some(place) = self.host_mut(&batch.host, &batch.lane).map(|host| usize::from(host.place)) else { return };
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
        let Some(made) = self.host_mut(name, &Lane::Journal).map(|host| host.add_older(rows)) else { return };
        self.all.put_in_front(&made);
        // Runs take a row in beside what is known already, and here all come at once: they are looked for anew.
        let layer = self.folds.take().map(|(layer, _)| layer);
        for (row, made) in rows.iter().zip(made) {
            self.count(row);
            self.admit(made);
        }
        self.folds = layer.map(|layer| (layer, Folds::default()));
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
        self.tally.add(&[made]);
        if let Some(novel) = &mut self.novel {
            novel.admit(made, &self.hosts);
        }
        if let Some(base) = &mut self.base {
            base.admit(made, &self.all, &self.hosts);
        }
        if let Some(hits) = &mut self.hits {
            let base = self.base.as_ref().map_or(&self.all, Sieve::order);
            // Where nothing is left out all is in.
            if self.base.is_none() || base.contains(made) {
                hits.admit(made, base, &self.hosts);
            }
        }
        if let Some((layer, mut folds)) = self.folds.take() {
            let all = self.base.is_none() && (layer == Layer::Base || self.hits.is_none());
            if all || self.layer(layer).contains(made) {
                folds.admit(made, self.layer(layer), &self.hosts);
            }
            self.folds = Some((layer, folds));
        }
    }

    /// Lets the rows go that a host has chosen itself: they are not all there are. They count as if they had never come.
    pub fn forget_picked(&mut self, name: &HostName) {
        let Some(place) = self.places.get(&journal_of(name)).copied() else { return };
        while let Some(host) = self.hosts.get_mut(usize::from(place)) {
            let Some(picked) = &host.picked else { return };
            if host.first() >= picked.before {
                (host.picked, host.older) = (None, Older::There);
                return;
            }
            let Some(gone) = self.let_go(place) else { return };
            self.received = self.received.saturating_sub(gone.lines);
        }
    }

    /// Lets the oldest block of a lane go.
    fn let_go(&mut self, place: u16) -> Option<Gone> {
        let gone = self.hosts.get(usize::from(place))?.would_go()?;
        let folds = self.folds.take();
        // How many lines of runs go with it is known only while they are there.
        let counted = folds.as_ref().map(|(layer, folds)| folds.near(&gone, self.layer(*layer), &self.hosts));
        self.hosts.get_mut(usize::from(place))?.evict();
        let (from, until) = gone.bounds();
        let oldest = self.all.forward(from).take_while(|row| *row < until);
        oldest.filter(|row| gone.has(*row)).for_each(|row| self.tally.remove(row));
        self.all.forget((from, until), |row| gone.has(row));
        for sieve in [&mut self.base, &mut self.hits].into_iter().flatten() {
            sieve.forget(&gone);
        }
        if let (Some((layer, mut folds)), Some(counted)) = (folds, counted) {
            folds.forget(&gone, counted, self.layer(layer), &self.hosts);
            self.folds = Some((layer, folds));
        }
        Some(gone)
    }

    /// The journal of this host, to say how far back it can be read.
    pub fn log_mut(&mut self, name: &HostName) -> Option<&mut HostLog> {
        let place = self.places.get(&journal_of(name))?;
        self.hosts.get_mut(usize::from(*place))
    }

    /// Takes in how a lane of the tail stands.
    pub fn stands(&mut self, host: &HostName, lane: &Lane, state: TailState) {
        let Some(host) = self.host_mut(host, lane) else { return };
        let is_back = host.state == Some(TailState::NoLink) && state != TailState::NoLink;
        if is_back && matches!(host.older, Older::Failed(_)) {
            // Why it failed then says nothing any more.
            host.older = Older::There;
        }
        host.live |= state == TailState::Following;
        host.ended = state == TailState::Ended;
        // What could not be read stays unread when reading has ended.
        let is_less = |before: &TailState| match before {
            TailState::Refused(_) | TailState::Missing(_) | TailState::Limited(_) => true,
            TailState::Reading | TailState::Following | TailState::Ended | TailState::NoLink => false,
        };
        if !(host.ended && host.state.as_ref().is_some_and(is_less)) {
            host.state = Some(state);
        }
    }

    /// Takes in how far a host's clock is from ours.
    pub fn measure(&mut self, host: &HostName, offset: ClockOffset) {
        for log in self.hosts.iter_mut().filter(|log| log.name == *host) {
            log.clock.measure(offset);
        }
        // What is read of it later has the same clock.
        self.offsets.insert(host.clone(), offset);
    }

    fn make_room(&mut self) {
        while self.bytes() > self.cap {
            let oldest = self.hosts.iter().filter_map(|host| Some((host.oldest_block()?, host.place))).min();
            let Some((_, place)) = oldest else { return };
            let Some(gone) = self.let_go(place) else { return };
            if let Some(host) = self.hosts.get_mut(usize::from(place)) {
                host.evicted += gone.lines;
            }
        }
    }

    /// Lets another filter choose. The first slice is looked at by the next [`work`](Self::work).
    pub fn set_filter(&mut self, filter: &Filter) {
        let base = filter.base();
        if self.base.as_ref().map(Sieve::filter) != (!base.is_open()).then_some(&base) {
            self.base = (!base.is_open()).then(|| Sieve::new(base));
            self.fold_anew(Layer::Base);
        }
        if self.hits.as_ref().map(Sieve::filter) != filter.query.is_some().then_some(filter) {
            self.hits = filter.query.is_some().then(|| Sieve::new(filter.clone()));
            self.fold_anew(Layer::Hits);
        }
    }

    /// Wishes for the runs of an order, or for none.
    pub fn fold(&mut self, layer: Option<Layer>) {
        if self.folds.as_ref().map(|(layer, _)| *layer) != layer {
            self.folds = layer.map(|layer| (layer, Folds::default()));
        }
    }

    fn fold_anew(&mut self, layer: Layer) {
        if let Some((of, folds)) = &mut self.folds
            && *of == layer
        {
            *folds = Folds::default();
        }
    }

    /// Wishes for what is new since a moment, in microseconds, or for nothing of the kind.
    pub fn look_for_new(&mut self, since: Option<i64>) {
        if self.novel.as_ref().map(Novel::moment) != since {
            self.novel = since.map(Novel::since);
        }
    }

    /// What is new since the moment that was wished for.
    pub fn novel(&self) -> Option<&Novel> {
        self.novel.as_ref()
    }

    /// How much of what passes lies in which time.
    pub fn tally(&self) -> &Tally {
        self.hits.as_ref().or(self.base.as_ref()).map_or(&self.tally, Sieve::tally)
    }

    fn layer(&self, layer: Layer) -> &Order {
        match layer {
            Layer::Base => self.base(),
            Layer::Hits => self.hits().unwrap_or_else(|| self.base()),
        }
    }

    /// The run to which a row belongs, where runs were wished for.
    pub fn run(&self, row: Ref) -> Option<&Fold> {
        self.folds.as_ref().and_then(|(_, folds)| folds.of(row))
    }

    /// Looks at one more slice of what was not looked at yet: first at what passes without a query, which is quick and
    /// what a query chooses from. Where that was little, it goes on with what comes behind it.
    pub fn work(&mut self) {
        let mut spent = 0;
        if let Some(base) = &mut self.base {
            spent += base.work(&self.all, &self.hosts);
            if !base.is_done() || spent >= LITTLE {
                return;
            }
        }
        if let Some(hits) = &mut self.hits {
            spent += hits.work(self.base.as_ref().map_or(&self.all, Sieve::order), &self.hosts);
            if !hits.is_done() || spent >= LITTLE {
                return;
            }
        }
        if let Some((layer, mut folds)) = self.folds.take() {
            spent += folds.work(self.layer(layer), &self.hosts);
            let is_done = folds.is_done();
            self.folds = Some((layer, folds));
            if !is_done || spent >= LITTLE {
                return;
            }
        }
        if let Some(novel) = &mut self.novel {
            novel.work(&self.all, &self.hosts);
        }
    }

    /// Whether [`work`](Self::work) has something left to do.
    pub fn is_working(&self) -> bool {
        self.is_looking()
            || self.folds.as_ref().is_some_and(|(_, folds)| !folds.is_done())
            || self.novel.as_ref().is_some_and(|novel| !novel.is_done())
    }

    /// Whether it is not known yet of all rows whether they pass.
    pub fn is_looking(&self) -> bool {
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
        let folds = self.folds.as_ref().map_or(0, |(_, folds)| folds.bytes());
        let novel = self.novel.as_ref().map_or(0, Novel::bytes);
        self.hosts.iter().map(HostLog::bytes).sum::<usize>() + self.all.bytes() + sieves + folds + novel
    }

    /// The last line of each lane.
    pub fn ends(&self) -> BTreeMap<Origin, Cursor> {
        let origin = |host: &HostLog| Origin { host: host.name.clone(), lane: host.lane.clone() };
        let end = |host: &HostLog| Some((origin(host), host.last.clone()?));
        self.hosts.iter().filter_map(end).collect()
    }
}

/// The lane of a host that can be read backwards.
fn journal_of(name: &HostName) -> Origin {
    Origin { host: name.clone(), lane: Lane::Journal }
}
