//! What says that a document may run what is in it.

use std::fs;
use std::path::Path;

use sha2::Digest;

/// The SHA-256 of a file, as `--trust` takes it.
pub fn digest(file: &Path) -> String {
    sha2::Sha256::digest(fs::read(file).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}
