//! What a deploy is broken by, where and when: every phase, host and reason that can meet, in an order that holds every pair
//! of them first.

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::shop::{APPS, HOSTS};

/// Why it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    CommandFails,
    NeverGreen,
    GuardTrips,
    HostLost,
    ConsoleKilled,
    LockStolen,
    DiskFull,
}

pub use Why::{CommandFails, ConsoleKilled, DiskFull, GuardTrips, HostLost, LockStolen, NeverGreen};

impl Why {
    pub const ALL: [Why; 7] = [CommandFails, NeverGreen, GuardTrips, HostLost, ConsoleKilled, LockStolen, DiskFull];

    pub fn words(self) -> &'static str {
        match self {
            CommandFails => "command fails",
            NeverGreen => "health never green",
            GuardTrips => "guard trips",
            HostLost => "host lost",
            ConsoleKilled => "console killed",
            LockStolen => "lock stolen",
            DiskFull => "disk full",
        }
    }
}

/// A phase, a host, a reason.
pub type Row = (&'static str, &'static str, Why);

/// Where it is broken, with the hosts on which something is done or asked there. The phases of the document stand with their
/// steps, since each of these breaks in its own way.
pub const PHASES: [(&str, &[&str]); 10] = [
    ("gate", &HOSTS),
    ("fetch", &APPS),
    ("put", &APPS),
    ("build", &APPS),
    ("dump", &["db-1"]),
    ("migrate", &APPS),
    ("services", &APPS),
    ("verify", &APPS),
    ("put-back", &APPS),
    ("services-back", &APPS),
];

/// Why there is no such break.
pub fn impossible(phase: &str, why: Why) -> Option<&'static str> {
    match why {
        GuardTrips if phase != "verify" => Some("only the verification has a guard"),
        NeverGreen if !matches!(phase, "gate" | "services" | "verify" | "services-back") => {
            Some("no health is asked for there")
        }
        LockStolen if phase == "gate" => Some("no lock is taken there"),
        _ => None,
    }
}

/// All that are possible.
pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    for (phase, hosts) in PHASES {
        for why in Why::ALL.into_iter().filter(|why| impossible(phase, *why).is_none()) {
            rows.extend(hosts.iter().map(|host| (phase, *host, why)));
        }
    }
    rows
}

/// What can't be, in words, with the reason.
pub fn never() -> String {
    let mut told = Vec::new();
    for why in Why::ALL {
        let phases: Vec<&str> =
            PHASES.iter().map(|(phase, _)| *phase).filter(|phase| impossible(phase, why).is_some()).collect();
        if let Some(reason) = phases.first().and_then(|phase| impossible(phase, why)) {
            told.push(format!("{} in {}: {reason}", why.words(), phases.join(", ")));
        }
    }
    told.push("db-1 has a part in gate and dump only".to_owned());
    told.join("; ")
}

/// The pairs of a row.
fn pairs((phase, host, why): Row) -> [String; 3] {
    [format!("{phase} {host}"), format!("{phase} {why:?}"), format!("{host} {why:?}")]
}

/// Rows in an order such that the first ones hold as many pairs as possible, and how many of them hold all.
pub fn pairwise(seed: u64) -> (Vec<Row>, usize) {
    let mut left = all();
    Rng::with_seed(seed).shuffle(&mut left);
    let mut open: BTreeSet<String> = left.iter().flat_map(|row| pairs(*row)).collect();
    let (mut rows, mut needed) = (Vec::new(), 0);
    while !left.is_empty() {
        let new = |row: &Row| pairs(*row).iter().filter(|pair| open.contains(*pair)).count();
        let best = (0..left.len()).max_by_key(|at| (new(&left[*at]), usize::MAX - at)).unwrap();
        let row = left.remove(best);
        if new(&row) > 0 {
            needed = rows.len() + 1;
        }
        open.retain(|pair| !pairs(row).contains(pair));
        rows.push(row);
    }
    (rows, needed)
}

#[test]
fn the_rows_hold_every_pair_and_are_the_same_each_time() {
    let (rows, needed) = pairwise(super::SEED);
    assert_eq!(rows, pairwise(super::SEED).0);
    let pairs_of = |rows: &[Row]| rows.iter().flat_map(|row| pairs(*row)).collect::<BTreeSet<_>>();
    assert_eq!(pairs_of(&rows[..needed]), pairs_of(&all()));
    assert!(needed >= 40 && rows.len() > needed, "{needed} of {}", rows.len());
    assert!(super::FEW.iter().all(|row| rows.contains(row)), "a row that can't be");
}
