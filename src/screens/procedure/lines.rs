//! The rows of one piece of the document on the desk: the piece itself, the mark of its part, and below the last piece
//! of a part how it stands and, unfolded, what it printed.

use super::desk::Desk;
use super::meta;
use super::output;
use super::state::State;
use crate::domain::Standing;
use crate::style::Role;
use crate::ui::paper::{Ground, rows};
use crate::ui::{Words, runs};

/// Columns before the text, where marks stand.
pub const GUTTER: usize = 2;
/// Lines of output that are shown within the document, of each host.
const UNFOLDED: usize = 12;

/// One row as it is drawn.
#[derive(Debug, Clone)]
pub struct Line {
    /// The mark before it.
    pub mark: Option<(&'static str, Role)>,
    /// Columns before its words, behind the gutter.
    pub indent: usize,
    /// Its words.
    pub words: Words,
    /// On what it stands.
    pub ground: Ground,
    /// The part whose title it is.
    pub title: Option<usize>,
    /// The part it belongs to.
    pub part: Option<usize>,
}

/// The rows of a piece in a pane with so many columns.
pub fn lines(state: &State, desk: &Desk<'_>, atom: usize, columns: usize) -> Vec<Line> {
    let Some(piece) = state.paper.atoms.get(atom) else { return Vec::new() };
    let procedure = desk.sheet.procedure;
    let owner = state.outline.owner(piece.block);
    let marked = state.outline.marked(piece.block).filter(|_| piece.line == 0);
    let room = columns.saturating_sub(GUTTER);
    let look = (desk.clock, desk.glyphs);
    let found = rows(&state.paper, &procedure.blocks, piece, room, owner.is_some(), &state.painted, look);
    let mut indent = 0;
    let mut lines: Vec<Line> = found
        .into_iter()
        .map(|row| {
            let title = marked.filter(|_| row.first);
            let mark = title.and_then(|part| procedure.parts.get(part).map(|one| (part, one))).map(|(part, one)| {
                let standing = desk.sheet.standing(&one.id);
                let written = desk.sheet.run.is_none() && standing == Standing::Open && desk.is_ticked_in_file(one);
                let (glyph, role) = runs::standing_mark(standing, desk.glyphs);
                let (glyph, role) = if written { (desk.glyphs.yes, Role::Quiet) } else { (glyph, role) };
                let here = state.cursor == Some(part) && glyph == desk.glyphs.states[1];
                if here { (desk.glyphs.then, Role::Key) } else { (glyph, role) }
            });
            let words = match title.and_then(|part| procedure.parts.get(part)) {
                Some(one) if row.ground == Ground::Page => row.words.then(meta::behind(one, desk)),
                Some(_) | None => row.words,
            };
            indent = row.indent;
            Line {
                mark,
                indent: row.indent,
                words,
                ground: row.ground,
                title,
                part: owner.filter(|_| row.first || row.ground == Ground::Code),
            }
        })
        .collect();
    if piece.last {
        for part in state.outline.ended(piece.block) {
            below(&mut lines, state, desk, part, indent, room);
        }
    }
    lines
}

fn below(lines: &mut Vec<Line>, state: &State, desk: &Desk<'_>, part: usize, indent: usize, room: usize) {
    let Some(one) = desk.sheet.procedure.parts.get(part) else { return };
    let mut put = |words: Words, ground: Ground| {
        lines.push(Line { mark: None, indent, words, ground, title: None, part: Some(part) });
    };
    for words in meta::below(one, desk, &state.hosts, room.saturating_sub(indent)) {
        put(words, Ground::Page);
    }
    if state.unfolded.contains(&one.id) {
        for words in output::folded_out(desk, part, UNFOLDED) {
            put(Words::new().gap(1).then(words), Ground::Code);
        }
    }
}
