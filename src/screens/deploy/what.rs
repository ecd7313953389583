//! The first page: what can be chosen, and what is known of the row under the cursor.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::sight::Sight;
use super::state::State;
use crate::domain::lock::Stands;
use crate::domain::procedure::{Kind, Procedure};
use crate::domain::release::{History, Verdict};
use crate::domain::run::Go;
use crate::domain::source::{Named, Version};
use crate::domain::time::short;
use crate::domain::{Release, Run};
use crate::input::Action;
use crate::state::deploy::what::{BACK_TO, RELEASED, Row, VERSIONS, brings, goes_back};
use crate::state::deploy::{Page, Sort, Wizard, names_version};
use crate::state::procedures::Sheet;
use crate::state::releases::{What, in_full, newest_of, service, trouble, what};
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Lines, Pen, Words, figure, pane, runs};

/// Columns of how long ago something was.
const AGE: usize = 7;

/// Draws the list.
pub(super) fn list(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect, inside: Rect) {
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let rows = sight.choices();
    let name = sight.wizard.map(|wizard| &wizard.sheet.procedure.name);
    let version = sight.wizard.and_then(|wizard| wizard.version());
    for (row, y) in rows.iter().skip(state.window.top).zip(room.y..room.bottom()) {
        let chosen = match row {
            Row::Procedure(procedure) => name == Some(&procedure.name),
            Row::Version(one) => version.as_deref().is_some_and(|word| one.name.raw() == word.as_bytes()),
            Row::Release(_, Ok(word)) => version.as_ref() == Some(word),
            Row::Release(_, Err(_)) | Row::Heading(_) | Row::Unfinished(_) | Row::Said(_) => false,
        };
        let (left, right) = told(row, chosen, sight);
        let wide = u16::try_from(right.width(pen.clock)).unwrap_or(room.width).min(room.width / 2);
        pen.words(room.x, y, room.width.saturating_sub(wide + u16::from(wide > 0)), &left);
        pen.words_right(room.right().saturating_sub(wide), y, wide, &right);
        if row.pick().is_some() && row.pick() == state.pick {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
    pane::more_below(pen, area, rows.len().saturating_sub(state.window.top + usize::from(room.height)), 0);
}

fn told(row: &Row<'_>, chosen: bool, sight: &Sight<'_>) -> (Words, Words) {
    let dot = if chosen { sight.glyphs.mark } else { " " };
    let lead = |words: Words| Words::of(Role::Key, format!("{dot} ")).then(words);
    match row {
        Row::Heading(text) => (Words::of(Role::Heading, *text), read(text, sight)),
        Row::Said(text) => (Words::new().gap(2).text(Role::Quiet, text.clone()), Words::new()),
        Row::Procedure(procedure) => {
            let role = if chosen { Role::Strong } else { Role::Text };
            let title = lead(Words::of(role, procedure.header.title.plain()));
            (title, Words::of(Role::Quiet, procedure.header.kind.word()))
        }
        Row::Unfinished(open) => {
            let left = Left::of(&open.run, sight);
            // What tells it from others comes first; what has no room is its title.
            let words =
                Words::of(Role::Warn, format!("{} ", sight.glyphs.alarm)).text(Role::Strong, left.version.clone());
            let words = if left.version.is_empty() { words } else { words.gap(2) };
            let words =
                words.text(Role::Text, left.page.clone()).text(Role::Quiet, format!("  {}  ", open.run.id.short()));
            let words = words.text(Role::Quiet, Foreign::from(open.run.title.as_str()).plain());
            let held = if left.locks { Words::of(Role::Warn, "has the lock ") } else { Words::new() };
            (words, held.piece(Role::Warn, Piece::Since(open.run.begun)))
        }
        Row::Version(version) => {
            let role = if chosen { Role::Strong } else { Role::Text };
            let name = match version.named {
                Named::Commit => version.commit.short().to_owned(),
                Named::Tag | Named::Branch => version.name.plain(),
            };
            let words = lead(Words::of(role, name)).then(before(version, sight));
            let words = words.gap(2).text(Role::Quiet, version.commit.subject.plain());
            let right = Words::of(Role::Quiet, format!("{:<6}", version.named.word()));
            let right = match version.commit.at {
                Some(at) => right.then(aged(at, sight)),
                None => right,
            };
            (words, right)
        }
        Row::Release(release, can) => self::release(release, can, chosen, sight),
    }
}

/// What became of a version here before, where that was not good: the words of the releases below.
fn before(version: &Version, sight: &Sight<'_>) -> Words {
    let Some(known) = &sight.known.releases else { return Words::new() };
    let (history, commit) = (&known.history, Some(version.commit.id.as_str()));
    let Some(release) = newest_of(history, &version.name.plain(), commit) else { return Words::new() };
    let stands = history.stands(release);
    if stands == Verdict::Good {
        return Words::new();
    }
    Words::new().gap(2).text(verdict(stands, sight).1, word(history, release))
}

/// How old it is what stands below a heading.
fn read(heading: &str, sight: &Sight<'_>) -> Words {
    let at = match heading {
        VERSIONS => sight.known.versions_at.filter(|_| sight.known.versions.is_some()),
        BACK_TO | RELEASED => sight.known.releases_at.filter(|_| sight.known.releases.is_some()),
        _ => None,
    };
    at.map_or_else(Words::new, |at| Words::of(Role::Faint, "read ").piece(Role::Faint, Piece::Ago(at)))
}

fn release(release: &Release, can: &Result<String, &'static str>, chosen: bool, sight: &Sight<'_>) -> (Words, Words) {
    let Some(known) = &sight.known.releases else { return (Words::new(), Words::new()) };
    let stands = known.history.stands(release);
    let (glyph, role) = verdict(stands, sight);
    let backwards = sight.wizard.is_some_and(|wizard| goes_back(wizard.sheet.procedure));
    let name = match (can, backwards) {
        (Ok(_), _) if chosen => Role::Strong,
        (Ok(_), _) => Role::Text,
        (Err(_), true) => Role::Faint,
        (Err(_), false) => Role::Quiet,
    };
    let version = if release.version.is_empty() {
        release.commit.as_ref().map_or_else(|| "no name".to_owned(), |commit| commit.plain().chars().take(10).collect())
    } else {
        release.version.plain()
    };
    let mark = if chosen { Words::of(Role::Key, sight.glyphs.mark) } else { Words::of(role, glyph) };
    let words = mark.gap(1).text(name, version);
    let words = match &release.service {
        Some(service) => words.text(Role::Quiet, format!("  {service}")),
        None => words,
    };
    let words = match can {
        Err(why) if backwards => words.gap(2).text(Role::Quiet, format!("can't be chosen: {why}")),
        Err(_) | Ok(_) => words.gap(2).text(role, word(&known.history, release)),
    };
    let who = crate::text::truncate(&Foreign::from(release.person.as_str()).plain(), 16);
    (words, Words::of(Role::Quiet, who).then(aged(release.at, sight)))
}

/// How long ago that was, in a column of its own.
fn aged(at: jiff::Timestamp, sight: &Sight<'_>) -> Words {
    let age = Words::new().piece(Role::Faint, Piece::Since(at));
    Words::new().gap(1 + AGE.saturating_sub(age.width(sight.clock))).then(age)
}

/// How a release stands, in a word.
fn word(history: &History, release: &Release) -> String {
    let kind = if release.kind == Kind::Rollback { "rollback, " } else { "" };
    format!("{kind}{}", crate::state::releases::verdict(history, release))
}

fn verdict(verdict: Verdict, sight: &Sight<'_>) -> (&'static str, Role) {
    match verdict {
        Verdict::Good => (sight.glyphs.yes, Role::Good),
        Verdict::RolledBack => (sight.glyphs.restarts, Role::Warn),
        Verdict::Failed => (sight.glyphs.no, Role::Bad),
        Verdict::Unknown => (sight.glyphs.states[4], Role::Unknown),
    }
}

/// The title of what is known of the row under the cursor.
pub(super) fn title(state: &State, sight: &Sight<'_>) -> Words {
    match here(state, sight) {
        Some(Row::Procedure(procedure)) => Words::of(Role::Strong, procedure.header.title.plain()),
        Some(Row::Version(version)) => {
            Words::of(Role::Strong, version.name.plain()).text(Role::Quiet, format!(" {}", version.named.word()))
        }
        Some(Row::Release(..)) => Words::of(Role::Strong, "Release"),
        Some(Row::Unfinished(_)) => Words::of(Role::Strong, "Unfinished"),
        Some(Row::Heading(_) | Row::Said(_)) | None => Words::of(Role::Strong, "About"),
    }
}

/// The row under the cursor.
fn here<'a>(state: &State, sight: &Sight<'a>) -> Option<Row<'a>> {
    let pick = state.pick.as_ref()?;
    sight.choices().into_iter().find(|row| row.pick().as_ref() == Some(pick))
}

/// What is known of the row under the cursor.
pub(super) fn lines(state: &State, sight: &Sight<'_>, lines: &mut Lines) {
    match here(state, sight) {
        Some(Row::Procedure(one)) => procedure(one, sight, lines),
        Some(Row::Version(version)) => of_version(&version.name.plain(), sight, lines),
        Some(Row::Release(release, can)) => {
            if let (Err(why), true) = (&can, sight.wizard.is_some_and(|wizard| goes_back(wizard.sheet.procedure))) {
                lines.text(Role::Warn, &format!("It can't be gone back to: {why}."));
                lines.space();
            }
            if let Some(known) = &sight.known.releases {
                prose(lines, &in_full(&known.history, release));
                examine(release, sight, lines);
            }
        }
        Some(Row::Unfinished(open)) => unfinished(&open.run, sight, lines),
        Some(Row::Heading(_) | Row::Said(_)) | None => {
            lines.text(
                Role::Quiet,
                "A deploy or a rollback of this environment, chosen at the left, is judged, shown, \
                             run, verified and recorded here.",
            );
        }
    }
}

/// Lines of a text that was laid out already; what is bad in it has colour.
pub(super) fn prose(lines: &mut Lines, text: &str) {
    for line in text.trim_end().lines() {
        let lower = line.to_lowercase();
        let bad = ["can't be taken back", "would be taken away", "not again", "failed", "nobody says", "not clear"];
        let role = if bad.iter().any(|word| lower.contains(word)) { Role::Warn } else { Role::Text };
        // A word and what stands in the column behind it.
        if let Some((label, value)) = line.split_once("  ").filter(|(label, _)| !label.is_empty() && label.len() < 11) {
            lines.pair(label, Words::new().prose(role, value));
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        lines.indented(indent.min(8), Words::new().prose(role, line));
    }
}

/// The key that says what was found of a release, where that is still to be said.
pub(super) fn examine(release: &Release, sight: &Sight<'_>, lines: &mut Lines) {
    let good = |history: &History| history.stands(release) == Verdict::Good;
    let open = release.examined.is_none() && !sight.known.releases.as_ref().is_some_and(|known| good(&known.history));
    if open {
        lines.space();
        lines.text(Role::Warn, &examines(sight));
    }
}

fn examines(sight: &Sight<'_>) -> String {
    format!("{} says here what was found; then it may be deployed again.", (sight.key)(Action::ExamineRelease))
}

fn of_version(version: &str, sight: &Sight<'_>, lines: &mut Lines) {
    let Some(wizard) = sight.wizard else { return };
    let Some(known) = &sight.known.releases else {
        lines.text(Role::Quiet, "The record of releases is being read.");
        return;
    };
    let Some(facts) = sight.known.facts(version) else {
        lines.text(Role::Quiet, "git is being asked about it.");
        return;
    };
    let service = service(wizard.sheet.procedure);
    let trouble = trouble(&known.history, wizard.sheet.procedure, version, sight.known.commit(version));
    let what = what(&What {
        environment: sight.environment,
        service: service.as_ref(),
        history: &known.history,
        facts: facts.as_deref().map_err(String::as_str),
        version,
        trouble: trouble.as_deref(),
        now: sight.clock.now.wall,
    });
    prose(lines, &what);
    if trouble.is_some() {
        lines.space();
        lines.text(Role::Warn, &examines(sight));
    }
    for told in &known.told {
        lines.space();
        lines.text(Role::Warn, &Foreign::from(told.as_str()).plain());
    }
}

fn procedure(procedure: &Procedure, sight: &Sight<'_>, lines: &mut Lines) {
    let header = &procedure.header;
    lines.pair("kind", Words::of(Role::Text, header.kind.word()));
    lines.pair("file", Words::of(Role::Quiet, Foreign::from(procedure.file.as_str()).plain()));
    let Some(wizard) = sight.wizard.filter(|wizard| wizard.sheet.procedure.name == procedure.name) else {
        lines.space();
        lines.text(Role::Quiet, "enter chooses it.");
        return;
    };
    if let Some(budget) = header.budget {
        lines.pair("may take", Words::of(Role::Text, short(budget)));
    }
    if let Some(usual) = wizard.usually(sight.runs) {
        lines.pair("usually", Words::of(Role::Text, short(usual)));
    }
    let gate = wizard.parts(Page::Gate).len();
    if gate > 0 {
        let of = |sort: Sort| wizard.count(Page::Gate, sort);
        let told = format!(
            "{}: {} checked, {} with evidence, {} attested",
            figure::count(gate, "item"),
            of(Sort::Checked),
            of(Sort::Evidence),
            of(Sort::Attested)
        );
        lines.pair("gate", Words::new().prose(Role::Text, &told));
    }
    let phases: Vec<String> = wizard
        .rows(Page::Run, sight.runs, sight.clock.now.wall)
        .into_iter()
        .filter_map(|row| match row {
            crate::state::deploy::Row::Phase(phase) => Some(phase.title),
            crate::state::deploy::Row::Part(_) | crate::state::deploy::Row::Beside(..) => None,
        })
        .collect();
    lines.pair("phases", Words::listed(Role::Text, &phases));
    let lock = if header.lock { "taken before its first change" } else { "it takes none" };
    lines.pair("lock", Words::new().prose(if header.lock { Role::Text } else { Role::Warn }, lock));
    let back = if wizard.has_way_back() { "written down" } else { "none is written down" };
    lines.pair("way back", Words::of(if wizard.has_way_back() { Role::Text } else { Role::Warn }, back));
    inputs(procedure, sight, lines);
    if brings(procedure) || goes_back(procedure) {
        lines.space();
        runs_now(procedure, sight, lines);
    }
}

/// What it wants to know, with what was said the last time.
fn inputs(procedure: &Procedure, sight: &Sight<'_>, lines: &mut Lines) {
    if procedure.header.inputs.is_empty() {
        return;
    }
    lines.space();
    lines.text(Role::Strong, "Wants to know");
    let version = names_version(procedure);
    for input in &procedure.header.inputs {
        let told = sight.wizard.and_then(|wizard| wizard.told.get(input.name.as_str()).cloned());
        let last = last(
            &sight.conducted.past.get(&procedure.name).map(|past| past.typed(&input.name).to_vec()),
            input,
            sight.runs,
        );
        let words = match (told, last) {
            _ if input.secret => Words::of(Role::Quiet, "a secret: fetched when it is needed"),
            (Some(told), _) => Words::of(Role::Text, Foreign::from(told).plain()),
            (None, _) if version == Some(&input.name) => Words::of(Role::Quiet, "chosen at the left"),
            (None, Some(last)) => Words::of(Role::Quiet, "last ").text(Role::Text, Foreign::from(last).plain()),
            (None, None) => Words::of(Role::Quiet, "asked for"),
        };
        lines.pair(input.name.as_str(), words);
        lines.below(Words::new().prose(Role::Quiet, &input.about.plain()));
    }
}

fn last(typed: &Option<Vec<String>>, input: &crate::domain::procedure::Input, runs: &[Run]) -> Option<String> {
    if let Some(first) = typed.as_ref().and_then(|typed| typed.first()) {
        return Some(first.clone());
    }
    let documents = runs.iter().filter_map(|run| run.document.as_ref());
    let mut given = documents.flat_map(|document| &document.given).filter(|given| given.name == input.name);
    given.find_map(|given| given.value.clone())
}

/// What runs on each host.
fn runs_now(procedure: &Procedure, sight: &Sight<'_>, lines: &mut Lines) {
    use crate::domain::release::Current;
    let Some(known) = &sight.known.releases else { return };
    let service = service(procedure);
    lines.text(Role::Strong, "Runs now");
    for host in &sight.environment.hosts {
        let name = |release: &Release| known.history.word(release).plain();
        let words = match known.history.current(service.as_ref(), Some(&host.name)) {
            Current::Nothing => Words::of(Role::Quiet, "nothing that is recorded"),
            Current::Runs(release) => Words::of(Role::Text, name(release))
                .text(Role::Quiet, format!("  {} ", Foreign::from(release.person.as_str()).plain()))
                .piece(Role::Faint, Piece::Ago(release.at)),
            Current::Unclear(release, _) => {
                Words::of(Role::Warn, format!("{}, {}: look", name(release), word(&known.history, release)))
            }
        };
        lines.pair(host.name.as_str(), words);
    }
}

fn unfinished(run: &Run, sight: &Sight<'_>, lines: &mut Lines) {
    let title = Foreign::from(run.title.as_str()).plain();
    let left = Left::of(run, sight);
    let id = format!("  {}", run.id.short());
    lines.pair("run", runs::mark(run.state, sight.glyphs).text(Role::Text, format!(" {title}")).text(Role::Quiet, id));
    if !left.version.is_empty() {
        lines.pair("version", Words::of(Role::Strong, left.version.clone()));
    }
    lines.pair("stands at", Words::new().prose(Role::Text, &[left.page.as_str(), left.step.as_str()].join(": ")));
    let who = format!(
        "{} from {}",
        Foreign::from(run.person.as_str()).plain(),
        Foreign::from(run.workstation.as_str()).plain()
    );
    lines.pair("begun by", Words::of(Role::Text, who));
    lines.pair("begun", Words::new().piece(Role::Text, Piece::Ago(run.begun)));
    if left.locks {
        lines.pair("lock", Words::of(Role::Warn, "it has the lock of the environment"));
    }
    lines.space();
    let judged = run.document.as_ref().is_some_and(|document| document.decided.go == Go::Waits);
    let told = match (judged, left.begun) {
        (true, false) => {
            "Nobody is at it. Only its gate was judged, and nothing was changed yet: take it up, and go on or end it."
        }
        (false, false) => "Nobody is at it. Nothing was changed yet: take it up, and go on or end it.",
        (_, true) => "Nobody is at it, and the environment may be half-way: take it up, and go on or go back.",
    };
    lines.text(if left.begun { Role::Warn } else { Role::Text }, told);
    if let Some(why) = sight.conducted.not_taken.get(&run.id) {
        lines.space();
        lines.text(Role::Bad, &Foreign::from(why.as_str()).plain());
    }
}

/// What tells a run that was left from others.
struct Left {
    version: String,
    /// The page at which it stands, with its number.
    page: String,
    /// The step at which it stands.
    step: String,
    /// Whether it has the lock of the environment.
    locks: bool,
    /// Whether anything behind its gate was begun.
    begun: bool,
}

impl Left {
    fn of(run: &Run, sight: &Sight<'_>) -> Self {
        let holder =
            sight.conducted.lock.as_ref().filter(|lock| matches!(lock.stands, Stands::Held | Stands::Reserved));
        let locks = holder.is_some_and(|lock| lock.holder.run.as_ref() == Some(&run.id));
        let name = run.document.as_ref().map(|document| &document.name);
        let Some(procedure) = name.and_then(|name| sight.environment.procedure(name)) else {
            return Self { version: String::new(), page: String::new(), step: String::new(), locks, begun: true };
        };
        let told = BTreeMap::new();
        let sheet = Sheet { procedure, run: Some(run) };
        let wizard = Wizard { environment: sight.environment, sheet, conduct: None, told: &told };
        let page = wizard.current();
        let step = wizard.at(page).and_then(|place| procedure.parts.get(place));
        Self {
            version: wizard.version_told().unwrap_or_default(),
            page: format!("{} {}", page.number(), page.title()),
            step: step.map(|part| part.title.plain()).unwrap_or_default(),
            locks,
            begun: wizard.has_begun(),
        }
    }
}
