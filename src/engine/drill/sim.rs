//! The simulated fleet: told the time, it lets services live, log, fail and restart. Pure and seeded.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use super::journal::Entry;
use super::machine::Machine;
use super::scenario::{Happening, Scenario, What};
use super::unit::{Behaviour, SimUnit};
use crate::domain::verb::Signal;
use crate::domain::{Environment, Moment, Now};

/// Starts within ten seconds that systemd allows by default.
const START_LIMIT: usize = 5;
/// The window of that limit, in microseconds.
const START_WINDOW: u64 = 10_000_000;

/// What an observer of the fleet must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Properties of a unit changed.
    Unit(String, String),
    /// A line was written to the journal of a host.
    Journal(String),
    /// The link to a host was cut or healed.
    Link(String, bool),
}

/// Something that will happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plan {
    /// The script's event of this number.
    Script(usize),
    /// A start is done.
    Started(String, String, u64),
    /// A doomed life ends.
    Dies(String, String, u64),
    /// systemd restarts it.
    Restart(String, String, u64),
    /// It writes an ordinary line.
    Chatter(String, String, u64),
    /// A timer fires.
    Timer(String, String),
}

/// The fleet of a drill.
#[derive(Debug)]
pub struct Sim {
    machines: BTreeMap<String, Arc<Machine>>,
    events: Vec<Happening>,
    plans: BinaryHeap<Reverse<(Duration, u64, Plan)>>,
    planned: u64,
    now: Duration,
    pub(super) epoch: u64,
    pub(super) random: fastrand::Rng,
    news: Vec<News>,
}

impl Sim {
    /// A healthy fleet with the units and ports that the environment speaks of. `start` is the beginning of
    /// the drill; the hosts have been up for some days by then.
    pub fn new(environment: &Environment, scenario: Scenario, start: Now) -> Self {
        let mut random = fastrand::Rng::with_seed(scenario.seed);
        let epoch = u64::try_from(start.wall.as_microsecond()).unwrap_or(0);
        let booted = epoch.saturating_sub(random.u64(4..40) * 86_400_000_000);
        let mut machines = BTreeMap::new();
        for host in &environment.hosts {
            machines.insert(host.name.to_string(), Arc::new(Machine::new(host.name.as_str(), booted, &mut random)));
        }
        let mut sim = Self {
            machines,
            events: scenario.events,
            plans: BinaryHeap::new(),
            planned: 0,
            now: Duration::ZERO,
            epoch,
            random,
            news: Vec::new(),
        };
        sim.populate(environment);
        sim.remember();
        for number in 0..sim.events.len() {
            let after = sim.events[number].after();
            sim.plan(after, Plan::Script(number));
        }
        sim
    }

    /// From now on these happen too, each after as many seconds as it says.
    pub(super) fn will(&mut self, all: Vec<Happening>) {
        for event in all {
            let at = self.now + event.after();
            self.plan(at, Plan::Script(self.events.len()));
            self.events.push(event);
        }
    }

    /// The hosts.
    pub fn machines(&self) -> &BTreeMap<String, Arc<Machine>> {
        &self.machines
    }

    /// One unit.
    pub fn unit(&self, host: &str, unit: &str) -> Option<&SimUnit> {
        self.machines.get(host)?.units.get(unit)
    }

    /// The running unit that listens on a port of a host.
    pub fn listener(&self, host: &str, port: u16) -> Option<&SimUnit> {
        self.machines.get(host)?.units.values().find(|unit| unit.runs() && unit.behaviour.ports.contains(&port))
    }

    /// Wall time of the drill in microseconds since 1970.
    pub fn wall(&self) -> u64 {
        self.epoch + u64::try_from(self.now.as_micros()).unwrap_or(u64::MAX)
    }

    /// When something will next happen, after the beginning.
    pub fn next(&self) -> Option<Moment> {
        self.plans.peek().map(|Reverse((at, ..))| Moment(*at))
    }

    /// Lets everything happen that is due by `until` (after the beginning), in order.
    pub fn advance(&mut self, until: Moment) -> Vec<News> {
        while self.plans.peek().is_some_and(|Reverse((at, ..))| *at <= until.0) {
            let Some(Reverse((at, _, plan))) = self.plans.pop() else { break };
            self.now = self.now.max(at);
            self.happen(plan);
        }
        self.now = self.now.max(until.0);
        std::mem::take(&mut self.news)
    }

    /// Does what `systemctl start` would do. Returns whether the unit is there.
    pub fn start(&mut self, host: &str, unit: &str) -> bool {
        let wall = self.wall();
        let (pid, mut invocation) = (self.random.u32(400..30_000), [0; 16]);
        self.random.fill(&mut invocation);
        let Some(found) = self.unit_mut(host, unit) else {
            return false;
        };
        if matches!(found.active, "active" | "activating") && found.sub != "auto-restart" {
            return true;
        }
        found.starts.retain(|at| wall.saturating_sub(*at) < START_WINDOW);
        if found.starts.len() >= START_LIMIT {
            (found.active, found.sub, found.result) = ("failed", "failed", "start-limit-hit");
            (found.state_change, found.inactive_enter) = (wall, wall);
            found.life += 1;
            self.manager_says(host, unit, 4, &format!("{unit}: Start request repeated too quickly."));
            self.manager_says(host, unit, 3, &format!("{unit}: Failed with result 'start-limit-hit'."));
            self.changed(host, unit);
            return true;
        }
        found.starts.push(wall);
        found.life += 1;
        (found.active, found.sub, found.result, found.exit) = ("activating", "start", "success", (0, 0));
        found.state_change = wall;
        (found.pid, found.invocation) = (pid, invocation);
        let (after, life) = (found.behaviour.start_takes, found.life);
        self.plan(self.now + after, Plan::Started(host.to_owned(), unit.to_owned(), life));
        self.manager_says(host, unit, 6, &format!("Starting {unit}..."));
        self.changed(host, unit);
        true
    }

    /// Does what `systemctl stop` would do. Returns whether the unit is there.
    pub fn stop(&mut self, host: &str, unit: &str) -> bool {
        let wall = self.wall();
        let Some(found) = self.unit_mut(host, unit) else {
            return false;
        };
        if matches!(found.active, "active" | "activating") {
            (found.active, found.sub, found.result, found.exit) = ("inactive", "dead", "success", (1, 0));
            (found.state_change, found.inactive_enter, found.exited_at) = (wall, wall, wall);
            (found.pid, found.restarts) = (0, 0);
            found.life += 1;
            self.manager_says(host, unit, 6, &format!("Stopped {unit}."));
            self.changed(host, unit);
        }
        true
    }

    /// Does what `systemctl restart` would do. Returns whether the unit is there.
    pub fn restart(&mut self, host: &str, unit: &str) -> bool {
        self.stop(host, unit) && self.start(host, unit)
    }

    /// Does what `systemctl reload` would do. Returns whether the unit is there.
    pub fn reload(&mut self, host: &str, unit: &str) -> bool {
        let Some(found) = self.unit_mut(host, unit) else { return false };
        if found.runs() {
            self.manager_says(host, unit, 6, &format!("Reloading {unit}..."));
            self.manager_says(host, unit, 6, &format!("Reloaded {unit}."));
            self.changed(host, unit);
        }
        true
    }

    /// Does what `systemctl enable` or `disable` would do. Returns whether the unit is there.
    pub fn enable(&mut self, host: &str, unit: &str, enabled: bool) -> bool {
        let Some(found) = self.unit_mut(host, unit) else { return false };
        found.enabled = enabled;
        self.changed(host, unit);
        true
    }

    /// Does what `systemctl reset-failed` would do. Returns whether the unit is there.
    pub fn forget_failure(&mut self, host: &str, unit: &str) -> bool {
        let wall = self.wall();
        let Some(found) = self.unit_mut(host, unit) else { return false };
        found.starts.clear();
        found.restarts = 0;
        if found.active == "failed" {
            (found.active, found.sub, found.result) = ("inactive", "dead", "success");
            found.state_change = wall;
        }
        self.changed(host, unit);
        true
    }

    /// Does what `systemctl kill` would do. Returns whether the unit is there.
    pub fn kill(&mut self, host: &str, unit: &str, signal: Signal) -> bool {
        if self.unit(host, unit).is_none() {
            return false;
        }
        let number = match signal {
            Signal::Hup => 1,
            Signal::Int => 2,
            Signal::Abrt => 6,
            Signal::Kill => 9,
            Signal::Usr1 => 10,
            Signal::Usr2 => 12,
            Signal::Term => 15,
        };
        // systemd takes an end by one of these for a clean one.
        match signal {
            Signal::Hup | Signal::Int | Signal::Term => drop(self.stop(host, unit)),
            Signal::Abrt | Signal::Kill | Signal::Usr1 | Signal::Usr2 => self.dies(host, unit, (2, number)),
        }
        true
    }

    fn happen(&mut self, plan: Plan) {
        match plan {
            Plan::Script(number) => {
                let event = self.events[number].clone();
                self.play(&event);
            }
            Plan::Started(host, unit, life) => self.started(&host, &unit, life),
            Plan::Dies(host, unit, life) => {
                let doom = self.living(&host, &unit, life).and_then(|unit| unit.behaviour.doomed);
                if let Some((status, _)) = doom {
                    self.dies(&host, &unit, (1, status));
                }
            }
            Plan::Restart(host, unit, life) => {
                if let Some(found) = self.living(&host, &unit, life) {
                    found.restarts += 1;
                    let count = found.restarts;
                    self.manager_says(
                        &host,
                        &unit,
                        6,
                        &format!("{unit}: Scheduled restart job, restart counter is at {count}."),
                    );
                    self.start(&host, &unit);
                }
            }
            Plan::Chatter(host, unit, life) => {
                if self.living(&host, &unit, life).is_some_and(|unit| unit.runs()) {
                    let line = self.ordinary_line(&host, &unit);
                    self.unit_says(&host, &unit, 6, &line);
                    self.plan_chatter(&host, &unit);
                }
            }
            Plan::Timer(host, unit) => self.timer_fires(&host, &unit),
        }
    }

    fn play(&mut self, event: &Happening) {
        let host = event.host.as_str();
        let unit = event.unit.as_deref().unwrap_or_default();
        match &event.what {
            What::Exit { status } => self.dies(host, unit, (1, *status)),
            What::Signal { signal } => self.dies(host, unit, (2, *signal)),
            What::Loop { status, lives } => {
                let lives = Duration::try_from_secs_f64(*lives).unwrap_or_default();
                self.behave(host, unit, |behaviour| behaviour.doomed = Some((*status, lives)));
                self.dies(host, unit, (1, *status));
            }
            What::Stop => drop(self.stop(host, unit)),
            What::Start => drop(self.start(host, unit)),
            What::Restart => drop(self.restart(host, unit)),
            What::Unready { dependency, says } => {
                self.behave(host, unit, |behaviour| behaviour.unready.push((dependency.clone(), says.clone())));
            }
            What::Slow { millis } => {
                self.behave(host, unit, |behaviour| behaviour.answers_in = Duration::from_millis(*millis));
            }
            What::Hang => self.behave(host, unit, |behaviour| behaviour.hangs = true),
            What::Log { priority, message } => self.unit_says(host, unit, *priority, message),
            What::Mend => {
                self.behave(host, unit, |behaviour| {
                    (behaviour.doomed, behaviour.hangs) = (None, false);
                    behaviour.unready.clear();
                    behaviour.answers_in = Duration::from_millis(9);
                });
                if let Some(unit) = self.unit_mut(host, unit) {
                    unit.starts.clear();
                }
                self.start(host, unit);
            }
            What::Cut | What::Heal => {
                let linked = event.what == What::Heal;
                if let Some(machine) = self.machine_mut(host) {
                    machine.linked = linked;
                    self.news.push(News::Link(host.to_owned(), linked));
                }
            }
            What::Fill { mount, percent } => {
                let disks = self.machine_mut(host).into_iter().flat_map(|machine| &mut machine.disks);
                disks.filter(|(name, ..)| name == mount).for_each(|disk| disk.2 = (*percent).min(100));
            }
            What::WantReboot => {
                self.machine_mut(host).into_iter().for_each(|machine| machine.wants_reboot = true);
            }
            What::OutOfMemory => {
                self.machine_mut(host).into_iter().for_each(|machine| machine.oom_kills += 1);
                self.dies(host, unit, (2, 9));
            }
        }
    }

    fn started(&mut self, host: &str, name: &str, life: u64) {
        let wall = self.wall();
        let Some(unit) = self.living(host, name, life) else { return };
        if unit.oneshot {
            (unit.active, unit.sub, unit.result, unit.exit) = ("inactive", "dead", "success", (1, 0));
            (unit.state_change, unit.inactive_enter, unit.exited_at, unit.pid) = (wall, wall, wall, 0);
        } else {
            (unit.active, unit.sub) = ("active", "running");
            (unit.state_change, unit.active_enter) = (wall, wall);
        }
        let doom = unit.behaviour.doomed;
        self.manager_says(host, name, 6, &format!("Started {name}."));
        self.changed(host, name);
        if let Some((_, lives)) = doom {
            self.plan(self.now + lives, Plan::Dies(host.to_owned(), name.to_owned(), life));
        }
        self.plan_chatter(host, name);
    }

    /// The process ends by itself: `how` is systemd's pair of code (1 exited, 2 killed) and status.
    fn dies(&mut self, host: &str, name: &str, how: (i32, i32)) {
        let wall = self.wall();
        let Some(unit) = self.unit_mut(host, name) else { return };
        if !matches!(unit.active, "active" | "activating") || unit.pid == 0 {
            return;
        }
        (unit.active, unit.sub) = ("activating", "auto-restart");
        unit.result = if how.0 == 1 { "exit-code" } else { "signal" };
        (unit.exit, unit.exited_at, unit.inactive_enter, unit.state_change) = (how, wall, wall, wall);
        unit.pid = 0;
        unit.life += 1;
        let (after, life, result) = (unit.behaviour.restart_after, unit.life, unit.result);
        let (code, status) = if how.0 == 1 {
            ("exited", format!("{}/FAILURE", how.1))
        } else {
            let signal = crate::domain::unit::signal_name(how.1);
            ("killed", format!("{}/{}", how.1, signal.trim_start_matches("SIG")))
        };
        self.manager_says(host, name, 5, &format!("{name}: Main process exited, code={code}, status={status}"));
        self.manager_says(host, name, 4, &format!("{name}: Failed with result '{result}'."));
        self.plan(self.now + after, Plan::Restart(host.to_owned(), name.to_owned(), life));
        self.changed(host, name);
    }

    fn timer_fires(&mut self, host: &str, name: &str) {
        let Some(unit) = self.unit_mut(host, name) else { return };
        let Some(timer) = &mut unit.timer else { return };
        timer.last = timer.next;
        timer.next += u64::try_from(timer.every.as_micros()).unwrap_or(u64::MAX);
        let (triggers, every) = (timer.triggers.clone(), timer.every);
        self.changed(host, name);
        self.start(host, &triggers);
        self.plan(self.now + every, Plan::Timer(host.to_owned(), name.to_owned()));
    }

    pub(super) fn machine_mut(&mut self, host: &str) -> Option<&mut Machine> {
        self.machines.get_mut(host).map(Arc::make_mut)
    }

    fn unit_mut(&mut self, host: &str, unit: &str) -> Option<&mut SimUnit> {
        self.machine_mut(host)?.units.get_mut(unit)
    }

    fn living(&mut self, host: &str, unit: &str, life: u64) -> Option<&mut SimUnit> {
        self.unit_mut(host, unit).filter(|unit| unit.life == life)
    }

    fn behave(&mut self, host: &str, unit: &str, change: impl FnOnce(&mut Behaviour)) {
        if let Some(unit) = self.unit_mut(host, unit) {
            change(&mut unit.behaviour);
        }
    }

    pub(super) fn plan(&mut self, at: Duration, plan: Plan) {
        self.planned += 1;
        self.plans.push(Reverse((at, self.planned, plan)));
    }

    pub(super) fn plan_chatter(&mut self, host: &str, name: &str) {
        let Some(unit) = self.machines.get(host).and_then(|machine| machine.units.get(name)) else { return };
        let mean = 60.0 / unit.behaviour.chatter.max(0.1);
        let life = unit.life;
        let span = Duration::from_secs_f64(mean * (0.3 + 1.4 * self.random.f64()));
        self.plan(self.now + span, Plan::Chatter(host.to_owned(), name.to_owned(), life));
    }

    fn changed(&mut self, host: &str, unit: &str) {
        self.news.push(News::Unit(host.to_owned(), unit.to_owned()));
    }

    fn manager_says(&mut self, host: &str, unit: &str, priority: u8, message: &str) {
        self.write(host, unit, priority, message, true);
    }

    fn unit_says(&mut self, host: &str, unit: &str, priority: u8, message: &str) {
        self.write(host, unit, priority, message, false);
    }

    fn write(&mut self, host: &str, unit: &str, priority: u8, message: &str, by_manager: bool) {
        self.write_at(self.wall(), host, unit, priority, message, by_manager);
    }

    pub(super) fn write_at(
        &mut self,
        wall: u64,
        host: &str,
        unit: &str,
        priority: u8,
        message: &str,
        by_manager: bool,
    ) {
        let Some(machine) = self.machine_mut(host) else { return };
        let pid = if by_manager { 1 } else { machine.units.get(unit).map_or(0, |unit| unit.pid) };
        let invocation = machine.units.get(unit).map(|unit| u128::from_be_bytes(unit.invocation)).unwrap_or_default();
        let identifier = if by_manager { "systemd" } else { unit.trim_end_matches(".service") };
        machine.journal.write(Entry {
            number: 0,
            realtime: wall,
            monotonic: wall.saturating_sub(machine.booted),
            priority,
            unit: unit.to_owned(),
            identifier: identifier.to_owned(),
            pid,
            message: message.as_bytes().to_vec(),
            by_manager,
            invocation: format!("{invocation:032x}"),
        });
        self.news.push(News::Journal(host.to_owned()));
    }
}

#[cfg(test)]
#[path = "sim_tests.rs"]
mod tests;
