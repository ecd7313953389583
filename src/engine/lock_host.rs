//! An environment's lock host as its users see it: a command is sent, its answer comes back whole or not at all.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::approach::{Approach, Direct};
use super::transport::{Asker, Connection};
use super::tty_ask;
use crate::domain::{Environment, HostName};
use crate::port::{End, RemoteCommand};
use crate::text::Foreign;

/// How long the link to the lock host may take to come up before somebody is told that it is not.
const UP_WITHIN: Duration = Duration::from_secs(5);

/// What the connection to the lock host is taken from: the newest one.
pub type Line = watch::Receiver<Option<Arc<dyn Connection>>>;

/// The line to a lock host; it holds as long as this is kept.
pub type Kept = watch::Sender<Option<Arc<dyn Connection>>>;

/// A connection to the lock host alone, for a command that has no screen. What ssh wants to know is asked on the
/// terminal, if there is one. The line holds as long as what comes back is kept.
///
/// # Errors
/// Why there is none, as a sentence without a full stop.
pub async fn connect(environment: Arc<Environment>, approach: Direct) -> Result<Kept, String> {
    connected(environment, approach, tty_ask::is_there()).await
}

/// The same where ssh may ask nothing, for what only lists and has something to list in any case.
///
/// # Errors
/// Why there is none, as a sentence without a full stop.
pub async fn connect_unasked(environment: Arc<Environment>, approach: Direct) -> Result<Kept, String> {
    connected(environment, approach, false).await
}

async fn connected(environment: Arc<Environment>, mut approach: Direct, asks: bool) -> Result<Kept, String> {
    let name = environment.lock_host.clone();
    let host = name.and_then(|name| environment.host(&name).cloned());
    let host = host.ok_or_else(|| format!("{} of {} has no lock_host", environment.name, environment.site))?;
    let (_, transport) = approach.enter(environment).await?;
    let (ask, questions) = mpsc::channel(tty_ask::QUESTIONS);
    let asker = match asks {
        true => Asker::new(host.name.clone(), ask),
        false => Asker::nobody(host.name.clone()),
    };
    let name = host.name.clone();
    tokio::select! {
        connected = transport.connect(host, asker) => match connected {
            Ok(connection) => Ok(watch::Sender::new(Some(connection))),
            Err(why) => Err(format!("the lock host {name} can't be reached: {why}")),
        },
        () = async { tty_ask::answer_all(questions).await; std::future::pending().await } => {
            Err("the terminal for questions is gone".to_owned())
        }
    }
}

/// The lock host. Cheap to clone.
#[derive(Clone)]
pub struct LockHost {
    host: HostName,
    line: Line,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// It could not be asked: why. Whether the command was done is not known.
    Unreachable(String),
    /// It answered something else than our script does.
    Odd,
}

impl Unanswered {
    /// The same of a host, as a clause without a full stop.
    pub fn told(&self, host: &HostName) -> String {
        match self {
            Unanswered::Unreachable(why) => format!("the lock host {host} can't be asked ({why})"),
            Unanswered::Odd => {
                format!("the lock host {host} answered something that makes no sense; look whether its /bin/sh works")
            }
        }
    }
}

impl LockHost {
    /// A lock host at the end of this line.
    pub fn new(host: HostName, line: Line) -> Self {
        Self { host, line }
    }

    /// Its name.
    pub fn name(&self) -> &HostName {
        &self.host
    }

    /// The line to it.
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// Sends a command: what it printed, if it came to its end.
    ///
    /// # Errors
    /// Why there is nothing.
    pub async fn ask(&self, command: RemoteCommand) -> Result<Vec<u8>, Unanswered> {
        let connection = self.connected().await;
        let connection = connection.ok_or_else(|| Unanswered::Unreachable("its link is not up".to_owned()))?;
        let output = connection.run(command).await;
        match output.end {
            End::Exited(0) => Ok(output.stdout),
            End::Exited(_) | End::NotFound | End::Killed(_) => {
                let words = Foreign::from(output.stderr).plain();
                tracing::warn!(host = %self.host, end = %output.end, words, "the lock host answers nothing that makes sense");
                Err(Unanswered::Odd)
            }
            End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => {
                Err(Unanswered::Unreachable(output.end.to_string()))
            }
        }
    }

    async fn connected(&self) -> Option<Arc<dyn Connection>> {
        let mut line = self.line.clone();
        let up = tokio::time::timeout(UP_WITHIN, line.wait_for(Option::is_some)).await;
        up.ok()?.ok()?.clone()
    }
}

impl std::fmt::Debug for LockHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LockHost").field("host", &self.host).finish_non_exhaustive()
    }
}
