//! What would be done, host by host, with the exact commands: made before anybody is asked, shown, and never changed
//! on its way from the confirmation to the hosts.

use std::time::Duration;

use super::host::BecomeRoot;
use super::lock::Lock;
use super::name::{EnvName, HostName, ServiceName, SiteName};
use super::unit::UnitName;
use super::verb::Verb;
use crate::text::Foreign;

/// One change, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvName,
    /// Whether the environment is protected.
    pub protected: bool,
    /// What is done.
    pub verb: Verb,
    /// To what, in a few words: `pricing`, `pricing on app-1`, `19 services`.
    pub subject: String,
    /// What a person types to confirm it in a protected environment: the service's name when it is one, else the
    /// environment's.
    pub name: String,
    /// The steps, in an order in which they could be done one after the other.
    pub steps: Vec<PlannedStep>,
    /// How many steps run at once at most.
    pub at_once: usize,
    /// What else it does, to be seen before the confirmation.
    pub impact: Impact,
}

/// One command on one host.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// Where.
    pub host: HostName,
    /// Which service; `None` for what concerns the host alone, and for units that no service names.
    pub service: Option<ServiceName>,
    /// Which unit; `None` for what concerns the manager.
    pub unit: Option<UnitName>,
    /// Whether the unit belongs to the login's own manager.
    pub user: bool,
    /// Program and arguments, without what makes it root.
    pub command: Vec<String>,
    /// What makes it root.
    pub become_root: BecomeRoot,
    /// The places of the steps that must have been verified before this one begins. All are smaller than its own.
    pub after: Vec<usize>,
    /// How long the unit must stand as it should before it counts as well.
    pub settle: Duration,
    /// How long the command and its effect may take, before what is waited for to settle.
    pub deadline: Duration,
}

/// What a plan does beside what it says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Impact {
    /// Services of the site that need a target, with those that need them, the nearest first; not targets themselves.
    pub needed_by: Vec<ServiceName>,
    /// Units on a host that systemd would stop or restart as well, because they are bound to a target.
    pub also: Vec<(HostName, Foreign)>,
    /// Services of which no instance would be left while it runs.
    pub interrupted: Vec<ServiceName>,
    /// Instances that were meant and are not part of it, because it can't be done there: nothing is queued for them.
    pub left_out: Vec<LeftOut>,
    /// Who has the environment's lock now, if that is somebody else: it is done all the same only by a person's word.
    pub locked: Option<Box<Lock>>,
    /// What is worth a thought, as whole sentences: an instance that is down already, a need that is not up.
    pub warnings: Vec<String>,
}

/// An instance that was meant and is not part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which: `pricing on app-2`.
    pub what: String,
    /// Why, as a clause without a full stop: `app-2 is not reached (silent)`.
    pub why: String,
}

impl Plan {
    /// The hosts it touches, each once, in the order of the steps.
    pub fn hosts(&self) -> Vec<&HostName> {
        let mut hosts: Vec<&HostName> = Vec::new();
        for step in &self.steps {
            if !hosts.contains(&&step.host) {
                hosts.push(&step.host);
            }
        }
        hosts
    }

    /// Its headline: `restart pricing on 3 hosts`.
    pub fn title(&self) -> String {
        self.verb.headline(&self.subject)
    }
}
