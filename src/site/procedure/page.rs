//! A file as text that can be read: without a byte order mark, with `\n` at the end of every line, and with its front
//! matter told apart from what stands below it.

use std::ops::Range;

use super::boxed;

/// The text of a document and where its parts stand in it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The whole text, lines ended by `\n` alone.
    pub text: String,
    /// The front matter, if there is any.
    pub front: Option<Front>,
    /// Where the Markdown begins.
    pub body: usize,
}

/// Front matter: what stands between its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Front {
    /// Between `+++` lines.
    Toml(Range<usize>),
    /// Between `---` lines: of other tools.
    Yaml(Range<usize>),
    /// A `+++` line that no other one answers.
    Open(Range<usize>),
}

/// Bytes as text: what is no UTF-8 becomes U+FFFD.
pub fn decoded(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Page {
    /// Takes a file's text as it was read.
    pub fn new(read: &str) -> Self {
        let text = read.strip_prefix('\u{feff}').unwrap_or(read);
        let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
        let (front, body) = front(&text);
        let (before, markdown) = text.split_at_checked(body).unwrap_or(("", &text));
        let text =
            boxed::as_quotations(markdown).map_or_else(|| text.clone(), |markdown| format!("{before}{markdown}"));
        Self { text, front, body }
    }
}

fn front(text: &str) -> (Option<Front>, usize) {
    let mark = match text.split('\n').next().map(str::trim_end) {
        Some(mark @ ("+++" | "---")) => mark,
        Some(_) | None => return (None, 0),
    };
    let Some(start) = text.find('\n').map(|at| at + 1) else { return (None, 0) };
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == mark || (mark == "---" && bare == "...") {
            let inside = start..at;
            let body = at + line.len();
            return match mark {
                "+++" => (Some(Front::Toml(inside)), body),
                _ if is_yaml(text.get(inside.clone()).unwrap_or_default()) => (Some(Front::Yaml(inside)), body),
                _ => (None, 0),
            };
        }
        at += line.len();
    }
    if mark == "+++" { (Some(Front::Open(0..3)), 0) } else { (None, 0) }
}

/// Whether it can be a table of YAML and not a paragraph between two lines across.
fn is_yaml(inside: &str) -> bool {
    let first = inside.lines().next().unwrap_or_default();
    if first.trim().is_empty() {
        return inside.trim().is_empty();
    }
    let mut lines = inside.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.next().is_none_or(|line| {
        let key = line.split(':').next().unwrap_or_default();
        line.contains(':') && !key.trim().is_empty() && !key.trim().contains(' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_told_apart() {
        let page = |text: &str| {
            let page = Page::new(text);
            (page.front, page.text.get(page.body..).map(str::to_owned).unwrap_or_default())
        };
        assert_eq!(page("+++\na = 1\n+++\n# T\n"), (Some(Front::Toml(4..10)), "# T\n".to_owned()));
        assert_eq!(page("\u{feff}---\r\na: 1\r\n---\r\nx"), (Some(Front::Yaml(4..9)), "x".to_owned()));
        assert_eq!(page("---\ntitle: x\n...\n").0, Some(Front::Yaml(4..13)));
        assert_eq!(page("---\nSome words: and more of them.\n\n---\n").0, None, "two lines across");
        assert_eq!(page("+++\na = 1\n").0, Some(Front::Open(0..3)));
        assert_eq!(page("--- \n---\nx").0, Some(Front::Yaml(5..5)));
        assert_eq!(page("text\n+++\n").0, None);
        assert_eq!(page("").0, None);
        assert_eq!(page("---").0, None);
    }
}
