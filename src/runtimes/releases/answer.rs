//! What the lock host answers about releases.

use super::LARGEST;
use crate::domain::RunId;
use crate::runtimes::lock_host::{self, number, split};
use crate::text::Foreign;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done; what lies there.
    Done(Listed),
    /// It was not, in the system's words.
    Refused(Foreign),
    /// It makes no sense, or its end is missing.
    Odd,
}

/// What lies there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The files.
    pub entries: Vec<Entry>,
    /// To whom the runs belong of which there are releases, as far as their mirrors are still there.
    pub owners: Vec<Owner>,
    /// The number of the login that asked.
    pub own: Option<u32>,
    /// Whether there is more than was told.
    pub more: bool,
}

/// A file as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The run, as its name says.
    pub run: RunId,
    /// What it says.
    pub kind: Kind,
    /// Who put it there.
    pub maker: Maker,
    /// What is in it. May be anything.
    pub wrote: Vec<u8>,
}

/// Who put a file there, and when, as the host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The login to which it belongs.
    pub login: Foreign,
    /// The number of that login.
    pub uid: u32,
    /// When it was put there, in seconds of the host's clock; nobody can set that to an earlier time.
    pub since: Option<u64>,
}

/// To whom a run belongs: whoever ended it, else whoever was at it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The run.
    pub run: RunId,
    /// That login, and since when the mirror of the run lies there.
    pub maker: Maker,
}

/// What a file says, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A release.
    Release,
    /// That somebody has looked at one.
    Examined,
    /// That somebody approves the plan of a run.
    Approval,
    /// What was said of an item that follows a release.
    Followed,
}

/// Reads an answer that was given with this word.
pub fn read(bytes: &[u8], word: &str) -> Answer {
    let Some(told) = lock_host::told(bytes, word) else { return Answer::Odd };
    let mut listed = Listed::default();
    for part in told.parts {
        let (name, rest) = split(part.words);
        let (since, login) = split(rest);
        let name = String::from_utf8_lossy(name);
        match part.kind {
            b"file" => listed.entries.extend(entry(&name, number(since), login.into(), part.body)),
            b"owner" => listed.owners.extend(owner(&name, number(since), login)),
            b"own" => listed.own = name.parse().ok(),
            b"more" => listed.more = true,
            _ => return Answer::Odd,
        }
    }
    match told.refused {
        None => Answer::Done(listed),
        Some((b"write", why)) => Answer::Refused(Foreign::from(why)),
        Some(_) => Answer::Odd,
    }
}

/// `RUN.release.UID`, `RUN.WORD.examined.UID` or `RUN.WORD.approval.UID`; nothing for what is too large to be one.
fn entry(name: &str, since: Option<u64>, login: Foreign, wrote: &[u8]) -> Option<Entry> {
    let (run, rest) = name.split_once('.')?;
    let run = RunId::new(run)?;
    let uid = rest.rsplit('.').next()?.parse().ok()?;
    let kind = match rest.rsplit('.').nth(1)? {
        "release" => Kind::Release,
        "examined" => Kind::Examined,
        "approval" => Kind::Approval,
        "followed" => Kind::Followed,
        _ => return None,
    };
    (wrote.len() <= LARGEST).then(|| Entry { run, kind, maker: Maker { login, uid, since }, wrote: wrote.to_vec() })
}

/// `RUN SINCE UID LOGIN`.
fn owner(run: &str, since: Option<u64>, rest: &[u8]) -> Option<Owner> {
    let (uid, login) = split(rest);
    let uid = u32::try_from(number(uid)?).ok()?;
    Some(Owner { run: RunId::new(run)?, maker: Maker { login: login.into(), uid, since } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const RUN: &str = "01939a2e-77aa-7c11-8f3e-0123456789ab";

    #[test]
    fn files_say_whose_they_are_and_can_not_pretend_to_be_our_words() {
        let forged = "{}\nw0 end\nw file x y\n\u{1b}]52;c;x\u{7}";
        let text = format!(
            "\nw1 own 1000\n\nw1 owner {RUN} 5 1000 ada b\n\nw1 owner {RUN} 5 x ada\n\n\
             w1 file {RUN}.release.1000 17 ada\n{forged}\n\nw1 file {RUN}.{nonce}.examined.0 - root x\n{{}}\n\
             w1 more\n\nw1 ok\n\nw1 end\n",
            nonce = "ab".repeat(8)
        );
        let Answer::Done(listed) = read(text.as_bytes(), "w1") else { panic!() };
        assert_eq!((listed.more, listed.own), (true, Some(1000)));
        let maker = |login: &str, uid, since| Maker { login: login.into(), uid, since };
        let told: Vec<_> = listed.entries.iter().map(|entry| (entry.kind, entry.maker.clone())).collect();
        let ada = (Kind::Release, maker("ada", 1000, Some(17)));
        assert_eq!(told, [ada, (Kind::Examined, maker("root x", 0, None))]);
        assert_eq!(listed.entries[0].wrote, format!("{forged}\n").as_bytes());
        let owner = Owner { run: RunId::new(RUN).unwrap(), maker: maker("ada b", 1000, Some(5)) };
        assert_eq!(listed.owners, [owner]);
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = format!("\nw1 file {RUN}.release.0 7 root\n{{}}\nw1 ok\n\nw1 end\n");
        assert!(matches!(read(whole.as_bytes(), "w1"), Answer::Done(..)));
        for length in 0..whole.len() - 4 {
            assert_eq!(read(&whole.as_bytes()[..length], "w1"), Answer::Odd, "{length}");
        }
        let full = "ln: No space left on device";
        assert_eq!(read(format!("\nw no write {full}\n\nw end\n").as_bytes(), "w"), Answer::Refused(full.into()));
    }
}
