//! A lock that is ours: kept alive by a task of its own, and asked before each change whether it still holds.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{EnvironmentLock, LockError};
use crate::domain::Moment;
use crate::domain::time::short;
use crate::engine::clock::{AnyClock, Clock};
use crate::runtimes::lock as protocol;

/// How often it is said that somebody is there (FAULTS 5.1).
const BEAT: Duration = Duration::from_secs(15);
/// While that fails, it is tried again so often.
const AGAIN: Duration = Duration::from_secs(3);
/// So long after the last answer nothing begins any more: the lease may lapse 20 seconds later.
const FRESH: Duration = Duration::from_secs(40);
/// An answer that is no older is taken for how it stands now; before a change begins an older one is asked for anew.
const SURE: Duration = Duration::from_secs(2);

/// What is known of it.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    /// When the lock host was asked for the last time that it said yes.
    renewed: Moment,
    /// Why it is not ours any more.
    lost: Option<LockError>,
    /// Why it could not be asked the last time.
    why: Option<LockError>,
}

/// A lock that is ours until it is released, lost or dropped. Whoever drops it lets it lapse.
#[derive(Debug)]
pub struct Held {
    lock: EnvironmentLock,
    token: u64,
    nonce: String,
    clock: AnyClock,
    known: watch::Receiver<Known>,
    say: Arc<watch::Sender<Known>>,
    task: JoinHandle<()>,
}

impl Held {
    /// `asked` is when it was asked for: the lease began at some time after that.
    pub(super) fn begin(lock: EnvironmentLock, token: u64, nonce: String, clock: AnyClock, asked: Moment) -> Self {
        let (say, known) = watch::channel(Known { renewed: asked, lost: None, why: None });
        let say = Arc::new(say);
        let keeper =
            Keeper { lock: lock.clone(), token, nonce: nonce.clone(), clock: clock.clone(), say: Arc::clone(&say) };
        let task = tokio::spawn(keeper.keep());
        Self { lock, token, nonce, clock, known, say, task }
    }

    /// Its token: what hosts are told.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Whether something may begin now.
    ///
    /// # Errors
    /// Why not, as a clause: it was lost, or its holder could not say for 40 seconds that it is there.
    pub fn may_begin(&self) -> Result<(), String> {
        let known = self.known.borrow();
        if let Some(lost) = &known.lost {
            return Err(lost.to_string());
        }
        let age = known.renewed.age(self.clock.now().mono);
        if age <= FRESH {
            return Ok(());
        }
        let why = known.why.as_ref().map_or_else(|| "it gave no answer".to_owned(), ToString::to_string);
        Err(format!("the lock host was not heard for {} and the lock may be somebody else's: {why}", short(age)))
    }

    /// Whether a change may begin now, which the lock host is asked right before: whoever was asleep, and whoever it was
    /// taken from, begins nothing more.
    ///
    /// # Errors
    /// Why not, as a clause: it was lost, or the lock host gives no answer now.
    pub async fn confirm(&self) -> Result<(), String> {
        self.may_begin()?;
        let age = self.known.borrow().renewed.age(self.clock.now().mono);
        if age <= SURE {
            return Ok(());
        }
        match renew(&self.lock, self.token, &self.nonce, &self.clock, &self.say).await {
            Ok(()) => self.may_begin(),
            Err(why @ (LockError::Lost { .. } | LockError::Gone(_))) => Err(why.to_string()),
            Err(why) => Err(format!("whether the lock is still ours can't be asked now, so no change begins: {why}")),
        }
    }

    /// Whether it is certain that it is somebody else's or nobody's now.
    pub fn is_lost(&self) -> bool {
        self.known.borrow().lost.is_some()
    }

    /// Reserves the environment: from now on it stays this run's until it is released, also when the lease lapses. Done
    /// right before the first change.
    ///
    /// # Errors
    /// Why it is not reserved. Then nothing may be changed.
    pub async fn reserve(&self) -> Result<(), LockError> {
        let (name, token, nonce) = (&self.lock.name, self.token, &self.nonce);
        let now = self.clock.now().wall;
        self.lock.twice(now, |word| protocol::reserve(name, word, token, nonce)).await.map(drop)
    }

    /// Comes back once it is lost: why.
    pub async fn lost(&self) -> LockError {
        let mut known = self.known.clone();
        let lost = known.wait_for(|known| known.lost.is_some()).await.ok().and_then(|known| known.lost.clone());
        match lost {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }

    /// Gives it back.
    ///
    /// # Errors
    /// Why it can't be given back; then it lapses, or stays reserved.
    pub async fn release(self) -> Result<(), LockError> {
        self.task.abort();
        let (name, token, nonce) = (&self.lock.name, self.token, &self.nonce);
        let now = self.clock.now().wall;
        match self.lock.twice(now, |word| protocol::release(name, word, token, nonce)).await {
            // Asked twice, it was given back the first time.
            Ok(_) | Err(LockError::Gone(_)) => Ok(()),
            Err(why) => Err(why),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task that says that somebody is there.
struct Keeper {
    lock: EnvironmentLock,
    token: u64,
    nonce: String,
    clock: AnyClock,
    say: Arc<watch::Sender<Known>>,
}

impl Keeper {
    async fn keep(self) {
        let mut pause = BEAT;
        loop {
            tokio::time::sleep(pause).await;
            match renew(&self.lock, self.token, &self.nonce, &self.clock, &self.say).await {
                Ok(()) => pause = BEAT,
                Err(LockError::Lost { .. } | LockError::Gone(_)) => return,
                Err(_) => pause = AGAIN,
            }
        }
    }
}

/// Says that somebody is there, and notes how that went.
async fn renew(
    lock: &EnvironmentLock,
    token: u64,
    nonce: &str,
    clock: &AnyClock,
    say: &watch::Sender<Known>,
) -> Result<(), LockError> {
    let asked = clock.now();
    let answered = lock.ask(asked.wall, |word| protocol::renew(&lock.name, word, token, nonce)).await;
    say.send_modify(|known| match &answered {
        Ok(_) => (known.renewed, known.why) = (known.renewed.max(asked.mono), None),
        Err(why @ (LockError::Lost { .. } | LockError::Gone(_))) => {
            tracing::warn!(%why, "the lock is lost");
            known.lost = Some(why.clone());
        }
        Err(why) => {
            tracing::info!(%why, "the lock could not be renewed");
            known.why = Some(why.clone());
        }
    });
    answered.map(drop)
}
