//! Where in a file a moment begins: found by looking at a few lines here and there, so that what is older is not read.
//!
//! Of files whose lines tell their times in order, up to what two writers turn round. One whose lines tell none is read from
//! a bound on.

use jiff::{SignedDuration, Timestamp};

use super::frames::{Frames, Said};
use super::reel::Place;
use crate::domain::log_source::LogPath;
use crate::port::RemoteCommand;
use crate::runtimes::tail::stamp::Stamps;

/// Prints where the file is, then a few bytes at equal distances.
const SCRIPT: &str = r#"f=$1 low=$2 high=$3
[ -f "$f" ] && [ -r "$f" ] || exit 21
command exec 3<"$f" || exit 20
size=$(stat -L -c %s /proc/self/fd/3) || exit 23
[ "$high" -gt 0 ] && [ "$high" -lt "$size" ] || high=$size
echo "= new $(stat -L -c %d-%i /proc/self/fd/3) $low $high $(date '+%z %s')"
i=0
while [ "$i" -lt 24 ]; do
  at=$((low+(high-low)/24*i)) i=$((i+1))
  to=$(( size > at+8192 ? at+8192 : size ))
  echo "+ $at $((to-at))"
  tail -c "+$((at+1))" /proc/self/fd/3 | head -c "$((to-at))"
done"#;
/// What is as near as this is read.
const NEAR: u64 = 1 << 20;
/// Of a file whose lines tell no times only so much is read.
pub const BOUND: u64 = 64 << 20;
/// Looks at most.
const LOOKS: u32 = 8;
/// Lines may stand this much before older ones.
const TURNED: SignedDuration = SignedDuration::from_secs(30);
/// Most bytes of an answer.
const MOST: usize = 1 << 20;

/// What a look has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Another look is needed.
    More,
    /// Reading begins here; with `true` because of the bound.
    Here(Place, bool),
    /// It could not be found out: all is read.
    Nowhere,
}

/// A search.
#[derive(Debug, Clone)]
pub struct Begin {
    from: Timestamp,
    low: u64,
    /// 0 for the end.
    high: u64,
    looks: u32,
    stamps: Stamps,
}

impl Begin {
    /// Looks for the first line that is not older than this.
    pub fn new(from: Timestamp) -> Self {
        Self { from, low: 0, high: 0, looks: 0, stamps: Stamps::default() }
    }

    /// The next look.
    pub fn command(&self, path: &LogPath) -> RemoteCommand {
        let (low, high) = (self.low.to_string(), self.high.to_string());
        let before = ["nice", "-n", "10", "/bin/sh", "-c", SCRIPT, "qd-file-begin"];
        let mut command = RemoteCommand::new(before.into_iter().chain([path.as_str(), &low, &high]));
        command.most = MOST;
        command
    }

    /// Takes its answer.
    pub fn take(&mut self, mut answer: &[u8]) -> Found {
        let (mut frames, mut begins, mut samples) = (Frames::default(), None, Vec::<(u64, Vec<u8>)>::new());
        loop {
            match frames.next(&mut answer) {
                Ok(Some(Said::Begins(said))) => begins = Some(said),
                Ok(Some(Said::Bytes(_, at, bytes))) => samples.push((at, bytes.to_vec())),
                Ok(Some(Said::Closed(_) | Said::Passed(_))) => {}
                Ok(None) => break,
                Err(_) => return Found::Nowhere,
            }
        }
        let Some(begins) = begins else { return Found::Nowhere };
        self.looks += 1;
        let here = |at| Place { file: begins.place.clone(), at, sum: None };
        let clock = begins.clock.and_then(|clock| Timestamp::from_second(clock).ok()).unwrap_or(self.from);
        let told = samples.iter().filter_map(|(at, bytes)| {
            let whole = if *at == 0 { 0 } else { bytes.iter().position(|byte| *byte == b'\n')? + 1 };
            let mut lines = bytes.get(whole..)?.split(|byte| *byte == b'\n');
            Some((*at, lines.find_map(|line| self.stamps.at(line, begins.zone, clock))?))
        });
        let told: Vec<(u64, Timestamp)> = told.collect();
        let is_near = begins.size.saturating_sub(self.low) <= NEAR;
        if told.is_empty() && self.looks == 1 && !is_near {
            let at = begins.size.saturating_sub(BOUND);
            return Found::Here(here(at), at > 0);
        }
        let older = |at: Timestamp| at.checked_add(TURNED).is_ok_and(|at| at < self.from);
        let before = (self.low, self.high);
        let low = told.iter().take_while(|(_, at)| older(*at)).map(|(at, _)| *at).last();
        let high = told.iter().find(|(_, at)| !older(*at)).map(|(at, _)| *at);
        self.low = low.unwrap_or(self.low);
        self.high = high.unwrap_or(begins.size).max(self.low);
        let narrowed = before != (self.low, self.high);
        if is_near || self.high - self.low <= NEAR || !narrowed || self.looks >= LOOKS {
            return Found::Here(here(self.low), false);
        }
        Found::More
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Answers as the host does.
    fn search(text: &[u8], from: &str) -> (u64, bool, usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, text).unwrap();
        let path = LogPath::new(path.to_str().unwrap()).unwrap();
        let mut begin = Begin::new(from.parse().unwrap());
        let mut bytes = 0;
        loop {
            let command = begin.command(&path);
            let mut words = command.argv.iter();
            let output = std::process::Command::new(words.next().unwrap()).args(words).output().unwrap();
            bytes += output.stdout.len();
            match begin.take(&output.stdout) {
                Found::More => {}
                Found::Here(place, bound) => return (place.at, bound, bytes),
                Found::Nowhere => unreachable!("{}", String::from_utf8_lossy(&output.stderr)),
            }
        }
    }

    #[test]
    fn the_beginning_of_an_hour_is_found_without_reading_the_rest() {
        let line = |second: i64| {
            let at = Timestamp::from_second(1_700_000_000 + second).unwrap();
            format!("{at} INFO request {second} {}\n", "x".repeat(60))
        };
        let text: String = (0..300_000).map(line).collect();
        let (at, bound, bytes) = search(text.as_bytes(), &Timestamp::from_second(1_700_290_000).unwrap().to_string());
        let exact = text.find("INFO request 290000 ").unwrap() as u64;
        assert!(at <= exact && exact - at < 3 * NEAR && !bound, "{at} for {exact}");
        assert!(bytes < 1 << 20, "{bytes} of {} were read", text.len());
        assert_eq!(search(text.as_bytes(), "2001-01-01T00:00:00Z").0, 0);
        let (late, ..) = search(text.as_bytes(), "2025-01-01T00:00:00Z");
        assert!(text.len() as u64 - late < 3 * NEAR);
    }

    #[test]
    fn what_tells_no_times_is_bounded() {
        let text = "no time is told here\n".repeat(100_000);
        assert_eq!(search(text.as_bytes(), "2026-01-01T00:00:00Z").0, 0, "this is short");
        let long = vec![b'x'; usize::try_from(BOUND).unwrap() + 1000];
        assert_eq!(search(&long, "2026-01-01T00:00:00Z").0, 1000);
        assert!(search(&long, "2026-01-01T00:00:00Z").1);
    }
}
