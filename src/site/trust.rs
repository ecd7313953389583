//! Which folders may run commands: those of the user's own configuration, and those approved by digest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::folder::{self, reason};
use super::mistake::{Mistake, path};
use super::places::Places;

/// One approval: this folder with exactly this content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// SHA-256 over the folder, 64 hexadecimal digits.
    pub digest: String,
    /// The folder, links followed.
    pub folder: PathBuf,
}

/// All approvals of the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The approvals, in the order in which they were given.
    pub approvals: Vec<Approval>,
    /// What is wrong with the record itself; then nothing counts as approved.
    pub mistakes: Vec<Mistake>,
}

impl Trust {
    /// Reads the record. One that another user could have written approves nothing.
    pub fn read(places: &Places) -> Self {
        let file = places.trust_file();
        let bytes = match folder::read_file(&file, &file) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Self::default(),
            Err(mistake) => return Self::refused(mistake),
        };
        for place in [file.as_path(), places.state.as_path()] {
            let others = fs::metadata(place).ok().filter(|metadata| metadata.mode() & 0o022 != 0);
            let foreign = fs::metadata(place).ok().and_then(|metadata| folder::doubt(place, &metadata));
            if others.is_some() || foreign.is_some() {
                let message = "others could have written this, so nothing in it counts";
                let hint = format!("look at it, then: chmod go-w {0} && chown $USER {0}", path(place));
                return Self::refused(Mistake::of_file(place, message).with_hint(hint));
            }
        }
        let mut trust = Self::default();
        for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            match parse_line(line) {
                Some(approval) => trust.approvals.push(approval),
                None if line.trim().is_empty() => {}
                None => {
                    let mut mistake = Mistake::of_file(&file, "this line is no approval");
                    (mistake.line, mistake.column) = (index + 1, 1);
                    mistake.source_line = line.into();
                    trust.mistakes.push(mistake.as_warning());
                }
            }
        }
        trust
    }

    /// Whether a document with exactly this content was approved, wherever it lies.
    pub fn knows(&self, digest: &str) -> bool {
        self.approvals.iter().any(|approval| approval.digest == digest)
    }

    fn refused(mistake: Mistake) -> Self {
        Self { approvals: Vec::new(), mistakes: vec![mistake] }
    }

    /// Whether this folder was approved with exactly this content.
    pub fn covers(&self, folder: &Path, digest: &str) -> bool {
        let Ok(real) = folder.canonicalize() else { return false };
        self.approvals.iter().any(|approval| approval.folder == real && approval.digest == digest)
    }
}

fn parse_line(line: &str) -> Option<Approval> {
    let (digest, folder) = line.split_once(' ')?;
    let good = digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()) && folder.starts_with('/');
    good.then(|| Approval { digest: digest.to_owned(), folder: PathBuf::from(folder) })
}

/// Approves a folder with this content; an older approval of the same folder ends.
///
/// # Errors
/// A sentence, when the approval can't be recorded.
pub fn approve(places: &Places, folder: &Path, digest: &str) -> Result<(), String> {
    let real = folder.canonicalize().map_err(|error| format!("{}: {}", path(folder), reason(&error)))?;
    if real.to_str().is_none_or(|text| text.contains(['\n', '\r'])) {
        return Err(format!("{}: a folder with such a name can't be trusted: rename it", path(folder)));
    }
    change(places, |approvals| {
        approvals.retain(|approval| approval.folder != real);
        approvals.push(Approval { digest: digest.to_owned(), folder: real.clone() });
    })
}

/// Takes the approval of a folder back; whether there was one.
///
/// # Errors
/// A sentence, when that can't be recorded.
pub fn revoke(places: &Places, folder: &Path) -> Result<bool, String> {
    // A folder that is gone can still be revoked by the path in the list.
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let mut was = false;
    change(places, |approvals| {
        let before = approvals.len();
        approvals.retain(|approval| approval.folder != real);
        was = approvals.len() != before;
    })?;
    Ok(was)
}

/// Reads, changes and writes the record as one step, whole or not at all, readable by the user alone.
fn change(places: &Places, with: impl FnOnce(&mut Vec<Approval>)) -> Result<(), String> {
    let file = places.trust_file();
    let told = |error: io::Error| format!("{}: trust could not be recorded: {}", path(&file), reason(&error));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&places.state).map_err(told)?;
    let lock = private(&places.state.join("trust.lock"), false).map_err(told)?;
    lock.lock().map_err(told)?;
    let mut trust = Trust::read(places);
    if let Some(mistake) = trust.mistakes.iter().find(|mistake| mistake.line == 0) {
        return Err(mistake.render().trim_end().to_owned());
    }
    with(&mut trust.approvals);
    let new = places.state.join("trust.new");
    let mut out = private(&new, true).map_err(told)?;
    for Approval { digest, folder } in &trust.approvals {
        writeln!(out, "{digest} {}", folder.display()).map_err(told)?;
    }
    out.sync_all().map_err(told)?;
    fs::rename(&new, &file).map_err(told)
}

fn private(file: &Path, truncate: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600).truncate(truncate).open(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn places(root: &Path) -> Places {
        Places {
            config: root.join("config"),
            state: root.join("state/quarterdeck"),
            data: root.join("data"),
            here: root.to_path_buf(),
        }
    }

    #[test]
    fn an_approval_covers_one_folder_with_one_content() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let (digest, other) = ("a".repeat(64), "b".repeat(64));
        let (folder, elsewhere) = (root.path().join("a b"), root.path().join("c"));
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        assert!(!Trust::read(&places).covers(&folder, &digest));
        approve(&places, &folder, &digest).unwrap();
        let trust = Trust::read(&places);
        assert!(trust.covers(&folder, &digest));
        assert!(!trust.covers(&folder, &other) && !trust.covers(&elsewhere, &digest));
        approve(&places, &folder, &other).unwrap();
        assert!(!Trust::read(&places).covers(&folder, &digest), "a new approval ends the old one");
        assert!(revoke(&places, &folder).unwrap());
        assert!(!revoke(&places, &folder).unwrap());
        assert_eq!(Trust::read(&places), Trust::default());
    }

    #[test]
    fn the_record_is_for_the_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        approve(&places, root.path(), &"a".repeat(64)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&places.trust_file()), 0o600);
        assert_eq!(mode(&places.state), 0o700);
    }

    #[test]
    fn a_record_that_others_could_have_written_approves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let digest = "a".repeat(64);
        approve(&places, root.path(), &digest).unwrap();
        fs::set_permissions(places.trust_file(), fs::Permissions::from_mode(0o666)).unwrap();
        let trust = Trust::read(&places);
        assert!(!trust.covers(root.path(), &digest));
        assert_eq!(trust.mistakes.len(), 1);
        assert!(approve(&places, root.path(), &digest).unwrap_err().contains("chmod"), "and is not written over");
    }

    #[test]
    fn a_line_that_is_no_approval_is_told_and_the_others_count() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        approve(&places, root.path(), &"a".repeat(64)).unwrap();
        let text = fs::read_to_string(places.trust_file()).unwrap();
        fs::write(places.trust_file(), format!("rubbish\n{text}")).unwrap();
        let trust = Trust::read(&places);
        assert_eq!((trust.approvals.len(), trust.mistakes.len()), (1, 1));
    }
}
