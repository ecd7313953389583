//! Asks a host's Docker for the containers of services: by the login itself, or by sudo where the login may not and sudo
//! asks nobody. What can't be read is said, typed; it is never taken for a service without containers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::domain::compose::Compose;
use crate::domain::container::{Composer, Container, Containers};
use crate::domain::host::BecomeRoot;
use crate::engine::transport::Connection;
use crate::port::{End, Output, RemoteCommand};
use crate::runtimes::compose::{self, Found, Listed, Reach, Trouble};
use crate::runtimes::tail::container::plain_name;
use crate::text::Foreign;

/// Images whose digests are remembered; with more all are asked for anew.
const IMAGES: usize = 500;
/// A host without Compose is asked for it again after this long.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// What is remembered of a host's Docker from one reading to the next.
#[derive(Debug, Default)]
pub struct Docker {
    reach: Reach,
    may_sudo: bool,
    digests: Option<BTreeMap<String, Foreign>>,
    /// How Compose is called there, and when that was asked.
    composer: Option<(Option<Composer>, Instant)>,
}

/// Why nothing was read: in a few words, and as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// For a row.
    pub short: String,
    /// For a log and a detail.
    pub sentence: String,
    /// Whether the link was lost meanwhile, or the host gave no answer in time.
    pub lost: bool,
}

impl Unread {
    /// For this reason, which is no matter of Docker's.
    pub fn because(sentence: String) -> Self {
        Self { short: "can't be asked".to_owned(), sentence, lost: false }
    }
}

impl Docker {
    /// The Docker of a host on which a change becomes root in this way.
    pub fn new(become_root: BecomeRoot) -> Self {
        Self { digests: Some(BTreeMap::new()), ..Self::once(become_root) }
    }

    /// The same for a single look, without the digests of images and without asking for Compose.
    pub fn once(become_root: BecomeRoot) -> Self {
        Self { may_sudo: become_root == BecomeRoot::Sudo, ..Self::default() }
    }

    /// How it was reached last.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Reads the containers of these services, in their order.
    ///
    /// # Errors
    /// Why Docker could not be asked.
    pub async fn read(&mut self, host: &dyn Connection, wanted: &[&Compose]) -> Result<Vec<Containers>, Unread> {
        let listed = self.list(host, wanted).await?;
        let mut found = self.inspect(host, &ids_of(&listed)).await?;
        let seen = |found: &[Found], id: &str| found.iter().any(|one| one.container.id == id);
        if listed.iter().any(|one| !seen(&found, &one.id)) {
            // They are gone since the list was made; or Docker is.
            let still = self.list(host, wanted).await?;
            let unseen = |one: &&Listed| !seen(&found, &one.id);
            let missed: Vec<Listed> = still.iter().filter(unseen).cloned().collect();
            found.extend(self.inspect(host, &ids_of(&missed)).await?);
            if let Some(one) = missed.iter().find(|one| !seen(&found, &one.id)) {
                let sentence = format!("Docker lists the container {} and tells nothing of it.", one.id);
                return Err(Unread { short: "docker tells only a part".to_owned(), ..Unread::because(sentence) });
            }
        }
        self.add_digests(host, &mut found).await;
        let composer = if found.is_empty() { None } else { self.composer(host).await };
        let of = |service: &&Compose| {
            let ours = |one: &&Found| one.project == service.project && one.service == service.service && !one.one_off;
            let mut all: Vec<_> = found.iter().filter(ours).map(|one| one.container.clone()).collect();
            all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
            Containers { all, by_sudo: self.reach == Reach::Sudo, composer, ..Containers::default() }
        };
        Ok(wanted.iter().map(of).collect())
    }

    /// Reads the container of this name, and what Compose puts in its place while it does so.
    ///
    /// # Errors
    /// Why Docker could not be asked.
    pub async fn named(&mut self, host: &dyn Connection, name: &str) -> Result<Vec<Container>, Unread> {
        let output = self.ask(host, &|reach| compose::list_named(reach, name)).await?;
        let found = self.inspect(host, &compose::listed_ids(&output.stdout)).await?;
        let ours = found.into_iter().map(|one| one.container).filter(|one| plain_name(&one.name) == name);
        Ok(ours.collect())
    }

    async fn list(&mut self, host: &dyn Connection, wanted: &[&Compose]) -> Result<Vec<Listed>, Unread> {
        let output = self.ask(host, &compose::list).await?;
        let ours = |one: &Listed| {
            wanted.iter().any(|service| service.project == one.project && service.service == one.service)
        };
        Ok(compose::listed(&output.stdout).into_iter().filter(ours).collect())
    }

    /// Asks by the login itself, and by sudo where only that may.
    async fn ask(
        &mut self,
        host: &dyn Connection,
        question: &(dyn Fn(Reach) -> RemoteCommand + Send + Sync),
    ) -> Result<Output, Unread> {
        let mut output = host.run(question(self.reach)).await;
        if !output.succeeded() {
            let trouble = self.trouble(host, &output).await;
            if trouble != Trouble::NotAllowed || !self.may_sudo || self.reach == Reach::Sudo {
                return Err(unread(trouble, &output));
            }
            let by_sudo = host.run(question(Reach::Sudo)).await;
            if !by_sudo.succeeded() {
                return Err(unread(trouble, &output));
            }
            self.reach = Reach::Sudo;
            output = by_sudo;
        }
        Ok(output)
    }

    async fn trouble(&mut self, host: &dyn Connection, output: &Output) -> Trouble {
        match output.end {
            End::NotFound => Trouble::Missing,
            End::TimedOut(_) => Trouble::Silent,
            End::LinkLost(_) | End::NotStarted(_) => Trouble::Other,
            End::Exited(_) | End::Killed(_) => {
                let trouble = Trouble::of(&host.run(compose::diagnose()).await.end);
                if trouble == Trouble::NotAllowed && self.reach == Reach::Sudo {
                    // The socket is not for the login: what went wrong behind sudo is not known by it.
                    self.reach = Reach::Direct;
                    return Trouble::Silent;
                }
                trouble
            }
        }
    }

    async fn inspect(&self, host: &dyn Connection, ids: &[String]) -> Result<Vec<Found>, Unread> {
        let mut found = Vec::new();
        for some in ids.chunks(compose::AT_ONCE) {
            let output = host.run(compose::inspect(self.reach, some)).await;
            match output.end {
                // Status 1 is that of one that is gone; the others are told all the same.
                End::Exited(0 | 1) => found.extend(compose::parse(&output.stdout)),
                End::Exited(_)
                | End::NotFound
                | End::Killed(_)
                | End::TimedOut(_)
                | End::LinkLost(_)
                | End::NotStarted(_) => return Err(unread(Trouble::Other, &output)),
            }
        }
        Ok(found)
    }

    /// How Compose is called there. What is found is remembered for as long as the link lasts.
    async fn composer(&mut self, host: &dyn Connection) -> Option<Composer> {
        // Where digests are not asked for, nothing is that only a plan needs.
        self.digests.as_ref()?;
        if let Some((known, at)) = self.composer
            && (known.is_some() || at.elapsed() < ASKED_AGAIN)
        {
            return known;
        }
        let mut found = None;
        for composer in [Composer::Plugin, Composer::Alone] {
            if host.run(compose::composer(self.reach, composer)).await.succeeded() {
                found = Some(composer);
                break;
            }
        }
        self.composer = Some((found, Instant::now()));
        found
    }

    async fn add_digests(&mut self, host: &dyn Connection, found: &mut [Found]) {
        let Some(known) = &mut self.digests else { return };
        if known.len() > IMAGES {
            known.clear();
        }
        let mut new: Vec<String> = found.iter().map(|one| one.container.image_id.clone()).collect();
        new.retain(|id| !id.is_empty() && !known.contains_key(id));
        new.sort();
        new.dedup();
        for some in new.chunks(compose::AT_ONCE) {
            let output = host.run(compose::digests(self.reach, some)).await;
            known.extend(compose::parse_digests(&output.stdout));
            // An image that was removed under its containers is not asked for again and again.
            for id in some {
                known.entry(id.clone()).or_default();
            }
        }
        for one in found {
            one.container.digest = known.get(&one.container.image_id).cloned().unwrap_or_default();
        }
    }
}

fn ids_of(listed: &[Listed]) -> Vec<String> {
    listed.iter().map(|one| one.id.clone()).collect()
}

fn unread(trouble: Trouble, output: &Output) -> Unread {
    let said = crate::engine::watch::sentence(output);
    Unread {
        short: trouble.short().to_owned(),
        sentence: format!("{}: {said}. {}", capital(trouble.short()), trouble.advice()),
        lost: matches!(output.end, End::LinkLost(_) | End::TimedOut(_) | End::NotStarted(_)),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
#[path = "containers_tests.rs"]
mod tests;
