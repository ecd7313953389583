//! Bytes as lines, as they come: bounded, and counted to the byte.

/// Bytes of a line that are kept; the rest is counted.
pub const KEPT: usize = 64 << 10;

/// One line without its line feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawLine {
    /// What it says, at most [`KEPT`] bytes.
    pub bytes: Vec<u8>,
    /// Bytes beyond those.
    pub cut: u64,
    /// Bytes of the stream that it took, its line feed among them.
    pub length: u64,
}

/// Takes a stream apart.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    open: RawLine,
}

impl Lines {
    /// Takes the next bytes; whole lines go into `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<RawLine>) {
        let mut pieces = bytes.split_inclusive(|byte| *byte == b'\n');
        pieces.by_ref().for_each(|piece| {
            let (text, ends) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            let room = KEPT.saturating_sub(self.open.bytes.len()).min(text.len());
            let (kept, rest) = text.split_at_checked(room).unwrap_or((text, &[]));
            self.open.bytes.extend_from_slice(kept);
            self.open.cut += rest.len() as u64;
            self.open.length += piece.len() as u64;
            if ends {
                out.push(std::mem::take(&mut self.open));
            }
        });
    }

    /// Bytes that came behind the last line feed.
    pub fn open(&self) -> u64 {
        self.open.length
    }

    /// What came behind the last line feed, when the stream has ended.
    pub fn last(&mut self) -> Option<RawLine> {
        (self.open.length > 0).then(|| std::mem::take(&mut self.open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pieces: &[&[u8]]) -> Vec<RawLine> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        pieces.iter().for_each(|piece| lines.push(piece, &mut out));
        out.extend(lines.last());
        out
    }

    /// Fault B11: a stream that is cut anywhere gives the same lines.
    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let text = b"one\n\ntwo \xff\x00 three\nlast";
        let all = whole(&[text]);
        assert_eq!(all.iter().map(|line| line.length).sum::<u64>(), text.len() as u64);
        assert_eq!(all.len(), 4);
        for at in 0..=text.len() {
            let (left, right) = text.split_at(at);
            assert_eq!(whole(&[left, right]), all, "cut at {at}");
        }
    }

    #[test]
    fn a_long_line_is_kept_in_part_and_counted_whole() {
        let long = vec![b'x'; KEPT + 5];
        let all = whole(&[&long, b"y\nz\n"]);
        assert_eq!(all.first().map(|line| (line.bytes.len(), line.cut, line.length)), Some((KEPT, 6, KEPT as u64 + 7)));
        assert_eq!(all.get(1).map(|line| line.bytes.as_slice()), Some(&b"z"[..]));
    }
}
