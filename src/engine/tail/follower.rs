//! One host's follower: over links that come and go, from the last row that was told.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::link::{Connections, HostLink};
use super::reader::{Over, Reader, Said};
use super::together::Together;
use crate::domain::log_source::Boot;
use crate::engine::transport::Connection;
use crate::engine::watch::sentence;
use crate::port::log::{LogBatch, LogRow, Origin, TailState, TailWish};
use crate::port::{End, Event, Output, RemoteCommand};
use crate::runtimes::journal_export::{Entry, parse};
use crate::runtimes::tail::command::{self, Keeps};
use crate::runtimes::tail::protocol::{Found, Next, Protocol, Taken};
use crate::runtimes::tail::{Filter, Held};
use crate::text::Foreign;

/// Rows that are sent together: at least, when so many wait, and at most.
const ROWS: usize = 256;
/// Silence after which a reader that goes on has told what was there.
const QUIET: Duration = Duration::from_millis(400);
/// Silence after which is looked whether anything can still come; doubled each time, up to the longest.
const IDLE: Duration = Duration::from_secs(10);
const IDLE_LONGEST: Duration = Duration::from_secs(320);
/// Failures within this time are counted together.
const FAILURES_WITHIN: Duration = Duration::from_secs(60);
/// So many failures are mended without a word.
const FAILURES: usize = 3;
/// The wait after the first failure, and the longest.
const RETRY: Duration = Duration::from_millis(200);
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// So many failures of readers without a single entry are taken for something behind the place that can't be read.
const STUCK: u32 = 5;
/// The wait until a host without a journal, or without the boot, is looked at again.
const NO_JOURNAL: Duration = Duration::from_secs(15);

/// Where the rows of one lane go.
#[derive(Debug, Clone)]
pub struct Out {
    /// The wish.
    pub tail: u64,
    /// From where they come.
    pub origin: Origin,
    /// The channel. Bounded; a full one makes the follower wait.
    pub events: mpsc::Sender<Event>,
}

impl Out {
    /// Tells how the lane stands.
    pub async fn state(&self, state: TailState) {
        // The core may be gone; then the follower is ended as well.
        let _ =
            self.events.send(Event::Tail(self.tail, self.origin.host.clone(), self.origin.lane.clone(), state)).await;
    }

    /// Sends all rows, no more at once than whoever takes them may be kept busy with. May be dropped at any time: the rows stay
    /// until there is room for them.
    pub async fn rows(&self, rows: &mut Vec<LogRow>) {
        while !rows.is_empty() {
            let batches = rows.len().div_ceil(ROWS).min(self.events.max_capacity());
            let Ok(room) = self.events.reserve_many(batches).await else { return };
            let mut left = std::mem::take(rows).into_iter();
            for place in room {
                let Origin { host, lane } = self.origin.clone();
                let rows = left.by_ref().take(ROWS).collect();
                place.send(Event::Log(LogBatch { tail: self.tail, host, lane, rows }));
            }
            *rows = left.collect();
        }
    }
}

/// Reads a lane to its end, whatever that is: one that ends by a fault of the program is told, so that nobody waits for it.
pub async fn kept(out: Out, follow: bool, reading: impl Future<Output = ()>) {
    let ended = AssertUnwindSafe(reading).catch_unwind().await;
    if ended.is_err() {
        let why = format!("{} is read no more: its reader ended by a fault of the program", out.origin);
        dead(out, why).await;
    } else if !follow {
        out.state(TailState::Ended).await;
    }
}

/// Tells of a lane of which nothing will ever come, also where others go on.
pub async fn dead(out: Out, why: String) {
    let why = TailState::Refused(Foreign::from(why));
    // Whoever waits for it leaves with the end, and has heard the reason before; whoever looks at it sees the reason last.
    for state in [why.clone(), TailState::Ended, why] {
        out.state(state).await;
    }
}

/// Why a session ended.
enum Stop {
    /// Everything that was wished for was read.
    Finished,
    /// The link was lost.
    LinkLost,
    /// There is nothing to be read now.
    NoJournal,
    /// The reader must begin again, at once.
    Again,
    /// Something failed: the sentence.
    Failed(String),
}

/// Reads one host.
pub struct Follower {
    protocol: Protocol,
    follow: bool,
    out: Out,
    link: HostLink,
    /// Rows that are not sent yet. What the protocol counts as told is here or was sent.
    rows: Vec<LogRow>,
    /// The row of a cut that waits for its place among them.
    cut: Held,
    told: Option<TailState>,
    keeps: Option<Keeps>,
    begun: Option<Instant>,
    failures: VecDeque<Instant>,
    /// Whether it was told that reading fails.
    failing: bool,
    /// Failures since an entry came for the last time: each makes the next wait longer.
    in_vain: u32,
}

impl Follower {
    /// A follower for one host of the wish.
    pub fn new(wish: &TailWish, filter: Filter, out: Out, connections: Connections) -> Self {
        let protocol = Protocol::new(wish, filter, wish.resume.get(&out.origin), Timestamp::now());
        Self {
            protocol,
            follow: wish.follow,
            out,
            link: HostLink::new(connections),
            rows: Vec::new(),
            cut: Held::default(),
            told: None,
            keeps: None,
            begun: None,
            failures: VecDeque::new(),
            failing: false,
            in_vain: 0,
        }
    }

    /// Reads until everything was read, or for ever.
    pub async fn run(mut self) {
        loop {
            let Some(connection) = self.link().await else { return };
            let mut gone = connection.gone();
            let stop = tokio::select! {
                biased;
                stop = self.session(connection.as_ref()) => stop,
                _why = &mut gone => Stop::LinkLost,
            };
            if !matches!(stop, Stop::Again) {
                self.cut.settle(&mut self.rows);
            }
            self.send().await;
            match stop {
                Stop::Finished => return self.tell(TailState::Ended).await,
                Stop::LinkLost => {
                    self.link.lose(&connection, self.begun.is_some());
                    self.keeps = None;
                    self.tell(TailState::NoLink).await;
                    continue;
                }
                Stop::Again => continue,
                Stop::NoJournal if !self.follow => return,
                Stop::NoJournal => {
                    self.keeps = None;
                    rest(NO_JOURNAL, &mut gone).await;
                }
                Stop::Failed(said) => {
                    let Some(wait) = self.failed(said).await else { return };
                    rest(wait, &mut gone).await;
                }
            }
        }
    }

    /// The newest link; `None` when there will never be one.
    async fn link(&mut self) -> Option<Arc<dyn Connection>> {
        if let Some(there) = self.link.there() {
            return Some(there);
        }
        self.tell(TailState::NoLink).await;
        self.link.wait().await
    }

    /// Sends the rows that wait.
    async fn send(&mut self) {
        self.cut.place(&mut self.rows);
        self.out.rows(&mut self.rows).await;
    }

    async fn tell(&mut self, state: TailState) {
        if self.told.as_ref() != Some(&state) {
            self.send().await;
            self.told = Some(state.clone());
            self.out.state(state).await;
        }
    }

    /// How it stands while reading, and afterwards while following: what limits the reading is said all the time.
    fn standing(&self, state: TailState) -> TailState {
        let limit = self.keeps.and_then(Keeps::sentence);
        limit.map_or(state, |sentence| TailState::Limited(Foreign::from(sentence)))
    }

    /// Counts a failure and says how long to wait; `None` to give up.
    async fn failed(&mut self, said: String) -> Option<Duration> {
        let now = Instant::now();
        self.failures.retain(|at| now.duration_since(*at) < FAILURES_WITHIN);
        self.failures.push_back(now);
        let count = self.failures.len();
        tracing::warn!(host = %self.out.origin.host, said, count, "the reader of the journal failed");
        if count > FAILURES {
            let why = Foreign::from(format!("journalctl on {}: {said}", self.out.origin.host));
            if !std::mem::replace(&mut self.failing, true) {
                self.rows.push(self.protocol.failed(why.clone()));
            }
            self.tell(TailState::Refused(why)).await;
            if !self.follow {
                return None;
            }
        }
        if self.in_vain >= STUCK && self.in_vain.is_multiple_of(STUCK) && self.begun.is_some() {
            self.protocol.skip(self.in_vain / STUCK - 1, &mut self.rows);
        }
        let doublings = self.in_vain.min(10);
        self.in_vain = self.in_vain.saturating_add(1);
        Some(RETRY.saturating_mul(1 << doublings).min(RETRY_LONGEST))
    }

    async fn session(&mut self, connection: &dyn Connection) -> Stop {
        match self.begin(connection).await {
            Ok(()) => {}
            Err(stop) => return stop,
        }
        loop {
            let elapsed = self.begun.map(|begun| begun.elapsed()).unwrap_or_default();
            let stop = match self.protocol.next(elapsed) {
                Next::Done => return Stop::Finished,
                Next::Bound(command) => {
                    let output = connection.run(command).await;
                    if let End::LinkLost(_) = output.end {
                        return Stop::LinkLost;
                    }
                    let answer = if output.succeeded() { &output.stdout[..] } else { b"" };
                    self.protocol.bounded(answer, &mut self.rows);
                    continue;
                }
                Next::Read(command) => self.read(connection, command, false).await,
                Next::Follow(command) => self.read(connection, command, true).await,
            };
            match stop {
                Ok(()) => self.protocol.ended(),
                Err(stop) => return stop,
            }
        }
    }

    /// Finds out what is there, and tells what is missing.
    async fn begin(&mut self, connection: &dyn Connection) -> Result<(), Stop> {
        if self.keeps.is_none() {
            let output = connection.run(command::keeps()).await;
            self.keeps = Some(match output.end {
                End::Exited(status) => Keeps::of(status),
                End::LinkLost(_) => return Err(Stop::LinkLost),
                // Whoever can't answer this may still have a journal.
                End::NotFound | End::Killed(_) | End::TimedOut(_) | End::NotStarted(_) => Keeps::All,
            });
        }
        if self.keeps == Some(Keeps::Nothing) {
            let why = Keeps::Nothing.sentence().unwrap_or_default();
            self.tell(TailState::Refused(Foreign::from(why))).await;
            return Err(Stop::NoJournal);
        }
        self.tell(self.standing(TailState::Reading)).await;
        if self.protocol.filter.wants_uid() {
            let output = connection.run(command::uid()).await;
            let uid = std::str::from_utf8(&output.stdout).ok().and_then(|text| text.trim().parse().ok());
            self.protocol.filter.uid = match (output.end, uid) {
                (End::LinkLost(_), _) => return Err(Stop::LinkLost),
                (End::Exited(0), Some(uid)) => Some(uid),
                (end, _) => return Err(Stop::Failed(format!("the number of the login can't be read: {end}"))),
            };
        }
        self.number_boot(connection).await?;
        let newest = self.newest(connection).await?;
        let found = match self.protocol.place() {
            None => Found::Nothing,
            Some(cursor) => {
                let output = connection.run(self.protocol.filter.at(cursor)).await;
                match output.end {
                    End::Exited(0) => {
                        parse(&output.stdout).into_iter().next().map_or(Found::Nothing, |e| Found::Entry(Box::new(e)))
                    }
                    End::Exited(1) if output.stderr.is_empty() => Found::Nothing,
                    End::Exited(_) => Found::Refused,
                    _ => return Err(Self::unanswered(&output)),
                }
            }
        };
        tracing::debug!(host = %self.out.origin.host, place = ?self.protocol.place(), ?newest, ?found, "where reading goes on");
        self.begun.get_or_insert_with(Instant::now);
        let gap = self.link.gap(connection).await;
        self.protocol.open(newest.as_ref(), &found, gap, &mut self.rows);
        self.cut.hold(&mut self.rows);
        Ok(())
    }

    /// A boot that is counted back gets its number, so that it stays the same one when the host boots.
    async fn number_boot(&mut self, connection: &dyn Connection) -> Result<(), Stop> {
        let Some(boot @ Boot::Back(_)) = self.protocol.filter.boot else { return Ok(()) };
        let output = connection.run(Filter::boot_id(boot)).await;
        let entry = match output.end {
            End::Exited(_) => parse(&output.stdout).into_iter().next(),
            _ => return Err(Self::unanswered(&output)),
        };
        let id =
            entry.and_then(|entry| u128::from_str_radix(std::str::from_utf8(entry.get("_BOOT_ID")?).ok()?, 16).ok());
        let Some(id) = id else {
            self.tell(TailState::Missing(Foreign::from(format!("the journal holds no boot {boot}")))).await;
            return Err(Stop::NoJournal);
        };
        self.protocol.filter.boot = Some(Boot::Id(id));
        Ok(())
    }

    fn unanswered(output: &Output) -> Stop {
        match output.end {
            End::LinkLost(_) => Stop::LinkLost,
            End::Exited(_) | End::NotFound | End::Killed(_) | End::TimedOut(_) | End::NotStarted(_) => {
                Stop::Failed(sentence(output))
            }
        }
    }

    /// The newest entry of the whole journal.
    async fn newest(&mut self, connection: &dyn Connection) -> Result<Option<Entry>, Stop> {
        let mut output = connection.run(self.protocol.filter.newest()).await;
        if matches!(output.end, End::Exited(1)) && !output.stderr.is_empty() && !self.protocol.filter.all_fields {
            // Before version 236 journalctl knows no --output-fields.
            self.protocol.filter.all_fields = true;
            output = connection.run(self.protocol.filter.newest()).await;
            self.protocol.filter.all_fields = output.succeeded();
        }
        match output.end {
            End::Exited(0) => Ok(parse(&output.stdout).into_iter().next()),
            End::Exited(1) if output.stderr.is_empty() => Ok(None),
            _ => Err(Self::unanswered(&output)),
        }
    }

    /// Reads until the reader ends; one that follows ends only by failing.
    async fn read(&mut self, connection: &dyn Connection, command: RemoteCommand, follow: bool) -> Result<(), Stop> {
        let mut reader = match Reader::start(connection, command).await {
            Ok(reader) => reader,
            Err(over) => return Err(Self::stopped(over)),
        };
        let mut silence = Instant::now();
        let mut idle = IDLE;
        let mut together = Together::default();
        let mut following = false;
        loop {
            if follow && !following && (self.protocol.is_caught_up() || silence.elapsed() >= QUIET) {
                following = true;
                self.failing = false;
                self.cut.settle(&mut self.rows);
                self.tell(self.standing(TailState::Following)).await;
            }
            // What was put there before the reader began, or beside it.
            if !self.rows.is_empty() {
                together.came(Instant::now());
            }
            let due = together.due();
            let said = tokio::select! {
                biased;
                // A row that waits goes when its time has come, also while others keep coming.
                () = sleep_until(due.unwrap_or(silence)), if due.is_some() => None,
                said = reader.next() => Some(said),
                () = sleep_until(silence + QUIET), if follow && !following => continue,
                () = sleep_until(silence + idle), if follow => {
                    let newest = self.newest(connection).await?;
                    if self.protocol.is_stranded(newest.as_ref()) {
                        return Err(Stop::Again);
                    }
                    idle = (idle * 2).min(IDLE_LONGEST);
                    continue;
                }
            };
            match said {
                None => {
                    self.send().await;
                    together.sent(Instant::now());
                }
                Some(Said::Entries(entries)) => {
                    (silence, idle) = (Instant::now(), IDLE);
                    self.in_vain = if entries.is_empty() { self.in_vain } else { 0 };
                    for entry in &entries {
                        match self.protocol.take(entry, &mut self.rows) {
                            Taken::Told | Taken::Passed => {}
                            Taken::Beyond if follow => return Err(Stop::Finished),
                            Taken::Beyond => {}
                            Taken::Malformed => {
                                return Err(Stop::Failed("what came names no place in a journal".to_owned()));
                            }
                        }
                    }
                    if self.rows.len() >= ROWS {
                        self.send().await;
                        together.sent(Instant::now());
                    }
                }
                Some(Said::Over(Over::Well)) if !follow => return Ok(()),
                Some(Said::Over(Over::Well)) => return Err(Stop::Failed("ended by itself".to_owned())),
                Some(Said::Over(over)) => return Err(Self::stopped(over)),
            }
        }
    }

    fn stopped(over: Over) -> Stop {
        match over {
            Over::LinkLost => Stop::LinkLost,
            Over::Failed(said) => Stop::Failed(said),
            Over::Well => Stop::Failed("ended by itself".to_owned()),
        }
    }
}

/// Waits, but not longer than the link lasts.
async fn rest(wait: Duration, gone: &mut (impl Future<Output = crate::domain::LinkFailure> + Unpin)) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        _why = gone => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::domain::HostName;

    #[tokio::test]
    async fn a_reader_that_ends_by_a_fault_is_told() {
        let (events, mut told) = mpsc::channel(4);
        let out = Out { tail: 7, origin: Origin::journal(HostName::new("app-1").unwrap()), events };
        kept(out.clone(), true, async { panic!("a fault") }).await;
        kept(out.clone(), false, async {}).await;
        kept(out, true, async {}).await;
        let mut states = Vec::new();
        while let Some(Event::Tail(7, _, _, state)) = told.recv().await {
            states.push(state);
        }
        // Who waits leaves with the end; who looks sees the reason last.
        let [TailState::Refused(_), TailState::Ended, TailState::Refused(why), TailState::Ended] = states.as_slice()
        else {
            panic!("{states:?}")
        };
        assert!(why.plain().contains("app-1 is read no more"), "{why:?}");
    }
}
