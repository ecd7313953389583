//! One simulated host: its units, its journal, what it would say of itself.

use std::collections::BTreeMap;

use super::journal::Journal;
use super::unit::SimUnit;

/// One host.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Id of its boot, 32 hexadecimal digits.
    pub boot_id: String,
    /// When it booted, microseconds since 1970.
    pub booted: u64,
    /// Its units by name.
    pub units: BTreeMap<String, SimUnit>,
    /// Its journal.
    pub journal: Journal,
    /// Whether it can be reached.
    pub linked: bool,
    /// Bytes of memory, and how many of them the system itself uses.
    pub memory: (u64, u64),
    /// Processor cores.
    pub cores: u32,
    /// File systems: mount point, bytes, percent in use.
    pub disks: Vec<(String, u64, u8)>,
    /// Whether it asks for a reboot.
    pub wants_reboot: bool,
    /// Processes killed for want of memory.
    pub oom_kills: u64,
}

impl Machine {
    /// A healthy host without units.
    pub fn new(name: &str, booted: u64, random: &mut fastrand::Rng) -> Self {
        let boot_id = format!("{:032x}", random.u128(..));
        Self {
            name: name.to_owned(),
            journal: Journal::new(boot_id.clone()),
            boot_id,
            booted,
            units: BTreeMap::new(),
            linked: true,
            memory: (8 << 30, 700 << 20),
            cores: 4,
            disks: vec![
                ("/".to_owned(), 60 << 30, random.u8(31..58)),
                ("/var".to_owned(), 120 << 30, random.u8(31..58)),
            ],
            wants_reboot: false,
            oom_kills: 0,
        }
    }

    /// Load average: a little for each running unit, more for each that starts.
    pub fn load(&self) -> f64 {
        let share = |unit: &SimUnit| match (unit.runs(), unit.active) {
            (true, _) => 0.018,
            (false, "activating") => 0.4,
            (false, _) => 0.0,
        };
        0.05 + self.units.values().map(share).sum::<f64>()
    }

    /// Bytes of memory still to be had.
    pub fn available(&self) -> u64 {
        let used: u64 = self.units.values().filter(|unit| unit.runs()).map(|unit| unit.memory).sum();
        self.memory.0.saturating_sub(self.memory.1).saturating_sub(used)
    }
}
