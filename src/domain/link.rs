//! The link to a host: a state machine whose every state can be shown.

use std::time::Duration;

use super::time::Moment;
use crate::text::Foreign;

/// Where a host's link stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A connection is being made.
    Connecting {
        /// When this attempt began.
        since: Moment,
        /// 1 for the first attempt since the link was last up.
        attempt: u32,
    },
    /// Somebody must answer a question (passphrase, password, second factor, unknown host key).
    Asking {
        /// When the question came.
        since: Moment,
    },
    /// Commands go through.
    Up {
        /// When it came up.
        since: Moment,
        /// Last measured round trip.
        round_trip: Option<Duration>,
        /// When the last byte came from the host.
        heard: Moment,
        /// Through which means state arrives; `None` until known.
        means: Option<Means>,
    },
    /// It was lost or could not be made, and will be tried again.
    Waiting {
        /// When the host was last heard, if ever.
        heard: Option<Moment>,
        /// When the next attempt begins.
        retry_at: Moment,
        /// Attempts since it was last up.
        attempt: u32,
        /// Why.
        why: LinkFailure,
    },
    /// It will not be tried again until a person asks for it.
    Stopped {
        /// When the host was last heard, if ever.
        heard: Option<Moment>,
        /// Why.
        why: LinkFailure,
    },
}

impl Link {
    /// Whether what we know of the host is current.
    pub fn is_up(&self) -> bool {
        matches!(self, Link::Up { .. })
    }

    /// When the host was last heard.
    pub fn heard(&self) -> Option<Moment> {
        match self {
            Link::Up { heard, .. } => Some(*heard),
            Link::Waiting { heard, .. } | Link::Stopped { heard, .. } => *heard,
            Link::Connecting { .. } | Link::Asking { .. } => None,
        }
    }
}

/// How unit state arrives from a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Pushed over D-Bus.
    Push,
    /// Asked for in sweeps, this far apart, because of the reason given.
    Sweep {
        /// Time between two sweeps.
        every: Duration,
        /// Why there is no push, as a sentence.
        because: String,
    },
    /// This host has no systemd.
    None,
}

/// Why a link is not up. Each kind has its own text, its own colour and its own rule for trying again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFailure {
    /// Nobody let us in; exactly one attempt until a person acts.
    #[error("authentication failed: {0}")]
    Authentication(Text),
    /// The host's key is not known yet.
    #[error("host key not known: {0}")]
    HostKeyUnknown(Text),
    /// The host's key is not the one on record, or is revoked. No way around it from here.
    #[error("HOST KEY CHANGED: {0}")]
    HostKeyChanged(Text),
    /// The known-hosts file can't be used.
    #[error("known hosts: {0}")]
    KnownHosts(Text),
    /// The name does not resolve.
    #[error("no such host name: {0}")]
    Resolve(Text),
    /// The port answered with a refusal.
    #[error("connection refused: {0}")]
    Refused(Text),
    /// Nothing answered before the deadline.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The link was up and the host fell silent.
    #[error("host fell silent")]
    Silent,
    /// The other side ended the connection.
    #[error("connection closed by the host: {0}")]
    Closed(Text),
    /// Our own ssh process ended.
    #[error("ssh ended: {0}")]
    MasterDied(Text),
    /// A jump host on the way failed.
    #[error("jump host: {0}")]
    Jump(Text),
    /// Somebody was asked and said no, or nobody answered in time.
    #[error("not answered: {0}")]
    NotAnswered(Text),
    /// It let us in, but runs nothing for us: no session, no shell that obeys, no cipher in common.
    #[error("host runs nothing for us: {0}")]
    Unusable(Text),
    /// Something on this machine is missing or wrong: no ssh, no runtime directory.
    #[error("{0}")]
    Here(Text),
}

/// Foreign text inside a failure; prints itself sanitised.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text(pub Foreign);

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.plain())
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.0.plain(), f)
    }
}

impl<T: Into<Foreign>> From<T> for Text {
    fn from(text: T) -> Self {
        Text(text.into())
    }
}

impl LinkFailure {
    /// Whether the supervisor may try again by itself. After these a person must act first: another
    /// attempt would be refused, would count as an attack, or would be unsafe.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Authentication(_)
            | Self::HostKeyUnknown(_)
            | Self::HostKeyChanged(_)
            | Self::KnownHosts(_)
            | Self::NotAnswered(_) => false,
            Self::Resolve(_)
            | Self::Refused(_)
            | Self::TimedOut(_)
            | Self::Silent
            | Self::Closed(_)
            | Self::MasterDied(_)
            | Self::Jump(_)
            | Self::Unusable(_)
            | Self::Here(_) => true,
        }
    }

    /// One or two words for a header or a column.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Authentication(_) => "not let in",
            Self::HostKeyUnknown(_) => "unknown key",
            Self::HostKeyChanged(_) => "KEY CHANGED",
            Self::KnownHosts(_) => "known_hosts",
            Self::Resolve(_) => "no such name",
            Self::Refused(_) => "refused",
            Self::TimedOut(_) => "no answer",
            Self::Silent => "silent",
            Self::Closed(_) => "closed",
            Self::MasterDied(_) => "ssh ended",
            Self::Jump(_) => "jump host",
            Self::NotAnswered(_) => "not answered",
            Self::Unusable(_) => "no session",
            Self::Here(_) => "trouble here",
        }
    }
}
