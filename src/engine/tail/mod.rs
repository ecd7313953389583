//! Tails: reads the logs of many hosts for one wish, each through the connection that its supervisor holds.
//!
//! One follower for each lane, a task of its own. What it sends and what the answers mean is `runtimes::tail`; here are
//! the streams, the waiting, and the channels. Nothing is ever dropped: a channel that is full stops the follower,
//! which then reads no further, and the flow control of ssh stops journalctl on the host.

mod caught_up;
mod command;
mod container;
mod fields;
mod file;
mod follower;
mod lane;
mod link;
mod newest;
mod page;
mod reader;
mod together;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::probe::Connections;
use super::watch::Wanted;
use crate::domain::log_source::JournalMatch;
use crate::domain::{Environment, HostName, LogSource, UnitName};
use crate::port::Event;
use crate::port::log::{Cursor, Origin, TailWish};
use crate::port::log_page::PageWish;
use crate::runtimes::systemd::Scope;
use crate::runtimes::tail::Filter;
use crate::runtimes::tail::command::DEBUG;

/// Where rows go: one channel for all, or one for each host, where whoever reads wants to hold back a single host.
/// All are bounded, and a full one makes the follower wait.
#[derive(Debug, Clone)]
pub struct Outlet {
    all: mpsc::Sender<Event>,
    apart: BTreeMap<HostName, mpsc::Sender<Event>>,
}

impl Outlet {
    /// Everything through one channel.
    pub fn new(all: mpsc::Sender<Event>) -> Self {
        Self { all, apart: BTreeMap::new() }
    }

    /// These hosts through channels of their own.
    #[must_use]
    pub fn with(mut self, apart: BTreeMap<HostName, mpsc::Sender<Event>>) -> Self {
        self.apart = apart;
        self
    }

    fn of(&self, host: &HostName) -> mpsc::Sender<Event> {
        self.apart.get(host).unwrap_or(&self.all).clone()
    }
}

/// The tail of one environment: one wish at a time, one entry whose fields are read, and of each host one page of older
/// lines.
pub struct Tails {
    environment: Arc<Environment>,
    connections: Connections,
    outlet: Outlet,
    followers: Vec<AbortOnDropHandle<()>>,
    fields: Option<AbortOnDropHandle<()>>,
    pages: BTreeMap<HostName, AbortOnDropHandle<()>>,
}

impl Tails {
    /// Reads nothing yet.
    pub fn new(environment: Arc<Environment>, connections: Connections, outlet: Outlet) -> Self {
        Self { environment, connections, outlet, followers: Vec::new(), fields: None, pages: BTreeMap::new() }
    }

    /// Reads what is wished for; what was read before is let go.
    pub fn begin(&mut self, wish: TailWish) {
        self.end();
        let wish = Arc::new(wish);
        for (host, source) in wish.sources.iter().flat_map(|(host, all)| all.iter().map(move |source| (host, source))) {
            let origin = Origin { host: host.clone(), lane: source.lane() };
            let out = follower::Out { tail: wish.id, origin, events: self.outlet.of(host) };
            let (told, follow) = (out.clone(), wish.follow);
            let reading = match self.connections.get(host).cloned() {
                Some(connections) => match source {
                    LogSource::Journal(wanted) => {
                        let filter = self.filter(host, wanted, wish.least);
                        follower::Follower::new(&wish, filter, out, connections).run().boxed()
                    }
                    LogSource::Container(log) => {
                        let become_root = Wanted::of(&self.environment, host).become_root;
                        let (wish, log) = (Arc::clone(&wish), log.clone());
                        container::follow(wish, log, become_root, out, connections).boxed()
                    }
                    LogSource::File(path) => file::follow(Arc::clone(&wish), path.clone(), out, connections).boxed(),
                    LogSource::Command(command) if !self.environment.trusted => {
                        let site = self.environment.word.of(&self.environment.site);
                        let name = &command.name;
                        let why = format!("command {name} is not run: read the site, then `qd trust {site}`");
                        follower::dead(out, why).boxed()
                    }
                    LogSource::Command(command) => {
                        command::follow(Arc::clone(&wish), command.clone(), out, connections).boxed()
                    }
                },
                None => follower::dead(out.clone(), format!("{} is not a host of this environment", out.origin.host))
                    .boxed(),
            };
            let task = tokio::spawn(follower::kept(told, follow, reading));
            self.followers.push(AbortOnDropHandle::new(task));
        }
    }

    fn filter(&self, host: &HostName, wanted: &JournalMatch, least: u8) -> Filter {
        let own = Wanted::of(&self.environment, host).user;
        let scope = |unit: &UnitName| if own.wants(unit) { Scope::User } else { Scope::System };
        let units = wanted.units.iter().map(|unit| (scope(unit), unit.clone())).collect();
        let JournalMatch { boot, identifiers, fields, .. } = wanted.clone();
        Filter { units, uid: None, boot, identifiers, fields, least, all_fields: false }
    }

    /// Reads no more.
    pub fn end(&mut self) {
        self.followers.clear();
        self.pages.clear();
    }

    /// Reads a page of older lines; one of the same host that is still being read is given up.
    pub fn read_page(&mut self, wish: PageWish) {
        let connection = self.connections.get(&wish.host).and_then(|newest| newest.borrow().clone());
        let (filter, events) = (self.filter(&wish.host, &wish.wanted, DEBUG), self.outlet.of(&wish.host));
        let host = wish.host.clone();
        let reading = page::read(connection, filter, wish, events);
        self.pages.insert(host, AbortOnDropHandle::new(tokio::spawn(reading)));
    }

    /// Reads all fields of one entry; one that is still being read is given up.
    pub fn read_fields(&mut self, host: HostName, cursor: Cursor) {
        let connection = self.connections.get(&host).and_then(|newest| newest.borrow().clone());
        let events = self.outlet.of(&host);
        let reading = fields::read(connection, host, cursor, events);
        self.fields = Some(AbortOnDropHandle::new(tokio::spawn(reading)));
    }

    /// Ends all of it, and waits until it has ended.
    pub async fn close(mut self) {
        let (fields, pages) = (self.fields.take(), std::mem::take(&mut self.pages));
        for task in self.followers.drain(..).chain(fields).chain(pages.into_values()) {
            task.abort();
            // What comes back is that it was aborted, which is what was asked for.
            let _ = task.await;
        }
    }
}
