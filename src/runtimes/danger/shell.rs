//! The grade of a script: that of the gravest command in it.

use std::ops::Range;

use super::table::{self, Program};
use super::{builtin, numbers, strict, through};
use crate::domain::procedure::Danger;
use crate::runtimes::shell_text::{Join, Quote, Redirect, RedirectKind, Scan, Simple, Word, scan, simples};

/// How deep scripts are looked for in each other.
const DEEPEST: usize = 8;

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arg {
    /// What it says.
    pub(super) text: String,
    /// Whether something in it is known only when it runs.
    pub(super) expands: bool,
    /// Whether it stands without quotes and so may become several words, or none, when it runs.
    pub(super) bare: bool,
}

impl Arg {
    pub(super) fn is(&self, word: &str) -> bool {
        !self.expands && self.text == word
    }
}

/// What a command is looked at with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// Whether something is written into it: a pipe, a file, a here-document.
    pub(super) fed: bool,
    /// In how many scripts it stands.
    pub(super) depth: usize,
}

/// The grade of a script.
pub(super) fn shell(text: &str, depth: usize) -> Danger {
    if depth > DEEPEST {
        // Nobody has looked.
        return Danger::Destructive;
    }
    let seen = scan(text);
    let mut own = Danger::Read;
    let mut quiet = false;
    for one in simples(text, &seen) {
        own = own.max(simple(&one, text, depth, quiet));
        quiet = says_nothing(&one);
    }
    // What stands in another command is graded with that one: each once, or every level would double the work.
    let is_seen = |at: &Range<usize>| commands(text, &seen.substitutions).any(|outer| holds(outer, at));
    let inner = seen.substitutions.iter().filter(|at| !is_seen(at));
    let inner = inner.filter_map(|at| Some((text.get(..at.start)?.ends_with('`'), text.get(at.clone())?)));
    let inner = inner.map(|(backtick, inner)| match inner.strip_prefix('(') {
        Some(sum) if !backtick => read_if(is_sum(&without_substitutions(sum))),
        Some(_) | None if backtick => shell(&without_backslashes(inner), depth + 1),
        Some(_) | None => shell(inner, depth + 1),
    });
    let whole = own.max(inner.max().unwrap_or(Danger::Read));
    // A function may bear any name, also that of a program.
    let plain = seen.complete && !defines_function(text, &seen);
    // A prompt is expanded once more, wherever it stands; `${name:=value}` sets as an assignment does.
    let set = seen.uses.iter().filter(|one| one.sets).all(|one| may_set(&one.name, true));
    let plain = plain && set && !text.contains("@P}") && !numbers::trusts(text, &seen);
    if plain { whole } else { whole.max(Danger::Change) }
}

/// What stands between backticks as the shell reads it: a backslash in front of a backtick, a dollar or a backslash goes.
fn without_backslashes(inner: &str) -> String {
    let (mut out, mut rest) = (String::new(), inner.chars().peekable());
    while let Some(c) = rest.next() {
        let escapes = c == '\\' && rest.peek().is_some_and(|next| ['`', '$', '\\'].contains(next));
        out.push(if escapes { rest.next().unwrap_or(c) } else { c });
    }
    out
}

/// The substitutions that are read as scripts of their own: no calculations, and none in backticks, in which what is inside
/// is written otherwise.
fn commands<'a>(text: &'a str, all: &'a [Range<usize>]) -> impl Iterator<Item = &'a Range<usize>> {
    let opens = |at: &Range<usize>| text.get(..at.start).is_some_and(|before| before.ends_with('('));
    all.iter().filter(move |at| opens(at) && !text.get(at.start..).is_some_and(|inner| inner.starts_with('(')))
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer != inner && outer.start <= inner.start && inner.end <= outer.end
}

/// Whether what a command says can't mean anything to whoever reads it through a pipe.
fn says_nothing(one: &Simple) -> bool {
    let words: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
    matches!(words.as_slice(), ["true" | ":" | "echo"] | ["echo", "" | "Q"] | ["printf", ""])
}

/// A calculation with a number in the place of each command in it; those are graded by themselves.
fn without_substitutions(sum: &str) -> String {
    let (mut out, mut depth) = (String::new(), 0usize);
    let mut before = ' ';
    for c in sum.chars() {
        match c {
            '(' if depth > 0 => depth += 1,
            '(' if before == '$' => {
                out.pop();
                out.push('1');
                depth = 1;
            }
            ')' if depth > 0 => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        before = c;
    }
    out
}

/// Whether what stands behind `$((` is a calculation; what looks like one and is none has commands that nobody knows.
fn is_sum(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_ \t+-*/%<>=&|^!~?:,$(){}#".contains(&byte);
    let words: Vec<&str> = text.split_whitespace().collect();
    let ends = |word: &str| word.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let starts =
        |word: &str| word.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_$/".contains(&byte));
    text.bytes().all(fits) && !words.windows(2).any(|pair| ends(pair[0]) && starts(pair[1]) && pair[1] != "/")
}

/// Whether `name ()` or `function name` stands in it.
fn defines_function(text: &str, seen: &Scan) -> bool {
    let code: String = text
        .bytes()
        .zip(&seen.places)
        .filter(|(_, place)| place.quote == Quote::Plain && place.depth == 0 && !place.escaped && !place.in_here())
        .map(|(byte, _)| char::from(byte))
        .filter(|c| !matches!(c, ' ' | '\t'))
        .collect();
    code.contains("()")
        || simples(text, seen).iter().any(|one| one.words.first().is_some_and(|word| word.text == "function"))
}

/// The grade of one command; `quiet`: the one before it says nothing.
fn simple(one: &Simple, source: &str, depth: usize, quiet: bool) -> Danger {
    let files = one.redirects.iter().map(redirect).max().unwrap_or(Danger::Read);
    let alone = one.command().is_empty();
    let set =
        one.assignments().map(|(name, word, value)| assignment(name, word, value, alone)).max().unwrap_or(Danger::Read);
    let empty = |one: &Redirect| one.target.as_ref().is_some_and(|file| file.text == "/dev/null");
    let fed = (one.join == Join::Pipe && !quiet)
        || one.redirects.iter().any(|one| match one.kind {
            RedirectKind::From => !empty(one),
            RedirectKind::Text => true,
            RedirectKind::Into | RedirectKind::Same => false,
        });
    let arguments: Vec<Arg> = one.command().iter().map(|word| argument(word, source)).collect();
    files.max(set).max(command(&arguments, Around { fed, depth }))
}

fn argument(word: &Word, source: &str) -> Arg {
    let written = source.get(word.at.clone()).unwrap_or_default();
    Arg { text: word.text.clone(), expands: word.expands, bare: word.expands && is_bare(written) }
}

/// Whether something in a word is expanded outside of quotes.
fn is_bare(written: &str) -> bool {
    let (mut double, mut single, mut escaped, mut depth) = (false, false, false, 0usize);
    let mut before = ' ';
    for c in written.chars() {
        let was = std::mem::replace(&mut before, c);
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            _ if single => single = c != '\'',
            '\\' => escaped = true,
            '(' | '{' if depth > 0 || was == '$' => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            '"' => double = !double,
            '\'' if !double => single = true,
            '$' | '`' if !double => return true,
            _ => {}
        }
    }
    false
}

fn redirect(one: &Redirect) -> Danger {
    let target = one.target.as_ref();
    let is = |words: &[&str]| target.is_some_and(|word| !word.expands && words.contains(&word.text.as_str()));
    let digits = target.is_some_and(|word| word.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'));
    match one.kind {
        RedirectKind::From | RedirectKind::Text => Danger::Read,
        RedirectKind::Same if digits => Danger::Read,
        RedirectKind::Into if is(&["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"]) => Danger::Read,
        RedirectKind::Into if target.is_some_and(|word| is_disk(&word.text)) => Danger::Destructive,
        RedirectKind::Same | RedirectKind::Into => Danger::Change,
    }
}

/// Whether a file is a disk.
pub(super) fn is_disk(file: &str) -> bool {
    ["/dev/sd", "/dev/nvme", "/dev/vd", "/dev/xvd", "/dev/mapper/", "/dev/md", "/dev/disk/"]
        .iter()
        .any(|start| file.starts_with(start))
}

/// Variables that only say how something is printed or where a database is, and those of the script's own.
fn assignment(name: &str, word: &Word, value: &str, alone: bool) -> Danger {
    let left = word.text.split_once('=').map_or("", |(left, _)| left);
    let index = left.contains(['[', '$', '`']);
    // A calculation with it would run what stands in it.
    let run = value.find("$(").or_else(|| value.find('`'));
    let kept = run.is_some_and(|run| !word.expands || value.find('[').is_some_and(|index| index < run));
    let evaluated = value.contains("@P}") || kept;
    read_if(!index && !evaluated && may_set(name, alone))
}

/// Whether a variable may be set by or before what only reads; `alone`: it stands for itself, as one of the script's.
pub(super) fn may_set(name: &str, alone: bool) -> bool {
    const PLAIN: &[&str] = &["LANG", "LANGUAGE", "TZ", "COLUMNS", "LINES", "NO_COLOR", "TERM"];
    // These tell psql where programs and settings are.
    const PG: &[&str] = &["PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGCONNECT_TIMEOUT", "PGSSLMODE"];
    const ACTS: &[&str] = &[
        "PATH",
        "IFS",
        "ENV",
        "HOME",
        "SHELL",
        "PAGER",
        "EDITOR",
        "VISUAL",
        "BROWSER",
        "CDPATH",
        "FPATH",
        "PS0",
        "PS1",
        "PS2",
        "PS3",
        "PS4",
        "SHELLOPTS",
        "OPTIND",
        "PROMPT_COMMAND",
        "LESSOPEN",
        "LESSCLOSE",
        "LESS",
        "MORE",
        "TMPDIR",
        "POSIXLY_CORRECT",
        "HISTFILE",
        "MAILPATH",
        "MAIL",
        "TAPE",
        "RSYNC_RSH",
        "KUBECONFIG",
        "DOCKER_HOST",
        "GZIP",
        "RSYNC_PROXY",
        "SSLKEYLOGFILE",
        "TMP",
        "TEMP",
        "GLOBIGNORE",
        "INPUTRC",
        "EXINIT",
        "VIMINIT",
        "AWKPATH",
        "AWKLIBPATH",
        "ZDOTDIR",
        "TZDIR",
        "UNZIP",
        "ZIPINFO",
        "BZIP",
        "BZIP2",
        "FCEDIT",
        "path",
        "cdpath",
        "fpath",
    ];
    const BEGIN: &[&str] = &[
        "LD_",
        "BASH",
        "GIT_",
        "PYTHON",
        "PERL",
        "NODE_",
        "RUBY",
        "JAVA_",
        "DYLD_",
        "TAR_",
        "LESS",
        "MAN",
        "KUBECTL_",
        "DOCKER_",
        "HELM_",
        "TF_",
        "ANSIBLE_",
        "AWS_",
        "PG",
        "PSQL",
        "MYSQL",
        "CURL_",
        "WGET",
        "OPENSSL",
        "SSH_",
        "SSL_",
        "SYSTEMD_",
        "NPM_",
        "npm_",
        "XDG_",
        "RIPGREP_",
        "GREP_",
        "SUDO_",
        "COMPOSE_",
        "CLOUDSDK_",
        "AZURE_",
        "GH_",
        "GCONV_",
        "LOCPATH",
        "NLSPATH",
        "TERMINFO",
        "HOSTALIASES",
        "RES_",
        "MALLOC_",
        "GLIBC_",
        "http",
        "https",
        "all_",
        "ftp_",
        "HTTP_",
        "HTTPS_",
        "ALL_PROXY",
        "FTP_",
        "VAULT_",
        "CONSUL_",
        "ETCDCTL_",
        "REDISCLI_",
        "MARIADB",
        "XZ_",
        "ZSTD_",
        "YARN_",
        "PNPM_",
        "GO",
        "LUA_",
        "PHP",
        "R_",
        "GEM_",
        "BUNDLE_",
        "RAILS_",
        "DJANGO_",
        "PRISMA_",
        "RAILWAY_",
        "WRANGLER_",
        "PM2_",
    ];
    if PLAIN.contains(&name) || PG.contains(&name) || (name.starts_with("LC_") && name.len() > 3) {
        return true;
    }
    let acts = ACTS.contains(&name) || BEGIN.iter().any(|start| name.starts_with(start));
    let lower = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    !acts && (lower || alone)
}

/// The grade of a program with its arguments.
pub(super) fn command(arguments: &[Arg], around: Around) -> Danger {
    let Some((program, rest)) = arguments.split_first() else { return Danger::Read };
    let Some(name) = name(program) else { return Danger::Change };
    if let Some(danger) = through::through(name, rest, around) {
        return danger;
    }
    let grade = match table::find(name) {
        Some(Program::Reads | Program::ReadsAny) => Danger::Read,
        Some(Program::Destroys) => Danger::Destructive,
        Some(Program::Depends(grade)) => grade(rest, around),
        None => Danger::Change,
    };
    let known = strict::known(name, rest) && builtin::harmless(name, rest) && !rest.iter().any(prompts);
    grade.max(read_if(known))
}

/// Whether a value in it is evaluated once more.
fn prompts(arg: &Arg) -> bool {
    arg.expands && arg.text.contains("@P}")
}

/// The name of a program that stands where programs of the system stand.
pub(super) fn name(program: &Arg) -> Option<&str> {
    if program.expands {
        return None;
    }
    let text = program.text.as_str();
    let Some((folder, name)) = text.rsplit_once('/') else { return Some(text) };
    const FOLDERS: &[&str] = &[
        "/bin",
        "/usr/bin",
        "/usr/local/bin",
        "/sbin",
        "/usr/sbin",
        "/usr/local/sbin",
        "/snap/bin",
        "/opt/homebrew/bin",
    ];
    FOLDERS.contains(&folder).then_some(name)
}

/// The arguments that are no options: an option in `with_value` takes the next one with it.
pub(super) fn operands<'a>(rest: &'a [Arg], with_value: &[&str]) -> Vec<&'a Arg> {
    let mut out = Vec::new();
    let mut rest = rest.iter();
    while let Some(arg) = rest.next() {
        if arg.is("--") {
            out.extend(rest);
            break;
        }
        if !arg.text.starts_with('-') || arg.text == "-" {
            out.push(arg);
        } else if with_value.contains(&arg.text.as_str()) {
            rest.next();
        }
    }
    out
}

/// Whether one of these options is there, alone, as `--option=value`, or among short ones put together.
pub(super) fn has(rest: &[Arg], options: &[&str]) -> bool {
    let found = |arg: &Arg, option: &str| {
        let long = option.starts_with("--");
        let short = option.strip_prefix('-').filter(|letter| !long && letter.len() == 1);
        arg.text == option
            || (long && arg.text.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')))
            || short.is_some_and(|letter| {
                let cluster = arg.text.strip_prefix('-').filter(|cluster| !cluster.starts_with('-'));
                cluster.is_some_and(|cluster| cluster.contains(letter))
            })
    };
    rest.iter().take_while(|arg| !arg.is("--")).any(|arg| options.iter().any(|option| found(arg, option)))
}

/// The values of options, as `-x value`, `-xvalue`, `--long value` or `--long=value`.
pub(super) fn values(rest: &[Arg], options: &[&str]) -> Vec<Arg> {
    let mut out = Vec::new();
    for (at, arg) in rest.iter().enumerate() {
        for option in options {
            let glued = match arg.text.strip_prefix(option) {
                Some("") => {
                    out.extend(rest.get(at + 1).cloned());
                    continue;
                }
                Some(glued) if option.starts_with("--") => glued.strip_prefix('='),
                glued => glued,
            };
            out.extend(glued.map(|value| Arg { text: value.to_owned(), expands: arg.expands, bare: arg.bare }));
        }
    }
    out
}

/// `Read` where that is so, else `Change`.
pub(super) fn read_if(reads: bool) -> Danger {
    if reads { Danger::Read } else { Danger::Change }
}
