//! Faults on demand, for the tests of jobs; a build without debug assertions has none.
//!
//! `QD_FAULT_JOBS` names where the program is killed (`abort-before`, `abort-sent`, `abort-result`), or where what
//! begins a job on its host is (`claimed`, `ready`, `started`). `impatient` waits for hosts that are away for two seconds.

use std::time::Duration;

use crate::runtimes::job::Fault;

fn wanted() -> Option<String> {
    std::env::var("QD_FAULT_JOBS").ok().filter(|_| cfg!(debug_assertions))
}

/// Ends the program at once, if that was asked for here.
pub(super) fn strike(place: &str) {
    if wanted().is_some_and(|wanted| wanted == place) {
        std::process::abort();
    }
}

/// How long a host that is away is waited for: two seconds where `impatient` was asked for.
pub(crate) fn patience(bound: Duration) -> Duration {
    if wanted().is_some_and(|wanted| wanted == "impatient") { Duration::from_secs(2) } else { bound }
}

/// Where what runs on the host is killed.
pub(super) fn on_host() -> Option<Fault> {
    match wanted()?.as_str() {
        "claimed" => Some(Fault::Claimed),
        "ready" => Some(Fault::Ready),
        "started" => Some(Fault::Started),
        _ => None,
    }
}
