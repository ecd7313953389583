//! `qd release follow --check`: what the console can see to by itself after a release is looked at now, and what is new of
//! it is kept.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::Asked;
use crate::cli::{Exit, Reaching, choose, output};
use crate::domain::release::Followed;
use crate::domain::{Environment, HostName, Link, PartId, Release, RunId};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, RealClock};
use crate::engine::world::World;
use crate::port::act::StoreState;
use crate::port::event::HostEvent;
use crate::port::release::{FollowWish, Looked, ReleaseNews};
use crate::port::{Effect, Event};

/// Events that may wait: the world waits when it is full, nothing is dropped.
const EVENTS: usize = 1024;
/// How long the hosts may take to be reached.
const REACHED: Duration = Duration::from_secs(20);
/// How long all looks at one release may take; they are ended before.
const WITHIN: Duration = Duration::from_secs(16 * 60);

/// Looks at all that is to be looked at now of these releases: what came of it, kept or not.
///
/// # Errors
/// How to end, after the reason was told.
pub async fn look(
    environment: &Arc<Environment>,
    asked: &Asked,
    of: &[&Release],
    (reach, person): (&Reaching, &str),
) -> Result<Vec<Followed>, Exit> {
    let now = Timestamp::now();
    let mut all: Vec<(RunId, Vec<PartId>)> = Vec::new();
    for release in of {
        let each = release.follow_ups.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)));
        let due = each.filter(|(list, item)| list.is_looked_at(&release.run, item, &asked.known.followed, now));
        let parts: Vec<PartId> = due.map(|(_, item)| item.part.clone()).collect();
        if !parts.is_empty() {
            all.push((release.run.clone(), parts));
        }
    }
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let mut desk = Desk::open(environment, asked, reach, person)?;
    desk.reach(environment.hosts.iter().map(|host| host.name.clone()).collect()).await;
    let mut words = Vec::new();
    for (run, parts) in all {
        match desk.look(run, parts).await {
            Ok(looked) => words.extend(looked.kept.into_iter().chain(looked.seen)),
            Err(why) => {
                desk.close().await;
                return Err(choose::complain(Exit::Unavailable, &why));
            }
        }
    }
    desk.close().await;
    Ok(words)
}

/// The world, for looks that follow each other.
struct Desk {
    events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    world: tokio::task::JoinHandle<()>,
}

impl Desk {
    fn open(environment: &Arc<Environment>, asked: &Asked, reach: &Reaching, person: &str) -> Result<Self, Exit> {
        // It may not be open twice in one program.
        let store = asked.store.clone();
        let store = store
            .ok_or_else(|| choose::complain(Exit::Refused, "Nothing is recorded here, so nothing was looked at."))?;
        if let StoreState::ReadOnly(why) = &*store.state().borrow() {
            return Err(choose::complain(Exit::Refused, &format!("Nothing was looked at: {why}")));
        }
        let world = World::new(Direct::new(reach.ssh_config.clone()), false, AnyClock::Real(RealClock))
            .keeping(store)
            .signed(Some(person.to_owned()));
        let (told, events) = mpsc::channel(EVENTS);
        let (effects, wishes) = mpsc::channel(16);
        let world = tokio::spawn(world.run(told, wishes, vec![Effect::Watch(Arc::clone(environment))]));
        Ok(Self { events, effects, world })
    }

    /// Waits until the hosts are up, or are not.
    async fn reach(&mut self, mut missing: BTreeSet<HostName>) {
        let until = tokio::time::Instant::now() + REACHED;
        let mut open = false;
        while !open || !missing.is_empty() {
            match tokio::time::timeout_at(until, self.events.recv()).await {
                Ok(Some(Event::Opened(_))) => open = true,
                Ok(Some(Event::Host(host, HostEvent::Link(link)))) => match link {
                    Link::Up { .. } | Link::Waiting { .. } | Link::Stopped { .. } => drop(missing.remove(&host)),
                    Link::Connecting { .. } | Link::Asking { .. } => {}
                },
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    async fn look(&mut self, run: RunId, parts: Vec<PartId>) -> Result<Looked, String> {
        let gone = || "The engine has ended before everything was looked at.".to_owned();
        let wish = Effect::Follow(FollowWish::Look { run: run.clone(), parts, by_itself: false });
        self.effects.send(wish).await.map_err(|_| gone())?;
        let until = tokio::time::Instant::now() + WITHIN;
        loop {
            match tokio::time::timeout_at(until, self.events.recv()).await {
                Ok(Some(Event::Release(ReleaseNews::Looked(of, looked)))) if of == run => return looked,
                Ok(Some(Event::Trouble(sentence))) => output::complain(&sentence),
                Ok(Some(_)) => {}
                Ok(None) => return Err(gone()),
                Err(_) => return Err(format!("Looking after run {} came to no end.", run.short())),
            }
        }
    }

    async fn close(self) {
        let Self { mut events, effects, world } = self;
        drop(effects);
        let rest = async {
            while events.recv().await.is_some() {}
            let _ = world.await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(3), rest).await;
    }
}
