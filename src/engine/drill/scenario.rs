//! A scenario: what goes wrong in a drill, and when. One TOML file each.

use std::time::Duration;

use serde::Deserialize;

/// What goes wrong and when.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for the person who chooses.
    pub title: String,
    /// Seed of everything random: the same seed gives the same drill.
    #[serde(default)]
    pub seed: u64,
    /// The events, in any order.
    #[serde(default, rename = "at")]
    pub events: Vec<Happening>,
}

/// One event of a scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Happening {
    /// Seconds after the drill began.
    pub second: f64,
    /// The host it happens on.
    pub host: String,
    /// The unit it happens to; none for what happens to the host itself.
    #[serde(default)]
    pub unit: Option<String>,
    /// What happens.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum What {
    /// The process leaves with a status, once.
    Exit {
        /// The status.
        status: i32,
    },
    /// A signal ends the process, once.
    Signal {
        /// The signal's number.
        signal: i32,
    },
    /// Every start from now on ends with a status after some seconds, until `mend`.
    Loop {
        /// The status.
        status: i32,
        /// Seconds it lives after each start.
        lives: f64,
    },
    /// Somebody stops it.
    Stop,
    /// Somebody starts it.
    Start,
    /// Somebody restarts it.
    Restart,
    /// One of its dependencies fails in its readiness answer, until `mend`.
    Unready {
        /// Name of the dependency, as in its health answer.
        dependency: String,
        /// What the answer says of it.
        says: String,
    },
    /// Its answers take this long, until `mend`.
    Slow {
        /// Milliseconds.
        millis: u64,
    },
    /// It accepts and never answers, until `mend`.
    Hang,
    /// It writes a line to its log.
    Log {
        /// Syslog priority, 0 to 7.
        priority: u8,
        /// What it says.
        message: String,
    },
    /// Everything wrong with it ends; it is started if it does not run.
    Mend,
    /// The link to the host is cut.
    Cut,
    /// The link to the host can be made again.
    Heal,
    /// A file system fills up.
    Fill {
        /// Where it is mounted.
        mount: String,
        /// Percent in use.
        percent: u8,
    },
    /// The host asks for a reboot.
    WantReboot,
    /// A process is killed for want of memory.
    OutOfMemory,
}

impl Happening {
    /// When it happens, after the drill began.
    pub fn after(&self) -> Duration {
        Duration::try_from_secs_f64(self.second).unwrap_or(Duration::ZERO)
    }
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_scenario_reads_as_it_is_written() {
        let scenario = Scenario::parse(
            "title = 'Redis dies'\nseed = 3\n[[at]]\nsecond = 1.5\nhost = 'db-1'\nunit = 'redis.service'\ndo = 'exit'\nstatus = 1\n\
             [[at]]\nsecond = 9\nhost = 'app-1'\ndo = 'cut'\n",
        )
        .unwrap();
        assert_eq!(scenario.events[0].what, What::Exit { status: 1 });
        assert_eq!(scenario.events[0].after(), Duration::from_millis(1500));
        assert_eq!(scenario.events[1].what, What::Cut);
        assert!(Scenario::parse("title = 'x'\n[[at]]\nsecond = 1\nhost = 'a'\ndo = 'explode'").is_err());
    }
}
