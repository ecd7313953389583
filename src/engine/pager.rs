//! Lines of logs for the person's pager: a private file of them, as an export writes them, and the program that shows it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::export::{Cover, rows};
use super::transport::RuntimeDir;
use crate::port::export::LogExport;
use crate::port::{Borrower, Errand, Event, Paged, ShellNews};
use crate::text::Foreign;

/// Lines that a pager gets, those around the cursor: all of a full memory would fill the runtime directory, which is
/// memory as well.
const MOST: usize = 200_000;
/// What a pager is called where the person names none.
const DEFAULT: &str = "less";

/// Makes files for the pager, in a private directory that goes with the program.
#[derive(Debug, Default)]
pub struct Pager {
    // Made when it is first needed; a writer that is under way keeps it.
    folder: Option<Arc<RuntimeDir>>,
}

impl Pager {
    /// Writes the lines beside the loop, and hands over the program that shows them, or a sentence.
    pub fn begin(&mut self, export: Box<LogExport>, at: Option<usize>, events: mpsc::Sender<Event>) {
        let made = match &self.folder {
            Some(folder) => folder.renew().map(|()| Arc::clone(folder)),
            None => RuntimeDir::create().map(Arc::new),
        };
        self.folder = made.as_ref().ok().map(Arc::clone);
        drop(tokio::spawn(async move {
            let writing = tokio::task::spawn_blocking(move || {
                let folder = made.map_err(|why| format!("The lines can't be handed to a pager: {why}."))?;
                errand(&export, at, &folder.path(), |name| std::env::var_os(name))
            });
            let ended = writing.await.unwrap_or_else(|_| Err("The lines could not be written.".to_owned()));
            let news = ended.map_or_else(ShellNews::Refused, ShellNews::Ready);
            let _ = events.send(Event::Shell(news)).await;
        }));
    }
}

/// Removes a file that was made for a pager.
pub fn remove(file: &Path) {
    if let Err(error) = fs::remove_file(file)
        && error.kind() != io::ErrorKind::NotFound
    {
        // Its directory goes with the program, and else with the next run of it.
        tracing::warn!(%error, "a file for the pager could not be removed");
    }
}

fn errand(
    export: &LogExport,
    at: Option<usize>,
    folder: &Path,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Errand, String> {
    let program = Program::find(&variable)?;
    let (paged, line) = write(export, at, folder).map_err(|error| {
        let folder = Foreign::from(folder.as_os_str().as_encoded_bytes()).plain();
        format!("The lines for the pager can't be written in {folder}: {error}. An export writes them elsewhere.")
    })?;
    let command = program.command(at.is_some().then_some(line), &paged.file);
    Ok(Errand { whose: Borrower::Pager(paged), program: command, said: None })
}

/// A pager.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    /// Its words, as a shell reads them.
    words: OsString,
    /// It takes the options of less.
    is_less: bool,
}

impl Program {
    /// What `PAGER` names, else less.
    fn find(variable: &impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let path = variable("PATH").unwrap_or_default();
        let named = variable("PAGER").filter(|pager| !pager.to_string_lossy().trim().is_empty());
        for words in named.iter().cloned().chain([OsString::from(DEFAULT)]) {
            let text = words.to_string_lossy().into_owned();
            // Variables may stand before the program.
            let first = text.split_whitespace().find(|word| !word.contains('=')).unwrap_or_default();
            let found = if first.contains('/') {
                Some(PathBuf::from(first)).filter(|file| file.is_file())
            } else {
                std::env::split_paths(&path).map(|folder| folder.join(first)).find(|file| file.is_file())
            };
            if let Some(found) = found {
                // A small system calls its own `less`, which takes fewer options.
                let real = fs::canonicalize(&found).unwrap_or(found);
                let is_less = real.file_name().is_some_and(|name| name == DEFAULT);
                return Ok(Self { words, is_less });
            }
        }
        Err(match named {
            Some(_) => "There is no pager: what PAGER names is not here, and neither is less.".to_owned(),
            None => "There is no pager: PAGER names none, and less is not here.".to_owned(),
        } + " An export writes the lines into a file.")
    }

    /// What is started: PAGER is a line for a shell, as everywhere.
    fn command(&self, line: Option<u64>, file: &Path) -> Vec<OsString> {
        // Lines of hosts are not what one starts programs, opens files or edits from.
        let mut all: Vec<OsString> =
            ["env", "LESSSECURE=1", "LESSHISTFILE=-", "/bin/sh", "-c"].map(OsString::from).to_vec();
        let assigns = self.words.to_string_lossy().split_whitespace().next().is_some_and(|word| word.contains('='));
        let mut script = OsString::from(if assigns { "" } else { "exec " });
        script.push(&self.words);
        if self.is_less {
            // It stays although all of it fits on the screen.
            let at = line.map_or("+G".to_owned(), |line| format!("+{line}g"));
            script.push(format!(" -+F {at}"));
        }
        script.push(" \"$1\"");
        all.extend([script, OsString::from("qd-pager"), file.as_os_str().to_owned()]);
        all
    }
}

/// Writes the lines, and says at which line of the file the one stands that is meant.
fn write(export: &LogExport, at: Option<usize>, folder: &Path) -> io::Result<(Paged, u64)> {
    let (file, made) = make(export, folder)?;
    let written = lines(export, at, BufWriter::with_capacity(256 << 10, made));
    if written.is_err() {
        remove(&file);
    }
    let (paged, line) = written?;
    Ok((Paged { file, ..paged }, line))
}

/// Writes what a pager shows: the lines around the one that is meant, or the last ones. Says which line of the text it is; the file
/// is named by whoever made it.
///
/// # Errors
/// Those of writing.
pub fn lines(export: &LogExport, at: Option<usize>, out: impl Write) -> io::Result<(Paged, u64)> {
    let all = export.rows.as_slice();
    let at = at.unwrap_or(all.len()).min(all.len());
    let from = at.saturating_sub(MOST / 2).min(all.len().saturating_sub(MOST));
    let to = (from + MOST).min(all.len());
    let part = |from: usize, to: usize| all.get(from..to).unwrap_or_default();
    let mut out = Counted { out, lines: 0 };
    let mut cover = Cover::default();
    if from > 0 {
        writeln!(out, "--- {from} lines before these are left out ---")?;
    }
    rows(export, part(from, at.min(to)), &mut cover, &mut out)?;
    let line = out.lines + 1;
    rows(export, part(at.min(to), to), &mut cover, &mut out)?;
    if to < all.len() {
        writeln!(out, "--- {} lines behind these are left out ---", all.len() - to)?;
    }
    out.flush()?;
    let left_out = all.len() - (to - from);
    let paged =
        Paged { file: PathBuf::new(), lines: (to - from) as u64, left_out: left_out as u64, hidden: cover.count() };
    Ok((paged, line))
}

/// A new file that nobody else can read; pagers show its name.
fn make(export: &LogExport, folder: &Path) -> io::Result<(PathBuf, File)> {
    for number in 1_u32.. {
        let file = folder.join(format!("{}-{}-{number}.log", export.site, export.environment));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return Ok((file, made?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Counts lines on their way.
struct Counted<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.lines += bytes.iter().take(taken).filter(|byte| **byte == b'\n').count() as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::super::export::tests::export;
    use super::*;
    use crate::port::export::ExportFormat;

    fn with_path<'a>(path: &'a Path, pager: Option<&'a str>) -> impl Fn(&str) -> Option<OsString> + 'a {
        move |name| match name {
            "PATH" => Some(path.as_os_str().to_owned()),
            "PAGER" => pager.map(OsString::from),
            _ => None,
        }
    }

    #[test]
    fn what_is_shown_is_in_a_private_file_sanitised() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("less"), "").unwrap();
        let made =
            errand(&export(ExportFormat::Plain), Some(1), folder.path(), with_path(folder.path(), None)).unwrap();
        let Borrower::Pager(paged) = &made.whose else { panic!() };
        assert_eq!((paged.lines, paged.left_out, paged.hidden), (2, 0, 0));
        assert_eq!(fs::metadata(&paged.file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&paged.file).unwrap();
        assert!(text.contains("rejected") && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        let words: Vec<String> = made.program.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        // The first line goes over two lines of the file; the cursor was on the second.
        assert_eq!(words[..6], ["env", "LESSSECURE=1", "LESSHISTFILE=-", "/bin/sh", "-c", "exec less -+F +3g \"$1\""]);
        assert_eq!(words[7], paged.file.display().to_string());
        remove(&paged.file);
        assert!(!paged.file.exists());
    }

    #[test]
    fn a_pager_that_is_not_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let found = |pager| Program::find(&with_path(here, pager)).map(|program| program.command(None, Path::new("f")));
        assert!(found(None).unwrap_err().contains("PAGER names none, and less is not here"));
        assert!(found(Some("most -s")).unwrap_err().contains("what PAGER names is not here"));
        fs::write(here.join("busybox"), "").unwrap();
        symlink(here.join("busybox"), here.join("less")).unwrap();
        assert_eq!(found(Some("most -s")).unwrap()[5], "exec less \"$1\"", "it takes no such options");
        fs::write(here.join("most"), "").unwrap();
        assert_eq!(found(Some("most -s")).unwrap()[5], "exec most -s \"$1\"");
        assert_eq!(found(Some("A=b most")).unwrap()[5], "A=b most \"$1\"");
        assert_eq!(found(Some("  ")).unwrap()[5], "exec less \"$1\"");
    }

    #[test]
    fn of_more_lines_than_it_gets_it_has_those_around_the_cursor_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut many = export(ExportFormat::Plain);
        let row = many.rows[1];
        many.rows = vec![row; MOST + 10];
        let (paged, line) = write(&many, Some(5), folder.path()).unwrap();
        assert_eq!((paged.lines as usize, paged.left_out, line), (MOST, 10, 6));
        assert!(fs::read_to_string(&paged.file).unwrap().ends_with("--- 10 lines behind these are left out ---\n"));
        let (paged, line) = write(&many, None, folder.path()).unwrap();
        assert_eq!((paged.left_out, line as usize), (10, MOST + 2));
        assert!(fs::read_to_string(&paged.file).unwrap().starts_with("--- 10 lines before these are left out ---\n"));
    }
}
