//! Puts a first site in its place: read by the loader before, whole or not at all, and never over something.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::super::folder::reason;
use super::super::load;
use super::super::mistake::{Mistake, path, render};
use super::super::places::{Places, SITE_FILE};

/// Why it was not put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPut {
    /// There is one already.
    #[error("{} is there already, and nothing is ever written over it", path(.0))]
    There(PathBuf),
    /// The loader would not take it: a fault of ours.
    #[error("the site that was made has mistakes, so it was not written:\n{}", render(.0))]
    Bad(Vec<Mistake>),
    /// The system refused.
    #[error("{} can't be written: {}", path(.0), .1)]
    Refused(PathBuf, String),
}

/// Writes `text` as the site file of `folder`, which is made where it is missing. Returns the file.
///
/// # Errors
/// Why it was not written; then nothing of it is left.
pub fn put(places: &Places, folder: &Path, text: &str) -> Result<PathBuf, NotPut> {
    let folder = places.here.join(folder);
    let file = folder.join(SITE_FILE);
    let name = folder.file_name().map(|name| path(Path::new(name))).unwrap_or_default();
    let parsed = load::parse(&places.shown(&file), &name, text.as_bytes());
    if parsed.value.is_none() || !parsed.mistakes.is_empty() {
        return Err(NotPut::Bad(parsed.mistakes));
    }
    if file.symlink_metadata().is_ok() {
        return Err(NotPut::There(file));
    }
    let refused = |error: io::Error| NotPut::Refused(file.clone(), reason(&error));
    let is_new = folder.symlink_metadata().is_err();
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(refused)?;
    let draft = folder.join(format!(".{SITE_FILE}.{}", std::process::id()));
    let put = write(&draft, text).and_then(|()| {
        // Unlike a rename a link never replaces anything.
        match fs::hard_link(&draft, &file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => without_links(&draft, &file),
            other => other,
        }
    });
    let _ = fs::remove_file(&draft);
    match put {
        Ok(()) => Ok(file),
        Err(error) => {
            if is_new {
                // Only if it is empty.
                let _ = fs::remove_dir(&folder);
            }
            if error.kind() == io::ErrorKind::AlreadyExists { Err(NotPut::There(file)) } else { Err(refused(error)) }
        }
    }
}

fn write(draft: &Path, text: &str) -> io::Result<()> {
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()
}

/// The same on a file system without hard links.
fn without_links(draft: &Path, file: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, draft, CWD, file, RenameFlags::NOREPLACE)?)
}
