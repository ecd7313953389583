//! A systemd unit as the host describes it, without judgement.
//!
//! Names and meanings follow org.freedesktop.systemd1(5).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::container::Containers;
use crate::text::Foreign;

/// The name of a unit, such as `nginx.service`; printable ASCII only, as systemd itself demands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(Arc<str>);

impl UnitName {
    /// Longest unit name systemd accepts, in bytes.
    pub const LONGEST: usize = 255;

    /// Takes a name that follows systemd's rule: letters, digits and `:-_.\@`, one dot at least, no leading dash.
    /// Returns `None` for anything else.
    pub fn new(word: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        let good = word.contains('.')
            && !word.starts_with(['-', '.'])
            && !word.ends_with('.')
            && word.len() <= Self::LONGEST
            && word.chars().all(allowed);
        good.then(|| Self(Arc::from(word)))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot: `service`, `timer`, `socket`, …
    pub fn suffix(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or_default()
    }

    /// The name without its suffix.
    pub fn stem(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(stem, _)| stem)
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// `LoadState` of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Load {
    /// Its file was read.
    Loaded,
    /// There is no such unit.
    NotFound,
    /// Its file has a setting that can't be.
    BadSetting,
    /// Its file could not be read.
    Error,
    /// It is another name of another unit.
    Merged,
    /// It is masked.
    Masked,
    /// A word we do not know, or none yet.
    #[default]
    Unknown,
}

/// `ActiveState` of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Active {
    /// Running, or done and remembered so.
    Active,
    /// Active and reading its configuration again.
    Reloading,
    /// Not running.
    Inactive,
    /// Ended in failure.
    Failed,
    /// On its way up.
    Activating,
    /// On its way down.
    Deactivating,
    /// Being worked on by the manager.
    Maintenance,
    /// Refreshing its mounts.
    Refreshing,
    /// A word we do not know, or none yet.
    #[default]
    Unknown,
}

impl Active {
    /// Whether it runs, with or without a unit file.
    pub fn runs(self) -> bool {
        matches!(self, Active::Active | Active::Reloading | Active::Refreshing)
    }
}

/// How the main process ended last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exit {
    /// It has not ended, or there was none.
    #[default]
    None,
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
    /// This signal ended it, with a core dump.
    Dumped(i32),
}

/// What a timer says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimerFacts {
    /// Last time it fired.
    pub last: Option<Timestamp>,
    /// Next time it will fire.
    pub next: Option<Timestamp>,
    /// The unit it starts.
    pub triggers: Foreign,
}

/// What a socket says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SocketFacts {
    /// Addresses it listens on, as `Stream 0.0.0.0:80`.
    pub listen: Vec<Foreign>,
    /// Connections accepted since start.
    pub accepted: u32,
    /// Connections open now.
    pub connections: u32,
    /// The unit it starts.
    pub triggers: Foreign,
}

/// Everything one reading of a unit yields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitFacts {
    /// `Description=`.
    pub description: Foreign,
    /// Whether its file could be loaded.
    pub load: Load,
    /// Its high-level state.
    pub active: Active,
    /// Its low-level state, such as `running` or `auto-restart`.
    pub sub: Foreign,
    /// `enabled`, `disabled`, `static`, …
    pub file_state: Foreign,
    /// Path of the unit file.
    pub fragment: Foreign,
    /// Paths of its drop-ins.
    pub drop_ins: Vec<Foreign>,
    /// `Result`: `success`, `exit-code`, `signal`, `timeout`, `start-limit-hit`, `oom-kill`, …
    pub result: Foreign,
    /// How the main process ended last.
    pub exit: Exit,
    /// Process id of the main process; 0 when there is none.
    pub main_pid: u32,
    /// Automatic restarts since the last start by hand.
    pub restarts: u32,
    /// Whether it is `Type=oneshot`.
    pub oneshot: bool,
    /// When `ActiveState` or the sub state last changed, by the host's clock.
    pub state_change: Option<Timestamp>,
    /// When it last became active.
    pub active_enter: Option<Timestamp>,
    /// When it last became inactive or failed.
    pub inactive_enter: Option<Timestamp>,
    /// When the main process last ended.
    pub exited_at: Option<Timestamp>,
    /// Id of this invocation, 32 hexadecimal digits; empty before the first.
    pub invocation: String,
    /// `STATUS=` text that the service itself sent.
    pub status_text: Foreign,
    /// Whether its files changed since they were loaded.
    pub needs_reload: bool,
    /// Units this one needs (`Requires`, `Wants`, `BindsTo`).
    pub needs: Vec<Foreign>,
    /// Units that need this one (`RequiredBy`, `WantedBy`, `BoundBy`).
    pub needed_by: Vec<Foreign>,
    /// Units that systemd stops with this one, and restarts with it where they run (`RequiredBy`, `RequisiteOf`,
    /// `BoundBy`, `ConsistsOf`, `PropagatesStopTo`); those that only want it are not among them.
    pub goes_with: Vec<Foreign>,
    /// Units that start this one when something happens (`TriggeredBy`): sockets, timers, paths.
    pub triggered_by: Vec<Foreign>,
    /// Whether a person may start it; `None` where the host does not say.
    pub can_start: Option<bool>,
    /// Whether a person may stop it; `None` where the host does not say.
    pub can_stop: Option<bool>,
    /// Whether it can read its configuration again while it runs; `None` where the host does not say.
    pub can_reload: Option<bool>,
    /// How long systemd lets it take to start; `None` for no limit, or where the host does not say.
    pub start_limit: Option<Duration>,
    /// How long systemd lets it take to stop before it kills it; `None` as above.
    pub stop_limit: Option<Duration>,
    /// For a timer.
    pub timer: Option<TimerFacts>,
    /// For a socket.
    pub socket: Option<SocketFacts>,
    /// For a service of a Compose project: its containers.
    pub containers: Option<Box<Containers>>,
}

impl UnitFacts {
    /// Why it failed, in the words a person would use: `exit 1`, `SIGKILL`, `timeout`, `start limit hit`.
    pub fn cause(&self) -> String {
        match (self.result.plain().as_str(), self.exit) {
            ("start-limit-hit", _) => "start limit hit".to_owned(),
            ("oom-kill", _) => "out of memory".to_owned(),
            ("timeout" | "watchdog" | "protocol" | "resources", _) => self.result.plain(),
            (_, Exit::Exited(status)) if status != 0 => format!("exit {status}"),
            (_, Exit::Killed(signal)) => signal_name(signal),
            (_, Exit::Dumped(signal)) => format!("{}, core dumped", signal_name(signal)),
            ("success" | "", _) => String::new(),
            (other, _) => other.replace('-', " "),
        }
    }
}

/// What a unit uses; read on an interval, only for what is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// `MemoryCurrent` in bytes; `None` where the host does not account it.
    pub memory: Option<u64>,
    /// `CPUUsageNSec`: processor time since start; `None` where the host does not account it.
    pub cpu: Option<Duration>,
    /// `TasksCurrent`; `None` where the host does not account it.
    pub tasks: Option<u64>,
    /// Where the host says itself what is used of one core just now: hundredths of a percent.
    pub share: Option<u32>,
}

/// The name of a signal on Linux, such as `SIGKILL`.
pub fn signal_name(signal: i32) -> String {
    const NAMES: [&str; 25] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
    ];
    let name = usize::try_from(signal).ok().and_then(|n| n.checked_sub(1)).and_then(|n| NAMES.get(n));
    name.map_or_else(|| format!("signal {signal}"), |name| (*name).to_owned())
}

/// A unit whose name a test knows to be one.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) fn known(word: &str) -> UnitName {
    UnitName::new(word).unwrap()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn unit_names_follow_the_rule_of_systemd() {
        for good in ["nginx.service", "getty@tty1.service", r"dev-disk-by\x2dlabel.mount", "a:b.slice"] {
            assert!(UnitName::new(good).is_some(), "{good}");
        }
        for bad in ["", "nginx", "-x.service", ".service", "a b.service", "a/b.service", "a\u{1b}.service", "é.service"]
        {
            assert!(UnitName::new(bad).is_none(), "{bad}");
        }
        assert_eq!(UnitName::new("a.b.timer").unwrap().stem(), "a.b");
    }

    #[test]
    fn a_cause_is_in_plain_words() {
        let with = |result: &str, exit| UnitFacts { result: result.into(), exit, ..UnitFacts::default() }.cause();
        assert_eq!(with("exit-code", Exit::Exited(1)), "exit 1");
        assert_eq!(with("signal", Exit::Killed(9)), "SIGKILL");
        assert_eq!(with("start-limit-hit", Exit::Exited(1)), "start limit hit");
        assert_eq!(with("core-dump", Exit::Dumped(11)), "SIGSEGV, core dumped");
        assert_eq!(with("success", Exit::None), "");
    }
}
