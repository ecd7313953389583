//! The command line that prints what the screen shows.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::filter::Filter;
use super::scope::Scope;
use crate::domain::HostName;
use crate::port::log::Since;
use crate::runtimes::shell::shown;
use crate::state::Fleet;

/// `qd logs …` for these lines; with `follows` it goes on with what comes. Where it is not the same, how it differs.
pub fn command_line(
    fleet: &Fleet,
    scope: &Scope,
    (since, until): (Since, Option<Timestamp>),
    filter: &Filter,
    follows: bool,
) -> (String, Option<&'static str>) {
    let environment = &fleet.environment;
    let mut words = Vec::new();
    let mut differs = None;
    let (services, hosts) = subjects(scope, fleet, &mut differs);
    // Of one boot the whole journals would be read, were no service named.
    let services = match since {
        Since::Boot if services.is_empty() && *scope == Scope::Everything => all(fleet, |_| true),
        _ => services,
    };
    words.extend(services);
    words.extend(["-e".to_owned(), environment.name.to_string()]);
    let hosts = filter.host.clone().map_or(hosts, |host| vec![host]);
    hosts.iter().for_each(|host| words.extend(["--host".to_owned(), host.to_string()]));
    match scope {
        Scope::Host(_) => words.push("--whole".to_owned()),
        Scope::Logs(names) => names.iter().for_each(|name| words.extend(["--source".to_owned(), name.to_string()])),
        Scope::Everything | Scope::Tier(_) | Scope::Rows(_) => {}
    }
    let stamp = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S%.fZ").to_string();
    let micros = |at: i64| stamp(Timestamp::from_microsecond(at).unwrap_or_default());
    match (filter.span, since) {
        (Some((from, until)), _) => {
            words.extend(["--since".to_owned(), micros(from), "--until".to_owned(), micros(until)]);
        }
        (None, Since::Newest(lines)) => words.extend(["-n".to_owned(), lines.to_string()]),
        (None, Since::Ago(span)) => words.extend(["--since".to_owned(), format!("{}s", span.as_secs())]),
        (None, Since::At(at)) => words.extend(["--since".to_owned(), stamp(at)]),
        (None, Since::Head) => words.extend(["--since".to_owned(), stamp(Timestamp::UNIX_EPOCH)]),
        (None, Since::Boot) => words.extend(["--boot".to_owned(), "0".to_owned()]),
    }
    if let Some(until) = until.filter(|_| filter.span.is_none()) {
        words.extend(["--until".to_owned(), stamp(until)]);
    }
    // `--level` goes by what the journal says; on the screen a line counts as what it calls itself as well.
    let names = ["emerg", "alert", "crit", "error", "warning", "notice", "info"];
    let level = names.get(usize::from(filter.least)).map(|level| format!("level>={level}"));
    let unit = filter.unit.as_ref().map(|unit| format!("unit=\"{}\"", unit.as_str().replace('\\', "\\\\")));
    let narrow: Vec<String> = level.into_iter().chain(unit).collect();
    let query = match (narrow.join(" "), filter.query.as_ref().map(|query| query.text().to_owned())) {
        (narrow, None) => Some(narrow).filter(|narrow| !narrow.is_empty()),
        (narrow, Some(query)) if narrow.is_empty() => Some(query),
        (narrow, Some(query)) => Some(format!("{narrow} ({query})")),
    };
    match query {
        // What begins like an option is none.
        Some(query) if query.starts_with('-') => words.push(format!("--query={query}")),
        Some(query) => words.extend(["--query".to_owned(), query]),
        None => {}
    }
    if follows && filter.span.is_none() && until.is_none() {
        words.push("-f".to_owned());
    }
    (format!("qd logs {} {}", environment.word.of(&environment.site), shown(&words)), differs)
}

/// The services and the hosts that are named for a scope.
fn subjects(scope: &Scope, fleet: &Fleet, differs: &mut Option<&'static str>) -> (Vec<String>, Vec<HostName>) {
    match scope {
        Scope::Everything | Scope::Logs(_) => (Vec::new(), Vec::new()),
        Scope::Host(host) => (Vec::new(), vec![host.clone()]),
        Scope::Tier(tier) => (all(fleet, |name| name == tier), Vec::new()),
        Scope::Rows(rows) => {
            let services: BTreeSet<String> = rows.iter().map(|row| row.service.to_string()).collect();
            let hosts: BTreeSet<Option<&HostName>> = rows.iter().map(|row| row.host.as_ref()).collect();
            let some: Vec<HostName> = hosts.iter().filter_map(|host| (*host).cloned()).collect();
            // Names of services and of hosts are all that it takes: not which goes with which.
            let exact = rows.iter().all(|row| row.unit.is_none()) || rows.len() == 1;
            if !exact || (services.len() > 1 && some.len() > 1) {
                *differs = Some("it reads all units of these services on these hosts");
            }
            let hosts = if hosts.contains(&None) { Vec::new() } else { some };
            (services.into_iter().collect(), hosts)
        }
    }
}

fn all(fleet: &Fleet, of: impl Fn(&String) -> bool) -> Vec<String> {
    let services = fleet.services.iter().filter(|row| of(&row.service.tier.name));
    services.map(|row| row.service.name.to_string()).collect()
}
