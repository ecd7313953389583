//! One simulated unit: the state systemd would keep of it, and how it behaves.

use std::time::Duration;

/// What systemd knows of a unit, in systemd's own words and units (microseconds since 1970).
#[derive(Debug, Clone, PartialEq)]
pub struct SimUnit {
    /// Full name, such as `web.service`.
    pub name: String,
    /// `Description=`.
    pub description: String,
    /// `ActiveState`.
    pub active: &'static str,
    /// `SubState`.
    pub sub: &'static str,
    /// `Result`.
    pub result: &'static str,
    /// `ExecMainCode` and `ExecMainStatus`: 1 exited, 2 killed, 3 dumped.
    pub exit: (i32, i32),
    /// `MainPID`; 0 when it does not run.
    pub pid: u32,
    /// `NRestarts`.
    pub restarts: u32,
    /// `StateChangeTimestamp`.
    pub state_change: u64,
    /// `ActiveEnterTimestamp`.
    pub active_enter: u64,
    /// `InactiveEnterTimestamp`.
    pub inactive_enter: u64,
    /// `ExecMainExitTimestamp`.
    pub exited_at: u64,
    /// `InvocationID`.
    pub invocation: [u8; 16],
    /// `MemoryCurrent` in bytes while it runs.
    pub memory: u64,
    /// `CPUUsageNSec`.
    pub cpu: u64,
    /// `TasksCurrent`.
    pub tasks: u64,
    /// `Type=oneshot`.
    pub oneshot: bool,
    /// Whether it is started at boot.
    pub enabled: bool,
    /// `Requires=` and `Wants=`.
    pub needs: Vec<String>,
    /// `RequiredBy=` and `WantedBy=`.
    pub needed_by: Vec<String>,
    /// For a timer: the unit it starts, last and next firing.
    pub timer: Option<SimTimer>,
    /// How it behaves.
    pub behaviour: Behaviour,
    /// Starts counted against the start limit, by simulated microseconds.
    pub starts: Vec<u64>,
    /// Counts lives: a planned event of an earlier life is void.
    pub life: u64,
}

/// What a timer does.
#[derive(Debug, Clone, PartialEq)]
pub struct SimTimer {
    /// The unit it starts.
    pub triggers: String,
    /// Time between two firings.
    pub every: Duration,
    /// Last firing, microseconds since 1970; 0 for never.
    pub last: u64,
    /// Next firing, microseconds since 1970.
    pub next: u64,
}

/// How a service behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// Ports it listens on while it runs.
    pub ports: Vec<u16>,
    /// How long a start takes.
    pub start_takes: Duration,
    /// Time to an answer, on average.
    pub answers_in: Duration,
    /// Every life ends like this: status and length.
    pub doomed: Option<(i32, Duration)>,
    /// Dependencies that its readiness answer calls bad, with the words.
    pub unready: Vec<(String, String)>,
    /// Whether it accepts and never answers.
    pub hangs: bool,
    /// `RestartSec`.
    pub restart_after: Duration,
    /// Lines a minute in its log while all is well.
    pub chatter: f64,
    /// Whether it can read its configuration again without a restart.
    pub reloads: bool,
    /// Whether those lines are about pages it served.
    pub serves_pages: bool,
}

impl SimUnit {
    /// A service that runs since `since`, microseconds since 1970.
    pub fn running(name: &str, description: &str, since: u64, random: &mut fastrand::Rng) -> Self {
        let mut invocation = [0; 16];
        random.fill(&mut invocation);
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            active: "active",
            sub: "running",
            result: "success",
            exit: (0, 0),
            pid: random.u32(400..30_000),
            restarts: 0,
            state_change: since,
            active_enter: since,
            inactive_enter: 0,
            exited_at: 0,
            invocation,
            memory: random.u64(48..220) << 20,
            cpu: random.u64(1..900) * 1_000_000_000,
            tasks: random.u64(4..40),
            oneshot: false,
            enabled: true,
            needs: vec!["basic.target".to_owned()],
            needed_by: vec!["multi-user.target".to_owned()],
            timer: None,
            behaviour: Behaviour {
                ports: Vec::new(),
                start_takes: Duration::from_millis(random.u64(300..1200)),
                answers_in: Duration::from_millis(random.u64(2..24)),
                doomed: None,
                unready: Vec::new(),
                hangs: false,
                restart_after: Duration::from_secs(2),
                chatter: random.u64(4..40) as f64,
                reloads: false,
                serves_pages: false,
            },
            starts: Vec::new(),
            life: 0,
        }
    }

    /// Whether its process is there.
    pub fn runs(&self) -> bool {
        self.active == "active" && self.sub == "running"
    }
}
