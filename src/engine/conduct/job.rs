//! One step that is a command: begun once, followed to its end over lost links, tried again as the document says.
//!
//! The intent is recorded before anything is sent. From then on the host alone says what happened: what it does not
//! know is unknown, and is never begun again by itself unless the document says that doing it twice is the same.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::away::PutOff;
use super::check::fields;
use super::kit::Kit;
use super::ledger::Lost;
use super::mask::is_masked;
use super::output::{Kept, PIECES, Reading};
use super::stands::Looks;
use crate::domain::course::Rule;
use crate::domain::procedure::{Danger, HERE, Job, PlannedPart};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::domain::time::short;
use crate::domain::{InputName, Moment};
use crate::engine::clock::Clock;
use crate::engine::jobs::{Began, Cancelled, Ended, JobKey, Offsets, Order, Seen};
use crate::port::Secret;
use crate::port::procedure::Evidence;

/// A host that can't be asked is asked again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// After a cancelling the rest of the output gets this long.
const REST: Duration = Duration::from_secs(15);
/// A claim that the host does not know is made so often; then something is wrong there.
const CLAIMS: usize = 5;

/// What a step is told while it goes on.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    /// End everything of it on its host.
    pub(super) cancel: CancellationToken,
    /// Try no further time.
    pub(super) enough: CancellationToken,
}

/// How a step came out.
pub(super) struct Done {
    /// As it is recorded, and with its value as it is.
    pub(super) record: RunStep,
    /// Why something of it could not be recorded.
    pub(super) lost: Option<Lost>,
    /// What is known of it if it did not end well.
    pub(super) evidence: Evidence,
    /// It was not begun, and not for good: why.
    pub(super) put_off: Option<PutOff>,
}

/// One step on its way.
pub(super) struct Step {
    pub(super) kit: Kit,
    pub(super) number: usize,
    /// What it does; `None` when only its end is looked for.
    pub(super) what: Option<(Arc<PlannedPart>, Job, Rule)>,
    pub(super) record: RunStep,
    pub(super) orders: Orders,
    pub(super) captured: Vec<(InputName, String)>,
    pub(super) secrets: Vec<(InputName, Arc<Secret>)>,
    /// What was looked at after a change of a unit.
    pub(super) looks: Looks,
    /// Why nothing of what it prints may be shown or kept, if that is so.
    pub(super) hidden: Option<String>,
    /// Whether it takes something back, so that a host that is away is waited for.
    pub(super) takes_back: bool,
}

/// How one try came out.
pub(super) enum Came {
    Well,
    /// In a drill: not all of it could be done.
    Unplayed(String),
    Badly(Reason, String),
    Unknown(String),
    /// It never began, and nothing of it is left.
    Never(Reason, String),
    /// It is put off: nothing more of it was begun.
    PutOff(PutOff),
    Lost(Lost),
}

impl Step {
    /// Begins it, or goes on with what was begun before.
    pub(super) async fn run(mut self, adopt: bool) -> Done {
        let mut kept = Kept::default();
        let mut adopt = adopt;
        // What a person waits for: all tries that follow each other by themselves, and the way to the host.
        let begun = self.kit.place.clock.now();
        let before = self.under_way_for().filter(|_| adopt);
        let since = self.record.at.filter(|_| before.is_some()).unwrap_or(begun.wall);
        loop {
            let came = if adopt { self.adopt(&mut kept, since).await } else { self.one(&mut kept, since).await };
            adopt = false;
            let came = self.captured_value(came, &kept);
            let came = if matches!(came, Came::Well) { self.stands().await } else { came };
            let came = self.disarmed(came).await;
            let came = self.unless_away(came);
            let took = before.unwrap_or_default() + begun.mono.age(self.now());
            let took = if self.looks.unseen { Duration::ZERO } else { took };
            let state = match &came {
                // A person judges what was fetched.
                Came::Well | Came::Unplayed(_) if self.what.as_ref().is_some_and(|(_, _, rule)| rule.judged) => {
                    StepState::Done
                }
                Came::Well => StepState::Verified,
                Came::Unplayed(_) => StepState::Skipped,
                Came::Badly(..) | Came::Never(..) => StepState::Failed,
                Came::Unknown(_) => StepState::Unknown,
                Came::Lost(lost) => return self.done(Some(lost.clone()), &kept),
                Came::PutOff(put_off) => return Done { put_off: Some(put_off.clone()), ..self.done(None, &kept) },
            };
            let came_never = match &came {
                Came::Never(reason, _) => Some(*reason),
                Came::Well | Came::Unplayed(_) | Came::Badly(..) | Came::Unknown(_) => None,
                Came::PutOff(_) | Came::Lost(_) => None,
            };
            match came {
                Came::Well | Came::PutOff(_) | Came::Lost(_) => {}
                Came::Unplayed(why) => self.record.note = why.into(),
                Came::Badly(reason, why) | Came::Never(reason, why) => {
                    (self.record.reason, self.record.note) = (Some(reason), why.into());
                }
                Came::Unknown(why) => (self.record.reason, self.record.note) = (None, why.into()),
            }
            if let Some(why) = &self.hidden {
                let note = self.record.note.plain();
                self.record.note = if note.is_empty() { why.clone() } else { format!("{note}; {why}") }.into();
            }
            // A cancelling that came before anything was sent ended nothing, so nothing is said of how long that took.
            let unsent = matches!(came_never, Some(Reason::Cancelled));
            self.record.verdict = (!unsent).then(|| self.verdict(state, took));
            let lost = self.kit.ledger.commit(self.number, &mut self.record, state).await.err();
            let again = state == StepState::Failed
                && lost.is_none()
                && self.what.as_ref().is_some_and(|(_, _, rule)| rule.tries_again(&self.record));
            if !again || !self.wait().await {
                return self.done(lost, &kept);
            }
        }
    }

    fn now(&self) -> Moment {
        self.kit.place.clock.now().mono
    }

    fn done(self, lost: Option<Lost>, kept: &Kept) -> Done {
        let looked = self.looks.answers.iter().map(|(name, report)| (name.clone(), fields(report)));
        let looked = looked.chain(self.looks.judged.iter().cloned()).collect();
        let evidence = Evidence { reason: self.record.reason, output: kept.tail().into(), looked };
        Done { record: self.record, lost, evidence, put_off: None }
    }

    /// Waits for the next try: whether there is one.
    async fn wait(&mut self) -> bool {
        let Some((part, _, rule)) = &self.what else { return false };
        let (every, tries) = (part.options.every, rule.retries + 1);
        let mut waiting = self.record.clone();
        let why = waiting.note.plain();
        waiting.note =
            format!("{why}; tried again in {} (try {} of {tries} is over)", short(every), waiting.attempt).into();
        self.kit.ledger.tell(self.number, &waiting).await;
        tokio::select! {
            () = self.kit.place.pause(every) => !self.orders.enough.is_cancelled() && !self.orders.cancel.is_cancelled(),
            () = self.orders.enough.cancelled() => false,
            () = self.orders.cancel.cancelled() => false,
        }
    }

    pub(super) fn key(&self) -> JobKey {
        JobKey { run: self.kit.ledger.run.clone(), step: self.number, attempt: self.record.attempt }
    }

    /// One more try from its beginning.
    async fn one(&mut self, kept: &mut Kept, since: Timestamp) -> Came {
        let Some((part, job, _)) = self.what.clone() else {
            return Came::Unknown("What it does is not known here.".to_owned());
        };
        if !self.is_as_recorded(&job) {
            return Came::Never(Reason::Refused, self.edited_elsewhere("it is not tried again by itself"));
        }
        if let Err(came) = self.kit.have_lock(part.danger > Danger::Read, &self.orders).await {
            return came;
        }
        let before = self.record.clone();
        self.record = RunStep {
            attempt: before.attempt + 1,
            command: before.command.clone(),
            edited: before.edited.clone(),
            host: before.host.clone(),
            service: before.service.clone(),
            unit: before.unit.clone(),
            part: before.part.clone(),
            begun: before.begun,
            ..RunStep::default()
        };
        *kept = Kept::default();
        if let Err((reason, why)) = self.look_before().await {
            return Came::Never(reason, why);
        }
        let changes = part.danger > Danger::Read;
        if let Err(lost) = self.kit.ledger.intend(self.number, &mut self.record, since, changes).await {
            self.record = before;
            return Came::Lost(lost);
        }
        self.send(&part, &job, kept).await
    }

    /// Starts what was claimed by nobody yet, and follows it; behind its dead-man timer, where it has one.
    async fn send(&mut self, part: &PlannedPart, job: &Job, kept: &mut Kept) -> Came {
        let Some(timer) = self.deadman() else { return self.sent(part, job, kept).await };
        if let Err(why) = self.arm(&timer).await {
            return Came::Never(Reason::Refused, why);
        }
        let sending = self.sent(part, job, kept);
        tokio::pin!(sending);
        tokio::select! {
            came = &mut sending => came,
            () = timer.renewed() => sending.await,
        }
    }

    async fn sent(&mut self, part: &PlannedPart, job: &Job, kept: &mut Kept) -> Came {
        for _ in 0..CLAIMS {
            // Once more right before: what was looked at and written down since then took its time.
            if let Err(came) = self.kit.have_lock(part.danger > Danger::Read, &self.orders).await {
                return came;
            }
            let order = self.behind_timer(self.order(part, job));
            let began = tokio::select! {
                began = self.kit.jobs.begin(job.host.clone(), order) => began,
                () = self.orders.cancel.cancelled() => Began::Unknown("it was cancelled as it was being started".into()),
            };
            let taken = matches!(began, Began::Started | Began::Before);
            match began {
                Began::Not(reason, why) => return Came::Never(reason, why),
                Began::Started | Began::Before => {}
                Began::Unknown(why) => {
                    self.record.note = format!("{why}; looking whether it was started").into();
                    self.kit.ledger.tell(self.number, &self.record).await;
                    self.record.note = Default::default();
                }
            }
            if taken
                && let Err(lost @ Lost::Taken(_)) =
                    self.kit.ledger.commit(self.number, &mut self.record, StepState::Started).await
            {
                return Came::Lost(lost);
            }
            match self.follow(Offsets::default(), kept).await {
                // Nobody has claimed it, so it may be sent under the same name again.
                Seen::Never if self.orders.cancel.is_cancelled() => {
                    return Came::Never(Reason::Cancelled, "cancelled before it was started".to_owned());
                }
                Seen::Never => {}
                seen => return self.seen(seen),
            }
        }
        Came::Unknown(format!("{} takes the command again and again and never knows of it", job.host))
    }

    pub(super) fn order(&self, part: &PlannedPart, job: &Job) -> Order {
        let secrets = self.secrets.iter().map(|(name, secret)| (name.clone(), Secret::new(secret.expose().to_vec())));
        Order {
            key: self.key(),
            token: self.kit.token,
            lock: self.kit.fence.clone(),
            script: job.script.clone(),
            captured: self.captured.clone(),
            secrets: secrets.collect(),
            become_root: job.become_root,
            split: part.options.capture.is_some() || job.script.get.is_some(),
            timeout: job.timeout,
        }
    }

    /// Goes on with what was begun before, wherever it stands: the truth table of a resumption.
    async fn adopt(&mut self, kept: &mut Kept, since: Timestamp) -> Came {
        let captures = self.reads_value();
        let from = match self.kit.ledger.store.outputs(self.kit.ledger.run.clone(), 0).await {
            // A value is read from its beginning; what is kept already is not kept twice.
            Ok(kept) if !captures => kept.reached(self.number, self.record.attempt),
            Ok(_) | Err(_) => Offsets::default(),
        };
        loop {
            let host = self.record.host.clone();
            let seen = tokio::select! {
                seen = self.kit.jobs.look(host.clone(), self.key()) => seen,
                () = self.orders.cancel.cancelled() => return self.cancelled_unseen().await,
            };
            match seen {
                Seen::Running | Seen::Ended(_) => {
                    self.looks.unseen = matches!(seen, Seen::Ended(_));
                    if self.record.state != StepState::Started
                        && let Err(lost @ Lost::Taken(_)) =
                            self.kit.ledger.commit(self.number, &mut self.record, StepState::Started).await
                    {
                        return Came::Lost(lost);
                    }
                    let seen = self.follow(from, kept).await;
                    return self.seen(seen);
                }
                Seen::Never => {
                    let Some((part, job, _)) = self.what.clone() else {
                        return Came::Never(Reason::Cancelled, "it was never started".to_owned());
                    };
                    if !self.is_as_recorded(&job) {
                        return Came::Never(Reason::Refused, self.edited_elsewhere("it was never started"));
                    }
                    if let Err(came) = self.kit.have_lock(part.danger > Danger::Read, &self.orders).await {
                        return came;
                    }
                    return self.send(&part, &job, kept).await;
                }
                Seen::Unasked(why) => {
                    self.record.note = format!("{why}; how it stands there is not known, and it is asked again").into();
                    self.kit.ledger.tell(self.number, &self.record).await;
                    self.record.note = Default::default();
                    tokio::select! {
                        () = self.kit.place.pause(AGAIN) => {}
                        () = self.orders.cancel.cancelled() => return self.cancelled_unseen().await,
                    }
                }
                Seen::Vanished(why) => {
                    let twice = self.what.as_ref().is_some_and(|(_, _, rule)| rule.idempotent);
                    if twice && !self.orders.cancel.is_cancelled() {
                        return self.one(kept, since).await;
                    }
                    return Came::Unknown(why);
                }
                seen @ (Seen::Superseded(_) | Seen::Theirs { .. }) => return self.seen(seen),
            }
        }
    }

    /// Whether what would be sent is what a person permitted, as far as that is recorded.
    fn is_as_recorded(&self, job: &Job) -> bool {
        is_masked(&super::task::command(job), &self.record.command)
    }

    fn edited_elsewhere(&self, what: &str) -> String {
        match &self.record.edited {
            Some(_) => format!("{what}: its command was edited on another workstation, so look at it and retry it"),
            None => format!("{what}: its command was edited, and held a secret, which is not kept: edit it again"),
        }
    }

    /// Follows it to its end, and cancels it when that is wanted.
    async fn follow(&mut self, from: Offsets, kept: &mut Kept) -> Seen {
        let (tell, told) = mpsc::channel(PIECES);
        let capture = self.reads_value();
        let hidden = self.hidden.is_some();
        let reading = Reading::new(self.kit.ledger.clone(), self.number, self.record.attempt, capture, hidden);
        let host = self.record.host.clone();
        let jobs = Arc::clone(&self.kit.jobs);
        let following = jobs.follow(host.clone(), self.key(), from, tell);
        let both = async { tokio::join!(following, reading.take(told)) };
        tokio::pin!(both);
        let links = self.links();
        tokio::pin!(links);
        let seen = tokio::select! {
            biased;
            (seen, read) = &mut both => {
                *kept = read;
                return seen;
            }
            () = self.orders.cancel.cancelled() => None,
            never = &mut links => Some(never),
        };
        debug_assert!(seen.is_none(), "links are watched for ever");
        let cancelling = jobs.cancel(host.clone(), self.key());
        tokio::pin!(cancelling);
        // It may end by itself meanwhile; its output is read to the end in any case.
        let mut over = None;
        let cancelled = tokio::select! {
            cancelled = &mut cancelling => cancelled,
            (seen, read) = &mut both => {
                *kept = read;
                over = Some(seen);
                cancelling.await
            }
        };
        if over.is_none()
            && let Ok((seen, read)) = tokio::time::timeout(REST, &mut both).await
        {
            *kept = read;
            over = Some(seen);
        }
        match (cancelled, over) {
            (Cancelled::Gone(ended), _) => Seen::Ended(Ended { cancelled: true, ..ended }),
            (Cancelled::Before(ended), _) => Seen::Ended(ended),
            (_, Some(seen @ (Seen::Ended(_) | Seen::Never | Seen::Superseded(_)))) => seen,
            (Cancelled::Remains(why), _) => {
                Seen::Vanished(format!("It was cancelled, and something is still there: {why}"))
            }
            (Cancelled::Unknown(why), _) => {
                Seen::Vanished(format!("Whether the cancelling reached it is not known: {why}"))
            }
        }
    }

    /// Tells whenever the link to its host goes and comes. Never ends.
    async fn links(&self) -> std::convert::Infallible {
        let host = &self.record.host;
        let Some(way) = self.kit.place.ways.get(host).filter(|_| host.as_str() != HERE) else {
            return std::future::pending().await;
        };
        let mut line = way.connection.clone();
        loop {
            let is_up = line.borrow_and_update().is_some();
            let mut told = self.record.clone();
            if !is_up {
                told.note = format!("link lost: it goes on at {host}, and is read on when the link is back").into();
            }
            if !is_up || self.record.note != told.note {
                self.kit.ledger.tell(self.number, &told).await;
            }
            if line.changed().await.is_err() {
                return std::future::pending().await;
            }
            if line.borrow().is_some() {
                self.kit.ledger.tell(self.number, &self.record).await;
            }
        }
    }

    async fn cancelled_unseen(&mut self) -> Came {
        match self.kit.jobs.cancel(self.record.host.clone(), self.key()).await {
            Cancelled::Gone(ended) => self.seen(Seen::Ended(Ended { cancelled: true, ..ended })),
            Cancelled::Before(ended) => self.seen(Seen::Ended(ended)),
            Cancelled::Remains(why) => Came::Unknown(format!("It was cancelled, and something is still there: {why}")),
            Cancelled::Unknown(why) => Came::Unknown(format!("Whether the cancelling reached it is not known: {why}")),
        }
    }

    fn seen(&mut self, seen: Seen) -> Came {
        let ended = match seen {
            Seen::Ended(ended) => ended,
            Seen::Vanished(why) => return Came::Unknown(why),
            Seen::Superseded(_) => {
                return Came::Lost(Lost::Taken("somebody at another workstation".to_owned()));
            }
            Seen::Never => return Came::Never(Reason::Unreachable, "it was never started".to_owned()),
            Seen::Running => return Came::Unknown("It still runs, and is followed no further.".to_owned()),
            Seen::Unasked(why) => return Came::Unknown(why),
            Seen::Theirs { login, why } => return Came::PutOff(PutOff::Theirs { login, why }),
        };
        self.record.exit = ended.exit;
        if ended.left_behind {
            self.record.note = "a background process that it started keeps its output open".into();
        }
        let limit = self.what.as_ref().map(|(_, job, _)| format!(" than {}", short(job.timeout))).unwrap_or_default();
        match ended {
            Ended { cancelled: true, .. } => {
                Came::Badly(Reason::Cancelled, "cancelled: everything of it was ended".to_owned())
            }
            Ended { timed_out: true, .. } => {
                Came::Badly(Reason::Timeout, format!("it took longer{limit} and was ended"))
            }
            Ended { exit: Some(0), unplayed: Some(what), .. } => {
                Came::Unplayed(format!("a drill {what}, so it was not done, or not all of it"))
            }
            Ended { exit: Some(0), .. } => Came::Well,
            Ended { exit: Some(status), .. } => {
                Came::Badly(Reason::NonZeroExit, format!("its command left with status {status}"))
            }
            Ended { signal: Some(signal), .. } => {
                let name = crate::domain::unit::signal_name(signal);
                Came::Badly(Reason::NonZeroExit, format!("its command was ended by {name}"))
            }
            Ended { exit: None, signal: None, .. } => {
                Came::Unknown("The host says that it has ended, and not how.".to_owned())
            }
        }
    }
}
