//! What the lock host answers: lines of ours begin with a word that nobody knew when the files were written.

use crate::domain::lock::{Heard, Stands};
use crate::runtimes::lock_host::{self, number, split};
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
    /// The token that has it; the highest where none does.
    pub token: u64,
    /// How it stands.
    pub stands: Stands,
    /// When its holder was heard.
    pub heard: Heard,
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
    /// Tokens that others have put over it, with their logins.
    pub beside: Vec<(u64, Foreign)>,
}

/// Reads an answer that was given with this word.
pub fn read(bytes: &[u8], word: &str) -> Answer {
    let Some(told) = lock_host::told(bytes, word) else { return Answer::Odd };
    let mut seen = None::<Seen>;
    for part in told.parts {
        match part.kind {
            b"token" => match token(part.words, part.body) {
                Some(found) => seen = Some(found),
                None => return Answer::Odd,
            },
            b"broken" => {
                let (_, login) = split(part.words);
                if let (Some(seen), false) = (&mut seen, login.is_empty()) {
                    seen.broken = Some((Foreign::from(login), part.body.to_vec()));
                }
            }
            b"beside" => {
                let (token, login) = split(part.words);
                match (&mut seen, number(token)) {
                    (Some(seen), Some(token)) => seen.beside.push((token, Foreign::from(login))),
                    (None, _) | (_, None) => return Answer::Odd,
                }
            }
            _ => return Answer::Odd,
        }
    }
    match told.refused {
        None => Answer::Done(seen),
        Some((b"held", _)) => Answer::Refused(Refused::Held(seen)),
        Some((b"lost", _)) => Answer::Refused(Refused::Lost(seen)),
        Some((b"gone", _)) => Answer::Refused(Refused::Gone),
        Some((b"write", why)) => Answer::Refused(Refused::Write(Foreign::from(why))),
        Some(_) => Answer::Odd,
    }
}

/// `TOKEN STANDS SILENT reserved|- lease|hand LOGIN`.
fn token(words: &[u8], body: &[u8]) -> Option<Seen> {
    let mut words = words.splitn(6, |byte| *byte == b' ');
    let mut word = || words.next();
    let token = number(word()?)?;
    let stands = match word()? {
        b"free" => Stands::Free,
        b"held" => Stands::Held,
        b"lapsed" => Stands::Lapsed,
        b"reserved" => Stands::Reserved,
        _ => return None,
    };
    let heard = match word()? {
        b"boot" => Heard::BeforeBoot,
        word => lock_host::seconds(word).map_or(Heard::Unknown, Heard::Ago),
    };
    let reserved = word()? == b"reserved";
    let by_hand = word()? == b"hand";
    let login = Foreign::from(word().unwrap_or_default());
    Some(Seen { token, stands, heard, reserved, by_hand, login, who: body.to_vec(), broken: None, beside: Vec::new() })
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
        assert_eq!(seen.heard, Heard::Ago(std::time::Duration::from_secs(3)));
        assert_eq!(seen.login.plain(), "ada x");
        assert_eq!(seen.who, forged.as_bytes());
        assert_eq!((seen.broken.unwrap().0.plain(), seen.beside), ("bob".to_owned(), Vec::new()));
    }

    #[test]
    fn what_lies_over_it_is_read_with_its_login() {
        let bytes = HELD.replace("\nw no held", "\nw beside 12 eve x\n\nw beside 14 bob\n\nw no held");
        let Answer::Refused(Refused::Held(Some(seen))) = read(bytes.as_bytes(), "w") else { panic!() };
        assert_eq!(seen.token, 9);
        assert_eq!(seen.beside, [(12, "eve x".into()), (14, "bob".into())]);
        assert_eq!(read(b"\nw beside 12 eve\n\nw ok\n\nw end\n", "w"), Answer::Odd);
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
