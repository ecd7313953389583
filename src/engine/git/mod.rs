//! What git says of the versions of a site's code: their names, their commits, and what is new in one.
//!
//! Git is the person's own, asked in their clone or at an address; what an address needs is kept as a bare repository
//! without files' contents in the person's cache. Everything it says is foreign.

mod facts;
mod read;
mod run;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::run::{At, Failure, ask};
use crate::domain::release::same_commit;
use crate::domain::source::{Commit, Named, Place, Source, Version, version};
use crate::text::Foreign;

/// What is only read here takes no longer.
const READ: Duration = Duration::from_secs(15);
/// A server is asked for its names for so long.
const NAMES: Duration = Duration::from_secs(20);
/// What an address has is fetched for so long.
const FETCH: Duration = Duration::from_secs(180);
/// So many names are offered, the newest.
const OFFERED: usize = 500;
/// So many commits without a name are offered, the newest.
const RECENT: &str = "-n50";

/// The code of a site. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Git {
    source: Arc<Source>,
    home: Option<PathBuf>,
    cache: PathBuf,
}

impl Git {
    /// That of a site; `cache` is where repositories of our own are kept, `home` what `~` means.
    pub fn new(source: Arc<Source>, home: Option<PathBuf>, cache: PathBuf) -> Self {
        Self { source, home, cache }
    }

    /// The same, with the folders of whoever started the program.
    pub fn of(source: Arc<Source>) -> Self {
        let dirs = directories::ProjectDirs::from("", "", "quarterdeck");
        let cache =
            dirs.map_or_else(|| std::env::temp_dir().join("quarterdeck"), |dirs| dirs.cache_dir().to_path_buf());
        Self::new(source, std::env::var_os("HOME").map(PathBuf::from), cache)
    }

    /// The versions that can be chosen, the newest first: tags, branches and the newest commits; of an address its tags
    /// and branches.
    ///
    /// # Errors
    /// Why git does not say, as a sentence without a full stop.
    pub async fn versions(&self) -> Result<Vec<Version>, String> {
        if let Place::Repository(address) = &self.source.place {
            let mut names = self.remote(address, &[]).await?;
            // A server tells no times: what is counted upwards is the newest behind.
            names.sort_by(|one, other| one.named.cmp(&other.named).then(natural(&other.name).cmp(&natural(&one.name))));
            names.retain(can_be_chosen);
            names.truncate(OFFERED);
            return Ok(names);
        }
        let at = self.clone_at()?;
        let count = format!("--count={OFFERED}");
        let words =
            ["for-each-ref", "--sort=-creatordate", &count, read::NAMES, "refs/tags", "refs/heads", "refs/remotes"];
        let mut versions = read::names(&self.ask(&at, &words).await?);
        versions.retain(can_be_chosen);
        let words = ["log", "--branches", "--remotes", "--tags", RECENT, read::COMMIT];
        for commit in read::commits(&self.ask(&at, &words).await?) {
            versions.push(Version { name: Foreign::from(&commit.id), named: Named::Commit, commit });
        }
        Ok(versions)
    }

    /// The one commit that a name means.
    ///
    /// # Errors
    /// Why there is none, or not one, as a sentence without a full stop.
    pub async fn resolve(&self, name: &str) -> Result<Commit, String> {
        version(name).map_err(str::to_owned)?;
        if let Place::Repository(address) = &self.source.place {
            let named = self.remote(address, &[name]).await?;
            if let Some(id) = one(name, &named)? {
                return Ok(Commit { id, at: None, author: Foreign::default(), subject: Foreign::default() });
            }
            self.fetch(address).await?;
        }
        self.resolve_here(&self.at()?, name).await
    }

    /// The same in what lies here.
    async fn resolve_here(&self, at: &At, name: &str) -> Result<Commit, String> {
        version(name).map_err(str::to_owned)?;
        let places = ["tags", "heads", "remotes", "remotes/origin"].map(|place| format!("refs/{place}/{name}"));
        let mut words = vec!["for-each-ref", "--count=50", read::NAMES];
        words.extend(places.iter().map(String::as_str));
        let named = read::names(&self.ask(at, &words).await?);
        let is_it = |known: &Version| {
            let plain = known.name.raw();
            plain == name.as_bytes() || plain.strip_prefix(b"origin/") == Some(name.as_bytes())
        };
        let named: Vec<Version> = named.into_iter().filter(is_it).collect();
        let mut id = one(name, &named)?;
        if name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let asked = format!("{name}^{{commit}}");
            let found =
                ask(at, &["rev-parse", "--verify", "--quiet", "--end-of-options", &asked], Vec::new(), READ).await;
            match found.map(|said| String::from_utf8_lossy(&said).trim().to_owned()) {
                Ok(found) if read::is_id(&found) && same_commit(found.as_bytes(), name.as_bytes()) => match &id {
                    Some(named) if *named != found => return Err(several(name)),
                    Some(_) | None => id = Some(found),
                },
                Ok(_) | Err(Failure::Status(..)) => {}
                Err(Failure::Unasked(why)) => return Err(why),
            }
        }
        let unknown = || format!("git knows no tag, branch or commit {name}{}", self.told_where());
        let id = id.ok_or_else(unknown)?;
        self.commit(at, &id).await
    }

    /// What is known of a commit by its whole name.
    async fn commit(&self, at: &At, id: &str) -> Result<Commit, String> {
        let said = self.ask(at, &["log", "-1", read::COMMIT, "--end-of-options", id]).await?;
        read::commits(&said).into_iter().next().ok_or_else(|| format!("git says nothing of the commit {id}"))
    }

    /// Names that a server has; with `only` those alone.
    async fn remote(&self, address: &str, only: &[&str]) -> Result<Vec<Version>, String> {
        let mut words = vec!["ls-remote", "--refs", "--quiet", "--end-of-options", address];
        let patterns: Vec<String> = only
            .iter()
            .flat_map(|name| {
                [format!("refs/tags/{name}"), format!("refs/tags/{name}^{{}}"), format!("refs/heads/{name}")]
            })
            .collect();
        words.extend(patterns.iter().map(String::as_str));
        // Without them the commit of an annotated tag is told too.
        words.retain(|word| *word != "--refs");
        let said = ask(&At::Nowhere, &words, Vec::new(), NAMES).await;
        let said = said.map_err(|why| format!("{} can't be asked: {}", shown(address), why.why()))?;
        let mut names = read::remote_names(&said);
        names.retain(|known| only.is_empty() || only.iter().any(|name| known.name.raw() == name.as_bytes()));
        Ok(names)
    }

    /// Brings what an address has into the repository of our own, without the contents of files.
    async fn fetch(&self, address: &str) -> Result<(), String> {
        let own = self.own(address);
        let failed = |why: Failure| format!("{} can't be fetched: {}", shown(address), why.why());
        if !own.join("HEAD").is_file() {
            use std::os::unix::fs::DirBuilderExt;
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&own);
            made.map_err(|error| format!("{} can't be made: {error}", own.display()))?;
            let folder = own.to_string_lossy().into_owned();
            let words = ["init", "--quiet", "--bare", "--template=", "--end-of-options", &folder];
            ask(&At::Nowhere, &words, Vec::new(), READ).await.map_err(failed)?;
            // What was left out is fetched from there when it is read.
            for (key, value) in [
                ("remote.origin.url", address),
                ("remote.origin.promisor", "true"),
                ("remote.origin.partialclonefilter", "blob:none"),
                ("core.repositoryformatversion", "1"),
                ("extensions.partialClone", "origin"),
            ] {
                ask(&At::Own(own.clone()), &["config", key, value], Vec::new(), READ).await.map_err(failed)?;
            }
        }
        let words = [
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-tags",
            "--no-recurse-submodules",
            "--filter=blob:none",
            "origin",
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
        ];
        ask(&At::Own(own), &words, Vec::new(), FETCH).await.map(drop).map_err(failed)
    }

    /// Where what is known lies.
    fn at(&self) -> Result<At, String> {
        match &self.source.place {
            Place::Clone(_) => self.clone_at(),
            Place::Repository(address) => Ok(At::Own(self.own(address))),
        }
    }

    fn clone_at(&self) -> Result<At, String> {
        let Place::Clone(path) = &self.source.place else { return self.at() };
        let folder = match (path.strip_prefix("~/"), &self.home) {
            (Some(inside), Some(home)) => home.join(inside),
            (Some(_), None) => return Err("where ~ is is not known: set HOME".to_owned()),
            (None, _) => PathBuf::from(path),
        };
        if !folder.is_dir() {
            return Err(format!("there is no clone at {}: clone the code there, or mend [source]", shown(path)));
        }
        // Its real place, so that what lies above it is another one.
        std::fs::canonicalize(&folder).map(At::Clone).map_err(|error| format!("{} can't be read: {error}", shown(path)))
    }

    fn own(&self, address: &str) -> PathBuf {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(address.as_bytes());
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.cache.join("git").join(format!("{name}.git"))
    }

    fn told_where(&self) -> String {
        match &self.source.place {
            Place::Clone(path) => format!(" in {}: fetch there, or name another", shown(path)),
            Place::Repository(address) => format!(" at {}", shown(address)),
        }
    }

    async fn ask(&self, at: &At, words: &[&str]) -> Result<Vec<u8>, String> {
        let place = match &self.source.place {
            Place::Clone(place) | Place::Repository(place) => place,
        };
        let said = ask(at, words, Vec::new(), READ).await;
        said.map_err(|why| format!("git can't read {}: {}", shown(place), why.why()))
    }
}

/// The commit that all of these name; nothing when there are none.
fn one(name: &str, named: &[Version]) -> Result<Option<String>, String> {
    let Some(first) = named.first() else { return Ok(None) };
    if named.iter().all(|known| known.commit.id == first.commit.id) {
        return Ok(Some(first.commit.id.clone()));
    }
    let told: Vec<String> = named
        .iter()
        .map(|known| format!("the {} {} is {}", known.named.word(), known.name.plain(), known.commit.short()))
        .collect();
    Err(format!("{name} is more than one commit ({}): name one of those", told.join(", ")))
}

fn several(name: &str) -> String {
    format!("{name} is a name and the beginning of another commit: write the whole commit")
}

fn shown(place: &str) -> String {
    Foreign::from(crate::text::without_credentials(place).as_str()).plain()
}

/// So that `v1.10` comes behind `v1.9`: digits count as numbers.
fn natural(name: &Foreign) -> Vec<(bool, u128, Vec<u8>)> {
    let mut parts: Vec<(bool, u128, Vec<u8>)> = Vec::new();
    for byte in name.raw() {
        let digit = byte.is_ascii_digit();
        match parts.last_mut() {
            Some((true, number, _)) if digit => {
                *number = number.saturating_mul(10).saturating_add(u128::from(byte - b'0'))
            }
            Some((false, _, text)) if !digit => text.push(*byte),
            Some(_) | None if digit => parts.push((true, u128::from(byte - b'0'), Vec::new())),
            Some(_) | None => parts.push((false, 0, vec![*byte])),
        }
    }
    parts
}

/// Whether a name may be given to anything: one that may not is not offered either.
fn can_be_chosen(one: &Version) -> bool {
    std::str::from_utf8(one.name.raw()).is_ok_and(|name| version(name).is_ok())
}
