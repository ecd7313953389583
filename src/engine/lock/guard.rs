//! What a run asks before each change: the lock is taken and the environment reserved before the first, and the lock host
//! is asked before each further one whether it is still ours.

use tokio::sync::{mpsc, oneshot};

use super::{EnvironmentLock, Held, LockError};
use crate::domain::Lock;
use crate::domain::lock::{Holder, Stands};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::jobs::Fence;

/// Steps that ask at once; whoever asks beyond that waits.
const ASKING: usize = 16;

#[derive(Debug)]
enum Asked {
    May(oneshot::Sender<Result<Fence, String>>),
    Release(oneshot::Sender<Option<String>>),
}

/// The lock of one run. Cheap to clone; when the last is dropped without [`Guard::release`], the lease lapses by itself
/// and the environment stays reserved for the run.
#[derive(Debug, Clone)]
pub struct Guard(mpsc::Sender<Asked>);

impl Guard {
    /// For a run of this holder; nothing is taken yet. `was_before` is whether the run was begun before, so that it may have
    /// left the environment reserved. Must be called inside the runtime.
    pub fn begin(lock: EnvironmentLock, holder: Holder, clock: AnyClock, was_before: bool) -> Self {
        let (ask, asked) = mpsc::channel(ASKING);
        tokio::spawn(Keeper { lock, holder, clock, held: None, last: 0, was_before }.keep(asked));
        Self(ask)
    }

    /// Whether a change may begin now, and the fence for its host.
    ///
    /// # Errors
    /// Why not, as a sentence: then nothing may be sent.
    pub async fn may_change(&self) -> Result<Fence, String> {
        let (reply, answer) = oneshot::channel();
        let gone = || "what keeps the lock has ended, so nothing is begun".to_owned();
        self.0.send(Asked::May(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// The run has its verdict: the lock is given back, if it was taken, by whoever did so for this run. A clause about what went wrong, if others may go
    /// on to see it as held.
    pub async fn release(&self) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Asked::Release(reply)).await.ok()?;
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
}

impl Keeper {
    async fn keep(mut self, mut asked: mpsc::Receiver<Asked>) {
        while let Some(asked) = asked.recv().await {
            // Whoever asked may have gone.
            match asked {
                Asked::May(reply) => drop(reply.send(self.may_change().await)),
                Asked::Release(reply) => {
                    let failed = match self.held.take() {
                        Some(held) => held.release().await.err(),
                        None => self.settle().await.err(),
                    };
                    drop(reply.send(failed.map(|why| why.to_string())));
                }
            }
        }
    }

    /// Gives back what was taken for this run before it came here: whoever only ticked what was left of it never took the
    /// lock, and nobody else may.
    async fn settle(&self) -> Result<(), LockError> {
        if !self.was_before || self.last > 0 {
            return Ok(());
        }
        let seen = self.lock.look(self.clock.now().wall).await?;
        let is_ours = |lock: &Lock| self.holder.run.is_some() && lock.holder.run == self.holder.run && !lock.by_hand;
        let left = seen.filter(|lock| matches!(lock.stands, Stands::Held | Stands::Reserved)).filter(is_ours);
        match left {
            Some(lock) => {
                let least = lock.token.saturating_add(1);
                self.lock.take(self.holder.clone(), least, self.clock.clone()).await?.release().await
            }
            None => Ok(()),
        }
    }

    async fn may_change(&mut self) -> Result<Fence, String> {
        if let Some(held) = self.held.take_if(|held| held.is_lost()) {
            // It is told once; what a person begins after that asks for it anew.
            return Err(held.may_begin().err().unwrap_or_else(|| "the lock was lost".to_owned()));
        }
        if let Some(held) = &self.held {
            // Asked right now: nobody tells a run that its lock was broken or taken over.
            return held.confirm().await.map(|()| self.fence(held.token()));
        }
        let taken = self.taken().await;
        let held = taken.map_err(|why| format!("The environment is locked: {why}"))?;
        if let Err(why) = held.reserve().await {
            // Nothing was begun under it, so nobody need wait until the lease lapses. It is given back beside this: a lock
            // host that answers late holds nobody up, and its commands have deadlines.
            drop(tokio::spawn(held.release()));
            return Err(format!("The environment could not be reserved: {why}"));
        }
        let token = held.token();
        (self.last, self.held) = (token, Some(held));
        Ok(self.fence(token))
    }

    /// Takes it; where somebody has it and this run is patient, when they have given it back.
    async fn taken(&self) -> Result<Held, LockError> {
        let begun = tokio::time::Instant::now();
        loop {
            let taken = self.lock.take(self.holder.clone(), self.last.saturating_add(1), self.clock.clone()).await;
            let is_held = matches!(taken, Err(LockError::Held { .. }));
            if !is_held || self.lock.patience().is_none_or(|within| begun.elapsed() >= within) {
                return taken;
            }
            if !matches!(self.lock.awaited(self.holder.run.as_ref(), &self.clock).await, Ok(None)) {
                return taken;
            }
        }
    }

    fn fence(&self, token: u64) -> Fence {
        Fence { name: self.lock.fence(), token }
    }
}
