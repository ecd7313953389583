//! The little graph of latencies. Its scale is fixed, so that rows can be compared and quiet ones stay quiet.

use std::time::Duration;

use super::words::Words;
use crate::style::{Glyphs, Role};

/// Upper bounds of the levels below the highest, in milliseconds.
const LEVELS: [u64; 7] = [25, 50, 100, 200, 400, 800, 1600];

/// The newest `columns` values, oldest first; places without a value are dots.
pub fn latencies<'a>(
    values: impl DoubleEndedIterator<Item = &'a Option<Duration>>,
    columns: usize,
    role: Role,
    glyphs: &Glyphs,
) -> Words {
    let mut newest: Vec<Option<Duration>> = values.rev().take(columns).copied().collect();
    newest.reverse();
    let mut words = Words::new().gap(columns - newest.len());
    let mut run = String::new();
    for value in newest {
        match value {
            Some(value) => run.push_str(glyphs.bars[level(value)]),
            None => {
                words = words.text(role, std::mem::take(&mut run)).text(Role::Faint, glyphs.dot);
            }
        }
    }
    words.text(role, run)
}

fn level(value: Duration) -> usize {
    let millis = value.as_millis();
    LEVELS.iter().position(|bound| millis <= u128::from(*bound)).unwrap_or(LEVELS.len())
}

/// A bar of `columns` that is full to a percentage: the full part in one role, the rest in that of lines.
pub fn meter(percent: u64, columns: usize, role: Role, glyphs: &Glyphs) -> Words {
    let full = usize::try_from(percent.min(100)).unwrap_or(100) * columns;
    let full = full.div_ceil(100);
    let [on, off] = glyphs.meter;
    Words::of(role, on.repeat(full)).text(Role::Line, off.repeat(columns - full))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Now;
    use crate::style::GlyphSet;
    use crate::ui::Clock;

    const CLOCK: Clock = Clock { now: Now::START, running: true };

    #[test]
    fn the_newest_stand_at_the_right() {
        let millis = |n: u64| Some(Duration::from_millis(n));
        let values = [millis(5000), millis(9), None, millis(300), millis(2000)];
        let glyphs = GlyphSet::Unicode.glyphs();
        assert_eq!(latencies(values.iter(), 4, Role::Graph, glyphs).plain(CLOCK), "▁·▅█");
        assert_eq!(latencies(values.iter(), 7, Role::Graph, glyphs).plain(CLOCK), "  █▁·▅█");
    }

    #[test]
    fn a_meter_is_never_empty_when_something_is_used() {
        let glyphs = GlyphSet::Ascii.glyphs();
        assert_eq!(meter(1, 10, Role::Text, glyphs).plain(CLOCK), "=---------");
        assert_eq!(meter(0, 4, Role::Text, glyphs).plain(CLOCK), "----");
        assert_eq!(meter(250, 4, Role::Text, glyphs).plain(CLOCK), "====");
    }
}
