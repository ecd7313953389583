//! The store on SQLite: a handle to the one thread that has the file open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::ask::{Ask, Order, Reply};
use super::error::{StoreError, Why};
use super::kept::{Adopted, Document, Outputs, PastWish, Record, Who};
use super::release::Kept;
use super::worker::Worker;
use super::{Answer, RunsWish, Store};
use crate::domain::channel::Told;
use crate::domain::procedure::Given;
use crate::domain::release::{Examined, Followed, Release};
use crate::domain::run::{Decided, RunState, RunStep};
use crate::domain::{EnvName, Run, RunId, SiteName};
use crate::port::act::StoreState;
use crate::port::keepsake::{Keepsake, KeepsakeName};
use crate::port::procedure::{Past, Piece};

/// Orders on their way to the thread. Bounded: whoever asks waits for a place, nothing is dropped.
const ORDERS: usize = 64;
/// How long an answer may take. Longer than the thread waits for another program, so that it answers first.
const PATIENCE: Duration = Duration::from_secs(45);
/// Name of the file.
pub(super) const FILE: &str = "store.sqlite";

/// The store. The thread ends when the last of these is dropped.
#[derive(Debug)]
pub struct Sqlite {
    file: PathBuf,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<StoreState>,
    told: watch::Receiver<Vec<String>>,
}

impl Sqlite {
    /// Opens the store in `folder`, which is made when it is missing. Never fails: a store that can't be opened takes
    /// no records and says why.
    pub fn open(folder: &Path) -> Self {
        let opening = StoreState::ReadOnly("The store is being opened.".to_owned());
        let (say, state) = watch::channel(opening);
        let (tell, told) = watch::channel(Vec::new());
        let (orders, given) = mpsc::channel(ORDERS);
        let file = folder.join(FILE);
        let place = folder.to_owned();
        let started = std::thread::Builder::new().name("store".into()).spawn(move || {
            Worker::new(place, say, tell).work(given);
        });
        if let Err(error) = started {
            tracing::error!(%error, "the thread of the store could not start");
        }
        Self { file, orders, state, told }
    }

    /// Whether there is a store in a folder, or traces of one.
    pub fn is_there(folder: &Path) -> bool {
        ["", "-wal", ".seen"].iter().any(|end| super::place::beside(&folder.join(FILE), end).exists())
    }

    fn ask(&self, ask: Ask) -> Answer<Reply> {
        let (orders, file, what) = (self.orders.clone(), self.file.clone(), ask.what());
        async move {
            let failed = |why| StoreError { what, file: file.clone(), why };
            let (reply, answer) = oneshot::channel();
            let asked = async {
                orders.send(Order { ask, reply }).await.map_err(|_| Why::Gone)?;
                answer.await.map_err(|_| Why::Gone)
            };
            match tokio::time::timeout(PATIENCE, asked).await {
                Ok(answered) => answered.map_err(failed)?,
                Err(_) => Err(failed(Why::Silent(PATIENCE.as_secs()))),
            }
        }
        .boxed()
    }

    fn get<T: 'static>(&self, ask: Ask, read: fn(Reply) -> T) -> Answer<T> {
        self.ask(ask).map(move |answer| answer.map(read)).boxed()
    }

    fn do_it(&self, ask: Ask) -> Answer<()> {
        self.ask(ask).map(|answer| answer.map(drop)).boxed()
    }
}

/// The thread answered something else than it was asked: it can't.
fn nothing(file: PathBuf) -> StoreError {
    StoreError { what: "taking over a run", file, why: Why::Gone }
}

impl Store for Sqlite {
    fn begin(&self, run: Run) -> Answer<()> {
        self.do_it(Ask::Begin(Box::new(run)))
    }

    fn step(&self, run: RunId, number: usize, step: RunStep) -> Answer<()> {
        self.do_it(Ask::Step(run, number, Box::new(step)))
    }

    fn end(&self, run: RunId, state: RunState, at: Timestamp) -> Answer<()> {
        self.do_it(Ask::End(run, state, at, None))
    }

    fn conclude(&self, run: RunId, state: RunState, at: Timestamp, release: Release) -> Answer<()> {
        self.do_it(Ask::End(run, state, at, Some(Box::new(release))))
    }

    fn examine(&self, place: (SiteName, EnvName), run: RunId, examined: Examined) -> Answer<()> {
        self.do_it(Ask::Examine(place, run, Box::new(examined)))
    }

    fn follow(&self, place: (SiteName, EnvName), said: Followed) -> Answer<()> {
        self.do_it(Ask::Follow(place, Box::new(said)))
    }

    fn keep(&self, site: SiteName, keepsake: Keepsake) -> Answer<()> {
        self.do_it(Ask::Keep(site, Box::new(keepsake)))
    }

    fn remove(&self, site: SiteName, name: KeepsakeName) -> Answer<()> {
        self.do_it(Ask::Remove(site, name))
    }

    fn keepsakes(&self, site: SiteName) -> Answer<Vec<Keepsake>> {
        self.get(Ask::Keepsakes(site), |reply| if let Reply::Keepsakes(all) = reply { all } else { Vec::new() })
    }

    fn releases(&self, site: SiteName, environment: EnvName) -> Answer<Kept> {
        self.get(Ask::Releases(site, environment), |reply| {
            if let Reply::Releases(kept) = reply { kept } else { Kept::default() }
        })
    }

    fn runs(&self, wish: RunsWish) -> Answer<Vec<Run>> {
        self.get(Ask::Runs(wish), Reply::runs)
    }

    fn find(&self, word: String) -> Answer<Vec<Run>> {
        self.get(Ask::Find(word), Reply::runs)
    }

    fn abandoned(&self, now: Timestamp) -> Answer<Vec<Run>> {
        self.get(Ask::Abandoned(now), Reply::runs)
    }

    fn resumable(&self, wish: RunsWish) -> Answer<Vec<Run>> {
        self.get(Ask::Resumable(wish), Reply::runs)
    }

    fn adopt(&self, run: RunId, who: Who, now: Timestamp) -> Answer<Adopted> {
        let (file, asked) = (self.file.clone(), self.ask(Ask::Adopt(run, who, now)));
        async move {
            match asked.await? {
                Reply::Adopted(adopted) => Ok(*adopted),
                Reply::Done | Reply::Runs(_) | Reply::Document(_) | Reply::Outputs(_) => Err(nothing(file)),
                Reply::Past(_) | Reply::Records(_) | Reply::Releases(_) | Reply::Keepsakes(_) => Err(nothing(file)),
            }
        }
        .boxed()
    }

    fn let_go(&self, run: RunId) -> Answer<()> {
        self.do_it(Ask::LetGo(run))
    }

    fn take_in(&self, adopted: Adopted, who: Who, ours: bool, now: Timestamp) -> Answer<()> {
        self.do_it(Ask::TakeIn(Box::new(adopted), who, ours, now))
    }

    fn give(&self, run: RunId, given: Vec<Given>, now: Timestamp) -> Answer<()> {
        self.do_it(Ask::Give(run, given, now))
    }

    fn decide(&self, run: RunId, decided: Decided, now: Timestamp) -> Answer<()> {
        self.do_it(Ask::Decide(run, decided, now))
    }

    fn keep_document(&self, document: Document, now: Timestamp) -> Answer<()> {
        self.do_it(Ask::KeepDocument(Box::new(document), now))
    }

    fn document(&self, digest: String) -> Answer<Option<Document>> {
        self.get(Ask::Document(digest), |reply| if let Reply::Document(found) = reply { found } else { None })
    }

    fn output(&self, run: RunId, pieces: Vec<Piece>) -> Answer<()> {
        self.do_it(Ask::Print(run, pieces))
    }

    fn outputs(&self, run: RunId, most: usize) -> Answer<Outputs> {
        self.get(Ask::Outputs(run, most), |reply| match reply {
            Reply::Outputs(outputs) => outputs,
            Reply::Done | Reply::Runs(_) | Reply::Adopted(_) | Reply::Document(_) => Outputs::default(),
            Reply::Past(_) | Reply::Records(_) | Reply::Releases(_) | Reply::Keepsakes(_) => Outputs::default(),
        })
    }

    fn notice(&self, run: RunId, told: Told) -> Answer<()> {
        self.do_it(Ask::Notice(run, Box::new(told)))
    }

    fn past(&self, wish: PastWish) -> Answer<Past> {
        self.get(Ask::Past(wish), |reply| if let Reply::Past(past) = reply { past } else { Past::default() })
    }

    fn records(&self, run: RunId) -> Answer<Vec<Record>> {
        self.get(Ask::Records(run), |reply| if let Reply::Records(records) = reply { records } else { Vec::new() })
    }

    fn state(&self) -> watch::Receiver<StoreState> {
        self.state.clone()
    }

    fn told(&self) -> watch::Receiver<Vec<String>> {
        self.told.clone()
    }
}
