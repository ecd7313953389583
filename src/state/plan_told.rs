//! A plan and its run as plain lines: what the commands without a screen print.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::host::BecomeRoot;
use crate::domain::plan::{Plan, PlannedStep};
use crate::domain::run::{Finding, RunState, RunStep, StepState};
use crate::domain::{Compose, ServiceName, UnitName};
use crate::runtimes::shell::shown;
use crate::runtimes::systemd_change::as_root;

/// The whole plan: every command in order, and what else it does.
pub fn plan(plan: &Plan, now: Timestamp) -> Vec<String> {
    let mut lines = vec![format!("{} ({} of {})", plan.title(), plan.environment, plan.site)];
    let width = plan.steps.iter().map(|step| step.host.as_str().len()).max().unwrap_or(0);
    for (number, step) in plan.steps.iter().enumerate() {
        lines.push(format!(
            "{:>3}  {:<width$}  {}  [{}{}]",
            number + 1,
            step.host,
            shown(&as_root(step.become_root, &step.command)),
            whom(step),
            after(step)
        ));
    }
    let impact = &plan.impact;
    let mut more = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    };
    more("needed by", impact.needed_by.iter().map(ToString::to_string).collect());
    more(
        "systemd stops or restarts as well",
        impact.also.iter().map(|(host, unit)| format!("{} on {host}", unit.plain())).collect(),
    );
    more("no instance left meanwhile", impact.interrupted.iter().map(ToString::to_string).collect());
    lines.extend(impact.locked.iter().map(|lock| format!("locked: {}", lock.told(now))));
    lines.extend(impact.left_out.iter().map(|left| format!("left out: {} ({})", left.what, left.why)));
    lines.extend(impact.warnings.iter().map(|warning| format!("note: {warning}")));
    lines
}

/// The whole plan for programs.
pub fn json(plan: &Plan) -> serde_json::Value {
    let names = |all: &[ServiceName]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let step = |step: &PlannedStep| {
        json!({
            "host": step.host.as_str(),
            "service": step.service.as_ref().map(ServiceName::as_str),
            "unit": step.unit.as_ref().map(UnitName::as_str),
            "as": whom(step),
            "command": shown(&as_root(step.become_root, &step.command)),
            "after": step.after,
        })
    };
    json!({
        "version": 1,
        "title": plan.title(),
        "site": plan.site.as_str(),
        "environment": plan.environment.as_str(),
        "protected": plan.protected,
        "confirm": plan.name,
        "at_once": plan.at_once,
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "needed_by": names(&plan.impact.needed_by),
        "interrupted": names(&plan.impact.interrupted),
        "also": plan.impact.also.iter().map(|(host, unit)| json!({ "host": host.as_str(), "unit": unit.ident() }))
            .collect::<Vec<_>>(),
        "left_out": plan.impact.left_out.iter().map(|left| json!({ "what": left.what, "why": left.why }))
            .collect::<Vec<_>>(),
        "locked": plan.impact.locked.as_ref().map(|lock| json!({
            "token": lock.token,
            "person": lock.holder.person,
            "workstation": lock.holder.workstation,
            "run": lock.holder.run.as_ref().map(ToString::to_string),
            "message": lock.holder.message,
        })),
        "warnings": plan.impact.warnings,
    })
}

fn whom(step: &PlannedStep) -> &'static str {
    match (step.user, step.become_root) {
        (true, _) => "as the login, its own manager",
        (false, BecomeRoot::Polkit) if step.unit.as_ref().is_some_and(Compose::is_unit) => "as the login",
        (false, BecomeRoot::Sudo) => "as root by sudo",
        (false, BecomeRoot::AlreadyRoot) => "as root",
        (false, BecomeRoot::Polkit) => "as the login, by polkit",
        (false, BecomeRoot::Never) => "never",
    }
}

fn after(step: &PlannedStep) -> String {
    let places: Vec<String> = step.after.iter().map(|at| (at + 1).to_string()).collect();
    match places.as_slice() {
        [] => String::new(),
        places if places.len() > 6 => format!(", after {} others", places.len()),
        places => format!(", after {}", places.join(", ")),
    }
}

/// What a step is about: `pricing on app-2`.
pub fn what(step: &RunStep) -> String {
    match (&step.service, &step.unit) {
        (Some(service), _) => format!("{service} on {}", step.host),
        (None, Some(unit)) => format!("{unit} on {}", step.host),
        (None, None) => step.host.to_string(),
    }
}

/// How a step stands, in a line; `None` for what is not worth one.
pub fn step(number: usize, all: usize, step: &RunStep) -> Option<String> {
    let note = step.note.plain();
    let words = match step.state {
        StepState::Planned | StepState::Intent => return None,
        StepState::Started => "taken by the host".to_owned(),
        StepState::Done => "stands; being verified".to_owned(),
        StepState::Verified => with("verified", &checks(step)),
        StepState::Failed => with("failed", &note),
        StepState::Skipped => with("skipped", &note),
        StepState::Waived => with("waived", &note),
        StepState::Unknown => with("unknown", &note),
    };
    Some(format!("[{}/{all}] {}: {words}", number + 1, what(step)))
}

fn with(word: &str, more: &str) -> String {
    if more.is_empty() { word.to_owned() } else { format!("{word}: {more}") }
}

fn checks(step: &RunStep) -> String {
    let Some(verdict) = &step.verdict else { return String::new() };
    let each = verdict.checks.iter().map(|check| {
        let told = check.told.plain();
        match check.finding {
            Finding::Good if told.starts_with(&check.name) => told,
            Finding::Good => format!("{}: {told}", check.name),
            Finding::Bad | Finding::Unknown => format!("{} {}: {told}", check.name, check.finding.word()),
        }
    });
    format!("{}, in {:.1} s", each.collect::<Vec<_>>().join(", "), verdict.took.as_secs_f64())
}

/// How a run ended, and exactly what runs new, what runs as before, and what nobody knows.
pub fn end(title: &str, state: RunState, steps: &[RunStep]) -> Vec<String> {
    let word = match state {
        RunState::Running => "goes on at the hosts",
        RunState::Succeeded => "succeeded",
        RunState::Failed => "failed",
        RunState::Stopped => "stopped",
        RunState::Unknown => "ended, but not everything is known",
    };
    let mut lines = vec![format!("{title}: {word}")];
    let groups: [(&str, &[StepState]); 5] = [
        ("done and verified", &[StepState::Verified]),
        ("failed", &[StepState::Failed]),
        ("waived", &[StepState::Waived]),
        (
            "not known, look before you repeat it",
            &[StepState::Unknown, StepState::Intent, StepState::Started, StepState::Done],
        ),
        ("not begun, as before", &[StepState::Skipped, StepState::Planned]),
    ];
    for (words, states) in groups {
        let of: Vec<String> = steps.iter().filter(|step| states.contains(&step.state)).map(what).collect();
        if !of.is_empty() {
            lines.push(format!("  {words}: {}", of.join(", ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::domain::plan::Impact;
    use crate::domain::{EnvName, HostName, SiteName, Verb};

    #[test]
    fn a_plan_for_programs_has_the_very_commands() {
        let step = PlannedStep {
            host: HostName::new("app-1").unwrap(),
            service: Some(ServiceName::new("pricing").unwrap()),
            unit: UnitName::new("pricing.service"),
            user: false,
            command: ["systemctl", "restart", "--", "pricing.service"].map(str::to_owned).to_vec(),
            become_root: BecomeRoot::AlreadyRoot,
            after: Vec::new(),
            settle: Duration::ZERO,
            deadline: Duration::from_secs(90),
        };
        let second = PlannedStep { host: HostName::new("app-2").unwrap(), after: vec![0], ..step.clone() };
        let told = json(&Plan {
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("lab").unwrap(),
            protected: true,
            verb: Verb::Restart,
            subject: "pricing on 2 hosts".into(),
            name: "pricing".into(),
            steps: vec![step, second],
            at_once: 4,
            impact: Impact::default(),
        });
        assert_eq!(told["title"], "restart pricing on 2 hosts");
        assert_eq!(told["steps"][0]["command"], "systemctl restart -- pricing.service");
        assert_eq!((&told["steps"][1]["host"], &told["steps"][1]["after"][0]), (&json!("app-2"), &json!(0)));
        assert_eq!((&told["protected"], &told["confirm"]), (&json!(true), &json!("pricing")));
    }
}
