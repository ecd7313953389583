//! Lines of the logs on their way out: into a file, or into the pager.

use jiff::Timestamp;

use super::model::Model;
use crate::domain::Now;
use crate::port::Effect;
use crate::port::export::{ExportFormat, ExportHost, ExportRow, LogExport};
use crate::screens::logs::Place;
use crate::state::logs::Ref;

/// Everything that passes, into a file.
pub fn export(model: &mut Model, format: ExportFormat, now: Now) -> Vec<Effect> {
    let Some(export) = shown(model, format) else { return Vec::new() };
    model.writing.begin();
    model.say("The lines are being written.", now);
    vec![Effect::Export(Box::new(export))]
}

/// Everything that passes, in the pager; at the line under the cursor, when a person has gone to one.
pub fn page(model: &Model) -> Vec<Effect> {
    let Some(export) = shown(model, ExportFormat::Plain) else { return Vec::new() };
    let cursor = match model.logs.place {
        Place::Held { cursor, .. } => Some(cursor),
        Place::Following => None,
    };
    let meant = |cursor: Ref| Some(model.logs.shown(model.reading.as_ref()?).rank(cursor));
    vec![Effect::Page(Box::new(export), cursor.and_then(meant))]
}

fn shown(model: &Model, format: ExportFormat) -> Option<LogExport> {
    let (reading, environment) = (model.reading.as_ref()?, model.environment()?);
    let store = &reading.store;
    let at = |row: Ref| Timestamp::from_microsecond(row.key()).unwrap_or_default();
    let rows = model.logs.shown(reading).forward(Ref::FIRST);
    Some(LogExport {
        format,
        site: environment.site.clone(),
        environment: environment.name.clone(),
        hosts: store.hosts().iter().map(|host| ExportHost { name: host.name.clone(), blocks: host.blocks() }).collect(),
        rows: rows.map(|row| ExportRow { at: at(row), host: row.host(), number: row.number() }).collect(),
    })
}
