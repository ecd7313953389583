//! Which procedures fit a row: those whose symptoms are seen on it, then those that are about its service.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::RegexBuilder;

use crate::domain::{HostName, Procedure, ProcedureName, ServiceName};
use crate::text::Foreign;

/// Longest pattern that is read, and longest text in which it is looked for.
const LONGEST: usize = 4096;
/// Memory that one pattern may take.
const PATTERN: usize = 1 << 20;
/// Columns of what was seen, where it is told.
const TOLD: usize = 60;

/// Where a person came from: a row, and what is seen there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subject {
    /// In a few words what it is: `backend on app-1`.
    pub name: String,
    /// Its service.
    pub service: Option<ServiceName>,
    /// Its host: where a part is done that names none.
    pub host: Option<HostName>,
    /// What is seen on it, each with what it is: its state, its last error, what its probes say.
    pub seen: Vec<(&'static str, Foreign)>,
}

/// Why a procedure fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// One of its symptoms is seen: in what, and the words there.
    Symptom(&'static str, String),
    /// It is about the service.
    Service(ServiceName),
}

impl Fit {
    /// As half a sentence.
    pub fn why(&self) -> String {
        match self {
            Fit::Symptom(what, words) => format!("{what}: {words}"),
            Fit::Service(service) => format!("is about {service}"),
        }
    }
}

/// Why a procedure fits a row, if it does.
fn fit(procedure: &Procedure, subject: &Subject) -> Option<Fit> {
    let seen: Vec<(&'static str, String)> = subject
        .seen
        .iter()
        .map(|(what, text)| (*what, text.plain()))
        .filter(|(_, text)| !text.is_empty() && text.len() <= LONGEST)
        .collect();
    let symptoms = procedure.header.symptoms.iter().filter(|symptom| symptom.len() <= LONGEST && !symptom.is_empty());
    for symptom in symptoms {
        // What is no pattern was told when the file was read.
        let built = RegexBuilder::new(symptom).case_insensitive(true).size_limit(PATTERN).build();
        let Ok(pattern) = built else { continue };
        for (what, text) in &seen {
            if let Some(found) = pattern.find(text).filter(|found| !found.is_empty()) {
                return Some(Fit::Symptom(what, crate::text::truncate(found.as_str(), TOLD)));
            }
        }
    }
    let service = subject.service.as_ref().filter(|service| procedure.header.services.contains(service));
    service.map(|service| Fit::Service(service.clone()))
}

/// Why each of these procedures fits a row, of those that do. Patterns are made ready here: it is asked once, when a
/// person comes from the row, and not for every frame.
pub fn fits(all: &[Arc<Procedure>], subject: &Subject) -> BTreeMap<ProcedureName, Fit> {
    all.iter().filter_map(|procedure| Some((procedure.name.clone(), fit(procedure, subject)?))).collect()
}

/// All procedures with why they fit, in the order in which a list shows them: those with a symptom, those about the
/// service, then all others by kind and title.
pub fn sorted(all: &[Arc<Procedure>], fits: &BTreeMap<ProcedureName, Fit>) -> Vec<(Arc<Procedure>, Option<Fit>)> {
    let mut rows: Vec<(Arc<Procedure>, Option<Fit>)> =
        all.iter().map(|procedure| (Arc::clone(procedure), fits.get(&procedure.name).cloned())).collect();
    rows.sort_by_cached_key(|(procedure, fit)| {
        let first = match fit {
            Some(Fit::Symptom(..)) => 0,
            Some(Fit::Service(_)) => 1,
            None => 2,
        };
        (first, procedure.header.kind, procedure.header.title.plain().to_lowercase(), procedure.name.clone())
    });
    rows
}
