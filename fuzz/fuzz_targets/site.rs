//! Any bytes as a site file and as a user file: a site or a mistake, never a panic, and nothing told is unsafe.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use quarterdeck::site::{Severity, parse, parse_user, render};

fuzz_target!(|bytes: &[u8]| {
    let parsed = parse(Path::new("site.toml"), "shop", bytes);
    let bad = parsed.mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake);
    assert_eq!(parsed.value.is_none(), bad, "a site or a mistake");
    assert!(render(&parsed.mistakes).chars().all(|c| c == '\n' || !c.is_control()));
    let (user, mistakes) = parse_user(Path::new("config.toml"), bytes);
    assert!(user.is_some() || !mistakes.is_empty());
});
