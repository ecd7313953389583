//! What the page says: where and as whom, what it was told, then every part with its commands, host by host. The words
//! are those of `qd run --plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::procedure::{Job, Part, PlannedPart, Procedure, Purpose, Script};
use crate::domain::time::short;
use crate::domain::window::Windows;
use crate::domain::{HostName, InputName, Lock, PartId, ProcedurePlan};
use crate::port::procedure::Past;
use crate::state::deploy::GoingBack;
use crate::state::procedures::wording::{
    BY_ITSELF, Grade, OFFERED, Row, alike, assignment, database_stays, found, held_up, lock, notes, occasion, rows,
    skipped, stage, totals, way_back, whom,
};
use crate::style::{Glyphs, Role};
use crate::text::{Budget, Foreign};
use crate::ui::words::Clock;
use crate::ui::{Lines, Words, figure};

/// What a preview printed: of this part, on this host.
pub type Preview = (PartId, HostName, Result<Foreign, String>);

/// What is known beside a plan.
#[derive(Debug, Clone)]
pub struct Beside<'a> {
    /// What previews printed so far.
    pub previews: &'a [Preview],
    /// How long its parts took before.
    pub past: Option<&'a Past>,
    /// The item of a gate before it that is not passed.
    pub gate: Option<&'a Part>,
    /// Who else has the lock that it takes.
    pub locked: Option<&'a Lock>,
    /// The windows that hold for it; nothing where somebody has overridden them for its run.
    pub windows: Option<&'a Windows>,
    /// What becomes of the database where older code comes back.
    pub database: Vec<String>,
    /// What it means where it is a way back.
    pub back: Option<GoingBack>,
    /// The way back that somebody may choose when it fails.
    pub offered: Option<&'a ProcedurePlan>,
    /// What was decided in its run.
    pub decided: BTreeMap<PartId, String>,
    /// What was done before, where what is left of a run is confirmed anew.
    pub done: BTreeSet<PartId>,
    /// What its run has found out already, by the names under which it is handed on.
    pub found: BTreeMap<InputName, String>,
}

impl Beside<'_> {
    fn expected(&self, part: &PlannedPart) -> Option<Duration> {
        self.past?.usually(&part.part)
    }
}

/// Hosts in one list; of more only the number is told.
const NAMES: usize = 10;
/// Columns of a value that is told whole.
const VALUE: usize = 160;
/// Lines of a preview that are shown.
const PREVIEW: usize = 20;
/// The most columns of prose.
const PROSE: usize = 90;

/// Everything that is to be read before the answer.
pub fn lines(
    plan: &ProcedurePlan,
    procedure: &Procedure,
    beside: &Beside<'_>,
    columns: usize,
    clock: Clock,
    glyphs: &Glyphs,
) -> Lines {
    let mut lines = Lines::new(columns, clock);
    // What is confirmed is what is left.
    let done = plan.parts.iter().filter(|part| beside.done.contains(&part.part)).count();
    let left = (done > 0).then(|| plan.without(&beside.done));
    let plan = left.as_ref().unwrap_or(plan);
    head(&mut lines, plan, procedure, (beside, done), glyphs);
    let mut section = None;
    for part in &plan.parts {
        if part.section != section {
            section = part.section;
            if let Some(section) = section.and_then(|at| procedure.sections.get(at)) {
                lines.space();
                lines.text(Role::Heading, &section.title.plain());
            }
        }
        one(&mut lines, part, procedure, beside, columns, glyphs);
    }
    if let Some(back) = &plan.back {
        lines.space();
        lines.text(Role::Heading, &format!("The way back: {BY_ITSELF}"));
        for part in &back.parts {
            one(&mut lines, part, procedure, beside, columns, glyphs);
        }
    }
    if let Some(back) = beside.offered {
        lines.space();
        lines.text(Role::Heading, &format!("The way back: {OFFERED}"));
        for part in &back.parts {
            one(&mut lines, part, procedure, beside, columns, glyphs);
        }
    }
    lines
}

/// The commands as they go to the clipboard.
pub fn commands(plan: &ProcedurePlan) -> String {
    let mut text = format!("# {} ({}, {})\n", plan.title, plan.site, plan.environment);
    for part in plan.all_parts() {
        for job in part.jobs.iter().filter(|job| !job.script.text.is_empty()) {
            text.push_str(&format!("# {} on {}\n", part.title.plain(), job.host));
            for (name, value) in &job.script.variables {
                text.push_str(&assignment(name, value));
                text.push('\n');
            }
            text.push_str(job.script.text.trim_end());
            text.push('\n');
        }
    }
    Foreign::from(text).clean(Budget { input: 64 << 10, ..Budget::rows() }).text()
}

fn head(
    lines: &mut Lines,
    plan: &ProcedurePlan,
    procedure: &Procedure,
    (beside, done): (&Beside<'_>, usize),
    glyphs: &Glyphs,
) {
    if let Some(back) = &beside.back {
        lines.pair("back", Words::new().prose(Role::Strong, &format!("from {}", back.way("to"))));
    }
    let hosts: Vec<String> = plan.hosts().into_iter().map(ToString::to_string).collect();
    let shown: Vec<String> = hosts.iter().take(NAMES).cloned().collect();
    let mut place = Words::of(Role::Text, plan.site.as_str())
        .text(Role::Faint, format!(" {} ", glyphs.then))
        .text(Role::Strong, plan.environment.as_str().to_uppercase())
        .text(Role::Quiet, ", ")
        .then(Words::listed(Role::Text, &shown));
    if hosts.len() > NAMES {
        place = place.text(Role::Quiet, format!(" and {} more", hosts.len() - NAMES));
    }
    lines.pair("where", place);
    // What would be lost is no matter where nobody touches it.
    let stays = if beside.database.is_empty() { None } else { database_stays(plan, &beside.decided) };
    if let Some(back) = beside.back.as_ref().filter(|_| stays.is_none()) {
        for (number, told) in back.data.iter().enumerate() {
            let words = Words::new().prose(Role::Warn, told);
            if number == 0 { lines.pair("data", words) } else { lines.below(words) }
        }
    }
    let mut does = Words::new();
    for (grade, told) in totals(plan) {
        if !does.is_empty() {
            does = does.tail(Role::Quiet, ",").text(Role::Text, " ");
        }
        does = does.text(colour(grade), told);
    }
    lines.pair("does", does);
    if done > 0 {
        let told = format!("{}: only what is left is shown", figure::count(done, "step"));
        lines.pair("done", Words::new().prose(Role::Quiet, &told));
    }
    // What comes later is told there, and once.
    let known = plan.given.iter().filter(|given| plan.later.iter().all(|later| later.name != given.name));
    for (number, given) in known.enumerate() {
        let value = match &given.value {
            Some(value) if value.is_empty() => Words::of(Role::Quiet, "nothing"),
            Some(value) => value_told(value),
            None => Words::of(Role::Quiet, glyphs.secret.repeat(6)),
        };
        let words = Words::of(Role::Text, given.name.as_str()).text(Role::Quiet, " = ").then(value);
        if number == 0 { lines.pair("told", words) } else { lines.below(words) }
    }
    for (number, (id, word)) in beside.decided.iter().enumerate() {
        let words = Words::of(Role::Text, id.as_str()).text(Role::Quiet, " = ").then(value_told(word));
        if number == 0 { lines.pair("chosen", words) } else { lines.below(words) }
    }
    for (number, input) in plan.later.iter().enumerate() {
        let how = if input.secret { "fetched when it is needed, never shown" } else { "asked for on the way" };
        let words = Words::of(Role::Text, input.name.as_str()).gap(2).prose(Role::Quiet, how);
        if number == 0 { lines.pair("later", words) } else { lines.below(words) }
    }
    if let Some(budget) = procedure.header.budget.filter(|_| plan.whole) {
        lines.pair("may take", Words::of(Role::Text, short(budget)));
    }
    if let Some(stage) = stage(plan) {
        lines.pair("this is", Words::new().prose(Role::Text, stage));
    }
    if let Some(told) = beside.windows.and_then(|windows| held_up(plan, windows, lines.clock.now.wall)) {
        lines.pair("window", Words::new().prose(Role::Bad, &told));
    }
    match lock(plan) {
        Some(Ok(_)) if beside.locked.is_some() => {
            let told = beside.locked.map(|lock| lock.told(lines.clock.now.wall)).unwrap_or_default();
            lines.pair("locked", Words::new().prose(Role::Bad, &told));
        }
        Some(Ok(told)) => lines.pair("lock", Words::new().prose(Role::Text, &told)),
        Some(Err(told)) => lines.pair("no lock", Words::new().prose(Role::Warn, &told)),
        None => {}
    }
    if let Some(item) = beside.gate {
        let told = format!("not passed: {}; of the whole run nothing would begin yet", item.title.plain());
        lines.pair("gate", Words::new().prose(Role::Warn, &told));
    }
    // It is the way back.
    match way_back(plan, procedure).filter(|_| plan.purpose != Purpose::Rollback) {
        Some(Ok(told)) => {
            let words = Words::of(Role::Text, told);
            let by_itself = format!("; {BY_ITSELF}");
            lines.pair("way back", if plan.back.is_some() { words.prose(Role::Warn, &by_itself) } else { words });
        }
        Some(Err(told)) => lines.pair("way back", Words::of(Role::Warn, told)),
        None => {}
    }
    if let Some(told) = &stays {
        lines.pair("database", Words::new().prose(Role::Text, told));
    }
    for told in beside.database.iter().filter(|_| stays.is_none() && beside.back.is_none()) {
        lines.pair("database", Words::new().prose(Role::Warn, told));
    }
}

/// A value as it was given; of a long one the beginning, and how much it is.
fn value_told(value: &str) -> Words {
    let text = Foreign::from(value).plain();
    let cut = crate::text::truncate(&text, VALUE);
    if cut == text && value.len() < VALUE * 4 {
        return Words::of(Role::Command, text);
    }
    Words::of(Role::Command, cut).gap(1).text(Role::Quiet, figure::count(value.len(), "byte"))
}

fn colour(grade: Grade) -> Role {
    match grade {
        Grade::Reads | Grade::Declared => Role::Good,
        Grade::Changes => Role::Warn,
        Grade::Destroys => Role::Bad,
        Grade::Tells => Role::Info,
        Grade::ByHand => Role::Quiet,
    }
}

fn one(
    lines: &mut Lines,
    part: &PlannedPart,
    procedure: &Procedure,
    beside: &Beside<'_>,
    columns: usize,
    glyphs: &Glyphs,
) {
    lines.space();
    let grade = Grade::of(part);
    let told = match skipped(part, &beside.decided) {
        Some(why) => Words::new().prose(Role::Faint, &part.title.plain()).gap(2).prose(Role::Info, &why),
        None => Words::new().prose(Role::Strong, &part.title.plain()).gap(2).text(colour(grade), grade.told()),
    };
    told.wrapped(columns, lines.clock).into_iter().for_each(|line| lines.line(line));
    let notes = notes(part, Some(procedure), beside.expected(part)).join("; ");
    for line in Words::new().prose(Role::Quiet, &notes).wrapped(columns.saturating_sub(2).min(PROSE), lines.clock) {
        if !line.is_empty() {
            lines.line(Words::new().gap(2).then(line));
        }
    }
    for (first, group) in alike(&part.jobs) {
        job(lines, first, &group, beside, columns, glyphs);
    }
    for (_, host, said) in beside.previews.iter().filter(|(of, ..)| *of == part.part) {
        preview(lines, host, said, glyphs);
    }
    let known = |job: &&Job| beside.previews.iter().any(|(of, on, _)| *of == part.part && *on == job.host);
    for job in part.previews.iter().filter(|job| !known(job)) {
        lines.line(Words::new().gap(4).text(Role::Info, format!("preview on {} {}", job.host, glyphs.more)));
    }
}

fn job(lines: &mut Lines, first: &Job, group: &[&Job], beside: &Beside<'_>, columns: usize, glyphs: &Glyphs) {
    if first.script.text.is_empty() {
        return;
    }
    let names: Vec<String> = group.iter().map(|job| job.host.to_string()).collect();
    let place = Words::new().text(Role::Quiet, "on ").then(Words::listed(Role::Text, &names));
    for line in place
        .text(Role::Quiet, whom(first))
        .text(Role::Quiet, occasion(first))
        .wrapped(columns.saturating_sub(2), lines.clock)
    {
        lines.line(Words::new().gap(2).then(line));
    }
    script(lines, &first.script, beside, columns, glyphs);
}

/// A script as it runs: what is typed behind a prompt, what it finds before.
fn script(lines: &mut Lines, script: &Script, beside: &Beside<'_>, columns: usize, glyphs: &Glyphs) {
    let room = columns.saturating_sub(8).max(8);
    let mut code = |text: &str, lead: &str, role: Role| {
        for (number, part) in crate::text::wrap(text, room).into_iter().enumerate() {
            let lead = if number == 0 { lead } else { "    " };
            lines.line(Words::new().gap(4).text(Role::Faint, lead).text(role, part));
        }
    };
    let mut lead = if script.with.is_some() { "> " } else { "$ " };
    let mut odd = Vec::new();
    for row in rows(script) {
        match row {
            Row::Folder(folder) => code(&format!("cd {folder}"), "  ", Role::Quiet),
            Row::Value(name, value) => code(&format!("{name}={value}"), "  ", Role::Quiet),
            Row::Later(name) => match beside.found.get(&name) {
                Some(value) => code(&found(&name, value), "  ", Role::Quiet),
                None => code(&format!("{name}={} (known when it runs)", glyphs.more), "  ", Role::Quiet),
            },
            Row::Secret(name) => code(&format!("{name}={}", glyphs.secret.repeat(6)), "  ", Role::Quiet),
            Row::With(program) => code(&program, "$ ", Role::Command),
            Row::Line(line) => code(&line, std::mem::replace(&mut lead, "  "), Role::Command),
            Row::Weight(line) => code(&format!("and must then print the weight: {line}"), "  ", Role::Quiet),
            Row::Odd(token, what) => odd.push((token, what)),
        }
    }
    for (token, what) in odd {
        let words = Words::of(Role::Bad, token).text(Role::Warn, format!(" is {what}"));
        lines.line(Words::new().gap(4).then(words));
    }
}

fn preview(lines: &mut Lines, host: &HostName, said: &Result<Foreign, String>, glyphs: &Glyphs) {
    let head = |role: Role, text: String| Words::new().gap(4).text(role, text);
    match said {
        Err(why) => {
            lines.line(head(Role::Warn, format!("no preview on {host}: {}", Foreign::from(why.as_str()).plain())))
        }
        Ok(text) => {
            lines.line(head(Role::Info, format!("preview on {host}")));
            let rows = text.clean(Budget::rows()).rows;
            for row in rows.iter().take(PREVIEW) {
                lines.line(
                    Words::new().gap(4).text(Role::Line, format!("{} ", glyphs.quote)).text(Role::Text, row.text()),
                );
            }
            if rows.len() > PREVIEW {
                lines.line(head(
                    Role::Quiet,
                    format!("{} {}", glyphs.more, figure::count(rows.len() - PREVIEW, "more line")),
                ));
            }
        }
    }
}
