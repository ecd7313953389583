//! One notice on its way to one channel: a deadline, three tries, and an end that says what is known.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::address;
use crate::domain::channel::{Address, Channel, Delivery, Notice, Way};
use crate::engine::probe::{Posted, Prober, Unposted, program};
use crate::runtimes::notice::{Body, body};

/// How quick it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// One try takes no longer.
    pub(super) within: Duration,
    /// Before the second try, and four times so long before the third, unless the server says when.
    pub(super) again: Duration,
}

/// How quick it is for people.
pub(super) const PACE: Pace = Pace { within: Duration::from_secs(10), again: Duration::from_secs(2) };
/// How often it is tried.
const TRIES: u32 = 3;
/// A server that wants to be left alone for longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How it came out; why not is a sentence that holds of the address only the host.
pub(super) type Came = (Delivery, String);

/// What one try came to.
enum Tried {
    Taken,
    /// Another try may mend it, after so long if the server has said that.
    Again(String, Option<Duration>),
    /// Whether it was taken is not known.
    Unknown(String),
    Refused(String),
}

/// Tells a channel. With `once` what may have arrived is not sent again.
pub(super) async fn deliver(prober: &Arc<Prober>, channel: &Channel, notice: &Notice, once: bool, pace: Pace) -> Came {
    let mut going = Going::new(channel, notice);
    loop {
        match going.attempt(prober, channel, once, pace).await {
            Step::Ended(came) => return came,
            Step::Later { wait, .. } => tokio::time::sleep(wait).await,
        }
    }
}

/// What one try of a notice led to.
pub(super) enum Step {
    /// It is delivered or given up.
    Ended(Came),
    /// Another try may mend it, after so long; `refused` is why the channel took nothing at all just now, so that no other
    /// notice need be tried before.
    Later { wait: Duration, refused: Option<(String, Option<Duration>)> },
}

/// A notice between its tries.
pub(super) struct Going {
    body: Body,
    unknown: bool,
    tries: u32,
}

impl Going {
    pub(super) fn new(channel: &Channel, notice: &Notice) -> Self {
        Self { body: body(channel, notice), unknown: false, tries: 0 }
    }

    /// Tries it once. With `once` what may have arrived is not sent again.
    pub(super) async fn attempt(&mut self, prober: &Arc<Prober>, channel: &Channel, once: bool, pace: Pace) -> Step {
        match attempt(prober, &channel.way, &self.body, pace).await {
            Tried::Taken => Step::Ended((Delivery::Delivered, String::new())),
            Tried::Refused(why) => Step::Ended(ended(self.unknown, why)),
            Tried::Unknown(why) if once => Step::Ended((Delivery::Unknown, why)),
            Tried::Unknown(why) => {
                self.unknown = true;
                match self.again(&why, None, pace) {
                    Ok(wait) => Step::Later { wait, refused: None },
                    Err(came) => Step::Ended(came),
                }
            }
            Tried::Again(why, asked) => match self.again(&why, asked, pace) {
                Ok(wait) => Step::Later { wait, refused: Some((why, asked)) },
                Err(came) => Step::Ended(came),
            },
        }
    }

    /// How it comes out when the console is left before another try.
    pub(super) fn left(&self) -> Came {
        let before = if self.tries == 0 { "it could be sent" } else { "it could be sent again" };
        ended(self.unknown, format!("qd was left before {before}."))
    }

    /// Counts a try that led to nothing, its own or that of another notice to the same channel: how long to wait now.
    ///
    /// # Errors
    /// How it came out, when that was the last one.
    pub(super) fn again(&mut self, why: &str, asked: Option<Duration>, pace: Pace) -> Result<Duration, Came> {
        self.tries += 1;
        let wait = asked.unwrap_or(pace.again * self.tries.pow(2));
        if self.tries >= TRIES {
            return Err(ended(self.unknown, format!("{} It was tried {TRIES} times.", sentence(why))));
        }
        if wait > PATIENCE {
            let asked = wait.as_secs();
            return Err(ended(self.unknown, format!("{} It asks to be left alone for {asked} s.", sentence(why))));
        }
        Ok(wait)
    }
}

fn ended(unknown: bool, why: String) -> Came {
    (if unknown { Delivery::Unknown } else { Delivery::NotDelivered }, sentence(&why))
}

fn sentence(why: &str) -> String {
    if why.ends_with('.') { why.to_owned() } else { format!("{why}.") }
}

async fn attempt(prober: &Arc<Prober>, way: &Way, body: &Body, pace: Pace) -> Tried {
    match (way, body) {
        (Way::Slack(address) | Way::Discord(address) | Way::Webhook(address), Body::Json(json)) => {
            post(prober, address, json, pace).await
        }
        (Way::Command(argv), Body::Text(text)) => match program(argv, text.clone().into_bytes(), pace.within).await {
            Ok(_) => Tried::Taken,
            // Whatever it has done, it has begun: it is not run again.
            Err(why) => Tried::Refused(why),
        },
        (Way::Slack(_) | Way::Discord(_) | Way::Webhook(_), Body::Text(_)) | (Way::Command(_), Body::Json(_)) => {
            Tried::Refused("it takes something else".to_owned())
        }
    }
}

async fn post(prober: &Arc<Prober>, address: &Address, json: &str, pace: Pace) -> Tried {
    let url = match address::fetch(address).await {
        Ok(url) => url,
        Err(why) => return Tried::Refused(why),
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    match prober.post(&url, json.as_bytes().to_vec(), pace.within).await {
        Ok(posted) => judge(&host, &posted),
        Err(Unposted::Unsent(why)) => Tried::Again(named(&host, &why), None),
        Err(Unposted::Unanswered(why)) => Tried::Unknown(named(&host, &why)),
    }
}

fn named(host: &str, why: &str) -> String {
    if why.contains(host) { why.to_owned() } else { format!("{host}: {why}") }
}

fn judge(host: &str, posted: &Posted) -> Tried {
    let status = posted.status;
    match status {
        200..=299 => Tried::Taken,
        300..=399 => Tried::Refused(format!("{host} answered {status}, a redirect, which is not followed")),
        429 => {
            let wait = posted.retry_after.as_deref().and_then(|word| wait(word, Timestamp::now()));
            Tried::Again(format!("{host} answered 429: it is told too much"), wait)
        }
        500..=599 => {
            let wait = posted.retry_after.as_deref().and_then(|word| wait(word, Timestamp::now()));
            Tried::Again(format!("{host} answered {status}"), wait)
        }
        401 | 403 | 404 | 410 => Tried::Refused(format!(
            "{host} answered {status}: the address is not, or not any more, one it takes notices at"
        )),
        _ => Tried::Refused(format!("{host} answered {status}")),
    }
}

/// What `Retry-After` means: seconds, with a fraction where Discord says so, or a moment.
fn wait(word: &str, now: Timestamp) -> Option<Duration> {
    let word = word.trim();
    if let Ok(seconds) = word.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(word).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn when_to_come_again() {
        let now = "2026-11-21T15:00:00Z".parse().unwrap();
        for (word, millis) in [
            ("3", Some(3_000)),
            ("0.25", Some(250)),
            (" 7 ", Some(7_000)),
            ("-1", None),
            ("soon", None),
            ("Sat, 21 Nov 2026 15:00:20 GMT", Some(20_000)),
            ("Sat, 21 Nov 2026 14:00:20 GMT", Some(0)),
            ("1e300", None),
        ] {
            assert_eq!(wait(word, now), millis.map(Duration::from_millis), "{word}");
        }
    }
}
