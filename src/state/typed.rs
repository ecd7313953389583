//! What a person would type in a command, as a shell takes it.

use std::path::{Path, PathBuf};

use crate::runtimes::shell::shown;
use crate::text::Foreign;

/// A folder, in quotes where it needs some.
pub fn folder(folder: &Path) -> String {
    let folder: PathBuf = folder.components().collect();
    shown(&[Foreign::from(folder.as_os_str().as_encoded_bytes()).plain()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_word_of_a_shell() {
        assert_eq!(folder(Path::new("/srv/sites/shop/")), "/srv/sites/shop");
        assert_eq!(folder(Path::new("/srv/our sites/it's")), r"'/srv/our sites/it'\''s'");
    }
}
