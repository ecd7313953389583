//! This machine without ssh: the same traits, the same ends, children that die with us.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, join};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::reply::{self, Replies};
use super::spawner::{self, Spawner};
use super::{Asker, Connection, Duplex, Stream, Transport, quote};
use crate::domain::host::Shell;
use crate::domain::{Host, LinkFailure};
use crate::port::{End, Output, RemoteCommand, Stdin};

/// Commands at once, as on a host far away.
const COMMANDS: usize = 2;
/// Of a command's standard error this much is kept.
const STDERR_KEPT: usize = 64 << 10;
/// Of a reader's standard error this much is kept.
const STREAM_STDERR_KEPT: usize = 8 << 10;
/// After a command's end, output that something left behind holds open is waited for this long.
const DRAIN: Duration = Duration::from_millis(500);
/// What is ended gets this long before it is killed.
const GRACE: Duration = Duration::from_secs(2);
/// Whoever is asked for a secret gives up earlier than this by themselves.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3600);
/// How long a connection to a port may take.
const DIAL_WITHIN: Duration = Duration::from_secs(5);

/// Reaches this machine.
#[derive(Debug, Clone)]
pub struct LocalTransport {
    spawner: Spawner,
}

impl LocalTransport {
    /// A way to this machine.
    pub fn new(spawner: Spawner) -> Self {
        Self { spawner }
    }
}

impl Transport for LocalTransport {
    fn connect(&self, host: Host, _asker: Asker) -> BoxFuture<'static, Result<Arc<dyn Connection>, LinkFailure>> {
        let end = CancellationToken::new();
        let made = Machine {
            spawner: self.spawner.clone(),
            shell: host.shell,
            commands: Arc::new(Semaphore::new(COMMANDS)),
            end: end.clone(),
            _guard: end.drop_guard(),
        };
        Box::pin(async move { Ok(Arc::new(made) as Arc<dyn Connection>) })
    }
}

/// This machine. Always there; its drop ends what it started.
#[derive(Debug)]
struct Machine {
    spawner: Spawner,
    shell: Shell,
    commands: Arc<Semaphore>,
    end: CancellationToken,
    _guard: DropGuard,
}

impl Machine {
    fn call(&self, command: RemoteCommand, replies: Option<Replies>) -> BoxFuture<'static, Output> {
        let (spawner, shell, commands, end) =
            (self.spawner.clone(), self.shell, self.commands.clone(), self.end.clone());
        Box::pin(async move {
            let deadline = tokio::time::Instant::now() + command.deadline;
            let permit = timeout_at(deadline, commands.acquire_owned()).await;
            let Ok(Ok(_permit)) = permit else { return only(End::TimedOut(command.deadline)) };
            run(&spawner, shell, command, replies, deadline, end).await
        })
    }
}

impl Connection for Machine {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        self.call(command, None)
    }

    fn converse(&self, command: RemoteCommand, replies: Replies) -> BoxFuture<'static, Output> {
        self.call(command, Some(replies))
    }

    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        let (spawner, shell, end) = (self.spawner.clone(), self.shell, self.end.clone());
        Box::pin(async move { stream(&spawner, shell, command, end).await })
    }

    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        Box::pin(async move {
            match timeout(DIAL_WITHIN, TcpStream::connect((host.as_str(), port))).await {
                Ok(Ok(stream)) => Ok(Box::new(stream) as Duplex),
                Ok(Err(error)) => Err(format!("{host}:{port} can't be reached from here: {error}")),
                Err(_) => Err(format!("{host}:{port} did not answer within {} s", DIAL_WITHIN.as_secs())),
            }
        })
    }

    fn shell(&self) -> Result<(Vec<OsString>, Option<PathBuf>), String> {
        let shell = std::env::var_os("SHELL").filter(|shell| Path::new(shell).is_absolute());
        Ok((vec![shell.unwrap_or_else(|| "/bin/sh".into())], None))
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        let end = self.end.clone();
        Box::pin(async move {
            end.cancelled().await;
            LinkFailure::Closed("by this console".into())
        })
    }

    fn heard(&self) -> Instant {
        Instant::now()
    }
}

fn only(end: End) -> Output {
    Output { stdout: Vec::new(), stderr: Vec::new(), cut: 0, end, left_behind: false }
}

/// The command as a child that leads a session of its own.
fn prepare(shell: Shell, argv: &[String]) -> Result<Command, End> {
    // The rules are those of a host far away.
    quote::words(argv).map_err(|error| End::NotStarted(error.to_string()))?;
    let Some((program, arguments)) = argv.split_first() else { return Err(End::NotFound) };
    let mut command = match shell {
        Shell::Plain => {
            if !exists(program) {
                return Err(End::NotFound);
            }
            spawner::tied(program, arguments)
        }
        Shell::Login => {
            let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".into());
            let words =
                [&["-l".to_owned(), "-c".into(), r#"exec "$0" "$@""#.into(), program.clone()], arguments].concat();
            spawner::tied(&shell, words)
        }
    };
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// Whether a shell would find this program.
fn exists(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).exists();
    }
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// A child and the session it leads; both end when this is dropped.
struct Session {
    child: Child,
    leader: Option<Pid>,
    ended: bool,
}

impl Session {
    fn new(child: Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { child, leader, ended: false }
    }

    async fn wait(&mut self) -> End {
        let status = self.child.wait().await;
        self.ended = true;
        match status {
            Ok(status) => match (status.code(), status.signal()) {
                (_, Some(signal)) => End::Killed(signal),
                (code, None) => End::Exited(code.unwrap_or(-1)),
            },
            Err(error) => End::NotStarted(format!("its end could not be read: {error}")),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(leader) = self.leader.filter(|_| !self.ended) else { return };
        let _ = kill_process_group(leader, Signal::TERM);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(GRACE).await;
                let _ = kill_process_group(leader, Signal::KILL);
            });
        }
    }
}

async fn run(
    spawner: &Spawner,
    shell: Shell,
    command: RemoteCommand,
    replies: Option<Replies>,
    deadline: tokio::time::Instant,
    end: CancellationToken,
) -> Output {
    let mut prepared = match prepare(shell, &command.argv) {
        Ok(prepared) => prepared,
        Err(end) => return only(end),
    };
    if replies.is_some() || matches!(command.stdin, Stdin::Bytes(_)) {
        prepared.stdin(Stdio::piped());
    }
    let child = match spawner.spawn(prepared).await {
        Ok(child) => child,
        Err(error) => return only(End::NotStarted(format!("{}: {error}", command.program()))),
    };
    let mut session = Session::new(child);
    let (Some(mut stdout), Some(mut stderr)) = (session.child.stdout.take(), session.child.stderr.take()) else {
        return only(End::NotStarted("the child has no output".into()));
    };
    let stdin = session.child.stdin.take();
    let (mut kept, mut said) = (Kept::new(command.most), Kept::new(STDERR_KEPT));
    let (until, until_told) = watch::channel(deadline);
    let (ended, left_behind) = {
        let talking = async {
            match (stdin, &command.stdin, replies) {
                (Some(stdin), _, Some(replies)) => said.fill_and_answer(&mut stderr, stdin, &replies, &until).await,
                (Some(mut stdin), Stdin::Bytes(bytes), None) => {
                    let writing = async move {
                        // A command that does not read to the end is its own business.
                        let _ = stdin.write_all(bytes).await;
                    };
                    tokio::join!(said.fill(&mut stderr), writing);
                }
                (Some(_) | None, Stdin::Bytes(_) | Stdin::Null, _) => said.fill(&mut stderr).await,
            }
        };
        let reading = async { tokio::join!(kept.fill(&mut stdout), talking) };
        tokio::pin!(reading);
        let mut read = false;
        let ended = tokio::select! {
            ended = async {
                tokio::select! {
                    ended = session.wait() => ended,
                    _ = &mut reading => { read = true; session.wait().await }
                }
            } => Some(ended),
            () = passed(until_told) => None,
            () = end.cancelled() => Some(End::LinkLost(LinkFailure::Closed("by this console".into()))),
        };
        let left_behind = ended.is_some() && !read && timeout(DRAIN, &mut reading).await.is_err();
        (ended, left_behind)
    };
    drop(session);
    let end = ended.unwrap_or(End::TimedOut(command.deadline));
    Output { stdout: kept.bytes, stderr: said.bytes, cut: kept.cut, end, left_behind }
}

/// Resolves when the deadline has passed, which may be put off meanwhile.
async fn passed(mut until: watch::Receiver<tokio::time::Instant>) {
    loop {
        let deadline = *until.borrow_and_update();
        if tokio::time::Instant::now() >= deadline {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep_until(deadline) => {}
            Ok(()) = until.changed() => {}
        }
    }
}

/// The first bytes of a stream and the number of those that were not kept.
struct Kept {
    bytes: Vec<u8>,
    most: usize,
    cut: u64,
}

impl Kept {
    fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, cut: 0 }
    }

    async fn fill(&mut self, from: &mut (impl AsyncRead + Unpin)) {
        let mut buffer = vec![0; 16 << 10];
        while self.more(from, &mut buffer).await {}
    }

    /// Reads once; false at the end.
    async fn more(&mut self, from: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) -> bool {
        let Ok(length @ 1..) = from.read(buffer).await else { return false };
        let room = self.most.saturating_sub(self.bytes.len()).min(length);
        self.bytes.extend_from_slice(&buffer[..room]);
        self.cut += (length - room) as u64;
        true
    }

    /// The same, and answers each prompt that comes. The deadline stands still while an answer is waited for.
    async fn fill_and_answer(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        stdin: ChildStdin,
        replies: &Replies,
        until: &watch::Sender<tokio::time::Instant>,
    ) {
        let mut buffer = vec![0; 4 << 10];
        let mut stdin = Some(stdin);
        loop {
            if let Some(bytes) = replies.take_input(&mut self.bytes)
                && let Some(mut pipe) = stdin.take()
            {
                // A command that does not read to the end is its own business.
                let writing = async move { drop(pipe.write_all(bytes.expose()).await) };
                tokio::join!(writing, self.fill(from));
                return;
            }
            if !self.more(from, &mut buffer).await {
                return;
            }
            if !replies.take_prompt(&mut self.bytes) {
                continue;
            }
            let (begun, before) = (tokio::time::Instant::now(), *until.borrow());
            until.send_replace(begun + ANSWERED_WITHIN);
            let answer = {
                let answer = replies.ask();
                tokio::pin!(answer);
                loop {
                    tokio::select! {
                        answer = &mut answer => break answer,
                        more = self.more(from, &mut buffer) => if !more { break None },
                    }
                }
            };
            until.send_replace(before + begun.elapsed());
            stdin = match (stdin.take(), answer) {
                (Some(mut pipe), Some(secret)) => reply::send(&mut pipe, &secret).await.then_some(pipe),
                (Some(_) | None, _) => None,
            };
        }
    }
}

async fn stream(
    spawner: &Spawner,
    shell: Shell,
    command: RemoteCommand,
    end: CancellationToken,
) -> Result<Stream, End> {
    let mut prepared = prepare(shell, &command.argv)?;
    prepared.stdin(Stdio::piped());
    let started = spawner.spawn(prepared).await;
    let child = started.map_err(|error| End::NotStarted(format!("{}: {error}", command.program())))?;
    let mut session = Session::new(child);
    let pipes = (session.child.stdin.take(), session.child.stdout.take(), session.child.stderr.take());
    let (Some(stdin), Some(stdout), Some(mut stderr)) = pipes else {
        return Err(End::NotStarted("the child has no pipes".into()));
    };
    let let_go = CancellationToken::new();
    let reader = Held { inner: stdout, _let_go: let_go.clone().drop_guard() };
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let mut said = Kept::new(STREAM_STDERR_KEPT);
        let mut listening = true;
        let ended = loop {
            tokio::select! {
                ended = session.wait() => break ended,
                () = said.fill(&mut stderr), if listening => listening = false,
                () = let_go.cancelled() => break End::LinkLost(LinkFailure::Closed("by this console".into())),
                () = end.cancelled() => break End::LinkLost(LinkFailure::Closed("by this console".into())),
            }
        };
        if listening {
            let _ = timeout(DRAIN, said.fill(&mut stderr)).await;
        }
        drop(session);
        let _ = tell.send((ended, said.bytes));
    });
    Ok(Stream {
        io: Box::new(join(reader, stdin)),
        ended: Box::pin(async move {
            told.await.unwrap_or_else(|_| (End::NotStarted("the program is ending".into()), Vec::new()))
        }),
    })
}

/// The reading end together with what tells that it was let go.
struct Held<R> {
    inner: R,
    _let_go: DropGuard,
}

impl<R: AsyncRead + Unpin> AsyncRead for Held<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
