//! Which folder is meant by a word on the command line, and which sites there are.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::mistake::{did_you_mean, path, quoted};
use super::places::{Places, SITE_FILE};
use crate::domain::name;

/// Where a site was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// In the user's configuration.
    Own,
    /// In `./sites`.
    Here,
    /// By its path.
    Path,
}

impl Origin {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Own => "your own",
            Origin::Here => "./sites",
            Origin::Path => "by path",
        }
    }
}

/// A site's folder; what is in it has not been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name of the folder, made safe to print.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// Where it was found.
    pub origin: Origin,
    /// Whether one of the same name comes before it, so that only its path means this one.
    pub shadowed: bool,
}

/// Why a word means no site.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotFound {
    /// What was looked for and where, in one line that is safe to print.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

/// Finds the site that a word means: a path if it has a slash or is a file, otherwise a name.
///
/// # Errors
/// When there is none, with the nearest name.
pub fn find(places: &Places, word: &str) -> Result<Found, NotFound> {
    if is_path(word) {
        return by_path(places, Path::new(word));
    }
    if let Err(error) = name::check(word) {
        let message = format!("{} can't be a site: {error}", quoted(word));
        return Err(NotFound { message, hint: Some("name a site, or write a path with a slash in it".to_owned()) });
    }
    for (root, origin) in [(places.own_sites(), Origin::Own), (places.sites_here(), Origin::Here)] {
        let folder = root.join(word);
        if folder.join(SITE_FILE).symlink_metadata().is_ok() {
            return Ok(Found { name: word.to_owned(), folder, origin, shadowed: false });
        }
    }
    let message = format!(
        "there is no site {}, neither in {} nor in {}",
        quoted(word),
        path(&places.own_sites()),
        path(&places.sites_here())
    );
    let known = list(places);
    let hint = if places.here.join(word).join(SITE_FILE).exists() {
        Some(format!("did you mean the folder ./{word}?"))
    } else {
        did_you_mean(word, known.iter().map(|found| found.name.as_str()))
    };
    Err(NotFound { message, hint })
}

fn is_path(word: &str) -> bool {
    word.contains('/') || word == "." || word == ".." || word == SITE_FILE
}

fn by_path(places: &Places, word: &Path) -> Result<Found, NotFound> {
    let whole = places.here.join(word);
    let folder = if whole.is_dir() { whole.clone() } else { parent(&whole) };
    let is_site = whole.is_dir() || whole.file_name().is_some_and(|name| name == SITE_FILE);
    if !is_site || folder.join(SITE_FILE).symlink_metadata().is_err() {
        let message = format!("{} is no site: there is no {SITE_FILE} in it", path(word));
        let hint = (!is_site && whole.exists()).then(|| format!("name the folder, or the {SITE_FILE} in it"));
        return Err(NotFound { message, hint });
    }
    // `..` and `.` have no name of their own.
    let named = folder.components().next_back().is_some_and(|part| matches!(part, Component::Normal(_)));
    let real = if named { folder.clone() } else { folder.canonicalize().unwrap_or_else(|_| folder.clone()) };
    let name = real.file_name().map(|name| path(Path::new(name))).unwrap_or_default();
    Ok(Found { name, folder, origin: Origin::Path, shadowed: false })
}

fn parent(file: &Path) -> PathBuf {
    file.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Every site that can be named, the user's own first, each group by name.
pub fn list(places: &Places) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for (root, origin) in [(places.own_sites(), Origin::Own), (places.sites_here(), Origin::Here)] {
        let mut group: Vec<Found> = folders(&root)
            .into_iter()
            .map(|folder| {
                let name = folder.file_name().map(|name| path(Path::new(name))).unwrap_or_default();
                let shadowed = all.iter().any(|known| known.name == name);
                Found { name, folder, origin, shadowed }
            })
            .collect();
        group.sort_by(|a, b| a.name.cmp(&b.name));
        all.append(&mut group);
    }
    all
}

/// The folders under `root` that hold a site file.
fn folders(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    let folders = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    folders.filter(|folder| folder.join(SITE_FILE).symlink_metadata().is_ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn places(root: &Path) -> Places {
        for folder in ["config/sites/alpha", "config/sites/both", "here/sites/both", "here/sites/beta", "here/gamma"] {
            fs::create_dir_all(root.join(folder)).unwrap();
            fs::write(root.join(folder).join(SITE_FILE), "").unwrap();
        }
        fs::create_dir_all(root.join("here/sites/empty")).unwrap();
        Places {
            config: root.join("config"),
            state: root.join("state"),
            data: root.join("data"),
            here: root.join("here"),
        }
    }

    #[test]
    fn names_are_found_in_the_configuration_first() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let at = |word: &str| find(&places, word).map(|found| (found.origin, found.folder));
        assert_eq!(at("alpha").unwrap(), (Origin::Own, root.path().join("config/sites/alpha")));
        assert_eq!(at("both").unwrap().0, Origin::Own);
        assert_eq!(at("beta").unwrap().0, Origin::Here);
        assert_eq!(at("sites/both").unwrap().0, Origin::Path);
        assert_eq!(at("gamma/site.toml").unwrap(), (Origin::Path, root.path().join("here/gamma")));
    }

    #[test]
    fn a_path_without_a_name_takes_that_of_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let mut places = places(root.path());
        places.here = root.path().join("here/gamma");
        for word in [".", "./", "site.toml", "../gamma"] {
            assert_eq!(find(&places, word).unwrap().name, "gamma", "{word}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_the_nearest() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let hint = |word: &str| find(&places, word).unwrap_err().hint.unwrap_or_default();
        assert_eq!(hint("aplha"), "did you mean `alpha`?");
        assert_eq!(hint("gamma"), "did you mean the folder ./gamma?");
        assert!(hint("\u{1b}[2J").contains("slash"));
        assert!(find(&places, "empty").is_err());
        assert!(find(&places, "./nowhere").unwrap_err().message.contains("no site.toml"));
        assert!(!find(&places, "./\u{1b}[2J").unwrap_err().message.contains('\u{1b}'));
    }

    #[test]
    fn the_list_has_all_with_the_shadowed_marked() {
        let root = tempfile::tempdir().unwrap();
        let all = list(&places(root.path()));
        let all: Vec<_> = all.iter().map(|found| (found.name.as_str(), found.origin, found.shadowed)).collect();
        assert_eq!(
            all,
            [
                ("alpha", Origin::Own, false),
                ("both", Origin::Own, false),
                ("beta", Origin::Here, false),
                ("both", Origin::Here, true)
            ]
        );
    }
}
