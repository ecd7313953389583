//! Lock hosts and runs to mirror on them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use quarterdeck::domain::host::{BecomeRoot, Reach, Shell};
use quarterdeck::domain::procedure::Given;
use quarterdeck::domain::run::{RunDocument, RunState, RunStep, StepState};
use quarterdeck::domain::{
    EnvColour, EnvName, Environment, Host, HostName, InputName, PartId, ProcedureName, Run, SiteName,
};
use quarterdeck::engine::mirror::Mirror;
use quarterdeck::engine::store::{Who, fresh_run_id};
use quarterdeck::engine::transport::{Asker, Connection, LocalTransport, Spawner, Transport};
use tokio::sync::watch;

/// What holds the newest connection to a lock host.
pub type Link = watch::Sender<Option<Arc<dyn Connection>>>;

/// A place on this machine that plays the lock host, which goes with this.
pub struct Place {
    folder: tempfile::TempDir,
    site: String,
}

impl Place {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let site = format!("mirror-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Self { folder: tempfile::tempdir().unwrap(), site }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn environment(&self) -> Environment {
        environment(&self.site, &self.path().join("state").to_string_lossy())
    }

    /// A workstation's view of it, up.
    pub async fn mirror(&self) -> (Mirror, Link) {
        let link: Link = watch::Sender::new(Some(machine().await));
        (Mirror::of(&self.environment(), link.subscribe()).unwrap(), link)
    }

    pub fn run(&self, steps: usize) -> Run {
        run(&self.site, steps)
    }

    /// What the name of the folder of its lock begins with.
    pub fn of_lock(&self) -> String {
        format!("quarterdeck-{}+lab", self.site)
    }

    /// The folder of a run.
    pub fn of(&self, run: &Run) -> PathBuf {
        let name = format!("quarterdeck-{}-lab.{}", self.site, run.id);
        let all = [self.path().join("state/mirror"), PathBuf::from("/var/tmp")].map(|place| place.join(&name));
        all.into_iter().find(|path| path.exists()).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Where nobody is root it lies there.
        let start = format!("quarterdeck-{}-", self.site);
        for entry in std::fs::read_dir("/var/tmp").unwrap().filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

pub fn environment(site: &str, state_directory: &str) -> Environment {
    Environment {
        colour: EnvColour::Grey,
        lock_host: Some(HostName::new("app-1").unwrap()),
        state_directory: state_directory.to_owned(),
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new(site).unwrap(), EnvName::new("lab").unwrap())
    }
}

/// A connection to this machine.
pub async fn machine() -> Arc<dyn Connection> {
    let name = HostName::new("here").unwrap();
    let host = Host {
        name: name.clone(),
        reach: Reach::Local,
        tags: Vec::new(),
        become_root: BecomeRoot::Never,
        shell: Shell::Plain,
    };
    let transport = LocalTransport::new(Spawner::start().unwrap());
    transport.connect(host, Asker::nobody(name)).await.ok().unwrap()
}

pub fn who(person: &str) -> Who {
    Who { person: person.to_owned(), workstation: format!("{person}@desk") }
}

/// A run of a procedure of which nothing was begun.
pub fn run(site: &str, steps: usize) -> Run {
    let step = |number: usize| RunStep {
        host: HostName::new(&format!("app-{}", number + 1)).unwrap(),
        part: Some(PartId::new(&format!("part-{number}")).unwrap()),
        command: "cd /srv\npg_dump shop >\"dump-$stamp\"".into(),
        ..RunStep::default()
    };
    Run {
        id: fresh_run_id(Timestamp::now()),
        site: SiteName::new(site).unwrap(),
        environment: EnvName::new("lab").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "maintenance".into(),
        title: "Take a backup".into(),
        confirmed: "typed".into(),
        begun: Timestamp::now(),
        ended: None,
        state: RunState::Running,
        document: Some(RunDocument {
            name: ProcedureName::new("backup").unwrap(),
            digest: "c3".repeat(32),
            whole: true,
            given: vec![Given { name: InputName::new("password").unwrap(), value: None }],
            decided: Default::default(),
        }),
        steps: (0..steps).map(step).collect(),
    }
}

/// The same step as it stands later.
pub fn stands(step: &RunStep, state: StepState, note: &[u8]) -> RunStep {
    RunStep { state, at: Some(Timestamp::now()), attempt: 1, note: note.into(), ..step.clone() }
}
