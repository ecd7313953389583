//! What every lane but the journal needs: the link, the channel, and a reader whose output is lines.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep_until};

use super::caught_up::CaughtUp;
use super::follower::Out;
use super::link::HostLink;
use super::newest::Newest;
use super::together::Together;
use crate::domain::LinkFailure;
use crate::engine::transport::Connection;
use crate::port::log::{LogRow, TailState, TailWish};
use crate::port::{End, RemoteCommand};
use crate::runtimes::tail::lines::{Lines, RawLine};
use crate::runtimes::tail::{Gap, Held};

/// Rows that are sent together at least, when so many wait, or so many bytes of them.
const ROWS: usize = 256;
const BYTES: usize = 1 << 20;
/// Silence after which a reader that goes on has told what was there.
const QUIET: Duration = Duration::from_millis(400);
/// Bytes that are taken at once.
const PIECE: usize = 64 << 10;
/// How long the verdict may take after the last byte.
const VERDICT_WITHIN: Duration = Duration::from_secs(3);
/// Bytes of a command that stands in the place of a reader.
const MOST: usize = 8 << 20;

/// How a reader ended.
#[derive(Debug)]
pub enum Over {
    /// The link was lost.
    LinkLost,
    /// The host has no room for another reader now.
    NoRoom,
    /// It ended so, with this on its standard error.
    Ended(End, Vec<u8>),
    /// Whoever takes its bytes needs no more of them.
    Stopped,
}

/// Who takes what a reader says.
pub trait Takes {
    /// Takes the next bytes; `false` when no more are needed.
    fn bytes(&mut self, bytes: &[u8], rows: &mut Vec<LogRow>) -> bool;
    /// The reader has ended by itself, and all of it was taken.
    fn end(&mut self, rows: &mut Vec<LogRow>);
    /// When a reader that has not ended is let go, as it stands now; `None` reads to its end.
    fn stops_at(&self) -> Option<Instant> {
        None
    }
}

/// Who takes a reader line by line.
pub trait TakesLines {
    /// Takes one line.
    fn line(&mut self, line: &RawLine, rows: &mut Vec<LogRow>);
    /// Something came, be it no whole line.
    fn heard(&mut self) {}
    /// When a reader that has not ended is let go, as it stands now; `None` reads to its end.
    fn stops_at(&self) -> Option<Instant> {
        None
    }
}

impl<F: FnMut(&RawLine, &mut Vec<LogRow>)> TakesLines for F {
    fn line(&mut self, line: &RawLine, rows: &mut Vec<LogRow>) {
        self(line, rows);
    }
}

/// Takes bytes apart into lines, a last one without its line feed too.
pub struct ByLine<T> {
    lines: Lines,
    take: T,
}

impl<T: TakesLines> ByLine<T> {
    /// Each line is given to this.
    pub fn new(take: T) -> Self {
        Self { lines: Lines::default(), take }
    }
}

impl<T: TakesLines> Takes for ByLine<T> {
    fn bytes(&mut self, bytes: &[u8], rows: &mut Vec<LogRow>) -> bool {
        self.take.heard();
        let mut whole = Vec::new();
        self.lines.push(bytes, &mut whole);
        whole.iter().for_each(|line| self.take.line(line, rows));
        true
    }

    fn end(&mut self, rows: &mut Vec<LogRow>) {
        if let Some(line) = self.lines.last() {
            self.take.line(&line, rows);
        }
    }

    fn stops_at(&self) -> Option<Instant> {
        self.take.stops_at()
    }
}

/// One lane of a host.
pub struct Lane {
    /// What is wished for.
    pub wish: Arc<TailWish>,
    /// Where rows go.
    pub out: Out,
    /// Rows that are not sent yet.
    pub rows: Vec<LogRow>,
    /// When it began.
    pub begun: Instant,
    link: HostLink,
    newest: Option<Newest>,
    /// The row of a cut that waits for its place among the lines.
    cut: Held,
    told: Option<TailState>,
}

impl Lane {
    /// A lane of which nothing was read yet.
    pub fn new(wish: Arc<TailWish>, out: Out, link: HostLink) -> Self {
        let newest = wish.newest_of_span().filter(|_| !wish.follow).map(Newest::new);
        let (begun, rows) = (Instant::now(), Vec::new());
        Self { wish, out, rows, begun, link, newest, cut: Held::default(), told: None }
    }

    /// A lane of the same host.
    pub fn beside(&self, out: Out) -> Self {
        Self::new(Arc::clone(&self.wish), out, self.link.beside())
    }

    /// The newest link, another one than that which was lost; `None` when there will never be one.
    pub async fn link(&mut self) -> Option<Arc<dyn Connection>> {
        if let Some(there) = self.link.there() {
            return Some(there);
        }
        self.tell(TailState::NoLink).await;
        self.link.wait().await
    }

    /// Sends the rows that wait. The newest of a span are kept until it was read to its end.
    pub async fn send(&mut self) {
        // A journal is asked for its levels; here lines say theirs themselves.
        let least = self.wish.least;
        self.rows.retain(|row| match row {
            LogRow::Entry(entry) => entry.level() <= least,
            LogRow::Loss(_) => true,
        });
        self.cut.place(&mut self.rows);
        match &mut self.newest {
            Some(newest) => newest.take(&mut self.rows),
            None => self.out.rows(&mut self.rows).await,
        }
    }

    /// Says how it stands, if that is new; rows that wait go before it.
    pub async fn tell(&mut self, state: TailState) {
        if self.told.as_ref() != Some(&state) {
            if state != TailState::Reading {
                // What was there has been told, or nothing more of it comes.
                self.cut.settle(&mut self.rows);
            }
            self.send().await;
            if let (TailState::Ended, Some(newest)) = (&state, &mut self.newest) {
                self.out.rows(&mut newest.told()).await;
            }
            self.told = Some(state.clone());
            self.out.state(state).await;
        }
    }

    /// The link is gone.
    pub async fn lose(&mut self, connection: &Arc<dyn Connection>) {
        self.link.lose(connection, true);
        self.tell(TailState::NoLink).await;
    }

    /// How long the link was away and since when, once.
    pub async fn gap(&mut self, connection: &Arc<dyn Connection>) -> Option<Gap> {
        self.link.gap(connection.as_ref()).await
    }

    /// Takes the row of a cut, which stands at its own time among the lines that come.
    pub fn cut(&mut self, row: LogRow) {
        self.rows.push(row);
        self.cut.hold(&mut self.rows);
    }

    /// Runs a reader to its end; what it says is given to `take`, which makes rows of it. One that goes on counts as following when
    /// it has been silent for a moment, or when what comes is new ([`CaughtUp`]); `live` is what is said then.
    pub async fn read(
        &mut self,
        connection: &Arc<dyn Connection>,
        command: RemoteCommand,
        live: Option<TailState>,
        take: &mut (impl Takes + Send),
    ) -> Over {
        let mut gone = connection.gone();
        tokio::select! {
            biased;
            over = self.read_on(connection, command, live, take) => over,
            _why = &mut gone => Over::LinkLost,
        }
    }

    async fn read_on(
        &mut self,
        connection: &Arc<dyn Connection>,
        command: RemoteCommand,
        mut live: Option<TailState>,
        take: &mut (impl Takes + Send),
    ) -> Over {
        let mut stream = match connection.stream(command).await {
            Ok(stream) => stream,
            Err(End::LinkLost(_)) => return Over::LinkLost,
            Err(End::NotStarted(_)) => return Over::NoRoom,
            Err(end) => return Over::Ended(end, Vec::new()),
        };
        let (mut piece, mut pending) = (vec![0; PIECE], 0);
        let (mut silence, mut together) = (Instant::now(), Together::default());
        let mut caught_up = CaughtUp::default();
        loop {
            let waiting = !self.rows.is_empty();
            if waiting {
                together.came(Instant::now());
            }
            let (due, stops_at) = (together.due(), take.stops_at());
            let length = tokio::select! {
                biased;
                () = sleep_until(due.unwrap_or(silence)), if due.is_some() => {
                    self.send().await;
                    together.sent(Instant::now());
                    continue;
                }
                () = sleep_until(stops_at.unwrap_or(silence)), if stops_at.is_some() => {
                    self.send().await;
                    return Over::Stopped;
                }
                length = stream.io.read(&mut piece) => length.unwrap_or(0),
                () = sleep_until(silence + QUIET), if live.is_some() => {
                    if let Some(state) = live.take() {
                        self.tell(state).await;
                    }
                    continue;
                }
            };
            if length == 0 {
                break;
            }
            silence = Instant::now();
            if !take.bytes(piece.get(..length).unwrap_or_default(), &mut self.rows) {
                self.send().await;
                return Over::Stopped;
            }
            if live.is_some()
                && let Some(at) = newest_of(&self.rows)
                && caught_up.hears(at, Timestamp::now())
                && let Some(state) = live.take()
            {
                self.tell(state).await;
            }
            pending = if waiting { pending + length } else { length };
            if self.rows.len() >= ROWS || pending >= BYTES {
                self.send().await;
                together.sent(Instant::now());
            }
        }
        match tokio::time::timeout(VERDICT_WITHIN, &mut stream.ended).await {
            Ok((End::LinkLost(_), _)) => Over::LinkLost,
            Ok((end, said)) => {
                take.end(&mut self.rows);
                self.send().await;
                Over::Ended(end, said)
            }
            Err(_) => Over::Ended(End::TimedOut(VERDICT_WITHIN), Vec::new()),
        }
    }

    /// Runs a command in the place of a reader for which there is no room.
    pub async fn look(
        &mut self,
        connection: &Arc<dyn Connection>,
        mut command: RemoteCommand,
        take: &mut (impl Takes + Send),
    ) -> Over {
        command.deadline = Duration::from_secs(30);
        command.most = MOST;
        let output = connection.run(command).await;
        let more = take.bytes(&output.stdout, &mut self.rows);
        // What is cut off comes with the next look.
        if more && output.cut == 0 {
            take.end(&mut self.rows);
        }
        self.send().await;
        match output.end {
            End::LinkLost(_) => Over::LinkLost,
            _ if !more => Over::Stopped,
            end => Over::Ended(end, output.stderr),
        }
    }
}

/// When the newest of these lines was written.
fn newest_of(rows: &[LogRow]) -> Option<Timestamp> {
    rows.iter().rev().find_map(|row| match row {
        LogRow::Entry(entry) => Some(entry.at),
        LogRow::Loss(_) => None,
    })
}

/// Waits, but not longer than the link lasts.
pub async fn rest(wait: Duration, connection: &Arc<dyn Connection>) -> Option<LinkFailure> {
    let mut gone = connection.gone();
    tokio::select! {
        () = tokio::time::sleep(wait) => None,
        why = &mut gone => Some(why),
    }
}
