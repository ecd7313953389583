//! One session on the bus: every change of a unit by signal, and every half minute a look whether all is true.

use std::time::Duration;

use futures_util::future::{self, BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use zbus::message::{Message, Sequence, Type};

use super::bus::{Bus, BusError, Opened};
use super::news::News;
use super::properties::{Dictionary, properties};
use super::units::{Listing, Units};
use crate::domain::UnitName;
use crate::domain::link::Means;
use crate::runtimes::systemd::{MANAGER, PROPERTIES, unit_of_path};
use crate::runtimes::systemd_props::Properties;

/// Units that are read at the same time.
const READS: usize = 16;
/// Time between two full comparisons.
const RECONCILE: Duration = Duration::from_secs(30);
/// After so many comparisons every unit is read whole, for what systemd sends no signal of.
const WHOLE: u32 = 10;
/// Time between two signs of life: a bus without news and a dead one look the same.
const PING: Duration = Duration::from_secs(10);
/// How long a full list waits for units that are still being read.
const FULL_WITHIN: Duration = Duration::from_secs(2);
/// How long a hint that units came or went is let rest, for there are mostly more of them.
const REST: Duration = Duration::from_millis(150);
/// Shortest time between two listings.
const LIST_EVERY: Duration = Duration::from_secs(1);
/// Messages that are taken in one turn before what they changed is told.
const BURST: usize = 256;

enum Done {
    Listed(Result<Listing, BusError>),
    Read(UnitName, Result<(Properties, Sequence), BusError>),
    Subscribed(Result<Option<String>, BusError>),
    Pinged(Result<(), BusError>),
}

struct Session<'a> {
    bus: &'a Bus,
    units: Units,
    jobs: FuturesUnordered<BoxFuture<'a, Done>>,
    reading: usize,
    listing: bool,
    list_due: Instant,
    listed: Instant,
    ping_due: Instant,
    rounds: u32,
    full_by: Option<Instant>,
    /// The bus name of the manager: a signal from anybody else is not believed.
    manager: Option<String>,
    failure: Option<BusError>,
}

/// Watches until the bus ends. The first full list is told when every unit was read.
pub async fn run(
    opened: Opened,
    units: Units,
    news: &mpsc::Sender<News>,
    refresh: &mut watch::Receiver<u64>,
) -> BusError {
    let Opened { bus, mut ended } = opened;
    let mut messages = bus.messages();
    let manager = tokio::select! {
        subscribed = bus.subscribe() => match subscribed {
            Ok(manager) => manager,
            Err(error) => return error,
        },
        why = &mut ended => return why,
    };
    let now = Instant::now();
    let mut session = Session {
        bus: &bus,
        units,
        jobs: FuturesUnordered::new(),
        reading: 0,
        listing: false,
        list_due: now,
        listed: now,
        ping_due: now + PING,
        rounds: 0,
        full_by: None,
        manager,
        failure: None,
    };
    refresh.mark_unchanged();
    let mut pushed = false;
    loop {
        session.begin();
        if let Some(full) = session.full() {
            if news.send(News::Full(bus.scope(), full)).await.is_err() {
                return BusError::Closed;
            }
            if !std::mem::replace(&mut pushed, true) {
                news.send(News::Means(bus.scope(), Means::Push)).await.unwrap_or_default();
            }
        } else if pushed {
            for (name, facts) in session.units.changes() {
                news.send(News::One(bus.scope(), name, Box::new(facts))).await.unwrap_or_default();
            }
        }
        let wake = session.wake();
        tokio::select! {
            // The end first, for it has the reason. Then messages: a full queue would hold up the replies that
            // jobs wait for.
            biased;
            why = &mut ended => return why,
            message = messages.next() => {
                let Some(Ok(message)) = message else { return BusError::Closed };
                session.message(&message);
                for _ in 1..BURST {
                    match messages.next().now_or_never() {
                        Some(Some(Ok(message))) => session.message(&message),
                        Some(_) => return BusError::Closed,
                        None => break,
                    }
                }
            }
            Some(done) = session.jobs.next(), if !session.jobs.is_empty() => session.done(done),
            changed = refresh.changed() => {
                if changed.is_err() {
                    return BusError::Closed;
                }
                session.units.mark_all_now();
                session.list_due = Instant::now();
            }
            () = sleep_until(wake) => {}
        }
        if let Some(failure) = session.failure.take() {
            return failure;
        }
    }
}

impl<'a> Session<'a> {
    /// Starts every listing and read that is due.
    fn begin(&mut self) {
        let now = Instant::now();
        if !self.listing && self.list_due <= now {
            self.listing = true;
            self.listed = now;
            self.list_due = now + RECONCILE;
            self.full_by = Some(now + FULL_WITHIN);
            self.rounds += 1;
            if self.rounds.is_multiple_of(WHOLE) {
                self.units.mark_all();
            }
            let (bus, names, globs) = (self.bus, self.units.names(), self.units.selection().globs().to_vec());
            self.jobs.push(async move { Done::Listed(list(bus, names, globs).await) }.boxed());
        }
        if self.ping_due <= now {
            self.ping_due = now + PING;
            let bus = self.bus;
            self.jobs.push(async move { Done::Pinged(bus.ping().await) }.boxed());
        }
        for name in self.units.begin_reads(now, READS.saturating_sub(self.reading)) {
            self.reading += 1;
            let bus = self.bus;
            self.jobs.push(
                async move {
                    let read = bus.read(&name).await;
                    Done::Read(name, read)
                }
                .boxed(),
            );
        }
    }

    /// The full list, when one is to be told and everything in it was read, or waited for long enough.
    fn full(&mut self) -> Option<Vec<(UnitName, crate::domain::UnitFacts)>> {
        let by = self.full_by?;
        let ready = !self.listing && self.units.is_settled();
        (ready || by <= Instant::now()).then(|| {
            self.full_by = None;
            self.units.all()
        })
    }

    fn wake(&self) -> Instant {
        let read = if self.reading < READS { self.units.next_read() } else { None };
        let list = if self.listing { None } else { Some(self.list_due) };
        [read, list, self.full_by].into_iter().flatten().fold(self.ping_due, Instant::min)
    }

    fn list_soon(&mut self) {
        let soon = (Instant::now() + REST).max(self.listed + LIST_EVERY);
        self.list_due = self.list_due.min(soon);
    }

    /// Anything may be different now.
    fn everything(&mut self) {
        self.units.mark_all();
        self.list_soon();
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Listed(Ok(listing)) => {
                self.listing = false;
                self.units.list(&listing);
            }
            Done::Read(name, read) => {
                self.reading = self.reading.saturating_sub(1);
                let read = read.map_err(|error| self.unread(&name, error)).ok();
                if self.units.end_read(&name, read, Instant::now()) {
                    self.list_soon();
                }
            }
            Done::Subscribed(Ok(manager)) => {
                self.manager = manager;
                self.everything();
            }
            Done::Pinged(Ok(())) => {}
            // Without the list, the signals or a sign of life there is no push.
            Done::Listed(Err(error)) | Done::Subscribed(Err(error)) | Done::Pinged(Err(error)) => {
                self.failure = Some(error);
            }
        }
    }

    /// One unit that will not be read is no reason to end; a bus that is silent or gone is.
    fn unread(&mut self, name: &UnitName, error: BusError) {
        match error {
            BusError::Refused { .. } => tracing::debug!(unit = %name, %error, "the unit could not be read"),
            BusError::NoBridge
            | BusError::Bridge(_)
            | BusError::Silent(_)
            | BusError::Protocol(_)
            | BusError::Closed => self.failure = Some(error),
        }
    }

    fn message(&mut self, message: &Message) {
        if message.message_type() != Type::Signal {
            return;
        }
        let header = message.header();
        let sender = header.sender().map(|name| name.as_str());
        let (Some(interface), Some(member), Some(path)) = (header.interface(), header.member(), header.path()) else {
            return;
        };
        if interface.as_str() == "org.freedesktop.DBus" && member.as_str() == "NameOwnerChanged" {
            // The bus itself says so, and nobody can speak in its name.
            if sender.is_none_or(|sender| sender == "org.freedesktop.DBus") {
                self.owner_changed();
            }
            return;
        }
        if sender != self.manager.as_deref() {
            return;
        }
        match (interface.as_str(), member.as_str()) {
            (PROPERTIES, "PropertiesChanged") => {
                if let Some(name) = unit_of_path(path.as_str()) {
                    self.properties_changed(&name, message);
                }
            }
            (MANAGER, "UnitNew") => {
                let unit = first_text(message).filter(|name| self.units.kept(name).is_none());
                if unit.is_some_and(|name| self.units.selection().matches(&name)) {
                    self.list_soon();
                }
            }
            (MANAGER, "UnitRemoved") => {
                if let Some(name) = first_text(message).filter(|name| self.units.kept(name).is_some()) {
                    // Removed from memory is not gone. Reading a stopped unit loads it and removes it again, with
                    // these same signals: only one that we believe to be running is read for it.
                    if self.units.is_running(&name) {
                        self.units.mark(&name);
                    }
                    if !self.units.selection().exact().contains(&name) {
                        self.list_soon();
                    }
                }
            }
            (MANAGER, "JobRemoved") => {
                let body = message.body();
                if let Ok((_, _, unit, _)) = body.deserialize::<(u32, zbus::OwnedObjectPath, String, String)>()
                    && let Some(name) = UnitName::new(&unit)
                {
                    self.units.mark(&name);
                }
            }
            (MANAGER, "Reloading") => {
                if matches!(message.body().deserialize::<bool>(), Ok(false)) {
                    self.everything();
                }
            }
            (MANAGER, "UnitFilesChanged") => self.everything(),
            _ => {}
        }
    }

    /// The manager was executed anew or came back: it knows nothing of us.
    fn owner_changed(&mut self) {
        let bus = self.bus;
        self.jobs.push(async move { Done::Subscribed(bus.subscribe_manager().await) }.boxed());
    }

    fn properties_changed(&mut self, name: &UnitName, message: &Message) {
        let body = message.body();
        let Ok((_, changed, _)) = body.deserialize::<(String, Dictionary, Vec<String>)>() else {
            self.units.mark(name);
            return;
        };
        if self.units.signal(name, properties(&changed), message.recv_position()) {
            self.list_soon();
        }
    }
}

fn first_text(message: &Message) -> Option<UnitName> {
    let body = message.body();
    let (name, _) = body.deserialize::<(String, zbus::OwnedObjectPath)>().ok()?;
    UnitName::new(&name)
}

async fn list(bus: &Bus, names: Vec<UnitName>, globs: Vec<String>) -> Result<Listing, BusError> {
    let asked = Instant::now();
    let by_name = async {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let words: Vec<&str> = names.iter().map(UnitName::as_str).collect();
        match bus.by_names(&words).await {
            // One row for each name, in the order asked; a unit that was left out leaves no way to tell which.
            Ok(rows) if rows.len() == names.len() => Ok(names.iter().cloned().zip(rows).collect()),
            Ok(_) | Err(BusError::Refused { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    };
    let by_pattern = async {
        if globs.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        future::try_join(bus.matching(&globs), bus.files(&globs)).await
    };
    let (known, (matching, files), failed) = future::try_join3(by_name, by_pattern, bus.failed()).await?;
    Ok(Listing { asked, matching, files, failed, known })
}
