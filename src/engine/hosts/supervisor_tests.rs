//! The supervisor against a transport that fails and answers as told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::*;
use crate::domain::host::{BecomeRoot, Reach, Shell};
use crate::domain::{HostName, Now};
use crate::engine::clock::HeldClock;
use crate::engine::transport::{Duplex, Stream};
use crate::port::event::QuestionKind;
use crate::port::{End, Output, RemoteCommand, Secret};

struct Line(watch::Sender<Option<LinkFailure>>);

impl Connection for Line {
    fn run(&self, _: RemoteCommand) -> BoxFuture<'static, Output> {
        unreachable!()
    }
    fn stream(&self, _: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        unreachable!()
    }
    fn dial(&self, _: String, _: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        unreachable!()
    }
    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        let mut gone = self.0.subscribe();
        Box::pin(async move { gone.wait_for(Option::is_some).await.unwrap().clone().unwrap() })
    }
    fn heard(&self) -> Instant {
        Instant::now()
    }
}

enum Step {
    Fail(LinkFailure),
    AskThen(LinkFailure),
    Up(Arc<Line>),
}

#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    attempts: AtomicUsize,
}

impl Transport for Script {
    fn connect(&self, _: Host, asker: Asker) -> BoxFuture<'static, Result<Arc<dyn Connection>, LinkFailure>> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        let step = self.steps.lock().unwrap().pop_front();
        Box::pin(async move {
            match step {
                Some(Step::Fail(why)) => Err(why),
                Some(Step::AskThen(why)) => {
                    let answer = asker.ask(QuestionKind::Secret, "word?".into()).await;
                    assert_eq!(answer, Some(Secret::new(b"word".to_vec())));
                    Err(why)
                }
                Some(Step::Up(line)) => Ok(line as Arc<dyn Connection>),
                None => std::future::pending().await,
            }
        })
    }
}

struct Rig {
    script: Arc<Script>,
    clock: HeldClock,
    control: mpsc::Sender<Control>,
    news: mpsc::Receiver<Event>,
    questions: mpsc::Receiver<Asking>,
    ups: Arc<AtomicUsize>,
    downs: Arc<AtomicUsize>,
}

struct CountOnDrop(Arc<AtomicUsize>);
impl Drop for CountOnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn rig(steps: Vec<Step>) -> Rig {
    let script = Arc::new(Script { steps: Mutex::new(steps.into()), attempts: AtomicUsize::new(0) });
    let clock = HeldClock::at(Now::START);
    let (control, wishes) = mpsc::channel(4);
    let (report, news) = mpsc::channel(64);
    let (asks, questions) = mpsc::channel(4);
    let name = HostName::new("h").unwrap();
    let host = Host {
        name: name.clone(),
        reach: Reach::Local,
        tags: Vec::new(),
        become_root: BecomeRoot::Never,
        shell: Shell::Plain,
    };
    let parts = Supervision {
        host,
        transport: script.clone(),
        asker: Asker::new(name, asks),
        handshakes: Handshakes::default(),
        backoff: Backoff::seeded(7),
        clock: clock.clone(),
        control: wishes,
        report,
    };
    let (ups, downs) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (up, down) = (ups.clone(), downs.clone());
    tokio::spawn(supervise(parts, move |_| {
        up.fetch_add(1, Ordering::SeqCst);
        let held = CountOnDrop(down.clone());
        async move {
            let _held = held;
            std::future::pending().await
        }
    }));
    Rig { script, clock, control, news, questions, ups, downs }
}

impl Rig {
    async fn link(&mut self) -> Link {
        match self.news.recv().await.unwrap() {
            Event::Host(_, HostEvent::Link(link)) => link,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_failure_is_tried_again_at_the_moment_that_was_shown() {
    let mut rig = rig(vec![Step::Fail(LinkFailure::Refused("no".into()))]);
    assert!(matches!(rig.link().await, Link::Connecting { attempt: 1, .. }));
    let Link::Waiting { retry_at, attempt: 1, heard: None, .. } = rig.link().await else { panic!() };
    tokio::task::yield_now().await;
    assert_eq!(rig.script.attempts.load(Ordering::SeqCst), 1);
    rig.clock.advance(retry_at.0);
    assert!(matches!(rig.link().await, Link::Connecting { attempt: 2, .. }));
}

#[tokio::test]
async fn after_a_refused_login_only_a_person_causes_another_attempt() {
    let refused = || Step::Fail(LinkFailure::Authentication("denied".into()));
    let mut rig = rig(vec![refused(), refused()]);
    rig.link().await;
    assert!(matches!(rig.link().await, Link::Stopped { .. }));
    rig.clock.advance(Duration::from_secs(3600));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(rig.script.attempts.load(Ordering::SeqCst), 1);
    rig.control.send(Control::RetryNow).await.unwrap();
    assert!(matches!(rig.link().await, Link::Connecting { attempt: 2, .. }));
}

#[tokio::test]
async fn a_question_is_a_state_of_the_link() {
    let mut rig = rig(vec![Step::AskThen(LinkFailure::Silent)]);
    rig.link().await;
    let asking = rig.questions.recv().await.unwrap();
    assert!(matches!(rig.link().await, Link::Asking { .. }));
    asking.answer.send(Some(Secret::new(b"word".to_vec()))).unwrap();
    let mut link = rig.link().await;
    if matches!(link, Link::Connecting { .. }) {
        link = rig.link().await;
    }
    assert!(matches!(link, Link::Waiting { why: LinkFailure::Silent, .. }), "{link:?}");
}

#[tokio::test]
async fn work_is_dropped_with_its_link_and_begun_again_with_the_next() {
    let first = Arc::new(Line(watch::Sender::new(None)));
    let second = Arc::new(Line(watch::Sender::new(None)));
    let mut rig = rig(vec![Step::Up(first.clone()), Step::Up(second)]);
    rig.link().await;
    assert!(matches!(rig.link().await, Link::Up { .. }));
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!((rig.ups.load(Ordering::SeqCst), rig.downs.load(Ordering::SeqCst)), (1, 0));
    first.0.send_replace(Some(LinkFailure::Silent));
    assert!(matches!(rig.link().await, Link::Waiting { heard: Some(_), why: LinkFailure::Silent, attempt: 0, .. }));
    assert_eq!(rig.downs.load(Ordering::SeqCst), 1);
    rig.control.send(Control::RetryNow).await.unwrap();
    assert!(matches!(rig.link().await, Link::Connecting { attempt: 1, .. }));
    assert!(matches!(rig.link().await, Link::Up { .. }));
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(rig.ups.load(Ordering::SeqCst), 2);
}

#[test]
fn only_a_notable_round_trip_is_told() {
    let ms = Duration::from_millis;
    assert!(is_notable(None, ms(1)));
    assert!(!is_notable(Some(ms(2)), ms(4)));
    assert!(!is_notable(Some(ms(100)), ms(130)));
    assert!(is_notable(Some(ms(20)), ms(90)) && is_notable(Some(ms(90)), ms(20)));
}

#[test]
fn what_was_heard_before_a_sleep_keeps_its_age() {
    let instant = Instant::now() + Duration::from_secs(100);
    let anchor = Anchor { instant, moment: Moment(Duration::from_secs(1000)) };
    assert_eq!(anchor.moment_of(instant + Duration::from_secs(3)), Moment(Duration::from_secs(1003)));
    assert_eq!(anchor.moment_of(instant - Duration::from_secs(3)), Moment(Duration::from_secs(997)));
}
