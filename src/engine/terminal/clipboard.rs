//! The sequence (OSC 52) that puts a text on the person's clipboard, wherever their terminal runs.

/// Longest text, in bytes; a longer one is cut.
const AT_MOST: usize = 64 * 1024;

/// The sequence for this text. In base64 no text can end it or do anything else.
pub(super) fn sequence(text: &str) -> Vec<u8> {
    let end = (0..=AT_MOST.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let text = end.and_then(|end| text.get(..end)).unwrap_or_default();
    format!("\x1b]52;c;{}\x07", encode(text.as_bytes())).into_bytes()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes in base64 with padding.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut word = 0u32;
        for place in 0..3 {
            word = word << 8 | group.get(place).copied().map_or(0, u32::from);
        }
        for place in 0..4 {
            let digit = usize::try_from(word >> (18 - 6 * place) & 63).unwrap_or(0);
            let letter = ALPHABET.get(digit).copied().unwrap_or(b'A');
            out.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = format!("{}{}", "a".repeat(AT_MOST - 1), "é".repeat(9));
        let sequence = sequence(&text);
        assert_eq!(sequence.len(), b"\x1b]52;c;\x07".len() + (AT_MOST - 1).div_ceil(3) * 4);
        assert_eq!(super::sequence("q\x1b\x07"), b"\x1b]52;c;cRsH\x07");
    }

    #[test]
    fn the_vectors_of_the_standard() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), coded);
        }
        assert_eq!(encode(&[0xFB, 0xFF, 0xFE]), "+//+");
    }
}
