//! What systemd is called on the wire: bus names, object paths, and the programs that answer without a bus.

use std::time::Duration;

use crate::domain::UnitName;
use crate::port::RemoteCommand;

/// Name of the manager on the bus.
pub const BUS_NAME: &str = "org.freedesktop.systemd1";
/// Path of the manager.
pub const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
/// Interface of the manager.
pub const MANAGER: &str = "org.freedesktop.systemd1.Manager";
/// Interface of every unit.
pub const UNIT: &str = "org.freedesktop.systemd1.Unit";
/// Interface through which properties are read and their changes told.
pub const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Below this path lie the units.
pub const UNIT_PATHS: &str = "/org/freedesktop/systemd1/unit";

/// Whose manager a unit belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The manager of the host.
    System,
    /// The manager of the login's own user.
    User,
}

impl Scope {
    /// A word for sentences.
    pub fn word(self) -> &'static str {
        match self {
            Scope::System => "system",
            Scope::User => "user",
        }
    }
}

/// Before a command for the user's own manager: finds its directory also where no PAM module has set it.
pub const USER_SHELL: &str = r#"export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"; exec "$@""#;

/// A command for the manager of `scope`: where it is the user's, the program gets `--user` as its first argument.
pub fn command<I, S>(scope: Scope, program: &str, arguments: I) -> RemoteCommand
where
    I: IntoIterator<Item = S>,
    S: Into<String>,
{
    behind(scope, &[], program, arguments)
}

/// The same for a program whose words must be those of C and whose times must be in UTC, to be read by us.
pub fn plain_command<I, S>(scope: Scope, program: &str, arguments: I) -> RemoteCommand
where
    I: IntoIterator<Item = S>,
    S: Into<String>,
{
    behind(scope, &["env", "LC_ALL=C", "TZ=UTC", "SYSTEMD_COLORS=0"], program, arguments)
}

fn behind<I, S>(scope: Scope, before: &[&str], program: &str, arguments: I) -> RemoteCommand
where
    I: IntoIterator<Item = S>,
    S: Into<String>,
{
    let mut argv: Vec<String> = Vec::new();
    if scope == Scope::User {
        argv.extend(["/bin/sh", "-c", USER_SHELL, "qd-user"].map(String::from));
    }
    argv.extend(before.iter().copied().map(String::from));
    argv.push(program.to_owned());
    if scope == Scope::User {
        argv.push("--user".to_owned());
    }
    argv.extend(arguments.into_iter().map(Into::into));
    RemoteCommand::new(argv)
}

/// Starts the bridge to the user's own bus. Its option `--user` is not enough: in many versions it is taken and
/// leads to the system's bus all the same.
const USER_BRIDGE: &str = r#"export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
exec systemd-stdio-bridge --bus-path="${DBUS_SESSION_BUS_ADDRESS:-unix:path=$XDG_RUNTIME_DIR/bus}""#;

/// The program that carries the bus over its standard input and output.
pub fn bridge(scope: Scope) -> RemoteCommand {
    match scope {
        Scope::System => RemoteCommand::new(["systemd-stdio-bridge"]),
        Scope::User => RemoteCommand::new(["/bin/sh", "-c", USER_BRIDGE, "qd-user-bus"]),
    }
}

/// Asks whether systemd runs the host at all: 0 yes, 1 no.
pub fn booted() -> RemoteCommand {
    RemoteCommand::new(["test", "-d", "/run/systemd/system"]).within(Duration::from_secs(5))
}

/// Prints a unit's file and drop-ins.
pub fn cat(scope: Scope, unit: &UnitName) -> RemoteCommand {
    let mut command = command(scope, "systemctl", ["--no-pager", "cat", "--", unit.as_str()]);
    command.most = 256 << 10;
    command
}

/// The object path of a unit: every byte that is no letter or digit, and a leading digit, is written as `_xx`.
pub fn unit_path(name: &UnitName) -> String {
    let mut path = String::with_capacity(UNIT_PATHS.len() + name.as_str().len() + 8);
    path.push_str(UNIT_PATHS);
    path.push('/');
    for (index, byte) in name.as_str().bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit()) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("_{byte:02x}"));
        }
    }
    path
}

/// The unit that lies at an object path, if one does.
pub fn unit_of_path(path: &str) -> Option<UnitName> {
    let label = path.strip_prefix(UNIT_PATHS)?.strip_prefix('/')?;
    let mut name = Vec::with_capacity(label.len());
    let mut rest = label.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'_' {
            name.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        name.push(u8::from_str_radix(digits, 16).ok()?);
        rest = rest.get(2..)?;
    }
    UnitName::new(&String::from_utf8(name).ok()?)
}

/// The interface that a unit has beside [`UNIT`], by its suffix.
pub fn interface(name: &UnitName) -> Option<&'static str> {
    Some(match name.suffix() {
        "service" => "org.freedesktop.systemd1.Service",
        "timer" => "org.freedesktop.systemd1.Timer",
        "socket" => "org.freedesktop.systemd1.Socket",
        "mount" => "org.freedesktop.systemd1.Mount",
        "automount" => "org.freedesktop.systemd1.Automount",
        "path" => "org.freedesktop.systemd1.Path",
        "scope" => "org.freedesktop.systemd1.Scope",
        "swap" => "org.freedesktop.systemd1.Swap",
        "slice" => "org.freedesktop.systemd1.Slice",
        _ => return None,
    })
}

/// Whether units of this kind have a control group of their own, and so a use of memory and processor.
pub fn has_usage(name: &UnitName) -> bool {
    matches!(name.suffix(), "service" | "socket" | "mount" | "scope" | "swap" | "slice")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_those_of_systemd() {
        let path = |name: &str| unit_path(&UnitName::new(name).unwrap());
        assert_eq!(path("nginx.service"), "/org/freedesktop/systemd1/unit/nginx_2eservice");
        assert_eq!(path("9p@x-1.service"), "/org/freedesktop/systemd1/unit/_39p_40x_2d1_2eservice");
        assert_eq!(path(r"a\x2db.mount"), "/org/freedesktop/systemd1/unit/a_5cx2db_2emount");
    }

    #[test]
    fn a_path_leads_back_to_its_unit() {
        for name in ["nginx.service", "9p@x-1.service", r"dev-disk-by\x2dlabel.mount", "a_b:c.slice"] {
            let name = UnitName::new(name).unwrap();
            assert_eq!(unit_of_path(&unit_path(&name)), Some(name));
        }
        for path in
            ["/", "/org/freedesktop/systemd1/unit/a_", "/org/freedesktop/systemd1/unit/a_zz", "/x/nginx_2eservice"]
        {
            assert_eq!(unit_of_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_user_command_finds_its_manager() {
        let argv = cat(Scope::User, &UnitName::new("a.service").unwrap()).argv;
        assert_eq!(argv[3..], ["qd-user", "systemctl", "--user", "--no-pager", "cat", "--", "a.service"]);
        assert_eq!(bridge(Scope::System).argv, ["systemd-stdio-bridge"]);
    }
}
