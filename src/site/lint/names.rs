//! Services, probes, inputs and channels that parts name and that are not there.

use super::super::mistake::quoted;
use super::{Case, Finding};
use crate::domain::procedure::{Doing, Part, Procedure};
use crate::domain::{InputName, ProbeName, ServiceName};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let environment = case.environment;
    let mut found = Vec::new();
    let service = |line: usize, name: &ServiceName| {
        let hint = "correct the name, or name the environments that it is for in its front matter";
        let unknown = environment.service(name).is_none();
        unknown.then(|| Finding::mistake(line, format!("{} has no service {name}", environment.name), hint))
    };
    let probe = |line: usize, of: &ServiceName, name: &ProbeName| match environment.service(of) {
        None => service(line, of),
        Some(known) if known.probes.iter().any(|probe| probe.name == *name) => None,
        Some(_) => {
            let message = format!("{of} has no probe {name} in {}", environment.name);
            Some(Finding::mistake(line, message, "it is written service/probe, with names of site.toml"))
        }
    };
    // A guard judges figures beside probes.
    let judged = |line: usize, of: &ServiceName, name: &ProbeName| {
        let is_metric =
            environment.service(of).is_some_and(|known| known.metrics.iter().any(|metric| metric.name == *name));
        if is_metric { None } else { probe(line, of, name) }
    };
    for part in &case.procedure.parts {
        let guarded = part.options.guarded.iter().flat_map(|guarded| &guarded.guard.probes);
        found.extend(guarded.filter_map(|(of, name)| judged(part.line, of, name)));
        match &part.doing {
            Doing::Check(of, name) => found.extend(probe(part.line, of, name)),
            Doing::Hold(_, Some(guard)) => {
                found.extend(guard.probes.iter().filter_map(|(of, name)| judged(part.line, of, name)));
            }
            Doing::Restart(services) => {
                found.extend(services.iter().filter_map(|name| service(part.line, name)));
                if services.is_empty() && case.procedure.header.services.is_empty() {
                    let message = format!("{} restarts no service: neither it nor the front matter names one", part.id);
                    found.push(Finding::mistake(part.line, message, "write restart=\"a b\""));
                }
            }
            Doing::Prompt(names) => {
                for name in names.iter().filter(|name| !case.has_input(name.as_str())) {
                    let message = format!("{} asks for {name}, which is no input of it", part.id);
                    found.push(Finding::mistake(part.line, message, "declare it under [inputs] in the front matter"));
                }
            }
            Doing::Run(..)
            | Doing::Fact(_)
            | Doing::Approve(_)
            | Doing::Request(..)
            | Doing::Ask
            | Doing::Hold(_, None)
            | Doing::Decide(_)
            | Doing::Shift(..)
            | Doing::Call(..) => {}
            Doing::Notify(channel, words) => {
                if environment.channels.get(channel).is_none() {
                    let message = format!(
                        "{} has no channel {}, so {} is done by hand",
                        environment.site,
                        quoted(channel),
                        part.id
                    );
                    found.push(Finding::warning(part.line, message, "declare it under [channels] in site.toml"));
                }
                found.extend(words.names().iter().filter_map(|name| said(case, part, name)));
            }
        }
    }
    found
}

/// What is wrong with a variable in words that a channel is told.
fn said(case: &Case<'_>, part: &Part, name: &InputName) -> Option<Finding> {
    if case.procedure.header.inputs.iter().any(|input| input.name == *name && input.secret) {
        let message = format!("{} tells ${name}, which is a secret: no channel is told it", part.id);
        return Some(Finding::warning(part.line, message, "take it out of these words"));
    }
    let sets = |(_, text): (&Part, &str)| {
        crate::runtimes::shell_text::sets(text).iter().any(|set| set.name == name.as_str() && set.literal.is_some())
    };
    // A procedure that calls this one passes on what it knows.
    let called = |other: &Procedure| {
        let calls = |part: &Part| matches!(&part.doing, Doing::Call(to, _) if *to == case.procedure.name);
        let gives = |part: &Part| part.options.capture.as_ref() == Some(name);
        other.parts.iter().any(calls) && other.parts.iter().any(gives)
    };
    let known = case.has_input(name.as_str())
        || case.is_captured(name.as_str())
        || case.environment.variables.contains_key(name.as_str())
        || case.scripts().any(sets)
        || case.environment.procedures.iter().any(|other| called(other));
    let message = format!("nothing is called {name} here, so {} tells ${name} as it is written", part.id);
    let hint = "correct the name; it is an input, what a part captures, or a variable of site.toml";
    (!known).then(|| Finding::mistake(part.line, message, hint))
}
