//! The sites that are part of the program, for drills: their files, as they stand in `sites/`.

use crate::domain::Site;
use crate::site::{self, Mistake};

/// One embedded site.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its name.
    pub name: &'static str,
    /// Its `site.toml`.
    pub site: &'static str,
    /// What a drill says of what it does not simulate: its `drill.toml`.
    pub hearsay: &'static str,
    /// The environment a drill opens unless another is named.
    pub environment: &'static str,
    /// Its scenarios by name; the first one is taken unless another is named.
    pub scenarios: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/procedures.rs"));

impl Embedded {
    /// Its procedures: their paths in its folder, and their texts.
    pub fn procedures(&self) -> &'static [(&'static str, &'static str)] {
        PROCEDURES.iter().find(|(name, _)| *name == self.name).map_or(&[], |(_, procedures)| procedures)
    }

    /// The site, with what is wrong in its procedures.
    ///
    /// # Errors
    /// Every mistake in its `site.toml`.
    pub fn load(&self) -> Result<(Site, Vec<Mistake>), Vec<Mistake>> {
        site::load_embedded(self.name, self.site, self.procedures())
    }
}

/// All of them; the first one is taken unless another is named.
pub const SITES: &[Embedded] = &[Embedded {
    name: "pakashop",
    site: include_str!("../../../sites/pakashop/site.toml"),
    hearsay: include_str!("../../../sites/pakashop/drill.toml"),
    environment: "production",
    scenarios: &[
        ("payments-failing", include_str!("../../../sites/pakashop/drills/payments-failing.toml")),
        ("host-lost", include_str!("../../../sites/pakashop/drills/host-lost.toml")),
        ("calm", include_str!("../../../sites/pakashop/drills/calm.toml")),
    ],
}];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::drill::Scenario;

    #[test]
    fn every_embedded_site_and_scenario_is_good() {
        for embedded in SITES {
            let (site, mistakes) = embedded.load().unwrap();
            assert!(mistakes.is_empty(), "{}", crate::site::render(&mistakes));
            let environment =
                site.environments.iter().find(|known| known.name.as_str() == embedded.environment).unwrap();
            for (name, text) in embedded.scenarios {
                let scenario = Scenario::parse(text).unwrap();
                for event in &scenario.events {
                    let host = environment.hosts.iter().find(|host| host.name.as_str() == event.host);
                    assert!(host.is_some(), "{name}: there is no host {}", event.host);
                    let Some(unit) = &event.unit else { continue };
                    let known = environment.services.iter().any(|service| {
                        service.hosts.iter().any(|host| host.as_str() == event.host)
                            && service
                                .units
                                .iter()
                                .any(|pattern| super::super::population::unit_of_pattern(pattern) == *unit)
                    });
                    assert!(known, "{name}: {} has no {unit}", event.host);
                }
            }
        }
    }

    #[test]
    fn every_procedure_on_disk_is_embedded() {
        for embedded in SITES {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sites").join(embedded.name);
            let mut all = Vec::new();
            let mut folders = vec![folder.join("procedures")];
            while let Some(next) = folders.pop() {
                for entry in std::fs::read_dir(next).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        let relative = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
                        all.push((relative, std::fs::read_to_string(path).unwrap()));
                    }
                }
            }
            all.sort();
            let known: Vec<(String, String)> =
                embedded.procedures().iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
            assert_eq!(all, known);
            let (site, _) = embedded.load().unwrap();
            assert!(site.environments.iter().any(|environment| environment.procedures.len() > 10));
        }
    }

    #[test]
    fn every_scenario_on_disk_is_embedded() {
        for embedded in SITES {
            let folder =
                std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sites").join(embedded.name).join("drills");
            let mut names: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            names.sort();
            let mut known: Vec<&str> = embedded.scenarios.iter().map(|(name, _)| *name).collect();
            known.sort_unstable();
            assert_eq!(names, known);
        }
    }
}
