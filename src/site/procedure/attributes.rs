//! What attributes say: how a part is done and of what kind it is. What is not understood is told with its place, and
//! nothing of it is done by the console then.

use std::time::Duration;

use super::group::{Group, Shape, Word};
use super::keys::{self, About, WITH, Written};
use super::values;
use crate::domain::approval::Quorum;
use crate::domain::fact::Fact;
use crate::domain::procedure::{Doing, Guard, Guarded, Options, SendBack, Way};
use crate::domain::{InputName, PartId, ProbeName, ProcedureName, ServiceName};
use crate::site::mistake::{Sink, did_you_mean, quoted};
use crate::site::source::Span;

/// What one group says.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// Where it stands.
    pub span: Span,
    /// `#id`
    pub id: Option<PartId>,
    /// How it is done.
    pub options: Options,
    /// The kind that it is made of by a key.
    pub kind: Option<Kind>,
    /// What a section may take.
    pub budget: Option<Duration>,
    /// How many of a section's parts may be under way at once, or of the services that are started anew.
    pub parallel: Option<usize>,
    /// Of a follow-up, when it is due.
    pub due: Option<Duration>,
    /// Whether something is said that only a command can mean.
    pub command: bool,
    /// Whether something is said beside the id and what is for a section.
    pub says: bool,
    /// Whether something is said beside what a box may have by itself: `evidence`, `expires`, `todo`.
    pub more: bool,
    /// What was not understood first, in a sentence.
    pub misread: Option<String>,
}

/// A kind other than a command and an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Method and address; the body is the block below.
    Request(String, String),
    /// The channel; the words are the item's.
    Notify(String),
    /// One that is complete.
    Whole(Doing),
}

impl Attributes {
    /// Whether it makes a part that starts services anew.
    pub fn is_restart(&self) -> bool {
        matches!(self.kind, Some(Kind::Whole(Doing::Restart(_))))
    }
}

/// Reads a group that is ours. `what` it belongs to is named in what is told.
pub fn read(group: &Group, sink: &mut Sink<'_>) -> Attributes {
    let mut reader = Reader { read: Attributes { span: group.span.clone(), ..Attributes::default() }, sink };
    let mut kinds: Vec<&Word> = Vec::new();
    for (index, word) in group.words.iter().enumerate() {
        if group.words.iter().take(index).any(|before| before.key == word.key && before.shape != Shape::Class) {
            reader.wrong(&word.span, format!("{} is there twice", quoted(&word.key)), None);
        }
        if let (Shape::Value(..) | Shape::Flag, Some((_, About::Kind))) = (&word.shape, keys::known(&word.key)) {
            kinds.push(word);
        }
    }
    // Of a shift the hold is what comes behind each weight.
    if kinds.iter().any(|word| word.key == "shift") {
        kinds.retain(|word| word.key != "hold");
    }
    if let [first, second, ..] = kinds.as_slice() {
        let message = format!("{} and {} can't both be the kind of one step", quoted(&first.key), quoted(&second.key));
        reader.wrong(&second.span, message, None);
    }
    for word in &group.words {
        reader.word(word, group);
    }
    if let Some(kind) = kinds.first() {
        reader.kind(kind, group);
    }
    reader.read
}

/// How long a dead-man timer may wait for a sign of life.
const SHORTEST: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(3600);

/// What says how a guard judges.
const GUARD: [&str; 7] = ["interval", "delay", "count", "failures", "inconclusive", "errors", "successes"];

struct Reader<'a, 's> {
    read: Attributes,
    sink: &'a mut Sink<'s>,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, span: &Span, message: String, hint: Option<String>) {
        if self.read.misread.is_none() {
            self.read.misread = Some(match &hint {
                Some(hint) => format!("{message}; {hint}"),
                None => message.clone(),
            });
        }
        match hint {
            Some(hint) => self.sink.add_hint(span, message, hint),
            None => self.sink.add(span, message),
        }
    }

    fn take<T>(&mut self, span: &Span, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.wrong(span, message, None)).ok()
    }

    fn word(&mut self, word: &Word, group: &Group) {
        match &word.shape {
            Shape::Class => {}
            Shape::Id => {
                let id = PartId::new(&word.key).map_err(|why| format!("{} can't be an id: {why}", quoted(&word.key)));
                self.read.id = self.take(&word.span, id);
            }
            Shape::Flag => match keys::known(&word.key) {
                Some((Written::Value, _)) => {
                    let hint = format!("write it as {}=…", word.key);
                    self.wrong(&word.span, format!("{} has no value", quoted(&word.key)), Some(hint));
                }
                Some((_, about)) => {
                    self.note(about, &word.key);
                    self.belongs(about, word, group);
                    self.flag(&word.key, true);
                }
                None => self.unknown(word),
            },
            Shape::Value(value, span) => match keys::known(&word.key) {
                Some((Written::Flag, about)) => {
                    self.note(about, &word.key);
                    self.belongs(about, word, group);
                    let set = values::switch(value);
                    if let Some(set) = self.take(span, set) {
                        self.flag(&word.key, set);
                    }
                }
                Some((_, about)) => {
                    self.note(about, &word.key);
                    self.belongs(about, word, group);
                    self.value(&word.key, value, span);
                }
                None => self.unknown(word),
            },
        }
    }

    fn note(&mut self, about: About, key: &str) {
        self.read.says |= about != About::Section;
        self.read.more |= about != About::Section && !["evidence", "expires", "todo", "waiver"].contains(&key);
        self.read.command |= about == About::Command;
    }

    fn belongs(&mut self, about: About, word: &Word, group: &Group) {
        let About::Of(kind) = about else { return };
        if !group.words.iter().any(|other| other.key == kind && matches!(other.shape, Shape::Value(..))) {
            let message = format!("{} means something only beside {}", quoted(&word.key), quoted(&format!("{kind}=…")));
            self.wrong(&word.span, message, None);
        }
    }

    fn unknown(&mut self, word: &Word) {
        (self.read.says, self.read.more) = (true, true);
        let hint = if self.sink.is_full() { None } else { did_you_mean(&word.key, keys::words()) };
        self.wrong(&word.span, format!("there is no attribute {}", quoted(&word.key)), hint);
    }

    fn flag(&mut self, key: &str, set: bool) {
        let options = &mut self.read.options;
        match key {
            "todo" => options.todo = set,
            "evidence" => options.evidence = set,
            "terminal" => options.terminal = set,
            "root" => options.root = set,
            "idempotent" => options.idempotent = set,
            _ => {}
        }
    }

    fn value(&mut self, key: &str, value: &str, span: &Span) {
        match key {
            "host" => self.read.options.targets = self.take(span, values::targets(value)).unwrap_or_default(),
            "when" => self.read.options.when = self.take(span, values::terms(value)).unwrap_or_default(),
            "on_error" => self.read.options.on_error = self.take(span, values::on_error(value)).unwrap_or_default(),
            "expires" => self.read.options.expires = self.take(span, values::lasting(value)),
            "waiver" => self.read.options.waiver = self.take(span, values::role(value)),
            "danger" => self.read.options.danger = self.take(span, values::danger(value)),
            "undo" => self.read.options.undo = self.take(span, values::part(value)),
            "at_once" => self.read.options.at_once = self.take(span, values::count(value, 1)),
            "capture" => self.read.options.capture = self.take(span, values::input(value)),
            "preview" => self.read.options.preview = self.take(span, values::text(value)),
            "folder" => self.read.options.folder = self.take(span, values::text(value)),
            "with" => self.read.options.with = self.take(span, values::text(value)),
            "budget" => self.read.budget = self.take(span, values::lasting(value)),
            "due" => self.read.due = self.take(span, values::lasting(value)),
            "parallel" => self.read.parallel = self.take(span, values::count(value, 1)),
            "timeout" => {
                if let Some(timeout) = self.take(span, values::lasting(value)) {
                    self.read.options.timeout = timeout;
                }
            }
            "every" => {
                if let Some(every) = self.take(span, values::lasting(value)) {
                    self.read.options.every = every;
                }
            }
            "retries" => {
                if let Some(retries) = self.take(span, values::count(value, 0)) {
                    self.read.options.retries = u32::try_from(retries).unwrap_or(u32::MAX);
                }
            }
            // What belongs to a kind is read with it.
            _ => {}
        }
    }

    fn kind(&mut self, word: &Word, group: &Group) {
        let (value, span) = match &word.shape {
            Shape::Value(value, span) => (value.as_str(), span.clone()),
            Shape::Flag | Shape::Id | Shape::Class => ("", word.span.clone()),
        };
        let kind = match word.key.as_str() {
            "request" => self.take(&span, values::request(value)).map(|(method, at)| Kind::Request(method, at)),
            "notify" => self.take(&span, values::text(value)).map(Kind::Notify),
            "check" => {
                self.take(&span, values::probe(value)).map(|(service, probe)| Kind::Whole(Doing::Check(service, probe)))
            }
            "fact" => self.fact(value, &span, group).map(Doing::Fact).map(Kind::Whole),
            "approve" => self.take(&span, values::quorum(value)).map(|quorum| {
                let not_self = group.words.iter().any(|word| word.key == "not_self" && is_set(word));
                Kind::Whole(Doing::Approve(Quorum { not_self, ..quorum }))
            }),
            "prompt" => self.take(&span, values::several(value, values::input)).map(Doing::Prompt).map(Kind::Whole),
            "decide" => self.take(&span, values::ways(value)).map(Doing::Decide).map(Kind::Whole),
            "restart" if matches!(word.shape, Shape::Flag) => Some(Kind::Whole(Doing::Restart(Vec::new()))),
            "restart" => self.take(&span, values::several(value, values::service)).map(Doing::Restart).map(Kind::Whole),
            "hold" => self.take(&span, values::lasting(value)).map(|time| self.hold(time, group)).map(Kind::Whole),
            "shift" => self.take(&span, values::weights(value)).and_then(|weights| self.shift(weights, word, group)),
            "call" => self.take(&span, values::procedure(value)).map(|name| self.call(name, group)).map(Kind::Whole),
            _ => None,
        };
        self.read.kind = kind;
    }

    fn beside<'g>(group: &'g Group, key: &str) -> Option<(&'g str, &'g Span)> {
        group.words.iter().find(|word| word.key == key).and_then(|word| match &word.shape {
            Shape::Value(value, span) => Some((value.as_str(), span)),
            Shape::Flag | Shape::Id | Shape::Class => None,
        })
    }

    fn hold(&mut self, time: Duration, group: &Group) -> Doing {
        Doing::Hold(time, self.guard(group))
    }

    /// What is judged meanwhile.
    fn guard(&mut self, group: &Group) -> Option<Guard> {
        let Some((probes, span)) = Self::beside(group, "guard") else {
            for key in GUARD {
                if let Some((_, span)) = Self::beside(group, key) {
                    self.wrong(span, format!("{} means something only beside `guard=…`", quoted(key)), None);
                }
            }
            return None;
        };
        let probes: Vec<(ServiceName, ProbeName)> =
            self.take(span, values::several(probes, values::probe)).unwrap_or_default();
        let mut guard = Guard {
            probes,
            interval: Duration::from_secs(5),
            delay: Duration::ZERO,
            count: None,
            failures: 0,
            inconclusive: 0,
            errors: 4,
            successes: 0,
        };
        for (key, time) in [("interval", &mut guard.interval), ("delay", &mut guard.delay)] {
            if let Some((value, span)) = Self::beside(group, key) {
                *time = self.take(span, values::lasting(value)).unwrap_or(*time);
            }
        }
        if let Some((value, span)) = Self::beside(group, "count") {
            let read = self.take(span, values::count(value, 1));
            guard.count = read.map(|read| u32::try_from(read).unwrap_or(u32::MAX));
        }
        for (key, count) in [
            ("failures", &mut guard.failures),
            ("inconclusive", &mut guard.inconclusive),
            ("errors", &mut guard.errors),
            ("successes", &mut guard.successes),
        ] {
            if let Some((value, span)) = Self::beside(group, key)
                && let Some(read) = self.take(span, values::count(value, 0))
            {
                *count = u32::try_from(read).unwrap_or(u32::MAX);
            }
        }
        Some(guard)
    }

    fn fact(&mut self, value: &str, span: &Span, group: &Group) -> Option<Fact> {
        // Where no character is written in another way, the place of a word is its own.
        let inside = match span.len().checked_sub(value.len()) {
            Some(0) => Some(span.start),
            Some(2) => Some(span.start + 1),
            Some(_) | None => None,
        };
        let mut fact = match Fact::read(value) {
            Ok(fact) => fact,
            Err(wrong) => {
                let at = inside.map_or_else(|| span.clone(), |from| from + wrong.at.start..from + wrong.at.end);
                let hint = wrong.meant.filter(|_| !self.sink.is_full());
                let hint = hint.and_then(|(word, known)| did_you_mean(&word, known));
                self.wrong(&at, wrong.message, hint);
                return None;
            }
        };
        let beside = Self::beside(group, "host");
        match fact.take_host() {
            Some(_) if beside.is_some() => {
                self.wrong(span, "`host` is said in the fact and beside it".to_owned(), None);
                return None;
            }
            Some(host) => self.read.options.targets = self.take(span, values::targets(&host)).unwrap_or_default(),
            None => {}
        }
        if let Some((_, at)) = beside.filter(|_| !fact.kind.may_be_on_hosts()) {
            let message = format!("`{}` is found out from here, on no host", fact.kind.word());
            self.wrong(at, message, None);
            return None;
        }
        Some(fact)
    }

    fn shift(&mut self, weights: Vec<u32>, word: &Word, group: &Group) -> Option<Kind> {
        let get = Self::beside(group, "get").and_then(|(value, span)| self.take(span, values::text(value)));
        let Some((set, span)) = Self::beside(group, "set") else {
            let hint = "say it with set=\"…\", where $weight is the share of the new one";
            self.wrong(&word.span, "there is no command that sets the weight".to_owned(), Some(hint.to_owned()));
            return None;
        };
        let set = self.take(span, values::text(set))?;
        self.read.options.guarded = self.guarded(get.is_some(), word, group).map(Box::new);
        Some(Kind::Whole(Doing::Shift(set, get, weights)))
    }

    /// What is judged after each weight of a shift.
    fn guarded(&mut self, reads: bool, word: &Word, group: &Group) -> Option<Guarded> {
        let (hold, guard) = (Self::beside(group, "hold"), self.guard(group));
        let (Some((hold, span)), Some(guard)) = (hold, guard) else {
            let needed = [("hold", "guard"), ("guard", "hold"), ("back", "guard"), ("deadman", "guard")];
            if let Some((key, other)) = needed.into_iter().find(|(key, _)| Self::beside(group, key).is_some()) {
                let hint = "a guarded shift says hold=\"10m\" guard=\"service/probe service/metric\"";
                let message = format!("{} of a shift means something only beside `{other}=…`", quoted(key));
                self.wrong(&word.span, message, Some(hint.to_owned()));
            }
            return None;
        };
        let hold = self.take(span, values::lasting(hold))?;
        if !reads {
            let hint = "say it with get=\"…\", which prints the weight that is in force";
            let message = "a guarded shift must be able to read back to which weight traffic was sent".to_owned();
            self.wrong(&word.span, message, Some(hint.to_owned()));
        }
        let back = match Self::beside(group, "back") {
            None => SendBack::To(0),
            Some(("before", _)) => SendBack::Before,
            Some((value, span)) => match self.take(span, values::weights(value))?.as_slice() {
                [one] => SendBack::To(*one),
                _ => {
                    self.wrong(span, "`back` is one weight, or `before`".to_owned(), None);
                    return None;
                }
            },
        };
        let deadman = match Self::beside(group, "deadman") {
            None => None,
            Some((value, span)) => {
                let within = self.take(span, values::lasting(value))?;
                if !(SHORTEST..=LONGEST).contains(&within) {
                    self.wrong(span, "a dead-man timer waits from 3 s to 1 h".to_owned(), None);
                }
                Some(within)
            }
        };
        Some(Guarded { hold, guard, back, deadman })
    }

    fn call(&mut self, name: ProcedureName, group: &Group) -> Doing {
        let mut inputs: Vec<(InputName, String)> = Vec::new();
        for word in &group.words {
            if let (Some(input), Shape::Value(value, _)) = (word.key.strip_prefix(WITH), &word.shape)
                && let Some(input) = self.take(&word.span, values::input(input))
            {
                inputs.push((input, value.clone()));
            }
        }
        Doing::Call(name, inputs)
    }
}

/// Whether a flag is meant to be set.
fn is_set(word: &Word) -> bool {
    match &word.shape {
        Shape::Flag => true,
        Shape::Value(value, _) => values::switch(value).unwrap_or_default(),
        Shape::Id | Shape::Class => false,
    }
}

/// A way of a decision with its meaning.
pub fn way(word: &str, about: &str) -> Way {
    Way { word: word.to_owned(), about: about.into() }
}
