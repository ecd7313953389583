//! What a run asks before each change: the lock is taken and the environment reserved before the first, and the lock host
//! is asked before each further one whether it is still ours.

use std::fmt;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::{EnvironmentLock, Held, LockError, Waited};
use crate::domain::Lock;
use crate::domain::lock::{Holder, Stands};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::jobs::Fence;

/// Steps that ask at once; whoever asks beyond that waits.
const ASKING: usize = 16;

/// Why a change may not begin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Somebody else had the lock and it was waited for: what was judged and confirmed before is judged and confirmed anew.
    /// How often that was so.
    Anew(u64),
    /// Why nothing may be sent, as a sentence.
    Refused(String),
}

impl fmt::Display for Denied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anew(_) => out.write_str("the lock was waited for, so what was judged before is judged anew"),
            Self::Refused(why) => out.write_str(why),
        }
    }
}

#[derive(Debug)]
enum Asked {
    May(u64, oneshot::Sender<Result<Fence, Denied>>),
    Away(oneshot::Sender<Option<String>>),
    Release(oneshot::Sender<Option<String>>),
}

/// The lock of one run. Cheap to clone; when the last is dropped without [`Guard::release`], the lease lapses by itself
/// and the environment stays reserved for the run.
#[derive(Debug, Clone)]
pub struct Guard {
    ask: mpsc::Sender<Asked>,
    /// Why the lock is not ours any more, from when that is seen until it is taken anew.
    lost: watch::Receiver<Option<String>>,
    /// How often it was waited for when whoever asks was judged and confirmed.
    waits: u64,
}

impl Guard {
    /// For a run of this holder. `was_before` is whether the run was begun before: what it left reserved is taken over. Of a
    /// new run nothing is taken yet. Must be called inside the runtime.
    pub fn begin(lock: EnvironmentLock, holder: Holder, clock: AnyClock, was_before: bool) -> Self {
        let (ask, asked) = mpsc::channel(ASKING);
        let (say, lost) = watch::channel(None);
        let keeper = Keeper { lock, holder, clock, held: None, last: 0, was_before, waits: 0, since: None, say };
        tokio::spawn(keeper.keep(asked));
        Self { ask, lost, waits: 0 }
    }

    /// Tells when the lock is somebody else's or nobody's any more, as a clause.
    pub fn lost(&self) -> watch::Receiver<Option<String>> {
        self.lost.clone()
    }

    /// Whether somebody took the lock away since this run had it, so that what runs now may be theirs: how, as a clause. As
    /// long as the lock host gives no answer nothing is known of such.
    pub async fn taken_away(&self) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.ask.send(Asked::Away(reply)).await.ok()?;
        answer.await.ok().flatten()
    }

    /// Whether a change may begin now, and the fence for its host.
    ///
    /// # Errors
    /// Why not: then nothing may be sent.
    pub async fn may_change(&self) -> Result<Fence, Denied> {
        let (reply, answer) = oneshot::channel();
        let gone = || Denied::Refused("what keeps the lock has ended, so nothing is begun".to_owned());
        self.ask.send(Asked::May(self.waits, reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// What asks from now on was judged and confirmed after it was waited for so often: whether that is news.
    pub fn begin_anew(&mut self, waits: u64) -> bool {
        let is_news = waits > self.waits;
        self.waits = self.waits.max(waits);
        is_news
    }

    /// The run has its verdict: the lock is given back, if it was taken, by whoever did so for this run. A clause about what went wrong, if others may go
    /// on to see it as held.
    pub async fn release(&self) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.ask.send(Asked::Release(reply)).await.ok()?;
        answer.await.ok().flatten()
    }
}

struct Keeper {
    lock: EnvironmentLock,
    holder: Holder,
    clock: AnyClock,
    held: Option<Held>,
    /// The token of the last one that was ours.
    last: u64,
    was_before: bool,
    /// How often it was waited for.
    waits: u64,
    /// Since when it is waited for, until it is taken.
    since: Option<Instant>,
    say: watch::Sender<Option<String>>,
}

/// Comes back when a lock that is held is lost.
async fn lost(held: Option<&Held>) -> String {
    match held {
        Some(held) => held.lost().await.to_string(),
        None => std::future::pending().await,
    }
}

impl Keeper {
    async fn keep(mut self, mut asked: mpsc::Receiver<Asked>) {
        self.take_up().await;
        loop {
            let is_told = self.say.borrow().is_some();
            let asked = tokio::select! {
                asked = asked.recv() => asked,
                why = lost(self.held.as_ref()), if !is_told => {
                    self.say.send_replace(Some(why));
                    continue;
                }
            };
            let Some(asked) = asked else { return };
            // Whoever asked may have gone.
            match asked {
                // What asks beside the one that waited was judged as long ago.
                Asked::May(waits, reply) if waits < self.waits => drop(reply.send(Err(Denied::Anew(self.waits)))),
                Asked::May(_, reply) => drop(reply.send(self.may_change().await)),
                Asked::Away(reply) => drop(reply.send(self.taken_away().await)),
                Asked::Release(reply) => {
                    let failed = match self.held.take() {
                        Some(held) => held.release().await.err(),
                        None => self.settle().await.err(),
                    };
                    // Who has it by now did not wait for us; that it was lost is told on its own.
                    let failed = failed.filter(|why| !matches!(why, LockError::Lost { .. }));
                    drop(reply.send(failed.map(|why| why.to_string())));
                }
            }
        }
    }

    async fn taken_away(&self) -> Option<String> {
        if let Some(held) = &self.held {
            let asked = held.confirm().await;
            return asked.err().filter(|_| held.is_lost());
        }
        if self.last > 0 {
            return self.say.borrow().clone().or_else(|| Some("the lock is not ours any more".to_owned()));
        }
        if !self.was_before {
            return None;
        }
        let now = self.clock.now().wall;
        let seen = self.lock.look(now).await.ok().flatten()?;
        let is_ours = seen.holder.run == self.holder.run && !seen.by_hand && seen.broken.is_none();
        (!is_ours).then(|| LockError::Lost { lock: Box::new(seen), now }.to_string())
    }

    /// A run that was taken over brings its lock along: whoever asks is told who is at it now, and not that nobody is.
    async fn take_up(&mut self) {
        if !self.was_before {
            return;
        }
        let Some(left) = self.left().await.ok().flatten().filter(|left| left.reserved) else { return };
        let least = left.token.saturating_add(1);
        let Ok(held) = self.lock.take(self.holder.clone(), least, self.clock.clone()).await else { return };
        // What was begun under it before has no verdict yet.
        if held.reserve().await.is_err() {
            return;
        }
        (self.last, self.held) = (held.token(), Some(held));
    }

    /// The lock as it was left by whoever was at this run before.
    async fn left(&self) -> Result<Option<Lock>, LockError> {
        let seen = self.lock.look(self.clock.now().wall).await?;
        let is_ours = |lock: &Lock| self.holder.run.is_some() && lock.holder.run == self.holder.run && !lock.by_hand;
        Ok(seen.filter(|lock| matches!(lock.stands, Stands::Held | Stands::Reserved)).filter(is_ours))
    }

    /// Gives back what was taken for this run before it came here: whoever only ticked what was left of it never took the
    /// lock, and nobody else may.
    async fn settle(&self) -> Result<(), LockError> {
        if !self.was_before || self.last > 0 {
            return Ok(());
        }
        match self.left().await? {
            Some(lock) => {
                let least = lock.token.saturating_add(1);
                self.lock.take(self.holder.clone(), least, self.clock.clone()).await?.release().await
            }
            None => Ok(()),
        }
    }

    async fn may_change(&mut self) -> Result<Fence, Denied> {
        if let Some(held) = self.held.take_if(|held| held.is_lost()) {
            // It is told once; what a person begins after that asks for it anew.
            let why = held.may_begin().err().unwrap_or_else(|| "the lock was lost".to_owned());
            return Err(Denied::Refused(why));
        }
        if let Some(held) = &self.held {
            // Asked right now: nobody tells a run that its lock was broken or taken over.
            return held.confirm().await.map(|()| self.fence(held.token())).map_err(Denied::Refused);
        }
        let held = self.taken().await?;
        self.since = None;
        if let Err(why) = held.reserve().await {
            // Nothing was begun under it, so nobody need wait until the lease lapses. It is given back beside this: a lock
            // host that answers late holds nobody up, and its commands have deadlines.
            drop(tokio::spawn(held.release()));
            return Err(Denied::Refused(format!("The environment could not be reserved: {why}")));
        }
        let token = held.token();
        (self.last, self.held) = (token, Some(held));
        self.say.send_replace(None);
        Ok(self.fence(token))
    }

    /// Takes it. Where somebody has it and this run is patient, it is waited for and not taken: whoever wanted it then looks
    /// and asks anew first.
    async fn taken(&mut self) -> Result<Held, Denied> {
        let taken = self.lock.take(self.holder.clone(), self.last.saturating_add(1), self.clock.clone()).await;
        if matches!(taken, Err(LockError::Held { .. })) && self.lock.patience().is_some() {
            let since = *self.since.get_or_insert_with(Instant::now);
            let waited = self.lock.awaited(self.holder.run.as_ref(), &self.clock, since).await;
            if matches!(waited, Ok(Waited::Free | Waited::No)) {
                self.waits += 1;
                return Err(Denied::Anew(self.waits));
            }
            self.since = None;
        }
        taken.map_err(|why| match why {
            LockError::Unreachable { .. } | LockError::Odd(_) | LockError::Unwritable { .. } => {
                Denied::Refused(format!("No change begins: {why}"))
            }
            LockError::Held { .. } | LockError::Lost { .. } | LockError::Other { .. } | LockError::Gone(_) => {
                Denied::Refused(format!("The environment is locked: {why}"))
            }
        })
    }

    fn fence(&self, token: u64) -> Fence {
        Fence { name: self.lock.fence(), token }
    }
}
