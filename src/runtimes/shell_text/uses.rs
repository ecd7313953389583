//! Which variables a script uses and which it sets itself.

use super::place::{Scan, Use};
use super::scan::scan;
use super::words::{Word, simples_deep};

/// A variable that a script sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sets {
    /// Its name.
    pub name: String,
    /// What it is set to, when that is known without running it.
    pub literal: Option<String>,
}

/// Variables that a login, a shell or systemd sets.
const USUAL: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "PWD",
    "OLDPWD",
    "SHELL",
    "TERM",
    "LANG",
    "LANGUAGE",
    "TZ",
    "HOSTNAME",
    "UID",
    "EUID",
    "GROUPS",
    "PPID",
    "RANDOM",
    "LINENO",
    "SECONDS",
    "IFS",
    "OPTARG",
    "OPTIND",
    "REPLY",
    "FUNCNAME",
    "PIPESTATUS",
    "EPOCHSECONDS",
    "SRANDOM",
    "TMPDIR",
    "MAIL",
    "EDITOR",
    "PAGER",
    "COLUMNS",
    "LINES",
    "INVOCATION_ID",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "SUDO_USER",
    "SUDO_UID",
    "SUDO_GID",
    "SHLVL",
    "OSTYPE",
    "MACHTYPE",
    "HOSTTYPE",
    "DIRSTACK",
    "NOTIFY_SOCKET",
    "PS1",
    "PS2",
    "PS4",
    "ENV",
];
const USUAL_BEGINNINGS: &[&str] = &["LC_", "BASH", "XDG_", "SSH_", "COMP_"];

/// The variables that are used, in the order of the text; not those in single quotes or comments, which the shell that
/// runs the text does not expand.
pub fn used(scan: &Scan) -> impl Iterator<Item = &Use> {
    scan.uses.iter()
}

/// The variables that the text sets, wherever in it.
pub fn sets(text: &str) -> Vec<Sets> {
    let mut all: Vec<Sets> = Vec::new();
    let mut add = |name: &str, literal: Option<String>| all.push(Sets { name: name.to_owned(), literal });
    let known = |word: &Word, value: &str| (!word.expands).then(|| value.to_owned());
    for one in simples_deep(text) {
        let command = one.command();
        // Only an assignment that stands alone lasts; before a program it is for that program.
        if command.is_empty() {
            one.assignments().for_each(|(name, word, value)| add(name, known(word, value)));
            continue;
        }
        let words = command.get(1..).unwrap_or_default();
        let names = words.iter().filter(|word| !word.text.starts_with('-'));
        match command.first().map(|word| word.text.as_str()) {
            Some("export" | "local" | "declare" | "typeset" | "readonly") => {
                for word in names {
                    match word.text.split_once('=') {
                        Some((name, value)) => add(name.trim_end_matches('+'), known(word, value)),
                        // It may name what is there already.
                        None => continue,
                    }
                }
            }
            Some("read" | "mapfile" | "readarray" | "unset") => names.for_each(|word| add(&word.text, None)),
            Some("for" | "select") => names.take(1).for_each(|word| add(&word.text, None)),
            Some("getopts") => names.skip(1).take(1).for_each(|word| add(&word.text, None)),
            Some("printf") if words.first().is_some_and(|word| word.text == "-v") => {
                words.iter().skip(1).take(1).for_each(|word| add(&word.text, None));
            }
            Some("." | "source" | "eval") => {}
            Some(_) | None => {}
        }
    }
    for one in scan(text).uses.iter().filter(|one| one.sets) {
        add(&one.name, None);
    }
    all
}

/// The variables with names in capitals that are used and that neither the text nor the usual environment sets, each
/// once, in the order of the text.
pub fn unset<'a>(text: &str, scan: &'a Scan) -> Vec<&'a Use> {
    let capital = |name: &str| {
        name.bytes().any(|byte| byte.is_ascii_uppercase()) && !name.bytes().any(|byte| byte.is_ascii_lowercase())
    };
    let usual = |name: &str| USUAL.contains(&name) || USUAL_BEGINNINGS.iter().any(|start| name.starts_with(start));
    let wanted = |one: &&Use| one.name.len() > 1 && !one.guarded && capital(&one.name) && !usual(&one.name);
    let mut candidates: Vec<&Use> = scan.uses.iter().filter(wanted).collect();
    if candidates.is_empty() {
        return candidates;
    }
    let own = sets(text);
    candidates.retain(|one| !own.iter().any(|sets| sets.name == one.name));
    let mut names: Vec<&str> = Vec::new();
    candidates.retain(|one| {
        let first = !names.contains(&one.name.as_str());
        names.push(&one.name);
        first
    });
    candidates
}
