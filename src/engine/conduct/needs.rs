//! What a run waits for, with what a person wants to see before they decide.

use futures_util::FutureExt;

use super::evidence::About;
use super::ledger::Ledger;
use super::task::{Activity, Came, Task};
use crate::domain::course::{Asks, Want};
use crate::engine::clock::Clock;
use crate::port::procedure::{Evidence, Need};
use crate::text::Foreign;

impl Task {
    /// Looks at the units that a step names which did not end well.
    pub(super) fn look(&mut self, number: usize) {
        let Some((part, job)) = self.planned.get(&number) else { return };
        let Some(about) = About::of(&self.kit.place, part, job) else { return };
        let looking = async move { Came::Looked(number, about.look().await) };
        self.looking.insert(number);
        self.going.push(looking.boxed());
    }

    /// Says what the run waits for, whenever that changes.
    pub(super) async fn tell_needs(&mut self) {
        let wants = self.course.wants();
        let moves = self.course.going().iter().any(|number| !self.theirs.contains_key(number));
        let busy = moves || (!self.course.is_chosen() && wants.is_empty());
        self.activity.send_replace(if busy { Activity::Busy } else { Activity::Waits });
        let mut needs = Vec::new();
        for want in wants {
            needs.extend(self.need(want).await);
        }
        if self.told.as_ref() != Some(&needs) {
            self.told = Some(needs.clone());
            if let Some(herald) = &self.kit.ledger.herald {
                herald.waits(&needs, self.course.steps());
            }
            self.kit.ledger.needs(needs).await;
        }
    }

    async fn need(&mut self, want: Want) -> Option<Need> {
        let part = |number: usize| self.course.rule(number).map(|rule| rule.part.clone());
        Some(match want {
            Want::Tick(number) => Need::Tick(part(number)?),
            Want::Choose(number) => Need::Choose(part(number)?),
            Want::Tell(number) => match &self.course.rule(number)?.asks {
                Asks::Tell(names) => Need::Tell(names.clone()),
                Asks::Nobody | Asks::Tick | Asks::Choose(_) | Asks::Terminal => return None,
            },
            Want::Terminal(number) => Need::Terminal(number),
            Want::Failure(number) => Need::Failure(number, Box::new(self.evidence(number).await?)),
            Want::Unknown(number) => Need::Unknown(number, Box::new(self.evidence(number).await?)),
            Want::Go => Need::Go,
            Want::Window => Need::Window(self.windows.at(self.kit.place.clock.now().wall), self.windows.role()),
            Want::Paused => Need::Paused,
        })
    }

    /// What is known of a step that did not end well, as soon as its units have been looked at.
    async fn evidence(&mut self, number: usize) -> Option<Evidence> {
        if !self.evidence.contains_key(&number) {
            let step = self.step(number);
            let output = kept_tail(&self.kit.ledger, number, step.attempt).await;
            self.evidence.insert(number, Evidence { reason: step.reason, output, looked: Vec::new() });
            self.look(number);
        }
        self.evidence.get(&number).filter(|_| !self.looking.contains(&number)).cloned()
    }
}

/// The end of what is kept of a step's output.
pub(super) async fn kept_tail(ledger: &Ledger, number: usize, attempt: u32) -> Foreign {
    let Ok(outputs) = ledger.store.outputs(ledger.run.clone(), 8 << 10).await else {
        return Foreign::default();
    };
    let own = outputs.pieces.iter().filter(|piece| piece.step == number && piece.attempt == attempt);
    own.map(|piece| piece.bytes.raw()).collect::<Vec<_>>().concat().into()
}
