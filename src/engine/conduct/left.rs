//! The environment's lock before a new run begins: somebody else's is waited for where somebody has said so, and that of a
//! run that was left here is not, since it is free only when that is taken up.

use tokio::time::Instant;

use super::{Begun, Stage, changes};
use crate::domain::lock::Stands;
use crate::domain::{Environment, Lock};
use crate::engine::act::Book;
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::lock::{EnvironmentLock, LOOKS, Waited};
use crate::engine::store::RunsWish;

/// So many runs that were left are looked through.
const MOST: u32 = 50;

/// Whether nobody else has the environment's lock, where a new run will want it: one that could only fail is not begun.
/// What can't be asked now is asked again before the first change. Whether it was waited for.
pub(super) async fn is_free(stage: &Stage, book: &Book, begun: &Begun) -> Result<bool, String> {
    let environment = &stage.place.environment;
    let document = begun.run.document.as_ref();
    let procedure = document.and_then(|document| environment.procedure(&document.name));
    let locks = procedure.is_some_and(|procedure| procedure.header.lock) && begun.plans.iter().any(changes);
    let Some(lock) = stage.lock.as_ref().filter(|_| locks) else { return Ok(false) };
    let (clock, since) = (&stage.place.clock, Instant::now());
    if let Some(left) = left_here(lock, book, environment, clock).await {
        return Err(left.left_told(lock.host(), environment));
    }
    let waited = tokio::select! {
        waited = lock.awaited(None, clock, since) => waited,
        // Whoever is at it may leave it while it is waited for.
        left = is_left(lock, book, environment, clock) => return Err(left.left_told(lock.host(), environment)),
    };
    match waited {
        Ok(Waited::InVain(seen)) => {
            let now = clock.now().wall;
            let (told, out) = (seen.told(now), lock.way_out(&seen));
            Err(format!("The environment is locked, so nothing was begun: {told}. {out}"))
        }
        Ok(Waited::No) => Ok(false),
        Ok(Waited::Free) => Ok(true),
        Err(why) => {
            tracing::info!(%why, "the lock was not looked at before the run began");
            Ok(false)
        }
    }
}

/// Comes back when a run has the lock that was left here.
async fn is_left(lock: &EnvironmentLock, book: &Book, environment: &Environment, clock: &AnyClock) -> Lock {
    loop {
        tokio::time::sleep(LOOKS).await;
        if let Some(left) = left_here(lock, book, environment, clock).await {
            return left;
        }
    }
}

/// The lock, if a run has it that was left at this workstation. What can't be known now is not told.
async fn left_here(lock: &EnvironmentLock, book: &Book, environment: &Environment, clock: &AnyClock) -> Option<Lock> {
    let seen = lock.look(clock.now().wall).await.ok().flatten()?;
    let run = seen.holder.run.clone().filter(|_| matches!(seen.stands, Stands::Held | Stands::Reserved))?;
    let wish = RunsWish {
        site: Some(environment.site.clone()),
        environment: Some(environment.name.clone()),
        most: MOST,
        ..RunsWish::default()
    };
    let left = book.store.resumable(wish).await.ok()?;
    left.iter().any(|left| left.id == run).then_some(seen)
}
