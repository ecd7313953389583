//! Forms of procedures: what a plan or a run wants to know, and what becomes of what was typed.

use super::begin::{self, Wish};
use crate::app::hints::key_on_screen;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::procedure::{Choices, HERE, Input, InputKind, Procedure};
use crate::domain::{Environment, HostName, InputName, Now, PartId, RunId};
use crate::input::Action;
use crate::port::Effect;
use crate::port::procedure::{Decision, Told};
use crate::screens::form::{Entry, Listing, State};
use crate::state::choices;
use crate::state::procedures::{Asked, Missing, kind_told, valid};
use crate::state::releases::{backups, too_late};
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

/// Opens a form: the choices that programs list are asked for then, and come when they come.
pub fn open(model: &mut Model, form: State, purpose: Purpose) -> Vec<Effect> {
    let programs = form.entries.iter().filter_map(|entry| entry.listing.as_ref());
    let effects = ask(&mut model.choices, programs.map(|listing| listing.argv.clone()).collect());
    model.overlay = Some(Overlay::Form(Box::new(form), purpose));
    effects
}

/// Has programs list choices, those that are not under way.
fn ask(known: &mut choices::Known, programs: Vec<Vec<String>>) -> Vec<Effect> {
    programs.into_iter().filter(|argv| known.ask(argv)).map(Effect::ListChoices).collect()
}

/// Whether programs list choices in an environment: none runs before its site is trusted, and none in a drill.
pub fn lists(environment: &Environment) -> bool {
    environment.trusted && !environment.channels.drill
}

/// Takes what a program lists: the form that waits for it goes on.
pub fn listed(model: &mut Model, argv: &[String], told: Result<Vec<String>, String>) {
    if !model.choices.take(argv, &told) {
        return;
    }
    let Some(Overlay::Form(state, purpose)) = &mut model.overlay else { return };
    for entry in &mut state.entries {
        if !entry.takes(argv, &told) {
            continue;
        }
        if let (Purpose::Plan(wish, _), Ok(all)) = (&mut *purpose, &told)
            && let Ok(name) = InputName::new(&entry.key)
        {
            wish.answers.listed.insert(name, all.clone());
        }
    }
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
            let entry = Entry { notes: wanted.notes.clone(), ..of_input(model, &wanted.input, among) };
            let typed =
                if wanted.input.secret { Field::value() } else { field(said.or(wanted.input.default.as_deref())) };
            Entry { typed, refused: wanted.refused.clone(), ..entry }
        }
        Asked::Placeholder(gap) | Asked::Capture(gap) | Asked::Variable(gap) => Entry {
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
            let key_of_it = key_on_screen(model, Action::ChooseHost);
            let title = |id: &PartId| wish.procedure.part(id).map_or_else(|| id.to_string(), |part| part.title.plain());
            let what = match parts.as_slice() {
                [only] => format!("Where \"{}\" runs", title(only)),
                several => format!("Where {} steps run that name no host", several.len()),
            };
            let told = format!(
                "{what}; several with spaces between them. From then on it counts for every step here that names no host; \
                 {key_of_it} changes it."
            );
            Entry {
                label: "on host".to_owned(),
                about: Foreign::from(told),
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
    let program = choices::program(input).filter(|_| model.environment().is_some_and(|environment| lists(environment)));
    let closed = matches!(input.kind, InputKind::Choice(_) | InputKind::Host | InputKind::Service | InputKind::Release);
    let only = closed && !among.is_empty() && program.is_none();
    let among = if matches!(input.kind, InputKind::Switch) { vec!["yes".to_owned(), "no".to_owned()] } else { among };
    let about = match (&input.kind, input.about.plain()) {
        // What is said below it need not be said above it.
        (InputKind::Text | InputKind::Choice(Choices::Fixed(_)) | InputKind::Host | InputKind::Service, about) => about,
        (kind, about) if about.is_empty() => kind_told(kind),
        (kind, about) => format!("{about} ({})", kind_told(kind)),
    };
    Entry {
        label: key.clone(),
        about: Foreign::from(about),
        among,
        only,
        earlier: if input.secret { Vec::new() } else { earlier(model, &key) },
        secret: input.secret,
        optional: input.optional,
        listing: program.cloned().map(Listing::of),
        typed: Field::value(),
        key,
        ..Entry::default()
    }
}

/// The place of something that is asked: inputs as their document has them, everything else behind.
pub fn order(procedure: &Procedure, asked: &Asked) -> usize {
    let inputs = &procedure.header.inputs;
    match asked {
        Asked::Input(wanted) => inputs.iter().position(|one| one.name == wanted.input.name).unwrap_or(inputs.len()),
        Asked::Placeholder(_) | Asked::Capture(_) | Asked::Variable(_) | Asked::Host { .. } => inputs.len() + 1,
    }
}

/// What is wrong with what was typed into a field, as far as that is known before it is used.
fn refusal(model: &Model, purpose: &Purpose, place: usize, entry: &Entry) -> Option<String> {
    let environment = model.environment()?;
    if entry.listing.is_some() {
        // Its choices are not before they are listed, and what was listed before may be no choice any more.
        return entry.refusal();
    }
    let typed = entry.typed.text().trim();
    if typed.is_empty() || entry.secret {
        return None;
    }
    match purpose {
        Purpose::Plan(wish, missing) => match missing.asked.get(place)? {
            Asked::Input(wanted) => {
                let listed = wish.answers.listed.get(&wanted.input.name).map(Vec::as_slice);
                valid(&wanted.input, typed, environment, listed).err()
            }
            Asked::Host { .. } => hosts_of(model, typed).is_none().then(|| "there is no such host here".to_owned()),
            Asked::Placeholder(_) | Asked::Capture(_) | Asked::Variable(_) => None,
        },
        Purpose::Tell(_, inputs) => valid(inputs.get(place)?, typed, environment, None).err(),
        Purpose::Note(_) => None,
    }
}

/// The hosts that were typed; nothing where one of them is none.
fn hosts_of(model: &Model, typed: &str) -> Option<Vec<HostName>> {
    let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
    let hosts: Vec<HostName> = words.map(HostName::new).collect::<Result<_, _>>().ok()?;
    let known =
        |host: &HostName| host.as_str() == HERE || model.environment().is_some_and(|all| all.host(host).is_some());
    (!hosts.is_empty() && hosts.iter().all(known)).then_some(hosts)
}

/// Before the cursor leaves a field: what was typed there is looked at.
pub fn left(model: &mut Model) {
    let Some(Overlay::Form(mut state, purpose)) = model.overlay.take_if(|open| matches!(open, Overlay::Form(..)))
    else {
        return;
    };
    let place = state.cursor;
    let refused = state.entries.get(place).and_then(|entry| refusal(model, &purpose, place, entry));
    if let Some(entry) = state.entries.get_mut(place) {
        entry.refused = refused;
    }
    model.overlay = Some(Overlay::Form(state, purpose));
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
pub fn tell(model: &Model, inputs: &[Input], now: Now) -> State {
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
        let known = model.releases.releases.as_ref().zip(model.procedure.procedure.as_ref());
        let recorded = known
            .filter(|_| input.backups.is_some())
            .map(|(known, procedure)| backups(&known.history, procedure, input, &model.procedure.told, now.wall));
        let (among, notes) = match recorded {
            Some(recorded) => recorded.into_iter().unzip(),
            None => (among, Vec::new()),
        };
        Entry { typed, notes, ..of_input(model, input, among) }
    });
    State::new("The run wants to know", entries.collect())
}

/// The form for what was seen, with a tick.
pub fn note(title: &str) -> State {
    let entry = Entry {
        label: "what you saw".to_owned(),
        about: Foreign::from(format!("{}: what did you see? It is kept with your name.", title.trim_end_matches('.'))),
        ..Entry::default()
    };
    State::new("Evidence", vec![entry])
}

/// Takes a form: what it was for goes on, or the first field that is wrong says why.
pub fn accept(model: &mut Model, mut state: Box<State>, purpose: Purpose, now: Now) -> Vec<Effect> {
    if !state.accept() {
        // What could not be listed is asked once more.
        let effects = ask(&mut model.choices, state.failed());
        model.overlay = Some(Overlay::Form(state, purpose));
        return effects;
    }
    // All of it at once: whoever mends one field sees the others that are wrong as well.
    let refused: Vec<Option<String>> =
        state.entries.iter().enumerate().map(|(place, entry)| refusal(model, &purpose, place, entry)).collect();
    if let Some(first) = refused.iter().position(Option::is_some) {
        for (entry, why) in state.entries.iter_mut().zip(refused) {
            entry.refused = why;
        }
        state.cursor = first;
        model.overlay = Some(Overlay::Form(state, purpose));
        return Vec::new();
    }
    match purpose {
        Purpose::Plan(mut wish, missing) => {
            wish.reviewed = true;
            let typed: Vec<String> = state.answers().map(|(_, typed)| typed.to_owned()).collect();
            for (asked, typed) in missing.asked.iter().zip(typed) {
                match asked {
                    Asked::Host { .. } => {
                        if let Some(hosts) = hosts_of(model, &typed) {
                            // It is remembered when something begins there, and not for a look at the plan alone.
                            model.procedure.meant = Some(hosts.clone());
                            wish.choice.hosts = hosts;
                        }
                    }
                    Asked::Variable(gap) if typed.is_empty() => {
                        wish.answers.left.insert(gap.key.clone());
                    }
                    Asked::Input(_) | Asked::Placeholder(_) | Asked::Capture(_) | Asked::Variable(_) => {
                        wish.answers.values.insert(asked.key().to_owned(), typed);
                    }
                }
            }
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
                } else if let Some(why) = made_too_late(model, input, typed) {
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

/// Why a backup that a run asks for is refused.
fn made_too_late(model: &Model, input: &Input, typed: &str) -> Option<String> {
    let (known, procedure) = (model.releases.releases.as_ref()?, model.procedure.procedure.as_ref()?);
    too_late(&known.history, procedure, input, &model.procedure.told, typed)
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
        backups: None,
        line: 0,
    };
    names
        .iter()
        .map(|name| inputs.iter().find(|input| input.name == *name).cloned().unwrap_or_else(|| bare(name)))
        .collect()
}
