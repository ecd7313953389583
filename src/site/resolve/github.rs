//! Where the code lies at GitHub, and where the token for it comes from.

use std::sync::Arc;

use super::super::address;
use super::super::mistake::{Sink, quoted};
use super::super::raw::{RawGitHub, RawSite};
use super::channel::{argv, file, variable};
use crate::domain::channel::Address;
use crate::domain::github::{API, GitHub, is_repository};

/// What a site says of it; nothing where that is wrong.
pub fn resolve(raw: &RawSite, sink: &mut Sink<'_>) -> Option<Arc<GitHub>> {
    let raw = raw.github.as_ref()?;
    let repository = repository(raw, sink);
    let api = api(raw, sink);
    let token = token(raw, sink);
    let (repository, api, token) = (repository?, api?, token?);
    Some(Arc::new(GitHub { repository, api, token }))
}

fn repository(raw: &RawGitHub, sink: &mut Sink<'_>) -> Option<String> {
    let Some(word) = &raw.repository else {
        if !raw.lost("repository") {
            let hint = "say repository = \"owner/name\"";
            sink.add_hint(&raw.span, "this does not say which repository", hint);
        }
        return None;
    };
    if !is_repository(&word.value) {
        let message = format!("{} is no repository", quoted(&word.value));
        sink.add_hint(&word.span, message, "write it as \"owner/name\"");
        return None;
    }
    Some(word.value.clone())
}

fn api(raw: &RawGitHub, sink: &mut Sink<'_>) -> Option<String> {
    let Some(word) = &raw.api else { return (!raw.lost("api")).then(|| API.to_owned()) };
    if let Err(refused) = address::parse(&word.value) {
        match refused.hint {
            Some(hint) => sink.add_hint(&word.span, refused.why, hint),
            None => sink.add(&word.span, refused.why),
        }
        return None;
    }
    let text = word.value.trim_end_matches('/');
    let host = text.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    if name.is_some_and(|name| !["localhost", "127.0.0.1", "[::1]"].contains(&name)) {
        let message = "the token would go over a line that others can read";
        sink.add_hint(&word.span, message, "begin it with https://");
        return None;
    }
    if text.contains(['?', '#']) {
        sink.add(&word.span, "an API is an address and nothing more");
        return None;
    }
    Some(text.to_owned())
}

/// `None` is a mistake; `Some(None)` is no token.
fn token(raw: &RawGitHub, sink: &mut Sink<'_>) -> Option<Option<Address>> {
    let from_env = raw.token_from_env.as_ref();
    let from_env = from_env.map(|one| (&one.span, variable(one, sink).map(Address::Variable)));
    let from = raw.token_from.as_ref().map(|one| (&one.span, argv(one, sink).map(Address::Command)));
    let from_file = raw.token_file.as_ref().map(|one| (&one.span, file(one, sink).map(Address::File)));
    let mut all = [from_env, from, from_file].into_iter().flatten();
    let first = all.next();
    for (span, _) in all {
        sink.add(span, "there is one token: say once where it comes from");
    }
    match first {
        Some((_, token)) => token.map(Some),
        None if ["token_from_env", "token_from", "token_file"].iter().any(|word| raw.lost(word)) => None,
        None => Some(None),
    }
}
