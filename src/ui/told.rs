//! Nouns of operation as words on a screen: states, links, changes. Glyph, word and colour together.

use super::figure::latency;
use super::words::{Piece, Words};
use crate::domain::change::{Change, What};
use crate::domain::link::Means;
use crate::domain::{HostName, Link, Moment, ServiceName, State, UnitName, Verdict};
use crate::style::{Glyphs, Role};

/// The glyph of a state in its colour.
pub fn mark(state: State, glyphs: &Glyphs) -> Words {
    Words::of(Role::state(state), glyphs.state(state))
}

/// A name with its state: the glyph always in colour, the name only when there is trouble.
pub fn named(name: &str, state: State, glyphs: &Glyphs) -> Words {
    let role = if state.is_trouble() { Role::state(state) } else { Role::Text };
    mark(state, glyphs).tail(role, format!(" {name}"))
}

/// The word of a verdict with its reason: `down (exit 1)`.
pub fn verdict(verdict: &Verdict) -> Words {
    let role = Role::state(verdict.state);
    let words = Words::of(role, verdict.state.word());
    if verdict.why.is_empty() || verdict.why == verdict.state.word() {
        words
    } else {
        words.text(role, " ").prose(role, &format!("({})", verdict.why))
    }
}

/// Where a link stands, in a few words, without the glyph.
pub fn link(link: &Link, heard: Option<Moment>) -> Words {
    match link {
        Link::Connecting { attempt: 1, .. } => Words::of(Role::Info, "connecting"),
        Link::Connecting { attempt, .. } => Words::of(Role::Info, format!("connecting, attempt {attempt}")),
        Link::Asking { .. } => Words::of(Role::Warn, "waits for your answer"),
        Link::Up { round_trip: Some(span), .. } => Words::of(Role::Quiet, latency(*span)),
        Link::Up { round_trip: None, .. } => Words::of(Role::Quiet, "up"),
        Link::Waiting { retry_at, why, .. } => {
            let words = Words::of(Role::Warn, why.short());
            let words = match heard {
                Some(heard) => words.gap(1).piece(Role::Warn, Piece::Age(heard)),
                None => words,
            };
            words.text(Role::Warn, ", again in ").piece(Role::Warn, Piece::Until(*retry_at))
        }
        Link::Stopped { why, .. } => Words::of(Role::Bad, why.short()).text(Role::Bad, ", needs you"),
    }
}

/// The glyph of a link in its colour.
pub fn link_mark(link: &Link, glyphs: &Glyphs) -> Words {
    match link {
        Link::Up { .. } => Words::of(Role::Good, glyphs.link),
        Link::Connecting { .. } => Words::of(Role::Info, glyphs.link_lost),
        Link::Asking { .. } | Link::Waiting { .. } => Words::of(Role::Warn, glyphs.link_lost),
        Link::Stopped { .. } => Words::of(Role::Bad, glyphs.no),
    }
}

/// The word of a line's level, by its priority of syslog.
pub fn level(priority: u8) -> &'static str {
    match priority {
        0..=2 => "fatal",
        3 => "error",
        4 => "warn",
        5 => "note",
        6 => "info",
        _ => "debug",
    }
}

/// How unit state arrives, in one or two words.
pub fn means(means: Option<&Means>) -> Words {
    match means {
        None => Words::of(Role::Faint, "not known yet"),
        Some(Means::Push) => Words::of(Role::Text, "push"),
        Some(Means::Sweep { every, .. }) => Words::of(Role::Warn, format!("sweep every {}s", every.as_secs())),
        Some(Means::None) => Words::of(Role::Quiet, "no systemd"),
    }
}

/// A change: whom it concerns, and what happened.
pub fn change(change: &Change, glyphs: &Glyphs) -> (Words, Words, Words) {
    let step = |from: &str, to: &str, role: Role| {
        Words::of(Role::Quiet, from).text(Role::Faint, format!(" {} ", glyphs.arrow)).text(role, to)
    };
    match &change.what {
        What::State { service, host, unit, from, to, why } => (
            subject(service, Some(host), unit.as_ref()),
            step(from.word(), to.word(), Role::state(*to)),
            Words::of(Role::Text, why.clone()),
        ),
        What::Restarted { service, host, unit } => {
            (subject(service, Some(host), Some(unit)), Words::of(Role::Info, "restarted"), Words::new())
        }
        What::LinkLost { host, why } => {
            (place(host), Words::of(Role::Unknown, "link lost"), Words::of(Role::Text, why.to_string()))
        }
        What::LinkUp { host } => (place(host), Words::of(Role::Good, "link up"), Words::new()),
        What::Rebooted { host } => (place(host), Words::of(Role::Warn, "rebooted"), Words::new()),
        What::Probe { service, host, probe, from, to } => (
            subject(service, host.as_ref(), None),
            step(from.word(), to.word(), Role::probe(*to)),
            Words::of(Role::Quiet, format!("probe {probe}")),
        ),
    }
}

fn subject(service: &ServiceName, host: Option<&HostName>, unit: Option<&UnitName>) -> Words {
    let mut words = Words::of(Role::Text, service.as_str());
    // The unit only says something new when it is not named like the service.
    if let Some(unit) = unit.filter(|unit| !unit.stem().ends_with(service.as_str()) || unit.suffix() != "service") {
        words = words.text(Role::Quiet, format!(" {unit}"));
    }
    match host {
        Some(host) => words.text(Role::Quiet, format!(" {host}")),
        None => words,
    }
}

fn place(host: &HostName) -> Words {
    Words::of(Role::Text, "host").text(Role::Quiet, format!(" {host}"))
}
