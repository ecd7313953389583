//! Starts every child of ours from one thread that lives as long as the program, tied to it by the kernel.
//!
//! A parent-death signal is bound to the *thread* that started the child: started from a worker of the
//! runtime, a child would die with that worker. `setpriv` sets the signal, so no unsafe code is needed;
//! where it is missing our own binary stands guard instead.

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::guard;

/// Requests that wait for the thread; whoever asks beyond that waits for a place.
const QUEUE: usize = 16;

/// A handle on the thread. When the last one is dropped the thread ends and what it started is terminated.
#[derive(Debug, Clone)]
pub struct Spawner {
    requests: mpsc::Sender<Request>,
}

#[derive(Debug)]
struct Request {
    command: Command,
    started: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread. Must be called inside the runtime.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (requests, mut incoming) = mpsc::channel::<Request>(QUEUE);
        let runtime = Handle::current();
        std::thread::Builder::new().name("qd-spawner".into()).spawn(move || {
            while let Some(mut request) = incoming.blocking_recv() {
                let _inside = runtime.enter();
                // If the caller is gone the child comes back and dies here, being killed on drop.
                let _ = request.started.send(request.command.spawn());
            }
        })?;
        Ok(Self { requests })
    }

    /// Starts a command made by [`tied`].
    ///
    /// # Errors
    /// When it can't be started.
    pub async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (started, child) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes is gone");
        self.requests.send(Request { command, started }).await.map_err(|_| gone())?;
        child.await.map_err(|_| gone())?
    }
}

/// A command that leads a session of its own, is terminated when we die however we die, and is killed when
/// its handle is dropped. All three standard streams are closed until they are set.
///
/// The shell in between checks that we are still its parent: had we died before the signal was set, it would
/// never come.
pub fn tied<I, S>(program: &str, arguments: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = if has_setpriv() { by_signal() } else { by_guard() };
    command
        .arg(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

fn has_setpriv() -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join("setpriv").is_file()))
}

fn by_signal() -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "/bin/sh", "-c", r#"[ "$PPID" = "$1" ] || exit 125; shift; exec "$@""#, "qd"])
        .arg(std::process::id().to_string())
        .args(["setsid", "--"]);
    command
}

/// The guard puts the child into a group of its own; it is not signalled with the guard, but ends with it.
fn by_guard() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| "qd".into()));
    command.env(guard::GUARD, std::process::id().to_string()).process_group(0);
    command
}
