//! The fleet: every service and host of one environment, and what changed since it was opened.
//!
//! News go in by `observe`; words are derived by the one table of `domain::judge` and never stored by hand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::host_row::{HostRow, UnitRow};
use super::service_row::{Instance, ServiceRow};
use crate::domain::change::{Change, What};
use crate::domain::judge::{Evidence, judge};
use crate::domain::probe::{ProbeState, ProbeVerdict, Vantage};
use crate::domain::service::{RuntimeKind, UnitPattern};
use crate::domain::{
    Environment, HostName, Link, Moment, Now, ProbeName, ProbeReport, ServiceName, State, UnitName, Verdict,
};
use crate::port::event::HostEvent;

/// Changes that are kept; the oldest go first.
pub const CHANGES_KEPT: usize = 2000;

/// Everything that is known of one environment.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// What is watched.
    pub environment: Arc<Environment>,
    /// When it was opened.
    pub opened: Now,
    /// Its hosts, in the order of the site.
    pub hosts: Vec<HostRow>,
    /// Its services, in the order of the site.
    pub services: Vec<ServiceRow>,
    /// What changed, oldest first.
    pub changes: VecDeque<Change>,
    /// Changes that were let go because of [`CHANGES_KEPT`].
    pub changes_dropped: u64,
}

impl Fleet {
    /// A fleet of which nothing is known yet.
    pub fn new(environment: Arc<Environment>, now: Now) -> Self {
        let hosts = environment.hosts.iter().map(|host| HostRow::new(host.clone(), now)).collect();
        let services = environment.services.iter().map(|service| ServiceRow::new(service.clone())).collect();
        let mut fleet =
            Self { environment, opened: now, hosts, services, changes: VecDeque::new(), changes_dropped: 0 };
        fleet.judge_all(now);
        fleet
    }

    /// The host of this name.
    pub fn host(&self, name: &HostName) -> Option<&HostRow> {
        self.hosts.iter().find(|row| row.host.name == *name)
    }

    /// The service of this name.
    pub fn service(&self, name: &ServiceName) -> Option<&ServiceRow> {
        self.services.iter().find(|row| row.service.name == *name)
    }

    /// The unit behind an instance, if it was ever read.
    pub fn unit_of(&self, instance: &Instance) -> Option<&UnitRow> {
        self.host(instance.host.as_ref()?)?.units.get(instance.unit.as_ref()?)
    }

    /// Whether everything that is wanted of a host was read since its link came up: its units, and its containers.
    pub fn is_read(&self, host: &HostRow) -> bool {
        let of_containers = self.services.iter().filter(|row| row.service.runtime == RuntimeKind::Compose);
        let here =
            of_containers.flat_map(|row| &row.instances).filter(|one| one.host.as_ref() == Some(&host.host.name));
        host.current && here.into_iter().all(|instance| self.unit_of(instance).is_some())
    }

    /// Failed units of a host that no service of the site names.
    pub fn unnamed_failures<'a>(&'a self, host: &'a HostRow) -> impl Iterator<Item = (&'a UnitName, &'a UnitRow)> {
        let failed = |row: &UnitRow| row.facts.active == crate::domain::unit::Active::Failed;
        host.units.iter().filter(move |(unit, row)| failed(row) && !self.is_named(&host.host.name, unit))
    }

    /// How many services stand at each word.
    pub fn counts(&self) -> BTreeMap<State, usize> {
        let mut counts = BTreeMap::new();
        for row in &self.services {
            *counts.entry(row.verdict.state).or_default() += 1;
        }
        counts
    }

    /// What must be seen at once when it is another than before: every word, and how many changes there were.
    pub fn words(&self) -> (u64, Vec<State>) {
        let instances = |row: &ServiceRow| row.instances.iter().map(|one| one.verdict.state).collect::<Vec<_>>();
        let words = self.services.iter().flat_map(|row| std::iter::once(row.verdict.state).chain(instances(row)));
        (self.changes_dropped.saturating_add(self.changes.len() as u64), words.collect())
    }

    /// Takes news of one host in.
    pub fn observe_host(&mut self, name: &HostName, news: HostEvent, now: Now) {
        let Some(place) = self.hosts.iter().position(|row| row.host.name == *name) else { return };
        match news {
            HostEvent::Link(link) => self.observe_link(place, link, now),
            HostEvent::Heard(measured) => {
                if let Link::Up { heard, round_trip, .. } = &mut self.hosts[place].link {
                    *heard = now.mono;
                    *round_trip = measured.or(*round_trip);
                }
                return;
            }
            HostEvent::Means(means) => self.hosts[place].means = Some(means),
            HostEvent::Units(units) => self.observe_list(place, units, now),
            // What is no longer loaded has no state.
            HostEvent::InJournal(_) => return,
            HostEvent::Unit(unit, facts) => self.observe_unit(place, unit, *facts, now),
            HostEvent::Usage(usages) => {
                for (unit, usage) in usages {
                    if let Some(row) = self.hosts[place].units.get_mut(&unit) {
                        row.observe_usage(usage, now);
                    }
                }
                return;
            }
            HostEvent::LastError(unit, line) => {
                if let Some(row) = self.hosts[place].units.get_mut(&unit) {
                    row.last_error = line;
                }
                return;
            }
            HostEvent::Facts(facts) => {
                let row = &mut self.hosts[place];
                let rebooted = row.facts.as_ref().is_some_and(|(old, _)| {
                    !old.boot_id.is_empty() && !facts.boot_id.is_empty() && old.boot_id != facts.boot_id
                });
                let kills = |facts: &crate::domain::HostFacts| facts.oom_kills;
                let before = row.facts.as_ref().and_then(|(old, _)| kills(old)).filter(|_| !rebooted);
                if before.zip(kills(&facts)).is_some_and(|(before, now)| now > before) {
                    row.oom_at = Some(now.mono);
                }
                row.facts = Some((*facts, now.mono));
                if rebooted {
                    self.record(now, What::Rebooted { host: name.clone() });
                }
                return;
            }
            HostEvent::Version(service, version) => {
                if let Some(row) = self.services.iter_mut().find(|row| row.service.name == service) {
                    row.versions.insert(name.clone(), version);
                }
                return;
            }
        }
        self.judge_all(now);
    }

    /// Takes an answer of a probe in.
    pub fn observe_probe(
        &mut self,
        service: &ServiceName,
        host: Option<&HostName>,
        probe: &ProbeName,
        report: ProbeReport,
        now: Now,
    ) {
        let Some(row) = self.services.iter_mut().find(|row| row.service.name == *service) else { return };
        let Some(rule) = row.service.probes.iter().find(|known| known.name == *probe) else { return };
        let state = match (rule.from, host) {
            (Vantage::Here, _) => row.probes.get_mut(probe),
            (Vantage::Host, Some(host)) => row.host_probes.get_mut(&(host.clone(), probe.clone())),
            (Vantage::Host, None) => None,
        };
        let Some(state) = state else { return };
        let first = state.last.is_none();
        let from = state.verdict(rule, now.mono);
        state.observe(rule, report);
        let to = state.verdict(rule, now.mono);
        if from != to && !(first && to == ProbeVerdict::Pass) {
            let (service, host, probe) = (service.clone(), host.cloned(), probe.clone());
            self.record(now, What::Probe { service, host, probe, from, to });
        }
        self.judge_all(now);
    }

    /// Judges again what time alone has changed.
    pub fn wake(&mut self, now: Now) {
        self.judge_all(now);
    }

    /// When time alone will next change a word: a probe turns stale, or old restarts stop counting.
    pub fn next_change(&self, now: Moment) -> Option<Moment> {
        let mut moments: Vec<Moment> = Vec::new();
        for row in &self.services {
            let states = row.service.probes.iter().flat_map(|probe| {
                let here = row.probes.get(&probe.name).into_iter();
                let there = row.host_probes.iter().filter(|((_, name), _)| *name == probe.name).map(|(_, state)| state);
                here.chain(there).map(move |state| state.turns_stale(probe))
            });
            moments.extend(states.flatten());
        }
        let units = self.hosts.iter().flat_map(|host| host.units.values());
        moments.extend(units.filter_map(|unit| unit.restarts_change(now)));
        moments.into_iter().filter(|at| *at > now).min()
    }

    fn observe_link(&mut self, place: usize, link: Link, now: Now) {
        let row = &mut self.hosts[place];
        let (was, name) = (row.link.is_up(), row.host.name.clone());
        let before = row.heard();
        row.link = link;
        match &row.link {
            Link::Up { .. } if !was => {
                row.current = false;
                if before.is_some() {
                    self.record(now, What::LinkUp { host: name });
                }
            }
            Link::Waiting { why, .. } | Link::Stopped { why, .. } if was || before.is_none() => {
                let why = why.clone();
                let told = |change: &Change| matches!(&change.what, What::LinkLost { host, why: w } if *host == name && *w == why);
                if was || !self.changes.iter().rev().any(told) {
                    self.record(now, What::LinkLost { host: name, why });
                }
            }
            Link::Up { .. }
            | Link::Waiting { .. }
            | Link::Stopped { .. }
            | Link::Connecting { .. }
            | Link::Asking { .. } => {}
        }
        if !self.hosts[place].link.is_up() {
            self.hosts[place].current = false;
        }
    }

    fn observe_list(&mut self, place: usize, units: Vec<(UnitName, crate::domain::UnitFacts)>, now: Now) {
        let row = &mut self.hosts[place];
        let keep: std::collections::BTreeSet<UnitName> = units.iter().map(|(unit, _)| unit.clone()).collect();
        row.units.retain(|unit, _| keep.contains(unit));
        row.current = true;
        for (unit, facts) in units {
            self.observe_unit(place, unit, facts, now);
        }
        self.hosts[place].read_at = Some(now.mono);
    }

    fn observe_unit(&mut self, place: usize, unit: UnitName, facts: crate::domain::UnitFacts, now: Now) {
        let row = &mut self.hosts[place];
        row.read_at = Some(now.mono);
        let Some(known) = row.units.get_mut(&unit) else {
            row.units.insert(unit, UnitRow::new(facts, now));
            return;
        };
        let was_running = known.facts.active == crate::domain::unit::Active::Active;
        let oneshot = facts.oneshot;
        let started = known.observe(facts, now);
        let runs = known.facts.active == crate::domain::unit::Active::Active;
        if started && was_running && runs && !oneshot {
            let host = row.host.name.clone();
            if let Some(service) = self.service_naming(&host, &unit) {
                self.record(now, What::Restarted { service, host, unit });
            }
        }
    }

    fn is_named(&self, host: &HostName, unit: &UnitName) -> bool {
        self.service_naming(host, unit).is_some()
    }

    fn service_naming(&self, host: &HostName, unit: &UnitName) -> Option<ServiceName> {
        let names = |row: &&ServiceRow| row.service.hosts.contains(host) && row.means(unit);
        self.services.iter().find(names).map(|row| row.service.name.clone())
    }

    /// Judges every instance, then every service. Dependencies count with the word they had before this pass,
    /// and services are judged until nothing moves any more, at most as often as there are services.
    fn judge_all(&mut self, now: Now) {
        self.spread_globs();
        for _ in 0..=self.services.len() {
            let words: BTreeMap<ServiceName, State> =
                self.services.iter().map(|row| (row.service.name.clone(), row.verdict.state)).collect();
            let mut moved = false;
            for place in 0..self.services.len() {
                let before = self.services[place].verdict.state;
                self.judge_service(place, &words, now);
                moved |= self.services[place].verdict.state != before;
            }
            if !moved {
                break;
            }
        }
        self.record_moves(now);
    }

    fn judge_service(&mut self, place: usize, words: &BTreeMap<ServiceName, State>, now: Now) {
        let row = &self.services[place];
        let needs: Vec<(&str, State)> = row
            .service
            .depends_on
            .iter()
            .filter_map(|name| words.get(name).map(|state| (name.as_str(), *state)))
            .collect();
        let verdicts: Vec<Verdict> =
            row.instances.iter().map(|instance| self.judge_instance(row, instance, &needs, now)).collect();
        let row = &mut self.services[place];
        for (instance, verdict) in row.instances.iter_mut().zip(verdicts) {
            instance.verdict = verdict;
            instance.turn.observe(&mut instance.verdict, now);
        }
        row.verdict = service_verdict(row, now);
        row.turn.observe(&mut row.verdict, now);
    }

    fn judge_instance(&self, row: &ServiceRow, instance: &Instance, needs: &[(&str, State)], now: Now) -> Verdict {
        let nowhere = Link::Up { since: now.mono, round_trip: None, heard: now.mono, means: None };
        let host = instance.host.as_ref().and_then(|name| self.host(name));
        let unit = host.zip(instance.unit.as_ref()).and_then(|(host, unit)| host.units.get(unit));
        let flaps = |(probe, state): &(&crate::domain::Probe, &ProbeState)| {
            (probe.from == Vantage::Host || instance.host.is_none()) && state.is_flapping()
        };
        let flapping =
            row.probes_of(instance.host.as_ref()).filter(flaps).map(|(probe, _)| probe.name.as_str()).collect();
        let probes = row
            .probes_of(instance.host.as_ref())
            .filter(|(probe, _)| probe.from == Vantage::Host || instance.host.is_none())
            .map(|(probe, state)| (probe.name.as_str(), state.verdict(probe, now.mono), summary(state)))
            .collect();
        judge(&Evidence {
            runtime: row.service.runtime,
            expected: row.service.expected,
            scale: row.service.compose.as_ref().and_then(|compose| compose.scale),
            link: host.map_or(&nowhere, |host| &host.link),
            no_systemd: host.is_some_and(|host| host.means == Some(crate::domain::link::Means::None)),
            unit: unit.map(|unit| &unit.facts),
            current: host.is_some_and(|host| host.current),
            recent_restarts: unit.map_or(0, |unit| unit.recent_restarts(now.mono)),
            probes,
            flapping,
            needs: needs.to_vec(),
        })
    }

    /// Units that match a glob become instances when they are first seen; a configured name always has one.
    fn spread_globs(&mut self) {
        for place in 0..self.services.len() {
            let row = &self.services[place];
            if !row.service.units.iter().any(|pattern| matches!(pattern, UnitPattern::Glob(_))) {
                continue;
            }
            let found = |name: &HostName| -> Vec<UnitName> {
                self.host(name).map(|host| host.units.keys().cloned().collect()).unwrap_or_default()
            };
            let mut wanted = row.expected_instances(found);
            for instance in &mut wanted {
                let same = |old: &&Instance| old.host == instance.host && old.unit == instance.unit;
                if let Some(old) = row.instances.iter().find(same) {
                    *instance = old.clone();
                }
            }
            self.services[place].instances = wanted;
        }
    }

    /// Writes a row for each instance whose word rests on current evidence and differs from the last such word.
    fn record_moves(&mut self, now: Now) {
        let mut moves = Vec::new();
        for place in 0..self.services.len() {
            for number in 0..self.services[place].instances.len() {
                let instance = &self.services[place].instances[number];
                let host = instance.host.as_ref().and_then(|name| self.host(name));
                let current = match self.services[place].service.runtime {
                    RuntimeKind::Systemd => host.is_some_and(|host| host.link.is_up() && host.current),
                    RuntimeKind::Compose => {
                        host.is_some_and(|host| host.link.is_up() && host.current) && self.unit_of(instance).is_some()
                    }
                    RuntimeKind::Http => instance.verdict.state != State::Unknown || instance.settled.is_some(),
                };
                if !current || instance.settled == Some(instance.verdict.state) {
                    continue;
                }
                if let (Some(from), Some(host)) = (instance.settled, instance.host.clone()) {
                    moves.push(What::State {
                        service: self.services[place].service.name.clone(),
                        host,
                        unit: instance.unit.clone(),
                        from,
                        to: instance.verdict.state,
                        why: instance.verdict.why.clone(),
                    });
                }
                let instance = &mut self.services[place].instances[number];
                // The first answers of probes trickle in: until then "unknown" is no word to come back from.
                if instance.settled.is_some() || instance.verdict.state != State::Unknown {
                    instance.settled = Some(instance.verdict.state);
                }
            }
        }
        for what in moves {
            self.record(now, what);
        }
    }

    fn record(&mut self, now: Now, what: What) {
        if self.changes.len() == CHANGES_KEPT {
            self.changes.pop_front();
            self.changes_dropped += 1;
        }
        self.changes.push_back(Change { at: now.wall, what });
    }
}

/// A service is as bad as its worst instance; a probe asked from here speaks for the whole.
fn service_verdict(row: &ServiceRow, now: Now) -> Verdict {
    let worst = row.instances.iter().max_by_key(|instance| instance.verdict.state);
    let mut verdict =
        worst.map_or_else(|| Verdict::new(State::Unknown, "no unit matches yet"), |worst| worst.verdict.clone());
    if row.service.hosts.is_empty() {
        return verdict;
    }
    for probe in row.service.probes.iter().filter(|probe| probe.from == Vantage::Here) {
        let Some(state) = row.probes.get(&probe.name) else { continue };
        let word = match state.verdict(probe, now.mono) {
            ProbeVerdict::Pass if state.is_flapping() => State::Degraded,
            ProbeVerdict::Pass => continue,
            ProbeVerdict::Fail => State::Degraded,
            ProbeVerdict::Error | ProbeVerdict::Stale | ProbeVerdict::Inconclusive => State::Unknown,
        };
        if word > verdict.state {
            let text = summary(state);
            let why = if text.is_empty() { format!("{}: no answer yet", probe.name) } else { text };
            verdict = Verdict { state: word, why, since: None };
        }
    }
    verdict
}

fn summary(state: &ProbeState) -> String {
    state.last.as_ref().map(|report| report.summary.plain()).unwrap_or_default()
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
