//! Lines with what looks like a secret covered, as exports of the console cover it.

use crate::domain::UnitName;
use crate::engine::export::covered;
use crate::port::log::{LogEntry, LogRow, Origin};
use crate::text::{Foreign, SecretCover};

/// Covers secrets; a private key may go over many lines of whoever writes it.
#[derive(Debug, Default)]
pub struct Mask(SecretCover<(Origin, Option<UnitName>, u32)>);

impl Mask {
    /// The row as it may be handed on.
    pub fn row(&mut self, from: &Origin, row: &LogRow) -> LogRow {
        match row {
            LogRow::Loss(_) => row.clone(),
            LogRow::Entry(entry) => {
                let speaker = (from.clone(), entry.unit.clone(), entry.pid);
                let message = covered(entry.message.raw(), speaker, &mut self.0);
                LogRow::Entry(LogEntry { message: Foreign::from(message), ..entry.clone() })
            }
        }
    }

    /// What is told at the end, behind a semicolon.
    pub fn told(&self) -> String {
        match self.0.count() {
            0 => "; no secret was found to hide".to_owned(),
            1 => "; 1 secret hidden".to_owned(),
            more => format!("; {more} secrets hidden"),
        }
    }
}
