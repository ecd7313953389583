//! A file of a host: read on from device, inode and offset, over links that come and go, rotation and truncation.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::follower::Out;
use super::lane::{Lane, Over, Takes, rest};
use super::link::{Connections, HostLink};
use crate::domain::log_source::LogPath;
use crate::engine::transport::Connection;
use crate::port::End;
use crate::port::log::{LogRow, TailState, TailWish};
use crate::runtimes::tail::file::begin::Found;
use crate::runtimes::tail::file::{Appended, Ended, Stop};
use crate::text::Foreign;

/// How often a file that is not there is looked for, and the end is read where there is no room for a reader.
const LOOK: Duration = Duration::from_secs(2);
/// The wait after reading failed, and the longest.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// What is written at the end of what is wished for arrives a little later.
const LATE: SignedDuration = SignedDuration::from_secs(2);

/// Reads a file until everything was read, or for ever.
pub async fn follow(wish: Arc<TailWish>, path: LogPath, out: Out, connections: Connections) {
    let mut file = Appended::new(&wish, path, wish.resume.get(&out.origin), Timestamp::now());
    let mut lane = Lane::new(Arc::clone(&wish), out, HostLink::new(connections));
    loop {
        let Some(left) = left(&wish, &file) else { return lane.tell(TailState::Ended).await };
        tokio::select! {
            biased;
            () = go_on(&wish, &mut lane, &mut file) => return,
            () = tokio::time::sleep(left) => {}
        }
    }
}

/// How long it takes until nothing more can come of what is wished for; `None` when that is over.
fn left(wish: &TailWish, file: &Appended) -> Option<Duration> {
    let far = Duration::from_secs(1 << 30);
    let Some(until) = wish.until.filter(|_| wish.follow) else { return Some(far) };
    let here = until.checked_sub(SignedDuration::from_secs(file.ahead())).and_then(|until| until.checked_add(LATE));
    let left = here.map_or(SignedDuration::MAX, |here| here.duration_since(Timestamp::now()));
    Duration::try_from(left).ok().filter(|left| !left.is_zero()).map(|left| left.min(far))
}

async fn go_on(wish: &Arc<TailWish>, lane: &mut Lane, file: &mut Appended) {
    let mut failures = 0;
    loop {
        let Some(connection) = lane.link().await else { return };
        if let Some(gap) = lane.gap(&connection).await {
            lane.cut(file.away(gap, Timestamp::now()));
        }
        let mut stop = None;
        let over = session(lane, file, &connection, &mut stop).await;
        let wait = match over {
            Over::LinkLost => {
                lane.lose(&connection).await;
                continue;
            }
            Over::NoRoom => LOOK,
            Over::Stopped => match stop {
                Some(Stop::Done) => return lane.tell(TailState::Ended).await,
                Some(Stop::Again) => continue,
                Some(Stop::Broken) | None => {
                    let why = format!("{} can't be read: its reader says what it never says", file.path().as_str());
                    lane.tell(TailState::Refused(Foreign::from(why))).await;
                    RETRY
                }
            },
            Over::Ended(end, said) => match file.ended(&end, &said) {
                Ended::Done if !wish.follow => return lane.tell(TailState::Ended).await,
                Ended::Done | Ended::Next => {
                    failures = 0;
                    continue;
                }
                Ended::Missing => {
                    let why = format!("there is no file {}", lane.out.origin.lane.name());
                    lane.tell(TailState::Missing(Foreign::from(why))).await;
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

/// Bytes of the reader on their way into rows.
struct Taking<'a> {
    file: &'a mut Appended,
    stop: &'a mut Option<Stop>,
}

impl Takes for Taking<'_> {
    fn bytes(&mut self, bytes: &[u8], rows: &mut Vec<LogRow>) -> bool {
        *self.stop = self.file.take(bytes, Timestamp::now(), rows);
        self.stop.is_none()
    }

    fn end(&mut self, rows: &mut Vec<LogRow>) {
        self.file.end(Timestamp::now(), rows);
    }
}

async fn session(
    lane: &mut Lane,
    file: &mut Appended,
    connection: &Arc<dyn Connection>,
    stop: &mut Option<Stop>,
) -> Over {
    let wish = Arc::clone(&lane.wish);
    lane.tell(TailState::Reading).await;
    if !find_begin(lane, file, connection).await {
        return Over::LinkLost;
    }
    let live = wish.follow.then(|| {
        let why = "its lines tell no time that is known: each stands where it came";
        if file.is_timeless() { TailState::Limited(Foreign::from(why)) } else { TailState::Following }
    });
    let command = file.begin(&wish, wish.follow);
    let over = lane.read(connection, command, live, &mut Taking { file, stop }).await;
    if !matches!(over, Over::NoRoom) {
        return over;
    }
    let command = file.begin(&wish, false);
    match lane.look(connection, command, &mut Taking { file, stop }).await {
        Over::Ended(end, _) if wish.follow && end == End::Exited(0) => {
            lane.tell(TailState::Following).await;
            Over::NoRoom
        }
        over => over,
    }
}

/// Looks for the line with which a wish for a span begins; where it is not found, all is read. `false` when the link is lost.
async fn find_begin(lane: &mut Lane, file: &mut Appended, connection: &Arc<dyn Connection>) -> bool {
    let Some(mut begin) = file.search(&lane.wish) else { return true };
    loop {
        let output = connection.run(begin.command(file.path())).await;
        match output.end {
            End::Exited(0) => match begin.take(&output.stdout) {
                Found::More => {}
                Found::Here(place, bound) => {
                    file.begin_at(place, bound, Timestamp::now(), &mut lane.rows);
                    return true;
                }
                Found::Nowhere => return true,
            },
            End::LinkLost(_) => return false,
            _ => return true,
        }
    }
}
