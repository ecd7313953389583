//! One command from its place in the queue to its verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openssh::{ChildStderr, ChildStdin, ChildStdout};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::{Place, Use};
use super::channel::{self, Channel, Refusal};
use super::frame::Frame;
use super::line::Line;
use super::script::{self, Verdict};
use crate::engine::transport::reply::{self, Replies, Reply};
use crate::port::{End, Output, RemoteCommand, Stdin};

/// Of standard error this much is kept.
const STDERR_KEPT: usize = 64 << 10;
/// After the verdict, output that something left behind still holds open is waited for this long.
const DRAIN: Duration = Duration::from_millis(500);
/// What was told to end on the host has this long until its place is given to another.
pub(super) const ENDED_WITHIN: Duration = Duration::from_secs(5);
/// The host that opened channels before and opens none now is asked again this much later.
const AGAIN: Duration = Duration::from_secs(1);
/// The signal that no shell can catch, so that it can say nothing of it.
const SIGKILL: i32 = 9;

/// Runs a command to its end. `caller_gone` resolves when nobody waits for the result any more.
pub(super) async fn run(
    line: Arc<Line>,
    command: RemoteCommand,
    replies: Option<Replies>,
    caller_gone: impl Future<Output = ()>,
) -> Output {
    let call = script::fresh_word();
    let limit = command.deadline;
    let deadline = Instant::now() + limit;
    let input = replies.is_some() || matches!(command.stdin, Stdin::Bytes(_));
    // Without a warden the host itself must end what takes too long: it holds the only channel there is.
    let text = |alone: bool| {
        let limit = alone.then_some(limit);
        script::command(&line.link, &call, &command.argv, Verdict::Stdout, input, line.shell, limit)
            .map_err(|error| End::NotStarted(error.to_string()))
    };
    let asked = AtomicBool::new(false);
    tokio::pin!(caller_gone);
    let opened = tokio::select! {
        opened = timeout_at(deadline, open(&line, text, &asked)) => opened,
        why = line.gone() => return nothing(End::LinkLost(why)),
        () = &mut caller_gone => {
            if asked.load(Ordering::Relaxed) {
                line.end_call(&call);
            }
            return nothing(End::TimedOut(limit));
        }
    };
    let (place, mut channel) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(end)) => return nothing(end),
        // Where the host was asked it may have been opened: ended all the same.
        Err(_) => {
            if asked.load(Ordering::Relaxed) {
                line.end_call(&call);
            }
            return nothing(End::TimedOut(limit));
        }
    };
    let mut reading = Reading::new(&call, command.most);
    let ended = tokio::select! {
        ended = converse(&line, &mut channel, command.stdin, replies, &mut reading, deadline) => ended,
        why = line.gone() => Some(End::LinkLost(why)),
        () = &mut caller_gone => None,
    };
    let end = match ended {
        Some(End::LinkLost(why)) => End::LinkLost(why),
        Some(end) => {
            // The place is free only when the host has closed the channel too.
            let _ = timeout(DRAIN, channel.wait()).await;
            end
        }
        None => {
            line.end_call(&call);
            // sshd counts the session until what ran in it has ended; nobody has to wait for that.
            tokio::spawn(async move {
                let ended = timeout(ENDED_WITHIN, channel.wait());
                tokio::select! {
                    _ = ended => {}
                    _ = line.gone() => {}
                }
                drop(place);
            });
            if !reading.frame.has_started() {
                reading
                    .complain("the login shell did not get as far as the command: does a start-up file wait or read?");
            }
            return reading.output(End::TimedOut(limit));
        }
    };
    drop(place);
    reading.output(end)
}

fn nothing(end: End) -> Output {
    Output { stdout: Vec::new(), stderr: Vec::new(), cut: 0, end, left_behind: false }
}

/// Waits for a place and opens a channel in it; learns from refusals.
async fn open(
    line: &Arc<Line>,
    text: impl Fn(bool) -> Result<String, End>,
    asked: &AtomicBool,
) -> Result<(Place, Channel), End> {
    loop {
        let place = line.budget.wait(Use::Command).await;
        let text = text(line.budget.is_single())?;
        asked.store(true, Ordering::Relaxed);
        match channel::open(&line.session, &text).await {
            Ok(channel) => return Ok((place, channel)),
            Err(Refusal::Host) => {
                let others = line.budget.refused(&place);
                drop(place);
                if others == 0 {
                    // Something that is not ours to see holds it.
                    tokio::time::sleep(AGAIN).await;
                }
            }
            Err(Refusal::Master(why)) => {
                let lost = line.lost().await;
                return Err(lost.map_or(End::NotStarted(why), End::LinkLost));
            }
        }
    }
}

/// Reads until the verdict, and a moment longer. `None` when the deadline came first.
async fn converse(
    line: &Line,
    channel: &mut Channel,
    stdin: Stdin,
    replies: Option<Replies>,
    reading: &mut Reading,
    mut deadline: Instant,
) -> Option<End> {
    let (Some(mut stdout), Some(mut stderr)) = (channel.stdout().take(), channel.stderr().take()) else {
        return Some(End::NotStarted("the channel has no output".into()));
    };
    let mut pipe = channel.stdin().take();
    let mut input = match (stdin, &replies) {
        (Stdin::Bytes(bytes), None) => pipe.take().map(|pipe| (pipe, bytes)),
        (Stdin::Bytes(_) | Stdin::Null, Some(_)) => None,
        (Stdin::Null, None) => {
            drop(pipe.take());
            None
        }
    };
    let mut writing: Option<tokio::task::JoinHandle<()>> = None;
    while reading.frame.end().is_none() && reading.stdout_open && !reading.frame.is_hopeless() {
        timeout_at(deadline, reading.more(line, &mut stdout, &mut stderr)).await.ok()?;
        // Not before the command runs: a start-up file would read it.
        if !reading.frame.has_started() {
            continue;
        }
        if let Some((pipe, bytes)) = input.take() {
            writing = Some(tokio::spawn(async move { write(pipe, &bytes).await }));
        }
        if let Some(bytes) = replies.as_ref().and_then(|replies| replies.take_input(&mut reading.stderr))
            && let Some(pipe) = pipe.take()
        {
            writing = Some(tokio::spawn(async move { write(pipe, bytes.expose()).await }));
        }
        if let Some(replies) = &replies
            && replies.take_prompt(&mut reading.stderr)
        {
            let begun = Instant::now();
            let answer = answer(replies, line, reading, &mut stdout, &mut stderr).await;
            deadline += begun.elapsed();
            pipe = match (pipe.take(), answer) {
                (Some(mut pipe), Some(secret)) => reply::send(&mut pipe, &secret).await.then_some(pipe),
                (Some(_) | None, _) => None,
            };
        }
    }
    let end = match reading.frame.end() {
        Some(end) => end.clone(),
        None => {
            reading.keep_rest();
            let _ = timeout(DRAIN, reading.drain(line, &mut stdout, &mut stderr)).await;
            no_verdict(line, reading).await
        }
    };
    let drained = timeout(DRAIN, reading.drain(line, &mut stdout, &mut stderr)).await;
    reading.left_behind = drained.is_err() && !matches!(end, End::LinkLost(_));
    if let Some(writing) = writing {
        writing.abort();
    }
    Some(end)
}

/// Waits for the answer, and notices when the command does not wait for it any more.
async fn answer(
    replies: &Replies,
    line: &Line,
    reading: &mut Reading,
    stdout: &mut ChildStdout,
    stderr: &mut ChildStderr,
) -> Reply {
    let answer = replies.ask();
    tokio::pin!(answer);
    while reading.frame.end().is_none() && reading.stdout_open {
        tokio::select! {
            answer = &mut answer => return answer,
            () = reading.more(line, stdout, stderr) => {}
        }
    }
    None
}

async fn write(mut pipe: ChildStdin, bytes: &[u8]) {
    // A command that does not read to the end is its own business.
    let _ = pipe.write_all(bytes).await;
}

/// What it means that the channel ended without a verdict.
async fn no_verdict(line: &Line, reading: &Reading) -> End {
    if let Some(why) = line.lost().await {
        return End::LinkLost(why);
    }
    if reading.frame.has_started() {
        return End::Killed(SIGKILL);
    }
    End::NotStarted(no_shell(&[reading.frame.noise(), reading.stderr.clone()].concat()))
}

/// The sentence for an account whose login shell does not do what it is told.
pub(super) fn no_shell(stderr: &[u8]) -> String {
    let said = crate::text::Foreign::from(stderr).plain();
    let said = said.trim();
    let said = if said.is_empty() { String::new() } else { format!("; it said: {said}") };
    format!("the login shell of this account runs no commands for us (restricted, nologin, or not a shell){said}")
}

/// What was read so far.
#[derive(Debug)]
struct Reading {
    frame: Frame,
    most: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    cut: u64,
    stdout_open: bool,
    stderr_open: bool,
    left_behind: bool,
}

impl Reading {
    fn new(call: &str, most: usize) -> Self {
        Self {
            frame: Frame::new(call),
            most,
            stdout: Vec::new(),
            stderr: Vec::new(),
            cut: 0,
            stdout_open: true,
            stderr_open: true,
            left_behind: false,
        }
    }

    /// Reads once from whichever has something.
    async fn more(&mut self, line: &Line, stdout: &mut ChildStdout, stderr: &mut ChildStderr) {
        let mut out = [0; 16 << 10];
        let mut err = [0; 4 << 10];
        tokio::select! {
            read = stdout.read(&mut out), if self.stdout_open => match read {
                Ok(0) | Err(_) => self.stdout_open = false,
                Ok(length) => {
                    line.heard.note();
                    let fed = self.frame.feed(&out[..length]);
                    self.keep(&fed.body);
                }
            },
            read = stderr.read(&mut err), if self.stderr_open => match read {
                Ok(0) | Err(_) => self.stderr_open = false,
                Ok(length) => {
                    line.heard.note();
                    let room = STDERR_KEPT.saturating_sub(self.stderr.len()).min(length);
                    self.stderr.extend_from_slice(&err[..room]);
                }
            },
            else => self.stdout_open = false,
        }
    }

    /// Reads until both are closed.
    async fn drain(&mut self, line: &Line, stdout: &mut ChildStdout, stderr: &mut ChildStderr) {
        while self.stdout_open || self.stderr_open {
            self.more(line, stdout, stderr).await;
        }
    }

    fn keep(&mut self, body: &[u8]) {
        let room = self.most.saturating_sub(self.stdout.len()).min(body.len());
        self.stdout.extend_from_slice(&body[..room]);
        self.cut += (body.len() - room) as u64;
    }

    fn keep_rest(&mut self) {
        let rest = self.frame.rest();
        self.keep(&rest);
    }

    fn complain(&mut self, sentence: &str) {
        self.stderr.extend_from_slice(sentence.as_bytes());
    }

    fn output(self, end: End) -> Output {
        Output { stdout: self.stdout, stderr: self.stderr, cut: self.cut, end, left_behind: self.left_behind }
    }
}
