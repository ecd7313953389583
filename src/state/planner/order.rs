//! In which order the steps of a plan go: what is needed first, and of each service only a few instances at once.

use std::collections::BTreeMap;

use super::Meant;
use crate::domain::{ServiceName, State, Verb};
use crate::state::Fleet;

/// One step in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Which of the things that were to be ordered.
    pub item: usize,
    /// The places of the steps that must have been verified before; all are smaller than its own.
    pub after: Vec<usize>,
}

/// The steps of one service.
struct Group {
    service: usize,
    items: Vec<usize>,
    at_once: usize,
}

/// Orders the steps for these instances.
///
/// Of a service, step `i` waits for step `i - k` where `k` instances may be away at once: so many chains, and in each of
/// them one step at a time. The first steps of a service wait for the last ones of the services it needs.
pub fn order(fleet: &Fleet, verb: Verb, chosen: &[Meant]) -> Vec<Placed> {
    if !matters(verb) {
        return (0..chosen.len()).map(|item| Placed { item, after: Vec::new() }).collect();
    }
    let groups = groups(fleet, chosen);
    let before = before(fleet, verb, &groups);
    let mut placed: Vec<Placed> = Vec::new();
    // The last steps of each group that is placed: behind them the whole group is done.
    let mut tails: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for number in sorted(&before) {
        let group = &groups[number];
        let first = placed.len();
        let waits: Vec<usize> = before[number].iter().filter_map(|other| tails.get(other)).flatten().copied().collect();
        for (at, item) in group.items.iter().enumerate() {
            let after = match at.checked_sub(group.at_once) {
                Some(earlier) => vec![first + earlier],
                None => waits.clone(),
            };
            placed.push(Placed { item: *item, after });
        }
        let from = placed.len() - group.at_once.min(group.items.len());
        tails.insert(number, (from..placed.len()).collect());
    }
    placed
}

/// Whether it matters which comes first.
fn matters(verb: Verb) -> bool {
    match verb {
        Verb::Start | Verb::Stop | Verb::Restart | Verb::Reload | Verb::Kill(_) | Verb::Scale(_) => true,
        Verb::Enable | Verb::Disable | Verb::ResetFailed | Verb::DaemonReload => false,
    }
}

/// The instances by service, in the order of the site; of a service those come first that do not serve: nothing is lost
/// when they are tried, and whether a change works is seen there.
fn groups(fleet: &Fleet, chosen: &[Meant]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (item, one) in chosen.iter().enumerate() {
        match groups.iter_mut().find(|group| group.service == one.service) {
            Some(group) => group.items.push(item),
            None => {
                let allowed = usize::try_from(one.row(fleet).service.max_unavailable).unwrap_or(1);
                groups.push(Group { service: one.service, items: vec![item], at_once: allowed.max(1) });
            }
        }
    }
    for group in &mut groups {
        let serves = |item: &usize| chosen.get(*item).is_some_and(|one| serves(one.instance(fleet).verdict.state));
        group.items.sort_by_key(serves);
    }
    groups
}

/// Whether an instance in this state does its work, well or badly.
pub fn serves(state: State) -> bool {
    matches!(state, State::Up | State::Degraded)
}

/// For each group the nearest ones that must be done before it: of those that one leads to through another, the other
/// is enough.
fn before(fleet: &Fleet, verb: Verb, groups: &[Group]) -> Vec<Vec<usize>> {
    let needs: Vec<Vec<bool>> = groups
        .iter()
        .map(|group| {
            let all = needs(fleet, &fleet.services[group.service].service.name);
            let needed = |other: &Group| all.contains(&&fleet.services[other.service].service.name);
            groups.iter().map(needed).collect()
        })
        .collect();
    let comes_before = |number: usize, other: usize| {
        other != number && if verb.goes_down() { needs[other][number] } else { needs[number][other] }
    };
    (0..groups.len())
        .map(|number| {
            let all: Vec<usize> = (0..groups.len()).filter(|other| comes_before(number, *other)).collect();
            let through = |other: &usize| all.iter().any(|nearer| nearer != other && comes_before(*nearer, *other));
            all.iter().filter(|other| !through(other)).copied().collect()
        })
        .collect()
}

/// Everything that a service needs, and what that needs, without itself.
pub fn needs<'a>(fleet: &'a Fleet, name: &ServiceName) -> Vec<&'a ServiceName> {
    let mut found: Vec<&ServiceName> = Vec::new();
    let mut open: Vec<&ServiceName> =
        fleet.service(name).map_or_else(Vec::new, |row| row.service.depends_on.iter().collect());
    while let Some(next) = open.pop() {
        if next != name && !found.contains(&next) {
            found.push(next);
            open.extend(fleet.service(next).into_iter().flat_map(|row| &row.service.depends_on));
        }
    }
    found
}

/// The groups in an order in which each comes behind those before it, else as they stand. A site with a circle is
/// refused when it is read; if one came here all the same its groups would stay in the order of the site.
fn sorted(before: &[Vec<usize>]) -> Vec<usize> {
    let mut done: Vec<usize> = Vec::new();
    while done.len() < before.len() {
        let open = |number: &usize| !done.contains(number);
        let free = |number: &usize| open(number) && before[*number].iter().all(|other| done.contains(other));
        let next = (0..before.len()).find(free).or_else(|| (0..before.len()).find(open));
        let Some(next) = next else { break };
        done.push(next);
    }
    done
}
