//! A connection over ssh, as everybody above sees it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::budget::Budget;
use super::call;
use super::dial::Dialler;
use super::line::{Heard, Line};
use super::master::{Master, reason};
use super::options::SshOptions;
use super::script;
use super::stream;
use super::warden::Warden;
use crate::domain::host::SshAlias;
use crate::domain::{LinkFailure, Shell};
use crate::engine::transport::{Connection, Duplex, Replies, RuntimeDir, Stream};
use crate::port::{End, Output, RemoteCommand};

/// Calls whose leavings wait to be ended; beyond that the warden does it when the connection ends.
const ORPHANS: usize = 32;

/// How often is looked whether the control socket is still there.
const LOOK: Duration = Duration::from_secs(2);
/// How long the news of the master's own end may come after that of its socket.
const NEWS: Duration = Duration::from_secs(1);

/// A live connection. Its drop ends the master, and the warden ends what runs on the host.
#[derive(Debug)]
pub(super) struct SshConnection {
    line: Arc<Line>,
    dialler: Arc<Dialler>,
    round_trip: watch::Receiver<Option<Duration>>,
    way: Way,
    socket: PathBuf,
    _end: DropGuard,
}

/// Where a connection leads, as ssh was told.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// How ssh is run.
    pub(super) options: Arc<SshOptions>,
    /// The destination.
    pub(super) alias: SshAlias,
    /// Which shell commands get.
    pub(super) shell: Shell,
    /// Our private directory.
    pub(super) runtime: Arc<RuntimeDir>,
}

/// Waits until somebody has removed this socket: nothing can be begun over the link any more. The master removes it too
/// when it ends, so its own reason is waited for, while all else goes on: a warden that is dropped ends the link.
async fn vanished(socket: &Path, mut gone: watch::Receiver<Option<LinkFailure>>) -> LinkFailure {
    while socket.exists() {
        tokio::time::sleep(LOOK).await;
    }
    match tokio::time::timeout(NEWS, reason(&mut gone)).await {
        Ok(why) => why,
        Err(_) => LinkFailure::Here("its socket was removed from here".into()),
    }
}

impl SshConnection {
    /// Takes over a master that is up, and finds out whether the host runs anything for us.
    pub(super) async fn begin(master: Master, way: Way) -> Result<Self, LinkFailure> {
        let socket = master.socket.clone();
        let (say_gone, gone) = watch::channel(None);
        let (orphans, orphaned) = mpsc::channel(ORPHANS);
        let session = openssh::Session::resume_mux(master.socket.clone().into_boxed_path(), None);
        let line = Arc::new(Line {
            session: Arc::new(session),
            link: script::fresh_word(),
            shell: way.shell,
            budget: Budget::new(),
            gone,
            orphans,
            heard: Heard::now(),
        });
        let unopened = master.unopened.clone();
        let stop = CancellationToken::new();
        let end = stop.clone().drop_guard();
        let mut master_gone = master.gone.clone();
        let warden = {
            let starting = Warden::start(&line);
            tokio::select! {
                warden = starting => warden?,
                why = reason(&mut master_gone) => return Err(why),
            }
        };
        let (say_round_trip, round_trip) = watch::channel(None);
        let watched = line.clone();
        let (control, last_words) = (socket.clone(), master_gone.clone());
        tokio::spawn(async move {
            let why = tokio::select! {
                why = reason(&mut master_gone) => why,
                why = vanished(&control, last_words) => why,
                why = warden.tend(&watched, orphaned, &say_round_trip) => why,
                () = stop.cancelled() => LinkFailure::Closed("by this console".into()),
            };
            say_gone.send_replace(Some(why));
            drop(master);
        });
        let dialler = Arc::new(Dialler::new(line.clone(), way.runtime.clone(), unopened));
        Ok(Self { line, dialler, round_trip, way, socket, _end: end })
    }

    fn call(&self, command: RemoteCommand, replies: Option<Replies>) -> BoxFuture<'static, Output> {
        let line = self.line.clone();
        let (mut tell, told) = oneshot::channel();
        Box::pin(async move {
            // In a task of its own: a channel must not be given up halfway through its opening.
            tokio::spawn(async move {
                let output = call::run(line, command, replies, tell.closed()).await;
                let _ = tell.send(output);
            });
            told.await.unwrap_or_else(|_| Output {
                stdout: Vec::new(),
                stderr: Vec::new(),
                cut: 0,
                end: End::NotStarted("the program is ending".into()),
                left_behind: false,
            })
        })
    }
}

impl Connection for SshConnection {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        self.call(command, None)
    }

    fn converse(&self, command: RemoteCommand, replies: Replies) -> BoxFuture<'static, Output> {
        self.call(command, Some(replies))
    }

    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        let line = self.line.clone();
        Box::pin(async move {
            let started = tokio::spawn(stream::start(line, command));
            started.await.unwrap_or_else(|_| Err(End::NotStarted("the program is ending".into())))
        })
    }

    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        let dialler = self.dialler.clone();
        Box::pin(async move { dialler.dial(host, port).await })
    }

    fn shell(&self) -> Result<(Vec<OsString>, Option<PathBuf>), String> {
        if let Some(why) = self.line.gone.borrow().as_ref() {
            return Err(format!("No shell: the link is gone ({}).", why.short()));
        }
        let said = self.way.runtime.socket('e');
        Ok((self.way.options.shell(&self.way.alias, &self.socket, &said), Some(said)))
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        let mut gone = self.line.gone.clone();
        Box::pin(async move { reason(&mut gone).await })
    }

    fn heard(&self) -> Instant {
        self.line.heard.last()
    }

    fn round_trip(&self) -> Option<Duration> {
        *self.round_trip.borrow()
    }
}
