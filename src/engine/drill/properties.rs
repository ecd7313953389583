//! A simulated unit as systemd's D-Bus properties: same names, same types, same units of time.
//!
//! Names and types follow org.freedesktop.systemd1(5).

use std::collections::BTreeMap;

use zbus::Variant;

use super::machine::Machine;
use super::unit::SimUnit;

/// Properties of one interface.
pub type Properties = BTreeMap<&'static str, Variant<'static>>;

/// Interface that every unit has.
pub const UNIT: &str = "org.freedesktop.systemd1.Unit";

/// The path of the file that a unit would have.
pub fn fragment(unit: &str) -> String {
    format!("/etc/systemd/system/{unit}")
}

/// The unit file that `systemctl cat` would show.
pub fn file(unit: &SimUnit) -> String {
    let path = fragment(&unit.name);
    let description = &unit.description;
    if let Some(timer) = &unit.timer {
        let every = timer.every.as_secs();
        return format!(
            "# {path}\n[Unit]\nDescription={description}\n\n[Timer]\nOnUnitActiveSec={every}\n\n[Install]\nWantedBy=timers.target\n"
        );
    }
    let stem = unit.name.trim_end_matches(".service");
    let kind = if unit.oneshot { "oneshot" } else { "simple" };
    format!(
        "# {path}\n[Unit]\nDescription={description}\nAfter=network.target\n\n[Service]\nType={kind}\n\
         ExecStart=/usr/bin/{stem}\nRestart=on-failure\nRestartSec={}\n\n[Install]\nWantedBy=multi-user.target\n",
        unit.behaviour.restart_after.as_secs()
    )
}

/// The properties of one interface of a unit; `None` for an interface it does not have.
pub fn of(machine: &Machine, unit: &SimUnit, interface: &str) -> Option<Properties> {
    match interface.strip_prefix("org.freedesktop.systemd1.")? {
        "Unit" => Some(of_unit(unit)),
        "Service" if unit.name.ends_with(".service") => Some(of_service(unit)),
        "Timer" => unit.timer.as_ref().map(|timer| {
            Properties::from([
                ("Unit", timer.triggers.clone().into()),
                ("NextElapseUSecRealtime", timer.next.into()),
                ("NextElapseUSecMonotonic", timer.next.saturating_sub(machine.booted).into()),
                ("LastTriggerUSec", timer.last.into()),
                ("LastTriggerUSecMonotonic", timer.last.saturating_sub(machine.booted).into()),
                ("Result", "success".into()),
            ])
        }),
        _ => None,
    }
}

/// The type-specific interface of a unit.
pub fn own_interface(unit: &SimUnit) -> &'static str {
    if unit.name.ends_with(".timer") { "org.freedesktop.systemd1.Timer" } else { "org.freedesktop.systemd1.Service" }
}

fn of_unit(unit: &SimUnit) -> Properties {
    let none: Vec<String> = Vec::new();
    Properties::from([
        ("Id", unit.name.clone().into()),
        ("Names", vec![unit.name.clone()].into()),
        ("Description", unit.description.clone().into()),
        ("LoadState", "loaded".into()),
        ("ActiveState", unit.active.into()),
        ("SubState", unit.sub.into()),
        ("UnitFileState", if unit.enabled { "enabled" } else { "disabled" }.into()),
        ("CanStart", true.into()),
        ("CanStop", true.into()),
        ("CanReload", unit.behaviour.reloads.into()),
        ("UnitFilePreset", "enabled".into()),
        ("FragmentPath", fragment(&unit.name).into()),
        ("DropInPaths", none.clone().into()),
        ("StateChangeTimestamp", unit.state_change.into()),
        ("ActiveEnterTimestamp", unit.active_enter.into()),
        ("ActiveExitTimestamp", unit.exited_at.into()),
        ("InactiveEnterTimestamp", unit.inactive_enter.into()),
        ("InactiveExitTimestamp", unit.active_enter.into()),
        ("InvocationID", unit.invocation.to_vec().into()),
        ("NeedDaemonReload", false.into()),
        ("Requires", unit.needs.clone().into()),
        ("Wants", none.clone().into()),
        ("BindsTo", none.clone().into()),
        ("RequiredBy", none.clone().into()),
        ("WantedBy", unit.needed_by.clone().into()),
        ("BoundBy", none.into()),
        ("TriggeredBy", Vec::<String>::new().into()),
        ("Triggers", unit.timer.iter().map(|timer| timer.triggers.clone()).collect::<Vec<_>>().into()),
    ])
}

fn of_service(unit: &SimUnit) -> Properties {
    let running = unit.pid != 0;
    let accounted = |figure: u64| if running { figure } else { u64::MAX };
    Properties::from([
        ("Type", if unit.oneshot { "oneshot" } else { "simple" }.into()),
        ("Restart", "on-failure".into()),
        ("Result", unit.result.into()),
        ("MainPID", unit.pid.into()),
        ("ExecMainPID", unit.pid.into()),
        ("ExecMainCode", unit.exit.0.into()),
        ("ExecMainStatus", unit.exit.1.into()),
        ("ExecMainStartTimestamp", unit.active_enter.into()),
        ("ExecMainExitTimestamp", unit.exited_at.into()),
        ("NRestarts", unit.restarts.into()),
        ("StatusText", String::new().into()),
        ("MemoryCurrent", accounted(unit.memory).into()),
        ("CPUUsageNSec", accounted(unit.cpu).into()),
        ("TasksCurrent", accounted(unit.tasks).into()),
    ])
}

/// What changes when a unit changes, as `PropertiesChanged` tells it.
pub fn changing(all: Properties) -> Properties {
    const MOVING: [&str; 18] = [
        "UnitFileState",
        "ActiveState",
        "SubState",
        "StateChangeTimestamp",
        "ActiveEnterTimestamp",
        "ActiveExitTimestamp",
        "InactiveEnterTimestamp",
        "InactiveExitTimestamp",
        "InvocationID",
        "Result",
        "MainPID",
        "ExecMainPID",
        "ExecMainCode",
        "ExecMainStatus",
        "ExecMainExitTimestamp",
        "NRestarts",
        "NextElapseUSecRealtime",
        "LastTriggerUSec",
    ];
    all.into_iter().filter(|(name, _)| MOVING.contains(name)).collect()
}
