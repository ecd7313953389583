//! This machine as a site of its own, for who has no site: made at the start from one look, and kept nowhere.

use std::time::Duration;

use super::{Exit, choose};
use crate::domain::Site;
use crate::engine::survey;
use crate::site::draft::{Looked, Wish, draft};
use crate::site::{load_built_in, render};

/// The name of the site.
pub const NAME: &str = "this-machine";
/// How long ports may take to tell of their health: somebody waits for the first frame.
const PATIENCE: Duration = Duration::from_millis(700);

/// Whether there is something here to operate.
pub fn is_possible() -> bool {
    survey::systemd_runs_here()
}

/// Looks at this machine and makes a site of it.
///
/// # Errors
/// The exit code, after the reason was printed.
pub fn this_machine() -> Result<Site, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| choose::complain(Exit::Software, &format!("could not start: {error}")))?;
    let looked = runtime.block_on(survey::survey_this_machine(PATIENCE));
    runtime.shutdown_timeout(Duration::from_millis(300));
    let looked = looked
        .map_err(|why| choose::complain(Exit::Unavailable, &format!("this machine can't be looked at: {why}")))?;
    let hostname = looked.hostname.plain();
    let environment = if crate::domain::EnvName::new(&hostname).is_ok() { hostname } else { "local".to_owned() };
    let wish = Wish {
        name: Some(NAME.to_owned()),
        title: "This machine".to_owned(),
        environment,
        protected: false,
        colour: "purple",
        origin: "Made by qd at its start, as there was no site.".to_owned(),
    };
    let text = draft(&wish, &[Looked { alias: None, survey: Ok(looked) }]).text;
    load_built_in(NAME, &text).map_err(|mistakes| choose::complain(Exit::Software, &render(&mistakes)))
}
