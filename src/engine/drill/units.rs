//! What `systemctl` of a simulated host prints for people: lists, status, dependencies.

use std::fmt::Write as _;

use globset::GlobBuilder;
use jiff::Timestamp;

use super::journalctl::Wish;
use super::machine::Machine;
use super::unit::SimUnit;

/// Units that these names and patterns mean; all of them where there are none.
fn meant<'a>(machine: &'a Machine, names: &[&str]) -> Vec<&'a SimUnit> {
    let matchers: Vec<_> = names.iter().filter_map(|name| GlobBuilder::new(name).build().ok()).collect();
    let full = |name: &str, unit: &str| unit == name || unit.strip_suffix(".service") == Some(name);
    let all = machine.units.values();
    all.filter(|unit| {
        names.is_empty()
            || names.iter().any(|name| full(name, &unit.name))
            || matchers.iter().any(|one| one.compile_matcher().is_match(&unit.name))
    })
    .collect()
}

/// `systemctl list-units`.
pub(super) fn listed(machine: &Machine, names: &[&str], arguments: &[&str]) -> String {
    let has = |flag: &str| arguments.contains(&flag);
    let state = arguments.iter().find_map(|word| word.strip_prefix("--state="));
    let state = if has("--failed") { Some("failed") } else { state };
    let kind = arguments.iter().find_map(|word| word.strip_prefix("--type="));
    let wanted = |unit: &&SimUnit| {
        state.is_none_or(|state| unit.active == state || unit.sub == state)
            && kind.is_none_or(|kind| unit.name.ends_with(&format!(".{kind}")))
            && (has("--all") || has("-a") || state.is_some() || unit.active != "inactive")
    };
    let units: Vec<&SimUnit> = meant(machine, names).into_iter().filter(wanted).collect();
    let wide = units.iter().map(|unit| unit.name.len()).max().unwrap_or(4).max(4);
    let bare = has("--no-legend");
    let mark = |unit: &SimUnit| match (has("--plain"), unit.active) {
        (true, _) => "",
        (false, "failed") => "● ",
        (false, _) => "  ",
    };
    let mut text = String::new();
    // Writing into a string can't fail.
    if !bare {
        let lead = if has("--plain") { "" } else { "  " };
        let _ = writeln!(text, "{lead}{:<wide$} LOAD   ACTIVE     SUB        DESCRIPTION", "UNIT");
    }
    for unit in &units {
        let (name, about) = (&unit.name, &unit.description);
        let _ = writeln!(text, "{}{name:<wide$} loaded {:<10} {:<10} {about}", mark(unit), unit.active, unit.sub);
    }
    if !bare {
        let _ = writeln!(text, "\n{} loaded units listed.", units.len());
    }
    text
}

/// `systemctl status`: with the status it leaves with; nothing when no unit is meant.
pub(super) fn status(machine: &Machine, names: &[&str], arguments: &[&str], wall: u64) -> (i32, String) {
    let units = meant(machine, names);
    let number = |word: &str| word.parse::<usize>().ok();
    let mut words = arguments.iter();
    let mut lines = 10;
    while let Some(word) = words.next() {
        let value = match *word {
            "-n" | "--lines" => words.next().copied().and_then(number),
            word => word.strip_prefix("--lines=").or_else(|| word.strip_prefix("-n")).and_then(number),
        };
        lines = value.unwrap_or(lines);
    }
    let mut text = String::new();
    for unit in &units {
        if !text.is_empty() {
            text.push('\n');
        }
        one(&mut text, machine, unit, lines, wall);
    }
    let all = !units.is_empty() && units.iter().all(|unit| unit.active == "active");
    let left = match (units.is_empty(), all) {
        (true, _) => 4,
        (false, true) => 0,
        (false, false) => 3,
    };
    (left, text)
}

fn one(text: &mut String, machine: &Machine, unit: &SimUnit, lines: usize, wall: u64) {
    let mark = match unit.active {
        "active" => "●",
        "failed" => "×",
        _ => "○",
    };
    let boot = if unit.enabled { "enabled" } else { "disabled" };
    let (name, about) = (&unit.name, &unit.description);
    let _ = writeln!(text, "{mark} {name} - {about}");
    let _ = writeln!(text, "     Loaded: loaded (/etc/systemd/system/{name}; {boot}; preset: enabled)");
    let why = if unit.result == "success" { String::new() } else { format!(" (Result: {})", unit.result) };
    let shown = if why.is_empty() { format!(" ({})", unit.sub) } else { why };
    let _ = writeln!(
        text,
        "     Active: {}{shown} since {}; {} ago",
        unit.active,
        moment(unit.state_change),
        ago(wall.saturating_sub(unit.state_change))
    );
    if unit.runs() {
        let _ = writeln!(text, "   Main PID: {} ({})", unit.pid, name.trim_end_matches(".service"));
        let _ = writeln!(text, "      Tasks: {}", unit.tasks);
        let _ = writeln!(text, "     Memory: {:.1}M", unit.memory as f64 / f64::from(1 << 20));
        let _ = writeln!(text, "        CPU: {:.3}s", unit.cpu as f64 / 1e9);
    }
    let count = lines.to_string();
    if let Ok(wish) = Wish::read(&["-u", name, "-n", &count], wall) {
        let log = wish.answer(machine);
        if !log.is_empty() {
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(&log));
        }
    }
}

/// `systemctl list-dependencies`.
pub(super) fn dependencies(machine: &Machine, names: &[&str], reverse: bool) -> String {
    let mut text = String::new();
    for unit in meant(machine, names) {
        let _ = writeln!(text, "{}", unit.name);
        let others = if reverse { &unit.needed_by } else { &unit.needs };
        for other in others {
            let runs = machine.units.get(other).is_none_or(|unit| unit.active == "active");
            let _ = writeln!(text, "{} ├─{other}", if runs { "●" } else { "○" });
        }
    }
    text
}

/// A time stamp as systemd writes it for people.
fn moment(micros: u64) -> String {
    let at = i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
    at.map(|at| at.strftime("%a %Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

fn ago(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}min", seconds / 60),
        3600..86_400 => format!("{}h {}min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}
