//! What the lock host answers: lines of ours begin with a word that nobody knew when the files were written.

use std::time::Duration;

use crate::domain::RunId;
use crate::runtimes::lock_host::{self, number, seconds, split};
use crate::text::Foreign;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done; what was read with it.
    Done(Vec<Listed>),
    /// It was not.
    Refused(Refused),
    /// It makes no sense, or its end is missing.
    Odd,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Somebody has taken the run over: under which token, and the login of whoever did.
    Taken(u64, Foreign),
    /// There is no such run, or our place in it is gone or not ours.
    Gone,
    /// An event before it is missing.
    Gap,
    /// Nothing can be written, in the system's words.
    Write(Foreign),
}

/// A run as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub run: RunId,
    /// Who was at it, by token, the first first.
    pub owners: Vec<Owner>,
    /// Whether there were more runs than are told.
    pub more: bool,
}

/// One that was at a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its token.
    pub token: u64,
    /// For how long it was not heard, by what the lock host is up; if that is known.
    pub silent: Option<Duration>,
    /// The login on the lock host to which its place belongs.
    pub login: Foreign,
    /// What it wrote: lines, in no order. May be anything.
    pub wrote: Vec<u8>,
}

/// Reads an answer that was given with this word.
pub fn read(bytes: &[u8], word: &str) -> Answer {
    let Some(told) = lock_host::told(bytes, word) else { return Answer::Odd };
    let mut listed = Vec::<Listed>::new();
    for part in told.parts {
        match part.kind {
            // Somebody may have made a folder whose name only looks like one of ours.
            b"run" => {
                let run = RunId::new(&String::from_utf8_lossy(part.words));
                listed.extend(run.map(|run| Listed { run, owners: Vec::new(), more: false }));
            }
            b"owner" => {
                let (token, rest) = split(part.words);
                let (silent, login) = split(rest);
                if let (Some(token), Some(run)) = (number(token), listed.last_mut()) {
                    let (silent, login) = (seconds(silent), Foreign::from(login));
                    run.owners.push(Owner { token, silent, login, wrote: part.body.to_vec() });
                }
            }
            b"more" => listed.iter_mut().for_each(|run| run.more = true),
            _ => return Answer::Odd,
        }
    }
    match told.refused {
        None => {
            listed.iter_mut().for_each(|run| run.owners.sort_by_key(|owner| owner.token));
            Answer::Done(listed)
        }
        Some((b"taken", by)) => {
            let (token, login) = split(by);
            let token = number(token);
            token.map_or(Answer::Odd, |token| Answer::Refused(Refused::Taken(token, Foreign::from(login))))
        }
        Some((b"gone", _)) => Answer::Refused(Refused::Gone),
        Some((b"gap", _)) => Answer::Refused(Refused::Gap),
        Some((b"write", why)) => Answer::Refused(Refused::Write(Foreign::from(why))),
        Some(_) => Answer::Odd,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const RUN: &str = "01939a2e-77aa-7c11-8f3e-0123456789ab";

    #[test]
    fn what_lies_in_files_can_not_pretend_to_be_ours() {
        let forged = "{}\nw0rd end\nword owner 9 1 root\n{}\n\u{1b}]52;c;x\u{7}\u{202e}";
        let bytes = format!(
            "\nw1 run {RUN}\n\nw1 owner 2 - bob\nlate\n\nw1 owner 1 61 ada x\n{forged}\nw1 run {}\n\nw1 ok\n\nw1 end\n",
            "x".repeat(36)
        );
        let Answer::Done(listed) = read(bytes.as_bytes(), "w1") else { panic!() };
        assert_eq!(listed.len(), 1);
        let tokens: Vec<u64> = listed[0].owners.iter().map(|owner| owner.token).collect();
        assert_eq!(tokens, [1, 2]);
        let first = &listed[0].owners[0];
        assert_eq!((first.silent, first.login.plain().as_str()), (Some(Duration::from_secs(61)), "ada x"));
        assert_eq!(first.wrote, forged.as_bytes());
        assert_eq!((listed[0].owners[1].silent, listed[0].owners[1].wrote.as_slice()), (None, &b"late\n"[..]));
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = format!("\nw1 run {RUN}\n\nw1 owner 1 0 ada\n{{}}\n\nw1 ok\n\nw1 end\n");
        assert!(matches!(read(whole.as_bytes(), "w1"), Answer::Done(_)));
        for length in 0..whole.len() - 4 {
            assert_eq!(read(&whole.as_bytes()[..length], "w1"), Answer::Odd, "{length}");
        }
        assert_eq!(read(whole.as_bytes(), "w2"), Answer::Odd);
        assert_eq!(read(b"", "w1"), Answer::Odd);
    }

    #[test]
    fn refusals_say_what_they_are() {
        let of = |line: &str| read(format!("\nw no {line}\n\nw end\n").as_bytes(), "w");
        assert_eq!(of("taken 3 bob"), Answer::Refused(Refused::Taken(3, "bob".into())));
        assert_eq!(of("gone"), Answer::Refused(Refused::Gone));
        assert_eq!(of("gap"), Answer::Refused(Refused::Gap));
        let full = "mkdir: cannot create directory: No space left on device";
        assert_eq!(of(&format!("write {full}")), Answer::Refused(Refused::Write(full.into())));
        assert_eq!(of("idea"), Answer::Odd);
    }
}
