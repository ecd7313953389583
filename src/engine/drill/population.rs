//! Who lives in a drill: the units, ports and timers that the environment speaks of.

use std::time::Duration;

use super::sim::{Plan, Sim};
use super::unit::{SimTimer, SimUnit};
use crate::domain::Environment;
use crate::domain::probe::{Ask, Vantage};
use crate::domain::service::{Expected, UnitPattern};

impl Sim {
    /// Gives each host the units that the environment speaks of.
    pub(super) fn populate(&mut self, environment: &Environment) {
        for service in &environment.services {
            for host in &service.hosts {
                for pattern in &service.units {
                    let name = unit_of_pattern(pattern);
                    let since = self.epoch.saturating_sub(self.random.u64(7_200..400_000) * 1_000_000);
                    let title = service.title.plain();
                    let title = if title.is_empty() { service.name.to_string() } else { title };
                    let mut unit = SimUnit::running(&name, &title, since, &mut self.random);
                    unit.behaviour.ports = ports(service);
                    // What the team did not write itself mostly knows how to reload.
                    unit.behaviour.reloads = !name.starts_with(&format!("{}-", environment.site));
                    unit.behaviour.serves_pages = service.probes.iter().any(|probe| matches!(probe.ask, Ask::Http(_)));
                    match service.expected {
                        Expected::Running => {}
                        Expected::Stopped | Expected::Oneshot => rest(&mut unit, since, service.expected),
                    }
                    self.add(host.as_str(), unit);
                }
            }
        }
    }

    /// Writes what the units have said of late, as if somebody had been there: the newest ten minutes.
    pub(super) fn remember(&mut self) {
        let mut lines: Vec<(u64, String, String, String)> = Vec::new();
        for (host, machine) in self.machines() {
            for unit in machine.units.values().filter(|unit| unit.runs()) {
                lines.push((unit.active_enter, host.clone(), unit.name.clone(), String::new()));
            }
        }
        for place in 0..lines.len() {
            let (_, host, unit, _) = lines[place].clone();
            for _ in 0..self.random.usize(3..9) {
                let at = self.epoch.saturating_sub(self.random.u64(1..600_000_000));
                let line = self.ordinary_line(&host, &unit);
                lines.push((at, host.clone(), unit.clone(), line));
            }
        }
        lines.sort();
        for (at, host, unit, line) in lines {
            match line.as_str() {
                "" => self.write_at(at, &host, &unit, 6, &format!("Started {unit}."), true),
                line => self.write_at(at, &host, &unit, 6, line, false),
            }
        }
    }

    /// A line such as a service writes while all is well.
    pub(super) fn ordinary_line(&mut self, host: &str, unit: &str) -> String {
        const PATHS: [&str; 6] = [
            "GET /health",
            "GET /api/v1/items",
            "POST /api/v1/orders",
            "GET /api/v1/cart",
            "PUT /api/v1/stock",
            "GET /metrics",
        ];
        let (id, took) = (self.random.u32(0x1000..0xffff), self.random.u32(3..90));
        if self.unit(host, unit).is_some_and(|unit| !unit.behaviour.serves_pages) {
            return format!("checkpoint {id:04x} complete, {took} ms");
        }
        let path = PATHS[self.random.usize(..PATHS.len())];
        // Programs write as it pleases whoever made them; each always in the same way.
        match unit.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 5 {
            0 => {
                let (method, path) = path.split_once(' ').unwrap_or(("GET", path));
                return format!(
                    r#"{{"level":"info","msg":"request done","method":"{method}","path":"{path}","http":{{"status":200,"took_ms":{took}}},"trace":"{id:08x}"}}"#
                );
            }
            1 => {
                return format!(
                    "level=info msg=\"request done\" path=\"{path}\" status=200 took={took}ms trace={id:04x}"
                );
            }
            2 => return format!("[PERF] {}: {took}ms", path.trim_start_matches(|c: char| c != '/')),
            _ => {}
        }
        format!("request id={id:04x} {path} 200 {took}ms")
    }

    fn add(&mut self, host: &str, unit: SimUnit) {
        let name = unit.name.clone();
        if unit.oneshot || name.ends_with(".timer") {
            let timer_name = name.replace(".service", ".timer");
            if timer_name != name {
                let mut timer = SimUnit::running(&timer_name, &unit.description, unit.inactive_enter, &mut self.random);
                let every = Duration::from_secs(900);
                let next = self.epoch + self.random.u64(60..900) * 1_000_000;
                let last = next.saturating_sub(900_000_000);
                timer.timer = Some(SimTimer { triggers: name.clone(), every, last, next });
                (timer.sub, timer.pid, timer.memory) = ("waiting", 0, 0);
                self.plan(Duration::from_micros(next - self.epoch), Plan::Timer(host.to_owned(), timer_name.clone()));
                if let Some(machine) = self.machine_mut(host) {
                    machine.units.insert(timer_name, timer);
                }
            }
        }
        let runs = unit.runs();
        if let Some(machine) = self.machine_mut(host) {
            machine.units.insert(name.clone(), unit);
            if runs {
                self.plan_chatter(host, &name);
            }
        }
    }
}

/// The unit that stands for a pattern in a drill.
pub(super) fn unit_of_pattern(pattern: &UnitPattern) -> String {
    match pattern {
        UnitPattern::Exact(unit) => unit.to_string(),
        UnitPattern::Glob(glob) => glob.replace(['*', '?'], "1"),
    }
}

/// The local ports that the service's probes ask on its host.
fn ports(service: &crate::domain::Service) -> Vec<u16> {
    let mut ports: Vec<u16> = Vec::new();
    for probe in service.probes.iter().filter(|probe| probe.from == Vantage::Host) {
        match &probe.ask {
            Ask::Tcp { port, .. } => ports.push(*port),
            Ask::Http(http) => {
                ports.extend(url::Url::parse(&http.url).ok().and_then(|url| url.port_or_known_default()))
            }
            Ask::Command { .. } => {}
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// A unit that is not meant to run all the time.
fn rest(unit: &mut SimUnit, since: u64, expected: Expected) {
    (unit.active, unit.sub, unit.pid) = ("inactive", "dead", 0);
    (unit.inactive_enter, unit.exited_at, unit.exit) = (since, since, (1, 0));
    unit.oneshot = expected == Expected::Oneshot;
}
