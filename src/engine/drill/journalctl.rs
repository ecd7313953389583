//! What `journalctl` of a simulated host answers: which entries are wanted, once or as they come.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::broadcast::error::RecvError;

use super::fleet::Fleet;
use super::journal::{Entry, Journal};
use super::machine::Machine;
use super::sim::News;
use crate::runtimes::systemd_time;

/// What was asked for.
#[derive(Debug, Default)]
pub(super) struct Wish {
    units: Vec<String>,
    /// Any of these groups; in a group every field, with any of its values.
    groups: Vec<Vec<(String, String)>>,
    least: Option<u8>,
    lines: Option<usize>,
    since: Option<u64>,
    until: Option<u64>,
    cursor: Option<u64>,
    fields: Option<Vec<String>>,
    follow: bool,
    form: Form,
    newest_first: bool,
    /// What is found in the message.
    grep: Option<regex::bytes::Regex>,
    /// A field of which only the values are wanted.
    values_of: Option<String>,
}

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Form {
    /// A line each, with time, host and who wrote it.
    #[default]
    Short,
    /// The words alone.
    Cat,
    /// For programs.
    Export,
}

impl Wish {
    /// Reads the arguments of journalctl, called when the host's clock says `wall`.
    ///
    /// # Errors
    /// What journalctl would say.
    pub(super) fn read(arguments: &[&str], wall: u64) -> Result<Self, String> {
        let mut wish = Self::default();
        let (mut no_tail, mut expression, mut case) = (false, None, true);
        let mut words = arguments.iter().copied();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (word, None),
            };
            let mut value = || attached.or_else(|| words.next()).unwrap_or_default().to_owned();
            match name {
                "-u" | "--unit" => wish.units.push(value()),
                "-p" | "--priority" => wish.least = value().parse().ok(),
                "-n" | "--lines" => wish.lines = value().parse().ok(),
                "-S" | "--since" => wish.since = Some(moment(&value(), wall)?),
                "-U" | "--until" => wish.until = Some(moment(&value(), wall)?),
                "-c" | "--cursor" => wish.cursor = Some(number_of(&value())?),
                "--output-fields" => wish.fields = Some(value().split(',').map(str::to_owned).collect()),
                "-o" | "--output" => match value().as_str() {
                    "export" => wish.form = Form::Export,
                    "cat" => wish.form = Form::Cat,
                    "short" | "with-unit" | "short-iso" | "short-full" | "short-precise" => wish.form = Form::Short,
                    other => return Err(format!("the drill knows no output '{other}'\n")),
                },
                "-f" | "--follow" => wish.follow = true,
                "--no-tail" => no_tail = true,
                "-F" | "--field" => wish.values_of = Some(value()),
                "-g" | "--grep" => expression = Some(value()),
                "--case-sensitive" => case = value() == "true",
                "-r" | "--reverse" => wish.newest_first = true,
                "--no-hostname" | "-e" | "--pager-end" | "-x" | "--catalog" | "-q" | "--quiet" | "--no-pager"
                | "-b" | "--boot" | "-a" | "--all" | "--utc" | "-m" | "--merge" | "--" => {}
                "+" => wish.groups.push(Vec::new()),
                _ => match word.split_once('=') {
                    Some((field, value)) if !word.starts_with('-') => {
                        if wish.groups.is_empty() {
                            wish.groups.push(Vec::new());
                        }
                        let group = wish.groups.last_mut();
                        group.into_iter().for_each(|group| group.push((field.to_owned(), value.to_owned())));
                    }
                    Some(_) | None => return Err(format!("journalctl: unrecognized option '{word}'\n")),
                },
            }
        }
        if let Some(expression) = expression {
            let found = regex::bytes::RegexBuilder::new(&expression).case_insensitive(!case).build();
            wish.grep = Some(found.map_err(|_| format!("Bad pattern \"{expression}\"\n"))?);
        }
        if wish.follow && wish.lines.is_none() && !no_tail {
            wish.lines = Some(10);
        }
        Ok(wish)
    }

    /// What is there already.
    pub(super) fn answer(&self, machine: &Machine) -> Vec<u8> {
        if let Some(field) = &self.values_of {
            return values(&machine.journal, field);
        }
        let mut found: Vec<&Entry> =
            machine.journal.entries().filter(|entry| self.wants(&machine.journal, entry)).collect();
        match self.lines {
            // Behind a place the first lines count, else the newest, and so it is backwards from a place.
            Some(lines) if self.cursor.is_some() && !self.newest_first => found.truncate(lines),
            Some(lines) => drop(found.drain(..found.len().saturating_sub(lines))),
            None => {}
        }
        if self.newest_first {
            found.reverse();
        }
        self.written(&machine.journal, &machine.name, found.into_iter())
    }

    fn written<'a>(&self, journal: &Journal, host: &str, entries: impl Iterator<Item = &'a Entry>) -> Vec<u8> {
        let fields: Option<Vec<&str>> = self.fields.as_ref().map(|fields| fields.iter().map(String::as_str).collect());
        let mut out = Vec::new();
        for entry in entries {
            match self.form {
                Form::Export => journal.export(entry, fields.as_deref(), &mut out),
                Form::Cat => out.extend([entry.message.as_slice(), b"\n"].concat()),
                Form::Short => out.extend([head(entry, host).as_bytes(), &entry.message, b"\n"].concat()),
            }
        }
        out
    }

    fn wants(&self, journal: &Journal, entry: &Entry) -> bool {
        let in_group = |group: &Vec<(String, String)>| {
            group.iter().all(|(field, _)| {
                let own = journal.field(entry, field);
                let is_own = |(name, wanted): &(String, String)| {
                    name == field && own.as_deref().is_some_and(|own| own == wanted.as_bytes())
                };
                group.iter().any(is_own)
            })
        };
        let behind = |place| if self.newest_first { entry.number <= place } else { entry.number >= place };
        self.cursor.is_none_or(behind)
            && self.grep.as_ref().is_none_or(|found| found.is_match(&entry.message))
            && (self.units.is_empty() || self.units.iter().any(|unit| is_unit(unit, &entry.unit)))
            && self.least.is_none_or(|least| entry.priority <= least)
            && self.since.is_none_or(|since| entry.realtime >= since)
            && self.until.is_none_or(|until| entry.realtime <= until)
            && (self.groups.is_empty() || self.groups.iter().any(in_group))
    }

    /// Writes what is there and what comes, until the other end goes, the link is cut for good or the fleet ends.
    pub(super) async fn serve(self, mut stream: UnixStream, fleet: Fleet, host: String) {
        let mut news = fleet.news();
        let Some(machine) = fleet.machine(&host) else { return };
        let mut last = newest(&machine);
        let mut waiting = self.answer(&machine);
        drop(machine);
        loop {
            fleet.linked(&host, true).await;
            if stream.write_all(&waiting).await.is_err() || !self.follow {
                return;
            }
            let mut gone = [0; 64];
            tokio::select! {
                told = news.recv() => match told {
                    Ok(News::Journal(of)) if of != host => {
                        waiting = Vec::new();
                        continue;
                    }
                    // Who is slow reads on from the last entry: nothing is lost by a missed word.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                read = stream.read(&mut gone) => match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                },
            }
            let Some(machine) = fleet.machine(&host) else { return };
            waiting = self.since_entry(&machine, last);
            last = newest(&machine);
        }
    }

    fn since_entry(&self, machine: &Arc<Machine>, last: u64) -> Vec<u8> {
        let fresh = machine.journal.entries().rev().take_while(|entry| entry.number > last);
        let mut fresh: Vec<&Entry> = fresh.filter(|entry| self.wants(&machine.journal, entry)).collect();
        fresh.reverse();
        self.written(&machine.journal, &machine.name, fresh.into_iter())
    }
}

/// Everything that ever stood in a field, each once: nothing else that is asked for narrows that.
fn values(journal: &Journal, field: &str) -> Vec<u8> {
    let all: BTreeSet<Vec<u8>> = journal.entries().filter_map(|entry| journal.field(entry, field)).collect();
    all.into_iter().flat_map(|value| [value, b"\n".to_vec()].concat()).collect()
}

/// What stands before the words of an entry for people.
fn head(entry: &Entry, host: &str) -> String {
    let at = i64::try_from(entry.realtime).ok().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    let at = at.map(|at| at.strftime("%b %d %H:%M:%S").to_string()).unwrap_or_default();
    format!("{at} {host} {}[{}]: ", entry.identifier, entry.pid)
}

/// Whether a unit is meant by a name, with or without `.service`, or by a pattern.
fn is_unit(wanted: &str, unit: &str) -> bool {
    if wanted == unit || unit.strip_suffix(".service") == Some(wanted) {
        return true;
    }
    wanted.contains(['*', '?', '['])
        && globset::Glob::new(wanted).is_ok_and(|glob| glob.compile_matcher().is_match(unit))
}

fn newest(machine: &Machine) -> u64 {
    machine.journal.entries().next_back().map_or(0, |entry| entry.number)
}

/// Microseconds since 1970; `wall` is what the host's clock says.
fn moment(text: &str, wall: u64) -> Result<u64, String> {
    let at = systemd_time::timestamp(text).and_then(|at| u64::try_from(at.as_microsecond()).ok());
    let ago = text.strip_prefix('-').and_then(systemd_time::span).and_then(|ago| u64::try_from(ago.as_micros()).ok());
    let ago = ago.or_else(|| before(text));
    match at.or(ago.map(|ago| wall.saturating_sub(ago))) {
        Some(at) => Ok(at),
        None if text == "now" => Ok(wall),
        None => Err(format!("Failed to parse timestamp: {text}\n")),
    }
}

/// Microseconds: `1 hour ago`, `2 days ago`.
fn before(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [figure, unit, "ago"] = words.as_slice() else { return None };
    let span = systemd_time::span(&format!("{figure}{unit}")).or_else(|| {
        let seconds = match unit.trim_end_matches('s') {
            "second" | "sec" => 1,
            "minute" | "min" => 60,
            "hour" => 3600,
            "day" => 86_400,
            "week" => 604_800,
            _ => return None,
        };
        Some(std::time::Duration::from_secs(figure.parse::<u64>().ok()?.checked_mul(seconds)?))
    })?;
    u64::try_from(span.as_micros()).ok()
}

/// The number of the entry in a cursor of [`Journal::cursor`].
fn number_of(cursor: &str) -> Result<u64, String> {
    let number = cursor.split(';').find_map(|part| part.strip_prefix("i="));
    number
        .and_then(|hex| u64::from_str_radix(hex, 16).ok())
        .ok_or_else(|| "Failed to seek to cursor: Invalid argument\n".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_moment_ago_is_read_as_people_write_it() {
        let hour = 3_600_000_000;
        for (text, ago) in [("1 hour ago", hour), ("2 days ago", 48 * hour), ("15 min ago", hour / 4), ("-1h", hour)] {
            assert_eq!(moment(text, 1000 * hour), Ok(1000 * hour - ago), "{text}");
        }
        assert!(moment("some time ago", hour).is_err());
    }

    fn machine() -> Machine {
        let mut machine = Machine::new("app-1", 0, &mut fastrand::Rng::with_seed(1));
        for (number, unit, priority) in [(1, "a.service", 6), (2, "b.service", 3), (3, "a.service", 3)] {
            machine.journal.write(Entry {
                number: 0,
                realtime: number * 1_000_000,
                monotonic: number,
                priority,
                unit: unit.into(),
                identifier: "x".into(),
                pid: 7,
                message: format!("line {number}").into_bytes(),
                by_manager: false,
                invocation: format!("{number:032x}"),
            });
        }
        machine
    }

    fn lines(arguments: &[&str]) -> Vec<String> {
        let arguments = [arguments, &["-o", "export"]].concat();
        let text = String::from_utf8(Wish::read(&arguments, 0).unwrap().answer(&machine())).unwrap();
        text.lines().filter_map(|line| line.strip_prefix("MESSAGE=").map(str::to_owned)).collect()
    }

    #[test]
    fn it_selects_as_journalctl_does() {
        assert_eq!(lines(&["-q", "-o", "export"]).len(), 3);
        assert_eq!(lines(&["-u", "a.service", "--unit=b.service", "-n", "2"]), ["line 2", "line 3"]);
        assert_eq!(lines(&["--since=@2", "--priority=3", "-u", "a.service"]), ["line 3"]);
        assert_eq!(lines(&["--until=@1"]), ["line 1"]);
        assert_eq!(lines(&["--cursor=s=1;i=2;b=0;m=2;t=3;x=9"]), ["line 2", "line 3"]);
        assert_eq!(lines(&["_SYSTEMD_UNIT=a.service", "PRIORITY=3", "PRIORITY=4"]), ["line 3"]);
        assert_eq!(lines(&["_SYSTEMD_UNIT=b.service", "+", "PRIORITY=6"]), ["line 1", "line 2"]);
        assert_eq!(lines(&["_SYSTEMD_INVOCATION_ID=00000000000000000000000000000002"]), ["line 2"]);
        assert_eq!(lines(&["-u", "a*", "-r"]), ["line 3", "line 1"]);
        let place = "--cursor=s=1;i=2;b=0;m=2;t=3;x=9";
        assert_eq!(lines(&[place, "-r", "--lines=1"]), ["line 2"]);
        assert_eq!(lines(&[place, "-r", "--grep=LINE [13]", "--case-sensitive=false"]), ["line 1"]);
        let told =
            |arguments: &[&str]| String::from_utf8(Wish::read(arguments, 0).unwrap().answer(&machine())).unwrap();
        assert_eq!(told(&["-u", "b", "--no-pager"]), "Jan 01 00:00:02 app-1 x[7]: line 2\n");
        assert_eq!(told(&["-u", "b", "-o", "cat"]), "line 2\n");
        assert_eq!(
            told(&["-q", "--field=_SYSTEMD_UNIT", "-u", "b"]),
            "a.service\nb.service\n",
            "whatever else is asked"
        );
        assert_eq!(told(&["-F", "UNIT"]), "");
        assert!(Wish::read(&["--cursor=nonsense"], 0).is_err());
        assert!(Wish::read(&["--frobnicate"], 0).is_err());
    }
}
