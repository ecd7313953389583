//! A weight of a guarded shift: it is held while its guard judges, and only what passed is verified. Whatever else comes of
//! it, a step of its own sends the traffic back (`domain::course`).

use super::check::held;
use super::job::{Came, Step};
use super::ledger::Lost;
use crate::domain::procedure::{Guarded, Shifts};
use crate::domain::run::{Reason, StepState};
use crate::engine::clock::Clock;

impl Step {
    /// How it is judged, if it is the weight of a guarded shift behind which that is done.
    pub(super) fn guarded(&self) -> Option<Guarded> {
        let (part, job, _) = self.what.as_ref()?;
        matches!(job.script.shifts, Some(Shifts::Judged(_))).then(|| part.options.guarded.as_deref().cloned()).flatten()
    }

    /// Holds the weight that was set and read back. Whoever takes it up later holds it anew: nobody judged meanwhile.
    pub(super) async fn held(&mut self) -> Came {
        let Some(guarded) = self.guarded() else { return Came::Well };
        if let Err(lost @ Lost::Taken(_)) = self.kit.ledger.commit(self.number, &mut self.record, StepState::Done).await
        {
            return Came::Lost(lost);
        }
        let until = self.kit.place.clock.now().mono.after(guarded.hold);
        let mut checks = Vec::new();
        let timer = self.deadman();
        let gone = async {
            match &timer {
                Some(timer) => timer.renewed().await,
                None => std::future::pending().await,
            }
        };
        let came = tokio::select! {
            came = held(&self.kit, self.number, &self.record, (guarded.hold, until), Some(&guarded.guard), &mut checks) => came,
            () = gone => Err((Reason::Inconclusive, "its dead-man timer is not there any more".to_owned())),
            () = self.orders.cancel.cancelled() => {
                Err((Reason::Cancelled, "cancelled: the weight was set, and not judged to the end".to_owned()))
            }
        };
        self.looks.judged = checks.iter().map(|check| (check.name.clone(), check.told.clone())).collect();
        self.looks.checks = checks;
        match came {
            Ok(note) => {
                self.record.note = note.into();
                Came::Well
            }
            Err((reason, why)) => Came::Badly(reason, why),
        }
    }
}
