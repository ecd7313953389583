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
use super::form::{RunForm, StepForm};
use super::open::{Fresh, immutable};
use super::place::beside;
use super::read::head;
use super::seen::Seen;
use crate::domain::run::RunState;

/// What could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub runs: i64,
    pub records: i64,
}

const TABLES: [&str; 3] = ["runs", "steps", "records"];
/// Bytes of a page: the size that every store has.
const PAGE: usize = 4096;
/// Places behind a page that can't be read where reading is tried again, each twice as far as the one before.
const JUMPS: u32 = 24;

/// Puts what can be read of `damaged` into a new store. The damaged file stays as it is.
pub(super) fn salvage(damaged: &Path, noted: Option<&Seen>, to: &mut Fresh) -> Result<Kept, Why> {
    let copy = beside(&to.path, ".from");
    let wal = beside(damaged, "-wal");
    for way in [Way::Whole, Way::NewFirstPageAndWal, Way::Alone, Way::NewFirstPage] {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&copy, end));
        }
        let opened = way.open(damaged, &wal, &copy, &to.path);
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

    fn open(self, damaged: &Path, wal: &Path, copy: &Path, new: &Path) -> Result<Connection, Why> {
        let duplicate = |from: &Path, to: &Path| fs::copy(from, to).map_err(|error| Why::of_system(&error));
        duplicate(damaged, copy)?;
        match self {
            Way::Whole | Way::Alone => {}
            Way::NewFirstPageAndWal | Way::NewFirstPage => {
                new_first_page(copy, new, self.takes_wal()).map_err(|error| Why::of_system(&error))?;
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

fn new_first_page(copy: &Path, new: &Path, with_wal: bool) -> std::io::Result<()> {
    let mut page = [0; PAGE];
    fs::File::open(new)?.read_exact_at(&mut page, 0)?;
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
    let marks = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    let mut insert = to.prepare(&format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"))?;
    let mut taken = 0;
    let mut rows_from = |order: &str, above: i64| -> Result<Option<i64>, Option<i64>> {
        let sql = format!("SELECT {columns} FROM {table} NOT INDEXED WHERE place > ? ORDER BY place {order}");
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

/// Makes runs and steps that their tables have lost from what the records say of them.
fn anew(to: &Connection) -> Result<(), Why> {
    let mut firsts = to.prepare("SELECT said FROM records WHERE number IS NULL AND said <> '{}' ORDER BY place")?;
    let texts: Vec<String> = firsts.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for form in texts.iter().filter_map(|text| serde_json::from_str::<RunForm>(text).ok()) {
        let end: Option<(String, String)> = to
            .query_row(
                "SELECT state, at FROM records WHERE run = ? AND number IS NULL AND said = '{}' ORDER BY place DESC",
                [&form.id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .ok();
        let (state, ended) = end.map_or((RunState::Running.word().to_owned(), None), |(state, at)| (state, Some(at)));
        to.execute(
            // No program has this session: whatever goes on in it is settled by whoever looks first.
            "INSERT OR IGNORE INTO runs (id, site, environment, person, workstation, session, kind, title, confirmed,
             begun, ended, state) VALUES (?, ?, ?, ?, ?, 'lost', ?, ?, ?, ?, ?, ?)",
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
                ended,
                state
            ],
        )?;
        for (number, first) in (0i64..).zip(&form.steps) {
            let newest: Option<String> = to
                .query_row(
                    "SELECT said FROM records WHERE run = ? AND number = ? ORDER BY place DESC",
                    params![form.id, number],
                    |row| row.get(0),
                )
                .ok();
            let newest = newest.and_then(|text| serde_json::from_str::<StepForm>(&text).ok());
            let step = newest.as_ref().unwrap_or(first);
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
    Ok(())
}
