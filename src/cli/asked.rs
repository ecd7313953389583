//! What short commands about an environment share: where and who, the time until they end, and a line to the lock host.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Exit, Reaching, Where, choose};
use crate::domain::Environment;
use crate::engine::act::who;
use crate::engine::approach::Direct;
use crate::engine::lock_host;
use crate::engine::store::Who;
use crate::engine::transport::Connection;

/// For how long what is still on its way is waited for at the end.
const LEAVING: Duration = Duration::from_millis(600);

/// The line to the lock host; it holds as long as this is kept.
pub(super) type Line = watch::Sender<Option<Arc<dyn Connection>>>;

/// The one environment that is meant, and who asks.
pub(super) fn prepared(place: &Where) -> Result<(Arc<Environment>, Who), Exit> {
    let found = choose::look(place)?;
    let environment = choose::one_environment(found.one()?, place.environment.as_deref())?;
    let who = Who { person: found.user.name.unwrap_or_else(who::login), workstation: who::workstation() };
    Ok((environment, who))
}

/// Refuses an environment without a lock host; `what` says what it is missing for.
pub(super) fn has_lock_host(environment: &Environment, what: &str) -> Result<(), Exit> {
    if environment.lock_host.is_some() {
        return Ok(());
    }
    let text = format!(
        "{} of {} has no lock_host, {what}: name one of its hosts in the site file.",
        environment.name, environment.site
    );
    Err(choose::complain(Exit::Configuration, &text))
}

/// Connects to the lock host; `unreached` is how to end where it can't be reached.
pub(super) async fn line(environment: &Arc<Environment>, reach: &Reaching, unreached: Exit) -> Result<Line, Exit> {
    let line = connect(environment, reach).await;
    line.map_err(|why| choose::complain(unreached, &format!("{why}.")))
}

/// The same, with the reason as a clause without a full stop.
pub(super) async fn connect(environment: &Arc<Environment>, reach: &Reaching) -> Result<Line, String> {
    lock_host::connect(Arc::clone(environment), Direct::new(reach.ssh_config.clone())).await
}

/// Does the work of a command until it has ended, or ctrl-c ends it.
pub(super) fn until_done(work: impl Future<Output = Result<Exit, Exit>>) -> Result<Exit, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| choose::complain(Exit::Software, &format!("could not start: {error}")))?;
    let ended = runtime.block_on(async {
        tokio::select! {
            done = work => done,
            _ = tokio::signal::ctrl_c() => Ok(Exit::Signal(2)),
        }
    });
    runtime.shutdown_timeout(LEAVING);
    ended
}
