//! What `read.sh` sends: pieces of output, signs of life and the end, told apart whatever the output holds.

use super::answer::{self, Told};

/// Longest line between two pieces; what is longer is no line of ours.
const LONGEST_LINE: usize = 4 << 10;

/// One thing that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Bytes of output: whether of standard error, their place there, and themselves.
    Output(bool, u64, Vec<u8>),
    /// How the job stands; nothing comes behind it.
    Seen(u64, Told),
    /// What makes no sense; nothing behind it can be understood.
    Odd,
}

/// The reader of one answer. Takes bytes however they are split.
#[derive(Debug, Default)]
pub struct Frames {
    line: Vec<u8>,
    /// Inside a piece: of which output, the place of its next byte, and how many are left.
    inside: Option<(bool, u64, u64)>,
    over: bool,
}

impl Frames {
    /// Takes bytes in and gives back what they make.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        while !bytes.is_empty() && !self.over {
            if let Some((error, at, left)) = self.inside {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let (piece, rest) = bytes.split_at(length);
                frames.push(Frame::Output(error, at, piece.to_vec()));
                let taken = length as u64;
                self.inside = (left > taken).then(|| (error, at + taken, left - taken));
                bytes = rest;
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                self.line.extend_from_slice(bytes);
                if self.line.len() > LONGEST_LINE {
                    frames.push(self.odd());
                }
                break;
            };
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            match self.take(&line) {
                Ok(frame) => frames.extend(frame),
                Err(()) => frames.push(self.odd()),
            }
        }
        frames
    }

    fn odd(&mut self) -> Frame {
        self.over = true;
        Frame::Odd
    }

    fn take(&mut self, line: &[u8]) -> Result<Option<Frame>, ()> {
        if line == b"." {
            return Ok(None);
        }
        if line.starts_with(b"seen ") {
            let (token, told) = answer::told(line).ok_or(())?;
            self.over = true;
            return Ok(Some(Frame::Seen(token, told)));
        }
        let text = std::str::from_utf8(line).map_err(|_| ())?;
        let words: Vec<&str> = text.split(' ').collect();
        let &[kind @ ("o" | "e"), at, length] = words.as_slice() else { return Err(()) };
        let (at, length) = (at.parse().map_err(|_| ())?, length.parse().map_err(|_| ())?);
        if length > 0 {
            self.inside = Some((kind == "e", at, length));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cut_at_every_byte_reads_the_same() {
        let answer = b"o 5 10\nseen 1\no \ne 0 2\n.\n.\no 15 1\nxseen 2 ended 0 - 0 0 0 16 2 - .\nlate";
        let output = |frames: &[Frame], wanted: bool| -> Vec<(u64, u8)> {
            let pieces = frames.iter().filter_map(|frame| match frame {
                Frame::Output(error, at, bytes) if *error == wanted => Some((*at, bytes.clone())),
                Frame::Output(..) | Frame::Seen(..) | Frame::Odd => None,
            });
            pieces.flat_map(|(at, bytes)| (at..).zip(bytes)).collect()
        };
        for cut in 0..=answer.len() {
            let mut frames = Frames::default();
            let mut all = frames.feed(&answer[..cut]);
            all.extend(frames.feed(&answer[cut..]));
            let want: Vec<(u64, u8)> = (5..).zip(*b"seen 1\no \nx").collect();
            assert_eq!(output(&all, false), want, "{cut}");
            assert_eq!(output(&all, true), [(0, b'.'), (1, b'\n')], "{cut}");
            assert!(matches!(all.last(), Some(Frame::Seen(2, Told::Ended(_)))), "{cut}");
        }
    }

    #[test]
    fn what_makes_no_sense_ends_it() {
        for odd in [&b"x\n"[..], b"o 1\n", b"o -1 2\n", b"seen\n", b"seen 1 what\n", &[b'a'; 9000]] {
            let mut frames = Frames::default();
            assert_eq!(frames.feed(odd), [Frame::Odd]);
            assert_eq!(frames.feed(b"seen 1 never\n"), []);
        }
    }
}
