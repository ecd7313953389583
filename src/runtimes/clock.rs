//! What time a host has by its own clock: what is asked, and how the answer is read. Pure.

use std::time::Duration;

use super::lock_host::{number, told};
use crate::port::RemoteCommand;

const SCRIPT: &str = r#"now=$(date +%s)
printf '\n%s clock %s\n\n%s ok\n\n%s end\n' "$1" "$now" "$1" "$1""#;
/// How long a host may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Asks it; the word begins each line of the answer.
pub fn ask(word: &str) -> RemoteCommand {
    let argv = ["/bin/sh", "-c", SCRIPT, "qd-clock", word].map(str::to_owned).to_vec();
    RemoteCommand { most: 64 << 10, ..RemoteCommand::new(argv).within(WITHIN) }
}

/// The seconds since 1970 that it has; nothing where the answer makes no sense.
pub fn read(bytes: &[u8], word: &str) -> Option<i64> {
    let told = told(bytes, word).filter(|told| told.refused.is_none())?;
    let clock = told.parts.iter().find(|part| part.kind == b"clock")?;
    i64::try_from(number(clock.words)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_answer_with_a_number_is_a_time() {
        let answer = |clock: &str| format!("motd\n\nw1 clock {clock}\n\nw1 ok\n\nw1 end\n");
        assert_eq!(read(answer("1770000000").as_bytes(), "w1"), Some(1_770_000_000));
        for odd in ["", "x", "-5", "1e9", "99999999999999999999"] {
            assert_eq!(read(answer(odd).as_bytes(), "w1"), None, "{odd}");
        }
        assert_eq!(read(answer("1770000000").as_bytes(), "w2"), None);
        assert_eq!(read(b"\nw1 clock 1770000000\n", "w1"), None);
    }
}
