//! Calculations with values from outside: bash runs the `$(…)` of `a[$(…)]` wherever it takes a value for a number, so
//! a script that calculates with what a file, a person or a program said may run whatever that says.

use crate::runtimes::shell_text::{Scan, Simple, scan, sets, simples, simples_deep};

/// Whether a script calculates with a value that it got from elsewhere.
pub(super) fn trusts(text: &str, seen: &Scan) -> bool {
    let foreign = foreign(text);
    if foreign.is_empty() {
        return false;
    }
    let mut sums: Vec<String> = seen
        .substitutions
        .iter()
        .filter_map(|at| text.get(at.clone()))
        .filter_map(|inner| inner.strip_prefix('('))
        .map(str::to_owned)
        .collect();
    for one in simples_deep(text) {
        let words: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
        let compares = words.iter().any(|word| ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"].contains(word));
        let counts = match words.first().copied().unwrap_or_default() {
            "[[" => compares,
            "let" => true,
            "declare" | "typeset" | "local" => words.iter().any(|word| word.starts_with('-') && word.contains('i')),
            _ => false,
        };
        if counts {
            sums.push(words.join(" "));
        }
    }
    sums.extend(text.split("((").skip(1).map(str::to_owned));
    sums.extend(indices(text));
    sums.iter().any(|sum| words(sum).any(|word| foreign.iter().any(|name| name == word)))
}

/// What stands in `${name[…]}` and behind `${name:`, as far as the brace.
fn indices(text: &str) -> Vec<String> {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    inside
        .filter_map(|inside| {
            let name =
                inside.trim_start_matches(['#', '!']).find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
            let behind = inside.trim_start_matches(['#', '!']).get(name..)?;
            let cuts = behind.strip_prefix(':').is_some_and(|rest| !rest.starts_with(['-', '=', '?', '+']));
            (behind.starts_with('[') || cuts).then(|| behind.to_owned())
        })
        .collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The variables that hold what came from elsewhere.
fn foreign(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for one in simples_deep(text) {
        for (name, word, value) in one.assignments() {
            let copied = words(value).any(|word| names.iter().any(|name| name == word)) && word.expands;
            if copied || !comes_from_a_count(value) {
                names.push(name.to_owned());
            }
        }
        let all: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
        match all.split_first() {
            Some((&("read" | "mapfile" | "readarray"), rest)) => {
                let own = rest.iter().filter(|word| !word.starts_with('-')).map(|word| (*word).to_owned());
                names.extend(own.chain(["REPLY".to_owned(), "MAPFILE".to_owned()]));
            }
            Some((&("for" | "select"), rest)) => {
                let counted = rest.iter().skip(1).all(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                names.extend(rest.first().filter(|_| !counted).map(|name| (*name).to_owned()));
            }
            _ => {}
        }
    }
    // Words of a loop are not among those of commands: what it runs over is not looked at more closely.
    let mut left = text;
    while let Some((_, rest)) = left.split_once("for ") {
        left = rest;
        let (name, behind) = rest.split_once(" in ").unwrap_or_default();
        let over = behind.split([';', '\n']).next().unwrap_or_default();
        if over.contains(['$', '`', '*', '?']) {
            names.push(name.trim().to_owned());
        }
    }
    names.extend(sets(text).into_iter().filter(|set| set.literal.is_none()).map(|set| set.name).filter(|name| {
        // `${name:=…}` and whatever else sets it in a way that was not looked at.
        !simples_deep(text).iter().any(|one| one.assignments().any(|(known, ..)| known == *name))
    }));
    names
}

/// Whether a value is written in the script, or is a number by what prints it.
fn comes_from_a_count(value: &str) -> bool {
    let Some(at) = value.find("$(").or_else(|| value.find('`')) else { return true };
    let inside = value.get(at..).unwrap_or_default();
    let Some(inside) = inside.strip_prefix("$(").and_then(|inside| inside.strip_suffix(')')) else { return false };
    if at != 0 || inside.starts_with('(') {
        return inside.starts_with('(');
    }
    let all = simples(inside, &scan(inside));
    all.last().is_some_and(prints_a_number)
}

fn prints_a_number(one: &Simple) -> bool {
    let words: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    match words.first().copied().unwrap_or_default() {
        "nproc" => true,
        // With the name of a file it prints that too.
        "wc" => words.len() == 2 && words[1].starts_with('-'),
        "grep" | "pgrep" => has(&["-c", "--count"]),
        "date" => words.last().is_some_and(|word| word.starts_with('+') && !word.contains([' ', '[', 'A', 'B', 'Z'])),
        "id" => words.len() == 2 && words[1] == "-u",
        "stat" => has(&["%s", "%Y"]),
        "curl" => has(&["%{http_code}", "%{response_code}"]) && has(&["/dev/null"]),
        "tr" => has(&["-dc", "-cd"]) && words.last().is_some_and(|word| ["0-9", "[:digit:]"].contains(word)),
        "jq" => words.iter().any(|word| word.ends_with("length")),
        _ => false,
    }
}
