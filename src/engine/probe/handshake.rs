//! The certificate of a server, whatever it serves: a handshake and nothing behind it.

use std::time::Duration;

use super::certificate::{self, Expected};
use super::{Answer, Deadline, GRACE, Origin, Prober, detail, tcp};
use crate::domain::ProbeReport;
use crate::domain::probe::Found;

/// Whose certificate is looked at, and what it must be.
#[derive(Debug, Clone, Copy)]
pub struct Server<'a> {
    /// Whom to connect to.
    pub host: &'a str,
    /// At which port.
    pub port: u16,
    /// Whose certificate it must be.
    pub name: &'a str,
    /// How many days it must still be good for.
    pub days: u32,
}

impl Prober {
    /// Looks at a server's certificate once.
    pub async fn certificate(&self, server: Server<'_>, within: Duration, from: Origin) -> ProbeReport {
        let begun = (self.clock)();
        let deadline = Deadline::new(within);
        let asking = async {
            let road = tcp::Road { from: &from, names: &self.names };
            let stream = match road.reach(server.host, server.port, &deadline).await {
                Ok(stream) => stream,
                Err(miss) => return Answer::missed(&subject(server), miss),
            };
            let expected = Expected { host: server.name, insecure: false, now: begun.wall };
            let (secured, shown) = certificate::secure(stream, expected, &self.trust, &deadline).await;
            let Some(shown) = shown else {
                return match secured {
                    Err(miss) => Answer::missed(&subject(server), miss),
                    Ok(_) => Answer::unasked("certificate", "the server showed no certificate".to_owned()),
                };
            };
            let lasts = shown.days >= i64::from(server.days);
            let told = format!("{} days left, until {}; at least {} days", shown.days, shown.until, server.days);
            let mut details = vec![detail("days", &told, lasts)];
            let fault = secured.err();
            match &fault {
                Some(miss) => details.push(detail(miss.what, &miss.why, false)),
                None => details.push(detail("name", server.name, true)),
            }
            let found = match &fault {
                Some(miss) => miss.found,
                None if lasts => Found::Pass,
                None => Found::Fail,
            };
            let why = fault.map_or_else(|| format!("{} days left", shown.days), |miss| miss.why);
            let summary = format!("{} → {why}", subject(server));
            Answer { found, summary, details, certificate_days: Some(shown.days), timed: true }
        };
        let answer = match tokio::time::timeout(within + GRACE, asking).await {
            Ok(answer) => answer,
            Err(_) => Answer::missed(&subject(server), deadline.missed("verdict", "no verdict")),
        };
        ProbeReport {
            found: answer.found,
            summary: answer.summary.into(),
            details: answer.details,
            latency: None,
            certificate_days: answer.certificate_days,
            at: begun.wall,
            asked: begun.mono,
        }
    }
}

fn subject(server: Server<'_>) -> String {
    format!("certificate of {}", tcp::place(server.host, Some(server.port)))
}
