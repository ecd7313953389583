//! Which secrets a step waits for. What comes from a host may hold every secret that the run has handed out, also
//! before it was taken over: each of them is fetched before anything is read, and where one can't be had, nothing of what
//! was printed is shown or kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt;

use super::mask::Masks;
use super::secrets;
use super::task::{Came, Task};
use crate::domain::InputName;
use crate::port::Secret;

impl Task {
    /// The secrets that a step is given.
    fn own(&self, number: usize) -> Vec<InputName> {
        self.planned.get(&number).map(|(_, job)| job.script.secrets.clone()).unwrap_or_default()
    }

    /// The secrets that hosts may know: those of steps that were begun. What steps did of which nothing is known here
    /// may have needed any of the run's.
    fn handed_out(&self) -> BTreeSet<InputName> {
        let begun = self.course.steps().iter().enumerate().filter(|(_, step)| step.attempt > 0);
        let (known, unknown): (Vec<_>, Vec<_>) = begun.partition(|(number, _)| self.planned.contains_key(number));
        let mut all: BTreeSet<InputName> = known.into_iter().flat_map(|(number, _)| self.own(number)).collect();
        if !unknown.is_empty() {
            let secret = self.course.given().iter().filter(|given| given.value.is_none());
            all.extend(secret.map(|given| given.name.clone()));
        }
        all
    }

    /// What must be fetched before a step begins, or is gone on with.
    pub(super) fn missing_secrets(&self, number: usize, adopt: bool) -> Vec<InputName> {
        let own = self.own(number);
        let mut wanted = self.handed_out();
        wanted.extend(own.iter().cloned());
        let needed = |name: &InputName| !adopt && own.contains(name);
        wanted.retain(|name| !self.secrets.contains_key(name) && (needed(name) || !self.denied.contains(name)));
        wanted.into_iter().collect()
    }

    /// Why nothing of what hosts print may be shown, if that is so.
    pub(super) fn hidden(&self) -> Option<String> {
        let unknown: Vec<String> = self
            .handed_out()
            .into_iter()
            .filter(|name| !self.secrets.contains_key(name))
            .map(|name| name.to_string())
            .collect();
        let first = unknown.first()?;
        Some(format!(
            "what it printed is hidden, because it may hold {}, which this run was given before and is not known here: \
             give it with --input-file {first}=FILE",
            unknown.join(" and ")
        ))
    }

    pub(super) async fn fetch(&mut self, name: InputName) {
        if !self.asked.insert(name.clone()) {
            return;
        }
        let input = self.later.iter().find(|input| input.name == name).cloned();
        let ask = self.ask.clone();
        let environment = Arc::clone(&self.kit.place.environment);
        self.going.push(
            async move {
                let fetched = match input {
                    Some(input) => match secrets::fetch(&input, ask).await {
                        Ok(secret) => secrets::fits(&input, &secret, &environment).map(|()| secret),
                        Err(why) => Err(why),
                    },
                    None => Err(format!("Where the secret {name} comes from is not known.")),
                };
                Came::Secret(name, fetched)
            }
            .boxed(),
        );
    }

    /// A secret is there, or can't be had.
    pub(super) async fn secret(&mut self, name: InputName, fetched: Result<Arc<Secret>, String>) {
        self.asked.remove(&name);
        match fetched {
            Ok(secret) => self.know(name, secret),
            Err(why) => {
                self.denied.insert(name.clone());
                let needs =
                    |(number, adopt): (&usize, &bool)| (!adopt && self.own(*number).contains(&name)).then_some(*number);
                let failed: Vec<usize> = self.waiting.iter().filter_map(needs).collect();
                for number in failed {
                    self.waiting.remove(&number);
                    self.refuse(number, format!("{why} Nothing was sent.")).await;
                }
            }
        }
        let ready = |(number, adopt): (&usize, &bool)| {
            self.missing_secrets(*number, *adopt).is_empty().then_some((*number, *adopt))
        };
        let ready: Vec<(usize, bool)> = self.waiting.iter().filter_map(ready).collect();
        for (number, adopt) in ready {
            self.waiting.remove(&number);
            self.start(number, adopt).await;
        }
    }

    pub(super) fn know(&mut self, name: InputName, secret: Arc<Secret>) {
        self.denied.remove(&name);
        self.secrets.insert(name, secret);
        self.masks.send_replace(Arc::new(Masks::of(self.secrets.values().map(|secret| secret.expose()))));
    }
}
