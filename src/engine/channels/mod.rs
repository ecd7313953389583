//! Channels of the team: notices of runs go there beside the run, each with a deadline and three tries, and what becomes
//! of each is recorded with its run and told. None of it can stop a run or be in its way.

mod address;
mod deliver;
mod herald;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(in crate::engine) use herald::{About, Cover, Herald};

use self::deliver::{Going, Pace, Step};
use crate::domain::RunId;
use crate::domain::channel::{Channel, Channels, Delivery, Notice, Told};
use crate::domain::name::ChannelName;
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::probe::Prober;
use crate::engine::store::Store;
use crate::port::Event;
use crate::port::procedure::ProcedureNews;
pub(in crate::engine) use address::secret_text;

/// Notices that wait for one channel. Overflow: the newest is not sent, and that is recorded and told like every other
/// failure.
const WAITING: usize = 32;
/// What was not delivered when the console is left gets so long to be recorded as such.
const RECORDED: Duration = Duration::from_millis(200);

/// A notice, and where what becomes of it is recorded.
pub(in crate::engine) struct Letter {
    pub(in crate::engine) notice: Notice,
    pub(in crate::engine) report: Report,
}

/// Where what becomes of notices of a run is recorded and told.
#[derive(Clone)]
pub(in crate::engine) struct Report {
    pub(in crate::engine) run: RunId,
    pub(in crate::engine) store: Arc<dyn Store>,
    pub(in crate::engine) events: mpsc::Sender<Event>,
    pub(in crate::engine) clock: AnyClock,
}

impl Report {
    /// Records it, then tells it.
    pub(in crate::engine) async fn told(&self, channel: &ChannelName, notice: &Notice, came: (Delivery, String)) {
        let told = self.recorded(channel, notice, came).await;
        // The core may be gone.
        let _ = self.events.send(Event::Procedure(ProcedureNews::Notice(self.run.clone(), told))).await;
    }

    /// Records it only: a step says itself what became of its notice.
    pub(in crate::engine) async fn recorded(
        &self,
        channel: &ChannelName,
        notice: &Notice,
        came: (Delivery, String),
    ) -> Told {
        let (delivery, why) = came;
        let at = self.clock.now().wall;
        let told = Told { channel: channel.clone(), occasion: notice.occasion, at, delivery, why };
        if let Err(error) = self.store.notice(self.run.clone(), told.clone()).await {
            tracing::error!(run = %self.run, ?error, "what became of a notice is not recorded");
        }
        tracing::info!(run = %self.run, channel = %told.channel, delivery = told.delivery.word(), "a notice");
        told
    }
}

/// What brings notices to the channels of one environment.
#[derive(Clone)]
pub struct Post {
    channels: Arc<Channels>,
    prober: Arc<Prober>,
    rehearses: bool,
    queues: Arc<BTreeMap<ChannelName, mpsc::Sender<Letter>>>,
    /// How many letters are neither delivered nor given up.
    open: watch::Sender<usize>,
    closing: CancellationToken,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

impl Post {
    /// The post of an environment. One that `rehearses` sends nothing and says so.
    pub(in crate::engine) fn new(channels: Arc<Channels>, prober: Arc<Prober>, rehearses: bool) -> Self {
        Self::paced(channels, prober, rehearses, deliver::PACE)
    }

    fn paced(channels: Arc<Channels>, prober: Arc<Prober>, rehearses: bool, pace: Pace) -> Self {
        let open = watch::Sender::new(0);
        let closing = CancellationToken::new();
        let mut queues = BTreeMap::new();
        for channel in &channels.all {
            let (letters, queue) = mpsc::channel(WAITING);
            queues.insert(channel.name.clone(), letters);
            let worker = Worker {
                channel: channel.clone(),
                prober: Arc::clone(&prober),
                rehearses,
                pace,
                open: open.clone(),
                closing: closing.clone(),
            };
            drop(tokio::spawn(worker.run(queue)));
        }
        Self { channels, prober, rehearses, queues: Arc::new(queues), open, closing }
    }

    /// The channels.
    pub(in crate::engine) fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Something may still be handed over, until what comes back is dropped: draining waits for that too.
    fn expecting(&self) -> Expected {
        self.open.send_modify(|open| *open += 1);
        Expected(self.open.clone())
    }

    /// Hands a letter over; comes back at once.
    pub(in crate::engine) fn send(&self, channel: &ChannelName, letter: Letter) {
        let Some(queue) = self.queues.get(channel) else { return };
        self.open.send_modify(|open| *open += 1);
        let Err(refused) = queue.try_send(letter) else { return };
        let (mpsc::error::TrySendError::Full(letter) | mpsc::error::TrySendError::Closed(letter)) = refused;
        let (channel, open) = (channel.clone(), self.open.clone());
        drop(tokio::spawn(async move {
            let why = format!("{WAITING} notices wait for it already.");
            letter.report.told(&channel, &letter.notice, (Delivery::NotDelivered, why)).await;
            open.send_modify(|open| *open = open.saturating_sub(1));
        }));
    }

    /// Tells a channel now, at most once, and says what became of it.
    pub(in crate::engine) async fn tell(&self, channel: &Channel, notice: &Notice) -> (Delivery, String) {
        if self.rehearses {
            return (Delivery::Rehearsed, String::new());
        }
        deliver::deliver(&self.prober, channel, notice, true, deliver::PACE).await
    }

    /// Waits until everything is delivered or given up, `within` at most; what is not by then is recorded as not
    /// delivered.
    pub(in crate::engine) async fn drain(&self, within: Duration) {
        let mut open = self.open.subscribe();
        if tokio::time::timeout(within, open.wait_for(|open| *open == 0)).await.is_err() {
            self.closing.cancel();
            let _ = tokio::time::timeout(RECORDED, open.wait_for(|open| *open == 0)).await;
        }
    }
}

/// Counts as a letter that is on its way.
struct Expected(watch::Sender<usize>);

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

struct Worker {
    channel: Channel,
    prober: Arc<Prober>,
    rehearses: bool,
    pace: Pace,
    open: watch::Sender<usize>,
    closing: CancellationToken,
}

impl Worker {
    /// Brings notices in their order. What a channel that takes nothing is told waits together, and is tried together: it
    /// keeps nobody longer for ten notices than for one.
    async fn run(self, mut letters: mpsc::Receiver<Letter>) {
        let mut waiting: Vec<(Letter, Going)> = Vec::new();
        loop {
            let first = if waiting.is_empty() { letters.recv().await } else { None };
            if first.is_none() && waiting.is_empty() {
                return;
            }
            let room = WAITING.saturating_sub(waiting.len());
            let more: Vec<Letter> = std::iter::from_fn(|| letters.try_recv().ok()).take(room).collect();
            let new = first.into_iter().chain(more);
            waiting.extend(new.map(|letter| {
                let going = Going::new(&self.channel, &letter.notice);
                (letter, going)
            }));
            let (mut left, mut pause, mut refused) = (Vec::new(), Duration::ZERO, None);
            for (letter, mut going) in std::mem::take(&mut waiting) {
                match self.bring(&mut going, &mut refused).await {
                    Step::Ended(came) => {
                        letter.report.told(&self.channel.name, &letter.notice, came).await;
                        self.open.send_modify(|open| *open = open.saturating_sub(1));
                    }
                    Step::Later { wait, .. } => {
                        pause = pause.max(wait);
                        left.push((letter, going));
                    }
                }
            }
            waiting = left;
            if !waiting.is_empty() {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = self.closing.cancelled() => {}
                }
            }
        }
    }

    /// One try, unless the channel has just taken nothing at all.
    async fn bring(&self, going: &mut Going, refused: &mut Option<(String, Option<Duration>)>) -> Step {
        if self.rehearses {
            return Step::Ended((Delivery::Rehearsed, String::new()));
        }
        if self.closing.is_cancelled() {
            return Step::Ended(going.left());
        }
        if let Some((why, asked)) = refused {
            return match going.again(why, *asked, self.pace) {
                Ok(wait) => Step::Later { wait, refused: None },
                Err(came) => Step::Ended(came),
            };
        }
        let trying = going.attempt(&self.prober, &self.channel, false, self.pace).boxed();
        let step = tokio::select! {
            step = trying => step,
            () = self.closing.cancelled() => {
                let why = "qd was left before the channel had answered.".to_owned();
                return Step::Ended((Delivery::Unknown, why));
            }
        };
        if let Step::Later { refused: Some(why), .. } = &step {
            *refused = Some(why.clone());
        }
        step
    }
}
