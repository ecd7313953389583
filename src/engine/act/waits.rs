//! What a step that goes on still waits for, in words that a person sees while they wait too.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::ledger::Ledger;
use crate::domain::ProbeName;
use crate::domain::run::RunStep;

/// What hears what is waited for.
pub(in crate::engine) trait Say: Fn(String) -> BoxFuture<'static, ()> + Send {}

impl<F: Fn(String) -> BoxFuture<'static, ()> + Send> Say for F {}

/// What is waited for: the unit's state, and each probe that is not green, with what it said last.
#[derive(Debug, Clone, Default, PartialEq)]
struct Waiting {
    unit: String,
    probes: BTreeMap<ProbeName, String>,
}

/// The place where those who wait say so.
#[derive(Debug)]
pub(super) struct Waits(watch::Sender<Waiting>);

impl Waits {
    /// Nothing is waited for.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Waiting::default()))
    }

    /// The unit is waited for; empty when it is there.
    pub(super) fn unit(&self, words: impl Into<String>) {
        let words = words.into();
        self.0.send_if_modified(|waiting| std::mem::replace(&mut waiting.unit, words.clone()) != words);
    }

    /// A probe is waited for, with what it said; `None` when it is green.
    pub(super) fn probe(&self, name: &ProbeName, said: Option<String>) {
        self.0.send_if_modified(|waiting| match said {
            Some(said) => waiting.probes.insert(name.clone(), said.clone()) != Some(said),
            None => waiting.probes.remove(name).is_some(),
        });
    }

    /// Does some work of a step, and tells what it waits for meanwhile. What is told is not recorded: it is no state.
    pub(super) async fn told<T>(
        &self,
        ledger: &Ledger,
        number: usize,
        step: &RunStep,
        work: impl Future<Output = T>,
    ) -> T {
        let say = |words: String| {
            let (ledger, mut step) = (ledger.clone(), step.clone());
            if !words.is_empty() {
                step.note = words.into();
            }
            async move { ledger.tell(number, step).await }.boxed()
        };
        self.heard(say, work).await
    }

    /// Does some work, and hands over what it waits for meanwhile; empty words when it waits for nothing.
    pub(super) async fn heard<T>(&self, say: impl Say, work: impl Future<Output = T>) -> T {
        let mut said = self.0.subscribe();
        tokio::pin!(work);
        loop {
            let waiting = tokio::select! {
                biased;
                done = &mut work => return done,
                Ok(()) = said.changed() => said.borrow_and_update().clone(),
            };
            say(waiting.words()).await;
        }
    }
}

impl Waiting {
    fn words(&self) -> String {
        let probes = self.probes.iter().map(|(name, said)| format!("probe {name}: {said}"));
        let all: Vec<String> =
            Some(self.unit.clone()).filter(|unit| !unit.is_empty()).into_iter().chain(probes).collect();
        if all.is_empty() { String::new() } else { format!("waits for {}", all.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_waited_for_is_said_until_it_is_there() {
        let waits = Waits::new();
        let ready = ProbeName::new("ready").unwrap();
        waits.unit("the unit, which is activating (start)");
        assert_eq!(waits.0.borrow().words(), "waits for the unit, which is activating (start)");
        waits.unit("");
        waits.probe(&ready, Some("GET :80/ready → 503".to_owned()));
        assert_eq!(waits.0.borrow().words(), "waits for probe ready: GET :80/ready → 503");
        let mut said = waits.0.subscribe();
        waits.probe(&ready, Some("GET :80/ready → 503".to_owned()));
        assert!(!said.has_changed().unwrap(), "the same again is nothing new");
        waits.probe(&ready, None);
        assert!(said.has_changed().unwrap() && said.borrow_and_update().words().is_empty());
    }
}
