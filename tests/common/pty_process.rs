//! Processes as /proc shows them.

use std::fs;
use std::time::Duration;

use rustix::process::Pid;

/// The unit in which Linux tells processor time, fixed for all programs.
const TICKS_A_SECOND: f64 = 100.0;

/// The processes that `parent` has started and that are still there.
pub fn children(parent: Pid) -> Vec<Pid> {
    let raw = parent.as_raw_nonzero();
    let list = fs::read_to_string(format!("/proc/{raw}/task/{raw}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// The state of a process.
pub fn state(pid: Pid) -> char {
    stat(pid).first().and_then(|state| state.chars().next()).unwrap_or('-')
}

/// Whether no thread of a process has anything to do: what it was told of, it has dealt with.
pub fn idle(pid: Pid) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())) else { return true };
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        !matches!(stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next()), Some('R' | 'D'))
    })
}

/// The fields of /proc/PID/stat from the state on.
pub(super) fn stat(pid: Pid) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().map(str::to_owned).collect()
}

/// Processor time of a process so far, of all its threads.
pub fn cpu(pid: Pid) -> Duration {
    let ticks: u64 = stat(pid).get(11..13).map_or(0, |times| times.iter().flat_map(|t| t.parse::<u64>()).sum());
    Duration::from_secs_f64(ticks as f64 / TICKS_A_SECOND)
}

/// Resident memory of a process in KiB.
pub fn memory(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
