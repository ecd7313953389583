//! What stands above the lines: what is read, what passes, how many, what is missing, and how each host stands.

use super::columns;
use super::line::is_silent;
use super::sight::Sight;
use super::state::{Place, Shows, State};
use jiff::Timestamp;

use crate::domain::fact::size_told;
use crate::domain::time::short;
use crate::input::Action;
use crate::port::log::{Since, TailState};
use crate::state::logs::{HostLog, Order, Reading};
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::{Words, figure, told};

/// The names of keys.
pub type Keys<'a> = &'a dyn Fn(Action) -> String;

/// What is read and since when.
pub fn what(sight: &Sight<'_>) -> Words {
    let (what, place) = sight.reading.scope.title(sight.fleet);
    let words = Words::of(Role::Strong, what).text(Role::Quiet, format!(" {place}"));
    match sight.reading.since {
        Since::Newest(_) => words,
        Since::Ago(_) | Since::At(_) | Since::Boot | Since::Head => {
            words.text(Role::Quiet, format!(", {}", since_word(sight.reading)))
        }
    }
}

/// How a span of time is called: to the second where one was said.
fn since_word(reading: &Reading) -> String {
    let told = |at: Timestamp, format: &str| at.strftime(format).to_string();
    let stamp = |at: Timestamp| told(at, if at.as_second() % 60 == 0 { "%m-%d %H:%M" } else { "%m-%d %H:%M:%S" });
    let last = |span: std::time::Duration| match span.as_secs() {
        hours if hours >= 3600 && hours % 3600 == 0 => format!("last {}h", hours / 3600),
        minutes if minutes % 60 == 0 => format!("last {}m", minutes / 60),
        _ => format!("last {}", short(span)),
    };
    let day = |at: Timestamp| told(at, "%Y-%m-%d");
    match (reading.since, reading.until) {
        (Since::Newest(lines), _) => format!("newest {lines}"),
        (Since::Head, _) => "from the beginning".to_owned(),
        (Since::Boot, _) => "since boot".to_owned(),
        (Since::At(at), None) => format!("since {} UTC", stamp(at)),
        (Since::At(at), Some(until)) if day(at) == day(until) => {
            let end = stamp(until);
            let end = end.split_once(' ').map_or(end.as_str(), |(_, time)| time);
            format!("{} to {end} UTC", stamp(at))
        }
        (Since::At(at), Some(until)) => format!("{} to {} UTC", stamp(at), stamp(until)),
        (Since::Ago(span), None) => last(span),
        (Since::Ago(span), Some(until)) => format!("{} until {} UTC", last(span), stamp(until)),
    }
}

/// What passes, without what is looked for.
pub fn level(state: &State, sight: &Sight<'_>) -> Words {
    let from = if sight.glyphs.is_ascii() { ">=" } else { "≥" };
    let least = state.base.least;
    let words = match least {
        7.. => Words::of(Role::Quiet, "all levels"),
        _ => Words::of(Role::Quiet, "level ").text(Role::level(least), format!("{from} {}", told::level(least))),
    };
    let only = [
        state.base.host.as_ref().map(ToString::to_string),
        state.base.unit.as_ref().map(|unit| unit.stem().to_owned()),
    ];
    let words = match state.base.span {
        Some((from, until)) => {
            let told = |at: i64| jiff::Timestamp::from_microsecond(at).unwrap_or_default().strftime("%H:%M:%S");
            words.gap(2).text(Role::Quiet, "only ").text(Role::Key, format!("{} to {}", told(from), told(until)))
        }
        None => words,
    };
    only.into_iter().flatten().fold(words, |words, name| words.gap(2).text(Role::Quiet, "only ").text(Role::Key, name))
}

/// What is looked for, when it is not being typed.
pub fn find(state: &State) -> Words {
    let Some(query) = &state.query else { return Words::new() };
    Words::of(Role::Quiet, "query ").text(Role::Key, Foreign::from(query.text()).plain())
}

/// What is shown besides the lines that pass.
fn shows(state: &State) -> Option<String> {
    match state.shows {
        _ if state.query.is_none() => None,
        Shows::Found => None,
        Shows::Around(1) => Some("1 line around".to_owned()),
        Shows::Around(lines) => Some(format!("{lines} lines around")),
        Shows::All => Some("with all others".to_owned()),
    }
}

/// Whether it moves.
pub fn mode(state: &State, sight: &Sight<'_>) -> Words {
    match state.place {
        // Nothing new comes into a span that has an end.
        Place::Following if !state.follows() || sight.reading.until.is_some() => Words::of(Role::Quiet, "span alone"),
        Place::Following => Words::of(Role::Info, "following"),
        Place::Held { .. } => {
            let fresh = state.fresh(sight.reading);
            let words = Words::of(Role::Warn, "paused");
            if fresh == 0 {
                words
            } else {
                words.text(Role::Strong, format!("  {} new", figure::grouped(fresh as u64)))
            }
        }
    }
}

/// How many lines pass, what is lost, and how the hosts stand that don't just follow.
pub fn counts(state: &State, sight: &Sight<'_>) -> Words {
    let store = &sight.reading.store;
    // Rows about what is missing are no lines.
    let lines = |order: &Order| order.len().saturating_sub(store.loss_rows());
    // What is missing passes all of a filter but its span.
    let counted = store.tally().total();
    let passing =
        |order: &Order| if state.base.span.is_some() { usize::try_from(counted).unwrap_or(0) } else { lines(order) };
    let (all, shown) = (lines(store.all()), passing(state.shown(sight.reading)));
    let number = |count: usize| figure::grouped(count as u64);
    let mut words = Words::new();
    if let Some(hits) = store.hits() {
        words = words.text(Role::Text, number(passing(hits))).text(Role::Quiet, format!(" of {} lines", number(all)));
    } else if shown < all {
        words = words.text(Role::Text, number(shown)).text(Role::Quiet, format!(" of {} lines", number(all)));
    } else {
        words = words.text(Role::Quiet, if all == 1 { "1 line".to_owned() } else { format!("{} lines", number(all)) });
    }
    let errors = store.tally().counts().errors;
    if errors > 0 {
        words = words.text(Role::Quiet, ", ").text(Role::level(3), figure::count(errors as usize, "error"));
    }
    if let Some(shows) = shows(state) {
        words = words.text(Role::Quiet, format!(", {shows}"));
    }
    if store.is_looking() {
        words = words.text(Role::Info, ", looking");
    }
    let dot = format!("  {}  ", sight.glyphs.dot);
    for told in columns::left_out(state, sight) {
        words = words.text(Role::Faint, dot.clone()).text(Role::Quiet, told);
    }
    let loss = store.loss();
    let lost = match (loss.lines, loss.unsure) {
        (0, 0) => Words::of(Role::Quiet, "0 lost"),
        (lines, 0) => Words::of(Role::Warn, format!("{} lost", figure::grouped(lines))),
        (lines, unsure) => {
            let gaps = figure::count(usize::try_from(unsure).unwrap_or(usize::MAX), "gap");
            Words::of(Role::Warn, format!("{} lost, {gaps} not counted", figure::grouped(lines)))
        }
    };
    words = words.text(Role::Faint, dot.clone()).then(lost);
    if store.evicted() > 0 {
        words = words.text(Role::Faint, dot.clone());
        let (gone, cap) = (figure::grouped(store.evicted()), size_told(store.cap() as u64));
        words = words.text(Role::Quiet, format!("{gone} let go beyond {cap}"));
    }
    if store.late() > 0 {
        words = words.text(Role::Faint, dot.clone());
        words = words.text(Role::Quiet, format!("{} {} late", sight.glyphs.late, figure::grouped(store.late())));
    }
    for host in store.hosts() {
        let standing = standing(host);
        if !standing.is_empty() {
            words = words.text(Role::Faint, dot.clone()).then(standing);
        }
    }
    let silent: Vec<&str> =
        store.hosts().iter().filter(|host| is_silent(store, host)).map(|host| host.name.as_str()).collect();
    if !silent.is_empty() && !store.all().is_empty() {
        let silent = if silent.len() > 3 { format!("{} hosts", silent.len()) } else { silent.join(", ") };
        words = words.text(Role::Faint, dot.clone()).text(Role::Warn, format!("no lines of {silent}"));
    }
    for host in store.hosts() {
        // The lanes of a host have one clock.
        let is_first = store.hosts().iter().find(|one| one.hue == host.hue).is_some_and(|one| one.place == host.place);
        if let Some(offset) = host.clock.offset().filter(|_| is_first) {
            let ahead = if offset.millis > 0 { '+' } else { '-' };
            let seconds = offset.millis.unsigned_abs() as f64 / 1000.0;
            words = words.text(Role::Faint, dot.clone());
            words = words.text(Role::Quiet, format!("{} clock {ahead}{seconds:.1}s, corrected", host.name));
        }
    }
    words
}

/// How a host stands; nothing where it just follows, or where a sentence of its own says more.
fn standing(host: &HostLog) -> Words {
    let name = host.called();
    match &host.state {
        None => Words::of(Role::Quiet, format!("{name} asked")),
        Some(TailState::Reading) => Words::of(Role::Info, format!("{name} reading")),
        Some(TailState::NoLink) => Words::of(Role::Warn, format!("{name} no link")),
        Some(TailState::Refused(_)) => Words::of(Role::Bad, format!("{name} refused")),
        Some(TailState::Limited(_) | TailState::Missing(_)) => Words::of(Role::Warn, format!("{name} in part")),
        Some(TailState::Following | TailState::Ended) => Words::new(),
    }
}

/// Sentences of hosts whose log can't be read, or not all of it.
pub fn notes(sight: &Sight<'_>) -> Vec<Words> {
    let mut notes = Vec::new();
    for host in sight.reading.store.hosts() {
        let (role, why) = match &host.state {
            Some(TailState::Refused(why)) => (Role::Bad, why),
            Some(TailState::Limited(why) | TailState::Missing(why)) => (Role::Warn, why),
            Some(TailState::Reading | TailState::Following | TailState::Ended | TailState::NoLink) | None => continue,
        };
        notes.push(Words::of(role, format!("{}: ", host.called())).text(Role::Text, why.plain()));
    }
    notes
}

/// Why there are no lines, as sentences.
pub fn absence(state: &State, sight: &Sight<'_>, keys: Keys<'_>) -> Vec<Words> {
    let (reading, store) = (sight.reading, &sight.reading.store);
    if let Some(why) = reading.scope.nothing(sight.fleet) {
        return vec![Words::new().prose(Role::Quiet, &why)];
    }
    if !store.all().is_empty() {
        if store.is_looking() {
            return vec![Words::of(Role::Quiet, "Nothing was found yet; older lines are being looked at.")];
        }
        let back = Words::of(Role::Key, keys(Action::Back)).text(Role::Quiet, " shows them all again.");
        let total = figure::grouped(store.all().len() as u64);
        if let Some(mistake) = state.mistake.as_ref().filter(|_| state.typing) {
            // What is typed was asked of no line: that none passes it nobody knows.
            let what = format!("What is typed can't be read yet: {}.", mistake.what.trim_end_matches('.'));
            let before = format!("None of the {total} lines passes what was looked for before it. ");
            return vec![Words::of(Role::Warn, what), Words::of(Role::Quiet, before)];
        }
        let none = format!("None of the {total} lines passes. ");
        return vec![Words::of(Role::Quiet, none).then(back)];
    }
    let states: Vec<Option<&TailState>> = store.hosts().iter().map(|host| host.state.as_ref()).collect();
    let all_are = |wanted: fn(&TailState) -> bool| states.iter().all(|state| state.is_some_and(wanted));
    if all_are(|state| matches!(state, TailState::NoLink)) {
        let words = "No host can be reached just now. Reading begins by itself when a link is back.";
        return vec![Words::new().prose(Role::Unknown, words)];
    }
    if all_are(|state| matches!(state, TailState::Refused(_))) {
        return vec![Words::of(Role::Quiet, "No log can be read; why not stands above.")];
    }
    let pending = |state: &Option<&TailState>| matches!(state, None | Some(TailState::Reading));
    if states.iter().any(pending) {
        return vec![Words::new().prose(Role::Quiet, &format!("Reading {} …", reading.since_words()))];
    }
    // Of what could not be read nobody knows.
    let is_whole = all_are(|state| matches!(state, TailState::Following | TailState::Ended));
    let whose = if is_whole { "" } else { " as far as it could be read" };
    match reading.since {
        Since::Newest(_) | Since::Head | Since::Boot => {
            let nothing = format!("Nothing of this stands in the logs yet{whose}. What comes is shown at once.");
            vec![Words::new().prose(Role::Quiet, &nothing)]
        }
        Since::Ago(_) | Since::At(_) => vec![
            Words::new().prose(Role::Quiet, &format!("Nothing was written{whose}: {}.", reading.since_words())),
            Words::of(Role::Key, keys(Action::SinceHour))
                .text(Role::Quiet, " reads the last hour, ")
                .text(Role::Key, keys(Action::SinceTail))
                .text(Role::Quiet, " the newest lines however old they are."),
        ],
    }
}
