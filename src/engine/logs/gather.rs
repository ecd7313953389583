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
use super::roster::Roster;
use super::wanted::Wanted;
use crate::domain::unit::Load;
use crate::domain::{HostName, Lane, Link};
use crate::engine::approach::Approach;
use crate::engine::world::World;
use crate::port::event::HostEvent;
use crate::port::log::{Cursor, LogRow, Origin, TailState, TailWish};
use crate::port::{Effect, Event};

/// Events of one host that may wait: a host that is ahead of the others is held back.
const LANE: usize = 16;
/// Other events that may wait; the world waits when there is no room.
const EVENTS: usize = 256;
/// How long the units of a host that is reached are waited for, and how long where its journal is asked for units too.
const UNITS_WITHIN: Duration = Duration::from_secs(10);
const JOURNAL_WITHIN: Duration = Duration::from_secs(20);
/// How long the link of such a host is waited for before the others are followed without it.
const LINK_WITHIN: Duration = Duration::from_secs(10);

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
    units: Roster,
    /// Hosts whose units must be known before anything is read, and until when they are waited for.
    asked: BTreeMap<HostName, Instant>,
    /// Hosts with a link.
    linked: BTreeSet<HostName>,
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
    let running = tokio::spawn(world.logs_apart(senders).looking_back(wanted.names()).run(told, wishes, first));
    let patience = Instant::now() + wanted.patience;
    // Who follows takes a host in when it comes; who reads what was there has to have them all.
    let linked_until = if wanted.follow { patience.min(Instant::now() + LINK_WITHIN) } else { patience };
    let awaited = hosts.iter().map(|host| (host.clone(), patience)).collect();
    let places = wanted.resume.clone();
    let mut gathering = Gathering {
        asked: hosts.iter().filter(|h| wanted.asks_for_units(h)).map(|h| (h.clone(), linked_until)).collect(),
        linked: BTreeSet::new(),
        merge: Merge::new(hosts.into_iter().map(Origin::journal)),
        wanted,
        to,
        lanes,
        effects,
        tail: 0,
        places,
        units: Roster::default(),
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
        loop {
            if !self.begun && self.waits_for_units().is_none() {
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
            let units = self.waits_for_units().filter(|_| !self.begun);
            let awaited = self.awaited().map(|(_, until)| until);
            let until = awaited.chain(wait).chain(past).chain(units).min().unwrap_or(far);
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
                Turn::Rows(from, rows) => {
                    if !rows.iter().all(|row| self.to.row(&from, row)) {
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
        while let Turn::Rows(from, rows) = self.merge.turn(Instant::now(), true) {
            if !rows.iter().all(|row| self.to.row(&from, row)) {
                return;
            }
        }
        self.to.pause();
    }

    /// Until when units of hosts are waited for.
    fn waits_for_units(&self) -> Option<Instant> {
        self.asked.values().max().copied().filter(|until| *until > Instant::now())
    }

    /// Wishes for the tail, with the units that are known now.
    async fn wish(&mut self) {
        self.begun = true;
        self.tail += 1;
        self.say_unknown_units();
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

    /// Says of which hosts not all units are known, so that less is read than was asked for. Hosts that waited for others get
    /// their whole time from now on.
    fn say_unknown_units(&mut self) {
        let hosts: Vec<HostName> = self.wanted.environment.hosts.iter().map(|host| host.name.clone()).collect();
        for host in hosts {
            let is_linked = self.linked.contains(&host);
            if is_linked && let Some(until) = self.awaited.get_mut(&host) {
                *until = Instant::now() + self.wanted.patience;
            }
            let left_out = self.wanted.units_of(&host, &self.units).left_out;
            if left_out > 0 && !self.wanted.whole {
                self.say_less(format!(
                    "{host}: {left_out} of the units that match and ended have no room beside the others and are not read; \
                     name a narrower pattern"
                ));
            }
            if !self.wanted.has_patterns(&host) || self.units.is_whole(&host) {
                continue;
            }
            if !is_linked {
                // That it is not reached was said. Who follows takes it in when it comes.
                let why = self.away.get(&host).map_or("no answer in time", String::as_str);
                let sentence = format!("{host} was not read to the end: {why}");
                self.ending.unread.extend((!self.wanted.follow).then_some(sentence));
                continue;
            }
            let why = self.units.why(&host).unwrap_or("no answer in time");
            self.say_less(match self.units.is_listed(&host) {
                true => format!("{host}: units that match and ended are not read, they are not known: {why}"),
                false => format!("{host}: units that match are not read, they are not known: {why}"),
            });
        }
    }

    /// Says that less is read than was asked for.
    fn say_less(&mut self, sentence: String) {
        if !self.wanted.follow && !self.ending.unread.contains(&sentence) {
            self.ending.unread.push(sentence.clone());
        }
        self.say(&sentence);
    }

    /// Says of each thing that was asked for where it is not, once, and whether there was anything at all.
    fn say_missing(&mut self) {
        if self.wanted.follow {
            return;
        }
        self.missing.no_unit(&self.wanted.units, &self.units);
        self.missing.unsure().into_iter().for_each(|sentence| self.say_less(sentence));
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
                let there = units.into_iter().filter(|(_, facts)| facts.load != Load::NotFound);
                let there = there.map(|(name, _)| name).collect();
                self.learn(&host, |known| known.list(&host, there));
            }
            Event::Host(host, HostEvent::InJournal(units)) => {
                self.learn(&host, |known| known.name(&host, units));
            }
            Event::Trouble(sentence) => self.say(&sentence),
            _ => {}
        }
    }

    /// Takes in which units a host has or had.
    fn learn(&mut self, host: &HostName, learn: impl FnOnce(&mut Roster)) {
        let before = self.wanted.units_of(host, &self.units).units;
        learn(&mut self.units);
        if self.wanted.is_known(host, &self.units) {
            self.asked.remove(host);
        }
        // A unit that came anew is read as well: the wish is made anew and goes on where the old one was.
        let is_read = self.begun && self.wanted.follow && !self.wanted.whole;
        if is_read && self.wanted.units_of(host, &self.units).units != before {
            self.begun = false;
        }
    }

    fn link(&mut self, host: HostName, link: &Link) {
        let (why, last) = match link {
            Link::Waiting { why, .. } => (why.to_string(), false),
            Link::Stopped { why, .. } => (why.to_string(), true),
            Link::Up { .. } => {
                self.away.remove(&host);
                if let Some(until) = self.asked.get_mut(&host).filter(|_| !self.linked.contains(&host)) {
                    let within = if self.wanted.looks_back(&host) { JOURNAL_WITHIN } else { UNITS_WITHIN };
                    *until = Instant::now() + within;
                }
                self.linked.insert(host);
                return;
            }
            Link::Connecting { .. } | Link::Asking { .. } => return,
        };
        self.linked.remove(&host);
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

    /// Hosts that are waited for, and until when. Before anything is wished for one with a link can't tell anything.
    fn awaited(&self) -> impl Iterator<Item = (&HostName, Instant)> {
        let can_tell = |host: &HostName| self.begun || !self.linked.contains(host);
        self.awaited.iter().filter(move |(host, _)| can_tell(host)).map(|(host, until)| (host, *until))
    }

    /// Nobody waits for these hosts any longer. Says whether there were any.
    fn give_up(&mut self, now: Instant) -> bool {
        let late = self.awaited().filter(|(_, until)| *until <= now);
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
                // Most lines are of the unit of the line before.
                let mut before = None;
                for entry in batch.rows.iter().filter_map(LogRow::entry) {
                    if before != Some(&entry.unit) {
                        before = Some(&entry.unit);
                        self.missing.spoke(&from, entry);
                    }
                }
                if let Some(cursor) = batch.rows.iter().rev().find_map(LogRow::cursor) {
                    self.places.insert(from.clone(), cursor.clone());
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
