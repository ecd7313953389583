//! How runs that go on stand elsewhere: what a workstation has recorded of them grows old when others go on with them, so the
//! lock host of each is asked.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::cli::Reaching;
use crate::domain::place::NO_SITE;
use crate::domain::{Environment, Run, RunId};
use crate::engine::act::who;
use crate::engine::approach::Direct;
use crate::engine::conduct::SILENT;
use crate::engine::lock_host::connect_unasked;
use crate::engine::mirror::{Looked, Mirror, look};
use crate::engine::store::{Sqlite, Store, Taker};
use crate::site::{Found, Places, find, load};
use crate::state::run_report::Elsewhere;

/// A list is not waited for longer than this.
const WITHIN: Duration = Duration::from_secs(8);

/// How lock hosts are found and asked.
pub(super) struct Asking<'a> {
    pub(super) places: &'a Places,
    /// The site that was named by its path.
    pub(super) named: Option<&'a Found>,
    pub(super) reach: &'a Reaching,
    /// Only what is recorded here counts.
    pub(super) here: bool,
}

/// What the lock hosts say.
#[derive(Default)]
pub(super) struct Answers {
    /// How runs stand elsewhere of which that is not as they stand here or not known.
    pub(super) elsewhere: Vec<(RunId, Elsewhere)>,
    /// The runs as others have brought them on, where they could not be recorded here.
    pub(super) runs: Vec<Run>,
    /// Who took which run over.
    pub(super) takers: Vec<(RunId, Vec<Taker>)>,
    /// What could not be asked: a sentence for each.
    pub(super) troubles: Vec<String>,
}

impl Answers {
    /// The run as it is known now.
    pub(super) fn newest(&self, run: Run) -> Run {
        self.runs.iter().find(|there| there.id == run.id).cloned().unwrap_or(run)
    }
}

/// Asks for those of these runs that go on, each lock host once and all of them at the same time; what is new is put into
/// the store.
pub(super) async fn ask(store: &Sqlite, runs: &[Run], asking: &Asking<'_>) -> Answers {
    let open: Vec<&Run> = runs.iter().filter(|run| super::goes_on(run) && run.site.as_str() != NO_SITE).collect();
    let mut groups: Vec<Vec<Run>> = Vec::new();
    for run in open {
        let of_it = |group: &&mut Vec<Run>| {
            group.first().is_some_and(|first| first.site == run.site && first.environment == run.environment)
        };
        match groups.iter_mut().find(of_it) {
            Some(group) => group.push(run.clone()),
            None => groups.push(vec![run.clone()]),
        }
    }
    let asked = join_all(groups.iter().map(|group| asked(store, group, asking))).await;
    let mut answers = Answers::default();
    for (group, asked) in groups.iter().zip(asked) {
        match asked {
            Ok(looked) => looked.into_iter().for_each(|(environment, looked)| answers.take(&environment, looked)),
            Err(why) => {
                for run in group {
                    let since = last(store, run).await;
                    answers.elsewhere.push((run.id.clone(), Elsewhere::Unasked { since, why: why.clone() }));
                }
                answers.troubles.extend(group.first().filter(|_| !asking.here).map(|run| {
                    let (environment, site) = (&run.environment, &run.site);
                    format!("How runs of {environment} of {site} stand elsewhere may be missing here: {why}.")
                }));
            }
        }
    }
    answers
}

impl Answers {
    fn take(&mut self, environment: &Environment, Looked { there, ours }: Looked) {
        let id = there.run.id.clone();
        self.takers.push((id.clone(), there.takers.clone()));
        let Some(host) = environment.lock_host.clone().filter(|_| !ours) else { return };
        let login = || (there.login.plain(), host.to_string());
        let (person, workstation) = there.who.clone().map_or_else(login, |who| (who.person, who.workstation));
        let (silent, left) = (there.silent, there.silent.is_some_and(|silent| silent >= SILENT));
        self.elsewhere.push((id, Elsewhere::With { person, workstation, host, silent, left }));
        self.runs.push(there.run);
    }
}

/// What the lock host of these runs says of them, which are of one environment; nothing where it has none.
async fn asked(store: &Sqlite, runs: &[Run], asking: &Asking<'_>) -> Result<Vec<(Arc<Environment>, Looked)>, String> {
    let Some(first) = runs.first() else { return Ok(Vec::new()) };
    let environment = Arc::new(environment(first, asking)?);
    let Some(host) = environment.lock_host.clone() else { return Ok(Vec::new()) };
    if asking.here {
        return Err(format!("the lock host {host} was not asked"));
    }
    let approach = Direct::new(asking.reach.ssh_config.clone());
    let looking = async {
        let line = connect_unasked(Arc::clone(&environment), approach).await?;
        let Some(mirror) = Mirror::of(&environment, line.subscribe()) else { return Ok(Vec::new()) };
        let looked = look(&mirror, store, runs, &who::workstation(), Timestamp::now()).await;
        looked.map_err(|why| why.to_string())
    };
    match tokio::time::timeout(WITHIN, looking).await {
        Ok(looked) => Ok(looked?.into_iter().map(|one| (Arc::clone(&environment), one)).collect()),
        Err(_) => Err(format!("the lock host {host} gave no answer within {} s", WITHIN.as_secs())),
    }
}

/// The environment of a run, as its site says now.
fn environment(run: &Run, asking: &Asking<'_>) -> Result<Environment, String> {
    let named = asking.named.filter(|named| named.name == run.site.as_str()).cloned();
    let found = named.map_or_else(|| find(asking.places, run.site.as_str()), Ok);
    let found = found.map_err(|_| format!("no site {} is found here by its name", run.site))?;
    let site = load(asking.places, &found).map_err(|_| format!("the site {} has mistakes: qd check", run.site))?;
    let environment = site.environments.into_iter().find(|one| one.name == run.environment);
    environment.ok_or_else(|| format!("{} has no environment {} any more", run.site, run.environment))
}

/// When the newest was recorded that is known of a run here.
async fn last(store: &Sqlite, run: &Run) -> Timestamp {
    let records = store.records(run.id.clone()).await.unwrap_or_default();
    records.iter().map(|record| record.at).max().unwrap_or(run.begun)
}
