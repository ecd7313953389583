//! The band across the top: where we are in the environment's own colour, how the hosts are, what time it is.

use std::time::Duration;

use ratatui::layout::Rect;

use super::model::Model;
use crate::domain::lock::Stands;
use crate::domain::{Link, Moment};
use crate::state::HostRow;
use crate::style::Role;
use crate::ui::words::Piece;
use crate::ui::{Pen, Words, figure};

/// Columns of the name of who has the lock.
const HOLDER: usize = 12;

/// Draws the band.
pub fn view(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let environment = model.environment();
    let role = environment.map_or(Role::BandGrey, |environment| Role::band(environment.colour));
    pen.base(area, role);
    let room = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let left = place(model, pen, role);
    let used = pen.words(room.x, room.y, room.width, &left);
    let free = room.width.saturating_sub(used + 2);
    // What says the least goes first: the local time, then the names of hosts that are well, then the clock.
    for detail in [Detail::Full, Detail::OneClock, Detail::Folded, Detail::Lost] {
        let right = right(model, pen, role, detail);
        if right.width(pen.clock) <= usize::from(free) || detail == Detail::Lost {
            if detail.has_clock() && has_clock(model) {
                next_second(pen);
            }
            pen.words_right(room.x + used + 2, room.y, free, &right);
            return;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Every host by name, both clocks.
    Full,
    /// Without the local time.
    OneClock,
    /// Hosts that are well only counted.
    Folded,
    /// Without any clock.
    Lost,
}

impl Detail {
    fn has_clock(self) -> bool {
        matches!(self, Detail::Full | Detail::OneClock | Detail::Folded)
    }
}

/// With nothing open there is nothing to hold against the time.
fn has_clock(model: &Model) -> bool {
    model.clock && model.fleet.is_some()
}

fn place(model: &Model, pen: &Pen<'_>, role: Role) -> Words {
    let mut words = match model.environment() {
        None => Words::of(role, "quarterdeck"),
        Some(environment) => Words::of(role, environment.site.as_str())
            .text(Role::BandQuiet, format!(" {} ", pen.styles.glyphs.then))
            .text(role, environment.name.as_str().to_uppercase()),
    };
    if model.setup.drill.is_some() {
        words = words.gap(2).text(Role::Drill, " DRILL ");
    }
    // Who comes now can't begin what changes something.
    if let Some(lock) = model.conducted.locked() {
        let who = crate::text::truncate(&crate::text::Foreign::from(lock.holder.person.as_str()).plain(), HOLDER);
        let gone = if lock.stands == Stands::Reserved { ", gone" } else { "" };
        let told = match model.conducted.is_locked_by_left() {
            true => "your run is left open".to_owned(),
            false => format!("locked by {who}{gone}"),
        };
        words = words.gap(2).text(Role::BandWarn, told);
    }
    if model.setup.read_only {
        words = words.gap(2).text(Role::ReadOnly, " READ ONLY ");
    }
    words
}

fn right(model: &Model, pen: &Pen<'_>, role: Role, detail: Detail) -> Words {
    let mut words = Words::new();
    let hosts = model.fleet.as_ref().map(|fleet| fleet.hosts.as_slice()).unwrap_or_default();
    // Many hosts that are well need no names; those that are not stand there one by one.
    let fold = hosts.len() > 4 || matches!(detail, Detail::Folded | Detail::Lost);
    let up: Vec<&HostRow> = hosts.iter().filter(|row| row.link.is_up()).collect();
    if fold && !up.is_empty() {
        words = words.text(Role::BandGood, pen.styles.glyphs.link).text(role, format!(" {} up", up.len()));
    }
    for row in hosts.iter().filter(|row| !fold || !row.link.is_up()) {
        let gap = if words.is_empty() { 0 } else { 2 };
        words = words.gap(gap).then(host(model, row, pen, role));
    }
    if detail.has_clock() && has_clock(model) {
        let gap = if words.is_empty() { 0 } else { 2 };
        words = words.gap(gap).then(clock(model, pen, role, detail));
    }
    words
}

fn host(model: &Model, row: &HostRow, pen: &Pen<'_>, role: Role) -> Words {
    let glyphs = pen.styles.glyphs;
    let name = row.host.name.as_str();
    match &row.link {
        Link::Up { .. } => {
            let words = Words::of(Role::BandGood, glyphs.link).text(role, format!(" {name}"));
            match model.round_trips.get(&row.host.name) {
                Some(span) => words.text(Role::BandQuiet, format!(" {}", figure::latency(*span))),
                None => words,
            }
        }
        Link::Connecting { .. } => Words::of(Role::BandQuiet, glyphs.link_lost)
            .text(role, format!(" {name}"))
            .text(Role::BandQuiet, " connecting"),
        Link::Asking { .. } => {
            Words::of(Role::BandWarn, glyphs.link_lost).text(role, format!(" {name}")).text(Role::BandWarn, " asks you")
        }
        Link::Waiting { retry_at, .. } => {
            let words = Words::of(Role::BandWarn, glyphs.link_lost).text(role, format!(" {name}"));
            let words = match row.heard() {
                Some(heard) => words.text(Role::BandWarn, " lost ").piece(Role::BandWarn, Piece::Age(heard)),
                None => words.text(Role::BandWarn, " not reached"),
            };
            words.text(Role::BandWarn, ", again in ").piece(Role::BandWarn, Piece::Until(*retry_at))
        }
        Link::Stopped { why, .. } => Words::of(Role::BandBad, glyphs.no)
            .text(role, format!(" {name}"))
            .text(Role::BandBad, format!(" {}", why.short())),
    }
}

fn clock(model: &Model, pen: &Pen<'_>, role: Role, detail: Detail) -> Words {
    let now = pen.clock.now.wall;
    let utc = crate::ui::Clock::stamp(now);
    let words = Words::of(role, format!("{utc} UTC"));
    let Some(zone) = model.setup.zone.as_ref().filter(|_| detail == Detail::Full) else { return words };
    let local = now.to_zoned(zone.clone());
    if local.offset().seconds() == 0 {
        return words;
    }
    // Minutes are enough here: the seconds stand right beside it.
    words.text(Role::BandQuiet, local.strftime("  %H:%M %Z").to_string())
}

fn next_second(pen: &mut Pen<'_>) {
    let now = pen.clock.now;
    let next: Moment = now.beat(now.mono.after(Duration::from_nanos(1)));
    pen.changes_at(next);
}
