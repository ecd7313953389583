//! A POST with JSON to an address that is a secret: every end is told with the host only.

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use std::time::Duration;
use url::Url;

use super::certificate::{self, Expected};
use super::http::talk;
use super::tcp::Road;
use super::{Deadline, Miss, Origin, Prober, span};

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    /// The status.
    pub(crate) status: u16,
    /// What it said of when to come again.
    pub(crate) retry_after: Option<String>,
}

/// Why there is no answer. Neither holds more of the address than its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unposted {
    /// Nothing was sent.
    Unsent(String),
    /// It was sent, and whether it was taken is not known.
    Unanswered(String),
}

impl Prober {
    /// Sends `body` once from here, and comes back within `within`. Nothing is followed, kept or sent anywhere else: no
    /// redirect, proxy or cookie.
    pub(crate) async fn post(&self, url: &Url, body: Vec<u8>, within: Duration) -> Result<Posted, Unposted> {
        let deadline = Deadline::new(within);
        let late = || Unposted::Unanswered(format!("no end within {}", span(within)));
        let posting = self.posted(url, body, &deadline);
        tokio::time::timeout(within + super::GRACE, posting).await.unwrap_or_else(|_| Err(late()))
    }

    async fn posted(&self, url: &Url, body: Vec<u8>, deadline: &Deadline) -> Result<Posted, Unposted> {
        let unsent = |miss: Miss| Unposted::Unsent(miss.why);
        let host = super::http::bare_host(url);
        let port = url.port_or_known_default().unwrap_or(443);
        let request =
            request(url, body).ok_or_else(|| Unposted::Unsent("no request can be made of its address".into()))?;
        let road = Road { from: &Origin::Here, names: &self.names };
        let mut stream = road.reach(&host, port, deadline).await.map_err(unsent)?;
        if url.scheme() == "https" {
            let expected = Expected { host: &host, insecure: false, now: (self.clock)().wall };
            let (secured, _) = certificate::secure(stream, expected, &self.trust, deadline).await;
            stream = secured.map_err(unsent)?;
        }
        let reply = talk(stream, request, deadline).await.map_err(|miss| Unposted::Unanswered(miss.why))?;
        let retry_after = reply.retry_after.map(|value| String::from_utf8_lossy(&value).into_owned());
        Ok(Posted { status: reply.status, retry_after })
    }
}

fn request(url: &Url, body: Vec<u8>) -> Option<Request<Full<Bytes>>> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Request::post(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .ok()
}
