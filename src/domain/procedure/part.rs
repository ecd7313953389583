//! One thing that is done in a procedure: a step or an item.

use std::time::Duration;

use super::target::Target;
use crate::domain::approval::Quorum;
use crate::domain::fact::Fact;
use crate::domain::name::{InputName, PartId, ProbeName, ProcedureName, RoleName, ServiceName};
use crate::domain::phrase::Phrase;
use crate::text::Foreign;

/// A step or an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name: from `{#name}`, else made of its title, unique in the document.
    pub id: PartId,
    /// Its words, in one line.
    pub title: Foreign,
    /// Its first line in the file, from 1.
    pub line: usize,
    /// The section it stands in.
    pub section: Option<usize>,
    /// The block at which it begins.
    pub block: usize,
    /// What is done.
    pub doing: Doing,
    /// How it is done.
    pub options: Options,
    /// Why it is done by hand although the document wanted something else: what of its attributes was not understood.
    pub misread: Option<String>,
}

/// What is done: the step kinds.
#[derive(Debug, Clone, PartialEq)]
pub enum Doing {
    /// A command on hosts or here.
    Run(Language, String),
    /// An HTTP call that changes something: method, address, body; it is made from where the part is done.
    Request(String, String, String),
    /// A probe of a service, until it passes.
    Check(ServiceName, ProbeName),
    /// Something that the console finds out by itself, until it is so.
    Fact(Fact),
    /// So many people with a role have approved the plan of the run.
    Approve(Quorum),
    /// A person attests it: a task item, or a step whose command is still missing.
    Ask,
    /// Inputs that are asked for at this point.
    Prompt(Vec<InputName>),
    /// A wait, with a guard or without.
    Hold(Duration, Option<Guard>),
    /// One of several ways is chosen by a person.
    Decide(Vec<Way>),
    /// Services are restarted in the order of their dependencies; empty: all of the procedure's.
    Restart(Vec<ServiceName>),
    /// Traffic is moved by weights: the command that sets one (`$weight`), the one that prints it, and the weights.
    Shift(String, Option<String>, Vec<u32>),
    /// A channel is told these words.
    Notify(String, Phrase),
    /// Another procedure, with values for its inputs.
    Call(ProcedureName, Vec<(InputName, String)>),
}

impl Doing {
    /// The word of its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Doing::Run(..) => "run",
            Doing::Request(..) => "request",
            Doing::Check(..) => "check",
            Doing::Fact(_) => "fact",
            Doing::Approve(_) => "approve",
            Doing::Ask => "ask",
            Doing::Prompt(_) => "prompt",
            Doing::Hold(..) => "hold",
            Doing::Decide(_) => "decide",
            Doing::Restart(_) => "restart",
            Doing::Shift(..) => "shift",
            Doing::Notify(..) => "notify",
            Doing::Call(..) => "call",
        }
    }
}

/// In what a command is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// The POSIX shell; also what is written at a prompt.
    #[default]
    Sh,
    /// Bash.
    Bash,
    /// SQL, handed to the program that `with` names; without one it is done by hand.
    Sql,
    /// PromQL, likewise.
    PromQl,
}

impl Language {
    /// Whether it is a shell's, so that inputs are its variables.
    pub fn is_shell(self) -> bool {
        matches!(self, Language::Sh | Language::Bash)
    }

    /// Its word on screens and in `qd outline`.
    pub fn word(self) -> &'static str {
        match self {
            Language::Sh => "sh",
            Language::Bash => "bash",
            Language::Sql => "sql",
            Language::PromQl => "promql",
        }
    }
}

/// Probes and metrics that are judged while something else goes on. The fields mean what Argo Rollouts' of the same names
/// mean, and count for each of them on each of its hosts alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// Which probes and metrics of which services.
    pub probes: Vec<(ServiceName, ProbeName)>,
    /// Time between two askings.
    pub interval: Duration,
    /// Time before the first asking.
    pub delay: Duration,
    /// How many answers are wanted; nothing: as many as there is time for.
    pub count: Option<u32>,
    /// Trips when more than so many failed.
    pub failures: u32,
    /// Is inconclusive when more than so many were.
    pub inconclusive: u32,
    /// Is an error when more than so many in a row were.
    pub errors: u32,
    /// Has passed when so many in a row have; 0: never early.
    pub successes: u32,
}

/// How a shift of traffic is guarded.
#[derive(Debug, Clone, PartialEq)]
pub struct Guarded {
    /// How long each weight is held while it is judged.
    pub hold: Duration,
    /// What is judged.
    pub guard: Guard,
    /// Which weight is set by itself when that did not pass.
    pub back: SendBack,
    /// When the balancer's host sends it back by itself: after so long without a sign of life of the console.
    pub deadman: Option<Duration>,
}

/// The weight to which traffic is sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendBack {
    /// This one.
    To(u32),
    /// The one before; before the first nothing of it is moved.
    Before,
}

impl Guarded {
    /// To which weight traffic is sent back from the one at this place.
    pub fn back_from(&self, weights: &[u32], place: usize) -> u32 {
        match self.back {
            SendBack::To(weight) => weight,
            SendBack::Before => place.checked_sub(1).and_then(|before| weights.get(before)).copied().unwrap_or(0),
        }
    }
}

/// One way of a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Its word: what `when="decision=word"` asks for.
    pub word: String,
    /// What it means.
    pub about: Foreign,
}

/// How dangerous a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Danger {
    /// It only reads.
    Read,
    /// It changes something; also whatever can't be recognised.
    #[default]
    Change,
    /// It destroys something that can't be had back by itself.
    Destructive,
}

impl Danger {
    /// All, the least first.
    pub const ALL: [Danger; 3] = [Danger::Read, Danger::Change, Danger::Destructive];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Danger::Read => "read",
            Danger::Change => "change",
            Danger::Destructive => "destructive",
        }
    }

    /// The grade of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|danger| danger.word() == word)
    }
}

/// What happens by itself when a part did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnError {
    /// A person is asked.
    #[default]
    Ask,
    /// It is skipped, with its failure as the reason.
    Skip,
    /// The run ends.
    Abort,
    /// The rollback is offered first.
    Rollback,
}

/// How a part is done; whatever the document does not say has its default.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where, from `host="a b"`; empty: where the person says.
    pub targets: Vec<Target>,
    /// How many hosts at once; 1 unless it only reads, then all. Of a restart, how many instances (`parallel=N`).
    pub at_once: Option<usize>,
    /// How long one try may take.
    pub timeout: Duration,
    /// How often it is tried again by itself; 0 unless declared.
    pub retries: u32,
    /// Time between two tries.
    pub every: Duration,
    /// The grade that the document declares.
    pub danger: Option<Danger>,
    /// The part that undoes it.
    pub undo: Option<PartId>,
    /// The variable that takes what it prints on standard output, on success only.
    pub capture: Option<InputName>,
    /// What must hold for it to be done; otherwise it is skipped.
    pub when: Terms,
    /// The command that shows what it would do, and only reads.
    pub preview: Option<String>,
    /// Whether it needs a terminal.
    pub terminal: bool,
    /// Whether it is run as root.
    pub root: bool,
    /// The folder in which it runs.
    pub folder: Option<String>,
    /// The program that is given SQL or PromQL on its standard input, as a shell would take it.
    pub with: Option<String>,
    /// Whether doing it twice is the same as once, so that a try of unknown end may be repeated.
    pub idempotent: bool,
    /// Whether its command is still missing: it is done by hand and counted as authoring debt.
    pub todo: bool,
    /// What happens by itself when it did not end well.
    pub on_error: OnError,
    /// How long a tick, an answer or what was checked counts.
    pub expires: Option<Duration>,
    /// Of an item: whether a tick wants a note. Of another part of a gate: whether a person judges what it fetched.
    pub evidence: bool,
    /// The role whose people may waive it, where it is part of a gate.
    pub waiver: Option<RoleName>,
    /// Of a shift: what is judged after each weight.
    pub guarded: Option<Box<Guarded>>,
}

/// How long one try of a part may take unless it says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10 * 60);

impl Default for Options {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            at_once: None,
            timeout: TIMEOUT,
            retries: 0,
            every: Duration::from_secs(5),
            danger: None,
            undo: None,
            capture: None,
            when: Terms::default(),
            preview: None,
            terminal: false,
            root: false,
            folder: None,
            with: None,
            idempotent: false,
            todo: false,
            on_error: OnError::Ask,
            expires: None,
            evidence: false,
            waiver: None,
            guarded: None,
        }
    }
}

/// The condition of a part, from `when="a !b c=x d!=y"`: all terms must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms(pub Vec<Term>);

/// One term of a condition, about an input, a captured variable or a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// It is there, and neither empty nor `no`, `false` or `0`.
    Is(String),
    /// It is not.
    Not(String),
    /// It is this.
    Equals(String, String),
    /// It is not this.
    Differs(String, String),
}

impl Term {
    /// The name that it speaks of.
    pub fn name(&self) -> &str {
        match self {
            Term::Is(name) | Term::Not(name) | Term::Equals(name, _) | Term::Differs(name, _) => name,
        }
    }
}

impl Terms {
    /// The names that it speaks of.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Term::name)
    }

    /// Whether all hold of what `value` knows.
    pub fn hold<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        let set = |name: &str| value(name).is_some_and(|value| !["", "no", "false", "0"].contains(&value));
        self.0.iter().all(|term| match term {
            Term::Is(name) => set(name),
            Term::Not(name) => !set(name),
            Term::Equals(name, wanted) => value(name).unwrap_or_default() == wanted,
            Term::Differs(name, other) => value(name).unwrap_or_default() != other,
        })
    }
}
