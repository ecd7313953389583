//! What is marked in logs, and filters with a name: of a site, and of a person.

use crate::domain::Query;
use crate::domain::highlight::{Highlight, Hue, SavedFilter};
use crate::site::mistake::{Sink, quoted};
use crate::site::raw::{RawHighlight, RawHue};
use crate::site::read::{Entries, Located};

/// Rules that each line on the screen is held against, and filters that are offered.
const MOST: usize = 20;
/// Characters of a name.
const NAME: usize = 40;

/// The rules of a list.
pub fn highlights(raw: Option<&Vec<RawHighlight>>, sink: &mut Sink<'_>) -> Vec<Highlight> {
    let mut all = Vec::new();
    for one in raw.into_iter().flatten() {
        if all.len() == MOST {
            sink.add(&one.span, format!("there are more than {MOST} highlights"));
            break;
        }
        let Some(name) = &one.name else {
            if !one.lost("name") {
                sink.add(&one.span, "this highlight has no name");
            }
            continue;
        };
        named(name, "highlight", sink);
        let Some(query) = &one.query else {
            if !one.lost("query") {
                sink.add(&one.span, format!("the highlight {} has no query", quoted(&name.value)));
            }
            continue;
        };
        let Some(query) = read(query, sink) else { continue };
        all.push(Highlight { name: name.value.clone(), query, hue: one.role.map(hue).unwrap_or_default() });
    }
    all
}

/// The filters of a table.
pub fn filters(raw: Option<&Entries<Located<String>>>, sink: &mut Sink<'_>) -> Vec<SavedFilter> {
    let mut all = Vec::new();
    for (name, query) in raw.into_iter().flat_map(|entries| &entries.0) {
        if all.len() == MOST {
            sink.add(&name.span, format!("there are more than {MOST} filters"));
            break;
        }
        named(name, "filter", sink);
        if read(query, sink).is_some() {
            all.push(SavedFilter { name: name.value.clone(), query: query.value.clone() });
        }
    }
    all
}

fn named(name: &Located<String>, what: &str, sink: &mut Sink<'_>) {
    let word = &name.value;
    if word.trim().is_empty() || word.chars().count() > NAME || word.chars().any(char::is_control) {
        let message =
            format!("{} can't be the name of a {what}: it has 1 to {NAME} printable characters", quoted(word));
        sink.add(&name.span, message);
    }
}

fn read(query: &Located<String>, sink: &mut Sink<'_>) -> Option<Query> {
    match Query::parse(&query.value) {
        Ok(Some(query)) => Some(query),
        Ok(None) => {
            sink.add(&query.span, "this query says nothing");
            None
        }
        Err(mistake) => {
            let message = format!(
                "{} can't be read: character {}: {}",
                quoted(&query.value),
                mistake.column(&query.value) + 1,
                mistake.what
            );
            sink.add(&query.span, message);
            None
        }
    }
}

fn hue(raw: RawHue) -> Hue {
    match raw {
        RawHue::Info => Hue::Info,
        RawHue::Good => Hue::Good,
        RawHue::Warn => Hue::Warn,
        RawHue::Bad => Hue::Bad,
        RawHue::Key => Hue::Key,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::path::Path;

    use super::*;

    #[test]
    fn rules_and_filters_are_read_and_mistakes_in_them_are_told_at_their_place() {
        let text = "[[highlight]]\nname = 'orders'\nquery = 'order=* or /webhook/'\nrole = 'warn'\n\
                    [[highlight]]\nname = 'slow'\nquery = 'took>1s'\n[filters]\n'5xx' = 'status>=500'\n";
        let (user, mistakes) = crate::site::user::parse(Path::new("config.toml"), text.as_bytes());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let user = user.unwrap();
        let told: Vec<_> = user.highlights.iter().map(|one| (one.name.as_str(), one.query.text(), one.hue)).collect();
        assert_eq!(told, [("orders", "order=* or /webhook/", Hue::Warn), ("slow", "took>1s", Hue::Info)]);
        assert_eq!(user.filters, [SavedFilter { name: "5xx".into(), query: "status>=500".into() }]);
        for (text, expected) in [
            ("[[highlight]]\nquery = 'a'", "this highlight has no name"),
            ("[[highlight]]\nname = 'a'", "the highlight `a` has no query"),
            ("[[highlight]]\nname = 'a'\nquery = ' '", "this query says nothing"),
            ("[[highlight]]\nname = 'a'\nquery = 'x (y'", "character 3: this bracket is never closed"),
            ("[[highlight]]\nname = 'a'\nquery = 'x'\nrole = 'loud'", "role of a highlight"),
            ("[filters]\na = 'status>='", "character 9: a value must follow behind status"),
        ] {
            let (_, mistakes) = crate::site::user::parse(Path::new("config.toml"), text.as_bytes());
            assert!(mistakes.iter().any(|one| one.message.contains(expected)), "{text}: {mistakes:?}");
        }
    }
}
