//! The verdict on a change of a unit that a run of a procedure has made: the same that a change by hand gets.

use super::judge::Course;
use super::place::Place;
use super::step::after;
use super::verify::{Came, Seen, Subject};
use super::waits::{Say, Waits};
use crate::domain::plan::PlannedStep;
use crate::domain::run::Check;
use crate::domain::unit::UnitFacts;
use crate::domain::{ProbeReport, Verb};
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::Look;

/// What came of it.
pub(in crate::engine) struct Verified {
    pub(in crate::engine) came: Came,
    /// What was looked at, in its order.
    pub(in crate::engine) checks: Vec<Check>,
    /// The run of the unit that was seen last.
    pub(in crate::engine) invocation: Option<String>,
    /// What its probes said last.
    pub(in crate::engine) answers: Vec<(String, ProbeReport)>,
}

/// The manager that a change is for.
pub(in crate::engine) fn scope(planned: &PlannedStep) -> Scope {
    if planned.user { Scope::User } else { Scope::System }
}

/// A unit before a change of which only the run that it was in is still known.
pub(in crate::engine) fn recalled(invocation: &str) -> Look {
    // How often it was restarted by itself is not known any more: the first look says it.
    let facts = UnitFacts { invocation: invocation.to_owned(), restarts: u32::MAX, ..UnitFacts::default() };
    Look { facts, ..Look::default() }
}

/// Follows a change whose command the host has taken, until the unit stands as it should, or will not. `say` hears what
/// is waited for.
pub(in crate::engine) async fn verify(
    place: &Place,
    verb: Verb,
    planned: &PlannedStep,
    before: Look,
    say: impl Say,
) -> Verified {
    let mut seen = Seen::default();
    let Some(unit) = &planned.unit else {
        return Verified { came: Came::Well, checks: Vec::new(), invocation: None, answers: Vec::new() };
    };
    let waits = Waits::new();
    let mut course = Course::new(verb, before);
    let subject = Subject {
        place,
        step: planned,
        unit,
        scope: scope(planned),
        service: planned.service.as_ref().and_then(|name| place.environment.service(name)),
        since: None,
        waits: &waits,
    };
    let following = async {
        let arrived = subject.arrive(&mut course, &mut seen).await;
        waits.unit("");
        after(verb, &subject, arrived, &mut seen).await
    };
    let came = waits.heard(say, following).await;
    let invocation = seen.last.map(|look| look.facts.invocation);
    Verified { came, checks: seen.checks, invocation, answers: seen.answers }
}
