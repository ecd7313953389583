//! Front matter: what a procedure says of itself.

use std::collections::BTreeSet;
use std::path::Path;

use regex::RegexBuilder;
use toml::de::DeTable;

use super::raw::{RawBack, RawHeader, RawInput, RawKind, RawRelease, RawType};
use crate::domain::procedure::{Back, Backups, Choices, Header, Input, InputKind, Kind, Origin};
use crate::domain::release::ReleaseNames;
use crate::domain::{EnvName, InputName, ProcedureName, ServiceName};
use crate::site::load::parse_file;
use crate::site::mistake::{Mistake, Sink, did_you_mean, quoted};
use crate::site::names;
use crate::site::read::{Located, Several};
use crate::text::Foreign;

/// Largest compiled regular expression, in bytes.
const LARGEST: usize = 1 << 20;

/// Names that a procedure may refer to; `None` where it is not known which there are.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The site's environments.
    pub environments: Option<Vec<EnvName>>,
    /// The site's services, of any environment.
    pub services: Option<Vec<ServiceName>>,
}

/// Reads the front matter that stands at this range of `text`; nothing when it is another tool's.
pub fn read(file: &Path, text: &str, span: &std::ops::Range<usize>, known: &Known) -> Option<(Header, Vec<Mistake>)> {
    let inside = text.get(span.clone()).unwrap_or_default();
    if of_others(inside) {
        return None;
    }
    // The lines before it are blank, so that every place in it is the place in the file.
    let before = text.get(..span.start).unwrap_or_default();
    let mut padded: String = before.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    padded.push_str(inside);
    let mut header = Header::default();
    let parsed = parse_file(file, padded.as_bytes(), |raw: &RawHeader, sink| header = resolve(raw, known, sink));
    Some((header, parsed.mistakes))
}

/// Whether it says only what other tools read, such as `date` and `weight`.
fn of_others(inside: &str) -> bool {
    const OURS: [&str; 11] = [
        "kind",
        "review",
        "environments",
        "services",
        "symptoms",
        "inputs",
        "lock",
        "rollback",
        "budget",
        "release",
        "back",
    ];
    let (table, _) = DeTable::parse_recoverable(inside);
    let keys: Vec<String> = table.get_ref().keys().map(|key| key.get_ref().to_string()).collect();
    let near = |key: &String| OURS.iter().any(|ours| strsim::osa_distance(ours, key) <= 2);
    let foreign = keys.iter().any(|key| key != "title");
    foreign && !keys.iter().any(near)
}

fn back(word: RawBack) -> Back {
    match word {
        RawBack::Offered => Back::Offered,
        RawBack::Auto => Back::Auto,
    }
}

fn resolve(raw: &RawHeader, known: &Known, sink: &mut Sink<'_>) -> Header {
    let mut header = Header {
        title: raw.title.as_ref().map(|title| Foreign::from(&title.value)).unwrap_or_default(),
        kind: raw.kind.map(kind).unwrap_or_default(),
        review: raw.review.as_ref().map(|day| day.value.0),
        lock: raw.lock.unwrap_or(false),
        back: raw.back.map(back).unwrap_or_default(),
        budget: raw.budget.as_ref().map(|budget| budget.value.0),
        ..Header::default()
    };
    header.environments = several(raw.environments.as_ref(), "environment", EnvName::new, sink);
    header.services = several(raw.services.as_ref(), "service", ServiceName::new, sink);
    if let (Some(known), Some(words)) = (&known.environments, &raw.environments) {
        unknown(words, "environment", known.iter().map(EnvName::as_str), sink);
    }
    if let (Some(known), Some(words)) = (&known.services, &raw.services) {
        unknown(words, "service", known.iter().map(ServiceName::as_str), sink);
    }
    for symptom in raw.symptoms.iter().flat_map(|symptoms| &symptoms.0) {
        if regular(symptom, sink) {
            header.symptoms.push(symptom.value.clone());
        }
    }
    if let Some(word) = &raw.rollback {
        match ProcedureName::new(&word.value) {
            Ok(name) => header.rollback = Some(name),
            Err(error) => names::bad_name(word, "procedure", &error, sink),
        }
    }
    header.release = raw.release.as_ref().map(|raw| release(raw, sink));
    let mut names = BTreeSet::new();
    for (name, raw) in raw.inputs.iter().flat_map(|inputs| &inputs.0) {
        let input = match InputName::new(&name.value) {
            Ok(known) => input(known, name, raw, sink),
            Err(error) => {
                names::bad_name(name, "input", &error, sink);
                continue;
            }
        };
        if !names.insert(input.name.clone()) {
            sink.add(&name.span, format!("the input {} is there twice", quoted(&name.value)));
        } else {
            header.inputs.push(input);
        }
    }
    for raw in raw.inputs.iter().flat_map(|inputs| &inputs.0).filter_map(|(_, raw)| raw.backups.as_ref()) {
        // Without it those that were made too late would be offered as well.
        let name = raw.value.0.as_str();
        if !["yes", "no"].contains(&name) && !names.iter().any(|known| known.as_str() == name) {
            sink.add(&raw.span, format!("there is no input {}", quoted(name)));
        }
    }
    header
}

fn release(raw: &RawRelease, sink: &mut Sink<'_>) -> ReleaseNames {
    let line = sink.source().line(raw.span.start);
    let mut name = |word: &Located<String>| match InputName::new(&word.value) {
        Ok(name) => Some(name),
        Err(error) => {
            names::bad_name(word, "input", &error, sink);
            None
        }
    };
    ReleaseNames {
        version: raw.version.as_ref().and_then(&mut name),
        commit: raw.commit.as_ref().and_then(&mut name),
        images: raw.images.iter().flat_map(|images| &images.0).filter_map(&mut name).collect(),
        migrations: raw.migrations.as_ref().and_then(&mut name),
        backup: raw.backup.as_ref().and_then(&mut name),
        service: raw.service.as_ref().map(|word| word.value.clone()),
        present: raw.present.as_ref().map(|command| command.value.clone()),
        line,
    }
}

fn several<N: PartialEq>(
    words: Option<&Several<String>>,
    kind: &str,
    new: impl Fn(&str) -> Result<N, crate::domain::name::NameError>,
    sink: &mut Sink<'_>,
) -> Vec<N> {
    let mut all = Vec::new();
    for word in words.iter().flat_map(|words| &words.0) {
        match new(&word.value) {
            Ok(name) if all.contains(&name) => {
                sink.warn(&word.span, format!("{} is there twice", quoted(&word.value)), None);
            }
            Ok(name) => all.push(name),
            Err(error) => names::bad_name(word, kind, &error, sink),
        }
    }
    all
}

fn unknown<'a>(words: &Several<String>, kind: &str, known: impl Iterator<Item = &'a str> + Clone, sink: &mut Sink<'_>) {
    for word in &words.0 {
        if !known.clone().any(|name| name == word.value) {
            let message = format!("there is no {kind} {}", quoted(&word.value));
            let hint = if sink.is_full() { None } else { did_you_mean(&word.value, known.clone()) };
            match hint {
                Some(hint) => sink.add_hint(&word.span, message, hint),
                None => sink.add(&word.span, message),
            }
        }
    }
}

fn regular(word: &Located<String>, sink: &mut Sink<'_>) -> bool {
    match RegexBuilder::new(&word.value).size_limit(LARGEST).build() {
        Ok(_) => true,
        Err(error) => {
            let told = error.to_string();
            let why = told.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            let why = Foreign::from(why).plain();
            sink.add(&word.span, format!("{} is no regular expression: {why}", quoted(&word.value)));
            false
        }
    }
}

fn kind(raw: RawKind) -> Kind {
    match raw {
        RawKind::Runbook => Kind::Runbook,
        RawKind::Guide => Kind::Guide,
        RawKind::Deploy => Kind::Deploy,
        RawKind::Rollback => Kind::Rollback,
        RawKind::Restore => Kind::Restore,
        RawKind::Maintenance => Kind::Maintenance,
        RawKind::Task => Kind::Task,
    }
}

fn input(name: InputName, key: &Located<String>, raw: &RawInput, sink: &mut Sink<'_>) -> Input {
    let input = Input {
        name,
        about: raw.about.as_ref().map(|about| Foreign::from(&about.value)).unwrap_or_default(),
        kind: input_kind(raw, sink),
        default: raw.default.as_ref().map(|default| default.value.0.clone()),
        origin: origin(raw, sink),
        secret: raw.secret.unwrap_or(false),
        optional: raw.optional.unwrap_or(false),
        backups: backups(raw, sink),
        line: sink.source().line(key.span.start),
    };
    if let Some(default) = &raw.default {
        if input.secret {
            let hint = "take it from `from_env` or `from`, or let it be asked for";
            sink.add_hint(&default.span, "a secret can't stand in a document", hint);
        } else if let Some(wanted) = refuses(&input.kind, &default.value.0) {
            let message = format!("the default {} is not {wanted}", quoted(&default.value.0));
            sink.add(&default.span, message);
        }
    }
    input
}

/// Which recorded backups an input takes, if it is one.
fn backups(raw: &RawInput, sink: &mut Sink<'_>) -> Option<Backups> {
    let said = raw.backups.as_ref()?;
    let text = matches!(raw.r#type, None | Some(RawType::Text)) && raw.choices.is_none() && raw.choices_from.is_none();
    if !text || raw.secret == Some(true) {
        sink.add(&said.span, "only an input of the type \"text\" without `choices`, and no secret, can be a backup");
    }
    match said.value.0.as_str() {
        // What is `true` in a document is read as the value of a switch.
        "yes" => Some(Backups::All),
        "no" => None,
        name => match InputName::new(name) {
            Ok(name) => Some(Backups::Before(name)),
            Err(_) => {
                sink.add(&said.span, "write `true`, or the name of the input that says before what it was made");
                None
            }
        },
    }
}

/// What a value of this kind had to be, if this one is not.
fn refuses(kind: &InputKind, value: &str) -> Option<&'static str> {
    match kind {
        InputKind::Text => value.contains(['\n', '\0']).then_some("in one line"),
        InputKind::Number => value.parse::<i64>().is_err().then_some("a whole number"),
        InputKind::Switch => (!["yes", "no"].contains(&value)).then_some("`yes` or `no`"),
        InputKind::Host | InputKind::Service => crate::domain::name::check(value).is_err().then_some("a name"),
        InputKind::Pattern(pattern) => {
            let whole = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(LARGEST).build();
            whole.is_ok_and(|whole| !whole.is_match(value)).then_some("what the pattern asks for")
        }
        InputKind::Choice(Choices::Fixed(all)) => (!all.iter().any(|one| one == value)).then_some("one of the choices"),
        InputKind::Choice(Choices::Listed(_)) => None,
        InputKind::Version | InputKind::Release => {
            crate::domain::source::version(value).is_err().then_some("the name of a version")
        }
    }
}

fn input_kind(raw: &RawInput, sink: &mut Sink<'_>) -> InputKind {
    let spans = [
        raw.pattern.as_ref().map(|pattern| &pattern.span),
        raw.choices.as_ref().map(|choices| &choices.span),
        raw.choices_from.as_ref().map(|from| &from.span),
    ];
    let said: Vec<_> = spans.into_iter().flatten().collect();
    if let [_, second, ..] = said.as_slice() {
        sink.add(second, "only one of `pattern`, `choices` and `choices_from` can say what an input takes");
    }
    let other = match raw.r#type {
        None | Some(RawType::Text) => false,
        Some(RawType::Number | RawType::Switch | RawType::Host | RawType::Service) => true,
        Some(RawType::Version | RawType::Release) => true,
    };
    if let Some(first) = said.first().filter(|_| other) {
        sink.add(first, "this is only for inputs of the type \"text\"");
    }
    if let Some(pattern) = raw.pattern.as_ref().filter(|pattern| regular(pattern, sink)) {
        return InputKind::Pattern(pattern.value.clone());
    }
    if let Some(choices) = &raw.choices {
        if choices.value.is_empty() {
            sink.add(&choices.span, "there is nothing to choose from");
        }
        return InputKind::Choice(Choices::Fixed(choices.value.iter().map(|choice| choice.0.clone()).collect()));
    }
    if let Some(program) = &raw.choices_from {
        return InputKind::Choice(Choices::Listed(argv(program, sink)));
    }
    match raw.r#type {
        None | Some(RawType::Text) => InputKind::Text,
        Some(RawType::Number) => InputKind::Number,
        Some(RawType::Switch) => InputKind::Switch,
        Some(RawType::Host) => InputKind::Host,
        Some(RawType::Service) => InputKind::Service,
        Some(RawType::Version) => InputKind::Version,
        Some(RawType::Release) => InputKind::Release,
    }
}

fn argv(program: &Located<Vec<Located<String>>>, sink: &mut Sink<'_>) -> Vec<String> {
    if program.value.first().is_none_or(|first| first.value.trim().is_empty()) {
        sink.add_hint(&program.span, "there is no program", "write it as [\"program\", \"argument\"]");
    }
    program.value.iter().map(|word| word.value.clone()).collect()
}

fn origin(raw: &RawInput, sink: &mut Sink<'_>) -> Origin {
    match (&raw.from_env, &raw.from) {
        (Some(_), Some(from)) => {
            sink.add(&from.span, "a value comes either `from_env` or `from` a program, not from both");
            Origin::Asked
        }
        (Some(variable), None) => {
            let good = !variable.value.is_empty()
                && variable.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !variable.value.starts_with(|c: char| c.is_ascii_digit());
            if !good {
                sink.add(&variable.span, format!("{} is no environment variable", quoted(&variable.value)));
            }
            Origin::Variable(variable.value.clone())
        }
        (None, Some(from)) => Origin::Command(argv(from, sink)),
        (None, None) => Origin::Asked,
    }
}
