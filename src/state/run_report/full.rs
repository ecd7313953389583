//! One run with everything that is known of it, for a person.

use super::{Beside, Elsewhere, Printed, clean, lines, rows, stamp, took, words};
use crate::domain::Run;
use crate::domain::channel::Told;
use crate::domain::run::{RunDocument, RunState, RunStep, StepState};

/// One run with everything that is known of it.
pub fn in_full(run: &Run, beside: &Beside) -> String {
    let mut text = format!(
        "{}\n{}{}\n\nrun       {}\nwhere     {}/{}\nbegun     {} UTC\nby        {} from {}, {}\n",
        clean(&run.title),
        run.verdict_told(),
        if run.ended.is_some() { format!(" after {}{}", took(run), from_the_go(run)) } else { String::new() },
        run.id,
        run.site,
        run.environment,
        stamp(run.begun),
        clean(&run.person),
        clean(&run.workstation),
        words::confirmed_of(run),
    );
    for (at, person, workstation) in &beside.takeovers {
        let (person, workstation) = (clean(person), clean(workstation));
        text.push_str(&format!("taken     by {person} from {workstation} at {} UTC\n", stamp(*at)));
    }
    if let Some(gone) = gone(run) {
        text.push_str(&format!("go        {} UTC\n", stamp(gone)));
    }
    if let Some(document) = &run.document {
        text.push_str(&bound_to(document));
    }
    for notice in &beside.notices {
        text.push_str(&format!("notice    {}\n", told_of(notice)));
    }
    match beside.elsewhere.as_ref().filter(|_| run.state == RunState::Running) {
        Some(with @ Elsewhere::With { .. }) => text.push_str(&with_others(run, with, beside)),
        elsewhere => {
            if let Some(Elsewhere::Unasked { since, why }) = elsewhere {
                text.push_str(&format!(
                    "\nThis is what is known here, recorded last at {} UTC; how it stands elsewhere is not known: {}.\n",
                    stamp(*since),
                    clean(why)
                ));
            }
            if let Some(since) = beside.nobody.filter(|_| run.state == RunState::Running) {
                text.push_str(&left(run, since, beside));
            }
        }
    }
    for (number, step) in run.steps.iter().enumerate() {
        let title = step.part.as_ref().and_then(|part| beside.titles.iter().find(|(known, _)| known == part));
        text.push_str(&told(step, title.map(|(_, title)| title.as_str())));
        for (_, before) in beside.tries.iter().filter(|(of, _)| *of == number) {
            text.push_str(&format!("  before that {}\n", try_of(before)));
        }
        for printed in beside.output.iter().filter(|printed| printed.step == number) {
            text.push_str(&output(printed, step.attempt));
        }
    }
    text
}

/// When its go was given behind its gate.
fn gone(run: &Run) -> Option<jiff::Timestamp> {
    run.document.as_ref().and_then(|document| document.decided.gone)
}

/// How long it took from its go; empty where none was given.
fn from_the_go(run: &Run) -> String {
    let Some((gone, ended)) = gone(run).zip(run.ended) else { return String::new() };
    let span = std::time::Duration::try_from(ended.duration_since(gone)).unwrap_or_default();
    format!(", {} from the go", crate::domain::time::short(span))
}

fn bound_to(document: &RunDocument) -> String {
    let way = if document.whole { "as a whole" } else { "in chosen parts" };
    let digest: String = clean(&document.digest).chars().take(12).collect();
    let mut text = format!("procedure {} {way}, its text {digest}\n", document.name);
    for given in &document.given {
        match &given.value {
            Some(value) => text.push_str(&format!("input     {} = {}\n", given.name, clean(value))),
            None => text.push_str(&format!("input     {} (secret)\n", given.name)),
        }
    }
    if let Some(one) = &document.decided.overridden {
        text.push_str(&format!("window    overridden by {}: {}\n", clean(&one.by), clean(&one.why)));
    }
    text
}

/// What became of a notice, in a line.
fn told_of(notice: &Told) -> String {
    let why = clean(&notice.why);
    let why = if why.is_empty() { why } else { format!(": {why}") };
    let (channel, occasion) = (&notice.channel, notice.occasion.word());
    format!("{occasion} to {channel} at {} UTC, {}{why}", stamp(notice.at), notice.delivery.word())
}

/// What is to be known of a run that somebody else has taken over.
fn with_others(run: &Run, with: &Elsewhere, beside: &Beside) -> String {
    let Elsewhere::With { person, workstation, host, silent, left } = with else { return String::new() };
    let (person, workstation) = (clean(person), clean(workstation));
    let heard = silent.map(crate::domain::time::short);
    match (left, heard) {
        (true, Some(heard)) => format!(
            "\n{person} from {workstation} has it and was not heard on the lock host {host} for {heard}.\n{}",
            on_with(run, beside)
        ),
        (_, Some(heard)) => {
            format!("\n{person} from {workstation} is at it, heard on the lock host {host} {heard} ago.\n")
        }
        (_, None) => format!("\n{person} from {workstation} has it; when they were heard on {host} is not known.\n"),
    }
}

/// How it is gone on with.
fn on_with(run: &Run, beside: &Beside) -> String {
    match beside.without_site {
        false => format!("Go on with it: qd run --resume {}\n", run.id),
        true => format!(
            "Go on with it: qd run --resume {} FOLDER, where FOLDER is that of the site {}, which its name does not find here.\n",
            run.id, run.site
        ),
    }
}

/// What is to be known of a run that nobody here is at.
fn left(run: &Run, since: jiff::Timestamp, beside: &Beside) -> String {
    let mut text = format!("\nNo console on this machine is at it, since {} UTC.\n", stamp(since));
    let moving = |step: &&RunStep| matches!(step.state, StepState::Intent | StepState::Started | StepState::Done);
    for step in run.steps.iter().filter(moving) {
        let part = step.part.as_ref().map(ToString::to_string).unwrap_or_default();
        let at = step.at.map(|at| format!(" since {}", stamp(at))).unwrap_or_default();
        text.push_str(&format!("What was sent goes on without it: {part} on {}{at}.\n", step.host));
    }
    text.push_str(&on_with(run, beside));
    text
}

fn told(step: &RunStep, title: Option<&str>) -> String {
    let subject = step.service.as_ref().map(ToString::to_string).or(step.unit.as_ref().map(ToString::to_string));
    let mut text = match &step.part {
        Some(part) => {
            let title = title.map(|title| format!("{} ", clean(title))).unwrap_or_default();
            format!("\n{title}#{part} on {}: {}", step.host, words::state(step))
        }
        None => format!("\n{} {}: {}", step.host, subject.unwrap_or_default(), words::state(step)),
    };
    if let Some(verdict) = step.verdict.as_ref().filter(|verdict| !verdict.took.is_zero()) {
        text.push_str(&format!(" in {:.1}s", verdict.took.as_secs_f64()));
    }
    if let Some(by) = &step.by {
        text.push_str(&format!(" by {}", clean(by)));
    }
    if let Some(at) = step.at {
        text.push_str(&format!(" at {}", stamp(at)));
    }
    if step.attempt > 1 {
        text.push_str(&format!(", try {}", step.attempt));
    }
    text.push('\n');
    for (number, line) in rows(&step.command).lines().enumerate() {
        text.push_str(&format!("  {} {line}\n", if number == 0 { '$' } else { ' ' }));
    }
    if let Some(reason) = words::reason(step) {
        text.push_str(&format!("  {reason}\n"));
    }
    if let Some(value) = &step.value {
        text.push_str(&format!("  gave {}\n", clean(value)));
    }
    let said = words::reason(step).is_some_and(|reason| reason == step.note.plain());
    if !step.note.is_empty() && !said {
        text.push_str(&format!("  {}\n", step.note.plain()));
    }
    for check in step.verdict.iter().flat_map(|verdict| &verdict.checks) {
        let told = check.told.plain();
        let told = if told.is_empty() { told } else { format!(": {told}") };
        text.push_str(&format!("  {} {}{told}\n", check.finding.word(), clean(&check.name)));
    }
    if !step.invocation.is_empty() {
        let before = clean(&step.invocation_before);
        let before = if before.is_empty() { "none".to_owned() } else { before };
        text.push_str(&format!("  invocation {}, before it {before}\n", clean(&step.invocation)));
    }
    text
}

/// One try that was not the last.
fn try_of(step: &RunStep) -> String {
    let why = words::reason(step).map(|why| format!(": {why}")).unwrap_or_default();
    let at = step.at.map(|at| format!(" at {}", stamp(at))).unwrap_or_default();
    let by = step.by.as_deref().map(|by| format!(" by {}", clean(by))).unwrap_or_default();
    format!("try {} {}{by}{at}{why}", step.attempt, words::state(step))
}

/// The last lines that a try printed.
fn output(printed: &Printed, newest: u32) -> String {
    let all = lines(&printed.bytes);
    let shown = all.as_slice();
    let stream = if printed.error { "printed to standard error" } else { "printed" };
    let of = if printed.attempt == newest { String::new() } else { format!(" in try {}", printed.attempt) };
    let cut = match (printed.cut, printed.offset > 0) {
        (0, false) => ":".to_owned(),
        (0, true) => ", the last lines:".to_owned(),
        (cut, _) => format!(", the last lines that are kept ({cut} bytes behind them are not):"),
    };
    let mut text = format!("  {stream}{of}{cut}\n");
    for line in shown {
        text.push_str(&format!("  | {line}\n"));
    }
    text
}
