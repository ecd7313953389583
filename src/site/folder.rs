//! A site's folder read once: the bytes that are parsed are the bytes that were digested.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::mistake::{Mistake, path};
use super::places::SITE_FILE;
use super::procedure;

/// Largest file that is parsed, in bytes.
pub const LARGEST_FILE: u64 = 1 << 20;
const LARGEST_FOLDER: u64 = 64 << 20;
const MOST_ENTRIES: usize = 5000;
const DEEPEST: usize = 16;

/// What a folder holds.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The bytes of `site.toml`, if they could be read.
    pub site_file: Option<Vec<u8>>,
    /// The procedures in the order of their paths, which are those inside of the folder.
    pub procedures: Vec<(PathBuf, Vec<u8>)>,
    /// What is wrong with the places of procedures, which is no reason to doubt the folder.
    pub amiss: Vec<Mistake>,
    /// SHA-256 over all of it as 64 hexadecimal digits; `None` when something could not be read.
    pub digest: Option<String>,
    /// Whether all of it lies, links followed, in the folder that was asked about.
    pub inside: bool,
    /// What could not be read, and warnings of who else may change it.
    pub mistakes: Vec<Mistake>,
}

struct Walk<'a> {
    shown: &'a Path,
    within: &'a Path,
    hash: Sha256,
    bytes: u64,
    entries: usize,
    stopped: bool,
    whole: bool,
    snapshot: Snapshot,
}

/// Reads a folder and everything below it. Nothing is left out: what can't be read is a mistake.
/// Messages name it as `shown`; `within` is the folder that it must lie in to count as the user's own.
pub fn read(folder: &Path, shown: &Path, within: &Path) -> Snapshot {
    let snapshot = Snapshot { inside: true, ..Snapshot::default() };
    let (bytes, entries, stopped) = (0, 0, false);
    let mut walk = Walk { shown, within, hash: Sha256::new(), bytes, entries, stopped, whole: true, snapshot };
    if let (Some(parent), Some(shown)) = (folder.parent(), shown.parent().filter(|parent| *parent != Path::new(""))) {
        walk.snapshot.mistakes.extend(fs::metadata(parent).ok().and_then(|of| doubt(shown, &of)));
    }
    walk.folder(folder, Path::new(""), &mut Vec::new());
    let mut snapshot = walk.snapshot;
    let site_file = shown.join(SITE_FILE);
    if snapshot.site_file.is_none() && !snapshot.mistakes.iter().any(|mistake| mistake.file == site_file) {
        // The walk stopped before it, or it is a folder.
        match read_file(&folder.join(SITE_FILE), &site_file) {
            Ok(bytes) => snapshot.site_file = bytes,
            Err(mistake) => snapshot.mistakes.push(mistake),
        }
    }
    if walk.whole {
        snapshot.digest = Some(walk.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
    }
    snapshot
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, relative: &Path, above: &mut Vec<PathBuf>) {
        let real = match folder.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.failed(relative, &reason(&error)),
        };
        if above.contains(&real) {
            return self.failed(relative, "its links go in a circle");
        }
        if above.len() == DEEPEST {
            return self.failed(relative, &format!("folders are nested deeper than {DEEPEST}"));
        }
        self.snapshot.inside &= real.starts_with(self.within);
        match fs::metadata(folder) {
            Ok(metadata) => self.doubt(relative, &metadata),
            Err(error) => return self.failed(relative, &reason(&error)),
        }
        let names: io::Result<Vec<_>> = fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect());
        let mut names = match names {
            Ok(names) => names,
            Err(error) => return self.failed(relative, &reason(&error)),
        };
        names.sort();
        above.push(real);
        for name in names {
            if self.stopped {
                break;
            }
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                self.stop(&format!("it holds more than {MOST_ENTRIES} files"));
                break;
            }
            self.entry(&folder.join(&name), &relative.join(&name), above);
        }
        above.pop();
    }

    fn entry(&mut self, whole: &Path, relative: &Path, above: &mut Vec<PathBuf>) {
        let metadata = match fs::metadata(whole) {
            Ok(metadata) => metadata,
            Err(error) => {
                let link = whole.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
                let dangling = link && error.kind() == io::ErrorKind::NotFound;
                let why = if dangling { "it is a link that leads nowhere".to_owned() } else { reason(&error) };
                return self.failed(relative, &why);
            }
        };
        if metadata.is_dir() {
            self.note(b'd', relative, &[]);
            if procedure::is_procedure(relative) {
                let mistake = Mistake::of_file(&self.shown_as(relative), "this is a folder, and a procedure is a file");
                self.snapshot.amiss.push(mistake.with_hint("give it a name without `.md`"));
            }
            return self.folder(whole, relative, above);
        }
        self.doubt(relative, &metadata);
        let is_site_file = relative == Path::new(SITE_FILE);
        if is_site_file && metadata.is_file() && metadata.len() > LARGEST_FILE {
            return self.failed(relative, &too_large(metadata.len()));
        }
        match read_regular(whole, LARGEST_FOLDER.saturating_sub(self.bytes)) {
            Ok(Some(bytes)) => {
                self.bytes += bytes.len() as u64;
                let real = whole.canonicalize();
                self.snapshot.inside &= real.is_ok_and(|real| real.starts_with(self.within));
                self.note(b'f', relative, &bytes);
                if is_site_file {
                    self.snapshot.site_file = Some(bytes);
                } else if procedure::is_procedure(relative) {
                    self.snapshot.procedures.push((relative.to_path_buf(), bytes));
                }
            }
            Ok(None) => self.stop(&format!("it holds more than {} MiB", LARGEST_FOLDER >> 20)),
            Err(why) => self.failed(relative, &why),
        }
    }

    /// Lengths stand before what they measure, so that no two folders give the same bytes to the digest.
    fn note(&mut self, kind: u8, relative: &Path, bytes: &[u8]) {
        let name = relative.as_os_str().as_encoded_bytes();
        self.hash.update([kind]);
        self.hash.update((name.len() as u64).to_le_bytes());
        self.hash.update(name);
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(bytes);
    }

    fn doubt(&mut self, relative: &Path, metadata: &Metadata) {
        let shown = self.shown_as(relative);
        self.snapshot.mistakes.extend(doubt(&shown, metadata));
    }

    /// What can't be read stops the site only when it is the site file itself; the rest voids the digest. A procedure
    /// that can't be read is missing, so that is more than a warning.
    fn failed(&mut self, relative: &Path, why: &str) {
        self.whole = false;
        let shown = self.shown_as(relative);
        let mistake = Mistake::of_file(&shown, format!("this can't be read: {why}"));
        let needed = relative == Path::new(SITE_FILE) || relative.as_os_str().is_empty();
        let needed = needed || procedure::is_procedure(relative);
        self.snapshot.mistakes.push(if needed { mistake } else { mistake.as_warning() });
    }

    fn stop(&mut self, why: &str) {
        (self.whole, self.stopped) = (false, true);
        let mistake = Mistake::of_file(self.shown, format!("this folder is too large for a site: {why}"));
        let hint = "put the site into a folder of its own; until then it runs no commands";
        self.snapshot.mistakes.push(mistake.with_hint(hint).as_warning());
    }

    fn shown_as(&self, relative: &Path) -> PathBuf {
        if relative.as_os_str().is_empty() { self.shown.to_path_buf() } else { self.shown.join(relative) }
    }
}

/// Reads one file that is to be parsed.
///
/// # Errors
/// Why it can't be read; [`io::ErrorKind::NotFound`] is told apart by `Ok(None)`.
pub fn read_file(file: &Path, shown: &Path) -> Result<Option<Vec<u8>>, Mistake> {
    let failed = |why: String| Mistake::of_file(shown, format!("this can't be read: {why}"));
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() && metadata.len() > LARGEST_FILE => Err(failed(too_large(metadata.len()))),
        Ok(_) => match read_regular(file, LARGEST_FILE) {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => Err(failed(too_large(LARGEST_FILE + 1))),
            Err(why) => Err(failed(why)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.symlink_metadata().is_err() => Ok(None),
        Err(error) => Err(failed(reason(&error))),
    }
}

pub(super) fn too_large(bytes: u64) -> String {
    format!("it has {bytes} bytes, and {LARGEST_FILE} are allowed")
}

/// The bytes of a regular file, or `None` when it has more than `most`. A pipe or device is never opened.
pub(super) fn read_regular(file: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
    let metadata = fs::metadata(file).map_err(|error| reason(&error))?;
    if metadata.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err("it is neither a file nor a folder".to_owned());
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|error| reason(&error))?;
    opened.take(most + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// A warning when somebody else may change what the console reads here.
pub fn doubt(shown: &Path, metadata: &Metadata) -> Option<Mistake> {
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let sticky = metadata.is_dir() && metadata.mode() & STICKY != 0;
    let safe = path(shown);
    if metadata.mode() & OTHERS_WRITE != 0 && !sticky {
        let mistake = Mistake::of_file(shown, "everybody on this machine may change this");
        return Some(mistake.with_hint(format!("chmod o-w {safe}")).as_warning());
    }
    let me = rustix::process::geteuid().as_raw();
    if metadata.uid() != me && metadata.uid() != 0 {
        let message = format!("this belongs to another user (id {})", metadata.uid());
        return Some(Mistake::of_file(shown, message).with_hint(format!("chown {me} {safe}")).as_warning());
    }
    None
}

/// An error of the system in words.
pub fn reason(error: &io::Error) -> String {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return "its links go in a circle".to_owned();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "you have no permission".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_lowercase()
        }
    }
}
