//! The store on SQLite: a handle to the one thread that has the file open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::error::{StoreError, Why};
use super::worker::{Ask, Order, Worker};
use super::{Answer, RunsWish, Store};
use crate::domain::run::{RunState, RunStep};
use crate::domain::{Run, RunId};
use crate::port::act::StoreState;

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

    fn ask(&self, ask: Ask) -> Answer<Vec<Run>> {
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

    fn do_it(&self, ask: Ask) -> Answer<()> {
        self.ask(ask).map(|answer| answer.map(drop)).boxed()
    }
}

impl Store for Sqlite {
    fn begin(&self, run: Run) -> Answer<()> {
        self.do_it(Ask::Begin(Box::new(run)))
    }

    fn step(&self, run: RunId, number: usize, step: RunStep) -> Answer<()> {
        self.do_it(Ask::Step(run, number, Box::new(step)))
    }

    fn end(&self, run: RunId, state: RunState, at: Timestamp) -> Answer<()> {
        self.do_it(Ask::End(run, state, at))
    }

    fn runs(&self, wish: RunsWish) -> Answer<Vec<Run>> {
        self.ask(Ask::Runs(wish))
    }

    fn find(&self, word: String) -> Answer<Vec<Run>> {
        self.ask(Ask::Find(word))
    }

    fn abandoned(&self, now: Timestamp) -> Answer<Vec<Run>> {
        self.ask(Ask::Abandoned(now))
    }

    fn state(&self) -> watch::Receiver<StoreState> {
        self.state.clone()
    }

    fn told(&self) -> watch::Receiver<Vec<String>> {
        self.told.clone()
    }
}
