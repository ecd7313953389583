//! A script as a drill reads it: lists of simple commands, with what joins them. What is a program of its own (a loop, a
//! case, a function) is one statement that is only told. Pure.

/// Statements that are read; a script that has more is not gone through to its end.
const MOST: usize = 2000;
/// What opens and what closes a statement that is a program of its own.
const BLOCKS: [(&str, &str); 5] =
    [("for", "done"), ("while", "done"), ("until", "done"), ("if", "fi"), ("case", "esac")];

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    /// Commands in a row.
    List(Vec<Joined>),
    /// A program of its own: the word it begins with, and its lines.
    Block(String, usize),
}

/// A pipeline, and when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    /// When: after success, after failure, or always.
    pub(super) after: After,
    /// Whether its status is turned round.
    pub(super) not: bool,
    /// Its commands.
    pub(super) pipe: Vec<Simple>,
    /// As it was written.
    pub(super) text: String,
}

/// When a pipeline is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Whatever was before.
    Always,
    /// What was before went well.
    Success,
    /// It did not.
    Failure,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Simple {
    /// Its words.
    pub(super) words: Vec<Vec<Piece>>,
    /// Whether its output, and its errors, go nowhere.
    pub(super) silent: (bool, bool),
    /// Whether its output goes into a file of the host.
    pub(super) into_file: bool,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Text(String),
    /// The value of a variable.
    Variable(String),
    /// What a command prints.
    Output(String),
}

/// Reads a script.
pub(super) fn read(text: &str) -> Vec<Statement> {
    let joined = text.replace("\\\n", " ");
    let mut lines = joined.lines();
    let mut statements = Vec::new();
    while let Some(line) = lines.next() {
        let mut whole = line.trim().to_owned();
        if whole.is_empty() || whole.starts_with('#') {
            continue;
        }
        if statements.len() >= MOST {
            break;
        }
        let opener = whole.split_whitespace().next().unwrap_or_default().to_owned();
        if is_function(&whole) || BLOCKS.iter().any(|(word, _)| *word == opener) {
            let count = block(&opener, &whole, &mut lines);
            statements.push(Statement::Block(opener, count));
            continue;
        }
        // A quote may go over several lines.
        while !is_closed(&whole) {
            let Some(next) = lines.next() else { break };
            whole.push('\n');
            whole.push_str(next);
        }
        if let Some(end) = here_document(&whole) {
            for body in lines.by_ref() {
                if body.trim() == end {
                    break;
                }
            }
        }
        statements.push(Statement::List(list(&whole)));
    }
    statements
}

fn is_function(line: &str) -> bool {
    line.split_once("()").is_some_and(|(name, rest)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && rest.trim() == "{"
    })
}

/// Goes to the end of a statement that is a program of its own; how many lines it has.
fn block<'a>(opener: &str, first: &str, lines: &mut impl Iterator<Item = &'a str>) -> usize {
    let closers: Vec<&str> = BLOCKS.iter().map(|(_, closer)| *closer).chain(["}"]).collect();
    let weight = |line: &str| -> i32 {
        let words = line.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty());
        let opens = |word: &str| word == "{" || BLOCKS.iter().any(|(opener, _)| *opener == word);
        words.map(|word| i32::from(opens(word)) - i32::from(closers.contains(&word))).sum()
    };
    let mut depth = if is_function(first) { 1 } else { weight(first) };
    let mut count = 1;
    let mut end = here_document(first);
    while depth > 0 || end.is_some() {
        let Some(line) = lines.next() else { break };
        count += 1;
        match &end {
            Some(word) if line.trim() == word => end = None,
            Some(_) => {}
            None => {
                depth += weight(line);
                end = here_document(line);
            }
        }
    }
    debug_assert!(!opener.is_empty());
    count
}

/// The word that ends what is handed to a command on the lines below it.
fn here_document(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("<<")?;
    let word = rest.trim_start_matches('-').trim_start();
    let word: String = word.chars().take_while(|c| !c.is_whitespace() && !";|&)".contains(*c)).collect();
    let bare = word.trim_matches(['\'', '"']).to_owned();
    (!bare.is_empty() && !word.starts_with('<')).then_some(bare)
}

fn is_closed(text: &str) -> bool {
    let (mut single, mut double, mut escaped) = (false, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            _ => {}
        }
    }
    !single && !double
}

/// The commands of one line.
fn list(line: &str) -> Vec<Joined> {
    let mut all = Vec::new();
    let mut after = After::Always;
    let mut rest = line;
    loop {
        let (text, join, behind) = part(rest);
        let bare = text.trim();
        if !bare.is_empty() {
            let (not, bare) = bare.strip_prefix("! ").map_or((false, bare), |behind| (true, behind));
            let pipe = pipe_of(bare);
            all.push(Joined { after, not, pipe, text: bare.to_owned() });
        }
        match join {
            Some(join) => (after, rest) = (join, behind),
            None => return all,
        }
    }
}

/// Everything up to the next `;`, `&&` or `||` that is not quoted.
fn part(text: &str) -> (&str, Option<After>, &str) {
    let cut = split(text, |rest| ["&&", "||", ";", "\n"].into_iter().find(|join| rest.starts_with(join)).map(str::len));
    let Some((at, length)) = cut else { return (text, None, "") };
    let join = match text.get(at..at + length) {
        Some("&&") => After::Success,
        Some("||") => After::Failure,
        _ => After::Always,
    };
    (text.get(..at).unwrap_or_default(), Some(join), text.get(at + length..).unwrap_or_default())
}

/// The first place outside of quotes and of `$(…)` at which `found` says how long a mark is.
fn split(text: &str, found: impl Fn(&str) -> Option<usize>) -> Option<(usize, usize)> {
    let (mut single, mut double, mut escaped, mut deep) = (false, false, false, 0_u32);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            '(' if !single => deep += 1,
            ')' if !single => deep = deep.saturating_sub(1),
            '#' if !single && !double && deep == 0 && text.get(..at).is_some_and(|b| b.ends_with(' ')) => {
                return Some((at, text.len() - at));
            }
            _ if !single && !double && deep == 0 => {
                if let Some(length) = found(text.get(at..).unwrap_or_default()) {
                    return Some((at, length));
                }
            }
            _ => {}
        }
    }
    None
}

fn pipe_of(text: &str) -> Vec<Simple> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((at, length)) = split(rest, |rest| rest.starts_with('|').then_some(1)) {
        all.push(simple(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at + length..).unwrap_or_default();
    }
    all.push(simple(rest));
    all
}

fn simple(text: &str) -> Simple {
    let mut made = Simple::default();
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        let plain = match word.as_slice() {
            [Piece::Text(text)] => text.as_str(),
            _ => "",
        };
        match plain {
            ">/dev/null" | "1>/dev/null" => made.silent.0 = true,
            "2>/dev/null" => made.silent.1 = true,
            "2>&1" => made.silent.1 |= made.silent.0,
            ">&2" | "1>&2" => {}
            ">" | ">>" | "2>" | "<" => {
                let to = words.next();
                let nowhere = to.as_deref() == Some(&[Piece::Text("/dev/null".to_owned())]);
                match (plain, nowhere) {
                    ("2>", true) => made.silent.1 = true,
                    ("2>" | "<", _) => {}
                    (_, true) => made.silent.0 = true,
                    (_, false) => made.into_file = true,
                }
            }
            word if word.starts_with("<<") => {}
            _ => made.words.push(word),
        }
    }
    made
}

fn words(text: &str) -> Vec<Vec<Piece>> {
    let mut all: Vec<Vec<Piece>> = Vec::new();
    let (mut word, mut open): (Vec<Piece>, bool) = (Vec::new(), false);
    let mut rest = text.chars().peekable();
    let mut double = false;
    while let Some(c) = rest.next() {
        match c {
            '\'' if !double => {
                open = true;
                put(&mut word, &rest.by_ref().take_while(|c| *c != '\'').collect::<String>());
            }
            '"' => (double, open) = (!double, true),
            '\\' => put(&mut word, &rest.next().map(String::from).unwrap_or_default()),
            '$' => {
                open = true;
                word.push(variable(&mut rest));
            }
            c if c.is_whitespace() && !double => {
                if open || !word.is_empty() {
                    all.push(std::mem::take(&mut word));
                }
                open = false;
            }
            c => put(&mut word, c.encode_utf8(&mut [0; 4])),
        }
    }
    if open || !word.is_empty() {
        all.push(word);
    }
    all
}

fn put(word: &mut Vec<Piece>, text: &str) {
    match word.last_mut() {
        Some(Piece::Text(known)) => known.push_str(text),
        _ => word.push(Piece::Text(text.to_owned())),
    }
}

/// What stands behind a dollar sign.
fn variable(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Piece {
    match rest.peek() {
        Some('(') => {
            rest.next();
            let mut deep = 1;
            let inner = rest.by_ref().take_while(|c| {
                deep += i32::from(*c == '(') - i32::from(*c == ')');
                deep > 0
            });
            Piece::Output(inner.collect())
        }
        Some('{') => {
            rest.next();
            let name: String = rest.by_ref().take_while(|c| *c != '}').collect();
            Piece::Variable(name.split([':', '-', '%', '#']).next().unwrap_or_default().to_owned())
        }
        Some('?') => {
            rest.next();
            Piece::Variable("?".to_owned())
        }
        _ => {
            let mut name = String::new();
            while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                name.push(c);
            }
            if name.is_empty() { Piece::Text("$".to_owned()) } else { Piece::Variable(name) }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn only(text: &str) -> Vec<Joined> {
        match read(text).as_slice() {
            [Statement::List(all)] => all.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn lists_pipes_quotes_and_variables_are_told_apart() {
        let all = only("systemctl is-active \"pakashop-$service.service\" 2>/dev/null || [ $? -eq 3 ]");
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].after, all[1].after), (After::Always, After::Failure));
        assert_eq!(all[0].pipe[0].silent, (false, true));
        let pieces =
            [Piece::Text("pakashop-".into()), Piece::Variable("service".into()), Piece::Text(".service".into())];
        assert_eq!(all[0].pipe[0].words[2], pieces);
        let all = only("journalctl -u web | grep 'a|b; c' | tail -n 2");
        assert_eq!(all[0].pipe.len(), 3);
        assert_eq!(all[0].pipe[1].words[1], [Piece::Text("a|b; c".into())]);
        let all = only("test -z \"$(systemctl list-units --failed; true)\"");
        assert_eq!(all[0].pipe[0].words[2], [Piece::Output("systemctl list-units --failed; true".into())]);
        assert!(only("! true")[0].not);
    }

    #[test]
    fn programs_are_one_statement_and_here_documents_are_no_commands() {
        let text = "bad=0\nwhile read -r name; do\n  if [ a ]; then echo; fi\ndone <<'END'\nfi\ndone\nEND\n\
                    psql -X <<SQL\nSELECT 1;\nSQL\necho 'two\nlines'\nfor a in b; do echo; done\nend() {\n true\n}\nls";
        let told: Vec<String> = read(text)
            .iter()
            .map(|one| match one {
                Statement::List(all) => all.iter().map(|one| one.text.replace('\n', "/")).collect::<Vec<_>>().join("+"),
                Statement::Block(word, lines) => format!("{word} {lines}"),
            })
            .collect();
        assert_eq!(told, ["bad=0", "while 6", "psql -X <<SQL", "echo 'two/lines'", "for 1", "end() 3", "ls"]);
    }
}
