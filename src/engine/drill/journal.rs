//! The journal of one simulated host, written out in systemd's export format.
//!
//! Format: <https://systemd.io/JOURNAL_EXPORT_FORMATS/>.

use std::collections::VecDeque;
use std::sync::Arc;

/// Entries kept per host; the oldest go first, as in a vacuumed journal.
const KEPT: usize = 4000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place in the journal, from 1.
    pub number: u64,
    /// Wall time in microseconds since 1970.
    pub realtime: u64,
    /// Time since boot in microseconds.
    pub monotonic: u64,
    /// Syslog priority, 0 to 7.
    pub priority: u8,
    /// The unit it belongs to.
    pub unit: String,
    /// Who wrote it.
    pub identifier: String,
    /// Process that wrote it.
    pub pid: u32,
    /// What it says; any bytes.
    pub message: Vec<u8>,
    /// Whether systemd itself wrote it about the unit.
    pub by_manager: bool,
    /// The unit's invocation, 32 hexadecimal digits.
    pub invocation: String,
}

/// A journal.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    boot_id: String,
    entries: VecDeque<Arc<Entry>>,
    written: u64,
}

impl Journal {
    /// An empty journal of a boot, named by 32 hexadecimal digits.
    pub fn new(boot_id: String) -> Self {
        Self { boot_id, ..Self::default() }
    }

    /// Writes one entry; its number is given here.
    pub fn write(&mut self, mut entry: Entry) {
        self.written += 1;
        entry.number = self.written;
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Arc::new(entry));
    }

    /// All entries that are kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().map(Arc::as_ref)
    }

    /// The cursor of an entry, as journalctl prints it.
    pub fn cursor(&self, entry: &Entry) -> String {
        let (boot, number, mono, real) = (&self.boot_id, entry.number, entry.monotonic, entry.realtime);
        format!(
            "s={boot};i={number:x};b={boot};m={mono:x};t={real:x};x={:x}",
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    }

    /// The fields that entries have beside cursor and times.
    const FIELDS: [&str; 10] = [
        "PRIORITY",
        "SYSLOG_IDENTIFIER",
        "_COMM",
        "_PID",
        "_TRANSPORT",
        "_SYSTEMD_UNIT",
        "UNIT",
        "_SYSTEMD_INVOCATION_ID",
        "INVOCATION_ID",
        "MESSAGE",
    ];

    /// One field of an entry, if it has that.
    pub fn field(&self, entry: &Entry, name: &str) -> Option<Vec<u8>> {
        let by = |manager: bool| entry.by_manager == manager;
        match name {
            "PRIORITY" => Some(vec![b'0' + entry.priority.min(7)]),
            "SYSLOG_IDENTIFIER" | "_COMM" => Some(entry.identifier.clone().into_bytes()),
            "_PID" => Some(entry.pid.to_string().into_bytes()),
            "_TRANSPORT" => Some(if entry.by_manager { b"journal".to_vec() } else { b"stdout".to_vec() }),
            "_SYSTEMD_UNIT" if by(true) => Some(b"init.scope".to_vec()),
            "_SYSTEMD_UNIT" => Some(entry.unit.clone().into_bytes()),
            "UNIT" if by(true) => Some(entry.unit.clone().into_bytes()),
            "_SYSTEMD_INVOCATION_ID" if by(false) => Some(entry.invocation.clone().into_bytes()),
            "INVOCATION_ID" if by(true) => Some(entry.invocation.clone().into_bytes()),
            "_BOOT_ID" => Some(self.boot_id.clone().into_bytes()),
            "MESSAGE" => Some(entry.message.clone()),
            _ => None,
        }
    }

    /// The entry in export format, with `fields` of it beside cursor and times; all fields when `None`.
    pub fn export(&self, entry: &Entry, fields: Option<&[&str]>, out: &mut Vec<u8>) {
        let mut plain = |name: &str, value: &str| out.extend_from_slice(format!("{name}={value}\n").as_bytes());
        plain("__CURSOR", &self.cursor(entry));
        plain("__REALTIME_TIMESTAMP", &entry.realtime.to_string());
        plain("__MONOTONIC_TIMESTAMP", &entry.monotonic.to_string());
        plain("_BOOT_ID", &self.boot_id);
        for name in Self::FIELDS {
            let wanted = fields.is_none_or(|fields| fields.contains(&name));
            if let Some(value) = wanted.then(|| self.field(entry, name)).flatten() {
                field(name, &value, out);
            }
        }
        out.push(b'\n');
    }
}

/// Text goes as `NAME=value`; anything with a control byte or broken UTF-8 goes framed by its length.
fn field(name: &str, value: &[u8], out: &mut Vec<u8>) {
    let text = std::str::from_utf8(value).is_ok_and(|text| !text.chars().any(|c| c.is_control() && c != '\t'));
    out.extend_from_slice(name.as_bytes());
    if text {
        out.push(b'=');
    } else {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    }
    out.extend_from_slice(value);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_plain_and_bytes_go_framed() {
        let mut journal = Journal::new("0123".into());
        let entry = Entry {
            number: 0,
            realtime: 16,
            monotonic: 8,
            priority: 3,
            unit: "web.service".into(),
            identifier: "web".into(),
            pid: 7,
            message: b"a\x1bb".to_vec(),
            by_manager: false,
            invocation: String::new(),
        };
        journal.write(entry);
        let entry = journal.entries().next().cloned();
        let mut out = Vec::new();
        journal.export(entry.as_ref().unwrap_or_else(|| unreachable!()), Some(&["PRIORITY", "MESSAGE"]), &mut out);
        let expected = b"_BOOT_ID=0123\nPRIORITY=3\nMESSAGE\n\x03\0\0\0\0\0\0\0a\x1bb\n\n";
        assert!(out.ends_with(expected), "{}", String::from_utf8_lossy(&out));
        assert!(out.starts_with(b"__CURSOR=s=0123;i=1;b=0123;m=8;t=10;x="));
    }
}
