//! A change that was seen: what was so, what is so now, and when.

use jiff::Timestamp;

use super::link::LinkFailure;
use super::name::{HostName, ProbeName, ServiceName};
use super::probe::ProbeVerdict;
use super::state::State;
use super::unit::UnitName;

/// One row of the list of changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When we saw it.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
}

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An instance got another state.
    State {
        /// Service of the instance.
        service: ServiceName,
        /// Its host.
        host: HostName,
        /// Its unit, if it has one.
        unit: Option<UnitName>,
        /// The word before.
        from: State,
        /// The word now.
        to: State,
        /// Why, sanitised.
        why: String,
    },
    /// A unit was started again without leaving its state: same word, another invocation.
    Restarted {
        /// Service of the instance.
        service: ServiceName,
        /// Its host.
        host: HostName,
        /// Its unit.
        unit: UnitName,
    },
    /// A link was lost or could not be made.
    LinkLost {
        /// The host.
        host: HostName,
        /// Why.
        why: LinkFailure,
    },
    /// A link came up.
    LinkUp {
        /// The host.
        host: HostName,
    },
    /// A host started anew.
    Rebooted {
        /// The host.
        host: HostName,
    },
    /// A probe's verdict changed.
    Probe {
        /// Service of the instance.
        service: ServiceName,
        /// Its host, unless asked from here for the whole service.
        host: Option<HostName>,
        /// The probe.
        probe: ProbeName,
        /// The verdict before.
        from: ProbeVerdict,
        /// The verdict now.
        to: ProbeVerdict,
    },
}
