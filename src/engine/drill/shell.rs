//! What a simulated host answers to a command: the same bytes on the same channels as a real one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fleet::Fleet;
use super::hearsay::Heard;
use super::machine::Machine;
use super::population::unit_of_pattern;
use super::unit::SimUnit;
use super::{journalctl, systemctl};
use crate::domain::Environment;
use crate::domain::probe::Ask;
use crate::port::{End, Output, RemoteCommand};

/// The site's own commands, and what they do on a simulated host.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    versions: Vec<Vec<String>>,
    probes: Vec<(Vec<String>, i32, Vec<String>)>,
    heard: Heard,
}

impl Commands {
    /// The commands of an environment: version commands print a version, probe commands pass while every unit
    /// of their service runs.
    pub fn of(environment: &Environment) -> Self {
        let mut commands = Self::default();
        for service in &environment.services {
            commands.versions.extend(service.version.clone());
            for probe in &service.probes {
                if let Ask::Command { argv, exits } = &probe.ask {
                    let units = service.units.iter().map(unit_of_pattern).collect();
                    commands.probes.push((argv.clone(), exits.first().copied().unwrap_or(0), units));
                }
            }
        }
        commands
    }

    /// The same with what scripts print that nothing is simulated of.
    pub(super) fn knowing(mut self, heard: Heard) -> Self {
        self.heard = heard;
        self
    }

    /// What scripts print, and what hosts remember of them.
    pub(super) fn heard(&self) -> &Heard {
        &self.heard
    }

    fn answer(&self, machine: &Machine, argv: &[String]) -> Option<Output> {
        if self.versions.iter().any(|version| version == argv) {
            return Some(exited(0, "v2.31.0\n", ""));
        }
        let (_, good, units) = self.probes.iter().find(|(probe, ..)| probe == argv)?;
        let well = units.iter().all(|unit| machine.units.get(unit).is_none_or(|unit| unit.runs()));
        Some(exited(if well { *good } else { good + 1 }, "", ""))
    }
}

/// Answers one command on `host`.
pub async fn answer(fleet: &Fleet, known: &Commands, host: &str, command: &RemoteCommand) -> Output {
    let Some(machine) = fleet.machine(host) else { return exited(255, "", "no such host in the drill\n") };
    let words = without_wrappers(&command.argv);
    if let Some(reply) = known.heard.reply(host, &words.join(" "), &BTreeMap::new()) {
        known.heard.remember(host, &reply);
        return exited(reply.exits, &ended(&reply.says), &ended(&reply.errs));
    }
    if let Some(output) = known.answer(&machine, words) {
        return output;
    }
    let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    match words.first().map(String::as_str) {
        Some("/bin/sh" | "sh") if words.iter().any(|word| word == "qd-facts") => {
            exited(0, &facts(&machine, fleet.wall(), arguments.last().copied().unwrap_or_default()), "")
        }
        Some("/bin/sh" | "sh") if words.get(2).is_some_and(|script| script.contains("system.journal")) => {
            exited(0, "", "")
        }
        Some("/bin/sh" | "sh") if words.iter().any(|word| word == "qd-memory") => {
            let (total, available) = (machine.memory.0 >> 10, machine.available() >> 10);
            exited(0, &format!("MemTotal:       {total} kB\nMemAvailable:   {available} kB\n"), "")
        }
        Some("/bin/sh" | "sh") if words.iter().any(|word| word == "qd-disk") => exited(0, &disk(&machine), ""),
        Some("/bin/sh" | "sh") if words.iter().any(|word| word == "qd-backup") => {
            exited(0, &backup(fleet.wall() / 1_000_000), "")
        }
        Some("true") => exited(0, "", ""),
        Some("test") => exited(i32::from(!arguments.contains(&"/run/systemd/system")), "", ""),
        Some("journalctl") => match journalctl::Wish::read(&arguments, fleet.wall()) {
            Ok(wish) => Output { stdout: wish.answer(&machine), ..exited(0, "", "") },
            Err(sentence) => exited(1, "", &sentence),
        },
        Some("systemctl") => systemctl::answer(fleet, host, &machine, &arguments, command.deadline).await,
        Some(other) => {
            let said = format!("sh: 1: {other}: not found\n");
            Output { end: End::NotFound, stderr: said.into_bytes(), ..exited(127, "", "") }
        }
        None => exited(127, "", ""),
    }
}

/// The command behind `nice`, `env`, `sudo` and the like: on a simulated host everybody may be root.
pub(super) fn without_wrappers(argv: &[String]) -> &[String] {
    let mut rest = argv;
    loop {
        rest = match rest {
            [first, flag, _, tail @ ..] if first == "nice" && flag == "-n" => tail,
            [first, tail @ ..] if first == "env" => after_env(tail),
            [first, tail @ ..] if first == "sudo" => after_sudo(tail),
            [shell, flag, _, name, tail @ ..] if shell == "/bin/sh" && flag == "-c" && name == "qd-user" => tail,
            _ => return rest,
        };
    }
}

fn after_env(mut rest: &[String]) -> &[String] {
    loop {
        rest = match rest {
            [flag, _, tail @ ..] if flag == "-u" => tail,
            [word, tail @ ..] if word.contains('=') => tail,
            _ => return rest,
        };
    }
}

fn after_sudo(mut rest: &[String]) -> &[String] {
    loop {
        rest = match rest {
            [end, tail @ ..] if end == "--" => return tail,
            [flag, _, tail @ ..] if flag == "-p" || flag == "-u" => tail,
            [flag, tail @ ..] if flag.starts_with('-') => tail,
            _ => return rest,
        };
    }
}

/// A text as whole lines.
pub(super) fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// What a command left with, and what it said.
pub(super) fn exited(status: i32, stdout: &str, stderr: &str) -> Output {
    Output {
        stdout: stdout.as_bytes().to_vec(),
        stderr: stderr.as_bytes().to_vec(),
        cut: 0,
        end: End::Exited(status),
        left_behind: false,
    }
}

/// The answer to the script of `runtimes::room`: the first disk, whatever lies on it.
fn disk(machine: &Machine) -> String {
    let (mount, bytes, percent) = machine
        .disks
        .first()
        .map_or(("/", 0, 0), |(mount, bytes, percent)| (mount.as_str(), bytes >> 10, u64::from(*percent)));
    let used = bytes / 100 * percent;
    format!(
        "Filesystem     1024-blocks     Used Available Capacity Mounted on\n\
         /dev/nvme0n1p1 {bytes} {used} {} {percent}% {mount}\n",
        bytes - used
    )
}

/// The answer to the script of `runtimes::backup`: the dump of an hour ago and the one of the day before.
fn backup(now: u64) -> String {
    let size = 42_u64 << 20;
    format!(
        "== now\n{now}\n== folder open\n== count\n2\n== newest\n{} {size}\n== before\n{} {}\n\
         == name\nsimulated.sql.gz\n== end\n-- PostgreSQL database dump complete\n== status 0\n== done\n",
        now.saturating_sub(3600),
        now.saturating_sub(90_000),
        size / 100 * 99,
    )
}

/// The answer to the script of `runtimes::host_facts`.
fn facts(machine: &Machine, wall: u64, extent: &str) -> String {
    let mut text = String::new();
    let uptime = wall.saturating_sub(machine.booted) as f64 / 1e6;
    let load = machine.load();
    let running = machine.units.values().filter(|unit: &&SimUnit| unit.runs()).count();
    let (total, available) = (machine.memory.0 >> 10, machine.available() >> 10);
    let boot = &machine.boot_id;
    let dashed = [&boot[..8], &boot[8..12], &boot[12..16], &boot[16..20], &boot[20..]].join("-");
    // Writing into a string can't fail.
    let _ = write!(
        text,
        "== date\n{}.{:06}000\n== begin\n{uptime:.2}\n== loadavg\n{load:.2} {:.2} {:.2} 1/{} 4242\n== boot\n{dashed}\n\
         == kernel\n6.1.0-40-amd64\n== cores\n{}\n== meminfo\nMemTotal:       {total} kB\nMemFree:        {} kB\n\
         MemAvailable:   {available} kB\nSwapTotal:      0 kB\nSwapFree:       0 kB\n== vmstat\n{}\n== booted\n",
        wall / 1_000_000,
        wall % 1_000_000,
        load * 0.96,
        load * 0.92,
        running * 6 + 90,
        machine.cores,
        available / 2,
        machine.oom_kills,
    );
    if extent == "full" {
        text.push_str(
            "== systemd\nsystemd 252 (252.39-1~deb12u1)\n== system\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
        );
    }
    if machine.wants_reboot {
        text.push_str("== reboot\n== pkgs\nlinux-image-6.1.0-41-amd64\nlibc6\n");
    }
    let _ = writeln!(text, "== end\n{uptime:.2}");
    if extent != "no-disks" {
        text.push_str("== df\nFilesystem     1024-blocks     Used Available Capacity Mounted on\n");
        for (number, (mount, bytes, percent)) in machine.disks.iter().enumerate() {
            let total = bytes >> 10;
            let used = total / 100 * u64::from(*percent);
            let _ = writeln!(text, "/dev/nvme{number}n1p1 {total} {used} {} {percent}% {mount}", total - used);
        }
        text.push_str("== inodes\nFilesystem     Inodes  IUsed  IFree IUse% Mounted on\n");
        for (number, (mount, bytes, percent)) in machine.disks.iter().enumerate() {
            let total = bytes >> 14;
            let used = total / 300 * u64::from(*percent);
            let _ =
                writeln!(text, "/dev/nvme{number}n1p1 {total} {used} {} {}% {mount}", total - used, used * 100 / total);
        }
    }
    text.push_str("== done\n");
    text
}
