//! What the reader of a file says: which file it reads, bytes of it with their place, and what it passed over. Every run of
//! bytes is told with its length, so that nothing that stands in a file can be taken for the reader's own words.

use jiff::tz::Offset;

use crate::runtimes::tail::stamp::offset;

/// Longest line of the reader's own, in bytes.
const LONGEST: usize = 256;

/// Which of the files that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that is read.
    Now,
    /// The one that was rotated away.
    Before,
}

/// How the file that is read was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was not read before.
    New,
    /// The same, beginning with fewer of its newest lines than were wished for: it is too large to look for them.
    Bound,
    /// It is the one that was read, where it lay.
    Same,
    /// It is the one that was read, under another name.
    Moved,
    /// The one that was read is gone: this lies in its place.
    Gone,
    /// The one that was read is shorter than what was read of it.
    Cut,
    /// The one that was read was rotated: this is its successor.
    Next,
    /// The same, but what stood in another one between the two is not known.
    Later,
}

/// A file that is read from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begins {
    /// How it was found.
    pub how: How,
    /// Device and inode.
    pub place: String,
    /// Where reading begins, in bytes.
    pub at: u64,
    /// How long it is, in bytes.
    pub size: u64,
    /// The zone of the host.
    pub zone: Offset,
    /// The host's clock, in seconds since 1970.
    pub clock: Option<i64>,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<'a> {
    /// This file is read.
    Begins(Begins),
    /// Bytes of a file, from this place on.
    Bytes(Which, u64, &'a [u8]),
    /// The file that was rotated away is looked at no more; `false` when it was not found again.
    Closed(bool),
    /// Up to this place everything belongs to the line that is too long, or ends it.
    Passed(u64),
}

/// The reader says what it never says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// Takes a stream apart.
#[derive(Debug, Clone, Default)]
pub struct Frames {
    line: Vec<u8>,
    open: Option<(Which, u64, u64)>,
}

impl Frames {
    /// What the next bytes say, as far as it is complete; they are taken from the front. `None` when there are none left.
    ///
    /// # Errors
    /// When it is nothing that a reader says.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Said<'a>>, Broken> {
        while !bytes.is_empty() {
            if let Some((which, at, left)) = self.open.take().filter(|(.., left)| *left > 0) {
                let room = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let (piece, rest) = bytes.split_at_checked(room).ok_or(Broken)?;
                *bytes = rest;
                let taken = piece.len() as u64;
                self.open = Some((which, at.saturating_add(taken), left.saturating_sub(taken)));
                return Ok(Some(Said::Bytes(which, at, piece)));
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (piece, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).ok_or(Broken)?;
            self.line.extend_from_slice(piece);
            if self.line.len() > LONGEST {
                return Err(Broken);
            }
            *bytes = rest.get(1..).unwrap_or_default();
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                if let Some(said) = self.word(&String::from_utf8_lossy(&line))? {
                    return Ok(Some(said));
                }
            }
        }
        Ok(None)
    }

    fn word<'a>(&mut self, line: &str) -> Result<Option<Said<'a>>, Broken> {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse::<u64>().map_err(|_| Broken);
        match words.as_slice() {
            ["=", how, place, at, size, zone, clock] => Ok(Some(Said::Begins(Begins {
                how: how_of(how).ok_or(Broken)?,
                place: (*place).to_owned(),
                at: number(at)?,
                size: number(size)?,
                zone: offset(zone.as_bytes()).unwrap_or(Offset::UTC),
                clock: clock.parse().ok(),
            }))),
            ["+", from, length] => {
                self.open = Some((Which::Now, number(from)?, number(length)?));
                Ok(None)
            }
            ["-", from, length] => {
                self.open = Some((Which::Before, number(from)?, number(length)?));
                Ok(None)
            }
            [".", how] => Ok(Some(Said::Closed(*how == "read"))),
            ["~", at] => Ok(Some(Said::Passed(number(at)?))),
            _ => Err(Broken),
        }
    }
}

fn how_of(word: &str) -> Option<How> {
    Some(match word {
        "new" => How::New,
        "bound" => How::Bound,
        "same" => How::Same,
        "moved" => How::Moved,
        "gone" => How::Gone,
        "cut" => How::Cut,
        "next" => How::Next,
        "later" => How::Later,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said(text: &[u8], piece: usize) -> Result<Vec<String>, Broken> {
        let (mut frames, mut out, mut bytes) = (Frames::default(), Vec::new(), Vec::new());
        for part in text.chunks(piece) {
            let mut part = part;
            while let Some(said) = frames.next(&mut part)? {
                match said {
                    Said::Bytes(_, _, more) => bytes.extend_from_slice(more),
                    other => out.push(format!("{other:?}")),
                }
            }
        }
        out.push(String::from_utf8(bytes).unwrap());
        Ok(out)
    }

    #[test]
    fn a_stream_says_the_same_however_it_is_cut_and_its_bytes_say_nothing() {
        let text = b"= new 8-1 0 9 +0100 7\n+ 0 9\n~ 9\n. re\n- 3 0\n~ 12\n+ 9 1\n!. gone\n";
        let whole = said(text, text.len()).unwrap();
        assert_eq!(whole.last().map(String::as_str), Some("~ 9\n. re\n!"));
        assert_eq!(whole.get(1..3).unwrap(), ["Passed(12)", "Closed(false)"]);
        for piece in 1..text.len() {
            assert_eq!(said(text, piece).unwrap(), whole, "in pieces of {piece}");
        }
        for broken in ["hello\n", "+ x 1\n", "= new\n", &"x".repeat(999)] {
            assert_eq!(said(broken.as_bytes(), 999), Err(Broken), "{broken}");
        }
    }
}
