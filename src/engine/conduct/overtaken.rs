//! Another release that came between what a person was shown and their go.

use std::sync::Arc;
use std::time::Duration;

use super::mirroring::Mirroring;
use super::task::Task;
use crate::domain::procedure::{Kind, ProcedurePlan, Purpose};
use crate::domain::time::short;
use crate::engine::clock::Clock;
use crate::engine::releases::Releases;

/// The lock host gets this long to say what was released; a go is not held up for longer.
const LOOKS: Duration = Duration::from_secs(10);

impl Task {
    /// A release that another run came to since this one was taken up here, or since that was told, while this one has
    /// changed nothing: what is shown speaks of what ran before it. Told once; whoever goes then has read it.
    pub(super) async fn overtaken(&mut self, plan: &ProcedurePlan) -> Option<String> {
        let releases = matches!(plan.kind, Kind::Deploy | Kind::Rollback) && plan.purpose == Purpose::Forward;
        if !releases || self.has_changed() {
            return None;
        }
        let (ledger, run) = (&self.kit.ledger, &self.kit.about.run);
        let shared = ledger.mirror.as_ref().map(Mirroring::releases);
        let all = Releases::new(run.site.clone(), run.environment.clone(), Arc::clone(&ledger.store), shared);
        let now = self.kit.place.clock.now().wall;
        let history = tokio::time::timeout(LOOKS, all.read(now)).await.ok()?.history;
        let newer = |release: &&crate::domain::Release| release.run != run.id && release.at > self.seen;
        let newest = history.releases().iter().rev().find(newer)?;
        let ago = short(now.duration_since(newest.at).unsigned_abs());
        let sentence = format!(
            "{} is {} since {ago} ago ({}, run {}): that came after this run was looked at, so what it would replace is not \
             what was shown. Look at it again, then go.",
            newest.version.plain(),
            newest.verdict.word(),
            newest.person,
            newest.run.short()
        );
        self.seen = now.max(newest.at);
        Some(sentence)
    }
}
