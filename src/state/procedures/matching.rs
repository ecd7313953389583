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

/// What was seen of a row that every row has: of itself it says the least about which procedure is meant.
pub const STATE: &str = "state";

/// Why a procedure fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The service of the row, if the procedure is about it.
    pub service: Option<ServiceName>,
    /// One of its symptoms is seen: in what, and the words there.
    pub symptom: Option<(&'static str, String)>,
}

/// How well a procedure fits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It is about the service, and what is seen there is what it is for.
    Both,
    /// What is seen is what it is for.
    Symptom,
    /// It is about the service.
    Service,
    /// It is for whatever stands so.
    State,
    /// It does not fit.
    None,
}

impl Fit {
    /// As half a sentence.
    pub fn why(&self) -> String {
        let service = self.service.as_ref().map(|service| format!("is about {service}"));
        let symptom = self.symptom.as_ref().map(|(what, words)| format!("{what}: {words}"));
        [symptom, service].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn rank(&self) -> Rank {
        match (&self.service, &self.symptom) {
            (Some(_), Some(_)) => Rank::Both,
            (None, Some((what, _))) if *what != STATE => Rank::Symptom,
            (Some(_), None) => Rank::Service,
            (None, Some(_)) => Rank::State,
            (None, None) => Rank::None,
        }
    }
}

/// Why a procedure fits a row, if it does. What was seen first counts first.
fn fit(procedure: &Procedure, seen: &[(&'static str, String)], service: Option<&ServiceName>) -> Option<Fit> {
    let symptoms = procedure.header.symptoms.iter().filter(|symptom| symptom.len() <= LONGEST && !symptom.is_empty());
    // What is no pattern was told when the file was read.
    let patterns: Vec<_> = symptoms
        .filter_map(|symptom| RegexBuilder::new(symptom).case_insensitive(true).size_limit(PATTERN).build().ok())
        .collect();
    let found = |(what, text): &(&'static str, String)| {
        let found = patterns.iter().find_map(|pattern| pattern.find(text).filter(|found| !found.is_empty()))?;
        Some((*what, crate::text::truncate(found.as_str(), TOLD)))
    };
    // Its state is looked at last: anything else says more.
    let (states, others): (Vec<_>, Vec<_>) = seen.iter().partition(|(what, _)| *what == STATE);
    let symptom = others.into_iter().chain(states).find_map(found);
    let service = service.filter(|service| procedure.header.services.contains(service)).cloned();
    (symptom.is_some() || service.is_some()).then_some(Fit { service, symptom })
}

/// Why each of these procedures fits a row, of those that do. Patterns are made ready here: it is asked once, when a
/// person comes from the row, and not for every frame.
pub fn fits(all: &[Arc<Procedure>], subject: &Subject) -> BTreeMap<ProcedureName, Fit> {
    let seen: Vec<(&'static str, String)> = subject
        .seen
        .iter()
        .map(|(what, text)| (*what, text.plain()))
        .filter(|(_, text)| !text.is_empty() && text.len() <= LONGEST)
        .collect();
    let service = subject.service.as_ref();
    all.iter().filter_map(|procedure| Some((procedure.name.clone(), fit(procedure, &seen, service)?))).collect()
}

/// All procedures with why they fit, in the order in which a list shows them: about the service and with a symptom that
/// is seen, with such a symptom, about the service, for its state alone, then all others; each by kind and title.
pub fn sorted(all: &[Arc<Procedure>], fits: &BTreeMap<ProcedureName, Fit>) -> Vec<(Arc<Procedure>, Option<Fit>)> {
    let mut rows: Vec<(Arc<Procedure>, Option<Fit>)> =
        all.iter().map(|procedure| (Arc::clone(procedure), fits.get(&procedure.name).cloned())).collect();
    rows.sort_by_cached_key(|(procedure, fit)| {
        let first = fit.as_ref().map_or(Rank::None, Fit::rank);
        (first, procedure.header.kind, procedure.header.title.plain().to_lowercase(), procedure.name.clone())
    });
    rows
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::procedure::{Header, Kind};

    fn procedure(name: &str, services: &[&str], symptoms: &[&str]) -> Arc<Procedure> {
        let header = Header {
            title: Foreign::from(name),
            kind: Kind::Runbook,
            services: services.iter().map(|one| ServiceName::new(one).unwrap()).collect(),
            symptoms: symptoms.iter().map(|one| (*one).to_owned()).collect(),
            ..Header::default()
        };
        Arc::new(Procedure {
            name: ProcedureName::new(name).unwrap(),
            file: format!("procedures/{name}.md"),
            digest: String::new(),
            text: Arc::from(""),
            header,
            sections: Vec::new(),
            blocks: Vec::new(),
            parts: Vec::new(),
        })
    }

    #[test]
    fn what_is_about_the_service_stands_before_what_is_for_any_service_that_stands_so() {
        let all = [
            procedure("any-loop", &[], &["crash-?loop"]),
            procedure("backend", &["backend"], &[]),
            procedure("memory", &["redis"], &["OOM command"]),
            procedure("other", &["redis"], &[]),
            procedure("payments", &["backend"], &["payment_error"]),
        ];
        let subject = Subject {
            name: "backend".to_owned(),
            service: ServiceName::new("backend").ok(),
            host: None,
            seen: vec![
                ("state", Foreign::from("crash-looping since 02:13")),
                ("log line", Foreign::from("payment_error: card refused")),
                ("log line", Foreign::from("redis said OOM command not allowed")),
            ],
        };
        let fits = fits(&all, &subject);
        let names: Vec<String> = sorted(&all, &fits)
            .into_iter()
            .map(|(one, fit)| format!("{}: {}", one.name, fit.map(|fit| fit.why()).unwrap_or_default()))
            .collect();
        assert_eq!(
            names,
            [
                "payments: log line: payment_error, is about backend",
                "memory: log line: OOM command",
                "backend: is about backend",
                "any-loop: state: crash-loop",
                "other: ",
            ]
        );
    }
}
