//! What can go wrong with the mirror: each a sentence that says what failed, on which host, why, and what to try.

use std::time::Duration;

use crate::domain::HostName;

/// Something that the mirror could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// The lock host gave no answer.
    #[error(
        "the lock host {host} can't be asked ({why}), and what is done must be seen from elsewhere; it is tried \
             again by itself"
    )]
    Unreachable {
        /// The lock host.
        host: HostName,
        /// Why.
        why: String,
    },
    /// It takes no records.
    #[error(
        "the lock host {host} can't be written ({why}), and what is done must be seen from elsewhere; mend that, it \
             is tried again by itself"
    )]
    Unwritable {
        /// The lock host.
        host: HostName,
        /// The system's words, sanitised.
        why: String,
    },
    /// Somebody else has taken the run over.
    #[error("{by} has taken this run over on the lock host, so nothing more of it is done from here")]
    Taken {
        /// The token under which it is done now.
        token: u64,
        /// Who: the login there.
        by: String,
    },
    /// Nothing is known there of the run, or our part of it was removed.
    #[error("the lock host {host} has no record of this run from here: it was never written there, or was removed")]
    Gone {
        /// The lock host.
        host: HostName,
    },
    /// What it says of the run can't be read.
    #[error("what the lock host {host} says of run {run} can't be read: {why}")]
    Unreadable {
        /// The lock host.
        host: HostName,
        /// The run, as it is named there.
        run: String,
        /// Why.
        why: String,
    },
    /// Whoever began the run was gone before a word of it was there, so nothing of it was begun on any host.
    #[error(
        "whoever began run {run} said nothing of it on the lock host {host} (it belongs to {by}), so nothing of it was \
         begun on any host"
    )]
    Untold {
        /// The lock host.
        host: HostName,
        /// The run, as it is named there.
        run: String,
        /// The login there, and when it was heard.
        by: String,
        /// For how long it was not.
        silent: Option<Duration>,
    },
    /// It answered something that makes no sense.
    #[error("the lock host {host} answered something that makes no sense; look whether its /bin/sh and its tools work")]
    Odd {
        /// The lock host.
        host: HostName,
    },
    /// More waits to be sent than there is room for.
    #[error("{0} records wait for the lock host already, so none is added; nothing more begins until it answers")]
    Full(usize),
    /// One record is larger than any may be.
    #[error("a record of {0} bytes is too large for the lock host; give the procedure fewer steps or shorter commands")]
    TooLarge(usize),
}

/// A span in words, for sentences about those who were not heard.
pub(super) fn ago(span: Option<Duration>) -> String {
    span.map_or_else(|| "at an unknown time".to_owned(), |span| format!("{} ago", crate::domain::time::short(span)))
}
