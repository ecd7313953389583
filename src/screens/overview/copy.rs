//! What `copy` takes from the overview, as Markdown.

use super::cells;
use super::detail;
use super::rows::Row;
use super::state::State;
use crate::state::Fleet;
use crate::style::Glyphs;
use crate::ui::{Clock, markdown};

const HEADINGS: [&str; 7] = ["Service", "State", "Health", "Latency", "Since", "Memory", "Restarts"];

/// The row under the cursor, as a table of one row.
pub fn row_as_markdown(state: &State, fleet: &Fleet, clock: Clock, glyphs: &Glyphs) -> Option<String> {
    let rows = state.rows(fleet);
    let row = rows.get(state.place(&rows, fleet)?)?;
    Some(markdown::table(&HEADINGS, &[cells_of(fleet, row, clock, glyphs)?]))
}

/// The list with all its rows, or the details when these have the keyboard.
pub fn pane_as_markdown(state: &State, fleet: &Fleet, clock: Clock, glyphs: &Glyphs) -> String {
    if state.in_detail {
        let lines = detail::lines(state, fleet, 100, clock, glyphs, true);
        let (title, host) = detail::title(state, fleet, glyphs);
        let texts: Vec<String> = lines.all().iter().map(|line| line.plain(clock).trim_end().to_owned()).collect();
        let heading = format!("{} {}", title.plain(clock), host.plain(clock));
        return format!("### {}\n\n{}", markdown::escaped(&heading), markdown::block(&texts));
    }
    let rows: Vec<Vec<String>> =
        state.rows(fleet).iter().filter_map(|row| cells_of(fleet, row, clock, glyphs)).collect();
    markdown::table(&HEADINGS, &rows)
}

fn cells_of(fleet: &Fleet, row: &Row, clock: Clock, glyphs: &Glyphs) -> Option<Vec<String>> {
    let cells = cells::cells(fleet, row, clock.now.mono, 0, glyphs)?;
    let name = match row {
        Row::Service { service, .. } => fleet.services.get(*service)?.service.name.to_string(),
        Row::Tier { .. } | Row::Instance { .. } => cells.name.plain(clock),
    };
    let rest = [cells.state, cells.health, cells.latency, cells.since, cells.memory, cells.restarts];
    Some(std::iter::once(name).chain(rest.iter().map(|words| words.plain(clock))).collect())
}
