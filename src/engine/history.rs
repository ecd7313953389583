//! The newest runs of an environment, told from the store; and again where the lock host knows more of those that go on.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::act::who;
use super::mirror::{Mirror, look};
use super::store::{RunsWish, Store};
use crate::domain::Environment;
use crate::port::Event;

/// Reads them, so many at most, and tells them; what others have done of them since follows as soon as it is known. Beside the
/// loop: the store and the lock host may have to be waited for, an effect may not.
pub(super) fn tell(
    (store, here): (Arc<dyn Store>, Arc<Environment>),
    most: u32,
    mirror: Option<Mirror>,
    events: mpsc::Sender<Event>,
) {
    drop(tokio::spawn(telling(store, here, most, mirror, events)));
}

async fn telling(
    store: Arc<dyn Store>,
    here: Arc<Environment>,
    most: u32,
    mirror: Option<Mirror>,
    events: mpsc::Sender<Event>,
) {
    let wish =
        RunsWish { site: Some(here.site.clone()), environment: Some(here.name.clone()), most, ..RunsWish::default() };
    let known = match store.runs(wish.clone()).await {
        Ok(runs) => runs,
        Err(error) => return drop(events.send(Event::Trouble(error.to_string())).await),
    };
    // The core may be gone.
    let _ = events.send(Event::History(known.clone())).await;
    let Some(mirror) = mirror else { return };
    if let Err(why) = look(&mirror, &*store, &known, &who::workstation(), Timestamp::now()).await {
        // The header says that the host is away.
        return tracing::info!(%why, "the lock host was not asked how runs stand");
    }
    if let Ok(now) = store.runs(wish).await
        && now != known
    {
        let _ = events.send(Event::History(now)).await;
    }
}
