//! Lists and inline tables that run on into the next header: found before the parser takes the rest of the file
//! for their content.

/// A bracket that is still open where a header begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Where the outermost open bracket stands.
    pub at: usize,
    /// Whether it opens a list, not a table.
    pub list: bool,
    /// Where the brackets can be closed: behind the last thing that is in them.
    pub end: usize,
    /// What closes them.
    pub closers: String,
}

/// Finds them all, in the order of the text.
pub fn unclosed(text: &str) -> Vec<Open> {
    let mut found = Vec::new();
    let mut stack: Vec<(usize, u8)> = Vec::new();
    let (mut at, mut end) = (0, 0);
    let mut line_begins = true;
    while let Some(byte) = text.as_bytes().get(at).copied() {
        let begins = line_begins;
        line_begins = byte == b'\n' || (begins && matches!(byte, b' ' | b'\t'));
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b'[' if begins && is_header(rest) => {
                found.extend(close(&mut stack, end));
                at += to_line_end(rest);
                continue;
            }
            b'#' => {
                at += to_line_end(rest);
                continue;
            }
            b'"' | b'\'' => {
                at += string_length(rest, byte);
                end = at;
                continue;
            }
            b'[' | b'{' => stack.push((at, byte)),
            b']' | b'}' => drop(stack.pop()),
            _ => {}
        }
        at += 1;
        if !byte.is_ascii_whitespace() {
            end = at;
        }
    }
    found
}

fn close(stack: &mut Vec<(usize, u8)>, end: usize) -> Option<Open> {
    let (at, first) = stack.first().copied()?;
    let closers = stack.drain(..).rev().map(|(_, byte)| if byte == b'[' { ']' } else { '}' }).collect();
    Some(Open { at, list: first == b'[', end, closers })
}

/// Whether a line that begins with a bracket can only be a header: no list has a bare word in it.
fn is_header(line: &str) -> bool {
    let inside = line.trim_start_matches('[');
    let word: String = inside.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
    let value = ["true", "false", "inf", "nan"].contains(&word.as_str());
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !value
}

fn to_line_end(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of the string that begins here; one that is not closed ends with its line.
fn string_length(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let triple = bytes.get(..3).is_some_and(|start| start.iter().all(|byte| *byte == quote));
    let mut at = if triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(at).copied() {
        let closed =
            byte == quote && (!triple || bytes.get(at..at + 3).is_some_and(|end| end.iter().all(|b| *b == quote)));
        match byte {
            _ if closed => return at + if triple { 3 } else { 1 },
            b'\\' if quote == b'"' => at += 2,
            b'\n' if !triple => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_into_a_header_is_found_with_what_closes_it() {
        let text = "a = [\"x\", # the first [\n\n[next]\nb = { c = [1, 2\n[[other]]\n";
        let found: Vec<_> =
            unclosed(text).into_iter().map(|open| (open.at, open.list, open.end, open.closers)).collect();
        assert_eq!(found, [(4, true, 9, "]".to_owned()), (36, false, 47, "]}".to_owned())]);
    }

    #[test]
    fn what_is_whole_is_left_alone() {
        for text in [
            "a = [\n  [\"x\"],\n  [1, 2],\n  [true],\n]\n[b]\n",
            "a = \"[\"\nb = '''\n[\n'''\nc = \"\"\"\n\\\"\"\"[\"\"\"\n[d]\n",
            "# [\n[a]\nb = {}\n[[c]]\n",
            "a = \"not closed [\n[b]\n",
            "]]}}\n[a]\n",
            "é = [\"ü\"]\n[b]",
            "a = \"\\",
        ] {
            assert_eq!(unclosed(text), [], "{text}");
        }
    }
}
