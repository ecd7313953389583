//! The one thread that has the store open: it writes in order, waits for other programs, and reads meanwhile.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::ask::{Ask, Order, Reply};
use super::error::Why;
use super::open::Db;
use super::place;
use super::seen::{self, Seen};
use super::session::{self, Session};
use super::sqlite::FILE;
use super::view::View;
use super::{adopt, document, head, keepsake, output, past, read, release, write};
use crate::port::act::StoreState;

/// Writes that wait for another program. When there are so many, no more orders are taken: whoever asks waits.
const WAITING: usize = 64;
/// How long a write waits for another program.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether there is room to write: somebody who waits for a disk that is full again is told
/// within two seconds.
const LOOK: Duration = Duration::from_secs(1);
/// What can't be done while it takes no records.
const RECORDING: &str = "recording what is done";
/// Between two attempts to write while another program does.
const AGAIN: Duration = Duration::from_millis(10);

/// The thread.
pub(super) struct Worker {
    folder: PathBuf,
    file: PathBuf,
    say: watch::Sender<StoreState>,
    tell: watch::Sender<Vec<String>>,
    db: Option<Db>,
    /// What can be read while it can't be opened.
    view: Option<View>,
    /// What stands in the way of recording.
    blocked: Option<Why>,
    session: Option<Session>,
    waiting: VecDeque<(Order, Instant)>,
}

impl Worker {
    pub(super) fn new(folder: PathBuf, say: watch::Sender<StoreState>, tell: watch::Sender<Vec<String>>) -> Self {
        let file = folder.join(FILE);
        let waiting = VecDeque::new();
        Self { folder, file, say, tell, db: None, view: None, blocked: Some(Why::Gone), session: None, waiting }
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
            let mut looks = tokio::time::interval(LOOK);
            looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut wanted = true;
            while wanted || !self.waiting.is_empty() {
                let room = self.waiting.len() < WAITING;
                tokio::select! {
                    order = orders.recv(), if wanted && room => match order {
                        Some(order) => self.take(order),
                        None => wanted = false,
                    },
                    () = tokio::time::sleep(AGAIN), if !self.waiting.is_empty() => self.retry(),
                    _ = looks.tick() => self.look(),
                }
            }
        });
        // Nobody writes here any more: the runs are free before the store is closed, so that whoever sees it closed can
        // take them over.
        self.session = None;
    }

    /// Opens it, and says how it stands then.
    fn open(&mut self) {
        // Its file may not be open twice in one program: closing one would let go of the locks of the other.
        (self.db, self.view) = (None, None);
        let mut told = Vec::new();
        match super::open::open(&self.folder, &self.file, &mut told) {
            Ok(db) => (self.db, self.blocked) = (Some(db), None),
            Err(why) => {
                match super::view::open(&self.file, &why) {
                    Ok(view) => self.view = Some(view),
                    Err(error) if error != why => tracing::warn!(%error, "the store can't even be read"),
                    Err(_) => {}
                }
                self.blocked = Some(why);
            }
        }
        for sentence in told {
            tracing::warn!("{sentence}");
            self.tell.send_modify(|told| told.push(sentence));
        }
        self.say();
    }

    /// Says how it stands, where that is new.
    fn say(&self) {
        let state = match &self.blocked {
            None => StoreState::Writable,
            Some(why) => StoreState::ReadOnly(why.clone().while_doing(RECORDING, &self.file).to_string()),
        };
        self.say.send_if_modified(|said| {
            let new = *said != state;
            if new {
                tracing::info!(?state, "store");
                *said = state;
            }
            new
        });
    }

    /// Every second: whether it can be written now, and is still the file that was opened.
    fn look(&mut self) {
        let moved = self.db.as_ref().is_some_and(|db| place::identity(&self.file) != db.identity);
        if moved {
            let shown = self.file.display();
            let sentence = format!("{shown} was moved or removed while qd had it open; it is opened anew.");
            self.tell.send_modify(|told| told.push(sentence));
        }
        if self.db.is_none() || moved {
            return self.open();
        }
        let room = place::room(&self.folder);
        self.blocked = match (self.blocked.take(), room) {
            (_, Err(why)) => Some(why),
            (None, Ok(())) => None,
            // It was in the way of a write: only another one tells whether it still is.
            (Some(before), Ok(())) => match self.attempt(|_| Ok(())) {
                Ok(()) => None,
                Err(Why::Busy(_)) => Some(before),
                Err(why) => Some(why),
            },
        };
        if matches!(self.blocked, Some(Why::Damaged(_))) {
            return self.open();
        }
        self.say();
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

    fn answer(&mut self, order: Order, answer: Result<Reply, Why>) {
        let what = order.ask.what();
        if let Err(why) = &answer
            && why.blocks()
            && self.blocked.is_none()
        {
            self.blocked = Some(why.clone());
            self.say();
        }
        let answer = answer.map_err(|why| why.while_doing(what, &self.file));
        // Whoever asked may have gone.
        let _ = order.reply.send(answer);
    }

    fn read(&self, ask: &Ask) -> Result<Reply, Why> {
        let why = || self.blocked.clone().unwrap_or(Why::Gone);
        let view = self.view.as_ref().map(|view| &view.connection);
        let from = self.db.as_ref().map(|db| &db.connection).or(view).ok_or_else(why)?;
        match ask {
            Ask::Runs(wish) => read::runs(from, wish).map(Reply::Runs),
            Ask::Find(word) => read::find(from, word).map(Reply::Runs),
            Ask::Resumable(wish) => read::resumable(from, wish, |name| self.is_alive(name)).map(Reply::Runs),
            Ask::Document(digest) => document::read(from, digest).map(Reply::Document),
            Ask::Outputs(run, most) => output::read(from, run, *most).map(Reply::Outputs),
            Ask::Past(wish) => past::read(from, wish).map(Reply::Past),
            Ask::Records(run) => read::records(from, run).map(Reply::Records),
            Ask::Releases(site, environment) => release::read(from, site, environment).map(Reply::Releases),
            Ask::Keepsakes(site) => keepsake::read(from, site).map(Reply::Keepsakes),
            Ask::Begin(_) | Ask::Step(..) | Ask::End(..) | Ask::Abandoned(_) | Ask::Adopt(..) => Ok(Reply::Done),
            Ask::Keep(..) | Ask::Remove(..) => Ok(Reply::Done),
            Ask::LetGo(_) | Ask::TakeIn(..) | Ask::Give(..) | Ask::Decide(..) => Ok(Reply::Done),
            Ask::KeepDocument(..) | Ask::Print(..) | Ask::Notice(..) | Ask::Examine(..) | Ask::Follow(..) => {
                Ok(Reply::Done)
            }
        }
    }

    /// The name of our session; empty while we have none.
    fn own(&self) -> String {
        self.session.as_ref().map(|session| session.name().to_owned()).unwrap_or_default()
    }

    fn is_alive(&self, name: &str) -> bool {
        let own = self.session.as_ref().is_some_and(|session| session.name() == name);
        own || session::is_alive(&self.sessions(), name)
    }

    fn sessions(&self) -> PathBuf {
        self.folder.join("sessions")
    }

    fn write(&mut self, ask: &Ask) -> Result<Reply, Why> {
        if let Some(why) = self.blocked.as_ref().filter(|_| ask.begins() || self.db.is_none()) {
            return Err(why.clone());
        }
        // What was written to a file that has lost its name would be lost with it.
        if self.db.as_ref().is_some_and(|db| place::identity(&self.file) != db.identity) {
            self.look();
            if let Some(why) = &self.blocked {
                return Err(why.clone());
            }
        }
        let sessions = self.sessions();
        if ask.lives() && self.session.is_none() {
            self.session = Some(Session::begin(&sessions).map_err(|error| Why::of_system(&error))?);
        }
        let own = self.own();
        let lives = |name: &str| name == own || session::is_alive(&sessions, name);
        let done = self.attempt(|to| match ask {
            Ask::Begin(run) => write::begin(to, &own, run).map(|()| Reply::Done),
            Ask::Step(run, number, step) => {
                adopt::fence(to, run, &own)?;
                write::step(to, run, *number, step).map(|()| Reply::Done)
            }
            Ask::End(run, state, at, release) => {
                adopt::fence(to, run, &own)?;
                if let Some(release) = release {
                    release::keep(to, release)?;
                }
                write::end(to, run, *state, *at).map(|()| Reply::Done)
            }
            Ask::Examine((site, environment), run, examined) => {
                release::examine(to, (site, environment), run, examined).map(|()| Reply::Done)
            }
            Ask::Follow((site, environment), said) => {
                release::follow(to, (site, environment), said).map(|()| Reply::Done)
            }
            Ask::Abandoned(now) => write::abandoned(to, *now, lives).map(Reply::Runs),
            Ask::Adopt(run, who, now) => {
                adopt::adopt(to, &own, run, who, *now, lives).map(|adopted| Reply::Adopted(Box::new(adopted)))
            }
            Ask::LetGo(run) => adopt::let_go(to, &own, run).map(|()| Reply::Done),
            Ask::TakeIn(adopted, who, ours, now) => {
                adopt::take_in(to, &own, adopted, who, *ours, *now, lives).map(|()| Reply::Done)
            }
            Ask::Give(run, given, now) => {
                adopt::fence(to, run, &own)?;
                adopt::give(to, run, given, *now).map(|()| Reply::Done)
            }
            Ask::Decide(run, decided, now) => {
                adopt::fence(to, run, &own)?;
                adopt::decide(to, run, decided, *now).map(|()| Reply::Done)
            }
            Ask::KeepDocument(document, now) => document::keep(to, document, *now).map(|()| Reply::Done),
            Ask::Print(run, pieces) => output::keep(to, run, pieces).map(|()| Reply::Done),
            Ask::Notice(run, told) => write::notice(to, run, told).map(|()| Reply::Done),
            Ask::Keep(site, keepsake) => keepsake::keep(to, site, keepsake).map(|()| Reply::Done),
            Ask::Remove(site, name) => keepsake::remove(to, site, name).map(|()| Reply::Done),
            Ask::Runs(_) | Ask::Find(_) | Ask::Resumable(_) | Ask::Document(_) => Ok(Reply::Done),
            Ask::Outputs(..) | Ask::Past(_) | Ask::Records(_) | Ask::Releases(..) => Ok(Reply::Done),
            Ask::Keepsakes(_) => Ok(Reply::Done),
        })?;
        if matches!(ask, Ask::Abandoned(_))
            && let Some(db) = &self.db
        {
            let named = read::running(&db.connection)?.into_iter().map(|running| running.session);
            session::clean(&sessions, &named.collect::<Vec<_>>());
        }
        Ok(done)
    }

    /// One transaction, and a note beside the store of how far it has come.
    fn attempt<T>(&mut self, work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, Why>) -> Result<T, Why> {
        let Some(db) = &mut self.db else { return Err(self.blocked.clone().unwrap_or(Why::Gone)) };
        let done = write::writing(&mut db.connection, work)?;
        let (_, newest) = head(&db.connection)?;
        seen::write(&self.file, &Seen { id: db.id.clone(), place: newest });
        Ok(done)
    }
}
