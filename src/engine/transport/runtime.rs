//! The private directory of this run of the program, for sockets: short, ours alone, gone when we are gone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, flock};

/// Longest path of a socket: the kernel's limit of 108 bytes, less what ssh appends while it makes one.
const LONGEST: usize = 108 - 1 - 17;
/// Longest name that is put into the directory.
const LONGEST_NAME: usize = 6;

/// The directory. It and all in it is removed on drop; what a killed run left is removed by the next one,
/// which knows it by its lock that nobody holds.
#[derive(Debug)]
pub struct RuntimeDir {
    /// Below which a directory may be made, the first that will do.
    bases: Vec<PathBuf>,
    place: Mutex<Place>,
    next: AtomicU32,
}

/// Where it is by now.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    lock: PathBuf,
    // Held as long as we live: the kernel lets go of it however we die.
    _held: File,
}

impl RuntimeDir {
    /// Makes a directory below the first of the usual places that will do.
    ///
    /// # Errors
    /// A sentence with what was tried and what to do.
    pub fn create() -> Result<Self, String> {
        Self::create_in(std::env::var_os("XDG_RUNTIME_DIR").filter(|path| !path.is_empty()).map(PathBuf::from))
    }

    /// The same with `$XDG_RUNTIME_DIR` given.
    ///
    /// # Errors
    /// A sentence with what was tried and what to do.
    pub fn create_in(runtime: Option<PathBuf>) -> Result<Self, String> {
        let user = rustix::process::getuid().as_raw();
        let bases = runtime.map(|base| base.join("qd")).into_iter().chain([PathBuf::from(format!("/tmp/qd-{user}"))]);
        let bases: Vec<PathBuf> = bases.collect();
        let place = Mutex::new(Place::below_first(&bases)?);
        Ok(Self { bases, place, next: AtomicU32::new(0) })
    }

    /// Makes the directory anew if somebody has removed it: the session manager at the last logout while we go on in a
    /// terminal that outlives it, or whoever clears temporary files. Sockets that were in it are gone.
    ///
    /// # Errors
    /// A sentence with what was tried and what to do.
    pub fn renew(&self) -> Result<(), String> {
        let mut place = self.place();
        if !fs::symlink_metadata(&place.path).is_ok_and(|found| found.is_dir()) {
            *place = Place::below_first(&self.bases)?;
        }
        Ok(())
    }

    /// A path for a new socket, never given twice.
    pub fn socket(&self, kind: char) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed) & 0xf_ffff;
        self.path().join(format!("{kind}{number:x}"))
    }

    /// The directory itself.
    pub fn path(&self) -> PathBuf {
        self.place().path.clone()
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn below_first(bases: &[PathBuf]) -> Result<Self, String> {
        let mut tried = Vec::new();
        for base in bases {
            match Self::below(base) {
                Ok(made) => return Ok(made),
                Err(error) => tried.push(format!("{}: {error}", base.display())),
            }
        }
        Err(format!(
            "no private directory for sockets ({}); set XDG_RUNTIME_DIR to a short path that you can write to",
            tried.join("; ")
        ))
    }

    fn below(base: &Path) -> io::Result<Self> {
        private_dir(base)?;
        clean(base);
        for _ in 0..16 {
            let name = format!("{:06x}", fastrand::u32(..) & 0x00ff_ffff);
            let path = base.join(&name);
            if path.as_os_str().len() + 1 + LONGEST_NAME > LONGEST {
                return Err(io::Error::other(format!("this path is too long for a socket (at most {LONGEST} bytes)")));
            }
            let lock = base.join(format!("{name}.lock"));
            let held = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&lock) {
                Ok(held) => held,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            // Somebody who cleans may have taken it for a leftover between these two steps.
            if flock(&held, FlockOperation::NonBlockingLockExclusive).is_err() || !same(&held, &lock) {
                continue;
            }
            DirBuilder::new().mode(0o700).create(&path)?;
            return Ok(Self { path, lock, _held: held });
        }
        Err(io::Error::other("found no free name"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next run.
        let _ = fs::remove_dir_all(&self.path);
        let _ = fs::remove_file(&self.lock);
    }
}

/// Makes `base` if it is missing and insists that nobody else can reach into it.
fn private_dir(base: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(base) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = fs::symlink_metadata(base)?;
    if !found.is_dir() || found.uid() != rustix::process::getuid().as_raw() || found.mode() & 0o077 != 0 {
        return Err(io::Error::other("is not a directory of yours that only you can read"));
    }
    Ok(())
}

fn same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => held.ino() == named.ino() && held.dev() == named.dev(),
        _ => false,
    }
}

/// Removes what dead runs left below `base`. A live run holds its lock, so its sockets are never touched.
fn clean(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for lock in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if lock.extension().is_none_or(|end| end != "lock") {
            without_lock(&lock);
            continue;
        }
        let Ok(held) = OpenOptions::new().write(true).open(&lock) else { continue };
        if flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok() && same(&held, &lock) {
            let _ = fs::remove_dir_all(lock.with_extension(""));
            let _ = fs::remove_file(&lock);
        }
    }
}

/// Removes a directory without a lock: a living run makes its lock first and removes it last, so its owner is dead and
/// somebody has removed the lock by hand. Only what is named as one of ours.
fn without_lock(path: &Path) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let ours = name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !ours || !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return;
    }
    let lock = path.with_extension("lock");
    // Its name is held while it goes, so that no new run takes it meanwhile.
    let Ok(held) = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&lock) else { return };
    if flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok() && same(&held, &lock) {
        let _ = fs::remove_dir_all(path);
        let _ = fs::remove_file(&lock);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn private_temp() -> tempfile::TempDir {
        tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap()
    }

    #[test]
    fn a_second_run_leaves_a_living_one_alone_and_cleans_after_a_dead_one() {
        let home = private_temp();
        let living = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        fs::write(living.socket('m'), b"").unwrap();
        let dead = home.path().join("qd/abcdef");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("m0"), b"").unwrap();
        fs::write(home.path().join("qd/abcdef.lock"), b"").unwrap();

        let second = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        assert!(living.path().join("m0").exists(), "the first run's socket is untouched");
        assert!(!dead.exists() && !home.path().join("qd/abcdef.lock").exists());

        let (first_path, second_path) = (living.path(), second.path());
        drop((living, second));
        assert!(!first_path.exists() && !second_path.exists());
        assert_eq!(fs::read_dir(home.path().join("qd")).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_whose_lock_is_gone_is_cleaned_and_nothing_else_is() {
        let home = private_temp();
        let living = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        let base = home.path().join("qd");
        let (orphan, other) = (base.join("0a1b2c"), base.join("notes"));
        for path in [&orphan, &other] {
            fs::create_dir(path).unwrap();
            fs::write(path.join("m0"), b"").unwrap();
        }
        std::os::unix::fs::symlink(&other, base.join("abcdef")).unwrap();
        let _second = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        assert!(!orphan.exists() && !base.join("0a1b2c.lock").exists());
        assert!(other.join("m0").exists() && living.path().exists(), "what is not ours stays");
    }

    #[test]
    fn a12_long_or_unwritable_places_are_passed_over() {
        for length in [70, 120] {
            let home = private_temp();
            let long = home.path().join("x".repeat(length));
            fs::create_dir(&long).unwrap();
            let made = RuntimeDir::create_in(Some(long)).unwrap();
            assert!(made.socket('m').as_os_str().len() <= LONGEST, "{}", made.path().display());
        }
        let nowhere = RuntimeDir::create_in(Some("/proc/nowhere".into())).unwrap();
        assert!(nowhere.path().starts_with("/tmp"));
    }

    #[test]
    fn what_somebody_removed_is_made_anew_and_goes_with_us() {
        let home = private_temp();
        let ours = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        let first = ours.path();
        ours.renew().unwrap();
        assert_eq!(ours.path(), first, "what is there stays");
        fs::remove_dir_all(home.path().join("qd")).unwrap();
        ours.renew().unwrap();
        let second = ours.path();
        assert!(second.starts_with(home.path()) && second.is_dir());
        assert_eq!(fs::metadata(&second).unwrap().mode() & 0o777, 0o700);
        // It is known as that of a living run.
        let other = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        assert!(second.is_dir());
        // The session is over, and its folder with it: another place will do.
        fs::remove_dir_all(home.path()).unwrap();
        ours.renew().unwrap();
        let third = ours.path();
        assert!(third.is_dir() && !third.starts_with(home.path()), "{}", third.display());
        drop((ours, other));
        assert!(!third.exists());
    }

    #[test]
    fn a_directory_that_others_can_read_is_refused() {
        let home = private_temp();
        fs::create_dir(home.path().join("qd")).unwrap();
        fs::set_permissions(home.path().join("qd"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(Place::below(&home.path().join("qd")).is_err());
    }
}
