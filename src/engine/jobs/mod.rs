//! Commands that run once on a host, whatever becomes of the link, of the console and of this machine: started under
//! an atomic claim, detached, with output and result kept there until they are collected.

mod asking;
mod begin;
mod cancel;
mod fault;
mod follow;
mod host;
mod order;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

pub(crate) use fault::patience;
pub use host::{HostJobs, WayHeld, way_here};
pub use order::{Began, Cancelled, Ended, Fence, JobKey, Offsets, Order, Output, Seen};

use crate::domain::{HostName, RunId};

/// What starts, watches and ends jobs. Nothing here fails as such: what could not be found out is an answer of its own.
pub trait Jobs: Send + Sync + 'static {
    /// Claims the key on the host and starts the job, once: whoever asks again for the same key, from wherever, learns
    /// that it was begun before, and nothing is started.
    fn begin(&self, host: HostName, order: Order) -> BoxFuture<'static, Began>;

    /// What the host knows of a job: the resume truth table (FAULTS 5.5) in one look.
    fn look(&self, host: HostName, key: JobKey) -> BoxFuture<'static, Seen>;

    /// Hands over all output from these places on, each byte once and in order, and waits for the end. A lost link is
    /// waited for: only what `look` would say ends it. Letting go of the future ends the reading and not the job.
    /// `output` is bounded by whoever makes it and pushes back.
    fn follow(
        &self,
        host: HostName,
        key: JobKey,
        from: Offsets,
        output: mpsc::Sender<Output>,
    ) -> BoxFuture<'static, Seen>;

    /// Ends everything of the job on its host: TERM, and KILL ten seconds later.
    fn cancel(&self, host: HostName, key: JobKey) -> BoxFuture<'static, Cancelled>;

    /// Gives a dead-man timer that was begun as this job a sign of life, and tells how it stands. No word is given twice.
    fn beat(&self, host: HostName, key: JobKey, word: String) -> BoxFuture<'static, Seen>;

    /// Removes what jobs of a run left on a host, except those that still run; says how many do.
    fn clear(&self, host: HostName, run: RunId) -> BoxFuture<'static, Result<usize, String>>;
}
