//! A plan in words: every command as it will run, per host, with its values, its danger and what is seen beforehand;
//! and the same as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::Missing;
use crate::domain::PartId;
use crate::domain::host::BecomeRoot;
use crate::domain::procedure::{
    Danger, Doing, HERE, Job, OnError, PlannedPart, ProcedurePlan, Role, Script, TIMEOUT, Term, Terms,
};
use crate::runtimes::shell::word;
use crate::text::{Foreign, disguises, exact};

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
    lines.extend(times_told(plan, &expected));
    for given in &plan.given {
        let value = given.value.as_ref().map_or(MASK.to_owned(), |value| safe(&word(value)));
        lines.push(format!("  {} = {value}", given.name));
    }
    for input in plan.later.iter().filter(|input| !input.secret) {
        lines.push(format!("  {} is asked for on the way", input.name));
    }
    let mut role = Role::Plain;
    for (number, part) in plan.parts.iter().enumerate() {
        lines.push(String::new());
        if std::mem::replace(&mut role, part.role) != part.role {
            lines.extend(role_told(part.role).map(str::to_owned));
        }
        lines.extend(part_told(number + 1, part, expected(&part.part)));
    }
    if let Some(back) = &plan.back {
        lines.push(String::new());
        lines.push("  the way back: it begins by itself, once, when something fails".to_owned());
        for (number, part) in back.parts.iter().enumerate() {
            lines.push(String::new());
            lines.extend(part_told(plan.parts.len() + number + 1, part, expected(&part.part)));
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

/// How long it may take, and how long it took before as far as that is known of its parts.
fn times_told(plan: &ProcedurePlan, expected: impl Fn(&PartId) -> Option<Duration>) -> Option<String> {
    let times: Vec<Option<Duration>> = plan.parts.iter().map(|part| expected(&part.part)).collect();
    let known: Duration = times.iter().flatten().sum();
    let usual = match times.iter().flatten().count() {
        0 => None,
        count if count == times.len() => Some(format!("usually takes {}", seconds(known))),
        count => Some(format!("usually takes {} for {count} of its parts", seconds(known))),
    };
    let budget = plan.budget.map(|budget| format!("may take {}", seconds(budget)));
    let said: Vec<String> = budget.into_iter().chain(usual).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn role_told(role: Role) -> Option<&'static str> {
    match role {
        Role::Gate => Some("  gate: nothing behind it begins before all of it is well"),
        Role::Verify => Some("  verification"),
        Role::Rollback => Some("  rollback"),
        Role::Plain | Role::Phase => None,
    }
}

fn part_told(number: usize, part: &PlannedPart, expected: Option<Duration>) -> Vec<String> {
    let title = part.title.plain();
    let danger = match part.danger {
        Danger::Read if part.is_declared_read() => "  read (declared)".to_owned(),
        Danger::Read => String::new(),
        Danger::Change | Danger::Destructive => format!("  {}", part.danger.word()),
    };
    let mut lines = vec![format!("{number:>3}  {title}  #{}  {}{danger}", part.part, part.kind)];
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
        Doing::Fact(fact) => Some(format!("finds out by itself: {}", safe(&fact.told()))),
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
        Doing::Notify(channel, text) => Some(match part.silent {
            Some(silent) => format!("done by hand, because {}. Tell them: {}", silent.why(&safe(channel)), safe(text)),
            None if options.todo => format!("done by hand: what tells {} is still missing", safe(channel)),
            None => format!("tells {}: {}", safe(channel), safe(text)),
        }),
        Doing::Ask if part.misread.is_some() => None,
        Doing::Run(language, _) if part.kind == "ask" && !options.todo && !language.is_shell() => {
            Some(format!("done by hand: no program is named that takes {}", language.word()))
        }
        Doing::Ask if options.todo => Some("done by hand: its command is still missing".to_owned()),
        Doing::Ask if options.evidence => Some("a person does it and says what they saw".to_owned()),
        Doing::Ask => Some("a person does it and says so".to_owned()),
        Doing::Run(..) if options.todo => Some("done by hand: its command is still missing".to_owned()),
        Doing::Run(..) | Doing::Request(..) | Doing::Restart(_) | Doing::Shift(..) | Doing::Call(..) => None,
    };
    notes.extend(done);
    notes.extend(part.misread.as_ref().map(|why| format!("done by hand, because it was misread: {}", safe(why))));
    notes.extend(part.edited.as_ref().map(|_| "with a command that was edited for this run".to_owned()));
    let condition = terms(&options.when);
    notes.extend((!condition.is_empty()).then(|| format!("only when {condition}")));
    notes.extend((part.jobs.len() > 1).then(|| match part.at_once {
        1 => "one after the other".to_owned(),
        count if count >= part.jobs.len() => "all at once".to_owned(),
        count => format!("{count} at once"),
    }));
    notes.extend(options.terminal.then(|| "needs a terminal".to_owned()));
    notes.extend((options.timeout != TIMEOUT).then(|| format!("at most {}", seconds(options.timeout))));
    notes.extend(match options.on_error {
        OnError::Ask => None,
        OnError::Skip => Some("skipped when it fails".to_owned()),
        OnError::Abort => Some("its failure ends the run".to_owned()),
        OnError::Rollback => Some("when it fails, the rollback is offered first".to_owned()),
    });
    if part.role == Role::Gate {
        let judged = options.evidence && part.kind != "ask";
        notes.extend(judged.then(|| "a person judges what it fetches".to_owned()));
        notes.extend(options.expires.map(|time| format!("counts for {}", seconds(time))));
        notes.extend(options.waiver.as_ref().map(|role| format!("may be waived by the role {role}")));
    }
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
    lines.extend(script.folder.as_ref().map(|folder| format!("cd {}", exact(&word(folder)).join("␊"))));
    lines.extend(script.variables.iter().map(|(name, value)| format!("{name}={}", safe(&word(value)))));
    lines.extend(script.captured.iter().map(|name| format!("{name}=(known when it runs)")));
    lines.extend(script.secrets.iter().map(|name| format!("{name}={MASK}")));
    lines.extend(script.with.as_ref().map(|with| format!("given to: {}", exact(with).join("␊"))));
    lines.extend(exact(script.text.trim_end_matches('\n')));
    lines.extend(
        script.get.iter().flat_map(|get| exact(get)).map(|line| format!("and must then print the weight: {line}")),
    );
    lines.extend(disguises(&script.text).into_iter().take(5).map(|one| format!("! {} is {}", one.token, one.what)));
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

/// The plan as JSON: what docs/runs.md says of it. Values of secrets are not in a plan, and so not here.
pub fn plan_json(plan: &ProcedurePlan, expected: impl Fn(&PartId) -> Option<Duration>) -> Value {
    let part = |part: &PlannedPart| {
        json!({
            "part": part.part,
            "title": part.title.plain(),
            "kind": part.kind,
            "role": role_word(part.role),
            "danger": part.danger.word(),
            "recognised": part.recognised.word(),
            "misread": part.misread.as_deref().map(safe),
            "notes": notes(part, None),
            "at_once": part.at_once,
            "when": terms(&part.options.when),
            "undo": part.options.undo,
            "capture": part.options.capture,
            "expected_seconds": expected(&part.part).map(|time| time.as_secs()),
            "jobs": part.jobs.iter().filter(|job| !job.script.text.is_empty()).map(job_json).collect::<Vec<_>>(),
            "previews": part.previews.iter().map(job_json).collect::<Vec<_>>(),
        })
    };
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
        "budget_seconds": plan.budget.map(|time| time.as_secs()),
        "misread": plan.parts.iter().filter(|part| part.misread.is_some()).count(),
        "given": plan.given.iter().map(|given| json!({ "name": given.name, "value": given.value })).collect::<Vec<_>>(),
        "later": plan.later.iter().map(|input| json!({ "name": input.name, "secret": input.secret })).collect::<Vec<_>>(),
        "parts": plan.parts.iter().map(part).collect::<Vec<_>>(),
        "back": plan.back.as_ref().map(|back| back.parts.iter().map(part).collect::<Vec<_>>()),
        "missing": [],
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

fn role_word(role: Role) -> Option<&'static str> {
    match role {
        Role::Plain => None,
        Role::Gate => Some("gate"),
        Role::Phase => Some("phase"),
        Role::Verify => Some("verify"),
        Role::Rollback => Some("rollback"),
    }
}
