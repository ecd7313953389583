//! Filters behind a program in a pipe, as far as the runbooks of a drill use them.

use std::cmp::Ordering;

use regex::bytes::{Regex, RegexBuilder};

use super::tools::Told;

/// What a filter makes of what it is given; nothing when this is none, or one that is asked for something else.
pub(super) fn filter(words: &[String], given: &[u8]) -> Option<Told> {
    let (program, arguments) = words.split_first()?;
    let lines: Vec<&[u8]> = given.split_inclusive(|byte| *byte == b'\n').collect();
    let count = || {
        let mut found =
            arguments.iter().filter_map(|word| word.trim_start_matches("-n").trim_start_matches('-').parse().ok());
        found.next().unwrap_or(10_usize)
    };
    let out = match program.as_str() {
        "cat" if arguments.is_empty() => given.to_vec(),
        "head" => lines.iter().take(count()).copied().collect::<Vec<_>>().concat(),
        "tail" => lines.iter().skip(lines.len().saturating_sub(count())).copied().collect::<Vec<_>>().concat(),
        "wc" if arguments == ["-l"] => format!("{}\n", lines.len()).into_bytes(),
        "sort" => sort(arguments, lines)?,
        "uniq" => uniq(arguments, &lines)?,
        "sed" => sed(arguments, &lines)?,
        "grep" | "egrep" => return grep(arguments, &lines),
        _ => return None,
    };
    Some(Told::said(out))
}

/// The letters of short options; nothing when there is another one than these, or a word that is no option.
fn letters(arguments: &[String], known: &str) -> Option<String> {
    let all: Option<String> = arguments.iter().map(|word| word.strip_prefix('-')).collect();
    all.filter(|all| all.chars().all(|letter| known.contains(letter)))
}

fn sort(arguments: &[String], mut lines: Vec<&[u8]>) -> Option<Vec<u8>> {
    let flags = letters(arguments, "rnu")?;
    let figure = |line: &[u8]| -> f64 {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start();
        let end = text.find(|c: char| !(c.is_ascii_digit() || "-.".contains(c))).unwrap_or(text.len());
        text.get(..end).and_then(|figure| figure.parse().ok()).unwrap_or_default()
    };
    lines.sort_by(|one, other| {
        let by_figure = if flags.contains('n') { figure(one).total_cmp(&figure(other)) } else { Ordering::Equal };
        by_figure.then_with(|| one.cmp(other))
    });
    if flags.contains('u') {
        lines.dedup();
    }
    if flags.contains('r') {
        lines.reverse();
    }
    Some(lines.concat())
}

fn uniq(arguments: &[String], lines: &[&[u8]]) -> Option<Vec<u8>> {
    let counts = letters(arguments, "c")?.contains('c');
    let mut out = Vec::new();
    for same in lines.chunk_by(|one, other| one == other) {
        if counts {
            out.extend_from_slice(format!("{:>7} ", same.len()).as_bytes());
        }
        out.extend_from_slice(same.first().copied().unwrap_or_default());
    }
    Some(out)
}

/// Only commands like `s/one/other/g`.
fn sed(arguments: &[String], lines: &[&[u8]]) -> Option<Vec<u8>> {
    let scripts: Vec<&String> = arguments.iter().filter(|word| !matches!(word.as_str(), "-E" | "-r" | "-e")).collect();
    let mut all: Vec<(Regex, String, bool)> = Vec::new();
    for command in scripts.into_iter().flat_map(|script| script.split("; ")) {
        let parts: Vec<&str> = command.trim().split('/').collect();
        let ["s", pattern, by, how @ ("" | "g")] = parts.as_slice() else { return None };
        let pattern = RegexBuilder::new(pattern).build().ok()?;
        all.push((pattern, by.replace('$', "$$").replace('\\', "$"), *how == "g"));
    }
    let mut out = Vec::new();
    for line in lines {
        let (text, end) = line.strip_suffix(b"\n").map_or((*line, &b""[..]), |text| (text, b"\n"));
        let mut text = text.to_vec();
        for (pattern, by, everywhere) in &all {
            let most = usize::from(!everywhere);
            text = pattern.replacen(&text, most, by.as_bytes()).into_owned();
        }
        out.extend(text);
        out.extend_from_slice(end);
    }
    Some(out)
}

fn grep(arguments: &[String], lines: &[&[u8]]) -> Option<Told> {
    let (mut flags, mut patterns) = (String::new(), Vec::new());
    let (mut most, mut before, mut behind) = (usize::MAX, 0, 0);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let place = match word.get(..2) {
            Some("-m") => &mut most,
            Some("-B") => &mut before,
            Some("-A") => &mut behind,
            Some(_) | None => {
                match word.strip_prefix('-') {
                    Some(letters) => flags.push_str(letters),
                    None => patterns.push(word),
                }
                continue;
            }
        };
        let figure = word.get(2..).filter(|rest| !rest.is_empty()).or_else(|| words.next().map(String::as_str))?;
        *place = figure.parse().ok()?;
    }
    if flags.contains(|c: char| !"EFivqc".contains(c)) {
        return None;
    }
    let [pattern] = patterns.as_slice() else { return None };
    let pattern = if flags.contains('F') { regex::escape(pattern) } else { (*pattern).clone() };
    let pattern = RegexBuilder::new(&pattern).case_insensitive(flags.contains('i')).build().ok()?;
    let fits = |line: &&[u8]| pattern.is_match(line) != flags.contains('v');
    let found: Vec<usize> = (0..lines.len()).filter(|at| lines.get(*at).is_some_and(fits)).take(most).collect();
    let left = i32::from(found.is_empty());
    let out = if flags.contains('q') {
        Vec::new()
    } else if flags.contains('c') {
        format!("{}\n", found.len()).into_bytes()
    } else {
        let near = |at: &usize| found.iter().any(|one| (one.saturating_sub(before)..=one + behind).contains(at));
        let shown: Vec<&[u8]> = (0..lines.len()).filter(near).filter_map(|at| lines.get(at).copied()).collect();
        shown.concat()
    };
    Some(Told { left, ..Told::said(out) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn out(words: &[String], given: &[u8]) -> Option<String> {
        filter(words, given).map(|told| String::from_utf8(told.out).unwrap())
    }

    #[test]
    fn filters_do_what_they_do() {
        let given = b"b 1\na 2\nb 1\n";
        let out = |text: &str| out(&words(text), given);
        assert_eq!(out("head -n 1").unwrap(), "b 1\n");
        assert_eq!(out("tail -2").unwrap(), "a 2\nb 1\n");
        assert_eq!(out("grep -v a").unwrap(), "b 1\nb 1\n");
        assert_eq!(out("wc -l").unwrap(), "3\n");
        assert_eq!(out("sort").unwrap(), "a 2\nb 1\nb 1\n");
        assert_eq!(filter(&words("grep nothing"), given).unwrap().left, 1);
        assert!(out("awk x").is_none() && out("grep -o x").is_none() && out("sed -n p").is_none());
    }

    #[test]
    fn the_first_runbook_of_a_drill_is_understood() {
        let given = b"a 12\nPANIC: b 7\nc\nPanic: b 9\n";
        assert_eq!(out(&words("grep -iE -m 1 -B 1 -A 1 uncaught|panic:"), given).unwrap(), "a 12\nPANIC: b 7\nc\n");
        let script = ["sed", "-E", "s/^[A-Z]+: //; s/[0-9]+/N/g"].map(str::to_owned);
        assert_eq!(out(&script, b"PANIC: b 7\nb 12 13\n").unwrap(), "b N\nb N N\n");
        let counted = out(&words("uniq -c"), b"x\nx\ny\n").unwrap();
        assert_eq!(out(&words("sort -rn"), counted.as_bytes()).unwrap(), "      2 x\n      1 y\n");
    }
}
