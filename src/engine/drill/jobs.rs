//! Jobs in a drill: what systemctl and journalctl are told is done by the simulated hosts, and everything else is only
//! printed, with the word that says so. Nothing is run on this machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use super::fleet::Fleet;
use super::shell::{self, Commands};
use crate::domain::procedure::HERE;
use crate::domain::{HostName, RunId};
use crate::engine::jobs::{Began, Cancelled, Ended, JobKey, Jobs, Offsets, Order, Output, Seen};
use crate::port::{End, RemoteCommand};

/// How long a line takes that is not asked of a simulated host.
const LINE: Duration = Duration::from_millis(120);
/// Longer is waited for by nobody in a drill.
const SLEEP: Duration = Duration::from_secs(5);

/// One simulated job.
#[derive(Debug, Clone, Default)]
struct Simulated {
    output: Vec<u8>,
    ended: Option<Ended>,
    cancelled: bool,
}

/// The jobs of a drill; they end with it.
#[derive(Debug, Clone)]
pub struct DrillJobs {
    fleet: Fleet,
    commands: Arc<Commands>,
    known: watch::Sender<BTreeMap<(String, String), Simulated>>,
}

impl DrillJobs {
    /// Jobs on the hosts of this fleet.
    pub fn new(fleet: Fleet, commands: Arc<Commands>) -> Self {
        Self { fleet, commands, known: watch::Sender::new(BTreeMap::new()) }
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

    /// Goes through the lines of a script as a shell would that leaves at the first failure.
    async fn play(self, place: (String, String), text: String, timeout: Duration) {
        let mut status = 0;
        for line in lines(&text) {
            if self.is_over(&place) {
                return;
            }
            let (left, said) = self.line(&place.0, &line, timeout).await;
            self.change(&place, |job| job.output.extend(said));
            if left != 0 {
                status = left;
                break;
            }
        }
        self.change(&place, |job| {
            let wrote = Offsets { output: job.output.len() as u64, error: 0 };
            job.ended.get_or_insert(Ended { exit: Some(status), wrote, ..Ended::default() });
        });
    }

    async fn line(&self, host: &str, line: &str, timeout: Duration) -> (i32, Vec<u8>) {
        let words: Vec<String> =
            line.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect();
        let program = shell::without_wrappers(&words).first().map(String::as_str).unwrap_or_default();
        let is_simple = !line.contains(['|', '>', '<', '$', '`', ';', '&', '(']);
        match program {
            "systemctl" | "journalctl" if is_simple && host != HERE => {
                let output =
                    shell::answer(&self.fleet, &self.commands, host, &RemoteCommand::new(words).within(timeout)).await;
                let left = match output.end {
                    End::Exited(left) => left,
                    _ => 127,
                };
                (left, [output.stdout, output.stderr].concat())
            }
            "false" if is_simple => (1, Vec::new()),
            "exit" if is_simple => (words.get(1).and_then(|word| word.parse().ok()).unwrap_or(0), Vec::new()),
            "sleep" if is_simple => {
                let span = words.get(1).and_then(|word| word.parse().ok()).map_or(LINE, Duration::from_secs);
                tokio::time::sleep(span.min(SLEEP)).await;
                (0, Vec::new())
            }
            "echo" if is_simple => {
                tokio::time::sleep(LINE).await;
                (0, format!("{}\n", words.get(1..).unwrap_or_default().join(" ")).into_bytes())
            }
            _ => {
                tokio::time::sleep(LINE).await;
                (0, format!("simulated: {line}\n").into_bytes())
            }
        }
    }
}

/// The lines of a script that do something, continued ones joined.
fn lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
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
            drop(tokio::spawn(jobs.play(place, order.script.text, order.timeout)));
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
            let mut at = usize::try_from(from.output).unwrap_or(usize::MAX);
            loop {
                if host.as_str() != HERE {
                    jobs.fleet.linked(host.as_str(), true).await;
                }
                let job = news.borrow_and_update().get(&place).cloned();
                let Some(job) = job else { return Seen::Never };
                let fresh = job.output.get(at..).unwrap_or_default().to_vec();
                if !fresh.is_empty() {
                    let piece = Output { error: false, offset: at as u64, bytes: fresh };
                    at += piece.bytes.len();
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
            let wrote = Offsets { output: job.output.len() as u64, error: 0 };
            job.ended.get_or_insert(Ended { signal: Some(15), cancelled: true, wrote, ..Ended::default() });
        });
        let cancelled = match (before, self.seen(&place)) {
            (Seen::Ended(ended), _) => Cancelled::Before(ended),
            (_, Seen::Ended(ended)) => Cancelled::Gone(ended),
            _ => Cancelled::Unknown("the drill knows nothing of it".to_owned()),
        };
        async move { cancelled }.boxed()
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
