//! How a guard judges while something else goes on. The fields and their precedence are those of an analysis of Argo
//! Rollouts: each probe or metric on each host is a series of its own with its own counts; failures, answers that prove
//! nothing and errors are counted apart, and none of them is a pass.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::probe::Found;
use crate::domain::procedure::Guard;
use crate::domain::run::Reason;
use crate::domain::time::Moment;
use crate::text::Foreign;

/// So many readings of a series are kept to be shown.
pub const KEPT: usize = 10;
/// After an error it is asked again after so long, whatever the interval.
pub const AFTER_ERROR: Duration = Duration::from_secs(10);

/// What a guard has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It goes on.
    Holds,
    /// Nothing more is asked: it has passed.
    Passed,
    /// It has tripped, or can't judge any more: why.
    Ends(Reason, String),
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// What was found.
    pub found: Found,
    /// The figure, where it has one.
    pub value: Option<f64>,
}

/// What a guard has seen of one probe or metric on one host by now, for whoever looks on.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Which: `web/errors on db-1`.
    pub name: String,
    /// What its figures are counted in; empty for a probe, and where nothing is said.
    pub unit: String,
    /// When it is good or bad, in words; empty for a probe.
    pub limits: String,
    /// What it alone has come to.
    pub judgement: Judgement,
    /// How many answers passed.
    pub passes: u32,
    /// How many failed, and how many may.
    pub failures: (u32, u32),
    /// How many prove nothing, and how many may.
    pub inconclusive: (u32, u32),
    /// How many in a row could not be asked just now, and how many may.
    pub errors: (u32, u32),
    /// How many answers there are, and how many are wanted; nothing: as many as there is time for.
    pub count: Option<(u32, u32)>,
    /// The newest answer in words.
    pub told: Foreign,
    /// The last answers, the newest at the end.
    pub last: Vec<Reading>,
    /// When it was asked last; nothing before the first time.
    pub asked: Option<Moment>,
}

/// A guard at work.
#[derive(Debug, Clone, PartialEq)]
pub struct Watching {
    /// When its time is over.
    pub until: Moment,
    /// What it has seen.
    pub series: Vec<Measured>,
}

/// The counts of one series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    passes: u32,
    /// In a row.
    passes_in_row: u32,
    failures: u32,
    inconclusive: u32,
    /// In a row.
    errors: u32,
    last: VecDeque<Reading>,
    asked: Option<Moment>,
}

impl Series {
    /// Takes one answer, which was asked for then.
    pub fn take(&mut self, reading: Reading, asked: Moment) {
        match reading.found {
            Found::Pass => {
                self.passes += 1;
                self.passes_in_row += 1;
            }
            Found::Fail => self.failures += 1,
            Found::Inconclusive => self.inconclusive += 1,
            Found::Error => {}
        }
        if matches!(reading.found, Found::Fail | Found::Inconclusive) {
            self.passes_in_row = 0;
        }
        // Any answer that is none of them ends a row of errors; an error neither counts for nor against anything else.
        self.errors = if reading.found == Found::Error { self.errors + 1 } else { 0 };
        self.asked = Some(asked);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(reading);
    }

    /// When it is to be asked next, for a guard that was begun then; nothing once it has come to its end.
    pub fn due(&self, guard: &Guard, begun: Moment) -> Option<Moment> {
        if self.judge(guard) != Judgement::Holds {
            return None;
        }
        let Some(asked) = self.asked else { return Some(begun.after(guard.delay)) };
        let failed = self.last.back().is_some_and(|last| last.found == Found::Error);
        Some(asked.after(if failed { AFTER_ERROR } else { guard.interval }))
    }

    /// What it has come to by now. What failed is overridden by what is inconclusive, and that by errors.
    pub fn judge(&self, guard: &Guard) -> Judgement {
        if self.errors > guard.errors {
            let why =
                format!("could not be asked {} times in a row, more than the {} that may", self.errors, guard.errors);
            return Judgement::Ends(Reason::Inconclusive, why);
        }
        if self.inconclusive > guard.inconclusive {
            let why =
                format!("{} answers prove nothing, more than the {} that may", self.inconclusive, guard.inconclusive);
            return Judgement::Ends(Reason::Inconclusive, why);
        }
        if self.failures > guard.failures {
            let why = format!("{} answers failed, more than the {} that may", self.failures, guard.failures);
            return Judgement::Ends(Reason::GuardFailed, why);
        }
        if guard.count.is_some_and(|count| self.counted() >= count) {
            return if guard.successes > 0 && self.passes_in_row < guard.successes {
                let why =
                    format!("{} answers, and never {} good ones in a row at the end", self.counted(), guard.successes);
                Judgement::Ends(Reason::Inconclusive, why)
            } else {
                Judgement::Passed
            };
        }
        if guard.successes > 0 && self.passes_in_row >= guard.successes {
            return Judgement::Passed;
        }
        Judgement::Holds
    }

    /// What it comes to when the time is over. To be ended early is to have passed, unless nothing was ever good: then
    /// nothing was proven.
    pub fn end(&self, guard: &Guard) -> Judgement {
        match self.judge(guard) {
            Judgement::Holds if self.passes == 0 => {
                Judgement::Ends(Reason::Inconclusive, "has not passed even once".to_owned())
            }
            Judgement::Holds | Judgement::Passed => Judgement::Passed,
            ends @ Judgement::Ends(..) => ends,
        }
    }

    /// Answers that are no errors.
    fn counted(&self) -> u32 {
        self.passes + self.failures + self.inconclusive
    }

    /// What is shown of it while it goes on.
    pub fn measured(&self, guard: &Guard, name: &str, limits: &str, unit: &str, told: Foreign) -> Measured {
        Measured {
            name: name.to_owned(),
            unit: unit.to_owned(),
            limits: limits.to_owned(),
            judgement: self.judge(guard),
            passes: self.passes,
            failures: (self.failures, guard.failures),
            inconclusive: (self.inconclusive, guard.inconclusive),
            errors: (self.errors, guard.errors),
            count: guard.count.map(|count| (self.counted(), count)),
            told,
            last: self.last.iter().copied().collect(),
            asked: self.asked,
        }
    }

    /// The last readings, the newest at the end.
    pub fn last(&self) -> impl Iterator<Item = &Reading> {
        self.last.iter()
    }

    /// The counts in words.
    pub fn words(&self) -> String {
        format!("{} passed, {} failed, {} inconclusive", self.passes, self.failures, self.inconclusive)
    }
}

/// The worst that several series have come to: what tripped before what can't be judged, and that before what holds; they
/// have passed when all have.
pub fn worst<'a>(all: impl IntoIterator<Item = (&'a str, Judgement)>) -> Judgement {
    let (mut ended, mut holds) = (None::<(Reason, String)>, false);
    for (name, judgement) in all {
        match judgement {
            Judgement::Ends(reason, why) => {
                let graver = ended
                    .as_ref()
                    .is_none_or(|(known, _)| *known != Reason::GuardFailed && reason == Reason::GuardFailed);
                if graver {
                    ended = Some((reason, format!("{name}: {why}")));
                }
            }
            Judgement::Holds => holds = true,
            Judgement::Passed => {}
        }
    }
    match ended {
        Some((reason, why)) => Judgement::Ends(reason, why),
        None if holds => Judgement::Holds,
        None => Judgement::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard {
            probes: Vec::new(),
            interval: Duration::from_secs(30),
            delay: Duration::ZERO,
            count: None,
            failures: 0,
            inconclusive: 0,
            errors: 4,
            successes: 0,
        }
    }

    /// `p` passed, `f` failed, `i` inconclusive, `e` error.
    fn series(answers: &str) -> Series {
        let mut series = Series::default();
        for (at, letter) in answers.chars().enumerate() {
            let found = match letter {
                'p' => Found::Pass,
                'f' => Found::Fail,
                'i' => Found::Inconclusive,
                _ => Found::Error,
            };
            series.take(Reading { found, value: None }, Moment(Duration::from_secs(at as u64)));
        }
        series
    }

    fn word(judgement: &Judgement) -> &'static str {
        match judgement {
            Judgement::Holds => "holds",
            Judgement::Passed => "passed",
            Judgement::Ends(Reason::GuardFailed, _) => "failed",
            Judgement::Ends(..) => "inconclusive",
        }
    }

    #[test]
    fn each_rule_has_its_row() {
        let limits = |failures, inconclusive, errors| Guard { failures, inconclusive, errors, ..guard() };
        let with = |count: u32, successes, failures| Guard { count: Some(count), successes, failures, ..guard() };
        let table = [
            // Strictly more than may fail.
            (limits(0, 0, 4), "p", "holds"),
            (limits(0, 0, 4), "f", "failed"),
            (limits(2, 0, 4), "fpf", "holds"),
            (limits(2, 0, 4), "fpfpf", "failed"),
            (limits(0, 1, 4), "pi", "holds"),
            (limits(0, 1, 4), "pipi", "inconclusive"),
            // Errors count in a row only; any other answer begins anew, whatever it is.
            (limits(0, 0, 4), "eeee", "holds"),
            (limits(0, 0, 4), "eeeee", "inconclusive"),
            (limits(0, 0, 4), "eeeepeeee", "holds"),
            (limits(9, 0, 1), "efee", "inconclusive"),
            (limits(9, 0, 1), "efefe", "holds"),
            // What failed is overridden by what is inconclusive, and that by errors.
            (limits(0, 0, 4), "fi", "inconclusive"),
            (limits(0, 0, 0), "fe", "inconclusive"),
            // So many readings and no more; errors are none of them.
            (with(3, 0, 0), "pp", "holds"),
            (with(3, 0, 0), "ppp", "passed"),
            (with(3, 0, 0), "peeep", "holds"),
            (with(3, 0, 1), "pfp", "passed"),
            (with(3, 0, 0), "ppf", "failed"),
            // Good in a row: passed early, and an error between them changes nothing.
            (Guard { successes: 3, failures: 9, ..guard() }, "fppp", "passed"),
            (Guard { successes: 3, failures: 9, ..guard() }, "ppfpp", "holds"),
            (Guard { successes: 3, ..guard() }, "ppep", "passed"),
            // Neither limit reached when the readings are over: it is not known.
            (with(4, 3, 9), "ppfp", "inconclusive"),
            (with(4, 3, 9), "fppp", "passed"),
            (with(4, 3, 0), "ppfp", "failed"),
        ];
        for (guard, answers, wanted) in table {
            assert_eq!(word(&series(answers).judge(&guard)), wanted, "{answers} {guard:?}");
        }
    }

    #[test]
    fn to_be_ended_early_is_to_have_passed_unless_nothing_was_ever_good() {
        let some = Guard { failures: 5, inconclusive: 5, count: Some(20), successes: 9, ..guard() };
        for (answers, wanted) in
            [("p", "passed"), ("pfi", "passed"), ("", "inconclusive"), ("ee", "inconclusive"), ("fi", "inconclusive")]
        {
            assert_eq!(word(&series(answers).end(&some)), wanted, "{answers}");
        }
        assert_eq!(word(&series("pf").end(&guard())), "failed", "the limit stays broken");
    }

    #[test]
    fn it_is_asked_after_its_delay_then_every_interval_and_sooner_after_an_error() {
        let guard = Guard { delay: Duration::from_secs(60), ..guard() };
        let at = |seconds| Moment(Duration::from_secs(seconds));
        assert_eq!(Series::default().due(&guard, at(100)), Some(at(160)));
        assert_eq!(series("p").due(&guard, at(0)), Some(at(30)));
        assert_eq!(series("pe").due(&guard, at(0)), Some(at(11)), "ten seconds after the error");
        let often = Guard { interval: Duration::from_secs(5), ..guard.clone() };
        assert_eq!(series("pe").due(&often, at(0)), Some(at(11)), "whatever the interval");
        assert_eq!(series("f").due(&guard, at(0)), None, "it has tripped");
    }

    #[test]
    fn the_last_ten_readings_are_kept() {
        let series = series("fpppppppppppi");
        assert_eq!(series.last().count(), KEPT);
        assert_eq!(series.last().last().map(|last| last.found), Some(Found::Inconclusive));
        assert_eq!(series.words(), "11 passed, 1 failed, 1 inconclusive");
    }

    #[test]
    fn of_several_the_worst_counts() {
        let ends = |reason, why: &str| Judgement::Ends(reason, why.to_owned());
        let all = |all: &[(&'static str, Judgement)]| worst(all.iter().cloned());
        assert_eq!(all(&[("a", Judgement::Passed), ("b", Judgement::Holds)]), Judgement::Holds);
        assert_eq!(all(&[("a", Judgement::Passed), ("b", Judgement::Passed)]), Judgement::Passed);
        let tripped = ("a", ends(Reason::GuardFailed, "2 failed"));
        assert_eq!(all(&[tripped.clone(), ("b", Judgement::Holds)]), ends(Reason::GuardFailed, "a: 2 failed"));
        let unknown = ("b", ends(Reason::Inconclusive, "no answer"));
        assert_eq!(all(&[unknown.clone(), tripped]), ends(Reason::GuardFailed, "a: 2 failed"));
        assert_eq!(all(&[unknown, ("c", Judgement::Passed)]), ends(Reason::Inconclusive, "b: no answer"));
    }
}
