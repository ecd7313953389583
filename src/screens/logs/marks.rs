//! Which lines are marked by rules of the person and of the site, and how.

use super::sight::Sight;
use crate::domain::HostName;
use crate::domain::highlight::Hue;
use crate::domain::query::Subject;
use crate::port::log_block::Line;
use crate::style::Role;

/// The mark and the colour of the first rule that a line passes.
pub fn mark(sight: &Sight<'_>, host: &HostName, line: &Line<'_>) -> Option<(&'static str, Role)> {
    let mut rules = sight.highlights.iter().copied().flatten();
    // Most people have none.
    let first = rules.next()?;
    let subject = Subject {
        host: host.as_str(),
        unit: line.unit().map(|unit| unit.as_str()),
        identifier: line.identifier().map(|name| name.raw()).unwrap_or_default(),
        pid: line.pid(),
        priority: line.priority(),
        message: line.raw(),
    };
    let mut all = std::iter::once(first).chain(rules).enumerate();
    let (place, rule) = all.find(|(_, rule)| rule.query.passes(&subject))?;
    let marks = sight.glyphs.marks;
    let role = match rule.hue {
        Hue::Info => Role::Info,
        Hue::Good => Role::Good,
        Hue::Warn => Role::Warn,
        Hue::Bad => Role::Bad,
        Hue::Key => Role::Key,
    };
    Some((marks[place % marks.len()], role))
}
