//! What is under the cursor of the other screens, as far as procedures may fit it: its service, its host, and what is
//! seen there.

use crate::app::model::{Model, Screen};
use crate::domain::probe::Found;
use crate::domain::{HostName, Link, ServiceName};
use crate::port::log_block::Row;
use crate::state::procedures::Subject;
use crate::state::procedures::matching::STATE;
use crate::state::{Fleet, Instance, ServiceRow};
use crate::text::Foreign;

/// Lines of a service that are looked at.
const LINES: usize = 200;
/// Lines of all services among which they are looked for.
const LOOKED_AT: usize = 20_000;

/// What a person means on the screen that is open.
pub fn of(model: &Model) -> Option<Subject> {
    let fleet = model.fleet.as_ref()?;
    match model.screen {
        Screen::Overview => {
            let (row, instance) = model.overview.chosen(fleet)?;
            Some(service(model, fleet, row, instance))
        }
        Screen::Hosts => Some(host(fleet, &model.hosts.chosen(fleet)?.host.name.clone())),
        Screen::Changes => match model.changes.subject(fleet)? {
            (Some(name), on) => {
                let row = fleet.service(&name)?;
                let instance = row.instances.iter().find(|instance| on.is_some() && instance.host == on);
                Some(service(model, fleet, row, instance.or_else(|| row.instances.first())))
            }
            (None, Some(name)) => Some(host(fleet, &name)),
            (None, None) => None,
        },
        Screen::Logs => line(model, fleet),
        Screen::Runbooks | Screen::Procedure | Screen::Deploy | Screen::History => None,
    }
}

fn named(service: &ServiceName, host: Option<&HostName>) -> String {
    host.map_or_else(|| service.to_string(), |host| format!("{service} on {host}"))
}

fn service(model: &Model, fleet: &Fleet, row: &ServiceRow, instance: Option<&Instance>) -> Subject {
    let on = instance.and_then(|instance| instance.host.as_ref());
    let mut seen = Vec::new();
    let verdict = instance.map_or(&row.verdict, |instance| &instance.verdict);
    if verdict.state.is_trouble() {
        seen.push((STATE, Foreign::from(format!("{} {}", verdict.state.word(), verdict.why))));
    }
    let unit = instance.and_then(|instance| Some((instance.host.as_ref()?, instance.unit.as_ref()?)));
    if let Some(line) = unit.and_then(|(host, unit)| fleet.host(host)?.units.get(unit)?.error_of(verdict.state)) {
        seen.push(("last error", line.message.clone()));
    }
    for (probe, state) in row.probes_of(on) {
        let Some(report) = &state.last else { continue };
        if !matches!(report.found, Found::Pass) {
            seen.push(("probe", Foreign::from(format!("{} {}", probe.name, report.summary.plain()))));
        }
    }
    seen.extend(last_lines(model, row, on).into_iter().map(|line| ("log line", line)));
    Subject { name: named(&row.service.name, on), service: Some(row.service.name.clone()), host: on.cloned(), seen }
}

/// The last lines of a service's log, the newest first, as far as they are held already: nothing is fetched for it.
fn last_lines(model: &Model, row: &ServiceRow, on: Option<&HostName>) -> Vec<Foreign> {
    let mut lines: Vec<Foreign> = Vec::new();
    let shown =
        model.overview.detail.as_ref().filter(|shown| on.is_none_or(|on| *on == shown.host) && row.means(&shown.unit));
    if let Some(Ok(log)) = shown.map(|shown| &shown.detail.log) {
        lines.extend(log.iter().rev().map(|line| line.message.clone()));
    }
    let Some(store) = model.reading.as_ref().map(|reading| &reading.store) else { return lines };
    let Some(newest) = store.all().last() else { return lines };
    let mut before = store.all().backward(newest);
    for place in std::iter::once(newest).chain(&mut before).take(LOOKED_AT) {
        if on.is_some_and(|on| store.host(place).is_none_or(|host| host.name != *on)) {
            continue;
        }
        let Some(Row::Line(line)) = store.row(place) else { continue };
        if line.unit().is_some_and(|unit| row.means(unit)) {
            lines.push(Foreign::from(line.raw()));
        }
        if lines.len() >= LINES {
            break;
        }
    }
    lines
}

fn host(fleet: &Fleet, name: &HostName) -> Subject {
    let mut seen = Vec::new();
    if let Some(row) = fleet.host(name) {
        match &row.link {
            Link::Waiting { why, .. } | Link::Stopped { why, .. } => {
                seen.push(("link", Foreign::from(why.to_string())))
            }
            Link::Connecting { .. } | Link::Asking { .. } | Link::Up { .. } => {}
        }
        if let Some((facts, _)) = &row.facts {
            for disk in &facts.disks {
                if let Some(used) =
                    crate::ui::figure::used_percent(disk.total, disk.available).filter(|used| *used >= 80)
                {
                    seen.push(("disk", Foreign::from(format!("disk {} {used}% full", disk.mount.plain()))));
                }
            }
        }
        for unit in row.units.values() {
            if let Some(line) = &unit.last_error {
                seen.push(("last error", line.message.clone()));
            }
        }
    }
    Subject { name: format!("host {name}"), service: None, host: Some(name.clone()), seen }
}

fn line(model: &Model, fleet: &Fleet) -> Option<Subject> {
    let reading = model.reading.as_ref()?;
    let chosen = model.logs.chosen(reading)?;
    let on = reading.store.host(chosen)?.name.clone();
    let Row::Line(line) = reading.store.row(chosen)? else { return Some(host(fleet, &on)) };
    let of = line.unit().and_then(|unit| fleet.services.iter().find(|row| row.means(unit)));
    let name = of.map(|row| row.service.name.clone());
    let told =
        name.as_ref().map_or_else(|| format!("a line of {on}"), |name| format!("a line of {}", named(name, Some(&on))));
    Some(Subject { name: told, service: name, host: Some(on), seen: vec![("log line", Foreign::from(line.raw()))] })
}
