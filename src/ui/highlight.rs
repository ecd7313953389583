//! Colours for code: which words of a line are comments, texts, variables. It only reads what somebody looks at, a few
//! lines at a time, so that no frame waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::style::Role;

/// Lines of one block that get colours; the rest of a longer one stays plain.
const LINES: usize = 2000;
/// Bytes of a line that is still read; a longer one stays plain.
const LONGEST: usize = 600;
/// Lines that are read in one go, between two keys.
pub const AT_ONCE: usize = 12;
/// Bytes that are read in one go.
const BYTES: usize = 2000;

/// A stretch of a line and its colour.
pub type Span = (Range<usize>, Role);

/// The grammars. They are a table that never changes, unpacked once.
static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();

/// The code of one document, as far as it was looked at.
#[derive(Default)]
pub struct Highlighter {
    blocks: BTreeMap<usize, Reading>,
}

struct Reading {
    /// `None` where no grammar fits, or where it lost its way.
    parser: Option<(ParseState, ScopeStack)>,
    lines: Vec<Vec<Span>>,
}

impl fmt::Debug for Highlighter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: usize = self.blocks.values().map(|block| block.lines.len()).sum();
        write!(f, "Highlighter({lines} lines)")
    }
}

impl Highlighter {
    /// The colours of a line of a block; nothing where there are none, or none yet.
    pub fn spans(&self, block: usize, line: usize) -> &[Span] {
        self.blocks.get(&block).and_then(|block| block.lines.get(line)).map_or(&[], Vec::as_slice)
    }

    /// How many lines of a block were read.
    pub fn read_so_far(&self, block: usize) -> usize {
        self.blocks
            .get(&block)
            .map_or(0, |block| if block.lines.len() >= LINES { usize::MAX } else { block.lines.len() })
    }

    /// Reads on in a block, whose `next` lines follow those that were read, up to the line before `until`. Says whether
    /// something is left to be read.
    pub fn read<S: AsRef<str>>(&mut self, block: usize, language: &str, next: &[S], until: usize) -> bool {
        let until = until.min(LINES);
        let set = GRAMMARS.get_or_init(SyntaxSet::load_defaults_newlines);
        let reading = self.blocks.entry(block).or_insert_with(|| Reading::new(language, set));
        let mut bytes = 0;
        for line in next.iter().take(AT_ONCE) {
            if reading.lines.len() >= until {
                break;
            }
            let line = line.as_ref();
            bytes += line.len().min(LONGEST);
            reading.take(line, set);
            if bytes > BYTES {
                break;
            }
        }
        reading.lines.len() < until
    }
}

impl Reading {
    fn new(language: &str, set: &SyntaxSet) -> Self {
        let token = match language {
            "shell" | "console" | "shell-session" | "zsh" | "sh" => "bash",
            "promql" => "",
            other => other,
        };
        let syntax = set.find_syntax_by_token(token).filter(|_| !token.is_empty());
        Self { parser: syntax.map(|syntax| (ParseState::new(syntax), ScopeStack::new())), lines: Vec::new() }
    }

    fn take(&mut self, line: &str, set: &SyntaxSet) {
        let mut spans: Vec<Span> = Vec::new();
        let mut lost = false;
        if let Some((parser, stack)) = self.parser.as_mut().filter(|_| line.len() <= LONGEST) {
            match parser.parse_line(&format!("{line}\n"), set) {
                Ok(steps) => {
                    let mut from = 0;
                    for (at, step) in steps {
                        add(&mut spans, from..at.min(line.len()), role(stack));
                        from = at;
                        lost |= stack.apply(&step).is_err();
                    }
                    add(&mut spans, from..line.len(), role(stack));
                }
                Err(_) => lost = true,
            }
        }
        if lost {
            self.parser = None;
        }
        self.lines.push(spans);
    }
}

fn add(spans: &mut Vec<Span>, range: Range<usize>, role: Option<Role>) {
    let Some(role) = role.filter(|_| range.start < range.end) else { return };
    match spans.last_mut().filter(|(last, known)| last.end == range.start && *known == role) {
        Some((last, _)) => last.end = range.end,
        None => spans.push((range, role)),
    }
}

/// The colour of the innermost scope that has one.
fn role(stack: &ScopeStack) -> Option<Role> {
    stack.as_slice().iter().rev().find_map(|scope| of_scope(*scope))
}

fn of_scope(scope: Scope) -> Option<Role> {
    let name = scope.build_string();
    let begins = |start: &str| name.starts_with(start);
    if begins("comment") {
        Some(Role::CodeComment)
    } else if begins("string") || begins("constant.character") {
        Some(Role::CodeString)
    } else if begins("variable") || begins("entity.name.tag") || begins("support.type.property") {
        // The first word of a command is a function to the grammar, and so is plain here.
        (!begins("variable.function")).then_some(Role::CodeName)
    } else if begins("keyword.control") || begins("storage") || begins("keyword.other") || begins("support.function") {
        Some(Role::CodeKeyword)
    } else if begins("constant") {
        Some(Role::CodeNumber)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn coloured<'a>(language: &str, lines: &[&'a str]) -> Vec<Vec<(&'a str, Role)>> {
        let mut all = Highlighter::default();
        while all.read(0, language, lines.get(all.read_so_far(0)..).unwrap(), lines.len()) {}
        let cut = |line: &'a str, number| {
            all.spans(0, number).iter().map(|(range, role)| (line.get(range.clone()).unwrap(), *role)).collect()
        };
        lines.iter().enumerate().map(|(number, line)| cut(line, number)).collect()
    }

    #[test]
    fn comments_texts_and_variables_of_a_shell_are_told_apart() {
        let lines = ["if true; then # why", "  echo \"a $HOME b\" 'c'", "fi"];
        let found = coloured("sh", &lines);
        assert!(found[0].contains(&("if", Role::CodeKeyword)), "{found:?}");
        assert!(found[0].iter().any(|(text, role)| text.contains("# why") && *role == Role::CodeComment), "{found:?}");
        assert!(found[1].iter().any(|(text, role)| text.contains("HOME") && *role == Role::CodeName), "{found:?}");
        assert!(found[1].contains(&("'c'", Role::CodeString)), "{found:?}");
    }

    #[test]
    fn a_text_over_several_lines_goes_on_and_an_unknown_language_is_plain() {
        let found = coloured("bash", &["echo 'one", "two'", "ls"]);
        assert!(found[1].contains(&("two'", Role::CodeString)), "{found:?}");
        assert!(coloured("nonsense", &["if 'x'"])[0].is_empty());
    }

    #[test]
    fn it_reads_a_bounded_piece_at_a_time_and_no_more_than_it_is_asked_for() {
        let lines = vec!["echo x"; 10_000];
        let mut all = Highlighter::default();
        let mut goes = 0;
        while all.read(0, "sh", lines.get(all.read_so_far(0)..).unwrap(), lines.len()) {
            goes += 1;
        }
        assert!(goes >= LINES / AT_ONCE - 1 && all.blocks[&0].lines.len() == LINES, "{goes}");
        let long = "x".repeat(1 << 20);
        assert!(!all.read(1, "sh", &[long.as_str(), "echo 'y'"], 2) || !all.read(1, "sh", &["echo 'y'"], 2));
        assert!(all.spans(1, 0).is_empty() && !all.spans(1, 1).is_empty());
        let mut all = Highlighter::default();
        all.read(0, "sh", &lines, 3);
        assert_eq!(all.blocks[&0].lines.len(), 3);
    }
}
