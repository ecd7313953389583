//! `qd logs`: the journals of many hosts as one stream, for pipes, files and people without a screen.

mod mask;
mod narrow;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use regex::bytes::Regex;

use self::mask::Mask;
use self::narrow::{Named, named, narrowed};
use self::words::{boot, container, file, identifier, level, matching, query, regex, unit};
use super::moment::{self, When};
use super::output::complain;
use super::{Exit, Reaching, choose};
use crate::domain::log_source::{Boot, FieldMatch, JournalMatch};
use crate::domain::service::UnitPattern;
use crate::domain::{Lane, LogSource, Query};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, RealClock};
use crate::engine::logs::{Append, Bursts, Ending, Form, Gather, Wanted, Written, write_counted};
use crate::engine::signals;
use crate::engine::world::World;
use crate::port::log::{LogRow, Origin, Since};
use crate::style::{Depth, GlyphSet, Styles};
use crate::text::Foreign;

/// The newest lines of each host that are read where nothing is said.
const LINES: u32 = 200;
/// How often what was appended is put on the disk.
const SYNC: Duration = Duration::from_secs(1);

/// What may be said.
#[derive(Debug, Args)]
#[command(after_help = "The first word is the site if a site of that name or path can be found, unless --site names \
    one; the other words are services. Without services all services of the environment are read.\n\n\
    Times are those of the hosts' clocks; hosts are put in order by clocks set right as far as their offset is known, \
    and inside a host the order is that of its journal. What is missing is a line of its own, and the last line on \
    standard error states how many lines were lost, also when it is none.\n\n\
    Where a file, container, boot or pattern of units is missing on a host, a sentence says so. Ends with 0 when all \
    hosts were read, and with 3 when one was not, or when nothing of what was asked for is on any of them.")]
pub struct Logs {
    /// The site, then services.
    #[arg(value_name = "[SITE] SERVICE")]
    pub words: Vec<String>,
    /// The site, so that every word is a service.
    #[arg(short = 'S', long, value_name = "SITE")]
    pub site: Option<String>,
    /// Environment of the site.
    #[arg(short, long, value_name = "ENV")]
    pub environment: Option<String>,
    /// Go on with what comes, until interrupted.
    #[arg(short, long)]
    pub follow: bool,
    /// Begin here: 10m, -2h, "2026-11-21 03:00", 03:00, today, yesterday, "yesterday 22:00".
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// End here.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// The newest lines of each host, so many; with --since so many of that span. Without both: 200.
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
    /// Only this level and more important ones: emerg, alert, crit, error, warn, notice, info, debug, or 0 to 7.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub level: Option<u8>,
    /// Only lines that pass this query, as the screen of logs takes it (docs/logs.md); what is missing is told all the same.
    #[arg(short, long, value_name = "QUERY", value_parser = query)]
    pub query: Option<Query>,
    /// Only messages that match; what is missing is told all the same.
    #[arg(long, value_name = "REGEX", value_parser = regex)]
    pub grep: Option<Regex>,
    /// Only these hosts.
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// Only these units of the journals: a name, or a pattern with * ? and […]; several are read together.
    #[arg(short, long, value_name = "UNIT", value_parser = unit, conflicts_with = "whole")]
    pub unit: Vec<UnitPattern>,
    /// Only one boot of each host: 0 is the one that runs, -1 the one before it; or the number of a boot.
    #[arg(short, long, value_name = "BOOT", value_parser = boot, allow_hyphen_values = true)]
    pub boot: Option<Boot>,
    /// Only programs that call themselves so.
    #[arg(short = 't', long, value_name = "NAME", value_parser = identifier)]
    pub identifier: Vec<String>,
    /// Only entries in which this field has this value, such as _TRANSPORT=kernel; of one field any of its values.
    #[arg(long = "match", value_name = "FIELD=VALUE", value_parser = matching)]
    pub matching: Vec<FieldMatch>,
    /// What the container of this name prints, on each of the hosts that has it, and what its successors print.
    #[arg(long, value_name = "NAME", value_parser = container)]
    pub container: Vec<LogSource>,
    /// Lines of this file on each of the hosts, also when it is rotated; several are read together.
    #[arg(long, value_name = "PATH", value_parser = file)]
    pub file: Vec<LogSource>,
    /// The log that the site has this name for in its table of logs, on the hosts where it is read; several are read together.
    #[arg(long, value_name = "NAME")]
    pub source: Vec<String>,
    /// Everything that the hosts' journals hold, not only what services say.
    #[arg(long)]
    pub whole: bool,
    /// Print a JSON object for each line.
    #[arg(long)]
    pub json: bool,
    /// Print "hidden" in brackets in the place of what looks like a secret: passwords, tokens, keys; how many there were is told at the end.
    #[arg(long)]
    pub mask: bool,
    /// Append JSON lines to this file, and go on exactly behind what it holds of each host.
    #[arg(long, value_name = "FILE")]
    pub append: Option<PathBuf>,
    /// How long a host may take to be reached, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}

/// Reads and prints.
pub fn run(logs: &Logs, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let (wanted, append) = match prepare(logs) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return choose::complain(Exit::Software, &format!("could not start: {error}")),
    };
    let sink = if append.is_some() || logs.json { Form::Json } else { lines() };
    let mut told = Told::new(Written::new(sink, &wanted.known), Out::new(append));
    (told.query, told.grep) = (logs.query.clone(), logs.grep.clone());
    told.mask = logs.mask.then(Mask::default);
    let world = World::new(Direct::new(reach.ssh_config.clone()), false, AnyClock::Real(RealClock));
    let (ending, signal) = runtime.block_on(read(world, wanted, &mut told));
    runtime.shutdown_timeout(Duration::from_millis(600));
    let exit = told.end(&ending);
    match signal {
        // To interrupt is the way to end what goes on for ever.
        Some(2) if logs.follow && exit == Exit::Ok => Exit::Ok,
        Some(number) if exit == Exit::Ok => Exit::Signal(number),
        Some(_) | None => exit,
    }
}

async fn read(world: World<Direct>, wanted: Wanted, told: &mut Told) -> (Ending, Option<u8>) {
    let (say, said) = tokio::sync::oneshot::channel();
    // A writer that is blocked must not keep the program from ending.
    let forced = signals::guard(|number| std::process::exit(128 + i32::from(number)), |_| false);
    let heard = signals::first(say);
    if let Some(error) = forced.err().or(heard.err()) {
        complain(&format!("signals can't be caught: {error}"));
    }
    let mut signal = None;
    let stop = async {
        match said.await {
            Ok(number) => signal = Some(number),
            // Nothing will ever be said.
            Err(_) => std::future::pending().await,
        }
    };
    let ending = crate::engine::logs::gather::gather(world, wanted, stop, told).await;
    (ending, signal)
}

/// Lines for people, in colours where standard output shows them.
fn lines() -> Form {
    let variable = |name: &str| std::env::var(name).ok();
    let depth = if std::io::stdout().is_terminal() { Depth::detect(variable) } else { Depth::Mono };
    let styles = (depth != Depth::Mono).then(|| Box::new(Styles::builtin(depth, GlyphSet::detect(variable))));
    Form::Lines(styles, jiff::tz::TimeZone::system())
}

fn prepare(logs: &Logs) -> Result<(Wanted, Option<Append>), Exit> {
    let usage = |text: String| choose::complain(Exit::Usage, &text);
    let (site, words) = choose::site_and_words(logs.site.as_deref(), &logs.words)?;
    let environment = choose::one_environment(&site, logs.environment.as_deref())?;
    let known = environment;
    let more = [&logs.container[..], &logs.file].concat();
    let sources = named(&known, &logs.source).map_err(usage)?;
    let asked = Named { words: &words, units: &logs.unit, hosts: &logs.host, more: &more, sources: &sources };
    let environment = narrowed(&known, &asked).map_err(usage)?;
    let is_alone = asked.is_nothing();
    let now = moment::now();
    let when = |word: &Option<String>, option: &str| match word {
        None => Ok(None),
        Some(word) => When::read(word, &now).map(Some).ok_or_else(|| {
            usage(format!("{option} {}: no such moment; {}", Foreign::from(word).ident(), moment::FORMS))
        }),
    };
    let (begin, end) = (when(&logs.since, "--since")?, when(&logs.until, "--until")?);
    let (since, until) =
        (begin.map_or(Since::Newest(logs.lines.unwrap_or(LINES)), Since::from), end.map(|until| until.at(&now)));
    if let Some((begin, until)) = begin.map(|begin| begin.at(&now)).zip(until).filter(|(begin, until)| begin > until) {
        let told = |at: jiff::Timestamp| at.to_zoned(now.time_zone().clone()).strftime("%Y-%m-%d %H:%M:%S%:z");
        let text = format!("--until {} lies before --since {}: nothing lies between", told(until), told(begin));
        return Err(usage(text));
    }
    let append = match &logs.append {
        None => None,
        Some(path) => Some(Append::open(path).map_err(|why| choose::complain(Exit::Output, &why))?),
    };
    if let Some(told) = append.as_ref().and_then(|append| append.told.as_deref()) {
        super::output::complain(told);
    }
    let narrow = JournalMatch {
        units: Vec::new(),
        boot: logs.boot,
        identifiers: logs.identifier.clone(),
        fields: logs.matching.clone(),
    };
    let resume = append.as_ref().map_or_else(BTreeMap::new, |append| append.resume.clone());
    let wanted = Wanted {
        environment: Arc::new(environment),
        known,
        whole: logs.whole || (is_alone && narrow.is_narrowed()),
        narrow,
        more,
        logs: sources,
        units: logs.unit.clone(),
        since,
        bound: logs.lines.filter(|_| begin.is_some()),
        until,
        least: logs.level.unwrap_or(7),
        // What has ended can't be followed.
        follow: logs.follow && until.is_none_or(|until| until > now.timestamp()),
        whole_lines: append.is_some(),
        resume,
        patience: Duration::from_secs(logs.timeout),
    };
    Ok((wanted, append))
}

/// Where rows go.
#[derive(Debug)]
enum Out {
    /// Standard output, without a buffer of its own: what it took is known to the byte.
    Standard(std::io::Result<File>),
    /// A file that is appended to.
    Append(Append),
}

impl Out {
    fn new(append: Option<Append>) -> Self {
        match append {
            Some(append) => Out::Append(append),
            None => Out::Standard(std::io::stdout().as_fd().try_clone_to_owned().map(File::from)),
        }
    }

    /// Writes; says how many bytes were taken, and how to end where that is not all.
    fn write(&mut self, text: &str) -> (usize, Option<Exit>) {
        let (taken, failed) = match self {
            Out::Append(append) => {
                let (taken, failed) = append.write(text);
                return (taken, failed.err().map(|why| choose::complain(Exit::Output, &why)));
            }
            Out::Standard(Ok(out)) => write_counted(out, text.as_bytes()),
            Out::Standard(Err(error)) => (0, Err(std::io::Error::from(error.kind()))),
        };
        let exit = failed.err().map(|error| match error.kind() {
            // A reader that has gone away ends the reading without a word.
            std::io::ErrorKind::BrokenPipe => Exit::Ok,
            _ => choose::complain(Exit::Output, &format!("standard output can't be written: {error}")),
        });
        (taken, exit)
    }

    fn sync(&self) -> Option<Exit> {
        match self {
            Out::Standard(_) => None,
            Out::Append(append) => append.sync().err().map(|why| choose::complain(Exit::Output, &why)),
        }
    }
}

/// What was handed on, and what is to be said at the end.
struct Told {
    written: Written,
    query: Option<Query>,
    grep: Option<Regex>,
    mask: Option<Mask>,
    out: Out,
    text: String,
    /// Where in the text each line of a journal ends, to count those that were written.
    ends: Vec<usize>,
    bursts: Bursts,
    synced: Instant,
    lines: u64,
    lost: u64,
    unknown: u64,
    failed: Option<Exit>,
    /// Sentences that were said.
    said: BTreeSet<String>,
}

impl Told {
    /// Nothing was told yet, and every line passes.
    fn new(written: Written, out: Out) -> Self {
        Self {
            written,
            query: None,
            grep: None,
            mask: None,
            out,
            text: String::new(),
            ends: Vec::new(),
            bursts: Bursts::default(),
            synced: Instant::now(),
            lines: 0,
            lost: 0,
            unknown: 0,
            failed: None,
            said: BTreeSet::new(),
        }
    }

    fn flush(&mut self) -> bool {
        if self.failed.is_some() {
            return false;
        }
        if !self.text.is_empty() {
            let (taken, failed) = self.out.write(&self.text);
            self.lines += self.ends.iter().filter(|end| **end <= taken).count() as u64;
            self.text.clear();
            self.ends.clear();
            self.failed = failed;
        }
        if self.failed.is_none() && self.synced.elapsed() >= SYNC {
            self.failed = self.out.sync();
            self.synced = Instant::now();
        }
        self.failed.is_none()
    }

    /// Says what there is to say, and how to end.
    fn end(&mut self, ending: &Ending) -> Exit {
        self.flush();
        if let Some(exit) = self.out.sync() {
            self.failed.get_or_insert(exit);
        }
        for sentence in self.bursts.untold() {
            complain(&sentence);
            self.unknown += 1;
        }
        let unknown = match self.unknown {
            0 => String::new(),
            1 => "; at one place more may be lost, how many is not known".to_owned(),
            more => format!("; at {more} places more may be lost, how many is not known"),
        };
        let plural = |count: u64| if count == 1 { "line" } else { "lines" };
        let masked = self.mask.as_ref().map(Mask::told).unwrap_or_default();
        complain(&format!("{} {}, {} lost{unknown}{masked}", self.lines, plural(self.lines), self.lost));
        match self.failed {
            Some(exit) => exit,
            None if ending.unread.is_empty() && !ending.nothing => Exit::Ok,
            None => {
                for sentence in ending.unread.iter().filter(|sentence| !self.said.contains(*sentence)) {
                    complain(sentence);
                }
                Exit::Unknown
            }
        }
    }
}

impl Gather for Told {
    fn row(&mut self, from: &Origin, row: &LogRow) -> bool {
        if from.lane == Lane::Journal {
            self.bursts.see(&from.host, row);
        }
        match row {
            LogRow::Entry(entry) => {
                let found = self.grep.as_ref().is_none_or(|grep| grep.is_match(entry.message.raw()));
                if !found || self.query.as_ref().is_some_and(|query| !query.passes(&entry.subject(&from.host))) {
                    return true;
                }
            }
            LogRow::Loss(loss) => {
                self.lost += loss.lost.unwrap_or(0);
                self.unknown += u64::from(loss.lost.is_none() && loss.kind.may_lose());
            }
        }
        let masked = self.mask.as_mut().map(|mask| mask.row(from, row));
        self.written.row(from, masked.as_ref().unwrap_or(row), &mut self.text);
        if matches!(row, LogRow::Entry(_)) {
            self.ends.push(self.text.len());
        }
        self.text.len() < (64 << 10) || self.flush()
    }

    fn pause(&mut self) -> bool {
        self.flush()
    }

    fn say(&mut self, sentence: &str) {
        self.flush();
        complain(sentence);
        self.said.insert(sentence.to_owned());
    }
}

#[cfg(test)]
#[path = "logs_tests.rs"]
mod tests;
