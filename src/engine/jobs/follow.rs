//! Following a job: its output from a place on to its end, over as many connections as it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::asking::{Asked, Hosts, Rights};
use super::{JobKey, Offsets, Output, Seen, fault};
use crate::domain::HostName;
use crate::engine::transport::{Connection, Stream};
use crate::port::{End, RemoteCommand};
use crate::runtimes::job::{self, Frame, Frames, Told};

/// How often a host that sends nonsense is asked again.
const ODD: u32 = 5;
/// Between two attempts at what did not work.
const AGAIN: Duration = Duration::from_secs(1);
/// While no reader has a place, one is tried for this often.
const READER_AGAIN: Duration = Duration::from_secs(5);
/// Looks in one asked reading, a fifth of a second each.
const ROUNDS: u32 = 5;
/// How long one asked reading may take.
const READ_WITHIN: Duration = Duration::from_secs(20);
/// A reader says something every few seconds.
const SILENT: Duration = Duration::from_secs(30);

/// Where the following stands.
struct Following<'a> {
    hosts: &'a Hosts,
    host: &'a HostName,
    key: &'a JobKey,
    at: Offsets,
    output: Option<mpsc::Sender<Output>>,
    odd: u32,
}

/// What one reading came to.
enum Read {
    /// The end of it all.
    Over(Seen),
    /// Go on where it ended.
    On,
    /// Only root may read it.
    Hidden,
    /// There is no place for a reader.
    NoPlace,
}

pub(super) async fn follow(
    hosts: &Hosts,
    host: &HostName,
    key: &JobKey,
    from: Offsets,
    output: mpsc::Sender<Output>,
) -> Seen {
    let mut following = Following { hosts, host, key, at: from, output: Some(output), odd: 0 };
    let (mut rights, mut tried) = (Rights::Login, None::<Instant>);
    loop {
        let Some(connection) = following.connection().await else {
            return Seen::Unasked(format!("{host} is not watched any more"));
        };
        let may_stream = rights == Rights::Login && tried.is_none_or(|at| at.elapsed() >= READER_AGAIN);
        let read = if may_stream { following.stream(&connection).await } else { following.poll(rights).await };
        match read {
            Read::Over(seen) => {
                if matches!(seen, Seen::Ended(_)) {
                    fault::strike("abort-result");
                }
                return seen;
            }
            Read::On => {}
            Read::NoPlace => tried = Some(Instant::now()),
            Read::Hidden if rights == Rights::Login && hosts.becomes_root(host) => rights = Rights::Sudo,
            Read::Hidden => return hosts.seen(host, key, 0, Told::Hidden),
        }
        if following.odd >= ODD {
            return Seen::Unasked(format!("what {host} sends of the output makes no sense"));
        }
    }
}

impl Following<'_> {
    /// The newest connection, as soon as there is one.
    async fn connection(&self) -> Option<Arc<dyn Connection>> {
        let mut line = self.hosts.way(self.host).ok()?.connection.clone();
        let up = line.wait_for(Option::is_some).await.ok()?;
        up.clone()
    }

    /// Reads through a reader of its own, as it comes.
    async fn stream(&mut self, connection: &Arc<dyn Connection>) -> Read {
        let script = job::read(&self.hosts.named(self.key), self.at.output, self.at.error, None);
        let Stream { mut io, ended } = match connection.stream(RemoteCommand::new(job::reader(script.len()))).await {
            Ok(stream) => stream,
            Err(End::NotStarted(_)) => return Read::NoPlace,
            Err(_) => {
                sleep(AGAIN).await;
                return Read::On;
            }
        };
        let mut frames = Frames::default();
        let mut bytes = vec![0; 64 << 10];
        let begun = timeout(READ_WITHIN, async {
            io.write_all(&script).await?;
            io.flush().await
        });
        if !matches!(begun.await, Ok(Ok(()))) {
            sleep(AGAIN).await;
            return Read::On;
        }
        loop {
            match timeout(SILENT, io.read(&mut bytes)).await {
                Ok(Ok(length @ 1..)) => {
                    for frame in frames.feed(&bytes[..length]) {
                        if let Some(read) = self.take(frame).await {
                            return read;
                        }
                    }
                }
                // Its place was wanted, or the link is gone, or nothing comes: the next connection says.
                Ok(Ok(_) | Err(_)) => {
                    drop(io);
                    let why = timeout(AGAIN, ended).await;
                    if matches!(why, Ok((End::NotStarted(_), _))) {
                        return Read::NoPlace;
                    }
                    sleep(AGAIN / 4).await;
                    return Read::On;
                }
                Err(_) => return Read::On,
            }
        }
    }

    /// Reads once by a command, where there is no place for a reader or only root may read.
    async fn poll(&mut self, rights: Rights) -> Read {
        let named = self.hosts.named(self.key);
        let script = job::read(&named, self.at.output, self.at.error, Some(ROUNDS));
        let asked =
            self.hosts.ask(self.host, &self.key.run, &script, rights, READ_WITHIN, "read a step's output").await;
        let output = match asked {
            Asked::Answered(output) => output,
            Asked::Unasked(why) if rights == Rights::Sudo && self.hosts.connected(self.host).await.is_ok() => {
                return Read::Over(Seen::Unasked(why));
            }
            Asked::Unasked(_) => {
                sleep(AGAIN).await;
                return Read::On;
            }
        };
        for frame in Frames::default().feed(&output.stdout) {
            if let Some(read) = self.take(frame).await {
                return read;
            }
        }
        Read::On
    }

    /// Takes one frame: hands output on, or says how the job stands.
    async fn take(&mut self, frame: Frame) -> Option<Read> {
        match frame {
            Frame::Output(error, offset, bytes) => {
                let at = if error { &mut self.at.error } else { &mut self.at.output };
                if *at != offset {
                    self.odd += 1;
                    return Some(Read::On);
                }
                *at += bytes.len() as u64;
                self.odd = 0;
                if let Some(output) = &self.output
                    && output.send(Output { error, offset, bytes }).await.is_err()
                {
                    // Nobody reads any more; the end is still wanted.
                    self.output = None;
                }
                None
            }
            Frame::Seen(_, Told::Hidden) => Some(Read::Hidden),
            Frame::Seen(token, told) => Some(match self.hosts.seen(self.host, self.key, token, told) {
                Seen::Running => Read::On,
                seen => Read::Over(seen),
            }),
            Frame::Odd => {
                self.odd += 1;
                sleep(AGAIN).await;
                Some(Read::On)
            }
        }
    }
}
