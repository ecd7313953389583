//! The list of procedures: what is unfinished first, then what fits the row a person came from, then all others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conducted::Conducted;
use super::matching::{Fit, Subject, sorted};
use super::sheet::automated;
use crate::domain::run::RunState;
use crate::domain::{Environment, Procedure, ProcedureName, Run, RunId};
use crate::state::Runs;

/// Everything from which the list is made.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    /// The environment with its procedures.
    pub environment: &'a Environment,
    /// What was run here before.
    pub runs: &'a Runs,
    /// What goes on.
    pub conducted: &'a Conducted,
}

/// What a row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// An unfinished run.
    Run(RunId),
    /// A procedure.
    Procedure(ProcedureName),
}

/// How an unfinished run can be gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// It goes on at this console.
    Here,
    /// Nobody is at it; it was begun on this machine.
    Left,
    /// Nobody is at it; it was begun on another one.
    Elsewhere,
}

/// One row.
#[derive(Debug, Clone)]
pub enum Row<'a> {
    /// A heading: `fits backend on app-1`.
    Heading(String),
    /// An unfinished run, and its procedure if there still is one.
    Run(&'a Run, Unfinished, Option<Arc<Procedure>>),
    /// A procedure, and why it fits.
    Procedure(Arc<Procedure>, Option<Fit>),
}

impl Row<'_> {
    /// What it stands for; nothing for a heading.
    pub fn key(&self) -> Option<Key> {
        match self {
            Row::Heading(_) => None,
            Row::Run(run, ..) => Some(Key::Run(run.id.clone())),
            Row::Procedure(procedure, _) => Some(Key::Procedure(procedure.name.clone())),
        }
    }
}

impl<'a> Shelf<'a> {
    /// The rows in their order, with why those fit that do; `find` gives the places of those that pass among the texts by which they are found, the
    /// best first, or nothing when everything passes.
    pub fn rows(
        &self,
        subject: Option<&Subject>,
        fits: &BTreeMap<ProcedureName, Fit>,
        find: impl Fn(&[String]) -> Option<Vec<usize>>,
    ) -> Vec<Row<'a>> {
        let unfinished = self.unfinished();
        let all = sorted(&self.environment.procedures, fits);
        let texts: Vec<String> = all.iter().map(|(procedure, _)| searched(procedure)).collect();
        if let Some(found) = find(&texts) {
            let found = found.into_iter().filter_map(|place| all.get(place).cloned());
            return found.map(|(procedure, fit)| Row::Procedure(procedure, fit)).collect();
        }
        let mut rows = Vec::new();
        if !unfinished.is_empty() {
            rows.push(Row::Heading("Unfinished".to_owned()));
            rows.extend(unfinished);
        }
        let (fitting, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, fit)| fit.is_some());
        let parted = !rows.is_empty() || !fitting.is_empty();
        if let Some(subject) = subject.filter(|_| !fitting.is_empty()) {
            rows.push(Row::Heading(format!("Fits {}", subject.name)));
        }
        rows.extend(fitting.into_iter().map(|(procedure, fit)| Row::Procedure(procedure, fit)));
        if parted && !others.is_empty() {
            rows.push(Row::Heading(if subject.is_some() { "All others" } else { "All" }.to_owned()));
        }
        rows.extend(others.into_iter().map(|(procedure, fit)| Row::Procedure(procedure, fit)));
        rows
    }

    fn unfinished(&self) -> Vec<Row<'a>> {
        let procedure =
            |run: &Run| run.document.as_ref().and_then(|document| self.environment.procedure(&document.name)).cloned();
        let here = self.conducted.all().iter().rev().filter(|conduct| conduct.goes_on());
        let here = here.filter(|conduct| !self.conducted.is_open(&conduct.run.id));
        let here = here.map(|conduct| Row::Run(&conduct.run, Unfinished::Here, procedure(&conduct.run)));
        let left = self.conducted.open.iter().map(|open| {
            let how = if open.elsewhere { Unfinished::Elsewhere } else { Unfinished::Left };
            Row::Run(&open.run, how, procedure(&open.run))
        });
        here.chain(left).collect()
    }

    /// The newest run of a procedure.
    pub fn last(&self, procedure: &ProcedureName) -> Option<&'a Run> {
        self.history(procedure).next()
    }

    /// The runs of a procedure, the newest first.
    pub fn history(&self, procedure: &ProcedureName) -> impl Iterator<Item = &'a Run> + use<'a> {
        let procedure = procedure.clone();
        let of_it = move |run: &&Run| run.document.as_ref().is_some_and(|document| document.name == procedure);
        self.runs.all().iter().filter(of_it)
    }

    /// How many of a procedure's runs ended well, and how many ended.
    pub fn record(&self, procedure: &ProcedureName) -> (usize, usize) {
        let ended = || self.history(procedure).filter(|run| run.state != RunState::Running);
        (ended().filter(|run| run.state == RunState::Succeeded).count(), ended().count())
    }
}

/// Everything by which a procedure is found: its title first.
pub fn searched(procedure: &Procedure) -> String {
    let header = &procedure.header;
    let mut text = format!("{} {} {}", header.title.plain(), procedure.name, header.kind.word());
    for service in &header.services {
        text.push(' ');
        text.push_str(service.as_str());
    }
    text
}

/// How much of a procedure the console can do, in per cent; nothing where there is nothing to do.
pub fn share(procedure: &Procedure) -> Option<usize> {
    let (done, all) = automated(procedure);
    (all > 0).then(|| done * 100 / all)
}
