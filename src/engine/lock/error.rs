//! What can go wrong with the lock: each a sentence that says what failed, on which host, why, and what to try.

use jiff::Timestamp;

use crate::domain::{HostName, Lock};

/// Something that could not be done with the lock.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error("{}. {}", lock.told(*now), way_out)]
    Held {
        /// What may be done about it, as a sentence.
        way_out: String,
        /// How it stands.
        lock: Box<Lock>,
        /// When that was seen.
        now: Timestamp,
    },
    /// Somebody else has it now, or it was broken.
    #[error("the lock is not ours any more: {}", lock.told(*now))]
    Lost {
        /// How it stands.
        lock: Box<Lock>,
        /// When that was seen.
        now: Timestamp,
    },
    /// The token that was to be broken is not the one that holds it.
    #[error("token {token} does not hold the lock{}", lock.as_ref().map_or_else(String::new, |lock| format!(" (token {}: {})", lock.token, lock.told(*now))))]
    Other {
        /// The token that was named.
        token: u64,
        /// How the lock stands.
        lock: Option<Box<Lock>>,
        /// When that was seen.
        now: Timestamp,
    },
    /// Our part of it was removed.
    #[error("the lock host {0} does not know of this lock any more: it was released, or its folder was removed")]
    Gone(HostName),
    /// The lock host gave no answer.
    #[error("the lock host {host} can't be asked ({why}), so whether the environment is free is not known")]
    Unreachable {
        /// The lock host.
        host: HostName,
        /// Why.
        why: String,
    },
    /// It takes nothing.
    #[error("the lock can't be taken on {host} ({why}); mend that and try again")]
    Unwritable {
        /// The lock host.
        host: HostName,
        /// The system's words, sanitised.
        why: String,
    },
    /// It answered something that makes no sense.
    #[error("the lock host {0} answered something that makes no sense; look whether its /bin/sh and its tools work")]
    Odd(HostName),
}
