//! Boxes of MkDocs: a line with `!!! note` or `=== "Tab"` and what is indented below it. Markdown knows nothing of them
//! and would take what they hold for code; written as a quotation they are read for what they are.

/// Rewrites what boxes hold as quotations. No line moves, and what stands in a line keeps its column.
pub fn as_quotations(text: &str) -> Option<String> {
    if !text.lines().any(|line| opens(line).is_some()) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 256);
    // How far the boxes around a line are indented, the outermost first.
    let mut boxes: Vec<usize> = Vec::new();
    // The mark of the block of code a line stands in, its length, and how many boxes are around that.
    let mut fence: Option<(char, usize, usize)> = None;
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty();
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        if !blank {
            boxes.retain(|at| indent >= at + STEP);
        }
        if fence.is_some_and(|(.., around)| around > boxes.len()) {
            fence = None;
        }
        if blank && !boxes.is_empty() {
            boxes.iter().for_each(|at| {
                let column = out.len() - out.rfind('\n').map_or(0, |end| end + 1);
                out.push_str(&" ".repeat(at.saturating_sub(column)));
                out.push('>');
            });
            out.push('\n');
            continue;
        }
        let mut bytes = line.to_owned();
        for at in &boxes {
            bytes.replace_range(*at..at + 1, ">");
        }
        out.push_str(&bytes);
        if blank {
            continue;
        }
        let mark = fence_mark(line);
        match (fence, mark) {
            (Some((open, length, _)), Some((c, many, true))) if c == open && many >= length => fence = None,
            (None, Some((c, many, _))) => fence = Some((c, many, boxes.len())),
            (None, None) if boxes.len() < DEEPEST => boxes.extend(opens(line)),
            (Some(_) | None, _) => {}
        }
    }
    Some(out)
}

/// How much further what a box holds is indented.
const STEP: usize = 4;
/// How many boxes may stand in each other.
const DEEPEST: usize = 32;

/// How far the line is indented that opens a box.
fn opens(line: &str) -> Option<usize> {
    let bare = line.trim_start_matches(' ');
    let rest = ["!!!", "???+", "???", "===+", "===!", "==="].iter().find_map(|mark| bare.strip_prefix(mark));
    let word = rest?.strip_prefix(' ')?.trim_start().chars().next()?;
    let named = if bare.starts_with('=') { word == '"' } else { word.is_alphabetic() || word == '"' };
    named.then_some(line.len() - bare.len())
}

/// The marks of a line that begins or ends a block of code: which, how many, and whether nothing stands behind them.
fn fence_mark(line: &str) -> Option<(char, usize, bool)> {
    let bare = line.trim();
    let c = bare.chars().next().filter(|c| *c == '`' || *c == '~')?;
    let many = bare.chars().take_while(|other| *other == c).count();
    let rest = bare.get(many..).unwrap_or_default();
    (many >= 3 && !(c == '`' && rest.contains('`'))).then_some((c, many, rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_box_holds_becomes_a_quotation() {
        let text = "a\n\n!!! note \"N\"\n\n    b\n\n        c\n\nd\n";
        let wanted = "a\n\n!!! note \"N\"\n>\n>   b\n>\n>       c\n>\nd\n";
        assert_eq!(as_quotations(text).as_deref(), Some(wanted));
    }

    #[test]
    fn boxes_stand_in_boxes_and_lists() {
        let text = "1. x\n\n    === \"Linux\"\n        ??? tip\n            y\n";
        let wanted = "1. x\n\n    === \"Linux\"\n    >   ??? tip\n    >   >   y\n";
        assert_eq!(as_quotations(text).as_deref(), Some(wanted));
    }

    #[test]
    fn code_and_other_marks_open_nothing() {
        for text in
            ["```\n!!! note\n    x\n```\n", "=====\n    x\n", "Stop!!!\n    x\n", "=== x\n    y\n", "!!!\n    x"]
        {
            assert_eq!(as_quotations(text).unwrap_or(text.to_owned()), text);
        }
        let inside = "!!! note\n    ```sh\n    id\n\n    !!! x\n        y\n    ```\nz\n";
        let wanted = "!!! note\n>   ```sh\n>   id\n>\n>   !!! x\n>       y\n>   ```\nz\n";
        assert_eq!(as_quotations(inside).as_deref(), Some(wanted));
    }
}
