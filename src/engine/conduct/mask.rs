//! Masks secrets in output: as they are, split over any number of reads, interrupted by colours, escaped as URLs, JSON,
//! shells, C and HTML write them, and in base64 and hexadecimal digits. What is masked keeps its length, so that places
//! in the output stay true.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

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
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Escape {
    #[default]
    None,
    Begun,
    Inside,
}

/// Masks one stream, piece by piece. What may still become a secret is held back.
#[derive(Debug, Default)]
pub(super) struct Masker {
    held: Vec<u8>,
    hidden: Vec<(usize, usize)>,
    partial: Vec<Partial>,
    escape: Escape,
    shape: (usize, usize),
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
        let in_escape = self.escape(byte);
        let before = std::mem::take(&mut self.partial);
        let mut found = None;
        for partial in before {
            let Some(pattern) = masks.patterns.get(partial.pattern) else { continue };
            let stays = (partial.coloured && in_escape)
                || (!self.step(masks, pattern, partial, byte, &mut found) && pattern.kind.passes(byte));
            if stays {
                self.partial.push(partial);
            }
        }
        for (number, option) in masks.starts.get(usize::from(byte)).into_iter().flatten() {
            let Some(pattern) = masks.patterns.get(*number) else { continue };
            for coloured in [false, true] {
                let begun = Partial { pattern: *number, unit: 0, option: *option, at: 0, start: at, coloured };
                if !(coloured && in_escape) {
                    self.step(masks, pattern, begun, byte, &mut found);
                }
            }
        }
        if let Some(start) = found {
            self.hidden.push((start, at + 1));
        }
    }

    /// Takes one byte into a piece: whether it fits.
    fn step(
        &mut self,
        masks: &Masks,
        pattern: &Pattern,
        mut partial: Partial,
        byte: u8,
        found: &mut Option<usize>,
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
        if partial.at < option.len() {
            self.partial.push(partial);
        } else if partial.unit + 1 == pattern.units.len() {
            *found = Some(found.unwrap_or(partial.start).min(partial.start));
        } else {
            (partial.unit, partial.at) = (partial.unit + 1, 0);
            for option in 0..masks.options(pattern, partial.unit).len() {
                self.partial.push(Partial { option, ..partial });
            }
        }
        true
    }

    /// Whether a byte belongs to an escape sequence.
    fn escape(&mut self, byte: u8) -> bool {
        let before = self.escape;
        self.escape = match (before, byte) {
            (_, 0x1b) => Escape::Begun,
            (Escape::Begun, b'[') => Escape::Inside,
            (Escape::Inside, 0x40..=0x7e) | (Escape::None | Escape::Begun, _) => Escape::None,
            (Escape::Inside, _) => Escape::Inside,
        };
        before != Escape::None || self.escape != Escape::None
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CANARY: &str = "s3cr3t/Kanarie+\"07\" <ä>";

    /// As programs of every kind would print it.
    fn forms() -> Vec<Vec<u8>> {
        let mut forms = vec![CANARY.as_bytes().to_vec()];
        for before in ["", "a", "ab", "user:"] {
            let text = format!("{before}{CANARY}:more");
            forms.push(STANDARD_NO_PAD.encode(&text).into_bytes());
            forms.push(URL_SAFE_NO_PAD.encode(&text).into_bytes());
            let digits = STANDARD_NO_PAD.encode(&text);
            let wrapped: Vec<&str> =
                digits.as_bytes().chunks(7).map(|line| std::str::from_utf8(line).unwrap()).collect();
            forms.push(wrapped.join("\n").into_bytes());
            forms.push(wrapped.join("\r\n   ").into_bytes());
        }
        let each = |form: fn(u8) -> String, between: &str| {
            CANARY.bytes().map(form).collect::<Vec<_>>().join(between).into_bytes()
        };
        forms.push(each(|byte| format!("{byte:02x}"), ""));
        forms.push(each(|byte| format!("{byte:02X}"), ":"));
        forms.push(each(|byte| format!("{byte:02x}"), " "));
        forms.push(each(|byte| format!("%{byte:02x}"), ""));
        forms.push(each(|byte| format!("\\x{byte:02x}"), ""));
        forms.push(each(|byte| format!("\\{byte:03o}"), ""));
        forms.push(
            CANARY.chars().map(|c| format!("\x1b[1;3{}m{c}\x1b[0m", c.len_utf8())).collect::<String>().into_bytes(),
        );
        for written in [
            // quote of Python, encodeURIComponent, forms
            "s3cr3t/Kanarie%2B%2207%22%20%3C%C3%A4%3E",
            "s3cr3t%2fKanarie%2b%2207%22%20%3c%c3%a4%3e",
            "s3cr3t%2FKanarie%2B%2207%22+%3C%C3%A4%3E",
            // JSON of serde, Python, PHP, Go
            r#"s3cr3t/Kanarie+\"07\" <ä>"#,
            r#"s3cr3t/Kanarie+\"07\" <\u00e4>"#,
            r#"s3cr3t\/Kanarie+\"07\" <\u00E4>"#,
            r#"s3cr3t/Kanarie+\"07\" \u003cä\u003e"#,
            // printf %q, XML, HTML
            r#"s3cr3t/Kanarie+\"07\"\ \<ä\>"#,
            "s3cr3t/Kanarie+&quot;07&quot; &lt;ä&gt;",
            "s3cr3t/Kanarie&#43;&#34;07&#34; &lt;&#228;&gt;",
        ] {
            forms.push(written.as_bytes().to_vec());
        }
        forms
    }

    /// Whether a person could still read something of it.
    fn leaks(shown: &[u8], length: usize) -> bool {
        let place = "before ".len();
        let inner = shown.get(place..shown.len().min(place + length)).unwrap_or_default();
        let open = inner.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != MASK).count();
        // Beside it in base64 stand `user:` and `:more`.
        open > 16
    }

    #[test]
    fn f1_a_secret_is_masked_in_every_form_at_every_cut() {
        let masks = Masks::of([CANARY.as_bytes()]);
        for form in forms() {
            let text = [b"before ".as_slice(), &form, b" after\n"].concat();
            assert!(leaks(&text, form.len()), "the test sees it: {}", String::from_utf8_lossy(&text));
            for cut in 0..=text.len() {
                let mut masker = Masker::default();
                let mut shown = masker.feed(&masks, &text[..cut]);
                assert!(!leaks(&shown, form.len()), "a piece is shown before the rest came");
                shown.extend(masker.feed(&masks, &text[cut..]));
                shown.extend(masker.rest());
                assert!(
                    !leaks(&shown, form.len()),
                    "{} at {cut}: {}",
                    String::from_utf8_lossy(&form),
                    String::from_utf8_lossy(&shown)
                );
                assert_eq!(shown.len(), text.len(), "places in the output stay true");
                assert!(shown.starts_with(b"before ") && shown.ends_with(b" after\n"));
            }
        }
    }

    #[test]
    fn what_only_looks_like_it_is_shown() {
        let masks = Masks::of([b"aab".as_slice()]);
        assert_eq!(masks.text("aaab aa ab aba"), "a*** aa ab aba");
        assert_eq!(Masks::default().text("anything"), "anything");
        let mut masker = Masker::default();
        assert_eq!(masker.feed(&masks, b"xaa"), b"x");
        assert_eq!(masker.rest(), b"aa");
        assert_eq!(Masks::of([b"a'b\xff".as_slice()]).mask(b"a'\\''b\\xFF a'b"), b"********** a'b");
    }

    #[test]
    fn one_byte_at_a_time_is_the_same() {
        let masks = Masks::of([b"swordfish".as_slice(), b"fishbone".as_slice()]);
        let text = b"a swordfishbone and sword\x1b[31mfish, c3dvcmRmaXNo";
        let mut masker = Masker::default();
        let mut shown: Vec<u8> = text.iter().flat_map(|byte| masker.feed(&masks, &[*byte])).collect();
        shown.extend(masker.rest());
        assert_eq!(shown, masks.mask(text));
        assert_eq!(String::from_utf8_lossy(&shown[..15]), "a *************");
    }

    #[test]
    fn f1_a_secret_that_becomes_known_in_the_middle_of_another_uncovers_neither() {
        let before = Masks::of([b"swordfish".as_slice()]);
        let after = Masks::of([b"another one".as_slice(), b"swordfish".as_slice()]);
        let mut masker = Masker::default();
        let mut shown = masker.feed(&before, b"it is sword");
        shown.extend(masker.feed(&after, b"fish, another"));
        shown.extend(masker.feed(&after, b" one."));
        shown.extend(masker.rest());
        assert_eq!(String::from_utf8_lossy(&shown), "it is *********, ***********.");
    }

    #[test]
    fn while_a_secret_is_not_known_nothing_is_shown() {
        let mut masker = Masker::default();
        assert_eq!(masker.feed(&Masks::everything(), b"one\ntwo \x1b[1m\n"), b"***\n********\n");
    }
}
