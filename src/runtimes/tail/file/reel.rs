//! One file as it is read: its bytes as lines, each with the place behind it and a sum of what stands before that place, by
//! which it is known later whether it is still the same file.

use crate::runtimes::tail::lines::{Lines, RawLine};

/// Bytes before a place that count for its sum, and that come again before reading goes on.
const KNOWN: usize = 64;
/// A line beyond this many bytes is told as far as it came; the rest of it is left out.
pub const LONGEST: u64 = 4 << 20;

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A line, and the word for the place behind it.
    Line(RawLine, String),
    /// The rest of a line that was too long, in bytes, and the word for the place behind it.
    LeftOut(u64, String),
}

/// Other bytes stand there now than those that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten;

/// A place in a file: device and inode, bytes, and a sum of the bytes before it where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Device and inode.
    pub file: String,
    /// Bytes before it.
    pub at: u64,
    /// Of the bytes before it.
    pub sum: Option<u32>,
}

impl Place {
    /// As it stands in a cursor.
    pub fn word(&self) -> String {
        let sum = self.sum.map_or_else(String::new, |sum| format!(";p={sum:x}"));
        format!("f={};o={}{sum}", self.file, self.at)
    }
}

/// A file that is read.
#[derive(Debug, Clone)]
pub struct Reel {
    /// Behind the last line that was told whole.
    place: Place,
    /// Behind the last byte that came.
    read: u64,
    lines: Lines,
    /// What came last, at most [`KNOWN`] bytes.
    tail: Vec<u8>,
    /// What comes again before reading goes on, until it has come.
    again: Option<Vec<u8>>,
    /// Bytes of a line that is left out, while it is.
    over: Option<u64>,
    /// Such bytes since the host was asked to pass over them.
    came: u64,
    /// What is left out first is not missed by anybody.
    quiet: bool,
}

impl Reel {
    /// Reading goes on from here; with `quiet` what is no whole line there is not missed.
    pub fn new(place: Place, quiet: bool) -> Self {
        let read = place.at;
        let (lines, tail, again) = (Lines::default(), Vec::new(), Some(Vec::new()));
        Self { place, read, lines, tail, again, over: None, came: 0, quiet }
    }

    /// The place behind the last line.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The file is known by this now: devices have other numbers after a boot.
    pub fn is_called(&mut self, file: &str) {
        self.place.file = file.to_owned();
    }

    /// A new reader begins behind the last line.
    pub fn resume(&mut self) {
        (self.read, self.lines, self.again) = (self.place.at, Lines::default(), Some(Vec::new()));
        self.came = 0;
    }

    /// Whether the host should pass over the rest of a line.
    pub fn is_too_long(&self) -> bool {
        self.over.is_some() && self.came >= LONGEST
    }

    /// The host passed over the line up to here, or to its end.
    pub fn pass(&mut self, at: u64) {
        self.over = self.over.map(|over| over.saturating_add(at.saturating_sub(self.read)));
        self.place = Place { file: self.place.file.clone(), at, sum: None };
        self.resume();
    }

    /// Takes bytes that stand at this place.
    ///
    /// # Errors
    /// When what came before them is another than what was read.
    pub fn take(&mut self, from: u64, bytes: &[u8], out: &mut Vec<Piece>) -> Result<(), Rewritten> {
        let known = usize::try_from(self.read.checked_sub(from).ok_or(Rewritten)?).unwrap_or(usize::MAX);
        let (known, new) = bytes.split_at_checked(known).unwrap_or((bytes, &[]));
        self.compare(from, known)?;
        if !new.is_empty() {
            self.begin(out)?;
        }
        new.split_inclusive(|byte| *byte == b'\n').for_each(|piece| self.piece(piece, out));
        Ok(())
    }

    /// What came already comes again.
    fn compare(&mut self, from: u64, known: &[u8]) -> Result<(), Rewritten> {
        if let Some(again) = &mut self.again {
            // All of it comes at the head of each run of bytes, which may come in parts.
            let wanted = usize::try_from(self.read).map_or(KNOWN, |read| read.min(KNOWN));
            if from.saturating_add(wanted as u64) == self.read {
                again.clear();
            }
            again.extend_from_slice(known);
            let differs = |sum| again.len() == wanted && sum != sum_of(again);
            return if self.place.sum.is_some_and(differs) { Err(Rewritten) } else { Ok(()) };
        }
        let first = self.read.saturating_sub(self.tail.len() as u64);
        let skip = usize::try_from(first.saturating_sub(from)).unwrap_or(usize::MAX);
        let place = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        let Some(known) = known.get(skip..) else { return Ok(()) };
        let there = self.tail.get(place..).and_then(|rest| rest.get(..known.len()));
        if there == Some(known) { Ok(()) } else { Err(Rewritten) }
    }

    /// Before the first new byte: what came again is looked at.
    fn begin(&mut self, out: &mut Vec<Piece>) -> Result<(), Rewritten> {
        let Some(again) = self.again.take() else { return Ok(()) };
        self.tail = again;
        if self.place.sum.is_some_and(|sum| sum != sum_of(&self.tail)) {
            return Err(Rewritten);
        }
        match self.tail.last() {
            Some(b'\n') | None => self.line_ends(out),
            // Reading begins within a line.
            Some(_) => self.over = self.over.or(Some(0)),
        }
        Ok(())
    }

    fn line_ends(&mut self, out: &mut Vec<Piece>) {
        let over = self.over.take().filter(|over| *over > 0 && !self.quiet);
        out.extend(over.map(|over| Piece::LeftOut(over, self.place.word())));
        self.quiet = false;
        self.came = 0;
    }

    /// A line, or a part of it.
    fn piece(&mut self, piece: &[u8], out: &mut Vec<Piece>) {
        let length = piece.len() as u64;
        self.tail.extend_from_slice(piece.get(piece.len().saturating_sub(KNOWN)..).unwrap_or(piece));
        self.tail.drain(..self.tail.len().saturating_sub(KNOWN));
        self.read = self.read.saturating_add(length);
        let ends = piece.last() == Some(&b'\n');
        if let Some(over) = &mut self.over {
            *over = over.saturating_add(length - u64::from(ends));
            self.came = self.came.saturating_add(length);
            self.moved();
            if ends {
                self.line_ends(out);
            }
            return;
        }
        let mut whole = Vec::new();
        self.lines.push(piece, &mut whole);
        if self.lines.open() > LONGEST {
            whole.extend(self.lines.last());
            (self.over, self.came) = (Some(0), LONGEST);
        }
        if let Some(line) = whole.pop() {
            self.moved();
            out.push(Piece::Line(line, self.place.word()));
        }
    }

    fn moved(&mut self) {
        (self.place.at, self.place.sum) = (self.read, Some(sum_of(&self.tail)));
    }

    /// Nothing more comes: how much was left out of a last line, and what stands behind the last line feed, with the place
    /// before it.
    pub fn end(&mut self, out: &mut Vec<Piece>) {
        if self.over.is_some() {
            self.line_ends(out);
        }
        out.extend(self.lines.last().map(|line| Piece::Line(line, self.place.word())));
    }
}

/// A sum by which bytes are known again (FNV-1a).
fn sum_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum: u32, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place(at: u64) -> Place {
        Place { file: "8-1".to_owned(), at, sum: None }
    }

    fn told(out: &[Piece]) -> Vec<String> {
        let word = |piece: &Piece| match piece {
            Piece::Line(line, _) => format!("{}+{}", String::from_utf8_lossy(&line.bytes), line.cut),
            Piece::LeftOut(more, _) => format!("left out {more}"),
        };
        out.iter().map(word).collect()
    }

    #[test]
    fn a_place_is_known_again_by_what_stands_before_it() {
        let (text, mut out) = (b"one\ntwo\nthree\n", Vec::new());
        let mut reel = Reel::new(place(0), false);
        reel.take(0, text.get(..9).unwrap(), &mut out).unwrap();
        assert_eq!(told(&out), ["one+0", "two+0"]);
        // The open line comes again behind what is known, in any pieces.
        let resumed = reel.place().clone();
        assert_eq!(resumed.at, 8);
        for cut in 0..text.len() {
            let (mut reel, mut out) = (Reel::new(resumed.clone(), false), Vec::new());
            reel.take(0, text.get(..cut).unwrap(), &mut out).unwrap();
            reel.take(cut as u64, text.get(cut..).unwrap(), &mut out).unwrap();
            assert_eq!(told(&out), ["three+0"], "cut at {cut}");
        }
        // Another file of the same length, and one that was rewritten while it is read.
        assert_eq!(Reel::new(resumed, false).take(0, b"one\nTwo\nthree\n", &mut out), Err(Rewritten));
        assert_eq!(reel.take(4, b"twO\nt+", &mut out), Err(Rewritten));
        assert_eq!(reel.take(99, b"x", &mut out), Err(Rewritten), "what lies between never came");
    }

    #[test]
    fn a_line_without_an_end_is_told_in_part_and_the_rest_is_counted() {
        let (mut reel, mut out) = (Reel::new(place(0), false), Vec::new());
        let long = vec![b'x'; 1 << 20];
        for at in 0..5 {
            reel.take(at << 20, &long, &mut out).unwrap();
        }
        assert!(reel.is_too_long());
        // The host passes over more of it, and then over the end.
        reel.pass(40 << 20);
        assert!(!reel.is_too_long());
        reel.take((40 << 20) - 3, b"xxxyy\nnext\n", &mut out).unwrap();
        let lines: u64 = out.iter().map(|piece| if let Piece::Line(line, _) = piece { line.length } else { 0 }).sum();
        assert_eq!((lines, told(&out).len()), ((5 << 20) + 5, 3));
        assert_eq!(told(&out).last().map(String::as_str), Some("next+0"));
        assert_eq!(told(&out).get(1), Some(&format!("left out {}", (35 << 20) + 2)));
    }

    #[test]
    fn what_is_open_at_the_end_has_the_place_before_it() {
        let (mut reel, mut out) = (Reel::new(place(0), false), Vec::new());
        reel.take(0, b"whole\nhalf", &mut out).unwrap();
        reel.end(&mut out);
        let places: Vec<&str> = out
            .iter()
            .filter_map(|piece| if let Piece::Line(_, at) = piece { Some(at.as_str()) } else { None })
            .collect();
        assert_eq!(told(&out), ["whole+0", "half+0"]);
        assert!(places.iter().all(|place| place.starts_with("f=8-1;o=6;p=")), "{places:?}");
    }
}
