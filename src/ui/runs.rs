//! Runs and steps as words on a screen: glyph, word and colour together.

use jiff::Timestamp;

use super::figure;
use super::words::{Clock, Words};
use crate::domain::permit::DESPITE;
use crate::domain::run::{Finding, RunState, RunStep, StepState};
use crate::domain::{Run, Standing};
use crate::style::{Glyphs, Role};

/// The glyph of a run's state in its colour.
pub fn mark(state: RunState, glyphs: &Glyphs) -> Words {
    let glyph = match state {
        RunState::Running => glyphs.link,
        RunState::Succeeded => glyphs.yes,
        RunState::Failed => glyphs.no,
        RunState::Stopped => glyphs.state(crate::domain::State::Stopped),
        RunState::Unknown => glyphs.state(crate::domain::State::Unknown),
    };
    Words::of(Role::run(state), glyph)
}

/// The word of a run's state.
pub fn word(state: RunState) -> Words {
    Words::of(Role::run(state), state.word())
}

/// How a run stands or ended, with what its state alone would hide.
pub fn verdict(run: &Run) -> Words {
    let told = run.verdict_told();
    match told.strip_prefix(run.state.word()) {
        Some(rest) => word(run.state).text(Role::Warn, rest.to_owned()),
        None => Words::of(Role::run(run.state), told),
    }
}

/// What became of a step, in a few words: of a procedure's step with the words of procedures.
pub fn step_told(step: &RunStep) -> &'static str {
    match step.state {
        StepState::Skipped if step.is_given_up() => "failed, skipped",
        StepState::Verified if step.part.is_some() && step.by.is_some() => "attested",
        state if step.part.is_some() => part_word(state),
        state => step_word(state),
    }
}

/// The colour of a step's state.
pub fn step_role(state: StepState) -> Role {
    match state {
        StepState::Planned => Role::Quiet,
        StepState::Intent | StepState::Started | StepState::Done => Role::RunGoing,
        StepState::Verified => Role::RunGood,
        StepState::Failed => Role::RunBad,
        StepState::Skipped => Role::RunStopped,
        StepState::Waived => Role::Warn,
        StepState::Unknown => Role::RunUnknown,
    }
}

/// The glyph of a step's state in its colour.
pub fn step_mark(state: StepState, glyphs: &Glyphs) -> Words {
    let glyph = match state {
        StepState::Planned => glyphs.state(crate::domain::State::Stopped),
        StepState::Intent | StepState::Started | StepState::Done => glyphs.link,
        StepState::Verified => glyphs.yes,
        StepState::Failed => glyphs.no,
        StepState::Skipped => glyphs.none,
        StepState::Waived => glyphs.alarm,
        StepState::Unknown => glyphs.state(crate::domain::State::Unknown),
    };
    Words::of(step_role(state), glyph)
}

/// The glyph and the colour of how a part stands.
pub fn standing_mark(standing: Standing, glyphs: &Glyphs) -> (&'static str, Role) {
    match standing {
        Standing::Open => (glyphs.states[1], Role::Quiet),
        Standing::Going => (glyphs.link, Role::RunGoing),
        Standing::Partly => (glyphs.states[3], Role::RunGoing),
        Standing::Done => (glyphs.yes, Role::RunGood),
        Standing::Failed => (glyphs.no, Role::RunBad),
        Standing::Unknown => (glyphs.states[4], Role::RunUnknown),
        Standing::Skipped => (glyphs.none, Role::RunStopped),
        Standing::Waived => (glyphs.alarm, Role::Warn),
    }
}

/// How long a step took; nothing while that is not known to have ended.
pub fn took(step: &RunStep) -> Option<String> {
    let verdict = step.verdict.as_ref()?;
    Some(if step.has_ended_unseen() { "while nobody was at it".to_owned() } else { figure::latency(verdict.took) })
}

/// What a step's state means, in a few words.
pub fn step_word(state: StepState) -> &'static str {
    match state {
        StepState::Planned => "not sent yet",
        StepState::Intent => "being sent",
        StepState::Started => "started",
        StepState::Done => "done, being verified",
        StepState::Verified => "verified",
        StepState::Failed => "failed",
        StepState::Skipped => "never sent",
        StepState::Waived => "waived",
        StepState::Unknown => "unknown",
    }
}

/// What the state of a procedure's step means, in one word.
pub fn part_word(state: StepState) -> &'static str {
    match state {
        StepState::Planned => "open",
        StepState::Intent => "starting",
        StepState::Started | StepState::Done => "running",
        StepState::Verified => "done",
        StepState::Failed => "failed",
        StepState::Skipped => "skipped",
        StepState::Waived => "waived",
        StepState::Unknown => "unknown",
    }
}

/// The glyph of what was looked at, in its colour.
pub fn finding_mark(finding: Finding, glyphs: &Glyphs) -> Words {
    match finding {
        Finding::Good => Words::of(Role::Good, glyphs.yes),
        Finding::Bad => Words::of(Role::Bad, glyphs.no),
        Finding::Unknown => Words::of(Role::Unknown, glyphs.state(crate::domain::State::Unknown)),
    }
}

/// How what a run changes was confirmed, and by whom if that was later than its beginning.
pub fn confirmed_of(run: &crate::domain::Run) -> String {
    let (how, by) = run.how_confirmed();
    let by = by.map_or_else(String::new, |by| format!(" by {}", crate::text::Foreign::from(by).plain()));
    format!("{}{by}", confirmed(how))
}

/// How a run was confirmed, as the end of a sentence.
pub fn confirmed(word: &str) -> String {
    if let Some((how, lock)) = word.split_once(DESPITE) {
        return format!("{}{DESPITE}{}", confirmed(how), crate::text::Foreign::from(lock).plain());
    }
    match word {
        "unasked" => "nobody was asked, it only reads".to_owned(),
        "yes" => "confirmed with y".to_owned(),
        "typed" => "confirmed by typing the name".to_owned(),
        "flag-yes" => "confirmed by --yes".to_owned(),
        "flag-name" => "confirmed by --confirm".to_owned(),
        other => format!("confirmed: {}", crate::text::Foreign::from(other).plain()),
    }
}

/// A time stamp: the time of day, with the day before it when it is another one.
pub fn when(then: Timestamp, clock: Clock) -> String {
    let utc = |stamp: Timestamp| stamp.to_zoned(jiff::tz::TimeZone::UTC);
    let (then, now) = (utc(then), utc(clock.now.wall));
    if then.date() == now.date() {
        then.strftime("%H:%M:%S").to_string()
    } else if then.year() == now.year() {
        then.strftime("%m-%d %H:%M").to_string()
    } else {
        then.strftime("%Y-%m-%d").to_string()
    }
}
