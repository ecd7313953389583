//! A server on this machine that answers as GitHub is documented to, or as it never should.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// One answer.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Answer {
    /// A status, more head fields, and a body.
    Says(u16, String, Vec<u8>),
    /// A head, then bytes for ever.
    Endless,
    /// Half of what it promises.
    Cut,
    /// Nothing at all.
    Silence,
}

impl Answer {
    pub(in crate::engine) fn json(text: &str) -> Self {
        Self::Says(200, "content-type: application/json; charset=utf-8\r\n".to_owned(), text.as_bytes().to_vec())
    }

    pub(in crate::engine) fn error(status: u16, head: &str, text: &str) -> Self {
        Self::Says(status, head.to_owned(), text.as_bytes().to_vec())
    }
}

/// What answers: the path with its query, to an answer; what it does not know is 404.
pub(in crate::engine) type Answers = Arc<dyn Fn(&str, &str) -> Option<Answer> + Send + Sync>;

/// The address of one that answers so, and the heads of all requests that came. The first argument of `answers` is the
/// path with its query, the second the server's own address.
pub(in crate::engine) async fn serve(answers: Answers) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (heard, requests) = mpsc::channel(256);
    let own = address.clone();
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(tokio::spawn(talk(stream, Arc::clone(&answers), heard.clone(), own.clone())));
        }
    }));
    (address, requests)
}

async fn talk(mut stream: TcpStream, answers: Answers, heard: mpsc::Sender<String>, own: String) {
    let mut read = Vec::new();
    let mut chunk = [0; 4096];
    while !read.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(size @ 1..) => read.extend(chunk.iter().take(size)),
            _ => return,
        }
    }
    let head = String::from_utf8(read).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let _ = heard.try_send(head);
    let missing = || Answer::error(404, "", include_str!("../../../tests/fixtures/github/error-404.json"));
    match answers(&path, &own).unwrap_or_else(missing) {
        Answer::Says(status, more, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n");
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
        Answer::Endless => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n[";
            let _ = stream.write_all(head).await;
            while stream.write_all(&[b' '; 64 << 10]).await.is_ok() {}
        }
        Answer::Cut => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"sha\": \"").await;
        }
        Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
    }
}
