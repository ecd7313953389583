//! A server that answers as GitHub does of any commit, as a chat's address does, and as the pages that watch a shop do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

/// Its address; it ends with the test.
pub fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                if first.is_empty() {
                    first = line;
                }
            }
            let _ = std::io::copy(&mut reader.take(length), &mut std::io::sink());
            let body = answer(first.split(' ').nth(1).unwrap_or("/")).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

/// What is said of a path: all is well with every commit, and two of the right people have read it.
fn answer(path: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let word = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
    };
    let now = jiff::Timestamp::now();
    let (then, now) = ((now - jiff::SignedDuration::from_mins(9)).to_string(), now.to_string());
    let parts: Vec<&str> = path.split('/').collect();
    let after = |name: &str| parts.iter().position(|part| *part == name).and_then(|at| parts.get(at + 1)).copied();
    let sha = word("head_sha").or_else(|| after("commits").map(str::to_owned)).unwrap_or_default();
    let page = "https://github.com/your-org/saleor";
    match parts.last().copied().unwrap_or_default() {
        "check-runs" => {
            json!({"total_count": 1, "check_runs": [{"id": 1, "name": "test", "head_sha": sha, "status": "completed",
            "conclusion": "success", "html_url": page, "started_at": then, "completed_at": now, "check_suite": {"id": 7}}]})
        }
        "status" => json!({"sha": sha, "total_count": 0, "statuses": []}),
        "runs" => json!({"total_count": 1, "workflow_runs": [{"id": 9, "run_number": 9, "head_sha": sha,
            "head_branch": word("branch").unwrap_or_else(|| "main".to_owned()), "status": "completed", "conclusion": "success",
            "html_url": page, "created_at": then, "updated_at": now, "check_suite_id": 7}]}),
        "pulls" => {
            json!([{"number": 42, "state": "closed", "merged_at": now, "user": {"login": "author", "type": "User"},
            "head": {"sha": "77aa88bb99cc00dd11ee22ff33445566778899aa"}, "html_url": page}])
        }
        "reviews" => json!(
            ["senior-one", "senior-two"]
                .iter()
                .enumerate()
                .map(|(id, login)| json!({"id": id,
            "user": {"login": login, "type": "User"}, "state": "APPROVED", "submitted_at": now,
            "commit_id": "77aa88bb99cc00dd11ee22ff33445566778899aa"}))
                .collect::<Vec<_>>()
        ),
        _ if after("commits").is_some() => json!({"sha": sha, "html_url": page}),
        _ => json!({"ok": true}),
    }
}
