//! Probes against bad servers, real ones on loopback: H1 to H13 of the faults, and the keeping of time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod command;
mod http;
mod schedule;
mod servers;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::domain::probe::{Ask, Detail, Found, HttpAsk, Method, Vantage};
use quarterdeck::domain::{Moment, Now, Probe, ProbeName, ProbeReport, SiteName};
use quarterdeck::engine::clock::Clock;
use quarterdeck::engine::probe::{Origin, Prober, ReadClock};

/// How late a verdict may be: three times the figure that is promised.
const LATE: Duration = Duration::from_millis(300);

/// The wall clock of every test, so that certificates have a date to be judged at.
fn today() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A clock whose wall stands still.
struct Still(Timestamp, Instant);

impl Clock for Still {
    fn now(&self) -> Now {
        Now { wall: self.0, mono: Moment(self.1.elapsed()) }
    }

    async fn until(&self, moment: Moment) {
        tokio::time::sleep(self.now().mono.age(moment)).await;
    }
}

fn clock_at(wall: Timestamp) -> ReadClock {
    let clock = Still(wall, Instant::now());
    Arc::new(move || clock.now())
}

fn prober() -> Prober {
    Prober::new(clock_at(today()))
}

fn site() -> SiteName {
    SiteName::new("shop").unwrap()
}

fn get(url: impl Into<String>) -> HttpAsk {
    HttpAsk {
        method: Method::Get,
        url: url.into(),
        status: vec![(200, 299)],
        fields: Vec::new(),
        slower: None,
        certificate_days: None,
        insecure: false,
    }
}

fn probe(ask: Ask, timeout: Duration) -> Probe {
    Probe {
        name: ProbeName::new("ready").unwrap(),
        ask,
        from: Vantage::Here,
        interval: Duration::from_secs(10),
        timeout,
        rise: 2,
        fall: 3,
    }
}

/// Asks once and holds the prober to its deadline.
async fn ask_from(prober: &Prober, ask: Ask, timeout: Duration, from: Origin) -> ProbeReport {
    let begun = Instant::now();
    let report = prober.ask(&site(), true, &probe(ask, timeout), from).await;
    assert!(begun.elapsed() <= timeout + LATE, "a verdict after {:?}, with {timeout:?} to go", begun.elapsed());
    report
}

async fn ask_http(ask: HttpAsk) -> ProbeReport {
    ask_from(&prober(), Ask::Http(ask), Duration::from_millis(600), Origin::Here).await
}

fn summary(report: &ProbeReport) -> String {
    report.summary.plain()
}

/// The lines of evidence as a person reads them; what does not hold has a `!` before it.
fn lines(report: &ProbeReport) -> Vec<String> {
    let line = |line: &Detail| {
        let mark = if line.holds { "" } else { "!" };
        format!("{mark}{}: {}", line.what.plain(), line.found.plain())
    };
    report.details.iter().map(line).collect()
}

fn assert_answer(report: &ProbeReport, found: Found, summary_end: &str) {
    let summary = summary(report);
    assert_eq!(report.found, found, "{summary}");
    assert!(summary.ends_with(summary_end), "{summary:?} does not end with {summary_end:?}");
}
