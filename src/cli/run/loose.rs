//! A Markdown file that is in no site: where it is run when there is no site, whether it may be, and how a run of it is
//! found again when the file is gone.

use std::path::{Path, PathBuf};

use super::{RunArgs, follow};
use crate::cli::{Exit, choose, output};
use crate::domain::procedure::{HERE, Procedure, Target};
use crate::domain::{Environment, HostName, Run};
use crate::site::procedure::{Known, load};
use crate::site::{Mistake, Places, Trust, UserFile, approve_document, list, load_built_in, load_user, render};

/// The site of a run that has none.
pub(super) const SITE: &str = crate::domain::place::NO_SITE;
/// Its only environment.
const ENVIRONMENT: &str = "ssh";
/// Digits of a digest that are enough to mean it.
const DIGITS: usize = 12;

/// Whether a word means a file and not a procedure of the site.
pub(super) fn is_path(word: &str) -> bool {
    word.contains('/') || word.to_ascii_lowercase().ends_with(".md")
}

/// A file as it was read.
pub(super) struct File {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// A file that nobody has trusted yet.
pub(in crate::cli) struct Untrusted {
    /// As it was named.
    pub(super) file: PathBuf,
    /// Its digest.
    pub(super) digest: String,
}

impl File {
    /// Reads it.
    pub(super) fn read(word: &str) -> Result<Self, Exit> {
        let path = PathBuf::from(word);
        let shown = crate::site::mistake::path(&path);
        if path.is_dir() {
            let text =
                format!("{shown} is a folder: a procedure is named first, the site behind it: qd run NAME {shown}");
            return Err(choose::complain(Exit::Usage, &text));
        }
        let read = crate::cli::outline::read(&path);
        let bytes =
            read.map_err(|why| choose::complain(Exit::Unavailable, &format!("{shown} can't be read: {why}")))?;
        Ok(Self { path, bytes })
    }

    /// The hosts that it names.
    pub(super) fn hosts(&self) -> Vec<String> {
        let (procedure, _) = load(&self.path, &self.bytes, &Known::default());
        let targets = procedure.parts.iter().flat_map(|part| &part.options.targets);
        let named = targets.filter_map(|target| match target {
            Target::Host(name) => Some(name.to_string()),
            Target::Here | Target::All | Target::Tag(_) | Target::Service(_) | Target::Lock | Target::Input(_) => None,
        });
        named.collect()
    }

    /// What was understood of it; what was not is told.
    pub(super) fn procedure(&self, environment: &Environment) -> Procedure {
        let services = environment.services.iter().map(|service| service.name.clone()).collect();
        let of_site = environment.site.as_str() != SITE;
        let known = Known { environments: None, services: of_site.then_some(services) };
        let (procedure, mistakes) = load(&self.path, &self.bytes, &known);
        // How a file is called matters only among the procedures of a site.
        let mistakes: Vec<Mistake> = mistakes.into_iter().filter(|mistake| mistake.line > 0).collect();
        if !mistakes.is_empty() {
            output::complain(&render(&mistakes));
        }
        procedure
    }
}

/// What the person prefers.
pub(super) fn user(places: &Places) -> Result<UserFile, Exit> {
    load_user(places).map_err(|mistakes| choose::complain(Exit::Configuration, &render(&mistakes)))
}

/// Whether none is preferred and there is not exactly one.
pub(super) fn no_site_is_meant(user: &UserFile, places: &Places) -> bool {
    user.default_site.is_none() && list(places).iter().filter(|found| !found.shadowed).count() != 1
}

/// The environment of one run: hosts as ssh knows them.
pub(super) fn environment(hosts: &[String]) -> Result<Environment, Exit> {
    let mut names: Vec<HostName> = Vec::new();
    for word in hosts.iter().filter(|word| *word != HERE) {
        let name = HostName::new(word).map_err(|error| {
            let shown = crate::text::Foreign::from(word.as_str()).plain();
            choose::complain(
                Exit::Usage,
                &format!("{shown} can't be a host: {error}. Give it a name in ~/.ssh/config."),
            )
        })?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut text = format!("title = \"Without a site\"\n[environments.{ENVIRONMENT}.hosts]\n");
    for name in &names {
        text.push_str(&format!("\"{name}\" = {{}}\n"));
    }
    let site = load_built_in(SITE, &text)
        .map_err(|mistakes| choose::complain(Exit::Software, &format!("a site of one run: {}", render(&mistakes))))?;
    output::complain(
        "there is no site, so this run has no lock, others do not see it, and nothing is known of services",
    );
    let first = site.environments.into_iter().next();
    first.ok_or_else(|| choose::complain(Exit::Software, "a site of one run has no environment"))
}

/// Whether nobody has said yet that the file may run commands: it is no document of the site, its digest is not
/// trusted, and the run that it goes on with was not begun with it.
pub(super) fn untrusted(
    file: &File,
    procedure: &Procedure,
    environment: &Environment,
    old: Option<&Run>,
    args: &RunArgs,
) -> Result<Option<Untrusted>, Exit> {
    let digest = &procedure.digest;
    if let Some(said) = &args.trust {
        if said.len() < DIGITS || !digest.starts_with(&said.to_ascii_lowercase()) {
            let text = format!(
                "{} is not what --trust says: its SHA-256 is {digest}. Nothing was done.",
                crate::site::mistake::path(&file.path)
            );
            return Err(choose::complain(Exit::Refused, &text));
        }
        return Ok(None);
    }
    let of_site = environment.procedures.iter().any(|known| known.digest == *digest);
    let begun = old.and_then(|run| run.document.as_ref()).is_some_and(|document| document.digest == *digest);
    if of_site || begun || Trust::read(&output::here()?).knows(digest) {
        return Ok(None);
    }
    Ok(Some(Untrusted { file: file.path.clone(), digest: digest.clone() }))
}

impl follow::Session<'_> {
    /// Asks whether a file may run what it says that belongs to no site: it is remembered by its digest.
    pub(super) async fn trust(&mut self) -> Result<(), Exit> {
        let Some(Untrusted { file, digest }) = self.prepared.untrusted.take() else { return Ok(()) };
        let shown = crate::site::mistake::path(&file);
        let short = digest.get(..12).unwrap_or_default().to_owned();
        let question = format!(
            "{shown} is in no site, and its commands were not trusted yet. Type yes to trust it as it is now: "
        );
        if self.ask(question).await?.as_deref() == Some("yes") {
            return match approve_document(&output::here()?, &file, &digest) {
                Ok(()) => Ok(()),
                Err(why) => Err(choose::complain(Exit::Refused, &why)),
            };
        }
        let why = format!(
            "{shown} is not trusted, so nothing was done: read it (qd run {shown} --plan), then say --trust {short}, or \
             qd trust {shown} once and for all"
        );
        Err(choose::complain(Exit::Refused, &why))
    }
}

/// The document of a run as it is recorded, where the environment has none of its name.
pub(super) async fn kept(run: &Run, environment: &Environment) -> Result<Option<Procedure>, Exit> {
    let Some(wanted) = run.document.as_ref().filter(|wanted| environment.procedure(&wanted.name).is_none()) else {
        return Ok(None);
    };
    let kept = follow::document(&wanted.digest).await?;
    Ok(kept.map(|kept| {
        let file = PathBuf::from(format!("{}.md", wanted.name));
        let (procedure, _) = load(Path::new(&file), kept.text.as_bytes(), &Known::default());
        Procedure { name: wanted.name.clone(), digest: wanted.digest.clone(), ..procedure }
    }))
}
