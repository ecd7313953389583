//! Our end of the warden: sends it signs of life, listens for its answers, and measures the way there and back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openssh::{ChildStdin, ChildStdout};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::budget::{Place, Use};
use super::call::no_shell;
use super::channel::{self, Channel, Refusal};
use super::frame::Frame;
use super::line::Line;
use super::script;
use crate::domain::LinkFailure;

/// Signs of life are this far apart.
const BEAT: Duration = Duration::from_secs(5);
/// A host that has to answer and says nothing at all for this long is silent; on a slow way a few round
/// trips more, so that lost packets are not taken for a cut.
const SILENT_AFTER: Duration = Duration::from_secs(9);
const SILENT_AT_MOST: Duration = Duration::from_secs(14);

/// When the host will have been silent for too long.
fn due(line: &Line, patience: Duration) -> tokio::time::Instant {
    let left = patience.saturating_sub(line.heard.last().elapsed());
    tokio::time::Instant::now() + left.max(Duration::from_millis(50))
}

/// A warden that runs on the host.
#[derive(Debug)]
pub(super) struct Warden {
    place: Place,
    channel: Channel,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Warden {
    /// Starts it: the first thing that runs on a host, so it also finds out whether anything runs there.
    pub(super) async fn start(line: &Arc<Line>) -> Result<Self, LinkFailure> {
        let call = script::fresh_word();
        let text = script::warden(&line.link, &call);
        let unusable = |why: String| LinkFailure::Unusable(why.into());
        let place = line.budget.now(Use::Warden).ok_or_else(|| unusable("no channel is free".into()))?;
        let mut channel = match channel::open(&line.session, &text).await {
            Ok(channel) => channel,
            Err(Refusal::Host) => return Err(unusable("its sshd opens no session (MaxSessions 0)".into())),
            Err(Refusal::Master(why)) => {
                return Err(line.lost().await.unwrap_or(LinkFailure::MasterDied(why.into())));
            }
        };
        let (Some(stdin), Some(mut stdout)) = (channel.stdin().take(), channel.stdout().take()) else {
            return Err(unusable("the channel has no pipes".into()));
        };
        let mut frame = Frame::new(&call);
        let mut bytes = [0; 4 << 10];
        while !frame.has_started() {
            match stdout.read(&mut bytes).await {
                Ok(length) if length > 0 && !frame.is_hopeless() => {
                    line.heard.note();
                    frame.feed(&bytes[..length]);
                }
                Ok(_) | Err(_) => {
                    if let Some(why) = line.lost().await {
                        return Err(why);
                    }
                    let mut said = frame.noise();
                    if let Some(stderr) = channel.stderr().take() {
                        let _ = timeout(Duration::from_secs(1), stderr.take(4096).read_to_end(&mut said)).await;
                    }
                    return Err(unusable(no_shell(&said)));
                }
            }
        }
        Ok(Self { place, channel, stdin, stdout })
    }

    /// Keeps it alive until the host falls silent, and has it end the calls that left something running. On a host that allows a single channel the warden makes
    /// room, ssh's own keep-alives are all that watches, and each command ends itself on the host.
    pub(super) async fn tend(
        mut self,
        line: &Arc<Line>,
        mut orphaned: mpsc::Receiver<String>,
        round_trip: &watch::Sender<Option<Duration>>,
    ) -> LinkFailure {
        let mut answer = [0; 64];
        let mut waits_since: Option<Instant> = None;
        let mut patience = SILENT_AFTER;
        let mut recent = Recent::default();
        let mut next = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(next) => match waits_since {
                    None => {
                        if self.stdin.write_all(b".").await.is_err() {
                            break;
                        }
                        waits_since = Some(Instant::now());
                        next = due(line, patience);
                    }
                    Some(_) if line.heard.last().elapsed() >= patience => return LinkFailure::Silent,
                    Some(_) => next = due(line, patience),
                },
                read = self.stdout.read(&mut answer) => match read {
                    Ok(length) if length > 0 => {
                        line.heard.note();
                        if let Some(since) = waits_since.take() {
                            let measured = since.elapsed();
                            round_trip.send_replace(Some(recent.least(measured)));
                            patience = (SILENT_AFTER + measured * 4).min(SILENT_AT_MOST);
                            next = tokio::time::Instant::now() + BEAT;
                        }
                    }
                    Ok(_) | Err(_) => break,
                },
                Some(call) = orphaned.recv() => {
                    // One order for all that wait: on a host that hangs many calls run out of time together.
                    let mut calls = vec![call];
                    calls.extend(std::iter::from_fn(|| orphaned.try_recv().ok()));
                    if self.stdin.write_all(&script::end_calls(&calls)).await.is_err() {
                        break;
                    }
                }
                () = line.budget.single() => {
                    // Let it go in peace: its end must not end the connection.
                    let _ = self.stdin.write_all(b"q").await;
                    let _ = timeout(BEAT, self.stdout.read(&mut answer)).await;
                    let _ = timeout(BEAT, self.channel.wait()).await;
                    drop(self.place);
                    return std::future::pending().await;
                }
            }
        }
        // It ended: either the link is gone, or it was killed on the host and nothing watches there.
        line.lost()
            .await
            .unwrap_or_else(|| LinkFailure::Closed("what watches over the connection was ended there".into()))
    }
}

/// Ways there and back of which the shortest is told.
const RECENT: usize = 6;

/// The newest ways there and back. The shortest of them is the distance of the host; the others also hold what
/// this machine and that one were busy with, and would make the figure tremble.
#[derive(Debug, Default)]
struct Recent(VecDeque<Duration>);

impl Recent {
    /// Takes one more and tells the shortest.
    fn least(&mut self, measured: Duration) -> Duration {
        if self.0.len() == RECENT {
            self.0.pop_front();
        }
        self.0.push_back(measured);
        self.0.iter().min().copied().unwrap_or(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_is_no_distance_and_six_are() {
        let mut recent = Recent::default();
        let told = [40, 3, 60, 4, 5, 5, 5].map(|millis| recent.least(Duration::from_millis(millis)).as_millis());
        assert_eq!(told, [40, 3, 3, 3, 3, 3, 3]);
        let told = [90; 6].map(|millis| recent.least(Duration::from_millis(millis)).as_millis());
        assert_eq!(told[5], 90);
    }
}
