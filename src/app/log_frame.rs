//! What of the logs is done how often: lines are searched by one slice for an event, and laid out once for a frame.

use super::layout::layout;
use super::logs::with;
use super::model::{Model, Screen};
use crate::screens::logs::{areas, new_patterns};

/// What was done already, and what waits for the next frame.
#[derive(Debug, Default)]
pub struct LogFrame {
    /// This event has had its slice.
    searched: bool,
    /// Nothing but rows has come with this event.
    only_rows: bool,
    /// Rows came that are not laid out.
    waits: bool,
}

impl LogFrame {
    /// An event begins.
    pub(super) fn begins(&mut self) {
        (self.searched, self.only_rows) = (false, false);
    }

    /// Rows came, perhaps one of hundreds of batches before the next frame.
    pub(super) fn rows_came(&mut self) {
        self.only_rows = true;
    }
}

/// Looks at one more slice of what was not looked at yet, once for each event however many reasons there are.
pub(super) fn search(model: &mut Model) {
    let Some(reading) = model.reading.as_mut().filter(|reading| reading.store.is_working()) else { return };
    if !std::mem::replace(&mut model.log_frame.searched, true) {
        reading.store.work();
    }
}

/// Whether rows came since the screen was laid out, so that the next frame must begin with that.
pub fn is_due(model: &Model) -> bool {
    model.log_frame.waits && model.screen == Screen::Logs
}

/// Lays out what is on the screen; where nothing but rows came, the next frame or key does.
pub(super) fn settle(model: &mut Model) {
    if model.log_frame.only_rows {
        model.log_frame.waits = true;
    } else {
        lay_out(model);
    }
}

/// The cursor stands on a line that is shown, and columns are as wide as what stands in them.
pub(super) fn lay_out(model: &mut Model) {
    model.log_frame.waits = false;
    let Some(layout) = layout(model.size) else { return };
    with(model, |state, sight| state.measure_columns(sight));
    with(model, |state, sight| {
        let areas = areas(layout.content, state, sight);
        state.settle(sight, usize::from(areas.list.height));
        let count = new_patterns(sight).len();
        if let Some(pane) = &mut state.patterns {
            pane.settle(count, areas.patterns.height);
        }
    });
}
