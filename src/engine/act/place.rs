//! The hosts as a run sees them: the newest connection to each, and what it takes to ask one something.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::looker::Looker;
use super::password::Vault;
use crate::domain::time::short;
use crate::domain::{Compose, Environment, HostName, Moment, UnitName};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::containers::{Docker, Unread};
use crate::engine::outside::Outside;
use crate::engine::probe::Prober;
use crate::engine::site_files::SiteFiles;
use crate::engine::transport::{Connection, Transport};
use crate::port::{End, Output, RemoteCommand};
use crate::runtimes::compose::facts;
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::{self, Look};

/// How long a host may take to say anything before a step is sent to it (fault A2).
pub(in crate::engine) const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A host that is heard meanwhile may be slow for so long.
const SLOW_WITHIN: Duration = Duration::from_secs(15);
/// The shortest pause between two looks at a unit, however much is heard of its host.
const BETWEEN: Duration = Duration::from_millis(50);
/// A question is repeated after this when it was lost.
const AGAIN: Duration = Duration::from_secs(1);

/// One host's newest connection.
#[derive(Clone)]
pub struct Way {
    /// The connection; `None` while the link is not up.
    pub connection: watch::Receiver<Option<Arc<dyn Connection>>>,
    /// When the last byte came through the connection before, if there was one.
    pub heard: watch::Receiver<Option<Instant>>,
    /// Changes whenever the host was heard to say that a unit of it changed. Where nobody watches over the host its
    /// sender is gone, and it never changes.
    pub stirred: watch::Receiver<u64>,
}

impl Way {
    /// The sentence for a host that does not answer.
    pub(in crate::engine) fn silence(&self, host: &HostName) -> String {
        let now = self.connection.borrow().as_ref().map(|connection| connection.heard());
        match now.or(*self.heard.borrow()) {
            Some(at) => format!("{host} is not answering (last seen {} ago)", short(at.elapsed())),
            None => format!("{host} is not answering (never seen since this environment was opened)"),
        }
    }
}

/// Everything that a run needs of the environment it is done in.
#[derive(Clone)]
pub struct Place {
    /// The environment.
    pub environment: Arc<Environment>,
    /// The ways to its hosts.
    pub ways: BTreeMap<HostName, Way>,
    /// The password of sudo, once it was asked for.
    pub vault: Vault,
    /// What asks probes.
    pub prober: Arc<Prober>,
    /// What answers in the place of git and GitHub, where those are not asked themselves.
    pub outside: Option<Arc<dyn Outside>>,
    /// The clock.
    pub clock: AnyClock,
    /// What looks at the files of the site again.
    pub files: SiteFiles,
    /// What looks at many units of a host at once; without it each is looked at by itself.
    pub(in crate::engine) looker: Option<Looker>,
    /// What leads to hosts of other environments; none is asked without it.
    pub(in crate::engine) beyond: Option<Arc<dyn Transport>>,
}

/// Why a host could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Unasked {
    /// There was no answer until the deadline: the reason as a sentence.
    Silent(String),
    /// It answered something that makes no sense, or refused.
    Odd(String),
}

impl Unasked {
    pub(in crate::engine) fn why(self) -> String {
        match self {
            Unasked::Silent(why) | Unasked::Odd(why) => why,
        }
    }
}

impl Place {
    /// With what looks at many units of a host at once.
    pub(in crate::engine) fn with_looker(mut self) -> Self {
        self.looker = Some(Looker::of(&self));
        self
    }

    /// The same without it, for itself.
    pub(super) fn alone(&self) -> Self {
        Self { looker: None, ..self.clone() }
    }

    /// Waits on the console's clock.
    pub(in crate::engine) async fn pause(&self, span: Duration) {
        self.clock.until(self.clock.now().mono.after(span)).await;
    }

    /// What is heard of a host's units from now on, for [`Self::pause_unless`].
    pub(super) fn stirs(&self, host: &HostName) -> Option<watch::Receiver<u64>> {
        let mut stirred = self.ways.get(host)?.stirred.clone();
        stirred.mark_unchanged();
        Some(stirred)
    }

    /// Waits for so long, or until a unit of the host is heard to have changed.
    pub(super) async fn pause_unless(&self, stirred: Option<watch::Receiver<u64>>, span: Duration) {
        self.pause(span.min(BETWEEN)).await;
        let heard = async {
            let told = match stirred {
                Some(mut stirred) => stirred.changed().await.is_ok(),
                None => false,
            };
            if !told {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = heard => {}
            () = self.pause(span.saturating_sub(BETWEEN)) => {}
        }
    }

    /// The connection to a host, which may come up until the deadline.
    pub(in crate::engine) async fn connected(&self, host: &HostName, until: Moment) -> Option<Arc<dyn Connection>> {
        let mut line = self.ways.get(host)?.connection.clone();
        tokio::select! {
            biased;
            up = line.wait_for(Option::is_some) => up.ok().and_then(|up| up.clone()),
            () = self.clock.until(until) => None,
        }
    }

    /// The sentence for a host that does not answer.
    pub(in crate::engine) fn not_answering(&self, host: &HostName) -> String {
        self.ways.get(host).map_or_else(|| format!("{host} is no host of this environment"), |way| way.silence(host))
    }

    /// Looks at a unit before anything is sent to its host, or only whether the host answers. Comes back within five
    /// seconds when nothing is heard of it.
    pub(in crate::engine) async fn look_before(
        &self,
        host: &HostName,
        unit: Option<(&UnitName, Scope)>,
    ) -> Result<Option<Look>, String> {
        let begun = Instant::now();
        let until = self.clock.now().mono.after(ANSWERS_WITHIN);
        let Some(connection) = self.connected(host, until).await else { return Err(self.not_answering(host)) };
        if let Some((unit, _)) = unit.filter(|(unit, _)| Compose::is_unit(unit)) {
            let asking = self.containers(connection.as_ref(), host, unit);
            tokio::pin!(asking);
            let read = tokio::select! {
                read = &mut asking => read,
                () = self.clock.until(until) => {
                    if connection.heard() < begun {
                        return Err(self.not_answering(host));
                    }
                    asking.await
                }
            };
            return match read {
                Ok(look) => Ok(Some(look)),
                Err(unread) if unread.lost => Err(self.not_answering(host)),
                Err(unread) => Err(format!("{unit} can't be looked at on {host}: {}", unread.sentence)),
            };
        }
        let mut command = match unit {
            Some((unit, scope)) => systemd_look::look(scope, std::slice::from_ref(unit)),
            None => RemoteCommand::new(["true"]),
        };
        command.deadline = SLOW_WITHIN;
        let asking = connection.run(command);
        tokio::pin!(asking);
        let output = tokio::select! {
            output = &mut asking => output,
            () = self.clock.until(until) => {
                // The host says something every few seconds while its link is well.
                if connection.heard() < begun {
                    return Err(self.not_answering(host));
                }
                asking.await
            }
        };
        match (output.end.clone(), unit) {
            (End::LinkLost(_) | End::TimedOut(_), _) => Err(self.not_answering(host)),
            (_, Some((unit, _))) => read(host, unit, &output).map(Some),
            (End::Exited(0), None) => Ok(None),
            (end, None) => Err(format!("{host} runs no commands for us: {end}")),
        }
    }

    /// Asks a host something that changes nothing, again and again over lost links, until the deadline.
    pub(in crate::engine) async fn ask(
        &self,
        host: &HostName,
        command: RemoteCommand,
        until: Moment,
    ) -> Result<Output, Unasked> {
        loop {
            let Some(connection) = self.connected(host, until).await else {
                return Err(Unasked::Silent(self.not_answering(host)));
            };
            let output = tokio::select! {
                output = connection.run(command.clone()) => output,
                () = self.clock.until(until) => return Err(Unasked::Silent(self.not_answering(host))),
            };
            match output.end {
                End::LinkLost(_) | End::TimedOut(_) => self.pause(AGAIN).await,
                End::NotStarted(why) if self.clock.now().mono >= until => return Err(Unasked::Odd(why)),
                End::NotStarted(_) => self.pause(AGAIN).await,
                End::Exited(_) | End::NotFound | End::Killed(_) => return Ok(output),
            }
        }
    }

    /// Looks at a unit, over lost links, until the deadline.
    pub(in crate::engine) async fn look(
        &self,
        host: &HostName,
        unit: &UnitName,
        scope: Scope,
        until: Moment,
    ) -> Result<Look, Unasked> {
        if Compose::is_unit(unit) {
            return self.look_at_containers(host, unit, until).await;
        }
        if let Some(looker) = &self.looker {
            let looked = tokio::select! {
                looked = looker.look(host, unit, scope, until) => looked,
                () = self.clock.until(until) => return Err(Unasked::Silent(self.not_answering(host))),
            };
            if let Some(looked) = looked {
                return looked;
            }
        }
        let output = self.ask(host, systemd_look::look(scope, std::slice::from_ref(unit)), until).await?;
        read(host, unit, &output).map_err(Unasked::Odd)
    }
}

impl Place {
    /// Reads the containers of a service once.
    async fn containers(&self, connection: &dyn Connection, host: &HostName, unit: &UnitName) -> Result<Look, Unread> {
        let services = self.environment.services.iter().filter_map(|service| service.compose.as_ref());
        let compose = services.into_iter().find(|compose| compose.unit().as_ref() == Some(unit));
        let named = self.environment.hosts.iter().find(|named| named.name == *host);
        let (Some(compose), Some(named)) = (compose, named) else {
            return Err(Unread::because(format!("the site has no service of {unit} on {host}")));
        };
        let read = Docker::once(named.become_root).read(connection, &[compose]).await?;
        let facts = read.into_iter().next().map(facts).unwrap_or_default();
        Ok(Look { facts, ..Look::default() })
    }

    async fn look_at_containers(&self, host: &HostName, unit: &UnitName, until: Moment) -> Result<Look, Unasked> {
        loop {
            let Some(connection) = self.connected(host, until).await else {
                return Err(Unasked::Silent(self.not_answering(host)));
            };
            let read = tokio::select! {
                read = self.containers(connection.as_ref(), host, unit) => read,
                () = self.clock.until(until) => return Err(Unasked::Silent(self.not_answering(host))),
            };
            match read {
                Ok(look) => return Ok(look),
                Err(unread) if unread.lost && self.clock.now().mono < until => self.pause(AGAIN).await,
                Err(unread) if unread.lost => return Err(Unasked::Silent(self.not_answering(host))),
                Err(unread) => {
                    let why = format!("{unit} can't be looked at on {host}: {}", unread.sentence);
                    return Err(Unasked::Odd(why));
                }
            }
        }
    }
}

/// The answer to a look at several units; nothing when it can't be told what is whose.
pub(super) fn read_all(output: &Output, units: &[UnitName]) -> Option<Vec<Look>> {
    systemd_look::parse_all(&output.stdout, units).filter(|_| output.succeeded())
}

pub(super) fn read(host: &HostName, unit: &UnitName, output: &Output) -> Result<Look, String> {
    if let Some(look) = systemd_look::parse(&output.stdout, unit).filter(|_| output.succeeded()) {
        return Ok(look);
    }
    let said = last_line(&output.stderr);
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    Err(format!("{unit} can't be looked at on {host}: systemctl {}{said}", output.end))
}

/// The last line that says something, made harmless.
pub(in crate::engine) fn last_line(bytes: &[u8]) -> String {
    let lines = bytes.split(|byte| *byte == b'\n').rev();
    lines
        .map(|line| crate::text::Foreign::from(line).plain().trim().to_owned())
        .find(|line| !line.is_empty())
        .unwrap_or_default()
}
