//! What the parts of a watcher tell each other.

use crate::domain::link::Means;
use crate::domain::unit::Usage;
use crate::domain::{HostFacts, UnitFacts, UnitName};
use crate::runtimes::systemd::Scope;

/// One piece of news for the watcher of a host.
#[derive(Debug)]
pub enum News {
    /// All units of one manager.
    Full(Scope, Vec<(UnitName, UnitFacts)>),
    /// One unit of one manager.
    One(Scope, UnitName, Box<UnitFacts>),
    /// How one manager's state arrives.
    Means(Scope, Means),
    /// What units use.
    Usage(Vec<(UnitName, Usage)>),
    /// What the host says of itself.
    Facts(Box<HostFacts>),
    /// All services that are containers.
    Containers(Vec<(UnitName, UnitFacts)>),
}
