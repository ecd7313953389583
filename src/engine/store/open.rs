//! Opening: what lies there is looked at before it is trusted, and nothing is ever replaced without a word.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{FlockOperation, flock};

use super::error::Why;
use super::place::{self, beside};
use super::salvage::salvage;
use super::seen::{self, Seen};
use super::{head, schema};

/// How long somebody else may take to open it, who may have to mend it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long SQLite itself waits for another program; meanwhile nobody reads.
const BUSY: Duration = Duration::from_millis(50);
/// Up to this size everything is looked at, indexes too; a larger one is looked at more quickly.
const THOROUGH: u64 = 64 << 20;

/// A store that is open.
#[derive(Debug)]
pub(super) struct Db {
    pub connection: Connection,
    /// Its own name.
    pub id: String,
    /// Which file it is.
    pub identity: Option<(u64, u64)>,
}

/// Opens the store, makes it where there is none, mends it where it is damaged. What a person must know is pushed to
/// `told`, also when it fails.
pub(super) fn open(folder: &Path, file: &Path, told: &mut Vec<String>) -> Result<Db, Why> {
    told.extend(place::folder(folder)?);
    if let Some(network) = place::network(folder) {
        return Err(Why::Network(network));
    }
    place::room(folder)?;
    // One program at a time: two that find a damaged store must not both put it aside.
    let _held = hold(&beside(file, ".lock"))?;
    for end in ["", "-wal", "-shm", ".seen"] {
        told.extend(place::file(&beside(file, end))?);
    }
    let mut noted = seen::read(file);
    if !file.exists() {
        begin(file, noted.take().as_ref(), told)?;
    }
    let without_wal = beside(file, "-shm").exists() && !beside(file, "-wal").exists();
    let connection = match look(file, noted.as_ref()) {
        Ok(connection) => connection,
        Err(Why::Damaged(why)) => {
            mend(file, &why, noted.take().as_ref(), told)?;
            look(file, None)?
        }
        Err(why) => return Err(why),
    };
    let connection = prepare(connection, file, schema::VERSIONS, told)?;
    let (id, newest) = head(&connection)?;
    missing(file, noted, (&id, newest), without_wal, told);
    seen::write(file, &Seen { id: id.clone(), place: newest });
    Ok(Db { connection, id, identity: place::identity(file) })
}

/// Waits for the right to open.
fn hold(lock: &Path) -> Result<File, Why> {
    place::file(lock)?;
    let opened = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(lock);
    let held = opened.map_err(|error| Why::of_system(&error))?;
    let begun = Instant::now();
    while flock(&held, FlockOperation::NonBlockingLockExclusive).is_err() {
        if begun.elapsed() > PATIENCE {
            return Err(Why::Busy(PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(held)
}

/// Makes a store where there is none. It gets its name only when it is whole.
fn begin(file: &Path, noted: Option<&Seen>, told: &mut Vec<String>) -> Result<(), Why> {
    let stamp = stamp();
    for end in ["-wal", "-shm"] {
        let orphan = beside(file, end);
        if orphan.exists() {
            let aside = beside(file, &format!(".orphan-{stamp}{end}"));
            fs::rename(&orphan, &aside).map_err(|error| Why::of_system(&error))?;
            told.push(format!("{} lay there without its store: it is {} now.", orphan.display(), aside.display()));
        }
    }
    if let Some(noted) = noted.filter(|noted| noted.place > 0) {
        told.push(format!(
            "The store is gone: {} held {} records and was removed by somebody. A new one was begun; put the old one \
             back from a backup, if there is one, while no qd runs.",
            file.display(),
            noted.place
        ));
    }
    let made = fresh(file)?;
    drop(made.connection);
    finish(&made.path, file)
}

/// A new store under a passing name.
pub(super) struct Fresh {
    pub connection: Connection,
    pub path: PathBuf,
}

/// Makes an empty store beside the place where it will be.
pub(super) fn fresh(file: &Path) -> Result<Fresh, Why> {
    let path = beside(file, ".new");
    for end in ["", "-wal", "-shm", "-journal"] {
        // What a program that was killed here has left.
        let _ = fs::remove_file(beside(&path, end));
    }
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
    made.map_err(|error| Why::of_system(&error))?;
    let mut connection = Connection::open(&path)?;
    schema::migrate(&mut connection, schema::VERSIONS)?;
    Ok(Fresh { connection, path })
}

/// Gives a store that was made its own name.
pub(super) fn finish(made: &Path, file: &Path) -> Result<(), Why> {
    let on_disk = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    on_disk(made)
        .and_then(|()| fs::rename(made, file))
        .and_then(|()| file.parent().map_or(Ok(()), on_disk))
        .map_err(|error| Why::of_system(&error))
}

/// Opens what lies there and looks whether it is whole. Nothing is written to it meanwhile.
fn look(file: &Path, noted: Option<&Seen>) -> Result<Connection, Why> {
    let size = fs::metadata(file).map_err(|error| Why::of_system(&error))?.len();
    if size == 0 {
        return Err(Why::Damaged("it is empty".to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    // What is wrong in a -wal must not get into the store by our looking.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.busy_timeout(PATIENCE)?;
    if connection.is_readonly("main")? {
        return Err(Why::ReadOnly);
    }
    let found = schema::version(&connection)?;
    if found > schema::NEWEST {
        return Err(Why::Newer { found, known: schema::NEWEST });
    }
    if found < 1 {
        return Err(Why::Damaged("it has none of the tables of a store".to_owned()));
    }
    let way = if size <= THOROUGH { "integrity_check" } else { "quick_check" };
    let said: String = connection.query_row(&format!("PRAGMA {way}(1)"), [], |row| row.get(0))?;
    if said != "ok" {
        return Err(Why::Damaged(said.replace('\n', " ")));
    }
    let (id, _) = head(&connection)?;
    if let Some(noted) = noted
        && noted.id != id
        && alone(file).is_some_and(|alone| alone == noted.id)
    {
        return Err(Why::Damaged("its -wal belongs to another store".to_owned()));
    }
    Ok(connection)
}

/// The name of a store without what its -wal says.
fn alone(file: &Path) -> Option<String> {
    let connection = immutable(file).ok()?;
    head(&connection).ok().map(|(id, _)| id)
}

/// Opens a file as it stands, without its -wal and without locks.
pub(super) fn immutable(file: &Path) -> rusqlite::Result<Connection> {
    let mut url = String::from("file:");
    for byte in file.as_os_str().as_encoded_bytes() {
        url.push_str(&if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02x}")
        });
    }
    url.push_str("?immutable=1");
    Connection::open_with_flags(
        url,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

/// Puts a damaged store aside and makes a new one of what can be read.
fn mend(file: &Path, why: &str, noted: Option<&Seen>, told: &mut Vec<String>) -> Result<(), Why> {
    let aside = beside(file, &format!(".damaged-{}", stamp()));
    for end in ["-wal", "-shm", ""] {
        let (from, to) = (beside(file, end), beside(&aside, end));
        // What SQLite made while it was looked at says nothing.
        let says = fs::metadata(&from).is_ok_and(|found| end != "-shm" && (end.is_empty() || found.len() > 0));
        let done = if says { fs::rename(&from, &to) } else { fs::remove_file(&from) };
        done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
            .map_err(|error| Why::of_system(&error))?;
    }
    let mut made = fresh(file)?;
    let kept = salvage(&aside, noted, &mut made)?;
    drop(made.connection);
    finish(&made.path, file)?;
    tracing::error!(why, aside = %aside.display(), "the store was damaged");
    told.push(format!(
        "The store was damaged ({why}). It was put aside as {}; {} runs and {} records could be read and are kept, what \
         is missing is missing. Keep that file if you need it.",
        aside.display(),
        kept.runs,
        kept.records
    ));
    Ok(())
}

/// Brings a store that is whole to the newest schema, with a backup before, and lets it work as it shall.
fn prepare(
    mut connection: Connection,
    file: &Path,
    versions: &[&str],
    told: &mut Vec<String>,
) -> Result<Connection, Why> {
    let version = schema::version(&connection)?;
    let newest = i64::try_from(versions.len()).unwrap_or(i64::MAX);
    if version < newest {
        let backup = beside(file, &format!(".before-{newest}-{}", stamp()));
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&backup);
        made.map_err(|error| Why::of_system(&error))?;
        connection.backup("main", &backup, rusqlite::backup::NO_PROGRESS)?;
        schema::migrate(&mut connection, versions)?;
        told.push(format!(
            "The store was brought from schema {version} to {newest}; as it was before it is kept as {}.",
            backup.display()
        ));
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// Tells what was acknowledged and is not there.
fn missing(file: &Path, noted: Option<Seen>, (id, newest): (&str, i64), without_wal: bool, told: &mut Vec<String>) {
    let shown = file.display();
    match noted {
        Some(noted) if noted.id != id => {
            told.push(format!("Another store lies at {shown} than when qd ran last: what that one held is not in it."));
        }
        Some(noted) if noted.id == id && noted.place > newest => told.push(format!(
            "{} records are missing from {shown}: its -wal was removed, or an older copy was put in its place.",
            noted.place - newest
        )),
        Some(_) | None if without_wal => {
            told.push(format!("{shown}-wal was removed while it was needed: the newest records may be missing."));
        }
        Some(_) | None => {}
    }
}

fn stamp() -> String {
    Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%dT%H%M%S%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn g10_a_backup_is_made_before_a_migration() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.sqlite");
        let db = open(folder.path(), &file, &mut Vec::new()).unwrap();
        // Still in the -wal: a copy of the file alone would not have it.
        db.connection.execute("UPDATE head SET commits = 41", []).unwrap();
        let versions = [schema::VERSIONS, &["UPDATE head SET commits = 0;"]].concat();
        let mut told = Vec::new();
        let newer = prepare(db.connection, &file, &versions, &mut told).unwrap();
        assert_eq!(schema::version(&newer).unwrap(), schema::NEWEST + 1);
        let backup = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let backup = backup.into_iter().find(|path| path.to_string_lossy().contains(".before-")).unwrap();
        assert!(told[0].contains(&backup.display().to_string()), "{told:?}");
        assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
        let before = immutable(&backup).unwrap();
        let commits: i64 = before.query_row("SELECT commits FROM head", [], |row| row.get(0)).unwrap();
        assert_eq!((commits, schema::version(&before).unwrap()), (41, schema::NEWEST));
    }
}
