//! What every part works with: the lab, its site in variants, and the program in a terminal.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lab::Lab;
use crate::pty::Launch;

/// The unit that is started and stopped to see how fast a change is shown. It is not one of the 23.
pub const FLIP: &str = "qd-flip.service";
/// The unit whose lines are read.
pub const LOADED: &str = "qd-load.service";
/// How many services the site has.
pub const SERVICES: usize = 23;

/// The stage.
pub struct Stage {
    /// The lab.
    pub lab: Lab,
    home: tempfile::TempDir,
}

impl Stage {
    /// Writes the variants of the site.
    pub fn set() -> Self {
        let stage = Self { lab: Lab::get(), home: tempfile::tempdir().expect("a folder for temporary files") };
        let whole = fs::read_to_string(stage.lab.site().join("site.toml")).expect("the lab has the site pakashop");
        let quiet: Vec<&str> = whole.lines().filter(|line| !line.starts_with("probes.")).collect();
        let quiet = quiet.join("\n");
        let flip = format!("{quiet}\n[services.flip]\nunits = \"{FLIP}\"\ntier = \"Core\"\nhosts = [\"app-1\"]\n");
        let load = format!("{quiet}\n[services.load]\nunits = \"{LOADED}\"\ntier = \"Core\"\nhosts = [\"app-1\"]\n");
        for (name, text) in [("whole", &whole), ("quiet", &quiet), ("flip", &flip), ("load", &load)] {
            stage.write(name, text);
        }
        stage
    }

    fn write(&self, variant: &str, text: &str) {
        let folder = self.site(variant);
        fs::create_dir_all(&folder).expect("a folder for a site");
        fs::write(folder.join("site.toml"), text).expect("a site is written");
    }

    /// Writes the variant `crowd`: so many hosts, each one of the real ones by a name and with a unit of its own.
    pub fn crowd(&self, hosts: usize, real: &[String], memory: &str) {
        let mut site = "title = \"A crowd\"\n[environments.lab.hosts]\n".to_owned();
        for number in 1..=hosts {
            site += &format!("c{number} = {{ ssh = \"{}\", become = \"root\" }}\n", real[number % real.len()]);
        }
        for number in 1..=hosts {
            site +=
                &format!("[services.crowd-{number}]\nunits = \"qd-crowd@{number}.service\"\nhosts = [\"c{number}\"]\n");
        }
        self.write("crowd", &site);
        let folder = self.home.path().join("config/quarterdeck");
        fs::create_dir_all(&folder).expect("a folder for the settings");
        fs::write(folder.join("config.toml"), format!("[logs]\nmemory = \"{memory}\"\n"))
            .expect("settings are written");
    }

    /// A variant of the site: `whole`, `quiet` without probes, `flip` and `load` with one unit more, `crowd`.
    pub fn site(&self, variant: &str) -> PathBuf {
        self.home.path().join("sites").join(variant).join("pakashop")
    }

    /// The console over a variant, with more arguments.
    pub fn console(&self, variant: &str, more: &[&str]) -> Launch {
        let site = self.site(variant);
        let mut arguments = vec![text(&site), "-e", "lab"];
        arguments.extend(more);
        self.at_home(&arguments)
    }

    /// The program, with a home of its own.
    pub fn at_home(&self, arguments: &[&str]) -> Launch {
        Launch::qd(arguments)
            .variable("QD_SSH_CONFIG", self.lab.ssh_config())
            .variable("XDG_CONFIG_HOME", self.home.path().join("config"))
            .variable("XDG_STATE_HOME", self.home.path().join("state"))
            .size(120, 50)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in words")
}
