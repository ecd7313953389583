//! Programs that start others: what they start is what counts.

use super::own::{self, Own};
use super::shell::{Arg, Around, command, may_set, name, read_if, shell};
use super::table::{self, Program};
use crate::domain::procedure::Danger;

/// Programs that start what stands behind their options, and those options.
const WRAPPERS: &[(&str, Own)] = &[
    ("nice", Own { flags: "", valued: "n", long: "adjustment=" }),
    ("ionice", Own { flags: "t", valued: "cn", long: "class= classdata= ignore" }),
    ("stdbuf", Own { flags: "", valued: "ioe", long: "input= output= error=" }),
    ("setsid", Own { flags: "cw", valued: "", long: "ctty wait" }),
    ("exec", Own { flags: "cl", valued: "a", long: "" }),
    ("builtin", Own { flags: "", valued: "", long: "" }),
    ("unbuffer", Own { flags: "p", valued: "", long: "" }),
    ("time", Own { flags: "pv", valued: "f", long: "format= verbose portability" }),
    ("command", Own { flags: "p", valued: "", long: "" }),
];

const SUDO: Own = Own {
    flags: "EHnSkb",
    valued: "ugpCTD",
    long: "user= group= preserve-env? non-interactive set-home stdin prompt=",
};
const ENV: Own = Own { flags: "i0v", valued: "uC", long: "ignore-environment null debug unset= chdir=" };
const TIMEOUT: Own = Own { flags: "fpv", valued: "ks", long: "foreground preserve-status verbose kill-after= signal=" };
const WATCH: Own = Own {
    flags: "bcdegptw",
    valued: "n",
    long: "interval= differences? no-title color beep errexit chgexit precise no-wrap",
};
const SU: Own = Own { flags: "l", valued: "c", long: "command= login" };
const RUNUSER: Own = Own { flags: "", valued: "u", long: "user=" };
const XARGS: Own = Own {
    flags: "0rtxo",
    valued: "nPILdasE",
    long: "null no-run-if-empty max-args= max-procs= max-lines? replace? delimiter= arg-file= verbose exit max-chars=",
};
const SSH: Own = Own { flags: "46AaCnqTtv", valued: "plioJ", long: "" };
const IN_CONTAINER: Own =
    Own { flags: "itT", valued: "euw", long: "env= user= workdir= interactive tty privileged index= no-tty no-TTY" };
const IN_POD: Own = Own {
    flags: "itq",
    valued: "cn",
    long: "container= namespace= stdin tty quiet pod-running-timeout= context= kubeconfig=",
};

/// The grade of what a program starts; `None` for a program that is no such one.
pub(super) fn through(program: &str, rest: &[Arg], around: Around) -> Option<Danger> {
    if program == "command" && rest.first().is_some_and(|arg| ["-v", "-V", "-pv", "-pV"].contains(&arg.text.as_str())) {
        return Some(Danger::Read);
    }
    if let Some((_, own)) = WRAPPERS.iter().find(|(name, _)| *name == program) {
        return Some(started(rest, *own, |inner| command(inner, around)));
    }
    let started = match program {
        "sudo" | "doas" => {
            if !rest.is_empty() && rest.iter().all(|arg| arg.is("-l") || arg.is("-v") || arg.is("-n")) {
                return Some(Danger::Read);
            }
            // Without a command it is a shell.
            let inner = |inner: &[Arg]| read_if(!inner.is_empty()).max(after_assignments(inner, around));
            started(rest, SUDO, inner)
        }
        "env" => {
            let rest = if rest.first().is_some_and(|arg| arg.is("-")) { &rest[1..] } else { rest };
            started(rest, ENV, |inner| after_assignments(inner, around))
        }
        "timeout" => started(rest, TIMEOUT, |inner| command(inner.get(1..).unwrap_or_default(), around)),
        // It writes a file of its own, and what it starts goes on by itself.
        "nohup" => Danger::Change.max(command(rest, around)),
        "watch" => started(rest, WATCH, |inner| script(inner, around)),
        "xargs" => started(rest, XARGS, |inner| xargs(inner, around)),
        "ssh" => ssh(rest, around),
        "sh" | "bash" | "dash" | "ash" => interpreter(rest, around),
        // Their language has ways of its own to start something.
        "zsh" | "ksh" | "fish" | "csh" | "tcsh" => Danger::Change.max(interpreter(rest, around)),
        "su" | "runuser" => su(program, rest, around),
        "docker" | "podman" | "nerdctl" => return container(rest, around),
        "docker-compose" | "podman-compose" => return compose(rest, around),
        "kubectl" | "oc"
            if behind(rest, &["-n", "--namespace", "--context", "--kubeconfig"])
                .first()
                .is_some_and(|arg| arg.is("exec")) =>
        {
            in_pod(behind(rest, &["-n", "--namespace", "--context", "--kubeconfig"]), around)
        }
        "find" => find(rest, around),
        // What is not installed is fetched, so a name of a program of the system means another one.
        "npx" | "pnpx" | "bunx" => {
            let known = rest.first().is_some_and(|arg| arg.is("prisma") || arg.is("wrangler"));
            read_if(known).max(command(behind(rest, &["-p", "--package"]), around))
        }
        _ => return None,
    };
    Some(started)
}

/// The grade of what stands behind known options; behind others it is a change at least.
fn started(rest: &[Arg], own: Own, grade: impl Fn(&[Arg]) -> Danger) -> Danger {
    match own::behind(rest, own) {
        Some(inner) => grade(inner),
        None => Danger::Change.max(grade(behind(rest, &[]))),
    }
}

fn su(program: &str, rest: &[Arg], around: Around) -> Danger {
    if program == "runuser"
        && let Some(options) = own::options(rest, RUNUSER)
        && !options.all.is_empty()
    {
        return command(rest.get(options.end..).unwrap_or_default(), around);
    }
    let Some((options, words)) = own::mixed(rest, SU) else { return Danger::Change };
    let texts: Vec<&Arg> = options.values(&["c", "command"]).collect();
    let names = words.iter().filter(|word| !word.is("-")).count();
    match texts.as_slice() {
        [text] if names < 2 && !words.iter().any(|word| word.bare) => script(std::slice::from_ref(*text), around),
        _ => Danger::Change,
    }
}

/// What stands behind the options; those in `with_value` take the next word with them.
fn behind<'a>(rest: &'a [Arg], with_value: &[&str]) -> &'a [Arg] {
    let mut at = 0;
    while let Some(arg) = rest.get(at) {
        if arg.is("--") {
            at += 1;
            break;
        }
        if !arg.text.starts_with('-') {
            break;
        }
        at += 1 + usize::from(with_value.contains(&arg.text.as_str()));
    }
    rest.get(at..).unwrap_or_default()
}

fn after_assignments(rest: &[Arg], around: Around) -> Danger {
    let is_assignment = |arg: &Arg| {
        let name = arg.text.split_once('=').map(|(name, _)| name).unwrap_or_default();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let set = rest.iter().take_while(|arg| is_assignment(arg)).count();
    let steers = |arg: &Arg| !may_set(arg.text.split_once('=').map_or("", |(name, _)| name), false);
    let set_danger = read_if(!rest.iter().take(set).any(steers));
    set_danger.max(command(rest.get(set..).unwrap_or_default(), around))
}

/// Words that become the text of a script.
fn script(words: &[Arg], around: Around) -> Danger {
    if words.is_empty() {
        return Danger::Change;
    }
    let text: Vec<&str> = words.iter().map(|arg| arg.text.as_str()).collect();
    let danger = shell(&text.join(" "), around.depth + 1);
    // What is expanded before it becomes a script may become anything.
    if words.iter().any(|arg| arg.expands) { danger.max(Danger::Change) } else { danger }
}

fn interpreter(rest: &[Arg], around: Around) -> Danger {
    let flag = |arg: &Arg| arg.text.starts_with('-') && !arg.text.starts_with("--") && arg.text.contains('c');
    let options = rest.iter().take_while(|arg| arg.text.starts_with('-') || arg.text.starts_with('+')).count();
    let plain = |arg: &Arg| !arg.expands && arg.text.bytes().all(|byte| b"-celuxnis".contains(&byte));
    let Some(at) = rest.iter().take(options).position(flag).filter(|at| rest.iter().take(at + 1).all(plain)) else {
        // `bash -n file` only reads it.
        let checks = rest.first().is_some_and(|arg| arg.is("-n")) && !around.fed;
        return if checks { Danger::Read } else { Danger::Change };
    };
    match rest.get(at + 1) {
        Some(text) => script(std::slice::from_ref(text), around),
        None => Danger::Change,
    }
}

/// Arguments come from what is read: only a program that reads whatever it is told to is known to read.
fn xargs(inner: &[Arg], around: Around) -> Danger {
    let Some(program) = inner.first() else { return Danger::Read };
    let always = name(program).and_then(table::find);
    // Whatever else these are told, they look.
    let looks = |verbs: &[&str]| inner.get(1).is_some_and(|verb| !verb.expands && verbs.contains(&verb.text.as_str()));
    let looks = (program.is("docker") && looks(&["inspect", "port", "top"]))
        || (program.is("kubectl") && looks(&["describe", "get"]));
    let least = if looks || matches!(always, Some(Program::ReadsAny)) { Danger::Read } else { Danger::Change };
    // `xargs rm` gets what it removes from the pipe, so it is as if it were told several things.
    let mut told = inner.to_vec();
    told.push(Arg { text: "*".to_owned(), expands: true, bare: false });
    least.max(command(&told, Around { fed: true, ..around }))
}

fn ssh(rest: &[Arg], around: Around) -> Danger {
    let harmless = ["BatchMode=", "ConnectTimeout=", "StrictHostKeyChecking=", "ServerAliveInterval=", "LogLevel="];
    let fits = |options: &own::Options| {
        let settings = options
            .values(&["o"])
            .all(|value| !value.expands && harmless.iter().any(|start| value.text.starts_with(start)));
        settings && !options.values(&["J", "i", "l", "p"]).any(|value| value.text.starts_with('-'))
    };
    let guess = || {
        let with_value = ["-b", "-c", "-E", "-F", "-i", "-J", "-L", "-l", "-m", "-o", "-p", "-R", "-S", "-W", "-w"];
        let inner = behind(rest, &with_value).get(1..).unwrap_or_default();
        Danger::Change.max(script(behind(inner, &with_value), around))
    };
    let Some(before) = own::options(rest, SSH) else { return guess() };
    let Some(host) = rest.get(before.end) else { return Danger::Change };
    // It reads options behind the host as well.
    let inner = rest.get(before.end + 1..).unwrap_or_default();
    let Some(after) = own::options(inner, SSH) else { return guess() };
    let known = fits(&before) && fits(&after) && !host.bare && !host.text.starts_with('-');
    read_if(known).max(script(inner.get(after.end..).unwrap_or_default(), around))
}

/// `docker exec`, `docker compose exec`.
fn container(rest: &[Arg], around: Around) -> Option<Danger> {
    let verb = behind(rest, &["-H", "--host", "-c", "--context", "--config", "-l", "--log-level"]);
    match verb.first().map(|arg| arg.text.as_str()) {
        Some("exec") => Some(executed(verb.get(1..).unwrap_or_default(), around)),
        Some("compose") => compose(verb.get(1..).unwrap_or_default(), around),
        Some("container") if verb.get(1).is_some_and(|arg| arg.is("exec")) => {
            Some(executed(verb.get(2..).unwrap_or_default(), around))
        }
        Some(_) | None => None,
    }
}

fn compose(rest: &[Arg], around: Around) -> Option<Danger> {
    let verb = behind(rest, &COMPOSE);
    let is_exec = verb.first().is_some_and(|arg| arg.is("exec"));
    is_exec.then(|| executed(verb.get(1..).unwrap_or_default(), around))
}

/// Options of `docker compose` that take a value.
pub(super) const COMPOSE: [&str; 9] =
    ["-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--ansi", "--progress"];

fn executed(rest: &[Arg], around: Around) -> Danger {
    let Some(options) = own::options(rest, IN_CONTAINER) else {
        let guess = behind(rest, &["-e", "--env", "-u", "--user", "-w", "--workdir"]).get(1..).unwrap_or_default();
        return Danger::Change.max(command(guess, around));
    };
    let set = options.values(&["e", "env"]).all(|value| may_set(value.text.split('=').next().unwrap_or(""), false));
    let target = rest.get(options.end).is_some_and(|target| !target.bare);
    let inner = rest.get(options.end + 1..).unwrap_or_default();
    // Without a command it is a mistake, which changes nothing; to be sure it is not called read.
    read_if(set && target && !inner.is_empty()).max(command(inner, around))
}

/// `kubectl exec`: what stands behind `--`.
fn in_pod(rest: &[Arg], around: Around) -> Danger {
    let Some(at) = rest.iter().position(|arg| arg.is("--")) else { return Danger::Change };
    let (before, inner) = rest.split_at(at);
    let known = own::mixed(before.get(1..).unwrap_or_default(), IN_POD);
    let known = known.is_some_and(|(_, words)| words.len() == 1 && !words.iter().any(|word| word.bare));
    let inner = inner.get(1..).unwrap_or_default();
    read_if(known && !inner.is_empty()).max(command(inner, around))
}

/// Tests of find that take the next word, whatever it is.
const TAKES: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-lname",
    "-ilname",
    "-type",
    "-xtype",
    "-size",
    "-mtime",
    "-atime",
    "-ctime",
    "-mmin",
    "-amin",
    "-cmin",
    "-newer",
    "-anewer",
    "-cnewer",
    "-newermt",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-perm",
    "-maxdepth",
    "-mindepth",
    "-links",
    "-inum",
    "-samefile",
    "-fstype",
    "-printf",
    "-used",
    "-regextype",
];

fn find(rest: &[Arg], around: Around) -> Danger {
    // What is split into words when it runs may be an action.
    let mut danger = read_if(!rest.iter().any(|arg| arg.bare));
    let (mut at, mut paths) = (0, true);
    while let Some(arg) = rest.get(at) {
        at += 1;
        paths &= !arg.text.starts_with(['-', '(', '!']);
        match arg.text.as_str() {
            "-delete" => danger = Danger::Destructive,
            "-fprint" | "-fprint0" | "-fprintf" | "-fls" => danger = danger.max(Danger::Change),
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let inner: Vec<Arg> =
                    rest.iter().skip(at).take_while(|arg| !matches!(arg.text.as_str(), ";" | "+")).cloned().collect();
                let always = inner.first().and_then(name).and_then(table::find);
                let least = if matches!(always, Some(Program::ReadsAny)) { Danger::Read } else { Danger::Change };
                let told: Vec<Arg> = inner
                    .iter()
                    .map(|arg| Arg { expands: arg.expands || arg.text.contains("{}"), ..arg.clone() })
                    .collect();
                danger = danger.max(least).max(command(&told, around));
                at += inner.len();
            }
            test if TAKES.contains(&test) => at += 1,
            // A word that is known only when it runs may be an action.
            _ => danger = danger.max(read_if(!arg.expands || paths)),
        }
    }
    danger
}
