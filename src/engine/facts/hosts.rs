//! What is found out on a host itself: its newest backup, room on its disks, its memory.

use std::time::Duration;

use super::{Came, detail};
use crate::domain::HostName;
use crate::domain::fact::{Backup, Room, size_told};
use crate::domain::probe::Found;
use crate::domain::procedure::{Danger, HERE, Language};
use crate::domain::release::Release;
use crate::domain::time::short;
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::probe::program;
use crate::port::{End, RemoteCommand};
use crate::runtimes::backup::{self, End as Ending, Nothing};
use crate::runtimes::danger::danger;
use crate::runtimes::room::{self, Free};
use crate::text::Foreign;

/// A host that is not connected gets this long.
const CONNECTS: Duration = Duration::from_secs(5);
/// Looking for a release on one host takes no longer.
const PRESENT: Duration = Duration::from_secs(10);
/// Further ahead of the host's own clock no file is taken for new.
const AHEAD: i64 = 300;

/// What a command printed there; `Err` is why that is not known.
async fn printed(place: &Place, host: &HostName, command: RemoteCommand, within: Duration) -> Result<Vec<u8>, Came> {
    if host.as_str() == HERE {
        return program(&command.argv, Vec::new(), within).await.map_err(|why| Came::error(format!("here: {why}")));
    }
    let until = place.clock.now().mono.after(CONNECTS.min(within));
    let Some(connection) = place.connected(host, until).await else {
        return Err(Came::error(place.not_answering(host)));
    };
    let output = connection.run(command.within(within)).await;
    match output.end {
        End::Exited(0) if output.cut > 0 => Err(Came::nothing(format!("{host} said more than is read"))),
        End::Exited(0) => Ok(output.stdout),
        End::Exited(124) => Err(Came::error(format!("{host}: what was looked at does not answer; does a mount hang?"))),
        End::Exited(status) => {
            let said = Foreign::from(output.stderr.trim_ascii()).plain();
            let said = said.lines().next_back().unwrap_or_default();
            Err(Came::error(format!("{host}: it can't be looked at (status {status}): {said}")))
        }
        End::Killed(_) | End::NotFound | End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => {
            Err(Came::error(format!("{host}: {}", output.end)))
        }
    }
}

/// Whether a release is still on a host, as the command of its procedure says by its status: `Some` is why it is not. The
/// command sees the release's name and commit as variables.
///
/// # Errors
/// Why that is not known.
pub(super) async fn present(
    place: &Place,
    host: &HostName,
    command: &str,
    release: &Release,
    within: Duration,
) -> Result<Option<String>, String> {
    if danger(Language::Sh, command) != Danger::Read {
        return Err("`present` of [release] is not seen to only read, so it is not run".to_owned());
    }
    let text = |value: Option<&Foreign>| {
        String::from_utf8(value.map(|value| value.raw().to_vec()).unwrap_or_default())
            .ok()
            .filter(|value| !value.contains('\0'))
            .ok_or_else(|| "how it is called is no text".to_owned())
    };
    let (version, commit) = (text(Some(&release.version))?, text(release.commit.as_ref())?);
    let script = format!("version=$1\ncommit=$2\n{command}");
    let asks = RemoteCommand::new(["/bin/sh", "-ec", script.as_str(), "qd-present", &version, &commit]);
    let until = place.clock.now().mono.after(CONNECTS.min(within));
    let Some(connection) = place.connected(host, until).await else {
        return Err(place.not_answering(host));
    };
    let output = connection.run(asks.within(within.min(PRESENT))).await;
    match output.end {
        End::Exited(0) => Ok(None),
        // The shell found no such program, or may not run it.
        End::Exited(status @ (126 | 127)) => Err(format!("{host}: it can't be looked for (status {status})")),
        End::Exited(status) => {
            let said = Foreign::from(output.stderr.trim_ascii()).plain();
            let said = said.lines().next_back().map(|line| format!(": {line}")).unwrap_or_default();
            Ok(Some(format!("it is not there (status {status}){said}")))
        }
        End::Killed(_) | End::NotFound | End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => {
            Err(format!("{host}: {}", output.end))
        }
    }
}

/// Judges room, told by a host.
fn judged(host: &HostName, what: &str, told: Result<Free, String>, wanted: Room) -> Came {
    let free = match told {
        Ok(free) => free,
        Err(why) => return Came::nothing(format!("{host}: {why}")),
    };
    let holds = free.holds(wanted);
    let (left, whole) = (size_told(free.free), size_told(free.whole));
    let found = format!("{left} of {whole} ({}%), must be {wanted}", free.percent());
    let word = if holds { "" } else { ", too little" };
    let summary = format!("{what} of {host}: {left} free ({}%){word}", free.percent());
    Came::new(if holds { Found::Pass } else { Found::Fail }, summary, vec![detail(what, found, holds)])
}

pub(super) async fn disk(place: &Place, host: &HostName, path: &str, free: Room, within: Duration) -> Came {
    match printed(place, host, room::disk(path), within).await {
        Ok(bytes) => judged(host, path, room::read_disk(&String::from_utf8_lossy(&bytes)), free),
        Err(came) => came,
    }
}

pub(super) async fn memory(place: &Place, host: &HostName, free: u64, within: Duration) -> Came {
    match printed(place, host, room::memory(), within).await {
        Ok(bytes) => judged(host, "memory", room::read_memory(&String::from_utf8_lossy(&bytes)), Room::Bytes(free)),
        Err(came) => came,
    }
}

pub(super) async fn backup(place: &Place, host: &HostName, wanted: &Backup, within: Duration) -> Came {
    match printed(place, host, backup::look(&wanted.path, wanted.ends.is_some()), within).await {
        Ok(bytes) => judge(host, wanted, backup::read(&bytes)),
        Err(came) => came,
    }
}

fn judge(host: &HostName, wanted: &Backup, seen: Result<backup::Seen, Nothing>) -> Came {
    let seen = match seen {
        Ok(seen) => seen,
        Err(Nothing::Missing(why)) => {
            let details = vec![detail("newest", format!("{}: {why}", wanted.path), false)];
            return Came::new(Found::Fail, format!("no backup on {host}: {why}"), details);
        }
        Err(Nothing::Odd(why)) => return Came::nothing(format!("{host}: {why}")),
    };
    let mut worst = Found::Pass;
    let mut details = vec![detail("newest", "", true)];
    if let Some(first) = details.first_mut() {
        first.found = seen.name.clone();
    }
    let mut line = |what: &str, found: String, came: Found| {
        details.push(detail(what, found, came == Found::Pass));
        // What is wrong for certain is told before what is not known.
        if worst == Found::Pass || came == Found::Fail {
            worst = if came == Found::Pass { worst } else { came };
        }
    };
    let judge = |holds: bool| if holds { Found::Pass } else { Found::Fail };
    let most = short(wanted.age);
    let past = seen.now.saturating_sub(seen.newest.written);
    let age = Duration::from_secs(u64::try_from(past).unwrap_or(0));
    if past < -AHEAD {
        let ahead = short(Duration::from_secs(past.unsigned_abs()));
        line(
            "age",
            format!("written {ahead} in the future of the host's clock: one of them is wrong"),
            Found::Inconclusive,
        );
    } else if seen.now <= 0 {
        line("age", "the host's clock makes no sense".to_owned(), Found::Inconclusive);
    } else {
        line("age", format!("{}, at most {most}, by the host's clock", short(age)), judge(age <= wanted.age));
    }
    let size = size_told(seen.newest.size);
    let least =
        if wanted.size <= 1 { "must not be empty".to_owned() } else { format!("at least {}", size_told(wanted.size)) };
    line("size", format!("{size}, {least}"), judge(seen.newest.size >= wanted.size));
    match seen.before {
        Some(before) => {
            let holds = u128::from(seen.newest.size) * 1000 >= u128::from(before.size) * u128::from(wanted.ratio);
            let share = u128::from(seen.newest.size) * 100 / u128::from(before.size.max(1));
            let least = format!("{}.{:03}", wanted.ratio / 1000, wanted.ratio % 1000);
            let least = least.trim_end_matches('0');
            let told = format!("{share}% of the one before ({}), at least {least} of it", size_told(before.size));
            line("ratio", told, judge(holds));
        }
        None if wanted.compared => {
            line("ratio", "there is none before it to compare it with".to_owned(), Found::Inconclusive)
        }
        None => line("ratio", "there is none before it: not compared".to_owned(), Found::Pass),
    }
    match (&wanted.ends, &seen.end) {
        (None, _) => {}
        (Some(ends), Some(Ending::Bytes(bytes))) => {
            let tail = bytes.trim_ascii_end();
            let holds = tail.windows(ends.len()).any(|window| window == ends.as_bytes());
            let last =
                tail.rsplit(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
            let last = crate::text::truncate(&Foreign::from(last).plain(), 80);
            line("end", format!("\"{last}\", must have {ends:?} in it"), judge(holds));
        }
        (Some(_), Some(Ending::Closed)) => line("end", "the login may not read it".to_owned(), Found::Error),
        (Some(_), Some(Ending::Broken(124))) => {
            line("end", "could not be unpacked in 40 s".to_owned(), Found::Inconclusive);
        }
        (Some(_), Some(Ending::Broken(status))) => {
            line(
                "end",
                format!("it can't be unpacked (gzip left with {status}): it is cut off or broken"),
                Found::Fail,
            );
        }
        (Some(_), None) => line("end", "was not read".to_owned(), Found::Inconclusive),
    }
    let verdict = match worst {
        Found::Pass => "",
        Found::Fail => ", not as it must be",
        Found::Error | Found::Inconclusive => ", which proves nothing",
    };
    let name = seen.name.plain();
    let name = crate::text::truncate(name.rsplit('/').next().unwrap_or_default(), 60);
    let mut came =
        Came::new(worst, format!("newest backup on {host}: {name}, {} old, {size}{verdict}", short(age)), details);
    came.as_of = jiff::Timestamp::from_second(seen.newest.written).ok();
    came
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::runtimes::backup::{File, Seen};

    fn wanted() -> Backup {
        let age = Duration::from_secs(3600);
        Backup { path: "/b/*.gz".into(), age, size: 1000, ratio: 800, compared: false, ends: Some("complete".into()) }
    }

    fn seen() -> Seen {
        Seen {
            now: 1_800_000_000,
            count: 2,
            newest: File { written: 1_800_000_000 - 600, size: 9000 },
            name: "/b/shop.gz".into(),
            before: Some(File { written: 1_799_990_000, size: 10_000 }),
            end: Some(Ending::Bytes(b"-- dump complete\n\n".to_vec())),
        }
    }

    fn found(seen: Seen) -> (Found, String) {
        let host = HostName::new("db").unwrap();
        let came = judge(&host, &wanted(), Ok(seen));
        let wrong: Vec<String> = came.details.iter().filter(|one| !one.holds).map(|one| one.what.plain()).collect();
        (came.found, wrong.join(" "))
    }

    #[test]
    fn a_backup_is_good_only_when_everything_of_it_is() {
        assert_eq!(found(seen()), (Found::Pass, String::new()));
        let file = |ago: i64, size: u64| File { written: 1_800_000_000 - ago, size };
        let is = |seen: Seen, wanted: Found, what: &str| assert_eq!(found(seen), (wanted, what.to_owned()));
        is(Seen { newest: file(3601, 9000), ..seen() }, Found::Fail, "age");
        is(Seen { newest: file(-4000, 9000), ..seen() }, Found::Inconclusive, "age");
        is(Seen { newest: file(60, 999), before: None, ..seen() }, Found::Fail, "size");
        is(Seen { newest: file(60, 7999), ..seen() }, Found::Fail, "ratio");
        is(Seen { end: Some(Ending::Bytes(b"INSERT INTO".to_vec())), ..seen() }, Found::Fail, "end");
        is(Seen { end: Some(Ending::Broken(1)), ..seen() }, Found::Fail, "end");
        is(Seen { end: Some(Ending::Closed), ..seen() }, Found::Error, "end");
        is(Seen { end: None, ..seen() }, Found::Inconclusive, "end");
        is(Seen { end: None, newest: file(3601, 9000), ..seen() }, Found::Fail, "age end");
        is(Seen { before: None, ..seen() }, Found::Pass, "");
    }

    #[test]
    fn no_backup_at_all_fails_and_one_that_can_t_be_seen_proves_nothing() {
        let host = HostName::new("db").unwrap();
        let none = judge(&host, &wanted(), Err(Nothing::Missing("there is no such file".into())));
        assert_eq!(none.found, Found::Fail);
        let odd = judge(&host, &wanted(), Err(Nothing::Odd("its answer was cut off".into())));
        assert_eq!(odd.found, Found::Inconclusive);
    }
}
