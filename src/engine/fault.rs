//! Faults on demand, for the tests of the terminal; a build without debug assertions has none.
//!
//! `QD_FAULT` names one of `panic-ui`, `panic-task`, `panic-thread`, `error`, `flood`, `stuck`; it strikes when
//! ctrl-alt-shift-F12 is pressed. Nobody has both by accident.

use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use tokio::sync::{Notify, mpsc};

use crate::port::{Event, Input, Key, KeyCode, Modifiers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    PanicUi,
    PanicTask,
    PanicThread,
    Error,
    Flood,
    Stuck,
}

/// The fault that was asked for, if any.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault {
    kind: Option<Kind>,
    strike: Arc<Notify>,
    error: Arc<Notify>,
}

const TRIGGER: Key = Key { code: KeyCode::F(12), modifiers: Modifiers { control: true, alt: true, shift: true } };

impl Fault {
    /// Reads `QD_FAULT`, in a debug build.
    pub(super) fn from_environment() -> Self {
        let wanted = std::env::var("QD_FAULT").ok().filter(|_| cfg!(debug_assertions));
        let kind = wanted.and_then(|name| match name.as_str() {
            "panic-ui" => Some(Kind::PanicUi),
            "panic-task" => Some(Kind::PanicTask),
            "panic-thread" => Some(Kind::PanicThread),
            "error" => Some(Kind::Error),
            "flood" => Some(Kind::Flood),
            "stuck" => Some(Kind::Stuck),
            _ => None,
        });
        Self { kind, ..Self::default() }
    }

    /// The same inputs, with the trigger looked for among them.
    pub(super) fn trigger<I: Stream<Item = Input>>(&self, input: I) -> impl Stream<Item = Input> + use<I> {
        let fault = self.clone();
        input.inspect(move |input| {
            if fault.kind.is_none() || *input != Input::Key(TRIGGER) {
                return;
            }
            match fault.kind {
                Some(Kind::PanicUi) => strike("on the thread of the loop"),
                Some(Kind::Stuck) => std::thread::sleep(std::time::Duration::from_secs(3600)),
                Some(Kind::Error) => fault.error.notify_one(),
                Some(Kind::PanicTask | Kind::PanicThread | Kind::Flood) => fault.strike.notify_one(),
                None => {}
            }
        })
    }

    /// Starts what strikes beside the loop.
    pub(super) fn start(&self, events: mpsc::Sender<Event>) {
        let Some(kind) = self.kind else { return };
        let struck = Arc::clone(&self.strike);
        tokio::spawn(async move {
            struck.notified().await;
            match kind {
                Kind::PanicTask => strike("in a task"),
                Kind::PanicThread => drop(std::thread::spawn(|| strike("in a thread"))),
                // Each makes the loop draw the whole screen anew.
                Kind::Flood => while events.send(Event::Resumed).await.is_ok() {},
                Kind::PanicUi | Kind::Error | Kind::Stuck => {}
            }
        });
    }

    /// Ends when the session shall fail.
    pub(super) async fn error(&self) -> String {
        self.error.notified().await;
        "The session failed, as was asked for.".to_owned()
    }
}

#[expect(clippy::panic, reason = "a panic is what was asked for")]
fn strike(place: &str) {
    panic!("struck {place}, as was asked for");
}
