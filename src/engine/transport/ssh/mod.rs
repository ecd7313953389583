//! Hosts over ssh: a master of our own for each, native multiplexing for what goes through it.

mod budget;
mod call;
mod channel;
mod classify;
mod config;
mod connection;
mod dial;
mod frame;
mod line;
mod master;
mod options;
mod proof;
mod script;
mod stream;
mod warden;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use classify::shell_trouble;
pub use options::SshOptions;
pub(crate) use script::fresh_word;

use self::connection::{SshConnection, Way};
use self::master::Master;
use super::{Asker, Connection, RuntimeDir, Spawner, Transport};
use crate::domain::host::{Reach, SshAlias};
use crate::domain::{Host, LinkFailure};
use crate::engine::askpass::{Door, Seen};
use crate::port::event::QuestionKind;
use crate::text::Foreign;

/// From the start of ssh to a host that runs commands for us, without the time a person takes to answer.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(20);

/// The login worked, and then nothing.
const SHELL_WAITS: &str = "the login shell of this account did not get as far as our command in time: does a start-up file wait or read input?";

/// Reaches hosts over ssh.
#[derive(Debug, Clone)]
pub struct SshTransport {
    options: Arc<SshOptions>,
    spawner: Spawner,
    runtime: Arc<RuntimeDir>,
}

impl SshTransport {
    /// A way to reach hosts by ssh.
    pub fn new(options: SshOptions, spawner: Spawner, runtime: Arc<RuntimeDir>) -> Self {
        Self { options: Arc::new(options), spawner, runtime }
    }

    async fn attempt(self, host: Host, alias: SshAlias, asker: Asker) -> Result<Arc<dyn Connection>, LinkFailure> {
        self.runtime.renew().map_err(|why| LinkFailure::Here(why.into()))?;
        let (say, mut seen) = watch::channel(Seen::default());
        let door = if asker.is_attended() {
            let door = Door::open(&self.runtime)
                .map_err(|error| LinkFailure::Here(format!("no socket for questions of ssh: {error}").into()))?;
            Some(door)
        } else {
            None
        };
        // Beside the handshake: only questions and failures want to know.
        let known_hosts = {
            let (this, alias) = (self.clone(), alias.clone());
            async move { config::resolve(&this.options, &this.spawner, &alias).await.known_hosts }.boxed().shared()
        };
        let _resolving = AbortOnDropHandle::new(tokio::spawn(known_hosts.clone()));
        let is_up = AtomicBool::new(false);
        let made = async {
            let socket = self.runtime.socket('m');
            let command = self.options.master(&alias, &socket, door.as_ref());
            let master = Master::start(&self.spawner, command, socket).await?;
            master.up().await?;
            is_up.store(true, Ordering::Relaxed);
            // The rest must not wait for questions any more: ssh has none left.
            let way = Way {
                options: self.options.clone(),
                alias: alias.clone(),
                shell: host.shell,
                runtime: self.runtime.clone(),
            };
            SshConnection::begin(master, way).await
        };
        let answering = async {
            match &door {
                Some(door) => {
                    let known_hosts = known_hosts.clone().await;
                    door.answer(&asker, &say, || config::trouble(&known_hosts)).await;
                }
                None => std::future::pending().await,
            }
        };
        let made = tokio::select! {
            made = made => made,
            () = answering => Err(LinkFailure::Here("the socket for questions of ssh is gone".into())),
            prompt = declined(say.subscribe()) => Err(LinkFailure::NotAnswered(prompt.into())),
            () = out_of_time(&mut seen) => Err(if is_up.load(Ordering::Relaxed) {
                LinkFailure::Unusable(SHELL_WAITS.into())
            } else {
                LinkFailure::TimedOut(HANDSHAKE_WITHIN)
            }),
        };
        let seen = say.borrow().clone();
        match made {
            Ok(made) => Ok(Arc::new(made) as Arc<dyn Connection>),
            Err(why) => Err(match explain(why, seen, &known_hosts.await) {
                LinkFailure::Authentication(said) => {
                    let trouble = proof::trouble(&self.options, &self.spawner, &alias).await;
                    let told = trouble.map(|trouble| format!("{}; {trouble}", said.0.plain()));
                    LinkFailure::Authentication(told.map_or(said, |told| told.into()))
                }
                why => why,
            }),
        }
    }
}

/// Resolves when a person would not answer: ssh would only go on to its next question. What it makes of a host
/// key that was declined it says itself.
async fn declined(mut seen: watch::Receiver<Seen>) -> Foreign {
    let no = |seen: &Seen| seen.declined.as_ref().is_some_and(|(kind, _)| *kind != QuestionKind::HostKey);
    let prompt = seen.wait_for(no).await.ok().and_then(|seen| seen.declined.clone());
    match prompt {
        Some((_, prompt)) => prompt,
        None => std::future::pending().await,
    }
}

/// Resolves when the handshake took too long, a person's time not counted.
async fn out_of_time(seen: &mut watch::Receiver<Seen>) {
    let mut left = HANDSHAKE_WITHIN;
    loop {
        let begin = Instant::now();
        let asking = tokio::select! {
            () = tokio::time::sleep(left) => return,
            asked = seen.wait_for(|seen| seen.asking) => asked.is_ok(),
        };
        left = left.saturating_sub(begin.elapsed());
        if !asking || seen.wait_for(|seen| !seen.asking).await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// The failure as ssh gave it, told better by what we know of the questions.
fn explain(why: LinkFailure, seen: Seen, known_hosts: &[std::path::PathBuf]) -> LinkFailure {
    match (why, seen) {
        (_, Seen { known_hosts: Some(trouble), .. }) => LinkFailure::KnownHosts(trouble.into()),
        (LinkFailure::HostKeyUnknown(_), Seen { declined: Some((QuestionKind::HostKey, prompt)), .. }) => {
            LinkFailure::HostKeyUnknown(fingerprint(&prompt.plain()).into())
        }
        (LinkFailure::HostKeyUnknown(said), _) => match config::trouble(known_hosts) {
            Some(trouble) => LinkFailure::KnownHosts(trouble.into()),
            None => LinkFailure::HostKeyUnknown(said),
        },
        (LinkFailure::Authentication(_), Seen { declined: Some((_, prompt)), .. }) => {
            LinkFailure::NotAnswered(prompt.into())
        }
        (why, _) => why,
    }
}

/// The line of ssh's question that holds the fingerprint.
fn fingerprint(prompt: &str) -> String {
    let line = prompt.split(['\n', '.']).map(str::trim).find(|line| line.contains("fingerprint is"));
    line.unwrap_or("its fingerprint was not confirmed").to_owned()
}

impl Transport for SshTransport {
    fn connect(&self, host: Host, asker: Asker) -> BoxFuture<'static, Result<Arc<dyn Connection>, LinkFailure>> {
        let this = self.clone();
        Box::pin(async move {
            match host.reach.clone() {
                Reach::Ssh(alias) => this.attempt(host, alias, asker).await,
                Reach::Local => Err(LinkFailure::Here("this host is reached without ssh".into())),
            }
        })
    }

    fn via(&self, host: &Host) -> BoxFuture<'static, Option<String>> {
        let this = self.clone();
        let alias = match &host.reach {
            Reach::Ssh(alias) => Some(alias.clone()),
            Reach::Local => None,
        };
        Box::pin(async move { config::resolve(&this.options, &this.spawner, &alias?).await.via })
    }
}
