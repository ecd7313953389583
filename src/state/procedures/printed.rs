//! What one try of a step has printed, line by line, as it comes: each byte once, a gap told, and no more kept than a
//! person can look at. All of it is in the store.

use std::collections::VecDeque;

use crate::port::procedure::Piece;
use crate::text::Foreign;

/// Bytes that are kept of one try; the oldest lines go first.
const KEPT: usize = 256 << 10;
/// Lines that are kept of one try.
const LINES: usize = 4000;
/// Bytes of one line; what goes beyond is counted.
const LONGEST: usize = 8 << 10;
/// A line that writes over itself is shown whole up to so many bytes.
const SHORT: usize = 60;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What was printed, and whether on standard error.
    Said(Foreign, bool),
    /// So many bytes are not here.
    Missing(u64),
}

/// The output of one try.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Printed {
    lines: VecDeque<Line>,
    bytes: usize,
    gone: usize,
    streams: [Stream; 2],
}

/// One of the two streams.
#[derive(Debug, Clone, PartialEq, Default)]
struct Stream {
    /// How much of it has come.
    have: u64,
    /// The line that is not complete.
    open: Vec<u8>,
    /// Bytes of it that were too much.
    cut: u64,
}

impl Printed {
    /// Takes a piece in. What came before is not taken again.
    pub fn take(&mut self, piece: &Piece) {
        let error = piece.error;
        let stream = &mut self.streams[usize::from(error)];
        let raw = piece.bytes.raw();
        let known = usize::try_from(stream.have.saturating_sub(piece.offset)).unwrap_or(usize::MAX);
        let Some(fresh) = raw.get(known..).filter(|fresh| !fresh.is_empty()) else { return };
        let missing = piece.offset.saturating_sub(stream.have);
        stream.have = piece.offset + raw.len() as u64;
        if missing > 0 {
            self.close(error);
            self.push(Line::Missing(missing), 0);
        }
        let mut parts = fresh.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let stream = &mut self.streams[usize::from(error)];
            let room = LONGEST.saturating_sub(stream.open.len()).min(part.len());
            stream.open.extend_from_slice(part.get(..room).unwrap_or_default());
            stream.cut += (part.len() - room) as u64;
            if parts.peek().is_some() {
                self.end_line(error);
            }
        }
    }

    /// The line at this place, the oldest first; the last may still grow.
    pub fn line(&self, place: usize) -> Option<Line> {
        if let Some(line) = self.lines.get(place) {
            return Some(line.clone());
        }
        let mut open = [false, true].into_iter().filter(|error| !self.streams[usize::from(*error)].open.is_empty());
        let error = open.nth(place - self.lines.len())?;
        Some(Line::Said(shown(&self.streams[usize::from(error)].open), error))
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.lines.len() + self.streams.iter().filter(|stream| !stream.open.is_empty()).count()
    }

    /// Lines that are not kept here any more.
    pub fn gone(&self) -> usize {
        self.gone
    }

    /// Whether nothing was printed.
    pub fn is_empty(&self) -> bool {
        self.count() == 0 && self.gone == 0
    }

    fn close(&mut self, error: bool) {
        if !self.streams[usize::from(error)].open.is_empty() {
            self.end_line(error);
        }
    }

    fn end_line(&mut self, error: bool) {
        let stream = &mut self.streams[usize::from(error)];
        let (open, cut) = (std::mem::take(&mut stream.open), std::mem::take(&mut stream.cut));
        let line = shown(&open);
        let bytes = line.raw().len();
        self.push(Line::Said(line, error), bytes);
        if cut > 0 {
            self.push(Line::Missing(cut), 0);
        }
    }

    fn push(&mut self, line: Line, bytes: usize) {
        self.lines.push_back(line);
        self.bytes += bytes;
        while self.lines.len() > LINES || self.bytes > KEPT {
            match self.lines.pop_front() {
                Some(Line::Said(text, _)) => self.bytes = self.bytes.saturating_sub(text.raw().len()),
                Some(Line::Missing(_)) => {}
                None => break,
            }
            self.gone += 1;
        }
    }
}

/// A line with what it wrote over: nothing is hidden by a carriage return. Of a long one, as of a bar of progress, what
/// stands behind the last is shown, and that something stood before.
fn shown(bytes: &[u8]) -> Foreign {
    let end = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match end.rsplit(|byte| *byte == b'\r').next() {
        // A bar of progress: what it says now, and a mark that it wrote over itself.
        Some(last) if end.len() > SHORT && last.len() < end.len() => Foreign::from(["…\r".as_bytes(), last].concat()),
        Some(_) | None => Foreign::from(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(offset: u64, bytes: &str) -> Piece {
        Piece { step: 0, attempt: 1, error: false, offset, bytes: Foreign::from(bytes) }
    }

    fn told(printed: &Printed) -> Vec<String> {
        (0..printed.count())
            .filter_map(|place| printed.line(place))
            .map(|line| match line {
                Line::Said(text, _) => text.plain(),
                Line::Missing(bytes) => format!("-{bytes}-"),
            })
            .collect()
    }

    #[test]
    fn each_byte_counts_once_however_the_pieces_overlap() {
        let mut printed = Printed::default();
        for (offset, bytes) in [(0, "one\ntw"), (0, "one\n"), (4, "two\nth"), (10, "ree")] {
            printed.take(&piece(offset, bytes));
        }
        assert_eq!(told(&printed), ["one", "two", "three"]);
        printed.take(&piece(20, "end\n"));
        assert_eq!(told(&printed), ["one", "two", "three", "-7-", "end"]);
    }

    #[test]
    fn a_progress_bar_is_one_line_and_a_split_character_stays_whole() {
        let mut printed = Printed::default();
        printed.take(&piece(0, "10%\r20%\r30%"));
        printed.take(&Piece { bytes: Foreign::from(&b"\r\xc3"[..]), ..piece(11, "") });
        printed.take(&Piece { bytes: Foreign::from(&b"\xa4\r\n"[..]), ..piece(13, "") });
        assert_eq!(told(&printed), ["10%␍20%␍30%␍ä"]);
        let bar = (0..20).map(|tens| format!("\r{}%", tens * 5)).collect::<String>();
        printed.take(&piece(16, &format!("{bar}\n")));
        assert_eq!(told(&printed).last().map(String::as_str), Some("…␍95%"));
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_went_is_counted() {
        let mut printed = Printed::default();
        let text = "x\n".repeat(10_000);
        printed.take(&piece(0, &text));
        assert_eq!((printed.count(), printed.gone()), (LINES, 10_000 - LINES));
        printed.take(&piece(20_000, &"y".repeat(100_000)));
        printed.take(&piece(120_000, "\n"));
        assert_eq!(told(&printed).last().map(String::as_str), Some("-91808-"));
    }
}
