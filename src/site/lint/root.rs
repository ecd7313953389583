//! `sudo` inside a command, where the console can't give a password, instead of `root`.

use super::{Case, Finding};
use crate::runtimes::shell_text::simples_deep;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (part, text) in case.scripts() {
        let asks = |words: &[crate::runtimes::shell_text::Word]| {
            words.first().is_some_and(|word| word.text == "sudo") && !words.iter().any(|word| word.text == "-n")
        };
        if !part.options.root && !part.options.terminal && simples_deep(text).iter().any(|one| asks(one.command())) {
            let message = format!("{} uses sudo, which gets no password there", part.id);
            found.push(Finding::warning(
                part.line,
                message,
                "take sudo away and say `root`: the console becomes root then",
            ));
        }
    }
    found
}
