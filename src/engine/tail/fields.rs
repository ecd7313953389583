//! All fields of one entry, on demand and bounded: also of one with a message of many megabytes.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::HostName;
use crate::engine::transport::Connection;
use crate::engine::watch::sentence;
use crate::port::log::{Cursor, LogFields};
use crate::port::{End, Event, Output};
use crate::runtimes::journal_export::{Entry, Parser};
use crate::runtimes::tail::command;
use crate::text::Foreign;

/// Reads the fields and tells them.
pub async fn read(
    connection: Option<Arc<dyn Connection>>,
    host: HostName,
    cursor: Cursor,
    events: mpsc::Sender<Event>,
) {
    let fields = match connection {
        _ if !command::is_journal(&cursor) => {
            Err("only lines of a journal have fields beside what they say".to_owned())
        }
        Some(connection) => of(&connection.run(command::fields(&cursor)).await, &host, &cursor),
        None => Err(format!("the fields can't be read: there is no link to {host} now")),
    };
    // The core may be gone; then nobody wants to know.
    let _ = events.send(Event::LogFields(Box::new(LogFields { host, cursor, fields }))).await;
}

fn of(output: &Output, host: &HostName, cursor: &Cursor) -> Result<Vec<(String, Foreign)>, String> {
    if output.end != End::Exited(0) {
        return Err(format!("the fields can't be read on {host}: journalctl {}", sentence(output)));
    }
    let (mut parser, mut entries) = (Parser::default(), Vec::new());
    // What came before a break is whole.
    let broken = parser.push(&output.stdout, &mut entries).is_err();
    let entry = match entries.into_iter().next() {
        Some(entry) => Some(entry),
        // The answer was longer than is taken: what has come of the entry is what there is to show.
        None if output.cut > 0 && !broken => parser.unfinished(),
        None => None,
    };
    let found = entry.filter(|entry| entry.get("__CURSOR") == Some(cursor.as_str().as_bytes()));
    found.map(|entry| named(&entry)).ok_or_else(|| format!("the entry is not in the journal of {host} any more"))
}

fn named(entry: &Entry) -> Vec<(String, Foreign)> {
    let name = |bytes: &[u8]| Foreign::from(bytes).plain();
    entry.fields().map(|field| (name(field.name), Foreign::from(field.value))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn output(stdout: &[u8], cut: u64) -> Output {
        Output { stdout: stdout.to_vec(), stderr: Vec::new(), cut, end: End::Exited(0), left_behind: false }
    }

    #[test]
    fn an_entry_that_is_too_long_is_shown_as_far_as_it_came() {
        let (host, cursor) = (HostName::new("app-1").unwrap(), Cursor::new("s=1;i=2").unwrap());
        let whole = b"__CURSOR=s=1;i=2\nPRIORITY=3\nMESSAGE=a\n\n";
        assert_eq!(of(&output(whole, 0), &host, &cursor).unwrap().len(), 3);
        let torn = of(&output(&whole[..whole.len() - 2], 99), &host, &cursor).unwrap();
        assert_eq!(torn.last().unwrap(), &("MESSAGE".to_owned(), Foreign::from("a")));
        let other = Cursor::new("s=1;i=3").unwrap();
        assert!(of(&output(whole, 0), &host, &other).unwrap_err().contains("not in the journal"));
    }
}
