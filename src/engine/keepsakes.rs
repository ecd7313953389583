//! Keeps small things in the store, one after the other in the order in which they were wished for, and says of each what
//! became of it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::store::Store;
use crate::domain::SiteName;
use crate::port::Event;
use crate::port::keepsake::{KeepsakeName, KeepsakeNews, KeepsakeWish};

/// Wishes on their way to the store. Overflow: a wish beyond that is refused with a sentence, at once.
const WAITING: usize = 64;

/// Keeps them beside the loop.
#[derive(Debug)]
pub struct Keepsakes {
    wishes: mpsc::Sender<(SiteName, KeepsakeWish)>,
    events: mpsc::Sender<Event>,
    _task: AbortOnDropHandle<()>,
}

impl Keepsakes {
    /// Begins; without a store every wish is refused.
    pub fn new(store: Option<Arc<dyn Store>>, events: mpsc::Sender<Event>) -> Self {
        let (wishes, mut wished) = mpsc::channel::<(SiteName, KeepsakeWish)>(WAITING);
        let told = events.clone();
        let task = tokio::spawn(async move {
            while let Some((site, wish)) = wished.recv().await {
                let event = done(store.as_deref(), site, wish).await;
                if told.send(event).await.is_err() {
                    return;
                }
            }
        });
        Self { wishes, events, _task: AbortOnDropHandle::new(task) }
    }

    /// Takes a wish.
    pub async fn take(&self, site: SiteName, wish: KeepsakeWish) {
        if let Err(refused) = self.wishes.try_send((site, wish)) {
            let (_, wish) = match refused {
                mpsc::error::TrySendError::Full(wish) | mpsc::error::TrySendError::Closed(wish) => wish,
            };
            let _ = self.events.send(failed(&wish, "the store is busy; try again".to_owned())).await;
        }
    }
}

async fn done(store: Option<&dyn Store>, site: SiteName, wish: KeepsakeWish) -> Event {
    let Some(store) = store else { return failed(&wish, "there is no store".to_owned()) };
    let answer = match wish.clone() {
        KeepsakeWish::Read => {
            return match store.keepsakes(site.clone()).await {
                Ok(all) => Event::Keepsakes(KeepsakeNews::Read(site, all)),
                Err(error) => Event::Trouble(format!("Bookmarks and filters that were kept are not known: {error}")),
            };
        }
        KeepsakeWish::Keep(keepsake) => store.keep(site, keepsake.clone()).await.map(|()| KeepsakeNews::Kept(keepsake)),
        KeepsakeWish::Remove(name) => store.remove(site, name.clone()).await.map(|()| KeepsakeNews::Removed(name)),
    };
    answer.map_or_else(|error| failed(&wish, error.to_string()), Event::Keepsakes)
}

fn failed(wish: &KeepsakeWish, why: String) -> Event {
    let (name, what) = match wish {
        KeepsakeWish::Read => {
            return Event::Trouble(format!("Bookmarks and filters that were kept are not known: {why}."));
        }
        KeepsakeWish::Keep(keepsake) => (keepsake.name(), "kept"),
        KeepsakeWish::Remove(name) => (name.clone(), "taken away"),
    };
    let thing = match &name {
        KeepsakeName::Bookmark(_) => "The bookmark",
        KeepsakeName::Filter(_) => "The filter",
        KeepsakeName::Looked => "What was looked for",
        KeepsakeName::Columns => "The choice of columns",
    };
    let why = why.trim_end_matches('.');
    Event::Keepsakes(KeepsakeNews::Failed(name, format!("{thing} could not be {what}: {why}.")))
}
