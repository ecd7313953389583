//! What every part works with: the lab, its site in three variants, and the program in a terminal.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lab::Lab;
use crate::pty::Launch;

/// The unit that is started and stopped to see how fast a change is shown. It is not one of the 23.
pub const FLIP: &str = "qd-flip.service";
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
        for (name, text) in [("whole", &whole), ("quiet", &quiet), ("flip", &flip)] {
            let folder = stage.site(name);
            fs::create_dir_all(&folder).expect("a folder for a site");
            fs::write(folder.join("site.toml"), text).expect("a site is written");
        }
        stage
    }

    /// A variant of the site: `whole`, `quiet` without probes, `flip` with one unit more.
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
