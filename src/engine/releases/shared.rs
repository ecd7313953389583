//! Releases on the environment's lock host: put there once, never changed, and read with the login that each is of.

use crate::domain::release::{Examined, Release};
use crate::domain::{EnvName, HostName, RunId, SiteName};
use crate::engine::lock_host::{LockHost, Unanswered};
use crate::engine::store::release_form::{ExaminedForm, ReleaseForm};
use crate::engine::transport::fresh_word;
use crate::runtimes::mirror::Name;
use crate::runtimes::releases::{self as protocol, Answer, Entry, File, LARGEST, MOST};

/// The releases on one lock host. Cheap to clone.
#[derive(Clone)]
pub struct Shared {
    name: Name,
    host: LockHost,
}

/// What lies there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The releases, each with the login of whoever says so.
    pub releases: Vec<Release>,
    /// Who says to have looked at which.
    pub examined: Vec<(RunId, Examined)>,
    /// How many files make no sense.
    pub unreadable: usize,
    /// Whether there is more than was read.
    pub more: bool,
}

impl Found {
    /// Sentences about what of it is not used.
    pub(super) fn told(&self, host: &HostName) -> Vec<String> {
        let mut told = Vec::new();
        if self.unreadable > 0 {
            told.push(format!("{} records of releases on {host} make no sense and are left out.", self.unreadable));
        }
        if self.more {
            told.push(format!("There are more records of releases on {host} than are read: the newest {MOST} are."));
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

    async fn put(&self, file: File<'_>, form: serde_json::Result<Vec<u8>>) -> Result<(), String> {
        let mut bytes = form.map_err(|error| error.to_string())?;
        bytes.push(b'\n');
        if bytes.len() > LARGEST {
            return Err(format!("a record of {} bytes is too large for the lock host", bytes.len()));
        }
        let (word, nonce) = (fresh_word(), fresh_word());
        let host = self.host();
        let answered = self.host.ask(protocol::put(&self.name, &word, file, &nonce, bytes)).await;
        match protocol::read(&answered.map_err(|why| self.unanswered(why))?, &word) {
            Answer::Done(..) => Ok(()),
            Answer::Refused(why) => Err(format!("the lock host {host} can't be written ({})", why.plain())),
            Answer::Odd => Err(self.unanswered(Unanswered::Odd)),
        }
    }

    /// All that lies there of this environment.
    ///
    /// # Errors
    /// Why nothing is known, as a clause.
    pub async fn list(&self, site: &SiteName, environment: &EnvName) -> Result<Found, String> {
        let word = fresh_word();
        let answered = self.host.ask(protocol::list(&self.name, &word)).await;
        match protocol::read(&answered.map_err(|why| self.unanswered(why))?, &word) {
            Answer::Done(entries, more) => {
                let mut found = Found { more, ..Found::default() };
                entries.into_iter().for_each(|entry| take(&mut found, entry, site, environment));
                Ok(found)
            }
            Answer::Refused(why) => Err(format!("the lock host {} refuses ({})", self.host(), why.plain())),
            Answer::Odd => Err(self.unanswered(Unanswered::Odd)),
        }
    }

    fn unanswered(&self, why: Unanswered) -> String {
        let host = self.host();
        match why {
            Unanswered::Unreachable(why) => format!("the lock host {host} can't be asked ({why})"),
            Unanswered::Odd => {
                format!("the lock host {host} answered something that makes no sense; look whether its /bin/sh works")
            }
        }
    }
}

/// Takes what a file says, if it is about the run that its name says, and about this environment.
fn take(found: &mut Found, entry: Entry, site: &SiteName, environment: &EnvName) {
    if entry.examined {
        let form = serde_json::from_slice::<ExaminedForm>(&entry.wrote).ok();
        let examined = form.and_then(ExaminedForm::examined).filter(|(run, _)| *run == entry.run);
        found.unreadable += usize::from(examined.is_none());
        found.examined.extend(examined);
        return;
    }
    let form = serde_json::from_slice::<ReleaseForm>(&entry.wrote).ok();
    let release = form
        .and_then(ReleaseForm::release)
        .filter(|release| release.run == entry.run && release.site == *site && release.environment == *environment);
    found.unreadable += usize::from(release.is_none());
    found.releases.extend(release.map(|release| Release { login: Some(entry.login), ..release }));
}
