//! What is sent to a host to look at it for the first time. Everything only reads, and nothing is tried that a host
//! would report to somebody.

use std::time::Duration;

use super::systemd::{Scope, plain_command};
use crate::domain::UnitName;
use crate::port::RemoteCommand;

pub use super::survey_parse::{Who, containers, listeners, loaded, startable, titles, unit_of_groups, units, who};

/// Each question gets this long.
const WITHIN: Duration = Duration::from_secs(15);

/// Who we are there and what there is. Numbers and single words first, the host's free text last.
///
/// Sudo is only looked for: a login that may not use it would be reported. `pkcheck` asks polkit and tells nobody.
const WHO: &str = r#"LC_ALL=C; PATH="$PATH:/usr/sbin:/sbin"; export LC_ALL PATH
id -u
if [ -d /run/systemd/system ]; then echo yes; else echo no; fi
if command -v sudo >/dev/null 2>&1; then echo yes; else echo no; fi
if [ "$(id -u)" != 0 ] && command -v pkcheck >/dev/null 2>&1 &&
  timeout 3 pkcheck --action-id org.freedesktop.systemd1.manage-units --process $$ >/dev/null 2>&1
then echo yes; else echo no; fi
id -un
id -nG
uname -n
[ -r /etc/os-release ] && (. /etc/os-release; printf '%s\n' "${PRETTY_NAME-}")
exit 0"#;

/// Finds programs that lie where only root looks.
const SBIN: &str = r#"LC_ALL=C; PATH="$PATH:/usr/sbin:/sbin"; export LC_ALL PATH; exec "$@""#;

/// The control groups of processes, each line behind the number of its process.
const GROUPS: &str = r#"for pid in "$@"; do
  while read -r line; do printf '%s %s\n' "$pid" "$line"; done <"/proc/$pid/cgroup"
done 2>/dev/null
exit 0"#;

/// Asks who we are there.
pub fn ask_who() -> RemoteCommand {
    RemoteCommand::new(["/bin/sh", "-c", WHO, "qd-look"]).within(WITHIN)
}

/// Lists every unit that is loaded.
pub fn list_loaded() -> RemoteCommand {
    super::systemd_list::units(Scope::System).within(WITHIN)
}

/// Lists every unit file.
pub fn list_files() -> RemoteCommand {
    super::systemd_list::files(Scope::System).within(WITHIN)
}

/// Shows what systemd knows of these units, without any text that somebody could have chosen freely.
pub fn show(units: &[UnitName]) -> RemoteCommand {
    let wanted = format!("--property={}", super::survey_parse::WANTED.join(","));
    shown(&wanted, units)
}

/// Shows the descriptions of these units.
pub fn describe(units: &[UnitName]) -> RemoteCommand {
    shown("--property=Id,Description", units)
}

fn shown(wanted: &str, units: &[UnitName]) -> RemoteCommand {
    let arguments = ["--no-pager", "show", wanted, "--"].into_iter().map(String::from);
    plain_command(Scope::System, "systemctl", arguments.chain(units.iter().map(ToString::to_string))).within(WITHIN)
}

/// Lists the TCP ports that take connections, with the process and the control group where this login may know.
pub fn list_ports() -> RemoteCommand {
    let argv = ["/bin/sh", "-c", SBIN, "qd-look-ports", "ss", "-H", "-l", "-t", "-n", "-p", "-e"];
    RemoteCommand::new(argv).within(WITHIN)
}

/// Reads the control groups of these processes.
pub fn read_groups(processes: &[u32]) -> RemoteCommand {
    let argv = ["/bin/sh", "-c", GROUPS, "qd-look-groups"].into_iter().map(String::from);
    RemoteCommand::new(argv.chain(processes.iter().map(u32::to_string))).within(WITHIN)
}

/// The container engines that are looked for.
pub const ENGINES: [&str; 2] = ["docker", "podman"];

/// Lists the containers of an engine that run.
pub fn list_containers(engine: &'static str) -> RemoteCommand {
    let row = "{{.Names}}\t{{.Image}}\t{{.Status}}";
    RemoteCommand::new(["/bin/sh", "-c", SBIN, "qd-look-containers", engine, "ps", "--format", row]).within(WITHIN)
}
