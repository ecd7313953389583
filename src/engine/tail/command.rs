//! A command of the site whose output is a log: read for as long as it lasts, begun again when it ends.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::follower::Out;
use super::lane::{ByLine, Lane, Over, TakesLines, rest};
use super::link::{Connections, HostLink};
use crate::domain::log_source::LogCommand;
use crate::port::log::{LogRow, TailState, TailWish};
use crate::runtimes::tail::lines::RawLine;
use crate::runtimes::tail::output::Told;
use crate::text::Foreign;

/// How often room for a reader is looked for.
const ROOM: Duration = Duration::from_secs(5);

/// So long behind the first line that is past the end of a span others of the span are taken that come out of order.
const PAST: Duration = Duration::from_secs(2);
/// One that is so long silent behind the end of a span is read no further.
const SILENT: Duration = Duration::from_secs(15);

/// Takes what a command prints; of a span that has an end no longer than there can be something of it.
struct Printed<'a> {
    told: &'a mut Told,
    /// When the end of the span is reached, where nobody waits for what follows.
    end: Option<Instant>,
    /// When something came last.
    heard: Instant,
    /// When a line came first that is past the end.
    past: Option<Instant>,
}

impl<'a> Printed<'a> {
    fn new(told: &'a mut Told, wish: &TailWish) -> Self {
        let begun = Instant::now();
        let left = |until: Timestamp| Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
        let end = wish.until.filter(|_| !wish.follow).map(|until| begun + left(until));
        Self { told, end, heard: begun, past: None }
    }
}

impl TakesLines for Printed<'_> {
    fn line(&mut self, line: &RawLine, rows: &mut Vec<LogRow>) {
        self.told.take(line, Timestamp::now(), rows);
        if self.told.is_past() {
            self.past.get_or_insert_with(Instant::now);
        }
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
    }

    fn stops_at(&self) -> Option<Instant> {
        let silent = self.end?.max(self.heard) + SILENT;
        Some(self.past.map_or(silent, |past| past + PAST))
    }
}

/// Reads a command until it ends, or for ever; of a span that has an end until nothing of it can come.
pub async fn follow(wish: Arc<TailWish>, command: LogCommand, out: Out, connections: Connections) {
    let ran = wish.resume.contains_key(&out.origin);
    let mut told = Told::new(command, &wish, ran, Timestamp::now());
    let mut lane = Lane::new(Arc::clone(&wish), out, HostLink::new(connections));
    let mut reads = false;
    loop {
        let Some(connection) = lane.link().await else { return };
        if !std::mem::replace(&mut reads, true) {
            lane.tell(TailState::Reading).await;
        }
        if let Some(gap) = lane.gap(&connection).await {
            lane.rows.push(told.away(gap, Timestamp::now()));
        }
        let begun = Instant::now();
        let command = told.begin(Timestamp::now(), &mut lane.rows);
        let mut take = ByLine::new(Printed::new(&mut told, &wish));
        let live = wish.follow.then_some(TailState::Following);
        let wait = match lane.read(&connection, command, live, &mut take).await {
            Over::LinkLost => {
                lane.lose(&connection).await;
                reads = false;
                continue;
            }
            Over::Stopped => {
                if !told.is_past() {
                    lane.rows.push(told.silent(SILENT, Timestamp::now()));
                }
                return lane.tell(TailState::Ended).await;
            }
            Over::NoRoom if !wish.follow => {
                lane.tell(TailState::Refused(Foreign::from("the host has no room for another reader"))).await;
                return lane.tell(TailState::Ended).await;
            }
            Over::NoRoom => {
                let why = "the host has no room for another reader; it is tried again";
                lane.tell(TailState::Limited(Foreign::from(why))).await;
                ROOM
            }
            Over::Ended(end, said) => {
                let (row, wait) = told.ended(&end, begun.elapsed(), wish.follow, Timestamp::now());
                lane.rows.push(row);
                lane.send().await;
                // All that was there was told: nobody waits for the next run.
                match told.refusal(&end, &said) {
                    Some(why) => lane.tell(TailState::Refused(Foreign::from(why))).await,
                    None if wish.follow => lane.tell(TailState::Following).await,
                    None => {}
                }
                wait
            }
        };
        if !wish.follow {
            return lane.tell(TailState::Ended).await;
        }
        if rest(wait, &connection).await.is_some() {
            lane.lose(&connection).await;
            reads = false;
        }
    }
}
