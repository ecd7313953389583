//! Jobs on real hosts, over the connections of an environment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use super::{Began, Cancelled, Ended, JobKey, Jobs, Offsets, Order, Output, Seen};
use crate::domain::host::{BecomeRoot, Reach, Shell};
use crate::domain::procedure::here;
use crate::domain::{Environment, Host, HostName, LinkFailure, RunId};
use crate::engine::act::{Vault, Way};
use crate::engine::transport::{Asker, Transport};
use crate::runtimes::job::{self, Named};

use super::asking::{Asked, Hosts, Rights};
use super::{begin, cancel, follow};

/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(15);
/// How long a clearing may take.
const CLEAR_WITHIN: Duration = Duration::from_secs(55);

/// Jobs on the hosts of one environment.
#[derive(Clone)]
pub struct HostJobs {
    hosts: Arc<Hosts>,
}

impl HostJobs {
    /// Jobs on these hosts; `here` is among the ways where commands are run on this machine too.
    pub fn new(environment: Arc<Environment>, ways: BTreeMap<HostName, Way>, vault: Vault) -> Self {
        Self { hosts: Arc::new(Hosts { environment, ways, vault, tokens: watch::Sender::default() }) }
    }
}

/// The way to this machine, by the name `here`. It lasts as long as what came with it is held.
///
/// # Errors
/// When there is none.
pub async fn way_here(transport: &dyn Transport) -> Result<(Way, WayHeld), LinkFailure> {
    let host = Host {
        name: here(),
        reach: Reach::Local,
        tags: Vec::new(),
        become_root: BecomeRoot::default(),
        shell: Shell::Plain,
    };
    let connection = transport.connect(host, Asker::nobody(here())).await?;
    let (connections, heards) = (watch::Sender::new(Some(connection)), watch::Sender::new(None));
    let way = Way {
        connection: connections.subscribe(),
        heard: heards.subscribe(),
        stirred: watch::Sender::default().subscribe(),
    };
    Ok((way, WayHeld { _connections: connections, _heards: heards }))
}

/// Holds the connection to this machine.
pub struct WayHeld {
    _connections: watch::Sender<Option<Arc<dyn crate::engine::transport::Connection>>>,
    _heards: watch::Sender<Option<std::time::Instant>>,
}

impl Jobs for HostJobs {
    fn begin(&self, host: HostName, order: Order) -> BoxFuture<'static, Began> {
        let hosts = Arc::clone(&self.hosts);
        Box::pin(async move { begin::begin(&hosts, &host, &order).await })
    }

    fn look(&self, host: HostName, key: JobKey) -> BoxFuture<'static, Seen> {
        let hosts = Arc::clone(&self.hosts);
        Box::pin(async move { hosts.look(&host, &key).await })
    }

    fn follow(
        &self,
        host: HostName,
        key: JobKey,
        from: Offsets,
        output: mpsc::Sender<Output>,
    ) -> BoxFuture<'static, Seen> {
        let hosts = Arc::clone(&self.hosts);
        Box::pin(async move { follow::follow(&hosts, &host, &key, from, output).await })
    }

    fn cancel(&self, host: HostName, key: JobKey) -> BoxFuture<'static, Cancelled> {
        let hosts = Arc::clone(&self.hosts);
        Box::pin(async move { cancel::cancel(&hosts, &host, &key).await })
    }

    fn beat(&self, host: HostName, key: JobKey, word: String) -> BoxFuture<'static, Seen> {
        let hosts = Arc::clone(&self.hosts);
        Box::pin(async move {
            let script = job::beat(&hosts.named(&key), &word);
            hosts.ask_of_job(&host, &key, &script).await
        })
    }

    fn clear(&self, host: HostName, run: RunId) -> BoxFuture<'static, Result<usize, String>> {
        let hosts = Arc::clone(&self.hosts);
        Box::pin(async move { hosts.clear(&host, &run).await })
    }
}

impl Hosts {
    /// The name of a job for the scripts.
    pub(super) fn named(&self, key: &JobKey) -> Named {
        Named {
            run: key.run.clone(),
            step: key.step,
            attempt: key.attempt,
            state_directory: self.environment.state_directory.clone(),
        }
    }

    /// One look: as the login, and as root where only root can say.
    pub(super) async fn look(&self, host: &HostName, key: &JobKey) -> Seen {
        let script = job::look(&self.named(key));
        self.ask_of_job(host, key, &script).await
    }

    /// Asks something that is answered with how the job stands.
    pub(super) async fn ask_of_job(&self, host: &HostName, key: &JobKey, script: &[u8]) -> Seen {
        let mut rights = Rights::Login;
        loop {
            let answer = match self.ask(host, &key.run, script, rights, LOOK_WITHIN, "look at a step").await {
                Asked::Answered(output) => output.stdout,
                Asked::Unasked(why) => return Seen::Unasked(why),
            };
            let Some((token, told)) = job::told(&answer) else {
                return Seen::Unasked(format!("what {host} answered about the step makes no sense"));
            };
            match (told, rights) {
                (job::Told::Hidden, Rights::Login) if self.becomes_root(host) => rights = Rights::Sudo,
                (told, _) => return self.seen(host, key, token, told),
            }
        }
    }

    /// What the host told, in the words of jobs.
    pub(super) fn seen(&self, host: &HostName, key: &JobKey, token: u64, told: job::Told) -> Seen {
        if self.token(&key.run).is_some_and(|own| own < token) {
            return Seen::Superseded(token);
        }
        match told {
            job::Told::Running => Seen::Running,
            job::Told::Ended(ended) => Seen::Ended(in_words(&ended)),
            job::Told::Never => Seen::Never,
            job::Told::Vanished(why) => Seen::Vanished(format!("it was begun on {host}, but {why}")),
            job::Told::Foreign(login) => {
                let why = format!("{login} began it on {host}, and only that login can look at it there");
                Seen::Theirs { login: Some(login), why }
            }
            job::Told::Hidden => {
                let why = format!(
                    "what this run left on {host} belongs to another login there, and only root can look at it"
                );
                Seen::Theirs { login: None, why }
            }
        }
    }

    async fn clear(&self, host: &HostName, run: &RunId) -> Result<usize, String> {
        let script = job::clear(run, &self.environment.state_directory);
        let (mut rights, mut running) = (Rights::Login, 0);
        loop {
            let answer = match self.ask(host, run, &script, rights, CLEAR_WITHIN, "clear up after a run").await {
                Asked::Answered(output) => output.stdout,
                Asked::Unasked(why) => return Err(why),
            };
            match (job::cleared(&answer), rights) {
                (Some(job::Cleared::Done(more)), _) => return Ok(running + more),
                (Some(job::Cleared::Hidden(more)), Rights::Login) if self.becomes_root(host) => {
                    running += more;
                    rights = Rights::Sudo;
                }
                (Some(job::Cleared::Hidden(_)), _) => {
                    return Err(format!("what root's steps of this run left on {host} can only be cleared as root"));
                }
                (None, _) => return Err(format!("what {host} answered to the clearing makes no sense")),
            }
        }
    }
}

pub(super) fn in_words(ended: &job::Ended) -> Ended {
    Ended {
        unplayed: None,
        exit: ended.exit,
        signal: ended.signal,
        timed_out: ended.timed_out,
        cancelled: ended.cancelled,
        left_behind: ended.left_behind,
        wrote: Offsets { output: ended.output, error: ended.error },
    }
}
