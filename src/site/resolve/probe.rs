//! One probe: what it asks, from where, how often, and the limits that make sense.

use std::time::Duration;

use super::super::address;
use super::super::duration::{Lasting, show};
use super::super::mistake::{Sink, quoted};
use super::super::names;
use super::super::raw::{RawMethod, RawProbe, RawProbeDefaults, RawService, RawVantage};
use super::super::read::{Located, Several};
use super::super::source::Span;
use super::super::variables::Variables;
use super::service::Place;
use crate::domain::probe::{Ask, FieldRule, HttpAsk, Method, Must, Scalar, Vantage};
use crate::domain::{Probe, ProbeName};

const INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);
const RISE: u32 = 2;
const FALL: u32 = 3;
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(86_400);
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);
const MOST_COUNT: i64 = 100;
const MOST_DAYS: i64 = 3650;
const MOST_ARGUMENTS: usize = 256;

/// All probes of a service.
pub fn resolve_all(
    place: &Place<'_>,
    raw: &RawService,
    has_hosts: bool,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Vec<Probe> {
    let Some(entries) = &raw.probes else { return Vec::new() };
    let defaults = place.scope.raw.defaults.as_ref().and_then(|defaults| defaults.probe.as_ref());
    let mut probes = Vec::new();
    for (name, key, raw) in names::checked(entries, "probe", ProbeName::new, sink) {
        let raw = match defaults {
            Some(defaults) => with_defaults(raw, defaults),
            None => raw.clone(),
        };
        let timing = timing(&raw, sink);
        let (rise, fall) = (count(raw.rise.as_ref(), "rise", RISE, sink), count(raw.fall.as_ref(), "fall", FALL, sink));
        let ask = ask(&raw, key, variables, timing.1, sink);
        let Some((ask, loopback)) = ask else { continue };
        let from = vantage(&raw, &ask, loopback);
        if from == Vantage::Host && !has_hosts && !variables.lenient {
            let message = format!("the probe {} is asked from the host, and the service has none", quoted(&key.value));
            sink.add_for(&key.span, message, Some("add `hosts`, or say from = \"here\"".to_owned()), place.concerned());
        }
        probes.push(Probe { name, ask, from, interval: timing.0, timeout: timing.1, rise, fall });
    }
    probes
}

fn with_defaults(raw: &RawProbe, defaults: &RawProbeDefaults) -> RawProbe {
    let RawProbeDefaults { lost, interval, timeout, rise, fall, .. } = defaults.clone();
    RawProbe::layered(raw.clone(), RawProbe { lost, interval, timeout, rise, fall, ..RawProbe::default() })
}

/// Interval and timeout. A timeout that nobody gave never is the mistake.
fn timing(raw: &RawProbe, sink: &mut Sink<'_>) -> (Duration, Duration) {
    let mut good = true;
    let interval = raw.interval.as_ref().map_or(INTERVAL, |interval| {
        let Lasting(length) = interval.value;
        if length < SHORTEST_INTERVAL || length > LONGEST_INTERVAL {
            good = false;
            sink.add(&interval.span, format!("an interval is 1s to 1d, this is {}", show(length)));
        }
        length
    });
    let Some(timeout) = &raw.timeout else { return (interval, TIMEOUT.min(interval / 2)) };
    let Lasting(length) = timeout.value;
    if length < SHORTEST_TIMEOUT {
        sink.add(&timeout.span, format!("a timeout is 100ms at least, this is {}", show(length)));
    } else if good && length >= interval {
        let message = format!("a timeout ({}) must be shorter than the interval ({})", show(length), show(interval));
        sink.add(&timeout.span, message);
    }
    (interval, length)
}

fn count(value: Option<&Located<i64>>, what: &str, otherwise: u32, sink: &mut Sink<'_>) -> u32 {
    let Some(value) = value else { return otherwise };
    if !(1..=MOST_COUNT).contains(&value.value) {
        sink.add(&value.span, format!("`{what}` is 1 to {MOST_COUNT}, this is {}", value.value));
    }
    u32::try_from(value.value).unwrap_or(otherwise)
}

fn vantage(raw: &RawProbe, ask: &Ask, loopback: bool) -> Vantage {
    match (raw.from, ask) {
        (Some(RawVantage::Here), _) => Vantage::Here,
        (Some(RawVantage::Host), _) | (None, Ask::Command { .. }) => Vantage::Host,
        (None, Ask::Http(_) | Ask::Tcp { .. }) if loopback => Vantage::Host,
        (None, Ask::Http(_) | Ask::Tcp { .. }) => Vantage::Here,
    }
}

/// What is asked, and whether it is asked of the machine itself.
fn ask(
    raw: &RawProbe,
    key: &Located<String>,
    variables: &Variables,
    timeout: Duration,
    sink: &mut Sink<'_>,
) -> Option<(Ask, bool)> {
    let kinds = [
        raw.http.as_ref().map(|http| &http.span),
        raw.tcp.as_ref().map(|tcp| &tcp.span),
        raw.command.as_ref().map(|command| &command.span),
    ];
    let mut given = kinds.into_iter().flatten();
    let Some(_) = given.next() else {
        if !raw.lost("http") && !raw.lost("tcp") && !raw.lost("command") {
            let message = format!("the probe {} asks nothing", quoted(&key.value));
            sink.add_hint(&key.span, message, "give it one of `http`, `tcp` and `command`");
        }
        return None;
    };
    if let Some(second) = given.next() {
        let message = "a probe asks one thing: give it one of `http`, `tcp` and `command`";
        sink.add_hint(second, message, "make a probe of its own for each");
        return None;
    }
    stray_keys(raw, sink);
    if let Some(url) = &raw.http {
        return http(raw, url, variables, timeout, sink);
    }
    if let Some(word) = &raw.tcp {
        let filled = variables.fill(word, sink)?;
        return match address::parse_tcp(&filled) {
            Ok((host, port)) => Some((Ask::Tcp { host: host.to_owned(), port }, address::is_loopback(host))),
            Err(refused) => refuse(word, refused, variables, sink),
        };
    }
    let argv = argv(raw.command.as_ref()?, variables, sink)?;
    Some((Ask::Command { argv, exits: exits(raw.exits.as_ref(), sink) }, false))
}

/// Keys that mean nothing for what this probe asks.
fn stray_keys(raw: &RawProbe, sink: &mut Sink<'_>) {
    if raw.http.is_none() {
        let spans: [(&str, Option<Span>); 5] = [
            ("status", raw.status.as_ref().and_then(|status| status.0.first()).map(|status| status.span.clone())),
            ("json", raw.json.as_ref().and_then(|json| json.0.first()).map(|(span, _)| span.clone())),
            ("latency", raw.latency.as_ref().map(|latency| latency.span.clone())),
            ("certificate_days", raw.certificate_days.as_ref().map(|days| days.span.clone())),
            ("insecure", raw.insecure.as_ref().map(|insecure| insecure.span.clone())),
        ];
        for (key, span) in spans {
            if let Some(span) = span {
                sink.add(&span, format!("`{key}` means something only for an http probe"));
            }
        }
    }
    if raw.command.is_none()
        && let Some(exit) = raw.exits.as_ref().and_then(|exits| exits.0.first())
    {
        sink.add(&exit.span, "`exits` means something only for a command");
    }
}

fn http(
    raw: &RawProbe,
    url: &Located<String>,
    variables: &Variables,
    timeout: Duration,
    sink: &mut Sink<'_>,
) -> Option<(Ask, bool)> {
    let latency = raw.latency.as_ref();
    if let Some(limit) = latency.filter(|limit| limit.value.0.is_zero() || limit.value.0 >= timeout) {
        let message = format!(
            "a latency limit lies between 0 and the timeout ({}), this is {}",
            show(timeout),
            show(limit.value.0)
        );
        sink.add(&limit.span, message);
    }
    let method = match raw.method {
        None | Some(RawMethod::Get) => Method::Get,
        Some(RawMethod::Head) => Method::Head,
    };
    if let Some((span, _)) = raw.json.as_ref().and_then(|json| json.0.first()).filter(|_| method == Method::Head) {
        sink.add(span, "the answer to HEAD has no body that `json` could look at");
    }
    let days = certificate_days(raw.certificate_days.as_ref(), sink);
    let fields = fields(raw, variables, sink);
    let filled = variables.fill(url, sink)?;
    let parsed = match address::parse(&filled) {
        Ok(parsed) => parsed,
        Err(refused) => return refuse(url, refused, variables, sink),
    };
    if !parsed.secure {
        let tls_only = [raw.certificate_days.as_ref().map(|d| &d.span), raw.insecure.as_ref().map(|i| &i.span)];
        for span in tls_only.into_iter().flatten() {
            sink.add(span, "this means something only for an https address");
        }
    }
    let status = raw.status.as_ref().map_or_else(
        || vec![(200, 299)],
        |status| status.0.iter().map(|range| (range.value.0, range.value.1)).collect(),
    );
    if status.is_empty() {
        sink.add(&url.span, "with an empty list of statuses this probe can never pass");
    }
    let loopback = address::is_loopback(parsed.host);
    let ask = HttpAsk {
        method,
        url: filled,
        status,
        fields,
        slower: latency.map(|limit| limit.value.0),
        certificate_days: days,
        insecure: raw.insecure.as_ref().is_some_and(|insecure| insecure.value),
    };
    Some((Ask::Http(ask), loopback))
}

fn certificate_days(value: Option<&Located<i64>>, sink: &mut Sink<'_>) -> Option<u32> {
    let value = value?;
    if !(1..=MOST_DAYS).contains(&value.value) {
        sink.add(&value.span, format!("`certificate_days` is 1 to {MOST_DAYS}, this is {}", value.value));
    }
    u32::try_from(value.value).ok()
}

/// The rules with variables put into their texts.
fn fields(raw: &RawProbe, variables: &Variables, sink: &mut Sink<'_>) -> Vec<FieldRule> {
    let mut fields = Vec::new();
    for (span, rule) in raw.json.iter().flat_map(|rules| &rules.0) {
        let mut fill = |scalar: &Scalar| match scalar {
            Scalar::Text(text) => {
                let located = Located { value: text.clone(), span: span.clone() };
                variables.fill(&located, sink).map(Scalar::Text)
            }
            Scalar::Number(_) | Scalar::Bool(_) => Some(scalar.clone()),
        };
        let must = match &rule.must {
            Must::Equal(scalar) => fill(scalar).map(Must::Equal),
            Must::OneOf(scalars) => scalars.iter().map(&mut fill).collect::<Option<Vec<_>>>().map(Must::OneOf),
            Must::AtMost(_) | Must::AtLeast(_) | Must::Exist => Some(rule.must.clone()),
        };
        fields.extend(must.map(|must| FieldRule { path: rule.path.clone(), must }));
    }
    fields
}

fn exits(values: Option<&Several<i64>>, sink: &mut Sink<'_>) -> Vec<i32> {
    let Some(values) = values else { return vec![0] };
    let mut exits = Vec::new();
    for value in &values.0 {
        if (0..=255).contains(&value.value) {
            exits.extend(i32::try_from(value.value));
        } else {
            sink.add(&value.span, format!("an exit status is 0 to 255, this is {}", value.value));
        }
    }
    exits
}

/// Program and arguments with variables put in: each stays one argument, whatever is in it.
pub fn argv(words: &Located<Vec<Located<String>>>, variables: &Variables, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let Some(program) = words.value.first() else {
        sink.add(&words.span, "a command needs a program");
        return None;
    };
    if words.value.len() > MOST_ARGUMENTS {
        sink.add(&words.span, format!("a command has at most {MOST_ARGUMENTS} arguments"));
        return None;
    }
    if program.value.trim().is_empty() || program.value.starts_with('-') {
        sink.add(&program.span, format!("{} can't be a program", quoted(&program.value)));
    } else if program.value.contains(' ') && words.value.len() == 1 {
        let split: Vec<String> = program.value.split_whitespace().map(|word| format!("\"{word}\"")).collect();
        let message = format!("there can't be a program {}", quoted(&program.value));
        let hint = format!("no shell reads it: write each argument by itself, [{}]", split.join(", "));
        sink.add_hint(&program.span, message, crate::text::Foreign::from(hint).plain());
    }
    let filled: Vec<Option<String>> = words.value.iter().map(|word| variables.fill(word, sink)).collect();
    filled.into_iter().collect()
}

fn refuse<T>(
    word: &Located<String>,
    refused: address::Refused,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Option<T> {
    let concerned = if word.value.contains("${") { variables.concerned.clone() } else { String::new() };
    sink.add_for(&word.span, refused.why, refused.hint.map(str::to_owned), concerned);
    None
}
