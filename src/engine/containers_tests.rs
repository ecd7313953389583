//! Docker on a host that is made up: what no real one does on command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};

use super::*;
use crate::domain::LinkFailure;
use crate::engine::transport::{Duplex, Stream};
use crate::port::RemoteCommand;

/// A host whose `docker` is a function of the words of the command.
struct Scripted<F>(F);

impl<F: Fn(&str) -> Output + Send + Sync + 'static> Connection for Scripted<F> {
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output> {
        let output = (self.0)(&command.argv.join(" "));
        async { output }.boxed()
    }

    fn stream(&self, _command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        async { Err(End::NotStarted("no place".to_owned())) }.boxed()
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

fn ended(end: End, stdout: &str) -> Output {
    Output { stdout: stdout.into(), stderr: b"Cannot connect\n".to_vec(), cut: 0, end, left_behind: false }
}

fn said(stdout: &str) -> Output {
    ended(End::Exited(0), stdout)
}

fn id(letter: &str) -> String {
    letter.repeat(64)
}

fn told(letter: &str, project: &str, one_off: &str) -> String {
    format!(
        r#"{{"id":"{}","name":"/{project}-web-{letter}","state":{{"Status":"running"}},"project":"{project}","service":"web","oneoff":"{one_off}"}}"#,
        id(letter)
    ) + "\n"
}

async fn read(
    become_root: BecomeRoot,
    answers: impl Fn(&str) -> Output + Send + Sync + 'static,
) -> Result<Containers, Unread> {
    let web = Compose::new("shop", "web").unwrap();
    let read = Docker::once(become_root).read(&Scripted(answers), &[&web]).await;
    read.map(|mut all| all.remove(0))
}

#[tokio::test]
async fn only_what_inspection_confirms_counts() {
    let containers = read(BecomeRoot::AlreadyRoot, |command| match command {
        _ if command.contains(" ps ") => {
            said(&format!("{} shop web\n{} shop web\n{} shop web\n{} other web\n", id("a"), id("b"), id("c"), id("d")))
        }
        // b was made by `docker compose run`; c only pretended to be ours.
        _ => said(&(told("a", "shop", "False") + &told("b", "shop", "True") + &told("c", "other", "False"))),
    });
    let containers = containers.await.unwrap();
    assert_eq!(containers.all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["shop-web-a"]);
}

#[tokio::test]
async fn a_list_that_is_not_wholly_told_is_no_list() {
    let told_in_part = read(BecomeRoot::AlreadyRoot, |command| {
        if command.contains(" ps ") { said(&format!("{} shop web\n", id("a"))) } else { ended(End::Exited(1), "") }
    });
    assert_eq!(told_in_part.await.unwrap_err().short, "docker tells only a part");
    // One that went away between the two is simply gone.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let gone = read(BecomeRoot::AlreadyRoot, move |command| {
        let first = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        match command.contains(" ps ") {
            true if first => said(&format!("{} shop web\n", id("a"))),
            true => said(""),
            false => ended(End::Exited(1), ""),
        }
    });
    assert_eq!(gone.await.unwrap().all, Vec::new());
}

#[tokio::test]
async fn each_reason_is_told_apart_by_the_socket_and_not_by_words() {
    for (status, short) in [
        (40, "no docker on this host"),
        (41, "login may not use docker"),
        (42, "docker does not run"),
        (43, "docker does not answer"),
        (44, "docker can't be asked"),
    ] {
        let unread = read(BecomeRoot::Never, move |command| {
            ended(End::Exited(if command.contains("qd-docker") { status } else { 1 }), "")
        });
        let unread = unread.await.unwrap_err();
        assert_eq!((unread.short.as_str(), unread.lost), (short, false));
        assert!(unread.sentence.contains("Cannot connect"), "{}", unread.sentence);
    }
    let slow = read(BecomeRoot::Never, |_| ended(End::TimedOut(Duration::from_secs(15)), "")).await.unwrap_err();
    assert_eq!((slow.short.as_str(), slow.lost), ("docker does not answer", true));
    let missing = read(BecomeRoot::Never, |_| ended(End::NotFound, "")).await.unwrap_err();
    assert_eq!(missing.short, "no docker on this host");
}

#[tokio::test]
async fn sudo_is_asked_only_where_the_site_says_so_and_the_socket_is_not_for_the_login() {
    let answers = |command: &str| match command {
        _ if command.starts_with("sudo -n -- docker ps") => said(&format!("{} shop web\n", id("a"))),
        _ if command.starts_with("sudo -n -- docker inspect") => said(&told("a", "shop", "False")),
        _ if command.contains("qd-docker") => ended(End::Exited(41), ""),
        _ => ended(End::Exited(1), ""),
    };
    let by_sudo = read(BecomeRoot::Sudo, answers).await.unwrap();
    assert!(by_sudo.by_sudo && by_sudo.all.len() == 1);
    for become_root in [BecomeRoot::Never, BecomeRoot::Polkit, BecomeRoot::AlreadyRoot] {
        assert_eq!(read(become_root, answers).await.unwrap_err().short, "login may not use docker");
    }
}
