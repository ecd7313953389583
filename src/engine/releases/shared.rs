//! Releases on the environment's lock host: put there once, never changed, and read with the login that each is of.

use super::whose::{Settled, Whose};
use crate::domain::release::{Examined, Followed, Release};
use crate::domain::{EnvName, HostName, RunId, SiteName, SiteWord};
use crate::engine::lock_host::{LockHost, Unanswered};
use crate::engine::store::release_form::{ExaminedForm, FollowedForm, ReleaseForm};
use crate::engine::transport::fresh_word;
use crate::runtimes::mirror::Name;
use crate::runtimes::releases::{
    self as protocol, Answer, Entry, File, Kind, LARGEST, Maker, Owner, RELEASES_OF_ONE_LOGIN, Shelf,
};

/// The releases on one lock host. Cheap to clone.
#[derive(Clone)]
pub struct Shared {
    name: Name,
    host: LockHost,
}

/// What lies there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The releases, and who put them there.
    pub releases: Vec<(Release, Maker)>,
    /// Who says to have looked at which, and who put that there.
    pub examined: Vec<(RunId, Examined, Maker)>,
    /// To whom their runs belong.
    pub owners: Vec<Owner>,
    /// The number of the login with which it was read.
    pub own: Option<u32>,
    /// How many files make no sense.
    pub unreadable: usize,
    /// Whether there is more than was read.
    pub more: bool,
}

/// What lies there of what was said of checklists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// All of it, and who put it there.
    pub followed: Vec<(Followed, Maker)>,
    /// The number of the login with which it was read.
    pub own: Option<u32>,
    /// How many files make no sense.
    pub unreadable: usize,
    /// Whether there is more than was read.
    pub more: bool,
}

impl Said {
    /// Whether the login with which it was read put it there.
    pub(super) fn is_ours(&self, maker: &Maker) -> bool {
        self.own.is_none_or(|own| own == maker.uid)
    }

    /// Sentences about what of it is not used.
    pub(super) fn told(&self, host: &HostName) -> Vec<String> {
        let mut told = Vec::new();
        if self.unreadable > 0 {
            let count = self.unreadable;
            told.push(format!(
                "{count} records on {host} of what was seen after releases make no sense and are left out."
            ));
        }
        if self.more {
            told.push(format!(
                "More was seen after releases than is read from {host}: of each login its newest \
                 {RELEASES_OF_ONE_LOGIN} records are."
            ));
        }
        told
    }
}

impl Found {
    /// Whether the login with which it was read has more there than was read.
    pub(super) fn has_more_of_ours(&self) -> bool {
        let ours = |maker: &&Maker| self.own.is_none_or(|own| own == maker.uid);
        let releases = self.releases.iter().map(|(_, maker)| maker).filter(ours).count();
        let examined = self.examined.iter().map(|(_, _, maker)| maker).filter(ours).count();
        self.more && releases + examined + self.unreadable >= RELEASES_OF_ONE_LOGIN
    }

    /// Whose word counts of its runs.
    pub(super) fn whose(&self) -> Whose<'_> {
        Whose::of(&self.owners, self.own, &self.releases)
    }

    /// What counts of it, together with what this machine has recorded itself: of all, or of these logins alone, beside
    /// its own and root. `word` opens their site.
    pub(super) fn settle(&self, here: Vec<Release>, named: Option<&[String]>, word: &SiteWord) -> Settled {
        self.whose().only(named).in_site(word).settle(here, &self.releases, &self.examined)
    }

    /// Whose word others believe of this run, where that is not the login with which this was read: the login to which it
    /// belongs, or whose record lay there first.
    pub(super) fn believes(&self, run: &RunId) -> Option<String> {
        let own = self.own.filter(|own| *own != 0)?;
        let whose = self.whose();
        let first = || {
            let of_run = self.releases.iter().filter(|(release, _)| release.run == *run).map(|(_, maker)| maker);
            of_run.min_by_key(|maker| (maker.since.is_none(), maker.since))
        };
        let believed = whose.owner(run).or_else(first)?;
        (believed.uid != own).then(|| believed.login.plain())
    }

    /// Sentences about what of it is not used.
    pub(super) fn told(&self, host: &HostName) -> Vec<String> {
        let mut told = Vec::new();
        if self.unreadable > 0 {
            told.push(format!("{} records of releases on {host} make no sense and are left out.", self.unreadable));
        }
        if self.more {
            told.push(format!(
                "There are more records of releases on {host} than are read: of each login its newest \
                 {RELEASES_OF_ONE_LOGIN} are."
            ));
        }
        told
    }
}

impl Shared {
    /// Those at the end of this line.
    pub fn new(name: Name, host: LockHost) -> Self {
        Self { name, host }
    }

    /// The lock host.
    pub fn host(&self) -> &HostName {
        self.host.name()
    }

    /// Puts a release there; it is there once, however often it is put.
    ///
    /// # Errors
    /// Why it is not there, as a clause.
    pub async fn release(&self, release: &Release) -> Result<(), String> {
        let form = serde_json::to_vec(&ReleaseForm::from(release));
        self.put(File::Release(&release.run), form).await
    }

    /// Puts there that somebody has looked at a release.
    ///
    /// # Errors
    /// Why it is not there, as a clause.
    pub async fn examined(&self, run: &RunId, examined: &Examined) -> Result<(), String> {
        let form = serde_json::to_vec(&ExaminedForm::of(run, examined));
        self.put(File::Examined(run, &fresh_word()), form).await
    }

    /// Puts there what was said of an item that follows a release.
    ///
    /// # Errors
    /// Why it is not there, as a clause.
    pub async fn follow(&self, said: &Followed) -> Result<(), String> {
        let form = serde_json::to_vec(&FollowedForm::from(said));
        let word = form.as_deref().map(|form| followed_word(said, form)).unwrap_or_default();
        self.put(File::Followed(&said.run, &word), form).await
    }

    /// What was said of items that follow releases.
    ///
    /// # Errors
    /// Why nothing is known, as a clause.
    pub async fn followed(&self) -> Result<Said, String> {
        let word = fresh_word();
        let answered = self.host.ask(protocol::list(&self.name, &word, Shelf::Followed)).await;
        match protocol::read(&answered.map_err(|why| why.told(self.host()))?, &word) {
            Answer::Done(listed) => {
                let mut said = Said { more: listed.more, own: listed.own, ..Said::default() };
                for entry in listed.entries.into_iter().filter(|entry| entry.kind == Kind::Followed) {
                    let form = serde_json::from_slice::<FollowedForm>(&entry.wrote).ok();
                    let one = form.and_then(FollowedForm::followed).filter(|one| one.run == entry.run);
                    said.unreadable += usize::from(one.is_none());
                    let login = Some(entry.maker.login.clone());
                    said.followed.extend(one.map(|one| (Followed { login, ..one }, entry.maker)));
                }
                Ok(said)
            }
            Answer::Refused(why) => Err(format!("the lock host {} refuses ({})", self.host(), why.plain())),
            Answer::Odd => Err(Unanswered::Odd.told(self.host())),
        }
    }

    async fn put(&self, file: File<'_>, form: serde_json::Result<Vec<u8>>) -> Result<(), String> {
        let mut bytes = form.map_err(|error| error.to_string())?;
        bytes.push(b'\n');
        if bytes.len() > LARGEST {
            return Err(format!("a record of {} bytes is too large for the lock host", bytes.len()));
        }
        let (word, nonce) = (fresh_word(), fresh_word());
        let host = self.host();
        let answered = self.host.ask(protocol::put(&self.name, &word, file, &nonce, bytes)).await;
        match protocol::read(&answered.map_err(|why| why.told(self.host()))?, &word) {
            Answer::Done(..) => Ok(()),
            Answer::Refused(why) => Err(format!("the lock host {host} can't be written ({})", why.plain())),
            Answer::Odd => Err(Unanswered::Odd.told(self.host())),
        }
    }

    /// All that lies there of this environment.
    ///
    /// # Errors
    /// Why nothing is known, as a clause.
    pub async fn list(&self, site: &SiteName, environment: &EnvName) -> Result<Found, String> {
        let word = fresh_word();
        let answered = self.host.ask(protocol::list(&self.name, &word, Shelf::Releases)).await;
        match protocol::read(&answered.map_err(|why| why.told(self.host()))?, &word) {
            Answer::Done(listed) => {
                let (more, own, owners) = (listed.more, listed.own, listed.owners);
                let mut found = Found { more, own, owners, ..Found::default() };
                listed.entries.into_iter().for_each(|entry| take(&mut found, entry, site, environment));
                Ok(found)
            }
            Answer::Refused(why) => Err(format!("the lock host {} refuses ({})", self.host(), why.plain())),
            Answer::Odd => Err(Unanswered::Odd.told(self.host())),
        }
    }
}

/// The word of what was said: its moment, so that the newest is read first, and what it says, so that it lies there once
/// however often it is brought.
fn followed_word(said: &Followed, form: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let moment = u64::try_from(said.at.as_millisecond()).unwrap_or(0);
    let digest = Sha256::digest(form);
    let words: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{moment:012x}{words}")
}

/// Takes what a file says, if it is about the run that its name says, and about this environment.
fn take(found: &mut Found, entry: Entry, site: &SiteName, environment: &EnvName) {
    if entry.kind == Kind::Examined {
        let form = serde_json::from_slice::<ExaminedForm>(&entry.wrote).ok();
        let examined = form.and_then(ExaminedForm::examined).filter(|(run, _)| *run == entry.run);
        found.unreadable += usize::from(examined.is_none());
        found.examined.extend(examined.map(|(run, examined)| (run, examined, entry.maker)));
        return;
    }
    let form = serde_json::from_slice::<ReleaseForm>(&entry.wrote).ok();
    let release = form
        .and_then(ReleaseForm::release)
        .filter(|release| release.run == entry.run && release.site == *site && release.environment == *environment);
    found.unreadable += usize::from(release.is_none());
    let login = entry.maker.login.clone();
    found.releases.extend(release.map(|release| (Release { login: Some(login), ..release }, entry.maker)));
}
