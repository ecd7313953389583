//! Masks secrets in output: as they are, split over any number of reads, interrupted by colours, escaped as URLs, JSON,
//! shells, C and HTML write them, and in base64 and hexadecimal digits. What is masked keeps its length, so that places
//! in the output stay true.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::dump::{COLUMN, Dump};
use super::writing::{RAW, writings};

/// What stands in the place of each byte.
const MASK: u8 = b'*';
/// A shorter piece of an encoding stands for nothing.
const SHORTEST: usize = 4;
/// A line of a secret of several lines is masked by itself from this length on.
const LINE: usize = 8;

/// What is looked for.
#[derive(Default)]
pub(super) struct Masks {
    patterns: Vec<Pattern>,
    /// How each character of the secrets may be written.
    writings: BTreeMap<u32, Vec<Vec<u8>>>,
    /// What may begin with each byte: forms of the first characters of patterns. Empty without patterns.
    starts: Vec<Vec<(usize, usize)>>,
    /// Whether nothing at all is shown, because what must be masked is not known.
    everything: bool,
}

/// A secret, or an encoding of one, character by character.
struct Pattern {
    units: Zeroizing<Vec<u32>>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Each character may be written in several ways.
    Written,
    /// Digits, between which line breaks and blanks do not matter.
    Base64,
    /// The same in any case; colons and dashes do not matter either.
    Hex,
}

impl Masks {
    /// Masks for these secrets.
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut masks = Self::default();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            masks.add(units(secret), Kind::Written);
            for line in secret.split(|byte| *byte == b'\n').filter(|line| line.len() >= LINE && *line != secret) {
                masks.add(units(line), Kind::Written);
            }
            for (digits, kind) in encodings(secret) {
                masks.add(Zeroizing::new(digits.iter().map(|byte| u32::from(*byte)).collect()), kind);
            }
        }
        masks
    }

    /// Masks for what is not known: everything but the ends of lines.
    pub(super) fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    fn add(&mut self, units: Zeroizing<Vec<u32>>, kind: Kind) {
        let short = kind != Kind::Written && units.len() < SHORTEST;
        if short || self.patterns.iter().any(|known| known.units == units && known.kind == kind) {
            return;
        }
        for unit in units.iter() {
            self.writings.entry(*unit).or_insert_with(|| writings(*unit));
        }
        self.starts.resize_with(256, Vec::new);
        self.patterns.push(Pattern { units, kind });
        let number = self.patterns.len() - 1;
        let first: Vec<u8> = self
            .patterns
            .last()
            .map_or(&[][..], |pattern| self.options(pattern, 0))
            .iter()
            .filter_map(|option| option.first().copied())
            .collect();
        for (option, byte) in first.into_iter().enumerate() {
            for byte in [byte, byte.to_ascii_uppercase()].into_iter().take(if kind == Kind::Hex { 2 } else { 1 }) {
                let known = self.starts.get_mut(usize::from(byte)).filter(|known| !known.contains(&(number, option)));
                known.into_iter().for_each(|known| known.push((number, option)));
            }
        }
    }

    /// How a place of a pattern may be written: one of these.
    fn options(&self, pattern: &Pattern, unit: usize) -> &[Vec<u8>] {
        let all = pattern.units.get(unit).and_then(|unit| self.writings.get(unit)).map_or(&[][..], Vec::as_slice);
        // As it is stands first; digits have no other form.
        if pattern.kind == Kind::Written { all } else { all.get(..1).unwrap_or_default() }
    }

    /// Whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && !self.everything
    }

    /// What changes when there are other secrets.
    fn shape(&self) -> (usize, usize) {
        (self.patterns.len(), self.patterns.iter().map(|pattern| pattern.units.len()).sum())
    }

    /// These bytes, masked.
    pub(super) fn mask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut masker = Masker::default();
        let mut masked = masker.feed(self, bytes);
        masked.extend(masker.rest());
        masked
    }

    /// The same for text; what is masked stays text.
    pub(super) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.mask(text.as_bytes())).into_owned()
    }

    /// Whether any of it is in there.
    pub(super) fn touches(&self, text: &str) -> bool {
        self.mask(text.as_bytes()) != text.as_bytes()
    }
}

/// The characters of a secret; what is no UTF-8 byte by byte.
fn units(secret: &[u8]) -> Zeroizing<Vec<u32>> {
    let mut units = Zeroizing::new(Vec::with_capacity(secret.len()));
    for chunk in secret.utf8_chunks() {
        units.extend(chunk.valid().chars().map(u32::from));
        units.extend(chunk.invalid().iter().map(|byte| RAW + u32::from(*byte)));
    }
    units
}

/// Base64 in both alphabets at each of its three places among other bytes, and hexadecimal digits.
fn encodings(secret: &[u8]) -> Vec<(Zeroizing<Vec<u8>>, Kind)> {
    let mut all = Vec::new();
    for before in 0..3 {
        let shifted = Zeroizing::new([&[0_u8; 2][..before.min(2)], secret].concat());
        // Only digits of which every bit comes from the secret.
        let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&*shifted), URL_SAFE_NO_PAD.encode(&*shifted)] {
            let digits = Zeroizing::new(text.as_bytes().get(from..to).unwrap_or_default().to_vec());
            all.push((digits, Kind::Base64));
        }
    }
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    all.push((Zeroizing::new(digits.into_bytes()), Kind::Hex));
    all
}

/// A piece that may become a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Partial {
    pattern: usize,
    /// The character of it that is being read, in which of its forms, and so many bytes of that.
    unit: usize,
    option: usize,
    at: usize,
    /// Where it began, from the beginning of what is held.
    start: usize,
    /// Whether escape sequences in it do not matter.
    coloured: bool,
    /// Where in the lines of a dump of bytes it is.
    dump: Dump,
    /// Whether it goes over more than one line of a dump.
    crossed: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Escape {
    #[default]
    None,
    Begun,
    Inside,
    /// A command to the terminal of so many bytes so far, up to its end.
    Command(u8),
    /// The first byte of what may be a character without width.
    Wide,
    /// The last one of it comes.
    Last,
}

/// Masks one stream, piece by piece. What may still become a secret is held back.
#[derive(Debug, Default)]
pub(super) struct Masker {
    held: Vec<u8>,
    hidden: Vec<(usize, usize)>,
    partial: Vec<Partial>,
    escape: Escape,
    shape: (usize, usize),
    /// The rest of this line is hidden: beside its digits stands what they mean.
    covers: bool,
}

impl Masker {
    /// Takes bytes, and gives back all that can be shown.
    pub(super) fn feed(&mut self, masks: &Masks, bytes: &[u8]) -> Vec<u8> {
        if masks.everything {
            let at = self.held.len();
            self.held.extend_from_slice(bytes);
            self.hidden.push((at, self.held.len()));
            self.partial.clear();
            return self.show(self.held.len());
        }
        if masks.patterns.is_empty() && self.held.is_empty() {
            return bytes.to_vec();
        }
        if self.shape != masks.shape() {
            // Other secrets than before: what is held is looked at anew.
            self.shape = masks.shape();
            self.partial.clear();
            self.escape = Escape::None;
            std::mem::take(&mut self.held).into_iter().for_each(|byte| self.take(masks, byte));
        }
        let mut shown = Vec::with_capacity(bytes.len());
        for byte in bytes {
            self.take(masks, *byte);
            if self.partial.is_empty() && self.held.len() >= 4096 {
                shown.extend(self.show(self.held.len()));
            }
        }
        let free = self.partial.iter().map(|partial| partial.start).min().unwrap_or(self.held.len());
        shown.extend(self.show(free));
        shown
    }

    /// What is left when nothing more comes.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.partial.clear();
        self.show(self.held.len())
    }

    fn take(&mut self, masks: &Masks, byte: u8) {
        let at = self.held.len();
        self.held.push(byte);
        let (in_escape, own) = self.escape(byte);
        self.covers &= byte != b'\n';
        if self.covers {
            self.hide(at, at + 1);
        }
        let before = std::mem::take(&mut self.partial);
        let mut found = None;
        for partial in before {
            let Some(pattern) = masks.patterns.get(partial.pattern) else { continue };
            if pattern.kind == Kind::Hex {
                self.partial.extend(partial.dumped(byte));
                if !partial.dump.is_digits() {
                    continue;
                }
            }
            let skips = partial.coloured && in_escape;
            let steps = (!skips || own) && self.step(masks, pattern, partial, byte, &mut found);
            if skips || (!steps && pattern.kind.passes(byte)) {
                self.partial.push(Partial { dump: partial.dump.blank(byte), ..partial });
            }
        }
        for (number, option) in masks.starts.get(usize::from(byte)).into_iter().flatten() {
            let Some(pattern) = masks.patterns.get(*number) else { continue };
            for coloured in [false, true] {
                let (dump, crossed) = (Dump::default(), false);
                let begun =
                    Partial { pattern: *number, unit: 0, option: *option, at: 0, start: at, coloured, dump, crossed };
                if !(coloured && in_escape) || own {
                    self.step(masks, pattern, begun, byte, &mut found);
                }
            }
        }
        if let Some((start, crossed)) = found {
            self.hide(start, at + 1);
            self.covers |= crossed;
        }
    }

    fn hide(&mut self, from: usize, to: usize) {
        match self.hidden.last_mut() {
            Some((_, end)) if *end == from => *end = to,
            Some(_) | None => self.hidden.push((from, to)),
        }
    }

    /// Takes one byte into a piece: whether it fits.
    fn step(
        &mut self,
        masks: &Masks,
        pattern: &Pattern,
        mut partial: Partial,
        byte: u8,
        found: &mut Option<(usize, bool)>,
    ) -> bool {
        let Some(option) = masks.options(pattern, partial.unit).get(partial.option) else { return false };
        let fits = match option.get(partial.at) {
            Some(expected) if pattern.kind == Kind::Hex => expected.eq_ignore_ascii_case(&byte),
            expected => expected == Some(&byte),
        };
        if !fits {
            return false;
        }
        partial.at += 1;
        partial.dump = Dump::default();
        if partial.at < option.len() {
            self.partial.push(partial);
        } else if partial.unit + 1 == pattern.units.len() {
            let (start, crossed) = found.unwrap_or((partial.start, false));
            *found = Some((start.min(partial.start), crossed || partial.crossed));
        } else {
            (partial.unit, partial.at) = (partial.unit + 1, 0);
            for option in 0..masks.options(pattern, partial.unit).len() {
                self.partial.push(Partial { option, ..partial });
            }
        }
        true
    }

    /// Whether a byte belongs to an escape sequence, or to what has no width on a screen; and whether it may all the same be
    /// one of a secret itself, as the first of `€` may.
    fn escape(&mut self, byte: u8) -> (bool, bool) {
        let before = self.escape;
        self.escape = match (before, byte) {
            (_, 0x1b) => Escape::Begun,
            (Escape::Begun, b'[') => Escape::Inside,
            (Escape::Begun, b']' | b'P' | b'_' | b'^' | b'X') => Escape::Command(0),
            (Escape::Command(_), 0x07) => Escape::None,
            // One that does not end is none.
            (Escape::Command(long), _) if long < u8::MAX => Escape::Command(long + 1),
            // U+200B to U+200F, U+2060 and their like begin so.
            (Escape::None, 0xe2) => Escape::Wide,
            (Escape::Wide, 0x80 | 0x81) => Escape::Last,
            (Escape::Inside, 0x40..=0x7e) => Escape::None,
            (Escape::None | Escape::Begun | Escape::Command(_) | Escape::Wide | Escape::Last, _) => Escape::None,
            (Escape::Inside, _) => Escape::Inside,
        };
        let unseen = matches!(byte, 0x00 | 0x07 | 0x08 | b'\r' | 0x7f);
        let own = unseen || matches!(before, Escape::Wide | Escape::Last) || self.escape == Escape::Wide;
        (before != Escape::None || self.escape != Escape::None || unseen, own)
    }

    /// Takes the first bytes out of what is held, masked.
    fn show(&mut self, free: usize) -> Vec<u8> {
        let mut shown: Vec<u8> = self.held.drain(..free).collect();
        for (start, end) in &self.hidden {
            for byte in shown.get_mut((*start).min(free)..(*end).min(free)).unwrap_or_default() {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = MASK;
                }
            }
        }
        self.hidden.retain_mut(|(start, end)| {
            (*start, *end) = (start.saturating_sub(free), end.saturating_sub(free));
            *end > 0
        });
        for partial in &mut self.partial {
            partial.start = partial.start.saturating_sub(free);
        }
        shown
    }
}

impl Partial {
    /// What else this may be in a dump of bytes after one byte more.
    fn dumped(self, byte: u8) -> Option<Self> {
        let whole = self.at == 0 && self.unit > 0 && self.unit.is_multiple_of(2);
        let dump = match (self.dump, byte) {
            (Dump::Digits(_), b'\n') if whole => Dump::Place(0),
            (Dump::Digits(2..), byte) if whole && !byte.is_ascii_whitespace() => Dump::Meaning(1),
            (Dump::Meaning(_), b'\n') => Dump::Place(0),
            (Dump::Meaning(long), _) if long < COLUMN => Dump::Meaning(long + 1),
            (Dump::Place(long), byte) if long < COLUMN && (byte.is_ascii_hexdigit() || byte == b':') => {
                Dump::Place(long + 1)
            }
            (Dump::Place(1..), b' ') => return Some(Self { dump: Dump::Digits(1), crossed: true, ..self }),
            (Dump::Digits(_) | Dump::Meaning(_) | Dump::Place(_), _) => return None,
        };
        Some(Self { dump, ..self })
    }
}

impl Kind {
    /// Whether this byte may stand between two digits.
    fn passes(self, byte: u8) -> bool {
        match self {
            Kind::Written => false,
            Kind::Base64 => byte.is_ascii_whitespace(),
            Kind::Hex => byte.is_ascii_whitespace() || matches!(byte, b':' | b'-'),
        }
    }
}

/// Whether what was recorded is this command, with nothing but bytes masked, which keep their places.
pub(super) fn is_masked(command: &str, recorded: &str) -> bool {
    let same = |(own, kept): (u8, u8)| own == kept || kept == MASK;
    command.len() == recorded.len() && command.bytes().zip(recorded.bytes()).all(same)
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
