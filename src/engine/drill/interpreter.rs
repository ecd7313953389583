//! Goes through the statements of a script on a simulated host: what can be answered is, and what can't is said.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::filters;
use super::jobs::DrillJobs;
use super::script::{After, Joined, Piece, Simple, Statement, read};
use super::shell;
use super::tools::{self, Told};
use crate::domain::procedure::HERE;
use crate::port::{End, RemoteCommand};

/// How long a command takes that is not asked of a simulated host.
const TAKES: Duration = Duration::from_millis(120);
/// Longer is waited for by nobody in a drill.
const SLEEP: Duration = Duration::from_secs(5);
/// Commands whose output is a word of another one, one in the other.
const DEEPEST: u8 = 4;

/// A shell of a simulated host.
pub(super) struct Shell {
    pub(super) jobs: DrillJobs,
    pub(super) host: String,
    pub(super) timeout: Duration,
    pub(super) variables: BTreeMap<String, String>,
    /// What the last command left with.
    pub(super) last: i32,
    pub(super) deep: u8,
    /// The first that a drill can't do of the script.
    pub(super) unplayed: Option<String>,
}

impl Shell {
    /// Does one statement: whether the script ends with it, and what it said.
    pub(super) async fn statement(&mut self, statement: &Statement) -> (bool, Vec<u8>) {
        let all = match statement {
            Statement::List(all) => all,
            Statement::Block(word, lines) => {
                tokio::time::sleep(TAKES).await;
                // What comes behind it would judge by what it did not do.
                let told = format!("the drill goes through no `{word}`: its {lines} lines and the rest were not run\n");
                self.last = 0;
                self.unplayed.get_or_insert_with(|| format!("goes through no `{word}`"));
                return (true, told.into_bytes());
            }
        };
        let mut said = Vec::new();
        for (place, one) in all.iter().enumerate() {
            let is_due = match one.after {
                After::Always => true,
                After::Success => self.last == 0,
                After::Failure => self.last != 0,
            };
            if !is_due {
                continue;
            }
            let ends = self.pipe(one, &mut said).await;
            // As with `-e`: a failure ends the script where nothing behind it asks for it.
            let asked = all.get(place + 1).is_some_and(|next| next.after != After::Always);
            if ends || (self.last != 0 && !asked && !one.not) {
                return (true, said);
            }
        }
        (false, said)
    }

    /// Does one pipeline; whether the script ends with it.
    async fn pipe(&mut self, joined: &Joined, said: &mut Vec<u8>) -> bool {
        let mut given: Option<Vec<u8>> = None;
        for simple in &joined.pipe {
            let mut words = self.words(simple).await;
            let set = words.iter().take_while(|word| assigned(word).is_some()).count();
            for word in words.drain(..set) {
                if let Some((name, value)) = assigned(&word) {
                    self.variables.insert(name.to_owned(), value.to_owned());
                }
            }
            if words.is_empty() {
                self.last = 0;
                continue;
            }
            if words.first().is_some_and(|word| word == "exit") {
                self.last = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(self.last);
                return true;
            }
            let Some(told) = self.command(&words, given.as_deref()).await else {
                let known = words.first().map(String::as_str).unwrap_or_default();
                let told = format!("the drill does not know `{known}`; not run: {}\n", joined.text);
                said.extend(told.into_bytes());
                self.last = 0;
                self.unplayed.get_or_insert_with(|| format!("does not know `{known}`"));
                return false;
            };
            self.last = told.left;
            let silent = simple.silent.0 || simple.into_file;
            given = Some(if silent { Vec::new() } else { told.out });
            if !simple.silent.1 {
                said.extend(told.err);
            }
        }
        said.extend(given.unwrap_or_default());
        if joined.not {
            self.last = i32::from(self.last == 0);
        }
        false
    }

    /// The words of a command with what variables and other commands put into them.
    async fn words(&mut self, simple: &Simple) -> Vec<String> {
        let mut all = Vec::new();
        for word in &simple.words {
            let mut text = String::new();
            for piece in word {
                match piece {
                    Piece::Text(part) => text.push_str(part),
                    Piece::Variable(name) if name == "?" => text.push_str(&self.last.to_string()),
                    Piece::Variable(name) => text.push_str(self.variables.get(name).map_or("", String::as_str)),
                    Piece::Output(inner) => text.push_str(&self.output(inner).await),
                }
            }
            all.push(text);
        }
        all
    }

    /// What a command prints that stands in the place of a word.
    fn output<'a>(&'a mut self, text: &'a str) -> BoxFuture<'a, String> {
        async move {
            if self.deep >= DEEPEST {
                return String::new();
            }
            self.deep += 1;
            let mut out = Vec::new();
            for statement in read(text) {
                let Statement::List(all) = &statement else { continue };
                for joined in all {
                    self.pipe(joined, &mut out).await;
                }
            }
            self.deep -= 1;
            String::from_utf8_lossy(&out).trim_end_matches('\n').to_owned()
        }
        .boxed()
    }

    /// Does one command; nothing when a drill does not know it.
    async fn command(&self, words: &[String], given: Option<&[u8]>) -> Option<Told> {
        let words = shell::without_wrappers(words);
        let program = words.first().map(String::as_str)?;
        let arguments = words.get(1..).unwrap_or_default();
        if let Some(given) = given {
            return filters::filter(words, given);
        }
        match program {
            "true" | ":" | "set" | "umask" | "trap" | "cd" => return Some(Told::left(0)),
            "false" => return Some(Told::left(1)),
            "test" => return tools::test(arguments).map(|holds| Told::left(i32::from(!holds))),
            "[" => {
                let inner = arguments.strip_suffix(&["]".to_owned()])?;
                return tools::test(inner).map(|holds| Told::left(i32::from(!holds)));
            }
            "sleep" => {
                let span = arguments.first().and_then(|word| word.parse().ok()).map_or(TAKES, Duration::from_secs);
                tokio::time::sleep(span.min(SLEEP)).await;
                return Some(Told::left(0));
            }
            "echo" => return Some(Told::said(format!("{}\n", arguments.join(" ")))),
            "printf" if arguments.first().is_some_and(|format| format == "%s\\n" || format == "%s") => {
                let end = if arguments.first().is_some_and(|format| format == "%s") { "" } else { "\n" };
                let said: String = arguments.iter().skip(1).map(|word| format!("{word}{end}")).collect();
                return Some(Told::said(said));
            }
            _ => {}
        }
        if self.host == HERE {
            tokio::time::sleep(TAKES).await;
            return None;
        }
        let fleet = &self.jobs.fleet;
        match program {
            "systemctl" | "journalctl" => {
                let command = RemoteCommand::new(words.to_vec()).within(self.timeout);
                let output = shell::answer(fleet, &self.jobs.commands, &self.host, &command).await;
                let left = match output.end {
                    End::Exited(left) => left,
                    _ => 127,
                };
                Some(Told { left, out: output.stdout, err: output.stderr })
            }
            "curl" => {
                tokio::time::sleep(TAKES).await;
                let (port, path) = tools::local_url(words)?;
                let answer = self.jobs.listeners.answer(fleet, &self.host, port, &path).await;
                Some(tools::curled(words, answer, port))
            }
            _ => {
                tokio::time::sleep(TAKES).await;
                tools::of_host(&*fleet.machine(&self.host)?, fleet.wall(), words)
            }
        }
    }
}

/// The name and the value of an assignment.
fn assigned(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}
