//! What can be read of a damaged store, read from every side and put into a new one.
//!
//! The file is read as it stands, without its `-wal`, and with a first page like that of a new store, on which the
//! header and the list of tables stand. Rows that a table has lost are made anew from the records, which hold
//! everything that was ever written of a run.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params, params_from_iter};

use super::error::Why;
use super::form::{DocumentForm, NoteForm, RunForm, StepForm};
use super::open::{Fresh, immutable};
use super::place::beside;
use super::read::head;
use super::seen::Seen;

/// What could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub runs: i64,
    pub records: i64,
}

const TABLES: [&str; 10] =
    ["runs", "steps", "records", "documents", "outputs", "printed", "inputs", "releases", "followed", "keepsakes"];
/// Bytes of a page: the size that every store has.
const PAGE: usize = 4096;
/// Places behind a page that can't be read where reading is tried again, each twice as far as the one before.
const JUMPS: u32 = 24;

/// Puts what can be read of `damaged` into a new store. The damaged file stays as it is.
pub(super) fn salvage(damaged: &Path, noted: Option<&Seen>, to: &mut Fresh) -> Result<Kept, Why> {
    let copy = beside(&to.path, ".from");
    let wal = beside(damaged, "-wal");
    let first = first_page(&to.connection, &beside(&to.path, ".first"))?;
    for way in [Way::Whole, Way::NewFirstPageAndWal, Way::Alone, Way::NewFirstPage] {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&copy, end));
        }
        let opened = way.open(damaged, &wal, &copy, &first);
        // What a -wal of another store would put over the pages of this one is not true of it.
        let own = |from: &Connection| noted.is_none_or(|noted| head(from).is_ok_and(|(id, _)| id == noted.id));
        if let Ok(from) = opened
            && (!way.takes_wal() || !wal.exists() || own(&from))
        {
            to.connection.execute_batch("BEGIN")?;
            for table in TABLES {
                // What one way can't read, another may.
                let read = take(&from, &to.connection, table);
                tracing::info!(?way, table, ?read, "salvaged");
            }
            to.connection.execute_batch("COMMIT")?;
        }
    }
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(&copy, end));
    }
    to.connection.execute_batch("BEGIN")?;
    anew(&to.connection)?;
    to.connection.execute_batch("COMMIT")?;
    let count = |table| to.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    Ok(Kept { runs: count("runs")?, records: count("records")? })
}

/// A way to read a damaged store.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// With its -wal.
    Whole,
    /// With its -wal and the first page of a new store.
    NewFirstPageAndWal,
    /// Without its -wal.
    Alone,
    /// Without it, and with the first page of a new store.
    NewFirstPage,
}

impl Way {
    fn takes_wal(self) -> bool {
        match self {
            Way::Whole | Way::NewFirstPageAndWal => true,
            Way::Alone | Way::NewFirstPage => false,
        }
    }

    fn open(self, damaged: &Path, wal: &Path, copy: &Path, first: &[u8; PAGE]) -> Result<Connection, Why> {
        let duplicate = |from: &Path, to: &Path| fs::copy(from, to).map_err(|error| Why::of_system(&error));
        duplicate(damaged, copy)?;
        match self {
            Way::Whole | Way::Alone => {}
            Way::NewFirstPageAndWal | Way::NewFirstPage => {
                new_first_page(copy, first, self.takes_wal()).map_err(|error| Why::of_system(&error))?;
            }
        }
        if !self.takes_wal() {
            return Ok(immutable(copy)?);
        }
        if wal.exists() {
            duplicate(wal, &beside(copy, "-wal"))?;
        }
        Ok(Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
    }
}

/// A first page that names the tables, where a new store has them. The list of a whole store, with its indexes and
/// rules, takes several pages, of which any may be the damaged one: this one fits.
fn first_page(new: &Connection, at: &Path) -> Result<[u8; PAGE], Why> {
    let _ = fs::remove_file(at);
    let template = Connection::open(at)?;
    template.execute_batch("PRAGMA page_size = 4096; PRAGMA writable_schema = ON;")?;
    for table in ["head"].iter().chain(&TABLES) {
        let root: i64 =
            new.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table], |row| row.get(0))?;
        let mut query = new.prepare(&format!("SELECT name, pk, dflt_value FROM pragma_table_info('{table}')"))?;
        let columns = query.query_map([], |row| {
            let (name, key, default): (String, bool, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let default = default.map(|value| format!(" DEFAULT {value}")).unwrap_or_default();
            Ok(if key { format!("{name} INTEGER PRIMARY KEY") } else { format!("{name}{default}") })
        })?;
        let columns: Vec<String> = columns.collect::<rusqlite::Result<_>>()?;
        template.execute(
            "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('table', ?1, ?1, ?2, ?3)",
            params![table, root, format!("CREATE TABLE {table} ({})", columns.join(", "))],
        )?;
    }
    drop(template);
    let mut page = [0; PAGE];
    let read = fs::File::open(at).and_then(|file| file.read_exact_at(&mut page, 0));
    let _ = fs::remove_file(at);
    read.map_err(|error| Why::of_system(&error))?;
    Ok(page)
}

fn new_first_page(copy: &Path, first: &[u8; PAGE], with_wal: bool) -> std::io::Result<()> {
    let mut page = *first;
    let file = fs::OpenOptions::new().write(true).open(copy)?;
    let pages = u32::try_from(file.metadata()?.len().div_ceil(PAGE as u64)).unwrap_or(u32::MAX);
    // The size in pages, and an empty list of free ones.
    page[28..32].copy_from_slice(&pages.to_be_bytes());
    page[32..40].fill(0);
    // The way of writing: 2 looks for a -wal.
    page[18..20].fill(if with_wal { 2 } else { 1 });
    file.write_all_at(&page, 0)
}

/// Copies the rows of a table that can be read: from the front, behind gaps, and from the back.
fn take(from: &Connection, to: &Connection, table: &str) -> Result<usize, Why> {
    let columns: Vec<String> = {
        let mut query = to.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
        query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    // One of an older schema has fewer; where its list of columns can't be read, those of the new one stand before it.
    let had = from.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).and_then(|mut query| {
        query.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    });
    let had = had.unwrap_or_default();
    let columns: Vec<String> = columns.into_iter().filter(|name| had.is_empty() || had.contains(name)).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    let mut insert = to.prepare(&format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"))?;
    // A step whose text ends in a page that is gone is none: its records tell it whole.
    let is_whole = if table == "steps" { "AND json_valid(step)" } else { "" };
    let mut taken = 0;
    let mut rows_from = |order: &str, above: i64| -> Result<Option<i64>, Option<i64>> {
        let sql =
            format!("SELECT {columns} FROM {table} NOT INDEXED WHERE place > ? {is_whole} ORDER BY place {order}");
        let mut query = from.prepare(&sql).map_err(|_| None)?;
        let width = query.column_count();
        let mut rows = query.query([above]).map_err(|_| None)?;
        let mut last = None;
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let values: Result<Vec<Value>, _> = (0..width).map(|column| row.get(column)).collect();
                    let Ok(values) = values else { continue };
                    if let Some(Value::Integer(place)) = values.first() {
                        last = Some(*place);
                    }
                    // A row that breaks a rule of the table is none that was written.
                    taken += insert.execute(params_from_iter(values)).unwrap_or(0);
                }
                Ok(None) => return Ok(last),
                Err(_) => return Err(last),
            }
        }
    };
    let (mut above, mut jump) = (0i64, 0);
    while let Err(reached) = rows_from("ASC", above) {
        match reached {
            Some(place) => (above, jump) = (place, 0),
            None if jump < JUMPS => {}
            None => break,
        }
        above = above.saturating_add(1 << jump);
        jump += 1;
    }
    let _ = rows_from("DESC", 0);
    Ok(taken)
}

/// Makes what the tables have lost anew: runs and steps from what the records say of them, the figures of outputs from
/// the outputs.
fn anew(to: &Connection) -> Result<(), Why> {
    let mut query = to.prepare("SELECT run FROM records GROUP BY run ORDER BY min(place)")?;
    let ids: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for id in ids {
        let Some(Told { form, token, owner }) = told(to, &id)? else { continue };
        let json = |form: &DocumentForm| serde_json::to_string(form).map_err(|error| Why::Io(error.to_string()));
        to.execute(
            // No program has this session: whatever goes on in it is settled by whoever looks first.
            "INSERT OR IGNORE INTO runs (id, site, environment, person, workstation, session, kind, title, confirmed,
             begun, ended, state, document, procedure, token, owner, owner_at)
             VALUES (?, ?, ?, ?, ?, 'lost', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                form.id,
                form.site,
                form.environment,
                form.person,
                form.workstation,
                form.kind,
                form.title,
                form.confirmed,
                form.begun,
                form.ended,
                form.state,
                form.document.as_ref().map(json).transpose()?,
                form.document.as_ref().map(DocumentForm::name),
                i64::try_from(token).unwrap_or(i64::MAX),
                owner.as_ref().map(|owner| &owner.0),
                owner.as_ref().map(|owner| &owner.1)
            ],
        )?;
        for (number, step) in (0i64..).zip(&form.steps) {
            let text = serde_json::to_string(step).map_err(|error| Why::Io(error.to_string()))?;
            to.execute(
                "INSERT OR IGNORE INTO steps (run, number, site, environment, person, host, service, unit, state, step)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    form.id,
                    number,
                    form.site,
                    form.environment,
                    form.person,
                    step.host,
                    step.service,
                    step.unit,
                    step.state,
                    text
                ],
            )?;
        }
    }
    to.execute_batch(
        "INSERT OR IGNORE INTO printed (run, number, attempt, error, kept, reached)
         SELECT run, number, attempt, error, sum(length(bytes)), max(at + length(bytes)) FROM outputs
         GROUP BY run, number, attempt, error",
    )?;
    Ok(())
}

/// What the records say of a run.
struct Told {
    form: RunForm,
    token: u64,
    owner: Option<(String, String)>,
}

/// A run as its records leave it, one after the other.
fn told(from: &Connection, id: &str) -> Result<Option<Told>, Why> {
    let mut query = from.prepare_cached(
        "SELECT number, state, at, said, person, workstation FROM records WHERE run = ? ORDER BY place",
    )?;
    let mut rows = query.query([id])?;
    let mut told: Option<Told> = None;
    while let Some(row) = rows.next()? {
        let (number, said): (Option<i64>, String) = (row.get(0)?, row.get(3)?);
        if number.is_none()
            && let Ok(form) = serde_json::from_str::<RunForm>(&said)
        {
            let (token, owner) = told.map_or((1, None), |told| (told.token, told.owner));
            told = Some(Told { form, token, owner });
            continue;
        }
        let Some(Told { form, token, owner }) = &mut told else { continue };
        let place = number.and_then(|number| usize::try_from(number).ok());
        if let Some(step) = place.and_then(|place| form.steps.get_mut(place)) {
            *step = serde_json::from_str(&said).unwrap_or_else(|_| step.clone());
        } else if place == Some(form.steps.len()) {
            // One that was chosen later.
            form.steps.extend(serde_json::from_str::<StepForm>(&said).ok());
        } else if said == "{}" {
            (form.state, form.ended) = (row.get(1)?, Some(row.get(2)?));
        } else if let Ok(note) = serde_json::from_str::<NoteForm>(&said) {
            if let Some(taken) = note.taken {
                (*token, *owner) = (taken, Some((row.get(4)?, row.get(5)?)));
            }
            if let (Some(given), Some(document)) = (note.given, &mut form.document) {
                document.merge(given);
            }
            if let (Some(decided), Some(document)) = (note.decided, &mut form.document) {
                document.decide(decided);
            }
        }
    }
    Ok(told)
}
