//! What the pane of a run says, line by line.

use crate::domain::permit::How;
use crate::domain::run::{Finding, RunState, RunStep, StepState, StepVerdict};
use crate::domain::{Run, Verb};
use crate::state::UnderWay;
use crate::state::under_way::{Shown, Side, side};
use crate::style::{Glyphs, Role};
use crate::text::{Foreign, fit, width};
use crate::ui::words::{Clock, Piece};
use crate::ui::{Lines, Words, figure};

/// What was seen stands beside a check that is well when it takes no more columns than this.
const SHORT: usize = 6;
/// Columns of the word for a step's state.
const WORD: usize = 10;

/// The lines, and which of them is the step that goes on.
pub fn lines(under_way: &UnderWay, columns: usize, clock: Clock, glyphs: &Glyphs) -> (Lines, Option<usize>) {
    let mut lines = Lines::new(columns, clock);
    let mut doing = None;
    if let Some(why) = &under_way.refused {
        lines.text(Role::Bad, "It was not begun.");
        lines.text(Role::Text, &Foreign::from(why.as_str()).plain());
        lines.space();
    }
    if let Some(sent) = under_way.sent() {
        let words = Words::of(Role::RunGoing, glyphs.states[2]).text(Role::Text, " is being recorded, for ");
        lines.line(words.piece(Role::Text, Piece::Age(sent.at)));
        return (lines, None);
    }
    let Some(shown) = under_way.shown() else { return (lines, None) };
    head(&mut lines, shown);
    lines.space();
    let names = names(&shown.run);
    let wide = names.iter().map(|name| width(name)).max().unwrap_or(0).min(columns / 2);
    for (step, name) in shown.run.steps.iter().zip(&names) {
        if doing.is_none() && moves(step.state) {
            doing = Some(lines.all().len());
        }
        of_step(&mut lines, step, &fit(name, wide), shown, columns, glyphs);
    }
    if !shown.goes_on() && shown.run.state != RunState::Succeeded {
        lines.space();
        outcome(&mut lines, &shown.run);
    }
    (lines, doing)
}

/// Who, when, and how it was confirmed; what was said about stopping.
fn head(lines: &mut Lines, shown: &Shown) {
    let run = &shown.run;
    let plain = |text: &str| Foreign::from(text).plain();
    let who = format!("{}, {}, {}", plain(&run.person), plain(&run.workstation), confirmed(&run.confirmed));
    let begun = Words::of(Role::Text, Clock::stamp(run.begun)).text(Role::Quiet, " by ").prose(Role::Quiet, &who);
    lines.pair("begun", begun);
    lines.pair("run", Words::of(Role::Quiet, run.id.short()));
    if shown.stopping && shown.goes_on() {
        lines.pair(
            "stopping",
            Words::new().prose(Role::Warn, "no further step begins; what was begun comes to its end"),
        );
    }
}

/// How it was confirmed, as a person would say it.
fn confirmed(word: &str) -> String {
    let all = [How::Unasked, How::Yes, How::Typed, How::FlagYes, How::FlagName];
    let told = all.into_iter().find(|how| how.word() == word).map(|how| match how {
        How::Unasked => "only read",
        How::Yes => "confirmed with y",
        How::Typed => "confirmed with the name",
        How::FlagYes => "confirmed with --yes",
        How::FlagName => "confirmed with --confirm",
    });
    told.map_or_else(|| format!("confirmed: {}", Foreign::from(word).plain()), str::to_owned)
}

/// What each step is of: host, and the service or unit where there are several.
fn names(run: &Run) -> Vec<String> {
    let mut subjects: Vec<Option<&str>> = run.steps.iter().map(subject).collect();
    subjects.dedup();
    let name = |step: &RunStep| match subject(step).filter(|_| subjects.len() > 1) {
        Some(subject) => format!("{subject}  {}", step.host),
        None => step.host.to_string(),
    };
    run.steps.iter().map(name).collect()
}

fn subject(step: &RunStep) -> Option<&str> {
    step.service.as_ref().map(|name| name.as_str()).or_else(|| step.unit.as_ref().map(|name| name.as_str()))
}

fn moves(state: StepState) -> bool {
    matches!(state, StepState::Intent | StepState::Started | StepState::Done)
}

/// The mark and the colour of a step.
fn look(state: StepState, glyphs: &Glyphs) -> (&'static str, Role) {
    match state {
        StepState::Planned => (glyphs.states[1], Role::Quiet),
        StepState::Intent | StepState::Started | StepState::Done => (glyphs.states[2], Role::RunGoing),
        StepState::Verified => (glyphs.yes, Role::RunGood),
        StepState::Failed => (glyphs.no, Role::RunBad),
        StepState::Skipped => (glyphs.none, Role::RunStopped),
        StepState::Waived => (glyphs.alarm, Role::Warn),
        StepState::Unknown => (glyphs.states[4], Role::RunUnknown),
    }
}

/// The word of a step's state as a person would say it.
fn word(state: StepState) -> &'static str {
    match state {
        StepState::Planned => "waits",
        StepState::Intent => "sending",
        StepState::Started => "started",
        StepState::Done => "verifying",
        StepState::Verified => "verified",
        StepState::Failed => "failed",
        StepState::Skipped => "not begun",
        StepState::Waived => "waived",
        StepState::Unknown => "unknown",
    }
}

fn of_step(lines: &mut Lines, step: &RunStep, name: &str, shown: &Shown, columns: usize, glyphs: &Glyphs) {
    let (mark, role) = look(step.state, glyphs);
    let mut words =
        Words::of(role, mark).text(Role::Text, format!(" {name}  ")).text(role, fit(word(step.state), WORD));
    let took = step.verdict.as_ref().filter(|_| step.state.is_final()).map(|verdict| verdict.took);
    words = match (took, step.at) {
        (Some(took), _) => words.text(Role::Quiet, format!(" in {}", figure::latency(took))),
        (None, Some(at)) if moves(step.state) && shown.goes_on() => {
            words.text(Role::Quiet, " ").piece(Role::Quiet, Piece::Since(at))
        }
        (None, Some(_) | None) => words,
    };
    lines.line(words);
    let indent = |words: Words| Words::new().gap(4).then(words);
    let room = columns.saturating_sub(4);
    let clock = lines.clock;
    let mut put = |words: Words| words.wrapped(room, clock).into_iter().for_each(|line| lines.line(indent(line)));
    if !step.note.is_empty() {
        let role = if step.state == StepState::Verified { Role::Quiet } else { role };
        put(Words::new().prose(role, &step.note.plain()));
    }
    // The command is told while it matters: what was sent and has not come to a good end.
    if !matches!(step.state, StepState::Verified | StepState::Skipped | StepState::Planned) {
        put(Words::new().prose(Role::Command, &Foreign::from(step.command.as_str()).plain()));
    }
    if let Some(verdict) = &step.verdict {
        for line in checks(verdict, step.state, glyphs) {
            put(line);
        }
    }
}

/// What was looked at: in one line while all is well, one by one where something is not.
fn checks(verdict: &StepVerdict, state: StepState, glyphs: &Glyphs) -> Vec<Words> {
    let look = |finding: Finding| match finding {
        Finding::Good => (glyphs.yes, Role::Good),
        Finding::Bad => (glyphs.no, Role::Bad),
        Finding::Unknown => (glyphs.states[4], Role::Unknown),
    };
    let well = verdict.checks.iter().all(|check| check.finding == Finding::Good);
    if well && state == StepState::Verified {
        let mut words = Words::new();
        for (number, check) in verdict.checks.iter().enumerate() {
            let gap = if number == 0 { "" } else { "   " };
            words = words.text(Role::Good, format!("{gap}{}", glyphs.yes));
            words = words.tail(Role::Quiet, format!(" {}", Foreign::from(check.name.as_str()).plain()));
            // `errors in its log` alone would read as if there were some.
            let told = check.told.plain();
            if !told.is_empty() && width(&told) <= SHORT {
                words = words.tail(Role::Quiet, format!(": {told}"));
            }
        }
        return vec![words];
    }
    let each = verdict.checks.iter().map(|check| {
        let (mark, role) = look(check.finding);
        let words = Words::of(role, mark).tail(Role::Text, format!(" {}", Foreign::from(check.name.as_str()).plain()));
        let told = check.told.plain();
        if told.is_empty() {
            words
        } else {
            words.tail(Role::Quiet, ":").text(Role::Quiet, " ").prose(Role::Quiet, &told)
        }
    });
    each.collect()
}

/// What runs new and what runs old, exactly.
fn outcome(lines: &mut Lines, run: &Run) {
    let verb = Verb::of_word(&run.kind);
    let words = |side: Side| match (side, verb) {
        (Side::New, Some(Verb::Stop)) => "stopped",
        (Side::Old, Some(Verb::Stop)) => "still runs",
        (Side::New, Some(Verb::Start)) => "started",
        (Side::New, Some(Verb::Scale(_))) => "scaled",
        (Side::Old, Some(Verb::Start | Verb::Scale(_))) => "as before",
        (Side::New, Some(Verb::Restart | Verb::Reload)) => "runs new",
        (Side::Old, Some(Verb::Restart | Verb::Reload)) => "runs old",
        (Side::New, _) => "done",
        (Side::Old, _) => "not done",
        (Side::Bad, _) => "failed",
        (Side::Unknown, _) => "unknown",
    };
    for (which, role) in
        [(Side::New, Role::Good), (Side::Bad, Role::Bad), (Side::Old, Role::Text), (Side::Unknown, Role::Unknown)]
    {
        let names: Vec<String> = run
            .steps
            .iter()
            .filter(|step| side(step) == which)
            .map(|step| match subject(step) {
                Some(subject) => format!("{subject} on {}", step.host),
                None => step.host.to_string(),
            })
            .collect();
        if !names.is_empty() {
            lines.pair(words(which), Words::listed(role, &names));
        }
    }
}

/// The run as Markdown, for the clipboard.
pub fn as_markdown(under_way: &UnderWay, clock: Clock, glyphs: &Glyphs) -> Option<String> {
    let shown = under_way.shown()?;
    let title = Foreign::from(shown.run.title.as_str()).plain();
    let mut text = format!("**{title}**: {}\n\n```\n", shown.run.state.word());
    for line in lines(under_way, 100, clock, glyphs).0.all() {
        text.push_str(line.plain(clock).trim_end());
        text.push('\n');
    }
    text.push_str("```\n");
    Some(text)
}
