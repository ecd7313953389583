//! What it means to scale: how many containers run and are expected, what goes away, and what more of them cost.

use super::applicable::{applicable, to_instance};
use super::{Meant, Rules, Target, containers, meant, told};
use crate::domain::container::Containers;
use crate::domain::fact::size_told;
use crate::domain::{Count, Verb};
use crate::runtimes::compose;
use crate::state::{Fleet, Instance};

/// How many containers of an instance run, and how many should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaled {
    /// Which instance: `web on app-1`.
    pub what: String,
    /// How many run now.
    pub running: usize,
    /// How many the site expects there.
    pub expected: Option<usize>,
}

/// Whether the targets can be scaled at all, to whatever number.
///
/// # Errors
/// Why they can't, as a clause without a full stop.
pub fn scalable(fleet: &Fleet, targets: &[Target], rules: &Rules) -> Result<(), String> {
    // Of two numbers one at most runs already.
    let mut why = String::new();
    for number in [1, 2] {
        let Ok(count) = Count::new(number) else { continue };
        match applicable(fleet, Verb::Scale(count), targets, rules) {
            Ok(()) => return Ok(()),
            Err(other) => why = other,
        }
    }
    Err(why)
}

/// The instances of the targets that are containers, with their numbers.
pub fn scaled(fleet: &Fleet, targets: &[Target]) -> Vec<Scaled> {
    let one = |one: Meant| {
        let known = known(fleet, one)?;
        let what = told(one.row(fleet), one.instance(fleet));
        Some(Scaled { what, running: known.running(), expected: expected(fleet, one) })
    };
    let able = |one: &Meant| {
        [1, 2].map(Count::new).iter().flatten().any(|to| to_instance(fleet, *one, Verb::Scale(*to)).is_ok())
    };
    meant(fleet, targets).into_iter().filter(able).filter_map(one).collect()
}

fn known(fleet: &Fleet, one: Meant) -> Option<&Containers> {
    containers(fleet, one.instance(fleet)).filter(|known| known.unseen.is_none())
}

fn expected(fleet: &Fleet, one: Meant) -> Option<usize> {
    one.row(fleet).service.compose.as_ref()?.scale.and_then(|scale| usize::try_from(scale).ok())
}

/// How many run and how many shall, where that is to be changed.
fn change(fleet: &Fleet, verb: Verb, one: Meant) -> Option<(usize, usize)> {
    let Verb::Scale(count) = verb else { return None };
    Some((known(fleet, one)?.running(), count.get()))
}

/// Whether containers go away.
pub fn takes_away(fleet: &Fleet, verb: Verb, one: Meant) -> bool {
    change(fleet, verb, one).is_some_and(|(running, wanted)| wanted < running)
}

/// A sentence about one instance, if there is one to say.
type Tells = fn(&Fleet, Verb, Meant) -> Option<String>;

/// What is worth a thought before it is done.
pub const WARNINGS: [Tells; 6] = [goes_away, not_expected, from_the_files, other_files, memory, ports];

fn goes_away(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let (running, wanted) = change(fleet, verb, one).filter(|(running, wanted)| wanted < running)?;
    let (gone, what) = (running - wanted, told(one.row(fleet), one.instance(fleet)));
    let verb = if gone == 1 { "goes" } else { "go" };
    Some(format!(
        "{gone} of {running} containers of {what} {verb} away: stopped and removed, with what is written inside. Compose \
         chooses which."
    ))
}

fn not_expected(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let ((_, wanted), expected) = (change(fleet, verb, one)?, expected(fleet, one)?);
    let what = told(one.row(fleet), one.instance(fleet));
    match wanted.cmp(&expected) {
        std::cmp::Ordering::Less => {
            Some(format!("The site expects {expected} of {what}: with {wanted} it will count as degraded."))
        }
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => {
            Some(format!("The site expects {expected} of {what}: the next deploy may make it so again."))
        }
    }
}

fn from_the_files(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let instance = one.instance(fleet);
    change(fleet, verb, one).filter(|(running, wanted)| wanted > running)?;
    let host = instance.host.as_ref()?;
    Some(format!(
        "New containers are made from the files as they are on {host} now: another image or configuration than that of \
         those that run counts as failed."
    ))
}

fn other_files(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let Verb::Scale(_) = verb else { return None };
    let row = one.row(fleet);
    let files = compose::differs(row.service.compose.as_ref()?, known(fleet, one)?)?;
    let what = told(row, one.instance(fleet));
    Some(format!("{what} was made of {}; the site names other files, and those are used.", files.plain()))
}

fn memory(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    let (running, wanted) = change(fleet, verb, one).filter(|(running, wanted)| wanted > running)?;
    let instance = one.instance(fleet);
    let used = fleet.unit_of(instance)?.usage.as_ref()?.0.memory?;
    let free = free(fleet, instance)?;
    let each = used / u64::try_from(running).ok().filter(|running| *running > 0)?;
    let more = each.saturating_mul(u64::try_from(wanted - running).ok()?);
    let verdict = if more > free { "more than the" } else { "of the" };
    let host = instance.host.as_ref()?;
    Some(format!(
        "{} uses about {} for each container: this takes {} {verdict} {} that are free on {host}.",
        told(one.row(fleet), instance),
        rough(each),
        rough(more),
        rough(free)
    ))
}

fn free(fleet: &Fleet, instance: &Instance) -> Option<u64> {
    let facts = fleet.host(instance.host.as_ref()?)?.facts.as_ref()?;
    facts.0.memory.map(|(_, available)| available)
}

/// In whole MiB, because more exactly it is not known what a container will use.
fn rough(bytes: u64) -> String {
    size_told((bytes >> 20).max(1) << 20)
}

fn ports(fleet: &Fleet, verb: Verb, one: Meant) -> Option<String> {
    change(fleet, verb, one).filter(|(running, wanted)| wanted > running)?;
    let published = |port: &&crate::text::Foreign| port.plain().contains('→');
    let port = known(fleet, one)?.all.iter().flat_map(|one| &one.ports).find(published)?;
    let what = told(one.row(fleet), one.instance(fleet));
    Some(format!(
        "{what} publishes {}: where its file names that port and no range, Docker can't start a second container.",
        port.plain()
    ))
}

#[cfg(test)]
#[path = "scaling_tests.rs"]
mod tests;
