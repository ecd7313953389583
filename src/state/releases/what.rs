//! What a version would bring: what it takes the place of, what is new in it, and where what runs.

use jiff::Timestamp;

use super::told::{clean, examined, migration, stamp, verdict, version, who};
use super::{looks_for_migrations, taken_away_told};
use crate::domain::release::{Current, History, Reversible};
use crate::domain::source::{Facts, Since};
use crate::domain::time::short;
use crate::domain::{Environment, Release, ServiceName};
use crate::text::Foreign;

/// Commits that are told.
const TOLD: usize = 15;

/// Everything that is known of a version before it is deployed.
#[derive(Debug, Clone, Copy)]
pub struct What<'a> {
    /// Where it would be deployed.
    pub environment: &'a Environment,
    /// The service that it is for; `None`: the whole system.
    pub service: Option<&'a ServiceName>,
    /// The releases.
    pub history: &'a History,
    /// What git says of it; a sentence why it does not.
    pub facts: Result<&'a Facts, &'a str>,
    /// The version as it was named.
    pub version: &'a str,
    /// Why it must not be deployed again without a look.
    pub trouble: Option<&'a str>,
    /// The time now.
    pub now: Timestamp,
}

impl<'a> What<'a> {
    /// The release that it would take the place of: the last that was good.
    pub fn replaces(&self) -> Option<&'a Release> {
        self.history.current(self.service, None).good()
    }
}

/// `1 commit`, `2 commits`.
fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn age(now: Timestamp, at: Timestamp) -> String {
    short(std::time::Duration::try_from(now.duration_since(at)).unwrap_or_default())
}

/// It in words.
pub fn what(what: &What<'_>) -> String {
    let mut lines = Vec::new();
    let shown = Foreign::from(what.version).plain();
    match what.facts {
        Ok(facts) => {
            let commit = &facts.commit;
            let by = if commit.author.is_empty() { String::new() } else { format!(" by {}", commit.author.plain()) };
            let at = commit.at.map(|at| format!(", {} ago", age(what.now, at))).unwrap_or_default();
            lines.push(format!("{shown} is commit {}{by}{at}", commit.short()));
            if !commit.subject.is_empty() {
                lines.push(format!("  {}", commit.subject.plain()));
            }
        }
        Err(why) => lines.push(format!("{shown}: {why}")),
    }
    lines.push(replaces(what));
    match what.trouble {
        Some(trouble) => lines.push(format!("Not again without a look: {trouble}")),
        None => lines.extend(before(what)),
    }
    if let Ok(facts) = what.facts {
        match &facts.since {
            None => {}
            Some(Err(why)) => lines.push(format!("What is new in it is not known: {}", clean(why))),
            Some(Ok(since)) => lines.extend(new(since, looks_for_migrations(what.environment))),
        }
    }
    lines.extend(older(what));
    lines.push(String::new());
    lines.extend(hosts(what));
    lines.join("\n") + "\n"
}

fn replaces(what: &What<'_>) -> String {
    match what.history.current(what.service, None) {
        Current::Nothing => "It replaces nothing that is recorded".to_owned(),
        Current::Runs(release) => {
            format!("It replaces {} ({}, good, by {})", version(release), age(what.now, release.at), who(release))
        }
        Current::Unclear(release, before) => {
            let before = before.map_or_else(|| "nothing".to_owned(), version);
            let word = verdict(what.history, release);
            format!("What it replaces is not clear: {} is {word}; the last good one is {before}", version(release))
        }
    }
}

/// What became of it here before: how it stands, and who has examined it.
fn before(what: &What<'_>) -> Vec<String> {
    let commit = what.facts.ok().map(|facts| facts.commit.id.as_str());
    let Some(release) = super::newest_of(what.history, what.version, commit) else { return Vec::new() };
    let (word, ago) = (stood(what.history, release), age(what.now, release.at));
    let lead = format!("It was here before: {word}, {ago} ago by {} (run {})", who(release), release.run.short());
    std::iter::once(lead).chain(examined(what.history, release, what.now).map(|told| format!("  {told}"))).collect()
}

/// How a release stands, without the word for what stands in a line of its own.
fn stood(history: &History, release: &Release) -> String {
    let word = verdict(history, release);
    word.strip_suffix(", examined").map_or_else(|| word.clone(), str::to_owned)
}

/// What becomes of the database where it is older than what runs, in the words of going back.
fn older(what: &What<'_>) -> Vec<String> {
    let lines = taken_away_told(what.history, what.service, what.version, what.facts.ok());
    if lines.is_empty() {
        return Vec::new();
    }
    let lead = "going back   what runs has migrations that it does not know".to_owned();
    std::iter::once(lead).chain(lines.into_iter().map(|line| format!("database     {line}"))).collect()
}

/// An author, with their commits where there are several authors.
fn told_of((name, count): (&Foreign, usize), all: usize) -> String {
    if all == 1 { name.plain() } else { format!("{} {count}", name.plain()) }
}

fn new(since: &Since, looks: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let authors: Vec<String> =
        since.authors.iter().take(8).map(|(name, count)| told_of((name, *count), since.authors.len())).collect();
    match (since.ahead, since.behind) {
        (0, 0) => lines.push("It is the same commit".to_owned()),
        (0, behind) => lines.push(format!("It is older: {} would be taken away", count(behind, "commit"))),
        (ahead, 0) => lines.push(format!("{} by {}", count(ahead, "commit"), authors.join(", "))),
        (ahead, behind) => {
            lines.push(format!(
                "{} by {}, and {behind} would be taken away",
                count(ahead, "commit"),
                authors.join(", ")
            ));
        }
    }
    let lost = since.migrations.iter().filter(|one| one.migration.reversible != Reversible::Yes).count();
    match (since.migrations.len(), lost) {
        (0, _) if !looks => {
            lines.push("New migrations are not looked for: [source] in the site says no migrations".to_owned());
        }
        (0, _) => lines.push("No new migration is seen".to_owned()),
        (all, 0) => {
            lines.push(format!("{}; nothing is seen in it that can't be taken back", count(all, "new migration")))
        }
        (1, _) => lines.push("1 new migration, and it is not certain that it can be taken back:".to_owned()),
        (all, lost) => {
            lines.push(format!("{all} new migrations, and of {lost} it is not certain that they can be taken back:"))
        }
    }
    for one in &since.migrations {
        lines.push(format!("  {}", migration(&one.migration)));
        lines.extend(one.why.iter().take(3).map(|why| format!("    {}", why.plain())));
    }
    for file in &since.changed {
        lines.push(format!("  {} was there before and is changed or gone", file.plain()));
    }
    if since.more {
        lines.push("There is more than is told here".to_owned());
    }
    if !since.commits.is_empty() {
        lines.push("What is new in it:".to_owned());
    }
    for commit in since.commits.iter().take(TOLD) {
        lines.push(format!("  {}  {}  {}", commit.short(), commit.subject.plain(), commit.author.plain()));
    }
    if since.ahead > TOLD.min(since.commits.len()) {
        lines.push(format!("  and {} more", since.ahead - TOLD.min(since.commits.len())));
    }
    lines
}

/// What runs on each host, and who put it there.
fn hosts(what: &What<'_>) -> Vec<String> {
    let mut lines = vec!["What runs now:".to_owned()];
    for host in &what.environment.hosts {
        let told = match what.history.current(what.service, Some(&host.name)) {
            Current::Nothing => "nothing that is recorded".to_owned(),
            Current::Runs(release) => {
                format!("{}, by {} on {}", version(release), who(release), stamp(release.at))
            }
            Current::Unclear(release, before) => {
                let word = verdict(what.history, release);
                let before = before.map(|before| format!(" or {}", version(before))).unwrap_or_default();
                format!("{} ({word}){before}: look", version(release))
            }
        };
        lines.push(format!("  {}: {told}", host.name));
    }
    if what.environment.hosts.is_empty() {
        lines.push("  the environment has no hosts".to_owned());
    }
    lines
}
