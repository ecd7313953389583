//! The watcher against a host that is made up: for what no real host does on command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod manager;
mod named;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::{mpsc, watch};

use self::manager::FakeManager;
use super::{Control, Selection, VersionCommand, Wanted, watch_host};
use crate::domain::link::Means;
use crate::domain::service::UnitPattern;
use crate::domain::unit::Active;
use crate::domain::{HostName, LinkFailure, ServiceName, UnitFacts, UnitName};
use crate::engine::transport::{Connection, Duplex, Stream};
use crate::port::event::HostEvent;
use crate::port::{End, Event, Output, RemoteCommand};

type Answers = Box<dyn Fn(&str) -> Output + Send + Sync>;

/// A host whose commands are answered by a function of the words of the command.
struct FakeHost {
    answers: Answers,
    manager: Option<Arc<FakeManager>>,
    bridges: AtomicUsize,
}

impl Connection for FakeHost {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        let output = (self.answers)(&command.argv.join(" "));
        async { output }.boxed()
    }

    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        assert_eq!(command.argv, ["systemd-stdio-bridge"]);
        self.bridges.fetch_add(1, Ordering::SeqCst);
        let manager = self.manager.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(64 << 10);
            let ended = match manager {
                Some(manager) => tokio::spawn(manager.serve(theirs)).map(|_| (End::Exited(0), Vec::new())).boxed(),
                None => {
                    let said = b"Failed to connect to bus: Permission denied\x1b[2J\n".to_vec();
                    async { (End::Exited(1), said) }.boxed()
                }
            };
            Ok(Stream { io: Box::new(ours), ended })
        }
        .boxed()
    }

    fn dial(&self, _host: String, _port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        async { Err("nothing is dialled here".to_owned()) }.boxed()
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        futures_util::future::pending().boxed()
    }

    fn heard(&self) -> Instant {
        Instant::now()
    }
}

fn said(status: i32, stdout: &str, stderr: &str) -> Output {
    let end = if status == 127 { End::NotFound } else { End::Exited(status) };
    Output { stdout: stdout.into(), stderr: stderr.into(), cut: 0, end, left_behind: false }
}

fn unit(name: &str) -> UnitName {
    UnitName::new(name).unwrap()
}

/// A watcher that runs, and what it says.
struct Watched {
    events: mpsc::Receiver<Event>,
    control: mpsc::Sender<Control>,
    running: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn watch(answers: Answers, manager: Option<&Arc<FakeManager>>) -> (Watched, Arc<FakeHost>) {
    watch_with(answers, manager, Vec::new())
}

fn watch_with(
    answers: Answers,
    manager: Option<&Arc<FakeManager>>,
    versions: Vec<VersionCommand>,
) -> (Watched, Arc<FakeHost>) {
    let host = Arc::new(FakeHost { answers, manager: manager.cloned(), bridges: AtomicUsize::new(0) });
    let wanted = Wanted {
        host: HostName::new("app-1").unwrap(),
        system: Selection::new(&[
            UnitPattern::Exact(unit("a.service")),
            UnitPattern::Exact(unit("b.service")),
            UnitPattern::Glob("late-*".into()),
        ]),
        user: Selection::new([]),
        versions,
        containers: Vec::new(),
        become_root: crate::domain::BecomeRoot::Never,
        in_journal: None,
    };
    let (sender, events) = mpsc::channel(16);
    let (control, told) = mpsc::channel(4);
    let running = tokio::spawn(watch_host(
        Arc::clone(&host) as Arc<dyn Connection>,
        wanted,
        sender,
        told,
        watch::Sender::default(),
    ));
    (Watched { events, control, running }, host)
}

impl Watched {
    /// The first thing that `choose` takes from what comes.
    async fn find<T>(&mut self, what: &str, choose: impl Fn(HostEvent) -> Option<T>) -> T {
        let search = async {
            loop {
                let Event::Host(_, event) = self.events.recv().await.expect("the watcher goes on") else { continue };
                if let Some(found) = choose(event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(5), search).await.unwrap_or_else(|_| panic!("never came: {what}"))
    }

    async fn means(&mut self) -> Means {
        let choose = |event| if let HostEvent::Means(means) = event { Some(means) } else { None };
        self.find("the means", choose).await
    }

    async fn units(&mut self) -> Vec<(UnitName, UnitFacts)> {
        let choose = |event| if let HostEvent::Units(units) = event { Some(units) } else { None };
        self.find("all units", choose).await
    }

    async fn unit(&mut self, name: &str, is: impl Fn(&UnitFacts) -> bool) -> UnitFacts {
        let choose = |event| match event {
            HostEvent::Unit(of, facts) if of.as_str() == name && is(&facts) => Some(*facts),
            _ => None,
        };
        self.find(name, choose).await
    }
}

#[tokio::test]
async fn a_host_without_systemd_is_told_as_such() {
    let (mut watched, _host) = watch(Box::new(|_| said(127, "", "")), None);
    assert_eq!(watched.means().await, Means::None);
    let not_booted = |words: &str| match words {
        "test -d /run/systemd/system" => said(1, "", ""),
        _ => said(1, "", "System has not been booted with systemd as init system"),
    };
    let (mut watched, _host) = watch(Box::new(not_booted), None);
    assert_eq!(watched.means().await, Means::None);
}

#[tokio::test]
async fn a_sweep_says_why_there_is_no_push_and_why_it_finds_nothing() {
    let answers = |words: &str| match words {
        "test -d /run/systemd/system" => said(0, "", ""),
        _ => said(1, "", "\nFailed to list units: Transport endpoint is not connected\n"),
    };
    let (mut watched, _host) = watch(Box::new(answers), None);
    let Means::Sweep { every, because } = watched.means().await else { panic!() };
    assert_eq!(every, Duration::from_secs(5));
    assert!(
        because.starts_with("systemd-stdio-bridge left with status 1: Failed to connect to bus: Permission denied")
    );
    assert!(
        because
            .ends_with("and systemctl left with status 1: Failed to list units: Transport endpoint is not connected")
    );
    assert!(!because.contains('\u{1b}'));
}

#[tokio::test]
async fn a_description_that_lies_is_left_out() {
    let answers = |words: &str| {
        if words.contains("list-unit") {
            return said(0, "", "");
        }
        let honest = "Id=a.service\nActiveState=active\n\nId=b.service\nActiveState=inactive\n";
        let lying = "Id=a.service\nDescription=x\n\nId=b.service\nActiveState=active\n\nActiveState=active\n\n\
                     Id=b.service\nActiveState=inactive\n";
        said(0, if words.contains("Description") { lying } else { honest }, "")
    };
    let (mut watched, _host) = watch(Box::new(answers), None);
    let units = watched.units().await;
    assert_eq!(units.iter().map(|(_, facts)| facts.active).collect::<Vec<_>>(), [Active::Active, Active::Inactive]);
}

#[tokio::test]
async fn hanging_file_systems_are_not_asked_again_at_once() {
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    let answers = move |words: &str| {
        if !words.contains("qd-facts") {
            return said(127, "", "");
        }
        kept.lock().unwrap().push(words.rsplit(' ').next().unwrap().to_owned());
        let text = "== date\n1795238667.5\n== begin\n100.0\n== loadavg\n0.1 0.1 0.1 1/1 1\n== cores\n2\n== end\n100.0\n== df\n";
        Output { end: End::TimedOut(Duration::from_secs(9)), ..said(0, text, "") }
    };
    let (mut watched, _host) = watch(Box::new(answers), None);
    for _ in 0..3 {
        let choose = |event| if let HostEvent::Facts(facts) = event { Some(facts) } else { None };
        let facts = watched.find("facts", choose).await;
        assert_eq!((facts.cores, facts.clock), (Some(2), None), "what came before the hang is told");
        watched.control.send(Control::Refresh).await.unwrap();
    }
    assert_eq!(asked.lock().unwrap()[..3], ["full", "no-disks", "no-disks"]);
}

#[tokio::test]
async fn a_signal_is_told_at_once_and_a_storm_is_read_seldom() {
    let manager = FakeManager::new(&["a.service", "b.service"]);
    let (mut watched, host) = watch(Box::new(|_| said(127, "", "")), Some(&manager));
    assert_eq!(watched.units().await.len(), 2);
    assert_eq!(watched.means().await, Means::Push);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let reads = manager.reads();
    for round in 0..2000u32 {
        manager.set("a.service", if round % 2 == 0 { "activating" } else { "deactivating" });
        manager.signal("a.service", ":1.0");
        if round % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    manager.set("a.service", "failed");
    manager.signal("a.service", ":1.0");
    watched.unit("a.service", |facts| facts.active == Active::Failed).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let read = manager.reads() - reads;
    assert!((1..=6).contains(&read), "{read} reads for 2001 signals");
    assert_eq!(host.bridges.load(Ordering::SeqCst), 1, "the bus was never lost");
}

#[tokio::test]
async fn what_others_on_the_bus_say_is_not_believed() {
    let manager = FakeManager::new(&["a.service", "b.service"]);
    let (mut watched, _host) = watch(Box::new(|_| said(127, "", "")), Some(&manager));
    watched.means().await;
    // Somebody else says that a.service failed; systemd then says that b.service did.
    manager.set("a.service", "failed");
    manager.signal("a.service", ":1.66");
    manager.set("a.service", "active");
    manager.set("b.service", "failed");
    manager.signal("b.service", ":1.0");
    let choose = |event| match event {
        HostEvent::Unit(name, facts) if facts.active == Active::Failed => Some(name),
        _ => None,
    };
    assert_eq!(watched.find("a failure", choose).await, unit("b.service"));
}

#[tokio::test]
async fn a_unit_that_matches_a_pattern_appears_and_goes() {
    let manager = FakeManager::new(&["a.service", "b.service"]);
    let (mut watched, _host) = watch(Box::new(|_| said(127, "", "")), Some(&manager));
    watched.means().await;
    manager.set("late-1.service", "active");
    manager.signal("late-1.service", ":1.0");
    watched.unit("late-1.service", |facts| facts.active == Active::Active).await;
    manager.remove("late-1.service");
    loop {
        if watched.units().await.len() == 2 {
            return;
        }
    }
}

#[tokio::test]
async fn a_bus_that_ends_is_opened_again() {
    let manager = FakeManager::new(&["a.service", "b.service"]);
    let (mut watched, host) = watch(Box::new(|_| said(127, "", "")), Some(&manager));
    watched.means().await;
    manager.hang_up();
    assert_eq!(watched.means().await, Means::None, "meanwhile it sweeps, and this host has no systemctl");
    manager.set("a.service", "failed");
    assert_eq!(watched.means().await, Means::Push);
    assert!(host.bridges.load(Ordering::SeqCst) >= 2);
    watched.control.send(Control::Refresh).await.unwrap();
    let units = watched.units().await;
    assert_eq!(units[0].1.active, Active::Failed);
}

#[tokio::test]
async fn versions_are_asked_for_at_first_and_when_told_to() {
    let asked = Arc::new(AtomicUsize::new(0));
    let kept = Arc::clone(&asked);
    let answers = move |words: &str| match words {
        "a --version" => said(0, &format!("\n  a 1.{}  \nbuilt yesterday\n", kept.fetch_add(1, Ordering::SeqCst)), ""),
        "b --version" => said(1, "b 2\n", "no database"),
        _ => said(127, "", ""),
    };
    let command = |name: &str| VersionCommand {
        service: ServiceName::new(name).unwrap(),
        argv: vec![name.to_owned(), "--version".to_owned()],
        units: Selection::new([]),
    };
    let (mut watched, _host) = watch_with(Box::new(answers), None, vec![command("b"), command("a")]);
    let choose = |event| if let HostEvent::Version(service, version) = event { Some((service, version)) } else { None };
    for expected in ["a 1.0", "a 1.1"] {
        let (service, version) = watched.find("a version", choose).await;
        assert_eq!((service.as_str(), version.plain().as_str()), ("a", expected), "one that fails says nothing");
        watched.control.send(Control::Refresh).await.unwrap();
    }
}
