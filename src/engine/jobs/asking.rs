//! One question to a host: over its newest connection, as the login or as root.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::domain::host::BecomeRoot;
use crate::domain::{Environment, HostName, RunId};
use crate::engine::act::{ANSWERS_WITHIN, Questions, Vault, Way, last_line};
use crate::engine::transport::{Connection, Input, Replies, fresh_word};
use crate::port::{End, Output, RemoteCommand, Secret, Stdin};
use crate::runtimes::job;
use crate::runtimes::systemd_change::sent_as_root;

/// The hosts of an environment as jobs see them.
pub(super) struct Hosts {
    pub(super) environment: Arc<Environment>,
    pub(super) ways: BTreeMap<HostName, Way>,
    pub(super) vault: Vault,
    /// The highest token with which anything of a run was begun from here.
    pub(super) tokens: watch::Sender<BTreeMap<RunId, u64>>,
}

/// As whom something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    Login,
    Sudo,
}

/// What came of a question.
pub(super) enum Asked {
    /// It was answered.
    Answered(Output),
    /// It was not: why, as a sentence.
    Unasked(String),
}

/// A script on its way, and what is certain of it.
pub(super) struct Handed {
    /// What came back.
    pub(super) output: Output,
    /// What became of the questions of sudo.
    pub(super) questions: Questions,
    /// Whether any of the script may have reached the host.
    pub(super) sent: bool,
}

impl Hosts {
    /// Whether a login of this host becomes root by sudo.
    pub(super) fn becomes_root(&self, host: &HostName) -> bool {
        self.environment.host(host).map(|host| host.become_root).unwrap_or_default() == BecomeRoot::Sudo
    }

    pub(super) fn token(&self, run: &RunId) -> Option<u64> {
        self.tokens.borrow().get(run).copied()
    }

    /// The connection to a host, which may come up within five seconds.
    pub(super) async fn connected(&self, host: &HostName) -> Result<Arc<dyn Connection>, String> {
        let way = self.way(host)?;
        let mut line = way.connection.clone();
        let up = timeout(ANSWERS_WITHIN, line.wait_for(Option::is_some)).await;
        let up = up.ok().and_then(Result::ok).and_then(|up| up.clone());
        up.ok_or_else(|| way.silence(host))
    }

    pub(super) fn way(&self, host: &HostName) -> Result<&Way, String> {
        self.ways.get(host).ok_or_else(|| format!("{host} is no host of this environment"))
    }

    /// Hands a script over on standard input. Nothing is sent before the host says that it is ready, and not at all
    /// when nothing is heard of it for five seconds.
    pub(super) async fn hand(
        &self,
        connection: &dyn Connection,
        (host, run): (&HostName, &RunId),
        script: Secret,
        rights: Rights,
        within: Duration,
        told: &str,
    ) -> Result<Handed, String> {
        let (begun, prompt, ready) = (Instant::now(), fresh_word(), fresh_word());
        let become_root = if rights == Rights::Sudo { BecomeRoot::Sudo } else { BecomeRoot::AlreadyRoot };
        let argv = sent_as_root(become_root, &job::ready_reader(&ready), &prompt);
        let input = Input::new(ready, script);
        let (replies, prompted) = Replies::new(prompt);
        let asking = async {
            tokio::join!(
                connection.converse(RemoteCommand::new(argv).within(within), replies.giving(input.clone())),
                self.vault.answer(run, host, told, prompted)
            )
        };
        tokio::pin!(asking);
        let (output, questions) = tokio::select! {
            both = &mut asking => both,
            () = sleep(ANSWERS_WITHIN) => {
                if !input.is_sent() && connection.heard() < begun && input.withdraw() {
                    return Err(self.way(host)?.silence(host));
                }
                asking.await
            }
        };
        Ok(Handed { output, questions, sent: !input.withdraw() })
    }

    /// Asks something that may be asked twice.
    pub(super) async fn ask(
        &self,
        host: &HostName,
        run: &RunId,
        script: &[u8],
        rights: Rights,
        within: Duration,
        told: &str,
    ) -> Asked {
        let connection = match self.connected(host).await {
            Ok(connection) => connection,
            Err(why) => return Asked::Unasked(why),
        };
        let output = match rights {
            Rights::Login => {
                let mut command = RemoteCommand::new(job::reader(script.len())).within(within);
                command.stdin = Stdin::Bytes(script.to_vec());
                connection.run(command).await
            }
            Rights::Sudo => {
                let script = Secret::new(script.to_vec());
                match self.hand(&*connection, (host, run), script, rights, within, told).await {
                    Ok(handed) if !handed.sent => {
                        return Asked::Unasked(unsent(host, rights, &handed.output, handed.questions));
                    }
                    Ok(handed) => handed.output,
                    Err(why) => return Asked::Unasked(why),
                }
            }
        };
        match output.end {
            End::Exited(0) => Asked::Answered(output),
            _ => Asked::Unasked(unsent(host, rights, &output, Questions::None)),
        }
    }
}

/// Why nothing was done, as a sentence without a full stop.
pub(super) fn unsent(host: &HostName, rights: Rights, output: &Output, questions: Questions) -> String {
    let said = last_line(&output.stderr);
    let behind = if said.is_empty() { String::new() } else { format!(": {said}") };
    match (&output.end, questions) {
        (End::NotFound, _) if rights == Rights::Sudo => {
            format!("{host} has no sudo; say how to become root there with become in the site (root, polkit)")
        }
        (_, Questions::Declined) => format!("sudo on {host} wanted a password and was given none"),
        (_, Questions::Nobody) => format!(
            "sudo on {host} wants a password and nobody is there to be asked: run it at a terminal, or let sudo run \
             /bin/sh there without one (NOPASSWD)"
        ),
        (_, Questions::Wrong) => format!("sudo on {host} took none of the passwords{behind}"),
        (End::LinkLost(why), _) => format!("the link to {host} was lost: {why}"),
        (End::TimedOut(span), _) => format!("{host} gave no answer within {} s{behind}", span.as_secs()),
        (End::NotStarted(why), _) => format!("nothing could be started on {host}: {why}"),
        (end, _) => format!("{host} could not do it: its shell {end}{behind}"),
    }
}
