//! `qd trust SITE`: lets a site from outside your configuration run its commands, until anything in it changes.

use clap::Args;

use super::Exit;
use super::output::{here, print};
use crate::site::{Outcome, Places, Told, list_trusted, trust, untrust};

/// What to trust.
#[derive(Debug, Clone, Args)]
pub struct Trust {
    /// The site: a name or a path.
    #[arg(required_unless_present = "list")]
    pub site: Option<String>,
    /// List what is trusted, and whether it has changed since.
    #[arg(long, conflicts_with_all = ["site", "revoke"])]
    pub list: bool,
    /// Take it back.
    #[arg(long)]
    pub revoke: bool,
}

/// Records, lists or revokes.
pub fn run(arguments: &Trust) -> Exit {
    let places = match here() {
        Ok(places) => places,
        Err(exit) => return exit,
    };
    let Told { outcome, text } = told(arguments, &places);
    if let Err(exit) = print(&text) {
        return exit;
    }
    match outcome {
        Outcome::Done => Exit::Ok,
        Outcome::NoSite => Exit::Usage,
        Outcome::BadFiles => Exit::Configuration,
    }
}

fn told(arguments: &Trust, places: &Places) -> Told {
    match &arguments.site {
        Some(site) if arguments.revoke => untrust(places, site),
        Some(site) => trust(places, site),
        None => list_trusted(places),
    }
}
