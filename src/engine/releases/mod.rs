//! The releases of one environment: those of this workstation's store together with what lies on the lock host, so that
//! everybody sees the same. What only one side has is brought to the other when they are read.

mod asked;
mod elsewhere;
#[cfg(test)]
mod logins_tests;
mod shared;
#[cfg(test)]
mod tests;
mod whose;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::release::{Examined, Followed, History, Release};
use crate::domain::{EnvName, Environment, RunId, SiteName, SiteWord};
use crate::engine::mirror::Mirror;
use crate::engine::store::Store;
use crate::port::release::Releases as Told;
use crate::runtimes::releases::Maker;

pub use asked::git;
pub use elsewhere::{Elsewhere, elsewhere};
pub use shared::{Found, Said, Shared};

/// The clock of another workstation may be so far ahead; what is dated later is none that happened.
const AHEAD: Duration = Duration::from_secs(10 * 60);
/// So many are brought to the lock host at once, the newest: what it misses for longer nobody asks for.
const BROUGHT: usize = 20;

/// Reads and keeps the releases of an environment. Cheap to clone.
#[derive(Clone)]
pub struct Releases {
    site: SiteName,
    environment: EnvName,
    word: SiteWord,
    store: Option<Arc<dyn Store>>,
    shared: Option<Shared>,
    named: Option<Vec<String>>,
}

impl Releases {
    /// Those of an environment; `mirror` is its lock host, if it has one that can be asked.
    pub fn of(environment: &Environment, store: Option<Arc<dyn Store>>, mirror: Option<&Mirror>) -> Self {
        Self {
            site: environment.site.clone(),
            environment: environment.name.clone(),
            word: environment.word.clone(),
            store,
            shared: mirror.map(Mirror::releases),
            named: None,
        }
    }

    /// Those of an environment of a site; `shared` is what lies on its lock host, if that can be asked.
    pub fn new(site: SiteName, environment: EnvName, store: Arc<dyn Store>, shared: Option<Shared>) -> Self {
        Self { site, environment, word: SiteWord::default(), store: Some(store), shared, named: None }
    }

    /// The same of a site that this word opens.
    #[must_use]
    pub fn in_site(self, word: SiteWord) -> Self {
        Self { word, ..self }
    }

    /// The same, of which only records of these logins on the lock host count, beside those of this machine, of its own
    /// login there and of root: a gate does not believe whoever else may put something there.
    #[must_use]
    pub fn only(self, named: Vec<String>) -> Self {
        Self { named: Some(named), ..self }
    }

    /// All that is known, from both sides, and sentences about what is missing or doubtful in it.
    pub async fn read(&self, now: Timestamp) -> Told {
        let mut told = Vec::new();
        let kept = match &self.store {
            Some(store) => store.releases(self.site.clone(), self.environment.clone()).await,
            None => Ok(Default::default()),
        };
        let kept = kept.unwrap_or_else(|error| {
            told.push(format!("What this machine has recorded of releases can't be read: {error}."));
            Default::default()
        });
        let mut found = Found::default();
        if let Some(shared) = &self.shared {
            match shared.list(&self.site, &self.environment).await {
                Ok(there) => {
                    told.extend(there.told(shared.host()));
                    if !there.has_more_of_ours() {
                        told.extend(bring(shared, &kept.releases, &kept.examined, &there).await);
                    }
                    found = there;
                }
                Err(why) => told.push(format!("What others have released may be missing here: {why}.")),
            }
        }
        let latest = now.checked_add(AHEAD).unwrap_or(now);
        let mut here = kept.clone().together();
        let before = here.len() + found.releases.len();
        here.retain(|release| release.at <= latest);
        found.releases.retain(|(release, _)| release.at <= latest);
        let ahead = before - here.len() - found.releases.len();
        if ahead > 0 {
            told.push(format!("{ahead} releases are dated later than now and are left out: look at the clocks."));
        }
        let settled = found.settle(here, self.named.as_deref(), &self.word);
        let believed = settled.believed;
        let mut releases = settled.releases;
        for (run, examined) in settled.examined {
            for release in releases.iter_mut().filter(|release| release.run == run) {
                release.examined.get_or_insert(examined.clone());
            }
        }
        told.extend(settled.told);
        told.extend(disputed(&releases));
        let counts = |run: &RunId, maker: &Maker| {
            found.whose().counts(run, maker) || believed.get(run).is_some_and(|uid| *uid == maker.uid)
        };
        let (mut followed, mut claimed) = self.followed(&releases, kept.followed, counts, &mut told).await;
        followed.retain(|said| said.at <= latest);
        claimed.retain(|said| said.at <= latest);
        let unheard = settled.unheard.into_iter().collect();
        Told { history: History::of(releases).in_site(self.word.clone()), followed, claimed, told, unheard }
    }

    /// What was said of the checklists that follow these releases: what counts, and what other logins said.
    async fn followed(
        &self,
        releases: &[Release],
        mut here: Vec<Followed>,
        counts: impl Fn(&RunId, &Maker) -> bool,
        told: &mut Vec<String>,
    ) -> (Vec<Followed>, Vec<Followed>) {
        let mut claimed = Vec::new();
        let any = releases.iter().any(|release| !release.follow_ups.is_empty());
        if let Some(shared) = self.shared.as_ref().filter(|_| any) {
            match shared.followed().await {
                Ok(there) => {
                    told.extend(there.told(shared.host()));
                    // What another login has put there says nothing for us. Where not all was read, older ones may lie
                    // there.
                    let ours = there.followed.iter().filter(|(_, maker)| there.is_ours(maker));
                    let ours: Vec<Followed> = ours.map(|(said, _)| Followed { login: None, ..said.clone() }).collect();
                    let oldest = ours.iter().map(|said| said.at).min().filter(|_| there.more);
                    let new = |said: &&Followed| oldest.is_none_or(|oldest| said.at > oldest);
                    let missing = here.iter().filter(|said| !ours.contains(said)).filter(new);
                    for said in missing.rev().take(BROUGHT) {
                        if let Err(why) = shared.follow(said).await {
                            told.push(format!("Others can't see what was seen after releases from here: {why}."));
                            break;
                        }
                    }
                    let is_known = |said: &Followed| here.contains(&Followed { login: None, ..said.clone() });
                    let others = there.followed.into_iter().filter(|(said, _)| !is_known(said));
                    let (counting, others): (Vec<_>, Vec<_>) =
                        others.partition(|(said, maker)| counts(&said.run, maker));
                    here.extend(counting.into_iter().map(|(said, _)| said));
                    claimed.extend(others.into_iter().map(|(said, _)| said));
                }
                Err(why) => told.push(format!("What others have seen after releases may be missing here: {why}.")),
            }
        }
        (here, claimed)
    }

    /// Keeps what was said of an item that follows a release, here and on the lock host: a sentence when others can't see
    /// it yet.
    ///
    /// # Errors
    /// Why it is not kept.
    pub async fn follow(&self, said: Followed) -> Result<Option<String>, String> {
        let store = self.store.as_ref().ok_or("Nothing is recorded here.")?;
        let place = (self.site.clone(), self.environment.clone());
        let kept = store.follow(place, said.clone()).await;
        kept.map_err(|error| format!("What was seen could not be recorded: {error}."))?;
        let Some(shared) = &self.shared else { return Ok(None) };
        let there = shared.follow(&said).await;
        Ok(there.err().map(|why| format!("Others can't see it yet: {why}.")))
    }

    /// Keeps that somebody has looked at a release, here and on the lock host: a sentence when others can't see it yet.
    ///
    /// # Errors
    /// Why it is not kept.
    pub async fn examine(&self, run: &RunId, examined: Examined) -> Result<Option<String>, String> {
        let store = self.store.as_ref().ok_or("Nothing is recorded here.")?;
        let place = (self.site.clone(), self.environment.clone());
        let kept = store.examine(place, run.clone(), examined.clone()).await;
        kept.map_err(|error| format!("That it was examined could not be recorded: {error}."))?;
        let Some(shared) = &self.shared else { return Ok(None) };
        if let Err(why) = shared.examined(run, &examined).await {
            return Ok(Some(format!("Others can't see that it was examined yet: {why}.")));
        }
        let there = shared.list(&self.site, &self.environment).await.unwrap_or_default();
        Ok(there.believes(run).map(|login| {
            format!(
                "It counts on this machine alone: the run is the login {login}'s, and others believe only that login of \
                 it, or root. Have it examined by that login too."
            )
        }))
    }
}

/// Brings what only this workstation has to the lock host: a sentence when that fails.
async fn bring(shared: &Shared, releases: &[Release], examined: &[(RunId, Examined)], found: &Found) -> Option<String> {
    // What another login has put there says nothing for us.
    let ours = |maker: &Maker| found.own.is_none_or(|own| own == maker.uid);
    let there: BTreeSet<&RunId> =
        found.releases.iter().filter(|(_, maker)| ours(maker)).map(|(release, _)| &release.run).collect();
    let missing = releases.iter().rev().filter(|release| !there.contains(&release.run)).take(BROUGHT);
    for release in missing {
        if let Err(why) = shared.release(release).await {
            return Some(format!("Others can't see all releases of this machine: {why}."));
        }
    }
    let known = |(run, one): &&(RunId, Examined)| {
        let same = |other: &Examined| other.at == one.at && other.by == one.by;
        found.examined.iter().any(|(of, other, maker)| of == run && same(other) && ours(maker))
    };
    for (run, one) in examined.iter().rev().filter(|one| !known(one)).take(BROUGHT) {
        if let Err(why) = shared.examined(run, one).await {
            return Some(format!("Others can't see who examined what from here: {why}."));
        }
    }
    None
}

/// Runs of which two records that count say different things: the worse counts, and a person should know.
fn disputed(releases: &[Release]) -> Vec<String> {
    let mut told = Vec::new();
    for (place, one) in releases.iter().enumerate() {
        let other = releases.iter().take(place).find(|other| other.run == one.run);
        if let Some(other) = other.filter(|other| other.verdict != one.verdict || other.version != one.version) {
            told.push(format!(
                "Run {} is said to be {} by {} and {} by {}: the worse counts.",
                one.run.short(),
                other.verdict.word(),
                claimed_by(other),
                one.verdict.word(),
                claimed_by(one)
            ));
        }
    }
    told
}

/// Who says so: the login on the lock host, else this machine.
pub(in crate::engine) fn claimed_by(release: &Release) -> String {
    match &release.login {
        Some(login) => format!("the login {}", login.plain()),
        None => "this machine".to_owned(),
    }
}
