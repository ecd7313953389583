//! What the shell's own commands do that is more than looking: they set variables, evaluate indices, call back.

use super::shell::{Arg, has, may_set};

/// Whether one of the shell's own commands does no more than look and set variables that nothing else hears of.
pub(super) fn harmless(program: &str, rest: &[Arg]) -> bool {
    let index = |arg: &Arg| arg.text.contains('[') && (arg.text.contains("$(") || arg.text.contains('`'));
    let names = || rest.iter().filter(|arg| !arg.text.starts_with('-'));
    let named = |arg: &Arg| {
        let name = arg.text.split_once('=').map_or(arg.text.as_str(), |(name, _)| name);
        !name.contains(['[', '$', '`']) && may_set(name, true)
    };
    match program {
        "export" | "declare" | "typeset" | "readonly" | "local" | "unset" => {
            !has(rest, &["-n", "-i", "-f"]) && names().all(named)
        }
        "read" | "getopts" => names().all(named),
        "mapfile" | "readarray" => !has(rest, &["-C", "-c"]) && names().all(named),
        "printf" => match rest.first() {
            Some(first) if first.text.starts_with("-v") => false,
            _ => !rest.iter().take(1).any(|arg| arg.bare),
        },
        "hash" => rest.is_empty(),
        "let" => rest.iter().all(|arg| !arg.expands && !arg.text.contains('[')),
        "test" | "[" | "[[" | "wait" => !rest.iter().any(|arg| index(arg) || arg.is("-v") || arg.is("-R")),
        "set" => !rest.iter().any(|arg| arg.text.contains('x') && arg.text.starts_with('-') && arg.expands),
        "systemd-analyze" => rest.iter().all(|arg| {
            ["time", "blame", "critical-chain", "dump", "verify", "security", "calendar", "timespan"]
                .contains(&arg.text.as_str())
                || arg.text.starts_with('-')
        }),
        _ => true,
    }
}
