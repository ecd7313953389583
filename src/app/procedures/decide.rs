//! What a person decides about a run: ticks, ways, what becomes of a step that failed, whether a run is taken up.

use super::{attest, begin, cancel, forms, gate};
use crate::app::hints::key_on_screen;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::procedure::{Doing, Part};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::domain::{Now, PartId, RunId};
use crate::input::Action;
use crate::port::Effect;
use crate::port::procedure::{Decision, Evidence, Need};
use crate::screens::choose::{About, Choice, Does, State, What};
use crate::state::procedures::{Chosen, Conduct, Sheet, commanded, find_part, is_of, once_more};
use crate::text::Foreign;

/// Takes the key that ticks: an item, or takes that back.
pub fn toggle(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some((part, done, evidence, title)) = super::with(model, |state, desk| {
        let part = state.cursor.and_then(|place| desk.sheet.procedure.parts.get(place))?;
        let done = desk
            .sheet
            .steps(&part.id)
            .iter()
            .any(|(_, step)| matches!(step.state, StepState::Verified | StepState::Waived));
        Some((part.id.clone(), done, part.options.evidence, part.title.plain()))
    })
    .flatten() else {
        return Vec::new();
    };
    if done && conduct(model).is_some_and(Conduct::goes_on) {
        if is_too_soon(model, now) {
            return Vec::new();
        }
        let run = run(model);
        return run.map(|run| Effect::Decide(run, Decision::Untick(part))).into_iter().collect();
    }
    if let Some(run) = run(model).filter(|_| gate::waits_to_be_judged(model, &part)) {
        gate::judge(model, run, &part);
        return Vec::new();
    }
    let waits = conduct(model).is_some_and(|conduct| conduct.needs.contains(&Need::Tick(part.clone())));
    if evidence && waits {
        ask_note(model, part, &title);
        return Vec::new();
    }
    if evidence {
        // Whether it is done at all is known when the run has looked at its condition: then what was seen is asked for.
        return tick_in(model, part, None, now);
    }
    if is_too_soon(model, now) {
        return Vec::new();
    }
    attested(model, part, waits, now)
}

/// Attests an item without a note: at once, but for the one that gives the run its verdict.
fn attested(model: &mut Model, part: PartId, waits: bool, now: Now) -> Vec<Effect> {
    match run(model).filter(|_| waits && attest::ends_with(model, &part)) {
        Some(run) => {
            attest::ask(model, run, &part);
            Vec::new()
        }
        None => tick(model, part, String::new(), now),
    }
}

/// Whether the key may be one that bounces or is held: it has its effect once, not on whatever comes under it next.
fn is_too_soon(model: &mut Model, now: Now) -> bool {
    let repeated = model.stroke.is_repeated();
    if repeated {
        model.say("The same key within a second says nothing of another item: once more, when you have read it.", now);
    }
    repeated
}

/// Whether the item under the cursor is ticked in a run that goes on.
pub fn is_ticked(model: &mut Model) -> bool {
    let done = super::with(model, |state, desk| {
        let part = state.cursor.and_then(|place| desk.sheet.procedure.parts.get(place))?;
        Some(desk.sheet.steps(&part.id).iter().any(|(_, step)| step.state == StepState::Verified))
    });
    done.flatten() == Some(true) && conduct(model).is_some_and(Conduct::goes_on)
}

/// Asks for what was seen.
fn ask_note(model: &mut Model, part: PartId, title: &str) {
    model.overlay = Some(Overlay::Form(Box::new(forms::note(title)), forms::Purpose::Note(part)));
}

/// Attests an item: at once where a run waits for it, else a run is begun for it first.
pub fn tick(model: &mut Model, part: PartId, note: String, now: Now) -> Vec<Effect> {
    model.overlay = None;
    let known = conduct(model)
        .filter(|conduct| conduct.goes_on())
        .filter(|conduct| conduct.run.steps.iter().any(|step| step.part.as_ref() == Some(&part)));
    if let Some(run) = known.map(|conduct| conduct.run.id.clone()) {
        return vec![Effect::Decide(run, Decision::Tick(part, note))];
    }
    tick_in(model, part, Some(note), now)
}

/// Begins a run in which an item is ticked as soon as it waits for that; without a note that is asked for then.
fn tick_in(model: &mut Model, part: PartId, note: Option<String>, now: Now) -> Vec<Effect> {
    model.procedure.answer = Some((part.clone(), note));
    begin::parts(model, vec![part], Vec::new(), now)
}

/// Whether the gate of the run beside the open document is passed, and the rest waits for a go.
pub fn waits_for_go(model: &Model) -> bool {
    conduct(model).is_some_and(|conduct| conduct.needs.contains(&Need::Go))
}

/// The run beside the open document.
pub fn conduct(model: &Model) -> Option<&Conduct> {
    let procedure = model.procedure.procedure.as_ref()?;
    super::conduct(&model.procedure, &model.conducted, procedure)
}

fn run(model: &Model) -> Option<RunId> {
    conduct(model).map(|conduct| conduct.run.id.clone())
}

/// After a run has said what it waits for: what a person has decided before it was begun is told now.
pub fn answers(model: &mut Model) -> Vec<Effect> {
    let Some((part, note)) = model.procedure.answer.clone() else { return Vec::new() };
    let Some(conduct) = conduct(model) else { return Vec::new() };
    let run = conduct.run.id.clone();
    if conduct.needs.contains(&Need::Choose(part.clone())) {
        model.procedure.answer = None;
        if stands_at(model, &part) && model.overlay.is_none() {
            decision(model, run, &part);
        }
        return Vec::new();
    }
    if !conduct.needs.contains(&Need::Tick(part.clone())) {
        return Vec::new();
    }
    model.procedure.answer = None;
    match (note, found(model, &part)) {
        (Some(note), _) => vec![Effect::Decide(run, Decision::Tick(part, note))],
        // Whoever has gone on to something else is not asked in the middle of it: the run says that it waits.
        (None, Some(one)) if stands_at(model, &part) && model.overlay.is_none() => {
            ask_note(model, part, &one.title.plain());
            Vec::new()
        }
        (None, _) => Vec::new(),
    }
}

/// Whether a person stands at this part just now.
fn stands_at(model: &Model, part: &PartId) -> bool {
    let here = model.procedure.cursor.and_then(|place| model.procedure.procedure.as_ref()?.parts.get(place));
    model.at_procedure() && here.is_some_and(|here| here.id == *part)
}

/// What the run beside the open document waits for: at the part under the cursor, else first of all. A pause is named
/// where it waits for nothing else: it asks nothing.
pub fn need(model: &Model) -> Option<(RunId, Need)> {
    let conduct = conduct(model)?;
    let here = model.procedure.cursor.and_then(|place| model.procedure.procedure.as_ref()?.parts.get(place));
    let of_it = |need: &&Need| here.is_some_and(|part| is_at(conduct, need, part));
    let asks = |need: &&Need| !matches!(need, Need::Paused);
    let first = || conduct.needs.iter().find(asks).or_else(|| conduct.needs.first());
    let need = conduct.needs.iter().find(of_it).or_else(first)?;
    Some((conduct.run.id.clone(), need.clone()))
}

/// The part that a need is about.
pub fn part_of<'a>(conduct: &'a Conduct, need: &'a Need) -> Option<&'a PartId> {
    match need {
        Need::Tick(part) | Need::Choose(part) => Some(part),
        Need::Failure(step, _) | Need::Unknown(step, _) | Need::Terminal(step) => {
            conduct.run.steps.get(*step).and_then(|step| step.part.as_ref())
        }
        Need::Tell(_) | Need::Go | Need::Window(..) | Need::Paused => None,
    }
}

/// Whether a need is that of a part, or of what this one calls.
pub fn is_at(conduct: &Conduct, need: &Need, part: &Part) -> bool {
    let calls = matches!(part.doing, Doing::Call(..));
    part_of(conduct, need).is_some_and(|of| *of == part.id || (calls && is_of(of, &part.id)))
}

/// The part of the open document of this name, also one of a procedure that it calls.
pub(super) fn found(model: &Model, id: &PartId) -> Option<Part> {
    let procedure = model.procedure.procedure.as_ref()?;
    find_part(procedure, model.environment()?, id).map(|(_, part)| part.clone())
}

/// Why there is nothing to answer.
pub fn unanswerable(model: &Model) -> Option<String> {
    match need(model) {
        None => Some("nothing waits for you".to_owned()),
        Some((_, Need::Paused)) => Some(format!("it is paused: {} goes on", key_on_screen(model, Action::PauseRun))),
        Some((_, Need::Go)) => super::why::lock_in_the_way(model),
        Some(_) => None,
    }
}

/// Answers what the run waits for; an item is attested after a question.
pub fn open(model: &mut Model, now: Now) -> Vec<Effect> {
    answer(model, true, now)
}

/// The same for the item under the cursor, by the key that does what stands there.
pub(super) fn open_at(model: &mut Model, now: Now) -> Vec<Effect> {
    answer(model, false, now)
}

fn answer(model: &mut Model, asks: bool, now: Now) -> Vec<Effect> {
    let Some((run, need)) = need(model) else { return Vec::new() };
    match need {
        Need::Tick(part) => {
            stand_on(model, &part);
            // What a called procedure wants to be ticked has no mark of its own under the cursor.
            let Some(one) = found(model, &part) else { return Vec::new() };
            if gate::waits_to_be_judged(model, &part) {
                gate::judge(model, run, &part);
                return Vec::new();
            }
            if one.options.evidence {
                ask_note(model, part, &one.title.plain());
                return Vec::new();
            }
            if asks {
                attest::ask(model, run, &part);
                return Vec::new();
            }
            if is_too_soon(model, now) {
                return Vec::new();
            }
            return attested(model, part, true, now);
        }
        Need::Choose(part) => {
            stand_on(model, &part);
            decision(model, run, &part);
        }
        Need::Tell(names) => {
            let inputs = model.procedure.procedure.as_ref().map(|one| one.header.inputs.clone()).unwrap_or_default();
            let inputs = forms::inputs_of(&inputs, &names);
            let form = forms::tell(model, &inputs, now);
            return forms::open(model, form, forms::Purpose::Tell(run, inputs));
        }
        Need::Failure(step, evidence) => menu(model, run, step, &evidence, false),
        Need::Unknown(step, evidence) => menu(model, run, step, &evidence, true),
        Need::Terminal(step) => return vec![Effect::Decide(run, Decision::TakeTerminal(step))],
        Need::Go if super::why::lock_in_the_way(model).is_none() => return begin::rest(model, now),
        Need::Go => {}
        Need::Window(opening, _) if opening.is_open() => return vec![Effect::Decide(run, Decision::Continue)],
        Need::Window(opening, role) => gate::window(model, run, &opening, role.as_ref(), now),
        // Whoever looks at something meanwhile must not take it up by that: a pause has a key of its own.
        Need::Paused => {}
    }
    Vec::new()
}

fn stand_on(model: &mut Model, part: &PartId) {
    let sheet = model.procedure.procedure.as_ref().map(|procedure| Sheet { procedure, run: None });
    let place = sheet.and_then(|sheet| sheet.part_of(part));
    if place.is_some() {
        model.procedure.stand_on(place);
    }
}

/// The ways on without it.
fn round(unknown: bool) -> [Choice; 2] {
    let told =
        if unknown { "it is known to be done: say from where" } else { "it is done all the same: say from where" };
    [
        Choice { reason: true, ..choice(Does::Skip, "skip", "go on without it, with a reason") },
        Choice { reason: true, ..choice(Does::MarkDone, "mark done", told) },
    ]
}

pub(super) fn choice(does: Does, label: &str, about: impl Into<String>) -> Choice {
    Choice { does, label: label.to_owned(), about: about.into(), why_not: None, reason: false }
}

fn decision(model: &mut Model, run: RunId, part: &PartId) {
    let Some(one) = found(model, part) else { return };
    let Doing::Decide(ways) = &one.doing else { return };
    let choices = ways.iter().map(|way| choice(Does::Way(way.word.clone()), &way.word, way.about.plain())).collect();
    let title = one.title.plain();
    model.overlay = Some(Overlay::Choose(State::new(What::Decision(run, part.clone()), title, Vec::new(), choices)));
}

/// The menu of what becomes of a step that did not end well.
fn menu(model: &mut Model, run: RunId, number: usize, evidence: &Evidence, unknown: bool) {
    let Some(conduct) = model.conducted.get(&run) else { return };
    let Some(step) = conduct.run.steps.get(number) else { return };
    let procedure = model.procedure.procedure.as_ref();
    let inner = step.part.as_ref().and_then(|id| found(model, id));
    let part = inner.as_ref();
    let own = procedure.is_some_and(|procedure| part.is_some_and(|part| procedure.part(&part.id).is_some()));
    let title = part.map_or_else(|| "A step".to_owned(), |part| part.title.plain());
    let state = if unknown { "Unknown" } else { "Failed" };
    let heading = format!("{state}{}: {title}", step.placed());
    let on_host = step.host.as_str() != crate::domain::procedure::HERE;
    let only = if on_host { format!(", on {} only", step.host) } else { String::new() };
    let mut choices = Vec::new();
    let is_gate = gate::is_gate(model, step.part.as_ref());
    if unknown && !is_gate {
        let about = format!("look at {} once more; nothing is sent", step.host);
        choices.push(choice(Does::CheckAgain, "check again", about));
    }
    let about = match (unknown, step.edited.is_some()) {
        (true, _) => "it may be done twice then",
        (false, true) => "the same command once more, as it was edited",
        (false, false) if part.is_some_and(only_looks) => "it is looked at once more",
        (false, false) => "the same command once more",
    };
    choices.push(choice(Does::Retry, "retry", format!("{about}{only}")));
    // The command of a called procedure is edited there.
    let editable = own && part.is_some_and(|part| commanded(part).is_some());
    if editable && !unknown && !is_gate {
        choices.push(choice(Does::RetryEdited, "retry edited", "another command for once; it is recorded"));
    }
    if is_gate {
        choices.extend(gate::waiver(model, part));
    } else {
        choices.extend(round(unknown));
    }
    let others =
        conduct.run.steps.iter().filter(|other| other.host == step.host && other.state == StepState::Planned).count();
    // Of what the gate judges, and where nothing more is to come, there is nothing to be left out.
    if on_host && others > 0 && !is_gate {
        let about = format!("nothing more of this run goes to {}", step.host);
        choices.push(choice(Does::LeaveOut(step.host.clone()), "leave host out", about));
    }
    if let Some(undo) = part.filter(|_| !is_gate).and_then(|part| part.options.undo.as_ref()) {
        choices.push(choice(Does::Undo, "undo", format!("what undoes it: {undo}")));
    }
    let has_back = procedure.is_some_and(|one| {
        one.header.rollback.is_some()
            || one.sections.iter().any(|section| section.role == crate::domain::procedure::Role::Rollback)
    });
    // What failed on the way back is not mended by going it once more.
    if has_back && !is_gate && !conduct.run.rolls_back() {
        choices.push(choice(Does::RollBack, "roll back", "the way back that is written down; shows it first"));
    }
    if on_host && super::super::shell::up(model, &step.host) {
        choices.push(choice(Does::Shell(step.host.clone()), "shell", format!("look for yourself on {}", step.host)));
    }
    choices.push(Choice { reason: true, ..choice(Does::Abort, "end the run", "what was not begun is skipped") });
    let about = told_of(step, evidence);
    model.overlay = Some(Overlay::Choose(State::new(What::Step(run, number), heading, about, choices)));
}

/// Whether a part sends nothing that is a command.
fn only_looks(part: &crate::domain::procedure::Part) -> bool {
    use crate::domain::procedure::Doing;
    matches!(part.doing, Doing::Check(..) | Doing::Fact(_) | Doing::Approve(_))
}

/// The evidence, with its headings.
fn told_of(step: &RunStep, evidence: &Evidence) -> Vec<About> {
    let one = |heading: String, text: Foreign| About { heading, text, difference: false };
    let mut all = Vec::new();
    let why = match (evidence.reason.or(step.reason), step.exit) {
        (Some(Reason::NonZeroExit) | None, Some(exit)) => format!("exit {exit}"),
        (Some(Reason::NonZeroExit), None) => "it did not pass".to_owned(),
        (Some(reason), _) => reason.word().to_owned(),
        (None, None) => String::new(),
    };
    let note = step.note.plain();
    let told = [why, note].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    if !told.is_empty() {
        all.push(one(String::new(), Foreign::from(told)));
    }
    if !evidence.output.is_empty() {
        all.push(one("The end of what it printed".to_owned(), evidence.output.clone()));
    }
    for (heading, text) in &evidence.looked {
        all.push(one(Foreign::from(heading.as_str()).plain(), text.clone()));
    }
    if !step.command.is_empty() {
        all.push(one("The command".to_owned(), Foreign::from(step.command.as_str())));
    }
    all
}

/// Takes the way that was chosen.
pub fn take(model: &mut Model, mut state: State, now: Now) -> Vec<Effect> {
    let Some((does, reason)) = state.accept() else {
        let nothing = state.choices.is_empty();
        model.overlay = (!nothing).then_some(Overlay::Choose(state));
        return Vec::new();
    };
    match state.what {
        What::Step(run, step) => of_step(model, run, step, does, reason, now),
        What::Decision(run, part) => match does {
            Does::Way(word) => vec![Effect::Decide(run, Decision::Choose(part, word))],
            _ => Vec::new(),
        },
        What::Attest(run, part) => attest::take(run, part, &does),
        What::Resume(run) => match does {
            Does::Resume => {
                super::past::taken_up(model, &run);
                vec![Effect::Resume(run)]
            }
            _ => Vec::new(),
        },
        What::Follow(run, part) => crate::app::deploy::following::said(run, part, &does, reason),
        What::Examine(run) => crate::app::deploy::examining::said(run, &does, reason),
        What::Place => {
            if let Does::On(host) = does {
                model.procedure.hosts = vec![host];
            }
            Vec::new()
        }
        What::Cancel(run, step) => match does {
            Does::Cancel => {
                model.say("The command is being ended: TERM, and KILL ten seconds later.".to_owned(), now);
                vec![Effect::Decide(run, Decision::Cancel(step))]
            }
            _ => Vec::new(),
        },
        What::LeaveOut(run, _) => match does {
            Does::LeaveOut(host) => vec![Effect::Decide(run, Decision::LeaveOut(host))],
            _ => Vec::new(),
        },
        What::End(run) => match does {
            Does::Abort => vec![Effect::Decide(run, Decision::Abort(reason))],
            _ => Vec::new(),
        },
        What::Told => Vec::new(),
    }
}

fn of_step(model: &mut Model, run: RunId, step: usize, does: Does, reason: String, now: Now) -> Vec<Effect> {
    let found = model.conducted.get(&run).map(|conduct| conduct.run.clone());
    let here = found.as_ref().and_then(|record| record.steps.get(step));
    let Some((host, part)) = here.and_then(|step| Some((step.host.clone(), step.part.clone()?))) else {
        return Vec::new();
    };
    let decide = |decision: Decision| vec![Effect::Decide(run.clone(), decision)];
    let planned = |model: &mut Model, what: Chosen| match begin::wish(model, what, Vec::new(), now) {
        Some(mut wish) => {
            wish.choice.run = Some(run.clone());
            begin::plan_it(model, wish, now)
        }
        None => Vec::new(),
    };
    match does {
        Does::Retry => {
            let again = found.as_ref().and_then(|record| once_more(record, step));
            match again.and_then(|choice| begin::wished(model, choice, now)) {
                Some(wish) => begin::plan_it(model, wish, now),
                None => Vec::new(),
            }
        }
        Does::RetryEdited => {
            let place =
                model.procedure.procedure.as_ref().and_then(|one| one.parts.iter().position(|known| known.id == part));
            if let Some(place) = place {
                let last = found.as_ref().and_then(|record| record.steps.get(step)?.edited.clone());
                begin::edit(model, place, last, vec![host]);
            }
            Vec::new()
        }
        Does::Undo => planned(model, Chosen::Undo(part)),
        Does::RollBack => planned(model, Chosen::Rollback),
        Does::Waive => decide(Decision::Waive(part, reason)),
        Does::Override => decide(Decision::Override(reason)),
        Does::Judge => decide(Decision::Tick(part, reason)),
        Does::CheckAgain => decide(Decision::CheckAgain(step)),
        Does::MarkDone => decide(Decision::MarkDone(step, reason)),
        Does::Skip => decide(Decision::Skip(step, reason)),
        Does::LeaveOut(host) => {
            cancel::leave_out(model, &run, step, &host);
            Vec::new()
        }
        Does::Abort => decide(Decision::Abort(reason)),
        Does::Shell(host) => vec![Effect::Shell(host)],
        Does::Way(_) | Does::Resume | Does::Cancel | Does::On(_) | Does::Nothing => Vec::new(),
        Does::Well | Does::NotWell | Does::Attest | Does::Examined => Vec::new(),
    }
}

/// Asks where steps are done that name no place.
pub fn place(model: &mut Model) {
    let Some(environment) = model.environment() else { return };
    let mut choices: Vec<Choice> = environment
        .hosts
        .iter()
        .map(|host| choice(Does::On(host.name.clone()), host.name.as_str(), host.tags.join(", ")))
        .collect();
    choices.push(choice(Does::On(crate::domain::procedure::here()), crate::domain::procedure::HERE, "this machine"));
    let mut state = State::new(What::Place, "Where are steps done that name no host?", Vec::new(), choices);
    let now = model.procedure.hosts.first();
    let at = state.choices.iter().position(|one| matches!(&one.does, Does::On(host) if Some(host) == now));
    state.cursor = at.unwrap_or(0);
    model.overlay = Some(Overlay::Choose(state));
}
