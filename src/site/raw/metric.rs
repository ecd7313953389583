//! Figures of a service, as they are written.

use crate::site::duration::Lasting;
use crate::site::raw::RawVantage;
use crate::site::read::{Layer, Located, table, words};

table! {
    /// One figure of a service: exactly one of `command`, `prometheus` and `log`, and `pass`, `fail` or both.
    RawMetric as "a metric" {
        /// Program and arguments that print a number.
        command: Located<Vec<Located<String>>>,
        /// Address of a page in the text format of Prometheus.
        prometheus: Located<String>,
        /// What of the journal of its units it is.
        log: RawLogFigure,
        /// For a command: the regular expression that finds the number, in its group `value`, else its first. For the log: only
        /// lines that match.
        pattern: Located<String>,
        /// For a command: the number is this word of the last line that has so many, from 1.
        field: Located<i64>,
        /// For Prometheus: the series whose sum it is, such as `http_requests_total{code="5*"}`.
        series: Located<String>,
        /// For Prometheus: how much the series have grown a second since the last reading, and not what they say.
        rate: Located<bool>,
        /// For Prometheus: how much the series have grown since the last reading, in percent of what these have grown.
        of: Located<String>,
        /// For the log: only lines of this level or graver, such as `"error"`.
        level: RawLevel,
        /// From where it is read; the host when the address is `localhost`, for a command and for the log, else here.
        from: RawVantage,
        /// Deadline of one reading.
        timeout: Located<Lasting>,
        /// What it is counted in, for people.
        unit: Located<String>,
        /// When it is good, such as `"< 1 %"`.
        pass: Located<String>,
        /// When it is bad, such as `"> 5 %"`.
        fail: Located<String>,
    }
}

words! {
    /// What of a journal a figure is.
    RawLogFigure as "figure of a log" {
        /// Lines a minute.
        Rate = "rate",
        /// The share of those lines among all, in percent.
        Share = "share",
    }
}

words! {
    /// How grave a line is.
    RawLevel as "level" {
        /// Priority 2 and graver.
        Critical = "critical",
        /// Priority 3 and graver.
        Error = "error",
        /// Priority 4 and graver.
        Warning = "warning",
        /// Priority 5 and graver.
        Notice = "notice",
    }
}

impl Layer for RawMetric {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
