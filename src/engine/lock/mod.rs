//! The lock of an environment, on its lock host: looked at, taken, kept alive, given back, broken with a reason.
//!
//! A lock alone stops nobody who does not know that they have lost it: whoever changes a host asks [`Held::may_begin`]
//! right before, and hands the token to the host, which refuses what is lower than it has seen.

mod error;
mod form;
mod guard;
mod held;
mod patience;
mod telling;

use jiff::Timestamp;

use super::clock::{AnyClock, Clock};
use super::lock_host::{Line, LockHost, Unanswered};
use super::transport::fresh_word;
use crate::domain::lock::{Holder, Stands};
use crate::domain::{EnvName, Environment, HostName, Lock, SiteWord};
use crate::engine::store::Who;
use crate::port::RemoteCommand;
use crate::runtimes::lock::{self as protocol, Answer, Refused, Seen, Taking};
use crate::runtimes::mirror::Name;

pub use error::LockError;
pub use guard::{Denied, Guard};
pub use held::Held;
pub use patience::{LOOKS, Waited};
pub use telling::{is_wanted, telling};

/// The lock of one environment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EnvironmentLock {
    name: Name,
    /// The word that opens its site, and its environment.
    of: (SiteWord, EnvName),
    host: LockHost,
    patience: Option<patience::Patience>,
}

impl EnvironmentLock {
    /// The lock of an environment; `None` where the site names no lock host. `line` has the newest connection to it.
    pub fn of(environment: &Environment, line: Line) -> Option<Self> {
        let host = environment.lock_host.clone()?;
        let of = (environment.word.clone(), environment.name.clone());
        Some(Self { name: Name::of(environment), of, host: LockHost::new(host, line), patience: None })
    }

    /// The lock host.
    pub fn host(&self) -> &HostName {
        self.host.name()
    }

    /// What whoever is refused may do about this lock, as a sentence.
    pub fn way_out(&self, lock: &Lock) -> String {
        let (word, environment) = &self.of;
        lock.way_out(self.host(), word, environment)
    }

    /// Its name among all environments: a file, and a word of a shell.
    pub fn fence(&self) -> String {
        // No name holds a plus sign.
        format!("{}+{}", self.name.site, self.name.environment)
    }

    /// How it stands; `None` when nobody ever took it.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn look(&self, now: Timestamp) -> Result<Option<Lock>, LockError> {
        self.ask(now, |word| protocol::look(&self.name, word)).await
    }

    /// Takes it for a run: a lease that is kept alive until it is released or dropped.
    ///
    /// # Errors
    /// Who has it, or why that is not known. Then nothing was taken.
    pub async fn take(&self, holder: Holder, least: u64, clock: AnyClock) -> Result<Held, LockError> {
        let asked = clock.now().mono;
        let (lock, nonce) = self.taken(&holder, least, &clock).await?;
        Ok(Held::begin(self.clone(), lock.token, nonce, clock, asked))
    }

    /// Takes it by hand: it stays until somebody releases or breaks it. The lock as it stands then.
    ///
    /// # Errors
    /// As for [`EnvironmentLock::take`].
    pub async fn take_by_hand(&self, mut holder: Holder, clock: &AnyClock) -> Result<Lock, LockError> {
        holder.run = None;
        self.taken(&holder, 0, clock).await.map(|(lock, _)| lock)
    }

    async fn taken(&self, holder: &Holder, least: u64, clock: &AnyClock) -> Result<(Lock, String), LockError> {
        let nonce = fresh_word();
        let now = clock.now().wall;
        let who = form::taken(holder);
        let taking = Taking { run: holder.run.as_ref(), nonce: &nonce, least };
        let command = |word: &str| protocol::take(&self.name, word, taking, who.clone());
        let lock = self.twice(now, command).await?;
        if let Some(lock) = lock.as_ref().filter(|lock| lock.stands == Stands::Free) {
            // Whoever broke it did so in the same moment.
            return Err(LockError::Lost { lock: Box::new(lock.clone()), now });
        }
        lock.map(|lock| (lock, nonce)).ok_or_else(|| LockError::Odd(self.host().clone()))
    }

    /// Ends the lock of this token, whoever has it, for this reason. How it stands then.
    ///
    /// # Errors
    /// [`LockError::Other`] when another token has it; else why it is not broken.
    pub async fn give_up(
        &self,
        token: u64,
        who: &Who,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<Lock>, LockError> {
        let nonce = fresh_word();
        let said = form::given_up(&who.person, &who.workstation, reason, now);
        let broken = self.ask(now, |word| protocol::give_up(&self.name, word, token, &nonce, said.clone())).await;
        match broken {
            Err(LockError::Lost { lock, now }) => Err(LockError::Other { token, lock: Some(lock), now }),
            Err(LockError::Gone(_)) => Err(LockError::Other { token, lock: None, now }),
            answered => answered,
        }
    }

    /// Asked again when the answer was lost: what was done is told then.
    async fn twice(&self, now: Timestamp, command: impl Fn(&str) -> RemoteCommand) -> Result<Option<Lock>, LockError> {
        match self.ask(now, &command).await {
            Err(LockError::Unreachable { .. } | LockError::Odd(_)) => self.ask(now, &command).await,
            answered => answered,
        }
    }

    /// Asks the lock host, with a word of its own each time.
    async fn ask(&self, now: Timestamp, command: impl Fn(&str) -> RemoteCommand) -> Result<Option<Lock>, LockError> {
        let word = fresh_word();
        let host = || self.host().clone();
        let output = self.host.ask(command(&word)).await.map_err(|unanswered| match unanswered {
            Unanswered::Unreachable(why) => LockError::Unreachable { host: host(), why },
            Unanswered::Odd => LockError::Odd(host()),
        })?;
        let boxed = |seen: Seen| Box::new(form::lock(seen));
        match protocol::read(&output, &word) {
            Answer::Done(seen) => Ok(seen.map(form::lock)),
            Answer::Refused(Refused::Held(Some(seen))) => {
                let lock = boxed(seen);
                Err(LockError::Held { way_out: self.way_out(&lock), lock, now })
            }
            Answer::Refused(Refused::Lost(Some(seen))) => Err(LockError::Lost { lock: boxed(seen), now }),
            Answer::Refused(Refused::Gone | Refused::Lost(None)) => Err(LockError::Gone(host())),
            Answer::Refused(Refused::Write(why)) => Err(LockError::Unwritable { host: host(), why: why.plain() }),
            Answer::Refused(Refused::Held(None)) | Answer::Odd => Err(LockError::Odd(host())),
        }
    }
}
