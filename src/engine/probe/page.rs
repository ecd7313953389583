//! A page that is read whole, such as one of Prometheus' figures: longer than an answer about health may be.

use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use url::Url;

use super::certificate::{self, Expected};
use super::http::{bare_host, talk_up_to};
use super::reply::End;
use super::tcp::Road;
use super::{Deadline, Miss, Origin, Prober};
use crate::domain::probe::Found;

/// Most bytes of a page, with its head.
const MOST: u64 = 4 << 20;

impl Prober {
    /// Reads a page from here or from a host. Nothing is followed, and no certificate is overlooked.
    ///
    /// # Errors
    /// What that means and why: an error where it could not be asked, inconclusive where it was no whole page, a failure
    /// where nobody answered.
    pub(crate) async fn page(&self, url: &str, from: &Origin, within: Duration) -> Result<Vec<u8>, (Found, String)> {
        let deadline = Deadline::new(within);
        let reading = self.paged(url, from, &deadline);
        match tokio::time::timeout(within + super::GRACE, reading).await {
            Ok(page) => page,
            Err(_) => Err((Found::Fail, format!("no page within {}", super::span(within)))),
        }
    }

    async fn paged(&self, url: &str, from: &Origin, deadline: &Deadline) -> Result<Vec<u8>, (Found, String)> {
        let missed = |miss: Miss| (miss.found, miss.why);
        let url = Url::parse(url).map_err(|error| (Found::Error, format!("its address can't be read: {error}")))?;
        let host = bare_host(&url);
        let port = url.port_or_known_default().unwrap_or(80);
        let request =
            request(&url).ok_or_else(|| (Found::Error, "no request can be made of its address".to_owned()))?;
        let road = Road { from, names: &self.names };
        let mut stream = road.reach(&host, port, deadline).await.map_err(missed)?;
        if url.scheme() == "https" {
            let expected = Expected { host: &host, insecure: false, now: (self.clock)().wall };
            let (secured, _) = certificate::secure(stream, expected, &self.trust, deadline).await;
            stream = secured.map_err(missed)?;
        }
        let reply = talk_up_to(stream, request, deadline, MOST).await.map_err(missed)?;
        match (reply.status, reply.end) {
            (200, End::Complete) => Ok(reply.body),
            (200, End::Cut) => Err((
                Found::Inconclusive,
                format!("the page is longer than {} MiB and was not read to its end", MOST >> 20),
            )),
            (200, _) => Err((Found::Inconclusive, "the page broke off".to_owned())),
            (status, _) => Err((Found::Error, format!("answered with status {status} in the place of a page"))),
        }
    }
}

fn request(url: &Url) -> Option<Request<Full<Bytes>>> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "text/plain; version=0.0.4")
        .header(CONNECTION, "close")
        .body(Full::new(Bytes::new()))
        .ok()
}
