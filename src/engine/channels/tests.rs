//! Notices to a real HTTP server and to a real command: what arrives, what is recorded, and what no sentence holds.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::deliver::Pace;
use super::*;
use crate::domain::channel::{Address, Hidden, Occasion, Subscription, Way};
use crate::domain::run::{RunDocument, RunState, RunStep};
use crate::domain::{EnvName, Run, SiteName};
use crate::engine::clock::RealClock;
use crate::engine::store::{Recorded, Sqlite, fresh_run_id};

/// What no sentence, record or log may hold.
const CANARY: &str = "kanarie7Hf9x";

/// Quick enough for a test, with the same shape.
const QUICK: Pace = Pace { within: Duration::from_millis(400), again: Duration::from_millis(20) };

/// A server that gives these answers one after the other, the last one for ever; an empty one is silence.
async fn server(answers: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/services/{CANARY}?token={CANARY}", listener.local_addr().unwrap());
    let (heard, requests) = mpsc::channel(64);
    drop(tokio::spawn(async move {
        let mut number = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answers.get(number).or(answers.last()).copied().unwrap_or_default();
            number += 1;
            let heard = heard.clone();
            drop(tokio::spawn(async move {
                let mut read = Vec::new();
                let mut chunk = [0; 4096];
                loop {
                    let text = String::from_utf8_lossy(&read).into_owned();
                    if let Some((head, body)) = text.split_once("\r\n\r\n") {
                        let length = head
                            .lines()
                            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                        if body.len() >= length.unwrap_or(0usize) {
                            break;
                        }
                    }
                    match stream.read(&mut chunk).await {
                        Ok(size @ 1..) => read.extend(&chunk[..size]),
                        _ => return,
                    }
                }
                let _ = heard.send(String::from_utf8(read).unwrap()).await;
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
                let _ = stream.write_all(answer.as_bytes()).await;
            }));
        }
    }));
    (address, requests)
}

const TAKEN: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

fn written(url: &str) -> Address {
    Address::Written(Hidden(url.to_owned()))
}

fn channel(name: &str, way: Way) -> Channel {
    Channel { name: ChannelName::new(name).unwrap(), way, texts: BTreeMap::new() }
}

fn channels(all: Vec<Channel>, on: &[Occasion]) -> Arc<Channels> {
    let hears = |channel: &Channel| Subscription { channel: channel.name.clone(), on: on.to_vec(), kinds: Vec::new() };
    let notify = all.iter().map(hears).collect();
    Arc::new(Channels { all, notify, drill: false })
}

/// No secret is known of, and none is wanted.
fn plain() -> Cover {
    Arc::new(|text| Some(text.to_owned()))
}

fn run() -> Run {
    let now = jiff::Timestamp::now();
    Run {
        id: fresh_run_id(now),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("production").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "deploy".into(),
        title: "Deploy <!channel>".into(),
        confirmed: "typed".into(),
        begun: now,
        ended: None,
        state: RunState::Running,
        document: Some(RunDocument {
            name: crate::domain::ProcedureName::new("deploy").unwrap(),
            digest: "a".repeat(64),
            whole: true,
            given: Vec::new(),
            decided: crate::domain::run::Decided::default(),
        }),
        steps: vec![RunStep { part: crate::domain::PartId::new("migrate").ok(), ..RunStep::default() }],
    }
}

fn prober() -> Arc<Prober> {
    Arc::new(Prober::new(Arc::new(|| RealClock.now())))
}

/// A store with a run in it, and what is told of that.
struct Desk {
    _folder: tempfile::TempDir,
    run: Run,
    report: Report,
    events: mpsc::Receiver<Event>,
}

async fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(folder.path()));
    let mut state = store.state();
    state.wait_for(|state| *state == crate::port::act::StoreState::Writable).await.unwrap();
    let run = run();
    store.begin(run.clone()).await.unwrap();
    let (tell, events) = mpsc::channel(256);
    let report = Report { run: run.id.clone(), store, events: tell, clock: AnyClock::Real(RealClock) };
    Desk { _folder: folder, run, report, events }
}

impl Desk {
    fn herald(&self, post: &Post) -> Herald {
        let about = About { run: Arc::new(self.run.clone()), clock: AnyClock::Real(RealClock), cover: plain() };
        Herald::of(about, true, post, self.report.clone()).unwrap()
    }

    async fn told(&mut self) -> Told {
        let event = tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.unwrap().unwrap();
        match event {
            Event::Procedure(ProcedureNews::Notice(_, told)) => told,
            other => panic!("{other:?}"),
        }
    }

    async fn recorded(&self) -> Vec<Told> {
        let records = self.report.store.records(self.run.id.clone()).await.unwrap();
        let notice = |record: crate::engine::store::Record| match record.what {
            Recorded::Notice(told) => Some(told),
            _ => None,
        };
        records.into_iter().filter_map(notice).collect()
    }
}

fn notice(occasion: Occasion) -> Notice {
    let about = About { run: Arc::new(run()), clock: AnyClock::Real(RealClock), cover: plain() };
    about.notice(occasion, "failed", "migrate on app-1: non-zero-exit".into())
}

#[tokio::test]
async fn f3_a_channel_that_fails_is_told_by_its_host_only() {
    let redirect: &[&str] =
        &["HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/kanarie7Hf9x\r\nconnection: close\r\n\r\n"];
    let gone: &[&str] = &["HTTP/1.1 404 Not Found\r\ncontent-length: 12\r\n\r\nkanarie7Hf9x"];
    let broken: &[&str] = &["HTTP/1.1 500 Oops\r\ncontent-length: 12\r\n\r\nkanarie7Hf9x"];
    for (answers, tries, delivery, says) in [
        (broken, 3, Delivery::NotDelivered, "answered 500"),
        (&[""][..], 3, Delivery::Unknown, "no answer within 400 ms"),
        (redirect, 1, Delivery::NotDelivered, "a redirect, which is not followed"),
        (gone, 1, Delivery::NotDelivered, "answered 404"),
    ] {
        let (url, mut requests) = server(answers).await;
        let channel = channel("ops", Way::Slack(written(&url)));
        let (came, why) = deliver::deliver(&prober(), &channel, &notice(Occasion::Failed), false, QUICK).await;
        assert_eq!(came, delivery, "{why}");
        assert!(why.contains(says) && why.contains("127.0.0.1") && !why.contains(CANARY), "{why}");
        let mut heard = 0;
        while requests.try_recv().is_ok() {
            heard += 1;
        }
        assert_eq!(heard, tries, "{why}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [
        format!("http://{closed}/{CANARY}"),
        format!("https://no-such-host.invalid/{CANARY}?token={CANARY}"),
        format!("http://ada:{CANARY}@127.0.0.1/"),
    ] {
        let channel = channel("ops", Way::Webhook(written(&url)));
        let (came, why) = deliver::deliver(&prober(), &channel, &notice(Occasion::Failed), false, QUICK).await;
        assert_eq!(came, Delivery::NotDelivered, "{why}");
        assert!(!why.contains(CANARY) && !why.is_empty(), "{why}");
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_not_sent_again_where_once_is_meant() {
    let (url, mut requests) = server(&[""]).await;
    let channel = channel("ops", Way::Slack(written(&url)));
    let (came, _) = deliver::deliver(&prober(), &channel, &notice(Occasion::Said), true, QUICK).await;
    assert_eq!(came, Delivery::Unknown);
    assert!(requests.try_recv().is_ok() && requests.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_wants_time_gets_it_and_then_the_notice_once() {
    let (url, mut requests) =
        server(&["HTTP/1.1 429 Slow\r\nretry-after: 0.3\r\ncontent-length: 0\r\n\r\n", TAKEN]).await;
    let channel = channel("ops", Way::Discord(written(&url)));
    let begun = Instant::now();
    let (came, why) = deliver::deliver(&prober(), &channel, &notice(Occasion::Failed), true, QUICK).await;
    assert_eq!((came, why.as_str()), (Delivery::Delivered, ""));
    assert!(begun.elapsed() >= Duration::from_millis(300));
    let first = requests.try_recv().unwrap();
    assert_eq!(requests.try_recv().unwrap(), first);
    let (head, body) = first.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /services/") && head.to_lowercase().contains("content-type: application/json"),
        "{head}"
    );
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let content = body["content"].as_str().unwrap();
    assert!(content.starts_with("shop production: Deploy \\<!channel\\> failed after 0s"), "{content}");
    let far = server(&["HTTP/1.1 503 Later\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n"]).await;
    let channel = self::channel("ops", Way::Slack(written(&far.0)));
    let (came, why) = deliver::deliver(&prober(), &channel, &notice(Occasion::Failed), false, QUICK).await;
    assert!(came == Delivery::NotDelivered && why.contains("left alone for 3600 s"), "{why}");
}

#[tokio::test]
async fn each_channel_hears_of_a_run_and_one_that_is_dead_is_recorded_and_holds_up_nobody() {
    let mut desk = desk().await;
    let heard = tempfile::NamedTempFile::new().unwrap();
    let argv = ["sh", "-c", "cat >> \"$0\"", heard.path().to_str().unwrap()].map(str::to_owned).to_vec();
    let (url, mut requests) = server(&[TAKEN]).await;
    let all = vec![
        channel("page", Way::Command(argv)),
        channel("ops", Way::Slack(written(&url))),
        channel("dead", Way::Webhook(Address::Variable("QD_NO_SUCH_VARIABLE".into()))),
    ];
    let post = Post::new(channels(all, &[Occasion::Started, Occasion::Failed]), prober(), false);
    let herald = desk.herald(&post);
    let mut steps = desk.run.steps.clone();
    steps[0].state = crate::domain::run::StepState::Failed;
    (steps[0].reason, steps[0].exit) = (Some(crate::domain::run::Reason::NonZeroExit), Some(1));
    herald.ended(RunState::Failed, false, &steps).await;
    let mut ends = BTreeMap::new();
    for _ in 0..6 {
        let told = desk.told().await;
        ends.insert((told.channel.to_string(), told.occasion), told);
    }
    assert_eq!(desk.recorded().await.len(), 6);
    let dead = &ends[&("dead".to_owned(), Occasion::Failed)];
    assert_eq!(dead.delivery, Delivery::NotDelivered);
    assert!(dead.sentence().contains("QD_NO_SUCH_VARIABLE"), "{}", dead.sentence());
    for name in ["page", "ops"] {
        assert_eq!(ends[&(name.to_owned(), Occasion::Started)].delivery, Delivery::Delivered);
    }
    let said = std::fs::read_to_string(heard.path()).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("shop production: Deploy <!channel> begins, by ada (run "), "{said}");
    assert!(lines[1].contains("failed after 0s: migrate on here: non-zero-exit (run "), "{said}");
    let first = requests.recv().await.unwrap();
    let body: serde_json::Value = serde_json::from_str(first.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(body["text"].as_str().unwrap().contains("Deploy &lt;!channel&gt; begins"), "{body}");
}

#[tokio::test]
async fn of_a_run_whose_gate_is_judged_it_is_told_that_it_begins_when_it_goes_ahead_with_what_was_waived() {
    let mut desk = desk().await;
    let heard = tempfile::NamedTempFile::new().unwrap();
    let argv = ["sh", "-c", "cat >> \"$0\"", heard.path().to_str().unwrap()].map(str::to_owned).to_vec();
    let post = Post::new(
        channels(vec![channel("page", Way::Command(argv))], &[Occasion::Started, Occasion::Finished]),
        prober(),
        false,
    );
    desk.run.document.as_mut().unwrap().decided.go = crate::domain::run::Go::Waits;
    let herald = desk.herald(&post);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(std::fs::read_to_string(heard.path()).unwrap(), "", "its gate alone is looked at");
    let mut steps = desk.run.steps.clone();
    (steps[0].state, steps[0].by) = (crate::domain::run::StepState::Waived, Some("bo".into()));
    herald.began(&steps).await;
    herald.ended(RunState::Succeeded, false, &steps).await;
    for _ in 0..2 {
        desk.told().await;
    }
    let said = std::fs::read_to_string(heard.path()).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains("begins, by ada") && lines[0].ends_with("; waived: migrate by bo"), "{said}");
    assert!(lines[1].contains("is done after") && lines[1].ends_with("; waived: migrate by bo"), "{said}");
}

#[tokio::test]
async fn a_full_queue_and_a_console_that_is_left_lose_nothing_silently() {
    let mut desk = desk().await;
    let (url, _requests) = server(&[""]).await;
    let post = Post::new(channels(vec![channel("ops", Way::Slack(written(&url)))], &[]), prober(), false);
    let name = ChannelName::new("ops").unwrap();
    let all = WAITING + 9;
    let begun = Instant::now();
    for _ in 0..all {
        post.send(&name, Letter { notice: notice(Occasion::Started), report: desk.report.clone() });
    }
    post.drain(Duration::from_millis(100)).await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    let mut ends = Vec::new();
    for _ in 0..all {
        ends.push(desk.told().await);
    }
    assert!(ends.iter().all(|told| matches!(told.delivery, Delivery::NotDelivered | Delivery::Unknown)));
    assert!(ends.iter().any(|told| told.why.contains("wait for it already")), "the newest are refused");
    assert!(ends.iter().any(|told| told.why.contains("qd was left")));
    assert_eq!(desk.recorded().await.len(), all);
}

#[tokio::test]
async fn notices_of_one_channel_that_takes_nothing_are_tried_together() {
    let mut desk = desk().await;
    let (url, mut requests) =
        server(&["HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]).await;
    let all = channels(vec![channel("ops", Way::Slack(written(&url)))], &[]);
    let post = Post::paced(all, prober(), false, QUICK);
    let name = ChannelName::new("ops").unwrap();
    for _ in 0..6 {
        post.send(&name, Letter { notice: notice(Occasion::Started), report: desk.report.clone() });
    }
    for _ in 0..6 {
        let told = desk.told().await;
        assert!(told.delivery == Delivery::NotDelivered && told.why.contains("tried 3 times"), "{}", told.why);
    }
    let mut tries = 0;
    while requests.try_recv().is_ok() {
        tries += 1;
    }
    // A try of which nobody knows whether it arrived says nothing of the others, so there may be a few more than three.
    assert!((3..12).contains(&tries), "each was tried by itself: {tries}");
}

#[tokio::test]
async fn a_rehearsal_sends_nothing_and_says_so() {
    let mut desk = desk().await;
    let (url, mut requests) = server(&[TAKEN]).await;
    let post =
        Post::new(channels(vec![channel("ops", Way::Slack(written(&url)))], &[Occasion::Started]), prober(), true);
    let _herald = desk.herald(&post);
    let told = desk.told().await;
    assert_eq!(told.delivery, Delivery::Rehearsed);
    assert_eq!(told.sentence(), "A drill tells nobody: ops would hear of `started`.");
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_run_that_waits_for_long_is_told_of_once_and_one_that_is_answered_is_not() {
    use crate::port::procedure::Need;
    let (events, mut told) = mpsc::channel(16);
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(folder.path()));
    let run = run();
    let report = Report { run: run.id.clone(), store, events, clock: AnyClock::Real(RealClock) };
    let post = Post::new(
        channels(vec![channel("ops", Way::Command(vec!["true".into()]))], &[Occasion::Waiting]),
        prober(),
        true,
    );
    let about = About { run: Arc::new(run.clone()), clock: AnyClock::Real(RealClock), cover: plain() };
    let herald = Herald::patient(about, true, &post, report, Duration::from_millis(600)).unwrap();
    let needs = [Need::Tick(crate::domain::PartId::new("migrate").unwrap())];
    herald.waits(&needs, &run.steps);
    tokio::time::sleep(Duration::from_millis(200)).await;
    herald.waits(&[], &run.steps);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(told.try_recv().is_err());
    herald.waits(&needs, &run.steps);
    tokio::time::sleep(Duration::from_millis(900)).await;
    // Whether that could be recorded is the store's affair.
    let first = told.recv().await.unwrap();
    assert!(matches!(first, Event::Procedure(ProcedureNews::Notice(_, told)) if told.occasion == Occasion::Waiting));
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(told.try_recv().is_err());
}

#[test]
fn a_title_is_covered_and_not_told_before_it_is_known_what_must_be_covered() {
    let about = |cover: Cover| About { run: Arc::new(run()), clock: AnyClock::Real(RealClock), cover };
    let unknown = about(Arc::new(|_| None)).notice(Occasion::Started, "started", String::new());
    assert_eq!(unknown.title, "deploy", "the name of the procedure stands for its title");
    let covered = about(Arc::new(|text| Some(text.replace("Deploy", "******"))));
    let notice = covered.notice(Occasion::Failed, "failed", "Deploy: failed".into());
    assert_eq!((notice.title.as_str(), notice.reason.as_str()), ("****** <!channel>", "******: failed"));
}

#[tokio::test]
async fn the_end_of_a_run_is_told_although_the_console_is_left_right_behind_it() {
    let mut desk = desk().await;
    let all = vec![channel("page", Way::Command(vec!["true".into()]))];
    let post = Post::new(channels(all, &[Occasion::Finished]), prober(), false);
    let herald = desk.herald(&post);
    herald.ended(RunState::Succeeded, false, &desk.run.steps).await;
    // As when its task is over: nothing has been handed to the post yet.
    drop(herald);
    post.drain(Duration::from_secs(10)).await;
    assert_eq!(desk.recorded().await.len(), 1);
    assert_eq!(desk.told().await.delivery, Delivery::Delivered);
}
