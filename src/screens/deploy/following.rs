//! What follows a release on the last page: each checklist with its due time, each item with how it stands, and of the one
//! under the cursor everything that was said of it.

use std::time::Duration;

use super::list::Line;
use super::sight::Sight;
use crate::domain::release::{FollowUp, Followed, Follows, Said, SeenBy};
use crate::domain::time::short;
use crate::input::Action;
use crate::state::deploy::{Following, Wizard};
use crate::state::releases::{NOT_ITS_RUN, claims, due_told, runs_now, whose};
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Lines, Words};

/// Columns of the keys before what they do.
const KEYS: usize = 7;
/// Of what was said of an item, so much is shown.
const SAID: usize = 20;
/// From this width on an item has room for who said it.
const WIDE: usize = 56;

/// The items of the release that the page is about.
pub(super) fn all<'a>(wizard: Wizard<'a>, sight: &Sight<'a>) -> Vec<Following<'a>> {
    wizard.following(sight.known.releases.as_ref(), sight.clock.now.wall)
}

fn mark(stands: Follows<'_>, glyphs: &Glyphs) -> (&'static str, Role) {
    match stands {
        Follows::Open => (glyphs.states[1], Role::Quiet),
        Follows::Overdue => (glyphs.alarm, Role::Warn),
        Follows::Said(one) => match one.said {
            Said::Well => (glyphs.yes, Role::RunGood),
            Said::Bad => (glyphs.no, Role::RunBad),
            Said::Unknown => (glyphs.states[4], Role::RunUnknown),
        },
    }
}

/// What a checklist is called behind the words that make it one.
fn name(list: &FollowUp) -> String {
    let title = list.title.plain();
    let begin = title.to_lowercase().find("follow").unwrap_or(0);
    let rest = title.get(begin..).and_then(|rest| rest.split_once([':', ',']));
    let rest = rest.map(|(_, rest)| rest.trim()).filter(|rest| !rest.is_empty());
    let mut chars = rest.unwrap_or(&title).chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `Follow-up 3 of 12 well · 1 overdue`.
pub(super) fn title(items: &[Following<'_>]) -> Words {
    let of = |is: &dyn Fn(Follows<'_>) -> bool| items.iter().filter(|one| is(one.stands)).count();
    let said = |wanted: Said| move |stands: Follows<'_>| stands.said().is_some_and(|one| one.said == wanted);
    let well = of(&said(Said::Well));
    let role = if well == items.len() { Role::Good } else { Role::Quiet };
    let mut words = Words::of(Role::Strong, "Follow-up").text(role, format!(" {well} of {} well", items.len()));
    let told = [
        (of(&|stands| stands == Follows::Overdue), Role::Warn, "overdue"),
        (of(&said(Said::Bad)), Role::Bad, "not well"),
        (of(&said(Said::Unknown)), Role::Unknown, "unknown"),
    ];
    for (count, role, word) in told.into_iter().filter(|(count, ..)| *count > 0) {
        words = words.text(Role::Quiet, " · ").text(role, format!("{count} {word}"));
    }
    words
}

/// The rows of the list.
pub(super) fn lines(items: &[Following<'_>], sight: &Sight<'_>, columns: usize) -> Vec<Line> {
    let now = sight.clock.now.wall;
    let mut lines = Vec::new();
    let mut list: Option<&FollowUp> = None;
    for one in items {
        if list != Some(one.list) {
            list = Some(one.list);
            let late = items.iter().any(|other| other.list == one.list && other.stands == Follows::Overdue);
            let is_done = items.iter().filter(|other| other.list == one.list).all(|other| !other.is_open());
            let right = match is_done {
                true => Words::of(Role::Quiet, "done"),
                false => Words::of(if late { Role::Warn } else { Role::Quiet }, due_told(one.list, now)),
            };
            lines.push(Line::new(Words::of(Role::Strong, name(one.list)), right, None));
        }
        let looks = sight.looking.is_some_and(|(_, parts)| parts.contains(&one.item.part));
        let (glyph, role) = if looks { (sight.glyphs.link, Role::RunGoing) } else { mark(one.stands, sight.glyphs) };
        let left = Words::of(role, format!("  {glyph} ")).prose(Role::Text, &one.item.title.plain());
        let right = match one.stands {
            Follows::Open | Follows::Overdue | Follows::Said(_) if looks => Words::of(Role::RunGoing, "looking"),
            Follows::Overdue => Words::of(Role::Warn, "overdue"),
            Follows::Open => Words::of(Role::Faint, if one.item.by == SeenBy::Console { "console" } else { "you" }),
            Follows::Said(said) => {
                let word = match said.said {
                    Said::Well => Words::new(),
                    Said::Bad | Said::Unknown => Words::of(role, said.said.word()).gap(2),
                };
                let who = if said.looked { "console".to_owned() } else { Foreign::from(said.person.as_str()).plain() };
                let who = crate::text::truncate(&who, 12);
                let who = if columns >= WIDE { Words::of(Role::Quiet, who).gap(2) } else { Words::new() };
                word.then(who).piece(Role::Faint, Piece::Since(said.at))
            }
        };
        lines.push(Line::new(left, right, Some(one.place)));
    }
    lines
}

/// Everything about the item under the cursor.
pub(super) fn detail(one: &Following<'_>, wizard: Wizard<'_>, sight: &Sight<'_>, lines: &mut Lines, columns: usize) {
    let now = sight.clock.now.wall;
    let (glyph, role) = mark(one.stands, sight.glyphs);
    lines.text(Role::Strong, &one.item.title.plain());
    lines.pair("it is", Words::of(role, format!("{glyph} {}", one.stands.word())));
    let by = match one.item.by {
        SeenBy::Console => by_itself(one, wizard, sight),
        SeenBy::Person => "a person sees to it".to_owned(),
        SeenBy::PersonWithNote => "a person sees to it, and notes what they saw".to_owned(),
    };
    lines.pair("who", Words::new().prose(Role::Text, &by));
    let late = one.stands == Follows::Overdue;
    let due = Words::of(if late { Role::Warn } else { Role::Text }, due_told(one.list, now));
    lines.pair("until", due.text(Role::Quiet, format!(", {} after the release", within(one.list, wizard, sight))));
    let known = sight.known.releases.as_ref();
    for said in wizard.said(known, one.item).into_iter().take(SAID) {
        for line in word(said, sight).wrapped(columns, sight.clock) {
            lines.line(line);
        }
    }
    if let Some((known, release)) = known.zip(wizard.release(known)) {
        for said in claims(known, &release.run, one.item).into_iter().take(SAID) {
            let words = word(said, sight).text(Role::Warn, format!(" {NOT_ITS_RUN}"));
            for line in words.wrapped(columns, sight.clock) {
                lines.line(line);
            }
        }
    }
    if known.zip(wizard.release(known)).is_some_and(|(known, release)| !runs_now(known, release)) {
        lines.text(Role::Warn, "Another release runs now: nobody waits for this any more.");
    }
    let mut way = |action: Action, told: &str| {
        let key = crate::text::fit(&(sight.key)(action), KEYS);
        lines.line(Words::of(Role::Key, key).text(Role::Quiet, told));
    };
    way(Action::Tick, "says how it is, with your name");
    if one.item.by == SeenBy::Console {
        way(Action::CheckAgain, "has the console look now");
    }
}

/// How the console looks at an item, and how often by itself.
fn by_itself(one: &Following<'_>, wizard: Wizard<'_>, sight: &Sight<'_>) -> String {
    let known = sight.known.releases.as_ref();
    let release = known.and_then(|known| wizard.release(Some(known)).filter(|release| runs_now(known, release)));
    let now = sight.clock.now.wall;
    let again = release.filter(|_| now < one.list.due).map(|release| one.list.every(release.at));
    match (again, one.stands.said()) {
        (Some(_), Some(said)) if !said.looked => {
            "the console looks at it when you want it to; a person has seen to it".to_owned()
        }
        (Some(every), _) => format!("an open console looks at it every {} until it is due", short(every)),
        (None, _) => "the console looks at it when you want it to".to_owned(),
    }
}

/// How long after its release a checklist is due.
fn within(list: &FollowUp, wizard: Wizard<'_>, sight: &Sight<'_>) -> String {
    let release = wizard.release(sight.known.releases.as_ref());
    let span = release.and_then(|release| Duration::try_from(list.due.duration_since(release.at)).ok());
    short(span.unwrap_or_default())
}

/// One thing that was said.
fn word(said: &Followed, sight: &Sight<'_>) -> Words {
    let (glyph, role) = mark(Follows::Said(said), sight.glyphs);
    let words = Words::of(role, format!("{glyph} ")).piece(Role::Quiet, Piece::Ago(said.at));
    let words = words.text(Role::Quiet, format!(" by {}", whose(said)));
    let note = said.note.plain();
    if note.is_empty() { words } else { words.text(Role::Quiet, ": ").prose(Role::Text, &note) }
}
