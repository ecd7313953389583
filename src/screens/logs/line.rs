//! One row of the log as lines of the screen.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::body::bodies;
use super::columns;
use super::marks::mark;
use super::sight::Sight;
use super::state::{Place, State, TimeFormat};
use crate::domain::fact::size_told;
use crate::domain::{HostName, Lane, Query};
use crate::port::keepsake::Bookmark;
use crate::port::log::{Loss, Since, TailState};
use crate::port::log_block::{Line, Row};
use crate::state::logs::{Fold, HostLog, LogStore, Older, PAGE, Ref, has_older};
use crate::style::Role;
use crate::text::{Foreign, Row as Text, truncate, width};
use crate::ui::words::Piece;
use crate::ui::{Words, figure, told};

/// One line of the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// What it says; it begins in the first column.
    pub words: Words,
    /// What it stands on, from this column on.
    pub ground: Option<(u16, Role)>,
    /// Which field of an unfolded line it tells.
    pub field: Option<usize>,
}

impl Drawn {
    /// A line without a ground of its own.
    pub fn plain(words: Words) -> Self {
        Self { words, ground: None, field: None }
    }
}

/// The lines of a row; at least one.
pub fn lines(sight: &Sight<'_>, state: &State, row: Ref) -> Vec<Drawn> {
    let own = match (sight.reading.store.host(row), sight.reading.store.row(row)) {
        (Some(host), Some(Row::Line(line))) => {
            let mut lines = of_line(sight, state, row, host, &line);
            lines.extend(bookmark(sight, host, &line).and_then(|kept| of_note(sight, kept)));
            lines.extend(state.fold(sight.reading, row).map(|fold| of_fold(sight, state, fold)));
            lines
        }
        (Some(host), Some(Row::Loss(loss))) => vec![of_loss(sight, state, row, &host.name, loss)],
        (_, _) => vec![Drawn::plain(Words::new())],
    };
    seam(sight, row).into_iter().chain(own).collect()
}

/// What is said before the first row: what lies before it, and how one gets there.
pub fn beginning(sight: &Sight<'_>) -> Vec<Drawn> {
    let store = &sight.reading.store;
    let mut drawn = Vec::new();
    let evicted = store.evicted();
    if evicted > 0 {
        let cap = size_told(store.cap() as u64);
        let lines = format!("{} older lines were let go: lines have {cap} of memory", figure::grouped(evicted));
        let words = sentence(sight, Role::LogLoss, lines);
        drawn.push(Drawn { words, ground: Some((0, Role::LogLoss)), field: None });
    }
    let mut say = |role: Role, text: String| drawn.push(Drawn::plain(sentence(sight, role, text)));
    for host in store.hosts() {
        if let Older::Failed(why) = &host.older {
            say(Role::Warn, format!("{}: older lines could not be fetched: {}", host.name, why.plain()));
        }
    }
    let since = sight.reading.since;
    let those = |wanted: &dyn Fn(&HostLog) -> bool| -> Vec<&str> {
        let hosts = store.hosts().iter().filter(|host| wanted(host));
        hosts.map(|host| host.name.as_str()).collect()
    };
    let fetching = those(&|host| host.older == Older::Fetching);
    let there = those(&|host| has_older(since, host));
    if !fetching.is_empty() {
        say(Role::Info, format!("fetching older lines of {} …", named(&fetching)));
    } else if store.hosts().iter().all(|host| host.lane != Lane::Journal) {
        // Of other logs nothing is fetched backwards: a longer span reads them anew.
        let is_all = |host: &HostLog| since == Since::Head || matches!(host.lane, Lane::Command(_));
        if !store.hosts().iter().all(is_all) {
            say(Role::Faint, "what is older is read by a longer span of time".to_owned());
        }
    } else if there.is_empty() {
        let picked = store.hosts().iter().find(|host| host.picked.is_some());
        say(Role::Faint, format!("nothing older {} in the journals", picked.map_or("stands", stands)));
    } else {
        let key = sight.older_key;
        say(
            Role::Faint,
            format!("older lines may be on {}; {key} fetches {}", named(&there), figure::grouped(u64::from(PAGE))),
        );
    }
    let is_span = |since| matches!(since, Since::Boot | Since::Ago(_) | Since::At(_));
    // Of one that may have older lines it is not known that there is nothing at all.
    let silent = those(&|host| is_silent(store, host) && (is_span(since) || !has_older(since, host)));
    if !silent.is_empty() && !store.all().is_empty() {
        let of = if is_span(since) { " of that time" } else { "" };
        say(Role::Warn, format!("nothing of {} stands in the journals{of}", named(&silent)));
    }
    drawn
}

/// Whether a host has told everything, and that is nothing, of its journal and of all else.
pub fn is_silent(store: &LogStore, host: &HostLog) -> bool {
    let told = matches!(host.state, Some(TailState::Following | TailState::Ended));
    let lanes = || store.hosts().iter().filter(|lane| lane.name == host.name);
    told && host.lane == Lane::Journal && lanes().all(|lane| lane.lines == 0 && lane.evicted == 0)
}

/// Of what was chosen on the host nothing more is there; of everything else nobody knows.
fn stands(host: &HostLog) -> &'static str {
    if host.picked.is_some() { "that passes stands" } else { "stands" }
}

/// Hosts by name, as long as they are few.
fn named(hosts: &[&str]) -> String {
    match hosts {
        few @ ([] | [_] | [_, _] | [_, _, _]) => few.join(", "),
        more => format!("{} hosts", more.len()),
    }
}

/// What is said above the oldest row of one host, where rows of others stand above it.
pub fn seam(sight: &Sight<'_>, row: Ref) -> Option<Drawn> {
    let store = &sight.reading.store;
    let host = store.host(row).filter(|host| host.first() == row.number() && host.lane == Lane::Journal)?;
    if store.all().first() == Some(row) {
        return None;
    }
    let text = match has_older(sight.reading.since, host) {
        true if host.older == Older::Fetching => format!("{}: older lines than this are being fetched", host.name),
        true => format!("{}: older lines than this may be on the host", host.name),
        false => format!("{}: nothing older {} in its journal", host.name, stands(host)),
    };
    Some(Drawn::plain(sentence(sight, Role::Faint, text)))
}

/// Spaces up to where messages begin.
pub fn indent(sight: &Sight<'_>) -> Words {
    Words::new().gap(usize::from(sight.shape.message_at))
}

/// Spaces before a sentence of ours behind so many columns: up to where messages begin, where it fits there.
fn gap_before(sight: &Sight<'_>, told: &str, columns: u16) -> usize {
    let fits = usize::from(sight.shape.message_at) + width(told) < usize::from(sight.shape.columns);
    if fits { usize::from(sight.shape.message_at.saturating_sub(columns)) } else { 1 }
}

/// A sentence of ours between the lines.
fn sentence(sight: &Sight<'_>, role: Role, told: String) -> Words {
    Words::new().gap(gap_before(sight, &told, 0)).text(role, told)
}

fn of_loss(sight: &Sight<'_>, state: &State, row: Ref, host: &HostName, loss: &Loss) -> Drawn {
    let shape = sight.shape;
    let time = time_words(sight, state, row, loss.at);
    let words = Words::new().gap(1).then(fitted(time, shape.time, sight));
    let told = format!("{host}: {}", loss.words());
    let before = gap_before(sight, &told, 1 + shape.time);
    let words = words.gap(before).text(Role::LogLoss, told);
    Drawn { words, ground: Some((0, Role::LogLoss)), field: None }
}

fn of_line(sight: &Sight<'_>, state: &State, row: Ref, log: &HostLog, line: &Line<'_>) -> Vec<Drawn> {
    let host = &log.name;
    let shape = sight.shape;
    let gap = usize::from(shape.gap);
    let late = match mark(sight, host, line) {
        _ if bookmark(sight, log, line).is_some() => Words::of(Role::Key, sight.glyphs.bookmark),
        _ if row.is_late() => Words::of(Role::Warn, sight.glyphs.late),
        Some((mark, role)) => Words::of(role, mark),
        None => Words::new().gap(1),
    };
    let mut head = late;
    if shape.time > 0 {
        head = head.then(fitted(time_words(sight, state, row, line.at()), shape.time, sight)).gap(gap);
    }
    if shape.host > 0 {
        let hue = sight.reading.store.host(row).map_or(0, |log| log.hue);
        let hue = Role::log_host(usize::from(hue));
        head = head.then(fitted(Words::of(hue, ending(host.as_str(), shape.host)), shape.host, sight)).gap(gap);
    }
    if shape.service > 0 {
        let name = ending(&speaker(sight, log, line), shape.service);
        head = head.then(fitted(Words::of(Role::Text, name), shape.service, sight)).gap(gap);
    }
    if shape.level > 0 {
        let level = Words::of(Role::level(line.priority()), told::level(line.priority()));
        head = head.then(fitted(level, shape.level, sight)).gap(gap);
    }
    if shape.fields.iter().any(|wide| *wide > 0) {
        let values = columns::values(&state.columns, line, sight.glyphs.is_ascii());
        for (value, wide) in values.into_iter().zip(shape.fields).filter(|(_, wide)| *wide > 0) {
            head = head.then(fitted(Words::of(Role::LogField, value), wide, sight)).gap(gap);
        }
    }
    let bodies = bodies(sight, state, row, log, line);
    let mut head = Some(head);
    let lead = |body: Words| match head.take() {
        Some(head) => head.then(body),
        None => indent(sight).then(body),
    };
    bodies.into_iter().map(lead).map(Drawn::plain).collect()
}

/// The bookmark of a line.
fn bookmark<'a>(sight: &Sight<'a>, log: &HostLog, line: &Line<'_>) -> Option<&'a Bookmark> {
    sight.kept.bookmark(&sight.fleet.environment.name, (log.name.as_str(), &log.lane), line)
}

/// What a person said of a line, below it.
fn of_note(sight: &Sight<'_>, kept: &Bookmark) -> Option<Drawn> {
    let note = Foreign::from(kept.note.as_str()).plain();
    let told = format!("{} {note}", sight.glyphs.bookmark);
    (!note.is_empty()).then(|| Drawn::plain(sentence(sight, Role::Key, told)))
}

/// How often the line above it was said once more, in what time, and when last.
fn of_fold(sight: &Sight<'_>, state: &State, fold: &Fold) -> Drawn {
    let (count, until) = until_held(sight, state, fold);
    let span = until.key().saturating_sub(fold.first.key()).max(0);
    let span = Duration::from_micros(u64::try_from(span).unwrap_or(0));
    let span = match span.as_millis() {
        ..100 => "at once".to_owned(),
        100..100_000 => format!("in {:.1} s", span.as_secs_f64()),
        100_000.. => format!("in {}", crate::domain::time::short(span)),
    };
    let last = Timestamp::from_microsecond(until.key()).unwrap_or_default();
    let times = figure::grouped(count as u64);
    let last = last.strftime("%H:%M:%S%.3f");
    let words = format!("{} the same {times} times {span}, the last at {last}", sight.glyphs.again);
    Drawn::plain(indent(sight).gap(2).text(Role::Faint, words))
}

/// Rows that came while a line was held and are looked at for this.
const HELD: usize = 20_000;

/// How many lines of a run there were, and the last of them, when a person stopped following: what has come since is new, and is
/// counted as that.
fn until_held(sight: &Sight<'_>, state: &State, fold: &Fold) -> (usize, Ref) {
    let all = (fold.count, fold.until);
    let end = match state.place {
        Place::Held { end, .. } if end < fold.until && end >= fold.first => end,
        Place::Held { .. } | Place::Following => return all,
    };
    let shown = state.shown(sight.reading);
    let since: Vec<Ref> =
        shown.forward(end).filter(|row| *row > end).take_while(|row| *row <= fold.until).take(HELD).collect();
    let begins = |row: &&Ref| sight.reading.store.host(**row).and_then(|host| host.back(row.number())) == Some(0);
    let new = since.iter().filter(begins).count();
    if since.len() >= HELD || new >= fold.count { all } else { (fold.count - new, end) }
}

/// Behind the gutter mark, without which a line of a message could pass for one of its own.
pub fn marked(sight: &Sight<'_>, gutter: bool, words: Words) -> Words {
    if gutter { Words::of(Role::Faint, format!("{} ", sight.glyphs.quote)).then(words) } else { words }
}

/// One clean row, with what is looked for marked in it.
pub fn styled(role: Role, row: &Text, query: Option<&Query>) -> Words {
    let mut words = Words::new();
    for run in &row.runs {
        words = if run.token {
            words.text(Role::Faint, run.text.clone())
        } else {
            words.then(highlighted(role, &run.text, query))
        };
    }
    words
}

/// A clean text, with what is looked for marked in it.
pub fn highlighted(role: Role, text: &str, query: Option<&Query>) -> Words {
    let (mut words, mut at) = (Words::new(), 0);
    for place in query.map(|query| query.places(text)).unwrap_or_default() {
        let (Some(before), Some(found)) = (text.get(at..place.start), text.get(place.clone())) else { continue };
        words = words.text(role, before).text(Role::Match, found);
        at = place.end;
    }
    words.text(role, text.get(at..).unwrap_or_default())
}

/// A name that is too long: of one with parts the end is kept, because names of a family begin alike.
pub fn ending(name: &str, columns: u16) -> String {
    let columns = usize::from(columns);
    if width(name) <= columns || !name.is_ascii() || !name.contains(['-', '_', '.', '@']) {
        return name.to_owned();
    }
    let rest = &name[(name.len() + 1).saturating_sub(columns)..];
    format!("\u{2026}{rest}")
}

/// Words in exactly so many columns.
pub fn fitted(words: Words, columns: u16, sight: &Sight<'_>) -> Words {
    let words = cut(words, usize::from(columns), sight);
    let missing = usize::from(columns).saturating_sub(words.width(sight.clock));
    words.gap(missing)
}

/// Words in at most so many columns, with a mark where something is missing.
pub fn cut(words: Words, columns: usize, sight: &Sight<'_>) -> Words {
    if words.width(sight.clock) <= columns {
        return words;
    }
    let (mut kept, mut left) = (Words::new(), columns);
    for (text, role, _) in words.told(sight.clock) {
        let takes = width(&text);
        if takes >= left {
            return kept.text(role, truncate(&format!("{text} "), left));
        }
        left -= takes;
        kept = kept.text(role, text);
    }
    kept
}

/// Who wrote a line: the service, else the unit, else the log of the site, else the program.
pub fn speaker(sight: &Sight<'_>, log: &HostLog, line: &Line<'_>) -> String {
    let host = &log.name;
    if let Some(unit) = line.unit() {
        let is = |one: &crate::state::Instance| one.host.as_ref() == Some(host) && one.unit.as_ref() == Some(unit);
        // A unit that moved to a host the site does not name is still the same service.
        let named = |one: &crate::state::Instance| one.unit.as_ref() == Some(unit);
        let services = &sight.fleet.services;
        let row = services.iter().find(|row| row.instances.iter().any(is));
        if let Some(row) = row.or_else(|| services.iter().find(|row| row.instances.iter().any(named))) {
            return row.service.name.to_string();
        }
        return if unit.suffix() == "service" { unit.stem().to_owned() } else { unit.to_string() };
    }
    let logs = &sight.fleet.environment.logs;
    let named = logs.iter().find(|named| log.lane != Lane::Journal && named.source.lane() == log.lane);
    let program = || line.identifier().map(Foreign::ident);
    named.map(|log| log.name.to_string()).or_else(program).unwrap_or_else(|| sight.glyphs.none.to_owned())
}

/// The time of a row.
pub fn time_words(sight: &Sight<'_>, state: &State, row: Ref, by_host: Timestamp) -> Words {
    let ours = Timestamp::from_microsecond(row.key()).unwrap_or(by_host);
    let zone = match (state.time, sight.zone) {
        (TimeFormat::Age, _) => return Words::new().piece(Role::Faint, Piece::Since(ours)),
        (TimeFormat::Local, Some(zone)) => zone.clone(),
        (TimeFormat::Utc | TimeFormat::Local | TimeFormat::HostClock, _) => TimeZone::UTC,
    };
    let at = if state.time == TimeFormat::HostClock { by_host } else { ours };
    let [at, today] = [at, sight.clock.now.wall].map(|stamp| stamp.to_zoned(zone.clone()));
    // A time of day alone would lie about a line of another day.
    let format = match (at.date() == today.date(), sight.shape.time >= 12) {
        (true, true) => "%H:%M:%S%.3f",
        (true, false) => "%H:%M:%S",
        (false, true) => "%m-%d %H:%M",
        (false, false) => "%d %H:%M",
    };
    Words::of(Role::Faint, at.strftime(format).to_string())
}
