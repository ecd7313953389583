//! What the shell's own commands do that is more than looking: they set variables, evaluate indices, call back.

use super::shell::{Arg, has, may_set};

/// Whether one of the shell's own commands does no more than look and set variables that nothing else hears of.
pub(super) fn harmless(program: &str, rest: &[Arg]) -> bool {
    let index = |arg: &Arg| arg.text.contains('[') && (arg.text.contains("$(") || arg.text.contains('`'));
    let names = || rest.iter().filter(|arg| !arg.text.starts_with('-'));
    let named = |arg: &Arg, alone: bool| {
        let name = arg.text.split_once('=').map_or(arg.text.as_str(), |(name, _)| name);
        !name.contains(['[', '$', '`']) && may_set(name, alone)
    };
    let own = |arg: &Arg| named(arg, true);
    match program {
        // What it exports all programs behind it hear of.
        "export" => !has(rest, &["-n", "-f"]) && names().all(|arg| named(arg, false)),
        "declare" | "typeset" | "readonly" | "local" | "unset" => {
            let exports = has(rest, &["-x"]);
            !has(rest, &["-n", "-i", "-f"]) && names().all(|arg| named(arg, !exports))
        }
        "read" | "getopts" => names().all(own),
        "for" | "select" => rest.first().is_none_or(own),
        "mapfile" | "readarray" => !has(rest, &["-C", "-c"]) && names().all(own),
        "jobs" => rest.iter().all(|arg| ["-l", "-p", "-r", "-s"].contains(&arg.text.as_str())),
        "wait" => !has(rest, &["-p"]) && !rest.iter().any(index),
        "arch" => rest.is_empty(),
        // It keeps a file of devices where it is told to.
        "lsof" => !rest.iter().any(|arg| {
            arg.text.starts_with('-')
                && arg.text.contains('D')
                && !["-s", "-i", "-c", "-u"].iter().any(|start| arg.text.starts_with(start))
        }),
        "printf" => match rest.first() {
            Some(first) if first.text.starts_with("-v") => false,
            _ => !rest.iter().take(1).any(|arg| arg.bare),
        },
        "hash" => rest.is_empty(),
        "let" => rest.iter().all(|arg| !arg.expands && !arg.text.contains('[')),
        "test" | "[" | "[[" => !rest.iter().any(|arg| index(arg) || arg.is("-v") || arg.is("-R")),
        "set" => set(rest),
        "systemd-analyze" => rest.iter().find(|arg| !arg.text.starts_with('-')).is_none_or(|arg| {
            ["time", "blame", "critical-chain", "dump", "verify", "security", "calendar", "timespan"]
                .contains(&arg.text.as_str())
        }),
        _ => true,
    }
}

/// Options that only say how the script itself goes on; `-a` exports whatever is set, `-k` takes words for variables.
fn set(rest: &[Arg]) -> bool {
    const NAMED: &[&str] = &["pipefail", "errexit", "nounset", "xtrace", "noclobber", "noglob", "verbose", "posix"];
    let mut rest = rest.iter();
    while let Some(arg) = rest.next() {
        if arg.is("--") || arg.is("-") {
            return true;
        }
        if arg.bare {
            return false;
        }
        let Some(letters) = arg.text.strip_prefix(['-', '+']) else { continue };
        if !letters.bytes().all(|byte| b"euxfvnCETo".contains(&byte)) {
            return false;
        }
        if letters.ends_with('o') && rest.next().is_some_and(|name| !NAMED.contains(&name.text.as_str())) {
            return false;
        }
    }
    true
}
