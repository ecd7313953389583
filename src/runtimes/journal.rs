//! What is asked of a host's journal about one unit, which line of the answer says why it failed, and which units it names.

use std::time::Duration;

use jiff::Timestamp;

use super::journal_export::Entry;
use super::systemd::Scope;
use super::systemd_list::is_template;
use crate::domain::UnitName;
use crate::port::RemoteCommand;
use crate::port::event::LogLine;
use crate::text::Foreign;

/// The fields that are asked for.
const FIELDS: &str = "--output-fields=MESSAGE,PRIORITY,_PID,_SYSTEMD_UNIT,_SYSTEMD_USER_UNIT";
/// How long before a failure its reason may have been written.
const BEFORE: i64 = 600;
/// A priority at or below this one is an error.
pub const ERROR: u8 = 3;

/// Which lines of a unit's log are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The newest errors.
    Errors,
    /// The newest lines of any priority.
    Any,
}

/// Asks for the newest lines of a unit, at most `lines`, and not older than what led to `failed_at`.
/// `fields` is false for a journalctl that does not know `--output-fields` (before 236).
pub fn newest(
    scope: Scope,
    unit: &UnitName,
    want: Want,
    lines: u32,
    failed_at: Option<Timestamp>,
    fields: bool,
) -> RemoteCommand {
    let mut argv: Vec<String> = ["journalctl", "-q", "--no-pager"].map(String::from).into();
    argv.push(match scope {
        Scope::System => format!("--unit={unit}"),
        Scope::User => format!("--user-unit={unit}"),
    });
    if want == Want::Errors {
        argv.push(format!("--priority={ERROR}"));
    }
    if let Some(failed_at) = failed_at {
        argv.push(format!("--since=@{}", failed_at.as_second().saturating_sub(BEFORE).max(0)));
    }
    argv.extend([format!("--lines={lines}"), "--output=export".to_owned()]);
    if fields {
        argv.push(FIELDS.to_owned());
    }
    let mut command = RemoteCommand::new(argv).within(Duration::from_secs(10));
    command.most = 1 << 20;
    command
}

/// The script of [`readable`].
const READABLE: &str = r#"seen=
for f in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do
  [ -r "$f" ] && exit 0
  [ -e "$f" ] && seen=1
done
[ -n "$seen" ] && exit 1
exit 2"#;

/// Asks whether the login may read the journal: [`READABLE_YES`], [`READABLE_NO`] or [`READABLE_NONE`].
pub fn readable() -> RemoteCommand {
    RemoteCommand::new(["/bin/sh", "-c", READABLE]).within(Duration::from_secs(5))
}

/// The journal can be read.
pub const READABLE_YES: i32 = 0;
/// There is a journal, but the login may not read it.
pub const READABLE_NO: i32 = 1;
/// There is no journal.
pub const READABLE_NONE: i32 = 2;

/// The fields in which a journal names units of a manager: those that wrote, and those of which the manager wrote.
pub fn unit_fields(scope: Scope) -> [&'static str; 2] {
    match scope {
        Scope::System => ["_SYSTEMD_UNIT", "UNIT"],
        Scope::User => ["_SYSTEMD_USER_UNIT", "USER_UNIT"],
    }
}

/// Asks for everything that ever stood in a field, as far as the journal goes back: a line for each, in no order.
pub fn values(field: &str) -> RemoteCommand {
    let words = ["nice", "-n", "19", "journalctl", "--quiet", "--no-pager"].map(String::from).into_iter();
    RemoteCommand::new(words.chain([format!("--field={field}")])).within(Duration::from_secs(10))
}

/// The units among the values of a field. Anybody may write a value of his own into some of them: what can't be the name of a
/// unit is passed over, and one that was made up is a name of which nothing is found.
pub fn units_of(values: &[u8]) -> impl Iterator<Item = UnitName> {
    let lines = values.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    lines.filter_map(UnitName::new).filter(|unit| !is_template(unit))
}

/// An entry as a line; `None` for one without a message or a time.
pub fn line(entry: &Entry) -> Option<LogLine> {
    let message = entry.get("MESSAGE")?;
    Some(LogLine {
        at: entry.at()?,
        priority: entry.number("PRIORITY").unwrap_or(6).min(7),
        message: Foreign::from(message),
    })
}

/// Whether the unit's own processes wrote the entry, and not systemd about the unit.
pub fn is_own(entry: &Entry, scope: Scope, unit: &UnitName) -> bool {
    let field = match scope {
        Scope::System => "_SYSTEMD_UNIT",
        Scope::User => "_SYSTEMD_USER_UNIT",
    };
    entry.get(field) == Some(unit.as_str().as_bytes())
}

/// The line that most likely says why: the unit's own newest error, else its own newest line, else the newest
/// error of systemd about it, else the newest of all. Both lists have their newest entry last.
pub fn choose(scope: Scope, unit: &UnitName, errors: &[Entry], any: &[Entry]) -> Option<LogLine> {
    let own = |entries: &[Entry]| entries.iter().rev().filter(|entry| is_own(entry, scope, unit)).find_map(line);
    let newest = |entries: &[Entry]| entries.iter().rev().find_map(line);
    own(errors).or_else(|| own(any)).or_else(|| newest(errors)).or_else(|| newest(any))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::runtimes::journal_export::parse;

    fn unit() -> UnitName {
        UnitName::new("crasher.service").unwrap()
    }

    #[test]
    fn the_units_own_error_comes_first() {
        let entries = parse(include_bytes!("../../tests/fixtures/journal-crasher.export"));
        let errors: Vec<Entry> =
            entries.iter().filter(|entry| entry.number::<u8>("PRIORITY").unwrap() <= ERROR).cloned().collect();
        let line = choose(Scope::System, &unit(), &errors, &entries).unwrap();
        assert_eq!((line.message.raw(), line.priority), (&b"db: connection refused (10.0.0.9:5432)"[..], 3));
        let line = choose(Scope::System, &unit(), &[], &entries).unwrap();
        assert_eq!(line.message.raw(), b"giving up", "its own newest line, not what systemd says about it");
        let systemd: Vec<Entry> =
            entries.iter().filter(|entry| !is_own(entry, Scope::System, &unit())).cloned().collect();
        let line = choose(Scope::System, &unit(), &[], &systemd).unwrap();
        assert_eq!(line.message.raw(), b"crasher.service: Failed with result 'exit-code'.");
        assert_eq!(choose(Scope::System, &unit(), &[], &[]), None);
    }

    #[test]
    fn only_what_can_be_a_unit_is_one() {
        let said =
            b"gen2.service\n\x1b[31mred.service\nno unit\nworker@.service\n\xff.service\n-x.service\nrun-1.scope\n";
        let units: Vec<String> = units_of(said).map(|unit| unit.to_string()).collect();
        assert_eq!(units, ["gen2.service", "run-1.scope"]);
        assert_eq!(values("UNIT").argv, ["nice", "-n", "19", "journalctl", "--quiet", "--no-pager", "--field=UNIT"]);
    }

    #[test]
    fn the_question_is_bounded() {
        let failed_at = Timestamp::from_second(1_795_239_183).unwrap();
        let command = newest(Scope::User, &unit(), Want::Errors, 5, Some(failed_at), true);
        let wanted = [
            "journalctl",
            "-q",
            "--no-pager",
            "--user-unit=crasher.service",
            "--priority=3",
            "--since=@1795238583",
            "--lines=5",
            "--output=export",
            FIELDS,
        ];
        assert_eq!(command.argv, wanted);
        assert!(newest(Scope::System, &unit(), Want::Any, 50, None, false).argv.len() < wanted.len());
    }
}
