//! How many lines the units of a service have logged since a moment: what is asked of its host, and how that is counted.

use std::time::Duration;

use jiff::Timestamp;

use super::journal_export;
use super::systemd::Scope;
use crate::domain::UnitName;
use crate::port::RemoteCommand;

/// Most bytes of the journal that are read for one figure.
const MOST: usize = 2 << 20;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Lines that are meant.
    pub meant: u64,
    /// All lines.
    pub all: u64,
}

/// Asks for the lines since `since` by the host's clock. Without `share` only those of `priority` or graver are asked for.
pub fn lines(
    scope: Scope,
    units: &[UnitName],
    since: Timestamp,
    priority: Option<u8>,
    share: bool,
    within: Duration,
) -> RemoteCommand {
    let mut argv: Vec<String> = ["journalctl", "-q", "--no-pager", "--output=export"].map(String::from).into();
    argv.push("--output-fields=MESSAGE,PRIORITY".to_owned());
    argv.push(format!("--since=@{}", since.as_second()));
    let unit = match scope {
        Scope::System => "--unit",
        Scope::User => "--user-unit",
    };
    argv.extend(units.iter().map(|name| format!("{unit}={name}")));
    argv.extend(priority.filter(|_| !share).map(|priority| format!("--priority={priority}")));
    let mut command = RemoteCommand::new(argv).within(within);
    command.most = MOST;
    command
}

/// Counts what came behind `since`, which is asked for in whole seconds, up to `until`: what is newer belongs to the next.
pub fn count(
    output: &[u8],
    since: Timestamp,
    until: Timestamp,
    priority: Option<u8>,
    pattern: Option<&regex::bytes::Regex>,
) -> Counted {
    let mut counted = Counted::default();
    for entry in journal_export::parse(output) {
        if entry.at().is_none_or(|at| at <= since || at > until) {
            continue;
        }
        counted.all += 1;
        let grave = priority.is_none_or(|most| entry.number::<u8>("PRIORITY").unwrap_or(6) <= most);
        let matches = pattern.is_none_or(|pattern| entry.get("MESSAGE").is_some_and(|text| pattern.is_match(text)));
        counted.meant += u64::from(grave && matches);
    }
    counted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_counted_by_priority_and_pattern_and_only_what_is_new() {
        let entry = |at: u64, priority: u8, text: &str| {
            format!("__CURSOR=c{at}\n__REALTIME_TIMESTAMP={at}000000\nPRIORITY={priority}\nMESSAGE={text}\n\n")
        };
        let text = [
            entry(10, 3, "boom"),
            entry(11, 6, "GET 200"),
            entry(12, 3, "timeout db"),
            entry(13, 4, "slow"),
            entry(14, 3, "later"),
        ];
        let output = text.concat();
        let since = Timestamp::from_second(10).unwrap();
        let pattern = regex::bytes::Regex::new("timeout").unwrap();
        let until = Timestamp::from_second(13).unwrap();
        let count = |priority, pattern| count(output.as_bytes(), since, until, priority, pattern);
        assert_eq!(count(None, None), Counted { meant: 3, all: 3 });
        assert_eq!(count(Some(4), None), Counted { meant: 2, all: 3 });
        assert_eq!(count(Some(3), Some(&pattern)), Counted { meant: 1, all: 3 });
    }
}
