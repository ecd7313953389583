//! Finds our own words in what a host sends: noise before the start, then the command's bytes, then the verdict.

use crate::port::End;

/// Noise of start-up files that is passed over at most.
const NOISE: usize = 1 << 20;

/// Of the noise this much is kept, as the words of a shell that refuses.
const NOISE_KEPT: usize = 512;

/// The reader of one call's standard output.
#[derive(Debug)]
pub(super) struct Frame {
    word: Vec<u8>,
    state: State,
    held: Vec<u8>,
    skipped: usize,
    noise: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Before,
    Inside,
    After(End),
}

/// What came of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fed {
    /// Bytes that the command itself said.
    pub(super) body: Vec<u8>,
    /// Whether the command was seen to start just now.
    pub(super) started: bool,
}

impl Frame {
    /// Waits for the start first.
    pub(super) fn new(word: &str) -> Self {
        Self { word: word.as_bytes().to_vec(), state: State::Before, held: Vec::new(), skipped: 0, noise: Vec::new() }
    }

    /// For a stream that carries only the verdict.
    pub(super) fn started(word: &str) -> Self {
        Self { state: State::Inside, ..Self::new(word) }
    }

    /// Takes bytes in.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Fed {
        let mut fed = Fed::default();
        self.held.extend_from_slice(bytes);
        if self.state == State::Before {
            self.seek_start(&mut fed);
        }
        if self.state == State::Inside {
            self.seek_end(&mut fed);
        }
        fed
    }

    /// The verdict, once it was seen.
    pub(super) fn end(&self) -> Option<&End> {
        match &self.state {
            State::After(end) => Some(end),
            State::Before | State::Inside => None,
        }
    }

    /// Whether the command was seen to start.
    pub(super) fn has_started(&self) -> bool {
        self.state != State::Before
    }

    /// Whether so much noise came that the start is not looked for any longer.
    pub(super) fn is_hopeless(&self) -> bool {
        self.skipped > NOISE
    }

    /// What was held back and belongs to the command after all, when the stream ended without a verdict.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        if self.state == State::Inside { std::mem::take(&mut self.held) } else { Vec::new() }
    }

    /// What came instead of the start.
    pub(super) fn noise(&self) -> Vec<u8> {
        let room = NOISE_KEPT.saturating_sub(self.noise.len()).min(self.held.len());
        [self.noise.as_slice(), &self.held[..room]].concat()
    }

    fn seek_start(&mut self, fed: &mut Fed) {
        let Some(at) = find(&self.held, &self.word) else {
            let keep = self.word.len().saturating_sub(1).min(self.held.len());
            self.skipped += self.held.len() - keep;
            let passed = self.held.drain(..self.held.len() - keep);
            self.noise.extend(passed.take(NOISE_KEPT.saturating_sub(self.noise.len())));
            return;
        };
        // The rest of the line is the process number.
        let Some(line) = self.held[at..].iter().position(|byte| *byte == b'\n') else { return };
        self.held.drain(..=at + line);
        self.state = State::Inside;
        fed.started = true;
    }

    fn seek_end(&mut self, fed: &mut Fed) {
        let mut mark = vec![b'\n'];
        mark.extend_from_slice(&self.word);
        mark.push(b' ');
        match find(&self.held, &mark) {
            None => {
                // Only a tail that could still become the mark is held back.
                let from = self.held.len().saturating_sub(mark.len() - 1);
                let tail = (from..self.held.len()).find(|at| mark.starts_with(&self.held[*at..]));
                fed.body.extend(self.held.drain(..tail.unwrap_or(self.held.len())));
            }
            Some(at) => {
                let line = &self.held[at + mark.len()..];
                let Some(length) = line.iter().position(|byte| *byte == b'\n') else {
                    fed.body.extend(self.held.drain(..at));
                    return;
                };
                let end = verdict(&line[..length]);
                fed.body.extend(self.held.drain(..at));
                self.held.clear();
                self.state = State::After(end);
            }
        }
    }
}

/// `STATUS KIND` as the wrapper writes it.
fn verdict(words: &[u8]) -> End {
    let text = String::from_utf8_lossy(words);
    let mut parts = text.split(' ');
    let status: Option<i32> = parts.next().and_then(|word| word.parse().ok());
    match (status, parts.next().map(str::trim_end)) {
        (Some(_), Some("n")) => End::NotFound,
        (Some(status), Some("k")) if status > 128 => End::Killed(status - 128),
        (Some(status), Some("e")) => End::Exited(status),
        _ => End::NotStarted(format!("the host's shell gave a verdict that makes no sense: {}", text.escape_debug())),
    }
}

fn find(within: &[u8], words: &[u8]) -> Option<usize> {
    let first = *words.first()?;
    let mut from = 0;
    while let Some(at) = within[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if within[at..].starts_with(words) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_reply_cut_at_every_byte_reads_the_same() {
        let reply = b"motd\nNON\nNONCE 42\nline\n\n\nNONC\nbody without end\nNONCE 143 k\nlate";
        for at in 0..=reply.len() {
            let mut frame = Frame::new("NONCE");
            let mut body = frame.feed(&reply[..at]).body;
            body.extend(frame.feed(&reply[at..]).body);
            assert_eq!(body, b"line\n\n\nNONC\nbody without end", "{at}");
            assert_eq!(frame.end(), Some(&End::Killed(15)), "{at}");
        }
    }

    #[test]
    fn verdicts_are_told_apart() {
        for (words, want) in [
            ("0 e", End::Exited(0)),
            ("127 e", End::Exited(127)),
            ("127 n", End::NotFound),
            ("255 e", End::Exited(255)),
            ("137 e", End::Exited(137)),
            ("137 k", End::Killed(9)),
        ] {
            assert_eq!(verdict(words.as_bytes()), want);
        }
        assert!(matches!(verdict(b"x"), End::NotStarted(_)));
    }

    #[test]
    fn endless_noise_is_given_up() {
        let mut frame = Frame::new("NONCE");
        for _ in 0..40 {
            frame.feed(&[b'x'; 64 << 10]);
        }
        assert!(frame.is_hopeless() && !frame.has_started());
        assert!(frame.held.len() < 64);
    }

    #[test]
    fn bytes_are_not_held_back_longer_than_needed() {
        let mut frame = Frame::started("NONCE");
        assert_eq!(frame.feed(b"prompt> ").body, b"prompt> ");
        assert_eq!(frame.feed(b"a\n").body, b"a");
        assert_eq!(frame.feed(b"b").body, b"\nb");
    }
}
