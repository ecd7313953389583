//! What guards see while something is held or traffic is moved: each figure with its limits, its last readings, and how
//! much time is left.

use super::sight::Sight;
use super::state::State;
use crate::domain::course::{Judgement, Measured, Reading, Watching};
use crate::domain::probe::Found;
use crate::domain::run::Reason;
use crate::state::deploy::Page;
use crate::style::{Glyphs, Role};
use crate::text::{fit, width};
use crate::ui::Words;
use crate::ui::words::Piece;

/// Columns of the limits of a figure.
const LIMITS: usize = 10;
/// Columns of how many failed, and may.
const FAILURES: usize = 17;

/// The lines of it: of the step under the cursor, else of the one that is being guarded.
pub(super) fn lines(state: &State, sight: &Sight<'_>, columns: usize) -> Vec<Words> {
    let Some((wizard, conduct)) = sight.wizard.and_then(|wizard| Some((wizard, wizard.conduct?))) else {
        return Vec::new();
    };
    if state.page != Page::Run || state.in_detail {
        return Vec::new();
    }
    let part = state.cursor().and_then(|place| wizard.sheet.procedure.parts.get(place));
    let numbers: Vec<usize> =
        part.map(|part| wizard.sheet.steps(&part.id)).unwrap_or_default().iter().map(|(number, _)| *number).collect();
    let of_part = numbers.iter().find_map(|number| conduct.guarded.get(number).map(|seen| (*number, seen)));
    let Some((number, seen)) = of_part.or_else(|| conduct.watching().next()) else { return Vec::new() };
    let works = conduct.watching().any(|(known, _)| known == number);
    let mut lines = vec![head(seen, works, sight)];
    // Names and values have what is left beside limits, readings and failures.
    let widest = |of: &dyn Fn(&Measured) -> usize| seen.series.iter().map(of).max().unwrap_or_default();
    let readings = widest(&|one| one.last.len());
    let left = columns.saturating_sub(readings + LIMITS + FAILURES + 5);
    let name = widest(&|one| width(&one.name)).min(left * 3 / 5).max(10);
    let value = widest(&|one| width(&value(one))).min(left.saturating_sub(name)).max(10);
    lines.extend(seen.series.iter().map(|one| figure(one, sight.glyphs, (name, value))));
    lines
}

fn head(seen: &Watching, works: bool, sight: &Sight<'_>) -> Words {
    let words = Words::of(Role::Strong, "Guard");
    let tripped = seen.series.iter().any(|one| matches!(one.judgement, Judgement::Ends(Reason::GuardFailed, _)));
    let unclear = seen.series.iter().any(|one| matches!(one.judgement, Judgement::Ends(..)));
    let words = match (tripped, unclear) {
        (true, _) => words.text(Role::Bad, format!("  {} tripped", sight.glyphs.no)),
        (false, true) => words.text(Role::Unknown, format!("  {} can't be judged", sight.glyphs.states[4])),
        (false, false) => words.text(Role::Good, format!("  {} within limits", sight.glyphs.yes)),
    };
    if works {
        words.text(Role::Quiet, "  ").piece(Role::Text, Piece::Until(seen.until)).text(Role::Quiet, " left")
    } else {
        words
    }
}

/// What was read last.
fn value(one: &Measured) -> String {
    match one.last.last().and_then(|reading| reading.value) {
        Some(value) => format!("{value:.2} {}", one.unit),
        None => one.told.plain(),
    }
}

fn figure(one: &Measured, glyphs: &Glyphs, (name, wide): (usize, usize)) -> Words {
    let (glyph, role) = match (&one.judgement, one.last.last().map(|reading| reading.found)) {
        (Judgement::Ends(Reason::GuardFailed, _), _) => (glyphs.no, Role::Bad),
        (Judgement::Ends(..), _) => (glyphs.states[4], Role::Unknown),
        (Judgement::Holds | Judgement::Passed, Some(Found::Pass)) => (glyphs.yes, Role::Good),
        (Judgement::Holds | Judgement::Passed, Some(Found::Fail)) => (glyphs.no, Role::Warn),
        (Judgement::Holds | Judgement::Passed, Some(Found::Inconclusive | Found::Error)) => {
            (glyphs.states[4], Role::Warn)
        }
        (Judgement::Holds | Judgement::Passed, None) => (glyphs.states[1], Role::Quiet),
    };
    let words = Words::of(role, format!("{glyph} ")).text(Role::Text, fit(&one.name, name)).gap(1);
    let words = words.text(role, fit(&value(one), wide));
    let words = words.gap(1).text(Role::Quiet, fit(&one.limits, LIMITS)).gap(1).then(graph(&one.last, glyphs));
    let (failed, may) = one.failures;
    let words = if failed > 0 { words.text(Role::Warn, format!(" {failed} failed, {may} may")) } else { words };
    let (errors, may) = one.errors;
    if errors > 0 { words.text(Role::Warn, format!(" {errors} errors, {may} may be")) } else { words }
}

/// The last readings, each in the colour of what was found.
fn graph(last: &[Reading], glyphs: &Glyphs) -> Words {
    let values: Vec<f64> = last.iter().filter_map(|reading| reading.value).collect();
    let most = values.iter().copied().fold(0.0_f64, f64::max);
    let bars = &glyphs.bars;
    last.iter().fold(Words::new(), |words, reading| {
        let level = match reading.value {
            Some(value) if most > 0.0 => ((value / most).clamp(0.0, 1.0) * (bars.len() - 1) as f64).round() as usize,
            Some(_) => 0,
            None if reading.found == Found::Pass => 0,
            None => bars.len() - 1,
        };
        let role = match reading.found {
            Found::Pass => Role::Good,
            Found::Fail => Role::Bad,
            Found::Inconclusive | Found::Error => Role::Warn,
        };
        words.text(role, bars.get(level).copied().unwrap_or(glyphs.none))
    })
}
