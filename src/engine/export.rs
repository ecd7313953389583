//! Writes lines of logs into a new file: in the current directory, else in the person's data directory. Nothing that is
//! there is ever overwritten.

use std::fs::{self, File, OpenOptions};
use std::hash::Hash;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::domain::{HostName, UnitName};
use crate::port::Event;
use crate::port::export::{ExportFormat, ExportRow, Exported, LogExport};
use crate::port::log_block::{Line, Row};
use crate::site::Places;
use crate::text::{Budget, Foreign, SecretCover, sanitize};

/// Files of the same second; the one behind the last is refused.
const NAMESAKES: u32 = 100;

/// The folders in which a file may be made, the better one first.
pub fn folders() -> Vec<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let data = Places::of_user(&here).map(|places| places.data).ok();
    std::iter::once(here).chain(data).filter(|folder| folder.is_absolute()).collect()
}

/// Writes everything beside the loop, because a disk may be slow; the core hears where.
pub fn begin(export: Box<LogExport>, events: mpsc::Sender<Event>, now: Timestamp) {
    drop(tokio::spawn(async move {
        let writing = tokio::task::spawn_blocking(move || write(&export, &folders(), now));
        let ended = writing.await.unwrap_or_else(|_| Err("The lines could not be written.".to_owned()));
        let _ = events.send(Event::Exported(ended)).await;
    }));
}

/// Writes everything, and says where.
///
/// # Errors
/// A sentence, when none of the folders takes the file.
pub fn write(export: &LogExport, folders: &[PathBuf], now: Timestamp) -> Result<Exported, String> {
    let mut refused = Vec::new();
    for folder in folders {
        match into(export, folder, now) {
            Ok(path) => {
                let (path, hidden) = path;
                return Ok(Exported {
                    path: Foreign::from(path.as_os_str().as_encoded_bytes()),
                    lines: export.rows.len() as u64,
                    hidden,
                });
            }
            Err(error) => {
                let folder = Foreign::from(folder.as_os_str().as_encoded_bytes()).plain();
                refused.push(format!("{folder}: {error}"));
            }
        }
    }
    Err(format!("The lines could not be written ({}). Start qd where you may write.", refused.join("; ")))
}

/// The file, and how much in it was covered.
fn into(export: &LogExport, folder: &Path, now: Timestamp) -> io::Result<(PathBuf, u64)> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (part, file) = make(export, folder, now)?;
    let mut out = BufWriter::with_capacity(256 << 10, file);
    let written = lines(export, &mut out);
    let done = written.and_then(|hidden| out.flush().map(|()| hidden));
    let done = done.and_then(|hidden| out.get_ref().sync_all().map(|()| hidden));
    match done.and_then(|hidden| whole_now(&part, export, folder, now).map(|path| (path, hidden))) {
        Ok(written) => Ok(written),
        Err(error) => {
            // It is our own and new.
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

/// A file beside the one that there will be: half of it would be taken for the whole.
fn make(export: &LogExport, folder: &Path, now: Timestamp) -> io::Result<(PathBuf, File)> {
    first_free(export, folder, now, |path| {
        let mut name = path.into_os_string();
        name.push(".part");
        let part = PathBuf::from(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        Ok((part, file))
    })
}

/// Gives a file that is complete its name.
fn whole_now(part: &Path, export: &LogExport, folder: &Path, now: Timestamp) -> io::Result<PathBuf> {
    first_free(export, folder, now, |path| {
        match renameat_with(CWD, part, CWD, &path, RenameFlags::NOREPLACE).map_err(io::Error::from) {
            // A file system that can't refuse to replace something.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                if fs::symlink_metadata(&path).is_ok() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(part, &path)?;
            }
            renamed => renamed?,
        }
        Ok(path)
    })
}

/// Does something with the first name of this second that is not taken.
fn first_free<T>(
    export: &LogExport,
    folder: &Path,
    now: Timestamp,
    does: impl Fn(PathBuf) -> io::Result<T>,
) -> io::Result<T> {
    let ending = match export.format {
        ExportFormat::Plain => "log",
        ExportFormat::JsonLines => "jsonl",
    };
    let stem = format!("{}-{}-{}", export.site, export.environment, now.strftime("%Y%m%dT%H%M%SZ"));
    for number in 1..=NAMESAKES {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{more}.{ending}"));
        match does(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => return done,
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many files of this second are there already"))
}

/// Who wrote a line: a private key that goes over many of them is one.
pub(super) type Cover = SecretCover<(u16, Option<UnitName>, u32)>;

/// Writes all rows, as the file has them. Says how much in them was covered.
///
/// # Errors
/// Those of writing.
pub fn lines(export: &LogExport, out: &mut impl Write) -> io::Result<u64> {
    let mut cover = Cover::default();
    rows(export, &export.rows, &mut cover, out)?;
    Ok(cover.count())
}

/// Writes these of its rows.
pub(super) fn rows(export: &LogExport, rows: &[ExportRow], cover: &mut Cover, out: &mut impl Write) -> io::Result<()> {
    for place in rows {
        let Some((host, row)) = export.row(*place) else { continue };
        match export.format {
            ExportFormat::Plain => plain(out, *place, host, row, cover)?,
            ExportFormat::JsonLines => writeln!(out, "{}", ascii(&object(*place, host, row, cover).to_string()))?,
        }
    }
    Ok(())
}

fn plain(out: &mut impl Write, place: ExportRow, host: &HostName, row: Row<'_>, cover: &mut Cover) -> io::Result<()> {
    let at = place.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ");
    let line = match row {
        Row::Loss(loss) => return writeln!(out, "{at} {host} --- {} ---", loss.words()),
        Row::Line(line) => line,
    };
    let clean = line.clean(whole());
    // As it will be read: what acts on a terminal parts no secret any more.
    let mut as_text =
        |text: &str| String::from_utf8_lossy(&cover.covered(wrote(place, &line), text.as_bytes())).into_owned();
    let mut texts = clean.rows.iter().map(|row| as_text(&row.text()));
    let first = texts.next().unwrap_or_default();
    writeln!(out, "{at} {host} {} {} {first}", speaker(&line), level(line.priority()))?;
    for text in texts {
        writeln!(out, "    | {text}")?;
    }
    if line.cut() > 0 {
        writeln!(out, "    | … {} bytes more on the host", line.cut())?;
    }
    Ok(())
}

fn speaker(line: &Line<'_>) -> String {
    let unit = line.unit().map(ToString::to_string);
    unit.or_else(|| line.identifier().map(Foreign::ident)).unwrap_or_else(|| "-".to_owned())
}

fn level(priority: u8) -> &'static str {
    ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"].get(usize::from(priority)).unwrap_or(&"info")
}

/// All of a message, in rows.
fn whole() -> Budget {
    Budget { shown: 64 << 10, colours: true, ..Budget::rows() }
}

/// The message as it came, with what looks like a secret covered.
pub fn covered<Speaker: Eq + Hash>(raw: &[u8], speaker: Speaker, cover: &mut SecretCover<Speaker>) -> String {
    // What acts on a terminal may stand in the middle of a secret or its name, where no reader sees it.
    if raw.iter().any(|byte| byte.is_ascii_control() && !b"\n\t".contains(byte)) {
        let rows: Vec<String> = sanitize(raw, whole()).rows.iter().map(crate::text::Row::text).collect();
        let before = cover.count();
        let covered = String::from_utf8_lossy(&cover.covered(speaker, rows.join("\n").as_bytes())).into_owned();
        return if cover.count() > before { covered } else { String::from_utf8_lossy(raw).into_owned() };
    }
    String::from_utf8_lossy(&cover.covered(speaker, raw)).into_owned()
}

fn wrote(place: ExportRow, line: &Line<'_>) -> (u16, Option<UnitName>, u32) {
    (place.host, line.unit().cloned(), line.pid())
}

fn object(place: ExportRow, host: &HostName, row: Row<'_>, cover: &mut Cover) -> Value {
    let at = place.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    match row {
        Row::Loss(loss) => {
            let by_host = loss.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            json!({ "time": at, "host": host.as_str(), "host_time": by_host, "loss": loss.words(), "lost": loss.lost })
        }
        Row::Line(line) => json!({
            "time": at,
            "host": host.as_str(),
            "host_time": line.at().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            "unit": line.unit().map(|unit| unit.as_str()),
            "identifier": line.identifier().map(|name| String::from_utf8_lossy(name.raw()).into_owned()),
            "pid": (line.pid() > 0).then(|| line.pid()),
            "priority": line.priority(),
            "level": level(line.priority()),
            "message": covered(line.raw(), wrote(place, &line), cover),
            "cut": (line.cut() > 0).then(|| line.cut()),
            "cursor": line.cursor().map(|cursor| cursor.as_str().to_owned()),
        }),
    }
}

/// JSON in which everything beyond printable ASCII is an escape, so that a terminal that prints it can't be harmed.
pub(crate) fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7F}' {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    use super::*;
    use crate::domain::{EnvName, SiteName};
    use crate::port::export::ExportHost;
    use crate::port::log::{Cursor, LogEntry, Loss, LossKind};
    use crate::port::log_block::OpenBlock;

    pub(in crate::engine) fn export(format: ExportFormat) -> LogExport {
        let mut block = OpenBlock::default();
        block.line(&LogEntry {
            cursor: Cursor::new("s=1;i=2").unwrap(),
            at: Timestamp::UNIX_EPOCH,
            monotonic: 0,
            boot: 0,
            priority: 3,
            unit: UnitName::new("pakashop-backend.service"),
            identifier: Foreign::from("node"),
            pid: 7,
            message: Foreign::from("rejected\x1b]52;c;aGk=\x07 \u{202E}ß\n    at verify"),
            cut: 0,
        });
        let kind = LossKind::LinkLost(std::time::Duration::from_secs(14));
        block.loss(&Loss { at: Timestamp::UNIX_EPOCH, kind, lost: Some(0), cursor: None });
        let row = |number| ExportRow { at: Timestamp::UNIX_EPOCH, host: 0, number };
        LogExport {
            format,
            site: SiteName::new("pakashop").unwrap(),
            environment: EnvName::new("production").unwrap(),
            hosts: vec![ExportHost {
                name: HostName::new("app-1").unwrap(),
                blocks: vec![(5, Arc::new(block.seal()))],
            }],
            rows: vec![row(5), row(6)],
        }
    }

    #[test]
    fn text_is_sanitised_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [PathBuf::from("/proc/nowhere"), folder.path().to_path_buf()];
        let first = write(&export(ExportFormat::Plain), &folders, Timestamp::UNIX_EPOCH).unwrap();
        let second = write(&export(ExportFormat::Plain), &folders, Timestamp::UNIX_EPOCH).unwrap();
        assert!(first.path.plain().ends_with("/pakashop-production-19700101T000000Z.log"), "{first:?}");
        assert!(second.path.plain().ends_with("-2.log") && second.lines == 2);
        let path = folder.path().join("pakashop-production-19700101T000000Z.log");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(
            text,
            "1970-01-01T00:00:00.000000Z app-1 pakashop-backend.service error rejected‹osc52› ‹U+202E›ß\n\
             \x20   |     at verify\n\
             1970-01-01T00:00:00.000000Z app-1 --- 14 s without link, 0 lost ---\n"
        );
    }

    #[test]
    fn what_is_not_whole_has_not_the_name_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let export = export(ExportFormat::Plain);
        let (part, _file) = make(&export, folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(part, folder.path().join("pakashop-production-19700101T000000Z.log.part"));
        // One that was left behind is not written over, and what is whole takes no name of another.
        fs::write(folder.path().join("pakashop-production-19700101T000000Z.log"), "theirs").unwrap();
        let written = write(&export, &[folder.path().to_path_buf()], Timestamp::UNIX_EPOCH).unwrap();
        assert!(written.path.plain().ends_with("-2.log"), "{written:?}");
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(names.filter(|name| name.ends_with(".part")).count(), 1, "the one that was left behind");
    }

    #[test]
    fn json_is_whole_and_in_ascii() {
        let folder = tempfile::tempdir().unwrap();
        write(&export(ExportFormat::JsonLines), &[folder.path().to_path_buf()], Timestamp::UNIX_EPOCH).unwrap();
        let text = fs::read_to_string(folder.path().join("pakashop-production-19700101T000000Z.jsonl")).unwrap();
        assert!(text.bytes().all(|byte| byte == b'\n' || (0x20..0x7F).contains(&byte)), "{text}");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["message"], "rejected\x1b]52;c;aGk=\x07 \u{202E}ß\n    at verify");
        assert_eq!((&lines[0]["cursor"], &lines[1]["lost"]), (&json!("s=1;i=2"), &json!(0)));
    }

    #[test]
    fn f11_what_looks_like_a_secret_is_covered_and_told() {
        for (format, shown) in [
            (ExportFormat::Plain, "login password=[hidden]\n"),
            (ExportFormat::JsonLines, "\"message\":\"login password=[hidden]\""),
        ] {
            let mut export = export(format);
            let mut block = OpenBlock::default();
            // What acts on a terminal is not seen, and so parts no name.
            let message = "login pass\x1b[0mword=hunter2";
            block.line(&LogEntry {
                cursor: Cursor::new("s=1;i=2").unwrap(),
                at: Timestamp::UNIX_EPOCH,
                monotonic: 0,
                boot: 0,
                priority: 3,
                unit: None,
                identifier: Foreign::from("node"),
                pid: 7,
                message: Foreign::from(message),
                cut: 0,
            });
            export.hosts[0].blocks = vec![(5, Arc::new(block.seal()))];
            export.rows.truncate(1);
            let folder = tempfile::tempdir().unwrap();
            let written = write(&export, &[folder.path().to_path_buf()], Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(written.hidden, 1);
            let text = fs::read_to_string(PathBuf::from(written.path.plain())).unwrap();
            assert!(text.contains(shown) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn where_nothing_can_be_written_the_reason_is_said() {
        let error = write(&export(ExportFormat::Plain), &[PathBuf::from("/proc/nowhere")], Timestamp::UNIX_EPOCH);
        assert!(error.unwrap_err().contains("/proc/nowhere: "));
    }
}
