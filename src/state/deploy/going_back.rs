//! What a way back means, for whoever is about to confirm it: from which release to which, and what of data goes back.

use super::{Wizard, names_version};
use crate::domain::procedure::{Danger, Kind, Procedure, ProcedurePlan, Purpose};
use crate::domain::release::Current;
use crate::state::releases::{Known, service};
use crate::text::Foreign;

/// From where to where, and what becomes of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoingBack {
    /// The release from which one goes back, as a person reads it; nothing where that is not known.
    pub from: Option<String>,
    /// The one that runs then; nothing where that is not known.
    pub to: Option<String>,
    /// What of data goes back or does not, line by line.
    pub data: Vec<String>,
}

impl GoingBack {
    /// `v2.31.0 → v2.30.4`, with the sign that stands between.
    pub fn way(&self, then: &str) -> String {
        let from = self.from.as_deref().unwrap_or("what runs now");
        format!("{from} {then} {}", self.to.as_deref().unwrap_or("what ran before"))
    }
}

impl Wizard<'_> {
    /// What this plan means, where it is a way back: that of the run itself, or a rollback to a recorded release. `planned`
    /// is what a rollback is known to mean for the database.
    pub fn going_back(&self, plan: &ProcedurePlan, known: &Known, planned: Vec<String>) -> Option<GoingBack> {
        let procedure = self.sheet.procedure;
        let own = plan.purpose == Purpose::Rollback;
        if !own && (procedure.header.kind != Kind::Rollback || plan.danger() == Danger::Read) {
            return None;
        }
        if own && procedure.header.kind != Kind::Rollback {
            let before = match self.run() {
                Some(run) => self.before(&known.before(&run.id, run.begun)),
                None => self.before(known),
            };
            return Some(GoingBack { from: self.version_told(), to: before, data: self.data_of_own_way(known) });
        }
        let stays = "as far as the releases tell, nothing of the database has to go back".to_owned();
        let data = if planned.is_empty() { vec![stays] } else { planned };
        Some(GoingBack {
            from: runs(procedure, known),
            to: given(procedure, plan).or_else(|| self.version_told()),
            data,
        })
    }

    /// What the run's own way back means for the database: what the version did to it, as git knows it.
    fn data_of_own_way(&self, known: &Known) -> Vec<String> {
        let told = self.database_told(known);
        let told = told.unwrap_or_else(|| "what this version did to the database is not known".to_owned());
        vec![told, "only what the steps below take back goes back".to_owned()]
    }
}

/// What runs now, by the record.
fn runs(procedure: &Procedure, known: &Known) -> Option<String> {
    let history = &known.releases.as_ref()?.history;
    match history.current(service(procedure).as_ref(), None) {
        Current::Runs(release) => Some(history.word(release).plain()),
        Current::Unclear(release, _) => Some(format!("{}, which did not go well,", history.word(release).plain())),
        Current::Nothing => None,
    }
}

/// The release that a plan names.
fn given(procedure: &Procedure, plan: &ProcedurePlan) -> Option<String> {
    let name = names_version(procedure)?;
    let given = plan.given.iter().find(|given| given.name == *name)?;
    given.value.as_deref().filter(|word| !word.is_empty()).map(|word| Foreign::from(word).plain())
}
