//! A metric: a figure of a service, where it comes from, and when it is good or bad. A guard judges it beside probes.

use std::fmt;
use std::time::Duration;

use super::name::ProbeName;
use super::probe::{Found, Vantage};

/// A figure of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, which no probe of the service has.
    pub name: ProbeName,
    /// Where it comes from.
    pub source: Source,
    /// From where it is read.
    pub from: Vantage,
    /// How long one reading may take.
    pub timeout: Duration,
    /// What it is counted in, for people: `%`, `ms`, `a minute`.
    pub unit: String,
    /// It is good when this holds.
    pub pass: Option<Condition>,
    /// It is bad when this holds.
    pub fail: Option<Condition>,
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// What a command prints.
    Command {
        /// Program and arguments.
        argv: Vec<String>,
        /// What of it is the number.
        pick: Pick,
    },
    /// A page in the text format of Prometheus.
    Prometheus {
        /// Its address.
        url: String,
        /// The series whose sum it is.
        series: Series,
        /// How the figure is made of it.
        by: By,
    },
    /// The journal of the service's units.
    Log {
        /// Only lines of this priority or graver, as syslog counts them.
        priority: Option<u8>,
        /// Only lines that match this regular expression.
        pattern: Option<String>,
        /// Whether it is the share of them among all lines, in percent, and not their number a minute.
        share: bool,
    },
}

/// What of a command's output is the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// All of it.
    Whole,
    /// What the group `value` of this regular expression matches, else its first group, else all that matches.
    Match(String),
    /// The word at this place of the last line that has so many, from 1.
    Field(usize),
}

/// Some series of a page: those of a name with these labels, whatever others they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The name.
    pub name: String,
    /// Labels and their values; a value that ends with `*` means all that begin so.
    pub labels: Vec<(String, String)>,
}

/// How a figure is made of series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// It is what they say now.
    Value,
    /// By how much they have grown a second since the last reading.
    Rate,
    /// By how much they have grown since the last reading, in percent of what these have grown.
    Ratio(Series),
}

/// A comparison with a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// How it is compared.
    pub how: Comparator,
    /// With what.
    pub limit: f64,
}

/// How a figure is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Comparator {
    /// All; those that begin like a shorter one before it.
    pub const ALL: [Comparator; 6] = [
        Comparator::AtMost,
        Comparator::AtLeast,
        Comparator::Equal,
        Comparator::Unequal,
        Comparator::Below,
        Comparator::Above,
    ];

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Comparator::Below => "<",
            Comparator::AtMost => "<=",
            Comparator::Above => ">",
            Comparator::AtLeast => ">=",
            Comparator::Equal => "==",
            Comparator::Unequal => "!=",
        }
    }
}

impl Condition {
    /// Reads `< 1`, `>= 99.5 %`: the comparison and the unit behind the number.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn read(text: &str) -> Result<(Self, String), String> {
        let text = text.trim();
        let how = Comparator::ALL.into_iter().find(|how| text.starts_with(how.sign()));
        let how = how.ok_or("it must begin with one of <, <=, >, >=, == and !=")?;
        let rest = text.get(how.sign().len()..).unwrap_or_default().trim();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        let limit = number.parse::<f64>().ok().filter(|limit| limit.is_finite());
        let limit = limit.ok_or("there is no number behind the comparison")?;
        Ok((Self { how, limit }, unit.trim().to_owned()))
    }

    /// Whether it holds.
    pub fn holds(self, value: f64) -> bool {
        match self.how {
            Comparator::Below => value < self.limit,
            Comparator::AtMost => value <= self.limit,
            Comparator::Above => value > self.limit,
            Comparator::AtLeast => value >= self.limit,
            Comparator::Equal => (value - self.limit).abs() < 1e-9,
            Comparator::Unequal => (value - self.limit).abs() >= 1e-9,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.how.sign(), figure(self.limit))
    }
}

/// A number with no more places than say something.
pub fn figure(value: f64) -> String {
    let places = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl Metric {
    /// What a figure means: bad where `fail` holds, else good where `pass` does. With one of them alone the other is its
    /// opposite; with both, what is neither proves nothing. What is no number proves nothing either.
    pub fn judge(&self, value: f64) -> Found {
        if !value.is_finite() {
            return Found::Inconclusive;
        }
        let (pass, fail) = (self.pass.map(|pass| pass.holds(value)), self.fail.map(|fail| fail.holds(value)));
        match (pass, fail) {
            (_, Some(true)) | (Some(false), None) => Found::Fail,
            (Some(true), _) | (None, Some(false)) => Found::Pass,
            (Some(false), Some(false)) | (None, None) => Found::Inconclusive,
        }
    }

    /// Its limits in words: `< 1 %`, `good < 1, bad > 5 %`.
    pub fn limits(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match (self.pass, self.fail) {
            (Some(pass), Some(fail)) => format!("good {pass}, bad {fail}{unit}"),
            (Some(pass), None) => format!("good {pass}{unit}"),
            (None, Some(fail)) => format!("bad {fail}{unit}"),
            (None, None) => "no limit".to_owned(),
        }
    }

    /// A figure with its unit.
    pub fn told(&self, value: f64) -> String {
        let figure = figure(value);
        if self.unit.is_empty() { figure } else { format!("{figure} {}", self.unit) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn metric(pass: Option<&str>, fail: Option<&str>) -> Metric {
        let condition = |text: &str| Condition::read(text).unwrap().0;
        Metric {
            name: ProbeName::new("errors").unwrap(),
            source: Source::Command { argv: vec!["true".into()], pick: Pick::Whole },
            from: Vantage::Here,
            timeout: Duration::from_secs(5),
            unit: "%".into(),
            pass: pass.map(condition),
            fail: fail.map(condition),
        }
    }

    #[test]
    fn a_condition_is_read_with_its_unit() {
        let read = |text: &str| Condition::read(text).map(|(condition, unit)| (condition.to_string(), unit));
        assert_eq!(read("< 1 %").unwrap(), ("< 1".into(), "%".into()));
        assert_eq!(read(">=99.5").unwrap(), (">= 99.5".into(), String::new()));
        assert_eq!(read("<= -3 ms").unwrap(), ("<= -3".into(), "ms".into()));
        assert_eq!(read("!= 0").unwrap(), ("!= 0".into(), String::new()));
        for wrong in ["1", "= 1", "<", "< one", "< 1.2.3", ""] {
            assert!(Condition::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn with_one_condition_the_other_is_its_opposite_and_with_both_neither_proves_nothing() {
        let table = [
            (Some("< 1"), None, 0.5, Found::Pass),
            (Some("< 1"), None, 1.0, Found::Fail),
            (None, Some("> 5"), 5.0, Found::Pass),
            (None, Some("> 5"), 5.1, Found::Fail),
            (Some("< 1"), Some("> 5"), 0.5, Found::Pass),
            (Some("< 1"), Some("> 5"), 3.0, Found::Inconclusive),
            (Some("< 1"), Some("> 5"), 6.0, Found::Fail),
            // Where both hold, the bad news counts.
            (Some("> 0"), Some("> 5"), 6.0, Found::Fail),
            (Some("< 1"), None, f64::NAN, Found::Inconclusive),
            (None, Some("> 5"), f64::INFINITY, Found::Inconclusive),
        ];
        for (pass, fail, value, found) in table {
            assert_eq!(metric(pass, fail).judge(value), found, "{pass:?} {fail:?} {value}");
        }
    }

    #[test]
    fn figures_and_limits_are_told_with_their_unit() {
        let both = metric(Some("< 0.1"), Some("> 1"));
        assert_eq!(both.limits(), "good < 0.1, bad > 1 %");
        assert_eq!(
            (both.told(0.04), both.told(12.345), both.told(1200.0)),
            ("0.04 %".into(), "12.3 %".into(), "1200 %".into())
        );
    }
}
