//! The way to a port, from here or through a host, and the probe that only wants to know whether it is open.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::{Answer, Deadline, Miss, Origin, detail};
use crate::domain::probe::Found;
use crate::engine::transport::{Connection, Duplex};
use crate::port::{End, RemoteCommand};

/// Name lookups at once. A lookup can't be called back once the system's resolver has it, so one that hangs
/// keeps its place, and a dead resolver can hold no more threads than this.
const LOOKUPS: usize = 16;

/// How long one address may be tried alone before the next one is tried beside it (the figure of RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// The places for name lookups.
#[derive(Debug)]
pub(super) struct Names {
    places: Arc<Semaphore>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(LOOKUPS)) }
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Miss> {
        let failed = |why: String| Miss::error("lookup", format!("can't look up {host}: {why}"));
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let wanted = (host.to_owned(), port);
        let lookup = tokio::spawn(async move {
            let found = tokio::net::lookup_host(wanted).await.map(Iterator::collect::<Vec<_>>);
            drop(place);
            found
        });
        match lookup.await {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(failed("it has no address".to_owned())),
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// Where an asking starts, with what it needs to get going.
pub(super) struct Road<'a> {
    pub(super) from: &'a Origin,
    pub(super) names: &'a Names,
}

impl Road<'_> {
    /// Opens a byte stream to `host:port`.
    pub(super) async fn reach(&self, host: &str, port: u16, deadline: &Deadline) -> Result<Duplex, Miss> {
        match self.from {
            Origin::Host(connection) => match deadline.bound(connection.dial(host.to_owned(), port)).await {
                Some(Ok(stream)) => Ok(stream),
                Some(Err(why)) => Err(Miss::fail("connection", why)),
                None => Err(deadline.missed("connection", "no connection")),
            },
            Origin::Here => {
                let addresses = match deadline.bound(self.names.look_up(host, port)).await {
                    Some(found) => found?,
                    None => return Err(Miss { found: Found::Error, ..deadline.missed("lookup", "no name lookup") }),
                };
                match deadline.bound(connect(interleave(addresses))).await {
                    Some(Ok(stream)) => Ok(Box::new(stream)),
                    Some(Err(error)) => Err(miss(&error)),
                    None => Err(deadline.missed("connection", "no connection")),
                }
            }
        }
    }
}

/// How long a stream that a host's connection opened must not end before it counts as open. ssh takes a
/// stream before the host has connected, and tells of a refusal by ending it one round trip later.
const SETTLED: Duration = Duration::from_secs(1);

/// Asks whether a port takes connections.
pub(super) async fn ask(host: &str, port: u16, road: &Road<'_>, deadline: &Deadline) -> Answer {
    let asked = match road.from {
        Origin::Here => road.reach(host, port, deadline).await.map(drop),
        Origin::Host(_) if is_loopback(host) => match road.reach(host, port, deadline).await {
            Ok(stream) => settle(stream, SETTLED.min(deadline.span / 2)).await,
            Err(miss) => Err(miss),
        },
        Origin::Host(connection) => connect_there(host, port, connection.as_ref(), deadline).await,
    };
    match asked {
        Ok(()) => Answer {
            found: Found::Pass,
            summary: format!("{} → open", subject(host, port)),
            details: vec![detail("connection", "open", true)],
            certificate_days: None,
            timed: matches!(road.from, Origin::Here),
        },
        Err(miss) => Answer::missed(&subject(host, port), miss),
    }
}

/// Whether a name is the machine's own, where a connection is taken or refused at once and never lost on the way.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn settle(mut stream: Duplex, span: Duration) -> Result<(), Miss> {
    match tokio::time::timeout(span, stream.read(&mut [0])).await {
        Ok(Ok(0)) => Err(Miss::fail("connection", "closed at once")),
        Ok(Err(error)) => Err(miss(&error)),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

/// Has the host connect by itself: a port beyond it may swallow a connection without a word, which a stream
/// through ssh can't tell from one that is open. The address is an argument, never part of the script.
async fn connect_there(host: &str, port: u16, connection: &dyn Connection, deadline: &Deadline) -> Result<(), Miss> {
    let argv = ["bash", "-c", "exec 3<>\"/dev/tcp/$0/$1\"", host, &port.to_string()];
    let mut command = RemoteCommand::new(argv).within(deadline.span);
    command.most = 4096;
    let Some(output) = deadline.bound(connection.run(command)).await else {
        return Err(deadline.missed("connection", "no connection"));
    };
    match output.end {
        End::Exited(0) => Ok(()),
        End::Exited(_) | End::Killed(_) => {
            let why = crate::text::Foreign::from(output.stderr.trim_ascii_end()).plain();
            Err(Miss::fail("connection", format!("no connection: {}", why.lines().next_back().unwrap_or_default())))
        }
        End::TimedOut(_) => Err(deadline.missed("connection", "no connection")),
        End::NotFound => {
            let why = "the host has no bash to try it with";
            Err(Miss { found: Found::Inconclusive, ..Miss::error("connection", why) })
        }
        End::LinkLost(_) | End::NotStarted(_) => Err(Miss::error("connection", output.end.to_string())),
    }
}

pub(super) fn subject(host: &str, port: u16) -> String {
    format!("connect {}", place(host, Some(port)))
}

/// `:6379` on the machine itself, else `db.internal:6379`.
pub(super) fn place(host: &str, port: Option<u16>) -> String {
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    match host {
        "localhost" | "127.0.0.1" | "::1" if !port.is_empty() => port,
        _ if host.contains(':') => format!("[{host}]{port}"),
        _ => format!("{host}{port}"),
    }
}

/// Puts the families in turn, the first one first, so that a dead family costs one head start and no more.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else { return addresses };
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|to| to.is_ipv6() == first);
    ours.reverse();
    theirs.reverse();
    let mut turns = Vec::with_capacity(ours.len() + theirs.len());
    while !(ours.is_empty() && theirs.is_empty()) {
        turns.extend(ours.pop());
        turns.extend(theirs.pop());
    }
    turns
}

/// Connects to whichever address answers first; the next one starts when one fails or after a head start.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut rest = addresses.into_iter();
    let mut tries = FuturesUnordered::new();
    let mut worst: Option<io::Error> = None;
    tries.extend(rest.next().map(TcpStream::connect));
    while !tries.is_empty() {
        let more = !rest.as_slice().is_empty();
        tokio::select! {
            Some(tried) = tries.next() => match tried {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    worst = Some(more_telling(worst, error));
                    tries.extend(rest.next().map(TcpStream::connect));
                }
            },
            () = tokio::time::sleep(HEAD_START), if more => tries.extend(rest.next().map(TcpStream::connect)),
        }
    }
    Err(worst.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable)))
}

/// Of two failures the one that says more about the service: an answer beats a missing road.
fn more_telling(before: Option<io::Error>, after: io::Error) -> io::Error {
    match before {
        Some(before) if !is_missing_road(&before) || is_missing_road(&after) => before,
        Some(_) | None => after,
    }
}

fn is_missing_road(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, NetworkDown, NetworkUnreachable};
    matches!(error.kind(), NetworkUnreachable | NetworkDown | AddrNotAvailable)
}

/// What a failed connection or a broken stream says.
pub(super) fn miss(error: &io::Error) -> Miss {
    use io::ErrorKind as Kind;
    let why = match error.kind() {
        Kind::ConnectionReset => "connection reset".to_owned(),
        Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => "connection closed too early".to_owned(),
        Kind::TimedOut => "the network gave up waiting".to_owned(),
        // Whoever opened the stream for us knows more than the kind says.
        Kind::PermissionDenied | Kind::ConnectionRefused if error.get_ref().is_some() => error.to_string(),
        Kind::ConnectionRefused => "connection refused".to_owned(),
        Kind::HostUnreachable => "host unreachable".to_owned(),
        _ if is_missing_road(error) => "this machine has no network there".to_owned(),
        _ => error.to_string(),
    };
    let found =
        if is_missing_road(error) || error.kind() == Kind::PermissionDenied { Found::Error } else { Found::Fail };
    Miss { found, what: "connection", why, waited: false }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    fn to(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn families_take_turns() {
        let mixed = ["[::1]:1", "[::1]:2", "127.0.0.1:3"].map(to).to_vec();
        assert_eq!(interleave(mixed), ["[::1]:1", "127.0.0.1:3", "[::1]:2"].map(to));
        assert!(interleave(Vec::new()).is_empty());
    }

    /// A port that answers no greeting: its queue is full.
    async fn silent_port() -> (Vec<TcpStream>, tokio::net::TcpListener) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let mut held = Vec::new();
        let address = listener.local_addr().unwrap();
        while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            held.push(stream);
        }
        (held, listener)
    }

    #[tokio::test]
    async fn h09_a_dead_address_costs_one_head_start() {
        let (_held, dead) = silent_port().await;
        let live = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let both = vec![dead.local_addr().unwrap(), live.local_addr().unwrap()];
        let begun = std::time::Instant::now();
        let stream = connect(both).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), live.local_addr().unwrap());
        assert!(begun.elapsed() < HEAD_START * 3);
    }

    #[tokio::test]
    async fn h09_a_refusal_says_more_than_a_missing_road() {
        let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
        let error = connect(vec![to("[2001:db8::1]:9"), gone]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let missing = io::Error::from(io::ErrorKind::NetworkUnreachable);
        assert_eq!(more_telling(Some(error), missing).kind(), io::ErrorKind::ConnectionRefused);
    }
}
