//! `qd outline FILE…`: what was understood of procedures and of any other Markdown.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::output::{complain, print};
use crate::site::Severity;
use crate::site::procedure::{Known, LARGEST, Outline, json, load};

/// Which documents.
#[derive(Debug, Clone, Args)]
pub struct Documents {
    /// Markdown files; `-` reads standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints what was understood. Nothing is run and no host is asked.
pub fn run(documents: &Documents) -> Exit {
    let (mut outlines, mut missing, mut bad) = (Vec::new(), false, false);
    for file in &documents.files {
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(why) => {
                complain(&format!("{} can't be read: {why}", crate::site::mistake::path(file)));
                missing = true;
                continue;
            }
        };
        let named = if file == Path::new("-") { Path::new("standard-input.md") } else { file };
        let (procedure, mut mistakes) = load(named, &bytes, &Known::default());
        // How a file is called matters only among the procedures of a site.
        mistakes.retain(|mistake| mistake.line > 0);
        bad |= mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake);
        outlines.push(Outline::of(&procedure, &mistakes));
    }
    let text = if documents.json {
        json(&outlines)
    } else {
        outlines.iter().map(Outline::text).collect::<Vec<_>>().join("\n\n")
    };
    if let Err(exit) = print(&text) {
        return exit;
    }
    match (missing, bad) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Configuration,
        (false, false) => Exit::Ok,
    }
}

/// Reads a document, and never more than one may have, whatever the file is.
///
/// # Errors
/// Why it can't be read, as a clause.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = LARGEST as u64 + 1;
    let told = |error: std::io::Error| crate::site::why(&error);
    if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(told)?;
    } else {
        let metadata = std::fs::metadata(file).map_err(told)?;
        if metadata.is_dir() {
            return Err("it is a folder; name the files in it, or have a whole site checked by qd check".to_owned());
        }
        File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(told)?;
    }
    if bytes.len() > LARGEST {
        return Err(format!("it has more than {LARGEST} bytes, and that many are allowed"));
    }
    Ok(bytes)
}
