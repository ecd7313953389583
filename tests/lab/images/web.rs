//! A stand-in for an application: it serves its version and its health, drains before it ends, and fails as it was told.
//!
//! `APP_VERSION` is what `/` answers, `APP_PORT` where (8000), `APP_START` after how many milliseconds its health is green
//! (300), `APP_DRAIN` how many it goes on serving after it was told to end (1500), and `APP_MODE` how it behaves:
//! `good`; `bad`, whose health is never green; `later:N`, which turns bad after N seconds and then answers 500;
//! `errors:P`, of whose requests P in a hundred answer 500 while its health stays green; `slow:MS`.
//! It is built with nothing but the standard library, so that a container of it needs nothing else.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

struct App {
    version: String,
    instance: String,
    mode: Mutex<String>,
    since: Mutex<Instant>,
    began: Instant,
    start: Duration,
    draining: AtomicBool,
    open: AtomicU64,
    answered: AtomicU64,
    good: AtomicU64,
    failed: AtomicU64,
    millis: AtomicU64,
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

impl App {
    /// The mode, and what stands behind its colon.
    fn mode(&self) -> (String, u64) {
        let mode = self.mode.lock().unwrap().clone();
        let (word, value) = mode.split_once(':').unwrap_or((&mode, "0"));
        (word.to_owned(), value.parse().unwrap_or(0))
    }

    fn is_bad(&self) -> bool {
        match self.mode() {
            (word, _) if word == "bad" => true,
            (word, seconds) if word == "later" => self.since.lock().unwrap().elapsed() >= Duration::from_secs(seconds),
            _ => false,
        }
    }

    fn health(&self) -> (u16, String) {
        let (code, status) = if self.draining.load(Ordering::SeqCst) {
            (503, "draining")
        } else if self.is_bad() {
            (503, "failing")
        } else if self.began.elapsed() < self.start {
            (503, "starting")
        } else {
            (200, "ok")
        };
        (
            code,
            format!(
                "{{\"status\":\"{status}\",\"version\":\"{}\",\"instance\":\"{}\"}}\n",
                self.version, self.instance
            ),
        )
    }

    fn page(&self) -> (u16, String) {
        let (word, value) = self.mode();
        if word == "slow" {
            thread::sleep(Duration::from_millis(value));
        }
        let count = self.answered.fetch_add(1, Ordering::SeqCst);
        // Evenly, not by chance: of a hundred requests exactly so many fail.
        let fails = word == "errors" && (count * value) % 100 + value >= 100;
        if fails || (word == "later" && self.is_bad()) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return (500, format!("{} is broken\n", self.version));
        }
        self.good.fetch_add(1, Ordering::SeqCst);
        (200, format!("{}\n", self.version))
    }

    fn metrics(&self) -> String {
        let (good, failed) = (self.good.load(Ordering::SeqCst), self.failed.load(Ordering::SeqCst));
        format!(
            "http_requests_total{{code=\"200\"}} {good}\nhttp_requests_total{{code=\"500\"}} {failed}\n\
             http_request_seconds_sum {}\nhttp_request_seconds_count {}\napp_info{{version=\"{}\"}} 1\n",
            self.millis.load(Ordering::SeqCst) as f64 / 1000.0,
            good + failed,
            self.version
        )
    }

    /// What a path answers: status and text.
    fn answer(self: &Arc<Self>, path: &str) -> (u16, String) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match path.trim_end_matches('/') {
            "/drain" => {
                self.drain();
                (200, "draining\n".to_owned())
            }
            "/mode" => {
                if !query.is_empty() {
                    *self.mode.lock().unwrap() = query.to_owned();
                    *self.since.lock().unwrap() = Instant::now();
                }
                (200, format!("{}\n", self.mode.lock().unwrap()))
            }
            "/metrics" => (200, self.metrics()),
            end if end.ends_with("/health") || end.ends_with("/ready") => self.health(),
            _ => {
                let begin = Instant::now();
                let answer = self.page();
                self.millis.fetch_add(begin.elapsed().as_millis() as u64, Ordering::SeqCst);
                answer
            }
        }
    }

    /// Its health turns red at once; it serves on for a while, and ends when nobody is being served any more.
    fn drain(self: &Arc<Self>) {
        if self.draining.swap(true, Ordering::SeqCst) {
            return;
        }
        let app = Arc::clone(self);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(number("APP_DRAIN", 1500)));
            let until = Instant::now() + Duration::from_secs(5);
            while app.open.load(Ordering::SeqCst) > 0 && Instant::now() < until {
                thread::sleep(Duration::from_millis(10));
            }
            exit(0);
        });
    }

    fn serve(self: &Arc<Self>, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        let mut write = stream.try_clone().ok()?;
        let mut read = BufReader::new(stream);
        loop {
            let mut first = String::new();
            if read.read_line(&mut first).ok()? == 0 {
                return None;
            }
            // Counted from its first line to its last byte: these are waited for.
            self.open.fetch_add(1, Ordering::SeqCst);
            let done = self.exchange(&first, &mut read, &mut write);
            self.open.fetch_sub(1, Ordering::SeqCst);
            done?;
        }
    }

    fn exchange(self: &Arc<Self>, first: &str, read: &mut BufReader<TcpStream>, write: &mut TcpStream) -> Option<()> {
        let mut close = first.contains("HTTP/1.0");
        let mut length = 0;
        loop {
            let mut line = String::new();
            if read.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            close |= line.starts_with("connection:") && line.contains("close");
        }
        if length > 0 {
            std::io::copy(&mut std::io::Read::take(&mut *read, length), &mut std::io::sink()).ok()?;
        }
        let (code, text) = self.answer(first.split(' ').nth(1).unwrap_or("/"));
        // Whoever keeps a connection is told to make a new one, elsewhere.
        close |= self.draining.load(Ordering::SeqCst);
        let reason = match code {
            200 => "OK",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        let kind = if text.starts_with('{') { "application/json" } else { "text/plain" };
        let keep = if close { "close" } else { "keep-alive" };
        let answer = format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nX-Version: {}\r\n\
             X-Instance: {}\r\nX-Frame-Options: DENY\r\nConnection: {keep}\r\n\r\n{text}",
            text.len(),
            self.version,
            self.instance
        );
        write.write_all(answer.as_bytes()).ok()?;
        (!close).then_some(())
    }
}

fn main() {
    let mode = env::var("APP_MODE").unwrap_or_else(|_| "good".to_owned());
    let app = Arc::new(App {
        version: env::var("APP_VERSION").unwrap_or_else(|_| "none".to_owned()),
        instance: std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned(),
        mode: Mutex::new(mode),
        since: Mutex::new(Instant::now()),
        began: Instant::now(),
        start: Duration::from_millis(number("APP_START", 300)),
        draining: AtomicBool::new(false),
        open: AtomicU64::new(0),
        answered: AtomicU64::new(0),
        good: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        millis: AtomicU64::new(0),
    });
    let listener = match TcpListener::bind(("0.0.0.0", number("APP_PORT", 8000) as u16)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("web: can't listen: {error}");
            exit(1);
        }
    };
    println!("web: {} is {} and listens", app.version, app.mode.lock().unwrap());
    for stream in listener.incoming().flatten() {
        let app = Arc::clone(&app);
        thread::spawn(move || app.serve(stream));
    }
}
