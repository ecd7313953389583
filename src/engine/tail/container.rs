//! Containers of a host: one keeper finds them by name or by service and looks again and again, one follower for each
//! name reads whichever container has it, through restarts, and goes on with the one that takes its place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::follower::{Out, kept};
use super::lane::{ByLine, Lane, Over, rest};
use super::link::{Connections, HostLink};
use crate::domain::BecomeRoot;
use crate::domain::container::Container;
use crate::domain::log_source::{ContainerLog, ContainerName, Lane as Name};
use crate::engine::containers::{Docker, Unread};
use crate::engine::transport::Connection;
use crate::port::End;
use crate::port::log::{LogRow, Origin, Since, TailState, TailWish};
use crate::runtimes::compose::Reach;
use crate::runtimes::tail::container::{Printed, is_of, plain_name, refusal, short};
use crate::runtimes::tail::lines::RawLine;
use crate::text::Foreign;

/// How often is looked which containers there are, while all of them run and while one does not.
const LOOK: Duration = Duration::from_secs(5);
const LOOK_SOON: Duration = Duration::from_secs(1);
/// What happens to a container comes in several steps: it is looked at a little later.
const SETTLE: Duration = Duration::from_millis(150);
/// How often the end is read where there is no room for a reader.
const POLL: Duration = Duration::from_secs(2);
/// The wait after Docker failed to tell lines, and the longest.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_LONGEST: Duration = Duration::from_secs(30);

/// The containers that have had one name, the oldest first, and how Docker is reached.
type Found = (Reach, Vec<Container>);

/// Reads containers until everything was read, or for ever.
pub async fn follow(
    wish: Arc<TailWish>,
    log: ContainerLog,
    become_root: BecomeRoot,
    out: Out,
    connections: Connections,
) {
    let keeper = Keeper {
        lane: Lane::new(wish, out, HostLink::new(connections)),
        docker: Docker::once(become_root),
        log,
        names: BTreeMap::new(),
        followers: JoinSet::new(),
        ended: Arc::new(Notify::new()),
        looked: false,
    };
    keeper.run().await;
}

struct Keeper {
    lane: Lane,
    docker: Docker,
    log: ContainerLog,
    /// Who follows each name.
    names: BTreeMap<String, watch::Sender<Found>>,
    /// Ended with the keeper.
    followers: JoinSet<()>,
    /// Says that a reader ended.
    ended: Arc<Notify>,
    looked: bool,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let Some(connection) = self.lane.link().await else { return };
            let wait = match self.look(&connection).await {
                Ok(found) => self.found(found).await,
                Err(unread) if unread.lost && self.is_gone(&connection).await => continue,
                Err(unread) => {
                    self.lane.tell(TailState::Refused(Foreign::from(unread.sentence))).await;
                    if !self.lane.wish.follow {
                        return;
                    }
                    LOOK
                }
            };
            if !self.lane.wish.follow {
                while self.followers.join_next().await.is_some() {}
                return self.own(TailState::Ended).await;
            }
            let ended = Arc::clone(&self.ended);
            let gone = tokio::select! {
                gone = rest(wait, &connection) => gone,
                () = ended.notified() => rest(SETTLE, &connection).await,
            };
            if gone.is_some() {
                self.lane.lose(&connection).await;
            }
        }
    }

    async fn is_gone(&mut self, connection: &Arc<dyn Connection>) -> bool {
        let gone = rest(LOOK_SOON, connection).await.is_some();
        if gone {
            self.lane.lose(connection).await;
        }
        gone
    }

    async fn look(&mut self, connection: &Arc<dyn Connection>) -> Result<Vec<Container>, Unread> {
        match &self.log {
            ContainerLog::Named(name) => self.docker.named(connection.as_ref(), name.as_str()).await,
            ContainerLog::Of(compose) => {
                let mut found = self.docker.read(connection.as_ref(), &[compose]).await?;
                Ok(found.pop().map(|containers| containers.all).unwrap_or_default())
            }
        }
    }

    /// Says how the service stands; of a name that is followed its follower says so.
    async fn own(&mut self, state: TailState) {
        if matches!(self.log, ContainerLog::Of(_)) || self.names.is_empty() {
            self.lane.tell(state).await;
        }
    }

    /// Hands on what was found; says when to look again.
    async fn found(&mut self, mut found: Vec<Container>) -> Duration {
        found.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        let wait = if found.iter().all(Container::runs) { LOOK } else { LOOK_SOON };
        let mut by_name: BTreeMap<String, Vec<Container>> = BTreeMap::new();
        for container in found {
            let name = plain_name(&container.name).to_owned();
            by_name.entry(name).or_default().push(container);
        }
        for (name, list) in &self.names {
            let now = by_name.remove(name).unwrap_or_default();
            list.send_replace((self.docker.reach(), now));
        }
        for (name, list) in by_name {
            self.begin(name, list);
        }
        if self.names.is_empty() {
            let what = match &self.log {
                ContainerLog::Named(name) => format!("there is no container {}", name.as_str()),
                ContainerLog::Of(compose) => {
                    format!("there is no container of {} in the project {}", compose.service, compose.project)
                }
            };
            // Not every host has every container: nothing failed.
            self.lane.tell(TailState::Missing(Foreign::from(what))).await;
        } else if self.lane.wish.follow {
            self.own(TailState::Following).await;
        }
        self.looked = true;
        wait
    }

    fn begin(&mut self, name: String, list: Vec<Container>) {
        let Some(checked) = ContainerName::new(&name) else { return };
        let origin = Origin { host: self.lane.out.origin.host.clone(), lane: Name::Container(checked.as_str().into()) };
        let (tell, list) = watch::channel((self.docker.reach(), list));
        let out = Out { tail: self.lane.out.tail, origin, events: self.lane.out.events.clone() };
        let (told, follow) = (out.clone(), self.lane.wish.follow);
        let follower = Follower {
            lane: self.lane.beside(out),
            log: self.log.clone(),
            name: name.clone(),
            // One that came later is read from its beginning.
            since: if self.looked { Since::Head } else { self.lane.wish.since },
            list,
            ended: Arc::clone(&self.ended),
            printed: None,
            read: None,
            failures: 0,
        };
        self.followers.spawn(kept(told, follow, follower.run()));
        self.names.insert(name, tell);
    }
}

/// One run of a container, by which one that was read to its end is known.
type Run = (String, Option<Timestamp>, Option<Timestamp>);

fn run_of(container: &Container) -> Run {
    (container.id.clone(), container.started, container.finished)
}

struct Follower {
    lane: Lane,
    log: ContainerLog,
    name: String,
    since: Since,
    list: watch::Receiver<Found>,
    ended: Arc<Notify>,
    printed: Option<Printed>,
    /// What was read to its end while it did not run.
    read: Option<Run>,
    failures: u32,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let Some(connection) = self.lane.link().await else { return };
            let (reach, all) = self.list.borrow_and_update().clone();
            let Some(container) = self.choose(&all) else {
                if !self.lane.wish.follow {
                    return self.lane.tell(TailState::Ended).await;
                }
                if !self.wait(&connection).await {
                    return;
                }
                continue;
            };
            if let Some(why) = refusal(&self.name, &container.log_driver.plain()) {
                self.lane.tell(TailState::Refused(Foreign::from(why))).await;
                if !self.lane.wish.follow || !self.wait(&connection).await {
                    return;
                }
                continue;
            }
            match self.session(&connection, reach, &container).await {
                Over::LinkLost => self.lane.lose(&connection).await,
                Over::NoRoom | Over::Stopped => {}
                Over::Ended(End::Exited(0), _) => {
                    self.failures = 0;
                    self.read = Some(run_of(&container));
                    if !self.lane.wish.follow {
                        return self.lane.tell(TailState::Ended).await;
                    }
                    self.ended.notify_one();
                    if !self.wait(&connection).await {
                        return;
                    }
                }
                Over::Ended(end, said) => {
                    if !self.failed(&connection, &end, &said).await {
                        return;
                    }
                }
            }
        }
    }

    /// The container that is to be read now: the one that is being read, else the one in its place.
    fn choose(&mut self, all: &[Container]) -> Option<Container> {
        let resume = self.lane.wish.resume.get(&self.lane.out.origin);
        let unit = self.log.unit();
        let Some(printed) = &self.printed else {
            let known = resume.and_then(|cursor| all.iter().find(|one| is_of(cursor, &one.id) == Some(true)));
            let container = known.or(all.last())?;
            if resume.is_some() && known.is_none() {
                // What was read before is gone; this one is all new.
                self.since = Since::Head;
            }
            self.printed = Some(Printed::new(&self.lane.wish, &container.id, &self.name, unit, resume));
            return Some(container.clone());
        };
        let own = all.iter().find(|one| one.id == printed.id());
        let is_read = |one: &Container| self.read.as_ref() == Some(&run_of(one)) && !one.runs();
        match own {
            Some(one) if !is_read(one) => return Some(one.clone()),
            Some(_) | None => {}
        }
        let next = all.iter().find(|one| one.id != printed.id() && own.is_none_or(|own| one.created > own.created))?;
        let whole = self.read.as_ref().is_some_and(|(id, ..)| id == printed.id());
        self.lane.rows.push(printed.replaced(&next.id, next.created, whole));
        self.since = Since::Head;
        self.read = None;
        self.printed = Some(Printed::new(&self.lane.wish, &next.id, &self.name, unit, None));
        Some(next.clone())
    }

    async fn session(&mut self, connection: &Arc<dyn Connection>, reach: Reach, container: &Container) -> Over {
        let follow = self.lane.wish.follow && container.runs();
        let Some(mut printed) = self.printed.take() else { return Over::NoRoom };
        if self.read.is_none() {
            self.lane.tell(TailState::Reading).await;
        }
        if let Some(gap) = self.lane.gap(connection).await.filter(|_| printed.has_begun()) {
            self.lane.cut(printed.away(gap));
        }
        let (wish, elapsed) = (Arc::clone(&self.lane.wish), self.lane.begun.elapsed());
        let command = printed.begin(reach, &wish, self.since, elapsed, follow);
        let live = self.lane.wish.follow.then_some(TailState::Following);
        let mut over = {
            let mut take = ByLine::new(|line: &RawLine, rows: &mut Vec<LogRow>| {
                printed.take(line, rows);
            });
            self.lane.read(connection, command, live, &mut take).await
        };
        if matches!(over, Over::NoRoom) {
            let command = printed.begin(reach, &wish, self.since, elapsed, false);
            let mut take = ByLine::new(|line: &RawLine, rows: &mut Vec<LogRow>| {
                printed.take(line, rows);
            });
            over = self.lane.look(connection, command, &mut take).await;
            if follow && matches!(over, Over::Ended(End::Exited(0), _)) {
                self.lane.tell(TailState::Following).await;
                over = if rest(POLL, connection).await.is_some() { Over::LinkLost } else { Over::NoRoom };
            }
        }
        if let Over::Ended(end, said) = &mut over
            && said.is_empty()
            && *end != End::Exited(0)
        {
            *said = printed.said().into_bytes();
        }
        if matches!((self.since, &over), (Since::Newest(_), Over::Ended(End::Exited(0), _))) {
            // The newest lines that there were have been told: what comes is all new, also when there were none.
            self.since = Since::Head;
        }
        self.printed = Some(printed);
        over
    }

    /// Docker did not tell the lines. Says whether to go on.
    async fn failed(&mut self, connection: &Arc<dyn Connection>, end: &End, said: &[u8]) -> bool {
        self.ended.notify_one();
        self.failures = self.failures.saturating_add(1);
        // One that has just been removed is no failure: the next look tells what is in its place.
        if self.failures > 2 || !self.lane.wish.follow {
            let id = self.printed.as_ref().map_or("", |printed| short(printed.id()));
            let said = Foreign::from(said).plain();
            let why = format!("container {} ({id}): docker logs {end}: {said}", self.name);
            self.lane.tell(TailState::Refused(Foreign::from(why))).await;
            if !self.lane.wish.follow {
                return false;
            }
        }
        let wait = RETRY.saturating_mul(1 << self.failures.min(6)).min(RETRY_LONGEST);
        tokio::select! {
            _gone = rest(wait, connection) => true,
            changed = self.list.changed() => changed.is_ok(),
        }
    }

    /// Waits for the next look, as long as the link lasts. `false` when nobody looks any more.
    async fn wait(&mut self, connection: &Arc<dyn Connection>) -> bool {
        self.lane.send().await;
        let mut gone = connection.gone();
        tokio::select! {
            _why = &mut gone => {
                self.lane.lose(connection).await;
                true
            }
            changed = self.list.changed() => changed.is_ok(),
        }
    }
}
