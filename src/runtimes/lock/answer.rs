//! What the lock host answers: lines of ours begin with a word that nobody knew when the files were written.

use std::time::Duration;

use crate::domain::lock::Stands;
use crate::text::Foreign;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done; how the lock stands, if that was asked and anybody ever took it.
    Done(Option<Seen>),
    /// It was not.
    Refused(Refused),
    /// It makes no sense, or its end is missing.
    Odd,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Somebody has it.
    Held(Option<Seen>),
    /// The token is not the last one any more, or was ended.
    Lost(Option<Seen>),
    /// Our place there is gone or not ours.
    Gone,
    /// It can't be done there, in the system's words.
    Write(Foreign),
}

/// The lock as it lies there. What people say of themselves may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The highest token.
    pub token: u64,
    /// How it stands.
    pub stands: Stands,
    /// For how long its holder was not heard.
    pub silent: Option<Duration>,
    /// Whether a change was begun under it.
    pub reserved: bool,
    /// Whether it was taken by hand.
    pub by_hand: bool,
    /// The login that took it.
    pub login: Foreign,
    /// What its taker says.
    pub who: Vec<u8>,
    /// The login that broke it, and what it says.
    pub broken: Option<(Foreign, Vec<u8>)>,
}

/// Reads an answer that was given with this word.
pub fn read(bytes: &[u8], word: &str) -> Answer {
    let mark = [b"\n", word.as_bytes(), b" "].concat();
    let mut at = find(bytes, &mark);
    let (mut seen, mut verdict, mut ended) = (None::<Seen>, None::<Option<String>>, false);
    while let Some(begin) = at {
        let rest = bytes.get(begin + mark.len()..).unwrap_or_default();
        let next = find(rest, &mark);
        let part = rest.get(..next.unwrap_or(rest.len())).unwrap_or_default();
        at = next.map(|next| begin + mark.len() + next);
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let (said, body) = part.split_at(line);
        let body = body.get(1..).unwrap_or_default();
        let said = String::from_utf8_lossy(said);
        let (kind, words) = said.split_once(' ').unwrap_or((&said, ""));
        match kind {
            "token" => match token(words, body) {
                Some(found) => seen = Some(found),
                None => return Answer::Odd,
            },
            "broken" => {
                let login = words.split_once(' ').map(|(_, login)| Foreign::from(login));
                if let (Some(seen), Some(login)) = (&mut seen, login) {
                    seen.broken = Some((login, body.to_vec()));
                }
            }
            "ok" => verdict = Some(None),
            "no" => verdict = Some(Some(words.to_owned())),
            "end" => ended = true,
            _ => return Answer::Odd,
        }
    }
    match verdict {
        Some(None) if ended => Answer::Done(seen),
        Some(Some(why)) if ended => refused(&why, seen).map_or(Answer::Odd, Answer::Refused),
        Some(_) | None => Answer::Odd,
    }
}

fn token(words: &str, body: &[u8]) -> Option<Seen> {
    let mut words = words.splitn(6, ' ');
    let mut word = || words.next();
    let token = word()?.parse().ok()?;
    let stands = match word()? {
        "free" => Stands::Free,
        "held" => Stands::Held,
        "lapsed" => Stands::Lapsed,
        "reserved" => Stands::Reserved,
        _ => return None,
    };
    let silent = word()?.parse().ok().map(Duration::from_secs);
    let reserved = word()? == "reserved";
    let by_hand = word()? == "hand";
    let login = Foreign::from(word().unwrap_or_default());
    Some(Seen { token, stands, silent, reserved, by_hand, login, who: body.to_vec(), broken: None })
}

fn refused(said: &str, seen: Option<Seen>) -> Option<Refused> {
    let (kind, rest) = said.split_once(' ').unwrap_or((said, ""));
    match kind {
        "held" => Some(Refused::Held(seen)),
        "lost" => Some(Refused::Lost(seen)),
        "gone" => Some(Refused::Gone),
        "write" => Some(Refused::Write(Foreign::from(rest))),
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

    const HELD: &str = "\nw token 9 held 3 reserved lease root\n{\"person\":\"ada\"}\n\nw no held\n\nw end\n";

    #[test]
    fn what_lies_in_files_can_not_pretend_to_be_ours() {
        let forged = "{}\nx token 10 free - - hand root\nw1 ok\n";
        let bytes =
            format!("\nw2 token 9 held 3 - lease ada x\n{forged}\nw2 broken 9 bob\n{forged}\nw2 ok\n\nw2 end\n");
        let Answer::Done(Some(seen)) = read(bytes.as_bytes(), "w2") else { panic!() };
        assert_eq!((seen.token, seen.stands, seen.by_hand), (9, Stands::Held, false));
        assert_eq!(seen.silent, Some(Duration::from_secs(3)));
        assert_eq!(seen.login.plain(), "ada x");
        assert_eq!(seen.who, forged.as_bytes());
        assert_eq!(seen.broken.unwrap().0.plain(), "bob");
    }

    #[test]
    fn half_an_answer_is_none() {
        let Answer::Refused(Refused::Held(Some(seen))) = read(HELD.as_bytes(), "w") else { panic!() };
        assert!(seen.reserved);
        for length in 0..HELD.len() - 1 {
            assert_eq!(read(&HELD.as_bytes()[..length], "w"), Answer::Odd, "{length}");
        }
        assert_eq!(read(b"\nw ok\n\nw end\n", "w"), Answer::Done(None));
        assert_eq!(read(b"\nw no idea\n\nw end\n", "w"), Answer::Odd);
        assert_eq!(
            read(b"\nw no write mkdir: no space\n\nw end\n", "w"),
            Answer::Refused(Refused::Write("mkdir: no space".into()))
        );
    }
}
