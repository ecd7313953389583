//! `qd check [SITE…]`: tells everything that is wrong in site files and your own files: configuration, themes.

use clap::Args;

use super::output::{here, print};
use super::{Exit, looks};
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
    let checked = site::check(&places, &arguments.sites, &looks::check(&places), jiff::Zoned::now().date());
    if let Err(exit) = print(&checked.text) {
        return exit;
    }
    match (checked.is_bad(), checked.not_found) {
        (true, _) => Exit::Configuration,
        (false, 0) => Exit::Ok,
        (false, _) => Exit::Usage,
    }
}
