//! Markdown for the clipboard: from sanitised text, with every mark of Markdown itself made harmless.

/// A table.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let mut text = line(&head);
    text.push_str(&line(&vec!["---".to_owned(); headings.len()]));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        text.push_str(&line(&cells));
    }
    text
}

/// A text whose characters mean only themselves.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.trim().chars() {
        if "\\`*_[]<>|#".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// Lines as a block that Markdown leaves alone, fenced so that no line of it can end the block.
pub fn block(lines: &[String]) -> String {
    let longest = lines.iter().map(|line| line.chars().take_while(|c| *c == '`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_survive_their_content() {
        let text = table(&["a", "b"], &[vec!["x|y".into(), "*z*".into()]]);
        assert_eq!(text, "| a | b |\n| --- | --- |\n| x\\|y | \\*z\\* |\n");
    }

    #[test]
    fn a_block_can_not_be_ended_from_inside() {
        assert_eq!(block(&["a".into(), "````".into()]), "`````\na\n````\n`````\n");
    }
}
