//! One HTTP exchange over any byte stream, bounded in time and to the byte.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, LOCATION, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take};
use url::Url;

use super::certificate::{self, Expected, Shown, Trust};
use super::reply::{self, End, Reply};
use super::tcp::{self, Road};
use super::{Answer, Deadline, Miss};
use crate::domain::probe::{HttpAsk, Method};
use crate::engine::transport::Duplex;

/// Most bytes of an answer that are read, head and body together.
pub const MOST: u64 = 64 * 1024;

/// Most fields in a head.
const MOST_FIELDS: usize = 256;

/// Asks by HTTP.
pub(super) async fn ask(ask: &HttpAsk, road: &Road<'_>, trust: &Trust, deadline: &Deadline, now: Timestamp) -> Answer {
    let subject = subject(ask);
    let target = match Target::new(ask) {
        Ok(target) => target,
        Err(why) => return Answer::unasked("url", why),
    };
    let mut shown = None;
    match exchange(ask, &target, road, trust, deadline, now, &mut shown).await {
        Ok(reply) => reply::judge(ask, &target.url, &subject, &reply, shown.as_ref(), deadline),
        Err(miss) => {
            let mut answer = Answer::missed(&subject, miss);
            answer.details.extend(reply::insecure(ask, shown.as_ref()));
            answer.certificate_days = shown.map(|shown| shown.days);
            answer
        }
    }
}

/// Asks a stream for one path, without judging: the status and the body of whatever answered in HTTP.
pub(crate) async fn fetch(
    stream: Duplex,
    host: &str,
    port: u16,
    path: &str,
    within: std::time::Duration,
) -> Option<(u16, Vec<u8>)> {
    let ask = HttpAsk {
        method: Method::Get,
        url: format!("http://{host}:{port}{path}"),
        status: Vec::new(),
        fields: Vec::new(),
        slower: None,
        certificate_days: None,
        insecure: false,
    };
    let deadline = Deadline::new(within);
    let request = Target::new(&ask).ok()?.request(&ask).ok()?;
    let reply = deadline.bound(talk(stream, request, &deadline)).await?.ok()?;
    Some((reply.status, reply.body))
}

/// `GET :3005/health/ready`: never a query, never credentials.
pub(super) fn subject(ask: &HttpAsk) -> String {
    let method = match ask.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
    };
    match Url::parse(&ask.url) {
        Ok(url) => format!("{method} {}{}", tcp::place(&bare_host(&url), url.port()), url.path()),
        Err(_) => method.to_owned(),
    }
}

/// Where the request goes.
struct Target {
    url: Url,
    host: String,
    port: u16,
}

impl Target {
    fn new(ask: &HttpAsk) -> Result<Self, String> {
        let url = Url::parse(&ask.url).map_err(|error| format!("the probe's URL can't be read: {error}"))?;
        let (host, port) = (bare_host(&url), url.port_or_known_default());
        match port {
            Some(port) if matches!(url.scheme(), "http" | "https") && !host.is_empty() => Ok(Self { host, port, url }),
            _ => Err(format!("a probe asks http or https, not {}", url.scheme())),
        }
    }

    fn request(&self, ask: &HttpAsk) -> Result<Request<Full<Bytes>>, Miss> {
        let method = match ask.method {
            Method::Get => hyper::Method::GET,
            Method::Head => hyper::Method::HEAD,
        };
        let path = match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        };
        let host = self.url.host_str().unwrap_or_default();
        let host = self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let accept = if ask.fields.is_empty() { "*/*" } else { "application/json, */*;q=0.5" };
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, host)
            .header(USER_AGENT, concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, accept)
            .header(ACCEPT_ENCODING, "identity")
            .header(CONNECTION, "close")
            .body(Full::default())
            .map_err(|error| Miss::error("url", format!("no request can be made of the probe's URL: {error}")))
    }
}

/// The host of a URL, an address without its brackets.
pub(super) fn bare_host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
}

async fn exchange(
    ask: &HttpAsk,
    target: &Target,
    road: &Road<'_>,
    trust: &Trust,
    deadline: &Deadline,
    now: Timestamp,
    shown: &mut Option<Shown>,
) -> Result<Reply, Miss> {
    let request = target.request(ask)?;
    let mut stream = road.reach(&target.host, target.port, deadline).await?;
    if target.url.scheme() == "https" {
        let expected = Expected { host: &target.host, insecure: ask.insecure, now };
        let (secured, seen) = certificate::secure(stream, expected, trust, deadline).await;
        *shown = seen;
        stream = secured?;
    }
    talk(stream, request, deadline).await
}

/// Sends the request and reads what comes, up to [`MOST`] bytes or the deadline.
pub(super) async fn talk(stream: Duplex, request: Request<Full<Bytes>>, deadline: &Deadline) -> Result<Reply, Miss> {
    talk_up_to(stream, request, deadline, MOST).await
}

/// The same up to `most` bytes.
pub(super) async fn talk_up_to(
    stream: Duplex,
    request: Request<Full<Bytes>>,
    deadline: &Deadline,
    most: u64,
) -> Result<Reply, Miss> {
    let received = Arc::new(AtomicU64::new(0));
    let metered = Metered { stream: stream.take(most), received: Arc::clone(&received) };
    let mut client = http1::Builder::new();
    client.max_buf_size(MOST as usize).max_headers(MOST_FIELDS);
    let (mut sender, connection) =
        client.handshake(TokioIo::new(metered)).await.map_err(|error| headless(&error, 0))?;
    let mut line = Line { connection: Some(Box::pin(connection)) };
    let response = match deadline.bound(line.serve(sender.send_request(request))).await {
        Some(Ok(response)) => response,
        Some(Err(error)) => return Err(headless(&error, received.load(Ordering::Relaxed))),
        None => {
            return Err(match received.load(Ordering::Relaxed) {
                0 => deadline.missed("answer", "connected, then silence: no answer"),
                some => deadline.missed("answer", &format!("head of the answer, {some} bytes so far, not finished")),
            });
        }
    };
    Ok(read(response, &mut line, &received, deadline, most).await)
}

/// Reads the body, however it ends.
async fn read(
    response: Response<Incoming>,
    line: &mut Line,
    received: &AtomicU64,
    deadline: &Deadline,
    most: u64,
) -> Reply {
    let (head, mut incoming) = response.into_parts();
    let field = |name| head.headers.get(name).map(|value| value.as_bytes().to_vec());
    let mut body = Vec::new();
    let end = loop {
        match deadline.bound(line.serve(incoming.frame())).await {
            None => break End::Late,
            Some(None) => break End::Complete,
            Some(Some(Ok(frame))) => body.extend(frame.into_data().unwrap_or_default()),
            Some(Some(Err(_))) if received.load(Ordering::Relaxed) >= most => break End::Cut,
            Some(Some(Err(_))) => break End::Broken,
        }
    };
    // A body without a length ends where the connection does, also where the meter ended it.
    let unsized_body = head.headers.get(CONTENT_LENGTH).is_none() && end == End::Complete;
    let end = if unsized_body && received.load(Ordering::Relaxed) >= most { End::Cut } else { end };
    Reply {
        status: head.status.as_u16(),
        location: field(LOCATION),
        encoding: field(CONTENT_ENCODING),
        retry_after: field(RETRY_AFTER),
        body,
        end,
    }
}

/// Why there was no head to judge.
fn headless(error: &hyper::Error, received: u64) -> Miss {
    if received >= MOST {
        return Miss::fail("answer", format!("the head of its answer is longer than {} KiB", MOST / 1024));
    }
    if error.is_parse() {
        return Miss::fail("answer", format!("did not answer in HTTP, or with more than {MOST_FIELDS} head fields"));
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return Miss { what: "answer", ..tcp::miss(error) };
        }
        cause = inner.source();
    }
    match received {
        0 => Miss::fail("answer", "closed the connection without an answer"),
        some => Miss::fail("answer", format!("closed the connection {some} bytes into the head of its answer")),
    }
}

/// The connection under an exchange: it moves only while something is awaited through it, and ends when dropped.
struct Line {
    connection: Option<Pin<Box<Carrier>>>,
}

type Carrier = http1::Connection<TokioIo<Metered>, Full<Bytes>>;

impl Line {
    /// Awaits `work` while moving the bytes that it waits for.
    async fn serve<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        if let Some(connection) = &mut self.connection {
            tokio::select! {
                biased;
                done = &mut work => return done,
                // It ended: whatever came, an answer or an error, has been handed over by now.
                _ = connection => {}
            }
            self.connection = None;
        }
        work.await
    }
}

/// A stream that gives at most so many bytes and counts them; after that it looks ended.
struct Metered {
    stream: Take<Duplex>,
    received: Arc<AtomicU64>,
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        let more = into.filled().len().saturating_sub(before) as u64;
        self.received.fetch_add(more, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self.stream.get_mut()).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_shutdown(context)
    }
}
