//! What a plan rests on: whether the world is still as it was when a person looked at the plan.

use crate::domain::permit::Refusal;
use crate::domain::plan::Plan;
use crate::domain::unit::Active;
use crate::domain::{HostName, UnitName};
use crate::state::Fleet;

/// The units of a plan as they were when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Witness(Vec<Seen>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    host: HostName,
    unit: UnitName,
    active: Active,
    invocation: String,
}

impl Witness {
    /// The units of the plan as they are now.
    pub fn of(fleet: &Fleet, plan: &Plan) -> Self {
        let seen = plan.steps.iter().filter_map(|step| {
            let unit = step.unit.clone()?;
            let facts = &fleet.host(&step.host)?.units.get(&unit)?.facts;
            let host = step.host.clone();
            Some(Seen { host, unit, active: facts.active, invocation: facts.invocation.clone() })
        });
        Self(seen.collect())
    }

    /// What has changed since the plan was made, when `again` is what would be planned now; a sentence.
    pub fn changed(&self, fleet: &Fleet, plan: &Plan, again: &Result<Plan, Refusal>) -> Option<String> {
        let again = match again {
            Err(refusal) => return Some(format!("It can't be done any more: {refusal}.")),
            Ok(again) => again,
        };
        if let Some(lost) = plan.hosts().into_iter().find(|host| !again.hosts().contains(host)) {
            let link = fleet.host(lost).is_some_and(|row| row.link.is_up());
            let what = if link { "is no part of it any more" } else { "is not reached any more" };
            return Some(format!("{lost} {what}."));
        }
        if let Some(fresh) = again.hosts().into_iter().find(|host| !plan.hosts().contains(host)) {
            return Some(format!("{fresh} is a part of it now."));
        }
        let token = |plan: &Plan| plan.impact.locked.as_ref().map(|lock| lock.token);
        if token(again) != token(plan) {
            return Some(match &again.impact.locked {
                Some(lock) => format!("It is locked now by {}.", lock.holder.person),
                None => "It is not locked any more.".to_owned(),
            });
        }
        let now = Self::of(fleet, plan);
        for seen in &self.0 {
            let Some(new) = now.0.iter().find(|new| new.host == seen.host && new.unit == seen.unit) else {
                return Some(format!("{} on {} is not known any more.", seen.unit, seen.host));
            };
            if new.invocation != seen.invocation {
                return Some(format!("{} on {} was started anew meanwhile.", seen.unit, seen.host));
            }
            if new.active.runs() != seen.active.runs() {
                let what = if new.active.runs() { "runs now" } else { "does not run any more" };
                return Some(format!("{} on {} {what}.", seen.unit, seen.host));
            }
        }
        (again != plan).then(|| "What it rests on has changed.".to_owned())
    }
}
