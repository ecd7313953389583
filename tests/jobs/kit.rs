//! What the tests of jobs share: a console with connections that come back, orders, and what is left on a host.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::domain::procedure::Script;
use quarterdeck::domain::{BecomeRoot, EnvColour, EnvName, Environment, Host, HostName, InputName, RunId, SiteName};
use quarterdeck::engine::act::{Vault, Way};
use quarterdeck::engine::jobs::{Ended, HostJobs, JobKey, Jobs, Offsets, Order, Output, Seen};
use quarterdeck::engine::transport::{Asking, Connection};
use quarterdeck::port::Secret;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::lab::Lab;
use crate::reach::{self, Ways};

/// A console: connections to these aliases that come back when they are lost.
pub struct Console {
    pub jobs: HostJobs,
    pub ways: Arc<Ways>,
    pub lines: BTreeMap<HostName, watch::Receiver<Option<Arc<dyn Connection>>>>,
    _keepers: Vec<AbortOnDropHandle<()>>,
    _person: AbortOnDropHandle<()>,
}

pub fn name(alias: &str) -> HostName {
    HostName::new(alias).unwrap()
}

/// How the user of this alias becomes root.
pub fn becomes(alias: &str) -> BecomeRoot {
    match alias.rsplit('-').next() {
        Some("ops" | "oper") => BecomeRoot::Sudo,
        Some("plain") => BecomeRoot::Never,
        _ => BecomeRoot::AlreadyRoot,
    }
}

impl Console {
    pub async fn new(config: PathBuf, aliases: &[&str]) -> Self {
        let ways = Arc::new(reach::ways(config));
        let hosts: Vec<Host> =
            aliases.iter().map(|alias| Host { become_root: becomes(alias), ..reach::host(alias) }).collect();
        let (mut all, mut lines, mut keepers) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for host in hosts.clone() {
            let (line, heard) = (watch::Sender::new(None), watch::Sender::new(None));
            all.insert(
                host.name.clone(),
                Way {
                    connection: line.subscribe(),
                    heard: heard.subscribe(),
                    stirred: watch::Sender::default().subscribe(),
                },
            );
            lines.insert(host.name.clone(), line.subscribe());
            let ways = Arc::clone(&ways);
            keepers.push(AbortOnDropHandle::new(tokio::spawn(async move {
                loop {
                    let connected = tokio::time::timeout(Duration::from_secs(20), ways.connect_to(host.clone())).await;
                    if let Ok(Ok(connection)) = connected {
                        line.send_replace(Some(Arc::clone(&connection)));
                        connection.gone().await;
                        heard.send_replace(Some(connection.heard()));
                        line.send_replace(None);
                    }
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
            })));
        }
        for line in lines.values() {
            let mut line: watch::Receiver<Option<Arc<dyn Connection>>> = line.clone();
            let up = tokio::time::timeout(Duration::from_secs(30), line.wait_for(Option::is_some)).await;
            assert!(up.is_ok(), "the hosts come up");
        }
        let (ask, mut asked) = mpsc::channel::<Asking>(4);
        let person = AbortOnDropHandle::new(tokio::spawn(async move {
            while let Some(asking) = asked.recv().await {
                let _ = asking.answer.send(Some(Secret::new(b"quarterdeck".to_vec())));
            }
        }));
        let jobs = HostJobs::new(Arc::new(environment(hosts)), all, Vault::new(Some(ask)));
        Self { jobs, ways, lines, _keepers: keepers, _person: person }
    }

    pub async fn look(&self, alias: &str, key: &JobKey) -> Seen {
        self.jobs.look(name(alias), key.clone()).await
    }

    /// Follows from the beginning to the end: both outputs and how it ended.
    pub async fn follow(&self, alias: &str, key: &JobKey) -> (Vec<u8>, Vec<u8>, Seen) {
        let (output, mut came) = mpsc::channel::<Output>(4);
        let reading = async {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            while let Some(piece) = came.recv().await {
                let to = if piece.error { &mut err } else { &mut out };
                assert_eq!(piece.offset, to.len() as u64, "each byte once and in order");
                to.extend(piece.bytes);
            }
            (out, err)
        };
        let following = self.jobs.follow(name(alias), key.clone(), Offsets::default(), output);
        let both = async { tokio::join!(following, reading) };
        let (seen, (out, err)) = tokio::time::timeout(Duration::from_secs(120), both).await.expect("it ends");
        (out, err, seen)
    }

    pub async fn ended(&self, alias: &str, key: &JobKey) -> Ended {
        let begun = Instant::now();
        loop {
            match self.look(alias, key).await {
                Seen::Ended(ended) => return ended,
                Seen::Running if begun.elapsed() < Duration::from_secs(60) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

pub fn environment(hosts: Vec<Host>) -> Environment {
    Environment {
        colour: EnvColour::Green,
        hosts,
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("lab").unwrap(), EnvName::new("lab").unwrap())
    }
}

pub fn key() -> JobKey {
    let digits = format!("{:012x}", fastrand::u64(..1 << 48));
    JobKey { run: RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{digits}")).unwrap(), step: 1, attempt: 1 }
}

/// An order that runs as the login.
pub fn order(key: &JobKey, text: &str) -> Order {
    Order {
        key: key.clone(),
        token: 1,
        lock: None,
        script: Script { text: text.into(), ..Script::default() },
        captured: Vec::new(),
        secrets: Vec::new(),
        become_root: None,
        split: false,
        timeout: Duration::from_secs(120),
    }
}

/// The same as root, as this alias becomes root.
pub fn as_root(alias: &str, key: &JobKey, text: &str) -> Order {
    Order { become_root: Some(becomes(alias)), ..order(key, text) }
}

pub fn input(word: &str) -> InputName {
    InputName::new(word).unwrap()
}

/// Everything of a run that is left on a host: files, units, processes.
pub fn left_on(lab: &Lab, host: &str, key: &JobKey) -> String {
    // The mark must not stand in the command line of the one who looks.
    let (head, tail) = key.run.as_str().split_at(20);
    let script = format!(
        "r=$(printf %s%s {head} {tail})
         find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -path \"*$r*\" -print 2>/dev/null
         find /run /dev/shm /tmp -name \"*$r*\" 2>/dev/null
         systemctl list-units --all --plain --no-legend 'qd-*' | grep -F \"$r\"
         grep -lsF \"QD_JOB=$r\" /proc/[0-9]*/environ
         for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f 2>/dev/null | grep -F \"$r\"; done"
    );
    let found = lab.try_on(host, &["sh", "-c", &script]).stdout;
    // What looks for it comes up itself.
    let found = String::from_utf8_lossy(&found).into_owned();
    found.lines().filter(|line| !line.starts_with("find ") && !line.starts_with("grep ")).collect::<Vec<_>>().join("\n")
}

/// Lines `1` to `count` with a word, and whether these bytes are exactly they.
pub fn lines(count: usize) -> String {
    (1..=count).map(|line| format!("line {line}\n")).collect()
}

/// A script that prints such lines, a burst of fifty every so often, and notes in a file that it ran.
pub fn printing(count: usize, pause: &str, mark: &str) -> String {
    format!(
        "echo ran >>{mark}\nn=0\nwhile [ $n -lt {count} ]; do n=$((n+1)); echo \"line $n\"\n\
         [ $((n % 50)) != 0 ] || sleep {pause}; done"
    )
}

/// How often a job ran, by the file it notes it in; the file is removed.
pub fn ran(lab: &Lab, host: &str, mark: &str) -> usize {
    let text = lab.on(host, &["sh", "-c", &format!("cat {mark} 2>/dev/null; rm -f {mark}")]);
    text.lines().filter(|line| *line == "ran").count()
}

pub fn mark() -> String {
    format!("/tmp/qdt-mark-{:08x}", fastrand::u32(..))
}

/// Whether any process of this machine, its lab included, shows these words in its command line.
pub fn shown(words: &[u8]) -> bool {
    let holds = |path: &Path| fs::read(path).is_ok_and(|line| line.windows(words.len()).any(|at| at == words));
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        entry.file_name().to_string_lossy().starts_with(|c: char| c.is_ascii_digit())
            && holds(&entry.path().join("cmdline"))
    })
}
