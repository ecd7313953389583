//! A block of code that nothing ends: all that stands behind it is in it.

use super::{Case, Finding};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let open = open(&case.procedure.text);
    let message = "this block of code is never ended, so everything behind it belongs to it";
    open.map(|line| Finding::warning(line, message, "end it with a line of as many marks")).into_iter().collect()
}

/// The line of the last fence, if nothing ends it. Fences in lists and quotations end with these, so only those at the
/// margin are looked at.
fn open(text: &str) -> Option<usize> {
    let mut open: Option<(usize, char, usize)> = None;
    for (at, line) in text.lines().enumerate() {
        let inner = line.trim_start_matches(' ');
        let indented = line.len() - inner.len() > 3;
        let Some(mark) = inner.chars().next().filter(|c| ['`', '~'].contains(c) && !indented) else { continue };
        let count = inner.chars().take_while(|c| *c == mark).count();
        let rest = inner.get(count..).unwrap_or_default();
        if count < 3 {
            continue;
        }
        open = match open {
            None if mark == '`' && rest.contains('`') => None,
            None => Some((at + 1, mark, count)),
            Some((_, of, most)) if of == mark && count >= most && rest.trim().is_empty() => None,
            still => still,
        };
    }
    open.map(|(line, ..)| line)
}
