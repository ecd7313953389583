//! What is looked at after a step did not end well: the units that its command names, and the last lines of their logs.

use std::time::Duration;

use crate::domain::procedure::HERE;
use crate::domain::{HostName, Moment, UnitName};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::port::{End, RemoteCommand};
use crate::text::Foreign;

/// How long all of it may take: whoever is to decide waits for it.
const WITHIN: Duration = Duration::from_secs(4);
/// So many units at most.
const UNITS: usize = 3;
/// Words of systemctl behind which units stand.
const VERBS: [&str; 12] = [
    "start",
    "stop",
    "restart",
    "reload",
    "try-restart",
    "reload-or-restart",
    "status",
    "is-active",
    "enable",
    "disable",
    "kill",
    "reset-failed",
];

/// Looks at the units that a command names on its host.
pub(super) async fn look(place: Place, host: HostName, text: &str) -> Vec<(String, Foreign)> {
    if host.as_str() == HERE {
        return Vec::new();
    }
    let until = place.clock.now().mono.after(WITHIN);
    let mut looked = Vec::new();
    for unit in units(text).iter().take(UNITS) {
        let unit = unit.as_str();
        let status = ["systemctl", "status", "--no-pager", "--full", "--lines=0", "--", unit];
        looked.extend(ask(&place, &host, until, format!("systemctl status {unit}"), &status).await);
        let log = ["journalctl", "--no-pager", "-q", "-o", "short-iso", "-n", "10", "-u", unit];
        looked.extend(ask(&place, &host, until, format!("last lines of {unit}"), &log).await);
    }
    looked
}

async fn ask(place: &Place, host: &HostName, until: Moment, title: String, argv: &[&str]) -> Option<(String, Foreign)> {
    let command = RemoteCommand::new(argv.iter().copied()).within(WITHIN);
    let output = place.ask(host, command, until).await.ok()?;
    let told = match output.end {
        // systemctl status leaves with 3 for a unit that does not run.
        End::Exited(_) if !output.stdout.is_empty() => output.stdout,
        _ => return None,
    };
    Some((format!("{title} on {host}"), told.into()))
}

/// The units behind `systemctl VERB` and `-u`, as far as they stand there as words.
fn units(text: &str) -> Vec<UnitName> {
    let mut found: Vec<UnitName> = Vec::new();
    let mut add = |word: &str| {
        let word = word.trim_matches(['"', '\'']);
        let word = if word.contains('.') { word.to_owned() } else { format!("{word}.service") };
        if let Some(unit) = UnitName::new(&word)
            && !found.contains(&unit)
        {
            found.push(unit);
        }
    };
    for command in text.split(['\n', ';', '|', '&']) {
        let words: Vec<&str> = command.split_whitespace().collect();
        if let Some(at) = words.iter().position(|word| *word == "systemctl") {
            let mut rest = words.iter().skip(at + 1).filter(|word| !word.starts_with('-'));
            if rest.next().is_some_and(|verb| VERBS.contains(verb)) {
                rest.for_each(|word| add(word));
            }
        }
        if words.contains(&"journalctl") {
            for pair in words.windows(2) {
                if let ["-u" | "--unit", unit] = pair {
                    add(unit);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_where_a_command_names_them() {
        let names = |text: &str| -> Vec<String> { units(text).iter().map(|unit| unit.as_str().to_owned()).collect() };
        assert_eq!(
            names("sudo systemctl restart --no-block pricing 'mail.timer' && journalctl -u api -n 5"),
            ["pricing.service", "mail.timer", "api.service"]
        );
        assert!(names("systemctl daemon-reload; echo systemctl; systemctl restart \"$UNIT\"").is_empty());
    }
}
