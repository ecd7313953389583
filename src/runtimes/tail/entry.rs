//! An entry of the export format as a row of a log, and what journald says in it about lost lines.

use jiff::Timestamp;

use super::names::Names;
use super::note::{DROPPED, MISSED, STARTED, STOPPED};
use crate::domain::UnitName;
use crate::port::log::{Cursor, LogEntry, LossKind};
use crate::runtimes::journal_export::Entry;
use crate::text::Foreign;

/// Priority of an entry that names none.
const USUAL: u8 = 6;

/// What journald itself says in an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// It threw lines away.
    Lost(LossKind, Option<u64>),
    /// It ended in good order.
    Stopped,
    /// It began.
    Started,
}

/// The entry as a row; `None` when it names no place or time, which journalctl never leaves out. `names` are those of the
/// rows before.
pub fn row(entry: &Entry, names: &mut Names) -> Option<LogEntry> {
    let cursor = Cursor::new(text(entry, "__CURSOR")?)?;
    let boot = u128::from_str_radix(text(entry, "_BOOT_ID")?, 16).ok()?;
    let message = entry.get_all("MESSAGE");
    Some(LogEntry {
        cursor,
        at: entry.at()?,
        monotonic: entry.number("__MONOTONIC_TIMESTAMP")?,
        boot,
        priority: entry.number("PRIORITY").filter(|priority| *priority <= 7).unwrap_or(USUAL),
        unit: unit(entry, names),
        identifier: names.identifier(entry.get("SYSLOG_IDENTIFIER").or_else(|| entry.get("_COMM")).unwrap_or_default()),
        pid: entry.number("_PID").unwrap_or(0),
        message: Foreign::from(message.value),
        cut: message.cut,
    })
}

/// The unit that an entry is about: what systemd, or root, says of another unit counts for that unit. Only fields that
/// no process can set for itself decide who speaks.
fn unit(entry: &Entry, names: &mut Names) -> Option<UnitName> {
    let mut name = |field: &str| names.unit(text(entry, field)?);
    let mut about = |speaks: bool, field: &str| if speaks { name(field) } else { None };
    let manager = entry.get("_PID") == Some(b"1");
    let root = entry.get("_UID") == Some(b"0");
    let own_manager = entry.get("_SYSTEMD_USER_UNIT") == Some(b"init.scope");
    about(manager, "UNIT")
        .or_else(|| about(root, "OBJECT_SYSTEMD_UNIT"))
        .or_else(|| about(root, "COREDUMP_UNIT"))
        .or_else(|| about(own_manager, "USER_UNIT"))
        .or_else(|| about(true, "_SYSTEMD_USER_UNIT"))
        .or_else(|| about(true, "_SYSTEMD_UNIT"))
}

/// What journald says in this entry, if it is one of its own: other programs can set the same words.
pub fn note(entry: &Entry) -> Option<Note> {
    if entry.get("_TRANSPORT") != Some(b"driver") {
        return None;
    }
    match text(entry, "MESSAGE_ID")? {
        DROPPED => {
            let unit = text(entry, "OBJECT_SYSTEMD_USER_UNIT").or_else(|| text(entry, "OBJECT_SYSTEMD_UNIT"));
            Some(Note::Lost(LossKind::Suppressed(unit.and_then(UnitName::new)), entry.number("N_DROPPED")))
        }
        MISSED => Some(Note::Lost(LossKind::Suppressed(None), entry.number("N_DROPPED"))),
        STOPPED => Some(Note::Stopped),
        STARTED => Some(Note::Started),
        _ => None,
    }
}

/// Whether it came from the kernel: those may stand before journald's own first word of a boot.
pub fn is_kernel(entry: &Entry) -> bool {
    entry.get("_TRANSPORT") == Some(b"kernel")
}

/// When a cursor says that its entry was written.
pub fn time_of(micros: u64) -> Option<Timestamp> {
    Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()
}

fn text<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    std::str::from_utf8(entry.get(name)?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::runtimes::journal_export::parse;

    const PLACE: &str =
        "__CURSOR=s=1;i=1;b=ab;m=5;t=6;x=7\n__REALTIME_TIMESTAMP=6\n__MONOTONIC_TIMESTAMP=5\n_BOOT_ID=ab\n";

    fn one(rest: &str) -> Entry {
        parse(format!("{PLACE}{rest}\n").as_bytes()).remove(0)
    }

    fn of(entry: &Entry) -> LogEntry {
        row(entry, &mut Names::default()).unwrap()
    }

    #[test]
    fn rows_of_a_recorded_journal() {
        let entries = parse(include_bytes!("../../../tests/fixtures/journal-crasher.export"));
        let rows: Vec<_> = entries.iter().map(of).collect();
        let own = rows.iter().filter(|row| row.unit.as_ref().unwrap().as_str() == "crasher.service");
        assert_eq!(own.map(|row| row.message.plain()).collect::<Vec<_>>()[2], "giving up");
        assert!(rows.windows(2).all(|pair| pair[0].monotonic <= pair[1].monotonic));
    }

    #[test]
    fn systemd_speaks_for_units_and_others_do_not() {
        let said = |rest: &str| of(&one(rest)).unit.unwrap().as_str().to_owned();
        assert_eq!(said("_PID=1\nUNIT=a.service\n_SYSTEMD_UNIT=init.scope\n"), "a.service");
        assert_eq!(
            said("_PID=9\n_UID=5\nUNIT=a.service\nOBJECT_SYSTEMD_UNIT=a.service\n_SYSTEMD_UNIT=b.service\n"),
            "b.service"
        );
        assert_eq!(said("_SYSTEMD_UNIT=user@1000.service\n_SYSTEMD_USER_UNIT=c.service\n"), "c.service");
    }

    #[test]
    fn only_journald_tells_of_losses() {
        let note_of =
            |transport: &str| note(&one(&format!("_TRANSPORT={transport}\nMESSAGE_ID={DROPPED}\nN_DROPPED=42\n")));
        assert_eq!(note_of("driver"), Some(Note::Lost(LossKind::Suppressed(None), Some(42))));
        assert_eq!(note_of("stdout"), None);
    }

    #[test]
    fn forms_of_a_message() {
        let said = |rest: &str| of(&one(rest)).message.raw().to_vec();
        assert_eq!(said(""), b"");
        assert_eq!(said("MESSAGE=\n"), b"");
        assert_eq!(said("MESSAGE=a\nMESSAGE=b\n"), b"a\nb");
        assert_eq!(of(&one("PRIORITY=9\n")).priority, 6);
    }
}
