//! H11 and the keeping of time: when probes are asked, how many at once, and what a lost link does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quarterdeck::domain::host::SshAlias;
use quarterdeck::domain::probe::{Ask, Found, ProbeState, Vantage};
use quarterdeck::domain::service::Tier;
use quarterdeck::domain::{
    BecomeRoot, EnvName, Environment, Expected, Host, HostName, Moment, Probe, ProbeName, ProbeReport, ProbeVerdict,
    Reach, RuntimeKind, Service, ServiceName, Shell,
};
use quarterdeck::engine::probe::{Connections, probe_all};
use quarterdeck::engine::transport::Connection;
use quarterdeck::port::Event;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::servers::{self, Wire, answer, request};
use super::{LATE, Still, get, site, summary, today};

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn probe(name: &str, ask: Ask, from: Vantage, interval: u64, timeout: u64) -> Probe {
    Probe {
        name: ProbeName::new(name).unwrap(),
        ask,
        from,
        interval: Duration::from_millis(interval),
        timeout: Duration::from_millis(timeout),
        rise: 1,
        fall: 1,
    }
}

fn service(name: &str, hosts: &[&str], probes: Vec<Probe>) -> Service {
    Service {
        name: ServiceName::new(name).unwrap(),
        title: "".into(),
        runtime: RuntimeKind::Http,
        units: Vec::new(),
        user: false,
        compose: None,
        hosts: hosts.iter().map(|name| host(name)).collect(),
        tier: Tier { rank: 0, name: "all".into() },
        depends_on: Vec::new(),
        expected: Expected::Running,
        version: None,
        max_unavailable: 1,
        metrics: Vec::new(),
        logs: Vec::new(),
        settle: Duration::from_secs(5),
        ready_within: None,
        links: Vec::new(),
        probes,
    }
}

fn environment(hosts: &[&str], services: Vec<Service>) -> Arc<Environment> {
    let hosts = hosts.iter().map(|name| Host {
        name: host(name),
        reach: Reach::Ssh(SshAlias::new(name).unwrap()),
        tags: Vec::new(),
        become_root: BecomeRoot::default(),
        shell: Shell::default(),
    });
    Arc::new(Environment {
        hosts: hosts.collect(),
        services,
        trusted: true,
        read: Default::default(),
        ..Environment::new(site(), EnvName::new("staging").unwrap())
    })
}

type Link = watch::Sender<Option<Arc<dyn Connection>>>;

struct Watch {
    task: JoinHandle<()>,
    events: mpsc::Receiver<Event>,
    links: BTreeMap<HostName, Link>,
}

impl Watch {
    fn start(environment: Arc<Environment>, room: usize) -> Self {
        let links: BTreeMap<_, Link> =
            environment.hosts.iter().map(|host| (host.name.clone(), watch::Sender::new(None))).collect();
        let connections: Connections = links.iter().map(|(name, link)| (name.clone(), link.subscribe())).collect();
        let (sender, events) = mpsc::channel(room);
        let task = tokio::spawn(probe_all(environment, connections, sender, Still(today(), Instant::now())));
        Self { task, events, links }
    }

    fn link(&self, name: &str, connection: Option<Arc<dyn Connection>>) {
        self.links[&host(name)].send_replace(connection);
    }

    async fn next(&mut self) -> (String, Option<HostName>, ProbeReport) {
        match self.within(Duration::from_secs(10)).await {
            Some(answer) => answer,
            None => panic!("no answer within ten seconds"),
        }
    }

    async fn within(&mut self, span: Duration) -> Option<(String, Option<HostName>, ProbeReport)> {
        match tokio::time::timeout(span, self.events.recv()).await.ok()?? {
            Event::Probe { service, host, report, .. } => Some((service.to_string(), host, report)),
            other => panic!("{other:?}"),
        }
    }

    async fn assert_silence(&mut self, span: Duration) {
        if let Some((service, host, report)) = self.within(span).await {
            panic!("{service} on {host:?} said {}", summary(&report));
        }
    }
}

#[tokio::test]
async fn a_probe_from_here_is_asked_once_per_service_and_one_from_hosts_on_each() {
    let server = servers::json("{}").await;
    let ask = || Ask::Http(get(format!("http://localhost:{}/", server.port())));
    let environment = environment(
        &["app-1", "app-2"],
        vec![
            service("site", &[], vec![probe("page", ask(), Vantage::Here, 60_000, 500)]),
            service(
                "api",
                &["app-1", "app-2"],
                vec![
                    probe("page", ask(), Vantage::Here, 60_000, 500),
                    probe("ready", ask(), Vantage::Host, 60_000, 500),
                ],
            ),
        ],
    );
    let mut watch = Watch::start(environment, 16);
    watch.link("app-1", Some(Wire::new()));
    watch.link("app-2", Some(Wire::new()));
    let begun = Instant::now();
    let mut heard = Vec::new();
    for _ in 0..4 {
        let (service, host, report) = watch.next().await;
        assert_eq!(report.found, Found::Pass);
        heard.push((service, host));
    }
    assert!(begun.elapsed() < Duration::from_secs(1) + LATE, "first answers come at once");
    heard.sort();
    let expected = [
        ("api".to_owned(), None),
        ("api".to_owned(), Some(host("app-1"))),
        ("api".to_owned(), Some(host("app-2"))),
        ("site".to_owned(), None),
    ];
    assert_eq!(heard, expected);
    watch.assert_silence(Duration::from_millis(700)).await;
}

#[tokio::test]
async fn askings_start_an_interval_apart_and_never_two_at_once() {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = (Arc::clone(&open), Arc::clone(&most));
    let slow = servers::serve(move |mut stream| {
        let (open, most) = (Arc::clone(&seen.0), Arc::clone(&seen.1));
        async move {
            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            request(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            open.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(answer("200 OK", "").as_bytes()).await;
        }
    })
    .await;
    let ask = || Ask::Http(get(format!("http://{slow}/")));
    // One has time enough between two starts, the other's interval is shorter than its answer.
    for (interval, expected) in [(400, 400), (100, 150)] {
        let probe = probe("ready", ask(), Vantage::Here, interval, 1000);
        let mut watch = Watch::start(environment(&[], vec![service("site", &[], vec![probe])]), 16);
        let mut starts = Vec::new();
        for _ in 0..4 {
            let (_, _, report) = watch.next().await;
            assert_eq!(report.found, Found::Pass);
            starts.push(report.asked.0);
        }
        for pair in starts.windows(2) {
            let apart = pair[1] - pair[0];
            let expected = Duration::from_millis(expected);
            assert!(apart + Duration::from_millis(20) >= expected && apart <= expected + LATE, "{apart:?} apart");
        }
        watch.task.abort();
        assert_eq!(most.swap(0, Ordering::SeqCst), 1, "two askings of one probe at once");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn h11_a_lost_link_is_told_once_then_all_turns_stale_and_comes_back_with_the_link() {
    let server = servers::json("{}").await;
    let ask = Ask::Http(get(format!("http://localhost:{}/", server.port())));
    let ready = probe("ready", ask, Vantage::Host, 300, 200);
    let environment = environment(&["app-1"], vec![service("api", &["app-1"], vec![ready.clone()])]);
    let mut watch = Watch::start(environment, 16);
    watch.assert_silence(Duration::from_millis(400)).await;

    let wire = Wire::new();
    watch.link("app-1", Some(wire.clone()));
    let mut state = ProbeState::default();
    let (_, on, report) = watch.next().await;
    assert_eq!((on, report.found), (Some(host("app-1")), Found::Pass));
    state.observe(&ready, report);

    watch.link("app-1", None);
    let (_, _, mut report) = watch.next().await;
    if report.found == Found::Pass {
        report = watch.next().await.2; // an answer that was on its way
    }
    assert_eq!((report.found, summary(&report).as_str()), (Found::Error, "host not connected"));
    let lost_at = report.asked;
    state.observe(&ready, report);
    assert_eq!(state.verdict(&ready, lost_at), ProbeVerdict::Error);
    watch.link("app-1", None);
    watch.assert_silence(Duration::from_millis(1200)).await;
    let later = Moment(lost_at.0 + Duration::from_millis(800));
    assert_eq!(state.verdict(&ready, later), ProbeVerdict::Stale);

    watch.link("app-1", Some(Wire::new()));
    let (_, _, report) = watch.next().await;
    assert_eq!(report.found, Found::Pass);
    // The link dies and nobody has noticed yet: what comes through it proves nothing.
    let again = Wire::new();
    watch.link("app-1", Some(again.clone()));
    assert_eq!(watch.next().await.2.found, Found::Pass);
    again.lost.send_replace(true);
    while watch.within(Duration::from_millis(600)).await.is_some_and(|(_, _, report)| report.found == Found::Pass) {}
    watch.assert_silence(Duration::from_millis(600)).await;
    watch.link("app-1", None);
    assert_eq!(watch.next().await.2.found, Found::Error);
    watch.assert_silence(Duration::from_millis(600)).await;
}

#[tokio::test]
async fn h11_a_loss_gives_up_what_is_being_asked() {
    let silent = servers::silent().await;
    let ask = Ask::Http(get(format!("http://localhost:{}/", silent.port())));
    let ready = probe("ready", ask, Vantage::Host, 60_000, 5000);
    let environment = environment(&["app-1"], vec![service("api", &["app-1"], vec![ready])]);
    let mut watch = Watch::start(environment, 16);
    let wire = Wire::new();
    watch.link("app-1", Some(wire.clone()));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(wire.open.load(Ordering::SeqCst), 1);
    watch.link("app-1", None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(wire.open.load(Ordering::SeqCst), 0, "its stream is still open");
    assert_eq!(Arc::strong_count(&wire), 1, "the connection is still held");
    watch.assert_silence(Duration::from_millis(300)).await;

    // The same when nobody wants to know any more.
    watch.link("app-1", Some(wire.clone()));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(wire.open.load(Ordering::SeqCst), 1);
    watch.task.abort();
    drop(watch);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(wire.open.load(Ordering::SeqCst), 0, "its stream is still open");
    assert_eq!(Arc::strong_count(&wire), 1, "the connection is still held");
}

#[tokio::test]
async fn h11_a_core_that_does_not_listen_pauses_the_prober_and_its_answers_age() {
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    let server = servers::serve(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(answer("200 OK", "").as_bytes()).await;
        }
    })
    .await;
    let ready = probe("ready", Ask::Http(get(format!("http://{server}/"))), Vantage::Here, 100, 100);
    let mut watch = Watch::start(environment(&[], vec![service("site", &[], vec![ready.clone()])]), 1);
    let mut state = ProbeState::default();
    state.observe(&ready, watch.next().await.2);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(hits.load(Ordering::SeqCst) <= 4, "it went on asking: {}", hits.load(Ordering::SeqCst));
    let asked = state.last.as_ref().unwrap().asked;
    assert_eq!(state.verdict(&ready, asked.after(Duration::from_millis(1500))), ProbeVerdict::Stale);
    // Heard again, it goes on; and it ends when nobody will ever listen.
    for _ in 0..4 {
        assert_eq!(watch.next().await.2.found, Found::Pass);
    }
    drop(watch.events);
    tokio::time::timeout(Duration::from_secs(1), watch.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn four_askings_at_once_through_one_host_and_all_get_their_turn() {
    let silent = servers::silent().await;
    let ask = || Ask::Http(get(format!("http://localhost:{}/", silent.port())));
    let probes = (0..10).map(|n| probe(&format!("p{n}"), ask(), Vantage::Host, 60_000, 300)).collect();
    let environment = environment(&["app-1"], vec![service("api", &["app-1"], probes)]);
    let mut watch = Watch::start(environment, 16);
    let wire = Wire::new();
    watch.link("app-1", Some(wire.clone()));
    for _ in 0..10 {
        let (_, _, report) = watch.next().await;
        assert_eq!(report.found, Found::Fail);
    }
    assert_eq!(wire.most_open.load(Ordering::SeqCst), 4);
    assert_eq!(wire.dials.load(Ordering::SeqCst), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_probes_of_silent_servers_all_have_their_verdict_in_time_and_nothing_stalls() {
    let silent = servers::silent().await;
    let timeout = Duration::from_secs(1);
    let services = (0..200).map(|n| {
        let ask = Ask::Http(get(format!("http://{silent}/{n}")));
        service(&format!("s{n}"), &[], vec![probe("ready", ask, Vantage::Here, 60_000, 1000)])
    });
    let mut watch = Watch::start(environment(&[], services.collect()), 256);
    let begun = Instant::now();
    let worst = Arc::new(AtomicUsize::new(0));
    let lag = Arc::clone(&worst);
    let pulse = tokio::spawn(async move {
        loop {
            let before = Instant::now();
            tokio::time::sleep(Duration::from_millis(10)).await;
            lag.fetch_max(before.elapsed().as_millis() as usize, Ordering::SeqCst);
        }
    });
    let mut heard = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let (service, _, report) = watch.next().await;
        assert_eq!(report.found, Found::Fail);
        assert!(report.latency.unwrap() <= timeout + LATE, "{service}: {:?}", report.latency);
        assert!(heard.insert(service), "asked twice");
    }
    pulse.abort();
    assert!(worst.load(Ordering::SeqCst) < 300, "the runtime stalled for {worst:?} ms");
    // 64 at once make four rounds.
    assert!(begun.elapsed() <= timeout * 4 + Duration::from_millis(500) + LATE * 4, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn sixty_four_askings_at_once_in_all() {
    let silent = servers::silent().await;
    let ask = || Ask::Http(get(format!("http://localhost:{}/", silent.port())));
    let names: Vec<_> = (0..20).map(|n| format!("app-{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let probes = (0..5).map(|n| probe(&format!("p{n}"), ask(), Vantage::Host, 60_000, 800)).collect();
    let mut watch = Watch::start(environment(&names, vec![service("api", &names, probes)]), 128);
    let wire = Wire::new();
    for name in names {
        watch.link(name, Some(wire.clone()));
    }
    for _ in 0..100 {
        assert_eq!(watch.next().await.2.found, Found::Fail);
    }
    assert_eq!(wire.most_open.load(Ordering::SeqCst), 64);
}

/// Counts how often the future inside is woken.
struct Counting<F> {
    inner: std::pin::Pin<Box<F>>,
    polls: Arc<AtomicUsize>,
}

impl<F: Future> Future for Counting<F> {
    type Output = F::Output;

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<F::Output> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        self.inner.as_mut().poll(context)
    }
}

#[tokio::test]
async fn idle_probes_wake_nothing() {
    let server = servers::json("{}").await;
    let ask = || Ask::Http(get(format!("http://{server}/")));
    let here = (0..20).map(|n| service(&format!("here-{n}"), &[], vec![probe("p", ask(), Vantage::Here, 60_000, 500)]));
    let there =
        (0..20).map(|n| service(&format!("there-{n}"), &["app-1"], vec![probe("p", ask(), Vantage::Host, 200, 100)]));
    let environment = environment(&["app-1"], here.chain(there).collect());
    let link: Link = watch::Sender::new(None);
    let (sender, mut events) = mpsc::channel(64);
    let polls = Arc::new(AtomicUsize::new(0));
    let connections = [(host("app-1"), link.subscribe())].into();
    let inner = Box::pin(probe_all(environment, connections, sender, Still(today(), Instant::now())));
    tokio::spawn(Counting { inner, polls: Arc::clone(&polls) });
    for _ in 0..20 {
        assert!(events.recv().await.is_some());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    polls.store(0, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(polls.load(Ordering::SeqCst), 0, "woken with nothing to do");
}
