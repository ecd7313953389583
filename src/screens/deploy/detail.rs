//! The details beside the list: of the row under the cursor on the first page, of an item its evidence, of the verdict
//! what was recorded.

use super::list::mark;
use super::sight::{Planned, Sight};
use super::state::State;
use super::{beside, following, what};
use crate::domain::procedure::Doing;
use crate::domain::run::RunStep;
use crate::domain::time::short;
use crate::input::Action;
use crate::state::deploy::{Item, Judged, Page, Sort, Wizard};
use crate::state::procedures::printed::Line;
use crate::state::releases::in_full;
use crate::style::Role;
use crate::text::{Budget, Foreign};
use crate::ui::words::Piece;
use crate::ui::{Lines, Words, runs};

/// Of what was printed, so many of the last lines are shown.
const PRINTED: usize = 200;
/// Columns of the keys before what they do.
const KEYS: usize = 7;
/// Columns of the word of a way.
const LONGEST: usize = 16;
/// Lines of a command.
const COMMAND: usize = 14;

/// The title of the pane and what stands at its right.
pub fn title(state: &State, sight: &Sight<'_>) -> (Words, Words) {
    let part =
        |wizard: Wizard<'_>| state.cursor().and_then(|place| wizard.item(place).map(|item| wizard.title(item.part)));
    match (state.page, sight.wizard) {
        (Page::What, _) | (_, None) => (what::title(state, sight), Words::new()),
        (Page::Gate | Page::Verify, Some(wizard)) => {
            let title = part(wizard).unwrap_or_else(|| "Evidence".to_owned());
            let remark = state.cursor().and_then(|place| wizard.item(place)).map(|item| {
                let (glyph, role) = mark(item.judged, sight.glyphs);
                Words::of(role, format!("{glyph} {}", item.judged.word()))
            });
            (Words::of(Role::Strong, title), remark.unwrap_or_default())
        }
        (Page::Plan, Some(wizard)) => match wizard.run().filter(|_| wizard.is_let_go()) {
            Some(run) => {
                let by = Foreign::from(run.how_confirmed().1.unwrap_or(&run.person)).plain();
                (Words::of(Role::Strong, "What was confirmed"), Words::of(Role::Quiet, format!("by {by}")))
            }
            None => (Words::of(Role::Strong, "Every command"), Words::new()),
        },
        (Page::Run, Some(wizard)) => {
            let title = part(wizard).unwrap_or_else(|| "Output".to_owned());
            let standing = state.cursor().and_then(|place| wizard.sheet.procedure.parts.get(place));
            let standing = standing.map(|part| wizard.sheet.standing(&part.id));
            let remark = match (&sight.output, standing) {
                (Some(output), _) if output.top.is_some() => Words::of(Role::Warn, "held"),
                (_, Some(crate::domain::Standing::Going)) => Words::of(Role::RunGoing, "live"),
                (_, Some(standing)) => Words::of(
                    runs::standing_mark(standing, sight.glyphs).1,
                    runs::standing_mark(standing, sight.glyphs).0,
                ),
                (_, None) => Words::new(),
            };
            (Words::of(Role::Strong, title), remark)
        }
        (Page::Verdict, Some(wizard)) => {
            let remark = match wizard.run().filter(|run| state.follows > 0 && run.ended.is_some()) {
                Some(run) => {
                    runs::mark(run.state, sight.glyphs).text(Role::run(run.state), format!(" {}", run.verdict_told()))
                }
                None => Words::new(),
            };
            (Words::of(Role::Strong, "What was recorded"), remark)
        }
    }
}

/// The lines of the pane.
pub fn lines(state: &State, sight: &Sight<'_>, columns: usize) -> Lines {
    let mut lines = Lines::new(columns, sight.clock);
    match (state.page, sight.wizard) {
        (Page::What, _) => what::lines(state, sight, &mut lines),
        (_, None) => lines.text(Role::Quiet, "Nothing is chosen yet."),
        (Page::Gate | Page::Verify, Some(wizard)) => {
            if let Some(item) = state.cursor().and_then(|place| wizard.item(place)) {
                evidence(&item, wizard, sight, &mut lines, columns);
            }
        }
        (Page::Plan, Some(wizard)) => missing(wizard, sight, &mut lines),
        (Page::Run, Some(_)) => lines.text(Role::Quiet, "No step is under the cursor."),
        (Page::Verdict, Some(wizard)) => recorded(state, wizard, sight, &mut lines, columns),
    }
    lines
}

/// The pane as plain lines.
pub fn markdown(state: &State, sight: &Sight<'_>) -> String {
    let (title, _) = title(state, sight);
    let lines = lines(state, sight, 100);
    let text: Vec<String> = lines.all().iter().map(|line| line.plain(sight.clock)).collect();
    format!("### {}\n\n```\n{}\n```\n", title.plain(sight.clock), text.join("\n"))
}

fn missing(wizard: Wizard<'_>, sight: &Sight<'_>, lines: &mut Lines) {
    match &sight.plan {
        Some(Planned::Missing(missing)) if wizard.run().is_some_and(|run| run.ended.is_some()) => {
            lines.text(Role::Quiet, "What was run stands on page 4. It can't be planned anew from what is recorded:");
            for one in *missing {
                lines.line(Words::new().gap(2).text(Role::Text, one.clone()));
            }
        }
        Some(Planned::Missing(missing)) if !missing.is_empty() => {
            lines.text(Role::Quiet, "Every command on every host stands here as soon as this is said:");
            for one in *missing {
                lines.line(Words::new().gap(2).text(Role::Text, one.clone()));
            }
        }
        Some(Planned::Missing(_) | Planned::Lines(_)) | None => lines.text(Role::Quiet, "It can't be planned yet."),
    }
}

/// What was found of an item, and what can be done about it.
fn evidence(item: &Item<'_>, wizard: Wizard<'_>, sight: &Sight<'_>, lines: &mut Lines, columns: usize) {
    let part = item.part;
    let by_whom = match item.sort {
        Sort::Checked => "checked: the console decides",
        Sort::Evidence => "evidence: the console fetches, a person judges",
        Sort::Attested if matches!(part.doing, Doing::Decide(_)) => "decision: a person chooses one of its ways",
        Sort::Attested => "attested: a person says so",
    };
    lines.pair("kind", Words::new().prose(Role::Text, by_whom));
    if let Doing::Decide(all) = &part.doing {
        let longest = all.iter().map(|way| crate::text::width(&way.word)).max().unwrap_or(0).min(LONGEST);
        for (number, way) in all.iter().enumerate() {
            let word = crate::text::fit(&Foreign::from(way.word.as_str()).plain(), longest);
            let words = Words::of(Role::Strong, word).gap(2).prose(Role::Text, &way.about.plain());
            if number == 0 { lines.pair("ways", words) } else { lines.below(words) }
        }
    }
    if let Some(at) = item.at.filter(|_| item.judged != Judged::Open) {
        let words = Words::new().piece(Role::Text, Piece::Ago(at));
        let words = match item.by {
            Some(by) if by == sight.person => words.text(Role::Quiet, " by you"),
            Some(by) => words.text(Role::Quiet, format!(" by {}", Foreign::from(by).plain())),
            None => words,
        };
        lines.pair(if item.sort == Sort::Attested { "said" } else { "looked" }, words);
    }
    let gate = wizard.page_of(item.place) == Some(Page::Gate);
    if part.options.expires.is_none() && item.sort == Sort::Checked && gate && wizard.goes_on() && !wizard.is_let_go() {
        lines.pair(
            "counts",
            Words::new().prose(Role::Quiet, "at the go it is looked at again, unless that was just done"),
        );
    }
    if let Some(expires) = part.options.expires {
        let words = match (item.until(), item.left(sight.clock.now.wall)) {
            (Some(_), Some(left)) => Words::of(Role::Text, "for ")
                .piece(Role::Text, Piece::Until(sight.clock.now.mono.after(left)))
                .text(Role::Quiet, " more"),
            (Some(_), None) => Words::of(Role::Warn, "no more: it is looked at again"),
            (None, _) => Words::of(Role::Quiet, format!("for {}", short(expires))),
        };
        lines.pair("counts", words);
    }
    match &part.doing {
        Doing::Fact(fact) => lines.pair("asks", Words::new().prose(Role::Text, &Foreign::from(fact.told()).plain())),
        Doing::Check(service, probe) => lines.pair("asks", Words::of(Role::Text, format!("{service}/{probe}"))),
        Doing::Approve(quorum) => lines.pair("asks", Words::new().prose(Role::Text, &quorum.told())),
        Doing::Run(..)
        | Doing::Request(..)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Notify(..)
        | Doing::Call(..) => {}
    }
    if part.options.retries > 0 {
        let told = format!("{} times at most, every {}", part.options.retries + 1, short(part.options.every));
        lines.pair("tries", Words::new().prose(Role::Text, &told));
    }
    let steps = wizard.sheet.steps(&part.id);
    let several = steps.len() > 1;
    for (number, step) in &steps {
        found(*number, step, several, item, sight, wizard, lines, columns);
    }
    ways(item, wizard, sight, lines, columns);
}

#[expect(clippy::too_many_arguments, reason = "each is a part of what is drawn")]
fn found(
    number: usize,
    step: &RunStep,
    several: bool,
    item: &Item<'_>,
    sight: &Sight<'_>,
    wizard: Wizard<'_>,
    lines: &mut Lines,
    columns: usize,
) {
    let checks = step.verdict.as_ref().map(|verdict| verdict.checks.as_slice()).unwrap_or_default();
    let printed = wizard.conduct.and_then(|conduct| conduct.newest(number)).filter(|printed| !printed.is_empty());
    if step.note.is_empty() && checks.is_empty() && printed.is_none() && !several {
        return;
    }
    lines.space();
    if several {
        let words = runs::step_mark(step.state, sight.glyphs).text(Role::Strong, format!(" {}", step.host));
        lines.line(words.text(Role::Quiet, format!("  {}", runs::part_word(step.state))));
    }
    if !step.note.is_empty() {
        let role = match item.judged {
            Judged::Failed => Role::Bad,
            Judged::Waived => Role::Warn,
            Judged::Unknown => Role::Unknown,
            Judged::Open | Judged::Going | Judged::Waits | Judged::Shown | Judged::Passed | Judged::Skipped => {
                Role::Text
            }
        };
        lines.text(role, &step.note.plain());
    }
    for check in checks.iter().filter(|check| check.told.raw() != step.note.raw()) {
        let words = runs::finding_mark(check.finding, sight.glyphs).gap(1);
        let words = words.text(Role::Quiet, format!("{}  ", Foreign::from(check.name.as_str()).plain()));
        for line in words.prose(Role::Text, &check.told.plain()).wrapped(columns, sight.clock) {
            lines.line(line);
        }
    }
    if !step.command.is_empty() {
        lines.space();
        let clean = Foreign::from(step.command.trim_end()).clean(Budget::rows());
        for (at, row) in clean.rows.iter().take(COMMAND).enumerate() {
            let lead = if at == 0 { "$ " } else { "  " };
            lines.line(Words::of(Role::Faint, lead).text(Role::Command, row.text()));
        }
    }
    if let Some(printed) = printed {
        let count = printed.count();
        for line in (count.saturating_sub(PRINTED)..count).filter_map(|place| printed.line(place)) {
            lines.line(match line {
                Line::Said(text, error) => Words::of(if error { Role::Warn } else { Role::Text }, text.plain()),
                Line::Missing(bytes) => Words::of(Role::LogLoss, format!(" {bytes} bytes are not shown here ")),
            });
        }
    }
}

/// What can be done about an item, and by which key.
fn ways(item: &Item<'_>, wizard: Wizard<'_>, sight: &Sight<'_>, lines: &mut Lines, columns: usize) {
    if !wizard.goes_on() {
        return;
    }
    lines.space();
    let mut way = |action: Action, told: String| {
        let key = crate::text::fit(&(sight.key)(action), KEYS);
        let broken = Words::new().prose(Role::Quiet, &told).wrapped(columns.saturating_sub(KEYS), sight.clock);
        for (at, line) in broken.into_iter().enumerate() {
            let lead = if at == 0 { Words::of(Role::Key, key.clone()) } else { Words::new().gap(KEYS) };
            lines.line(lead.then(line));
        }
    };
    match (item.judged, item.sort) {
        (Judged::Shown, _) => way(Action::Tick, "judges it: it is good, or it is not".to_owned()),
        (Judged::Waits, Sort::Attested) if matches!(item.part.doing, Doing::Decide(_)) => {
            way(Action::Proceed, "chooses one of its ways".to_owned());
        }
        (Judged::Waits, Sort::Attested) if matches!(item.part.doing, Doing::Prompt(_)) => {
            way(Action::Proceed, "says what it asks for".to_owned());
        }
        // What was chosen has led the run on.
        (Judged::Passed, _) if matches!(item.part.doing, Doing::Decide(_) | Doing::Prompt(_)) => {}
        (Judged::Waits, Sort::Attested) if item.part.options.evidence => {
            way(Action::Tick, "attests it, with a note of what you saw".to_owned());
        }
        (Judged::Waits, Sort::Attested) => way(Action::Tick, "attests it with your name".to_owned()),
        (Judged::Passed, Sort::Attested | Sort::Evidence) => way(Action::Tick, "takes that back".to_owned()),
        (Judged::Failed | Judged::Unknown, _) => way(Action::AnswerRun, "says what becomes of it".to_owned()),
        (Judged::Open | Judged::Going | Judged::Waits | Judged::Waived | Judged::Skipped, _)
        | (Judged::Passed, Sort::Checked) => {}
    }
    if item.sort != Sort::Attested {
        way(Action::CheckAgain, "looks again".to_owned());
    }
    match &item.part.options.waiver {
        Some(role) if !item.judged.lets_pass() && !sight.environment.roles.has(sight.person, role) => {
            lines.text(Role::Quiet, &format!("Only the role {role} may waive it."));
        }
        Some(role) if !item.judged.lets_pass() => {
            way(Action::Waive, format!("waives it, as {role}, with a reason; that stays on the record"));
        }
        Some(_) => {}
        None if !item.judged.lets_pass() && wizard.current() == Page::Gate => {
            lines.text(Role::Quiet, "It can't be waived.");
        }
        None => {}
    }
}

/// What was recorded of the run's end.
fn recorded(state: &State, wizard: Wizard<'_>, sight: &Sight<'_>, lines: &mut Lines, columns: usize) {
    let known = sight.known.releases.as_ref();
    let all = following::all(wizard, sight);
    if let Some(one) = all.iter().find(|one| Some(one.place) == state.cursor()) {
        // The list beside it has the checklists: what it came to stands below what is under the cursor.
        following::detail(one, wizard, sight, lines, columns);
        lines.space();
        if wizard.run().is_some() {
            beside::verdict(lines, wizard, sight);
            lines.space();
        }
    }
    if let (None, Some((known, release))) = (wizard.run(), known.zip(wizard.release(known))) {
        return what::prose(lines, &in_full(&known.history, release));
    }
    let Some(run) = wizard.run().filter(|_| !wizard.goes_on()) else {
        lines.text(
            Role::Quiet,
            "Behind the last step stands what it came to: who brought what, when, how long it took, \
                         what was waived.",
        );
        return;
    };
    match known.and_then(|known| known.history.of_run(&run.id).map(|release| (known, release))) {
        Some((known, release)) => {
            what::prose(lines, &in_full(&known.history, release));
            what::examine(release, sight, lines);
        }
        None if !wizard.has_begun() => lines.text(Role::Quiet, "Nothing was changed, so no release was recorded."),
        None => lines.text(Role::Quiet, "No release of this run is known here."),
    }
}
