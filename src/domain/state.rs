//! The seven words for an instance and a service, and how bad each is.

use jiff::Timestamp;

/// What is true of an instance, in one word. The order is from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// As it should be.
    Up,
    /// Not running, and not meant to.
    Stopped,
    /// On its way up or down.
    Starting,
    /// Running, but something is wrong.
    Degraded,
    /// We do not know. Never painted green.
    Unknown,
    /// Falls over again and again.
    CrashLooping,
    /// Not running, and meant to.
    Down,
}

impl State {
    /// All, from best to worst.
    pub const ALL: [State; 7] =
        [State::Up, State::Stopped, State::Starting, State::Degraded, State::Unknown, State::CrashLooping, State::Down];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Stopped => "stopped",
            State::Starting => "starting",
            State::Degraded => "degraded",
            State::Unknown => "unknown",
            State::CrashLooping => "crash-looping",
            State::Down => "down",
        }
    }

    /// Whether a person should look at it.
    pub fn is_trouble(self) -> bool {
        self >= State::Degraded
    }
}

/// A state with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The word.
    pub state: State,
    /// Why, in a few plain words: `exit 1`, `redis is down`, `host lost`. Empty when there is nothing to say.
    /// Sanitised: safe to print.
    pub why: String,
    /// Since when, by the host's clock; `None` when nobody knows.
    pub since: Option<Timestamp>,
}

impl Verdict {
    /// A verdict without a time.
    pub fn new(state: State, why: impl Into<String>) -> Self {
        Self { state, why: why.into(), since: None }
    }
}
