//! The programs that a step needs where it runs, as far as its text shows: what it brings along itself, what was brought
//! before, and what the shell does by itself are none.

use crate::domain::procedure::{Doing, Part, Procedure};
use crate::runtimes::presence::is_tool;
use crate::runtimes::shell_text::{Simple, Word, scan, simples, simples_deep};

/// One program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tool {
    /// Its name.
    pub(super) name: String,
    /// Whether the text itself becomes root for it.
    pub(super) as_root: bool,
    /// The line in the file.
    pub(super) line: usize,
}

/// What shells do by themselves, and words that only look like commands.
const OWN: &str = ". : [ [[ ]] alias bg bind break builtin caller case cd command compgen complete continue coproc \
    declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts \
    hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return \
    select set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until \
    wait while { } ! (( ))";
/// Programs that start the next word, and their options that take a value.
const STARTS: &[(&str, &str)] = &[
    ("sudo", "ugpCTDRrth"),
    ("doas", "uC"),
    ("env", "uCS"),
    ("nice", "n"),
    ("ionice", "cn"),
    ("nohup", ""),
    ("setsid", ""),
    ("stdbuf", "ioe"),
    ("time", "fo"),
    ("exec", "a"),
    ("command", ""),
    ("xargs", "nPILdasE"),
    ("timeout", "ks"),
    ("watch", "n"),
];
/// Words by which a text brings programs along: then nobody knows what is there behind them.
const BRINGS: &[(&str, &str)] = &[
    ("apt-get", "install"),
    ("apt", "install"),
    ("aptitude", "install"),
    ("dnf", "install"),
    ("yum", "install"),
    ("zypper", "install"),
    ("zypper", "in"),
    ("apk", "add"),
    ("pacman", ""),
    ("brew", "install"),
    ("snap", "install"),
    ("pip", "install"),
    ("pip3", "install"),
    ("pipx", "install"),
    ("npm", "install"),
    ("npm", "i"),
    ("pnpm", "add"),
    ("yarn", "global"),
    ("gem", "install"),
    ("cargo", "install"),
    ("go", "install"),
    ("dpkg", "-i"),
    ("rpm", ""),
    ("make", "install"),
    ("source", ""),
    (".", ""),
    ("alias", ""),
    ("eval", ""),
    ("nvm", ""),
];

/// The programs that a part needs, each once.
pub(super) fn tools(procedure: &Procedure, part: &Part) -> Vec<Tool> {
    let earlier = procedure.parts.iter().take_while(|one| one.id != part.id);
    let before: Vec<&str> = earlier.filter_map(shell_text).collect();
    if before.iter().any(|text| brings(text)) {
        return Vec::new();
    }
    let mut found: Vec<Tool> = Vec::new();
    if let Doing::Run(language, _) = &part.doing
        && !language.is_shell()
        && let Some(with) = &part.options.with
    {
        found.extend(first(&simples(with, &scan(with)), part.line));
    }
    if matches!(part.doing, Doing::Request(..)) {
        found.push(Tool { name: "curl".into(), as_root: false, line: part.line });
    }
    let readback = match &part.doing {
        Doing::Shift(_, Some(get), _) => Some(get.as_str()),
        _ => None,
    };
    for text in shell_text(part).into_iter().chain(part.options.preview.as_deref()).chain(readback) {
        for tool in of_text(text) {
            // What an earlier step put somewhere is looked for there only when it runs.
            let made = before.iter().any(|text| text.contains(&format!("bin/{}", tool.name)));
            let line = line_of(procedure, part, &tool.name);
            if !made && !found.iter().any(|known| known.name == tool.name && known.as_root == tool.as_root) {
                found.push(Tool { line, ..tool });
            }
        }
    }
    found
}

fn shell_text(part: &Part) -> Option<&str> {
    match &part.doing {
        Doing::Run(language, text) if language.is_shell() => Some(text),
        Doing::Shift(set, _, _) => Some(set),
        _ => None,
    }
}

/// The line at or behind the part's in which the word stands.
fn line_of(procedure: &Procedure, part: &Part, word: &str) -> usize {
    let bounded = |line: &str| {
        let part_of = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        line.match_indices(word).any(|(at, _)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let behind = line.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(part_of) && !behind.is_some_and(part_of)
        })
    };
    let mut lines = procedure.text.lines().enumerate().skip(part.line.saturating_sub(1)).take(400);
    // The first line of a block of code is that of its attributes.
    let first = part.line;
    lines.find(|(at, line)| at + 1 > first && bounded(line)).map_or(first, |(at, _)| at + 1)
}

/// Whether a text brings programs along, or changes where they are looked for.
fn brings(text: &str) -> bool {
    simples_deep(text).iter().any(|one| {
        let words: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
        let words = words.iter().position(|word| *word != "sudo").and_then(|at| words.get(at..)).unwrap_or_default();
        let verb = |wanted: &str| wanted.is_empty() || words.iter().skip(1).take(4).any(|word| *word == wanted);
        let brought =
            words.first().is_some_and(|first| BRINGS.iter().any(|(name, wanted)| name == first && verb(wanted)));
        let moved = one.assignments().any(|(name, ..)| name == "PATH")
            || words.first() == Some(&"export") && words.iter().any(|word| word.starts_with("PATH="));
        brought || moved
    })
}

/// The programs of a text, in their order, as far as it is known that they must be there when it begins.
fn of_text(text: &str) -> Vec<Tool> {
    let mut all = simples_deep(text);
    all.sort_by_key(|one| one.at);
    let looked_for = looked_for(&all);
    let mut found: Vec<Tool> = Vec::new();
    for one in &all {
        for tool in program(one.command(), false) {
            let own = OWN.split_whitespace().any(|own| own == tool.name);
            let defined = defines(text, &tool.name) || looked_for.contains(&tool.name);
            if is_tool(&tool.name) && !own && !defined {
                found.push(tool);
            }
        }
        let this = one.at;
        let so_far = text.get(..this.max(1)).unwrap_or_default();
        if brings_here(one) || brings(so_far) {
            break;
        }
    }
    found
}

fn brings_here(one: &Simple) -> bool {
    let words: Vec<&str> = one.words.iter().map(|word| word.text.as_str()).collect();
    brings(&words.join(" "))
}

fn first(all: &[Simple], line: usize) -> Vec<Tool> {
    let programs = all.first().map(|one| program(one.command(), false)).unwrap_or_default();
    programs.into_iter().filter(|tool| is_tool(&tool.name)).map(|tool| Tool { line, ..tool }).collect()
}

/// The program of a command, and those that it starts by its arguments.
fn program(words: &[Word], as_root: bool) -> Vec<Tool> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let literal = !first.expands && !first.text.contains(['<', '>']);
    let mut found = Vec::new();
    if literal {
        found.push(Tool { name: first.text.clone(), as_root, line: 0 });
    }
    let Some((_, valued)) = STARTS.iter().find(|(name, _)| literal && *name == first.text) else { return found };
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        let Some(cluster) = word.text.strip_prefix('-').filter(|cluster| !cluster.is_empty()) else { break };
        at += 1;
        if cluster == "-" {
            break;
        }
        // A long option with its value in the next word can't be told from one without: then nothing is said.
        if cluster.starts_with('-') && !cluster.contains('=') {
            return found;
        }
        at += usize::from(!cluster.starts_with('-') && cluster.chars().next_back().is_some_and(|c| valued.contains(c)));
    }
    if first.text == "command" && rest.first().is_some_and(|word| word.text.starts_with('-')) {
        return found;
    }
    if first.text == "timeout" {
        at += 1;
    }
    while rest
        .get(at)
        .is_some_and(|word| ["sudo", "doas", "env"].contains(&first.text.as_str()) && word.text.contains('='))
    {
        at += 1;
    }
    let becomes = as_root || ["sudo", "doas"].contains(&first.text.as_str());
    let other = rest.iter().take(at).any(|word| word.text.starts_with("-u"));
    found.extend(program(rest.get(at..).unwrap_or_default(), becomes && !other));
    found
}

/// Programs that the text itself looks for before it uses them.
fn looked_for(all: &[Simple]) -> Vec<String> {
    let mut found = Vec::new();
    for one in all {
        let words = one.command();
        if words.first().is_some_and(|word| ["command", "which", "type", "hash"].contains(&word.text.as_str())) {
            found.extend(words.iter().skip(1).filter(|word| !word.text.starts_with('-')).map(|word| word.text.clone()));
        }
    }
    found
}

/// Whether the text defines it: a function, or an alias.
fn defines(text: &str, name: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let function = line.strip_prefix("function ").map(str::trim_start).unwrap_or(line);
        let named = function.strip_prefix(name).map(str::trim_start);
        named.is_some_and(|rest| rest.starts_with("()") || rest.starts_with("( )"))
            || (line.starts_with("function ") && named.is_some_and(|rest| rest.is_empty() || rest.starts_with('{')))
            || line.strip_prefix("alias ").is_some_and(|rest| rest.trim_start().starts_with(&format!("{name}=")))
            || line.contains(&format!("; {name}()"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let found = of_text(text).into_iter();
        found.map(|tool| if tool.as_root { format!("root {}", tool.name) } else { tool.name }).collect()
    }

    #[test]
    fn programs_are_found_wherever_they_stand() {
        let cases: &[(&str, &[&str])] = &[
            ("pg_dump shop | gzip > f", &["pg_dump", "gzip"]),
            ("LC_ALL=C sort f", &["sort"]),
            ("env A=b C=d jq . f", &["env", "jq"]),
            ("sudo -n -u postgres psql", &["sudo", "psql"]),
            ("sudo systemctl restart x", &["sudo", "root systemctl"]),
            ("timeout -k 5 10 curl x", &["timeout", "curl"]),
            ("find . | xargs -n1 -0 gzip", &["find", "xargs", "gzip"]),
            ("echo $(hostname) `date`", &["hostname", "date"]),
            ("if grep -q x f; then echo y; fi", &["grep"]),
            ("for f in a b; do zstd \"$f\"; done", &["zstd"]),
            ("ssh h 'pg_dump x'", &["ssh"]),
            ("docker compose exec db pg_dump", &["docker"]),
        ];
        for (text, wanted) in cases {
            assert_eq!(names(text), *wanted, "{text}");
        }
    }

    #[test]
    fn what_need_not_be_there_is_no_program() {
        for text in [
            "echo hello; cd /tmp; [ -f x ] && printf y; [[ a = b ]]; true; export A=b; set -e; exit 0",
            "$CMD x; \"$CMD\" y; ${A:-b} c",
            "./deploy.sh; scripts/x.sh; /opt/shop/bin/run",
            "greet() { echo; }; greet",
            "function greet { echo; }\ngreet",
            "alias ll='x'\nll",
            "if command -v jq >/dev/null; then jq .; fi",
            "case $x in start) echo a ;; stop) echo b ;; esac",
            "cat_me=1 other=2",
            "# pg_dump x",
        ] {
            let found: Vec<String> = names(text).into_iter().filter(|name| name != "sudo").collect();
            assert!(found.is_empty(), "{text}: {found:?}");
        }
        assert_eq!(names("apt-get install -y jq\njq . f"), ["apt-get"], "it brings jq along");
        assert_eq!(names("PATH=$PATH:/opt/x/bin\nspecial"), Vec::<String>::new(), "it says where to look");
        assert_eq!(names("python3 -m venv v\n. v/bin/activate\ngunicorn x"), ["python3"]);
        assert_eq!(names("cat <<EOF\npg_dump x\nEOF"), ["cat"]);
    }
}
