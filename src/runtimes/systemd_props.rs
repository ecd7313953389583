//! The properties of a unit, from the bus or from `systemctl show`, and the facts that they add up to.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::systemd_time::from_micros;
use crate::domain::UnitName;
use crate::domain::unit::{Active, Exit, Load, SocketFacts, TimerFacts, UnitFacts, Usage};
use crate::text::Foreign;

/// The shape of a property that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One text.
    Text,
    /// A whole number.
    Number,
    /// Yes or no.
    Truth,
    /// Several texts.
    List,
    /// Kinds and addresses of a socket.
    Listen,
    /// Sixteen bytes.
    Id,
    /// Microseconds since the epoch.
    Time,
    /// Microseconds on the host's monotonic clock, or a span of them: `systemctl` prints either as a span.
    Monotonic,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Prop {
    /// One text.
    Text(Vec<u8>),
    /// A whole number, a time in microseconds included.
    Number(u64),
    /// A whole number with a sign.
    Signed(i64),
    /// Yes or no.
    Truth(bool),
    /// Several texts.
    List(Vec<Vec<u8>>),
}

/// Every property that is read, with its shape. `systemctl show` is asked for exactly these.
pub const KNOWN: [(&str, Shape); 52] = [
    ("Id", Shape::Text),
    ("Description", Shape::Text),
    ("LoadState", Shape::Text),
    ("ActiveState", Shape::Text),
    ("SubState", Shape::Text),
    ("UnitFileState", Shape::Text),
    ("FragmentPath", Shape::Text),
    ("DropInPaths", Shape::List),
    ("NeedDaemonReload", Shape::Truth),
    ("InvocationID", Shape::Id),
    ("StateChangeTimestamp", Shape::Time),
    ("StateChangeTimestampMonotonic", Shape::Number),
    ("ActiveEnterTimestamp", Shape::Time),
    ("InactiveEnterTimestamp", Shape::Time),
    ("Requires", Shape::List),
    ("Wants", Shape::List),
    ("BindsTo", Shape::List),
    ("RequiredBy", Shape::List),
    ("WantedBy", Shape::List),
    ("BoundBy", Shape::List),
    ("Triggers", Shape::List),
    ("Type", Shape::Text),
    ("Result", Shape::Text),
    ("StatusText", Shape::Text),
    ("MainPID", Shape::Number),
    ("NRestarts", Shape::Number),
    ("ExecMainCode", Shape::Number),
    ("ExecMainStatus", Shape::Number),
    ("ExecMainExitTimestamp", Shape::Time),
    ("Unit", Shape::Text),
    ("LastTriggerUSec", Shape::Time),
    ("LastTriggerUSecMonotonic", Shape::Monotonic),
    ("NextElapseUSecRealtime", Shape::Time),
    ("NextElapseUSecMonotonic", Shape::Monotonic),
    ("Listen", Shape::Listen),
    ("NAccepted", Shape::Number),
    ("NConnections", Shape::Number),
    ("MemoryCurrent", Shape::Number),
    ("CPUUsageNSec", Shape::Number),
    ("TasksCurrent", Shape::Number),
    ("ActiveEnterTimestampMonotonic", Shape::Number),
    ("InactiveExitTimestamp", Shape::Time),
    ("InactiveExitTimestampMonotonic", Shape::Number),
    ("RequisiteOf", Shape::List),
    ("ConsistsOf", Shape::List),
    ("PropagatesStopTo", Shape::List),
    ("TriggeredBy", Shape::List),
    ("CanStart", Shape::Truth),
    ("CanStop", Shape::Truth),
    ("CanReload", Shape::Truth),
    ("TimeoutStartUSec", Shape::Monotonic),
    ("TimeoutStopUSec", Shape::Monotonic),
];

/// The known property of this name.
pub fn known(name: &str) -> Option<(&'static str, Shape)> {
    KNOWN.iter().find(|(known, _)| *known == name).copied()
}

/// What was read of one unit. Later values replace earlier ones; nothing is interpreted before [`Self::facts`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties(BTreeMap<&'static str, Prop>);

impl Properties {
    /// Takes a value; a name that we do not know is left out.
    pub fn set(&mut self, name: &str, value: Prop) {
        if let Some((known, _)) = known(name) {
            self.0.insert(known, value);
        }
    }

    /// Takes every value of `other`.
    pub fn merge(&mut self, other: Properties) {
        self.0.extend(other.0);
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text property has this value.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.bytes(name) == value.as_bytes()
    }

    /// The name under which systemd keeps the unit, when it is a valid one.
    pub fn id(&self) -> Option<UnitName> {
        UnitName::new(std::str::from_utf8(self.bytes("Id")).ok()?)
    }

    fn bytes(&self, name: &str) -> &[u8] {
        match self.0.get(name) {
            Some(Prop::Text(bytes)) => bytes,
            Some(Prop::Number(_) | Prop::Signed(_) | Prop::Truth(_) | Prop::List(_)) | None => &[],
        }
    }

    fn text(&self, name: &str) -> Foreign {
        Foreign::from(self.bytes(name))
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Prop::Number(number)) => Some(*number),
            Some(Prop::Signed(number)) => u64::try_from(*number).ok(),
            Some(Prop::Text(_) | Prop::Truth(_) | Prop::List(_)) | None => None,
        }
    }

    fn small(&self, name: &str) -> u32 {
        self.number(name).and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
    }

    fn truth(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Prop::Truth(true)))
    }

    fn told(&self, name: &str) -> Option<bool> {
        match self.0.get(name) {
            Some(Prop::Truth(truth)) => Some(*truth),
            Some(Prop::Text(_) | Prop::Number(_) | Prop::Signed(_) | Prop::List(_)) | None => None,
        }
    }

    /// A limit of time; systemd writes "none" as the highest number, and `infinity` is read as zero.
    fn limit(&self, name: &str) -> Option<Duration> {
        self.number(name).filter(|micros| *micros != 0 && *micros != u64::MAX).map(Duration::from_micros)
    }

    fn list(&self, names: &[&str]) -> Vec<Foreign> {
        let mut all = Vec::new();
        for name in names {
            if let Some(Prop::List(texts)) = self.0.get(name) {
                all.extend(texts.iter().map(Foreign::from));
            }
        }
        all.sort();
        all.dedup();
        all
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        self.number(name).and_then(from_micros)
    }

    /// Everything these properties say about the unit `name`.
    pub fn facts(&self, name: &UnitName) -> UnitFacts {
        UnitFacts {
            description: self.text("Description"),
            load: load(self.bytes("LoadState")),
            active: active(self.bytes("ActiveState")),
            sub: self.text("SubState"),
            file_state: self.text("UnitFileState"),
            fragment: self.text("FragmentPath"),
            drop_ins: self.list(&["DropInPaths"]),
            result: self.text("Result"),
            exit: self.exit(),
            main_pid: self.small("MainPID"),
            restarts: self.small("NRestarts"),
            oneshot: self.bytes("Type") == b"oneshot",
            state_change: self.time("StateChangeTimestamp"),
            active_enter: self.time("ActiveEnterTimestamp"),
            inactive_enter: self.time("InactiveEnterTimestamp"),
            exited_at: self.time("ExecMainExitTimestamp"),
            invocation: self.invocation(),
            status_text: self.text("StatusText"),
            needs_reload: self.truth("NeedDaemonReload"),
            needs: self.list(&["Requires", "Wants", "BindsTo"]),
            needed_by: self.list(&["RequiredBy", "WantedBy", "BoundBy"]),
            goes_with: self.list(&["RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo"]),
            triggered_by: self.list(&["TriggeredBy"]),
            can_start: self.told("CanStart"),
            can_stop: self.told("CanStop"),
            can_reload: self.told("CanReload"),
            start_limit: self.limit("TimeoutStartUSec"),
            stop_limit: self.limit("TimeoutStopUSec"),
            timer: (name.suffix() == "timer").then(|| self.timer()),
            socket: (name.suffix() == "socket").then(|| self.socket()),
            containers: None,
        }
    }

    /// What the unit uses; the highest number is systemd's way to say that it does not know.
    pub fn usage(&self) -> Usage {
        let known = |name| self.number(name).filter(|number| *number != u64::MAX);
        Usage {
            memory: known("MemoryCurrent"),
            cpu: known("CPUUsageNSec").map(Duration::from_nanos),
            tasks: known("TasksCurrent"),
            share: None,
        }
    }

    fn exit(&self) -> Exit {
        let status = self.number("ExecMainStatus").and_then(|status| i32::try_from(status).ok()).unwrap_or(0);
        match self.number("ExecMainCode") {
            Some(1) => Exit::Exited(status),
            Some(2) => Exit::Killed(status),
            Some(3) => Exit::Dumped(status),
            Some(_) | None => Exit::None,
        }
    }

    fn invocation(&self) -> String {
        let id = self.bytes("InvocationID");
        if id.len() == 32 && id.iter().all(u8::is_ascii_hexdigit) && id.iter().any(|byte| *byte != b'0') {
            String::from_utf8_lossy(id).into_owned()
        } else {
            String::new()
        }
    }

    fn timer(&self) -> TimerFacts {
        let monotonic = self.number("NextElapseUSecMonotonic").filter(|at| *at != 0 && *at != u64::MAX);
        let from_monotonic = monotonic.and_then(|at| from_micros(at.checked_add(self.boot()?)?));
        let next = match (self.time("NextElapseUSecRealtime"), from_monotonic) {
            (Some(wall), Some(boot)) => Some(wall.min(boot)),
            (wall, boot) => wall.or(boot),
        };
        let triggers = self.text("Unit");
        let triggers = if triggers.is_empty() { self.first("Triggers") } else { triggers };
        TimerFacts { last: self.time("LastTriggerUSec"), next, triggers }
    }

    /// Where the host's monotonic clock has its zero, in microseconds since the epoch: the newest pair of
    /// times that the unit itself carries on both clocks says so.
    fn boot(&self) -> Option<u64> {
        let pairs = [
            ("LastTriggerUSec", "LastTriggerUSecMonotonic"),
            ("StateChangeTimestamp", "StateChangeTimestampMonotonic"),
            ("ActiveEnterTimestamp", "ActiveEnterTimestampMonotonic"),
            ("InactiveExitTimestamp", "InactiveExitTimestampMonotonic"),
        ];
        let set = |name| self.number(name).filter(|at| *at != 0 && *at != u64::MAX);
        let both = pairs.into_iter().filter_map(|(wall, boot)| Some((set(boot)?, set(wall)?)));
        let (boot, wall) = both.max()?;
        wall.checked_sub(boot)
    }

    fn socket(&self) -> SocketFacts {
        SocketFacts {
            listen: self.list(&["Listen"]),
            accepted: self.small("NAccepted"),
            connections: self.small("NConnections"),
            triggers: self.first("Triggers"),
        }
    }

    fn first(&self, name: &str) -> Foreign {
        match self.0.get(name) {
            Some(Prop::List(texts)) => texts.first().map(Foreign::from).unwrap_or_default(),
            Some(Prop::Text(_) | Prop::Number(_) | Prop::Signed(_) | Prop::Truth(_)) | None => Foreign::default(),
        }
    }
}

fn load(word: &[u8]) -> Load {
    match word {
        b"loaded" => Load::Loaded,
        b"not-found" => Load::NotFound,
        b"bad-setting" => Load::BadSetting,
        b"error" => Load::Error,
        b"merged" => Load::Merged,
        b"masked" => Load::Masked,
        _ => Load::Unknown,
    }
}

fn active(word: &[u8]) -> Active {
    match word {
        b"active" => Active::Active,
        b"reloading" => Active::Reloading,
        b"inactive" => Active::Inactive,
        b"failed" => Active::Failed,
        b"activating" => Active::Activating,
        b"deactivating" => Active::Deactivating,
        b"maintenance" => Active::Maintenance,
        b"refreshing" => Active::Refreshing,
        _ => Active::Unknown,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(pairs: &[(&str, Prop)]) -> Properties {
        let mut properties = Properties::default();
        for (name, value) in pairs {
            properties.set(name, value.clone());
        }
        properties
    }

    #[test]
    fn a_timer_on_the_monotonic_clock_has_a_wall_time() {
        let name = UnitName::new("tick.timer").unwrap();
        let pairs = [
            ("StateChangeTimestamp", Prop::Number(1_795_238_667_798_147)),
            ("StateChangeTimestampMonotonic", Prop::Number(1_643_048_509)),
            ("NextElapseUSecMonotonic", Prop::Number(2_242_602_065)),
            ("NextElapseUSecRealtime", Prop::Number(0)),
        ];
        let timer = with(&pairs).facts(&name).timer.unwrap();
        assert_eq!(timer.next.unwrap().to_string(), "2026-11-21T05:34:27.351703Z");
        let mut both = with(&pairs);
        both.set("NextElapseUSecRealtime", Prop::Number(1_795_238_700_000_000));
        assert_eq!(both.facts(&name).timer.unwrap().next.unwrap().as_second(), 1_795_238_700, "the nearer one");
        let mut never = with(&pairs);
        never.set("NextElapseUSecMonotonic", Prop::Number(u64::MAX));
        assert_eq!(never.facts(&name).timer.unwrap().next, None);
    }

    #[test]
    fn the_end_of_the_main_process_is_told_apart() {
        let name = UnitName::new("a.service").unwrap();
        let exit = |code, status| {
            let code = with(&[("ExecMainCode", Prop::Signed(code)), ("ExecMainStatus", Prop::Signed(status))]);
            code.facts(&name).exit
        };
        assert_eq!(exit(0, 0), Exit::None);
        assert_eq!(exit(1, 203), Exit::Exited(203));
        assert_eq!(exit(2, 9), Exit::Killed(9));
        assert_eq!(exit(3, 11), Exit::Dumped(11));
    }

    #[test]
    fn what_is_bound_to_a_unit_goes_with_it_and_what_wants_it_does_not() {
        let name = UnitName::new("db.service").unwrap();
        let list = |word: &str| Prop::List(vec![word.into()]);
        let facts = with(&[
            ("RequiredBy", list("web.service")),
            ("BoundBy", list("cache.service")),
            ("ConsistsOf", list("exporter.service")),
            ("WantedBy", list("multi-user.target")),
            ("TriggeredBy", list("db.socket")),
            ("CanReload", Prop::Truth(false)),
            ("TimeoutStartUSec", Prop::Number(90_000_000)),
            ("TimeoutStopUSec", Prop::Number(u64::MAX)),
        ])
        .facts(&name);
        let words: Vec<String> = facts.goes_with.iter().map(Foreign::plain).collect();
        assert_eq!(words, ["cache.service", "exporter.service", "web.service"]);
        assert_eq!(facts.triggered_by, [Foreign::from("db.socket")]);
        assert_eq!((facts.can_start, facts.can_reload), (None, Some(false)));
        assert_eq!((facts.start_limit, facts.stop_limit), (Some(Duration::from_secs(90)), None));
    }

    #[test]
    fn usage_not_accounted_is_none() {
        let usage = with(&[("MemoryCurrent", Prop::Number(u64::MAX)), ("TasksCurrent", Prop::Number(3))]).usage();
        assert_eq!(usage, Usage { tasks: Some(3), ..Usage::default() });
    }

    #[test]
    fn an_invocation_of_zeros_is_none() {
        let name = UnitName::new("a.service").unwrap();
        let id = |text: &str| with(&[("InvocationID", Prop::Text(text.into()))]).facts(&name).invocation;
        assert_eq!(id("00000000000000000000000000000000"), "");
        assert_eq!(id("fe270c4f9a6c4e77b46abaaf9bb071c3"), "fe270c4f9a6c4e77b46abaaf9bb071c3");
        assert_eq!(id("fe27"), "");
    }
}
