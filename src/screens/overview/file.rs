//! The unit file with its drop-ins, as the detail pane shows it.

use super::state::Detail;
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::Lines;
use crate::ui::Words;

/// The lines of the file.
pub fn lines(lines: &mut Lines, detail: Option<&Detail>, glyphs: &Glyphs) {
    let file = match detail.map(|detail| &detail.detail.file) {
        None => return lines.text(Role::Quiet, "The unit file is being read."),
        Some(Err(why)) => return lines.text(Role::Bad, why),
        Some(Ok(file)) => file,
    };
    for line in file.raw().split(|byte| *byte == b'\n') {
        let quote = Words::of(Role::Line, format!("{} ", glyphs.quote));
        lines.line(quote.then(line_of(&Foreign::from(line).plain())));
    }
}

fn line_of(text: &str) -> Words {
    if text.starts_with('#') || text.starts_with(';') {
        return Words::of(Role::Quiet, text);
    }
    if text.starts_with('[') {
        return Words::of(Role::Strong, text);
    }
    match text.split_once('=') {
        Some((key, value)) => Words::of(Role::Info, key).text(Role::Faint, "=").text(Role::Text, value),
        None => Words::of(Role::Text, text),
    }
}
