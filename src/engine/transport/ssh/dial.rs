//! TCP as seen from the host: forwardings of the master to private sockets of ours, one per address.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use openssh::{ForwardType, Socket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use super::line::Line;
use super::master::{Unopened, reason};
use crate::engine::transport::{Duplex, RuntimeDir};

/// How long the local end of a forwarding may take.
const WITHIN: Duration = Duration::from_secs(5);
/// How long ssh may take to say why a connection ended before its first byte.
const WORDS_WITHIN: Duration = Duration::from_millis(200);
/// What sshd says when its configuration forbids forwarding.
const FORBIDDEN: &str = "administratively prohibited";

/// The forwardings of one connection.
#[derive(Debug)]
pub(super) struct Dialler {
    line: Arc<Line>,
    runtime: Arc<RuntimeDir>,
    unopened: watch::Receiver<Option<Unopened>>,
    sockets: Mutex<HashMap<(String, u16), PathBuf>>,
    /// Addresses that sshd forbids; it may allow others (`PermitOpen`).
    forbidden: watch::Sender<BTreeSet<String>>,
}

impl Dialler {
    pub(super) fn new(line: Arc<Line>, runtime: Arc<RuntimeDir>, unopened: watch::Receiver<Option<Unopened>>) -> Self {
        Self { line, runtime, unopened, sockets: Mutex::default(), forbidden: watch::Sender::default() }
    }

    /// A connection to `host:port`. That nobody listens there is told by the first read.
    pub(super) async fn dial(&self, host: String, port: u16) -> Result<Duplex, String> {
        let address = format!("{host}:{port}");
        let mut gone = self.line.gone.clone();
        let dialled = async {
            if self.forbidden.borrow().contains(&address) {
                return Err(sentence(&address, FORBIDDEN));
            }
            let path = self.socket(host, port).await?;
            let since = Instant::now();
            let inner = UnixStream::connect(&path)
                .await
                .map_err(|error| format!("{address} can't be reached from the host: {error}"))?;
            Ok(Dialled {
                inner,
                address: address.clone(),
                since,
                unopened: self.unopened.clone(),
                forbidden: self.forbidden.clone(),
                silent: true,
                asking: None,
            })
        };
        tokio::select! {
            dialled = timeout(WITHIN, dialled) => match dialled {
                Ok(dialled) => dialled.map(|dialled| Box::new(dialled) as Duplex),
                Err(_) => Err(format!("{address} can't be reached from the host: ssh made no forwarding within 5 s")),
            },
            why = reason(&mut gone) => Err(format!("{address} can't be reached from the host: {why}")),
        }
    }

    async fn socket(&self, host: String, port: u16) -> Result<PathBuf, String> {
        // Held while ssh makes one, so that two who want the same address share it.
        let mut sockets = self.sockets.lock().await;
        if let Some(path) = sockets.get(&(host.clone(), port)) {
            return Ok(path.clone());
        }
        let path = self.runtime.socket('f');
        let session = self.line.session.clone();
        let (from, to) = (path.clone(), host.clone());
        // In a task of its own: not to be dropped halfway.
        let made = tokio::spawn(async move {
            session.request_port_forward(ForwardType::Local, Socket::from(from), Socket::new(to, port)).await
        });
        match made.await {
            Ok(Ok(())) => {
                sockets.insert((host, port), path.clone());
                Ok(path)
            }
            Ok(Err(error)) => Err(format!("{host}:{port} can't be reached from the host: {error}")),
            Err(_) => Err(format!("{host}:{port} can't be reached from the host: the program is ending")),
        }
    }
}

impl Drop for Dialler {
    fn drop(&mut self) {
        for path in self.sockets.get_mut().values() {
            // ssh removes them itself unless it was killed.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn sentence(address: &str, why: &str) -> String {
    if why.starts_with(FORBIDDEN) {
        format!("{address} can't be reached through the host: its sshd forbids forwarding (AllowTcpForwarding)")
    } else {
        let why = why.strip_prefix("connect failed: ").unwrap_or(why);
        format!("{address} as seen from the host: {}", crate::text::plain(why))
    }
}

/// A forwarded connection. ssh accepts before the host has connected; a refusal shows as an end before the
/// first byte, and is turned back into an error with its reason.
struct Dialled {
    inner: UnixStream,
    address: String,
    since: Instant,
    unopened: watch::Receiver<Option<Unopened>>,
    forbidden: watch::Sender<BTreeSet<String>>,
    silent: bool,
    asking: Option<BoxFuture<'static, Option<Unopened>>>,
}

impl Dialled {
    fn words(&self) -> BoxFuture<'static, Option<Unopened>> {
        let mut unopened = self.unopened.clone();
        let since = self.since;
        Box::pin(async move {
            let said = unopened.wait_for(|last| last.as_ref().is_some_and(|last| last.at >= since));
            timeout(WORDS_WITHIN, said).await.ok()?.ok()?.clone()
        })
    }
}

impl AsyncRead for Dialled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.asking.is_none() {
            let before = buffer.filled().len();
            let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
            let ended = match &polled {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => buffer.filled().len() == before && buffer.remaining() > 0,
                Poll::Ready(Err(_)) => true,
            };
            if !ended {
                self.silent &= buffer.filled().len() == before;
                return polled;
            }
            if !self.silent {
                return polled;
            }
            self.silent = false;
            self.asking = Some(self.words());
        }
        let Some(asking) = self.asking.as_mut() else { return Poll::Ready(Ok(())) };
        let said = std::task::ready!(asking.as_mut().poll(context));
        self.asking = None;
        Poll::Ready(match said {
            Some(unopened) => {
                if unopened.why.starts_with(FORBIDDEN) {
                    let address = self.address.clone();
                    self.forbidden.send_modify(|forbidden| {
                        forbidden.insert(address);
                    });
                }
                Err(io::Error::new(io::ErrorKind::ConnectionRefused, sentence(&self.address, &unopened.why)))
            }
            None => Ok(()),
        })
    }
}

impl AsyncWrite for Dialled {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
