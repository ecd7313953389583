//! Any bytes under any budget: no panic, idempotent, and nothing but what a cell may hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::text::{Budget, Foreign, cell_allowed, sanitize, width};
use unicode_segmentation::UnicodeSegmentation;

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let flag = |bit: u8| choice >> bit & 1 == 1;
    let small = if flag(5) { 64 } else { 64 * 1024 };
    let budget = Budget {
        input: small,
        shown: small.min(8 * 1024),
        colours: flag(0),
        ascii: flag(1),
        one_line: flag(2),
        strict: flag(3),
        start_column: usize::from(choice >> 6),
    };
    let once = sanitize(bytes, budget);
    let text = once.text();
    assert_eq!(text, sanitize(text.as_bytes(), budget).text());
    for row in &once.rows {
        assert_eq!(row.width, row.runs.iter().map(|run| width(&run.text)).sum::<usize>());
        for run in &row.runs {
            assert!(run.text.graphemes(true).all(cell_allowed), "{:?}", run.text);
        }
    }
    let _ = Foreign::from(bytes).ident();
});
