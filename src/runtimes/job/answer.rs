//! What the scripts answer.

use crate::text::Foreign;

/// What became of a beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It was started now.
    Started,
    /// It was begun before.
    Before,
    /// It was not, for certain.
    Not(Refusal),
    /// It was handed over, and whether it began was not seen.
    Unknown,
}

/// Why a job was not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The login, which is named, is not root.
    NotRoot(String),
    /// The host has seen a higher token.
    Token(u64),
    /// It has seen a higher token of the environment's lock.
    Lock(u64),
    /// A sentence of what is missing there, without a full stop.
    Lacks(String),
}

/// How a job ended, as the host wrote it down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    /// Its exit status.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its time was over.
    pub timed_out: bool,
    /// Somebody cancelled it.
    pub cancelled: bool,
    /// Something of it holds its output open.
    pub left_behind: bool,
    /// Bytes of standard output, or of both.
    pub output: u64,
    /// Bytes of standard error.
    pub error: u64,
    /// The processes that could not be ended.
    pub remains: Vec<u32>,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It runs.
    Running,
    /// It has ended.
    Ended(Ended),
    /// It was never begun.
    Never,
    /// It began and there is neither a process nor a result: why, as a sentence.
    Vanished(&'static str),
    /// Another login of the host began it.
    Foreign(String),
    /// Only root can say.
    Hidden,
}

/// Reads the last line that a beginning wrote.
pub fn began(stdout: &[u8]) -> Option<Begun> {
    let text = String::from_utf8_lossy(stdout);
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    let mut words = line.split_whitespace();
    let first = words.next()?;
    Some(match first {
        "started" => Begun::Started,
        "before" => Begun::Before,
        "unknown" => Begun::Unknown,
        "not" => {
            let code = words.next()?;
            let rest = Foreign::from(words.collect::<Vec<_>>().join(" ").as_str()).plain();
            Begun::Not(refusal(code, rest)?)
        }
        _ => return None,
    })
}

fn refusal(code: &str, rest: String) -> Option<Refusal> {
    let lacks = match code {
        "root" => return Some(Refusal::NotRoot(rest)),
        "token" => return rest.parse().ok().map(Refusal::Token),
        "lock" => return rest.parse().ok().map(Refusal::Lock),
        "home" => "the login has no home folder in which the job could be kept (HOME is not set)".to_owned(),
        "place" => format!("the folder {rest} can't be made or written to"),
        "room" => format!("nothing can be written below {rest}: is the disk full?"),
        "printf" => "its /bin/sh has no printf of its own, without which a secret would be seen".to_owned(),
        "bash" => "it has no bash".to_owned(),
        "proc" => "it has no /proc, by which processes are found again".to_owned(),
        "setsid" => "it has no setsid, without which the job would end with the link".to_owned(),
        "ends" => "it ends everything of a login that leaves (KillUserProcesses=yes in logind.conf), so the job would \
                   end with the link: run it as root"
            .to_owned(),
        "memory" => "it has no place in memory (tmpfs at /run/user, /run or /dev/shm) through which a secret could go"
            .to_owned(),
        "polkit" => format!("systemd does not let the login start it as root: {rest}"),
        _ => return None,
    };
    Some(Refusal::Lacks(lacks))
}

/// Reads `seen TOKEN STATE …`: the highest token and how the job stands.
pub fn told(line: &[u8]) -> Option<(u64, Told)> {
    let text = String::from_utf8_lossy(line);
    let line = text.lines().rev().find(|line| line.starts_with("seen "))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let token = words.get(1)?.parse().ok()?;
    let told = match (*words.get(2)?, words.get(3..).unwrap_or_default()) {
        ("running", _) => Told::Running,
        ("never", _) => Told::Never,
        ("hidden", _) => Told::Hidden,
        ("foreign", [login, ..]) => Told::Foreign(Foreign::from(*login).plain()),
        ("vanished", ["boot"]) => Told::Vanished("the host was booted while it ran"),
        ("vanished", ["start"]) => Told::Vanished("it was handed over, but how far it came can't be seen"),
        ("vanished", _) => Told::Vanished("it was killed there together with what kept it"),
        ("ended", [exit, signal, late, cancelled, left, output, error, remains, "."]) => Told::Ended(Ended {
            exit: exit.parse().ok(),
            signal: signal.parse().ok(),
            timed_out: *late == "1",
            cancelled: *cancelled == "1",
            left_behind: *left == "1",
            output: output.parse().ok()?,
            error: error.parse().ok()?,
            remains: remains.split(',').filter_map(|pid| pid.parse().ok()).collect(),
        }),
        _ => return None,
    };
    Some((token, told))
}

/// What a clearing answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// All is gone but so many that run.
    Done(usize),
    /// So many run, and there is more that only root can clear.
    Hidden(usize),
}

/// Reads it.
pub fn cleared(stdout: &[u8]) -> Option<Cleared> {
    let text = String::from_utf8_lossy(stdout);
    let line = text.lines().rev().find(|line| !line.is_empty())?;
    let (word, count) = line.split_once(' ')?;
    let count = count.trim().parse().ok()?;
    match word {
        "cleared" => Some(Cleared::Done(count)),
        "hidden" => Some(Cleared::Hidden(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn answers_are_read_and_nothing_else() {
        assert_eq!(began(b"noise\nstarted\n"), Some(Begun::Started));
        assert_eq!(began(b"not token 7\n"), Some(Begun::Not(Refusal::Token(7))));
        assert_eq!(began(b"not root ops\n"), Some(Begun::Not(Refusal::NotRoot("ops".into()))));
        for bad in [&b""[..], b"start", b"not", b"not thing", b"not token x"] {
            assert_eq!(began(bad), None);
        }
        assert_eq!(told(b"seen 3 running 5 0\n"), Some((3, Told::Running)));
        assert_eq!(told(b"seen 0 never"), Some((0, Told::Never)));
        let (_, Told::Ended(ended)) = told(b"seen 1 ended - 9 0 1 0 12 0 44,45 .\n").unwrap() else { unreachable!() };
        assert_eq!((ended.exit, ended.signal, ended.cancelled, ended.output), (None, Some(9), true, 12));
        assert_eq!(ended.remains, [44, 45]);
        // A line that was torn is no end.
        assert_eq!(told(b"seen 1 ended 0 - 0 0 0 12 0 -"), None);
        assert_eq!(cleared(b"cleared 0\n"), Some(Cleared::Done(0)));
        assert_eq!(cleared(b"cleared\n"), None);
    }
}
