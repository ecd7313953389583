//! What passes: the least important level, one host, one unit, and what is looked for.

use super::pattern::Pattern;
use crate::domain::{HostName, UnitName};
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
    /// Only lines in which this is found, or is not.
    pub pattern: Option<Pattern>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { least: 7, host: None, unit: None, pattern: None }
    }
}

impl Filter {
    /// The same without what is looked for.
    #[must_use]
    pub fn base(&self) -> Self {
        Self { pattern: None, ..self.clone() }
    }

    /// Whether everything passes.
    pub fn is_open(&self) -> bool {
        self.least >= 7 && self.host.is_none() && self.unit.is_none() && self.pattern.is_none()
    }

    /// Whether a line passes. What is looked for may stand in the message or be the name of host, unit or program.
    pub fn passes(&self, host: &HostName, line: &Line<'_>) -> bool {
        line.priority() <= self.least
            && self.host.as_ref().is_none_or(|wanted| wanted == host)
            && self.unit.as_ref().is_none_or(|wanted| line.unit() == Some(wanted))
            && self.pattern.as_ref().is_none_or(|pattern| {
                let found = pattern.is_found(line.raw())
                    || pattern.is_found(host.as_str().as_bytes())
                    || line.unit().is_some_and(|unit| pattern.is_found(unit.stem().as_bytes()))
                    || line.identifier().is_some_and(|name| pattern.is_found(name.raw()));
                found != pattern.is_inverted()
            })
    }
}
