//! A step of the way back whose host is away, with nothing sent to it: its host is waited for, the other hosts are gone on with,
//! and where it does not come the run stays open for whoever takes it up later.

use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::job::{Came, Orders, Step};
use super::task::{Came as Heard, Task};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::domain::time::short;
use crate::domain::{HostName, Moment};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::jobs::patience;
use crate::port::procedure::Evidence;

/// A host that is away is waited for so long: what was booted is back by then.
const AWAY: Duration = Duration::from_secs(5 * 60);
/// Between two tries.
const AGAIN: Duration = Duration::from_secs(2);

/// Why a step was not begun, where it is not for good.
#[derive(Debug, Clone)]
pub(super) enum PutOff {
    /// It waited for the lock: so often in all.
    Lock(u64),
    /// It is of the way back, its host is away, and nothing was sent: why, as a sentence.
    Away(String),
    /// It was begun, and only another login can look at it: whose it is, where that is known, and why.
    Theirs { login: Option<String>, why: String },
}

/// A host that is waited for.
pub(super) struct Away {
    since: Moment,
    why: String,
}

/// What came of waiting for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// It can be tried again.
    Back,
    /// Not in time.
    InVain,
    /// A person does not want it any more.
    Cancelled,
}

impl Step {
    /// On the way back a host that is away is waited for instead: nothing was sent to it.
    pub(super) fn unless_away(&mut self, came: Came) -> Came {
        match came {
            Came::Never(Reason::Unreachable, why) if self.takes_back && !self.orders.cancel.is_cancelled() => {
                // It is still the same try, however often its host is looked for; but a timer that was armed for it may have
                // acted, and is for that try alone.
                if self.deadman().is_none() {
                    self.record.attempt = self.record.attempt.saturating_sub(1);
                }
                Came::PutOff(PutOff::Away(why))
            }
            came => came,
        }
    }
}

impl Task {
    pub(super) async fn put_off(&mut self, number: usize, record: RunStep, put_off: PutOff) {
        match put_off {
            PutOff::Lock(waits) => self.anew(number, waits).await,
            PutOff::Away(why) => self.wait_for_host(number, record, why).await,
            PutOff::Theirs { login, why } => self.keep_theirs(number, login, why).await,
        }
    }

    /// The step is recorded as not begun: whoever takes the run up meanwhile begins it when they can.
    async fn wait_for_host(&mut self, number: usize, mut step: RunStep, why: String) {
        let now = self.kit.place.clock.now().mono;
        let (host, bound) = (step.host.clone(), patience(AWAY));
        let is_news = !self.away.contains_key(&number);
        let why = why.trim_end_matches('.').to_owned();
        let known = self.away.entry(number).or_insert(Away { since: now, why: String::new() });
        known.why.clone_from(&why);
        let left = bound.saturating_sub(known.since.age(now));
        if left.is_zero() {
            return self.in_vain(number).await;
        }
        step.reason = None;
        step.note = format!("{why}; {host} is waited for, {} at most", short(bound)).into();
        if !self.record(number, step.clone(), StepState::Planned).await {
            return;
        }
        self.course.put_away(number);
        if is_news {
            let what = step.part.map(|part| part.to_string()).unwrap_or_default();
            let sentence = format!(
                "{what} on {host} waits for {host}, {} at most: {why}. What is taken back on other hosts goes on.",
                short(bound)
            );
            self.kit.ledger.trouble(sentence).await;
        }
        let orders = Orders::default();
        let waiting = wait(self.kit.place.clone(), host, orders.cancel.clone(), left);
        self.under_way.insert(number, orders);
        self.going.push(waiting.map(move |waited| Heard::Host(number, waited)).boxed());
    }

    /// Its host is there again, or is waited for no more.
    pub(super) async fn waited(&mut self, number: usize, waited: Waited) {
        self.under_way.remove(&number);
        match waited {
            Waited::Back => self.course.come_back(number),
            Waited::InVain => self.in_vain(number).await,
            Waited::Cancelled => {
                self.away.remove(&number);
                self.course.come_back(number);
                let mut step = self.step(number);
                step.reason = Some(Reason::Cancelled);
                step.note = "cancelled while its host was waited for: nothing was sent".into();
                self.fails(number, step).await;
            }
        }
    }

    async fn in_vain(&mut self, number: usize) {
        let Some(away) = self.away.remove(&number) else { return };
        self.course.wait_in_vain(number);
        let mut step = self.step(number);
        step.reason = Some(Reason::Unreachable);
        step.note = format!("{}; {} was waited for in vain, {}", away.why, step.host, short(patience(AWAY))).into();
        self.fails(number, step).await;
    }

    async fn fails(&mut self, number: usize, mut step: RunStep) {
        // All that was made in vain was one try.
        step.attempt += 1;
        self.evidence.insert(number, Evidence { reason: step.reason, ..Evidence::default() });
        self.record(number, step, StepState::Failed).await;
    }
}

/// Waits for the link to a host, for so long.
async fn wait(place: Place, host: HostName, cancel: CancellationToken, left: Duration) -> Waited {
    let back = async {
        place.pause(AGAIN).await;
        if let Some(way) = place.ways.get(&host) {
            let mut line = way.connection.clone();
            if line.wait_for(Option::is_some).await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        () = back => Waited::Back,
        () = place.pause(left) => Waited::InVain,
        () = cancel.cancelled() => Waited::Cancelled,
    }
}
