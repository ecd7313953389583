//! What the page says: where and as whom, what it was told, then every part with its commands, host by host.

use crate::domain::host::BecomeRoot;
use crate::domain::procedure::{Danger, Doing, Job, PlannedPart, Procedure};
use crate::domain::time::short;
use crate::domain::{HostName, PartId, ProcedurePlan};
use crate::style::{Glyphs, Role};
use crate::text::{Budget, Foreign, disguises, exact};
use crate::ui::words::Clock;
use crate::ui::{Lines, Words, figure};

/// What a preview printed: of this part, on this host.
pub type Preview = (PartId, HostName, Result<Foreign, String>);

/// Hosts in one list; of more only the number is told.
const NAMES: usize = 10;
/// Columns of a value that is told whole.
const VALUE: usize = 160;
/// Lines of a preview that are shown.
const PREVIEW: usize = 20;

/// Disguises of one command that are explained.
const DISGUISES: usize = 5;

/// Everything that is to be read before the answer.
pub fn lines(
    plan: &ProcedurePlan,
    procedure: &Procedure,
    previews: &[Preview],
    columns: usize,
    clock: Clock,
    glyphs: &Glyphs,
) -> Lines {
    let mut lines = Lines::new(columns, clock);
    head(&mut lines, plan, procedure, glyphs);
    let mut section = None;
    for part in &plan.parts {
        if part.section != section {
            section = part.section;
            if let Some(section) = section.and_then(|at| procedure.sections.get(at)) {
                lines.space();
                lines.text(Role::Heading, &section.title.plain());
            }
        }
        one(&mut lines, part, procedure, previews, columns, glyphs);
    }
    if let Some(back) = &plan.back {
        lines.space();
        lines.text(Role::Heading, "The way back, which begins by itself when something fails");
        for part in &back.parts {
            one(&mut lines, part, procedure, previews, columns, glyphs);
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
                text.push_str(&format!("{name}={}\n", quoted(value)));
            }
            text.push_str(job.script.text.trim_end());
            text.push('\n');
        }
    }
    Foreign::from(text).clean(Budget { input: 64 << 10, ..Budget::rows() }).text()
}

/// A value as one word of a shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn head(lines: &mut Lines, plan: &ProcedurePlan, procedure: &Procedure, glyphs: &Glyphs) {
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
    lines.pair("does", totals(plan));
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
    for (number, input) in plan.later.iter().enumerate() {
        let how = if input.secret { "fetched when it is needed, never shown" } else { "asked for on the way" };
        let words = Words::of(Role::Text, input.name.as_str()).gap(2).prose(Role::Quiet, how);
        if number == 0 { lines.pair("later", words) } else { lines.below(words) }
    }
    if let Some(budget) = procedure.header.budget.filter(|_| plan.whole) {
        lines.pair("may take", Words::of(Role::Text, short(budget)));
    }
    let back = match &procedure.header.rollback {
        Some(name) => Some(format!("the procedure {name}")),
        None if procedure.sections.iter().any(|section| section.role == crate::domain::procedure::Role::Rollback) => {
            Some("its own section Rollback".to_owned())
        }
        None => None,
    };
    match back {
        Some(back) => {
            let words = Words::of(Role::Text, back);
            let by_itself = ", by itself and once when something fails";
            lines.pair("way back", if plan.back.is_some() { words.prose(Role::Warn, by_itself) } else { words });
        }
        None if plan.whole && plan.danger() > Danger::Read => {
            lines.pair("way back", Words::of(Role::Warn, "none is written down"));
        }
        None => {}
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

/// How many parts there are of each grade.
fn totals(plan: &ProcedurePlan) -> Words {
    let mut words = Words::new();
    let by_hand = plan.parts.iter().filter(|part| is_by_hand(part)).count();
    let tells = |part: &PlannedPart| !is_by_hand(part) && matches!(part.doing, Doing::Notify(..));
    let of = |part: &PlannedPart, danger: Danger| !is_by_hand(part) && !tells(part) && part.danger == danger;
    let graded = |danger: Danger| plan.parts.iter().filter(|part| of(part, danger)).count();
    let telling = plan.parts.iter().filter(|part| tells(part)).count();
    let mut put = |count: usize, role: Role, noun: &str, does: &str| {
        if count > 0 {
            if !words.is_empty() {
                words = std::mem::take(&mut words).tail(Role::Quiet, ",").text(Role::Text, " ");
            }
            words = std::mem::take(&mut words).text(role, format!("{} {does}", figure::count(count, noun)));
        }
    };
    put(graded(Danger::Read), Role::Good, "step", "only to read");
    put(graded(Danger::Change), Role::Warn, "step", "to change something");
    put(graded(Danger::Destructive), Role::Bad, "step", "to destroy something");
    put(telling, Role::Info, "step", "to tell a channel");
    put(by_hand, Role::Text, "step", "by hand");
    words
}

fn is_by_hand(part: &PlannedPart) -> bool {
    part.kind == "ask" || matches!(part.doing, Doing::Ask | Doing::Decide(_) | Doing::Prompt(_))
}

fn one(
    lines: &mut Lines,
    part: &PlannedPart,
    procedure: &Procedure,
    previews: &[Preview],
    columns: usize,
    glyphs: &Glyphs,
) {
    lines.space();
    let grade = match (is_by_hand(part), part.danger) {
        (true, _) => Words::of(Role::Quiet, "by hand"),
        (false, _) if matches!(part.doing, Doing::Notify(..)) => Words::of(Role::Info, "tells a channel"),
        (false, Danger::Read) if part.is_declared_read() => Words::of(Role::Good, "reads only, as declared"),
        (false, Danger::Read) => Words::of(Role::Good, "reads only"),
        (false, Danger::Change) => Words::of(Role::Warn, "changes"),
        (false, Danger::Destructive) => Words::of(Role::Bad, "destroys"),
    };
    let head = Words::of(Role::Strong, part.title.plain()).gap(2).then(grade);
    lines.line(head);
    for group in groups(&part.jobs) {
        let Some(first) = group.first() else { continue };
        job(lines, part, first, &group, columns);
    }
    about(lines, part, procedure);
    for (_, host, said) in previews.iter().filter(|(of, ..)| *of == part.part) {
        preview(lines, host, said, glyphs);
    }
    let open =
        part.previews.iter().filter(|job| !previews.iter().any(|(of, on, _)| *of == part.part && *on == job.host));
    for job in open {
        lines.line(Words::new().gap(4).text(Role::Info, format!("preview on {} {}", job.host, glyphs.more)));
    }
}

/// Jobs that differ only in their host stand together.
fn groups(jobs: &[Job]) -> Vec<Vec<&Job>> {
    let mut groups: Vec<Vec<&Job>> = Vec::new();
    for job in jobs {
        let same = |group: &&mut Vec<&Job>| {
            group.first().is_some_and(|first| first.script == job.script && first.become_root == job.become_root)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(job),
            None => groups.push(vec![job]),
        }
    }
    groups
}

fn job(lines: &mut Lines, part: &PlannedPart, first: &Job, group: &[&Job], columns: usize) {
    if first.script.text.is_empty() {
        return;
    }
    let names: Vec<String> = group.iter().map(|job| job.host.to_string()).collect();
    let mut place = Words::new().gap(2).text(Role::Quiet, "on ").then(Words::listed(Role::Text, &names));
    if group.len() > 1 {
        let how =
            if part.at_once >= group.len() { "all at once".to_owned() } else { format!("{} at a time", part.at_once) };
        place = place.text(Role::Quiet, format!(", {how}"));
    }
    if let Some(root) = first.become_root {
        let whom = match root {
            BecomeRoot::Sudo => ", as root by sudo",
            BecomeRoot::AlreadyRoot => ", as root, which the login is already",
            BecomeRoot::Polkit => ", as root if polkit allows it",
            BecomeRoot::Never => "",
        };
        place = place.text(Role::Quiet, whom);
    }
    if let Some(folder) = &first.script.folder {
        place = place.text(Role::Quiet, format!(", in {}", exact(folder).join("␊")));
    }
    lines.line(place);
    let room = columns.saturating_sub(8).max(8);
    let mut code = |text: &str, lead: &str, role: Role| {
        for (number, part) in crate::text::wrap(text, room).into_iter().enumerate() {
            let lead = if number == 0 { lead } else { "    " };
            lines.line(Words::new().gap(4).text(Role::Faint, lead).text(role, part));
        }
    };
    for (name, value) in &first.script.variables {
        code(&format!("{name}={}", Foreign::from(quoted(value)).plain()), "  ", Role::Quiet);
    }
    for name in first.script.secrets.iter().chain(&first.script.captured) {
        code(&format!("{name}=…"), "  ", Role::Quiet);
    }
    if let Some(with) = &first.script.with {
        code(&exact(with).join("␊"), "$ ", Role::Command);
    }
    for (number, row) in exact(first.script.text.trim_end_matches(['\n', ' ', '\t'])).iter().enumerate() {
        let prompt = if first.script.with.is_some() { "> " } else { "$ " };
        code(row, if number == 0 { prompt } else { "  " }, Role::Command);
    }
    for one in disguises(&first.script.text).iter().take(DISGUISES) {
        let words = Words::of(Role::Bad, one.token.clone()).text(Role::Warn, format!(" is {}", one.what));
        lines.line(Words::new().gap(4).then(words));
    }
}

/// What else is to be known of a part.
fn about(lines: &mut Lines, part: &PlannedPart, procedure: &Procedure) {
    let mut told = Vec::new();
    match &part.doing {
        Doing::Check(service, probe) => told.push(format!("until {service}/{probe} passes")),
        Doing::Fact(fact) => told.push(format!("found out by itself: {}", fact.told())),
        Doing::Hold(span, guard) => {
            let guarded = if guard.is_some() { ", guarded" } else { "" };
            told.push(format!("waits {}{guarded}", short(*span)));
        }
        Doing::Notify(channel, text) => told.push(match part.silent {
            Some(silent) => format!("told by hand, because {}: {text}", silent.why(channel)),
            None => format!("tells {channel}: {text}"),
        }),
        Doing::Decide(ways) => {
            let words: Vec<&str> = ways.iter().map(|way| way.word.as_str()).collect();
            told.push(format!("one of {}", words.join(", ")));
        }
        Doing::Run(..)
        | Doing::Request(..)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Call(..) => {}
    }
    if part.options.retries > 0 {
        told.push(format!("tried again up to {} times, every {}", part.options.retries, short(part.options.every)));
    }
    if let Some(undo) = &part.options.undo {
        let title = procedure.part(undo).map_or_else(|| undo.to_string(), |part| part.title.plain());
        told.push(format!("undone by: {title}"));
    }
    if !part.options.when.0.is_empty() {
        told.push("only if its condition holds then".to_owned());
    }
    if !told.is_empty() {
        let text = Foreign::from(told.join("; ")).plain();
        let room = Words::new().prose(Role::Quiet, &text).wrapped(90, lines.clock);
        for line in room {
            lines.line(Words::new().gap(2).then(line));
        }
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
