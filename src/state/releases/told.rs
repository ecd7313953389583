//! Releases as they are printed: a line each, or one in full.

use jiff::Timestamp;

use crate::domain::Release;
use crate::domain::release::{Current, Database, History, Migration, Verdict};
use crate::domain::time::short;
use crate::text::{Foreign, fit, width};

pub(super) fn stamp(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

pub(super) fn clean(text: &str) -> String {
    Foreign::from(text).plain()
}

/// Who did it, and the login on the lock host that says so.
pub(super) fn who(release: &Release) -> String {
    let person = clean(&release.person);
    match &release.login {
        Some(login) if login.plain() != person => format!("{person} (login {})", login.plain()),
        Some(_) | None => person,
    }
}

/// What it is called, as a person reads it.
pub(super) fn version(release: &Release) -> String {
    let commit = release.commit.as_ref().map(Foreign::plain);
    let short = commit.map(|commit| commit.chars().take(10).collect::<String>());
    match (release.version.is_empty(), short) {
        (true, None) => "an unknown version".to_owned(),
        (true, Some(commit)) => commit,
        (false, Some(commit)) if !release.version.raw().starts_with(commit.as_bytes()) => {
            format!("{} ({commit})", release.version.plain())
        }
        (false, _) => release.version.plain(),
    }
}

/// How it stands now: in a word, and as what is said of it.
fn stands(history: &History, release: &Release) -> (&'static str, &'static str) {
    match history.stands(release) {
        Verdict::Good => ("good", "was good"),
        Verdict::RolledBack if release.verdict == Verdict::Good => ("taken back", "was taken back"),
        Verdict::RolledBack => ("rolled back", "was rolled back"),
        Verdict::Failed => ("failed", "failed"),
        Verdict::Unknown => ("unknown", "came to no known end"),
    }
}

/// What became of it, behind its name: `was rolled back`.
pub fn became(history: &History, release: &Release) -> &'static str {
    stands(history, release).1
}

/// How it stands now, in a word.
pub fn verdict(history: &History, release: &Release) -> String {
    let (word, _) = stands(history, release);
    if release.examined.is_some() && history.stands(release) != Verdict::Good {
        return format!("{word}, examined");
    }
    word.to_owned()
}

/// Who has examined it, when and what they found; nothing where nobody has, or where it was good.
pub fn examined(history: &History, release: &Release, now: Timestamp) -> Option<String> {
    let examined = release.examined.as_ref().filter(|_| history.stands(release) != Verdict::Good)?;
    let ago = short(std::time::Duration::try_from(now.duration_since(examined.at)).unwrap_or_default());
    Some(format!("examined by {}, {ago} ago: {}", clean(&examined.by), examined.reason.plain()))
}

fn is_current(history: &History, release: &Release) -> bool {
    matches!(history.current(release.service.as_ref(), None), Current::Runs(runs) if runs.run == release.run)
}

/// What a release is about: one service, or all; where something else was brought to some of them since, all but those.
fn about(history: &History, release: &Release) -> String {
    if let Some(service) = &release.service {
        return service.to_string();
    }
    let mut others: Vec<String> = Vec::new();
    if is_current(history, release) {
        for service in history.releases().iter().filter_map(|other| other.service.as_ref()) {
            let elsewhere = history.current(Some(service), None).good().is_some_and(|runs| runs.run != release.run);
            if elsewhere && !others.contains(&service.to_string()) {
                others.push(service.to_string());
            }
        }
    }
    if others.is_empty() { "all".to_owned() } else { format!("all but {}", others.join(", ")) }
}

/// A line for each release, the newest first, so many at most; `>` stands before what runs.
pub fn list(history: &History, most: usize) -> String {
    let headings = ["", "RUN", "VERDICT", "VERSION", "WHAT", "WHEN", "TOOK", "WHO"].map(str::to_owned);
    let rows: Vec<[String; 8]> = history
        .releases()
        .iter()
        .rev()
        .take(most)
        .map(|release| {
            [
                if is_current(history, release) { ">" } else { "" }.to_owned(),
                release.run.short().to_owned(),
                verdict(history, release),
                version(release),
                about(history, release),
                stamp(release.at),
                short(release.took),
                who(release),
            ]
        })
        .collect();
    let mut widths = [0; 8];
    for row in rows.iter().chain([&headings]) {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let line = |row: &[String; 8]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| fit(cell, width)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut text = line(&headings);
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// One release, with what going back to it would mean.
pub fn in_full(history: &History, release: &Release) -> String {
    let mut lines = vec![
        format!("{} of {}: {}", release.kind.word(), version(release), verdict(history, release)),
        format!("run          {}", release.run),
        format!("where        {}/{}", release.site, release.environment),
        format!("when         {}, took {} with its gate", stamp(release.at), short(release.took)),
        format!("who          {} from {}", clean(&release.person), clean(&release.workstation)),
    ];
    if let Some(service) = &release.service {
        lines.push(format!("service      {service}"));
    }
    if let Some(login) = &release.login {
        lines.push(format!("kept by      the login {} on the lock host", login.plain()));
    }
    let hosts: Vec<&str> = release.hosts.iter().map(|host| host.as_str()).collect();
    if !hosts.is_empty() {
        lines.push(format!("hosts        {}", hosts.join(", ")));
    }
    lines.extend(release.commit.iter().map(|commit| format!("commit       {}", commit.plain())));
    lines.extend(release.images.iter().map(|image| format!("image        {}", image.plain())));
    lines.extend(release.migrations.iter().map(|one| format!("migration    {}", migration(one))));
    lines.extend(release.backup.iter().map(|backup| format!("backup       {}", backup.plain())));
    for waiver in &release.waivers {
        lines.push(format!("waived       {} by {}: {}", waiver.part, clean(&waiver.by), waiver.reason.plain()));
    }
    if let Some(one) = &release.overridden {
        lines.push(format!("window       overridden by {}: {}", clean(&one.by), clean(&one.why)));
    }
    if let Some(examined) = &release.examined {
        let (by, at) = (clean(&examined.by), stamp(examined.at));
        lines.push(format!("examined     by {by} on {at}: {}", examined.reason.plain()));
    }
    let service = release.service.as_ref();
    if history.targets(service).iter().any(|target| target.run == release.run) {
        lines.push("going back   it can be gone back to".to_owned());
        lines.extend(
            database(&history.way_back(release, service)).into_iter().map(|line| format!("database     {line}")),
        );
    } else if is_current(history, release) {
        lines.push("going back   it is what runs".to_owned());
    } else if let Some(trouble) = history.bars(release, service).filter(|_| release.verdict == Verdict::Good) {
        let run = trouble.run.short();
        lines.push(format!(
            "going back   not before somebody has examined the run {run} of the same code, which did not end well"
        ));
    } else {
        lines.push("going back   nobody can go back to it".to_owned());
    }
    lines.join("\n") + "\n"
}

/// A migration with what is known of it.
pub(super) fn migration(migration: &Migration) -> String {
    use crate::domain::release::Reversible;
    let word = match migration.reversible {
        Reversible::Yes => "can be taken back",
        Reversible::Unknown => "nobody says whether it can be taken back",
        Reversible::No => "can't be taken back",
    };
    format!("{} ({word})", migration.name.plain())
}

fn names(all: &[Migration]) -> String {
    all.iter().map(|one| one.name.plain()).collect::<Vec<_>>().join(", ")
}

/// What becomes of the database on the way back, line by line.
pub(super) fn database(way: &Database) -> Vec<String> {
    match way {
        Database::Stays => vec!["nothing was done to it since".to_owned()],
        Database::MigrateBack(all) => vec![format!("migrate back, in this order: {}", names(all))],
        Database::Restore { lost, backup, then } => {
            let mut lines = vec![format!("what can't be taken back: {}", names(lost))];
            lines.push(match backup {
                Some(backup) => format!(
                    "restore {}, made for {} before {}: what came since is lost",
                    backup.name.plain(),
                    backup.of.plain(),
                    stamp(backup.before)
                ),
                None => "no backup from before is recorded: find one yourself".to_owned(),
            });
            if !then.is_empty() {
                lines.push(format!("then migrate back, in this order: {}", names(then)));
            }
            lines
        }
    }
}
