//! What must be said before a procedure can be planned: data of which a screen makes a form, and a sentence for each
//! that names the flag by which it is answered.

use std::fmt;

use crate::domain::procedure::{Choices, HERE, Input, InputKind};
use crate::domain::{HostName, PartId};
use crate::text::{Foreign, few};

/// So many versions are named in a sentence.
const OFFERED: usize = 8;

/// Why there is no plan yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Missing {
    /// What is to be asked, in the order in which the document needs it.
    pub asked: Vec<Asked>,
    /// What can't be mended by an answer.
    pub wrong: Vec<Wrong>,
}

/// One thing that is to be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// An input of the document.
    Input(Box<Wanted>),
    /// A placeholder in a command.
    Placeholder(Gap),
    /// A variable that another part of the document gives, which is not among those that are run: it can not be left.
    Capture(Gap),
    /// A shell variable that nothing sets.
    Variable(Gap),
    /// Where these parts run, since they name no place: a host of the environment, or `here`.
    Host {
        /// Which parts.
        parts: Vec<PartId>,
        /// The hosts that are meant most likely, the others behind them.
        among: Vec<HostName>,
    },
}

/// An input without a value, or with one that it can't have.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The input: name, kind, default, where its value comes from.
    pub input: Input,
    /// What is wrong with the value that was given, as a sentence without a full stop.
    pub refused: Option<String>,
    /// The values from which one is chosen, as far as they are known.
    pub among: Vec<String>,
    /// What is known of each of them, in the same order; empty where that is nothing.
    pub notes: Vec<String>,
}

/// A place in a command that nobody fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The key of its answer.
    pub key: String,
    /// As it stands in the command: `<app_name>`, `$DATABASE_URL`.
    pub text: String,
    /// The part in which it stands first.
    pub part: PartId,
    /// The line of the command in which it stands.
    pub line: Foreign,
    /// What is likely: today's stamp, what an earlier part sets.
    pub suggestion: Option<String>,
    /// What is wrong with the value that was given, as a sentence without a full stop.
    pub refused: Option<String>,
}

/// Something that makes a plan impossible whatever is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// In which part.
    pub part: Option<PartId>,
    /// The line in the document; 0 when it concerns all of it.
    pub line: usize,
    /// What, as a sentence without a full stop.
    pub told: String,
}

impl Missing {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.wrong.is_empty()
    }

    /// Takes in what another plan misses, each thing once.
    pub fn merge(&mut self, other: Missing) {
        for asked in other.asked {
            let known =
                |known: &Asked| if asked.key().is_empty() { *known == asked } else { known.key() == asked.key() };
            if !self.asked.iter().any(known) {
                self.asked.push(asked);
            }
        }
        for wrong in other.wrong {
            if !self.wrong.contains(&wrong) {
                self.wrong.push(wrong);
            }
        }
    }

    /// All of it, one sentence a line, each with the flag that answers it.
    pub fn sentences(&self) -> Vec<String> {
        let wrong = self.wrong.iter().map(ToString::to_string);
        wrong.chain(self.asked.iter().map(|asked| format!("{asked}; say {}", asked.flag()))).collect()
    }
}

impl Asked {
    /// The key under which its answer stands in [`Answers`](super::Answers); empty for a host.
    pub fn key(&self) -> &str {
        match self {
            Asked::Input(wanted) => wanted.input.name.as_str(),
            Asked::Placeholder(gap) | Asked::Capture(gap) | Asked::Variable(gap) => &gap.key,
            Asked::Host { .. } => "",
        }
    }

    /// The flag that answers it on the command line.
    pub fn flag(&self) -> String {
        match self {
            Asked::Input(wanted) => format!("--input {}=…", wanted.input.name),
            // Without it another command would run.
            Asked::Capture(gap) => format!("--input {}=…", gap.key),
            Asked::Placeholder(gap) | Asked::Variable(gap) => {
                format!("--input {key}=…, or --leave {key} to let it stand", key = gap.key)
            }
            Asked::Host { .. } => "--host NAME".to_owned(),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Input(wanted) => wanted.fmt(f),
            Asked::Placeholder(gap) => gap.told(f, "nothing fills"),
            Asked::Capture(gap) => gap.told(f, "no part that is run gives"),
            Asked::Variable(gap) => gap.told(f, "nothing sets"),
            Asked::Host { parts, among } => {
                let parts: Vec<&str> = parts.iter().map(PartId::as_str).collect();
                let hosts: Vec<&str> = among.iter().map(HostName::as_str).take(12).collect();
                write!(f, "where {} should run is not said", parts.join(", "))?;
                match hosts.as_slice() {
                    [HERE] => f.write_str(" (here, which is this machine, or a host as your ssh knows it)"),
                    hosts => write!(f, " (one of {})", hosts.join(", ")),
                }
            }
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wanted { input, refused, among, notes: _ } = self;
        let name = &input.name;
        match refused {
            Some(why) => write!(f, "{name}: {why}")?,
            None => write!(f, "{name} is needed")?,
        }
        let about = input.about.plain();
        let kind = match &input.kind {
            InputKind::Choice(_) if !among.is_empty() => {
                let among: Vec<String> = among.iter().map(|one| Foreign::from(one.as_str()).plain()).collect();
                format!("one of {}", among.join(", "))
            }
            InputKind::Version | InputKind::Release if !among.is_empty() => {
                let more = if among.len() > OFFERED { ", …" } else { "" };
                let some: Vec<&str> = among.iter().take(OFFERED).map(String::as_str).collect();
                format!("{}: {}{more}", kind_told(&input.kind), some.join(", "))
            }
            kind => kind_told(kind),
        };
        match about.as_str() {
            "" => write!(f, " ({kind})"),
            about => write!(f, " ({about}; {kind})"),
        }
    }
}

/// What a kind takes, in a few words.
pub fn kind_told(kind: &InputKind) -> String {
    match kind {
        InputKind::Text => "text in one line".to_owned(),
        InputKind::Number => "a whole number".to_owned(),
        InputKind::Switch => "yes or no".to_owned(),
        InputKind::Host => "a host of the environment".to_owned(),
        InputKind::Service => "a service of the environment".to_owned(),
        InputKind::Version => "a tag, a branch or a commit".to_owned(),
        InputKind::Release => "a release that was good".to_owned(),
        InputKind::Pattern(pattern) => format!("matching {}", Foreign::from(pattern.as_str()).plain()),
        InputKind::Choice(Choices::Fixed(values)) => format!("one of {}", few(values)),
        InputKind::Choice(Choices::Listed(argv)) => {
            format!("one of what `{}` lists", Foreign::from(argv.join(" ")).plain())
        }
    }
}

impl Gap {
    fn told(&self, f: &mut fmt::Formatter<'_>, nothing: &str) -> fmt::Result {
        let text = Foreign::from(self.text.as_str()).plain();
        match &self.refused {
            Some(why) => write!(f, "{text} in {}: {why}", self.part),
            None => write!(f, "{nothing} {text} in {}: {}", self.part, self.line.plain().trim()),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.part, self.line) {
            (Some(part), 0) => write!(f, "{part}: {}", self.told),
            (Some(part), line) => write!(f, "line {line}, {part}: {}", self.told),
            (None, 0) => f.write_str(&self.told),
            (None, line) => write!(f, "line {line}: {}", self.told),
        }
    }
}
