//! What is asked of a host's `docker`. Nothing here changes anything.

use std::time::Duration;

use super::{CONFIGURATION, FILES, FOLDER, MADE_BY, ONE_OFF, PROJECT, SERVICE, VARIABLES, is_id};
use crate::domain::Compose;
use crate::domain::container::Composer;
use crate::port::{End, RemoteCommand};

/// How `docker` is reached on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reach {
    /// The login may ask it.
    #[default]
    Direct,
    /// By sudo, where that asks nobody for a password.
    Sudo,
}

impl Reach {
    fn docker(self, arguments: &[&str]) -> RemoteCommand {
        let before: &[&str] = match self {
            Reach::Direct => &["docker"],
            Reach::Sudo => &["sudo", "-n", "--", "docker"],
        };
        RemoteCommand::new(before.iter().chain(arguments).copied()).within(Duration::from_secs(15))
    }
}

/// Containers that are read with one command.
pub const AT_ONCE: usize = 100;

/// Every container of every project: its id, project and service, a line each.
pub fn list(reach: Reach) -> RemoteCommand {
    let filter = format!("label={PROJECT}");
    let format = format!("{{{{.ID}}}} {{{{.Label \"{PROJECT}\"}}}} {{{{.Label \"{SERVICE}\"}}}}");
    reach.docker(&["ps", "--all", "--no-trunc", "--filter", &filter, "--format", &format])
}

/// The ids of the containers whose name is this one, or ends with it, a line each.
pub fn list_named(reach: Reach, name: &str) -> RemoteCommand {
    let filter = format!("name={}$", name.replace('.', r"\."));
    reach.docker(&["ps", "--all", "--no-trunc", "--filter", &filter, "--format", "{{.ID}}"])
}

/// One line of JSON for each of these containers, with what is needed of it and nothing else.
pub fn inspect(reach: Reach, ids: &[String]) -> RemoteCommand {
    let label = |name: &str| format!("{{{{json (index .Config.Labels \"{name}\")}}}}");
    let fields = [
        ("id", "{{json .Id}}".to_owned()),
        ("name", "{{json .Name}}".to_owned()),
        ("created", "{{json .Created}}".to_owned()),
        ("state", "{{json .State}}".to_owned()),
        ("restarts", "{{json .RestartCount}}".to_owned()),
        ("image", "{{json .Config.Image}}".to_owned()),
        ("image_id", "{{json .Image}}".to_owned()),
        ("project", label(PROJECT)),
        ("service", label(SERVICE)),
        ("oneoff", label(ONE_OFF)),
        ("ports", "{{json .NetworkSettings.Ports}}".to_owned()),
        ("log_driver", "{{json .HostConfig.LogConfig.Type}}".to_owned()),
        ("tty", "{{json .Config.Tty}}".to_owned()),
        ("folder", label(FOLDER)),
        ("files", label(FILES)),
        ("variables", label(VARIABLES)),
        ("configuration", label(CONFIGURATION)),
        ("by", label(MADE_BY)),
    ];
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let format = format!("{{{}}}", fields.join(","));
    let mut command = reach.docker(&["inspect", "--type", "container", "--format", &format, "--"]);
    command.argv.extend(ids.iter().filter(|id| is_id(id)).take(AT_ONCE).cloned());
    command
}

/// Asks whether Compose is called like this on the host: then it says its version.
pub fn composer(reach: Reach, composer: Composer) -> RemoteCommand {
    match composer {
        Composer::Plugin => reach.docker(&["compose", "version", "--short"]),
        Composer::Alone => {
            let mut command = reach.docker(&["version", "--short"]);
            if let Some(program) = command.argv.iter_mut().find(|word| *word == "docker") {
                "docker-compose".clone_into(program);
            }
            command
        }
    }
}

/// The digests by which registries know these images, a line of JSON each.
pub fn digests(reach: Reach, images: &[String]) -> RemoteCommand {
    let format = "{\"id\":{{json .Id}},\"digests\":{{json .RepoDigests}}}";
    let mut command = reach.docker(&["image", "inspect", "--format", format, "--"]);
    command.argv.extend(images.iter().filter(|id| is_id(id)).take(AT_ONCE).map(|id| format!("sha256:{id}")));
    command
}

/// What happens to containers that makes them be read anew. The runs of health checks are not among it: each would be
/// three messages.
const EVENTS: [&str; 13] = [
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "oom",
    "pause",
    "unpause",
    "restart",
    "destroy",
    "rename",
    "update",
    "health_status",
];

/// A reader that tells what happens to containers of projects, beginning a little before it was started, so that nothing
/// falls between its start and the listing behind it.
pub fn events(reach: Reach) -> RemoteCommand {
    let mut command =
        reach.docker(&["events", "--since", "10s", "--format", "{{json .}}", "--filter", "type=container"]);
    command.argv.extend(["--filter".to_owned(), format!("label={PROJECT}")]);
    command.argv.extend(EVENTS.iter().flat_map(|event| ["--filter".to_owned(), format!("event={event}")]));
    command
}

/// What these containers use just now, a line of JSON each. Docker measures for a second or two.
pub fn stats(reach: Reach, ids: &[String]) -> RemoteCommand {
    let mut command = reach.docker(&["stats", "--no-stream", "--no-trunc", "--format", "{{json .}}", "--"]);
    command.argv.extend(ids.iter().filter(|id| is_id(id)).take(AT_ONCE).cloned());
    command
}

/// The newest lines that a container has printed, with their times.
pub fn logs(reach: Reach, id: &str, lines: u32) -> RemoteCommand {
    let mut command = reach.docker(&["logs", "--timestamps", "--tail", &lines.to_string(), "--"]);
    command.argv.extend(is_id(id).then(|| id.to_owned()));
    command.most = 1 << 20;
    command
}

/// Both streams of a program as one, in the order in which it writes them.
const BOTH: &str = r#"exec "$@" 2>&1"#;

/// Lines that a container prints with their times, read with these options of `docker logs`; what Docker says itself comes
/// among them, without a time.
pub fn logs_of(reach: Reach, options: &[String], id: &str) -> RemoteCommand {
    let docker = reach.docker(&["logs", "--timestamps"]);
    let mut argv: Vec<String> = ["/bin/sh", "-c", BOTH, "qd-container"].map(String::from).into();
    argv.extend(docker.argv);
    argv.extend(options.iter().cloned());
    argv.push("--".to_owned());
    argv.extend(is_id(id).then(|| id.to_owned()));
    RemoteCommand { argv, ..docker }
}

/// Prints the files of a project, each behind its name; `None` where the site says nothing of where they lie.
pub fn files(compose: &Compose) -> Option<RemoteCommand> {
    const SHOW: &str = r#"cd -- "$1" || exit 1; shift
if [ $# = 0 ]; then
  for file in compose.yaml compose.yml docker-compose.yaml docker-compose.yml; do
    if [ -e "$file" ]; then set -- "$file"; break; fi
  done
fi
[ $# != 0 ] || { echo "no compose file in $PWD" >&2; exit 1; }
for file do printf '# %s\n' "$file"; cat -- "$file" || exit 1; done"#;
    if compose.folder.is_none() && compose.files.is_empty() {
        return None;
    }
    let folder = compose.folder.as_deref().unwrap_or("/");
    let mut command = RemoteCommand::new(["/bin/sh", "-c", SHOW, "qd-compose-files", folder]);
    command.argv.extend(compose.files.iter().cloned());
    command.most = 256 << 10;
    Some(command)
}

/// Why Docker does not answer on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// There is no `docker`.
    Missing,
    /// The login may not use its socket.
    NotAllowed,
    /// There is no socket: the daemon does not run.
    Down,
    /// The socket is there, and nobody answers at it.
    Silent,
    /// It is none of these.
    Other,
}

/// Looks at the socket, so that no words of Docker's have to be understood.
const DIAGNOSE: &str = r#"command -v docker >/dev/null 2>&1 || exit 40
at=${DOCKER_HOST:-unix:///var/run/docker.sock}
case $at in unix://*) at=${at#unix://} ;; *) exit 44 ;; esac
[ -e "$at" ] || exit 42
[ -w "$at" ] || exit 41
exit 43"#;

/// Asks why Docker did not answer.
pub fn diagnose() -> RemoteCommand {
    RemoteCommand::new(["/bin/sh", "-c", DIAGNOSE, "qd-docker"])
}

impl Trouble {
    /// What the answer to [`diagnose`] means.
    pub fn of(end: &End) -> Self {
        match end {
            End::Exited(40) => Trouble::Missing,
            End::Exited(41) => Trouble::NotAllowed,
            End::Exited(42) => Trouble::Down,
            End::Exited(43) => Trouble::Silent,
            End::Exited(_)
            | End::NotFound
            | End::Killed(_)
            | End::TimedOut(_)
            | End::LinkLost(_)
            | End::NotStarted(_) => Trouble::Other,
        }
    }

    /// In a few words, for a row.
    pub fn short(self) -> &'static str {
        match self {
            Trouble::Missing => "no docker on this host",
            Trouble::NotAllowed => "login may not use docker",
            Trouble::Down => "docker does not run",
            Trouble::Silent => "docker does not answer",
            Trouble::Other => "docker can't be asked",
        }
    }

    /// What to try, as a sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Trouble::Missing => "Install docker there, or take the service off this host in the site.",
            Trouble::NotAllowed => {
                "Put the login into the group docker (usermod -aG docker LOGIN), or let sudo run docker without a password."
            }
            Trouble::Down => "Look at docker.service there, and start it.",
            Trouble::Silent => {
                "Look at docker.service there: its socket takes connections, or is left over, and nothing answers."
            }
            Trouble::Other => "Try `docker ps` there by hand.",
        }
    }
}
