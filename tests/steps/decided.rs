//! What a person has decided is held to by whoever goes on with the run: the console is killed with `kill -9`, and the
//! command line takes the run up.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::domain::permit::Confirm;
use quarterdeck::domain::procedure::Procedure;
use quarterdeck::domain::run::{Decided, Go, RunState, StepState};
use quarterdeck::domain::{Environment, HostName, PartId, Run};
use quarterdeck::engine::approach::Direct;
use quarterdeck::engine::clock::{AnyClock, RealClock};
use quarterdeck::engine::store::Sqlite;
use quarterdeck::engine::world::World;
use quarterdeck::port::act::{RunNews, StoreState};
use quarterdeck::port::procedure::{Decision, Need, ProcedureNews};
use quarterdeck::port::{Effect, Event};
use quarterdeck::state::procedures::{Choice, Chosen, Edited, again, plan};
use tokio::sync::mpsc;

use super::{Desk, kill, told};

/// A console without a screen.
struct Console {
    environment: Arc<Environment>,
    procedure: Arc<Procedure>,
    effects: mpsc::Sender<Effect>,
    events: mpsc::Receiver<Event>,
    run: Option<Run>,
    needs: Vec<Need>,
    ended: Option<RunState>,
}

impl Console {
    async fn open(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("config/quarterdeck/sites/shop/site.toml")).unwrap();
        let site = quarterdeck::site::load_built_in("shop", &text).unwrap();
        let bytes = std::fs::read(folder.join("run.md")).unwrap();
        let known = quarterdeck::site::procedure::Known::default();
        let (procedure, _) = quarterdeck::site::procedure::load(Path::new("run.md"), &bytes, &known);
        let procedure = Arc::new(procedure);
        let mut environment = site.environments[0].clone();
        environment.procedures.push(Arc::clone(&procedure));
        let environment = Arc::new(environment);
        let world = World::new(Direct::new(None), false, AnyClock::Real(RealClock))
            .keeping(Arc::new(Sqlite::open(&folder.join("data/quarterdeck"))));
        let (told, events) = mpsc::channel(1024);
        let (effects, wishes) = mpsc::channel(8);
        tokio::spawn(world.run(told, wishes, vec![Effect::Watch(Arc::clone(&environment))]));
        let mut console = Self { environment, procedure, effects, events, run: None, needs: Vec::new(), ended: None };
        let mut writable = false;
        while !writable {
            writable = matches!(console.events.recv().await.unwrap(), Event::Store(StoreState::Writable));
        }
        console
    }

    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            let event = tokio::time::timeout(Duration::from_secs(40), self.events.recv()).await;
            match event.unwrap_or_else(|_| panic!("not in time: {what}: {:?} {:?}", self.run, self.needs)).unwrap() {
                Event::Run(RunNews::Begun(run)) => self.run = Some(*run),
                Event::Run(RunNews::Step(_, number, step)) => {
                    let steps = &mut self.run.as_mut().unwrap().steps;
                    if number == steps.len() {
                        steps.push((*step).clone());
                    }
                    steps[number] = *step;
                }
                Event::Run(RunNews::Decided(_, decided)) => self.run.as_mut().unwrap().decide(&decided),
                Event::Run(RunNews::Ended(_, state)) => self.ended = Some(state),
                Event::Run(RunNews::Refused(why))
                | Event::Trouble(why)
                | Event::Procedure(ProcedureNews::Trouble(_, why) | ProcedureNews::Denied(_, why)) => {
                    panic!("{what}: {why}")
                }
                Event::Procedure(ProcedureNews::Needs(_, needs)) => self.needs = needs,
                _ => {}
            }
        }
    }

    async fn conduct(&mut self, what: Chosen, host: Option<&str>) {
        let hosts: Vec<HostName> = host.iter().map(|host| HostName::new(host).unwrap()).collect();
        let (run, answers) = match &self.run {
            Some(run) => (Some(run.id.clone()), again(run, &self.procedure, &self.environment)),
            None => (None, Default::default()),
        };
        let choice = Choice { what, only: hosts.clone(), hosts, run };
        let planned = plan(&self.procedure, &self.environment, &answers, &choice).unwrap();
        let permit = Confirm::new(planned).by_flags(true, None).unwrap();
        self.effects.send(Effect::Conduct(Box::new(permit))).await.unwrap();
    }

    async fn decide(&self, decision: Decision) {
        let run = self.run.as_ref().unwrap().id.clone();
        self.effects.send(Effect::Decide(run, decision)).await.unwrap();
    }

    fn state(&self, part: &str) -> Option<StepState> {
        let steps = &self.run.as_ref()?.steps;
        steps.iter().find(|step| step.part.as_ref().is_some_and(|id| id.as_str() == part)).map(|step| step.state)
    }

    fn decided(&self) -> Decided {
        let document = self.run.as_ref().and_then(|run| run.document.as_ref());
        document.map(|document| document.decided.clone()).unwrap_or_default()
    }

    fn failed(&self) -> bool {
        self.needs.iter().any(|need| matches!(need, Need::Failure(..)))
    }
}

fn edited(part: &str, command: &str) -> Chosen {
    Chosen::Parts(vec![Edited { part: PartId::new(part).unwrap(), command: Some(command.to_owned()) }])
}

/// What the console does that is killed then. Nothing unless a test below runs it as a program of its own.
#[test]
fn a_console_that_another_test_kills() {
    let Some(folder) = std::env::var_os("QDT_FOLDER").map(PathBuf::from) else { return };
    let scene = std::env::var("QDT_SCENE").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut console = Console::open(&folder).await;
        console.conduct(if scene == "alone" { Chosen::Rollback } else { Chosen::Whole }, None).await;
        match scene.as_str() {
            "alone" => console.until("the way back", |console| console.state("back") == Some(StepState::Started)).await,
            "edited" => {
                console.until("the item", |console| console.needs.len() == 1).await;
                let command = format!("echo edited >>{}", folder.join("truth").display());
                console.conduct(edited("one", &command), Some("me")).await;
                let is_edited =
                    |console: &Console| console.run.as_ref().unwrap().steps.iter().any(|step| step.edited.is_some());
                console.until("the edit", is_edited).await;
            }
            "left" => {
                console.until("the step", |console| console.state("one") == Some(StepState::Started)).await;
                console.decide(Decision::LeaveOut(HostName::new("too").unwrap())).await;
                // Behind it nothing else is recorded; a decision that follows shows that it was taken in.
                console.decide(Decision::Pause).await;
                console.until("the pause", |console| console.needs.contains(&Need::Paused)).await;
            }
            "back" => {
                console.until("the failure", Console::failed).await;
                console.conduct(Chosen::Rollback, None).await;
                console.until("the way back", |console| console.state("back") == Some(StepState::Started)).await;
            }
            other => panic!("{other}"),
        }
        std::fs::write(folder.join("ready"), "").unwrap();
        std::future::pending::<()>().await;
    });
}

/// Runs a console until it is ready, and kills it.
fn killed(desk: &Desk, scene: &str) {
    let me = std::env::current_exe().unwrap().display().to_string();
    let arguments = ["decided::a_console_that_another_test_kills", "--exact", "--nocapture"];
    let mut command = desk.command(&me, &arguments);
    let child: Child = command.env("QDT_FOLDER", desk.folder.path()).env("QDT_SCENE", scene).spawn().unwrap();
    desk.wait_for("ready");
    kill(child);
}

#[test]
fn an_edited_command_is_the_one_that_runs_when_somebody_goes_on() {
    let desk = Desk::here("");
    desk.document(
        "# P\n- [ ] seen {#seen}\n```sh {#one host=\"me too\" danger=change}\necho as written >>ROOM/truth\n```\n",
    );
    killed(&desk, "edited");
    let resumed = desk.resume(&["--tick", "seen="]);
    assert!(resumed.status.success(), "{}", told(&resumed));
    assert_eq!(desk.text("truth"), "edited\nas written\n", "{}", told(&resumed));
    let (run, _) = desk.recorded();
    assert!(run.steps[1].command.starts_with("echo edited") && run.steps[1].edited.is_some(), "{run:?}");
}

#[test]
fn a_host_that_was_left_out_stays_out_when_somebody_goes_on() {
    let desk = Desk::here("");
    desk.document(
        "# P\n```sh {#one host=too danger=change}\nsleep 4; exit 1\n```\n\
         ```sh {#two host=me danger=change}\necho two >>ROOM/truth\n```\n",
    );
    killed(&desk, "left");
    let resumed = desk.resume(&[]);
    assert!(resumed.status.success(), "its failure keeps nobody: {}", told(&resumed));
    assert_eq!(desk.text("truth"), "two\n", "{}", told(&resumed));
    let (run, _) = desk.recorded();
    assert_eq!(run.document.unwrap().decided.left_out, [HostName::new("too").unwrap()]);
    assert!(run.steps[0].note.plain().contains("left out"), "{:?}", run.steps[0].note);
}

#[test]
fn the_way_back_is_gone_on_with_and_nothing_else() {
    let desk = Desk::here("");
    desk.document(
        "# P\n```sh {#one host=me danger=change}\necho one >>ROOM/truth; exit 3\n```\n\
         ```sh {#two host=me danger=change capture=found}\necho two >>ROOM/truth\n```\n## Rollback\n\
         ```sh {#only-then host=me danger=change when=found}\necho \"$found\" >>ROOM/truth\n```\n\
         ```sh {#back host=me danger=change}\nsleep 3; echo back >>ROOM/truth\n```\n\
         ```sh {#last host=me danger=change}\necho last >>ROOM/truth\n```\n",
    );
    // Nobody has found out yet what its condition speaks of: that keeps neither the way back nor whoever takes it up.
    killed(&desk, "back");
    let resumed = desk.resume(&[]);
    assert_eq!(resumed.status.code(), Some(2), "{}", told(&resumed));
    assert_eq!(desk.text("truth"), "one\nback\nlast\n", "{}", told(&resumed));
    let (run, _) = desk.recorded();
    let states: Vec<StepState> = run.steps.iter().map(|step| step.state).collect();
    let (skipped, verified) = (StepState::Skipped, StepState::Verified);
    let wanted = [StepState::Failed, skipped, skipped, verified, verified];
    assert_eq!((states.as_slice(), run.state), (wanted.as_slice(), RunState::Failed), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_back_that_was_begun_alone_ends_and_gives_the_lock_back() {
    for is_taken_up in [false, true] {
        let desk = Desk::here("");
        let site = desk.site_here().replace("[environments.lab]\n", "[environments.lab]\nlock_host = \"me\"\n");
        desk.write("config/quarterdeck/sites/shop/site.toml", &site);
        desk.document(
            "+++\nlock = true\n+++\n# P\n```sh {#one host=me danger=change}\necho one >>ROOM/truth\n```\n## Rollback\n\
             ```sh {#back host=me danger=change}\nuntil [ -e ROOM/go ]; do sleep 0.1; done; echo back >>ROOM/truth\n```\n\
             ```sh {#last host=me danger=change}\necho last >>ROOM/truth\n```\n",
        );
        let left = is_taken_up.then(|| {
            killed(&desk, "alone");
            tokio::task::block_in_place(|| desk.recorded().0.id)
        });
        let mut console = Console::open(desk.folder.path()).await;
        match left {
            Some(run) => console.effects.send(Effect::Resume(run)).await.unwrap(),
            None => console.conduct(Chosen::Rollback, None).await,
        }
        console.until("the way back", |console| console.state("back") == Some(StepState::Started)).await;
        let status = ["lock", "status", "shop", "-e", "lab"];
        let locked = desk.command(env!("CARGO_BIN_EXE_qd"), &status).output().unwrap();
        assert_eq!(locked.status.code(), Some(1), "{}", told(&locked));
        desk.write("go", "");
        console.until("the end", |console| console.ended.is_some()).await;
        assert_eq!((console.ended, desk.text("truth").as_str()), (Some(RunState::Succeeded), "back\nlast\n"));
        let free = desk.command(env!("CARGO_BIN_EXE_qd"), &status).output().unwrap();
        assert_eq!(free.status.code(), Some(0), "{}", told(&free));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_undoes_a_step_is_done_and_then_the_step_may_be_retried() {
    let desk = Desk::here("");
    desk.document(
        "# P\n```sh {#one host=me danger=change undo=#back}\ntest ! -e ROOM/there\n```\n\
         ```sh {#two host=me danger=change}\necho two >>ROOM/truth\n```\n## Rollback\n\
         ```sh {#back host=me danger=change}\nrm ROOM/there\n```\n",
    );
    desk.write("there", "");
    let mut console = Console::open(desk.folder.path()).await;
    console.conduct(Chosen::Whole, None).await;
    console.until("the failure", Console::failed).await;
    console.conduct(Chosen::Undo(PartId::new("one").unwrap()), None).await;
    console.until("what undoes it", |console| console.state("back") == Some(StepState::Verified)).await;
    console.until("the failure again", Console::failed).await;
    assert_eq!(console.ended, None);
    console.conduct(Chosen::Parts(vec![PartId::new("one").unwrap().into()]), Some("me")).await;
    console.until("the end", |console| console.ended.is_some()).await;
    assert_eq!((console.ended, desk.text("truth").as_str()), (Some(RunState::Succeeded), "two\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_a_run_is_told_of_its_go_and_that_it_goes_back() {
    let desk = Desk::here("");
    desk.document(
        "# P\n## Gate\n```sh {#looked host=me danger=read}\ntrue\n```\n## Phase 1: new\n\
         ```sh {#one host=me danger=change}\necho one >>ROOM/truth; exit 3\n```\n## Rollback\n\
         ```sh {#back host=me danger=change}\necho back >>ROOM/truth\n```\n",
    );
    let mut console = Console::open(desk.folder.path()).await;
    console.conduct(Chosen::Gate, None).await;
    console.until("the gate", |console| console.needs.contains(&Need::Go)).await;
    assert_eq!(console.decided().go, Go::Waits);
    console.conduct(Chosen::Rest, None).await;
    console.until("the failure", Console::failed).await;
    let decided = console.decided();
    assert!(decided.go == Go::Given && decided.confirmed.is_some() && !decided.rolls_back, "{decided:?}");
    console.conduct(Chosen::Rollback, None).await;
    console.until("the end", |console| console.ended.is_some()).await;
    assert!(console.decided().rolls_back);
    assert_eq!(desk.text("truth"), "one\nback\n");
    let mut run = console.run.clone().unwrap();
    run.state = console.ended.unwrap();
    assert_eq!(run.verdict_told(), "rolled back");
}

#[test]
fn a_variable_that_is_left_to_the_host_is_so_when_somebody_goes_on() {
    let desk = Desk::here("");
    desk.document("# P\n```sh {#one host=me danger=change}\necho \"<$DATABASE_URL>\" >>ROOM/truth\n```\n");
    let unsaid = desk.qd(&["--yes"], None);
    assert_eq!(unsaid.status.code(), Some(64), "{}", told(&unsaid));
    let broken = desk.qd(&["--yes", "--leave", "DATABASE_URL"], Some("abort-before"));
    assert!(!broken.status.success(), "{}", told(&broken));
    let resumed = desk.resume(&[]);
    assert!(resumed.status.success(), "{}", told(&resumed));
    assert_eq!(desk.text("truth"), "<>\n", "{}", told(&resumed));
}

#[test]
fn the_plan_follows_a_decision_that_the_flags_give() {
    let document = "# P\n\n- [ ] Does the database go back? {#database decide=\"code: it stays; both: it goes back\"}\n\
                    - [ ] The database goes back {#back when=\"database=both\"}\n\n```sh {#one host=me}\ntrue\n```\n";
    let desk = Desk::here(document);
    let planned = desk.qd(&["--plan", "--answer", "database=code"], None);
    let said = told(&planned);
    assert_eq!(planned.status.code(), Some(0), "{said}");
    assert!(said.contains("chosen: database = code"), "{said}");
    assert!(said.contains("will be skipped: database is code"), "{said}");
    for open in [&["--plan"][..], &["--plan", "--answer", "database=both"]] {
        let said = told(&desk.qd(open, None));
        assert!(!said.contains("will be skipped"), "{said}");
    }
}
