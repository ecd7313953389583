//! What a host can be asked for in place of a regular expression: one of PCRE2 that knows bytes only, as journalctl compiles
//! it, and that is found wherever the expression is. It may be found more often.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Longest expression that is sent, in bytes.
const LONGEST: usize = 2_000;
/// Most repetitions that are sent as they are.
const MOST: u32 = 1_000;
/// Any character beyond ASCII.
const BEYOND: &str = r"[\xc2-\xf4][\x80-\xbf]+";

/// The expression for hosts; none where it would be too long. Without `case` the host must not let capitals count.
pub fn expression(pattern: &str, case: bool) -> Option<String> {
    // The host does the folding of letters of ASCII.
    let tree = ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    let mut out = String::new();
    write(&tree, case, &mut out);
    (out.len() <= LONGEST).then_some(out)
}

fn write(tree: &Hir, case: bool, out: &mut String) {
    if out.len() > LONGEST {
        return;
    }
    match tree.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => literal_of(&literal.0, case, out),
        HirKind::Class(class) => class_of(class, case, out),
        // Where a word begins is another question in bytes; to leave it out finds more.
        HirKind::Look(Look::Start) => out.push('^'),
        HirKind::Look(_) => {}
        HirKind::Repetition(repetition) => repetition_of(repetition, case, out),
        HirKind::Capture(capture) => group(&capture.sub, case, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| match part.kind() {
            HirKind::Alternation(_) => group(part, case, out),
            _ => write(part, case, out),
        }),
        HirKind::Alternation(parts) => {
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    out.push('|');
                }
                write(part, case, out);
            }
        }
    }
}

fn group(tree: &Hir, case: bool, out: &mut String) {
    out.push_str("(?:");
    write(tree, case, out);
    out.push(')');
}

fn repetition_of(repetition: &Repetition, case: bool, out: &mut String) {
    let is_single = match repetition.sub.kind() {
        HirKind::Literal(literal) => matches!(*literal.0, [byte] if byte.is_ascii()) && (case || !folds(&literal.0)),
        _ => false,
    };
    match is_single {
        true => write(&repetition.sub, case, out),
        false => group(&repetition.sub, case, out),
    }
    match (repetition.min, repetition.max) {
        (0, Some(1)) => out.push('?'),
        (0, None) => out.push('*'),
        (1, None) => out.push('+'),
        // Fewer at least and any number at most finds more.
        (min, Some(max)) if max <= MOST => out.push_str(&format!("{{{min},{max}}}")),
        (min, _) => out.push_str(&format!("{{{},}}", min.min(MOST))),
    }
}

/// Whether a letter of it is also one beyond ASCII when capitals don't count: the long s, the sign of Kelvin.
fn folds(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b's' | b'S' | b'k' | b'K'))
}

fn literal_of(bytes: &[u8], case: bool, out: &mut String) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.iter().for_each(|byte| byte_of(*byte, out));
    };
    for c in text.chars() {
        let mut buffer = [0; 4];
        let encoded = c.encode_utf8(&mut buffer).as_bytes();
        match (c.is_ascii(), case) {
            (false, false) => out.push_str(&format!("(?:[ks]|{BEYOND})")),
            (true, false) if folds(encoded) => out.push_str(&format!("(?:{c}|{BEYOND})")),
            (false, true) => encoded.iter().for_each(|byte| byte_of(*byte, out)),
            (true, _) => byte_of(encoded.first().copied().unwrap_or_default(), out),
        }
    }
}

/// A byte as it stands, or by its number.
fn byte_of(byte: u8, out: &mut String) {
    match byte {
        b' ' | b'/' | b'-' | b'_' | b':' | b'=' | b',' | b'"' | b'\'' | b'%' | b'@' | b'<' | b'>' | b'!' | b';' => {
            out.push(char::from(byte));
        }
        byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
        byte if byte.is_ascii_graphic() => {
            out.push('\\');
            out.push(char::from(byte));
        }
        byte => out.push_str(&format!("\\x{byte:02x}")),
    }
}

fn class_of(class: &Class, case: bool, out: &mut String) {
    let (mut ranges, mut beyond): (Vec<(u8, u8)>, bool) = (Vec::new(), false);
    match class {
        Class::Bytes(class) => ranges.extend(class.ranges().iter().map(|range| (range.start(), range.end()))),
        Class::Unicode(class) => {
            for range in class.ranges() {
                beyond |= !range.end().is_ascii();
                if let Ok(start) = u8::try_from(u32::from(range.start()))
                    && start.is_ascii()
                {
                    ranges.push((start, u8::try_from(u32::from(range.end())).unwrap_or(0x7f).min(0x7f)));
                }
            }
            if !case && beyond {
                ranges.extend([(b'k', b'k'), (b's', b's')]);
            }
            let has = |byte: u8| ranges.iter().any(|(from, to)| (*from..=*to).contains(&byte));
            beyond |= !case && [b's', b'S', b'k', b'K'].into_iter().any(has);
        }
    }
    let mut set = String::new();
    for (from, to) in ranges {
        in_class(from, &mut set);
        if to > from {
            set.push('-');
            in_class(to, &mut set);
        }
    }
    match (set.is_empty(), beyond) {
        (false, false) => out.push_str(&format!("[{set}]")),
        (false, true) => out.push_str(&format!("(?:[{set}]|{BEYOND})")),
        (true, true) => out.push_str(&format!("(?:{BEYOND})")),
        // Nothing is ever found.
        (true, false) => out.push_str("(?!)"),
    }
}

fn in_class(byte: u8, set: &mut String) {
    match byte.is_ascii_alphanumeric() {
        true => set.push(char::from(byte)),
        false => set.push_str(&format!("\\x{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use regex::bytes::RegexBuilder;

    use super::*;

    /// As the host finds it: in bytes, without Unicode.
    fn on_host(pattern: &str, case: bool, text: &str) -> bool {
        let expression = expression(pattern, case).unwrap();
        let mut builder = RegexBuilder::new(&expression);
        builder.unicode(false).case_insensitive(!case).build().unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn simple_ones_stay_as_they_are() {
        for (pattern, told) in [
            ("time ?out", "time ?out"),
            (r"a\.b", r"a\.b"),
            ("a|b+c", "a|b+c"),
            ("[a-f]{2,3}x", "(?:[a-f]){2,3}x"),
            ("^GET", "^GET"),
            (r"\bx", "x"),
        ] {
            assert_eq!(expression(pattern, true).as_deref(), Some(told), "{pattern}");
        }
        assert_eq!(expression(&"[a-z]".repeat(900), true), None);
    }

    /// Whatever passes here is among what the host chooses.
    #[test]
    fn everything_that_is_found_here_is_found_on_the_host() {
        let patterns = [
            "a.b",
            "a[éx]b",
            r"a\wb",
            r"a\Wb",
            r"a\Db",
            "a[^x]b",
            "café",
            "CAFÉ",
            "kiss",
            "K",
            "[a-z]{3}",
            r"\bé\b",
            "ſ",
            r"\p{Lu}x",
            "(?i)É",
            r"^a.{1,3}b$",
            "(a|é)+b",
            r"\d+ms",
            r"a\s+b",
            "[à-ü]b",
            r"[[:alpha:]]b",
        ];
        let texts = [
            "aéb",
            "a\u{2014}b",
            "axb",
            "a b",
            "a\u{a0}b",
            "CAFÉ",
            "café",
            "Café au lait",
            "KISS",
            "ki\u{17f}\u{17f}",
            "\u{212a}",
            "k",
            "é",
            "s",
            "Éx",
            "Éb",
            "äb",
            "\u{663}ms",
            "12ms",
            "a\u{1f600}b",
            "abc",
            "",
        ];
        for pattern in patterns {
            for case in [true, false] {
                let mut builder = RegexBuilder::new(pattern);
                let here = builder.case_insensitive(!case).build().unwrap();
                for text in texts.iter().filter(|text| here.is_match(text.as_bytes())) {
                    assert!(on_host(pattern, case, text), "{pattern} ({case}) in {text}");
                }
            }
        }
    }
}
