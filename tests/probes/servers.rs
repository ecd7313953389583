//! Servers that behave badly in one way each, and a host whose connection counts what is read through it.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use quarterdeck::domain::LinkFailure;
use quarterdeck::engine::transport::{Connection, Duplex, Stream};
use quarterdeck::port::{End, Output, RemoteCommand};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Serves each connection with `serve` until the test ends.
pub async fn serve<F, W>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Takes the request, says these bytes, and closes.
pub async fn says(bytes: impl Into<Vec<u8>>) -> SocketAddr {
    let bytes = bytes.into();
    serve(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

/// Answers 200 with a JSON body.
pub async fn json(body: &str) -> SocketAddr {
    says(answer("200 OK", body)).await
}

pub fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Reads up to the end of a request's head.
pub async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.is_ok_and(|size| size == 1) {
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

/// Accepts and says nothing.
pub async fn silent() -> SocketAddr {
    serve(|stream| async move {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        drop(stream);
    })
    .await
}

/// A port that nobody listens on.
pub async fn refused() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

/// A host whose connection reaches this machine's loopback, counts, and can be lost.
pub struct Wire {
    pub read: Arc<AtomicU64>,
    pub dials: AtomicUsize,
    pub open: Arc<AtomicUsize>,
    pub most_open: Arc<AtomicUsize>,
    pub commands: Mutex<Vec<RemoteCommand>>,
    /// What every command says.
    pub output: Output,
    pub lost: watch::Sender<bool>,
}

impl Wire {
    pub fn new() -> Arc<Self> {
        Self::saying(Output { stdout: Vec::new(), stderr: Vec::new(), cut: 0, end: End::Exited(0), left_behind: false })
    }

    pub fn saying(output: Output) -> Arc<Self> {
        Arc::new(Self {
            read: Arc::default(),
            dials: AtomicUsize::new(0),
            open: Arc::default(),
            most_open: Arc::default(),
            commands: Mutex::default(),
            output,
            lost: watch::Sender::new(false),
        })
    }

    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::SeqCst)
    }
}

impl Connection for Wire {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        self.commands.lock().unwrap().push(command);
        let output = self.output.clone();
        Box::pin(async move { output })
    }

    fn stream(&self, _: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        Box::pin(async { Err(End::NotFound) })
    }

    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        self.dials.fetch_add(1, Ordering::SeqCst);
        let (read, open, most) = (Arc::clone(&self.read), Arc::clone(&self.open), Arc::clone(&self.most_open));
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await.map_err(|_| "nobody listens there".to_owned())?;
            let now = open.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            Ok(Box::new(Counted { stream, read, open }) as Duplex)
        })
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        let mut lost = self.lost.subscribe();
        Box::pin(async move {
            let _ = lost.wait_for(|lost| *lost).await;
            LinkFailure::Silent
        })
    }

    fn heard(&self) -> Instant {
        Instant::now()
    }
}

struct Counted {
    stream: TcpStream,
    read: Arc<AtomicU64>,
    open: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        self.read.fetch_add((into.filled().len() - before) as u64, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
