//! A host: where it is reached, how one becomes root there, and what it told of itself.

use std::time::Duration;

use jiff::Timestamp;

use super::name::HostName;
use crate::text::Foreign;

/// One machine of an environment, as the site names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name on every screen.
    pub name: HostName,
    /// How commands get there.
    pub reach: Reach,
    /// Free words by which services choose hosts.
    pub tags: Vec<String>,
    /// How a change becomes root.
    pub become_root: BecomeRoot,
    /// What kind of shell answers.
    pub shell: Shell,
}

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// An alias of the user's own ssh configuration; jump hosts come from there.
    Ssh(SshAlias),
    /// This machine, without ssh.
    Local,
}

/// A word that is safe to hand to `ssh` as its destination: the rule of names, optionally `user@`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshAlias(HostName);

impl SshAlias {
    /// Takes a destination that follows the rule of names.
    ///
    /// # Errors
    /// The first way in which `word` breaks the rule.
    pub fn new(word: &str) -> Result<Self, super::name::NameError> {
        let name = HostName::new(word)?;
        if let Some((_, host)) = word.split_once('@') {
            // Behind `user@` stands a host: it can't be an option either, and there is only one.
            super::name::check(host)?;
            if host.contains('@') {
                return Err(super::name::NameError::BadCharacter('@' as u32));
            }
        }
        Ok(Self(name))
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// How a change to the host becomes root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BecomeRoot {
    /// `sudo`, with a password only where it asks for one.
    #[default]
    Sudo,
    /// The login is root already.
    AlreadyRoot,
    /// Polkit decides; nothing is put before the command.
    Polkit,
    /// Never: this host is only looked at.
    Never,
}

/// What kind of shell the login gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shell {
    /// Commands run in `/bin/sh`, whatever the login shell is.
    #[default]
    Plain,
    /// Commands run in the user's login shell with its profile read first.
    Login,
}

/// What a host said of itself in one reading.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostFacts {
    /// One, five and fifteen minute load averages.
    pub load: Option<[f32; 3]>,
    /// Processor cores in use by the host.
    pub cores: Option<u32>,
    /// Memory in bytes: total and available.
    pub memory: Option<(u64, u64)>,
    /// Swap in bytes: total and free.
    pub swap: Option<(u64, u64)>,
    /// File systems that hold data.
    pub disks: Vec<Disk>,
    /// Time since the host started.
    pub uptime: Option<Duration>,
    /// Whether the host asks for a reboot, with the packages that want it.
    pub reboot: Option<Vec<Foreign>>,
    /// Processes killed for want of memory since boot.
    pub oom_kills: Option<u64>,
    /// The host's clock less ours, in milliseconds, and half the round trip that bounds the error.
    pub clock: Option<ClockOffset>,
    /// Kernel release.
    pub kernel: Foreign,
    /// Name of the operating system as the host gives it.
    pub system: Foreign,
    /// Version of systemd, where there is one.
    pub systemd: Option<u32>,
    /// The boot this reading is of.
    pub boot_id: Foreign,
}

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: Foreign,
    /// Size in bytes.
    pub total: u64,
    /// Bytes an ordinary user may still write.
    pub available: u64,
    /// Inodes in all; 0 where the file system has none to count.
    pub inodes: u64,
    /// Inodes still free.
    pub inodes_free: u64,
}

/// How far a host's clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// Host less ours, in milliseconds.
    pub millis: i64,
    /// Largest error of that figure, in milliseconds.
    pub error: i64,
    /// When it was measured.
    pub at: Timestamp,
}

impl ClockOffset {
    /// Host less ours, in milliseconds: none where it is no more than its own error, which is no difference at all.
    pub fn proven(&self) -> i64 {
        if self.millis.abs() <= self.error { 0 } else { self.millis }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_lies_within_the_error_of_a_clock_is_no_difference() {
        let offset = |millis| ClockOffset { millis, error: 40, at: Timestamp::UNIX_EPOCH }.proven();
        assert_eq!([-41, -40, 0, 40, 41].map(offset), [-41, 0, 0, 0, 41]);
    }

    #[test]
    fn a_destination_is_a_name_with_or_without_a_user() {
        for word in ["app-1", "deploy@app-1", "deploy@10.0.0.7"] {
            assert_eq!(SshAlias::new(word).unwrap().as_str(), word);
        }
        for word in ["", "-V", "deploy@", "deploy@-V", "@app-1", "a@b@c", "deploy@a b"] {
            assert!(SshAlias::new(word).is_err(), "{word:?} passed");
        }
    }
}
