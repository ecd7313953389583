//! What a row of the overview says, column by column.

use std::time::Duration;

use super::rows::{Row, speaker};
use crate::domain::link::Link;
use crate::domain::probe::{Ask, ProbeState};
use crate::domain::{HostName, Moment, Probe, ProbeVerdict, State, Verdict};
use crate::state::{Fleet, Instance, ServiceRow, UnitRow};
use crate::style::{Glyphs, Role};
use crate::ui::words::Piece;
use crate::ui::{Words, figure, graph, told};

/// One row, ready to be put into columns.
#[derive(Debug, Default)]
pub struct Cells {
    /// The glyph of the state.
    pub mark: Words,
    /// The name, with what folding says.
    pub name: Words,
    /// The state in one word.
    pub state: Words,
    /// Health, or why there is trouble.
    pub health: Words,
    /// The little graph.
    pub graph: Words,
    /// The newest latency.
    pub latency: Words,
    /// Since when.
    pub since: Words,
    /// Memory.
    pub memory: Words,
    /// Restarts.
    pub restarts: Words,
    /// Whether the reason matters more than figures.
    pub urgent: bool,
    /// Whether there is a latency.
    pub timed: bool,
    /// Whether all this is what was last heard of a host that is out of reach.
    pub stale: bool,
}

/// The cells of a row; `None` for a heading. `graph` is how many columns the little graph has.
pub fn cells(fleet: &Fleet, row: &Row, now: Moment, columns: usize, glyphs: &Glyphs) -> Option<Cells> {
    match row {
        Row::Tier { .. } => None,
        Row::Service { service, unfolded } => {
            let row = fleet.services.get(*service)?;
            let instance = speaker(row);
            let members: Vec<&Instance> = row.instances.iter().collect();
            let mut cells = of(fleet, row, instance, &members, &row.verdict, now, columns, glyphs);
            cells.name = service_name(row, *unfolded, glyphs);
            Some(cells)
        }
        Row::Instance { service, instance, last } => {
            let row = fleet.services.get(*service)?;
            let instance = row.instances.get(*instance)?;
            let mut cells = of(fleet, row, Some(instance), &[instance], &instance.verdict, now, columns, glyphs);
            let branch = glyphs.branch[usize::from(*last)];
            cells.name = Words::of(Role::Line, format!("{branch} ")).then(instance_name(row, instance));
            Some(cells)
        }
    }
}

fn service_name(row: &ServiceRow, unfolded: bool, glyphs: &Glyphs) -> Words {
    let name = Words::of(Role::Text, row.service.name.as_str());
    if row.instances.len() < 2 {
        return name;
    }
    let up = row.instances.iter().filter(|one| !one.verdict.state.is_trouble()).count();
    let (all, fold) = (row.instances.len(), if unfolded { glyphs.unfolded } else { glyphs.folded });
    let role = if up == all { Role::Faint } else { Role::state(row.verdict.state) };
    name.text(role, format!(" {up}/{all}")).text(Role::Faint, format!(" {fold}"))
}

/// The host, and the unit where a host has several of the service.
fn instance_name(row: &ServiceRow, instance: &Instance) -> Words {
    let host = instance.host.as_ref().map_or("here", HostName::as_str);
    let words = Words::of(Role::Text, host);
    let several = row.instances.iter().filter(|other| other.host == instance.host).count() > 1;
    match &instance.unit {
        Some(unit) if several => words.text(Role::Quiet, format!(" {unit}")),
        Some(_) | None => words,
    }
}

#[expect(clippy::too_many_arguments, reason = "one place that brings all evidence of a row together")]
fn of(
    fleet: &Fleet,
    row: &ServiceRow,
    instance: Option<&Instance>,
    members: &[&Instance],
    verdict: &Verdict,
    now: Moment,
    columns: usize,
    glyphs: &Glyphs,
) -> Cells {
    let host = instance.and_then(|instance| instance.host.as_ref());
    let unit = instance.and_then(|instance| fleet.unit_of(instance));
    let units: Vec<&UnitRow> = members.iter().filter_map(|instance| fleet.unit_of(instance)).collect();
    let stale = host.and_then(|name| fleet.host(name)).is_some_and(|host| !host.link.is_up() || !host.current);
    let timed =
        measured(row, host).is_some_and(|(_, state)| state.last.as_ref().is_some_and(|last| last.latency.is_some()));
    let (graph, latency) = latency(row, host, now, columns, glyphs);
    let trouble = verdict.state.is_trouble();
    // What was true when the host was last heard still tells something; the row is dimmed then.
    let since = verdict.since.or_else(|| unit.filter(|_| stale)?.facts.active_enter);
    Cells {
        mark: told::mark(verdict.state, glyphs),
        name: Words::new(),
        state: Words::of(Role::state(verdict.state), verdict.state.word()),
        health: health(fleet, row, host, unit, verdict, now, glyphs),
        graph,
        latency,
        since: Words::new().since(if trouble { Role::Text } else { Role::Quiet }, since, glyphs.none),
        memory: memory(&units, glyphs),
        restarts: restarts(&units, now, glyphs),
        urgent: trouble,
        timed,
        stale,
    }
}

fn health(
    fleet: &Fleet,
    row: &ServiceRow,
    host: Option<&HostName>,
    unit: Option<&UnitRow>,
    verdict: &Verdict,
    now: Moment,
    glyphs: &Glyphs,
) -> Words {
    let role = Role::state(verdict.state);
    let host_row = host.and_then(|name| fleet.host(name));
    if let Some(host) = host_row.filter(|host| verdict.state == State::Unknown && !host.link.is_up()) {
        return match (&host.link, host.heard()) {
            (Link::Connecting { .. } | Link::Asking { .. }, None) => Words::of(role, verdict.why.clone()),
            (_, Some(heard)) => Words::of(role, "host lost ").piece(role, Piece::Age(heard)),
            (_, None) => Words::of(role, verdict.why.clone()),
        };
    }
    if (verdict.state.is_trouble() || verdict.state == State::Starting) && verdict.why != verdict.state.word() {
        return Words::of(role, answered(&verdict.why));
    }
    if let Some(timer) = unit.and_then(|unit| unit.facts.timer.as_ref()).and_then(|timer| timer.next) {
        return Words::of(Role::Quiet, "next ").text(Role::Quiet, crate::ui::Clock::stamp(timer));
    }
    let passing: Vec<&str> = row
        .probes_of(host)
        .filter(|(probe, state)| state.verdict(probe, now) == ProbeVerdict::Pass)
        .map(|(probe, _)| probe.name.as_str())
        .collect();
    if !passing.is_empty() {
        return Words::of(Role::Quiet, passing.join(", "));
    }
    if !verdict.why.is_empty() {
        return Words::of(Role::Quiet, verdict.why.clone());
    }
    let status = unit.map(|unit| unit.facts.status_text.plain()).unwrap_or_default();
    if status.is_empty() { Words::of(Role::Faint, glyphs.none) } else { Words::of(Role::Quiet, status) }
}

/// What came of an asking, without what was asked: the column is narrow, and the details tell both.
fn answered(why: &str) -> String {
    match why.split_once(" \u{2192} ") {
        Some((asked, found)) if asked.starts_with("GET ") || asked.starts_with("connect ") => found.to_owned(),
        Some(_) | None => why.to_owned(),
    }
}

/// The probe that is shown as a graph: the first that measured anything.
fn measured<'a>(row: &'a ServiceRow, host: Option<&'a HostName>) -> Option<(&'a Probe, &'a ProbeState)> {
    let mut probes = row.probes_of(host);
    probes.find(|(_, state)| state.latencies.iter().any(Option::is_some))
}

fn latency(row: &ServiceRow, host: Option<&HostName>, now: Moment, columns: usize, glyphs: &Glyphs) -> (Words, Words) {
    let dash = Words::of(Role::Faint, glyphs.none);
    let Some((probe, state)) = measured(row, host) else { return (Words::new(), dash) };
    let newest: Option<Duration> = state.last.as_ref().and_then(|report| report.latency);
    let limit = match &probe.ask {
        Ask::Http(http) => http.slower,
        Ask::Tcp { .. } | Ask::Command { .. } => None,
    };
    let slow = limit.zip(newest).is_some_and(|(limit, newest)| newest > limit);
    let (lines, figure) = match state.verdict(probe, now) {
        ProbeVerdict::Fail => (Role::Bad, Role::Bad),
        ProbeVerdict::Pass if slow => (Role::Warn, Role::Warn),
        ProbeVerdict::Pass => (Role::Graph, Role::Text),
        ProbeVerdict::Error | ProbeVerdict::Inconclusive | ProbeVerdict::Stale => (Role::Unknown, Role::Faint),
    };
    let graph = graph::latencies(state.latencies.iter(), columns, lines, glyphs);
    (graph, newest.map_or(dash, |newest| Words::of(figure, figure::latency(newest))))
}

fn memory(units: &[&UnitRow], glyphs: &Glyphs) -> Words {
    let used: Vec<u64> = units.iter().filter_map(|unit| unit.usage?.0.memory).collect();
    if used.is_empty() {
        Words::of(Role::Faint, glyphs.none)
    } else {
        Words::of(Role::Quiet, figure::bytes(used.iter().fold(0, |sum, used| sum.saturating_add(*used))))
    }
}

fn restarts(units: &[&UnitRow], now: Moment, glyphs: &Glyphs) -> Words {
    if units.is_empty() {
        return Words::of(Role::Faint, glyphs.none);
    }
    let all: u32 = units.iter().fold(0, |sum, unit| sum.saturating_add(unit.facts.restarts));
    let recent = units.iter().any(|unit| unit.recent_restarts(now) > 0);
    let role = match (all, recent) {
        (_, true) => Role::Bad,
        (0, false) => Role::Faint,
        (_, false) => Role::Text,
    };
    Words::of(role, if all > 999 { "999".to_owned() } else { all.to_string() })
}

#[cfg(test)]
mod tests {
    use super::answered;

    #[test]
    fn the_narrow_column_tells_the_answer_not_the_question() {
        assert_eq!(answered("GET :8000/health/ready → 503, expected 200"), "503, expected 200");
        assert_eq!(answered("connect :5432 → nobody listens there"), "nobody listens there");
        assert_eq!(answered("exit 1, 16 restarts in 5m"), "exit 1, 16 restarts in 5m");
        assert_eq!(answered("ready: a → b"), "ready: a → b");
    }
}
