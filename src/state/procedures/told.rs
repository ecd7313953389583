//! A plan in words: every command as it will run, per host, with its values, its danger and what is seen beforehand;
//! and the same as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::domain::PartId;
use crate::domain::host::BecomeRoot;
use crate::domain::procedure::{Doing, HERE, Job, PlannedPart, ProcedurePlan, Script, Term, Terms};
use crate::runtimes::shell::word;
use crate::text::Foreign;

/// What stands for a secret.
const MASK: &str = "•••";

/// The plan as lines; `expected` knows how long a part took before.
pub fn plan_told(plan: &ProcedurePlan, expected: impl Fn(&PartId) -> Option<Duration>) -> Vec<String> {
    let hosts = plan.hosts().into_iter().filter(|host| host.as_str() != HERE).count();
    let guarded = if plan.protected { ", protected" } else { "" };
    let mut lines = vec![
        format!("{} ({} of {}{guarded})", plan.title, plan.environment, plan.site),
        format!(
            "{} {}{}: {}, {}; {}",
            plan.kind.word(),
            plan.procedure,
            if plan.whole { "" } else { ", chosen parts" },
            several(plan.parts.len(), "part"),
            several(hosts, "host"),
            plan.danger().word()
        ),
    ];
    for given in &plan.given {
        let value = given.value.as_ref().map_or(MASK.to_owned(), |value| safe(&word(value)));
        lines.push(format!("  {} = {value}", given.name));
    }
    for input in plan.later.iter().filter(|input| !input.secret) {
        lines.push(format!("  {} is asked for on the way", input.name));
    }
    for (number, part) in plan.parts.iter().enumerate() {
        lines.push(String::new());
        lines.extend(part_told(number + 1, part, expected(&part.part)));
    }
    lines
}

fn part_told(number: usize, part: &PlannedPart, expected: Option<Duration>) -> Vec<String> {
    let title = part.title.plain();
    let declared = if part.is_declared_read() { " (declared)" } else { "" };
    let danger = part.danger.word();
    let mut lines = vec![format!("{number:>3}  {}  {}  {danger}{declared}  {title}", part.part, part.kind)];
    let mut more = |text: String| lines.push(format!("     {text}"));
    notes(part, expected).into_iter().for_each(&mut more);
    for (job, hosts) in alike(&part.jobs) {
        if job.script.text.is_empty() {
            continue;
        }
        let hosts: Vec<&str> = hosts.iter().map(|job| job.host.as_str()).collect();
        more(format!("on {}{}:", hosts.join(", "), whom(job)));
        script_lines(&job.script).into_iter().for_each(|line| more(format!("  {line}")));
    }
    for (job, hosts) in alike(&part.previews) {
        let hosts: Vec<&str> = hosts.iter().map(|job| job.host.as_str()).collect();
        more(format!("shown beforehand, on {}:", hosts.join(", ")));
        script_lines(&job.script).into_iter().for_each(|line| more(format!("  {line}")));
    }
    lines
}

/// What is to be known of a part beside its commands.
fn notes(part: &PlannedPart, expected: Option<Duration>) -> Vec<String> {
    let options = &part.options;
    let mut notes = Vec::new();
    let done = match &part.doing {
        Doing::Check(service, probe) => Some(format!("until {service}/{probe} passes")),
        Doing::Hold(time, None) => Some(format!("waits {}", seconds(*time))),
        Doing::Hold(time, Some(guard)) => {
            let probes: Vec<String> =
                guard.probes.iter().map(|(service, probe)| format!("{service}/{probe}")).collect();
            Some(format!("waits {} while {} hold", seconds(*time), probes.join(", ")))
        }
        Doing::Decide(ways) => {
            let words: Vec<String> = ways.iter().map(|way| safe(&way.word)).collect();
            Some(format!("a person chooses: {}", words.join(", ")))
        }
        Doing::Prompt(names) => {
            let names: Vec<&str> = names.iter().map(crate::domain::InputName::as_str).collect();
            Some(format!("asks for {}", names.join(", ")))
        }
        Doing::Notify(channel, text) => Some(format!("tells {}: {}", safe(channel), safe(text))),
        Doing::Run(language, _) if part.kind == "ask" && !language.is_shell() => {
            Some(format!("done by hand: no program is named that takes {}", language.word()))
        }
        Doing::Ask => Some("a person does it and says so".to_owned()),
        Doing::Run(..) if options.todo => Some("done by hand: its command is still missing".to_owned()),
        Doing::Run(..) | Doing::Request(..) | Doing::Restart(_) | Doing::Shift(..) | Doing::Call(..) => None,
    };
    notes.extend(done);
    let condition = terms(&options.when);
    notes.extend((!condition.is_empty()).then(|| format!("only when {condition}")));
    notes.extend((part.jobs.len() > 1).then(|| match part.at_once {
        1 => "one after the other".to_owned(),
        count if count >= part.jobs.len() => "all at once".to_owned(),
        count => format!("{count} at once"),
    }));
    let tries = options.retries;
    notes.extend((tries > 0).then(|| format!("tried {tries} times more, every {}", seconds(options.every))));
    notes.extend(options.capture.as_ref().map(|name| format!("what it prints becomes ${name}")));
    notes.extend(options.undo.as_ref().map(|undo| format!("undone by {undo}")));
    notes.extend(expected.map(|time| format!("took {} before", seconds(time))));
    notes
}

/// Jobs with the same command, together.
fn alike(jobs: &[Job]) -> Vec<(&Job, Vec<&Job>)> {
    let mut groups: Vec<(&Job, Vec<&Job>)> = Vec::new();
    for job in jobs {
        match groups.iter_mut().find(|(one, _)| one.script == job.script && one.become_root == job.become_root) {
            Some((_, all)) => all.push(job),
            None => groups.push((job, vec![job])),
        }
    }
    groups
}

fn whom(job: &Job) -> &'static str {
    match job.become_root {
        None => "",
        Some(BecomeRoot::Sudo) => ", as root by sudo",
        Some(BecomeRoot::AlreadyRoot) => ", as root",
        Some(BecomeRoot::Polkit) => ", by polkit",
        Some(BecomeRoot::Never) => ", never as root",
    }
}

/// A script as it runs: what its variables hold, then its text.
fn script_lines(script: &Script) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(script.folder.as_ref().map(|folder| format!("cd {}", safe(&word(folder)))));
    lines.extend(script.variables.iter().map(|(name, value)| format!("{name}={}", safe(&word(value)))));
    lines.extend(script.captured.iter().map(|name| format!("{name}=(known when it runs)")));
    lines.extend(script.secrets.iter().map(|name| format!("{name}={MASK}")));
    lines.extend(script.with.as_ref().map(|with| format!("given to: {}", safe(with))));
    lines.extend(script.text.lines().map(safe));
    lines.extend(
        script
            .get
            .iter()
            .flat_map(|get| get.lines())
            .map(|line| format!("and must then print the weight: {}", safe(line))),
    );
    lines
}

fn terms(when: &Terms) -> String {
    let one = |term: &Term| match term {
        Term::Is(name) => safe(name),
        Term::Not(name) => format!("not {}", safe(name)),
        Term::Equals(name, value) => format!("{} is {}", safe(name), safe(value)),
        Term::Differs(name, value) => format!("{} is not {}", safe(name), safe(value)),
    };
    when.0.iter().map(one).collect::<Vec<_>>().join(" and ")
}

fn safe(text: &str) -> String {
    Foreign::from(text).plain()
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The plan as JSON. Values of secrets are not in a plan, and so not here.
pub fn plan_json(plan: &ProcedurePlan, expected: impl Fn(&PartId) -> Option<Duration>) -> Value {
    let script = |job: &Job| {
        let script = &job.script;
        json!({
            "host": job.host,
            "root": job.become_root.is_some(),
            "language": script.language.word(),
            "command": script.text,
            "variables": script.variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
            "captured": script.captured,
            "secrets": script.secrets,
            "folder": script.folder,
            "with": script.with,
            "timeout_seconds": job.timeout.as_secs(),
        })
    };
    let part = |part: &PlannedPart| {
        json!({
            "part": part.part,
            "title": part.title.plain(),
            "kind": part.kind,
            "danger": part.danger.word(),
            "recognised": part.recognised.word(),
            "at_once": part.at_once,
            "when": terms(&part.options.when),
            "undo": part.options.undo,
            "capture": part.options.capture,
            "expected_seconds": expected(&part.part).map(|time| time.as_secs()),
            "jobs": part.jobs.iter().map(script).collect::<Vec<_>>(),
            "previews": part.previews.iter().map(script).collect::<Vec<_>>(),
        })
    };
    json!({
        "site": plan.site,
        "environment": plan.environment,
        "protected": plan.protected,
        "procedure": plan.procedure,
        "title": plan.title,
        "kind": plan.kind.word(),
        "digest": plan.digest,
        "whole": plan.whole,
        "danger": plan.danger().word(),
        "given": plan.given.iter().map(|given| json!({ "name": given.name, "value": given.value })).collect::<Vec<_>>(),
        "later": plan.later.iter().map(|input| json!({ "name": input.name, "secret": input.secret })).collect::<Vec<_>>(),
        "parts": plan.parts.iter().map(part).collect::<Vec<_>>(),
    })
}
