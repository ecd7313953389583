//! How dangerous a part is: as it declares, else as its commands show.

use crate::domain::procedure::{Danger, Doing, Job, Language, Part, Script};
use crate::runtimes::danger::danger;
use crate::runtimes::shell_text::{gaps, scan};

/// The grade of a part; `edited`: a person changed it for once. What is seen to destroy is never called anything less.
pub(super) fn grade(declared: Option<Danger>, recognised: Danger, edited: bool) -> Danger {
    match (declared, edited) {
        // What a person wrote is not what the document spoke of.
        (Some(declared), true) => declared.max(recognised),
        (Some(_), false) if recognised == Danger::Destructive => Danger::Destructive,
        (Some(declared), false) => declared,
        (None, _) => recognised,
    }
}

/// A longer command is graded when it is planned and not while a document is read.
const LONGEST: usize = 16 << 10;

/// The grade of a part as its document shows it before anything is planned; nothing where values are still to be put into
/// its command, or what it calls decides.
pub fn seen_grade(part: &Part) -> Option<Danger> {
    let declared = part.options.danger;
    let recognised = match &part.doing {
        Doing::Call(..) => return declared,
        Doing::Run(language, text) => {
            let open = language.is_shell() && !gaps(text, &scan(text)).is_empty();
            if part.options.todo || text.len() > LONGEST || open {
                return declared;
            }
            // What the site names for queries is known when it is planned.
            if !language.is_shell() && part.options.with.is_none() {
                return declared;
            }
            recognised(&part.doing, part.options.with.as_deref())
        }
        Doing::Request(..)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Check(..)
        | Doing::Fact(_)
        | Doing::Approve(_)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_)
        | Doing::Notify(..) => recognised(&part.doing, None),
    };
    Some(grade(declared, recognised, false))
}

/// The least grade by what jobs are told: what a value from elsewhere makes of a command that reads it once more is known
/// to nobody.
pub(super) fn told(jobs: &[Job]) -> Danger {
    if some_read_again(jobs) { Danger::Change } else { Danger::Read }
}

/// Whether some of these jobs do; mostly they are the same on each host.
fn some_read_again(jobs: &[Job]) -> bool {
    let mut last: Option<&Script> = None;
    jobs.iter().any(|job| last != Some(&job.script) && reads_again(last.insert(&job.script)))
}

/// Whether a script reads once more what it is told or what was captured.
fn reads_again(script: &Script) -> bool {
    // A whole number is the same number however often it is read.
    let number = |value: &str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let told = script.variables.iter().filter(|(_, value)| !number(value)).map(|(name, _)| name);
    let mut names = told.chain(&script.captured).chain(&script.secrets);
    names.any(|name| crate::runtimes::job::reads_again(script, name))
}

/// The grade of what is done, with every placeholder filled in; `with` is the program that takes its query.
pub(super) fn recognised(doing: &Doing, with: Option<&str>) -> Danger {
    match doing {
        Doing::Run(language, text) => {
            let own = danger(*language, text);
            // A program that takes queries is no danger by itself when the query is known; any other is what it is.
            let program = with.filter(|_| !language.is_shell());
            own.max(program.map_or(Danger::Read, |with| client(with, text)))
        }
        Doing::Request(method, _, _) => match method.to_ascii_uppercase().as_str() {
            "GET" | "HEAD" | "OPTIONS" => Danger::Read,
            "DELETE" => Danger::Destructive,
            _ => Danger::Change,
        },
        Doing::Restart(_) | Doing::Call(..) => Danger::Change,
        // Telling somebody changes nothing that runs.
        Doing::Notify(..) => Danger::Read,
        Doing::Shift(set, _, _) => danger(Language::Sh, set).max(Danger::Change),
        Doing::Check(..)
        | Doing::Fact(_)
        | Doing::Approve(_)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_) => Danger::Read,
    }
}

/// The grade of a program that reads a query from its standard input: only one that is known for it is no danger by
/// itself, and a shell runs the query as a script.
fn client(with: &str, text: &str) -> Danger {
    const CLIENTS: &[&str] = &["psql", "mysql", "mariadb", "promtool"];
    const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "fish"];
    // Options that only say where, as whom and how it prints.
    const PLAIN: &[&str] = &["-X", "-d", "-h", "-p", "-P", "-U", "-u", "-t", "-A", "-q", "-N", "-B", "-D", "-w"];
    let own = danger(Language::Sh, with);
    let words: Vec<&str> = with.split_whitespace().collect();
    if words.iter().any(|word| word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name))) {
        return own.max(danger(Language::Bash, text)).max(Danger::Change);
    }
    let behind = match words.as_slice() {
        ["runuser", "-u", _, "--", rest @ ..]
        | ["docker", "compose", "exec", "-T", _, rest @ ..]
        | ["docker", "exec", "-i", _, rest @ ..]
        | ["sudo", "-u", _, rest @ ..]
        | ["sudo", rest @ ..]
        | rest => rest,
    };
    let plain = with.chars().all(|c| c.is_ascii_alphanumeric() || " -_./:@=,".contains(c));
    let client = behind.first().is_some_and(|first| CLIENTS.contains(first));
    let asks = behind.iter().all(|word| !word.starts_with('-') || PLAIN.contains(word));
    if own != Danger::Destructive && (own == Danger::Read || (plain && client && asks)) {
        return Danger::Read;
    }
    own.max(Danger::Change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_to_destroy_is_never_called_less() {
        let rows = [
            (Some(Danger::Read), Danger::Change, false, Danger::Read),
            (Some(Danger::Read), Danger::Change, true, Danger::Change),
            (Some(Danger::Read), Danger::Destructive, false, Danger::Destructive),
            (Some(Danger::Change), Danger::Destructive, false, Danger::Destructive),
            (Some(Danger::Destructive), Danger::Read, false, Danger::Destructive),
            (None, Danger::Change, false, Danger::Change),
        ];
        for (declared, recognised, edited, wanted) in rows {
            assert_eq!(grade(declared, recognised, edited), wanted, "{declared:?} {recognised:?} {edited}");
        }
    }

    #[test]
    fn what_reads_a_value_from_elsewhere_once_more_never_counts_as_reading() {
        let name = |name: &str| crate::domain::InputName::new(name).into_iter();
        let script = |text: &str| Script { language: Language::Bash, text: text.into(), ..Script::default() };
        let text = "x=abc; echo \"${x:$m}\"";
        assert!(reads_again(&Script { captured: name("m").collect(), ..script(text) }));
        let told = |value: &str| Script {
            variables: name("m").map(|name| (name, value.to_owned())).collect(),
            ..script(text)
        };
        assert!(reads_again(&told("a")) && reads_again(&told("")) && !reads_again(&told("17")));
        assert!(!reads_again(&Script { captured: name("n").collect(), ..script(text) }));
        assert!(!reads_again(&Script { captured: name("m").collect(), ..script("echo \"$m\"") }));
    }

    #[test]
    fn only_a_known_client_is_no_danger_by_itself() {
        for with in ["psql", "runuser -u postgres -- psql -X -d pakashop", "sudo -u postgres psql", "mysql -h db -u x"]
        {
            assert_eq!(client(with, "SELECT 1"), Danger::Read, "{with}");
        }
        for with in ["sh", "sudo bash", "touch f", "docker rm x -- psql", "psql -f x", "psql -o f", "python", "$X"] {
            assert_ne!(client(with, "SELECT 1"), Danger::Read, "{with}");
        }
        assert_eq!(client("sh", "rm -rf /srv"), Danger::Destructive);
    }
}
