//! Bytes to text: one U+FFFD per maximal invalid part, and the way back to byte offsets.

use std::borrow::Cow;

/// A decoded record that still knows where in the bytes each of its places came from.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// After each invalid part: (offset in the text, offset in the bytes).
    drifts: Vec<(usize, usize)>,
}

impl<'a> Decoded<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: Cow::Borrowed(text), drifts: Vec::new() };
        }
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
        let mut drifts = Vec::new();
        let mut source = 0;
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            source += chunk.valid().len() + chunk.invalid().len();
            if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
                drifts.push((text.len(), source));
            }
        }
        Self { text: Cow::Owned(text), drifts }
    }

    /// The offset in the bytes of a place in the text.
    pub(super) fn source(&self, at: usize) -> usize {
        let known = self.drifts.partition_point(|(text, _)| *text <= at);
        match known.checked_sub(1).and_then(|index| self.drifts.get(index)) {
            Some((text, source)) => source + (at - text),
            None => at,
        }
    }
}

/// The longest head of at most `limit` bytes that does not split a character.
pub(super) fn head(bytes: &[u8], limit: usize) -> &[u8] {
    if bytes.len() <= limit {
        return bytes;
    }
    let mut end = limit;
    // A character has at most three continuation bytes; more of them are invalid anyway.
    while end > limit.saturating_sub(3) && bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
        end -= 1;
    }
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_replacement_for_each_maximal_invalid_part() {
        for (bytes, text) in [
            (&b"a\xC3\xA9b"[..], "aéb"),
            (b"\xC0\xAF", "\u{FFFD}\u{FFFD}"),
            (b"\xE2\x82", "\u{FFFD}"),
            (b"\xE2\x82x", "\u{FFFD}x"),
            (b"\xED\xA0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            (b"\xF0\x9F\x92x", "\u{FFFD}x"),
            (b"\x80\x9B", "\u{FFFD}\u{FFFD}"),
            (b"\xF5", "\u{FFFD}"),
        ] {
            assert_eq!(Decoded::new(bytes).text, text, "{bytes:?}");
        }
    }

    #[test]
    fn places_lead_back_to_the_bytes() {
        let decoded = Decoded::new(b"ab\xFFcd\xE2\x82e");
        assert_eq!(decoded.text, "ab\u{FFFD}cd\u{FFFD}e");
        assert_eq!([0, 2, 5, 6, 7, 10, 11].map(|at| decoded.source(at)), [0, 2, 3, 4, 5, 7, 8]);
    }

    #[test]
    fn a_head_never_splits_a_character() {
        let text = "aé漢🦀";
        for limit in 0..=text.len() + 1 {
            let head = head(text.as_bytes(), limit);
            assert!(head.len() <= limit && std::str::from_utf8(head).is_ok(), "{limit}");
        }
        assert_eq!(head(&[0x80; 10], 6).len(), 3);
    }
}
