//! Files and folders that are for nobody else: made so, narrowed when they are found wider, and refused when they are
//! somebody else's or lead somewhere else. Secrets are read from no other files.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::text::Foreign;

/// No secret is longer; one byte more tells that it is.
const LONGEST: u64 = (128 << 10) + 1;
/// What others may do.
const OTHERS: u32 = 0o077;
/// Everybody may write, and take away what others have made.
const ANYBODY: u32 = 0o1002;

/// Makes a folder that only its owner can look into. One that is there is narrowed, if it is ours.
///
/// # Errors
/// When it can't be made.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let found = fs::metadata(path)?;
    if found.uid() == own() && found.mode() & OTHERS != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens a file to append to it, or makes it. Says whether others can read it, so that it is to be [`narrow`]ed.
///
/// # Errors
/// When it can't be opened, is a symbolic link, or belongs to somebody else.
pub fn append(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    let links = OFlags::NOFOLLOW.bits().cast_signed();
    let file = options.read(true).append(true).create(true).mode(0o600).custom_flags(links).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok((file, false));
    }
    if found.uid() != own() {
        return Err(io::Error::other(format!("it belongs to another user (id {})", found.uid())));
    }
    Ok((file, found.mode() & OTHERS != 0))
}

/// Takes from others what they may do with a file.
///
/// # Errors
/// When the system refuses.
pub fn narrow(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Reads a secret from a file that nobody else can read or change, or from a pipe.
///
/// # Errors
/// A sentence that says what to do about it. Nothing of the file is in it.
pub fn secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let shown = Foreign::from(path.as_os_str().as_encoded_bytes()).plain();
    let word = crate::runtimes::shell::shown(std::slice::from_ref(&shown));
    let unread = |error: io::Error| format!("{shown} can't be read: {error}");
    let file = File::open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?;
    if found.is_file() {
        private(path, &found, &shown, &word)?;
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST).read_to_end(&mut bytes).map_err(unread)?;
    Ok(bytes)
}

fn private(path: &Path, found: &Metadata, shown: &str, word: &str) -> Result<(), String> {
    let own = own();
    if fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink()) {
        return Err(format!(
            "{shown} is a symbolic link, and whoever can change it chooses the secret: name the file itself"
        ));
    }
    if found.uid() != own && found.uid() != 0 {
        let owner = found.uid();
        return Err(format!(
            "{shown} belongs to another user (id {owner}), so no secret is taken from it: chown {own} {word}"
        ));
    }
    if found.mode() & OTHERS != 0 {
        let mode = found.mode() & 0o7777;
        return Err(format!(
            "others can read or change {shown} (mode {mode:04o}), so no secret is taken from it: chmod 600 {word}"
        ));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let above = fs::metadata(folder).map_err(|error| format!("{shown} can't be read: {error}"))?;
    if above.mode() & ANYBODY == 0o002 {
        let folder = Foreign::from(folder.as_os_str().as_encoded_bytes()).plain();
        let word = crate::runtimes::shell::shown(std::slice::from_ref(&folder));
        return Err(format!(
            "everybody can put another file in the place of {shown}, so no secret is taken from it: chmod o-w {word}"
        ));
    }
    Ok(())
}

fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn widen(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn f10_what_is_found_wider_is_narrowed_and_links_are_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let inside = place.path().join("a/b");
        folder(&inside).unwrap();
        assert_eq!((mode(&place.path().join("a")), mode(&inside)), (0o700, 0o700));
        widen(&inside, 0o777);
        folder(&inside).unwrap();
        assert_eq!(mode(&inside), 0o700);

        let file = inside.join("qd.log");
        assert!(!append(&file).unwrap().1);
        widen(&file, 0o644);
        let (opened, wide) = append(&file).unwrap();
        assert!(wide);
        narrow(&opened).unwrap();
        assert_eq!(mode(&file), 0o600);
        std::os::unix::fs::symlink(&file, inside.join("link")).unwrap();
        assert!(append(&inside.join("link")).is_err());
        if own() == 0 {
            std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
            assert!(append(&file).unwrap_err().to_string().contains("65534"));
        }
    }

    #[test]
    fn f5_a_secret_is_taken_only_from_what_nobody_else_can_read_or_change() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a word");
        fs::write(&file, "hush").unwrap();
        widen(&file, 0o600);
        assert_eq!(**secret(&file).unwrap(), *b"hush");
        for (wide, what) in [(0o644, "chmod 600 '"), (0o620, "mode 0620"), (0o602, "chmod 600 '")] {
            widen(&file, wide);
            let why = secret(&file).unwrap_err();
            assert!(why.contains(what) && why.contains("a word'") && !why.contains("hush"), "{why}");
        }
        widen(&file, 0o400);
        let link = place.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(secret(&link).unwrap_err().contains("symbolic link"));
        widen(place.path(), 0o777);
        assert!(secret(&file).unwrap_err().contains("chmod o-w "));
        widen(place.path(), 0o1777);
        assert!(secret(&file).is_ok());
        if own() == 0 {
            std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
            assert!(secret(&file).unwrap_err().contains("chown 0 "));
        }
    }
}
