//! The strip below the band: what a person must know now. Absent when there is nothing to say.

use ratatui::layout::Rect;

use super::hints::key_on_screen as key_of;
use super::model::Model;
use super::overlay::Overlay;
use super::{procedures, troubles};
use crate::domain::run::RunState;
use crate::domain::{Link, LinkFailure, RunId, SiteName};
use crate::input::Action;
use crate::port::act::StoreState;
use crate::port::procedure::Need;
use crate::state::procedures::Conduct;
use crate::state::procedures::guarded::{GuardStand, worst};
use crate::style::Role;
use crate::text::{Foreign, truncate, width};
use crate::ui::words::Piece;
use crate::ui::{Pen, Words};

/// Columns of the key that shows the run.
const SHOWS: usize = 16;
/// Columns below which nothing is said of what a run waits for.
const LEAST_ABOUT: usize = 8;
/// Columns from which on a run is named beside its digits, and the most of its name.
const ROOM_FOR_WHOSE: usize = 72;
const NAME: usize = 30;
/// Columns of a sentence about our own trouble, at the least.
const LEAST_TOLD: usize = 24;
/// The same of one about a run, which is named in front of it.
const LEAST_OF_RUN: usize = 12;

/// Draws the strip: trouble at the left, the change that goes on at the right.
pub fn view(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let most = area.width.saturating_sub(2);
    let run = run(model, usize::from(most), pen);
    let takes = u16::try_from(run.width(pen.clock)).unwrap_or(most).min(most);
    if takes > 0 {
        pen.words(area.right().saturating_sub(takes + 1), area.y, takes, &run);
    }
    trouble(model, pen, Rect { width: area.width.saturating_sub(takes + u16::from(takes > 0)), ..area });
}

/// How far the change is, or how it ended and nobody has seen it yet.
fn run(model: &Model, room: usize, pen: &Pen<'_>) -> Words {
    let glyphs = pen.styles.glyphs;
    if matches!(model.overlay, Some(Overlay::Running(_))) {
        return Words::new();
    }
    if let Some(words) = procedure(model, room, pen) {
        return words;
    }
    let under_way = &model.under_way;
    let key =
        |words: Words| words.gap(2).text(Role::Key, key_of(model, Action::ShowRun)).text(Role::Quiet, " shows it");
    if let Some(sent) = under_way.sent() {
        return key(Words::of(Role::RunGoing, format!("{} {}", glyphs.states[2], sent.title)));
    }
    if under_way.refused.is_some() {
        return key(Words::of(Role::Bad, format!("{} a change was not begun", glyphs.no)));
    }
    let Some(shown) = under_way.told() else { return left(model, room, pen) };
    let title = Foreign::from(shown.run.title.as_str()).plain();
    let (done, all) = shown.progress();
    let (mark, word) = match shown.run.state {
        RunState::Running => (glyphs.states[2], ""),
        RunState::Succeeded => (glyphs.yes, " succeeded"),
        RunState::Failed => (glyphs.no, " FAILED"),
        RunState::Stopped => (glyphs.none, " stopped"),
        RunState::Unknown => (glyphs.states[4], " UNKNOWN"),
    };
    let role = Role::run(shown.run.state);
    let mut words =
        Words::of(role, format!("{mark} ")).text(Role::Text, title).text(role, format!("{word} {done}/{all}"));
    if shown.goes_on() {
        words = words.text(Role::Quiet, format!(" {} ", glyphs.dot)).piece(Role::Quiet, Piece::Age(shown.at));
    }
    key(words)
}

/// That runs were left which nobody is at.
fn left(model: &Model, room: usize, pen: &Pen<'_>) -> Words {
    let Some((told, key, shows)) = procedures::left(model) else { return Words::new() };
    let shows = Words::new().gap(2).text(Role::Key, key).text(Role::Quiet, shows);
    let hides = shows
        .clone()
        .text(Role::Quiet, ", ")
        .text(Role::Key, key_of(model, Action::Back))
        .text(Role::Quiet, " hides this");
    // What it is about goes before what hides it.
    let fits = width(&told) + hides.width(pen.clock) + 2 <= room;
    let keys = if fits { hides } else { shows };
    let told = truncate(&told, room.saturating_sub(keys.width(pen.clock) + 2));
    Words::of(Role::Warn, format!("{} ", pen.styles.glyphs.alarm)).text(Role::Text, told).then(keys)
}

/// What a run of a procedure waits for, or that one goes on which is not on screen.
fn procedure(model: &Model, room: usize, pen: &Pen<'_>) -> Option<Words> {
    let glyphs = pen.styles.glyphs;
    let environment = model.environment()?;
    let title = |conduct: &Conduct| Foreign::from(conduct.run.title.as_str()).plain();
    let key = |words: Words, action: Action, told: &str| {
        words.gap(2).text(Role::Key, key_of(model, action)).text(Role::Quiet, told.to_owned())
    };
    let shows = |words: Words, conduct: &Conduct| key(words, procedures::shown_by(conduct, environment), " shows it");
    if let Some(conduct) = model.conducted.waiting().next() {
        let here = procedures::is_on_screen(model, &conduct.run.id);
        // Whoever paused it knows why it waits: no alarm.
        if conduct.needs.as_slice() == [Need::Paused] {
            let words = Words::of(Role::Info, format!("{} ", glyphs.none));
            let words = if here { words } else { words.text(Role::Text, format!("{} ", title(conduct))) };
            let words = words.text(Role::Info, "paused").text(Role::Quiet, ", no further step begins");
            return Some(if here { key(words, Action::PauseRun, " goes on") } else { shows(words, conduct) });
        }
        let words = Words::of(Role::Warn, format!("{} ", glyphs.alarm));
        let words = if here { words } else { words.text(Role::Text, format!("{} ", title(conduct))) };
        let words = words.text(Role::Warn, "needs you");
        let answers =
            if here { key(Words::new(), Action::AnswerRun, " answers") } else { shows(Words::new(), conduct) };
        // The key that answers has its place first: what it is about is cut where there is no room for all of it.
        let left = room.saturating_sub(words.width(pen.clock) + answers.width(pen.clock) + 2);
        let about = truncate(&procedures::need_told(model, conduct, environment), left);
        let words = if left < LEAST_ABOUT { words } else { words.text(Role::Text, format!(": {about}")) };
        return Some(words.then(answers));
    }
    let moving = |conduct: &&Conduct| conduct.moves() && !procedures::is_on_screen(model, &conduct.run.id);
    let conduct = model.conducted.all().iter().rev().find(moving)?;
    let done = conduct.run.steps.iter().filter(|step| step.state.is_final()).count();
    let words = Words::of(Role::RunGoing, format!("{} ", glyphs.states[2])).text(Role::Text, title(conduct));
    let words = words.text(Role::RunGoing, format!(" {done}/{}", conduct.run.steps.len()));
    let words = words.text(Role::Quiet, format!(" {} ", glyphs.dot)).piece(Role::Quiet, Piece::Age(conduct.at));
    let guarded = conduct.watching().find_map(|(_, watching)| worst(watching)).map(|row| {
        let role = match row.stand {
            GuardStand::Good => Role::Good,
            GuardStand::Tripped => Role::Bad,
            GuardStand::Wavers | GuardStand::Unsure => Role::Warn,
            GuardStand::Waits => Role::Quiet,
        };
        Words::of(Role::Quiet, format!(" {} ", glyphs.dot))
            .text(Role::Text, format!("{} ", row.name))
            .text(role, row.value)
            .text(Role::Quiet, format!(", {}", row.counts))
    });
    let fits = |more: &Words| words.width(pen.clock) + more.width(pen.clock) + SHOWS <= room;
    let words = match guarded.filter(fits) {
        Some(more) => words.then(more),
        None => words,
    };
    Some(shows(words, conduct))
}

fn trouble(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let said = said(model, usize::from(area.width.saturating_sub(4)));
    if said.is_empty() {
        return;
    }
    let mut words = Words::of(Role::Bad, pen.styles.glyphs.alarm).gap(1);
    for (number, one) in said.into_iter().enumerate() {
        if number > 0 {
            words = words.text(Role::Quiet, format!("  {}  ", pen.styles.glyphs.dot));
        }
        words = words.then(one);
    }
    pen.ground(area, Role::Strip);
    pen.words(area.x + 1, area.y, area.width.saturating_sub(2), &words);
}

/// Whether it has something to say that must be read: trouble, a run that waits for a person, one that was left.
pub fn speaks(model: &Model) -> bool {
    let left = procedures::left(model).is_some();
    left || !said(model, usize::MAX).is_empty() || model.conducted.waiting().next().is_some()
}

/// What is to be read; the newest sentence takes so many columns that the key beside it is in sight.
fn said(model: &Model, room: usize) -> Vec<Words> {
    let mut said = Vec::new();
    if let Some(StoreState::ReadOnly(why)) = &model.store {
        let why = Foreign::from(why.as_str()).plain();
        said.push(
            Words::of(Role::Bad, "no change can be recorded, so none is made").text(Role::Text, format!(": {why}")),
        );
    }
    if let Some(fleet) = &model.fleet {
        for row in &fleet.hosts {
            let Link::Stopped { why, .. } = &row.link else { continue };
            let name = &row.host.name;
            let changed = matches!(why, LinkFailure::HostKeyChanged(_));
            let words = if changed {
                Words::of(Role::Bad, format!("{name}: HOST KEY CHANGED")).text(Role::Text, ", not connected")
            } else {
                Words::of(Role::Bad, format!("{name}: {}", why.short()))
                    .text(Role::Quiet, ", ")
                    .text(Role::Key, key_of(model, Action::RetryNow))
                    .text(Role::Quiet, " tries again")
            };
            said.push(words);
        }
    }
    let troubles = troubles::in_sight(model);
    if let Some(newest) = troubles.last() {
        let older = troubles.len() - 1;
        let of = newest.run.as_ref().map(|run| whose(model, run, room)).unwrap_or_default();
        let newest = Foreign::from(newest.sentence.as_str()).plain();
        let key = key_of(model, Action::Back);
        let hides = if of.is_empty() || room >= ROOM_FOR_WHOSE { " hides this" } else { " hides" };
        let least = if of.is_empty() { LEAST_TOLD } else { LEAST_OF_RUN };
        let beside = width(&of) + ", ".len() + key.len() + hides.len();
        let more = if older > 0 { format!(" and {older} more").len() } else { 0 };
        let newest = truncate(newest.trim_end_matches('.'), room.saturating_sub(beside + more).max(least));
        let mut words = Words::of(Role::Strong, of).text(Role::Text, newest);
        if older > 0 {
            words = words.text(Role::Quiet, format!(" and {older} more"));
        }
        said.push(words.text(Role::Quiet, ", ").text(Role::Key, key).text(Role::Quiet, hides));
    }
    if let Some(environment) = model.environment().filter(|environment| !environment.trusted) {
        // What helps stands first: behind it there may be no room.
        let words = Words::of(Role::Warn, "untrusted site").text(Role::Text, ": ");
        let words = words.text(Role::Strong, format!("qd trust {}", word_for(model, &environment.site)));
        said.push(words.text(Role::Text, " lets it run commands of its own"));
    }
    said
}

/// The run of which something is told: what it is, and by which digits it is told from others.
fn whose(model: &Model, run: &RunId, room: usize) -> String {
    let conduct = model.conducted.get(run).filter(|_| room >= ROOM_FOR_WHOSE);
    let name = conduct.zip(model.environment()).map(|(conduct, here)| troubles::name(conduct, here));
    match name {
        Some(name) => format!("{}, run {}: ", truncate(&name, NAME), run.short()),
        None => format!("run {}: ", run.short()),
    }
}

/// What a shell must be given to mean this site: its folder, because its name may mean another one or none.
pub(super) fn word_for(model: &Model, name: &SiteName) -> String {
    let site = model.setup.sites.iter().find(|site| site.name == *name);
    let Some(folder) = site.and_then(|site| site.folder.as_ref()) else { return name.to_string() };
    crate::state::typed::folder(folder)
}
