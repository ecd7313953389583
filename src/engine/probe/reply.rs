//! What an HTTP answer is worth: each thing the site asks for looked at, one line of evidence each; pure.

use serde_json::Value;
use url::Url;

use super::certificate::Shown;
use super::{Answer, Deadline, detail, json, span};
use crate::domain::probe::{Detail, Found, HttpAsk, Method};
use crate::text::Foreign;

/// Most bytes of a body that are kept as evidence of a failure.
const QUOTED: usize = 240;

/// An answer, as far as it came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) location: Option<Vec<u8>>,
    pub(super) encoding: Option<Vec<u8>>,
    pub(super) retry_after: Option<Vec<u8>>,
    pub(super) body: Vec<u8>,
    pub(super) end: End,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Complete,
    /// By us, for its length.
    Cut,
    /// The connection broke.
    Broken,
    /// The deadline came first.
    Late,
}

/// The evidence while it is gathered.
#[derive(Default)]
struct Sheet {
    details: Vec<Detail>,
    failed: bool,
    /// Something the site asks for could not be seen.
    unproven: bool,
}

/// The name of the line about the status of HTTP; a field of the body may be called `status` too.
const ANSWER: &str = "HTTP status";

impl Sheet {
    /// Something was looked at.
    fn line(&mut self, what: &str, found: impl Into<Foreign>, holds: bool) {
        self.failed |= !holds;
        self.details.push(Detail { what: what.into(), found: found.into(), holds });
    }

    /// Something could not be looked at.
    fn unseen(&mut self, what: &str, why: &str) {
        self.unproven = true;
        self.details.push(detail(what, why, false));
    }

    fn conclude(self, subject: &str, status: u16, shown: Option<&Shown>) -> Answer {
        let found = match (self.failed, self.unproven) {
            (true, _) => Found::Fail,
            (false, true) => Found::Inconclusive,
            (false, false) => Found::Pass,
        };
        let summary = match self.details.iter().find(|detail| !detail.holds) {
            None => format!("{subject} → {status}"),
            Some(first) if first.what.raw() == ANSWER.as_bytes() => format!("{subject} → {}", first.found.plain()),
            Some(first) => format!("{subject} → {status}, {}: {}", first.what.plain(), first.found.plain()),
        };
        let certificate_days = shown.map(|shown| shown.days);
        Answer { found, summary, details: self.details, certificate_days, timed: true }
    }
}

/// Judges an answer.
pub(super) fn judge(
    ask: &HttpAsk,
    url: &Url,
    subject: &str,
    reply: &Reply,
    shown: Option<&Shown>,
    deadline: &Deadline,
) -> Answer {
    let took = deadline.begun.elapsed();
    let mut sheet = Sheet::default();
    let welcome = judge_status(ask, reply, &mut sheet);
    if (300..400).contains(&reply.status) {
        judge_location(url, reply, welcome, &mut sheet);
    }
    judge_body(ask, reply, welcome, deadline, &mut sheet);
    if let Some(slowest) = ask.slower {
        let holds = took <= slowest;
        let bound = if holds { String::new() } else { format!(", expected at most {}", span(slowest)) };
        sheet.line("latency", format!("{} ms{bound}", took.as_millis()), holds);
    }
    judge_certificate(ask, shown, &mut sheet);
    sheet.details.extend(insecure(ask, shown));
    sheet.conclude(subject, reply.status, shown)
}

/// The line that stands wherever any certificate is taken.
pub(super) fn insecure(ask: &HttpAsk, shown: Option<&Shown>) -> Option<Detail> {
    let fault = shown.and_then(|shown| shown.fault.as_ref());
    let would = fault.map_or_else(String::new, |fault| format!("; this one would be refused: {fault}"));
    ask.insecure.then(|| detail("insecure", &format!("any certificate is taken{would}"), true))
}

fn judge_status(ask: &HttpAsk, reply: &Reply, sheet: &mut Sheet) -> bool {
    let holds = ask.status.iter().any(|(from, to)| (*from..=*to).contains(&reply.status));
    let ranges: Vec<_> = ask
        .status
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
        .collect();
    let bound = if holds { String::new() } else { format!(", expected {}", ranges.join(" or ")) };
    sheet.line(ANSWER, format!("{}{bound}", reply.status), holds);
    holds
}

/// Redirects are shown, never followed; the ones that leave the place are called so.
fn judge_location(url: &Url, reply: &Reply, welcome: bool, sheet: &mut Sheet) {
    let Some(raw) = &reply.location else {
        sheet.line("location", "a redirect to nowhere", welcome);
        return;
    };
    let parsed = std::str::from_utf8(raw).ok().and_then(|text| url.join(text).ok());
    let Some(mut to) = parsed else {
        let end = raw.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(raw.len()).min(QUOTED);
        let shown = raw.get(..end).unwrap_or_default();
        let shown = crate::text::without_credentials(&String::from_utf8_lossy(shown));
        sheet.line("location", shown, welcome);
        return;
    };
    let mut warnings = Vec::new();
    if to.host() != url.host() {
        warnings.push("warning: leads to another host");
    }
    if url.scheme() == "https" && to.scheme() == "http" {
        warnings.push("warning: leads out of https");
    }
    to.set_query(None);
    to.set_fragment(None);
    // Neither can be refused for a URL that has a host; one without has no credentials either.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    warnings.insert(0, to.as_str());
    sheet.line("location", warnings.join(", "), welcome);
}

fn judge_body(ask: &HttpAsk, reply: &Reply, welcome: bool, deadline: &Deadline, sheet: &mut Sheet) {
    let size = reply.body.len();
    match reply.end {
        End::Complete => {}
        End::Cut => sheet.line("body", "longer than 64 KiB with its head; the rest was not read", true),
        End::Broken => sheet.line("body", format!("broke off after {size} bytes"), false),
        End::Late => {
            sheet.line("body", format!("{size} bytes, then not finished within {}", span(deadline.span)), false);
        }
    }
    if ask.fields.is_empty() {
        if !welcome && size > 0 {
            let shown = reply.body.get(..size.min(QUOTED)).unwrap_or_default();
            sheet.line("says", shown, false);
        }
        return;
    }
    let unseen = match reply.end {
        _ if ask.method == Method::Head => Some("HEAD brings no body, so they can't be seen"),
        _ if reply.encoding.as_ref().is_some_and(|encoding| encoding != b"identity") => {
            Some("the body is packed although nobody asked for that, and is not unpacked here")
        }
        End::Cut => Some("the body is too long for them to be seen"),
        End::Broken | End::Late => return,
        End::Complete => None,
    };
    if let Some(unseen) = unseen {
        sheet.unseen("fields", unseen);
        return;
    }
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(body) => {
            for field in json::judge(&ask.fields, &body) {
                sheet.failed |= !field.holds;
                sheet.details.push(field);
            }
        }
        Err(error) if reply.body.is_empty() => sheet.line("fields", format!("no body to look at: {error}"), false),
        Err(error) => {
            sheet.line("fields", format!("not JSON at line {} column {}", error.line(), error.column()), false);
        }
    }
}

fn judge_certificate(ask: &HttpAsk, shown: Option<&Shown>, sheet: &mut Sheet) {
    let Some(shown) = shown else {
        if ask.certificate_days.is_some() {
            sheet.unseen("certificate", "none was shown");
        }
        return;
    };
    let (days, until) = (shown.days, &shown.until);
    let life = match days {
        ..0 => format!("expired on {until}"),
        0 => format!("less than a day left, until {until}"),
        1 => format!("1 day left, until {until}"),
        _ => format!("{days} days left, until {until}"),
    };
    match ask.certificate_days {
        Some(least) if days < i64::from(least) => {
            sheet.line("certificate", format!("{life}, expected at least {least}"), false);
        }
        Some(_) | None => sheet.line("certificate", &life, true),
    }
}
