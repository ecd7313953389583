//! What the scripts of the lock host (`lock_host.sh`) have in common: whose folder they are about, and the form of their
//! answers. A line of ours begins with a word that nobody knew when the files were written.

use std::time::Duration;

use crate::domain::{EnvName, Environment, SiteName};

/// Where what an environment shares lies on its lock host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The environment's directory on its hosts.
    pub state_directory: String,
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvName,
}

impl Name {
    /// That of an environment.
    pub fn of(environment: &Environment) -> Self {
        Self {
            state_directory: environment.state_directory.clone(),
            site: environment.site.clone(),
            environment: environment.name.clone(),
        }
    }

    pub(super) fn folder(&self) -> String {
        format!("quarterdeck-{}-{}", self.site, self.environment)
    }

    /// A script as `/bin/sh` is told to run it: every one of them learns these four first.
    pub(super) fn script(&self, text: &str, called: &str, op: &str, word: &str, folder: &str) -> Vec<String> {
        let place = self.state_directory.trim_end_matches('/');
        ["/bin/sh", "-c", text, called, op, word, place, folder].map(str::to_owned).to_vec()
    }
}

/// One line of ours in an answer, and what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Its first word.
    pub(super) kind: &'a [u8],
    /// The rest of it.
    pub(super) words: &'a [u8],
    /// What follows, up to the next line of ours: may be anything.
    pub(super) body: &'a [u8],
}

/// An answer that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told<'a> {
    /// All that it says.
    pub(super) parts: Vec<Part<'a>>,
    /// Why it was not done: a word for it, and the rest.
    pub(super) refused: Option<(&'a [u8], &'a [u8])>,
}

/// Reads an answer that was given with this word; nothing when it is not whole.
pub(super) fn told<'a>(bytes: &'a [u8], word: &str) -> Option<Told<'a>> {
    let mark = [b"\n", word.as_bytes(), b" "].concat();
    let mut at = find(bytes, &mark);
    let (mut parts, mut verdict, mut ended) = (Vec::new(), None, false);
    while let Some(begin) = at {
        let rest = bytes.get(begin + mark.len()..).unwrap_or_default();
        let next = find(rest, &mark);
        let part = rest.get(..next.unwrap_or(rest.len())).unwrap_or_default();
        at = next.map(|next| begin + mark.len() + next);
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let (said, body) = part.split_at(line);
        let (kind, words) = split(said);
        match kind {
            b"ok" => verdict = Some(None),
            b"no" => verdict = Some(Some(split(words))),
            b"end" => ended = true,
            _ => parts.push(Part { kind, words, body: body.get(1..).unwrap_or_default() }),
        }
    }
    verdict.filter(|_| ended).map(|refused| Told { parts, refused })
}

/// The first word, and the rest.
pub(super) fn split(words: &[u8]) -> (&[u8], &[u8]) {
    match words.iter().position(|byte| *byte == b' ') {
        Some(place) => (&words[..place], &words[place + 1..]),
        None => (words, &[]),
    }
}

/// A whole number.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// A number of seconds.
pub(super) fn seconds(word: &[u8]) -> Option<Duration> {
    number(word).map(Duration::from_secs)
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_lies_in_files_can_not_pretend_to_be_ours() {
        let forged = "{}\nw0 end\nw ok\nword owner 9 1 root\n{}\n\u{1b}]52;c;x\u{7}\u{202e}";
        let bytes = format!("\nw1 owner 1 61 ada x\n{forged}\nw1 more\n\nw1 no taken 3 bob\n\nw1 end\n");
        let told = told(bytes.as_bytes(), "w1").unwrap();
        assert_eq!(told.refused, Some((&b"taken"[..], &b"3 bob"[..])));
        let [owner, more] = told.parts[..] else { unreachable!() };
        assert_eq!((owner.kind, owner.words, owner.body), (&b"owner"[..], &b"1 61 ada x"[..], forged.as_bytes()));
        assert_eq!((more.kind, more.words), (&b"more"[..], &b""[..]));
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = "\nw run x\n{}\nw ok\n\nw end\n";
        assert_eq!(told(whole.as_bytes(), "w").unwrap().refused, None);
        for length in 0..whole.len() - 1 {
            assert_eq!(told(&whole.as_bytes()[..length], "w"), None, "{length}");
        }
        assert_eq!((told(whole.as_bytes(), "v"), told(b"", "w")), (None, None));
    }
}
