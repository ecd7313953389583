//! What the names in a procedure's commands stand for where a part stands, and what must be asked for.

use std::collections::BTreeMap;

use super::answers::Answers;
use super::expand::{Frame, Item};
use super::missing::{Asked, Gap, Missing, Wanted, Wrong};
use super::value::valid;
use crate::domain::procedure::{Choices, Doing, Given, Input, InputKind, Part};
use crate::domain::{Environment, InputName, PartId};

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Its value.
    Open(String),
    /// A secret of this name, fetched when a command needs it.
    Secret,
    /// An earlier part gives it, or asks for it.
    Later,
    /// Nobody has said.
    Nothing,
    /// It can't be what was said; a sentence without a full stop.
    Refused(String),
}

/// Everything that is known while a plan is made, and what turned out to be missing.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) environment: &'a Environment,
    answers: &'a Answers,
    /// Names that parts before the present one give, with what they give where that is known from the document alone.
    earlier: BTreeMap<String, Option<String>>,
    /// How many of the parts that are still to be planned give a name: what an earlier run of them gave is not there for
    /// them, or a part would want what it gives itself.
    ahead: BTreeMap<InputName, usize>,
    pub(super) missing: Missing,
    pub(super) given: Vec<Given>,
    pub(super) later: Vec<Input>,
}

impl<'a> Scope<'a> {
    /// With nothing planned yet of these parts.
    pub(super) fn new<'b>(
        environment: &'a Environment,
        answers: &'a Answers,
        parts: impl Iterator<Item = &'b Item<'b>>,
    ) -> Self {
        let mut ahead = BTreeMap::new();
        for name in parts.filter_map(|item| item.options.capture.clone()) {
            *ahead.entry(name).or_default() += 1;
        }
        Self {
            environment,
            answers,
            earlier: BTreeMap::new(),
            ahead,
            missing: Missing::default(),
            given: Vec::new(),
            later: Vec::new(),
        }
    }

    /// What this part gives to those behind it.
    pub(super) fn pass(&mut self, item: &Item<'_>) {
        if let Some(name) = &item.options.capture {
            self.earlier.insert(name.to_string(), None);
            self.ahead.entry(name.clone()).and_modify(|parts| *parts = parts.saturating_sub(1));
        }
        match &item.part.doing {
            Doing::Prompt(names) => {
                for name in names {
                    self.earlier.entry(name.to_string()).or_insert(None);
                }
            }
            Doing::Run(language, text) if language.is_shell() => {
                for set in crate::runtimes::shell_text::sets(text) {
                    if let Some(value) = set.literal {
                        self.earlier.insert(set.name, Some(value));
                    }
                }
            }
            _ => {}
        }
    }

    /// What a part that is not done here set to words that stand in the document, which those behind it mean as well.
    pub(super) fn pass_literals(&mut self, item: &Item<'_>) {
        let Doing::Run(language, text) = &item.part.doing else { return };
        if language.is_shell() {
            let sets = crate::runtimes::shell_text::sets(text);
            self.earlier.extend(sets.into_iter().filter_map(|set| Some((set.name, Some(set.literal?)))));
        }
    }

    /// What a name stands for.
    pub(super) fn value(&self, item: &Item<'_>, name: &str) -> Found {
        self.value_in(&item.frame, name)
    }

    fn value_in(&self, frame: &Frame<'_>, name: &str) -> Found {
        let input = frame.procedure.header.inputs.iter().find(|input| input.name.as_str() == name);
        if let Some((caller, with)) = &frame.caller
            && let Some((_, text)) = with.iter().find(|(one, _)| one.as_str() == name)
        {
            let found = self.passed(caller, name, text);
            return match (&found, input) {
                (Found::Open(value), Some(input)) => self.judged(input, value),
                _ => found,
            };
        }
        if let Some(value) = self.answers.values.get(name).filter(|value| **value != format!("${name}")) {
            return match input {
                Some(input) if input.secret => Found::Secret,
                Some(input) => self.judged(input, value),
                None => Found::Open(value.clone()),
            };
        }
        let is_ahead = |name: &InputName| self.ahead.get(name).is_some_and(|parts| *parts > 0);
        let captured =
            InputName::new(name).is_ok_and(|name| self.answers.captured.contains_key(&name) && !is_ahead(&name));
        match (input, self.earlier.get(name)) {
            (Some(input), _) if input.secret => Found::Secret,
            (_, Some(None)) => Found::Later,
            (None, _) if captured => Found::Later,
            (Some(Input { default: Some(value), .. }), _) => self.judged_default(input, value),
            (None, Some(Some(value))) => Found::Open(value.clone()),
            (input, _) => match (self.environment.variables.get(name), input) {
                (Some(value), _) => Found::Open(value.clone()),
                (None, Some(input)) if input.optional => Found::Open(String::new()),
                (None, _) => Found::Nothing,
            },
        }
    }

    fn judged_default(&self, input: Option<&Input>, value: &str) -> Found {
        input.map_or_else(|| Found::Open(value.to_owned()), |input| self.judged(input, value))
    }

    fn judged(&self, input: &Input, value: &str) -> Found {
        let listed = self.answers.listed.get(&input.name).map(Vec::as_slice);
        match valid(input, value, self.environment, listed) {
            Ok(()) => Found::Open(value.to_owned()),
            Err(why) => Found::Refused(why),
        }
    }

    /// What a call hands to an input: text in which `$name` and `${name}` are the caller's.
    fn passed(&self, caller: &Frame<'_>, name: &str, text: &str) -> Found {
        let whole = text.strip_prefix('$').map(|rest| rest.trim_start_matches('{').trim_end_matches('}'));
        if let Some(other) = whole.filter(|other| InputName::new(other).is_ok()) {
            return match self.value_in(caller, other) {
                Found::Secret | Found::Later if other != name => {
                    Found::Refused(format!("{other} is known only when it runs, so it must keep its name in the call"))
                }
                found => found,
            };
        }
        match substituted(text, |other| self.value_in(caller, other)) {
            Ok(value) => Found::Open(value),
            Err(why) => Found::Refused(why),
        }
    }

    /// Text in which `$name` and `${name}` stand for values that are known now.
    pub(super) fn substituted(&self, item: &Item<'_>, text: &str) -> Result<String, String> {
        substituted(text, |name| self.value(item, name))
    }

    /// The name in this scope whose placeholder has this key.
    pub(super) fn by_key(&self, item: &Item<'_>, key: &str) -> Option<String> {
        use crate::runtimes::shell_text::key_of;
        let inputs = item.frame.procedure.header.inputs.iter().map(|input| input.name.as_str());
        let with = item.frame.caller.iter().flat_map(|(_, with)| with.iter().map(|(name, _)| name.as_str()));
        let others = self.earlier.keys().chain(self.environment.variables.keys()).map(String::as_str);
        let captured = self.answers.captured.keys().map(InputName::as_str);
        inputs.chain(with).chain(captured).chain(others).find(|name| key_of(name) == key_of(key)).map(str::to_owned)
    }

    /// Whether a part of the procedure gives this name, or of one that called it.
    pub(super) fn is_captured(&self, item: &Item<'_>, name: &str) -> bool {
        let mut frame = Some(&*item.frame);
        while let Some(at) = frame {
            let of_name = |part: &Part| part.options.capture.as_ref().is_some_and(|capture| capture.as_str() == name);
            if at.procedure.parts.iter().any(of_name) {
                return true;
            }
            frame = at.caller.as_ref().map(|(caller, _)| &**caller);
        }
        false
    }

    /// Every name that may stand for something here.
    pub(super) fn names(&self, item: &Item<'_>) -> Vec<String> {
        let inputs = item.frame.procedure.header.inputs.iter().map(|input| input.name.to_string());
        let with = item.frame.caller.iter().flat_map(|(_, with)| with.iter().map(|(name, _)| name.to_string()));
        let others = self.earlier.keys().chain(self.environment.variables.keys()).cloned();
        let captured = self.answers.captured.keys().map(ToString::to_string);
        let mut names: Vec<String> = inputs.chain(with).chain(others).chain(captured).collect();
        names.extend(self.answers.values.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    /// The answer to a placeholder or to a variable that is no name of this procedure; `None` while there is none.
    pub(super) fn answer(&self, key: &str) -> Option<&'a str> {
        self.answers.values.get(key).map(String::as_str)
    }

    /// Whether a placeholder or a variable was left as it stands.
    pub(super) fn is_left(&self, key: &str, text: &str) -> bool {
        self.answers.left.contains(key) || self.answers.values.get(key).is_some_and(|value| value == text)
    }

    /// The time at which this is planned.
    pub(super) fn now(&self) -> Option<jiff::civil::DateTime> {
        self.answers.now
    }

    /// Notes what was given, once.
    pub(super) fn note(&mut self, name: &str, value: Option<&str>) {
        let Ok(name) = InputName::new(name) else { return };
        if !self.given.iter().any(|given| given.name == name) {
            self.given.push(Given { name, value: value.map(str::to_owned) });
        }
    }

    /// Notes an input that is fetched or told later, once; nothing for a name that is no input.
    pub(super) fn note_later(&mut self, item: &Item<'_>, name: &str) {
        let mut frame = Some(&*item.frame);
        while let Some(at) = frame {
            if let Some(input) = at.procedure.header.inputs.iter().find(|input| input.name.as_str() == name) {
                if input.secret {
                    self.note(name, None);
                }
                if !self.later.iter().any(|known| known.name == input.name) {
                    self.later.push(input.clone());
                }
                return;
            }
            frame = at.caller.as_ref().map(|(caller, _)| &**caller);
        }
    }

    /// Asks for an input of the procedure that the part stands in, or of one that called it; whether there is one.
    pub(super) fn ask_input(&mut self, item: &Item<'_>, name: &str) -> bool {
        let mut frame = Some(&*item.frame);
        while let Some(at) = frame {
            if let Some(input) = at.procedure.header.inputs.iter().find(|input| input.name.as_str() == name) {
                self.ask(input);
                return true;
            }
            frame = at.caller.as_ref().map(|(caller, _)| &**caller);
        }
        false
    }

    /// Asks for an input, once.
    pub(super) fn ask(&mut self, input: &Input) {
        let known = |asked: &Asked| matches!(asked, Asked::Input(wanted) if wanted.input.name == input.name);
        if self.missing.asked.iter().any(known) {
            return;
        }
        let value = self.answers.values.get(input.name.as_str());
        let listed = self.answers.listed.get(&input.name).map(Vec::as_slice);
        let refused = value.and_then(|value| valid(input, value, self.environment, listed).err());
        let among = match &input.kind {
            InputKind::Choice(Choices::Fixed(values)) => values.clone(),
            InputKind::Choice(Choices::Listed(_)) | InputKind::Version | InputKind::Release => {
                listed.unwrap_or_default().to_vec()
            }
            InputKind::Host => self.environment.hosts.iter().map(|host| host.name.to_string()).collect(),
            InputKind::Service => self.environment.services.iter().map(|service| service.name.to_string()).collect(),
            InputKind::Switch => vec!["yes".to_owned(), "no".to_owned()],
            InputKind::Text | InputKind::Pattern(_) if input.backups.is_some() => listed.unwrap_or_default().to_vec(),
            InputKind::Text | InputKind::Number | InputKind::Pattern(_) => Vec::new(),
        };
        let notes = self.answers.notes.get(&input.name).cloned().unwrap_or_default();
        self.missing.asked.push(Asked::Input(Box::new(Wanted { input: input.clone(), refused, among, notes })));
    }

    /// Asks for what fills a gap, once for each key.
    pub(super) fn ask_gap(&mut self, gap: Gap, of: fn(Gap) -> Asked) {
        if self.missing.asked.iter().any(|asked| asked.key() == gap.key) {
            return;
        }
        self.missing.asked.push(of(gap));
    }

    /// Notes what no answer mends, once.
    pub(super) fn wrong(&mut self, id: &PartId, line: usize, told: String) {
        let wrong = Wrong { part: Some(id.clone()), line, told };
        if !self.missing.wrong.contains(&wrong) {
            self.missing.wrong.push(wrong);
        }
    }
}

fn substituted(text: &str, value: impl Fn(&str) -> Found) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, next) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some(found) => found,
            None => {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        if InputName::new(name).is_err() {
            out.push('$');
            rest = after;
            continue;
        }
        match value(name) {
            Found::Open(value) => out.push_str(&value),
            Found::Refused(why) => return Err(format!("{name}: {why}")),
            Found::Secret => return Err(format!("{name} is a secret, and this is shown and kept")),
            Found::Later => return Err(format!("{name} is known only when it runs")),
            Found::Nothing => return Err(format!("nothing says what {name} is")),
        }
        rest = next;
    }
    out.push_str(rest);
    Ok(out)
}
