//! Small programs of a simulated host that tell what is true of it: disks, memory, load, ports.

use std::fmt::Write as _;

use super::filters::filter;
use super::machine::Machine;
use super::unit::SimUnit;
use jiff::Timestamp;

/// What a program left with and said.
pub(super) struct Told {
    pub(super) left: i32,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl Told {
    pub(super) fn said(text: impl Into<Vec<u8>>) -> Self {
        Self { left: 0, out: text.into(), err: Vec::new() }
    }

    pub(super) fn left(left: i32) -> Self {
        Self { left, out: Vec::new(), err: Vec::new() }
    }

    pub(super) fn failed(left: i32, text: String) -> Self {
        Self { left, out: Vec::new(), err: text.into_bytes() }
    }
}

/// What a host says of itself; nothing when this is no such program, or one that is asked for something else.
pub(super) fn of_host(machine: &Machine, wall: u64, words: &[String]) -> Option<Told> {
    let (program, arguments) = words.split_first()?;
    let has = |flag: char| {
        arguments.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(flag))
    };
    let text = match program.as_str() {
        "df" => disks(machine, has('h'), arguments.iter().find(|word| word.starts_with('/'))),
        "free" => memory(
            machine,
            if has('m') {
                1 << 20
            } else if has('g') {
                1 << 30
            } else {
                1 << 10
            },
            has('h'),
        ),
        "uptime" => uptime(machine, wall),
        "nproc" => format!("{}\n", machine.cores),
        "hostname" => format!("{}\n", machine.name),
        "date" if arguments.is_empty() => format!("{}\n", stamp(wall, "%a %b %e %H:%M:%S UTC %Y")),
        "ss" | "netstat" if has('l') => ports(machine, has('H')),
        "cat" if arguments == ["/proc/meminfo"] => meminfo(machine),
        "cat" if arguments == ["/proc/loadavg"] => {
            let load = machine.load();
            format!("{load:.2} {:.2} {:.2} 1/200 4242\n", load * 0.96, load * 0.92)
        }
        "grep" | "egrep" if arguments.last().is_some_and(|word| word == "/proc/meminfo") => {
            let all = meminfo(machine);
            return filter(words.get(..words.len() - 1)?, all.as_bytes());
        }
        _ => return None,
    };
    Some(Told::said(text))
}

/// The same for a URL of a service on the host's own loopback: its port and path.
pub(super) fn local_url(words: &[String]) -> Option<(u16, String)> {
    let url = words.iter().skip(1).find(|word| word.starts_with("http://"))?;
    let url = url::Url::parse(url).ok()?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    local.then(|| (url.port_or_known_default().unwrap_or(80), url.path().to_owned()))
}

/// What `curl` makes of an answer.
pub(super) fn curled(words: &[String], answer: Option<(u16, Vec<u8>)>, port: u16) -> Told {
    let has = |flag: char| words.iter().skip(1).any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains(flag));
    match answer {
        None => Told::failed(7, format!("curl: (7) Failed to connect to localhost port {port}: Connection refused\n")),
        Some((status, _)) if status >= 400 && has('f') => {
            Told::failed(22, format!("curl: (22) The requested URL returned error: {status}\n"))
        }
        Some((status, body)) => {
            let format = words.iter().position(|word| word == "-w").and_then(|at| words.get(at + 1));
            let mut out = if words.iter().any(|word| word == "/dev/null") { Vec::new() } else { body };
            if let Some(format) = format {
                let told = format.replace("%{http_code}", &status.to_string()).replace("\\n", "\n");
                out.extend_from_slice(told.as_bytes());
            }
            Told::said(out)
        }
    }
}

/// `test` and `[`; nothing when it asks for something that is not known here.
pub(super) fn test(arguments: &[String]) -> Option<bool> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["!", rest @ ..] => test(&rest.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).map(|holds| !holds),
        ["-z", text] => Some(text.is_empty()),
        ["-n", text] | [text] => Some(!text.is_empty()),
        [one, "=" | "==", other] => Some(one == other),
        [one, "!=", other] => Some(one != other),
        [one, compare, other] => {
            let (one, other): (i64, i64) = (one.trim().parse().ok()?, other.trim().parse().ok()?);
            match *compare {
                "-eq" => Some(one == other),
                "-ne" => Some(one != other),
                "-gt" => Some(one > other),
                "-ge" => Some(one >= other),
                "-lt" => Some(one < other),
                "-le" => Some(one <= other),
                _ => None,
            }
        }
        _ => None,
    }
}

fn stamp(wall: u64, format: &str) -> String {
    let at = i64::try_from(wall).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
    at.map(|at| at.strftime(format).to_string()).unwrap_or_default()
}

fn disks(machine: &Machine, human: bool, of: Option<&String>) -> String {
    let heading = if human { "Size  Used Avail" } else { "1K-blocks     Used Available" };
    let mut text = format!("Filesystem      {heading} Use% Mounted on\n");
    // Of a path the nearest mount point above it.
    let mount = of.and_then(|path| {
        let above = machine.disks.iter().filter(|(mount, ..)| path.starts_with(mount.as_str()));
        above.max_by_key(|(mount, ..)| mount.len()).map(|(mount, ..)| mount.clone())
    });
    for (number, (at, bytes, percent)) in machine.disks.iter().enumerate() {
        if mount.as_ref().is_some_and(|mount| mount != at) {
            continue;
        }
        let used = bytes / 100 * u64::from(*percent);
        let told = |bytes: u64| if human { size(bytes) } else { (bytes >> 10).to_string() };
        // Writing into a string can't fail.
        let _ = writeln!(
            text,
            "/dev/nvme{number}n1p1 {:>6} {:>5} {:>5} {percent:>3}% {at}",
            told(*bytes),
            told(used),
            told(bytes - used)
        );
    }
    text
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 30 { format!("{:.1}G", bytes as f64 / f64::from(1 << 30)) } else { format!("{}M", bytes >> 20) }
}

fn memory(machine: &Machine, unit: u64, human: bool) -> String {
    let (total, available) = (machine.memory.0, machine.available());
    let told = |bytes: u64| if human { format!("{}i", size(bytes)) } else { (bytes / unit).to_string() };
    let (used, free) = (total - available, available / 2);
    format!(
        "               total        used        free      shared  buff/cache   available\nMem:      {:>10} {:>11} \
         {:>11} {:>11} {:>11} {:>11}\nSwap:     {:>10} {:>11} {:>11}\n",
        told(total),
        told(used),
        told(free),
        told(0),
        told(available - free),
        told(available),
        told(0),
        told(0),
        told(0)
    )
}

fn meminfo(machine: &Machine) -> String {
    let (total, available) = (machine.memory.0 >> 10, machine.available() >> 10);
    format!(
        "MemTotal:       {total} kB\nMemFree:        {} kB\nMemAvailable:   {available} kB\nSwapTotal:      0 kB\n\
         SwapFree:       0 kB\n",
        available / 2
    )
}

fn uptime(machine: &Machine, wall: u64) -> String {
    let seconds = wall.saturating_sub(machine.booted) / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let load = machine.load();
    format!(
        " {} up {days} days, {hours:2}:{minutes:02},  0 users,  load average: {load:.2}, {:.2}, {:.2}\n",
        stamp(wall, "%H:%M:%S"),
        load * 0.96,
        load * 0.92
    )
}

fn ports(machine: &Machine, bare: bool) -> String {
    let mut text = String::new();
    if !bare {
        text.push_str("State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n");
    }
    let mut open: Vec<(u16, &SimUnit)> = Vec::new();
    for unit in machine.units.values().filter(|unit| unit.runs()) {
        open.extend(unit.behaviour.ports.iter().map(|port| (*port, unit)));
    }
    open.sort_by_key(|(port, _)| *port);
    for (port, unit) in open {
        let name = unit.name.trim_end_matches(".service");
        let _ = writeln!(
            text,
            "LISTEN 0      511          0.0.0.0:{port:<5}      0.0.0.0:*     users:((\"{name}\",pid={},fd=18))",
            unit.pid
        );
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn said(text: &str) -> String {
        let mut random = fastrand::Rng::with_seed(3);
        let mut machine = Machine::new("app-1", 0, &mut random);
        let mut web = SimUnit::running("web.service", "Web", 0, &mut random);
        web.behaviour.ports = vec![3005];
        machine.units.insert(web.name.clone(), web);
        machine.disks = vec![("/".into(), 60 << 30, 50), ("/var".into(), 120 << 30, 91)];
        String::from_utf8(of_host(&machine, 3_660_000_000, &words(text)).unwrap().out).unwrap()
    }

    #[test]
    fn what_a_host_says_of_itself_is_what_the_fleet_is() {
        assert!(said("df -h").contains("91% /var") && said("df -h").contains("50% /"));
        assert!(said("df -h /var/lib").contains("/var") && !said("df -h /var/lib").contains("50%"));
        assert!(said("free -m").contains("8192"), "{}", said("free -m"));
        assert!(said("uptime").contains("up 0 days,  1:01"), "{}", said("uptime"));
        assert!(said("ss -ltnp").contains(":3005"), "{}", said("ss -ltnp"));
        assert!(said("grep -E MemTotal|SwapFree /proc/meminfo").lines().count() == 2);
        assert!(of_host(&Machine::new("a", 0, &mut fastrand::Rng::with_seed(1)), 0, &words("git pull")).is_none());
    }

    #[test]
    fn a_test_holds_or_not() {
        assert_eq!(test(&words("3 -gt 2")), Some(true));
        assert_eq!(test(&words("-z x")), Some(false));
        assert_eq!(test(&words("-f x")), None);
    }
}
