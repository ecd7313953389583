//! What the lock host answers about releases.

use super::LARGEST;
use crate::domain::RunId;
use crate::text::Foreign;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done; what lies there, and whether there is more than was told.
    Done(Vec<Entry>, bool),
    /// It was not, in the system's words.
    Refused(Foreign),
    /// It makes no sense, or its end is missing.
    Odd,
}

/// A file as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The run, as its name says.
    pub run: RunId,
    /// Whether it says that somebody has looked at a release; otherwise it is one.
    pub examined: bool,
    /// The login to which it belongs.
    pub login: Foreign,
    /// What is in it. May be anything.
    pub wrote: Vec<u8>,
}

/// Reads an answer that was given with this word.
pub fn read(bytes: &[u8], word: &str) -> Answer {
    let mark = [b"\n", word.as_bytes(), b" "].concat();
    let mut at = find(bytes, &mark);
    let (mut entries, mut more, mut verdict, mut ended) = (Vec::new(), false, None, false);
    while let Some(begin) = at {
        let rest = bytes.get(begin + mark.len()..).unwrap_or_default();
        let next = find(rest, &mark);
        let part = rest.get(..next.unwrap_or(rest.len())).unwrap_or_default();
        at = next.map(|next| begin + mark.len() + next);
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let (said, body) = part.split_at(line);
        let mut words = said.splitn(3, |byte| *byte == b' ');
        match words.next().unwrap_or_default() {
            b"file" => {
                let name = String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
                let login = Foreign::from(words.next().unwrap_or_default());
                entries.extend(entry(&name, login, body.get(1..).unwrap_or_default()));
            }
            b"more" => more = true,
            b"ok" => verdict = Some(Ok(())),
            b"no" => {
                // Behind `write`, in the system's words.
                let words = said.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
                verdict = Some(Err(Foreign::from(words)));
            }
            b"end" => ended = true,
            _ => return Answer::Odd,
        }
    }
    match verdict {
        Some(Ok(())) if ended => Answer::Done(entries, more),
        Some(Err(why)) if ended => Answer::Refused(why),
        Some(_) | None => Answer::Odd,
    }
}

/// `RUN.release.UID` or `RUN.WORD.examined.UID`; nothing for what is too large to be one.
fn entry(name: &str, login: Foreign, wrote: &[u8]) -> Option<Entry> {
    let (run, rest) = name.split_once('.')?;
    let kind = rest.rsplit('.').nth(1)?;
    let run = RunId::new(run)?;
    let examined = match kind {
        "release" => false,
        "examined" => true,
        _ => return None,
    };
    (wrote.len() <= LARGEST).then(|| Entry { run, examined, login, wrote: wrote.to_vec() })
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
    fn files_say_whose_they_are_and_can_not_pretend_to_be_our_words() {
        let forged = "{}\nw0 end\nw file x y\n\u{1b}]52;c;x\u{7}";
        let text = format!(
            "\nw1 file {RUN}.release.1000 ada\n{forged}\n\nw1 file {RUN}.{nonce}.examined.0 root x\n{{}}\nw1 more\n\nw1 ok\n\nw1 end\n",
            nonce = "ab".repeat(8)
        );
        let Answer::Done(entries, more) = read(text.as_bytes(), "w1") else { panic!() };
        assert!(more);
        let told: Vec<_> = entries.iter().map(|entry| (entry.examined, entry.login.plain())).collect();
        assert_eq!(told, [(false, "ada".to_owned()), (true, "root x".to_owned())]);
        assert_eq!(entries[0].wrote, format!("{forged}\n").as_bytes());
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = format!("\nw1 file {RUN}.release.0 root\n{{}}\nw1 ok\n\nw1 end\n");
        assert!(matches!(read(whole.as_bytes(), "w1"), Answer::Done(..)));
        for length in 0..whole.len() - 4 {
            assert_eq!(read(&whole.as_bytes()[..length], "w1"), Answer::Odd, "{length}");
        }
        let full = "ln: No space left on device";
        assert_eq!(read(format!("\nw no write {full}\n\nw end\n").as_bytes(), "w"), Answer::Refused(full.into()));
    }
}
