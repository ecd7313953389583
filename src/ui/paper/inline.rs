//! Words of a document with their looks, ready to be broken into lines.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::procedure::Inline;
use crate::style::Role;
use crate::text::{Foreign, width};
use crate::ui::Words;

/// The words without their looks, in one line.
pub fn plain(inlines: &[Inline]) -> String {
    let joined: Vec<u8> = inlines.iter().flat_map(|inline| inline.text.raw().iter().copied()).collect();
    let spaced: Vec<u8> = joined.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
    Foreign::from(spaced).plain()
}

/// The words of a paragraph, a list of them for each line that the document itself breaks. No piece is wider than
/// `columns`, so that even one long word can be broken.
pub fn words(inlines: &[Inline], base: Role, columns: usize) -> Vec<Words> {
    broken(inlines, base, columns, true)
}

/// The words of what is one line in a document, such as a heading or a cell: whatever breaks it there is seen as a mark.
pub fn line(inlines: &[Inline], base: Role, columns: usize) -> Words {
    broken(inlines, base, columns, false).pop().unwrap_or_default()
}

fn broken(inlines: &[Inline], base: Role, columns: usize, breaks: bool) -> Vec<Words> {
    let mut lines = vec![Words::new()];
    // Whether what comes next stands directly behind what was before.
    let mut glued = false;
    for inline in inlines {
        let role = role(inline, base);
        for (number, part) in inline.text.raw().split(|byte| breaks && *byte == b'\n').enumerate() {
            if number > 0 {
                lines.push(Words::new());
                glued = false;
            }
            let text = Foreign::from(part).plain();
            let text = if inline.style.struck { format!("~~{text}~~") } else { text };
            let Some(line) = lines.last_mut() else { continue };
            let spaced = text.starts_with(' ');
            for (place, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
                let tight = glued && place == 0 && !spaced;
                *line = put(std::mem::take(line), role, word, tight, columns);
            }
            if !text.is_empty() {
                glued = !text.ends_with(' ');
                if glued || line.is_empty() {
                    continue;
                }
            }
        }
    }
    lines
}

fn role(inline: &Inline, base: Role) -> Role {
    let style = inline.style;
    if style.code {
        Role::Command
    } else if inline.link.is_some() {
        Role::Link
    } else if style.struck {
        Role::Faint
    } else if style.strong {
        Role::Strong
    } else if style.emphasis {
        Role::Emphasis
    } else {
        base
    }
}

/// Adds a word; one that is wider than a line comes in pieces.
fn put(mut line: Words, role: Role, word: &str, tight: bool, columns: usize) -> Words {
    let space = if tight || line.is_empty() { "" } else { " " };
    if !space.is_empty() {
        // Under a link's line nobody wants a line below the space before it.
        if role == Role::Link {
            line = line.text(Role::Text, space);
            return pieces(line, role, word, columns, true);
        }
        if width(word) < columns {
            return line.text(role, format!("{space}{word}"));
        }
        return pieces(line.text(role, space), role, word, columns, false);
    }
    pieces(line, role, word, columns, tight)
}

fn pieces(mut line: Words, role: Role, word: &str, columns: usize, tight: bool) -> Words {
    if width(word) <= columns {
        return if tight { line.tail(role, word) } else { line.text(role, word) };
    }
    let (mut piece, mut used) = (String::new(), 0);
    for cluster in word.graphemes(true) {
        let wide = width(cluster);
        if used + wide > columns.max(1) && !piece.is_empty() {
            line = line.text(role, std::mem::take(&mut piece));
            used = 0;
        }
        piece.push_str(cluster);
        used += wide;
    }
    line.text(role, piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Now;
    use crate::domain::procedure::Style;
    use crate::ui::Clock;

    fn inline(text: &str) -> Inline {
        Inline { text: Foreign::from(text), ..Inline::default() }
    }

    fn told(inlines: &[Inline], columns: usize) -> Vec<String> {
        let clock = Clock { now: Now::START, running: true };
        let broken = words(inlines, Role::Text, columns).into_iter().flat_map(|line| line.wrapped(columns, clock));
        broken.map(|line| line.plain(clock)).collect()
    }

    #[test]
    fn looks_change_inside_a_line_without_a_space_where_there_is_none() {
        let strong = Inline { style: Style { strong: true, ..Style::default() }, ..inline("bold") };
        let all = [inline("a "), strong.clone(), inline(", b"), strong, inline(" c")];
        assert_eq!(told(&all, 40), ["a bold, bbold c"]);
        assert_eq!(told(&all, 8), ["a bold,", "bbold c"]);
        assert_eq!(plain(&all), "a bold, bbold c");
    }

    #[test]
    fn links_keep_their_spaces_and_long_words_break() {
        let link = Inline { link: Some("https://x".into()), ..inline("the page") };
        assert_eq!(told(&[inline("see "), link, inline(".")], 40), ["see the page."]);
        assert_eq!(told(&[inline("abcdefghij kl")], 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(told(&[inline("one\ntwo")], 20), ["one", "two"]);
        let clock = Clock { now: Now::START, running: true };
        assert_eq!(line(&[inline("one\ntwo")], Role::Text, 20).plain(clock), "one␊two");
    }
}
