//! Lines of logs on their way into a file.

use std::sync::Arc;

use jiff::Timestamp;

use super::log_block::{Block, Row};
use crate::domain::{EnvName, HostName, SiteName};

/// What to write.
#[derive(Debug, PartialEq)]
pub struct LogExport {
    /// How lines are written.
    pub format: ExportFormat,
    /// The site, for the name of the file.
    pub site: SiteName,
    /// The environment, likewise.
    pub environment: EnvName,
    /// The logs from which the lines are.
    pub hosts: Vec<ExportHost>,
    /// The lines, in order.
    pub rows: Vec<ExportRow>,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One line of text for each, what continues it below it behind a mark; sanitised.
    Plain,
    /// One JSON object for each, in ASCII.
    JsonLines,
}

/// The log of one host.
#[derive(Debug, PartialEq)]
pub struct ExportHost {
    /// The host.
    pub name: HostName,
    /// Its blocks with the numbers of their first rows, in order.
    pub blocks: Vec<(u64, Arc<Block>)>,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRow {
    /// When it happened, by our clock.
    pub at: Timestamp,
    /// Place of its host.
    pub host: u16,
    /// Its number in the log of that host.
    pub number: u64,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its path; of our own making, but the folder may be called anything.
    pub path: crate::text::Foreign,
    /// How many lines are in it.
    pub lines: u64,
    /// How many things in them that look like secrets were covered.
    pub hidden: u64,
}

impl LogExport {
    /// The host and the row that are meant.
    pub fn row(&self, row: ExportRow) -> Option<(&HostName, Row<'_>)> {
        let host = self.hosts.get(usize::from(row.host))?;
        let behind = host.blocks.partition_point(|(first, _)| *first <= row.number);
        let (first, block) = host.blocks.get(behind.checked_sub(1)?)?;
        Some((&host.name, block.row(usize::try_from(row.number - first).ok()?)?))
    }
}
