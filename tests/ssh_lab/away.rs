//! A20 to A22: the console sleeps while its connections go, one reader is flooded, a host on the way dies.

use std::io::BufRead;
use std::process::{Child, Command, Stdio};

use super::*;

/// The hosts that are watched.
const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];

/// What `a20` starts: a program that says how its links stand.
#[test]
#[ignore = "started by a20"]
fn a20_child() {
    let Some(config) = std::env::var_os("QD_A20_CONFIG") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let home = std::env::var_os("QD_A20_HOME").unwrap();
        let ways = reach::ways_in(config.into(), home.into());
        println!("AT {}", ways.runtime.path().display());
        let mut watched = HOSTS.map(|alias| watch(&ways, alias, 1));
        let telling = watched.iter_mut().zip(HOSTS).map(|(watched, alias)| async move {
            while let Some(event) = watched.news.recv().await {
                match event {
                    Event::Host(_, HostEvent::Link(Link::Up { round_trip: None, .. })) => println!("UP {alias}"),
                    Event::Host(_, HostEvent::Link(Link::Waiting { .. })) => println!("LOST {alias}"),
                    _ => {}
                }
            }
        });
        futures_util::future::join_all(telling).await;
    });
}

/// The program and its masters, stopped and woken as a laptop does with its lid.
struct Asleep {
    child: Child,
    place: String,
}

impl Asleep {
    fn signal(&self, name: &str) {
        let mut all = processes(&self.place);
        all.push(self.child.id().cast_signed());
        for process in all {
            let _ =
                Command::new("kill").args([&format!("-{name}"), &process.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.signal("CONT");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until each host has said these words, each host in their order and other hosts between them.
fn each(said: &std::sync::mpsc::Receiver<String>, words: &[&str], limit: Duration) -> Duration {
    let begin = Instant::now();
    let mut missing = HOSTS.map(|host| (host, words.to_vec()));
    while missing.iter().any(|(_, words)| !words.is_empty()) {
        let left = limit.saturating_sub(begin.elapsed());
        let line = said.recv_timeout(left).unwrap_or_else(|_| panic!("within {limit:?} not said: {missing:?}"));
        for (host, words) in &mut missing {
            if words.first().is_some_and(|word| line.ends_with(&format!("{word} {host}"))) {
                words.remove(0);
            }
        }
    }
    begin.elapsed()
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a20_after_a_long_sleep_every_host_is_back() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let home = tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "away::a20_child", "--ignored", "--nocapture"])
        .env("QD_A20_CONFIG", lab.ssh_config())
        .env("QD_A20_HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let (say, said) = std::sync::mpsc::channel();
    let telling = std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            if say.send(line).is_err() {
                return;
            }
        }
    });
    let place = loop {
        let line = said.recv_timeout(Duration::from_secs(60)).expect("the program starts");
        if let Some(place) = line.split("AT ").nth(1) {
            break place.to_owned();
        }
    };
    let asleep = Asleep { child, place };
    each(&said, &["UP"], Duration::from_secs(60));
    assert!(processes(&asleep.place).len() >= HOSTS.len(), "each host has a master that goes to sleep too");

    asleep.signal("STOP");
    let span = Duration::from_secs(repetitions(20, 600) as u64);
    // The other side gives the connections up, and what it says of that does not arrive.
    for host in HOSTS {
        lab.fault(host, "cut");
        lab.fault(host, "kill-sshd-children");
    }
    std::thread::sleep(span);
    for host in HOSTS {
        lab.fault(host, "heal");
    }
    assert!(said.try_recv().is_err(), "who sleeps says nothing");
    asleep.signal("CONT");
    let back = each(&said, &["LOST", "UP"], Duration::from_secs(60));
    report("A20", 1, 1, &format!("asleep for {span:?}: what was lost is told, all hosts are back after {back:.1?}"));
    println!("back after {back:?}");
    drop(asleep);
    telling.join().unwrap();
}

/// Memory of this process in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a21_a_flooded_reader_holds_nobody_up_and_fills_no_memory() {
    let lab = Lab::get();
    let _shared = block_in_place(|| lab.share(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let link = ways.connect("app-1").await.unwrap();
    let before = resident();
    let mut flood = link.stream(sh("exec cat /dev/zero")).await.unwrap();
    let mut slowest = Duration::ZERO;
    let mut total = 0_u64;
    let mut taken = vec![0_u8; 64 << 10];
    // Read as fast as it comes, then by nobody at all.
    for is_read in [true, false] {
        let until = Instant::now() + Duration::from_secs(repetitions(5, 30) as u64);
        let asking = async {
            while Instant::now() < until {
                let begin = Instant::now();
                let output = link.run(sh("echo here").within(Duration::from_secs(10))).await;
                assert!(output.succeeded(), "{}", output.end);
                slowest = slowest.max(begin.elapsed());
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::pin!(asking);
        loop {
            tokio::select! {
                () = &mut asking => break,
                read = flood.io.read(&mut taken), if is_read => total += read.unwrap() as u64,
            }
        }
    }
    assert!(total > 20 << 20, "it is a flood: {total} bytes");
    assert!(slowest < Duration::from_secs(6), "another channel waited for {slowest:?}");
    let grown = resident().saturating_sub(before);
    assert!(grown < 64, "{grown} MiB more");
    report("A21", 1, 1, &format!("{} MiB read, then nobody read: others answered within {slowest:.1?}", total >> 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a22_when_a_host_on_the_way_dies_it_is_named() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1", "app-2"]));
    let ways = reach::ways(lab.ssh_config());
    let (mut near, mut far) = (watch(&ways, "app-1", 0), watch(&ways, "via-app-2", 0));
    near.up(30).await;
    far.up(30).await;
    fault(&lab, "app-1", "stop-sshd");
    fault(&lab, "app-1", "kill-sshd-children");
    let limit = Duration::from_secs(60);
    let named = |link: &Link| matches!(link, Link::Waiting { why: LinkFailure::Jump(_), .. });
    let (link, _) = far.until("a jump host is named", limit, named).await;
    let Link::Waiting { why, .. } = link else { unreachable!() };
    assert!(why.to_string().starts_with("jump host: "), "{why}");
    // The host itself does not call itself one.
    let (why, _) = near.lost(60).await;
    assert!(!matches!(why, LinkFailure::Jump(_)), "{why}");
    fault(&lab, "app-1", "start-sshd");
    near.control.send(Control::RetryNow).await.unwrap();
    near.up(60).await;
    far.control.send(Control::RetryNow).await.unwrap();
    far.up(60).await;
    report("A22", 1, 1, "a jump host dies: named in the link behind it, not in its own; both come back");
}

/// The session manager takes the folder of a login away at its last logout, while a console goes on in a terminal that
/// outlives it.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a_link_whose_folder_here_was_removed_comes_back() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let ways = reach::ways(lab.ssh_config());
    let mut watched = watch(&ways, "app-1", 1);
    watched.up(30).await;
    let first = ways.runtime.path();
    std::fs::remove_dir_all(first.parent().unwrap()).unwrap();
    let (why, _) = watched.lost(30).await;
    assert!(matches!(&why, LinkFailure::Here(said) if format!("{said:?}").contains("removed")), "{why:?}");
    watched.up(60).await;
    let second = ways.runtime.path();
    assert!(second != first && second.is_dir(), "{}", second.display());
    watched.lines.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(watched.lines.load(Ordering::Relaxed) > 0, "readers read");
}
