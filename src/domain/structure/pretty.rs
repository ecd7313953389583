//! A JSON value in lines, as people write it: each member on its own, in the order in which they stand.

use super::scan::{string_end, value_end};

/// Lines at most; what is longer is said to be.
const LINES: usize = 400;
/// Objects and lists within each other that are unfolded.
const DEPTH: usize = 24;

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The name of a member.
    Name,
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Word,
    /// Brackets, commas, colons.
    Sign,
}

/// One line: how far it is indented, and its pieces, as foreign as the message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line<'a> {
    /// Steps.
    pub depth: usize,
    /// Left to right.
    pub parts: Vec<(Part, &'a [u8])>,
}

/// The lines of a value; `None` where it is no JSON.
pub fn pretty(value: &[u8]) -> Option<Vec<Line<'_>>> {
    let value = value.trim_ascii();
    if value_end(value, 0)? != value.len() {
        return None;
    }
    let (mut lines, mut line, mut at) = (Vec::new(), Line::default(), 0);
    // What closes what is open.
    let mut open = Vec::new();
    while let Some(byte) = value.get(at) {
        if lines.len() >= LINES {
            line = Line { depth: open.len(), parts: vec![(Part::Sign, "…".as_bytes())] };
            break;
        }
        let mut end = at + 1;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'{' | b'[' => {
                let close = if *byte == b'{' { b'}' } else { b']' };
                let next = skip(value, end);
                if value.get(next) == Some(&close) || open.len() >= DEPTH {
                    end = value_end(value, at)?;
                    line.parts.push((Part::Sign, value.get(at..end)?));
                } else {
                    line.parts.push((Part::Sign, value.get(at..end)?));
                    open.push(close);
                    lines.push(std::mem::replace(&mut line, Line { depth: open.len(), parts: Vec::new() }));
                }
            }
            b'}' | b']' => {
                if open.pop() != Some(*byte) {
                    return None;
                }
                lines.push(std::mem::replace(&mut line, Line { depth: open.len(), parts: Vec::new() }));
                line.parts.push((Part::Sign, value.get(at..end)?));
            }
            b',' => {
                line.parts.push((Part::Sign, b","));
                lines.push(std::mem::replace(&mut line, Line { depth: open.len(), parts: Vec::new() }));
            }
            b':' => line.parts.push((Part::Sign, b": ")),
            b'"' => {
                end = string_end(value, at)?;
                let is_name = value.get(skip(value, end)) == Some(&b':');
                line.parts.push((if is_name { Part::Name } else { Part::Text }, value.get(at..end)?));
            }
            other => {
                end = value_end(value, at)?;
                let part = if other.is_ascii_alphabetic() { Part::Word } else { Part::Number };
                line.parts.push((part, value.get(at..end)?));
            }
        }
        at = end;
    }
    lines.push(line);
    Some(lines)
}

fn skip(bytes: &[u8], at: usize) -> usize {
    super::scan::skip_space(bytes, at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn members_stand_on_lines_of_their_own_in_their_order() {
        let written: Vec<String> = pretty(br#"{"b":[1, {"a":"x,]"}],"e":{}, "ok":true}"#)
            .unwrap()
            .iter()
            .map(|line| {
                let text: String = line.parts.iter().map(|(_, text)| String::from_utf8_lossy(text)).collect();
                format!("{}{text}", "  ".repeat(line.depth))
            })
            .collect();
        let expected = [
            "{",
            "  \"b\": [",
            "    1,",
            "    {",
            "      \"a\": \"x,]\"",
            "    }",
            "  ],",
            "  \"e\": {},",
            "  \"ok\": true",
            "}",
        ];
        assert_eq!(written, expected);
        assert_eq!((pretty(b"{\"a\":1"), pretty(b"{]")), (None, None));
        assert!(pretty("[".repeat(5000).as_bytes()).is_none());
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(pretty(deep.as_bytes()).is_some());
    }
}
