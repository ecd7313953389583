//! The figures of a service: where each comes from and what is good or bad.

use std::time::Duration;

use super::super::address;
use super::super::duration::{Lasting, show};
use super::super::mistake::{Sink, quoted};
use super::super::names;
use super::super::raw::{RawLevel, RawLogFigure, RawMetric, RawService, RawVantage};
use super::super::read::Located;
use super::super::variables::Variables;
use super::probe::argv;
use super::service::Place;
use crate::domain::metric::{By, Condition, Pick, Series, Source};
use crate::domain::probe::Vantage;
use crate::domain::{Metric, Probe, ProbeName, RuntimeKind};
use crate::runtimes::prometheus;

const TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);

/// All figures of a service.
pub fn resolve_all(
    place: &Place<'_>,
    raw: &RawService,
    probes: &[Probe],
    (has_hosts, runtime): (bool, RuntimeKind),
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Vec<Metric> {
    let Some(entries) = &raw.metrics else { return Vec::new() };
    let mut metrics = Vec::new();
    for (name, key, raw) in names::checked(entries, "metric", ProbeName::new, sink) {
        if probes.iter().any(|probe| probe.name == name) {
            let message = format!("{} is the name of a probe of the service already", quoted(&key.value));
            sink.add_hint(&key.span, message, "a guard could not tell them apart: give it another one");
        }
        let (pass, unit) = condition(raw.pass.as_ref(), sink);
        let (fail, other) = condition(raw.fail.as_ref(), sink);
        if raw.pass.is_none() && raw.fail.is_none() && !raw.lost("pass") && !raw.lost("fail") {
            let message = format!("nothing says when the metric {} is good or bad", quoted(&key.value));
            sink.add_hint(&key.span, message, "give it pass = \"< 1\" or fail = \"> 5\", or both");
        }
        if let (Some(fail), false) = (&raw.fail, unit.is_empty() || other.is_empty() || unit == other) {
            sink.add(&fail.span, format!("`pass` counts in {}, `fail` in {}", quoted(&unit), quoted(&other)));
        }
        let Some((source, loopback)) = source(raw, key, variables, sink) else { continue };
        let from = match (&raw.from, &source) {
            (Some(RawVantage::Here), _) => Vantage::Here,
            (Some(RawVantage::Host), _) | (None, Source::Command { .. } | Source::Log { .. }) => Vantage::Host,
            (None, Source::Prometheus { .. }) if loopback => Vantage::Host,
            (None, Source::Prometheus { .. }) => Vantage::Here,
        };
        if let (Source::Log { .. }, Vantage::Here) = (&source, from) {
            sink.add(&key.span, "the journal of a service is on its hosts, so it can't be read from here");
        }
        if matches!(source, Source::Log { .. }) && runtime != RuntimeKind::Systemd {
            let message = format!("the metric {} reads the journal, and the service has no unit", quoted(&key.value));
            sink.add_hint(
                &key.span,
                message,
                "count lines of containers with a command, such as `docker logs --since 1m`",
            );
        }
        if from == Vantage::Host && !has_hosts && !variables.lenient {
            let message = format!("the metric {} is read from the host, and the service has none", quoted(&key.value));
            sink.add_for(&key.span, message, Some("add `hosts`, or say from = \"here\"".to_owned()), place.concerned());
        }
        let unit = match &raw.unit {
            Some(said) => said.value.clone(),
            None => {
                [unit, other].into_iter().find(|unit| !unit.is_empty()).unwrap_or_else(|| usual(&source).to_owned())
            }
        };
        metrics.push(Metric { name, timeout: timeout(raw, sink), source, from, unit, pass, fail });
    }
    metrics
}

/// What a figure of that source is counted in.
fn usual(source: &Source) -> &'static str {
    match source {
        Source::Command { .. } | Source::Prometheus { by: By::Value, .. } => "",
        Source::Prometheus { by: By::Rate, .. } => "a second",
        Source::Prometheus { by: By::Ratio(_), .. } | Source::Log { share: true, .. } => "%",
        Source::Log { share: false, .. } => "a minute",
    }
}

fn timeout(raw: &RawMetric, sink: &mut Sink<'_>) -> Duration {
    let Some(timeout) = &raw.timeout else { return TIMEOUT };
    let Lasting(length) = timeout.value;
    if length.is_zero() || length > LONGEST {
        sink.add(&timeout.span, format!("a reading may take up to {}, this is {}", show(LONGEST), show(length)));
    }
    length
}

fn condition(raw: Option<&Located<String>>, sink: &mut Sink<'_>) -> (Option<Condition>, String) {
    let Some(raw) = raw else { return (None, String::new()) };
    match Condition::read(&raw.value) {
        Ok((condition, unit)) => (Some(condition), unit),
        Err(why) => {
            sink.add_hint(&raw.span, format!("{} is no condition: {why}", quoted(&raw.value)), "write it as \"< 1 %\"");
            (None, String::new())
        }
    }
}

/// Where it comes from, and whether that is the machine itself.
fn source(
    raw: &RawMetric,
    key: &Located<String>,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Option<(Source, bool)> {
    let given = [raw.command.is_some(), raw.prometheus.is_some(), raw.log.is_some()];
    let count = given.iter().filter(|given| **given).count();
    if count != 1 {
        if count > 1 || !["command", "prometheus", "log"].into_iter().any(|key| raw.lost(key)) {
            let message = format!(
                "the metric {} comes from exactly one of `command`, `prometheus` and `log`",
                quoted(&key.value)
            );
            sink.add_hint(&key.span, message, "make a metric of its own for each");
        }
        return None;
    }
    stray(raw, sink);
    if let Some(words) = &raw.command {
        let pick = match (&raw.pattern, &raw.field) {
            (Some(pattern), None) => Pick::Match(regular(pattern, sink)?),
            (None, Some(field)) if (1..=1000).contains(&field.value) => {
                Pick::Field(usize::try_from(field.value).unwrap_or(1))
            }
            (None, Some(field)) => {
                sink.add(&field.span, format!("`field` counts words from 1, this is {}", field.value));
                return None;
            }
            (Some(_), Some(field)) => {
                sink.add(&field.span, "the number is found by `pattern` or by `field`, not by both");
                return None;
            }
            (None, None) => Pick::Whole,
        };
        return Some((Source::Command { argv: argv(words, variables, sink)?, pick }, false));
    }
    if let Some(url) = &raw.prometheus {
        let filled = variables.fill(url, sink)?;
        let loopback = match address::parse(&filled) {
            Ok(parsed) => address::is_loopback(parsed.host),
            Err(refused) => {
                sink.add(&url.span, refused.why);
                return None;
            }
        };
        let Some(wanted) = &raw.series else {
            if !raw.lost("series") {
                sink.add_hint(
                    &url.span,
                    "nothing says which series of the page it is",
                    "give it series = \"name{label=\\\"value\\\"}\"",
                );
            }
            return None;
        };
        let series = series(wanted, sink)?;
        let rate = raw.rate.as_ref().is_some_and(|rate| rate.value);
        let by = match &raw.of {
            Some(of) if rate => {
                sink.add(&of.span, "a figure is a rate or a share (`of`), not both");
                return None;
            }
            Some(of) => By::Ratio(self::series(of, sink)?),
            None if rate => By::Rate,
            None => By::Value,
        };
        return Some((Source::Prometheus { url: filled, series, by }, loopback));
    }
    let pattern = match &raw.pattern {
        Some(pattern) => Some(regular(pattern, sink)?),
        None => None,
    };
    let priority = raw.level.map(|level| match level {
        RawLevel::Critical => 2,
        RawLevel::Error => 3,
        RawLevel::Warning => 4,
        RawLevel::Notice => 5,
    });
    let share = raw.log == Some(RawLogFigure::Share);
    if share && pattern.is_none() && priority.is_none() {
        sink.add_hint(
            &key.span,
            "without `level` or `pattern` the share is always all of it",
            "say which lines are meant",
        );
    }
    Some((Source::Log { priority, pattern, share }, false))
}

/// Keys that mean nothing for what this metric is made of.
fn stray(raw: &RawMetric, sink: &mut Sink<'_>) {
    let mut stray = |meant: bool, key: &str, span: Option<&super::super::source::Span>, what: &str| {
        if let Some(span) = span.filter(|_| !meant) {
            sink.add(span, format!("`{key}` means something only for {what}"));
        }
    };
    let (command, page, log) = (raw.command.is_some(), raw.prometheus.is_some(), raw.log.is_some());
    stray(command || log, "pattern", raw.pattern.as_ref().map(|one| &one.span), "a command or the log");
    stray(command, "field", raw.field.as_ref().map(|one| &one.span), "a command");
    stray(page, "series", raw.series.as_ref().map(|one| &one.span), "a page of Prometheus");
    stray(page, "rate", raw.rate.as_ref().map(|one| &one.span), "a page of Prometheus");
    stray(page, "of", raw.of.as_ref().map(|one| &one.span), "a page of Prometheus");
}

fn regular(pattern: &Located<String>, sink: &mut Sink<'_>) -> Option<String> {
    match regex::Regex::new(&pattern.value) {
        Ok(_) => Some(pattern.value.clone()),
        Err(_) => {
            sink.add(&pattern.span, format!("{} is no regular expression", quoted(&pattern.value)));
            None
        }
    }
}

fn series(text: &Located<String>, sink: &mut Sink<'_>) -> Option<Series> {
    prometheus::selector(&text.value)
        .map_err(|why| sink.add(&text.span, format!("{} names no series: {why}", quoted(&text.value))))
        .ok()
}
