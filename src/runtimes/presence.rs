//! What a host is asked before anything is run there: whether programs, units and rights are there. One script that
//! only looks; nothing that is asked for is started.

use std::time::Duration;

use crate::domain::BecomeRoot;
use crate::port::RemoteCommand;

/// One thing that a host is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A program, as the login finds it.
    Tool(String),
    /// A program, as root finds it.
    RootTool(String),
    /// A unit of the system's manager.
    Unit(String),
    /// A unit of the login's own manager.
    UserUnit(String),
    /// Whether a directory for records can be written, or the place that is taken where it can't.
    State(String),
    /// Whether the login becomes root without being asked anything.
    Root,
}

/// What a host said to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// The host could not tell.
    Unknown,
}

/// How long a host may take for all of it.
const WITHIN: Duration = Duration::from_secs(20);
/// The word of this for the script, before `:` and the name.
const ROOT: &str = "b:";

/// Each word is answered by `yes`, `no` or `unknown` and the word itself; `end` comes last. As root it looks again by
/// itself, so that programs are found where root finds them.
const SCRIPT: &str = r#"how=$1 again=$2; shift 2
LC_ALL=C; export LC_ALL
tool() { if command -v "${1#?:}" >/dev/null 2>&1; then echo "yes $1"; else echo "no $1"; fi; }
state() {
  dir=${1#?:}
  if [ -w "$dir/mirror" ] || [ -w "$dir" ] || { [ -k /var/tmp ] && [ -w /var/tmp ]; }; then echo "yes $1"; return; fi
  while [ ! -e "$dir" ] && [ "$dir" != "${dir%/*}" ]; do dir=${dir%/*}; done
  if [ -w "${dir:-/}" ]; then echo "yes $1"; else echo "no $1"; fi
}
unit() {
  word=$1; shift
  said=$("$@" show -p LoadState "${word#?:}" 2>/dev/null) || said=
  case $said in
  LoadState=not-found) echo "no $word" ;;
  LoadState=*) echo "yes $word" ;;
  *) echo "unknown $word" ;;
  esac
}
root=
for word do
  case $word in
  l:*) tool "$word" ;;
  r:*) root="$root $word" ;;
  u:*) unit "$word" systemctl ;;
  v:*) XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} unit "$word" systemctl --user ;;
  s:*) state "$word" ;;
  esac
done
is=
if [ "$(id -u)" = 0 ]; then is=yes; set -f; for word in $root; do tool "$word"; done; fi
if [ -z "$is" ] && [ "$how" = sudo ] && [ -n "$again" ]; then
  set -f
  is=no
  sudo -n -- /bin/sh -c "$again" qd-look $root </dev/null 2>/dev/null && is=yes
  set +f
fi
if [ -z "$is" ] && [ "$how" = polkit ]; then is=unknown; fi
if [ "$is" != yes ]; then
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  set -f
  for word in $root; do tool "$word"; done
fi
echo "${is:-no} b:"
if read -r machine </etc/machine-id && read -r boot </proc/sys/kernel/random/boot_id; then
  echo "machine $machine.$boot"
fi 2>/dev/null
echo end
exit 0"#;

/// What root looks with.
const AGAIN: &str = r#"for word do
  if command -v "${word#?:}" >/dev/null 2>&1; then echo "yes $word"; else echo "no $word"; fi
done
exit 0"#;

impl Ask {
    fn word(&self) -> String {
        match self {
            Ask::Tool(name) => format!("l:{name}"),
            Ask::RootTool(name) => format!("r:{name}"),
            Ask::Unit(name) => format!("u:{name}"),
            Ask::UserUnit(name) => format!("v:{name}"),
            Ask::State(folder) => format!("s:{}", folder.trim_end_matches('/')),
            Ask::Root => ROOT.to_owned(),
        }
    }
}

/// Whether this can be the name of a program that is asked for: nothing that a shell reads in a way of its own.
pub fn is_tool(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte))
}

/// The command that asks a host for all of this. Root is tried only where something is done as root.
pub fn look(asks: &[Ask], become_root: BecomeRoot) -> RemoteCommand {
    let wants_root = asks.iter().any(|ask| matches!(ask, Ask::Root | Ask::RootTool(_)));
    let how = match become_root {
        BecomeRoot::Sudo if wants_root => "sudo",
        BecomeRoot::Polkit => "polkit",
        BecomeRoot::Sudo | BecomeRoot::AlreadyRoot | BecomeRoot::Never => "",
    };
    let argv = ["/bin/sh", "-c", SCRIPT, "qd-look", how, AGAIN].map(str::to_owned);
    RemoteCommand::new(argv.into_iter().chain(asks.iter().map(Ask::word))).within(WITHIN)
}

/// What the host said to each; nothing when its answer has no end.
pub fn answers(asks: &[Ask], stdout: &[u8]) -> Option<Vec<Said>> {
    let text = String::from_utf8_lossy(stdout);
    let lines: Vec<&str> = text.lines().collect();
    if lines.last() != Some(&"end") {
        return None;
    }
    // A word that was answered twice was looked for again: the first answer is that of who does it.
    let one = |ask: &Ask| {
        let word = ask.word();
        let said = lines.iter().find_map(|line| line.split_once(' ').filter(|(_, of)| *of == word));
        match said.map(|(said, _)| said) {
            Some("yes") => Said::Yes,
            Some("no") => Said::No,
            _ => Said::Unknown,
        }
    };
    Some(asks.iter().map(one).collect())
}

/// Which machine a host is, and which boot of it: two hosts that say the same are one. A copy of a machine has another boot,
/// and a container another number. Nothing where the host does not say both.
pub fn machine(stdout: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stdout);
    let said = text.lines().find_map(|line| line.strip_prefix("machine "))?;
    let (machine, boot) = said.split_once('.')?;
    let is_number = |word: &str| word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (is_number(machine) && is_number(boot)).then(|| said.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(shell: &str, asks: &[Ask]) -> Vec<Said> {
        let command = look(asks, BecomeRoot::Never);
        let output = std::process::Command::new(shell).args(&command.argv[1..]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        answers(asks, &output.stdout).unwrap()
    }

    #[test]
    fn a_real_shell_says_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display().to_string();
        let asks = [
            Ask::Tool("sh".into()),
            Ask::Tool("qd-no-such-program".into()),
            Ask::RootTool("ls".into()),
            Ask::RootTool("qd-no-such-program".into()),
            Ask::State(here.clone()),
            Ask::State(format!("{here}/not/yet/there/")),
        ];
        for shell in ["/bin/sh", "/bin/bash"] {
            let said = asked(shell, &asks);
            assert_eq!(said, [Said::Yes, Said::No, Said::Yes, Said::No, Said::Yes, Said::Yes], "{shell}");
            assert!(!folder.path().join("not").exists(), "nothing is made");
        }
    }

    #[test]
    fn a_machine_says_which_one_it_is() {
        let asks = [Ask::Tool("ls".into())];
        let command = look(&asks, BecomeRoot::Never);
        let output = std::process::Command::new("/bin/sh").args(&command.argv[1..]).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        if let Some(said) = machine(&output.stdout) {
            assert!(said.ends_with(boot.trim()), "{said}");
        }
        let of = |id: &str| machine(format!("no b:\nmachine {id}.{}\nend\n", boot.trim()).as_bytes());
        assert!(of(&"a1".repeat(16)).is_some());
        assert_eq!((of(""), of("uninitialized"), of("\u{1b}[2J"), machine(b"end\n")), (None, None, None, None));
    }

    #[test]
    fn an_answer_without_its_end_is_none() {
        let asks = [Ask::Tool("ls".into())];
        assert_eq!(answers(&asks, b"yes l:ls\nno b:\nend\n"), Some(vec![Said::Yes]));
        assert_eq!(answers(&asks, b"yes l:ls\n"), None);
        assert_eq!(answers(&asks, b"end\n"), Some(vec![Said::Unknown]));
    }

    #[test]
    fn only_plain_names_are_asked_for() {
        for name in ["pg_dump", "g++", "python3.11", "docker-compose"] {
            assert!(is_tool(name), "{name}");
        }
        for name in ["", "-v", "a b", "$X", "./x", "a;b", "a/b", "é"] {
            assert!(!is_tool(name), "{name}");
        }
    }
}
