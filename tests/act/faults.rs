//! What goes wrong between the console and the host: what is not known is called so, and nothing is done twice.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::domain::permit::Confirm;
use quarterdeck::domain::run::{Run, RunState, RunStep, StepState};
use quarterdeck::domain::{Environment, ServiceName, Verb};
use quarterdeck::engine::approach::Direct;
use quarterdeck::engine::clock::{AnyClock, Clock, RealClock};
use quarterdeck::engine::store::Sqlite;
use quarterdeck::engine::world::World;
use quarterdeck::port::act::{RunNews, StoreState};
use quarterdeck::port::{Effect, Event};
use quarterdeck::state::Fleet;
use quarterdeck::state::planner::{Rules, Target, plan};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use crate::kit::{Bench, HOSTS};
use crate::lab::{Lab, report};
use crate::pty::Launch;

/// The world behind a console on the service's site, with the store of the bench.
struct Console {
    environment: Arc<Environment>,
    fleet: Fleet,
    events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    world: tokio::task::JoinHandle<()>,
    run: Option<Run>,
    ended: Option<RunState>,
    refused: Option<String>,
    writable: bool,
}

impl Console {
    async fn open(bench: &Bench<'_>, environment: &str) -> Self {
        let text = std::fs::read_to_string(bench.site().join("site.toml")).unwrap();
        let site = quarterdeck::site::load_built_in("web", &text).unwrap();
        let environment = site.environments.iter().find(|known| known.name.as_str() == environment).unwrap();
        let environment = Arc::new(environment.clone());
        let data = bench.home().join("data/quarterdeck");
        let world = World::new(Direct::new(Some(bench.lab.ssh_config())), false, AnyClock::Real(RealClock))
            .keeping(Arc::new(Sqlite::open(&data)));
        let (told, events) = mpsc::channel(1024);
        let (effects, wishes) = mpsc::channel(8);
        let world = tokio::spawn(world.run(told, wishes, vec![Effect::Watch(Arc::clone(&environment))]));
        let fleet = Fleet::new(Arc::clone(&environment), RealClock.now());
        let mut console =
            Self { environment, fleet, events, effects, world, run: None, ended: None, refused: None, writable: false };
        console
            .until("every host was read and the store is open", 30, |console| {
                console.writable && console.fleet.hosts.iter().all(|row| row.current)
            })
            .await;
        console
    }

    async fn until(&mut self, what: &str, seconds: u64, holds: impl Fn(&Self) -> bool) -> Duration {
        let begun = Instant::now();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
        while !holds(self) {
            let event = tokio::time::timeout_at(deadline, self.events.recv()).await;
            let event = event.unwrap_or_else(|_| panic!("not within {seconds} s: {what}; {:?}", self.run));
            match event.expect("the world lives") {
                Event::Host(host, news) => self.fleet.observe_host(&host, news, RealClock.now()),
                Event::Store(state) => self.writable = state == StoreState::Writable,
                Event::Run(RunNews::Begun(run)) => self.run = Some(*run),
                Event::Run(RunNews::Step(id, number, step)) => {
                    if let Some(run) = self.run.as_mut().filter(|run| run.id == id) {
                        run.steps[number] = *step;
                    }
                }
                Event::Run(RunNews::Ended(_, state)) => self.ended = Some(state),
                Event::Run(RunNews::Refused(sentence)) => self.refused = Some(sentence),
                _ => {}
            }
        }
        begun.elapsed()
    }

    /// Restarts the service, confirmed.
    async fn restart(&mut self) {
        let rules = Rules { read_only: None, store: StoreState::Writable, locked: None };
        let target = Target::Service(ServiceName::new("web").unwrap());
        let planned = plan(&self.fleet, Verb::Restart, &[target], &rules).unwrap();
        let permit = Confirm::new(planned).answer("y").unwrap();
        self.effects.send(Effect::Execute(Box::new(permit))).await.unwrap();
    }

    fn steps(&self) -> &[RunStep] {
        self.run.as_ref().map(|run| run.steps.as_slice()).unwrap_or_default()
    }

    async fn close(self) {
        drop((self.effects, self.events));
        self.world.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn a2_a_step_to_a_host_that_is_cut_off_fails_at_once_and_is_not_queued() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&HOSTS));
    let bench = block_in_place(|| Bench::new(&lab));
    let before = block_in_place(|| bench.invocations());
    let mut console = Console::open(&bench, "lab").await;
    block_in_place(|| lab.fault("app-1", "cut"));
    // The console does not know it yet.
    console.restart().await;
    let took = console.until("the end", 30, |console| console.ended.is_some()).await;
    assert!(took < Duration::from_secs(3 * 5), "{took:?}");
    assert_eq!(console.ended, Some(RunState::Failed));
    let first = &console.steps()[0];
    let note = first.note.plain();
    assert!(note.starts_with("app-1 is not answering (last seen ") && note.ends_with("nothing was sent"), "{note}");
    assert!(console.steps()[1..].iter().all(|step| step.state == StepState::Skipped), "{:?}", console.run);
    block_in_place(|| lab.fault("app-1", "heal"));
    // Nothing comes after all when the host is back.
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(block_in_place(|| bench.invocations()), before);

    // While a run goes on there is no second one, and the environment stays.
    block_in_place(|| lab.ctl("app-2", "qdt-web", "start-slow 1500"));
    console
        .until("app-1 is back", 60, |console| console.fleet.hosts.iter().all(|row| row.link.is_up() && row.current))
        .await;
    (console.ended, console.run) = (None, None);
    console.restart().await;
    console.until("it begins", 10, |console| console.run.is_some()).await;
    console.restart().await;
    console.until("a refusal", 5, |console| console.refused.is_some()).await;
    assert!(console.refused.as_deref().unwrap().contains("still under way"), "{:?}", console.refused);
    // What is stopped before anything was sent does nothing at all: here the first host is to have it.
    console.until("the first step is taken", 10, |console| console.steps()[0].state >= StepState::Started).await;
    let id = console.run.as_ref().unwrap().id.clone();
    console.effects.send(Effect::Watch(Arc::clone(&console.environment))).await.unwrap();
    console.effects.send(Effect::StopRun(id)).await.unwrap();
    console.until("the end", 60, |console| console.ended.is_some()).await;
    assert_eq!(console.ended, Some(RunState::Stopped), "{:?}", console.run);
    assert_eq!(console.steps().iter().filter(|step| step.state == StepState::Verified).count(), 1, "{:?}", console.run);
    assert!(console.steps()[0].verdict.as_ref().is_some_and(|verdict| verdict.checks.len() >= 4), "{:?}", console.run);
    console.close().await;
    report("A2", 1, 1, "the step failed within 5 s, nothing was queued");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn a_kill_in_the_middle_leaves_what_was_done_what_was_not_and_what_is_unknown() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&HOSTS));
    let bench = block_in_place(|| Bench::new(&lab));
    let before = block_in_place(|| bench.invocations());
    block_in_place(|| {
        lab.ctl("app-2", "qdt-web", "start-slow 6000");
        let mut child = bench.command("restart", "lab", &["web", "--yes"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The first host is done, the second has taken it.
        let taken = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("[2/3] web on app-2: taken")));
        assert!(taken.is_some());
        // setsid has become it.
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let mut console = Console::open(&bench, "lab").await;
    console.until("the run of the one that was killed", 30, |console| console.run.is_some()).await;
    let states = |console: &Console| console.steps().iter().map(|step| step.state).collect::<Vec<_>>();
    assert_eq!(states(&console), [StepState::Verified, StepState::Unknown, StepState::Skipped], "{:?}", console.run);
    assert_eq!(console.run.as_ref().unwrap().state, RunState::Unknown);
    // And then what can still be known.
    console
        .until("a look at the host", 60, |console| console.steps()[1].note.plain().contains("Looked at now: "))
        .await;
    let note = console.steps()[1].note.plain();
    assert!(note.contains("it was started anew") && note.contains("after this was sent"), "{note}");
    assert_eq!(console.steps()[1].state, StepState::Unknown, "a look changes no fate");
    console.close().await;
    // Nobody has gone on by themselves.
    let after = block_in_place(|| bench.invocations());
    assert!(after[0] != before[0] && after[1] != before[1] && after[2] == before[2]);
    report("kill -9 in a run", 1, 1, "done, unknown and not sent are told apart at the next start");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_link_that_is_cut_while_a_service_comes_up_is_waited_for_and_the_verdict_is_given() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let bench = Bench::new(&lab);
    let before = bench.invocations();
    lab.ctl("app-1", "qdt-web", "start-slow 4000");
    let mut child =
        bench.command("restart", "lab", &["web", "--yes", "--host", "app-1"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("taken by the host"))));
    // This connection never hears of the host again; another can be made.
    lab.fault("app-1", "cut now");
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("verified")), "{rest:?}");
    assert_ne!(bench.invocations()[0], before[0]);
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_link_that_is_cut_while_a_step_is_sent_leaves_it_unknown_and_it_is_not_sent_again() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let bench = Bench::new(&lab);
    let before = bench.invocations();
    let site = bench.site().display().to_string();
    let mut launch =
        Launch::qd(&["restart", "-S", &site, "-e", "oper", "web", "--yes", "--host", "app-1"]).size(200, 50);
    for (name, value) in bench.variables() {
        launch = launch.variable(name, value);
    }
    let mut pty = launch.start();
    pty.wait_until(Duration::from_secs(60), "the question", |pty| pty.count(b"Password for sudo on ") == 1);
    // The answer will never arrive, and nobody here can know that.
    lab.fault("app-1", "cut now");
    pty.send("quarterdeck\n");
    let exit = pty.wait_exit(Duration::from_secs(120));
    assert_eq!(exit.code(), 3, "{pty:?}");
    let screen = pty.screen();
    assert!(screen.contains("not known") && screen.contains("the same run as before"), "{screen}");
    assert_eq!(bench.invocations(), before);
}
