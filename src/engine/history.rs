//! The newest runs of an environment, told from the store.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::store::{RunsWish, Store};
use crate::domain::Environment;
use crate::port::Event;

/// Reads them, so many at most, and tells them.
pub(super) async fn tell(store: Arc<dyn Store>, here: Arc<Environment>, most: u32, events: mpsc::Sender<Event>) {
    let wish =
        RunsWish { site: Some(here.site.clone()), environment: Some(here.name.clone()), most, ..RunsWish::default() };
    let event = match store.runs(wish).await {
        Ok(runs) => Event::History(runs),
        Err(error) => Event::Trouble(error.to_string()),
    };
    // The core may be gone.
    let _ = events.send(event).await;
}
