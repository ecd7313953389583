//! A block of code: what its first line says, and whether it is a command.

use super::group;
use super::keys;
use super::session;
use super::tail::Found;
use crate::domain::procedure::Language;

/// What the first line of a fenced block says behind its marks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Info {
    /// The language as the document names it.
    pub language: String,
    /// `title="…"` of other tools.
    pub title: Option<String>,
    /// Further words, which are no options of any tool.
    pub rest: Option<String>,
    /// Attributes.
    pub found: Found,
    /// Whether no line of marks ends it.
    pub open: bool,
}

/// Reads the fence that stands at this range of `text`.
pub fn info(text: &str, range: &std::ops::Range<usize>) -> Info {
    let block = text.get(range.clone()).unwrap_or_default();
    let first = block.lines().next().unwrap_or_default();
    let bare = first.trim_start();
    let Some(mark) = bare.chars().next().filter(|c| *c == '`' || *c == '~') else { return Info::default() };
    let marks = bare.chars().take_while(|c| *c == mark).count();
    let rest = bare.get(marks..).unwrap_or_default();
    let start = range.start + (first.len() - rest.len());
    let end = start + rest.trim_end().len();
    let language = language_of(rest.trim());
    let found = attributes(text, start, end, spoken(&language).is_some() || language.is_empty());
    let last = block.trim_end().lines().next_back().unwrap_or_default();
    let last = last.trim_start_matches(|c: char| c.is_whitespace() || c == '>').trim_end();
    let open = block.lines().count() < 2 || last.len() < marks || !last.chars().all(|c| c == mark);
    let words = further(rest.trim(), &language);
    Info { language, title: title(rest), rest: words, found, open }
}

/// Words behind the language; what begins with a mark or says `key=value` is of some tool.
fn further(info: &str, language: &str) -> Option<String> {
    let rest = info.strip_prefix(language)?.trim();
    let first = rest.split_whitespace().next()?;
    let words = first.starts_with(|c: char| c.is_alphanumeric() || "-/$.\"'".contains(c)) && !first.contains('=');
    words.then(|| rest.to_owned())
}

/// The first word of it, also of `{.bash}` and `{bash}`.
fn language_of(info: &str) -> String {
    let ends = |c: char| c.is_whitespace() || ",{:;[(".contains(c);
    let (start, inside) = match info.strip_prefix('{') {
        Some(inside) => (inside.trim_start(), true),
        None => (info, false),
    };
    let start = start.strip_prefix('.').unwrap_or(start);
    let end = start.find(|c: char| ends(c) || (inside && c == '}')).unwrap_or(start.len());
    let word = start.get(..end).unwrap_or_default();
    // Inside braces an id, a key or a list of lines is no language.
    let named = !inside || word.chars().next().is_some_and(char::is_alphabetic) && !word.contains('=');
    if named && keys::known(word).is_none_or(|_| !inside) { word.to_owned() } else { String::new() }
}

fn title(info: &str) -> Option<String> {
    let (_, rest) = ["title=", "filename="].iter().find_map(|key| info.split_once(key))?;
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let (title, _) = rest.get(1..)?.split_once(quote)?;
    (!title.trim().is_empty()).then(|| title.trim().to_owned())
}

fn attributes(text: &str, start: usize, end: usize, commands: bool) -> Found {
    let info = text.get(..end).unwrap_or_default();
    let braces = info.get(start..).unwrap_or_default().match_indices('{').map(|(at, _)| start + at);
    for at in braces.take(16) {
        let before = info.get(start..at).unwrap_or_default();
        if before.ends_with('{') || before.ends_with('$') {
            continue;
        }
        match group::read(info, at) {
            Ok(group) if keys::ours(&group, commands) => return Found::Group(group),
            Ok(_) => {}
            Err(broken) if keys::begins(info.get(at..).unwrap_or_default()) => return Found::Broken(broken),
            Err(_) => {}
        }
    }
    Found::Nothing
}

/// What a language is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// A script in this language.
    Script(Language),
    /// A session: what stands behind its prompts.
    Session,
}

/// The languages that are commands, by the words that documents have for them.
const SPOKEN: &[(&str, Spoken)] = &[
    ("sh", Spoken::Script(Language::Sh)),
    ("shell", Spoken::Script(Language::Sh)),
    ("bash", Spoken::Script(Language::Bash)),
    ("zsh", Spoken::Script(Language::Bash)),
    ("console", Spoken::Session),
    ("shell-session", Spoken::Session),
    ("shellsession", Spoken::Session),
    ("sh-session", Spoken::Session),
    ("bash-session", Spoken::Session),
    ("sql", Spoken::Script(Language::Sql)),
    ("postgresql", Spoken::Script(Language::Sql)),
    ("postgres", Spoken::Script(Language::Sql)),
    ("pgsql", Spoken::Script(Language::Sql)),
    ("mysql", Spoken::Script(Language::Sql)),
    ("promql", Spoken::Script(Language::PromQl)),
];

/// What this word says that a block is written in, if that is a command.
pub fn spoken(language: &str) -> Option<Spoken> {
    SPOKEN.iter().find(|(word, _)| word.eq_ignore_ascii_case(language)).map(|(_, spoken)| *spoken)
}

/// The command of a block, if it is one: its language and its text.
pub fn command(language: &str, text: &str) -> Option<(Language, String)> {
    let spoken = spoken(language)?;
    let (written, script) = match spoken {
        Spoken::Script(written @ (Language::Sh | Language::Bash)) if session::is_session(text) => {
            (written, session::typed(text)?)
        }
        Spoken::Script(written) => (written, text.trim_end().to_owned()),
        Spoken::Session => (Language::Sh, session::typed(text)?),
    };
    let comment = match written {
        Language::Sh | Language::Bash | Language::PromQl => "#",
        Language::Sql => "--",
    };
    if script.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with(comment)) {
        return None;
    }
    match written {
        Language::Sql | Language::PromQl => Some((written, script)),
        Language::Sh | Language::Bash => shell(&script, written).map(|shell| (shell, script)),
    }
}

/// Which shell a script is for: what its first line says, or what only bash understands. `None`: another program.
fn shell(script: &str, written: Language) -> Option<Language> {
    if let Some(program) = script.strip_prefix("#!") {
        let line = program.lines().next().unwrap_or_default();
        let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or_default());
        let program = words.find(|word| *word != "env" && !word.starts_with('-')).unwrap_or_default();
        return match program {
            "bash" | "zsh" => Some(Language::Bash),
            "sh" | "dash" | "ash" => Some(Language::Sh),
            _ => None,
        };
    }
    let words = ["[[ ", "=(", "<(", " $'", "=$'", "${BASH", "pipefail", "<<<"];
    let bash = words.iter().any(|word| script.contains(word)) || script.lines().any(|line| line.starts_with("source "));
    Some(if bash { Language::Bash } else { written })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, bool, Option<String>) {
        let info = info(text, &(0..text.len()));
        (info.language, info.found != Found::Nothing, info.title)
    }

    #[test]
    fn the_first_line_says_the_language() {
        for (text, language) in [
            ("```bash\n```", "bash"),
            ("~~~ sh\n~~~", "sh"),
            ("```{.bash .numberLines}\n```", "bash"),
            ("```{bash}\n```", "bash"),
            ("```{r, echo=FALSE}\n```", "r"),
            ("```bash{1,3}\n```", "bash"),
            ("```yaml title=\"a.yml\"\n```", "yaml"),
            ("```sh {\"name\":\"x\"}\n```", "sh"),
            ("```rust,ignore\n```", "rust"),
            ("```{1,3}\n```", ""),
            ("```\n```", ""),
        ] {
            let (read, ours, _) = of(text);
            assert_eq!(read, language, "{text}");
            assert!(!ours, "{text}");
        }
        assert_eq!(of("```bash {#dump host=db}\n```"), ("bash".to_owned(), true, None));
        assert_eq!(of("```{#dump host=db}\n```"), (String::new(), true, None));
        assert_eq!(of("```bash {1,3} title='Dump it' {#dump}\n```"), ("bash".to_owned(), true, Some("Dump it".into())));
        assert!(of("```bash {#dump host=\"db}\n```").1, "a mistake, not the words of others");
    }

    #[test]
    fn a_block_that_nothing_ends_is_open() {
        let open = |text: &str| info(text, &(0..text.len())).open;
        assert!(open("```sh\nrm -rf x\n"));
        assert!(open("```"));
        assert!(open("~~~~sh\nx\n~~~\n"));
        assert!(!open("```sh\nx\n```"));
        assert!(!open("```sh\n> x\n> ``` \n"));
    }

    #[test]
    fn commands_are_those_of_shells_and_databases() {
        let word = |language: &str, text: &str| command(language, text).map(|(language, text)| (language.word(), text));
        assert_eq!(word("BASH", "id\n"), Some(("bash", "id".to_owned())));
        assert_eq!(word("shell", "$ id\nuid=0\n"), Some(("sh", "id".to_owned())));
        assert_eq!(word("sh", "#!/usr/bin/env bash\nid"), Some(("bash", "#!/usr/bin/env bash\nid".to_owned())));
        assert_eq!(word("bash", "#!/usr/bin/python3\nimport os"), None);
        assert_eq!(word("sh", "if [[ -f x ]]; then id; fi").map(|(word, _)| word), Some("bash"));
        assert_eq!(word("bash", "# only\n# words\n"), None);
        assert_eq!(word("sql", "-- only\n"), None);
        assert_eq!(word("sql", "SELECT 1;\n"), Some(("sql", "SELECT 1;".to_owned())));
        assert_eq!(word("console", "output\n"), None);
        assert_eq!(word("yaml", "a: 1"), None);
        assert_eq!(word("", "id"), None);
    }
}
