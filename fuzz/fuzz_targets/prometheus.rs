//! Any page and any selector: no panic, and a sum is one of at least one series.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::runtimes::prometheus::{selector, sum};

fuzz_target!(|data: &[u8]| {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, page) = data.split_at(line);
    let Ok(wanted) = selector(&String::from_utf8_lossy(first)) else { return };
    if let Ok(Some(sum)) = sum(page, &wanted) {
        assert!(sum.series > 0);
    }
});
