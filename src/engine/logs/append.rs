//! A file to which JSON lines are appended: where it ends, reading goes on.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Deserialize;

use crate::domain::{HostName, Lane};
use crate::engine::own_file;
use crate::port::log::{Cursor, Origin};
use crate::text::Foreign;

/// A file that is ours alone while it is open.
#[derive(Debug)]
pub struct Append {
    file: File,
    shown: String,
    /// The last entry that the file holds of each lane.
    pub resume: BTreeMap<Origin, Cursor>,
    /// What a person must know of it.
    pub told: Option<String>,
}

/// Writes all, and says how many bytes were taken also when it fails.
pub fn write_counted(out: &mut impl Write, bytes: &[u8]) -> (usize, std::io::Result<()>) {
    let mut taken = 0;
    while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
        match out.write(rest) {
            Ok(0) => return (taken, Err(std::io::ErrorKind::WriteZero.into())),
            Ok(more) => taken += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return (taken, Err(error)),
        }
    }
    (taken, Ok(()))
}

/// What is looked at of a line.
#[derive(Deserialize)]
struct Line {
    host: String,
    /// The lane; left out for the journal.
    source: Option<String>,
    cursor: Option<String>,
}

impl Append {
    /// Opens or makes the file, cuts off a torn last line, and reads where each host's lines end.
    ///
    /// # Errors
    /// A sentence.
    pub fn open(path: &Path) -> Result<Self, String> {
        let shown = Foreign::from(path.as_os_str().as_encoded_bytes()).plain();
        let fail = |error: std::io::Error| format!("{shown} can't be used: {error}");
        let (file, wide) = own_file::append(path).map_err(fail)?;
        if !file.metadata().map_err(fail)?.is_file() {
            return Err(format!("{shown} is no file: lines are appended to a file only"));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!("another qd appends to {shown} now: two would write every line twice"));
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        let (resume, whole) = ends(&file).map_err(|error| match error {
            Ends::Io(error) => fail(error),
            Ends::Strange(number) => {
                format!("line {number} of {shown} was not written by qd logs; nothing is appended to it")
            }
        })?;
        file.set_len(whole).map_err(fail)?;
        if wide {
            own_file::narrow(&file).map_err(fail)?;
        }
        let told = wide.then(|| format!("Others could read {shown}: its permissions are 600 now."));
        Ok(Self { file, shown, resume, told })
    }

    /// Appends whole lines. Says how many bytes were taken, and in a sentence why not all; what was written in part is cut
    /// off when the file is opened again.
    pub fn write(&mut self, lines: &str) -> (usize, Result<(), String>) {
        let (taken, failed) = write_counted(&mut self.file, lines.as_bytes());
        (taken, failed.map_err(|error| format!("{} can't be written: {error}", self.shown)))
    }

    /// Puts what was written on the disk.
    ///
    /// # Errors
    /// A sentence.
    pub fn sync(&self) -> Result<(), String> {
        self.file.sync_data().map_err(|error| format!("{} can't be written: {error}", self.shown))
    }
}

enum Ends {
    Io(std::io::Error),
    Strange(u64),
}

/// The last cursor of each lane, and how many bytes are whole lines.
fn ends(file: &File) -> Result<(BTreeMap<Origin, Cursor>, u64), Ends> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    reader.seek(SeekFrom::Start(0)).map_err(Ends::Io)?;
    let (mut resume, mut whole, mut number) = (BTreeMap::new(), 0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(Ends::Io)?;
        if line.last() != Some(&b'\n') {
            return Ok((resume, whole));
        }
        number += 1;
        let read: Line = serde_json::from_slice(&line).map_err(|_| Ends::Strange(number))?;
        let host = HostName::new(&read.host).map_err(|_| Ends::Strange(number))?;
        if let Some(cursor) = read.cursor {
            let lane = read.source.as_deref().map_or(Some(Lane::Journal), Lane::read).ok_or(Ends::Strange(number))?;
            resume.insert(Origin { host, lane }, Cursor::new(&cursor).ok_or(Ends::Strange(number))?);
        }
        whole += length as u64;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FIRST: &str = "{\"host\":\"a\",\"cursor\":\"s=1;i=1\"}\n{\"host\":\"b\",\"cursor\":\"s=2;i=7\"}\n";

    #[test]
    fn a_torn_line_is_cut_off_and_each_host_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let more = "{\"host\":\"a\",\"cursor\":\"s=1;i=2\"}\n{\"host\":\"b\",\"cursor\":null,\"lost\":3}\n{\"host\":\"b\",\"cur";
        std::fs::write(&path, format!("{FIRST}{more}")).unwrap();
        let mut append = Append::open(&path).unwrap();
        let places: Vec<_> = append.resume.iter().map(|(host, cursor)| format!("{host} {}", cursor.as_str())).collect();
        assert_eq!(places, ["a s=1;i=2", "b s=2;i=7"]);
        append.write("{\"host\":\"b\",\"cursor\":\"s=2;i=8\"}\n").1.unwrap();
        drop(append);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("\"lost\":3}\n{\"host\":\"b\",\"cursor\":\"s=2;i=8\"}\n"), "{text}");
    }

    #[test]
    fn a_file_of_somebody_else_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("diary");
        std::fs::write(&path, "dear diary\nhalf a li").unwrap();
        assert!(Append::open(&path).unwrap_err().contains("line 1 of"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear diary\nhalf a li");
        assert!(Append::open(Path::new("/dev/null")).unwrap_err().contains("no file"));
    }

    #[test]
    fn two_never_append_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let _first = Append::open(&path).unwrap();
        assert!(Append::open(&path).unwrap_err().contains("another qd"));
    }
}
