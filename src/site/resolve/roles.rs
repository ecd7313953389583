//! The roles of a site: who has which.

use super::super::mistake::{Sink, quoted};
use super::super::names;
use super::super::raw::RawSite;
use crate::domain::{RoleName, Roles};

/// Resolves the roles.
pub fn resolve(raw: &RawSite, sink: &mut Sink<'_>) -> Roles {
    let Some(entries) = &raw.roles else { return Roles::default() };
    let mut roles = Vec::new();
    for (name, key, people) in names::checked(entries, "role", RoleName::new, sink) {
        let mut known: Vec<String> = Vec::new();
        for person in &people.0 {
            let word = &person.value;
            if word.trim() != word || word.is_empty() || word.len() > 128 || word.chars().any(char::is_control) {
                let hint = "write it as `name` in that person's own configuration, else their login";
                sink.add_hint(&person.span, format!("{} can't be a person", quoted(word)), hint);
            } else if known.contains(word) {
                sink.add(&person.span, format!("{} is there twice", quoted(word)));
            } else {
                known.push(word.clone());
            }
        }
        if people.0.is_empty() {
            sink.warn(&key.span, format!("nobody has the role {}", quoted(&key.value)), None);
        }
        roles.push((name, known));
    }
    Roles::new(roles)
}
