//! Reads a keymap file: sections, actions, keys, and the keymap on top of which it lies.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use super::action::{Action, TABLE};
use super::context::Context;
use super::key_name;
use crate::domain::Mistake;
use crate::domain::mistake::nearest;
use crate::port::Key;

/// The word before all sections that names the keymap below.
const INHERITS: &str = "inherits";

/// One line of a keymap file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binding {
    /// Its section.
    pub(super) context: Context,
    /// The action that it names.
    pub(super) action: Action,
    /// The keys, each with its place.
    pub(super) keys: Vec<(Vec<Key>, Mistake)>,
    /// The place of the action's name.
    pub(super) place: Mistake,
}

/// What stands in a file.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The name of the keymap below, with its place.
    pub(super) inherits: Option<(String, Mistake)>,
    /// Every line that could be read.
    pub(super) bindings: Vec<Binding>,
    /// What is wrong with the others.
    pub(super) mistakes: Vec<Mistake>,
}

type Lines = BTreeMap<Spanned<String>, Vec<Spanned<String>>>;

/// A file as such.
#[derive(Default)]
struct Raw {
    inherits: Option<Spanned<String>>,
    sections: Vec<(Spanned<String>, Lines)>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("sections with actions and their keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut raw = Raw::default();
                while let Some(name) = map.next_key::<Spanned<String>>()? {
                    if name.get_ref() == INHERITS {
                        raw.inherits = Some(map.next_value()?);
                    } else {
                        raw.sections.push((name, map.next_value()?));
                    }
                }
                Ok(raw)
            }
        }

        from.deserialize_map(Reader)
    }
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it when it is no TOML of this form.
pub(super) fn read(file: &str, text: &str) -> Result<File, Mistake> {
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        Mistake::at(file, text, error.span().unwrap_or(0..0), message)
    })?;
    let wrong = |at: &Spanned<String>, message: String| Mistake::at(file, text, at.span(), message);
    let inherits = raw.inherits.map(|name| (name.get_ref().clone(), wrong(&name, String::new())));
    let mut found = File { inherits, ..File::default() };
    for (section, lines) in &raw.sections {
        let Some(context) = Context::ALL.iter().copied().find(|context| context.name() == section.get_ref()) else {
            let hint = nearest(section.get_ref(), Context::ALL.iter().map(|context| context.name()));
            found.mistakes.push(wrong(section, format!("there is no section `{}`{hint}", section.get_ref())));
            continue;
        };
        for (name, keys) in lines {
            let action = match action_in(name.get_ref(), context) {
                Ok(action) => action,
                Err(message) => {
                    found.mistakes.push(wrong(name, message));
                    continue;
                }
            };
            let mut good = Vec::new();
            for key in keys {
                match key_name::parse_sequence(key.get_ref()) {
                    Ok(sequence) => good.push((sequence, wrong(key, String::new()))),
                    Err(message) => found.mistakes.push(wrong(key, message)),
                }
            }
            found.bindings.push(Binding { context, action, keys: good, place: wrong(name, String::new()) });
        }
    }
    Ok(found)
}

fn action_in(name: &str, context: Context) -> Result<Action, String> {
    let action = Action::named(name).ok_or_else(|| {
        let hint = nearest(name, TABLE.iter().map(|row| row.name));
        format!("there is no action `{name}`{hint}")
    })?;
    let places = action.row().contexts;
    if places.contains(&context) {
        return Ok(action);
    }
    let places: Vec<String> = places.iter().map(|place| format!("`[{}]`", place.name())).collect();
    Err(format!("`{name}` can't be in `[{}]`; it goes to {}", context.name(), places.join(" or ")))
}
