//! Levels by their names.

/// The levels by name, the most important first, as syslog numbers them.
pub const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];

/// The number of a level; the usual other names are taken as well.
pub fn number(word: &str) -> Option<u8> {
    let word = word.to_ascii_lowercase();
    let name = match word.as_str() {
        "warn" => "warning",
        "err" => "error",
        "critical" | "fatal" => "crit",
        "panic" | "emergency" => "emerg",
        "information" => "info",
        "trace" => "debug",
        other => other,
    };
    LEVELS.iter().position(|level| *level == name).and_then(|place| u8::try_from(place).ok())
}
