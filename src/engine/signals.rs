//! What the system says to the program: end, stop, go on, another size; and the guard that holds it to the end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::crash::Crash;

/// One word of the system, or of the panic hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// This signal asks for the end.
    Stop(u8),
    /// Some part of the program panicked: the end, and not another frame.
    Crashed,
    /// Stop as ctrl-z does.
    Suspend,
    /// The program goes on after a stop.
    Continued,
    /// The terminal has another size.
    Resized,
}

/// Whether a key makes this signal: then it is for whoever has the terminal.
pub fn is_of_a_key(number: u8) -> bool {
    matches!(number, INTERRUPT | QUIT)
}

/// From the first signal that asks for the end until the program is ended by force.
pub const GRACE: Duration = Duration::from_millis(900);

/// A program that ends by a key's signal may be told to have ended before the signal itself is: it comes within this.
pub const KEYS_COME_LATE: Duration = Duration::from_secs(1);

const HANGUP: u8 = 1;
const INTERRUPT: u8 = 2;
const QUIT: u8 = 3;
const TERMINATE: u8 = 15;

/// The signals that ask for the end.
#[derive(Debug)]
struct Stops {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    hangup: Signal,
}

impl Stops {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one that is meant for us.
    async fn next_but(&mut self, not_ours: &(impl Fn(u8) -> bool + Sync)) -> u8 {
        loop {
            let number = self.next().await;
            if !not_ours(number) {
                return number;
            }
        }
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            Some(()) = self.terminate.recv() => TERMINATE,
            Some(()) = self.interrupt.recv() => INTERRUPT,
            Some(()) = self.quit.recv() => QUIT,
            Some(()) = self.hangup.recv() => HANGUP,
            else => std::future::pending().await,
        }
    }
}

/// Waits for a signal that asks for the end, for commands that have no loop; from then on the signals do nothing by
/// themselves. Without any it waits for ever.
pub async fn stopped() -> u8 {
    match Stops::listen() {
        Ok(mut stops) => stops.next().await,
        Err(_) => std::future::pending().await,
    }
}

/// Everything the loop must hear of. Needs a runtime; from then on the signals do nothing by themselves.
///
/// # Errors
/// When a signal can't be caught.
pub fn notices(crash: Arc<Crash>) -> io::Result<impl Stream<Item = Notice>> {
    let stops = Stops::listen()?;
    let suspend = signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?;
    let go_on = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    let resized = signal(SignalKind::window_change())?;
    Ok(stream::unfold((stops, crash, suspend, go_on, resized), |mut all| async move {
        let (stops, crash, suspend, go_on, resized) = &mut all;
        // The end comes first: a stopped job that is killed gets both a signal to end and one to go on, and
        // must not touch the terminal again in between.
        let notice = tokio::select! {
            biased;
            number = stops.next() => Notice::Stop(number),
            () = crash.happened() => Notice::Crashed,
            Some(()) = suspend.recv() => Notice::Suspend,
            Some(()) = go_on.recv() => Notice::Continued,
            Some(()) = resized.recv() => Notice::Resized,
            else => return None,
        };
        Some((notice, all))
    }))
}

/// Tells the first signal that asks for the end, for a program without a loop. Needs a runtime.
///
/// # Errors
/// When a signal can't be caught.
pub fn first(say: tokio::sync::oneshot::Sender<u8>) -> io::Result<()> {
    let mut stops = Stops::listen()?;
    tokio::spawn(async move {
        // Whoever listened may have ended by itself.
        let _ = say.send(stops.next().await);
    });
    Ok(())
}

/// Ends the program by `force` at the second signal that asks for it, and [`GRACE`] after the first. A task of
/// its own, so that it also holds while the loop hangs. Those that are `not_ours` when they come count for nothing:
/// they were meant for a program that has the terminal.
///
/// # Errors
/// When a signal can't be caught.
pub fn guard(
    force: impl Fn(u8) + Send + 'static,
    not_ours: impl Fn(u8) -> bool + Send + Sync + 'static,
) -> io::Result<()> {
    let mut stops = Stops::listen()?;
    tokio::spawn(async move {
        let first = stops.next_but(&not_ours).await;
        let last = tokio::time::timeout(GRACE, stops.next_but(&not_ours)).await.unwrap_or(first);
        force(last);
    });
    Ok(())
}
