//! The visible marks that stand for what is not shown.

use std::fmt::Write;

/// Code points of one cluster that a token spells out.
const SPELLED: usize = 4;

/// A token with this inside: `‹osc52›`, or `<osc52>` where only ASCII is wanted.
pub(super) fn named(name: &str, ascii: bool) -> String {
    if ascii { format!("<{name}>") } else { format!("‹{name}›") }
}

/// The token of a cluster: `‹U+202E›`, `‹U+0065+0301›`.
pub(super) fn code_points(cluster: &str, ascii: bool) -> String {
    let mut name = String::from("U");
    for c in cluster.chars().take(SPELLED) {
        let _ = write!(name, "+{:04X}", u32::from(c));
    }
    let further = cluster.chars().count().saturating_sub(SPELLED);
    if further > 0 {
        let _ = write!(name, " and {further}");
    }
    named(&name, ascii)
}

/// The picture of a control character, such as `␀`.
pub(super) fn picture(control: u8, ascii: bool) -> String {
    if ascii {
        return named(&format!("U+{control:04X}"), true);
    }
    let picture = if control == 0x7F { 0x2421 } else { 0x2400 + u32::from(control) };
    char::from_u32(picture).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
}

/// The mark of a cut: how many bytes are not shown.
pub(super) fn cut(bytes: usize, ascii: bool) -> String {
    format!("{}+{bytes} B", if ascii { "..." } else { "…" })
}
