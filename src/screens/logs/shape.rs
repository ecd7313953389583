//! The columns of the log: as many as the room and what is read ask for. But for fields that a person has chosen they depend on
//! nothing that comes in, so that nothing jumps.

use super::columns::{MOST, widths};
use super::state::{State, TimeFormat};
use crate::state::Fleet;
use crate::state::logs::{Reading, Scope};
use crate::text::width;

/// Below this width what says the least gets shorter.
const ROOMY: u16 = 100;

/// Columns: how wide each is; 0 for one that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// All of it.
    pub columns: u16,
    /// The time.
    pub time: u16,
    /// The host.
    pub host: u16,
    /// The service, else unit or program.
    pub service: u16,
    /// The level.
    pub level: u16,
    /// The fields that were chosen, in their order.
    pub fields: [u16; MOST],
    /// Spaces between columns.
    pub gap: u16,
    /// Where the message begins.
    pub message_at: u16,
    /// Where what is unfolded begins: behind the line's own columns, where there is room.
    pub unfolded_at: u16,
}

/// Columns that what is unfolded takes at least, before it begins to the left of messages, and where it begins then.
const ENOUGH: u16 = 72;
const NEAR: u16 = 3;
/// Columns of the level.
const LEVEL: u16 = 5;

/// The columns that a line has without its fields, and what each is.
pub const OWN: [(&str, &str); 4] = [
    ("time", "when it was written"),
    ("host", "where, when several hosts are read"),
    ("unit", "the service, else the unit or the program"),
    ("level", "how important it is"),
];

impl Shape {
    /// The columns for a screen of this width.
    pub fn new(state: &State, reading: &Reading, fleet: &Fleet, columns: u16) -> Self {
        let roomy = columns >= ROOMY;
        let gap = if roomy { 2 } else { 1 };
        let time = match state.time {
            TimeFormat::Age => 6,
            TimeFormat::Utc | TimeFormat::Local | TimeFormat::HostClock => {
                if roomy {
                    12
                } else {
                    8
                }
            }
        };
        let longest = |names: &mut dyn Iterator<Item = &str>, most: u16| {
            names.map(|name| u16::try_from(width(name)).unwrap_or(most)).max().unwrap_or(0).min(most)
        };
        let sources = reading.sources();
        let host = match sources.len() {
            0 | 1 => 0,
            _ => longest(&mut sources.keys().map(|host| host.as_str()), if roomy { 16 } else { 8 }),
        };
        let most = if roomy { 16 } else { 10 };
        let all = &mut fleet.services.iter().map(|row| (&row.service.name, &row.service.tier.name));
        let service = match &reading.scope {
            Scope::Host(_) => most,
            Scope::Logs(names) => {
                if names.len() < 2 {
                    0
                } else {
                    most
                }
            }
            Scope::Everything => {
                let logs = fleet.environment.logs.iter().map(|log| log.name.as_str());
                longest(&mut all.map(|(name, _)| name.as_str()).chain(logs), most)
            }
            Scope::Tier(tier) => longest(&mut all.filter(|(_, of)| *of == tier).map(|(name, _)| name.as_str()), most),
            Scope::Rows(rows) => {
                let mut names: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                if names.len() < 2 { 0 } else { longest(&mut names.into_iter(), most) }
            }
        };
        let shown = |wide: u16, name: &str| if state.without.iter().any(|one| one == name) { 0 } else { wide };
        let (time, host) = (shown(time, "time"), shown(host, "host"));
        let (service, level) = (shown(service, "unit"), shown(LEVEL, "level"));
        let part = |wide: u16| if wide == 0 { 0 } else { wide + gap };
        // The first column is for marks.
        let before = 1 + part(time) + part(host) + part(service) + part(level);
        // The message keeps half of the room.
        let fields = widths(state, columns.saturating_sub(before) / 2, gap);
        let message_at = before + fields.iter().map(|wide| part(*wide)).sum::<u16>();
        // Below messages, where these leave as much room as fields need to be read; else almost below the line's beginning.
        let unfolded_at = if columns.saturating_sub(before) >= ENOUGH { before } else { before.min(NEAR) };
        Self { columns, time, host, service, level, fields, gap, message_at, unfolded_at }
    }

    /// Columns of what is unfolded.
    pub fn unfolded(&self) -> usize {
        usize::from(self.columns.saturating_sub(self.unfolded_at + 1)).max(8)
    }

    /// Columns of the message.
    pub fn message(&self) -> usize {
        usize::from(self.columns.saturating_sub(self.message_at + 1)).max(8)
    }
}
