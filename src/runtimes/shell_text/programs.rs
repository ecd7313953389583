//! Programs that take some of their words, or what is written into them, for a script.

use super::words::{RedirectKind, Simple, Word};

/// Programs that start the one that is named behind them.
pub(super) const WRAPPERS: &[&str] = &[
    "sudo",
    "doas",
    "env",
    "exec",
    "command",
    "builtin",
    "nohup",
    "nice",
    "ionice",
    "setsid",
    "time",
    "timeout",
    "stdbuf",
    "xargs",
    "chroot",
    "nsenter",
    "unshare",
    "chronic",
    "unbuffer",
    "parallel",
    "systemd-run",
    "flock",
    "chpst",
];

/// All of whose words may become a script.
const ALL: &[&str] = &[
    "eval", "trap", "alias", "ssh", "watch", "su", "fish", "csh", "tcsh", "rsh", "mosh", "at", "batch", "parallel",
    "compgen", "coproc",
];
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "busybox"];
const LANGUAGES: &[&str] =
    &["perl", "python", "ruby", "node", "nodejs", "php", "expect", "lua", "tclsh", "deno", "bun"];
const EDITORS: &[&str] = &["sed", "gsed", "awk", "gawk", "mawk", "nawk", "jq", "ed", "ex"];
/// Programs that take queries, which may do anything to what they are put to.
const QUERIES: &[&str] = &[
    "psql",
    "redis-cli",
    "mysql",
    "mariadb",
    "sqlite3",
    "mongo",
    "mongosh",
    "clickhouse-client",
    "cqlsh",
    "sqlcmd",
    "duckdb",
    "influx",
    "sqlite",
];

/// Such as are programs only where they begin a command or stand right behind what starts one: elsewhere they are words.
const ONLY_FIRST: &[&str] = &["at", "batch", "alias", "trap", "coproc", "compgen", ".", "source", "ed", "ex"];

/// Whether a word may name a program behind this one.
pub(super) fn may_begin(word: &str, before: Option<&str>) -> bool {
    !ONLY_FIRST.contains(&word) || before.is_none_or(|before| WRAPPERS.contains(&base(before)))
}

/// Which words a program takes for a script.
pub(super) enum Takes {
    /// Any of them.
    All,
    /// Those at these places behind its name.
    Words(Vec<usize>),
}

/// The name of a program without its folder.
pub(super) fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Whether a word names a program of this list, also with a version behind it (`python3.11`).
pub(super) fn is_one(word: &str, list: &[&str]) -> bool {
    let name = base(word);
    let versioned = |known: &&str| {
        name.strip_prefix(*known)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)))
    };
    list.iter().any(versioned)
}

/// Whether a word names a program that runs what is written into it.
pub(super) fn is_reader(word: &str) -> bool {
    ["ssh", "source", ".", "eval", "xargs", "parallel", "at", "batch"].contains(&base(word))
        || [SHELLS, LANGUAGES, QUERIES].iter().any(|list| is_one(word, list))
}

/// What this word takes of those behind it, if it names such a program.
pub(super) fn takes(word: &Word, rest: &[Word]) -> Option<Takes> {
    let own_shell = ["$SHELL", "$BASH", "${SHELL}", "${BASH}"].contains(&word.text.as_str());
    if word.expands && !own_shell {
        return None;
    }
    let is = |list: &[&str]| is_one(&word.text, list);
    let plain =
        |from: usize| (from..rest.len()).find(|at| rest.get(*at).is_some_and(|word| !word.text.starts_with('-')));
    let behind = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let found = rest.iter().enumerate().filter(|(_, word)| fits(&word.text));
        // Its script may stand in the same word.
        found.flat_map(|(at, _)| [at, at + 1]).collect()
    };
    if is(ALL) {
        return Some(Takes::All);
    }
    if base(&word.text) == "runuser" {
        return rest.iter().any(|word| is_command_flag(&word.text)).then_some(Takes::All);
    }
    if [".", "source"].contains(&word.text.as_str()) {
        return Some(Takes::Words(vec![0]));
    }
    if is(SHELLS) || own_shell {
        let flag = rest.iter().position(|word| is_command_flag(&word.text));
        return Some(Takes::Words(match flag {
            Some(flag) => (0..=plain(flag).unwrap_or(flag)).collect(),
            None => plain(0).into_iter().collect(),
        }));
    }
    if is(LANGUAGES) || is(EDITORS) {
        let own = |word: &str| {
            let flags = ["-e", "-E", "-c", "-r", "-f", "-n", "-p", "-i", "-l", "-a", "-0", "-M", "-I"];
            let long = ["--expression", "--eval", "--print", "--run", "--file", "--source", "--require", "--import"];
            (word.starts_with('-') && !word.starts_with("--") && flags.iter().any(|flag| word.starts_with(flag)))
                || long.iter().any(|flag| word.starts_with(flag))
        };
        let mut scripts = behind(&own);
        // `awk -v a="$b" '…'` takes a value, and its script behind that.
        let mut at = 0;
        while let Some(word) = rest.get(at) {
            match word.text.as_str() {
                "-v" | "-F" | "--arg" | "--field-separator" => at += if word.text == "--arg" { 3 } else { 2 },
                flag if flag.starts_with('-') => at += 1,
                _ => {
                    scripts.push(at);
                    break;
                }
            }
        }
        return Some(Takes::Words(scripts));
    }
    if is(QUERIES) {
        let own = |word: &str| {
            let short = ["-c", "-e", "-q", "-Q"].iter().any(|flag| word.starts_with(flag));
            let long = ["--command", "--execute", "--eval", "--query", "--init-command"];
            (short && !word.starts_with("--")) || long.iter().any(|flag| word.starts_with(flag))
        };
        let mut scripts = behind(&own);
        if is(&["sqlite3", "duckdb"]) {
            // Behind the file.
            scripts.extend(plain(0).and_then(|file| plain(file + 1)));
        }
        return Some(Takes::Words(scripts));
    }
    None
}

fn is_command_flag(word: &str) -> bool {
    let short = word.starts_with('-') && !word.starts_with("--") && word.contains('c');
    short || word.starts_with("--command") || word.starts_with("--session-command")
}

/// Whether a command runs what is written into it.
pub(super) fn reads_script(one: &Simple) -> bool {
    let words = one.command();
    words.iter().enumerate().any(|(at, word)| {
        if word.expands || !is_reader(&word.text) {
            return false;
        }
        let rest = words.get(at + 1..).unwrap_or_default();
        let is = |list: &[&str]| is_one(&word.text, list);
        let from_input = |word: &Word| word.text == "-" || word.text.contains("/dev/") || word.text.contains("/fd/");
        if is(&["source", "."]) {
            return rest.first().is_some_and(from_input);
        }
        if is(SHELLS) || is(LANGUAGES) {
            // With a script or a file of its own what comes in is data.
            let own = rest.iter().any(|word| {
                let flag = word.text.starts_with('-') && !word.text.starts_with("--");
                (flag && word.text.contains(['c', 'e', 'r', 'm']) && !word.text.contains('s'))
                    || (!word.text.starts_with('-') && !from_input(word))
            });
            let told = rest.iter().any(|word| word.text == "-s" || from_input(word));
            return told || !own;
        }
        if base(&word.text) == "ssh" {
            // What it starts there reads it, if that is no shell.
            let command = rest.iter().filter(|word| !word.text.starts_with('-')).skip(1);
            let told: Vec<&Word> = command.collect();
            let words = |word: &&Word| word.text.split_whitespace().any(is_reader) || word.expands;
            return told.is_empty() || told.iter().any(words);
        }
        if base(&word.text) == "xargs" {
            return rest.iter().any(|word| is_one(&word.text, SHELLS) || is_one(&word.text, ALL));
        }
        true
    }) || one.redirects.iter().any(|redirect| redirect.kind == RedirectKind::Text) && words.is_empty()
}
