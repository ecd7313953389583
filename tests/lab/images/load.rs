//! Asks an address for a page again and again, and counts the answers: how many failed, when, and why.
//!
//!     load URL [--rate N] [--seconds S] [--kept N] [--timeout MS] [--until FILE]
//!
//! `--rate` requests a second (100), half of them on `--kept` connections that are kept open (4) and half each on a
//! connection of its own, until so many seconds are over (10) or the file exists. A kept connection that the other side
//! closes between two requests, as HTTP allows it to, is made anew and the request sent again once; whatever else happens
//! to a request is a failure. At the end, one JSON object: `sent`, `good`, `failed`, `versions` (the first word of each
//! good answer and how often it came) and `failures` (`at` milliseconds from the begin, `clock` seconds since 1970, `kept`, `why`), the first 200.
//! While it runs, the file given by `--live` holds the counts so far.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

#[derive(Default)]
struct Counts {
    sent: u64,
    good: u64,
    failed: u64,
    versions: BTreeMap<String, u64>,
    failures: Vec<String>,
}

struct Load {
    address: SocketAddr,
    request: String,
    timeout: Duration,
    began: Instant,
    counts: Mutex<Counts>,
    turn: AtomicU64,
    over: AtomicBool,
}

type Kept = BufReader<TcpStream>;

/// What became of one request.
enum Ended {
    Good(String),
    Failed(String),
    /// A kept connection was closed before a byte of the answer came.
    Closed,
}

fn usage() -> ! {
    eprintln!("load URL [--rate N] [--seconds S] [--kept N] [--timeout MS] [--until FILE] [--live FILE]");
    exit(64);
}

impl Load {
    fn connect(&self) -> Result<Kept, String> {
        let stream =
            TcpStream::connect_timeout(&self.address, self.timeout).map_err(|error| format!("connect: {error}"))?;
        stream.set_read_timeout(Some(self.timeout)).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(BufReader::new(stream))
    }

    /// Sends one request; the answer's text, and whether the connection stays.
    fn exchange(&self, connection: &mut Kept, keep: bool) -> (Ended, bool) {
        let close = if keep { "keep-alive" } else { "close" };
        let request = format!("{}Connection: {close}\r\n\r\n", self.request);
        if connection.get_mut().write_all(request.as_bytes()).is_err() {
            return (Ended::Closed, false);
        }
        let mut first = String::new();
        match connection.read_line(&mut first) {
            Ok(0) => return (Ended::Closed, false),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::ConnectionReset) => return (Ended::Closed, false),
            Err(error) => return (Ended::Failed(format!("no answer: {error}")), false),
        }
        let mut length = None;
        let mut stays = keep;
        loop {
            let mut line = String::new();
            match connection.read_line(&mut line) {
                Ok(0) => return (Ended::Failed("half an answer".to_owned()), false),
                Err(error) => return (Ended::Failed(format!("half an answer: {error}")), false),
                Ok(_) => {}
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse::<u64>().ok();
            }
            stays &= line != "connection: close";
        }
        let mut text = Vec::new();
        let wanted = length.unwrap_or(u64::MAX);
        let read = connection.by_ref().take(wanted).read_to_end(&mut text);
        if read.is_err() || length.is_some_and(|length| length != text.len() as u64) {
            return (Ended::Failed("half an answer".to_owned()), false);
        }
        stays &= length.is_some();
        let text = String::from_utf8_lossy(&text).into_owned();
        let code = first.split(' ').nth(1).unwrap_or("?");
        if code == "200" {
            (Ended::Good(text.split_whitespace().next().unwrap_or("").to_owned()), stays)
        } else {
            let said = text.lines().next().unwrap_or("");
            (Ended::Failed(format!("{code} {said}")), stays)
        }
    }

    /// One request on a connection of its own, or on the kept one.
    fn request(&self, kept: Option<&mut Option<Kept>>) {
        let at = self.began.elapsed();
        let keep = kept.is_some();
        let mut own = None;
        let slot = kept.unwrap_or(&mut own);
        let mut ended = Ended::Closed;
        for _ in 0..2 {
            let reused = slot.is_some();
            let mut connection = match slot.take().map_or_else(|| self.connect(), Ok) {
                Ok(connection) => connection,
                Err(why) => {
                    ended = Ended::Failed(why);
                    break;
                }
            };
            let (how, stays) = self.exchange(&mut connection, keep);
            ended = how;
            if stays {
                *slot = Some(connection);
            }
            // Closed on the very first request of a connection is no end of its time.
            if !(matches!(ended, Ended::Closed) && reused) {
                break;
            }
        }
        let mut counts = self.counts.lock().unwrap();
        counts.sent += 1;
        let why = match ended {
            Ended::Good(version) => {
                counts.good += 1;
                *counts.versions.entry(version).or_default() += 1;
                return;
            }
            Ended::Failed(why) => why,
            Ended::Closed => "closed without an answer".to_owned(),
        };
        counts.failed += 1;
        if counts.failures.len() < 200 {
            let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            let why: String =
                why.chars().map(|c| if c == '"' || c == '\\' || c.is_control() { ' ' } else { c }).collect();
            let line = format!("{{\"at\":{},\"clock\":{clock:.3},\"kept\":{keep},\"why\":\"{why}\"}}", at.as_millis());
            counts.failures.push(line);
        }
    }

    fn told(&self) -> String {
        let counts = self.counts.lock().unwrap();
        let versions: Vec<String> =
            counts.versions.iter().map(|(name, n)| format!("\"{}\":{n}", name.replace(['"', '\\'], " "))).collect();
        format!(
            "{{\"sent\":{},\"good\":{},\"failed\":{},\"versions\":{{{}}},\"failures\":[{}]}}",
            counts.sent,
            counts.good,
            counts.failed,
            versions.join(","),
            counts.failures.join(",")
        )
    }

    /// One of those who ask in turn: each takes the next moment that is due.
    fn work(&self, rate: f64, kept: bool) {
        let mut connection = None;
        loop {
            let turn = self.turn.fetch_add(1, Ordering::SeqCst);
            let due = Duration::from_secs_f64(turn as f64 / rate);
            while self.began.elapsed() < due {
                if self.over.load(Ordering::SeqCst) {
                    return;
                }
                thread::sleep((due - self.began.elapsed().min(due)).min(Duration::from_millis(50)));
            }
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            self.request(kept.then_some(&mut connection));
        }
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let Some(url) = words.next() else { usage() };
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    while let (Some(name), value) = (words.next(), words.next()) {
        let Some(value) = value else { usage() };
        given.insert(name, value);
    }
    let number =
        |name: &str, otherwise: f64| given.get(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| usage()));
    let Some(rest) = url.strip_prefix("http://") else { usage() };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let Some(address) = address.to_socket_addrs().ok().and_then(|mut all| all.next()) else { usage() };
    let rate = number("--rate", 100.0);
    let kept = number("--kept", 4.0) as usize;
    let load = Load {
        address,
        request: format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n"),
        timeout: Duration::from_millis(number("--timeout", 4000.0) as u64),
        began: Instant::now(),
        counts: Mutex::default(),
        turn: AtomicU64::new(0),
        over: AtomicBool::new(false),
    };
    // The two kinds take their turns apart, so that a slow one never holds the other up.
    let other = Load {
        counts: Mutex::default(),
        turn: AtomicU64::new(0),
        over: AtomicBool::new(false),
        request: load.request.clone(),
        ..load
    };
    let (load, other) = (Arc::new(load), Arc::new(other));
    let mut workers = Vec::new();
    for n in 0..kept.max(1) * 2 {
        let keeps = n % 2 == 0 && kept > 0;
        let one = Arc::clone(if keeps { &load } else { &other });
        let rate = if kept > 0 { rate / 2.0 } else { rate };
        workers.push(thread::spawn(move || one.work(rate, keeps)));
    }
    let both = || {
        let mut all = load.counts.lock().unwrap();
        let mut more = other.counts.lock().unwrap();
        all.sent += more.sent;
        all.good += more.good;
        all.failed += more.failed;
        for (name, n) in std::mem::take(&mut more.versions) {
            *all.versions.entry(name).or_default() += n;
        }
        all.failures.append(&mut more.failures);
        (more.sent, more.good, more.failed) = (0, 0, 0);
    };
    let seconds = Duration::from_secs_f64(number("--seconds", 10.0));
    let is_over =
        || load.began.elapsed() >= seconds || given.get("--until").is_some_and(|file| Path::new(file).exists());
    while !is_over() {
        thread::sleep(Duration::from_millis(100));
        if let Some(file) = given.get("--live") {
            both();
            let beside = format!("{file}.new");
            let _ = std::fs::write(&beside, load.told()).and_then(|()| std::fs::rename(&beside, file));
        }
    }
    load.over.store(true, Ordering::SeqCst);
    other.over.store(true, Ordering::SeqCst);
    for worker in workers {
        let _ = worker.join();
    }
    both();
    println!("{}", load.told());
}
