//! Reads what a host answered to the first look. Whoever wrote these answers, no more can come of them than a name that
//! follows the rules, a number, or foreign text.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::systemd_list::{is_template, parse_units};
use crate::domain::UnitName;
use crate::domain::survey::{Container, Listener, Rights, SeenUnit, Speaks};
use crate::domain::unit::Active;
use crate::text::Foreign;

/// Ports, containers and names that are taken from one answer at most.
const MOST: usize = 2000;

/// What is asked of each unit: nothing of it is free text.
pub(super) const WANTED: [&str; 13] = [
    "Id",
    "LoadState",
    "ActiveState",
    "UnitFileState",
    "FragmentPath",
    "Type",
    "Requires",
    "Requisite",
    "BindsTo",
    "Wants",
    "After",
    "Triggers",
    "Listen",
];

/// Who we are on a host and what there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Whether systemd runs it.
    pub systemd: bool,
    /// How a change becomes root.
    pub rights: Rights,
    /// The login.
    pub login: Foreign,
    /// What the host calls itself.
    pub hostname: Foreign,
    /// Name of the operating system.
    pub system: Foreign,
}

/// Groups whose members usually may use sudo.
const SUDO_GROUPS: [&str; 3] = ["sudo", "wheel", "admin"];

/// Reads the answer to the first question; `None` when it is not one.
pub fn who(output: &[u8]) -> Option<Who> {
    let text = String::from_utf8_lossy(output);
    let mut lines = text.lines();
    let id: u32 = lines.next()?.trim().parse().ok()?;
    let mut yes = || lines.next().map(|line| line == "yes");
    let (systemd, sudo, polkit) = (yes()?, yes()?, yes()?);
    let mut line = || lines.next().unwrap_or_default();
    let (login, groups, hostname, system) = (line(), line(), line(), line());
    let in_group = groups.split(' ').any(|group| SUDO_GROUPS.contains(&group));
    let rights = match (id, sudo) {
        (0, _) => Rights::Root,
        (_, true) if in_group => Rights::SudoGroup,
        _ if polkit => Rights::Polkit,
        (_, true) => Rights::SudoUntried,
        (_, false) => Rights::Nothing,
    };
    let [login, hostname, system] = [login, hostname, system].map(Foreign::from);
    Some(Who { systemd, rights, login, hostname, system })
}

/// The kinds of units that are looked at.
fn is_of_interest(unit: &UnitName) -> bool {
    matches!(unit.suffix(), "service" | "timer" | "socket") && !is_template(unit)
}

/// The names in the list of loaded units.
pub fn loaded(output: &[u8]) -> Vec<UnitName> {
    let rows = parse_units(output).into_iter().filter(|row| row.found && is_of_interest(&row.name));
    rows.map(|row| row.name).take(MOST).collect()
}

/// The names in the list of unit files that start by themselves, whether they are loaded or not.
pub fn startable(output: &[u8]) -> Vec<UnitName> {
    let text = String::from_utf8_lossy(output);
    let names = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let name = UnitName::new(words.next()?)?;
        words.next().filter(|state| state.starts_with("enabled"))?;
        Some(name)
    });
    names.filter(is_of_interest).take(MOST).collect()
}

/// The blocks of an answer of `systemctl show`; `None` when there are not as many as units were asked for.
fn blocks(output: &[u8], asked: usize) -> Option<Vec<Vec<(String, String)>>> {
    let text = String::from_utf8_lossy(output);
    let mut blocks = Vec::new();
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let lines = block.lines().map(|line| line.split_once('=').map(|(key, value)| (key.into(), value.into())));
        blocks.push(lines.collect::<Option<Vec<(String, String)>>>()?);
    }
    (blocks.len() == asked).then_some(blocks)
}

/// Reads what systemd knows of so many units; `None` when the answer holds more than was asked for. Units that are
/// not there, or masked, are left out, and so are second names of the same unit.
pub fn units(output: &[u8], asked: usize) -> Option<Vec<SeenUnit>> {
    let mut seen: Vec<SeenUnit> = Vec::new();
    for block in blocks(output, asked)? {
        let one = |key: &str| block.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value.as_str());
        let names = |keys: &[&str]| -> Vec<UnitName> {
            let words = keys.iter().flat_map(|key| one(key).split_ascii_whitespace());
            words.filter_map(UnitName::new).take(MOST).collect()
        };
        let Some(name) = UnitName::new(one("Id")) else { continue };
        if one("LoadState") != "loaded" || seen.iter().any(|known| known.name == name) || !is_of_interest(&name) {
            continue;
        }
        seen.push(SeenUnit {
            name,
            title: Foreign::default(),
            active: active(one("ActiveState")),
            enabled: one("UnitFileState").starts_with("enabled"),
            oneshot: one("Type") == "oneshot",
            file: Foreign::from(one("FragmentPath")),
            needs: names(&["Requires", "Requisite", "BindsTo", "Wants"]),
            after: names(&["After"]),
            triggers: names(&["Triggers"]),
            holds: block.iter().filter(|(key, _)| key == "Listen").filter_map(|(_, value)| held(value)).collect(),
        });
    }
    Some(seen)
}

/// The TCP port in `0.0.0.0:80 (Stream)` or `[::]:80 (Stream)`.
fn held(value: &str) -> Option<u16> {
    let (address, port) = value.strip_suffix(" (Stream)")?.rsplit_once(':')?;
    port.parse().ok().filter(|_| !address.contains('/'))
}

fn active(word: &str) -> Active {
    match word {
        "active" => Active::Active,
        "reloading" => Active::Reloading,
        "inactive" => Active::Inactive,
        "failed" => Active::Failed,
        "activating" => Active::Activating,
        "deactivating" => Active::Deactivating,
        "maintenance" => Active::Maintenance,
        "refreshing" => Active::Refreshing,
        _ => Active::Unknown,
    }
}

/// The description of each of so many units; empty when one of them pretends to be more than one line.
pub fn titles(output: &[u8], asked: usize) -> BTreeMap<UnitName, Foreign> {
    let mut titles = BTreeMap::new();
    for block in blocks(output, asked).unwrap_or_default() {
        let [(id, name), (description, title)] = block.as_slice() else { return BTreeMap::new() };
        let (Some(name), "Id", "Description") = (UnitName::new(name), id.as_str(), description.as_str()) else {
            return BTreeMap::new();
        };
        titles.insert(name, Foreign::from(title));
    }
    titles
}

/// Reads the list of ports, with the process of each where its unit has still to be found.
///
/// The name of a process is the only free text in it, and has at most fifteen bytes.
pub fn listeners(output: &[u8]) -> Vec<(Listener, Option<u32>)> {
    let text = String::from_utf8_lossy(output);
    let mut all: Vec<(Listener, Option<u32>)> = Vec::new();
    for line in text.lines().take(MOST) {
        let Some((address, port)) = line.split_ascii_whitespace().nth(3).and_then(local) else { continue };
        let (process, rest) = match line.split_once("users:((\"") {
            Some((_, users)) => users.split_once("\",pid=").unwrap_or(("", users)),
            None => ("", line),
        };
        let pid = rest.split([',', ')']).next().and_then(|pid| pid.parse().ok()).filter(|_| !process.is_empty());
        let group = rest.split_once(" cgroup:").and_then(|(_, group)| group.split_ascii_whitespace().next());
        let unit = group.and_then(unit_of_group);
        let known = all.iter_mut().find(|(known, _)| known.port == port && known.unit == unit);
        match known {
            // The same on IPv4 and IPv6: the wider of both stands for both.
            Some((known, _)) => known.address = wider(known.address, address),
            None => {
                let process = Foreign::from(process);
                let listener = Listener { address, port, process, unit, speaks: Speaks::NotAsked };
                all.push((listener, pid.filter(|_| group.is_none_or(|group| group.starts_with("unreachable")))));
            }
        }
    }
    all
}

/// Of two addresses of one port the one by which the host reaches it best.
fn wider(one: Option<IpAddr>, two: Option<IpAddr>) -> Option<IpAddr> {
    let (one, two) = (one?, two?);
    Some(if two.is_loopback() { two } else { one })
}

/// `0.0.0.0:80`, `*:80`, `[::1]:80`, `127.0.0.53%lo:53`.
fn local(word: &str) -> Option<(Option<IpAddr>, u16)> {
    let (address, port) = word.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let address = address.trim_matches(['[', ']']);
    // A zone can't be written in an address of a probe.
    let (address, zone) = address.split_once('%').map_or((address, false), |(address, _)| (address, true));
    if address == "*" {
        return Some((None, port));
    }
    let address: IpAddr = address.parse().ok()?;
    if zone && !address.is_loopback() && !address.is_unspecified() {
        return None;
    }
    Some((Some(address).filter(|address| !address.is_unspecified()), port))
}

/// The system's unit that owns a control group: the first service, socket or scope below the slices. What belongs to a
/// person's own manager is none of the system's units.
fn unit_of_group(path: &str) -> Option<UnitName> {
    let parts = path.strip_prefix('/')?.split('/');
    let unit = parts.filter_map(UnitName::new).find(|name| name.suffix() != "slice")?;
    let is_own = path.starts_with("/user.slice/") || !matches!(unit.suffix(), "service" | "socket");
    (!is_own).then_some(unit)
}

/// Reads the control groups of processes: the unit of each.
pub fn unit_of_groups(output: &[u8]) -> BTreeMap<u32, UnitName> {
    let text = String::from_utf8_lossy(output);
    let mut units = BTreeMap::new();
    for line in text.lines().take(MOST) {
        let Some((pid, line)) = line.split_once(' ') else { continue };
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(kind), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        // The hierarchy that systemd keeps its own books in: the unified one, or its own named one.
        if !kind.is_empty() && kind != "name=systemd" {
            continue;
        }
        if let (Ok(pid), Some(unit)) = (pid.parse(), unit_of_group(path)) {
            units.entry(pid).or_insert(unit);
        }
    }
    units
}

/// Reads the list of containers.
pub fn containers(output: &[u8]) -> Vec<Container> {
    let text = String::from_utf8_lossy(output);
    let rows = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let mut parts = line.splitn(3, '\t').map(Foreign::from);
        let mut next = || parts.next().unwrap_or_default();
        Container { name: next(), image: next(), status: next() }
    });
    rows.take(MOST).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::domain::unit::known as unit;

    #[test]
    fn who_we_are_is_read_and_nothing_is_taken_for_granted() {
        let told = who(b"1000\nyes\nyes\nno\ndeploy\ndeploy adm sudo\nweb-1\nDebian GNU/Linux 12\n").unwrap();
        assert!(told.systemd);
        assert_eq!((told.rights, told.login.plain().as_str()), (Rights::SudoGroup, "deploy"));
        assert_eq!((told.hostname.plain().as_str(), told.system.plain().as_str()), ("web-1", "Debian GNU/Linux 12"));
        let rights = |text: &str| who(text.as_bytes()).map(|who| who.rights);
        assert_eq!(rights("0\nyes\nno\nno\nroot\nroot\nh\n"), Some(Rights::Root));
        assert_eq!(rights("1\nyes\nyes\nyes\na\nb\nh\n"), Some(Rights::Polkit));
        assert_eq!(rights("1\nyes\nyes\nno\na\nsudoers\nh\n"), Some(Rights::SudoUntried));
        assert_eq!(rights("1\nyes\nno\nno\na\nsudo\nh\n"), Some(Rights::Nothing));
        for broken in ["", "root\nyes\n", "0\nyes\n", "Last login: today\n0\nyes\nyes\nyes\n"] {
            assert_eq!(who(broken.as_bytes()), None, "{broken:?}");
        }
    }

    #[test]
    fn ports_of_a_root_login_and_of_an_ordinary_one() {
        let text = b"LISTEN 0 64 0.0.0.0:3005 0.0.0.0:* users:((\"svc\",pid=47,fd=5)) ino:2 sk:1 cgroup:/system.slice/shop.service <->\n\
LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=59,fd=3))   \n\
LISTEN 0 128 [::]:22 [::]:* users:((\"sshd\",pid=59,fd=4))\n\
LISTEN 0 5 127.0.0.1:5432 0.0.0.0:* ino:2 sk:1 cgroup:/system.slice/system-postgresql.slice/postgresql@15-main.service <->\n\
LISTEN 0 5 [fe80::1]%eth0:80 [::]:* ino:2\n\
LISTEN 0 5 127.0.0.53%lo:53 0.0.0.0:* ino:2 cgroup:unreachable:fff\n\
LISTEN 0 5 10.0.0.7:9000 0.0.0.0:* users:((\"x)) cgroup:/a\",pid=7,fd=4)) cgroup:/user.slice/user-1.slice/user@1.service/app.slice/b.service\n\
garbage\n";
        let found = listeners(text);
        let short: Vec<_> = found
            .iter()
            .map(|(one, pid)| (one.host(), one.port, one.unit.as_ref().map(UnitName::as_str), *pid))
            .collect();
        assert_eq!(
            short,
            [
                ("localhost".to_owned(), 3005, Some("shop.service"), None),
                ("localhost".to_owned(), 22, None, Some(59)),
                ("localhost".to_owned(), 5432, Some("postgresql@15-main.service"), None),
                ("localhost".to_owned(), 53, None, None),
                ("10.0.0.7".to_owned(), 9000, None, None),
            ]
        );
    }

    #[test]
    fn the_unit_of_a_process_is_the_one_that_systemd_means() {
        let text = b"59 9:name=systemd:/system.slice/ssh.service\n59 4:memory:/forged.service\n\
7 0::/system.slice/docker.service/deep/er\n8 0::/user.slice/user-0.slice/session-3.scope\n9 nonsense\n";
        let units = unit_of_groups(text);
        assert_eq!(units.get(&59), Some(&unit("ssh.service")));
        assert_eq!(units.get(&7), Some(&unit("docker.service")));
        assert_eq!(units.len(), 2);
    }

    #[test]
    fn units_are_read_and_a_forged_answer_is_thrown_away() {
        let text = b"Id=a.service\nLoadState=loaded\nActiveState=failed\nUnitFileState=enabled\nFragmentPath=/etc/systemd/system/a.service\nType=oneshot\nRequires=b.service sysinit.target\nAfter=c.service\n\nId=b.service\nLoadState=masked\n";
        let seen = units(text, 2).unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].active, seen[0].enabled, seen[0].oneshot), (Active::Failed, true, true));
        assert_eq!(seen[0].needs, [unit("b.service"), unit("sysinit.target")]);
        assert_eq!(units(text, 1), None);
        let socket = b"Id=e.socket\nLoadState=loaded\nListen=[::]:7007 (Stream)\nListen=/run/e:9 (Stream)\nListen=53 (Datagram)\n";
        assert_eq!(units(socket, 1).unwrap()[0].holds, [7007]);
        assert_eq!(units(b"no property\n", 1), None);
        let good = b"Id=a.service\nDescription=A = B\n\nId=b.service\nDescription=\n";
        assert_eq!(titles(good, 2)[&unit("a.service")].plain(), "A = B");
        let forged = b"Id=a.service\nDescription=A\n\nId=b.service\nDescription=evil\n\nId=b.service\nDescription=B\n";
        assert!(titles(forged, 2).is_empty());
        assert!(titles(b"Id=a.service\nDescription=A\nId=b.service\n", 1).is_empty());
    }

    #[test]
    fn only_files_that_start_by_themselves_count() {
        let text = b"a.service enabled enabled\nb.service disabled enabled\nc@.service enabled enabled\n\
d.timer enabled-runtime -\ne.mount enabled -\nf.socket static -\n";
        assert_eq!(startable(text), [unit("a.service"), unit("d.timer")]);
    }
}
