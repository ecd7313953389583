//! What a host showed of itself when somebody looked at it for the first time: what a first site is made from.
//!
//! All text in it is the host's. Only [`UnitName`] and numbers were checked.

use std::net::IpAddr;

use super::unit::{Active, UnitName};
use crate::text::Foreign;

/// One host as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// What it calls itself.
    pub hostname: Foreign,
    /// Name of the operating system.
    pub system: Foreign,
    /// The login that looked.
    pub login: Foreign,
    /// How a change by this login becomes root, as far as can be told without trying.
    pub rights: Rights,
    /// Services, timers and sockets that run, failed, or are to start by themselves.
    pub units: Vec<SeenUnit>,
    /// Ports that take connections.
    pub listeners: Vec<Listener>,
    /// What each container engine had to say.
    pub engines: Vec<Engine>,
    /// What could not be looked at, as sentences.
    pub gaps: Vec<String>,
}

/// How a change becomes root, as far as can be told without trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rights {
    /// The login is root.
    Root,
    /// It is in a group that usually may use sudo.
    SudoGroup,
    /// Polkit lets it manage units without asking anybody.
    Polkit,
    /// There is a sudo; whether this login may use it was not tried, as sudo would report that.
    SudoUntried,
    /// Nothing was found.
    #[default]
    Nothing,
}

/// One unit as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenUnit {
    /// Its name.
    pub name: UnitName,
    /// Its description.
    pub title: Foreign,
    /// Whether it runs.
    pub active: Active,
    /// Whether it starts by itself.
    pub enabled: bool,
    /// Whether it runs to its end.
    pub oneshot: bool,
    /// Its file.
    pub file: Foreign,
    /// Units it names in `Requires=`, `Requisite=`, `BindsTo=` or `Wants=`.
    pub needs: Vec<UnitName>,
    /// Units it starts after.
    pub after: Vec<UnitName>,
    /// Units it starts by itself: those of a timer or a socket.
    pub triggers: Vec<UnitName>,
    /// For a socket: the TCP ports it holds.
    pub holds: Vec<u16>,
}

/// One port that takes connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The address it is bound to; `None` for all of them.
    pub address: Option<IpAddr>,
    /// Its number.
    pub port: u16,
    /// The name of the process, if this login may know.
    pub process: Foreign,
    /// The unit that the process belongs to, if this login may know.
    pub unit: Option<UnitName>,
    /// What it speaks.
    pub speaks: Speaks,
}

impl Listener {
    /// The name by which the host itself reaches it.
    pub fn host(&self) -> String {
        match self.address {
            None => "localhost".to_owned(),
            Some(address) if address.is_loopback() => "localhost".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => format!("[{address}]"),
        }
    }
}

/// What a port speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Speaks {
    /// It was not asked.
    #[default]
    NotAsked,
    /// It did not answer in HTTP.
    Other,
    /// HTTP: each path that was asked for with the status that came.
    Http(Vec<(&'static str, u16)>),
}

/// A container engine of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Its program.
    pub program: &'static str,
    /// The containers that run, or why this login may not know.
    pub containers: Result<Vec<Container>, Foreign>,
}

/// One container that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: Foreign,
    /// What it was made from.
    pub image: Foreign,
    /// What the engine says of it.
    pub status: Foreign,
}
