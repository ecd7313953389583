//! What is doubtful in procedures although it can be read: rule by rule, each a file here and a row in the table.

mod approvals;
mod backup;
mod budget;
mod calls;
mod captures;
mod debt;
mod declared;
mod disguise;
mod facts;
mod fail_fast;
mod follow;
mod gaps;
mod gate_skip;
mod inputs;
pub mod live;
mod names;
mod order;
mod places;
mod release;
mod restore;
mod review;
mod root;
mod tools;
mod verify;
mod waiver;
mod ways_back;
mod when;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::mistake::{Mistake, Severity};
use crate::domain::procedure::{Doing, Part, Procedure};
use crate::domain::{Environment, Site};

/// What a rule looks at: one procedure in one environment.
struct Case<'a> {
    environment: &'a Environment,
    procedure: &'a Procedure,
    today: Date,
}

/// What a rule found.
struct Finding {
    line: usize,
    severity: Severity,
    message: String,
    hint: &'static str,
}

/// A rule: its name, and what it finds.
type Rule = (&'static str, fn(&Case<'_>) -> Vec<Finding>);

/// All rules.
const RULES: &[Rule] = &[
    ("place", places::rule),
    ("name", names::rule),
    ("fact", facts::rule),
    ("call", calls::rule),
    ("when", when::rule),
    ("gap", gaps::rule),
    ("backup", backup::rule),
    ("verify", verify::rule),
    ("order", order::rule),
    ("restore", restore::rule),
    ("fail-fast", fail_fast::rule),
    ("review", review::rule),
    ("root", root::rule),
    ("capture", captures::rule),
    ("input", inputs::rule),
    ("way back", ways_back::rule),
    ("budget", budget::rule),
    ("declared", declared::rule),
    ("debt", debt::rule),
    ("disguise", disguise::rule),
    ("release", release::rule),
    ("waiver", waiver::rule),
    ("gate", gate_skip::rule),
    ("approval", approvals::rule),
    ("follow-up", follow::rule),
];

/// Judges all procedures of a site, as they are on this day.
pub fn lint(site: &Site, today: Date) -> Vec<Mistake> {
    let mut all: Vec<(Arc<Procedure>, Finding)> = Vec::new();
    for environment in &site.environments {
        for procedure in &environment.procedures {
            let case = Case { environment, procedure, today };
            for finding in RULES.iter().flat_map(|(_, rule)| rule(&case)) {
                let same = |(other, known): &(Arc<Procedure>, Finding)| {
                    other.file == procedure.file && known.line == finding.line && known.message == finding.message
                };
                if !all.iter().any(same) {
                    all.push((Arc::clone(procedure), finding));
                }
            }
        }
    }
    all.sort_by(|(a, one), (b, other)| (&a.file, one.line).cmp(&(&b.file, other.line)));
    let mistake = |(procedure, finding): (Arc<Procedure>, Finding)| {
        let file = Path::new(&procedure.file);
        let mut mistake = match finding.line {
            0 => Mistake::of_file(file, finding.message),
            line => Mistake::of_line(file, &procedure.text, line, 1, finding.message),
        };
        mistake.length = mistake.source_line.raw().len().clamp(1, 60);
        mistake.severity = finding.severity;
        if finding.hint.is_empty() { mistake } else { mistake.with_hint(finding.hint) }
    };
    all.into_iter().map(mistake).collect()
}

/// The parts of a site that count as reading only because their document says so: file, line and name of each.
pub fn taken_at_their_word(site: &Site) -> Vec<(String, usize, String)> {
    let mut all: Vec<(String, usize, String)> = Vec::new();
    for procedure in site.environments.iter().flat_map(|environment| &environment.procedures) {
        let parts = procedure.parts.iter().filter(|part| declared::taken_at_its_word(part));
        all.extend(parts.map(|part| (procedure.file.clone(), part.line, part.id.to_string())));
    }
    all.sort();
    all.dedup();
    all
}

impl Finding {
    fn mistake(line: usize, message: impl Into<String>, hint: &'static str) -> Self {
        Self { line, severity: Severity::Mistake, message: message.into(), hint }
    }

    fn warning(line: usize, message: impl Into<String>, hint: &'static str) -> Self {
        Self { line, severity: Severity::Warning, message: message.into(), hint }
    }
}

impl Case<'_> {
    /// The parts with a text for a shell, and that text.
    fn scripts(&self) -> impl Iterator<Item = (&Part, &str)> {
        self.procedure.parts.iter().filter_map(|part| match &part.doing {
            Doing::Run(language, text) if language.is_shell() => Some((part, text.as_str())),
            _ => None,
        })
    }

    /// Whether the front matter has an input of this name.
    fn has_input(&self, name: &str) -> bool {
        self.procedure.header.inputs.iter().any(|input| input.name.as_str() == name)
    }

    /// Whether some part gives this variable.
    fn is_captured(&self, name: &str) -> bool {
        self.procedure.parts.iter().any(|part| part.options.capture.as_ref().is_some_and(|one| one.as_str() == name))
    }
}
