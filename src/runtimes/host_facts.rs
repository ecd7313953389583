//! The one command that asks a host about itself, and what its answer means.

use std::time::Duration;

use jiff::Timestamp;

pub use super::host_facts_parse::parse;
use crate::domain::host::ClockOffset;
use crate::port::RemoteCommand;

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything, with the versions that seldom change.
    Full,
    /// What changes all the time, and the file systems.
    Usual,
    /// Without the file systems: they were read lately, or did not answer in time.
    NoDisks,
}

impl Extent {
    fn word(self) -> &'static str {
        match self {
            Extent::Full => "full",
            Extent::Usual => "usual",
            Extent::NoDisks => "no-disks",
        }
    }
}

/// The script. For `/bin/sh` of any kind, busybox too; it starts at most seven processes. What somebody else
/// may have worded (packages, mount points) comes last, so that it can pretend to be nothing that follows.
pub const SCRIPT: &str = r#"LC_ALL=C; export LC_ALL
r() { echo "== $1"; while IFS= read -r l; do printf '%s\n' "$l"; done 2>/dev/null <"$2"; }
u() { read -r up x </proc/uptime && echo "$up"; }
echo "== date"; date +%s.%N; echo "== begin"; u
r loadavg /proc/loadavg
r boot /proc/sys/kernel/random/boot_id
r kernel /proc/sys/kernel/osrelease
echo "== cores"; n=0; while read -r w x; do case $w in cpu[0-9]*) n=$((n+1));; intr) break;; esac; done </proc/stat; echo $n
r meminfo /proc/meminfo
echo "== vmstat"; while read -r w x; do case $w in oom_kill) echo "$x"; break;; esac; done </proc/vmstat
if [ -d /run/systemd/system ]; then echo "== booted"; fi
if [ "$1" = full ]; then
  echo "== systemd"; systemctl --version 2>/dev/null
  r system /etc/os-release 2>/dev/null
fi
if [ -e /run/reboot-required ]; then echo "== reboot"; [ -r /run/reboot-required.pkgs ] && r pkgs /run/reboot-required.pkgs; fi
echo "== end"; u
if [ "$1" != no-disks ]; then
  d() { if command -v timeout >/dev/null 2>&1; then timeout 3 "$@"; else "$@"; fi; }
  echo "== df"; d df -P -k -l 2>/dev/null || { [ $? -lt 124 ] && d df -P -k 2>/dev/null; }
  echo "== inodes"; d df -P -i -l 2>/dev/null || { [ $? -lt 124 ] && d df -P -i 2>/dev/null; }
fi
echo "== done"
"#;

/// `/proc/uptime` counts in steps of this many milliseconds, and so may `spent` be that much too long.
const UPTIME_STEP: i64 = 10;

/// Longest wait for the answer.
pub const DEADLINE: Duration = Duration::from_secs(9);

/// The command. `nice` is false for a host that has no such program.
pub fn command(extent: Extent, nice: bool) -> RemoteCommand {
    let before: &[&str] = if nice { &["nice", "-n", "19"] } else { &[] };
    let argv = before.iter().copied().chain(["/bin/sh", "-c", SCRIPT, "qd-facts", extent.word()]);
    let mut command = RemoteCommand::new(argv).within(DEADLINE);
    command.most = 256 << 10;
    command
}

/// The two moments of the host's clock that its answer holds: when it began, and how long it took to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostClock {
    /// What `date` said.
    pub date: Timestamp,
    /// From `date` to the answer's last word before the file systems.
    pub spent: Duration,
    /// Whether the host's `date` has only whole seconds.
    pub coarse: bool,
}

impl HostClock {
    /// How far the host's clock is from ours: asked at `sent`, and `round_trip` later all was here.
    ///
    /// Nothing is known of where between the two the host's clock was read, except that `spent` passed after it.
    pub fn offset(&self, sent: Timestamp, round_trip: Duration) -> ClockOffset {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let slack = round_trip.saturating_sub(self.spent);
        let read_at = sent.as_millisecond().saturating_add(millis(slack / 2));
        let coarse = if self.coarse { 500 } else { 0 };
        ClockOffset {
            millis: self.date.as_millisecond().saturating_add(coarse).saturating_sub(read_at),
            error: millis(slack / 2).saturating_add(UPTIME_STEP).saturating_add(coarse),
            at: sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_offset_is_bounded_by_the_round_trip() {
        let sent = Timestamp::from_millisecond(1_000_000).unwrap_or_default();
        let date = Timestamp::from_millisecond(1_002_520).unwrap_or_default();
        let clock = HostClock { date, spent: Duration::from_millis(60), coarse: false };
        let offset = clock.offset(sent, Duration::from_millis(100));
        assert_eq!((offset.millis, offset.error), (2500, 30));
        let coarse = HostClock { coarse: true, ..clock }.offset(sent, Duration::from_millis(100));
        assert_eq!((coarse.millis, coarse.error), (3000, 530));
        assert_eq!(clock.offset(sent, Duration::ZERO).error, 10, "a clock that jumps back here");
    }

    #[test]
    fn the_script_goes_as_one_argument() {
        let command = command(Extent::Full, true);
        assert_eq!(command.argv[..5], ["nice", "-n", "19", "/bin/sh", "-c"]);
        assert_eq!(command.argv[6..], ["qd-facts", "full"]);
    }
}
