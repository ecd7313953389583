//! The head: what is brought where in the colour of the environment, who has the lock, how long it takes, and the pages.

use ratatui::layout::Rect;

use super::sight::Sight;
use super::state::State;
use crate::domain::lock::Stands as Held;
use crate::domain::procedure::Kind;
use crate::domain::release::Reversible;
use crate::domain::run::RunState;
use crate::domain::time::short;
use crate::state::deploy::{Page, Stands, Wizard};
use crate::state::releases::looks_for_migrations;
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Pen, Words, figure};

/// In fewer columns the pages have no room for every word, however short it is just now: the bar keeps its form when one
/// gets longer.
const ALL_WORDS: usize = 140;

/// What is brought where; at the right the lock and the time.
pub fn title(sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let room = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let right = right(sight, usize::from(room.width / 2));
    let takes = u16::try_from(right.width(pen.clock)).unwrap_or(0).min(room.width / 2);
    pen.words_right(room.x, room.y, room.width, &right);
    let left = room.width.saturating_sub(takes + u16::from(takes > 0) * 2);
    pen.words(room.x, room.y, left, &left_words(sight));
}

fn left_words(sight: &Sight<'_>) -> Words {
    let name = sight.environment.name.as_str().to_uppercase();
    let place = Words::of(sight.band(), format!(" {name} "));
    let place = if sight.environment.protected { place.text(Role::Warn, " protected") } else { place };
    let Some(wizard) = sight.wizard else {
        return Words::of(Role::Strong, "Deploy").text(Role::Quiet, " to ").then(place);
    };
    let (verb, to) = match wizard.sheet.procedure.header.kind {
        Kind::Rollback => ("Roll back", " in "),
        Kind::Deploy | Kind::Runbook | Kind::Guide | Kind::Restore | Kind::Maintenance | Kind::Task => {
            ("Deploy", " to ")
        }
    };
    let words = Words::of(Role::Strong, verb);
    let words = match (wizard.version_told(), verb) {
        (Some(version), "Deploy") => words.text(Role::Key, format!(" {version}")),
        (Some(version), _) => words.text(Role::Quiet, " to").text(Role::Key, format!(" {version}")),
        (None, _) => words,
    };
    let words = words.text(Role::Quiet, to).then(place);
    let new = new(sight, wizard);
    if new.is_empty() { words } else { words.gap(2).then(new) }
}

/// What it takes the place of, and what is new in it.
fn new(sight: &Sight<'_>, wizard: Wizard<'_>) -> Words {
    let facts = wizard.version().and_then(|version| sight.known.facts(&version)).and_then(|facts| facts.as_ref().ok());
    let Some(since) = facts.and_then(|facts| facts.since.as_ref()).and_then(|since| since.as_ref().ok()) else {
        return Words::new();
    };
    let dot = format!(" {} ", sight.glyphs.dot);
    let words = match (since.ahead, since.behind) {
        (0, 0) => Words::of(Role::Quiet, "the same commit"),
        (0, behind) => Words::of(Role::Warn, format!("{} taken away", figure::count(behind, "commit"))),
        (ahead, 0) => Words::of(Role::Quiet, figure::count(ahead, "commit")),
        (ahead, behind) => Words::of(Role::Quiet, figure::count(ahead, "commit"))
            .text(Role::Warn, format!(", {} taken away", figure::count(behind, "commit"))),
    };
    // Where nobody looks for them nothing is said of them.
    let words = if since.migrations.is_empty() && !looks_for_migrations(sight.environment) {
        words
    } else {
        words.text(Role::Quiet, dot).text(Role::Quiet, figure::count(since.migrations.len(), "migration"))
    };
    let lost = since.migrations.iter().filter(|one| one.migration.reversible != Reversible::Yes).count();
    match lost {
        0 => words,
        lost => words.text(Role::Warn, format!(", {lost} not reversible")),
    }
}

fn right(sight: &Sight<'_>, columns: usize) -> Words {
    let mut words = lock(sight);
    let Some((wizard, run)) = sight.wizard.and_then(|wizard| Some((wizard, wizard.run()?))) else { return words };
    if !words.is_empty() {
        words = words.gap(2);
    }
    // What may take so long is what is done: not the time for which people are waited for at the gate, but also that for
    // which nobody is at it.
    let spent = wizard.spent(sight.clock.now.wall);
    let budget = wizard.sheet.procedure.header.budget.filter(|_| spent.is_some());
    let over = spent.and_then(|spent| spent.over);
    let from = spent.map_or(run.begun, |spent| spent.from);
    let so_far = spent.map(|spent| spent.time).or_else(|| wizard.took()).unwrap_or_default();
    let role = if over.is_some() { Role::Warn } else { Role::Strong };
    words = match run.ended {
        None if run.state == RunState::Running => words.piece(role, Piece::Since(from)),
        Some(_) | None => words.text(role, short(so_far)),
    };
    let Some(budget) = budget else { return words };
    words = words.text(if over.is_some() { Role::Warn } else { Role::Quiet }, format!(" of {}", short(budget)));
    let Some(over) = over else { return words };
    let told = format!(", over its budget by {}", short(over));
    let fits = words.width(sight.clock) + crate::text::width(&told) <= columns;
    if fits { words.text(Role::Warn, told) } else { words }
}

/// Who has the lock.
fn lock(sight: &Sight<'_>) -> Words {
    let Some(lock) = &sight.conducted.lock else { return Words::new() };
    match lock.stands {
        Held::Held | Held::Reserved => {}
        Held::Free | Held::Lapsed => return Words::new(),
    }
    let run = lock.holder.run.as_ref();
    // Of a run that has just ended here it is about to be given back.
    let own = run.is_some_and(|run| sight.conducted.get(run).is_some() && !sight.conducted.is_open(run));
    if own || sight.conducted.locked().is_none() {
        return Words::of(Role::Quiet, "you hold the lock");
    }
    if sight.conducted.is_locked_by_left() {
        return Words::of(Role::Warn, "a run that you left has the lock");
    }
    let who = crate::text::truncate(&Foreign::from(lock.holder.person.as_str()).plain(), 16);
    let gone = if lock.stands == Held::Reserved { ", gone" } else { "" };
    Words::of(Role::Warn, format!("locked by {who}{gone}"))
}

/// What of the gate was waived, by whom and why, and who overrode the window: to be seen to the end.
pub fn waived(sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let Some(wizard) = sight.wizard else { return };
    let all = wizard.let_pass();
    let room = usize::from(area.width.saturating_sub(2));
    let told = format!("{} {}", sight.glyphs.alarm, all.join("; "));
    pen.ground(area, Role::Strip);
    pen.text(area.x + 1, area.y, area.width.saturating_sub(2), Role::Warn, &crate::text::truncate(&told, room));
}

/// The mark and the colour of how a page stands.
fn mark(stands: Stands, glyphs: &Glyphs) -> (&'static str, Role) {
    match stands {
        Stands::Ahead => (glyphs.states[1], Role::Quiet),
        Stands::Going => (glyphs.link, Role::RunGoing),
        Stands::Waits => (glyphs.alarm, Role::Warn),
        Stands::Trouble => (glyphs.no, Role::RunBad),
        Stands::Unclear => (glyphs.states[4], Role::RunUnknown),
        Stands::Over => (glyphs.yes, Role::RunGood),
        Stands::Back => (glyphs.restarts, Role::Warn),
        Stands::Never => (glyphs.none, Role::RunStopped),
    }
}

/// The pages, each with its mark, and with its word as far as there is room.
pub fn pages(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let current = sight.wizard.map_or(Page::What, |wizard| wizard.current());
    let stands = |page: Page| match sight.wizard {
        Some(wizard) => wizard.stands(page),
        None if page == Page::What => (Stands::Waits, "choose".to_owned()),
        None => (Stands::Ahead, "ahead".to_owned()),
    };
    let told = |page: Page, word: bool| {
        let (stands, said) = stands(page);
        let (glyph, role) = mark(stands, sight.glyphs);
        let name = if page == state.page { Role::Strong } else { Role::Quiet };
        let words = Words::of(role, format!("{glyph} ")).text(name, format!("{} {}", page.number(), page.title()));
        if word && !said.is_empty() { words.text(role, format!(" {said}")) } else { words }
    };
    let line = |words: &dyn Fn(Page) -> bool, between: &str| {
        let mut places = Vec::new();
        let (mut all, mut at) = (Words::new(), 0);
        for page in Page::ALL {
            if page != Page::What {
                all = all.text(Role::Line, between);
                at += crate::text::width(between);
            }
            let one = told(page, words(page));
            let wide = one.width(pen.clock);
            places.push((page, at, wide));
            at += wide;
            all = all.then(one);
        }
        (all, places, at)
    };
    let then = sight.glyphs.then;
    let room = usize::from(area.width.saturating_sub(2));
    let wide = format!("   {then}   ");
    let narrow = format!(" {then} ");
    let every = |_: Page| true;
    // What the mark alone does not say.
    let telling = |page: Page| {
        let plain = match stands(page).0 {
            Stands::Ahead => true,
            Stands::Over => page != Page::Gate,
            Stands::Going | Stands::Waits | Stands::Trouble | Stands::Unclear | Stands::Back | Stands::Never => false,
        };
        page == current || !plain && !matches!(page, Page::What | Page::Plan)
    };
    let near = |page: Page| page == current || page == state.page;
    let only = |page: Page| page == current;
    let none = |_: Page| false;
    let tight = format!("{then} ");
    let tries: [(&dyn Fn(Page) -> bool, &str); 7] = [
        (&every, &wide),
        (&every, &narrow),
        (&telling, &narrow),
        (&near, &narrow),
        (&only, &narrow),
        (&only, &tight),
        (&none, &tight),
    ];
    let roomy = if room < ALL_WORDS { 2 } else { 0 };
    let fits =
        tries.into_iter().skip(roomy).map(|(words, between)| line(words, between)).find(|(.., all)| *all <= room);
    let Some((words, places, _)) = fits else { return };
    pen.words(area.x + 1, area.y, area.width.saturating_sub(2), &words);
    for (page, at, wide) in places {
        if page == state.page {
            let (at, wide) = (u16::try_from(at).unwrap_or(0), u16::try_from(wide).unwrap_or(0));
            pen.tint(Rect { x: area.x + at, width: wide + 2, ..area }, Role::Selected);
        }
    }
}

/// How far it is: parts that are done of all that an ordinary run has.
pub fn bar(sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let Some(wizard) = sight.wizard.filter(|wizard| wizard.run().is_some()) else { return };
    let (done, all) = wizard.sheet.progress();
    let width = usize::from(area.width.saturating_sub(2));
    let filled = (width * done).checked_div(all).unwrap_or(0).min(width);
    let [full, empty] = sight.glyphs.meter;
    let trouble = wizard.goes_on() && Page::ALL.iter().any(|page| wizard.stands(*page).0 == Stands::Trouble);
    let role = match wizard.run().map(|run| run.state) {
        Some(RunState::Succeeded) => Role::RunGood,
        Some(RunState::Failed | RunState::Stopped) if wizard.rolls_back() => Role::Warn,
        Some(RunState::Failed | RunState::Stopped) => Role::RunBad,
        Some(RunState::Unknown) => Role::RunUnknown,
        _ if trouble || wizard.rolls_back() => Role::Warn,
        Some(RunState::Running) | None => Role::RunGoing,
    };
    let words = Words::of(role, full.repeat(filled)).text(Role::Line, empty.repeat(width - filled));
    pen.words(area.x + 1, area.y, area.width.saturating_sub(2), &words);
}
