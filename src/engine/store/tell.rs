//! What the loop is told of the store.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Store, settle};
use crate::domain::Run;
use crate::engine::clock::{AnyClock, Clock};
use crate::port::Event;
use crate::port::act::{RunNews, StoreState};

/// Tells how the store stands, whenever that changes, and once what became of runs whose program died.
pub(in crate::engine) async fn tell(
    store: Arc<dyn Store>,
    events: mpsc::Sender<Event>,
    clock: AnyClock,
    found: mpsc::Sender<Vec<Run>>,
) {
    let (mut state, mut told) = (store.state(), store.told());
    let (mut said, mut settled) = (0, false);
    loop {
        let happened = tokio::select! {
            changed = state.changed() => changed,
            changed = told.changed() => changed,
        };
        if happened.is_err() {
            return;
        }
        let sentences: Vec<String> = told.borrow_and_update().iter().skip(said).cloned().collect();
        said += sentences.len();
        let now = state.borrow_and_update().clone();
        let mut news: Vec<Event> = sentences.into_iter().map(Event::Trouble).collect();
        let mut left = Vec::new();
        if now == StoreState::Writable && !settled {
            settled = true;
            match store.abandoned(clock.now().wall).await {
                Ok(runs) => {
                    left = runs.clone();
                    for run in runs {
                        news.push(Event::Trouble(settle::sentence(&run)));
                        news.push(Event::Run(RunNews::Begun(Box::new(run))));
                    }
                }
                Err(error) => news.push(Event::Trouble(error.to_string())),
            }
        }
        news.push(Event::Store(now));
        for event in news {
            if events.send(event).await.is_err() {
                return;
            }
        }
        if !left.is_empty() {
            // There is room: it is sent once. The world may be gone.
            let _ = found.try_send(left);
        }
    }
}
