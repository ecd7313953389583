//! Runs to write and stores to write them to.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::run::{RunState, RunStep, StepState};
use quarterdeck::domain::{EnvName, HostName, Run, ServiceName, SiteName, UnitName};
use quarterdeck::engine::store::{RunsWish, Sqlite, Store, fresh_run_id};
use quarterdeck::port::act::StoreState;
use quarterdeck::text::Foreign;

/// All that matters.
pub const ALL: RunsWish = RunsWish { site: None, environment: None, most: 100_000 };

/// A run of so many steps, of which none was begun.
pub fn run(title: &str, steps: usize) -> Run {
    let step = |number: usize| RunStep {
        host: HostName::new(&format!("app-{}", number + 1)).unwrap(),
        service: Some(ServiceName::new("pricing").unwrap()),
        unit: UnitName::new("pricing.service"),
        command: "sudo -n systemctl --no-ask-password restart pricing.service".into(),
        state: StepState::Planned,
        at: None,
        invocation_before: "11111111111111111111111111111111".into(),
        invocation: String::new(),
        note: Foreign::default(),
        verdict: None,
    };
    Run {
        id: fresh_run_id(Timestamp::now()),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("lab").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "restart".into(),
        title: title.into(),
        confirmed: "typed".into(),
        begun: Timestamp::now(),
        ended: None,
        state: RunState::Running,
        steps: (0..steps).map(step).collect(),
    }
}

/// The same step as it stands later.
pub fn stands(step: &RunStep, state: StepState, note: &[u8]) -> RunStep {
    RunStep { state, at: Some(Timestamp::now()), note: note.into(), ..step.clone() }
}

/// A store, once it is open.
pub async fn open(folder: &Path) -> Sqlite {
    let store = Sqlite::open(folder);
    wait(&store, |state| *state == StoreState::Writable).await;
    store
}

/// Waits until the state of the store is as `wanted`, ten seconds at most, and says how long it took.
pub async fn wait(store: &dyn Store, wanted: impl Fn(&StoreState) -> bool) -> (StoreState, Duration) {
    let begun = std::time::Instant::now();
    let mut state = store.state();
    let found = tokio::time::timeout(Duration::from_secs(10), state.wait_for(|state| wanted(state))).await;
    match found {
        Ok(found) => (found.unwrap().clone(), begun.elapsed()),
        Err(_) => panic!("the store is still {:?}", store.state().borrow().clone()),
    }
}
