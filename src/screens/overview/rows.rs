//! The rows of the overview: headings of tiers, services, and the instances of those that are unfolded.

use std::collections::BTreeSet;

use crate::domain::{HostName, ServiceName, State as Word, UnitName};
use crate::state::{Fleet, Instance, ServiceRow};
use crate::ui::Filter;

/// What a row is of: stays the same when rows move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// The service.
    pub service: ServiceName,
    /// Host and unit of the instance; `None` for the service itself.
    pub instance: Option<(Option<HostName>, Option<UnitName>)>,
}

/// One row; services and instances by their places in the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The heading of a tier.
    Tier {
        /// Its name.
        name: String,
        /// Services in it.
        all: usize,
        /// Those of them that are in trouble.
        trouble: usize,
    },
    /// A service.
    Service {
        /// Its place among the services.
        service: usize,
        /// Whether its instances are shown below it.
        unfolded: bool,
    },
    /// An instance of the service above.
    Instance {
        /// Place of the service.
        service: usize,
        /// Place of the instance in the service.
        instance: usize,
        /// Whether it is the last one.
        last: bool,
    },
}

impl Row {
    /// The key of the row; headings have none.
    pub fn key(&self, fleet: &Fleet) -> Option<RowKey> {
        match self {
            Row::Tier { .. } => None,
            Row::Service { service, .. } => {
                Some(RowKey { service: fleet.services.get(*service)?.service.name.clone(), instance: None })
            }
            Row::Instance { service, instance, .. } => {
                let row = fleet.services.get(*service)?;
                let instance = row.instances.get(*instance)?;
                let key = (instance.host.clone(), instance.unit.clone());
                Some(RowKey { service: row.service.name.clone(), instance: Some(key) })
            }
        }
    }
}

/// How rows are chosen and put in order.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Only what passes.
    pub filter: &'a Filter,
    /// Only what is in trouble.
    pub only_trouble: bool,
    /// The worst first, without headings.
    pub worst_first: bool,
    /// Services whose instances are shown.
    pub unfolded: &'a BTreeSet<ServiceName>,
}

/// The rows of a fleet.
pub fn rows(fleet: &Fleet, order: Order<'_>) -> Vec<Row> {
    let mut places: Vec<usize> = (0..fleet.services.len()).collect();
    places.retain(|place| fleet.services.get(*place).is_some_and(|row| is_shown(row, order)));
    let service = |place: usize| fleet.services.get(place);
    if order.worst_first {
        places.sort_by_key(|place| {
            service(*place).map(|row| (std::cmp::Reverse(row.verdict.state), row.service.tier.rank, *place))
        });
    } else {
        places.sort_by_key(|place| service(*place).map(|row| (row.service.tier.clone(), *place)));
    }
    let mut rows = Vec::with_capacity(places.len() + 8);
    let mut tier = None;
    for place in places {
        let Some(row) = service(place) else { continue };
        if !order.worst_first && tier != Some(&row.service.tier) {
            tier = Some(&row.service.tier);
            rows.push(heading(fleet, row));
        }
        let unfolded = row.instances.len() > 1 && order.unfolded.contains(&row.service.name);
        rows.push(Row::Service { service: place, unfolded });
        if unfolded {
            let last = row.instances.len() - 1;
            let instances = 0..row.instances.len();
            rows.extend(instances.map(|instance| Row::Instance { service: place, instance, last: instance == last }));
        }
    }
    rows
}

fn heading(fleet: &Fleet, of: &ServiceRow) -> Row {
    let tier = &of.service.tier;
    let members = fleet.services.iter().filter(|row| row.service.tier == *tier);
    let (mut all, mut trouble) = (0, 0);
    for row in members {
        all += 1;
        trouble += usize::from(row.verdict.state.is_trouble());
    }
    Row::Tier { name: tier.name.clone(), all, trouble }
}

fn is_shown(row: &ServiceRow, order: Order<'_>) -> bool {
    if order.only_trouble && !row.verdict.state.is_trouble() {
        return false;
    }
    order.filter.is_empty() || order.filter.passes(&searched(row))
}

/// What a filter looks at: everything that the row says, and its hosts and units.
fn searched(row: &ServiceRow) -> String {
    let mut text = format!(
        "{} {} {} {} {}",
        row.service.name,
        row.service.tier.name,
        row.service.title.plain(),
        row.verdict.state.word(),
        row.verdict.why
    );
    for instance in &row.instances {
        for word in [instance.host.as_ref().map(HostName::as_str), instance.unit.as_ref().map(told_unit)] {
            text.push(' ');
            text.push_str(word.unwrap_or_default());
        }
        text.push(' ');
        text.push_str(instance.verdict.state.word());
    }
    text
}

/// The unit without `.service`, which all of them end in.
fn told_unit(unit: &UnitName) -> &str {
    if unit.suffix() == "service" { unit.stem() } else { unit.as_str() }
}

/// The instance that speaks for a service: the first of the worst.
pub fn speaker(row: &ServiceRow) -> Option<&Instance> {
    let worst: Option<Word> = row.instances.iter().map(|instance| instance.verdict.state).max();
    row.instances.iter().find(|instance| Some(instance.verdict.state) == worst)
}
