//! The units of both managers of a host as one list, and the one word for how their state arrives.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::wanted::Wanted;
use crate::domain::container::Containers;
use crate::domain::link::Means;
use crate::domain::unit::UnitFacts;
use crate::domain::{Compose, ServiceName, UnitName};
use crate::runtimes::systemd::Scope;

/// What one manager has told so far.
#[derive(Debug, Default)]
struct Side {
    units: BTreeMap<UnitName, UnitFacts>,
    means: Option<Means>,
    told: bool,
}

/// The units of both managers.
#[derive(Debug)]
pub struct View {
    wanted: Arc<Wanted>,
    system: Side,
    user: Side,
    means: Option<Means>,
    /// What services that are containers stand for; empty until they were read once.
    containers: BTreeMap<UnitName, UnitFacts>,
    /// Whether a list was given out in which they are.
    listed: bool,
}

impl View {
    /// Nothing is known yet.
    pub fn new(wanted: Arc<Wanted>) -> Self {
        Self {
            wanted,
            system: Side::default(),
            user: Side::default(),
            means: None,
            containers: BTreeMap::new(),
            listed: false,
        }
    }

    fn side(&mut self, scope: Scope) -> &mut Side {
        match scope {
            Scope::System => &mut self.system,
            Scope::User => &mut self.user,
        }
    }

    /// Whose unit a name means. The host's own manager goes first, except where only the user's is asked for it.
    pub fn scope(&self, name: &UnitName) -> Scope {
        let only_user = self.wanted.user.wants(name) && !self.wanted.system.wants(name);
        let known_there = self.user.units.contains_key(name) && !self.system.units.contains_key(name);
        if only_user || (known_there && !self.wanted.system.wants(name)) { Scope::User } else { Scope::System }
    }

    /// What is known of a unit.
    pub fn unit(&self, name: &UnitName) -> Option<&UnitFacts> {
        if Compose::is_unit(name) {
            return self.containers.get(name);
        }
        match self.scope(name) {
            Scope::System => self.system.units.get(name),
            Scope::User => self.user.units.get(name),
        }
    }

    /// Takes all units of one manager. Returns the list of both, once the host's own manager has told its part:
    /// a list without that would say that its units are gone.
    pub fn all(&mut self, scope: Scope, units: Vec<(UnitName, UnitFacts)>) -> Option<Vec<(UnitName, UnitFacts)>> {
        let side = self.side(scope);
        side.units = units.into_iter().collect();
        side.told = true;
        self.is_ready().then(|| self.list())
    }

    fn is_ready(&self) -> bool {
        self.system.told || self.system.means.is_some()
    }

    /// The list of everything when containers were read and no list had them yet.
    pub fn late(&mut self) -> Option<Vec<(UnitName, UnitFacts)>> {
        (self.is_ready() && !self.listed && !self.containers.is_empty()).then(|| self.list())
    }

    /// Whether containers are in the list that was given out last.
    pub fn listed(&self) -> bool {
        self.listed
    }

    /// Takes the containers of a service in. Returns what was known of them before.
    pub fn container(&mut self, name: &UnitName, facts: UnitFacts) -> Option<UnitFacts> {
        self.containers.insert(name.clone(), facts)
    }

    /// The service whose version is that of the image of this unit's containers.
    pub fn shows_version(&self, name: &UnitName) -> Option<ServiceName> {
        let unit = self.wanted.containers.iter().find(|unit| unit.unit == *name && !unit.versioned)?;
        Some(unit.service.clone())
    }

    /// How the containers of a unit are found, and what is known of them.
    pub fn containers_of(&self, name: &UnitName) -> Option<(Compose, Containers)> {
        let unit = self.wanted.containers.iter().find(|unit| unit.unit == *name)?;
        let known = self.containers.get(name).and_then(|facts| facts.containers.as_deref()).cloned();
        Some((unit.compose.clone(), known.unwrap_or_default()))
    }

    fn list(&mut self) -> Vec<(UnitName, UnitFacts)> {
        self.listed = !self.containers.is_empty();
        let both = [(Scope::System, &self.system), (Scope::User, &self.user)];
        let each = both.into_iter().flat_map(|(scope, side)| side.units.iter().map(move |unit| (scope, unit)));
        let meant = each.filter(|(scope, (name, _))| self.scope(name) == *scope);
        let units = meant.map(|(_, (name, facts))| (name.clone(), facts.clone()));
        units.chain(self.containers.iter().map(|(name, facts)| (name.clone(), facts.clone()))).collect()
    }

    /// Takes one unit of one manager. Returns what was known of it before, when the name means that unit.
    pub fn one(&mut self, scope: Scope, name: &UnitName, facts: UnitFacts) -> Option<Option<UnitFacts>> {
        let before = self.side(scope).units.insert(name.clone(), facts);
        (self.scope(name) == scope).then_some(before)
    }

    /// Takes how one manager's state arrives. Returns the word for both when it is another than before.
    pub fn means(&mut self, scope: Scope, means: Means) -> Option<Means> {
        self.side(scope).means = Some(means);
        let both = match (&self.system.means, &self.user.means) {
            (Some(Means::Push), Some(Means::Sweep { every, because })) => {
                Means::Sweep { every: *every, because: format!("for the user's own units: {because}") }
            }
            (Some(system), _) => system.clone(),
            (None, _) => return None,
        };
        if self.means.as_ref() == Some(&both) {
            return None;
        }
        self.means = Some(both.clone());
        Some(both)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::domain::HostName;
    use crate::domain::service::UnitPattern;
    use crate::domain::unit::Active;
    use crate::engine::watch::wanted::Selection;

    fn unit(name: &str) -> UnitName {
        UnitName::new(name).unwrap()
    }

    fn facts(active: Active) -> UnitFacts {
        UnitFacts { active, ..UnitFacts::default() }
    }

    fn view() -> View {
        let only = |name: &str| Selection::new(&[UnitPattern::Exact(unit(name))]);
        View::new(Arc::new(Wanted {
            host: HostName::new("app-1").unwrap(),
            system: only("a.service"),
            user: only("b.service"),
            versions: Vec::new(),
            containers: Vec::new(),
            become_root: crate::domain::BecomeRoot::Never,
            in_journal: None,
        }))
    }

    #[test]
    fn the_users_units_wait_for_the_hosts() {
        let mut view = view();
        assert_eq!(view.all(Scope::User, vec![(unit("b.service"), facts(Active::Active))]), None);
        let both = view.all(Scope::System, vec![(unit("a.service"), facts(Active::Failed))]).unwrap();
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn a_name_of_both_managers_is_the_one_that_is_asked_for() {
        let mut view = view();
        let of = |active| vec![(unit("a.service"), facts(active)), (unit("b.service"), facts(active))];
        view.all(Scope::System, of(Active::Failed));
        let both = view.all(Scope::User, of(Active::Active)).unwrap();
        assert_eq!(both, [(unit("a.service"), facts(Active::Failed)), (unit("b.service"), facts(Active::Active))]);
        assert_eq!(view.one(Scope::System, &unit("b.service"), facts(Active::Inactive)), None);
        assert!(view.one(Scope::User, &unit("b.service"), facts(Active::Inactive)).is_some());
    }

    #[test]
    fn the_worse_means_is_told_once() {
        let mut view = view();
        let sweep = || Means::Sweep { every: Duration::from_secs(5), because: "no bridge".into() };
        assert_eq!(view.means(Scope::System, Means::Push), Some(Means::Push));
        assert_eq!(view.means(Scope::System, Means::Push), None);
        let told = view.means(Scope::User, sweep()).unwrap();
        assert!(matches!(told, Means::Sweep { because, .. } if because == "for the user's own units: no bridge"));
        assert_eq!(view.means(Scope::User, Means::Push), Some(Means::Push));
        assert_eq!(view.means(Scope::System, sweep()), Some(sweep()));
    }
}
