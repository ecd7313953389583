//! What a row of the hosts says, column by column, and the figures behind it.

use crate::domain::HostFacts;
use crate::domain::host::{ClockOffset, Disk};
use crate::state::{Fleet, HostRow};
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Words, figure, told};

/// The headings of the columns.
pub const HEADINGS: [&str; 8] = ["HOST", "LINK", "LOAD", "MEM", "DISK", "UP", "CLOCK", "TROUBLE"];

/// The cells of a row, in the order of the headings. With the glyph of the link in front of the name left out.
pub fn cells(fleet: &Fleet, row: &HostRow, glyphs: &Glyphs) -> [Words; 8] {
    let dash = || Words::of(Role::Faint, glyphs.none);
    let facts = row.facts.as_ref().map(|(facts, _)| facts);
    let dim = |words: Words| if row.link.is_up() { words } else { words.dimmed() };
    let load = facts.and_then(load).unwrap_or_else(dash);
    let memory = facts.and_then(|facts| facts.memory).and_then(percent).map_or_else(dash, memory_words);
    let disk = facts.and_then(|facts| fullest(&facts.disks)).map_or_else(dash, |disk| disk_words(disk, true));
    let up = row.facts.as_ref().and_then(|(facts, at)| uptime(facts, *at)).unwrap_or_else(dash);
    let offset = facts.and_then(|facts| facts.clock).map_or_else(dash, offset);
    let name = Words::of(Role::Text, row.host.name.as_str());
    [
        dim(name),
        told::link(&row.link, row.heard()),
        dim(load),
        dim(memory),
        dim(disk),
        dim(up),
        dim(offset),
        trouble(fleet, row, glyphs),
    ]
}

/// The load of the last minute and the number of cores: `0.42/4`.
pub fn load(facts: &HostFacts) -> Option<Words> {
    let [one, ..] = facts.load?;
    let Some(cores) = facts.cores.filter(|cores| *cores > 0) else {
        return Some(Words::of(Role::Text, format!("{one:.2}")));
    };
    let role = match one / cores as f32 {
        share if share >= 2.0 => Role::Bad,
        share if share >= 1.0 => Role::Warn,
        _ => Role::Text,
    };
    Some(Words::of(role, format!("{one:.2}")).text(Role::Quiet, format!("/{cores}")))
}

fn percent((total, free): (u64, u64)) -> Option<u64> {
    figure::used_percent(total, free)
}

/// Red from 95 %, yellow from 85 %.
pub fn fullness(percent: u64) -> Role {
    match percent {
        95.. => Role::Bad,
        85..95 => Role::Warn,
        _ => Role::Text,
    }
}

fn memory_words(percent: u64) -> Words {
    Words::of(fullness(percent), format!("{percent}%"))
}

/// How full a disk is, by space or inodes, whichever is worse.
pub fn disk_percent(disk: &Disk) -> u64 {
    let space = figure::used_percent(disk.total, disk.available).unwrap_or(0);
    space.max(figure::used_percent(disk.inodes, disk.inodes_free).unwrap_or(0))
}

/// The fullest disk.
pub fn fullest(disks: &[Disk]) -> Option<&Disk> {
    disks.iter().max_by_key(|disk| disk_percent(disk))
}

/// A disk in a few words: `91% /var`, and whether it is the inodes that run out.
pub fn disk_words(disk: &Disk, short: bool) -> Words {
    let space = figure::used_percent(disk.total, disk.available).unwrap_or(0);
    let inodes = figure::used_percent(disk.inodes, disk.inodes_free).unwrap_or(0);
    let percent = space.max(inodes);
    let words =
        Words::of(fullness(percent), format!("{percent}%")).text(Role::Quiet, format!(" {}", disk.mount.plain()));
    if inodes > space && (!short || inodes >= 85) { words.text(fullness(inodes), " inodes") } else { words }
}

/// Time since boot: the figure read, with the age of the reading added.
fn uptime(facts: &HostFacts, at: crate::domain::Moment) -> Option<Words> {
    let up = facts.uptime?;
    // An age counted from a moment before our own clock began can't be told as a moment.
    let words = match at.0.checked_sub(up) {
        Some(start) => Words::new().piece(Role::Quiet, Piece::Age(crate::domain::Moment(start))),
        None => Words::of(Role::Quiet, crate::domain::time::short(up)),
    };
    Some(words)
}

/// How far the host's clock is off, if that is more than the error of the measurement.
pub fn offset(clock: ClockOffset) -> Words {
    let role = match clock.millis.unsigned_abs() {
        1000.. => Role::Bad,
        100..1000 => Role::Warn,
        _ => Role::Quiet,
    };
    if clock.millis.abs() <= clock.error.max(1) {
        return Words::of(Role::Quiet, "ok");
    }
    let size = std::time::Duration::from_millis(clock.millis.unsigned_abs());
    let sign = if clock.millis < 0 { '-' } else { '+' };
    Words::of(role, format!("{sign}{}", figure::latency(size)))
}

/// Everything that a person should look at, in a few words.
pub fn trouble(fleet: &Fleet, row: &HostRow, glyphs: &Glyphs) -> Words {
    let mut parts: Vec<Words> = Vec::new();
    let warn = |text: String| Words::of(Role::Warn, text);
    let failed = fleet.unnamed_failures(row).count();
    if failed > 0 {
        parts.push(Words::of(Role::Bad, format!("{} failed", figure::count(failed, "unit"))));
    }
    if let Some((facts, _)) = &row.facts {
        if facts.oom_kills.is_some_and(|kills| kills > 0) {
            parts.push(oom(facts, row));
        }
        if facts.reboot.is_some() {
            parts.push(warn("reboot".to_owned()));
        }
        if let Some(clock) = facts.clock.filter(|clock| clock.millis.unsigned_abs() >= 100) {
            let off = std::time::Duration::from_millis(clock.millis.unsigned_abs());
            parts.push(warn(format!("clock off {}", figure::latency(off))));
        }
    }
    if let Some(crate::domain::link::Means::Sweep { .. }) = &row.means {
        parts.push(warn("no push".to_owned()));
    }
    if parts.is_empty() {
        return Words::of(Role::Faint, glyphs.none);
    }
    parts.into_iter().enumerate().fold(Words::new(), |words, (number, part)| {
        let comma = if number == 0 { "" } else { ", " };
        words.text(Role::Quiet, comma).then(part)
    })
}

/// How many processes were killed for want of memory, and when: a warning only where it was seen to happen.
pub fn oom(facts: &HostFacts, row: &HostRow) -> Words {
    let kills = facts.oom_kills.unwrap_or(0);
    match row.oom_at {
        Some(at) => Words::of(Role::Warn, format!("{kills} OOM, ")).piece(Role::Warn, Piece::AgeAgo(at)),
        None => Words::of(Role::Quiet, format!("{kills} OOM since boot")),
    }
}

/// Names of packages, as a list.
pub fn names(list: &[Foreign]) -> String {
    list.iter().map(Foreign::ident).collect::<Vec<_>>().join(" ")
}
