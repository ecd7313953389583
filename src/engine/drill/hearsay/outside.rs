//! Git and GitHub of a drill: nobody is asked.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::versions::ago;
use super::{Hearsay, Known, SIMULATED, Said};
use crate::domain::fact::Question;
use crate::domain::probe::Found;
use crate::domain::source::{Facts, Version};
use crate::engine::drill::fleet::Fleet;
use crate::engine::facts::{Came, detail};
use crate::engine::outside::Outside;

/// What a drill has in the place of git and GitHub.
#[derive(Debug, Clone)]
pub struct Simulated {
    hearsay: Arc<Hearsay>,
    fleet: Fleet,
}

impl Simulated {
    /// By this data, at the time of this fleet.
    pub fn new(hearsay: Arc<Hearsay>, fleet: Fleet) -> Self {
        Self { hearsay, fleet }
    }

    fn now(&self) -> Timestamp {
        let micros = i64::try_from(self.fleet.wall()).unwrap_or(i64::MAX);
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Outside for Simulated {
    fn versions(&self) -> BoxFuture<'static, Result<Vec<Version>, String>> {
        let all = self.hearsay.versions(self.now());
        async move { Ok(all) }.boxed()
    }

    fn facts(&self, version: String, since: Option<String>) -> BoxFuture<'static, Result<Facts, String>> {
        let facts = self.hearsay.facts(&version, since.as_deref(), self.now());
        async move { facts }.boxed()
    }

    fn github(&self, question: Question) -> BoxFuture<'static, Came> {
        let came = self.hearsay.github(&question, self.now());
        async move { came }.boxed()
    }
}

impl Hearsay {
    /// What GitHub would say.
    pub(super) fn github(&self, question: &Question, now: Timestamp) -> Came {
        let (fact, commit, file) = match question {
            Question::Ci { commit, .. } => ("ci", commit, None),
            Question::Workflow(wanted) => ("workflow", &wanted.commit, Some(wanted.file.as_str())),
            Question::Reviews { commit, .. } => ("reviews", commit, None),
            Question::Protection { commit, .. } => ("protection", commit, None),
            Question::Same { .. }
            | Question::Probes { .. }
            | Question::Backup(_)
            | Question::Certificate { .. }
            | Question::Disk { .. }
            | Question::Memory(_)
            | Question::Release { .. }
            | Question::Rollback { .. } => return Came::nothing("GitHub knows nothing of this"),
        };
        let asked = self.place(commit);
        let fits = |known: &&Known| {
            let version = known.version.as_deref().map(|word| self.place(word));
            known.fact == fact
                && known.file.as_deref().is_none_or(|known| Some(known) == file)
                && version.is_none_or(|version| version.is_some() && version == asked)
        };
        let Some(known) = self.github.iter().find(fits) else {
            return Came::nothing(format!("{SIMULATED}the drill has nothing to say of this"));
        };
        let found = match known.found {
            Said::Pass => Found::Pass,
            Said::Fail => Found::Fail,
            Said::Error => Found::Error,
            Said::Inconclusive => Found::Inconclusive,
        };
        let lines = known.lines.iter().map(|(what, found, holds)| detail(what.as_str(), found.as_str(), *holds));
        let mut came = Came::new(found, format!("{SIMULATED}{}", known.says), lines.collect());
        came.as_of = Some(ago(now, known.age));
        came
    }
}
