//! Draws a question.

use ratatui::layout::Rect;

use super::state::State;
use crate::port::event::QuestionKind;
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::{Lines, Pen, Words, pane};

/// Lines of a prompt that are shown at most.
const LINES: usize = 12;

/// Draws it in the middle of an area; `accept` and `decline` are the keys for that, `waiting` how many more there are.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect, accept: &str, decline: &str, waiting: usize) {
    let width = area.width.saturating_sub(4).min(76);
    let prompt = prompt(state, usize::from(width.saturating_sub(6)), pen);
    let prompt = prompt.all().get(..prompt.all().len().min(LINES)).unwrap_or_default().to_vec();
    let height = u16::try_from(prompt.len()).unwrap_or(12) + 8;
    let area = pane::middle(area, width, height);
    let (title, does) = match state.question.kind {
        QuestionKind::Secret => ("A secret is asked for", "answer"),
        QuestionKind::Input => ("A step of the run needs a secret", "answer"),
        QuestionKind::Sudo => ("sudo wants a password on", "answer"),
        QuestionKind::HostKey => ("Unknown host key", "trust this key from now on"),
        QuestionKind::Confirm => ("May it go on?", "let it go on"),
    };
    let title = Words::of(Role::Strong, title).text(Role::Quiet, format!(" {}", state.question.host));
    let more = if waiting > 0 { Words::of(Role::Quiet, format!("{waiting} more wait")) } else { Words::new() };
    let inside = pane::dialog(pen, area, &title, &more);
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    let mut y = room.y;
    for line in &prompt {
        pen.words(room.x, y, room.width, line);
        y += 1;
    }
    y += 1;
    let field = Rect { y, height: 1, ..room };
    pen.tint(field, Role::Field);
    let shown = match state.visible() {
        None => pen.styles.glyphs.secret.repeat(state.length().min(usize::from(field.width.saturating_sub(2)))),
        Some(text) => Foreign::from(text).plain(),
    };
    let used = pen.text(field.x + 1, y, field.width.saturating_sub(2), Role::Field, &shown);
    if state.length() == 0 && state.visible().is_some() {
        pen.text(field.x + 1, y, field.width.saturating_sub(2), Role::Quiet, "type yes");
    }
    pen.place_cursor(field.x + 1 + used, y);
    if let Some(remark) = state.remark {
        pen.text(room.x, y + 1, room.width, Role::Warn, remark);
    }
    let keys = Words::of(Role::Key, accept).text(Role::Quiet, format!(" {does}   "));
    let otherwise = match state.question.kind {
        QuestionKind::Input | QuestionKind::Sudo => " give none: the step fails",
        QuestionKind::Secret | QuestionKind::HostKey | QuestionKind::Confirm => " do not connect",
    };
    let keys = keys.text(Role::Key, decline).text(Role::Quiet, otherwise);
    pen.words(room.x, y + 2, room.width, &keys);
}

/// The words of whoever asks, with the fingerprint standing out.
fn prompt(state: &State, columns: usize, pen: &Pen<'_>) -> Lines {
    let mut lines = Lines::new(columns, pen.clock);
    for line in state.question.prompt.raw().split(|byte| *byte == b'\n') {
        let text = Foreign::from(line).plain();
        let mut words = Words::new();
        for (number, word) in text.split_whitespace().enumerate() {
            let role = if word.starts_with("SHA256:") || word.starts_with("MD5:") { Role::Info } else { Role::Text };
            let space = if number == 0 { "" } else { " " };
            words = words.text(role, format!("{space}{word}"));
        }
        for line in words.wrapped(columns.saturating_sub(2), pen.clock) {
            let quote = Words::of(Role::Line, format!("{} ", pen.styles.glyphs.quote));
            lines.line(quote.then(line));
        }
    }
    lines
}
