//! The links of the service under the cursor: opened where there is a display, else copied.

use std::time::Duration;

use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::procedures;
use crate::domain::Now;
use crate::domain::service::Link;
use crate::port::{Effect, LinkNews};
use crate::screens::links::State;
use crate::text::Foreign;

/// How long it is said what became of a link.
const SAID: Duration = Duration::from_secs(6);

fn state(model: &Model) -> Option<State> {
    if model.screen == Screen::Procedure {
        let links: Vec<Link> = procedures::links(model)
            .into_iter()
            .map(|(title, url)| Link { title: Foreign::from(title), url: Foreign::from(url) })
            .collect();
        let title = model.procedure.procedure.as_ref().map(|one| one.header.title.plain()).unwrap_or_default();
        return (!links.is_empty()).then(|| State::new(title, links));
    }
    let fleet = model.fleet.as_ref().filter(|_| model.screen == Screen::Overview)?;
    let (row, _) = model.overview.chosen(fleet)?;
    let links: Vec<Link> = row.service.links.clone();
    (!links.is_empty()).then(|| State::new(row.service.name.to_string(), links))
}

/// Why there is nothing to open.
pub fn none(model: &Model) -> Option<&'static str> {
    state(model).is_none().then_some("it has no links")
}

/// Shows them.
pub fn show(model: &mut Model) {
    if let Some(state) = state(model) {
        model.overlay = Some(Overlay::Links(state));
    }
}

/// Opens the one under the cursor.
pub fn open(model: &mut Model, state: State) -> Vec<Effect> {
    // It was held to be an address of the web when its file was read.
    let url = state.list.chosen().map(|link| link.url.plain());
    if let Some(link) = url.as_deref().filter(|url| !url.contains("://"))
        && procedures::follow_link(model, link)
    {
        return Vec::new();
    }
    match url.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        Some(url) => vec![Effect::OpenLink(url)],
        None => {
            model.overlay = Some(Overlay::Links(state));
            Vec::new()
        }
    }
}

/// What became of it.
pub fn news(model: &mut Model, news: LinkNews, now: Now) -> Vec<Effect> {
    match news {
        LinkNews::Opened(url) => {
            model.say_for(format!("Opened {}.", Foreign::from(url.as_str()).plain()), SAID, now);
            Vec::new()
        }
        LinkNews::NotOpened { url, why } => {
            let text = format!("Copied {}: {why}.", Foreign::from(url.as_str()).plain());
            model.say_for(text, SAID, now);
            vec![Effect::Copy(url)]
        }
    }
}
