//! One host's link, for as long as the host is watched: connect, hold, lose, wait, again.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::backoff::Backoff;
use super::handshakes::Handshakes;
use crate::domain::{Host, Link, LinkFailure, Moment};
use crate::engine::clock::Clock;
use crate::engine::transport::{Asker, Asking, Connection, Transport};
use crate::port::Event;
use crate::port::event::HostEvent;

/// While a link is up, the age of the last byte is looked at this often.
const LISTEN_EVERY: Duration = Duration::from_secs(5);
/// A round trip is told anew when it differs by this from the one told last, and by half.
const NOTABLE: Duration = Duration::from_millis(5);
/// Questions of one attempt on their way to a person; ssh asks them one by one.
const QUESTIONS: usize = 4;

/// What the console may ask of a supervisor. Its channel is bounded at 4: a wish that finds it full is
/// already on its way and may be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Try now instead of waiting.
    RetryNow,
}

/// What a supervisor needs.
pub struct Supervision<C> {
    /// The host.
    pub host: Host,
    /// How it is reached.
    pub transport: Arc<dyn Transport>,
    /// Who answers questions.
    pub asker: Asker,
    /// Shared by all supervisors.
    pub handshakes: Handshakes,
    /// When it waits.
    pub backoff: Backoff,
    /// The clock of the loop.
    pub clock: C,
    /// What the person asks for.
    pub control: mpsc::Receiver<Control>,
    /// Where news go. The supervisor waits when it is full.
    pub report: mpsc::Sender<Event>,
}

impl<C> std::fmt::Debug for Supervision<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervision").field("host", &self.host.name).finish_non_exhaustive()
    }
}

/// Holds the link to one host until nobody listens to the news any more. Each time the link comes up `on_up`
/// gets the connection; its future is dropped when the link is gone. Dropping this future ends everything.
pub async fn supervise<C, F, W>(mut parts: Supervision<C>, mut on_up: F)
where
    C: Clock,
    F: FnMut(Arc<dyn Connection>) -> W,
    W: Future<Output = ()>,
{
    let mut heard: Option<Moment> = None;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let why = match parts.connect(attempt).await {
            Ok(connection) => {
                attempt = 0;
                let begin = parts.now();
                let (why, last) = parts.hold(&connection, &mut on_up).await;
                heard = Some(last);
                parts.backoff.was_up(begin.age(parts.now()));
                why
            }
            Err(why) => why,
        };
        let told = if why.may_retry() {
            let retry_at = parts.now().after(parts.backoff.wait());
            parts.wait(Link::Waiting { heard, retry_at, attempt, why }, Some(retry_at)).await
        } else {
            parts.wait(Link::Stopped { heard, why }, None).await
        };
        if told.is_err() {
            return;
        }
    }
}

/// Nobody listens any more.
struct Unheard;

impl<C: Clock> Supervision<C> {
    fn now(&self) -> Moment {
        self.clock.now().mono
    }

    async fn tell(&self, news: HostEvent) -> Result<(), Unheard> {
        self.report.send(Event::Host(self.host.name.clone(), news)).await.map_err(|_| Unheard)
    }

    /// One attempt, with the questions it raises.
    async fn connect(&mut self, attempt: u32) -> Result<Arc<dyn Connection>, LinkFailure> {
        let since = self.now();
        // That nobody listens is noticed when waiting.
        let _ = self.tell(HostEvent::Link(Link::Connecting { since, attempt })).await;
        let via = self.transport.via(&self.host).await;
        let _permit = self.handshakes.permit(via.as_deref()).await;
        let (questions, mut asked) = mpsc::channel::<Asking>(QUESTIONS);
        let asker = if self.asker.is_attended() {
            Asker::new(self.host.name.clone(), questions)
        } else {
            Asker::nobody(self.host.name.clone())
        };
        let connecting = self.transport.connect(self.host.clone(), asker);
        let relaying = async {
            while let Some(asking) = asked.recv().await {
                let _ = self.tell(HostEvent::Link(Link::Asking { since: self.now() })).await;
                self.relay(asking).await;
                let _ = self.tell(HostEvent::Link(Link::Connecting { since, attempt })).await;
            }
            std::future::pending().await
        };
        let made = tokio::select! {
            made = connecting => made,
            () = relaying => Err(LinkFailure::Here("questions reach nobody".into())),
        };
        // Wishes for an attempt that came while one was under way are fulfilled.
        while self.control.try_recv().is_ok() {}
        made
    }

    /// Hands a question to the person, and takes it back when whoever asked is gone.
    async fn relay(&self, asking: Asking) {
        let Asking { kind, prompt, mut answer, .. } = asking;
        let answered = tokio::select! {
            answered = self.asker.ask(kind, prompt) => answered,
            () = answer.closed() => return,
        };
        let _ = answer.send(answered);
    }

    /// Holds a link until it is gone; why, and when it was last heard.
    async fn hold<F, W>(&mut self, connection: &Arc<dyn Connection>, on_up: &mut F) -> (LinkFailure, Moment)
    where
        F: FnMut(Arc<dyn Connection>) -> W,
        W: Future<Output = ()>,
    {
        let now = self.now();
        let round_trip = connection.round_trip();
        let mut anchor = Anchor { instant: Instant::now(), moment: now };
        let up = Link::Up { since: now, round_trip, heard: anchor.moment_of(connection.heard()), means: None };
        let _ = self.tell(HostEvent::Link(up)).await;
        let working = async {
            on_up(connection.clone()).await;
            std::future::pending::<()>().await;
        };
        let deaf = async {
            // Without anybody to wish for something there is nothing to do here.
            while self.control.recv().await.is_some() {}
            std::future::pending::<()>().await;
        };
        let (report, name, clock) = (self.report.clone(), self.host.name.clone(), &self.clock);
        let listening = async {
            let (mut last, mut told) = (connection.heard(), round_trip);
            loop {
                tokio::time::sleep(LISTEN_EVERY).await;
                anchor = Anchor { instant: Instant::now(), moment: clock.now().mono };
                let heard = connection.heard();
                if heard <= last {
                    continue;
                }
                last = heard;
                let measured = connection.round_trip().filter(|measured| is_notable(told, *measured));
                told = measured.or(told);
                if report.send(Event::Host(name.clone(), HostEvent::Heard(measured))).await.is_err() {
                    return;
                }
            }
        };
        let why = tokio::select! {
            why = connection.gone() => why,
            () = listening => LinkFailure::Closed("by this console".into()),
            () = working => LinkFailure::Closed("by this console".into()),
            () = deaf => LinkFailure::Closed("by this console".into()),
        };
        (why, anchor.moment_of(connection.heard()))
    }

    /// Shows why there is no link, and waits for the moment or the person.
    async fn wait(&mut self, link: Link, until: Option<Moment>) -> Result<(), Unheard> {
        self.tell(HostEvent::Link(link)).await?;
        let due = async {
            match until {
                Some(moment) => self.clock.until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {}
            wish = self.control.recv() => match wish {
                Some(Control::RetryNow) => self.backoff.reset(),
                // Nobody can wish any more; the moment still comes.
                None => match until {
                    Some(moment) => self.clock.until(moment).await,
                    None => self.report.closed().await,
                },
            },
            () = self.report.closed() => return Err(Unheard),
        }
        if self.report.is_closed() { Err(Unheard) } else { Ok(()) }
    }
}

/// One point on both clocks, read together. The loop's clock goes on while the machine sleeps, that of
/// connections does not: seen from a point before the sleep, what was heard before it keeps its age.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    instant: Instant,
    moment: Moment,
}

impl Anchor {
    fn moment_of(self, instant: Instant) -> Moment {
        match instant.checked_duration_since(self.instant) {
            Some(later) => self.moment.after(later),
            None => Moment(self.moment.0.saturating_sub(self.instant.duration_since(instant))),
        }
    }
}

fn is_notable(told: Option<Duration>, measured: Duration) -> bool {
    told.is_none_or(|told| {
        let apart = told.abs_diff(measured);
        apart >= NOTABLE && apart >= told.max(measured) / 2
    })
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
