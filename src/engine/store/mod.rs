//! The store: what must outlive the program. Runs are written here before they happen and again with their result.

mod error;
mod form;
mod open;
mod place;
mod read;
mod salvage;
mod schema;
mod seen;
mod session;
pub mod settle;
mod sqlite;
mod view;
mod worker;
mod write;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::run::{RunState, RunStep};
use crate::domain::{EnvName, Run, RunId, SiteName};
use crate::port::act::StoreState;

pub use error::{StoreError, Why};
use read::head;
pub use sqlite::Sqlite;

/// What comes back from the store. It is asked when the future is first polled; letting go of the future afterwards
/// does not take the question back.
pub type Answer<T> = BoxFuture<'static, Result<T, StoreError>>;

/// Keeps runs. Whatever is acknowledged survives a kill of the program and a loss of power.
pub trait Store: Send + Sync + 'static {
    /// Records a run with all its steps, before any of them.
    fn begin(&self, run: Run) -> Answer<()>;

    /// Records how a step stands now. An intent is refused once the run has ended: somebody else may have settled it.
    fn step(&self, run: RunId, number: usize, step: RunStep) -> Answer<()>;

    /// Records that a run has ended.
    fn end(&self, run: RunId, state: RunState, at: Timestamp) -> Answer<()>;

    /// Runs, the newest first.
    fn runs(&self, wish: RunsWish) -> Answer<Vec<Run>>;

    /// The runs whose name is this word, or ends in it.
    fn find(&self, word: String) -> Answer<Vec<Run>>;

    /// Settles the runs that are recorded as running although their program is dead, and hands them over as they are
    /// recorded now. Each run is settled once, by whoever comes first.
    fn abandoned(&self, now: Timestamp) -> Answer<Vec<Run>>;

    /// Whether it takes records.
    fn state(&self) -> watch::Receiver<StoreState>;

    /// What a person must know about it, as sentences, the oldest first: grows only.
    fn told(&self) -> watch::Receiver<Vec<String>>;
}

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunsWish {
    /// Of this site only.
    pub site: Option<SiteName>,
    /// Of this environment only.
    pub environment: Option<EnvName>,
    /// So many at most.
    pub most: u32,
}

/// A name for a run that begins now, unlike any other on any machine.
pub fn fresh_run_id(now: Timestamp) -> RunId {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    let made = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos));
    let mut buffer = uuid::Uuid::encode_buffer();
    let word: &str = made.hyphenated().encode_lower(&mut buffer);
    #[expect(clippy::expect_used, reason = "a hyphenated UUID has the form that is asked for")]
    RunId::new(word).expect("a UUID is a name of a run")
}
