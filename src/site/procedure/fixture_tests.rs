//! Documents of many shapes, and what is understood of each, as `qd outline` tells it. `QD_BLESS=1` writes the
//! expected outlines anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use super::{Counts, Known, Outline, load};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/procedures")
}

fn outline(name: &str) -> Outline {
    let bytes = fs::read(folder().join(name)).unwrap();
    let (procedure, mistakes) = load(Path::new(name), &bytes, &Known::default());
    Outline::of(&procedure, &mistakes)
}

#[test]
fn every_document_is_understood_as_expected() {
    let bless = std::env::var_os("QD_BLESS").is_some();
    let mut names: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|end| end == "md"));
    names.sort();
    assert!(names.len() >= 9);
    let mut different = Vec::new();
    for path in names {
        let text = outline(&path.file_name().unwrap().to_string_lossy()).text();
        let expected = path.with_extension("outline");
        if bless {
            fs::write(&expected, &text).unwrap();
        }
        let known = fs::read_to_string(&expected).unwrap_or_default();
        if known != text {
            different.push(format!("{}:\n{text}", expected.display()));
        }
    }
    assert!(different.is_empty(), "look at these, then QD_BLESS=1:\n{}", different.join("\n"));
}

#[test]
fn a_release_guide_has_all_its_boxes_and_blocks() {
    let Counts { items, fences, steps, .. } = outline("release-guide.md").counts;
    assert_eq!((items, fences, steps), (47, 11, 10));
}

#[test]
fn nobody_elses_document_has_mistakes() {
    for name in
        ["release-guide", "copied-page", "copied-with-marks", "numbered", "sites-of-docs", "hosting-site", "attributes"]
    {
        let outline = outline(&format!("{name}.md"));
        assert!(outline.mistakes.is_empty(), "{name}: {:?}", outline.mistakes);
    }
}
