//! The way without a bus: one `systemctl show` for all units, again and again.

use std::collections::BTreeMap;

use super::wanted::Selection;
use crate::domain::UnitName;
use crate::domain::unit::{Active, Load, UnitFacts};
use crate::engine::transport::Connection;
use crate::port::{End, Output, RemoteCommand};
use crate::runtimes::systemd::{Scope, booted};
use crate::runtimes::systemd_list::{self, parse_files, parse_units};
use crate::runtimes::systemd_props::Properties;
use crate::runtimes::systemd_show::{Ask, Forged, parse, show};
use crate::text::Foreign;

/// Every how many sweeps the list of units is read, for units that match a pattern and units that failed.
const LIST_EVERY: u32 = 3;
/// Most units that are shown at once.
const MOST: usize = 500;

/// Why a sweep found nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// systemd does not run this host.
    #[error("the host is not run by systemd")]
    NoSystemd,
    /// The command failed.
    #[error("systemctl {0}")]
    Failed(String),
    /// Its answer can't be trusted.
    #[error("{0}")]
    Forged(#[from] Forged),
}

/// What is remembered from one sweep to the next.
pub struct Sweeper<'a> {
    host: &'a dyn Connection,
    scope: Scope,
    selection: &'a Selection,
    rounds: u32,
    /// Units found by the list, and whether a pattern wants them.
    found: BTreeMap<UnitName, bool>,
    ask: Ask,
}

impl<'a> Sweeper<'a> {
    /// A sweeper that has found nothing yet.
    pub fn new(host: &'a dyn Connection, scope: Scope, selection: &'a Selection) -> Self {
        Self { host, scope, selection, rounds: 0, found: BTreeMap::new(), ask: Ask::Everything }
    }

    /// The next sweep reads the list of units too.
    pub fn anew(&mut self) {
        self.rounds = 0;
    }

    /// Reads all units of interest once.
    ///
    /// # Errors
    /// Why there is nothing to tell.
    pub async fn sweep(&mut self) -> Result<Vec<(UnitName, UnitFacts)>, SweepError> {
        if self.rounds.is_multiple_of(LIST_EVERY) {
            self.list().await?;
        }
        self.rounds += 1;
        let exact = self.selection.exact();
        let found = self.found.keys().filter(|name| exact.binary_search(name).is_err());
        let names: Vec<UnitName> = exact.iter().chain(found).take(MOST).cloned().collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let shown = match self.show(&names).await {
            Err(SweepError::Forged(forged)) if self.ask == Ask::Everything => {
                tracing::warn!(%forged, "descriptions are left out from here on");
                self.ask = Ask::NoFreeText;
                self.show(&names).await?
            }
            shown => shown?,
        };
        let kept = |(name, facts): &(UnitName, UnitFacts)| {
            exact.binary_search(name).is_ok()
                || facts.active == Active::Failed
                || (self.found.get(name).is_some_and(|matched| *matched)
                    && (facts.load != Load::NotFound || facts.active.runs()))
        };
        let facts = shown.into_iter().map(|(name, properties)| {
            let facts = properties.facts(&name);
            (name, facts)
        });
        Ok(facts.filter(kept).collect())
    }

    async fn show(&self, names: &[UnitName]) -> Result<Vec<(UnitName, Properties)>, SweepError> {
        let output = self.run(show(self.scope, names, self.ask)).await?;
        Ok(parse(&output.stdout, names)?)
    }

    async fn list(&mut self) -> Result<(), SweepError> {
        let units = self.run(systemd_list::units(self.scope)).await?;
        let mut found = BTreeMap::new();
        for row in parse_units(&units.stdout) {
            let matched = row.found && self.selection.matches(&row.name);
            if matched || row.failed {
                found.insert(row.name, matched);
            }
        }
        if !self.selection.globs().is_empty() {
            let files = self.run(systemd_list::files(self.scope)).await?;
            let matching = parse_files(&files.stdout).into_iter().filter(|name| self.selection.matches(name));
            found.extend(matching.map(|name| (name, true)));
        }
        self.found = found;
        Ok(())
    }

    async fn run(&self, command: RemoteCommand) -> Result<Output, SweepError> {
        let output = self.host.run(command).await;
        if output.succeeded() {
            return Ok(output);
        }
        if output.end == End::NotFound || self.host.run(booted()).await.end == End::Exited(1) {
            return Err(SweepError::NoSystemd);
        }
        Err(SweepError::Failed(sentence(&output)))
    }
}

/// How a command ended and the first line it complained with, sanitised.
pub fn sentence(output: &Output) -> String {
    let first = output.stderr.split(|byte| *byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
    let said = Foreign::from(first).plain();
    if said.is_empty() { output.end.to_string() } else { format!("{}: {said}", output.end) }
}
