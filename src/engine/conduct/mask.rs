//! Masks secrets in output: as they are, split over any number of reads, interrupted by colours, and in the encodings
//! in which they are most often printed. What is masked keeps its length, so that places in the output stay true.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

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
}

struct Pattern {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether line breaks and blanks inside do not matter.
    wraps: bool,
}

impl Masks {
    /// Masks for these secrets.
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut masks = Self::default();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            masks.add(secret, false);
            for line in secret.split(|byte| *byte == b'\n').filter(|line| line.len() >= LINE && *line != secret) {
                masks.add(line, false);
            }
            for encoded in encodings(secret) {
                masks.add(&encoded, true);
            }
            for written in writings(secret) {
                masks.add(&written, false);
            }
        }
        masks
    }

    fn add(&mut self, bytes: &[u8], wraps: bool) {
        let short = wraps && bytes.len() < SHORTEST;
        if !short && !self.patterns.iter().any(|known| *known.bytes == bytes && known.wraps == wraps) {
            self.patterns.push(Pattern { bytes: Zeroizing::new(bytes.to_vec()), wraps });
        }
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

/// Base64 in both alphabets at each of its three places among other bytes, and hexadecimal digits.
fn encodings(secret: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut all = Vec::new();
    for before in 0..3 {
        let shifted = Zeroizing::new([&[0_u8; 2][..before.min(2)], secret].concat());
        // Only digits of which every bit comes from the secret.
        let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&*shifted), URL_SAFE_NO_PAD.encode(&*shifted)] {
            all.push(Zeroizing::new(text.as_bytes().get(from..to).unwrap_or_default().to_vec()));
        }
    }
    let lower: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    all.push(Zeroizing::new(lower.to_uppercase().into_bytes()));
    all.push(Zeroizing::new(lower.into_bytes()));
    all
}

/// As URLs, JSON and shells write it.
fn writings(secret: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut all: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for (upper, plus) in [(true, false), (false, false), (true, true), (false, true)] {
        all.push(Zeroizing::new(url(secret, upper, plus).into_bytes()));
    }
    for (slash, ascii) in [(false, false), (true, false), (false, true), (true, true)] {
        all.extend(std::str::from_utf8(secret).ok().map(|text| Zeroizing::new(json(text, slash, ascii).into_bytes())));
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        all.push(Zeroizing::new(text.replace('\'', "'\\''").into_bytes()));
        all.push(Zeroizing::new(text.replace('\'', "'\"'\"'").into_bytes()));
    }
    all
}

fn url(secret: &[u8], upper: bool, plus: bool) -> String {
    let one = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        b' ' if plus => "+".to_owned(),
        _ if upper => format!("%{byte:02X}"),
        _ => format!("%{byte:02x}"),
    };
    secret.iter().map(one).collect()
}

fn json(text: &str, slash: bool, ascii: bool) -> String {
    let mut buffer = [0_u16; 2];
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '/' if slash => written.push_str("\\/"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            c if (c as u32) < 0x20 || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut buffer) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => written.push(c),
        }
    }
    written
}

/// A piece that may become a secret.
#[derive(Debug, Clone, Copy)]
struct Partial {
    pattern: usize,
    /// So many of its bytes were seen.
    seen: usize,
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
}

impl Masker {
    /// Takes bytes, and gives back all that can be shown.
    pub(super) fn feed(&mut self, masks: &Masks, bytes: &[u8]) -> Vec<u8> {
        if masks.patterns.is_empty() && self.held.is_empty() {
            return bytes.to_vec();
        }
        // The patterns may be others than before: places in them mean nothing then.
        self.partial
            .retain(|partial| masks.patterns.get(partial.pattern).is_some_and(|p| partial.seen < p.bytes.len()));
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
        for mut partial in before {
            let Some(pattern) = masks.patterns.get(partial.pattern) else { continue };
            if partial.coloured && in_escape {
                self.partial.push(partial);
                continue;
            }
            if pattern.bytes.get(partial.seen) == Some(&byte) {
                partial.seen += 1;
                if partial.seen == pattern.bytes.len() {
                    found = Some(found.unwrap_or(partial.start).min(partial.start));
                } else {
                    self.partial.push(partial);
                }
            } else if pattern.wraps && byte.is_ascii_whitespace() {
                self.partial.push(partial);
            }
        }
        for (number, pattern) in masks.patterns.iter().enumerate() {
            if pattern.bytes.first() != Some(&byte) {
                continue;
            }
            if pattern.bytes.len() == 1 {
                found = Some(found.unwrap_or(at).min(at));
                continue;
            }
            for coloured in [false, true] {
                if !(coloured && in_escape) {
                    self.partial.push(Partial { pattern: number, seen: 1, start: at, coloured });
                }
            }
        }
        if let Some(start) = found {
            self.hidden.push((start, at + 1));
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CANARY: &str = "s3cr3t/Kanarie+\"07\" ä";

    fn forms() -> Vec<Vec<u8>> {
        let secret = CANARY.as_bytes();
        let mut forms = vec![secret.to_vec()];
        for before in ["", "a", "ab", "user:"] {
            let text = format!("{before}{CANARY}:more");
            forms.push(STANDARD_NO_PAD.encode(&text).into_bytes());
            forms.push(URL_SAFE_NO_PAD.encode(&text).into_bytes());
            let wrapped: Vec<String> = STANDARD_NO_PAD
                .encode(&text)
                .as_bytes()
                .chunks(7)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            forms.push(wrapped.join("\n").into_bytes());
            forms.push(wrapped.join("\r\n   ").into_bytes());
        }
        forms.extend(writings(secret).into_iter().map(|form| form.to_vec()));
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.push(hex.clone().into_bytes());
        forms.push(hex.to_uppercase().into_bytes());
        let coloured: String = CANARY.chars().map(|c| format!("\x1b[1;3{}m{c}\x1b[0m", c.len_utf8())).collect();
        forms.push(coloured.into_bytes());
        forms
    }

    /// What a person could still read out of it.
    fn leaks(shown: &[u8]) -> bool {
        let mut plain = Vec::new();
        let mut inside = false;
        for byte in shown {
            inside |= *byte == 0x1b;
            if !inside {
                plain.push(*byte);
            }
            inside &= *byte != b'm';
        }
        let tight: Vec<u8> = shown.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let has = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|window| window == word);
        let middle = |word: &[u8]| word[word.len() / 4..word.len() * 3 / 4].to_vec();
        has(&plain, b"Kanarie")
            || encodings(CANARY.as_bytes()).iter().any(|form| has(&tight, &middle(form)))
            || writings(CANARY.as_bytes()).iter().any(|form| has(shown, &middle(form)))
    }

    #[test]
    fn f1_a_secret_is_masked_in_every_form_at_every_cut() {
        let masks = Masks::of([CANARY.as_bytes()]);
        for form in forms() {
            let text = [b"before ".as_slice(), &form, b" after\n"].concat();
            assert!(leaks(&text), "the test sees it: {}", String::from_utf8_lossy(&text));
            for cut in 0..=text.len() {
                let mut masker = Masker::default();
                let mut shown = masker.feed(&masks, &text[..cut]);
                assert!(!leaks(&shown), "a piece is shown before the rest came");
                shown.extend(masker.feed(&masks, &text[cut..]));
                shown.extend(masker.rest());
                assert!(
                    !leaks(&shown),
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
}
