//! The master: our own `ssh -M -N` child for one host, from its start to its end.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::classify::{How, classify};
use crate::domain::LinkFailure;
use crate::engine::transport::spawner::Spawner;

/// Of what ssh says, and of what others say through it, this much of the end is kept: causes stand there.
const KEPT: usize = 8 << 10;
/// A master that was told to end gets this long before it is killed.
const GRACE: Duration = Duration::from_millis(300);

/// A master on its way up, up, or gone. Dropping it ends the process and removes its socket.
#[derive(Debug)]
pub(super) struct Master {
    /// Its control socket.
    pub(super) socket: PathBuf,
    /// Why it is gone, once it is.
    pub(super) gone: watch::Receiver<Option<LinkFailure>>,
    /// The last failure to open a channel that it reported.
    pub(super) unopened: watch::Receiver<Option<Unopened>>,
    _end: DropGuard,
}

/// A channel that the host did not open, as ssh reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unopened {
    /// When.
    pub(super) at: Instant,
    /// Why.
    pub(super) why: String,
}

impl Master {
    /// Starts the process. Its socket is there when it is up.
    pub(super) async fn start(spawner: &Spawner, command: Command, socket: PathBuf) -> Result<Self, LinkFailure> {
        let child = spawner.spawn(command).await.map_err(|error| {
            LinkFailure::Here(format!("ssh can't be started ({error}); are ssh and setpriv installed?").into())
        })?;
        let (say_gone, gone) = watch::channel(None);
        let (say_unopened, unopened) = watch::channel(None);
        let stop = CancellationToken::new();
        let end = stop.clone().drop_guard();
        let control = socket.clone();
        let spawner = spawner.clone();
        tokio::spawn(async move {
            let why = keep(child, stop, say_unopened).await;
            // ssh removes it itself unless it was killed.
            let _ = std::fs::remove_file(control);
            say_gone.send_replace(Some(why));
            drop(spawner);
        });
        Ok(Self { socket, gone, unopened, _end: end })
    }

    /// Waits until the socket is there or the process is gone. Has no deadline of its own.
    pub(super) async fn up(&self) -> Result<(), LinkFailure> {
        let mut gone = self.gone.clone();
        let mut pause = Duration::from_millis(2);
        loop {
            if self.socket.exists() {
                return Ok(());
            }
            tokio::select! {
                why = reason(&mut gone) => return Err(why),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_millis(25)),
            }
        }
    }
}

/// Waits for the reason why a master is gone.
pub(super) async fn reason(gone: &mut watch::Receiver<Option<LinkFailure>>) -> LinkFailure {
    match gone.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(why)) => why.clone(),
        Ok(None) | Err(_) => LinkFailure::MasterDied("the program is ending".into()),
    }
}

/// Reads what ssh says until it ends by itself or is told to.
async fn keep(mut child: Child, stop: CancellationToken, unopened: watch::Sender<Option<Unopened>>) -> LinkFailure {
    let (mut own, mut others) = (Words::default(), Words::default());
    // Asked for now: a process that was waited for has no number any more.
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let (log, stderr) = (child.stdout.take(), child.stderr.take());
    let listening = async {
        tokio::join!(
            async {
                if let Some(log) = log {
                    own.listen(log, Some(&unopened)).await;
                }
            },
            async {
                if let Some(stderr) = stderr {
                    others.listen(stderr, None).await;
                }
            }
        )
    };
    let how = tokio::select! {
        // A jump host's ssh may hold the stream open for a moment longer than the master lives.
        how = async {
            let how = child.wait();
            tokio::pin!(how, listening);
            tokio::select! {
                how = &mut how => {
                    let _ = tokio::time::timeout(GRACE, &mut listening).await;
                    how
                }
                _ = &mut listening => how.await,
            }
        } => Some(how),
        () = stop.cancelled() => None,
    };
    match how {
        Some(how) => {
            end_group(leader, Signal::TERM);
            classify(&own.joined(), &others.joined(), &describe(how.ok()))
        }
        None => {
            end(&mut child, leader).await;
            LinkFailure::Closed("by this console".into())
        }
    }
}

/// Ends the process and its helpers, gently, then not.
async fn end(child: &mut Child, leader: Option<Pid>) {
    end_group(leader, Signal::TERM);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        end_group(leader, Signal::KILL);
        let _ = child.start_kill();
        let _ = child.wait().await;
    }
}

/// Signals the session that the child leads: itself and the ssh of a jump host.
fn end_group(leader: Option<Pid>, signal: Signal) {
    if let Some(leader) = leader {
        // Fails when nothing is left of it, which is what we want.
        let _ = kill_process_group(leader, signal);
    }
}

fn describe(how: Option<ExitStatus>) -> How {
    use std::os::unix::process::ExitStatusExt;
    let signal = how.and_then(|how| how.signal());
    let words = match signal {
        Some(signal) => format!("ended by {}", crate::domain::unit::signal_name(signal)),
        None => how.map_or_else(|| "ended".into(), |how| format!("left with status {}", how.code().unwrap_or(255))),
    };
    How { words, by_itself: signal.is_none() }
}

/// The last words of one of ssh's streams, line by line.
#[derive(Debug, Default)]
struct Words {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Words {
    async fn listen(&mut self, from: impl AsyncRead + Unpin, unopened: Option<&watch::Sender<Option<Unopened>>>) {
        let mut from = BufReader::with_capacity(4096, from);
        let mut line = Vec::new();
        loop {
            // At most one buffer at a time: a banner without a line break takes no memory.
            let (used, whole) = match from.fill_buf().await {
                Ok([]) | Err(_) => break,
                Ok(held) => match held.iter().position(|byte| *byte == b'\n') {
                    Some(at) => {
                        line.extend_from_slice(&held[..at]);
                        (at + 1, true)
                    }
                    None => {
                        line.extend_from_slice(held);
                        (held.len(), line.len() > KEPT)
                    }
                },
            };
            from.consume(used);
            if whole {
                self.take(std::mem::take(&mut line), unopened);
            }
        }
        self.take(line, unopened);
    }

    fn take(&mut self, line: Vec<u8>, unopened: Option<&watch::Sender<Option<Unopened>>>) {
        let text = String::from_utf8_lossy(&line);
        if let Some((channel, why)) = text.trim().split_once(": open failed: ")
            && channel.starts_with("channel ")
            && let Some(unopened) = unopened
        {
            unopened.send_replace(Some(Unopened { at: Instant::now(), why: why.to_owned() }));
        }
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.bytes > KEPT
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= oldest.len() + 1;
        }
    }

    fn joined(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect()
    }
}
