//! A service: what is operated, on which hosts, what it needs, and what is expected of it.

use std::time::Duration;

use super::compose::Compose;
use super::metric::Metric;
use super::name::{HostName, LogName, ServiceName};
use super::probe::Probe;
use super::unit::UnitName;
use crate::text::Foreign;

/// One service of an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name on every screen.
    pub name: ServiceName,
    /// One line about it.
    pub title: Foreign,
    /// Which adapter operates it.
    pub runtime: RuntimeKind,
    /// Which units it is made of, on each of its hosts: for systemd as the site says, for compose the one that stands for
    /// its containers.
    pub units: Vec<UnitPattern>,
    /// For compose: its project and its name there.
    pub compose: Option<Compose>,
    /// Whether the units belong to the login's own manager.
    pub user: bool,
    /// Where it runs.
    pub hosts: Vec<HostName>,
    /// The group it stands in: smaller ranks first.
    pub tier: Tier,
    /// What it can't do without.
    pub depends_on: Vec<ServiceName>,
    /// What is expected of it.
    pub expected: Expected,
    /// A command on the host that prints its version.
    pub version: Option<Vec<String>>,
    /// How many of its instances may be away at once while it is restarted.
    pub max_unavailable: u32,
    /// How long an instance must stand as it should after a change before it counts as well.
    pub settle: Duration,
    /// How long its probes have to become green after a change; `None` where the site does not say.
    pub ready_within: Option<Duration>,
    /// Pages about it.
    pub links: Vec<Link>,
    /// Its checks of health.
    pub probes: Vec<Probe>,
    /// Its figures, which guards judge.
    pub metrics: Vec<Metric>,
    /// Logs of the site that are read with its own.
    pub logs: Vec<LogName>,
}

impl Service {
    /// Units of the hosts' own managers by themselves, as if they were a service: nothing else is known of it.
    pub fn of_units(name: ServiceName, units: &[UnitPattern], hosts: &[HostName]) -> Self {
        Self {
            name,
            title: Foreign::default(),
            runtime: RuntimeKind::Systemd,
            units: units.to_vec(),
            compose: None,
            user: false,
            hosts: hosts.to_vec(),
            tier: Tier { rank: 0, name: String::new() },
            depends_on: Vec::new(),
            expected: Expected::Running,
            version: None,
            max_unavailable: 1,
            settle: Duration::ZERO,
            ready_within: None,
            links: Vec::new(),
            probes: Vec::new(),
            metrics: Vec::new(),
            logs: Vec::new(),
        }
    }
}

/// A group of services that belong together on screen and in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tier {
    /// Order on screen.
    pub rank: u32,
    /// Its heading.
    pub name: String,
}

/// A page about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is.
    pub title: Foreign,
    /// Where it is.
    pub url: Foreign,
}

/// The kinds of runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuntimeKind {
    /// Units of systemd.
    Systemd,
    /// Nothing but its probes is known of it.
    Http,
    /// Containers of a Docker Compose project.
    Compose,
}

/// What is expected of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Expected {
    /// It runs all the time.
    #[default]
    Running,
    /// It does not run unless somebody needs it.
    Stopped,
    /// It runs to its end now and then; success is what counts.
    Oneshot,
}

/// Which units a service is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnitPattern {
    /// This one.
    Exact(UnitName),
    /// Every unit that matches, with `*`, `?` and `[…]` as systemd takes them.
    Glob(String),
}

impl UnitPattern {
    /// The unit, where it is named.
    pub fn exact(&self) -> Option<&UnitName> {
        match self {
            UnitPattern::Exact(unit) => Some(unit),
            UnitPattern::Glob(_) => None,
        }
    }
}
