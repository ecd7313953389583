//! Processor time: of the program with everything that it started here, and of a whole host of the lab.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Pid;

use crate::lab::Lab;

/// Processor time so far of a process, of all its threads, and of all that it started and that still lives.
pub fn family(pid: Pid) -> Duration {
    let own = threads(pid);
    children(pid).into_iter().fold(own, |sum, child| sum + family(child))
}

/// What any of its threads has started and that is still there.
fn children(pid: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let all = lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    all.filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// The scheduler counts in nanoseconds, which an idle process needs.
pub fn threads(pid: Pid) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())).into_iter().flatten().flatten();
    let spent = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}

/// How many processes belong to it.
pub fn members(pid: Pid) -> usize {
    1 + children(pid).into_iter().map(members).sum::<usize>()
}

/// Processor time so far of a whole host of the lab: of systemd and the bus too, when they work for us.
pub fn host(lab: &Lab, host: &str) -> Duration {
    let name = fs::read_to_string(lab.dir().join("name")).expect("the lab has a name");
    let group = PathBuf::from(format!("quarterdeck-lab/{}/host-{host}", name.trim()));
    let old = PathBuf::from("/sys/fs/cgroup/cpuacct").join(&group).join("cpuacct.usage");
    if let Ok(nanos) = fs::read_to_string(old) {
        return Duration::from_nanos(nanos.trim().parse().expect("a number"));
    }
    let new = PathBuf::from("/sys/fs/cgroup").join(&group).join("cpu.stat");
    let stat = fs::read_to_string(new).expect("the host has a control group");
    let micros = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")).expect("its use is counted");
    Duration::from_micros(micros.parse().expect("a number"))
}
