//! What makes programs of a machine read, change or destroy: files, text, network, services, packages.

use super::own::{self, Own};
use super::shell::{Arg, Around, has, is_disk, operands, read_if, values};
use crate::domain::procedure::Danger;

fn first(rest: &[Arg]) -> Option<&str> {
    rest.iter().find(|arg| !arg.text.starts_with('-')).filter(|arg| !arg.expands).map(|arg| arg.text.as_str())
}

pub(super) fn change(_: &[Arg], _: Around) -> Danger {
    Danger::Change
}

/// One file that is named can be said to be meant; a tree, a pattern or words that are known only later can't.
pub(super) fn rm(rest: &[Arg], _: Around) -> Danger {
    // In quotes it is one file, whatever its name.
    let pattern = |arg: &Arg| arg.text.replace("${", "").contains(['*', '?', '[', '{']);
    let many = rest.iter().any(|arg| arg.bare || pattern(arg));
    if has(rest, &["-r", "-R", "--recursive"]) || many { Danger::Destructive } else { Danger::Change }
}

pub(super) fn dd(rest: &[Arg], _: Around) -> Danger {
    const READS: &[&str] = &["if=", "bs=", "ibs=", "obs=", "count=", "skip=", "iflag=", "status=", "conv=", "cbs="];
    let Some(of) = rest.iter().find_map(|arg| arg.text.strip_prefix("of=")) else {
        return read_if(rest.iter().all(|arg| !arg.bare && READS.iter().any(|start| arg.text.starts_with(start))));
    };
    match of {
        "/dev/null" => Danger::Read,
        file if is_disk(file) || file.starts_with('$') => Danger::Destructive,
        _ => Danger::Destructive,
    }
}

pub(super) fn tee(rest: &[Arg], _: Around) -> Danger {
    read_if(operands(rest, &[]).iter().all(|arg| arg.is("/dev/null") || arg.is("/dev/stderr") || arg.is("/dev/tty")))
}

pub(super) fn sort(rest: &[Arg], _: Around) -> Danger {
    read_if(!has(rest, &["-o", "--output", "--compress-program"]))
}

pub(super) fn uniq(rest: &[Arg], _: Around) -> Danger {
    read_if(operands(rest, &["-f", "-s", "-w"]).len() < 2)
}

/// Scripts of sed can write files and run commands, so only the ordinary ones are known.
pub(super) fn sed(rest: &[Arg], _: Around) -> Danger {
    if has(rest, &["-i", "--in-place", "-f", "--file", "-s"]) {
        return Danger::Change;
    }
    let mut scripts: Vec<Arg> = values(rest, &["--expression"]);
    // Also as the last of several letters: `-ne`.
    let cluster = |arg: &Arg| arg.text.starts_with('-') && !arg.text.starts_with("--") && arg.text.ends_with('e');
    scripts.extend(rest.windows(2).filter(|pair| cluster(&pair[0])).map(|pair| pair[1].clone()));
    if scripts.is_empty() {
        scripts.extend(operands(rest, &["-l"]).first().map(|arg| (*arg).clone()));
    }
    read_if(!scripts.is_empty() && scripts.iter().all(|script| !script.expands && sed_script(&script.text)))
}

fn sed_script(script: &str) -> bool {
    let address = r"(?:\d+|\$|/[^/\\]*(?:\\.[^/\\]*)*/I?)";
    let substitution = r"s(?:/[^/\\\n]*(?:\\.[^/\\\n]*)*/[^/\\\n]*(?:\\.[^/\\\n]*)*/|\|[^|\\\n]*(?:\\.[^|\\\n]*)*\|[^|\\\n]*(?:\\.[^|\\\n]*)*\||,[^,\\\n]*(?:\\.[^,\\\n]*)*,[^,\\\n]*(?:\\.[^,\\\n]*)*,)[gpiI0-9]*";
    let one = format!(r"\s*(?:{address}(?:\s*,\s*\+?{address})?)?\s*!?\s*(?:[pdq=]|{substitution})\s*");
    regex::Regex::new(&format!(r"\A{one}(?:[;\n]{one})*;?\s*\z")).is_ok_and(|regex| regex.is_match(script))
}

pub(super) fn awk(rest: &[Arg], _: Around) -> Danger {
    if has(rest, &["-f", "--file", "-i", "--include", "-l", "--load", "-e", "--source", "-E", "--exec"]) {
        return Danger::Change;
    }
    let program = operands(rest, &["-F", "-v", "--field-separator", "--assign"]);
    let Some(program) = program.first().filter(|program| !program.expands) else { return Danger::Change };
    let text = program.text.replace("||", "").replace(">=", "");
    // A `>` behind a print may be a file, wherever a text in quotes seems to end the statement.
    let prints_into = text.split_once("print").is_some_and(|(_, behind)| behind.contains('>'));
    read_if(!text.contains("system") && !text.contains('|') && !text.contains('@') && !prints_into)
}

pub(super) fn yq(rest: &[Arg], _: Around) -> Danger {
    read_if(!has(rest, &["-i", "--inplace", "--in-place", "-s", "--split-exp"]))
}

pub(super) fn xxd(rest: &[Arg], _: Around) -> Danger {
    read_if(!has(rest, &["-r", "-i"]) && operands(rest, &["-l", "-s", "-c", "-g", "-o"]).len() < 2)
}

pub(super) fn gzip(rest: &[Arg], around: Around) -> Danger {
    let quiet = has(rest, &["-c", "--stdout", "--to-stdout", "-l", "--list", "-t", "--test"]);
    read_if(quiet || (around.fed && operands(rest, &[]).is_empty()))
}

pub(super) fn tar(rest: &[Arg], _: Around) -> Danger {
    let acts = has(rest, &["--to-command", "--checkpoint-action", "-I", "--use-compress-program", "--delete"]);
    let verb = rest.first().map(|arg| arg.text.trim_start_matches('-')).unwrap_or_default();
    let lists = rest.first().is_some_and(|arg| arg.is("--list"))
        || (verb.contains('t') && !verb.contains(['c', 'x', 'r', 'u', 'A']) && !verb.starts_with("to"));
    let old = rest.first().is_some_and(|arg| !arg.text.starts_with('-'));
    let acts = acts || (old && !verb.bytes().all(|byte| b"tzjJvf".contains(&byte)));
    let prints = verb.contains('x') && has(rest, &["-O", "--to-stdout"]);
    // `host:file` is fetched with a program that a variable names.
    let fetches = rest.iter().any(|arg| arg.text.split('/').next().is_some_and(|first| first.contains(':')));
    read_if(!acts && !fetches && (lists || prints))
}

pub(super) fn unzip(rest: &[Arg], _: Around) -> Danger {
    let leads = rest.first().is_some_and(|arg| arg.text.starts_with('-'));
    read_if(leads && has(rest, &["-l", "-t", "-p", "-v", "-Z"]))
}

pub(super) fn date(rest: &[Arg], _: Around) -> Danger {
    let plain =
        operands(rest, &["-d", "--date", "-r", "--reference", "-f"]).iter().all(|arg| arg.text.starts_with('+'));
    read_if(plain && !has(rest, &["-s", "--set"]))
}

pub(super) fn hostname(rest: &[Arg], _: Around) -> Danger {
    read_if(operands(rest, &[]).is_empty() && !has(rest, &["-F", "-b"]))
}

pub(super) fn dmesg(rest: &[Arg], _: Around) -> Danger {
    read_if(!has(rest, &["-c", "-C", "--clear", "--read-clear", "-D", "-E", "-n", "--console-off", "--console-on"]))
}

pub(super) fn ss(rest: &[Arg], _: Around) -> Danger {
    read_if(!has(rest, &["-K", "--kill", "-D", "--diag"]))
}

pub(super) fn ip(rest: &[Arg], _: Around) -> Danger {
    let words = operands(rest, &[]);
    // Verbs may be shortened: only those that look, in full, may stand behind the object.
    let looks = ["show", "list", "ls", "lst", "get"];
    let verb = words.get(1).is_none_or(|arg| looks.contains(&arg.text.as_str()));
    read_if(verb && !words.iter().take(2).any(|arg| arg.expands))
}

/// Short options of curl that take a value.
const CURL_VALUES: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";

/// Its options that matter here.
const CURL: Own = Own {
    flags: "sSfvIikLGgN46OJ",
    valued: CURL_VALUES,
    long: "silent show-error fail fail-with-body verbose head include insecure location get globoff no-buffer ipv4 ipv6 \
        compressed http1.1 http2 header= request= user-agent= output= max-time= write-out= user= referer= \
        connect-timeout= retry= retry-delay= retry-max-time= retry-all-errors retry-connrefused resolve= cacert= cert= \
        key= cookie= dump-header= data-urlencode= no-progress-meter url= limit-rate= range= location-trusted noproxy= \
        tlsv1.2 tlsv1.3 interface= connect-to= oauth2-bearer= unix-socket= max-redirs= data= data-raw= data-binary= \
        json= form= upload-file=",
};

/// Whether it only speaks with web servers and writes no file but those that are none.
fn curl_keeps_to_itself(rest: &[Arg]) -> bool {
    let Some((options, words)) = own::mixed(rest, CURL) else { return false };
    let web = |url: &&Arg| match url.text.split_once("://") {
        Some((scheme, _)) => ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()),
        None => !url.text.replace("${", "").contains('{'),
    };
    let no_file = |arg: &Arg| ["-", "/dev/null", "/dev/stdout", "/dev/stderr"].contains(&arg.text.as_str());
    words.iter().all(web)
        && options.values(&["url"]).all(|url| web(&url))
        && options.values(&["w", "write-out"]).all(|format| !format.text.contains("%output"))
        && options.values(&["D", "dump-header"]).all(no_file)
}

pub(super) fn curl(rest: &[Arg], _: Around) -> Danger {
    let mut letters: Vec<(char, Arg)> = Vec::new();
    let mut arguments = rest.iter();
    while let Some(arg) = arguments.next() {
        if let Some(cluster) = arg.text.strip_prefix('-').filter(|cluster| !cluster.starts_with('-')) {
            for (at, letter) in cluster.char_indices() {
                if CURL_VALUES.contains(letter) {
                    let glued = cluster.get(at + letter.len_utf8()..).unwrap_or_default();
                    let value = match glued {
                        "" => arguments.next().cloned(),
                        glued => Some(Arg { text: glued.to_owned(), expands: arg.expands, bare: arg.bare }),
                    };
                    letters.extend(value.map(|value| (letter, value)));
                    break;
                }
                letters.push((letter, Arg { text: String::new(), expands: false, bare: false }));
            }
        }
    }
    let short = |which: &str| {
        let wanted = letters.iter().filter(|(letter, _)| which.contains(*letter));
        wanted.map(|(_, value)| value.clone()).collect::<Vec<Arg>>()
    };
    let method: Vec<Arg> = short("X").into_iter().chain(values(rest, &["--request"])).collect();
    let said = method.last().map(|method| method.text.to_ascii_uppercase());
    let gets = !short("GI").is_empty() || has(rest, &["--get", "--head"]);
    let sends = !short("dFT").is_empty()
        || rest.iter().any(|arg| arg.text.starts_with("--data"))
        || has(rest, &["--form", "--form-string", "--json", "--upload-file", "--url-query"]);
    let files: Vec<Arg> = short("o").into_iter().chain(values(rest, &["--output"])).collect();
    let writes = files.iter().any(|file| !file.is("/dev/null") && !file.is("-"))
        || !short("OcKQJ").is_empty()
        || has(
            rest,
            &[
                "--remote-name",
                "--remote-name-all",
                "--cookie-jar",
                "--config",
                "--quote",
                "--output-dir",
                "--trace",
                "--trace-ascii",
                "--stderr",
                "--etag-save",
                "--hsts",
                "--alt-svc",
                "--libcurl",
            ],
        );
    match said.as_deref() {
        Some("DELETE") => Danger::Destructive,
        Some("GET" | "HEAD" | "OPTIONS") | None => {
            // Other protocols than those of the web say what they like to whoever listens.
            let keeps = !writes && curl_keeps_to_itself(rest);
            read_if(keeps && (!sends || gets) && !method.iter().any(|one| one.expands))
        }
        Some(_) => Danger::Change,
    }
}

pub(super) fn wget(rest: &[Arg], _: Around) -> Danger {
    let own = Own {
        flags: "qSv",
        valued: "OTt",
        long: "spider quiet server-response output-document= timeout= tries= no-check-certificate header= no-verbose",
    };
    let Some((options, _)) = own::mixed(rest, own) else { return Danger::Change };
    let mut out = options.values(&["O", "output-document"]).peekable();
    let to_stdout = out.peek().is_some() && out.all(|file| file.is("-") || file.is("/dev/null"));
    let anywhere = options.has(&["O", "output-document"]);
    let sends = rest.iter().any(|arg| {
        ["--post", "--body", "--method", "--execute", "--config", "--save", "--use-askpass"]
            .iter()
            .any(|start| arg.text.starts_with(start))
    });
    read_if((to_stdout || (!anywhere && options.has(&["spider"]))) && !sends)
}

pub(super) fn nc(rest: &[Arg], _: Around) -> Danger {
    read_if(has(rest, &["-z"]) && !has(rest, &["-e", "-c", "-l"]))
}

pub(super) fn openssl(rest: &[Arg], around: Around) -> Danger {
    // What it is fed it says to the server.
    if first(rest) == Some("s_client") && around.fed {
        return Danger::Change;
    }
    let reads = matches!(first(rest), Some("s_client" | "x509" | "verify" | "version" | "ciphers" | "crl" | "dgst"));
    read_if(reads && !has(rest, &["-out", "-signkey", "-CAcreateserial"]))
}

pub(super) fn journalctl(rest: &[Arg], _: Around) -> Danger {
    let acts = [
        "--vacuum-",
        "--rotate",
        "--flush",
        "--sync",
        "--relinquish",
        "--smart-relinquish",
        "--setup-keys",
        "--update-catalog",
        "--cursor-file",
    ];
    read_if(!rest.iter().any(|arg| acts.iter().any(|start| arg.text.starts_with(start))))
}

pub(super) fn systemctl(rest: &[Arg], _: Around) -> Danger {
    let values = [
        "-H",
        "--host",
        "-M",
        "--machine",
        "-t",
        "--type",
        "--state",
        "-p",
        "--property",
        "-n",
        "--lines",
        "-o",
        "--output",
    ];
    let words = operands(rest, &values);
    let Some(verb) = words.first() else { return Danger::Read };
    if verb.expands {
        return Danger::Change;
    }
    match verb.text.as_str() {
        "status" | "show" | "cat" | "help" | "is-active" | "is-enabled" | "is-failed" | "is-system-running"
        | "list-units" | "list-unit-files" | "list-timers" | "list-sockets" | "list-paths" | "list-automounts"
        | "list-dependencies" | "list-jobs" | "list-machines" | "get-default" | "show-environment" | "whoami" => {
            Danger::Read
        }
        "poweroff" | "halt" | "emergency" | "rescue" | "clean" => Danger::Destructive,
        _ => Danger::Change,
    }
}

/// `timedatectl` and its like: alone, or with a word that asks.
pub(super) fn status_tool(rest: &[Arg], _: Around) -> Danger {
    let known = [
        "status",
        "show",
        "list",
        "info",
        "query",
        "statistics",
        "list-sessions",
        "list-users",
        "show-session",
        "show-user",
        "user-status",
        "session-status",
        "list-timezones",
        "timesync-status",
        "show-timesync",
    ];
    read_if(operands(rest, &[]).first().is_none_or(|verb| !verb.expands && known.contains(&verb.text.as_str())))
}

pub(super) fn nginx(rest: &[Arg], _: Around) -> Danger {
    read_if(has(rest, &["-t", "-T", "-v", "-V"]) && !has(rest, &["-s"]))
}

pub(super) fn sshd(rest: &[Arg], _: Around) -> Danger {
    read_if(has(rest, &["-t", "-T"]))
}

pub(super) fn sysctl(rest: &[Arg], _: Around) -> Danger {
    read_if(
        !has(rest, &["-w", "-p", "-f", "--write", "--load", "--system"])
            && !rest.iter().any(|arg| arg.text.contains('=') || arg.expands),
    )
}

pub(super) fn mount(rest: &[Arg], _: Around) -> Danger {
    read_if(rest.is_empty() || (rest.len() == 1 && has(rest, &["-l"])))
}

pub(super) fn swapon(rest: &[Arg], _: Around) -> Danger {
    read_if(has(rest, &["--show", "-s", "--summary"]))
}

pub(super) fn crontab(rest: &[Arg], _: Around) -> Danger {
    match (has(rest, &["-l"]), has(rest, &["-r"])) {
        (_, true) => Danger::Destructive,
        (true, false) => Danger::Read,
        (false, false) => Danger::Change,
    }
}

pub(super) fn iptables(rest: &[Arg], _: Around) -> Danger {
    read_if(
        has(rest, &["-L", "-S", "--list", "--list-rules"]) && !has(rest, &["-F", "-X", "-Z", "-A", "-D", "-I", "-P"]),
    )
}

pub(super) fn nft(rest: &[Arg], _: Around) -> Danger {
    let plain =
        |arg: &Arg| !arg.expands && arg.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    read_if(first(rest) == Some("list") && rest.iter().all(plain))
}

pub(super) fn apt(rest: &[Arg], _: Around) -> Danger {
    read_if(matches!(first(rest), Some("list" | "show" | "policy" | "search" | "depends" | "rdepends" | "changelog")))
}

pub(super) fn apt_cache(rest: &[Arg], _: Around) -> Danger {
    let reads = ["show", "showpkg", "policy", "search", "depends", "rdepends", "madison", "pkgnames", "stats", "unmet"];
    read_if(first(rest).is_some_and(|verb| reads.contains(&verb)))
}

pub(super) fn dpkg(rest: &[Arg], _: Around) -> Danger {
    let asks = has(
        rest,
        &[
            "-l",
            "-L",
            "-s",
            "-S",
            "--list",
            "--listfiles",
            "--status",
            "--search",
            "--get-selections",
            "--print-architecture",
        ],
    );
    let acts = has(rest, &["-i", "-r", "-P", "--install", "--remove", "--purge", "--configure", "--unpack"]);
    read_if(asks && !acts)
}

pub(super) fn rpm(rest: &[Arg], _: Around) -> Danger {
    read_if(rest.first().is_some_and(|arg| arg.text.starts_with("-q") || arg.is("--query")))
}

pub(super) fn rsync(rest: &[Arg], _: Around) -> Danger {
    // A remote path goes through a shell there.
    let runs = rest.iter().any(|arg| ["$(", "`", ";", "|", "&"].iter().any(|mark| arg.text.contains(mark)));
    if !runs && has(rest, &["-n", "--dry-run", "--list-only"]) && !has(rest, &["-e", "--rsh", "--rsync-path"]) {
        return Danger::Read;
    }
    let deletes = rest.iter().any(|arg| arg.text.starts_with("--del") || arg.is("--remove-source-files"));
    if deletes { Danger::Destructive } else { Danger::Change }
}

pub(super) fn top(rest: &[Arg], _: Around) -> Danger {
    read_if(has(rest, &["-b"]))
}

/// Some of what it lists takes a value behind a comma, which is set.
pub(super) fn smartctl(rest: &[Arg], _: Around) -> Danger {
    read_if(!rest.iter().any(|arg| {
        arg.expands && arg.text.starts_with('-') || arg.text.contains("scterc,") || arg.text.contains("scttempint")
    }))
}
