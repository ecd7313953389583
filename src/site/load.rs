//! From a folder to a site: read once, parsed, resolved, and marked with whether its commands may run.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::find::{Found, Origin};
use super::folder::{self, reason};
use super::mistake::{Mistake, Severity, Sink, path};
use super::places::{Places, SITE_FILE};
use super::procedure;
use super::raw::RawSite;
use super::read::FromToml;
use super::resolve::{self, Resolved};
use super::source::Source;
use super::syntax;
use super::trust::Trust;
use super::unchanged;
use crate::domain::approval::Signers;
use crate::domain::channel::{Address, Way};
use crate::domain::metric::Source as FigureSource;
use crate::domain::probe::Ask;
use crate::domain::{Environment, LogSource, Site, SiteWord};
use crate::runtimes::shell::shown as as_typed;

/// What came of reading one file.
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    /// What it says; there is none when there was a mistake.
    pub value: Option<T>,
    /// Mistakes and warnings, in the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// Why a site's commands may run, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It lies in the user's own configuration, and nobody else can change it.
    Own,
    /// The user approved exactly this content.
    Approved,
    /// Neither: it runs no command of its own.
    Untrusted,
}

/// Everything that reading a site's folder tells.
#[derive(Debug, Clone)]
pub struct Look {
    /// The site; there is none when there was a mistake.
    pub site: Option<Site>,
    /// Mistakes and warnings.
    pub mistakes: Vec<Mistake>,
    /// SHA-256 over the folder; none when some of it could not be read.
    pub digest: Option<String>,
    /// Whether its commands may run, and why.
    pub standing: Standing,
}

/// A command that a site would run, and for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commands {
    /// `probe ready of backend`, `version of backend`, `procedures/backup.md:12, dump`.
    pub purpose: String,
    /// What is run.
    pub what: Runs,
}

/// What a site would run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runs {
    /// Program and arguments.
    Program(Vec<String>),
    /// What a shell or a database is given.
    Script(String),
}

impl Commands {
    /// Every command that the files of a site would run, each once.
    pub fn of(site: &Site) -> Vec<Self> {
        let mut all = Vec::new();
        // They are the same in all environments.
        for channel in site.environments.iter().take(1).flat_map(|environment| &environment.channels.all) {
            let (what, argv) = match &channel.way {
                Way::Slack(Address::Command(argv))
                | Way::Discord(Address::Command(argv))
                | Way::Webhook(Address::Command(argv)) => ("address of the channel", argv),
                Way::Command(argv) => ("the channel", argv),
                Way::Slack(_) | Way::Discord(_) | Way::Webhook(_) => continue,
            };
            all.push(Self { purpose: format!("{what} {}, here", channel.name), what: Runs::Program(argv.clone()) });
        }
        let github = site.environments.first().and_then(|environment| environment.github.as_ref());
        if let Some(Some(Address::Command(argv))) = github.map(|github| &github.token) {
            all.push(Self { purpose: "token for GitHub, here".to_owned(), what: Runs::Program(argv.clone()) });
        }
        for environment in &site.environments {
            for (word, argv) in [("SQL", &environment.queries.sql), ("PromQL", &environment.queries.promql)] {
                if !argv.is_empty() {
                    let purpose = format!("reads {word} in {}", environment.name);
                    all.push(Self { purpose, what: Runs::Program(argv.clone()) });
                }
            }
            for log in &environment.logs {
                if let LogSource::Command(command) = &log.source {
                    let purpose = format!("log {} in {}", log.name, environment.name);
                    all.push(Self { purpose, what: Runs::Program(command.argv.clone()) });
                }
            }
            for service in &environment.services {
                if let Some(argv) = &service.version {
                    let purpose = format!("version of {} in {}", service.name, environment.name);
                    all.push(Self { purpose, what: Runs::Program(argv.clone()) });
                }
                for metric in &service.metrics {
                    if let FigureSource::Command { argv, .. } = &metric.source {
                        let purpose = format!("metric {} of {} in {}", metric.name, service.name, environment.name);
                        all.push(Self { purpose, what: Runs::Program(argv.clone()) });
                    }
                }
                for probe in &service.probes {
                    if let Ask::Command { argv, .. } = &probe.ask {
                        let purpose = format!("probe {} of {} in {}", probe.name, service.name, environment.name);
                        all.push(Self { purpose, what: Runs::Program(argv.clone()) });
                    }
                }
            }
        }
        all.extend(procedure::commands(site));
        all
    }
}

/// Reads the text of a `site.toml`. `file` is how messages name it, `folder` the name if it gives none.
pub fn parse(file: &Path, folder: &str, bytes: &[u8]) -> Parsed<Resolved> {
    parse_file(file, bytes, |raw: &RawSite, sink| resolve::resolve(raw, folder, sink))
}

/// Reads a file of any shape: bytes → text → TOML → raw → resolved, going on after each mistake.
pub(crate) fn parse_file<R: FromToml, T>(
    file: &Path,
    bytes: &[u8],
    resolve: impl FnOnce(&R, &mut Sink<'_>) -> T,
) -> Parsed<T> {
    let text = String::from_utf8_lossy(bytes);
    let source = Source::new(file, text.as_ref());
    let syntax = syntax::check(bytes, &source);
    let understood = Source::new(file, syntax.repaired.as_deref().unwrap_or(&text));
    let mut sink = Sink::new(&understood);
    // What is wrong with the syntax has been told.
    let (table, _) = DeTable::parse_recoverable(understood.text());
    let span = table.span();
    let root = toml::Spanned::new(span, DeValue::Table(table.into_inner()));
    let value = R::read(&root, &mut sink).map(|raw| resolve(&raw, &mut sink));
    let mut mistakes = syntax.mistakes;
    let broken: Vec<usize> = mistakes.iter().map(|mistake| mistake.line).collect();
    mistakes.extend(sink.finish().into_iter().filter(|mistake| !broken.contains(&mistake.line)));
    mistakes.sort_by_key(|mistake| (mistake.line == 0, mistake.line, mistake.column));
    let bad = mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake);
    Parsed { value: value.filter(|_| !bad), mistakes }
}

/// Makes a site of a folder.
///
/// # Errors
/// Every mistake in it, warnings included.
pub fn load(places: &Places, found: &Found) -> Result<Site, Vec<Mistake>> {
    let Look { site, mistakes, .. } = look(places, found);
    site.ok_or(mistakes)
}

/// Makes a site of a folder and keeps the warnings.
pub fn look(places: &Places, found: &Found) -> Look {
    let shown = places.shown(&found.folder);
    let own = places.own_sites();
    let own = own.canonicalize().unwrap_or(own);
    let snapshot = folder::read(&found.folder, &shown, &own);
    let mut mistakes = snapshot.mistakes;
    let doubted = !mistakes.is_empty();
    let trust = Trust::read(places);
    let standing = match &snapshot.digest {
        Some(_) if snapshot.inside && !doubted => Standing::Own,
        Some(digest) if trust.covers(&found.folder, digest) => Standing::Approved,
        Some(_) | None => Standing::Untrusted,
    };
    let mut site = None;
    if let Some(bytes) = &snapshot.site_file {
        let parsed = parse(&shown.join(SITE_FILE), &found.name, bytes);
        mistakes.extend(parsed.mistakes);
        let digest = snapshot.digest.clone().unwrap_or_default();
        site = parsed.value.and_then(|resolved| finish(resolved, digest, standing != Standing::Untrusted));
    }
    if holds_open_secret(&found.folder.join(SITE_FILE), &mut mistakes) {
        site = None;
    }
    mistakes.extend(snapshot.amiss);
    mistakes.extend(procedure::fill(site.as_mut(), &shown, &snapshot.procedures));
    if let Some(site) = &mut site {
        site.folder = Some(found.folder.clone());
        let word = word_of(found);
        mistakes.extend(signers(site, &found.folder, &shown));
        let site_file = snapshot.site_file.as_deref().map(|bytes| (SITE_FILE.to_owned(), bytes));
        for environment in &mut site.environments {
            let signers = environment.approvals.signers.as_ref();
            let signers = signers.and_then(|signers| Some((signers.file.clone(), signers.text.as_deref()?)));
            let read = site_file.clone().into_iter().chain(signers);
            environment.word = word.clone();
            let others = environment.others.iter().map(|other| Environment { word: word.clone(), ..other.clone() });
            environment.others = others.collect();
            environment.read = read.map(|(name, bytes)| unchanged::read(&found.folder.join(name), bytes)).collect();
        }
    }
    Look { site, mistakes, digest: snapshot.digest, standing }
}

/// The word that opens this site.
pub(super) fn word_of(found: &Found) -> SiteWord {
    let by_name = found.origin != Origin::Path && !found.shadowed;
    if by_name {
        SiteWord::default()
    } else {
        SiteWord::path(&as_typed(&[path(&found.folder.components().collect::<PathBuf>())]))
    }
}

/// Reads those whose signatures count. What is wrong with the file is a mistake, and nobody's signature counts then.
fn signers(site: &mut Site, folder: &Path, shown: &Path) -> Vec<Mistake> {
    /// A list of people's keys is not longer.
    const LONGEST: u64 = 256 << 10;
    let first = site.environments.first();
    let Some(named) = first.and_then(|environment| environment.approvals.signers.clone()) else { return Vec::new() };
    let read = match std::fs::metadata(folder.join(&named.file)) {
        Ok(about) if !about.is_file() => Err("it is no file".to_owned()),
        Ok(about) if about.len() > LONGEST => Err(format!("it has more than {LONGEST} bytes")),
        Ok(_) => std::fs::read(folder.join(&named.file)).map_err(|error| reason(&error)),
        Err(error) => Err(reason(&error)),
    };
    match read {
        Ok(bytes) => {
            let doubts = several(&bytes, &shown.join(&named.file));
            let text = Some(Arc::from(bytes));
            for environment in &mut site.environments {
                let rules = Arc::make_mut(&mut environment.approvals);
                rules.signers = Some(Signers { file: named.file.clone(), text: text.clone() });
            }
            doubts
        }
        Err(why) => {
            let message = format!("those whose signatures count as approvals can't be read: {why}");
            let hint = "each line has a person's name and their public key, as ssh-keygen(1) says of ALLOWED SIGNERS";
            vec![Mistake::of_file(&shown.join(&named.file), message).with_hint(hint)]
        }
    }
}

/// A key that stands for more than one name proves less than it seems to: whoever has it can say to be any of them.
fn several(bytes: &[u8], shown: &Path) -> Vec<Mistake> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let names = lines.filter_map(|(at, line)| Some((at, line.split_whitespace().next()?)));
    let doubtful = names.filter(|(_, names)| !names.starts_with('#') && names.contains([',', '*', '?', '!']));
    let warning = |(line, names): (usize, &str)| {
        let names = crate::text::Foreign::from(names).plain();
        let message = format!("the key in line {line} stands for more than one name: {names}");
        let hint = "whoever has it can approve as each of them; give each person a line with their own name and key";
        Mistake::of_file(shown, message).with_hint(hint).as_warning()
    };
    doubtful.map(warning).collect()
}

/// Whether a file that others may read holds the address of a channel: then what was a warning is a mistake.
fn holds_open_secret(file: &Path, mistakes: &mut [Mistake]) -> bool {
    let written = |mistake: &&mut Mistake| mistake.message == resolve::channel::WRITTEN;
    let is_private = || std::fs::metadata(file).is_ok_and(|about| about.mode() & 0o077 == 0);
    let mut holds = false;
    for mistake in mistakes.iter_mut().filter(written) {
        if is_private() {
            return false;
        }
        holds = true;
        mistake.severity = Severity::Mistake;
        mistake.hint = Some("others can read this file: take the address out, or chmod 600 it".to_owned());
    }
    holds
}

/// A site that is part of the program itself: no folder, and trusted.
///
/// # Errors
/// Every mistake of the text.
pub fn load_built_in(name: &str, text: &str) -> Result<Site, Vec<Mistake>> {
    let parsed = parse(Path::new(name), name, text.as_bytes());
    parsed.value.and_then(|resolved| finish(resolved, String::new(), true)).ok_or(parsed.mistakes)
}

/// The same with its procedures: the path of each in the site's folder, and its text. What is wrong in those comes
/// along.
///
/// # Errors
/// Every mistake of the text.
pub fn load_embedded(
    name: &str,
    text: &str,
    procedures: &[(&str, &str)],
) -> Result<(Site, Vec<Mistake>), Vec<Mistake>> {
    let mut site = load_built_in(name, text)?;
    let files: Vec<(PathBuf, Vec<u8>)> =
        procedures.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect();
    let mistakes = procedure::fill(Some(&mut site), Path::new(name), &files);
    Ok((site, mistakes))
}

fn finish(resolved: Resolved, digest: String, trusted: bool) -> Option<Site> {
    let Resolved { name, title, mut environments } = resolved;
    for environment in &mut environments {
        environment.trusted = trusted;
    }
    Some(Site { name: name?, title, folder: None, digest, trusted, environments })
}

#[cfg(test)]
mod tests;
