//! Reads what [`host_facts`](super::host_facts) asked: sections in a fixed order, each may be missing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::host_facts::HostClock;
use crate::domain::HostFacts;
use crate::domain::host::Disk;
use crate::text::Foreign;

/// The sections in the order in which the script prints them; one that comes out of order is somebody's text.
const SECTIONS: [&str; 17] = [
    "date", "begin", "loadavg", "boot", "kernel", "cores", "meminfo", "vmstat", "booted", "systemd", "system",
    "reboot", "pkgs", "end", "df", "inodes", "done",
];
/// File systems that hold nothing of anybody's.
const EMPTY_KINDS: [&str; 12] =
    ["tmpfs", "devtmpfs", "udev", "none", "shm", "proc", "sysfs", "cgroup", "cgroup2", "efivarfs", "ramfs", "squashfs"];
/// Below these no data is kept.
const EMPTY_PLACES: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/snap"];
/// Most file systems that are kept.
const DISKS: usize = 64;
/// Most packages that are kept.
const PACKAGES: usize = 64;

/// What one answer holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The facts, without the clock.
    pub facts: HostFacts,
    /// The host's clock.
    pub clock: Option<HostClock>,
    /// Whether systemd runs the host.
    pub booted: bool,
    /// Whether the answer is complete.
    pub complete: bool,
}

/// Reads the answer, as much of it as came.
pub fn parse(output: &[u8]) -> Answer {
    let sections = sections(output);
    let lines = |name: &str| sections.get(name).map(Vec::as_slice).unwrap_or_default();
    let word = |name: &str| lines(name).first().copied().unwrap_or_default();
    let text = |name: &str| std::str::from_utf8(word(name)).unwrap_or_default().trim();
    let memory = |name: &str| meminfo(lines("meminfo"), name);
    let uptime = seconds(text("begin"));
    let facts = HostFacts {
        load: load(text("loadavg")),
        cores: text("cores").parse().ok().filter(|cores| *cores > 0),
        memory: memory("MemTotal").zip(memory("MemAvailable").or_else(|| older_available(lines("meminfo")))),
        swap: memory("SwapTotal").zip(memory("SwapFree")),
        disks: disks(lines("df"), lines("inodes")),
        uptime,
        reboot: sections
            .contains_key("reboot")
            .then(|| lines("pkgs").iter().filter(|line| !line.is_empty()).take(PACKAGES).map(Foreign::from).collect()),
        oom_kills: text("vmstat").parse().ok(),
        clock: None,
        kernel: Foreign::from(word("kernel")),
        system: Foreign::from(pretty_name(lines("system"))),
        systemd: version(text("systemd")),
        boot_id: Foreign::from(word("boot")),
    };
    let spent = uptime.zip(seconds(text("end"))).map(|(begin, end)| end.saturating_sub(begin));
    let clock = date(text("date")).zip(spent).map(|((date, coarse), spent)| HostClock { date, spent, coarse });
    Answer { facts, clock, booted: sections.contains_key("booted"), complete: sections.contains_key("done") }
}

fn sections(output: &[u8]) -> BTreeMap<&'static str, Vec<&[u8]>> {
    let mut sections: BTreeMap<&'static str, Vec<&[u8]>> = BTreeMap::new();
    let (mut current, mut next) = (None, 0);
    for line in output.split(|byte| *byte == b'\n') {
        let heading = line.strip_prefix(b"== ").and_then(|name| {
            let later = SECTIONS.iter().enumerate().skip(next);
            later.filter(|(_, section)| section.as_bytes() == name).map(|(at, section)| (at, *section)).next()
        });
        if let Some((at, name)) = heading {
            next = at + 1;
            current = Some(name);
            sections.insert(name, Vec::new());
        } else if let Some(lines) = current.and_then(|name| sections.get_mut(name)) {
            lines.push(line);
        }
    }
    sections
}

/// Seconds with an optional fraction.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// `1795238667.798147000`; a date without `%N` prints the letters or nothing behind the point.
fn date(text: &str) -> Option<(Timestamp, bool)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let fine = fraction.len() == 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nanos = if fine { fraction.parse().ok()? } else { 0 };
    Some((Timestamp::new(whole, nanos).ok()?, !fine))
}

fn load(text: &str) -> Option<[f32; 3]> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse::<f32>().ok().filter(|load| load.is_finite()));
    Some([words.next()??, words.next()??, words.next()??])
}

/// A line such as `MemTotal:       24683000 kB`, in bytes.
fn meminfo(lines: &[&[u8]], name: &str) -> Option<u64> {
    let line = lines.iter().find_map(|line| std::str::from_utf8(line).ok()?.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// For a kernel before 3.14.
fn older_available(lines: &[&[u8]]) -> Option<u64> {
    meminfo(lines, "MemFree")?.checked_add(meminfo(lines, "Buffers")?)?.checked_add(meminfo(lines, "Cached")?)
}

/// The value of `PRETTY_NAME`, without its quotes.
fn pretty_name<'a>(lines: &[&'a [u8]]) -> &'a [u8] {
    let value = lines.iter().find_map(|line| line.strip_prefix(b"PRETTY_NAME=")).unwrap_or_default();
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    unquoted.or_else(|| value.strip_prefix(b"'")?.strip_suffix(b"'")).unwrap_or(value)
}

/// `systemd 252 (252.39-1~deb12u2)`.
fn version(text: &str) -> Option<u32> {
    let word = text.strip_prefix("systemd ")?.split_ascii_whitespace().next()?;
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    word.get(..digits)?.parse().ok()
}

/// One row of `df -P`: what, three numbers, a percentage, where. Neither end can be split by spaces, but the
/// percentage and the numbers before it can.
fn row(line: &[u8]) -> Option<(String, u64, u64, Vec<u8>)> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let slash = line.windows(2).position(|pair| pair == b" /")? + 1;
    // The mount point begins at the first ` /` behind the percentage.
    let mut at = slash;
    loop {
        let head = std::str::from_utf8(line.get(..at)?).ok()?;
        let mut words = head.split_ascii_whitespace().rev();
        let percent = words.next()?;
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
        let numbers = (number(words.next()), number(words.next()), number(words.next()));
        let is_percent =
            percent == "-" || percent.strip_suffix('%').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
        if let (true, (Some(free), Some(_used), Some(total))) = (is_percent, numbers) {
            let source: Vec<&str> = words.rev().collect();
            return Some((source.join(" "), total, free, line.get(at..)?.to_vec()));
        }
        let further = line.get(at..)?.windows(2).position(|pair| pair == b" /")?;
        at += further + 1;
    }
}

fn disks(space: &[&[u8]], inodes: &[&[u8]]) -> Vec<Disk> {
    let inodes: BTreeMap<Vec<u8>, (u64, u64)> =
        inodes.iter().filter_map(|line| row(line)).map(|(_, total, free, mount)| (mount, (total, free))).collect();
    let mut disks: Vec<(String, Disk)> = Vec::new();
    for (source, total, free, mount) in space.iter().filter_map(|line| row(line)) {
        let below = |place: &&str| {
            mount.strip_prefix(place.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let is_root = mount == b"/";
        let empty = total == 0 || EMPTY_KINDS.contains(&source.as_str()) || EMPTY_PLACES.iter().any(below);
        let twice = source.starts_with('/') && disks.iter().any(|(known, _)| *known == source);
        if (empty || twice) && !is_root || disks.len() >= DISKS {
            continue;
        }
        let (nodes, nodes_free) = inodes.get(&mount).copied().unwrap_or_default();
        let disk = Disk {
            mount: Foreign::from(&mount),
            total: total.saturating_mul(1024),
            available: free.saturating_mul(1024),
            inodes: nodes,
            inodes_free: nodes_free,
        };
        disks.push((source, disk));
    }
    disks.into_iter().map(|(_, disk)| disk).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const DEBIAN: &[u8] = include_bytes!("../../tests/fixtures/facts-debian12.txt");
    const BUSYBOX: &[u8] = include_bytes!("../../tests/fixtures/facts-busybox.txt");

    #[test]
    fn a_recorded_debian_host() {
        let answer = parse(DEBIAN);
        let facts = &answer.facts;
        assert!(answer.complete && answer.booted);
        assert_eq!((facts.cores, facts.systemd), (Some(2), Some(252)));
        assert_eq!(facts.system.raw(), b"Debian GNU/Linux 12 (bookworm)");
        assert_eq!(facts.boot_id.raw().len(), 36);
        assert!(facts.load.unwrap()[0] > 0.0 && facts.uptime.unwrap().as_secs() > 100);
        let (total, available) = facts.memory.unwrap();
        assert!(total > available && available > 1 << 30);
        let mounts: Vec<_> = facts.disks.iter().map(|disk| disk.mount.raw()).collect();
        assert_eq!(mounts, [&b"/"[..], b"/srv/small"]);
        let small = &facts.disks[1];
        assert_eq!((small.total, small.inodes, small.inodes_free), (16384 * 1024, 2000, 1999));
        assert_eq!(facts.reboot, Some(vec![Foreign::from("linux-image-6.1.0-41-amd64"), Foreign::from("dbus")]));
        assert!(facts.oom_kills.is_some());
        assert!(!answer.clock.unwrap().coarse && answer.clock.unwrap().spent < Duration::from_secs(1));
    }

    #[test]
    fn a_recorded_busybox_host() {
        let answer = parse(BUSYBOX);
        assert!(answer.complete);
        assert_eq!(answer.facts.reboot, None);
        assert_eq!(answer.facts.systemd, None);
        assert!(answer.facts.memory.is_some() && answer.facts.cores == Some(2));
        assert!(answer.facts.disks.iter().any(|disk| disk.mount.raw() == b"/"));
        assert!(answer.clock.is_some());
    }

    #[test]
    fn foreign_text_can_not_pretend_to_be_a_section() {
        let output = b"== loadavg\n0.1 0.2 0.3 1/2 3\n== pkgs\nx\n== loadavg\n9 9 9\n== df\nFilesystem\n/dev/a 10 1 9 1% /\n/dev/b 10 1 9 1% /x\n== cores\n64\n";
        let facts = parse(output).facts;
        assert_eq!((facts.load, facts.cores), (Some([0.1, 0.2, 0.3]), None));
    }

    #[test]
    fn rows_of_df() {
        let of = |line: &str| row(line.as_bytes());
        let mount = |text: &str| text.as_bytes().to_vec();
        assert_eq!(of("/dev/sda1 100 40 60 40% /a b /c"), Some(("/dev/sda1".into(), 100, 60, mount("/a b /c"))));
        assert_eq!(of("//nas/my share 9 1 8 12% /mnt"), Some(("//nas/my share".into(), 9, 8, mount("/mnt"))));
        assert_eq!(of("host /x 100 40 60 40% /y"), Some(("host /x".into(), 100, 60, mount("/y"))));
        assert_eq!(of("vfat 0 0 0 - /boot/efi"), Some(("vfat".into(), 0, 0, mount("/boot/efi"))));
        assert_eq!(of("Filesystem 1024-blocks Used Available Capacity Mounted on"), None);
    }

    #[test]
    fn a_date_without_nanoseconds_is_coarse() {
        assert_eq!(date("1795238667.798147000").unwrap().0.as_microsecond(), 1_795_238_667_798_147);
        for text in ["1795238667.%N", "1795238667.", "1795238667", "1795238667.N"] {
            assert!(date(text).unwrap().1, "{text}");
        }
        assert_eq!(date("now"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_panics(output: Vec<u8>, cut in 0usize..6000, flip in 0usize..6000, byte: u8) {
            parse(&output);
            let mut damaged = DEBIAN[..cut.min(DEBIAN.len())].to_vec();
            if let Some(place) = damaged.get_mut(flip) {
                *place = byte;
            }
            let answer = parse(&damaged);
            proptest::prop_assert!(answer.facts.disks.len() <= DISKS);
        }

        #[test]
        fn no_row_panics(line in "[0-9 %/a-]{0,40}") {
            row(line.as_bytes());
        }
    }
}
