//! What `systemctl` of a simulated host answers: properties as text, and the verbs.

use std::time::Duration;

use jiff::Timestamp;
use zbus::Variant;

use super::fleet::Fleet;
use super::machine::Machine;
use super::properties::{self, Properties, UNIT};
use super::shell::exited;
use super::units;
use crate::domain::Verb;
use crate::domain::verb::Signal;
use crate::port::Output;

/// The name of a unit as systemd takes it: without a kind it is a service.
fn whole(name: &&str) -> String {
    if name.is_empty() || name.contains(['.', '*', '?', '[']) { (*name).to_owned() } else { format!("{name}.service") }
}

/// Answers one call on `host`. Verbs come back when their job is done, unless `--no-block` says otherwise.
pub(super) async fn answer(
    fleet: &Fleet,
    host: &str,
    machine: &Machine,
    arguments: &[&str],
    within: Duration,
) -> Output {
    let plain = plain_words(arguments);
    let whole: Vec<String> = plain.iter().skip(1).map(whole).collect();
    let names: Vec<&str> = whole.iter().map(String::as_str).collect();
    let names = names.as_slice();
    let quiet = arguments.contains(&"--quiet") || arguments.contains(&"-q");
    let verb = match plain.first().copied() {
        Some("cat") => {
            let Some(unit) = names.first().and_then(|name| machine.units.get(*name)) else {
                let name = names.first().copied().unwrap_or_default();
                return exited(1, "", &format!("No files found for {name}.\n"));
            };
            return exited(0, &properties::file(unit), "");
        }
        Some("show") => return exited(0, &show(machine, names, arguments), ""),
        Some("is-active") => {
            let states: Vec<&str> =
                names.iter().map(|name| machine.units.get(*name).map_or("inactive", |unit| unit.active)).collect();
            let all = states.iter().all(|state| *state == "active");
            let said = if quiet { String::new() } else { states.join("\n") + "\n" };
            return exited(if all { 0 } else { 3 }, &said, "");
        }
        Some("is-enabled") => {
            let known: Vec<Option<bool>> =
                names.iter().map(|name| machine.units.get(*name).map(|unit| unit.enabled)).collect();
            let words = known.iter().map(|one| match one {
                Some(true) => "enabled",
                Some(false) => "disabled",
                None => "not-found",
            });
            let said = if quiet { String::new() } else { words.collect::<Vec<_>>().join("\n") + "\n" };
            return exited(i32::from(!known.contains(&Some(true))), &said, "");
        }
        Some("is-failed") => {
            let states: Vec<&str> =
                names.iter().map(|name| machine.units.get(*name).map_or("inactive", |unit| unit.active)).collect();
            let said = if quiet { String::new() } else { states.join("\n") + "\n" };
            return exited(i32::from(!states.contains(&"failed")), &said, "");
        }
        Some("list-units") => return exited(0, &units::listed(machine, names, arguments), ""),
        Some("status") => {
            let (left, said) = units::status(machine, names, arguments, fleet.wall());
            return exited(left, &said, if said.is_empty() { "Unit could not be found.\n" } else { "" });
        }
        Some("list-dependencies") => {
            let reverse = arguments.contains(&"--reverse");
            return exited(0, &units::dependencies(machine, names, reverse), "");
        }
        Some("is-system-running") => return exited(0, "running\n", ""),
        Some("kill") => Some(Verb::Kill(signal(arguments))),
        // systemctl scales nothing.
        Some(word) => Verb::of_word(word).filter(|verb| !matches!(verb, Verb::Scale(_))),
        None if arguments.contains(&"--version") => return exited(0, "systemd 252 (252.39-1~deb12u1)\n", ""),
        None => None,
    };
    let Some(verb) = verb else { return exited(1, "", "the drill does not know this verb of systemctl\n") };
    for unit in names {
        if !fleet.order(verb, host, unit).await {
            return exited(5, "", &format!("Failed to {} {unit}: Unit {unit} not found.\n", verb.name()));
        }
    }
    if arguments.contains(&"--no-block") || !matches!(verb, Verb::Start | Verb::Stop | Verb::Restart) {
        return exited(0, "", "");
    }
    let rests = |machine: &Machine, name: &&str| {
        machine.units.get(*name).is_none_or(|unit| !matches!(unit.active, "activating" | "deactivating"))
    };
    let done = fleet.until(host, |machine| names.iter().all(|name| rests(machine, name)));
    let _ = tokio::time::timeout(within, done).await;
    let Some(after) = fleet.machine(host) else { return exited(0, "", "") };
    match names.iter().find(|name| after.units.get(**name).is_some_and(|unit| unit.active == "failed")) {
        Some(name) => exited(1, "", &format!("Job for {name} failed.\nSee \"systemctl status {name}\" for details.\n")),
        None => exited(0, "", ""),
    }
}

/// The words that are no options; everything behind `--` is one.
fn plain_words<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut plain = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "--" => plain.extend(words.by_ref()),
            "-p" | "-s" | "--property" | "--signal" | "-n" | "--lines" | "-o" | "--output" | "-t" | "--type"
            | "--state" => drop(words.next()),
            word if word.starts_with('-') => {}
            word => plain.push(word),
        }
    }
    plain
}

fn signal(arguments: &[&str]) -> Signal {
    let mut words = arguments.iter();
    let mut name = None;
    while let Some(word) = words.next() {
        match *word {
            "-s" | "--signal" => name = words.next().copied(),
            word => name = word.strip_prefix("--signal=").or(name),
        }
    }
    let all = [Signal::Hup, Signal::Int, Signal::Abrt, Signal::Kill, Signal::Usr1, Signal::Usr2, Signal::Term];
    let wanted = name.unwrap_or("SIGTERM");
    all.into_iter()
        .find(|one| one.name() == wanted || one.name().trim_start_matches("SIG") == wanted)
        .unwrap_or(Signal::Term)
}

/// One block of `Name=value` for each unit, empty lines between them.
fn show(machine: &Machine, names: &[&str], arguments: &[&str]) -> String {
    let mut wanted: Vec<&str> = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let list = match *word {
            "-p" | "--property" => words.next().copied(),
            word => word.strip_prefix("--property=").or_else(|| word.strip_prefix("-p")),
        };
        wanted.extend(list.iter().flat_map(|list| list.split(',')));
    }
    let value_only = arguments.contains(&"--value");
    let block = |name: &&str| -> String {
        let all = properties_of(machine, name);
        let shown = all.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name));
        shown
            .map(|(name, value)| {
                let text = text(name, value);
                if value_only { format!("{text}\n") } else { format!("{name}={text}\n") }
            })
            .collect()
    };
    names.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn properties_of(machine: &Machine, name: &str) -> Properties {
    let Some(unit) = machine.units.get(name) else {
        return Properties::from([
            ("Id", name.to_owned().into()),
            ("Description", name.to_owned().into()),
            ("LoadState", "not-found".into()),
            ("ActiveState", "inactive".into()),
            ("SubState", "dead".into()),
        ]);
    };
    let mut all = properties::of(machine, unit, UNIT).unwrap_or_default();
    all.extend(properties::of(machine, unit, properties::own_interface(unit)).unwrap_or_default());
    all
}

/// A property as systemctl prints it in C and in UTC.
fn text(name: &str, value: &Variant<'_>) -> String {
    if name == "InvocationID" {
        let bytes: Vec<u8> = value.try_clone().ok().and_then(|value| value.try_into().ok()).unwrap_or_default();
        return bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    }
    if let Ok(micros) = u64::try_from(value) {
        let moment = name.contains("Timestamp") || name == "NextElapseUSecRealtime" || name == "LastTriggerUSec";
        return match (moment, micros) {
            (true, 0) => String::new(),
            (true, _) => moment_text(micros),
            (false, u64::MAX) => "[not set]".to_owned(),
            (false, _) => micros.to_string(),
        };
    }
    if let Ok(truth) = bool::try_from(value) {
        return if truth { "yes" } else { "no" }.to_owned();
    }
    if let Ok(number) = u32::try_from(value) {
        return number.to_string();
    }
    if let Ok(number) = i32::try_from(value) {
        return number.to_string();
    }
    if let Ok(word) = <&str>::try_from(value) {
        return word.to_owned();
    }
    let words: Vec<String> = value.try_clone().ok().and_then(|value| value.try_into().ok()).unwrap_or_default();
    words.join(" ")
}

fn moment_text(micros: u64) -> String {
    let at = i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
    at.map(|at| at.strftime("%a %Y-%m-%d %H:%M:%S.%6f UTC").to_string()).unwrap_or_default()
}
