//! Reads the logs of an environment through a world of its own, merges them, and hands them on row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::merge::{Merge, Standing, Turn};
use super::missing::Missing;
use super::wanted::Wanted;
use crate::domain::unit::Load;
use crate::domain::{HostName, Lane, Link, UnitName};
use crate::engine::approach::Approach;
use crate::engine::world::World;
use crate::port::event::HostEvent;
use crate::port::log::{Cursor, LogRow, Origin, TailState, TailWish};
use crate::port::{Effect, Event};

/// Events of one host that may wait: a host that is ahead of the others is held back.
const LANE: usize = 16;
/// Other events that may wait; the world waits when there is no room.
const EVENTS: usize = 256;
/// How long the units that match a pattern are waited for.
const UNITS_WITHIN: Duration = Duration::from_secs(10);

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// Hosts that could not be read, each with a sentence.
    pub unread: Vec<String>,
    /// Whether nothing of what was asked for is there.
    pub nothing: bool,
    /// Whether whoever took the rows wanted no more.
    pub stopped: bool,
}

/// What is told beside rows.
pub trait Gather {
    /// Takes a row. `false` when no more are wanted.
    fn row(&mut self, from: &Origin, row: &LogRow) -> bool;
    /// All rows that were there have been handed over for now.
    fn pause(&mut self) -> bool;
    /// A sentence for the person: a host that can't be read, or only in part.
    fn say(&mut self, sentence: &str);
}

struct Gathering<'a, G> {
    wanted: Wanted,
    to: &'a mut G,
    merge: Merge,
    lanes: BTreeMap<HostName, mpsc::Receiver<Event>>,
    effects: mpsc::Sender<Effect>,
    tail: u64,
    /// Where each lane is read, for a wish that goes on.
    places: BTreeMap<Origin, Cursor>,
    /// The units of each host, once they are known.
    units: BTreeMap<HostName, BTreeSet<UnitName>>,
    /// Hosts whose units must be asked for, since a service names them by pattern.
    asked: BTreeSet<HostName>,
    begun: bool,
    said: BTreeSet<String>,
    /// Hosts that have told something.
    reached: BTreeSet<HostName>,
    /// Why a host is not reached.
    away: BTreeMap<HostName, String>,
    /// Until when hosts without a link are waited for.
    awaited: BTreeMap<HostName, Instant>,
    /// What of it is not there.
    missing: Missing,
    ending: Ending,
}

/// Reads until everything was read, `to` wants no more, or `stop` resolves.
pub async fn gather<A: Approach>(
    world: World<A>,
    wanted: Wanted,
    stop: impl Future<Output = ()>,
    to: &mut impl Gather,
) -> Ending {
    let hosts: Vec<HostName> = wanted.environment.hosts.iter().map(|host| host.name.clone()).collect();
    let (mut senders, mut lanes) = (BTreeMap::new(), BTreeMap::new());
    for host in &hosts {
        let (sender, lane) = mpsc::channel(LANE);
        senders.insert(host.clone(), sender);
        lanes.insert(host.clone(), lane);
    }
    let (told, mut events) = mpsc::channel(EVENTS);
    let (effects, wishes) = mpsc::channel(4);
    let first = vec![Effect::Watch(Arc::clone(&wanted.environment))];
    let running = tokio::spawn(world.logs_apart(senders).run(told, wishes, first));
    let patience = Instant::now() + wanted.patience;
    let awaited = hosts.iter().map(|host| (host.clone(), patience)).collect();
    let places = wanted.resume.clone();
    let mut gathering = Gathering {
        asked: hosts.iter().filter(|host| wanted.asks_for_units(host)).cloned().collect(),
        merge: Merge::new(hosts.into_iter().map(Origin::journal)),
        wanted,
        to,
        lanes,
        effects,
        tail: 0,
        places,
        units: BTreeMap::new(),
        begun: false,
        said: BTreeSet::new(),
        reached: BTreeSet::new(),
        away: BTreeMap::new(),
        awaited,
        missing: Missing::default(),
        ending: Ending::default(),
    };
    gathering.run(&mut events, stop).await;
    gathering.say_missing();
    let ending = gathering.ending;
    drop((gathering.effects, gathering.lanes, events));
    // It ends by itself when nobody wants anything any more; what it holds is ours to end.
    let _ = tokio::time::timeout(Duration::from_secs(2), running).await;
    ending
}

impl<G: Gather> Gathering<'_, G> {
    async fn run(&mut self, events: &mut mpsc::Receiver<Event>, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let units_until = Instant::now() + UNITS_WITHIN;
        loop {
            if !self.begun && (self.asked.is_empty() || Instant::now() >= units_until) {
                self.wish().await;
            }
            let wait = match self.hand_on() {
                None => return self.ending.stopped = true,
                Some(wait) => wait,
            };
            let past = self.end_what_is_past();
            if self.merge.is_over() {
                return;
            }
            if self.give_up(Instant::now()) {
                continue;
            }
            let far = Instant::now() + Duration::from_secs(3600);
            let mut until = self.awaited.values().copied().chain(wait).chain(past).min().unwrap_or(far);
            if !self.begun {
                until = until.min(units_until);
            }
            let Self { merge, lanes, .. } = self;
            let next = std::future::poll_fn(|context| {
                for (host, lane) in lanes.iter_mut().filter(|(host, _)| merge.has_room(host)) {
                    match lane.poll_recv(context) {
                        Poll::Ready(Some(event)) => return Poll::Ready((host.clone(), event)),
                        Poll::Ready(None) | Poll::Pending => {}
                    }
                }
                Poll::Pending
            });
            tokio::select! {
                biased;
                () = &mut stop => return self.last(),
                () = sleep_until(until) => {}
                event = events.recv() => match event {
                    Some(event) => self.heard(event),
                    None => return self.last(),
                },
                (host, event) = next => self.came(&host, event),
            }
        }
    }

    /// Hands on what can be handed on; says how long to wait, or `None` when no more is wanted.
    fn hand_on(&mut self) -> Option<Option<Instant>> {
        loop {
            match self.merge.turn(Instant::now(), false) {
                Turn::Row(from, row) => {
                    if !self.to.row(&from, &row) {
                        return None;
                    }
                }
                Turn::Wait(until) => {
                    self.say_left_behind();
                    return self.to.pause().then_some(until);
                }
            }
        }
    }

    fn say_left_behind(&mut self) {
        for lane in self.merge.left_behind() {
            let long = super::merge::patience(&lane.lane).as_secs();
            self.say(&format!(
                "{lane} tells no line for {long} s: it is waited for no more, its lines come as they come"
            ));
        }
    }

    /// Hands on everything that waits.
    fn last(&mut self) {
        while let Turn::Row(from, row) = self.merge.turn(Instant::now(), true) {
            if !self.to.row(&from, &row) {
                return;
            }
        }
        self.to.pause();
    }

    /// Wishes for the tail, with the units that are known now.
    async fn wish(&mut self) {
        self.begun = true;
        self.tail += 1;
        let sources = self.wanted.sources(&self.units);
        for host in self.wanted.environment.hosts.iter().map(|host| &host.name) {
            let of_host = sources.get(host).map(Vec::as_slice).unwrap_or_default();
            for source in of_host {
                let origin = Origin { host: host.clone(), lane: source.lane() };
                self.missing.wish(&origin, source);
                self.merge.join(origin);
            }
            if !of_host.iter().any(|source| source.lane() == Lane::Journal) {
                self.merge.stand(&Origin::journal(host.clone()), Standing::Over);
            }
        }
        let wish = TailWish {
            id: self.tail,
            sources,
            since: self.wanted.since,
            bound: self.wanted.bound,
            until: self.wanted.until,
            least: self.wanted.least,
            follow: self.wanted.follow,
            whole_lines: self.wanted.whole_lines,
            resume: self.places.clone(),
        };
        // The world may be gone; then its events end too.
        let _ = self.effects.send(Effect::Tail(wish)).await;
    }

    /// Says of each thing that was asked for where it is not, once, and whether there was anything at all.
    fn say_missing(&mut self) {
        if self.wanted.follow {
            return;
        }
        self.missing.no_unit(&self.wanted.units, &self.units);
        let sentences = self.missing.sentences();
        sentences.iter().for_each(|sentence| self.say(sentence));
        self.ending.nothing = self.missing.is_everything();
    }

    /// News of a host beside its log.
    fn heard(&mut self, event: Event) {
        match event {
            Event::Host(host, HostEvent::Link(link)) => self.link(host, &link),
            Event::Host(host, HostEvent::Facts(facts)) => {
                if let Some(clock) = facts.clock {
                    self.merge.ahead(&host, clock.proven());
                }
            }
            Event::Host(host, HostEvent::Units(units)) => {
                let before = self.wanted.units_of(&host, &self.units);
                let there = units.into_iter().filter(|(_, facts)| facts.load != Load::NotFound);
                self.units.insert(host.clone(), there.map(|(name, _)| name).collect());
                self.asked.remove(&host);
                // A unit that came anew is read as well: the wish is made anew and goes on where the old one was.
                if self.begun
                    && self.wanted.follow
                    && !self.wanted.whole
                    && self.wanted.units_of(&host, &self.units) != before
                {
                    self.begun = false;
                }
            }
            Event::Trouble(sentence) => self.say(&sentence),
            _ => {}
        }
    }

    fn link(&mut self, host: HostName, link: &Link) {
        let (why, last) = match link {
            Link::Waiting { why, .. } => (why.to_string(), false),
            Link::Stopped { why, .. } => (why.to_string(), true),
            Link::Up { .. } => {
                self.away.remove(&host);
                return;
            }
            Link::Connecting { .. } | Link::Asking { .. } => return,
        };
        self.asked.remove(&host);
        if last || !self.reached.contains(&host) {
            self.say(&format!("{host} is not reached: {why}"));
            self.merge.stand_all(&host, Standing::Away);
        }
        self.away.insert(host.clone(), why);
        if last {
            self.abandon(&host);
        }
    }

    /// With an end that lies ahead: lanes that are silent end when the clock of their host is past it. Says when to look again.
    fn end_what_is_past(&mut self) -> Option<Instant> {
        let until = self.wanted.until.filter(|_| self.wanted.follow && self.begun)?;
        let (left, now) = (until.duration_since(jiff::Timestamp::now()), Instant::now());
        self.merge.end_silent(i64::try_from(left.as_micros()).unwrap_or(i64::MAX), now)
    }

    /// Nobody waits for these hosts any longer. Says whether there were any.
    fn give_up(&mut self, now: Instant) -> bool {
        let late = self.awaited.iter().filter(|(_, until)| **until <= now);
        let late: Vec<HostName> = late.map(|(host, _)| host.clone()).collect();
        for host in &late {
            self.abandon(host);
        }
        !late.is_empty()
    }

    /// A host that can't be reached: one that is followed may come back, else it is left out.
    fn abandon(&mut self, host: &HostName) {
        self.awaited.remove(host);
        if self.wanted.follow {
            self.merge.stand_all(host, Standing::Away);
        } else if self.merge.stand_all(host, Standing::Over) {
            let why = self.away.get(host).map_or("no answer in time", String::as_str);
            self.ending.unread.push(format!("{host} was not read to the end: {why}"));
        }
    }

    /// A lane's rows, or how it stands.
    fn came(&mut self, host: &HostName, event: Event) {
        match event {
            Event::Log(batch) if batch.tail == self.tail => {
                let from = Origin { host: batch.host, lane: batch.lane };
                self.merge.join(from.clone());
                for row in &batch.rows {
                    let cursor = match row {
                        LogRow::Entry(entry) => {
                            self.missing.spoke(&from, entry);
                            Some(&entry.cursor)
                        }
                        LogRow::Loss(loss) => loss.cursor.as_ref(),
                    };
                    if let Some(cursor) = cursor {
                        self.places.insert(from.clone(), cursor.clone());
                    }
                }
                self.merge.take(&from, batch.rows, Instant::now());
            }
            Event::Tail(tail, _, lane, state) if tail == self.tail => {
                self.stands(&Origin { host: host.clone(), lane }, state);
            }
            _ => {}
        }
    }

    fn stands(&mut self, from: &Origin, state: TailState) {
        let host = &from.host;
        self.merge.join(from.clone());
        let standing = match state {
            TailState::Reading => {
                self.reached.insert(host.clone());
                self.awaited.remove(host);
                return self.merge.reads(from, Instant::now());
            }
            TailState::Following => Standing::Following,
            TailState::Ended => Standing::Over,
            // At the beginning there is no link yet.
            TailState::NoLink if self.reached.contains(host) => {
                self.awaited.insert(host.clone(), Instant::now() + self.wanted.patience);
                return self.merge.stand(from, Standing::Away);
            }
            TailState::NoLink => return,
            TailState::Refused(why) => {
                self.ending.unread.push(format!("{host}: {}", why.plain()));
                self.say(&format!("{host}: {}", why.plain()));
                match self.wanted.follow && !self.merge.has_ended(from) {
                    true => Standing::Away,
                    false => Standing::Over,
                }
            }
            TailState::Missing(why) if self.wanted.follow => {
                self.say(&format!("{host}: {}", why.plain()));
                Standing::Following
            }
            TailState::Missing(why) => {
                self.missing.absent(from, why.plain());
                Standing::Over
            }
            TailState::Limited(why) => {
                self.say(&format!("{host}: {}", why.plain()));
                if self.wanted.follow { Standing::Following } else { Standing::Reading }
            }
        };
        self.reached.insert(host.clone());
        self.awaited.remove(host);
        self.merge.stand(from, standing);
    }

    fn say(&mut self, sentence: &str) {
        if self.said.insert(sentence.to_owned()) {
            self.to.say(sentence);
        }
    }
}
