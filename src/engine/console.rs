//! The whole of a session at a terminal: take it, run the loop beside the world, give it back, whatever happens.

use std::future::Future;
use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::clock::RealClock;
use super::crash::{self, Crash};
use super::fault::Fault;
use super::run::{Channels, Ended, Parts, channels, run};
use super::signals;
use super::terminal::{Device, NoTerminal, Tty, inputs};
use crate::app::Model;
use crate::port::{Effect, Event};

/// How long the world may take to let go of its hosts after the terminal was given back.
const FAREWELL: Duration = Duration::from_millis(600);

/// Why a session could not begin, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no terminal to draw on.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The system refused something the console can't do without.
    #[error("qd could not {0}: {1}")]
    Refused(&'static str, #[source] io::Error),
    /// The terminal has been restored; this is what went wrong.
    #[error("{0}")]
    Broken(String),
}

/// What the world gets: where it says what happened, and where it hears what it shall do. When the second one
/// ends, the session is over and the world has 0.6 s to end.
#[derive(Debug)]
pub struct Ports {
    /// To the loop.
    pub events: mpsc::Sender<Event>,
    /// To the loop: what is read of logs, so that nothing waits behind it.
    pub lines: mpsc::Sender<Event>,
    /// From the loop.
    pub effects: mpsc::Receiver<Effect>,
}

impl Ended {
    /// The exit code: what a shell would say of the same end.
    pub fn code(self) -> u8 {
        match self {
            Ended::Asked => 0,
            Ended::Signal(number) => 128u8.saturating_add(number),
            Ended::Gone => 128 + 1,
            Ended::Crashed => crash::EXIT,
        }
    }
}

/// Opens the console on the terminal the program was started on, and comes back when it has ended and the
/// terminal is restored. `world` is called on the runtime and runs beside the loop.
///
/// Also installs the panic hook: a panic anywhere in the program ends the session, and its report is on standard
/// error when this returns.
///
/// # Errors
/// When there is no terminal (nothing has been written then), or something failed.
pub fn open<W, F>(model: Model, world: W) -> Result<Ended, Failure>
where
    W: FnOnce(Ports) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let device = Arc::new(Device::open(model.mouse)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Refused("start its runtime", error))?;
    let restorer = Arc::clone(&device);
    let crash = Crash::watch(move || restorer.close());
    let session = AssertUnwindSafe(session(Arc::clone(&device), Arc::clone(&crash), model, world)).catch_unwind();
    let ended = runtime.block_on(session);
    device.close();
    runtime.shutdown_timeout(Duration::from_millis(100));
    if crash.has_happened() {
        crash.print();
        return Ok(Ended::Crashed);
    }
    // There is no terminal to restore any more.
    drop(std::panic::take_hook());
    let (ended, farewell) = ended.unwrap_or(Ok((Ended::Crashed, None)))?;
    if let Some(sentence) = farewell {
        // A standard error that is gone is no reason to panic.
        let _ = writeln!(io::stderr(), "{sentence}");
    }
    Ok(ended)
}

/// Why it ended, and what the person must be told who has left.
type Left = (Ended, Option<&'static str>);

async fn session<W, F>(device: Arc<Device>, crash: Arc<Crash>, model: Model, world: W) -> Result<Left, Failure>
where
    W: FnOnce(Ports) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let notices = signals::notices(crash).map_err(|error| Failure::Refused("listen to signals", error))?;
    let forced = Arc::clone(&device);
    let force = move |number| {
        forced.close();
        std::process::exit(i32::from(Ended::Signal(number).code()));
    };
    let lender = Arc::clone(&device);
    signals::guard(force, move |number| signals::is_of_a_key(number) && lender.keys_are_lent())
        .map_err(|error| Failure::Refused("listen to signals", error))?;

    let fault = Fault::from_environment();
    let surface = Tty::take(Arc::clone(&device), model.setup.calls)
        .map_err(|error| Failure::Refused("take the terminal", error))?;
    let input = inputs(device).map_err(|error| Failure::Refused("read the terminal", error))?;
    let Channels { events, world: world_says, lines, read, effects, wishes } = channels();
    fault.start(events.clone());
    let world = tokio::spawn(world(Ports { events, lines, effects: wishes }));
    let input = fault.trigger(input);
    let parts = Parts { surface, input, notices, clock: RealClock, model, world: world_says, lines: read, effects };
    let (ended, model) = tokio::select! {
        (ended, surface, model) = run(parts) => {
            drop(surface);
            (ended, model)
        }
        sentence = fault.error() => return Err(Failure::Broken(sentence)),
    };
    // A world that does not end in time is left to the end of the process, with which its hosts' readers end.
    if ended != Ended::Crashed {
        let _ = tokio::time::timeout(FAREWELL, world).await;
    }
    Ok((ended, model.writing.farewell()))
}
