//! What others must see of a run: its events, on the environment's lock host, from where any workstation can take it over.
//!
//! The store of this machine comes first; what it has recorded is appended here, without output and with masked
//! commands. A run that is taken over gets a higher token, made exclusively there, and whoever has a lower one is refused.

mod error;
mod form;
mod look;
mod trail;

use jiff::Timestamp;

use crate::domain::clocks::Offset;
use crate::domain::{Environment, HostName, Run, RunId};
use crate::engine::approvals::Approvals;
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::lock_host::{Line, LockHost, Unanswered};
use crate::engine::releases::Shared;
use crate::engine::store::{Recorded, Who};
use crate::engine::transport::fresh_word;
use crate::port::RemoteCommand;
use crate::runtimes::mirror::{self as protocol, Answer, Listed, Name};

pub use error::MirrorError;
pub use form::Mirrored;
pub use look::{Looked, look};
pub use trail::{Sent, Trail, TrailState};

/// The mirror of one environment. Cheap to clone.
#[derive(Clone)]
pub struct Mirror {
    name: Name,
    host: LockHost,
}

/// What lies on the lock host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The runs that have not ended.
    pub runs: Vec<Mirrored>,
    /// Of those that can't be read: a sentence each.
    pub unreadable: Vec<MirrorError>,
    /// Whether there are more than were read.
    pub more: bool,
}

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mirror").field("host", self.host()).finish_non_exhaustive()
    }
}

impl Mirror {
    /// The mirror of an environment; `None` where the site names no lock host. `line` has the newest connection to it.
    pub fn of(environment: &Environment, line: Line) -> Option<Self> {
        let host = environment.lock_host.clone()?;
        Some(Self { name: Name::of(environment), host: LockHost::new(host, line) })
    }

    /// The lock host.
    pub fn host(&self) -> &HostName {
        self.host.name()
    }

    /// The releases on the same host.
    pub fn releases(&self) -> Shared {
        Shared::new(self.name.clone(), self.host.clone())
    }

    /// The approvals on the same host.
    pub fn approvals(&self) -> Approvals {
        Approvals::new(self.name.clone(), self.host.clone())
    }

    /// Begins to tell of a run under this token: of a new one (token 1), or of one that was taken over with
    /// [`Mirror::adopt`]. Its first event is the run as it stands; see [`Trail::append`] for what comes back with it.
    pub fn begin(&self, run: &Run, token: u64, who: Who, at: Timestamp) -> (Trail, Sent) {
        let trail = Trail::begin(self.clone(), run.id.clone(), token, who);
        let sent = trail.append(Recorded::Whole(Box::new(run.clone())), at);
        (trail, sent)
    }

    /// The runs that have not ended, as far as they can be read.
    ///
    /// # Errors
    /// Why nothing can be read.
    pub async fn list(&self) -> Result<Listing, MirrorError> {
        Ok(self.listing(self.ask(|word| protocol::list(&self.name, word)).await?))
    }

    /// Those of these runs that lie there, whether they have ended or not, with one question.
    ///
    /// # Errors
    /// Why nothing can be read.
    pub async fn these(&self, runs: &[RunId]) -> Result<Listing, MirrorError> {
        if runs.is_empty() {
            return Ok(Listing::default());
        }
        Ok(self.listing(self.ask(|word| protocol::these(&self.name, word, runs)).await?))
    }

    fn listing(&self, all: Vec<Listed>) -> Listing {
        let mut listing = Listing::default();
        for listed in all {
            listing.more |= listed.more;
            match self.fold(&listed) {
                Ok(found) => listing.runs.push(found),
                Err(why) => listing.unreadable.push(why),
            }
        }
        listing
    }

    /// One run with all that was told of it.
    ///
    /// # Errors
    /// Why it can't be read.
    pub async fn read(&self, run: &RunId) -> Result<Mirrored, MirrorError> {
        let listed = self.ask(|word| protocol::read_run(&self.name, word, run)).await?;
        let listed = listed.into_iter().find(|listed| listed.run == *run);
        self.fold(&listed.ok_or_else(|| MirrorError::Gone { host: self.host().clone() })?)
    }

    /// Takes a run over: if `seen` is still the token under which it is done, under the next one that is at least
    /// `least`; one of any number of consoles wins, all others get [`MirrorError::Taken`]. What comes back is the run as
    /// it stands there, with its new token: what was done meanwhile is in it.
    ///
    /// # Errors
    /// Why it is not taken over; [`MirrorError::Gone`] when nothing is known of it there.
    pub async fn adopt(&self, run: &RunId, seen: u64, least: u64) -> Result<Mirrored, MirrorError> {
        let token = least.max(seen.saturating_add(1));
        let nonce = fresh_word();
        let command = |word: &str| protocol::adopt(&self.name, word, run, seen, token, &nonce);
        let answered = match self.ask(command).await {
            // Whether it was done is not known: asked again, it is told.
            Err(MirrorError::Unreachable { .. } | MirrorError::Odd { .. }) => self.ask(command).await,
            answered => answered,
        };
        let listed = answered?.into_iter().find(|listed| listed.run == *run);
        let mut found = self.fold(&listed.ok_or_else(|| MirrorError::Gone { host: self.host().clone() })?)?;
        found.token = token;
        Ok(found)
    }

    fn fold(&self, listed: &Listed) -> Result<Mirrored, MirrorError> {
        let login = listed.owners.last().map(|owner| owner.login.plain()).unwrap_or_default();
        let silent = listed.owners.last().and_then(|owner| owner.silent);
        let by = format!("{login}, who was heard {}", error::ago(silent));
        if listed.owners.iter().all(|owner| owner.wrote.trim_ascii().is_empty()) {
            return Err(MirrorError::Untold { host: self.host().clone(), run: listed.run.to_string(), by, silent });
        }
        let unreadable = |why| {
            let why = format!("{why} (it belongs to {by})");
            MirrorError::Unreadable { host: self.host().clone(), run: listed.run.to_string(), why }
        };
        form::fold(listed, &self.name).map_err(unreadable)
    }

    /// How far the clock of the lock host is ahead of this one.
    ///
    /// # Errors
    /// Why that is not known, as a clause.
    pub async fn offset(&self, clock: &AnyClock) -> Result<Offset, String> {
        let word = fresh_word();
        // The way to it counts only where it is up: waiting for that is no part of the way.
        self.host.ask(crate::runtimes::clock::ask(&word)).await.map_err(|why| why.told(self.host()))?;
        let before = clock.now().wall;
        let answered = self.host.ask(crate::runtimes::clock::ask(&word)).await;
        let after = clock.now().wall;
        let answered = answered.map_err(|why| why.told(self.host()))?;
        let there = crate::runtimes::clock::read(&answered, &word);
        let there = there.ok_or_else(|| Unanswered::Odd.told(self.host()))?;
        Ok(Offset::measured(before, there, after))
    }

    fn way(&self) -> Line {
        self.host.line()
    }

    /// Asks the lock host, with a word of its own each time.
    async fn ask(&self, command: impl Fn(&str) -> RemoteCommand) -> Result<Vec<Listed>, MirrorError> {
        let word = fresh_word();
        let host = || self.host().clone();
        let output = self.host.ask(command(&word)).await.map_err(|unanswered| match unanswered {
            Unanswered::Unreachable(why) => MirrorError::Unreachable { host: host(), why },
            Unanswered::Odd => MirrorError::Odd { host: host() },
        })?;
        match protocol::read(&output, &word) {
            Answer::Done(listed) => Ok(listed),
            Answer::Refused(why) => Err(self.refused(why)),
            Answer::Odd => {
                tracing::warn!(host = %host(), "the lock host answers nothing that makes sense");
                Err(MirrorError::Odd { host: host() })
            }
        }
    }
}
