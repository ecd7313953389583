//! Procedures: a Markdown file read into [`Procedure`], whatever it holds. Nothing is left out and nothing fails: what
//! was not understood is shown as it stands, is done by hand, and is told with its place. Nothing here runs anything.

mod attributes;
mod boxed;
mod definitions;
mod fence;
mod group;
mod header;
mod ids;
mod inline;
mod keys;
mod outline;
mod page;
mod parts;
mod raw;
mod reader;
mod roles;
mod session;
mod site;
mod tail;
mod titles;
mod values;

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod huge_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::mistake::{Mistake, Severity, Sink};
use super::source::Source;
use crate::domain::ProcedureName;
use crate::domain::procedure::{Block, Doing, Header, Placed, Procedure};
use crate::text::Foreign;

pub use header::Known;
pub use outline::{Counts, Outline, json};
pub use site::{FOLDER, commands, commands_of, fill, is_procedure};

use page::{Front, Page};
pub(super) use raw::RawHeader;

/// Largest document in bytes.
pub const LARGEST: usize = 1 << 20;

/// Reads a document. `file` is how a person knows it, and its stem the procedure's name.
pub fn load(file: &Path, bytes: &[u8], known: &Known) -> (Procedure, Vec<Mistake>) {
    let (name, mut mistakes) = name(file);
    let text = page::decoded(bytes);
    let page = Page::new(&text);
    let source = Source::new(file, page.text.as_str());
    let (mut header, trouble) = front(file, &page, known, &mut mistakes);
    let mut sink = Sink::new(&source);
    let mut reading = reader::read(&page.text, page.body);
    let parts::Assembled { mut sections, mut parts } = parts::assemble(&mut reading, header.kind, &mut sink);
    // What was kept as places in the text becomes lines.
    reading.blocks.iter_mut().for_each(|placed| placed.line = source.line(placed.line));
    sections.iter_mut().for_each(|section| section.line = source.line(section.line));
    parts.iter_mut().for_each(|part| part.line = source.line(part.line));
    if let Some(trouble) = trouble {
        for part in &mut parts {
            part.doing = Doing::Ask;
            part.misread.get_or_insert_with(|| trouble.clone());
        }
    }
    if header.title.is_empty() {
        let heading = sections.iter().map(|section| section.title.clone()).find(|title| !title.is_empty());
        let title = headline(&page, &reading.blocks).map(Foreign::from).or(heading);
        header.title = title.unwrap_or_else(|| Foreign::from(stem(file)));
    }
    mistakes.extend(sink.finish());
    let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let file = super::mistake::path(file);
    let blocks = reading.blocks;
    (Procedure { name, file, digest, text: Arc::from(text), header, sections, blocks, parts }, mistakes)
}

/// The first line of a document that begins with words and not with a heading, as pages copied out of a browser do,
/// if it can be a title.
fn headline(page: &Page, blocks: &[Placed]) -> Option<String> {
    const LONGEST: usize = 80;
    let first = blocks.first().filter(|placed| matches!(placed.block, Block::Paragraph(_)))?;
    let line = page.text.lines().nth(first.line.saturating_sub(1))?.trim().trim_end_matches('¶').trim_end();
    let plain = !line.contains(['[', '<', '|', '`', '*', '!', '=', '{', '/']);
    let whole = !line.ends_with(['.', ':', '?', ',', ';']);
    (plain && whole && (1..=LONGEST).contains(&line.chars().count())).then(|| line.to_owned())
}

/// The header, and why nothing of the document may be done by the console, if its front matter was misread.
fn front(file: &Path, page: &Page, known: &Known, mistakes: &mut Vec<Mistake>) -> (Header, Option<String>) {
    let other = |range: &std::ops::Range<usize>| {
        let text = page.text.get(range.clone()).unwrap_or_default();
        Header { other: Foreign::from(text.trim_end()), ..Header::default() }
    };
    match &page.front {
        None => (Header::default(), None),
        Some(Front::Yaml(range)) => (other(range), None),
        Some(Front::Open(range)) => {
            let mut mistake = Mistake::of_line(file, &page.text, 1, 1, "this front matter is not closed");
            mistake.length = range.len();
            mistakes.push(mistake.with_hint("end it with a line of `+++`"));
            (Header::default(), Some("the front matter at the top is not closed".to_owned()))
        }
        Some(Front::Toml(range)) => match header::read(file, &page.text, range, known) {
            None => (other(range), None),
            Some((header, told)) => {
                let bad = told.iter().find(|mistake| mistake.severity == Severity::Mistake);
                let why = bad.map(|bad| format!("the front matter was misread: line {}, {}", bad.line, bad.message));
                mistakes.extend(told);
                (header, why)
            }
        },
    }
}

fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let end = name.len().saturating_sub(".md".len());
    match name.get(end..) {
        Some(tail) if tail.eq_ignore_ascii_case(".md") && end > 0 => name.get(..end).unwrap_or_default().to_owned(),
        Some(_) | None => name.into_owned(),
    }
}

/// The name that a file gives its procedure; a mistake where it is none.
fn name(file: &Path) -> (ProcedureName, Vec<Mistake>) {
    let stem = stem(file);
    match ProcedureName::new(&stem) {
        Ok(name) => (name, Vec::new()),
        Err(error) => {
            let slug = ids::slug(&stem);
            let made = ProcedureName::new(if slug.is_empty() { "procedure" } else { &slug });
            let message = format!("{} can't be the name of a procedure: {error}", super::mistake::quoted(&stem));
            let mistake = Mistake::of_file(file, message);
            match made {
                Ok(name) => {
                    let hint = format!("rename the file; until then it is called `{name}`");
                    (name, vec![mistake.with_hint(hint)])
                }
                Err(_) => (nameless(), vec![mistake]),
            }
        }
    }
}

#[expect(clippy::expect_used, reason = "the word follows the rule of names")]
fn nameless() -> ProcedureName {
    ProcedureName::new("procedure").expect("a name")
}
