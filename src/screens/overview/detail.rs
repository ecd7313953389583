//! The lines of the detail pane: everything that is known of the service or instance under the cursor.

use std::time::Duration;

use super::rows::RowKey;
use super::state::State;
use super::{containers, file, log, probe};
use crate::domain::change::What;
use crate::domain::unit::{Exit, Load, UnitFacts, signal_name};
use crate::domain::{Change, HostName, Now, ServiceName, State as Word};
use crate::state::{Fleet, Instance, ServiceRow, UnitRow};
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Clock, Lines, Words, figure, told};

/// Changes younger than this stand in the pane.
const RECENT: Duration = Duration::from_secs(3600);
/// At most so many of them.
const CHANGES: usize = 8;

/// The title of the pane: glyph and name at the left, the host at the right.
pub fn title(state: &State, fleet: &Fleet, glyphs: &Glyphs) -> (Words, Words) {
    let Some((row, instance)) = state.chosen(fleet) else { return (Words::new(), Words::new()) };
    let of_instance = state.cursor.as_ref().is_some_and(|cursor| cursor.instance.is_some());
    let verdict = instance.filter(|_| of_instance).map_or(&row.verdict, |instance| &instance.verdict);
    let name = match instance.and_then(|instance| instance.unit.as_ref()) {
        Some(unit) => unit.stem().to_owned(),
        None => row.service.name.to_string(),
    };
    let host = instance.and_then(|instance| instance.host.as_ref());
    let host = host.map(|host| Words::of(Role::Quiet, host.as_str())).unwrap_or_default();
    (told::mark(verdict.state, glyphs).text(Role::Strong, format!(" {name}")), host)
}

/// The lines of the pane. `with_log` adds the newest log lines where no pane of their own shows them.
pub fn lines(state: &State, fleet: &Fleet, columns: usize, clock: Clock, glyphs: &Glyphs, with_log: bool) -> Lines {
    let mut lines = Lines::new(columns, clock);
    let Some((row, instance)) = state.chosen(fleet) else { return lines };
    let detail = state.detail_of(fleet);
    if state.unit_file {
        file::lines(&mut lines, detail, glyphs);
        return lines;
    }
    let unit = instance.and_then(|instance| fleet.unit_of(instance));
    let whole = state.cursor.as_ref().is_some_and(|cursor: &RowKey| cursor.instance.is_none());
    head(&mut lines, row, instance, unit, whole, fleet.opened, glyphs);
    if let Some(unit) = unit {
        let state = instance.map_or(row.verdict.state, |instance| instance.verdict.state);
        unit_lines(&mut lines, unit, state, clock, glyphs);
    }
    let host = instance.and_then(|instance| instance.host.as_ref());
    for (rule, probe_state) in row.probes_of(host) {
        lines.space();
        probe::lines(&mut lines, rule, probe_state, clock.now.mono, glyphs);
    }
    lines.space();
    needs(&mut lines, fleet, row, glyphs);
    if let Some(unit) = unit {
        unit_needs(&mut lines, unit);
        unit_files(&mut lines, unit);
    }
    versions(&mut lines, row, host);
    for link in &row.service.links {
        lines.pair(
            "link",
            Words::of(Role::Text, link.title.plain()).text(Role::Quiet, format!(" {}", link.url.plain())),
        );
    }
    recent_changes(&mut lines, fleet, row, glyphs);
    if with_log && unit.is_some() {
        lines.space();
        lines.line(Words::of(Role::Quiet, "log"));
        let reachable = host.and_then(|host| fleet.host(host)).is_some_and(|host| host.link.is_up());
        match (log::absence(detail, reachable), detail) {
            (Some(absence), _) => lines.line(absence),
            (None, Some(detail)) => log::newest(detail, 12, clock).into_iter().for_each(|line| lines.line(line)),
            (None, None) => {}
        }
    }
    lines
}

fn head(
    lines: &mut Lines,
    row: &ServiceRow,
    instance: Option<&Instance>,
    unit: Option<&UnitRow>,
    whole: bool,
    opened: Now,
    glyphs: &Glyphs,
) {
    let title = row.service.title.plain();
    let description = unit.map(|unit| unit.facts.description.plain()).unwrap_or_default();
    let about = if title.is_empty() { description } else { title };
    if !about.is_empty() {
        lines.text(Role::Quiet, &about);
        lines.space();
    }
    let verdict = instance.filter(|_| !whole).map_or(&row.verdict, |instance| &instance.verdict);
    let mut state = told::verdict(verdict);
    if let Some(since) = verdict.since {
        let piece = match verdict.state {
            Word::Up | Word::Starting | Word::Degraded | Word::Unknown | Word::CrashLooping => Piece::Lasting(since),
            Word::Down | Word::Stopped => Piece::Ago(since),
        };
        state = state.gap(1).piece(Role::state(verdict.state), piece);
    } else if verdict.state == Word::CrashLooping {
        let opened = format!(" since before {}", Clock::stamp(opened.wall));
        state = state.text(Role::state(verdict.state), opened);
    }
    lines.pair("state", state);
    if whole && row.instances.len() > 1 {
        for (number, instance) in row.instances.iter().enumerate() {
            let name = instance.host.as_ref().map_or("here", HostName::as_str);
            let several = row.instances.iter().filter(|other| other.host == instance.host).count() > 1;
            let mut words = told::named(name, instance.verdict.state, glyphs);
            if let Some(unit) = instance.unit.as_ref().filter(|_| several) {
                words = words.text(Role::Quiet, format!(" {unit}"));
            }
            words = words.gap(1).then(told::verdict(&instance.verdict));
            if number == 0 { lines.pair("instances", words) } else { lines.below(words) }
        }
    }
}

fn unit_lines(lines: &mut Lines, row: &UnitRow, state: Word, clock: Clock, glyphs: &Glyphs) {
    let facts = &row.facts;
    match &facts.containers {
        Some(known) => containers::lines(lines, known),
        None => load_lines(lines, facts),
    }
    let recent = row.recent_restarts(clock.now.mono);
    if facts.restarts > 0 || recent > 0 {
        let role = if recent > 0 { Role::Warn } else { Role::Text };
        let mut words = Words::of(role, facts.restarts.to_string());
        if recent > 0 {
            words = words.tail(role, ",").text(role, format!(" {recent} in the last 5m"));
        }
        lines.pair("restarts", words);
    }
    let exit = match facts.exit {
        Exit::None => None,
        Exit::Exited(0) => Some(("exit 0".to_owned(), Role::Text)),
        Exit::Exited(status) => Some((format!("exit {status}"), Role::Bad)),
        Exit::Killed(signal) => Some((signal_name(signal), Role::Bad)),
        Exit::Dumped(signal) => Some((format!("{}, core dumped", signal_name(signal)), Role::Bad)),
    };
    if let Some((text, role)) = exit {
        let words = Words::of(role, text);
        lines.pair(
            "last exit",
            match facts.exited_at {
                Some(at) => words.text(Role::Faint, " at ").tail(Role::Faint, Clock::stamp(at)),
                None => words,
            },
        );
    }
    if let Some(error) = row.error_of(state) {
        lines.pair("last error", log::short(error));
    }
    if !facts.status_text.is_empty() {
        lines.pair("says", Words::new().prose(Role::Text, &facts.status_text.plain()));
    }
    if let Some(timer) = &facts.timer {
        let stamp = |at: Option<jiff::Timestamp>| at.map_or_else(|| glyphs.none.to_owned(), Clock::stamp);
        lines.pair(
            "last run",
            Words::of(Role::Text, stamp(timer.last)).text(Role::Faint, " ").since(Role::Faint, timer.last, ""),
        );
        lines.pair(
            "next run",
            Words::of(Role::Text, stamp(timer.next)).text(Role::Quiet, {
                let what = timer.triggers.plain();
                if what.is_empty() { what } else { format!(" starts {what}") }
            }),
        );
    }
    if let Some(socket) = &facts.socket {
        for listen in &socket.listen {
            lines.pair("listens", Words::of(Role::Text, listen.plain()));
        }
        let open = format!("{} open, {} taken", socket.connections, socket.accepted);
        lines.pair("calls", Words::of(Role::Text, open));
    }
    if let Some((usage, at)) = &row.usage {
        let mut parts = Vec::new();
        parts.extend(usage.memory.map(figure::bytes));
        parts.extend(row.cpu_share.map(|share| format!("{:.0}% of a core", share * 100.0)));
        parts.extend(usage.tasks.map(|tasks| figure::count(usize::try_from(tasks).unwrap_or(usize::MAX), "task")));
        if !parts.is_empty() {
            let words = Words::listed(Role::Text, &parts);
            lines.pair("uses", words.piece(Role::Faint, Piece::Read(", read ", *at)));
        }
    }
}

fn load_lines(lines: &mut Lines, facts: &UnitFacts) {
    let (load, role) = match facts.load {
        Load::Loaded => ("loaded", Role::Text),
        Load::NotFound => ("no such unit", Role::Bad),
        Load::BadSetting => ("bad setting in its file", Role::Bad),
        Load::Error => ("its file can't be read", Role::Bad),
        Load::Merged => ("another name of a unit", Role::Text),
        Load::Masked => ("masked", Role::Warn),
        Load::Unknown => ("not known", Role::Unknown),
    };
    let mut unit = Words::of(role, load);
    for word in [facts.file_state.plain(), facts.sub.plain()].iter().filter(|word| !word.is_empty()) {
        unit = unit.tail(Role::Text, ",").text(Role::Text, format!(" {word}"));
    }
    lines.pair("unit", unit);
    if facts.needs_reload {
        lines.below(Words::new().prose(Role::Warn, "its files changed on disk: systemd has not read them yet"));
    }
}

fn needs(lines: &mut Lines, fleet: &Fleet, row: &ServiceRow, glyphs: &Glyphs) {
    let words = |names: Vec<&ServiceName>| {
        let mut words = Words::new();
        for (number, name) in names.into_iter().enumerate() {
            let Some(state) = fleet.service(name).map(|row| row.verdict.state) else { continue };
            let space = if number == 0 { "" } else { "  " };
            let role = if state.is_trouble() { Role::state(state) } else { Role::Text };
            words = words.text(Role::state(state), format!("{space}{}", glyphs.state(state)));
            words = words.tail(role, format!(" {name}"));
        }
        words
    };
    let needs = words(row.service.depends_on.iter().collect());
    if !needs.is_empty() {
        lines.pair("needs", needs);
    }
    let mut needed: Vec<&ServiceName> =
        fleet.environment.needed_by(&row.service.name).map(|service| &service.name).collect();
    needed.sort_by_key(|name| std::cmp::Reverse(fleet.service(name).map(|row| row.verdict.state)));
    let needed = words(needed);
    if !needed.is_empty() {
        lines.pair("needed by", needed);
    }
}

fn unit_needs(lines: &mut Lines, unit: &UnitRow) {
    let list = |names: &[Foreign]| {
        let names: Vec<String> = names.iter().map(Foreign::ident).collect();
        Words::new().prose(Role::Quiet, &names.join(" "))
    };
    if !unit.facts.needs.is_empty() {
        lines.pair("unit needs", list(&unit.facts.needs));
    }
    if !unit.facts.needed_by.is_empty() {
        lines.pair("unit for", list(&unit.facts.needed_by));
    }
}

fn unit_files(lines: &mut Lines, unit: &UnitRow) {
    if unit.facts.fragment.is_empty() {
        return;
    }
    let words = Words::new().path(Role::Quiet, &unit.facts.fragment.plain());
    let drop_ins = match unit.facts.drop_ins.len() {
        0 => words,
        count => words.text(Role::Quiet, format!(" and {}", figure::count(count, "drop-in"))),
    };
    lines.pair("file", drop_ins);
}

fn versions(lines: &mut Lines, row: &ServiceRow, host: Option<&HostName>) {
    let here = |of: &HostName| host.is_none_or(|host| host == of);
    for (host, version) in row.versions.iter().filter(|(host, _)| here(host)) {
        let differs = row.versions.values().any(|other| other != version);
        let role = if differs { Role::Warn } else { Role::Text };
        let words = Words::of(role, version.plain());
        let words =
            if differs { words.text(Role::Warn, format!(" on {host}, not the same everywhere")) } else { words };
        lines.pair("version", words);
    }
}

fn recent_changes(lines: &mut Lines, fleet: &Fleet, row: &ServiceRow, glyphs: &Glyphs) {
    let concerns = |change: &&Change| match &change.what {
        What::State { service, .. } | What::Restarted { service, .. } | What::Probe { service, .. } => {
            *service == row.service.name
        }
        What::LinkLost { host, .. } | What::LinkUp { host } | What::Rebooted { host } => {
            row.service.hosts.contains(host)
        }
    };
    let now = lines.clock.now;
    let young = |change: &&Change| now.since(change.at) <= RECENT;
    let changes: Vec<&Change> = fleet.changes.iter().rev().take_while(young).filter(concerns).take(CHANGES).collect();
    if changes.is_empty() {
        return;
    }
    lines.space();
    lines.line(Words::of(Role::Quiet, "changed in the last hour"));
    for change in changes {
        let (_, what, why) = told::change(change, glyphs);
        let host = match &change.what {
            What::State { host, .. } | What::Restarted { host, .. } => Some(host),
            What::Probe { host, .. } => host.as_ref(),
            What::LinkLost { host, .. } | What::LinkUp { host } | What::Rebooted { host } => Some(host),
        };
        let host = host.map(|host| format!(" {host}")).unwrap_or_default();
        let why = if why.is_empty() { why } else { Words::of(Role::Quiet, ", ").then(why) };
        let words = Words::of(Role::Faint, Clock::stamp(change.at)).gap(2).then(what).text(Role::Quiet, host).then(why);
        lines.line(words);
    }
}
