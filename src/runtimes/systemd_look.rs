//! One look at one unit before and after a change: everything that says whether it happened, and nothing that anybody
//! but systemd has worded.

use std::time::Duration;

use jiff::Timestamp;

use super::journal_export::Entry;
use super::systemd::Scope;
use super::systemd_show::{self, Ask};
use crate::domain::UnitName;
use crate::domain::unit::UnitFacts;
use crate::port::RemoteCommand;

/// What a look asks for beyond what watching does.
const MORE: &str = ",Job,ReloadResult,ConditionResult";

/// What one look shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// Everything that watching knows too.
    pub facts: UnitFacts,
    /// Whether a job for it waits or runs.
    pub busy: bool,
    /// How its last reload ended; empty where this systemd does not say.
    pub reload: String,
    /// Whether it did not start because a condition did not hold.
    pub condition_failed: bool,
}

/// The command that looks at these units.
pub fn look(scope: Scope, units: &[UnitName]) -> RemoteCommand {
    let mut command = systemd_show::show(scope, units, Ask::NoFreeText);
    for argument in command.argv.iter_mut().filter(|argument| argument.starts_with("--property=")) {
        argument.push_str(MORE);
    }
    command
}

/// Reads the answer to [`look`] at several units; `None` when it holds not one block for each, with its name.
pub fn parse_all(output: &[u8], units: &[UnitName]) -> Option<Vec<Look>> {
    let text = String::from_utf8_lossy(output);
    let blocks: Vec<&str> = text.trim_matches('\n').split("\n\n").filter(|block| !block.trim().is_empty()).collect();
    if blocks.len() != units.len() {
        return None;
    }
    blocks.into_iter().zip(units).map(|(block, unit)| parse(block.as_bytes(), unit)).collect()
}

/// Reads the answer to [`look`] at one unit; `None` when it holds no unit.
pub fn parse(output: &[u8], unit: &UnitName) -> Option<Look> {
    let (mut rest, mut look) = (Vec::with_capacity(output.len()), Look::default());
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        match text.trim_end().split_once('=') {
            Some(("Job", job)) => look.busy = !matches!(job, "" | "0"),
            Some(("ReloadResult", result)) => look.reload = result.to_owned(),
            Some(("ConditionResult", result)) => look.condition_failed = result == "no",
            Some(_) | None => rest.extend_from_slice(line),
        }
    }
    let units = systemd_show::parse(&rest, std::slice::from_ref(unit)).ok()?;
    let (_, properties) = units.into_iter().next()?;
    look.facts = properties.facts(unit);
    Some(look)
}

/// Asks for the errors of a unit since `at` by the host's clock, or its newest.
pub fn errors_since(scope: Scope, unit: &UnitName, at: Option<Timestamp>) -> RemoteCommand {
    let mut argv: Vec<String> = ["journalctl", "-q", "--no-pager"].map(String::from).into();
    argv.push(match scope {
        Scope::System => format!("--unit={unit}"),
        Scope::User => format!("--user-unit={unit}"),
    });
    argv.push("--priority=3".to_owned());
    argv.extend(at.map(|at| format!("--since=@{}", at.as_second())));
    argv.extend(["--lines=50".to_owned(), "--output=export".to_owned()]);
    let mut command = RemoteCommand::new(argv).within(Duration::from_secs(10));
    command.most = 1 << 20;
    command
}

/// Whether an entry was written by this run of the unit, or by systemd about it, and not before `since`.
pub fn belongs(entry: &Entry, invocation: &str, since: Option<Timestamp>) -> bool {
    const FIELDS: [&str; 4] = ["_SYSTEMD_INVOCATION_ID", "INVOCATION_ID", "USER_INVOCATION_ID", "OBJECT_INVOCATION_ID"];
    let of_it = FIELDS.iter().any(|field| entry.get(field) == Some(invocation.as_bytes()));
    of_it && since.is_none_or(|since| entry.at().is_some_and(|at| at >= since))
}

/// Asks what the host's clock says.
pub fn clock() -> RemoteCommand {
    RemoteCommand::new(["date", "+%s.%N"]).within(Duration::from_secs(5))
}

/// Reads the answer to [`clock`].
pub fn clock_of(output: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(output).ok()?.trim();
    let (seconds, nanos) = text.split_once('.').unwrap_or((text, "0"));
    let micros = nanos.get(..6).and_then(|micros| micros.parse::<i64>().ok()).unwrap_or(0);
    let micros = seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)?;
    Timestamp::from_microsecond(micros).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::unit::Active;

    fn unit() -> UnitName {
        UnitName::new("api.service").unwrap()
    }

    #[test]
    fn a_look_tells_a_job_from_rest() {
        let text = b"Id=api.service\nLoadState=loaded\nActiveState=activating\nSubState=start\nJob=1234\n\
            ReloadResult=success\nConditionResult=yes\nInvocationID=fe270c4f9a6c4e77b46abaaf9bb071c3\nNRestarts=2\n";
        let look = parse(text, &unit()).unwrap();
        assert!(look.busy && !look.condition_failed);
        assert_eq!((look.facts.active, look.facts.restarts), (Active::Activating, 2));
        assert_eq!(look.reload, "success");
        let rests = parse(b"Id=api.service\nActiveState=active\n", &unit()).unwrap();
        assert!(!rests.busy);
        assert_eq!(parse(b"", &unit()), None);
    }

    #[test]
    fn several_units_are_told_apart_by_their_blocks() {
        let units = [unit(), UnitName::new("web.service").unwrap()];
        let text = b"Id=api.service\nActiveState=active\nJob=\n\nId=web.service\nActiveState=activating\nJob=7\n";
        let looks = parse_all(text, &units).unwrap();
        assert_eq!(
            looks.iter().map(|look| (look.facts.active, look.busy)).collect::<Vec<_>>(),
            [(Active::Active, false), (Active::Activating, true),]
        );
        assert_eq!(parse_all(text, &units[..1]), None, "one block too many");
        assert_eq!(parse_all(b"Id=api.service\n", &units), None, "one too few");
    }

    #[test]
    fn only_what_systemd_words_is_asked_for() {
        let argv = look(Scope::System, &[unit()]).argv;
        let list = argv.iter().find(|argument| argument.starts_with("--property=")).unwrap();
        assert!(list.ends_with(MORE) && !list.contains("Description") && !list.contains("StatusText"));
    }

    #[test]
    fn a_clock_is_read_with_its_fraction() {
        assert_eq!(clock_of(b"1795238667.798147123\n").unwrap().as_microsecond(), 1_795_238_667_798_147);
        assert_eq!(clock_of(b"1795238667.%N\n").unwrap().as_second(), 1_795_238_667);
        assert_eq!(clock_of(b"soon"), None);
    }
}
