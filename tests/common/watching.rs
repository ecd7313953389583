//! A watcher on a host of the lab, kept going over cuts of the link, and what it has told so far.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use quarterdeck::domain::host::{BecomeRoot, Reach, Shell, SshAlias};
use quarterdeck::domain::link::Means;
use quarterdeck::domain::service::UnitPattern;
use quarterdeck::domain::unit::Usage;
use quarterdeck::domain::{Host, HostFacts, HostName, LinkFailure, UnitFacts, UnitName};
use quarterdeck::engine::transport::{
    Asker, Connection, Duplex, RuntimeDir, Spawner, SshOptions, SshTransport, Stream, Transport,
};
use quarterdeck::engine::watch::{Control, Selection, Wanted, watch_host};
use quarterdeck::port::event::{HostEvent, LogLine, UnitDetail};
use quarterdeck::port::{End, Event, Output, RemoteCommand};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::lab::Lab;

pub fn unit(name: &str) -> UnitName {
    UnitName::new(name).unwrap()
}

fn selection(patterns: &[&str]) -> Selection {
    let patterns: Vec<UnitPattern> = patterns
        .iter()
        .map(|word| match UnitName::new(word) {
            Some(name) => UnitPattern::Exact(name),
            None => UnitPattern::Glob((*word).to_owned()),
        })
        .collect();
    Selection::new(&patterns)
}

pub fn wanted(host: &str, system: &[&str], user: &[&str]) -> Wanted {
    Wanted {
        host: HostName::new(host).unwrap(),
        system: selection(system),
        user: selection(user),
        versions: Vec::new(),
        containers: Vec::new(),
        become_root: quarterdeck::domain::BecomeRoot::Never,
        in_journal: None,
    }
}

/// Ways to the hosts of the lab.
pub struct Ways {
    transport: SshTransport,
    _home: tempfile::TempDir,
}

impl Ways {
    pub fn new(lab: &Lab) -> Self {
        // With RUST_LOG set the test tells what the watcher thinks.
        let _ = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).try_init();
        let home = tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap();
        let runtime = Arc::new(RuntimeDir::create_in(Some(home.path().to_owned())).unwrap());
        let options = SshOptions { config: Some(lab.ssh_config()), askpass: env!("CARGO_BIN_EXE_qd").into() };
        let transport = SshTransport::new(options, Spawner::start().unwrap(), runtime);
        Self { transport, _home: home }
    }

    pub fn watch(&self, alias: &str, wanted: Wanted) -> Watching {
        self.start(alias, wanted, true)
    }

    /// As on a host that has no `systemd-stdio-bridge`.
    pub fn watch_without_bridge(&self, alias: &str, wanted: Wanted) -> Watching {
        self.start(alias, wanted, false)
    }

    fn start(&self, alias: &str, wanted: Wanted, bridge: bool) -> Watching {
        let (events, arriving) = mpsc::channel(64);
        let (control, told) = mpsc::channel(8);
        let host = Host {
            name: wanted.host.clone(),
            reach: Reach::Ssh(SshAlias::new(alias).unwrap()),
            tags: Vec::new(),
            become_root: BecomeRoot::Never,
            shell: Shell::Plain,
        };
        let keeping = keep(self.transport.clone(), host, wanted, bridge, events, told);
        Watching { seen: Seen::default(), arriving, control, keeping: tokio::spawn(keeping) }
    }
}

/// Connects, watches until the link is gone, and connects again: what the supervisor of a host does.
async fn keep(
    transport: SshTransport,
    host: Host,
    wanted: Wanted,
    bridge: bool,
    events: mpsc::Sender<Told>,
    mut told: mpsc::Receiver<Control>,
) {
    loop {
        match transport.connect(host.clone(), Asker::nobody(host.name.clone())).await {
            Ok(connection) => {
                events.send(Told::Link(true)).await.unwrap_or_default();
                let connection: Arc<dyn Connection> = if bridge { connection } else { Arc::new(NoBridge(connection)) };
                let (sender, mut received) = mpsc::channel(64);
                let (control, given) = mpsc::channel(8);
                let watching =
                    watch_host(Arc::clone(&connection), wanted.clone(), sender, given, watch::Sender::default());
                let mut watching = std::pin::pin!(watching);
                let mut gone = connection.gone();
                loop {
                    tokio::select! {
                        () = &mut watching => panic!("the watcher ended"),
                        _why = &mut gone => break,
                        Some(event) = received.recv() => {
                            if events.send(Told::Event(Timestamp::now(), Box::new(event))).await.is_err() {
                                return;
                            }
                        }
                        Some(word) = told.recv() => control.send(word).await.unwrap_or_default(),
                    }
                }
                events.send(Told::Link(false)).await.unwrap_or_default();
            }
            Err(why) => eprintln!("no link to {}: {why}", host.name),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

enum Told {
    Link(bool),
    Event(Timestamp, Box<Event>),
}

/// A running watcher. It ends when this is dropped.
pub struct Watching {
    pub seen: Seen,
    arriving: mpsc::Receiver<Told>,
    control: mpsc::Sender<Control>,
    keeping: tokio::task::JoinHandle<()>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

impl Watching {
    pub async fn tell(&self, word: Control) {
        self.control.send(word).await.unwrap();
    }

    /// Takes what comes within `span`.
    pub async fn step(&mut self, span: Duration) {
        let until = Instant::now() + span;
        while let Ok(Some(told)) = tokio::time::timeout_at(until, self.arriving.recv()).await {
            self.seen.take(told);
        }
    }

    /// Takes what comes until `holds`.
    pub async fn until(&mut self, within: Duration, what: &str, holds: impl Fn(&Seen) -> bool) {
        let until = Instant::now() + within;
        while !holds(&self.seen) {
            match tokio::time::timeout_at(until, self.arriving.recv()).await {
                Ok(Some(told)) => self.seen.take(told),
                Ok(None) => panic!("the watcher ended before: {what}"),
                Err(_) => {
                    panic!("not within {within:?}: {what}; means {:?}, units {:#?}", self.seen.means, self.seen.brief())
                }
            }
        }
    }
}

/// All that the watcher told.
#[derive(Default)]
pub struct Seen {
    /// Whether the link is up and all units were told since.
    pub up: bool,
    pub links: u32,
    pub full: u32,
    pub means: Option<Means>,
    pub units: BTreeMap<UnitName, UnitFacts>,
    pub usage: BTreeMap<UnitName, Usage>,
    pub errors: BTreeMap<UnitName, Option<LogLine>>,
    pub facts: Option<HostFacts>,
    pub details: BTreeMap<UnitName, UnitDetail>,
    at: BTreeMap<UnitName, Timestamp>,
}

impl Seen {
    /// The unit, which must be known.
    pub fn unit(&self, name: &str) -> &UnitFacts {
        self.units.get(&unit(name)).unwrap_or_else(|| panic!("{name} is not known: {:#?}", self.brief()))
    }

    pub fn has(&self, name: &str, is: impl Fn(&UnitFacts) -> bool) -> bool {
        self.units.get(&unit(name)).is_some_and(is)
    }

    /// When the unit was last told alone, and what.
    pub fn when(&self, name: &str) -> (Timestamp, &UnitFacts) {
        (self.at[&unit(name)], self.unit(name))
    }

    fn brief(&self) -> Vec<String> {
        self.units.iter().map(|(name, facts)| format!("{name} {:?} {}", facts.active, facts.sub.plain())).collect()
    }

    fn take(&mut self, told: Told) {
        match told {
            Told::Link(up) => {
                self.up = false;
                self.links += u32::from(up);
            }
            Told::Event(at, event) => match *event {
                Event::Host(_, event) => self.news(at, event),
                Event::Detail(_, name, detail) => {
                    self.details.insert(name, *detail);
                }
                other => panic!("no watcher says {other:?}"),
            },
        }
    }

    fn news(&mut self, at: Timestamp, event: HostEvent) {
        match event {
            HostEvent::Units(units) => {
                self.full += 1;
                self.up = true;
                self.units = units.into_iter().collect();
            }
            HostEvent::Unit(name, facts) => {
                let news = self.units.insert(name.clone(), (*facts).clone());
                if news.is_none_or(|before| before.invocation != facts.invocation || before.active != facts.active) {
                    self.at.insert(name, at);
                }
            }
            HostEvent::Means(means) => self.means = Some(means),
            HostEvent::Usage(usage) => self.usage = usage.into_iter().collect(),
            HostEvent::LastError(name, line) => {
                self.errors.insert(name, line);
            }
            HostEvent::Facts(facts) => self.facts = Some(*facts),
            HostEvent::Link(_) | HostEvent::Heard(_) | HostEvent::Version(..) | HostEvent::InJournal(_) => {}
        }
    }
}

/// A connection to a host without a bridge.
struct NoBridge(Arc<dyn Connection>);

impl Connection for NoBridge {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        self.0.run(command)
    }

    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        assert!(command.argv.iter().any(|word| word.contains("systemd-stdio-bridge")), "{command:?}");
        async { Err(End::NotFound) }.boxed()
    }

    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        self.0.dial(host, port)
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        self.0.gone()
    }

    fn heard(&self) -> std::time::Instant {
        self.0.heard()
    }
}
