//! Hosts over ssh, against the lab: the faults of networks, servers and login shells, each by its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "this file uses a part of the lab's module")]

#[path = "../common/lab.rs"]
mod lab;
#[path = "../common/reach.rs"]
mod reach;

mod away;
mod proof;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lab::{Lab, repetitions, report};
use quarterdeck::domain::host::Shell;
use quarterdeck::domain::{HostName, Link, LinkFailure};
use quarterdeck::engine::clock::RealClock;
use quarterdeck::engine::hosts::{Backoff, Control, Handshakes, Supervision, supervise};
use quarterdeck::engine::transport::{Asker, Asking, Transport};
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::{End, Event, RemoteCommand, Secret};
use reach::{Ways, host, processes, sh};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

/// A supervised host and the news of it.
struct Watched {
    news: mpsc::Receiver<Event>,
    control: mpsc::Sender<Control>,
    lines: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Supervises a host with `readers` readers that print ten lines a second.
fn watch(ways: &Ways, alias: &str, readers: usize) -> Watched {
    let (report, news) = mpsc::channel(256);
    let (control, wishes) = mpsc::channel(4);
    let lines = Arc::new(AtomicUsize::new(0));
    let parts = Supervision {
        host: host(alias),
        transport: Arc::new(ways.transport.clone()),
        asker: Asker::nobody(HostName::new(alias).unwrap()),
        handshakes: Handshakes::default(),
        backoff: Backoff::default(),
        clock: RealClock,
        control: wishes,
        report,
    };
    let counted = lines.clone();
    let task = tokio::spawn(supervise(parts, move |link| {
        let lines = counted.clone();
        async move {
            let reading = (0..readers).map(|_| async {
                // A link may be gone before it starts; whoever needs its lines counts them.
                let Ok(stream) = link.stream(sh("while :; do date; sleep 0.1; done")).await else { return };
                let mut reader = BufReader::new(stream.io).lines();
                while let Ok(Some(_)) = reader.next_line().await {
                    lines.fetch_add(1, Ordering::Relaxed);
                }
            });
            futures_util::future::join_all(reading).await;
        }
    }));
    Watched { news, control, lines, task }
}

impl Watched {
    /// The next link for which `is` holds, and how long it took.
    async fn until(&mut self, what: &str, limit: Duration, is: impl Fn(&Link) -> bool) -> (Link, Duration) {
        let begin = Instant::now();
        let found = tokio::time::timeout(limit, async {
            loop {
                match self.news.recv().await.expect("the supervisor lives") {
                    Event::Host(_, HostEvent::Link(link)) if is(&link) => return link,
                    _ => {}
                }
            }
        });
        let link = found.await.unwrap_or_else(|_| panic!("not within {limit:?}: {what}"));
        (link, begin.elapsed())
    }

    async fn up(&mut self, limit: u64) -> Duration {
        self.until("up", Duration::from_secs(limit), Link::is_up).await.1
    }

    async fn lost(&mut self, limit: u64) -> (LinkFailure, Duration) {
        let (link, took) = self
            .until("lost", Duration::from_secs(limit), |link| {
                matches!(link, Link::Waiting { .. } | Link::Stopped { .. })
            })
            .await;
        let (Link::Waiting { why, .. } | Link::Stopped { why, .. }) = link else { unreachable!() };
        (why, took)
    }
}

fn fault(lab: &Lab, host: &str, what: &str) {
    block_in_place(|| lab.fault(host, what));
}

fn on_host(lab: &Lab, host: &str, word: &str) -> usize {
    block_in_place(|| lab.processes(host)).iter().filter(|line| line.contains(word)).count()
}

/// Waits until no process of the host names `word`.
fn gone_on_host(lab: &Lab, host: &str, word: &str, limit: Duration) -> Duration {
    let begin = Instant::now();
    while on_host(lab, host, word) > 0 {
        assert!(begin.elapsed() < limit, "still on {host} after {limit:?}: {word}");
        std::thread::sleep(Duration::from_millis(500));
    }
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a01_a_cut_is_noticed_and_mended_with_five_readers_open() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let mut watched = watch(&ways, "app-1", 5);
    watched.up(30).await;
    let all = repetitions(1, 20);
    let (mut slowest_loss, mut slowest_return) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..all {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(watched.lines.swap(0, Ordering::Relaxed) > 0, "readers read");
        fault(&lab, "app-1", "cut");
        let (why, took) = watched.lost(45).await;
        assert!(matches!(why, LinkFailure::Silent), "{why}");
        slowest_loss = slowest_loss.max(took);
        fault(&lab, "app-1", "heal");
        let took = watched.up(30).await;
        slowest_return = slowest_return.max(took);
    }
    report("A1", all, all, &format!("loss shown within {slowest_loss:.1?}, back within {slowest_return:.1?}"));
    println!("loss shown within {slowest_loss:?}, back within {slowest_return:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a02_a_command_on_a_cut_link_fails_within_its_deadline() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let link = ways.connect("app-1").await.unwrap();
    fault(&lab, "app-1", "cut");
    let begin = Instant::now();
    let output = link.run(sh("true").within(Duration::from_secs(5))).await;
    assert!(matches!(output.end, End::TimedOut(_) | End::LinkLost(_)), "{}", output.end);
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
    assert!(link.heard().elapsed() >= Duration::from_secs(3), "the age of the last byte tells the truth");
    let why = tokio::time::timeout(Duration::from_secs(45), link.gone()).await.unwrap();
    assert!(matches!(why, LinkFailure::Silent), "{why}");
    assert!(matches!(link.run(sh("true")).await.end, End::LinkLost(_)));
    assert!(matches!(link.stream(sh("true")).await.err(), Some(End::LinkLost(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a05_each_way_to_lose_sshd_has_its_words() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let mut watched = watch(&ways, "app-1", 1);
    watched.up(30).await;
    fault(&lab, "app-1", "kill-sshd-children");
    let (why, _) = watched.lost(10).await;
    assert!(matches!(why, LinkFailure::Closed(_)), "{why}");
    watched.up(30).await;

    // The listener's restart leaves connections alone.
    fault(&lab, "app-1", "kill-sshd");
    tokio::time::sleep(Duration::from_secs(2)).await;
    watched.lines.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(watched.lines.load(Ordering::Relaxed) > 0);

    fault(&lab, "app-1", "stop-sshd");
    fault(&lab, "app-1", "kill-sshd-children");
    watched.lost(10).await;
    let mut refused = 0;
    let away = Duration::from_secs(if repetitions(0, 1) == 1 { 60 } else { 12 });
    let begin = Instant::now();
    while begin.elapsed() < away {
        let (why, _) = watched.lost(40).await;
        assert!(matches!(why, LinkFailure::Refused(_)), "{why}");
        refused += 1;
    }
    // Waits grow, so a minute sees few attempts.
    assert!((2..=24).contains(&refused), "{refused} attempts in {:?}", begin.elapsed());
    fault(&lab, "app-1", "start-sshd");
    watched.control.send(Control::RetryNow).await.unwrap();
    watched.up(30).await;
    report("A5", 1, 1, &format!("{refused} attempts in {away:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a06_a_reset_in_mid_stream_ends_the_reader_with_its_link() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let all = repetitions(2, 20);
    for _ in 0..all {
        let link = ways.connect("app-1").await.unwrap();
        let stream = link.stream(sh("while :; do echo 0123456789012345678901234567890123456789; done")).await.unwrap();
        let (ended, mut io) = (stream.ended, stream.io);
        let flowing = tokio::spawn(async move {
            let (mut buffer, mut total) = (vec![0; 64 << 10], 0);
            while let Ok(length) = io.read(&mut buffer).await {
                if length == 0 {
                    break;
                }
                total += length;
            }
            total
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        fault(&lab, "app-1", "reset");
        let why = tokio::time::timeout(Duration::from_secs(10), link.gone()).await.expect("noticed");
        assert!(matches!(why, LinkFailure::Closed(_)), "{why}");
        assert!(flowing.await.unwrap() > 0);
        let (end, _) = ended.await;
        assert!(matches!(end, End::LinkLost(_)), "{end}");
    }
    report("A6", all, all, "readers end with LinkLost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a07_and_a08_silent_and_slow_peers_are_given_up_in_time() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-2"]));
    let ways = reach::ways(lab.ssh_config());
    for what in ["silent", "slow-banner", "slow-login 120"] {
        fault(&lab, "app-2", what);
        let begin = Instant::now();
        let why = ways.connect("app-2").await.err().unwrap();
        let took = begin.elapsed();
        assert!(matches!(why, LinkFailure::TimedOut(_) | LinkFailure::Closed(_)), "{what}: {why}");
        assert!(took < Duration::from_secs(25), "{what}: {took:?}");
        println!("{what}: {why} after {took:?}");
        let cancelled = tokio::time::timeout(Duration::from_secs(2), ways.connect("app-2")).await;
        assert!(cancelled.is_err(), "{what}: must not end within 2 s");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(ways.masters().is_empty(), "{what}: an ssh is left");
        fault(&lab, "app-2", "mend");
    }
    fault(&lab, "app-2", "garbage");
    let why = ways.connect("app-2").await.err().unwrap();
    println!("garbage: {why}");
    assert!(why.may_retry(), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a13_readers_are_gone_on_a_host_that_we_vanished_from() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    for (alias, what) in [("app-1", "cut now"), ("app-1-plain", "cut now"), ("app-1-ops", "kill")] {
        let link = ways.connect(alias).await.unwrap();
        let word = format!("qd-a13-{}-{}", std::process::id(), alias.len());
        let script = format!("trap '' PIPE HUP; : {word}; while :; do date; sleep 1; done");
        let stream = link.stream(sh(&script)).await.unwrap();
        let mut line = String::new();
        BufReader::new(stream.io).read_line(&mut line).await.unwrap();
        let stream = link.stream(sh(&script)).await.unwrap();
        assert!(on_host(&lab, "app-1", &word) > 0);
        let begin = Instant::now();
        let limit = if what == "kill" {
            for pid in ways.masters() {
                assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().is_ok());
            }
            20
        } else {
            fault(&lab, "app-1", what);
            45
        };
        // Our end stays as it is: it only can't be heard any more.
        block_in_place(|| gone_on_host(&lab, "app-1", &word, Duration::from_secs(limit)));
        // The wrappers and the warden are gone as well.
        block_in_place(|| gone_on_host(&lab, "app-1", "QD_LINK", Duration::from_secs(10)));
        println!("{alias}, {what}: gone after {:?}", begin.elapsed());
        report("A13", 1, 1, &format!("{alias}, {what}: gone after {:.1?}", begin.elapsed()));
        drop((stream, link));
        fault(&lab, "app-1", "mend");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a15_any_login_shell_will_do_and_those_that_will_not_are_told() {
    let lab = Lab::get();
    let _shared = block_in_place(|| lab.share(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let hostile = ["a'b", "$(id)", "`id`", "a\nb", "!!", "\\", "\\'", "*", "%s", "é\u{1b}", ""];
    let want: Vec<u8> = hostile.iter().flat_map(|word| word.bytes().chain([0])).collect();
    for shell in ["bash", "dash", "fish", "csh", "noisy"] {
        for kind in [Shell::Plain, Shell::Login] {
            let mut reached = host(&format!("app-1-u-{shell}"));
            reached.shell = kind;
            let link = match ways.connect_to(reached).await {
                Ok(link) => link,
                Err(why) => panic!("{shell}: {why}"),
            };
            let output = link.run(RemoteCommand::new(["printf", "%s\\0"].into_iter().chain(hostile))).await;
            assert_eq!(output.end, End::Exited(0), "{shell} {kind:?}: {output:?}");
            assert_eq!(output.stdout, want, "{shell} {kind:?}");
            assert_eq!(link.run(sh("kill -9 $$")).await.end, End::Killed(9), "{shell} {kind:?}");
            let stream = link.stream(sh("echo one; exit 7")).await.unwrap();
            let mut text = String::new();
            BufReader::new(stream.io).read_line(&mut text).await.unwrap();
            assert_eq!((text.as_str(), stream.ended.await.0), ("one\n", End::Exited(7)), "{shell} {kind:?}");
        }
    }
    for (shell, limit) in [("rbash", 15), ("nologin", 15), ("sleepy", 30), ("reader", 30)] {
        let begin = Instant::now();
        let why = ways.connect(&format!("app-1-u-{shell}")).await.err().unwrap();
        println!("{shell}: {why} after {:?}", begin.elapsed());
        assert!(matches!(why, LinkFailure::Unusable(_)), "{shell}: {why}");
        assert!(why.to_string().contains("login shell"), "{shell}: {why}");
        assert!(begin.elapsed() < Duration::from_secs(limit), "{shell}: {:?}", begin.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a23_a_large_banner_is_not_an_error() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-2"]));
    let ways = reach::ways(lab.ssh_config());
    fault(&lab, "app-2", "banner 200000");
    let link = ways.connect("app-2").await.unwrap();
    assert!(link.run(sh("true")).await.succeeded());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn passwords_second_factors_and_jump_hosts_work() {
    let lab = Lab::get();
    let _shared = block_in_place(|| lab.share(&["app-1", "app-2"]));
    let ways = reach::ways(lab.ssh_config());
    for alias in ["app-1-pass", "app-1-both", "app-1-locked", "via-app-2-pass"] {
        let (questions, mut asked) = mpsc::channel::<Asking>(4);
        let asker = Asker::new(HostName::new(alias).unwrap(), questions);
        let connecting = tokio::spawn(ways.transport.connect(host(alias), asker));
        let asking = asked.recv().await.unwrap();
        asking.answer.send(Some(Secret::new(b"quarterdeck".to_vec()))).unwrap();
        let link = connecting.await.unwrap().unwrap_or_else(|why| panic!("{alias}: {why}"));
        assert!(link.run(sh("true")).await.succeeded(), "{alias}");
    }
    // ssh would ask for the password two times more: a person who declined is not asked again.
    let (questions, mut asked) = mpsc::channel::<Asking>(4);
    let name = HostName::new("app-1-pass").unwrap();
    let connecting = tokio::spawn(ways.transport.connect(host("app-1-pass"), Asker::new(name, questions)));
    asked.recv().await.unwrap().answer.send(None).unwrap();
    let why = connecting.await.unwrap().err().unwrap();
    assert!(matches!(why, LinkFailure::NotAnswered(_)), "{why}");
    assert!(asked.recv().await.is_none(), "no second question");
    assert_eq!(ways.transport.via(&host("via-app-2")).await.as_deref(), Some("app-1"));
    assert_eq!(ways.transport.via(&host("app-1")).await, None);
    let why = ways.connect("app-1-pass").await.err().unwrap();
    assert!(matches!(why, LinkFailure::Authentication(_)), "{why}");
}

/// Processor time of a process and of its children that ended, in ticks of a hundredth of a second.
fn ticks(pid: i32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default().to_owned();
    after.split(' ').skip(11).take(4).filter_map(|word| word.parse::<u64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn three_idle_links_cost_next_to_nothing() {
    if std::env::var_os("QD_IDLE").is_none() {
        // In a process of its own, so that no other test's work is counted.
        let arguments = ["--exact", "three_idle_links_cost_next_to_nothing", "--ignored", "--nocapture"];
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        alone.args(arguments).env("QD_IDLE", "1");
        assert!(block_in_place(|| alone.status()).unwrap().success());
        return;
    }
    let lab = Lab::get();
    let _shared = block_in_place(|| lab.share(&["app-1", "app-2", "db-1"]));
    let ways = reach::ways(lab.ssh_config());
    let mut watched: Vec<Watched> = ["app-1", "app-2", "db-1"].map(|alias| watch(&ways, alias, 0)).into();
    for host in &mut watched {
        host.up(30).await;
    }
    let span = Duration::from_secs(repetitions(20, 60) as u64);
    let mine = std::process::id() as i32;
    let cost = |ways: &Ways| ways.masters().into_iter().chain([mine]).map(ticks).sum::<u64>();
    let before = cost(&ways);
    tokio::time::sleep(span).await;
    let used = Duration::from_millis((cost(&ways) - before) * 10);
    let share = used.as_secs_f64() / span.as_secs_f64() * 100.0;
    println!("{share:.2} % of a core ({used:?} in {span:?})");
    assert!(share < 1.5, "{share:.2} % of a core");
    report("idle", 1, 1, &format!("{share:.2} % of a core with three links"));
    assert!(watched.iter_mut().all(|host| std::iter::from_fn(|| host.news.try_recv().ok()).count() <= 12));
}

/// What `a14` starts over and over: a program with a link and a reader, to be killed.
#[test]
#[ignore = "started by a14"]
fn a14_child() {
    let Ok(how) = std::env::var("QD_A14") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let from = |name: &str| std::path::PathBuf::from(std::env::var_os(name).unwrap());
        let ways = reach::ways_in(from("QD_A14_CONFIG"), from("QD_A14_HOME"));
        let link = ways.connect("app-2").await.unwrap();
        let word = std::env::var("QD_A14_WORD").unwrap();
        let stream =
            link.stream(sh(&format!("trap '' PIPE; : {word}; while :; do date; sleep 1; done"))).await.unwrap();
        let mut reader = BufReader::new(stream.io);
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        println!("UP {}", ways.runtime.path().display());
        assert!(how != "panic", "the panic that was asked for");
        tokio::time::sleep(Duration::from_secs(600)).await;
        drop(reader);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a14_nothing_is_left_however_the_program_ends() {
    let lab = Lab::get();
    let _shared = block_in_place(|| lab.share(&["app-2"]));
    let all = repetitions(2, 20);
    let home = tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap();
    let first = reach::ways_in(lab.ssh_config(), home.path().to_owned());
    let link = first.connect("app-2").await.unwrap();
    for how in ["KILL", "TERM", "panic"] {
        for round in 0..all {
            let word = format!("qd-a14-{}-{how}-{round}", std::process::id());
            let mut child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a14_child", "--ignored", "--nocapture"])
                .env("QD_A14", how)
                .env("QD_A14_WORD", &word)
                .env("QD_A14_CONFIG", lab.ssh_config())
                .env("QD_A14_HOME", home.path())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
            let place = std::io::BufRead::lines(stdout)
                .map_while(Result::ok)
                .find_map(|line| line.split("UP ").nth(1).map(str::to_owned))
                .expect("the child came up");
            if how != "panic" {
                let id = child.id().to_string();
                assert!(std::process::Command::new("kill").args([&format!("-{how}"), &id]).status().unwrap().success());
            }
            child.wait().unwrap();
            let begin = Instant::now();
            while !processes(&place).is_empty() {
                assert!(begin.elapsed() < Duration::from_secs(5), "{how}: an ssh is left here");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            block_in_place(|| gone_on_host(&lab, "app-2", &word, Duration::from_secs(20)));
        }
        report("A14", all, all, how);
    }
    // The next start takes away what was left, and touches nothing of the run that lives.
    let next = reach::ways_in(lab.ssh_config(), home.path().to_owned());
    let mut left: Vec<_> = std::fs::read_dir(home.path().join("qd"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    left.sort();
    let mut living = vec![first.runtime.path().to_owned(), next.runtime.path().to_owned()];
    living.sort();
    assert_eq!(left, living);
    assert!(link.run(sh("true")).await.succeeded(), "the run that lives was not disturbed");
}
