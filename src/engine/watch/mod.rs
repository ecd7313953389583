//! Watches one host: the state of its units by push or by sweeps, what they use, what the host says of itself.
//!
//! ARCHITECTURE.md tells how ("Watching systemd"), and docs/commands.md lists all that is sent to a host.

mod bus;
mod containers;
mod detail;
mod facts;
mod journal;
mod last_error;
mod lines;
mod manager;
mod named;
mod news;
mod outbox;
mod pipe;
mod properties;
mod push;
mod sweep;
mod units;
mod usage;
mod versions;
mod view;
mod wanted;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::{self, BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

pub(crate) use self::sweep::sentence;
pub use self::wanted::{Selection, VersionCommand, Wanted};

use self::journal::NoLines;
use self::last_error::Failures;
use self::manager::Keeper;
use self::news::News;
use self::outbox::Outbox;
use self::versions::Versions;
use self::view::View;
use crate::domain::unit::UnitFacts;
use crate::domain::{Compose, ServiceName, UnitName};
use crate::engine::transport::Connection;
use crate::port::Event;
use crate::port::event::{LogLine, UnitDetail};
use crate::runtimes::systemd::Scope;
use crate::text::Foreign;

/// What a watcher can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Read everything anew.
    Refresh,
    /// These units are on screen: read what they use. Replaces the list before; empty ends it.
    Usage(Vec<UnitName>),
    /// Read the file and the newest lines of this unit.
    Detail(UnitName),
}

/// News inside the watcher that are not taken yet; a part that finds it full waits.
const NEWS: usize = 256;
/// Details that are read at the same time; a further wish is dropped, and the person asks again.
const DETAILS: usize = 3;

/// Watches a host until dropped, or until nobody takes the events any more. Everything that it started on the
/// host ends with it. `stirred` counts what was heard of single units, before it is told.
pub async fn watch_host(
    connection: Arc<dyn Connection>,
    wanted: Wanted,
    events: mpsc::Sender<Event>,
    mut control: mpsc::Receiver<Control>,
    stirred: watch::Sender<u64>,
) {
    let host = &*connection;
    let wanted = Arc::new(wanted);
    let (news, mut arriving) = mpsc::channel(NEWS);
    let (refresh, refreshed) = watch::channel(0u64);
    let (pressure, pressed) = watch::channel(1.0f32);
    let (on_screen, shown) = watch::channel(Vec::new());
    let (system_bus, system_bus_now) = watch::channel(None);
    let (user_bus, user_bus_now) = watch::channel(None);

    let keeper = |scope, bus| Keeper {
        host,
        scope,
        selection: wanted.selection(scope),
        news: news.clone(),
        bus,
        refresh: refreshed.clone(),
        pressure: pressed.clone(),
    };
    let system = keeper(Scope::System, system_bus).keep();
    let user = keeper(Scope::User, user_bus);
    let user = async { if wanted.user.is_empty() { future::pending().await } else { user.keep().await } };
    let facts = facts::Reader { host, news: news.clone(), refresh: refreshed.clone(), pressure }.keep();
    let usage = usage::Reader {
        host,
        units: shown,
        buses: [system_bus_now, user_bus_now],
        news: news.clone(),
        pressure: pressed.clone(),
    }
    .keep();
    let (on_screen_too, containers_shown) = watch::channel(Vec::new());
    let containers = containers::Keeper {
        host,
        wanted: &wanted.containers,
        become_root: wanted.become_root,
        news: news.clone(),
        refresh: refreshed.clone(),
        pressure: pressed.clone(),
        shown: containers_shown,
    };
    let containers =
        async { if wanted.containers.is_empty() { future::pending().await } else { containers.keep().await } };
    let mut parts = std::pin::pin!(future::join5(system, user, facts, usage, containers));

    let mut watcher = Watcher::new(host, Arc::clone(&wanted));
    watcher.look_back(&wanted);
    let mut controlled = true;
    loop {
        watcher.begin();
        let wake = watcher.wake();
        tokio::select! {
            biased;
            permit = events.reserve(), if !watcher.outbox.is_empty() => match permit {
                Ok(permit) => if let Some(event) = watcher.outbox.next() { permit.send(event) },
                Err(_closed) => return,
            },
            Some(news) = arriving.recv() => {
                if matches!(news, News::One(..) | News::Containers(_)) {
                    stirred.send_modify(|count| *count = count.wrapping_add(1));
                }
                watcher.news(news);
            }
            told = control.recv(), if controlled => match told {
                Some(Control::Refresh) => {
                    refresh.send_modify(|count| *count = count.wrapping_add(1));
                    watcher.versions.refresh(Instant::now());
                }
                Some(Control::Usage(units)) => {
                    on_screen_too.send_replace(units.clone());
                    on_screen.send_replace(units.into_iter().map(|name| (watcher.view.scope(&name), name)).collect());
                }
                Some(Control::Detail(name)) => watcher.detail(name),
                None => controlled = false,
            },
            Some(done) = watcher.jobs.next(), if !watcher.jobs.is_empty() => watcher.done(done),
            _ = &mut parts => return,
            () = events.closed() => return,
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
        }
    }
}

enum Done {
    Error(UnitName, Result<Option<LogLine>, NoLines>),
    Detail(UnitName, UnitDetail),
    Version(ServiceName, Option<Foreign>),
    Named(Option<Result<Vec<UnitName>, String>>),
}

/// The middle of it: takes news, decides what else is to be asked, and fills the outbox.
struct Watcher<'a> {
    host: &'a dyn Connection,
    view: View,
    outbox: Outbox,
    failures: Failures,
    versions: Versions,
    jobs: FuturesUnordered<BoxFuture<'a, Done>>,
    asking: bool,
    versioning: bool,
    detailing: BTreeSet<UnitName>,
}

impl<'a> Watcher<'a> {
    fn new(host: &'a dyn Connection, wanted: Arc<Wanted>) -> Self {
        Self {
            host,
            outbox: Outbox::new(wanted.host.clone()),
            failures: Failures::default(),
            versions: Versions::new(wanted.versions.clone(), Instant::now()),
            view: View::new(wanted),
            jobs: FuturesUnordered::new(),
            asking: false,
            versioning: false,
            detailing: BTreeSet::new(),
        }
    }

    /// Asks the journal for units that ended, where this is wanted and something could mean them.
    fn look_back(&mut self, wanted: &Arc<Wanted>) {
        if named::is_asked(wanted) {
            let (host, wanted) = (self.host, Arc::clone(wanted));
            self.jobs.push(async move { Done::Named(named::named(host, &wanted).await) }.boxed());
        }
    }

    /// Starts what is due: one question to the journal and one version command at a time.
    fn begin(&mut self) {
        let (host, now) = (self.host, Instant::now());
        if !self.asking
            && let Some(name) = self.failures.take(now)
        {
            self.asking = true;
            let scope = self.view.scope(&name);
            let at = self.view.unit(&name).and_then(|facts| facts.state_change.or(facts.exited_at));
            self.jobs.push(
                async move {
                    let line = journal::last_error(host, scope, &name, at).await;
                    Done::Error(name, line)
                }
                .boxed(),
            );
        }
        if !self.versioning
            && let Some(command) = self.versions.take(now)
        {
            self.versioning = true;
            self.jobs
                .push(versions::run(host, command).map(|(service, version)| Done::Version(service, version)).boxed());
        }
    }

    fn wake(&self) -> Option<Instant> {
        let failures = if self.asking { None } else { self.failures.next() };
        let versions = if self.versioning { None } else { self.versions.next() };
        failures.into_iter().chain(versions).min()
    }

    fn news(&mut self, news: News) {
        match news {
            News::Full(scope, units) => {
                if let Some(all) = self.view.all(scope, units) {
                    let now = Instant::now();
                    let units = all.iter().filter(|(name, _)| !Compose::is_unit(name));
                    units.for_each(|(name, facts)| self.failures.observe(name, facts, now));
                    self.failures.keep(|name| self.view.unit(name).is_some());
                    self.outbox.all(all);
                }
            }
            News::One(scope, name, facts) => self.one(scope, name, facts),
            News::Means(scope, means) => {
                if let Some(means) = self.view.means(scope, means) {
                    self.outbox.means(means);
                }
                if let Some(all) = self.view.late() {
                    self.outbox.all(all);
                }
            }
            News::Usage(usage) => self.outbox.usage(usage),
            News::Facts(facts) => self.outbox.facts(facts),
            News::Containers(all) => self.containers(all),
        }
    }

    fn one(&mut self, scope: Scope, name: UnitName, facts: Box<UnitFacts>) {
        let Some(before) = self.view.one(scope, &name, (*facts).clone()) else { return };
        let now = Instant::now();
        self.failures.observe(&name, &facts, now);
        if before.is_some_and(|before| before.invocation != facts.invocation) {
            self.versions.started(&name, now);
        }
        self.outbox.unit(name, facts);
    }

    fn containers(&mut self, all: Vec<(UnitName, UnitFacts)>) {
        let now = Instant::now();
        for (name, facts) in all {
            let before = self.view.container(&name, facts.clone());
            if before.as_ref() == Some(&facts) {
                continue;
            }
            if before.as_ref().is_none_or(|before| before.invocation != facts.invocation) {
                self.versions.started(&name, now);
            }
            if let (Some(service), Some(containers)) = (self.view.shows_version(&name), &facts.containers) {
                let version = containers.versions().join(", ");
                if !version.is_empty() {
                    self.outbox.version(service, version.into());
                }
            }
            if before.is_some() && self.view.listed() {
                self.outbox.unit(name, Box::new(facts));
            }
        }
        if let Some(all) = self.view.late() {
            self.outbox.all(all);
        }
    }

    fn detail(&mut self, name: UnitName) {
        if self.detailing.len() >= DETAILS || !self.detailing.insert(name.clone()) {
            return;
        }
        let (host, scope) = (self.host, self.view.scope(&name));
        if let Some((compose, containers)) = self.view.containers_of(&name) {
            let reading = async move {
                let detail = detail::containers(host, &compose, &containers).await;
                Done::Detail(name, detail)
            };
            return self.jobs.push(reading.boxed());
        }
        self.jobs.push(
            async move {
                let detail = detail::detail(host, scope, &name).await;
                Done::Detail(name, detail)
            }
            .boxed(),
        );
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Error(name, line) => {
                self.asking = false;
                match line {
                    Ok(line) => self.outbox.error(name, line),
                    // Nothing is said on the row; whoever opens the detail reads the reason there.
                    Err(why) => tracing::info!(unit = %name, %why, "no last error line"),
                }
            }
            Done::Detail(name, detail) => {
                self.detailing.remove(&name);
                self.outbox.detail(name, detail);
            }
            Done::Named(units) => {
                if let Some(units) = units {
                    self.outbox.in_journal(units);
                }
            }
            Done::Version(service, version) => {
                self.versioning = false;
                if let Some(version) = version {
                    self.outbox.version(service, version);
                }
            }
        }
    }
}
