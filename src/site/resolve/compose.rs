//! A service of the runtime `compose`: its project, its name there, where its files lie, how many run.

use super::super::mistake::{Sink, quoted};
use super::super::raw::RawService;
use super::super::read::Located;
use super::super::variables::Variables;
use super::service::{Place, key_span};
use crate::domain::compose::{is_project, is_service};
use crate::domain::{Compose, RuntimeKind};

/// Reads it where the runtime is `compose`; elsewhere its keys are mistakes.
pub fn resolve(
    place: &Place<'_>,
    raw: &RawService,
    runtime: RuntimeKind,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Option<Compose> {
    if runtime != RuntimeKind::Compose {
        foreign(raw, sink);
        return None;
    }
    let word = |word: &Option<Located<String>>, sink: &mut Sink<'_>| {
        let word = word.as_ref()?;
        variables.fill(word, sink).map(|value| Located { value, span: word.span.clone() })
    };
    let project = word(&raw.project, sink);
    match &project {
        None if raw.project.is_none() && !raw.lost("project") => {
            let span = key_span(place);
            let hint = "add `project`, as `docker compose ls` or `-p` names it";
            sink.add_for(
                &span,
                "this service does not say of which project it is",
                Some(hint.to_owned()),
                place.concerned(),
            );
        }
        Some(project) if !is_project(&project.value) => {
            let message = format!("{} is no name of a Compose project", quoted(&project.value));
            sink.add_hint(
                &project.span,
                message,
                "it has small letters, digits, `_` and `-`, and begins with a letter or digit",
            );
        }
        Some(_) | None => {}
    }
    let container = word(&raw.container, sink);
    if let Some(bad) = container.as_ref().filter(|container| !is_service(&container.value)) {
        let message = format!("{} is no name of a service in a Compose project", quoted(&bad.value));
        sink.add_hint(
            &bad.span,
            message,
            "it has ASCII letters, digits, `.`, `_` and `-`, and begins with a letter or digit",
        );
    } else if raw.container.is_none() && !is_service(place.name.as_str()) {
        let message = format!("no service of a Compose project is called {}", quoted(place.name.as_str()));
        sink.add_hint(&key_span(place), message, "say its name there in `container`");
    }
    let folder = word(&raw.folder, sink);
    if let Some(bad) = folder.as_ref().filter(|folder| !folder.value.starts_with('/')) {
        sink.add_hint(&bad.span, format!("{} is no whole path", quoted(&bad.value)), "begin it with `/`");
    }
    let mut files = Vec::new();
    for file in raw.files.iter().flat_map(|files| &files.0) {
        let Some(value) = variables.fill(file, sink) else { continue };
        if value.is_empty() || value.starts_with('-') || (!value.starts_with('/') && folder.is_none()) {
            let hint = "write its whole path, or add `folder`";
            sink.add_hint(&file.span, format!("{} is no file that is found on a host", quoted(&value)), hint);
        }
        files.push(value);
    }
    let scale = scale(raw, sink);
    let named = container.as_ref().map_or_else(|| place.name.as_str(), |container| container.value.as_str());
    let mut compose = Compose::new(&project?.value, named)?;
    compose.folder = folder.map(|folder| folder.value);
    compose.files = files;
    compose.scale = scale;
    Some(compose)
}

fn scale(raw: &RawService, sink: &mut Sink<'_>) -> Option<u32> {
    let scale = raw.scale.as_ref()?;
    let count = u32::try_from(scale.value).ok().filter(|count| (1..=Compose::MOST).contains(count));
    if count.is_none() {
        sink.add(&scale.span, format!("`scale` is 1 to {}, this is {}", Compose::MOST, scale.value));
    }
    count
}

/// What only a service of the runtime `compose` has.
fn foreign(raw: &RawService, sink: &mut Sink<'_>) {
    let words = [("project", &raw.project), ("folder", &raw.folder), ("container", &raw.container)];
    let mut spans: Vec<_> =
        words.into_iter().filter_map(|(key, word)| word.as_ref().map(|word| (key, &word.span))).collect();
    spans.extend(raw.files.iter().flat_map(|files| files.0.first()).map(|file| ("files", &file.span)));
    spans.extend(raw.scale.iter().map(|scale| ("scale", &scale.span)));
    for (key, span) in spans {
        let hint = "add `runtime = \"compose\"`, or take it away";
        sink.add_hint(span, format!("only a service of the runtime \"compose\" has `{key}`"), hint);
    }
}
