//! What was typed in a block that shows a session: the lines behind a prompt, and those that continue them.

/// Whether a block of a shell's language is a session in truth: its first line behind comments begins with `$ `, which
/// no script does.
pub fn is_session(text: &str) -> bool {
    let first = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("$ "))
}

/// The commands of a session, each as it was typed; `None` when nothing stands behind a prompt. Where some prompt is
/// `$`, a line with `#` is a comment and one with `>` continues a command or was printed; otherwise they are prompts.
pub fn typed(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let user = lines.iter().any(|line| behind(line.trim_start(), '$').is_some());
    let root = !user && lines.iter().any(|line| of_root(line.trim_start()).is_some());
    let mut typed: Vec<String> = Vec::new();
    let mut open = Open::default();
    // Whether the line before was typed and the shell may still wait for more, as inside a loop.
    let mut inside = false;
    for line in lines {
        let bare = line.trim_start();
        if open.is_open() {
            let more = if open.document.is_none() { bare.strip_prefix("> ").unwrap_or(line) } else { line };
            let more = if bare == ">" && open.document.is_none() { "" } else { more };
            open.take(more);
            typed.push(more.to_owned());
            continue;
        }
        if let Some(more) = bare.strip_prefix("> ").filter(|_| inside && (user || root)) {
            open.take(more);
            typed.push(more.to_owned());
            continue;
        }
        inside = false;
        let command = if user {
            behind(bare, '$')
        } else if root {
            of_root(bare)
        } else {
            bare.strip_prefix("> ")
        };
        if let Some(command) = command.map(str::trim_start).filter(|command| !command.is_empty()) {
            open = Open::default();
            open.take(command);
            inside = waits(command);
            typed.push(command.to_owned());
        }
    }
    (!typed.is_empty()).then(|| typed.join("\n"))
}

/// What stands behind the prompt of this mark: `$ `, or `name@host:~$ `.
fn behind(line: &str, mark: char) -> Option<&str> {
    let (before, after) = line.split_once(mark)?;
    let command = after.strip_prefix(' ')?;
    let host = before.strip_prefix('[').unwrap_or(before);
    let named = host.split_once('@').is_some_and(|(user, _)| {
        !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    });
    let plain = !before.contains(['"', '\'', '`', '|', '(', '=', ';', '<', '>', '{']);
    let words = before.split_whitespace().count();
    (before.is_empty() || (named && plain && words <= 2)).then_some(command)
}

/// Whether a shell that was given this line would ask for more of it.
fn waits(line: &str) -> bool {
    let line = line.trim_end();
    let word = line.rsplit(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default();
    ["do", "then", "else", "in", "{", "("].contains(&word) || line.ends_with('|') || line.ends_with("&&")
}

/// What stands behind root's prompt. A line that begins with a capital letter is prose.
fn of_root(line: &str) -> Option<&str> {
    behind(line, '#').filter(|command| !command.trim_start().starts_with(|c: char| c.is_uppercase() || c == '#'))
}

/// What a shell still waits for at the end of a line.
#[derive(Debug, Default)]
struct Open {
    quote: Option<char>,
    continued: bool,
    /// Here-documents, the first one first: their last lines, and whether tabs before it don't count.
    documents: Vec<(String, bool)>,
    document: Option<(String, bool)>,
}

impl Open {
    fn is_open(&self) -> bool {
        self.quote.is_some() || self.continued || self.document.is_some()
    }

    fn take(&mut self, line: &str) {
        if let Some((end, tabs)) = &self.document {
            let found = if *tabs { line.trim_start_matches('\t') } else { line };
            if found.trim_start() == end {
                self.document = self.next_document();
            }
            return;
        }
        self.continued = false;
        let mut chars = line.char_indices().peekable();
        let mut blank_before = true;
        while let Some((at, c)) = chars.next() {
            match (self.quote, c) {
                (Some('\''), '\'') | (Some('"'), '"') | (Some('`'), '`') => self.quote = None,
                (Some('"' | '`') | None, '\\') => {
                    if chars.next().is_none() {
                        self.continued = true;
                    }
                }
                (None, '\'' | '"' | '`') => self.quote = Some(c),
                (None, '#') if blank_before => break,
                (None, '<') if line.get(at..).is_some_and(|rest| rest.starts_with("<<")) => {
                    let rest = line.get(at + 2..).unwrap_or_default();
                    if rest.starts_with('<') {
                        chars.next();
                        chars.next();
                    } else {
                        chars.next();
                        self.documents.extend(end_word(rest));
                        // The quotes of the word are its own.
                        while chars.peek().is_some_and(|(_, c)| !c.is_whitespace()) {
                            chars.next();
                        }
                    }
                }
                (Some(_) | None, _) => {}
            }
            blank_before = c.is_whitespace();
        }
        if self.quote.is_none() && !self.continued {
            self.document = self.next_document();
        }
    }

    fn next_document(&mut self) -> Option<(String, bool)> {
        (!self.documents.is_empty()).then(|| self.documents.remove(0))
    }
}

/// The word that ends a here-document, from what stands behind `<<`.
fn end_word(rest: &str) -> Option<(String, bool)> {
    let (rest, tabs) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let word: String =
        rest.trim_start().chars().take_while(|c| !c.is_whitespace() && !";|&<>()".contains(*c)).collect();
    let word: String = word.chars().filter(|c| !"'\"\\".contains(*c)).collect();
    (!word.is_empty()).then_some((word, tabs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        typed(text).map(|typed| typed.lines().map(str::to_owned).collect()).unwrap_or_default()
    }

    #[test]
    fn only_what_stands_behind_a_prompt_was_typed() {
        assert_eq!(lines("$ uptime\n 10:00 up 3 days\n$ df -h\nFilesystem\n"), ["uptime", "df -h"]);
        assert_eq!(lines("# systemctl restart nginx\n# nginx -t\nok\n"), ["systemctl restart nginx", "nginx -t"]);
        assert_eq!(lines("# Look at the disk\n$ df -h\n# then the rest\n"), ["df -h"], "comments beside a prompt");
        assert_eq!(lines("# Look at the disk\ndf -h\n"), Vec::<String>::new(), "prose is no command of root");
        assert_eq!(lines("admin@web-1:~$ id\nuid=0\nroot@web-1:/etc# ls\n"), ["id"]);
        assert_eq!(lines("[root@db ~]# pg_lsclusters\n17 main\n"), ["pg_lsclusters"]);
        assert_eq!(lines("> docker ps\nCONTAINER\n"), ["docker ps"]);
        assert_eq!(lines("$ npm test\n\n> shop@1.0.0 test\n> jest\n"), ["npm test"], "what npm prints is no command");
        assert_eq!(lines("price: 3 $ each\nmail a@b.c costs 5$ more\n"), Vec::<String>::new());
        assert_eq!(lines("$\n$ \n"), Vec::<String>::new());
    }

    #[test]
    fn what_is_continued_belongs_to_its_command() {
        assert_eq!(lines("$ docker run \\\n    --rm \\\n>   img\nhello\n"), ["docker run \\", "    --rm \\", "  img"]);
        assert_eq!(lines("$ echo 'a\n> b'\na\nb\n"), ["echo 'a", "b'"]);
        let here = "$ cat > f <<'EOF'\n$ not a prompt\n> nor this\nEOF\n$ cat f\n";
        assert_eq!(lines(here), ["cat > f <<'EOF'", "$ not a prompt", "> nor this", "EOF", "cat f"]);
        assert_eq!(lines("$ cat <<A <<-\"B\"\n1\nA\n2\n\tB\nout\n").len(), 5);
        assert_eq!(lines("$ grep x <<<\"$y\"\nx\n"), ["grep x <<<\"$y\""]);
        let lines_of_loop = lines("$ for i in 1 2; do\n> echo $i\n> done\n1\n2\n");
        assert_eq!(lines_of_loop, ["for i in 1 2; do", "echo $i", "done"]);
        assert_eq!(lines("$ echo it\\'s # don't\nit's\n"), ["echo it\\'s # don't"]);
    }

    #[test]
    fn a_script_with_prompts_is_a_session() {
        assert!(is_session("# first\n$ id\nuid=0\n"));
        assert!(!is_session("$VAR x\n"));
        assert!(!is_session("id\n$ id\n"));
        assert!(!is_session(""));
    }
}
