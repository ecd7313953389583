//! Programs that start others: what they start is what counts.

use super::shell::{Arg, Around, command, has, may_set, name, read_if, shell};
use super::table::{self, Program};
use crate::domain::procedure::Danger;

/// The grade of what a program starts; `None` for a program that is no such one.
pub(super) fn through(program: &str, rest: &[Arg], around: Around) -> Option<Danger> {
    let started = match program {
        "sudo" | "doas" => {
            let inner =
                behind(rest, &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-D", "-R", "-T", "--user", "--group"]);
            if !rest.is_empty() && rest.iter().all(|arg| arg.is("-l") || arg.is("-v") || arg.is("-n")) {
                return Some(Danger::Read);
            }
            let fits = fits(own(rest, inner), "EHnSkb", "ughpCrtDRT", &["--user", "--group", "--preserve-env"]);
            // Without a command it is a shell.
            if inner.is_empty() || !fits {
                Danger::Change.max(after_assignments(inner, around))
            } else {
                after_assignments(inner, around)
            }
        }
        "env" => {
            let inner = behind(rest, &["-u", "--unset", "-C", "--chdir"]);
            if !fits(own(rest, inner), "i0", "uC", &["--unset", "--chdir", "--ignore-environment"]) {
                Danger::Change.max(after_assignments(inner, around))
            } else {
                after_assignments(inner, around)
            }
        }
        "timeout" => {
            let inner = behind(rest, &["-k", "--kill-after", "-s", "--signal"]);
            let long = ["--kill-after", "--signal", "--foreground", "--preserve-status", "--verbose"];
            read_if(fits(own(rest, inner), "fpv", "ks", &long)).max(command(inner.get(1..).unwrap_or_default(), around))
        }
        "ionice" | "chrt" if has(rest, &["-p", "-P", "-u", "--pid", "--pgid", "--uid"]) => Danger::Change,
        "nice" | "ionice" | "chrt" | "stdbuf" | "setsid" | "nohup" | "exec" | "builtin" | "unbuffer" => command(
            behind(rest, &["-n", "--adjustment", "-c", "--class", "-p", "-i", "-o", "-e", "--classdata", "-a"]),
            around,
        ),
        "time" => {
            let inner = behind(rest, &["-f", "--format"]);
            read_if(fits(own(rest, inner), "pv", "f", &["--format", "--verbose"])).max(command(inner, around))
        }
        "command" if has(own(rest, behind(rest, &[])), &["-v", "-V"]) => Danger::Read,
        "command" => command(behind(rest, &[]), around),
        "watch" => script(behind(rest, &["-n", "--interval"]), around),
        "xargs" => xargs(rest, around),
        "ssh" => ssh(rest, around),
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" => interpreter(rest, around),
        "su" | "runuser" => {
            let texts: Vec<usize> =
                (0..rest.len()).filter(|at| rest[*at].is("-c") || rest[*at].is("--command")).collect();
            match (texts.as_slice(), rest.iter().position(|arg| arg.is("--"))) {
                ([at], None) => match rest.get(at + 1) {
                    Some(text) => script(std::slice::from_ref(text), around),
                    None => Danger::Change,
                },
                (_, Some(at)) => {
                    let (own, inner) = rest.split_at(at);
                    let user = matches!(own, [user, _] if user.is("-u") || user.is("--user"));
                    read_if(user && program == "runuser").max(command(inner.get(1..).unwrap_or_default(), around))
                }
                _ => Danger::Change,
            }
        }
        "docker" | "podman" | "nerdctl" => return container(rest, around),
        "docker-compose" | "podman-compose" => return compose(rest, around),
        "kubectl" | "oc"
            if behind(rest, &["-n", "--namespace", "--context", "--kubeconfig"])
                .first()
                .is_some_and(|arg| arg.is("exec")) =>
        {
            let behind = rest.iter().position(|arg| arg.is("--")).and_then(|at| rest.get(at + 1..));
            behind.map_or(Danger::Change, |rest| command(rest, around))
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

/// Whether these words are options of these letters and names only, each value in a word of its own or of digits.
fn fits(options: &[Arg], flags: &str, valued: &str, long: &[&str]) -> bool {
    let mut options = options.iter();
    while let Some(arg) = options.next() {
        let fits = match arg.text.strip_prefix("--") {
            Some("") => true,
            Some(_) => {
                let name = arg.text.split_once('=').map_or(arg.text.as_str(), |(name, _)| name);
                if arg.text.len() == name.len()
                    && ["--user", "--group", "--unset", "--chdir", "--format"].contains(&name)
                    || ["--kill-after", "--signal"].contains(&arg.text.as_str())
                {
                    options.next();
                }
                long.contains(&name)
            }
            None => {
                let cluster = arg.text.strip_prefix('-').unwrap_or("?");
                let mut letters = cluster.chars();
                let first = letters.next().unwrap_or('?');
                if valued.contains(first) {
                    let glued = letters.as_str();
                    if glued.is_empty() {
                        options.next();
                    }
                    glued.bytes().all(|byte| byte.is_ascii_digit())
                } else {
                    cluster.chars().all(|letter| flags.contains(letter))
                }
            }
        };
        if arg.expands || !fits {
            return false;
        }
    }
    true
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

/// The options that stand before `inner`.
fn own<'a>(rest: &'a [Arg], inner: &[Arg]) -> &'a [Arg] {
    rest.get(..rest.len().saturating_sub(inner.len())).unwrap_or_default()
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
fn xargs(rest: &[Arg], around: Around) -> Danger {
    let with_value = ["-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E", "--max-args", "--max-procs", "--replace"];
    let inner = behind(rest, &with_value);
    let Some(program) = inner.first() else { return Danger::Read };
    let always = name(program).and_then(table::find);
    let least = if matches!(always, Some(Program::ReadsAny)) { Danger::Read } else { Danger::Change };
    // `xargs rm` gets what it removes from the pipe, so it is as if it were told several things.
    let mut told = inner.to_vec();
    told.push(Arg { text: "*".to_owned(), expands: true, bare: false });
    least.max(command(&told, Around { fed: true, ..around }))
}

fn ssh(rest: &[Arg], around: Around) -> Danger {
    let with_value = [
        "-b", "-c", "-D", "-e", "-E", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-o", "-O", "-p", "-Q", "-R", "-S",
        "-w", "-W",
    ];
    let command = behind(rest, &with_value);
    let options = own(rest, command);
    let plain = ["-4", "-6", "-A", "-a", "-C", "-n", "-q", "-T", "-t", "-tt", "-v", "-p", "-l", "-i", "-J", "-o", "--"];
    let harmless = ["BatchMode=", "ConnectTimeout=", "StrictHostKeyChecking=", "ServerAliveInterval=", "LogLevel="];
    let mut known = true;
    let mut left = options.iter();
    while let Some(arg) = left.next() {
        known &= !arg.expands && plain.contains(&arg.text.as_str());
        if with_value.contains(&arg.text.as_str()) {
            let value = left.next();
            known &=
                !arg.is("-o") || value.is_some_and(|value| harmless.iter().any(|start| value.text.starts_with(start)));
        }
    }
    known &= command.first().is_some_and(|host| !host.bare);
    read_if(known).max(script(behind(command.get(1..).unwrap_or_default(), &[]), around))
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
    let with_value = ["-e", "--env", "-u", "--user", "-w", "--workdir", "--env-file", "--index", "--detach-keys"];
    if has(&rest.iter().take_while(|arg| arg.text.starts_with('-')).cloned().collect::<Vec<_>>(), &["-d", "--detach"]) {
        return Danger::Change;
    }
    let inner = behind(rest, &with_value).get(1..).unwrap_or_default();
    // Without a command it is a mistake, which changes nothing; to be sure it is not called read.
    if inner.is_empty() { Danger::Change } else { command(inner, around) }
}

fn find(rest: &[Arg], around: Around) -> Danger {
    // What is split into words when it runs may be an action.
    let mut danger = read_if(!rest.iter().any(|arg| arg.bare));
    let mut at = 0;
    while let Some(arg) = rest.get(at) {
        at += 1;
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
            _ => {}
        }
    }
    danger
}
