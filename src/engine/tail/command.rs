//! A command of the site whose output is a log: read for as long as it lasts, begun again when it ends.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::follower::Out;
use super::lane::{ByLine, Connections, Lane, Over, rest};
use crate::domain::log_source::LogCommand;
use crate::port::log::{LogRow, TailState, TailWish};
use crate::runtimes::tail::output::Told;
use crate::text::Foreign;

/// How often room for a reader is looked for.
const ROOM: Duration = Duration::from_secs(5);

/// Reads a command until it ends, or for ever.
pub async fn follow(wish: Arc<TailWish>, command: LogCommand, out: Out, connections: Connections) {
    let ran = wish.resume.contains_key(&out.origin);
    let mut told = Told::new(command, &wish, ran, Timestamp::now());
    let mut lane = Lane::new(Arc::clone(&wish), out, connections);
    let mut reads = false;
    loop {
        let Some(connection) = lane.link().await else { return };
        if !std::mem::replace(&mut reads, true) {
            lane.tell(TailState::Reading).await;
        }
        if let Some(gap) = lane.gap() {
            lane.rows.push(told.away(gap, Timestamp::now()));
        }
        let begun = Instant::now();
        let command = told.begin(Timestamp::now(), &mut lane.rows);
        let mut take = ByLine::new(|line: &_, rows: &mut Vec<LogRow>| told.take(line, Timestamp::now(), rows));
        let live = wish.follow.then_some(TailState::Following);
        let wait = match lane.read(&connection, command, live, &mut take).await {
            Over::LinkLost => {
                lane.lose(&connection).await;
                reads = false;
                continue;
            }
            Over::NoRoom | Over::Stopped => {
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
