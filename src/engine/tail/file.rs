//! A file of a host: read on from device, inode and offset, over links that come and go, rotation and truncation.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::follower::Out;
use super::lane::{Connections, Lane, Over, rest};
use crate::domain::log_source::LogPath;
use crate::engine::transport::Connection;
use crate::port::log::{LogRow, TailState, TailWish};
use crate::runtimes::tail::file::{Appended, Ended};
use crate::text::Foreign;

/// How often a file that is not there is looked for, and the end is read where there is no room for a reader.
const LOOK: Duration = Duration::from_secs(2);
/// The wait after reading failed, and the longest.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_LONGEST: Duration = Duration::from_secs(30);

/// Reads a file until everything was read, or for ever.
pub async fn follow(wish: Arc<TailWish>, path: LogPath, out: Out, connections: Connections) {
    let mut file = Appended::new(&wish, path, wish.resume.get(&out.origin), Timestamp::now());
    let mut lane = Lane::new(Arc::clone(&wish), out, connections);
    let mut failures = 0;
    loop {
        let Some(connection) = lane.link().await else { return };
        if let Some(gap) = lane.gap() {
            lane.rows.push(file.away(gap, Timestamp::now()));
        }
        let over = session(&mut lane, &mut file, &connection).await;
        let wait = match over {
            Over::LinkLost => {
                lane.lose(&connection).await;
                continue;
            }
            Over::NoRoom => LOOK,
            Over::Ended(end, said) => match file.ended(&end, &said, Timestamp::now(), &mut lane.rows) {
                Ended::Done if !wish.follow => return lane.tell(TailState::Ended).await,
                Ended::Done | Ended::Next => {
                    failures = 0;
                    continue;
                }
                Ended::Missing => {
                    let why = format!("there is no file {} now", lane.out.origin.lane.name());
                    lane.tell(TailState::Limited(Foreign::from(why))).await;
                    LOOK
                }
                Ended::Refused(why) | Ended::Failed(why) => {
                    lane.tell(TailState::Refused(Foreign::from(why))).await;
                    failures += 1;
                    RETRY.saturating_mul(1 << failures.min(6)).min(RETRY_LONGEST)
                }
            },
        };
        if !wish.follow {
            return lane.tell(TailState::Ended).await;
        }
        if rest(wait, &connection).await.is_some() {
            lane.lose(&connection).await;
        }
    }
}

async fn session(lane: &mut Lane, file: &mut Appended, connection: &Arc<dyn Connection>) -> Over {
    let wish = Arc::clone(&lane.wish);
    lane.tell(TailState::Reading).await;
    let live = wish.follow.then(|| {
        let why = "its lines tell no time that is known: each stands where it came";
        if file.is_timeless() { TailState::Limited(Foreign::from(why)) } else { TailState::Following }
    });
    let command = file.begin(&wish, wish.follow);
    let mut take = |line: &_, rows: &mut Vec<LogRow>| file.take(line, Timestamp::now(), rows);
    let over = lane.read(connection, command, live, &mut take).await;
    if !matches!(over, Over::NoRoom) {
        return over;
    }
    let command = file.begin(&wish, false);
    let mut take = |line: &_, rows: &mut Vec<LogRow>| file.take(line, Timestamp::now(), rows);
    match lane.look(connection, command, &mut take).await {
        Over::Ended(end, _) if wish.follow && end == crate::port::End::Exited(0) => {
            lane.tell(TailState::Following).await;
            Over::NoRoom
        }
        over => over,
    }
}
