//! Reads the figures of a service for a guard: by a command, from a page of Prometheus, or from the journal of its hosts.
//! What grows is judged by how much it has grown since the reading before, so the first reading of it says nothing yet.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::metric::{By, Source};
use crate::domain::probe::{Found, Vantage};
use crate::domain::procedure::HERE;
use crate::domain::service::UnitPattern;
use crate::domain::unit::Load;
use crate::domain::{HostName, Metric, Moment, Service, UnitName};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::probe::{Origin, program};
use crate::port::{End, RemoteCommand};
use crate::runtimes::journal::{READABLE_YES, readable};
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::{clock, clock_of};
use crate::runtimes::{metric_log, metric_text, prometheus};
use crate::text::Foreign;

/// What the next reading is compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Past {
    /// Nothing was read yet.
    #[default]
    Nothing,
    /// Counters, the second one for a share, and when they were read.
    Counters(f64, f64, Moment),
    /// The journal was read up to here, by the host's clock.
    Log(Timestamp),
}

/// One reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) found: Found,
    pub(super) value: Option<f64>,
    /// What was read, in a few words.
    pub(super) told: Foreign,
}

type Read = Result<Option<f64>, (Found, String)>;

/// Reads a figure; nothing for a reading that is only what the next one is compared with.
pub(super) async fn read(
    place: &Place,
    service: &Service,
    metric: &Metric,
    host: &HostName,
    past: &mut Past,
) -> Option<Figure> {
    let read = match &metric.source {
        Source::Command { argv, pick } => {
            let printed = printed(place, argv, host, metric.timeout).await;
            printed
                .and_then(|text| metric_text::number(&text, pick).map(Some).map_err(|why| (Found::Inconclusive, why)))
        }
        Source::Prometheus { url, series, by } => {
            let page = async {
                let from = origin(place, metric.from, host, metric.timeout).await?;
                place.prober.page(url, &from, metric.timeout).await
            };
            let read = place.clock.now().mono;
            match page.await {
                Ok(page) => counters(&page, series, by, read, past),
                Err(why) => Err(why),
            }
        }
        Source::Log { .. } => lines(place, service, metric, host, past).await,
    };
    Some(match read {
        Ok(None) => return None,
        Ok(Some(value)) => {
            let told = format!("{} ({})", metric.told(value), metric.limits());
            Figure { found: metric.judge(value), value: value.is_finite().then_some(value), told: told.into() }
        }
        Err((found, why)) => Figure { found, value: None, told: why.into() },
    })
}

async fn origin(place: &Place, from: Vantage, host: &HostName, within: Duration) -> Result<Origin, (Found, String)> {
    match from {
        Vantage::Here => Ok(Origin::Here),
        Vantage::Host => match place.connected(host, place.clock.now().mono.after(within)).await {
            Some(connection) => Ok(Origin::Host(connection)),
            None => Err((Found::Error, place.not_answering(host))),
        },
    }
}

/// What a command prints, when it ends well.
async fn printed(
    place: &Place,
    argv: &[String],
    host: &HostName,
    within: Duration,
) -> Result<Vec<u8>, (Found, String)> {
    let environment = &place.environment;
    if !environment.trusted {
        let why = format!("site {} is not trusted to run commands: read it, then `qd trust` it", environment.site);
        return Err((Found::Error, why));
    }
    if host.as_str() == HERE {
        return program(argv, Vec::new(), within).await.map_err(|why| (Found::Error, why));
    }
    let output = asked(place, host, RemoteCommand::new(argv.to_vec()).within(within), within).await?;
    match output.end {
        End::Exited(0) if output.cut == 0 => Ok(output.stdout),
        End::Exited(0) => Err((Found::Inconclusive, "it printed more than is read".to_owned())),
        end => Err((Found::Error, format!("its command {end} on {host}"))),
    }
}

async fn asked(
    place: &Place,
    host: &HostName,
    command: RemoteCommand,
    within: Duration,
) -> Result<crate::port::Output, (Found, String)> {
    let until = place.clock.now().mono.after(within);
    place.ask(host, command, until).await.map_err(|why| (Found::Error, why.why()))
}

/// The figure that a page gives, with what the next page is compared with.
fn counters(page: &[u8], series: &crate::domain::metric::Series, by: &By, read: Moment, past: &mut Past) -> Read {
    let unreadable = |why: String| (Found::Inconclusive, why);
    let sum = |of| prometheus::sum(page, of).map_err(unreadable);
    let missing =
        |of: &crate::domain::metric::Series| (Found::Inconclusive, format!("the page has no such series {}", of.name));
    let (own, other) = match by {
        By::Value => return sum(series)?.map(|sum| Some(sum.value)).ok_or_else(|| missing(series)),
        By::Rate => (sum(series)?.ok_or_else(|| missing(series))?.value, 0.0),
        // A counter of failures is often not there until the first.
        By::Ratio(of) => (sum(series)?.map_or(0.0, |sum| sum.value), sum(of)?.ok_or_else(|| missing(of))?.value),
    };
    let before = std::mem::replace(past, Past::Counters(own, other, read));
    let Past::Counters(own_before, other_before, at) = before else { return Ok(None) };
    // Whatever counts was started anew, and counted from zero since then, as `rate()` of Prometheus takes it. A guard that
    // took this for no answer would be blind to what starts anew again and again.
    let anew = own < own_before || other < other_before;
    let (own_before, other_before) = if anew { (0.0, 0.0) } else { (own_before, other_before) };
    match by {
        By::Value => Ok(None),
        By::Rate => {
            let span = at.age(read).as_secs_f64();
            if span <= 0.0 { Ok(None) } else { Ok(Some((own - own_before) / span)) }
        }
        By::Ratio(of) => {
            let all = other - other_before;
            if all > 0.0 {
                Ok(Some((own - own_before) / all * 100.0))
            } else {
                Err((
                    Found::Inconclusive,
                    format!("{} has not grown since the last reading: there is no share", of.name),
                ))
            }
        }
    }
}

/// How many lines were logged since the last reading.
async fn lines(place: &Place, service: &Service, metric: &Metric, host: &HostName, past: &mut Past) -> Read {
    let Source::Log { priority, pattern, share } = &metric.source else { return Ok(None) };
    let units: Vec<UnitName> = service.units.iter().filter_map(UnitPattern::exact).cloned().collect();
    if units.is_empty() {
        return Err((Found::Error, format!("{} has no units whose journal could be read", service.name)));
    }
    let scope = if service.user { Scope::User } else { Scope::System };
    let now = asked(place, host, clock(), metric.timeout).await?;
    let now = clock_of(&now.stdout).ok_or_else(|| (Found::Error, format!("{host} does not say what time it is")))?;
    let Past::Log(since) = *past else {
        // Whoever may not read the journal would see no errors in it.
        let may = asked(place, host, readable(), metric.timeout).await?;
        if may.end != End::Exited(READABLE_YES) {
            return Err((Found::Error, format!("the journal of {host} can't be read by this login")));
        }
        // Nor would whoever asks for what was never there.
        for unit in &units {
            let looked = place.look(host, unit, scope, place.clock.now().mono.after(metric.timeout)).await;
            let look = looked.map_err(|why| (Found::Error, why.why()))?;
            if look.facts.load == Load::NotFound {
                return Err((Found::Error, format!("there is no {unit} on {host} whose journal could be read")));
            }
        }
        *past = Past::Log(now);
        return Ok(None);
    };
    let question = metric_log::lines(scope, &units, since, *priority, *share, metric.timeout);
    let output = asked(place, host, question, metric.timeout).await?;
    match output.end {
        End::Exited(0 | 1) if output.cut == 0 => {}
        End::Exited(0 | 1) => {
            *past = Past::Log(now);
            return Err((Found::Inconclusive, "there were more lines than are read".to_owned()));
        }
        end => return Err((Found::Error, format!("journalctl {end} on {host}"))),
    }
    let pattern = pattern.as_ref().and_then(|pattern| regex::bytes::Regex::new(pattern).ok());
    let counted = metric_log::count(&output.stdout, since, now, *priority, pattern.as_ref());
    *past = Past::Log(now);
    let span = Duration::try_from(now.duration_since(since)).unwrap_or_default().as_secs_f64();
    match (share, counted.all) {
        (true, 0) => Err((Found::Inconclusive, "nothing was logged: there is no share".to_owned())),
        (true, all) => Ok(Some(counted.meant as f64 / all as f64 * 100.0)),
        (false, _) if span <= 0.0 => Ok(None),
        (false, _) => Ok(Some(counted.meant as f64 * 60.0 / span)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::runtimes::prometheus::selector;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    #[test]
    fn what_grows_is_compared_with_the_reading_before() {
        let (errors, all) = (selector("errors").unwrap(), selector("all").unwrap());
        let mut past = Past::Nothing;
        let page = |errors: u32, all: u32| format!("errors {errors}\nall {all}\n").into_bytes();
        let ratio = By::Ratio(all);
        assert_eq!(counters(&page(5, 100), &errors, &ratio, at(0), &mut past), Ok(None), "the first says nothing");
        assert_eq!(counters(&page(7, 200), &errors, &ratio, at(10), &mut past), Ok(Some(2.0)));
        assert!(matches!(counters(&page(7, 200), &errors, &ratio, at(20), &mut past), Err((Found::Inconclusive, _))));
        assert_eq!(
            counters(&page(1, 10), &errors, &ratio, at(30), &mut past),
            Ok(Some(10.0)),
            "started anew, from zero"
        );
        assert_eq!(counters(b"all 20\n", &errors, &ratio, at(40), &mut past), Ok(Some(0.0)), "the counter went away");
        assert_eq!(
            counters(b"all 30\n", &errors, &ratio, at(50), &mut past),
            Ok(Some(0.0)),
            "no failure was counted yet"
        );
        let mut past = Past::Nothing;
        assert_eq!(counters(&page(0, 5), &errors, &By::Rate, at(0), &mut past), Ok(None));
        assert_eq!(counters(&page(30, 5), &errors, &By::Rate, at(10), &mut past), Ok(Some(3.0)));
        for seconds in [20, 30, 40] {
            let rate = counters(&page(20, 5), &errors, &By::Rate, at(seconds), &mut past);
            assert_eq!(rate, Ok(Some(if seconds == 20 { 2.0 } else { 0.0 })), "what starts anew has its figure");
        }
        assert_eq!(counters(&page(4, 5), &errors, &By::Value, at(10), &mut past), Ok(Some(4.0)));
        assert!(matches!(
            counters(b"other 1\n", &errors, &By::Value, at(10), &mut past),
            Err((Found::Inconclusive, _))
        ));
    }
}
