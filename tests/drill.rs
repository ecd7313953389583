//! The drill through the real world behind the loop: supervisors, watchers and probes over simulated hosts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::domain::change::{Change, What};
use quarterdeck::domain::permit::Confirm;
use quarterdeck::domain::run::{Finding, Run, RunState, StepState};
use quarterdeck::domain::{HostName, LogSource, Moment, Procedure, ServiceName, State, Verb};
use quarterdeck::engine::approach::Rehearsal;
use quarterdeck::engine::clock::{AnyClock, Clock, HeldClock, RealClock};
use quarterdeck::engine::drill::Scenario;
use quarterdeck::engine::drill::embedded::SITES;
use quarterdeck::engine::drill::fleet::{HELD_START, Pace};
use quarterdeck::engine::store::Sqlite;
use quarterdeck::engine::world::World;
use quarterdeck::port::act::{RunNews, StoreState};
use quarterdeck::port::log::{LogEntry, LogRow, Loss, LossKind, Since, TailState, TailWish};
use quarterdeck::port::{Effect, Event};
use quarterdeck::state::Fleet;
use quarterdeck::state::planner::{Rules, Target, plan};
use tokio::sync::mpsc;

struct Watch {
    clock: AnyClock,
    fleet: Fleet,
    events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    _records: tempfile::TempDir,
}

impl Watch {
    async fn on(script: &str) -> Self {
        Self::paced(script, Pace::Real, AnyClock::Real(RealClock)).await
    }

    async fn paced(script: &str, pace: Pace, clock: AnyClock) -> Self {
        Self::with(script, pace, clock, Vec::new()).await
    }

    async fn with(script: &str, pace: Pace, clock: AnyClock, procedures: Vec<Arc<Procedure>>) -> Self {
        let embedded = &SITES[0];
        let site = quarterdeck::site::load_built_in(embedded.name, embedded.site).unwrap();
        let environment = site.environments.iter().find(|known| known.name.as_str() == embedded.environment).unwrap();
        let mut environment = environment.clone();
        environment.procedures.extend(procedures);
        let scenario = Scenario::parse(&format!("title = 'test'\nseed = 4\n{script}")).unwrap();
        let records = tempfile::tempdir().unwrap();
        let world = World::new(Rehearsal::new(scenario, pace, clock.clone()), false, clock.clone())
            .keeping(Arc::new(Sqlite::open(records.path())));
        let (told, mut events) = mpsc::channel(1024);
        let (effects, wishes) = mpsc::channel(8);
        tokio::spawn(world.run(told, wishes, vec![Effect::Watch(Arc::new(environment))]));
        // The store may be told of before the environment.
        let environment = loop {
            if let Event::Opened(environment) = events.recv().await.expect("the world lives") {
                break environment;
            }
        };
        Self { fleet: Fleet::new(environment, clock.now()), clock, events, effects, _records: records }
    }

    /// Goes on until `holds`; fails with the report after `seconds`.
    async fn until(&mut self, seconds: u64, what: &str, holds: impl Fn(&Fleet) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
        while !holds(&self.fleet) {
            match tokio::time::timeout_at(deadline, self.events.recv()).await {
                Ok(Some(event)) => self.take(event),
                Ok(None) => panic!("the world ended"),
                Err(_) => {
                    let now = self.clock.now();
                    let report = quarterdeck::state::report::Report::of(&self.fleet, now).text();
                    panic!("{what}: not within {seconds} s\n{report}");
                }
            }
        }
    }

    /// Takes in what comes until nothing has come for `span`.
    async fn quiet(&mut self, span: Duration) {
        while let Ok(Some(event)) = tokio::time::timeout(span, self.events.recv()).await {
            self.take(event);
        }
    }

    fn take(&mut self, event: Event) {
        let now = self.clock.now();
        match event {
            Event::Host(host, news) => self.fleet.observe_host(&host, news, now),
            Event::Probe { service, host, probe, report } => {
                self.fleet.observe_probe(&service, host.as_ref(), &probe, report, now);
            }
            _ => {}
        }
    }

    fn state(fleet: &Fleet, name: &str) -> State {
        fleet.services.iter().find(|row| row.service.name.as_str() == name).unwrap().verdict.state
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_up_on_a_calm_watch() {
    let mut watch = Watch::on("").await;
    watch.until(30, "all up", |fleet| fleet.services.iter().all(|row| row.verdict.state == State::Up)).await;
    watch.until(30, "facts of every host", |fleet| fleet.hosts.iter().all(|row| row.facts.is_some())).await;
    let facts = &watch.fleet.hosts[0].facts.as_ref().unwrap().0;
    assert_eq!((facts.cores, facts.disks.len(), facts.systemd), (Some(4), 2, Some(252)));
    assert_eq!(facts.memory.unwrap().0, 8 << 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_falls_over_again_and_again_is_seen_as_such_with_its_last_error() {
    let script = "[[at]]\nsecond=4\nhost='db-1'\nunit='redis.service'\ndo='log'\npriority=3\nmessage='out of memory'\n\
                  [[at]]\nsecond=4.2\nhost='db-1'\nunit='redis.service'\ndo='loop'\nstatus=1\nlives=0.2";
    let mut watch = Watch::on(script).await;
    watch.until(30, "redis loops", |fleet| Watch::state(fleet, "redis") == State::CrashLooping).await;
    let line = |fleet: &Fleet| {
        let redis = fleet.services.iter().find(|row| row.service.name.as_str() == "redis").unwrap();
        fleet.unit_of(&redis.instances[0]).and_then(|unit| unit.last_error.as_ref()).map(|line| line.message.plain())
    };
    watch.until(30, "its last error", |fleet| line(fleet).is_some_and(|text| text == "out of memory")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unready_dependency_degrades_what_says_so_field_by_field() {
    let script = "[[at]]\nsecond=2\nhost='app-1'\nunit='pakashop-backend.service'\ndo='unready'\ndependency='redis'\nsays='refused'";
    let mut watch = Watch::on(script).await;
    watch.until(60, "backend degraded", |fleet| Watch::state(fleet, "backend") == State::Degraded).await;
    let backend = watch.fleet.services.iter().find(|row| row.service.name.as_str() == "backend").unwrap();
    let details: Vec<_> = backend
        .host_probes
        .values()
        .filter_map(|state| state.last.as_ref())
        .flat_map(|report| &report.details)
        .collect();
    let redis = details.iter().find(|detail| !detail.holds && detail.what.plain().contains("redis"));
    assert!(redis.is_some_and(|detail| detail.found.plain().contains("refused")), "{details:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_host_turns_unknown_and_comes_back_by_itself() {
    let script = "[[at]]\nsecond=3\nhost='db-1'\ndo='cut'\n[[at]]\nsecond=16\nhost='db-1'\ndo='heal'";
    let mut watch = Watch::on(script).await;
    watch.until(30, "up first", |fleet| Watch::state(fleet, "redis") == State::Up).await;
    watch.until(30, "lost", |fleet| !fleet.hosts[2].link.is_up()).await;
    assert_eq!(Watch::state(&watch.fleet, "redis"), State::Unknown);
    assert_ne!(Watch::state(&watch.fleet, "config"), State::Unknown, "the other hosts stay");
    watch.until(60, "back", |fleet| Watch::state(fleet, "redis") == State::Up).await;
    let lost = watch.fleet.changes.iter().filter(|change| matches!(change.what, What::LinkLost { .. })).count();
    assert_eq!(lost, 1, "{:?}", watch.fleet.changes);
    drop(watch.effects);
}

/// The changes of units in the first ten seconds of a scenario whose clock a test holds, with their times.
async fn changes_of(script: &str) -> Vec<String> {
    let (held, moments) = (HeldClock::at(HELD_START), tokio::sync::watch::Sender::new(Moment::default()));
    let mut watch = Watch::paced(script, Pace::Held(moments.subscribe()), AnyClock::Held(held.clone())).await;
    watch.until(60, "read", |fleet| fleet.hosts.iter().all(|host| host.current)).await;
    for second in 1..=10 {
        held.advance(Duration::from_secs(1));
        moments.send_replace(Moment(Duration::from_secs(second)));
        watch.quiet(Duration::from_millis(400)).await;
    }
    let of_units = |change: &&Change| matches!(change.what, What::State { .. } | What::Restarted { .. });
    watch.fleet.changes.iter().filter(of_units).map(|change| format!("{change:?}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_clock_makes_the_same_drill_twice() {
    let script = "[[at]]\nsecond=1.5\nhost='app-1'\nunit='nginx.service'\ndo='exit'\nstatus=3\n\
                  [[at]]\nsecond=6.5\nhost='app-2'\nunit='pakashop-pricing.service'\ndo='stop'";
    let (first, second) = (changes_of(script).await, changes_of(script).await);
    assert!(first.iter().any(|change| change.contains("nginx")), "{first:#?}");
    assert!(first.iter().any(|change| change.contains("pricing")), "{first:#?}");
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_do_what_systemctl_tells_them_and_say_so_in_their_journal() {
    use quarterdeck::engine::approach::Approach;
    use quarterdeck::engine::transport::Asker;
    use quarterdeck::port::{End, RemoteCommand};
    use tokio::io::AsyncReadExt;

    let embedded = &SITES[0];
    let site = quarterdeck::site::load_built_in(embedded.name, embedded.site).unwrap();
    let environment = site.environments.iter().find(|known| known.name.as_str() == embedded.environment).unwrap();
    let scenario = Scenario::parse("title = 'test'\nseed = 4\n").unwrap();
    let mut rehearsal = Rehearsal::new(scenario, Pace::Real, AnyClock::Real(RealClock));
    let (environment, transport) = rehearsal.enter(Arc::new(environment.clone())).await.unwrap();
    let redis = environment.services.iter().find(|service| service.name.as_str() == "redis").unwrap();
    let host = environment.host(&redis.hosts[0]).unwrap();
    let connection = transport.connect(host.clone(), Asker::nobody(host.name.clone())).await.unwrap();
    let run = async |words: &str| connection.run(RemoteCommand::new(words.split(' '))).await;
    let shown = async |property: &str| {
        let output = run(&format!("systemctl show --property={property} -- redis.service")).await;
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };

    let follow = "journalctl -q -f --no-tail -o export --since=now -u redis.service --output-fields=MESSAGE";
    let mut stream =
        connection.stream(RemoteCommand::new(follow.split(' '))).await.map_err(|end| end.to_string()).unwrap();
    let before = shown("InvocationID").await;
    let restart = "env -u QD_LINK sudo -S -p word -- systemctl --no-ask-password restart -- redis.service";
    assert_eq!(run(restart).await.end, End::Exited(0));
    let after = shown("InvocationID").await;
    assert!(before.len() == 45 && after.len() == 45 && before != after, "{before} {after}");
    assert_eq!(shown("ActiveState").await, "ActiveState=active");
    let (mut said, mut part) = (String::new(), [0; 4096]);
    while !said.contains("MESSAGE=Started redis.service.") {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.io.read(&mut part)).await.unwrap().unwrap();
        assert!(read > 0, "{said}");
        said.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    for (verb, property, value) in [
        ("disable", "UnitFileState", "UnitFileState=disabled"),
        ("kill -s SIGKILL", "Result", "Result=signal"),
        ("stop", "ActiveState", "ActiveState=inactive"),
        ("start", "ActiveState", "ActiveState=active"),
    ] {
        assert_eq!(run(&format!("systemctl {verb} -- redis.service")).await.end, End::Exited(0), "{verb}");
        assert_eq!(shown(property).await, value, "{verb}");
    }
    assert_eq!(run("systemctl restart -- missing.service").await.end, End::Exited(5));
}

/// A tail on every host of the drill, over a cut: what was written meanwhile comes afterwards, each line once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_of_a_drill_go_on_over_a_cut() {
    let script = "[[at]]\nsecond=4\nhost='app-2'\ndo='cut'\n[[at]]\nsecond=13\nhost='app-2'\ndo='heal'";
    let mut watch = Watch::on(script).await;
    let hosts = watch.fleet.hosts.iter().map(|row| (row.host.name.clone(), vec![LogSource::whole()]));
    let since = Since::Ago(Duration::from_secs(600));
    let wish = TailWish { sources: hosts.collect(), bound: Some(50), ..TailWish::of(since) };
    let count = wish.sources.len();
    watch.effects.send(Effect::Tail(wish)).await.unwrap();
    let (mut told, mut following, mut cut) = (BTreeMap::<HostName, Vec<LogEntry>>::new(), BTreeSet::new(), false);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut after = 0;
    while !cut || after < 3 || following.len() < count {
        match tokio::time::timeout_at(deadline, watch.events.recv()).await.expect("it goes on in time") {
            Some(Event::Log(batch)) => {
                for row in batch.rows {
                    match row {
                        LogRow::Entry(entry) => {
                            after += usize::from(cut && batch.host.as_str() == "app-2");
                            told.entry(batch.host.clone()).or_default().push(entry);
                        }
                        LogRow::Loss(Loss { kind: LossKind::LinkLost(_), lost, .. }) => {
                            assert_eq!((lost, batch.host.as_str()), (Some(0), "app-2"));
                            cut = true;
                        }
                        LogRow::Loss(other) => panic!("nothing is missing: {other:?}"),
                    }
                }
            }
            Some(Event::Tail(1, host, _, TailState::Following)) => drop(following.insert(host)),
            Some(_) => {}
            None => panic!("the world ended"),
        }
    }
    for (host, entries) in &told {
        let numbers: Vec<u64> = entries
            .iter()
            .map(|entry| entry.cursor.as_str().split(';').find_map(|part| part.strip_prefix("i=")).unwrap())
            .map(|hex| u64::from_str_radix(hex, 16).unwrap())
            .collect();
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{host}: {numbers:?}");
    }
    let (host, entry) = told.iter().find_map(|(host, all)| Some((host.clone(), all.first()?.clone()))).unwrap();
    watch.effects.send(Effect::ReadFields(host, entry.cursor.clone())).await.unwrap();
    let fields = loop {
        match tokio::time::timeout(Duration::from_secs(10), watch.events.recv()).await.expect("the fields come") {
            Some(Event::LogFields(fields)) => break fields.fields.unwrap(),
            Some(_) => {}
            None => panic!("the world ended"),
        }
    };
    assert!(fields.iter().any(|(name, value)| name == "MESSAGE" && *value == entry.message), "{fields:?}");
}

/// Does one thing to redis, confirmed, and gives back how it ended.
async fn changed(watch: &mut Watch, verb: Verb) -> (RunState, Run) {
    let rules = Rules { read_only: None, store: StoreState::Writable, locked: None };
    let redis = Target::Service(ServiceName::new("redis").unwrap());
    // What was done before must have been heard of, and the store be open.
    let mut planned = plan(&watch.fleet, verb, std::slice::from_ref(&redis), &rules);
    for _ in 0..40 {
        if planned.is_ok() {
            break;
        }
        watch.quiet(Duration::from_millis(200)).await;
        planned = plan(&watch.fleet, verb, std::slice::from_ref(&redis), &rules);
    }
    let planned = planned.unwrap_or_else(|refusal| panic!("{verb}: {refusal}"));
    let name = planned.name.clone();
    let permit = Confirm::new(planned).by_flags(false, Some(&name)).unwrap();
    watch.effects.send(Effect::Execute(Box::new(permit))).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut run: Option<Run> = None;
    loop {
        let event = tokio::time::timeout_at(deadline, watch.events.recv()).await.expect("it ends in time").unwrap();
        match event {
            Event::Run(RunNews::Begun(begun)) => run = Some(*begun),
            Event::Run(RunNews::Step(_, number, step)) => run.as_mut().unwrap().steps[number] = *step,
            Event::Run(RunNews::Ended(_, state)) => return (state, run.unwrap()),
            Event::Run(RunNews::Refused(sentence)) => panic!("{verb}: {sentence}"),
            other => watch.take(other),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_rehearsed_in_a_drill_with_its_verdict() {
    let mut watch = Watch::on("").await;
    watch.until(30, "all up", |fleet| fleet.services.iter().all(|row| row.verdict.state == State::Up)).await;
    for word in ["restart", "disable", "enable", "stop", "start", "daemon-reload", "kill-usr1"] {
        let verb = Verb::of_word(word).unwrap();
        let (state, run) = changed(&mut watch, verb).await;
        assert_eq!(state, RunState::Succeeded, "{word}: {run:#?}");
        let verdict = run.steps[0].verdict.as_ref().unwrap();
        assert!(verdict.checks.iter().all(|check| check.finding == Finding::Good), "{word}: {verdict:#?}");
        if word == "restart" {
            let names: Vec<&str> = verdict.checks.iter().map(|check| check.name.as_str()).collect();
            assert!(names.starts_with(&["active"]) && names.ends_with(&["errors in its log"]), "{names:?}");
            assert_ne!(run.steps[0].invocation, run.steps[0].invocation_before);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_a_drill_does_not_know_is_not_told_as_done() {
    use quarterdeck::site::procedure::{Known, load};
    use quarterdeck::state::procedures::{Answers, Choice, plan};
    let text = "# Look\n\n```sh {#known host=app-1 danger=read}\nuptime\n```\n\n\
                ```sh {#odd host=app-1 danger=read}\nuptime\nfrobnicate --all\n```\n";
    let (procedure, _) = load(std::path::Path::new("look-around.md"), text.as_bytes(), &Known::default());
    let procedure = Arc::new(procedure);
    let mut watch = Watch::with("", Pace::Real, AnyClock::Real(RealClock), vec![Arc::clone(&procedure)]).await;
    watch.quiet(Duration::from_millis(500)).await;
    let made = plan(&procedure, &watch.fleet.environment, &Answers::default(), &Choice::default()).unwrap();
    let permit = Confirm::new(made).answer("").unwrap();
    watch.effects.send(Effect::Conduct(Box::new(permit))).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut run: Option<Run> = None;
    let state = loop {
        let event = tokio::time::timeout_at(deadline, watch.events.recv()).await.expect("it ends in time").unwrap();
        match event {
            Event::Run(RunNews::Begun(begun)) => run = Some(*begun),
            Event::Run(RunNews::Step(_, number, step)) => run.as_mut().unwrap().steps[number] = *step,
            Event::Run(RunNews::Ended(_, state)) => break state,
            Event::Run(RunNews::Refused(sentence)) => panic!("{sentence}"),
            other => watch.take(other),
        }
    };
    let run = run.unwrap();
    let states: Vec<StepState> = run.steps.iter().map(|step| step.state).collect();
    assert_eq!(
        (state, states.as_slice()),
        (RunState::Succeeded, &[StepState::Verified, StepState::Skipped][..]),
        "{run:?}"
    );
    let note = run.steps[1].note.plain();
    assert!(note.contains("a drill does not know `frobnicate`"), "{note}");
}
