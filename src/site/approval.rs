//! `qd trust`: what a site or a single document would run, approved, listed, taken back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::approval_document as document;
use super::find::{Found, NotFound, Origin, find};
use super::load::{Commands, Look, Runs, Standing, look};
use super::mistake::{Severity, path, quoted, render};
use super::places::Places;
use super::trust::{Approval, Trust, approve, revoke};
use crate::text::Foreign;

/// How it ended, and what to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How it ended.
    pub outcome: Outcome,
    /// For a person; ends with a line end.
    pub text: String,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Done,
    /// The word means no site.
    NoSite,
    /// The files don't allow it.
    BadFiles,
}

/// What would be trusted: everything that it would run, and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it would run, for a person; ends with a line end.
    pub text: String,
    /// The SHA-256 of its content.
    pub digest: String,
    /// As it is called.
    pub shown: String,
    /// Where it lies.
    pub(super) place: PathBuf,
}

impl Told {
    pub(super) fn done(text: String) -> Self {
        Self { outcome: Outcome::Done, text }
    }

    pub(super) fn bad(text: String) -> Self {
        Self { outcome: Outcome::BadFiles, text }
    }

    fn no_site(error: &NotFound) -> Self {
        let hint = error.hint.as_ref().map(|hint| format!("  = {hint}\n")).unwrap_or_default();
        Self { outcome: Outcome::NoSite, text: format!("{}\n{hint}", error.message) }
    }
}

/// Approves what `word` means, with exactly what it holds now, and says what may run from now on.
pub fn trust(places: &Places, word: &str) -> Told {
    match examine(places, word) {
        Ok(examined) => approve_examined(places, &examined, &examined.text),
        Err(told) => told,
    }
}

/// Approves what was examined and shown before, if it is still the same.
pub fn trust_examined(places: &Places, word: &str, seen: &Examined) -> Told {
    match examine(places, word) {
        Ok(now) if now.digest == seen.digest => approve_examined(places, &now, ""),
        Ok(now) => Told::bad(format!("{} changed while you read it, so it is not trusted: look again\n", now.shown)),
        Err(told) => told,
    }
}

fn approve_examined(places: &Places, examined: &Examined, before: &str) -> Told {
    let Examined { digest, shown, place, .. } = examined;
    if let Err(why) = approve(places, place, digest) {
        return Told::bad(format!("{why}\n"));
    }
    Told::done(format!("{before}{shown} is trusted until anything in it changes\nsha256 {digest}\n"))
}

/// What would be trusted, if `word` means something that needs it.
///
/// # Errors
/// What there is to tell, when there is nothing to trust: it has mistakes, is one's own, or is trusted already.
pub fn examine(places: &Places, word: &str) -> Result<Examined, Told> {
    if let Some(file) = document::meant(places, word) {
        return document::examine(places, &file, word);
    }
    let found = find(places, word).map_err(|error| Told::no_site(&error))?;
    let Look { site, mistakes, digest, standing } = look(places, &found);
    let folder = path(&places.shown(&found.folder));
    let Some(site) = site else {
        let bad: Vec<_> = mistakes.into_iter().filter(|mistake| mistake.severity == Severity::Mistake).collect();
        return Err(Told::bad(format!("{}\n{folder} has mistakes, and is not trusted\n", render(&bad))));
    };
    let Some(digest) = digest else {
        return Err(Told::bad(format!("{}\nwhat can't be read can't be trusted: {folder}\n", render(&mistakes))));
    };
    match standing {
        Standing::Own => {
            let own = format!("{folder} lies in your own configuration: it may run what it says already\n");
            Err(Told::done(own))
        }
        Standing::Approved => {
            Err(Told::done(format!("{folder} is trusted already, and nothing in it has changed since\n")))
        }
        Standing::Untrusted => {
            Ok(Examined { text: commands(&Commands::of(&site)), digest, shown: folder, place: found.folder })
        }
    }
}

/// Each command once, with all that it is for.
pub(super) fn commands(commands: &[Commands]) -> String {
    if commands.is_empty() {
        return "its files would run no command\n".to_owned();
    }
    let mut places: BTreeMap<&Runs, usize> = BTreeMap::new();
    let mut once: Vec<(&Runs, Vec<&str>)> = Vec::new();
    for Commands { what, purpose } in commands {
        let at = *places.entry(what).or_insert(once.len());
        match once.get_mut(at) {
            Some((_, purposes)) => purposes.push(purpose),
            None => once.push((what, vec![purpose])),
        }
    }
    let mut text = "its files would run, on its hosts or here:\n".to_owned();
    for (what, purposes) in once {
        // Writing to a string can't fail.
        let purposes = Foreign::from(purposes.join(", ")).plain();
        match what {
            Runs::Program(argv) => {
                let argv = serde_json::to_string(argv).unwrap_or_default();
                let _ = writeln!(text, "  {}\n      {purposes}", Foreign::from(argv).plain());
            }
            Runs::Script(script) => {
                for line in script.lines() {
                    let line = format!("  | {}", Foreign::from(line).plain());
                    let _ = writeln!(text, "{}", line.trim_end());
                }
                let _ = writeln!(text, "      {purposes}");
            }
        }
    }
    text
}

/// All approvals, and whether they still count.
pub fn list_trusted(places: &Places) -> Told {
    let trust = Trust::read(places);
    let mut text = String::new();
    if trust.approvals.is_empty() && trust.mistakes.is_empty() {
        text.push_str("nothing is trusted but your own configuration\n");
    }
    for Approval { digest, folder } in &trust.approvals {
        let state = state(places, folder, digest);
        let short = digest.get(..12).unwrap_or(digest);
        let _ = writeln!(text, "{short}  {:<9}  {}", state, path(folder));
    }
    if trust.mistakes.is_empty() {
        return Told::done(text);
    }
    text.push_str(&render(&trust.mistakes));
    Told::bad(text)
}

fn state(places: &Places, folder: &Path, digest: &str) -> &'static str {
    if folder.is_file() {
        return if document::digest(folder).as_deref() == Some(digest) { "unchanged" } else { "changed" };
    }
    if !folder.is_dir() {
        return "gone";
    }
    let found = Found { name: String::new(), folder: folder.to_path_buf(), origin: Origin::Path, shadowed: false };
    if look(places, &found).digest.as_deref() == Some(digest) { "unchanged" } else { "changed" }
}

/// Takes an approval back, by the site's name or path, also when its folder is gone.
pub fn untrust(places: &Places, word: &str) -> Told {
    let folder = match find(places, word) {
        _ if document::meant(places, word).is_some() => places.here.join(word),
        Ok(found) => found.folder,
        Err(_) if word.contains('/') => places.here.join(word),
        Err(error) => return Told::no_site(&error),
    };
    match revoke(places, &folder) {
        Ok(true) => Told::done(format!("{} is no longer trusted\n", path(&folder))),
        Ok(false) => Told { outcome: Outcome::NoSite, text: format!("{} was not trusted\n", quoted(word)) },
        Err(why) => Told::bad(format!("{why}\n")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    #[test]
    fn trust_is_given_listed_and_taken_back() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().canonicalize().unwrap();
        let places =
            Places { config: at.join("config"), state: at.join("state"), data: at.join("data"), here: at.clone() };
        let folder = at.join("sites/shop");
        fs::create_dir_all(&folder).unwrap();
        let text = "[environments.prod.hosts]\nweb-1 = {}\n[services.a]\nhosts = \"all\"\n\
                    version = [\"cat\", \"a b\\u001b[2J\"]\n";
        fs::write(folder.join("site.toml"), text).unwrap();

        let seen = examine(&places, "shop").unwrap();
        assert!(seen.text.contains("version of a in prod"), "{}", seen.text);
        assert_eq!(Trust::read(&places), Trust::default(), "who only looks trusts nothing");
        fs::write(folder.join("later"), "").unwrap();
        let changed = trust_examined(&places, "shop", &seen);
        assert!(changed.outcome == Outcome::BadFiles && changed.text.contains("look again"), "{}", changed.text);
        assert_eq!(Trust::read(&places), Trust::default());

        let told = trust(&places, "shop");
        assert_eq!(told.outcome, Outcome::Done);
        assert!(told.text.contains("[\"cat\",\"a b"), "{}", told.text);
        assert!(told.text.contains("version of a in prod"), "{}", told.text);
        assert!(!told.text.contains('\u{1b}'));
        assert!(trust(&places, "shop").text.contains("already"));
        assert!(list_trusted(&places).text.contains("unchanged"));
        fs::write(folder.join("more"), "").unwrap();
        assert!(list_trusted(&places).text.contains("changed    "));

        fs::remove_dir_all(&folder).unwrap();
        assert!(list_trusted(&places).text.contains("gone"));
        assert_eq!(untrust(&places, "shop").outcome, Outcome::NoSite);
        assert_eq!(untrust(&places, "sites/shop").outcome, Outcome::Done);
        assert_eq!(untrust(&places, "sites/shop").outcome, Outcome::NoSite);
        assert!(list_trusted(&places).text.contains("nothing"));
    }

    #[test]
    fn what_has_mistakes_is_not_trusted() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().canonicalize().unwrap();
        let places =
            Places { config: at.join("config"), state: at.join("state"), data: at.join("data"), here: at.clone() };
        fs::create_dir_all(at.join("sites/shop")).unwrap();
        fs::write(at.join("sites/shop/site.toml"), "title = 1").unwrap();
        let told = trust(&places, "shop");
        assert_eq!(told.outcome, Outcome::BadFiles);
        assert!(told.text.contains("sites/shop/site.toml:1:9: this must be text"), "{}", told.text);
        assert_eq!(trust(&places, "shpo").outcome, Outcome::NoSite);
        assert_eq!(Trust::read(&places), Trust::default());
    }
}
