//! Approving a Markdown file that is in no site: by its content, wherever it lies.

use std::path::{Path, PathBuf};

use super::approval::{Examined, Told, commands};
use super::folder::reason;
use super::mistake::path;
use super::places::Places;
use super::procedure::{self, Known, LARGEST};
use super::trust::{Trust, approve};

/// The file that a word means, if it means a document and not a site.
pub(super) fn meant(places: &Places, word: &str) -> Option<PathBuf> {
    let file = places.here.join(word);
    let is_markdown = file.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
    (is_markdown && file.is_file()).then_some(file)
}

/// What a document would run as it is now.
pub(super) fn examine(places: &Places, file: &Path, word: &str) -> Result<Examined, Told> {
    let shown = path(Path::new(word));
    let bytes = match std::fs::read(file) {
        Ok(bytes) if bytes.len() > LARGEST => {
            return Err(Told::bad(format!("{shown} is too large to be a procedure\n")));
        }
        Ok(bytes) => bytes,
        Err(error) => return Err(Told::bad(format!("{shown} can't be read: {}\n", reason(&error)))),
    };
    let (document, _) = procedure::load(Path::new(word), &bytes, &Known::default());
    if Trust::read(places).knows(&document.digest) {
        return Err(Told::done(format!("{shown} is trusted already, and nothing in it has changed since\n")));
    }
    let text = commands(&procedure::commands_of(&document));
    Ok(Examined { text, digest: document.digest, shown, place: file.to_path_buf() })
}

/// Remembers that a document may run what it says as it is now.
///
/// # Errors
/// A sentence, when that can't be recorded.
pub fn approve_document(places: &Places, file: &Path, digest: &str) -> Result<(), String> {
    approve(places, &places.here.join(file), digest)
}

/// The digest of a document.
pub(super) fn digest(file: &Path) -> Option<String> {
    let bytes = std::fs::read(file).ok().filter(|bytes| bytes.len() <= LARGEST)?;
    Some(procedure::load(file, &bytes, &Known::default()).0.digest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::approval::{Outcome, list_trusted, trust, untrust};
    use super::*;

    #[test]
    fn f12_a_document_is_trusted_by_its_content_until_that_changes() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().canonicalize().unwrap();
        let places =
            Places { config: at.join("config"), state: at.join("state"), data: at.join("data"), here: at.clone() };
        std::fs::write(at.join("x.md"), "# X\n\n```sh\nuptime\n```\n").unwrap();
        let digest = digest(&at.join("x.md")).unwrap();
        assert!(!Trust::read(&places).knows(&digest));
        let told = trust(&places, "./x.md");
        assert_eq!(told.outcome, Outcome::Done);
        assert!(told.text.contains("uptime") && told.text.contains(&digest), "{}", told.text);
        assert!(Trust::read(&places).knows(&digest));
        assert!(list_trusted(&places).text.contains("unchanged"));
        std::fs::write(at.join("x.md"), "# X\n\n```sh\nreboot\n```\n").unwrap();
        assert!(list_trusted(&places).text.contains("changed  "), "{}", list_trusted(&places).text);
        assert_eq!(untrust(&places, "./x.md").outcome, Outcome::Done);
        assert!(!Trust::read(&places).knows(&digest));
    }
}
