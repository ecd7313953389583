//! What is short about the plan and the verdict: whether the way back would work, how long it takes; who, when, what was
//! waived, what code runs.

use super::list::code_told;
use super::sight::Sight;
use super::steps::budget;
use crate::domain::run::RunState;
use crate::domain::time::short;
use crate::state::deploy::{Page, Phase, Row, Stands, Weight, Wizard};
use crate::style::Role;
use crate::text::truncate;
use crate::ui::{Lines, Words, runs};

/// Columns of a line that what ended the run has printed.
const SAID: usize = 160;

/// What stands beside the text of the plan and of the verdict.
pub(super) fn lines(page: Page, wizard: Wizard<'_>, sight: &Sight<'_>, columns: usize) -> Lines {
    let mut lines = Lines::new(columns, sight.clock);
    if page == Page::Verdict {
        verdict(&mut lines, wizard, sight);
        return lines;
    }
    for ready in wizard.ready(sight.known) {
        let (glyph, role) = match ready.weight {
            Weight::Good => (sight.glyphs.yes, Role::Good),
            Weight::Doubt => (sight.glyphs.states[4], Role::Warn),
            Weight::Bad => (sight.glyphs.no, Role::Bad),
        };
        let text = if ready.weight == Weight::Good { Role::Text } else { role };
        lines.pair(ready.label, Words::of(role, format!("{glyph} ")).prose(text, &ready.told));
    }
    if let Some(budget) = wizard.way_back_budget() {
        lines.pair("may take", Words::of(Role::Text, short(budget)));
    }
    lines.space();
    lines.text(Role::Strong, "How long");
    let usual = wizard.usually(sight.runs);
    let usual =
        usual.map_or_else(|| Words::of(Role::Quiet, "not known yet"), |usual| Words::of(Role::Text, short(usual)));
    lines.pair("usually", usual);
    if let Some(budget) = wizard.sheet.procedure.header.budget {
        lines.pair("may take", Words::of(Role::Text, short(budget)));
    }
    for row in wizard.rows(Page::Run, sight.runs, sight.clock.now.wall) {
        let Row::Phase(phase) = row else { continue };
        let told = budget(&Phase { took: None, unseen: false, ..phase.clone() }, sight, columns);
        if !told.is_empty() {
            lines.line(Words::of(Role::Text, phase.title.clone()).gap(2).then(told));
        }
    }
    lines
}

/// How many lines what is short about the verdict takes.
pub fn count(wizard: Wizard<'_>, sight: &Sight<'_>, columns: usize) -> usize {
    lines(Page::Verdict, wizard, sight, columns).all().len()
}

pub(super) fn verdict(lines: &mut Lines, wizard: Wizard<'_>, sight: &Sight<'_>) {
    let Some(run) = wizard.run() else {
        lines.text(Role::Quiet, "Nothing was run yet.");
        return;
    };
    let told = wizard.verdict_in_full().unwrap_or_else(|| "it goes on".to_owned());
    let mark = if run.is_rolled_back() {
        Words::of(Role::Warn, format!("{} {told}", sight.glyphs.restarts))
    } else {
        runs::mark(run.state, sight.glyphs).text(Role::run(run.state), format!(" {told}"))
    };
    lines.pair("verdict", mark);
    if run.state != RunState::Succeeded
        && let Some(why) = wizard.because()
    {
        let role = if run.state == RunState::Running { Role::Warn } else { Role::Bad };
        lines.pair("because", Words::new().prose(role, &why));
        for seen in wizard.last_seen() {
            lines.pair("last seen", Words::new().prose(Role::Text, &seen));
        }
        for (place, (text, error)) in wizard.said_last().into_iter().enumerate() {
            let words = Words::of(if error { Role::Warn } else { Role::Text }, truncate(&text.plain(), SAID));
            if place == 0 { lines.pair("printed", words) } else { lines.below(words) }
        }
    }
    if let Some(took) = wizard.way_back_took(sight.clock.now.wall).filter(|_| wizard.rolls_back()) {
        let budget = wizard.way_back_budget();
        let of = budget.map(|budget| format!(" of {}", short(budget))).unwrap_or_default();
        let by = wizard.rolled_back_by().map(|by| format!("{by}, ")).unwrap_or_default();
        lines.pair("way back", Words::of(Role::Warn, format!("{by}in {}{of}", short(took))));
    }
    if let Some(why) = wizard.ended_because() {
        lines.pair("ended", Words::new().prose(Role::Text, &why));
    }
    let ended = !matches!(run.state, RunState::Running | RunState::Succeeded) && wizard.has_begun();
    if let Some((told, weight)) = wizard.runs_now(sight.known).filter(|_| ended) {
        let role = if weight == Weight::Good { Role::Strong } else { Role::Warn };
        lines.pair("runs now", Words::new().prose(role, &told));
    }
    for (title, by, why) in wizard.waived() {
        lines.pair(
            "waived",
            Words::new().prose(Role::Warn, &format!("{}, by {by}: {why}", title.trim_end_matches('.'))),
        );
    }
    if let Some(version) = wizard.version_told() {
        let back = run.is_rolled_back() && !run.had_nothing_to_take_back();
        let (label, role) = if back { ("took back", Role::Text) } else { ("version", Role::Strong) };
        lines.pair(label, Words::of(role, version));
    }
    if let Some(taken) = wizard.took_back(sight.known) {
        lines.pair("took back", Words::of(Role::Text, taken));
    }
    let who = crate::text::Foreign::from(run.person.as_str()).plain();
    lines.pair("by", Words::of(Role::Text, who));
    if let Some(took) = wizard.took_told() {
        let over = wizard.spent(sight.clock.now.wall).is_some_and(|spent| spent.over.is_some());
        lines.pair("took", Words::new().prose(if over { Role::Warn } else { Role::Text }, &took));
    }
    lines.pair("run", Words::of(Role::Quiet, run.id.short()));
    if let Some(overridden) = run.document.as_ref().and_then(|document| document.decided.overridden.as_ref()) {
        let by = crate::text::Foreign::from(overridden.by.as_str()).plain();
        let why = crate::text::Foreign::from(overridden.why.as_str()).plain();
        lines.pair("window", Words::new().prose(Role::Warn, &format!("overridden by {by}: {why}")));
    }
    lines.space();
    for page in [Page::Gate, Page::Run, Page::Verify] {
        let (stands, word) = wizard.stands(page);
        let role = match stands {
            Stands::Trouble => Role::RunBad,
            Stands::Unclear => Role::RunUnknown,
            Stands::Back => Role::Warn,
            Stands::Over => Role::Text,
            Stands::Ahead | Stands::Going | Stands::Waits | Stands::Never => Role::Quiet,
        };
        lines.pair(page.title(), Words::of(role, word));
    }
    let motion = code_told(wizard, sight);
    if !motion.is_empty() {
        lines.pair("code", Words::new().prose(Role::Text, &motion));
    }
}
