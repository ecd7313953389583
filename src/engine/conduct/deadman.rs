//! The dead-man timer of a guarded shift: a job of its own on the balancer's host, which sends the traffic back when it has
//! heard nothing of the console for so long. It is armed before the weight is set and ended when the weight was judged; the
//! host alone decides which of the two came first, so traffic is never sent back twice, and no weight that was on its way is
//! set after it was sent back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::job::{Came, Step};
use super::output::PIECES;
use crate::domain::HostName;
use crate::domain::procedure::Shifts;
use crate::domain::run::Reason;
use crate::domain::time::short;
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::jobs::{Began, Cancelled, Ended, JobKey, Jobs, Offsets, Order, Seen};
use crate::runtimes::job::{deadman, timed};

/// Timers stand beside the tries of their step.
const BESIDE: u32 = 1 << 20;
/// A timer outlives the hold by so long at most: by then it has long acted, or was ended.
const AT_MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// Of what it read back so much is looked at.
const READ: usize = 4 << 10;
/// What it printed is waited for so long.
const READ_WITHIN: Duration = Duration::from_secs(15);

/// One timer.
#[derive(Clone)]
pub(super) struct Deadman {
    jobs: Arc<dyn Jobs>,
    place: Place,
    host: HostName,
    key: JobKey,
    within: Duration,
    /// The weight to which it sends back.
    back: u32,
}

/// What came of ending it.
enum Off {
    /// It has not acted, and will not.
    Quiet,
    /// It has set the weight, and read it back.
    Sent,
    /// It has tried to: why that was not well.
    Badly(String),
    /// That is not known.
    Unknown(String),
}

impl Deadman {
    /// Comes back once there is no timer to give a sign of life to.
    pub(super) async fn renewed(&self) {
        let every = (self.within / 4).clamp(Duration::from_millis(500), Duration::from_secs(15));
        loop {
            let word = format!("{}", self.place.clock.now().mono.0.as_nanos());
            match self.jobs.beat(self.host.clone(), self.key.clone(), word).await {
                Seen::Running | Seen::Unasked(_) | Seen::Theirs { .. } => self.place.pause(every).await,
                Seen::Ended(_) | Seen::Never | Seen::Vanished(_) | Seen::Superseded(_) => return,
            }
        }
    }

    async fn armed(&self, order: Order) -> Result<(), String> {
        match self.jobs.begin(self.host.clone(), order).await {
            Began::Not(_, why) => return Err(why),
            Began::Started | Began::Before | Began::Unknown(_) => {}
        }
        match self.jobs.look(self.host.clone(), self.key.clone()).await {
            Seen::Running => Ok(()),
            Seen::Unasked(why) | Seen::Theirs { why, .. } | Seen::Vanished(why) => Err(why),
            Seen::Ended(_) | Seen::Never | Seen::Superseded(_) => Err("it does not run there".to_owned()),
        }
    }

    async fn off(&self) -> Off {
        let ended = match self.jobs.cancel(self.host.clone(), self.key.clone()).await {
            Cancelled::Gone(ended) | Cancelled::Before(ended) => ended,
            Cancelled::Remains(why) | Cancelled::Unknown(why) => return Off::Unknown(why),
        };
        match ended {
            Ended { exit: Some(0), .. } => self.read().await,
            Ended { exit: Some(status), .. } => Off::Badly(format!("its command left with status {status}")),
            Ended { signal: Some(9), .. } => Off::Unknown("it was killed".to_owned()),
            Ended { exit: None, .. } => Off::Quiet,
        }
    }

    /// Whether what it read back is the weight that it set.
    async fn read(&self) -> Off {
        let (tell, mut told) = mpsc::channel(PIECES);
        let reading = self.jobs.follow(self.host.clone(), self.key.clone(), Offsets::default(), tell);
        let taking = async {
            let mut text = Vec::new();
            while let Some(piece) = told.recv().await {
                let room = READ.saturating_sub(text.len());
                if !piece.error {
                    text.extend(piece.bytes.into_iter().take(room));
                }
            }
            text
        };
        match tokio::time::timeout(READ_WITHIN, async { tokio::join!(reading, taking) }).await {
            Ok((_, text)) => match super::stands::differs(&self.back.to_string(), &String::from_utf8_lossy(&text)) {
                None => Off::Sent,
                Some((_, why)) => Off::Badly(why),
            },
            Err(_) => Off::Unknown("what it read back could not be read".to_owned()),
        }
    }
}

impl Step {
    /// The timer of this try, if it has one. A drill arms none.
    pub(super) fn deadman(&self) -> Option<Deadman> {
        let (_, job, _) = self.what.as_ref()?;
        let Some(Shifts::Judged(back)) = job.script.shifts else { return None };
        let within = self.guarded()?.deadman.filter(|_| !self.kit.place.environment.channels.drill)?;
        let key = self.key();
        let key = JobKey { attempt: key.attempt + BESIDE, ..key };
        let (jobs, place) = (Arc::clone(&self.kit.jobs), self.kit.place.clone());
        Some(Deadman { jobs, place, host: job.host.clone(), key, within, back })
    }

    /// Arms the timer before the weight is set.
    pub(super) async fn arm(&self, timer: &Deadman) -> Result<(), String> {
        let (Some((part, job, _)), Some(guarded)) = (&self.what, self.guarded()) else { return Ok(()) };
        let mut order = self.order(part, job);
        order.key = timer.key.clone();
        let own = self.key();
        order.script = deadman(&job.script, timer.within, (own.step, own.attempt));
        for (name, value) in &mut order.script.variables {
            if name.as_str() == "weight" {
                *value = timer.back.to_string();
            }
        }
        order.timeout = guarded.hold.saturating_add(AT_MOST);
        let armed = timer.armed(order).await;
        armed.map_err(|why| format!("no dead-man timer could be armed on {}, so nothing was sent: {why}", timer.host))
    }

    /// The order of a step that may have a timer: it is not done once that has acted.
    pub(super) fn behind_timer(&self, mut order: Order) -> Order {
        if let Some(timer) = self.deadman() {
            order.script = timed(&order.script, (timer.key.step, timer.key.attempt));
        }
        order
    }

    /// Ends the timer once the weight was judged, and says what it did meanwhile.
    pub(super) async fn disarmed(&mut self, came: Came) -> Came {
        let Some(timer) = self.deadman() else { return came };
        match came {
            // Whoever finds out more looks for it again; until then it does what it is for.
            Came::Unknown(_) | Came::PutOff(_) | Came::Lost(_) => return came,
            Came::Well | Came::Unplayed(_) | Came::Badly(..) | Came::Never(..) => {}
        }
        let (host, back) = (&timer.host, timer.back);
        let silent = format!("the dead-man timer on {host} heard nothing of a console for {}", short(timer.within));
        match timer.off().await {
            Off::Quiet => came,
            Off::Sent => {
                self.record.value = Some(back.to_string());
                Came::Badly(Reason::GuardFailed, format!("{silent}: it sent the traffic back to {back}, and read that"))
            }
            Off::Badly(why) => Came::Badly(Reason::GuardFailed, format!("{silent} and could not send it back: {why}")),
            Off::Unknown(why) => {
                // Nothing was sent: all that a timer can do then is to send back what stands there.
                if let Came::Never(reason, never) = came {
                    return Came::Never(
                        reason,
                        format!("{never}; whether a dead-man timer waits on {host} is not known"),
                    );
                }
                Came::Unknown(format!("whether the dead-man timer on {host} has acted is not known: {why}"))
            }
        }
    }
}
