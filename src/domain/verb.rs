//! What can be done to a unit: the verbs of systemctl and of docker that the console knows, each with its words and its
//! weight.

use std::borrow::Cow;
use std::fmt;

use super::count::Count;

/// One change to a unit, or to the manager of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Starts it.
    Start,
    /// Stops it.
    Stop,
    /// Stops it, if it runs, and starts it.
    Restart,
    /// Lets it read its configuration again, without stopping.
    Reload,
    /// Starts it at boot from now on.
    Enable,
    /// Does not start it at boot any more.
    Disable,
    /// Forgets that it failed, and how often it was started.
    ResetFailed,
    /// Lets the manager of the host read all unit files again.
    DaemonReload,
    /// Sends a signal to its processes.
    Kill(Signal),
    /// Lets so many of its containers run on each host.
    Scale(Count),
}

impl Verb {
    /// All that say by themselves what they do, in the order of the menu. To scale is none of them: it wants a number first.
    pub const ALL: [Verb; 15] = [
        Verb::Restart,
        Verb::Reload,
        Verb::Start,
        Verb::Stop,
        Verb::Enable,
        Verb::Disable,
        Verb::ResetFailed,
        Verb::DaemonReload,
        Verb::Kill(Signal::Term),
        Verb::Kill(Signal::Hup),
        Verb::Kill(Signal::Int),
        Verb::Kill(Signal::Usr1),
        Verb::Kill(Signal::Usr2),
        Verb::Kill(Signal::Abrt),
        Verb::Kill(Signal::Kill),
    ];

    /// Its word in the store, from which it is read again: `restart`, `kill-hup`, `scale-3`.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Verb::Scale(count) => Cow::Owned(format!("{SCALE}{count}")),
            Verb::Start
            | Verb::Stop
            | Verb::Restart
            | Verb::Reload
            | Verb::Enable
            | Verb::Disable
            | Verb::ResetFailed
            | Verb::DaemonReload
            | Verb::Kill(_) => Cow::Borrowed(self.name()),
        }
    }

    /// What it is called, as on the command line and in the menu: `restart`, `reset-failed`, `kill-hup`, `scale`.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Scale(_) => "scale",
            Verb::Start => "start",
            Verb::Stop => "stop",
            Verb::Restart => "restart",
            Verb::Reload => "reload",
            Verb::Enable => "enable",
            Verb::Disable => "disable",
            Verb::ResetFailed => "reset-failed",
            Verb::DaemonReload => "daemon-reload",
            Verb::Kill(Signal::Hup) => "kill-hup",
            Verb::Kill(Signal::Int) => "kill-int",
            Verb::Kill(Signal::Abrt) => "kill-abrt",
            Verb::Kill(Signal::Kill) => "kill-kill",
            Verb::Kill(Signal::Usr1) => "kill-usr1",
            Verb::Kill(Signal::Usr2) => "kill-usr2",
            Verb::Kill(Signal::Term) => "kill-term",
        }
    }

    /// What it does, for the menu.
    pub fn doc(self) -> &'static str {
        match self {
            Verb::Start => "Start what does not run",
            Verb::Stop => "Stop it; nothing starts it again by itself",
            Verb::Restart => "Stop it and start it again",
            Verb::Reload => "Let it read its configuration again, without stopping",
            Verb::Enable => "Start it at boot from now on; does not start it now",
            Verb::Disable => "Do not start it at boot any more; does not stop it now",
            Verb::ResetFailed => "Forget that it failed, and how often it was started",
            Verb::DaemonReload => "Let systemd read all unit files of the host again",
            Verb::Kill(Signal::Hup) => "Many daemons read their configuration again",
            Verb::Kill(Signal::Int) => "Interrupts it, as ctrl-c does",
            Verb::Kill(Signal::Abrt) => "Aborts it, with a core dump where these are kept",
            Verb::Kill(Signal::Kill) => "Ends it at once, without a chance to clean up",
            Verb::Kill(Signal::Usr1) => "Means what the program says it means",
            Verb::Kill(Signal::Usr2) => "Means what the program says it means",
            Verb::Kill(Signal::Term) => "Asks it to end",
            Verb::Scale(_) => "Make or remove containers until so many run",
        }
    }

    /// What is going on while it is done: `restarting`.
    pub fn going_on(self) -> &'static str {
        match self {
            Verb::Start => "starting",
            Verb::Stop => "stopping",
            Verb::Restart => "restarting",
            Verb::Reload | Verb::DaemonReload => "reloading",
            Verb::Enable => "enabling",
            Verb::Disable => "disabling",
            Verb::ResetFailed => "resetting",
            Verb::Kill(_) => "signalling",
            Verb::Scale(_) => "scaling",
        }
    }

    /// The verb of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        let scale = || word.strip_prefix(SCALE).and_then(|count| Count::read(count).ok()).map(Verb::Scale);
        Self::ALL.into_iter().find(|verb| verb.word() == word).or_else(scale)
    }

    /// What is done to what, as a headline: `restart pricing on 3 hosts`, `scale web on app-1 to 3`.
    pub fn headline(self, subject: &str) -> String {
        match self {
            Verb::Scale(count) => format!("{self} {subject} to {count}"),
            Verb::Start
            | Verb::Stop
            | Verb::Restart
            | Verb::Reload
            | Verb::Enable
            | Verb::Disable
            | Verb::ResetFailed
            | Verb::DaemonReload
            | Verb::Kill(_) => format!("{self} {subject}"),
        }
    }

    /// Whether services must come down in the opposite order of their coming up.
    pub fn goes_down(self) -> bool {
        matches!(self, Verb::Stop)
    }

    /// Whether the unit is expected to run when it has succeeded, so that its health is worth a look.
    pub fn leaves_running(self) -> bool {
        matches!(self, Verb::Start | Verb::Restart | Verb::Reload | Verb::Scale(_))
    }

    /// Whether it interrupts what the unit does, at least for a moment. To scale leaves one container at least as it is;
    /// what goes away with it is told by the plan.
    pub fn interrupts(self) -> bool {
        matches!(self, Verb::Stop | Verb::Restart | Verb::Kill(_))
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verb::Kill(signal) => write!(f, "send {} to", signal.name()),
            Verb::Start
            | Verb::Stop
            | Verb::Restart
            | Verb::Reload
            | Verb::Enable
            | Verb::Disable
            | Verb::ResetFailed
            | Verb::DaemonReload
            | Verb::Scale(_) => f.pad(self.name()),
        }
    }
}

/// Stands before the number in the word of the store.
const SCALE: &str = "scale-";

/// The signals that a person sends to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Hang-up; many daemons read their configuration again.
    Hup,
    /// Interrupt.
    Int,
    /// Abort, with a core dump where these are kept.
    Abrt,
    /// Ends at once, without a chance to clean up.
    Kill,
    /// The first whose meaning is the program's own.
    Usr1,
    /// The second whose meaning is the program's own.
    Usr2,
    /// Asks to end.
    Term,
}

impl Signal {
    /// Its name, such as `SIGHUP`.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Hup => "SIGHUP",
            Signal::Int => "SIGINT",
            Signal::Abrt => "SIGABRT",
            Signal::Kill => "SIGKILL",
            Signal::Usr1 => "SIGUSR1",
            Signal::Usr2 => "SIGUSR2",
            Signal::Term => "SIGTERM",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_verb_is_found_by_its_word_and_has_one_of_its_own() {
        for verb in Verb::ALL {
            assert_eq!(Verb::of_word(&verb.word()), Some(verb));
        }
    }
    #[test]
    fn to_scale_is_never_without_its_number() {
        let three = Verb::Scale(Count::new(3).unwrap());
        assert_eq!((three.word().as_ref(), three.name()), ("scale-3", "scale"));
        assert_eq!(three.headline("web on app-1"), "scale web on app-1 to 3");
        for word in ["scale", "scale-", "scale-0", "scale-03", "scale-+3", "scale-101", "scale-3 ", "scale--3"] {
            assert_eq!(Verb::of_word(word), None, "{word}");
        }
        assert!(Verb::ALL.into_iter().all(|verb| verb.name() != "scale"));
    }

    proptest! {
        #[test]
        fn a_word_that_is_a_verb_is_the_word_of_that_verb(number in 1u32..=Count::MOST, word in "(scale-)?[a-z0-9-]{0,6}") {
            let verb = Verb::Scale(Count::new(number).unwrap());
            prop_assert_eq!(Verb::of_word(&verb.word()), Some(verb));
            if let Some(verb) = Verb::of_word(&word) {
                prop_assert_eq!(verb.word(), word);
            }
        }
    }
}
