//! `qd check [SITE…]`: tells everything that is wrong in site files and the user file.

use clap::Args;

use super::Exit;
use super::output::{here, print};
use crate::site;

/// What to check.
#[derive(Debug, Clone, Default, Args)]
pub struct Check {
    /// Sites: names or paths; without any, all that can be found and your own configuration.
    pub sites: Vec<String>,
}

/// Checks; nothing is run and no host is asked.
pub fn run(arguments: &Check) -> Exit {
    let places = match here() {
        Ok(places) => places,
        Err(exit) => return exit,
    };
    let checked = site::check(&places, &arguments.sites);
    if let Err(exit) = print(&checked.text) {
        return exit;
    }
    match (checked.is_bad(), checked.not_found) {
        (true, _) => Exit::Configuration,
        (false, 0) => Exit::Ok,
        (false, _) => Exit::Usage,
    }
}
