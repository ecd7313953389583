//! The releases of an environment as a command without a screen learns them.

use std::sync::Arc;

use crate::cli::{Exit, Reaching, asked, output};
use crate::domain::Environment;
use crate::engine::mirror::Mirror;
use crate::engine::releases::Releases;
use crate::engine::store::{Sqlite, Store};
use crate::port::release::Releases as Known;
use jiff::Timestamp;

/// What is known, and the ways to know more.
pub struct Asked {
    /// The releases, and what is missing or doubtful in them.
    pub known: Known,
    /// What keeps more of them.
    pub releases: Releases,
    /// The store of this machine, where there is one.
    pub store: Option<Arc<dyn Store>>,
    /// The line to the lock host; it holds as long as this is kept.
    _line: Option<asked::Line>,
}

impl Asked {
    /// Tells what is missing or doubtful, where it is not told in JSON.
    pub fn complain(&self, is_json: bool) {
        if !is_json {
            self.known.told.iter().for_each(|sentence| output::complain(sentence));
        }
    }
}

/// Reads them: from the store of this machine, and from the lock host unless only `here` counts. A lock host that can't
/// be asked is a sentence and no failure. A store is made where there is none only when something is to be kept.
///
/// # Errors
/// How to end, after the reason was told.
pub async fn ask(environment: &Arc<Environment>, reach: &Reaching, here: bool, makes: bool) -> Result<Asked, Exit> {
    let folder = output::here()?.data;
    let mut store: Option<Arc<dyn Store>> = None;
    if makes || Sqlite::is_there(&folder) {
        let opened = Sqlite::open(&folder);
        // The first change says that it was opened, or why not.
        let _ = opened.state().changed().await;
        opened.told().borrow().iter().for_each(|sentence| output::complain(sentence));
        store = Some(Arc::new(opened));
    }
    let mut told = None;
    let mut line = None;
    if environment.lock_host.is_some() && !here {
        match asked::connect(environment, reach).await {
            Ok(connected) => line = Some(connected),
            Err(why) => told = Some(format!("What others have released may be missing here: {why}.")),
        }
    }
    let mirror = line.as_ref().and_then(|line| Mirror::of(environment, line.subscribe()));
    let releases = Releases::of(environment, store.clone(), mirror.as_ref());
    let mut known = releases.read(Timestamp::now()).await;
    known.told.extend(told);
    Ok(Asked { known, releases, store, _line: line })
}
