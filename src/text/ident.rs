//! Names from foreign hands: shown as they are only when nothing about them can deceive.

use icu_properties::props::Script;
use icu_properties::script::ScriptWithExtensions;

use super::budget::Budget;
use super::sanitize::sanitize;

/// Stands before a name that is not what it may seem.
const WARNING: char = '⚠';

/// Letters of other scripts that look like Latin ones.
const LATIN_TWINS: &str = "асԁеһіјӏорԛѕѵԝхуАВСЕНІЈКМОРԚЅТѴԜХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυ";

/// The name as it may be shown: itself when harmless, else quoted behind a warning mark.
///
/// Not harmless are names in which anything had to be replaced, that mix scripts, that are
/// written wholly in twins of Latin letters, or that begin or end in a space or hold our own
/// marks. Compare names by their bytes, never by this.
pub fn ident(bytes: &[u8]) -> String {
    let mut shown = String::new();
    let mut marked = false;
    for chunk in bytes.utf8_chunks() {
        let clean = sanitize(chunk.valid().as_bytes(), Budget::name());
        marked |= clean.tokens > 0 || clean.cut > 0;
        shown.push_str(&clean.text());
        for byte in chunk.invalid() {
            marked = true;
            shown.push_str(&format!("‹x{byte:02X}›"));
        }
    }
    if marked || shown.is_empty() || needs_marks(&shown) { format!("{WARNING}\"{shown}\"") } else { shown }
}

fn needs_marks(name: &str) -> bool {
    if name.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'~')) {
        return false;
    }
    name.starts_with(' ')
        || name.ends_with(' ')
        || name.contains([WARNING, '"', '‹', '›', char::REPLACEMENT_CHARACTER, super::cluster::DOTTED_CIRCLE])
        || mixes_scripts(name)
        || only_twins(name)
}

/// Whether no single script could have written all of it.
///
/// Japanese and Korean write in several, and so does Chinese with its phonetic signs; each of
/// these counts as one.
fn mixes_scripts(name: &str) -> bool {
    const FAMILIES: [&[Script]; 3] = [
        &[Script::Han, Script::Hiragana, Script::Katakana],
        &[Script::Han, Script::Bopomofo],
        &[Script::Han, Script::Hangul],
    ];
    let scripts = ScriptWithExtensions::new();
    let mut common: Option<Vec<Script>> = None;
    let mut families = [true; FAMILIES.len()];
    for c in name.chars() {
        let own: Vec<Script> = scripts.get_script_extensions_val(c).iter().collect();
        if own.iter().any(|script| matches!(*script, Script::Common | Script::Inherited)) {
            continue;
        }
        for (possible, family) in families.iter_mut().zip(FAMILIES) {
            *possible &= own.iter().any(|script| family.contains(script));
        }
        match &mut common {
            Some(common) => common.retain(|script| own.contains(script)),
            None => common = Some(own),
        }
    }
    common.is_some_and(|common| common.is_empty()) && families.iter().all(|possible| !possible)
}

/// Whether every letter is a twin of a Latin one, so that the name passes for Latin.
fn only_twins(name: &str) -> bool {
    let mut letters = name.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|c| LATIN_TWINS.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> String {
        ident(name.as_bytes())
    }

    #[test]
    fn harmless_names_stay_as_they_are() {
        for name in
            ["pakashop-api", "web@1.service", "größe", "платежи", "決済サービス", "결제", "dev/main", "中文", "a b"]
        {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn deceiving_names_are_quoted_behind_a_mark() {
        for (name, expected) in [
            ("p\u{430}y", "⚠\"p\u{430}y\""),
            ("pay\u{200B}", "⚠\"pay‹U+200B›\""),
            ("pay\u{200D}", "⚠\"pay‹U+200D›\""),
            ("pay\u{AD}s", "⚠\"pay‹U+00AD›s\""),
            ("pay\n", "⚠\"pay␊\""),
            ("pay\t", "⚠\"pay␉\""),
            ("pay ", "⚠\"pay \""),
            ("a\u{A0}b", "⚠\"a‹U+00A0›b\""),
            ("a\x1b[31mb", "⚠\"a‹sgr›b\""),
            ("\u{441}\u{43E}\u{440}\u{435}", "⚠\"\u{441}\u{43E}\u{440}\u{435}\""),
            ("αpi", "⚠\"αpi\""),
            ("", "⚠\"\""),
            ("a\"b", "⚠\"a\"b\""),
            ("‹U+200B›", "⚠\"‹U+200B›\""),
        ] {
            assert_eq!(shown(name), expected, "{name:?}");
        }
        assert_eq!(ident(b"a\xFFb"), "⚠\"a‹xFF›b\"");
        assert_ne!(ident(b"a\xFFb"), ident(b"a\xFEb"));
    }
}
