//! The program's own log: a file in the person's state directory, for those who look for a fault of `qd` itself.
//!
//! Level by `QD_LOG` (as `RUST_LOG`: `debug`, `quarterdeck::engine::hosts=trace`); `info` of our own and `warn`
//! of everything else without it. At most two files of 1 MiB each; mode 0600. What hosts say is sanitised
//! before it gets there, so that the file can be read in a terminal. It never holds a secret.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::own_file;

/// A file larger than this is put aside at the next start; the one put aside before is gone then.
const LARGEST: u64 = 1 << 20;
/// Bytes written in one session at most, so that a fault can't fill a disk.
const MOST: u64 = 16 << 20;

/// Begins to log into `folder`, and returns the file. Later calls have no effect.
///
/// # Errors
/// When the file can't be opened. The program goes on without a log.
pub fn begin(folder: &Path) -> io::Result<PathBuf> {
    own_file::folder(folder)?;
    let path = folder.join("qd.log");
    if fs::symlink_metadata(&path).is_ok_and(|file| file.len() > LARGEST) {
        fs::rename(&path, folder.join("qd.log.old"))?;
    }
    let (file, wide) = own_file::append(&path)?;
    if wide {
        own_file::narrow(&file)?;
    }
    let filter = EnvFilter::try_from_env("QD_LOG").unwrap_or_else(|_| EnvFilter::new("warn,quarterdeck=info"));
    let writer = Clean(Mutex::new((file, 0)));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer).finish();
    // Somebody logs already: a test in the same process.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(path)
}

/// A file whose every line goes through the sanitizer; with the bytes written so far.
struct Clean(Mutex<(File, u64)>);

impl<'a> MakeWriter<'a> for Clean {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { to: self, bytes: Vec::new() }
    }
}

/// One line on its way to the file; written when it is dropped.
struct Line<'a> {
    to: &'a Clean,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let mut text = crate::text::Foreign::from(self.bytes.trim_ascii_end().to_vec()).plain();
        text.push('\n');
        let mut file = self.to.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.1 += text.len() as u64;
        if file.1 <= MOST {
            // A log that can't be written is no reason to stop.
            let _ = file.0.write_all(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_line_is_private_and_can_do_nothing_to_a_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("qd.log"), "").unwrap();
        for (path, mode) in [(place.clone(), 0o777), (place.join("qd.log"), 0o666)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = begin(&place).unwrap();
        tracing::warn!("host said {}", "a\u{1b}]52;c;aGk=\u{7}b\nforged line");
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        assert!(text.contains("host said a") && !text.contains('\u{1b}'), "{text:?}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
