//! The one thread that has the store open: it writes in order, waits for other programs, and reads meanwhile.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::error::{StoreError, Why};
use super::session::{self, Session};
use super::sqlite::FILE;
use super::{RunsWish, read, schema, write};
use crate::domain::run::{RunState, RunStep};
use crate::domain::{Run, RunId};
use crate::port::act::StoreState;

/// Writes that wait for another program. When there are so many, no more orders are taken: whoever asks waits.
const WAITING: usize = 64;
/// How long a write waits for another program.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long SQLite itself waits; meanwhile nobody reads.
const BUSY: Duration = Duration::from_millis(50);
/// Between two attempts to write while another program does.
const AGAIN: Duration = Duration::from_millis(10);

/// What is asked.
#[derive(Debug)]
pub(super) enum Ask {
    Begin(Box<Run>),
    Step(RunId, usize, Box<RunStep>),
    End(RunId, RunState, Timestamp),
    Abandoned(Timestamp),
    Runs(RunsWish),
    Find(String),
}

impl Ask {
    /// What it is, at the beginning of a sentence.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Ask::Begin(_) => "recording a run",
            Ask::Step(..) => "recording a step",
            Ask::End(..) => "recording the end of a run",
            Ask::Abandoned(_) => "settling runs of programs that died",
            Ask::Runs(_) | Ask::Find(_) => "reading runs",
        }
    }

    fn writes(&self) -> bool {
        match self {
            Ask::Begin(_) | Ask::Step(..) | Ask::End(..) | Ask::Abandoned(_) => true,
            Ask::Runs(_) | Ask::Find(_) => false,
        }
    }
}

/// A question with the place for its answer.
#[derive(Debug)]
pub(super) struct Order {
    pub ask: Ask,
    pub reply: oneshot::Sender<Result<Vec<Run>, StoreError>>,
}

/// The thread.
pub(super) struct Worker {
    folder: PathBuf,
    file: PathBuf,
    say: watch::Sender<StoreState>,
    _tell: watch::Sender<Vec<String>>,
    connection: Result<Connection, Why>,
    session: Option<Session>,
    waiting: VecDeque<(Order, Instant)>,
}

impl Worker {
    pub(super) fn new(folder: PathBuf, say: watch::Sender<StoreState>, tell: watch::Sender<Vec<String>>) -> Self {
        let file = folder.join(FILE);
        let waiting = VecDeque::new();
        Self { folder, file, say, _tell: tell, connection: Err(Why::Gone), session: None, waiting }
    }

    /// Works until nobody can ask any more.
    pub(super) fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, "the thread of the store has no clock");
                return;
            }
        };
        runtime.block_on(async {
            self.open();
            loop {
                let room = self.waiting.len() < WAITING;
                tokio::select! {
                    biased;
                    order = orders.recv(), if room => match order {
                        Some(order) => self.take(order),
                        None if self.waiting.is_empty() => break,
                        None => { self.retry(); tokio::time::sleep(AGAIN).await; }
                    },
                    () = tokio::time::sleep(AGAIN), if !self.waiting.is_empty() => self.retry(),
                }
            }
        });
    }

    fn open(&mut self) {
        self.connection = open(&self.folder, &self.file);
        let state = match &self.connection {
            Ok(_) => StoreState::Writable,
            Err(why) => StoreState::ReadOnly(why.clone().while_doing("opening the store", &self.file).to_string()),
        };
        self.say.send_replace(state);
    }

    fn take(&mut self, order: Order) {
        if order.ask.writes() {
            self.waiting.push_back((order, Instant::now()));
            self.retry();
        } else {
            let answer = self.read(&order.ask);
            self.answer(order, answer);
        }
    }

    /// Writes what waits, in its order, until another program is in the way.
    fn retry(&mut self) {
        while let Some((order, since)) = self.waiting.pop_front() {
            match self.write(&order.ask) {
                Err(Why::Busy(_)) if since.elapsed() < PATIENCE => {
                    self.waiting.push_front((order, since));
                    return;
                }
                Err(Why::Busy(_)) => self.answer(order, Err(Why::Busy(PATIENCE.as_secs()))),
                answer => self.answer(order, answer),
            }
        }
    }

    fn answer(&mut self, order: Order, answer: Result<Vec<Run>, Why>) {
        let what = order.ask.what();
        let answer = answer.map_err(|why| why.while_doing(what, &self.file));
        // Whoever asked may have gone.
        let _ = order.reply.send(answer);
    }

    fn read(&self, ask: &Ask) -> Result<Vec<Run>, Why> {
        let connection = self.connection.as_ref().map_err(Clone::clone)?;
        match ask {
            Ask::Runs(wish) => read::runs(connection, wish),
            Ask::Find(word) => read::find(connection, word),
            Ask::Begin(_) | Ask::Step(..) | Ask::End(..) | Ask::Abandoned(_) => Ok(Vec::new()),
        }
    }

    fn write(&mut self, ask: &Ask) -> Result<Vec<Run>, Why> {
        let sessions = self.folder.join("sessions");
        if matches!(ask, Ask::Begin(_)) && self.session.is_none() {
            self.session = Some(Session::begin(&sessions).map_err(|error| Why::of_system(&error))?);
        }
        let own = self.session.as_ref().map(Session::name).unwrap_or_default();
        let connection = self.connection.as_mut().map_err(|why| why.clone())?;
        let done = write::writing(connection, |to| match ask {
            Ask::Begin(run) => write::begin(to, own, run).map(|()| Vec::new()),
            Ask::Step(run, number, step) => write::step(to, run, *number, step).map(|()| Vec::new()),
            Ask::End(run, state, at) => write::end(to, run, *state, *at).map(|()| Vec::new()),
            Ask::Abandoned(now) => write::abandoned(to, *now, |name| name == own || session::is_alive(&sessions, name)),
            Ask::Runs(_) | Ask::Find(_) => Ok(Vec::new()),
        })?;
        if matches!(ask, Ask::Abandoned(_)) {
            let named: Vec<String> = read::running(connection)?.into_iter().map(|(_, session)| session).collect();
            session::clean(&sessions, &named);
        }
        Ok(done)
    }
}

fn open(folder: &std::path::Path, file: &std::path::Path) -> Result<Connection, Why> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| Why::of_system(&error))?;
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    let found = schema::version(&connection)?;
    if found > schema::NEWEST {
        return Err(Why::Newer { found, known: schema::NEWEST });
    }
    schema::migrate(&mut connection)?;
    Ok(connection)
}
