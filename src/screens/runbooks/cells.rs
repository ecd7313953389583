//! What a row of the list says, column by column.

use jiff::civil::Date;

use crate::domain::run::RunState;
use crate::domain::{Procedure, Run};
use crate::state::procedures::shelf::{Row, Shelf, Unfinished, share};
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Clock, Words, runs};

/// The headings of the columns.
pub const HEADINGS: [&str; 6] = ["KIND", "PROCEDURE", "SERVICES, OR WHY", "REVIEW", "LAST RUN", "AUTO"];

/// The cells of a row, in the order of the headings.
pub fn cells(row: &Row<'_>, shelf: Shelf<'_>, clock: Clock, glyphs: &Glyphs) -> [Words; 6] {
    match row {
        Row::Heading(_) => Default::default(),
        Row::Run(run, how, procedure) => {
            let kind = Words::of(Role::Quiet, Foreign::from(run.kind.as_str()).plain());
            let title = Words::of(Role::Strong, Foreign::from(run.title.as_str()).plain());
            let share = procedure.as_ref().map(|procedure| automated(procedure)).unwrap_or_default();
            [kind, title, standing(run, *how), Words::new(), begun(run, glyphs), share]
        }
        Row::Procedure(procedure, fit) => {
            let about = match fit {
                Some(fit) => Words::new().prose(Role::Warn, &fit.why()),
                None => services(procedure),
            };
            [
                Words::of(Role::Quiet, procedure.header.kind.word()),
                Words::of(Role::Text, procedure.header.title.plain()),
                about,
                review(procedure, clock, glyphs),
                last(shelf.last(&procedure.name), glyphs),
                automated(procedure),
            ]
        }
    }
}

fn standing(run: &Run, how: Unfinished) -> Words {
    let done = run.steps.iter().filter(|step| step.state.is_final()).count();
    let far = format!(" {done}/{}", run.steps.len());
    let (role, word) = match how {
        Unfinished::Here => (Role::RunGoing, "goes on here"),
        Unfinished::Left => (Role::Warn, "left, nobody is at it"),
        Unfinished::Elsewhere => (Role::Warn, "left on another workstation"),
    };
    let words = Words::of(role, word).text(Role::Quiet, far);
    if how == Unfinished::Elsewhere {
        words.text(Role::Quiet, format!(" {}", Foreign::from(run.workstation.as_str()).plain()))
    } else {
        words
    }
}

fn begun(run: &Run, glyphs: &Glyphs) -> Words {
    runs::mark(run.state, glyphs).gap(1).piece(Role::Quiet, Piece::Ago(run.begun))
}

fn services(procedure: &Procedure) -> Words {
    let names: Vec<String> = procedure.header.services.iter().map(ToString::to_string).collect();
    Words::listed(Role::Quiet, &names)
}

/// When it has to be read again; told in whole days once that is over.
pub fn review(procedure: &Procedure, clock: Clock, glyphs: &Glyphs) -> Words {
    let Some(review) = procedure.header.review else { return Words::of(Role::Faint, glyphs.none) };
    match overdue(review, clock) {
        Some(days) => Words::of(Role::Warn, format!("{days}d overdue")),
        None => Words::of(Role::Quiet, review.to_string()),
    }
}

/// For how many days a review is overdue.
pub fn overdue(review: Date, clock: Clock) -> Option<i32> {
    let today = clock.now.wall.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = (today - review).get_days();
    (days > 0).then_some(days)
}

fn last(run: Option<&Run>, glyphs: &Glyphs) -> Words {
    let Some(run) = run else { return Words::of(Role::Faint, "never") };
    let words = runs::mark(run.state, glyphs).gap(1);
    match run.state {
        RunState::Succeeded => words.piece(Role::Quiet, Piece::Ago(run.begun)),
        RunState::Running | RunState::Failed | RunState::Stopped | RunState::Unknown => {
            words.then(runs::word(run.state)).gap(1).piece(Role::Quiet, Piece::Ago(run.begun))
        }
    }
}

fn automated(procedure: &Procedure) -> Words {
    match share(procedure) {
        Some(share) => Words::of(Role::Quiet, format!("{share}%")),
        None => Words::of(Role::Faint, "read"),
    }
}
