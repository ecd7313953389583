//! What a guard has seen, as rows for a screen: of each probe and metric its newest figure, its limits, and how many of
//! its answers failed of those that may.

use crate::domain::Moment;
use crate::domain::course::{Judgement, Measured, Reading, Watching};
use crate::domain::metric::figure;
use crate::domain::probe::Found;
use crate::domain::run::Reason;

/// How one series stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardStand {
    /// It tripped.
    Tripped,
    /// It can't be judged any more.
    Unsure,
    /// Its newest answer was no pass, and it has not come to its limit.
    Wavers,
    /// Nothing was heard yet.
    Waits,
    /// Its newest answer was a pass.
    Good,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardRow {
    /// How it stands.
    pub stand: GuardStand,
    /// Which: `web/errors on db-1`.
    pub name: String,
    /// Its newest figure with its unit; of a probe the word of its answer.
    pub value: String,
    /// When it is good or bad; empty for a probe.
    pub limits: String,
    /// Its counts: `0 of 2 failed`, and where it has any, what proves nothing and what could not be asked.
    pub counts: String,
    /// When it was asked last.
    pub asked: Option<Moment>,
}

/// All of a guard, in the order in which its document names them.
pub fn rows(watching: &Watching) -> Vec<GuardRow> {
    watching.series.iter().map(row).collect()
}

/// The one that a person looks at first: the worst, of equals the first.
pub fn worst(watching: &Watching) -> Option<GuardRow> {
    rows(watching).into_iter().min_by_key(|row| row.stand)
}

fn row(of: &Measured) -> GuardRow {
    let newest = of.last.last();
    let stand = match (&of.judgement, newest.map(|newest| newest.found)) {
        (Judgement::Ends(Reason::GuardFailed, _), _) => GuardStand::Tripped,
        (Judgement::Ends(..), _) => GuardStand::Unsure,
        (Judgement::Holds | Judgement::Passed, None) => GuardStand::Waits,
        (Judgement::Holds | Judgement::Passed, Some(Found::Pass)) => GuardStand::Good,
        (Judgement::Holds | Judgement::Passed, Some(Found::Fail | Found::Inconclusive | Found::Error)) => {
            GuardStand::Wavers
        }
    };
    let value = newest.map_or_else(|| "not asked yet".to_owned(), |newest| value(newest, &of.unit));
    let mut counts = match of.count {
        Some((have, wanted)) => format!("{have} of {wanted} asked, {}", failed(of)),
        None => failed(of),
    };
    if of.inconclusive.0 > 0 {
        counts.push_str(&format!(", {} of {} may prove nothing", of.inconclusive.0, of.inconclusive.1));
    }
    if of.errors.0 > 0 {
        counts.push_str(&format!(", {} of {} errors in a row", of.errors.0, of.errors.1));
    }
    GuardRow { stand, name: of.name.clone(), value, limits: of.limits.clone(), counts, asked: of.asked }
}

fn failed(of: &Measured) -> String {
    let (failed, may) = of.failures;
    match (failed, may) {
        (0, 0) => "none may fail".to_owned(),
        (failed, 0) => format!("{failed} failed, none may"),
        (failed, may) => format!("{failed} of {may} that may fail"),
    }
}

/// A figure with its unit, or the word of an answer that has none.
fn value(reading: &Reading, unit: &str) -> String {
    let word = match (reading.value, reading.found) {
        (Some(value), _) if unit.is_empty() => return figure(value),
        (Some(value), _) => return format!("{} {unit}", figure(value)),
        (None, Found::Pass) => "pass",
        (None, Found::Fail) => "FAIL",
        (None, Found::Inconclusive) => "no data",
        (None, Found::Error) => "not asked",
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Foreign;

    fn measured(judgement: Judgement, last: &[(Found, Option<f64>)]) -> Measured {
        let count = |wanted| u32::try_from(last.iter().filter(|(found, _)| *found == wanted).count()).unwrap_or(0);
        Measured {
            name: "web/errors".into(),
            unit: "%".into(),
            limits: "good < 1 %".into(),
            judgement,
            passes: count(Found::Pass),
            failures: (count(Found::Fail), 2),
            inconclusive: (count(Found::Inconclusive), 1),
            errors: (0, 4),
            count: None,
            told: Foreign::default(),
            last: last.iter().map(|(found, value)| Reading { found: *found, value: *value }).collect(),
            asked: None,
        }
    }

    #[test]
    fn a_row_tells_figure_limit_and_count_and_the_worst_is_first() {
        let fine = measured(Judgement::Holds, &[(Found::Fail, Some(3.0)), (Found::Pass, Some(0.25))]);
        let row = super::row(&fine);
        assert_eq!(
            (row.stand, row.value.as_str(), row.counts.as_str()),
            (GuardStand::Good, "0.25 %", "1 of 2 that may fail")
        );
        let unheard = measured(Judgement::Holds, &[]);
        assert_eq!(super::row(&unheard).stand, GuardStand::Waits);
        let wavers = measured(Judgement::Holds, &[(Found::Inconclusive, None)]);
        let row = super::row(&wavers);
        assert_eq!((row.stand, row.value.as_str()), (GuardStand::Wavers, "no data"));
        assert!(row.counts.contains("1 of 1 may prove nothing"), "{}", row.counts);
        let ended = measured(Judgement::Ends(Reason::GuardFailed, "3".into()), &[(Found::Fail, Some(9.0))]);
        let watching = Watching { until: Moment::default(), series: vec![fine, ended, wavers] };
        assert_eq!(worst(&watching).map(|row| row.stand), Some(GuardStand::Tripped));
    }
}
