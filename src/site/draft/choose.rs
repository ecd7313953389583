//! Which of the units that hosts showed are worth operating, and which of them are one service.

use std::collections::BTreeMap;

use super::Looked;
use super::base::is_base;
use super::graph::Graph;
use super::name::Names;
use super::probes::{self, DraftProbe};
use crate::domain::UnitName;
use crate::domain::survey::{Listener, SeenUnit};
use crate::domain::unit::Active;
use crate::text::Foreign;

/// Services that a first site has at most.
const MOST: usize = 150;
/// Arrows that one service has at most.
const MOST_NEEDS: usize = 20;
/// Units that one service names at most.
const MOST_UNITS: usize = 20;

/// What was chosen, and what was not.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// The services, in the order of the file.
    pub(super) services: Vec<Picked>,
    /// Units of the system itself.
    pub(super) left_out: Vec<UnitName>,
    /// Services beyond the most that are taken.
    pub(super) beyond: Vec<String>,
    /// Ports that belong to none of the services: the host and the port.
    pub(super) strays: Vec<(usize, Listener)>,
}

/// One service of the draft.
#[derive(Debug)]
pub(super) struct Picked {
    /// Its name: a good one.
    pub(super) name: String,
    /// Where it stands.
    pub(super) group: Group,
    /// Its units: names, or a glob for the instances of a template.
    pub(super) units: Vec<String>,
    /// What its first unit calls itself.
    pub(super) title: Foreign,
    /// The hosts it runs on, by number.
    pub(super) hosts: Vec<usize>,
    /// What it can't do without, by name; whether a unit says so, or only starts after it.
    pub(super) needs: Vec<(String, bool)>,
    /// Arrows that would have closed a circle.
    pub(super) circles: Vec<String>,
    /// Its checks of health.
    pub(super) probes: Vec<DraftProbe>,
    /// What to say of it above it.
    pub(super) notes: Vec<String>,
}

/// Where a service stands in the file and on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Units that somebody put there, and packages that listen on ports.
    Services,
    /// Packages that do not.
    Packages,
    /// What runs to its end.
    Jobs,
}

impl Group {
    /// All of them, in their order.
    pub(super) const ALL: [Group; 3] = [Group::Services, Group::Packages, Group::Jobs];

    /// Its heading.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Group::Services => "Services",
            Group::Packages => "Packages",
            Group::Jobs => "Jobs",
        }
    }
}

/// The units of one service, on all hosts.
#[derive(Debug, Default)]
struct Bundle<'a> {
    units: Vec<(usize, &'a SeenUnit)>,
    job: bool,
}

/// Chooses.
pub(super) fn choose(looked: &[Looked]) -> Chosen {
    let mut chosen = Chosen::default();
    let bundles = bundles(looked, &mut chosen.left_out);
    let listens = |host: usize, unit: &SeenUnit| {
        survey(looked, host)
            .is_some_and(|survey| survey.listeners.iter().any(|one| one.unit.as_ref() == Some(&unit.name)))
    };
    let mut order: Vec<(Group, &String, &Bundle<'_>)> = bundles
        .iter()
        .map(|(key, bundle)| {
            let own = bundle.units.iter().any(|(host, unit)| is_own(unit) || listens(*host, unit));
            let group = if bundle.job {
                Group::Jobs
            } else if own {
                Group::Services
            } else {
                Group::Packages
            };
            (group, key, bundle)
        })
        .collect();
    order.sort_by_key(|(group, key, _)| (*group, *key));
    chosen.beyond = order.iter().skip(MOST).map(|(_, key, _)| (*key).clone()).collect();
    order.truncate(MOST);
    let mut names = Names::default();
    for (group, key, bundle) in &order {
        chosen.services.push(pick(names.give(key, "unit"), *group, bundle, looked));
    }
    connect(&mut chosen.services, &order.iter().map(|(_, _, bundle)| *bundle).collect::<Vec<_>>());
    for (host, one) in looked.iter().enumerate() {
        let listeners = one.survey.as_ref().map(|survey| survey.listeners.as_slice()).unwrap_or_default();
        let owned = |unit: &UnitName| {
            is_base(unit.stem())
                || order
                    .iter()
                    .any(|(_, _, bundle)| bundle.units.iter().any(|(on, seen)| *on == host && seen.name == *unit))
        };
        let stray = listeners.iter().filter(|listener| listener.unit.as_ref().is_none_or(|unit| !owned(unit)));
        chosen.strays.extend(stray.map(|listener| (host, listener.clone())));
    }
    chosen
}

pub(super) fn survey(looked: &[Looked], host: usize) -> Option<&crate::domain::Survey> {
    looked.get(host).and_then(|one| one.survey.as_ref().ok())
}

/// Puts the units that are worth it together: instances of one template, a timer with what it starts, and the same on
/// several hosts.
fn bundles<'a>(looked: &'a [Looked], left_out: &mut Vec<UnitName>) -> BTreeMap<String, Bundle<'a>> {
    let mut bundles: BTreeMap<String, Bundle<'a>> = BTreeMap::new();
    for host in 0..looked.len() {
        let Some(survey) = survey(looked, host) else { continue };
        let mut units = Vec::new();
        for unit in &survey.units {
            if !matches!(unit.name.suffix(), "service" | "timer" | "socket") {
                continue;
            }
            if is_base(unit.name.stem()) {
                left_out.push(unit.name.clone());
            } else if !unit.file.raw().starts_with(b"/run/systemd/transient/") && !unit.file.is_empty() {
                units.push(unit);
            }
        }
        let starters = |kind: &str| units.iter().copied().filter(|unit| unit.name.suffix() == kind).collect::<Vec<_>>();
        let timers = starters("timer");
        for unit in &units {
            let timer = timers.iter().find(|timer| timer.name == unit.name || timer.triggers.contains(&unit.name));
            if unit.name.suffix() == "socket" && units.iter().any(|other| unit.triggers.contains(&other.name)) {
                // What it starts is there by itself.
                continue;
            }
            let key = match timer {
                Some(timer) => timer.name.stem(),
                None => unit.name.stem().split_once('@').map_or(unit.name.stem(), |(template, _)| template),
            };
            let bundle = bundles.entry(key.to_owned()).or_default();
            bundle.job |= timer.is_some() || unit.oneshot && !bundle.units.iter().any(|(_, known)| !known.oneshot);
            bundle.units.push((host, unit));
        }
    }
    for bundle in bundles.values_mut() {
        let timed = bundle.units.iter().any(|(_, unit)| unit.name.suffix() == "timer");
        bundle.job = timed || bundle.units.iter().all(|(_, unit)| unit.oneshot);
    }
    bundles
}

/// Whether somebody put this unit there by hand or with their own tools.
fn is_own(unit: &SeenUnit) -> bool {
    let file = unit.file.raw();
    ["/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/opt/"]
        .iter()
        .any(|own| file.starts_with(own.as_bytes()))
}

fn pick(name: String, group: Group, bundle: &Bundle<'_>, looked: &[Looked]) -> Picked {
    let mut units: Vec<String> = Vec::new();
    for (_, unit) in &bundle.units {
        for pattern in patterns(unit, group) {
            if !units.contains(&pattern) {
                units.push(pattern);
            }
        }
    }
    units.sort();
    let mut hosts: Vec<usize> = bundle.units.iter().map(|(host, _)| *host).collect();
    hosts.dedup();
    let mut notes = notes(bundle, looked);
    if units.len() > MOST_UNITS {
        notes.push(format!("{} more units of it are not named here", units.len() - MOST_UNITS));
        units.truncate(MOST_UNITS);
    }
    let probes = if group == Group::Jobs { Vec::new() } else { probes::of(&bundle.units, looked, &mut notes) };
    let title = bundle.units.first().map(|(_, unit)| unit.title.clone()).unwrap_or_default();
    Picked { name, group, units, title, hosts, needs: Vec::new(), circles: Vec::new(), probes, notes }
}

/// How a unit is named in the file. A timer brings along what it starts.
fn patterns(unit: &SeenUnit, group: Group) -> Vec<String> {
    let name = unit.name.as_str();
    match unit.name.stem().split_once('@') {
        // A backslash would mean something else in a glob.
        Some((template, _)) if !name.contains('\\') && template.chars().any(|c| c.is_ascii_alphanumeric()) => {
            vec![format!("{template}@*.{}", unit.name.suffix())]
        }
        Some(_) | None => {
            let is_timer = group == Group::Jobs && unit.name.suffix() == "timer";
            let starts = unit.triggers.iter().filter(|other| is_timer && other.suffix() == "service");
            [name.to_owned()].into_iter().chain(starts.map(ToString::to_string)).collect()
        }
    }
}

/// What was seen of it: its file, and where it did not run.
fn notes(bundle: &Bundle<'_>, looked: &[Looked]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((_, unit)) = bundle.units.first() {
        notes.push(unit.file.plain());
    }
    let well = |unit: &SeenUnit| unit.active.runs() || unit.oneshot && unit.active != Active::Failed;
    for (host, unit) in bundle.units.iter().filter(|(_, unit)| !well(unit)) {
        let how = match unit.active {
            Active::Failed => "had failed",
            Active::Activating => "was starting",
            Active::Inactive if unit.enabled => "did not run, although it starts with the host",
            Active::Inactive => "did not run",
            Active::Active
            | Active::Reloading
            | Active::Deactivating
            | Active::Maintenance
            | Active::Refreshing
            | Active::Unknown => "was on its way",
        };
        let host = looked.get(*host).map_or("", super::name::of_host);
        notes.push(format!("{} {how} on {host}", unit.name));
    }
    notes
}

/// Draws the arrows: what units require first, then what they only start after.
fn connect(services: &mut [Picked], bundles: &[&Bundle<'_>]) {
    let owner: BTreeMap<&UnitName, usize> = bundles
        .iter()
        .enumerate()
        .flat_map(|(at, bundle)| bundle.units.iter().map(move |(_, unit)| (&unit.name, at)))
        .collect();
    let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    let mut graph = Graph::new(services.len());
    for required in [true, false] {
        for (at, (service, bundle)) in services.iter_mut().zip(bundles).enumerate() {
            if service.group == Group::Jobs && !required {
                continue;
            }
            let words = bundle.units.iter().flat_map(|(_, unit)| if required { &unit.needs } else { &unit.after });
            for other in words.filter_map(|unit| owner.get(unit).copied()).filter(|other| *other != at) {
                let Some(name) = names.get(other) else { continue };
                if service.needs.iter().any(|(known, _)| known == name) || service.needs.len() == MOST_NEEDS {
                    continue;
                }
                if graph.add(at, other) {
                    service.needs.push((name.clone(), required));
                } else if !service.circles.contains(name) {
                    service.circles.push(name.clone());
                }
            }
        }
    }
}
