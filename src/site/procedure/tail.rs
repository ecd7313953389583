//! Attributes at the end of a line, or in a comment: found in the source text, so that they may hold anything.

use std::ops::Range;

use pulldown_cmark::Event;

use super::group::{self, Broken, Group, Shape};
use super::inline::Pieces;
use super::keys;

/// What was found where attributes may stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Found {
    /// Nothing, or what is of other tools.
    #[default]
    Nothing,
    /// A group of ours.
    Group(Group),
    /// What begins like one of ours and is none.
    Broken(Broken),
}

/// How far from the end of a line its attributes may begin, in bytes.
const FARTHEST: usize = 8192;
/// How many braces are tried.
const MOST: usize = 64;

/// What stands at the end of these pieces of `text`, and where it begins. `commands` as in [`keys::ours`].
pub fn of_line(text: &str, pieces: &Pieces<'_>, commands: bool) -> (Found, Option<usize>) {
    let (Some((_, first)), Some(end)) = (pieces.first(), pieces.iter().map(|(_, range)| range.end).max()) else {
        return (Found::Nothing, None);
    };
    let Some(line) = text.get(first.start..end) else { return (Found::Nothing, None) };
    let end = first.start + line.trim_end().len();
    if let Some((Event::InlineHtml(html), range)) = pieces.iter().rev().find(|(event, _)| !is_blank(event))
        && html.starts_with("<!--")
    {
        return match of_comment(text, range.clone()) {
            Found::Nothing => (Found::Nothing, None),
            found => (found, Some(range.start)),
        };
    }
    let places = braces(text, pieces, end);
    if line.trim_end().ends_with('}') {
        for at in &places {
            let Ok(group) = group::read(text, *at) else { continue };
            if group.span.end != end {
                continue;
            }
            if keys::ours(&group, commands) {
                return (Found::Group(group), Some(*at));
            }
            if let Some(named) = of_others(group) {
                // A list of attributes of other tools: nothing to be shown, but its id is where links lead.
                let found = if named.words.is_empty() { Found::Nothing } else { Found::Group(named) };
                return (found, Some(*at));
            }
        }
    }
    for at in places {
        if !keys::begins(text.get(at..end).unwrap_or_default()) {
            continue;
        }
        let broken = match group::read(text.get(..end).unwrap_or_default(), at) {
            Ok(group) if group.span.end < end => {
                Broken { span: group.span, message: "attributes stand at the end of the line" }
            }
            Ok(_) => continue,
            Err(broken) => broken,
        };
        return (Found::Broken(broken), None);
    }
    (Found::Nothing, None)
}

/// The id alone of attributes that have classes, which are none of ours.
fn of_others(mut group: Group) -> Option<Group> {
    if !group.words.iter().any(|word| word.shape == Shape::Class) {
        return None;
    }
    group.words.retain(|word| word.shape == Shape::Id);
    Some(group)
}

fn is_blank(event: &Event<'_>) -> bool {
    match event {
        Event::Text(text) => text.trim().is_empty(),
        Event::SoftBreak | Event::HardBreak => true,
        _ => false,
    }
}

/// Where groups may begin: braces in plain words, of which no other tool says `${`, `{{` or `{%`.
fn braces(text: &str, pieces: &Pieces<'_>, end: usize) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    for (event, range) in pieces.iter().rev() {
        if places.len() >= MOST || range.end + FARTHEST < end {
            break;
        }
        if !matches!(event, Event::Text(_)) {
            continue;
        }
        let found = text.get(range.clone()).unwrap_or_default().rmatch_indices('{').map(|(at, _)| range.start + at);
        places.extend(found.filter(|at| may_begin(text, *at)).take(MOST));
    }
    places.reverse();
    places
}

fn may_begin(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at + 1..).and_then(|after| after.chars().next());
    !matches!(before, Some('$' | '{' | '\\' | '%')) && !matches!(after, Some('{' | '%'))
}

/// What a comment holds: `<!-- {…} -->`.
pub fn of_comment(text: &str, range: Range<usize>) -> Found {
    let comment = text.get(range.clone()).unwrap_or_default().trim_end();
    let Some(inside) = comment.strip_prefix("<!--").and_then(|inside| inside.strip_suffix("-->")) else {
        return Found::Nothing;
    };
    let at = range.start + 4 + (inside.len() - inside.trim_start().len());
    let end = range.start + 4 + inside.trim_end().len();
    if !text.get(at..).is_some_and(|rest| rest.starts_with('{')) {
        return Found::Nothing;
    }
    match group::read(text.get(..end).unwrap_or_default(), at) {
        Ok(group) if group.span.end == end && keys::ours(&group, true) => Found::Group(group),
        Ok(_) => Found::Nothing,
        Err(broken) if keys::begins(text.get(at..end).unwrap_or_default()) => Found::Broken(broken),
        Err(_) => Found::Nothing,
    }
}
