//! The store: what must outlive the program. Runs are written here before they happen and again with their result.

mod adopt;
mod ask;
mod document;
mod error;
pub(in crate::engine) mod form;
mod keepsake;
mod kept;
mod open;
mod output;
mod past;
mod place;
mod read;
mod release;
pub(in crate::engine) mod release_form;
mod salvage;
mod schema;
mod seen;
mod session;
pub mod settle;
mod sqlite;
mod tell;
mod view;
mod worker;
mod write;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::channel::Told;
use crate::domain::procedure::Given;
use crate::domain::release::{Examined, Followed, Release};
use crate::domain::run::{Decided, RunState, RunStep};
use crate::domain::{EnvName, ProcedureName, Run, RunId, SiteName};
use crate::port::act::StoreState;
use crate::port::keepsake::{Keepsake, KeepsakeName};
use crate::port::procedure::Piece;

pub use crate::port::procedure::Past;
pub(in crate::engine) use adopt::merge;
pub use error::{StoreError, Why};
pub use kept::{Adopted, Document, FIRST_TOKEN, Outputs, PastWish, Record, Recorded, Taker, Try, Who, newest_token};
pub use output::KEPT;
use read::head;
pub use release::Kept;
pub use sqlite::Sqlite;
pub(in crate::engine) use tell::tell;

/// What comes back from the store. It is asked when the future is first polled; letting go of the future afterwards
/// does not take the question back.
pub type Answer<T> = BoxFuture<'static, Result<T, StoreError>>;

/// Keeps runs. Whatever is acknowledged survives a kill of the program and a loss of power.
pub trait Store: Send + Sync + 'static {
    /// Records a run with all its steps, before any of them.
    fn begin(&self, run: Run) -> Answer<()>;

    /// Records how a step stands now. An intent is refused once the run has ended: somebody else may have settled it.
    /// Of a procedure's run nothing is taken from whom it was taken over ([`Why::Taken`]).
    fn step(&self, run: RunId, number: usize, step: RunStep) -> Answer<()>;

    /// Records that a run has ended.
    fn end(&self, run: RunId, state: RunState, at: Timestamp) -> Answer<()>;

    /// The same, with the release that it has come to: both are recorded, or none is.
    fn conclude(&self, run: RunId, state: RunState, at: Timestamp, release: Release) -> Answer<()>;

    /// Records that somebody has looked at the release of a run in this environment.
    fn examine(&self, place: (SiteName, EnvName), run: RunId, examined: Examined) -> Answer<()>;

    /// Records what was said of an item that follows a release of this environment.
    fn follow(&self, place: (SiteName, EnvName), said: Followed) -> Answer<()>;

    /// The releases of an environment that were recorded here, the oldest first, and who looked at which.
    fn releases(&self, site: SiteName, environment: EnvName) -> Answer<Kept>;

    /// Runs, the newest first.
    fn runs(&self, wish: RunsWish) -> Answer<Vec<Run>>;

    /// The runs whose name is this word, or ends in it.
    fn find(&self, word: String) -> Answer<Vec<Run>>;

    /// Settles the runs of verbs that are recorded as running although their program is dead, and hands them over as
    /// they are recorded now. Each run is settled once, by whoever comes first. Runs of procedures stay as they are.
    fn abandoned(&self, now: Timestamp) -> Answer<Vec<Run>>;

    /// The runs of procedures that go on and that nobody here is at, the newest first. One that was taken over at
    /// another workstation is not among them.
    fn resumable(&self, wish: RunsWish) -> Answer<Vec<Run>>;

    /// Takes over a run of a procedure whose program is dead: one of any number of consoles wins, with a token that is
    /// higher by one. All others learn why not ([`Why::Taken`], [`Why::Lives`], [`Why::Ended`]).
    fn adopt(&self, run: RunId, who: Who, now: Timestamp) -> Answer<Adopted>;

    /// Lets go of a run of a procedure that is ours and at which nobody is here after all, so that anybody may take it
    /// over. One that is somebody else's stays theirs.
    fn let_go(&self, run: RunId) -> Answer<()>;

    /// Puts a run as the lock host knows it here, new or in the place of what was known: `ours` when it was taken over
    /// from there, else because somebody else has taken it over, after which nothing of it is recorded from here.
    fn take_in(&self, adopted: Adopted, who: Who, ours: bool, now: Timestamp) -> Answer<()>;

    /// Records inputs that were told while a run goes on, in the place of what they were.
    fn give(&self, run: RunId, given: Vec<Given>, now: Timestamp) -> Answer<()>;

    /// Records what was decided of a run as a whole, beside what was decided before.
    fn decide(&self, run: RunId, decided: Decided, now: Timestamp) -> Answer<()>;

    /// Keeps the text of a document under its digest; one that is kept already stays.
    fn keep_document(&self, document: Document, now: Timestamp) -> Answer<()>;

    /// The document of this digest, as it was kept.
    fn document(&self, digest: String) -> Answer<Option<Document>>;

    /// Keeps output: any pieces of any steps, in one transaction. A byte that is handed over twice is kept once; of
    /// each try [`KEPT`] bytes are kept and the rest is counted.
    fn output(&self, run: RunId, pieces: Vec<Piece>) -> Answer<()>;

    /// What the steps of a run printed: of each stream of each try the last `most` bytes.
    fn outputs(&self, run: RunId, most: usize) -> Answer<Outputs>;

    /// What is known of a procedure from before: what was typed for its inputs, how long its parts took.
    fn past(&self, wish: PastWish) -> Answer<Past>;

    /// Records what became of a notice of a run, which may have ended before.
    fn notice(&self, run: RunId, told: Told) -> Answer<()>;

    /// Everything that was recorded of a run, in its order.
    fn records(&self, run: RunId) -> Answer<Vec<Record>>;

    /// Keeps something small of this site in the place of what has its name.
    fn keep(&self, site: SiteName, keepsake: Keepsake) -> Answer<()>;

    /// Takes away what is kept under this name; one that is not there is taken away.
    fn remove(&self, site: SiteName, name: KeepsakeName) -> Answer<()>;

    /// What is kept of this site, the oldest first.
    fn keepsakes(&self, site: SiteName) -> Answer<Vec<Keepsake>>;

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
    /// Only those that hold each of these words, in any case: in their title, procedure, kind, person, workstation, a
    /// host, or the name of whoever ticked something.
    pub words: Option<String>,
    /// Of this procedure only.
    pub procedure: Option<ProcedureName>,
    /// Only those that were begun then or later.
    pub since: Option<Timestamp>,
    /// So many at most.
    pub most: u32,
}

impl RunsWish {
    /// Whether a run is wished for.
    pub fn takes(&self, run: &Run) -> bool {
        let here = self.site.as_ref().is_none_or(|site| *site == run.site)
            && self.environment.as_ref().is_none_or(|name| *name == run.environment);
        let of_it = |name: &ProcedureName| run.document.as_ref().is_some_and(|document| document.name == *name);
        let here = here && self.procedure.as_ref().is_none_or(of_it);
        let here = here && self.since.is_none_or(|since| run.begun >= since);
        here && self.words.as_deref().is_none_or(|words| holds(run, words))
    }
}

fn holds(run: &Run, words: &str) -> bool {
    let mut texts = vec![run.title.to_lowercase(), run.kind.to_lowercase(), run.person.to_lowercase()];
    texts.push(run.workstation.to_lowercase());
    texts.extend(run.document.iter().map(|document| document.name.as_str().to_lowercase()));
    for step in &run.steps {
        let service = step.service.iter().map(|name| name.as_str().to_lowercase());
        texts.extend(service.chain(step.by.iter().map(|by| by.to_lowercase())));
        texts.push(step.host.as_str().to_lowercase());
    }
    words.to_lowercase().split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
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
