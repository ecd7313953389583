//! The list of each page: what can be chosen, the items of the gate, the phases of the run with their parts.

use std::time::Duration;

use ratatui::layout::Rect;

use super::sight::Sight;
use super::state::State;
use super::steps::run_line;
use super::{beside, following, what};
use crate::domain::Motion;
use crate::domain::lock::Stands as Held;
use crate::domain::motion::Code;
use crate::domain::procedure::Kind;
use crate::domain::time::short;
use crate::state::deploy::{Item, Judged, Page, Wizard};

use crate::style::{Glyphs, Role};
use crate::ui::words::Piece;
use crate::ui::{Pen, Words, pane};

/// From this width on an item has room for who judges it.
pub(super) const WIDE: u16 = 56;

/// Columns by which what is unfolded is set in.
const INDENT: usize = 2;
/// Lines of what was found of the item under the cursor.
const FOUND: usize = 3;
/// In fewer columns nothing is unfolded.
const LEAST: usize = 16;
/// Columns of how old something is, or how much longer it counts.
const AGE: usize = 13;

/// A line of the list.
pub(super) struct Line {
    /// What it is.
    pub(super) left: Words,
    /// How it stands.
    pub(super) right: Words,
    /// The part that it stands for.
    pub(super) part: Option<usize>,
    /// The part below whose line it stands.
    pub(super) below: Option<usize>,
    /// Whether it was broken because it stands under the cursor.
    unfolded: bool,
}

impl Line {
    /// A line that stands for a part, or for none.
    pub(super) fn new(left: Words, right: Words, part: Option<usize>) -> Self {
        Self { left, right, part, below: None, unfolded: false }
    }
}

/// How many lines the list of the page has.
pub fn count(state: &State, sight: &Sight<'_>, columns: usize) -> usize {
    match (state.page, sight.wizard) {
        (Page::What, _) => sight.choices().len(),
        (page, Some(wizard)) => shown(page, state.cursor(), wizard, sight, columns).len(),
        (_, None) => 0,
    }
}

/// The lines under the cursor: the first and the last.
pub fn row_of(state: &State, sight: &Sight<'_>, columns: usize) -> Option<(usize, usize)> {
    if state.page == Page::What {
        let pick = state.pick.as_ref()?;
        let row = sight.choices().iter().position(|row| row.pick().as_ref() == Some(pick))?;
        return Some((row, row));
    }
    let cursor = state.cursor()?;
    let lines = shown(state.page, Some(cursor), sight.wizard?, sight, columns);
    let first = lines.iter().position(|line| line.part == Some(cursor))?;
    Some((first, lines.iter().rposition(|line| line.below == Some(cursor)).unwrap_or(first).max(first)))
}

/// The part at a line of the list: of the line below an item, the item's.
pub fn part_at(state: &State, sight: &Sight<'_>, columns: usize, row: usize) -> Option<usize> {
    let lines = shown(state.page, state.cursor(), sight.wizard?, sight, columns);
    lines.get(row).and_then(|line| line.part.or(line.below))
}

/// Rows below the list that are taken by what holds for all of it.
pub fn below(page: Page, sight: &Sight<'_>, height: usize, columns: usize) -> usize {
    let Some(wizard) = sight.wizard.filter(|_| height >= 6) else { return 0 };
    let low = height < 9;
    match page {
        Page::Gate => 2 - usize::from(low),
        Page::Run if !motion(wizard).is_empty() => {
            // As much of it as the steps leave room for, and a little in any case.
            let wants = 1 + crate::text::wrap(&code_told(wizard, sight), columns.max(4)).len();
            let free = height.saturating_sub(lines(page, wizard, sight, columns).len());
            wants.min(free).max(3 - 2 * usize::from(low))
        }
        Page::What | Page::Plan | Page::Run | Page::Verify | Page::Verdict => 0,
    }
}

/// Which services run new and which old code.
pub(super) fn motion(wizard: Wizard<'_>) -> Motion {
    let steps = wizard.run().map(|run| run.steps.as_slice()).unwrap_or_default();
    crate::state::procedures::motion(wizard.sheet.procedure, wizard.environment, steps)
}

/// It in words. Where one goes back the releases are named: of a rollback the new code is the older release, and on the
/// way back of a deploy what is wanted is what ran before.
pub(super) fn code_told(wizard: Wizard<'_>, sight: &Sight<'_>) -> String {
    let back = wizard.sheet.procedure.header.kind == Kind::Rollback;
    let (new, old) = match (wizard.version_told(), back, wizard.rolls_back()) {
        (Some(version), true, false) => (version.clone(), format!("not yet {version}")),
        (Some(version), false, true) => {
            let before = wizard.before(sight.known).unwrap_or_else(|| "what ran before".to_owned());
            (format!("still {version}"), before)
        }
        (Some(version), true, true) => (format!("still {version}"), format!("not {version}")),
        (Some(_), false, false) | (None, ..) => return motion(wizard).words(),
    };
    motion(wizard).words_by(|code| match code {
        Code::New => new.clone(),
        Code::Old => old.clone(),
        Code::Between => code.word().to_owned(),
    })
}

/// Draws it.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let (title, remark) = title(state, sight);
    let inside = pane::frame(pen, area, &title, &remark, !state.in_detail);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let Some(wizard) = sight.wizard.filter(|_| state.page != Page::What) else {
        if state.page == Page::What {
            return what::list(state, sight, pen, area, inside);
        }
        pen.text(room.x, room.y, room.width, Role::Quiet, "Nothing is chosen yet: page 1 says what there is.");
        return;
    };
    if state.page == Page::Plan || state.page == Page::Verdict && state.follows == 0 {
        beside::lines(state.page, wizard, sight, usize::from(room.width)).draw(pen, room, 0);
        return;
    }
    let under = below(state.page, sight, usize::from(inside.height), usize::from(room.width));
    let under = u16::try_from(under).unwrap_or(0);
    let list = Rect { height: room.height.saturating_sub(under), ..room };
    let all = shown(state.page, state.cursor(), wizard, sight, usize::from(room.width));
    if all.is_empty() {
        let told = match state.page {
            Page::Gate => "It has no gate: nothing is judged before it may begin.",
            Page::Verify => "It verifies nothing behind its last step.",
            Page::What | Page::Plan | Page::Run | Page::Verdict => "It has no steps.",
        };
        pen.text(room.x, room.y, room.width, Role::Quiet, told);
    }
    let cursor = state.cursor();
    let mut window = state.window;
    window.height = usize::from(list.height);
    for (line, y) in all.iter().skip(window.top).zip(list.y..list.bottom()) {
        let wide = u16::try_from(line.right.width(pen.clock)).unwrap_or(list.width).min(list.width * 3 / 5);
        let gap = u16::from(wide > 0);
        pen.words(list.x, y, list.width.saturating_sub(wide + gap), &line.left);
        let right = Rect { x: list.right().saturating_sub(wide), width: wide, ..list };
        pen.words_right(right.x, y, right.width, &line.right);
        if cursor.is_some() && (line.part == cursor || line.unfolded && line.below == cursor) {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
    if state.page == Page::Verdict {
        // What is left until it is due is told in minutes.
        pen.changes_at(sight.clock.now.mono.after(Duration::from_secs(60)));
    }
    pane::more_below(pen, area, all.len().saturating_sub(window.top + window.height), 0);
    let under = Rect { y: list.bottom(), height: under, ..room };
    match state.page {
        Page::Gate => whole_gate(wizard, sight, pen, under),
        Page::Run => code(wizard, sight, pen, under),
        Page::What | Page::Plan | Page::Verify | Page::Verdict => {}
    }
}

fn title(state: &State, sight: &Sight<'_>) -> (Words, Words) {
    let name = |text: &str| Words::of(Role::Strong, text);
    let Some(wizard) = sight.wizard else { return (name(state.page.title()), Words::new()) };
    match state.page {
        Page::What => (name("What"), Words::new()),
        Page::Gate | Page::Verify => (counted(name(state.page.title()), &wizard.items(state.page)), Words::new()),
        Page::Plan => {
            let back = wizard.sheet.procedure.header.kind == Kind::Rollback;
            let over = wizard.run().is_some_and(|run| run.ended.is_some());
            let told = match (back, over) {
                (false, false) => "If it has to go back",
                (false, true) => "If it had to go back",
                (true, false) => "If this rollback fails",
                (true, true) => "If this rollback failed",
            };
            (name(told), Words::new())
        }
        Page::Run => {
            let (done, all) = wizard.steps_done();
            let words = name("Steps").text(Role::Quiet, format!(" {done} of {all}"));
            let usual = wizard.usually(sight.runs);
            (words, usual.map_or_else(Words::new, |usual| Words::of(Role::Quiet, format!("usually {}", short(usual)))))
        }
        Page::Verdict if state.follows > 0 => (following::title(&following::all(wizard, sight)), Words::new()),
        Page::Verdict => (name("Verdict"), Words::new()),
    }
}

/// `Gate 7 of 9 pass · 1 fails · 1 waits for you`.
fn counted(words: Words, items: &[Item<'_>]) -> Words {
    let of = |wanted: &[Judged]| items.iter().filter(|item| wanted.contains(&item.judged)).count();
    let passed = of(&[Judged::Passed]);
    let mut words = words.text(
        if passed == items.len() { Role::Good } else { Role::Quiet },
        format!(" {passed} of {} pass", items.len()),
    );
    let mut add = |count: usize, role: Role, one: &str, many: &str| {
        if count > 0 {
            let word = if count == 1 { one } else { many };
            words = std::mem::take(&mut words).text(Role::Quiet, " · ").text(role, format!("{count} {word}"));
        }
    };
    add(of(&[Judged::Failed]), Role::Bad, "fails", "fail");
    add(of(&[Judged::Unknown]), Role::Unknown, "unknown", "unknown");
    add(of(&[Judged::Waived]), Role::Warn, "waived", "waived");
    add(of(&[Judged::Skipped]), Role::Quiet, "skipped", "skipped");
    add(of(&[Judged::Waits, Judged::Shown]), Role::Warn, "waits for you", "wait for you");
    words
}

/// The lines as they are drawn: what is under the cursor and has no room in its line unfolds below it.
fn shown(page: Page, cursor: Option<usize>, wizard: Wizard<'_>, sight: &Sight<'_>, columns: usize) -> Vec<Line> {
    let all = lines(page, wizard, sight, columns);
    let unfolds = |line: &Line| cursor.is_some() && (line.part == cursor || line.below == cursor);
    all.into_iter().flat_map(|line| if unfolds(&line) { unfolded(line, sight, columns) } else { vec![line] }).collect()
}

/// A line with what has no room in it below.
fn unfolded(line: Line, sight: &Sight<'_>, columns: usize) -> Vec<Line> {
    let wide = line.right.width(sight.clock).min(columns * 3 / 5);
    let room = columns.saturating_sub(wide + usize::from(wide > 0));
    if line.left.width(sight.clock) <= room || room < LEAST {
        return vec![line];
    }
    let (part, below) = (line.part, line.part.or(line.below));
    let mut broken = line.left.wrapped(room.saturating_sub(INDENT), sight.clock).into_iter();
    let first = broken.next().unwrap_or_default();
    // What was found is read in the details: here as much of it as tells what it is about.
    if line.part.is_none() && broken.len() > FOUND - 1 {
        let mut kept: Vec<Words> = broken.take(FOUND - 1).collect();
        if let Some(last) = kept.pop() {
            kept.push(last.text(Role::Quiet, sight.glyphs.more));
        }
        broken = kept.into_iter();
    }
    let mut all = vec![Line { left: first, right: line.right, part, below: line.below, unfolded: true }];
    all.extend(broken.map(|left| Line {
        left: Words::new().gap(INDENT).then(left),
        right: Words::new(),
        part: None,
        below,
        unfolded: true,
    }));
    all
}

fn lines(page: Page, wizard: Wizard<'_>, sight: &Sight<'_>, columns: usize) -> Vec<Line> {
    match page {
        Page::Gate | Page::Verify => {
            wizard.items(page).iter().flat_map(|item| item_lines(item, wizard, sight, columns)).collect()
        }
        Page::Run => {
            let rows = wizard.rows(page, sight.runs, sight.clock.now.wall);
            rows.iter().map(|row| run_line(row, wizard, sight, columns)).collect()
        }
        Page::Verdict => following::lines(&following::all(wizard, sight), sight, columns),
        Page::What | Page::Plan => Vec::new(),
    }
}

/// The mark and the colour of an item.
pub(super) fn mark(judged: Judged, glyphs: &Glyphs) -> (&'static str, Role) {
    match judged {
        Judged::Open => (glyphs.states[1], Role::Quiet),
        Judged::Going => (glyphs.link, Role::RunGoing),
        Judged::Waits | Judged::Shown => (glyphs.states[1], Role::Warn),
        Judged::Passed => (glyphs.yes, Role::RunGood),
        Judged::Failed => (glyphs.no, Role::RunBad),
        Judged::Unknown => (glyphs.states[4], Role::RunUnknown),
        Judged::Waived => (glyphs.alarm, Role::Warn),
        Judged::Skipped => (glyphs.none, Role::RunStopped),
    }
}

/// An item: its title with who judges it and how old that is, and below it what was found.
fn item_lines(item: &Item<'_>, wizard: Wizard<'_>, sight: &Sight<'_>, columns: usize) -> Vec<Line> {
    let (glyph, role) = mark(item.judged, sight.glyphs);
    let left = Words::of(role, format!("{glyph} ")).prose(Role::Text, &wizard.title(item.part));
    let mut right = Words::new();
    if columns >= usize::from(WIDE) {
        right = right.text(Role::Quiet, format!("{:<8}", item.sort.word()));
    }
    let age = age(item, sight);
    let pad = AGE.saturating_sub(age.width(sight.clock));
    right = right.gap(2 + pad).then(age);
    let told = if item.told.is_empty() { item.judged.word().to_owned() } else { item.told.clone() };
    let of_told = match item.judged {
        Judged::Failed => Role::Bad,
        Judged::Unknown => Role::Unknown,
        Judged::Waits | Judged::Shown | Judged::Waived => Role::Warn,
        Judged::Open | Judged::Going | Judged::Passed | Judged::Skipped => Role::Quiet,
    };
    let mut below = Words::new().gap(2);
    if item.judged == Judged::Waived {
        let by = item.by.unwrap_or_default();
        let by = crate::text::Foreign::from(by).plain();
        below = below.text(Role::Warn, format!("waived by {by}: "));
    }
    let below = below.prose(of_told, &told).then(tries(item, wizard));
    let below = Line { below: Some(item.place), ..Line::new(below, Words::new(), None) };
    vec![Line::new(left, right, Some(item.place)), below]
}

/// How often an item is tried, and how long it may so take.
fn tries(item: &Item<'_>, _wizard: Wizard<'_>) -> Words {
    let options = &item.part.options;
    if options.retries == 0 || item.judged.lets_pass() {
        return Words::new();
    }
    Words::of(Role::Quiet, format!("  up to {} × {}", options.retries + 1, short(options.every)))
}

/// How old what was found is, or how much longer it counts.
fn age(item: &Item<'_>, sight: &Sight<'_>) -> Words {
    let now = sight.clock.now;
    match (item.until(), item.left(now.wall)) {
        (Some(_), Some(left)) => {
            let soon = left < Duration::from_secs(60);
            let role = if soon { Role::Warn } else { Role::Quiet };
            Words::of(role, "counts ").piece(role, Piece::Until(now.mono.after(left)))
        }
        (Some(_), None) => Words::of(Role::Warn, "expired"),
        (None, _) => match item.at.filter(|_| item.judged != Judged::Open) {
            Some(at) => Words::new().piece(Role::Faint, Piece::Since(at)),
            None => Words::of(Role::Faint, sight.glyphs.none),
        },
    }
}

/// What holds for the whole gate: the windows, the lock.
fn whole_gate(wizard: Wizard<'_>, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let now = sight.clock.now.wall;
    let windows = &sight.environment.windows;
    let mut words = Words::of(Role::Quiet, "Window ");
    let decided = wizard.run().and_then(|run| run.document.as_ref()).map(|document| &document.decided);
    words = if let Some(one) = decided.and_then(|decided| decided.overridden.as_ref()) {
        let plain = |text: &str| crate::text::Foreign::from(text).plain();
        words.text(Role::Warn, format!("{} overridden by {}: {}", sight.glyphs.alarm, plain(&one.by), plain(&one.why)))
    } else if windows.hold_for(wizard.sheet.procedure.header.kind) {
        let opening = windows.at(now);
        let (glyph, role) =
            if opening.is_open() { (sight.glyphs.yes, Role::Good) } else { (sight.glyphs.no, Role::Warn) };
        words.text(role, format!("{glyph} {}", opening.told(now)))
    } else {
        words.text(Role::Text, "none set")
    };
    let lock = match sight.conducted.locked() {
        Some(_) if sight.conducted.is_locked_by_left() => {
            Words::of(Role::Quiet, "Lock ").text(Role::Warn, format!("{} a run that you left", sight.glyphs.no))
        }
        Some(lock) => {
            let who = crate::text::Foreign::from(lock.holder.person.as_str()).plain();
            Words::of(Role::Quiet, "Lock ").text(Role::Warn, format!("{} {who}", sight.glyphs.no))
        }
        None if sight.conducted.lock.as_ref().is_some_and(|lock| lock.stands == Held::Held) => {
            Words::of(Role::Quiet, "Lock ").text(Role::Text, "yours")
        }
        None => Words::of(Role::Quiet, "Lock ").text(Role::Text, "free"),
    };
    let y = area.bottom().saturating_sub(1);
    let wide = u16::try_from(lock.width(pen.clock)).unwrap_or(0);
    pen.words_right(area.x, y, area.width, &lock);
    pen.words(area.x, y, area.width.saturating_sub(wide + 2), &words);
    // It counts down by itself.
    pen.changes_at(sight.clock.now.mono.after(Duration::from_secs(60)));
}

/// Which services run new and which run old code.
fn code(wizard: Wizard<'_>, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let told = Words::new().prose(Role::Text, &code_told(wizard, sight));
    if area.height == 1 {
        pen.words(area.x, area.y, area.width, &told);
        return;
    }
    let columns = usize::from(area.width);
    pen.text(area.x, area.y, area.width, Role::Quiet, "What code runs");
    let mut lines = crate::text::wrap(&code_told(wizard, sight), columns.max(4));
    // What has no room is marked: page 6 has all of it.
    let room = usize::from(area.height - 1);
    let rest = lines.split_off(room.saturating_sub(1).min(lines.len())).join(" ");
    lines.push(crate::text::truncate(&rest, columns));
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        pen.text(area.x, y, area.width, Role::Text, line);
    }
}
