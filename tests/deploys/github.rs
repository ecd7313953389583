//! A server that answers as GitHub does, with what was recorded of it, for whichever commit it is asked about; and as the
//! public address of the shop.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The commit of which the recorded answers speak.
const RECORDED: &str = "3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c";
/// The token that it takes.
pub const TOKEN: &str = "ghp_deploys5Kd2";

/// It answers until this is dropped.
pub struct GitHub {
    pub port: u16,
    /// Whether the checks of every commit have failed.
    pub failing: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
}

impl GitHub {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let github = Self { port, failing: Arc::default(), over: Arc::default() };
        let (failing, over) = (Arc::clone(&github.failing), Arc::clone(&github.over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let failing = failing.load(Ordering::SeqCst);
                // One connection each, and they are few.
                let _ = stream.map(|stream| std::thread::spawn(move || answer(stream, failing)));
            }
        });
        github
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/github/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn answer(mut stream: TcpStream, failing: bool) {
    let Ok(copy) = stream.try_clone() else { return };
    let head: Vec<String> =
        BufReader::new(copy).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let Some(asked) = head.first().and_then(|line| line.split(' ').nth(1)).map(str::to_owned) else { return };
    let (path, query) = asked.split_once('?').unwrap_or((&asked, ""));
    let known =
        head.iter().any(|line| line.to_lowercase() == format!("authorization: bearer {}", TOKEN.to_lowercase()));
    let (status, body) = match path {
        "/api/v1/health" => ("200 OK", r#"{"status":"ok"}"#.to_owned()),
        "/api/v1/health/ready" => ("200 OK", r#"{"status":"ready"}"#.to_owned()),
        _ if !known => ("401 Unauthorized", fixture("error-401")),
        path => match recorded(path, failing) {
            Some(name) => ("200 OK", about(&fixture(name), path, query)),
            None => ("404 Not Found", fixture("error-404")),
        },
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

fn recorded(path: &str, failing: bool) -> Option<&'static str> {
    let checks = if failing { "check-runs-failing" } else { "check-runs" };
    match path {
        path if path.ends_with("/check-runs") => Some(checks),
        path if path.ends_with("/status") => Some("status"),
        path if path.ends_with("/runs") => Some("workflow-runs"),
        path if path.ends_with("/pulls") => Some("pulls"),
        path if path.ends_with("/reviews") => Some("reviews"),
        path if path.contains("/commits/") => Some("commit"),
        _ => None,
    }
}

/// What was recorded, of the commit that is asked about, and of yesterday.
fn about(text: &str, path: &str, query: &str) -> String {
    let words = path.split('/').chain(query.split(['&', '=']));
    let mut commits = words.filter(|word| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let commit = commits.next_back();
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let text = text.replace("2026-11-20", &yesterday.strftime("%Y-%m-%d").to_string());
    commit.map_or(text.clone(), |commit| text.replace(RECORDED, commit))
}
