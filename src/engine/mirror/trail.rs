//! The events of one run on their way to the lock host: in their order, each once, however often the link is lost.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::error::MirrorError;
use super::{Mirror, form};
use crate::domain::RunId;
use crate::engine::store::{Recorded, Who};
use crate::runtimes::mirror::{self as protocol, Refused};

/// Events that wait. When there are so many, none is taken any more and nothing begins: see [`MirrorError::Full`].
const WAITING: usize = 1024;
/// Between two attempts while the lock host can't be written.
const AGAIN: Duration = Duration::from_secs(5);
/// How often it is told that somebody is at the run.
const BEAT: Duration = Duration::from_secs(15);

/// Whether an event is on the lock host's disk. What could not be sent stays in its place and is sent later.
pub type Sent = BoxFuture<'static, Result<(), MirrorError>>;

/// How a trail stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailState {
    /// Everything that was handed over is there.
    Whole,
    /// So many events wait: why.
    Behind(usize, MirrorError),
    /// Somebody else has taken the run over.
    Taken(MirrorError),
}

/// One run on its way. Cheap to clone; ends when the last is dropped.
#[derive(Debug, Clone)]
pub struct Trail {
    items: mpsc::Sender<Item>,
    state: watch::Receiver<TrailState>,
    token: u64,
}

#[derive(Debug)]
struct Item {
    /// Nothing for whoever only wants to know that all before it is there.
    what: Option<Recorded>,
    at: Timestamp,
    reply: Option<oneshot::Sender<Result<(), MirrorError>>>,
}

impl Trail {
    pub(super) fn begin(mirror: Mirror, run: RunId, token: u64, who: Who) -> Self {
        let (items, given) = mpsc::channel(WAITING);
        let (say, state) = watch::channel(TrailState::Whole);
        let waiting = VecDeque::new();
        let keeper = Keeper { mirror, run, token, who, next: 1, given, waiting, say, taken: None };
        tokio::spawn(keeper.keep());
        Self { items, state, token }
    }

    /// Hands an event over: behind everything that was handed over before, at the moment of the call. What comes back
    /// says whether it is on the disk there; nothing that changes a host may begin before it is. An event that could
    /// not be sent is not taken back: what became of it is said by the next one.
    pub fn append(&self, what: Recorded, at: Timestamp) -> Sent {
        self.hand(Some(what), at)
    }

    /// Whether everything that was handed over before is there.
    pub fn flushed(&self, at: Timestamp) -> Sent {
        self.hand(None, at)
    }

    fn hand(&self, what: Option<Recorded>, at: Timestamp) -> Sent {
        let (reply, answer) = oneshot::channel();
        let state = self.state.clone();
        match self.items.try_send(Item { what, at, reply: Some(reply) }) {
            Ok(()) => async move {
                match answer.await {
                    Ok(answer) => answer,
                    // It is over: because somebody has taken it, or because the program ends.
                    Err(_) => Err(ended(&state)),
                }
            }
            .boxed(),
            Err(mpsc::error::TrySendError::Full(_)) => std::future::ready(Err(MirrorError::Full(WAITING))).boxed(),
            Err(mpsc::error::TrySendError::Closed(_)) => std::future::ready(Err(ended(&state))).boxed(),
        }
    }

    /// How it stands, also when nothing is handed over: that somebody has taken the run over is noticed within 15 s.
    pub fn state(&self) -> watch::Receiver<TrailState> {
        self.state.clone()
    }

    /// The token under which it is written.
    pub fn token(&self) -> u64 {
        self.token
    }
}

fn ended(state: &watch::Receiver<TrailState>) -> MirrorError {
    match &*state.borrow() {
        TrailState::Taken(why) | TrailState::Behind(_, why) => why.clone(),
        TrailState::Whole => MirrorError::Full(0),
    }
}

/// The task behind a trail.
struct Keeper {
    mirror: Mirror,
    run: RunId,
    token: u64,
    who: Who,
    /// The number of the event that is sent next.
    next: u64,
    given: mpsc::Receiver<Item>,
    waiting: VecDeque<Item>,
    say: watch::Sender<TrailState>,
    taken: Option<MirrorError>,
}

impl Keeper {
    async fn keep(mut self) {
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut way = self.mirror.way();
        loop {
            let failed = self.send_all().await;
            if let Some(why) = &self.taken {
                self.say.send_replace(TrailState::Taken(why.clone()));
                // Whoever hands over more is told the same.
                self.waiting.clear();
                self.given.close();
                return;
            }
            let behind = self.waiting.len();
            self.say.send_if_modified(|said| {
                let now = match &failed {
                    Some(why) => TrailState::Behind(behind, why.clone()),
                    None => TrailState::Whole,
                };
                let new = *said != now;
                *said = now;
                new
            });
            let room = self.waiting.len() < WAITING;
            tokio::select! {
                item = self.given.recv(), if room => match item {
                    Some(item) => self.waiting.push_back(item),
                    None => return,
                },
                // What waits is tried again when a link comes up, and from time to time.
                changed = way.changed(), if failed.is_some() => if changed.is_err() {
                    // Nobody holds the link any more: the environment was let go.
                    tokio::time::sleep(AGAIN).await;
                },
                () = tokio::time::sleep(AGAIN), if failed.is_some() => {}
                _ = beat.tick(), if failed.is_none() && self.next > 1 => self.beat().await,
            }
        }
    }

    /// Sends what waits, in its order, until something is in the way. Whoever waits for an answer then gets it.
    async fn send_all(&mut self) -> Option<MirrorError> {
        while let Some(item) = self.waiting.front_mut() {
            let number = self.next;
            let Some(what) = &item.what else {
                if let Some(reply) = self.waiting.pop_front().and_then(|item| item.reply) {
                    let _ = reply.send(Ok(()));
                }
                continue;
            };
            let line = form::line(&self.run, self.token, number, &self.who, item.at, what);
            let ended = matches!(what, Recorded::Ended(_));
            let sent = match line.filter(|line| line.len() <= protocol::LARGEST) {
                None => Err(MirrorError::TooLarge(protocol::LARGEST)),
                Some(line) => self.mirror.append(&self.run, self.token, number, line, ended).await,
            };
            match sent {
                Ok(()) => {
                    self.next += 1;
                    if let Some(reply) = self.waiting.pop_front().and_then(|item| item.reply) {
                        // Whoever asked may have gone.
                        let _ = reply.send(Ok(()));
                    }
                }
                Err(why) => {
                    // Those that were handed over meanwhile stand behind it, and are answered with it.
                    while self.waiting.len() < WAITING
                        && let Ok(item) = self.given.try_recv()
                    {
                        self.waiting.push_back(item);
                    }
                    for item in &mut self.waiting {
                        if let Some(reply) = item.reply.take() {
                            let _ = reply.send(Err(why.clone()));
                        }
                    }
                    if matches!(why, MirrorError::Taken { .. }) {
                        self.taken = Some(why.clone());
                    }
                    tracing::warn!(run = %self.run, %why, behind = self.waiting.len(), "the mirror is behind");
                    return Some(why);
                }
            }
        }
        None
    }

    async fn beat(&mut self) {
        let beat = |word: &str| protocol::beat(&self.mirror.name, word, &self.run, self.token);
        if let Err(why @ MirrorError::Taken { .. }) = self.mirror.ask(beat).await {
            self.taken = Some(why);
        }
    }
}

impl Mirror {
    /// One event; again and again the same one is there once.
    pub(super) async fn append(
        &self,
        run: &RunId,
        token: u64,
        number: u64,
        line: Vec<u8>,
        ended: bool,
    ) -> Result<(), MirrorError> {
        let command = |word: &str| protocol::append(&self.name, word, run, token, number, line.clone(), ended);
        self.ask(command).await.map(drop)
    }

    pub(super) fn refused(&self, why: Refused) -> MirrorError {
        let host = self.host().clone();
        match why {
            Refused::Taken(token, login) => MirrorError::Taken { token, by: login.plain() },
            Refused::Gone => MirrorError::Gone { host },
            Refused::Gap => MirrorError::Odd { host },
            Refused::Write(words) => MirrorError::Unwritable { host, why: words.plain() },
        }
    }
}
