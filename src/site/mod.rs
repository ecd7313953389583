//! Site files: found, read, resolved and validated, every mistake told with its place and what to do about it.
//!
//! [`load`] is the one way from a folder to a [`Site`]; [`check`] tells all that is wrong without stopping
//! at the first. Nothing here runs a command or opens a connection.

mod address;
mod duration;
mod json_rule;
mod mistake;
mod names;
mod raw;
mod read;
mod resolve;
mod source;
mod status;
mod units;
mod variables;

pub use mistake::{Mistake, Severity, render};

use std::path::Path;

use crate::domain::Site;
use mistake::Sink;
use read::FromToml;
use source::Source;

/// What came of reading one file.
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    /// What it says; there is none when there was a mistake.
    pub value: Option<T>,
    /// Mistakes and warnings, in the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// Reads the text of a `site.toml`. `file` is how messages name it, `folder` the name if it gives none.
pub fn parse(file: &Path, folder: &str, bytes: &[u8]) -> Parsed<resolve::Resolved> {
    read_file(file, bytes, |raw: &raw::RawSite, sink| resolve::resolve(raw, folder, sink))
}

/// Reads a file of any shape: bytes → text → TOML → raw → resolved, going on after each mistake.
fn read_file<R: FromToml, T>(file: &Path, bytes: &[u8], resolve: impl FnOnce(&R, &mut Sink<'_>) -> T) -> Parsed<T> {
    let text = String::from_utf8_lossy(bytes);
    let source = Source::new(file, text.as_ref());
    let mut sink = Sink::new(&source);
    let (table, errors) = toml::de::DeTable::parse_recoverable(source.text());
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        sink.add(&span, error.message().to_owned());
    }
    let span = table.span();
    let root = toml::Spanned::new(span, toml::de::DeValue::Table(table.into_inner()));
    let value = R::read(&root, &mut sink).map(|raw| resolve(&raw, &mut sink));
    let mistakes = sink.finish();
    let bad = mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake);
    Parsed { value: value.filter(|_| !bad), mistakes }
}

/// A site that is part of the program itself: no folder, and trusted.
///
/// # Errors
/// Every mistake of the text.
pub fn load_built_in(name: &str, text: &str) -> Result<Site, Vec<Mistake>> {
    let parsed = parse(Path::new(name), name, text.as_bytes());
    let Some((resolve::Resolved { title, environments, .. }, name)) =
        parsed.value.and_then(|resolved| resolved.name.clone().map(|name| (resolved, name)))
    else {
        return Err(parsed.mistakes);
    };
    let mut site = Site { name, title, folder: None, digest: String::new(), trusted: true, environments };
    for environment in &mut site.environments {
        environment.trusted = true;
    }
    Ok(site)
}
