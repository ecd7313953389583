//! The one table that turns evidence into a state. Rows are tried from the top; the first that applies wins.

mod containers;

use jiff::Timestamp;

use super::link::Link;
use super::probe::ProbeVerdict;
use super::service::{Expected, RuntimeKind};
use super::state::{State, Verdict};
use super::unit::{Active, Load, UnitFacts};

/// How many automatic restarts within the window make a crash loop.
pub const LOOP_RESTARTS: u32 = 3;

/// Everything that is known of one instance.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The runtime of its service.
    pub runtime: RuntimeKind,
    /// What is expected of it.
    pub expected: Expected,
    /// How many of its containers are expected to run on its host, where the site says so.
    pub scale: Option<u32>,
    /// The link to its host.
    pub link: &'a Link,
    /// Whether its host was found to have no systemd that could be asked.
    pub no_systemd: bool,
    /// Its unit, if one was ever read.
    pub unit: Option<&'a UnitFacts>,
    /// Whether the unit was read since the link came up.
    pub current: bool,
    /// Automatic restarts within the last five minutes.
    pub recent_restarts: u32,
    /// Its probes: name, verdict, and the summary of the last answer (sanitised).
    pub probes: Vec<(&'a str, ProbeVerdict, String)>,
    /// The names of those that change their mind more often than not.
    pub flapping: Vec<&'a str>,
    /// Services it needs, with their states.
    pub needs: Vec<(&'a str, State)>,
}

/// Judges one instance.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    match evidence.runtime {
        RuntimeKind::Systemd => judge_unit(evidence),
        RuntimeKind::Http => judge_probes(evidence, None),
        RuntimeKind::Compose => containers::judge_containers(evidence),
    }
}

fn judge_unit(evidence: &Evidence<'_>) -> Verdict {
    if !evidence.link.is_up() {
        return Verdict::new(State::Unknown, link_reason(evidence.link));
    }
    let Some(unit) = evidence.unit.filter(|_| evidence.current) else {
        let why = if evidence.no_systemd { "its host has no systemd" } else { "not read yet" };
        return Verdict::new(State::Unknown, why);
    };
    let mut verdict = match unit.load {
        // What runs goes on when its file is gone, masked or broken: it is not down, and it can't be started again.
        Load::NotFound | Load::Masked | Load::BadSetting | Load::Error if unit.active.runs() => {
            runs_without_file(judge_active(evidence, unit), unit.load)
        }
        Load::NotFound if evidence.expected == Expected::Stopped => Verdict::new(State::Stopped, "no such unit"),
        Load::NotFound => Verdict::new(State::Down, "no such unit"),
        Load::Masked if evidence.expected == Expected::Stopped => Verdict::new(State::Stopped, "masked"),
        Load::Masked => Verdict::new(State::Down, "masked"),
        Load::BadSetting => Verdict::new(State::Down, "unit file has a bad setting"),
        Load::Error => Verdict::new(State::Down, "unit file can't be read"),
        Load::Loaded | Load::Merged | Load::Unknown => judge_active(evidence, unit),
    };
    verdict.since = match verdict.state {
        State::Up | State::Stopped | State::Down | State::Starting => since(unit),
        State::CrashLooping if unit.active == Active::Failed => since(unit),
        // The unit's own time is that of its process, which says nothing of when this began.
        State::CrashLooping | State::Degraded | State::Unknown => None,
    };
    verdict
}

/// The verdict on something that runs, when its unit file is no good any more; what is worse stays.
fn runs_without_file(verdict: Verdict, load: Load) -> Verdict {
    if verdict.state != State::Up {
        return verdict;
    }
    let why = match load {
        Load::NotFound => "runs, but its unit file is gone",
        Load::Masked => "runs, but is masked",
        Load::BadSetting => "runs, but its unit file has a bad setting",
        Load::Error => "runs, but its unit file can't be read",
        Load::Loaded | Load::Merged | Load::Unknown => return verdict,
    };
    Verdict::new(State::Degraded, why)
}

fn judge_active(evidence: &Evidence<'_>, unit: &UnitFacts) -> Verdict {
    let looping = evidence.recent_restarts >= LOOP_RESTARTS || unit.result.raw() == b"start-limit-hit";
    let waits_for_restart = unit.sub.raw().starts_with(b"auto-restart");
    match (unit.active, evidence.expected) {
        (Active::Failed, _) if looping => Verdict::new(State::CrashLooping, restarts_reason(evidence, unit)),
        (Active::Failed, _) => Verdict::new(State::Down, failed_reason(unit)),
        (Active::Activating, _)
            if waits_for_restart && evidence.recent_restarts > 1 || (looping && evidence.recent_restarts > 0) =>
        {
            Verdict::new(State::CrashLooping, restarts_reason(evidence, unit))
        }
        (Active::Activating, _) if waits_for_restart => {
            Verdict::new(State::Starting, format!("{}, restarts by itself", failed_reason(unit)))
        }
        (Active::Activating, Expected::Oneshot) => Verdict::new(State::Up, "running"),
        (Active::Activating, _) => Verdict::new(State::Starting, "starting"),
        (Active::Deactivating, Expected::Running) => Verdict::new(State::Starting, "stopping"),
        (Active::Deactivating, _) => Verdict::new(State::Up, "finishing"),
        (Active::Inactive, Expected::Stopped) => Verdict::new(State::Stopped, ""),
        (Active::Inactive, Expected::Oneshot) => Verdict::new(State::Up, "waits for its turn"),
        (Active::Inactive, Expected::Running) if is_waiting_helper(unit) => Verdict::new(State::Up, "done"),
        (Active::Inactive, Expected::Running) => Verdict::new(State::Down, "stopped"),
        (Active::Maintenance, _) => Verdict::new(State::Degraded, "under maintenance by systemd"),
        (Active::Active | Active::Reloading | Active::Refreshing, Expected::Stopped) => {
            Verdict::new(State::Degraded, "runs, but is expected to be stopped")
        }
        (Active::Active | Active::Reloading | Active::Refreshing, Expected::Running | Expected::Oneshot) => {
            judge_probes(evidence, Some(unit))
        }
        (Active::Unknown, _) => Verdict::new(State::Unknown, "systemd gave no state"),
    }
}

/// The last rows: it runs, so its probes, its restarts and what it needs decide.
fn judge_probes(evidence: &Evidence<'_>, unit: Option<&UnitFacts>) -> Verdict {
    let find = |wanted: ProbeVerdict| evidence.probes.iter().find(|(_, verdict, _)| *verdict == wanted);
    if evidence.recent_restarts >= LOOP_RESTARTS {
        return Verdict::new(
            State::CrashLooping,
            unit.map_or_else(String::new, |unit| restarts_reason(evidence, unit)),
        );
    }
    if let Some((name, _, summary)) = find(ProbeVerdict::Fail) {
        let state = if unit.is_some() { State::Degraded } else { State::Down };
        return Verdict::new(state, reason(name, summary));
    }
    if let Some(name) = evidence.flapping.first() {
        return Verdict::new(State::Degraded, format!("{name} flaps"));
    }
    let passes = evidence.probes.iter().filter(|(_, verdict, _)| *verdict == ProbeVerdict::Pass).count();
    if passes < evidence.probes.len() {
        let unsettled = [
            (ProbeVerdict::Error, "can't be asked"),
            (ProbeVerdict::Stale, "no fresh answer"),
            (ProbeVerdict::Inconclusive, "no answer yet"),
        ];
        for (verdict, words) in unsettled {
            if let Some((name, _, summary)) = find(verdict) {
                let why = if summary.is_empty() || verdict != ProbeVerdict::Error {
                    format!("{name}: {words}")
                } else {
                    reason(name, summary)
                };
                return Verdict::new(State::Unknown, why);
            }
        }
    }
    if passes == 0 {
        if unit.is_none() {
            return Verdict::new(State::Unknown, "has no probe to ask");
        }
        let down = evidence.needs.iter().find(|(_, state)| matches!(state, State::Down | State::CrashLooping));
        if let Some((name, state)) = down {
            return Verdict::new(State::Degraded, format!("needs {name}, which is {}", state.word()));
        }
    }
    Verdict::new(State::Up, "")
}

fn reason(name: &str, summary: &str) -> String {
    if summary.is_empty() { format!("{name} fails") } else { summary.to_owned() }
}

/// A unit that runs to its end is not down between two runs, whatever the site forgot to say of it.
fn is_waiting_helper(unit: &UnitFacts) -> bool {
    unit.oneshot && unit.result.raw() == b"success" && unit.exited_at.is_some()
}

/// Why a link proves nothing, in a few words; empty when it is up.
pub fn link_reason(link: &Link) -> String {
    match link {
        Link::Connecting { .. } => "connecting".to_owned(),
        Link::Asking { .. } => "waits for your answer".to_owned(),
        Link::Waiting { why, heard, .. } | Link::Stopped { why, heard } => {
            let what = if heard.is_some() { "host lost" } else { "not reached" };
            format!("{what}: {}", why.short())
        }
        Link::Up { .. } => String::new(),
    }
}

fn failed_reason(unit: &UnitFacts) -> String {
    let cause = unit.cause();
    if cause.is_empty() { "failed".to_owned() } else { cause }
}

fn restarts_reason(evidence: &Evidence<'_>, unit: &UnitFacts) -> String {
    let cause = failed_reason(unit);
    match evidence.recent_restarts {
        0 => cause,
        1 => format!("{cause}, 1 restart in 5m"),
        count => format!("{cause}, {count} restarts in 5m"),
    }
}

fn since(unit: &UnitFacts) -> Option<Timestamp> {
    let entered = match unit.active {
        Active::Active | Active::Reloading | Active::Refreshing => unit.active_enter,
        Active::Inactive | Active::Failed => unit.inactive_enter,
        Active::Activating | Active::Deactivating | Active::Maintenance | Active::Unknown => None,
    };
    entered.or(unit.state_change)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
