//! The drill as a transport: hosts of the simulated fleet behind the same traits as real ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::{TcpStream, UnixStream};

use super::fleet::Fleet;
use super::hearsay::{Hearsay, Simulated};
use super::http::Listeners;
use super::jobs::DrillJobs;
use super::shell::Commands;
use super::{bus, journalctl, shell};
use crate::domain::{Host, LinkFailure};
use crate::engine::jobs::Jobs;
use crate::engine::outside::Outside;
use crate::engine::transport::{Asker, Connection, Duplex, Stream, Transport};
use crate::port::{End, Output, RemoteCommand};

/// How long a handshake with a simulated host takes, and how long it takes to find out that it is cut off.
const HANDSHAKE: Duration = Duration::from_millis(40);
/// Silence after which a link counts as lost.
const SILENCE: Duration = Duration::from_secs(6);

/// Reaches the hosts of a drill.
#[derive(Debug, Clone)]
pub struct DrillTransport {
    fleet: Fleet,
    listeners: Arc<Listeners>,
    commands: Arc<Commands>,
    jobs: DrillJobs,
    outside: Simulated,
}

impl DrillTransport {
    /// Reaches the hosts of this fleet.
    pub fn new(fleet: Fleet, listeners: Listeners, commands: Commands) -> Self {
        let (commands, listeners) = (Arc::new(commands), Arc::new(listeners));
        let jobs = DrillJobs::new(fleet.clone(), Arc::clone(&commands), Arc::clone(&listeners));
        let outside = Simulated::new(Arc::default(), fleet.clone());
        Self { fleet, listeners, commands, jobs, outside }
    }

    /// The same with something to say in the place of git and GitHub.
    pub(super) fn knowing(mut self, hearsay: Arc<Hearsay>) -> Self {
        self.outside = Simulated::new(hearsay, self.fleet.clone());
        self
    }
}

impl Transport for DrillTransport {
    fn jobs(&self) -> Option<Arc<dyn Jobs>> {
        Some(Arc::new(self.jobs.clone()))
    }

    fn outside(&self) -> Option<Arc<dyn Outside>> {
        Some(Arc::new(self.outside.clone()))
    }

    fn connect(&self, host: Host, _asker: Asker) -> BoxFuture<'static, Result<Arc<dyn Connection>, LinkFailure>> {
        let (fleet, listeners, commands) =
            (self.fleet.clone(), Arc::clone(&self.listeners), Arc::clone(&self.commands));
        async move {
            tokio::time::sleep(HANDSHAKE).await;
            let name = host.name.to_string();
            let Some(machine) = fleet.machine(&name) else {
                return Err(LinkFailure::Resolve(format!("{name} is not in the drill").into()));
            };
            if !machine.linked {
                let heals = tokio::time::timeout(SILENCE, fleet.linked(&name, true)).await;
                heals.map_err(|_| LinkFailure::TimedOut(SILENCE))?;
            }
            let connection: Arc<dyn Connection> =
                Arc::new(DrillConnection { away: away(&name), host: name, fleet, listeners, commands });
            Ok(connection)
        }
        .boxed()
    }
}

/// How far away a host is: the same in every drill.
fn away(host: &str) -> Duration {
    Duration::from_millis(9 + u64::from(host.bytes().map(u32::from).sum::<u32>() % 8))
}

#[derive(Debug)]
struct DrillConnection {
    host: String,
    away: Duration,
    fleet: Fleet,
    listeners: Arc<Listeners>,
    commands: Arc<Commands>,
}

impl Connection for DrillConnection {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        let (fleet, host, known) = (self.fleet.clone(), self.host.clone(), Arc::clone(&self.commands));
        let away = self.away;
        async move {
            let deadline = command.deadline;
            let work = async {
                tokio::time::sleep(away).await;
                fleet.linked(&host, true).await;
                shell::answer(&fleet, &known, &host, &command).await
            };
            let mut output = tokio::time::timeout(deadline, work).await.unwrap_or_else(|_| Output {
                stdout: Vec::new(),
                stderr: Vec::new(),
                cut: 0,
                end: End::TimedOut(deadline),
                left_behind: false,
            });
            let kept = output.stdout.len().min(command.most);
            output.cut = (output.stdout.len() - kept) as u64;
            output.stdout.truncate(kept);
            output
        }
        .boxed()
    }

    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        let (fleet, host) = (self.fleet.clone(), self.host.clone());
        async move {
            let words = shell::without_wrappers(&command.argv);
            let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            let (ours, theirs) = UnixStream::pair().map_err(|error| End::NotStarted(error.to_string()))?;
            let served = match words.first().map(String::as_str) {
                Some("systemd-stdio-bridge") if !arguments.contains(&"--user") => {
                    tokio::spawn(bus::serve(theirs, fleet, host))
                }
                Some("journalctl") => {
                    let wish = journalctl::Wish::read(&arguments, fleet.wall()).map_err(|_| End::Exited(1))?;
                    tokio::spawn(wish.serve(theirs, fleet, host))
                }
                Some(_) | None => return Err(End::NotFound),
            };
            let ended = async move {
                // A panic of the simulation ends the stream like any other end.
                let _ = served.await;
                (End::Exited(0), Vec::new())
            };
            Ok(Stream { io: Box::new(ours), ended: ended.boxed() })
        }
        .boxed()
    }

    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        let local = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let place = self.listeners.place(&self.host, port).filter(|_| local);
        let machine = self.fleet.machine(&self.host);
        let listens = machine.is_some_and(|machine| {
            machine.units.values().any(|unit| unit.runs() && unit.behaviour.ports.contains(&port))
        });
        let (fleet, name) = (self.fleet.clone(), self.host.clone());
        async move {
            fleet.linked(&name, true).await;
            let Some(place) = place.filter(|_| listens) else {
                return Err(format!("connection to {host}:{port} refused"));
            };
            let stream = TcpStream::connect(place).await.map_err(|error| error.to_string())?;
            let duplex: Duplex = Box::new(stream);
            Ok(duplex)
        }
        .boxed()
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        let (fleet, host) = (self.fleet.clone(), self.host.clone());
        async move {
            loop {
                fleet.linked(&host, false).await;
                if tokio::time::timeout(SILENCE, fleet.linked(&host, true)).await.is_err() {
                    return LinkFailure::Silent;
                }
            }
        }
        .boxed()
    }

    fn heard(&self) -> Instant {
        Instant::now()
    }

    fn round_trip(&self) -> Option<Duration> {
        Some(self.away)
    }
}
