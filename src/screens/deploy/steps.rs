//! Phases of the run and their parts: how each stands on each host, how long it takes, how long it may.

use std::time::Duration;

use super::list::{Line, WIDE};
use super::sight::Sight;
use crate::domain::Standing;
use crate::domain::procedure::Doing;
use crate::domain::run::{RunStep, StepState};
use crate::domain::time::short;
use crate::state::deploy::{Phase, Row, Wizard, span};
use crate::style::Role;
use crate::ui::words::Piece;
use crate::ui::{Words, figure, runs};

/// Columns of the bar of a phase with a budget.
const BAR: u32 = 10;

/// A line of the run.
pub(super) fn run_line(row: &Row, wizard: Wizard<'_>, sight: &Sight<'_>, columns: usize) -> Line {
    match row {
        Row::Phase(phase) => {
            let (glyph, role) = runs::standing_mark(phase.standing, sight.glyphs);
            let title = if phase.is_back { Role::Warn } else { Role::Strong };
            let left = Words::of(role, format!("{glyph} ")).text(title, phase.title.clone());
            Line::new(left, budget(phase, sight, columns), None)
        }
        Row::Part(place) => {
            let Some(part) = wizard.sheet.procedure.parts.get(*place) else {
                return Line::new(Words::new(), Words::new(), None);
            };
            let standing = wizard.sheet.standing(&part.id);
            let (glyph, role) = runs::standing_mark(standing, sight.glyphs);
            let waits = wizard.waits_at(part) && !matches!(standing, Standing::Failed | Standing::Unknown);
            let (glyph, role) = if waits { (sight.glyphs.states[1], Role::Warn) } else { (glyph, role) };
            let text = if standing.is_over() { Role::Quiet } else { Role::Text };
            let left = Words::new().gap(2).text(role, format!("{glyph} ")).prose(text, &wizard.title(part));
            let steps: Vec<&RunStep> = wizard.sheet.steps(&part.id).into_iter().map(|(_, step)| step).collect();
            let right = if waits {
                Words::of(Role::Warn, "needs you")
            } else {
                let usual = wizard.sheet.usually(&part.id, sight.runs);
                let held = if let Doing::Hold(span, _) = &part.doing { Some(*span) } else { None };
                hosts(&steps, sight, columns, &Times { usual, held }, matches!(part.doing, Doing::Restart(_)))
            };
            Line::new(left, right, Some(*place))
        }
        Row::Beside(title, numbers) => {
            let run = wizard.run().map(|run| run.steps.as_slice()).unwrap_or_default();
            let steps: Vec<&RunStep> = numbers.iter().filter_map(|number| run.get(*number)).collect();
            let standing = Standing::of(steps.iter().map(|step| step.state));
            let (glyph, role) = runs::standing_mark(standing, sight.glyphs);
            let left = Words::new().gap(2).text(role, format!("{glyph} ")).text(Role::Text, title.clone());
            Line::new(left, hosts(&steps, sight, columns, &Times::default(), false), None)
        }
    }
}

/// How long a phase takes, against its budget or what it usually takes.
pub(super) fn budget(phase: &Phase, sight: &Sight<'_>, columns: usize) -> Words {
    let of = |role: Role| match (phase.budget, phase.usually) {
        (Some(budget), _) => Words::of(role, format!(" of {}", short(budget))),
        (None, Some(usual)) => Words::of(Role::Quiet, format!(" of about {}", short(usual))),
        (None, None) => Words::new(),
    };
    let Some(took) = phase.took else {
        if phase.unseen {
            return Words::of(Role::Quiet, "time not known").then(of(Role::Quiet));
        }
        return match (phase.budget, phase.usually) {
            (Some(budget), _) => Words::of(Role::Quiet, format!("may take {}", short(budget))),
            (None, Some(usual)) => Words::of(Role::Quiet, format!("about {}", short(usual))),
            (None, None) => Words::new(),
        };
    };
    let late = phase.budget.is_some_and(|budget| took > budget);
    let role = if late { Role::Bad } else { Role::Quiet };
    let words = Words::of(if late { Role::Bad } else { Role::Text }, short(took)).then(of(role));
    let Some(budget) = phase.budget.filter(|_| columns >= usize::from(WIDE)) else { return words };
    let share = (took.as_secs_f64() / budget.as_secs_f64().max(1.0)).min(1.0);
    let filled = (share * f64::from(BAR)).round() as usize;
    let [full, empty] = sight.glyphs.meter;
    let ink = if late {
        Role::Bad
    } else if share > 0.8 {
        Role::Warn
    } else {
        Role::RunGoing
    };
    let bar = Words::of(ink, full.repeat(filled)).text(Role::Line, empty.repeat(BAR as usize - filled));
    bar.gap(1).then(words)
}

/// How long a part takes, as far as that is known before.
#[derive(Default)]
struct Times {
    /// What it took in other runs.
    usual: Option<Duration>,
    /// What its document says that it waits.
    held: Option<Duration>,
}

/// Behind the time for which something is held already: for how long it is held, as long as that is not over.
fn of_held(held: Option<Duration>, since: jiff::Timestamp, sight: &Sight<'_>) -> String {
    let left = held.filter(|held| sight.clock.now.since(since) <= *held);
    left.map(|held| format!(" of {}", short(held))).unwrap_or_default()
}

/// How each host of a part stands, where there is room for it; else how many are done.
fn hosts(steps: &[&RunStep], sight: &Sight<'_>, columns: usize, times: &Times, services: bool) -> Words {
    let begun = steps.iter().any(|step| step.state != StepState::Planned);
    if !begun {
        let mut names: Vec<String> =
            steps.iter().map(|step| step.host.to_string()).filter(|host| host != "here").collect();
        names.dedup();
        return match (names.as_slice(), times.usual.or(times.held)) {
            ([], Some(usual)) => Words::of(Role::Quiet, format!("about {}", figure::latency(usual))),
            ([], None) => Words::new(),
            ([only], _) => Words::of(Role::Quiet, only.clone()),
            ([first, rest @ ..], _) => Words::of(Role::Quiet, format!("{first} +{}", rest.len())),
        };
    }
    let now = sight.clock.now.wall;
    let one = |step: &RunStep, named: bool| {
        let words = if named { Words::of(Role::Quiet, format!("{} ", step.host)) } else { Words::new() };
        let words = words.then(runs::step_mark(step.state, sight.glyphs));
        match step.state {
            StepState::Intent | StepState::Started | StepState::Done => match step.at {
                Some(at) => {
                    let words = words.gap(1).piece(Role::RunGoing, Piece::Since(at));
                    words.text(Role::Quiet, of_held(times.held, at, sight))
                }
                None => words,
            },
            StepState::Verified => {
                words.text(Role::Quiet, runs::took(step).map(|took| format!(" {took}")).unwrap_or_default())
            }
            StepState::Failed => match step.exit {
                Some(exit) => words.text(Role::RunBad, format!(" exit {exit}")),
                None => words.text(Role::RunBad, " failed"),
            },
            StepState::Skipped | StepState::Waived | StepState::Unknown => {
                words.text(runs::step_role(step.state), format!(" {}", runs::step_told(step)))
            }
            StepState::Planned => words,
        }
    };
    let mut all = Words::new();
    for (number, step) in steps.iter().enumerate() {
        let named = step.host.as_str() != "here";
        all = all.gap(if number == 0 { 0 } else { 2 }).then(one(step, named));
    }
    if !services && all.width(sight.clock) <= columns / 2 {
        return all;
    }
    let of = |wanted: StepState| steps.iter().filter(|step| step.state == wanted).count();
    let failed = of(StepState::Failed) + of(StepState::Unknown);
    let words = Words::of(Role::Quiet, format!("{} of {}", of(StepState::Verified), steps.len()));
    let words = if failed > 0 { words.text(Role::RunBad, format!(", {failed} not well")) } else { words };
    match span(steps.iter().copied(), now) {
        Some(took) => words.text(Role::Quiet, format!("  {}", short(took))),
        None => words,
    }
}
