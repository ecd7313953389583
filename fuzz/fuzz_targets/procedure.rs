//! Any bytes as a procedure: a document, never a panic; ids are unique, parts and blocks know each other, and nothing
//! that is told is unsafe.
#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use quarterdeck::site::procedure::{Known, Outline, load};
use quarterdeck::site::render;

fuzz_target!(|bytes: &[u8]| {
    let (procedure, mistakes) = load(Path::new("procedures/x.md"), bytes, &Known::default());
    let ids: BTreeSet<_> = procedure.parts.iter().map(|part| part.id.clone()).collect();
    assert_eq!(ids.len(), procedure.parts.len());
    for (index, part) in procedure.parts.iter().enumerate() {
        assert_eq!(procedure.blocks[part.block].part, Some(index));
    }
    let safe = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control());
    assert!(safe(&render(&mistakes)));
    assert!(safe(&Outline::of(&procedure, &mistakes).text()));
});
