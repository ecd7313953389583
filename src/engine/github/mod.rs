//! GitHub's REST API: asked for what a gate wants to know, bounded in time, size and pages, and never told the token to
//! anybody else. It only reads.
//!
//! No proxy is used, whatever the environment says; no redirect is followed, so that the token goes to the one address
//! that the site names; nothing is unpacked, kept or tried again here.

mod read;
#[cfg(test)]
pub(in crate::engine) mod stand_in;
mod trouble;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::channels::secret_text;
use super::probe::certificate::Trust;
use crate::domain::github::GitHub;
use crate::text::Foreign;

pub use read::{
    Approval, Approvals, CheckRun, CheckRuns, Commit, EnvironmentName, Pending, PullRequest, Review, Reviewer, Status,
    Statuses, User, WorkflowRun, WorkflowRuns,
};
pub use trouble::Trouble;

/// The version of the API that is spoken.
const VERSION: &str = "2022-11-28";
/// One request takes no longer.
const WITHIN: Duration = Duration::from_secs(15);
/// A connection takes no longer.
const CONNECTS: Duration = Duration::from_secs(8);
/// Most bytes of one answer.
const MOST: usize = 8 << 20;
/// Most pages of one list, a hundred entries each.
const PAGES: usize = 20;
/// Most bytes of what it says beside an error.
const SAID: usize = 16 << 10;
/// No token is longer.
const LONGEST: usize = 4096;

/// A way to one repository, for one asking.
pub struct Client {
    http: reqwest::Client,
    api: Url,
    repository: String,
    token: Option<Zeroizing<String>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHub({})", self.repository)
    }
}

impl Client {
    /// Fetches the token and gets ready; nothing is asked yet.
    ///
    /// # Errors
    /// Why nothing can be asked.
    pub async fn open(settings: &GitHub, trust: &Trust) -> Result<Self, Trouble> {
        Self::open_within(settings, trust, WITHIN).await
    }

    async fn open_within(settings: &GitHub, trust: &Trust, within: Duration) -> Result<Self, Trouble> {
        let api = address(&settings.api).map_err(Trouble::Unready)?;
        let token = match &settings.token {
            None => None,
            Some(origin) => {
                let text = secret_text(origin, "token").await.map_err(Trouble::Unready)?;
                let token = Zeroizing::new(text.trim().to_owned());
                if token.is_empty() || token.len() > LONGEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(Trouble::Unready("what should be its token is none".to_owned()));
                }
                Some(token)
            }
        };
        let unready = || Trouble::Unready("no TLS can be spoken here; install ca-certificates".to_owned());
        let tls = trust.config().await.ok_or_else(unready)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .http1_only()
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECTS)
            .timeout(within)
            .build()
            .map_err(|_| unready())?;
        Ok(Self { http, api, repository: settings.repository.clone(), token })
    }

    /// The repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// One thing of the repository. `path` holds checked words only; `what` names it where it is not there.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn one<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)], what: &str) -> Result<T, Trouble> {
        let (body, _) = self.get(self.url(path, query)?, what).await?;
        read::json(&body)
    }

    /// All pages of a list, each read as a `T`.
    ///
    /// # Errors
    /// Why it is not known whole.
    pub async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<Vec<T>, Trouble> {
        let query: Vec<(&str, &str)> = query.iter().copied().chain([("per_page", "100")]).collect();
        let mut next = Some(self.url(path, &query)?);
        let mut pages = Vec::new();
        while let Some(url) = next {
            if pages.len() >= PAGES {
                return Err(Trouble::Endless);
            }
            let (body, link) = self.get(url, what).await?;
            pages.push(read::json(&body)?);
            next = match link {
                None => None,
                Some(link) => Some(self.ours(&link).ok_or(Trouble::Strayed)?),
            };
        }
        Ok(pages)
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Trouble> {
        let wrong = || Trouble::Unready("its address makes no sense".to_owned());
        let mut url = self.api.clone();
        {
            let mut segments = url.path_segments_mut().map_err(|()| wrong())?;
            segments.pop_if_empty().push("repos").extend(self.repository.split('/')).extend(path.split('/'));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// A further page, if it lies where the first did.
    fn ours(&self, link: &str) -> Option<Url> {
        let url = Url::parse(link).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        let below = url.path().starts_with(self.api.path().trim_end_matches('/'));
        (plain && below && url.origin() == self.api.origin()).then_some(url)
    }

    async fn get(&self, url: Url, what: &str) -> Result<(Vec<u8>, Option<String>), Trouble> {
        let mut request =
            self.http.get(url).header("accept", "application/vnd.github+json").header("x-github-api-version", VERSION);
        if let Some(token) = &self.token {
            let mut value = Zeroizing::new(String::with_capacity(token.len() + 7));
            value.push_str("Bearer ");
            value.push_str(token);
            let value = HeaderValue::from_str(&value);
            let mut value = value.map_err(|_| Trouble::Unready("what should be its token is none".to_owned()))?;
            value.set_sensitive(true);
            request = request.header("authorization", value);
        }
        let response = request.send().await.map_err(|error| trouble(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            // What it says beside an error is told where it can be had, and waited for no longer than the rest.
            let said = body(response, SAID).await.unwrap_or_default();
            return Err(refused(status, &headers, &said, what, self.token.as_deref().map(String::as_str)));
        }
        let body = body(response, MOST).await?;
        Ok((body, next(&headers)))
    }
}

/// The API's address: a token goes over no line that others can read, but to this machine itself.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "api in [github] is no address".to_owned())?;
    let host = url.host_str().unwrap_or_default();
    let ours = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" if !host.is_empty() => {}
        "http" if ours => {}
        _ => return Err("api in [github] must begin with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("api in [github] must be an address and nothing more".to_owned());
    }
    Ok(url)
}

async fn body(mut response: reqwest::Response, most: usize) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
        if body.len() + chunk.len() > most {
            return Err(Trouble::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What kept a request from its answer, without its address.
fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() {
        return Trouble::Silent;
    }
    let mut deepest: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(inner) = deepest.and_then(|inner| inner.source()) {
        deepest = Some(inner);
    }
    if error.is_connect() {
        let why = deepest.map_or_else(|| "no connection".to_owned(), ToString::to_string);
        return Trouble::Unreached(Foreign::from(why).plain());
    }
    Trouble::Cut
}

/// The address of the next page, as a `Link` header tells it.
fn next(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(reqwest::header::LINK).into_iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|links| links.split('<').skip(1)).find_map(|link| {
        let (address, rest) = link.split_once('>')?;
        let mut words = rest.split([';', ',']).map(str::trim);
        let is_next = words.any(|word| word.strip_prefix("rel=").is_some_and(|rel| rel.trim_matches('"') == "next"));
        is_next.then(|| address.to_owned())
    })
}

fn refused(status: StatusCode, headers: &HeaderMap, said: &[u8], what: &str, token: Option<&str>) -> Trouble {
    let figure = |name: &'static str| {
        let value = headers.get(HeaderName::from_static(name))?.to_str().ok()?;
        value.trim().parse::<i64>().ok()
    };
    let limited = figure("x-ratelimit-remaining") == Some(0) || figure("retry-after").is_some();
    match status.as_u16() {
        401 => Trouble::Unauthorized(token.is_some()),
        429 => Trouble::Limited(until(&figure)),
        403 if limited => Trouble::Limited(until(&figure)),
        403 => {
            let said = read::message(said);
            // Whoever answers may say back what it was told.
            let said = match token {
                Some(token) => said.replace(token, "(hidden)"),
                None => said,
            };
            if said.to_ascii_lowercase().contains("rate limit") {
                return Trouble::Limited(None);
            }
            Trouble::Forbidden(said.into())
        }
        404 | 410 | 422 => Trouble::Missing(what.to_owned()),
        300..=399 => Trouble::Elsewhere(status.as_u16()),
        500..=599 => Trouble::Broken(status.as_u16()),
        other => Trouble::Odd(other),
    }
}

/// Until when a limit counts: what it says itself, else when its hour is over.
fn until(figure: &impl Fn(&'static str) -> Option<i64>) -> Option<Timestamp> {
    let after = figure("retry-after").filter(|seconds| (0..=86_400).contains(seconds));
    match after {
        Some(seconds) => Timestamp::now().checked_add(jiff::SignedDuration::from_secs(seconds)).ok(),
        None => figure("x-ratelimit-reset").and_then(|at| Timestamp::from_second(at).ok()),
    }
}

#[cfg(test)]
mod tests;
