//! Jobs in a drill: what systemctl and journalctl are told is done by the simulated hosts, small programs tell what is
//! true of them, and of everything else it is said that a drill does not know it. Nothing is run on this machine.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use super::fleet::Fleet;
use super::hearsay::Reply;
use super::http::Listeners;
use super::interpreter::Shell;
use super::script;
use super::shell::Commands;
use crate::domain::procedure::HERE;
use crate::domain::{HostName, RunId};
use crate::engine::jobs::{Began, Cancelled, Ended, JobKey, Jobs, Offsets, Order, Output, Seen};

/// The first line of what is not run but told.
const LABEL: &str = "simulated, nothing was run:";

/// One simulated job.
#[derive(Debug, Clone, Default)]
struct Simulated {
    output: Vec<u8>,
    error: Vec<u8>,
    ended: Option<Ended>,
    cancelled: bool,
}

impl Simulated {
    fn wrote(&self) -> Offsets {
        Offsets { output: self.output.len() as u64, error: self.error.len() as u64 }
    }
}

/// The jobs of a drill; they end with it.
#[derive(Debug, Clone)]
pub struct DrillJobs {
    pub(super) fleet: Fleet,
    pub(super) commands: Arc<Commands>,
    pub(super) listeners: Arc<Listeners>,
    known: watch::Sender<BTreeMap<(String, String), Simulated>>,
}

impl DrillJobs {
    /// Jobs on the hosts of this fleet.
    pub fn new(fleet: Fleet, commands: Arc<Commands>, listeners: Arc<Listeners>) -> Self {
        Self { fleet, commands, listeners, known: watch::Sender::new(BTreeMap::new()) }
    }

    fn seen(&self, place: &(String, String)) -> Seen {
        match self.known.borrow().get(place) {
            None => Seen::Never,
            Some(Simulated { ended: Some(ended), .. }) => Seen::Ended(ended.clone()),
            Some(_) => Seen::Running,
        }
    }

    fn change(&self, place: &(String, String), change: impl FnOnce(&mut Simulated)) {
        self.known.send_modify(|known| {
            if let Some(job) = known.get_mut(place) {
                change(job);
            }
        });
    }

    fn is_over(&self, place: &(String, String)) -> bool {
        self.known.borrow().get(place).is_none_or(|job| job.cancelled || job.ended.is_some())
    }

    /// Says line by line what is known of a script, with a word before it that it was not run.
    async fn tell(self, place: &(String, String), reply: Reply, split: bool) {
        let says = |error: bool, line: &str| {
            self.change(place, |job| {
                let stream = if error && split { &mut job.error } else { &mut job.output };
                stream.extend(format!("{line}\n").into_bytes());
            });
        };
        says(true, LABEL);
        let lines: Vec<(bool, &str)> =
            reply.says.lines().map(|line| (false, line)).chain(reply.errs.lines().map(|line| (true, line))).collect();
        let each = reply.takes / u32::try_from(lines.len() + 1).unwrap_or(u32::MAX);
        for (error, line) in lines {
            tokio::time::sleep(each).await;
            if self.is_over(place) {
                return;
            }
            says(error, line);
        }
        tokio::time::sleep(each).await;
        if self.is_over(place) {
            return;
        }
        self.commands.heard().remember(&place.0, &reply);
        self.fleet.happen(reply.then.clone()).await;
        self.change(place, |job| {
            job.ended.get_or_insert(Ended { exit: Some(reply.exits), wrote: job.wrote(), ..Ended::default() });
        });
    }

    /// Goes through a script as a shell would that leaves at the first failure.
    async fn play(self, place: (String, String), order: Order) {
        let Order { script, captured, split, timeout, .. } = order;
        let mut variables: BTreeMap<String, String> =
            script.variables.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        variables.extend(captured.into_iter().map(|(name, value)| (name.to_string(), value)));
        if let Some(reply) = self.commands.heard().reply(&place.0, &script.text, &variables) {
            return self.tell(&place, reply, split).await;
        }
        let mut shell =
            Shell { jobs: self.clone(), host: place.0.clone(), timeout, variables, last: 0, deep: 0, unplayed: None };
        for statement in script::read(&script.text) {
            if self.is_over(&place) {
                return;
            }
            let (ends, said) = shell.statement(&statement).await;
            self.change(&place, |job| job.output.extend(said));
            if ends {
                break;
            }
        }
        self.change(&place, |job| {
            let wrote = job.wrote();
            let unplayed = shell.unplayed.take();
            job.ended.get_or_insert(Ended { exit: Some(shell.last), wrote, unplayed, ..Ended::default() });
        });
    }
}

fn place(host: &HostName, key: &JobKey) -> (String, String) {
    (host.to_string(), key.to_string())
}

impl Jobs for DrillJobs {
    fn begin(&self, host: HostName, order: Order) -> BoxFuture<'static, Began> {
        let jobs = self.clone();
        async move {
            let place = place(&host, &order.key);
            if host.as_str() != HERE {
                jobs.fleet.linked(host.as_str(), true).await;
            }
            let mut is_new = false;
            jobs.known.send_modify(|known| {
                is_new = !known.contains_key(&place);
                known.entry(place.clone()).or_default();
            });
            if !is_new {
                return Began::Before;
            }
            drop(tokio::spawn(jobs.play(place, order)));
            Began::Started
        }
        .boxed()
    }

    fn look(&self, host: HostName, key: JobKey) -> BoxFuture<'static, Seen> {
        let seen = self.seen(&place(&host, &key));
        async move { seen }.boxed()
    }

    fn follow(
        &self,
        host: HostName,
        key: JobKey,
        from: Offsets,
        output: mpsc::Sender<Output>,
    ) -> BoxFuture<'static, Seen> {
        let jobs = self.clone();
        async move {
            let place = place(&host, &key);
            let mut news = jobs.known.subscribe();
            let mut at = [from.output, from.error].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            loop {
                if host.as_str() != HERE {
                    jobs.fleet.linked(host.as_str(), true).await;
                }
                let job = news.borrow_and_update().get(&place).cloned();
                let Some(job) = job else { return Seen::Never };
                for (at, (error, all)) in at.iter_mut().zip([(false, &job.output), (true, &job.error)]) {
                    let fresh = all.get(*at..).unwrap_or_default().to_vec();
                    if fresh.is_empty() {
                        continue;
                    }
                    let piece = Output { error, offset: *at as u64, bytes: fresh };
                    *at += piece.bytes.len();
                    if output.send(piece).await.is_err() {
                        return jobs.seen(&place);
                    }
                }
                if let Some(ended) = job.ended {
                    return Seen::Ended(ended);
                }
                if news.changed().await.is_err() {
                    return Seen::Vanished("the drill has ended".to_owned());
                }
            }
        }
        .boxed()
    }

    fn cancel(&self, host: HostName, key: JobKey) -> BoxFuture<'static, Cancelled> {
        let place = place(&host, &key);
        let before = self.seen(&place);
        self.change(&place, |job| {
            job.cancelled = true;
            let wrote = job.wrote();
            job.ended.get_or_insert(Ended { signal: Some(15), cancelled: true, wrote, ..Ended::default() });
        });
        let cancelled = match (before, self.seen(&place)) {
            (Seen::Ended(ended), _) => Cancelled::Before(ended),
            (_, Seen::Ended(ended)) => Cancelled::Gone(ended),
            _ => Cancelled::Unknown("the drill knows nothing of it".to_owned()),
        };
        async move { cancelled }.boxed()
    }

    /// A drill arms no timer.
    fn beat(&self, host: HostName, key: JobKey, _: String) -> BoxFuture<'static, Seen> {
        self.look(host, key)
    }

    fn clear(&self, host: HostName, run: RunId) -> BoxFuture<'static, Result<usize, String>> {
        let (host, run) = (host.to_string(), run.to_string());
        self.known.send_modify(|known| {
            known.retain(|(at, key), job| *at != host || !key.starts_with(&run) || job.ended.is_none());
        });
        let left = self.known.borrow().keys().filter(|(at, key)| *at == host && key.starts_with(&run)).count();
        async move { Ok(left) }.boxed()
    }
}
