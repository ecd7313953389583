//! The lines of the detail pane of a host.

use super::cells::{disk_percent, disk_words, fullness, names, offset};
use super::state::State;
use crate::domain::change::What;
use crate::domain::link::{Link, Means};
use crate::domain::{BecomeRoot, HostFacts, Reach};
use crate::state::{Fleet, HostRow};
use crate::style::{Glyphs, Role};
use crate::ui::words::Piece;
use crate::ui::{Clock, Lines, Words, figure, graph, told};

/// The lines of the pane.
pub fn lines(state: &State, fleet: &Fleet, columns: usize, clock: Clock, glyphs: &Glyphs) -> Lines {
    let mut lines = Lines::new(columns, clock);
    let Some(row) = state.chosen(fleet) else { return lines };
    link_lines(&mut lines, row, glyphs);
    if let Some((facts, at)) = &row.facts {
        lines.space();
        facts_lines(&mut lines, facts, row, glyphs);
        lines.line(Words::new().piece(Role::Quiet, Piece::Read("read ", *at)));
    }
    let failed: Vec<_> = fleet.unnamed_failures(row).collect();
    if !failed.is_empty() {
        lines.space();
        lines.line(Words::of(Role::Quiet, "failed units that the site does not name"));
        for (unit, unit_row) in failed {
            let cause = unit_row.facts.cause();
            let mut words =
                Words::of(Role::Bad, format!("{} {unit}", glyphs.no)).text(Role::Quiet, format!(" {cause}"));
            if let Some(since) = unit_row.facts.inactive_enter {
                words = words.gap(1).piece(Role::Faint, Piece::Ago(since));
            }
            lines.line(words);
        }
    }
    services(&mut lines, fleet, row, glyphs);
    changes(&mut lines, fleet, row, glyphs);
    lines
}

fn link_lines(lines: &mut Lines, row: &HostRow, glyphs: &Glyphs) {
    let mark = told::link_mark(&row.link, glyphs).gap(1);
    match &row.link {
        Link::Up { since, round_trip, heard, .. } => {
            let words = mark.text(Role::Text, "up for ").piece(Role::Text, Piece::Age(*since));
            lines.pair("link", words);
            if let Some(round_trip) = round_trip {
                lines.pair("round trip", Words::of(Role::Text, figure::latency(*round_trip)));
            }
            // Counting these seconds while all is well would be noise.
            if heard.age(lines.clock.now.mono) > std::time::Duration::from_secs(60) {
                lines.pair("heard", Words::new().piece(Role::Warn, Piece::AgeAgo(*heard)));
            }
        }
        Link::Connecting { since, attempt } => {
            let words = mark.text(Role::Info, "connecting for ").piece(Role::Info, Piece::Age(*since));
            lines.pair("link", words.tail(Role::Quiet, format!(", attempt {attempt}")));
        }
        Link::Asking { since } => {
            let words = mark
                .then(Words::new().prose(Role::Warn, "waits for your answer for"))
                .gap(1)
                .piece(Role::Warn, Piece::Age(*since));
            lines.pair("link", words);
        }
        Link::Waiting { retry_at, attempt, why, .. } => {
            lines.pair("link", mark.then(Words::new().prose(Role::Warn, &why.to_string())));
            let words = Words::of(Role::Warn, "in ").piece(Role::Warn, Piece::Until(*retry_at));
            lines.pair("tried again", words.tail(Role::Quiet, format!(", attempt {}", attempt + 1)));
        }
        Link::Stopped { why, .. } => {
            lines.pair("link", mark.then(Words::new().prose(Role::Bad, &why.to_string())));
            lines.pair("tried again", Words::of(Role::Bad, "only when you say so"));
        }
    }
    if let Some(heard) = row.heard().filter(|_| !row.link.is_up()) {
        lines.pair("last heard", Words::new().piece(Role::Unknown, Piece::AgeAgo(heard)));
    }
    let reach = match &row.host.reach {
        Reach::Ssh(alias) => format!("ssh {}", alias.as_str()),
        Reach::Local => "this machine".to_owned(),
    };
    lines.pair("reached by", Words::of(Role::Text, reach));
    let root = match row.host.become_root {
        BecomeRoot::Sudo => "sudo",
        BecomeRoot::AlreadyRoot => "the login is root",
        BecomeRoot::Polkit => "polkit decides",
        BecomeRoot::Never => "never: only looked at",
    };
    lines.pair("root by", Words::of(Role::Text, root));
    lines.pair("state by", told::means(row.means.as_ref()));
    if let Some(Means::Sweep { because, .. }) = &row.means {
        lines.below(Words::new().prose(Role::Quiet, because));
    }
    if !row.host.tags.is_empty() {
        lines.pair("tags", Words::new().prose(Role::Text, &row.host.tags.join(" ")));
    }
}

fn facts_lines(lines: &mut Lines, facts: &HostFacts, row: &HostRow, glyphs: &Glyphs) {
    if !facts.system.is_empty() || !facts.kernel.is_empty() {
        lines.pair("system", Words::new().prose(Role::Text, &facts.system.plain()));
        let mut parts = vec![facts.kernel.plain()];
        parts.extend(facts.systemd.map(|version| format!("systemd {version}")));
        lines.below(Words::listed(Role::Quiet, &parts));
    }
    if let Some([one, five, fifteen]) = facts.load {
        let cores = facts.cores.map(|cores| format!(" on {}", figure::count(cores as usize, "core")));
        let words = Words::of(Role::Text, format!("{one:.2} {five:.2} {fifteen:.2}"));
        lines.pair("load", words.text(Role::Quiet, cores.unwrap_or_default()));
    }
    for (label, figures) in [("memory", facts.memory), ("swap", facts.swap)] {
        let Some((total, free)) = figures else { continue };
        let Some(percent) = figure::used_percent(total, free) else { continue };
        let role = fullness(percent);
        let words = graph::meter(percent, 10, role, glyphs).text(role, format!(" {percent:>2}%"));
        lines.pair(label, words.text(Role::Quiet, format!(" of {}", figure::bytes(total))));
    }
    let mut disks: Vec<_> = facts.disks.iter().collect();
    disks.sort_by_key(|disk| std::cmp::Reverse(disk_percent(disk)));
    for (number, disk) in disks.iter().enumerate() {
        let percent = disk_percent(disk);
        let words = graph::meter(percent, 10, fullness(percent), glyphs).gap(1).then(disk_words(disk, false));
        let words = words.tail(Role::Quiet, ",").text(Role::Quiet, format!(" {} free", figure::bytes(disk.available)));
        if number == 0 { lines.pair("disks", words) } else { lines.below(words) }
    }
    if let Some(uptime) = facts.uptime {
        lines.pair("booted", Words::of(Role::Text, format!("{} ago", crate::domain::time::short(uptime))));
    }
    match &facts.reboot {
        Some(packages) if packages.is_empty() => lines.pair("reboot", Words::of(Role::Warn, "asked for")),
        Some(packages) => {
            lines.pair("reboot", Words::new().prose(Role::Warn, &format!("asked for by {}", names(packages))));
        }
        None => {}
    }
    if let Some(kills) = facts.oom_kills.filter(|kills| *kills > 0) {
        let words = Words::of(Role::Text, format!("{kills} since boot"));
        let words = match row.oom_at {
            Some(at) => words.tail(Role::Warn, ",").text(Role::Warn, " the last ").piece(Role::Warn, Piece::AgeAgo(at)),
            None => words.tail(Role::Quiet, ",").text(Role::Quiet, " none since the console was opened"),
        };
        lines.pair("OOM kills", words);
    }
    if let Some(clock) = facts.clock {
        let words = offset(clock).text(Role::Quiet, format!(" (known to {} ms)", clock.error));
        lines.pair("clock", words);
    }
}

fn services(lines: &mut Lines, fleet: &Fleet, row: &HostRow, glyphs: &Glyphs) {
    let mut words = Words::new();
    for service in &fleet.services {
        let here = service.instances.iter().filter(|one| one.host.as_ref() == Some(&row.host.name));
        let Some(worst) = here.map(|one| one.verdict.state).max() else { continue };
        let space = if words.is_empty() { "" } else { "  " };
        let role = if worst.is_trouble() { Role::state(worst) } else { Role::Text };
        words = words.text(Role::state(worst), format!("{space}{}", glyphs.state(worst)));
        words = words.tail(role, format!(" {}", service.service.name));
    }
    if !words.is_empty() {
        lines.space();
        lines.pair("services", words);
    }
}

fn changes(lines: &mut Lines, fleet: &Fleet, row: &HostRow, glyphs: &Glyphs) {
    let here = |what: &What| match what {
        What::LinkLost { host, .. } | What::LinkUp { host } | What::Rebooted { host } => *host == row.host.name,
        What::State { .. } | What::Restarted { .. } | What::Probe { .. } => false,
    };
    let changes: Vec<_> = fleet.changes.iter().rev().filter(|change| here(&change.what)).take(6).collect();
    if changes.is_empty() {
        return;
    }
    lines.space();
    lines.line(Words::of(Role::Quiet, "its link since the console was opened"));
    for change in changes {
        let (_, what, why) = told::change(change, glyphs);
        lines.line(Words::of(Role::Faint, Clock::stamp(change.at)).gap(2).then(what).gap(1).then(why));
    }
}
