//! What of a procedure goes to the clipboard: the command under the cursor as a shell takes it, or the document's text.

use super::desk::Desk;
use super::state::{Focus, State};
use crate::domain::procedure::Doing;
use crate::text::{Budget, Foreign};
use crate::ui::markdown;

use super::output::Output;

/// The command of the part under the cursor: as it ran, else as it stands in the document; else its title.
pub fn command(state: &State, desk: &Desk<'_>) -> Option<String> {
    let place = state.cursor?;
    let part = desk.sheet.procedure.parts.get(place)?;
    let ran = desk.steps(place).into_iter().map(|(_, step)| step.command.clone()).find(|text| !text.is_empty());
    let text = ran.unwrap_or_else(|| match &part.doing {
        Doing::Run(_, text) => text.clone(),
        Doing::Request(method, address, body) => format!("{method} {address}\n{body}"),
        Doing::Shift(set, ..) => set.clone(),
        Doing::Check(service, probe) => format!("{service}/{probe}"),
        Doing::Fact(fact) => fact.told(),
        Doing::Approve(_)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_)
        | Doing::Restart(_)
        | Doing::Notify(..)
        | Doing::Call(..) => part.title.plain(),
    });
    // It may hold several lines, which a shell shall get as such.
    Some(Foreign::from(text.trim_end()).clean(Budget::rows()).text())
}

/// The pane that has the keyboard: the document as it was written, or the output.
pub fn pane_as_markdown(state: &State, desk: &Desk<'_>) -> Option<String> {
    match state.focus {
        Focus::Document | Focus::Steps => {
            let text = desk.sheet.procedure.text.as_ref();
            Some(Foreign::from(text).clean(Budget { input: 64 << 10, ..Budget::rows() }).text())
        }
        Focus::Output => {
            let output = Output::new(desk, state.cursor?, 100);
            let lines: Vec<String> = (0..output.count()).map(|place| output.line(place).plain(desk.clock)).collect();
            Some(markdown::block(&lines))
        }
    }
}
