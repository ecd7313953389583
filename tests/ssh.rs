//! Hosts over ssh, against an sshd of our own: commands, readers, questions, and each way to break.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/reach.rs"]
mod reach;
#[path = "common/sshd.rs"]
mod sshd;

use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::domain::{HostName, LinkFailure};
use quarterdeck::engine::transport::{Asker, Asking, Connection, Transport};
use quarterdeck::port::event::QuestionKind;
use quarterdeck::port::{End, RemoteCommand, Secret, Stdin};
use reach::{Ways, host, processes, sh};
use sshd::{Sshd, until};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

fn ways(sshd: &Sshd) -> Ways {
    reach::ways(sshd.path("config"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_says_what_it_said_and_how_it_ended() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let link = ways.connect("box").await.unwrap();
    let output = link.run(sh("echo out; echo err >&2; exit 3")).await;
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(output.end, End::Exited(3));
    assert!(!output.left_behind && output.cut == 0);

    let mut command = RemoteCommand::new(["cat"]);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    command.stdin = Stdin::Bytes(bytes.clone());
    assert!(link.run(command).await.stdout == bytes, "bytes pass unharmed in both directions");

    let mut command = sh("head -c 5000000 /dev/zero");
    command.most = 1000;
    let output = link.run(command).await;
    assert_eq!((output.stdout.len(), output.cut, output.end), (1000, 4_999_000, End::Exited(0)));

    let hostile = ["", "a'b", "$(id)", "`id`", "a\nb", "!!", "\\", "*", "-n", "%s", "é\u{1b}"];
    let output = link.run(RemoteCommand::new(["printf", "%s\\0"].into_iter().chain(hostile))).await;
    let want: Vec<u8> = hostile.iter().flat_map(|word| word.bytes().chain([0])).collect();
    assert_eq!(output.stdout, want);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_every_way_to_end_is_told_apart() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let link = ways.connect("box").await.unwrap();
    for (script, want) in [
        ("exit 0", End::Exited(0)),
        ("exit 3", End::Exited(3)),
        ("exit 127", End::Exited(127)),
        ("exit 255", End::Exited(255)),
        ("exit 137", End::Exited(137)),
        ("kill -9 $$", End::Killed(9)),
        ("kill -15 $$", End::Killed(15)),
    ] {
        assert_eq!(link.run(sh(script)).await.end, want, "{script}");
    }
    assert_eq!(link.run(RemoteCommand::new(["no-such-program"])).await.end, End::NotFound);
    let late = link.run(sh("sleep 30").within(Duration::from_millis(500))).await;
    assert_eq!(late.end, End::TimedOut(Duration::from_millis(500)));
    let losing = tokio::spawn(link.run(sh("sleep 9")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    for pid in sshd.connections() {
        sshd::run("kill", &["-9", &pid.to_string()]);
    }
    let lost = losing.await.unwrap().end;
    assert!(matches!(lost, End::LinkLost(_)), "{lost}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a18_what_a_command_leaves_behind_does_not_hold_it_up() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let link = ways.connect("box").await.unwrap();
    let begin = Instant::now();
    let output = link.run(sh("echo done; sleep 30 &")).await;
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!((output.stdout.as_slice(), output.end), (&b"done\n"[..], End::Exited(0)));
    assert!(output.left_behind);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_streams_both_ways_and_tells_its_end() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let link = ways.connect("box").await.unwrap();
    let stream = link.stream(sh("echo hello; echo oops >&2; read x; echo got $x; exit 4")).await.unwrap();
    let (reader, mut writer) = tokio::io::split(stream.io);
    let mut lines = BufReader::new(reader).lines();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "hello");
    writer.write_all(b"this\n").await.unwrap();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "got this");
    assert_eq!(stream.ended.await, (End::Exited(4), b"oops\n".to_vec()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_key_is_asked_for_and_an_unknown_host_key_is_confirmed_once() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    std::fs::write(sshd.path("known_hosts"), "").unwrap();
    let (questions, mut asked) = mpsc::channel::<Asking>(4);
    let name = HostName::new("locked").unwrap();
    let connecting = tokio::spawn(ways.transport.connect(host("locked"), Asker::new(name.clone(), questions.clone())));
    let key = asked.recv().await.unwrap();
    assert_eq!(key.kind, QuestionKind::HostKey);
    let print = sshd::run("ssh-keygen", &["-lf", &sshd.path("host.pub").display().to_string()]);
    let print = print.split(' ').nth(1).unwrap();
    assert!(key.prompt.plain().contains(print), "{}", key.prompt.plain());
    // A person may take longer than a handshake; here a moment stands for it.
    key.answer.send(Some(Secret::new(b"yes".to_vec()))).unwrap();
    let phrase = asked.recv().await.unwrap();
    assert_eq!(phrase.kind, QuestionKind::Secret);
    phrase.answer.send(Some(Secret::new(b"open sesame".to_vec()))).unwrap();
    let link = connecting.await.unwrap().unwrap();
    assert!(link.run(sh("true")).await.succeeded());
    assert!(std::fs::read_to_string(sshd.path("known_hosts")).unwrap().contains("ssh-ed25519"));
    drop(link);

    // Known now: the only question is the passphrase, and no answer is no answer.
    let connecting = tokio::spawn(ways.transport.connect(host("locked"), Asker::new(name, questions)));
    let phrase = asked.recv().await.unwrap();
    assert_eq!(phrase.kind, QuestionKind::Secret);
    phrase.answer.send(None).unwrap();
    let failure = connecting.await.unwrap().err().unwrap();
    assert!(matches!(failure, LinkFailure::NotAnswered(_)), "{failure}");
    assert!(!failure.may_retry());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_host_keys_are_strict() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let attended = || {
        let (questions, asked) = mpsc::channel::<Asking>(4);
        (Asker::new(HostName::new("box").unwrap(), questions), asked)
    };
    let fails = |asker: Asker| {
        let connecting = ways.transport.connect(host("box"), asker);
        async move { connecting.await.err().expect("must not connect") }
    };

    std::fs::write(sshd.path("known_hosts"), "").unwrap();
    let failure = ways.connect("box").await.err().unwrap();
    assert!(matches!(failure, LinkFailure::HostKeyUnknown(_)), "{failure}");

    let (asker, mut asked) = attended();
    let declining = tokio::spawn(async move { asked.recv().await.unwrap().answer.send(None).unwrap() });
    let failure = fails(asker).await;
    declining.await.unwrap();
    assert!(matches!(&failure, LinkFailure::HostKeyUnknown(text) if text.to_string().contains("SHA256:")), "{failure}");

    let stranger = std::fs::read_to_string(sshd.path("stranger.pub")).unwrap();
    sshd.know(&stranger);
    for asker in [attended().0, Asker::nobody(HostName::new("box").unwrap())] {
        let failure = fails(asker).await;
        assert!(
            matches!(&failure, LinkFailure::HostKeyChanged(text) if text.to_string().contains("SHA256:")),
            "{failure}"
        );
        assert!(!failure.may_retry());
    }

    std::fs::write(sshd.path("known_hosts"), format!("@revoked * {}\n", sshd.host_key())).unwrap();
    let failure = fails(attended().0).await;
    assert!(matches!(&failure, LinkFailure::HostKeyChanged(text) if text.to_string().contains("revoked")), "{failure}");

    std::fs::write(sshd.path("known_hosts"), format!("[127.0.0.1]:{} ssh-ed25519 AAAAbroken\n", sshd.port)).unwrap();
    for asker in [attended().0, Asker::nobody(HostName::new("box").unwrap())] {
        let failure = fails(asker).await;
        assert!(
            matches!(&failure, LinkFailure::KnownHosts(text) if text.to_string().contains("known_hosts:1: ")),
            "{failure}"
        );
    }
    // A directory can't be read, not even by root.
    std::fs::remove_file(sshd.path("known_hosts")).unwrap();
    std::fs::create_dir(sshd.path("known_hosts")).unwrap();
    let failure = fails(attended().0).await;
    assert!(
        matches!(&failure, LinkFailure::KnownHosts(text) if text.to_string().contains("can't be read")),
        "{failure}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_have_their_kinds() {
    let mut sshd = Sshd::start("");
    let ways = ways(&sshd);
    let kind = |failure: Result<Arc<dyn Connection>, LinkFailure>| failure.err().unwrap().short();
    assert_eq!(kind(ways.connect("stranger").await), "not let in");
    assert_eq!(kind(ways.connect("nowhere").await), "no such name");
    assert_eq!(kind(ways.connect("behind-nothing").await), "jump host");
    // A banner may say what it likes: it is not what ssh says.
    let banner = sshd.path("banner");
    std::fs::write(&banner, "@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\nHost key verification failed.\n")
        .unwrap();
    sshd.serve(&format!("Banner {}", banner.display()));
    assert_eq!(kind(ways.connect("stranger").await), "not let in");
    assert!(ways.connect("box").await.is_ok());
    sshd.stop();
    assert_eq!(kind(ways.connect("box").await), "refused");
    until("no ssh of ours is left", Duration::from_secs(2), || ways.masters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a07_a_cancelled_connect_leaves_nothing() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    // Accepts, and says nothing.
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let config = std::fs::read_to_string(sshd.path("config")).unwrap();
    let port = silent.local_addr().unwrap().port();
    std::fs::write(sshd.path("config"), format!("Host silent\n Port {port}\n{config}")).unwrap();
    for alias in ["silent", "box"] {
        for millis in [0, 5, 20, 60, 120, 2000] {
            let cancelled = tokio::time::timeout(Duration::from_millis(millis), ways.connect(alias)).await;
            drop(cancelled);
        }
    }
    until("no ssh of ours is left", Duration::from_secs(2), || ways.masters().is_empty());
    until("no socket is left", Duration::from_secs(2), || {
        std::fs::read_dir(ways.runtime.path()).unwrap().next().is_none()
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a03_and_a04_a_killed_master_is_noticed_and_its_socket_is_no_hindrance() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    for _ in 0..3 {
        let link = ways.connect("box").await.unwrap();
        let other = ways.connect("box").await.unwrap();
        let masters = ways.masters();
        let pid = *masters.first().unwrap();
        sshd::run("kill", &["-9", &pid.to_string()]);
        let begin = Instant::now();
        let (why, survivor) = tokio::select! {
            why = link.gone() => (why, other),
            why = other.gone() => (why, link),
        };
        assert!(begin.elapsed() < Duration::from_secs(1));
        assert!(matches!(why, LinkFailure::MasterDied(_)), "{why}");
        assert!(survivor.run(sh("true")).await.succeeded(), "the other connection is untouched");
        let begin = Instant::now();
        assert!(ways.connect("box").await.unwrap().run(sh("true")).await.succeeded());
        assert!(begin.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_max_sessions_are_learnt_and_commands_queue() {
    for (most, streams) in [(10, 5), (4, 1), (3, 1), (2, 0), (1, 0)] {
        let sshd = Sshd::start(&format!("MaxSessions {most}"));
        let ways = ways(&sshd);
        let link = ways.connect("box").await.unwrap();
        // Three at once: what the host refuses is learnt from it.
        let runs =
            (0..12).map(|number| link.run(sh(&format!("sleep 0.1; echo {number}")).within(Duration::from_secs(30))));
        let outputs = futures_util::future::join_all(runs).await;
        for (number, output) in outputs.into_iter().enumerate() {
            assert_eq!(output.end, End::Exited(0), "MaxSessions {most}, command {number}");
            assert_eq!(output.stdout, format!("{number}\n").into_bytes());
        }
        let mut held = Vec::new();
        let why = loop {
            match link.stream(sh("sleep 60")).await {
                Ok(stream) => held.push(stream),
                Err(end) => break end,
            }
            assert!(held.len() < 9);
        };
        assert!(matches!(&why, End::NotStarted(text) if text.contains("MaxSessions")), "{why}");
        // A reader that took the last channel makes room again: commands go first.
        while held.len() > streams {
            let (end, _) = held.pop().unwrap().ended.await;
            assert!(matches!(&end, End::NotStarted(text) if text.contains("MaxSessions")), "{end}");
        }
        assert!(link.run(sh("true")).await.succeeded(), "MaxSessions {most}: commands still run");
    }
    let sshd = Sshd::start("MaxSessions 0");
    let failure = ways(&sshd).connect("box").await.err().unwrap();
    assert!(matches!(&failure, LinkFailure::Unusable(text) if text.to_string().contains("MaxSessions 0")), "{failure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_and_a13_what_holds_the_last_channel_is_ended_on_the_host() {
    for most in [1, 2, 3] {
        let sshd = Sshd::start(&format!("MaxSessions {most}"));
        let ways = ways(&sshd);
        let link = ways.connect("box").await.unwrap();
        let word = format!("qd-a09-{}-{most}", std::process::id());
        let long = || sh(&format!("trap '' PIPE; : {word}; sleep 70; : {word}"));
        // A reader that says nothing and is let go, or has to make room for a command.
        let reader = link.stream(long()).await;
        assert_eq!(reader.is_ok(), most > 1, "MaxSessions {most}");
        if most == 3 {
            drop(reader);
        }
        let output = link.run(sh("true").within(Duration::from_secs(9))).await;
        assert_eq!(output.end, End::Exited(0), "MaxSessions {most}: a command finds a channel");
        // A command that runs out of time.
        let output = link.run(long().within(Duration::from_secs(1))).await;
        assert!(matches!(output.end, End::TimedOut(_)), "MaxSessions {most}: {}", output.end);
        let took = until("ended on the host", Duration::from_secs(9), || processes(&word).is_empty());
        println!("MaxSessions {most}: gone {took:?} after its deadline");
        let output = link.run(sh("true").within(Duration::from_secs(9))).await;
        assert_eq!(output.end, End::Exited(0), "MaxSessions {most}: and the next command finds one again");
        // A command that runs when the link ends.
        let running = tokio::spawn(link.run(long().within(Duration::from_secs(5))));
        until("running", Duration::from_secs(5), || !processes(&word).is_empty());
        drop(link);
        drop(ways);
        until("ended with its link", Duration::from_secs(15), || processes(&word).is_empty());
        running.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a_reader_that_ignores_broken_pipes_ends_with_its_pane_and_with_its_link() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let link = ways.connect("box").await.unwrap();
    for let_go_first in [true, false] {
        let word = format!("qd-a13-{}-{let_go_first}", std::process::id());
        let stream =
            link.stream(sh(&format!("trap '' PIPE; : {word}; while :; do date; sleep 1; done"))).await.unwrap();
        let mut reader = BufReader::new(stream.io);
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        assert!(!processes(&word).is_empty());
        if let_go_first {
            drop(reader);
            let took = until("gone with its pane", Duration::from_secs(20), || processes(&word).is_empty());
            println!("gone {took:?} after its pane");
        } else {
            let pid = ways.masters()[0];
            sshd::run("kill", &["-9", &pid.to_string()]);
            let took = until("gone with its link", Duration::from_secs(20), || processes(&word).is_empty());
            println!("gone {took:?} after its link");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_can_be_dialled_through() {
    let sshd = Sshd::start("");
    let ways = ways(&sshd);
    let link = ways.connect("box").await.unwrap();
    let server = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = server.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut visitor, _) = server.accept().await.unwrap();
            let mut word = [0; 4];
            visitor.read_exact(&mut word).await.unwrap();
            visitor.write_all(&word).await.unwrap();
        }
    });
    for _ in 0..2 {
        let mut through = link.dial("localhost".into(), port).await.unwrap();
        through.write_all(b"ping").await.unwrap();
        let mut answer = Vec::new();
        through.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"ping");
    }
    serving.await.unwrap();
    let mut nobody = link.dial("localhost".into(), sshd::free_port()).await.unwrap();
    let error = nobody.read(&mut [0; 4]).await.unwrap_err().to_string();
    assert!(error.contains("Connection refused"), "{error}");

    let picky = Sshd::start("PermitOpen none");
    let ways = self::ways(&picky);
    let link = ways.connect("box").await.unwrap();
    let mut refused = link.dial("127.0.0.1".into(), 9).await.unwrap();
    let error = refused.read(&mut [0; 4]).await.unwrap_err().to_string();
    assert!(error.contains("forbids forwarding"), "{error}");

    let strict = Sshd::start("AllowTcpForwarding no");
    let ways = self::ways(&strict);
    let link = ways.connect("box").await.unwrap();
    let mut refused = link.dial("localhost".into(), port).await.unwrap();
    let error = refused.read(&mut [0; 4]).await.unwrap_err().to_string();
    assert!(error.contains("forbids forwarding"), "{error}");
    let error = link.dial("localhost".into(), port).await.err().unwrap();
    assert!(error.contains("forbids forwarding"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a12_sockets_find_a_short_place() {
    let sshd = Sshd::start("");
    for length in [70, 120] {
        let home = tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap();
        let long = home.path().join("x".repeat(length));
        std::fs::create_dir(&long).unwrap();
        let ways = reach::ways_in(sshd.path("config"), long);
        let link = ways.connect("box").await.unwrap();
        assert!(link.run(sh("true")).await.succeeded());
        let mut through = link.dial("127.0.0.1".into(), sshd.port).await.unwrap();
        let mut banner = [0; 4];
        through.read_exact(&mut banner).await.unwrap();
        assert_eq!(&banner, b"SSH-");
    }
}

#[test]
fn a16_hostile_names_never_become_a_destination() {
    let long = "x".repeat(300);
    let names = [
        "-V",
        "-oProxyCommand=x",
        "--",
        "",
        " ",
        "a b",
        "a;id",
        "$(id)",
        "`id`",
        "%h",
        "a\nb",
        "a\u{1b}b",
        "a\0b",
        &long,
        "аpp-1",
        "app/../1",
        "a'b",
        "a\"b",
        "a|b",
        "[::1]",
        "a:22",
        "{a,b}",
        "~root",
        "@a",
    ];
    assert!(names.len() >= 20);
    for name in names {
        assert!(quarterdeck::domain::host::SshAlias::new(name).is_err(), "{name:?}");
    }
}

#[test]
fn without_setpriv_a_guard_ends_the_child() {
    let word = format!("7{}.5", std::process::id());
    let script = format!("QD_GUARD_PARENT=$$ \"$0\" sleep {word} & sleep 1; kill -9 $$");
    let begin = Instant::now();
    let mut parent = std::process::Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_qd")]).spawn().unwrap();
    until("the guarded child runs", Duration::from_secs(1), || !processes(&format!("sleep {word}")).is_empty());
    parent.wait().unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(900));
    until("the child is gone with its parent", Duration::from_secs(5), || {
        processes(&format!("sleep {word}")).is_empty()
    });
}
