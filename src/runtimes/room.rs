//! What asks a host for room on a disk and for memory, and what its answers mean.

use crate::domain::fact::Room;
use crate::port::RemoteCommand;

/// Room as a host tells it, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// What may still be used.
    pub free: u64,
    /// All that may be used by anybody but root.
    pub whole: u64,
}

impl Free {
    /// Whether it is so much.
    pub fn holds(self, wanted: Room) -> bool {
        match wanted {
            Room::Percent(percent) => u128::from(self.free) * 100 >= u128::from(self.whole) * u128::from(percent),
            Room::Bytes(bytes) => self.free >= bytes,
        }
    }

    /// How much of the whole it is, never rounded up.
    pub fn percent(self) -> u64 {
        u64::try_from(u128::from(self.free) * 100 / u128::from(self.whole.max(1))).unwrap_or(100)
    }
}

/// A mount that hangs is given up after five seconds, where the host can do that; else the command's deadline ends it.
const DISK: &str = r#"LC_ALL=C; export LC_ALL
if command -v timeout >/dev/null 2>&1; then timeout 5 df -P -k "$1"; else df -P -k "$1"; fi"#;

/// Asks for the room on the disk on which `path` lies.
pub fn disk(path: &str) -> RemoteCommand {
    RemoteCommand::new(["/bin/sh", "-c", DISK, "qd-disk", path])
}

/// Reads its answer.
///
/// # Errors
/// Why it proves nothing, as a sentence without a full stop.
pub fn read_disk(text: &str) -> Result<Free, String> {
    let lines: Vec<&str> = text.lines().collect();
    let [_, line] = lines.as_slice() else { return Err("df did not tell of one file system".to_owned()) };
    let words: Vec<&str> = line.split_whitespace().collect();
    // The name of a file system may have blanks in it, and so may where it is mounted.
    let figures = words.windows(4).find_map(|words| {
        let [_, used, free, share] = words else { return None };
        let share = share.strip_suffix('%')?;
        let _ = share.parse::<u64>().ok()?;
        Some((used.parse::<u64>().ok()?, free.parse::<u64>().ok()?))
    });
    let (used, free) = figures.ok_or("df told figures that make no sense")?;
    let whole = used.checked_add(free).and_then(|kib| kib.checked_mul(1024)).filter(|whole| *whole > 0);
    let whole = whole.ok_or("what is there has no room of its own")?;
    Ok(Free { free: free.saturating_mul(1024), whole })
}

/// Asks for the memory that is left.
pub fn memory() -> RemoteCommand {
    RemoteCommand::new(["/bin/sh", "-c", "while read -r l; do echo \"$l\"; done </proc/meminfo", "qd-memory"])
}

/// Reads its answer: what programs may still have without anything being swapped.
///
/// # Errors
/// Why it proves nothing, as a sentence without a full stop.
pub fn read_memory(text: &str) -> Result<Free, String> {
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kib = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
        kib.checked_mul(1024)
    };
    let whole = figure("MemTotal:").filter(|whole| *whole > 0).ok_or("its /proc/meminfo makes no sense")?;
    let free = figure("MemAvailable:").ok_or("its kernel does not tell what memory is available")?;
    if free > whole { Err("it tells of more memory than it has".to_owned()) } else { Ok(Free { free, whole }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_read_as_df_tells_it() {
        let head = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n";
        let told = |line: &str| read_disk(&format!("{head}{line}\n"));
        let free = Free { free: 3000 * 1024, whole: 10_000 * 1024 };
        assert_eq!(told("/dev/sda1 11000 7000 3000 70% /"), Ok(free));
        assert_eq!(told("//nas/the share 11000 7000 3000 70% /mnt/a b"), Ok(free));
        assert!(free.holds(Room::Percent(30)) && !free.holds(Room::Percent(31)));
        assert!(free.holds(Room::Bytes(3000 * 1024)) && !free.holds(Room::Bytes(3000 * 1024 + 1)));
        assert_eq!(free.percent(), 30);
        for odd in ["proc 0 0 0 - /proc", "proc 0 0 0 0% /proc", "x 1 2", "x 9 -1 3 4% /", ""] {
            assert!(told(odd).is_err(), "{odd}");
        }
        assert!(read_disk("").is_err() && read_disk(head).is_err());
        assert!(read_disk(&format!("{head}/dev/a 9 1 8 9% /\n/dev/b 9 1 8 9% /x\n")).is_err());
    }

    #[test]
    fn memory_that_is_not_told_is_not_there() {
        let told = "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:    500 kB\n";
        assert_eq!(read_memory(told), Ok(Free { free: 500 * 1024, whole: 2000 * 1024 }));
        for odd in
            ["", "MemTotal: 2000 kB\nMemFree: 100 kB\n", "MemTotal: 1 kB\nMemAvailable: 2 kB\n", "MemTotal: x kB\n"]
        {
            assert!(read_memory(odd).is_err(), "{odd}");
        }
    }
}
