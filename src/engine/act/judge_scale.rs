//! What a look at the containers of a service says of a scale that was sent: so many run, those that were there run on, and
//! the new ones are of the same image and configuration as those. Pure.

use std::collections::BTreeSet;

use super::judge::Judged;
use super::judge_containers::{behind, told, was};
use crate::domain::container::{Container, ContainerState, Containers, Health};
use crate::domain::count::Count;
use crate::domain::unit::UnitFacts;

/// Whether so many run as should, and run the same.
pub(super) fn judge(count: Count, before: &UnitFacts, now: &Containers) -> Judged {
    if let Some(why) = wrong(count, before, now) {
        return Judged::Wrong(why);
    }
    // What ran before and goes away does so in steps.
    if now.all.iter().any(|one| !one.runs()) || now.all.iter().any(|one| one.health == Health::Starting) {
        return Judged::NotYet;
    }
    Judged::There(match compared(before, now) {
        true => told(now),
        false => format!("{}; made by another Compose, so that configurations can't be compared", told(now)),
    })
}

/// Whether a scale is proven by the containers alone, without the end of the command: another number runs than before, and
/// it is the one that was asked for.
pub(super) fn is_proven(count: Count, before: &UnitFacts, now: &Containers) -> bool {
    let ran = old(before).filter(|one| one.runs()).count();
    now.running() == count.get() && ran != count.get() && wrong(count, before, now).is_none()
}

fn wrong(count: Count, before: &UnitFacts, now: &Containers) -> Option<String> {
    if let Some(why) = &now.unseen {
        return Some(why.clone());
    }
    let cause = |one: &Container| behind(&one.cause());
    let again = |one: &&Container| one.state == ContainerState::Restarting || restarts(before, one) < one.restarts;
    if let Some(one) = now.all.iter().find(again) {
        return Some(format!("{} ended{} and docker starts it again", one.name, cause(one)));
    }
    // Before how many there are, because that is why they are there.
    if let Some(why) = other(before, now) {
        return Some(why);
    }
    let fresh = |one: &&Container| !old(before).any(|known| known.id == one.id && known.runs());
    if let Some(one) = now.all.iter().filter(|one| !one.runs()).find(fresh) {
        return Some(format!("{} does not run: {}{}", one.name, one.state.word(), cause(one)));
    }
    let (running, wanted) = (now.running(), count.get());
    if running != wanted {
        return Some(format!("{running} run, {wanted} should"));
    }
    let ran = old(before).filter(|one| one.runs()).count();
    let (stayed, should) = (now.all.iter().filter(|one| one.runs() && was(before, one)).count(), ran.min(wanted));
    if stayed < should {
        return Some(format!("only {stayed} of the {should} that should have stayed are the same run as before"));
    }
    if let Some(one) = now.all.iter().find(|one| one.state == ContainerState::Paused) {
        return Some(format!("{} is paused", one.name));
    }
    let sick = now.all.iter().find(|one| one.health == Health::Unhealthy)?;
    Some(format!("{} is unhealthy{}", sick.name, behind(&sick.health_said.plain())))
}

/// Why a container that is new runs something else than those that were there.
fn other(before: &UnitFacts, now: &Containers) -> Option<String> {
    let images: BTreeSet<&str> = old(before).map(|one| one.image_id.as_str()).filter(|id| !id.is_empty()).collect();
    let made: Vec<_> = old(before).map(|one| (&one.made.by, &one.made.configuration)).collect();
    for one in new(before, now) {
        if !images.is_empty() && !images.contains(one.image_id.as_str()) {
            let known = old(before).next().map(image).unwrap_or_default();
            return Some(format!(
                "{} runs another image than those that were there: {}, not {known}. It was made from the files as they \
                 are on the host now",
                one.name,
                image(one)
            ));
        }
        let comparable = made.iter().any(|(by, _)| **by == one.made.by);
        if comparable && !made.contains(&(&one.made.by, &one.made.configuration)) {
            return Some(format!(
                "{} was made in another configuration than those that were there: the Compose file or its variables \
                 (.env) have changed on the host since",
                one.name
            ));
        }
    }
    None
}

/// Whether the configuration of each new one could be compared with one that was there.
fn compared(before: &UnitFacts, now: &Containers) -> bool {
    new(before, now).all(|one| old(before).any(|known| known.made.by == one.made.by))
}

/// `shop/web:1.4.2 (5082a8d20c55)`.
fn image(one: &Container) -> String {
    let id: String = one.image_id.chars().take(12).collect();
    format!("{} ({id})", one.image.plain())
}

fn old(before: &UnitFacts) -> impl Iterator<Item = &Container> {
    before.containers.iter().flat_map(|known| &known.all)
}

fn new<'a>(before: &'a UnitFacts, now: &'a Containers) -> impl Iterator<Item = &'a Container> {
    now.all.iter().filter(|one| !old(before).any(|known| known.id == one.id))
}

/// How often a container had been started again before.
fn restarts(before: &UnitFacts, one: &Container) -> u32 {
    old(before).find(|known| known.id == one.id).map_or(0, |known| known.restarts)
}

#[cfg(test)]
#[path = "judge_scale_tests.rs"]
mod tests;
