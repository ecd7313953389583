//! The services that a service needs, and those that need it, the nearest first.

use std::collections::VecDeque;

use crate::domain::{Environment, ServiceName};
use crate::ui::finder::Finder;

/// On which side of a service another one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is needed.
    Needs,
    /// It needs.
    NeededBy,
}

impl Way {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Way::Needs => "needs",
            Way::NeededBy => "needed by",
        }
    }
}

/// A service that another one needs, or that needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// On which side it stands.
    pub way: Way,
    /// The service.
    pub service: ServiceName,
    /// Through which other one; `None` for what the site says outright.
    pub through: Option<ServiceName>,
}

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// Whose these are.
    pub service: ServiceName,
    /// The services.
    pub list: Finder<Need>,
}

impl State {
    /// Everything around a service; `None` where it stands alone.
    pub fn new(service: &ServiceName, environment: &Environment) -> Option<Self> {
        let all: Vec<Need> =
            [Way::Needs, Way::NeededBy].into_iter().flat_map(|way| around(service, way, environment)).collect();
        let searched = |need: &Need| format!("{} {}", need.way.word(), need.service);
        (!all.is_empty()).then(|| Self { service: service.clone(), list: Finder::new(all, searched) })
    }
}

fn around(service: &ServiceName, way: Way, environment: &Environment) -> Vec<Need> {
    let next = |of: &ServiceName| -> Vec<ServiceName> {
        match way {
            Way::Needs => environment.service(of).map(|found| found.depends_on.clone()).unwrap_or_default(),
            Way::NeededBy => environment.needed_by(of).map(|found| found.name.clone()).collect(),
        }
    };
    let (mut found, mut waiting): (Vec<Need>, VecDeque<ServiceName>) = (Vec::new(), VecDeque::from([service.clone()]));
    while let Some(of) = waiting.pop_front() {
        for other in next(&of) {
            if other == *service || found.iter().any(|known| known.service == other) {
                continue;
            }
            let through = (of != *service).then(|| of.clone());
            waiting.push_back(other.clone());
            found.push(Need { way, service: other, through });
        }
    }
    found
}
