//! What is said beside a part: its mark, where it is done, how dangerous it is, who ticked it, how it ended.

use std::time::Duration;

use super::desk::Desk;
use crate::domain::channel::Silent;
use crate::domain::procedure::{self, Danger, Doing, Part, Way};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::domain::time::short;
use crate::domain::{HostName, PartId, Standing};
use crate::state::procedures::motion;
use crate::state::procedures::sheet::{is_automated, needs_place, places};
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Words, figure, runs};

/// Hosts that are named; of more only the number is told.
const NAMES: usize = 3;
/// Columns of what a part gave.
const LONGEST: usize = 120;
/// Columns of the bar of a step that goes on.
const BAR: u32 = 12;

/// How a part stands, in a word.
pub fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Going => "running",
        Standing::Partly => "partly done",
        Standing::Done => "done",
        Standing::Failed => "failed",
        Standing::Unknown => "unknown",
        Standing::Skipped => "skipped",
        Standing::Waived => "waived",
    }
}

/// What stands directly behind the title of a part: who ticked it, or where and how long it ran.
pub fn behind(part: &Part, desk: &Desk<'_>) -> Words {
    let steps = desk.sheet.steps(&part.id);
    let Some((_, first)) = steps.first() else {
        let ticked = desk.is_ticked_in_file(part);
        return if ticked { Words::of(Role::Quiet, "  ticked in the file") } else { Words::new() };
    };
    if is_automated(part) || first.state == StepState::Planned {
        return Words::new();
    }
    let by = first.by.as_deref().map(|by| person(by, desk));
    let mut words = Words::new();
    if let Some(value) = first.value.as_deref().filter(|_| matches!(part.doing, Doing::Decide(_))) {
        words = words.text(Role::Text, format!("  {}", Foreign::from(value).plain()));
    }
    if let Some(by) = by {
        words = words.text(Role::Quiet, format!("  {by}"));
    }
    match first.at {
        Some(at) if desk.past => words.tail(Role::Quiet, format!(" {}", runs::when(at, desk.clock))),
        Some(at) => words.tail(Role::Quiet, format!(" {}", desk.clock.time_of(at))),
        None => words,
    }
}

/// The lines below a part: where it is done and how, then why it did not end well.
pub fn below(part: &Part, desk: &Desk<'_>, chosen: &[HostName], columns: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let mut put = |words: Words| {
        if !words.is_empty() {
            lines.extend(words.wrapped(columns, desk.clock));
        }
    };
    if let Some(why) = &part.misread {
        put(Words::of(Role::Warn, "by hand, because ").prose(Role::Warn, &Foreign::from(why.as_str()).plain()));
    } else if part.options.todo {
        put(Words::new().prose(Role::Quiet, "by hand: its command is still missing"));
    }
    if let Doing::Notify(channel, _) = &part.doing {
        let name = Foreign::from(channel.as_str()).plain();
        put(match desk.environment.silent(channel) {
            None => Words::new().prose(Role::Quiet, &format!("tells the channel {name}")),
            Some(silent) => {
                let quiet = silent == Silent::Drill || desk.sheet.procedure.role(part) == procedure::Role::Rollback;
                let how = if quiet { "tells nobody" } else { "by hand" };
                Words::new().prose(Role::Warn, &format!("{how}, because {}", silent.why(&name)))
            }
        });
    }
    let steps = desk.sheet.steps(&part.id);
    let open = steps.iter().all(|(_, step)| step.state == StepState::Planned);
    if is_automated(part) {
        put(doing(part, desk, chosen, &steps));
    } else if part.options.evidence && open {
        put(Words::of(Role::Quiet, "wants a note of what was seen"));
    }
    if steps.iter().any(|(_, step)| step.edited.is_some()) {
        put(Words::of(Role::Warn, "its command was edited for this run"));
    }
    if let Some((name, value)) = part.options.capture.as_ref().zip(gave(&steps)) {
        put(Words::of(Role::Quiet, format!("gave {name}: ")).prose(Role::Text, &value));
    }
    for (_, step) in &steps {
        let told = step.note.plain();
        if !told.is_empty() {
            let role = if step.state == StepState::Verified { Role::Quiet } else { runs::step_role(step.state) };
            let host = if steps.len() > 1 { format!("{}: ", whose(step, &steps)) } else { String::new() };
            put(Words::of(role, host).prose(role, &told));
        }
    }
    if let (Doing::Restart(_), true) = (&part.doing, steps.iter().any(|(_, step)| step.state != StepState::Planned)) {
        let motion = motion(desk.sheet.procedure, desk.environment, steps.iter().map(|(_, step)| *step));
        put(Words::new().prose(Role::Quiet, &motion.words()));
    }
    if let Doing::Decide(all) = &part.doing
        && open
    {
        lines.extend(ways(all, columns, desk));
    }
    lines
}

/// The ways between which a person decides, each with what it means.
pub fn ways(ways: &[Way], columns: usize, desk: &Desk<'_>) -> Vec<Words> {
    let label = ways.iter().map(|way| crate::text::width(&way.word)).max().unwrap_or(0).min(24);
    let mut lines = Vec::new();
    for way in ways {
        let word = crate::text::fit(&Foreign::from(way.word.as_str()).plain(), label);
        let about = Words::new().prose(Role::Quiet, &way.about.plain());
        let mut rows = about.wrapped(columns.saturating_sub(label + 4).max(8), desk.clock).into_iter();
        let first = rows.next().unwrap_or_default();
        lines.push(Words::of(Role::Quiet, format!("{} ", desk.glyphs.dot)).text(Role::Text, word).gap(2).then(first));
        lines.extend(rows.map(|row| Words::new().gap(label + 4).then(row)));
    }
    lines
}

/// What the steps of a part gave to those behind it, as far as a line tells it.
fn gave(steps: &[(usize, &RunStep)]) -> Option<String> {
    let value = steps.iter().find_map(|(_, step)| step.value.as_deref())?;
    let line = value.lines().next().unwrap_or_default();
    let cut = crate::text::truncate(&Foreign::from(line).plain(), LONGEST);
    (!cut.is_empty()).then_some(cut)
}

fn doing(part: &Part, desk: &Desk<'_>, chosen: &[HostName], steps: &[(usize, &RunStep)]) -> Words {
    let begun = steps.iter().any(|(_, step)| step.state != StepState::Planned);
    if begun && matches!(part.doing, Doing::Call(..)) {
        return calls(part, desk);
    }
    if begun {
        return ends(part, steps, desk);
    }
    let mut words = place(part, desk, chosen, steps);
    words = words.then(grade(desk.grade(part)).map_or_else(Words::new, |words| Words::new().gap(2).then(words)));
    if let Some(usual) = desk.sheet.usually(&part.id, desk.runs) {
        words = words.gap(2).text(Role::Quiet, format!("usually {}", figure::latency(usual)));
    }
    if let Some(undo) = &part.options.undo {
        words = words.gap(2).text(Role::Quiet, format!("undo: {}", title(desk, undo)));
    }
    let words = if part.options.terminal { words.gap(2).text(Role::Quiet, "takes the terminal") } else { words };
    match &part.doing {
        Doing::Hold(span, _) => words.gap(2).text(Role::Quiet, format!("waits {}", short(*span))),
        Doing::Check(service, probe) => words.gap(2).text(Role::Quiet, format!("until {service}/{probe} passes")),
        Doing::Fact(fact) => words.gap(2).prose(Role::Quiet, &Foreign::from(fact.told()).plain()),
        Doing::Approve(quorum) => words.gap(2).text(Role::Quiet, format!("approved by {}", quorum.told())),
        Doing::Notify(channel, _) => {
            words.gap(2).text(Role::Quiet, format!("tells {}", Foreign::from(channel.as_str()).plain()))
        }
        Doing::Restart(services) if services.is_empty() => words.gap(2).text(Role::Quiet, "in dependency order"),
        Doing::Call(procedure, _) => words.gap(2).text(Role::Quiet, format!("runs {procedure}")),
        Doing::Restart(_)
        | Doing::Run(..)
        | Doing::Request(..)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Decide(_)
        | Doing::Shift(..) => words,
    }
}

fn title(desk: &Desk<'_>, part: &PartId) -> String {
    desk.sheet.procedure.part(part).map_or_else(|| part.to_string(), |part| part.title.plain())
}

fn place(part: &Part, desk: &Desk<'_>, chosen: &[HostName], steps: &[(usize, &RunStep)]) -> Words {
    let names: Vec<String> = if steps.is_empty() {
        places(part, desk.environment, chosen)
    } else {
        steps.iter().map(|(_, step)| step.host.to_string()).collect()
    };
    if names.is_empty() {
        return if needs_place(part) { Words::of(Role::Warn, "on no host yet") } else { Words::new() };
    }
    if names == ["here"] {
        return Words::of(Role::Text, "here");
    }
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>();
    let words = Words::of(Role::Quiet, "on ").then(Words::listed(Role::Text, &shown));
    match names.len().saturating_sub(NAMES) {
        0 => words,
        more => words.text(Role::Quiet, format!(" and {more} more")),
    }
}

/// How what a part calls stands, in all, and which of it is not well.
fn calls(part: &Part, desk: &Desk<'_>) -> Words {
    let all = desk.inner(part);
    let done = all.iter().filter(|one| one.standing().is_over()).count();
    let mut words = Words::of(Role::Quiet, format!("{done} of {}", figure::count(all.len(), "step")));
    for one in &all {
        let standing = one.standing();
        if matches!(standing, Standing::Going | Standing::Failed | Standing::Unknown) {
            let (glyph, role) = runs::standing_mark(standing, desk.glyphs);
            words = words.gap(2).text(role, glyph).tail(Role::Text, format!(" {}", one.title));
        }
    }
    words
}

/// How each host of a part stands.
fn ends(part: &Part, steps: &[(usize, &RunStep)], desk: &Desk<'_>) -> Words {
    let mut words = Words::new();
    for (number, (_, step)) in steps.iter().enumerate() {
        let gap = if number == 0 { "" } else { "   " };
        words = words.text(Role::Quiet, format!("{gap}{}", whose(step, steps))).tail(Role::Text, " ");
        // What was fetched goes on no more: it waits for a person.
        let judged = step.state == StepState::Done && desk.asks(part);
        words = if judged { words.text(Role::Warn, "fetched, to be judged") } else { words.then(end(step, desk)) };
        if is_moving(step) && !judged {
            words = words.then(ahead(step, part, desk));
        }
        if let Some(by) = step.by.as_deref() {
            words = words.tail(Role::Quiet, format!(" by {}", person(by, desk)));
        }
        if let Some(at) = step.at.filter(|_| desk.past && step.state != StepState::Planned) {
            words = words.tail(Role::Quiet, format!(" {}", runs::when(at, desk.clock)));
        }
    }
    words
}

/// What a step is told apart by: its host, or the service that is started anew, with its host where it has several.
fn whose(step: &RunStep, steps: &[(usize, &RunStep)]) -> String {
    let Some(service) = &step.service else { return step.host.to_string() };
    let own = steps.iter().filter(|(_, other)| other.service.as_ref() == Some(service)).count();
    if own > 1 { format!("{service} on {}", step.host) } else { service.to_string() }
}

/// Who it was; whoever sits here is `you`.
pub fn person(name: &str, desk: &Desk<'_>) -> String {
    if name == desk.person && !desk.past { "you".to_owned() } else { Foreign::from(name).plain() }
}

/// Whether a step is under way.
pub fn is_moving(step: &RunStep) -> bool {
    matches!(step.state, StepState::Intent | StepState::Started | StepState::Done)
}

/// How far a step that goes on has come by its time: a bar against what it usually takes, and what it may take at most.
fn ahead(step: &RunStep, part: &Part, desk: &Desk<'_>) -> Words {
    let Some(at) = step.at else { return Words::new() };
    let so_far = desk.clock.now.since(at);
    let most = format!("of at most {}", short(part.options.timeout));
    let Some(usual) = desk.sheet.usually(&part.id, desk.runs) else {
        return Words::new().tail(Role::Quiet, format!(" {most}"));
    };
    let whole = usual.max(Duration::from_secs(1));
    let share = (so_far.as_secs_f64() / whole.as_secs_f64()).min(1.0);
    let filled = (share * f64::from(BAR)).round() as usize;
    let role = if is_overdue(so_far, usual) { Role::Warn } else { Role::RunGoing };
    let [full, empty] = desk.glyphs.meter;
    let words = Words::new().tail(Role::Quiet, format!(" of about {} ", short(whole)));
    let words = words.tail(role, full.repeat(filled)).tail(Role::Line, empty.repeat(BAR as usize - filled));
    if is_overdue(so_far, usual) { words.gap(2).text(Role::Warn, format!("overdue, {most}")) } else { words }
}

/// Whether it takes much longer than it usually does.
fn is_overdue(so_far: Duration, usual: Duration) -> bool {
    so_far > (usual * 2).max(Duration::from_secs(5))
}

/// How one step stands, as short as can be: `✓ 1.2s`, `✗ exit 1`, `● 12s`.
pub fn end(step: &RunStep, desk: &Desk<'_>) -> Words {
    let tail = |words: Words, role: Role, text: String| words.tail(role, text);
    let glyph = runs::step_mark(step.state, desk.glyphs).plain(desk.clock);
    let role = runs::step_role(step.state);
    let words = Words::new().tail(role, glyph);
    match step.state {
        StepState::Intent | StepState::Started | StepState::Done => match step.at {
            Some(at) => words.tail(Role::Quiet, " ").piece(role, Piece::Since(at)),
            None => words,
        },
        StepState::Verified => match runs::took(step) {
            Some(took) => tail(words, Role::Quiet, format!(" {took}")),
            None => words,
        },
        StepState::Failed => tail(words, role, format!(" {}", why(step))),
        StepState::Skipped => tail(words, Role::Quiet, " skipped".to_owned()),
        StepState::Waived => tail(words, role, " waived".to_owned()),
        StepState::Unknown => tail(words, role, " unknown".to_owned()),
        StepState::Planned => tail(words, Role::Quiet, " waits".to_owned()),
    }
}

/// Why a step failed, in a few words.
pub fn why(step: &RunStep) -> String {
    match (step.reason, step.exit) {
        (Some(Reason::NonZeroExit) | None, Some(status)) => format!("exit {status}"),
        (Some(Reason::NonZeroExit), None) => "killed".to_owned(),
        (Some(Reason::Timeout), _) => "took too long".to_owned(),
        (Some(Reason::Unreachable), _) => "not reached, nothing was sent".to_owned(),
        (Some(Reason::Refused), _) => "refused".to_owned(),
        (Some(Reason::Cancelled), _) => "cancelled".to_owned(),
        (Some(Reason::GuardFailed), _) => "its guard tripped".to_owned(),
        (Some(Reason::Inconclusive), _) => "proves nothing".to_owned(),
        (None, None) => "failed".to_owned(),
    }
}

/// The words of a grade.
pub fn grade(danger: Option<Danger>) -> Option<Words> {
    danger.map(|danger| match danger {
        Danger::Read => Words::of(Role::Good, "reads only"),
        Danger::Change => Words::of(Role::Warn, "changes"),
        Danger::Destructive => Words::of(Role::Bad, "destroys"),
    })
}

/// How long something goes on and how long it usually does; it turns when that is over.
pub fn time(step: &RunStep, part: &Part, desk: &Desk<'_>) -> Words {
    let Some(at) = step.at else { return Words::new() };
    let usual = desk.sheet.usually(&part.id, desk.runs);
    let so_far = desk.clock.now.since(at);
    let late = usual.is_some_and(|usual| is_overdue(so_far, usual)) || so_far > part.options.timeout;
    let role = if late { Role::Warn } else { Role::RunGoing };
    let words = Words::new().piece(role, Piece::Since(at));
    match usual {
        Some(usual) => words.text(Role::Quiet, format!(" of about {}", short(usual.max(Duration::from_secs(1))))),
        None => words,
    }
}
