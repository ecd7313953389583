//! Lines that a container has printed, as `docker logs --timestamps` gives them.

use jiff::Timestamp;

use crate::port::event::LogLine;
use crate::text::Foreign;

/// The moment and the rest of one line; `None` for one without a moment.
pub fn split(line: &[u8]) -> Option<(Timestamp, &[u8])> {
    let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let (word, rest) = line.split_at_checked(space)?;
    let at = std::str::from_utf8(word).ok()?.parse().ok()?;
    Some((at, rest.get(1..).unwrap_or_default()))
}

/// Reads all of them. Docker keeps no priority: `priority` is that of the stream they came on.
pub fn printed(output: &[u8], priority: u8) -> Vec<LogLine> {
    let lines = output.split(|byte| *byte == b'\n').filter_map(split);
    lines
        .map(|(at, rest)| {
            let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
            LogLine { at, priority, message: Foreign::from(rest) }
        })
        .collect()
}
