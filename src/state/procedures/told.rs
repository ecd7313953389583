//! A plan as lines for a terminal or a file, and as JSON: every command as it will run, per host, with its values, its
//! danger and what is seen beforehand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::Missing;
use super::wording::{
    BY_ITSELF, Grade, OFFERED, Row, TO_COME, alike, lock, notes, occasion, rows, safe, several, skipped, stage, terms,
    times, totals, way_back, whom,
};
use crate::domain::place::of_site;
use crate::domain::procedure::{HERE, Job, LockWanted, PlannedPart, Procedure, ProcedurePlan, Role};
use crate::domain::{InputName, PartId};
use crate::runtimes::shell::word;

/// What stands for a secret.
const MASK: &str = "•••";

/// The plan as lines; `expected` knows how long a part took before.
pub fn plan_told(
    plan: &ProcedurePlan,
    procedure: Option<&Procedure>,
    expected: impl Fn(&PartId) -> Option<Duration>,
) -> Vec<String> {
    plan_told_with(plan, procedure, expected, &[], &BTreeMap::new(), &BTreeMap::new())
}

/// The same with what is known beside it, a line each: a closed window, what becomes of the database where older code
/// comes back; with what was decided already, which says what is skipped; and with what was found out, which commands use.
pub fn plan_told_with(
    plan: &ProcedurePlan,
    procedure: Option<&Procedure>,
    expected: impl Fn(&PartId) -> Option<Duration>,
    beside: &[String],
    decided: &BTreeMap<PartId, String>,
    found: &BTreeMap<InputName, String>,
) -> Vec<String> {
    let hosts = plan.hosts().into_iter().filter(|host| host.as_str() != HERE).count();
    // What a person does is done nowhere in particular.
    let hosts = match plan.hosts().is_empty() || hosts > 0 {
        true => several(hosts, "host"),
        false => "on this machine".to_owned(),
    };
    let guarded = if plan.protected { ", protected" } else { "" };
    let does: Vec<String> = totals(plan).into_iter().map(|(_, words)| words).collect();
    let chosen = if plan.whole { "" } else { ", chosen parts" };
    let mut lines = vec![
        format!("{} ({}{guarded})", plan.title, of_site(&plan.site, &plan.environment)),
        format!("{} {}{chosen}: {}; {}", plan.kind.word(), plan.procedure, hosts, does.join(", ")),
    ];
    lines.extend(stage(plan).map(str::to_owned));
    lines.extend(times(plan, &expected));
    for given in &plan.given {
        let value = given.value.as_ref().map_or(MASK.to_owned(), |value| safe(&word(value)));
        lines.push(format!("  {} = {value}", given.name));
    }
    for input in plan.later.iter().filter(|input| !input.secret) {
        lines.push(format!("  {} is asked for on the way", input.name));
    }
    lines.extend(lock(plan).map(|lock| match lock {
        Ok(told) => format!("  lock: {told}"),
        Err(told) => format!("  no lock: {told}"),
    }));
    let back = procedure.and_then(|procedure| way_back(plan, procedure));
    lines.extend(back.map(|back| format!("  way back: {}", back.unwrap_or_else(str::to_owned))));
    lines.extend(beside.iter().map(|told| format!("  {told}")));
    lines.extend(decided.iter().map(|(id, way)| format!("  chosen: {id} = {}", safe(way))));
    let mut role = Role::Plain;
    for (number, part) in plan.parts.iter().enumerate() {
        lines.push(String::new());
        if std::mem::replace(&mut role, part.role) != part.role {
            lines.extend(role_told(part.role).map(str::to_owned));
        }
        lines.extend(part_told(number + 1, part, procedure, expected(&part.part), found));
        lines.extend(skipped(part, decided).map(|why| format!("     {why}")));
    }
    if let Some(back) = &plan.back {
        lines.push(String::new());
        lines.push(format!("  the way back: {BY_ITSELF}"));
        for (number, part) in back.parts.iter().enumerate() {
            lines.push(String::new());
            lines.extend(part_told(plan.parts.len() + number + 1, part, procedure, expected(&part.part), found));
        }
    }
    let misread = plan.all_parts().filter(|part| part.misread.is_some()).count();
    if misread > 0 {
        lines.push(String::new());
        lines.push(match misread {
            1 => "1 part was misread and is done by hand.".to_owned(),
            count => format!("{count} parts were misread and are done by hand."),
        });
    }
    lines
}

/// The way back that is only offered, as lines behind those of its plan; where it can't be planned yet, what it still wants.
pub fn offered_told(
    plan: &ProcedurePlan,
    back: &Result<ProcedurePlan, Missing>,
    procedure: Option<&Procedure>,
    expected: impl Fn(&PartId) -> Option<Duration>,
) -> Vec<String> {
    let mut lines = vec![String::new(), format!("  the way back: {OFFERED}")];
    match back {
        Ok(back) => {
            for (number, part) in back.parts.iter().enumerate() {
                lines.push(String::new());
                let number = plan.parts.len() + number + 1;
                lines.extend(part_told(number, part, procedure, expected(&part.part), &BTreeMap::new()));
            }
        }
        Err(missing) => {
            lines.push(format!("  {TO_COME}:"));
            lines.extend(missing.sentences().iter().map(|told| format!("     {}", safe(told))));
        }
    }
    lines
}

fn role_told(role: Role) -> Option<&'static str> {
    match role {
        Role::Gate => Some("  gate: nothing behind it begins before all of it is well"),
        Role::Verify => Some("  verification"),
        Role::Rollback => Some("  rollback"),
        Role::FollowUp => Some("  follow-up"),
        Role::Plain | Role::Phase => None,
    }
}

fn part_told(
    number: usize,
    part: &PlannedPart,
    procedure: Option<&Procedure>,
    expected: Option<Duration>,
    found: &BTreeMap<InputName, String>,
) -> Vec<String> {
    let (title, grade) = (part.title.plain(), Grade::of(part).told());
    let mut lines = vec![format!("{number:>3}  {title}  #{}  {}  {grade}", part.part, part.kind)];
    let mut more = |text: String| lines.push(format!("     {text}"));
    notes(part, procedure, expected).into_iter().for_each(&mut more);
    for (job, hosts) in alike(&part.jobs) {
        if job.script.text.is_empty() {
            continue;
        }
        let hosts: Vec<&str> = hosts.iter().map(|job| job.host.as_str()).collect();
        more(format!("on {}{}{}:", hosts.join(", "), whom(job), occasion(job)));
        rows(&job.script).into_iter().for_each(|row| more(format!("  {}", row_told(row, found))));
    }
    for (job, hosts) in alike(&part.previews) {
        let hosts: Vec<&str> = hosts.iter().map(|job| job.host.as_str()).collect();
        more(format!("shown beforehand, on {}:", hosts.join(", ")));
        rows(&job.script).into_iter().for_each(|row| more(format!("  {}", row_told(row, found))));
    }
    lines
}

fn row_told(row: Row, found: &BTreeMap<InputName, String>) -> String {
    match row {
        Row::Folder(folder) => format!("cd {folder}"),
        Row::Value(name, value) => format!("{name}={value}"),
        Row::Later(name) => match found.get(&name) {
            Some(value) => format!("{name}={}", safe(&word(value))),
            None => format!("{name}=(known when it runs)"),
        },
        Row::Secret(name) => format!("{name}={MASK}"),
        Row::With(program) => format!("given to: {program}"),
        Row::Line(line) => line,
        Row::Weight(line) => format!("and must then print the weight: {line}"),
        Row::Odd(token, what) => format!("! {token} is {what}"),
    }
}

/// The plan as JSON: what docs/runs.md says of it. Values of secrets are not in a plan, and so not here.
pub fn plan_json(plan: &ProcedurePlan, expected: impl Fn(&PartId) -> Option<Duration>) -> Value {
    let part = |part: &PlannedPart| part_json(part, &expected);
    json!({
        "version": 1,
        "site": plan.site,
        "environment": plan.environment,
        "protected": plan.protected,
        "procedure": plan.procedure,
        "title": plan.title,
        "kind": plan.kind.word(),
        "digest": plan.digest,
        "whole": plan.whole,
        "danger": plan.danger().word(),
        "lock": match &plan.lock {
            LockWanted::No => None,
            LockWanted::On(host) => Some(json!({ "host": host })),
            LockWanted::Nowhere => Some(json!({ "host": null })),
        },
        "budget_seconds": plan.budget.map(|time| time.as_secs()),
        "misread": plan.parts.iter().filter(|part| part.misread.is_some()).count(),
        "given": plan.given.iter().map(|given| json!({ "name": given.name, "value": given.value })).collect::<Vec<_>>(),
        "later": plan.later.iter().map(|input| json!({ "name": input.name, "secret": input.secret })).collect::<Vec<_>>(),
        "parts": plan.parts.iter().map(part).collect::<Vec<_>>(),
        "back": plan.back.as_ref().map(|back| back.parts.iter().map(part).collect::<Vec<_>>()),
        "missing": [],
    })
}

/// One part of a plan as JSON.
pub fn part_json(part: &PlannedPart, expected: impl Fn(&PartId) -> Option<Duration>) -> Value {
    json!({
        "part": part.part,
        "title": part.title.plain(),
        "kind": part.kind,
        "role": part.role.word(),
        "danger": part.danger.word(),
        "recognised": part.recognised.word(),
        "misread": part.misread.as_deref().map(safe),
        "notes": notes(part, None, None),
        "at_once": part.at_once,
        "when": terms(&part.options.when),
        "undo": part.options.undo,
        "capture": part.options.capture,
        "expected_seconds": expected(&part.part).map(|time| time.as_secs()),
        "jobs": part.jobs.iter().filter(|job| !job.script.text.is_empty()).map(job_json).collect::<Vec<_>>(),
        "previews": part.previews.iter().map(job_json).collect::<Vec<_>>(),
    })
}

/// What keeps a plan from being made, as JSON in the place of the plan.
pub fn missing_json(missing: &Missing) -> Value {
    let wrong = missing
        .wrong
        .iter()
        .map(|wrong| json!({ "part": wrong.part, "line": wrong.line, "told": wrong.to_string(), "flag": null }));
    let asked = missing.asked.iter().map(|asked| {
        let key = Some(asked.key()).filter(|key| !key.is_empty());
        json!({ "name": key, "told": asked.to_string(), "flag": asked.flag() })
    });
    json!({ "version": 1, "missing": wrong.chain(asked).collect::<Vec<_>>() })
}

fn job_json(job: &Job) -> Value {
    let script = &job.script;
    let variable = |(name, value): &(crate::domain::InputName, String)| json!({ "name": name, "value": value });
    json!({
        "host": job.host,
        "root": job.become_root.is_some(),
        "language": script.language.word(),
        "command": script.text,
        "variables": script.variables.iter().map(variable).collect::<Vec<_>>(),
        "captured": script.captured,
        "secrets": script.secrets,
        "folder": script.folder,
        "with": script.with,
        "timeout_seconds": job.timeout.as_secs(),
    })
}
