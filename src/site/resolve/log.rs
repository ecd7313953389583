//! Logs that a site has names for, as they are in one environment.

use super::super::mistake::{Sink, quoted};
use super::super::names;
use super::super::raw::{RawEnvironment, RawLog, RawService};
use super::super::read::Located;
use super::super::units;
use super::super::variables::Variables;
use super::service::{Place, check_environments, pick};
use super::{Scope, probe};
use crate::domain::log_source::{ContainerLog, ContainerName, JournalMatch, LogCommand, LogPath};
use crate::domain::service::UnitPattern;
use crate::domain::site_log::SiteLog;
use crate::domain::{Environment, HostName, LogName, LogSource};
use crate::text::Foreign;

/// Logs of a site at most: each is a reader on its hosts.
const MOST: usize = 100;

/// The logs of an environment whose hosts and services are known.
pub fn resolve_all(
    scope: &Scope<'_>,
    environment: &Environment,
    raw: &RawEnvironment,
    sink: &mut Sink<'_>,
) -> Vec<SiteLog> {
    let Some(entries) = &scope.raw.logs else { return Vec::new() };
    let checked = names::checked(entries, "log", LogName::new, sink);
    if let Some((_, last, _)) = checked.last().filter(|_| checked.len() > MOST) {
        sink.add(&last.span, format!("a site has at most {MOST} logs, this one has {}", checked.len()));
    }
    let mut logs = Vec::new();
    for (name, key, log) in checked.into_iter().take(MOST) {
        if let Some(list) = &log.environments {
            check_environments(scope, list, sink);
        }
        let is_part = |list: &super::super::read::Several<String>| {
            list.0.iter().any(|word| word.value == environment.name.as_str())
        };
        if log.environments.as_ref().is_none_or(is_part) {
            logs.extend(resolve(scope, (environment, raw), (name, key, log), sink));
        }
    }
    logs
}

fn resolve(
    scope: &Scope<'_>,
    (environment, raw_environment): (&Environment, &RawEnvironment),
    (name, key, raw): (LogName, &Located<String>, &RawLog),
    sink: &mut Sink<'_>,
) -> Option<SiteLog> {
    let mut variables = Variables::new(environment.name.to_string());
    variables.lenient = raw_environment.lost("variables");
    variables.set_all(raw_environment.variables.as_ref());
    variables.set("site", scope.site.as_str());
    variables.set("environment", environment.name.as_str());
    let source = source(&name, key, raw, &variables, sink);
    let is_placed = raw.hosts.is_some() || raw.lost("hosts");
    let hosts: Vec<HostName> = match &raw.hosts {
        Some(words) => pick(words, environment, raw_environment, sink),
        None => {
            let services = environment.services.iter().filter(|service| service.logs.contains(&name));
            let of_services: Vec<&HostName> = services.flat_map(|service| &service.hosts).collect();
            let hosts = environment.hosts.iter().map(|host| &host.name);
            hosts.filter(|host| of_services.contains(host)).cloned().collect()
        }
    };
    if hosts.is_empty() && !raw.lost("hosts") && raw.hosts.as_ref().is_none_or(|words| words.0.is_empty()) {
        let message = format!("the log {} does not say on which hosts it is read", quoted(name.as_str()));
        let hint = "add `hosts`, or name it in the `logs` of a service that has hosts";
        let concerned = format!("in {}", environment.name);
        sink.add_for(&key.span, message, Some(hint.to_owned()), concerned);
    }
    let title = raw.title.as_ref().map(|title| Foreign::from(title.value.as_str())).unwrap_or_default();
    Some(SiteLog { name, title, source: source?, hosts, is_placed })
}

fn source(
    name: &LogName,
    key: &Located<String>,
    raw: &RawLog,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Option<LogSource> {
    let told = [
        raw.command.as_ref().map(|word| ("command", &word.span)),
        raw.file.as_ref().map(|word| ("file", &word.span)),
        raw.container.as_ref().map(|word| ("container", &word.span)),
        raw.unit.as_ref().map(|word| ("unit", &word.span)),
    ];
    let told: Vec<_> = told.into_iter().flatten().collect();
    let lost = ["command", "file", "container", "unit"].iter().any(|key| raw.lost(key));
    match told.as_slice() {
        [] if lost => return None,
        [] => {
            let message = format!("the log {} does not say what is read", quoted(name.as_str()));
            sink.add_hint(&key.span, message, "add one of `command`, `file`, `container` and `unit`");
            return None;
        }
        [_] => {}
        [(first, _), (second, span), ..] => {
            let message = format!("a log is read from one thing: this one has `{first}` and `{second}`");
            sink.add_hint(span, message, "make two logs of it, each with a name of its own");
            return None;
        }
    }
    if let Some(words) = &raw.command {
        let argv = probe::argv(words, variables, sink)?;
        return Some(LogSource::Command(LogCommand { name: name.to_string(), argv }));
    }
    if let Some(word) = &raw.file {
        let path = LogPath::new(&variables.fill(word, sink)?);
        if path.is_none() {
            sink.add(&word.span, format!("{} is no path of a file from the root", quoted(&word.value)));
        }
        return path.map(LogSource::File);
    }
    if let Some(word) = &raw.container {
        let container = ContainerName::new(&variables.fill(word, sink)?);
        if container.is_none() {
            let message = format!("{} is no name of a container", quoted(&word.value));
            sink.add_hint(&word.span, message, "a container has a name of letters, digits, `_`, `.` and `-`");
        }
        return container.map(|name| LogSource::Container(ContainerLog::Named(name)));
    }
    let word = raw.unit.as_ref()?;
    let filled = Located { value: variables.fill(word, sink)?, span: word.span.clone() };
    match units::read(&filled, &word.span, sink)? {
        UnitPattern::Exact(unit) => Some(LogSource::Journal(JournalMatch::units([unit]))),
        UnitPattern::Glob(_) => {
            sink.add_hint(&word.span, "a log names one unit", "make a service of units that match a pattern");
            None
        }
    }
}

/// The logs that a service names.
pub fn named(place: &Place<'_>, raw: &RawService, sink: &mut Sink<'_>) -> Vec<LogName> {
    let mut logs: Vec<LogName> = Vec::new();
    for word in raw.logs.iter().flat_map(|words| &words.0) {
        let known = place.scope.raw.logs.iter().flat_map(|entries| entries.names());
        if !known.clone().any(|name| name == word.value) {
            if !place.scope.raw.lost("logs") {
                let message = format!("there is no log {}", quoted(&word.value));
                sink.unknown(&word.span, message, &word.value, known);
            }
            continue;
        }
        let Ok(name) = LogName::new(&word.value) else { continue };
        if logs.contains(&name) {
            sink.warn(&word.span, format!("{} is there twice", quoted(&word.value)), None);
        } else {
            logs.push(name);
        }
    }
    logs
}
