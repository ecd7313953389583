//! In which environment a run was begun that this machine does not know: the lock host of each is asked.

use std::sync::Arc;

use super::usage;
use crate::cli::{Exit, Reaching, asked};
use crate::domain::{Environment, RunId, Site};
use crate::engine::mirror::{Mirror, MirrorError};

/// The one environment of the site whose lock host knows the run.
///
/// # Errors
/// The exit code, after the reason was printed: nobody who could be asked knows it.
pub(super) async fn environment(run: &RunId, site: &Site, reach: &Reaching) -> Result<Arc<Environment>, Exit> {
    let mut unasked = Vec::new();
    for environment in &site.environments {
        let environment = Arc::new(environment.clone());
        match knows(run, &environment, reach).await {
            Ok(true) => return Ok(environment),
            Ok(false) => {}
            Err(why) => unasked.push(why),
        }
    }
    let names: Vec<&str> = site.environments.iter().map(|one| one.name.as_str()).collect();
    let word = site.environments.first().map(|one| one.word.of(&site.name)).unwrap_or_default();
    let asked = match unasked.as_slice() {
        [] => "and no lock host of its site knows it".to_owned(),
        unasked => format!("and it can't be found out where it was begun ({})", unasked.join("; ")),
    };
    Err(usage(&format!(
        "run {run} is not known on this machine, {asked}. Say in which environment of {} it was begun, {}: \
         qd run --resume {run} {word} -e ENV",
        site.name,
        names.join(" or ")
    )))
}

/// Whether its lock host has a record of the run; an error is why it can't be asked, as a clause.
async fn knows(run: &RunId, environment: &Arc<Environment>, reach: &Reaching) -> Result<bool, String> {
    if environment.lock_host.is_none() {
        return Ok(false);
    }
    let line = asked::connect(environment, reach).await?;
    let Some(mirror) = Mirror::of(environment, line.subscribe()) else { return Ok(false) };
    match mirror.read(run).await {
        Ok(_) => Ok(true),
        Err(MirrorError::Gone { .. }) => Ok(false),
        Err(why) => Err(why.to_string()),
    }
}
