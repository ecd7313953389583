//! What passes: the least important level, one host, one unit, and what is looked for.

use crate::domain::{HostName, Query, UnitName};
use crate::port::log_block::Line;

/// A filter. Rows that say that something is missing pass whatever it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The least important priority that passes.
    pub least: u8,
    /// Only lines of this host.
    pub host: Option<HostName>,
    /// Only lines of this unit.
    pub unit: Option<UnitName>,
    /// Only what lies between these moments by our clock, in microseconds; the second one is beyond it.
    pub span: Option<(i64, i64)>,
    /// Only lines that pass this.
    pub query: Option<Query>,
    /// How many of the lines before and behind those that pass the query are wanted as well.
    pub around: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self { least: 7, host: None, unit: None, span: None, query: None, around: 0 }
    }
}

impl Filter {
    /// The same without what is looked for.
    #[must_use]
    pub fn base(&self) -> Self {
        Self { query: None, around: 0, ..self.clone() }
    }

    /// Whether everything passes.
    pub fn is_open(&self) -> bool {
        self.least >= 7 && self.host.is_none() && self.unit.is_none() && self.span.is_none() && self.query.is_none()
    }

    /// Whether a moment lies where lines may.
    pub fn spans(&self, moment: i64) -> bool {
        self.span.is_none_or(|(from, until)| (from..until).contains(&moment))
    }

    /// Whether a line passes, whenever it was written.
    pub fn passes(&self, host: &HostName, line: &Line<'_>) -> bool {
        line.priority() <= self.least
            && self.host.as_ref().is_none_or(|wanted| wanted == host)
            && self.unit.as_ref().is_none_or(|wanted| line.unit() == Some(wanted))
            && self.query.as_ref().is_none_or(|query| query.passes(&line.subject(host)))
    }
}
