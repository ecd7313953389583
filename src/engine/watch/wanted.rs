//! What is to be known of one host, derived from its environment.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::domain::service::UnitPattern;
use crate::domain::{BecomeRoot, Compose, Environment, HostName, RuntimeKind, Service, ServiceName, UnitName};
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_list::is_template;

/// What is to be known of one host.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The host.
    pub host: HostName,
    /// Units of the host's own manager.
    pub system: Selection,
    /// Units of the login's own manager.
    pub user: Selection,
    /// Commands that print versions; none where the site's files are not trusted.
    pub versions: Vec<VersionCommand>,
    /// Services whose containers run there.
    pub containers: Vec<ComposeUnit>,
    /// How a change becomes root there.
    pub become_root: BecomeRoot,
    /// Whether the journal is asked, once, for units that match a pattern, and for which of those that are named.
    pub in_journal: Option<Vec<UnitName>>,
}

/// A service that is containers.
#[derive(Debug, Clone)]
pub struct ComposeUnit {
    /// The unit that stands for it.
    pub unit: UnitName,
    /// The service.
    pub service: ServiceName,
    /// How it is found.
    pub compose: Compose,
    /// Whether the site has a command for its version, so that its image is not asked.
    pub versioned: bool,
}

/// A command that prints the version of a service.
#[derive(Debug, Clone)]
pub struct VersionCommand {
    /// The service.
    pub service: ServiceName,
    /// The command.
    pub argv: Vec<String>,
    /// The units of the service: when one starts anew, the version may be another.
    pub units: Selection,
}

impl Wanted {
    /// What `environment` wants to know of `host`.
    pub fn of(environment: &Environment, host: &HostName) -> Self {
        let here: Vec<&Service> = environment.services.iter().filter(|service| service.hosts.contains(host)).collect();
        let units = |user: bool| {
            let of_kind = here.iter().filter(|service| service.runtime == RuntimeKind::Systemd && service.user == user);
            Selection::new(of_kind.flat_map(|service| &service.units))
        };
        let version = |service: &&Service| {
            let argv = service.version.clone().filter(|argv| !argv.is_empty() && environment.trusted)?;
            Some(VersionCommand { service: service.name.clone(), argv, units: Selection::new(&service.units) })
        };
        let containers = |service: &&Service| {
            let compose = service.compose.clone()?;
            let versioned = service.version.is_some();
            Some(ComposeUnit { unit: compose.unit()?, service: service.name.clone(), compose, versioned })
        };
        let named = environment.hosts.iter().find(|named| named.name == *host);
        Self {
            containers: here.iter().filter_map(containers).collect(),
            become_root: named.map_or(BecomeRoot::Never, |named| named.become_root),
            host: host.clone(),
            system: units(false),
            user: units(true),
            versions: here.iter().filter_map(version).collect(),
            in_journal: None,
        }
    }

    /// The selection of one manager.
    pub fn selection(&self, scope: Scope) -> &Selection {
        match scope {
            Scope::System => &self.system,
            Scope::User => &self.user,
        }
    }
}

/// Units by name and by pattern.
#[derive(Debug, Clone)]
pub struct Selection {
    exact: Vec<UnitName>,
    globs: Vec<String>,
    set: GlobSet,
}

impl Selection {
    /// The units that these patterns name. Templates are left out: they are never units. A pattern that is no
    /// pattern matches nothing; the check of the site has said so.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a UnitPattern>) -> Self {
        let (mut exact, mut globs, mut set) = (Vec::new(), Vec::new(), GlobSetBuilder::new());
        for pattern in patterns {
            match pattern {
                UnitPattern::Exact(name) if !is_template(name) => exact.push(name.clone()),
                UnitPattern::Exact(_) => {}
                UnitPattern::Glob(glob) => {
                    if let Ok(compiled) = Glob::new(glob) {
                        set.add(compiled);
                        globs.push(glob.clone());
                    }
                }
            }
        }
        exact.sort();
        exact.dedup();
        globs.sort();
        globs.dedup();
        Self { exact, globs, set: set.build().unwrap_or_else(|_| GlobSet::empty()) }
    }

    /// The units that are named, each once.
    pub fn exact(&self) -> &[UnitName] {
        &self.exact
    }

    /// The patterns, as systemd takes them.
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether a pattern matches this unit.
    pub fn matches(&self, name: &UnitName) -> bool {
        self.set.is_match(name.as_str())
    }

    /// Whether the unit is named or matched.
    pub fn wants(&self, name: &UnitName) -> bool {
        self.exact.binary_search(name).is_ok() || self.matches(name)
    }

    /// Whether nothing is named and nothing can match.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.globs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn unit(name: &str) -> UnitName {
        UnitName::new(name).unwrap()
    }

    fn service(name: &str, unit_name: &str, hosts: &[&str], user: bool) -> Service {
        Service {
            name: ServiceName::new(name).unwrap(),
            title: name.into(),
            runtime: RuntimeKind::Systemd,
            units: vec![UnitPattern::Exact(unit(unit_name))],
            user,
            compose: None,
            hosts: hosts.iter().map(|host| HostName::new(host).unwrap()).collect(),
            tier: crate::domain::service::Tier { rank: 0, name: String::new() },
            depends_on: Vec::new(),
            expected: crate::domain::Expected::Running,
            version: Some(vec![name.to_owned(), "--version".to_owned()]),
            max_unavailable: 1,
            metrics: Vec::new(),
            logs: Vec::new(),
            settle: std::time::Duration::from_secs(5),
            ready_within: None,
            links: Vec::new(),
            probes: Vec::new(),
        }
    }

    #[test]
    fn a_host_is_asked_for_its_own_services_and_runs_commands_only_of_a_trusted_site() {
        let mut environment = Environment {
            colour: crate::domain::EnvColour::Blue,
            services: vec![
                service("web", "web.service", &["app-1", "app-2"], false),
                service("mine", "mine.service", &["app-1"], true),
                service("db", "db.service", &["db-1"], false),
                Service { runtime: RuntimeKind::Http, ..service("page", "page.service", &["app-1"], false) },
            ],
            ..Environment::new(
                crate::domain::SiteName::new("shop").unwrap(),
                crate::domain::EnvName::new("test").unwrap(),
            )
        };
        let host = HostName::new("app-1").unwrap();
        let wanted = Wanted::of(&environment, &host);
        assert_eq!(
            (wanted.system.exact(), wanted.user.exact()),
            (&[unit("web.service")][..], &[unit("mine.service")][..])
        );
        assert!(wanted.versions.is_empty(), "the site is not trusted");
        environment.trusted = true;
        let versions = Wanted::of(&environment, &host).versions;
        let services: Vec<&str> = versions.iter().map(|version| version.service.as_str()).collect();
        assert_eq!(services, ["web", "mine", "page"]);
        assert!(versions[0].units.wants(&unit("web.service")) && !versions[0].units.wants(&unit("mine.service")));
    }

    #[test]
    fn names_and_patterns_select() {
        let patterns = [
            UnitPattern::Exact(unit("nginx.service")),
            UnitPattern::Exact(unit("getty@.service")),
            UnitPattern::Exact(unit("nginx.service")),
            UnitPattern::Glob("pakashop-*".into()),
            UnitPattern::Glob("worker@[12].service".into()),
        ];
        let selection = Selection::new(&patterns);
        assert_eq!(selection.exact(), [unit("nginx.service")]);
        assert_eq!(selection.globs(), ["pakashop-*", "worker@[12].service"]);
        for (name, wanted) in [
            ("nginx.service", true),
            ("pakashop-api.timer", true),
            ("worker@2.service", true),
            ("worker@3.service", false),
            ("mypakashop-api.service", false),
        ] {
            assert_eq!(selection.wants(&unit(name)), wanted, "{name}");
        }
        assert!(Selection::new([]).is_empty());
    }
}
