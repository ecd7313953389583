//! Forms of procedures: what a plan or a run wants to know, and what becomes of what was typed.

use super::begin::{self, Wish};
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::procedure::{HERE, Input, InputKind};
use crate::domain::{HostName, InputName, Now, PartId, RunId};
use crate::port::Effect;
use crate::port::procedure::{Decision, Told};
use crate::screens::form::{Entry, State};
use crate::state::procedures::{Asked, Missing, valid};
use crate::text::Foreign;
use crate::ui::Field;

/// Values that are remembered of one field.
const EARLIER: usize = 20;

/// What a form is for.
#[derive(Debug)]
pub enum Purpose {
    /// A plan that misses these.
    Plan(Box<Wish>, Missing),
    /// Inputs that a run asks for now.
    Tell(RunId, Vec<Input>),
    /// A note with a tick.
    Note(PartId),
}

fn field(text: Option<&str>) -> Field {
    let mut field = Field::value();
    field.paste(text.unwrap_or_default());
    field
}

/// The form for what a plan misses.
pub fn missing(model: &Model, missing: &Missing, wish: &Wish) -> State {
    let entries = missing.asked.iter().map(|asked| entry(model, asked, wish)).collect();
    State::new(format!("{} wants to know", wish.procedure.header.title.plain()), entries)
}

fn entry(model: &Model, asked: &Asked, wish: &Wish) -> Entry {
    let key = asked.key().to_owned();
    let said = wish.answers.values.get(&key).map(String::as_str);
    match asked {
        Asked::Input(wanted) => {
            let among = wanted.among.clone();
            let entry = of_input(model, &wanted.input, among);
            let typed =
                if wanted.input.secret { Field::value() } else { field(said.or(wanted.input.default.as_deref())) };
            Entry { typed, refused: wanted.refused.clone(), ..entry }
        }
        Asked::Placeholder(gap) | Asked::Variable(gap) => Entry {
            label: Foreign::from(gap.text.as_str()).plain(),
            about: Foreign::from(format!("in {}", gap.line.plain().trim())),
            earlier: earlier(model, &key),
            typed: field(said.or(gap.suggestion.as_deref())),
            refused: gap.refused.clone(),
            // A variable may be the host's own.
            optional: matches!(asked, Asked::Variable(_)),
            key,
            ..Entry::default()
        },
        Asked::Host { parts, among } => {
            let names: Vec<String> = among.iter().map(ToString::to_string).chain([HERE.to_owned()]).collect();
            let mut unique: Vec<String> = Vec::new();
            for name in names {
                if !unique.contains(&name) {
                    unique.push(name);
                }
            }
            let parts: Vec<&str> = parts.iter().map(PartId::as_str).collect();
            Entry {
                label: "on host".to_owned(),
                about: Foreign::from(format!("where {} runs; several with spaces between them", parts.join(", "))),
                typed: field(if unique.len() == 2 { unique.first().map(String::as_str) } else { None }),
                among: unique,
                key,
                ..Entry::default()
            }
        }
    }
}

fn of_input(model: &Model, input: &Input, among: Vec<String>) -> Entry {
    let key = input.name.to_string();
    let closed = matches!(input.kind, InputKind::Choice(_) | InputKind::Host | InputKind::Service | InputKind::Release);
    let only = closed && !among.is_empty();
    let among = if matches!(input.kind, InputKind::Switch) { vec!["yes".to_owned(), "no".to_owned()] } else { among };
    Entry {
        label: key.clone(),
        about: input.about.clone(),
        among,
        only,
        earlier: if input.secret { Vec::new() } else { earlier(model, &key) },
        secret: input.secret,
        optional: input.optional,
        typed: Field::value(),
        key,
        ..Entry::default()
    }
}

/// What was given before under this name, the newest first.
fn earlier(model: &Model, key: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let documents = model.runs.all().iter().filter_map(|run| run.document.as_ref());
    for given in documents.flat_map(|document| &document.given).filter(|given| given.name.as_str() == key) {
        if let Some(value) = given.value.as_ref().filter(|value| !values.contains(value)) {
            values.push(value.clone());
        }
        if values.len() >= EARLIER {
            break;
        }
    }
    values
}

/// The form for inputs that a run asks for.
pub fn tell(model: &Model, inputs: &[Input]) -> State {
    let entries = inputs.iter().map(|input| {
        let among = match &input.kind {
            InputKind::Choice(crate::domain::procedure::Choices::Fixed(values)) => values.clone(),
            InputKind::Host => {
                model.environment().iter().flat_map(|all| &all.hosts).map(|host| host.name.to_string()).collect()
            }
            InputKind::Service => model
                .environment()
                .iter()
                .flat_map(|all| &all.services)
                .map(|service| service.name.to_string())
                .collect(),
            InputKind::Choice(_) | InputKind::Text | InputKind::Number | InputKind::Switch | InputKind::Pattern(_) => {
                Vec::new()
            }
            InputKind::Version | InputKind::Release => Vec::new(),
        };
        let typed = if input.secret { Field::default() } else { field(input.default.as_deref()) };
        Entry { typed, ..of_input(model, input, among) }
    });
    State::new("The run wants to know", entries.collect())
}

/// The form for what was seen, with a tick.
pub fn note(title: &str) -> State {
    let entry = Entry {
        label: "seen".to_owned(),
        about: Foreign::from(format!("{title}: what did you see? It is kept with your name.")),
        ..Entry::default()
    };
    State::new("Evidence", vec![entry])
}

/// Takes a form: what it was for goes on, or the first field that is wrong says why.
pub fn accept(model: &mut Model, mut state: Box<State>, purpose: Purpose, now: Now) -> Vec<Effect> {
    if !state.accept() {
        model.overlay = Some(Overlay::Form(state, purpose));
        return Vec::new();
    }
    match purpose {
        Purpose::Plan(mut wish, missing) => {
            let typed: Vec<String> = state.answers().map(|(_, typed)| typed.to_owned()).collect();
            for (asked, typed) in missing.asked.iter().zip(typed) {
                match asked {
                    Asked::Host { .. } => {
                        let hosts: Result<Vec<HostName>, _> =
                            typed.split([' ', ',']).filter(|word| !word.is_empty()).map(HostName::new).collect();
                        let known = |host: &HostName| {
                            host.as_str() == HERE || model.environment().is_some_and(|all| all.host(host).is_some())
                        };
                        match hosts {
                            Ok(hosts) if !hosts.is_empty() && hosts.iter().all(known) => wish.choice.hosts = hosts,
                            Ok(_) | Err(_) => {
                                return wrong(
                                    model,
                                    state,
                                    Purpose::Plan(wish, missing),
                                    "",
                                    "there is no such host here",
                                );
                            }
                        }
                    }
                    Asked::Variable(gap) if typed.is_empty() => {
                        wish.answers.left.insert(gap.key.clone());
                    }
                    Asked::Input(_) | Asked::Placeholder(_) | Asked::Variable(_) => {
                        wish.answers.values.insert(asked.key().to_owned(), typed);
                    }
                }
            }
            model.procedure.hosts.clone_from(&wish.choice.hosts);
            model.procedure.left.extend(wish.answers.left.iter().cloned());
            begin::plan_it(model, *wish, now)
        }
        Purpose::Tell(run, inputs) => {
            let Some(environment) = model.environment().cloned() else { return Vec::new() };
            let mut told = Vec::new();
            let mut refused = None;
            for (input, (entry, typed)) in inputs.iter().zip(state.answers()) {
                if input.secret {
                    told.push((input.name.clone(), Told::Secret(State::secret(entry))));
                } else if let Err(why) = valid(input, typed, &environment, None) {
                    refused = Some((input.name.clone(), why));
                    break;
                } else {
                    told.push((input.name.clone(), Told::Open(typed.to_owned())));
                }
            }
            if let Some((name, why)) = refused {
                return wrong(model, state, Purpose::Tell(run, inputs), name.as_str(), &why);
            }
            vec![Effect::Decide(run, Decision::Tell(told))]
        }
        Purpose::Note(part) => {
            let note = state.answers().next().map(|(_, typed)| typed.to_owned()).unwrap_or_default();
            super::decide::tick(model, part, note, now)
        }
    }
}

fn wrong(model: &mut Model, mut state: Box<State>, purpose: Purpose, key: &str, why: &str) -> Vec<Effect> {
    if let Some(place) = state.entries.iter().position(|entry| entry.key == key) {
        state.cursor = place;
        if let Some(entry) = state.entries.get_mut(place) {
            entry.refused = Some(why.to_owned());
        }
    }
    model.overlay = Some(Overlay::Form(state, purpose));
    Vec::new()
}

/// The inputs of a document by their names; those that are called something else are text.
pub fn inputs_of(inputs: &[Input], names: &[InputName]) -> Vec<Input> {
    let bare = |name: &InputName| Input {
        name: name.clone(),
        about: Foreign::default(),
        kind: InputKind::Text,
        default: None,
        origin: crate::domain::procedure::Origin::Asked,
        // What nobody has described is not shown.
        secret: true,
        optional: false,
        line: 0,
    };
    names
        .iter()
        .map(|name| inputs.iter().find(|input| input.name == *name).cloned().unwrap_or_else(|| bare(name)))
        .collect()
}
