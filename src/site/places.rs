//! Where sites and the user's own files are looked for, so that tests can look elsewhere.

use std::path::{Path, PathBuf};

/// Name of the file that makes a folder a site.
pub const SITE_FILE: &str = "site.toml";

/// The folders in which things are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The user's configuration: `config.toml` and `sites/`.
    pub config: PathBuf,
    /// What the console remembers on this machine: what is trusted.
    pub state: PathBuf,
    /// What must outlive the program: the store.
    pub data: PathBuf,
    /// The directory the program was started in: `./sites`, and where relative paths begin.
    pub here: PathBuf,
}

impl Places {
    /// Those of the user who started the program; `here` is the current directory.
    ///
    /// # Errors
    /// A sentence, when the user has no home directory.
    pub fn of_user(here: &Path) -> Result<Self, String> {
        let Some(dirs) = directories::ProjectDirs::from("", "", "quarterdeck") else {
            return Err("your configuration can't be found, because your home directory is not known: set HOME".into());
        };
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
        Ok(Self {
            config: dirs.config_dir().to_path_buf(),
            state: state.to_path_buf(),
            data: dirs.data_local_dir().to_path_buf(),
            here: here.to_path_buf(),
        })
    }

    /// The folder of the user's own sites.
    pub fn own_sites(&self) -> PathBuf {
        self.config.join("sites")
    }

    /// The folder of sites beside the work at hand.
    pub fn sites_here(&self) -> PathBuf {
        self.here.join("sites")
    }

    /// The user file.
    pub fn user_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The record of what is trusted.
    pub fn trust_file(&self) -> PathBuf {
        self.state.join("trust")
    }

    /// A path as a person would write it from here.
    pub fn shown(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.here) {
            Ok(inside) if !inside.as_os_str().is_empty() => inside.to_path_buf(),
            Ok(_) | Err(_) => path.to_path_buf(),
        }
    }
}
