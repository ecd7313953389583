//! One service as we know it: its instances, its probes, its word.

use std::collections::BTreeMap;

use globset::{Glob, GlobMatcher};
use jiff::Timestamp;

use crate::domain::probe::{ProbeState, Vantage};
use crate::domain::service::UnitPattern;
use crate::domain::{HostName, Now, ProbeName, Service, State, UnitName, Verdict};

/// One service.
#[derive(Debug, Clone)]
pub struct ServiceRow {
    /// The service as the site names it.
    pub service: Service,
    /// Its instances, in the order of its hosts, then by unit.
    pub instances: Vec<Instance>,
    /// Probes asked from here, once for the whole service.
    pub probes: BTreeMap<ProbeName, ProbeState>,
    /// Probes asked from its hosts.
    pub host_probes: BTreeMap<(HostName, ProbeName), ProbeState>,
    /// Its word: that of its worst instance or of its own probes, whichever is worse.
    pub verdict: Verdict,
    /// When it came to that word.
    pub turn: Turn,
    /// What its version command printed, by host.
    pub versions: BTreeMap<HostName, crate::text::Foreign>,
    /// One for each pattern of its units; none for a pattern that is no pattern.
    matchers: Vec<Option<GlobMatcher>>,
}

/// When something came to its word, as far as that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    state: Option<State>,
    at: Option<Timestamp>,
}

impl Turn {
    /// Takes a word in, and gives it the time of its turn where it has no better one. A word that was there when it was
    /// first looked at has none: nobody saw it begin.
    pub fn observe(&mut self, verdict: &mut Verdict, now: Now) {
        if self.state.is_none() && verdict.state == State::Unknown {
            return;
        }
        if self.state != Some(verdict.state) {
            self.at = self.state.map(|_| now.wall);
            self.state = Some(verdict.state);
        }
        verdict.since = verdict.since.or(self.at);
    }
}

/// One service on one host, or one of several units of it there.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Where it is; `None` for a service without hosts.
    pub host: Option<HostName>,
    /// Its unit, for systemd.
    pub unit: Option<UnitName>,
    /// Its word.
    pub verdict: Verdict,
    /// The last word that rested on current evidence.
    pub settled: Option<State>,
    /// When it came to that word.
    pub turn: Turn,
}

impl Instance {
    /// An instance of which nothing is known yet.
    pub fn new(host: Option<HostName>, unit: Option<UnitName>) -> Self {
        Self { host, unit, verdict: Verdict::new(State::Unknown, "not read yet"), settled: None, turn: Turn::default() }
    }
}

impl ServiceRow {
    /// A service of which nothing is known yet, with one instance for every unit that is named exactly.
    pub fn new(service: Service) -> Self {
        let mut row = Self {
            instances: Vec::new(),
            probes: BTreeMap::new(),
            host_probes: BTreeMap::new(),
            verdict: Verdict::new(State::Unknown, "not read yet"),
            turn: Turn::default(),
            versions: BTreeMap::new(),
            matchers: service.units.iter().map(matcher).collect(),
            service,
        };
        for probe in &row.service.probes {
            match probe.from {
                Vantage::Here => drop(row.probes.insert(probe.name.clone(), ProbeState::default())),
                Vantage::Host => {
                    for host in &row.service.hosts {
                        row.host_probes.insert((host.clone(), probe.name.clone()), ProbeState::default());
                    }
                }
            }
        }
        row.instances = row.expected_instances(|_| Vec::new());
        row
    }

    /// The instances there should be when `found` names the units that match globs on a host.
    pub fn expected_instances(&self, found: impl Fn(&HostName) -> Vec<UnitName>) -> Vec<Instance> {
        if self.service.hosts.is_empty() {
            return vec![Instance::new(None, None)];
        }
        let mut instances = Vec::new();
        for host in &self.service.hosts {
            if self.service.units.is_empty() {
                instances.push(Instance::new(Some(host.clone()), None));
            }
            let mut units: Vec<UnitName> = Vec::new();
            for (pattern, matcher) in self.service.units.iter().zip(&self.matchers) {
                match pattern {
                    UnitPattern::Exact(unit) => units.push(unit.clone()),
                    UnitPattern::Glob(_) => {
                        let mut matching: Vec<_> =
                            found(host).into_iter().filter(|unit| is_match(matcher, unit)).collect();
                        matching.sort();
                        units.append(&mut matching);
                    }
                }
            }
            let mut seen = std::collections::BTreeSet::new();
            units.retain(|unit| seen.insert(unit.clone()));
            instances.extend(units.into_iter().map(|unit| Instance::new(Some(host.clone()), Some(unit))));
        }
        instances
    }

    /// Whether `unit` belongs to the service, wherever it runs.
    pub fn means(&self, unit: &UnitName) -> bool {
        let exact =
            self.service.units.iter().any(|pattern| matches!(pattern, UnitPattern::Exact(name) if name == unit));
        exact || self.matchers.iter().any(|matcher| is_match(matcher, unit))
    }

    /// The probes that speak of the instance on `host`.
    pub fn probes_of<'a>(
        &'a self,
        host: Option<&'a HostName>,
    ) -> impl Iterator<Item = (&'a crate::domain::Probe, &'a ProbeState)> {
        self.service.probes.iter().filter_map(move |probe| {
            let state = match (probe.from, host) {
                (Vantage::Here, _) => self.probes.get(&probe.name),
                (Vantage::Host, Some(host)) => self.host_probes.get(&(host.clone(), probe.name.clone())),
                (Vantage::Host, None) => None,
            };
            state.map(|state| (probe, state))
        })
    }
}

fn matcher(pattern: &UnitPattern) -> Option<GlobMatcher> {
    match pattern {
        UnitPattern::Exact(_) => None,
        UnitPattern::Glob(glob) => Glob::new(glob).ok().map(|glob| glob.compile_matcher()),
    }
}

fn is_match(matcher: &Option<GlobMatcher>, unit: &UnitName) -> bool {
    matcher.as_ref().is_some_and(|matcher| matcher.is_match(unit.as_str()))
}
