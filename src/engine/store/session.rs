//! Which programs live: each holds a lock on a file of its own beside the store for as long as it lives.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Ours. The file goes when this is dropped; after a kill the kernel lets go of the lock.
#[derive(Debug)]
pub(super) struct Session {
    name: String,
    path: PathBuf,
    _held: File,
}

impl Session {
    /// Begins to live in `folder`.
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        for _ in 0..16 {
            let name = uuid::Uuid::now_v7().simple().to_string();
            let path = file_of(folder, &name);
            let held = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            // Somebody who looks whether we live may have removed it between these two steps.
            if flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok() && is_same(&held, &path) {
                return Ok(Self { name, path, _held: held });
            }
        }
        Err(io::Error::other("somebody removes the files that say which programs live"))
    }

    /// Its name, which runs carry.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A file that stays is removed by whoever settles what it left.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the program of this session lives. One that can't be looked at is taken to live.
pub(super) fn is_alive(folder: &Path, name: &str) -> bool {
    match OpenOptions::new().read(true).open(file_of(folder, name)) {
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockShared).is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Removes the files of programs that are dead, once nothing names them any more.
pub(super) fn clean(folder: &Path, still_named: &[String]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_none_or(|end| end != "lives") || still_named.iter().any(|named| named == name) {
            continue;
        }
        let Ok(held) = OpenOptions::new().write(true).open(&path) else { continue };
        if flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok() && is_same(&held, &path) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn file_of(folder: &Path, name: &str) -> PathBuf {
    // A name comes from the store, which somebody may have written to.
    let harmless: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    folder.join(format!("{harmless}.lives"))
}

fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => held.ino() == named.ino() && held.dev() == named.dev(),
        (Ok(_) | Err(_), _) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_session_lives_until_it_is_dropped_and_its_file_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let one = Session::begin(folder.path()).unwrap();
        assert!(is_alive(folder.path(), one.name()));
        assert!(!is_alive(folder.path(), "nobody"));
        clean(folder.path(), &[]);
        assert!(is_alive(folder.path(), one.name()), "cleaning leaves the living alone");
        let name = one.name().to_owned();
        drop(one);
        assert!(!is_alive(folder.path(), &name));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_program_left_is_removed_once_nothing_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("dead.lives"), b"").unwrap();
        clean(folder.path(), &["dead".to_owned()]);
        assert!(folder.path().join("dead.lives").exists());
        clean(folder.path(), &[]);
        assert!(!folder.path().join("dead.lives").exists());
    }
}
