//! A page of older lines: what is asked, backwards from the oldest line that is held, and which rows the answer is. It is
//! read from the newest line to the oldest, so that also half an answer has no hole.

use std::cmp::Ordering;
use std::time::Duration;

use super::command::{self, Filter};
use super::cursor::Parts;
use super::entry::{self, Note};
use super::names::Names;
use crate::port::log::{Cursor, LogEntry, LogRow, Loss, LossKind};
use crate::port::log_page::{HostFilter, PageEnd, PageWish};
use crate::port::{End, Output, RemoteCommand};
use crate::runtimes::journal_export::{Entry, Parser};
use crate::text::Foreign;

/// Bytes of an answer that are taken; what lies beyond stands in the next page.
const MOST: usize = 8 << 20;
/// How long a host may look; what it has found by then is taken.
const WITHIN: Duration = Duration::from_secs(30);

/// What is asked. `filter` names the units; the level is the wish's.
pub fn command(filter: &Filter, wish: &PageWish) -> RemoteCommand {
    let least = wish.only.as_ref().map_or(command::DEBUG, |only| only.least);
    let filter = Filter { least, ..filter.clone() };
    let mut options = vec!["--reverse".to_owned()];
    // The place itself comes first, and proves that nothing lies between.
    options.push(format!("--lines={}", wish.lines.saturating_add(u32::from(wish.before.is_some()))));
    if let Some((expression, case)) = wish.only.as_ref().and_then(|only| only.grep.as_ref()) {
        options.push(format!("--grep={expression}"));
        options.push(format!("--case-sensitive={case}"));
    }
    let mut command = filter.backwards(wish.before.as_ref(), options).within(WITHIN);
    command.most = MOST;
    command
}

/// Whether the host did not take the expression, so that it has to be asked without.
pub fn is_refused(output: &Output, only: Option<&HostFilter>) -> bool {
    let has_expression = only.is_some_and(|only| only.grep.is_some());
    has_expression && matches!(output.end, End::Exited(status) if status != 0) && !output.stderr.is_empty()
}

/// The rows of an answer, in the order of the journal, and what lies before them.
pub fn read(output: &Output, wish: &PageWish, why: impl FnOnce() -> String) -> (Vec<LogRow>, PageEnd) {
    let (mut parser, mut entries) = (Parser::default(), Vec::new());
    // What came before a break is whole.
    let broken = parser.push(&output.stdout, &mut entries).is_err();
    if entries.is_empty() && !broken && output.cut > 0 {
        entries.extend(parser.unfinished());
    }
    let asked = usize::try_from(wish.lines).unwrap_or(usize::MAX).saturating_add(usize::from(wish.before.is_some()));
    let came = entries.len();
    let (mut rows, mut newer) = (Vec::new(), wish.before.as_ref().map(Parts::of));
    let mut names = Names::default();
    for entry in &entries {
        let Some(line) = entry::row(entry, &mut names) else { continue };
        let parts = Parts::of(&line.cursor);
        // What is held already stands at the beginning, if anywhere.
        if rows.is_empty() && wish.before.as_ref().is_some_and(|held| is_held(held, &line.cursor)) {
            continue;
        }
        if newer.is_some_and(|newer| newer.boot.is_some() && newer.boot != parts.boot) {
            rows.push(loss(&line, LossKind::Rebooted, None));
        }
        newer = Some(parts);
        rows.push(told(entry, line));
    }
    rows.reverse();
    let end = match output.end {
        // Without a match journalctl ends with 1 and says nothing.
        End::Exited(0 | 1) if output.stderr.is_empty() || came > 0 => {
            if came >= asked || output.cut > 0 || broken {
                PageEnd::More
            } else {
                PageEnd::Beginning
            }
        }
        _ if !rows.is_empty() => PageEnd::More,
        _ => PageEnd::Failed(Foreign::from(why())),
    };
    (rows, end)
}

/// Whether an entry is the line that is held, or lies behind it.
pub fn is_held(held: &Cursor, other: &Cursor) -> bool {
    let (there, parts) = (Parts::of(held), Parts::of(other));
    if held == other || (there.content().is_some() && there.content() == parts.content()) {
        return true;
    }
    parts.order(&there) == Some(Ordering::Greater)
}

fn told(entry: &Entry, line: LogEntry) -> LogRow {
    match entry::note(entry) {
        Some(Note::Lost(kind, lost)) => loss(&line, kind, lost),
        Some(Note::Started | Note::Stopped) | None => LogRow::Entry(line),
    }
}

fn loss(line: &LogEntry, kind: LossKind, lost: Option<u64>) -> LogRow {
    LogRow::Loss(Loss { at: line.at, kind, lost, cursor: None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::domain::HostName;

    fn cursor(number: u64, boot: u64) -> Cursor {
        Cursor::new(&format!("s=a;i={number:x};b={boot:x};m={number:x};t={number:x};x={number:x}")).unwrap()
    }

    fn entry(number: u64, boot: u64, more: &str) -> String {
        format!(
            "__CURSOR={}\n__REALTIME_TIMESTAMP={number}\n__MONOTONIC_TIMESTAMP={number}\n_BOOT_ID={boot:x}\n{more}MESSAGE={number}\n\n",
            cursor(number, boot).as_str()
        )
    }

    fn wish(before: Option<Cursor>, lines: u32) -> PageWish {
        PageWish {
            tail: 1,
            host: HostName::new("app-1").unwrap(),
            wanted: crate::domain::log_source::JournalMatch::default(),
            before,
            lines,
            only: None,
        }
    }

    fn output(stdout: &str, end: End) -> Output {
        Output { stdout: stdout.as_bytes().to_vec(), stderr: Vec::new(), cut: 0, end, left_behind: false }
    }

    fn words(rows: &[LogRow]) -> Vec<String> {
        let word = |row: &LogRow| match row {
            LogRow::Entry(entry) => entry.message.plain(),
            LogRow::Loss(loss) => loss.words(),
        };
        rows.iter().map(word).collect()
    }

    #[test]
    fn it_asks_backwards_from_the_oldest_line() {
        let only = HostFilter { grep: Some(("time ?out".to_owned(), false)), least: 3, told: String::new() };
        let wish = PageWish { only: Some(only), ..wish(Some(cursor(9, 1)), 2000) };
        let argv = command(&Filter { least: 7, ..Filter::default() }, &wish).argv.join(" ");
        assert!(argv.contains("journalctl --quiet --no-pager --cursor=s=a;i=9;b=1;m=9;t=9;x=9 --reverse --lines=2001"));
        assert!(argv.contains("--grep=time ?out --case-sensitive=false --output=export"), "{argv}");
        assert!(argv.contains(" PRIORITY=0 PRIORITY=1 PRIORITY=2 PRIORITY=3 + "), "{argv}");
    }

    #[test]
    fn what_is_held_is_left_out_and_a_boot_is_told() {
        let text = [entry(9, 2, ""), entry(8, 2, ""), entry(7, 1, ""), entry(5, 1, "")].concat();
        let (rows, end) = read(&output(&text, End::Exited(0)), &wish(Some(cursor(9, 2)), 3), String::new);
        assert_eq!((words(&rows), end), (["5", "7", "the host booted", "8"].map(String::from).to_vec(), PageEnd::More));
        let (rows, end) = read(&output(&text, End::Exited(0)), &wish(Some(cursor(9, 2)), 4), String::new);
        assert_eq!((rows.len(), end), (4, PageEnd::Beginning));
        let (rows, end) = read(&output("", End::Exited(1)), &wish(Some(cursor(9, 2)), 4), String::new);
        assert_eq!((rows.len(), end), (0, PageEnd::Beginning));
    }

    #[test]
    fn half_an_answer_counts_as_far_as_it_came() {
        let text = [entry(9, 2, ""), entry(8, 2, "")].concat();
        let end = || End::TimedOut(WITHIN);
        let (rows, told) = read(&output(&text[..text.len() - 3], end()), &wish(None, 9), || "late".to_owned());
        assert_eq!((words(&rows), told), (vec!["9".to_owned()], PageEnd::More));
        let (rows, told) = read(&output("", end()), &wish(None, 9), || "late".to_owned());
        assert_eq!((rows.len(), told), (0, PageEnd::Failed(Foreign::from("late"))));
    }
}
