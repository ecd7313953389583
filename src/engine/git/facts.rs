//! What is new in a version: commits, who wrote them, and migrations with what in them can't be taken back.

use regex::bytes::{Regex, RegexBuilder};

use super::run::{At, Failure, ask};
use super::{FETCH, Git, READ, read};
use crate::domain::release::{Migration, Reversible, same_commit};
use crate::domain::source::{Commit, Facts, NewMigration, Place, Since, version};
use crate::text::Foreign;

/// So many commits are told, the newest.
const COMMITS: usize = 200;
/// So many migrations are read.
const MIGRATIONS: usize = 100;
/// Of a migration, so much is read; of a larger one nobody knows what it does.
const LARGEST: usize = 256 << 10;
/// So many statements are told of one.
const STATEMENTS: usize = 10;
/// Longer lines are cut where they are told.
const LINE: usize = 200;

/// Migrations between two commits.
#[derive(Debug, Default)]
struct Migrations {
    new: Vec<NewMigration>,
    gone: Vec<Migration>,
    changed: Vec<Foreign>,
    /// Whether there are more than are told.
    cut: bool,
}

impl Git {
    /// What git says of a version; with the name of a commit or of another version also what is new in it since then.
    ///
    /// # Errors
    /// Why it says nothing of it, as a sentence without a full stop.
    pub async fn facts(&self, name: &str, since: Option<&str>) -> Result<Facts, String> {
        version(name).map_err(str::to_owned)?;
        if let Place::Repository(address) = &self.source.place {
            self.fetch(address).await?;
        }
        let at = self.at()?;
        let commit = self.resolve_here(&at, name).await?;
        let since = match since {
            Some(from) => Some(self.since(&at, from, &commit).await),
            None => None,
        };
        Ok(Facts { version: name.into(), commit, since })
    }

    async fn since(&self, at: &At, from: &str, to: &Commit) -> Result<Since, String> {
        let from = self.base(at, from).await?;
        let both = format!("{}...{}", from.id, to.id);
        let only = format!("{}..{}", from.id, to.id);
        if self.is_cut(at).await? {
            let base = ask(at, &["merge-base", &from.id, &to.id], Vec::new(), READ).await;
            if let Err(why) = base {
                return Err(match why {
                    Failure::Status(..) => "the clone is shallow, so what lies between the two is not in it: \
                                            git fetch --unshallow there"
                        .to_owned(),
                    Failure::Unasked(why) => why,
                });
            }
        }
        let counted = self.ask(at, &["rev-list", "--count", "--left-right", &both, "--"]).await?;
        let (behind, ahead) = read::both(&counted).ok_or("git counts no commits")?;
        let most = format!("-n{COMMITS}");
        let commits = read::commits(&self.ask(at, &["log", &most, read::COMMIT, &only, "--"]).await?);
        let authors = read::authors(&self.ask(at, &["shortlog", "-s", "-n", &only, "--"]).await?);
        let found = self.migrations(at, &from, to).await?;
        let more = found.cut || commits.len() < ahead;
        let Migrations { new: migrations, gone, changed, cut: _ } = found;
        Ok(Since { from, ahead, behind, commits, authors, migrations, gone, changed, more })
    }

    /// The commit that was meant when a release was recorded: one that is written out, or a tag, which stays where it is.
    /// A branch was somewhere else then.
    async fn base(&self, at: &At, name: &str) -> Result<Commit, String> {
        let commit = self.resolve_here(at, name).await?;
        if same_commit(commit.id.as_bytes(), name.as_bytes()) {
            return Ok(commit);
        }
        let tag = format!("refs/tags/{name}");
        let named = read::names(&self.ask(at, &["for-each-ref", "--count=50", read::NAMES, &tag]).await?);
        if named.iter().any(|one| one.name.raw() == name.as_bytes()) {
            return Ok(commit);
        }
        Err(format!("of which commit {name} was then is not recorded"))
    }

    /// Whether the history ends somewhere in the middle.
    async fn is_cut(&self, at: &At) -> Result<bool, String> {
        let said = self.ask(at, &["rev-parse", "--is-shallow-repository"]).await?;
        Ok(said.trim_ascii() == b"true")
    }

    /// Migrations that are new, that are not there any more, and that are otherwise now.
    async fn migrations(&self, at: &At, from: &Commit, to: &Commit) -> Result<Migrations, String> {
        if self.source.migrations.is_empty() {
            return Ok(Migrations::default());
        }
        let mut words = vec!["diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff"];
        words.extend(["--no-textconv", "--ignore-submodules", &from.id, &to.id, "--"]);
        // What matches is a file, or a folder with everything in it.
        let patterns = self.source.migrations.iter();
        let patterns: Vec<String> = patterns
            .flat_map(|pattern| {
                let pattern = pattern.trim_end_matches('/');
                [format!(":(top,glob){pattern}"), format!(":(top,glob){pattern}/**")]
            })
            .collect();
        words.extend(patterns.iter().map(String::as_str));
        let all = read::changed(&self.ask(at, &words).await?);
        let changed = all.iter().filter(|file| !file.is_new).map(|file| file.path.clone()).take(MIGRATIONS).collect();
        let (new, more_new) = self.judged(at, all.iter().filter(|file| file.is_new).collect()).await;
        let (gone, more_gone) = self.judged(at, all.iter().filter(|file| file.is_gone).collect()).await;
        let gone = gone.into_iter().map(|one| one.migration).collect();
        Ok(Migrations { new, gone, changed, cut: more_new || more_gone })
    }

    /// What each of these files does, as far as its text tells; and whether there are more.
    async fn judged(&self, at: &At, mut files: Vec<&read::Changed>) -> (Vec<NewMigration>, bool) {
        let cut = files.len() > MIGRATIONS;
        files.truncate(MIGRATIONS);
        let texts = self.texts(at, &files).await;
        let rules: Vec<Regex> = self.source.destructive.iter().filter_map(|rule| regex(rule)).collect();
        let judged = files.iter().zip(texts).map(|(file, text)| {
            let text = text.filter(|text| file.is_file && text.len() <= LARGEST);
            let why = text.as_deref().map(|text| statements(text, &rules)).unwrap_or_default();
            let reversible = match text {
                None => Reversible::Unknown,
                Some(_) if why.is_empty() => Reversible::Yes,
                Some(_) => Reversible::No,
            };
            NewMigration { migration: Migration { name: file.path.clone(), reversible }, why }
        });
        (judged.collect(), cut)
    }

    /// What is in these files; nothing of one that can't be read.
    async fn texts(&self, at: &At, files: &[&read::Changed]) -> Vec<Option<Vec<u8>>> {
        let nothing = vec![None; files.len()];
        if files.is_empty() {
            return nothing;
        }
        let ids: String = files.iter().map(|file| format!("{}\n", file.blob)).collect();
        // The sizes first, so that one that is far too large is not read at all; what is not here is fetched.
        let sizes = ask(at, &["cat-file", "--batch-check"], ids.into_bytes(), FETCH).await;
        let Ok(sizes) = sizes else { return nothing };
        let sizes = String::from_utf8_lossy(&sizes).into_owned();
        let fits = |line: &str| {
            let size = line.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            line.contains(" blob ") && size.is_some_and(|size| size <= LARGEST)
        };
        let small: Vec<bool> = sizes.lines().map(fits).collect();
        let wanted: Vec<&str> =
            files.iter().zip(&small).filter(|(_, small)| **small).map(|(file, _)| file.blob.as_str()).collect();
        let ids: String = wanted.iter().map(|id| format!("{id}\n")).collect();
        if ids.is_empty() {
            return nothing;
        }
        let Ok(said) = ask(at, &["cat-file", "--batch"], ids.into_bytes(), FETCH).await else { return nothing };
        let mut read = read::blobs(&said, wanted.len()).into_iter();
        let mut one = |place: usize| if small.get(place) == Some(&true) { read.next().flatten() } else { None };
        (0..files.len()).map(&mut one).collect()
    }
}

/// A rule of the site, in any case; what can't be one was told when the site was read.
fn regex(rule: &str) -> Option<Regex> {
    RegexBuilder::new(rule).case_insensitive(true).multi_line(true).size_limit(1 << 20).build().ok()
}

/// The lines in which something is found that can't be taken back, each once. Remarks of SQL and of Python say nothing.
fn statements(text: &[u8], rules: &[Regex]) -> Vec<Foreign> {
    let mut spoken = Vec::with_capacity(text.len());
    for line in text.split(|byte| *byte == b'\n') {
        let begin = line.trim_ascii_start();
        if !begin.starts_with(b"--") && !begin.starts_with(b"#") {
            spoken.extend_from_slice(line);
        }
        spoken.push(b'\n');
    }
    let mut found: Vec<Foreign> = Vec::new();
    for rule in rules {
        for place in rule.find_iter(&spoken) {
            let begin = spoken.get(..place.start()).and_then(|before| before.iter().rposition(|byte| *byte == b'\n'));
            let line = spoken.get(begin.map_or(0, |at| at + 1)..).unwrap_or_default();
            let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len()).min(LINE);
            let line = Foreign::from(line.get(..end).unwrap_or_default().trim_ascii());
            if found.len() < STATEMENTS && !found.contains(&line) {
                found.push(line);
            }
        }
    }
    found
}
