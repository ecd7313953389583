//! One event of a run as a line on the lock host, and a run made of what lines say. Lines of others may hold anything.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Run, RunId};
use crate::engine::store::form::{DecidedForm, NoteForm, RunForm, StepForm};
use crate::engine::store::{FIRST_TOKEN, Recorded, Taker, Who};
use crate::runtimes::mirror::{Listed, Name, Owner};
use crate::text::Foreign;

/// More steps has no run of ours.
const STEPS: usize = 4096;
/// Longer is no name of a person or a workstation, and no title.
const WORDS: usize = 512;
/// Longer is no command and no value.
const LONGEST: usize = 256 << 10;

/// One event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EventForm {
    run: String,
    token: u64,
    n: u64,
    at: String,
    person: String,
    workstation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<RunForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<(usize, StepForm)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given: Option<Vec<(String, Option<String>)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided: Option<DecidedForm>,
}

/// A run as the lock host knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirrored {
    /// The run.
    pub run: Run,
    /// The token under which it is done.
    pub token: u64,
    /// Who is at it, as they said themselves; `None` when whoever took it over said nothing.
    pub who: Option<Who>,
    /// The login on the lock host to which that belongs.
    pub login: Foreign,
    /// For how long they were not heard, by what the lock host is up; if that is known.
    pub silent: Option<Duration>,
    /// Those who were at it, the first first.
    pub owners: Vec<(u64, Option<Who>)>,
    /// When each of those took it over who did, as far as they said anything.
    pub takers: Vec<Taker>,
    /// Whether something that lies there could not be read and was left out.
    pub doubtful: bool,
}

impl Mirrored {
    /// Who is at it, in words: `ada from ada@desk`.
    pub fn by(&self, host: &crate::domain::HostName) -> String {
        match &self.who {
            Some(who) => format!("{} from {}", who.person, who.workstation),
            None => format!("{} from {host}", self.login.plain()),
        }
    }
}

/// The line of an event, with its end.
pub(super) fn line(run: &RunId, token: u64, n: u64, who: &Who, at: Timestamp, what: &Recorded) -> Option<Vec<u8>> {
    let mut form = EventForm {
        run: run.to_string(),
        token,
        n,
        at: at.to_string(),
        person: who.person.clone(),
        workstation: who.workstation.clone(),
        whole: None,
        step: None,
        given: None,
        ended: None,
        decided: None,
    };
    match what {
        Recorded::Whole(run) => form.whole = Some(RunForm::from(&**run)),
        Recorded::Step(number, step) => form.step = Some((*number, StepForm::from(&**step))),
        Recorded::Given(given) => form.given = Some(NoteForm::words(given)),
        Recorded::Decided(decided) => form.decided = Some(DecidedForm::from(decided)),
        Recorded::Ended(state) => form.ended = Some(state.word().to_owned()),
        // Notices are this workstation's affair.
        Recorded::Taken(_) | Recorded::LetGo(_) | Recorded::Notice(_) => {}
    }
    let mut line = serde_json::to_vec(&form).ok()?;
    line.push(b'\n');
    Some(line)
}

/// Makes a run of what lies there. What can't be read is left out, with everything behind it of the same owner.
pub(super) fn fold(listed: &Listed, at: &Name) -> Result<Mirrored, String> {
    let (mut run, mut doubtful, mut owners, mut takers) = (None::<Run>, false, Vec::new(), Vec::new());
    for owner in &listed.owners {
        let (events, whole) = events_of(owner, &listed.run);
        doubtful |= !whole;
        owners.push((owner.token, events.first().map(said_by)));
        takers.extend(events.first().and_then(taker));
        for event in events {
            match apply(run.clone(), event, listed, at) {
                Ok(next) => run = Some(next),
                Err(why) if run.is_none() => return Err(why),
                Err(_) => {
                    doubtful = true;
                    break;
                }
            }
        }
    }
    let (Some(run), Some(last)) = (run, listed.owners.last()) else {
        return Err("whoever began it said nothing of it".to_owned());
    };
    let who = owners.last().and_then(|(_, who)| who.clone());
    let (login, silent) = (last.login.clone(), last.silent);
    Ok(Mirrored { run, token: last.token, who, login, silent, owners, takers, doubtful })
}

/// Whoever said this first of all that they said took the run over then; one who began it did not.
fn taker(event: &EventForm) -> Option<Taker> {
    let at = event.at.parse().ok().filter(|_| event.token > FIRST_TOKEN)?;
    Some(Taker { token: event.token, who: said_by(event), at })
}

fn said_by(event: &EventForm) -> Who {
    Who { person: words(&event.person), workstation: words(&event.workstation) }
}

/// The events of one owner in their order, up to the first that is missing or none of ours; and whether that is all.
fn events_of(owner: &Owner, run: &RunId) -> (Vec<EventForm>, bool) {
    let lines = owner.wrote.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (mut events, mut whole) = (Vec::new(), true);
    for line in lines {
        match serde_json::from_slice::<EventForm>(line) {
            Ok(event) if event.run == run.as_str() && event.token == owner.token => events.push(event),
            Ok(_) | Err(_) => whole = false,
        }
    }
    events.sort_by_key(|event: &EventForm| event.n);
    let in_order = events.iter().zip(1..).take_while(|(event, n)| event.n == *n).count();
    whole &= in_order == events.len();
    events.truncate(in_order);
    (events, whole)
}

fn apply(run: Option<Run>, event: EventForm, listed: &Listed, at: &Name) -> Result<Run, String> {
    if let Some(form) = event.whole {
        return whole(form, listed, at);
    }
    let mut run = run.ok_or("its beginning is missing")?;
    if let Some((number, form)) = event.step {
        let step = sound_step(form).ok_or("one of its steps is none of ours")?;
        // One that was chosen later stands behind the others.
        if number == run.steps.len() && number < STEPS {
            run.steps.push(step);
        } else {
            *run.steps.get_mut(number).ok_or("it names a step that is not in it")? = step;
        }
    }
    if let Some(given) = event.given {
        let document = run.document.as_mut().ok_or("it has no document")?;
        crate::engine::store::merge(&mut document.given, &NoteForm::given(given).ok_or("an input has a bad name")?);
    }
    if let Some(decided) = event.decided {
        let document = run.document.as_mut().ok_or("it has no document")?;
        document.decided.merge(&decided.decided().ok_or("a host that is left out is none")?);
    }
    if let Some(state) = event.ended {
        run.state = RunState::of_word(&state).ok_or("its end is none of ours")?;
        run.ended = Some(event.at.parse().map_err(|_| "its end has no time")?);
    }
    Ok(run)
}

fn whole(form: RunForm, listed: &Listed, at: &Name) -> Result<Run, String> {
    if form.steps.len() > STEPS {
        return Err(format!("it has {} steps", form.steps.len()));
    }
    let mut run = form.run().ok_or("what was said at its beginning is none of ours")?;
    if run.id != listed.run || run.site != at.site || run.environment != at.environment {
        return Err("it says that it is another run, or of another environment".to_owned());
    }
    let document = run.document.as_ref().ok_or("it is no run of a procedure")?;
    if document.digest.len() != 64 || !document.digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return Err("its document has no digest".to_owned());
    }
    if document.given.iter().any(|given| given.value.as_ref().is_some_and(|value| value.len() > LONGEST)) {
        return Err("an input is too long".to_owned());
    }
    for text in [&mut run.person, &mut run.workstation, &mut run.kind, &mut run.title, &mut run.confirmed] {
        *text = words(text);
    }
    for step in &mut run.steps {
        *step = sound(step.clone()).ok_or("one of its steps is none of ours")?;
    }
    Ok(run)
}

fn sound_step(form: StepForm) -> Option<RunStep> {
    form.step().and_then(sound)
}

/// A step of somebody else's: what a person reads is sanitised, what is too long is refused.
fn sound(mut step: RunStep) -> Option<RunStep> {
    let longest = step.value.as_ref().map_or(0, String::len).max(step.command.len()).max(step.note.raw().len());
    let longest = longest.max(step.edited.as_ref().map_or(0, String::len));
    if longest > LONGEST || step.value.as_ref().is_some_and(|value| value.contains('\0')) {
        return None;
    }
    let lines: Vec<String> = step.command.split('\n').map(|line| Foreign::from(line).plain()).collect();
    step.command = lines.join("\n");
    step.by = step.by.map(|by| words(&by));
    for text in [&mut step.invocation, &mut step.invocation_before] {
        *text = words(text);
    }
    for check in step.verdict.iter_mut().flat_map(|verdict| &mut verdict.checks) {
        check.name = words(&check.name);
    }
    // A state in which nothing is begun and nothing has ended needs no time; any other has one.
    (step.state == StepState::Planned || step.at.is_some()).then_some(step)
}

/// Words of somebody else's in one sanitised row.
fn words(text: &str) -> String {
    let short: String = text.chars().take(WORDS).collect();
    Foreign::from(short).plain()
}
