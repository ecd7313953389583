//! A service that is containers of a Docker Compose project: how the site names it.

use super::unit::UnitName;

/// The suffix of the unit that stands for a service of a project on each of its hosts; systemd has no such kind.
pub const SUFFIX: &str = "compose";

/// How a service of a Compose project is found and changed on its hosts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Compose {
    /// The project, as `docker compose -p` takes it.
    pub project: String,
    /// Its name inside the project.
    pub service: String,
    /// The project's files on the host, in the order in which they lie upon each other; none means what Compose finds
    /// in the folder.
    pub files: Vec<String>,
    /// The project's folder on the host.
    pub folder: Option<String>,
    /// How many of its containers are expected to run on each host.
    pub scale: Option<u32>,
}

impl Compose {
    /// Most containers of one service that a site can expect on a host.
    pub const MOST: u32 = 100;

    /// Takes a project and a service if both are names by Compose's own rules, so that neither can be an option, a path
    /// or a word of a shell.
    pub fn new(project: &str, service: &str) -> Option<Self> {
        let (project, service) = (is_project(project).then_some(project)?, is_service(service).then_some(service)?);
        let named = Self {
            project: project.to_owned(),
            service: service.to_owned(),
            files: Vec::new(),
            folder: None,
            scale: None,
        };
        named.try_unit().is_some().then_some(named)
    }

    fn try_unit(&self) -> Option<UnitName> {
        UnitName::new(&format!("{}:{}.{SUFFIX}", self.project, self.service))
    }

    /// The unit that stands for it on each of its hosts: `shop:web.compose`.
    pub fn unit(&self) -> Option<UnitName> {
        self.try_unit()
    }

    /// Whether a unit stands for a service of a Compose project.
    pub fn is_unit(unit: &UnitName) -> bool {
        unit.suffix() == SUFFIX
    }
}

/// Whether a word is the name of a project: small letters, digits, `_` and `-`, beginning with a letter or a digit.
pub fn is_project(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    begins_well(word) && word.chars().all(allowed) && word.len() <= 100
}

/// Whether a word is the name of a service of a project, or of a container.
pub fn is_service(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    begins_well(word) && word.chars().all(allowed) && !word.ends_with('.') && word.len() <= 128
}

fn begins_well(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_follow_the_rules_of_compose_and_are_never_options_or_words_of_a_shell() {
        let unit = Compose::new("shop", "web.v2").unwrap().unit().unwrap();
        assert_eq!(unit.as_str(), "shop:web.v2.compose");
        assert!(Compose::is_unit(&unit) && !Compose::is_unit(&UnitName::new("web.service").unwrap()));
        for (project, service) in [
            ("", "web"),
            ("-p", "web"),
            ("Shop", "web"),
            ("sh op", "web"),
            ("shop", ""),
            ("shop", "--all"),
            ("shop", "a b"),
            ("shop", "$(id)"),
            ("shop", "we\u{202e}b"),
            ("shop", "../x"),
        ] {
            assert_eq!(Compose::new(project, service), None, "{project} {service}");
        }
    }
}
