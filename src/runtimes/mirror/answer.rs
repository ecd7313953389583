//! What the lock host answers: lines of ours begin with a word that nobody knew when the files were written.

use std::time::Duration;

use crate::domain::RunId;
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
    /// Since when it was not heard, if that is known.
    pub silent: Option<Duration>,
    /// The login on the lock host to which its place belongs.
    pub login: Foreign,
    /// What it wrote: lines, in no order. May be anything.
    pub wrote: Vec<u8>,
}

/// Reads an answer that was given with this word.
pub fn read(bytes: &[u8], word: &str) -> Answer {
    let mark = [b"\n", word.as_bytes(), b" "].concat();
    let mut at = find(bytes, &mark);
    let (mut listed, mut verdict, mut ended) = (Vec::<Listed>::new(), None, false);
    while let Some(begin) = at {
        let rest = bytes.get(begin + mark.len()..).unwrap_or_default();
        let next = find(rest, &mark);
        let part = rest.get(..next.unwrap_or(rest.len())).unwrap_or_default();
        at = next.map(|next| begin + mark.len() + next);
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let (said, body) = part.split_at(line);
        let mut words = said.splitn(4, |byte| *byte == b' ');
        let mut word = || words.next().unwrap_or_default();
        let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
        match word() {
            b"run" => match RunId::new(&text(word())) {
                Some(run) => listed.push(Listed { run, owners: Vec::new(), more: false }),
                // Somebody made a folder whose name only looks like one.
                None => continue,
            },
            b"owner" => {
                let (token, silent) = (text(word()).parse(), text(word()).parse().ok().map(Duration::from_secs));
                if let (Ok(token), Some(run)) = (token, listed.last_mut()) {
                    let wrote = body.get(1..).unwrap_or_default().to_vec();
                    run.owners.push(Owner { token, silent, login: Foreign::from(word()), wrote });
                }
            }
            b"more" => listed.iter_mut().for_each(|run| run.more = true),
            b"ok" => verdict = Some(Answer::Done(Vec::new())),
            b"no" => verdict = refused(said).map(Answer::Refused),
            b"end" => ended = true,
            _ => return Answer::Odd,
        }
    }
    match verdict {
        Some(Answer::Done(_)) if ended => {
            listed.iter_mut().for_each(|run| run.owners.sort_by_key(|owner| owner.token));
            Answer::Done(listed)
        }
        Some(refused) if ended => refused,
        Some(_) | None => Answer::Odd,
    }
}

fn refused(said: &[u8]) -> Option<Refused> {
    let mut words = said.splitn(3, |byte| *byte == b' ').skip(1);
    let (kind, rest) = (words.next()?, words.next().unwrap_or_default());
    match kind {
        b"taken" => {
            let mut words = rest.splitn(2, |byte| *byte == b' ');
            let token = String::from_utf8_lossy(words.next()?).parse().ok()?;
            Some(Refused::Taken(token, Foreign::from(words.next().unwrap_or_default())))
        }
        b"gone" => Some(Refused::Gone),
        b"gap" => Some(Refused::Gap),
        b"write" => Some(Refused::Write(Foreign::from(rest))),
        _ => None,
    }
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
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
