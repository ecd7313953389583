//! Long-lived readers: they never queue, and they end on the host when they are let go here.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use openssh::{ChildStderr, ChildStdout};
use tokio::io::{AsyncReadExt, join};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::budget::{Place, Use};
use super::call::{self, no_shell};
use super::channel::{self, Channel, Refusal};
use super::frame::Frame;
use super::line::{Line, Noting};
use super::script::{self, Verdict};
use crate::domain::LinkFailure;
use crate::engine::transport::Stream;
use crate::port::{End, RemoteCommand};

/// How long a reader may take to start.
const START_WITHIN: Duration = Duration::from_secs(10);
/// Of standard error this much is kept.
const STDERR_KEPT: usize = 8 << 10;
/// A reader that was let go and does not end by itself within this is ended.
const GRACE: Duration = Duration::from_secs(1);

/// The reading end together with what tells its keeper that it was let go.
struct Held<R> {
    inner: R,
    _let_go: DropGuard,
}

impl<R: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Held<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

/// Starts a reader.
pub(super) async fn start(line: Arc<Line>, command: RemoteCommand) -> Result<Stream, End> {
    let call = script::fresh_word();
    let text = script::command(&line.link, &call, &command.argv, Verdict::Stderr, true, line.shell, None)
        .map_err(|error| End::NotStarted(error.to_string()))?;
    if let Some(end) = line.dead() {
        return Err(end);
    }
    let place = line.budget.now(Use::Stream).ok_or_else(full)?;
    let started = timeout(START_WITHIN, begin(&line, place, &call, &text));
    let (place, mut channel, stdout, prefix) = tokio::select! {
        started = started => match started {
            Ok(started) => started?,
            Err(_) => {
                line.end_call(&call);
                return Err(End::TimedOut(START_WITHIN));
            }
        },
        why = line.gone() => return Err(End::LinkLost(why)),
    };
    let (Some(stdin), Some(stderr)) = (channel.stdin().take(), channel.stderr().take()) else {
        return Err(End::NotStarted("the channel has no pipes".into()));
    };
    let let_go = CancellationToken::new();
    let reader = Held {
        inner: Cursor::new(prefix).chain(Noting { inner: stdout, heard: line.heard.clone() }),
        _let_go: let_go.clone().drop_guard(),
    };
    let (tell, told) = oneshot::channel();
    tokio::spawn(keep(line, place, channel, stderr, call, let_go, tell));
    Ok(Stream {
        io: Box::new(join(reader, stdin)),
        ended: Box::pin(async move {
            told.await.unwrap_or_else(|_| (End::NotStarted("the program is ending".into()), Vec::new()))
        }),
    })
}

fn full() -> End {
    End::NotStarted(
        "no channel is left for another reader on this connection (sshd's MaxSessions, or our own limit of 8)".into(),
    )
}

/// Opens the channel and waits until the command runs.
async fn begin(
    line: &Arc<Line>,
    place: Place,
    call: &str,
    text: &str,
) -> Result<(Place, Channel, ChildStdout, Vec<u8>), End> {
    let mut channel = match channel::open(&line.session, text).await {
        Ok(channel) => channel,
        Err(Refusal::Host) => {
            line.budget.refused(&place);
            return Err(full());
        }
        Err(Refusal::Master(why)) => return Err(line.lost().await.map_or(End::NotStarted(why), End::LinkLost)),
    };
    let Some(mut stdout) = channel.stdout().take() else {
        return Err(End::NotStarted("the channel has no output".into()));
    };
    let mut frame = Frame::new(call);
    let mut bytes = [0; 4 << 10];
    loop {
        match stdout.read(&mut bytes).await {
            Ok(length) if length > 0 && !frame.is_hopeless() => {
                line.heard.note();
                let mut prefix = frame.feed(&bytes[..length]).body;
                if frame.has_started() {
                    prefix.extend(frame.rest());
                    return Ok((place, channel, stdout, prefix));
                }
            }
            Ok(_) | Err(_) => {
                if let Some(why) = line.lost().await {
                    return Err(End::LinkLost(why));
                }
                let mut said = frame.noise();
                if let Some(stderr) = channel.stderr().take() {
                    let _ = timeout(GRACE, stderr.take(STDERR_KEPT as u64).read_to_end(&mut said)).await;
                }
                return Err(End::NotStarted(no_shell(&said)));
            }
        }
    }
}

/// Follows standard error to the verdict, and ends the reader when it was let go.
async fn keep(
    line: Arc<Line>,
    place: Place,
    channel: Channel,
    stderr: ChildStderr,
    call: String,
    let_go: CancellationToken,
    tell: oneshot::Sender<(End, Vec<u8>)>,
) {
    let mut said = Said { frame: Frame::started(&call), kept: Vec::new(), stderr };
    let evicted = place.evicted();
    let end = tokio::select! {
        end = said.verdict(&line) => end,
        why = line.gone() => End::LinkLost(why),
        () = evicted.cancelled() => full(),
        // Most readers end by themselves when nobody reads them.
        () = let_go.cancelled() => timeout(GRACE, said.verdict(&line)).await.unwrap_or(End::LinkLost(LinkFailure::Closed("by this console".into()))),
    };
    if matches!(end, End::Exited(_) | End::Killed(_) | End::NotFound) {
        drop(channel);
    } else {
        line.end_call(&call);
        // sshd counts the session until what ran in it has ended, so its place is not free before.
        let ended = timeout(call::ENDED_WITHIN, channel.wait());
        tokio::select! {
            _ = ended => {}
            _ = line.gone() => {}
        }
    }
    drop(place);
    // Whoever holds the reader may still read what is left; if nobody does, nobody wants to know.
    let _ = tell.send((end, said.kept));
}

/// What a reader says on standard error.
struct Said {
    frame: Frame,
    kept: Vec<u8>,
    stderr: ChildStderr,
}

impl Said {
    /// Reads until the verdict. May be dropped and called again.
    async fn verdict(&mut self, line: &Line) -> End {
        let mut bytes = [0; 2 << 10];
        loop {
            match self.stderr.read(&mut bytes).await {
                Ok(length) if length > 0 => {
                    line.heard.note();
                    let body = self.frame.feed(&bytes[..length]).body;
                    let room = STDERR_KEPT.saturating_sub(self.kept.len()).min(body.len());
                    self.kept.extend_from_slice(&body[..room]);
                    if let Some(end) = self.frame.end() {
                        return end.clone();
                    }
                }
                // The wrapper was killed before it could speak, unless the link is gone.
                Ok(_) | Err(_) => return line.lost().await.map_or(End::Killed(9), End::LinkLost),
            }
        }
    }
}
