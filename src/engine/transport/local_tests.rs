//! This machine as a host: real children.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tokio::io::{AsyncBufReadExt, BufReader};

use super::*;
use crate::domain::HostName;
use crate::domain::host::{BecomeRoot, Reach};

async fn machine(shell: Shell) -> Arc<dyn Connection> {
    let name = HostName::new("here").unwrap();
    let host =
        Host { name: name.clone(), reach: Reach::Local, tags: Vec::new(), become_root: BecomeRoot::Never, shell };
    let transport = LocalTransport::new(Spawner::start().unwrap());
    transport.connect(host, Asker::nobody(name)).await.ok().unwrap()
}

fn sh(script: &str) -> RemoteCommand {
    RemoteCommand::new(["sh", "-c", script])
}

#[tokio::test]
async fn every_end_is_told_apart_here_too() {
    for shell in [Shell::Plain, Shell::Login] {
        let here = machine(shell).await;
        for (script, want) in [
            ("exit 0", End::Exited(0)),
            ("exit 127", End::Exited(127)),
            ("exit 255", End::Exited(255)),
            ("kill -9 $$", End::Killed(9)),
            ("kill -15 $$", End::Killed(15)),
        ] {
            assert_eq!(here.run(sh(script)).await.end, want, "{script}");
        }
        let late = here.run(sh("sleep 9").within(Duration::from_millis(300))).await;
        assert_eq!(late.end, End::TimedOut(Duration::from_millis(300)));
    }
    let here = machine(Shell::Plain).await;
    assert_eq!(here.run(RemoteCommand::new(["no-such-program"])).await.end, End::NotFound);
    assert!(matches!(here.run(RemoteCommand::new(["-x"])).await.end, End::NotStarted(_)));
}

#[tokio::test]
async fn bytes_go_in_and_come_out_and_leftovers_hold_nothing_up() {
    let here = machine(Shell::Plain).await;
    let mut command = RemoteCommand::new(["cat"]);
    command.stdin = Stdin::Bytes(vec![7; 300_000]);
    command.most = 1000;
    let output = here.run(command).await;
    assert_eq!((output.stdout.len(), output.cut, output.end), (1000, 299_000, End::Exited(0)));
    let begin = Instant::now();
    let output = here.run(sh("echo a; echo b >&2; sleep 5 &")).await;
    assert!(output.left_behind && begin.elapsed() < Duration::from_secs(3));
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"a\n"[..], &b"b\n"[..]));
}

#[tokio::test]
async fn a_reader_that_is_let_go_ends_with_its_children() {
    let here = machine(Shell::Plain).await;
    let word = format!("7{}", std::process::id());
    let alive = |word: &str| {
        let found = std::process::Command::new("pgrep").args(["-f", &format!("^sleep {word}")]).output().unwrap();
        !found.stdout.is_empty()
    };
    let stream = here.stream(sh(&format!("trap '' PIPE; sleep {word} & echo up; wait"))).await.unwrap();
    let mut reader = BufReader::new(stream.io);
    let mut line = String::new();
    reader.read_line(&mut line).await.unwrap();
    assert!(alive(&word));
    drop(reader);
    for _ in 0..50 {
        if !alive(&word) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("still alive");
}

#[tokio::test]
async fn a_secret_is_sent_only_after_our_own_words_and_the_deadline_stands_still_meanwhile() {
    use crate::engine::transport::{Replies, Reply};
    use crate::port::Secret;
    let here = machine(Shell::Plain).await;
    let script = "printf 'Password: ' >&2; sleep 0.2; printf 'w0rd' >&2; read -r a; [ \"$a\" = right ] && echo in";
    for (answer, want) in [(Some("right"), &b"in\n"[..]), (Some("wrong"), b""), (None, b"")] {
        let (replies, mut prompted) = Replies::new("w0rd".into());
        let command = sh(script).within(Duration::from_millis(900));
        let answering = async {
            let place = prompted.recv().await.unwrap();
            // Longer than the command may take.
            tokio::time::sleep(Duration::from_millis(1200)).await;
            let _: Result<(), Reply> = place.send(answer.map(|word| Arc::new(Secret::new(word.as_bytes().to_vec()))));
            assert!(prompted.recv().await.is_none());
        };
        let (output, ()) = tokio::join!(here.converse(command, replies), answering);
        assert_eq!((output.stdout.as_slice(), output.succeeded()), (want, !want.is_empty()));
        assert_eq!(output.stderr, b"Password: ");
    }
    // Nobody says our words: nothing is sent, and the deadline holds.
    let (replies, _prompted) = Replies::new("w0rd".into());
    let other = sh("printf 'Token: ' >&2; read -r a; echo $a").within(Duration::from_millis(300));
    let output = here.converse(other, replies).await;
    assert_eq!((output.end, output.stdout.as_slice()), (End::TimedOut(Duration::from_millis(300)), &b""[..]));
}
