//! A bracketed paste, and the suspicious moment after it.
//!
//! A paste never becomes keys: not when it has no end, not when its rest comes late, and not when the pasted
//! text contains the sequence that ends a paste.

use std::time::Duration;

use super::PARTIAL_WAIT;
use crate::domain::Moment;

/// Bytes of a paste that are kept.
const KEPT: usize = 1 << 20;
const END: &[u8] = b"\x1b[201~";
/// A paste is over when fewer bytes than this came within [`PARTIAL_WAIT`]: a person who types into an
/// unfinished paste is not locked out by their own keys.
const FLOW: u64 = 64;

/// After a paste, bytes are held until nothing came for this long.
const QUIET: Duration = Duration::from_millis(20);
/// So many bytes in one burst may be keys; more are pasted.
const BURST: usize = 16;
/// For this long after a paste without an end its rest may still come.
const LATE: Duration = Duration::from_secs(10);

/// Finds the end of a paste in a stream of bytes.
#[derive(Debug, Default)]
struct EndFinder(usize);

impl EndFinder {
    /// Takes a byte; whether it completes the end. What turned out not to belong to the end goes to `text`.
    fn take(&mut self, byte: u8, mut text: impl FnMut(u8)) -> bool {
        if END.get(self.0) == Some(&byte) {
            self.0 += 1;
            return self.0 == END.len();
        }
        // Only the first byte of the end is an escape, so nothing but that can begin anew.
        END.iter().take(self.0).for_each(|byte| text(*byte));
        self.0 = usize::from(byte == 0x1B);
        if self.0 == 0 {
            text(byte);
        }
        false
    }
}

/// A paste that has begun.
#[derive(Debug)]
pub(super) struct Paste {
    kept: Vec<u8>,
    cut: u64,
    end: EndFinder,
    mark: Moment,
    flowed: u64,
}

impl Paste {
    pub(super) fn new(now: Moment) -> Self {
        Self { kept: Vec::new(), cut: 0, end: EndFinder::default(), mark: now, flowed: 0 }
    }

    pub(super) fn deadline(&self) -> Moment {
        self.mark.after(PARTIAL_WAIT)
    }

    /// Bytes that were not kept.
    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// Takes a byte; whether the paste ends with it.
    pub(super) fn ends_with(&mut self, byte: u8, now: Moment) -> bool {
        self.flowed += 1;
        if self.flowed >= FLOW {
            self.flowed = 0;
            self.mark = now;
        }
        let (kept, cut) = (&mut self.kept, &mut self.cut);
        self.end.take(byte, |byte| if kept.len() < KEPT { kept.push(byte) } else { *cut += 1 })
    }

    /// The text, with line feeds where the terminal sent carriage returns.
    pub(super) fn text(self) -> String {
        String::from_utf8_lossy(&self.kept).replace("\r\n", "\n").replace('\r', "\n")
    }
}

/// After a paste: holds what comes in the same burst, because it may be the rest of the paste.
#[derive(Debug)]
pub(super) struct Tail {
    held: Vec<u8>,
    more: u64,
    end: EndFinder,
    last: Moment,
    /// Bursts are suspicious until then.
    until: Moment,
}

/// What the burst was.
#[derive(Debug)]
pub(super) enum TailEnd {
    /// Nothing came; go on waiting.
    Wait(Tail),
    /// Keys; and how to go on after them.
    Keys(Vec<u8>, Option<Tail>),
    /// So many pasted bytes, or none; and how to go on.
    Swallowed(u64, Option<Tail>),
}

impl Tail {
    pub(super) fn after_paste(now: Moment) -> Self {
        Self::new(now, now.after(QUIET))
    }

    pub(super) fn after_unfinished(now: Moment) -> Self {
        Self::new(now, now.after(LATE))
    }

    fn new(last: Moment, until: Moment) -> Self {
        Self { held: Vec::new(), more: 0, end: EndFinder::default(), last, until }
    }

    pub(super) fn deadline(&self) -> Moment {
        if self.held.is_empty() { self.until } else { self.last.after(QUIET) }
    }

    /// Takes a byte in; how many bytes turned out to be pasted, by an end of a paste coming after them.
    pub(super) fn take(&mut self, byte: u8, now: Moment) -> u64 {
        self.last = now;
        if self.held.len() <= BURST {
            self.held.push(byte);
        } else {
            self.more += 1;
        }
        if !self.end.take(byte, |_| {}) {
            return 0;
        }
        let pasted = self.size();
        *self = Self::after_paste(now);
        pasted
    }

    /// The burst is over.
    pub(super) fn end(self, now: Moment) -> TailEnd {
        if self.held.is_empty() && self.until > now {
            return TailEnd::Wait(self);
        }
        let size = self.size();
        let next = (self.until > now).then(|| Self::new(now, self.until));
        if self.held.len() <= BURST && !self.held.is_empty() {
            TailEnd::Keys(self.held, next)
        } else {
            TailEnd::Swallowed(size, next)
        }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.held.len()).unwrap_or(u64::MAX).saturating_add(self.more)
    }
}
