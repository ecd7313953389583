//! Where the code of a site is kept.

use regex::RegexBuilder;

use super::super::mistake::{Sink, quoted};
use super::super::raw::RawSite;
use super::super::read::Located;
use crate::domain::source::{DESTRUCTIVE, Place, Source};
use crate::text::Foreign;

/// The longest path or address.
const LONGEST: usize = 1024;
/// Ways to fetch that git may be told to use; all others run programs or send what they fetch in the open.
const WAYS: [&str; 3] = ["https://", "ssh://", "file:///"];
/// Larger expressions are none that a person has written.
const LARGEST: usize = 1 << 20;

/// What a site says of its code; nothing when it says nothing, or nothing that can be used.
pub fn resolve(raw: &RawSite, sink: &mut Sink<'_>) -> Option<Source> {
    let raw = raw.source.as_ref()?;
    let place = match (&raw.clone, &raw.repository) {
        (Some(clone), repository) => {
            if let Some(repository) = repository {
                sink.add(&repository.span, "the code is either in a `clone` or in a `repository`, not in both");
            }
            clone_of(clone, sink).map(Place::Clone)
        }
        (None, Some(repository)) => address(repository, sink).map(Place::Repository),
        (None, None) => {
            if !raw.lost("clone") && !raw.lost("repository") {
                let hint = "say clone = \"~/src/shop\", or repository = \"git@example.com:shop.git\"";
                sink.add_hint(&raw.span, "[source] does not say where the code is", hint);
            }
            None
        }
    };
    let mut migrations = Vec::new();
    for pattern in raw.migrations.iter().flat_map(|all| &all.0) {
        if let Some(why) = no_pattern(&pattern.value) {
            sink.add(&pattern.span, format!("{} can't be a pattern of files: {why}", quoted(&pattern.value)));
        } else {
            migrations.push(pattern.value.clone());
        }
    }
    let mut destructive: Vec<String> = Vec::new();
    for word in raw.destructive.iter().flat_map(|all| &all.0) {
        match RegexBuilder::new(&word.value).size_limit(LARGEST).build() {
            Ok(_) => destructive.push(word.value.clone()),
            Err(error) => {
                let told = error.to_string();
                let why = Foreign::from(told.lines().last().unwrap_or_default().trim()).plain();
                sink.add(&word.span, format!("{} is no regular expression: {why}", quoted(&word.value)));
            }
        }
    }
    if raw.destructive.is_none() {
        destructive = DESTRUCTIVE.map(str::to_owned).to_vec();
    }
    Some(Source { place: place?, migrations, destructive })
}

fn clone_of(word: &Located<String>, sink: &mut Sink<'_>) -> Option<String> {
    let path = &word.value;
    let good = (path.starts_with('/') || path.starts_with("~/")) && path.len() <= LONGEST;
    if !good || path.contains(char::is_control) {
        let hint = "a folder from the top, or from your own: \"/srv/shop\", \"~/src/shop\"";
        sink.add_hint(&word.span, format!("{} can't be where a clone is", quoted(path)), hint);
        return None;
    }
    Some(path.clone())
}

/// An address of one of the ways that are allowed, or `user@host:path` as ssh takes it.
fn address(word: &Located<String>, sink: &mut Sink<'_>) -> Option<String> {
    let address = &word.value;
    let odd = |c: char| c.is_whitespace() || c.is_control();
    let plain = !address.contains(odd) && !address.starts_with('-') && address.len() <= LONGEST;
    let scp = || {
        let (host, path) = address.split_once(':')?;
        let host_only = !host.is_empty() && !host.contains('/') && !host.starts_with('-');
        (host_only && !path.is_empty() && !path.starts_with(':') && !path.starts_with('-')).then_some(())
    };
    let by_way = WAYS.iter().any(|way| {
        let rest = address.strip_prefix(way);
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('-'))
    });
    if !plain || !(by_way || (!address.contains("://") && scp().is_some())) {
        let hint = "git fetches over https://, ssh://, git@host:path or file:/// here";
        sink.add_hint(&word.span, format!("{} can't be fetched from", quoted(address)), hint);
        return None;
    }
    if crate::text::without_credentials(address) != *address {
        let hint = "let git find the password: git help credentials";
        sink.add_hint(&word.span, "the address holds a password, and this file is read by others", hint);
        return None;
    }
    Some(address.clone())
}

/// What of a pattern git would take for something else than a pattern below the top.
fn no_pattern(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() || pattern.len() > LONGEST || pattern.contains(char::is_control) {
        return Some("it is empty, too long, or not in one line");
    }
    if pattern.starts_with([':', '/', '-', '!']) || pattern.split('/').any(|part| part == "..") {
        return Some("it is written from the top of the repository, such as `db/migrations/*`");
    }
    None
}
