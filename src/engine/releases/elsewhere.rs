//! What is recorded of releases on the lock host of another environment of the site.

use std::sync::Arc;

use tokio::sync::watch;

use super::Shared;
use crate::domain::Environment;
use crate::engine::mirror::Mirror;
use crate::engine::transport::{Asker, Connection, Transport};

/// The records of another environment, as long as this is kept.
pub struct Elsewhere {
    /// What lies there.
    pub shared: Shared,
    _line: watch::Sender<Option<Arc<dyn Connection>>>,
}

/// Connects to its lock host, asking nobody; `None` where the site names none.
///
/// # Errors
/// Why it can't be reached, as a clause without a full stop.
pub async fn elsewhere(transport: &Arc<dyn Transport>, other: &Environment) -> Result<Option<Elsewhere>, String> {
    let Some(host) = other.lock_host.as_ref().and_then(|name| other.host(name)).cloned() else { return Ok(None) };
    let name = host.name.clone();
    let unreached = |why: String| format!("the lock host {name} of {} can't be reached: {why}", other.name);
    let connected = transport.connect(host, Asker::nobody(name.clone())).await;
    let connection = connected.map_err(|why| unreached(why.to_string()))?;
    let line = watch::Sender::new(Some(connection));
    let shared = Mirror::of(other, line.subscribe()).map(|mirror| mirror.releases());
    Ok(shared.map(|shared| Elsewhere { shared, _line: line }))
}
