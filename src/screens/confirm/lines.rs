//! What the box says: where and as whom, what else happens, and every command.

use crate::domain::host::BecomeRoot;
use crate::domain::plan::PlannedStep;
use crate::domain::{Compose, HostName, Plan, ServiceName, Verb};
use crate::state::planner::as_typed;
use crate::style::{Glyphs, Role};
use crate::ui::words::Clock;
use crate::ui::{Lines, Words, figure};

/// Names in one list: all that a person would still read, because what is left out can't be weighed.
const NAMES: usize = 40;

/// Everything that is to be read before the answer.
pub fn lines(plan: &Plan, columns: usize, clock: Clock, glyphs: &Glyphs) -> Lines {
    let mut lines = Lines::new(columns, clock);
    lines.pair("where", place(plan, glyphs));
    lines.pair("as", Words::new().prose(Role::Text, &whom(plan)));
    lines.pair("how", Words::new().prose(Role::Text, &order(plan)));
    if let Some(lock) = &plan.impact.locked {
        lines.pair("locked", Words::new().prose(Role::Bad, &lock.told(clock.now.wall)));
        lines.below(Words::new().prose(Role::Warn, "What they are doing and this may get into each other's way."));
    }
    impact(&mut lines, plan, glyphs);
    for group in groups(plan) {
        let Some(first) = group.first() else { continue };
        let mut head = Words::new();
        if let Some(service) = &first.service {
            head = head.text(Role::Strong, service.as_str()).gap(2);
        }
        lines.line(Words::new());
        let head = head.then(way(plan, &group, glyphs)).then(behind(plan, first));
        for line in head.wrapped(columns, clock) {
            lines.line(line);
        }
        let command = Words::new().prose(Role::Command, &as_typed(first));
        for line in command.wrapped(columns.saturating_sub(2), clock) {
            lines.line(Words::new().gap(2).then(line));
        }
    }
    lines
}

/// The commands as they go to the clipboard: a shell on each host takes them as they stand.
pub fn commands(plan: &Plan) -> String {
    let mut text = format!("# {} ({}, {})\n", plan.title(), plan.site, plan.environment);
    for step in &plan.steps {
        text.push_str(&format!("# {}\n{}\n", step.host, as_typed(step)));
    }
    text
}

fn place(plan: &Plan, glyphs: &Glyphs) -> Words {
    let hosts = plan.hosts();
    let names: Vec<String> = hosts.iter().take(NAMES).map(ToString::to_string).collect();
    let mut words = Words::of(Role::Text, plan.site.as_str())
        .text(Role::Faint, format!(" {} ", glyphs.then))
        .text(Role::Strong, plan.environment.as_str().to_uppercase())
        .text(Role::Quiet, ", ")
        .then(Words::listed(Role::Text, &names));
    if hosts.len() > NAMES {
        words = words.text(Role::Quiet, format!(" and {}", figure::count(hosts.len() - NAMES, "more host")));
    }
    words
}

fn whom(plan: &Plan) -> String {
    let how = |step: &PlannedStep| match (step.user, step.become_root) {
        (true, _) => "the login itself, for its own units",
        (false, BecomeRoot::Polkit) if step.unit.as_ref().is_some_and(Compose::is_unit) => {
            "the login, which may use docker"
        }
        (false, BecomeRoot::Sudo) => "root by sudo; a password is asked for where sudo wants one",
        (false, BecomeRoot::AlreadyRoot) => "root, which the login is already",
        (false, BecomeRoot::Polkit) => "the login, if polkit on the host allows it",
        (false, BecomeRoot::Never) => "the login",
    };
    let mut all: Vec<&str> = Vec::new();
    for step in &plan.steps {
        if !all.contains(&how(step)) {
            all.push(how(step));
        }
    }
    all.join("; or ")
}

/// In which order, in a sentence.
fn order(plan: &Plan) -> String {
    let steps = plan.steps.len();
    if steps == 1 {
        return "one step, then a look at whether it worked".to_owned();
    }
    if plan.steps.iter().all(|step| step.after.is_empty()) {
        return format!(
            "{steps} steps in any order, {} at once; the first failure stops the rest",
            plan.at_once.min(steps)
        );
    }
    let mut services: Vec<Option<&ServiceName>> = plan.steps.iter().map(|step| step.service.as_ref()).collect();
    services.dedup();
    let rest = "the first failure stops the rest";
    if services.len() == 1 {
        let first = plan.steps.iter().filter(|step| step.after.is_empty()).count();
        let at_once =
            if first == 1 { "one instance at a time".to_owned() } else { format!("{first} instances at a time") };
        return format!("{at_once}, each verified before the next; {rest}");
    }
    let before = if plan.verb.goes_down() { "what needs others goes first" } else { "what is needed goes first" };
    format!("{steps} steps, {before}, each verified before the next, {} at once at most; {rest}", plan.at_once)
}

/// Steps that differ only in their host stand together.
fn groups(plan: &Plan) -> Vec<Vec<&PlannedStep>> {
    let mut groups: Vec<Vec<&PlannedStep>> = Vec::new();
    for step in &plan.steps {
        let same = |group: &&mut Vec<&PlannedStep>| {
            group.first().is_some_and(|first| first.service == step.service && as_typed(first) == as_typed(step))
        };
        match groups.iter_mut().next_back().filter(same) {
            Some(group) => group.push(step),
            None => groups.push(vec![step]),
        }
    }
    groups
}

/// The hosts of a group in the order in which they come: `app-1 → app-2`.
fn way(plan: &Plan, group: &[&PlannedStep], glyphs: &Glyphs) -> Words {
    let wave = |step: &PlannedStep| wave(plan, step);
    let mut words = Words::new();
    let mut before: Option<usize> = None;
    for step in group {
        let now = wave(step);
        words = match before {
            None => words,
            Some(before) if before == now => words.tail(Role::Quiet, ",").text(Role::Text, " "),
            Some(_) => words.text(Role::Faint, format!(" {} ", glyphs.arrow)),
        };
        words = words.text(Role::Text, step.host.as_str());
        before = Some(now);
    }
    words
}

/// Which services must have been verified before: `  after config, gateway`.
fn behind(plan: &Plan, step: &PlannedStep) -> Words {
    let before = step.after.iter().filter_map(|place| plan.steps.get(*place)?.service.as_ref());
    let mut names: Vec<String> = Vec::new();
    for name in before.filter(|name| Some(*name) != step.service.as_ref()).map(ToString::to_string) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Words::new();
    }
    Words::of(Role::Quiet, "  after ").then(Words::listed(Role::Quiet, &names))
}

/// How many steps lie before this one on the longest way to it.
fn wave(plan: &Plan, step: &PlannedStep) -> usize {
    let before = step.after.iter().filter_map(|place| plan.steps.get(*place));
    before.map(|before| wave(plan, before) + 1).max().unwrap_or(0)
}

fn impact(lines: &mut Lines, plan: &Plan, glyphs: &Glyphs) {
    let impact = &plan.impact;
    if !impact.interrupted.is_empty() {
        let none = if plan.verb.goes_down() { "no instance is left" } else { "no instance is left for a while" };
        let words = names(&impact.interrupted, Role::Warn);
        lines.pair("interrupts", words.tail(Role::Quiet, ":").text(Role::Quiet, " ").prose(Role::Quiet, none));
    } else if plan.verb.interrupts() {
        lines.pair("interrupts", Words::of(Role::Text, "no service loses its last instance"));
    }
    if !impact.needed_by.is_empty() {
        lines.pair("needed by", names(&impact.needed_by, Role::Text));
    } else if plan.verb.interrupts() {
        lines.pair("needed by", Words::of(Role::Quiet, "nothing that the site names"));
    }
    if !impact.also.is_empty() {
        let mut by_host: Vec<(&HostName, Vec<String>)> = Vec::new();
        for (host, unit) in &impact.also {
            match by_host.iter_mut().find(|(known, _)| *known == host) {
                Some((_, units)) => units.push(unit.ident()),
                None => by_host.push((host, vec![unit.ident()])),
            }
        }
        let does = if plan.verb == Verb::Stop { "stops" } else { "restarts" };
        lines.pair("systemd", Words::new().prose(Role::Warn, &format!("{does} with it:")));
        for (host, units) in by_host {
            lines.below(Words::of(Role::Quiet, format!("{host} ")).then(Words::listed(Role::Warn, &units)));
        }
    }
    for (number, left) in impact.left_out.iter().enumerate() {
        let words = Words::of(Role::Unknown, left.what.clone()).tail(Role::Quiet, ": ").prose(Role::Quiet, &left.why);
        if number == 0 {
            lines.pair("left out", words);
        } else {
            lines.below(words);
        }
    }
    for warning in &impact.warnings {
        lines.pair(glyphs.alarm, Words::new().prose(Role::Warn, warning));
    }
}

fn names(all: &[ServiceName], role: Role) -> Words {
    let shown: Vec<String> = all.iter().take(NAMES).map(ToString::to_string).collect();
    let words = Words::listed(role, &shown);
    match all.len() - shown.len() {
        0 => words,
        more => words.text(Role::Quiet, format!(" and {}", figure::count(more, "more service"))),
    }
}
