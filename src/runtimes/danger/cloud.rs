//! What makes tools of platforms and databases read, change or destroy.

use super::shell::{Arg, Around, has, operands, read_if, values};
use super::sql::sql;
use super::through::COMPOSE;
use crate::domain::procedure::Danger;

/// The words that are no options, those that are known only later as an empty one.
pub(super) fn words<'a>(rest: &'a [Arg], with_value: &[&str]) -> Vec<&'a str> {
    operands(rest, with_value).into_iter().map(|arg| if arg.expands { "" } else { arg.text.as_str() }).collect()
}

pub(super) fn read(_: &[Arg], _: Around) -> Danger {
    Danger::Read
}

pub(super) fn git(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-C", "-c", "--git-dir", "--work-tree", "--namespace"]);
    let Some((verb, args)) = all.split_first() else { return read_if(has(rest, &["--version", "--help"])) };
    let at = rest.iter().position(|arg| arg.text == *verb).unwrap_or(0);
    let (before, behind) = rest.split_at(at);
    let behind = behind.get(1..).unwrap_or_default();
    // A setting may name a program.
    let steered = has(before, &["-c", "--exec-path", "--config-env"])
        || has(behind, &["--output", "--upload-pack", "--receive-pack", "--exec", "--ext-diff", "--textconv", "-O"]);
    let reads = |reads: bool| read_if(reads && !steered);
    let third = args.first().copied();
    match *verb {
        // Such an address is a program.
        "ls-remote" if args.iter().any(|word| word.contains("::")) => Danger::Change,
        "status" | "log" | "show" | "diff" | "rev-parse" | "rev-list" | "describe" | "blame" | "ls-files"
        | "ls-remote" | "ls-tree" | "cat-file" | "shortlog" | "grep" | "whatchanged" | "name-rev" | "merge-base"
        | "for-each-ref" | "count-objects" | "fsck" | "verify-commit" | "verify-tag" | "diff-tree" | "cherry"
        | "show-ref" | "var" | "version" => reads(true),
        "branch" if has(behind, &["-D", "--delete"]) && !has(behind, &["-d"]) => Danger::Destructive,
        // Old ones took `-l` for something else than `--list`.
        "branch" if has(behind, &["-l"]) && !args.iter().all(|word| word.contains('*')) => Danger::Change,
        "branch" => reads(
            (args.is_empty() || has(behind, &["-l", "--list", "--contains", "--merged", "--no-merged", "--points-at"]))
                && !has(
                    behind,
                    &[
                        "-d",
                        "-m",
                        "-M",
                        "-c",
                        "-C",
                        "-f",
                        "-u",
                        "--set-upstream-to",
                        "--unset-upstream",
                        "--edit-description",
                    ],
                ),
        ),
        "tag" => reads(
            (args.is_empty() || has(behind, &["-l", "--list", "-n", "--contains"]))
                && !has(behind, &["-d", "-a", "-s", "-f"]),
        ),
        "remote" => reads(matches!(third, None | Some("show" | "get-url"))),
        "config" => reads(
            has(behind, &["--get", "--list", "-l", "--get-all", "--get-regexp"])
                || matches!(third, Some("get" | "list")),
        ),
        "stash" => match third {
            Some("list" | "show") => reads(true),
            Some("drop" | "clear") => Danger::Destructive,
            _ => Danger::Change,
        },
        "reflog" => match third {
            None | Some("show") => reads(true),
            Some("expire" | "delete") => Danger::Destructive,
            Some(_) => reads(false),
        },
        "worktree" | "submodule" => reads(matches!(third, Some("list" | "status"))),
        "push" => {
            let forced = has(behind, &["-f", "--force", "--force-with-lease", "--delete", "-d", "--mirror", "--prune"]);
            let refs = args.iter().any(|word| word.starts_with('+') || word.starts_with(':'));
            if forced || refs { Danger::Destructive } else { Danger::Change }
        }
        "reset" if has(behind, &["--hard", "--merge"]) => Danger::Destructive,
        "clean" if has(behind, &["-n", "--dry-run"]) => reads(true),
        "clean" | "filter-branch" | "filter-repo" => Danger::Destructive,
        "checkout" if has(behind, &["-f", "--force"]) || behind.iter().any(|arg| arg.is("--") || arg.is(".")) => {
            Danger::Destructive
        }
        "restore" if !has(behind, &["--staged", "-S"]) => Danger::Destructive,
        "gc" if has(behind, &["--prune"]) => Danger::Destructive,
        "update-ref" if has(behind, &["-d"]) => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn docker(rest: &[Arg], around: Around) -> Danger {
    let values = ["-H", "--host", "-c", "--context", "--config", "-l", "--log-level"];
    let all = words(rest, &values);
    let Some((verb, args)) = all.split_first() else { return read_if(has(rest, &["--version", "-v"])) };
    let sub = args.first().copied().unwrap_or_default();
    match *verb {
        "ps" | "images" | "logs" | "inspect" | "stats" | "top" | "port" | "version" | "info" | "diff" | "history"
        | "events" | "search" => Danger::Read,
        "compose" => {
            let at = rest.iter().position(|arg| arg.is("compose")).unwrap_or(0);
            compose(rest.get(at + 1..).unwrap_or_default(), around)
        }
        "system" | "volume" | "network" | "image" | "container" | "context" | "manifest" | "node" | "service"
        | "stack" | "config" | "secret" | "plugin" | "builder" | "buildx" => match sub {
            "history" if *verb == "buildx" => Danger::Change,
            "ls" | "list" | "inspect" | "history" | "logs" | "stats" | "top" | "port" | "diff" | "df" | "info"
            | "events" | "ps" | "show" | "services" | "version" | "du" => Danger::Read,
            "prune" => Danger::Destructive,
            "rm" | "remove" if *verb != "network" && *verb != "context" => Danger::Destructive,
            _ => Danger::Change,
        },
        "rm" | "rmi" => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn compose(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &COMPOSE);
    let Some(verb) = all.first() else { return read_if(has(rest, &["--version", "-v"])) };
    match *verb {
        "ps" | "logs" | "images" | "top" | "ls" | "version" | "port" | "events" | "stats" | "volumes" => Danger::Read,
        "config" | "convert" => read_if(!has(rest, &["-o", "--output", "--lock-image-digests"])),
        "down" if has(rest, &["-v", "--volumes", "--rmi"]) => Danger::Destructive,
        "rm" => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn kubectl(rest: &[Arg], _: Around) -> Danger {
    let values = [
        "-n",
        "--namespace",
        "--context",
        "--kubeconfig",
        "-l",
        "--selector",
        "-o",
        "--output",
        "-c",
        "--container",
        "--cluster",
        "--user",
        "-s",
        "--server",
        "--as",
    ];
    let all = words(rest, &values);
    let Some((verb, args)) = all.split_first() else { return Danger::Read };
    let sub = args.first().copied().unwrap_or_default();
    match *verb {
        "get" | "describe" | "logs" | "top" | "explain" | "version" | "cluster-info" | "api-resources"
        | "api-versions" | "diff" | "events" | "wait" => read_if(*verb != "cluster-info" || sub != "dump"),
        "auth" => read_if(matches!(sub, "can-i" | "whoami")),
        "config" => read_if(matches!(sub, "view" | "get-contexts" | "current-context" | "get-clusters" | "get-users")),
        "rollout" => read_if(matches!(sub, "status" | "history")),
        "delete" => Danger::Destructive,
        "replace" if has(rest, &["--force"]) => Danger::Destructive,
        _ => Danger::Change,
    }
}

/// The grade of a verb by three lists; whatever is in none changes.
pub(super) fn by_verb(verb: Option<&str>, reads: &[&str], destroys: &[&str]) -> Danger {
    match verb {
        Some(verb) if destroys.contains(&verb) => Danger::Destructive,
        Some(verb) if reads.contains(&verb) => Danger::Read,
        Some(_) | None => Danger::Change,
    }
}

pub(super) fn helm(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-n", "--namespace", "--kube-context", "--kubeconfig"]);
    if all.len() > 1 && matches!(all[0], "repo" | "plugin") && matches!(all[1], "list" | "ls") {
        return Danger::Read;
    }
    let reads = [
        "list", "ls", "status", "get", "history", "show", "search", "template", "version", "env", "diff", "lint",
        "verify",
    ];
    by_verb(all.first().copied(), &reads, &["uninstall", "delete", "del"])
}

pub(super) fn terraform(rest: &[Arg], _: Around) -> Danger {
    let dashed = |option: &str| {
        rest.iter().any(|arg| arg.text.trim_start_matches('-').starts_with(option) && arg.text.starts_with('-'))
    };
    let all = words(rest, &[]);
    let sub = all.get(1).copied().unwrap_or_default();
    match all.first().copied().unwrap_or_default() {
        "plan" => read_if(!dashed("out")),
        "show" | "output" | "version" | "validate" | "graph" => Danger::Read,
        "providers" => read_if(matches!(sub, "" | "schema")),
        "state" | "workspace" => by_verb(Some(sub), &["list", "show", "pull"], &["rm", "delete"]),
        "destroy" => Danger::Destructive,
        "apply" if dashed("destroy") => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn prisma(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["--schema"]);
    match (all.first().copied().unwrap_or_default(), all.get(1).copied().unwrap_or_default()) {
        ("migrate", "status" | "diff") => read_if(!has(rest, &["-o", "--output"])),
        ("validate" | "version", _) => Danger::Read,
        ("migrate", "reset") => Danger::Destructive,
        ("db", "push") if has(rest, &["--accept-data-loss", "--force-reset"]) => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn playbook(rest: &[Arg], _: Around) -> Danger {
    // Variables may say where and by what it is run, and are expanded here.
    let steers = |arg: &Arg| arg.text.contains("ansible_") || arg.text.contains("{{");
    let only = &["--check", "-C", "--list-tasks", "--list-hosts", "--list-tags", "--syntax-check", "--version"];
    read_if(has(rest, only) && !rest.iter().any(steers))
}

pub(super) fn ansible(rest: &[Arg], _: Around) -> Danger {
    let module = values(rest, &["-m", "--module-name"]);
    let reads = [
        "ping",
        "setup",
        "ansible.builtin.ping",
        "ansible.builtin.setup",
        "stat",
        "slurp",
        "service_facts",
        "package_facts",
    ];
    let known = module.len() == 1
        && module.last().is_some_and(|module| !module.expands && reads.contains(&module.text.as_str()));
    // Arguments of a module are expanded here before it is run.
    let expands = values(rest, &["-a", "--args"]).iter().any(|arg| arg.expands || arg.text.contains("{{"));
    read_if((known || has(rest, &["--list-hosts", "--version"])) && !expands)
}

/// Django's `manage.py`; any other script is one that nobody knows.
pub(super) fn python(rest: &[Arg], _: Around) -> Danger {
    if rest.len() == 1 && has(rest, &["--version", "-V"]) {
        return Danger::Read;
    }
    let Some((script, args)) = rest.split_first() else { return Danger::Change };
    if script.expands || script.text.rsplit('/').next() != Some("manage.py") {
        return Danger::Change;
    }
    let all = words(args, &["--settings", "--database", "-v"]);
    match all.first().copied().unwrap_or_default() {
        "showmigrations" | "check" | "sqlmigrate" | "diffsettings" | "version" | "help" | "inspectdb" => Danger::Read,
        "migrate" => read_if(has(args, &["--plan", "--check"])),
        "makemigrations" => read_if(has(args, &["--check", "--dry-run"])),
        "flush" | "reset_db" => Danger::Destructive,
        _ => Danger::Change,
    }
}

fn queries(texts: &[Arg]) -> Danger {
    let one = |text: &Arg| {
        let danger = sql(&text.text);
        if text.expands { danger.max(Danger::Change) } else { danger }
    };
    texts.iter().map(one).max().unwrap_or(Danger::Change)
}

pub(super) fn psql(rest: &[Arg], _: Around) -> Danger {
    if has(rest, &["-f", "--file", "-o", "--output", "-L", "--log-file"]) {
        return queries(&values(rest, &["-c", "--command"])).max(Danger::Change);
    }
    if has(rest, &["-l", "--list", "--version"]) {
        return Danger::Read;
    }
    let texts = clusters(rest, 'c');
    queries(&texts.into_iter().chain(values(rest, &["--command"])).collect::<Vec<_>>())
}

/// The values of a short option, also as the last letter of several: `-tAc 'SELECT 1'`.
fn clusters(rest: &[Arg], letter: char) -> Vec<Arg> {
    let mut out = Vec::new();
    for (at, arg) in rest.iter().enumerate() {
        let Some(cluster) = arg.text.strip_prefix('-').filter(|cluster| !cluster.starts_with('-')) else { continue };
        // Letters before it that take a value of their own would have taken it.
        let Some((before, glued)) = cluster.split_once(letter) else { continue };
        if before.contains(['d', 'h', 'p', 'U', 'v', 'F', 'P', 'R', 'T', 'D', 'u']) {
            continue;
        }
        match glued {
            "" => out.extend(rest.get(at + 1).cloned()),
            glued => out.push(Arg { text: glued.to_owned(), expands: arg.expands, bare: arg.bare }),
        }
    }
    out
}

pub(super) fn mysql(rest: &[Arg], _: Around) -> Danger {
    if has(rest, &["--tee", "--init-command", "--pager"]) {
        return Danger::Change;
    }
    let texts = clusters(rest, 'e');
    queries(&texts.into_iter().chain(values(rest, &["--execute"])).collect::<Vec<_>>())
}

pub(super) fn dump(rest: &[Arg], _: Around) -> Danger {
    read_if(!has(rest, &["-f", "--file", "-r", "--result-file", "--tab", "-T", "--flush-logs", "--delete-master-logs"]))
}

pub(super) fn pg_restore(rest: &[Arg], _: Around) -> Danger {
    match (has(rest, &["-l", "--list"]), has(rest, &["-c", "--clean"])) {
        (true, _) => Danger::Read,
        (false, true) => Danger::Destructive,
        (false, false) => Danger::Change,
    }
}

pub(super) fn mysqladmin(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-u", "-h", "-P", "--user", "--host"]);
    let reads = ["status", "ping", "processlist", "extended-status", "version", "variables"];
    // It does one after the other.
    if all.iter().any(|verb| ["drop", "shutdown"].contains(verb)) {
        return Danger::Destructive;
    }
    read_if(!all.is_empty() && all.iter().all(|verb| reads.contains(verb)))
}

pub(super) fn redis(rest: &[Arg], _: Around) -> Danger {
    if has(rest, &["--eval", "--pipe", "--cluster", "--rdb", "--functions-rdb"]) {
        return Danger::Change;
    }
    if has(rest, &["--bigkeys", "--memkeys", "--hotkeys", "--latency", "--stat", "--scan", "--latency-history"]) {
        return Danger::Read;
    }
    let all = words(
        rest,
        &["-h", "-p", "-a", "-u", "-n", "-r", "-i", "-s", "--user", "--pass", "--cacert", "--cert", "--key", "--sni"],
    );
    let upper: Vec<String> = all.iter().take(2).map(|word| word.to_ascii_uppercase()).collect();
    let sub = upper.get(1).map(String::as_str).unwrap_or_default();
    match upper.first().map(String::as_str).unwrap_or_default() {
        "INFO" | "PING" | "GET" | "MGET" | "KEYS" | "SCAN" | "TTL" | "PTTL" | "TYPE" | "EXISTS" | "DBSIZE" | "LLEN"
        | "LRANGE" | "HGET" | "HGETALL" | "HLEN" | "HKEYS" | "SMEMBERS" | "SCARD" | "SISMEMBER" | "ZRANGE"
        | "ZCARD" | "ZSCORE" | "STRLEN" | "ROLE" | "TIME" | "LASTSAVE" | "XLEN" | "XINFO" | "XRANGE" | "OBJECT"
        | "ECHO" | "LOLWUT" | "COMMAND" => Danger::Read,
        "MEMORY" => read_if(sub != "PURGE"),
        "CLUSTER" => read_if(matches!(sub, "INFO" | "NODES" | "SLOTS" | "SHARDS" | "MYID" | "KEYSLOT")),
        "CLIENT" => read_if(matches!(sub, "LIST" | "INFO" | "ID" | "GETNAME")),
        "SLOWLOG" => read_if(matches!(sub, "GET" | "LEN")),
        "LATENCY" => read_if(sub != "RESET"),
        "CONFIG" => read_if(sub == "GET"),
        "ACL" => read_if(matches!(sub, "LIST" | "WHOAMI" | "USERS" | "GETUSER" | "CAT")),
        "FLUSHDB" | "FLUSHALL" | "DEL" | "UNLINK" | "SHUTDOWN" => Danger::Destructive,
        _ => Danger::Change,
    }
}
